/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * choose.c: which memory type a region may have.
 *
 * The facts become a set of bits, and the policy is a list of rules over such sets: what must hold, what must not, and
 * the action. The first rule that fits decides. There is no other code path, so the list below is what has to be
 * audited.
 */
#include <s2pt/policy.h>

#include "arch/field.h"

/* The facts without their prefix, in this file's tables. */
#define F(fact) S2PT_FACT_##fact

#define HOST_UNCACHED (F(HOST_NC) | F(HOST_DEVICE))

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
	/*     all of these                       none of these         so                  because */
	REFUSE(TYPE, F(MMIO) | F(EXEC),           0,                                        MMIO_EXEC),
	TYPE(F(TRUSTED),                          0,                    AS_STAGE1,          TRUSTED),
	REFUSE(TYPE, F(ASKED) | F(HOST_NC),       0,                                        HOST_UNCACHED),
	REFUSE(TYPE, F(ASKED) | F(HOST_DEVICE),   0,                                        HOST_UNCACHED),
	REFUSE(TYPE, F(RAM) | F(CONFINED) | F(HOST_CACHEABLE), 0,                           HOST_CACHEABLE),
	TYPE(F(RAM) | F(FWB) | F(NONCOHERENT),    F(CONFINED) | HOST_UNCACHED, AS_STAGE1,   NONCOHERENT_DMA),
	TYPE(F(RAM),                              F(CONFINED) | HOST_UNCACHED, NORMAL_WB,   RAM),
	TYPE(F(RAM) | F(HOST_NC) | F(STANDS_NC),  0,                    NORMAL_NC,          HOST_NC),
	REFUSE(TYPE, F(MMIO) | F(ASKED),          0,                                        SIDE_EFFECTS),
	REFUSE(TYPE, F(PFN) | F(ASKED) | F(CONFINED), 0,                                    PFN_CONFINED),
	REFUSE(TYPE, F(HOST_CACHEABLE),           F(ASKED),                                 HOST_CACHEABLE),
	REFUSE(TYPE, F(ASKED),                    F(FWB),                                   PFN_NO_FWB),
	REFUSE(TYPE, F(ASKED) | F(NONCOHERENT),   0,                                        PFN_NONCOHERENT),
	REFUSE(TYPE, F(ASKED) | F(EXEC),          F(DIC),                                   PFN_ICACHE),
	TYPE(F(ASKED),                            0,                    NORMAL_WB,          OWNER_ASKS),
	TYPE(F(CONFINED) | F(RAM) | F(STANDS_NC), 0,                    NORMAL_NC,          CONFINED),
	TYPE(F(STANDS_NC),                        0,                    NORMAL_NC,          OWNER_VOUCHES),
	TYPE(F(CONFINED) | F(STANDS_GRE),         0,                    DEVICE_GRE,         CONFINED),
	TYPE(F(STANDS_GRE),                       0,                    DEVICE_GRE,         OWNER_VOUCHES),
	TYPE(F(CONFINED) | F(STANDS_nGRE),        0,                    DEVICE_nGRE,        CONFINED),
	TYPE(F(STANDS_nGRE),                      0,                    DEVICE_nGRE,        OWNER_VOUCHES),
	TYPE(F(CONFINED) | F(STANDS_nGnRE),       0,                    DEVICE_nGnRE,       CONFINED),
	TYPE(F(VOUCHED) | F(STANDS_nGnRE),        0,                    DEVICE_nGnRE,       OWNER_VOUCHES),
	TYPE(F(RAM) | F(STANDS_nGnRE),            0,                    DEVICE_nGnRE,       HOST_DEVICE),
	TYPE(F(PREFETCHABLE) | F(STANDS_nGnRE),   0,                    DEVICE_nGnRE,       PREFETCHABLE_ALONE),
	TYPE(F(GUEST_WORD) | F(STANDS_nGnRE),     0,                    DEVICE_nGnRE,       GUEST_WORD),
	TYPE(F(STANDS_nGnRE),                     0,                    DEVICE_nGnRE,       DEVICE),
	TYPE(F(CONFINED),                         0,                    DEVICE_nGnRnE,      CONFINED),
	TYPE(0,                                   0,                    DEVICE_nGnRnE,      OWNER_LIMITS),

	REFUSE(CHECK, F(UNCACHED) | F(EXEC),      F(NC),                                    UNCACHED_EXEC),
	REFUSE(CHECK, F(NC) | F(EXEC),            F(RAM),                                   UNCACHED_EXEC),
	REFUSE(CHECK, F(CACHEABLE) | F(MTE) | F(UNTAGGABLE), F(TRUSTED) | F(MTE_PERM),      UNTAGGABLE),
	NO_TAGS(F(CACHEABLE) | F(MTE) | F(UNTAGGABLE), F(TRUSTED),                          NO_TAGS),

	/*                                                            map, unmap, caches on */
	NEEDS(MAINTENANCE, F(TRUSTED),                 0,                    0,   0,     0,      OWN_MAINTENANCE),
	NEEDS(MAINTENANCE, 0,                          F(RAM),               0,   0,     0,      NO_LINES),
	NEEDS(MAINTENANCE, F(UNCACHED),                0,                    POC, 0,     0,      UNCACHED_RAM),
	NEEDS(MAINTENANCE, F(AS_STAGE1),               0,                    POC, POC,   POC,    CACHES_OFF),
	NEEDS(MAINTENANCE, 0,                          0,                    0,   0,     0,      FORCED_WB),

	NEEDS(FETCH, F(EXEC), F(TRUSTED) | F(DIC) | F(IDC),             ICACHE | POU, 0, 0, EXECUTED),
	NEEDS(FETCH, F(EXEC), F(TRUSTED) | F(DIC),                      ICACHE, 0,  0,      EXECUTED),
	NEEDS(FETCH, F(EXEC), F(TRUSTED) | F(IDC),                      POU, 0,     0,      EXECUTED),

	NEEDS(TAGS, F(CACHEABLE) | F(MTE) | F(TAGS_POSSIBLE), F(TRUSTED), TAGS, 0,  0,      TAGGED),
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

