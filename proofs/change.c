/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A run of pages of any contents: each is what the change makes of it alone, whichever way the engine takes; nothing
 * beside the run is touched; and what became stale lies between the first and the last that is said to be. What
 * hardware sets between the load and the store of a page is changed as if it had been there before.
 */
#include "table/protect.c"

#include "small.h"

#define PAGES      5u
#define CHANGEABLE (UINT64_C(3) << 6 | UINT64_C(1) << 10 | UINT64_C(1) << 51 | UINT64_C(15) << 55)

/* Hardware sets AF, and S2AP[1] in leaves with DBM, after the page @raw was loaded, which the update changes. */
static void
proof_meanwhile(const struct s2pt_entry_update *update, uint64_t raw)
{
	const uint64_t wanted = entry_update_apply(update, raw);
	uint64_t entry = raw | (any_u64() & UINT64_C(1) << 10), later;

	if (raw >> 51 & 1u)
		entry |= any_u64() & UINT64_C(1) << 7;
	later = entry;
	if (!(raw & 1u) || wanted == raw)
		return;
	change_atomically(&entry, raw ^ wanted, ~update->clear, update->set);
	prove(entry == entry_update_apply(update, later));
	if (later != raw)
		reach();
}

static void
proof(void)
{
	uint64_t entry[PAGES], before[PAGES];
	const unsigned count = 1u + (unsigned)any_below(PAGES), any = (unsigned)any_below(PAGES);
	struct s2pt_update update;
	struct s2pt_op op;
	struct stale stale;
	struct walk w;

	small_init();
	small.table.running.op = &op;
	op.dirty = NULL;
	small.table.hw_updates = any_bool();
	s2pt__update_init(&update, &small.table);
	update.entry.clear = any_u64() & CHANGEABLE;
	update.entry.set = any_u64() & CHANGEABLE;
	update.entry.when = any_bool() ? 0 : any_u64() & CHANGEABLE;
	update.entry.stale = any_bool() ? 0 : update.entry.stale | (any_bool() ? UINT64_C(1) << 10 : 0);
	/* As the updates are: update_init(), dirty_start and dirty_stop. */
	assume(!(update.entry.set & update.entry.clear) && is_plain(&update));
	any_entries(entry, PAGES);
	if (small.table.hw_updates)
		proof_meanwhile(&update.entry, entry[any]);
	for (unsigned i = 0; i < PAGES; i++)
		before[i] = entry[i];
	w.entry = entry;
	w.index = 0;
	w.level = S2PT_LEVEL_LAST;
	none_stale(&stale);
	prove(change_run(&update, &w, count, &stale) == count);

	const uint64_t raw = before[any], alone = raw & 1u ? entry_update_apply(&update.entry, raw) : raw;

	prove(entry[any] == (any < count ? alone : raw));
	if (any < count && ((raw ^ alone) & update.entry.stale)) {
		prove(stale.first <= any && any < stale.end);
		reach();
	}
	if (stale.end) {
		prove(stale.first < stale.end && stale.end <= count);
		/* No wider than needed: the ends themselves changed. */
		prove(entry[stale.first] != before[stale.first] && entry[stale.end - 1u] != before[stale.end - 1u]);
		reach();
	}
}
