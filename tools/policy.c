/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* policy.c: s2pt policy, what a region may be mapped as. */
#include "policy.h"
#include "fail.h"
#include "report.h"

/* --- Which question ----------------------------------------------------------------------------------- */

/* The options that go with a question, as a range and single ones. */
static bool
goes_with(unsigned question, unsigned option)
{
	switch (question) {
	case POLICY_RULES:
		return option == POLICY_RULES;
	case POLICY_PROCEDURES:
		return option == POLICY_PROCEDURES;
	case POLICY_ALIAS:
		return (option >= POLICY_ALIAS && option <= POLICY_DOMAIN) || option == POLICY_STANDS;
	case POLICY_REGIONS:
		return option == POLICY_REGIONS;
	case POLICY_MASTER:
		return (option >= POLICY_MASTER && option < POLICY_REGIONS) || option == POLICY_BACKING ||
		       option == POLICY_FWB || option == POLICY_MTE_PERM || option == POLICY_CANWBS;
	default:
		return option < POLICY_RULES;
	}
}

static unsigned
question_of(const struct value *own)
{
	static const unsigned questions[] = { POLICY_RULES, POLICY_PROCEDURES, POLICY_ALIAS, POLICY_MASTER,
					      POLICY_REGIONS };

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		if (own[questions[i]].given)
			return questions[i];
	return POLICY_BACKING;
}

/* --- The region --------------------------------------------------------------------------------------- */

static int
answer_region(const struct value *own, bool json)
{
	const struct policy_facts facts = policy_facts_of(own);
	json_t *report = report_new();
	const bool allowed = policy_add_answer(report, &facts, own[POLICY_EXPLAIN].given);
	report_print(report, json);
	return allowed ? 0 : EXIT_FOUND;
}

static int
run(const struct value *v)
{
	const struct value *own = v + OPTION_OWN;
	unsigned question = question_of(own);
	bool json = v[OPTION_JSON].given;

	for (unsigned i = 0; i < POLICY_OPTIONS; i++)
		if (own[i].given && !goes_with(question, i))
			return fail(POLICY_VERB, "--%s does not go with %s%s", policy_options[i].name,
				    question == POLICY_BACKING ? "a question about a region" : "--",
				    question == POLICY_BACKING ? "" : policy_options[question].name);
	switch (question) {
	case POLICY_RULES:
		return policy_rules(json);
	case POLICY_PROCEDURES:
		return policy_procedures(json);
	case POLICY_ALIAS:
		return policy_alias(own, json);
	case POLICY_MASTER:
		return policy_master(own, json);
	case POLICY_REGIONS:
		return policy_regions(own[POLICY_REGIONS].text, json);
	default:
		break;
	}
	if (!own[POLICY_BACKING].given)
		return fail(POLICY_VERB, "--backing is needed, or --alias, --master, --regions or --rules; "
					 "see s2pt policy --help");
	return answer_region(own, json);
}

static int
batch(const struct value *v)
{
	(void)v;
	return policy_batch();
}

const struct verb verb_policy = {
	.name = POLICY_VERB,
	.summary = "who may have which memory type, and why",
	.synopsis =
		"  s2pt policy --backing WHAT [FACT]...\n"
		"  s2pt policy --alias --mair-a X --mair-b X [OPTION]...\n"
		"  s2pt policy --master --memattr X [OPTION]...\n"
		"  s2pt policy --regions FILE\n"
		"  s2pt policy --rules\n"
		"  s2pt policy --procedures\n"
		"  s2pt policy --batch\n",
	.more =
		"\nExit status 1: something is refused, or a machine's regions do not hold together. With\n"
		"--master, --backing says whether the device reaches RAM (without it: it does).\n"
		"\n--explain shows the rules that were asked, with the facts for lack of which, or because of\n"
		"which, each did not decide.\n"
		"\n--regions reads a statement a line: a kind, a name, and facts spelled as options without --:\n"
		"    machine granule=64k fwb mte2 idc dic\n"
		"    guest mte\n"
		"    master nic pcie no-snoop fwb\n"
		"    region ram base=0x40000000 size=0x40000000 backing=ram host=cacheable\n"
		"    region bar base=0x10000000 size=0x10000 backing=pfn host=device vouches=owner\n"
		"holds_together is no where two statements, or an answer and a master, contradict each other; a\n"
		"region that is refused contradicts nothing.\n"
		"\n--batch reads backing,host,vouches,asks,tags,dma,prefetchable,exec,fwb,mte2,mte_perm,\n"
		"dic,idc,canwbs,trusted,mte,noncoherent_dma.\n",
	.options = policy_options,
	.count = POLICY_OPTIONS,
	.run = run,
	.batch = batch,
};
