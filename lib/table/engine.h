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

#define LEVELS (S2PT_LEVEL_LAST - S2PT_LEVEL_FIRST + 1)

/* Where a walk ended. */
struct walk {
	uint64_t *path[LEVELS];  /* the tables on the way, by level - S2PT_LEVEL_FIRST */
	uint64_t *table;         /* the last of them */
	uint64_t index;          /* the entry in it */
	uint64_t raw;            /* its value */
	int level;               /* its level */
};

/* --- Geometry -------------------------------------------------------------------------------------- */

static inline unsigned
level_lg2(const struct s2pt_table *table, int level)
{
	return s2pt_format_level_lg2(table->format, level);
}

static inline uint64_t
level_bytes(const struct s2pt_table *table, int level)
{
	return UINT64_C(1) << level_lg2(table, level);
}

/* The number of entries of a table at @level; the start table's is its own. */
static inline uint64_t
level_entries(const struct s2pt_table *table, int level)
{
	const struct s2pt_format *format = table->format;

	if (level == format->start_level)
		return UINT64_C(1) << (format->root_lg2 - 3u);
	return UINT64_C(1) << s2pt_format_stride(format);
}

static inline uint64_t
table_bytes(const struct s2pt_table *table)
{
	return UINT64_C(1) << table->format->granule_lg2;
}

static inline uint64_t
least_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many entries from @w on does a range of @left bytes at @ipa cover or touch, in this table? */
static inline uint64_t
run_length(const struct s2pt_table *table, const struct walk *w, uint64_t ipa, uint64_t left)
{
	uint64_t bytes = level_bytes(table, w->level);
	uint64_t touched = ((ipa & (bytes - 1u)) + left + bytes - 1u) >> level_lg2(table, w->level);

	return least_u64(touched, level_entries(table, w->level) - w->index);
}

/* --- Walking --------------------------------------------------------------------------------------- */

static inline uint64_t *
table_at(const struct s2pt_table *table, uint64_t pa)
{
	const struct s2pt_port *port = table->port;

	if (port->to_virt)
		return port->to_virt(port->context, s2pt_pa_of(pa));
	return (uint64_t *)((uintptr_t)pa + port->virt_offset);
}

static inline uint64_t
link_address(const struct s2pt_table *table, uint64_t raw)
{
	if (table->high_links)
		return address_get(table->format, table->format->granule_lg2, raw);
	return raw & table->link_mask;
}

static inline uint64_t *
child_of(const struct s2pt_table *table, uint64_t raw)
{
	return table_at(table, link_address(table, raw));
}

/*
 * Walk for @ipa as far as there are tables, but not below @lowest: the entry at which it ends, its level
 * and its value. @path, unless NULL, receives the tables on the way. What the loop needs of the table is
 * read once; @stride and @linear are constants where it is inlined.
 */
static inline uint64_t *
walk_with(const struct s2pt_table *table, uint64_t ipa, int lowest, unsigned stride, bool linear,
	  int *level, uint64_t *raw, uint64_t **path)
{
	const uintptr_t offset = table->port->virt_offset;
	const uint64_t link_mask = table->link_mask;
	int at = table->format->start_level;
	unsigned lg2 = table->start_lg2;
	uint64_t *entries = table->root;
	uint64_t *entry = &entries[ipa >> lg2];

	for (;;) {
		if (path)
			path[at - S2PT_LEVEL_FIRST] = entries;
		*raw = entry_load(entry);
		if (at >= lowest || (*raw & ENTRY_TYPE) != TYPE_TABLE_OR_PAGE)
			break;
		entries = linear ? (uint64_t *)((uintptr_t)(*raw & link_mask) + offset)
				 : child_of(table, *raw);
		at++;
		lg2 -= stride;
		entry = &entries[(ipa >> lg2) & bits_below(stride)];
	}
	*level = at;
	return entry;
}

