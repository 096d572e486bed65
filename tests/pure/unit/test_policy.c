/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

/* Facts of the usual kinds; tests change what they are about. */
static const struct s2pt_region ram = { .backing = S2PT_BACKING_RAM, .host = S2PT_HOST_VIEW_CACHEABLE };
static const struct s2pt_region bar = { .backing = S2PT_BACKING_PFN,
					.host = S2PT_HOST_VIEW_DEVICE,
					.stands = S2PT_STANDS_NC };
static const struct s2pt_region registers = { .backing = S2PT_BACKING_MMIO,
					      .host = S2PT_HOST_VIEW_DEVICE,
					      .stands = S2PT_STANDS_NC };
static const struct s2pt_platform old = { .feats = 0 };
static const struct s2pt_platform modern = { .feats = S2PT_FEAT_S2FWB, .dic = true, .idc = true };
static const struct s2pt_guest guest = { .trusted = false };

static struct s2pt_policy
allowed(const struct s2pt_region *region, const struct s2pt_platform *platform,
	const struct s2pt_guest *who)
{
	struct s2pt_policy policy;
	enum s2pt_status status;

	POISONED(policy);
	status = s2pt_policy_choose(region, platform, who, &policy);
	CHECK(status == S2PT_OK, "refused: %s", s2pt_policy_reason_name(policy.reason));
	return policy;
}

static enum s2pt_policy_reason
refused(const struct s2pt_region *region, const struct s2pt_platform *platform,
	const struct s2pt_guest *who)
{
	struct s2pt_policy policy, poison;

	POISONED(policy);
	POISONED(poison);
	CHECK_STATUS(s2pt_policy_choose(region, platform, who, &policy), S2PT_ERR_POLICY, "to be refused");
	poison.reason = policy.reason;
	CHECK(memcmp(&poison, &policy, sizeof(policy)) == 0, "more than the reason is written");
	return policy.reason;
}

#define CHECK_REASON(got, want)                                                                      \
	do {                                                                                         \
		enum s2pt_policy_reason got_ = (got);                                                \
		CHECK(got_ == S2PT_WHY_##want, "got %s, expected %s", s2pt_policy_reason_name(got_), \
		      s2pt_policy_reason_name(S2PT_WHY_##want));                                     \
	} while (0)

static void
check_needs(const struct s2pt_policy *policy, unsigned map, unsigned unmap, unsigned caches_on)
{
	CHECK_U64(policy->on_map, map, "on map");
	CHECK_U64(policy->on_unmap, unmap, "on unmap");
	CHECK_U64(policy->on_caches_on, caches_on, "on caches on");
}

#define POC S2PT_NEEDS_CLEAN_POC

/* --- Each rule ---------------------------------------------------------------------------------------- */

static void
test_ram(void **state)
{
	struct s2pt_region region = ram;
	struct s2pt_policy policy = allowed(&region, &old, &guest);

	(void)state;
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB, "type");
	CHECK_U64(policy.sh, S2PT_SH_ISH, "shareability");
	CHECK(!policy.executable, "executable unasked");
	CHECK_REASON(policy.reason, RAM);
	CHECK_REASON(policy.maintenance, CACHES_OFF);
	check_needs(&policy, POC, POC, POC);
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB, "type");
	CHECK_REASON(policy.maintenance, FORCED_WB);
	check_needs(&policy, 0, 0, 0);

	region.host = S2PT_HOST_VIEW_NC;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_NC, "type");
	CHECK_U64(policy.sh, S2PT_SH_OSH, "shareability");
	CHECK_REASON(policy.reason, HOST_NC);
	CHECK_REASON(policy.maintenance, UNCACHED_RAM);
	/* Nobody has a cacheable mapping of which lines would be left. */
	check_needs(&policy, POC, 0, 0);
	region.host = S2PT_HOST_VIEW_DEVICE;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_DEVICE_nGnRE, "type");
	CHECK_REASON(policy.reason, HOST_DEVICE);
}

static void
test_executable_ram(void **state)
{
	struct s2pt_region region = ram;
	struct s2pt_platform platform = modern;
	struct s2pt_policy policy;

	(void)state;
	region.exec = true;
	for (unsigned i = 0; i < 4; i++) {
		platform.dic = i & 1u;
		platform.idc = i & 2u;
		policy = allowed(&region, &platform, &guest);
		CHECK(policy.executable, "executable");
		/* FEAT_S2FWB implies IDC. */
		check_needs(&policy, i & 1u ? 0 : S2PT_NEEDS_ICACHE, 0, 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		unsigned needed = (i & 1u ? 0 : S2PT_NEEDS_ICACHE) | (i & 2u ? 0 : S2PT_NEEDS_CLEAN_POU);

		platform = old;
		platform.dic = i & 1u;
		platform.idc = i & 2u;
		policy = allowed(&region, &platform, &guest);
		check_needs(&policy, POC | needed, POC, POC);
	}
	policy = allowed(&region, &old, &guest);
	check_needs(&policy, POC | S2PT_NEEDS_ICACHE | S2PT_NEEDS_CLEAN_POU, POC, POC);
}

static void
test_noncoherent_dma(void **state)
{
	struct s2pt_region region = ram;
	struct s2pt_platform platform = modern;
	struct s2pt_guest who = { .noncoherent_dma = true };
	struct s2pt_policy policy = allowed(&region, &platform, &who);

	(void)state;
	CHECK_U64(policy.type, S2PT_MEM_AS_STAGE1, "type");
	CHECK_REASON(policy.reason, NONCOHERENT_DMA);
	CHECK_REASON(policy.maintenance, CACHES_OFF);
	check_needs(&policy, POC, POC, POC);
	region.dma = S2PT_DMA_NONCOHERENT;
	policy = allowed(&region, &platform, &guest);
	CHECK_U64(policy.type, S2PT_MEM_AS_STAGE1, "an agent that never snoops");
	region.dma = S2PT_DMA_COHERENT;
	policy = allowed(&region, &platform, &guest);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB, "a coherent agent");
	policy = allowed(&region, &old, &who);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB, "without FWB it is what stage 1 says");
	check_needs(&policy, POC, POC, POC);
}

static void
test_mmio(void **state)
{
	struct s2pt_region region = registers;
	struct s2pt_guest host = { .trusted = true };
	struct s2pt_policy policy = allowed(&region, &modern, &guest);

	(void)state;
	CHECK_U64(policy.type, S2PT_MEM_DEVICE_nGnRE, "type");
	CHECK_U64(policy.sh, S2PT_SH_OSH, "shareability");
	CHECK_REASON(policy.reason, DEVICE);
	CHECK_REASON(policy.maintenance, NO_LINES);
	check_needs(&policy, 0, 0, 0);
	region.prefetchable = true;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_DEVICE_nGnRE, "prefetchable alone");
	CHECK_REASON(policy.reason, PREFETCHABLE_ALONE);
	region.prefetchable = false;
	region.vouches = S2PT_SOURCE_GUEST;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_DEVICE_nGnRE, "the guest's word");
	CHECK_REASON(policy.reason, GUEST_WORD);
	region.vouches = S2PT_SOURCE_OWNER;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_NC, "the owner's word");
	CHECK_REASON(policy.reason, OWNER_VOUCHES);
	region.exec = true;
	CHECK_REASON(refused(&region, &modern, &guest), MMIO_EXEC);
	CHECK_REASON(refused(&region, &modern, &host), MMIO_EXEC);
	region.exec = false;
	region.host = S2PT_HOST_VIEW_CACHEABLE;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_CACHEABLE);
	region.host = S2PT_HOST_VIEW_UNMAPPED;
	region.asks_cacheable = S2PT_SOURCE_OWNER;
	CHECK_REASON(refused(&region, &modern, &guest), SIDE_EFFECTS);
	region.host = S2PT_HOST_VIEW_DEVICE;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_UNCACHED);
	/* ... of RAM as of registers. */
	region = ram;
	region.asks_cacheable = S2PT_SOURCE_OWNER;
	region.host = S2PT_HOST_VIEW_DEVICE;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_UNCACHED);
	region.host = S2PT_HOST_VIEW_NC;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_UNCACHED);
	region = registers;
	region.vouches = S2PT_SOURCE_OWNER;
	region.asks_cacheable = S2PT_SOURCE_GUEST;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_NC, "the guest asks in vain");
	region.vouches = S2PT_SOURCE_NOBODY;
	policy = allowed(&region, &modern, &guest);
	CHECK_REASON(policy.reason, GUEST_WORD);
}

static void
test_pfn(void **state)
{
	struct s2pt_region region = bar;
	struct s2pt_platform platform = modern;
	struct s2pt_guest who = { .noncoherent_dma = true };
	struct s2pt_policy policy;

	(void)state;
	region.host = S2PT_HOST_VIEW_CACHEABLE;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_CACHEABLE);
	region.asks_cacheable = S2PT_SOURCE_OWNER;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB, "type");
	CHECK_REASON(policy.reason, OWNER_ASKS);
	CHECK_REASON(policy.maintenance, NO_LINES);
	check_needs(&policy, 0, 0, 0);
	CHECK_REASON(refused(&region, &old, &guest), PFN_NO_FWB);
	CHECK_REASON(refused(&region, &modern, &who), PFN_NONCOHERENT);
	region.exec = true;
	policy = allowed(&region, &modern, &guest);
	CHECK(policy.executable, "executable");
	check_needs(&policy, 0, 0, 0);
	platform.dic = false;
	CHECK_REASON(refused(&region, &platform, &guest), PFN_ICACHE);
	platform.dic = true;
	platform.idc = false;
	allowed(&region, &platform, &guest);
	platform.dic = false;
	region.exec = false;
	allowed(&region, &platform, &guest);
	region.host = S2PT_HOST_VIEW_NC;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_UNCACHED);
	region.asks_cacheable = S2PT_SOURCE_NOBODY;
	region.vouches = S2PT_SOURCE_OWNER;
	region.exec = true;
	CHECK_REASON(refused(&region, &modern, &guest), UNCACHED_EXEC);
}

static void
test_tags(void **state)
{
	struct s2pt_region region = ram;
	struct s2pt_platform platform = modern;
	struct s2pt_guest who = { .mte = true }, host = { .mte = true, .trusted = true };
	struct s2pt_policy policy;

	(void)state;
	platform.feats |= S2PT_FEAT_MTE2;
	CHECK_REASON(refused(&region, &platform, &who), UNTAGGABLE);
	policy = allowed(&region, &platform, &host);
	CHECK_REASON(policy.reason, TRUSTED);
	platform.feats |= S2PT_FEAT_MTE_PERM;
	policy = allowed(&region, &platform, &who);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB_NOTAGACCESS, "type");
	CHECK_REASON(policy.reason, NO_TAGS);
	check_needs(&policy, 0, 0, 0);
	policy = allowed(&region, &platform, &host);
	CHECK_U64(policy.type, S2PT_MEM_AS_STAGE1, "the host itself");
	who.noncoherent_dma = true;
	policy = allowed(&region, &platform, &who);
	CHECK_U64(policy.type, S2PT_MEM_AS_STAGE1_NOTAGACCESS, "type");
	check_needs(&policy, POC, POC, POC);
	who.noncoherent_dma = false;
	region.tags = S2PT_TAGS_POSSIBLE;
	policy = allowed(&region, &platform, &who);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB, "type");
	check_needs(&policy, S2PT_NEEDS_TAGS, 0, 0);
	policy = allowed(&region, &platform, &guest);
	check_needs(&policy, 0, 0, 0);
	region.tags = S2PT_TAGS_SET;
	policy = allowed(&region, &platform, &who);
	check_needs(&policy, 0, 0, 0);
	/* Without FEAT_MTE2 nobody has MTE; uncached memory has no tags to reach. */
	region.tags = S2PT_TAGS_NONE;
	policy = allowed(&region, &modern, &who);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB, "no FEAT_MTE2");
	region.host = S2PT_HOST_VIEW_NC;
	platform.feats &= ~S2PT_FEAT_MTE_PERM;
	policy = allowed(&region, &platform, &who);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_NC, "uncached");
}

