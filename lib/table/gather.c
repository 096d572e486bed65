/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * gather.c: pending invalidations and cache maintenance.
 *
 * Neighbouring ranges are merged, so that an operation ends with few requests; but not where the merged range would
 * cost more: a range whose leaves are of different levels has no level hint, and without FEAT_TLBIRANGE is invalidated
 * by the granule. Where there is no room for one more, the two that are nearest are merged. See gather.h for the order
 * in which a gather is emptied.
 */
#include "table/gather.h"

#include "table/cmo.h"

/* --- Cache maintenance ------------------------------------------------------------------------------ */

void
s2pt__gather_clean(struct s2pt_table *table, uint64_t raw, int level)
{
	const uint64_t bytes = level_bytes(table, level);
	struct s2pt_clean *last = &table->clean[table->n_cleans];
	uint64_t pa;

	if (!leaf_needs_clean(table, raw))
		return;
	pa = s2pt__address_of(table, raw, level);
	if (table->n_cleans && last[-1].pa.addr + last[-1].bytes == pa) {
		last[-1].bytes += bytes;
		return;
	}
	last->pa = s2pt_pa_of(pa);
	last->bytes = bytes;
	table->n_cleans++;
}

/* --- Ranges ---------------------------------------------------------------------------------------- */

/* Does @range touch or overlap [@ipa, @end)? */
static bool
touches(const struct s2pt_tlbi_request *range, uint64_t ipa, uint64_t end)
{
	return range->ipa.addr <= end && ipa <= range->ipa.addr + range->size;
}

/* The TLBI operations for @bytes of @level without FEAT_TLBIRANGE: one for each entry, or granule for any level. */
static uint64_t
single_ops(const struct s2pt_table *table, uint64_t bytes, int level)
{
	return bytes >> (level == S2PT_TLBI_ANY_LEVEL ? table->format->granule_lg2 : level_lg2(table, level));
}

/* Make @range cover [@first, @end) of @level, too. */
static void
widen(struct s2pt_tlbi_request *range, uint64_t first, uint64_t end, int level, bool last_level)
{
	const uint64_t behind = range->ipa.addr + range->size;

	range->ipa.addr = min_u64(range->ipa.addr, first);
	range->size = (behind > end ? behind : end) - range->ipa.addr;
	if (range->level != level)
		range->level = S2PT_TLBI_ANY_LEVEL;
	range->last_level = range->last_level && last_level;
}

/*
 * Extend @range by what has become stale, if they touch, and the level hint is not lost at a cost.
 */
static bool
extend(const struct s2pt_table *table, struct s2pt_tlbi_request *range, uint64_t ipa, uint64_t bytes, int level)
{
	const uint64_t end = range->ipa.addr + range->size;
	const uint64_t both = (end > ipa + bytes ? end : ipa + bytes) - min_u64(range->ipa.addr, ipa);

	if (!touches(range, ipa, ipa + bytes))
		return false;
	if (range->level != level &&
	    single_ops(table, both, S2PT_TLBI_ANY_LEVEL) >
		    single_ops(table, range->size, range->level) + single_ops(table, bytes, level))
		return false;
	widen(range, ipa, ipa + bytes, level, level != S2PT_TLBI_ANY_LEVEL);
	return true;
}

/* The bytes between two ranges. */
static uint64_t
gap(const struct s2pt_tlbi_request *a, const struct s2pt_tlbi_request *b)
{
	const uint64_t a_end = a->ipa.addr + a->size, b_end = b->ipa.addr + b->size;

	if (a_end < b->ipa.addr)
		return b->ipa.addr - a_end;
	return b_end < a->ipa.addr ? a->ipa.addr - b_end : 0;
}

/*
 * There is one range too many: the two that are nearest become one. What lies between is invalidated for nothing, but
 * with the others, at once; and where that is too much for operations by IPA the whole VMID goes.
 */
static NOINLINE void
merge_nearest(struct s2pt_table *table)
{
	struct s2pt_tlbi_request *const last = &table->range[--table->n_ranges];
	struct s2pt_tlbi_request *to = table->range, *from = last;

	for (struct s2pt_tlbi_request *a = table->range; a < last; a++)
		for (struct s2pt_tlbi_request *b = a + 1; b <= last; b++)
			if (gap(a, b) < gap(to, from)) {
				to = a;
				from = b;
			}
	widen(to, from->ipa.addr, from->ipa.addr + from->size, from->level, from->last_level);
	/* (A copy of the whole struct may become a call of memcpy.) */
	from->ipa = last->ipa;
	from->size = last->size;
	from->level = last->level;
	from->last_level = last->last_level;
}

