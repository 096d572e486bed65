/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* VTCR_EL2, VTTBR_EL2 and stage-2 descriptors of VMSAv8-64, decoded bit by bit. */
#include "model_internal.h"

/* ---- registers ---- */

static unsigned
ps_bits(const struct model *m, uint64_t vtcr)
{
	static const unsigned ps[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	unsigned bits = ps[FIELD(vtcr, 18, 16)];

	if (bits > m->cfg.feat.pa_bits)
		bits = m->cfg.feat.pa_bits;
	if (bits > 48 && !m->f.ds && !m->f.oa52)
		bits = 48;
	return bits;
}

/* Section D8.2: SL2:SL0 to the start level; 4 stands for reserved. */
static int
start_level(const struct model *m, uint64_t vtcr)
{
	unsigned sl0 = (unsigned)FIELD(vtcr, 7, 6), pa = m->cfg.feat.pa_bits;
	bool sl2 = m->f.ds && m->f.g == 12 && FIELD(vtcr, 33, 33);

	if (m->f.g != 12) {
		if (sl0 == 3)
			return m->f.g == 14 && m->f.ds && pa >= 52 ? 0 : 4;
		if (sl0 == 2)
			return pa >= (m->f.g == 14 ? 42u : 44u) ? 1 : 4;
		return 3 - (int)sl0;
	}
	if (sl2)
		return sl0 == 0 && pa >= 52 ? -1 : 4;
	if (sl0 == 3)
		return m->cfg.feat.ttst ? 3 : 4;
	if (sl0 == 2 && pa < 44)
		return 4;
	return 2 - (int)sl0;
}

/* AArch64.S2MinTxSZ, AArch64.MaxTxSZ. */
static bool
t0sz_ok(const struct model *m, unsigned t0sz)
{
	unsigned cap = m->f.g == 16 || m->f.ds ? 52 : 48;
	unsigned max = !m->cfg.feat.ttst ? 39
		     : m->f.g == 16      ? 47
					 : 48;

	if (cap > m->cfg.feat.pa_bits)
		cap = m->cfg.feat.pa_bits;
	return t0sz >= 64 - cap && t0sz <= max;
}

static void
decode_root(struct model *m)
{
	struct fmt *f = &m->f;
	unsigned n = (unsigned)(3 - f->start), full = n * f->s + f->g;
	bool wide = f->ds || (f->oa52 && FIELD(m->regs.vtcr, 18, 16) >= 6);
	uint64_t base = m->regs.vttbr & MASK(48) & ~UINT64_C(1), low;

	/* AArch64.S2InconsistentSL */
	if (f->ia < full + 1 || f->ia > full + f->s + 4) {
		f->bad = true;
		return;
	}
	f->root_lg2 = f->ia - full;
	low = MASK(f->root_lg2 + 3);
	if (wide) {
		low |= MASK(6);
		f->root = (base & ~low) | FIELD(base, 5, 2) << 48;
		base &= ~UINT64_C(0x3c);
	} else {
		f->root = base & ~low;
	}
	if (base & low)
		mi_violate(m, "bad-registers", 0, m->regs.vttbr, "VTTBR_EL2.BADDR is not aligned");
	f->bad_root = f->root >> f->ps != 0;
}

void
mi_decode_regs(struct model *m)
{
	uint64_t vtcr = m->regs.vtcr;
	const struct model_features *feat = &m->cfg.feat;
	struct fmt *f = &m->f;
	static const unsigned granules[4] = { 12, 16, 14, 12 };

	*f = (struct fmt){ .on = m->regs.hcr & MODEL_HCR_VM };
	f->cd = m->regs.hcr & MODEL_HCR_CD;
	f->fwb = feat->fwb && (m->regs.hcr & MODEL_HCR_FWB);
	f->g = granules[FIELD(vtcr, 15, 14)];
	f->s = f->g - 3;
	f->ds = feat->lpa2 && f->g != 16 && FIELD(vtcr, 32, 32);
	f->oa52 = f->g == 16 && feat->pa_bits >= 52;
	f->ha = feat->ha && FIELD(vtcr, 21, 21);
	f->hd = f->ha && feat->hd && FIELD(vtcr, 22, 22);
	f->sh0 = (unsigned)FIELD(vtcr, 13, 12);
	f->pbha = FIELD(vtcr, 28, 25) << 59;
	f->ps = ps_bits(m, vtcr);
	f->ia = 64 - (unsigned)FIELD(vtcr, 5, 0);
	f->start = start_level(m, vtcr);
	if (f->on && !FIELD(vtcr, 31, 31))
		mi_violate(m, "bad-registers", 0, vtcr, "VTCR_EL2[31] is RES1");
	f->bad = f->start > 3 || !t0sz_ok(m, (unsigned)FIELD(vtcr, 5, 0));
	if (!f->bad)
		decode_root(m);
}

/* ---- geometry ---- */

unsigned
mi_lg2(const struct fmt *f, int level)
{
	return f->g + (unsigned)(3 - level) * f->s;
}

/* log2 of the number of entries that a table of that level has. */
unsigned
mi_entries_lg2(const struct fmt *f, int level)
{
	if (level == f->start)
		return f->root_lg2;
	return level < 0 ? 4 : f->s;
}

/* log2 of the number of entries in a contiguous group, 0 if there are none. */
unsigned
mi_group_lg2(const struct fmt *f, int level)
{
	if (f->g == 12)
		return level >= 1 ? 4 : 0;
	if (f->g == 14)
		return level == 3 ? 7
		     : level == 2 ? 5
				  : 0;
	return level >= 2 ? 5 : 0;
}

/* ---- descriptors ---- */

/* AArch64.BlockDescSupported */
static bool
block_supported(const struct fmt *f, int level)
{
	if (level == 2)
		return true;
	if (level == 1)
		return f->g == 12 || (f->g == 14 && f->ds) || (f->g == 16 && f->oa52);
	return level == 0 && f->g == 12 && f->ds;
}

enum dkind
mi_kind(const struct model *m, uint64_t desc, int level)
{
	if (!(desc & 1))
		return D_INVALID;
	if (level == 3)
		return desc & 2 ? D_LEAF : D_INVALID;
	if (desc & 2)
		return D_TABLE;
	return block_supported(&m->f, level) ? D_LEAF : D_INVALID;
}

static uint64_t
address(const struct fmt *f, uint64_t desc, unsigned lg2)
{
	uint64_t a = desc & MASK(48) & ~MASK(lg2);

	if (f->ds)
		a |= FIELD(desc, 49, 48) << 48 | FIELD(desc, 9, 8) << 50;
	else if (f->oa52)
		a |= FIELD(desc, 15, 12) << 48;
	return a;
}

uint64_t
mi_next_table(const struct fmt *f, uint64_t desc)
{
	return address(f, desc, f->g);
}

uint64_t
mi_oa(const struct fmt *f, uint64_t desc, int level)
{
	return address(f, desc, mi_lg2(f, level));
}

/* AArch64.S2DirectBasePermissions; writable-clean counts as writable. */
struct perms
mi_perms(const struct model *m, uint64_t desc)
{
	unsigned xn = (unsigned)FIELD(desc, 54, 53);
	struct perms p;

	p.r = FIELD(desc, 6, 6);
	p.w = FIELD(desc, 7, 7) || (m->f.hd && FIELD(desc, 51, 51));
	if (!m->cfg.feat.xnx) {
		p.x1 = p.x0 = !(xn & 2);
		return p;
	}
	p.x1 = xn == 0 || xn == 3;
	p.x0 = xn == 0 || xn == 1;
	return p;
}

bool
mi_contiguous(const struct model *m, uint64_t desc, int level)
{
	return mi_group_lg2(&m->f, level) && FIELD(desc, 52, 52);
}

/* The XS attribute after both stages is 0 whatever stage 1 says. */
bool
mi_xs0(const struct model *m, uint64_t desc)
{
	if (m->cfg.feat.xs && FIELD(desc, 11, 11))
		return true;
	return m->f.fwb && FIELD(desc, 4, 2) == 6;
}

/* The bits that carry an address in a leaf of that level. */
static uint64_t
address_bits(const struct fmt *f, int level)
{
	uint64_t bits = MASK(48) & ~MASK(mi_lg2(f, level));

	if (f->ds)
		bits |= UINT64_C(3) << 48 | UINT64_C(3) << 8;
	else if (f->oa52)
		bits |= UINT64_C(15) << 12;
	return bits;
}

uint64_t
mi_attr(const struct model *m, uint64_t desc, int level)
{
	return desc & ~address_bits(&m->f, level) & ~UINT64_C(3);
}

uint64_t
model_leaf_attr(const struct model *m, uint64_t desc, int level)
{
	return mi_attr(m, desc, level);
}

static bool
memattr_reserved(const struct model *m, unsigned a)
{
	bool mte = m->cfg.feat.mte_perm;

	if (m->f.fwb)
		return a & 8 ? !(mte && a >= 14) : a == 4;
	return a == 8 || a == 12 || (a == 4 && !mte);
}

static const char *
leaf_malformed(const struct model *m, uint64_t desc, int level)
{
	const struct fmt *f = &m->f;
	uint64_t res0 = BIT(63) | BIT(50) | (f->ds ? 0 : UINT64_C(3) << 48);

	res0 |= MASK(48) & ~MASK(12) & ~address_bits(f, level);
	if (m->cfg.feat.bbm >= 1 && level < 3)
		res0 &= ~MODEL_ATTR_NT;
	if (!m->cfg.feat.xnx)
		res0 |= BIT(53);
	if (!m->cfg.feat.xs)
		res0 |= BIT(11);
	if (!mi_group_lg2(f, level))
		res0 |= BIT(52);
	if (desc & res0)
		return "a RES0 bit of a leaf is set";
	if (memattr_reserved(m, (unsigned)FIELD(desc, 5, 2)))
		return "MemAttr is reserved";
	if (!f->ds && FIELD(desc, 9, 8) == 1)
		return "SH is reserved";
	if (mi_oa(f, desc, level) >> f->ps)
		return "the output address is above VTCR_EL2.PS";
	return NULL;
}

static const char *
table_malformed(const struct model *m, uint64_t desc)
{
	const struct fmt *f = &m->f;
	uint64_t res0 = BIT(63) | BIT(50) | UINT64_C(15) << 59;

	if (!f->ds)
		res0 |= UINT64_C(3) << 48;
	if (!f->oa52)
		res0 |= MASK(f->g) & ~MASK(12);
	if (desc & res0)
		return "a RES0 bit of a Table descriptor is set";
	if (mi_next_table(f, desc) >> f->ps)
		return "the next table is above VTCR_EL2.PS";
	return NULL;
}

/* Why software must not write that descriptor, or NULL. */
const char *
mi_malformed(const struct model *m, uint64_t desc, int level)
{
	switch (mi_kind(m, desc, level)) {
	case D_LEAF:
		return leaf_malformed(m, desc, level);
	case D_TABLE:
		return table_malformed(m, desc);
	default:
		return desc & 1 ? "bit 0 is set in a type reserved at this level" : NULL;
	}
}

static enum model_cache
half(unsigned a)
{
	static const enum model_cache caches[4] = { MODEL_RESERVED, MODEL_NC, MODEL_WT, MODEL_WB };

	return caches[a & 3];
}

static enum model_cache
fwb_type(unsigned a)
{
	if (!(a & 4))
		return MODEL_DEVICE;
	return (a & 3) < 2 ? MODEL_NC : MODEL_WB;
}

/* With a Normal Write-Back stage 1: AArch64.S2ApplyFWBMemAttrs, S2CombineS1MemAttrs. */
void
mi_memory_type(const struct model *m, uint64_t desc, struct model_outcome *out)
{
	unsigned a = (unsigned)FIELD(desc, 5, 2);

	out->memattr = a;
	out->sh = m->f.ds ? m->f.sh0 : (unsigned)FIELD(desc, 9, 8);
	if (m->f.fwb) {
		out->outer = out->inner = fwb_type(a);
	} else if (!(a & 12)) {
		out->outer = out->inner = MODEL_DEVICE;
	} else if (a == 4 && m->cfg.feat.mte_perm) {
		out->outer = out->inner = MODEL_WB;
	} else {
		out->outer = half(a >> 2);
		out->inner = half(a);
	}
	/* AArch64.S2TreatAsNormalNC: HCR_EL2.CD does not turn Device into Normal. */
	if (m->f.cd && out->outer != MODEL_DEVICE)
		out->outer = out->inner = MODEL_NC;
}
