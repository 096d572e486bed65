/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fault.h: ESR_EL2, HPFAR_EL2 and FAR_EL2 of an abort that the guest took to EL2 -> what happened.
 *
 * The registers say less than one would like, and this module says how much: whether the IPA is known
 * (HPFAR_EL2 is UNKNOWN for a Permission fault on the guest's own access), and whether its low bits
 * are (FAR_EL2 belongs to another address where the fault was on a stage-1 table).
 *
 * A pure function; any context.
 */
#ifndef S2PT_FAULT_H
#define S2PT_FAULT_H

#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of abort that concern stage 2. */
enum s2pt_fault_kind {
	S2PT_FAULT_TRANSLATION,  /* nothing mapped, or an nT block: map, or look again */
	S2PT_FAULT_ADDRESS_SIZE, /* an address beyond VTCR_EL2.PS in the tables: they are wrong */
	S2PT_FAULT_ACCESS_FLAG,  /* AF = 0 */
	S2PT_FAULT_PERMISSION,
	S2PT_FAULT_TLB_CONFLICT, /* TLB entries overlap, at no IPA: s2pt_shared_tlb_conflict() */
	S2PT_FAULT_WALK_ABORT,   /* external abort on a table walk */
	S2PT_FAULT_ATOMIC,       /* the tables' memory takes no hardware update of AF or dirty state */
	S2PT_FAULT_OTHER,        /* nothing that stage 2 can help: see esr */
};

/* What the guest was doing. */
enum s2pt_fault_access {
	S2PT_FAULT_READ,
	S2PT_FAULT_WRITE,
	S2PT_FAULT_FETCH,
};

/* The registers as MRS gives them. */
struct s2pt_fault_regs {
	uint64_t esr;   /* ESR_EL2 */
	uint64_t hpfar; /* HPFAR_EL2 */
	uint64_t far;   /* FAR_EL2 */
};

struct s2pt_fault {
	enum s2pt_fault_kind kind;
	enum s2pt_fault_access access; /* a Permission fault on a stage-1 walk counts as a write, since
	                                  hardware may have wanted to update the descriptor (and WnR
	                                  does not say) */
	int8_t level;                  /* stage-2 level, -2..3; 0 where the kind has none */
	bool s1_walk;                  /* ESR_EL2.S1PTW: on the walk of the guest's own tables */
	bool maintenance;              /* ESR_EL2.CM: by a cache maintenance or AT instruction; access is its WnR */
	bool ipa_known;                /* else HPFAR_EL2 is UNKNOWN: translate @va with AT S1E1R, or walk */
	bool ipa_page_only;            /* ipa is the address of the 4 KiB page: with s1_walk, or without FAR_EL2 */
	bool ns;                       /* HPFAR_EL2.NS: in Secure state, the Non-secure IPA space */
	bool va_known;                 /* FAR_EL2 is valid (FnV = 0) */
	bool dirty_state;              /* Permission fault because software manages the dirty state (DirtyBit) */
	s2pt_ipa ipa;                  /* if ipa_known */
	uint64_t va;                   /* if va_known */
};

/*
 * s2pt_fault_decode - what an abort from a lower Exception level was.
 * @regs: the registers, read before anything else can take an exception to EL2.
 * @fault: receives the answer. Members that do not apply are 0.
 *
 * The syndrome of a stage-1 fault does not come here unless the host routes it (HCR_EL2.TGE, TEA); of
 * those, external aborts are OTHER.
 * Arm: ESR_EL2, HPFAR_EL2, EncodeLDFSC().
 *
 * Returns:
 *     S2PT_ERR_FAULT            ESR_EL2.EC is not an Instruction or Data Abort from a lower level (0x20, 0x24)
 */
S2PT_NODISCARD enum s2pt_status s2pt_fault_decode(const struct s2pt_fault_regs *regs, struct s2pt_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
