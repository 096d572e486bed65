/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- Two mappings of one granule: section 8 ------------------------------------------------------- */

#define WB_HALF { S2PT_WB, S2PT_ALLOC_RWA, false }
#define WT_HALF { S2PT_WT, S2PT_ALLOC_RWA, false }
#define NC_HALF { S2PT_NC, S2PT_ALLOC_NO, false }

static const struct s2pt_attr attrs[] = {
	{ .device = true, .device_type = S2PT_DEVICE_nGnRnE, .sh = S2PT_SH_OSH, .xs = true },
	{ .device = true, .device_type = S2PT_DEVICE_nGnRE, .sh = S2PT_SH_OSH, .xs = true },
	{ .device = true, .device_type = S2PT_DEVICE_nGRE, .sh = S2PT_SH_OSH, .xs = true },
	{ .device = true, .device_type = S2PT_DEVICE_GRE, .sh = S2PT_SH_OSH, .xs = true },
	{ .device = true, .device_type = S2PT_DEVICE_nGnRE, .sh = S2PT_SH_OSH },
	{ .outer = NC_HALF, .inner = NC_HALF, .sh = S2PT_SH_OSH, .xs = true },
	{ .outer = NC_HALF, .inner = NC_HALF, .sh = S2PT_SH_OSH },
	{ .outer = WB_HALF, .inner = WB_HALF, .sh = S2PT_SH_NSH },
	{ .outer = WB_HALF, .inner = WB_HALF, .sh = S2PT_SH_ISH },
	{ .outer = WB_HALF, .inner = WB_HALF, .sh = S2PT_SH_OSH },
	{ .outer = { S2PT_WB, S2PT_ALLOC_RA, true }, .inner = { S2PT_WB, S2PT_ALLOC_WA, false }, .sh = S2PT_SH_ISH },
	{ .outer = WB_HALF, .inner = WB_HALF, .sh = S2PT_SH_ISH, .tagged = true },
	{ .outer = WT_HALF, .inner = WT_HALF, .sh = S2PT_SH_ISH, .xs = true },
	{ .outer = WT_HALF, .inner = WT_HALF, .sh = S2PT_SH_NSH, .xs = true },
	{ .outer = NC_HALF, .inner = WB_HALF, .sh = S2PT_SH_ISH, .xs = true },
	{ .outer = WB_HALF, .inner = NC_HALF, .sh = S2PT_SH_OSH, .xs = true },
};

static const uint32_t stands_sets[] = {
	0,
	S2PT_STANDS_SPECULATE,
	S2PT_STANDS_GATHER,
	S2PT_STANDS_REORDER,
	S2PT_STANDS_NC,
};

static bool
uncached(const struct s2pt_attr *attr)
{
	return attr->device || (attr->outer.cacheability == S2PT_NC && attr->inner.cacheability == S2PT_NC);
}

static bool
written_back(const struct s2pt_attr *attr)
{
	return !attr->device && (attr->outer.cacheability == S2PT_WB || attr->inner.cacheability == S2PT_WB);
}

static bool
gathers(const struct s2pt_attr *attr)
{
	return !attr->device || attr->device_type == S2PT_DEVICE_GRE;
}

static bool
reorders(const struct s2pt_attr *attr)
{
	return !attr->device || attr->device_type >= S2PT_DEVICE_nGRE;
}

static bool
match(const struct s2pt_attr *a, const struct s2pt_attr *b)
{
	return a->device == b->device && a->device_type == b->device_type &&
	       a->outer.cacheability == b->outer.cacheability && a->inner.cacheability == b->inner.cacheability &&
	       a->sh == b->sh && a->xs == b->xs;
}

static bool
covers(unsigned sh, enum s2pt_sh domain)
{
	if (domain == S2PT_SH_NSH)
		return true;
	return domain == S2PT_SH_ISH ? sh != S2PT_SH_NSH : sh == S2PT_SH_OSH;
}

