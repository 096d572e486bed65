/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Shared operations: one leaf each, by compare-and-swap. They use nothing of the table that belongs to the
 * exclusive operation in progress: neither its gather, nor its range, nor its way.
 */
#include <s2pt/live.h>

#include "table/change.h"

/* log2 of the bytes that a leaf table of the usual table (4K) maps. */
#define BLOCK_4K_LG2 21

uint64_t
s2pt_table_sequence(const struct s2pt_table *table)
{
	return count_load(&table->sequence);
}

/*
 * Shared operations invalidate what they change themselves. Where a hold keeps invalidations back, what is
 * invalid in the table may still be cached, and nothing may take its place.
 */
static enum s2pt_status
check_ipa(const struct s2pt_table *table, uint64_t ipa)
{
	if (ipa >> table->format->ipa_bits)
		return S2PT_ERR_RANGE;
	if (table->closing)
		return S2PT_ERR_CLOSING;
	return table->held ? S2PT_ERR_EXCLUSIVE : S2PT_OK;
}

/* --- Walking --------------------------------------------------------------------------------------- */

static uint64_t
cursor_bytes(const struct s2pt_table *table)
{
	return level_entries(table, S2PT_LEVEL_LAST) << table->format->granule_lg2;
}

/* Is the cursor about the leaf table that maps @ipa? No table is unlinked while shared operations run. */
static inline bool
cursor_has(const struct s2pt_table *table, const struct s2pt_cursor *cursor, uint64_t ipa, uint64_t bytes)
{
	return cursor && cursor->epoch == table->epoch && ipa - cursor->base < bytes;
}

/* Remember the leaf table that a walk ended in. */
static void
cursor_set(const struct s2pt_table *table, struct s2pt_cursor *cursor, uint64_t ipa, const struct spot *spot)
{
	if (!cursor || spot->level != S2PT_LEVEL_LAST)
		return;
	cursor->base = ipa & ~(cursor_bytes(table) - 1u);
	cursor->entries = spot->entry - ((ipa - cursor->base) >> spot->lg2);
	cursor->epoch = table->epoch;
}

/* The entry at which the walk for @ipa ends; from the cursor, if it is about the same leaf table. */
static void
find(const struct s2pt_table *table, struct s2pt_cursor *cursor, uint64_t ipa, struct spot *spot)
{
	if (cursor_has(table, cursor, ipa, cursor_bytes(table))) {
		spot->level = S2PT_LEVEL_LAST;
		spot->lg2 = table->format->granule_lg2;
		spot->entry = cursor->entries + ((ipa - cursor->base) >> spot->lg2);
		spot->raw = entry_load(spot->entry);
		return;
	}
	s2pt__find(table, ipa, spot);
	cursor_set(table, cursor, ipa, spot);
}

/* What was done to a live entry becomes known. */
static enum s2pt_status
announce(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	live_trace(table, entry, before, after);
	table->port->publish(table->port->context);
	return S2PT_OK;
}

/* AF of the leaf at @spot is set. */
static enum s2pt_status
set_young(const struct s2pt_table *table, const struct spot *spot)
{
	uint64_t raw = spot->raw;

	if (raw & field_mask(DESC_AF))
		return S2PT_OK;
	if (!entry_compare_exchange(spot->entry, &raw, raw | field_mask(DESC_AF)))
		return S2PT_RACED;
	return announce(table, spot->entry, raw, raw | field_mask(DESC_AF));
}

/* --- Mapping --------------------------------------------------------------------------------------- */

/* One leaf to be mapped. */
struct live_leaf {
	struct s2pt_table *table;
	struct s2pt_answer *answer;
	const struct s2pt_mapping *mapping;
	uint64_t ipa;
	uint64_t pa;
	int level;
};

static uint64_t
leaf_descriptor(const struct live_leaf *leaf)
{
	return leaf->mapping->bits | entry_leaf_type(leaf->level) |
	       s2pt__address_bits(leaf->table, leaf->pa);
}

/* Nothing is mapped at @spot, at the leaf's level. */
static enum s2pt_status
map_empty(const struct live_leaf *leaf, const struct spot *spot)
{
	struct s2pt_table *table = leaf->table;
	uint64_t raw = spot->raw, made = leaf_descriptor(leaf);

	s2pt__prepare_memory(table, leaf->mapping, leaf->pa, UINT64_C(1) << spot->lg2);
	if (!entry_compare_exchange(spot->entry, &raw, made))
		return S2PT_RACED;
	if (raw)
		count_add(&table->annotations, -UINT64_C(1));
	return announce(table, spot->entry, raw, made);
}

