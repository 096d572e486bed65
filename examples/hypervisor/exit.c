/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* exit.c: see exit.h. */
#include "exit.h"

#include <s2pt/fault.h>

#include "call.h"
#include "layout.h"
#include "psci.h"
#include "ram.h"
#include "report.h"
#include "sysreg.h"
#include "vm.h"

SYSREG_WRITE(par_el1, "par_el1")

/*
 * HPFAR_EL2 says nothing of a Permission fault on the guest's own access: ask stage 1 where the VA
 * leads. If it leads nowhere, the guest's tables have changed since, and it shall try again. PAR_EL1 is
 * the guest's.
 */
static bool
find_ipa(struct s2pt_fault *fault)
{
	uint64_t kept = read_par_el1();
	uint64_t par;

	__asm__ volatile("at s1e1r, %0\n\tisb" : : "r"(fault->va) : "memory");
	par = read_par_el1();
	write_par_el1(kept);
	return s2pt_fault_locate(fault, par) == S2PT_OK;
}

static void
handle_abort(struct cpu *cpu, uint64_t esr)
{
	const struct s2pt_fault_regs regs = {
		.esr = esr,
		.hpfar = read_hpfar_el2(),
		.far = read_far_el2(),
	};
	struct s2pt_fault fault;

	if (s2pt_fault_decode(&regs, &fault) != S2PT_OK)
		report_error("an abort that is none of stage 2's", esr);
	report_fault(&fault);
	if (fault.kind == S2PT_FAULT_TLB_CONFLICT)
		s2pt_shared_tlb_conflict(&vm.table);
	else if (!fault.ipa_known && !find_ipa(&fault))
		return;
	else if (fault.ipa.addr - CALL_IPA < PAGE_BYTES)
		call_handle(&cpu->vcpu, esr, fault.ipa.addr - CALL_IPA);
	else if (!ram_fault(&cpu->cursor, &fault))
		report_error("the guest went where nothing is", fault.ipa.addr);
}

void
exit_handle(struct cpu *cpu, uint64_t esr)
{
	switch (ESR_EC(esr)) {
	case EC_SMC64:
		psci_handle(cpu);
		cpu->vcpu.pc += 4; /* a trapped SMC has not been executed */
		break;
	case EC_IABT_LOWER:
	case EC_DABT_LOWER:
		handle_abort(cpu, esr);
		break;
	default:
		report_error("a trap that nobody asked for", esr);
	}
}