static bool
writer(const struct s2pt_view *view)
{
	return view->writes && !view->idle;
}

/* What must be lost, and what must not. */
static void
bounds(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing, uint8_t *least,
       uint8_t *most)
{
	const struct s2pt_attr *x = &a->attr, *y = &b->attr;
	bool live = !a->idle && !b->idle, known = sharing->relation != S2PT_RELATION_ANY, handover;
	*least = 0;
	*most = 0;
	if (match(x, y))
		return;
	*most = S2PT_LOSS_EXCLUSIVES;
	if (x->device != y->device) {
		*most |= S2PT_LOSS_SPECULATION;
		/* Whoever has it mapped as Device relies on that as long as they access it. */
		if (x->device ? !a->idle : !b->idle)
			*least |= S2PT_LOSS_SPECULATION;
	}
	if (gathers(x) != gathers(y)) {
		*most |= S2PT_LOSS_GATHERING;
		if (live && !known)
			*least |= S2PT_LOSS_GATHERING;
	}
	if (reorders(x) != reorders(y)) {
		*most |= S2PT_LOSS_REORDERING;
		if (live && !known)
			*least |= S2PT_LOSS_REORDERING;
	}
	if (live && !known) {
		*most |= S2PT_LOSS_ORDER;
		if (writer(a) || writer(b))
			*least |= S2PT_LOSS_ORDER;
	}
	if ((uncached(x) && uncached(y)) || !(writer(a) || writer(b)))
		return;
	/* Users who hand over maintain: what there is to maintain, they are told as lost. */
	handover = sharing->relation == S2PT_RELATION_HANDOVER;
	*most |= S2PT_LOSS_COHERENCY;
	if (live && !handover && uncached(x) != uncached(y))
		*least |= S2PT_LOSS_COHERENCY;
	if ((writer(a) && written_back(x)) || (writer(b) && written_back(y)))
		*most |= S2PT_LOSS_WRITES;
	if (!handover && writer(a) && writer(b) &&
	    ((written_back(x) && uncached(y)) || (written_back(y) && uncached(x))))
		*least |= S2PT_LOSS_WRITES;
}

static const char *
pair_text(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
	  const struct s2pt_alias *alias, const char *what)
{
	static const char *const relation[] = { "any", "independent", "handover" };
	static char text[800];
	char x[100], y[100], lost[200], beyond[200];

	s2pt_text_attr(x, sizeof(x), &a->attr);
	s2pt_text_attr(y, sizeof(y), &b->attr);
	s2pt_text_losses(lost, sizeof(lost), alias->lost);
	s2pt_text_losses(beyond, sizeof(beyond), alias->beyond);
	snprintf(text, sizeof(text),
		 "%s: %s%s%s / %s%s%s, domain %s, %s, stands %#x: lost %s, beyond %s, repair %s, coherent %d %d",
		 what, x, a->writes ? " writes" : "", a->idle ? " idle" : "", y, b->writes ? " writes" : "",
		 b->idle ? " idle" : "", s2pt_sh_name(sharing->domain), relation[sharing->relation],
		 (unsigned)sharing->stands, lost, beyond, s2pt_repair_name(alias->repair), alias->coherent[0],
		 alias->coherent[1]);
	return text;
}

static const uint8_t kept[][2] = {
	{ S2PT_LOSS_SPECULATION, S2PT_STANDS_SPECULATE },
	{ S2PT_LOSS_GATHERING, S2PT_STANDS_GATHER },
	{ S2PT_LOSS_REORDERING, S2PT_STANDS_REORDER },
};

