/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "liars.h"

#include <stdio.h>

#include "cases.h"
#include "masters.h"
#include "pairs.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- Answers that are wrong in one way ------------------------------------------------------------ */

/* One answer, and what it is the answer to. A lie may also be one about who walks the table. */
struct told {
	struct facts *facts;
	enum s2pt_status *status;
	struct s2pt_policy *answer;
};

static bool
is_answer(const struct told *told)
{
	return *told->status == S2PT_OK;
}

static bool
is_ram(const struct told *told)
{
	return told->facts->region.backing == S2PT_BACKING_RAM;
}

static bool
is_cacheable(const struct told *told)
{
	return is_answer(told) && told->answer->type > S2PT_MEM_NORMAL_NC;
}

static bool
becomes(const struct told *told, enum s2pt_memtype type)
{
	told->answer->type = type;
	return true;
}

static bool
no_poc_on_map(const struct told *told)
{
	if (!is_answer(told) || !(told->answer->on_map & S2PT_NEEDS_CLEAN_POC))
		return false;
	told->answer->on_map &= (uint8_t)~S2PT_NEEDS_CLEAN_POC;
	return true;
}

static bool
no_poc_on_unmap(const struct told *told)
{
	if (!is_answer(told) || !(told->answer->on_unmap & S2PT_NEEDS_CLEAN_POC))
		return false;
	told->answer->on_unmap &= (uint8_t)~S2PT_NEEDS_CLEAN_POC;
	return true;
}

static bool
no_poc_on_caches_on(const struct told *told)
{
	if (!is_answer(told) || told->answer->on_caches_on == 0)
		return false;
	told->answer->on_caches_on = 0;
	return true;
}

/* A clean to the Point of Coherency is one to the Point of Unification. */
static bool
no_clean_for_fetch(const struct told *told)
{
	if (!is_answer(told) || !told->answer->executable || told->answer->on_map == 0)
		return false;
	told->answer->on_map &= (uint8_t)~(S2PT_NEEDS_CLEAN_POC | S2PT_NEEDS_CLEAN_POU);
	return true;
}

static bool
no_icache(const struct told *told)
{
	if (!is_answer(told) || !(told->answer->on_map & S2PT_NEEDS_ICACHE))
		return false;
	told->answer->on_map &= (uint8_t)~S2PT_NEEDS_ICACHE;
	return true;
}

static bool
poc_owed_for_nothing(const struct told *told)
{
	if (!is_answer(told) || told->answer->on_map != 0)
		return false;
	told->answer->on_map = S2PT_NEEDS_CLEAN_POC;
	return true;
}

static bool
poc_for_pfn(const struct told *told)
{
	return told->facts->region.backing == S2PT_BACKING_PFN && poc_owed_for_nothing(told);
}

static bool
forced_wb(const struct told *told)
{
	return is_answer(told) && told->answer->type == S2PT_MEM_AS_STAGE1 && becomes(told, S2PT_MEM_NORMAL_WB);
}

static bool
forced_wb_for_trusted(const struct told *told)
{
	return told->facts->guest.trusted && forced_wb(told);
}

static bool
device_to_nc(const struct told *told)
{
	return is_answer(told) && !is_ram(told) && s2pt_memtype_is_device(told->answer->type) &&
	       becomes(told, S2PT_MEM_NORMAL_NC);
}

static bool
device_to_wb(const struct told *told)
{
	return is_answer(told) && !is_ram(told) && s2pt_memtype_is_device(told->answer->type) &&
	       becomes(told, S2PT_MEM_NORMAL_WB);
}

static bool
host_nc_to_wb(const struct told *told)
{
	return is_answer(told) && told->answer->type == S2PT_MEM_NORMAL_NC && is_ram(told) &&
	       becomes(told, S2PT_MEM_NORMAL_WB);
}

static bool
early_ack(const struct told *told)
{
	return is_answer(told) && told->answer->type == S2PT_MEM_DEVICE_nGnRnE && becomes(told, S2PT_MEM_DEVICE_nGnRE);
}

static bool
forgets_gives_up(const struct told *told)
{
	return is_answer(told) && told->facts->region.gives_up != 0 && told->answer->type < S2PT_MEM_NORMAL_NC &&
	       becomes(told, S2PT_MEM_NORMAL_NC);
}

