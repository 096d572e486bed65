/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * reclaim.c: giving unlinked tables back.
 *
 * A subtree is gone through in order of address. Its leaves may need cache maintenance, and its annotations are
 * counted; where neither can be, its leaf tables are given back without being read. How far a subtree got is an address
 * (dead->at), not a mark in the tables: unlinked tables are not written to. So giving back can stop at a budget, and go
 * on from that address in a later call.
 */
#include "table/reclaim.h"

#include "table/store.h"

/* --- Pages ----------------------------------------------------------------------------------------- */

/* Give back the pages in the queue. Cache maintenance of what they mapped comes first. */
static void
retire_pages(struct s2pt_table *table)
{
	s2pt__gather_tlbi_cmo(table);
	if (table->n_pages)
		table->host->retire(table->host->context, S2PT_MEMORY_TABLE, (size_t)table_bytes(table), table->page,
				    table->n_pages);
	table->pages -= table->n_pages;
	table->n_pages = 0;
}

/* Queue a page. Precondition: table->n_pages < S2PT_GATHER_PAGES. */
static void
queue_page(struct s2pt_table *table, uint64_t *virt, uint64_t pa)
{
	struct s2pt_page *page = &table->page[table->n_pages++];

	page->virt = virt;
	page->pa = s2pt_pa_of(pa);
}

void
s2pt__retire_page(struct s2pt_table *table, uint64_t *virt, uint64_t pa)
{
	table->generation++;
	queue_page(table, virt, pa);
	if (table->n_pages == S2PT_GATHER_PAGES)
		retire_pages(table);
}

/* --- Subtrees -------------------------------------------------------------------------------------- */

/*
 * Account for an entry of an unlinked table that links no other: cache maintenance of a leaf, the count of annotations.
 */
static void
retire_entry(struct s2pt_table *table, uint64_t raw, int level)
{
	if (entry_is_valid(raw))
		s2pt__gather_clean(table, raw, level);
	else if (entry_is_annotation(raw))
		table->annotations--;
}

/* The index, in its table at @level, of the entry that maps @at. Concatenated tables at @top are indexed as one. */
static uint64_t
index_at(const struct s2pt_table *table, int level, int top, uint64_t at)
{
	uint64_t index = at >> level_lg2(table, level);

	return level == top ? index : index & (level_entries(table, level) - 1u);
}

/* Queue every table, from @level up, that ends before @at. Returns the level of the first that does not. */
static int
retire_finished(struct s2pt_table *table, int level, int top, uint64_t at)
{
	while (level > top && !(at & (level_bytes(table, level - 1) - 1u))) {
		uint64_t raw = table->path[level - 1 - S2PT_LEVEL_FIRST]
					  [index_at(table, level - 1, top, at - 1u)];

		queue_page(table, table->path[level - S2PT_LEVEL_FIRST], link_address(table, raw));
		level--;
	}
	return level;
}

/* The tables that are in use, or unlinked and not yet in the queue. */
static uint64_t
pages_left(const struct s2pt_table *table)
{
	return table->pages - table->n_pages;
}

/* From this many queued pages on the queue is emptied: a step may queue a table of each level. */
#define PAGES_FULL (S2PT_GATHER_PAGES - LEVELS)

/*
 * Queue the leaf tables that entries from @index on link, without reading them. Returns how many entries were passed.
 */
static uint64_t
retire_leaf_tables(struct s2pt_table *table, const uint64_t *entries, uint64_t index, int level,
		   uint64_t to_keep)
{
	const uint64_t whole = level_entries(table, level);
	const uint64_t room = min_u64(PAGES_FULL - table->n_pages, pages_left(table) - to_keep);
	struct s2pt_page *page = &table->page[table->n_pages];
	uint64_t i = index, taken = 0;

	for (; i < whole && taken < room; i++)
		if (entry_is_link(entries[i], level)) {
			uint64_t pa = link_address(table, entries[i]);

			page[taken].virt = table_at(table, pa);
			page[taken].pa = s2pt_pa_of(pa);
			taken++;
		}
	table->n_pages += (uint8_t)taken;
	return i - index;
}

