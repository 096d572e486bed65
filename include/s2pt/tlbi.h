/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * tlbi.h: what must leave the TLBs, and the instructions that make it so.
 *
 * A request says what is stale: a range of IPAs, everything of the VMID, or of all VMIDs. A sequence turns requests
 * into the instructions that a host executes, one step at a time, barriers included:
 *
 *     struct s2pt_tlbi_seq seq;
 *     struct s2pt_tlbi_step step;
 *
 *     s2pt_tlbi_begin(&seq, &format, &params, requests, n);
 *     while (s2pt_tlbi_next(&seq, &step))
 *             execute(&step);      // a DSB, an ISB, or TLBI with step.operand
 *
 * which for ranges is (D8.17.6.1)  DSB ISHST;  TLBI (R)IPAS2(L)E1IS ...;  DSB ISH;  TLBI VMALLE1IS;
 * DSB ISH;  ISB,  because IPA invalidation alone leaves the entries that combine stage 1 with stage 2.
 *
 * The VMID whose entries go is the one in VTTBR_EL2 when the host executes the sequence, under
 * HCR_EL2.{E2H,TGE} that make VMALLE1 act on EL1&0: both are the host's to see to. A host with several
 * VMIDs for one table lists them in the parameters, and is told when to change VTTBR_EL2. SMMUs have sequences of
 * their own (smmu.h).
 *
 * Before a VMID is used again for another table, everything of it goes ({ .vmid = true }), or of all VMIDs at once when
 * there are none left to give out ({ .all = true }). s2pt_table_destroy() does the former for its own VMID.
 *
 * Pure functions; any context, any number of CPUs.
 */
#ifndef S2PT_TLBI_H
#define S2PT_TLBI_H

#include <s2pt/format.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* No hint: entries of every level, and table entries, may be stale. */
#define S2PT_TLBI_ANY_LEVEL INT8_MIN

/* What is stale. */
struct s2pt_tlbi_request {
	bool all;        /* everything of all VMIDs; the rest is not looked at */
	bool vmid;       /* everything of the VMID; the rest is not looked at */
	s2pt_ipa ipa;    /* first IPA, aligned to the granule */
	uint64_t size;   /* bytes, a multiple of the granule, not 0 */
	int8_t level;    /* the one level of all stale leaves, and ipa and size multiples of what its
	                    entries map; or S2PT_TLBI_ANY_LEVEL */
	bool last_level; /* leaves alone: no table was unlinked */
	bool local;      /* the calling CPU alone need forget: a host may use S2PT_TLBI_LOCAL */
};

/* Who must forget. */
enum s2pt_tlbi_scope {
	S2PT_TLBI_IS,    /* all PEs of the Inner Shareable domain */
	S2PT_TLBI_OS,    /* ... of the Outer Shareable domain: needs FEAT_TLBIOS */
	S2PT_TLBI_LOCAL, /* this PE */
};

/*
 * Above how many operations by IPA a sequence invalidates the whole VMID, where the host says nothing: by
 * then they cost more than the entries that the VMID loses. VMALLE1, which follows them in any case, takes all
 * that are combined with stage 1 already; and without FEAT_TLBIRANGE there may be one for each page of a
 * 1 GiB block.
 */
#define S2PT_TLBI_MAX_OPS  512u
#define S2PT_TLBI_NO_LIMIT UINT32_MAX

/* How to go about it. Zero is the ordinary case. */
struct s2pt_tlbi_params {
	enum s2pt_tlbi_scope scope;
	uint32_t max_ops; /* above this number of operations by IPA for a VMID, invalidate it whole; 0:
	                     S2PT_TLBI_MAX_OPS; or S2PT_TLBI_NO_LIMIT */
	bool nxs;         /* nXS forms, which need not wait for XS=1 accesses: needs FEAT_XS. Never
	                     enough to free a table that they were the last to invalidate */
	bool ns;          /* in Secure state: the table is that of the Non-secure IPA space */
	/* What errata of a part in the domain ask for (errata.h). S2PT_TLBI_LOCAL goes without repeat and dsb_all: */
	bool repeat;           /* TLBI;DSB may end too early for writes: one more TLBI and DSB, of any kind */
	bool whole_vmid;       /* TLBIs by address may miss entries: the VMID goes as a whole */
	bool dsb_all;          /* a DSB here does not wait for all accesses elsewhere: S2PT_STEP_DSB_ALL */
	const uint16_t *vmids; /* the VMIDs of the table: each is made current in its turn (S2PT_STEP_VMID) */
	size_t vmid_count;     /* 0: the current one alone */
};

