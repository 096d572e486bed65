/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * errata.h: what real parts do otherwise than the architecture says, as far as stage 2 is concerned.
 *
 * The host reads MIDR_EL1 and REVIDR_EL1 of every CPU, those that come online later, too, and IIDR of every SMMU that
 * walks the table. The module says which errata follow, and what is to be done about them:
 *
 *     struct s2pt_errata errata = { 0 };
 *
 *     s2pt_errata_add_cpu(&errata, midr, revidr);            // for each CPU
 *     s2pt_errata_add_smmu(&errata, iidr);                   // for each SMMU
 *     s2pt_errata_apply(&errata, &features, &tlbi, &smmu);   // before a config is made of the features
 *
 * after which formats do without what is broken, and sequences (tlbi.h, smmu.h) do what is needed. What is left to the
 * host and its firmware are bits to be tested (s2pt_errata_cures()); docs/errata.md says each in words, as text.h does.
 *
 * One part of a system has an erratum: every CPU does what is needed. A caller that knows better adds an erratum by
 * name, or takes it away: errata.set |= S2PT_ERRATUM_BIT(S2PT_ERRATUM_TLBI_ADDRESS). Some have no other way, since no
 * register tells of them.
 *
 * A part that is not in the list is said to be unknown, never to be free of errata. A hypervisor that is itself a guest
 * may be shown another MIDR than the hardware's: then nothing here is certain.
 *
 * Pure functions; any context, any number of CPUs. The module is optional: nothing else in the library needs it.
 */
#ifndef S2PT_ERRATA_H
#define S2PT_ERRATA_H

#include <s2pt/features.h>
#include <s2pt/smmu.h>
#include <s2pt/tlbi.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Errata by effect. Each is one thing to be done, whatever number it has on which part. */
enum s2pt_erratum {
	/* Invalidation by CPUs */
	S2PT_ERRATUM_TLBI_WRITES,   /* TLBI;DSB ends before a write that crosses a page is seen: CVE-2025-10263 */
	S2PT_ERRATUM_TLBI_ACCESSES, /* accesses by an old entry outlive TLBI;DSB */
	S2PT_ERRATUM_CPP_RCTX,      /* CPP RCTX makes a CPU ignore a TLBI: CVE-2025-0647 */
	S2PT_ERRATUM_SME_DSB,       /* SME accesses outlive TLBI;DSB of another CPU: CVE-2026-0995 */
	S2PT_ERRATUM_TLBI_DSB,      /* a DSB is needed after each TLBI */
	S2PT_ERRATUM_TLBI_ADDRESS,  /* TLBIs by address do not reach all CPUs: by name alone */
	S2PT_ERRATUM_TLBI_ICACHE,   /* a broadcast TLBI corrupts instruction caches of guests that do not run */
	S2PT_ERRATUM_TRBE_DSB,      /* a DSB alone leaves translations of the trace buffer in use */
	/* Break-before-make, aggregation, permissions */
	S2PT_ERRATUM_AGGREGATION,  /* aggregation of pages bypasses stage 2: CVE-2024-5660 */
	S2PT_ERRATUM_BBM_LIVELOCK, /* a change of size without a break: livelock, stale translations */
	S2PT_ERRATUM_BBM_UNSAFE,   /* a change of size without a break is unsafe */
	S2PT_ERRATUM_BBM_CONFLICT, /* ... may end in a TLB conflict abort: not an erratum, but of most parts */
	S2PT_ERRATUM_XN_SYNDROME,  /* X to XN without a break spoils the syndrome of an abort */
	S2PT_ERRATUM_SPLINTERED,   /* large stage-1 pages over small stage-2 pages */
	S2PT_ERRATUM_L2_TLB,       /* entries of the L2 TLB */
	/* Hardware access flag and dirty state, CnP */
	S2PT_ERRATUM_HAFDBS_HIDDEN, /* HA and HD act although ID registers say that they are not there */
	S2PT_ERRATUM_DIRTY_BREAK,   /* a wrong dirty update where DBM or AP change without a break */
	S2PT_ERRATUM_DIRTY_ORDER,   /* dirty updates are out of order */
	S2PT_ERRATUM_CNP,           /* entries are shared that are not common, or not dropped */
	/* Speculative AT, writes of HCR_EL2 and TTBRs */
	S2PT_ERRATUM_SPECULATIVE_AT, /* AT walks in a context that is half switched */
	S2PT_ERRATUM_HCR_WRITE,      /* a write of HCR_EL2 spoils translations under way */
	S2PT_ERRATUM_HCR_INTERRUPT,  /* an interrupt during a write of HCR_EL2 goes to a wrong Exception level */
	S2PT_ERRATUM_HCR_VM_OFF,     /* speculative fetches with HCR_EL2.VM = 1 while the own MMU is off */
	S2PT_ERRATUM_TTBR_WRITE,     /* a false Data Abort between a write of a TTBR and its ISB */
	/* Syndromes */
	S2PT_ERRATUM_FALSE_STAGE2, /* a stage-1 fault is reported as one of stage 2, with a wrong HPFAR_EL2 */
	/* Memory types, order, cache maintenance */
	S2PT_ERRATUM_PAR_DEADLOCK,       /* PAR_EL1 reads or store-exclusives near NC or Device loads: CVE-2023-34320 */
	S2PT_ERRATUM_EXCLUSIVE_DEADLOCK, /* exclusives of Write-Back memory near Device loads */
	S2PT_ERRATUM_NC_LOAD_ORDER,      /* loads of Normal-NC or Device-GRE memory return older data */
	S2PT_ERRATUM_DEVICE_LOAD_ORDER,  /* a Device load overtakes a store to the same peripheral */
	S2PT_ERRATUM_CLEAN_EVICTED,      /* a clean by VA loses to an eviction */
	S2PT_ERRATUM_CMO_EARLY,          /* cache maintenance ends too early for what is not coherent: by name */
	S2PT_ERRATUM_DIC,                /* CTR_EL0.DIC = 1 is not true */
	S2PT_ERRATUM_TRBE_BOUNDS,        /* the trace buffer is written beyond its limits */
	/* SMMUs */
	S2PT_ERRATUM_SMMU_SYNC_EVENT, /* the event of a CMD_SYNC is lost */
	S2PT_ERRATUM_SMMU_NESTED,     /* nested translation is not reliable */
	S2PT_ERRATUM_SMMU_BATCH,      /* unlike commands in a row without CMD_SYNC */
	S2PT_ERRATUM_SMMU_GROUPS,     /* a contiguous group is left where a command covers a part: CVE-2026-99586 */
	S2PT_ERRATUM_SMMU_BTM,        /* broadcast TLBIs are not heard reliably */
	S2PT_ERRATUM_SMMU_REPEAT,     /* an entry survives its invalidation beside traffic: by name alone */
	S2PT_ERRATUM_SMMU_PREFETCH,   /* CMD_PREFETCH is broken: by name alone */
	S2PT_ERRATUM_COUNT,
};

