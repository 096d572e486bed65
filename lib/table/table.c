/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "table/engine.h"

/* The members that the first version of struct s2pt_host_ops has. */
#define HOST_SIZE_MIN (offsetof(struct s2pt_host_ops, trace) + sizeof(void (*)(void)))

/* --- Beginning and ending a range operation --------------------------------------------------------- */

enum s2pt_status
s2pt__range_check(const struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	uint64_t limit = UINT64_C(1) << table->format->ipa_bits;

	op->done = 0;
	if (table->destroying)
		return S2PT_ERR_DESTROYED;
	if (!size || ((ipa.addr | size) & (table_bytes(table) - 1u)) || ipa.addr >= limit ||
	    size > limit - ipa.addr)
		return S2PT_ERR_RANGE;
	return s2pt__check_bitmap(table->format, op->dirty, ipa.addr, size);
}

void
s2pt__range_start(struct s2pt_range *r, struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa,
		  uint64_t size)
{
	r->table = table;
	r->op = op;
	r->begin = ipa;
	r->ipa = ipa;
	r->end = ipa + size;
	r->spent = 0;
	r->keeps = false;
}

enum s2pt_status
s2pt__range_begin(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	enum s2pt_status status = s2pt__range_check(table, op, ipa, size);

	if (status == S2PT_OK)
		s2pt__range_start(&table->running, table, op, ipa.addr, size);
	return status;
}

bool
s2pt__range_next(struct s2pt_range *r, enum s2pt_status *status)
{
	if (*status == S2PT_ERR_WOULD_SPLIT)
		*status = s2pt__partial_leaf(r);
	if (*status != S2PT_OK || r->ipa >= r->end)
		return false;
	if (r->op->budget && r->spent >= r->op->budget) {
		*status = S2PT_ERR_BUDGET;
		return false;
	}
	if (!gather_has_room(r->table))
		s2pt__gather_drain(r->table);
	return true;
}

uint64_t
s2pt__range_budget(const struct s2pt_range *r)
{
	if (!r->op->budget)
		return UINT64_MAX;
	return r->op->budget > r->spent ? r->op->budget - r->spent : 1;
}

uint64_t
s2pt__run_length(const struct s2pt_table *table, const struct walk *w, uint64_t ipa, uint64_t left)
{
	uint64_t bytes = level_bytes(table, w->level);
	uint64_t touched = ((ipa & (bytes - 1u)) + left + bytes - 1u) >> level_lg2(table, w->level);

	return min_u64(touched, level_entries(table, w->level) - w->index);
}

uint64_t
s2pt__entries_covered(const struct s2pt_range *r, const struct walk *w)
{
	return min_u64((r->end - r->ipa) >> level_lg2(r->table, w->level),
			 level_entries(r->table, w->level) - w->index);
}

void
s2pt__range_advance(struct s2pt_range *r, const struct walk *w, uint64_t entries)
{
	uint64_t bytes = level_bytes(r->table, w->level);

	r->ipa = min_u64(r->end, (r->ipa & ~(bytes - 1u)) + entries * bytes);
	r->spent += entries;
}

enum s2pt_status
s2pt__range_end(struct s2pt_range *r, enum s2pt_status status)
{
	r->op->done = r->ipa - r->begin;
	r->table->host->publish(r->table->host->context);
	if (!r->table->held)
		s2pt__gather_drain(r->table);
	return status;
}

enum s2pt_status
s2pt__check_memory(const struct s2pt_table *table, s2pt_pa pa, uint64_t size)
{
	uint64_t limit = UINT64_C(1) << table->format->oa_bits;

	if (pa.addr & (table_bytes(table) - 1u))
		return S2PT_ERR_RANGE;
	return pa.addr >= limit || size > limit - pa.addr ? S2PT_ERR_OA_SIZE : S2PT_OK;
}

/* --- Contiguous groups ----------------------------------------------------------------------------- */

uint64_t
s2pt__group_entries(const struct s2pt_table *table, int level)
{
	return UINT64_C(1) << (table->has_contiguous ? level_of(table, level)->group_lg2 : 0);
}

/* --- Live changes ---------------------------------------------------------------------------------- */

