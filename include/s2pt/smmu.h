/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * smmu.h: an SMMUv3 as one more walker of the same tables: what it can do, the stage-2 fields of a Stream
 * Table Entry (STE), what it makes of a device's accesses, and the commands that make it forget.
 *
 * One table for CPU and device, in four steps:
 *
 *     s2pt_smmu_from_id_regs(&smmu, &idr);                 // what the SMMU can do
 *     s2pt_features_common(&cpu, &smmu.features);          // ... and the CPU
 *     s2pt_format_init(&format, &cpu, &config);              // a format that both can walk
 *     s2pt_smmu_ste_encode(&smmu, &format, &stream, ste);  // beside VTCR_EL2 and VTTBR_EL2
 *
 * and from then on the host's invalidate() runs tlbi.h's sequence for the CPUs and s2pt_smmu_next()'s for
 * the SMMU, and returns when both have finished (examples/smmu). An SMMU that takes part in broadcast
 * invalidation (smmu.btm, and CR2.PTM = 0) hears the CPU's TLBIs; its devices' ATCs never do.
 *
 * Non-secure and Realm stage 2 of SMMUv3.0 to 3.4, VMSAv8-64. Pure functions; any context, any number
 * of CPUs. Arm: IHI 0070.
 */
#ifndef S2PT_SMMU_H
#define S2PT_SMMU_H

#include <s2pt/combine.h>
#include <s2pt/fault.h>
#include <s2pt/features.h>
#include <s2pt/format.h>
#include <s2pt/memattr.h>
#include <s2pt/tlbi.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- What it can do ------------------------------------------------------------------------------ */

/* Raw values of the ID registers. */
struct s2pt_smmu_id_regs {
	uint32_t idr0;
	uint32_t idr1;
	uint32_t idr3;
	uint32_t idr5;
};

/* IDR0.STALL_MODEL: may a faulting access wait for software? */
enum s2pt_smmu_stall {
	S2PT_SMMU_STALL_CHOICE, /* as the stream says */
	S2PT_SMMU_STALL_NEVER,  /* it is terminated */
	S2PT_SMMU_STALL_ALWAYS, /* it waits */
};

/* What an SMMU can do. */
struct s2pt_smmu {
	/*
	 * As a walker of tables. What concerns CPUs alone (TTL, TLBIW, TLBIOS, TLBIRANGE, TTCNP, LSE, MTE2) is
	 * said to be there, so that s2pt_features_common() leaves a CPU's as it is. FEAT_XS, FEAT_SEL2 and
	 * FEAT_RME are not: a shared format does without them.
	 */
	struct s2pt_features features;
	bool stage1;    /* IDR0.S1P: a guest may have stage-1 tables of its own (nesting) */
	bool coherent;  /* IDR0.COHACC: walks look into the CPU's caches. If not, S2PT_HOST_NONCOHERENT */
	bool btm;       /* IDR0.BTM: hears broadcast TLBIs */
	bool ats;       /* IDR0.ATS: devices may have translation caches (ATCs) of their own */
	bool types_ovr; /* IDR1.ATTR_TYPES_OVR: the STE may override type, shareability and hints */
	bool ril;       /* IDR3.RIL: invalidation by range, and level hints */
	enum s2pt_smmu_stall stall;
	/* What its errata ask for (errata.h). */
	bool repeat;          /* what is invalidated may come back: commands and their CMD_SYNC are sent twice */
	bool whole_groups;    /* one command encloses each contiguous group that it touches */
	uint16_t sync_within; /* a CMD_SYNC follows at most so many commands; 0: any number */
};

/*
 * s2pt_smmu_from_id_regs - what an SMMU with these ID registers can do.
 * @smmu: written in full where the status is S2PT_OK; without errata.
 *
 * Reserved values of IDR5.OAS and IDR3.BBML cannot occur, or are taken as the highest that is defined.
 *
 * Returns:
 *     S2PT_ERR_FEATURE          no stage 2 (IDR0.S2P), no VMSAv8-64 tables (IDR0.TTF), or big-endian ones alone
 *                               (IDR0.TTENDIAN)
 */