static void
test_trusted(void **state)
{
	const struct s2pt_region *const regions[] = { &ram, &bar, &registers };
	const struct s2pt_platform *const platforms[] = { &old, &modern };
	const struct s2pt_guest host = { .trusted = true };

	(void)state;
	for (size_t i = 0; i < COUNT(regions); i++)
		for (size_t j = 0; j < COUNT(platforms); j++) {
			struct s2pt_region region = *regions[i];
			struct s2pt_policy policy;

			region.exec = region.backing != S2PT_BACKING_MMIO;
			policy = allowed(&region, platforms[j], &host);
			CHECK_U64(policy.type, S2PT_MEM_AS_STAGE1, "type");
			CHECK_REASON(policy.reason, TRUSTED);
			CHECK_REASON(policy.maintenance, OWN_MAINTENANCE);
			check_needs(&policy, 0, 0, 0);
		}
}

/* The owner's word by degrees, and what the guest gives up: the loosest type within both. */
static void
test_degrees(void **state)
{
	enum { EA = S2PT_STANDS_EARLY_ACK,
	       RE = S2PT_STANDS_REORDER,
	       GA = S2PT_STANDS_GATHER,
	       NC = S2PT_STANDS_NC };
	static const struct {
		enum s2pt_source vouches;
		uint32_t stands, gives_up;
		enum s2pt_memtype type;
		enum s2pt_policy_reason reason;
	} rows[] = {
		{ S2PT_SOURCE_OWNER, 0, 0, S2PT_MEM_DEVICE_nGnRnE, S2PT_WHY_OWNER_LIMITS },
		{ S2PT_SOURCE_OWNER, EA, 0, S2PT_MEM_DEVICE_nGnRE, S2PT_WHY_OWNER_VOUCHES },
		{ S2PT_SOURCE_OWNER, EA | RE, 0, S2PT_MEM_DEVICE_nGRE, S2PT_WHY_OWNER_VOUCHES },
		{ S2PT_SOURCE_OWNER, EA | RE | GA, 0, S2PT_MEM_DEVICE_GRE, S2PT_WHY_OWNER_VOUCHES },
		{ S2PT_SOURCE_OWNER, NC, 0, S2PT_MEM_NORMAL_NC, S2PT_WHY_OWNER_VOUCHES },
		/* A type allows what those before it allow. */
		{ S2PT_SOURCE_OWNER, RE | GA, 0, S2PT_MEM_DEVICE_nGnRnE, S2PT_WHY_OWNER_LIMITS },
		{ S2PT_SOURCE_OWNER, EA | GA, 0, S2PT_MEM_DEVICE_nGnRE, S2PT_WHY_OWNER_VOUCHES },
		{ S2PT_SOURCE_OWNER, NC & ~S2PT_STANDS_UNALIGNED, 0, S2PT_MEM_DEVICE_GRE, S2PT_WHY_OWNER_VOUCHES },
		{ S2PT_SOURCE_OWNER, NC & ~S2PT_STANDS_SPECULATE, 0, S2PT_MEM_DEVICE_GRE, S2PT_WHY_OWNER_VOUCHES },
		{ S2PT_SOURCE_OWNER, NC & ~S2PT_STANDS_WALK, 0, S2PT_MEM_DEVICE_GRE, S2PT_WHY_OWNER_VOUCHES },
		{ S2PT_SOURCE_OWNER, NC & ~S2PT_STANDS_ATOMIC, 0, S2PT_MEM_DEVICE_GRE, S2PT_WHY_OWNER_VOUCHES },
		/* The guest's word confines. */
		{ S2PT_SOURCE_OWNER, NC, S2PT_STANDS_UNALIGNED, S2PT_MEM_DEVICE_GRE, S2PT_WHY_CONFINED },
		{ S2PT_SOURCE_OWNER, NC, GA, S2PT_MEM_DEVICE_nGRE, S2PT_WHY_CONFINED },
		{ S2PT_SOURCE_OWNER, NC, RE, S2PT_MEM_DEVICE_nGnRE, S2PT_WHY_CONFINED },
		{ S2PT_SOURCE_OWNER, NC, EA, S2PT_MEM_DEVICE_nGnRnE, S2PT_WHY_CONFINED },
		{ S2PT_SOURCE_OWNER, NC, S2PT_STANDS_CACHED, S2PT_MEM_NORMAL_NC, S2PT_WHY_OWNER_VOUCHES },
		{ S2PT_SOURCE_NOBODY, NC, EA, S2PT_MEM_DEVICE_nGnRnE, S2PT_WHY_CONFINED },
		{ S2PT_SOURCE_NOBODY, NC, GA, S2PT_MEM_DEVICE_nGnRE, S2PT_WHY_DEVICE },
		{ S2PT_SOURCE_GUEST, 0, 0, S2PT_MEM_DEVICE_nGnRE, S2PT_WHY_GUEST_WORD },
	};

	/* A region that a device stands behind, whether the host has a mapping of it or not; and RAM handled as one. */
	static const struct {
		enum s2pt_backing backing;
		enum s2pt_host_view host;
	} places[] = {
		{ S2PT_BACKING_PFN, S2PT_HOST_VIEW_DEVICE },
		{ S2PT_BACKING_PFN, S2PT_HOST_VIEW_UNMAPPED },
		{ S2PT_BACKING_RAM, S2PT_HOST_VIEW_DEVICE },
	};
	/* Each type is among the facts of those that allow more. */
	static const uint32_t degrees[] = {
		[S2PT_MEM_DEVICE_nGnRnE] = 0,
		[S2PT_MEM_DEVICE_nGnRE] = S2PT_FACT_STANDS_nGnRE,
		[S2PT_MEM_DEVICE_nGRE] = S2PT_FACT_STANDS_nGnRE | S2PT_FACT_STANDS_nGRE,
		[S2PT_MEM_DEVICE_GRE] = S2PT_FACT_STANDS_nGnRE | S2PT_FACT_STANDS_nGRE | S2PT_FACT_STANDS_GRE,
		[S2PT_MEM_NORMAL_NC] = S2PT_FACT_STANDS_nGnRE | S2PT_FACT_STANDS_nGRE | S2PT_FACT_STANDS_GRE |
				       S2PT_FACT_STANDS_NC,
	};

	(void)state;
	for (size_t n = 0; n < COUNT(rows) * COUNT(places); n++) {
		const size_t i = n % COUNT(rows);
		const bool is_ram = places[n / COUNT(rows)].backing == S2PT_BACKING_RAM;
		/* By nobody's word, or the guest's, it is what the host does with RAM that counts. */
		const bool by_host = is_ram &&
				     (rows[i].reason == S2PT_WHY_DEVICE || rows[i].reason == S2PT_WHY_GUEST_WORD);
		const enum s2pt_policy_reason reason = by_host ? S2PT_WHY_HOST_DEVICE : rows[i].reason;
		struct s2pt_region region = bar;
		struct s2pt_policy policy;
		uint32_t facts;

		region.backing = places[n / COUNT(rows)].backing;
		region.host = places[n / COUNT(rows)].host;
		region.vouches = rows[i].vouches;
		region.stands = rows[i].stands;
		region.gives_up = rows[i].gives_up;
		policy = allowed(&region, &modern, &guest);
		CHECK(policy.type == rows[i].type && policy.reason == reason, "row %zu%s: %s, %s", i,
		      is_ram ? " of RAM" : "", s2pt_memtype_name(policy.type), s2pt_policy_reason_name(policy.reason));
		facts = s2pt_policy_facts(&region, &modern, &guest);
		CHECK_U64(facts & degrees[S2PT_MEM_NORMAL_NC], degrees[rows[i].type], "facts by degrees");
		CHECK_U64((facts & S2PT_FACT_CONFINED) != 0, reason == S2PT_WHY_CONFINED, "confined");
	}
}

/* What allows everything is given up with any of it. */
static void
test_gives_up_cacheable(void **state)
{
	struct s2pt_region region = bar;
	struct s2pt_policy policy;

	(void)state;
	region.host = S2PT_HOST_VIEW_UNMAPPED;
	region.asks_cacheable = S2PT_SOURCE_OWNER;
	CHECK_U64(allowed(&region, &modern, &guest).type, S2PT_MEM_NORMAL_WB, "asked");
	/* What an earlier guest had as Write-Back has lines, and nobody can clean them. */
	for (unsigned bit = 0; bit < S2PT_STANDS_COUNT; bit++)
		for (unsigned vouches = 0; vouches < 2; vouches++) {
			region.gives_up = 1u << bit;
			region.vouches = vouches ? S2PT_SOURCE_OWNER : S2PT_SOURCE_NOBODY;
			CHECK_REASON(refused(&region, &modern, &guest), PFN_CONFINED);
			CHECK_REASON(refused(&region, &old, &guest), PFN_CONFINED);
		}
	region.asks_cacheable = S2PT_SOURCE_NOBODY;
	region.gives_up = S2PT_STANDS_SPECULATE;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_DEVICE_GRE, "no speculation");
	CHECK_REASON(policy.reason, CONFINED);
	region.host = S2PT_HOST_VIEW_CACHEABLE;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_CACHEABLE);

	region = ram;
	region.gives_up = S2PT_STANDS_CACHED;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_CACHEABLE);
	region.host = S2PT_HOST_VIEW_UNMAPPED;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_NC, "RAM without caches");
	CHECK_REASON(policy.reason, CONFINED);
	check_needs(&policy, POC, 0, 0);
	region.host = S2PT_HOST_VIEW_NC;
	CHECK_REASON(allowed(&region, &modern, &guest).reason, HOST_NC);
	region.gives_up = S2PT_STANDS_EARLY_ACK;
	CHECK_U64(allowed(&region, &modern, &guest).type, S2PT_MEM_DEVICE_nGnRnE, "RAM without anything");
	/* RAM that its owner handles as a device's is loosened as a device's. */
	region = ram;
	region.host = S2PT_HOST_VIEW_DEVICE;
	region.vouches = S2PT_SOURCE_OWNER;
	region.stands = S2PT_STANDS_NC;
	CHECK_U64(allowed(&region, &modern, &guest).type, S2PT_MEM_NORMAL_NC, "vouched for");
}