/* The operations. */
enum s2pt_tlbi_op {
	S2PT_TLBI_IPAS2E1,
	S2PT_TLBI_IPAS2LE1,
	S2PT_TLBI_RIPAS2E1,
	S2PT_TLBI_RIPAS2LE1,
	S2PT_TLBI_VMALLE1,
	S2PT_TLBI_VMALLS12E1,
	S2PT_TLBI_ALLE1,
	S2PT_TLBI_VALE2, /* of VA 0 of EL2: the repetition that costs least */
	S2PT_TLBI_OP_COUNT,
};

/* One step of a sequence. */
enum s2pt_tlbi_step_kind {
	S2PT_STEP_DSB_ST, /* DSB for stores, of the scope: ISHST, OSHST, NSHST */
	S2PT_STEP_TLBI,   /* TLBI: sys and, where it has one, operand */
	S2PT_STEP_DSB,    /* DSB for loads and stores, of the scope: ISH, OSH, NSH (R_PSMWS) */
	S2PT_STEP_ISB,
	S2PT_STEP_VMID,    /* make VMID @operand the one in VTTBR_EL2, and ISB; put back what was there at the end */
	S2PT_STEP_DSB_ALL, /* each PE that may run guests of the table executes a DSB; go on when all have */
};

/* The fields of a SYS instruction: SYS #op1, C<crn>, C<crm>, #op2, Xt. */
struct s2pt_sys {
	uint8_t op1;
	uint8_t crn;
	uint8_t crm;
	uint8_t op2;
};

struct s2pt_tlbi_step {
	enum s2pt_tlbi_step_kind kind;
	enum s2pt_tlbi_scope scope; /* of a DSB or TLBI */
	bool nxs;                   /* of a DSB or TLBI */
	enum s2pt_tlbi_op op;       /* of a TLBI */
	struct s2pt_sys sys;        /* of a TLBI */
	uint64_t operand;           /* of a TLBI: Xt; 0 where it takes none. Or the VMID */
};

/* A sequence under way: the caller's storage, the library's content. */
struct s2pt_tlbi_seq {
	const struct s2pt_format *format;
	const struct s2pt_tlbi_params *params;
	const struct s2pt_tlbi_request *requests;
	size_t count;
	size_t index;    /* the request that is being worked on */
	uint64_t offset; /* how far in it */
	size_t nth;      /* which of the VMIDs */
	bool current;    /* ... and whether it is in VTTBR_EL2 */
	uint8_t phase;
	bool all;  /* all VMIDs at once */
	bool vmid; /* the whole VMID at once */
};

/*
 * s2pt_tlbi_begin - start the sequence for some requests.
 * @seq: the caller's storage.
 * @format: the table's format; FEAT_TLBIRANGE, FEAT_TTL, FEAT_TLBIOS and FEAT_XS in it say what the
 *          CPU has. Without TLBIRANGE a range is invalidated entry by entry; without TTL no hint is
 *          given.
 * @params: see there.
 * @requests, @count: at least one. @format, @params and @requests must stay until the sequence ends.
 *
 * Returns:
 *     S2PT_ERR_TLBI             no request; an IPA or size that is not of the granule (with a level: of its entries), a
 *                               size of 0, a range beyond the IPA size; a level without leaves; not a scope
 *     S2PT_ERR_FEATURE          OS without FEAT_TLBIOS, nXS without FEAT_XS
 *     S2PT_ERR_VMID             a VMID above 255 without VMID16
 * After a failure: @seq is as it was.
 */
S2PT_NODISCARD enum s2pt_status s2pt_tlbi_begin(struct s2pt_tlbi_seq *seq, const struct s2pt_format *format,
						const struct s2pt_tlbi_params *params,
						const struct s2pt_tlbi_request *requests, size_t count);

/*
 * s2pt_tlbi_next - the next step.
 * @step: written if there is one.
 *
 * Returns false at the end: every observer in the scope has then forgotten (once the host has executed
 * each step). A range takes the fewest operations that cover it exactly: one RIPAS2 for each nonzero
 * digit, base 32, of half the number of granules (up to 2^21 granules each), and IPAS2 for an odd
 * granule; under DS=1, where a range base is a multiple of 64 KiB, IPAS2 for the granules before one.
 * Blocks that are larger than 2^21 granules take one IPAS2 each.
 *
 * params->repeat and params->dsb_all add a TLBI and a DSB, and a step, to each sequence, however long it is.
 *
 * With several VMIDs the operations by IPA of all come before the first DSB, and what clears combined entries before
 * the last, so that the host waits twice, however many they are.
 */
bool s2pt_tlbi_next(struct s2pt_tlbi_seq *seq, struct s2pt_tlbi_step *step);

