/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Counts. What a run of entries is annotated or mapped with changes the count of annotations by as many annotated
 * entries as there are more or fewer afterwards; and tables in use are never more than the limit, whatever both are.
 */
#include "table/annotate.c"

#define SMALL_LG2       2u
#define SMALL_GROUP_LG2 1u
#include "small.h"
#include "table/pages.h"

/* The other half is a static function of another file. */
#define mapping_range mapping_range_of_map
#define prepare       prepare_of_map
#include "table/map.c"

static uint64_t
annotated(const uint64_t *entry)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < SMALL; i++)
		count += entry[i] && !(entry[i] & 3u);
	return count;
}

static void
entries(void)
{
	uint64_t entry[SMALL], before[SMALL], count, more;
	const uint64_t asked = any_below(SMALL + 1), any = any_below(SMALL);
	const uint64_t wanted = any_bool() ? 0 : any_u64() & ~UINT64_C(3);
	struct walk w;

	for (unsigned i = 0; i < SMALL; i++)
		before[i] = entry[i] = any_bool() ? any_u64() & ~UINT64_C(3)
				     : any_bool() ? any_u64() | 3u
						  : 0;
	more = annotated(entry);
	small.table.annotations = more + any_below(1000);
	more = small.table.annotations - more;
	if (any_bool()) {
		w.entry = entry;
		count = annotate_run(&small.table, &w, asked, wanted);
		prove(any >= count || (entry[any] == wanted && !(before[any] & 1u)));
		reach();
	} else {
		count = map_entries_as(&small.table, entry, asked, wanted | 3u, 4096);
		prove(any >= count || (entry[any] & 1u));
		prove((before[any] & 1u) || any >= count || entry[any] == (wanted | 3u) + any * 4096);
		reach();
	}
	prove(count <= asked && (any < count || entry[any] == before[any]));
	prove(small.table.annotations == more + annotated(entry));
}

static void
pages(void)
{
	const uint64_t before = any_u64(), count = any_u64(), limit = any_u64();

	small.table.pages = before;
	small.table.page_limit = limit;
	/* What is in use is within the limit: it was so before. */
	assume(before <= limit);
	if (s2pt__pages_reserve(&small.table, count)) {
		prove(small.table.pages == before + count && small.table.pages >= before && small.table.pages <= limit);
		s2pt__pages_unreserve(&small.table, count);
		prove(small.table.pages == before);
		reach();
	} else {
		prove(small.table.pages == before && (count > limit || before > limit - count));
		reach();
	}
}

static void
proof(void)
{
	small_init();
	if (any_bool())
		entries();
	else
		pages();
}