/* Non-cacheable RAM may be executed, and the leaf wants it said; Device never, nor what lies behind a device. */
static void
test_executable_nc(void **state)
{
	const struct s2pt_format format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 40, 48, S2PT_FEAT_S2FWB);
	struct s2pt_leaf leaf = { .r = true, .af = true, .x_el1 = true, .x_el0 = true };
	struct s2pt_platform platform = modern;
	struct s2pt_region region = ram;
	struct s2pt_policy policy;
	s2pt_desc desc;

	(void)state;
	region.exec = true;
	policy = allowed(&region, &modern, &guest);
	CHECK(policy.executable && !policy.exec_uncached, "cacheable RAM");
	region.host = S2PT_HOST_VIEW_NC;
	policy = allowed(&region, &modern, &guest);
	CHECK(policy.executable && policy.exec_uncached && policy.type == S2PT_MEM_NORMAL_NC, "Non-cacheable RAM");
	check_needs(&policy, POC, 0, 0);
	leaf.type = policy.type;
	leaf.sh = policy.sh;
	CHECK_STATUS(s2pt_desc_leaf_encode(&format, 3, s2pt_pa_of(0), &leaf, &desc), S2PT_ERR_EXEC_UNCACHED, "unsaid");
	leaf.exec_uncached = policy.exec_uncached;
	CHECK_STATUS(s2pt_desc_leaf_encode(&format, 3, s2pt_pa_of(0), &leaf, &desc), S2PT_OK, "said");
	platform.dic = false;
	policy = allowed(&region, &platform, &guest);
	check_needs(&policy, POC | S2PT_NEEDS_ICACHE, 0, 0);
	region.host = S2PT_HOST_VIEW_DEVICE;
	CHECK_REASON(refused(&region, &modern, &guest), UNCACHED_EXEC);
	region = bar;
	region.exec = true;
	region.vouches = S2PT_SOURCE_OWNER;
	CHECK_REASON(refused(&region, &modern, &guest), UNCACHED_EXEC);
}

/* Nobody can initialise tags of memory that the host has no mapping of. */
static void
test_pfn_tags(void **state)
{
	struct s2pt_region region = bar;
	struct s2pt_platform platform = modern;
	struct s2pt_guest who = { .mte = true };
	struct s2pt_policy policy;

	(void)state;
	region.host = S2PT_HOST_VIEW_UNMAPPED;
	region.asks_cacheable = S2PT_SOURCE_OWNER;
	platform.feats |= S2PT_FEAT_MTE2;
	region.tags = S2PT_TAGS_POSSIBLE;
	CHECK_REASON(refused(&region, &platform, &who), UNTAGGABLE);
	platform.feats |= S2PT_FEAT_MTE_PERM;
	policy = allowed(&region, &platform, &who);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB_NOTAGACCESS, "type");
	check_needs(&policy, 0, 0, 0);
	region.tags = S2PT_TAGS_SET;
	CHECK_U64(allowed(&region, &platform, &who).type, S2PT_MEM_NORMAL_WB, "tags that are the guest's");
}

/* What the engine is to do, and what the host's own mapping has to do with it. */
static void
test_duties(void **state)
{
	struct s2pt_guest host = { .trusted = true };
	struct s2pt_region region = ram;

	(void)state;
	CHECK(allowed(&region, &modern, &guest).ram, "RAM");
	CHECK(!allowed(&region, &modern, &host).ram, "the host's own: it keeps its caches");
	CHECK(!allowed(&bar, &modern, &guest).ram, "not RAM");
	CHECK(!allowed(&region, &modern, &guest).alias, "Write-Back beside forced Write-Back");
	CHECK(allowed(&region, &old, &guest).alias, "what the guest says may differ");
	host.trusted = false;
	host.noncoherent_dma = true;
	CHECK(allowed(&region, &modern, &host).alias, "as stage 1 says");
	CHECK(allowed(&bar, &modern, &guest).alias, "the VMM's Device mapping");
	region.host = S2PT_HOST_VIEW_NC;
	CHECK(allowed(&region, &modern, &guest).alias, "Device beside Non-cacheable");
	region.host = S2PT_HOST_VIEW_UNMAPPED;
	CHECK(!allowed(&region, &modern, &guest).alias, "no mapping of the host's");
	region = bar;
	region.host = S2PT_HOST_VIEW_UNMAPPED;
	CHECK(!allowed(&region, &modern, &guest).alias, "no mapping of a BAR either");
}

/* --- Granules --- */

static void
test_meet(void **state)
{
	struct s2pt_region both, gicv = registers, msix = bar, vouched = bar;
	struct s2pt_region bad = bar;

	(void)state;
	vouched.vouches = S2PT_SOURCE_OWNER;
	both = vouched;
	CHECK_STATUS(s2pt_policy_meet(&both, &vouched), S2PT_OK, "with itself");
	CHECK(memcmp(&both, &vouched, sizeof(both)) == 0, "with itself");
	/* A page of the BAR that nobody vouches for, and somebody else's registers. */
	CHECK_STATUS(s2pt_policy_meet(&both, &msix), S2PT_OK, "MSI-X");
	CHECK_U64(allowed(&both, &modern, &guest).type, S2PT_MEM_DEVICE_nGnRE, "MSI-X beside it");
	both = vouched;
	gicv.vouches = S2PT_SOURCE_OWNER;
	gicv.stands = 0;
	gicv.exec = true;
	CHECK_STATUS(s2pt_policy_meet(&both, &gicv), S2PT_OK, "GICV");
	CHECK_U64(both.stands, 0, "neither stands anything");
	CHECK_U64(both.backing, S2PT_BACKING_MMIO, "registers");
	CHECK_REASON(refused(&both, &modern, &guest), MMIO_EXEC);
	/* The other way round it is the same. */
	CHECK_STATUS(s2pt_policy_meet(&gicv, &vouched), S2PT_OK, "GICV");
	CHECK_U64(gicv.stands, 0, "neither stands anything");
	both = msix;
	both.vouches = S2PT_SOURCE_GUEST;
	CHECK_STATUS(s2pt_policy_meet(&both, &msix), S2PT_OK, "words of the guest");
	CHECK_U64(both.vouches, S2PT_SOURCE_NOBODY, "count where both say it");

	both = vouched;
	both.host = S2PT_HOST_VIEW_UNMAPPED;
	both.prefetchable = true;
	both.asks_cacheable = S2PT_SOURCE_GUEST;
	both.tags = S2PT_TAGS_SET;
	both.gives_up = S2PT_STANDS_ATOMIC;
	msix.gives_up = S2PT_STANDS_WALK;
	msix.dma = S2PT_DMA_NONCOHERENT;
	CHECK_STATUS(s2pt_policy_meet(&both, &msix), S2PT_OK, "the rest");
	CHECK(both.host == S2PT_HOST_VIEW_DEVICE && !both.prefetchable && both.tags == S2PT_TAGS_NONE &&
		      both.asks_cacheable == S2PT_SOURCE_NOBODY && both.dma == S2PT_DMA_NONCOHERENT &&
		      both.gives_up == (S2PT_STANDS_ATOMIC | S2PT_STANDS_WALK),
	      "the rest");

	both = vouched;
	CHECK_STATUS(s2pt_policy_meet(&both, &ram), S2PT_ERR_POLICY, "RAM beside a device");
	/* Lines of the one would be written back over the other, and nobody cleans them. */
	bad.asks_cacheable = S2PT_SOURCE_OWNER;
	CHECK_STATUS(s2pt_policy_meet(&both, &bad), S2PT_ERR_POLICY, "asked beside not asked");
	CHECK_STATUS(s2pt_policy_meet(&bad, &both), S2PT_ERR_POLICY, "asked beside not asked");
	CHECK_STATUS(s2pt_policy_meet(&bad, &registers), S2PT_ERR_POLICY, "asked beside registers");
	bad.host = S2PT_HOST_VIEW_CACHEABLE;
	CHECK_STATUS(s2pt_policy_meet(&both, &bad), S2PT_ERR_POLICY, "cacheable beside Device");
	bad.host = (enum s2pt_host_view)4;
	CHECK_STATUS(s2pt_policy_meet(&both, &bad), S2PT_ERR_FACT, "no such fact");
	CHECK_STATUS(s2pt_policy_meet(&bad, &both), S2PT_ERR_FACT, "no such fact");
	CHECK(memcmp(&both, &vouched, sizeof(both)) == 0, "a refusal leaves traces");
}

/* --- What would loosen it --- */

static void
test_loosen(void **state)
{
	struct s2pt_region region = bar;
	struct s2pt_platform platform = modern;
	struct s2pt_guest who = { .mte = true };
	uint32_t so, not;

	(void)state;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &modern, &guest), &so, &not);
	CHECK_U64(so, S2PT_FACT_STANDS_NC | S2PT_FACT_RAM, "a BAR that nobody vouches for");
	CHECK_U64(not, 0, "nothing stands in the way");
	region.host = S2PT_HOST_VIEW_UNMAPPED;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &modern, &guest), &so, &not);
	CHECK_U64(so, S2PT_FACT_STANDS_NC | S2PT_FACT_ASKED | S2PT_FACT_RAM, "... and the host does not map");
	region.asks_cacheable = S2PT_SOURCE_OWNER;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &old, &guest), &so, &not);
	CHECK_U64(so, S2PT_FACT_FWB | S2PT_FACT_RAM, "a refusal becomes an answer");
	region.exec = true;
	platform.dic = false;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &platform, &guest), &so, &not);
	CHECK_U64(so, S2PT_FACT_DIC | S2PT_FACT_RAM, "caches that need no maintenance");
	CHECK_U64(not, S2PT_FACT_EXEC, "or no execution");
	region = ram;
	platform.feats |= S2PT_FEAT_MTE2;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &platform, &who), &so, &not);
	CHECK_U64(so, S2PT_FACT_MTE_PERM, "tags out of reach");
	CHECK_U64(not, S2PT_FACT_MTE | S2PT_FACT_UNTAGGABLE, "no MTE, or tags");
	region.host = S2PT_HOST_VIEW_NC;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &modern, &guest), &so, &not);
	CHECK_U64(not, S2PT_FACT_HOST_NC, "the host's view");
	region = ram;
	who.noncoherent_dma = true;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &modern, &who), &so, &not);
	CHECK_U64(not, S2PT_FACT_NONCOHERENT, "less maintenance");
	s2pt_policy_loosen(s2pt_policy_facts(&region, &modern, &guest), &so, &not);
	CHECK(!so && !not, "nothing is looser than RAM");
	/* RAM beside a Non-cacheable view is Non-cacheable, which is more than this device stands. */
	region = bar;
	region.host = S2PT_HOST_VIEW_NC;
	region.vouches = S2PT_SOURCE_OWNER;
	region.stands = S2PT_STANDS_EARLY_ACK | S2PT_STANDS_REORDER | S2PT_STANDS_GATHER;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &modern, &guest), &so, &not);
	CHECK_U64(so, S2PT_FACT_STANDS_NC | S2PT_FACT_RAM, "a BAR that stands less than Normal-NC");
	region = ram;
	s2pt_policy_loosen(s2pt_policy_facts(&registers, &modern, &guest), &so, &not);
	CHECK_U64(so, S2PT_FACT_STANDS_NC, "registers are not to become memory");
	region = bar;
	region.vouches = S2PT_SOURCE_OWNER;
	region.stands = S2PT_STANDS_NC;
	region.host = S2PT_HOST_VIEW_NC;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &modern, &guest), &so, &not);
	CHECK_U64(so & S2PT_FACT_RAM, 0, "RAM would be Non-cacheable, too, and need maintenance");
	region = ram;
	region.host = S2PT_HOST_VIEW_UNMAPPED;
	region.gives_up = S2PT_STANDS_ATOMIC;
	s2pt_policy_loosen(s2pt_policy_facts(&region, &modern, &guest), &so, &not);
	CHECK_U64(not, S2PT_FACT_CONFINED, "RAM whose guest does without");
	/* Of RAM nobody asks for what its guest does without: it is as in the answer about RAM itself. */
	region = bar;
	region.host = S2PT_HOST_VIEW_UNMAPPED;
	region.asks_cacheable = S2PT_SOURCE_OWNER;
	region.gives_up = S2PT_STANDS_ATOMIC;
	who.noncoherent_dma = true;
	for (unsigned i = 0; i < 4; i++) {
		const struct s2pt_platform *on = i & 1u ? &modern : &old;
		const struct s2pt_guest *by = i & 2u ? &who : &guest;

		region.backing = S2PT_BACKING_RAM;
		CHECK_U64(allowed(&region, on, by).type, S2PT_MEM_DEVICE_GRE, "RAM, without atomics");
		region.backing = S2PT_BACKING_PFN;
		CHECK_REASON(refused(&region, on, by), PFN_CONFINED);
		s2pt_policy_loosen(s2pt_policy_facts(&region, on, by), &so, &not);
		CHECK_U64(so, S2PT_FACT_RAM, "if it were RAM");
	}
}

