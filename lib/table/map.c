/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "table/engine.h"

struct mapping_range {
	struct range r;
	uint64_t delta;  /* PA minus IPA */
	const struct s2pt_mapping *mapping;
};

static uint64_t
pa_here(const struct mapping_range *m)
{
	return m->r.ipa + m->delta;
}

/* --- Owed before memory becomes visible (E11) ------------------------------------------------------- */

static void
prepare_memory(const struct mapping_range *m, uint64_t bytes)
{
	const struct s2pt_port *port = m->r.table->port;

	if (m->mapping->clean) {
		m->r.table->owes_clean = true;
		port->clean_data(port->context, s2pt_pa_of(pa_here(m)), bytes);
	}
	if (m->mapping->icache)
		port->invalidate_icache(port->context, s2pt_pa_of(pa_here(m)), bytes);
}

/* --- Leaves ---------------------------------------------------------------------------------------- */

/* The highest level whose leaves fit alignment, what is left, and op->highest_level. */
static int
leaf_level(const struct mapping_range *m)
{
	const struct s2pt_table *table = m->r.table;
	uint64_t either = m->r.ipa | pa_here(m);
	uint64_t left = m->r.end - m->r.ipa;
	int level = S2PT_LEVEL_LAST;

	while (level > m->r.op->highest_level && !(either & (level_bytes(table, level - 1) - 1u)) &&
	       left >= level_bytes(table, level - 1) &&
	       s2pt_format_has_block(table->format, level - 1))
		level--;
	return level;
}

/* The descriptor of the leaf at @level that maps what comes next. */
static uint64_t
leaf_here(const struct mapping_range *m, int level)
{
	return m->mapping->bits | entry_leaf_type(level) |
	       address_put(m->r.table->format, pa_here(m));
}

/*
 * How many leaves at @w: those that the range covers whole, in this table, within the budget, and so
 * that adding to an address never carries into bits that stand elsewhere.
 */
static uint64_t
leaf_count(const struct mapping_range *m, const struct walk *w)
{
	unsigned lg2 = level_lg2(m->r.table, w->level);
	uint64_t count = least_u64((m->r.end - m->r.ipa) >> lg2,
				   level_entries(m->r.table, w->level) - w->index);
	uint64_t to_carry = (ADDRESS_LOW_END - (pa_here(m) & (ADDRESS_LOW_END - 1u))) >> lg2;

	return least_u64(least_u64(count, to_carry), range_budget(&m->r));
}

static void
fill(uint64_t *entry, uint64_t count, uint64_t raw, uint64_t step)
{
	for (; count & 3u; count--, entry++, raw += step)
		entry_store(entry, raw);
	for (; count; count -= 4, entry += 4, raw += 4 * step) {
		entry_store(&entry[0], raw);
		entry_store(&entry[1], raw + step);
		entry_store(&entry[2], raw + 2 * step);
		entry_store(&entry[3], raw + 3 * step);
	}
}

/* The same value in all: eight at a time, since nothing has to be computed between two stores. */
static void
fill_same(uint64_t *entry, uint64_t count, uint64_t raw)
{
	for (; count & 7; count--, entry++)
		entry_store(entry, raw);
	for (; count; count -= 8, entry += 8) {
		entry_store(&entry[0], raw);
		entry_store(&entry[1], raw);
		entry_store(&entry[2], raw);
		entry_store(&entry[3], raw);
		entry_store(&entry[4], raw);
		entry_store(&entry[5], raw);
		entry_store(&entry[6], raw);
		entry_store(&entry[7], raw);
	}
}

static void
advance(struct mapping_range *m, uint64_t entries, int level)
{
	m->r.ipa += entries << level_lg2(m->r.table, level);
	m->r.spent += entries;
}

/* --- Where there is no table yet (E2) --------------------------------------------------------------- */

/* Fill a table that nobody can see: @count entries from @first; around them what was there, @before. */
static void
fill_detached(struct s2pt_table *table, uint64_t *entries, int level, uint64_t first, uint64_t count,
	      uint64_t raw, uint64_t before)
{
	uint64_t whole = level_entries(table, level);

	if (before || !(table->port->flags & S2PT_PORT_ZEROED)) {
		fill_same(entries, first, before);
		fill_same(entries + first + count, whole - first - count, before);
	}
	if (before)
		table->annotations += whole - count;
	fill(entries + first, count, raw, level_bytes(table, level));
	if (table->port->flags & S2PT_PORT_NONCOHERENT)
		table->port->clean_tables(table->port->context, entries, (size_t)table_bytes(table));
}

