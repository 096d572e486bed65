/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "judge.h"

#include <string.h>

#include "caches.h"
#include "engine.h"
#include "masters.h"
#include "views.h"

const char *const rule_word[RULE_COUNT] = {
#define X(name, word, text) word,
	RULES(X)
#undef X
};

const char *const rule_text[RULE_COUNT] = {
#define X(name, word, text) text,
	RULES(X)
#undef X
};

unsigned long judge_comparisons;

#define DATA_NEEDS (S2PT_NEEDS_CLEAN_POC | S2PT_NEEDS_CLEAN_POU | S2PT_NEEDS_ICACHE)

static bool
is_ram(const struct facts *facts)
{
	return facts->region.backing == S2PT_BACKING_RAM;
}

static bool
host_uncached(const struct facts *facts)
{
	return facts->region.host == S2PT_HOST_VIEW_NC || facts->region.host == S2PT_HOST_VIEW_DEVICE;
}

static bool
owner_asks(const struct facts *facts)
{
	return facts->region.asks_cacheable == S2PT_SOURCE_OWNER;
}

/* A cacheable type allows every access: who gives any of them up gives the cache up, too. */
static bool
gives_up_cache(const struct facts *facts)
{
	return facts->region.gives_up != 0;
}

/* What cannot be had without caches, though something is given up: nobody cleans lines that others have of it. */
static bool
stays_cached(const struct facts *facts)
{
	if (is_ram(facts))
		return facts->region.host == S2PT_HOST_VIEW_CACHEABLE;
	return facts->region.backing == S2PT_BACKING_PFN && owner_asks(facts);
}

/*
 * The least that does what was asked: cacheable where the owner asks. Rather than be given RAM with which no lock
 * works, a guest is refused; unless the host has it uncached itself.
 */
static enum rank
wanted(const struct facts *facts, bool refused)
{
	if (gives_up_cache(facts))
		return refused && stays_cached(facts) ? RANK_WB : RANK_nGnRnE;
	if (refused && is_ram(facts) && !host_uncached(facts))
		return RANK_WB;
	return owner_asks(facts) ? RANK_PARTLY : RANK_nGnRnE;
}

static bool
has_mte(const struct facts *facts)
{
	return facts->guest.mte && (facts->platform.feats & S2PT_FEAT_MTE2);
}

static struct mode
mode_of(const struct facts *facts)
{
	struct mode mode = {
		.fwb = facts->platform.feats & S2PT_FEAT_S2FWB,
		.mte_perm = facts->platform.feats & S2PT_FEAT_MTE_PERM,
		.mte = has_mte(facts),
	};

	return mode;
}

/*
 * The accesses that this guest may make. RAM stands all of them, but what the host maps as Device it maps so for a
 * reason; a device stands what its owner says, and early acknowledgement where its owner says nothing. The host itself
 * makes those that it makes anyhow.
 */
static uint32_t
vouched(const struct facts *facts)
{
	const struct s2pt_region *region = &facts->region;
	const uint32_t all = S2PT_STANDS_NC | S2PT_STANDS_CACHED;
	uint32_t owner = region->vouches == S2PT_SOURCE_OWNER ? region->stands & S2PT_STANDS_NC : S2PT_STANDS_EARLY_ACK;

	if (facts->guest.trusted)
		return all;
	switch (region->backing) {
	case S2PT_BACKING_RAM:
		if (region->host == S2PT_HOST_VIEW_DEVICE)
			return owner;
		return host_uncached(facts) ? S2PT_STANDS_NC : all;
	case S2PT_BACKING_PFN:
		return owner_asks(facts) && !gives_up_cache(facts) && !host_uncached(facts) ? all : owner;
	default:
		return owner;
	}
}

static uint32_t
permitted(const struct facts *facts)
{
	return vouched(facts) & (facts->guest.trusted ? UINT32_MAX : ~facts->region.gives_up);
}