/* A zeroed region gets the strictest answer; facts out of range get none. */
static void
test_bad_facts(void **state)
{
	const struct s2pt_region nothing = { .exec = false };
	struct s2pt_region rows[8] = { ram, ram, ram, ram, ram, ram, ram, ram };
	struct s2pt_policy policy = allowed(&nothing, &old, &guest);

	(void)state;
	CHECK_U64(policy.type, S2PT_MEM_DEVICE_nGnRE, "nothing said");
	rows[0].backing = (enum s2pt_backing)3;
	rows[1].host = (enum s2pt_host_view)4;
	rows[2].vouches = (enum s2pt_source)3;
	rows[3].asks_cacheable = (enum s2pt_source)3;
	rows[4].tags = (enum s2pt_tags)3;
	rows[5].dma = (enum s2pt_dma)3;
	rows[6].stands = S2PT_STANDS_CACHED;
	rows[7].gives_up = 1u << S2PT_STANDS_COUNT;
	for (size_t i = 0; i < COUNT(rows); i++) {
		POISONED(policy);
		CHECK_STATUS(s2pt_policy_choose(&rows[i], &modern, &guest, &policy), S2PT_ERR_FACT,
			     "bad fact");
		CHECK_UNTOUCHED(policy, "bad fact");
		CHECK_U64(s2pt_policy_facts(&rows[i], &modern, &guest), 0, "facts");
	}
}

/* --- The rules, as they are handed out ------------------------------------------------------------------ */

static void
test_rules_are_whole(void **state)
{
	const uint32_t about_type = S2PT_FACT_CACHEABLE | S2PT_FACT_UNCACHED | S2PT_FACT_NC |
				    S2PT_FACT_AS_STAGE1;
	unsigned list = S2PT_LIST_TYPE, count = 0;
	bool closed[S2PT_LIST_COUNT] = { false };

	(void)state;
	for (const struct s2pt_policy_rule *rule; (rule = s2pt_policy_rule_at(count)); count++) {
		CHECK(rule->list >= list && rule->list < S2PT_LIST_COUNT, "lists in order");
		list = rule->list;
		CHECK(!closed[list], "rule %u can never apply", count);
		closed[list] = !rule->needs && !rule->excludes;
		CHECK(!(rule->needs & rule->excludes), "rule %u needs what it excludes", count);
		CHECK(!((rule->needs | rule->excludes) >> S2PT_FACT_COUNT), "rule %u: no such fact", count);
		CHECK(list != S2PT_LIST_TYPE || !((rule->needs | rule->excludes) & about_type),
		      "rule %u asks for the type before there is one", count);
		CHECK(rule->verdict <= S2PT_VERDICT_REFUSE, "verdict");
		/* What a verdict has no use for is 0, so that a rule can be read whole. */
		CHECK(rule->verdict == S2PT_VERDICT_TYPE || !rule->type, "rule %u: a type", count);
		CHECK(rule->verdict == S2PT_VERDICT_NEEDS || !(rule->on_map | rule->on_unmap | rule->on_caches_on),
		      "rule %u: maintenance", count);
		CHECK(list < S2PT_LIST_FETCH || !(rule->on_unmap | rule->on_caches_on),
		      "rule %u: maintenance that is not looked at", count);
		CHECK(rule->reason < S2PT_WHY_COUNT, "rule %u has no reason", count);
	}
	CHECK(count > 20, "%u rules", count);
	CHECK(closed[S2PT_LIST_TYPE] && closed[S2PT_LIST_MAINTENANCE], "a list that need not apply");
	CHECK(s2pt_policy_rule_at(count - 1)->list == S2PT_LIST_TAGS &&
		      s2pt_policy_rule_at(count - 1)->reason == S2PT_WHY_TAGGED,
	      "the last rule is not the last of the lists");
	CHECK(!s2pt_policy_rule_at(SIZE_MAX), "past the end");
}

/* --- Linux KVM over the years ------------------------------------------------------------------------- */

/* What KVM looks at, in its own words. */
struct kvm_facts {
	bool map_memory;         /* pfn_is_map_memory(): RAM that the kernel has a mapping of */
	bool allow_any_uncached; /* VM_ALLOW_ANY_UNCACHED */
	bool vma_cacheable;      /* the VMA's own type is Normal Write-Back */
	bool mte_allowed;        /* VM_MTE_ALLOWED */
	bool exec;               /* an instruction fetch faulted */
	bool vm_mte;             /* kvm_has_mte() */
	bool fwb, dic;
};

enum kvm_answer {
	KVM_NORMAL,
	KVM_NC,
	KVM_DEVICE,
	KVM_AS_S1,
	KVM_REFUSES,
};

/* Before 2024: what is not RAM is Device, always. */
static enum kvm_answer
kvm_before_2024(const struct kvm_facts *kvm)
{
	if (!kvm->map_memory)
		return kvm->exec ? KVM_REFUSES : KVM_DEVICE;
	return kvm->vm_mte && !kvm->mte_allowed ? KVM_REFUSES : KVM_NORMAL;
}

/* 2024: VM_ALLOW_ANY_UNCACHED makes it Normal-NC. */
static enum kvm_answer
kvm_2024(const struct kvm_facts *kvm)
{
	enum kvm_answer answer = kvm_before_2024(kvm);

	return answer == KVM_DEVICE && kvm->allow_any_uncached ? KVM_NC : answer;
}

/* 2025: a cacheable VMA over PFNs, with FWB and DIC. */
static enum kvm_answer
kvm_2025(const struct kvm_facts *kvm)
{
	if (kvm->map_memory || !kvm->vma_cacheable)
		return kvm_2024(kvm);
	if (!kvm->fwb || !kvm->dic)
		return KVM_REFUSES;
	return kvm->vm_mte && !kvm->mte_allowed ? KVM_REFUSES : KVM_NORMAL;
}

/* The same facts in the words of policy.h. FWB brings IDC: CLIDR_EL1.LoUU is 0. */
static enum kvm_answer
our_answer(const struct kvm_facts *kvm, bool nc_known, bool cacheable_known,
	   enum s2pt_policy_reason *reason)
{
	const struct s2pt_region region = {
		.backing = kvm->map_memory ? S2PT_BACKING_RAM : S2PT_BACKING_PFN,
		.host = kvm->map_memory || (cacheable_known && kvm->vma_cacheable) ? S2PT_HOST_VIEW_CACHEABLE
										   : S2PT_HOST_VIEW_DEVICE,
		.vouches = nc_known && kvm->allow_any_uncached ? S2PT_SOURCE_OWNER : S2PT_SOURCE_NOBODY,
		.stands = S2PT_STANDS_NC,
		.asks_cacheable = !kvm->map_memory && cacheable_known && kvm->vma_cacheable
					? S2PT_SOURCE_OWNER
					: S2PT_SOURCE_NOBODY,
		.tags = kvm->mte_allowed ? S2PT_TAGS_POSSIBLE : S2PT_TAGS_NONE,
		.exec = kvm->exec,
	};
	const struct s2pt_platform platform = {
		.feats = S2PT_FEAT_MTE2 | (kvm->fwb ? S2PT_FEAT_S2FWB : 0),
		.dic = kvm->dic,
		.idc = kvm->fwb,
	};
	const struct s2pt_guest who = { .mte = kvm->vm_mte };
	struct s2pt_policy policy;

	if (s2pt_policy_choose(&region, &platform, &who, &policy) != S2PT_OK) {
		*reason = policy.reason;
		return KVM_REFUSES;
	}
	*reason = policy.reason;
	return policy.type == S2PT_MEM_NORMAL_WB ? KVM_NORMAL
	     : policy.type == S2PT_MEM_NORMAL_NC ? KVM_NC
						 : KVM_DEVICE;
}

static struct kvm_facts
kvm_facts(unsigned set)
{
	return (struct kvm_facts){
		set & 1u,
		set >> 1 & 1u,
		set >> 2 & 1u,
		set >> 3 & 1u,
		set >> 4 & 1u,
		set >> 5 & 1u,
		set >> 6 & 1u,
		set >> 7 & 1u,
	};
}

static void
test_kvm_before_2024_and_2024(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 256; set++) {
		const struct kvm_facts kvm = kvm_facts(set);
		enum s2pt_policy_reason reason;

		CHECK(our_answer(&kvm, false, false, &reason) == kvm_before_2024(&kvm), "before 2024: 0x%x",
		      set);
		CHECK(our_answer(&kvm, true, false, &reason) == kvm_2024(&kvm), "2024: 0x%x", set);
	}
}

/*
 * 2025: the module agrees, but for two things. Without DIC KVM refuses cacheable PFN memory altogether, since
 * it cannot know what the guest will execute; here what is not executable needs no instruction-cache
 * maintenance, and is allowed. A host that wants KVM's answer asks for executable memory. And where such memory were
 * VM_MTE_ALLOWED, KVM would initialise its tags by way of a struct page that it need not have; here that is refused.
 */
static void
test_kvm_2025(void **state)
{
	unsigned looser = 0, stricter = 0;

	(void)state;
	for (unsigned set = 0; set < 256; set++) {
		const struct kvm_facts kvm = kvm_facts(set);
		struct kvm_facts executable = kvm;
		enum s2pt_policy_reason reason;
		enum kvm_answer ours = our_answer(&kvm, true, true, &reason);

		if (ours == kvm_2025(&kvm))
			continue;
		if (kvm.vm_mte && kvm.mte_allowed) {
			CHECK(!kvm.map_memory && kvm.vma_cacheable && ours == KVM_REFUSES &&
				      reason == S2PT_WHY_UNTAGGABLE,
			      "2025: 0x%x differs: %s", set, s2pt_policy_reason_name(reason));
			stricter++;
			continue;
		}
		CHECK(!kvm.map_memory && kvm.vma_cacheable && kvm.fwb && !kvm.dic && !kvm.exec &&
			      ours == KVM_NORMAL && reason == S2PT_WHY_OWNER_ASKS,
		      "2025: 0x%x differs: %s", set,
		      s2pt_policy_reason_name(reason));
		executable.exec = true;
		CHECK(our_answer(&executable, true, true, &reason) == KVM_REFUSES &&
			      reason == S2PT_WHY_PFN_ICACHE,
		      "2025: 0x%x executable", set);
		looser++;
	}
	CHECK_U64(looser, 4, "combinations that are looser");
	CHECK_U64(stricter, 4, "combinations that are stricter");
}

/*
 * KVM before 2025 gives an uncached view also of what its own VMA maps cacheable. The module knows better,
 * if it is told: it refuses.
 */
