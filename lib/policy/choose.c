/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * choose.c: which memory type a region may have.
 *
 * The facts become a set of bits, and the policy is a list of rules over such sets: what must hold, what must not, and
 * the action. The first rule that fits decides. There is no other code path, so the list below is what has to be
 * audited.
 */
#include <s2pt/policy.h>

/* The facts without their prefix, in this file's tables. */
#define F(fact) S2PT_FACT_##fact

#define POC    S2PT_NEEDS_CLEAN_POC
#define POU    S2PT_NEEDS_CLEAN_POU
#define ICACHE S2PT_NEEDS_ICACHE
#define TAGS   S2PT_NEEDS_TAGS

#define TYPE(needs, excludes, type, why) \
	{ S2PT_LIST_TYPE, needs, excludes, S2PT_VERDICT_TYPE, S2PT_MEM_##type, 0, 0, 0, S2PT_WHY_##why }
#define REFUSE(list, needs, excludes, why) \
	{ S2PT_LIST_##list, needs, excludes, S2PT_VERDICT_REFUSE, 0, 0, 0, 0, S2PT_WHY_##why }
#define NO_TAGS(needs, excludes, why) \
	{ S2PT_LIST_CHECK, needs, excludes, S2PT_VERDICT_NO_TAGS, 0, 0, 0, 0, S2PT_WHY_##why }
#define NEEDS(list, needs, excludes, map, unmap, caches_on, why) \
	{ S2PT_LIST_##list, needs, excludes, S2PT_VERDICT_NEEDS, 0, map, unmap, caches_on, S2PT_WHY_##why }

/* All of the policy. In each list the first rule whose needs hold, and none of whose excludes, applies. */
/* clang-format off */
static const struct s2pt_policy_rule rules[] = {
	/*     all of these                     none of these         so                  because */
	REFUSE(TYPE, F(MMIO) | F(EXEC),         0,                                        MMIO_EXEC),
	TYPE(F(TRUSTED),                        0,                    AS_STAGE1,          TRUSTED),
	REFUSE(TYPE, F(ASKED) | F(HOST_NC),     0,                                        HOST_UNCACHED),
	REFUSE(TYPE, F(ASKED) | F(HOST_DEVICE), 0,                                        HOST_UNCACHED),
	TYPE(F(RAM) | F(HOST_DEVICE),           0,                    DEVICE_nGnRE,       HOST_DEVICE),
	TYPE(F(RAM) | F(HOST_NC),               0,                    NORMAL_NC,          HOST_NC),
	TYPE(F(RAM) | F(FWB) | F(NONCOHERENT),  0,                    AS_STAGE1,          NONCOHERENT_DMA),
	TYPE(F(RAM),                            0,                    NORMAL_WB,          RAM),
	REFUSE(TYPE, F(MMIO) | F(ASKED),        0,                                        SIDE_EFFECTS),
	REFUSE(TYPE, F(HOST_CACHEABLE),         F(ASKED),                                 HOST_CACHEABLE),
	REFUSE(TYPE, F(ASKED),                  F(FWB),                                   PFN_NO_FWB),
	REFUSE(TYPE, F(ASKED) | F(NONCOHERENT), 0,                                        PFN_NONCOHERENT),
	REFUSE(TYPE, F(ASKED) | F(EXEC),        F(DIC),                                   PFN_ICACHE),
	REFUSE(TYPE, F(ASKED) | F(EXEC),        F(IDC),                                   PFN_ICACHE),
	TYPE(F(ASKED),                          0,                    NORMAL_WB,          OWNER_ASKS),
	TYPE(F(VOUCHED),                        0,                    NORMAL_NC,          OWNER_VOUCHES),
	TYPE(F(PREFETCHABLE),                   0,                    DEVICE_nGnRE,       PREFETCHABLE_ALONE),
	TYPE(F(GUEST_WORD),                     0,                    DEVICE_nGnRE,       GUEST_WORD),
	TYPE(0,                                 0,                    DEVICE_nGnRE,       DEVICE),

	REFUSE(CHECK, F(UNCACHED) | F(EXEC),    0,                                        UNCACHED_EXEC),
	REFUSE(CHECK, F(CACHEABLE) | F(MTE) | F(UNTAGGABLE), F(TRUSTED) | F(MTE_PERM),    UNTAGGABLE),
	NO_TAGS(F(CACHEABLE) | F(MTE) | F(UNTAGGABLE), F(TRUSTED),                        NO_TAGS),

	/*                                                            map, unmap, caches on */
	NEEDS(MAINTENANCE, F(TRUSTED),                 0,                    0,   0,     0,      OWN_MAINTENANCE),
	NEEDS(MAINTENANCE, 0,                          F(RAM),               0,   0,     0,      NO_LINES),
	NEEDS(MAINTENANCE, F(UNCACHED),                0,                    POC, POC,   0,      UNCACHED_RAM),
	NEEDS(MAINTENANCE, F(AS_STAGE1),               0,                    POC, POC,   POC,    CACHES_OFF),
	NEEDS(MAINTENANCE, 0,                          0,                    0,   0,     0,      FORCED_WB),

	NEEDS(FETCH, F(EXEC), F(TRUSTED) | F(DIC) | F(IDC),             ICACHE | POU, 0, 0, COUNT),
	NEEDS(FETCH, F(EXEC), F(TRUSTED) | F(DIC),                      ICACHE, 0,  0,      COUNT),
	NEEDS(FETCH, F(EXEC), F(TRUSTED) | F(IDC),                      POU, 0,     0,      COUNT),

	NEEDS(TAGS, F(CACHEABLE) | F(MTE) | F(TAGS_POSSIBLE), F(TRUSTED), TAGS, 0,  0,      COUNT),
};
/* clang-format on */

#define RULE_COUNT (sizeof(rules) / sizeof(rules[0]))

const struct s2pt_policy_rule *
s2pt_policy_rule_at(size_t index)
{
	return index < RULE_COUNT ? &rules[index] : NULL;
}

/* The rule of a list that applies, or NULL. */
static const struct s2pt_policy_rule *
rule_for(enum s2pt_policy_list list, uint32_t facts)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (rules[i].list == list && (facts & rules[i].needs) == rules[i].needs &&
		    !(facts & rules[i].excludes))
			return &rules[i];
	return NULL;
}

/* --- Facts ----------------------------------------------------------------------------------------- */

static const uint32_t backing_facts[] = { F(MMIO), F(PFN), F(RAM) };
static const uint32_t host_facts[] = { 0, F(HOST_CACHEABLE), F(HOST_NC), F(HOST_DEVICE) };
static const uint32_t vouch_facts[] = { 0, F(GUEST_WORD), F(VOUCHED) };
static const uint32_t ask_facts[] = { 0, F(GUEST_WORD), F(ASKED) };
static const uint32_t tag_facts[] = { F(UNTAGGABLE), F(TAGS_POSSIBLE), 0 };
static const uint32_t dma_facts[] = { 0, 0, F(NONCOHERENT) };

static bool
is_region_sound(const struct s2pt_region *region)
{
	return (unsigned)region->backing <= S2PT_BACKING_RAM &&
	       (unsigned)region->host <= S2PT_HOST_VIEW_DEVICE &&
	       (unsigned)region->vouches_nc <= S2PT_SOURCE_OWNER &&
	       (unsigned)region->asks_cacheable <= S2PT_SOURCE_OWNER &&
	       (unsigned)region->tags <= S2PT_TAGS_SET && (unsigned)region->dma <= S2PT_DMA_NONCOHERENT;
}

static uint32_t
region_facts(const struct s2pt_region *region)
{
	return backing_facts[region->backing] | host_facts[region->host] |
	       vouch_facts[region->vouches_nc] | ask_facts[region->asks_cacheable] |
	       tag_facts[region->tags] | dma_facts[region->dma] |
	       (region->prefetchable ? F(PREFETCHABLE) : 0) |
	       (region->exec ? F(EXEC) : 0);
}

static uint32_t
platform_facts(const struct s2pt_platform *platform)
{
	return (platform->feats & S2PT_FEAT_S2FWB ? F(FWB) : 0) |
	       (platform->feats & S2PT_FEAT_MTE_PERM ? F(MTE_PERM) : 0) |
	       (platform->dic ? F(DIC) : 0) |
	       (platform->idc ? F(IDC) : 0);
}

static uint32_t
guest_facts(const struct s2pt_guest *guest, const struct s2pt_platform *platform)
{
	return (guest->trusted ? F(TRUSTED) : 0) |
	       (guest->mte && (platform->feats & S2PT_FEAT_MTE2) ? F(MTE) : 0) |
	       (guest->noncoherent_dma && !platform->canwbs ? F(NONCOHERENT) : 0);
}

uint32_t
s2pt_policy_facts(const struct s2pt_region *region, const struct s2pt_platform *platform,
		  const struct s2pt_guest *guest)
{
	if (!is_region_sound(region))
		return 0;
	return region_facts(region) | platform_facts(platform) | guest_facts(guest, platform);
}

/* --- Choosing -------------------------------------------------------------------------------------- */

/* Without FWB Write-Back is what stage 1 says (I_MCQKW). */
static uint32_t
type_facts(enum s2pt_memtype type, uint32_t facts)
{
	if (s2pt_memtype_is_device(type) || type == S2PT_MEM_NORMAL_NC)
		return F(UNCACHED);
	return F(CACHEABLE) | (type == S2PT_MEM_AS_STAGE1 || !(facts & F(FWB)) ? F(AS_STAGE1) : 0);
}

static enum s2pt_memtype
without_tags(enum s2pt_memtype type)
{
	return type == S2PT_MEM_AS_STAGE1 ? S2PT_MEM_AS_STAGE1_NOTAGACCESS
					  : S2PT_MEM_NORMAL_WB_NOTAGACCESS;
}

static void
add_maintenance(struct s2pt_policy *policy, const struct s2pt_policy_rule *rule)
{
	if (rule)
		policy->on_map |= rule->on_map;
}

enum s2pt_status
s2pt_policy_choose(const struct s2pt_region *region, const struct s2pt_platform *platform,
		   const struct s2pt_guest *guest, struct s2pt_policy *policy)
{
	uint32_t facts = s2pt_policy_facts(region, platform, guest);
	const struct s2pt_policy_rule *choice, *check, *maintenance;

	if (!facts)
		return S2PT_ERR_FACT;
	choice = rule_for(S2PT_LIST_TYPE, facts);
	policy->reason = (enum s2pt_policy_reason)choice->reason;
	if (choice->verdict == S2PT_VERDICT_REFUSE)
		return S2PT_ERR_POLICY;
	facts |= type_facts((enum s2pt_memtype)choice->type, facts);
	check = rule_for(S2PT_LIST_CHECK, facts);
	if (check)
		policy->reason = (enum s2pt_policy_reason)check->reason;
	if (check && check->verdict == S2PT_VERDICT_REFUSE)
		return S2PT_ERR_POLICY;
	policy->type = check ? without_tags((enum s2pt_memtype)choice->type)
			     : (enum s2pt_memtype)choice->type;
	policy->sh = facts & F(UNCACHED) ? S2PT_SH_OSH : S2PT_SH_ISH;
	policy->executable = region->exec;
	maintenance = rule_for(S2PT_LIST_MAINTENANCE, facts);
	policy->maintenance = (enum s2pt_policy_reason)maintenance->reason;
	policy->on_map = maintenance->on_map;
	policy->on_unmap = maintenance->on_unmap;
	policy->on_caches_on = maintenance->on_caches_on;
	add_maintenance(policy, rule_for(S2PT_LIST_FETCH, facts));
	add_maintenance(policy, rule_for(S2PT_LIST_TAGS, facts));
	return S2PT_OK;
}
