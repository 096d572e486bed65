/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The collect of a line of 16 pages, of any contents: exactly the pages that have all that is asked for, and that the
 * mask names, are reported and lose what is to be cleared; nothing else is touched; and all that was cleared is to
 * be forgotten. A line with a member of a group is left alone.
 */
#include <s2pt/tracking.h>

#include "table/dirty.c"

#include "small.h"

static void
proof(void)
{
	uint64_t entry[LINE], before[LINE], word[1], mask_word[1], marked;
	struct s2pt_bitmap bitmap = { .word = word }, mask = { .word = mask_word };
	const unsigned first = LINE * (unsigned)any_below(4), any = (unsigned)any_below(LINE);
	const bool young = any_bool();
	struct collect h;
	bool member = false;

	small_init();
	for (unsigned i = 0; i < LINE; i++) {
		before[i] = entry[i] = any_bool() ? any_u64() | UINT64_C(0x481) : any_u64();
		if (any_mostly(0) != 1)
			before[i] = entry[i] &= ~(UINT64_C(1) << 52);
		member = member || (entry[i] >> 52 & 1u);
	}
	word[0] = any_u64();
	mask_word[0] = any_u64();
	bitmap.pages = any_u64();
	marked = word[0];
	h.r.table = &small.table;
	/* As age_range() and begin_dirty() have it: AF, or S2AP[1] of leaves with the tracking bit. */
	h.want = 1u | (young ? UINT64_C(1) << 10 : UINT64_C(1) << 7 | small.table.tracking_bit);
	h.clear = any_bool() ? 0
		: young      ? UINT64_C(1) << 10
			     : UINT64_C(1) << 7;
	h.bitmap = any_bool() ? &bitmap : NULL;
	h.mask = any_bool() ? &mask : NULL;
	h.r.begin = 0;
	h.stale_first = h.stale_end = 0;
	h.atomic = any_bool();
	h.quiet = false;
	h.left_dirty = false;
	const uint64_t done = collect_lines(&h, entry, LINE, (uint64_t)first << 12);
	const bool named = (before[any] & h.want) == h.want && (!h.mask || (mask_word[0] >> (first + any) & 1u));

	/* A group of which the mask names nothing is passed with its line. */
	if (member && (!h.mask || (mask_word[0] >> first & LINE_ALL))) {
		prove(done == 0 && entry[any] == before[any] && word[0] == marked && h.stale_first == h.stale_end);
		reach();
		return;
	}
	prove(done == LINE);
	/* What is reported and not cleared is left. */
	prove(h.clear ? !h.left_dirty : h.left_dirty || !named);
	prove(entry[any] == (named ? before[any] & ~h.clear : before[any]));
	prove((word[0] >> (first + any) & 1u) == ((marked >> (first + any) & 1u) || (named && h.bitmap)));
	/* Beside the line nothing is reported. */
	prove(!((word[0] ^ marked) & ~(LINE_ALL << first)));
	if (named && h.clear) {
		const uint64_t ipa = (uint64_t)(first + any) << 12;

		prove(h.stale_first <= ipa && ipa + 4096 <= h.stale_end);
		reach();
	}
	prove(h.stale_first >= (uint64_t)first << 12 || h.stale_first == h.stale_end);
	prove(h.stale_end <= (uint64_t)(first + LINE) << 12);
	reach();
}
