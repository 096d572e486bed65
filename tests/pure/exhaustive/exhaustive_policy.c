/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every combination of facts gets an answer or a refusal with a reason, and no answer breaks a safety rule.
 *
 * The safety rules are stated here in terms of what a guest can reach: the reference says what CPU and
 * stage 2 make of every stage-1 attribute that a guest may choose. They know nothing of the rules by which
 * the library decides.
 */
#include "exhaustive.h"

/* --- What a guest can reach through a type ------------------------------------------------------------- */

struct reach {
	bool encodable;
	bool cached;         /* some stage 1 gets Write-Back or Write-Through */
	bool bypasses;       /* some stage 1 gets Device or Non-cacheable */
	bool fetch_uncached; /* even a Write-Back stage 1 gets Device or Non-cacheable */
	uint32_t accesses;   /* S2PT_STANDS_* that some stage 1 gets */
	bool fetch_device;   /* even a Write-Back stage 1 gets Device */
	bool nc_is_nc;       /* stage 1 Non-cacheable stays so */
	bool tags;           /* some stage 1 reaches Allocation Tags */
};

/* By FWB and MTE_PERM; MTE2 decides only whether a guest can say "tagged". */
static struct reach reaches[2][2][S2PT_MEMTYPE_COUNT];

/* Device-nGnRnE, -nGnRE, -nGRE and -GRE allow more and more; Normal all. */
static uint32_t
accesses_of(const struct ref_attr *attr, bool uncached)
{
	static const uint32_t device[] = {
		0,
		S2PT_STANDS_EARLY_ACK,
		S2PT_STANDS_EARLY_ACK | S2PT_STANDS_REORDER,
		S2PT_STANDS_EARLY_ACK | S2PT_STANDS_REORDER | S2PT_STANDS_GATHER,
	};

	if (attr->device)
		return device[attr->device_type];
	return S2PT_STANDS_NC | (uncached ? 0 : S2PT_STANDS_CACHED);
}

static void
reach_one(struct reach *reach, uint8_t mair, const struct ref_attr *attr)
{
	bool uncached = attr->device || (!attr->outer && !attr->inner);

	reach->cached |= !uncached;
	reach->bypasses |= uncached;
	reach->fetch_uncached |= mair == 0xff && uncached;
	reach->fetch_device |= mair == 0xff && attr->device;
	reach->accesses |= accesses_of(attr, uncached);
	reach->nc_is_nc |= mair == 0x44 && uncached;
	reach->tags |= attr->tagged && !attr->notagaccess;
}

static void
fill_reach(bool fwb, bool mte_perm, enum s2pt_memtype type)
{
	s2pt_feats feats = (fwb ? S2PT_FEAT_S2FWB : 0) |
			   (mte_perm ? S2PT_FEAT_MTE_PERM : 0);
	struct reach *reach = &reaches[fwb][mte_perm][type];
	uint8_t memattr;

	if (s2pt_memattr_encode(feats, type, &memattr) != S2PT_OK)
		return;
	reach->encodable = true;
	for (unsigned mair = 0; mair < 256; mair++) {
		const struct ref_combine_in in = {
			.access = REF_DATA,
			.feat_mte2 = true,
			.feat_mte_perm = mte_perm,
			.mair = (uint8_t)mair,
			.s1_sh = 3,
			.s2_memattr = memattr,
			.s2_sh = 3,
			.fwb = fwb,
			.sctlr_c = true,
			.sctlr_i = true,
		};
		struct ref_combine_out out;

		ref_combine(&in, &out);
		if (!out.reserved)
			reach_one(reach, (uint8_t)mair, &out.attr);
	}
}

/* --- Safety rules -------------------------------------------------------------------------------------- */

struct facts {
	struct s2pt_region region;
	struct s2pt_platform platform;
	struct s2pt_guest guest;
};

