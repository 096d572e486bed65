/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The host's values in invalid entries (E12). */
#include "table/engine.h"

#define ANNOTATION_SHIFT 2

enum s2pt_status
s2pt__divide_annotation(struct range *r, const struct walk *w)
{
	struct s2pt_table *table = r->table;
	uint64_t entries = level_entries(table, w->level + 1);
	struct s2pt_page page;
	uint64_t *copy;

	if (s2pt__page_take(table, r->op, &page) != S2PT_OK)
		return S2PT_ERR_MEMORY;
	copy = page.virt;
	for (uint64_t i = 0; i < entries; i++)
		entry_store(&copy[i], w->raw);
	if (table->port->flags & S2PT_PORT_NONCOHERENT)
		table->port->clean_tables(table->port->context, copy, (size_t)table_bytes(table));
	if (w->raw)
		table->annotations += entries - 1u;
	live_link(table, &w->table[w->index], w->raw,
		  address_put(table->format, page.pa.addr) | TYPE_TABLE_OR_PAGE);
	r->spent++;
	return S2PT_OK;
}

/* The highest level of an entry that begins here and is in the range. */
static int
entry_level(const struct range *r)
{
	int level = S2PT_LEVEL_LAST;

	while (level > r->table->format->start_level && level > r->op->highest_level &&
	       !(r->ipa & (level_bytes(r->table, level - 1) - 1u)) &&
	       r->end - r->ipa >= level_bytes(r->table, level - 1))
		level--;
	return level;
}

/* Walk to where the next entry is to be, dividing what is above it and says something else. */
static enum s2pt_status
walk_dividing(struct range *r, int level, uint64_t wanted, struct walk *w)
{
	for (;;) {
		enum s2pt_status status;

		s2pt__walk_to(r->table, r->ipa, level, w);
		if (w->level == level || entry_is_valid(w->raw) || w->raw == wanted)
			return S2PT_OK;
		status = s2pt__divide_annotation(r, w);
		if (status != S2PT_OK) {
			/* No empty table stays linked (E6). */
			s2pt__prune(r->table, w, r->ipa);
			return status;
		}
	}
}

static uint64_t
annotate_run(struct s2pt_table *table, const struct walk *w, uint64_t count, uint64_t wanted)
{
	uint64_t n = 0;

	for (; n < count; n++) {
		uint64_t *entry = &w->table[w->index + n];
		uint64_t raw = entry_load(entry);

		if (entry_is_valid(raw))
			break;
		if (raw != wanted)
			live_store(table, entry, raw, wanted);
		table->annotations += wanted != ENTRY_EMPTY;
		table->annotations -= entry_is_annotation(raw);
	}
	return n;
}

static enum s2pt_status
annotate_step(struct range *r, uint64_t wanted)
{
	int level = entry_level(r);
	enum s2pt_status status;
	uint64_t bytes, count;
	struct walk w;

	s2pt__walk_to(r->table, r->ipa, level, &w);
	while (entry_is_table(w.raw, w.level))
		s2pt__walk_to(r->table, r->ipa, ++level, &w);
	status = walk_dividing(r, level, wanted, &w);
	if (status != S2PT_OK)
		return status;
	if (entry_is_valid(w.raw))
		return S2PT_ERR_EXISTS;
	bytes = level_bytes(r->table, w.level);
	if (w.level < level) {
		/* What is above says the same. */
		r->ipa = least_u64(r->end, (r->ipa | (bytes - 1u)) + 1u);
		r->spent++;
		return S2PT_OK;
	}
	count = least_u64((r->end - r->ipa) / bytes, level_entries(r->table, level) - w.index);
	count = annotate_run(r->table, &w, least_u64(count, range_budget(r)), wanted);
	if (!wanted)
		s2pt__prune(r->table, &w, r->ipa);
	r->ipa += count * bytes;
	r->spent += count;
	return S2PT_OK;
}

enum s2pt_status
s2pt_table_annotate(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		    uint64_t value)
{
	struct range r;
	enum s2pt_status status = s2pt__range_begin(&r, table, op, ipa, size);

	if (status == S2PT_OK && value >= S2PT_ANNOTATION_LIMIT)
		status = S2PT_ERR_CHANGE;
	if (status != S2PT_OK)
		return status;
	while (status == S2PT_OK && range_left(&r))
		status = range_exhausted(&r) ? S2PT_ERR_BUDGET
					     : annotate_step(&r, value << ANNOTATION_SHIFT);
	op->done = r.ipa - ipa.addr;
	return s2pt__range_end(&r, status);
}
