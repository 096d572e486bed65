/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "masters.h"

#include <string.h>

const struct kind kinds[KINDS] = {
	{ .name = "coherent PCIe", .pcie = true },
	{ .name = "PCIe with No_snoop", .pcie = true, .no_snoop = true },
	{ .name = "PCIe with No_snoop stopped", .pcie = true, .no_snoop = true, .stopped = true },
	{ .name = "PCIe with No_snoop and CANWBS", .pcie = true, .no_snoop = true, .canwbs = true },
	{ .name = "PCIe, Non-cacheable", .incoming = INCOMING_NC, .pcie = true },
	{ .name = "PCIe, Non-cacheable, with CANWBS", .incoming = INCOMING_NC, .pcie = true, .canwbs = true },
	{ .name = "coherent platform master", .incoming = INCOMING_WB_ISH },
	{ .name = "platform master, Write-Through", .incoming = INCOMING_WT },
	{ .name = "platform master, Non-cacheable", .incoming = INCOMING_NC },
	{ .name = "platform master, Device", .incoming = INCOMING_DEVICE },
	{ .name = "platform master with a No_snoop that it has not", .no_snoop = true },
	{ .name = "platform master overridden to Non-cacheable", .to_nc = true },
	{ .name = "platform master overridden to Inner Shareable", .to_ish = true },
	{ .name = "PCIe with an override that is not for it", .pcie = true, .to_nc = true },
	{ .name = "PCIe overridden to Non-cacheable", .pcie = true, .overrides_pcie = true, .to_nc = true },
	{ .name = "stage 1 says Non-cacheable", .incoming = INCOMING_NC, .stage1 = true, .pcie = true },
	{ .name = "stage 1 says Write-Back, beside an override; no MTEPERM",
	  .incoming = INCOMING_WB_ISH,
	  .stage1 = true,
	  .to_nc = true,
	  .lacks_mte_perm = true },
	{ .name = "the other S2FWB", .pcie = true, .other_fwb = true },
};

static const uint8_t mair_of[INCOMING_COUNT] = { 0xff, 0xff, 0xbb, 0x44, 0x04 };

static s2pt_feats
feats_of(const struct kind *kind, s2pt_feats platform)
{
	s2pt_feats feats = platform & (S2PT_FEAT_S2FWB | S2PT_FEAT_MTE_PERM);

	if (kind->lacks_mte_perm)
		feats &= ~S2PT_FEAT_MTE_PERM;
	return kind->other_fwb ? feats ^ S2PT_FEAT_S2FWB : feats;
}

static void
incoming_attr(enum incoming incoming, struct s2pt_attr *attr)
{
	struct s2pt_cache_attr half = { .alloc = S2PT_ALLOC_RWA };

	*attr = (struct s2pt_attr){ .xs = true, .sh = S2PT_SH_OSH };
	half.cacheability = incoming == INCOMING_WT ? S2PT_WT : S2PT_WB;
	switch (incoming) {
	case INCOMING_DEVICE:
		attr->device = true;
		attr->device_type = S2PT_DEVICE_nGnRE;
		break;
	case INCOMING_NC:
		break;
	default:
		attr->inner = half;
		attr->outer = half;
		attr->sh = incoming == INCOMING_WB_ISH ? S2PT_SH_ISH : S2PT_SH_NSH;
		attr->xs = incoming == INCOMING_WT;
	}
}

void
kind_master(const struct kind *kind, s2pt_feats platform, struct s2pt_master *master)
{
	*master = (struct s2pt_master){
		.stage1 = kind->stage1,
		.pcie = kind->pcie,
		.overrides_pcie = kind->overrides_pcie,
		.no_snoop = kind->no_snoop,
		.no_snoop_stopped = kind->stopped,
		.canwbs = kind->canwbs,
		.feats = feats_of(kind, platform),
	};
	incoming_attr(kind->incoming, &master->incoming);
	if (kind->to_nc) {
		master->override.type = true;
		master->override.memattr = 0x5;
	}
	if (kind->to_ish) {
		master->override.sh = true;
		master->override.sh_is = S2PT_SH_ISH;
	}
}

bool
kind_attr(const struct kind *kind, s2pt_feats platform, uint8_t memattr, uint8_t sh, struct ref_attr *attr)
{
	s2pt_feats feats = feats_of(kind, platform);
	bool overridden = !kind->stage1 && (!kind->pcie || kind->overrides_pcie);
	struct ref_combine_in in = {
		.feat_mte_perm = feats & S2PT_FEAT_MTE_PERM,
		.fwb = feats & S2PT_FEAT_S2FWB,
		.mair = overridden && kind->to_nc ? 0x44 : mair_of[kind->incoming],
		.s1_sh = kind->incoming == INCOMING_WB_ISH || (overridden && kind->to_ish) ? S2PT_SH_ISH : S2PT_SH_NSH,
		.s2_memattr = memattr,
		.s2_sh = sh,
		.sctlr_c = true,
	};
	struct ref_combine_out out;

	/* Device and Non-cacheable come in as Outer Shareable. */
	if (in.mair == 0x44 || in.mair == 0x04)
		in.s1_sh = kind->to_nc ? in.s1_sh : S2PT_SH_OSH;
	ref_combine(&in, &out);
	if (out.reserved)
		return false;
	*attr = out.attr;
	if (kind->pcie && kind->no_snoop && !kind->stopped && !attr->device && (attr->outer != 0 || attr->inner != 0)) {
		memset(attr, 0, sizeof(*attr));
		attr->sh = S2PT_SH_OSH;
		attr->xs = out.attr.xs;
	}
	return true;
}

bool
kind_sh_known(const struct kind *kind, const struct ref_attr *attr)
{
	bool uncached = kind->to_nc || kind->incoming == INCOMING_NC || kind->incoming == INCOMING_DEVICE;

	return !uncached || attr->device || (attr->outer == 0 && attr->inner == 0);
}

bool
kind_coherent(const struct kind *kind, bool ram, const struct ref_attr *attr)
{
	if (kind->canwbs && ram)
		return true;
	return !attr->device && attr->outer == 2 && attr->inner == 2 && attr->sh != S2PT_SH_NSH;
}

bool
kind_bypasses(const struct kind *kind, s2pt_feats platform, bool ram)
{
	struct ref_attr attr;

	if (!kind_attr(kind, platform, platform & S2PT_FEAT_S2FWB ? 0x6 : 0xf, S2PT_SH_ISH, &attr))
		return true;
	return !kind_coherent(kind, ram, &attr);
}