/*
 * s2pt_tlbi_single - the operation of a sequence that is about one granule, as most are that one page takes:
 *
 *     DSB ISHST; TLBI @op, @operand; DSB ISH; TLBI VMALLE1IS; DSB ISH; ISB
 *
 * A host asks it first, and begins a sequence where it says no.
 *
 * @format, @params, @requests, @count: as s2pt_tlbi_begin().
 * @op: S2PT_TLBI_IPAS2E1 or S2PT_TLBI_IPAS2LE1.
 * @op, @operand: written if it says yes.
 *
 * Returns whether the sequence is this one. Not for several requests, or a block; another scope than S2PT_TLBI_IS; nXS
 * forms; a list of VMIDs; what errata ask for; nor for what s2pt_tlbi_begin() refuses.
 */
bool s2pt_tlbi_single(const struct s2pt_format *format, const struct s2pt_tlbi_params *params,
		      const struct s2pt_tlbi_request *requests, size_t count, enum s2pt_tlbi_op *op, uint64_t *operand);

/* s2pt_tlbi_ops - how many operations by IPA one request takes for a VMID; 0 for the whole VMID, or all. */
uint64_t s2pt_tlbi_ops(const struct s2pt_format *format, const struct s2pt_tlbi_request *request);

/* s2pt_tlbi_sys - the SYS encoding of an operation. */
struct s2pt_sys s2pt_tlbi_sys(enum s2pt_tlbi_op op, enum s2pt_tlbi_scope scope, bool nxs);

/* --- Instructions of others ------------------------------------------------------------------------ */

/* By what a TLBI instruction names entries. */
enum s2pt_tlbi_by {
	S2PT_TLBI_BY_REGIME,      /* all of them: ALLEn */
	S2PT_TLBI_BY_VMID,        /* of the current VMID: VMALLE1, VMALLS12E1, VMALLWS2E1 */
	S2PT_TLBI_BY_ASID,        /* ... that are of an ASID: ASIDE1 */
	S2PT_TLBI_BY_VA,          /* ... that map a VA, and are global or of an ASID: VAEn, VALEn, RVAEn, RVALEn */
	S2PT_TLBI_BY_VA_ANY_ASID, /* ... of whatever ASID: VAAE1, VAALE1, RVAAE1, RVAALE1 */
	S2PT_TLBI_BY_IPA,         /* ... that map an IPA: IPAS2E1, IPAS2LE1, RIPAS2E1, RIPAS2LE1 */
};

/* What a TLBI instruction makes be forgotten. Members that do not apply are 0. */
struct s2pt_tlbi_cover {
	enum s2pt_tlbi_by by;
	enum s2pt_tlbi_scope scope;
	bool nxs;
	uint8_t el;          /* of the regime: 1 is EL1&0, 2 EL2 or EL2&0, 3 EL3 */
	bool stage1;         /* entries of stage 1, and those that combine both stages, go */
	bool stage2;         /* entries of stage 2 alone go */
	bool cleans;         /* VMALLWS2E1: what is cached of stage 2 as dirty is no longer taken for that; none goes */
	bool last_level;     /* entries for tables may stay */
	bool ns;             /* by IPA, in Secure state: the Non-secure IPA space */
	uint16_t asid;       /* by ASID or VA; without E2H not looked at in EL2 */
	int8_t level;        /* by address: of the leaves that go, or S2PT_TLBI_ANY_LEVEL */
	uint8_t granule_lg2; /* by address: the granule of the entries that go; 0: any */
	uint64_t address;    /* by address: a VA, sign-extended, or an IPA */
	uint64_t size;       /* by address: bytes from there on; 0: what the entry that maps the address does */
};

/*
 * s2pt_tlbi_decode - what any TLBI instruction is for: one that a guest hypervisor executed, or one in a log.
 * @sys: its SYS encoding (as in ISS of EC 0x18; nXS forms have crn 9).
 * @operand: Xt.
 * @ds: base addresses of ranges count 64 KiB: VTCR_EL2.DS for IPAs, TCR_ELx.DS for VAs. It also decides which level
 *      hints there are; one that there is not is none.
 *
 * Arm: TLBI instructions, R_SQXYZ, D8.17.5.2.
 *
 * Returns:
 *     S2PT_ERR_TLBI             not a TLBI instruction of EL1&0, EL2 or EL3 (RPAOS, PAALL and their like are none)
 *     S2PT_ERR_RESERVED         a range whose granule (TG) is reserved
 */
S2PT_NODISCARD enum s2pt_status s2pt_tlbi_decode(const struct s2pt_sys *sys, uint64_t operand, bool ds,
						 struct s2pt_tlbi_cover *cover);

#ifdef __cplusplus
}
#endif

#endif
