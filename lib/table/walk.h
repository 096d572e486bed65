/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * walk.h: from an IPA to the entry at which its walk ends.
 *
 *     root -> [level 0] -link-> [level 1] -link-> [level 2] -link-> [level 3]
 *                 |                 |                 |                 |
 *            index_of(ipa, 0)   index_of(ipa, 1)  index_of(ipa, 2)  index_of(ipa, 3)
 *
 * A walk ends at the first entry that is no link: a leaf or an invalid entry; operations also end it at a level of
 * their choice. There are two results: struct walk has what an operation needs to deal with a run of entries of that
 * table, struct pos what a lookup or a fault needs to deal with one.
 *
 * The link of a leaf table may say that parts of it are clean (ENTRY_CLEAN). The walk of an exclusive operation takes
 * that back; a short way gives up where it is said, and a fault takes back what concerns its page.
 */
#ifndef S2PT_TABLE_WALK_H
#define S2PT_TABLE_WALK_H

#include "table/atomic.h"
#include "table/geometry.h"

/* Where the walk of an operation ended. */
struct walk {
	uint64_t *entry;
	uint64_t index;  /* of the entry, in its table */
	uint64_t raw;    /* its value */
	uint64_t *group; /* the first entry of a contiguous group to unfold */
	int level;       /* its level */
	bool clean;      /* at the last level: something of its table is known to be clean */
};

/* Where the walk of a lookup, or of a fault, ended. */
struct pos {
	uint64_t *entry;
	uint64_t raw;
	uint8_t lg2; /* of the bytes that the entry maps */
	int8_t level;
	bool clean; /* at the last level: something of this table is known to be clean */
};

/* --- Links ----------------------------------------------------------------------------------------- */

/* Where the CPU reaches the table at @pa. */
static inline uint64_t *
table_at(const struct s2pt_table *table, uint64_t pa)
{
	const struct s2pt_host_ops *host = table->host;

	if (host->to_virt)
		return host->to_virt(host->context, s2pt_pa_of(pa));
	return (uint64_t *)((uintptr_t)pa + host->virt_offset);
}

/* The table descriptor that links the table at @pa. */
static inline uint64_t
link_to(const struct s2pt_table *table, uint64_t pa)
{
	return entry_table_or_page(s2pt__address_bits(table, pa), 0);
}

/* The address that the table descriptor @raw links. It stands where the address of a page stands. */
static inline uint64_t
link_address(const struct s2pt_table *table, uint64_t raw)
{
	if (table->oa_split)
		return s2pt__address_of(table, raw, S2PT_LEVEL_LAST);
	return raw & table->link_mask;
}

/* The entries of the table that @raw links. */
static inline uint64_t *
child_of(const struct s2pt_table *table, uint64_t raw)
{
	return table_at(table, link_address(table, raw));
}

/* --- Walks ----------------------------------------------------------------------------------------- */

/*
 * Walk for @ipa as far as there are tables, but not below @lowest. @path, unless NULL, receives the tables on the way,
 * by level from -1.
 */
void s2pt__walk(const struct s2pt_table *table, uint64_t ipa, int lowest, uint64_t **path, struct walk *w);

/*
 * The walk of an exclusive operation, which may change leaves: it leaves the tables on the way in table->path, and
 * takes back what is known of a leaf table.
 */
void s2pt__walk_to(struct s2pt_table *table, uint64_t ipa, int lowest, struct walk *w);

/* The part of a leaf table that may be known to be clean, by log2 of its entries. */
static inline unsigned
part_lg2(const struct s2pt_table *table)
{
	return level_of(table, S2PT_LEVEL_LAST)->entries_lg2 - ENTRY_CLEAN_PARTS_LG2;
}

/* Walk for @ipa as far as there are tables. */
void s2pt__find(const struct s2pt_table *table, uint64_t ipa, struct pos *pos);

/* May a range of any bytes be looked at? S2PT_ERR_DESTROYED, S2PT_ERR_EMPTY, S2PT_ERR_IPA_SIZE. */
enum s2pt_status s2pt__check_span(const struct s2pt_table *table, uint64_t ipa, uint64_t size);