S2PT_NODISCARD enum s2pt_status s2pt_smmu_from_id_regs(struct s2pt_smmu *smmu, const struct s2pt_smmu_id_regs *regs);

/* --- Stream Table Entries ------------------------------------------------------------------------ */

/* What an STE may put in the place of an incoming attribute. Zero: nothing. */
struct s2pt_smmu_override {
	bool type;       /* MTCFG: the memory type becomes @memattr */
	uint8_t memattr; /* MemAttr[3:0] as stage 2 has it without FWB; 0100, 1000, 1100 are Device-nGnRnE */
	bool sh;         /* SHCFG: the shareability becomes @sh_is, else the incoming one stays */
	uint8_t sh_is;   /* enum s2pt_sh */
	bool hints;      /* ALLOCCFG: the hints of both halves become these */
	uint8_t alloc;   /* enum s2pt_alloc */
	bool transient;
};

/* A stream's stage 2. */
struct s2pt_smmu_stream {
	s2pt_pa root;  /* the table's start table(s) */
	uint16_t vmid; /* S2VMID */
	bool affd;     /* S2AFFD: AF = 0 is no fault (without HA) */
	bool ptw;      /* S2PTW: a stage-1 walk or CD fetch of Device memory faults */
	bool record;   /* S2R: faults are recorded */
	bool stall;    /* S2S: a faulting access waits for CMD_RESUME; smmu.stall says whether it may or must.
	                  Not for PCIe, nor with STE.EATS (full ATS is ILLEGAL then) */
	struct s2pt_smmu_override override;
};

/* How many 64-bit words of an STE this module fills: words 1, 2 and 3 hold stage 2 of an STE of 8. */
#define S2PT_SMMU_STE_WORDS 4

/*
 * s2pt_smmu_ste_encode - the stage-2 fields of an STE: S2T0SZ, S2SL0, S2SL0_2, S2TG, S2PS, S2DS, S2AA64,
 * S2HA, S2HD, S2AFFD, S2PTW, S2R, S2S, S2IR0, S2OR0, S2SH0, S2HWUnn, S2FWB, S2VMID, S2TTB, and the
 * overrides MTCFG, MemAttr, SHCFG, ALLOCCFG.
 * @smmu: what the SMMU can do.
 * @format: the table's.
 * @stream: the rest.
 * @ste: receives words 0 to 3 with those fields, and zero elsewhere: the host ORs V, Config (0b110, or
 *       0b111 where stage 1 is nested) and its own fields into it. With IDR1.ATTR_TYPES_OVR the
 *       override fields that say "use the incoming attribute" are not all zero, so a host that builds
 *       the words itself must not clear them; without it they are RES0.
 *
 * Arm: IHI 0070, 5.2.
 *
 * Returns:
 *     S2PT_ERR_SPACE            a Secure format, or one with sw or sa
 *     S2PT_ERR_FEATURE          the format uses what this SMMU lacks (one made from the common features does not); an
 *                               override without IDR1.ATTR_TYPES_OVR
 *     S2PT_ERR_RESERVED         an override's memattr above 15, sh_is reserved, alloc above 3, or a member that is set
 *                               while its override is not; hints without type (CONSTRAINED UNPREDICTABLE)
 *     S2PT_ERR_STALL            stall where the SMMU never does (ILLEGAL), or none where it always does
 *     S2PT_ERR_ROOT_ALIGN, S2PT_ERR_ROOT_PA, S2PT_ERR_VMID
 *                               as s2pt_vttbr_encode()
 *     and every status of s2pt_format_init(), where the format's shape is not one of this SMMU's
 */
