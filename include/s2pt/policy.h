/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * policy.h: who may have which memory type, and why.
 *
 * The module knows no device and no guest. The host states facts; the module answers what may be mapped, what
 * it costs, and which fact made it so. Every decision is an ordered list of rules, of which the first
 * that fits applies: s2pt_policy_rule_at() hands them out for reading, and docs/memory-types.md prints them.
 *
 * Pure functions; any context, any number of CPUs. Nothing else in the library needs this module.
 * s2pt_policy_reason_text() (text.h) puts each reason into a sentence, and s2pt_policy_reason_by() says where it is
 * from.
 */
#ifndef S2PT_POLICY_H
#define S2PT_POLICY_H

#include <s2pt/features.h>
#include <s2pt/memattr.h>
#include <s2pt/smmu.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which fact made it so. */
enum s2pt_policy_reason {
	/* Why this type */
	S2PT_WHY_RAM,                /* RAM: Normal Write-Back */
	S2PT_WHY_TRUSTED,            /* the guest is the host itself: what its own stage 1 says */
	S2PT_WHY_HOST_NC,            /* RAM that the host itself maps Non-cacheable */
	S2PT_WHY_HOST_DEVICE,        /* RAM that the host itself maps as Device */
	S2PT_WHY_NONCOHERENT_DMA,    /* under FWB: non-coherent DMA needs the guest's own attributes */
	S2PT_WHY_OWNER_ASKS,         /* PFN-mapped memory whose owner asks for cacheable */
	S2PT_WHY_OWNER_VOUCHES,      /* what the device's owner vouches for allows it */
	S2PT_WHY_OWNER_LIMITS,       /* Device-nGnRnE: the owner does not vouch for early acknowledgement */
	S2PT_WHY_CONFINED,           /* the guest, or the program that runs it, does without more */
	S2PT_WHY_PREFETCHABLE_ALONE, /* Device: prefetchable does not mean write-combining */
	S2PT_WHY_GUEST_WORD,         /* Device: the guest's word does not loosen it */
	S2PT_WHY_DEVICE,             /* Device: nobody vouches for more */
	S2PT_WHY_NO_TAGS,            /* FEAT_MTE_PERM: no tags behind it, so none in reach */
	/* Why refused */
	S2PT_WHY_MMIO_EXEC,       /* registers are not executed */
	S2PT_WHY_UNCACHED_EXEC,   /* Device, and Non-cacheable memory of devices, are never executable */
	S2PT_WHY_SIDE_EFFECTS,    /* registers are never cacheable */
	S2PT_WHY_HOST_UNCACHED,   /* cacheable is asked for what the host maps uncached */
	S2PT_WHY_HOST_CACHEABLE,  /* uncached beside a cacheable mapping of the host's */
	S2PT_WHY_PFN_NO_FWB,      /* without FWB it would need cache maintenance that nobody can do */
	S2PT_WHY_PFN_NONCOHERENT, /* ... so it would with non-coherent DMA */
	S2PT_WHY_PFN_ICACHE,      /* executable, it would need cache maintenance that nobody can do */
	S2PT_WHY_PFN_CONFINED,    /* uncached, it could meet dirty lines of an earlier guest that nobody can clean */
	S2PT_WHY_UNTAGGABLE,      /* cacheable, for a guest with MTE, without tags that somebody can initialise; and
	                             no FEAT_MTE_PERM */
	/* Why this maintenance, or none */
	S2PT_WHY_OWN_MAINTENANCE, /* the host itself: it keeps its own caches */
	S2PT_WHY_NO_LINES,        /* not RAM: no stale lines of the host's */
	S2PT_WHY_UNCACHED_RAM,    /* lines of the RAM that this mapping does not see */
	S2PT_WHY_CACHES_OFF,      /* a guest that bypasses the caches must not see or hide lines */
	S2PT_WHY_FORCED_WB,       /* FWB forces Write-Back: every access goes through the caches */
	S2PT_WHY_EXECUTED,        /* what is executed has to be where fetches look */
	S2PT_WHY_TAGGED,          /* tags of an earlier owner must not be read */
	/* Why DMA is coherent, or not */
	S2PT_WHY_DMA_DEVICE,           /* Device: it bypasses the caches */
	S2PT_WHY_DMA_CANWBS,           /* RAM, for which the firmware promises coherence whatever the attribute */
	S2PT_WHY_DMA_UNCACHED,         /* its attribute bypasses the caches */
	S2PT_WHY_DMA_UNSHARED,         /* cacheable, but not shareable or not Write-Back in both halves */
	S2PT_WHY_DMA_NO_SNOOP,         /* it may issue No_snoop, and nothing stops it */
	S2PT_WHY_DMA_NO_SNOOP_STOPPED, /* it may issue No_snoop, which does not get through */
	S2PT_WHY_DMA_COHERENT,         /* Write-Back and shareable */
	S2PT_WHY_COUNT,
};