/* Which accesses a type allows, from the strictest on; each allows those of the types before it. */
static const struct {
	uint32_t stands;
	uint32_t fact;
} types_stood[] = {
	{ S2PT_STANDS_EARLY_ACK, F(STANDS_nGnRE) },
	{ S2PT_STANDS_REORDER, F(STANDS_nGRE) },
	{ S2PT_STANDS_GATHER, F(STANDS_GRE) },
	{ S2PT_STANDS_NC, F(STANDS_NC) },
};

#define ALL_STANDS (bits_below(S2PT_STANDS_COUNT))

static bool
is_region_sound(const struct s2pt_region *region)
{
	return (unsigned)region->backing <= S2PT_BACKING_RAM &&
	       (unsigned)region->host <= S2PT_HOST_VIEW_DEVICE &&
	       (unsigned)region->vouches <= S2PT_SOURCE_OWNER && !(region->stands & ~S2PT_STANDS_NC) &&
	       !(region->gives_up & ~ALL_STANDS) &&
	       (unsigned)region->asks_cacheable <= S2PT_SOURCE_OWNER &&
	       (unsigned)region->tags <= S2PT_TAGS_SET && (unsigned)region->dma <= S2PT_DMA_NONCOHERENT;
}

/* What the owner of a device says, or what is taken for granted. */
static uint32_t
stood_by_device(const struct s2pt_region *region)
{
	return region->vouches == S2PT_SOURCE_OWNER ? region->stands : S2PT_STANDS_EARLY_ACK;
}

/* RAM stands everything, unless its owner handles it as a device's. */
static uint32_t
stood_by(const struct s2pt_region *region)
{
	if (region->backing == S2PT_BACKING_RAM && region->host != S2PT_HOST_VIEW_DEVICE)
		return S2PT_STANDS_NC;
	return stood_by_device(region);
}

static uint32_t
stand_facts(const struct s2pt_region *region)
{
	const uint32_t allowed = stood_by(region) & ~region->gives_up;
	uint32_t facts = 0;

	for (size_t i = 0; i < sizeof(types_stood) / sizeof(types_stood[0]); i++) {
		if ((allowed & types_stood[i].stands) != types_stood[i].stands)
			break;
		facts |= types_stood[i].fact;
	}
	return facts;
}

