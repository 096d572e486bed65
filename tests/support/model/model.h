/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A simulated machine for stage-2 translation tables: memory, hardware walker, TLBs, TLB
 * invalidation and a judge who watches the trace of stores, barriers and invalidations.
 *
 * It is written from the architecture and shares no code with the library under test, so that the
 * same mistake is not made twice. "R_xxxxx" and "I_xxxxx" are rule identifiers of the Arm
 * Architecture Reference Manual; E1..E13 are the engine's own rules.
 *
 * Two kinds of memory of the past exist side by side:
 *
 *  - every observer (CPU, SMMU) has real TLBs, filled by model_access(), which give answers;
 *  - the ledger holds, for every changed entry, what ANY observer MAY have cached of it, whether
 *    or not a test made that access. The judge decides by the ledger, so that a verdict does not
 *    depend on which accesses a test happened to make.
 *
 * How a test uses it: model_new(), model_alloc() the start table, model_set_regs(); then route the
 * engine's host to model_alloc/retire/store/dsb/isb/tlbi, put model_op_begin/model_op_end around
 * each engine call, and look at model_violation().
 *
 * Not thread safe. The host must be little-endian.
 */
#ifndef S2PT_MODEL_H
#define S2PT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MODEL_CPUS_MAX  8
#define MODEL_VMIDS_MAX 7

/* What the CPU can do (the ID registers, as facts). */
struct model_features {
	unsigned pa_bits; /* implemented PA size: 32, 36, 40, 42, 44, 48 or 52 */
	unsigned bbm;     /* ID_AA64MMFR2_EL1.BBM: 0, 1 or 2 */
	bool lpa2;        /* FEAT_LPA2: VTCR_EL2.DS works for 4K and 16K */
	bool ttst;        /* FEAT_TTST: small translation tables */
	bool xnx;         /* FEAT_XNX: XN[1:0] */
	bool fwb;         /* FEAT_S2FWB: HCR_EL2.FWB works */
	bool xs;          /* FEAT_XS: FnXS, TLBI nXS, DSB nXS */
	bool ha, hd;      /* FEAT_HAFDBS: access flag, dirty state */
	bool ttl;         /* FEAT_TTL: level hints of single TLBIs */
	bool tlbirange;   /* FEAT_TLBIRANGE */
	bool tlbios;      /* FEAT_TLBIOS */
	bool mte_perm;    /* FEAT_MTE_PERM: NoTagAccess encodings of MemAttr */
	bool nt_faults;   /* a block with nT=1 may raise a Translation fault (R_MRRPW) */
};

/* Which matching cached entry answers model_access(). */
enum model_pick {
	MODEL_PICK_STALE, /* a cached one before a fresh walk, the oldest first */
	MODEL_PICK_FRESH, /* always a fresh walk (which still fills the caches) */
	MODEL_PICK_RANDOM
};

/* Errata that the machine can have. */
#define MODEL_ERR_EARLY_DSB   1u  /* TLBI;DSB ends while another CPU's write is under way; a second one waits for it */
#define MODEL_ERR_DEAF_DSB    2u  /* ... and so does no second one, but a DSB of that CPU: model_dsb_all() */
#define MODEL_ERR_BY_ADDRESS  4u  /* TLBIs by address reach the CPU alone that executes them */
#define MODEL_ERR_CNP         32u /* with CnP, entries that CPUs share outlive a local TLBI */
#define MODEL_ERR_HAFDBS      64u /* an update of AF hits the place of an entry that is there no longer */
#define MODEL_ERR_SMMU_TWICE  8u  /* an SMMU does what it is told the second time, after a sync */
#define MODEL_ERR_SMMU_GROUPS 16u /* an SMMU drops a contiguous group when one command encloses it */