S2PT_NODISCARD enum s2pt_status s2pt_smmu_ste_encode(const struct s2pt_smmu *smmu, const struct s2pt_format *format,
						     const struct s2pt_smmu_stream *stream,
						     uint64_t ste[S2PT_SMMU_STE_WORDS]);

/*
 * s2pt_smmu_ste_decode - what the stage-2 fields of an STE say.
 * @ste: words 0 to 3; fields of others (V, Config, stage 1, EATS, STRW, NSCFG, ...) are not looked at.
 * @format, @stream: receive it. Features without a field in the STE (XNX, MTE_PERM, BBML1, BBML2, ...)
 *                   are in force where the SMMU has them.
 *
 * Returns:
 *     S2PT_ERR_UNSUPPORTED      not VMSAv8-64 (S2AA64 = 0), big-endian tables (S2ENDI), S2HAFT, S2PIE, S2POE
 *     S2PT_ERR_REG_RES0         S2NSW, S2NSA, S2SKL, an address bit below the table's alignment, or SHCFG = 1 without
 *                               IDR1.ATTR_TYPES_OVR
 *     S2PT_ERR_FEATURE          S2FWB without IDR3.FWB, an override without IDR1.ATTR_TYPES_OVR
 *     S2PT_ERR_STALL            S2S is not what IDR0.STALL_MODEL allows
 *     and every status of s2pt_vtcr_decode()
 */
S2PT_NODISCARD enum s2pt_status s2pt_smmu_ste_decode(const struct s2pt_smmu *smmu,
						     const uint64_t ste[S2PT_SMMU_STE_WORDS],
						     struct s2pt_format *format, struct s2pt_smmu_stream *stream);

/* --- What becomes of a device's access ----------------------------------------------------------- */

/*
 * s2pt_smmu_default_attr - the attribute of an access whose device or interconnect says nothing: Normal
 * Write-Back, RA and WA, non-transient, Non-shareable. Arm: IHI 0070, 13.1.3.
 */
void s2pt_smmu_default_attr(struct s2pt_attr *attr);

/*
 * s2pt_smmu_apply_override - @attr as it is after an STE's overrides.
 *
 * To be called only where they apply: stage 1 is off, IDR1.ATTR_TYPES_OVR is 1 and, for a PCIe stream,
 * the implementation says so (it is IMPLEMENTATION DEFINED). Overrides of shareability and hints have no
 * effect on Device and Non-cacheable. Arm: IHI 0070, 5.2, 13.1.4.
 */
void s2pt_smmu_apply_override(const struct s2pt_smmu_override *override, struct s2pt_attr *attr);

/*
 * s2pt_smmu_combine - the attribute of a device's access after stage 2.
 * @feats: features in force: S2PT_FEAT_S2FWB is STE.S2FWB, S2PT_FEAT_MTE_PERM IDR3.MTEPERM. A format's
 *         feats will do.
 * @in: what stage 1 says or, without stage 1, the incoming attribute after overrides.
 * @s2: MemAttr and SH of the leaf; with DS=1, S2SH0.
 * @out: receives it. All accesses are Tag Unchecked: never tagged.
 *
 * No_snoop is applied after this: see s2pt_smmu_no_snoop(). Arm: IHI 0070, 13.1.5, 13.1.6, 3.23.1.
 *
 * Returns:
 *     S2PT_ERR_RESERVED         a reserved MemAttr or SH
 */
S2PT_NODISCARD enum s2pt_status s2pt_smmu_combine(s2pt_feats feats, const struct s2pt_attr *in,
						  const struct s2pt_stage2 *s2, struct s2pt_attr *out);

/*
 * s2pt_smmu_no_snoop - what No_snoop makes of @attr, which no setting of stage 2 prevents: Normal
 * cacheable becomes Non-cacheable, Outer Shareable; Device stays. Arm: IHI 0070, 13.6.1.1.
 */
void s2pt_smmu_no_snoop(struct s2pt_attr *attr);

/* --- Events -------------------------------------------------------------------------------------- */

