/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Blocks into tables, and tables into blocks. */
#include "table/engine.h"

/* --- Splitting ------------------------------------------------------------------------------------- */

/* What a leaf @raw at @level is as the first of its parts at the next level. */
static uint64_t
first_part(uint64_t raw, int level)
{
	return (raw & ~(ENTRY_TYPE | field_mask(DESC_NT) | field_mask(DESC_CONTIGUOUS))) |
	       entry_leaf_type(level + 1);
}

/* Fill all but the last entry of a detached table with the parts of @raw; the last is @last. */
static void
fill_parts(const struct s2pt_table *table, uint64_t *entries, uint64_t raw, int level, uint64_t last)
{
	uint64_t step = level_bytes(table, level + 1);
	uint64_t part = first_part(raw, level);
	uint64_t *end = entries + level_entries(table, level + 1) - 1u;

	for (; entries != end; entries++, part += step)
		entry_store(entries, part);
	entry_store(end, last);
}

static uint64_t
last_part(const struct s2pt_table *table, uint64_t raw, int level)
{
	return first_part(raw, level) +
	       (level_entries(table, level + 1) - 1u) * level_bytes(table, level + 1);
}

/*
 * Make tables for @count leaves at @w before anything is broken (E6). While they wait they are
 * threaded through their last entries, first to last. Answers with how many there was memory for.
 */
static uint64_t
make_tables(struct range *r, const struct walk *w, uint64_t count, uint64_t *first)
{
	struct s2pt_table *table = r->table;
	uint64_t last = level_entries(table, w->level + 1) - 1u;
	uint64_t *waiting = NULL;
	uint64_t n = 0;

	for (; n < count; n++) {
		struct s2pt_page page;

		if (s2pt__page_take(table, r->op, &page) != S2PT_OK)
			break;
		fill_parts(table, page.virt, entry_load(&w->table[w->index + n]), w->level, 0);
		if (waiting)
			waiting[last] = page.pa.addr;
		else
			*first = page.pa.addr;
		waiting = page.virt;
	}
	return n;
}

/* Take the leaves out. The tables learn what hardware wrote to them in the meantime. */
static void
break_leaves(struct range *r, const struct walk *w, uint64_t ipa, uint64_t count, uint64_t first)
{
	struct s2pt_table *table = r->table;
	uint64_t last = level_entries(table, w->level + 1) - 1u;
	uint64_t bytes = level_bytes(table, w->level);

	for (uint64_t n = 0; n < count; n++) {
		uint64_t *entry = &w->table[w->index + n];
		uint64_t *entries = table_at(table, first);
		uint64_t raw = entry_load(entry);
		uint64_t old = live_take(table, entry, raw, entry_broken(raw));

		first = entries[last];
		if (first_part(old, w->level) != entries[0])
			fill_parts(table, entries, old, w->level, first);
		/* The last part has no room yet: keep what it needs where the leaf was. */
		entry_store(entry, entry_broken(old));
	}
	s2pt__gather_leaves(table, ipa, count * bytes, w->level);
}

/* Put the tables where the leaves were. */
static void
link_tables(struct range *r, const struct walk *w, uint64_t count, uint64_t first)
{
	struct s2pt_table *table = r->table;
	uint64_t last = level_entries(table, w->level + 1) - 1u;

	for (uint64_t n = 0; n < count; n++) {
		uint64_t *entry = &w->table[w->index + n];
		uint64_t *entries = table_at(table, first);
		uint64_t raw = entry_load(entry);
		uint64_t link = address_put(table->format, first) | TYPE_TABLE_OR_PAGE;

		first = entries[last];
		entry_store(&entries[last], last_part(table, raw, w->level));
		if (table->port->flags & S2PT_PORT_NONCOHERENT)
			table->port->clean_tables(table->port->context, entries,
						  (size_t)table_bytes(table));
		live_link(table, entry, raw, link);
	}
}

enum s2pt_status
s2pt__split_run(struct range *r, const struct walk *w, uint64_t ipa, uint64_t count, uint64_t *split)
{
	bool in_place = (r->table->format->feats & S2PT_FEAT_BBML2) && !hardware_writes(r->table);
	uint64_t first = 0;
	uint64_t n;

	if (r->op->batch)
		count = least_u64(count, r->op->batch);
	n = make_tables(r, w, count, &first);
	*split = n;
	if (!n)
		return S2PT_ERR_MEMORY;
	if (in_place) {
		/* FEAT_BBM level 2: the size may change at once, and stale entries go afterwards. */
		link_tables(r, w, n, first);
		s2pt__gather_leaves(r->table, ipa, n << level_lg2(r->table, w->level), w->level);
	} else {
		break_leaves(r, w, ipa, n, first);
		s2pt__flush(r->table);
		link_tables(r, w, n, first);
	}
	r->spent += n;
	return S2PT_OK;
}

enum s2pt_status
s2pt__split_cut(struct range *r, const struct walk *w)
{
	uint64_t bytes = level_bytes(r->table, w->level);
	uint64_t split;

	if (r->op->partial != S2PT_PARTIAL_SPLIT)
		return S2PT_ERR_WOULD_SPLIT;
	return s2pt__split_run(r, w, r->ipa & ~(bytes - 1u), 1, &split);
}

/* How many entries at @w are in the range and are (@leaves) or are not leaves, in a row. */
static uint64_t
count_alike(const struct range *r, const struct walk *w, bool leaves)
{
	uint64_t count = least_u64(run_length(r->table, w, r->ipa, r->end - r->ipa), range_budget(r));
	uint64_t n = 0;

	while (n < count && entry_is_leaf(entry_load(&w->table[w->index + n]), w->level) == leaves)
		n++;
	return n;
}

