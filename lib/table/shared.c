/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * shared.c: operations on one leaf each, which run beside each other on any number of CPUs.
 *
 * An entry is changed by compare-and-swap, and the loser returns S2PT_RACED. A missing path is built out of sight and
 * linked by one compare-and-swap. Replacing a leaf is break-before-make:
 *
 *     leaf --CAS--> broken --(TLBI)--> new leaf
 *
 * and a CPU that meets the broken entry has lost a race. Of the table they use nothing that belongs to an exclusive
 * operation: neither the gather, nor the range, nor the other scratch.
 */
#include <s2pt/shared.h>

#include "table/build.h"
#include "table/cmo.h"
#include "table/gather.h"
#include "table/range.h"
#include "table/ring.h"
#include "table/short.h"
#include "table/store.h"
#include "table/update.h"

uint64_t
s2pt_table_invalidate_seq(const struct s2pt_table *table)
{
	return count_load(&table->invalidate_seq);
}

/* Under a hold an entry that is invalid in the table may still be cached, and nothing may be mapped in its place. */
static enum s2pt_status
check_ipa(const struct s2pt_table *table, uint64_t ipa)
{
	if (ipa >> table->format->ipa_bits)
		return S2PT_ERR_IPA_SIZE;
	if (table->destroying)
		return S2PT_ERR_DESTROYED;
	return table->held ? S2PT_ERR_EXCLUSIVE : S2PT_OK;
}

/* --- Walking --------------------------------------------------------------------------------------- */

static uint64_t
cursor_bytes(const struct s2pt_table *table)
{
	return level_entries(table, S2PT_LEVEL_LAST) << table->format->granule_lg2;
}

/* Does the cursor have the leaf table that maps @ipa? No table is unlinked while shared operations run. */
static inline bool
cursor_has(const struct s2pt_table *table, const struct s2pt_cursor *cursor, uint64_t ipa, uint64_t bytes)
{
	return cursor && cursor->table == table && cursor->generation == table->generation &&
	       ipa - cursor->base < bytes;
}

/* Record the leaf table in which a walk has ended, at @entry. */
static void
cursor_set(const struct s2pt_table *table, struct s2pt_cursor *cursor, uint64_t ipa, uint64_t *entry)
{
	if (!cursor)
		return;
	cursor->base = ipa & ~(cursor_bytes(table) - 1u);
	cursor->entries = entry - ((ipa - cursor->base) >> table->format->granule_lg2);
	cursor->generation = table->generation;
	cursor->table = table;
}

/* Leaves for [@ipa, @ipa + @bytes), of one leaf table, may become dirty: nobody knows that those parts are clean. */
static NOINLINE void
forget_parts(const struct s2pt_table *table, uint64_t ipa, uint64_t bytes)
{
	const uint64_t first = index_of(table, ipa, S2PT_LEVEL_LAST) >> part_lg2(table);
	const uint64_t last = index_of(table, ipa + bytes - 1u, S2PT_LEVEL_LAST) >> part_lg2(table);
	const uint64_t clean = entry_with_clean(0, bits_below((unsigned)last + 1u) & ~bits_below((unsigned)first));
	struct walk w;

	s2pt__walk(table, ipa, S2PT_LEVEL_LAST - 1, NULL, &w);
	if (w.raw & clean)
		forget_clean(table, w.entry, clean);
}

/*
 * The entry at which the walk for @ipa ends; from the cursor, if it has that leaf table. The leaf may become dirty.
 * What is known to be clean elsewhere in its table has to be looked at each time, so that no cursor receives it.
 */
static void
find(const struct s2pt_table *table, struct s2pt_cursor *cursor, uint64_t ipa, struct pos *pos)
{
	if (cursor_has(table, cursor, ipa, cursor_bytes(table))) {
		pos->level = S2PT_LEVEL_LAST;
		pos->lg2 = table->format->granule_lg2;
		pos->entry = cursor->entries + ((ipa - cursor->base) >> pos->lg2);
		pos->raw = entry_load(pos->entry);
		pos->clean = false;
		return;
	}
	s2pt__find(table, ipa, pos);
	if (pos->level != S2PT_LEVEL_LAST)
		return;
	if (pos->clean)
		forget_parts(table, ipa, 1);
	else
		cursor_set(table, cursor, ipa, pos->entry);
}

