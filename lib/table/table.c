/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * table.c: the beginning and the end of a table.
 *
 * Destroying takes the links of the start level out first, keeps them readable as broken entries, and invalidates the
 * whole VMID: from then on no walker reads a table. Then tables are given back in order of address, within a budget a
 * call. How far that got is in unlinked[0], which nothing else uses any more.
 */
#include "table/cmo.h"
#include "table/gather.h"
#include "table/range.h"
#include "table/reclaim.h"
#include "table/store.h"

/* The members that the first version of struct s2pt_host_ops has. */
#define HOST_SIZE_MIN (offsetof(struct s2pt_host_ops, trace) + sizeof(void (*)(void)))

/* --- Init ------------------------------------------------------------------------------------------ */

static enum s2pt_status
check_host(const struct s2pt_host_ops *host)
{
	if (!host)
		return S2PT_ERR_HOST;
	if (host->size < HOST_SIZE_MIN)
		return S2PT_ERR_HOST_SIZE;
	if (!host->alloc)
		return S2PT_ERR_HOST_ALLOC;
	if (!host->retire)
		return S2PT_ERR_HOST_RETIRE;
	if (!host->invalidate)
		return S2PT_ERR_HOST_INVALIDATE;
	if (!host->publish)
		return S2PT_ERR_HOST_PUBLISH;
	if ((host->flags & S2PT_HOST_NONCOHERENT) && !host->clean_tables)
		return S2PT_ERR_HOST_TABLES;
	return S2PT_OK;
}

static size_t
root_bytes(const struct s2pt_format *format)
{
	unsigned lg2 = format->root_lg2 > format->root_align_lg2 ? format->root_lg2
								 : format->root_align_lg2;

	return (size_t)1 << lg2;
}

/* A root that VTTBR_EL2 can hold? */
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

/* All but what the tables hold. */
static void
prepare(struct s2pt_table *table, const struct s2pt_format *format, const struct s2pt_host_ops *host,
	uint64_t page_limit, const struct s2pt_page *root)
{
	table->format = format;
	table->host = host;
	table->root = root->virt;
	table->root_pa = root->pa;
	table->ipa_invalid_mask = ~(bits_below(format->ipa_bits) & ~bits_below(format->granule_lg2));
	table->pa_invalid_mask = ~(bits_below(format->oa_bits) & ~bits_below(format->granule_lg2));
	table->link_mask = low_mask(format->granule_lg2);
	table->oa_split = high_parts(format) != high_none;
	table->short_pa_mask = table->pa_invalid_mask | (table->oa_split ? ~(ADDRESS_LOW_END - 1u) : 0);
	table->page_bytes = UINT64_C(1) << format->granule_lg2;
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
	/* Neither begins anew: what a cursor or a request keeps of an earlier life of this storage must not fit. */
	table->invalidate_seq = table->invalidate_seq == UINT64_MAX ? 1 : table->invalidate_seq + 1u;
	table->generation++;
	table->tracking_bit = format->feats & S2PT_FEAT_HAFDBS_DBM ? entry_hw_tracking_bit() : 0;
	table->has_contiguous = false;
	table->needs_clean = false;
	table->mapping_key = mapping_key(format);
	table->waived = host->flags & S2PT_HOST_IDC_DIC ? S2PT_MAPPING_ICACHE : 0;
	s2pt__set_short(table, true);
	table->cmo_memattrs = s2pt__cmo_memattrs(format->feats);
	table->destroying = false;
	table->destroyed = false;
	table->held = false;
	table->stored = false;
	table->clean_failed = false;
	table->n_ranges = 0;
	table->n_unlinked = 0;
	table->dead_from = 0;
	table->dead_end = 0;
	table->n_cleans = 0;
	table->n_pages = 0;
}

