/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dirty.c: the access flag and dirty state of leaves.
 *
 * Ageing and the dirty log collect in the same way: they go through a range, report the pages of leaves in which
 * certain bits are set, clear a bit in them, and invalidate once what they have cleared. Sixteen pages are looked at
 * together, since most of a large range is alike. Beginning and ending the log are updates (update.h).
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
	int stale_level;                /* of all its leaves; S2PT_TLBI_ANY_LEVEL where they differ */
	bool atomic;                    /* others write at the same time */
	bool quiet;                     /* no invalidation */
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
		h->stale_level = level;
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
	if (!h->clear || (h->clear == ENTRY_DIRTY && end - from != bytes))
		return;
	for (uint64_t n = 0; n < count; n++)
		if ((entry_load(&entry[n]) & h->want) == h->want)
			clear_leaf(h, &entry[n]);
	add_stale(h, ipa, bytes, level);
}

/* --- Pages by the line ----------------------------------------------------------------------------- */

/* The entries of a line in which all of @want is set, by bit; *@any: the bits that are set in any entry. */
static inline uint64_t
look_at_line(const uint64_t *entry, uint64_t want, uint64_t *any)
{
	uint64_t all = ~UINT64_C(0), some = 0, bits = 0;

	for (unsigned n = 0; n < LINE; n += 4) {
		uint64_t a = entry_load(&entry[n]), b = entry_load(&entry[n + 1]);
		uint64_t c = entry_load(&entry[n + 2]), d = entry_load(&entry[n + 3]);

		all &= a & b & c & d;
		some |= a | b | c | d;
	}
	*any = some;
	if ((all & want) == want)
		return LINE_ALL;
	for (unsigned n = 0; (some & want) == want && n < LINE; n++)
		bits |= (uint64_t)((entry_load(&entry[n]) & want) == want) << n;
	return bits;
}

/* Clear in a line those entries that have a bit. */
static inline void
clear_line(const struct collect *h, uint64_t *entry, uint64_t bits, uint64_t keep)
{
	if (bits != LINE_ALL || h->r.table->has_observer) {
		/* (Of a group not all need have it.) */
		for (; bits; bits >>= 1, entry++)
			if ((bits & 1u) && (entry_load(entry) & h->clear))
				clear_leaf(h, entry);
	} else if (h->atomic) {
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
}

/* The lowest and the highest bit of a line that is not alike. */
static inline void
find_bits(uint64_t bits, unsigned *low, unsigned *high)
{
	for (*low = 0; !(bits >> *low & 1u); ++*low)
		;
	for (*high = LINE - 1u; !(bits >> *high & 1u); --*high)
		;
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
 * reported whole, if the mask names it whole. Returns how many pages. Members are read into locals: the compiler must
 * assume that stores to entries change them.
 */
static NOINLINE uint64_t
collect_lines(struct collect *h, uint64_t *entry, uint64_t count, uint64_t ipa)
{
	const unsigned lg2 = h->r.table->format->granule_lg2;
	const uint64_t want = h->want, clear = h->clear;
	const uint64_t *mask = h->mask ? h->mask->word : NULL;
	uint64_t *word = h->bitmap ? h->bitmap->word : NULL;
	uint64_t n = (ipa - base_of(h)) >> lg2;
	uint64_t done = 0, pages = 0, first = 0, end = 0;

	for (; done + LINE <= count; done += LINE, n += LINE) {
		uint64_t any, named = mask ? mask[n / WORD] >> n % WORD & LINE_ALL : LINE_ALL, bits;
		unsigned low = 0, high = LINE - 1u;

		/* A group of which the mask does not name every page is not looked at, either. */
		if (!named)
			continue;
		bits = look_at_line(&entry[done], want, &any) & named;
		if (any & ENTRY_CONTIGUOUS) {
			if (!is_group(h->r.table, &entry[done]))
				break;
			/* What one has counts for all (I_NFFSV). */
			bits = bits && named == LINE_ALL ? LINE_ALL : 0;
		}
		if (!bits)
			continue;
		if (bits != LINE_ALL)
			find_bits(bits, &low, &high);
		if (word)
			pages += report_line(&word[n / WORD], n % WORD, bits);
		if (clear)
			clear_line(h, &entry[done], bits, ~clear);
		if (!end)
			first = done + low;
		end = done + high + 1u;
	}
	if (word)
		h->bitmap->pages += pages;
	if (clear && end)
		add_stale(h, ipa + (first << lg2), (end - first) << lg2, S2PT_LEVEL_LAST);
	return done;
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

static void
collect_step(struct collect *h)
{
	struct s2pt_range *r = &h->r;
	uint64_t bytes, count, base, n = 0, leaf = 1;
	struct walk w;

	s2pt__walk(r->table, r->ipa, S2PT_LEVEL_LAST, NULL, &w);
	bytes = level_bytes(r->table, w.level);
	base = r->ipa & ~(bytes - 1u);
	count = min_u64(s2pt__run_length(r->table, &w, r->ipa, r->end - r->ipa), s2pt__range_budget(r));
	while (n < count && leaf) {
		if (are_lines(h, &w, base + n * bytes, count - n))
			n += collect_lines(h, &w.entry[n], count - n, base + n * bytes);
		leaf = n < count ? collect_leaf(h, &w, n, base + n * bytes) : 0;
		n += leaf;
	}
	/* Without any, a fault has linked a table here since the walk: walk again from the same IPA. */
	if (n)
		s2pt__range_advance(r, &w, n);
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