static const char *
wrong_repair(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
	     const struct s2pt_alias *alias)
{
	uint8_t data = S2PT_LOSS_COHERENCY | S2PT_LOSS_WRITES;

	if (alias->beyond & ~alias->lost)
		return "beyond what is lost";
	if (alias->beyond & (data | S2PT_LOSS_ORDER))
		return "beyond repair, though maintenance and barriers repair it";
	for (size_t i = 0; i < COUNT(kept); i++)
		if (alias->beyond & kept[i][0] && sharing->stands & kept[i][1])
			return "beyond repair, though it is stood";
	if (alias->lost & S2PT_LOSS_SPECULATION && !(sharing->stands & S2PT_STANDS_SPECULATE) &&
	    !(alias->beyond & S2PT_LOSS_SPECULATION))
		return "speculation that nothing repairs is not beyond repair";
	if (alias->lost == 0 && alias->repair != S2PT_REPAIR_NONE)
		return "a repair of nothing";
	if (alias->lost & S2PT_LOSS_ORDER && alias->repair < S2PT_REPAIR_DMB)
		return "order takes a barrier";
	if (alias->lost & data && alias->repair < S2PT_REPAIR_MAINTAIN)
		return "data takes maintenance";
	if (alias->lost & data && !uncached(&a->attr) && !uncached(&b->attr) && a->attr.sh != b->attr.sh &&
	    alias->repair != S2PT_REPAIR_AROUND)
		return "unlike shareability takes maintenance around each access";
	if (uncached(&a->attr) && uncached(&b->attr) && alias->repair > S2PT_REPAIR_DMB)
		return "nothing is cached: a barrier does";
	return NULL;
}

/* Accesses by @a alone, while @b is what it is. */
static const char *
wrong_coherent(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing, bool coherent)
{
	bool covered = covers(a->attr.sh, sharing->domain) && covers(b->attr.sh, sharing->domain);
	bool one = match(&a->attr, &b->attr) || !writer(b);

	if (one && ((uncached(&a->attr) && !a->attr.device) || covered) && !coherent)
		return "one definition writes, and it is Non-cacheable, or all that there is covers the domain";
	if (coherent && !match(&a->attr, &b->attr) && writer(b) && !a->idle && sharing->relation == S2PT_RELATION_ANY &&
	    !(uncached(&a->attr) && uncached(&b->attr)))
		return "another definition writes";
	if (coherent && writer(a) && !uncached(&a->attr) && !covers(a->attr.sh, sharing->domain))
		return "its shareability does not cover the domain";
	return NULL;
}

static bool
worse(const struct s2pt_alias *than, const struct s2pt_alias *alias)
{
	return (alias->lost & ~than->lost) || (alias->beyond & ~than->beyond) || alias->repair > than->repair ||
	       alias->coherent[0] < than->coherent[0] || alias->coherent[1] < than->coherent[1];
}

/* The same two, and one thing more that is known. */
static void
check_order(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
	    const struct s2pt_alias *alias)
{
	struct s2pt_sharing better = *sharing;
	struct s2pt_view quiet = *a;
	struct s2pt_alias other;

	if (library.alias(b, a, sharing, &other) != S2PT_OK || other.matched != alias->matched ||
	    other.lost != alias->lost || other.beyond != alias->beyond || other.repair != alias->repair ||
	    other.coherent[0] != alias->coherent[1] || other.coherent[1] != alias->coherent[0])
		cases_fail_text(RULE_PAIR_ORDER, pair_text(a, b, sharing, alias, "not the same the other way round"));
	quiet.idle = true;
	if (library.alias(&quiet, b, sharing, &other) != S2PT_OK || worse(alias, &other))
		cases_fail_text(RULE_PAIR_ORDER, pair_text(&quiet, b, sharing, &other, "worse for being idle"));
	quiet = *a;
	quiet.writes = false;
	if (library.alias(&quiet, b, sharing, &other) != S2PT_OK || worse(alias, &other))
		cases_fail_text(RULE_PAIR_ORDER, pair_text(&quiet, b, sharing, &other, "worse for not writing"));
	better.stands = S2PT_STANDS_NC;
	if (library.alias(a, b, &better, &other) != S2PT_OK || worse(alias, &other))
		cases_fail_text(RULE_PAIR_ORDER, pair_text(a, b, &better, &other, "worse for being stood"));
	better.stands = sharing->stands;
	better.domain = S2PT_SH_NSH;
	if (library.alias(a, b, &better, &other) != S2PT_OK || worse(alias, &other))
		cases_fail_text(RULE_PAIR_ORDER, pair_text(a, b, &better, &other, "worse for a smaller domain"));
	better.domain = sharing->domain;
	if (sharing->relation != S2PT_RELATION_ANY)
		return;
	for (unsigned relation = 1; relation < S2PT_RELATION_COUNT; relation++) {
		better.relation = (enum s2pt_relation)relation;
		if (library.alias(a, b, &better, &other) != S2PT_OK || worse(alias, &other))
			cases_fail_text(RULE_PAIR_ORDER, pair_text(a, b, &better, &other, "worse for a relation"));
	}
}

