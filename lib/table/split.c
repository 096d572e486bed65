/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Blocks into tables, and tables into blocks. */
#include "table/engine.h"

/* --- Splitting ------------------------------------------------------------------------------------- */

/* What a leaf @raw at @level is as the first of its parts at the next level. */
static uint64_t
first_part(uint64_t raw, int level)
{
	return entry_restored(raw & ~(field_mask(DESC_NT) | field_mask(DESC_CONTIGUOUS)), level + 1);
}

/* Fill all but the last entry of a detached table with the parts of @raw; the last is @last. */
static void
fill_parts(const struct s2pt_table *table, uint64_t *entries, uint64_t raw, int level, uint64_t last)
{
	const uint64_t parts = level_entries(table, level + 1) - 1u;

	s2pt__fill(entries, parts, first_part(raw, level), level_bytes(table, level + 1));
	entry_store(&entries[parts], last);
}

static uint64_t
last_part(const struct s2pt_table *table, uint64_t raw, int level)
{
	return first_part(raw, level) +
	       (level_entries(table, level + 1) - 1u) * level_bytes(table, level + 1);
}

/*
 * Make tables for @count leaves at @w before anything is broken (E6). While they wait they are
 * threaded through their last entries, first to last. Returns how many there was memory for.
 */
static uint64_t
make_tables(struct s2pt_range *r, const struct walk *w, uint64_t count, uint64_t *first)
{
	struct s2pt_table *table = r->table;
	uint64_t last = level_entries(table, w->level + 1) - 1u;
	uint64_t *waiting = NULL;
	uint64_t n = 0;

	for (; n < count; n++) {
		struct s2pt_page page;

		if (!s2pt__page_take(table, r->op->cache, &page))
			break;
		fill_parts(table, page.virt, entry_load(&w->entry[n]), w->level, 0);
		if (waiting)
			waiting[last] = page.pa.addr;
		else
			*first = page.pa.addr;
		waiting = page.virt;
	}
	return n;
}

/*
 * Put the table at @pa where the leaf was, or is. Its parts say what hardware wrote to the leaf until this
 * moment; the last of them has no room before, since tables wait by it.
 */
static NOINLINE void
link_table(const struct s2pt_table *table, uint64_t *entry, int level, uint64_t pa)
{
	uint64_t *entries = table_at(table, pa);
	uint64_t *last = &entries[level_entries(table, level + 1) - 1u];
	uint64_t raw = entry_load(entry);

	do {
		if (first_part(raw, level) != entries[0])
			fill_parts(table, entries, raw, level, 0);
		entry_store(last, last_part(table, raw, level));
		s2pt__clean_table(table, entries);
	} while (!entry_compare_exchange(entry, &raw, link_to(table, pa)));
	trace_store(table, entry, raw, link_to(table, pa));
}

/* The @count tables from @first on take the place of leaves at @w. */
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
			s2pt__break_entry(table, &w->entry[n]);
	if (!bbml2_in_place) {
		s2pt__gather_leaves(table, r->ipa & ~(bytes - 1u), count * bytes, w->level);
		s2pt__gather_tlbi(table);
	}
	s2pt__propagate_written(table, w, count);
	for (uint64_t n = 0; n < count; n++) {
		uint64_t next = ((uint64_t *)table_at(table, first))[last];

		link_table(table, &w->entry[n], w->level, first);
		first = next;
	}
	/* A leaf with nT may have been cached, too, but to no harm. */
	if (bbml2_in_place || by_nt)
		s2pt__gather_leaves(table, r->ipa & ~(bytes - 1u), count * bytes, w->level);
}

/* How many entries at @w are in the range and are (@leaves) or are not leaves, in a row. */
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

/* Split at most @most leaves above @level in the place where the range goes on; or pass what is none. */
static NOINLINE enum s2pt_status
split_step(struct s2pt_range *r, int level, uint64_t most)
{
	struct s2pt_table *table = r->table;
	uint64_t first, limit, made, n;
	struct walk w;

	walk_to(table, r->ipa, level - 1, &w);
	limit = min_u64(count_alike(r, &w, true), most);
	if (!limit) {
		/* Tables, where parts have the right level already, or nothing. */
		s2pt__range_advance(r, &w, w.level == level - 1 ? count_alike(r, &w, false) : 1);
		return S2PT_OK;
	}
	n = r->op->batch ? min_u64(limit, r->op->batch) : limit;
	while (s2pt__splits_group(table, &w, &n, limit))
		s2pt__unfold_group(table, &w);
	made = make_tables(r, &w, n, &first);
	if (!made)
		return S2PT_ERR_MEMORY;
	/* Memory has ended inside of a group: the tables that there are serve all but its leaves. */
	while (s2pt__splits_group(table, &w, &made, made))
		s2pt__unfold_group(table, &w);
	put_tables(r, &w, made, first);
	r->spent += made;
	return S2PT_OK;
}

