/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Memory types: no reserved encoding comes out, none is taken for a type; and stage 2 never makes an access
 * weaker than it says. For all controls, all stage-1 bytes, all stage-2 values.
 */
#include "any.h"

#include <s2pt/combine.h>

/* Tables D8-96, D8-100, D8-101 */
static bool
is_reserved(s2pt_feats feats, unsigned memattr)
{
	const bool mte_perm = feats & S2PT_FEAT_MTE_PERM;

	if (memattr > 15)
		return true;
	if (feats & S2PT_FEAT_S2FWB)
		return memattr == 4 || (memattr > 7 && !(mte_perm && memattr >= 14));
	return memattr == 8 || memattr == 12 || (memattr == 4 && !mte_perm);
}

static void
memattr(s2pt_feats feats)
{
	const enum s2pt_memtype type = (enum s2pt_memtype)(any_mostly(any_below(16)) & 0xffffu);
	const uint8_t code = (uint8_t)(any_mostly(any_below(16)) & 0xffu);
	enum s2pt_memtype back;
	uint8_t made;

	if (s2pt_memattr_encode(feats, type, &made) == S2PT_OK) {
		prove(!is_reserved(feats, made));
		prove(s2pt_memattr_decode(feats, made, &back) == S2PT_OK);
		prove(s2pt_memtype_is_device(type) == (made < 4));
		reach();
	}
	prove((s2pt_memattr_decode(feats, code, &back) != S2PT_OK) == is_reserved(feats, code));
	if (!is_reserved(feats, code)) {
		prove(s2pt_memattr_encode(feats, back, &made) == S2PT_OK && made == code);
		reach();
	}
}

static bool
is_cacheability(const struct s2pt_attr *attr)
{
	return attr->outer.cacheability <= S2PT_WB && attr->inner.cacheability <= S2PT_WB;
}

static void
combine(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, const struct s2pt_stage2 *s2)
{
	const bool fwb = controls->feats & S2PT_FEAT_S2FWB, data = controls->access == S2PT_ACCESS_DATA;
	struct s2pt_combined combined;
	struct s2pt_attr read, *attr = &combined.attr;
	enum s2pt_memtype type;
	const enum s2pt_status status = s2pt_combine(controls, s1, s2, &combined);

	/* Reserved is refused, by name, and is all that is. */
	if (is_reserved(controls->feats, s2->memattr) || s2->sh == 1 || s2->sh > 3)
		prove(status == S2PT_ERR_RESERVED || status == S2PT_ERR_ACCESS);
	if (status != S2PT_OK) {
		prove(status == S2PT_ERR_RESERVED || status == S2PT_ERR_ACCESS || status == S2PT_ERR_PTW);
		prove((status == S2PT_ERR_RESERVED) == ((combined.notes & S2PT_NOTE_RESERVED) != 0));
		return;
	}
	reach();
	prove(s2pt_memattr_decode(controls->feats, s2->memattr, &type) == S2PT_OK);
	prove(!(combined.notes & S2PT_NOTE_RESERVED));

	/* Device of stage 2 stays Device for data, and is no weaker. */
	if (data && s2pt_memtype_is_device(type))
		prove(attr->device && attr->device_type <= (unsigned)type);
	/* Device or Normal-NC of stage 2 is never cached, whoever accesses it. */
	if (type <= S2PT_MEM_NORMAL_NC)
		prove(attr->device || (attr->outer.cacheability == S2PT_NC && attr->inner.cacheability == S2PT_NC));
	/* A half is no more cacheable than stage 2 says (Table D8-96: 01 NC, 10 WT, 11 WB, outer and inner). */
	if (!fwb && s2->memattr >= 4 && !attr->device && s2->memattr != 4)
		prove(attr->outer.cacheability + 1u <= s2->memattr >> 2 &&
		      attr->inner.cacheability + 1u <= (s2->memattr & 3u));
	/* Forced Write-Back is Write-Back, but for HCR_EL2.{CD,ID}. */
	if (fwb && (type == S2PT_MEM_NORMAL_WB || type == S2PT_MEM_NORMAL_WB_NOTAGACCESS) && !controls->hcr_cd &&
	    !controls->hcr_id)
		prove(s2pt_attr_kind(attr) == S2PT_KIND_NORMAL_WB);
	/* Shareability is no less than either stage's: OSH over ISH over NSH. */
	prove(attr->sh != 1 && attr->sh <= 3);
	prove(s2->sh != S2PT_SH_OSH || attr->sh == S2PT_SH_OSH);
	prove(s2->sh != S2PT_SH_ISH || attr->sh != S2PT_SH_NSH);
	/* What is not said is zero, and tags are there in Write-Back memory alone. */
	prove(is_cacheability(attr) && attr->device_type <= (attr->device ? 3 : 0));
	prove(!attr->tagged || s2pt_attr_kind(attr) == S2PT_KIND_NORMAL_WB);
	prove(!attr->notagaccess || attr->tagged);

	/* PAR_EL1 says it, and reads back. */
	prove(combined.par_sh == s2pt_par_sh(attr));
	prove(s2pt_par_decode(controls->feats, combined.par_attr, combined.par_sh, &read) == S2PT_OK);
	prove(read.device == attr->device && read.device_type == attr->device_type);
	prove(read.outer.cacheability == attr->outer.cacheability &&
	      read.inner.cacheability == attr->inner.cacheability);
	prove(s2pt_par_encode(controls->feats, &read) == combined.par_attr);
	prove(s2pt_attr_properties(attr) >> S2PT_PROPERTY_COUNT == 0);
}

static void
proof(void)
{
	struct s2pt_controls controls;
	struct s2pt_stage1 s1;
	struct s2pt_stage2 s2;

	controls.feats = any_u64();
	/* MTE_PERM is an extension of MTE2 (FEAT_MTE_PERM requires it). */
	assume(!(controls.feats & S2PT_FEAT_MTE_PERM) || (controls.feats & S2PT_FEAT_MTE2));
	controls.access = (enum s2pt_access)any_mostly(any_below(3));
	controls.sctlr_c = any_bool();
	controls.sctlr_i = any_bool();
	controls.hcr_cd = any_mostly(0) & 1u;
	controls.hcr_id = any_mostly(0) & 1u;
	controls.hcr_dc = any_mostly(0) & 1u;
	controls.hcr_dct = any_bool();
	controls.hcr_ptw = any_mostly(0) & 1u;
	controls.s1_effective_sh = any_bool();
	s1.off = any_mostly(0) & 1u;
	s1.mair = (uint8_t)(any_u64() & 0xffu);
	s1.sh = (uint8_t)(any_mostly(S2PT_SH_ISH) & 0xffu);
	s2.memattr = (uint8_t)(any_mostly(any_below(16)) & 0xffu);
	s2.sh = (uint8_t)(any_mostly(any_bool() ? 2 : 3) & 0xffu);
	s2.fnxs = any_bool();
	if (any_bool())
		memattr(controls.feats);
	else
		combine(&controls, &s1, &s2);
}