void
s2pt__trace_store(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	const struct s2pt_host_ops *host = table->host;

	if (host->trace)
		host->trace(host->context, entry, s2pt_desc_of(before), s2pt_desc_of(after));
	if (host->flags & S2PT_HOST_NONCOHERENT)
		host->clean_tables(host->context, entry, sizeof(*entry));
}

uint64_t
s2pt__clear_entry(const struct s2pt_table *table, uint64_t *entry, uint64_t after)
{
	uint64_t before = entry_load(entry);

	if (table->hw_updates)
		before = entry_exchange(entry, after);
	else
		entry_store(entry, after);
	trace_store(table, entry, before, after);
	return before;
}

void
s2pt__set_nt(const struct s2pt_table *table, uint64_t *entry)
{
	uint64_t raw = entry_fetch_or(entry, field_mask(DESC_NT));

	trace_store(table, entry, raw, raw | field_mask(DESC_NT));
}

/* The type is never hardware's to write: whatever else it writes stays where it is. */
uint64_t
s2pt__break_entry(const struct s2pt_table *table, uint64_t *entry)
{
	uint64_t raw = entry_load(entry);
	const uint64_t flip = raw ^ entry_broken(raw);

	if (table->hw_updates)
		raw = entry_fetch_xor(entry, flip);
	else
		entry_store(entry, raw ^ flip);
	trace_store(table, entry, raw, raw ^ flip);
	return raw;
}

/* --- Memory ---------------------------------------------------------------------------------------- */

bool
s2pt__pages_reserve(struct s2pt_table *table, uint64_t count)
{
	return count_up_to(&table->pages, count, table->page_limit);
}

void
s2pt__pages_unreserve(struct s2pt_table *table, uint64_t count)
{
	count_add(&table->pages, -count);
}

bool
s2pt__page_alloc(const struct s2pt_table *table, struct s2pt_page_cache *cache, struct s2pt_page *page)
{
	const struct s2pt_host_ops *host = table->host;

	if (cache && cache->count) {
		cache->count--;
		page->virt = cache->page[cache->count].virt;
		page->pa = cache->page[cache->count].pa;
	} else if (!host->alloc(host->context, (size_t)table_bytes(table), page)) {
		return false;
	}
	if (!(page->pa.addr & table->pa_invalid_mask))
		return true;
	/* A link would lead to where the bits that it has no room for are 0. */
	host->retire(host->context, (size_t)table_bytes(table), page, 1);
	return false;
}

bool
s2pt__page_take(struct s2pt_table *table, struct s2pt_page_cache *cache, struct s2pt_page *page)
{
	if (!s2pt__pages_reserve(table, 1))
		return false;
	if (s2pt__page_alloc(table, cache, page))
		return true;
	s2pt__pages_unreserve(table, 1);
	return false;
}

void
s2pt__page_return(struct s2pt_table *table, uint64_t *virt, uint64_t pa)
{
	struct s2pt_page page;

	page.virt = virt;
	page.pa = s2pt_pa_of(pa);
	table->host->retire(table->host->context, (size_t)table_bytes(table), &page, 1);
	s2pt__pages_unreserve(table, 1);
}

/* --- Init ------------------------------------------------------------------------------------------ */

static bool
is_host_sound(const struct s2pt_host_ops *host)
{
	return host && host->size >= HOST_SIZE_MIN && host->alloc && host->retire && host->invalidate &&
	       host->publish && (host->clean_tables || !(host->flags & S2PT_HOST_NONCOHERENT));
}

static size_t
root_bytes(const struct s2pt_format *format)
{
	unsigned lg2 = format->root_lg2 > format->root_align_lg2 ? format->root_lg2
								 : format->root_align_lg2;

	return (size_t)1 << lg2;
}

/* What VTTBR_EL2 could not say. */
static enum s2pt_status
check_root(const struct s2pt_format *format, uint64_t pa, uint64_t bytes)
{
	if (pa & (bytes - 1u))
		return S2PT_ERR_ROOT_ALIGN;
	return pa >> format->oa_bits ? S2PT_ERR_ROOT_PA : S2PT_OK;
}

