/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* build.h: tables that nobody can reach yet. They are complete before they are linked. */
#ifndef S2PT_TABLE_BUILD_H
#define S2PT_TABLE_BUILD_H

#include "table/walk.h"

/*
 * Store @count descriptors to the entries from @entry on: the first is @raw, and each is @step more than the one
 * before.
 */
void s2pt__fill(uint64_t *entry, uint64_t count, uint64_t raw, uint64_t step);

/* ... of a table that walkers can reach. */
void s2pt__fill_reachable(uint64_t *entry, uint64_t count, uint64_t raw, uint64_t step);

/*
 * Store @before, the value of the entry that a table takes the place of, to all its entries but @count from @first on.
 */
void s2pt__fill_siblings(const struct s2pt_table *table, uint64_t *entries, int level, uint64_t first,
			 uint64_t count, uint64_t before);

/*
 * Make the tables for the levels below @top down to @level on the path to @ipa, in the place of an entry at @top that
 * is @before. All but the lowest are complete. Returns the entries of the lowest, and *@link links the highest; or
 * NULL, and *@link is the status: S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA.
 */
uint64_t *s2pt__build_tables(struct s2pt_table *table, struct s2pt_page_cache *cache, int top, int level,
			     uint64_t ipa, uint64_t before, uint64_t *link);

/*
 * Give back tables on the path to @ipa from @level to @last, the highest of which @link links, that were never linked.
 */
void s2pt__free_unlinked(struct s2pt_table *table, uint64_t link, int level, int last, uint64_t ipa);

#endif