unsigned
judge_level(const struct facts *facts)
{
	static const uint32_t needs[] = {
		S2PT_STANDS_EARLY_ACK,
		S2PT_STANDS_EARLY_ACK | S2PT_STANDS_REORDER,
		S2PT_STANDS_EARLY_ACK | S2PT_STANDS_REORDER | S2PT_STANDS_GATHER,
		S2PT_STANDS_NC,
		S2PT_STANDS_NC | S2PT_STANDS_CACHED,
	};
	unsigned level = 0;

	while (level < 5u && (needs[level] & ~permitted(facts)) == 0)
		level++;
	return level;
}

/* --- The type alone ------------------------------------------------------------------------------ */

static uint64_t
judge_view(const struct facts *facts, const struct views *views)
{
	uint64_t broken = 0;

	if (views->allows & ~permitted(facts))
		broken |= RULE(RULE_VOUCHED);
	if ((views->allows & S2PT_STANDS_CACHED) && !facts->guest.trusted &&
	    (facts->region.backing == S2PT_BACKING_MMIO || host_uncached(facts)))
		broken |= RULE(RULE_CACHEABLE);
	if (views->unshared)
		broken |= RULE(RULE_SHAREABLE);
	if (facts->guest.trusted && views->not_own[facts->region.host])
		broken |= RULE(RULE_OWN);
	return broken;
}

static uint64_t
judge_tags(const struct facts *facts, const struct views *views, unsigned on_map)
{
	/* The host itself has the tags of what is its own. */
	if (!views->tags || facts->guest.trusted)
		return 0;
	if (facts->region.tags == S2PT_TAGS_NONE)
		return RULE(RULE_TAGS_NONE);
	if (facts->region.tags == S2PT_TAGS_SET)
		return 0;
	if (!is_ram(facts))
		return RULE(RULE_TAGS_NONE);
	return on_map & S2PT_NEEDS_TAGS ? 0 : RULE(RULE_TAGS_OLD);
}

static uint64_t
judge_exec(const struct facts *facts, const struct views *views, bool executable)
{
	if (!executable)
		return 0;
	if (facts->region.backing == S2PT_BACKING_MMIO || views->rank < RANK_NC)
		return RULE(RULE_EXEC);
	return views->rank == RANK_NC && !is_ram(facts) ? RULE(RULE_EXEC) : 0;
}

/* --- Lives --------------------------------------------------------------------------------------- */

static struct ground
ground_of(const struct facts *facts)
{
	struct ground ground = {
		.backing = facts->region.backing,
		.host = facts->region.host,
		.asked = owner_asks(facts) && facts->region.backing == S2PT_BACKING_PFN,
		.fwb = facts->platform.feats & S2PT_FEAT_S2FWB,
		.dic = facts->platform.dic,
		/* FEAT_S2FWB says that CLIDR_EL1.{LoUU,LoUIS} are 0. */
		.idc = facts->platform.idc || (facts->platform.feats & S2PT_FEAT_S2FWB),
	};

	return ground;
}

/* What kind of agent a kind of master is, with this type. */
static uint8_t
agent_of(const struct facts *facts, const struct kind *kind, const struct views *views, uint8_t sh)
{
	struct ref_attr attr;

	if (!kind_attr(kind, facts->platform.feats, views->memattr, sh, &attr))
		return AGENT_BYPASS;
	if (!kind_coherent(kind, is_ram(facts), &attr))
		return AGENT_BYPASS;
	return kind->canwbs ? AGENT_FOLLOWS : AGENT_COHERENT;
}

static uint8_t
agents_of(const struct facts *facts, const struct views *views, uint8_t sh)
{
	uint8_t agents = 0;

	if (facts->region.dma == S2PT_DMA_NONCOHERENT || facts->guest.noncoherent_dma ||
	    (facts->guest.noncoherent_p2p && !is_ram(facts)))
		agents |= AGENT_BYPASS;
	if (facts->region.dma == S2PT_DMA_COHERENT)
		agents |= views->rank > RANK_NC ? AGENT_COHERENT : AGENT_FOLLOWS;
	for (unsigned k = 0; k < KINDS; k++)
		if (facts->masters >> k & 1u)
			agents |= agent_of(facts, &kinds[k], views, sh);
	return agents;
}

