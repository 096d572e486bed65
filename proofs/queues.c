/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The arrays of a gather: whatever is in them, and however full they are where a function may be called, it
 * leaves room for the next call, and nothing is written beyond. The loop that retires tables is taken step by step,
 * from any state that the step before may leave: by induction, for any number of steps.
 */
#include "table/gather.c"
#include "table/reclaim.c"

#define SMALL_LG2       1u
#define SMALL_GROUP_LG2 1u
#include "small.h"

static uint64_t entry[SMALL];

static void
any_counts(struct s2pt_table *t)
{
	t->n_ranges = (uint8_t)any_below(S2PT_GATHER_RANGES + 1);
	t->n_cleans = (uint8_t)any_below(S2PT_GATHER_CLEANS);
	t->n_unlinked = (uint8_t)any_below(S2PT_GATHER_TABLES);
	t->n_pages = (uint8_t)any_below(S2PT_GATHER_PAGES);
	t->pages = t->n_pages + (any_bool() ? any_below(4) : any_below(UINT64_C(1) << 40));
	t->annotations = any_bool() ? 0 : SMALL + any_below(4);
}

/* What holds between two calls: each array has room for one more, or is emptied by who adds it. */
static bool
has_room(const struct s2pt_table *t)
{
	return t->n_ranges <= S2PT_GATHER_RANGES && t->n_cleans < S2PT_GATHER_CLEANS &&
	       t->n_unlinked <= S2PT_GATHER_TABLES && t->n_pages < S2PT_GATHER_PAGES && t->n_pages <= t->pages;
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	prove(requests == small.table.range && count && count <= S2PT_GATHER_RANGES);
}

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)bytes;
	prove(what == S2PT_MEMORY_TABLE && pages == small.table.page && count && count <= S2PT_GATHER_PAGES);
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	(void)bytes;
	return true;
}

static void *
to_virt(void *context, s2pt_pa pa)
{
	(void)context;
	(void)pa;
	return entry;
}

/* One step of the loop of s2pt__retire_below(). */
static void
step(struct s2pt_table *t)
{
	struct s2pt_unlinked dead;
	const int top = 1 + (int)any_below(3), level = top + (int)any_below((uint64_t)(4 - top));
	const uint64_t budget = any_u64();
	uint64_t to_keep, passed;

	dead.table = s2pt_pa_of(0);
	dead.level = (int8_t)top;
	dead.at = any_below(level_entries(t, top) << level_lg2(t, top)) & ~(level_bytes(t, level) - 1u);
	for (int i = 0; i < (int)LEVELS; i++)
		t->path[i] = entry;
	/* The tables of the path, and those that entries link, are among those that there are. */
	assume(pages_left(t) >= (uint64_t)(level - top));
	to_keep = pages_left(t) > budget ? pages_left(t) - budget : 0;
	assume(pages_left(t) > to_keep);
	assume(t->n_pages < PAGES_FULL);
	passed = retire_next(t, &dead, level, to_keep);
	prove(t->n_pages <= PAGES_FULL && t->n_pages <= t->pages && pages_left(t) >= to_keep);
	dead.at += passed;
	if (passed) {
		assume(pages_left(t) >= (uint64_t)(level - top));
		prove(retire_finished(t, level, top, dead.at) >= top);
	}
	prove(t->n_pages < S2PT_GATHER_PAGES && t->n_cleans <= S2PT_GATHER_CLEANS);
	reach();
	/* What the next step begins with. */
	if (t->n_pages >= PAGES_FULL || t->n_cleans == S2PT_GATHER_CLEANS) {
		retire_pages(t);
		prove(!t->n_pages && !t->n_cleans && !t->n_ranges);
		reach();
	}
}

static void
proof(void)
{
	struct s2pt_table *t = &small.table;
	const int level = any_bool() ? 2 : 3;
	const uint64_t ipa = any_below(SMALL * SMALL * SMALL) << 12 & ~(level_bytes(t, level) - 1u);
	const uint64_t raw = any_u64();
	const unsigned what = (unsigned)any_below(6);

	small_init();
	any_counts(t);
	any_entries(entry, SMALL);
	small.host.invalidate = invalidate;
	small.host.retire = retire;
	small.host.clean_data = clean_data;
	small.host.to_virt = to_virt;
	if (what == 0) {
		s2pt__gather_leaf(t, ipa, raw, level);
		/* A member of a group that is not its last leaves room for the others, which extend what it added. */
		prove(has_room(t) || (t->n_cleans == S2PT_GATHER_CLEANS && (raw >> 52 & 1u)));
		reach();
	} else if (what == 1) {
		gather_table(t, ipa, level_bytes(t, level), raw, level);
		prove(has_room(t));
		reach();
	} else if (what == 2) {
		s2pt__gather_all(t);
		prove(has_room(t) && t->n_ranges == 1);
		reach();
	} else if (what == 3) {
		assume(t->pages > t->n_pages);
		s2pt__retire_page(t, entry, raw);
		prove(has_room(t));
		reach();
	} else if (what == 4) {
		s2pt__gather_tlbi_cmo(t);
		prove(has_room(t) && !t->n_ranges && !t->n_cleans);
		reach();
	} else {
		step(t);
	}
}
