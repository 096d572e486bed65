/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* policy.c: s2pt policy, what a region may be mapped as. */
#include "policy.h"
#include "fail.h"
#include "report.h"
#include "verb.h"

static const struct verb_option options[POLICY_OPTIONS] = {
	[POLICY_BACKING] = { "backing", &value_backing, "WHAT", "what is behind the region:", false },
	[POLICY_HOST] = { "host", &value_host_view, "HOW", "how the host maps it itself (unmapped):", false },
	[POLICY_VOUCHES] = { "vouches", &value_source, "WHO",
			     "who vouches for Non-cacheable (nobody):", false },
	[POLICY_ASKS] = { "asks", &value_source, "WHO", "who asks for cacheable (nobody):", false },
	[POLICY_TAGS] = { "tags", &value_tags, "WHICH", "Allocation Tags behind it (none):", false },
	[POLICY_DMA] = { "dma", &value_dma, "KIND", "other agents that access it (none):", false },
	[POLICY_PREFETCHABLE] = { "prefetchable", NULL, NULL, "a prefetchable BAR", false },
	[POLICY_EXEC] = { "exec", NULL, NULL, "it is to be executable", false },
	[POLICY_FWB] = { "fwb", NULL, NULL, "HCR_EL2.FWB = 1, or STE.S2FWB", false },
	[POLICY_MTE2] = { "mte2", NULL, NULL, "the CPU has FEAT_MTE2", false },
	[POLICY_MTE_PERM] = { "mte-perm", NULL, NULL, "... and FEAT_MTE_PERM, or IDR3.MTEPERM", false },
	[POLICY_DIC] = { "dic", NULL, NULL, "CTR_EL0.DIC = 1", false },
	[POLICY_IDC] = { "idc", NULL, NULL, "CTR_EL0.IDC = 1", false },
	[POLICY_CANWBS] = { "canwbs", NULL, NULL, "IORT says CANWBS", false },
	[POLICY_TRUSTED] = { "trusted", NULL, NULL, "the guest is the host itself", false },
	[POLICY_MTE] = { "mte", NULL, NULL, "MTE is on for the guest", false },
	[POLICY_NONCOHERENT_DMA] = { "noncoherent-dma", NULL, NULL,
				     "it has a function whose No_snoop gets through", false },
	[POLICY_RULES] = { "rules", NULL, NULL, "print the rules, and answer nothing", false },
	[POLICY_ALIAS] = { "alias", NULL, NULL, "ask what two mappings lose by disagreeing", false },
	[POLICY_MAIR_A] = { "mair-a", &value_byte, "X", "alias: the first, as a MAIR byte", false },
	[POLICY_SH_A] = { "sh-a", &value_sh, "SH", "... its shareability (ISH):", false },
	[POLICY_WRITES_A] = { "writes-a", NULL, NULL, "... and it is written by", false },
	[POLICY_MAIR_B] = { "mair-b", &value_byte, "X", "alias: the second", false },
	[POLICY_SH_B] = { "sh-b", &value_sh, "SH", "(ISH):", false },
	[POLICY_WRITES_B] = { "writes-b", NULL, NULL, "... and it is written by", false },
	[POLICY_DOMAIN] = { "domain", &value_sh, "SH", "alias: what holds every agent (ISH):", false },
	[POLICY_MASTER] = { "master", NULL, NULL, "ask what a device's accesses are", false },
	[POLICY_INCOMING] = { "incoming", &value_byte, "X", "master: its attribute (0xff)", false },
	[POLICY_INCOMING_SH] = { "incoming-sh", &value_sh, "SH", "... and shareability (NSH):", false },
	[POLICY_MEMATTR] = { "memattr", &value_nibble, "X", "master: stage-2 MemAttr[3:0]", false },
	[POLICY_S2_SH] = { "s2-sh", &value_sh, "SH", "... and shareability (ISH):", false },
	[POLICY_STAGE1] = { "stage1", NULL, NULL, "master: --incoming is what stage 1 says", false },
	[POLICY_PCIE] = { "pcie", NULL, NULL, "master: a PCIe function", false },
	[POLICY_NO_SNOOP] = { "no-snoop", NULL, NULL, "... that may issue No_snoop", false },
	[POLICY_NO_SNOOP_STOPPED] = { "no-snoop-stopped", NULL, NULL, "... which is stopped", false },
	[POLICY_OVERRIDE_TYPE] = { "override-type", &value_nibble, "X",
				   "master: STE.MemAttr, with MTCFG = 1, that applies", false },
};