static void
test_kvm_aliases(void **state)
{
	struct s2pt_region region = bar;

	(void)state;
	region.host = S2PT_HOST_VIEW_CACHEABLE;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_CACHEABLE);
}

/* pKVM's host: its own memory and devices, as its stage 1 says; devices are never executable. */
static void
test_pkvm_host(void **state)
{
	const struct s2pt_guest host = { .trusted = true };
	struct s2pt_region region = ram;

	(void)state;
	region.exec = true;
	CHECK_U64(allowed(&region, &modern, &host).type, S2PT_MEM_AS_STAGE1, "memory");
	CHECK(allowed(&region, &modern, &host).executable, "memory, RWX");
	region = registers;
	CHECK_U64(allowed(&region, &modern, &host).type, S2PT_MEM_AS_STAGE1, "devices");
	CHECK(!allowed(&region, &modern, &host).executable, "devices, RW");
	region.exec = true;
	CHECK_REASON(refused(&region, &modern, &host), MMIO_EXEC);
}

/*
 * The same behaviours for a machine: RAM, the BAR of a device whose driver says VM_ALLOW_ANY_UNCACHED, one whose driver
 * does not, registers that share a granule with either, and cacheable memory of a coherent accelerator; with sets of
 * masters, folded in every order. What a year's KVM does not know is not said. KVM does not ask about masters: without
 * those that bypass the caches the answers are KVM's, and with them no answer lets a guest miss what DMA wrote.
 */
enum kvm_year {
	KVM_BEFORE_2024,
	KVM_2024,
	KVM_2025,
	KVM_PROTECTED, /* pKVM's host */
	KVM_YEARS,
};

enum machine_region {
	REGION_RAM,
	REGION_BAR,       /* VM_ALLOW_ANY_UNCACHED */
	REGION_OTHER_BAR, /* not that */
	REGION_SHARED,    /* a granule of both */
	REGION_FRAME,     /* registers in a granule with the first */
	REGION_COHERENT,  /* an accelerator's memory, which the host maps cacheable */
	REGIONS,
};

static struct s2pt_region
region_in(enum kvm_year year, enum machine_region which)
{
	const bool knows_nc = year >= KVM_2024, knows_cacheable = year >= KVM_2025;
	struct s2pt_region one = bar, other = bar;

	one.vouches = knows_nc ? S2PT_SOURCE_OWNER : S2PT_SOURCE_NOBODY;
	switch (which) {
	case REGION_RAM:
		return ram;
	case REGION_BAR:
		return one;
	case REGION_SHARED:
		CHECK_STATUS(s2pt_policy_meet(&one, &other), S2PT_OK, "two BARs");
		return one;
	case REGION_FRAME:
		CHECK_STATUS(s2pt_policy_meet(&one, &registers), S2PT_OK, "registers beside a BAR");
		return one;
	case REGION_COHERENT:
		other.host = knows_cacheable ? S2PT_HOST_VIEW_CACHEABLE : S2PT_HOST_VIEW_DEVICE;
		other.asks_cacheable = knows_cacheable ? S2PT_SOURCE_OWNER : S2PT_SOURCE_NOBODY;
		return other;
	default:
		return other;
	}
}

/* A PCIe function as it comes, onto RAM that is Write-Back. */
static struct s2pt_master
function(void)
{
	struct s2pt_master master = { .pcie = true, .ram = true, .memattr = 15, .sh = S2PT_SH_ISH };

	s2pt_smmu_default_attr(&master.incoming);
	return master;
}

/* Masters, as a set: a NIC without No_snoop, a GPU with it, and one with it under CANWBS. */
enum { NIC = 1,
       GPU = 2,
       CANWBS_GPU = 4 };

static void
fold_masters(unsigned set, bool backwards, struct s2pt_platform *platform, struct s2pt_guest *who)
{
	for (unsigned i = 0; i < 3; i++) {
		const unsigned n = backwards ? 2 - i : i;
		struct s2pt_master master = function();

		master.feats = platform->feats & S2PT_FEAT_S2FWB;
		master.no_snoop = n > 0;
		master.canwbs = n == 2;
		if (set >> n & 1u)
			CHECK_STATUS(s2pt_policy_assign(&master, platform, who), S2PT_OK, "assign");
	}
}

/* What a year's KVM gives, or a refusal. */
static enum kvm_answer
kvm_gives(enum kvm_year year, enum machine_region which, bool fwb)
{
	if (year == KVM_PROTECTED)
		return KVM_AS_S1;
	switch (which) {
	case REGION_RAM:
		return KVM_NORMAL;
	case REGION_BAR:
		return year >= KVM_2024 ? KVM_NC : KVM_DEVICE;
	case REGION_COHERENT:
		return year < KVM_2025 ? KVM_DEVICE
		     : fwb             ? KVM_NORMAL
				       : KVM_REFUSES;
	default:
		return KVM_DEVICE;
	}
}

static enum kvm_answer
answer_of(enum s2pt_status status, const struct s2pt_policy *policy)
{
	if (status != S2PT_OK)
		return KVM_REFUSES;
	return policy->type == S2PT_MEM_NORMAL_WB   ? KVM_NORMAL
	     : policy->type == S2PT_MEM_NORMAL_NC   ? KVM_NC
	     : policy->type == S2PT_MEM_AS_STAGE1   ? KVM_AS_S1
	     : s2pt_memtype_is_device(policy->type) ? KVM_DEVICE
						    : KVM_REFUSES;
}

static void
test_kvm_machines(void **state)
{
	unsigned kvms = 0, others = 0;

	(void)state;
	for (unsigned n = 0; n < KVM_YEARS * 8 * 2 * 2; n++) {
		const enum kvm_year year = (enum kvm_year)(n / 32);
		const unsigned set = n / 4 % 8;
		const bool fwb = n & 2u;
		struct s2pt_platform platform = fwb ? modern : old;
		struct s2pt_guest who = { .trusted = year == KVM_PROTECTED };

		fold_masters(set, n & 1u, &platform, &who);
		for (unsigned which = 0; which < REGIONS; which++) {
			const struct s2pt_region region = region_in(year, (enum machine_region)which);
			enum kvm_answer want = kvm_gives(year, (enum machine_region)which, fwb), got;
			struct s2pt_policy policy = { .reason = S2PT_WHY_COUNT };
			enum s2pt_status status = s2pt_policy_choose(&region, &platform, &who, &policy);

			/* Write-Back may not be forced where a master bypasses the caches; CANWBS is about RAM. */
			if (fwb && want == KVM_NORMAL && which == REGION_RAM && (set & GPU))
				want = KVM_AS_S1;
			if (fwb && want == KVM_NORMAL && which == REGION_COHERENT && (set & (GPU | CANWBS_GPU)))
				want = KVM_REFUSES;
			got = answer_of(status, &policy);
			CHECK(got == want, "year %u region %u masters 0x%x fwb %d: %d, not %d", year, which, set, fwb,
			      got, want);
			if (want == kvm_gives(year, (enum machine_region)which, fwb))
				kvms++;
			else
				others++;
			/* RAM that DMA reaches past the caches is cleaned, unless the host does so itself. */
			if (which == REGION_RAM && (set & GPU) && year != KVM_PROTECTED)
				check_needs(&policy, POC, POC, POC);
		}
	}
	CHECK_U64(kvms + others, KVM_YEARS * 8 * 2 * 2 * REGIONS, "answers");
	CHECK(others == 2 * (4 * 3 + 6), "%u answers are stricter than KVM's", others);
}

/* --- The seeds of the story ---------------------------------------------------------------------------- */

static enum s2pt_kind
guest_gets(s2pt_feats feats, enum s2pt_memtype type, uint8_t mair)
{
	const struct s2pt_controls controls = { .feats = feats, .sctlr_c = true, .sctlr_i = true };
	const struct s2pt_stage1 s1 = { .mair = mair, .sh = S2PT_SH_ISH };
	struct s2pt_stage2 s2 = { .sh = S2PT_SH_ISH };
	struct s2pt_combined combined;

	CHECK_STATUS(s2pt_memattr_encode(feats, type, &s2.memattr), S2PT_OK, "type");
	CHECK_STATUS(s2pt_combine(&controls, &s1, &s2, &combined), S2PT_OK, "combine");
	return s2pt_attr_kind(&combined.attr);
}

/* Device-nGnRE forces Device on every guest type; NC leaves Device<attr>, and makes WB and WT NC. */
static void
test_story(void **state)
{
	static const uint8_t devices[] = { 0x00, 0x04, 0x08, 0x0c };
	static const uint8_t normals[] = { 0xff, 0xee, 0xbb, 0xaa, 0x44, 0x4f };
	static const s2pt_feats modes[] = { 0, S2PT_FEAT_S2FWB };
	struct s2pt_region region = bar;

	(void)state;
	for (size_t m = 0; m < COUNT(modes); m++) {
		const struct s2pt_platform platform = { .feats = modes[m] };
		enum s2pt_memtype before, after;

		region.vouches = S2PT_SOURCE_NOBODY;
		before = allowed(&region, &platform, &guest).type;
		region.vouches = S2PT_SOURCE_OWNER;
		after = allowed(&region, &platform, &guest).type;
		for (size_t i = 0; i < COUNT(devices); i++) {
			enum s2pt_kind own = (enum s2pt_kind)(S2PT_KIND_DEVICE_nGnRnE + i);

			CHECK_U64(guest_gets(modes[m], before, devices[i]),
				  own < S2PT_KIND_DEVICE_nGnRE ? own : S2PT_KIND_DEVICE_nGnRE, "before");
			CHECK_U64(guest_gets(modes[m], after, devices[i]), own, "after");
		}
		for (size_t i = 0; i < COUNT(normals); i++) {
			CHECK_U64(guest_gets(modes[m], before, normals[i]), S2PT_KIND_DEVICE_nGnRE, "before");
			CHECK_U64(guest_gets(modes[m], after, normals[i]), S2PT_KIND_NORMAL_NC, "after");
		}
	}
}

/* X with Device or NC: refused by the policy, and again by whoever builds the descriptor. */
static void
test_story_exec(void **state)
{
	static const enum s2pt_source parties[] = { S2PT_SOURCE_NOBODY, S2PT_SOURCE_OWNER };
	const struct s2pt_format format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 40, 48,
						    S2PT_FEAT_S2FWB);
	struct s2pt_region region = bar;

	(void)state;
	for (size_t i = 0; i < COUNT(parties); i++) {
		struct s2pt_policy policy;
		struct s2pt_leaf leaf = { .r = true, .w = true, .af = true };
		s2pt_desc desc;

		region.vouches = parties[i];
		region.exec = false;
		policy = allowed(&region, &modern, &guest);
		leaf.type = policy.type;
		leaf.sh = policy.sh;
		CHECK_STATUS(s2pt_desc_leaf_encode(&format, 3, s2pt_pa_of(0), &leaf, &desc), S2PT_OK, "leaf");
		leaf.x_el1 = leaf.x_el0 = true;
		CHECK_STATUS(s2pt_desc_leaf_encode(&format, 3, s2pt_pa_of(0), &leaf, &desc), S2PT_ERR_EXEC_UNCACHED,
			     "executable leaf");
		region.exec = true;
		CHECK_REASON(refused(&region, &modern, &guest), UNCACHED_EXEC);
	}
}

