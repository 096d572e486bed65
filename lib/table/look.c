/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* look.c: questions about what is in a table: how far it is alike, and where something is next. */
#include "table/walk.h"

/* The first IPA behind the entry at @w, which maps @ipa. */
static uint64_t
behind(const struct s2pt_table *table, const struct walk *w, uint64_t ipa)
{
	return (ipa | (level_bytes(table, w->level) - 1u)) + 1u;
}

/* --- How far is it alike? -------------------------------------------------------------------------- */

/* What an entry says of one byte that it is for: its attributes or its annotation, and where the byte is mapped to. */
struct content {
	uint64_t bits;
	uint64_t pa;
	bool valid;
};

static void
read_content(const struct s2pt_table *table, const struct walk *w, uint64_t ipa, struct content *content)
{
	content->valid = entry_is_valid(w->raw);
	content->bits = content->valid ? entry_attributes(table->format, w->level, w->raw) : w->raw;
	content->pa = 0;
	if (content->valid)
		content->pa = s2pt__address_of(table, w->raw, w->level) | (ipa & (level_bytes(table, w->level) - 1u));
}

/* Is @b, which is for the byte @distance behind, what @a leads one to expect? */
static bool
goes_on(const struct s2pt_table *table, const struct content *a, const struct content *b, uint64_t distance)
{
	if (a->valid != b->valid)
		return false;
	if (!a->valid)
		return a->bits == b->bits;
	return b->pa == a->pa + distance && (entry_equivalent(a->bits, b->bits, table->tracking_bit) ||
					     entry_equivalent(b->bits, a->bits, table->tracking_bit));
}

enum s2pt_status
s2pt_table_extent(const struct s2pt_table *table, s2pt_ipa ipa, uint64_t size, struct s2pt_extent *extent)
{
	const enum s2pt_status status = s2pt__check_span(table, ipa.addr, size);
	uint64_t at = ipa.addr, end = ipa.addr + size;
	struct content first, here;
	struct walk w;

	if (status != S2PT_OK)
		return status;
	s2pt__walk(table, at, S2PT_LEVEL_LAST, NULL, &w);
	read_content(table, &w, at, &first);
	extent->desc = s2pt_desc_of(w.raw);
	extent->level = (int8_t)w.level;
	extent->mapped = first.valid;
	extent->pa = s2pt_pa_of(first.pa);
	do {
		at = behind(table, &w, at);
		if (at >= end)
			break;
		s2pt__walk(table, at, S2PT_LEVEL_LAST, NULL, &w);
		read_content(table, &w, at, &here);
	} while (goes_on(table, &first, &here, at - ipa.addr));
	extent->size = min_u64(at, end) - ipa.addr;
	return S2PT_OK;
}

/* --- Where is something next? ---------------------------------------------------------------------- */

enum s2pt_status
s2pt_table_next(const struct s2pt_table *table, s2pt_ipa ipa, uint64_t size, struct s2pt_found *found)
{
	const enum s2pt_status status = s2pt__check_span(table, ipa.addr, size);
	uint64_t at = ipa.addr, end = ipa.addr + size;
	struct walk w;

	if (status != S2PT_OK)
		return status;
	while (at < end) {
		uint64_t bytes;

		s2pt__walk(table, at, S2PT_LEVEL_LAST, NULL, &w);
		bytes = level_bytes(table, w.level);
		if (w.raw == ENTRY_EMPTY) {
			const uint64_t left = s2pt__run_length(table, &w, at, end - at) - 1u;

			at = (at & ~(bytes - 1u)) + (1u + count_empty(&w.entry[1], left)) * bytes;
			continue;
		}
		found->desc = s2pt_desc_of(w.raw);
		found->level = (int8_t)w.level;
		found->size = bytes;
		found->ipa = s2pt_ipa_of(at & ~(found->size - 1u));
		found->pa = s2pt_pa_of(entry_is_valid(w.raw) ? s2pt__address_of(table, w.raw, w.level) : 0);
		return S2PT_OK;
	}
	return S2PT_ERR_NOT_MAPPED;
}
