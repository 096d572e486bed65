/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Stage 1 x stage 2 combining of memory attributes, in the shape of Arm's pseudocode: each
 * function is named after the one it follows.
 */
#include "ref.h"

#include <string.h>

enum {
	MemAttr_NC = 0,
	MemAttr_WT = 1,
	MemAttr_WB = 2,
};
enum {
	MemHint_No = 0,
	MemHint_WA = 1,
	MemHint_RA = 2,
	MemHint_RWA = 3,
};
enum {
	Shareability_NSH = 0,
	Shareability_RES = 1,
	Shareability_OSH = 2,
	Shareability_ISH = 3,
};
enum mem_type {
	MemType_Normal,
	MemType_Device,
};

struct mem_attr_hints {
	uint8_t attrs;
	uint8_t hints;
	bool transient;
};

struct memory_attributes {
	enum mem_type memtype;
	uint8_t device;
	struct mem_attr_hints inner, outer;
	uint8_t shareability;
	bool xs;
	bool tagged; /* MemTag_AllocationTagged; canonical tagging is not modelled */
	bool notagaccess;
};

/* ---- Shared by both stages ---- */

static bool
is_normal_nc(const struct memory_attributes *m)
{
	return m->memtype == MemType_Normal && m->inner.attrs == MemAttr_NC &&
	       m->outer.attrs == MemAttr_NC;
}

static bool
is_normal_wb(const struct memory_attributes *m)
{
	return m->memtype == MemType_Normal && m->inner.attrs == MemAttr_WB &&
	       m->outer.attrs == MemAttr_WB;
}

/* EffectiveShareability: Device and Normal iNC oNC are Outer Shareable. */
static uint8_t
effective_shareability(const struct memory_attributes *m)
{
	if (m->memtype == MemType_Device || is_normal_nc(m))
		return Shareability_OSH;
	return m->shareability;
}

/* NormalNCMemAttr: Untagged, NoTagAccess FALSE, Outer Shareable. XS is the caller's. */
static struct memory_attributes
normal_nc_mem_attr(bool xs)
{
	struct memory_attributes m;

	memset(&m, 0, sizeof(m));
	m.memtype = MemType_Normal;
	m.inner.attrs = MemAttr_NC;
	m.outer.attrs = MemAttr_NC;
	m.shareability = Shareability_OSH;
	m.xs = xs;
	return m;
}

/* ---- Stage 1 decode ---- */

/* S1ConstrainUnpredictableRESMAIR, MAIR_EL1. */
static bool
s1_reserved_mair(const struct ref_combine_in *in, uint8_t attr)
{
	unsigned hi = attr >> 4;
	unsigned lo = attr & 0xfu;

	if (hi == 0) {
		switch (lo & 3u) {
		case 0:
			return false;
		case 1:
			return !in->feat_xs;
		default:
			return true;
		}
	}
	if (lo != 0)
		return false;
	switch (hi) {
	case 0x4:
	case 0xa:
		return !in->feat_xs;
	case 0xf:
		return !in->feat_mte2;
	default:
		return true;
	}
}

/* DecodeLDFAttr. Hint "No" nibbles are always non-transient. */
static struct mem_attr_hints
decode_ldf_attr(unsigned nibble)
{
	struct mem_attr_hints h = { MemAttr_NC, MemHint_No, false };

	if (nibble == 4u)
		return h;
	h.attrs = (nibble & 4u) != 0 ? MemAttr_WB : MemAttr_WT;
	h.hints = (uint8_t)(nibble & 3u);
	h.transient = (nibble & 8u) == 0;
	return h;
}

/* S1DecodeMemAttrs, for an allocated byte. */
static struct memory_attributes
s1_decode_mem_attrs(uint8_t attr, uint8_t sh)
{
	struct memory_attributes m;

	memset(&m, 0, sizeof(m));
	m.shareability = sh;
	if ((attr & 0xf0u) == 0) {
		m.memtype = MemType_Device;
		m.device = (uint8_t)((attr >> 2) & 3u);
		m.xs = (attr & 1u) == 0;
		return m;
	}
	m.memtype = MemType_Normal;
	if (attr == 0x40) {
		m.xs = false;
		return m;
	}
	if (attr == 0xa0) {
		m.outer = decode_ldf_attr(0xa);
		m.inner = m.outer;
		m.xs = false;
		return m;
	}
	if (attr == 0xf0) {
		m.outer = decode_ldf_attr(0xf);
		m.inner = m.outer;
		m.xs = false;
		m.tagged = true;
		return m;
	}
	m.outer = decode_ldf_attr((unsigned)attr >> 4);
	m.inner = decode_ldf_attr(attr & 0xfu);
	m.xs = !is_normal_wb(&m);
	return m;
}