/* Memory that was given as Non-cacheable or Device, or by nobody's word as anything. */
static bool
given_uncached(const struct facts *f)
{
	return f->region.host == S2PT_HOST_VIEW_NC || f->region.host == S2PT_HOST_VIEW_DEVICE ||
	       f->region.backing == S2PT_BACKING_MMIO ||
	       (f->region.backing == S2PT_BACKING_PFN && f->region.asks_cacheable != S2PT_SOURCE_OWNER);
}

static bool
has_mte(const struct facts *f)
{
	return f->guest.mte && (f->platform.feats & S2PT_FEAT_MTE2);
}

static bool
has_noncoherent(const struct facts *f)
{
	return f->region.dma == S2PT_DMA_NONCOHERENT || f->guest.noncoherent_dma ||
	       (f->guest.noncoherent_p2p && f->region.backing != S2PT_BACKING_RAM);
}

/* Each is what must never be: true where the answer breaks it. */

static bool
cacheable_view_of_uncached(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	(void)p;
	return !f->guest.trusted && r->cached && given_uncached(f);
}

static bool
executes_uncached(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	return p->executable && (r->fetch_device || (r->fetch_uncached && f->region.backing != S2PT_BACKING_RAM) ||
				 f->region.backing == S2PT_BACKING_MMIO);
}

/* What a device gets is what its owner vouches for, or early acknowledgement. */
static bool
loosens_device_unvouched(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	const uint32_t stands = f->region.vouches == S2PT_SOURCE_OWNER ? f->region.stands : S2PT_STANDS_EARLY_ACK;

	(void)p;
	return !f->guest.trusted && f->region.backing != S2PT_BACKING_RAM &&
	       f->region.asks_cacheable != S2PT_SOURCE_OWNER && (r->accesses & ~stands);
}

static bool
gets_what_it_gives_up(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	(void)p;
	return !f->guest.trusted && (r->accesses & f->region.gives_up);
}

static bool
tags_without_tags(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	(void)p;
	return !f->guest.trusted && has_mte(f) && f->region.tags == S2PT_TAGS_NONE && r->tags;
}

static bool
strangers_tags(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	return !f->guest.trusted && has_mte(f) && f->region.tags == S2PT_TAGS_POSSIBLE && r->tags &&
	       !(p->on_map & S2PT_NEEDS_TAGS);
}

static bool
tags_by_nobody(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	(void)p;
	return !f->guest.trusted && has_mte(f) && f->region.tags == S2PT_TAGS_POSSIBLE &&
	       f->region.backing != S2PT_BACKING_RAM && r->tags;
}

/* The engine maintains RAM, but for a host that does so itself; and an executable Normal-NC leaf wants it said. */
static bool
wrong_duties(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	(void)r;
	return p->ram != (f->region.backing == S2PT_BACKING_RAM && !f->guest.trusted) ||
	       p->exec_uncached != (p->executable && p->type == S2PT_MEM_NORMAL_NC);
}

/* A guest that can miss the caches would read old data; one that also uses them leaves lines behind. */
static bool
stale_lines(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	return !f->guest.trusted && f->region.backing == S2PT_BACKING_RAM && r->bypasses &&
	       (!(p->on_map & S2PT_NEEDS_CLEAN_POC) || (r->cached && !(p->on_unmap & S2PT_NEEDS_CLEAN_POC)));
}

/* Lines of an earlier guest, which got what the owner asks for, that nobody can clean before an uncached mapping. */
static bool
meets_lines(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	(void)p;
	return !f->guest.trusted && f->region.backing == S2PT_BACKING_PFN &&
	       f->region.asks_cacheable == S2PT_SOURCE_OWNER && r->bypasses;
}

static bool
stale_when_caches_go_on(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	return !f->guest.trusted && f->region.backing == S2PT_BACKING_RAM && r->bypasses && r->cached &&
	       !(p->on_caches_on & S2PT_NEEDS_CLEAN_POC);
}

/* With FEAT_S2FWB the levels of unification are 0 (I_RRDBK). */
static bool
has_idc(const struct facts *f)
{
	return f->platform.idc || (f->platform.feats & S2PT_FEAT_S2FWB);
}

