/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

/* Facts of the usual kinds; tests change what they are about. */
static const struct s2pt_region ram = { .backing = S2PT_BACKING_RAM, .host = S2PT_HOST_VIEW_CACHEABLE };
static const struct s2pt_region bar = { .backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_DEVICE };
static const struct s2pt_region registers = { .backing = S2PT_BACKING_MMIO, .host = S2PT_HOST_VIEW_DEVICE };
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
	check_needs(&policy, POC, POC, 0);
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
		unsigned needed = (i & 1u ? 0 : S2PT_NEEDS_ICACHE) |
				  (i & 2u ? 0 : S2PT_NEEDS_CLEAN_POU);

		platform.dic = i & 1u;
		platform.idc = i & 2u;
		policy = allowed(&region, &platform, &guest);
		CHECK(policy.executable, "executable");
		check_needs(&policy, needed, 0, 0);
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
	platform.canwbs = true;
	policy = allowed(&region, &platform, &who);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_WB, "CANWBS");
	/* CANWBS is about PCIe; an agent that never snoops stays what it is. */
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
	region.vouches_nc = S2PT_SOURCE_GUEST;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_DEVICE_nGnRE, "the guest's word");
	CHECK_REASON(policy.reason, GUEST_WORD);
	region.vouches_nc = S2PT_SOURCE_OWNER;
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
	region.vouches_nc = S2PT_SOURCE_OWNER;
	region.asks_cacheable = S2PT_SOURCE_GUEST;
	policy = allowed(&region, &modern, &guest);
	CHECK_U64(policy.type, S2PT_MEM_NORMAL_NC, "the guest asks in vain");
	region.vouches_nc = S2PT_SOURCE_NOBODY;
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
	CHECK_REASON(refused(&region, &platform, &guest), PFN_ICACHE);
	region.exec = false;
	allowed(&region, &platform, &guest);
	region.host = S2PT_HOST_VIEW_NC;
	CHECK_REASON(refused(&region, &modern, &guest), HOST_UNCACHED);
	region.asks_cacheable = S2PT_SOURCE_NOBODY;
	region.vouches_nc = S2PT_SOURCE_OWNER;
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

/* A zeroed region gets the strictest answer; facts out of range get none. */
static void
test_bad_facts(void **state)
{
	const struct s2pt_region nothing = { .exec = false };
	struct s2pt_region rows[6] = { ram, ram, ram, ram, ram, ram };
	struct s2pt_policy policy = allowed(&nothing, &old, &guest);

	(void)state;
	CHECK_U64(policy.type, S2PT_MEM_DEVICE_nGnRE, "nothing said");
	rows[0].backing = (enum s2pt_backing)3;
	rows[1].host = (enum s2pt_host_view)4;
	rows[2].vouches_nc = (enum s2pt_source)3;
	rows[3].asks_cacheable = (enum s2pt_source)3;
	rows[4].tags = (enum s2pt_tags)3;
	rows[5].dma = (enum s2pt_dma)3;
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
	const uint32_t about_type = S2PT_FACT_CACHEABLE | S2PT_FACT_UNCACHED | S2PT_FACT_AS_STAGE1;
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
		if (list < S2PT_LIST_FETCH)
			CHECK(rule->reason < S2PT_WHY_COUNT, "rule %u has no reason", count);
	}
	CHECK(count > 20, "%u rules", count);
	CHECK(closed[S2PT_LIST_TYPE] && closed[S2PT_LIST_MAINTENANCE], "a list that need not apply");
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
		.vouches_nc = nc_known && kvm->allow_any_uncached ? S2PT_SOURCE_OWNER : S2PT_SOURCE_NOBODY,
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
 * 2025: the module agrees, but for one thing. Without DIC KVM refuses cacheable PFN memory altogether, since
 * it cannot know what the guest will execute; here what is not executable needs no instruction-cache
 * maintenance, and is allowed. A host that wants KVM's answer asks for executable memory.
 */
