/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Gather, invalidate, retire (E4), and the cache maintenance that comes between (E11). */
#include "table/engine.h"

/* --- Cache maintenance ------------------------------------------------------------------------------ */

/*
 * Leaves whose removal leaves dirty lines behind, that the next owner would see: cacheable ones. Under
 * FWB's forced Write-Back the host's own accesses hit the same lines.
 */
static bool
leaf_owes_clean(const struct s2pt_format *format, uint64_t raw)
{
	enum s2pt_memtype type;

	if (s2pt_memattr_decode(format->feats, field_get(DESC_MEMATTR, raw) & 0xfu, &type) != S2PT_OK)
		return true;
	if (s2pt_memtype_is_device(type) || type == S2PT_MEM_NORMAL_NC)
		return false;
	return !(format->feats & S2PT_FEAT_S2FWB) ||
	       (type != S2PT_MEM_NORMAL_WB && type != S2PT_MEM_NORMAL_WB_NOTAGACCESS);
}

static void
clean_now(struct s2pt_table *table, const struct s2pt_clean *clean)
{
	if (clean->bytes)
		table->port->clean_data(table->port->context, clean->pa, clean->bytes);
}

/* Extend @clean by the memory of the leaf @raw, if it follows; else answer false. */
static bool
clean_extends(struct s2pt_clean *clean, uint64_t pa, uint64_t bytes)
{
	if (clean->bytes && clean->pa.addr + clean->bytes != pa)
		return false;
	if (!clean->bytes)
		clean->pa = s2pt_pa_of(pa);
	clean->bytes += bytes;
	return true;
}

static void
clean_add(struct s2pt_table *table, struct s2pt_clean *clean, uint64_t raw, int level)
{
	unsigned lg2 = level_lg2(table, level);
	uint64_t pa = address_get(table->format, lg2, raw);

	if (!leaf_owes_clean(table->format, raw))
		return;
	if (!clean_extends(clean, pa, UINT64_C(1) << lg2)) {
		clean_now(table, clean);
		clean->pa = s2pt_pa_of(pa);
		clean->bytes = UINT64_C(1) << lg2;
	}
}

/* --- Gathering ------------------------------------------------------------------------------------- */

/* Does @range touch or overlap [@ipa, @end)? */
static bool
touches(const struct s2pt_tlbi_request *range, uint64_t ipa, uint64_t end)
{
	return range->ipa.addr <= end && ipa <= range->ipa.addr + range->size;
}

/* Add a range; one that touches the last one extends it. */
static void
add_range(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, int level, bool last_level)
{
	struct s2pt_tlbi_request *range;
	uint64_t end = ipa + bytes;

	if (table->ranges && touches(&table->range[table->ranges - 1u], ipa, end)) {
		range = &table->range[table->ranges - 1u];
		if (range->ipa.addr + range->size > end)
			end = range->ipa.addr + range->size;
		range->ipa.addr = least_u64(range->ipa.addr, ipa);
		range->size = end - range->ipa.addr;
		if (range->level != level)
			range->level = S2PT_TLBI_ANY_LEVEL;
		range->last_level = range->last_level && last_level;
		return;
	}
	if (table->ranges == S2PT_GATHER_RANGES)
		s2pt__flush(table);
	range = &table->range[table->ranges++];
	range->vmid = false;
	range->ipa = s2pt_ipa_of(ipa);
	range->size = bytes;
	range->level = (int8_t)level;
	range->last_level = last_level;
	range->ns = false;
	range->local = false;
}

void
s2pt__gather_leaves(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, int level)
{
	add_range(table, ipa, bytes, level, true);
}

void
s2pt__gather_entries(struct s2pt_table *table, uint64_t ipa, uint64_t bytes)
{
	add_range(table, ipa, bytes, S2PT_TLBI_ANY_LEVEL, false);
}

void
s2pt__gather_table(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, uint64_t raw, int level)
{
	if (table->deads == S2PT_GATHER_TABLES)
		s2pt__flush(table);
	add_range(table, ipa, bytes, S2PT_TLBI_ANY_LEVEL, false);
	table->dead[table->deads].table =
		s2pt_pa_of(link_address(table, raw));
	table->dead[table->deads].level = (int8_t)level;
	table->deads++;
}

void
s2pt__gather_leaf(struct s2pt_table *table, uint64_t ipa, uint64_t raw, int level)
{
	unsigned lg2 = level_lg2(table, level);
	uint64_t pa = address_get(table->format, lg2, raw);

	/* The range first: whatever flushes from here on invalidates it before anything is cleaned. */
	add_range(table, ipa, UINT64_C(1) << lg2, level, true);
	if (!table->owes_clean || !leaf_owes_clean(table->format, raw))
		return;
	if (table->cleans &&
	    clean_extends(&table->clean[table->cleans - 1u], pa, UINT64_C(1) << lg2))
		return;
	if (table->cleans == S2PT_GATHER_CLEANS)
		s2pt__flush(table);
	table->clean[table->cleans].pa = s2pt_pa_of(pa);
	table->clean[table->cleans].bytes = UINT64_C(1) << lg2;
	table->cleans++;
}

void
s2pt__gather_all(struct s2pt_table *table)
{
	add_range(table, 0, UINT64_C(1) << table->format->ipa_bits, S2PT_TLBI_ANY_LEVEL, false);
	table->range[table->ranges - 1u].vmid = true;
}

/* --- Retiring -------------------------------------------------------------------------------------- */

#define RETIRE_BATCH 8