/* --- Choosing a type ----------------------------------------------------------------------------- */

/* What is behind the region. A zeroed struct gets the strictest answer. */
enum s2pt_backing {
	S2PT_BACKING_MMIO, /* registers: reads and writes have side effects */
	S2PT_BACKING_PFN,  /* memory behind a device, known by frame number alone: the host has no mapping
	                      of its own by which it could maintain caches */
	S2PT_BACKING_RAM,  /* RAM with page structures: the host can maintain caches for it */
};

/* Who says something. The word of whoever is to be confined counts for nothing. */
enum s2pt_source {
	S2PT_SOURCE_NOBODY,
	S2PT_SOURCE_GUEST, /* the guest, or the program that runs it */
	S2PT_SOURCE_OWNER, /* the component of the host that knows the device, or owns the memory */
};

/* How the host itself maps it. */
enum s2pt_host_view {
	S2PT_HOST_VIEW_UNMAPPED,
	S2PT_HOST_VIEW_CACHEABLE,
	S2PT_HOST_VIEW_NC,
	S2PT_HOST_VIEW_DEVICE,
};

/* Are there Allocation Tags behind it? */
enum s2pt_tags {
	S2PT_TAGS_NONE,     /* it cannot be tagged */
	S2PT_TAGS_POSSIBLE, /* it can; its tags are not the guest's yet */
	S2PT_TAGS_SET,      /* they are */
};

/* Agents other than CPUs that access it. */
enum s2pt_dma {
	S2PT_DMA_NONE,
	S2PT_DMA_COHERENT,
	S2PT_DMA_NONCOHERENT, /* some never look into the CPUs' caches */
};

/*
 * Accesses that a device stands, as a set: they do not take the machine down, do not lose or repeat what has side
 * effects, and do not reach what belongs to another guest. Each type allows those of the types before it, too:
 * Device-nGnRE early acknowledgement, Device-nGRE reordering, Device-GRE gathering, and Normal-NC the rest at once.
 */
#define S2PT_STANDS_EARLY_ACK (1u << 0) /* writes that are acknowledged before they arrive */
#define S2PT_STANDS_REORDER   (1u << 1) /* accesses in another order than the program's */
#define S2PT_STANDS_GATHER    (1u << 2) /* accesses merged into one, of another size */
#define S2PT_STANDS_UNALIGNED (1u << 3) /* accesses that are not aligned, which may become several */
#define S2PT_STANDS_SPECULATE (1u << 4) /* reads that no program asked for, and reads that are repeated */
#define S2PT_STANDS_WALK      (1u << 5) /* reads by a table walker, since the guest may put its tables there */
#define S2PT_STANDS_ATOMIC    (1u << 6) /* exclusives and atomic read-modify-writes, or their fault */
#define S2PT_STANDS_NC        0x7fu     /* all of them: what Normal-NC lets a guest do */
#define S2PT_STANDS_CACHED    (1u << 7) /* accesses by way of a cache: nobody vouches for them, but see gives_up */
#define S2PT_STANDS_COUNT     8

/* Facts about a region of physical memory, one answer for all of it. */
struct s2pt_region {
	enum s2pt_backing backing;
	enum s2pt_host_view host;
	enum s2pt_source vouches;        /* who says what the device stands */
	uint32_t stands;                 /* S2PT_STANDS_*, without CACHED: that. Not looked at where @vouches is not the
	                                    owner: S2PT_STANDS_EARLY_ACK is then taken for granted, and no more */
	uint32_t gives_up;               /* S2PT_STANDS_*: accesses that the guest, or the program that runs it, does
	                                    without. This confines it, so its word counts; not looked at for a trusted
	                                    guest, which confines itself by its own stage 1. It cannot be had of RAM
	                                    that the host maps cacheable, nor of PFN memory that the owner asks for as
	                                    cacheable: lines of the other mapping, or of an earlier guest, would be
	                                    written back, and nobody cleans them */
	enum s2pt_source asks_cacheable; /* who asks for a cacheable mapping */
	enum s2pt_tags tags;
	enum s2pt_dma dma;
	bool prefetchable; /* a PCI BAR that says so. Alone it changes nothing */
	bool exec;         /* it is to be executable: the answer is so, or a refusal */
};

