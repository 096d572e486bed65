/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Gather, invalidate, retire (E4), and the cache maintenance that comes between (E11). */
#include "table/engine.h"

/* --- Cache maintenance ------------------------------------------------------------------------------ */

/*
 * Leaves whose removal leaves dirty lines behind, that the next owner would see: cacheable ones. Under
 * FWB's forced Write-Back the host's own accesses hit the same lines.
 */
static bool
needs_clean(s2pt_feats feats, uint8_t memattr)
{
	enum s2pt_memtype type;

	if (s2pt_memattr_decode(feats, memattr, &type) != S2PT_OK)
		return true;
	return !s2pt_memtype_is_device(type) && type != S2PT_MEM_NORMAL_NC &&
	       !s2pt__is_forced_wb(feats, type);
}

uint16_t
s2pt__cmo_memattrs(s2pt_feats feats)
{
	uint16_t cmo_memattrs = 0;

	for (unsigned memattr = 0; memattr < 16; memattr++)
		if (needs_clean(feats, (uint8_t)memattr))
			cmo_memattrs |= (uint16_t)(1u << memattr);
	return cmo_memattrs;
}

/*
 * The memory of the leaf @raw is to be cleaned, if it needs it; what follows the last one extends it. There
 * is room for one more.
 */
static void
gather_clean(struct s2pt_table *table, uint64_t raw, int level)
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

/* --- Gathering ------------------------------------------------------------------------------------- */

/* Does @range touch or overlap [@ipa, @end)? */
static bool
touches(const struct s2pt_tlbi_request *range, uint64_t ipa, uint64_t end)
{
	return range->ipa.addr <= end && ipa <= range->ipa.addr + range->size;
}

/* Operations for @bytes of @level where there are no ranges: one for each entry or, of any level, granule. */
static uint64_t
single_ops(const struct s2pt_table *table, uint64_t bytes, int level)
{
	return bytes >> (level == S2PT_TLBI_ANY_LEVEL ? table->format->granule_lg2 : level_lg2(table, level));
}

/*
 * May @range be extended to [@first, @end) by @bytes of @level? Not where that loses a level at a cost: a CPU
 * or an SMMU without ranges would have to go through the blocks by the granule. But a gather that is full would
 * have to be invalidated, which costs more than any of that.
 */
static bool
may_extend(const struct s2pt_table *table, const struct s2pt_tlbi_request *range, uint64_t first,
	   uint64_t end, uint64_t bytes, int level)
{
	return range->level == level || table->n_ranges == S2PT_GATHER_RANGES ||
	       single_ops(table, end - first, S2PT_TLBI_ANY_LEVEL) <=
		       single_ops(table, range->size, range->level) + single_ops(table, bytes, level);
}

/* Extend @range, if what is stale touches it and may be part of it. */
static bool
extend(const struct s2pt_table *table, struct s2pt_tlbi_request *range, uint64_t ipa, uint64_t bytes, int level,
       bool last_level)
{
	uint64_t first, end = ipa + bytes;

	if (!touches(range, ipa, end))
		return false;
	first = min_u64(range->ipa.addr, ipa);
	if (range->ipa.addr + range->size > end)
		end = range->ipa.addr + range->size;
	if (!may_extend(table, range, first, end, bytes, level))
		return false;
	range->ipa.addr = first;
	range->size = end - first;
	if (range->level != level)
		range->level = S2PT_TLBI_ANY_LEVEL;
	range->last_level = range->last_level && last_level;
	return true;
}

/*
 * Add a range that has become stale already. Where there is no room, those before it go first, never it: the
 * rest of its contiguous group may be valid still, and a walker would learn all of the group again from that.
 */
static void
add_range(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, int level, bool last_level)
{
	struct s2pt_tlbi_request *range;

	if (table->n_ranges && extend(table, &table->range[table->n_ranges - 1u], ipa, bytes, level, last_level))
		return;
	if (table->n_ranges == S2PT_GATHER_RANGES)
		s2pt__gather_tlbi(table);
	range = &table->range[table->n_ranges++];
	range->vmid = false;
	range->ipa = s2pt_ipa_of(ipa);
	range->size = bytes;
	range->level = (int8_t)level;
	range->last_level = last_level;
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
	table->generation++;
	s2pt__gather_entries(table, ipa, bytes);
	s2pt__begin_retiring(&table->unlinked[table->n_unlinked++], s2pt_pa_of(link_address(table, raw)), level);
}

