/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dma.c: is a device's access coherent, and which maintenance does the host need if it is not? A list of rules, as
 * choose.c has.
 */
#include <s2pt/policy.h>

/* Facts about one access. */
enum {
	DEVICE = 1u << 0, /* the attribute after stage 2 */
	UNCACHED = 1u << 1,
	SHARED_WB = 1u << 2, /* Write-Back in both halves, ISH or OSH */
	NO_SNOOP = 1u << 3,
	STOPPED = 1u << 4,
	CANWBS = 1u << 5,
};

/* The first rule whose needs hold, and none of whose excludes, applies. Maintenance is needed for RAM alone. */
/* clang-format off */
static const struct {
	uint8_t needs;
	uint8_t excludes;
	bool coherent;
	bool maintenance;
	uint8_t reason;
} rules[] = {
	/* all of   none of    coherent maintenance */
	{ DEVICE,   0,         false,   false, S2PT_WHY_DMA_DEVICE },
	{ CANWBS,   0,         true,    false, S2PT_WHY_DMA_CANWBS },
	{ UNCACHED, 0,         false,   true,  S2PT_WHY_DMA_UNCACHED },
	{ 0,        SHARED_WB, false,   true,  S2PT_WHY_DMA_UNSHARED },
	{ NO_SNOOP, STOPPED,   false,   true,  S2PT_WHY_DMA_NO_SNOOP },
	{ NO_SNOOP, 0,         true,    false, S2PT_WHY_DMA_NO_SNOOP_STOPPED },
	{ 0,        0,         true,    false, S2PT_WHY_DMA_COHERENT },
};
/* clang-format on */

/* Overrides replace what comes in; it may then be combined with stage 2. */
static enum s2pt_status
effective(const struct s2pt_master *master, struct s2pt_attr *attr)
{
	struct s2pt_stage2 s2;
	struct s2pt_attr in;
	enum s2pt_status status;

	s2.memattr = master->memattr;
	s2.sh = master->sh;
	s2.fnxs = false;
	status = s2pt_mair_decode(0, s2pt_par_encode(0, &master->incoming),
				  (enum s2pt_sh)master->incoming.sh, &in);
	if (status != S2PT_OK)
		return status;
	if (!master->stage1 && (!master->pcie || master->overrides_pcie))
		s2pt_smmu_apply_override(&master->override, &in);
	return s2pt_smmu_combine(master->feats, &in, &s2, attr);
}

static unsigned
facts_of(const struct s2pt_master *master, const struct s2pt_attr *attr)
{
	bool wb = attr->outer.cacheability == S2PT_WB && attr->inner.cacheability == S2PT_WB;
	bool nc = attr->outer.cacheability == S2PT_NC && attr->inner.cacheability == S2PT_NC;

	return (attr->device ? DEVICE : 0u) |
	       (nc ? UNCACHED : 0u) |
	       (wb && attr->sh != S2PT_SH_NSH ? SHARED_WB : 0u) |
	       (master->pcie && master->no_snoop ? NO_SNOOP : 0u) |
	       (master->no_snoop_stopped ? STOPPED : 0u) |
	       (master->canwbs ? CANWBS : 0u);
}

enum s2pt_status
s2pt_policy_dma(const struct s2pt_master *master, struct s2pt_dma_policy *dma)
{
	enum s2pt_status status = effective(master, &dma->attr);
	unsigned facts, needed;
	size_t i = 0;

	if (status != S2PT_OK)
		return status;
	facts = facts_of(master, &dma->attr);
	while ((facts & rules[i].needs) != rules[i].needs || (facts & rules[i].excludes))
		i++;
	needed = rules[i].maintenance && master->ram ? S2PT_NEEDS_CLEAN_POC : 0;
	if (rules[i].reason == S2PT_WHY_DMA_NO_SNOOP)
		s2pt_smmu_no_snoop(&dma->attr);
	dma->coherent = rules[i].coherent;
	dma->on_map = (uint8_t)needed;
	dma->on_unmap = (uint8_t)needed;
	dma->guest_maintains = needed != 0;
	dma->reason = (enum s2pt_policy_reason)rules[i].reason;
	return S2PT_OK;
}