/* Nothing is mapped at @spot, above the leaf's level: make the tables that are missing, and link them. */
static enum s2pt_status
map_below(const struct live_leaf *leaf, const struct spot *spot)
{
	struct s2pt_table *table = leaf->table;
	const uint64_t index = index_of(table, leaf->ipa, leaf->level);
	uint64_t raw = spot->raw, link;
	uint64_t *entries = s2pt__make_path(table, leaf->answer->cache, spot->level, leaf->level, leaf->ipa,
					    raw, &link);

	/* Where the memory has gone to another CPU that was faster, this is only a lost race. */
	if (!entries)
		return entry_load(spot->entry) == spot->raw ? S2PT_ERR_MEMORY : S2PT_RACED;
	s2pt__prepare_memory(table, leaf->mapping, leaf->pa, level_bytes(table, leaf->level));
	s2pt__fill_around(table, entries, leaf->level, index, 1, raw);
	entry_store(&entries[index], leaf_descriptor(leaf));
	s2pt__clean_table(table, entries);
	if (!entry_compare_exchange(spot->entry, &raw, link)) {
		s2pt__unmake_path(table, link, spot->level + 1, leaf->level, leaf->ipa);
		return S2PT_RACED;
	}
	if (raw)
		count_add(&table->annotations, (uint64_t)(leaf->level - spot->level) *
					       (level_entries(table, leaf->level) - 1u) - 1u);
	return announce(table, spot->entry, raw, link);
}

/* All CPUs forget one leaf. */
static void
forget_leaf(const struct live_leaf *leaf)
{
	s2pt__forget(leaf->table, leaf->ipa, level_bytes(leaf->table, leaf->level), leaf->level, false);
}

/* This CPU forgets what is mapped at @spot: a leaf of that size, pages in its place, or a larger leaf. */
static void
forget_here(const struct live_leaf *leaf, const struct spot *spot)
{
	const struct s2pt_table *table = leaf->table;
	const bool larger = spot->level < leaf->level;

	s2pt__forget(table, leaf->ipa, larger ? table_bytes(table) : level_bytes(table, leaf->level),
		     spot->level == leaf->level ? leaf->level : S2PT_TLBI_ANY_LEVEL, true);
}

/*
 * Another leaf is mapped at @spot: break, invalidate, make. Meanwhile the entry is broken, and nobody
 * else's. Once broken it is not written by hardware either.
 */
static NOINLINE enum s2pt_status
map_over(const struct live_leaf *leaf, const struct spot *spot)
{
	struct s2pt_table *table = leaf->table;
	uint64_t raw = spot->raw, made = leaf_descriptor(leaf);

	if (!entry_compare_exchange(spot->entry, &raw, entry_broken(raw)))
		return S2PT_RACED;
	live_trace(table, spot->entry, raw, entry_broken(raw));
	forget_leaf(leaf);
	if (leaf_owes_clean(table, raw))
		table->port->clean_data(table->port->context,
					s2pt_pa_of(s2pt__address_of(table, raw, leaf->level)),
					level_bytes(table, leaf->level));
	s2pt__prepare_memory(table, leaf->mapping, leaf->pa, level_bytes(table, leaf->level));
	entry_store_release(spot->entry, made);
	leaf->answer->before = s2pt_desc_of(raw);
	return announce(table, spot->entry, entry_broken(raw), made);
}

/* A leaf is mapped at @spot, at the leaf's level or above it: is it the same? */
static bool
is_there(const struct live_leaf *leaf, const struct spot *spot)
{
	const struct s2pt_table *table = leaf->table;
	uint64_t pa = s2pt__address_of(table, spot->raw, spot->level) + (leaf->ipa & bits_below(spot->lg2));

	return pa == leaf->pa && entry_serves(entry_attributes(table->format, spot->level, spot->raw),
					      leaf->mapping->bits, table->marker);
}

static enum s2pt_status
map_at(const struct live_leaf *leaf, const struct spot *spot)
{
	const uint64_t raw = spot->raw;

	if (spot->level > leaf->level)
		return S2PT_ERR_EXCLUSIVE;
	if (entry_is_broken(raw))
		return S2PT_RACED;
	if (!entry_is_valid(raw))
		return spot->level == leaf->level ? map_empty(leaf, spot) : map_below(leaf, spot);
	if (is_there(leaf, spot))
		return leaf->mapping->bits & field_mask(DESC_AF) ? set_young(leaf->table, spot) : S2PT_OK;
	if (!leaf->answer->replace)
		return S2PT_ERR_EXISTS;
	if (spot->level != leaf->level || entry_is_member(raw, spot->level))
		return S2PT_ERR_EXCLUSIVE;
	return map_over(leaf, spot);
}