/* Facts about the machine. */
struct s2pt_platform {
	s2pt_feats feats; /* in force, for all who walk the table: S2FWB, MTE2, MTE_PERM. Others are not looked at: a
	                     format's will do, with MTE2 of the CPU; s2pt_policy_assign() for SMMUs */
	bool dic;         /* CTR_EL0.DIC: no instruction-cache invalidation is needed */
	bool idc;         /* CTR_EL0.IDC: no data-cache clean to the Point of Unification is needed. With
	                     S2FWB so, whatever is said here: CLIDR_EL1.{LoUU,LoUIS} are 0 (I_RRDBK) */
};

/* Facts about the guest. */
struct s2pt_guest {
	bool trusted;         /* it is the host itself, kept by stage 2 from what is not its own */
	bool mte;             /* MTE is on for it. Not looked at without FEAT_MTE2 */
	bool noncoherent_dma; /* a master is assigned to it whose accesses to RAM may bypass the caches, such as a
	                         function whose No_snoop gets through: s2pt_policy_assign() */
	bool noncoherent_p2p; /* ... whose accesses to memory of other devices may (PFN): what a platform promises of
	                         conventional memory, such as CANWBS, does not hold there */
};

/* What is needed, as a set. A clean to the Point of Coherency is one to the Point of Unification, too. */
#define S2PT_NEEDS_CLEAN_POC (1u << 0) /* clean and invalidate data caches to the Point of Coherency */
#define S2PT_NEEDS_CLEAN_POU (1u << 1) /* clean data caches to the Point of Unification */
#define S2PT_NEEDS_ICACHE    (1u << 2) /* invalidate instruction caches */
#define S2PT_NEEDS_TAGS      (1u << 3) /* initialise the Allocation Tags */
#define S2PT_NEEDS_COUNT     4

/* What may be mapped, and what it costs. */
struct s2pt_policy {
	enum s2pt_memtype type;
	uint8_t sh;                          /* enum s2pt_sh; not looked at by hardware for Device and NC */
	bool executable;                     /* what was asked */
	bool exec_uncached;                  /* ... of Normal-NC RAM: struct s2pt_leaf wants it said */
	bool ram;                            /* map it with S2PT_MAPPING_RAM: the engine then does the maintenance of
	                                        on_map and on_unmap, but for tags */
	bool alias;                          /* the host's own mapping may differ from what the guest makes of this
	                                        one in type or cacheability:
	                                        s2pt_policy_alias() says what that costs */
	uint8_t on_map;                      /* S2PT_NEEDS_*, before the mapping is visible */
	uint8_t on_unmap;                    /* ... after it is gone from every TLB, before the memory is used again */
	uint8_t on_caches_on;                /* ... when the guest turns its stage-1 caches on (SCTLR_EL1.C), over all
	                                        that is mapped so */
	enum s2pt_policy_reason reason;      /* of the type, or of the refusal */
	enum s2pt_policy_reason maintenance; /* of the maintenance needed, or of there being none */
};

/*
 * s2pt_policy_choose - the memory type that a region may have.
 * @region, @platform, @guest: the facts.
 * @policy: receives the answer. Where refused, only @policy->reason is written.
 *
 * The answer is the loosest that the facts allow. The host passes type, sh, executable and exec_uncached on in
 * struct s2pt_leaf, and S2PT_MAPPING_RAM to s2pt_mapping_init() where the answer says ram.
 *
 * A leaf maps a whole granule, and so do the facts have to be about one: s2pt_policy_meet() for regions that share it.
 *
 * Returns:
 *     S2PT_ERR_POLICY           refused; @policy->reason says by which fact
 *     S2PT_ERR_FACT             a value that is not of its enum or set; nothing is written
 */