/* Build the tables from the invalid entry at @w down to @level, and link them as one. */
static enum s2pt_status
map_detached(struct mapping_range *m, struct walk *w, int level)
{
	struct s2pt_table *table = m->r.table;
	struct s2pt_page page[LEVELS];
	int top = w->level;
	int made = top;
	uint64_t link;

	while (made < level) {
		if (s2pt__page_take(table, m->r.op, &page[made - top]) != S2PT_OK) {
			while (made > top)
				s2pt__page_return(table, &page[--made - top]);
			return S2PT_ERR_MEMORY;
		}
		made++;
	}

	uint64_t *entry = &w->table[w->index];
	uint64_t before = w->raw;
	uint64_t count;

	w->level = level;
	w->index = (m->r.ipa >> level_lg2(table, level)) & bits_below(s2pt_format_stride(table->format));
	count = leaf_count(m, w);
	prepare_memory(m, count << level_lg2(table, level));
	fill_detached(table, page[level - 1 - top].virt, level, w->index, count, leaf_here(m, level),
		      before);
	for (int at = level - 1; at > top; at--) {
		link = address_put(table->format, page[at - top].pa.addr) | TYPE_TABLE_OR_PAGE;
		fill_detached(table, page[at - 1 - top].virt, at,
			      (m->r.ipa >> level_lg2(table, at)) &
				      bits_below(s2pt_format_stride(table->format)), 1, link, before);
	}
	if (before)
		table->annotations--;
	link = address_put(table->format, page[0].pa.addr) | TYPE_TABLE_OR_PAGE;
	live_link(table, entry, before, link);
	m->r.spent += (uint64_t)(level - top);
	advance(m, count, level);
	return S2PT_OK;
}

/* --- Where there is one ---------------------------------------------------------------------------- */

/* The same, but perhaps for the access flag? */
static bool
is_same(uint64_t raw, uint64_t wanted)
{
	return !((raw ^ wanted) & ~field_mask(DESC_AF));
}

/*
 * Put leaves into entries that are invalid or say the same already, up to the first that does neither.
 * Answers with how many.
 */
static uint64_t
map_run(struct mapping_range *m, const struct walk *w, uint64_t count)
{
	struct s2pt_table *table = m->r.table;
	uint64_t step = level_bytes(table, w->level);
	uint64_t wanted = leaf_here(m, w->level);
	uint64_t *entry = &w->table[w->index];
	uint64_t n = 0;

	for (; n < count; n++, wanted += step) {
		uint64_t raw = entry_load(&entry[n]);

		if (!entry_is_valid(raw)) {
			table->annotations -= entry_is_annotation(raw);
			live_store(table, &entry[n], raw, wanted);
		} else if (!is_same(raw, wanted)) {
			break;
		} else if (wanted & ~raw) {
			entry_fetch_or(&entry[n], wanted);
			live_trace(table, &entry[n], raw, raw | wanted);
		}
	}
	return n;
}

/* Take out what stands in @count entries at @w, invalidate, and put leaves there. */
static void
replace_run(struct mapping_range *m, const struct walk *w, uint64_t count)
{
	struct s2pt_table *table = m->r.table;
	uint64_t bytes = level_bytes(table, w->level);
	uint64_t ipa = m->r.ipa;

	for (uint64_t i = 0; i < count; i++, ipa += bytes) {
		uint64_t *entry = &w->table[w->index + i];
		uint64_t raw = entry_load(entry);

		table->annotations -= entry_is_annotation(raw);
		if (!entry_is_valid(raw))
			continue;
		raw = live_take(table, entry, raw, ENTRY_EMPTY);
		if (entry_is_table(raw, w->level)) {
			s2pt__gather_table(table, ipa, bytes, raw, w->level + 1);
		} else {
			s2pt__gather_leaf(table, ipa, raw, w->level);
		}
	}
	s2pt__flush(table);
	prepare_memory(m, count * bytes);
	for (uint64_t i = 0, raw = leaf_here(m, w->level); i < count; i++, raw += bytes) {
		uint64_t *entry = &w->table[w->index + i];

		live_store(table, entry, entry_load(entry), raw);
	}
}

/* The leaf at @w is higher than what is to be mapped: is it the same memory, the same way? */
static bool
is_inside(const struct mapping_range *m, const struct walk *w)
{
	unsigned lg2 = level_lg2(m->r.table, w->level);
	uint64_t pa = address_get(m->r.table->format, lg2, w->raw) + (m->r.ipa & bits_below(lg2));

	return pa == pa_here(m) &&
	       is_same(entry_attributes(m->r.table->format, w->level, w->raw), m->mapping->bits);
}

/* A leaf at @w covers more than what is to be mapped. */
static enum s2pt_status
map_into_block(struct mapping_range *m, const struct walk *w)
{
	uint64_t bytes = level_bytes(m->r.table, w->level);

	if (is_inside(m, w)) {
		m->r.ipa = least_u64(m->r.end, (m->r.ipa & ~(bytes - 1u)) + bytes);
		m->r.spent++;
		return S2PT_OK;
	}
	return m->r.op->replace ? s2pt__split_cut(&m->r, w) : S2PT_ERR_EXISTS;
}