/* Trace and publish a successful compare-and-swap. */
static enum s2pt_status
publish_entry(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	trace_store(table, entry, before, after);
	table->host->publish(table->host->context);
	return S2PT_OK;
}

/* Set AF in the leaf at @pos. */
static enum s2pt_status
set_af(const struct s2pt_table *table, const struct pos *pos)
{
	uint64_t raw = pos->raw;

	if (raw & ENTRY_AF)
		return S2PT_OK;
	if (!entry_compare_exchange(pos->entry, &raw, raw | ENTRY_AF))
		return S2PT_RACED;
	return publish_entry(table, pos->entry, raw, raw | ENTRY_AF);
}

/* --- Mapping --------------------------------------------------------------------------------------- */

/* One leaf to be mapped. */
struct shared_leaf {
	struct s2pt_table *table;
	struct s2pt_map_request *request;
	const struct s2pt_mapping *mapping;
	uint64_t ipa;
	uint64_t pa;
	int level;
};

static inline void
leaf_init(struct shared_leaf *leaf, struct s2pt_table *table, struct s2pt_map_request *request, s2pt_ipa ipa,
	  s2pt_pa pa, const struct s2pt_mapping *mapping)
{
	leaf->table = table;
	leaf->request = request;
	leaf->mapping = mapping;
	leaf->ipa = ipa.addr;
	leaf->pa = pa.addr;
	leaf->level = level_of_size(table, request->lg2);
}

static uint64_t
leaf_descriptor(const struct shared_leaf *leaf)
{
	return leaf->mapping->bits | entry_leaf_type(leaf->level) |
	       s2pt__address_bits(leaf->table, leaf->pa);
}

/* Nothing is mapped at @pos, at the leaf's level. */
static enum s2pt_status
map_empty(const struct shared_leaf *leaf, const struct pos *pos)
{
	struct s2pt_table *table = leaf->table;
	uint64_t raw = pos->raw, made = leaf_descriptor(leaf);

	if (!s2pt__prepare_memory(table, leaf->mapping, leaf->pa, UINT64_C(1) << pos->lg2))
		return S2PT_ERR_CLEAN;
	if (!entry_compare_exchange(pos->entry, &raw, made))
		return S2PT_RACED;
	if (raw)
		count_add(&table->annotations, -UINT64_C(1));
	return publish_entry(table, pos->entry, raw, made);
}

/* Nothing is mapped at @pos, above the leaf's level: make the tables that are missing, and link them. */
static enum s2pt_status
map_below(const struct shared_leaf *leaf, const struct pos *pos)
{
	struct s2pt_table *table = leaf->table;
	const uint64_t index = index_of(table, leaf->ipa, leaf->level);
	uint64_t raw = pos->raw, link;
	uint64_t *entries;

	if (!s2pt__prepare_memory(table, leaf->mapping, leaf->pa, level_bytes(table, leaf->level)))
		return S2PT_ERR_CLEAN;
	entries = s2pt__build_tables(table, leaf->request->cache, pos->level, leaf->level, leaf->ipa, raw, &link);
	/* If the entry has changed meanwhile, another CPU has used the memory: report the lost race. */
	if (!entries)
		return entry_load(pos->entry) == pos->raw ? (enum s2pt_status)link : S2PT_RACED;
	s2pt__fill_siblings(table, entries, leaf->level, index, 1, raw);
	entry_init(&entries[index], leaf_descriptor(leaf));
	s2pt__clean_table(table, entries);
	if (!entry_compare_exchange(pos->entry, &raw, link)) {
		s2pt__free_unlinked(table, link, pos->level + 1, leaf->level, leaf->ipa);
		return S2PT_RACED;
	}
	if (raw)
		count_add(&table->annotations,
			  (uint64_t)(leaf->level - pos->level) * (level_entries(table, leaf->level) - 1u) - 1u);
	return publish_entry(table, pos->entry, raw, link);
}

/* Invalidate one leaf, on all CPUs. */
static void
tlbi_leaf(const struct shared_leaf *leaf)
{
	s2pt__tlbi(leaf->table, leaf->ipa, level_bytes(leaf->table, leaf->level), leaf->level, false);
}

