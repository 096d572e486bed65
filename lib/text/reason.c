/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* reason.c: the words of the module `policy`. */
#include <s2pt/text.h>

#include "text/writer.h"

#define REASON_NAME 24
#define REASON_TEXT 116
#define REASON_BY   96

/* clang-format off */
static const struct {
	char name[REASON_NAME];
	char text[REASON_TEXT];
	char by[REASON_BY];
} reasons[] = {
	[S2PT_WHY_RAM] = { "ram",
		"it is RAM, and the host can keep the caches right for it",
		"Arm, FEAT_S2FWB and cache maintenance to the PoC; argument: who can maintain it may share it" },
	[S2PT_WHY_TRUSTED] = { "trusted",
		"the guest is the host itself: its own stage 1 says what it wants",
		"KVM's protected mode: the host is confined to what is its own, not to a type" },
	[S2PT_WHY_HOST_NC] = { "host_nc",
		"the host maps this RAM Non-cacheable itself, and a cacheable view would disagree",
		"Arm, mismatched memory attributes" },
	[S2PT_WHY_HOST_DEVICE] = { "host_device",
		"the host maps this RAM as Device itself, and any Normal view would disagree",
		"Arm, mismatched memory attributes" },
	[S2PT_WHY_NONCOHERENT_DMA] = { "noncoherent_dma",
		"DMA bypasses the caches, so the guest's own Non-cacheable mappings must be what they say",
		"Arm, FEAT_S2FWB: forced Write-Back overrides the guest's Non-cacheable" },
	[S2PT_WHY_OWNER_ASKS] = { "owner_asks",
		"its owner asks for a cacheable mapping, and FWB makes cache maintenance needless",
		"Linux, cacheable PFNMAP; Arm, FEAT_S2FWB" },
	[S2PT_WHY_OWNER_VOUCHES] = { "owner_vouches",
		"the owner of the device vouches for the accesses that this type allows, and no looser one",
		"argument: the driver of the device knows it; Linux, VM_ALLOW_ANY_UNCACHED" },
	[S2PT_WHY_OWNER_LIMITS] = { "owner_limits",
		"the owner of the device does not vouch even for writes that are acknowledged early",
		"argument: the driver of the device knows it; Arm, Early Write Acknowledgement" },
	[S2PT_WHY_CONFINED] = { "confined",
		"the guest, or the program that runs it, gives up what a looser type allows",
		"argument: to take less needs nobody's leave" },
	[S2PT_WHY_PREFETCHABLE_ALONE] = { "prefetchable_alone",
		"prefetchable says that reads have no side effects, not that writes may be combined",
		"PCIe, prefetchable: no read side effects, and byte merging; no more" },
	[S2PT_WHY_GUEST_WORD] = { "guest_word",
		"the guest asks for more, but only the owner of the device can vouch for it",
		"argument: who is to be confined vouches for nothing" },
	[S2PT_WHY_DEVICE] = { "device",
		"nobody vouches that anything looser is safe",
		"KVM before 2024; Arm, Device memory" },
	[S2PT_WHY_NO_TAGS] = { "no_tags",
		"the guest has MTE, nobody can give this memory tags, and FEAT_MTE_PERM keeps them out of reach",
		"Arm, FEAT_MTE_PERM (R_NQDNZ)" },
	[S2PT_WHY_MMIO_EXEC] = { "mmio_exec",
		"registers are not memory to execute from",
		"Arm, Device memory: fetches from it are CONSTRAINED UNPREDICTABLE" },
	[S2PT_WHY_UNCACHED_EXEC] = { "uncached_exec",
		"fetches are speculative and repeated: Device is never executable, Non-cacheable only as RAM",
		"Arm, Device memory, and speculative fetches" },
	[S2PT_WHY_SIDE_EFFECTS] = { "side_effects",
		"reads and writes of registers have side effects, and a cache would repeat or drop them",
		"Arm, Device memory: no speculation, no repeats" },
	[S2PT_WHY_HOST_UNCACHED] = { "host_uncached",
		"a cacheable mapping is asked for, but the host itself maps it uncached",
		"Arm, mismatched memory attributes; Linux, cacheable PFNMAP" },
	[S2PT_WHY_HOST_CACHEABLE] = { "host_cacheable",
		"the host maps it cacheable, and the guest is not to have the same",
		"Arm, mismatched memory attributes; Linux, cacheable PFNMAP" },
	[S2PT_WHY_PFN_NO_FWB] = { "pfn_no_fwb",
		"without FWB the guest could bypass the caches, and the host cannot maintain them here",
		"Arm, I_MCQKW; Linux has no struct page for it" },
	[S2PT_WHY_PFN_NONCOHERENT] = { "pfn_noncoherent",
		"DMA bypasses the caches, and the host cannot maintain them here",
		"PCIe, No Snoop; Linux has no struct page for it" },
	[S2PT_WHY_PFN_ICACHE] = { "pfn_icache",
		"what is executed needs instruction-cache maintenance (DIC is 0) that the host cannot do here",
		"Arm, CTR_EL0.DIC; Linux, cacheable PFNMAP" },
	[S2PT_WHY_PFN_CONFINED] = { "pfn_confined",
		"the owner asks for Write-Back, and nobody can clean its lines before an uncached mapping",
		"Arm, mismatched memory attributes: a write-back may revert bytes" },
	[S2PT_WHY_UNTAGGABLE] = { "untaggable",
		"the guest has MTE, nobody can give this memory tags, and only FEAT_MTE_PERM could hide that",
		"Arm, FEAT_MTE2; Linux, VM_MTE_ALLOWED" },
	[S2PT_WHY_OWN_MAINTENANCE] = { "own_maintenance",
		"the host itself keeps its caches right",
		"KVM's protected mode" },
	[S2PT_WHY_NO_LINES] = { "no_lines",
		"it is not RAM: the host has left no lines of it in the caches",
		"argument: without a mapping of the host's there are no lines of the host's" },
	[S2PT_WHY_UNCACHED_RAM] = { "uncached_ram",
		"lines left in the caches would hide what is in the RAM, or overwrite it",
		"Arm, cache maintenance to the PoC" },
	[S2PT_WHY_CACHES_OFF] = { "caches_off",
		"the guest may bypass the caches: lines in them would hide memory from it, or its writes",
		"Arm, I_MCQKW, SCTLR_EL1.C; KVM, set/way and the toggle of caches" },
	[S2PT_WHY_FORCED_WB] = { "forced_wb",
		"FWB forces Write-Back: every access of the guest's goes through the caches",
		"Arm, FEAT_S2FWB" },
	[S2PT_WHY_EXECUTED] = { "executed",
		"it is executed, and fetches look in instruction caches, and behind data caches",
		"Arm, CTR_EL0.{DIC,IDC}" },
	[S2PT_WHY_TAGGED] = { "tagged",
		"the guest has MTE, and must not read the tags of an earlier owner",
		"Arm, FEAT_MTE2; KVM, sanitising tags" },
	[S2PT_WHY_DMA_DEVICE] = { "dma_device",
		"the access is Device: it bypasses the caches",
		"SMMU, IHI 0070, 13.1" },
	[S2PT_WHY_DMA_CANWBS] = { "dma_canwbs",
		"the firmware promises coherent accesses to RAM, whatever their attributes (CANWBS)",
		"IORT, CANWBS of a root complex" },
	[S2PT_WHY_DMA_UNCACHED] = { "dma_uncached",
		"the access is Non-cacheable: it bypasses the caches",
		"SMMU, IHI 0070, 13.1" },
	[S2PT_WHY_DMA_UNSHARED] = { "dma_unshared",
		"the access is not Write-Back and shareable: it need not look into the CPUs' caches",
		"SMMU, IHI 0070, 13.1" },
	[S2PT_WHY_DMA_NO_SNOOP] = { "dma_no_snoop",
		"the function may issue No_snoop, which no stage-2 setting stops: it bypasses the caches",
		"PCIe, No Snoop; SMMU, IHI 0070, 13.6.1.1" },
	[S2PT_WHY_DMA_NO_SNOOP_STOPPED] = { "dma_no_snoop_stopped",
		"the function may issue No_snoop, but it does not get through",
		"PCIe, Enable No Snoop; SMMU, IHI 0070, 13.6.1.1" },
	[S2PT_WHY_DMA_COHERENT] = { "dma_coherent",
		"the access is Write-Back and shareable",
		"SMMU, IHI 0070, 13.1" },
};
/* clang-format on */

