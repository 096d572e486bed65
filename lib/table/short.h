/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * short.h: the short ways of operations: on a page of a leaf table that is there, in the usual table. Notifiers,
 * copy-on-write and ballooning ask for nothing else. A short way answers false where it is not that, before anything
 * has happened, and the long way does it; it gives the same result in every case.
 */
#ifndef S2PT_TABLE_SHORT_H
#define S2PT_TABLE_SHORT_H

#include "table/cmo.h"
#include "table/gather.h"
#include "table/range.h"

/* Has an operation nothing to report, and no earlier call to go on from? */
static inline bool
is_short_op(const struct s2pt_op *op)
{
	return !op->dirty && !op->resume;
}

/* Is [@ipa, @ipa + @size) one page of the table's? */
static inline bool
is_page(const struct s2pt_table *table, uint64_t ipa, uint64_t size)
{
	return size == UINT64_C(1) << S2PT_GRANULE_4K && !(ipa & table->ipa_invalid_mask);
}

/* Where the walk for a page ends: in a leaf table of which nothing is known to be clean? */
static inline __attribute__((always_inline)) bool
walk_to_page(const struct s2pt_table *table, uint64_t ipa, struct pos *pos)
{
	*pos = walk_4k(table, ipa);
	return pos->level == S2PT_LEVEL_LAST && !pos->clean;
}

/* Does an operation concern one page of the usual table, outside of a hold, for which there is a leaf table? */
static inline __attribute__((always_inline)) bool
find_page(const struct s2pt_table *table, const struct s2pt_op *op, uint64_t ipa, uint64_t size, struct pos *pos)
{
	return table->short_4k && is_page(table, ipa, size) && is_short_op(op) && walk_to_page(table, ipa, pos);
}

/* Is the entry at @pos a page that may change alone? */
static inline bool
is_single_page(const struct pos *pos)
{
	return (pos->raw & (ENTRY_VALID | ENTRY_CONTIGUOUS)) == ENTRY_VALID;
}

/* Is the entry before or behind in use? Then the table does not become empty with the one at @entry. */
static inline bool
has_neighbour(const uint64_t *entry)
{
	const uintptr_t at = (uintptr_t)entry & bits_below(S2PT_GRANULE_4K);

	return (at != bits_below(S2PT_GRANULE_4K) - 7u && entry_load(entry + 1) != ENTRY_EMPTY) ||
	       (at && entry_load(entry - 1) != ENTRY_EMPTY);
}

/* Does a mapping fit the table, and need no more maintenance than for fetches, which the host can do? */
static inline bool
is_short_mapping(const struct s2pt_table *table, const struct s2pt_mapping *mapping)
{
	return (mapping->key & ~(uint32_t)S2PT_MAPPING_ICACHE) == table->short_key &&
	       (!mapping_needs(table, mapping) || table->host->invalidate_icache);
}

/* A short way has done all of the operation. */
static inline void
finish_short(struct s2pt_op *op, uint64_t size)
{
	op->done = size;
	op->zapped_count = 0;
}

#endif