S2PT_NODISCARD enum s2pt_status s2pt_policy_choose(const struct s2pt_region *region,
						   const struct s2pt_platform *platform,
						   const struct s2pt_guest *guest, struct s2pt_policy *policy);

/*
 * s2pt_policy_meet - what holds for two regions at once, such as a BAR, and a page of another device's registers, in
 * one granule.
 * @region: becomes what holds for both: it stands what both stand, is what the less forgiving of both is, and is asked
 *          for as cacheable where both are. For what lies in the granule and belongs to nobody known, a zeroed struct.
 *
 * Where one is to be executable, so are both.
 *
 * Returns:
 *     S2PT_ERR_POLICY           no type is right for both: RAM beside what is not; what the host maps cacheable beside
 *                               what it maps uncached; PFN memory that the owner asks for as cacheable beside what is
 *                               not that. Give them granules of their own
 *     S2PT_ERR_FACT             a value that is not of its enum or set
 * After a failure: @region is as it was.
 */
S2PT_NODISCARD enum s2pt_status s2pt_policy_meet(struct s2pt_region *region, const struct s2pt_region *other);

/* --- The rules, for reading ---------------------------------------------------------------------- */

/* The facts that rules are about, as a set. Those from S2PT_FACT_CACHEABLE on are about the type chosen. */
#define S2PT_FACT_RAM            (1u << 0)
#define S2PT_FACT_PFN            (1u << 1)
#define S2PT_FACT_MMIO           (1u << 2)
#define S2PT_FACT_HOST_CACHEABLE (1u << 3)
#define S2PT_FACT_HOST_NC        (1u << 4)
#define S2PT_FACT_HOST_DEVICE    (1u << 5)
#define S2PT_FACT_STANDS_NC      (1u << 6) /* by the owner's word, and not given up */
#define S2PT_FACT_ASKED          (1u << 7) /* by the owner */
#define S2PT_FACT_GUEST_WORD     (1u << 8) /* the guest vouches or asks */
#define S2PT_FACT_PREFETCHABLE   (1u << 9)
#define S2PT_FACT_EXEC           (1u << 10)
#define S2PT_FACT_NONCOHERENT    (1u << 11) /* DMA that bypasses caches */
#define S2PT_FACT_TRUSTED        (1u << 12)
#define S2PT_FACT_MTE            (1u << 13) /* on for the guest */
#define S2PT_FACT_UNTAGGABLE     (1u << 14)
#define S2PT_FACT_TAGS_POSSIBLE  (1u << 15)
#define S2PT_FACT_FWB            (1u << 16)
#define S2PT_FACT_MTE_PERM       (1u << 17)
#define S2PT_FACT_DIC            (1u << 18)
#define S2PT_FACT_IDC            (1u << 19)
#define S2PT_FACT_STANDS_GRE     (1u << 20)
#define S2PT_FACT_STANDS_nGRE    (1u << 21)
#define S2PT_FACT_STANDS_nGnRE   (1u << 22) /* also by nobody's word */
#define S2PT_FACT_VOUCHED        (1u << 23) /* the owner says what it stands */
#define S2PT_FACT_CONFINED       (1u << 24) /* the guest gives up what it could have */
#define S2PT_FACT_CACHEABLE      (1u << 25)
#define S2PT_FACT_UNCACHED       (1u << 26)
#define S2PT_FACT_NC             (1u << 27)
#define S2PT_FACT_AS_STAGE1      (1u << 28) /* what the guest says is what it gets */
#define S2PT_FACT_COUNT          29

/* The lists, in the order in which they are asked; in each, the first rule that fits applies. */
enum s2pt_policy_list {
	S2PT_LIST_TYPE,        /* a type, or a refusal. One always fits */
	S2PT_LIST_CHECK,       /* a refusal, a form without tags, or nothing */
	S2PT_LIST_MAINTENANCE, /* data-cache maintenance. One always fits */
	S2PT_LIST_FETCH,       /* more for executable memory, or nothing */
	S2PT_LIST_TAGS,        /* more for tagged memory, or nothing */
	S2PT_LIST_COUNT,
};

