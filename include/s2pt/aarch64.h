/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * aarch64.h: the instructions of a host that runs at EL2 of an AArch64 CPU, for its callbacks. Optional, and not in
 * s2pt.h: nothing of the library uses it, and a host may have its own.
 *
 *     static void
 *     my_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
 *     {
 *             struct vm *vm = context;
 *             const struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
 *
 *             // What the engine asks for is never refused.
 *             if (s2pt_aarch64_invalidate(&vm->format, &params, requests, count, vm->vttbr) != S2PT_OK)
 *                     my_panic();
 *     }
 *
 * Each function may be called at EL2, on any number of CPUs, with interrupts off or by a host that does not move from
 * one CPU to another meanwhile. Assemblers for Armv8.0 take all of it.
 */
#ifndef S2PT_AARCH64_H
#define S2PT_AARCH64_H

#if !defined(__aarch64__)
#error "s2pt/aarch64.h is for hosts on AArch64"
#endif

#include <s2pt/errata.h>
#include <s2pt/fault.h>
#include <s2pt/features.h>
#include <s2pt/tlbi.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Registers ------------------------------------------------------------------------------------- */

/* By number: op0, op1, CRn, CRm, op2, as S3_4_C2_C1_0. */
#define S2PT_AARCH64_READ(reg, value)  __asm__ volatile("mrs %0, " reg : "=r"(value) : : "memory")
#define S2PT_AARCH64_WRITE(reg, value) __asm__ volatile("msr " reg ", %0" : : "r"(value) : "memory")

static inline void
s2pt_aarch64_isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}

/*
 * s2pt_aarch64_id_regs - the ID registers of this CPU, for s2pt_features_from_id_regs(). In a system of unlike CPUs,
 * read those of each.
 */
static inline void
s2pt_aarch64_id_regs(struct s2pt_id_regs *regs)
{
	S2PT_AARCH64_READ("S3_0_C0_C7_0", regs->value[S2PT_ID_AA64MMFR0]);
	S2PT_AARCH64_READ("S3_0_C0_C7_1", regs->value[S2PT_ID_AA64MMFR1]);
	S2PT_AARCH64_READ("S3_0_C0_C7_2", regs->value[S2PT_ID_AA64MMFR2]);
	S2PT_AARCH64_READ("S3_0_C0_C7_3", regs->value[S2PT_ID_AA64MMFR3]);
	S2PT_AARCH64_READ("S3_0_C0_C7_4", regs->value[S2PT_ID_AA64MMFR4]);
	S2PT_AARCH64_READ("S3_0_C0_C6_0", regs->value[S2PT_ID_AA64ISAR0]);
	S2PT_AARCH64_READ("S3_0_C0_C6_1", regs->value[S2PT_ID_AA64ISAR1]);
	S2PT_AARCH64_READ("S3_0_C0_C6_3", regs->value[S2PT_ID_AA64ISAR3]);
	S2PT_AARCH64_READ("S3_0_C0_C4_0", regs->value[S2PT_ID_AA64PFR0]);
	S2PT_AARCH64_READ("S3_0_C0_C4_1", regs->value[S2PT_ID_AA64PFR1]);
	S2PT_AARCH64_READ("S3_0_C0_C4_2", regs->value[S2PT_ID_AA64PFR2]);
}

/* s2pt_aarch64_fault_regs - what an abort left, for s2pt_fault_decode(): before anything else can take an exception. */
static inline void
s2pt_aarch64_fault_regs(struct s2pt_fault_regs *regs)
{
	S2PT_AARCH64_READ("S3_4_C5_C2_0", regs->esr);
	S2PT_AARCH64_READ("S3_4_C6_C0_4", regs->hpfar);
	S2PT_AARCH64_READ("S3_4_C6_C0_0", regs->far);
}

/* s2pt_aarch64_add_errata - what this CPU adds to the errata of its system, by MIDR_EL1 and REVIDR_EL1. */
static inline void
s2pt_aarch64_add_errata(struct s2pt_errata *errata)
{
	uint64_t midr, revidr;

	S2PT_AARCH64_READ("S3_0_C0_C0_0", midr);
	S2PT_AARCH64_READ("S3_0_C0_C0_6", revidr);
	s2pt_errata_add_cpu(errata, midr, revidr);
}

