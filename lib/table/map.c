/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * map.c: mapping a range.
 *
 *     map_page()        one page into an empty entry of a leaf table that is there: most faults
 *     map_range()       everything else, in steps:
 *       map_detached()    where there is no table: build it out of sight, filled with leaves, and link it
 *       map_entries()     where there is one: store leaves to a run of its entries; with op->replace clear them first
 *       map_into_block()  where a larger leaf is: it may already map the same
 *
 * An entry that was invalid needs no invalidation when it becomes valid (I_WZCBG); one that is replaced is broken,
 * invalidated, and made (R_WHZWS).
 */
#include "table/map.h"
#include "table/build.h"
#include "table/cmo.h"
#include "table/contig.h"
#include "table/drive.h"
#include "table/gather.h"
#include "table/reclaim.h"
#include "table/report.h"
#include "table/short.h"
#include "table/store.h"
#include "table/unlink.h"

static bool
prepare(const struct mapping_range *m, uint64_t bytes)
{
	return s2pt__prepare_memory(m->r->table, m->mapping, pa_here(m), bytes);
}

/* --- Leaves ---------------------------------------------------------------------------------------- */

/*
 * The most leaves at @w in one step: those that the range covers whole, in this table, and so that adding to an address
 * never carries into bits that stand elsewhere in a descriptor.
 */
static uint64_t
leaf_limit(const struct mapping_range *m, const struct walk *w)
{
	uint64_t to_carry = ADDRESS_LOW_END - (pa_here(m) & (ADDRESS_LOW_END - 1u));

	return min_u64(s2pt__entries_covered(m->r, w), to_carry >> level_lg2(m->r->table, w->level));
}

/* leaf_limit() within the budget, but not in the middle of a group. */
static uint64_t
leaf_count(const struct mapping_range *m, const struct walk *w)
{
	const uint64_t group = contiguous_entries(m, w->level);
	const uint64_t count = leaf_limit(m, w), budget = s2pt__range_budget(m->r);

	if (count <= budget)
		return count;
	return min_u64(count, budget + (-(w->index + budget) & (group - 1u)));
}

/* s2pt__fill(), or s2pt__fill_reachable(). */
typedef void fill_fn(uint64_t *entry, uint64_t count, uint64_t raw, uint64_t step);

/* Store @count leaves at @level, with the Contiguous bit where a whole aligned group is filled. */
static void
fill_leaves(const struct mapping_range *m, fill_fn *fill, uint64_t *entry, uint64_t index, uint64_t count, int level)
{
	const uint64_t step = level_bytes(m->r->table, level), group = contiguous_entries(m, level);
	uint64_t raw = leaf_here(m, level);
	uint64_t head = count, body = 0;

	if (group > 1) {
		head = min_u64(count, -index & (group - 1u));
		body = (count - head) & ~(group - 1u);
		m->r->table->has_contiguous = m->r->table->has_contiguous || body;
	}
	fill(entry, head, raw, step);
	fill(entry + head, body, (raw + head * step) | ENTRY_CONTIGUOUS, step);
	head += body;
	fill(entry + head, count - head, raw + head * step, step);
}

/* --- Where there is no table ----------------------------------------------------------------------- */

/* The cache maintenance for the leaves at @level that map_detached() will store. False: the host could not. */
static NOINLINE bool
prepare_detached(const struct mapping_range *m, int level)
{
	struct walk w;

	w.level = level;
	w.index = index_of(m->r->table, m->r->ipa, level);
	return prepare(m, leaf_count(m, &w) << level_lg2(m->r->table, level));
}

/* Fill the lowest of the tables for the levels from the invalid entry at @w down to @level, and link them. */
static NOINLINE void
map_detached(struct mapping_range *m, struct walk *w, int level, uint64_t *entries, uint64_t link)
{
	struct s2pt_table *table = m->r->table;
	const int above = level - w->level;
	const uint64_t before = w->raw;
	uint64_t *entry = w->entry;
	uint64_t count;

	w->level = level;
	w->index = index_of(table, m->r->ipa, level);
	count = leaf_count(m, w);
	s2pt__fill_siblings(table, entries, level, w->index, count, before);
	fill_leaves(m, s2pt__fill, entries + w->index, w->index, count, level);
	s2pt__clean_table(table, entries);
	/* The annotation is copied to all entries that are not on the path. */
	if (before)
		table->annotations += (uint64_t)above * (level_entries(table, level) - 1u) - count;
	store_link(table, entry, before, link);
	m->r->spent += (uint64_t)above;
	s2pt__range_advance(m->r, w, count);
}

