/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * report.c: pages by bit. Operations set the bits of pages that were dirty, or young; the host takes them away again by
 * run. A bitmap knows its size, and a range that it has no bits for is refused before anything is changed, so that
 * nothing is reported beyond its end.
 */
#include "table/report.h"

#include "table/geometry.h"

/* --- Setting bits ---------------------------------------------------------------------------------- */

enum s2pt_status
s2pt__check_bitmap(const struct s2pt_format *format, const struct s2pt_bitmap *bitmap, uint64_t ipa,
		   uint64_t size)
{
	if (!bitmap)
		return S2PT_OK;
	if ((bitmap->base.addr & bits_below(format->granule_lg2)) || ipa < bitmap->base.addr)
		return S2PT_ERR_BITMAP;
	ipa -= bitmap->base.addr;
	return ipa > bitmap->size || size > bitmap->size - ipa ? S2PT_ERR_BITMAP : S2PT_OK;
}

/* The bits of the pages from @n on, and below @end, that lie in the word of page @n. */
static uint64_t
pages_of_word(uint64_t n, uint64_t end)
{
	return UINT64_MAX >> (WORD - min_u64(WORD - n % WORD, end - n)) << n % WORD;
}

void
s2pt__bitmap_set(const struct s2pt_table *table, struct s2pt_bitmap *bitmap, uint64_t ipa, uint64_t bytes)
{
	const unsigned lg2 = table->format->granule_lg2;
	const uint64_t end = (ipa - bitmap->base.addr + bytes) >> lg2;
	uint64_t n = (ipa - bitmap->base.addr) >> lg2;

	while (n < end) {
		const uint64_t pages = pages_of_word(n, end);
		uint64_t *word = &bitmap->word[n / WORD], more = pages & ~*word;

		*word |= pages;
		if (more == pages)
			bitmap->pages += min_u64(WORD - n % WORD, end - n);
		else
			for (; more; more &= more - 1u)
				bitmap->pages++;
		n += WORD - n % WORD;
	}
}

void
s2pt__record_dirty(const struct s2pt_range *r, uint64_t ipa, uint64_t raw, int level)
{
	uint64_t bytes = level_bytes(r->table, level), from;

	if (!r->op->dirty || !entry_is_writable(raw))
		return;
	/* What hardware wrote to one member of a group holds for all (I_NFFSV). */
	if (raw & ENTRY_CONTIGUOUS)
		bytes <<= level_of(r->table, level)->group_lg2;
	ipa &= ~(bytes - 1u);
	from = ipa > r->begin ? ipa : r->begin;
	s2pt__bitmap_set(r->table, r->op->dirty, from, min_u64(ipa + bytes, r->end) - from);
}

/* --- Taking them away, by run ---------------------------------------------------------------------- */

/* The first page from @n on, and below @end, whose bit is set (@set) or clear; @end where there is none. */
static uint64_t
next_page(const uint64_t *word, uint64_t n, uint64_t end, bool set)
{
	for (; n < end; n++) {
		uint64_t bits = (set ? word[n / WORD] : ~word[n / WORD]) >> n % WORD;

		if (bits & 1u)
			return n;
		if (!bits)
			n |= WORD - 1u;
	}
	return end;
}

enum s2pt_status
s2pt_bitmap_take(struct s2pt_bitmap *bitmap, const struct s2pt_format *format, s2pt_ipa ipa, uint64_t size,
		 void (*visitor)(void *context, s2pt_ipa ipa, uint64_t bytes), void *context)
{
	const unsigned lg2 = format->granule_lg2;
	const uint64_t base = bitmap->base.addr, end = (ipa.addr - base + size) >> lg2;
	uint64_t first = (ipa.addr - base) >> lg2;

	if (ipa.addr & bits_below(lg2))
		return S2PT_ERR_IPA_ALIGN;
	if (size & bits_below(lg2))
		return S2PT_ERR_SIZE_ALIGN;
	if (s2pt__check_bitmap(format, bitmap, ipa.addr, size) != S2PT_OK)
		return S2PT_ERR_BITMAP;
	while ((first = next_page(bitmap->word, first, end, true)) < end) {
		const uint64_t begin = first, last = next_page(bitmap->word, first, end, false);

		/* Clear before the call: the visitor may set bits again. */
		for (; first < last; first += WORD - first % WORD)
			bitmap->word[first / WORD] &= ~pages_of_word(first, last);
		first = last;
		visitor(context, s2pt_ipa_of(base + (begin << lg2)), (last - begin) << lg2);
	}
	return S2PT_OK;
}
