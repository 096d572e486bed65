/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * engine.h: what the files of the engine share.
 *
 * An operation goes forward through its range in steps. A step walks from the root to the entry where
 * it has to act, and deals with a run of entries of that one table in a tight loop (E1). So a walk is
 * paid once for a table, not once for a leaf, and no state is kept between steps but the address.
 */
#ifndef S2PT_TABLE_ENGINE_H
#define S2PT_TABLE_ENGINE_H

#include <s2pt/table.h>

#include "arch/entry.h"
#include "table/memory.h"

/*
 * A step, and what it does with a run, have frames of their own, which are gone when an operation flushes:
 * so no public call needs more than 512 bytes of stack (E10).
 */
#define NOINLINE __attribute__((noinline))

#define LEVELS (S2PT_LEVEL_LAST - S2PT_LEVEL_FIRST + 1)

/* Where a walk ended. */
struct walk {
	uint64_t *entry;
	uint64_t index;  /* of the entry, in its table */
	uint64_t raw;    /* its value */
	uint64_t *group; /* the first entry of a contiguous group to unfold */
	int level;       /* its level */
};

/* --- Geometry -------------------------------------------------------------------------------------- */

static inline const struct s2pt_level *
level_of(const struct s2pt_table *table, int level)
{
	return &table->level[level - S2PT_LEVEL_FIRST];
}

/* log2 of the bytes that an entry of @level maps. */
static inline unsigned
level_lg2(const struct s2pt_table *table, int level)
{
	return level_of(table, level)->lg2;
}

static inline uint64_t
level_bytes(const struct s2pt_table *table, int level)
{
	return UINT64_C(1) << level_lg2(table, level);
}

/* The number of entries of a table at @level. */
static inline uint64_t
level_entries(const struct s2pt_table *table, int level)
{
	return UINT64_C(1) << level_of(table, level)->entries_lg2;
}

static inline uint64_t
table_bytes(const struct s2pt_table *table)
{
	return UINT64_C(1) << table->format->granule_lg2;
}

static inline uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The entries of a contiguous group at @level, a power of two; 1 where none can have been made. */
uint64_t s2pt__group_entries(const struct s2pt_table *table, int level);

/* May what is new map 2^@lg2 bytes at once? */
static inline bool
fits_max_lg2(const struct s2pt_op *op, unsigned lg2)
{
	return !op->max_lg2 || lg2 <= op->max_lg2;
}

/* How many entries from @w on does a range of @left bytes at @ipa cover or touch, in this table? */
uint64_t s2pt__run_length(const struct s2pt_table *table, const struct walk *w, uint64_t ipa,
			  uint64_t left);

/* --- Walking --------------------------------------------------------------------------------------- */

static inline uint64_t *
table_at(const struct s2pt_table *table, uint64_t pa)
{
	const struct s2pt_host_ops *host = table->host;

	if (host->to_virt)
		return host->to_virt(host->context, s2pt_pa_of(pa));
	return (uint64_t *)((uintptr_t)pa + host->virt_offset);
}

/* The memory that the leaf @raw, at @level, maps. */
uint64_t s2pt__address_of(const struct s2pt_table *table, uint64_t raw, int level);

/* The address bits of a descriptor. */
uint64_t s2pt__address_bits(const struct s2pt_table *table, uint64_t pa);

/* A table descriptor. */
static inline uint64_t
link_to(const struct s2pt_table *table, uint64_t pa)
{
	return s2pt__address_bits(table, pa) | TYPE_TABLE_OR_PAGE;
}

/* A link has its address where a page has it. */
static inline uint64_t
link_address(const struct s2pt_table *table, uint64_t raw)
{
	if (table->oa_split)
		return s2pt__address_of(table, raw, S2PT_LEVEL_LAST);
	return raw & table->link_mask;
}

static inline uint64_t *
child_of(const struct s2pt_table *table, uint64_t raw)
{
	return table_at(table, link_address(table, raw));
}

/*
 * Walk for @ipa as far as there are tables, but not below @lowest. @path, unless NULL, receives the tables
 * on the way, by level from -1.
 */
void s2pt__walk(const struct s2pt_table *table, uint64_t ipa, int lowest, uint64_t **path, struct walk *w);

/* Where a walk for a leaf ended. */
struct pos {
	uint64_t *entry;
	uint64_t raw;
	unsigned lg2;   /* of the bytes that the entry maps */
	int level;
};

#define LINK_4K UINT64_C(0xfffffffff000)

/* The entry for @ipa, that maps 2^@lg2 bytes, of the table that @raw links. */
static inline uint64_t *
entry_4k(uint64_t raw, uintptr_t offset, uint64_t ipa, unsigned lg2)
{
	return (uint64_t *)((uintptr_t)(raw & LINK_4K) + offset) + (ipa >> lg2 & 511u);
}

