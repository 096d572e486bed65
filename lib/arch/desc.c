/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * desc.c: one descriptor, in both directions.
 *
 * Encoding checks a leaf against the format field by field, each with a status of its own, and then puts the fields
 * together. Decoding is strict: a bit that the format does not define at that level is an error, also where hardware
 * ignores it, since a leaf that is given says everything that the descriptor says. So decoding and encoding again gives
 * the same bits. What others wrote is stripped of such bits first, and the caller keeps them.
 */
#include <s2pt/desc.h>

#include "arch/entry.h"

static enum s2pt_status
check_address(const struct s2pt_format *format, unsigned align_lg2, uint64_t addr)
{
	if (addr & bits_below(align_lg2))
		return S2PT_ERR_OA_ALIGN;
	return addr >> format->oa_bits ? S2PT_ERR_OA_SIZE : S2PT_OK;
}

/* --- Kinds ----------------------------------------------------------------------------------------- */

enum s2pt_desc_kind
s2pt_desc_kind(const struct s2pt_format *format, int level, s2pt_desc desc)
{
	uint64_t type = field_get(DESC_TYPE, desc.raw);

	if (!s2pt_format_has_level(format, level))
		return S2PT_DESC_INVALID;
	if (type == TYPE_TABLE_OR_PAGE)
		return level == S2PT_LEVEL_LAST ? S2PT_DESC_PAGE : S2PT_DESC_TABLE;
	if (type == TYPE_BLOCK && s2pt_format_has_block(format, level))
		return S2PT_DESC_BLOCK;
	return S2PT_DESC_INVALID;
}

/* The type of a block, where there are none: reserved, and a Translation fault. */
static bool
is_reserved_type(const struct s2pt_format *format, int level, s2pt_desc desc)
{
	return s2pt_format_has_level(format, level) && field_get(DESC_TYPE, desc.raw) == TYPE_BLOCK;
}

/* --- Leaves ---------------------------------------------------------------------------------------- */

/* The bits that not every leaf has, where this format has them at this level. */
static uint64_t
optional_bits(const struct s2pt_format *format, int level)
{
	uint64_t bits = field_mask(DESC_SW) | field_put(DESC_PBHA, format->pbha);

	if (!is_ds(format))
		bits |= field_mask(DESC_SH);
	if (format->feats & S2PT_FEAT_XS)
		bits |= field_mask(DESC_FNXS);
	if (format->feats & S2PT_FEAT_XNX)
		bits |= field_mask(DESC_XN0);
	if (format->feats & S2PT_FEAT_HAFDBS_DBM)
		bits |= field_mask(DESC_DBM);
	if ((format->feats & S2PT_FEAT_BBML1) && level != S2PT_LEVEL_LAST)
		bits |= field_mask(DESC_NT);
	if (s2pt_format_contiguous_lg2(format, level))
		bits |= field_mask(DESC_CONTIGUOUS);
	return bits;
}

static enum s2pt_status
check_optional(const struct s2pt_format *format, int level, const struct s2pt_leaf *leaf)
{
	uint64_t has = optional_bits(format, level);

	if (leaf->dbm && !(has & field_mask(DESC_DBM)))
		return S2PT_ERR_DBM;
	if (leaf->contiguous && !(has & field_mask(DESC_CONTIGUOUS)))
		return S2PT_ERR_CONTIGUOUS;
	if (leaf->nt && !(has & field_mask(DESC_NT)))
		return S2PT_ERR_NT;
	if (leaf->fnxs && !(has & field_mask(DESC_FNXS)))
		return S2PT_ERR_FNXS;
	if (leaf->ns && format->space != S2PT_SPACE_REALM)
		return S2PT_ERR_NS;
	if (leaf->sw & ~software_bits(format))
		return S2PT_ERR_SW;
	return leaf->pbha & ~format->pbha ? S2PT_ERR_PBHA : S2PT_OK;
}

/* Executable although Device or Normal-NC? */
static bool
is_exec_uncached(const struct s2pt_leaf *leaf)
{
	bool uncached = s2pt_memtype_is_device(leaf->type) || leaf->type == S2PT_MEM_NORMAL_NC;

	return uncached && (leaf->x_el1 || leaf->x_el0);
}