enum s2pt_status
s2pt_table_init(struct s2pt_table *table, const struct s2pt_format *format,
		const struct s2pt_host_ops *host, uint64_t page_limit)
{
	size_t bytes = root_bytes(format);
	enum s2pt_status status = check_host(host);
	struct s2pt_page root;

	if (status != S2PT_OK)
		return status;
	if (!host->alloc(host->context, S2PT_MEMORY_ROOT, bytes, &root))
		return S2PT_ERR_MEMORY;
	status = check_root(format, root.pa.addr, bytes);
	if (status != S2PT_OK) {
		host->retire(host->context, S2PT_MEMORY_ROOT, bytes, &root, 1);
		return status;
	}
	prepare(table, format, host, page_limit, &root);
	if (!(host->flags & S2PT_HOST_ZEROED))
		for (size_t i = 0; i < bytes / sizeof(uint64_t); i++)
			entry_store(&table->root[i], ENTRY_EMPTY);
	if (host->flags & S2PT_HOST_NONCOHERENT)
		host->clean_tables(host->context, table->root, bytes);
	host->publish(host->context);
	return S2PT_OK;
}

/* --- Adopt ----------------------------------------------------------------------------------------- */

/* Count tables and annotations. Contiguous groups are taken for granted. */
static void
count_contents(struct s2pt_table *table)
{
	const uint64_t end = UINT64_C(1) << table->format->ipa_bits;
	struct walk w;

	for (uint64_t at = 0; at < end; at += level_bytes(table, w.level)) {
		s2pt__walk_to(table, at, S2PT_LEVEL_LAST, &w);
		/* A table is counted where its range begins. */
		table->pages += (uint64_t)(w.level - level_begun(table, &w, at));
		table->annotations += entry_is_annotation(w.raw);
	}
	table->has_contiguous = !table->format->no_contiguous;
}

enum s2pt_status
s2pt_table_adopt(struct s2pt_table *table, const struct s2pt_format *format, const struct s2pt_host_ops *host,
		 uint64_t page_limit, s2pt_pa root_pa, uint32_t flags)
{
	enum s2pt_status status = check_host(host);
	struct s2pt_page root;

	if (status == S2PT_OK && (flags & ~S2PT_MAPPING_RAM))
		status = S2PT_ERR_FLAGS;
	if (status == S2PT_OK && flags && !host->clean_data)
		status = S2PT_ERR_HOST_DATA;
	if (status == S2PT_OK)
		status = check_root(format, root_pa.addr, root_bytes(format));
	if (status != S2PT_OK)
		return status;
	table->host = host;
	root.virt = table_at(table, root_pa.addr);
	root.pa = root_pa;
	prepare(table, format, host, page_limit, &root);
	count_contents(table);
	table->needs_clean = flags & S2PT_MAPPING_RAM;
	return S2PT_OK;
}

/* --- Destroy --------------------------------------------------------------------------------------- */

/* Clear the start level. Links stay readable, as broken entries, for the tables that are then given back. */
static void
unlink_all(struct s2pt_table *table)
{
	const int start = table->start_level;

	for (uint64_t i = 0; i < level_entries(table, start); i++) {
		uint64_t *entry = &table->root[i];
		uint64_t raw = entry_load(entry);

		if (entry_is_table(raw, start)) {
			s2pt__break_entries(table, entry, 1);
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
	if (table->destroyed)
		return S2PT_OK;
	if (!table->destroying) {
		flag_set(&table->destroying);
		/* Lookups take the long way, which refuses. */
		flag_clear(&table->fast_4k);
		s2pt__set_short(table, false);
		s2pt__invalidate_seq_bump(table);
		table->held = false;
		unlink_all(table);
		s2pt__gather_all(table);
		s2pt__gather_drain(table);
		s2pt__begin_retiring(table->unlinked, table->root_pa, table->start_level);
	}
	done = s2pt__retire_below(table, table->unlinked, op->budget ? op->budget : UINT64_MAX);
	s2pt__gather_drain(table);
	if (!done)
		return s2pt__clean_status(table, S2PT_ERR_BUDGET);
	table->destroyed = true;
	root.virt = table->root;
	root.pa = table->root_pa;
	table->host->retire(table->host->context, S2PT_MEMORY_ROOT, root_bytes(table->format), &root, 1);
	return s2pt__clean_status(table, S2PT_OK);
}