/* Move on behind entries of @w, that have nothing to be done. */
static void
pass(struct range *r, const struct walk *w, uint64_t entries)
{
	uint64_t bytes = level_bytes(r->table, w->level);

	r->ipa = least_u64(r->end, (r->ipa & ~(bytes - 1u)) + entries * bytes);
	r->spent += entries;
}

static enum s2pt_status
split_step(struct range *r, int level)
{
	enum s2pt_status status;
	struct walk w;
	uint64_t n, split;

	s2pt__walk_to(r->table, r->ipa, level - 1, &w);
	n = count_alike(r, &w, true);
	if (!n) {
		/* Tables, where parts have the right level already, or nothing. */
		pass(r, &w, w.level == level - 1 ? count_alike(r, &w, false) : 1);
		return S2PT_OK;
	}
	status = s2pt__split_run(r, &w, r->ipa & ~(level_bytes(r->table, w.level) - 1u), n, &split);
	if (status == S2PT_OK && w.level == level - 1)
		pass(r, &w, split);
	return status;
}

enum s2pt_status
s2pt_table_split(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, int level)
{
	struct range r;
	enum s2pt_status status = s2pt__range_begin(&r, table, op, ipa, size);

	if (status == S2PT_OK && level != S2PT_LEVEL_LAST &&
	    !s2pt_format_has_block(table->format, level))
		status = S2PT_ERR_LEVEL;
	if (status != S2PT_OK)
		return status;
	if (level <= table->format->start_level)
		r.ipa = r.end;
	while (status == S2PT_OK && range_left(&r))
		status = range_exhausted(&r) ? S2PT_ERR_BUDGET : split_step(&r, level);
	op->done = r.ipa - ipa.addr;
	return s2pt__range_end(&r, status);
}

/* --- Collapsing ------------------------------------------------------------------------------------ */

/* Are the entries of a table, at @level, leaves that one leaf above could stand for? */
static bool
is_uniform(const struct s2pt_table *table, const uint64_t *entries, int level)
{
	uint64_t whole = level_entries(table, level);
	uint64_t step = level_bytes(table, level);
	uint64_t raw = entry_load(&entries[0]);
	uint64_t pa;

	if (!entry_is_leaf(raw, level) || (raw & field_mask(DESC_CONTIGUOUS)))
		return false;
	pa = address_get(table->format, level_lg2(table, level), raw);
	if (pa & (step * whole - 1u))
		return false;
	for (uint64_t i = 1; i < whole; i++)
		if (entry_load(&entries[i]) != raw + i * step)
			return false;
	return true;
}

/* The parts had hardware's attention until now: what one has, the whole has. */
static uint64_t
whole_of(const struct s2pt_table *table, const uint64_t *entries, int level)
{
	uint64_t written = 0;

	for (uint64_t i = 0; i < level_entries(table, level); i++)
		written |= entries[i] & (field_mask(DESC_AF) | field_mask(DESC_S2AP_W));
	return ((entries[0] | written) & ~ENTRY_TYPE) | entry_leaf_type(level - 1);
}

/* May tables under entries of this level become leaves? */
static bool
may_collapse_to(const struct range *r, int level)
{
	return level >= r->op->highest_level && s2pt_format_has_block(r->table->format, level);
}

/* The table under the entry at @w, that maps from @base, becomes a leaf in its place. */
static void
collapse_at(struct range *r, const struct walk *w, uint64_t base)
{
	struct s2pt_table *table = r->table;
	uint64_t *entry = &w->table[w->index];
	uint64_t link = live_take(table, entry, w->raw, entry_broken(w->raw));
	uint64_t *entries = child_of(table, link);
	struct s2pt_page page;

	s2pt__gather_entries(table, base, level_bytes(table, w->level));
	s2pt__flush(table);
	live_store(table, entry, entry_broken(link), whole_of(table, entries, w->level + 1));
	page.virt = entries;
	page.pa = s2pt_pa_of(link_address(table, link));
	s2pt__page_return(table, &page);
}

/* Everything before r->ipa has been looked at: the tables that end here may go. */
static void
collapse_behind(struct range *r, int level)
{
	struct walk w;

	for (int up = level - 1; up >= r->table->format->start_level; up--) {
		uint64_t bytes = level_bytes(r->table, up);

		if (r->ipa & (bytes - 1u))
			return;
		s2pt__walk_to(r->table, r->ipa - bytes, up, &w);
		if (!may_collapse_to(r, up) || !entry_is_table(w.raw, w.level) ||
		    !is_uniform(r->table, child_of(r->table, w.raw), up + 1))
			return;
		collapse_at(r, &w, r->ipa - bytes);
	}
}

static void
collapse_step(struct range *r)
{
	struct walk w;

	s2pt__walk_to(r->table, r->ipa, S2PT_LEVEL_LAST, &w);
	pass(r, &w, w.level == S2PT_LEVEL_LAST
			    ? run_length(r->table, &w, r->ipa, r->end - r->ipa) : 1);
	collapse_behind(r, w.level);
}

enum s2pt_status
s2pt_table_collapse(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	struct range r;
	enum s2pt_status status = s2pt__range_begin(&r, table, op, ipa, size);

	if (status != S2PT_OK)
		return status;
	while (range_left(&r) && !range_exhausted(&r))
		collapse_step(&r);
	op->done = r.ipa - ipa.addr;
	return s2pt__range_end(&r, range_left(&r) ? S2PT_ERR_BUDGET : S2PT_OK);
}
