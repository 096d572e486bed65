/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * plan.c: a map that is only thought of: would it do, by which leaves, and what memory would it take?
 *
 * It goes through the range as map.c does, and stores nothing. A table that the map would make at one place is there
 * for the places behind it: since the range is gone through in order, the last such table of each level is all there is
 * to remember.
 */
#include "table/cmo.h"
#include "table/fit.h"
#include "table/report.h"

struct plan {
	struct mapping_range m;
	struct s2pt_map_plan *found;
	uint64_t made[LEVELS]; /* the first IPA of the last table at a level that the map would make; else NONE */
};

#define NONE UINT64_MAX

/* Tables from below an entry of @above down to @level. */
static void
count_tables(struct plan *plan, int above, int level)
{
	const struct s2pt_range *r = plan->m.r;

	for (int at = above + 1; at <= level; at++) {
		const uint64_t first = r->ipa & ~(level_bytes(r->table, at - 1) - 1u);
		uint64_t *made = &plan->made[at - S2PT_LEVEL_FIRST];

		plan->found->pages += *made != first;
		*made = first;
	}
}

/* How many of @count entries at @w, from the first, are invalid, or (@same) are mapped as wanted? */
static uint64_t
count_as(const struct plan *plan, const struct walk *w, uint64_t count, bool same)
{
	const struct s2pt_table *table = plan->m.r->table;
	const uint64_t step = level_bytes(table, w->level);
	uint64_t wanted = leaf_here(&plan->m, w->level), n = 0;

	for (; n < count; n++, wanted += step) {
		const uint64_t raw = entry_load(&w->entry[n]);

		if (same ? !entry_equivalent(raw, wanted, table->tracking_bit) : entry_is_valid(raw))
			break;
	}
	return n;
}

/* @count leaves at @level, the first of which has this index in its table: those in whole groups have the hint. */
static void
count_leaves(struct plan *plan, int level, uint64_t index, uint64_t count)
{
	const uint64_t group = contiguous_entries(&plan->m, level);
	const uint64_t head = min_u64(count, -index & (group - 1u));

	plan->found->leaves[level - S2PT_LEVEL_FIRST] += count;
	if (group > 1)
		plan->found->contiguous[level - S2PT_LEVEL_FIRST] += (count - head) & ~(group - 1u);
}

/* The leaves would be those of the table at @w. */
static enum s2pt_status
plan_entries(struct plan *plan, const struct walk *w)
{
	struct s2pt_range *r = plan->m.r;
	const uint64_t covered = s2pt__entries_covered(r, w);
	uint64_t count = count_as(plan, w, covered, true);

	if (!count) {
		count = count_as(plan, w, covered, false);
		if (!count && !r->op->replace)
			return S2PT_ERR_EXISTS;
		count = count ? count : 1;
		count_leaves(plan, w->level, w->index, count);
	}
	s2pt__range_advance(r, w, count);
	return S2PT_OK;
}

/* There is no table for them yet: tables would be linked, or take the place of a larger leaf. */
static void
plan_tables(struct plan *plan, struct walk *w, int level)
{
	struct s2pt_range *r = plan->m.r;
	const bool zaps = entry_is_valid(w->raw) && r->op->partial == S2PT_PARTIAL_ZAP;
	uint64_t count;

	/* A zap may leave the tables above empty, which go, and are made again. */
	count_tables(plan, zaps ? r->table->start_level : w->level, level);
	w->level = level;
	w->index = index_of(r->table, r->ipa, level);
	count = s2pt__entries_covered(r, w);
	count_leaves(plan, level, w->index, count);
	s2pt__range_advance(r, w, count);
}

/* May the leaf at @level that the range cuts be split, or unmapped with its pages reported (s2pt__zap())? */
static bool
may_cut(const struct s2pt_range *r, int level)
{
	const uint64_t bytes = level_bytes(r->table, level);

	if (r->op->partial != S2PT_PARTIAL_ZAP)
		return r->op->partial == S2PT_PARTIAL_SPLIT;
	return s2pt__check_bitmap(r->table->format, r->op->dirty, r->ipa & ~(bytes - 1u), bytes) == S2PT_OK;
}

static NOINLINE enum s2pt_status
plan_step(struct plan *plan)
{
	struct s2pt_range *r = plan->m.r;
	struct walk w;
	const int level = walk_to_leaf(&plan->m, &w);

	if (w.level == level)
		return plan_entries(plan, &w);
	if (entry_is_valid(w.raw) && block_maps_the_same(&plan->m, &w)) {
		s2pt__range_advance(r, &w, 1);
		return S2PT_OK;
	}
	if (entry_is_valid(w.raw) && !r->op->replace)
		return S2PT_ERR_EXISTS;
	if (entry_is_valid(w.raw) && !may_cut(r, w.level))
		return S2PT_ERR_WOULD_SPLIT;
	plan_tables(plan, &w, level);
	return S2PT_OK;
}

/* Is there memory for the tables, as far as the library can know? */
static bool
has_room(const struct s2pt_table *table, uint64_t pages)
{
	/* A table that was adopted may have more than its limit; then it can do what takes none. */
	return !pages || (table->pages <= table->page_limit && pages <= table->page_limit - table->pages);
}

enum s2pt_status
s2pt_table_map_plan(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, s2pt_pa pa,
		    const struct s2pt_mapping *mapping, struct s2pt_map_plan *found)
{
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);
	struct plan plan;

	if (status == S2PT_OK)
		status = s2pt__check_mapping(table, pa, size, mapping);
	if (status != S2PT_OK)
		return status;
	plan.m.r = &table->running;
	plan.m.delta = pa.addr - ipa.addr;
	plan.m.mapping = mapping;
	plan.found = found;
	found->pages = 0;
	for (size_t i = 0; i < LEVELS; i++) {
		found->leaves[i] = 0;
		found->contiguous[i] = 0;
		plan.made[i] = NONE;
	}
	while (status == S2PT_OK && table->running.ipa < table->running.end)
		status = plan_step(&plan);
	found->done = table->running.ipa - table->running.begin;
	return status == S2PT_OK && !has_room(table, found->pages) ? S2PT_ERR_MEMORY : status;
}
