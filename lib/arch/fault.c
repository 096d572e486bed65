/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fault.c: the syndrome registers of an abort from a lower Exception level, and PAR_EL1, which reports faults alike.
 *
 * First the kind of the fault, from the fault status code and by a table; then which parts of the IPA the registers
 * hold, since HPFAR_EL2 is UNKNOWN for many kinds and FAR_EL2 for some; then what the access was.
 */
#include <s2pt/fault.h>

#include "arch/fault.h"
#include "arch/field.h"

/* ESR_EL2 of Instruction and Data Aborts */
/* clang-format off */
static const struct field ESR_FSC      = { 0, 6 };
static const struct field ESR_WNR      = { 6, 1 };   /* Data Aborts */
static const struct field ESR_S1PTW    = { 7, 1 };
static const struct field ESR_CM       = { 8, 1 };   /* Data Aborts */
static const struct field ESR_FNV      = { 10, 1 };
static const struct field ESR_SSE      = { 21, 1 };  /* Data Aborts with ISV; else TopLevel */
static const struct field ESR_ISV      = { 24, 1 };
static const struct field ESR_IL       = { 25, 1 };
static const struct field ESR_EC       = { 26, 6 };
/* clang-format on */

enum {
	EC_INSTRUCTION_ABORT_LOWER = 0x20,
	EC_DATA_ABORT_LOWER = 0x24,
};

/* ISS2 is ESR_EL2[55:32]. Instruction Aborts have some of the bits; the rest is RES0 in them. */
static const struct {
	uint8_t cause;
	uint8_t esr;
	bool fetch;
	uint8_t par; /* 0: PAR_EL1 does not say it */
} causes[] = {
	{ S2PT_FAULT_CAUSE_DIRTY, 37, true, 15 },
	{ S2PT_FAULT_CAUSE_OVERLAY, 38, true, 14 },
	{ S2PT_FAULT_CAUSE_ASSURED_ONLY, 39, true, 12 },
	{ S2PT_FAULT_CAUSE_GCS, 40, false, 0 },
	{ S2PT_FAULT_CAUSE_TAG_ACCESS, 41, false, 0 },
	{ S2PT_FAULT_CAUSE_TND, 42, false, 0 },
	{ S2PT_FAULT_CAUSE_HDBSS, 43, true, 0 },
	{ S2PT_FAULT_CAUSE_TOP_LEVEL, 21, false, 13 },
};

/* HPFAR_EL2: IPA[55:12] from bit 4. */
/* clang-format off */
static const struct field HPFAR_FIPA = { 4, 44 };
static const struct field HPFAR_NS   = { 63, 1 };
/* clang-format on */

/* PAR_EL1 */
/* clang-format off */
static const struct field PAR_F    = { 0, 1 };
static const struct field PAR_FST  = { 1, 6 };   /* with a fault */
static const struct field PAR_PTW  = { 8, 1 };
static const struct field PAR_S    = { 9, 1 };
static const struct field PAR_SH   = { 7, 2 };   /* without one */
static const struct field PAR_NS   = { 9, 1 };
static const struct field PAR_RES1 = { 11, 1 };  /* in both forms */
static const struct field PAR_PA   = { 12, 40 }; /* PA[51:12], at its own place */
static const struct field PAR_ATTR = { 56, 8 };
/* clang-format on */

/* Fault status codes, EncodeLDFSC(): runs of levels, and single codes. */
static const struct {
	uint8_t first;
	uint8_t count;
	int8_t level; /* of the first code; the next ones count up. 0 where the kind has none */
	uint8_t kind; /* enum s2pt_fault_kind */
} codes[] = {
	{ 0x00, 4, 0, S2PT_FAULT_ADDRESS_SIZE },
	{ 0x04, 4, 0, S2PT_FAULT_TRANSLATION },
	{ 0x08, 4, 0, S2PT_FAULT_ACCESS_FLAG },
	{ 0x0c, 4, 0, S2PT_FAULT_PERMISSION },
	{ 0x12, 6, -2, S2PT_FAULT_WALK_ABORT },
	{ 0x1b, 5, -1, S2PT_FAULT_WALK_ABORT }, /* parity, ECC */
	{ 0x21, 1, 0, S2PT_FAULT_ALIGNMENT },
	{ 0x22, 6, -2, S2PT_FAULT_GPC_WALK },
	{ 0x28, 1, 0, S2PT_FAULT_GPC },
	{ 0x29, 1, -1, S2PT_FAULT_ADDRESS_SIZE },
	{ 0x2a, 2, -2, S2PT_FAULT_TRANSLATION },
	{ 0x2c, 1, -2, S2PT_FAULT_ADDRESS_SIZE },
	{ 0x30, 1, 0, S2PT_FAULT_TLB_CONFLICT },
	{ 0x31, 1, 0, S2PT_FAULT_ATOMIC },
	{ 0x35, 1, 0, S2PT_FAULT_EXCLUSIVE },
};
#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

