/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * collapse.c: tables of leaves that one larger leaf can stand for become that leaf.
 *
 * A step looks at the tables that a run of entries of level 2 links, and collapses those that are uniform; then at the
 * tables above that end where it ended, from the lowest up. A change of size is break-before-make, but with FEAT_BBM:
 * then the leaf takes the place of the link at once, with nT while old entries may be cached.
 */
#include "table/contig.h"
#include "table/drive.h"
#include "table/gather.h"
#include "table/reclaim.h"
#include "table/store.h"

/* --- Looking --------------------------------------------------------------------------------------- */

/* Are all entries of a table, at @level, leaves that one larger leaf can stand for? */
static bool
is_uniform(const struct s2pt_table *table, const uint64_t *entries, int level)
{
	const uint64_t whole = level_entries(table, level), step = level_bytes(table, level);
	const uint64_t raw = entry_load(&entries[0]);
	/* What hardware wrote to one may be said of all. */
	const uint64_t differ = ENTRY_CONTIGUOUS |
				(table->hw_updates ? entry_written(~UINT64_C(0), raw & table->tracking_bit) : 0);

	if (!entry_is_leaf(raw, level) || (entry_software(raw) & table->format->fixed_sw) ||
	    (s2pt__address_of(table, raw, level) & (step * whole - 1u)))
		return false;
	for (uint64_t i = 1; i < whole; i++)
		if ((entry_load(&entries[i]) ^ (raw + i * step)) & ~differ)
			return false;
	return true;
}

/* Of @count entries at @w: how many, from the first on, link tables that can become leaves? */
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

/* The AF and dirty state that any entry of a table has. */
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
	return (entry_restored(entry_load(&entries[0]), level - 1) & ~ENTRY_CONTIGUOUS) |
	       written_to(table, entries, level);
}

/* --- Replacing ------------------------------------------------------------------------------------- */

/*
 * With FEAT_BBM: @count links at @w become leaves at once, and what is cached of the old entries is invalidated then.
 * Until then a leaf has nT, but with level 2 and without hardware updates; and the AF and dirty state that hardware
 * writes to the old tables until then is added to the leaf. The queue of pages was emptied before: it keeps the old
 * tables.
 */
static void
collapse_without_break(struct s2pt_table *table, const struct walk *w, uint64_t base, uint64_t count)
{
	const uint64_t nt = table->bbml2_in_place ? 0 : ENTRY_NT;
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

/* By break-before-make. Hardware may write AF and dirty state to the old tables until the invalidation. */
static void
collapse_broken(struct s2pt_table *table, const struct walk *w, uint64_t base, uint64_t count)
{
	for (uint64_t n = 0; n < count; n++)
		s2pt__break_entries(table, &w->entry[n], 1);
	s2pt__gather_entries(table, base, count << level_lg2(table, w->level));
	s2pt__gather_tlbi(table);
	for (uint64_t n = 0; n < count; n++) {
		uint64_t link = entry_load(&w->entry[n]);
		uint64_t *entries = child_of(table, link);

		store_entry(table, &w->entry[n], link, whole_of(table, entries, w->level + 1));
		s2pt__retire_page(table, entries, link_address(table, link));
	}
}

/* May links at @level become leaves without a break? */
static bool
may_collapse_without_break(const struct s2pt_table *table, int level)
{
	return table->bbml2_in_place || may_use_nt(table, level);
}

/* The @count links at @w, that map from @base on, become leaves. */
static void
collapse_run(struct s2pt_range *r, const struct walk *w, uint64_t base, uint64_t count)
{
	if (may_collapse_without_break(r->table, w->level))
		collapse_without_break(r->table, w, base, count);
	else
		collapse_broken(r->table, w, base, count);
}

/* --- Steps ----------------------------------------------------------------------------------------- */

/* Everything before r->ipa has been looked at: collapse the tables that end there, above @level. */
static void
collapse_behind(struct s2pt_range *r, int level)
{
	struct walk w;

	for (int up = level - 1; up >= r->table->start_level; up--) {
		uint64_t bytes = level_bytes(r->table, up);

		if (r->ipa & (bytes - 1u))
			return;
		s2pt__walk_to(r->table, r->ipa - bytes, up, &w);
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

	s2pt__walk_to(r->table, r->ipa, S2PT_LEVEL_LAST - 1, &w);
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
	while (s2pt__prepare_step(r, &status)) {
		/* Tables of a step, and of those above it that follow, wait for its invalidation. */
		if (table->n_pages)
			s2pt__gather_drain(table);
		collapse_step(r);
	}
	return s2pt__range_end(r, status);
}