/* Where the host has no mapping for maintenance, none may be needed. */
static bool
needs_the_impossible(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	const unsigned maintenance = S2PT_NEEDS_CLEAN_POC | S2PT_NEEDS_CLEAN_POU | S2PT_NEEDS_ICACHE;

	if (f->guest.trusted || f->region.backing == S2PT_BACKING_RAM)
		return false;
	return (r->cached && (r->bypasses || has_noncoherent(f))) ||
	       ((p->on_map | p->on_unmap | p->on_caches_on) & maintenance) ||
	       (p->executable && !(f->platform.dic && has_idc(f)));
}

static bool
stale_instructions(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	(void)r;
	return !f->guest.trusted && p->executable &&
	       ((!f->platform.dic && !(p->on_map & S2PT_NEEDS_ICACHE)) ||
		(!has_idc(f) && !(p->on_map & (S2PT_NEEDS_CLEAN_POU | S2PT_NEEDS_CLEAN_POC))));
}

/* DMA that bypasses the caches needs a guest whose Non-cacheable mappings are Non-cacheable. */
static bool
dma_hidden_from_guest(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	(void)p;
	return has_noncoherent(f) && r->cached && !r->nc_is_nc;
}

/* An uncached view beside a cacheable one of the host's, which it cannot maintain. */
static bool
disagrees_with_host(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	(void)p;
	return !f->guest.trusted && f->region.backing != S2PT_BACKING_RAM &&
	       f->region.host == S2PT_HOST_VIEW_CACHEABLE && r->bypasses;
}

static bool
not_what_was_asked(const struct facts *f, const struct s2pt_policy *p, const struct reach *r)
{
	return p->executable != f->region.exec || !r->encodable ||
	       (p->sh != S2PT_SH_ISH && p->sh != S2PT_SH_OSH);
}

static const struct {
	const char *name;
	bool (*broken)(const struct facts *f, const struct s2pt_policy *p, const struct reach *r);
} safety[] = {
	{ "a cacheable view of what was given uncached", cacheable_view_of_uncached },
	{ "execution from Device or Non-cacheable", executes_uncached },
	{ "Device loosened beyond the owner's word", loosens_device_unvouched },
	{ "accesses that were given up", gets_what_it_gives_up },
	{ "tags that nobody can initialise", tags_by_nobody },
	{ "duties that are not the engine's", wrong_duties },
	{ "tags where there are none", tags_without_tags },
	{ "tags that were another's", strangers_tags },
	{ "stale lines", stale_lines },
	{ "lines that nobody can clean", meets_lines },
	{ "stale lines when the guest turns its caches on", stale_when_caches_go_on },
	{ "maintenance that the host cannot do", needs_the_impossible },
	{ "stale instructions", stale_instructions },
	{ "DMA that the guest cannot see", dma_hidden_from_guest },
	{ "a view that disagrees with the host's", disagrees_with_host },
	{ "not what was asked", not_what_was_asked },
};

/* --- Everything ---------------------------------------------------------------------------------------- */

static bool seen[S2PT_WHY_COUNT];

static void
print_facts(const struct facts *f, const char *what)
{
	char text[400];

	s2pt_text_facts(text, sizeof(text), s2pt_policy_facts(&f->region, &f->platform, &f->guest));
	printf("%s: %s\n", what, text);
}

static bool
same(const struct s2pt_policy *a, const struct s2pt_policy *b)
{
	return a->type == b->type && a->sh == b->sh && a->executable == b->executable &&
	       a->on_map == b->on_map && a->on_unmap == b->on_unmap && a->on_caches_on == b->on_caches_on;
}