struct retiring {
	struct s2pt_table *table;
	struct s2pt_page page[RETIRE_BATCH];
	size_t pages;
	uint64_t retired;
	struct s2pt_clean clean;
};

static void
retire_pages(struct retiring *q)
{
	const struct s2pt_port *port = q->table->port;

	/* The memory that leaves mapped is clean before their tables are anybody else's. */
	clean_now(q->table, &q->clean);
	q->clean.bytes = 0;
	if (q->pages)
		port->retire(port->context, (size_t)table_bytes(q->table), q->page, q->pages);
	q->table->pages -= q->pages;
	q->pages = 0;
}

static void
retire_page(struct retiring *q, uint64_t *virt, uint64_t pa)
{
	if (q->pages == RETIRE_BATCH)
		retire_pages(q);
	q->page[q->pages].virt = virt;
	q->page[q->pages].pa = s2pt_pa_of(pa);
	q->pages++;
	q->retired++;
}

/* What an entry of a dead table owes that is not a table itself. */
static void
retire_entry(struct retiring *q, uint64_t raw, int level)
{
	if (entry_is_valid(raw) && q->table->owes_clean)
		clean_add(q->table, &q->clean, raw, level);
	else if (entry_is_annotation(raw))
		q->table->annotations--;
}

/* The entry of a table at @level in whose range @at lies; the table at @top has all that precede it. */
static uint64_t
index_at(const struct s2pt_table *table, int level, int top, uint64_t at)
{
	uint64_t index = at >> level_lg2(table, level);

	return level == top ? index : index & bits_below(s2pt_format_stride(table->format));
}

/* Leave each table that ends before @at: nothing under it is left, so it goes. */
static int
retire_finished(struct retiring *q, uint64_t *const *path, int level, int top, uint64_t at)
{
	while (level > top && !(at & (level_bytes(q->table, level - 1) - 1u))) {
		uint64_t raw = path[level - 1 - S2PT_LEVEL_FIRST]
				   [index_at(q->table, level - 1, top, at - 1u)];

		retire_page(q, path[level - S2PT_LEVEL_FIRST], link_address(q->table, raw));
		level--;
	}
	return level;
}

/* The leaf tables under a table, from @index on: nothing in them is looked at. How many entries? */
static uint64_t
retire_leaf_tables(struct retiring *q, const uint64_t *entries, uint64_t index, int level,
		   uint64_t budget)
{
	const struct s2pt_table *table = q->table;
	uint64_t whole = level_entries(table, level), i = index;

	for (; i < whole && q->retired < budget; i++)
		if (entry_is_link(entries[i], level)) {
			uint64_t pa = link_address(table, entries[i]);

			retire_page(q, table_at(table, pa), pa);
		}
	return i - index;
}

/* Nothing is written into the dead: where a call goes on follows from *@at. */
bool
s2pt__retire_below(struct s2pt_table *table, uint64_t *top, int top_level, uint64_t *at,
		   uint64_t budget)
{
	const uint64_t end = level_entries(table, top_level) << level_lg2(table, top_level);
	const bool look = table->owes_clean || table->annotations;
	uint64_t *path[LEVELS];
	int level = top_level;
	struct retiring q;

	q.table = table;
	q.pages = 0;
	q.retired = 0;
	q.clean.bytes = 0;
	path[level - S2PT_LEVEL_FIRST] = top;
	for (; *at & (level_bytes(table, level) - 1u); level++)
		path[level + 1 - S2PT_LEVEL_FIRST] =
			child_of(table, path[level - S2PT_LEVEL_FIRST]
					    [index_at(table, level, top_level, *at)]);
	while (*at != end && q.retired < budget) {
		uint64_t *entries = path[level - S2PT_LEVEL_FIRST];
		uint64_t index = index_at(table, level, top_level, *at);
		uint64_t passed = 1;

		if (!look && level == S2PT_LEVEL_LAST - 1) {
			passed = retire_leaf_tables(&q, entries, index, level, budget);
		} else if (entry_is_link(entries[index], level)) {
			path[++level - S2PT_LEVEL_FIRST] = child_of(table, entries[index]);
			continue;
		} else {
			retire_entry(&q, entries[index], level);
		}
		*at += passed << level_lg2(table, level);
		level = retire_finished(&q, path, level, top_level, *at);
	}
	retire_pages(&q);
	return *at == end;
}

static void
retire_dead(struct s2pt_table *table, const struct s2pt_dead *dead)
{
	uint64_t *virt = table_at(table, dead->table.addr);
	struct s2pt_page page;
	uint64_t at = 0;

	if (dead->level != S2PT_LEVEL_LAST || table->owes_clean || table->annotations)
		s2pt__retire_below(table, virt, dead->level, &at, UINT64_MAX);
	page.virt = virt;
	page.pa = dead->table;
	s2pt__page_return(table, &page);
}

void
s2pt__flush(struct s2pt_table *table)
{
	const struct s2pt_port *port = table->port;

	if (table->ranges)
		port->invalidate(port->context, table->range, table->ranges);
	table->ranges = 0;
	for (unsigned i = 0; i < table->cleans; i++)
		clean_now(table, &table->clean[i]);
	table->cleans = 0;
	for (unsigned i = 0; i < table->deads; i++)
		retire_dead(table, &table->dead[i]);
	table->deads = 0;
}

void
s2pt_table_hold(struct s2pt_table *table)
{
	table->held = true;
}

void
s2pt_table_release(struct s2pt_table *table)
{
	table->held = false;
	s2pt__flush(table);
}