static void
check_pair(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing)
{
	struct s2pt_alias alias = { 0 };
	uint8_t least, most;
	const char *wrong;

	cases_count++;
	judge_comparisons += 6;
	if (library.alias(a, b, sharing, &alias) != S2PT_OK) {
		cases_fail_text(RULE_PAIR_LOST, pair_text(a, b, sharing, &alias, "refused"));
		return;
	}
	if (alias.matched != match(&a->attr, &b->attr))
		cases_fail_text(RULE_PAIR_MATCHED,
				pair_text(a, b, sharing, &alias, alias.matched ? "matched" : "not matched"));
	bounds(a, b, sharing, &least, &most);
	if (least & ~alias.lost)
		cases_fail_text(RULE_PAIR_LOST, pair_text(a, b, sharing, &alias, "more is lost"));
	if (alias.lost & ~most)
		cases_fail_text(RULE_PAIR_EXCESS, pair_text(a, b, sharing, &alias, "less is lost"));
	wrong = wrong_repair(a, b, sharing, &alias);
	if (wrong != NULL)
		cases_fail_text(RULE_PAIR_REPAIR, pair_text(a, b, sharing, &alias, wrong));
	wrong = wrong_coherent(a, b, sharing, alias.coherent[0]);
	if (wrong != NULL)
		cases_fail_text(RULE_PAIR_COHERENT, pair_text(a, b, sharing, &alias, wrong));
	check_order(a, b, sharing, &alias);
}

/* Values that there are not. */
static void
check_invalid(void)
{
	const struct s2pt_view view = { .attr = attrs[8], .writes = true };
	const struct s2pt_sharing wrong[] = {
		{ .domain = S2PT_SH_RESERVED },
		{ .domain = S2PT_SH_ISH, .relation = S2PT_RELATION_COUNT },
		{ .domain = S2PT_SH_ISH, .stands = 1u << S2PT_STANDS_COUNT },
	};
	struct s2pt_alias alias = { 0 };

	for (size_t i = 0; i < COUNT(wrong); i++)
		if (library.alias(&view, &view, &wrong[i], &alias) != S2PT_ERR_FACT)
			cases_fail_text(RULE_PAIR_LOST, "a value that there is not is a fact");
}

void
pairs_alias(void)
{
	static const enum s2pt_sh domains[] = { S2PT_SH_NSH, S2PT_SH_ISH, S2PT_SH_OSH };
	const unsigned views = (unsigned)COUNT(attrs) * 4u;

	check_invalid();
	for (unsigned n = 0; n < views * views; n++) {
		unsigned i = n / views, j = n % views;
		const struct s2pt_view a = { attrs[i / 4u], i & 1u, i & 2u }, b = { attrs[j / 4u], j & 1u, j & 2u };

		for (size_t d = 0; d < COUNT(domains); d++)
			for (unsigned relation = 0; relation < S2PT_RELATION_COUNT; relation++)
				for (size_t s = 0; s < COUNT(stands_sets); s++) {
					const struct s2pt_sharing sharing = { domains[d], (enum s2pt_relation)relation,
									      stands_sets[s] };

					check_pair(&a, &b, &sharing);
				}
	}
}