static bool
no_tags_owed(const struct told *told)
{
	if (!is_answer(told) || !(told->answer->on_map & S2PT_NEEDS_TAGS))
		return false;
	told->answer->on_map &= (uint8_t)~S2PT_NEEDS_TAGS;
	return true;
}

static bool
tags_in_reach(const struct told *told)
{
	if (!is_answer(told))
		return false;
	if (told->answer->type == S2PT_MEM_NORMAL_WB_NOTAGACCESS)
		return becomes(told, S2PT_MEM_NORMAL_WB);
	return told->answer->type == S2PT_MEM_AS_STAGE1_NOTAGACCESS && becomes(told, S2PT_MEM_AS_STAGE1);
}

static bool
hides_tags(const struct told *told)
{
	return is_answer(told) && told->answer->type == S2PT_MEM_NORMAL_WB && !told->facts->guest.trusted &&
	       told->facts->platform.feats & S2PT_FEAT_MTE_PERM && becomes(told, S2PT_MEM_NORMAL_WB_NOTAGACCESS);
}

static bool
executable_device(const struct told *told)
{
	if (!is_answer(told) || !s2pt_memtype_is_device(told->answer->type))
		return false;
	told->answer->executable = true;
	told->answer->exec_uncached = true;
	return true;
}

static bool
executable_nc_device(const struct told *told)
{
	if (!is_answer(told) || is_ram(told) || told->answer->type != S2PT_MEM_NORMAL_NC)
		return false;
	told->answer->executable = true;
	told->answer->exec_uncached = true;
	return true;
}

static bool
executable_unasked(const struct told *told)
{
	if (!is_cacheable(told) || told->answer->executable)
		return false;
	told->answer->executable = true;
	return true;
}

static bool
not_executable(const struct told *told)
{
	if (!is_cacheable(told) || !told->answer->executable)
		return false;
	told->answer->executable = false;
	return true;
}

static bool
uncached_though_asked(const struct told *told)
{
	return is_cacheable(told) && told->facts->region.asks_cacheable == S2PT_SOURCE_OWNER &&
	       becomes(told, S2PT_MEM_NORMAL_NC);
}

static bool
no_excuse(const struct told *told)
{
	if (!is_answer(told) || !told->answer->exec_uncached)
		return false;
	told->answer->exec_uncached = false;
	return true;
}

static bool
excuse_for_nothing(const struct told *told)
{
	if (!is_cacheable(told))
		return false;
	told->answer->exec_uncached = true;
	return true;
}

static bool
ram_for_trusted(const struct told *told)
{
	if (!is_answer(told) || !told->facts->guest.trusted)
		return false;
	told->answer->ram = true;
	return true;
}

static bool
ram_for_device(const struct told *told)
{
	if (!is_answer(told) || is_ram(told))
		return false;
	told->answer->ram = true;
	return true;
}

static bool
ram_not_said(const struct told *told)
{
	if (!is_answer(told) || !told->answer->ram)
		return false;
	told->answer->ram = false;
	return true;
}

static bool
refuses(const struct told *told)
{
	if (!is_answer(told))
		return false;
	*told->status = S2PT_ERR_POLICY;
	return true;
}

static bool
fact_error(const struct told *told)
{
	*told->status = S2PT_ERR_FACT;
	return true;
}

static bool
one_stricter(const struct told *told)
{
	if (!is_answer(told) || told->answer->type == S2PT_MEM_DEVICE_nGnRnE || told->answer->type > S2PT_MEM_NORMAL_NC)
		return false;
	return becomes(told, (enum s2pt_memtype)(told->answer->type - 1));
}

static bool
one_looser(const struct told *told)
{
	if (!is_answer(told) || told->answer->type >= S2PT_MEM_DEVICE_GRE)
		return false;
	return becomes(told, (enum s2pt_memtype)(told->answer->type + 1));
}

static bool
alias_negated(const struct told *told)
{
	told->answer->alias = !told->answer->alias;
	return is_answer(told);
}

static bool
non_shareable(const struct told *told)
{
	told->answer->sh = S2PT_SH_NSH;
	return is_cacheable(told);
}

static bool
reserved_sh(const struct told *told)
{
	told->answer->sh = S2PT_SH_RESERVED;
	return is_answer(told);
}

