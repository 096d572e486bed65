/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* range.c: a range operation in progress. See range.h. */
#include "table/range.h"

#include "table/reclaim.h"
#include "table/report.h"

enum s2pt_status
s2pt__check_bounds(const struct s2pt_table *table, uint64_t ipa, uint64_t size)
{
	uint64_t limit = UINT64_C(1) << table->format->ipa_bits;

	if (!size)
		return S2PT_ERR_EMPTY;
	if (ipa & (table_bytes(table) - 1u))
		return S2PT_ERR_IPA_ALIGN;
	if (size & (table_bytes(table) - 1u))
		return S2PT_ERR_SIZE_ALIGN;
	return ipa >= limit || size > limit - ipa ? S2PT_ERR_IPA_SIZE : S2PT_OK;
}

enum s2pt_status
s2pt__range_check(const struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	enum s2pt_status status;

	op_begin(op);
	if (table->destroying)
		return S2PT_ERR_DESTROYED;
	status = s2pt__check_bounds(table, ipa.addr, size);
	if (status != S2PT_OK)
		return status;
	if (op->done > size || (op->done & (table_bytes(table) - 1u)))
		return S2PT_ERR_POSITION;
	return s2pt__check_bitmap(table->format, op->dirty, ipa.addr, size);
}

void
s2pt__range_start(struct s2pt_range *r, struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa,
		  uint64_t size)
{
	r->table = table;
	r->op = op;
	r->begin = ipa;
	r->ipa = ipa + op->done;
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
	table->short_at = UINT64_MAX;
	table->broken = 0;
	return status;
}

uint64_t
s2pt__range_budget(const struct s2pt_range *r)
{
	if (!r->op->budget)
		return UINT64_MAX;
	return r->op->budget > r->spent ? r->op->budget - r->spent : 1;
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
	if (!r->table->held)
		s2pt__gather_end(r->table);
	return s2pt__clean_status(r->table, status);
}