/* --- Which question ----------------------------------------------------------------------------------- */

/* The options that go with a question, as a range and single ones. */
static bool
goes_with(unsigned question, unsigned option)
{
	switch (question) {
	case POLICY_RULES:
		return option == POLICY_RULES;
	case POLICY_ALIAS:
		return option >= POLICY_ALIAS && option <= POLICY_DOMAIN;
	case POLICY_MASTER:
		return option >= POLICY_MASTER || option == POLICY_BACKING || option == POLICY_FWB ||
		       option == POLICY_MTE_PERM || option == POLICY_CANWBS;
	default:
		return option < POLICY_FACTS;
	}
}

static unsigned
question_of(const struct value *own)
{
	static const unsigned questions[] = { POLICY_RULES, POLICY_ALIAS, POLICY_MASTER };

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		if (own[questions[i]].given)
			return questions[i];
	return POLICY_BACKING;
}

/* --- The region --------------------------------------------------------------------------------------- */

static void
add_needs(json_t *report, const char *key, uint8_t needed)
{
	char text[100];

	s2pt_text_needs(text, sizeof(text), needed);
	report_add_words(report, key, text);
}

static void
add_policy(json_t *report, const struct policy_facts *facts, const struct s2pt_policy *policy)
{
	uint8_t memattr;

	report_add_text(report, "type", s2pt_memtype_name(policy->type));
	if (s2pt_memattr_encode(facts->platform.feats, policy->type, &memattr) == S2PT_OK)
		report_add_hex(report, "memattr", memattr, 1);
	report_add_text(report, "sh", s2pt_sh_name((enum s2pt_sh)policy->sh));
	report_add_flag(report, "executable", policy->executable);
	add_needs(report, "on_map", policy->on_map);
	add_needs(report, "on_unmap", policy->on_unmap);
	add_needs(report, "on_caches_on", policy->on_caches_on);
}

static int
answer_region(const struct value *own, bool json)
{
	const struct policy_facts facts = policy_facts_of(own);
	struct s2pt_policy policy;
	enum s2pt_status status = s2pt_policy_choose(&facts.region, &facts.platform, &facts.guest, &policy);
	json_t *report = report_new();
	char text[500];

	report_add_text(report, "answer", status == S2PT_OK ? "allowed" : "refused");
	if (status == S2PT_OK)
		add_policy(report, &facts, &policy);
	report_add_text(report, "reason", s2pt_policy_reason_name(policy.reason));
	if (status == S2PT_OK)
		report_add_text(report, "maintenance", s2pt_policy_reason_name(policy.maintenance));
	s2pt_text_facts(text, sizeof(text), s2pt_policy_facts(&facts.region, &facts.platform, &facts.guest));
	report_add_words(report, "facts", text);
	s2pt_text_policy(text, sizeof(text), status, &policy);
	report_add_text(report, "text", text);
	return report_print(report, json);
}

static int
run(const struct value *v, uint64_t operand)
{
	const struct value *own = v + OPTION_OWN;
	unsigned question = question_of(own);
	bool json = v[OPTION_JSON].given;

	(void)operand;
	for (unsigned i = 0; i < POLICY_OPTIONS; i++)
		if (own[i].given && !goes_with(question, i))
			return fail(POLICY_VERB, "--%s does not go with %s%s", options[i].name,
				    question == POLICY_BACKING ? "a question about a region" : "--",
				    question == POLICY_BACKING ? "" : options[question].name);
	switch (question) {
	case POLICY_RULES:
		return policy_rules(json);
	case POLICY_ALIAS:
		return policy_alias(own, json);
	case POLICY_MASTER:
		return policy_master(own, json);
	default:
		break;
	}
	if (!own[POLICY_BACKING].given)
		return fail(POLICY_VERB, "--backing is needed, or --alias, --master or --rules; "
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
		"  s2pt policy --rules\n"
		"  s2pt policy --batch\n",
	.more =
		"\nA refusal is an answer: the exit status is 0. With --master, --backing says whether the\n"
		"device reaches RAM.\n"
		"\n--batch reads backing,host,vouches,asks,tags,dma,prefetchable,exec,fwb,mte2,mte_perm,\n"
		"dic,idc,canwbs,trusted,mte,noncoherent_dma.\n",
	.options = options,
	.count = POLICY_OPTIONS,
	.run = run,
	.batch = batch,
};