/* A cacheable mapping allows every access, so that giving up any of them gives it up. */
static uint32_t
confining_facts(const struct s2pt_region *region)
{
	const bool cacheable = region->asks_cacheable == S2PT_SOURCE_OWNER ||
			       (region->backing == S2PT_BACKING_RAM && region->host != S2PT_HOST_VIEW_NC &&
				region->host != S2PT_HOST_VIEW_DEVICE);

	return region->gives_up & (cacheable ? ALL_STANDS : stood_by(region)) ? F(CONFINED) : 0;
}

/* Nobody can initialise tags of memory that is known by frame number alone. */
static uint32_t
region_facts(const struct s2pt_region *region)
{
	const uint32_t tags = region->backing != S2PT_BACKING_RAM && region->tags == S2PT_TAGS_POSSIBLE
				    ? F(UNTAGGABLE)
				    : tag_facts[region->tags];
	const bool stops_asking = region->gives_up && region->backing != S2PT_BACKING_PFN;
	const uint32_t asked = ask_facts[region->asks_cacheable] & (stops_asking ? ~F(ASKED) : UINT32_MAX);

	return backing_facts[region->backing] | host_facts[region->host] | vouch_facts[region->vouches] |
	       asked | stand_facts(region) | confining_facts(region) | tags | dma_facts[region->dma] |
	       (region->prefetchable ? F(PREFETCHABLE) : 0) |
	       (region->exec ? F(EXEC) : 0);
}

/* FEAT_S2FWB says that no clean to the Point of Unification is needed (I_RRDBK). */
static uint32_t
platform_facts(const struct s2pt_platform *platform)
{
	return (platform->feats & S2PT_FEAT_S2FWB ? F(FWB) : 0) |
	       (platform->feats & S2PT_FEAT_MTE_PERM ? F(MTE_PERM) : 0) |
	       (platform->dic ? F(DIC) : 0) |
	       (platform->idc || (platform->feats & S2PT_FEAT_S2FWB) ? F(IDC) : 0);
}

static uint32_t
guest_facts(const struct s2pt_guest *guest, const struct s2pt_platform *platform, bool ram)
{
	return (guest->trusted ? F(TRUSTED) : 0) |
	       (guest->mte && (platform->feats & S2PT_FEAT_MTE2) ? F(MTE) : 0) |
	       (guest->noncoherent_dma || (guest->noncoherent_p2p && !ram) ? F(NONCOHERENT) : 0);
}

uint32_t
s2pt_policy_facts(const struct s2pt_region *region, const struct s2pt_platform *platform,
		  const struct s2pt_guest *guest)
{
	if (!is_region_sound(region))
		return 0;
	return region_facts(region) | platform_facts(platform) |
	       guest_facts(guest, platform, region->backing == S2PT_BACKING_RAM);
}

/* --- Choosing -------------------------------------------------------------------------------------- */

/* Without FWB Write-Back is what stage 1 says (I_MCQKW). */
uint32_t
s2pt_policy_type_facts(enum s2pt_memtype type, uint32_t facts)
{
	if (type == S2PT_MEM_NORMAL_NC)
		return F(UNCACHED) | F(NC);
	if (s2pt_memtype_is_device(type))
		return F(UNCACHED);
	return F(CACHEABLE) | (type == S2PT_MEM_AS_STAGE1 || !(facts & F(FWB)) ? F(AS_STAGE1) : 0);
}

static enum s2pt_memtype
without_tags(enum s2pt_memtype type)
{
	return type == S2PT_MEM_AS_STAGE1 ? S2PT_MEM_AS_STAGE1_NOTAGACCESS
					  : S2PT_MEM_NORMAL_WB_NOTAGACCESS;
}

/* The host's own mapping agrees with what the guest makes of this one if both are Write-Back, whatever it says. */
static bool
disagrees_with_host(uint32_t facts)
{
	return (facts & HOST_UNCACHED) || ((facts & F(HOST_CACHEABLE)) && (facts & (F(UNCACHED) | F(AS_STAGE1))));
}

static void
add_maintenance(struct s2pt_policy *policy, const struct s2pt_policy_rule *rule)
{
	if (rule)
		policy->on_map |= rule->on_map;
}