/* ---- What stage 1 hands to stage 2 ---- */

/* AArch64.S1DisabledOutput. HCR_EL2.DCT is RES0 without FEAT_MTE2. */
static struct memory_attributes
s1_disabled_output(const struct ref_combine_in *in)
{
	struct memory_attributes m;

	memset(&m, 0, sizeof(m));
	if (in->dc) {
		m.memtype = MemType_Normal;
		m.outer.attrs = MemAttr_WB;
		m.outer.hints = MemHint_RWA;
		m.inner = m.outer;
		m.shareability = Shareability_NSH;
		m.xs = false;
		m.tagged = in->dct && in->feat_mte2;
	} else if (in->access == REF_FETCH) {
		m.memtype = MemType_Normal;
		if (in->sctlr_i) {
			m.outer.attrs = MemAttr_WT;
			m.outer.hints = MemHint_RA;
			m.inner = m.outer;
		}
		m.shareability = Shareability_OSH;
		m.xs = true;
	} else {
		m.memtype = MemType_Device;
		m.device = 0;
		m.shareability = Shareability_OSH;
		m.xs = true;
	}
	return m;
}

/*
 * S1TreatAsNormalNC, from AArch64.S1Translate; for the stage 1 walker, from AArch64.S1Walk.
 * IFetch of Device may also be a Permission fault (Unpredictable_INSTRDEVICE): Normal
 * Non-cacheable is the choice taken here.
 */
static bool
s1_treat_as_normal_nc(const struct ref_combine_in *in,
		      const struct memory_attributes *m)
{
	switch (in->access) {
	case REF_FETCH:
		return m->memtype == MemType_Device || !in->sctlr_i;
	case REF_WALK:
		return !in->sctlr_c;
	case REF_DATA:
	default:
		return m->memtype == MemType_Normal && !in->sctlr_c;
	}
}

/*
 * AArch64.S1Translate and AArch64.S1Walk. SCTLR_EL1.{C,I} do not affect XS. With SCTLR_EL1.C=0
 * the Allocation tag is dropped (Unpredictable_S1CTAGGED).
 */
static struct memory_attributes
s1_enabled_output(const struct ref_combine_in *in)
{
	struct memory_attributes walkstate = s1_decode_mem_attrs(in->mair, in->s1_sh & 3u);
	struct memory_attributes m;

	/* WalkMemAttrs: a stage 1 walk is Untagged. */
	if (in->access == REF_WALK)
		walkstate.tagged = false;
	if (s1_treat_as_normal_nc(in, &walkstate))
		m = normal_nc_mem_attr(walkstate.xs);
	else
		m = walkstate;

	/* R_NSCNC: "Apply effective shareability at stage 1" is IMPLEMENTATION DEFINED. */
	m.shareability = walkstate.shareability;
	if (in->s1_effective_sh)
		m.shareability = effective_shareability(&m);
	return m;
}

/* HCR_EL2.DC=1 forces SCTLR_EL1.M to 0. There is no stage 1 walk with stage 1 disabled. */
static bool
s1_is_off(const struct ref_combine_in *in)
{
	return in->access != REF_WALK && (in->s1_off || in->dc);
}

static struct memory_attributes
s1_output(const struct ref_combine_in *in)
{
	return s1_is_off(in) ? s1_disabled_output(in) : s1_enabled_output(in);
}

/* ---- Stage 2 decode ---- */

/* FWB=0: reserved MemAttr[3:0]; 0b0100 is allocated with FEAT_MTE_PERM. */
static bool
s2_reserved_no_fwb(const struct ref_combine_in *in, unsigned s2_attr)
{
	switch (s2_attr) {
	case 0x4:
		return !in->feat_mte_perm;
	case 0x8:
	case 0xc:
		return true;
	default:
		return false;
	}
}

/*
 * FWB=1: reserved MemAttr[3:0]. MemAttr[3] is RES0 without FEAT_MTE_PERM (R_NQDNZ). The pseudocode
 * ignores it then; this project takes a RES0 bit that is set for a reserved encoding.
 */
static bool
s2_reserved_fwb(const struct ref_combine_in *in, unsigned s2_attr)
{
	if (!in->feat_mte_perm)
		return s2_attr == 4u || s2_attr >= 8u;
	switch (s2_attr) {
	case 0x4:
	case 0x8:
	case 0x9:
	case 0xa:
	case 0xb:
	case 0xc:
	case 0xd:
		return true;
	default:
		return false;
	}
}