/* --- Where there is a table ------------------------------------------------------------------------ */

/* Set AF in a leaf that is mapped already: the mapping is for an access, which would take an Access flag fault. */
static void
set_af(struct s2pt_table *table, uint64_t *entry)
{
	uint64_t raw = entry_fetch_or(entry, ENTRY_AF);

	table->stored = true;
	trace_store(table, entry, raw, raw | ENTRY_AF);
}

/*
 * Store leaves to entries that are invalid, or map the same already, up to the first that is neither. Returns how many.
 */
static uint64_t
map_entries_as(struct s2pt_table *table, uint64_t *entry, uint64_t count, uint64_t wanted,
	       uint64_t step)
{
	uint64_t n = 0;

	for (; n < count; n++, wanted += step) {
		uint64_t raw = entry_load(&entry[n]);

		if (!entry_is_valid(raw)) {
			table->annotations -= entry_is_annotation(raw);
			store_entry(table, &entry[n], raw, wanted);
		} else if (!entry_equivalent(raw, wanted, table->tracking_bit)) {
			break;
		} else if (wanted & ~raw & ENTRY_AF) {
			set_af(table, &entry[n]);
		}
	}
	return n;
}

static bool
are_invalid(const uint64_t *entry, uint64_t count)
{
	for (uint64_t n = 0; n < count; n++)
		if (entry_is_valid(entry_load(&entry[n])))
			return false;
	return true;
}

/* map_entries_as() for a run, with the Contiguous bit in groups that are new. Empty entries are filled at once. */
static NOINLINE uint64_t
map_run(struct mapping_range *m, const struct walk *w, uint64_t count)
{
	struct s2pt_table *table = m->r->table;
	const uint64_t step = level_bytes(table, w->level), group = contiguous_entries(m, w->level);
	const uint64_t raw = leaf_here(m, w->level);
	uint64_t n = table->has_observer ? 0 : count_empty(w->entry, count);

	fill_leaves(m, s2pt__fill_reachable, w->entry, w->index, n, w->level);
	table->stored = table->stored || n;
	if (group == 1)
		return n + map_entries_as(table, &w->entry[n], count - n, raw + n * step, step);
	while (n < count) {
		uint64_t piece = group - ((w->index + n) & (group - 1u));
		uint64_t hint = 0, done;

		if (piece > count - n) {
			piece = count - n;
		} else if (piece == group && are_invalid(&w->entry[n], group)) {
			hint = ENTRY_CONTIGUOUS;
			table->has_contiguous = true;
		}
		done = map_entries_as(table, &w->entry[n], piece, (raw + n * step) | hint, step);
		n += done;
		if (done < piece)
			break;
	}
	return n;
}

/*
 * How many of @count entries at @w, from the first, differ from what is to be mapped? One that does not is left as it
 * is, with its AF and dirty state.
 */
static NOINLINE uint64_t
count_different(const struct mapping_range *m, const struct walk *w, uint64_t count)
{
	const uint64_t step = level_bytes(m->r->table, w->level), tracking_bit = m->r->table->tracking_bit;
	uint64_t wanted = leaf_here(m, w->level), n = 0;

	while (n < count && !entry_equivalent(entry_load(&w->entry[n]), wanted + n * step, tracking_bit))
		n++;
	return n;
}

/*
 * Clear @count entries at @w, as far as there is room for tables in the gather, and invalidate them. Returns how many
 * were cleared.
 */
static NOINLINE uint64_t
clear_run(struct s2pt_range *r, const struct walk *w, uint64_t count)
{
	struct s2pt_table *table = r->table;
	uint64_t n = 0;

	for (; n < count; n++) {
		const uint64_t ipa = r->ipa + (n << level_lg2(table, w->level));
		uint64_t raw = entry_load(&w->entry[n]), more;

		if (entry_is_table(raw, w->level) &&
		    (!gather_has_room(table) || !s2pt__may_unlink_whole(r, raw, w->level, n, &more)))
			break;
		if (!entry_is_valid(raw))
			continue;
		raw = s2pt__clear_entry(table, &w->entry[n], ENTRY_EMPTY);
		if (entry_is_table(raw, w->level)) {
			gather_table(table, ipa, level_bytes(table, w->level), raw, w->level + 1);
			r->spent += more;
		} else {
			s2pt__gather_leaf(table, ipa, raw, w->level);
			s2pt__record_dirty(r, ipa, raw, w->level);
		}
	}
	s2pt__gather_tlbi_cmo(table);
	return n;
}

