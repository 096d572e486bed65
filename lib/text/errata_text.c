/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* errata_text.c: words for errata. Marks of sources: V the vendor or a CVE record, K source of Linux, Xen or TF-A. */
#include <s2pt/text.h>

#include "text/writer.h"

/* clang-format off */
static const struct {
	char name[20];
	char effect[120];
	char library[88];
	char host[120];
	char source[96];
} errata[] = {
	[S2PT_ERRATUM_TLBI_WRITES] = {
		"tlbi-writes",
		"A write that crosses a page may become visible after another CPU's broadcast TLBI and DSB have ended.",
		"Each sequence ends with one more TLBI (VALE2) and DSB, but not a local one.",
		"Nothing. It holds at every Exception level: whoever else invalidates must do the same.",
		"V CVE-2025-10263, Arm bulletin 112137, XSA-493, TFV-17, HFV-1; K Linux, Xen, TF-A",
	},
	[S2PT_ERRATUM_TLBI_ACCESSES] = {
		"tlbi-accesses",
		"Accesses through an old entry may outlive a broadcast TLBI and its DSB.",
		"As for tlbi-writes.",
		"Nothing.",
		"K Linux, Xen, TF-A; Linux leaves it off for the A55, A76 and A510, as rare",
	},
	[S2PT_ERRATUM_CPP_RCTX] = {
		"cpp-rctx",
		"CPP RCTX, which a guest's kernel may execute, can make a CPU ignore a TLBI: stale entries stay.",
		"Nothing: repetition is not said to help.",
		"Firmware that traps CPP RCTX at EL3 (TF-A: WORKAROUND_CVE_2025_0647).",
		"V CVE-2025-0647, Arm bulletin 111546; K TF-A",
	},
	[S2PT_ERRATUM_SME_DSB] = {
		"sme-dsb",
		"SME accesses of a CPU may outlive another CPU's TLBI and DSB.",
		"Each sequence has a step by which every CPU executes a DSB, but not a local one.",
		"Executing that step: by firmware (SMC 0x81000010) or an interrupt. Where no guest has SME, taking the erratum away.",
		"V CVE-2026-0995, Arm bulletin 111823, TFV-16; K Linux (pKVM), TF-A. Those without SME: inferred",
	},
	[S2PT_ERRATUM_TLBI_DSB] = {
		"tlbi-dsb",
		"The effect is not public: firmware has the hardware execute a DSB after each TLBI.",
		"Nothing.",
		"Firmware (TF-A: r0p2; earlier revisions have no cure).",
		"K TF-A",
	},
	[S2PT_ERRATUM_TLBI_ADDRESS] = {
		"tlbi-address",
		"TLBIs by address from one cluster do not reach the other (NXP i.MX8QM ERR050104).",
		"Sequences invalidate whole VMIDs.",
		"Adding the erratum by name: no register tells of it. IC IALLUIS in place of IC IVAU.",
		"the vendor's kernel, not merged in Linux",
	},
	[S2PT_ERRATUM_TLBI_ICACHE] = {
		"tlbi-icache",
		"A broadcast TLBI may corrupt lines of instruction caches that belong to an ASID which is not current.",
		"Nothing.",
		"IC IALLU when a CPU changes to another VM (Linux does it at a change of address space; for VMs: inferred).",
		"K Linux",
	},
	[S2PT_ERRATUM_TRBE_DSB] = {
		"trbe-dsb",
		"A DSB alone may leave translations of the trace buffer in use; a broadcast TLBI by VA or VMID before it helps.",
		"Sequences end with one more TLBI (VALE2) and DSB, which serves after ALLE1, too.",
		"Nothing.",
		"K TF-A",
	},
	[S2PT_ERRATUM_AGGREGATION] = {
		"aggregation",
		"Hardware page aggregation may bypass stage 2 or the granule protection check.",
		"Nothing.",
		"Firmware that turns aggregation off (CPUECTLR_EL1[46]; TF-A: WORKAROUND_CVE_2024_5660).",
		"V CVE-2024-5660, Arm bulletin 110324, TFV-12; K TF-A. The range of X1C is not known",
	},
	[S2PT_ERRATUM_BBM_LIVELOCK] = {
		"bbm-livelock",
		"A change between block and table without a break, or a wrong Contiguous bit, may end in livelock or stale entries.",
		"FEAT_BBM is withheld: every change of size is break-before-make.",
		"Nothing.",
		"K Linux, TF-A (C1-Ultra alone)",
	},
	[S2PT_ERRATUM_BBM_UNSAFE] = {
		"bbm-unsafe",
		"A change of size without a break is not safe.",
		"As for bbm-livelock.",
		"Nothing.",
		"K Linux. The number of the X4 is not confirmed",
	},
	[S2PT_ERRATUM_BBM_CONFLICT] = {
		"bbm-conflict",
		"FEAT_BBM level 2 allows TLB conflict aborts; few parts are known to take none.",
		"Level 2 is withheld, but from those parts, and where ID registers promise level 3.",
		"Nothing; or to answer conflicts by s2pt_shared_tlb_conflict() and take the erratum away.",
		"the architecture; K the list of Linux, July 2026",
	},
	[S2PT_ERRATUM_XN_SYNDROME] = {
		"xn-syndrome",
		"Executable to never-executable without a break may spoil ESR and FAR of the next instruction abort.",
		"Execute rights are taken away by break-before-make.",
		"Nothing.",
		"K Linux, for stage 1; stage 2: inferred",
	},
	[S2PT_ERRATUM_SPLINTERED] = {
		"splintered",
		"The effect is not public: it is about large stage-1 blocks over small stage-2 pages in the L2 TLB.",
		"Nothing.",
		"Firmware (CPUECTLR_EL1[53]).",
		"K TF-A",
	},
	[S2PT_ERRATUM_L2_TLB] = {
		"l2-tlb",
		"A guest's TLBI, or a prefetch, may spoil entries of the L2 TLB.",
		"Nothing.",
		"Firmware (control bits).",
		"K TF-A; 1262888 from memory",
	},
	[S2PT_ERRATUM_HAFDBS_HIDDEN] = {
		"hafdbs-hidden",
		"ID registers say that hardware does not update descriptors, yet HA and HD act, on invalidated entries, too.",
		"The hardware access flag and dirty state are withheld.",
		"Trapping the guest's writes of TCR_EL1 (HCR_EL2.TVM), and clearing HA and HD.",
		"K Linux",
	},
	[S2PT_ERRATUM_DIRTY_BREAK] = {
		"dirty-break",
		"Dirty state is updated wrongly where DBM or AP change without a break.",
		"Hardware dirty state is withheld.",
		"Nothing.",
		"K Linux, for stage 1; stage 2: inferred",
	},
	[S2PT_ERRATUM_DIRTY_ORDER] = {
		"dirty-order",
		"Updates of dirty state are out of order.",
		"Hardware dirty state is withheld.",
		"Nothing.",
		"K Linux, for stage 1; stage 2: inferred",
	},
	[S2PT_ERRATUM_CNP] = {
		"cnp",
		"With CnP, entries stay after a local TLBI, or are shared by CPUs that do not have them in common.",
		"FEAT_TTCNP is withheld.",
		"VTTBR_EL2.CnP = 0.",
		"K Linux, for TTBRs; VTTBR_EL2: inferred",
	},
	[S2PT_ERRATUM_SPECULATIVE_AT] = {
		"speculative-at",
		"A speculative AT walks with a context that is half switched, and fills the TLB.",
		"Nothing; aarch64.h has the order of writes (s2pt_aarch64_run_guarded()).",
		"Stage-1 walks are off while VTTBR_EL2 names another VM, also for an invalidation.",
		"K Linux, Xen (N1, A53, all A55), TF-A (A65, A65AE)",
	},
	[S2PT_ERRATUM_HCR_WRITE] = {
		"hcr-write",
		"A write of HCR_EL2 may spoil translations of accesses under way.",
		"Nothing; s2pt_aarch64_write_hcr() has the barriers.",
		"DSB NSH before, and ISB after, each write of HCR_EL2.",
		"K Linux",
	},
	[S2PT_ERRATUM_HCR_INTERRUPT] = {
		"hcr-interrupt",
		"An interrupt while HCR_EL2 or SCTLR_EL2 changes may go to a wrong Exception level.",
		"Nothing.",
		"HCR_EL2.xMO stays set, or interrupts are masked, around such writes.",
		"K Linux; AC04 is not known",
	},
	[S2PT_ERRATUM_HCR_VM_OFF] = {
		"hcr-vm-off",
		"Speculative fetches may be made under stage 2 while EL2's own MMU is off.",
		"Nothing.",
		"HCR_EL2.VM = 0 before the MMU of EL2 goes off.",
		"text of a TF-A review; the range is not known",
	},
	[S2PT_ERRATUM_TTBR_WRITE] = {
		"ttbr-write",
		"An access between a write of a TTBR and its ISB may end in a false Data Abort on any thread.",
		"Nothing.",
		"Trapping the guest's writes of TTBRs where threads share a core.",
		"K Linux",
	},
	[S2PT_ERRATUM_FALSE_STAGE2] = {
		"false-stage2",
		"A load across pages that should take a stage-1 fault may report one of stage 2, with a wrong HPFAR_EL2.",
		"Nothing.",
		"Translate the VA (AT S1E1R) before a fault is acted upon: where that fails, enter the guest again.",
		"K Linux (off unless asked for), Xen",
	},
	[S2PT_ERRATUM_PAR_DEADLOCK] = {
		"par-deadlock",
		"A store-exclusive, or a read of PAR_EL1, near a load of NC or Device memory may stop the CPU.",
		"Nothing; s2pt_aarch64_locate() has the barriers.",
		"DMB SY around reads of PAR_EL1 and before a guest is entered; no such memory for guests that are not trusted; "
		"firmware.",
		"V CVE-2023-34320, XSA-436; K Linux, Xen",
	},
	[S2PT_ERRATUM_EXCLUSIVE_DEADLOCK] = {
		"exclusive-deadlock",
		"An exclusive of Write-Back memory near a load of Device memory may stop the CPU.",
		"Nothing.",
		"Device loads with acquire semantics. A guest can stop the CPU: no Device memory where it is not trusted.",
		"K Linux, Xen",
	},
	[S2PT_ERRATUM_NC_LOAD_ORDER] = {
		"nc-load-order",
		"A load of Normal-NC or Device-GRE memory may return data that is older than an earlier load's of the same line.",
		"Nothing; the other Device types are not concerned (inferred).",
		"Firmware (CPUACTLR2_EL1[22]); else what a device may stand does not include reordering.",
		"K TF-A",
	},
	[S2PT_ERRATUM_DEVICE_LOAD_ORDER] = {
		"device-load-order",
		"A Device load may overtake an older Device store to the same peripheral.",
		"Nothing.",
		"MMIO stores with release semantics, those to an SMMU's queues, too (inferred).",
		"K Linux",
	},
	[S2PT_ERRATUM_CLEAN_EVICTED] = {
		"clean-evicted",
		"A clean by VA may lose to an eviction.",
		"What is needed in any case: clean_data cleans and invalidates.",
		"DC CIVAC in place of DC CVAC, in clean_tables, too.",
		"V; K Linux, Xen, TF-A",
	},
	[S2PT_ERRATUM_CMO_EARLY] = {
		"cmo-early",
		"Cache maintenance may be said to be complete too early for agents that are not coherent (Arm SI L1 4311569).",
		"Nothing.",
		"Adding the erratum by name: no register tells of it. Maintenance twice.",
		"K Linux, by a boot parameter",
	},
	[S2PT_ERRATUM_DIC] = {
		"dic",
		"Stale instructions may be executed although CTR_EL0.DIC says that no invalidation is needed.",
		"Nothing.",
		"invalidate_icache invalidates whatever DIC says.",
		"K Linux",
	},
	[S2PT_ERRATUM_TRBE_BOUNDS] = {
		"trbe-bounds",
		"The trace buffer unit may write before its base, or behind its limit.",
		"Nothing.",
		"Where trace memory goes through stage 2 (inferred): the pages around the buffer are mapped, and of the same owner.",
		"K Linux",
	},
	[S2PT_ERRATUM_SMMU_SYNC_EVENT] = {
		"smmu-sync-event",
		"The event that ends a CMD_SYNC is lost.",
		"What is needed in any case: s2pt_smmu_sync() asks for no signal.",
		"Waiting by polling, or by MSI.",
		"K Linux",
	},
	[S2PT_ERRATUM_SMMU_NESTED] = {
		"smmu-nested",
		"Nested translation is not reliable.",
		"smmu.stage1 is false: nested parameters are refused.",
		"No STE with both stages.",
		"K Linux",
	},
	[S2PT_ERRATUM_SMMU_BATCH] = {
		"smmu-batch",
		"Commands of different kinds must not follow each other without a CMD_SYNC.",
		"Commands of one kind, then a CMD_SYNC, after 63 of them at most.",
		"The same for commands of its own.",
		"K Linux",
	},
	[S2PT_ERRATUM_SMMU_GROUPS] = {
		"smmu-groups",
		"Members of a contiguous group stay where a command covers a part of the group; single commands are lost after ranges.",
		"Ranges of whole groups, two granules at least; without ranges the VMID as a whole.",
		"Nothing.",
		"V CVE-2026-99586; K Linux, for SVA; stage 2: inferred",
	},
	[S2PT_ERRATUM_SMMU_BTM] = {
		"smmu-btm",
		"Broadcast TLBIs are not heard reliably. The reason is not public.",
		"smmu.btm is false.",
		"Commands for every change, and BTM off.",
		"K Linux",
	},
	[S2PT_ERRATUM_SMMU_REPEAT] = {
		"smmu-repeat",
		"An entry survives an invalidation beside traffic (NVIDIA Tegra264 T264-SMMU-3).",
		"Each part of a sequence, with its CMD_SYNC, is sent twice; ATC invalidations once.",
		"Adding the erratum by name: no register tells of it. CMD_CFGI commands twice, each with a CMD_SYNC.",
		"K Linux",
	},
	[S2PT_ERRATUM_SMMU_PREFETCH] = {
		"smmu-prefetch",
		"CMD_PREFETCH is broken (HiSilicon Hip06, Hip07 161010701).",
		"What is needed in any case: the library sends none.",
		"Adding the erratum by name. No CMD_PREFETCH.",
		"K Linux, by the model that firmware names",
	},
};
/* clang-format on */

