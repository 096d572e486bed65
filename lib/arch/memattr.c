/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * memattr.c: memory types, MAIR bytes and PAR_EL1 bytes.
 *
 * MemAttr has two encodings, with and without FWB: one table each, in which a value that is in none is reserved. MAIR
 * bytes and PAR_EL1 are taken apart by nibbles, as in the manual. Nothing reserved is ever produced, and meeting it is
 * a status.
 */
#include <s2pt/memattr.h>

#include "arch/field.h"

#define NONE 0xff

/* MemAttr[3:0] of each type. Columns: without FWB, with FWB; NONE where the mode cannot say it. */
/* clang-format off */
static const struct {
	uint8_t memattr[2];
	bool mte_perm;
} memtypes[S2PT_MEMTYPE_COUNT] = {
	[S2PT_MEM_DEVICE_nGnRnE]          = { { 0x0, 0x0 }, false },
	[S2PT_MEM_DEVICE_nGnRE]           = { { 0x1, 0x1 }, false },
	[S2PT_MEM_DEVICE_nGRE]            = { { 0x2, 0x2 }, false },
	[S2PT_MEM_DEVICE_GRE]             = { { 0x3, 0x3 }, false },
	[S2PT_MEM_NORMAL_NC]              = { { 0x5, 0x5 }, false },
	[S2PT_MEM_NORMAL_WB]              = { { 0xf, 0x6 }, false },
	[S2PT_MEM_AS_STAGE1]              = { { 0xf, 0x7 }, false },
	[S2PT_MEM_NORMAL_WB_NOTAGACCESS]  = { { 0x4, 0xe }, true },
	[S2PT_MEM_AS_STAGE1_NOTAGACCESS]  = { { 0x4, 0xf }, true },
	[S2PT_MEM_NORMAL_oNC_iWT]         = { { 0x6, NONE }, false },
	[S2PT_MEM_NORMAL_oNC_iWB]         = { { 0x7, NONE }, false },
	[S2PT_MEM_NORMAL_oWT_iNC]         = { { 0x9, NONE }, false },
	[S2PT_MEM_NORMAL_oWT_iWT]         = { { 0xa, NONE }, false },
	[S2PT_MEM_NORMAL_oWT_iWB]         = { { 0xb, NONE }, false },
	[S2PT_MEM_NORMAL_oWB_iNC]         = { { 0xd, NONE }, false },
	[S2PT_MEM_NORMAL_oWB_iWT]         = { { 0xe, NONE }, false },
};
/* clang-format on */

enum s2pt_status
s2pt_memattr_encode(s2pt_feats feats, enum s2pt_memtype type, uint8_t *memattr)
{
	if ((unsigned)type >= S2PT_MEMTYPE_COUNT)
		return S2PT_ERR_MEMTYPE;

	uint8_t code = memtypes[type].memattr[(feats & S2PT_FEAT_S2FWB) != 0];

	if (code == NONE || (memtypes[type].mte_perm && !(feats & S2PT_FEAT_MTE_PERM)))
		return S2PT_ERR_MEMTYPE;
	*memattr = code;
	return S2PT_OK;
}

enum s2pt_status
s2pt_memattr_decode(s2pt_feats feats, uint8_t memattr, enum s2pt_memtype *type)
{
	/* The first type with this encoding is the canonical one. */
	for (unsigned t = 0; t < S2PT_MEMTYPE_COUNT; t++) {
		uint8_t code;

		if (s2pt_memattr_encode(feats, (enum s2pt_memtype)t, &code) == S2PT_OK &&
		    code == memattr) {
			*type = (enum s2pt_memtype)t;
			return S2PT_OK;
		}
	}
	return S2PT_ERR_RESERVED;
}

/* --- Stage-1 attributes ---------------------------------------------------------------------------- */

/* The bytes that are not simply two nibbles (MAIR_EL1). */
enum {
	MAIR_NC_XS0 = 0x40,
	MAIR_WT_XS0 = 0xa0,
	PAR_NOTAGACCESS = 0xe0,
	MAIR_TAGGED = 0xf0,
};

/* A nibble is {non-transient, WB or NC, RA, WA}; 0b0100 is Non-cacheable: DecodeLDFAttr(). */
#define NIBBLE_NC           0x4u
#define NIBBLE_NONTRANSIENT 0x8u
#define NIBBLE_WB           0x4u
#define NIBBLE_ALLOC        0x3u

