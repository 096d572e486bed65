/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Contiguous groups. What was written to one member all of them say, and nothing else changes. A run that is said to
 * cut no group cuts none, and keeps to its limit; one that is said to cut one has that group in hand.
 */
#include "table/contig.c"

#include "small.h"

static void
share(void)
{
	uint64_t entry[SMALL_GROUP + 1], before[SMALL_GROUP + 1], written = 0;
	const unsigned any = (unsigned)any_below(SMALL_GROUP);

	for (unsigned i = 0; i <= SMALL_GROUP; i++)
		before[i] = entry[i] = any_u64() | 1u;
	for (unsigned i = 0; i < SMALL_GROUP; i++) {
		/* AF, and where the leaf is logged S2AP[1] */
		written |= before[i] & (UINT64_C(1) << 10);
		if (before[i] & small.table.tracking_bit)
			written |= before[i] & (UINT64_C(1) << 7);
	}
	propagate_group(&small.table, entry, SMALL_GROUP);
	prove(entry[any] == (before[any] | written));
	prove(entry[SMALL_GROUP] == before[SMALL_GROUP]);
	reach();
}

static void
cut(void)
{
	uint64_t entry[SMALL];
	const uint64_t index = any_below(SMALL), limit = 1u + any_below(SMALL - index);
	uint64_t count = 1u + any_below(limit);
	const uint64_t asked = count;
	struct walk w;

	/* Groups have the hint whole or not at all. */
	for (unsigned i = 0; i < SMALL; i++) {
		const bool hint =
			i & (SMALL_GROUP - 1) ? entry[i - 1] >> 52 & 1u : small.table.has_contiguous && any_bool();

		entry[i] = hint ? any_u64() | 3u | UINT64_C(1) << 52 : any_u64() & ~(UINT64_C(1) << 52);
	}
	w.entry = &entry[index];
	w.index = index;
	w.level = S2PT_LEVEL_LAST;
	if (s2pt__find_split_group(&small.table, &w, &count, limit)) {
		const uint64_t group = (uint64_t)(w.group - entry);

		prove(count == asked);
		prove(group % SMALL_GROUP == 0 && group < SMALL && (entry[group] >> 52 & 1u));
		/* ... and the run begins or ends inside of it. */
		prove((group < index && index < group + SMALL_GROUP) ||
		      (group < index + count && index + count < group + SMALL_GROUP));
		reach();
	} else {
		prove(count >= asked && count <= limit && index + count <= SMALL);
		prove(index % SMALL_GROUP == 0 || !(entry[index] >> 52 & 1u));
		prove((index + count) % SMALL_GROUP == 0 || !(entry[index + count] >> 52 & 1u));
		reach();
		if (count > asked)
			reach();
	}
}

static void
proof(void)
{
	small_init();
	if (any_bool())
		share();
	else
		cut();
}
