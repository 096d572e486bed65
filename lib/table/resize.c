/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * resize.c: splitting. Leaves become tables of smaller leaves, an annotation becomes a table of copies.
 *
 * A change of size is break-before-make (R_WHZWS):
 *
 *     make the tables        memory is asked for before anything is broken, so that nothing has to be undone
 *     break the leaves       from here on hardware writes nothing to them
 *     invalidate
 *     link the tables        with the AF and dirty state that the leaves had in the end
 *
 * With FEAT_BBM level 1 the leaves get nT instead of being broken, with level 2 they are replaced at once; then
 * hardware may write to them until they are replaced, and the replacement is a compare-and-swap.
 */
#include "table/resize.h"

#include "table/build.h"
#include "table/cmo.h"
#include "table/contig.h"
#include "table/gather.h"
#include "table/pages.h"
#include "table/store.h"

/* --- Leaves ---------------------------------------------------------------------------------------- */

/* The first of the smaller leaves, at the level below, that the leaf @raw at @level is split into. */
static uint64_t
first_part(uint64_t raw, int level)
{
	return entry_restored(raw & ~(ENTRY_NT | ENTRY_CONTIGUOUS), level + 1);
}

/* Fill all but the last entry of a table with the parts of @raw; the last becomes @last. */
static void
fill_parts(const struct s2pt_table *table, uint64_t *entries, uint64_t raw, int level, uint64_t last)
{
	const uint64_t parts = level_entries(table, level + 1) - 1u;

	s2pt__fill(entries, parts, first_part(raw, level), level_bytes(table, level + 1));
	entry_init(&entries[parts], last);
}

/* The last of the smaller leaves that the leaf @raw at @level is split into. */
static uint64_t
last_part(const struct s2pt_table *table, uint64_t raw, int level)
{
	return first_part(raw, level) +
	       (level_entries(table, level + 1) - 1u) * level_bytes(table, level + 1);
}

/*
 * Make tables for *@count leaves at @w, or for as many as there is memory for. Until they are linked they form a list,
 * through their last entries, from *@first on. S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA: not one.
 */
static enum s2pt_status
make_tables(struct s2pt_range *r, const struct walk *w, uint64_t *count, uint64_t *first)
{
	struct s2pt_table *table = r->table;
	uint64_t last = level_entries(table, w->level + 1) - 1u;
	enum s2pt_status status = S2PT_OK;
	uint64_t *waiting = NULL;
	uint64_t n = 0;

	for (; n < *count; n++) {
		struct s2pt_page page;

		status = s2pt__page_take(table, r->op->cache, &page);
		if (status != S2PT_OK)
			break;
		fill_parts(table, page.virt, entry_load(&w->entry[n]), w->level, 0);
		if (waiting)
			waiting[last] = page.pa.addr;
		else
			*first = page.pa.addr;
		waiting = page.virt;
	}
	*count = n;
	return n ? S2PT_OK : status;
}

/*
 * Replace the leaf at @entry by the table at @pa, again until AF and dirty state that hardware writes meanwhile are in
 * its parts. Its last entry is still missing: it was the list's.
 */
static NOINLINE void
link_table(struct s2pt_table *table, uint64_t *entry, int level, uint64_t pa)
{
	uint64_t *entries = table_at(table, pa);
	uint64_t *last = &entries[level_entries(table, level + 1) - 1u];
	uint64_t raw = entry_load(entry);

	do {
		if (first_part(raw, level) != entries[0])
			fill_parts(table, entries, raw, level, 0);
		entry_init(last, last_part(table, raw, level));
		s2pt__clean_table(table, entries);
	} while (!entry_compare_exchange(entry, &raw, link_to(table, pa)));
	table->stored = true;
	trace_store(table, entry, raw, link_to(table, pa));
}