/* Device and NC at once: one answer is one type, and each type is one of them or neither. */
static void
test_story_one_type(void **state)
{
	(void)state;
	for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++)
		CHECK(!(s2pt_memtype_is_device((enum s2pt_memtype)type) && type == S2PT_MEM_NORMAL_NC),
		      "type %u", type);
	for (unsigned raw = 0; raw < 16; raw++)
		for (unsigned fwb = 0; fwb < 2; fwb++) {
			enum s2pt_memtype type;
			uint8_t back;

			if (s2pt_memattr_decode(fwb ? S2PT_FEAT_S2FWB : 0, (uint8_t)raw, &type) != S2PT_OK)
				continue;
			CHECK_STATUS(s2pt_memattr_encode(fwb ? S2PT_FEAT_S2FWB : 0, type, &back), S2PT_OK,
				     "back");
			CHECK_U64(back, raw, "one type, one encoding");
		}
}

/* --- Aliases ------------------------------------------------------------------------------------------- */

static struct s2pt_view
view_of(uint8_t mair, enum s2pt_sh sh, bool writes)
{
	struct s2pt_view view = { .writes = writes };

	CHECK_STATUS(s2pt_mair_decode(S2PT_FEAT_XS | S2PT_FEAT_MTE2, mair, sh, &view.attr), S2PT_OK, "MAIR");
	return view;
}

/* Agents that are inner shareable, and nothing else known. */
static const struct s2pt_sharing inner = { .domain = S2PT_SH_ISH };

#define ORDER  S2PT_LOSS_ORDER
#define SPEC   S2PT_LOSS_SPECULATION
#define GATHER S2PT_LOSS_GATHERING
#define MIX    S2PT_LOSS_REORDERING
#define DEVICE (SPEC | GATHER | MIX)
#define CACHED (S2PT_LOSS_ORDER | S2PT_LOSS_COHERENCY | S2PT_LOSS_EXCLUSIVES)
#define WRITES S2PT_LOSS_WRITES

static void
test_aliases(void **state)
{
	static const struct {
		uint8_t a, b;
		enum s2pt_sh a_sh, b_sh;
		bool matched;
		unsigned lost;
		enum s2pt_repair repair;
	} rows[] = {
		{ 0xff, 0xff, S2PT_SH_ISH, S2PT_SH_ISH, true, 0, S2PT_REPAIR_NONE },
		/* Hints and tags do not count. */
		{ 0xff, 0xee, S2PT_SH_ISH, S2PT_SH_ISH, true, 0, S2PT_REPAIR_NONE },
		{ 0xff, 0x77, S2PT_SH_ISH, S2PT_SH_ISH, true, 0, S2PT_REPAIR_NONE },
		{ 0xff, 0xf0, S2PT_SH_ISH, S2PT_SH_ISH, true, 0, S2PT_REPAIR_NONE },
		/* Device and NC are Outer Shareable, whatever they say. */
		{ 0x44, 0x44, S2PT_SH_ISH, S2PT_SH_NSH, true, 0, S2PT_REPAIR_NONE },
		{ 0x04, 0x04, S2PT_SH_ISH, S2PT_SH_OSH, true, 0, S2PT_REPAIR_NONE },
		/* The host's device mapping, and a guest's write-combining one. */
		{ 0x04, 0x44, S2PT_SH_OSH, S2PT_SH_OSH, false, ORDER | DEVICE, S2PT_REPAIR_DMB },
		{ 0x44, 0x00, S2PT_SH_OSH, S2PT_SH_OSH, false, ORDER | DEVICE, S2PT_REPAIR_DMB },
		{ 0x04, 0x0c, S2PT_SH_OSH, S2PT_SH_OSH, false, ORDER | GATHER | MIX, S2PT_REPAIR_DMB },
		{ 0x08, 0x0c, S2PT_SH_OSH, S2PT_SH_OSH, false, ORDER | GATHER, S2PT_REPAIR_DMB },
		{ 0x0c, 0x44, S2PT_SH_OSH, S2PT_SH_OSH, false, ORDER | SPEC, S2PT_REPAIR_DMB },
		/* Early acknowledgement is none of the properties that are lost. */
		{ 0x00, 0x04, S2PT_SH_OSH, S2PT_SH_OSH, false, ORDER, S2PT_REPAIR_DMB },
		/* XS alone. */
		{ 0x44, 0x40, S2PT_SH_OSH, S2PT_SH_OSH, false, ORDER, S2PT_REPAIR_DMB },
		{ 0x04, 0x05, S2PT_SH_OSH, S2PT_SH_OSH, false, ORDER, S2PT_REPAIR_DMB },
		{ 0xaa, 0xa0, S2PT_SH_ISH, S2PT_SH_ISH, false, CACHED, S2PT_REPAIR_MAINTAIN },
		/* The host's linear map, and a guest that bypasses the caches. */
		{ 0xff, 0x44, S2PT_SH_OSH, S2PT_SH_ISH, false, CACHED | WRITES, S2PT_REPAIR_MAINTAIN },
		{ 0xff, 0x44, S2PT_SH_ISH, S2PT_SH_ISH, false, CACHED | WRITES, S2PT_REPAIR_AROUND },
		{ 0xff, 0x04, S2PT_SH_ISH, S2PT_SH_ISH, false, CACHED | WRITES | DEVICE, S2PT_REPAIR_AROUND },
		{ 0xff, 0xff, S2PT_SH_ISH, S2PT_SH_OSH, false, CACHED | WRITES, S2PT_REPAIR_AROUND },
		{ 0xff, 0xff, S2PT_SH_NSH, S2PT_SH_ISH, false, CACHED | WRITES, S2PT_REPAIR_AROUND },
		/* Write-Through has nothing to write back. */
		{ 0xbb, 0x44, S2PT_SH_OSH, S2PT_SH_OSH, false, CACHED, S2PT_REPAIR_MAINTAIN },
		{ 0xbb, 0xff, S2PT_SH_ISH, S2PT_SH_ISH, false, CACHED | WRITES, S2PT_REPAIR_MAINTAIN },
		{ 0x4f, 0x44, S2PT_SH_OSH, S2PT_SH_OSH, false, CACHED | WRITES, S2PT_REPAIR_MAINTAIN },
		{ 0xf4, 0x44, S2PT_SH_OSH, S2PT_SH_OSH, false, CACHED | WRITES, S2PT_REPAIR_MAINTAIN },
		{ 0xf4, 0x4f, S2PT_SH_ISH, S2PT_SH_ISH, false, CACHED | WRITES, S2PT_REPAIR_MAINTAIN },
		{ 0x4b, 0xbb, S2PT_SH_ISH, S2PT_SH_ISH, false, CACHED, S2PT_REPAIR_MAINTAIN },
		{ 0xb4, 0xbb, S2PT_SH_ISH, S2PT_SH_ISH, false, CACHED, S2PT_REPAIR_MAINTAIN },
	};

	const unsigned beyond = DEVICE | S2PT_LOSS_EXCLUSIVES;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (unsigned swap = 0; swap < 2; swap++) {
			struct s2pt_view one = view_of(rows[i].a, rows[i].a_sh, true);
			struct s2pt_view two = view_of(rows[i].b, rows[i].b_sh, true);
			struct s2pt_alias alias;

			CHECK_STATUS(s2pt_policy_alias(swap ? &two : &one, swap ? &one : &two, &inner, &alias),
				     S2PT_OK, "alias");
			if (alias.matched != rows[i].matched || alias.lost != rows[i].lost)
				print_error("row %zu\n", i);
			CHECK_U64(alias.matched, rows[i].matched, "matched");
			CHECK_U64(alias.lost, rows[i].lost, "lost");
			/* A DMB brings back order and coherency, and no property of a type. */
			CHECK_U64(alias.beyond, rows[i].lost & beyond, "beyond");
			CHECK_U64(alias.repair, rows[i].repair, "repair");
		}
}