/* Invalidate on this CPU what may be mapped at @pos: a leaf of that size, pages in its place, or a larger leaf. */
static void
tlbi_local(const struct shared_leaf *leaf, const struct pos *pos)
{
	const struct s2pt_table *table = leaf->table;
	const bool larger = pos->level < leaf->level;

	s2pt__tlbi(table, leaf->ipa, larger ? table_bytes(table) : level_bytes(table, leaf->level),
		   pos->level == leaf->level ? leaf->level : S2PT_TLBI_ANY_LEVEL, true);
}

/*
 * Replace the leaf at @pos: break, invalidate, make; or restore it, where caches could not be cleaned. Once broken, the
 * entry is written by nobody else.
 */
static NOINLINE enum s2pt_status
map_over(const struct shared_leaf *leaf, const struct pos *pos)
{
	struct s2pt_table *table = leaf->table;
	uint64_t raw = pos->raw, made = leaf_descriptor(leaf);
	bool ready;

	if (!entry_compare_exchange(pos->entry, &raw, entry_broken(raw)))
		return S2PT_RACED;
	trace_store(table, pos->entry, raw, entry_broken(raw));
	tlbi_leaf(leaf);
	ready = (!leaf_needs_clean(table, raw) || clean_leaf(table, raw, leaf->level)) &&
		s2pt__prepare_memory(table, leaf->mapping, leaf->pa, level_bytes(table, leaf->level));
	if (!ready)
		made = raw;
	entry_store_release(pos->entry, made);
	publish_entry(table, pos->entry, entry_broken(raw), made);
	if (!ready)
		return S2PT_ERR_CLEAN;
	leaf->request->old = s2pt_desc_of(raw);
	return S2PT_OK;
}

/* Does the leaf at @pos, which is at the level of the new one or above, map the same memory in the same way? */
static bool
maps_the_same(const struct shared_leaf *leaf, const struct pos *pos)
{
	const struct s2pt_table *table = leaf->table;
	uint64_t pa = s2pt__address_of(table, pos->raw, pos->level) + (leaf->ipa & bits_below(pos->lg2));

	return pa == leaf->pa && entry_equivalent(entry_attributes(table->format, pos->level, pos->raw),
						  leaf->mapping->bits, table->tracking_bit);
}

static enum s2pt_status
map_at(const struct shared_leaf *leaf, const struct pos *pos)
{
	const uint64_t raw = pos->raw;

	if (pos->level > leaf->level)
		return S2PT_ERR_EXCLUSIVE;
	if (entry_is_broken(raw))
		return S2PT_RACED;
	if (!entry_is_valid(raw))
		return pos->level == leaf->level ? map_empty(leaf, pos) : map_below(leaf, pos);
	if (maps_the_same(leaf, pos))
		return leaf->mapping->bits & ENTRY_AF ? set_af(leaf->table, pos) : S2PT_OK;
	if (!leaf->request->replace)
		return S2PT_ERR_EXISTS;
	if (pos->level != leaf->level || entry_is_member(raw, pos->level))
		return S2PT_ERR_EXCLUSIVE;
	return map_over(leaf, pos);
}

/*
 * May the leaf, with @before bytes before it and @after bytes behind it, be mapped so? The latter are multiples of the
 * granule.
 */
static NOINLINE enum s2pt_status
check_leaf(const struct shared_leaf *leaf, uint64_t before, uint64_t after)
{
	const struct s2pt_table *table = leaf->table;
	const uint64_t beyond = bits_below(leaf->request->lg2 & 63u);
	enum s2pt_status status = check_ipa(table, leaf->ipa);

	if (status != S2PT_OK)
		return status;
	if (leaf->level == LEVELS)
		return S2PT_ERR_LEVEL;
	if (leaf->ipa & beyond)
		return S2PT_ERR_IPA_ALIGN;
	if (leaf->pa & beyond)
		return S2PT_ERR_PA_ALIGN;
	if (before > leaf->ipa || after > bits_below(table->format->ipa_bits) - (leaf->ipa | beyond))
		return S2PT_ERR_IPA_SIZE;
	if (before > leaf->pa)
		return S2PT_ERR_OA_SIZE;
	return s2pt__check_mapping(table, s2pt_pa_of(leaf->pa - before), before + beyond + 1u + after, leaf->mapping);
}

static NOINLINE enum s2pt_status
map_leaf(const struct shared_leaf *leaf, struct s2pt_cursor *cursor)
{
	enum s2pt_status status = check_leaf(leaf, 0, 0);
	struct pos pos;

	if (status != S2PT_OK)
		return status;
	find(leaf->table, cursor, leaf->ipa, &pos);
	if (s2pt_table_invalidate_seq(leaf->table) == leaf->request->invalidate_seq)
		status = map_at(leaf, &pos);
	else
		status = S2PT_RACED;
	if (leaf->request->permission)
		tlbi_local(leaf, &pos);
	return status;
}

