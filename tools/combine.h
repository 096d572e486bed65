/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* combine.h: what the parts of `s2pt combine` share. */
#ifndef S2PT_TOOL_COMBINE_H
#define S2PT_TOOL_COMBINE_H

#include <jansson.h>
#include <s2pt/s2pt.h>
#include <stdbool.h>

/* combine_batch - CSV with these features of the CPU (FWB is a column). Returns the exit status. */
int combine_batch(s2pt_feats feats);

/* combine_add_steps - add "steps" to @report: how the two stages become one attribute, and by which rule. */
void combine_add_steps(json_t *report, const struct s2pt_controls *controls, const struct s2pt_stage1 *s1,
		       const struct s2pt_stage2 *s2);

/* combine_rule - what a stage-2 type does with what stage 1 says, in words. */
const char *combine_rule(s2pt_feats feats, enum s2pt_memtype type);

/* Ways of writing a matrix. */
enum combine_way {
	COMBINE_TEXT,
	COMBINE_MARKDOWN,
	COMBINE_CSV,
	COMBINE_JSON,
	COMBINE_HTML,
};

/*
 * combine_matrix - every usual type of stage 1 with every type of stage 2.
 * @with, @without: with HCR_EL2.FWB = 1 alone, or 0 alone; neither: both.
 * @s1_sh, @s2_sh: SH[1:0] of both stages.
 */
int combine_matrix(const struct s2pt_controls *controls, bool with, bool without, uint8_t s1_sh, uint8_t s2_sh,
		   enum combine_way way);

#endif
