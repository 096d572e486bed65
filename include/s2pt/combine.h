/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * combine.h: stage 1 x stage 2 = what the CPU does.
 *
 *   MAIR byte, SH --> stage 1 --(SCTLR_EL1.C/I, HCR_EL2.DC/DCT)--> attribute --+
 *                                                                              +--> effective attribute
 *   MemAttr, SH, FnXS --> stage 2 --(HCR_EL2.FWB, CD, ID, PTW)-----------------+    and PAR_EL1
 *
 * The order is that of the pseudocode's AArch64.S2Translate(): with FWB the stages combine first and
 * the cache controls of HCR_EL2 apply to the result; without FWB the controls apply to stage 2 and the
 * stages combine last.
 */
#ifndef S2PT_COMBINE_H
#define S2PT_COMBINE_H

#include <s2pt/features.h>
#include <s2pt/memattr.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who accesses memory. */
enum s2pt_access {
	S2PT_ACCESS_DATA,  /* a load, a store, an AT instruction */
	S2PT_ACCESS_FETCH, /* an instruction fetch */
	S2PT_ACCESS_WALK,  /* the stage-1 walker reading its tables */
};

/* The controls in force during an access at EL1 or EL0. Zero is the register bit's zero. */
struct s2pt_controls {
	s2pt_feats feats; /* XS, MTE2, MTE_PERM of the CPU; S2FWB if HCR_EL2.FWB = 1. Others
	                     may be there and are not looked at: a format's feats will do */
	enum s2pt_access access;
	bool sctlr_c;         /* SCTLR_EL1.C: stage-1 data caching allowed */
	bool sctlr_i;         /* SCTLR_EL1.I: instruction caching allowed */
	bool hcr_cd;          /* HCR_EL2.CD: data accesses and walks are Non-cacheable */
	bool hcr_id;          /* HCR_EL2.ID: fetches are Non-cacheable */
	bool hcr_dc;          /* HCR_EL2.DC: stage 1 off, default cacheable */
	bool hcr_dct;         /* HCR_EL2.DCT: with DC, Allocation Tagged */
	bool hcr_ptw;         /* HCR_EL2.PTW: a stage-1 walk of Device memory faults (0 if TGE) */
	bool s1_effective_sh; /* the IMPLEMENTATION DEFINED choice of R_NSCNC: stage 2 is handed the
	                         effective shareability of stage 1 (OSH for Device and NC) instead
	                         of the one in the descriptor */
};

/* What stage 1 says. */
struct s2pt_stage1 {
	bool off;     /* SCTLR_EL1.M = 0; the rest is not looked at. HCR_EL2.DC = 1 implies it */
	uint8_t mair; /* the MAIR_EL1 byte; for a walk, s2pt_walk_mair() of TCR_EL1 */
	uint8_t sh;   /* SH[1:0] of the descriptor; for a walk, of TCR_EL1 */
};

/* What stage 2 says: fields of the leaf descriptor. */
struct s2pt_stage2 {
	uint8_t memattr; /* MemAttr[3:0] */
	uint8_t sh;      /* SH[1:0]; with DS=1, VTCR_EL2.SH0 */
	bool fnxs;       /* FnXS; not looked at without FEAT_XS */
};

/* Why a combination is not (or not only) what the architecture defines. */
#define S2PT_NOTE_S1_RESERVED    (1u << 0) /* reserved MAIR byte */
#define S2PT_NOTE_S2_RESERVED    (1u << 1) /* reserved MemAttr */
#define S2PT_NOTE_S1_SH_RESERVED (1u << 2) /* stage-1 SH = 0b01 */
#define S2PT_NOTE_S2_SH_RESERVED (1u << 3) /* stage-2 SH = 0b01 */
#define S2PT_NOTE_RESERVED       0xfu      /* any of the above */
#define S2PT_NOTE_S1_SH_IMPDEF   (1u << 4) /* the shareability hangs on controls.s1_effective_sh */
#define S2PT_NOTE_TAG_C0         (1u << 5) /* SCTLR_EL1.C = 0 over Tagged: CONSTRAINED UNPREDICTABLE
                                              whether tags stay; given as Untagged */
#define S2PT_NOTE_FETCH_DEVICE   (1u << 6) /* fetch from stage-1 Device: CONSTRAINED UNPREDICTABLE,
                                              a Permission fault or, as given, Non-cacheable */
#define S2PT_NOTE_COUNT          7

/* What the CPU does. */
struct s2pt_combined {
	struct s2pt_attr attr; /* the effective attribute */
	uint8_t par_attr;      /* PAR_EL1.ATTR, bits 63:56 */
	uint8_t par_sh;        /* PAR_EL1.SH, bits 8:7 */
	uint32_t notes;        /* S2PT_NOTE_* */
};

/*
 * s2pt_combine - the effective attribute of an access.
 * @controls: controls, features, kind of access.
 * @s1: stage 1.
 * @s2: stage 2.
 * @combined: receives the result. Where the status is not S2PT_OK, only @combined->notes is written.
 *
 * Arm: AArch64.S2Translate(), S2CombineS1MemAttrs(), AArch64.S2ApplyFWBMemAttrs(), R_GSDKZ, I_CGGBV.
 *
 * Returns:
 *     S2PT_ERR_RESERVED         a reserved input; @combined->notes names each one. What a CPU then does is CONSTRAINED
 *                               UNPREDICTABLE, and no result is given
 *     S2PT_ERR_PTW              HCR_EL2.PTW makes this stage-1 walk take a stage-2 Permission fault
 *     S2PT_ERR_ACCESS           a stage-1 walk with stage 1 off, or not an access
 */
S2PT_NODISCARD enum s2pt_status s2pt_combine(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1,
					     const struct s2pt_stage2 *s2, struct s2pt_combined *combined);

/*
 * s2pt_walk_mair - the MAIR byte that says what TCR_EL1.ORGNn and IRGNn (0..3) say.
 *
 * 0 is NC, 1 WB RWA, 2 WT RA, 3 WB RA; only the low two bits of each are looked at.
 */
uint8_t s2pt_walk_mair(unsigned orgn, unsigned irgn);

/*
 * s2pt_combine_types - the inverse question: which stage-2 types give the guest what is wanted?
 * @controls: as for s2pt_combine().
 * @s1: the stage-1 attribute, or NULL for "whatever the guest says": every MAIR byte that is not
 *      reserved (for a walk: every TCR_EL1 value).
 * @wanted: the effective kinds that will do, a set of 1u << enum s2pt_kind.
 * @types: receives the set of 1u << enum s2pt_memtype that are encodable in this mode and give a
 *         wanted kind; with @s1 NULL, for each stage-1 attribute. It may be empty. A type under which
 *         the access would fault (HCR_EL2.PTW) is not in it.
 *
 * Returns:
 *     S2PT_ERR_RESERVED         @s1 as in s2pt_combine()
 *     S2PT_ERR_ACCESS           @controls and @s1 as in s2pt_combine()
 */
S2PT_NODISCARD enum s2pt_status s2pt_combine_types(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1,
						   uint32_t wanted, uint32_t *types);

#ifdef __cplusplus
}
#endif

#endif