/* The level whose leaves map 2^@lg2 bytes; LEVELS where there is none. */
static int
level_of_size(const struct s2pt_table *table, unsigned lg2)
{
	int level = S2PT_LEVEL_LAST;

	while (level > table->start_level && level_lg2(table, level) < lg2)
		level--;
	return level_of(table, level)->leaves && level_lg2(table, level) == lg2 ? level : LEVELS;
}

static NOINLINE enum s2pt_status
check_leaf(const struct live_leaf *leaf)
{
	const struct s2pt_table *table = leaf->table;
	const uint64_t beyond = bits_below(leaf->answer->lg2 & 63u);
	enum s2pt_status status = check_ipa(table, leaf->ipa);

	if (status != S2PT_OK)
		return status;
	if (leaf->level == LEVELS)
		return S2PT_ERR_LEVEL;
	if ((leaf->ipa | leaf->pa) & beyond)
		return S2PT_ERR_RANGE;
	return s2pt__check_map(table, s2pt_pa_of(leaf->pa), beyond + 1u, leaf->mapping);
}

static NOINLINE enum s2pt_status
map_leaf(const struct live_leaf *leaf, struct s2pt_cursor *cursor)
{
	enum s2pt_status status = check_leaf(leaf);
	struct spot spot;

	if (status != S2PT_OK)
		return status;
	find(leaf->table, cursor, leaf->ipa, &spot);
	if (s2pt_table_sequence(leaf->table) == leaf->answer->sequence)
		status = map_at(leaf, &spot);
	else
		status = S2PT_RACED;
	if (leaf->answer->permission)
		forget_here(leaf, &spot);
	return status;
}

/* The entry of the page at @ipa, if a table for it is there; in the usual table. */
static inline uint64_t *
page_entry(const struct s2pt_table *table, struct s2pt_cursor *cursor, uint64_t ipa)
{
	struct spot spot;

	if (cursor_has(table, cursor, ipa, UINT64_C(1) << BLOCK_4K_LG2))
		return cursor->entries + ((ipa - cursor->base) >> S2PT_GRANULE_4K);
	spot = walk_4k(table, ipa);
	cursor_set(table, cursor, ipa, &spot);
	return spot.level == S2PT_LEVEL_LAST ? spot.entry : NULL;
}

/*
 * One page into an empty entry of a table that is there: what most faults ask for. Answers whether it
 * was that, and is done; if not, nothing has happened.
 */
static inline __attribute__((always_inline)) bool
map_page(const struct s2pt_table *table, struct s2pt_cursor *cursor, const struct s2pt_answer *answer,
	 uint64_t ipa, uint64_t pa, const struct s2pt_mapping *mapping)
{
	const uint64_t made = mapping->bits | TYPE_TABLE_OR_PAGE | pa;
	uint64_t *entry, raw = ENTRY_EMPTY;

	if (!table->plain_4k || answer->lg2 != S2PT_GRANULE_4K || answer->permission ||
	    (ipa & table->ipa_stray) || (pa & table->pa_stray) || table->closing || table->held ||
	    mapping->clean || mapping->icache || s2pt_table_sequence(table) != answer->sequence)
		return false;
	entry = page_entry(table, cursor, ipa);
	if (!entry || !entry_compare_exchange(entry, &raw, made))
		return false;
	announce(table, entry, ENTRY_EMPTY, made);
	return true;
}

static NOINLINE enum s2pt_status
map_any(struct s2pt_table *table, struct s2pt_cursor *cursor, struct s2pt_answer *answer, s2pt_ipa ipa,
	s2pt_pa pa, const struct s2pt_mapping *mapping)
{
	struct live_leaf leaf;

	leaf.table = table;
	leaf.answer = answer;
	leaf.mapping = mapping;
	leaf.ipa = ipa.addr;
	leaf.pa = pa.addr;
	leaf.level = level_of_size(table, answer->lg2);
	return map_leaf(&leaf, cursor);
}

enum s2pt_status
s2pt_live_map(struct s2pt_table *table, struct s2pt_cursor *cursor, struct s2pt_answer *answer,
	      s2pt_ipa ipa, s2pt_pa pa, const struct s2pt_mapping *mapping)
{
	if (map_page(table, cursor, answer, ipa.addr, pa.addr, mapping))
		return S2PT_OK;
	return map_any(table, cursor, answer, ipa, pa, mapping);
}

