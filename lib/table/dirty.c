/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dirty.c: the access flag and dirty state of leaves.
 *
 * Ageing and the dirty log collect in the same way: they go through a range, report the pages of leaves in which
 * certain bits are set, clear a bit in them, and invalidate once what they have cleared. Sixteen pages are looked at
 * together, since most of a large range is alike. Beginning and ending the log are updates (update.h).
 *
 * A collection of the dirty log that leaves an eighth of a leaf table clean says so in the table's link, and the next
 * one passes it (ENTRY_CLEAN): in a late round of a migration nearly all is clean. Where hardware makes leaves dirty,
 * which does not write to links, each has to be looked at.
 *
 * Nothing here is kept in the table's gather, so that ageing may run beside other shared operations.
 */
#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#include "table/gather.h"
#include "table/protect.h"
#include "table/report.h"
#include "table/store.h"

/* A collection: leaves in which all bits of @want are set are reported, and lose @clear. */
struct collect {
	struct s2pt_range r;
	uint64_t want;
	uint64_t clear;
	struct s2pt_bitmap *bitmap;     /* receives pages, or NULL */
	const struct s2pt_bitmap *mask; /* only leaves of which it names every page, or NULL */
	uint64_t stale_first;           /* what has been cleared, from here ... */
	uint64_t stale_end;             /* ... to here; the same: nothing */
	int8_t stale_level;             /* of all its leaves; S2PT_TLBI_ANY_LEVEL where they differ */
	bool atomic;                    /* others write at the same time */
	bool quiet;                     /* no invalidation */
	bool skips_clean;               /* parts that links say are clean, */
	bool marks_clean;               /* ... and says so of others */
	bool left_dirty;                /* since it was false: a leaf was reported, and not cleared */
};

/* The IPA of bit 0 of the bitmap or mask. Without either lines are counted from the beginning of the range. */
static inline uint64_t
base_of(const struct collect *h)
{
	if (h->mask)
		return h->mask->base.addr;
	return h->bitmap ? h->bitmap->base.addr : h->r.begin;
}

/* Entries that are looked at together. */
#define LINE     16u
#define LINE_ALL bits_below(LINE)

/* --- Leaves ---------------------------------------------------------------------------------------- */

static void
add_stale(struct collect *h, uint64_t ipa, uint64_t bytes, int level)
{
	if (h->stale_first == h->stale_end) {
		h->stale_first = ipa;
		h->stale_level = (int8_t)level;
	}
	h->stale_end = ipa + bytes;
	if (h->stale_level != level)
		h->stale_level = S2PT_TLBI_ANY_LEVEL;
}

/* Clear bits that only use of the memory sets: what others write to the other bits meanwhile is kept. */
static void
clear_leaf(const struct collect *h, uint64_t *entry)
{
	uint64_t raw = entry_load(entry);

	if (h->atomic)
		raw = entry_fetch_and(entry, ~h->clear);
	else
		entry_store(entry, raw & ~h->clear);
	trace_store(h->r.table, entry, raw, raw & ~h->clear);
}

/* Does the mask name all pages from @ipa on? */
static bool
is_named(const struct collect *h, uint64_t ipa, uint64_t bytes)
{
	const unsigned lg2 = h->r.table->format->granule_lg2;
	const uint64_t first = (ipa - base_of(h)) >> lg2;

	for (uint64_t n = first; n < first + (bytes >> lg2); n++)
		if (!(h->mask->word[n / WORD] >> n % WORD & 1u))
			return false;
	return true;
}

/*
 * @count leaves from @entry on, one or the members of a group, that map [@ipa, @ipa + @bytes): a bit that one
 * has counts for all (I_NFFSV). Where the range cuts them they stay dirty, since a write to the rest, which is not
 * reported, would be lost; but not young: an access flag that is lost costs an access, one that stays is never cleared
 * by a host that ages page by page.
 */
