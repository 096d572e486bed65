/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* s2pt_combine_types(): a type is in the set exactly where s2pt_combine() gives what is wanted with it. */
#include "any.h"

#include <s2pt/combine.h>

static void
proof(void)
{
	struct s2pt_controls controls = { .feats = any_u64(), .access = (enum s2pt_access)any_below(3) };
	struct s2pt_stage1 s1 = { any_bool(), (uint8_t)(any_u64() & 0xffu), S2PT_SH_ISH };
	struct s2pt_stage2 s2 = { 0, S2PT_SH_NSH, false };
	const unsigned type = (unsigned)any_below(S2PT_MEMTYPE_COUNT);
	const uint32_t wanted = (uint32_t)(any_u64() & 0xffu);
	struct s2pt_combined combined;
	uint32_t types;

	controls.sctlr_c = any_bool();
	controls.sctlr_i = any_bool();
	controls.hcr_cd = any_bool();
	controls.hcr_ptw = any_bool();
	assume(s2pt_combine_types(&controls, &s1, wanted, &types) == S2PT_OK);
	prove(types >> S2PT_MEMTYPE_COUNT == 0);
	if (s2pt_memattr_encode(controls.feats, (enum s2pt_memtype)type, &s2.memattr) != S2PT_OK) {
		prove(!(types >> type & 1u));
		return;
	}
	const bool gives = s2pt_combine(&controls, &s1, &s2, &combined) == S2PT_OK &&
			   (wanted >> s2pt_attr_kind(&combined.attr) & 1u);

	prove(gives == (types >> type & 1u));
	reach();
}