static bool
s2_reserved_memattr(const struct ref_combine_in *in)
{
	unsigned s2_attr = in->s2_memattr & 0xfu;

	return in->fwb ? s2_reserved_fwb(in, s2_attr) : s2_reserved_no_fwb(in, s2_attr);
}

/* One half of S2DecodeMemAttrs: 01 NC, 10 WT, 11 WB. Stage 2 has no hints. */
static struct mem_attr_hints
s2_decode_cacheability(unsigned attr)
{
	struct mem_attr_hints h = { MemAttr_NC, MemHint_No, false };

	if (attr == 2u)
		h.attrs = MemAttr_WT;
	else if (attr == 3u)
		h.attrs = MemAttr_WB;
	return h;
}

/* FnXS exists with FEAT_XS only. */
static bool
s2_fnxs(const struct ref_combine_in *in)
{
	return in->feat_xs && in->fnxs;
}

/* S2DecodeMemAttrs, for an allocated encoding with FWB=0. */
static struct memory_attributes
s2_decode_mem_attrs(const struct ref_combine_in *in)
{
	unsigned s2_attr = in->s2_memattr & 0xfu;
	struct memory_attributes m;

	memset(&m, 0, sizeof(m));
	if (s2_attr == 4u) {
		/* FEAT_MTE_PERM: iWB oWB, NoTagAccess. */
		m.memtype = MemType_Normal;
		m.outer.attrs = MemAttr_WB;
		m.inner.attrs = MemAttr_WB;
		m.notagaccess = in->feat_mte_perm;
	} else if ((s2_attr >> 2) == 0) {
		m.memtype = MemType_Device;
		m.device = (uint8_t)(s2_attr & 3u);
	} else {
		m.memtype = MemType_Normal;
		m.outer = s2_decode_cacheability(s2_attr >> 2);
		m.inner = s2_decode_cacheability(s2_attr & 3u);
	}
	m.shareability = in->s2_sh & 3u;
	m.xs = !s2_fnxs(in);
	return m;
}

/* ---- Combining ---- */

/* S2CombineS1Device: nGnRnE is stronger than nGnRE, than nGRE, than GRE. */
static uint8_t
s2_combine_s1_device(uint8_t s1_device, uint8_t s2_device)
{
	return s1_device < s2_device ? s1_device : s2_device;
}

/* S2CombineS1Shareability: Outer over Inner over Non-shareable. */
static uint8_t
s2_combine_s1_shareability(uint8_t s1_sh, uint8_t s2_sh)
{
	if (s1_sh == Shareability_OSH || s2_sh == Shareability_OSH)
		return Shareability_OSH;
	if (s1_sh == Shareability_ISH || s2_sh == Shareability_ISH)
		return Shareability_ISH;
	return Shareability_NSH;
}

/* S2CombineS1AttrHints: NC over WT over WB; hints and transient are those of stage 1. */
static struct mem_attr_hints
s2_combine_s1_attr_hints(struct mem_attr_hints s1,
			 struct mem_attr_hints s2)
{
	struct mem_attr_hints h = { MemAttr_NC, MemHint_No, false };

	if (s1.attrs == MemAttr_NC || s2.attrs == MemAttr_NC)
		return h;
	h.attrs = MemAttr_WB;
	if (s1.attrs == MemAttr_WT || s2.attrs == MemAttr_WT)
		h.attrs = MemAttr_WT;
	h.hints = s1.hints;
	h.transient = s1.transient;
	return h;
}

static bool
is_wb_rwa_non_transient(struct mem_attr_hints h)
{
	return h.attrs == MemAttr_WB && h.hints == MemHint_RWA && !h.transient;
}

/* S2MemTagType: the Allocation tag survives only in iWB oWB, RWA, non-transient. */
static bool
s2_mem_tagged(const struct memory_attributes *m, bool s1_tagged)
{
	return s1_tagged && m->memtype == MemType_Normal && is_wb_rwa_non_transient(m->inner) &&
	       is_wb_rwa_non_transient(m->outer);
}

