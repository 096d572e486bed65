/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* policy_answer.c: what is answered to a question about a region. */
#include <stdio.h>

#include "policy.h"
#include "report.h"

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
	report_add_flag(report, "exec_uncached", policy->exec_uncached);
	report_add_flag(report, "mapping_ram", policy->ram);
	report_add_flag(report, "host_alias", policy->alias);
	add_needs(report, "on_map", policy->on_map);
	add_needs(report, "on_unmap", policy->on_unmap);
	add_needs(report, "on_caches_on", policy->on_caches_on);
}

/* Facts, each with who could state it. */
static void
add_loosening(json_t *report, const char *key, uint32_t facts)
{
	json_t *inside;

	if (!facts)
		return;
	inside = report_add_object(report, key);
	for (uint32_t fact = 1; fact < 1u << S2PT_FACT_COUNT; fact <<= 1)
		if (facts & fact)
			report_add_text(inside, s2pt_fact_name(fact), s2pt_fact_who(fact));
}

/* Which rules were passed over, and by which fact; and which one decided. */
static void
add_walk(json_t *report, uint32_t facts)
{
	const struct s2pt_policy_rule *rule;
	json_t *walk = report_add_object(report, "walk");
	bool decided[S2PT_LIST_COUNT] = { false };

	for (size_t i = 0; (rule = s2pt_policy_rule_at(i)); i++) {
		const uint32_t lacks = rule->needs & ~facts, has = rule->excludes & facts;
		const char *so, *how;
		char key[24], words[300], text[400];

		if (decided[rule->list])
			continue;
		snprintf(key, sizeof(key), "rule %zu", i + 1);
		s2pt_text_facts(words, sizeof(words), lacks ? lacks : has);
		so = rule->verdict == S2PT_VERDICT_TYPE
			   ? s2pt_memtype_name((enum s2pt_memtype)rule->type)
			   : s2pt_policy_reason_name((enum s2pt_policy_reason)rule->reason);
		how = lacks ? ", not without " : has ? ", not with "
						     : " decides";
		snprintf(text, sizeof(text), "%s%s%s", so, how, words);
		report_add_text(walk, key, text);
		decided[rule->list] = !lacks && !has;
		if (decided[rule->list] && rule->verdict == S2PT_VERDICT_REFUSE)
			return;
		if (decided[rule->list] && rule->verdict == S2PT_VERDICT_TYPE)
			facts |= s2pt_policy_type_facts((enum s2pt_memtype)rule->type, facts);
	}
}

bool
policy_add_answer(json_t *report, const struct policy_facts *facts, bool explain)
{
	const uint32_t set = s2pt_policy_facts(&facts->region, &facts->platform, &facts->guest);
	struct s2pt_policy policy;
	enum s2pt_status status = s2pt_policy_choose(&facts->region, &facts->platform, &facts->guest, &policy);
	uint32_t if_so, if_not;
	char text[600];

	report_add_text(report, "answer", status == S2PT_OK ? "allowed" : "refused");
	if (status == S2PT_OK)
		add_policy(report, facts, &policy);
	report_add_text(report, "reason", s2pt_policy_reason_name(policy.reason));
	if (status == S2PT_OK)
		report_add_text(report, "maintenance", s2pt_policy_reason_name(policy.maintenance));
	s2pt_text_facts(text, sizeof(text), set);
	report_add_words(report, "facts", text);
	if (explain)
		add_walk(report, set);
	s2pt_policy_loosen(set, &if_so, &if_not);
	add_loosening(report, "looser_if_so", if_so);
	add_loosening(report, "looser_if_not", if_not);
	s2pt_text_policy(text, sizeof(text), status, &policy);
	report_add_text(report, "text", text);
	return status == S2PT_OK;
}
