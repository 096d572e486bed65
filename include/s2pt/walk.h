/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * walk.h: what a CPU makes of stage-2 tables that are somewhere in memory.
 *
 *   registers   --> struct s2pt_walker --+
 *   memory      --> struct s2pt_reader --+--> every step of the walk, and at its end the memory and the rights
 *   IPA, access -------------------------+    that the guest has, or the fault that it takes
 *
 * Stage 1, and both stages: va.h. Nothing is believed of the tables: they may be a guest's, those of a
 * crash dump, or of a machine that is emulated. A walk ends after five reads at most, whatever it meets, and changes
 * nothing. What hardware would change (the access flag, dirty state) is said, and not done.
 *
 * Where the architecture leaves a choice, the result is one that it allows, and a note says that there are others.
 *
 * The module is optional: nothing else in the library refers to it. Pure but for the caller's reader; any context.
 */
#ifndef S2PT_WALK_H
#define S2PT_WALK_H

#include <s2pt/combine.h>
#include <s2pt/desc.h>
#include <s2pt/fault.h>
#include <s2pt/features.h>
#include <s2pt/format.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Memory ---------------------------------------------------------------------------------------- */

struct s2pt_reader {
	/*
	 * read - the eight bytes at @address, a multiple of eight, as the walker takes them: little-endian where
	 * SCTLR_ELx.EE of the level that owns the table is 0. @address is a PA; in s2pt_walk_stage1() what that stage
	 * puts out: an IPA where there is a stage 2. Returns false where nothing can be read: the walk ends in an
	 * external abort.
	 */
	bool (*read)(void *context, uint64_t address, uint64_t *value);
	void *context;
};

/* --- A walk of one stage --------------------------------------------------------------------------- */

/* Levels -1 to 3. */
#define S2PT_WALK_STEPS 5

/* A descriptor that was read. */
struct s2pt_walk_step {
	uint64_t address; /* where: a PA, or in stage 1 what stage 2 takes */
	s2pt_desc desc;
	int8_t level;
};

/* Rights, as a set. */
#define S2PT_RIGHT_READ  (1u << 0)
#define S2PT_RIGHT_WRITE (1u << 1) /* also by hardware's leave: DBM, where dirty state is hardware's */
#define S2PT_RIGHT_EXEC  (1u << 2)

/* What the architecture leaves open, or reserves, in what was met; and what was done about it here. */
#define S2PT_WALK_NOTE_T0SZ    (1u << 0) /* an input size that the CPU lacks: a fault here, may be another size */
#define S2PT_WALK_NOTE_ROOT    (1u << 1) /* RES0 bits of the root's register are set: taken as 0 */
#define S2PT_WALK_NOTE_RES0    (1u << 2) /* RES0 bits of a stage-2 descriptor are set: taken as 0 */
#define S2PT_WALK_NOTE_MEMATTR (1u << 3) /* reserved MemAttr, or MAIR byte: the type is UNPREDICTABLE */
#define S2PT_WALK_NOTE_SH      (1u << 4) /* reserved SH: the shareability is UNPREDICTABLE */
#define S2PT_WALK_NOTE_CONTIGUOUS \
	(1u << 5)                      /* Contiguous, and the group is larger than the input, or there are none: may be
                                              a Translation fault */
#define S2PT_WALK_NOTE_NT    (1u << 6) /* nT of a block is set: may be a Translation fault */
#define S2PT_WALK_NOTE_OA    (1u << 7) /* 64K: OA[51:48] on a CPU without: may be an Address size fault (R_WDZFC) */
#define S2PT_WALK_NOTE_COUNT 8