/* Go one level down to @at_lg2, or end here. */
#define WALK_4K_STEP(at_lg2) \
	if ((pos.raw & ENTRY_TYPE) != TYPE_TABLE_OR_PAGE) \
		return pos; \
	pos.entry = entry_4k(pos.raw, offset, ipa, at_lg2); \
	pos.lg2 = (at_lg2); \
	pos.level = S2PT_LEVEL_LAST - ((at_lg2) - 12) / 9; \
	pos.raw = entry_load(pos.entry)

/*
 * Walk for @ipa as far as there are tables, without a record of the way: for those who look, and for
 * faults. The usual table (4K, DS=0, memory at a fixed distance) has its geometry in the code: with
 * shifts and masks in registers there are too few of them, and a loop costs a fault half of its time.
 */
static inline __attribute__((always_inline)) struct pos
walk_4k(const struct s2pt_table *table, uint64_t ipa)
{
	const uintptr_t offset = table->host->virt_offset;
	struct pos pos;

	pos.level = table->start_level;
	pos.lg2 = table->start_lg2;
	pos.entry = &table->root[ipa >> pos.lg2];
	pos.raw = entry_load(pos.entry);
	switch (pos.lg2) {
	case 39:
		WALK_4K_STEP(30);
		/* fall through */
	case 30:
		WALK_4K_STEP(21);
		/* fall through */
	default:
		WALK_4K_STEP(12);
	}
	return pos;
}

/* The number of the entry for @ipa, in the table at @level that maps it. */
static inline uint64_t
index_of(const struct s2pt_table *table, uint64_t ipa, int level)
{
	return (ipa >> level_lg2(table, level)) & (level_entries(table, level) - 1u);
}

/* Walk for @ipa as far as there are tables, without a record of the way. */
void s2pt__find(const struct s2pt_table *table, uint64_t ipa, struct pos *pos);

/* For operations: a step of theirs is about a run of entries. */
static inline void
walk_to(struct s2pt_table *table, uint64_t ipa, int lowest, struct walk *w)
{
	s2pt__walk(table, ipa, lowest, table->path, w);
}

/* --- Live stores (E3) ------------------------------------------------------------------------------ */

/* Tell them. */
void s2pt__trace_store(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after);

/* Every store to an entry that walkers can reach goes through these. */
static inline void
trace_store(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	if (table->has_observer)
		s2pt__trace_store(table, entry, before, after);
}

static inline void
store_entry(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	entry_store(entry, after);
	trace_store(table, entry, before, after);
}

/* Link a table that is complete: its contents are visible before the link is. */
static inline void
store_link(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	entry_store_release(entry, after);
	trace_store(table, entry, before, after);
}

/*
 * FEAT_BBM level 1: may the size of leaves at @level change by way of nT? Not where there may be groups,
 * of which all members must say the same.
 */
static inline bool
may_use_nt(const struct s2pt_table *table, int level)
{
	return (table->format->feats & S2PT_FEAT_BBML1) && s2pt__group_entries(table, level) == 1;
}

/* The block at @entry is cached no longer once what is cached of it has been invalidated (R_MRRPW). */
void s2pt__set_nt(const struct s2pt_table *table, uint64_t *entry);

/* Take out what is at @entry, leaving @after; returns its last value. */
uint64_t s2pt__clear_entry(const struct s2pt_table *table, uint64_t *entry, uint64_t after);

/*
 * Take the leaf or link at @entry out for a moment, with the bits that hardware wrote last; returns
 * what it was.
 */
uint64_t s2pt__break_entry(const struct s2pt_table *table, uint64_t *entry);

/* --- New mappings ---------------------------------------------------------------------------------- */

/* May @size bytes at @pa be mapped so? S2PT_ERR_RANGE, S2PT_ERR_OA_SIZE, S2PT_ERR_HOST. */
enum s2pt_status s2pt__check_mapping(const struct s2pt_table *table, s2pt_pa pa, uint64_t size,
				 const struct s2pt_mapping *mapping);

/* Do what is needed before memory becomes visible (E11). */
void s2pt__prepare_memory(struct s2pt_table *table, const struct s2pt_mapping *mapping, uint64_t pa,
			  uint64_t bytes);

/* Fill a table that nobody can see with what was there, @before, but for @count entries from @first. */
void s2pt__fill_siblings(const struct s2pt_table *table, uint64_t *entries, int level, uint64_t first,
		       uint64_t count, uint64_t before);

/*
 * Make tables for the levels below @top down to @level on the way to @ipa, where an entry at @top is
 * @before. All but the last are complete. Returns the entries of the last, or NULL where there is no
 * memory; *@link links the first.
 */