/* Answer by facts that are sound. */
static enum s2pt_status
choose(uint32_t facts, struct s2pt_policy *policy)
{
	const struct s2pt_policy_rule *choice = rule_for(S2PT_LIST_TYPE, facts), *check, *maintenance;

	policy->reason = (enum s2pt_policy_reason)choice->reason;
	if (choice->verdict == S2PT_VERDICT_REFUSE)
		return S2PT_ERR_POLICY;
	facts |= s2pt_policy_type_facts((enum s2pt_memtype)choice->type, facts);
	check = rule_for(S2PT_LIST_CHECK, facts);
	if (check)
		policy->reason = (enum s2pt_policy_reason)check->reason;
	if (check && check->verdict == S2PT_VERDICT_REFUSE)
		return S2PT_ERR_POLICY;
	policy->type = check ? without_tags((enum s2pt_memtype)choice->type)
			     : (enum s2pt_memtype)choice->type;
	policy->sh = facts & F(UNCACHED) ? S2PT_SH_OSH : S2PT_SH_ISH;
	policy->executable = facts & F(EXEC);
	policy->exec_uncached = (facts & F(EXEC)) && (facts & F(NC));
	policy->ram = (facts & F(RAM)) && !(facts & F(TRUSTED));
	policy->alias = disagrees_with_host(facts);
	maintenance = rule_for(S2PT_LIST_MAINTENANCE, facts);
	policy->maintenance = (enum s2pt_policy_reason)maintenance->reason;
	policy->on_map = maintenance->on_map;
	policy->on_unmap = maintenance->on_unmap;
	policy->on_caches_on = maintenance->on_caches_on;
	add_maintenance(policy, rule_for(S2PT_LIST_FETCH, facts));
	add_maintenance(policy, rule_for(S2PT_LIST_TAGS, facts));
	return S2PT_OK;
}

enum s2pt_status
s2pt_policy_choose(const struct s2pt_region *region, const struct s2pt_platform *platform,
		   const struct s2pt_guest *guest, struct s2pt_policy *policy)
{
	uint32_t facts = s2pt_policy_facts(region, platform, guest);

	return facts ? choose(facts, policy) : S2PT_ERR_FACT;
}

/* --- Regions that share a granule ------------------------------------------------------------------ */

/* Both views at once; a cacheable one and one that is not have no answer. */
static bool
meet_host(enum s2pt_host_view a, enum s2pt_host_view b, enum s2pt_host_view *both)
{
	const enum s2pt_host_view low = a < b ? a : b, high = a < b ? b : a;

	*both = high;
	return low != S2PT_HOST_VIEW_CACHEABLE || high == low;
}

/* May lines of it be in caches, that nobody can clean? */
static bool
keeps_lines(const struct s2pt_region *region)
{
	return region->backing == S2PT_BACKING_PFN && region->asks_cacheable == S2PT_SOURCE_OWNER;
}

enum s2pt_status
s2pt_policy_meet(struct s2pt_region *region, const struct s2pt_region *other)
{
	enum s2pt_host_view host;

	if (!is_region_sound(region) || !is_region_sound(other))
		return S2PT_ERR_FACT;
	if ((region->backing == S2PT_BACKING_RAM) != (other->backing == S2PT_BACKING_RAM) ||
	    keeps_lines(region) != keeps_lines(other) ||
	    !meet_host(region->host, other->host, &host))
		return S2PT_ERR_POLICY;
	if (region->vouches == S2PT_SOURCE_OWNER || other->vouches == S2PT_SOURCE_OWNER) {
		region->stands = stood_by_device(region) & stood_by_device(other);
		region->vouches = S2PT_SOURCE_OWNER;
	} else if (other->vouches < region->vouches) {
		region->vouches = other->vouches;
	}
	region->host = host;
	if (other->backing < region->backing)
		region->backing = other->backing;
	if (other->asks_cacheable < region->asks_cacheable)
		region->asks_cacheable = other->asks_cacheable;
	if (other->tags < region->tags)
		region->tags = other->tags;
	if (other->dma > region->dma)
		region->dma = other->dma;
	region->gives_up |= other->gives_up;
	region->prefetchable = region->prefetchable && other->prefetchable;
	region->exec = region->exec || other->exec;
	return S2PT_OK;
}

/* --- What would loosen an answer ------------------------------------------------------------------- */