enum s2pt_policy_verdict {
	S2PT_VERDICT_TYPE,    /* the rule's type */
	S2PT_VERDICT_NO_TAGS, /* the NoTagAccess form of the type chosen */
	S2PT_VERDICT_NEEDS,   /* the rule's maintenance */
	S2PT_VERDICT_REFUSE,
};

struct s2pt_policy_rule {
	uint8_t list;      /* enum s2pt_policy_list */
	uint32_t needs;    /* it fits where all of these hold ... */
	uint32_t excludes; /* ... and none of these */
	uint8_t verdict;   /* enum s2pt_policy_verdict */
	uint8_t type;      /* enum s2pt_memtype, of S2PT_VERDICT_TYPE */
	uint8_t on_map;    /* S2PT_NEEDS_*, of S2PT_VERDICT_NEEDS */
	uint8_t on_unmap;
	uint8_t on_caches_on;
	uint8_t reason; /* enum s2pt_policy_reason */
};

/* s2pt_policy_rule_at - the rule @index of all lists one after the other, or NULL past the last. */
const struct s2pt_policy_rule *s2pt_policy_rule_at(size_t index);

/*
 * s2pt_policy_facts - the S2PT_FACT_* that the caller's facts come to, but for those about the type.
 *
 * 0 where a value is not of its enum; otherwise it is never 0.
 */
uint32_t s2pt_policy_facts(const struct s2pt_region *region, const struct s2pt_platform *platform,
			   const struct s2pt_guest *guest);

/* s2pt_policy_type_facts - what the type of a rule of S2PT_LIST_TYPE adds to @facts, for the lists behind that one. */
uint32_t s2pt_policy_type_facts(enum s2pt_memtype type, uint32_t facts);

/*
 * s2pt_policy_loosen - which single facts would loosen the answer, or make a refusal an answer.
 * @facts: what s2pt_policy_facts() gave.
 * @if_so: receives the S2PT_FACT_* that are not among @facts, and would, each by itself.
 * @if_not: receives those that are, and would if they were not.
 *
 * Looser is a type that allows more accesses, or tags; or one that allows the same and needs less maintenance. Whether
 * it is so is not for the caller to wish: s2pt_fact_who() (text.h) says who could state it. Of what a device stands
 * S2PT_FACT_STANDS_NC alone is tried, which is all of it, and not where the guest gives something up; that the guest
 * is trusted is not.
 */
void s2pt_policy_loosen(uint32_t facts, uint32_t *if_so, uint32_t *if_not);

/* --- Two mappings of one granule ----------------------------------------------------------------- */

/* What two mappings may lose by disagreeing, as a set (chapter B2.11, "Mismatched memory attributes"). */
#define S2PT_LOSS_ORDER       (1u << 0) /* order, and a CPU's own view of its accesses, across both */
#define S2PT_LOSS_COHERENCY   (1u << 1) /* agents may see different data */
#define S2PT_LOSS_SPECULATION (1u << 2) /* the one mapping's "no speculative reads", since the other allows them */
#define S2PT_LOSS_GATHERING   (1u << 3) /* ... its "no gathering" */
#define S2PT_LOSS_REORDERING  (1u << 4) /* ... its "no reordering". Early acknowledgement is not lost */
#define S2PT_LOSS_EXCLUSIVES  (1u << 5) /* the monitors' state is UNKNOWN */
#define S2PT_LOSS_WRITES      (1u << 6) /* a write-back may revert bytes that others have written */
#define S2PT_LOSS_COUNT       7

/* How software repairs it. */
enum s2pt_repair {
	S2PT_REPAIR_NONE,     /* nothing is lost that software could bring back */
	S2PT_REPAIR_DMB,      /* DMB between accesses by one mapping and by the other */
	S2PT_REPAIR_MAINTAIN, /* DMB; invalidate or clean before a write that is not Write-Back, clean after
	                         one that is, invalidate before reading (to the Point of Coherency) */
	S2PT_REPAIR_AROUND,   /* clean and invalidate around every access; DMB of the wider domain */
};

/* One mapping: what its accesses end up with, and whether any of them write. */
struct s2pt_view {
	struct s2pt_attr attr; /* s2pt_mair_decode(), s2pt_combine(), of a device s2pt_smmu_combine() */
	bool writes;           /* some of its accesses do */
	bool idle;             /* it is mapped and never accessed. A CPU may speculate by it all the same */
};