/* Pass the entry of the table at @level on the path to dead->at. Returns the bytes passed; 0: it links a table. */
static NOINLINE uint64_t
retire_next(struct s2pt_table *table, const struct s2pt_unlinked *dead, int level, uint64_t to_keep)
{
	const uint64_t *entries = table->path[level - S2PT_LEVEL_FIRST];
	const uint64_t index = index_at(table, level, dead->level, dead->at);
	uint64_t passed = 1;

	if (entry_is_link(entries[index], level)) {
		if (level != S2PT_LEVEL_LAST - 1 || table->needs_clean || table->annotations) {
			table->path[level + 1 - S2PT_LEVEL_FIRST] = child_of(table, entries[index]);
			return 0;
		}
		passed = retire_leaf_tables(table, entries, index, level, to_keep);
	} else {
		retire_entry(table, entries[index], level);
	}
	return passed << level_lg2(table, level);
}

bool
s2pt__retire_below(struct s2pt_table *table, struct s2pt_unlinked *dead, uint64_t budget)
{
	const uint64_t end = level_entries(table, dead->level) << level_lg2(table, dead->level);
	const uint64_t to_keep = pages_left(table) > budget ? pages_left(table) - budget : 0;
	uint64_t **path = &table->path[-S2PT_LEVEL_FIRST];
	int level = dead->level;

	path[level] = table_at(table, dead->table.addr);
	for (; dead->at & (level_bytes(table, level) - 1u); level++)
		path[level + 1] = child_of(table, path[level][index_at(table, level, dead->level, dead->at)]);
	while (dead->at != end && (!to_keep || pages_left(table) > to_keep)) {
		uint64_t passed;

		if (table->n_pages >= PAGES_FULL || table->n_cleans == S2PT_GATHER_CLEANS)
			retire_pages(table);
		passed = retire_next(table, dead, level, to_keep);
		dead->at += passed;
		level = passed ? retire_finished(table, level, dead->level, dead->at) : level + 1;
	}
	return dead->at == end;
}

void
s2pt__begin_retiring(struct s2pt_unlinked *dead, s2pt_pa table, int level)
{
	dead->table = table;
	dead->at = 0;
	dead->level = (int8_t)level;
}

/* --- Draining -------------------------------------------------------------------------------------- */

static void
retire_unlinked(struct s2pt_table *table, struct s2pt_unlinked *dead)
{
	if (dead->level != S2PT_LEVEL_LAST || table->needs_clean || table->annotations)
		s2pt__retire_below(table, dead, UINT64_MAX);
	s2pt__retire_page(table, table_at(table, dead->table.addr), dead->table.addr);
}

/* Put tables whose links an unmap has broken into the queue, and clear the links: no walker has to see that. */
static NOINLINE void
queue_broken(struct s2pt_table *table)
{
	uint64_t count, n = 0;
	struct walk w;

	s2pt__walk_to(table, table->dead_from, S2PT_LEVEL_LAST - 1, &w);
	count = s2pt__run_length(table, &w, table->dead_from, table->dead_end - table->dead_from);
	do {
		const uint64_t raw = entry_load(&w.entry[n]);

		if (entry_is_broken(raw)) {
			s2pt__begin_retiring(&table->unlinked[table->n_unlinked++],
					     s2pt_pa_of(link_address(table, raw)), w.level + 1);
			entry_store(&w.entry[n], ENTRY_EMPTY);
			trace_store(table, &w.entry[n], raw, ENTRY_EMPTY);
		} else if (w.level < S2PT_LEVEL_LAST - 1 && entry_is_table(raw, w.level)) {
			/* One that stays, in which there may be more. */
			break;
		}
	} while (++n < count && table->n_unlinked < S2PT_GATHER_TABLES);
	table->dead_from = (table->dead_from & ~(level_bytes(table, w.level) - 1u)) + (n << level_lg2(table, w.level));
}

void
s2pt__gather_drain(struct s2pt_table *table)
{
	s2pt__gather_tlbi_cmo(table);
	for (;;) {
		for (unsigned i = 0; i < table->n_unlinked; i++)
			retire_unlinked(table, &table->unlinked[i]);
		table->n_unlinked = 0;
		if (!has_broken_links(table))
			break;
		queue_broken(table);
	}
	retire_pages(table);
}

void
s2pt__gather_end(struct s2pt_table *table)
{
	/* An invalidation begins with the barrier. */
	if (table->stored && !table->n_ranges)
		table->host->publish(table->host->context);
	table->stored = false;
	s2pt__gather_drain(table);
}

void
s2pt_table_hold(struct s2pt_table *table)
{
	table->held = true;
	s2pt__set_short(table, false);
}

enum s2pt_status
s2pt_table_release(struct s2pt_table *table)
{
	table->held = false;
	s2pt__set_short(table, true);
	s2pt__gather_end(table);
	return s2pt__clean_status(table, S2PT_OK);
}