/* How many 64-bit words an event record has. */
#define S2PT_SMMU_EVENT_WORDS 4

/* What the SMMU was about to access: CLASS. */
enum s2pt_smmu_class {
	S2PT_SMMU_CLASS_CD, /* a Context Descriptor */
	S2PT_SMMU_CLASS_TT, /* a stage-1 table */
	S2PT_SMMU_CLASS_IN, /* what the device asked for */
};

/* What an SMMU tells of an access that it did not make. Members that do not apply are 0. */
struct s2pt_smmu_event {
	uint8_t type;              /* as it stands: 0x10 is F_TRANSLATION */
	enum s2pt_fault_kind kind; /* S2PT_FAULT_OTHER: of the stream's configuration, see type */
	uint32_t stream;           /* StreamID */
	bool ssv;                  /* there is a SubstreamID: */
	uint32_t substream;
	bool stage2;                   /* S2: at stage 2, else at stage 1 or without translation */
	enum s2pt_smmu_class of;       /* CLASS, of kinds other than OTHER */
	enum s2pt_fault_access access; /* ... of that access: a device may write where a table is only read */
	bool device_writes;            /* RnW = 0: what the device asked for */
	bool privileged;               /* PnU */
	bool stalled;                  /* STALL: it waits for CMD_RESUME with @tag */
	uint16_t tag;                  /* STAG */
	bool ipa_known;
	uint64_t address; /* InputAddr: what the device asked for, of kinds other than OTHER */
	s2pt_ipa ipa;     /* if ipa_known: of the byte for CLASS IN, else of its 4 KiB page; if not, an address
	                                  that every call refuses */
	s2pt_pa fetch;    /* of an STE, CD, VMS or table that could not be fetched */
};

/*
 * s2pt_smmu_event_decode - what an event record says.
 * @record: its words.
 * @event: receives it.
 *
 * An SMMU does not give a level. A guest must not be shown the IPA of an event at stage 2, nor one whose CLASS is CD or
 * TT as it is: make of it what that would have been at stage 1 (F_CD_FETCH, F_WALK_EABT). Arm: IHI 0070, 7.3.
 *
 * Returns:
 *     S2PT_ERR_FAULT            not an event up to F_VMS_FETCH (0x25)
 *     S2PT_ERR_RESERVED         CLASS is reserved
 */
S2PT_NODISCARD enum s2pt_status s2pt_smmu_event_decode(const uint64_t record[S2PT_SMMU_EVENT_WORDS],
						       struct s2pt_smmu_event *event);

/* --- Invalidation -------------------------------------------------------------------------------- */

/* A command: words of 64 bits, as they stand in the Command queue. */
struct s2pt_smmu_cmd {
	uint64_t word[2];
};

/* A stream whose device has a translation cache (ATC) that is in use. */
struct s2pt_smmu_ats {
	uint32_t stream; /* StreamID */
	bool pasids;     /* it has entries under PASIDs, too */
};

/* How to go about it. Zero is the ordinary case: VMID 0, no stage 1, no ATCs. */
struct s2pt_smmu_params {
	uint16_t vmid;         /* S2VMID of the streams */
	const uint16_t *vmids; /* ... or where they have several, all of them: vmid is not looked at */
	size_t vmid_count;     /* 0: vmid */
	bool nested;           /* some of them have a stage 1 of their own: entries may combine both stages,
	                    and ATCs hold VAs */
	uint8_t ats_stu;       /* log2 of 4 KiB units: no ATC invalidation may span less (PCIe: STU) */
	const struct s2pt_smmu_ats *ats;
	size_t ats_count;
	uint32_t max_ops; /* above this number of CMD_TLBI_S2_IPA for a VMID, invalidate it whole; 0:
	                     S2PT_TLBI_MAX_OPS; or S2PT_TLBI_NO_LIMIT */
};