static enum s2pt_status
map_entries(struct mapping_range *m, const struct walk *w)
{
	uint64_t count = leaf_count(m, w);
	uint64_t done;

	if (m->mapping->clean || m->mapping->icache)
		prepare_memory(m, count << level_lg2(m->r.table, w->level));
	done = map_run(m, w, count);
	if (!done) {
		if (!m->r.op->replace)
			return S2PT_ERR_EXISTS;
		done = m->r.op->batch ? least_u64(count, m->r.op->batch) : count;
		replace_run(m, w, done);
	}
	advance(m, done, w->level);
	return S2PT_OK;
}

static enum s2pt_status
map_step(struct mapping_range *m)
{
	int level = leaf_level(m);
	struct walk w;

	s2pt__walk_to(m->r.table, m->r.ipa, level, &w);
	/* A table where a block would fit: look into it, unless it is to go. */
	while (entry_is_table(w.raw, w.level) && !m->r.op->replace)
		s2pt__walk_to(m->r.table, m->r.ipa, ++level, &w);
	if (w.level == level)
		return map_entries(m, &w);
	if (!entry_is_valid(w.raw))
		return map_detached(m, &w, level);
	return map_into_block(m, &w);
}

/* --- The operation --------------------------------------------------------------------------------- */

static enum s2pt_status
check_map(const struct s2pt_table *table, uint64_t size, s2pt_pa pa,
	  const struct s2pt_mapping *mapping)
{
	enum s2pt_status status = s2pt__check_memory(table, pa, size);

	if (status == S2PT_OK && ((mapping->clean && !table->port->clean_data) ||
	    (mapping->icache && !table->port->invalidate_icache)))
		status = S2PT_ERR_PORT;
	return status;
}

/*
 * One page into an empty entry of a table that is there: what most faults ask for. Answers whether it
 * was that, and is done; if not, nothing has happened.
 */
static inline __attribute__((always_inline)) bool
map_page(struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t pa,
	 const struct s2pt_mapping *mapping)
{
	const struct s2pt_port *port = table->port;
	struct spot spot;

	if (!table->plain_4k || size != UINT64_C(1) << S2PT_GRANULE_4K || (ipa & table->ipa_stray) ||
	    (pa & table->pa_stray) || table->closing || table->ranges || mapping->clean ||
	    mapping->icache)
		return false;
	spot = walk_4k(table, ipa);
	if (spot.level != S2PT_LEVEL_LAST || spot.raw != ENTRY_EMPTY)
		return false;
	live_store(table, spot.entry, spot.raw, mapping->bits | TYPE_TABLE_OR_PAGE | pa);
	op->done = size;
	port->publish(port->context);
	return true;
}

static __attribute__((noinline)) enum s2pt_status
map_range(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, s2pt_pa pa,
	  const struct s2pt_mapping *mapping)
{
	struct mapping_range m;
	enum s2pt_status status = s2pt__range_begin(&m.r, table, op, ipa, size);

	if (status == S2PT_OK)
		status = check_map(table, size, pa, mapping);
	if (status != S2PT_OK)
		return status;
	/* What is pending must be gone before anything takes its place. */
	if (table->ranges)
		s2pt__flush(table);
	m.delta = pa.addr - ipa.addr;
	m.mapping = mapping;
	while (status == S2PT_OK && range_left(&m.r))
		status = range_exhausted(&m.r) ? S2PT_ERR_BUDGET : map_step(&m);
	op->done = m.r.ipa - ipa.addr;
	return s2pt__range_end(&m.r, status);
}

enum s2pt_status
s2pt_table_map(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, s2pt_pa pa,
	       const struct s2pt_mapping *mapping)
{
	if (map_page(table, op, ipa.addr, size, pa.addr, mapping))
		return S2PT_OK;
	return map_range(table, op, ipa, size, pa, mapping);
}

enum s2pt_status
s2pt_mapping_init(const struct s2pt_format *format, const struct s2pt_leaf *leaf, bool ram,
		  struct s2pt_mapping *mapping)
{
	bool forced = (format->feats & S2PT_FEAT_S2FWB) &&
		      (leaf->type == S2PT_MEM_NORMAL_WB ||
		       leaf->type == S2PT_MEM_NORMAL_WB_NOTAGACCESS);
	s2pt_desc desc;

	if (leaf->contiguous)
		return S2PT_ERR_CONTIGUOUS;

	enum s2pt_status status = s2pt_desc_leaf(format, S2PT_LEVEL_LAST, s2pt_pa_of(0), leaf, &desc);

	if (status == S2PT_OK) {
		mapping->bits = desc.raw & ~ENTRY_TYPE;
		mapping->clean = ram && !forced;
		mapping->icache = ram && (leaf->x_el1 || leaf->x_el0);
	}
	return status;
}