static const char fact_names[][16] = {
	"ram",
	"pfn",
	"mmio",
	"host_cacheable",
	"host_nc",
	"host_device",
	"stands_nc",
	"asked",
	"guest_word",
	"prefetchable",
	"exec",
	"noncoherent",
	"trusted",
	"mte",
	"untaggable",
	"tags_possible",
	"fwb",
	"mte_perm",
	"dic",
	"idc",
	"stands_GRE",
	"stands_nGRE",
	"stands_nGnRE",
	"vouched",
	"confined",
	"cacheable",
	"uncached",
	"nc",
	"as_stage1",
};
static const char needs_names[][12] = { "clean_poc", "clean_pou", "icache", "tags" };
static const char loss_names[][12] = {
	"order",
	"coherency",
	"speculation",
	"gathering",
	"reordering",
	"exclusives",
	"writes",
};
static const char stands_names[][12] = {
	"early-ack",
	"reorder",
	"gather",
	"unaligned",
	"speculate",
	"walk",
	"atomic",
	"cached",
};

/* Who could state a fact: by what it is about. */
static const char sources[][40] = {
	"the host's memory management",
	"the device's driver",
	"the owner of the memory",
	"the CPU's ID registers",
	"whoever assigns devices to the guest",
	"whoever sets the guest up",
};
enum source {
	MEMORY_MANAGEMENT,
	DRIVER,
	OWNER,
	CPU,
	ASSIGNMENT,
	SET_UP,
};

