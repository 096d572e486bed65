/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "table/engine.h"

/* The highest level at which the range covers the entry at its beginning. */
static int
covered_level(const struct range *r)
{
	int level = S2PT_LEVEL_LAST;

	while (level > r->table->format->start_level &&
	       !(r->ipa & (level_bytes(r->table, level - 1) - 1u)) &&
	       r->end - r->ipa >= level_bytes(r->table, level - 1))
		level--;
	return level;
}

/* The most tables that can hang under an entry of @level. */
static uint64_t
tables_under(const struct s2pt_table *table, int level)
{
	uint64_t tables = 0;

	for (; level < S2PT_LEVEL_LAST; level++)
		tables = (tables << s2pt_format_stride(table->format)) + 1u;
	return tables;
}

/* --- Unlinking ------------------------------------------------------------------------------------- */

/* Looks outward from where something was just taken out: a neighbour ends it at once. */
static bool
is_table_empty(const struct s2pt_table *table, const uint64_t *entries, int level, uint64_t from)
{
	uint64_t whole = level_entries(table, level);

	/* What follows may all have been taken out just now: the far end knows sooner. */
	if (entry_load(&entries[whole - 1u]) != ENTRY_EMPTY ||
	    (from && entry_load(&entries[from - 1u]) != ENTRY_EMPTY))
		return false;
	for (uint64_t i = from; i < whole; i++)
		if (entry_load(&entries[i]) != ENTRY_EMPTY)
			return false;
	for (uint64_t i = from; i > 0; i--)
		if (entry_load(&entries[i - 1u]) != ENTRY_EMPTY)
			return false;
	return true;
}

/* Unlink the table at @w, where @ipa has just been unmapped, and those above it, if they are empty. */
void
s2pt__prune(struct s2pt_table *table, const struct walk *w, uint64_t ipa)
{
	uint64_t index = w->index;

	for (int level = w->level; level > table->format->start_level; level--) {
		uint64_t *parent = w->path[level - 1 - S2PT_LEVEL_FIRST];
		uint64_t raw;

		if (!is_table_empty(table, w->path[level - S2PT_LEVEL_FIRST], level, index))
			return;
		index = ipa >> level_lg2(table, level - 1);
		if (level - 1 != table->format->start_level)
			index &= bits_below(s2pt_format_stride(table->format));
		raw = live_take(table, &parent[index], entry_load(&parent[index]), ENTRY_EMPTY);
		/* Any IPA under a link takes a walker's memory of the link away. */
		s2pt__gather_table(table, ipa, table_bytes(table), raw, level);
	}
}

/* --- Entries --------------------------------------------------------------------------------------- */

/* Take the table at @entry out, if the budget and annotations allow it to go whole. */
static bool
unmap_table(struct range *r, uint64_t *entry, uint64_t raw, uint64_t ipa, int level)
{
	uint64_t under = tables_under(r->table, level);

	if ((r->op->budget && under > range_budget(r)) ||
	    (r->table->annotations && !r->op->drop_annotations))
		return false;
	raw = live_take(r->table, entry, raw, ENTRY_EMPTY);
	s2pt__gather_table(r->table, ipa, level_bytes(r->table, level), raw, level + 1);
	r->spent += r->op->budget ? under : 0;
	return true;
}

/* Pages in a row that nobody has to be told about: takes them out, and answers with how many. */
static uint64_t
clear_pages(uint64_t *entry, uint64_t count)
{
	uint64_t n = 0;

	for (; n < count && entry_is_valid(entry_load(&entry[n])); n++)
		entry_store(&entry[n], ENTRY_EMPTY);
	return n;
}

/*
 * Take out entries that the range covers, @count at @w, up to a table that may not go whole. Answers
 * with how many.
 */
static uint64_t
unmap_run(struct range *r, const struct walk *w, uint64_t count)
{
	struct s2pt_table *table = r->table;
	const bool plain = !hardware_writes(table) && !is_traced(table) && !table->owes_clean;
	unsigned lg2 = level_lg2(table, w->level);
	uint64_t *entry = &w->table[w->index];
	uint64_t first = count, last = 0, n = 0;

	for (; n < count; n++) {
		uint64_t raw = entry_load(&entry[n]);

		if (raw == ENTRY_EMPTY)
			continue;
		if (entry_is_table(raw, w->level)) {
			if (!unmap_table(r, &entry[n], raw, r->ipa + (n << lg2), w->level))
				break;
			continue;
		}
		if (entry_is_annotation(raw)) {
			if (r->op->drop_annotations) {
				live_store(table, &entry[n], raw, ENTRY_EMPTY);
				table->annotations--;
			}
			continue;
		}
		if (!plain) {
			raw = live_take(table, &entry[n], raw, ENTRY_EMPTY);
			s2pt__gather_leaf(table, r->ipa + (n << lg2), raw, w->level);
			continue;
		}
		entry_store(&entry[n], ENTRY_EMPTY);
		if (first == count)
			first = n;
		if (w->level == S2PT_LEVEL_LAST)
			n += clear_pages(&entry[n + 1u], count - n - 1u);
		last = n;
	}
	if (first < count)
		s2pt__gather_leaves(table, r->ipa + (first << lg2), (last - first + 1u) << lg2,
				    w->level);
	return n;
}

/* The range cuts a leaf. */
static enum s2pt_status
unmap_part(struct range *r, const struct walk *w)
{
	uint64_t bytes = level_bytes(r->table, w->level);
	uint64_t base = r->ipa & ~(bytes - 1u);
	uint64_t raw;

	if (r->op->partial != S2PT_PARTIAL_ZAP)
		return s2pt__split_cut(r, w);
	raw = live_take(r->table, &w->table[w->index], w->raw, ENTRY_EMPTY);
	s2pt__gather_leaf(r->table, base, raw, w->level);
	s2pt__prune(r->table, w, base);
	r->ipa = least_u64(r->end, base + bytes);
	r->spent++;
	return S2PT_OK;
}

static enum s2pt_status
unmap_step(struct range *r)
{
	int level = covered_level(r);
	struct walk w;

	for (;; level++) {
		uint64_t bytes = level_bytes(r->table, level);
		uint64_t count, n;

		s2pt__walk_to(r->table, r->ipa, level, &w);
		if (w.level < level)
			break;
		count = least_u64((r->end - r->ipa) / bytes, level_entries(r->table, level) - w.index);
		n = unmap_run(r, &w, least_u64(count, range_budget(r)));
		if (!n)
			continue; /* a table that cannot go whole: look into it */
		s2pt__prune(r->table, &w, r->ipa);
		r->ipa += n * bytes;
		r->spent += n;
		return S2PT_OK;
	}
	if (entry_is_leaf(w.raw, w.level))
		return unmap_part(r, &w);
	if (entry_is_annotation(w.raw) && r->op->drop_annotations)
		return s2pt__divide_annotation(r, &w);
	/* Nothing here, as far as the entry reaches. */
	level = w.level;
	r->ipa = least_u64(r->end, (r->ipa | (level_bytes(r->table, level) - 1u)) + 1u);
	r->spent++;
	return S2PT_OK;
}

enum s2pt_status
s2pt_table_unmap(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	struct range r;
	enum s2pt_status status = s2pt__range_begin(&r, table, op, ipa, size);

	if (status != S2PT_OK)
		return status;
	while (status == S2PT_OK && range_left(&r))
		status = range_exhausted(&r) ? S2PT_ERR_BUDGET : unmap_step(&r);
	op->done = r.ipa - ipa.addr;
	return s2pt__range_end(&r, status);
}