/* Clear entries at @w so that leaves can take their place. Returns how many were cleared. */
static uint64_t
clear_for_replace(struct mapping_range *m, struct walk *w, uint64_t count)
{
	if (m->r->op->batch)
		count = min_u64(count, m->r->op->batch);
	count = count_different(m, w, count);
	while (s2pt__find_split_group(m->r->table, w, &count, leaf_limit(m, w)))
		s2pt__unfold_group(m->r->table, w, m->r->ipa);
	return clear_run(m->r, w, count);
}

/* A leaf at @w is larger than what is to be mapped. */
static enum s2pt_status
map_into_block(struct mapping_range *m, const struct walk *w)
{
	if (!block_maps_the_same(m, w))
		return m->r->op->replace ? S2PT_ERR_WOULD_SPLIT : S2PT_ERR_EXISTS;
	if (m->mapping->bits & ~w->raw & ENTRY_AF)
		set_af(m->r->table, w->entry);
	s2pt__range_advance(m->r, w, 1);
	return S2PT_OK;
}

/* Of @count entries at @w: how many in a row are valid, or are not, as the first is? */
static NOINLINE uint64_t
count_alike(const struct walk *w, uint64_t count)
{
	uint64_t n = 1;

	while (n < count && entry_is_valid(entry_load(&w->entry[n])) == entry_is_valid(w->raw))
		n++;
	return n;
}

static enum s2pt_status
map_entries(struct mapping_range *m, struct walk *w)
{
	struct s2pt_table *table = m->r->table;
	const bool other = entry_is_valid(w->raw) &&
			   !entry_equivalent(w->raw, leaf_here(m, w->level), table->tracking_bit);
	uint64_t count;

	if (other && !m->r->op->replace)
		return S2PT_ERR_EXISTS;
	count = leaf_count(m, w);
	if (other)
		count = clear_for_replace(m, w, count);
	else if (mapping_needs(table, m->mapping))
		count = count_alike(w, count);
	/* What is mapped already needs no cache maintenance. */
	if ((other || !entry_is_valid(w->raw)) && !prepare(m, count << level_lg2(table, w->level)))
		return S2PT_ERR_CLEAN;
	s2pt__range_advance(m->r, w, map_run(m, w, count));
	return S2PT_OK;
}

NOINLINE enum s2pt_status
s2pt__map_step(struct mapping_range *m)
{
	int level;
	uint64_t *entries;
	struct walk w;
	uint64_t link;

	/*
	 * An entry that a previous step, or an operation under a hold, cleared must be invalidated before it is valid
	 * again.
	 */
	s2pt__gather_tlbi_cmo(m->r->table);
	level = walk_to_leaf(m, &w);
	if (w.level == level)
		return map_entries(m, &w);
	if (entry_is_valid(w.raw))
		return map_into_block(m, &w);
	if (mapping_needs(m->r->table, m->mapping) && !prepare_detached(m, level))
		return S2PT_ERR_CLEAN;
	entries = s2pt__build_tables(m->r->table, m->r->op->cache, w.level, level, m->r->ipa, w.raw, &link);
	if (!entries)
		return (enum s2pt_status)link;
	map_detached(m, &w, level, entries, link);
	return S2PT_OK;
}

/* --- The operation --------------------------------------------------------------------------------- */

/* Every member of a group that the mapping may form is more pages than the short way takes. */
#define SHORT_PAGES 16u

/* Store a page to an entry that is empty, and is all that there is to publish. */
static inline void
publish_page(const struct s2pt_table *table, uint64_t *entry, uint64_t raw)
{
	entry_store(entry, raw);
	trace_store(table, entry, ENTRY_EMPTY, raw);
	table->host->publish(table->host->context);
}

/* One page that needs no cache maintenance, into an empty entry of a leaf table that is there; in the usual table. */
static inline __attribute__((always_inline)) bool
map_page(struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t pa,
	 const struct s2pt_mapping *mapping)
{
	struct pos pos;

	if ((mapping->key & ~table->waived) != table->usual_key || op->replace || (pa & table->pa_invalid_mask) ||
	    size != UINT64_C(1) << S2PT_GRANULE_4K || (ipa & table->ipa_invalid_mask) || !is_short_op(op))
		return false;
	pos = walk_4k(table, ipa);
	if (!is_at_page(&pos) || pos.raw != ENTRY_EMPTY)
		return false;
	publish_page(table, pos.entry, entry_table_or_page(pa, mapping->bits));
	finish_short(op, size);
	return true;
}