/* --- Rights ---------------------------------------------------------------------------------------- */

/* May the leaf at @spot, which is to become writable, be more than @max_lg2 (0: any)? */
static enum s2pt_status
check_write(const struct s2pt_table *table, const struct spot *spot, uint8_t max_lg2)
{
	if (spot->raw & field_mask(DESC_S2AP_W))
		return S2PT_OK;
	if (!(spot->raw & table->marker))
		return S2PT_ERR_READ_ONLY;
	return max_lg2 && spot->lg2 > max_lg2 ? S2PT_ERR_EXCLUSIVE : S2PT_OK;
}

/* What a change asks of the leaf at @spot: S2PT_OK, and what it is to be, or why not. */
static enum s2pt_status
wanted_of(const struct recipe *recipe, const struct spot *spot, const uint8_t *max_lg2, uint64_t *wanted)
{
	if (entry_is_broken(spot->raw))
		return S2PT_RACED;
	if (!entry_is_leaf(spot->raw, spot->level))
		return S2PT_ERR_NOT_MAPPED;
	*wanted = s2pt__apply(recipe, spot->raw);
	if (*wanted != spot->raw && entry_is_member(spot->raw, spot->level))
		return S2PT_ERR_EXCLUSIVE;
	if (max_lg2)
		return check_write(recipe->r->table, spot, *max_lg2);
	return s2pt__is_forbidden(recipe, spot->raw, *wanted) ? S2PT_ERR_EXEC_UNCACHED : S2PT_OK;
}

/*
 * Change one leaf, as often as others change it at the same time; then forget it here, always (E3).
 * @max_lg2: of a write; else NULL.
 */
static enum s2pt_status
change_leaf(const struct recipe *recipe, struct s2pt_cursor *cursor, uint64_t ipa, const uint8_t *max_lg2)
{
	struct s2pt_table *table = recipe->r->table;
	enum s2pt_status status;
	struct spot spot;
	uint64_t wanted;

	find(table, cursor, ipa, &spot);
	for (;;) {
		status = wanted_of(recipe, &spot, max_lg2, &wanted);
		if (status != S2PT_OK || wanted == spot.raw)
			break;
		s2pt__prepare_fetches(recipe, spot.raw, spot.level);
		if (entry_compare_exchange(spot.entry, &spot.raw, wanted)) {
			announce(table, spot.entry, spot.raw, wanted);
			break;
		}
	}
	s2pt__forget(table, ipa & ~(table_bytes(table) - 1u), table_bytes(table), S2PT_TLBI_ANY_LEVEL, true);
	return status;
}

enum s2pt_status
s2pt_live_relax(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa,
		const struct s2pt_change *rights)
{
	enum s2pt_status status = check_ipa(table, ipa.addr);
	struct recipe recipe;
	struct s2pt_range r;

	r.table = table;
	if (status == S2PT_OK)
		status = s2pt__relax_recipe(&recipe, &r, rights);
	return status == S2PT_OK ? change_leaf(&recipe, cursor, ipa.addr, NULL) : status;
}

enum s2pt_status
s2pt_live_write(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa, uint8_t max_lg2)
{
	enum s2pt_status status = check_ipa(table, ipa.addr);
	struct recipe recipe;
	struct s2pt_range r;

	r.table = table;
	s2pt__begin_recipe(&recipe, &r);
	recipe.when = table->marker;
	recipe.set = table->marker ? field_mask(DESC_S2AP_W) : 0;
	return status == S2PT_OK ? change_leaf(&recipe, cursor, ipa.addr, &max_lg2) : status;
}

/* --- The access flag ------------------------------------------------------------------------------- */

enum s2pt_status
s2pt_live_young(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa)
{
	enum s2pt_status status = check_ipa(table, ipa.addr);
	struct spot spot;

	if (status != S2PT_OK)
		return status;
	find(table, cursor, ipa.addr, &spot);
	if (entry_is_broken(spot.raw))
		return S2PT_RACED;
	if (!entry_is_leaf(spot.raw, spot.level))
		return S2PT_ERR_NOT_MAPPED;
	return set_young(table, &spot);
}

/* --- Conflicts ------------------------------------------------------------------------------------- */

void
s2pt_live_conflict(const struct s2pt_table *table)
{
	struct s2pt_tlbi_request request;

	request.vmid = true;
	request.ipa = s2pt_ipa_of(0);
	request.size = 0;
	request.level = S2PT_TLBI_ANY_LEVEL;
	request.last_level = false;
	request.local = true;
	table->port->invalidate(table->port->context, &request, 1);
}