static bool
wrong_mode(const struct told *told)
{
	return is_cacheable(told) && told->facts->platform.feats & S2PT_FEAT_S2FWB &&
	       becomes(told, S2PT_MEM_NORMAL_oWB_iWT);
}

/* A host that puts masters together wrongly lies about what walks the table. */
static unsigned
kind_that(bool bypasses, bool lacks_mte_perm)
{
	unsigned k = 0;

	while (kind_bypasses(&kinds[k], 0, true) != bypasses || kinds[k].lacks_mte_perm != lacks_mte_perm)
		k++;
	return k;
}

static bool
forgets_no_snoop(const struct told *told)
{
	told->facts->masters |= 1u << kind_that(true, false);
	return is_answer(told) && !told->facts->guest.noncoherent_dma;
}

static bool
forgets_mte_perm(const struct told *told)
{
	told->facts->masters |= 1u << kind_that(false, true);
	return is_answer(told) && told->answer->type == S2PT_MEM_NORMAL_WB_NOTAGACCESS;
}

/* Dirty lines of a guest that had it cacheable, where the next one does not. */
static bool
cached_then_uncached(const struct told *told)
{
	if (!is_ram(told) || told->facts->region.host != S2PT_HOST_VIEW_NC || !is_answer(told))
		return false;
	told->answer->on_unmap = 0;
	return becomes(told, S2PT_MEM_NORMAL_WB);
}

static bool
uncached_beside_lines(const struct told *told)
{
	if (told->facts->region.host != S2PT_HOST_VIEW_CACHEABLE || is_ram(told) || is_answer(told))
		return false;
	*told->status = S2PT_OK;
	*told->answer = (struct s2pt_policy){ .type = S2PT_MEM_DEVICE_nGnRE, .sh = S2PT_SH_OSH, .alias = true };
	return true;
}

/* A promise about conventional memory, believed of other devices' as well. */
static bool
believes_canwbs(const struct told *told)
{
	if (!told->facts->guest.noncoherent_p2p || told->facts->guest.noncoherent_dma || is_ram(told) ||
	    is_answer(told) || told->answer->reason != S2PT_WHY_PFN_NONCOHERENT)
		return false;
	*told->status = S2PT_OK;
	*told->answer = (struct s2pt_policy){ .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH };
	return true;
}

/* What the owner asks for as cacheable, uncached for one guest. */
static bool
confines_pfn(const struct told *told)
{
	if (is_answer(told) || told->answer->reason != S2PT_WHY_PFN_CONFINED || !told->facts->platform.feats)
		return false;
	*told->status = S2PT_OK;
	*told->answer = (struct s2pt_policy){ .type = S2PT_MEM_DEVICE_nGnRnE, .sh = S2PT_SH_OSH };
	return true;
}

static bool
tags_for_pfn(const struct told *told)
{
	if (is_ram(told) || !is_cacheable(told) || told->facts->guest.trusted)
		return false;
	told->answer->on_map |= S2PT_NEEDS_TAGS;
	return true;
}

static bool
refuses_to_execute_nc(const struct told *told)
{
	if (!is_answer(told) || !told->answer->exec_uncached)
		return false;
	*told->status = S2PT_ERR_POLICY;
	return true;
}