static const uint8_t source_of_fact[] = {
	MEMORY_MANAGEMENT, /* ram */
	MEMORY_MANAGEMENT, /* pfn */
	MEMORY_MANAGEMENT, /* mmio */
	MEMORY_MANAGEMENT, /* host_cacheable */
	MEMORY_MANAGEMENT, /* host_nc */
	MEMORY_MANAGEMENT, /* host_device */
	DRIVER,            /* stands_nc */
	OWNER,             /* asked */
	SET_UP,            /* guest_word */
	DRIVER,            /* prefetchable */
	SET_UP,            /* exec */
	ASSIGNMENT,        /* noncoherent */
	SET_UP,            /* trusted */
	SET_UP,            /* mte */
	MEMORY_MANAGEMENT, /* untaggable */
	MEMORY_MANAGEMENT, /* tags_possible */
	CPU,               /* fwb */
	CPU,               /* mte_perm */
	CPU,               /* dic */
	CPU,               /* idc */
	DRIVER,            /* stands_GRE */
	DRIVER,            /* stands_nGRE */
	DRIVER,            /* stands_nGnRE */
	DRIVER,            /* vouched */
	SET_UP,            /* confined */
};

/* clang-format off */
static const struct {
	char name[12];
	char text[140];
} repairs[] = {
	[S2PT_REPAIR_NONE] = { "none", "nothing is lost that a barrier or maintenance brings back" },
	[S2PT_REPAIR_DMB] = { "dmb", "a DMB between accesses by one mapping and by the other" },
	[S2PT_REPAIR_MAINTAIN] = { "maintain",
		"clean or invalidate before a write that is not Write-Back, clean after one that is, "
		"invalidate before reading, and DMB" },
	[S2PT_REPAIR_AROUND] = { "around",
		"clean and invalidate around every access, and DMB of the wider domain" },
};

static const char steps[][116] = {
	[S2PT_DO_STOP_DMA] = "turn its bus mastering off, and read its configuration space back",
	[S2PT_DO_DETACH] = "make its STE invalid; CMD_CFGI_STE, CMD_SYNC",
	[S2PT_DO_FORGET] = "CMD_TLBI of the VMID, CMD_ATC_INV, CMD_SYNC: no access under way is translated any more",
	[S2PT_DO_FACTS] = "fold the masters that there are then into the facts, and choose again",
	[S2PT_DO_RETYPE] = "give all RAM its new type, by s2pt_table_protect() with retype and ram: it cleans as well",
	[S2PT_DO_TRAP] = "trap the guest's switching of its caches, and set/way maintenance (HCR_EL2.TVM, TSW)",
	[S2PT_DO_UNTRAP] = "stop trapping the switching of caches and set/way, unless an answer still has on_caches_on",
	[S2PT_DO_ATTACH] = "make its STE valid; CMD_CFGI_STE, CMD_SYNC",
	[S2PT_DO_ALLOW_DMA] = "turn its bus mastering on",
	[S2PT_DO_UNMAP] = "unmap it: no CPU begins an access any more, and those begun are acknowledged",
	[S2PT_DO_DRAIN] = "read its configuration space (PCIe) or the device itself: posted writes have arrived",
	[S2PT_DO_RESET] = "reset it",
	[S2PT_DO_MAP] = "map it",
	[S2PT_DO_CLEAN] = "clean and invalidate all that is mapped as stage 1 says, once",
	[S2PT_DO_LET] = "do what the guest was about to do",
	[S2PT_DO_INIT_TAGS] = "initialise the Allocation Tags, by a tagged mapping of the host's own",
	[S2PT_DO_BARRIER] = "DSB ISH",
};
static const char procedure_names[][12] = { "plug", "unplug", "revoke", "caches-on", "tags" };
/* clang-format on */