/* A sequence under way: the caller's storage, the library's content. */
struct s2pt_smmu_seq {
	const struct s2pt_smmu *smmu;
	const struct s2pt_format *format;
	const struct s2pt_smmu_params *params;
	const struct s2pt_tlbi_request *requests;
	size_t count;
	size_t index;    /* the request that is being worked on */
	uint64_t offset; /* how far in it */
	size_t ats;      /* the ATC that is being worked on */
	bool pasids;     /* ... for its PASIDs */
	size_t nth;      /* which of the VMIDs */
	bool all;        /* all VMIDs at once */
	bool vmid;       /* the whole VMID at once */
	bool again;      /* the part is sent for the second time */
	uint16_t sent;   /* commands since the last CMD_SYNC */
	uint8_t phase;
};

/*
 * s2pt_smmu_begin - start the commands for some requests.
 * @seq: the caller's storage.
 * @smmu, @format, @params, @requests, @count: as s2pt_tlbi_begin(); they must stay until the end.
 *         request->local is not looked at: a device that holds an entry with fewer rights does not
 *         fault and try again, as a CPU does.
 *
 * Returns:
 *     S2PT_ERR_TLBI             as s2pt_tlbi_begin(); ats_stu above 31
 *     S2PT_ERR_FEATURE          nested without IDR0.S1P, an ATC without IDR0.ATS
 *     S2PT_ERR_SPACE            a Secure format; all VMIDs of a Realm
 *     S2PT_ERR_VMID             above 255 without VMID16
 * After a failure: @seq is as it was.
 */
S2PT_NODISCARD enum s2pt_status s2pt_smmu_begin(struct s2pt_smmu_seq *seq, const struct s2pt_smmu *smmu,
						const struct s2pt_format *format, const struct s2pt_smmu_params *params,
						const struct s2pt_tlbi_request *requests, size_t count);

/*
 * s2pt_smmu_next - the next command.
 * @cmd: written if there is one.
 *
 * The order (IHI 0070, 4.4, 4.5):
 *
 *     CMD_TLBI_S2_IPA ...             one for as large a range as it can say (IDR3.RIL), else for each
 *                                     entry; with smmu->whole_groups ranges of whole groups; or
 *                                     CMD_TLBI_S12_VMALL for the whole VMID; of each VMID. Or
 *                                     CMD_TLBI_NSNH_ALL for all
 *     CMD_SYNC
 *     CMD_TLBI_NH_ALL, CMD_SYNC       where nested: S2_IPA alone leaves entries that combine both stages
 *     CMD_ATC_INV ..., CMD_SYNC       only now: an ATC might else ask again and be told the old answer
 *
 * With smmu->repeat the first two parts come twice each; with smmu->sync_within there are more CMD_SYNCs.
 *
 * The stores to the table that precede must be visible to the SMMU before the first command is consumed
 * (DSB; R_SPVBD's like). Returns false at the end: the SMMU has forgotten once the host has seen that
 * the last CMD_SYNC is complete.
 */
bool s2pt_smmu_next(struct s2pt_smmu_seq *seq, struct s2pt_smmu_cmd *cmd);

/* s2pt_smmu_ops - how many CMD_TLBI_S2_IPA one request takes for a VMID; 0 for the whole VMID, or all. */
uint64_t s2pt_smmu_ops(const struct s2pt_smmu *smmu, const struct s2pt_format *format,
		       const struct s2pt_tlbi_request *request);

/*
 * s2pt_smmu_cfgi_ste - CMD_CFGI_STE: forget the STE of @stream. Follow it with a CMD_SYNC; with smmu->repeat, send both
 * again.
 */
void s2pt_smmu_cfgi_ste(uint32_t stream, bool leaf, struct s2pt_smmu_cmd *cmd);

/* s2pt_smmu_sync - CMD_SYNC without a signal (CS = 0): completion is seen by polling CMDQ_CONS. */
void s2pt_smmu_sync(struct s2pt_smmu_cmd *cmd);

#ifdef __cplusplus
}
#endif

#endif