/* Is the leaf @raw, that mapped @ipa, a member of a contiguous group, and not the last? */
static bool
group_goes_on(const struct s2pt_table *table, uint64_t ipa, uint64_t raw, int level)
{
	const uint64_t bytes = level_bytes(table, level);

	return field_bit(DESC_CONTIGUOUS, raw) &&
	       ((ipa + bytes) & ((bytes << level_of(table, level)->group_lg2) - 1u));
}

void
s2pt__gather_leaf(struct s2pt_table *table, uint64_t ipa, uint64_t raw, int level)
{
	add_range(table, ipa, level_bytes(table, level), level, true);
	gather_clean(table, raw, level);
	/* The rest of a group extends the last of both. */
	if (table->n_cleans == S2PT_GATHER_CLEANS && !group_goes_on(table, ipa, raw, level))
		s2pt__gather_tlbi_cmo(table);
}

void
s2pt__gather_all(struct s2pt_table *table)
{
	table->n_ranges = 0;
	add_range(table, 0, UINT64_C(1) << table->format->ipa_bits, S2PT_TLBI_ANY_LEVEL, false);
	table->range[0].vmid = true;
}

NOINLINE void
s2pt__tlbi(const struct s2pt_table *table, uint64_t ipa, uint64_t size, int level, bool local)
{
	struct s2pt_tlbi_request request;

	request.vmid = false;
	request.ipa = s2pt_ipa_of(ipa);
	request.size = size;
	/* Under a hold a leaf may still be cached with the size that it had before. */
	request.level = table->held ? S2PT_TLBI_ANY_LEVEL : (int8_t)level;
	request.last_level = true;
	request.local = local;
	table->host->invalidate(table->host->context, &request, 1);
}

void
s2pt__gather_tlbi(struct s2pt_table *table)
{
	if (table->n_ranges)
		table->host->invalidate(table->host->context, table->range, table->n_ranges);
	table->n_ranges = 0;
}

void
s2pt__gather_tlbi_cmo(struct s2pt_table *table)
{
	s2pt__gather_tlbi(table);
	for (unsigned i = 0; i < table->n_cleans; i++)
		table->host->clean_data(table->host->context, table->clean[i].pa, table->clean[i].bytes);
	table->n_cleans = 0;
}

/* --- Retiring -------------------------------------------------------------------------------------- */

/* The memory that leaves mapped is clean before their tables are anybody else's. */
static void
retire_pages(struct s2pt_table *table)
{
	s2pt__gather_tlbi_cmo(table);
	if (table->n_pages)
		table->host->retire(table->host->context, (size_t)table_bytes(table), table->page,
				    table->n_pages);
	table->pages -= table->n_pages;
	table->n_pages = 0;
}

/* There is room. */
static void
queue_page(struct s2pt_table *table, uint64_t *virt, uint64_t pa)
{
	struct s2pt_page *page = &table->page[table->n_pages++];

	page->virt = virt;
	page->pa = s2pt_pa_of(pa);
}

void
s2pt__retire_page(struct s2pt_table *table, uint64_t *virt, uint64_t pa)
{
	table->generation++;
	queue_page(table, virt, pa);
	if (table->n_pages == S2PT_GATHER_PAGES)
		retire_pages(table);
}

/* What an entry of a dead table needs that is not a table itself. */
static void
retire_entry(struct s2pt_table *table, uint64_t raw, int level)
{
	if (entry_is_valid(raw))
		gather_clean(table, raw, level);
	else if (entry_is_annotation(raw))
		table->annotations--;
}

/* The entry of a table at @level in whose range @at lies; the table at @top has all that precede it. */
static uint64_t
index_at(const struct s2pt_table *table, int level, int top, uint64_t at)
{
	uint64_t index = at >> level_lg2(table, level);

	return level == top ? index : index & (level_entries(table, level) - 1u);
}

/* Leave each table that ends before @at: nothing under it is left, so it goes. */
static int
retire_finished(struct s2pt_table *table, int level, int top, uint64_t at)
{
	while (level > top && !(at & (level_bytes(table, level - 1) - 1u))) {
		uint64_t raw = table->path[level - 1 - S2PT_LEVEL_FIRST]
					  [index_at(table, level - 1, top, at - 1u)];

		queue_page(table, table->path[level - S2PT_LEVEL_FIRST], link_address(table, raw));
		level--;
	}
	return level;
}