/*
 * A few pages, into empty entries of a leaf table that is there; nobody watches stores. True: the answer is *@status.
 */
static inline bool
map_few(struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t pa,
	const struct s2pt_mapping *mapping, enum s2pt_status *status)
{
	const uint64_t page = table->page_bytes, count = size >> level_lg2(table, S2PT_LEVEL_LAST);
	/* (With a size that is not one of pages the last one is none, either.) */
	const uint64_t last = ipa + size - page, last_pa = pa + size - page;
	uint64_t wanted = entry_table_or_page(pa, mapping->bits), any = 0;
	const struct s2pt_host_ops *host = table->host;
	struct pos pos;

	if (count - 1u >= SHORT_PAGES - 1u || op->replace || (op->budget && op->budget < count) ||
	    !is_one_table(table, ipa, last) || (last & table->ipa_invalid_mask) ||
	    ((pa | last_pa) & table->short_pa_mask) || table->has_observer || !is_short_mapping(table, mapping) ||
	    !is_short_op(op) || !walk_to_page(table, ipa, &pos))
		return false;
	for (uint64_t n = 0; n < count; n++)
		any |= entry_load(&pos.entry[n]);
	if (any != ENTRY_EMPTY)
		return false;
	if (!prepare_short(table, mapping, pa, size)) {
		finish_short(op, 0);
		*status = S2PT_ERR_CLEAN;
		return true;
	}
	for (uint64_t n = 0; n < count; n++, wanted += page)
		entry_store(&pos.entry[n], wanted);
	finish_short(op, size);
	host->publish(host->context);
	*status = S2PT_OK;
	return true;
}

/* One page in the place of another that is mapped alone, both of which need no cleaning. */
static NOINLINE bool
replace_page(struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t pa,
	     const struct s2pt_mapping *mapping)
{
	const uint64_t wanted = entry_table_or_page(pa, mapping->bits);
	const struct s2pt_host_ops *host = table->host;
	struct pos pos;

	if (!op->replace || !find_page(table, op, ipa, size, &pos) || !is_single_page(&pos) ||
	    !is_short_mapping(table, mapping) || (mapping_needs(table, mapping) & S2PT_MAPPING_CACHES) ||
	    (pa & table->short_pa_mask) ||
	    entry_equivalent(pos.raw, wanted, table->tracking_bit) || leaf_needs_clean(table, pos.raw))
		return false;
	s2pt__invalidate_seq_bump(table);
	s2pt__clear_entry(table, pos.entry, ENTRY_EMPTY);
	s2pt__tlbi_page(table, ipa);
	if (mapping_needs(table, mapping))
		host->invalidate_icache(host->context, s2pt_pa_of(pa), size);
	publish_page(table, pos.entry, wanted);
	finish_short(op, size);
	return true;
}

static NOINLINE enum s2pt_status
begin_map(struct mapping_range *m, struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
	  uint64_t size, s2pt_pa pa)
{
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	m->r = &table->running;
	m->delta = pa.addr - ipa.addr;
	if (status == S2PT_OK)
		status = s2pt__check_mapping(table, pa, size, m->mapping);
	if (status == S2PT_OK && op->replace)
		s2pt__invalidate_seq_bump(table);
	return status;
}

static NOINLINE enum s2pt_status
map_range(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, s2pt_pa pa,
	  const struct s2pt_mapping *mapping)
{
	struct mapping_range m;
	enum s2pt_status status;

	m.mapping = mapping;
	status = begin_map(&m, table, op, ipa, size, pa);
	if (status != S2PT_OK)
		return status;
	while (s2pt__prepare_step(m.r, &status))
		status = s2pt__map_step(&m);
	return s2pt__range_end(m.r, status);
}

static NOINLINE enum s2pt_status
map_other(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, s2pt_pa pa,
	  const struct s2pt_mapping *mapping)
{
	enum s2pt_status status;

	if (map_few(table, op, ipa.addr, size, pa.addr, mapping, &status))
		return status;
	if (replace_page(table, op, ipa.addr, size, pa.addr, mapping))
		return S2PT_OK;
	return map_range(table, op, ipa, size, pa, mapping);
}

enum s2pt_status
s2pt_table_map(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, s2pt_pa pa,
	       const struct s2pt_mapping *mapping)
{
	if (map_page(table, op, ipa.addr, size, pa.addr, mapping))
		return S2PT_OK;
	return map_other(table, op, ipa, size, pa, mapping);
}