static const struct liar {
	const char *name;
	bool (*lie)(const struct told *told);
	enum rule rule;
} liars[] = {
	{ "no clean before the mapping is visible", no_poc_on_map, RULE_OLD_DATA },
	{ "no clean before the mapping is visible, of one's own", no_poc_on_map, RULE_HANDED_ON },
	{ "no clean before the mapping is visible, for the engine", no_poc_on_map, RULE_ENGINE },
	{ "no clean after the unmap", no_poc_on_unmap, RULE_HOST_SEES },
	{ "no clean after the unmap, for the engine", no_poc_on_unmap, RULE_ENGINE },
	{ "no clean when caches come on", no_poc_on_caches_on, RULE_CACHES_ON },
	{ "no clean of what is fetched", no_clean_for_fetch, RULE_OLD_CODE },
	{ "no invalidation of instruction caches", no_icache, RULE_OLD_CODE },
	{ "a clean that the engine does not ask for", poc_owed_for_nothing, RULE_ENGINE },
	{ "a clean of what is known by frame number alone", poc_for_pfn, RULE_OWED },
	{ "Write-Back forced where devices bypass caches", forced_wb, RULE_LAST },
	{ "Write-Back forced upon the host itself", forced_wb_for_trusted, RULE_OWN },
	{ "Normal-NC that nobody vouches for", device_to_nc, RULE_VOUCHED },
	{ "registers are cacheable", device_to_wb, RULE_CACHEABLE },
	{ "cacheable beside the host's Non-cacheable", host_nc_to_wb, RULE_CACHEABLE },
	{ "early acknowledgement against the owner's word", early_ack, RULE_VOUCHED },
	{ "what was given up is there", forgets_gives_up, RULE_VOUCHED },
	{ "one step too loose", one_looser, RULE_VOUCHED },
	{ "tags of the last owner stay", no_tags_owed, RULE_TAGS_OLD },
	{ "tags where there are none", tags_in_reach, RULE_TAGS_NONE },
	{ "tags hidden for nothing", hides_tags, RULE_LOOSEST },
	{ "executable Device", executable_device, RULE_EXEC },
	{ "executable Non-cacheable memory of a device", executable_nc_device, RULE_EXEC },
	{ "executable, unasked", executable_unasked, RULE_ASKED },
	{ "not executable, though asked", not_executable, RULE_ASKED },
	{ "uncached, though the owner asks", uncached_though_asked, RULE_ASKED },
	{ "executable Normal-NC without saying so", no_excuse, RULE_EXCUSE },
	{ "exec_uncached of what is cached", excuse_for_nothing, RULE_EXCUSE },
	{ "exec_uncached of what is cached, for the encoder", excuse_for_nothing, RULE_ENCODABLE },
	{ "ram of a trusted guest", ram_for_trusted, RULE_RAM },
	{ "ram of a device", ram_for_device, RULE_RAM },
	{ "ram not said", ram_not_said, RULE_ENGINE },
	{ "a refusal for nothing", refuses, RULE_REFUSAL },
	{ "valid facts are none", fact_error, RULE_STATUS },
	{ "one step too strict", one_stricter, RULE_LOOSEST },
	{ "alias the other way round", alias_negated, RULE_ALIAS },
	{ "cacheable and Non-shareable", non_shareable, RULE_SHAREABLE },
	{ "the reserved shareability", reserved_sh, RULE_ENCODABLE },
	{ "a type of the other mode", wrong_mode, RULE_ENCODABLE },
	{ "a master's No_snoop is forgotten", forgets_no_snoop, RULE_LAST },
	{ "a master's No_snoop is forgotten, for its needs", forgets_no_snoop, RULE_DMA_COVERED },
	{ "an SMMU without MTEPERM is forgotten", forgets_mte_perm, RULE_DMA_DEFINED },
	{ "dirty lines under the host's Non-cacheable view", cached_then_uncached, RULE_HOST_KEEPS },
	{ "dirty lines for the next owner", cached_then_uncached, RULE_NEXT },
	{ "Device beside the host's cacheable view", uncached_beside_lines, RULE_WRITE_BACK },
	{ "CANWBS is believed of other devices' memory", believes_canwbs, RULE_LAST },
	{ "what an earlier guest had as Write-Back is given uncached", confines_pfn, RULE_HANDED_ON },
	{ "tags are owed for what is known by frame number alone", tags_for_pfn, RULE_OWED },
	{ "executable Non-cacheable RAM is refused", refuses_to_execute_nc, RULE_REFUSAL },
};

struct hunt {
	const struct liar *liar;
	bool caught;
	unsigned long told;
};

static void
nothing(void *context)
{
	(void)context;
}

static void
hunt_one(void *context, const struct facts *facts)
{
	struct hunt *hunt = context;
	struct facts lied = *facts;
	struct s2pt_policy answer = { 0 };
	enum s2pt_status status;
	struct told told = { &lied, &status, &answer };
	struct s2pt_policy honest;

	if (hunt->caught)
		return;
	status = library.choose(&facts->region, &facts->platform, &facts->guest, &answer);
	honest = answer;
	if (!hunt->liar->lie(&told))
		return;
	hunt->told++;
	if ((judge(&lied, status, &answer) & RULE(hunt->liar->rule)) == 0)
		return;
	/* It is the lie that was caught, and not the answer. */
	status = library.choose(&facts->region, &facts->platform, &facts->guest, &honest);
	hunt->caught = (judge(facts, status, &honest) & RULE(hunt->liar->rule)) == 0;
}