#define STANDS_ALL (F(STANDS_NC) | F(STANDS_GRE) | F(STANDS_nGRE) | F(STANDS_nGnRE))

/* Which facts may become otherwise, where all of @only and none of @but hold, and what else changes then. */
static const struct {
	uint32_t fact;
	bool becomes;
	uint32_t only;
	uint32_t but;
	uint32_t gains;
	uint32_t loses;
} changes[] = {
	{ F(STANDS_NC), true, 0, F(CONFINED), F(VOUCHED) | STANDS_ALL, 0 },
	{ F(ASKED), true, F(PFN), 0, 0, 0 },
	{ F(RAM), true, F(PFN), F(CONFINED), STANDS_ALL, F(PFN) },
	{ F(RAM), true, F(PFN) | F(CONFINED), 0, STANDS_ALL, F(PFN) | F(ASKED) },
	{ F(FWB), true, 0, 0, 0, 0 },
	{ F(MTE_PERM), true, 0, 0, 0, 0 },
	{ F(DIC), true, 0, 0, 0, 0 },
	{ F(IDC), true, 0, 0, 0, 0 },
	{ F(ASKED), false, 0, 0, 0, 0 },
	{ F(HOST_CACHEABLE), false, 0, 0, 0, 0 },
	{ F(HOST_NC), false, 0, 0, 0, 0 },
	{ F(HOST_DEVICE), false, 0, 0, 0, 0 },
	{ F(CONFINED), false, F(RAM), F(HOST_DEVICE), STANDS_ALL, 0 },
	{ F(CONFINED), false, F(PFN) | F(ASKED), 0, 0, 0 },
	{ F(EXEC), false, 0, 0, 0, 0 },
	{ F(NONCOHERENT), false, 0, 0, 0, 0 },
	{ F(MTE), false, 0, 0, 0, 0 },
	{ F(UNTAGGABLE), false, 0, 0, 0, 0 },
	{ F(TAGS_POSSIBLE), false, 0, 0, 0, 0 },
};

/* What an answer may be, from the strictest to the loosest: memory whose tags are out of reach comes last but one. */
static const uint8_t looseness[S2PT_MEMTYPE_COUNT] = {
	[S2PT_MEM_DEVICE_nGnRnE] = 1,
	[S2PT_MEM_DEVICE_nGnRE] = 2,
	[S2PT_MEM_DEVICE_nGRE] = 3,
	[S2PT_MEM_DEVICE_GRE] = 4,
	[S2PT_MEM_NORMAL_NC] = 5,
	[S2PT_MEM_NORMAL_WB_NOTAGACCESS] = 6,
	[S2PT_MEM_AS_STAGE1_NOTAGACCESS] = 6,
	[S2PT_MEM_NORMAL_WB] = 7,
	[S2PT_MEM_AS_STAGE1] = 7,
};

static bool
is_looser(enum s2pt_status status, const struct s2pt_policy *policy, enum s2pt_status than_status,
	  const struct s2pt_policy *than)
{
	const unsigned needs = (unsigned)(policy->on_map | policy->on_unmap << 8 | policy->on_caches_on << 16);
	const unsigned needed = (unsigned)(than->on_map | than->on_unmap << 8 | than->on_caches_on << 16);

	if (status != S2PT_OK || than_status != S2PT_OK)
		return status == S2PT_OK;
	if (looseness[policy->type] != looseness[than->type])
		return looseness[policy->type] > looseness[than->type];
	return needs != needed && !(needs & ~needed);
}

void
s2pt_policy_loosen(uint32_t facts, uint32_t *if_so, uint32_t *if_not)
{
	struct s2pt_policy now, then;
	enum s2pt_status status = choose(facts, &now);

	*if_so = 0;
	*if_not = 0;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const bool is = (facts & changes[i].fact) != 0;
		uint32_t other = (facts & ~changes[i].loses) | changes[i].gains;

		other = changes[i].becomes ? other | changes[i].fact : other & ~changes[i].fact;
		if (is == changes[i].becomes || (facts & changes[i].only) != changes[i].only ||
		    (facts & changes[i].but) ||
		    !is_looser(choose(other, &then), &then, status, &now))
			continue;
		*(changes[i].becomes ? if_so : if_not) |= changes[i].fact;
	}
}
