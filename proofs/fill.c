/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptors in a row: each is the one of its place, and nothing behind them is written. */
#include "table/build.c"

#include "any.h"

/* So many that the loops run in each of their ways. */
#define ROW 17u

static void
proof(void)
{
	const uint64_t count = any_below(ROW + 1), step = any_bool() ? UINT64_C(1) << 12 : UINT64_C(1) << 30;
	uint64_t entry[ROW + 1], before[ROW + 1], raw = any_u64();
	const bool same = any_bool();

	for (unsigned i = 0; i <= ROW; i++)
		before[i] = entry[i] = any_u64();
	if (same)
		fill_same(entry, count, raw);
	else
		(any_bool() ? s2pt__fill : s2pt__fill_reachable)(entry, count, raw, step);
	for (unsigned i = 0; i <= ROW; i++, raw += same ? 0 : step)
		prove(entry[i] == (i < count ? raw : before[i]));
	reach();
}
