/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* visit.c: reading a table: its leaves by run, what it consists of, and how many pages an operation may need. */
#include "table/walk.h"

_Static_assert(sizeof(s2pt_desc) == sizeof(uint64_t), "a table is an array of descriptors");

enum s2pt_status
s2pt_table_visit(const struct s2pt_table *table, s2pt_ipa ipa, uint64_t size,
		 bool (*visitor)(void *context, const struct s2pt_run *run), void *context)
{
	const enum s2pt_status status = s2pt__check_span(table, ipa.addr, size);
	uint64_t at = ipa.addr, end = ipa.addr + size;

	if (status != S2PT_OK)
		return status;
	while (at < end) {
		struct s2pt_run run;
		struct walk w;
		uint64_t touched, n = 1;

		s2pt__walk(table, at, S2PT_LEVEL_LAST, NULL, &w);
		run.bytes = level_bytes(table, w.level);
		run.ipa = s2pt_ipa_of(at & ~(run.bytes - 1u));
		touched = s2pt__run_length(table, &w, at, end - at);
		if (entry_is_leaf(w.raw, w.level)) {
			while (n < touched && entry_is_leaf(entry_load(&w.entry[n]), w.level))
				n++;
			run.level = (int8_t)w.level;
			run.leaf = (const s2pt_desc *)w.entry;
			run.count = n;
			if (!visitor(context, &run))
				return S2PT_OK;
		} else {
			n += count_invalid(&w.entry[1], touched - 1u);
		}
		at = run.ipa.addr + n * run.bytes;
	}
	return S2PT_OK;
}

/* --- Counting -------------------------------------------------------------------------------------- */

/* Count a run of leaves of one type, or of invalid entries, or one other entry, at @w. Returns how many. */
static uint64_t
count_entries(const struct s2pt_table *table, const struct walk *w, struct s2pt_stats *stats)
{
	uint64_t left = level_entries(table, w->level) - w->index;
	enum s2pt_memtype type;
	uint64_t n = 0;

	if (!entry_is_valid(w->raw))
		return 1u + count_invalid(&w->entry[1], left - 1u);
	if (s2pt_memattr_decode(table->format->feats, entry_memattr(w->raw), &type) != S2PT_OK)
		return 1;
	while (n < left) {
		uint64_t raw = entry_load(&w->entry[n]);

		if (!entry_is_leaf(raw, w->level) || entry_memattr(raw) != entry_memattr(w->raw))
			break;
		n++;
	}
	stats->leaves[w->level - S2PT_LEVEL_FIRST] += n;
	stats->bytes[type] += n << level_lg2(table, w->level);
	return n;
}

void
s2pt_table_stats(const struct s2pt_table *table, struct s2pt_stats *stats)
{
	const int start = table->start_level;
	uint64_t end = UINT64_C(1) << table->format->ipa_bits;
	struct walk w;

	for (size_t i = 0; i < LEVELS; i++)
		stats->tables[i] = stats->leaves[i] = 0;
	for (size_t i = 0; i < S2PT_MEMTYPE_COUNT; i++)
		stats->bytes[i] = 0;
	if (table->destroying)
		return;
	stats->tables[start - S2PT_LEVEL_FIRST] = 1;
	for (uint64_t at = 0; at < end;) {
		s2pt__walk(table, at, S2PT_LEVEL_LAST, NULL, &w);
		/* A table is counted where its range begins. */
		for (int level = level_begun(table, &w, at) + 1; level <= w.level; level++)
			stats->tables[level - S2PT_LEVEL_FIRST]++;
		at += count_entries(table, &w, stats) << level_lg2(table, w.level);
	}
}

/* --- Planning -------------------------------------------------------------------------------------- */

/* The tables at @level that a range touches. */
static uint64_t
tables_touched(const struct s2pt_table *table, uint64_t ipa, uint64_t size, int level)
{
	unsigned lg2 = level_lg2(table, level - 1);

	return ((ipa + size - 1u) >> lg2) - (ipa >> lg2) + 1u;
}

uint64_t
s2pt_table_pages_needed(const struct s2pt_table *table, enum s2pt_operation operation, s2pt_ipa ipa, uint64_t size,
			uint8_t max_lg2)
{
	const bool inside = operation <= S2PT_OPERATION_SPLIT;
	uint64_t pages = 0;

	if (operation == S2PT_OPERATION_COLLAPSE)
		return 0;
	/* Inside, tables down to leaves of that size; at the two ends, tables down to pages. */
	for (int at = table->start_level + 1; at <= S2PT_LEVEL_LAST; at++) {
		uint64_t touched = tables_touched(table, ipa.addr, size, at);

		pages += inside && level_lg2(table, at) >= max_lg2 ? touched : min_u64(touched, 2);
	}
	return pages;
}
