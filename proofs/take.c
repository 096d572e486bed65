/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Taking a bitmap: each page of the range whose bit is set is shown once, in a run whose bits are clear by then,
 * runs in order of IPA; no other page is shown, and no other bit is cleared. Ranges of a few pages,
 * at any place in two words of any contents: proofs/bitmap.c has what a longer one asks for besides.
 * CBMC takes 4K, as there.
 */
#include <s2pt/tracking.h>

#include "table/report.c"

#include "any.h"

#define WORDS 2u
#ifdef __CPROVER__
#define PAGES 3u
#else
#define PAGES 128u
#endif

static struct {
	uint64_t word[WORDS];
	struct s2pt_bitmap bitmap;
	uint64_t page;       /* any one */
	unsigned shown;      /* how often it was shown */
	uint64_t next;       /* no run begins before this page */
	uint64_t first, end; /* pages of the range */
	unsigned lg2;
} it;

static bool
is_set(uint64_t page)
{
	return it.word[page / 64] >> page % 64 & 1u;
}

static void
show(void *context, s2pt_ipa ipa, uint64_t bytes)
{
	const uint64_t first = (ipa.addr - it.bitmap.base.addr) >> it.lg2, pages = bytes >> it.lg2;

	(void)context;
	prove(pages && first >= it.next && first >= it.first && first + pages <= it.end);
	it.next = first + pages + 1;
	if (it.page < first || it.page >= first + pages)
		return;
	it.shown++;
	prove(!is_set(it.page));
}

/* The first page from @n on, below @end, whose bit is set, or is not. */
static void
next(void)
{
	const uint64_t n = any_below(WORDS * 64), end = any_below(WORDS * 64 + 1), other = any_below(WORDS * 64);
	const bool set = any_bool();

	assume(n <= end && end - n <= PAGES);
	const uint64_t found = next_page(it.word, n, end, set);

	prove(found >= n && found <= end);
	prove(found == end || is_set(found) == set);
	prove(other < n || other >= found || is_set(other) != set);
	reach();
}

static void
take(void)
{
	struct s2pt_format format;
	uint64_t ipa, size;

	it.lg2 = any_granule_lg2();
	format.granule_lg2 = (uint8_t)it.lg2;
	it.bitmap.base.addr = any_u64() >> 12 << it.lg2;
	it.bitmap.size = any_mostly((WORDS * 64 - any_below(5)) << it.lg2);
	it.bitmap.word = it.word;
	it.page = any_below(WORDS * 64);
	it.shown = 0;
	it.next = 0;
	assume(it.bitmap.size <= (uint64_t)WORDS * 64 << it.lg2);
	assume(it.bitmap.base.addr <= UINT64_MAX - it.bitmap.size);
	ipa = any_mostly(it.bitmap.base.addr + (any_below(130) << it.lg2));
	size = any_mostly(any_below(PAGES + 1) << it.lg2);
	it.first = (ipa - it.bitmap.base.addr) >> it.lg2;
	it.end = it.first + (size >> it.lg2);
	const bool was = is_set(it.page), inside = it.page >= it.first && it.page < it.end;

	assume(size <= (uint64_t)PAGES << it.lg2);
	assume(s2pt_bitmap_take(&it.bitmap, &format, s2pt_ipa_of(ipa), size, show, NULL) == S2PT_OK);
	prove(is_set(it.page) == (was && !inside));
	prove(it.shown == (was && inside));
	reach();
	if (it.shown)
		reach();
}

static void
proof(void)
{
	for (unsigned i = 0; i < WORDS; i++)
		it.word[i] = any_u64();
	if (any_bool())
		next();
	else
		take();
}