static struct tenant
tenant_of(const struct facts *facts, const struct views *views, uint8_t sh, bool executable)
{
	struct tenant tenant = {
		.off = views->off,
		.on = views->on,
		.fetch = executable ? views->fetch : 0,
		.agents = agents_of(facts, views, sh),
	};

	memcpy(tenant.asks, views->asks, sizeof(tenant.asks));
	return tenant;
}

static uint64_t
rules_of_life(uint32_t wrong)
{
	static const enum rule rule[] = { RULE_OLD_DATA, RULE_OLD_CODE, RULE_LAST, RULE_CACHES_ON, RULE_WRITE_BACK,
					  RULE_HOST_SEES, RULE_HOST_KEEPS, RULE_NEXT, RULE_HANDED_ON };
	uint64_t broken = 0;

	for (unsigned i = 0; i < sizeof(rule) / sizeof(rule[0]); i++)
		if (wrong >> i & 1u)
			broken |= RULE(rule[i]);
	return broken;
}

/* The maintenance that somebody can do: what cannot be done is not done. */
static unsigned
possible(const struct facts *facts)
{
	return is_ram(facts) ? DATA_NEEDS | (facts->platform.feats & S2PT_FEAT_MTE2 &&
							     facts->region.tags != S2PT_TAGS_NONE
						     ? S2PT_NEEDS_TAGS
						     : 0)
			     : 0;
}

/* The host itself maintains what it has, so that nothing is asked about its lives. */
static uint64_t
judge_life(const struct facts *facts, const struct views *views, const struct s2pt_policy *answer)
{
	struct ground ground = ground_of(facts);
	struct tenant tenant;

	if (facts->guest.trusted)
		return 0;
	tenant = tenant_of(facts, views, answer->sh, answer->executable);
	tenant.on_map = answer->on_map & possible(facts) & DATA_NEEDS;
	tenant.on_unmap = answer->on_unmap & possible(facts) & DATA_NEEDS;
	tenant.on_caches_on = answer->on_caches_on & possible(facts) & DATA_NEEDS;
	judge_comparisons++;
	return rules_of_life(lives_judge(&ground, &tenant));
}

void
judge_begin(void)
{
	lives_begin();
}

void
judge_meet_tenant(const struct facts *facts, const struct s2pt_policy *answer)
{
	struct mode mode = mode_of(facts);
	struct ground ground = ground_of(facts);
	const struct views *views;
	struct tenant tenant;

	if (facts->guest.trusted || answer->type >= S2PT_MEMTYPE_COUNT || answer->sh > 3u ||
	    answer->sh == S2PT_SH_RESERVED)
		return;
	views = views_of(&mode, answer->type, answer->sh);
	if (!views->valid)
		return;
	tenant = tenant_of(facts, views, answer->sh, answer->executable);
	tenant.on_map = answer->on_map & possible(facts) & DATA_NEEDS;
	tenant.on_unmap = answer->on_unmap & possible(facts) & DATA_NEEDS;
	tenant.on_caches_on = answer->on_caches_on & possible(facts) & DATA_NEEDS;
	lives_add(&ground, &tenant);
}

void
judge_ready(void)
{
	lives_settle();
}

/* --- The loosest ---------------------------------------------------------------------------------- */