/* How the users of both live beside each other. */
enum s2pt_relation {
	S2PT_RELATION_ANY,         /* nothing is known */
	S2PT_RELATION_INDEPENDENT, /* nobody relies on the order of an access by one and an access by the other */
	S2PT_RELATION_HANDOVER,    /* the users of one are done, with the maintenance and a barrier, before those of the
	                              other begin */
	S2PT_RELATION_COUNT,
};

/* What is known of the granule and its users. Zeroed, but for the domain, nothing is. */
struct s2pt_sharing {
	enum s2pt_sh domain; /* the smallest shareability domain that holds every agent with either mapping: NSH for
	                        one CPU */
	enum s2pt_relation relation;
	uint32_t stands; /* S2PT_STANDS_*: what is there stands, as somebody who knows it says. RAM stands all of NC */
};

struct s2pt_alias {
	bool matched;
	uint8_t lost;            /* S2PT_LOSS_*: what may be lost, at worst */
	uint8_t beyond;          /* ... of it, what no maintenance and no barrier brings back, and sharing.stands
	                            does not have either */
	enum s2pt_repair repair; /* what brings back the rest */
	bool coherent[2];        /* accesses by the first (second) mapping alone stay coherent with each
	                            other without repair */
};

/*
 * s2pt_policy_alias - what becomes of a physical granule that is mapped in two ways.
 * @a, @b: the mappings. The unit is the coherency granule, not the page.
 * @sharing: see there.
 * @alias: receives the answer.
 *
 * Mappings match where memory type, shareability, inner and outer cacheability and XS are the same;
 * allocation hints and tags do not count.
 *
 * Returns:
 *     S2PT_ERR_FACT             a reserved shareability; a relation or a set that there is not
 */
S2PT_NODISCARD enum s2pt_status s2pt_policy_alias(const struct s2pt_view *a, const struct s2pt_view *b,
						  const struct s2pt_sharing *sharing, struct s2pt_alias *alias);

/* --- DMA ----------------------------------------------------------------------------------------- */

/* Facts about a master behind an SMMU, and the memory that it reaches. */
struct s2pt_master {
	struct s2pt_attr incoming;          /* stage 1's if the stream has one; or s2pt_smmu_default_attr() */
	bool stage1;                        /* it has: overrides do not apply */
	bool pcie;                          /* a PCIe function */
	bool overrides_pcie;                /* this SMMU applies overrides to PCIe streams */
	bool no_snoop;                      /* a PCIe function that may issue No_snoop: its configuration space
	                                       does not forbid it */
	bool no_snoop_stopped;              /* the SMMU or the root complex does not let it through */
	bool canwbs;                        /* its root complex has IORT CANWBS: accesses to conventional memory are
	                                       coherent, whatever their attribute */
	bool ram;                           /* what it reaches is RAM */
	s2pt_feats feats;                   /* in force for the stream: S2FWB is STE.S2FWB, MTE_PERM IDR3.MTEPERM */
	uint8_t memattr;                    /* stage-2 MemAttr[3:0] */
	uint8_t sh;                         /* stage-2 SH; with DS=1 S2SH0 */
	struct s2pt_smmu_override override; /* zero without IDR1.ATTR_TYPES_OVR */
};

struct s2pt_dma_policy {
	struct s2pt_attr attr; /* the effective attribute: after No_snoop where it gets through */
	bool coherent;         /* its accesses see the CPUs' caches, and CPUs see its writes */
	uint8_t on_map;        /* S2PT_NEEDS_* */
	uint8_t on_unmap;      /* ... where CPUs have a cacheable mapping, of which lines hide what it wrote: not where
	                          s2pt_policy_choose() gives an uncached type */
	bool guest_maintains;  /* the guest must maintain caches, and its maintenance must reach them:
	                         it may not have Write-Back forced upon it (struct s2pt_guest:
	                         noncoherent_dma) */
	enum s2pt_policy_reason reason;
};

/*
 * s2pt_policy_dma - what a device's accesses are, and what the host needs for them.
 *
 * No_snoop of a master that is not PCIe is not looked at.
 *
 * Returns:
 *     S2PT_ERR_RESERVED         a reserved MemAttr or shareability
 */
S2PT_NODISCARD enum s2pt_status s2pt_policy_dma(const struct s2pt_master *master, struct s2pt_dma_policy *dma);