struct model_config {
	struct model_features feat;
	uint64_t pool_pa;    /* where table memory lives; 64K aligned, may be above 2^48 */
	size_t pool_bytes;   /* how much of it */
	bool zeroed;         /* model_alloc() returns zeroes, else 0xA5 poison */
	unsigned quarantine; /* a retired table is not reused before so many later retires */
	unsigned cpus;       /* 1..MODEL_CPUS_MAX */
	bool smmu;           /* one more observer, number `cpus` */
	bool smmu_dvm;       /* it obeys broadcast TLBIs; else only model_smmu_tlbi() */
	bool smmu_nested;    /* its streams have a stage 1: it may hold combined entries */
	uint16_t smmu_vmid;
	uint16_t vmids[MODEL_VMIDS_MAX]; /* VMIDs under which CPUs may walk the table */
	unsigned n_vmids;
	bool secure;                               /* Secure state: TLBI Xt[63] is NS */
	bool ns_ipa;                               /* (secure) the table under test translates Non-secure IPAs */
	bool realm;                                /* Realm state: descriptor bit 55 is NS */
	unsigned tlb_leaf, tlb_walk, tlb_combined; /* capacities per observer; 0: 64, 32, 64 */
	enum model_pick pick;
	uint64_t seed;
	unsigned errata; /* MODEL_ERR_*: what is wrong with its parts */
	bool scan;       /* no store is told: it looks for them. Else one that was not told is a violation */
};

/* Fills a usable default: 48-bit PA, XNX, TTL, range and OS TLBIs, 2 CPUs, VMID 1, 16 MiB pool. */
void model_config_default(struct model_config *cfg);

struct model;

struct model *model_new(const struct model_config *cfg);
void model_free(struct model *m);

/* ---- registers --------------------------------------------------------------------------- */

struct model_regs {
	uint64_t vtcr;  /* VTCR_EL2 */
	uint64_t vttbr; /* VTTBR_EL2: BADDR and the VMID of all CPUs; model_set_vmid() varies it */
	uint64_t hcr;   /* HCR_EL2: VM (0), CD (32), FWB (46) are looked at */
};

#define MODEL_HCR_VM  (UINT64_C(1) << 0)
#define MODEL_HCR_CD  (UINT64_C(1) << 32)
#define MODEL_HCR_FWB (UINT64_C(1) << 46)

/*
 * Loads the registers on all CPUs, with synchronization. The start table must be in memory from
 * model_alloc() and readable as a table: from here on it is reachable. Another BADDR, or VM=0,
 * unlinks the old tree.
 */
void model_set_regs(struct model *m, const struct model_regs *regs);

/* VTTBR_EL2.VMID of one CPU. Takes effect for TLBIs only after model_isb(). */
void model_set_vmid(struct model *m, unsigned cpu, uint16_t vmid);
/* HCR_EL2.{E2H,TGE}=={1,1} on one CPU: VMALLE1 then hits the host's own controls. */
void model_set_tge(struct model *m, unsigned cpu, bool on);
/*
 * Nobody runs with this table any more and nobody will: caches are not filled again, stores need
 * no break and tables may be retired while linked, but only once all that may be cached is
 * invalidated. For teardown.
 */
void model_stop(struct model *m);

/* ---- memory ------------------------------------------------------------------------------ */

/* One more window of RAM, zeroed. False if it overlaps another or there are too many. */
bool model_add_ram(struct model *m, uint64_t pa, size_t bytes);
/* Host address of a PA, or NULL outside RAM; and back (UINT64_MAX if not RAM). */
void *model_virt(struct model *m, uint64_t pa);
uint64_t model_phys(struct model *m, const void *virt);

/* Table memory: `bytes` is a power of two, the result is aligned to it (and to 4K at least). */
bool model_alloc(struct model *m, size_t bytes, uint64_t *pa);
/* The n-th call from now fails (1 is the next), or all from the n-th on. 0 turns it off. */
void model_fail_alloc(struct model *m, unsigned nth, bool all_after);
/* The engine gives a table up, whether it was ever linked or not. */
void model_retire(struct model *m, uint64_t pa);
/* Tables allocated and not retired. */
unsigned model_live_tables(const struct model *m);
/* Violation "leak" unless exactly `expected` tables live; also looks at all poison. */
void model_check_leaks(struct model *m, unsigned expected);

struct model_stats {
	unsigned long allocs, alloc_fails, retires, stores, shared_stores, dsbs, isbs, tlbis;
	unsigned long hw_updates, walks, violations;
};

const struct model_stats *model_stats(const struct model *m);
void model_clear_stats(struct model *m);

/* ---- accesses ---------------------------------------------------------------------------- */

enum model_kind {
	MODEL_READ,
	MODEL_WRITE,
	MODEL_FETCH,
};

struct model_access {
	uint64_t ipa;
	enum model_kind kind;
	unsigned el;   /* 0 or 1: who fetches */
	bool combined; /* the guest's stage 1 is on: may use combined S1+S2 entries */
	uint64_t va;   /* the VA that stage 1 turned into `ipa` (if combined) */
};

