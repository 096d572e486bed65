/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * geometry.h: levels, sizes and addresses of a table; what follows from its format alone.
 *
 * Level -1 is the first and level 3, that of pages, the last. A table of 4K granules and 48-bit IPAs:
 *
 *     level   an entry maps   IPA bits that select it
 *       0       512 GiB           47:39        links to tables of level 1
 *       1         1 GiB           38:30        blocks, or links to tables of level 2
 *       2         2 MiB           29:21        blocks, or links to tables of level 3
 *       3         4 KiB           20:12        pages
 */
#ifndef S2PT_TABLE_GEOMETRY_H
#define S2PT_TABLE_GEOMETRY_H

#include <s2pt/table.h>

#include "arch/entry.h"

#define LEVELS (S2PT_LEVEL_LAST - S2PT_LEVEL_FIRST + 1)

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

/* The level whose leaves map 2^@lg2 bytes; LEVELS where none does. */
static inline int
level_of_size(const struct s2pt_table *table, unsigned lg2)
{
	int level = S2PT_LEVEL_LAST;

	while (level > table->start_level && level_lg2(table, level) < lg2)
		level--;
	return level_of(table, level)->leaves && level_lg2(table, level) == lg2 ? level : LEVELS;
}

static inline uint64_t
table_bytes(const struct s2pt_table *table)
{
	return table->page_bytes;
}

/* The index, in its table at @level, of the entry that maps @ipa. */
static inline uint64_t
index_of(const struct s2pt_table *table, uint64_t ipa, int level)
{
	return (ipa >> level_lg2(table, level)) & (level_entries(table, level) - 1u);
}

static inline uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* May one entry, or one contiguous group, of an operation map 2^@lg2 bytes (op->max_lg2)? */
static inline bool
fits_max_lg2(const struct s2pt_op *op, unsigned lg2)
{
	return !op->max_lg2 || lg2 <= op->max_lg2;
}

/* The number of entries of a contiguous group at @level, a power of two; 1 where the table has no groups. */
uint64_t s2pt__group_entries(const struct s2pt_table *table, int level);

/* The most tables that can hang under an entry of @level. */
uint64_t s2pt__tables_under(const struct s2pt_table *table, int level);

/* The output address of the leaf @raw at @level. */
uint64_t s2pt__address_of(const struct s2pt_table *table, uint64_t raw, int level);

/* The output address @pa as bits of a descriptor. */
uint64_t s2pt__address_bits(const struct s2pt_table *table, uint64_t pa);

/* May [@pa, @pa + @size) be mapped? S2PT_ERR_PA_ALIGN, S2PT_ERR_OA_SIZE. */
enum s2pt_status s2pt__check_memory(const struct s2pt_table *table, s2pt_pa pa, uint64_t size);

#endif