/* Tables that nobody has begun to retire. */
static uint64_t
pages_left(const struct s2pt_table *table)
{
	return table->pages - table->n_pages;
}

/* Room for the tables that a step may find finished. */
#define PAGES_FULL (S2PT_GATHER_PAGES - LEVELS)

/* Leaf tables under a table, from @index on: nothing in them is looked at. How many entries? */
static uint64_t
retire_leaf_tables(struct s2pt_table *table, const uint64_t *entries, uint64_t index, int level,
		   uint64_t to_keep)
{
	const uint64_t whole = level_entries(table, level);
	const uint64_t room = min_u64(PAGES_FULL - table->n_pages, pages_left(table) - to_keep);
	struct s2pt_page *page = &table->page[table->n_pages];
	uint64_t i = index, taken = 0;

	for (; i < whole && taken < room; i++)
		if (entry_is_link(entries[i], level)) {
			uint64_t pa = link_address(table, entries[i]);

			page[taken].virt = table_at(table, pa);
			page[taken].pa = s2pt_pa_of(pa);
			taken++;
		}
	table->n_pages += (uint8_t)taken;
	return i - index;
}

/* The entry of the table at @level on the way to dead->at: how much of what it maps has been passed? */
static NOINLINE uint64_t
retire_next(struct s2pt_table *table, const struct s2pt_unlinked *dead, int level, uint64_t to_keep)
{
	const uint64_t *entries = table->path[level - S2PT_LEVEL_FIRST];
	const uint64_t index = index_at(table, level, dead->level, dead->at);
	uint64_t passed = 1;

	if (entry_is_link(entries[index], level)) {
		if (level != S2PT_LEVEL_LAST - 1 || table->needs_clean || table->annotations) {
			table->path[level + 1 - S2PT_LEVEL_FIRST] = child_of(table, entries[index]);
			return 0;
		}
		passed = retire_leaf_tables(table, entries, index, level, to_keep);
	} else {
		retire_entry(table, entries[index], level);
	}
	return passed << level_lg2(table, level);
}

/* Nothing is written into the dead: where a call goes on follows from dead->at. */
bool
s2pt__retire_below(struct s2pt_table *table, struct s2pt_unlinked *dead, uint64_t budget)
{
	const uint64_t end = level_entries(table, dead->level) << level_lg2(table, dead->level);
	const uint64_t to_keep = pages_left(table) > budget ? pages_left(table) - budget : 0;
	uint64_t **path = &table->path[-S2PT_LEVEL_FIRST];
	int level = dead->level;

	path[level] = table_at(table, dead->table.addr);
	for (; dead->at & (level_bytes(table, level) - 1u); level++)
		path[level + 1] = child_of(table, path[level][index_at(table, level, dead->level, dead->at)]);
	while (dead->at != end && (!to_keep || pages_left(table) > to_keep)) {
		uint64_t passed;

		if (table->n_pages >= PAGES_FULL || table->n_cleans == S2PT_GATHER_CLEANS)
			retire_pages(table);
		passed = retire_next(table, dead, level, to_keep);
		dead->at += passed;
		level = passed ? retire_finished(table, level, dead->level, dead->at) : level + 1;
	}
	return dead->at == end;
}

void
s2pt__begin_retiring(struct s2pt_unlinked *dead, s2pt_pa table, int level)
{
	dead->table = table;
	dead->at = 0;
	dead->level = (int8_t)level;
}

static void
retire_unlinked(struct s2pt_table *table, struct s2pt_unlinked *dead)
{
	if (dead->level != S2PT_LEVEL_LAST || table->needs_clean || table->annotations)
		s2pt__retire_below(table, dead, UINT64_MAX);
	s2pt__retire_page(table, table_at(table, dead->table.addr), dead->table.addr);
}

void
s2pt__gather_drain(struct s2pt_table *table)
{
	s2pt__gather_tlbi_cmo(table);
	for (unsigned i = 0; i < table->n_unlinked; i++)
		retire_unlinked(table, &table->unlinked[i]);
	table->n_unlinked = 0;
	retire_pages(table);
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
	s2pt__gather_drain(table);
}