static void
collect_whole(struct collect *h, uint64_t *entry, uint64_t count, uint64_t ipa, uint64_t bytes, int level)
{
	const uint64_t from = ipa > h->r.begin ? ipa : h->r.begin, end = min_u64(ipa + bytes, h->r.end);
	uint64_t any = 0;

	for (uint64_t n = 0; n < count; n++) {
		uint64_t raw = entry_load(&entry[n]);

		any |= (raw & h->want) == h->want;
	}
	if (!any || (h->mask && !is_named(h, from, end - from)))
		return;
	if (h->bitmap)
		s2pt__bitmap_set(h->r.table, h->bitmap, from, end - from);
	if (!h->clear || (h->clear == ENTRY_DIRTY && end - from != bytes)) {
		h->left_dirty = true;
		return;
	}
	for (uint64_t n = 0; n < count; n++)
		if ((entry_load(&entry[n]) & h->want) == h->want)
			clear_leaf(h, &entry[n]);
	add_stale(h, ipa, bytes, level);
}

/* --- Pages by the line ----------------------------------------------------------------------------- */

static inline uint64_t
any_of_four(const uint64_t *entry)
{
	return entry_load(&entry[0]) | entry_load(&entry[1]) | entry_load(&entry[2]) | entry_load(&entry[3]);
}

/* The bits that are set in any entry of a line; and *@all: in all. */
static inline uint64_t
any_and_all(const uint64_t *entry, uint64_t *all)
{
	uint64_t some = 0, every = ~UINT64_C(0);

	for (unsigned n = 0; n < LINE; n += 4) {
		uint64_t a = entry_load(&entry[n]), b = entry_load(&entry[n + 1]);
		uint64_t c = entry_load(&entry[n + 2]), d = entry_load(&entry[n + 3]);

		some |= a | b | c | d;
		every &= a & b & c & d;
	}
	*all = every;
	return some;
}

/*
 * The entries of a line in which all of @want is set, by bit; *@any: the bits that are set in any entry. Whether all
 * of them have it is asked where the first and the last have.
 */
static inline uint64_t
look_at_line(const uint64_t *entry, uint64_t want, uint64_t *any)
{
	uint64_t bits = 0, all = 0;

	if ((entry_load(&entry[0]) & entry_load(&entry[LINE - 1u]) & want) == want)
		*any = any_and_all(entry, &all);
	else
		*any = any_of_four(&entry[0]) | any_of_four(&entry[4]) | any_of_four(&entry[8]) |
		       any_of_four(&entry[12]);
	if ((all & want) == want)
		return LINE_ALL;
	for (unsigned n = LINE; (*any & want) == want && n-- > 0;)
		bits = bits << 1 | ((entry_load(&entry[n]) & want) == want);
	return bits;
}

/* Clear in a line, which maps pages from @ipa on, those entries that have a bit. */
static inline void
clear_line(struct collect *h, uint64_t *entry, uint64_t bits, uint64_t ipa)
{
	const uint64_t page = table_bytes(h->r.table), keep = ~h->clear;

	if (bits != LINE_ALL || h->r.table->has_observer) {
		for (; bits; bits >>= 1, entry++, ipa += page) {
			if (!(bits & 1u))
				continue;
			/* (Of a group not all need have it.) */
			if (entry_load(entry) & h->clear)
				clear_leaf(h, entry);
			add_stale(h, ipa, page, S2PT_LEVEL_LAST);
		}
		return;
	}
	if (h->atomic) {
		for (unsigned n = 0; n < LINE; n++)
			entry_fetch_and(&entry[n], keep);
	} else {
		for (unsigned n = 0; n < LINE; n += 4) {
			entry_store(&entry[n], entry_load(&entry[n]) & keep);
			entry_store(&entry[n + 1], entry_load(&entry[n + 1]) & keep);
			entry_store(&entry[n + 2], entry_load(&entry[n + 2]) & keep);
			entry_store(&entry[n + 3], entry_load(&entry[n + 3]) & keep);
		}
	}
	add_stale(h, ipa, LINE * page, S2PT_LEVEL_LAST);
}

/* Report the pages of a line, from bit @first of @word on. Returns how many were not set before. */
static inline uint64_t
report_line(uint64_t *word, unsigned first, uint64_t bits)
{
	uint64_t more = bits & ~(*word >> first), count = 0;

	*word |= bits << first;
	if (more == LINE_ALL)
		return LINE;
	for (; more; more &= more - 1u)
		count++;
	return count;
}