#define S2PT_ERRATUM_BIT(erratum) (UINT64_C(1) << (erratum))

/* The errata of a system. Zero before the first part is added. */
struct s2pt_errata {
	uint64_t set;      /* S2PT_ERRATUM_BIT() of each */
	bool unknown_cpu;  /* some CPU is not in the list, or a derived one: it may have more */
	bool unknown_smmu; /* ... some SMMU */
};

/* What is to be done: by the library once s2pt_errata_apply() was called, by the host, by its firmware. */
#define S2PT_CURE_REPEAT        (1u << 0)  /* tlbi: repeat */
#define S2PT_CURE_DSB_ALL       (1u << 1)  /* tlbi: dsb_all, where guests may use SME */
#define S2PT_CURE_WHOLE_VMID    (1u << 2)  /* tlbi: whole_vmid */
#define S2PT_CURE_XN_BREAKS     (1u << 3)  /* features: xn_breaks */
#define S2PT_CURE_SMMU_REPEAT   (1u << 4)  /* smmu: repeat */
#define S2PT_CURE_SMMU_GROUPS   (1u << 5)  /* smmu: whole_groups */
#define S2PT_CURE_SMMU_SYNC     (1u << 6)  /* smmu: sync_within */
#define S2PT_CURE_SMMU_FLAT     (1u << 7)  /* smmu: no stage1 */
#define S2PT_CURE_SMMU_COMMANDS (1u << 8)  /* smmu: no btm */
#define S2PT_CURE_FIRMWARE      (1u << 9)  /* firmware sets a control bit, or traps: it can be asked (Arm DEN0100) */
#define S2PT_CURE_GUARD_AT      (1u << 10) /* host: no stage-1 walks while VTTBR_EL2 names another VM */
#define S2PT_CURE_HCR_BARRIERS  (1u << 11) /* host: DSB before, ISB after each write of HCR_EL2 */
#define S2PT_CURE_HCR_MASKED    (1u << 12) /* host: interrupts masked, or xMO kept, around writes of HCR_EL2 */
#define S2PT_CURE_VM_OFF_FIRST  (1u << 13) /* host: HCR_EL2.VM = 0 before EL2's own MMU goes off */
#define S2PT_CURE_TRAP_TTBR     (1u << 14) /* host: HCR_EL2.TVM traps a guest's writes of TTBRs and TCR_EL1; it clears
                                              HA and HD */