static const char cure_names[][16] = {
	"repeat",
	"dsb-all",
	"whole-vmid",
	"xn-breaks",
	"smmu-repeat",
	"smmu-groups",
	"smmu-sync",
	"smmu-flat",
	"smmu-commands",
	"firmware",
	"guard-at",
	"hcr-barriers",
	"hcr-masked",
	"vm-off-first",
	"trap-ttbr",
	"retranslate",
	"par-dmb",
	"no-devices",
	"mmio-order",
	"cmo-twice",
	"dic-0",
	"ic-switch",
	"trbe-guard",
	"sync-poll",
	"no-prefetch",
	"ic-all",
	"clean-civac",
};

_Static_assert(COUNT(errata) == S2PT_ERRATUM_COUNT, "an erratum without words");
_Static_assert(COUNT(cure_names) == S2PT_CURE_COUNT, "a cure without a name");

#define WORDS(of, erratum) ((unsigned)(erratum) < COUNT(errata) ? errata[erratum].of : "?")

const char *
s2pt_erratum_name(enum s2pt_erratum erratum)
{
	return WORDS(name, erratum);
}

const char *
s2pt_erratum_text(enum s2pt_erratum erratum)
{
	return WORDS(effect, erratum);
}

const char *
s2pt_erratum_library(enum s2pt_erratum erratum)
{
	return WORDS(library, erratum);
}

const char *
s2pt_erratum_host(enum s2pt_erratum erratum)
{
	return WORDS(host, erratum);
}

const char *
s2pt_erratum_source(enum s2pt_erratum erratum)
{
	return WORDS(source, erratum);
}

const char *
s2pt_cure_name(uint32_t cure)
{
	return NAME(cure_names, bit_index(cure));
}

size_t
s2pt_text_errata(char *buf, size_t size, uint64_t set)
{
	struct writer w = writer_of(buf, size);

	put_names(&w, errata[0].name, sizeof(errata[0]), COUNT(errata), set);
	return w.length;
}

size_t
s2pt_text_cures(char *buf, size_t size, uint32_t cures)
{
	struct writer w = writer_of(buf, size);

	PUT_SET(&w, cure_names, cures);
	return w.length;
}