static void
test_kvm_2025(void **state)
{
	unsigned looser = 0;

	(void)state;
	for (unsigned set = 0; set < 256; set++) {
		const struct kvm_facts kvm = kvm_facts(set);
		struct kvm_facts executable = kvm;
		enum s2pt_policy_reason reason;
		enum kvm_answer ours = our_answer(&kvm, true, true, &reason);

		if (ours == kvm_2025(&kvm))
			continue;
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
	CHECK_U64(looser, 6, "combinations that differ");
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

		region.vouches_nc = S2PT_SOURCE_NOBODY;
		before = allowed(&region, &platform, &guest).type;
		region.vouches_nc = S2PT_SOURCE_OWNER;
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

		region.vouches_nc = parties[i];
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

#define ORDER  S2PT_LOSS_ORDER
#define DEVICE S2PT_LOSS_DEVICE
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
		{ 0x04, 0x0c, S2PT_SH_OSH, S2PT_SH_OSH, false, ORDER | DEVICE, S2PT_REPAIR_DMB },
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

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (unsigned swap = 0; swap < 2; swap++) {
			struct s2pt_view one = view_of(rows[i].a, rows[i].a_sh, true);
			struct s2pt_view two = view_of(rows[i].b, rows[i].b_sh, true);
			struct s2pt_alias alias;

			CHECK_STATUS(s2pt_policy_alias(swap ? &two : &one,
						       swap ? &one : &two,
						       S2PT_SH_ISH,
						       &alias),
				     S2PT_OK, "alias");
			if (alias.matched != rows[i].matched || alias.lost != rows[i].lost)
				print_error("row %zu\n", i);
			CHECK_U64(alias.matched, rows[i].matched, "matched");
			CHECK_U64(alias.lost, rows[i].lost, "lost");
			CHECK_U64(alias.beyond, rows[i].lost & (DEVICE | S2PT_LOSS_EXCLUSIVES), "beyond");
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
		struct s2pt_alias alias;

		CHECK_STATUS(s2pt_policy_alias(&one, &two, rows[i].domain, &alias), S2PT_OK, "alias");
		CHECK(alias.coherent[0] == rows[i].a_coherent && alias.coherent[1] == rows[i].b_coherent,
		      "row %zu: %d %d", i, alias.coherent[0], alias.coherent[1]);
	}
}

static void
test_alias_refusals(void **state)
{
	struct s2pt_view good = view_of(0xff, S2PT_SH_ISH, true), bad[2];
	struct s2pt_alias alias;

	(void)state;
	bad[0] = bad[1] = good;
	bad[0].attr.sh = S2PT_SH_RESERVED;
	bad[1].attr.sh = 4;
	POISONED(alias);
	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_STATUS(s2pt_policy_alias(&bad[i], &good, S2PT_SH_ISH, &alias), S2PT_ERR_FACT, "first");
		CHECK_STATUS(s2pt_policy_alias(&good, &bad[i], S2PT_SH_ISH, &alias), S2PT_ERR_FACT, "second");
	}
	CHECK_STATUS(s2pt_policy_alias(&good, &good, S2PT_SH_RESERVED, &alias), S2PT_ERR_FACT, "domain");
	CHECK_STATUS(s2pt_policy_alias(&good, &good, (enum s2pt_sh)4, &alias), S2PT_ERR_FACT, "domain");
	CHECK_UNTOUCHED(alias, "refusals");
}

/* --- DMA ----------------------------------------------------------------------------------------------- */

/* A PCIe function as it comes, onto RAM that is Write-Back. */
static struct s2pt_master
function(void)
{
	struct s2pt_master master = { .pcie = true, .ram = true, .memattr = 15, .sh = S2PT_SH_ISH };

	s2pt_smmu_default_attr(&master.incoming);
	return master;
}

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
		bool bypasses;

		master.pcie = set & 1u;
		master.no_snoop = set & 2u;
		master.no_snoop_stopped = set & 4u;
		master.canwbs = set & 8u;
		master.ram = set & 16u;
		master.feats = set & 32u ? S2PT_FEAT_S2FWB : 0;
		master.memattr = set & 32u ? 6 : 15;
		bypasses = master.pcie && master.no_snoop && !master.no_snoop_stopped && !master.canwbs;
		dma = dma_of(&master);
		CHECK_U64(dma.coherent, !bypasses, "coherent");
		CHECK_U64(dma.on_map, bypasses && master.ram ? S2PT_NEEDS_CLEAN_POC : 0u, "needed");
		CHECK_U64(s2pt_par_encode(0, &dma.attr), bypasses ? 0x44 : 0xff, "attribute");
		CHECK_U64(dma.attr.sh, bypasses ? S2PT_SH_OSH : S2PT_SH_ISH, "shareability");
		if (bypasses)
			CHECK_REASON(dma.reason, DMA_NO_SNOOP);
		else if (master.canwbs)
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
	CHECK(!dma.coherent && !dma.on_map, "Device");
	CHECK_REASON(dma.reason, DMA_DEVICE);
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
	struct s2pt_master rows[4] = { function(), function(), function(), function() };

	(void)state;
	rows[0].memattr = 8;
	rows[1].sh = S2PT_SH_RESERVED;
	rows[2].incoming.sh = S2PT_SH_RESERVED;
	rows[3].incoming.tagged = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_dma_policy dma;

		POISONED(dma);
		CHECK_STATUS(s2pt_policy_dma(&rows[i], &dma), S2PT_ERR_RESERVED, "reserved");
		CHECK_UNTOUCHED(dma, "reserved");
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
	region.vouches_nc = S2PT_SOURCE_OWNER;
	policy = allowed(&region, &modern, &guest);
	s2pt_text_policy(text, sizeof(text), S2PT_OK, &policy);
	assert_string_equal(text,
			    "normal-nc OSH: the owner of the device vouches that any Non-cacheable type is safe. "
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
		cmocka_unit_test(test_bad_facts),
		cmocka_unit_test(test_rules_are_whole),
		cmocka_unit_test(test_kvm_before_2024_and_2024),
		cmocka_unit_test(test_kvm_2025),
		cmocka_unit_test(test_kvm_aliases),
		cmocka_unit_test(test_pkvm_host),
		cmocka_unit_test(test_story),
		cmocka_unit_test(test_story_exec),
		cmocka_unit_test(test_story_one_type),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_alias_coherence),
		cmocka_unit_test(test_alias_refusals),
		cmocka_unit_test(test_dma_no_snoop),
		cmocka_unit_test(test_dma_types),
		cmocka_unit_test(test_dma_overrides),
		cmocka_unit_test(test_dma_refusals),
		cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