/* Who stays coherent: all writes by one mapping, and it is NC or all shareabilities reach far enough. */
static void
test_alias_coherence(void **state)
{
	static const struct {
		uint8_t a, b;
		enum s2pt_sh a_sh, b_sh, domain;
		bool a_writes, b_writes, a_coherent, b_coherent;
	} rows[] = {
		{ 0xff, 0x44, S2PT_SH_ISH, S2PT_SH_OSH, S2PT_SH_ISH, true, false, true, false },
		{ 0xff, 0x44, S2PT_SH_ISH, S2PT_SH_OSH, S2PT_SH_ISH, false, true, false, true },
		{ 0xff, 0x44, S2PT_SH_ISH, S2PT_SH_OSH, S2PT_SH_ISH, true, true, false, false },
		{ 0xff, 0x44, S2PT_SH_ISH, S2PT_SH_OSH, S2PT_SH_OSH, true, false, false, false },
		{ 0xff, 0x44, S2PT_SH_ISH, S2PT_SH_OSH, S2PT_SH_OSH, false, true, false, true },
		{ 0xff, 0xff, S2PT_SH_OSH, S2PT_SH_ISH, S2PT_SH_ISH, true, false, true, false },
		{ 0xff, 0xff, S2PT_SH_OSH, S2PT_SH_NSH, S2PT_SH_ISH, true, false, false, false },
		{ 0xff, 0xff, S2PT_SH_OSH, S2PT_SH_NSH, S2PT_SH_NSH, true, false, true, false },
		{ 0xff, 0xbb, S2PT_SH_ISH, S2PT_SH_ISH, S2PT_SH_ISH, false, false, true, true },
		/* Matched. */
		{ 0xff, 0xff, S2PT_SH_ISH, S2PT_SH_ISH, S2PT_SH_ISH, true, true, true, true },
		{ 0xff, 0xff, S2PT_SH_ISH, S2PT_SH_ISH, S2PT_SH_OSH, true, true, false, false },
		{ 0xff, 0xff, S2PT_SH_NSH, S2PT_SH_NSH, S2PT_SH_ISH, true, true, false, false },
		{ 0x44, 0x44, S2PT_SH_NSH, S2PT_SH_NSH, S2PT_SH_OSH, true, true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_view one = view_of(rows[i].a, rows[i].a_sh, rows[i].a_writes);
		struct s2pt_view two = view_of(rows[i].b, rows[i].b_sh, rows[i].b_writes);
		const struct s2pt_sharing sharing = { .domain = rows[i].domain };
		struct s2pt_alias alias;

		CHECK_STATUS(s2pt_policy_alias(&one, &two, &sharing, &alias), S2PT_OK, "alias");
		CHECK(alias.coherent[0] == rows[i].a_coherent && alias.coherent[1] == rows[i].b_coherent,
		      "row %zu: %d %d", i, alias.coherent[0], alias.coherent[1]);
	}
}

/* What is known of the users, and of what is there, and how little is lost then. */
static void
test_alias_users(void **state)
{
	enum { ANY = S2PT_RELATION_ANY,
	       APART = S2PT_RELATION_INDEPENDENT,
	       TURNS = S2PT_RELATION_HANDOVER };
	static const struct {
		uint8_t a, b;
		bool a_idle, b_idle;
		uint8_t relation;
		uint32_t stands;
		unsigned lost, beyond;
		enum s2pt_repair repair;
	} rows[] = {
		/* The VMM's mapping of a BAR, and the guest's write-combining one. */
		{ 0x00, 0x44, false, false, ANY, S2PT_STANDS_NC, ORDER | DEVICE, 0, S2PT_REPAIR_DMB },
		{ 0x00, 0x44, false, false, ANY, 0, ORDER | DEVICE, DEVICE, S2PT_REPAIR_DMB },
		{ 0x00, 0x44, false, false, APART, 0, DEVICE, DEVICE, S2PT_REPAIR_NONE },
		{ 0x00, 0x44, false, false, APART, S2PT_STANDS_NC, DEVICE, 0, S2PT_REPAIR_NONE },
		{ 0x00, 0x44, true, false, ANY, 0, 0, 0, S2PT_REPAIR_NONE },
		{ 0x00, 0x44, false, true, ANY, 0, SPEC, SPEC, S2PT_REPAIR_NONE },
		{ 0x00, 0x44, true, true, ANY, 0, 0, 0, S2PT_REPAIR_NONE },
		{ 0x00, 0x44, false, false, TURNS, 0, SPEC, SPEC, S2PT_REPAIR_NONE },
		{ 0x00, 0x44, false, false, TURNS, S2PT_STANDS_SPECULATE, SPEC, 0, S2PT_REPAIR_NONE },
		{ 0x00, 0x0c, false, false, TURNS, 0, 0, 0, S2PT_REPAIR_NONE },
		/* A cacheable mapping that nobody uses has clean lines at most, which nobody reads. */
		{ 0xff, 0x44, true, false, ANY, 0, 0, 0, S2PT_REPAIR_NONE },
		{ 0xff, 0x44, false, true, ANY, 0, 0, 0, S2PT_REPAIR_NONE },
		{ 0xff, 0x44, false, false, TURNS, 0, S2PT_LOSS_COHERENCY | WRITES, 0, S2PT_REPAIR_AROUND },
		{ 0xff, 0x44, false, false, APART, 0, (CACHED & ~ORDER) | WRITES, S2PT_LOSS_EXCLUSIVES,
		  S2PT_REPAIR_AROUND },
		/* Beside a cacheable one, the properties of Device do not come back. */
		{ 0xff, 0x04, false, false, ANY, 0, CACHED | WRITES | DEVICE, DEVICE | S2PT_LOSS_EXCLUSIVES,
		  S2PT_REPAIR_AROUND },
		{ 0xff, 0x04, false, false, ANY, S2PT_STANDS_GATHER | S2PT_STANDS_REORDER, CACHED | WRITES | DEVICE,
		  SPEC | S2PT_LOSS_EXCLUSIVES, S2PT_REPAIR_AROUND },
		{ 0xff, 0x04, false, false, ANY, S2PT_STANDS_NC, CACHED | WRITES | DEVICE, S2PT_LOSS_EXCLUSIVES,
		  S2PT_REPAIR_AROUND },
		{ 0xff, 0x04, true, false, ANY, 0, SPEC, SPEC, S2PT_REPAIR_NONE },
		{ 0xff, 0x04, true, false, ANY, S2PT_STANDS_SPECULATE, SPEC, 0, S2PT_REPAIR_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (unsigned swap = 0; swap < 2; swap++) {
			const struct s2pt_sharing sharing = { S2PT_SH_ISH, (enum s2pt_relation)rows[i].relation,
							      rows[i].stands };
			struct s2pt_view one = view_of(rows[i].a, S2PT_SH_ISH, true);
			struct s2pt_view two = view_of(rows[i].b, S2PT_SH_ISH, true);
			struct s2pt_alias alias;

			one.idle = rows[i].a_idle;
			two.idle = rows[i].b_idle;
			CHECK_STATUS(s2pt_policy_alias(swap ? &two : &one, swap ? &one : &two, &sharing, &alias),
				     S2PT_OK, "alias");
			CHECK(alias.lost == rows[i].lost && alias.beyond == rows[i].beyond &&
				      alias.repair == rows[i].repair,
			      "row %zu: lost 0x%x beyond 0x%x repair %d", i, alias.lost, alias.beyond, alias.repair);
			/* All writes are by the mapping that is used. */
			if (rows[i].a_idle)
				CHECK(alias.coherent[!swap], "row %zu: coherent", i);
		}
}

/* Without a writer nothing is incoherent, and a line is dirty only where a Write-Back mapping writes. */
static void
test_alias_writers(void **state)
{
	static const struct {
		uint8_t a, b;
		bool a_writes, b_writes;
		unsigned lost;
	} rows[] = {
		{ 0xff, 0x44, true, true, CACHED | WRITES },
		{ 0xff, 0x44, true, false, CACHED },
		{ 0xff, 0x44, false, true, CACHED },
		{ 0xff, 0x44, false, false, CACHED & ~S2PT_LOSS_COHERENCY },
		{ 0xff, 0xbb, true, true, CACHED | WRITES },
		{ 0xbb, 0x44, true, true, CACHED },
		{ 0xff, 0x04, false, true, CACHED | DEVICE },
		{ 0x44, 0x04, false, false, ORDER | DEVICE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (unsigned swap = 0; swap < 2; swap++) {
			const struct s2pt_view one = view_of(rows[i].a, S2PT_SH_ISH, rows[i].a_writes);
			const struct s2pt_view two = view_of(rows[i].b, S2PT_SH_ISH, rows[i].b_writes);
			struct s2pt_alias alias;

			CHECK_STATUS(s2pt_policy_alias(swap ? &two : &one, swap ? &one : &two, &inner, &alias),
				     S2PT_OK, "alias");
			CHECK(alias.lost == rows[i].lost, "row %zu: lost 0x%x", i, alias.lost);
		}
}

static void
test_alias_refusals(void **state)
{
	static const struct s2pt_sharing unsound[] = {
		{ .domain = S2PT_SH_RESERVED },
		{ .domain = (enum s2pt_sh)4 },
		{ .domain = S2PT_SH_ISH, .relation = S2PT_RELATION_COUNT },
		{ .domain = S2PT_SH_ISH, .stands = S2PT_STANDS_CACHED },
	};
	struct s2pt_view good = view_of(0xff, S2PT_SH_ISH, true), bad[2];
	struct s2pt_alias alias;

	(void)state;
	bad[0] = bad[1] = good;
	bad[0].attr.sh = S2PT_SH_RESERVED;
	bad[1].attr.sh = 4;
	POISONED(alias);
	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_STATUS(s2pt_policy_alias(&bad[i], &good, &inner, &alias), S2PT_ERR_FACT, "first");
		CHECK_STATUS(s2pt_policy_alias(&good, &bad[i], &inner, &alias), S2PT_ERR_FACT, "second");
	}
	for (size_t i = 0; i < COUNT(unsound); i++)
		CHECK_STATUS(s2pt_policy_alias(&good, &good, &unsound[i], &alias), S2PT_ERR_FACT, "sharing");
	CHECK_UNTOUCHED(alias, "refusals");
}

/* --- DMA ----------------------------------------------------------------------------------------------- */

static struct s2pt_dma_policy
dma_of(const struct s2pt_master *master)
{
	struct s2pt_dma_policy dma;

	POISONED(dma);
	CHECK_STATUS(s2pt_policy_dma(master, &dma), S2PT_OK, "DMA");
	CHECK_U64(dma.on_map, dma.on_unmap, "on map and on unmap");
	CHECK_U64(dma.guest_maintains, dma.on_map != 0, "the guest's maintenance");
	return dma;
}

/* Needed only where it may issue No_snoop, and that gets through, and the platform honours it. */
static void
test_dma_no_snoop(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 64; set++) {
		struct s2pt_master master = function();
		struct s2pt_dma_policy dma;
		bool bypasses, marked;

		master.pcie = set & 1u;
		master.no_snoop = set & 2u;
		master.no_snoop_stopped = set & 4u;
		master.canwbs = set & 8u;
		master.ram = set & 16u;
		master.feats = set & 32u ? S2PT_FEAT_S2FWB : 0;
		master.memattr = set & 32u ? 6 : 15;
		/* CANWBS is a promise about conventional memory. */
		bypasses = master.pcie && master.no_snoop && !master.no_snoop_stopped &&
			   !(master.canwbs && master.ram);
		dma = dma_of(&master);
		CHECK_U64(dma.coherent, !bypasses, "coherent");
		CHECK_U64(dma.on_map, bypasses && master.ram ? S2PT_NEEDS_CLEAN_POC : 0u, "needed");
		marked = master.pcie && master.no_snoop && !master.no_snoop_stopped;
		CHECK_U64(s2pt_par_encode(0, &dma.attr), marked ? 0x44 : 0xff, "attribute");
		CHECK_U64(dma.attr.sh, marked ? S2PT_SH_OSH : S2PT_SH_ISH, "shareability");
		if (bypasses)
			CHECK_REASON(dma.reason, DMA_NO_SNOOP);
		else if (master.canwbs && master.ram)
			CHECK_REASON(dma.reason, DMA_CANWBS);
		else if (master.pcie && master.no_snoop)
			CHECK_REASON(dma.reason, DMA_NO_SNOOP_STOPPED);
		else
			CHECK_REASON(dma.reason, DMA_COHERENT);
	}
}

static void
test_dma_types(void **state)
{
	struct s2pt_master master = function();
	struct s2pt_dma_policy dma;

	(void)state;
	master.memattr = 1;
	dma = dma_of(&master);
	CHECK(!dma.coherent, "Device");
	CHECK_U64(dma.on_map, S2PT_NEEDS_CLEAN_POC, "Device accesses to RAM");
	CHECK_REASON(dma.reason, DMA_DEVICE);
	master.ram = false;
	CHECK_U64(dma_of(&master).on_map, 0, "Device accesses to a device");
	master.ram = true;
	master.canwbs = true;
	CHECK_REASON(dma_of(&master).reason, DMA_CANWBS);
	master.canwbs = false;
	/* No_snoop leaves Device alone. */
	master.no_snoop = true;
	dma = dma_of(&master);
	CHECK_U64(s2pt_par_encode(0, &dma.attr), 0x04, "Device, No_snoop");
	master.no_snoop = false;
	master.memattr = 5;
	dma = dma_of(&master);
	CHECK(!dma.coherent, "Non-cacheable");
	CHECK_U64(dma.on_map, S2PT_NEEDS_CLEAN_POC, "Non-cacheable RAM");
	CHECK_REASON(dma.reason, DMA_UNCACHED);
	master.memattr = 15;
	master.sh = S2PT_SH_NSH;
	dma = dma_of(&master);
	CHECK(!dma.coherent, "Non-shareable");
	CHECK_REASON(dma.reason, DMA_UNSHARED);
	master.sh = S2PT_SH_OSH;
	CHECK(dma_of(&master).coherent, "Outer Shareable");
	for (unsigned memattr = 6; memattr < 15; memattr++)
		if (memattr != 8 && memattr != 12) {
			master.memattr = (uint8_t)memattr;
			CHECK_REASON(dma_of(&master).reason, DMA_UNSHARED);
			CHECK_U64(dma_of(&master).on_map, S2PT_NEEDS_CLEAN_POC, "needed");
		}
}

/* A non-PCIe master that brings Non-cacheable: an override makes it Write-Back; so does FWB. */
static void
test_dma_overrides(void **state)
{
	struct s2pt_master master = function();

	(void)state;
	master.pcie = false;
	s2pt_smmu_no_snoop(&master.incoming);
	CHECK_REASON(dma_of(&master).reason, DMA_UNCACHED);
	master.feats = S2PT_FEAT_S2FWB;
	master.memattr = 6;
	CHECK_REASON(dma_of(&master).reason, DMA_COHERENT);
	master.memattr = 7;
	CHECK_REASON(dma_of(&master).reason, DMA_UNCACHED);
	master.override = (struct s2pt_smmu_override){ .type = true, .memattr = 15 };
	CHECK_REASON(dma_of(&master).reason, DMA_COHERENT);
	master.stage1 = true;
	CHECK_REASON(dma_of(&master).reason, DMA_UNCACHED);
	master.stage1 = false;
	master.pcie = true;
	CHECK_REASON(dma_of(&master).reason, DMA_UNCACHED);
	master.overrides_pcie = true;
	CHECK_REASON(dma_of(&master).reason, DMA_COHERENT);
}

static void
test_dma_refusals(void **state)
{
	struct s2pt_master rows[5] = { function(), function(), function(), function(), function() };

	(void)state;
	rows[0].memattr = 8;
	rows[1].sh = S2PT_SH_RESERVED;
	rows[2].incoming.sh = S2PT_SH_RESERVED;
	rows[3].incoming.tagged = true;
	/* ... also where all that comes in is replaced. */
	rows[4].incoming.sh = S2PT_SH_RESERVED;
	rows[4].pcie = false;
	rows[4].override = (struct s2pt_smmu_override){ .type = true, .memattr = 15, .sh = true, .sh_is = S2PT_SH_ISH };
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_dma_policy dma;

		POISONED(dma);
		CHECK_STATUS(s2pt_policy_dma(&rows[i], &dma), S2PT_ERR_RESERVED, "reserved");
		CHECK_UNTOUCHED(dma, "reserved");
	}
}

/* What holds for all masters of a guest: coherency belongs to each, and the worst decides. */
static void
test_assign(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 64; set++) {
		struct s2pt_platform platform = modern;
		struct s2pt_guest who = { .mte = true };
		bool noncoherent = false, p2p = false, no_mte_perm = false;

		platform.feats |= S2PT_FEAT_MTE_PERM | S2PT_FEAT_MTE2;
		/* A function without No_snoop; one with; one with, under CANWBS; its like, stopped; and no MTEPERM. */
		for (unsigned n = 0; n < 6; n++) {
			struct s2pt_master master = function();

			master.feats = S2PT_FEAT_S2FWB | (n == 4 ? 0 : S2PT_FEAT_MTE_PERM);
			master.no_snoop = n >= 1 && n <= 3;
			master.canwbs = n == 2;
			master.no_snoop_stopped = n == 3;
			/* Not looked at. */
			master.memattr = 8;
			master.sh = S2PT_SH_RESERVED;
			master.ram = n & 1u;
			if (n == 5)
				master.stage1 = true;
			if (!(set >> n & 1u))
				continue;
			CHECK_STATUS(s2pt_policy_assign(&master, &platform, &who), S2PT_OK, "assign");
			noncoherent |= n == 1;
			p2p |= n == 1 || n == 2;
			no_mte_perm |= n == 4;
		}
		CHECK(who.noncoherent_dma == noncoherent, "set 0x%x: coherency", set);
		CHECK(who.noncoherent_p2p == p2p, "set 0x%x: coherency of what is not RAM", set);
		CHECK(!(platform.feats & S2PT_FEAT_MTE_PERM) == no_mte_perm, "set 0x%x: MTE_PERM", set);
		CHECK(platform.feats & S2PT_FEAT_S2FWB && platform.feats & S2PT_FEAT_MTE2 && platform.dic && who.mte,
		      "set 0x%x: the rest", set);
	}
}

static void
test_assign_without_fwb(void **state)
{
	struct s2pt_platform platform = old, kept = old;
	struct s2pt_guest who = guest, kept_who = guest;
	struct s2pt_master master = function();

	(void)state;
	CHECK_STATUS(s2pt_policy_assign(&master, &platform, &who), S2PT_OK, "neither has FWB");
	CHECK(!who.noncoherent_dma, "coherent");
	/* MemAttr means something else to one of them. */
	master.feats = S2PT_FEAT_S2FWB;
	CHECK_STATUS(s2pt_policy_assign(&master, &platform, &who), S2PT_ERR_FEATURE, "FWB for one");
	master.feats = 0;
	master.incoming.sh = S2PT_SH_RESERVED;
	CHECK_STATUS(s2pt_policy_assign(&master, &platform, &who), S2PT_ERR_RESERVED, "reserved");
	CHECK(memcmp(&platform, &kept, sizeof(kept)) == 0 && memcmp(&who, &kept_who, sizeof(kept_who)) == 0,
	      "a refusal leaves traces");
	master = function();
	s2pt_smmu_no_snoop(&master.incoming);
	master.pcie = false;
	CHECK_STATUS(s2pt_policy_assign(&master, &platform, &who), S2PT_OK, "brings Non-cacheable");
	CHECK(who.noncoherent_dma, "it bypasses the caches");
}

/* A procedure ends, and one that there is not has no step. */
static void
test_procedure_ends(void **state)
{
	/* What it is for, which all else has to precede. */
	static const enum s2pt_procedure_step last[S2PT_PROCEDURE_COUNT] = {
		[S2PT_PROCEDURE_PLUG] = S2PT_DO_ALLOW_DMA,
		[S2PT_PROCEDURE_UNPLUG] = S2PT_DO_UNTRAP,
		[S2PT_PROCEDURE_REVOKE] = S2PT_DO_MAP,
		[S2PT_PROCEDURE_CACHES_ON] = S2PT_DO_LET,
		[S2PT_PROCEDURE_TAGS] = S2PT_DO_MAP,
	};

	(void)state;
	for (unsigned procedure = 0; procedure <= S2PT_PROCEDURE_COUNT; procedure++) {
		enum s2pt_procedure_step step, before = S2PT_DO_COUNT;
		unsigned steps = 0;

		while ((step = s2pt_procedure_step_at((enum s2pt_procedure)procedure, steps)) != S2PT_DO_COUNT) {
			CHECK(++steps < 100, "procedure %u has no end", procedure);
			before = step;
		}
		CHECK((steps > 0) == (procedure < S2PT_PROCEDURE_COUNT), "procedure %u: %u steps", procedure, steps);
		CHECK(!steps || before == last[procedure], "procedure %u ends with step %u", procedure,
		      (unsigned)before);
		CHECK(s2pt_procedure_step_at((enum s2pt_procedure)procedure, SIZE_MAX) == S2PT_DO_COUNT, "behind");
	}
}

/* --- Words ---------------------------------------------------------------------------------------------- */

static void
test_sentences(void **state)
{
	struct s2pt_region region = bar;
	struct s2pt_policy policy;
	char text[400];

	(void)state;
	region.vouches = S2PT_SOURCE_OWNER;
	policy = allowed(&region, &modern, &guest);
	s2pt_text_policy(text, sizeof(text), S2PT_OK, &policy);
	assert_string_equal(
		text,
		"normal-nc OSH: the owner of the device vouches for the accesses that this type allows, "
		"and no looser one. "
		"Needs nothing: it is not RAM: the host has left no lines of it in the caches.");
	/* What is needed at one moment alone is not nothing. */
	policy.on_unmap = POC;
	CHECK_U64(s2pt_text_policy(text, sizeof(text), S2PT_OK, &policy), strlen(text), "length");
	assert_non_null(strstr(text, "Needs, on unmap clean_poc: "));
	policy.on_unmap = 0;
	policy.on_caches_on = POC;
	s2pt_text_policy(text, sizeof(text), S2PT_OK, &policy);
	assert_non_null(strstr(text, "Needs, on caches on clean_poc: "));
	region = ram;
	region.exec = true;
	policy = allowed(&region, &old, &guest);
	s2pt_text_policy(text, sizeof(text), S2PT_OK, &policy);
	assert_string_equal(text,
			    "normal-wb ISH executable: it is RAM, and the host can keep the caches right for it. "
			    "Needs on map clean_poc clean_pou icache, on unmap clean_poc, on caches on clean_poc: "
			    "the guest may bypass the caches: lines in them would hide memory from it, or its writes.");
	region = registers;
	region.exec = true;
	policy.reason = refused(&region, &modern, &guest);
	CHECK_U64(s2pt_text_policy(text, sizeof(text), S2PT_ERR_POLICY, &policy), strlen(text), "length");
	assert_string_equal(text, "refused: registers are not memory to execute from.");
	s2pt_text_policy(text, sizeof(text), S2PT_ERR_FACT, &policy);
	assert_string_equal(text, "a fact has a value that is not one of its values.");
	/* Whatever is about the machine and not about the type chosen, somebody could state. */
	for (uint32_t fact = 1; fact < 1u << S2PT_FACT_COUNT; fact <<= 1)
		CHECK((strcmp(s2pt_fact_who(fact), "?") == 0) == (fact >= S2PT_FACT_CACHEABLE), "who states %s",
		      s2pt_fact_name(fact));
	assert_string_equal(s2pt_fact_who(S2PT_FACT_STANDS_NC), "the device's driver");
	assert_string_equal(s2pt_fact_who(S2PT_FACT_RAM | S2PT_FACT_PFN), "?");
	CHECK_U64(s2pt_text_stands(text, sizeof(text), S2PT_STANDS_GATHER | S2PT_STANDS_CACHED), 13, "length");
	assert_string_equal(text, "gather cached");
	CHECK_U64(s2pt_text_facts(text, sizeof(text), S2PT_FACT_RAM | S2PT_FACT_AS_STAGE1), 13, "length");
	assert_string_equal(text, "ram as_stage1");
	CHECK_U64(s2pt_text_needs(text, sizeof(text), S2PT_NEEDS_CLEAN_POC | S2PT_NEEDS_TAGS), 14, "length");
	assert_string_equal(text, "clean_poc tags");
	s2pt_text_losses(text, sizeof(text), S2PT_LOSS_ORDER | S2PT_LOSS_WRITES);
	assert_string_equal(text, "order writes");
	CHECK_U64(s2pt_text_losses(text, 3, S2PT_LOSS_ORDER), 5, "cut");
	assert_string_equal(text, "or");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ram),
		cmocka_unit_test(test_executable_ram),
		cmocka_unit_test(test_noncoherent_dma),
		cmocka_unit_test(test_mmio),
		cmocka_unit_test(test_pfn),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_trusted),
		cmocka_unit_test(test_degrees),
		cmocka_unit_test(test_gives_up_cacheable),
		cmocka_unit_test(test_executable_nc),
		cmocka_unit_test(test_pfn_tags),
		cmocka_unit_test(test_duties),
		cmocka_unit_test(test_meet),
		cmocka_unit_test(test_loosen),
		cmocka_unit_test(test_bad_facts),
		cmocka_unit_test(test_rules_are_whole),
		cmocka_unit_test(test_kvm_before_2024_and_2024),
		cmocka_unit_test(test_kvm_2025),
		cmocka_unit_test(test_kvm_aliases),
		cmocka_unit_test(test_pkvm_host),
		cmocka_unit_test(test_kvm_machines),
		cmocka_unit_test(test_story),
		cmocka_unit_test(test_story_exec),
		cmocka_unit_test(test_story_one_type),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_alias_coherence),
		cmocka_unit_test(test_alias_users),
		cmocka_unit_test(test_alias_writers),
		cmocka_unit_test(test_alias_refusals),
		cmocka_unit_test(test_dma_no_snoop),
		cmocka_unit_test(test_dma_types),
		cmocka_unit_test(test_dma_overrides),
		cmocka_unit_test(test_dma_refusals),
		cmocka_unit_test(test_assign),
		cmocka_unit_test(test_assign_without_fwb),
		cmocka_unit_test(test_procedure_ends),
		cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
