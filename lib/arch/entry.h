/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * entry.h: the bits of one entry, for the modules `desc` and `table`. The only header with their numbers.
 */
#ifndef S2PT_ARCH_ENTRY_H
#define S2PT_ARCH_ENTRY_H

#include <s2pt/desc.h>

#include "arch/field.h"

/* Block and page descriptors, Table D8-53. */
static const struct field DESC_TYPE       = { 0, 2 };
static const struct field DESC_MEMATTR    = { 2, 4 };
static const struct field DESC_S2AP_R     = { 6, 1 };
static const struct field DESC_S2AP_W     = { 7, 1 };
static const struct field DESC_SH         = { 8, 2 };   /* with DS=1: OA[51:50] */
static const struct field DESC_AF         = { 10, 1 };
static const struct field DESC_FNXS       = { 11, 1 };
static const struct field DESC_NT         = { 16, 1 };  /* block */
static const struct field DESC_DBM        = { 51, 1 };
static const struct field DESC_CONTIGUOUS = { 52, 1 };
static const struct field DESC_XN         = { 53, 2 };
static const struct field DESC_XN0        = { 53, 1 };  /* FEAT_XNX */
static const struct field DESC_XN1        = { 54, 1 };
static const struct field DESC_NS         = { 55, 1 };  /* Realm; elsewhere the lowest of SW */
static const struct field DESC_SW         = { 55, 4 };
static const struct field DESC_PBHA       = { 59, 4 };

/* DESC_TYPE; a page and a table look alike, at different levels. */
enum { TYPE_BLOCK = 1, TYPE_TABLE_OR_PAGE = 3 };

/* XN[1:0] and the execute rights that it stands for: bit 0 EL1, bit 1 EL0 (Table D8-78). */
enum { XN_NEVER = 2, RIGHTS_MASK = 3 };

static const uint8_t rights_of_xn[4] = { 3, 2, 0, 1 };
static const uint8_t xn_of_rights[4] = { 2, 3, 1, 0 };

/* --- Output addresses ------------------------------------------------------------------------------ */

/* Where address bits from 48 stand: @from in the address, @field in the descriptor. */
struct high_part {
	uint8_t from;
	struct field field;
};

static const struct high_part high_64k[] = { { 48, { 12, 4 } }, { 52, { 0, 0 } } };
static const struct high_part high_ds[] = { { 48, { 48, 2 } }, { 50, { 8, 2 } } };
static const struct high_part high_none[] = { { 48, { 0, 0 } }, { 48, { 0, 0 } } };
#define HIGH_PARTS 2

static inline bool
is_ds(const struct s2pt_format *format)
{
	return format->feats & S2PT_FEAT_LPA2;
}

/* 64K keeps OA[51:48] wherever the implemented PA has 52 bits, whatever VTCR_EL2.PS says. */
static inline const struct high_part *
high_parts(const struct s2pt_format *format)
{
	if (format->granule_lg2 == S2PT_GRANULE_64K && (format->feats & S2PT_FEAT_LPA))
		return high_64k;
	return is_ds(format) ? high_ds : high_none;
}

/* Address bits below this stand at their own place; adding to an address may not carry beyond it. */
#define ADDRESS_LOW_END (UINT64_C(1) << 48)

/* The address bits of a descriptor that stand at their own place: 47 down to @align_lg2. */
static inline uint64_t
low_mask(unsigned align_lg2)
{
	return bits_below(48) & ~bits_below(align_lg2);
}

static inline uint64_t
address_mask(const struct s2pt_format *format, unsigned align_lg2)
{
	const struct high_part *high = high_parts(format);

	return low_mask(align_lg2) | field_mask(high[0].field) | field_mask(high[1].field);
}

/* @addr is aligned and below 2^oa_bits. */
static inline uint64_t
address_put(const struct s2pt_format *format, uint64_t addr)
{
	const struct high_part *high = high_parts(format);
	uint64_t raw = addr & bits_below(48);

	for (size_t i = 0; i < HIGH_PARTS; i++)
		raw |= field_put(high[i].field, (addr >> high[i].from) &
						bits_below(high[i].field.width));
	return raw;
}

static inline uint64_t
address_get(const struct s2pt_format *format, unsigned align_lg2, uint64_t raw)
{
	const struct high_part *high = high_parts(format);
	uint64_t addr = raw & low_mask(align_lg2);

	for (size_t i = 0; i < HIGH_PARTS; i++)
		addr |= field_get(high[i].field, raw) << high[i].from;
	return addr;
}

