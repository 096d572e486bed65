/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * combine.c: stage 1 and stage 2 into the attribute of an access.
 *
 * The order is that of AArch64.S2Translate(): stage 1 is decoded, or made by the controls where it is off; then stage 2
 * limits or forces it. Without FWB stage 2 is a ceiling: the controls of HCR_EL2 lower the type of stage 2 first. With
 * FWB one type (0b110) forces Write-Back, and the controls apply to the result. Shareability combines last, from what
 * either stage says. The inverse question goes through all types in the same way, so that there is one account of the
 * rules.
 */
#include <s2pt/combine.h>

#include "arch/field.h"

/* MAIR bytes of attributes that a control dictates. */
#define MAIR_NC    0x44
#define MAIR_WT_RA 0xaa
#define MAIR_WB    0xff

/*
 * Stage 2 as a ceiling: the most cacheable that each half may be. Under FWB, NORMAL_NC and the
 * AS_STAGE1 types follow the same rule; the one type that does not is forced Write-Back, below.
 */
/* clang-format off */
static const uint8_t ceiling[S2PT_MEMTYPE_COUNT][2] = {
	/*                                    outer    inner */
	[S2PT_MEM_NORMAL_NC]             = { S2PT_NC, S2PT_NC },
	[S2PT_MEM_NORMAL_WB]             = { S2PT_WB, S2PT_WB },
	[S2PT_MEM_AS_STAGE1]             = { S2PT_WB, S2PT_WB },
	[S2PT_MEM_NORMAL_WB_NOTAGACCESS] = { S2PT_WB, S2PT_WB },
	[S2PT_MEM_AS_STAGE1_NOTAGACCESS] = { S2PT_WB, S2PT_WB },
	[S2PT_MEM_NORMAL_oNC_iWT]        = { S2PT_NC, S2PT_WT },
	[S2PT_MEM_NORMAL_oNC_iWB]        = { S2PT_NC, S2PT_WB },
	[S2PT_MEM_NORMAL_oWT_iNC]        = { S2PT_WT, S2PT_NC },
	[S2PT_MEM_NORMAL_oWT_iWT]        = { S2PT_WT, S2PT_WT },
	[S2PT_MEM_NORMAL_oWT_iWB]        = { S2PT_WT, S2PT_WB },
	[S2PT_MEM_NORMAL_oWB_iNC]        = { S2PT_WB, S2PT_NC },
	[S2PT_MEM_NORMAL_oWB_iWT]        = { S2PT_WB, S2PT_WT },
};
/* clang-format on */

static bool
is_wb_type(enum s2pt_memtype type)
{
	return type == S2PT_MEM_NORMAL_WB || type == S2PT_MEM_NORMAL_WB_NOTAGACCESS;
}

static bool
is_notagaccess_type(enum s2pt_memtype type)
{
	return type == S2PT_MEM_NORMAL_WB_NOTAGACCESS || type == S2PT_MEM_AS_STAGE1_NOTAGACCESS;
}

/* Hints come from stage 1, and only a cacheable half has them. */
static void
limit_half(struct s2pt_cache_attr *half, uint8_t most)
{
	if (most < half->cacheability)
		half->cacheability = most;
	if (half->cacheability == S2PT_NC) {
		half->alloc = S2PT_ALLOC_NO;
		half->transient = false;
	}
}

/* XS stays: neither SCTLR_EL1.{C,I} nor HCR_EL2.{CD,ID} affect it. */
static void
make_noncacheable(struct s2pt_attr *attr)
{
	attr->device = false;
	attr->device_type = 0;
	limit_half(&attr->outer, S2PT_NC);
	limit_half(&attr->inner, S2PT_NC);
	attr->tagged = false;
	attr->notagaccess = false;
}

static void
make_device(struct s2pt_attr *attr, uint8_t type)
{
	make_noncacheable(attr);
	attr->device = true;
	attr->device_type = type;
}

/* --- Stage 1 --------------------------------------------------------------------------------------- */

/* AArch64.S1DisabledOutput() */
static void
stage1_off(const struct s2pt_controls *controls, struct s2pt_attr *attr)
{
	bool fetch = controls->access == S2PT_ACCESS_FETCH;

	if (controls->hcr_dc) {
		must_be_ok(s2pt_mair_decode(0, MAIR_WB, S2PT_SH_NSH, attr));
		attr->tagged = controls->hcr_dct && (controls->feats & S2PT_FEAT_MTE2);
		return;
	}
	must_be_ok(s2pt_mair_decode(0, fetch && controls->sctlr_i ? MAIR_WT_RA : MAIR_NC, S2PT_SH_OSH, attr));
	if (!fetch)
		make_device(attr, S2PT_DEVICE_nGnRnE);
}