/* --- The rest of the library ---------------------------------------------------------------------- */

/* Nobody's word is the owner's. */
static enum s2pt_status
choose_hears_nobody(const struct s2pt_region *region, const struct s2pt_platform *platform,
		    const struct s2pt_guest *guest, struct s2pt_policy *policy)
{
	struct s2pt_region heard = *region;

	if (region->stands != 0)
		heard.vouches = S2PT_SOURCE_OWNER;
	return s2pt_policy_choose(&heard, platform, guest, policy);
}

static enum s2pt_status
dma_all_coherent(const struct s2pt_master *master, struct s2pt_dma_policy *dma)
{
	enum s2pt_status status = s2pt_policy_dma(master, dma);

	if (status == S2PT_OK)
		dma->coherent = true;
	return status;
}

static enum s2pt_status
dma_of_other_type(const struct s2pt_master *master, struct s2pt_dma_policy *dma)
{
	enum s2pt_status status = s2pt_policy_dma(master, dma);

	if (status == S2PT_OK)
		dma->attr.device = !dma->attr.device;
	return status;
}

static enum s2pt_status
dma_refuses(const struct s2pt_master *master, struct s2pt_dma_policy *dma)
{
	(void)master, (void)dma;
	return S2PT_ERR_RESERVED;
}

static enum s2pt_status
dma_needs_more(const struct s2pt_master *master, struct s2pt_dma_policy *dma)
{
	enum s2pt_status status = s2pt_policy_dma(master, dma);

	if (status == S2PT_OK)
		dma->on_map |= S2PT_NEEDS_CLEAN_POC;
	return status;
}

static enum s2pt_status
dma_device_needs_nothing(const struct s2pt_master *master, struct s2pt_dma_policy *dma)
{
	enum s2pt_status status = s2pt_policy_dma(master, dma);

	if (status == S2PT_OK && dma->attr.device) {
		dma->on_map = 0;
		dma->on_unmap = 0;
		dma->guest_maintains = false;
	}
	return status;
}

static enum s2pt_status
assign_believes_canwbs(const struct s2pt_master *master, struct s2pt_platform *platform, struct s2pt_guest *guest)
{
	enum s2pt_status status = s2pt_policy_assign(master, platform, guest);

	guest->noncoherent_p2p = guest->noncoherent_dma;
	return status;
}

static enum s2pt_status
alias_dmb_repairs_device(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
			 struct s2pt_alias *alias)
{
	enum s2pt_status status = s2pt_policy_alias(a, b, sharing, alias);

	if (alias->repair == S2PT_REPAIR_DMB)
		alias->beyond = 0;
	return status;
}

static enum s2pt_status
assign_forgets_mte_perm(const struct s2pt_master *master, struct s2pt_platform *platform, struct s2pt_guest *guest)
{
	s2pt_feats before = platform->feats;
	enum s2pt_status status = s2pt_policy_assign(master, platform, guest);

	platform->feats = before;
	return status;
}

/* The last master counts. */
static enum s2pt_status
assign_takes_last(const struct s2pt_master *master, struct s2pt_platform *platform, struct s2pt_guest *guest)
{
	guest->noncoherent_dma = false;
	return s2pt_policy_assign(master, platform, guest);
}

static enum s2pt_status
assign_takes_any_fwb(const struct s2pt_master *master, struct s2pt_platform *platform, struct s2pt_guest *guest)
{
	struct s2pt_master other = *master;

	other.feats = (master->feats & ~S2PT_FEAT_S2FWB) | (platform->feats & S2PT_FEAT_S2FWB);
	return s2pt_policy_assign(&other, platform, guest);
}

static enum s2pt_status
alias_keeps_speculation(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
			struct s2pt_alias *alias)
{
	enum s2pt_status status = s2pt_policy_alias(a, b, sharing, alias);

	alias->lost &= (uint8_t)~S2PT_LOSS_SPECULATION;
	alias->beyond &= (uint8_t)~S2PT_LOSS_SPECULATION;
	return status;
}