/* The entry of the page at @ipa, if a table for it is there, and nothing of that known to be clean; the usual table. */
static inline __attribute__((always_inline)) uint64_t *
page_entry_4k(const struct s2pt_table *table, struct s2pt_cursor *cursor, uint64_t ipa)
{
	struct pos pos;

	if (cursor_has(table, cursor, ipa, UINT64_C(1) << BLOCK_4K_LG2))
		return cursor->entries + ((ipa - cursor->base) >> S2PT_GRANULE_4K);
	pos = walk_4k(table, ipa);
	if (!is_at_page(&pos))
		return NULL;
	cursor_set(table, cursor, ipa, pos.entry);
	return pos.entry;
}

/* The same in any table. */
static inline uint64_t *
page_entry(const struct s2pt_table *table, struct s2pt_cursor *cursor, uint64_t ipa)
{
	struct pos pos;

	if (cursor_has(table, cursor, ipa, cursor_bytes(table)))
		return cursor->entries + ((ipa - cursor->base) >> level_lg2(table, S2PT_LEVEL_LAST));
	if (!walk_to_page(table, ipa, &pos))
		return NULL;
	cursor_set(table, cursor, ipa, pos.entry);
	return pos.entry;
}

/* Is a request for one page, of 2^@lg2 bytes, and was nothing invalidated since it was made? */
static inline __attribute__((always_inline)) bool
is_for_page(const struct s2pt_table *table, const struct s2pt_map_request *request, unsigned lg2, uint64_t ipa,
	    uint64_t pa)
{
	return request->lg2 == lg2 && !request->permission && !(ipa & table->ipa_invalid_mask) &&
	       !(pa & table->short_pa_mask) && s2pt_table_invalidate_seq(table) == request->invalidate_seq;
}

/*
 * One page that needs no cache maintenance into an empty entry of a leaf table that is there, in the usual table.
 * False: it is not that, and nothing has happened.
 */
static inline __attribute__((always_inline)) bool
map_page(const struct s2pt_table *table, struct s2pt_cursor *cursor, const struct s2pt_map_request *request,
	 uint64_t ipa, uint64_t pa, const struct s2pt_mapping *mapping)
{
	const uint64_t made = entry_table_or_page(pa, mapping->bits);
	uint64_t *entry, raw = ENTRY_EMPTY;

	if ((mapping->key & ~table->waived) != table->usual_key ||
	    !is_for_page(table, request, S2PT_GRANULE_4K, ipa, pa))
		return false;
	entry = page_entry_4k(table, cursor, ipa);
	if (!entry || !entry_compare_exchange(entry, &raw, made))
		return false;
	publish_entry(table, entry, ENTRY_EMPTY, made);
	return true;
}

/* The same of a page that may need maintenance, as executable ones do, in any table. True: the answer is *@status. */
static NOINLINE bool
map_prepared(struct s2pt_table *table, struct s2pt_cursor *cursor, const struct s2pt_map_request *request,
	     uint64_t ipa, uint64_t pa, const struct s2pt_mapping *mapping, enum s2pt_status *status)
{
	const uint64_t made = entry_table_or_page(pa, mapping->bits);
	uint64_t *entry, raw = ENTRY_EMPTY;

	if (!is_short_mapping(table, mapping) ||
	    !is_for_page(table, request, level_lg2(table, S2PT_LEVEL_LAST), ipa, pa))
		return false;
	entry = page_entry(table, cursor, ipa);
	if (!entry || entry_load(entry) != ENTRY_EMPTY)
		return false;
	if (!prepare_short(table, mapping, pa, table->page_bytes))
		*status = S2PT_ERR_CLEAN;
	else if (!entry_compare_exchange(entry, &raw, made))
		*status = S2PT_RACED;
	else
		*status = publish_entry(table, entry, ENTRY_EMPTY, made);
	return true;
}

