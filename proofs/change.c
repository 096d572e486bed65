/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A run of pages of any contents: each is what the change makes of it alone, whichever way the engine takes; nothing
 * beside the run is touched; and what became stale lies between the first and the last that is said to be.
 */
#include "table/protect.c"

#include "small.h"

#define PAGES 5u
#define CHANGEABLE (UINT64_C(3) << 6 | UINT64_C(1) << 10 | UINT64_C(1) << 51 | UINT64_C(15) << 55)

static void
proof(void)
{
	uint64_t entry[PAGES], before[PAGES];
	const unsigned count = 1u + (unsigned)any_below(PAGES), any = (unsigned)any_below(PAGES);
	struct s2pt_range range;
	struct recipe recipe;
	struct s2pt_op op;
	struct stale stale;
	struct walk w;

	small_init();
	range.table = &small.table;
	range.op = &op;
	op.dirty = NULL;
	small.table.written = false;
	s2pt__begin_recipe(&recipe, &range);
	recipe.clear = any_u64() & CHANGEABLE;
	recipe.set = any_u64() & CHANGEABLE;
	recipe.when = any_bool() ? 0 : any_u64() & CHANGEABLE;
	recipe.stale = any_bool() ? 0 : recipe.stale | (any_bool() ? UINT64_C(1) << 10 : 0);
	/* As the recipes are: begin_recipe(), dirty_start and dirty_stop. */
	assume(!(recipe.set & recipe.clear) && is_plain(&recipe));
	any_entries(entry, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		before[i] = entry[i];
	w.entry = entry;
	w.index = 0;
	w.level = S2PT_LEVEL_LAST;
	none_stale(&stale);
	prove(change_run(&recipe, &w, count, &stale) == count);

	const uint64_t raw = before[any], alone = raw & 1u ? s2pt__apply(&recipe, raw) : raw;

	prove(entry[any] == (any < count ? alone : raw));
	if (any < count && ((raw ^ alone) & recipe.stale)) {
		prove(stale.any && stale.first <= any && any <= stale.last);
		reach();
	}
	if (stale.any) {
		prove(stale.first <= stale.last && stale.last < count);
		/* No wider than needed: the ends themselves changed. */
		prove(entry[stale.first] != before[stale.first] && entry[stale.last] != before[stale.last]);
		reach();
	}
}