/* The memory type, the Device type and the cacheability part of S2CombineS1MemAttrs. */
static void
s2_combine_type(struct memory_attributes *m, const struct memory_attributes *s1,
		const struct memory_attributes *s2)
{
	if (s1->memtype == MemType_Device && s2->memtype == MemType_Device) {
		m->memtype = MemType_Device;
		m->device = s2_combine_s1_device(s1->device, s2->device);
	} else if (s1->memtype == MemType_Device) {
		m->memtype = MemType_Device;
		m->device = s1->device;
	} else if (s2->memtype == MemType_Device) {
		m->memtype = MemType_Device;
		m->device = s2->device;
	} else {
		m->memtype = MemType_Normal;
		m->inner = s2_combine_s1_attr_hints(s1->inner, s2->inner);
		m->outer = s2_combine_s1_attr_hints(s1->outer, s2->outer);
	}
}

/* S2CombineS1MemAttrs (FWB=0). */
static struct memory_attributes
s2_combine_s1_mem_attrs(const struct memory_attributes *s1,
			const struct memory_attributes *s2)
{
	struct memory_attributes m;

	memset(&m, 0, sizeof(m));
	s2_combine_type(&m, s1, s2);
	m.tagged = s2_mem_tagged(&m, s1->tagged);
	m.notagaccess = s2->notagaccess && s1->tagged;
	if (is_normal_wb(&m))
		m.xs = false;
	else
		m.xs = s1->xs && s2->xs;
	m.shareability = s2_combine_s1_shareability(s1->shareability, s2->shareability);
	m.shareability = effective_shareability(&m);
	return m;
}

/* One half of force Write-Back: stage 1 hints if that half is cacheable, else RWA. */
static struct mem_attr_hints
s2_force_wb(enum mem_type s1_memtype, struct mem_attr_hints s1)
{
	struct mem_attr_hints h = { MemAttr_WB, MemHint_RWA, false };

	if (s1_memtype == MemType_Normal && s1.attrs != MemAttr_NC) {
		h.hints = s1.hints;
		h.transient = s1.transient;
	}
	return h;
}

/* MemAttr[2]=0: R_GSDKZ, combined with a stage 1 Device type, otherwise exactly stage 2's. */
static void
s2_fwb_device(struct memory_attributes *m, const struct memory_attributes *s1,
	      uint8_t s2_device)
{
	m->memtype = MemType_Device;
	if (s1->memtype == MemType_Device)
		m->device = s2_combine_s1_device(s1->device, s2_device);
	else
		m->device = s2_device;
	m->xs = s1->xs;
}

/* The type, cacheability and XS part of AArch64.S2ApplyFWBMemAttrs. */
static struct memory_attributes
s2_fwb_type(const struct memory_attributes *s1, unsigned s2_attr)
{
	struct memory_attributes m;

	memset(&m, 0, sizeof(m));
	if ((s2_attr & 4u) == 0) {
		s2_fwb_device(&m, s1, (uint8_t)(s2_attr & 3u));
	} else if ((s2_attr & 3u) == 3u) {
		m = *s1;
	} else if ((s2_attr & 3u) == 2u) {
		m.memtype = MemType_Normal;
		m.inner = s2_force_wb(s1->memtype, s1->inner);
		m.outer = s2_force_wb(s1->memtype, s1->outer);
		m.xs = false;
	} else if (s1->memtype == MemType_Device) {
		m = *s1;
	} else {
		m = normal_nc_mem_attr(s1->xs);
	}
	return m;
}

/*
 * AArch64.S2ApplyFWBMemAttrs (FWB=1). The pseudocode does not gate NoTagAccess on FEAT_MTE_PERM;
 * MemAttr[3] is RES0 without it (R_NQDNZ), so it is gated here.
 */
static struct memory_attributes
s2_apply_fwb_mem_attrs(const struct ref_combine_in *in,
		       const struct memory_attributes *s1)
{
	unsigned s2_attr = in->s2_memattr & 0xfu;
	struct memory_attributes m = s2_fwb_type(s1, s2_attr);

	m.shareability = s2_combine_s1_shareability(s1->shareability, in->s2_sh & 3u);
	m.tagged = s2_mem_tagged(&m, s1->tagged);
	m.notagaccess = in->feat_mte_perm && (s2_attr >> 1) == 7u && m.tagged;
	if (s2_fnxs(in))
		m.xs = false;
	m.shareability = effective_shareability(&m);
	return m;
}

/* ---- AArch64.S2Translate ---- */

/* S2TreatAsNormalNC. The type is stage 2's if FWB=0, and already the combined one if FWB=1. */
static bool
s2_treat_as_normal_nc(const struct ref_combine_in *in, enum mem_type memtype)
{
	if (in->access == REF_WALK && memtype == MemType_Device && !in->ptw)
		return true;
	if (in->access == REF_FETCH)
		return memtype == MemType_Device || in->id;
	return memtype == MemType_Normal && in->cd;
}