/* The guest's word, and "prefetchable", change nothing but the explanation. */
static void
compare_without_words(const struct facts *f, enum s2pt_status status, const struct s2pt_policy *policy)
{
	struct facts plain = *f;
	struct s2pt_policy other;
	enum s2pt_status other_status;

	plain.region.prefetchable = false;
	if (plain.region.vouches == S2PT_SOURCE_GUEST)
		plain.region.vouches = S2PT_SOURCE_NOBODY;
	if (plain.region.asks_cacheable == S2PT_SOURCE_GUEST)
		plain.region.asks_cacheable = S2PT_SOURCE_NOBODY;
	other_status = s2pt_policy_choose(&plain.region, &plain.platform, &plain.guest, &other);
	if (differs(status == other_status && (status != S2PT_OK || same(policy, &other))))
		print_facts(f, "the guest's word, or prefetchable, counts");
}

static void
check(const struct facts *f)
{
	struct s2pt_policy policy;
	enum s2pt_status status;
	const struct reach *reach;

	memset(&policy, 0xff, sizeof(policy));
	status = s2pt_policy_choose(&f->region, &f->platform, &f->guest, &policy);
	if (differs((status == S2PT_OK || status == S2PT_ERR_POLICY) &&
		    (unsigned)policy.reason < S2PT_WHY_COUNT)) {
		print_facts(f, "no answer");
		return;
	}
	seen[policy.reason] = true;
	if (differs(status == S2PT_OK ? policy.reason < S2PT_WHY_MMIO_EXEC
				      : policy.reason >= S2PT_WHY_MMIO_EXEC &&
						policy.reason <= S2PT_WHY_UNTAGGABLE))
		print_facts(f, "a reason of another kind");
	compare_without_words(f, status, &policy);
	if (status != S2PT_OK)
		return;
	if (differs((unsigned)policy.maintenance < S2PT_WHY_COUNT)) {
		print_facts(f, "maintenance without a reason");
		return;
	}
	seen[policy.maintenance] = true;
	/* These add to it, and are not named in the answer. */
	seen[S2PT_WHY_EXECUTED] |= (policy.on_map & S2PT_NEEDS_ICACHE) != 0;
	seen[S2PT_WHY_TAGGED] |= (policy.on_map & S2PT_NEEDS_TAGS) != 0;
	reach = &reaches[(f->platform.feats & S2PT_FEAT_S2FWB) != 0]
			[(f->platform.feats & S2PT_FEAT_MTE_PERM) != 0][policy.type];
	for (size_t i = 0; i < COUNT(safety); i++)
		if (differs(!safety[i].broken(f, &policy, reach)))
			print_facts(f, safety[i].name);
}

static void
check_guests(struct facts *f)
{
	for (unsigned platform = 0; platform < 32; platform++) {
		f->platform.feats = (platform & 1u ? S2PT_FEAT_S2FWB : 0) |
				    (platform & 2u ? S2PT_FEAT_MTE2 : 0) |
				    (platform & 4u ? S2PT_FEAT_MTE_PERM : 0);
		f->platform.dic = platform & 8u;
		f->platform.idc = platform & 16u;
		for (unsigned guest = 0; guest < 12; guest++) {
			f->guest.trusted = guest & 1u;
			f->guest.mte = guest & 2u;
			f->guest.noncoherent_dma = guest & 4u;
			f->guest.noncoherent_p2p = guest & 8u;
			check(f);
		}
	}
}

/* What is said of a device by its owner, and what the guest does without: each degree, and gaps between them. */
static const struct {
	enum s2pt_source vouches;
	uint32_t stands;
	uint32_t gives_up;
} words[] = {
	{ S2PT_SOURCE_NOBODY, 0, 0 },
	{ S2PT_SOURCE_NOBODY, S2PT_STANDS_NC, S2PT_STANDS_EARLY_ACK },
	{ S2PT_SOURCE_GUEST, S2PT_STANDS_NC, 0 },
	{ S2PT_SOURCE_GUEST, S2PT_STANDS_NC, S2PT_STANDS_CACHED },
	{ S2PT_SOURCE_OWNER, 0, 0 },
	{ S2PT_SOURCE_OWNER, 0x01, 0 },
	{ S2PT_SOURCE_OWNER, 0x03, 0 },
	{ S2PT_SOURCE_OWNER, 0x07, 0 },
	{ S2PT_SOURCE_OWNER, 0x06, 0 },
	{ S2PT_SOURCE_OWNER, 0x3f, 0 },
	{ S2PT_SOURCE_OWNER, S2PT_STANDS_NC, 0 },
	{ S2PT_SOURCE_OWNER, S2PT_STANDS_NC, S2PT_STANDS_CACHED },
	{ S2PT_SOURCE_OWNER, S2PT_STANDS_NC, S2PT_STANDS_ATOMIC },
	{ S2PT_SOURCE_OWNER, S2PT_STANDS_NC, S2PT_STANDS_REORDER },
};

