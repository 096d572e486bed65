/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * entry.h: the bits of one entry, for the modules `desc` and `table`. The only header with their numbers.
 */
#ifndef S2PT_ARCH_ENTRY_H
#define S2PT_ARCH_ENTRY_H

#include <s2pt/desc.h>

#include "arch/field.h"

/* Block and page descriptors, Table D8-53. */
/* clang-format off */
static const struct field DESC_TYPE       = { 0, 2 };
static const struct field DESC_MEMATTR    = { 2, 4 };
static const struct field DESC_S2AP       = { 6, 2 };
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

/* Table descriptors, Table D8-51: IGNORED. */
static const struct field DESC_CLEAN      = { 51, 8 };
/* clang-format on */

/* DESC_TYPE; a page and a table look alike, at different levels. */
enum {
	TYPE_BLOCK = 1,
	TYPE_TABLE_OR_PAGE = 3,
};

/* XN[1:0] and the execute rights that it stands for: bit 0 EL1, bit 1 EL0 (Table D8-78). */
enum {
	XN_NEVER = 2,
	RIGHTS_MASK = 3,
};

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

/*
 * What the meaning of a leaf's attribute bits depends on, packed without loss; never 0. Leaves are copied from one
 * format to another only where it is the same.
 */
static inline uint32_t
mapping_key(const struct s2pt_format *format)
{
	const s2pt_feats matter = S2PT_FEAT_LPA | S2PT_FEAT_LPA2 | S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_XS |
				  S2PT_FEAT_MTE_PERM | S2PT_FEAT_HAFDBS_DBM;

	_Static_assert((S2PT_FEAT_LPA | S2PT_FEAT_LPA2 | S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_XS |
			S2PT_FEAT_MTE_PERM | S2PT_FEAT_HAFDBS_DBM) < 1u << 15,
		       "features in 15 bits");
	/* The lowest three bits are left to the mapping. */
	return 1u << 3 | (uint32_t)(format->feats & matter) << 4 | ((uint32_t)format->granule_lg2 - 12u) << 19 |
	       (uint32_t)format->sh0 << 22 | (uint32_t)format->pbha << 24 | (uint32_t)format->space << 28;
}

/* Of the software bits 58:55, Realm tables give the lowest to NS. */
static inline uint8_t
software_bits(const struct s2pt_format *format)
{
	return format->space == S2PT_SPACE_REALM ? 0xe : 0xf;
}

/* --- What an entry is, to the engine --------------------------------------------------------------- */

/*
 * The states of an entry, by bits 1:0:
 *
 *     bits 1:0   others   state        written by                               followed by
 *        00      all 0    empty        any operation                            leaf, link, annotation
 *        00      not 0    annotation   annotate                                 leaf, link, empty, annotation
 *        10      kept     broken       an operation between break and make      leaf, link (its own), empty
 *        01      -        block        any operation; hardware: AF, S2AP[1]     broken, empty; link with FEAT_BBM
 *        11      -        link, page   any operation; hardware, of a page: AF, S2AP[1]
 *                                                                               broken, empty; block with FEAT_BBM
 *
 * To a walker the first three are invalid. A broken entry belongs to the operation that broke it: hardware does not
 * write to it, and another operation that meets it has lost a race.
 */
#define ENTRY_TYPE   UINT64_C(3)
#define ENTRY_VALID  UINT64_C(1)
#define ENTRY_BROKEN UINT64_C(2)
#define ENTRY_EMPTY  UINT64_C(0)

/* Bits of a leaf that are what they are under every model of permissions. */
#define ENTRY_AF         field_mask(DESC_AF)
#define ENTRY_CONTIGUOUS field_mask(DESC_CONTIGUOUS)
#define ENTRY_NT         field_mask(DESC_NT)

/* Bits in which the members of a contiguous group may differ. */
#define ENTRY_MEMBER_OWN (ENTRY_AF | field_mask(DESC_SW))

static inline bool
entry_is_valid(uint64_t raw)
{
	return raw & ENTRY_VALID;
}

/* May @raw be a table? At the last level it is a page. */
static inline bool
entry_is_table_or_page(uint64_t raw)
{
	return (raw & ENTRY_TYPE) == TYPE_TABLE_OR_PAGE;
}

