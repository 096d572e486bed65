/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "table/engine.h"

struct moving {
	struct range r;
	uint64_t from;  /* PA minus IPA, before */
	uint64_t to;    /* ... and after */
	void (*copy)(void *context, s2pt_pa from, s2pt_pa to, uint64_t bytes);
	void *context;
};

/* Is @raw a leaf at @level that maps @ipa as the caller says, and can it move? */
static enum s2pt_status
check_leaf(const struct moving *m, uint64_t raw, int level, uint64_t ipa)
{
	unsigned lg2 = level_lg2(m->r.table, level);

	if (!entry_is_leaf(raw, level))
		return S2PT_ERR_NOT_MAPPED;
	if (address_get(m->r.table->format, lg2, raw) != ipa + m->from)
		return S2PT_ERR_EXISTS;
	if (entry_is_executable(raw) && !m->r.table->port->invalidate_icache)
		return S2PT_ERR_PORT;
	return (ipa + m->to) & bits_below(lg2) ? S2PT_ERR_OA_ALIGN : S2PT_OK;
}

/* How many leaves from @w on can move; where none can, why. */
static uint64_t
count_leaves(const struct moving *m, const struct walk *w, uint64_t count, enum s2pt_status *status)
{
	unsigned lg2 = level_lg2(m->r.table, w->level);
	uint64_t n = 0;

	*status = S2PT_OK;
	for (; n < count; n++) {
		*status = check_leaf(m, entry_load(&w->table[w->index + n]), w->level,
				     m->r.ipa + (n << lg2));
		if (*status != S2PT_OK)
			break;
	}
	return n;
}

/* Break them all, invalidate once, and for each let the host copy, then make it again. */
static void
move_run(struct moving *m, const struct walk *w, uint64_t count)
{
	struct s2pt_table *table = m->r.table;
	const struct s2pt_format *format = table->format;
	unsigned lg2 = level_lg2(table, w->level);
	uint64_t bytes = UINT64_C(1) << lg2;
	uint64_t *entry = &w->table[w->index];

	for (uint64_t n = 0; n < count; n++) {
		uint64_t raw = entry_load(&entry[n]);
		uint64_t old = live_take(table, &entry[n], raw, entry_broken(raw));

		/* What hardware wrote last is to stay. */
		entry_store(&entry[n], entry_broken(old));
		s2pt__gather_leaf(table, m->r.ipa + (n << lg2), old, w->level);
	}
	s2pt__flush(table);
	for (uint64_t n = 0; n < count; n++) {
		uint64_t raw = entry_load(&entry[n]);
		uint64_t ipa = m->r.ipa + (n << lg2);
		uint64_t made = (raw & ~(ENTRY_TYPE | address_mask(format, lg2))) |
				entry_leaf_type(w->level) | address_put(format, ipa + m->to);

		if (m->copy)
			m->copy(m->context, s2pt_pa_of(ipa + m->from), s2pt_pa_of(ipa + m->to), bytes);
		if (table->owes_clean && table->port->clean_data)
			table->port->clean_data(table->port->context, s2pt_pa_of(ipa + m->to), bytes);
		if (entry_is_executable(raw))
			table->port->invalidate_icache(table->port->context,
						       s2pt_pa_of(ipa + m->to), bytes);
		live_store(table, &entry[n], raw, made);
	}
}

static enum s2pt_status
move_step(struct moving *m)
{
	struct range *r = &m->r;
	enum s2pt_status status;
	struct walk w;
	uint64_t bytes, count;

	s2pt__walk_to(r->table, r->ipa, S2PT_LEVEL_LAST, &w);
	bytes = level_bytes(r->table, w.level);
	if (!entry_is_leaf(w.raw, w.level))
		return S2PT_ERR_NOT_MAPPED;
	if ((r->ipa & (bytes - 1u)) || r->end - r->ipa < bytes)
		return s2pt__split_cut(r, &w);
	count = least_u64((r->end - r->ipa) / bytes, level_entries(r->table, w.level) - w.index);
	count = least_u64(count, range_budget(r));
	if (r->op->batch)
		count = least_u64(count, r->op->batch);
	count = count_leaves(m, &w, count, &status);
	if (!count)
		return status;
	move_run(m, &w, count);
	r->ipa += count * bytes;
	r->spent += count;
	return S2PT_OK;
}

enum s2pt_status
s2pt_table_move(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		s2pt_pa from, s2pt_pa to,
		void (*copy)(void *context, s2pt_pa from, s2pt_pa to, uint64_t bytes), void *context)
{
	struct moving m;
	enum s2pt_status status = s2pt__range_begin(&m.r, table, op, ipa, size);

	if (status == S2PT_OK)
		status = s2pt__check_memory(table, from, size);
	if (status == S2PT_OK)
		status = s2pt__check_memory(table, to, size);
	if (status != S2PT_OK)
		return status;
	m.from = from.addr - ipa.addr;
	m.to = to.addr - ipa.addr;
	m.copy = copy;
	m.context = context;
	while (status == S2PT_OK && range_left(&m.r))
		status = range_exhausted(&m.r) ? S2PT_ERR_BUDGET : move_step(&m);
	op->done = m.r.ipa - ipa.addr;
	return s2pt__range_end(&m.r, status);
}