static struct s2pt_cache_attr
nibble_decode(unsigned nibble)
{
	struct s2pt_cache_attr half;
	bool cacheable = nibble != NIBBLE_NC;

	half.cacheability = !cacheable         ? S2PT_NC
			  : nibble & NIBBLE_WB ? S2PT_WB
					       : S2PT_WT;
	half.alloc = cacheable ? nibble & NIBBLE_ALLOC : S2PT_ALLOC_NO;
	half.transient = cacheable && !(nibble & NIBBLE_NONTRANSIENT);
	return half;
}

static unsigned
nibble_encode(struct s2pt_cache_attr half)
{
	if (half.cacheability == S2PT_NC)
		return NIBBLE_NC;
	return (half.transient ? 0u : NIBBLE_NONTRANSIENT) |
	       (half.cacheability == S2PT_WB ? NIBBLE_WB : 0u) | half.alloc;
}

/* Of Normal memory. */
static bool
both(const struct s2pt_attr *attr, enum s2pt_cacheability c)
{
	return attr->outer.cacheability == c && attr->inner.cacheability == c;
}

static void
decode_device(uint8_t byte, struct s2pt_attr *attr)
{
	attr->device = true;
	attr->device_type = (byte >> 2) & 3u;
	attr->outer = attr->inner = nibble_decode(NIBBLE_NC);
	attr->xs = !(byte & 1u);
	attr->tagged = false;
}

/* @byte: outer and inner nibble, neither of them zero. */
static void
decode_normal(uint8_t byte, struct s2pt_attr *attr)
{
	attr->device = false;
	attr->device_type = 0;
	attr->outer = nibble_decode(byte >> 4);
	attr->inner = nibble_decode(byte & 0xfu);
	attr->xs = !both(attr, S2PT_WB);
	attr->tagged = false;
}

static enum s2pt_status
decode_byte(s2pt_feats feats, uint8_t byte, struct s2pt_attr *attr)
{
	bool feat_xs = feats & S2PT_FEAT_XS;

	if (!(byte & 0xf0u)) {
		if (byte & 2u || (byte & 1u && !feat_xs))
			return S2PT_ERR_RESERVED;
		decode_device(byte, attr);
	} else if (byte & 0xfu) {
		decode_normal(byte, attr);
	} else if ((byte == MAIR_NC_XS0 || byte == MAIR_WT_XS0) && feat_xs) {
		decode_normal((uint8_t)(byte | byte >> 4), attr);
		attr->xs = false;
	} else if (byte == MAIR_TAGGED && feats & S2PT_FEAT_MTE2) {
		decode_normal(0xff, attr);
		attr->tagged = true;
	} else {
		return S2PT_ERR_RESERVED;
	}
	return S2PT_OK;
}

enum s2pt_status
s2pt_mair_decode(s2pt_feats feats, uint8_t mair, enum s2pt_sh sh, struct s2pt_attr *attr)
{
	if (sh == S2PT_SH_RESERVED || (unsigned)sh > S2PT_SH_ISH)
		return S2PT_ERR_RESERVED;

	enum s2pt_status status = decode_byte(feats, mair, attr);

	if (status == S2PT_OK) {
		attr->sh = (uint8_t)sh;
		attr->notagaccess = false;
	}
	return status;
}

/* --- PAR_EL1 --------------------------------------------------------------------------------------- */

/* XS = 0 with both halves Write-Through shows only behind an outer RA, non-transient hint. */
static bool
par_says_wt_xs0(const struct s2pt_attr *attr)
{
	return both(attr, S2PT_WT) && attr->outer.alloc == S2PT_ALLOC_RA && !attr->outer.transient;
}

uint8_t
s2pt_par_encode(s2pt_feats feats, const struct s2pt_attr *attr)
{
	bool xs0 = feats & S2PT_FEAT_XS && !attr->xs;

	if (attr->device)
		return (uint8_t)(attr->device_type << 2 | xs0);
	if (attr->tagged)
		return attr->notagaccess && (feats & S2PT_FEAT_MTE_PERM) ? PAR_NOTAGACCESS
									 : MAIR_TAGGED;
	if (xs0 && both(attr, S2PT_NC))
		return MAIR_NC_XS0;
	if (xs0 && par_says_wt_xs0(attr))
		return MAIR_WT_XS0;
	return (uint8_t)(nibble_encode(attr->outer) << 4 | nibble_encode(attr->inner));
}