static void
check_all(void)
{
	for (unsigned n = 0; n < 3 * 4 * 3 * 3 * 3 * 4; n++)
		for (size_t w = 0; w < COUNT(words); w++) {
			struct facts f = { .region = {
						   .exec = n & 1u,
						   .prefetchable = n & 2u,
						   .backing = (enum s2pt_backing)(n / 4 % 3),
						   .host = (enum s2pt_host_view)(n / 12 % 4),
						   .asks_cacheable = (enum s2pt_source)(n / 48 % 3),
						   .tags = (enum s2pt_tags)(n / 144 % 3),
						   .dma = (enum s2pt_dma)(n / 432 % 3),
						   .vouches = words[w].vouches,
						   .stands = words[w].stands,
						   .gives_up = words[w].gives_up,
					   } };

			check_guests(&f);
		}
}

/* Every reason that a choice can have is one that some facts lead to. */
static void
check_reasons(void)
{
	for (unsigned i = 0; i < S2PT_WHY_DMA_DEVICE; i++)
		if (differs(seen[i]))
			printf("nothing leads to %s\n", s2pt_policy_reason_name((enum s2pt_policy_reason)i));
}

/* --- A device's accesses, against the reference ---------------------------------------------------- */

/* A MAIR byte, so that the reference can say what the SMMU makes of it: it has neither XS nor tags. */
static void
compare_smmu(uint8_t mair, uint8_t in_sh, uint8_t memattr, uint8_t sh, unsigned feats)
{
	const struct ref_combine_in in = {
		.access = REF_DATA,
		.feat_mte_perm = feats & 2u,
		.mair = mair,
		.s1_sh = in_sh,
		.s2_memattr = memattr,
		.s2_sh = sh,
		.fwb = feats & 1u,
		.sctlr_c = true,
		.sctlr_i = true,
		.s1_effective_sh = true,
	};
	const struct s2pt_stage2 s2 = { memattr, sh, false };
	struct ref_combine_out want;
	struct s2pt_attr attr, got;
	enum s2pt_status status;

	if (s2pt_mair_decode(0, mair, (enum s2pt_sh)in_sh, &attr) != S2PT_OK)
		return;
	status = s2pt_smmu_combine((feats & 1u ? S2PT_FEAT_S2FWB : 0) |
					   (feats & 2u ? S2PT_FEAT_MTE_PERM : 0),
				   &attr, &s2, &got);
	ref_combine(&in, &want);
	if (differs(want.reserved ? status == S2PT_ERR_RESERVED
				  : status == S2PT_OK && s2pt_par_encode(0, &got) == want.par_attr &&
					    s2pt_par_sh(&got) == want.par_sh))
		printf("SMMU: 0x%02x %u x 0x%x %u features %u: %s\n", mair, in_sh, memattr, sh, feats,
		       s2pt_status_name(status));
}

static void
compare_all_smmu(void)
{
	for (unsigned mair = 0; mair < 256; mair++)
		for (unsigned rest = 0; rest < 1024; rest++)
			compare_smmu((uint8_t)mair, rest & 3u, rest >> 2 & 15u, rest >> 6 & 3u, rest >> 8);
}

int
main(void)
{
	for (unsigned mode = 0; mode < 4; mode++)
		for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++)
			fill_reach(mode & 1u, mode & 2u, (enum s2pt_memtype)type);
	check_all();
	check_reasons();
	compare_all_smmu();
	return verdict("policy");
}