/* What SCTLR_EL1.C and I make of a mapping: AArch64.S1Translate(). Returns notes. */
static uint32_t
stage1_controls(const struct s2pt_controls *controls, struct s2pt_attr *attr)
{
	if (controls->access == S2PT_ACCESS_FETCH) {
		bool device = attr->device;

		if (device || !controls->sctlr_i)
			make_noncacheable(attr);
		return device ? S2PT_NOTE_FETCH_DEVICE : 0;
	}
	if (!controls->sctlr_c && !attr->device) {
		bool tagged = attr->tagged;

		make_noncacheable(attr);
		return tagged ? S2PT_NOTE_TAG_C0 : 0;
	}
	return 0;
}

static bool
is_stage1_off(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1)
{
	return s1->off || controls->hcr_dc;
}

/* TCR_EL1 describes walks, not MAIR_EL1: they are Normal, never tagged, and know no XS. */
static bool
is_mair_reserved(const struct s2pt_controls *controls, uint8_t mair)
{
	bool walk = controls->access == S2PT_ACCESS_WALK;
	struct s2pt_attr attr;

	return s2pt_mair_decode(walk ? 0 : controls->feats, mair, S2PT_SH_NSH, &attr) != S2PT_OK ||
	       (walk && attr.device);
}

/* The attribute that stage 1 hands to stage 2, with the descriptor's shareability. */
static uint32_t
stage1_attr(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, struct s2pt_attr *attr)
{
	if (is_stage1_off(controls, s1)) {
		stage1_off(controls, attr);
		return 0;
	}
	must_be_ok(s2pt_mair_decode(controls->feats, s1->mair, (enum s2pt_sh)s1->sh, attr));
	return stage1_controls(controls, attr);
}

/* --- Stage 2 --------------------------------------------------------------------------------------- */

/* FWB's 0b110: Write-Back whatever stage 1 says, with its hints where it was cacheable. */
static void
force_half(struct s2pt_cache_attr *half)
{
	if (half->cacheability == S2PT_NC)
		half->alloc = S2PT_ALLOC_RWA;
	half->cacheability = S2PT_WB;
}

static void
apply_type(bool fwb, enum s2pt_memtype type, struct s2pt_attr *attr)
{
	if (s2pt_memtype_is_device(type)) {
		/* The stronger of two Device types is the lower one. */
		if (!attr->device || (uint8_t)type < attr->device_type)
			make_device(attr, (uint8_t)type);
	} else if (fwb && is_wb_type(type)) {
		attr->device = false;
		attr->device_type = 0;
		force_half(&attr->outer);
		force_half(&attr->inner);
	} else if (!attr->device) {
		limit_half(&attr->outer, ceiling[type][0]);
		limit_half(&attr->inner, ceiling[type][1]);
	}
}

/*
 * AArch64.S2ApplyFWBMemAttrs() and S2CombineS1MemAttrs(), but for the shareability: type, then what
 * follows from it. Tags stay only where memory stays Write-Back (S2MemTagType(); tagged stage-1
 * memory has the hints that it asks for).
 */
static void
apply_stage2(const struct s2pt_controls *controls, enum s2pt_memtype type, bool fnxs,
	     struct s2pt_attr *attr)
{
	apply_type(controls->feats & S2PT_FEAT_S2FWB, type, attr);

	bool wb = s2pt_attr_kind(attr) == S2PT_KIND_NORMAL_WB;

	attr->xs = attr->xs && !wb && (!fnxs || !(controls->feats & S2PT_FEAT_XS));
	attr->tagged = attr->tagged && wb;
	attr->notagaccess = attr->tagged && is_notagaccess_type(type);
}

/*
 * The controls of HCR_EL2: S2TreatAsNormalNC(). The pseudocode applies them to the combined attribute
 * under FWB and to stage 2 alone otherwise. Both give the same: without FWB, fetches and walks are
 * Normal in stage 1, and CD leaves Device of either stage alone.
 */
static void
stage2_controls(const struct s2pt_controls *controls, struct s2pt_attr *attr)
{
	bool noncacheable;

	switch (controls->access) {
	case S2PT_ACCESS_FETCH:
		noncacheable = attr->device || controls->hcr_id;
		break;
	case S2PT_ACCESS_WALK:
		noncacheable = attr->device || controls->hcr_cd;
		break;
	default:
		noncacheable = !attr->device && controls->hcr_cd;
	}
	if (noncacheable)
		make_noncacheable(attr);
}

/* --- Shareability ---------------------------------------------------------------------------------- */

/* S2CombineS1Shareability(): OSH over ISH over NSH. */
static uint8_t
combine_sh(uint8_t s1, uint8_t s2)
{
	if (s1 == S2PT_SH_OSH || s2 == S2PT_SH_OSH)
		return S2PT_SH_OSH;
	return s1 > s2 ? s1 : s2;
}