static NOINLINE enum s2pt_status
map_any(struct s2pt_table *table, struct s2pt_cursor *cursor, struct s2pt_map_request *request, s2pt_ipa ipa,
	s2pt_pa pa, const struct s2pt_mapping *mapping)
{
	enum s2pt_status status;
	struct shared_leaf leaf;

	if (map_prepared(table, cursor, request, ipa.addr, pa.addr, mapping, &status))
		return status;
	leaf_init(&leaf, table, request, ipa, pa, mapping);
	return map_leaf(&leaf, cursor);
}

enum s2pt_status
s2pt_shared_map(struct s2pt_table *table, struct s2pt_cursor *cursor, struct s2pt_map_request *request,
		s2pt_ipa ipa, s2pt_pa pa, const struct s2pt_mapping *mapping)
{
	if (map_page(table, cursor, request, ipa.addr, pa.addr, mapping))
		return S2PT_OK;
	return map_any(table, cursor, request, ipa, pa, mapping);
}

/* --- Mapping around a fault ------------------------------------------------------------------------ */

/* Pages of one leaf table, with the memory of the first. */
struct run {
	uint64_t *entry;
	uint64_t count;
	uint64_t pa;
};

/*
 * The pages from @before bytes before the one of @leaf, at @entry, to @after bytes behind it that are in the same
 * table. Where their memory would carry into address bits that stand elsewhere in a descriptor, that is the page alone.
 */
static void
clip_around(const struct shared_leaf *leaf, uint64_t *entry, uint64_t before, uint64_t after, struct run *run)
{
	const unsigned lg2 = leaf->table->format->granule_lg2;
	const uint64_t index = index_of(leaf->table, leaf->ipa, S2PT_LEVEL_LAST);
	const uint64_t last = level_entries(leaf->table, S2PT_LEVEL_LAST) - 1u;
	uint64_t ahead = min_u64(before >> lg2, index), behind = min_u64(after >> lg2, last - index);

	if (((leaf->pa - (ahead << lg2)) ^ (leaf->pa + (behind << lg2))) & ~(ADDRESS_LOW_END - 1u)) {
		ahead = 0;
		behind = 0;
	}
	run->entry = entry - ahead;
	run->count = ahead + 1u + behind;
	run->pa = leaf->pa - (ahead << lg2);
}

/* Map those pages of a run whose entries are empty. False: the host could not clean their memory. */
static bool
map_run(const struct shared_leaf *leaf, const struct run *run)
{
	const struct s2pt_table *table = leaf->table;
	const uint64_t page = table_bytes(table);
	uint64_t *entry = run->entry, *const end = entry + run->count;
	uint64_t made = entry_table_or_page(s2pt__address_bits(table, run->pa), leaf->mapping->bits);

	if (!s2pt__prepare_memory(leaf->table, leaf->mapping, run->pa, run->count * page))
		return false;
	for (; entry < end; entry++, made += page) {
		uint64_t raw = ENTRY_EMPTY;

		if (entry_compare_exchange(entry, &raw, made))
			trace_store(table, entry, ENTRY_EMPTY, made);
	}
	table->host->publish(table->host->context);
	return true;
}

/*
 * The short way, for pages of one table of the usual table that need no cleaning, where nobody watches stores. False:
 * it is not that, or another CPU was faster with the page itself; the long way does what is left to do.
 */
static inline bool
map_run_short(const struct s2pt_table *table, struct s2pt_cursor *cursor, const struct s2pt_map_request *request,
	      uint64_t ipa, uint64_t pa, const struct s2pt_mapping *mapping, uint64_t before, uint64_t after)
{
	const uint64_t first = ipa - before, last = ipa + after, first_pa = pa - before, last_pa = pa + after;
	const uint64_t wanted = entry_table_or_page(pa, mapping->bits), page = UINT64_C(1) << S2PT_GRANULE_4K;
	const struct s2pt_host_ops *host = table->host;
	const uint32_t icache = mapping_needs(table, mapping);
	uint64_t made = entry_table_or_page(first_pa, mapping->bits), *entry, *own;

	if ((first ^ last) >> BLOCK_4K_LG2 || ((before | after) & (page - 1u)) || table->has_observer)
		return false;
	if ((mapping->key & ~(uint32_t)S2PT_MAPPING_ICACHE) != table->usual_key ||
	    (icache && !host->invalidate_icache) ||
	    !is_for_page(table, request, S2PT_GRANULE_4K, ipa, first_pa | last_pa))
		return false;
	own = page_entry_4k(table, cursor, ipa);
	if (!own || entry_load(own) != ENTRY_EMPTY)
		return false;
	if (icache)
		host->invalidate_icache(host->context, s2pt_pa_of(first_pa), before + page + after);
	for (entry = own - (before >> S2PT_GRANULE_4K); made <= wanted + after; entry++, made += page) {
		uint64_t raw = ENTRY_EMPTY;

		entry_compare_exchange(entry, &raw, made);
	}
	host->publish(host->context);
	return entry_load(own) == wanted;
}