/* --- Barriers -------------------------------------------------------------------------------------- */

/* DSB nXS, which assemblers for Armv8.0 do not know: OSH, NSH, ISH. */
#define S2PT_AARCH64_DSB_OSH_NXS ".inst 0xd503323f"
#define S2PT_AARCH64_DSB_NSH_NXS ".inst 0xd503363f"
#define S2PT_AARCH64_DSB_ISH_NXS ".inst 0xd5033a3f"

#define S2PT_AARCH64_DO(instruction) __asm__ volatile(instruction : : : "memory")

/* s2pt_aarch64_dsb - a DSB of @scope, for stores alone or for loads, too; @nxs: its nXS form. */
static inline void
s2pt_aarch64_dsb(enum s2pt_tlbi_scope scope, bool stores, bool nxs)
{
	switch (scope) {
	case S2PT_TLBI_OS:
		if (stores)
			S2PT_AARCH64_DO("dsb oshst");
		else if (nxs)
			S2PT_AARCH64_DO(S2PT_AARCH64_DSB_OSH_NXS);
		else
			S2PT_AARCH64_DO("dsb osh");
		break;
	case S2PT_TLBI_LOCAL:
		if (stores)
			S2PT_AARCH64_DO("dsb nshst");
		else if (nxs)
			S2PT_AARCH64_DO(S2PT_AARCH64_DSB_NSH_NXS);
		else
			S2PT_AARCH64_DO("dsb nsh");
		break;
	case S2PT_TLBI_IS:
	default:
		if (stores)
			S2PT_AARCH64_DO("dsb ishst");
		else if (nxs)
			S2PT_AARCH64_DO(S2PT_AARCH64_DSB_ISH_NXS);
		else
			S2PT_AARCH64_DO("dsb ish");
	}
}

/* s2pt_aarch64_publish - host->publish: all stores to a table are visible to walkers (R_SPVBD). */
static inline void
s2pt_aarch64_publish(void)
{
	s2pt_aarch64_dsb(S2PT_TLBI_IS, true, false);
	s2pt_aarch64_isb();
}

/* --- Invalidation ---------------------------------------------------------------------------------- */

#define S2PT_AARCH64_KEY(op1, crn, crm, op2) \
	((unsigned)(op1) << 11 | (unsigned)(crn) << 7 | (unsigned)(crm) << 3 | (op2))