/* --- All together ---------------------------------------------------------------------------------- */

static bool
is_sh_reserved(uint8_t sh)
{
	return sh == S2PT_SH_RESERVED || sh > S2PT_SH_ISH;
}

/* Everything that keeps a combination from having a defined result. */
static enum s2pt_status
check_inputs(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1,
	     const struct s2pt_stage2 *s2, enum s2pt_memtype *type, uint32_t *notes)
{
	bool off = is_stage1_off(controls, s1);
	bool walk = controls->access == S2PT_ACCESS_WALK;

	*notes = 0;
	if ((unsigned)controls->access > S2PT_ACCESS_WALK || (walk && off))
		return S2PT_ERR_ACCESS;
	if (!off && is_mair_reserved(controls, s1->mair))
		*notes |= S2PT_NOTE_S1_RESERVED;
	if (s2pt_memattr_decode(controls->feats, s2->memattr, type) != S2PT_OK)
		*notes |= S2PT_NOTE_S2_RESERVED;
	if (!off && is_sh_reserved(s1->sh))
		*notes |= S2PT_NOTE_S1_SH_RESERVED;
	if (is_sh_reserved(s2->sh))
		*notes |= S2PT_NOTE_S2_SH_RESERVED;
	if (*notes)
		return S2PT_ERR_RESERVED;
	/* A walk is Normal in stage 1, so the result is Device where stage 2 says so. */
	return walk && controls->hcr_ptw && s2pt_memtype_is_device(*type) ? S2PT_ERR_PTW : S2PT_OK;
}

enum s2pt_status
s2pt_combine(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1,
	     const struct s2pt_stage2 *s2, struct s2pt_combined *combined)
{
	struct s2pt_attr *attr = &combined->attr;
	enum s2pt_memtype type;
	enum s2pt_status status = check_inputs(controls, s1, s2, &type, &combined->notes);

	if (status != S2PT_OK)
		return status;
	combined->notes = stage1_attr(controls, s1, attr);

	uint8_t handed[2] = { attr->sh, (uint8_t)s2pt_par_sh(attr) };
	uint8_t sh[2];

	apply_stage2(controls, type, s2->fnxs, attr);
	stage2_controls(controls, attr);
	for (unsigned effective = 0; effective < 2; effective++) {
		attr->sh = combine_sh(handed[effective], s2->sh);
		sh[effective] = (uint8_t)s2pt_par_sh(attr);
	}
	if (sh[0] != sh[1])
		combined->notes |= S2PT_NOTE_S1_SH_IMPDEF;
	attr->sh = sh[controls->s1_effective_sh];
	combined->par_attr = s2pt_par_encode(controls->feats, attr);
	combined->par_sh = attr->sh;
	return S2PT_OK;
}

uint8_t
s2pt_walk_mair(unsigned orgn, unsigned irgn)
{
	static const uint8_t nibble[4] = { 0x4, 0xf, 0xa, 0xe };

	return (uint8_t)(nibble[orgn & 3u] << 4 | nibble[irgn & 3u]);
}

/* --- The inverse ----------------------------------------------------------------------------------- */

/* The types of @types under which this stage-1 attribute gives a wanted kind. */
static enum s2pt_status
types_for(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, uint32_t wanted,
	  uint32_t *types)
{
	struct s2pt_combined combined;
	struct s2pt_stage2 s2;
	uint32_t good = 0;

	s2.sh = S2PT_SH_NSH;
	s2.fnxs = false;
	for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++) {
		if (s2pt_memattr_encode(controls->feats, (enum s2pt_memtype)type, &s2.memattr) != S2PT_OK)
			continue;

		enum s2pt_status status = s2pt_combine(controls, s1, &s2, &combined);

		if (status == S2PT_OK && wanted >> s2pt_attr_kind(&combined.attr) & 1u)
			good |= 1u << type;
		else if (status != S2PT_OK && status != S2PT_ERR_PTW)
			return status;
	}
	*types &= good;
	return S2PT_OK;
}

enum s2pt_status
s2pt_combine_types(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, uint32_t wanted,
		   uint32_t *types)
{
	uint32_t left = bits_below(S2PT_MEMTYPE_COUNT) & UINT32_MAX;
	enum s2pt_status status = S2PT_OK;

	if (s1)
		status = types_for(controls, s1, wanted, &left);
	/* Reserved bytes are passed over; the last byte, Write-Back, never is one. */
	for (unsigned byte = 0; !s1 && byte <= UINT8_MAX; byte++) {
		struct s2pt_stage1 any = { false, (uint8_t)byte, S2PT_SH_NSH };

		status = types_for(controls, &any, wanted, &left);
	}
	if (status == S2PT_OK)
		*types = left;
	return status;
}