uint64_t *s2pt__build_tables(struct s2pt_table *table, struct s2pt_page_cache *cache, int top, int level,
			  uint64_t ipa, uint64_t before, uint64_t *link);

/* Tables from @level to @last, to the first of which is @link, were never linked. */
void s2pt__free_unlinked(struct s2pt_table *table, uint64_t link, int level, int last, uint64_t ipa);

/* @count descriptors in a row that nobody can see yet, the first of which is @raw, @step apart. */
void s2pt__fill(uint64_t *entry, uint64_t count, uint64_t raw, uint64_t step);

/* A table that nobody can see yet is complete. */
void s2pt__clean_table(const struct s2pt_table *table, const uint64_t *entries);

/* --- The gather (E4) ------------------------------------------------------------------------------- */

/* Is there room for a table that a step unlinks, and then for all that become empty by that? */
static inline bool
gather_has_room(const struct s2pt_table *table)
{
	return table->n_unlinked < S2PT_GATHER_TABLES - LEVELS;
}

/* Leaves of one @level in [@ipa, @ipa + @bytes) have become stale. */
void s2pt__gather_leaves(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, int level);

/* Entries of any level, and tables, in [@ipa, @ipa + @bytes) have become stale. */
void s2pt__gather_entries(struct s2pt_table *table, uint64_t ipa, uint64_t bytes);

/* The subtree @raw pointed to, at @level, that mapped [@ipa, @ipa + @bytes) was unlinked. There is room. */
void s2pt__gather_table(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, uint64_t raw,
			int level);

/* The leaf @raw at @level, that mapped @ipa, is gone: its memory may need cache maintenance, too. */
void s2pt__gather_leaf(struct s2pt_table *table, uint64_t ipa, uint64_t raw, int level);

/* Everything has become stale. */
void s2pt__gather_all(struct s2pt_table *table);

/* The MemAttr[3:0] values of leaves that need cache maintenance when they are unmapped, a bit each. */
uint16_t s2pt__cmo_memattrs(s2pt_feats feats);

static inline bool
leaf_needs_clean(const struct s2pt_table *table, uint64_t raw)
{
	return flag_is_set(&table->needs_clean) && ((unsigned)table->cmo_memattrs >> field_get(DESC_MEMATTR, raw) & 1u);
}

/* Is all memory of @type Write-Back, whatever a guest makes of it, so that the host's caches serve it? */
static inline bool
s2pt__is_forced_wb(s2pt_feats feats, enum s2pt_memtype type)
{
	return (feats & S2PT_FEAT_S2FWB) &&
	       (type == S2PT_MEM_NORMAL_WB || type == S2PT_MEM_NORMAL_WB_NOTAGACCESS);
}

/*
 * Outside of the gather, as shared operations need it: leaves of @level (or S2PT_TLBI_ANY_LEVEL) in
 * [@ipa, @ipa + @size) are forgotten, by all CPUs or (@local) by this one.
 */
void s2pt__tlbi(const struct s2pt_table *table, uint64_t ipa, uint64_t size, int level, bool local);

/* Invalidate what is pending: enough between break and make. */
void s2pt__gather_tlbi(struct s2pt_table *table);

/* ... and then clean. */
void s2pt__gather_tlbi_cmo(struct s2pt_table *table);

/* ... and then retire. */
void s2pt__gather_drain(struct s2pt_table *table);

/* A table that no walker knows any more goes at the next flush, or at once where no more can wait. */
void s2pt__retire_page(struct s2pt_table *table, uint64_t *virt, uint64_t pa);

/* The subtree @dead goes: how far it got. */
void s2pt__begin_retiring(struct s2pt_unlinked *dead, s2pt_pa table, int level);

/* Retire at most @budget tables under the top one of @dead. Returns whether none is left. */
bool s2pt__retire_below(struct s2pt_table *table, struct s2pt_unlinked *dead, uint64_t budget);

/* --- Operations in progress ------------------------------------------------------------------------ */

/* Check a range: S2PT_ERR_DESTROYED, S2PT_ERR_RANGE. */
enum s2pt_status s2pt__range_check(const struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
				   uint64_t size);

void s2pt__range_start(struct s2pt_range *r, struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa,
		       uint64_t size);

/* Check a range and begin, in table->running: S2PT_ERR_DESTROYED, S2PT_ERR_RANGE. */
enum s2pt_status s2pt__range_begin(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
				   uint64_t size);

/* The operation may take mappings away: answers to faults that were looked for before are old. */
static inline void
s2pt__invalidate_seq_bump(struct s2pt_table *table)
{
	count_store(&table->invalidate_seq, table->invalidate_seq + 1u);
}

/* May [@pa, @pa + @size) be mapped? S2PT_ERR_RANGE, S2PT_ERR_OA_SIZE. */
enum s2pt_status s2pt__check_memory(const struct s2pt_table *table, s2pt_pa pa, uint64_t size);

