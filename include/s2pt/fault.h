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
	S2PT_FAULT_PERMISSION,   /* see causes: not each is one that more rights cure */
	S2PT_FAULT_ALIGNMENT,    /* not aligned, and Device. Where stage 1 says Normal it is Device by stage 2:
	                            Normal-NC cures it (s2pt_combine_types()), if the owner of the device allows that
	                            (policy.h). Else it is the guest's own */
	S2PT_FAULT_EXCLUSIVE,    /* an exclusive or atomic access to memory that takes none: Device or Non-cacheable,
	                            by stage 2 or by stage 1 */
	S2PT_FAULT_TLB_CONFLICT, /* TLB entries overlap, at no IPA: s2pt_shared_tlb_conflict() */
	S2PT_FAULT_WALK_ABORT,   /* external abort, or a parity or ECC error, on a table walk */
	S2PT_FAULT_ATOMIC,       /* the tables' memory takes no hardware update of AF or dirty state */
	S2PT_FAULT_GPC_WALK,     /* Granule Protection Check of a table: its memory is in another PAS */
	S2PT_FAULT_GPC,          /* ... of what it is mapped to */
	S2PT_FAULT_OTHER,        /* nothing that stage 2 can help: see esr */
	S2PT_FAULT_KIND_COUNT,
};

/* Has this kind of fault a level? Those that no step of a walk takes have none. */
static inline bool
s2pt_fault_has_level(enum s2pt_fault_kind kind)
{
	return kind <= S2PT_FAULT_PERMISSION || kind == S2PT_FAULT_WALK_ABORT || kind == S2PT_FAULT_GPC_WALK;
}

/*
 * Why a Permission fault was one, besides S2AP and XN, as a set. Where it is 0, or DIRTY alone, other permissions cure
 * it; the others do not go away by s2pt_shared_relax(), which would answer S2PT_OK for ever.
 */
#define S2PT_FAULT_CAUSE_DIRTY        (1u << 0) /* software manages the dirty state: s2pt_shared_mark_dirty() */
#define S2PT_FAULT_CAUSE_OVERLAY      (1u << 1) /* FEAT_S2POE */
#define S2PT_FAULT_CAUSE_ASSURED_ONLY (1u << 2) /* FEAT_THE */
#define S2PT_FAULT_CAUSE_TOP_LEVEL    (1u << 3) /* FEAT_THE: TL0, TL1 */
#define S2PT_FAULT_CAUSE_GCS          (1u << 4) /* a Guarded Control Stack access */
#define S2PT_FAULT_CAUSE_TAG_ACCESS   (1u << 5) /* NoTagAccess: give the memory another type, or tell the guest */
#define S2PT_FAULT_CAUSE_TND          (1u << 6) /* a tag check, of a store that writes no data */
#define S2PT_FAULT_CAUSE_HDBSS        (1u << 7) /* FEAT_HDBSS: its buffer is full, or broken */
#define S2PT_FAULT_CAUSE_COUNT        8

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
	bool ipa_known;                /* else HPFAR_EL2 is UNKNOWN: s2pt_fault_locate() */
	bool ipa_page_only;            /* ipa is the address of the 4 KiB page: with s1_walk, or without FAR_EL2 */
	bool ns;                       /* HPFAR_EL2.NS: in Secure state, the Non-secure IPA space */
	bool va_known;                 /* FAR_EL2 is valid (FnV = 0) */
	uint8_t causes;                /* S2PT_FAULT_CAUSE_*, of a Permission fault */
	s2pt_ipa ipa;                  /* if ipa_known; else an address that every call refuses: s2pt_fault_ipa() */
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

/*
 * s2pt_fault_ipa - the IPA of a fault, if it is known.
 * @ipa: receives it, of the byte, or of its 4 KiB page (ipa_page_only); not written otherwise.
 *
 * The unit of HPFAR_EL2 is 4 KiB whatever the granule: align down to the granule before mapping.
 *
 * Returns:
 *     S2PT_ERR_FAULT_IPA        HPFAR_EL2 does not hold it: s2pt_fault_locate() first
 */
