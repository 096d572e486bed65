/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Pages in a row are taken out up to the first that is none, and nothing else is; and a table is found empty exactly
 * where it is, but for links that an unmap has broken, wherever the search begins.
 */
#include "table/unlink.c"
#include "table/unmap.c"

#include "small.h"

#define PAGES 9u

static void
proof(void)
{
	uint64_t entry[PAGES], before[PAGES];
	const uint64_t count = any_below(PAGES + 1), any = any_below(PAGES), from = any_below(SMALL);
	uint64_t n, all = 0;

	small_init();
	any_entries(entry, PAGES);
	if (any_bool())
		for (unsigned i = 0; i < SMALL; i++)
			entry[i] = i == any ? entry[i] : 0;
	small.table.dead_end = any_bool() ? small.table.dead_from + 1u : small.table.dead_from;
	for (unsigned i = 0; i < SMALL; i++)
		if (!has_broken_links(&small.table) || (entry[i] & 3u) != 2u)
			all |= entry[i];
	prove(is_table_empty(&small.table, entry, S2PT_LEVEL_LAST, from) == !all);
	if (all)
		reach();
	else
		reach();

	for (unsigned i = 0; i < PAGES; i++)
		before[i] = entry[i];
	n = clear_pages(entry, count);
	prove(n <= count);
	prove(any >= n || ((before[any] & 1u) && entry[any] == 0));
	prove(any < n || entry[any] == before[any]);
	prove(n == count || !(before[n] & 1u));
	reach();
	if (n > 4)
		reach();
}