/* Of the software bits 58:55, Realm tables give the lowest to NS. */
static inline uint8_t
software_bits(const struct s2pt_format *format)
{
	return format->space == S2PT_SPACE_REALM ? 0xe : 0xf;
}

/* --- What an entry is, to the engine --------------------------------------------------------------- */

/*
 * Bits 1:0. A valid entry is what hardware says. An invalid one is the engine's: all zero is empty, 10
 * is broken (taken out, to be put back; the other bits are kept), 00 with other bits is an annotation.
 */
#define ENTRY_TYPE     UINT64_C(3)
#define ENTRY_VALID    UINT64_C(1)
#define ENTRY_BROKEN   UINT64_C(2)
#define ENTRY_EMPTY    UINT64_C(0)

static inline bool
entry_is_valid(uint64_t raw)
{
	return raw & ENTRY_VALID;
}

/* @raw stands at @level, which is not the last where @raw may be a table. */
static inline bool
entry_is_table(uint64_t raw, int level)
{
	return level != S2PT_LEVEL_LAST && (raw & ENTRY_TYPE) == TYPE_TABLE_OR_PAGE;
}

static inline bool
entry_is_leaf(uint64_t raw, int level)
{
	return entry_is_valid(raw) && !entry_is_table(raw, level);
}

/* Is @raw, at @level, one of a contiguous group? */
static inline bool
entry_is_member(uint64_t raw, int level)
{
	return entry_is_leaf(raw, level) && field_bit(DESC_CONTIGUOUS, raw);
}

static inline bool
entry_is_broken(uint64_t raw)
{
	return (raw & ENTRY_TYPE) == ENTRY_BROKEN;
}

static inline bool
entry_is_annotation(uint64_t raw)
{
	return raw && !(raw & ENTRY_TYPE);
}

/* In a table that no walker knows any more: is there a table under this entry? */
static inline bool
entry_is_link(uint64_t raw, int level)
{
	return entry_is_table(raw, level) || (level != S2PT_LEVEL_LAST && entry_is_broken(raw));
}

static inline uint64_t
entry_leaf_type(int level)
{
	return level == S2PT_LEVEL_LAST ? TYPE_TABLE_OR_PAGE : TYPE_BLOCK;
}

static inline uint64_t
entry_broken(uint64_t raw)
{
	return (raw & ~ENTRY_TYPE) | ENTRY_BROKEN;
}

/* What was broken, or stood at another level, as a leaf at @level. */
static inline uint64_t
entry_restored(uint64_t raw, int level)
{
	return (raw & ~ENTRY_TYPE) | entry_leaf_type(level);
}

/* What is set in the leaf @raw as its memory is used: AF and, where it has the @tracking_bit, the dirty state. */
static inline uint64_t
entry_written(uint64_t raw, uint64_t tracking_bit)
{
	return raw & (field_mask(DESC_AF) | (raw & tracking_bit ? field_mask(DESC_S2AP_W) : 0));
}

/* May EL1 or EL0 execute? XN = 0b10 is never, with and without FEAT_XNX (Table D8-78). */
static inline bool
entry_is_executable(uint64_t raw)
{
	return field_get(DESC_XN, raw) != XN_NEVER;
}

/* Device or Normal-NC: 00xx and 0101, in both modes (Tables D8-96 and D8-100). */
static inline bool
entry_is_uncached(uint64_t raw)
{
	uint64_t memattr = field_get(DESC_MEMATTR, raw);

	return memattr < 4 || memattr == 5;
}

/*
 * Does the leaf @raw serve as the leaf @wanted, at the same level? Hints make no difference, nor does AF, nor
 * that it was written to, being logged, while @wanted was not.
 */
static inline bool
entry_equivalent(uint64_t raw, uint64_t wanted, uint64_t tracking_bit)
{
	const uint64_t dirty = raw & wanted & tracking_bit ? raw & field_mask(DESC_S2AP_W) : 0;

	return !((raw ^ wanted) & ~(field_mask(DESC_CONTIGUOUS) | field_mask(DESC_AF) | dirty));
}

/* A leaf's attributes: every bit but type and address. */
static inline uint64_t
entry_attributes(const struct s2pt_format *format, int level, uint64_t raw)
{
	return raw & ~(ENTRY_TYPE | address_mask(format, s2pt_format_level_lg2(format, level)));
}

#endif
