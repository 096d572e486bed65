/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Answers of the policy, put together as a host puts them together, against rules about the whole: what CPUs, devices
 * and the next owner can observe.
 *
 *   masters   sets of up to three, in every order, are folded into facts
 *   answers   every combination of facts: encoded, mapped and unmapped, lived in, given to the next owner
 *   pairs     two mappings, two regions in one granule, one fact changed; these alone with --pairs, for mutants
 *   liars     a policy that is wrong in one way is caught by the rule that is about it
 *
 * What an answer may depend on is smaller than the facts: who vouches, for what, and what is given up come to the
 * highest type that is allowed, of six; words of those who do not count come to nothing, and neither does
 * prefetchable. The product goes through representative words in full, and each answer is compared with that of the
 * others of the same kind; --all goes through every set.
 */
#include <stdio.h>
#include <string.h>

#include "caches.h"
#include "cases.h"
#include "liars.h"
#include "pairs.h"

const struct library library_true = {
	.choose = s2pt_policy_choose,
	.dma = s2pt_policy_dma,
	.assign = s2pt_policy_assign,
	.alias = s2pt_policy_alias,
	.meet = s2pt_policy_meet,
	.loosen = s2pt_policy_loosen,
};
struct library library;

/* Cases that an observer cannot tell apart, by level, the owner's asking, and something given up. */
#define SLOTS (6u * 2u * 2u)

struct slot {
	bool used;
	enum s2pt_status status;
	struct s2pt_policy answer;
	uint64_t broken;
};

struct run {
	bool collect; /* only note who may have it */
	struct slot slot[SLOTS];
};

static void
begin(void *context)
{
	struct run *run = context;

	memset(run->slot, 0, sizeof(run->slot));
}

static struct slot *
slot_of(struct run *run, const struct facts *facts)
{
	unsigned asked = facts->region.asks_cacheable == S2PT_SOURCE_OWNER;
	unsigned given = facts->region.gives_up != 0;

	return &run->slot[(judge_level(facts) * 2u + asked) * 2u + given];
}

/* The same, but for what explains it. */
static bool
same(const struct slot *slot, enum s2pt_status status, const struct s2pt_policy *answer)
{
	const struct s2pt_policy *a = &slot->answer;

	if (slot->status != status)
		return false;
	return status != S2PT_OK ||
	       (a->type == answer->type && a->sh == answer->sh && a->executable == answer->executable &&
		a->exec_uncached == answer->exec_uncached && a->ram == answer->ram && a->alias == answer->alias &&
		a->on_map == answer->on_map && a->on_unmap == answer->on_unmap &&
		a->on_caches_on == answer->on_caches_on);
}

static void
report(uint64_t broken, const struct facts *facts, enum s2pt_status status, const struct s2pt_policy *answer)
{
	for (unsigned rule = 0; broken != 0; rule++, broken >>= 1)
		if (broken & 1u)
			cases_fail((enum rule)rule, facts, status, answer);
}

static void
each(void *context, const struct facts *facts)
{
	struct run *run = context;
	struct slot *slot = slot_of(run, facts);
	struct s2pt_policy answer = { 0 };
	enum s2pt_status status = library.choose(&facts->region, &facts->platform, &facts->guest, &answer);

	if (run->collect) {
		if (status == S2PT_OK && !(slot->used && same(slot, status, &answer)))
			judge_meet_tenant(facts, &answer);
		*slot = (struct slot){ true, status, answer, 0 };
		return;
	}
	cases_count++;
	if (!slot->used) {
		*slot = (struct slot){ true, status, answer, judge(facts, status, &answer) };
	} else if (!same(slot, status, &answer)) {
		report(RULE(RULE_SAME) | judge(facts, status, &answer), facts, status, &answer);
		return;
	}
	if (slot->broken != 0)
		report(slot->broken, facts, status, &answer);
}

static void
run_answers(const struct ranges *ranges)
{
	static struct run run;
	const struct visitor visitor = { begin, each, &run };

	run.collect = false;
	cases_visit(ranges, &visitor);
}

void
answers_look(void)
{
	run_answers(&ranges_small);
}

static void
collect_answers(void)
{
	static struct run run = { .collect = true };
	const struct visitor visitor = { begin, each, &run };

	judge_begin();
	cases_visit(&ranges_default, &visitor);
	judge_ready();
}

int
main(int argc, char **argv)
{
	bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
	bool missed;

	library = library_true;
	if (argc > 1 && strcmp(argv[1], "--pairs") == 0) {
		pairs_alias();
		pairs_meet();
		pairs_loosen();
		return cases_failures() != 0;
	}
	cases_fold();
	collect_answers();
	run_answers(&ranges_default);
	if (all)
		run_answers(&ranges_words);
	pairs_run(all);
	missed = liars_run();
	printf("%lu cases, %lu comparisons, %lu walks through the states of a granule\n", cases_count,
	       judge_comparisons, caches_walks);
	return cases_failures() != 0 || missed;
}