/* --- Two regions in one granule ------------------------------------------------------------------- */

static uint64_t random_state;

static unsigned
below(unsigned limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(random_state >> 33) % limit;
}

static struct s2pt_region
any_region(void)
{
	static const uint32_t stands[] = { 0, S2PT_STANDS_EARLY_ACK, S2PT_STANDS_EARLY_ACK | S2PT_STANDS_REORDER,
					   S2PT_STANDS_EARLY_ACK | S2PT_STANDS_REORDER | S2PT_STANDS_GATHER,
					   S2PT_STANDS_NC, S2PT_STANDS_NC, S2PT_STANDS_NC & ~S2PT_STANDS_WALK };
	struct s2pt_region region = {
		.backing = (enum s2pt_backing)below(3),
		.host = (enum s2pt_host_view)below(4),
		.vouches = (enum s2pt_source)below(3),
		.stands = stands[below(COUNT(stands))],
		.gives_up = below(3) ? 0 : below(2) ? S2PT_STANDS_CACHED
						    : 1u << below(S2PT_STANDS_COUNT),
		.asks_cacheable = (enum s2pt_source)below(3),
		.tags = (enum s2pt_tags)below(3),
		.dma = (enum s2pt_dma)below(3),
		.prefetchable = below(2),
		.exec = below(3) == 0,
	};

	return region;
}

static struct facts
any_facts(void)
{
	struct facts facts = {
		.platform = { (below(2) ? S2PT_FEAT_S2FWB : 0) | (below(2) ? S2PT_FEAT_MTE2 : 0) |
				      (below(2) ? S2PT_FEAT_MTE_PERM : 0),
			      below(2), below(2) },
		.guest = { .trusted = below(4) == 0, .mte = below(2), .noncoherent_dma = below(4) == 0 },
	};

	facts.guest.noncoherent_p2p = facts.guest.noncoherent_dma || below(4) == 0;
	return facts;
}

static const char *
regions_text(const struct s2pt_region *a, const struct s2pt_region *b, const struct facts *with,
	     const struct s2pt_policy *answer, const char *what)
{
	static char text[900];
	char x[300], y[300];

	s2pt_text_facts(x, sizeof(x), s2pt_policy_facts(a, &with->platform, &with->guest));
	s2pt_text_facts(y, sizeof(y), s2pt_policy_facts(b, &with->platform, &with->guest));
	snprintf(text, sizeof(text), "%s: [%s] gives up %#x asks %d tags %d, [%s] gives up %#x asks %d tags %d%s%s",
		 what, x, (unsigned)a->gives_up, a->asks_cacheable, a->tags, y, (unsigned)b->gives_up,
		 b->asks_cacheable, b->tags,
		 answer ? ": " : "", answer ? s2pt_memtype_name(answer->type) : "");
	return text;
}

static enum s2pt_status
ask(const struct s2pt_region *region, const struct facts *with, struct s2pt_policy *answer)
{
	memset(answer, 0, sizeof(*answer));
	return library.choose(region, &with->platform, &with->guest, answer);
}

/* The same, but for what explains it. */
static bool
same_answer(const struct s2pt_policy *a, const struct s2pt_policy *b)
{
	return a->type == b->type && a->sh == b->sh && a->executable == b->executable &&
	       a->exec_uncached == b->exec_uncached && a->ram == b->ram && a->alias == b->alias &&
	       a->on_map == b->on_map && a->on_unmap == b->on_unmap && a->on_caches_on == b->on_caches_on;
}