static void
describe_levels(struct s2pt_table *table, const struct s2pt_format *format)
{
	for (int level = S2PT_LEVEL_FIRST; level <= S2PT_LEVEL_LAST; level++) {
		struct s2pt_level *l = &table->level[level - S2PT_LEVEL_FIRST];

		l->lg2 = (uint8_t)s2pt_format_level_lg2(format, level);
		l->entries_lg2 = (uint8_t)s2pt_format_stride(format);
		l->group_lg2 = (uint8_t)s2pt_format_contiguous_lg2(format, level);
		l->leaves = level == S2PT_LEVEL_LAST || s2pt_format_has_block(format, level);
		if (level == format->start_level)
			l->entries_lg2 = (uint8_t)(format->root_lg2 - 3u);
	}
}

enum s2pt_status
s2pt_table_init(struct s2pt_table *table, const struct s2pt_format *format,
		const struct s2pt_host_ops *host, uint64_t page_limit)
{
	size_t bytes = root_bytes(format);
	enum s2pt_status status;
	struct s2pt_page root;

	if (!is_host_sound(host))
		return S2PT_ERR_HOST;
	if (!host->alloc(host->context, bytes, &root))
		return S2PT_ERR_MEMORY;
	status = check_root(format, root.pa.addr, bytes);
	if (status != S2PT_OK) {
		host->retire(host->context, bytes, &root, 1);
		return status;
	}
	table->format = format;
	table->host = host;
	table->root = root.virt;
	table->root_pa = root.pa;
	table->ipa_invalid_mask = ~(bits_below(format->ipa_bits) & ~bits_below(format->granule_lg2));
	table->pa_invalid_mask = ~(bits_below(format->oa_bits) & ~bits_below(format->granule_lg2));
	table->link_mask = low_mask(format->granule_lg2);
	table->oa_split = high_parts(format) != high_none;
	table->start_level = format->start_level;
	table->start_lg2 = (uint8_t)s2pt_format_level_lg2(format, format->start_level);
	describe_levels(table, format);
	table->has_observer = host->trace || (host->flags & S2PT_HOST_NONCOHERENT);
	table->hw_updates = format->feats & (S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM);
	/* The Contiguous bit, too, may go without a break (R_KHRBC). */
	table->bbml2_in_place = (format->feats & S2PT_FEAT_BBML2) && !table->hw_updates;
	table->fast_4k = format->granule_lg2 == S2PT_GRANULE_4K && !table->oa_split &&
			  !host->to_virt && format->start_level != S2PT_LEVEL_LAST;
	table->pages = 0;
	table->page_limit = page_limit ? page_limit : UINT64_MAX;
	table->annotations = 0;
	table->invalidate_seq = 0;
	table->generation = 1;
	table->tracking_bit = format->feats & S2PT_FEAT_HAFDBS_DBM ? field_mask(DESC_DBM) : 0;
	table->has_contiguous = false;
	table->needs_clean = false;
	table->cmo_memattrs = s2pt__cmo_memattrs(format->feats);
	table->destroying = false;
	table->held = false;
	table->n_ranges = 0;
	table->n_unlinked = 0;
	table->n_cleans = 0;
	table->n_pages = 0;
	if (!(host->flags & S2PT_HOST_ZEROED))
		for (size_t i = 0; i < bytes / sizeof(uint64_t); i++)
			entry_store(&table->root[i], ENTRY_EMPTY);
	if (host->flags & S2PT_HOST_NONCOHERENT)
		host->clean_tables(host->context, table->root, bytes);
	host->publish(host->context);
	return S2PT_OK;
}

/* --- Destroy --------------------------------------------------------------------------------------- */

/*
 * Take out everything at the start level. Links stay readable, as broken entries, for the tables that
 * are now to be retired.
 */
static void
unlink_all(struct s2pt_table *table)
{
	const int start = table->start_level;

	for (uint64_t i = 0; i < level_entries(table, start); i++) {
		uint64_t *entry = &table->root[i];
		uint64_t raw = entry_load(entry);

		if (entry_is_table(raw, start)) {
			s2pt__break_entry(table, entry);
		} else if (entry_is_valid(raw)) {
			raw = s2pt__clear_entry(table, entry, ENTRY_EMPTY);
			s2pt__gather_leaf(table, i << level_lg2(table, start), raw, start);
		} else if (raw != ENTRY_EMPTY) {
			store_entry(table, entry, raw, ENTRY_EMPTY);
		}
	}
}