static enum s2pt_fault_kind
classify(unsigned fsc, int8_t *level)
{
	enum s2pt_fault_kind kind = S2PT_FAULT_OTHER;

	*level = 0;
	for (size_t i = 0; i < CODE_COUNT; i++) {
		if (fsc - codes[i].first < codes[i].count) {
			kind = (enum s2pt_fault_kind)codes[i].kind;
			*level = (int8_t)(codes[i].level + (int)(fsc - codes[i].first));
		}
	}
	return kind;
}

/* The fault status code of a kind at a level: the first that says it. False: none does. */
static bool
find_code(enum s2pt_fault_kind kind, int level, uint64_t *fsc)
{
	for (size_t i = 0; i < CODE_COUNT; i++) {
		const int at = level - codes[i].level;

		if (codes[i].kind == kind && at >= 0 && at < codes[i].count) {
			*fsc = codes[i].first + (unsigned)at;
			return true;
		}
	}
	return false;
}

/* HPFAR_EL2 holds the IPA of these, and of a Permission fault on a stage-1 walk. */
bool
s2pt__fault_has_ipa(const struct s2pt_fault *fault)
{
	switch (fault->kind) {
	case S2PT_FAULT_TRANSLATION:
	case S2PT_FAULT_ACCESS_FLAG:
	case S2PT_FAULT_ADDRESS_SIZE:
	case S2PT_FAULT_GPC_WALK:
	case S2PT_FAULT_GPC:
		return true;
	default:
		return fault->s1_walk && fault->kind == S2PT_FAULT_PERMISSION;
	}
}

static uint8_t
causes_of(uint64_t esr, bool data)
{
	unsigned set = 0;

	if (field_bit(ESR_ISV, esr))
		esr &= ~field_mask(ESR_SSE);
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if ((data || causes[i].fetch) && (esr >> causes[i].esr & 1u))
			set |= causes[i].cause;
	return (uint8_t)set;
}

static void
locate(const struct s2pt_fault_regs *regs, struct s2pt_fault *fault)
{
	fault->va_known = !field_bit(ESR_FNV, regs->esr);
	fault->va = fault->va_known ? regs->far : 0;
	fault->ipa_known = s2pt__fault_has_ipa(fault);
	fault->ipa_page_only = fault->ipa_known && (fault->s1_walk || !fault->va_known);
	fault->ns = fault->ipa_known && field_bit(HPFAR_NS, regs->hpfar);
	fault->ipa = s2pt_ipa_of(UINT64_MAX);
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
	fault->kind = classify((unsigned)field_get(ESR_FSC, regs->esr), &fault->level);
	fault->s1_walk = field_bit(ESR_S1PTW, regs->esr);
	fault->maintenance = data && field_bit(ESR_CM, regs->esr);
	fault->causes = fault->kind == S2PT_FAULT_PERMISSION ? causes_of(regs->esr, data) : 0;
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

/* The bits of ESR_EL2 for the causes that an abort of this class has. */
static uint64_t
cause_bits(const struct s2pt_fault *fault)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if ((fault->causes & causes[i].cause) && (fault->access != S2PT_FAULT_FETCH || causes[i].fetch))
			bits |= UINT64_C(1) << causes[i].esr;
	return bits;
}

