/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* policy_ask.c: s2pt policy --rules, --alias and --master. */
#include "fail.h"
#include "policy.h"
#include "report.h"

#include <stdio.h>

static void
add_set(json_t *report, const char *key, size_t (*words)(char *buf, size_t size, uint32_t set), uint32_t set)
{
	char text[400];

	words(text, sizeof(text), set);
	report_add_words(report, key, text);
}

/* --- Rules -------------------------------------------------------------------------------------------- */

static void
add_rule(json_t *report, const struct s2pt_policy_rule *rule)
{
	static const char *const lists[] = {
		[S2PT_LIST_TYPE] = "type",
		[S2PT_LIST_CHECK] = "check",
		[S2PT_LIST_MAINTENANCE] = "maintenance",
		[S2PT_LIST_FETCH] = "fetch",
		[S2PT_LIST_TAGS] = "tags",
	};

	report_add_text(report, "list", lists[rule->list]);
	add_set(report, "needs", s2pt_text_facts, rule->needs);
	add_set(report, "excludes", s2pt_text_facts, rule->excludes);
	switch ((enum s2pt_policy_verdict)rule->verdict) {
	case S2PT_VERDICT_TYPE:
		report_add_text(report, "so", s2pt_memtype_name((enum s2pt_memtype)rule->type));
		break;
	case S2PT_VERDICT_NO_TAGS:
		report_add_text(report, "so", "notagaccess");
		break;
	case S2PT_VERDICT_REFUSE:
		report_add_text(report, "so", "refuse");
		break;
	case S2PT_VERDICT_NEEDS:
		add_set(report, "on_map", s2pt_text_needs, rule->on_map);
		add_set(report, "on_unmap", s2pt_text_needs, rule->on_unmap);
		add_set(report, "on_caches_on", s2pt_text_needs, rule->on_caches_on);
		break;
	}
	report_add_text(report, "reason", s2pt_policy_reason_name((enum s2pt_policy_reason)rule->reason));
	report_add_text(report, "by", s2pt_policy_reason_by((enum s2pt_policy_reason)rule->reason));
}

int
policy_rules(bool json)
{
	const struct s2pt_policy_rule *rule;
	json_t *report = report_new();

	for (size_t i = 0; (rule = s2pt_policy_rule_at(i)); i++) {
		char key[24];

		snprintf(key, sizeof(key), "rule %zu", i + 1);
		add_rule(report_add_object(report, key), rule);
	}
	return report_print(report, json);
}

/* --- Procedures --------------------------------------------------------------------------------------- */

int
policy_procedures(bool json)
{
	json_t *report = report_new();

	for (unsigned p = 0; p < S2PT_PROCEDURE_COUNT; p++) {
		const enum s2pt_procedure procedure = (enum s2pt_procedure)p;
		json_t *inside = report_add_object(report, s2pt_procedure_name(procedure));
		enum s2pt_procedure_step step;

		for (size_t i = 0; (step = s2pt_procedure_step_at(procedure, i)) != S2PT_DO_COUNT; i++) {
			char key[24];

			snprintf(key, sizeof(key), "step %zu", i + 1);
			report_add_text(inside, key, s2pt_step_text(step));
		}
	}
	return report_print(report, json);
}

/* --- Aliases ------------------------------------------------------------------------------------------ */

static enum s2pt_status
view_of(const struct value *own, unsigned mair, unsigned sh, unsigned writes, unsigned idle, struct s2pt_view *view)
{
	view->writes = own[writes].given;
	view->idle = own[idle].given;
	return s2pt_mair_decode(S2PT_FEAT_XS | S2PT_FEAT_MTE2, (uint8_t)own[mair].is,
				(enum s2pt_sh)value_or(own[sh], S2PT_SH_ISH), &view->attr);
}

int
policy_alias(const struct value *own, bool json)
{
	const struct s2pt_sharing sharing = {
		.domain = (enum s2pt_sh)value_or(own[POLICY_DOMAIN], S2PT_SH_ISH),
		.relation = (enum s2pt_relation)own[POLICY_RELATION].is,
		.stands = (uint32_t)own[POLICY_STANDS].is,
	};
	enum s2pt_status status;
	struct s2pt_view a, b;
	struct s2pt_alias alias;
	json_t *report;

	if (!own[POLICY_MAIR_A].given || !own[POLICY_MAIR_B].given)
		return fail(POLICY_VERB, "--alias needs --mair-a and --mair-b");
	if (view_of(own, POLICY_MAIR_A, POLICY_SH_A, POLICY_WRITES_A, POLICY_IDLE_A, &a) != S2PT_OK)
		return fail(POLICY_VERB, "--mair-a is a reserved encoding");
	if (view_of(own, POLICY_MAIR_B, POLICY_SH_B, POLICY_WRITES_B, POLICY_IDLE_B, &b) != S2PT_OK)
		return fail(POLICY_VERB, "--mair-b is a reserved encoding");
	status = s2pt_policy_alias(&a, &b, &sharing, &alias);
	if (status != S2PT_OK)
		return fail(POLICY_VERB, "%s: %s", s2pt_status_name(status), s2pt_status_text(status));
	report = report_new();
	report_add_flag(report, "matched", alias.matched);
	add_set(report, "lost", s2pt_text_losses, alias.lost);
	add_set(report, "beyond", s2pt_text_losses, alias.beyond);
	report_add_text(report, "repair", s2pt_repair_name(alias.repair));
	report_add_flag(report, "coherent_a", alias.coherent[0]);
	report_add_flag(report, "coherent_b", alias.coherent[1]);
	report_add_text(report, "text", s2pt_repair_text(alias.repair));
	return report_print(report, json);
}

/* --- Masters ------------------------------------------------------------------------------------------ */

int
policy_master(const struct value *own, bool json)
{
	struct s2pt_master master;
	struct s2pt_dma_policy dma;
	enum s2pt_status status;
	json_t *report;
	char text[200];

	if (!own[POLICY_MEMATTR].given)
		return fail(POLICY_VERB, "--master needs --memattr");
	status = policy_master_of(own, &master);
	master.ram = value_or(own[POLICY_BACKING], S2PT_BACKING_RAM) == S2PT_BACKING_RAM;
	master.memattr = (uint8_t)own[POLICY_MEMATTR].is;
	master.sh = (uint8_t)value_or(own[POLICY_S2_SH], S2PT_SH_ISH);
	if (status == S2PT_OK)
		status = s2pt_policy_dma(&master, &dma);
	if (status != S2PT_OK)
		return fail(POLICY_VERB, "%s: %s", s2pt_status_name(status), s2pt_status_text(status));
	report = report_new();
	report_add_flag(report, "coherent", dma.coherent);
	s2pt_text_attr(text, sizeof(text), &dma.attr);
	report_add_text(report, "attribute", text);
	add_set(report, "on_map", s2pt_text_needs, dma.on_map);
	add_set(report, "on_unmap", s2pt_text_needs, dma.on_unmap);
	report_add_flag(report, "guest_maintains", dma.guest_maintains);
	report_add_text(report, "reason", s2pt_policy_reason_name(dma.reason));
	report_add_text(report, "text", s2pt_policy_reason_text(dma.reason));
	return report_print(report, json);
}
