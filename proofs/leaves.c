/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Filling a part of a table: each entry of the part is the leaf of its place, those that fill a whole contiguous group
 * have the hint, and no other has; what is around it is what was there before; nothing else is written.
 */
#include "table/map.c"

#define SMALL_LG2       2u
#define SMALL_GROUP_LG2 1u
#include "small.h"

static void
proof(void)
{
	const uint64_t first = any_below(SMALL);
	uint64_t entry[SMALL + 1];
	const uint64_t count = any_below(SMALL + 1), any = any_below(SMALL), beside = any_u64();
	const uint64_t around = any_bool() ? 0 : any_u64() & ~UINT64_C(3);
	struct mapping_range m;
	struct s2pt_mapping mapping;
	struct s2pt_range range;
	struct s2pt_op op;
	uint64_t pa;

	assume(first + count <= SMALL);
	small_init();
	small.host.flags = any_bool() ? S2PT_HOST_ZEROED : 0;
	for (unsigned i = 0; i < SMALL; i++)
		entry[i] = small.host.flags & S2PT_HOST_ZEROED ? 0 : any_u64();
	entry[SMALL] = beside;
	range.table = &small.table;
	range.op = &op;
	range.ipa = (any_u64() >> 20 << (12 + SMALL_LG2)) + (first << 12);
	op.max_lg2 = (uint8_t)any_mostly(0) & 63u;
	mapping.bits = any_u64() & ~(UINT64_C(1) << 52 | bits_below(48)) & ~UINT64_C(3);
	m.r = &range;
	m.mapping = &mapping;
	/* The memory: below 2^48, all of it, and at any place from the IPA. */
	pa = any_below(UINT64_C(1) << 35) << 12;
	assume(pa + (count << 12) <= UINT64_C(1) << 48);
	m.delta = pa - range.ipa;
	if (any_bool())
		/* ... also as groups ask for it */
		m.delta &= ~bits_below(12 + SMALL_GROUP_LG2);
	pa = range.ipa + m.delta;
	assume(pa >> 48 == 0 && (pa + (count << 12)) >> 48 == 0);

	s2pt__fill_siblings(&small.table, entry, S2PT_LEVEL_LAST, first, count, around);
	fill_leaves(&m, any_bool() ? s2pt__fill : s2pt__fill_reachable, entry + first, first, count, S2PT_LEVEL_LAST);
	prove(entry[SMALL] == beside);
	if (any < first || any >= first + count) {
		prove(entry[any] == around);
		reach();
		return;
	}
	const uint64_t group = any & ~(uint64_t)(SMALL_GROUP - 1), raw = entry[any];
	const bool whole = group >= first && group + SMALL_GROUP <= first + count;
	const bool hint = raw >> 52 & 1u;

	prove((raw & ~(UINT64_C(1) << 52)) == (mapping.bits | (pa + ((any - first) << 12)) | 3u));
	/* (An output address of the group's size goes with it.) */
	prove(!hint || (whole && !(m.delta & bits_below(12 + SMALL_GROUP_LG2))));
	/* Alike in all of a group, and there where nothing forbids it. */
	prove(!whole || (entry[group] >> 52 & 1u) == hint);
	if (whole && !op.max_lg2 && !(m.delta & bits_below(12 + SMALL_GROUP_LG2)) &&
	    !(mapping.bits & small.table.tracking_bit)) {
		prove(hint);
		reach();
	}
}