static enum s2pt_status
check_leaf(const struct s2pt_format *format, int level, const struct s2pt_leaf *leaf)
{
	if (leaf->sh == S2PT_SH_RESERVED || leaf->sh > S2PT_SH_ISH ||
	    (is_ds(format) && leaf->sh != format->sh0))
		return S2PT_ERR_SH;
	if (leaf->x_el0 != leaf->x_el1 && !(format->feats & S2PT_FEAT_XNX))
		return S2PT_ERR_XNX;
	if (leaf->exec_uncached != is_exec_uncached(leaf))
		return S2PT_ERR_EXEC_UNCACHED;
	return check_optional(format, level, leaf);
}

static uint64_t
attribute_bits(const struct s2pt_format *format, uint8_t memattr, const struct s2pt_leaf *leaf)
{
	return field_put(DESC_MEMATTR, memattr) |
	       field_put(DESC_S2AP_R, leaf->r) |
	       field_put(DESC_S2AP_W, leaf->w) |
	       field_put(DESC_SH, is_ds(format) ? 0u : leaf->sh) |
	       field_put(DESC_AF, leaf->af) |
	       field_put(DESC_FNXS, leaf->fnxs) |
	       field_put(DESC_NT, leaf->nt) |
	       field_put(DESC_DBM, leaf->dbm) |
	       field_put(DESC_CONTIGUOUS, leaf->contiguous) |
	       field_put(DESC_XN, xn_of_rights[leaf->x_el1 | leaf->x_el0 << 1]) |
	       field_put(DESC_NS, leaf->ns) |
	       field_put(DESC_SW, leaf->sw) |
	       field_put(DESC_PBHA, leaf->pbha);
}

enum s2pt_status
s2pt_desc_leaf_encode(const struct s2pt_format *format, int level, s2pt_pa oa,
		      const struct s2pt_leaf *leaf, s2pt_desc *desc)
{
	bool page = level == S2PT_LEVEL_LAST;
	uint8_t memattr;

	if (!s2pt_format_has_level(format, level))
		return S2PT_ERR_LEVEL;
	if (!page && !s2pt_format_has_block(format, level))
		return S2PT_ERR_BLOCK_LEVEL;

	enum s2pt_status status = check_address(format, s2pt_format_level_lg2(format, level), oa.addr);

	if (status == S2PT_OK)
		status = s2pt_memattr_encode(format->feats, leaf->type, &memattr);
	if (status == S2PT_OK)
		status = check_leaf(format, level, leaf);
	if (status == S2PT_OK)
		desc->raw = field_put(DESC_TYPE, page ? TYPE_TABLE_OR_PAGE : TYPE_BLOCK) |
			    attribute_bits(format, memattr, leaf) | address_put(format, oa.addr);
	return status;
}

static void
decode_attributes(const struct s2pt_format *format, int level, uint64_t raw, struct s2pt_leaf *leaf)
{
	bool realm = format->space == S2PT_SPACE_REALM;

	leaf->sh = is_ds(format) ? format->sh0 : (uint8_t)field_get(DESC_SH, raw);
	leaf->r = field_bit(DESC_S2AP_R, raw);
	leaf->w = field_bit(DESC_S2AP_W, raw);
	leaf->x_el1 = rights_of_xn[field_get(DESC_XN, raw)] & 1u;
	leaf->x_el0 = rights_of_xn[field_get(DESC_XN, raw)] & 2u;
	leaf->af = field_bit(DESC_AF, raw);
	leaf->dbm = field_bit(DESC_DBM, raw);
	leaf->contiguous = field_bit(DESC_CONTIGUOUS, raw);
	leaf->nt = level != S2PT_LEVEL_LAST && field_bit(DESC_NT, raw);
	leaf->fnxs = field_bit(DESC_FNXS, raw);
	leaf->ns = realm && field_bit(DESC_NS, raw);
	leaf->sw = (uint8_t)field_get(DESC_SW, raw) & software_bits(format);
	leaf->pbha = (uint8_t)field_get(DESC_PBHA, raw);
	leaf->exec_uncached = is_exec_uncached(leaf);
}

/* All bits that a leaf, or a table, at this level has. */
static uint64_t
leaf_bits(const struct s2pt_format *format, int level)
{
	return field_mask(DESC_TYPE) | field_mask(DESC_MEMATTR) | field_mask(DESC_S2AP_R) | field_mask(DESC_S2AP_W) |
	       field_mask(DESC_AF) | field_mask(DESC_XN1) | optional_bits(format, level) |
	       address_mask(format, s2pt_format_level_lg2(format, level));
}

static uint64_t
table_bits(const struct s2pt_format *format)
{
	return field_mask(DESC_TYPE) | address_mask(format, format->granule_lg2);
}