enum s2pt_status
s2pt_table_destroy(struct s2pt_table *table, struct s2pt_op *op)
{
	struct s2pt_page root;
	bool done;

	op->done = 0;
	if (!table->destroying) {
		table->destroying = true;
		s2pt__invalidate_seq_bump(table);
		table->generation++;
		table->held = false;
		unlink_all(table);
		s2pt__gather_all(table);
		s2pt__gather_drain(table);
		s2pt__begin_retiring(table->unlinked, table->root_pa, table->start_level);
	}
	done = s2pt__retire_below(table, table->unlinked, op->budget ? op->budget : UINT64_MAX);
	s2pt__gather_drain(table);
	if (!done)
		return S2PT_ERR_BUDGET;
	root.virt = table->root;
	root.pa = table->root_pa;
	table->host->retire(table->host->context, root_bytes(table->format), &root, 1);
	return S2PT_OK;
}

/* --- Addresses ------------------------------------------------------------------------------------- */

uint64_t
s2pt__address_of(const struct s2pt_table *table, uint64_t raw, int level)
{
	return address_get(table->format, level_lg2(table, level), raw);
}

uint64_t
s2pt__address_bits(const struct s2pt_table *table, uint64_t pa)
{
	return address_put(table->format, pa);
}

/* --- Walking --------------------------------------------------------------------------------------- */

void
s2pt__walk(const struct s2pt_table *table, uint64_t ipa, int lowest, uint64_t **path, struct walk *w)
{
	uint64_t *entries = table->root;

	for (w->level = table->start_level;; w->level++) {
		if (path)
			path[w->level - S2PT_LEVEL_FIRST] = entries;
		w->index = index_of(table, ipa, w->level);
		w->entry = &entries[w->index];
		w->raw = entry_load(w->entry);
		if (w->level >= lowest || (w->raw & ENTRY_TYPE) != TYPE_TABLE_OR_PAGE)
			return;
		entries = child_of(table, w->raw);
	}
}

/* --- Looking --------------------------------------------------------------------------------------- */

/* A table whose geometry is not known beforehand. */
static NOINLINE void
walk_far(const struct s2pt_table *table, uint64_t ipa, struct pos *pos)
{
	struct walk w;

	s2pt__walk(table, ipa, S2PT_LEVEL_LAST, NULL, &w);
	pos->entry = w.entry;
	pos->raw = w.raw;
	pos->level = w.level;
	pos->lg2 = level_lg2(table, w.level);
}

static inline void
found_at(struct s2pt_found *found, s2pt_ipa ipa, const struct pos *pos)
{
	found->desc = s2pt_desc_of(pos->raw);
	found->level = (int8_t)pos->level;
	found->size = UINT64_C(1) << pos->lg2;
	found->ipa = s2pt_ipa_of(ipa.addr & ~(found->size - 1u));
}

void
s2pt__find(const struct s2pt_table *table, uint64_t ipa, struct pos *pos)
{
	if (table->fast_4k)
		*pos = walk_4k(table, ipa);
	else
		walk_far(table, ipa, pos);
}

enum s2pt_status
s2pt_table_lookup(const struct s2pt_table *table, s2pt_ipa ipa, struct s2pt_found *found)
{
	if (ipa.addr >> table->format->ipa_bits)
		return S2PT_ERR_RANGE;
	if (table->fast_4k) {
		struct pos pos = walk_4k(table, ipa.addr);

		found_at(found, ipa, &pos);
	} else {
		struct pos pos;

		walk_far(table, ipa.addr, &pos);
		found_at(found, ipa, &pos);
	}
	return S2PT_OK;
}

enum s2pt_status
s2pt_table_translate(const struct s2pt_table *table, s2pt_ipa ipa, s2pt_pa *pa)
{
	struct s2pt_found found;
	enum s2pt_status status = s2pt_table_lookup(table, ipa, &found);
	unsigned lg2;

	if (status != S2PT_OK)
		return status;
	if (!entry_is_valid(found.desc.raw))
		return S2PT_ERR_NOT_MAPPED;
	lg2 = level_lg2(table, found.level);
	*pa = s2pt_pa_of(s2pt__address_of(table, found.desc.raw, found.level) |
			 (ipa.addr & bits_below(lg2)));
	return S2PT_OK;
}