/* Unmap the leaf at @w, that maps from @base on, and report all of it: no page is forgotten. */
static NOINLINE void
clear_leaf_entry(const struct s2pt_range *r, const struct walk *w, uint64_t base)
{
	struct s2pt_table *table = r->table;
	const uint64_t raw = s2pt__clear_entry(table, w->entry, ENTRY_EMPTY);

	s2pt__gather_leaf(table, base, raw, w->level);
	if (r->op->dirty && (raw & field_mask(DESC_S2AP_W)))
		s2pt__bitmap_set(table, r->op->dirty, base, level_bytes(table, w->level));
}

/* Unmap the whole of the leaf that the range cuts, if all of it can be reported that is to be. */
static NOINLINE enum s2pt_status
zap(struct s2pt_range *r)
{
	struct s2pt_table *table = r->table;
	uint64_t base, one = 1;
	struct walk w;

	walk_to(table, r->ipa, S2PT_LEVEL_LAST, &w);
	base = r->ipa & ~(level_bytes(table, w.level) - 1u);
	if (s2pt__check_bitmap(table->format, r->op->dirty, base, level_bytes(table, w.level)) != S2PT_OK)
		return S2PT_ERR_WOULD_SPLIT;
	s2pt__invalidate_seq_bump(table);
	while (s2pt__splits_group(table, &w, &one, 1))
		s2pt__unfold_group(table, &w);
	clear_leaf_entry(r, &w, base);
	s2pt__prune(table, &w, base);
	r->spent++;
	return S2PT_OK;
}

enum s2pt_status
s2pt__partial_leaf(struct s2pt_range *r)
{
	if (r->op->partial == S2PT_PARTIAL_SPLIT)
		return split_step(r, S2PT_LEVEL_LAST, 1);
	return r->op->partial == S2PT_PARTIAL_ZAP && !r->keeps ? zap(r) : S2PT_ERR_WOULD_SPLIT;
}

enum s2pt_status
s2pt_table_split(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, int level)
{
	struct s2pt_range *r = &table->running;
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status == S2PT_OK && level != S2PT_LEVEL_LAST &&
	    !s2pt_format_has_block(table->format, level))
		status = S2PT_ERR_LEVEL;
	if (status != S2PT_OK)
		return status;
	if (level <= table->start_level)
		r->ipa = r->end;
	while (s2pt__range_next(r, &status))
		status = split_step(r, level, UINT64_MAX);
	return s2pt__range_end(r, status);
}

/* --- Collapsing ------------------------------------------------------------------------------------ */

/* Are the entries of a table, at @level, leaves that one leaf above could stand for? */
static bool
is_uniform(const struct s2pt_table *table, const uint64_t *entries, int level)
{
	const uint64_t whole = level_entries(table, level), step = level_bytes(table, level);
	const uint64_t raw = entry_load(&entries[0]);
	/* What hardware wrote to one may be said of all. */
	const uint64_t differ = field_mask(DESC_CONTIGUOUS) |
				(table->hw_updates ? entry_written(~UINT64_C(0), raw & table->tracking_bit) : 0);

	if (!entry_is_leaf(raw, level) ||
	    (s2pt__address_of(table, raw, level) & (step * whole - 1u)))
		return false;
	for (uint64_t i = 1; i < whole; i++)
		if ((entry_load(&entries[i]) ^ (raw + i * step)) & ~differ)
			return false;
	return true;
}

/* How many of @count entries at @w, from the first on, are tables that could be leaves? */
static uint64_t
count_uniform(const struct s2pt_range *r, const struct walk *w, uint64_t count)
{
	uint64_t n = 0;

	if (!fits_max_lg2(r->op, level_lg2(r->table, w->level)) ||
	    !level_of(r->table, w->level)->leaves || w->level == S2PT_LEVEL_LAST)
		return 0;
	for (; n < count; n++) {
		uint64_t raw = entry_load(&w->entry[n]);

		if (!entry_is_table(raw, w->level) ||
		    !is_uniform(r->table, child_of(r->table, raw), w->level + 1))
			break;
	}
	return n;
}

/* What was written to any entry of a table, until now. */
static uint64_t
written_to(const struct s2pt_table *table, const uint64_t *entries, int level)
{
	uint64_t written = 0;

	for (uint64_t i = 0; i < level_entries(table, level); i++)
		written |= entry_written(entry_load(&entries[i]), table->tracking_bit);
	return written;
}

/* The leaf above @level that stands for a uniform table at it. */
static uint64_t
whole_of(const struct s2pt_table *table, const uint64_t *entries, int level)
{
	return (entry_restored(entry_load(&entries[0]), level - 1) & ~field_mask(DESC_CONTIGUOUS)) |
	       written_to(table, entries, level);
}

/*
 * FEAT_BBM: tables at @w become leaves at once, and old entries are invalidated then. While there may be
 * old ones the leaf has nT, but for level 2 where nobody else writes; what hardware writes to a table
 * until they are gone it has written to the leaf.
 */