/*
 * s2pt_policy_assign - one more master walks the guest's table: what follows for the facts about the machine and the
 * guest. Call it for each of them, from the facts without any, whenever the set changes: coherency belongs to masters,
 * and what holds for all is what the worst allows.
 * @master: ram, memattr and sh are not looked at: what is asked is whether its accesses to RAM are coherent with the
 *          type that RAM has where all are.
 * @platform: loses FEAT_MTE_PERM if the master's SMMU lacks it, since NoTagAccess encodings are reserved to it.
 * @guest: noncoherent_dma and noncoherent_p2p are set if its accesses may bypass the caches.
 *
 * Returns:
 *     S2PT_ERR_FEATURE          FWB is in force for one and not for the other, so that MemAttr means different things
 *                               to them: no table is right for both
 *     S2PT_ERR_RESERVED         a reserved shareability or override
 * After a failure: @platform and @guest are as they were.
 */
S2PT_NODISCARD enum s2pt_status s2pt_policy_assign(const struct s2pt_master *master,
						   struct s2pt_platform *platform, struct s2pt_guest *guest);

/* --- Procedures ---------------------------------------------------------------------------------- */

/* What changes while guests run, and the answers with it. Each is a list of steps, in an order that matters. */
enum s2pt_procedure {
	S2PT_PROCEDURE_PLUG,      /* a master that bypasses the caches is assigned to the guest */
	S2PT_PROCEDURE_UNPLUG,    /* ... and taken from it */
	S2PT_PROCEDURE_REVOKE,    /* a device is taken from one guest and given to another */
	S2PT_PROCEDURE_CACHES_ON, /* a guest turns its stage-1 caches on, or does maintenance by set and way */
	S2PT_PROCEDURE_TAGS,      /* memory becomes the tagged memory of a guest */
	S2PT_PROCEDURE_COUNT,
};

enum s2pt_procedure_step {
	S2PT_DO_STOP_DMA,  /* bus mastering off, and its configuration space read back: it begins no access */
	S2PT_DO_DETACH,    /* its STE invalid; CMD_CFGI_STE, CMD_SYNC: no access of its own is translated any more */
	S2PT_DO_FORGET,    /* CMD_TLBI of the VMID, CMD_ATC_INV, CMD_SYNC: no access under way is */
	S2PT_DO_FACTS,     /* s2pt_policy_assign() for each master that remains, s2pt_policy_choose() again */
	S2PT_DO_RETYPE,    /* s2pt_table_protect() of all RAM with retype and ram: break, invalidate, clean, make */
	S2PT_DO_TRAP,      /* HCR_EL2.TVM and TSW: the guest's switching of caches, and set/way, come to the host */
	S2PT_DO_UNTRAP,    /* not any more */
	S2PT_DO_ATTACH,    /* its STE valid; CMD_CFGI_STE, CMD_SYNC */
	S2PT_DO_ALLOW_DMA, /* bus mastering on */
	S2PT_DO_UNMAP,     /* s2pt_table_unmap(): on return no CPU begins an access, and those begun are acknowledged */
	S2PT_DO_DRAIN,     /* PCIe: read the function's configuration space, which posted writes do not pass; else the
	                      device: what was written has arrived */
	S2PT_DO_RESET,     /* the device forgets its owner */
	S2PT_DO_MAP,       /* s2pt_table_map() */
	S2PT_DO_CLEAN,     /* clean and invalidate all that is mapped as stage 1 says, to the Point of Coherency */
	S2PT_DO_LET,       /* do what the guest was about to do */
	S2PT_DO_INIT_TAGS, /* S2PT_NEEDS_TAGS, by a tagged mapping of the host's own */
	S2PT_DO_BARRIER,   /* DSB ISH: seen by all before the mapping is */
	S2PT_DO_COUNT,
};

/*
 * s2pt_procedure_step_at - the step @index of a procedure, or S2PT_DO_COUNT past the last.
 *
 * s2pt_step_text() (text.h) says it in words. A step that has nothing to do is done at once: without an SMMU there is
 * nothing to detach, and with forced Write-Back nothing to trap.
 */
enum s2pt_procedure_step s2pt_procedure_step_at(enum s2pt_procedure procedure, size_t index);

#ifdef __cplusplus
}
#endif

#endif