#define S2PT_CURE_RETRANSLATE   (1u << 15) /* host: AT S1E1R before a stage-2 Translation fault is acted upon */
#define S2PT_CURE_PAR_DMB       (1u << 16) /* host: DMB SY around reads of PAR_EL1 and before a guest is entered */
#define S2PT_CURE_NO_DEVICES    (1u << 17) /* host: no Device or NC memory for guests that are not trusted */
#define S2PT_CURE_MMIO_ORDER    (1u << 18) /* host: MMIO stores with release, loads with acquire semantics */
#define S2PT_CURE_CMO_TWICE     (1u << 19) /* host: cache maintenance twice, for walkers that are not coherent */
#define S2PT_CURE_DIC_0         (1u << 20) /* host: instruction caches are invalidated whatever CTR_EL0.DIC says */
#define S2PT_CURE_IC_SWITCH     (1u << 21) /* host: IC IALLU when a CPU changes to another VM */
#define S2PT_CURE_TRBE_GUARD    (1u << 22) /* host: trace buffers with pages of the same owner around them */
#define S2PT_CURE_SYNC_POLL     (1u << 23) /* host: CMD_SYNC is waited for by polling, or by MSI */
#define S2PT_CURE_NO_PREFETCH   (1u << 24) /* host: no CMD_PREFETCH */
#define S2PT_CURE_IC_ALL        (1u << 25) /* host: IC IALLUIS in place of instruction-cache maintenance by address */
#define S2PT_CURE_CLEAN_CIVAC   (1u << 26) /* host: DC CIVAC in place of DC CVAC, in clean_tables, too */
#define S2PT_CURE_COUNT         27

/* What follows from an erratum. */
struct s2pt_erratum_effect {
	bool security;       /* a guest may gain by it */
	s2pt_feats withheld; /* features that no config must use; what ID registers say of them is not believed */
	uint32_t cures;      /* S2PT_CURE_*; 0: the library does what is needed in any case */
};

/* A kind of CPU, or of SMMU. */
struct s2pt_part {
	bool smmu;
	uint16_t implementer; /* MIDR_EL1[31:24], or SMMU_IIDR[11:0] */
	uint16_t part;        /* MIDR_EL1[15:4], or SMMU_IIDR[31:20], of the bits in @mask */
	uint16_t mask;
	bool derived; /* from another vendor's core: which of that one's errata it has is not known for all */
	char name[32];
};

/* Which revisions of a part have an erratum. A revision is variant and revision as eight bits: r1p2 is 0x12. */
struct s2pt_erratum_row {
	uint8_t erratum;     /* enum s2pt_erratum */
	uint8_t part;        /* s2pt_part_at() */
	uint8_t mask;        /* of a revision these bits count */
	uint8_t first, last; /* both included */
	uint8_t fixed;       /* REVIDR_EL1[7:0]: bits of which any says that these revisions are mended */
	bool free;           /* it is free of what it would have if it were not listed */
	char number[24];     /* the vendor's, or several, or the CVE's; with '?' where it is not sure. None if @free */
};

/*
 * s2pt_errata_add_cpu - what a CPU adds to the errata of its system.
 *
 * @midr, @revidr: MIDR_EL1, REVIDR_EL1: of the hardware.
 */
void s2pt_errata_add_cpu(struct s2pt_errata *errata, uint64_t midr, uint64_t revidr);

/* s2pt_errata_add_smmu - what an SMMU adds. @iidr: SMMU_IIDR. */
void s2pt_errata_add_smmu(struct s2pt_errata *errata, uint32_t iidr);

/* s2pt_erratum_effect_of - what follows from an erratum. NULL: there is none of this number. */
const struct s2pt_erratum_effect *s2pt_erratum_effect_of(enum s2pt_erratum erratum);

/* s2pt_errata_cures - all that is to be done, as S2PT_CURE_*. */
uint32_t s2pt_errata_cures(const struct s2pt_errata *errata);

/*
 * s2pt_errata_withheld - the features of @feats that no config must use.
 *
 * BBML2 of parts that may answer with a TLB conflict abort is one of them, unless ID registers promise that there are
 * none (BBML3). A host that handles conflicts (s2pt_shared_tlb_conflict()) takes S2PT_ERRATUM_BBM_CONFLICT away.
 */
s2pt_feats s2pt_errata_withheld(const struct s2pt_errata *errata, s2pt_feats feats);

/*
 * s2pt_errata_apply - do what the library does about errata: in what s2pt_features_from_id_regs() and
 * s2pt_smmu_from_id_regs() say, and in the parameters of sequences.
 *
 * What is withheld is taken from @features and from @smmu's features alike, since the table is one; level 2 of FEAT_BBM
 * is judged for each, by its own FEAT_BBM level 3.
 *
 * @features: of the CPUs, or what CPUs and SMMUs have in common; or NULL.
 * @tlbi: or NULL. What is needed is set, and nothing is cleared.
 * @smmu: or NULL. repeat and whole_groups are set, sync_within becomes 63 where it is 0 or larger, stage1 and btm are
 *        cleared.
 */
void s2pt_errata_apply(const struct s2pt_errata *errata, struct s2pt_features *features, struct s2pt_tlbi_params *tlbi,
		       struct s2pt_smmu *smmu);

/* s2pt_part_at, s2pt_erratum_row_at - the lists, for reading; NULL past the last. */
const struct s2pt_part *s2pt_part_at(size_t index);
const struct s2pt_erratum_row *s2pt_erratum_row_at(size_t index);

#ifdef __cplusplus
}
#endif

#endif