enum model_result {
	MODEL_OK,
	MODEL_TRANSLATION,
	MODEL_ADDRESS_SIZE,
	MODEL_ACCESS_FLAG,
	MODEL_PERMISSION,
	MODEL_EXTERNAL_ABORT, /* a table outside RAM */
	MODEL_TLB_CONFLICT
};

enum model_source {
	MODEL_FROM_WALK,
	MODEL_FROM_WALK_CACHE,
	MODEL_FROM_TLB,
	MODEL_FROM_COMBINED,
};

enum model_cache {
	MODEL_NC,
	MODEL_WT,
	MODEL_WB,
	MODEL_DEVICE,
	MODEL_RESERVED,
};

struct model_outcome {
	enum model_result result;
	int level;    /* of the fault, or of the leaf */
	unsigned fsc; /* ESR_EL2.{I,D}FSC of the fault, 0 if none */
	enum model_source source;
	uint64_t pa;                   /* of the byte accessed */
	uint64_t desc;                 /* the leaf descriptor used, if one was reached */
	uint64_t desc_pa;              /* where it was read */
	unsigned size_lg2;             /* of the entry, not of the contiguous group */
	bool r, w, x1, x0;             /* permissions: read, write, fetch at EL1, fetch at EL0 */
	unsigned memattr, sh;          /* MemAttr[3:0] as is; effective stage-2 shareability (DS: SH0) */
	enum model_cache outer, inner; /* for a data access whose stage 1 is Normal Write-Back */
};

/* A fresh walk from the start table, with no effect on memory (AF=0 is no fault under HA). */
void model_walk(struct model *m, const struct model_access *acc, struct model_outcome *out);
/* A guest (or device) access: answers by cfg.pick, does HA/HD updates, fills all it may fill. */
void model_access(struct model *m, unsigned obs, const struct model_access *acc,
		  struct model_outcome *out);
/* All distinct answers possible now; returns how many (at most `max` are stored). No effect. */
unsigned model_ask(struct model *m, unsigned obs, const struct model_access *acc,
		   struct model_outcome *outs, unsigned max);
/* Reads every leaf of [ipa, last] once, stage-2 only and combined, by every observer. */
void model_prime(struct model *m, uint64_t ipa, uint64_t last);
/* How many entries an observer's caches hold. */
unsigned model_tlb_entries(const struct model *m, unsigned obs);

/* ---- the trace --------------------------------------------------------------------------- */

enum model_how {
	MODEL_PLAIN, /* a plain store: may overwrite a hardware update */
	MODEL_ATOMIC /* exchange, compare-and-swap or another read-modify-write */
};

/*
 * Told that `old` became `new` at table entry `pa`, by CPU `cpu`, just now. Memory must hold `new`: what it
 * holds is what is judged. The model finds out itself whether the entry is reachable.
 */
void model_store(struct model *m, unsigned cpu, uint64_t pa, uint64_t old, uint64_t new_desc,
		 enum model_how how);
/* Makes the store and judges it: for tests that play the engine's part. */
void model_perform_store(struct model *m, unsigned cpu, uint64_t pa, uint64_t old, uint64_t new_desc,
			 enum model_how how);
/*
 * With `scan`: finds stores and judges them as made just now by CPU `cpu`. Every event does so first; and the
 * end of an operation always.
 */
void model_scan(struct model *m, unsigned cpu);
/* CPU `cpu` is in a callback: it looks once, and nothing is stored until the end. */
void model_host_begin(struct model *m, unsigned cpu);
void model_host_end(struct model *m);
/* Be told of every store to a table that walkers reach, when it is judged. */
typedef void (*model_listener)(void *arg, uint64_t pa, uint64_t old, uint64_t new_desc);
void model_listen(struct model *m, model_listener listener, void *arg);

enum model_dsb {
	MODEL_DSB_NSH = 0,
	MODEL_DSB_ISH = 1,
	MODEL_DSB_OSH = 2,
	MODEL_DSB_SY = 3,
	MODEL_DSB_ST = 4,  /* ORed: stores only; does not complete a TLBI (R_PSMWS) */
	MODEL_DSB_LD = 8,  /* ORed: loads only */
	MODEL_DSB_NXS = 16 /* ORed: completes nXS TLBIs only */
};

void model_dsb(struct model *m, unsigned cpu, unsigned kind);
void model_isb(struct model *m, unsigned cpu);

