/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * unmap.c: unmapping a range.
 *
 * A step begins at the highest entry that the range covers whole. A subtree is unlinked there, and its leaves are not
 * looked at, unless they are to be reported, need cache maintenance, or are annotations that are to stay; where it may
 * not go as a whole, the walk goes on below. Tables that become empty are unlinked.
 */
#include "table/cmo.h"
#include "table/contig.h"
#include "table/drive.h"
#include "table/gather.h"
#include "table/reclaim.h"
#include "table/report.h"
#include "table/resize.h"
#include "table/short.h"
#include "table/store.h"
#include "table/unlink.h"

/* The highest level of which the range covers the entry at its beginning. */
static int
covered_level(const struct s2pt_range *r)
{
	int level = S2PT_LEVEL_LAST;

	while (level > r->table->start_level && range_covers(r, level - 1))
		level--;
	return level;
}

/*
 * Unlink the table @n entries behind @w, if budget and annotations, and under a hold room, allow it to go as a whole.
 * Its link is broken, so that the table above remembers it until the invalidation, and any number may go at once.
 */
static bool
unmap_table(struct s2pt_range *r, const struct walk *w, uint64_t n, uint64_t raw)
{
	struct s2pt_table *table = r->table;
	const uint64_t bytes = level_bytes(table, w->level), ipa = r->ipa + n * bytes;
	uint64_t more;

	if ((table->held && !gather_has_room(table)) || !s2pt__may_unlink_whole(r, raw, w->level, n, &more) ||
	    (table->annotations && !r->op->drop_annotations))
		return false;
	if (table->held) {
		raw = s2pt__clear_entry(table, &w->entry[n], ENTRY_EMPTY);
		gather_table(table, ipa, bytes, raw, w->level + 1);
	} else {
		s2pt__break_entries(table, &w->entry[n], 1);
		gather_broken(table, ipa, bytes);
	}
	/* Its entry is one of those that the step passes. */
	r->spent += more;
	return true;
}

/*
 * Clear pages in a row that need no report and no cache maintenance, from @entry on. Returns how many there were. What
 * hardware writes to them meanwhile it writes by an atomic update, which fails after the store, and nobody asks for.
 */
static uint64_t
clear_pages(uint64_t *entry, uint64_t count)
{
	uint64_t n = 0;

	for (; count - n >= 4 && entry_is_valid(entry_load(&entry[n]) & entry_load(&entry[n + 1u]) &
						entry_load(&entry[n + 2u]) & entry_load(&entry[n + 3u]));
	     n += 4) {
		entry_store(&entry[n], ENTRY_EMPTY);
		entry_store(&entry[n + 1u], ENTRY_EMPTY);
		entry_store(&entry[n + 2u], ENTRY_EMPTY);
		entry_store(&entry[n + 3u], ENTRY_EMPTY);
	}
	for (; n < count && entry_is_valid(entry_load(&entry[n])); n++)
		entry_store(&entry[n], ENTRY_EMPTY);
	return n;
}

/*
 * Clear @count entries at @w, which the range covers, up to a table that may not go as a whole, or that finds no room
 * in the gather. Returns how many were passed.
 */
static uint64_t
unmap_run(struct s2pt_range *r, const struct walk *w, uint64_t count)
{
	struct s2pt_table *table = r->table;
	const bool plain = w->level == S2PT_LEVEL_LAST && !table->has_observer &&
			   !table->needs_clean && !r->op->dirty;
	const unsigned lg2 = level_lg2(table, w->level);
	uint64_t *entry = w->entry;
	uint64_t first = count, last = 0, n = 0;

	for (; n < count; n++) {
		uint64_t raw = entry_load(&entry[n]);

		if (raw == ENTRY_EMPTY)
			continue;
		if (entry_is_table(raw, w->level)) {
			if (!unmap_table(r, w, n, raw))
				break;
			continue;
		}
		if (entry_is_annotation(raw)) {
			if (r->op->drop_annotations) {
				store_entry(table, &entry[n], raw, ENTRY_EMPTY);
				table->annotations--;
			}
			continue;
		}
		if (plain) {
			if (first == count)
				first = n;
			n += clear_pages(&entry[n], count - n) - 1u;
			last = n;
			continue;
		}
		raw = s2pt__clear_entry(table, &entry[n], ENTRY_EMPTY);
		s2pt__gather_leaf(table, r->ipa + (n << lg2), raw, w->level);
		s2pt__record_dirty(r, r->ipa + (n << lg2), raw, w->level);
	}
	if (first < count)
		s2pt__gather_leaves(table, r->ipa + (first << lg2), (last - first + 1u) << lg2,
				    w->level);
	return n;
}

/* A step on entries at @w that the range covers. False: it passed none. */
static bool
unmap_entries(struct s2pt_range *r, struct walk *w)
{
	const uint64_t covered = s2pt__entries_covered(r, w);
	uint64_t count = min_u64(covered, s2pt__range_budget(r));

	while (s2pt__find_split_group(r->table, w, &count, covered))
		s2pt__unfold_group(r->table, w, r->ipa);
	count = unmap_run(r, w, count);
	if (!count)
		return false;
	s2pt__prune(r->table, w, r->ipa);
	s2pt__range_advance(r, w, count);
	return true;
}

static NOINLINE enum s2pt_status
unmap_step(struct s2pt_range *r)
{
	int level = covered_level(r);
	struct walk w;

	do {
		s2pt__walk_to(r->table, r->ipa, level, &w);
		if (w.level == level && unmap_entries(r, &w))
			return S2PT_OK;
		/* A table that may not be unlinked as a whole: go on below. */
	} while (w.level == level++);
	if (entry_is_leaf(w.raw, w.level))
		return S2PT_ERR_WOULD_SPLIT;
	if (entry_is_annotation(w.raw) && r->op->drop_annotations)
		return s2pt__split_annotation(r, &w);
	/* Nothing here, as far as the entry reaches. */
	s2pt__range_advance(r, &w, 1);
	return S2PT_OK;
}

/* A page that is mapped alone, needs no cache maintenance, and leaves its table in use. */
static inline __attribute__((always_inline)) bool
unmap_page(struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa, uint64_t size)
{
	struct pos pos;

	if (!find_page(table, op, ipa, size, &pos) || !is_single_page(&pos) || !has_neighbour(table, pos.entry, ipa) ||
	    leaf_needs_clean(table, pos.raw))
		return false;
	s2pt__invalidate_seq_bump(table);
	s2pt__clear_entry(table, pos.entry, ENTRY_EMPTY);
	finish_short(op, size);
	s2pt__tlbi_page(table, ipa);
	return true;
}

static NOINLINE enum s2pt_status
unmap_range(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	struct s2pt_range *r = &table->running;
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status != S2PT_OK)
		return status;
	s2pt__invalidate_seq_bump(table);
	while (s2pt__prepare_step(r, &status))
		status = unmap_step(r);
	return s2pt__range_end(r, status);
}

enum s2pt_status
s2pt_table_unmap(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	if (unmap_page(table, op, ipa.addr, size))
		return S2PT_OK;
	return unmap_range(table, op, ipa, size);
}