/* What a host could give at best: this type, with all the maintenance that somebody can do. */
static bool
would_pass(const struct facts *facts, enum s2pt_memtype type, bool refused)
{
	struct mode mode = mode_of(facts);
	const struct views *views = views_of(&mode, type, S2PT_SH_ISH);
	unsigned can = facts->guest.trusted ? 0 : possible(facts);
	struct s2pt_policy best = {
		.type = type,
		.sh = S2PT_SH_ISH,
		.executable = facts->region.exec,
		.on_map = (uint8_t)can,
		.on_unmap = can & S2PT_NEEDS_CLEAN_POC,
		.on_caches_on = can & S2PT_NEEDS_CLEAN_POC,
	};

	judge_comparisons++;
	if (!views->valid || judge_view(facts, views) || judge_tags(facts, views, can) ||
	    judge_exec(facts, views, best.executable))
		return false;
	if (views->rank < wanted(facts, refused))
		return false;
	return judge_life(facts, views, &best) == 0;
}

/* Tags that are hidden from a guest that has none are hidden from nobody. */
static bool
hides_tags(const struct facts *facts, enum s2pt_memtype type)
{
	return has_mte(facts) && (type == S2PT_MEM_NORMAL_WB_NOTAGACCESS || type == S2PT_MEM_AS_STAGE1_NOTAGACCESS);
}

int
judge_compare(const struct facts *facts, const struct s2pt_policy *a, const struct s2pt_policy *b)
{
	struct mode mode = mode_of(facts);
	int ranks = (int)views_of(&mode, a->type, S2PT_SH_ISH)->rank - (int)views_of(&mode, b->type, S2PT_SH_ISH)->rank;

	if (ranks != 0)
		return ranks;
	return (int)hides_tags(facts, b->type) - (int)hides_tags(facts, a->type);
}

static uint64_t
judge_loosest(const struct facts *facts, enum s2pt_status status, const struct s2pt_policy *answer)
{
	for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++) {
		const struct s2pt_policy other = { .type = (enum s2pt_memtype)type };

		if (status == S2PT_OK && judge_compare(facts, &other, answer) <= 0)
			continue;
		if (would_pass(facts, other.type, status != S2PT_OK))
			return RULE(status == S2PT_OK ? RULE_LOOSEST : RULE_REFUSAL);
	}
	return 0;
}

/* --- The rest of an answer ------------------------------------------------------------------------ */

static uint64_t
judge_asked(const struct facts *facts, const struct views *views, const struct s2pt_policy *answer)
{
	uint64_t broken = 0;

	if (answer->executable != facts->region.exec)
		broken |= RULE(RULE_ASKED);
	if (views->rank < wanted(facts, false))
		broken |= RULE(RULE_ASKED);
	if (answer->exec_uncached != (answer->executable && views->rank <= RANK_NC))
		broken |= RULE(RULE_EXCUSE);
	if (answer->alias != views->mismatch[facts->region.host])
		broken |= RULE(RULE_ALIAS);
	return broken;
}

static uint64_t
judge_owed(const struct facts *facts, const struct s2pt_policy *answer)
{
	unsigned owed = (unsigned)answer->on_map | answer->on_unmap | answer->on_caches_on;
	uint64_t broken = 0;

	if (answer->ram && (facts->guest.trusted || !is_ram(facts)))
		broken |= RULE(RULE_RAM);
	if (owed & ~possible(facts))
		broken |= RULE(RULE_OWED);
	return broken;
}

static uint64_t
judge_engine(const struct facts *facts, const struct views *views, const struct s2pt_policy *answer)
{
	const struct engine_asks *asks = engine_asks(facts->platform.feats, answer);

	if (asks->encode != S2PT_OK || asks->mapping != S2PT_OK)
		return RULE(RULE_ENCODABLE);
	if (asks->memattr != views->memattr)
		return RULE(RULE_ENCODABLE);
	if (asks->map != S2PT_OK || asks->unmap != S2PT_OK || asks->too_late)
		return RULE(RULE_ENGINE);
	if (asks->clean_before != ((answer->on_map & S2PT_NEEDS_CLEAN_POC) != 0))
		return RULE(RULE_ENGINE);
	if (asks->clean_after != ((answer->on_unmap & S2PT_NEEDS_CLEAN_POC) != 0))
		return RULE(RULE_ENGINE);
	if ((answer->on_map & (S2PT_NEEDS_ICACHE | S2PT_NEEDS_CLEAN_POU)) && !asks->code_before)
		return RULE(RULE_ENGINE);
	return 0;
}