S2PT_NODISCARD enum s2pt_status s2pt_fault_ipa(const struct s2pt_fault *fault, s2pt_ipa *ipa);

/*
 * s2pt_fault_locate - the IPA of a fault that came without, from a translation of its VA.
 *
 * On the CPU that took it, before it enters a guest again: save PAR_EL1, write the VA to AT S1E1R, ISB, read PAR_EL1,
 * and restore it. AT S1E1R whatever the access was: a fetch from what EL0 may only execute, or cache maintenance of
 * what it may only read, would fault by the other forms each time. Where the IPA is known already, nothing changes.
 * @par: what was read.
 *
 * Returns:
 *     S2PT_RACED                another CPU of the guest has changed its stage 1 meanwhile, so that the VA faults
 *                               there: let it run, and take its own fault
 *     S2PT_ERR_FAULT_IPA        the VA is not known either
 */
S2PT_NODISCARD enum s2pt_status s2pt_fault_locate(struct s2pt_fault *fault, uint64_t par);

/* What PAR_EL1 says after an AT instruction, as 64 bits. */
struct s2pt_par {
	bool fault;                /* F */
	s2pt_pa pa;                /* without a fault: of the page of 4 KiB; after an AT S1 instruction it is an IPA */
	uint8_t attr;              /* ... ATTR: s2pt_par_decode() of memattr.h takes it apart */
	uint8_t sh;                /* ... SH */
	bool ns;                   /* ... NS */
	enum s2pt_fault_kind kind; /* with a fault: FST */
	int8_t level;              /* ... of it, -2..3; 0 where the kind has none */
	bool stage2;               /* ... S: at stage 2, else at stage 1 */
	bool s1_walk;              /* ... PTW: at stage 2, on a stage-1 walk */
	uint8_t causes;            /* ... DIRTY, OVERLAY, TOP_LEVEL, ASSURED_ONLY of S2PT_FAULT_CAUSE_* */
};

/* s2pt_par_read - take PAR_EL1 apart. Members that do not apply are 0. Arm: PAR_EL1, AArch64.EncodePAR(). */
void s2pt_par_read(uint64_t value, struct s2pt_par *par);

/*
 * s2pt_fault_encode - the registers that report a fault: the reverse of s2pt_fault_decode(), for a host that hands one
 * to its guest's hypervisor, or an emulator.
 * @fault: the kind is any but OTHER, at a level that it has: 0 where it has none. A fetch that faults on the walk of
 *         stage 1 is a fetch here (an Instruction Abort); s2pt_fault_decode() calls it a read.
 * @regs: receives them. HPFAR_EL2 is 0 where hardware leaves it UNKNOWN, and FAR_EL2 where the VA is not known. The
 *        instruction is not described (ISV = 0), and is one of 32 bits (IL = 1).
 *
 * WnR is set where @fault->access is a write, and with it a Permission fault on a stage-1 walk, which
 * s2pt_fault_decode() calls a write, is one of the walker's own update.
 *
 * Returns:
 *     S2PT_ERR_FAULT            no fault status code says this kind at this level, or the access is a fetch by a
 *                               maintenance instruction
 */
S2PT_NODISCARD enum s2pt_status s2pt_fault_encode(const struct s2pt_fault *fault, struct s2pt_fault_regs *regs);

/*
 * s2pt_par_write - PAR_EL1 that says what @par says: the reverse of s2pt_par_read().
 * @value: receives it; bit 11 is RES1.
 *
 * Returns:
 *     S2PT_ERR_FAULT            no fault status code says this kind at this level
 */
S2PT_NODISCARD enum s2pt_status s2pt_par_write(const struct s2pt_par *par, uint64_t *value);

#ifdef __cplusplus
}
#endif

#endif
