/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* exit.c: see exit.h. */
#include "exit.h"

#include <s2pt/aarch64.h>
#include <s2pt/fault.h>

#include "abort.h"
#include "call.h"
#include "io.h"
#include "layout.h"
#include "mmio.h"
#include "psci.h"
#include "ram.h"
#include "report.h"
#include "sysreg.h"
#include "vm.h"

static void
give_back(struct vcpu *vcpu, const struct s2pt_fault *fault, uint64_t esr, unsigned fsc)
{
	report_add(COUNT_ABORTS, 1);
	abort_guest(vcpu, esr, fault->va, fsc);
}

/* Do in the guest's place what stage 2 does not let it do; false where that cannot be, or should not. */
static bool
emulate(struct vcpu *vcpu, const struct s2pt_fault *fault, uint64_t esr)
{
	uint64_t offset = fault->ipa.addr - CALL_IPA;

	if (fault->s1_walk || (!fault->maintenance && !mmio_can(esr)))
		return false;
	if (fault->maintenance)
		; /* of caches, which hold nothing that the guest has written there (QEMU's do nothing, nowhere) */
	else if (offset < PAGE_BYTES)
		call_handle(vcpu, esr, offset);
	else if (ram_has(fault->ipa) && mmio_is_store(esr))
		report_add(COUNT_IGNORED, 1);
	else
		return false;
	mmio_skip(vcpu, esr);
	return true;
}

/*
 * Stage 2 has no translation, or not with that right. What is neither mended nor emulated is to the guest as
 * if its bus did not answer.
 */
static void
handle_missing(struct cpu *cpu, struct s2pt_fault *fault, uint64_t esr)
{
	const enum s2pt_status located = s2pt_aarch64_locate(fault);
	unsigned fsc = FSC_EXTERNAL;

	/* If the VA leads nowhere, the guest's tables have changed since, and it shall try again. */
	if (located == S2PT_RACED || (located == S2PT_OK && (ram_fault(&cpu->cursor, fault) ||
							     emulate(&cpu->vcpu, fault, esr))))
		return;
	if (fault->s1_walk)
		fsc = FSC_EXTERNAL_ON_WALK(abort_walk_level(fault->va, fault->ipa.addr, ram_read));
	give_back(&cpu->vcpu, fault, esr, fsc);
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

	must(s2pt_fault_decode(&regs, &fault), "s2pt_fault_decode");
	report_fault(&fault);
	switch (fault.kind) {
	case S2PT_FAULT_TRANSLATION:
	case S2PT_FAULT_ACCESS_FLAG:
	case S2PT_FAULT_PERMISSION:
		handle_missing(cpu, &fault, esr);
		break;
	case S2PT_FAULT_ALIGNMENT:
	case S2PT_FAULT_EXCLUSIVE:
	case S2PT_FAULT_OTHER:
		give_back(&cpu->vcpu, &fault, esr, ESR_FSC(esr));
		break;
	case S2PT_FAULT_TLB_CONFLICT:
		s2pt_shared_tlb_conflict(&vm.table);
		break;
	default:
		report_error("stage-2 tables that are wrong, or whose memory is", esr);
	}
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
