/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * store.h: every store to an entry that walkers can reach.
 *
 * Such a store goes through one of these functions, or through an atomic access of atomic.h that is followed by
 * trace_store(): so all of them reach the host's trace, and walkers that do not look into the CPU's caches.
 * An entry that nobody can reach yet, in a table that is being built, is written with entry_init() alone.
 *
 * An exclusive operation ends by publishing what was stored after the last invalidation, if anything: table->stored.
 * What makes an entry invalid need not say so, since an invalidation follows it.
 */
#ifndef S2PT_TABLE_STORE_H
#define S2PT_TABLE_STORE_H

#include "table/atomic.h"
#include "table/geometry.h"

/* Call the host's trace for a store, and clean the entry for walkers that are not coherent. */
void s2pt__trace_store(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after);

/* Something was stored to @entry. */
static inline void
trace_store(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	if (table->has_observer)
		s2pt__trace_store(table, entry, before, after);
}

/* Store @after where @before was, which hardware does not write to meanwhile. */
static inline void
store_entry(struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	table->stored = true;
	entry_store(entry, after);
	trace_store(table, entry, before, after);
}

/* Link a table that is complete: its contents are visible before the link is. */
static inline void
store_link(struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	table->stored = true;
	entry_store_release(entry, after);
	trace_store(table, entry, before, after);
}

/* Take back what the link at @entry says of parts of its table: @clean has their bits. Others may do so, too. */
static inline void
forget_clean(const struct s2pt_table *table, uint64_t *entry, uint64_t clean)
{
	const uint64_t raw = entry_fetch_and(entry, ~clean);

	trace_store(table, entry, raw, raw & ~clean);
}

/*
 * FEAT_BBM level 1: may the size of leaves at @level be changed by way of nT? Not where there may be contiguous groups,
 * all members of which would have to have it.
 */
static inline bool
may_use_nt(const struct s2pt_table *table, int level)
{
	return (table->format->feats & S2PT_FEAT_BBML1) && s2pt__group_entries(table, level) == 1;
}

/* Set nT in the block at @entry: what is cached of it may then be replaced after one invalidation (R_MRRPW). */
void s2pt__set_nt(const struct s2pt_table *table, uint64_t *entry);

/* Store @after to @entry; returns the value that was there last, with what hardware wrote. */
uint64_t s2pt__clear_entry(const struct s2pt_table *table, uint64_t *entry, uint64_t after);

/* Break @count entries from @entry on, all leaves or all links: make them invalid, and keep their other bits. */
void s2pt__break_entries(const struct s2pt_table *table, uint64_t *entry, uint64_t count);

#endif