/*
 * May the window be mapped, and *@alone: is its page not one of several that are empty, so that it comes first, and
 * decides?
 */
static NOINLINE enum s2pt_status
begin_around(const struct shared_leaf *leaf, struct s2pt_cursor *cursor, uint64_t before, uint64_t after, bool *alone)
{
	enum s2pt_status status;
	struct pos pos;

	if (leaf->level != S2PT_LEVEL_LAST)
		return S2PT_ERR_LEVEL;
	if ((before | after) & (table_bytes(leaf->table) - 1u))
		return S2PT_ERR_SIZE_ALIGN;
	status = check_leaf(leaf, before, after);
	if (status != S2PT_OK)
		return status;
	find(leaf->table, cursor, leaf->ipa, &pos);
	*alone = leaf->request->permission || pos.level != S2PT_LEVEL_LAST || pos.raw != ENTRY_EMPTY;
	if (!*alone && s2pt_table_invalidate_seq(leaf->table) != leaf->request->invalidate_seq)
		return S2PT_RACED;
	return S2PT_OK;
}

/* Map what is empty of the window. S2PT_RACED: another CPU has mapped something else in the place of the page. */
static NOINLINE enum s2pt_status
fill_around(const struct shared_leaf *leaf, struct s2pt_cursor *cursor, uint64_t before, uint64_t after)
{
	struct run run;
	struct pos pos;

	find(leaf->table, cursor, leaf->ipa, &pos);
	/* Inside of a block. */
	if (pos.level != S2PT_LEVEL_LAST)
		return S2PT_OK;
	clip_around(leaf, pos.entry, before, after, &run);
	if (pos.clean)
		forget_parts(leaf->table, leaf->ipa - (uint64_t)(pos.entry - run.entry) * table_bytes(leaf->table),
			     run.count * table_bytes(leaf->table));
	if (!map_run(leaf, &run))
		return S2PT_ERR_CLEAN;
	pos.raw = entry_load(pos.entry);
	return maps_the_same(leaf, &pos) ? S2PT_OK : S2PT_RACED;
}

static NOINLINE enum s2pt_status
map_around(struct s2pt_table *table, struct s2pt_cursor *cursor, struct s2pt_map_request *request, s2pt_ipa ipa,
	   s2pt_pa pa, const struct s2pt_mapping *mapping, uint64_t before, uint64_t after)
{
	struct shared_leaf leaf;
	enum s2pt_status status;
	bool alone;

	leaf_init(&leaf, table, request, ipa, pa, mapping);
	status = begin_around(&leaf, cursor, before, after, &alone);
	if (status == S2PT_OK && alone)
		status = map_leaf(&leaf, cursor);
	return status == S2PT_OK ? fill_around(&leaf, cursor, before, after) : status;
}

enum s2pt_status
s2pt_shared_map_around(struct s2pt_table *table, struct s2pt_cursor *cursor, struct s2pt_map_request *request,
		       s2pt_ipa ipa, s2pt_pa pa, const struct s2pt_mapping *mapping, uint64_t before, uint64_t after)
{
	if (map_run_short(table, cursor, request, ipa.addr, pa.addr, mapping, before, after))
		return S2PT_OK;
	return map_around(table, cursor, request, ipa, pa, mapping, before, after);
}

/* --- Rights ---------------------------------------------------------------------------------------- */

/* How a leaf may become dirty: no more than 2^@max_lg2 bytes (0: any) at once; and where that is put, or NULL. */
struct marking {
	uint8_t max_lg2;
	struct s2pt_dirty_ring *ring;
};

/* May the leaf at @pos become dirty? */
static enum s2pt_status
check_write(const struct s2pt_table *table, const struct pos *pos, const struct marking *marking)
{
	if (entry_is_writable(pos->raw))
		return S2PT_OK;
	if (!(pos->raw & table->tracking_bit))
		return S2PT_ERR_READ_ONLY;
	if (marking->max_lg2 && pos->lg2 > marking->max_lg2)
		return S2PT_ERR_EXCLUSIVE;
	return marking->ring ? s2pt__ring_check(marking->ring) : S2PT_OK;
}