static enum s2pt_status
alias_loses_data(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
		 struct s2pt_alias *alias)
{
	enum s2pt_status status = s2pt_policy_alias(a, b, sharing, alias);

	alias->lost |= S2PT_LOSS_COHERENCY;
	return status;
}

static enum s2pt_status
alias_dmb_is_enough(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
		    struct s2pt_alias *alias)
{
	enum s2pt_status status = s2pt_policy_alias(a, b, sharing, alias);

	if (alias->repair > S2PT_REPAIR_DMB)
		alias->repair = S2PT_REPAIR_DMB;
	return status;
}

static enum s2pt_status
alias_hints_differ(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
		   struct s2pt_alias *alias)
{
	enum s2pt_status status = s2pt_policy_alias(a, b, sharing, alias);

	alias->matched = alias->matched && a->attr.inner.alloc == b->attr.inner.alloc;
	return status;
}

static enum s2pt_status
alias_never_coherent(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
		     struct s2pt_alias *alias)
{
	enum s2pt_status status = s2pt_policy_alias(a, b, sharing, alias);

	alias->coherent[0] = false;
	return status;
}

/* What is stood is the more lost for it. */
static enum s2pt_status
alias_stands_turned(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
		    struct s2pt_alias *alias)
{
	struct s2pt_sharing turned = *sharing;

	turned.stands ^= S2PT_STANDS_NC;
	return s2pt_policy_alias(a, b, &turned, alias);
}

static enum s2pt_status
meet_looser(struct s2pt_region *region, const struct s2pt_region *other)
{
	struct s2pt_region before = *region;
	enum s2pt_status status = s2pt_policy_meet(region, other);

	if (status == S2PT_OK) {
		region->stands = before.stands | other->stands;
		region->vouches = before.vouches > other->vouches ? before.vouches : other->vouches;
	}
	return status;
}

static enum s2pt_status
meet_never_refuses(struct s2pt_region *region, const struct s2pt_region *other)
{
	if (s2pt_policy_meet(region, other) != S2PT_OK)
		region->backing = S2PT_BACKING_MMIO;
	return S2PT_OK;
}

static enum s2pt_status
meet_takes_first(struct s2pt_region *region, const struct s2pt_region *other)
{
	(void)region, (void)other;
	return S2PT_OK;
}

static void
loosen_forgets(uint32_t facts, uint32_t *if_so, uint32_t *if_not)
{
	s2pt_policy_loosen(facts, if_so, if_not);
	*if_not = 0;
}

static void
loosen_names_prefetchable(uint32_t facts, uint32_t *if_so, uint32_t *if_not)
{
	s2pt_policy_loosen(facts, if_so, if_not);
	*if_so |= S2PT_FACT_PREFETCHABLE & ~facts;
}

static void
look_at_masters(void *context, const struct facts *facts)
{
	struct s2pt_policy answer = { 0 };
	enum s2pt_status status;
	uint64_t broken;

	(void)context;
	if (facts->guest.trusted || facts->region.exec || facts->region.gives_up != 0)
		return;
	status = library.choose(&facts->region, &facts->platform, &facts->guest, &answer);
	broken = judge(facts, status, &answer);
	for (unsigned rule = RULE_DMA_DEFINED; rule <= RULE_DMA_COVERED; rule++)
		if (broken & RULE(rule))
			cases_fail_again((enum rule)rule);
}

static void
look_at_dma(void)
{
	const struct visitor visitor = { nothing, look_at_masters, NULL };

	cases_visit(&ranges_small, &visitor);
}

/* How often a rule is broken by what the library says now. */
static unsigned long
look_with(void (*look)(void), enum rule rule)
{
	unsigned long before = cases_seen(rule);

	look();
	return cases_seen(rule) - before;
}

