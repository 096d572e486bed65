/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * both.c: a VA through both stages.
 *
 * Stage 1 is walked with a reader that takes every address through stage 2 first. Where that faults it reads nothing,
 * so that the walk of stage 1 ends there.
 */
#include <s2pt/va.h>

#include "walk/descend.h"

#include "arch/field.h"

/* SCTLR_EL1 */
static const struct field SCTLR_C = { 2, 1 };
static const struct field SCTLR_I = { 12, 1 };

/* The reader of stage 1. */
struct fetch {
	const struct s2pt_walker *walker;
	const struct s2pt_reader *reader;
	struct s2pt_walk_access access;
	struct s2pt_va_walk *walk;
};

static bool
fetch_descriptor(void *context, uint64_t address, uint64_t *value)
{
	struct fetch *fetch = context;
	struct s2pt_walk *s2 = &fetch->walk->fetch[fetch->walk->fetches++];

	if (s2pt__walk_stage2(fetch->walker, fetch->reader, &fetch->access, address, &fetch->walk->s1.input, s2))
		return fetch->reader->read(fetch->reader->context, s2->output, value);
	fetch->walk->fault = s2;
	return false;
}

/* The walker of stage 1 updates a leaf of its own: stage 2 must let it write. */
static bool
update_descriptor(struct fetch *fetch)
{
	struct s2pt_va_walk *walk = fetch->walk;
	struct s2pt_walk *s2 = &walk->fetch[walk->fetches - 1u];

	fetch->access.kind = S2PT_FAULT_WRITE;
	if (s2pt__walk_stage2(fetch->walker, fetch->reader, &fetch->access, s2->input, &walk->s1.input, s2))
		return true;
	walk->fault = s2;
	return false;
}

static NOINLINE void
combine(const struct s2pt_features *cpu, const struct s2pt_stage1_regs *regs, const struct s2pt_walker *walker,
	const struct s2pt_walk_access *access, struct s2pt_va_walk *walk)
{
	struct s2pt_controls controls;

	controls.feats = cpu->feats & ~S2PT_FEAT_S2FWB;
	if (walker->hcr.fwb)
		controls.feats |= cpu->feats & S2PT_FEAT_S2FWB;
	controls.access = access->kind == S2PT_FAULT_FETCH ? S2PT_ACCESS_FETCH : S2PT_ACCESS_DATA;
	controls.sctlr_c = field_bit(SCTLR_C, regs->sctlr);
	controls.sctlr_i = field_bit(SCTLR_I, regs->sctlr);
	controls.hcr_cd = walker->hcr.cd;
	controls.hcr_id = walker->hcr.id;
	controls.hcr_dc = walker->hcr.dc;
	controls.hcr_dct = walker->hcr.dct;
	controls.hcr_ptw = walker->hcr.ptw;
	controls.s1_effective_sh = false;
	walk->status = s2pt_combine(&controls, &walk->s1.s1, &walk->s2.s2, &walk->combined);
}

/* What an AT instruction says of it. */
static NOINLINE void
report_par(struct s2pt_va_walk *walk)
{
	const struct s2pt_walk *end = walk->fault ? walk->fault : &walk->s2;
	struct s2pt_par par;

	par.fault = walk->fault != NULL;
	par.pa = s2pt_pa_of(end->output);
	par.attr = walk->combined.par_attr;
	par.sh = walk->combined.par_sh;
	par.ns = false;
	par.kind = end->fault.kind;
	par.level = end->fault.level;
	par.stage2 = end != &walk->s1;
	par.s1_walk = end->fault.s1_walk;
	par.causes = end->fault.causes;
	/* (There is a code for whatever a walk ends in.) */
	walk->has_par = walk->status == S2PT_OK;
	walk->has_par &= s2pt_par_write(&par, &walk->par) == S2PT_OK;
}

bool
s2pt_walk_va(const struct s2pt_features *cpu, const struct s2pt_stage1_regs *regs, const struct s2pt_walker *walker,
	     const struct s2pt_reader *reader, const struct s2pt_walk_access *access, uint64_t va,
	     struct s2pt_va_walk *walk)
{
	struct s2pt_reader tables;
	struct fetch fetch;

	fetch.walker = walker;
	fetch.reader = reader;
	fetch.access.kind = access->kind == S2PT_FAULT_FETCH ? S2PT_FAULT_FETCH : S2PT_FAULT_READ;
	fetch.access.el0 = access->el0;
	fetch.access.s1_walk = true;
	fetch.walk = walk;
	tables.read = fetch_descriptor;
	tables.context = &fetch;
	walk->fetches = 0;
	walk->fault = NULL;
	walk->status = S2PT_OK;
	walk->combined.par_attr = 0;
	walk->combined.par_sh = 0;
	s2pt__walk_begin(&walk->s2, 0, 0);
	if (!s2pt_walk_stage1(cpu, regs, &walker->hcr, &tables, access, va, &walk->s1)) {
		if (!walk->fault)
			walk->fault = &walk->s1;
	} else if ((!walk->s1.updates || update_descriptor(&fetch)) &&
		   s2pt__walk_stage2(walker, reader, access, walk->s1.output, &va, &walk->s2)) {
		combine(cpu, regs, walker, access, walk);
	} else if (!walk->fault) {
		walk->fault = &walk->s2;
	}
	report_par(walk);
	return !walk->fault;
}