/* Is a line with a member of a group that group, and nothing else? With the 4K granule, where it begins there. */
static inline bool
is_group(const struct s2pt_table *table, const uint64_t *entry)
{
	return UINT64_C(1) << level_of(table, S2PT_LEVEL_LAST)->group_lg2 == LINE &&
	       !((uintptr_t)entry & (LINE * sizeof(*entry) - 1u)) &&
	       entry_is_member(entry_load(entry), S2PT_LEVEL_LAST);
}

/*
 * Whole lines of @count pages from @entry on, up to one with a member of a group that is not the line: a group is
 * reported whole, if the mask names it whole. Returns how many pages.
 */
static NOINLINE uint64_t
collect_lines(struct collect *h, uint64_t *const first, uint64_t count, uint64_t ipa)
{
	uint64_t n = (ipa - base_of(h)) >> h->r.table->format->granule_lg2;
	uint64_t *entry = first;

	for (count -= count % LINE; entry < first + count; entry += LINE, n += LINE) {
		uint64_t any, named = h->mask ? h->mask->word[n / WORD] >> n % WORD & LINE_ALL : LINE_ALL, bits;

		/* A group of which the mask does not name every page is not looked at, either. */
		if (!named)
			continue;
		bits = look_at_line(entry, h->want, &any) & named;
		if (any & ENTRY_CONTIGUOUS) {
			if (!is_group(h->r.table, entry))
				break;
			/* What one has counts for all (I_NFFSV). */
			bits = bits && named == LINE_ALL ? LINE_ALL : 0;
		}
		if (!bits)
			continue;
		if (h->bitmap)
			h->bitmap->pages += report_line(&h->bitmap->word[n / WORD], n % WORD, bits);
		if (h->clear)
			clear_line(h, entry, bits, base_of(h) + n * table_bytes(h->r.table));
		else
			h->left_dirty = true;
	}
	return (uint64_t)(entry - first);
}

/* Can @count entries at @w, which map pages from @ipa on, be collected by the line? */
static inline bool
are_lines(const struct collect *h, const struct walk *w, uint64_t ipa, uint64_t count)
{
	return w->level == S2PT_LEVEL_LAST && count >= LINE &&
	       !((ipa - base_of(h)) >> h->r.table->format->granule_lg2 & (LINE - 1u));
}

/* --- The operation --------------------------------------------------------------------------------- */

/*
 * The leaf that is entry @n from @w on, or the group it is in. Returns how many entries that were, from
 * there on: 0 at a table, for a step of its own.
 */
static NOINLINE uint64_t
collect_leaf(struct collect *h, const struct walk *w, uint64_t n, uint64_t ipa)
{
	const uint64_t bytes = level_bytes(h->r.table, w->level);
	uint64_t group = s2pt__group_entries(h->r.table, w->level);
	uint64_t *entry = &w->entry[n];
	uint64_t raw = entry_load(entry), before;

	if (!entry_is_leaf(raw, w->level))
		return !entry_is_table(raw, w->level);
	if (!entry_is_member(raw, w->level))
		group = 1;
	before = (w->index + n) & (group - 1u);
	collect_whole(h, entry - before, group, ipa - before * bytes, group * bytes, w->level);
	return group - before;
}

/* A bit for each part of a leaf table. */
#define ALL_CLEAN bits_below(1u << ENTRY_CLEAN_PARTS_LG2)

/* The parts that lie whole in entries @begin to @end of a leaf table, by bit. */
static inline uint64_t
whole_parts(unsigned lg2, uint64_t begin, uint64_t end)
{
	const uint64_t first = (begin + bits_below(lg2)) >> lg2, last = end >> lg2;

	return first < last ? bits_below((unsigned)last) & ~bits_below((unsigned)first) : 0;
}

/*
 * The end of the parts, from the one of entry @n of a leaf table on, that are alike: @clean has a bit for each. Where
 * nothing is cleared that is one part: others may be clean beside it.
 */
