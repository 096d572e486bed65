/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A bitmap of any base and any size: recording sets exactly the bits of the pages of a range, and touches no word
 * that the bitmap does not have (CBMC checks each access). Three words, so that there is one without an end of the
 * range: of any contents where the range is a few pages at any place, else all set or all clear. CBMC takes 4K: the
 * granule only scales; the program takes all.
 */
#include <s2pt/tracking.h>

#include "table/report.c"

#include "any.h"

#define WORDS 3u
#define FEW   4u

static bool
is_set(const uint64_t *word, uint64_t page)
{
	return word[page / 64] >> page % 64 & 1u;
}

/* The bits of a part of a word, whatever that is. */
static void
part_of_word(void)
{
	const uint64_t n = any_mostly(any_below(256)), end = any_mostly(any_below(256)), page = any_below(64);

	assume(n < end);
	prove((pages_of_word(n, end) >> page & 1u) == (page >= n % 64 && page - n % 64 < end - n));
	reach();
}

static void
record(void)
{
	struct s2pt_format format;
	struct s2pt_table table;
	struct s2pt_bitmap bitmap;
	uint64_t word[WORDS], before[WORDS], more = 0;
	const unsigned lg2 = any_granule_lg2();
	const uint64_t page = any_below(WORDS * 64);
	const bool few = any_bool();

	format.granule_lg2 = (uint8_t)lg2;
	table.format = &format;
	for (unsigned i = 0; i < WORDS; i++)
		word[i] = before[i] = few        ? any_u64()
				    : any_bool() ? UINT64_MAX
						 : 0;
	bitmap.base.addr = any_u64() >> 12 << lg2;
	bitmap.size = any_mostly((WORDS * 64 - any_below(5)) << lg2);
	bitmap.word = word;
	bitmap.pages = any_u64();
	const uint64_t pages_before = bitmap.pages;
	const uint64_t ipa = any_mostly(bitmap.base.addr + (any_below(200) << lg2));
	const uint64_t size = any_mostly(any_below(few ? FEW + 1 : 193) << lg2);

	/* The caller's part: room for as many words as the size takes, and an end below 2^64. */
	assume(bitmap.size <= (uint64_t)WORDS * 64 << lg2);
	assume(bitmap.base.addr <= UINT64_MAX - bitmap.size);
	/* The engine's: whole pages. */
	assume(!((ipa | size) & (((uint64_t)1 << lg2) - 1)));
	assume(!few || size <= (uint64_t)FEW << lg2);
	const bool inside = ipa >= bitmap.base.addr && size <= bitmap.size &&
			    ipa - bitmap.base.addr <= bitmap.size - size;

	prove((s2pt__check_bitmap(&format, &bitmap, ipa, size) == S2PT_OK) == inside);
	assume(inside);
	s2pt__bitmap_set(&table, &bitmap, ipa, size);
	const uint64_t first = (ipa - bitmap.base.addr) >> lg2, end = first + (size >> lg2);

	prove(is_set(word, page) == (is_set(before, page) || (page >= first && page < end)));
	/* That two ways to count bits agree is more than a solver does in good time: the program tries it. */
	for (unsigned i = 0; i < WORDS; i++)
		more += (uint64_t)__builtin_popcountll(word[i] & ~before[i]);
#ifndef __CPROVER__
	prove(bitmap.pages == pages_before + more);
#else
	(void)pages_before;
#endif
	reach();
	if (end - first > 64)
		reach();
	if (few && first / 64 != (end - 1) / 64)
		reach();
}

static void
proof(void)
{
	if (any_bool())
		part_of_word();
	else
		record();
}