/* Returns true for a stage 2 Permission fault of a stage 1 walk (HCR_EL2.PTW). */
static bool
s2_translate(const struct ref_combine_in *in, struct memory_attributes *result)
{
	struct memory_attributes s1 = s1_output(in);
	struct memory_attributes s2;

	if (in->fwb)
		s2 = s2_apply_fwb_mem_attrs(in, &s1);
	else
		s2 = s2_decode_mem_attrs(in);

	if (in->access == REF_WALK && in->ptw && s2.memtype == MemType_Device)
		return true;

	if (s2_treat_as_normal_nc(in, s2.memtype))
		s2 = normal_nc_mem_attr(s2.xs);

	*result = in->fwb ? s2 : s2_combine_s1_mem_attrs(&s1, &s2);
	return false;
}

/* ---- PAR_EL1 ---- */

/* The MAIR nibble of one half. */
static unsigned
encode_ldf_attr(struct mem_attr_hints h)
{
	unsigned base;

	switch (h.attrs) {
	case MemAttr_WT:
		base = h.transient ? 0x0 : 0x8;
		break;
	case MemAttr_WB:
		base = h.transient ? 0x4 : 0xc;
		break;
	default:
		return 0x4;
	}
	return base | h.hints;
}

/* The XS=0 form of 0xA0 looks at the hints of the outer half alone. */
static bool
par_is_wt_xs0(const struct memory_attributes *m)
{
	return m->outer.attrs == MemAttr_WT && m->inner.attrs == MemAttr_WT &&
	       m->outer.hints == MemHint_RA && !m->outer.transient;
}

/* EncodePARAttrs. The forms which express XS=0 exist with FEAT_XS only. */
static uint8_t
encode_par_attrs(const struct ref_combine_in *in, const struct memory_attributes *m)
{
	bool xs0 = in->feat_xs && !m->xs;

	if (in->feat_mte2 && m->tagged)
		return in->feat_mte_perm && m->notagaccess ? 0xe0 : 0xf0;
	if (m->memtype == MemType_Device)
		return (uint8_t)(((unsigned)m->device << 2) | (xs0 ? 1u : 0u));
	if (xs0 && par_is_wt_xs0(m))
		return 0xa0;
	if (xs0 && is_normal_nc(m))
		return 0x40;
	return (uint8_t)((encode_ldf_attr(m->outer) << 4) | encode_ldf_attr(m->inner));
}

/* PAREncodeShareability. */
static uint8_t
par_encode_shareability(const struct memory_attributes *m)
{
	if (m->memtype == MemType_Device || is_normal_nc(m))
		return Shareability_OSH;
	return m->shareability;
}

/* ---- Interface ---- */

static unsigned
reserved_mask(const struct ref_combine_in *in)
{
	unsigned mask = 0;

	if (!s1_is_off(in)) {
		if (s1_reserved_mair(in, in->mair))
			mask |= REF_S1_RESERVED;
		if ((in->s1_sh & 3u) == Shareability_RES)
			mask |= REF_S1_SH_RESERVED;
	}
	if (s2_reserved_memattr(in))
		mask |= REF_S2_RESERVED;
	if ((in->s2_sh & 3u) == Shareability_RES)
		mask |= REF_S2_SH_RESERVED;
	return mask;
}

static struct ref_attr
to_ref_attr(const struct memory_attributes *m)
{
	struct ref_attr a;

	memset(&a, 0, sizeof(a));
	a.device = m->memtype == MemType_Device;
	a.device_type = m->device;
	a.outer = m->outer.attrs;
	a.inner = m->inner.attrs;
	a.outer_hint = m->outer.hints;
	a.inner_hint = m->inner.hints;
	a.outer_transient = m->outer.transient;
	a.inner_transient = m->inner.transient;
	a.sh = m->shareability;
	a.xs = m->xs;
	a.tagged = m->tagged;
	a.notagaccess = m->notagaccess;
	return a;
}

void
ref_combine(const struct ref_combine_in *in, struct ref_combine_out *out)
{
	struct memory_attributes m;

	memset(out, 0, sizeof(*out));
	out->reserved = reserved_mask(in);
	if (out->reserved != 0)
		return;
	out->permission_fault = s2_translate(in, &m);
	if (out->permission_fault)
		return;
	out->attr = to_ref_attr(&m);
	out->par_attr = encode_par_attrs(in, &m);
	out->par_sh = par_encode_shareability(&m);
}
