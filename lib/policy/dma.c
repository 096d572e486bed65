/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dma.c: is a device's access coherent, and which maintenance does the host need if it is not? A list of rules, as
 * choose.c has.
 */
#include <s2pt/policy.h>

#include "arch/field.h"

/* Facts about one access. */
enum {
	DEVICE = 1u << 0, /* the attribute after stage 2 */
	UNCACHED = 1u << 1,
	SHARED_WB = 1u << 2, /* Write-Back in both halves, ISH or OSH */
	NO_SNOOP = 1u << 3,  /* it may be marked so, and the mark gets through */
	STOPPED = 1u << 4,   /* ... and does not */
	CANWBS = 1u << 5,
	RAM = 1u << 6,
};

/*
 * The first rule whose facts hold, and none of whose excludes, applies. It is about what reaches memory: whatever
 * bypasses the caches, Device included, needs maintenance of RAM; and a platform's promise is about conventional
 * memory.
 */
/* clang-format off */
static const struct {
	uint8_t needs;
	uint8_t excludes;
	bool coherent;
	uint8_t reason;
} rules[] = {
	/* all of        none of    coherent */
	{ CANWBS | RAM,  0,         true,    S2PT_WHY_DMA_CANWBS },
	{ DEVICE,        0,         false,   S2PT_WHY_DMA_DEVICE },
	{ UNCACHED,      0,         false,   S2PT_WHY_DMA_UNCACHED },
	{ NO_SNOOP,      0,         false,   S2PT_WHY_DMA_NO_SNOOP },
	{ 0,             SHARED_WB, false,   S2PT_WHY_DMA_UNSHARED },
	{ STOPPED,       0,         true,    S2PT_WHY_DMA_NO_SNOOP_STOPPED },
	{ 0,             0,         true,    S2PT_WHY_DMA_COHERENT },
};
/* clang-format on */

/* What a master's access is after overrides, which replace what comes in, and stage 2. */
static enum s2pt_status
combine(const struct s2pt_master *master, uint8_t memattr, uint8_t sh, struct s2pt_attr *attr)
{
	struct s2pt_stage2 s2;
	struct s2pt_attr in;
	enum s2pt_status status;

	s2.memattr = memattr;
	s2.sh = sh;
	s2.fnxs = false;
	status = s2pt_mair_decode(0, s2pt_par_encode(0, &master->incoming),
				  (enum s2pt_sh)master->incoming.sh, &in);
	if (status != S2PT_OK)
		return status;
	if (!master->stage1 && (!master->pcie || master->overrides_pcie))
		s2pt_smmu_apply_override(&master->override, &in);
	return s2pt_smmu_combine(master->feats, &in, &s2, attr);
}

/* But for RAM, which is the caller's to say. */
static unsigned
facts_of(const struct s2pt_master *master, const struct s2pt_attr *attr)
{
	const bool issues = master->pcie && master->no_snoop;
	const enum s2pt_kind kind = s2pt_attr_kind(attr);

	return (attr->device ? DEVICE : 0u) |
	       (kind == S2PT_KIND_NORMAL_NC ? UNCACHED : 0u) |
	       (kind == S2PT_KIND_NORMAL_WB && attr->sh != S2PT_SH_NSH ? SHARED_WB : 0u) |
	       (issues && !master->no_snoop_stopped ? NO_SNOOP : 0u) |
	       (issues && master->no_snoop_stopped ? STOPPED : 0u) |
	       (master->canwbs ? CANWBS : 0u);
}

/* The index of the rule that applies. */
static size_t
rule_for(unsigned facts)
{
	size_t i = 0;

	while ((facts & rules[i].needs) != rules[i].needs || (facts & rules[i].excludes))
		i++;
	return i;
}

enum s2pt_status
s2pt_policy_dma(const struct s2pt_master *master, struct s2pt_dma_policy *dma)
{
	enum s2pt_status status = combine(master, master->memattr, master->sh, &dma->attr);
	unsigned facts, needed;
	size_t i;

	if (status != S2PT_OK)
		return status;
	facts = facts_of(master, &dma->attr);
	i = rule_for(facts | (master->ram ? RAM : 0u));
	needed = !rules[i].coherent && master->ram ? S2PT_NEEDS_CLEAN_POC : 0;
	if (facts & NO_SNOOP)
		s2pt_smmu_no_snoop(&dma->attr);
	dma->coherent = rules[i].coherent;
	dma->on_map = (uint8_t)needed;
	dma->on_unmap = (uint8_t)needed;
	dma->guest_maintains = needed != 0;
	dma->reason = (enum s2pt_policy_reason)rules[i].reason;
	return S2PT_OK;
}

enum s2pt_status
s2pt_policy_assign(const struct s2pt_master *master, struct s2pt_platform *platform, struct s2pt_guest *guest)
{
	struct s2pt_attr attr;
	enum s2pt_status status;
	unsigned facts;
	uint8_t memattr;

	if ((master->feats ^ platform->feats) & S2PT_FEAT_S2FWB)
		return S2PT_ERR_FEATURE;
	must_be_ok(s2pt_memattr_encode(master->feats, S2PT_MEM_NORMAL_WB, &memattr));
	status = combine(master, memattr, S2PT_SH_ISH, &attr);
	if (status != S2PT_OK)
		return status;
	if (!(master->feats & S2PT_FEAT_MTE_PERM))
		platform->feats &= ~S2PT_FEAT_MTE_PERM;
	facts = facts_of(master, &attr);
	if (!rules[rule_for(facts | RAM)].coherent)
		guest->noncoherent_dma = true;
	if (!rules[rule_for(facts)].coherent)
		guest->noncoherent_p2p = true;
	return S2PT_OK;
}
