/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "views.h"

#include <string.h>

const uint8_t views_mair[REQUEST_COUNT] = { 0xff, 0x44, 0x00 };

enum {
	NC,
	WT,
	WB,
};

/* Accesses by type, each with those of the types before it. */
static const uint32_t device_allows[4] = {
	0,
	S2PT_STANDS_EARLY_ACK,
	S2PT_STANDS_EARLY_ACK | S2PT_STANDS_REORDER,
	S2PT_STANDS_EARLY_ACK | S2PT_STANDS_REORDER | S2PT_STANDS_GATHER,
};

/* The tables of the architecture: FWB=0, FWB=1, and what needs FEAT_MTE_PERM. -1: no encoding. */
static int
memattr_of(const struct mode *mode, enum s2pt_memtype type)
{
	static const int8_t mixed[] = { 0x6, 0x7, 0x9, 0xa, 0xb, 0xd, 0xe }; /* oNC_iWT to oWB_iWT */

	switch (type) {
	case S2PT_MEM_DEVICE_nGnRnE:
	case S2PT_MEM_DEVICE_nGnRE:
	case S2PT_MEM_DEVICE_nGRE:
	case S2PT_MEM_DEVICE_GRE:
		return (int)type;
	case S2PT_MEM_NORMAL_NC:
		return 0x5;
	case S2PT_MEM_NORMAL_WB:
		return mode->fwb ? 0x6 : 0xf;
	case S2PT_MEM_AS_STAGE1:
		return mode->fwb ? 0x7 : 0xf;
	case S2PT_MEM_NORMAL_WB_NOTAGACCESS:
		return !mode->mte_perm ? -1 : mode->fwb ? 0xe
							: 0x4;
	case S2PT_MEM_AS_STAGE1_NOTAGACCESS:
		return !mode->mte_perm ? -1 : mode->fwb ? 0xf
							: 0x4;
	default:
		return mode->fwb ? -1 : mixed[type - S2PT_MEM_NORMAL_oNC_iWT];
	}
}

static enum rank
rank_of(enum s2pt_memtype type)
{
	if (type <= S2PT_MEM_NORMAL_NC)
		return (enum rank)type;
	return type < S2PT_MEM_NORMAL_oNC_iWT ? RANK_WB : RANK_PARTLY;
}

bool
views_cached(const struct ref_attr *attr)
{
	return !attr->device && (attr->outer != NC || attr->inner != NC);
}

bool
views_unshared(const struct ref_attr *attr)
{
	return views_cached(attr) && attr->sh == S2PT_SH_NSH;
}

static uint8_t
way_of(const struct ref_attr *attr)
{
	return views_cached(attr) ? WAY_CACHED : WAY_BYPASS;
}

static uint32_t
allows_of(const struct ref_attr *attr)
{
	if (attr->device)
		return device_allows[attr->device_type];
	return views_cached(attr) ? S2PT_STANDS_NC | S2PT_STANDS_CACHED : S2PT_STANDS_NC;
}

/*
 * Is it what the host has, in type and cacheability: Normal Write-Back, or Normal-NC? Which Device type the host has,
 * nobody says.
 */
static bool
matches(const struct ref_attr *attr, enum s2pt_host_view host)
{
	switch (host) {
	case S2PT_HOST_VIEW_CACHEABLE:
		return !attr->device && attr->outer == WB && attr->inner == WB;
	case S2PT_HOST_VIEW_NC:
		return !attr->device && !views_cached(attr);
	case S2PT_HOST_VIEW_DEVICE:
		return false;
	default:
		return true;
	}
}

static void
add_data(struct views *views, const struct ref_combine_in *in)
{
	struct ref_combine_out out;

	ref_combine(in, &out);
	if (out.reserved)
		return;
	views->allows |= allows_of(&out.attr);
	if (in->s1_off || !in->sctlr_c)
		views->off |= way_of(&out.attr);
	else
		views->on |= way_of(&out.attr);
	views->tags = views->tags || (out.attr.tagged && !out.attr.notagaccess);
	views->unshared = views->unshared || views_unshared(&out.attr);
	for (unsigned host = 0; host < 4u; host++)
		if (!matches(&out.attr, (enum s2pt_host_view)host))
			views->mismatch[host] = true;
}

/* A guest's tables are in memory that lets its walker read: Device refuses (HCR_EL2.PTW). */
static void
add_walk(struct views *views, struct ref_combine_in in)
{
	struct ref_combine_out out;

	in.access = REF_WALK;
	in.s1_off = false;
	in.ptw = true;
	ref_combine(&in, &out);
	if (!out.reserved && !out.permission_fault)
		views->allows |= S2PT_STANDS_WALK | allows_of(&out.attr);
}

static void
add_fetch(struct views *views, struct ref_combine_in in)
{
	struct ref_combine_out out;

	in.access = REF_FETCH;
	in.sctlr_i = in.sctlr_c;
	ref_combine(&in, &out);
	if (!out.reserved)
		views->fetch |= way_of(&out.attr);
}

static uint8_t
asked(struct ref_combine_in in, enum request request)
{
	struct ref_combine_out out;

	in.mair = views_mair[request];
	in.s1_sh = S2PT_SH_ISH;
	ref_combine(&in, &out);
	return way_of(&out.attr);
}

static void
compute(struct views *views, const struct mode *mode, enum s2pt_memtype type, uint8_t sh)
{
	int memattr = memattr_of(mode, type);
	struct ref_combine_in in = {
		.feat_mte2 = mode->mte,
		.feat_mte_perm = mode->mte_perm,
		.fwb = mode->fwb,
		.s2_memattr = (uint8_t)memattr,
		.s2_sh = sh,
	};

	memset(views, 0, sizeof(*views));
	if (memattr < 0)
		return;
	views->valid = true;
	views->memattr = (uint8_t)memattr;
	views->rank = rank_of(type);
	for (unsigned n = 0; n < 256u * 4u * 2u; n++) {
		in.mair = (uint8_t)n;
		in.s1_sh = n >> 8 & 3u;
		in.sctlr_c = n >> 10;
		add_data(views, &in);
		add_fetch(views, in);
		if ((n & 0xf0u) != 0 && (n & 0xfu) != 0)
			add_walk(views, in);
	}
	in.sctlr_c = true;
	for (unsigned request = 0; request < REQUEST_COUNT; request++)
		views->asks[request] = asked(in, (enum request)request);
	views->not_own[S2PT_HOST_VIEW_UNMAPPED] = views->asks[REQUEST_NC] == WAY_CACHED;
	views->not_own[S2PT_HOST_VIEW_NC] = views->asks[REQUEST_NC] == WAY_CACHED;
	views->not_own[S2PT_HOST_VIEW_DEVICE] = views->asks[REQUEST_DEVICE] == WAY_CACHED;
	in.s1_off = true;
	add_data(views, &in);
	add_fetch(views, in);
}

const struct views *
views_of(const struct mode *mode, enum s2pt_memtype type, uint8_t sh)
{
	static struct views kept[8][S2PT_MEMTYPE_COUNT][4];
	static bool done[8][S2PT_MEMTYPE_COUNT][4];
	unsigned index = (unsigned)mode->fwb * 4u + (unsigned)mode->mte_perm * 2u + mode->mte;

	if (!done[index][type][sh]) {
		compute(&kept[index][type][sh], mode, type, sh);
		done[index][type][sh] = true;
	}
	return &kept[index][type][sh];
}
