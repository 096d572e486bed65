/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * gather.h: what an operation has made stale, until it is invalidated.
 *
 * An operation adds ranges whose entries have become stale, and memory that needs cache maintenance once they are
 * invalidated. A gather is emptied to one of three depths:
 *
 *     s2pt__gather_tlbi()       TLBI of the pending ranges: between break and make
 *     s2pt__gather_tlbi_cmo()   ... then cache maintenance of the pending memory: before the memory may be mapped again
 *     s2pt__gather_drain()      ... then give back the unlinked tables (reclaim.h): at the end, and between steps
 *
 * Cache maintenance comes after invalidation, since a guest could make lines dirty until then; and tables go back last,
 * since a walker could read them until then.
 */
#ifndef S2PT_TABLE_GATHER_H
#define S2PT_TABLE_GATHER_H

#include "table/geometry.h"

/* Leaves of one @level in [@ipa, @ipa + @bytes) have become stale. */
void s2pt__gather_leaves(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, int level);

/* Entries of any level, links among them, in [@ipa, @ipa + @bytes) have become stale. */
void s2pt__gather_entries(struct s2pt_table *table, uint64_t ipa, uint64_t bytes);

/* The leaf @raw at @level, that mapped @ipa, was cleared: it is stale, and its memory may need cache maintenance. */
void s2pt__gather_leaf(struct s2pt_table *table, uint64_t ipa, uint64_t raw, int level);

/* The memory of the leaf @raw may need cache maintenance. There is room for one more. */
void s2pt__gather_clean(struct s2pt_table *table, uint64_t raw, int level);

/* All of the VMID has become stale: takes the place of all pending ranges. */
void s2pt__gather_all(struct s2pt_table *table);

/* Invalidate the pending ranges. */
void s2pt__gather_tlbi(struct s2pt_table *table);

/* Invalidate the pending ranges, then do the pending cache maintenance. */
void s2pt__gather_tlbi_cmo(struct s2pt_table *table);

/*
 * The status of an operation that ends with @status: S2PT_ERR_CLEAN if what was unmapped could not be cleaned. Under a
 * hold that is for the release to say.
 */
enum s2pt_status s2pt__clean_status(struct s2pt_table *table, enum s2pt_status status);

/*
 * Invalidate leaves of @level (or S2PT_TLBI_ANY_LEVEL) in [@ipa, @ipa + @size) at once, on all CPUs or (@local) on this
 * one. It leaves the gather alone, so that shared operations may use it.
 */
void s2pt__tlbi(const struct s2pt_table *table, uint64_t ipa, uint64_t size, int level, bool local);

/* Invalidate the page (4K) at @ipa on all CPUs, in a table that is not held. */
void s2pt__tlbi_page(const struct s2pt_table *table, uint64_t ipa);

#endif
