/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * va.h: a guest's virtual address on its way: through stage 1 of EL1&0, each of whose tables stage 2 translates, and
 * then through stage 2. What walk.h says of tables and choices holds for both.
 *
 * The module is optional: nothing else in the library refers to it. Pure but for the caller's reader; any context.
 */
#ifndef S2PT_VA_H
#define S2PT_VA_H

#include <s2pt/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Stage 1 --------------------------------------------------------------------------------------- */

/* The registers of the EL1&0 translation regime's stage 1, as MRS gives them. */
struct s2pt_stage1_regs {
	uint64_t sctlr; /* SCTLR_EL1: M, C, I, WXN */
	uint64_t tcr;   /* TCR_EL1 */
	uint64_t mair;  /* MAIR_EL1 */
	uint64_t ttbr0; /* TTBR0_EL1 */
	uint64_t ttbr1; /* TTBR1_EL1 */
};

/*
 * s2pt_walk_stage1 - take a VA through stage 1: 4K, 16K and 64K, FEAT_LPA and FEAT_LPA2, tables for both halves, with
 * hierarchical permissions, WXN and hardware's access flag and dirty state.
 * @cpu: what the CPU can do.
 * @hcr: of HCR_EL2 DC is looked at, with which stage 1 is off.
 * @reader: reads what stage 1 puts out.
 *
 * Not looked at: PSTATE.PAN, and the modes of TCR2_EL1 (indirect permissions, overlays, 128-bit descriptors). A granule
 * that the CPU does not have is taken for what it is. Arm: AArch64.S1Translate(), AArch64.S1Walk().
 *
 * Returns true where the access does not fault.
 */
bool s2pt_walk_stage1(const struct s2pt_features *cpu, const struct s2pt_stage1_regs *regs, const struct s2pt_hcr *hcr,
		      const struct s2pt_reader *reader, const struct s2pt_walk_access *access, uint64_t va,
		      struct s2pt_walk *walk);

/* --- Both ------------------------------------------------------------------------------------------ */

/* A VA on its way: stage 1, each of whose tables stage 2 translates, then stage 2. */
struct s2pt_va_walk {
	struct s2pt_walk s1;
	struct s2pt_walk
		fetch[S2PT_WALK_STEPS]; /* stage 2 of the table of each step of s1, and of the one that it faulted at */
	uint8_t fetches;
	struct s2pt_walk s2;           /* stage 2 of what s1 puts out, where it does */
	const struct s2pt_walk *fault; /* where the access faults: s1, s2 or one of fetch; or NULL */
	enum s2pt_status status;       /* without a fault: of s2pt_combine(), and what that gave: */
	struct s2pt_combined combined;
	bool has_par; /* PAR_EL1 is known: */
	uint64_t par; /* ... as after an AT S12E1 or S12E0 instruction */
};

/*
 * s2pt_walk_va - take a VA through both stages, and each fetch of stage 1 through stage 2: up to 35 reads. It needs
 * about 800 bytes of stack, since the walk of stage 1 has one of stage 2 inside; and @walk is 2 KiB.
 * @cpu: what the CPU can do: as for s2pt_walker_init().
 * @reader: reads PAs.
 *
 * Returns true where the access does not fault.
 */
bool s2pt_walk_va(const struct s2pt_features *cpu, const struct s2pt_stage1_regs *regs,
		  const struct s2pt_walker *walker, const struct s2pt_reader *reader,
		  const struct s2pt_walk_access *access, uint64_t va, struct s2pt_va_walk *walk);

#ifdef __cplusplus
}
#endif

#endif