/* Replace @count leaves at @w by the tables from @first on. */
static void
put_tables(const struct s2pt_range *r, const struct walk *w, uint64_t count, uint64_t first)
{
	struct s2pt_table *table = r->table;
	const uint64_t last = level_entries(table, w->level + 1) - 1u, bytes = level_bytes(table, w->level);
	/* FEAT_BBM level 2: the size may change at once, and stale entries go afterwards. */
	const bool bbml2_in_place = table->bbml2_in_place;
	const bool by_nt = may_use_nt(table, w->level);

	for (uint64_t n = 0; n < count && !bbml2_in_place; n++)
		if (by_nt)
			s2pt__set_nt(table, &w->entry[n]);
		else
			s2pt__break_entries(table, &w->entry[n], 1);
	if (!bbml2_in_place) {
		s2pt__gather_leaves(table, r->ipa & ~(bytes - 1u), count * bytes, w->level);
		s2pt__gather_tlbi(table);
	}
	s2pt__propagate_written(table, w, count);
	for (uint64_t n = 0; n < count; n++) {
		uint64_t next = table_at(table, first)[last];

		link_table(table, &w->entry[n], w->level, first);
		first = next;
	}
	/* A leaf with nT may have been cached, too, but to no harm. */
	if (bbml2_in_place || by_nt)
		s2pt__gather_leaves(table, r->ipa & ~(bytes - 1u), count * bytes, w->level);
}

/* The number of entries at @w, in the range and in a row, that are leaves (@leaves) or are none. */
static uint64_t
count_alike(const struct s2pt_range *r, const struct walk *w, bool leaves)
{
	uint64_t count = min_u64(s2pt__run_length(r->table, w, r->ipa, r->end - r->ipa),
				 s2pt__range_budget(r));
	uint64_t n = 0;

	while (n < count && entry_is_leaf(entry_load(&w->entry[n]), w->level) == leaves)
		n++;
	return n;
}

NOINLINE enum s2pt_status
s2pt__split_step(struct s2pt_range *r, int level, uint64_t most)
{
	struct s2pt_table *table = r->table;
	/* A new table is filled without being looked at: two of its leaves cost as much as one elsewhere. */
	const uint64_t cost = level_entries(table, level) / 2u;
	uint64_t first = 0, limit, n;
	enum s2pt_status status;
	struct walk w;

	s2pt__walk_to(table, r->ipa, level - 1, &w);
	limit = min_u64(count_alike(r, &w, true), most);
	if (!limit) {
		/* Tables, where parts have the right level already, or nothing. */
		s2pt__range_advance(r, &w, w.level == level - 1 ? count_alike(r, &w, false) : 1);
		return S2PT_OK;
	}
	limit = min_u64(limit, 1u + (s2pt__range_budget(r) - 1u) / cost);
	n = r->op->batch ? min_u64(limit, r->op->batch) : limit;
	while (s2pt__find_split_group(table, &w, &n, limit))
		s2pt__unfold_group(table, &w, r->ipa);
	status = make_tables(r, &w, &n, &first);
	if (status != S2PT_OK)
		return status;
	/* Memory has ended inside of a group: the tables that there are serve all but its leaves. */
	while (s2pt__find_split_group(table, &w, &n, n))
		s2pt__unfold_group(table, &w, r->ipa);
	put_tables(r, &w, n, first);
	r->spent += n * cost;
	return S2PT_OK;
}

/* --- Annotations ----------------------------------------------------------------------------------- */

enum s2pt_status
s2pt__split_annotation(struct s2pt_range *r, const struct walk *w)
{
	struct s2pt_table *table = r->table;
	uint64_t entries = level_entries(table, w->level + 1);
	enum s2pt_status status;
	struct s2pt_page page;
	uint64_t *copy;

	status = s2pt__page_take(table, r->op->cache, &page);
	if (status != S2PT_OK)
		return status;
	copy = page.virt;
	for (uint64_t i = 0; i < entries; i++)
		entry_init(&copy[i], w->raw);
	if (table->host->flags & S2PT_HOST_NONCOHERENT)
		table->host->clean_tables(table->host->context, copy, (size_t)table_bytes(table));
	if (w->raw)
		table->annotations += entries - 1u;
	/* Under a hold a previous entry here may still be cached. */
	s2pt__gather_tlbi_cmo(table);
	store_link(table, w->entry, w->raw,
		   link_to(table, page.pa.addr));
	r->spent += entries / 2u;
	return S2PT_OK;
}
