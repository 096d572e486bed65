/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Leaves and tables, written and read again: what comes out is what was said, and no bit is set that this
 * format does not define at this level. The bits are stated here as Table D8-53 has them.
 */
#include "any.h"

#include <s2pt/desc.h>

#define BIT(n)          (UINT64_C(1) << (n))
#define BITS(high, low) ((BIT((high) - (low)) * 2 - 1) << (low))

/* log2 of what an entry maps */
static unsigned
lg2_of(const struct s2pt_format *f, int level)
{
	return f->granule_lg2 + (f->granule_lg2 - 3u) * (unsigned)(3 - level);
}

static bool
is_wide_64k(const struct s2pt_format *f)
{
	return f->granule_lg2 == 16 && (f->feats & S2PT_FEAT_LPA);
}

static uint64_t
address_field(const struct s2pt_format *f, unsigned lg2)
{
	uint64_t bits = BITS(47, 0) & ~(BIT(lg2) - 1);

	if (f->feats & S2PT_FEAT_LPA2)
		bits |= BITS(49, 48) | BITS(9, 8);
	if (is_wide_64k(f))
		bits |= BITS(15, 12);
	return bits;
}

static uint64_t
address_in(const struct s2pt_format *f, unsigned lg2, uint64_t raw)
{
	uint64_t addr = raw & BITS(47, 0) & ~(BIT(lg2) - 1);

	if (f->feats & S2PT_FEAT_LPA2)
		addr |= (raw & BITS(49, 48)) | (raw & BITS(9, 8)) << 42;
	if (is_wide_64k(f))
		addr |= (raw & BITS(15, 12)) << 36;
	return addr;
}

/* The bits that a leaf may have. */
static uint64_t
leaf_field(const struct s2pt_format *f, int level)
{
	const unsigned lg2 = lg2_of(f, level);
	uint64_t bits = address_field(f, lg2) | BITS(7, 0) | BIT(10) | BIT(54) | BITS(58, 55) |
			(uint64_t)f->pbha << 59;

	if (!(f->feats & S2PT_FEAT_LPA2))
		bits |= BITS(9, 8);
	if (f->feats & S2PT_FEAT_XS)
		bits |= BIT(11);
	if (level < 3 && (f->feats & S2PT_FEAT_BBML1))
		bits |= BIT(16);
	if (f->feats & S2PT_FEAT_HAFDBS_DBM)
		bits |= BIT(51);
	/* Table D8-104: not at levels that hold blocks in the 52-bit formats alone */
	if (level == 3 || (f->granule_lg2 == 12 ? level >= 1 : level == 2))
		bits |= BIT(52);
	if (f->feats & S2PT_FEAT_XNX)
		bits |= BIT(53);
	return bits;
}

static void
any_leaf(struct s2pt_leaf *leaf, const struct s2pt_format *format)
{
	leaf->type = (enum s2pt_memtype)any_mostly(any_below(16));
	leaf->sh = (uint8_t)(any_mostly(format->sh0) & 0xffu);
	leaf->r = any_bool();
	leaf->w = any_bool();
	leaf->x_el1 = any_bool();
	leaf->x_el0 = any_bool();
	leaf->af = any_bool();
	leaf->dbm = any_mostly(0) & 1u;
	leaf->contiguous = any_mostly(0) & 1u;
	leaf->nt = any_mostly(0) & 1u;
	leaf->fnxs = any_mostly(0) & 1u;
	leaf->ns = any_mostly(0) & 1u;
	leaf->exec_uncached = any_bool();
	leaf->sw = (uint8_t)(any_mostly(any_below(16)) & 0xffu);
	leaf->pbha = (uint8_t)(any_mostly(format->pbha & any_u64()) & 0xffu);
}

static void
prove_same(const struct s2pt_leaf *a, const struct s2pt_leaf *b, s2pt_feats feats)
{
	uint8_t one, other;

	/* Types may share an encoding: memattr.h. */
	prove(s2pt_memattr_encode(feats, a->type, &one) == S2PT_OK);
	prove(s2pt_memattr_encode(feats, b->type, &other) == S2PT_OK);
	prove(one == other && (a->type == b->type || !(feats & S2PT_FEAT_S2FWB)));
	prove(a->sh == b->sh && a->r == b->r && a->w == b->w && a->x_el1 == b->x_el1 && a->x_el0 == b->x_el0);
	prove(a->af == b->af && a->dbm == b->dbm && a->contiguous == b->contiguous && a->nt == b->nt);
	prove(a->fnxs == b->fnxs && a->ns == b->ns && a->exec_uncached == b->exec_uncached);
	prove(a->sw == b->sw && a->pbha == b->pbha);
}

static void
proof(void)
{
	struct s2pt_format format;
	struct s2pt_leaf leaf, back;
	const int level = (int)(any_mostly(any_below(5)) & 0xffu) - 1;
	s2pt_desc desc;
	s2pt_pa oa, oa_back;

	any_format(&format);
	any_leaf(&leaf, &format);
	oa = s2pt_pa_of(any_mostly(any_u64() >> (any_bool() ? 28 : 12) << 12));
	if (any_bool()) {
		assume(s2pt_desc_leaf_encode(&format, level, oa, &leaf, &desc) == S2PT_OK);
		prove(!(desc.raw & ~leaf_field(&format, level)));
		prove((desc.raw & 3u) == (level == 3 ? 3u : 1u));
		prove(address_in(&format, lg2_of(&format, level), desc.raw) == oa.addr);
		/* S2AP, AF, XN: never-execute is 0b10 (Table D8-78). */
		prove((desc.raw >> 6 & 1u) == leaf.r && (desc.raw >> 7 & 1u) == leaf.w);
		prove((desc.raw >> 10 & 1u) == leaf.af);
		prove((desc.raw >> 53 & 3u) == (leaf.x_el1   ? leaf.x_el0 ? 0u
									  : 3u
						: leaf.x_el0 ? 1u
							     : 2u));
		/* Device and Normal-NC are executable where they are meant to be, and nowhere else. */
		prove(!(leaf.type <= S2PT_MEM_NORMAL_NC && (leaf.x_el1 || leaf.x_el0)) || leaf.exec_uncached);
		prove(s2pt_desc_leaf_decode(&format, level, desc, &oa_back, &back) == S2PT_OK);
		prove(oa_back.addr == oa.addr);
		prove_same(&leaf, &back, format.feats);
		reach();
	} else {
		assume(s2pt_desc_table_encode(&format, level, oa, &desc) == S2PT_OK);
		prove((desc.raw & 3u) == 3u && level < 3);
		prove(!(desc.raw & ~(address_field(&format, format.granule_lg2) | 3u)));
		prove(address_in(&format, format.granule_lg2, desc.raw) == oa.addr);
		prove(s2pt_desc_table_decode(&format, level, desc, &oa_back) == S2PT_OK);
		prove(oa_back.addr == oa.addr);
		reach();
	}
}