/* @raw stands at @level, which is not the last where @raw may be a table. */
static inline bool
entry_is_table(uint64_t raw, int level)
{
	return level != S2PT_LEVEL_LAST && entry_is_table_or_page(raw);
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

/* The table descriptor, or the page, with the address @address and the attributes @bits. */
static inline uint64_t
entry_table_or_page(uint64_t address, uint64_t bits)
{
	return bits | TYPE_TABLE_OR_PAGE | address;
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

/* --- Permissions ------------------------------------------------------------------------------------ */

/* The permissions of a leaf as one value of four bits: XN[1:0], and below it S2AP[1:0]. */
#define ENTRY_PERM_BITS 4u
#define ENTRY_PERMS     (1u << ENTRY_PERM_BITS)

static inline unsigned
entry_perm(uint64_t raw)
{
	return (unsigned)(field_get(DESC_XN, raw) << DESC_S2AP.width | field_get(DESC_S2AP, raw));
}

static inline uint64_t
entry_with_perm(uint64_t raw, unsigned perm)
{
	return (raw & ~(field_mask(DESC_XN) | field_mask(DESC_S2AP))) |
	       field_put(DESC_XN, perm >> DESC_S2AP.width) |
	       field_put(DESC_S2AP, perm & bits_below(DESC_S2AP.width));
}

static inline unsigned
entry_perm_xn(unsigned perm)
{
	return perm >> DESC_S2AP.width;
}

static inline uint8_t
entry_perm_with_xn(unsigned perm, unsigned xn)
{
	return (uint8_t)(xn << DESC_S2AP.width | (perm & bits_below(DESC_S2AP.width)));
}

/* May EL1 and EL0 write? */
static inline bool
entry_is_writable(uint64_t raw)
{
	return field_bit(DESC_S2AP_W, raw);
}

/* May EL1 or EL0 execute? XN = 0b10 is never, with and without FEAT_XNX (Table D8-78). */
static inline bool
entry_is_executable(uint64_t raw)
{
	return field_get(DESC_XN, raw) != XN_NEVER;
}

/* --- Use: the access flag and dirty state -------------------------------------------------------------- */

/* In a leaf with the tracking bit: it is dirty. In one without: it may be written to. */
#define ENTRY_DIRTY field_mask(DESC_S2AP_W)

/* The tracking bit where hardware manages dirty state, and where the software bit @sw has to serve; and back. */
static inline uint64_t
entry_hw_tracking_bit(void)
{
	return field_mask(DESC_DBM);
}

static inline uint64_t
entry_sw_tracking_bit(uint8_t sw)
{
	return field_put(DESC_SW, sw);
}

static inline uint8_t
entry_software(uint64_t raw)
{
	return (uint8_t)field_get(DESC_SW, raw);
}

/* The bits that a dirty leaf has; no leaf has them all where nothing was ever tracked. */
static inline uint64_t
entry_dirty_bits(uint64_t tracking_bit)
{
	return tracking_bit ? ENTRY_VALID | ENTRY_DIRTY | tracking_bit : ~UINT64_C(0);
}

/*
 * Of the table descriptor of a leaf table: bit n says that no leaf in the nth eighth of that table is dirty. Without it
 * nobody knows. Collections of the dirty log set it; whoever may store to the leaves clears it first (walk.h).
 */
#define ENTRY_CLEAN           field_mask(DESC_CLEAN)
#define ENTRY_CLEAN_PARTS_LG2 3u

/* Those bits, from bit 0 on, of the table descriptor @raw; and with them. */
static inline uint64_t
entry_clean(uint64_t raw)
{
	return field_get(DESC_CLEAN, raw);
}

static inline uint64_t
entry_with_clean(uint64_t raw, uint64_t clean)
{
	return (raw & ~ENTRY_CLEAN) | field_put(DESC_CLEAN, clean);
}

/* The bits that use of its memory has set in the leaf @raw: AF and, with the @tracking_bit, the dirty state. */
static inline uint64_t
entry_written(uint64_t raw, uint64_t tracking_bit)
{
	return raw & (ENTRY_AF | (raw & tracking_bit ? ENTRY_DIRTY : 0));
}

/* --- Memory type ------------------------------------------------------------------------------------- */

static inline uint8_t
entry_memattr(uint64_t raw)
{
	return (uint8_t)field_get(DESC_MEMATTR, raw);
}

/* Device or Normal-NC: 00xx and 0101, in both modes (Tables D8-96 and D8-100). */
static inline bool
entry_is_uncached(uint64_t raw)
{
	const unsigned memattr = entry_memattr(raw);

	return memattr < 4 || memattr == 5;
}

/*
 * Is the leaf @raw equivalent to the leaf @wanted, at the same level? The Contiguous bit and AF make no difference, nor
 * does it that a tracked leaf is dirty where @wanted is clean.
 */
static inline bool
entry_equivalent(uint64_t raw, uint64_t wanted, uint64_t tracking_bit)
{
	const uint64_t dirty = raw & wanted & tracking_bit ? raw & ENTRY_DIRTY : 0;

	return !((raw ^ wanted) & ~(ENTRY_CONTIGUOUS | ENTRY_AF | dirty));
}

/* A leaf's attributes: every bit but type and address. */
static inline uint64_t
entry_attributes(const struct s2pt_format *format, int level, uint64_t raw)
{
	return raw & ~(ENTRY_TYPE | address_mask(format, s2pt_format_level_lg2(format, level)));
}

#endif