/* Do two regions come to the same, in a few surroundings? */
static bool
same_regions(const struct s2pt_region *a, const struct s2pt_region *b)
{
	for (unsigned n = 0; n < 8u; n++) {
		s2pt_feats feats = (n & 1u ? S2PT_FEAT_S2FWB : 0) | (n & 2u ? S2PT_FEAT_MTE_PERM : 0);
		const struct facts with = {
			.platform = { .feats = feats | S2PT_FEAT_MTE2 },
			.guest = { .mte = n & 4u },
		};
		struct s2pt_policy x, y;
		enum s2pt_status status = ask(a, &with, &x);

		judge_comparisons++;
		if (s2pt_policy_facts(a, &with.platform, &with.guest) !=
			    s2pt_policy_facts(b, &with.platform, &with.guest) ||
		    status != ask(b, &with, &y) || (status == S2PT_OK && !same_answer(&x, &y)))
			return false;
	}
	return true;
}

/* What one of them alone would have to say about the answer for both. */
static void
check_met_part(const struct s2pt_region *a, const struct s2pt_region *b, bool exec, const struct facts *with,
	       const struct s2pt_policy *met)
{
	const uint64_t lives = RULE(RULE_OLD_DATA) | RULE(RULE_OLD_CODE) | RULE(RULE_LAST) | RULE(RULE_CACHES_ON) |
			       RULE(RULE_WRITE_BACK) | RULE(RULE_HOST_SEES) | RULE(RULE_HOST_KEEPS) | RULE(RULE_NEXT) |
			       RULE(RULE_HANDED_ON);
	struct facts part = *with;
	struct s2pt_policy alone;
	enum s2pt_status status;
	uint64_t wrong;

	part.region = *a;
	part.region.exec = exec;
	status = ask(&part.region, with, &alone);
	wrong = judge_safety(&part, met, true);
	if (status == S2PT_OK)
		wrong &= ~judge_safety(&part, &alone, true);
	if (wrong & lives)
		cases_fail_text(RULE_MEET_LEFT, regions_text(a, b, with, met, "lines are left"));
	if (wrong & ~lives)
		cases_fail_text(RULE_MEET_LOOSER, regions_text(a, b, with, met, "not for the first"));
	if (status == S2PT_OK && judge_compare(&part, met, &alone) > 0)
		cases_fail_text(RULE_MEET_LOOSER, regions_text(a, b, with, met, "looser than for the first alone"));
}

static bool
is_uncached_view(enum s2pt_host_view host)
{
	return host == S2PT_HOST_VIEW_NC || host == S2PT_HOST_VIEW_DEVICE;
}

/* What an earlier guest may have had as Write-Back, and nobody can clean. */
static bool
keeps_lines(const struct s2pt_region *region)
{
	return region->backing == S2PT_BACKING_PFN && region->asks_cacheable == S2PT_SOURCE_OWNER;
}

static bool
cannot_meet(const struct s2pt_region *a, const struct s2pt_region *b)
{
	return (a->backing == S2PT_BACKING_RAM) != (b->backing == S2PT_BACKING_RAM) ||
	       keeps_lines(a) != keeps_lines(b) ||
	       (a->host == S2PT_HOST_VIEW_CACHEABLE && is_uncached_view(b->host)) ||
	       (b->host == S2PT_HOST_VIEW_CACHEABLE && is_uncached_view(a->host));
}