enum model_tlbi {
	MODEL_IPAS2E1,
	MODEL_IPAS2LE1,
	MODEL_RIPAS2E1,
	MODEL_RIPAS2LE1,
	MODEL_VMALLE1,
	MODEL_VMALLS12E1,
	MODEL_ALLE1,
	MODEL_TLBI_IS = 16, /* ORed */
	MODEL_TLBI_OS = 32, /* ORed */
	MODEL_TLBI_NXS = 64 /* ORed */
};

/*
 * A TLBI as an EL2 host executes it. What it is guaranteed to remove is gone after the next
 * sufficient DSB of the same CPU, and not before.
 */
void model_tlbi(struct model *m, unsigned cpu, unsigned op, uint64_t xt);
/* A TLBI of another regime: MODEL_TLBI_IS, _OS or 0. */
void model_tlbi_other(struct model *m, unsigned cpu, unsigned op);
/* Each CPU executes a DSB. */
void model_dsb_all(struct model *m);

/* An SMMU command by meaning (its encoding is not modelled). */
struct model_smmu_cmd {
	bool all;    /* everything of the VMID, both stages; else stage 2 of the range */
	bool stage1; /* entries of the VMID that hold stage 1 (combined ones), no others */
	uint16_t vmid;
	uint64_t ipa, last;
	bool leaf;    /* last level only */
	unsigned ttl; /* 0: any level, else 1..3: the leaf level */
};

void model_smmu_tlbi(struct model *m, const struct model_smmu_cmd *cmd);
/* The SMMU has finished (CMD_SYNC was consumed). */
void model_smmu_sync(struct model *m);

/*
 * What the engine did to the caches, when it did it. What it needed is judged where the test says that the
 * operation maps RAM: from model_op_begin() to the end. A move needs what RAM that was mapped before needs.
 */
void model_clean_data(struct model *m, uint64_t pa, uint64_t bytes);
void model_invalidate_icache(struct model *m, uint64_t pa, uint64_t bytes);
void model_op_maps_ram(struct model *m);
void model_op_moves_ram(struct model *m);
/* Annotations in tables that walkers reach. */
uint64_t model_count_notes(struct model *m);
/*
 * Bit 51 + n of a table descriptor says that the nth eighth of that table has no leaf with all bits of @dirty. Is that
 * so, and only said of tables at level 3? 0: it may be said of none.
 */
bool model_links_true(struct model *m, uint64_t dirty);

void model_op_begin(struct model *m, unsigned cpu, uint64_t ipa, uint64_t last);

enum model_end {
	MODEL_END_GATHER = 1, /* invalidation and DSB are still to come: neither is looked at */
	MODEL_END_RELAX = 2,  /* entries with fewer permissions may remain (on other observers) */
	MODEL_END_LOCAL = 4,  /* the CPU itself has none left in the range, also old ones (E3) */
	MODEL_END_VISIBLE = 8 /* each store was followed by a DSB */
};

void model_op_end(struct model *m, unsigned flags);

/* ---- verdicts ---------------------------------------------------------------------------- */

/*
 * Names. A name tells the cause where one is known, so "retired", "made" or "ended" too early
 * may also show as one of the first three.
 *
 *   tlbi-before-dsb            a TLBI came before the DSB after the store (R_SPVBD)
 *   tlbi-not-completed         a TLBI has not been completed by a DSB or an SMMU sync (R_PSMWS)
 *   missing-vmalle1            IPAS2 was done, combined entries may be left (D8.17.6.1)
 *   stale-after-operation      the operation ended, a leaf may still be cached
 *   stale-walk-cache           the operation ended, an unlinked table may still be cached
 *   make-before-invalidation   an entry became valid before what it was is invalidated (R_DDMVT)
 *   retired-before-invalidation, retired-while-linked, double-retire, retire-unknown, leak
 *   store-not-as-told          memory does not hold what the trace says was stored
 *   store-not-told             a store that the trace left out
 *   no-break                   a change of a valid entry that needs a break (R_WHZWS)
 *   contiguous-member-alone    a member changed while others of its group remain (R_LQLSD, E13)
 *   contiguous-inconsistent    a group is linked whose members do not fit together
 *   store-into-dead-table, store-into-retired-table
 *   store-without-dsb          (MODEL_END_VISIBLE)
 *   lost-update                a store overwrote a value that its author had not seen (R_RTBRL)
 *   non-atomic-update          a plain store over a valid leaf while HA or HD is on (E9)
 *   link-to-bad-table, linked-twice, malformed-descriptor
 *   undefined-tlbi, reserved-operand, unpredictable-tlbi, tlbi-before-isb, bad-registers
 *   visible-uncleaned          RAM became visible, and the data caches may hold other lines of it (E11)
 *   executable-unprepared      ... executable, and fetches may see what was there before
 *   gone-uncleaned             RAM was unmapped, and the caches may hold lines that a guest wrote
 *   torn                       (tear test) neither old, new nor a fault
 */
