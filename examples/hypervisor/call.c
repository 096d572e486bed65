/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* call.c: see call.h. */
#include "call.h"

#include "report.h"
#include "vm.h"
#include "worker.h"

#define CALL_MODES   0x00u
#define CALL_VERDICT 0x08u
#define CALL_MAPPING 0x10u
#define CALL_COUNTS  0x100u

#define NOT_MAPPED UINT64_MAX

/* ESR_EL2 of a Data Abort: what the instruction was. */
#define ISS_ISV(esr) ((unsigned)((esr) >> 24) & 1u)
#define ISS_SRT(esr) ((unsigned)((esr) >> 16) & 31u)
#define ISS_WNR(esr) ((unsigned)((esr) >> 6) & 1u)
#define XZR          31u

static s2pt_ipa asked;

static uint64_t
mapping_of(s2pt_ipa ipa)
{
	struct s2pt_leaf leaf;
	bool mapped;
	int level;

	vm_share();
	mapped = vm_leaf(ipa, &leaf, &level);
	vm_unshare();
	return mapped ? (uint64_t)leaf.type : NOT_MAPPED;
}

static uint64_t
load(uint64_t offset)
{
	switch (offset) {
	case CALL_MODES:
		return worker_modes();
	case CALL_MAPPING:
		return mapping_of(asked);
	default:
		return offset >= CALL_COUNTS ? report_count((offset - CALL_COUNTS) / 8u) : 0;
	}
}

static void
store(uint64_t offset, uint64_t value)
{
	switch (offset) {
	case CALL_MODES:
		worker_ask((uint32_t)value);
		break;
	case CALL_VERDICT:
		report_verdict(value);
		break;
	case CALL_MAPPING:
		asked = s2pt_ipa_of(value);
		break;
	default:
		break;
	}
}

void
call_handle(struct vcpu *vcpu, uint64_t esr, uint64_t offset)
{
	unsigned reg = ISS_SRT(esr);

	if (!ISS_ISV(esr))
		report_error("a call by an instruction that says nothing of itself", esr);
	if (ISS_WNR(esr))
		store(offset, reg == XZR ? 0 : vcpu->x[reg]);
	else if (reg != XZR)
		vcpu->x[reg] = load(offset);
	vcpu->pc += 4;
}
