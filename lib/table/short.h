/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * short.h: the short ways of operations: on a page of a leaf table that is there. Notifiers, copy-on-write and
 * ballooning ask for nothing else. A short way answers false where it is not that, before anything has happened, and
 * the long way does it; it gives the same result in every case. Faults of the usual table have one that is shorter
 * still.
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
	return size == table->page_bytes && !(ipa & table->ipa_invalid_mask);
}

/* Is the walk that ended at @pos one to the entry of a page, in a table of which nothing is known to be clean? */
static inline bool
is_at_page(const struct pos *pos)
{
	return pos->level == S2PT_LEVEL_LAST && !pos->clean;
}

static inline __attribute__((always_inline)) bool
walk_to_page(const struct s2pt_table *table, uint64_t ipa, struct pos *pos)
{
	if (table->fast_4k) {
		*pos = walk_4k(table, ipa);
	} else {
		struct pos far;

		s2pt__find(table, ipa, &far);
		*pos = far;
	}
	return is_at_page(pos);
}

/* Are both in what one leaf table maps? */
static inline bool
is_one_table(const struct s2pt_table *table, uint64_t ipa, uint64_t other)
{
	return !((ipa ^ other) >> level_lg2(table, S2PT_LEVEL_LAST - 1));
}

/* Does an operation concern one page, outside of a hold, for which there is a leaf table? */
static inline __attribute__((always_inline)) bool
find_page(const struct s2pt_table *table, const struct s2pt_op *op, uint64_t ipa, uint64_t size, struct pos *pos)
{
	return table->short_key != UINT32_MAX && is_page(table, ipa, size) && is_short_op(op) &&
	       walk_to_page(table, ipa, pos);
}

/* Is the entry at @pos a page that may change alone? */
static inline bool
is_single_page(const struct pos *pos)
{
	return (pos->raw & (ENTRY_VALID | ENTRY_CONTIGUOUS)) == ENTRY_VALID;
}

/* Is the entry before or behind that of a page in use? Then the table does not become empty with it. */
static inline bool
has_neighbour(const struct s2pt_table *table, const uint64_t *entry, uint64_t ipa)
{
	const uint64_t index = index_of(table, ipa, S2PT_LEVEL_LAST);

	return (index + 1u != level_entries(table, S2PT_LEVEL_LAST) && entry_load(entry + 1) != ENTRY_EMPTY) ||
	       (index && entry_load(entry - 1) != ENTRY_EMPTY);
}

/* Does a mapping fit the table, outside of a hold, and can the host do the cache maintenance that it needs? */
static inline bool
is_short_mapping(const struct s2pt_table *table, const struct s2pt_mapping *mapping)
{
	const uint32_t needs = mapping_needs(table, mapping);

	return (mapping->key & ~(uint32_t)S2PT_MAPPING_NEEDS) == table->short_key &&
	       (!(needs & S2PT_MAPPING_ICACHE) || table->host->invalidate_icache) &&
	       (!(needs & S2PT_MAPPING_CACHES) || table->host->clean_data);
}

/* The cache maintenance for a mapping that is_short_mapping(). False: the host could not. */
static inline bool
prepare_short(struct s2pt_table *table, const struct s2pt_mapping *mapping, uint64_t pa, uint64_t bytes)
{
	const uint32_t needs = mapping_needs(table, mapping);

	if (needs == S2PT_MAPPING_ICACHE)
		table->host->invalidate_icache(table->host->context, s2pt_pa_of(pa), bytes);
	else if (needs)
		return s2pt__prepare_memory(table, mapping, pa, bytes);
	return true;
}

/* A short way has done @size bytes of the operation. */
static inline void
finish_short(struct s2pt_op *op, uint64_t size)
{
	op->done = size;
	op->zapped_count = 0;
}

#endif