static inline uint64_t
end_of_parts(const struct collect *h, unsigned lg2, uint64_t clean, uint64_t n)
{
	uint64_t part = n >> lg2, alike = ~clean & ALL_CLEAN;

	if (clean >> part & 1u)
		alike = clean;
	else if (h->marks_clean && !h->clear)
		alike = UINT64_C(1) << part;
	while (alike >> part & 1u)
		part++;
	return part << lg2;
}

/* Entries @n to @end from @w on, which map memory from @base on. Returns where that ended: before @end, at a table. */
static inline uint64_t
collect_entries(struct collect *h, const struct walk *w, uint64_t n, uint64_t end, uint64_t base)
{
	const unsigned lg2 = level_lg2(h->r.table, w->level);
	uint64_t leaf = 1;

	while (n < end && leaf) {
		if (are_lines(h, w, base + (n << lg2), end - n))
			n += collect_lines(h, &w->entry[n], end - n, base + (n << lg2));
		leaf = n < end ? collect_leaf(h, w, n, base + (n << lg2)) : 0;
		n += leaf;
	}
	return n;
}

/* Of @count links from @link on: how many, from the first, are of tables that are known to be clean? */
static inline uint64_t
count_clean(const uint64_t *link, uint64_t count)
{
	const uint64_t clean = entry_with_clean(entry_table_or_page(0, 0), ALL_CLEAN);
	uint64_t n = 0;

	while (n < count && (entry_load(&link[n]) & clean) == clean)
		n++;
	return n;
}

/* Pass links of clean tables, from @w on. False: to the end of the range, of the budget, or of the table of links. */
static inline bool
pass_clean(struct collect *h, struct walk *w)
{
	struct s2pt_range *r = &h->r;
	const uint64_t count = min_u64(s2pt__run_length(r->table, w, r->ipa, r->end - r->ipa), s2pt__range_budget(r));
	const uint64_t n = count_clean(w->entry, count);

	if (!n)
		return true;
	s2pt__range_advance(r, w, n);
	if (n == count)
		return false;
	w->entry += n;
	w->index += n;
	w->raw = entry_load(w->entry);
	return true;
}

/* What is now known of the table that @link links. Where a cursor leads, nothing of this is looked at. */
static inline void
store_clean(struct s2pt_table *table, uint64_t *link, uint64_t clean)
{
	const uint64_t raw = entry_load(link);

	if (entry_clean(raw) == clean)
		return;
	table->generation++;
	entry_store(link, entry_with_clean(raw, clean));
	trace_store(table, link, raw, entry_with_clean(raw, clean));
}

/*
 * Collect the table in which the walk for the next address ends, as far as the range and the budget go: of a leaf table
 * those parts that are not known to be clean.
 */
static inline void
collect_step(struct collect *h)
{
	struct s2pt_range *r = &h->r;
	const unsigned lg2 = part_lg2(r->table);
	uint64_t base, begin, end, count, clean = 0, n = 0, *link = NULL;
	struct walk w;

	s2pt__walk(r->table, r->ipa, S2PT_LEVEL_LAST - 1, NULL, &w);
	if (h->skips_clean && entry_is_table(w.raw, w.level) && !pass_clean(h, &w))
		return;
	if (entry_is_table(w.raw, w.level)) {
		link = w.entry;
		clean = h->skips_clean ? entry_clean(w.raw) : 0;
		w.level = S2PT_LEVEL_LAST;
		w.index = index_of(r->table, r->ipa, w.level);
		w.entry = child_of(r->table, w.raw) + w.index;
	}
	base = r->ipa & ~(level_bytes(r->table, w.level) - 1u);
	count = min_u64(s2pt__run_length(r->table, &w, r->ipa, r->end - r->ipa), s2pt__range_budget(r));
	do {
		begin = n;
		end = link ? min_u64(count, end_of_parts(h, lg2, clean, w.index + n) - w.index) : count;
		n = end;
		if (link && clean >> ((w.index + begin) >> lg2) & 1u)
			continue;
		h->left_dirty = false;
		n = collect_entries(h, &w, begin, end, base);
		if (link && h->marks_clean && !h->left_dirty)
			clean |= whole_parts(lg2, w.index + begin, w.index + n);
	} while (n >= end && n < count);
	/* Without any, a fault has linked a table here since the walk: walk again from the same IPA. */
	if (n)
		s2pt__range_advance(r, &w, n);
	if (link && h->marks_clean)
		store_clean(r->table, link, clean);
}

