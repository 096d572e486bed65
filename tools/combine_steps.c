/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* combine_steps.c: how two stages become one attribute, step by step. */
#include "combine.h"
#include "report.h"

#include <stdio.h>

static void
add_step(json_t *steps, const char *step, const char *result, const char *ref)
{
	json_t *row = report_add_item(steps);

	report_add_text(row, "step", step);
	report_add_text(row, "result", result);
	report_add_text(row, "ref", ref);
}

/* An attribute, or what stands in its way. */
static void
add_attr(json_t *steps, const char *step, enum s2pt_status status, const struct s2pt_attr *attr, const char *ref)
{
	char text[200];

	if (status == S2PT_OK)
		s2pt_text_attr(text, sizeof(text), attr);
	else
		snprintf(text, sizeof(text), "%s", s2pt_status_text(status));
	add_step(steps, step, text, ref);
}

const char *
combine_rule(s2pt_feats feats, enum s2pt_memtype type)
{
	const bool fwb = feats & S2PT_FEAT_S2FWB;

	if (s2pt_memtype_is_device(type))
		return "Device, whatever stage 1 says; of two Device types the stronger";
	switch (type) {
	case S2PT_MEM_NORMAL_NC:
		return "Device of stage 1 stays; Normal becomes Non-cacheable";
	case S2PT_MEM_NORMAL_WB:
	case S2PT_MEM_NORMAL_WB_NOTAGACCESS:
		return fwb ? "Normal Write-Back, whatever stage 1 says" : "what stage 1 says";
	case S2PT_MEM_AS_STAGE1:
	case S2PT_MEM_AS_STAGE1_NOTAGACCESS:
		return "what stage 1 says";
	default:
		return "Device of stage 1 stays; of Normal the weaker of both stages, outer and inner apart";
	}
}

static void
add_stage1(json_t *steps, const struct s2pt_controls *controls, const struct s2pt_stage1 *s1)
{
	/* A stage 2 that changes nothing, and no control of it. */
	const struct s2pt_stage2 nothing = { .memattr = 15, .sh = S2PT_SH_NSH };
	struct s2pt_controls own = *controls;
	struct s2pt_combined combined;
	struct s2pt_attr attr;
	char step[100];

	if (controls->hcr_dc || s1->off) {
		snprintf(step, sizeof(step), "stage 1 is off%s", controls->hcr_dc ? ", and HCR_EL2.DC = 1" : "");
	} else {
		snprintf(step, sizeof(step), "stage 1: attribute byte 0x%02x, SH 0x%x", s1->mair, s1->sh);
		add_attr(steps, step, s2pt_mair_decode(controls->feats, s1->mair, (enum s2pt_sh)s1->sh, &attr), &attr,
			 "MAIR_EL1, Table D8-93");
		snprintf(step, sizeof(step), "SCTLR_EL1.C = %d, I = %d: stage 2 is handed", controls->sctlr_c,
			 controls->sctlr_i);
	}
	own.feats &= ~(s2pt_feats)S2PT_FEAT_S2FWB;
	own.hcr_cd = own.hcr_id = own.hcr_ptw = false;
	add_attr(steps, step, s2pt_combine(&own, s1, &nothing, &combined), &combined.attr,
		 controls->hcr_dc ? "HCR_EL2.DC" : "SCTLR_EL1");
}

static void
add_stage2(json_t *steps, const struct s2pt_controls *controls, const struct s2pt_stage2 *s2)
{
	const bool fwb = controls->feats & S2PT_FEAT_S2FWB;
	enum s2pt_memtype type;
	char step[100], result[200] = "reserved";

	snprintf(step, sizeof(step), "stage 2: MemAttr 0x%x, %s FWB", s2->memattr, fwb ? "with" : "without");
	if (s2pt_memattr_decode(controls->feats, s2->memattr, &type) == S2PT_OK)
		snprintf(result, sizeof(result), "%s: %s", s2pt_memtype_name(type),
			 combine_rule(controls->feats, type));
	add_step(steps, step, result, fwb ? "Table D8-100, D8-101" : "Table D8-96");
	if (controls->hcr_cd || controls->hcr_id) {
		snprintf(step, sizeof(step), "HCR_EL2.CD = %d, ID = %d", controls->hcr_cd, controls->hcr_id);
		add_step(steps, step,
			 fwb ? "what both stages make becomes Non-cacheable, if the access is of that kind"
			     : "stage 2 becomes Non-cacheable, if the access is of that kind",
			 "AArch64.S2Translate");
	}
	if (controls->hcr_ptw && controls->access == S2PT_ACCESS_WALK)
		add_step(steps, "HCR_EL2.PTW = 1", "a stage-1 walk of Device memory faults", "HCR_EL2.PTW");
}

void
combine_add_steps(json_t *report, const struct s2pt_controls *controls, const struct s2pt_stage1 *s1,
		  const struct s2pt_stage2 *s2)
{
	json_t *steps = report_add_array(report, "steps");
	struct s2pt_combined combined;
	char step[60];

	add_stage1(steps, controls, s1);
	add_stage2(steps, controls, s2);
	snprintf(step, sizeof(step), "both, with SH 0x%x of stage 2", s2->sh);
	add_attr(steps, step, s2pt_combine(controls, s1, s2, &combined), &combined.attr,
		 controls->feats & S2PT_FEAT_S2FWB ? "AArch64.S2ApplyFWBMemAttrs, R_GSDKZ"
						   : "S2CombineS1MemAttrs, R_GSDKZ");
}