struct model_violation {
	const char *name;
	char text[240];
	unsigned long event;
	uint64_t ipa, pa;
};

/* A violation that the machine's own host has found. */
void model_object(struct model *m, const char *name, uint64_t ipa, const char *why);
/* The first violation, or NULL. */
const struct model_violation *model_violation(const struct model *m);
void model_forget_violations(struct model *m);
/* The last events, oldest first. */
void model_trace_print(const struct model *m, FILE *f);
/* True if nothing may be cached that is not in the table (but for relaxing and ageing). */
bool model_ledger_empty(const struct model *m);

/* ---- the flat map ------------------------------------------------------------------------ */

/*
 * What a table should say: runs of IPA -> PA with the same attributes. Attributes are the raw
 * descriptor bits without output address and type, see model_leaf_attr(). A note is the raw value
 * of an invalid entry (an annotation).
 */
struct model_map;

struct model_leaf {
	uint64_t ipa, last; /* the run */
	uint64_t pa;        /* at ipa (model_map_get: at the address asked for) */
	uint64_t attr;      /* or the note */
	bool note;
};

#define MODEL_ATTR_DIRTY (UINT64_C(1) << 7)
#define MODEL_ATTR_AF    (UINT64_C(1) << 10)
#define MODEL_ATTR_NT    (UINT64_C(1) << 16)
#define MODEL_ATTR_CONT  (UINT64_C(1) << 52)

struct model_map *model_map_new(void);
struct model_map *model_map_copy(const struct model_map *map);
void model_map_free(struct model_map *map);
void model_map_set(struct model_map *map, uint64_t ipa, uint64_t last, uint64_t pa, uint64_t attr);
void model_map_note(struct model_map *map, uint64_t ipa, uint64_t last, uint64_t value);
void model_map_clear(struct model_map *map, uint64_t ipa, uint64_t last);
/* (attr & ~clear) | set on all leaves of the range; holes and notes stay. */
void model_map_protect(struct model_map *map, uint64_t ipa, uint64_t last, uint64_t clear,
		       uint64_t set);
bool model_map_get(const struct model_map *map, uint64_t ipa, struct model_leaf *leaf);
size_t model_map_runs(const struct model_map *map);
bool model_map_run(const struct model_map *map, size_t index, struct model_leaf *leaf);

/* The attribute bits of a leaf descriptor at a level, in the current registers' format. */
uint64_t model_leaf_attr(const struct model *m, uint64_t desc, int level);

struct model_diff {
	uint64_t ipa;
	bool in_table, in_map;
	uint64_t desc; /* in the table */
	int level;
	struct model_leaf leaf; /* in the map */
};

enum {
	MODEL_COMPARE_NOTES = 1,
};

/*
 * Reads the whole tree and compares it with the map. `ignore` are attribute bits that do not
 * count (usually MODEL_ATTR_CONT | MODEL_ATTR_NT, often AF and DIRTY); DIRTY does not where hardware
 * sets it (HD, DBM). True if they agree, else the first difference is in *diff.
 */
bool model_map_compare(struct model *m, const struct model_map *map, uint64_t ignore,
		       unsigned flags, struct model_diff *diff);

/* ---- the tear test ----------------------------------------------------------------------- */

/* What an IPA translates to afterwards; false if to nothing. Only pa and attr are looked at. */
typedef bool (*model_expect)(void *arg, uint64_t ipa, struct model_leaf *leaf);

/* Walks the IPAs now and after every store until model_tear_end(). AF, dirty, C, nT are ignored. */
void model_tear_begin(struct model *m, const uint64_t *ipas, size_t n, model_expect expect,
		      void *arg);
void model_tear_end(struct model *m);
/* A model_expect whose argument is a struct model_map. */
bool model_expect_map(void *arg, uint64_t ipa, struct model_leaf *leaf);

#endif