/* Pass words of the mask that name nothing. */
static void
skip_unnamed(struct collect *h)
{
	struct s2pt_range *r = &h->r;
	const unsigned lg2 = r->table->format->granule_lg2;
	const uint64_t base = base_of(h), first = (r->ipa - base) >> lg2, end = (r->end - base) >> lg2;
	const uint64_t *word, *last;

	if (!h->mask || first % WORD)
		return;
	word = &h->mask->word[first / WORD];
	last = &h->mask->word[end / WORD];
	while (word < last && !*word)
		word++;
	r->ipa = base + ((uint64_t)(word - h->mask->word) << lg2) * WORD;
}

/* Invalidate what was cleared, before the caller acts on the report: a later write must be seen again. */
static void
end_collect(const struct collect *h)
{
	const struct s2pt_table *table = h->r.table;

	if (h->stale_first == h->stale_end)
		return;
	if (h->quiet)
		table->host->publish(table->host->context);
	else
		s2pt__tlbi(table, h->stale_first, h->stale_end - h->stale_first, h->stale_level, false);
}

static NOINLINE enum s2pt_status
begin_collect(struct collect *h, struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	const struct s2pt_bitmap *either = h->mask ? h->mask : h->bitmap;
	enum s2pt_status status = s2pt__range_check(table, op, ipa, size);

	if (status == S2PT_OK)
		status = s2pt__check_bitmap(table->format, either, ipa.addr, size);
	s2pt__range_start(&h->r, table, op, ipa.addr, size);
	h->stale_first = 0;
	h->stale_end = 0;
	return status;
}

static NOINLINE enum s2pt_status
run_collect_range(struct collect *h)
{
	struct s2pt_range *r = &h->r;
	enum s2pt_status status = S2PT_OK;

	skip_unnamed(h);
	while (r->ipa < r->end && status == S2PT_OK) {
		collect_step(h);
		skip_unnamed(h);
		if (r->op->budget && r->spent >= r->op->budget && r->ipa < r->end)
			status = S2PT_ERR_BUDGET;
	}
	r->op->done = r->ipa - r->begin;
	end_collect(h);
	return status;
}

/* --- The access flag ------------------------------------------------------------------------------- */

static enum s2pt_status
age_range(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, enum s2pt_age age,
	  struct s2pt_bitmap *bitmap, bool atomic)
{
	enum s2pt_status status;
	struct collect h;

	h.want = ENTRY_VALID | ENTRY_AF;
	h.clear = age == S2PT_AGE_TEST ? 0 : ENTRY_AF;
	h.bitmap = bitmap;
	h.mask = NULL;
	h.atomic = atomic;
	h.quiet = age == S2PT_AGE_CLEAR_LAZY;
	h.skips_clean = false;
	h.marks_clean = false;
	status = begin_collect(&h, table, op, ipa, size);
	return status == S2PT_OK ? run_collect_range(&h) : status;
}

enum s2pt_status
s2pt_shared_age(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, enum s2pt_age age,
		struct s2pt_bitmap *bitmap)
{
	if (table->held) {
		op_begin(op);
		return S2PT_ERR_EXCLUSIVE;
	}
	return age_range(table, op, ipa, size, age, bitmap, true);
}

enum s2pt_status
s2pt_table_age(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
	       enum s2pt_age age, struct s2pt_bitmap *bitmap)
{
	return age_range(table, op, ipa, size, age, bitmap, table->hw_updates);
}

/* --- Dirty logging --------------------------------------------------------------------------------- */

