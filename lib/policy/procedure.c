/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * procedure.c: what to do, in which order, where the answers change under a running guest.
 *
 * A device that bypasses the caches must not reach memory whose lines are forced into them; and what it has written
 * must not lie under lines that came before. So DMA is the first to stop and the last to begin, and memory changes its
 * type in between. tests/engine/procedures leaves out and exchanges every step.
 */
#include <s2pt/policy.h>

#define STEPS_MAX 8

static const uint8_t procedures[S2PT_PROCEDURE_COUNT][STEPS_MAX] = {
	[S2PT_PROCEDURE_PLUG] = {
		S2PT_DO_STOP_DMA,
		S2PT_DO_FACTS,
		S2PT_DO_TRAP,
		S2PT_DO_RETYPE,
		S2PT_DO_ATTACH,
		S2PT_DO_ALLOW_DMA,
		S2PT_DO_COUNT,
	},
	[S2PT_PROCEDURE_UNPLUG] = {
		S2PT_DO_STOP_DMA,
		S2PT_DO_DETACH,
		S2PT_DO_FORGET,
		S2PT_DO_FACTS,
		S2PT_DO_RETYPE,
		S2PT_DO_UNTRAP,
		S2PT_DO_COUNT,
	},
	[S2PT_PROCEDURE_REVOKE] = {
		S2PT_DO_UNMAP,
		S2PT_DO_STOP_DMA,
		S2PT_DO_DETACH,
		S2PT_DO_FORGET,
		S2PT_DO_DRAIN,
		S2PT_DO_RESET,
		S2PT_DO_MAP,
		S2PT_DO_COUNT,
	},
	[S2PT_PROCEDURE_CACHES_ON] = {
		S2PT_DO_TRAP,
		S2PT_DO_CLEAN,
		S2PT_DO_LET,
		S2PT_DO_COUNT,
	},
	[S2PT_PROCEDURE_TAGS] = {
		S2PT_DO_INIT_TAGS,
		S2PT_DO_BARRIER,
		S2PT_DO_MAP,
		S2PT_DO_COUNT,
	},
};

enum s2pt_procedure_step
s2pt_procedure_step_at(enum s2pt_procedure procedure, size_t index)
{
	size_t i = 0;

	if ((size_t)procedure >= S2PT_PROCEDURE_COUNT)
		return S2PT_DO_COUNT;
	/* Each list ends with S2PT_DO_COUNT. */
	while (i != index && procedures[procedure][i] != S2PT_DO_COUNT)
		i++;
	return (enum s2pt_procedure_step)procedures[procedure][i];
}