static void
check_meeting(const struct s2pt_region *a, const struct s2pt_region *b, const struct facts *with)
{
	struct s2pt_region ab = *a, ba = *b, aa = *a;
	enum s2pt_status status = library.meet(&ab, b);
	struct s2pt_policy met;

	judge_comparisons += 5;
	if (status != (cannot_meet(a, b) ? S2PT_ERR_POLICY : S2PT_OK))
		cases_fail_text(RULE_MEET_REFUSAL,
				regions_text(a, b, with, NULL, status == S2PT_OK ? "met" : "did not meet"));
	if (status != S2PT_OK && memcmp(&ab, a, sizeof(ab)) != 0)
		cases_fail_text(RULE_MEET_REFUSAL, regions_text(a, b, with, NULL, "changed by a refusal"));
	if (library.meet(&ba, a) != status || (status == S2PT_OK && !same_regions(&ab, &ba)))
		cases_fail_text(RULE_MEET_ALGEBRA, regions_text(a, b, with, NULL, "not commutative"));
	if (library.meet(&aa, a) != S2PT_OK || !same_regions(&aa, a))
		cases_fail_text(RULE_MEET_ALGEBRA, regions_text(a, a, with, NULL, "not idempotent"));
	if (status != S2PT_OK || ask(&ab, with, &met) != S2PT_OK)
		return;
	check_met_part(a, b, a->exec || b->exec, with, &met);
	check_met_part(b, a, a->exec || b->exec, with, &met);
}

static void
check_three(const struct s2pt_region *a, const struct s2pt_region *b, const struct s2pt_region *c,
	    const struct facts *with)
{
	struct s2pt_region left = *a, right = *a, bc = *b;
	bool left_ok = library.meet(&left, b) == S2PT_OK && library.meet(&left, c) == S2PT_OK;
	bool right_ok = library.meet(&bc, c) == S2PT_OK && library.meet(&right, &bc) == S2PT_OK;

	if (left_ok != right_ok || (left_ok && !same_regions(&left, &right)))
		cases_fail_text(RULE_MEET_ALGEBRA, regions_text(a, c, with, NULL, "not associative"));
}

static void
meet_rounds(unsigned rounds)
{
	random_state = 1;
	for (unsigned i = 0; i < rounds; i++) {
		const struct s2pt_region a = any_region(), b = any_region(), c = any_region();
		const struct facts with = any_facts();

		cases_count++;
		check_meeting(&a, &b, &with);
		check_three(&a, &b, &c, &with);
	}
}

void
pairs_meet(void)
{
	meet_rounds(20000);
}

/* --- One fact changed ----------------------------------------------------------------------------- */

#define KNOWN_LG2 20u

/* The answer that facts come to, by what the library makes of them. */
static struct entry {
	uint32_t facts; /* 0: free */
	enum s2pt_status status;
	struct s2pt_policy answer;
	struct facts from;
} *entries;

static struct entry *
entry_of(uint32_t facts)
{
	size_t i = facts * UINT64_C(0x9e3779b97f4a7c15) >> (64u - KNOWN_LG2);

	while (entries[i].facts != 0 && entries[i].facts != facts)
		i = (i + 1u) & ((1u << KNOWN_LG2) - 1u);
	return &entries[i];
}

static void
nothing(void *context)
{
	(void)context;
}

static void
remember(void *context, const struct facts *facts)
{
	uint32_t set = s2pt_policy_facts(&facts->region, &facts->platform, &facts->guest);
	struct entry *entry = entry_of(set);
	struct s2pt_policy answer;
	enum s2pt_status status = ask(&facts->region, facts, &answer);

	(void)context;
	judge_comparisons++;
	if (entry->facts == 0) {
		*entry = (struct entry){ set, status, answer, *facts };
	} else if (entry->status != status || answer.reason != entry->answer.reason ||
		   (status == S2PT_OK && !same_answer(&answer, &entry->answer))) {
		cases_fail(RULE_FACTS, facts, status, &answer);
	}
}

static uint32_t
owed(const struct s2pt_policy *answer)
{
	return (uint32_t)answer->on_map | (uint32_t)answer->on_unmap << 8 | (uint32_t)answer->on_caches_on << 16;
}

static bool
has_no_tags(enum s2pt_memtype type)
{
	return type == S2PT_MEM_NORMAL_WB_NOTAGACCESS || type == S2PT_MEM_AS_STAGE1_NOTAGACCESS;
}