static void
collapse_without_break(struct s2pt_table *table, const struct walk *w, uint64_t base, uint64_t count)
{
	const uint64_t nt = table->bbml2_in_place ? 0 : field_mask(DESC_NT);
	const struct s2pt_page *gone = &table->page[table->n_pages];

	for (uint64_t n = 0; n < count; n++) {
		uint64_t link = entry_load(&w->entry[n]);
		uint64_t *entries = child_of(table, link);

		store_entry(table, &w->entry[n], link, whole_of(table, entries, w->level + 1) | nt);
		s2pt__retire_page(table, entries, link_address(table, link));
	}
	s2pt__gather_entries(table, base, count << level_lg2(table, w->level));
	s2pt__gather_tlbi(table);
	for (uint64_t n = 0; n < count && nt; n++) {
		const uint64_t written = written_to(table, gone[n].virt, w->level + 1);
		uint64_t raw = entry_fetch_or(&w->entry[n], written);

		trace_store(table, &w->entry[n], raw, raw | written);
		raw = entry_fetch_and(&w->entry[n], ~nt);
		trace_store(table, &w->entry[n], raw, raw & ~nt);
	}
	/* A leaf with nT may have been cached, too, but to no harm. */
	if (nt)
		s2pt__gather_leaves(table, base, count << level_lg2(table, w->level), w->level);
}

/* The same by break-before-make: the parts had hardware's attention until the invalidation. */
static void
collapse_broken(struct s2pt_table *table, const struct walk *w, uint64_t base, uint64_t count)
{
	for (uint64_t n = 0; n < count; n++)
		s2pt__break_entry(table, &w->entry[n]);
	s2pt__gather_entries(table, base, count << level_lg2(table, w->level));
	s2pt__gather_tlbi(table);
	for (uint64_t n = 0; n < count; n++) {
		uint64_t link = entry_load(&w->entry[n]);
		uint64_t *entries = child_of(table, link);

		store_entry(table, &w->entry[n], link, whole_of(table, entries, w->level + 1));
		s2pt__retire_page(table, entries, link_address(table, link));
	}
}

/* May tables at @level become leaves without a break? */
static bool
may_collapse_without_break(const struct s2pt_table *table, int level)
{
	return table->bbml2_in_place || may_use_nt(table, level);
}

/* The tables under @count entries at @w, that map from @base on, become leaves in their places. */
static void
collapse_run(struct s2pt_range *r, const struct walk *w, uint64_t base, uint64_t count)
{
	if (may_collapse_without_break(r->table, w->level))
		collapse_without_break(r->table, w, base, count);
	else
		collapse_broken(r->table, w, base, count);
}

/* Everything before r->ipa has been looked at: the tables that end here, above @level, may go. */
static void
collapse_behind(struct s2pt_range *r, int level)
{
	struct walk w;

	for (int up = level - 1; up >= r->table->start_level; up--) {
		uint64_t bytes = level_bytes(r->table, up);

		if (r->ipa & (bytes - 1u))
			return;
		walk_to(r->table, r->ipa - bytes, up, &w);
		if (!count_uniform(r, &w, 1))
			return;
		collapse_run(r, &w, r->ipa - bytes, 1);
	}
}

static NOINLINE void
collapse_step(struct s2pt_range *r)
{
	const uint64_t entries = level_entries(r->table, S2PT_LEVEL_LAST);
	uint64_t base, count;
	struct walk w;

	walk_to(r->table, r->ipa, S2PT_LEVEL_LAST - 1, &w);
	base = r->ipa & ~(level_bytes(r->table, w.level) - 1u);
	/* Those that end in the range; to look into one costs as much as it has entries. */
	count = min_u64((r->end - base) >> level_lg2(r->table, w.level),
			  level_entries(r->table, w.level) - w.index);
	count = min_u64(count, 1u + (s2pt__range_budget(r) - 1u) / entries);
	if (r->op->batch)
		count = min_u64(count, r->op->batch);
	if (may_collapse_without_break(r->table, w.level))
		count = min_u64(count, S2PT_GATHER_PAGES - LEVELS);
	count = count_uniform(r, &w, count);
	if (count)
		collapse_run(r, &w, base, count);
	else
		count = 1;
	if (entry_is_table(w.raw, w.level))
		r->spent += count * (entries - 1u);
	s2pt__range_advance(r, &w, count);
	collapse_behind(r, w.level);
}

enum s2pt_status
s2pt_table_collapse(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	struct s2pt_range *r = &table->running;
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status != S2PT_OK)
		return status;
	while (s2pt__range_next(r, &status)) {
		/* Tables of a step, and of those above it that follow, wait for its invalidation. */
		if (table->n_pages)
			s2pt__gather_drain(table);
		collapse_step(r);
	}
	return s2pt__range_end(r, status);
}