/* Most tables are of 4K, with 48-bit addresses, in memory at a fixed distance. */
static inline uint64_t *
walk_entry(const struct s2pt_table *table, uint64_t ipa, int lowest, int *level, uint64_t *raw,
	   uint64_t **path)
{
	if (table->plain_4k)
		return walk_with(table, ipa, lowest, 9, true, level, raw, path);
	return walk_with(table, ipa, lowest, s2pt_format_stride(table->format), false, level, raw,
			 path);
}

/* Where a walk for a leaf ended. */
struct spot {
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
	if ((spot.raw & ENTRY_TYPE) != TYPE_TABLE_OR_PAGE) \
		return spot; \
	spot.entry = entry_4k(spot.raw, offset, ipa, at_lg2); \
	spot.lg2 = (at_lg2); \
	spot.level = S2PT_LEVEL_LAST - ((at_lg2) - 12) / 9; \
	spot.raw = entry_load(spot.entry)

/*
 * Walk for @ipa as far as there are tables, without a record of the way: for those who look, and for
 * faults. The usual table (4K, DS=0, memory at a fixed distance) has its geometry in the code: with
 * shifts and masks in registers there are too few of them, and a loop costs a fault half of its time.
 */
static inline __attribute__((always_inline)) struct spot
walk_4k(const struct s2pt_table *table, uint64_t ipa)
{
	const uintptr_t offset = table->port->virt_offset;
	struct spot spot;

	spot.lg2 = table->start_lg2;
	spot.level = table->format->start_level;
	spot.entry = &table->root[ipa >> spot.lg2];
	spot.raw = entry_load(spot.entry);
	switch (spot.lg2) {
	case 39:
		WALK_4K_STEP(30);
		/* fall through */
	case 30:
		WALK_4K_STEP(21);
		/* fall through */
	default:
		WALK_4K_STEP(12);
	}
	return spot;
}

/* The same with a record of the way, for operations: a step of theirs is about a run of entries. */
void s2pt__walk_to(const struct s2pt_table *table, uint64_t ipa, int lowest, struct walk *w);

/* --- Live stores (E3) ------------------------------------------------------------------------------ */

/* Does anybody want to hear of each store? */
static inline bool
is_traced(const struct s2pt_table *table)
{
	return table->port->trace || (table->port->flags & S2PT_PORT_NONCOHERENT);
}

/* Every store to an entry that walkers can reach goes through these. */
static inline void
live_trace(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	const struct s2pt_port *port = table->port;

	if (port->flags & S2PT_PORT_NONCOHERENT)
		port->clean_tables(port->context, entry, sizeof(*entry));
	if (port->trace)
		port->trace(port->context, entry, s2pt_desc_of(before), s2pt_desc_of(after));
}

static inline void
live_store(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	entry_store(entry, after);
	live_trace(table, entry, before, after);
}

/* Link a table that is complete: its contents are visible before the link is. */
static inline void
live_link(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	entry_store_release(entry, after);
	live_trace(table, entry, before, after);
}

/* Hardware may write AF and dirty state until the moment that an entry is taken out (E9). */
static inline bool
hardware_writes(const struct s2pt_table *table)
{
	return table->format->feats & (S2PT_FEAT_HAF | S2PT_FEAT_HDBS);
}

/* Take an entry out, leaving @after; answers with its last value. */
static inline uint64_t
live_take(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	if (hardware_writes(table))
		before = entry_exchange(entry, after);
	else
		entry_store(entry, after);
	live_trace(table, entry, before, after);
	return before;
}

/* --- Operations in progress ------------------------------------------------------------------------ */

/* The part of a range operation that every operation has. */
struct range {
	struct s2pt_table *table;
	struct s2pt_op *op;
	uint64_t ipa;    /* where the next step begins */
	uint64_t end;    /* one past the range */
	uint64_t spent;  /* of the budget */
};

/* Check a range and begin: S2PT_ERR_CLOSING, S2PT_ERR_RANGE. */
enum s2pt_status s2pt__range_begin(struct range *r, struct s2pt_table *table, struct s2pt_op *op,
				   s2pt_ipa ipa, uint64_t size);

/* May [@pa, @pa + @size) be mapped? S2PT_ERR_RANGE, S2PT_ERR_OA_SIZE. */
enum s2pt_status s2pt__check_memory(const struct s2pt_table *table, s2pt_pa pa, uint64_t size);

/* End: flush, publish, and say how far it got. Answers with @status. */
enum s2pt_status s2pt__range_end(struct range *r, enum s2pt_status status);

static inline bool
range_left(const struct range *r)
{
	return r->ipa < r->end;
}

/* What is left of the budget, at least 1: a step makes progress. */
static inline uint64_t
range_budget(const struct range *r)
{
	if (!r->op->budget)
		return UINT64_MAX;
	return r->op->budget > r->spent ? r->op->budget - r->spent : 1;
}

static inline bool
range_exhausted(const struct range *r)
{
	return r->op->budget && r->spent >= r->op->budget;
}

/* --- Memory ---------------------------------------------------------------------------------------- */

/* A table page, its contents as the port says. S2PT_ERR_MEMORY. */
enum s2pt_status s2pt__page_take(struct s2pt_table *table, struct s2pt_op *op, struct s2pt_page *page);

/* Give back a page that was never linked. */
void s2pt__page_return(struct s2pt_table *table, const struct s2pt_page *page);

/* --- The gather (E4) ------------------------------------------------------------------------------- */

/* Entries of one @level in [@ipa, @ipa + @bytes) have become stale. */
void s2pt__gather_leaves(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, int level);

/* Entries of any level, and tables, in [@ipa, @ipa + @bytes) have become stale. */
void s2pt__gather_entries(struct s2pt_table *table, uint64_t ipa, uint64_t bytes);

/* The subtree @raw pointed to, at @level, that mapped [@ipa, @ipa + @bytes) was unlinked. */
void s2pt__gather_table(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, uint64_t raw,
			int level);

/* The leaf @raw at @level, that mapped @ipa, is gone: its memory may owe cache maintenance, too. */
void s2pt__gather_leaf(struct s2pt_table *table, uint64_t ipa, uint64_t raw, int level);

/* Everything has become stale. */
void s2pt__gather_all(struct s2pt_table *table);

/* Invalidate all that is pending, then clean, then retire. */
void s2pt__flush(struct s2pt_table *table);

/*
 * Retire the tables under @top, a table at @level that no walker knows any more, from *@at on (0 at
 * first: an offset into what @top maps) until at least @budget of them went; what leaves and annotations
 * owe is done. Returns whether none is left.
 */
bool s2pt__retire_below(struct s2pt_table *table, uint64_t *top, int level, uint64_t *at,
			uint64_t budget);

/* --- Splitting ------------------------------------------------------------------------------------- */

/*
 * Split @count leaves from @w on, at @ipa (of the entry), into tables one level below; *@split says how
 * many were, at least one where the status is S2PT_OK.
 */
enum s2pt_status s2pt__split_run(struct range *r, const struct walk *w, uint64_t ipa, uint64_t count,
				 uint64_t *split);

/* The range cuts the leaf at @w: do as op->partial says. ZAP is the caller's: S2PT_ERR_WOULD_SPLIT. */
enum s2pt_status s2pt__split_cut(struct range *r, const struct walk *w);

/* The range cuts the annotation at @w: a table of copies takes its place. */
enum s2pt_status s2pt__divide_annotation(struct range *r, const struct walk *w);

/* --- Unlinking ------------------------------------------------------------------------------------- */

/* Unlink the table at @w, and those above it, that have no entry left. */
void s2pt__prune(struct s2pt_table *table, const struct walk *w, uint64_t ipa);

#endif