/* --- Masters -------------------------------------------------------------------------------------- */

static bool
same_attr(const struct kind *kind, const struct s2pt_attr *attr, const struct ref_attr *ref)
{
	return attr->device == ref->device && attr->device_type == ref->device_type &&
	       attr->outer.cacheability == ref->outer && attr->inner.cacheability == ref->inner &&
	       (attr->sh == ref->sh || !kind_sh_known(kind, ref)) && !attr->tagged;
}

static uint64_t
judge_master(const struct facts *facts, const struct views *views, const struct s2pt_policy *answer,
	     const struct kind *kind)
{
	struct s2pt_dma_policy dma;
	struct s2pt_master master;
	struct ref_attr attr;
	uint64_t broken = 0;

	judge_comparisons++;
	if (!kind_attr(kind, facts->platform.feats, views->memattr, answer->sh, &attr))
		return RULE(RULE_DMA_DEFINED);
	kind_master(kind, facts->platform.feats, &master);
	master.ram = is_ram(facts);
	master.memattr = views->memattr;
	master.sh = answer->sh;
	if (library.dma(&master, &dma) != S2PT_OK)
		return RULE(RULE_DMA_DEFINED);
	if (!same_attr(kind, &dma.attr, &attr))
		broken |= RULE(RULE_DMA_ATTR);
	if (dma.coherent != kind_coherent(kind, master.ram, &attr))
		broken |= RULE(RULE_DMA_COHERENT);
	/* The host itself keeps its own caches; what cannot be done, nobody owes. */
	if (!facts->guest.trusted && is_ram(facts) &&
	    ((dma.on_map & ~answer->on_map) || (views->rank > RANK_NC && (dma.on_unmap & ~answer->on_unmap))))
		broken |= RULE(RULE_DMA_COVERED);
	if (dma.guest_maintains && views->asks[REQUEST_NC] == WAY_CACHED)
		broken |= RULE(RULE_DMA_COVERED);
	if (!dma.coherent && is_ram(facts) && !dma.guest_maintains && views->rank > RANK_NC)
		broken |= RULE(RULE_DMA_COVERED);
	return broken;
}

/* --- All of it ------------------------------------------------------------------------------------ */

uint64_t
judge_safety(const struct facts *facts, const struct s2pt_policy *answer, bool with_lives)
{
	struct mode mode = mode_of(facts);
	const struct views *views = views_of(&mode, answer->type, answer->sh);

	if (!views->valid)
		return RULE(RULE_ENCODABLE);
	return judge_view(facts, views) | judge_tags(facts, views, answer->on_map) |
	       judge_exec(facts, views, answer->executable) | (with_lives ? judge_life(facts, views, answer) : 0);
}

uint64_t
judge(const struct facts *facts, enum s2pt_status status, const struct s2pt_policy *answer)
{
	struct mode mode = mode_of(facts);
	const struct views *views;
	uint64_t broken;

	if (status == S2PT_ERR_POLICY)
		return judge_loosest(facts, status, answer);
	if (status != S2PT_OK)
		return RULE(RULE_STATUS);
	if (answer->type >= S2PT_MEMTYPE_COUNT || answer->sh > 3u || answer->sh == S2PT_SH_RESERVED)
		return RULE(RULE_ENCODABLE);
	views = views_of(&mode, answer->type, answer->sh);
	if (!views->valid)
		return RULE(RULE_ENCODABLE);

	broken = judge_safety(facts, answer, true);
	broken |= judge_asked(facts, views, answer);
	broken |= judge_owed(facts, answer);
	broken |= judge_engine(facts, views, answer);
	broken |= judge_loosest(facts, status, answer);
	for (unsigned k = 0; k < KINDS; k++)
		if (facts->masters >> k & 1u)
			broken |= judge_master(facts, views, answer, &kinds[k]);
	return broken;
}
