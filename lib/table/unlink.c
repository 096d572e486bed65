/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* unlink.c: tables and leaves that go as a whole. See unlink.h. */
#include "table/unlink.h"

#include "table/contig.h"
#include "table/gather.h"
#include "table/reclaim.h"
#include "table/report.h"
#include "table/store.h"

/* --- Subtrees -------------------------------------------------------------------------------------- */

static uint64_t
tables_linked(const struct s2pt_table *table, uint64_t raw, int level)
{
	const uint64_t *entries;
	uint64_t tables = 1;

	if (level != S2PT_LEVEL_LAST - 2)
		return s2pt__tables_under(table, level);
	entries = child_of(table, raw);
	for (uint64_t n = 0; n < level_entries(table, level + 1); n++)
		tables += entry_is_table(entry_load(&entries[n]), level + 1);
	return tables;
}

bool
s2pt__may_unlink_whole(const struct s2pt_range *r, uint64_t raw, int level, uint64_t passed, uint64_t *more)
{
	*more = 0;
	if (r->op->dirty || !r->op->budget)
		return !r->op->dirty;
	*more = tables_linked(r->table, raw, level) - 1u;
	return passed + *more < s2pt__range_budget(r);
}

/* --- Empty tables ---------------------------------------------------------------------------------- */

/* Is there nothing at @entry, or (@unmaps) the link of a table that will be given back with the one that this is in? */
static inline bool
is_gone(const uint64_t *entry, bool unmaps)
{
	const uint64_t raw = entry_load(entry);

	return raw == ENTRY_EMPTY || (unmaps && entry_is_broken(raw));
}

/* Is the table empty? It is scanned outward from @from, which was just cleared: mostly a neighbour decides. */
static bool
is_table_empty(const struct s2pt_table *table, const uint64_t *entries, int level, uint64_t from)
{
	uint64_t whole = level_entries(table, level);
	/* (What others break, they will make again.) */
	const bool unmaps = has_broken_links(table);

	/* All that follows may have been cleared just now: the far end decides sooner. */
	if (!is_gone(&entries[whole - 1u], unmaps) || (from && !is_gone(&entries[from - 1u], unmaps)))
		return false;
	for (uint64_t i = from; i < whole; i++)
		if (!is_gone(&entries[i], unmaps))
			return false;
	for (uint64_t i = from; i > 0; i--)
		if (!is_gone(&entries[i - 1u], unmaps))
			return false;
	return true;
}

void
s2pt__prune(struct s2pt_table *table, const struct walk *w, uint64_t ipa)
{
	uint64_t *const *path = &table->path[-S2PT_LEVEL_FIRST];
	uint64_t index = w->index;

	for (int level = w->level; level > table->start_level; level--) {
		uint64_t *parent = path[level - 1];
		uint64_t raw;

		if (!is_table_empty(table, path[level], level, index))
			return;
		index = index_of(table, ipa, level - 1);
		raw = s2pt__clear_entry(table, &parent[index], ENTRY_EMPTY);
		/* A TLBI for any IPA under a link removes the link from walk caches, so one granule is enough. */
		gather_table(table, ipa, table_bytes(table), raw, level);
	}
}

/* --- Leaves that a range cuts ---------------------------------------------------------------------- */

/* Unmap the leaf at @w, that maps from @base on, and report all of it, so that no dirty page is lost. */
static NOINLINE void
clear_leaf_entry(const struct s2pt_range *r, const struct walk *w, uint64_t base)
{
	struct s2pt_table *table = r->table;
	const uint64_t raw = s2pt__clear_entry(table, w->entry, ENTRY_EMPTY);

	s2pt__gather_leaf(table, base, raw, w->level);
	if (r->op->dirty && entry_is_writable(raw))
		s2pt__bitmap_set(table, r->op->dirty, base, level_bytes(table, w->level));
}

#define ZAPPED_MOST 2u

/* Note a leaf that reaches beyond the range: one at its beginning and one at its end, at most. */
static void
record_zapped(const struct s2pt_range *r, uint64_t ipa, uint64_t bytes)
{
	struct s2pt_op *op = r->op;
	struct s2pt_span *span = &op->zapped[op->zapped_count];

	if ((ipa >= r->begin && ipa + bytes <= r->end) || op->zapped_count == ZAPPED_MOST)
		return;
	op->zapped_count++;
	span->ipa = s2pt_ipa_of(ipa);
	span->size = bytes;
}

NOINLINE enum s2pt_status
s2pt__zap(struct s2pt_range *r)
{
	struct s2pt_table *table = r->table;
	uint64_t base, one = 1;
	struct walk w;

	s2pt__walk_to(table, r->ipa, S2PT_LEVEL_LAST, &w);
	base = r->ipa & ~(level_bytes(table, w.level) - 1u);
	if (s2pt__check_bitmap(table->format, r->op->dirty, base, level_bytes(table, w.level)) != S2PT_OK)
		return S2PT_ERR_WOULD_SPLIT;
	s2pt__invalidate_seq_bump(table);
	while (s2pt__find_split_group(table, &w, &one, 1))
		s2pt__unfold_group(table, &w, r->ipa);
	clear_leaf_entry(r, &w, base);
	record_zapped(r, base, level_bytes(table, w.level));
	s2pt__prune(table, &w, base);
	r->spent++;
	return S2PT_OK;
}
