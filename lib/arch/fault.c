/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fault.c: the syndrome registers of an abort from a lower Exception level.
 *
 * First the kind of the fault, from the fault status code and by a table; then which parts of the IPA the registers
 * hold, since HPFAR_EL2 is UNKNOWN for many kinds and FAR_EL2 for some; then what the access was.
 */
#include <s2pt/fault.h>

#include "arch/field.h"

/* ESR_EL2 of Instruction and Data Aborts */
/* clang-format off */
static const struct field ESR_FSC      = { 0, 6 };
static const struct field ESR_WNR      = { 6, 1 };   /* Data Aborts */
static const struct field ESR_S1PTW    = { 7, 1 };
static const struct field ESR_CM       = { 8, 1 };   /* Data Aborts */
static const struct field ESR_FNV      = { 10, 1 };
static const struct field ESR_EC       = { 26, 6 };
static const struct field ESR_DIRTYBIT = { 37, 1 };  /* ISS2[5], Data Aborts */
/* clang-format on */

enum {
	EC_INSTRUCTION_ABORT_LOWER = 0x20,
	EC_DATA_ABORT_LOWER = 0x24,
};

/* HPFAR_EL2: IPA[55:12] from bit 4. */
/* clang-format off */
static const struct field HPFAR_FIPA = { 4, 44 };
static const struct field HPFAR_NS   = { 63, 1 };
/* clang-format on */
#define FIPA_SHIFT 12

/* Fault status codes, EncodeLDFSC(): runs of levels, and single codes. */
static const struct {
	uint8_t first;
	uint8_t count;
	int8_t level; /* of the first code; the next ones count up */
	uint8_t kind; /* enum s2pt_fault_kind */
} codes[] = {
	{ 0x00, 4, 0, S2PT_FAULT_ADDRESS_SIZE },
	{ 0x04, 4, 0, S2PT_FAULT_TRANSLATION },
	{ 0x08, 4, 0, S2PT_FAULT_ACCESS_FLAG },
	{ 0x0c, 4, 0, S2PT_FAULT_PERMISSION },
	{ 0x12, 6, -2, S2PT_FAULT_WALK_ABORT },
	{ 0x29, 1, -1, S2PT_FAULT_ADDRESS_SIZE },
	{ 0x2a, 2, -2, S2PT_FAULT_TRANSLATION },
	{ 0x2c, 1, -2, S2PT_FAULT_ADDRESS_SIZE },
	{ 0x30, 1, 0, S2PT_FAULT_TLB_CONFLICT },
	{ 0x31, 1, 0, S2PT_FAULT_ATOMIC },
};
#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

static void
classify(unsigned fsc, struct s2pt_fault *fault)
{
	fault->kind = S2PT_FAULT_OTHER;
	fault->level = 0;
	for (size_t i = 0; i < CODE_COUNT; i++) {
		if (fsc - codes[i].first < codes[i].count) {
			fault->kind = (enum s2pt_fault_kind)codes[i].kind;
			fault->level = (int8_t)(codes[i].level + (int)(fsc - codes[i].first));
		}
	}
}

/* HPFAR_EL2 holds the IPA of these, and of any fault on a stage-1 walk. */
static bool
has_hpfar(const struct s2pt_fault *fault)
{
	return fault->kind == S2PT_FAULT_TRANSLATION || fault->kind == S2PT_FAULT_ACCESS_FLAG ||
	       fault->kind == S2PT_FAULT_ADDRESS_SIZE ||
	       (fault->s1_walk && fault->kind == S2PT_FAULT_PERMISSION);
}

static void
locate(const struct s2pt_fault_regs *regs, struct s2pt_fault *fault)
{
	fault->va_known = !field_bit(ESR_FNV, regs->esr);
	fault->va = fault->va_known ? regs->far : 0;
	fault->ipa_known = has_hpfar(fault);
	fault->ipa_page_only = fault->ipa_known && (fault->s1_walk || !fault->va_known);
	fault->ns = fault->ipa_known && field_bit(HPFAR_NS, regs->hpfar);
	fault->ipa = s2pt_ipa_of(0);
	if (fault->ipa_known)
		fault->ipa.addr = field_get(HPFAR_FIPA, regs->hpfar) << FIPA_SHIFT;
	if (fault->ipa_known && !fault->ipa_page_only)
		fault->ipa.addr |= regs->far & bits_below(FIPA_SHIFT);
}

enum s2pt_status
s2pt_fault_decode(const struct s2pt_fault_regs *regs, struct s2pt_fault *fault)
{
	uint64_t ec = field_get(ESR_EC, regs->esr);
	bool data = ec == EC_DATA_ABORT_LOWER;

	if (!data && ec != EC_INSTRUCTION_ABORT_LOWER)
		return S2PT_ERR_FAULT;
	classify((unsigned)field_get(ESR_FSC, regs->esr), fault);
	fault->s1_walk = field_bit(ESR_S1PTW, regs->esr);
	fault->maintenance = data && field_bit(ESR_CM, regs->esr);
	fault->dirty_state = data && fault->kind == S2PT_FAULT_PERMISSION &&
			     field_bit(ESR_DIRTYBIT, regs->esr);
	if (fault->s1_walk && fault->kind == S2PT_FAULT_PERMISSION)
		fault->access = S2PT_FAULT_WRITE;
	else if (fault->s1_walk)
		fault->access = S2PT_FAULT_READ;
	else if (data)
		fault->access = field_bit(ESR_WNR, regs->esr) ? S2PT_FAULT_WRITE : S2PT_FAULT_READ;
	else
		fault->access = S2PT_FAULT_FETCH;
	locate(regs, fault);
	return S2PT_OK;
}