struct s2pt_walk {
	struct s2pt_walk_step step[S2PT_WALK_STEPS];
	uint8_t steps;           /* how many of them were read; behind them is the address that could not be, if any */
	uint32_t notes;          /* S2PT_WALK_NOTE_* */
	uint64_t input;          /* the address that was walked for */
	bool leaf;               /* the last step is a leaf, or there is no translation: */
	bool off;                /* ... the latter: the output is the input */
	uint8_t lg2;             /* log2 of the bytes that the leaf maps */
	uint64_t output;         /* the address of the byte: a PA, or in stage 1 what stage 2 takes */
	uint8_t el1;             /* S2PT_RIGHT_* of EL1 */
	uint8_t el0;             /* ... and EL0 */
	uint64_t updates;        /* bits of the leaf that hardware inverts for this access: AF, dirty state */
	struct s2pt_stage1 s1;   /* stage 1: the attribute, for s2pt_combine() */
	struct s2pt_stage2 s2;   /* stage 2: the same */
	bool faults;             /* the access faults: */
	struct s2pt_fault fault; /* how; of stage 2 as s2pt_fault_decode() reports it, but for access, which is exact */
};

/* Who accesses memory, and how. */
struct s2pt_walk_access {
	enum s2pt_fault_access kind;
	bool el0; /* EL0, else EL1 */
	/*
	 * Stage 2 alone: it is the walker of stage 1 that reads a descriptor, or updates it (a write), for an access of
	 * this kind.
	 */
	bool s1_walk;
};

/* --- Stage 2 --------------------------------------------------------------------------------------- */

/* The registers of a stage 2, as MRS gives them. */
struct s2pt_stage2_regs {
	enum s2pt_space space;
	uint64_t hcr;   /* HCR_EL2 */
	uint64_t vtcr;  /* VTCR_EL2 */
	uint64_t vstcr; /* VSTCR_EL2: of S2PT_SPACE_SECURE */
	uint64_t vttbr; /* VTTBR_EL2; of S2PT_SPACE_SECURE VSTTBR_EL2 */
};

/* A stage 2, as a CPU is set up for it. */
struct s2pt_walker {
	const struct s2pt_format *format;
	s2pt_pa root;
	struct s2pt_hcr hcr;
	enum s2pt_status status; /* S2PT_OK, or why every access faults: an IPA_* or START_* one, a Translation fault at
	                            level 0; S2PT_ERR_ROOT_PA, an Address size fault at level 0 (R_BFHQH) */
	uint32_t notes;          /* S2PT_WALK_NOTE_T0SZ, _ROOT, _SH */
};

/*
 * s2pt_walker_init - a stage 2 by its registers, as hardware takes them: what it ignores is ignored (RES0 bits,
 * features that the CPU lacks, a PS above the CPU's), and what makes every access fault is no failure here.
 * @format: receives the format, where walker->status is S2PT_OK or S2PT_ERR_ROOT_PA; the walker refers to it.
 * @cpu: what the CPU can do.
 *
 * Returns:
 *     S2PT_ERR_UNSUPPORTED      VTCR_EL2 turns on a mode that this library does not support (s2pt_vtcr_decode())
 *     S2PT_ERR_GRANULE          a granule that the CPU does not have, or reserved: which one it takes instead is
 *                               IMPLEMENTATION DEFINED
 *     S2PT_ERR_SPACE            not an enum s2pt_space, or without its feature
 */
S2PT_NODISCARD enum s2pt_status s2pt_walker_init(struct s2pt_walker *walker, struct s2pt_format *format,
						 const struct s2pt_features *cpu, const struct s2pt_stage2_regs *regs);

/*
 * s2pt_walker_of_format - a stage 2 that s2pt_format_init() made, to which the walker refers, with the start table(s)
 * at @root, and with HCR_EL2 0 but for VM and FWB.
 */
void s2pt_walker_of_format(struct s2pt_walker *walker, const struct s2pt_format *format, s2pt_pa root);

/*
 * s2pt_walk_stage2 - take an IPA through stage 2.
 * @walk: receives the whole way, and where it ends.
 *
 * A fault is the first of those that the access takes, in Arm's order: Translation, Address size, external abort as the
 * walk meets them, then Access flag, then Permission. Alignment is not looked at.
 * Arm: AArch64.S2Translate(), AArch64.S2Walk().
 *
 * Returns true where the access does not fault.
 */
bool s2pt_walk_stage2(const struct s2pt_walker *walker, const struct s2pt_reader *reader,
		      const struct s2pt_walk_access *access, s2pt_ipa ipa, struct s2pt_walk *walk);

#ifdef __cplusplus
}
#endif

#endif