enum s2pt_sh
s2pt_par_sh(const struct s2pt_attr *attr)
{
	return attr->device || both(attr, S2PT_NC) ? S2PT_SH_OSH : (enum s2pt_sh)attr->sh;
}

enum s2pt_status
s2pt_par_decode(s2pt_feats feats, uint8_t par_attr, uint8_t par_sh, struct s2pt_attr *attr)
{
	bool notagaccess = par_attr == PAR_NOTAGACCESS &&
			   has_all(feats, S2PT_FEAT_MTE2 | S2PT_FEAT_MTE_PERM);
	uint8_t mair = notagaccess ? MAIR_TAGGED : par_attr;
	struct s2pt_attr probe;

	if (s2pt_mair_decode(feats, mair, (enum s2pt_sh)par_sh, &probe) != S2PT_OK ||
	    s2pt_par_sh(&probe) != par_sh)
		return S2PT_ERR_RESERVED;
	must_be_ok(s2pt_mair_decode(feats, mair, (enum s2pt_sh)par_sh, attr));
	attr->notagaccess = notagaccess;
	return S2PT_OK;
}

/* --- What it means --------------------------------------------------------------------------------- */

enum s2pt_kind
s2pt_attr_kind(const struct s2pt_attr *attr)
{
	if (attr->device)
		return (enum s2pt_kind)(S2PT_KIND_DEVICE_nGnRnE + attr->device_type);
	if (attr->outer.cacheability != attr->inner.cacheability)
		return S2PT_KIND_NORMAL_MIXED;
	return (enum s2pt_kind)(S2PT_KIND_NORMAL_NC + attr->inner.cacheability);
}

#define PROPERTIES_NORMAL (S2PT_PROPERTY_UNALIGNED | S2PT_PROPERTY_GATHER | S2PT_PROPERTY_REORDER | \
			   S2PT_PROPERTY_EARLY_ACK | S2PT_PROPERTY_SPECULATE)

/* A mixed attribute is cached by one half and bypasses the other. */
/* clang-format off */
static const uint8_t kind_properties[S2PT_KIND_COUNT] = {
	[S2PT_KIND_DEVICE_nGnRnE] = S2PT_PROPERTY_BYPASS,
	[S2PT_KIND_DEVICE_nGnRE]  = S2PT_PROPERTY_BYPASS | S2PT_PROPERTY_EARLY_ACK,
	[S2PT_KIND_DEVICE_nGRE]   = S2PT_PROPERTY_BYPASS | S2PT_PROPERTY_EARLY_ACK | S2PT_PROPERTY_REORDER,
	[S2PT_KIND_DEVICE_GRE]    = S2PT_PROPERTY_BYPASS | S2PT_PROPERTY_EARLY_ACK | S2PT_PROPERTY_REORDER |
				    S2PT_PROPERTY_GATHER,
	[S2PT_KIND_NORMAL_NC]     = PROPERTIES_NORMAL | S2PT_PROPERTY_BYPASS,
	[S2PT_KIND_NORMAL_WT]     = PROPERTIES_NORMAL | S2PT_PROPERTY_CACHED,
	[S2PT_KIND_NORMAL_WB]     = PROPERTIES_NORMAL | S2PT_PROPERTY_CACHED,
	[S2PT_KIND_NORMAL_MIXED]  = PROPERTIES_NORMAL | S2PT_PROPERTY_CACHED | S2PT_PROPERTY_BYPASS,
};
/* clang-format on */

uint32_t
s2pt_attr_properties(const struct s2pt_attr *attr)
{
	enum s2pt_kind kind = s2pt_attr_kind(attr);

	/* Mixed Write-Through and Write-Back is cached by both. */
	if (kind == S2PT_KIND_NORMAL_MIXED && attr->inner.cacheability != S2PT_NC &&
	    attr->outer.cacheability != S2PT_NC)
		kind = S2PT_KIND_NORMAL_WB;
	return kind_properties[kind];
}