enum s2pt_status
s2pt_desc_leaf_decode(const struct s2pt_format *format, int level, s2pt_desc desc,
		      s2pt_pa *oa, struct s2pt_leaf *leaf)
{
	enum s2pt_desc_kind kind = s2pt_desc_kind(format, level, desc);
	enum s2pt_memtype type;
	unsigned align_lg2;
	uint64_t addr;

	if (kind == S2PT_DESC_INVALID && is_reserved_type(format, level, desc))
		return S2PT_ERR_BLOCK_LEVEL;
	if (kind != S2PT_DESC_PAGE && kind != S2PT_DESC_BLOCK)
		return S2PT_ERR_DESC_KIND;
	align_lg2 = s2pt_format_level_lg2(format, level);
	if (desc.raw & ~leaf_bits(format, level))
		return S2PT_ERR_DESC_RES0;
	if (s2pt_memattr_decode(format->feats, field_get(DESC_MEMATTR, desc.raw) & 0xf, &type) !=
	    S2PT_OK)
		return S2PT_ERR_RESERVED;
	if (!is_ds(format) && field_get(DESC_SH, desc.raw) == S2PT_SH_RESERVED)
		return S2PT_ERR_SH;
	addr = address_get(format, align_lg2, desc.raw);
	if (check_address(format, align_lg2, addr) != S2PT_OK)
		return S2PT_ERR_OA_SIZE;
	*oa = s2pt_pa_of(addr);
	leaf->type = type;
	decode_attributes(format, level, desc.raw, leaf);
	return S2PT_OK;
}

/* --- Tables ---------------------------------------------------------------------------------------- */

enum s2pt_status
s2pt_desc_table_encode(const struct s2pt_format *format, int level, s2pt_pa next, s2pt_desc *desc)
{
	if (!s2pt_format_has_level(format, level))
		return S2PT_ERR_LEVEL;
	if (level == S2PT_LEVEL_LAST)
		return S2PT_ERR_TABLE_LEVEL;

	enum s2pt_status status = check_address(format, format->granule_lg2, next.addr);

	if (status == S2PT_OK)
		desc->raw = field_put(DESC_TYPE, TYPE_TABLE_OR_PAGE) | address_put(format, next.addr);
	return status;
}

enum s2pt_status
s2pt_desc_table_decode(const struct s2pt_format *format, int level, s2pt_desc desc, s2pt_pa *next)
{
	unsigned align_lg2 = format->granule_lg2;
	uint64_t addr = address_get(format, align_lg2, desc.raw);

	if (s2pt_desc_kind(format, level, desc) != S2PT_DESC_TABLE)
		return S2PT_ERR_DESC_KIND;
	if (desc.raw & ~table_bits(format))
		return S2PT_ERR_DESC_RES0;
	if (check_address(format, align_lg2, addr) != S2PT_OK)
		return S2PT_ERR_OA_SIZE;
	*next = s2pt_pa_of(addr);
	return S2PT_OK;
}

uint64_t
s2pt_desc_address(const struct s2pt_format *format, int level, s2pt_desc desc)
{
	switch (s2pt_desc_kind(format, level, desc)) {
	case S2PT_DESC_INVALID:
		return 0;
	case S2PT_DESC_TABLE:
		return address_get(format, format->granule_lg2, desc.raw);
	default:
		return address_get(format, s2pt_format_level_lg2(format, level), desc.raw);
	}
}

/* --- What others wrote ----------------------------------------------------------------------------- */

/* IGNORED in a table: its tables may still have some of them for an address. */
static const struct field TABLE_IGNORED_LOW = { 2, 10 };
static const struct field TABLE_IGNORED_HIGH = { 51, 8 };

s2pt_desc
s2pt_desc_strip(const struct s2pt_format *format, int level, s2pt_desc desc, struct s2pt_extra_bits *extra)
{
	enum s2pt_desc_kind kind = s2pt_desc_kind(format, level, desc);
	uint64_t ignored = field_mask(DESC_PBHA), has = UINT64_MAX;

	if (kind == S2PT_DESC_TABLE) {
		ignored = field_mask(TABLE_IGNORED_LOW) | field_mask(TABLE_IGNORED_HIGH);
		has = table_bits(format);
	} else if (kind != S2PT_DESC_INVALID) {
		has = leaf_bits(format, level);
	}
	extra->ignored = desc.raw & ~has & ignored;
	extra->res0 = desc.raw & ~has & ~ignored;
	return s2pt_desc_of(desc.raw & has);
}