/* The tables on the walk @w to @at that begin there are those below this level, down to w->level. */
static inline int
level_begun(const struct s2pt_table *table, const struct walk *w, uint64_t at)
{
	int level = w->level;

	while (level > table->start_level && !(at & (level_bytes(table, level - 1) - 1u)))
		level--;
	return level;
}

/*
 * The number of entries from @w on, in its table, that a range of @left bytes at @ipa covers or touches.
 */
uint64_t s2pt__run_length(const struct s2pt_table *table, const struct walk *w, uint64_t ipa,
			  uint64_t left);

/* Of @count entries from @entry on: how many, from the first, are not valid? */
static inline uint64_t
count_invalid(const uint64_t *entry, uint64_t count)
{
	uint64_t n = 0;

	while (count - n >= 4 &&
	       !entry_is_valid(entry_load(&entry[n]) | entry_load(&entry[n + 1u]) | entry_load(&entry[n + 2u]) |
			       entry_load(&entry[n + 3u])))
		n += 4;
	while (n < count && !entry_is_valid(entry_load(&entry[n])))
		n++;
	return n;
}

/* ... are empty? */
static inline uint64_t
count_empty(const uint64_t *entry, uint64_t count)
{
	uint64_t n = 0;

	while (count - n >= 4 && (entry_load(&entry[n]) | entry_load(&entry[n + 1u]) | entry_load(&entry[n + 2u]) |
				  entry_load(&entry[n + 3u])) == ENTRY_EMPTY)
		n += 4;
	while (n < count && entry_load(&entry[n]) == ENTRY_EMPTY)
		n++;
	return n;
}

/* --- The walk of the usual table ------------------------------------------------------------------- */

#define LINK_4K UINT64_C(0xfffffffff000)

/* log2 of the bytes that a leaf table of the usual table maps. */
#define BLOCK_4K_LG2 21

/* The entry for @ipa, which maps 2^@lg2 bytes, of the table that @raw links. */
static inline uint64_t *
entry_4k(uint64_t raw, uintptr_t offset, uint64_t ipa, unsigned lg2)
{
	return (uint64_t *)((uintptr_t)(raw & LINK_4K) + offset) + (ipa >> lg2 & 511u);
}

/* Follow the link at @pos to the entry that maps 2^@lg2 bytes at @ipa. False: @pos is no link. */
static inline __attribute__((always_inline)) bool
descend_4k(struct pos *pos, uintptr_t offset, uint64_t ipa, unsigned lg2)
{
	if (!entry_is_table_or_page(pos->raw))
		return false;
	pos->entry = entry_4k(pos->raw, offset, ipa, lg2);
	pos->raw = entry_load(pos->entry);
	pos->lg2 = (uint8_t)lg2;
	pos->level = (int8_t)(S2PT_LEVEL_LAST - (int)(lg2 - S2PT_GRANULE_4K) / 9);
	return true;
}

/*
 * s2pt__find() for the usual table: 4K granule, DS=0, table memory at a fixed distance. Its geometry is in the code.
 * With shifts and masks in variables there are too few registers, and a loop costs a fault half of its time.
 */
static inline __attribute__((always_inline)) struct pos
walk_4k(const struct s2pt_table *table, uint64_t ipa)
{
	const uintptr_t offset = table->host->virt_offset;
	struct pos pos;

	pos.level = table->start_level;
	pos.lg2 = table->start_lg2;
	pos.clean = false;
	pos.entry = &table->root[ipa >> pos.lg2];
	pos.raw = entry_load(pos.entry);
	if (pos.lg2 == 39 && !descend_4k(&pos, offset, ipa, 30))
		return pos;
	if (pos.lg2 == 30 && !descend_4k(&pos, offset, ipa, 21))
		return pos;
	pos.clean = pos.raw & ENTRY_CLEAN;
	descend_4k(&pos, offset, ipa, 12);
	return pos;
}

/* May operations on a page go the short way? (short.h) */
static inline void
s2pt__set_short(struct s2pt_table *table, bool may)
{
	table->short_key = may ? table->mapping_key : UINT32_MAX;
	table->usual_key = may && table->fast_4k ? table->mapping_key : UINT32_MAX;
}

#endif