/* What the leaf at @pos becomes by an update, if it may. */
static enum s2pt_status
wanted_of(const struct s2pt_update *update, const struct pos *pos, const struct marking *marking,
	  uint64_t *wanted)
{
	if (entry_is_broken(pos->raw))
		return S2PT_RACED;
	if (!entry_is_leaf(pos->raw, pos->level))
		return S2PT_ERR_NOT_MAPPED;
	*wanted = entry_update_apply(&update->entry, pos->raw);
	if (*wanted != pos->raw && entry_is_member(pos->raw, pos->level))
		return S2PT_ERR_EXCLUSIVE;
	if (marking)
		return check_write(update->table, pos, marking);
	return entry_update_forbidden(&update->entry, pos->raw, *wanted) ? S2PT_ERR_EXEC_UNCACHED : S2PT_OK;
}

/*
 * Change one leaf, again while others change it at the same time; then invalidate it on this CPU, also where nothing
 * was changed: the CPU may have cached an older, stricter entry and would fault for ever.
 * @marking: of mark_dirty; else NULL.
 */
static enum s2pt_status
change_leaf(const struct s2pt_update *update, struct s2pt_cursor *cursor, uint64_t ipa,
	    const struct marking *marking)
{
	struct s2pt_table *table = update->table;
	enum s2pt_status status;
	struct pos pos;
	uint64_t wanted;

	find(table, cursor, ipa, &pos);
	for (;;) {
		status = wanted_of(update, &pos, marking, &wanted);
		if (status != S2PT_OK || wanted == pos.raw)
			break;
		s2pt__update_prepare(update, pos.raw, pos.level);
		if (entry_compare_exchange(pos.entry, &pos.raw, wanted)) {
			publish_entry(table, pos.entry, pos.raw, wanted);
			if (marking && marking->ring)
				s2pt__ring_put(marking->ring, ipa & ~bits_below(pos.lg2), UINT64_C(1) << pos.lg2);
			break;
		}
	}
	s2pt__tlbi(table, ipa & ~(table_bytes(table) - 1u), table_bytes(table), S2PT_TLBI_ANY_LEVEL, true);
	return status;
}

enum s2pt_status
s2pt_shared_relax(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa,
		  const struct s2pt_change *rights)
{
	enum s2pt_status status = check_ipa(table, ipa.addr);
	struct s2pt_update update;

	if (status == S2PT_OK)
		status = s2pt__relax_update(&update, table, rights);
	return status == S2PT_OK ? change_leaf(&update, cursor, ipa.addr, NULL) : status;
}

enum s2pt_status
s2pt_shared_mark_dirty(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa, uint8_t max_lg2,
		       struct s2pt_dirty_ring *ring)
{
	enum s2pt_status status = check_ipa(table, ipa.addr);
	struct marking marking;
	struct s2pt_update update;

	marking.max_lg2 = max_lg2;
	marking.ring = ring;
	s2pt__update_init(&update, table);
	entry_update_dirty(&update.entry, table->tracking_bit);
	return status == S2PT_OK ? change_leaf(&update, cursor, ipa.addr, &marking) : status;
}

/* --- The access flag ------------------------------------------------------------------------------- */

enum s2pt_status
s2pt_shared_set_af(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa)
{
	enum s2pt_status status = check_ipa(table, ipa.addr);
	struct pos pos;

	if (status != S2PT_OK)
		return status;
	find(table, cursor, ipa.addr, &pos);
	if (entry_is_broken(pos.raw))
		return S2PT_RACED;
	if (!entry_is_leaf(pos.raw, pos.level))
		return S2PT_ERR_NOT_MAPPED;
	return set_af(table, &pos);
}

/* --- Conflicts ------------------------------------------------------------------------------------- */

void
s2pt_shared_tlb_conflict(const struct s2pt_table *table)
{
	struct s2pt_tlbi_request request;

	request.all = false;
	request.vmid = true;
	request.ipa = s2pt_ipa_of(0);
	request.size = 0;
	request.level = S2PT_TLBI_ANY_LEVEL;
	request.last_level = false;
	request.local = true;
	table->host->invalidate(table->host->context, &request, 1);
}
