/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* steps.h: the steps of the library's invalidation sequences, run by a CPU of the simulated machine. */
#ifndef S2PT_MODEL_STEPS_H
#define S2PT_MODEL_STEPS_H

#include <s2pt/tlbi.h>

#include "model.h"

static inline void
model_run_step(struct model *model, unsigned cpu, const struct s2pt_tlbi_step *step)
{
	static const unsigned dsb[] = {
		[S2PT_TLBI_IS] = MODEL_DSB_ISH,
		[S2PT_TLBI_OS] = MODEL_DSB_OSH,
		[S2PT_TLBI_LOCAL] = MODEL_DSB_NSH,
	};
	static const unsigned scope[] = {
		[S2PT_TLBI_IS] = MODEL_TLBI_IS,
		[S2PT_TLBI_OS] = MODEL_TLBI_OS,
		[S2PT_TLBI_LOCAL] = 0,
	};
	static const unsigned op[] = {
		[S2PT_TLBI_IPAS2E1] = MODEL_IPAS2E1,
		[S2PT_TLBI_IPAS2LE1] = MODEL_IPAS2LE1,
		[S2PT_TLBI_RIPAS2E1] = MODEL_RIPAS2E1,
		[S2PT_TLBI_RIPAS2LE1] = MODEL_RIPAS2LE1,
		[S2PT_TLBI_VMALLE1] = MODEL_VMALLE1,
		[S2PT_TLBI_VMALLS12E1] = MODEL_VMALLS12E1,
		[S2PT_TLBI_ALLE1] = MODEL_ALLE1,
	};

	switch (step->kind) {
	case S2PT_STEP_DSB_ST:
		model_dsb(model, cpu, dsb[step->scope] | MODEL_DSB_ST);
		break;
	case S2PT_STEP_DSB:
		model_dsb(model, cpu, dsb[step->scope]);
		break;
	case S2PT_STEP_ISB:
		model_isb(model, cpu);
		break;
	case S2PT_STEP_VMID:
		model_set_vmid(model, cpu, (uint16_t)step->operand);
		model_isb(model, cpu);
		break;
	case S2PT_STEP_DSB_ALL:
		model_dsb_all(model);
		break;
	case S2PT_STEP_TLBI:
		if (step->op == S2PT_TLBI_VALE2)
			model_tlbi_other(model, cpu, scope[step->scope]);
		else
			model_tlbi(model, cpu, op[step->op] | scope[step->scope], step->operand);
		break;
	}
}

#endif