/* Is @b looser than @a: 1 yes, 0 no; -1 where one needs this and the other that. */
static int
looser(const struct entry *a, const struct entry *b)
{
	int ranks, tags = (int)has_no_tags(a->answer.type) - (int)has_no_tags(b->answer.type);

	if (a->status != S2PT_OK || b->status != S2PT_OK)
		return a->status != S2PT_OK && b->status == S2PT_OK;
	ranks = judge_compare(&b->from, &b->answer, &a->answer);
	if (ranks != 0 || tags != 0)
		return ranks > 0 || (ranks == 0 && tags > 0);
	if ((owed(&a->answer) & ~owed(&b->answer)) && (owed(&b->answer) & ~owed(&a->answer)))
		return -1;
	return (owed(&a->answer) & ~owed(&b->answer)) != 0;
}

/* An example of each fact is enough. */
static void
fail_loosen(const struct entry *entry, const struct entry *other, uint32_t bit, bool named)
{
	static uint32_t shown[2];
	char words[300], before[300], after[300], text[1000];

	if (shown[named] & bit) {
		cases_fail_again(RULE_LOOSEN);
		return;
	}
	shown[named] |= bit;
	s2pt_text_facts(words, sizeof(words), entry->facts);
	s2pt_text_policy(before, sizeof(before), entry->status, &entry->answer);
	s2pt_text_policy(after, sizeof(after), other->status, &other->answer);
	snprintf(text, sizeof(text), "%s, of [%s], %s\n    now %s\n    then %s", s2pt_fact_name(bit), words,
		 named ? "is named, and loosens nothing" : "loosens, and is not named", before, after);
	cases_fail_text(RULE_LOOSEN, text);
}

/*
 * Those that are not tried: whether the guest is trusted, degrees of what a device stands below all of it, all of it
 * where the guest gives something up, and what would make an answer stricter before it makes it another one.
 */
static bool
is_tried(uint32_t facts, uint32_t bit)
{
	const uint32_t degrees = S2PT_FACT_STANDS_GRE | S2PT_FACT_STANDS_nGRE | S2PT_FACT_STANDS_nGnRE;
	const uint32_t stricter = S2PT_FACT_CONFINED | S2PT_FACT_HOST_NC | S2PT_FACT_HOST_DEVICE;

	if (bit == S2PT_FACT_STANDS_NC && (facts & S2PT_FACT_CONFINED))
		return false;
	return !(bit & (S2PT_FACT_TRUSTED | degrees | (stricter & ~facts)));
}

static void
check_loosen(const struct entry *entry)
{
	uint32_t if_so = 0, if_not = 0;

	library.loosen(entry->facts, &if_so, &if_not);
	if ((if_so & entry->facts) || (if_not & ~entry->facts))
		cases_fail_text(RULE_LOOSEN, "a fact that is there is to be there, or one that is not is to be away");
	for (uint32_t bit = 1; bit < S2PT_FACT_CACHEABLE; bit <<= 1) {
		const struct entry *other = entry_of(entry->facts ^ bit);
		bool named = (if_so | if_not) & bit;
		int is = other->facts == 0 ? -1 : looser(entry, other);

		judge_comparisons++;
		if (is_tried(entry->facts, bit) && is >= 0 && named != (is != 0))
			fail_loosen(entry, other, bit, named);
	}
}

void
pairs_loosen(void)
{
	const struct visitor visitor = { nothing, remember, NULL };

	entries = calloc(1u << KNOWN_LG2, sizeof(*entries));
	if (entries == NULL) {
		printf("no memory\n");
		exit(1);
	}
	cases_visit(&ranges_facts, &visitor);
	for (size_t i = 0; i < 1u << KNOWN_LG2; i++)
		if (entries[i].facts != 0)
			check_loosen(&entries[i]);
	free(entries);
}

void
pairs_run(bool all)
{
	pairs_alias();
	meet_rounds(all ? 3000000 : 200000);
	pairs_loosen();
}