/*
 * Add a range that has become stale. Leaves have one @level; what is of any level may be links.
 */
static void
add_range(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, int level)
{
	struct s2pt_tlbi_request *range;

	if (table->n_ranges && extend(table, &table->range[table->n_ranges - 1u], ipa, bytes, level))
		return;
	range = &table->range[table->n_ranges++];
	range->all = false;
	range->vmid = false;
	range->ipa = s2pt_ipa_of(ipa);
	range->size = bytes;
	range->level = (int8_t)level;
	range->last_level = level != S2PT_TLBI_ANY_LEVEL;
	range->local = false;
	if (table->n_ranges > S2PT_GATHER_RANGES)
		merge_nearest(table);
}

void
s2pt__gather_leaves(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, int level)
{
	add_range(table, ipa, bytes, level);
}

void
s2pt__gather_entries(struct s2pt_table *table, uint64_t ipa, uint64_t bytes)
{
	add_range(table, ipa, bytes, S2PT_TLBI_ANY_LEVEL);
}

/* Is the leaf @raw, that mapped @ipa, a member of a contiguous group, and not the last? */
static bool
group_goes_on(const struct s2pt_table *table, uint64_t ipa, uint64_t raw, int level)
{
	const uint64_t bytes = level_bytes(table, level);

	return (raw & ENTRY_CONTIGUOUS) &&
	       ((ipa + bytes) & ((bytes << level_of(table, level)->group_lg2) - 1u));
}

void
s2pt__gather_leaf(struct s2pt_table *table, uint64_t ipa, uint64_t raw, int level)
{
	add_range(table, ipa, level_bytes(table, level), level);
	s2pt__gather_clean(table, raw, level);
	/*
	 * Not in the middle of a contiguous group, whose remaining members extend the last range and the last memory.
	 */
	if (table->n_cleans == S2PT_GATHER_CLEANS && !group_goes_on(table, ipa, raw, level))
		s2pt__gather_tlbi_cmo(table);
}

void
s2pt__gather_all(struct s2pt_table *table)
{
	table->n_ranges = 0;
	add_range(table, 0, UINT64_C(1) << table->format->ipa_bits, S2PT_TLBI_ANY_LEVEL);
	table->range[0].all = false;
	table->range[0].vmid = true;
}

/* --- Invalidation ---------------------------------------------------------------------------------- */

void
s2pt__gather_tlbi(struct s2pt_table *table)
{
	if (!table->n_ranges)
		return;
	table->host->invalidate(table->host->context, table->range, table->n_ranges);
	table->n_ranges = 0;
	table->stored = false;
}

void
s2pt__gather_tlbi_cmo(struct s2pt_table *table)
{
	s2pt__gather_tlbi(table);
	for (unsigned i = 0; i < table->n_cleans; i++)
		if (!clean_memory(table, table->clean[i].pa.addr, table->clean[i].bytes))
			table->clean_failed = true;
	table->n_cleans = 0;
}

enum s2pt_status
s2pt__clean_status(struct s2pt_table *table, enum s2pt_status status)
{
	const bool failed = table->clean_failed && !table->held;

	table->clean_failed = table->clean_failed && table->held;
	return failed ? S2PT_ERR_CLEAN : status;
}

NOINLINE void
s2pt__tlbi(const struct s2pt_table *table, uint64_t ipa, uint64_t size, int level, bool local)
{
	struct s2pt_tlbi_request request;

	request.all = false;
	request.vmid = false;
	request.ipa = s2pt_ipa_of(ipa);
	request.size = size;
	/* Under a hold a leaf may still be cached with the size that it had before. */
	request.level = (int8_t)(table->held ? S2PT_TLBI_ANY_LEVEL : level);
	request.last_level = true;
	request.local = local;
	table->host->invalidate(table->host->context, &request, 1);
}

void
s2pt__tlbi_page(const struct s2pt_table *table, uint64_t ipa)
{
	struct s2pt_tlbi_request request;

	request.all = false;
	request.vmid = false;
	request.ipa = s2pt_ipa_of(ipa);
	request.size = table->page_bytes;
	request.level = S2PT_LEVEL_LAST;
	request.last_level = true;
	request.local = false;
	table->host->invalidate(table->host->context, &request, 1);
}