_Static_assert(COUNT(steps) == S2PT_DO_COUNT, "a step without words");
_Static_assert(COUNT(procedure_names) == S2PT_PROCEDURE_COUNT, "a procedure without a name");
_Static_assert(COUNT(reasons) == S2PT_WHY_COUNT, "a reason without words");
_Static_assert(COUNT(fact_names) == S2PT_FACT_COUNT, "a fact without a name");
_Static_assert(COUNT(needs_names) == S2PT_NEEDS_COUNT, "maintenance without a name");
_Static_assert(COUNT(loss_names) == S2PT_LOSS_COUNT, "a loss without a name");
_Static_assert(COUNT(stands_names) == S2PT_STANDS_COUNT, "an access without a name");

const char *
s2pt_policy_reason_name(enum s2pt_policy_reason reason)
{
	return (size_t)reason < COUNT(reasons) ? reasons[reason].name : "?";
}

const char *
s2pt_policy_reason_text(enum s2pt_policy_reason reason)
{
	return (size_t)reason < COUNT(reasons) ? reasons[reason].text : "?";
}

const char *
s2pt_policy_reason_by(enum s2pt_policy_reason reason)
{
	return (size_t)reason < COUNT(reasons) ? reasons[reason].by : "?";
}

const char *
s2pt_repair_name(enum s2pt_repair repair)
{
	return (size_t)repair < COUNT(repairs) ? repairs[repair].name : "?";
}

const char *
s2pt_repair_text(enum s2pt_repair repair)
{
	return (size_t)repair < COUNT(repairs) ? repairs[repair].text : "?";
}

const char *
s2pt_fact_name(uint32_t fact)
{
	return NAME(fact_names, bit_index(fact));
}

const char *
s2pt_fact_who(uint32_t fact)
{
	const size_t index = bit_index(fact);

	return index < COUNT(source_of_fact) ? sources[source_of_fact[index]] : "?";
}

const char *
s2pt_procedure_name(enum s2pt_procedure procedure)
{
	return NAME(procedure_names, procedure);
}

const char *
s2pt_step_text(enum s2pt_procedure_step step)
{
	return NAME(steps, step);
}

const char *
s2pt_stands_name(uint32_t access)
{
	return NAME(stands_names, bit_index(access));
}

const char *
s2pt_needs_name(uint32_t need)
{
	return NAME(needs_names, bit_index(need));
}

const char *
s2pt_loss_name(uint32_t loss)
{
	return NAME(loss_names, bit_index(loss));
}

size_t
s2pt_text_facts(char *buf, size_t size, uint32_t facts)
{
	struct writer w = writer_of(buf, size);

	PUT_SET(&w, fact_names, facts);
	return w.length;
}

static void
put_needs(struct writer *w, uint32_t needed)
{
	PUT_SET(w, needs_names, needed);
}

size_t
s2pt_text_needs(char *buf, size_t size, uint32_t needed)
{
	struct writer w = writer_of(buf, size);

	put_needs(&w, needed);
	return w.length;
}

size_t
s2pt_text_losses(char *buf, size_t size, uint32_t losses)
{
	struct writer w = writer_of(buf, size);

	PUT_SET(&w, loss_names, losses);
	return w.length;
}

size_t
s2pt_text_stands(char *buf, size_t size, uint32_t stands)
{
	struct writer w = writer_of(buf, size);

	PUT_SET(&w, stands_names, stands);
	return w.length;
}

/* --- Answers --------------------------------------------------------------------------------------- */

static void
put_moment(struct writer *w, const char *moment, uint8_t needed)
{
	if (!needed)
		return;
	put_text(w, moment);
	put_needs(w, needed);
}

size_t
s2pt_text_policy(char *buf, size_t size, enum s2pt_status status, const struct s2pt_policy *policy)
{
	struct writer w = writer_of(buf, size);

	if (status != S2PT_OK) {
		put_text(&w, status == S2PT_ERR_POLICY ? "refused: " : s2pt_status_text(status));
		if (status == S2PT_ERR_POLICY)
			put_text(&w, s2pt_policy_reason_text(policy->reason));
		put_char(&w, '.');
		return w.length;
	}
	put_text(&w, s2pt_memtype_name(policy->type));
	put_word(&w, s2pt_sh_name((enum s2pt_sh)policy->sh));
	put_text(&w, policy->executable ? " executable: " : ": ");
	put_text(&w, s2pt_policy_reason_text(policy->reason));
	put_text(&w, ". Needs");
	if (!(policy->on_map | policy->on_unmap | policy->on_caches_on))
		put_text(&w, " nothing");
	put_moment(&w, " on map", policy->on_map);
	put_moment(&w, ", on unmap", policy->on_unmap);
	put_moment(&w, ", on caches on", policy->on_caches_on);
	put_text(&w, ": ");
	put_text(&w, s2pt_policy_reason_text(policy->maintenance));
	put_char(&w, '.');
	return w.length;
}