/* The leaf @raw at @level, that mapped @ipa, has lost the right to write: was it dirty, and who asks? */
void s2pt__record_dirty(const struct s2pt_range *r, uint64_t ipa, uint64_t raw, int level);

/* Pages of a word of a bitmap. */
#define WORD 64u

/* Does @bitmap (NULL: none) have bits for [@ipa, @ipa + @size)? S2PT_ERR_RANGE. */
enum s2pt_status s2pt__check_bitmap(const struct s2pt_format *format, const struct s2pt_bitmap *bitmap,
				    uint64_t ipa, uint64_t size);

/* Set the bits of the pages in [@ipa, @ipa + @bytes). */
void s2pt__bitmap_set(const struct s2pt_table *table, struct s2pt_bitmap *bitmap, uint64_t ipa,
		  uint64_t bytes);

/* End: flush, publish, and say how far it got. Returns @status. */
enum s2pt_status s2pt__range_end(struct s2pt_range *r, enum s2pt_status status);

/* What is left of the budget, at least 1: a step makes progress. */
uint64_t s2pt__range_budget(const struct s2pt_range *r);

/*
 * Is there one more step to take? One is given room in the gather for all that it may unlink; and where
 * the last one ended with S2PT_ERR_WOULD_SPLIT, at a leaf that the range cuts, that is dealt with as
 * op->partial says.
 */
bool s2pt__range_next(struct s2pt_range *r, enum s2pt_status *status);

/* How many entries at @w, on which the step begins, does the range cover whole? */
uint64_t s2pt__entries_covered(const struct s2pt_range *r, const struct walk *w);

/* The first @entries at @w are done, or have nothing to be done: the next step begins behind them. */
void s2pt__range_advance(struct s2pt_range *r, const struct walk *w, uint64_t entries);

/* --- Memory ---------------------------------------------------------------------------------------- */

/* Room for @count more tables under the table's limit: is there, and is it ours from now on? */
bool s2pt__pages_reserve(struct s2pt_table *table, uint64_t count);
void s2pt__pages_unreserve(struct s2pt_table *table, uint64_t count);

/* A table page for which there is room, its contents as the host says. False where there is no memory. */
bool s2pt__page_alloc(const struct s2pt_table *table, struct s2pt_page_cache *cache, struct s2pt_page *page);

/* Both, for one. */
bool s2pt__page_take(struct s2pt_table *table, struct s2pt_page_cache *cache, struct s2pt_page *page);

/* Give back a page that was never linked, and its room. */
void s2pt__page_return(struct s2pt_table *table, uint64_t *virt, uint64_t pa);

/* --- Contiguous groups (E13) ------------------------------------------------------------------------ */

/*
 * A group is changed whole or not at all. Does a step on @count entries at @w, the first of which is
 * where the range goes on, cut one? *@count moves on to the end of its last group where @limit allows it;
 * else, and at the beginning, w->group is one to unfold, before asking again.
 */
bool s2pt__splits_group(const struct s2pt_table *table, struct walk *w, uint64_t *count, uint64_t limit);

/*
 * What hardware wrote to one member of a group it has written to all (I_NFFSV). Make each member say so, in
 * the groups among @count leaves at @w, all of them whole. Nobody else may be writing to the leaves.
 */
void s2pt__propagate_written(const struct s2pt_table *table, const struct walk *w, uint64_t count);

/* The members of w->group, at the level of @w, are made again without the hint. */
void s2pt__unfold_group(struct s2pt_table *table, const struct walk *w);

/* --- Splitting ------------------------------------------------------------------------------------- */

/* The range cuts the leaf where it goes on: do as op->partial says. */
enum s2pt_status s2pt__partial_leaf(struct s2pt_range *r);

/* The range cuts the annotation at @w: a table of copies takes its place. */
enum s2pt_status s2pt__split_annotation(struct s2pt_range *r, const struct walk *w);

/* --- Unlinking ------------------------------------------------------------------------------------- */

/* Unlink the table at @w, and those above it, that have no entry left. There is room in the gather. */
void s2pt__prune(struct s2pt_table *table, const struct walk *w, uint64_t ipa);

/* The most tables that can hang under an entry of @level. */
uint64_t s2pt__tables_under(const struct s2pt_table *table, int level);

/*
 * May the subtree under an entry of @level go whole, in a step that has passed @passed entries? Not where
 * leaves have something to say.
 */
static inline bool
may_unlink_whole(const struct s2pt_range *r, int level, uint64_t passed)
{
	return !r->op->dirty &&
	       (!r->op->budget || passed + s2pt__tables_under(r->table, level) <= s2pt__range_budget(r));
}

#endif