/* A SYS instruction has its fields as immediates, so that there is one for each; nXS forms have CRn 9. */
#define S2PT_AARCH64_CASE(op1, crn, crm, op2)                                   \
	case S2PT_AARCH64_KEY(op1, crn, crm, op2):                              \
		S2PT_AARCH64_DO("sys #" #op1 ", c" #crn ", c" #crm ", #" #op2); \
		break;
#define S2PT_AARCH64_CASE_X(crn, crm, op2)                                                                   \
	case S2PT_AARCH64_KEY(4, crn, crm, op2):                                                             \
		__asm__ volatile("sys #4, c" #crn ", c" #crm ", #" #op2 ", %0" : : "r"(operand) : "memory"); \
		break;

/* Those without an operand: VMALLE1, VMALLS12E1, ALLE1. */
#define S2PT_AARCH64_CASES(crn)         \
	S2PT_AARCH64_CASE(0, crn, 1, 0) \
	S2PT_AARCH64_CASE(0, crn, 3, 0) \
	S2PT_AARCH64_CASE(0, crn, 7, 0) \
	S2PT_AARCH64_CASE(4, crn, 1, 4) \
	S2PT_AARCH64_CASE(4, crn, 3, 4) \
	S2PT_AARCH64_CASE(4, crn, 7, 4) \
	S2PT_AARCH64_CASE(4, crn, 1, 6) \
	S2PT_AARCH64_CASE(4, crn, 3, 6) \
	S2PT_AARCH64_CASE(4, crn, 7, 6)

/* Those by IPA, and VALE2. */
#define S2PT_AARCH64_CASES_X(crn)      \
	S2PT_AARCH64_CASE_X(crn, 0, 1) \
	S2PT_AARCH64_CASE_X(crn, 0, 2) \
	S2PT_AARCH64_CASE_X(crn, 0, 5) \
	S2PT_AARCH64_CASE_X(crn, 0, 6) \
	S2PT_AARCH64_CASE_X(crn, 4, 0) \
	S2PT_AARCH64_CASE_X(crn, 4, 1) \
	S2PT_AARCH64_CASE_X(crn, 4, 2) \
	S2PT_AARCH64_CASE_X(crn, 4, 3) \
	S2PT_AARCH64_CASE_X(crn, 4, 4) \
	S2PT_AARCH64_CASE_X(crn, 4, 5) \
	S2PT_AARCH64_CASE_X(crn, 4, 6) \
	S2PT_AARCH64_CASE_X(crn, 4, 7) \
	S2PT_AARCH64_CASE_X(crn, 1, 5) \
	S2PT_AARCH64_CASE_X(crn, 3, 5) \
	S2PT_AARCH64_CASE_X(crn, 7, 5)

/* s2pt_aarch64_tlbi - execute the TLBI instruction @sys, one of s2pt_tlbi_sys(), with @operand. */
static inline void
s2pt_aarch64_tlbi(const struct s2pt_sys *sys, uint64_t operand)
{
	switch (S2PT_AARCH64_KEY(sys->op1, sys->crn, sys->crm, sys->op2)) {
		S2PT_AARCH64_CASES(8)
		S2PT_AARCH64_CASES(9)
		S2PT_AARCH64_CASES_X(8)
		S2PT_AARCH64_CASES_X(9)
	default:
		break;
	}
}

/*
 * S2PT_STEP_DSB_ALL (S2PT_ERRATUM_SME_DSB, CVE-2026-0995): each PE executes a DSB. That is firmware's call for it, an
 * SMC, unless a host defines it otherwise before it includes this header: as an interrupt to each CPU that runs guests.
 * Not every firmware has the call: make it once at the start. A negative answer says that it does nothing.
 */
#ifndef S2PT_AARCH64_DSB_ALL
#define S2PT_AARCH64_DSB_ALL() s2pt_aarch64_smc_dsb_all()
#endif

#define S2PT_AARCH64_SMC_DSB_ALL 0x81000010u

static inline int32_t
s2pt_aarch64_smc_dsb_all(void)
{
	register uint64_t x0 __asm__("x0") = S2PT_AARCH64_SMC_DSB_ALL;

	__asm__ volatile("smc #0"
			 : "+r"(x0)
			 :
			 : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
			   "x15", "x16", "x17", "memory");
	return (int32_t)x0;
}

/* s2pt_aarch64_step - execute a step. False: it is S2PT_STEP_VMID, which takes a VTTBR_EL2 (s2pt_aarch64_run()). */
static inline bool
s2pt_aarch64_step(const struct s2pt_tlbi_step *step)
{
	switch (step->kind) {
	case S2PT_STEP_DSB_ST:
	case S2PT_STEP_DSB:
		s2pt_aarch64_dsb(step->scope, step->kind == S2PT_STEP_DSB_ST, step->nxs);
		return true;
	case S2PT_STEP_TLBI:
		s2pt_aarch64_tlbi(&step->sys, step->operand);
		return true;
	case S2PT_STEP_ISB:
		s2pt_aarch64_isb();
		return true;
	case S2PT_STEP_DSB_ALL:
		(void)S2PT_AARCH64_DSB_ALL();
		return true;
	case S2PT_STEP_VMID:
	default:
		return false;
	}
}

/* s2pt_aarch64_vttbr - VTTBR_EL2. */
static inline uint64_t
s2pt_aarch64_vttbr(void)
{
	uint64_t vttbr;

	S2PT_AARCH64_READ("S3_4_C2_C1_0", vttbr);
	return vttbr;
}

/*
 * s2pt_aarch64_switch_vttbr - make @vttbr the value of VTTBR_EL2. Returns what it was.
 *
 * Between two guests a host keeps stage 1 of the other one from being walked under this VMID: SCTLR_EL1.M and TCR_EL1
 * are still that guest's, and walks may be speculative (s2pt_aarch64_stage1_off()).
 */
static inline uint64_t
s2pt_aarch64_switch_vttbr(uint64_t vttbr)
{
	const uint64_t before = s2pt_aarch64_vttbr();

	if (before == vttbr)
		return before;
	S2PT_AARCH64_WRITE("S3_4_C2_C1_0", vttbr);
	s2pt_aarch64_isb();
	return before;
}

/*
 * s2pt_aarch64_run - execute a sequence, from s2pt_tlbi_begin(), to its end, and put VTTBR_EL2 back.
 * @vttbr: the table's, with its VMID; or with any, where the parameters list the VMIDs.
 *
 * HCR_EL2.{E2H, TGE} must not be {1, 1}: VMALLE1 would act on EL2&0. A host with VHE clears TGE, ISB, and sets it
 * afterwards, with interrupts off.
 */
static inline void
s2pt_aarch64_run(struct s2pt_tlbi_seq *seq, uint64_t vttbr)
{
	const uint64_t no_vmid = vttbr & ((UINT64_C(1) << 48) - 1u);
	const uint64_t before = s2pt_aarch64_switch_vttbr(vttbr);
	struct s2pt_tlbi_step step;

	while (s2pt_tlbi_next(seq, &step))
		if (!s2pt_aarch64_step(&step))
			s2pt_aarch64_switch_vttbr(no_vmid | step.operand << 48);
	s2pt_aarch64_switch_vttbr(before);
}

/*
 * s2pt_aarch64_invalidate - host->invalidate: execute the sequence of some requests, and put VTTBR_EL2 back.
 * @format, @params, @requests, @count: as s2pt_tlbi_begin().
 * @vttbr: as s2pt_aarch64_run(), and so are HCR_EL2.{E2H, TGE}. Where S2PT_CURE_GUARD_AT is the host's, it begins a
 *         sequence itself, for s2pt_aarch64_run_guarded().
 *
 * Returns what s2pt_tlbi_begin() does. After a failure nothing was invalidated.
 */
S2PT_NODISCARD static inline enum s2pt_status
s2pt_aarch64_invalidate(const struct s2pt_format *format, const struct s2pt_tlbi_params *params,
			const struct s2pt_tlbi_request *requests, size_t count, uint64_t vttbr)
{
	struct s2pt_tlbi_seq seq;
	enum s2pt_status status;
	enum s2pt_tlbi_op op;
	uint64_t operand, before;

	if (!s2pt_tlbi_single(format, params, requests, count, &op, &operand)) {
		status = s2pt_tlbi_begin(&seq, format, params, requests, count);
		if (status == S2PT_OK)
			s2pt_aarch64_run(&seq, vttbr);
		return status;
	}
	before = s2pt_aarch64_switch_vttbr(vttbr);
	S2PT_AARCH64_DO("dsb ishst");
	if (op == S2PT_TLBI_IPAS2LE1)
		__asm__ volatile("tlbi ipas2le1is, %0" : : "r"(operand) : "memory");
	else
		__asm__ volatile("tlbi ipas2e1is, %0" : : "r"(operand) : "memory");
	S2PT_AARCH64_DO("dsb ish");
	S2PT_AARCH64_DO("tlbi vmalle1is");
	S2PT_AARCH64_DO("dsb ish");
	s2pt_aarch64_isb();
	s2pt_aarch64_switch_vttbr(before);
	return S2PT_OK;
}

/* --- Stage 1 of a guest ---------------------------------------------------------------------------- */

/* HCR_EL2.E2H: the names of EL1's registers reach those of EL2, and EL1's have names of their own (_EL12). */
static inline bool
s2pt_aarch64_has_vhe(void)
{
	uint64_t hcr;

	S2PT_AARCH64_READ("S3_4_C1_C1_0", hcr);
	return hcr >> 34 & 1u;
}

/* TCR_EL1 and SCTLR_EL1 of the guest; an ISB follows what is written. */
#define S2PT_AARCH64_EL1_REGISTER(name, el1, el12)                           \
	static inline uint64_t s2pt_aarch64_##name(bool vhe)                 \
	{                                                                    \
		uint64_t value;                                              \
                                                                             \
		if (vhe)                                                     \
			S2PT_AARCH64_READ(el12, value);                      \
		else                                                         \
			S2PT_AARCH64_READ(el1, value);                       \
		return value;                                                \
	}                                                                    \
                                                                             \
	static inline void s2pt_aarch64_set_##name(bool vhe, uint64_t value) \
	{                                                                    \
		if (vhe)                                                     \
			S2PT_AARCH64_WRITE(el12, value);                     \
		else                                                         \
			S2PT_AARCH64_WRITE(el1, value);                      \
		s2pt_aarch64_isb();                                          \
	}

S2PT_AARCH64_EL1_REGISTER(tcr, "S3_0_C2_C0_2", "S3_5_C2_C0_2")
S2PT_AARCH64_EL1_REGISTER(sctlr, "S3_0_C1_C0_0", "S3_5_C1_C0_0")

/* What a guest's stage 1 was. */
struct s2pt_aarch64_stage1 {
	uint64_t tcr;
	uint64_t sctlr;
};

/*
 * s2pt_aarch64_stage1_off - no walks of EL1&0, not even speculative ones, until s2pt_aarch64_stage1_on(): around a time
 * in which VTTBR_EL2 and the EL1 registers are of different VMs (S2PT_ERRATUM_SPECULATIVE_AT).
 *
 * HCR_EL2.TGE must be 0. (A host with VHE may as well write VTTBR_EL2 and VTCR_EL2, with an ISB, while TGE is 1.)
 */
static inline void
s2pt_aarch64_stage1_off(struct s2pt_aarch64_stage1 *kept)
{
	const bool vhe = s2pt_aarch64_has_vhe();

	kept->tcr = s2pt_aarch64_tcr(vhe);
	kept->sctlr = s2pt_aarch64_sctlr(vhe);
	/* EPD1 and EPD0; then M, since with stage 1 off EPDn are not looked at. */
	s2pt_aarch64_set_tcr(vhe, kept->tcr | UINT64_C(1) << 23 | UINT64_C(1) << 7);
	s2pt_aarch64_set_sctlr(vhe, kept->sctlr | 1u);
}

/* s2pt_aarch64_stage1_on - as it was; in the opposite order. */
static inline void
s2pt_aarch64_stage1_on(const struct s2pt_aarch64_stage1 *kept)
{
	const bool vhe = s2pt_aarch64_has_vhe();

	s2pt_aarch64_set_sctlr(vhe, kept->sctlr);
	s2pt_aarch64_set_tcr(vhe, kept->tcr);
}

/* s2pt_aarch64_run_guarded - s2pt_aarch64_run(), with stage 1 off where VTTBR_EL2 is to become another meanwhile. */
static inline void
s2pt_aarch64_run_guarded(struct s2pt_tlbi_seq *seq, uint64_t vttbr)
{
	struct s2pt_aarch64_stage1 kept;

	if (s2pt_aarch64_vttbr() == vttbr && !seq->params->vmid_count) {
		s2pt_aarch64_run(seq, vttbr);
		return;
	}
	s2pt_aarch64_stage1_off(&kept);
	s2pt_aarch64_run(seq, vttbr);
	s2pt_aarch64_stage1_on(&kept);
}

/* s2pt_aarch64_write_hcr - write HCR_EL2, with the barriers that S2PT_ERRATUM_HCR_WRITE needs. */
static inline void
s2pt_aarch64_write_hcr(uint64_t hcr)
{
	S2PT_AARCH64_DO("dsb nsh");
	S2PT_AARCH64_WRITE("S3_4_C1_C1_0", hcr);
	s2pt_aarch64_isb();
}

/* --- Caches ---------------------------------------------------------------------------------------- */

/*
 * CTR_EL0: lines are counted in words of four bytes. They are those of this CPU: where CPUs differ, a host has its own,
 * with the smallest lines of all.
 */
static inline uint64_t
s2pt_aarch64_ctr(void)
{
	uint64_t ctr;

	S2PT_AARCH64_READ("S3_3_C0_C0_1", ctr);
	return ctr;
}

#define S2PT_AARCH64_CTR_IDC   (UINT64_C(1) << 28) /* no clean to PoU is needed for instruction fetches */
#define S2PT_AARCH64_CTR_DIC   (UINT64_C(1) << 29) /* ... and no invalidation of instruction caches */
#define S2PT_AARCH64_L1IP(ctr) ((unsigned)((ctr) >> 14) & 3u)
#define S2PT_AARCH64_L1IP_PIPT 3u

static inline size_t
s2pt_aarch64_dline(uint64_t ctr)
{
	return (size_t)4 << (ctr >> 16 & 15u);
}

static inline size_t
s2pt_aarch64_iline(uint64_t ctr)
{
	return (size_t)4 << (ctr & 15u);
}

/* The instruction @name for each line of @line bytes, a power of two, that [@va, @va + @bytes) touches. */
#define S2PT_AARCH64_BY_LINE(name, va, bytes, line)                                                         \
	for (uintptr_t at_ = (uintptr_t)(va) & ~((uintptr_t)(line) - 1u), end_ = (uintptr_t)(va) + (bytes); \
	     at_ < end_; at_ += (line))                                                                     \
	__asm__ volatile(name ", %0" : : "r"(at_) : "memory")

/*
 * s2pt_aarch64_clean_invalidate - host->clean_data: clean and invalidate to the Point of Coherency, and wait.
 * @va: where this CPU reaches the memory, by a cacheable mapping.
 */
static inline void
s2pt_aarch64_clean_invalidate(const void *va, size_t bytes)
{
	const size_t line = s2pt_aarch64_dline(s2pt_aarch64_ctr());

	S2PT_AARCH64_BY_LINE("dc civac", va, bytes, line);
	S2PT_AARCH64_DO("dsb sy");
}

/* s2pt_aarch64_clean - host->clean_tables: clean to the Point of Coherency, and wait. */
static inline void
s2pt_aarch64_clean(const void *va, size_t bytes)
{
	const size_t line = s2pt_aarch64_dline(s2pt_aarch64_ctr());

	S2PT_AARCH64_BY_LINE("dc cvac", va, bytes, line);
	S2PT_AARCH64_DO("dsb sy");
}

/* Above so many bytes all instruction caches are invalidated, which costs less. */
#define S2PT_AARCH64_ICACHE_BYTES 0x10000u

/*
 * s2pt_aarch64_invalidate_icache - host->invalidate_icache: fetches of all CPUs see memory as this one has written it.
 *
 * By address where the host's address finds the lines of the guest's, in a PIPT cache; others lose all they have. What
 * CTR_EL0.{IDC, DIC} say is not needed is left out. Where DIC is untrue (S2PT_ERRATUM_DIC), a host has its own.
 */
static inline void
s2pt_aarch64_invalidate_icache(const void *va, size_t bytes)
{
	const uint64_t ctr = s2pt_aarch64_ctr();

	if (!(ctr & S2PT_AARCH64_CTR_IDC))
		S2PT_AARCH64_BY_LINE("dc cvau", va, bytes, s2pt_aarch64_dline(ctr));
	s2pt_aarch64_dsb(S2PT_TLBI_IS, false, false);
	if (!(ctr & S2PT_AARCH64_CTR_DIC)) {
		if (S2PT_AARCH64_L1IP(ctr) != S2PT_AARCH64_L1IP_PIPT || bytes > S2PT_AARCH64_ICACHE_BYTES)
			S2PT_AARCH64_DO("ic ialluis");
		else
			S2PT_AARCH64_BY_LINE("ic ivau", va, bytes, s2pt_aarch64_iline(ctr));
		s2pt_aarch64_dsb(S2PT_TLBI_IS, false, false);
	}
	s2pt_aarch64_isb();
}

/* --- Faults ---------------------------------------------------------------------------------------- */

/*
 * s2pt_aarch64_locate - the IPA of a fault that came without, from the guest's stage 1 (s2pt_fault_locate()).
 *
 * On the CPU that took the fault, with the guest's EL1 registers and HCR_EL2 as they were then. PAR_EL1, which is the
 * guest's, is kept.
 *
 * Returns: as s2pt_fault_locate().
 */
S2PT_NODISCARD static inline enum s2pt_status
s2pt_aarch64_locate(struct s2pt_fault *fault)
{
	uint64_t kept, par;

	if (fault->ipa_known || !fault->va_known)
		return s2pt_fault_locate(fault, 0);
	/* Barriers on both sides of its reads: S2PT_ERRATUM_PAR_DEADLOCK. */
	S2PT_AARCH64_DO("dmb sy");
	S2PT_AARCH64_READ("S3_0_C7_C4_0", kept);
	__asm__ volatile("at s1e1r, %0" : : "r"(fault->va) : "memory");
	s2pt_aarch64_isb();
	S2PT_AARCH64_READ("S3_0_C7_C4_0", par);
	S2PT_AARCH64_DO("dmb sy");
	S2PT_AARCH64_WRITE("S3_0_C7_C4_0", kept);
	return s2pt_fault_locate(fault, par);
}

#ifdef __cplusplus
}
#endif

#endif