/* A leaf without hardware dirty state is logged by a software bit, the same in the whole table. */
static enum s2pt_status
choose_tracking_bit(struct s2pt_table *table, uint8_t sw)
{
	const uint64_t tracking_bit = entry_sw_tracking_bit(sw);

	if (table->format->feats & S2PT_FEAT_HAFDBS_DBM)
		return S2PT_OK;
	if (!sw || (sw & (sw - 1u)) || (sw & ~software_bits(table->format)) ||
	    (table->tracking_bit && table->tracking_bit != tracking_bit))
		return S2PT_ERR_SW;
	table->tracking_bit = tracking_bit;
	return S2PT_OK;
}

enum s2pt_status
s2pt_table_dirty_start(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		       uint8_t sw, uint32_t flags)
{
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status == S2PT_OK && (flags & ~S2PT_START_DIRTY))
		status = S2PT_ERR_FLAGS;
	if (status == S2PT_OK)
		status = choose_tracking_bit(table, sw);
	if (status != S2PT_OK)
		return status;
	/* A fault that was resolved before would map a writable page that is not tracked. */
	s2pt__invalidate_seq_bump(table);
	s2pt__update_init(&table->update, table);
	if (flags & S2PT_START_DIRTY)
		entry_update_track_dirty(&table->update.entry, table->tracking_bit);
	else
		entry_update_track(&table->update.entry, table->tracking_bit);
	/* With a software tracking bit pages become dirty one at a time, while the members of a group are alike. */
	table->update.unfolds = !(table->format->feats & S2PT_FEAT_HAFDBS_DBM);
	return update_range(&table->update);
}

enum s2pt_status
s2pt_table_dirty_stop(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status != S2PT_OK)
		return status;
	if (!table->tracking_bit) {
		/* Nothing was ever logged. */
		op->done = size;
		return S2PT_OK;
	}
	s2pt__update_init(&table->update, table);
	entry_update_untrack(&table->update.entry, table->tracking_bit);
	return update_range(&table->update);
}

/* Begin to collect dirty pages in @bitmap, or those of @mask: one of them there must be. */
static enum s2pt_status
begin_dirty(struct collect *h, struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
	    struct s2pt_bitmap *bitmap, const struct s2pt_bitmap *mask)
{
	enum s2pt_status status;

	h->want = entry_dirty_bits(table->tracking_bit);
	h->bitmap = bitmap;
	h->mask = mask;
	h->atomic = table->hw_updates;
	h->quiet = false;
	h->skips_clean = table->tracking_bit && !(table->format->feats & S2PT_FEAT_HAFDBS_DBM);
	h->marks_clean = h->skips_clean && !mask;
	status = begin_collect(h, table, op, ipa, size);
	return status == S2PT_OK && !bitmap && !mask ? S2PT_ERR_BITMAP : status;
}

enum s2pt_status
s2pt_table_dirty_collect(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
			 struct s2pt_bitmap *bitmap, uint32_t flags)
{
	enum s2pt_status status;
	struct collect h;

	op_begin(op);
	if (flags & ~S2PT_COLLECT_CLEAR)
		return S2PT_ERR_FLAGS;
	h.clear = flags & S2PT_COLLECT_CLEAR ? ENTRY_DIRTY : 0;
	status = begin_dirty(&h, table, op, ipa, size, bitmap, NULL);
	return status == S2PT_OK ? run_collect_range(&h) : status;
}

enum s2pt_status
s2pt_table_dirty_clear(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		       const struct s2pt_bitmap *mask)
{
	enum s2pt_status status;
	struct collect h;

	h.clear = ENTRY_DIRTY;
	status = begin_dirty(&h, table, op, ipa, size, NULL, mask);
	return status == S2PT_OK ? run_collect_range(&h) : status;
}

void
s2pt_table_dirty_leaf(const struct s2pt_table *table, struct s2pt_leaf *leaf)
{
	if (!leaf->w || !table->tracking_bit)
		return;
	leaf->w = false;
	if (table->format->feats & S2PT_FEAT_HAFDBS_DBM)
		leaf->dbm = true;
	else
		leaf->sw |= entry_software(table->tracking_bit);
}

bool
s2pt_table_is_dirty(const struct s2pt_table *table, s2pt_desc leaf)
{
	return !(~leaf.raw & entry_dirty_bits(table->tracking_bit));
}