enum s2pt_status
s2pt_fault_encode(const struct s2pt_fault *fault, struct s2pt_fault_regs *regs)
{
	const bool fetch = fault->access == S2PT_FAULT_FETCH;
	uint64_t fsc;

	if (!find_code(fault->kind, fault->level, &fsc) || (fetch && fault->maintenance))
		return S2PT_ERR_FAULT;
	regs->esr = field_put(ESR_EC, fetch ? EC_INSTRUCTION_ABORT_LOWER : EC_DATA_ABORT_LOWER) |
		    field_put(ESR_IL, 1) | field_put(ESR_FSC, fsc) | field_put(ESR_S1PTW, fault->s1_walk) |
		    field_put(ESR_WNR, fault->access == S2PT_FAULT_WRITE) | field_put(ESR_CM, fault->maintenance) |
		    field_put(ESR_FNV, !fault->va_known);
	if (fault->kind == S2PT_FAULT_PERMISSION)
		regs->esr |= cause_bits(fault);
	regs->far = fault->va_known ? fault->va : 0;
	regs->hpfar = 0;
	if (s2pt__fault_has_ipa(fault) && fault->ipa_known)
		regs->hpfar = field_put(HPFAR_FIPA, fault->ipa.addr >> FIPA_SHIFT) | field_put(HPFAR_NS, fault->ns);
	return S2PT_OK;
}

enum s2pt_status
s2pt_fault_ipa(const struct s2pt_fault *fault, s2pt_ipa *ipa)
{
	if (!fault->ipa_known)
		return S2PT_ERR_FAULT_IPA;
	*ipa = fault->ipa;
	return S2PT_OK;
}

enum s2pt_status
s2pt_fault_locate(struct s2pt_fault *fault, uint64_t par)
{
	if (fault->ipa_known)
		return S2PT_OK;
	if (!fault->va_known)
		return S2PT_ERR_FAULT_IPA;
	if (field_bit(PAR_F, par))
		return S2PT_RACED;
	fault->ipa = s2pt_ipa_of((par & field_mask(PAR_PA)) | (fault->va & bits_below(FIPA_SHIFT)));
	fault->ipa_known = true;
	return S2PT_OK;
}

static void
read_par_fault(uint64_t value, struct s2pt_par *par)
{
	unsigned set = 0;

	par->kind = classify((unsigned)field_get(PAR_FST, value), &par->level);
	par->stage2 = field_bit(PAR_S, value);
	par->s1_walk = field_bit(PAR_PTW, value);
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (causes[i].par && (value >> causes[i].par & 1u))
			set |= causes[i].cause;
	par->causes = (uint8_t)set;
}

void
s2pt_par_read(uint64_t value, struct s2pt_par *par)
{
	par->fault = field_bit(PAR_F, value);
	par->pa = s2pt_pa_of(par->fault ? 0 : value & field_mask(PAR_PA));
	par->attr = par->fault ? 0 : (uint8_t)field_get(PAR_ATTR, value);
	par->sh = par->fault ? 0 : (uint8_t)field_get(PAR_SH, value);
	par->ns = !par->fault && field_bit(PAR_NS, value);
	par->kind = S2PT_FAULT_TRANSLATION;
	par->level = 0;
	par->stage2 = false;
	par->s1_walk = false;
	par->causes = 0;
	if (par->fault)
		read_par_fault(value, par);
}

enum s2pt_status
s2pt_par_write(const struct s2pt_par *par, uint64_t *value)
{
	uint64_t fst;

	if (!par->fault) {
		*value = (par->pa.addr & field_mask(PAR_PA)) | field_put(PAR_ATTR, par->attr) |
			 field_put(PAR_SH, par->sh) | field_put(PAR_NS, par->ns) | field_mask(PAR_RES1);
		return S2PT_OK;
	}
	if (!find_code(par->kind, par->level, &fst))
		return S2PT_ERR_FAULT;
	*value = field_mask(PAR_F) | field_put(PAR_FST, fst) | field_put(PAR_S, par->stage2) |
		 field_put(PAR_PTW, par->s1_walk) | field_mask(PAR_RES1);
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (causes[i].par && (par->causes & causes[i].cause))
			*value |= UINT64_C(1) << causes[i].par;
	return S2PT_OK;
}
