/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * walk.c: walks, and lookup and translate, which are nothing else. They read each entry once, and only entries
 * that are reachable, so that they may run beside everything else.
 */
#include "table/walk.h"

#include "table/store.h"

uint64_t
s2pt__run_length(const struct s2pt_table *table, const struct walk *w, uint64_t ipa, uint64_t left)
{
	uint64_t bytes = level_bytes(table, w->level);
	uint64_t touched = ((ipa & (bytes - 1u)) + left + bytes - 1u) >> level_lg2(table, w->level);

	return min_u64(touched, level_entries(table, w->level) - w->index);
}

enum s2pt_status
s2pt__check_span(const struct s2pt_table *table, uint64_t ipa, uint64_t size)
{
	const uint64_t limit = UINT64_C(1) << table->format->ipa_bits;

	if (table->destroying)
		return S2PT_ERR_DESTROYED;
	if (!size)
		return S2PT_ERR_EMPTY;
	return ipa >= limit || size > limit - ipa ? S2PT_ERR_IPA_SIZE : S2PT_OK;
}

void
s2pt__walk(const struct s2pt_table *table, uint64_t ipa, int lowest, uint64_t **path, struct walk *w)
{
	uint64_t *entries = table->root;

	w->clean = false;
	for (w->level = table->start_level;; w->level++) {
		if (path)
			path[w->level - S2PT_LEVEL_FIRST] = entries;
		w->index = index_of(table, ipa, w->level);
		w->entry = &entries[w->index];
		w->raw = entry_load(w->entry);
		if (w->level >= lowest || !entry_is_table_or_page(w->raw))
			return;
		w->clean = w->raw & ENTRY_CLEAN;
		entries = child_of(table, w->raw);
	}
}

void
s2pt__walk_to(struct s2pt_table *table, uint64_t ipa, int lowest, struct walk *w)
{
	uint64_t *const *path = &table->path[-S2PT_LEVEL_FIRST];

	s2pt__walk(table, ipa, lowest, table->path, w);
	if (w->clean)
		forget_clean(table, &path[S2PT_LEVEL_LAST - 1][index_of(table, ipa, S2PT_LEVEL_LAST - 1)], ENTRY_CLEAN);
}

/* s2pt__find() for a table of any geometry. */
static NOINLINE void
walk_far(const struct s2pt_table *table, uint64_t ipa, struct pos *pos)
{
	struct walk w;

	s2pt__walk(table, ipa, S2PT_LEVEL_LAST, NULL, &w);
	pos->entry = w.entry;
	pos->raw = w.raw;
	pos->clean = w.clean;
	pos->level = (int8_t)w.level;
	pos->lg2 = level_of(table, w.level)->lg2;
}

void
s2pt__find(const struct s2pt_table *table, uint64_t ipa, struct pos *pos)
{
	if (table->fast_4k)
		*pos = walk_4k(table, ipa);
	else
		walk_far(table, ipa, pos);
}

/* --- Looking up ------------------------------------------------------------------------------------ */

static inline void
found_at(struct s2pt_found *found, s2pt_ipa ipa, const struct pos *pos)
{
	found->desc = s2pt_desc_of(pos->raw);
	found->level = pos->level;
	found->size = UINT64_C(1) << pos->lg2;
	found->ipa = s2pt_ipa_of(ipa.addr & ~(found->size - 1u));
}

enum s2pt_status
s2pt_table_lookup(const struct s2pt_table *table, s2pt_ipa ipa, struct s2pt_found *found)
{
	if (ipa.addr >> table->format->ipa_bits)
		return S2PT_ERR_IPA_SIZE;
	if (flag_is_set(&table->fast_4k)) {
		struct pos pos = walk_4k(table, ipa.addr);

		found_at(found, ipa, &pos);
		found->pa = s2pt_pa_of(entry_is_valid(pos.raw) ? pos.raw & LINK_4K & ~(found->size - 1u) : 0);
	} else {
		struct pos pos;

		if (flag_is_set(&table->destroying))
			return S2PT_ERR_DESTROYED;
		walk_far(table, ipa.addr, &pos);
		found_at(found, ipa, &pos);
		found->pa = s2pt_pa_of(entry_is_valid(pos.raw) ? s2pt__address_of(table, pos.raw, pos.level) : 0);
	}
	return S2PT_OK;
}

enum s2pt_status
s2pt_table_translate(const struct s2pt_table *table, s2pt_ipa ipa, s2pt_pa *pa)
{
	struct s2pt_found found;
	enum s2pt_status status = s2pt_table_lookup(table, ipa, &found);

	if (status != S2PT_OK)
		return status;
	if (!entry_is_valid(found.desc.raw))
		return S2PT_ERR_NOT_MAPPED;
	*pa = s2pt_pa_of(found.pa.addr | (ipa.addr & (found.size - 1u)));
	return S2PT_OK;
}
