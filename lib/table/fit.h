/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* fit.h: which leaves a mapping consists of, by alignment, by what is left of the range, and by its caps. */
#ifndef S2PT_TABLE_FIT_H
#define S2PT_TABLE_FIT_H

#include "table/unlink.h"

/* A map in progress, or planned. */
struct mapping_range {
	struct s2pt_range *r;
	uint64_t delta; /* PA minus IPA */
	const struct s2pt_mapping *mapping;
};

/* The PA that is to be mapped next. */
static inline uint64_t
pa_here(const struct mapping_range *m)
{
	return m->r->ipa + m->delta;
}

/* The highest level whose leaves fit the alignment, the rest of the range, and op->max_lg2. */
static inline int
leaf_level(const struct mapping_range *m)
{
	const struct s2pt_table *table = m->r->table;
	uint64_t either = m->r->ipa | pa_here(m);
	uint64_t left = m->r->end - m->r->ipa;
	int level = S2PT_LEVEL_LAST;

	while (!(either & (level_bytes(table, level - 1) - 1u)) && left >= level_bytes(table, level - 1) &&
	       fits_max_lg2(m->r->op, level_lg2(table, level - 1)) &&
	       level_of(table, level - 1)->leaves)
		level--;
	return level;
}

/* With a software tracking bit each page becomes dirty alone, so that such leaves never form contiguous groups. */
static inline bool
is_tracked_alone(const struct mapping_range *m)
{
	const struct s2pt_table *table = m->r->table;

	return m->mapping->bits & table->tracking_bit && !(table->format->feats & S2PT_FEAT_HAFDBS_DBM);
}

/* The entries of the contiguous groups that leaves at @level may form; 1 where they may form none. */
static inline uint64_t
contiguous_entries(const struct mapping_range *m, int level)
{
	const unsigned group_lg2 = level_of(m->r->table, level)->group_lg2;
	const unsigned lg2 = level_lg2(m->r->table, level) + group_lg2;

	if (!group_lg2 || !fits_max_lg2(m->r->op, lg2) || (m->delta & bits_below(lg2)) || is_tracked_alone(m))
		return 1;
	return UINT64_C(1) << group_lg2;
}

/* The descriptor of the leaf at @level that is to be mapped next. */
static inline uint64_t
leaf_here(const struct mapping_range *m, int level)
{
	return m->mapping->bits | entry_leaf_type(level) |
	       s2pt__address_bits(m->r->table, pa_here(m));
}

/*
 * Walk to the entry for the next leaf, and return the leaf's level: that of the largest that fits, but below each table
 * that is there and that the mapping may not unlink as a whole. Where w->level is above it there is no table yet.
 */
static inline int
walk_to_leaf(const struct mapping_range *m, struct walk *w)
{
	struct s2pt_range *r = m->r;
	int level = leaf_level(m);
	uint64_t more;

	s2pt__walk_to(r->table, r->ipa, level, w);
	while (entry_is_table(w->raw, w->level) &&
	       (!r->op->replace || !s2pt__may_unlink_whole(r, w->raw, w->level, 0, &more)))
		s2pt__walk_to(r->table, r->ipa, ++level, w);
	return level;
}

/* Does the larger leaf at @w map the same memory in the same way? */
static inline bool
block_maps_the_same(const struct mapping_range *m, const struct walk *w)
{
	const struct s2pt_format *format = m->r->table->format;
	unsigned lg2 = level_lg2(m->r->table, w->level);
	uint64_t pa = s2pt__address_of(m->r->table, w->raw, w->level) + (m->r->ipa & bits_below(lg2));

	return pa == pa_here(m) && entry_equivalent(entry_attributes(format, w->level, w->raw),
						    m->mapping->bits, m->r->table->tracking_bit);
}

#endif