static const struct impostor {
	const char *name;
	struct library library;
	void (*look)(void);
	enum rule rule;
} impostors[] = {
	{ "what nobody says counts", { .choose = choose_hears_nobody }, answers_look, RULE_SAME },
	{ "what nobody says counts, by facts", { .choose = choose_hears_nobody }, pairs_loosen, RULE_FACTS },
	{ "every device is coherent", { .dma = dma_all_coherent }, look_at_dma, RULE_DMA_COHERENT },
	{ "a device's attribute is another", { .dma = dma_of_other_type }, look_at_dma, RULE_DMA_ATTR },
	{ "a defined encoding is reserved", { .dma = dma_refuses }, look_at_dma, RULE_DMA_DEFINED },
	{ "a device needs what is not owed", { .dma = dma_needs_more }, look_at_dma, RULE_DMA_COVERED },
	{ "Device needs nothing", { .dma = dma_device_needs_nothing }, look_at_dma, RULE_DMA_COVERED },
	{ "CANWBS is believed of all memory", { .assign = assign_believes_canwbs }, cases_fold, RULE_FOLD },
	{ "DMB repairs properties of Device", { .alias = alias_dmb_repairs_device }, pairs_alias, RULE_PAIR_REPAIR },
	{ "MTEPERM is not asked about", { .assign = assign_forgets_mte_perm }, cases_fold, RULE_FOLD },
	{ "the last master counts alone", { .assign = assign_takes_last }, cases_fold, RULE_FOLD },
	{ "S2FWB is not asked about", { .assign = assign_takes_any_fwb }, cases_fold, RULE_FOLD },
	{ "no speculation is lost", { .alias = alias_keeps_speculation }, pairs_alias, RULE_PAIR_LOST },
	{ "coherency is always lost", { .alias = alias_loses_data }, pairs_alias, RULE_PAIR_EXCESS },
	{ "DMB repairs everything", { .alias = alias_dmb_is_enough }, pairs_alias, RULE_PAIR_REPAIR },
	{ "hints make a mismatch", { .alias = alias_hints_differ }, pairs_alias, RULE_PAIR_MATCHED },
	{ "nothing is coherent", { .alias = alias_never_coherent }, pairs_alias, RULE_PAIR_COHERENT },
	{ "what is stood is lost", { .alias = alias_stands_turned }, pairs_alias, RULE_PAIR_ORDER },
	{ "regions stand what either stands", { .meet = meet_looser }, pairs_meet, RULE_MEET_LOOSER },
	{ "RAM meets registers", { .meet = meet_never_refuses }, pairs_meet, RULE_MEET_REFUSAL },
	{ "RAM meets registers, and leaves lines", { .meet = meet_never_refuses }, pairs_meet, RULE_MEET_LEFT },
	{ "the first region counts alone", { .meet = meet_takes_first }, pairs_meet, RULE_MEET_ALGEBRA },
	{ "facts that loosen are not named", { .loosen = loosen_forgets }, pairs_loosen, RULE_LOOSEN },
	{ "facts that do not loosen are named", { .loosen = loosen_names_prefetchable }, pairs_loosen, RULE_LOOSEN },
};

static void
install(const struct library *other)
{
	library = library_true;
	if (other->choose)
		library.choose = other->choose;
	if (other->dma)
		library.dma = other->dma;
	if (other->assign)
		library.assign = other->assign;
	if (other->alias)
		library.alias = other->alias;
	if (other->meet)
		library.meet = other->meet;
	if (other->loosen)
		library.loosen = other->loosen;
}

static bool
say(const char *name, enum rule rule, bool caught, unsigned long told)
{
	if (caught)
		printf("ok %s: %s\n", name, rule_word[rule]);
	else
		printf("MISSED %s: %s (%lu lies)\n", name, rule_word[rule], told);
	return !caught;
}

bool
liars_run(void)
{
	bool missed = false;

	for (size_t i = 0; i < COUNT(liars); i++) {
		struct hunt hunt = { .liar = &liars[i] };
		const struct visitor visitor = { nothing, hunt_one, &hunt };

		cases_visit(&ranges_small, &visitor);
		missed = say(liars[i].name, liars[i].rule, hunt.caught, hunt.told) || missed;
	}
	cases_quiet(true);
	for (size_t i = 0; i < COUNT(impostors); i++) {
		enum rule rule = impostors[i].rule;
		unsigned long honest, lied;

		install(&(struct library){ 0 });
		honest = look_with(impostors[i].look, rule);
		install(&impostors[i].library);
		lied = look_with(impostors[i].look, rule);
		install(&(struct library){ 0 });
		/* What the library breaks by itself catches nobody. */
		missed = say(impostors[i].name, rule, lied > honest, lied) || missed;
	}
	cases_quiet(false);
	return missed;
}
