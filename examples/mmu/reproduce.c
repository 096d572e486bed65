/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * reproduce.c: one row in a form that needs nothing of this image to be tried: the registers and
 * entries that matter, the instruction, what came of it and what Arm says.
 */
#include "io.h"
#include "stage1.h"
#include "stage2.h"
#include "sweep.h"
#include "sysreg.h"

SYSREG_READ(vtcr_el2, "vtcr_el2")
SYSREG_READ(sctlr_el1, "sctlr_el1")
SYSREG_READ(tcr_el1, "tcr_el1")
SYSREG_READ(mair_el1, "mair_el1")
SYSREG_READ(ttbr0_el1, "ttbr0_el1")

static void
print_stage1(const struct row *row)
{
	uint64_t sctlr = read_sctlr_el1();

	print("  SCTLR_EL1 %lx", sctlr);
	if (sctlr & SCTLR_M && (row->own_stage1 || read_ttbr0_el1() == row->ipa))
		print(", TCR_EL1 %lx, TTBR0_EL1 %lx", read_tcr_el1(), read_ttbr0_el1());
	else if (sctlr & SCTLR_M)
		print(", TCR_EL1 %lx, MAIR_EL1 %lx, stage-1 page %lx", read_tcr_el1(), read_mair_el1(),
		      stage1_get((unsigned)(row->va >> 12)));
	print("\n");
}

void
reproduce(const char *rule, const struct row *row)
{
	s2pt_desc desc;
	int level = stage2_find(row->ipa, &desc);

	print("%s\n  HCR_EL2 %lx, VTCR_EL2 %lx\n", rule, read_hcr_el2(), read_vtcr_el2());
	print_stage1(row);
	print("  stage-2 entry of IPA %lx, level %d: %lx\n", row->ipa, level, desc.raw);
	print("  AT S12E1%s %lx\n", row->at == AT_WRITE ? "W" : "R", row->va);
	print("  %s %lx, Arm: %lx\n", row->value ? row->value : "PAR_EL1", row->mmu, row->library);
}
