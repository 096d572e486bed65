/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* tlbi.c: s2pt tlbi: the instructions, or an SMMU's commands, for what is stale; and what instructions are for. */
#include "fail.h"
#include "plan.h"
#include "report.h"
#include "sequence.h"
#include "verb.h"

#include <inttypes.h>
#include <s2pt/s2pt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	TLBI_IPA = OPTION_OWN,
	TLBI_SIZE,
	TLBI_LEVEL,
	TLBI_LAST_LEVEL,
	TLBI_VMID,
	TLBI_ALL,
	TLBI_SCOPE,
	TLBI_NXS,
	TLBI_MAX_OPS,
	TLBI_GRANULE,
	TLBI_PA,
	TLBI_DS,
	TLBI_FEATURES,
	TLBI_SMMU,
	TLBI_SMMU_VMID,
	TLBI_NO_RIL,
	TLBI_END,
};

#define AT(index) [(index) - OPTION_OWN]

static const struct value_word scopes[] = {
	{ "is", S2PT_TLBI_IS },
	{ "os", S2PT_TLBI_OS },
	{ "local", S2PT_TLBI_LOCAL },
	{ NULL, 0 },
};
static const struct value_rule value_scope = { VALUE_CHOICE, 0, scopes };

static const struct value_word tlb_feats[] = {
	{ "base", 0 },
	{ "tlbirange", S2PT_FEAT_TLBIRANGE },
	{ "ttl", S2PT_FEAT_TTL },
	{ "tlbios", S2PT_FEAT_TLBIOS },
	{ "xs", S2PT_FEAT_XS },
	{ NULL, 0 },
};
static const struct value_rule value_tlb_feats = { VALUE_SET, 0, tlb_feats };
static const struct value_rule value_max_ops = { VALUE_NUMBER, UINT32_MAX, NULL };

/* clang-format off */
static const struct verb_option options[TLBI_END - OPTION_OWN] = {
	AT(TLBI_IPA) = { "ipa", &value_register, "X", "the first IPA that is stale", false },
	AT(TLBI_SIZE) = { "size", &value_any, "N", "bytes from there on (a granule)", false },
	AT(TLBI_LEVEL) = { "level", &value_level, "LEVEL", "of all stale leaves (not known):", false },
	AT(TLBI_LAST_LEVEL) = { "last-level", NULL, NULL, "leaves alone are stale: no table was unlinked", false },
	AT(TLBI_VMID) = { "vmid", NULL, NULL, "everything of the VMID is stale", false },
	AT(TLBI_ALL) = { "all", NULL, NULL, "everything of all VMIDs is stale", false },
	AT(TLBI_SCOPE) = { "scope", &value_scope, "WHO", "must forget (is):", false },
	AT(TLBI_NXS) = { "nxs", NULL, NULL, "nXS forms; needs xs", false },
	AT(TLBI_MAX_OPS) = { "max-ops", &value_max_ops, "N", "above so many by IPA, the whole VMID (512)", false },
	AT(TLBI_GRANULE) = { "granule", &value_granule, "SIZE", "translation granule (4k):", false },
	AT(TLBI_PA) = { "pa", &value_pa_size, "N", "PA size in bits (48):", false },
	AT(TLBI_DS) = { "ds", NULL, NULL, "VTCR_EL2.DS = 1: 52-bit 4k and 16k tables", false },
	AT(TLBI_FEATURES) = { "features", &value_tlb_feats, "LIST", "of the CPU (tlbirange,ttl):", false },
	AT(TLBI_SMMU) = { "smmu", NULL, NULL, "an SMMUv3's commands, not a CPU's instructions", false },
	AT(TLBI_SMMU_VMID) = { "smmu-vmid", &value_vmid, "N", "S2VMID of its streams (0)", false },
	AT(TLBI_NO_RIL) = { "no-ril", NULL, NULL, "the SMMU has no invalidation by range", false },
};
/* clang-format on */

/* --- Names of instructions -------------------------------------------------------------------- */

#define TG_4K (UINT64_C(1) << 46) /* Xt of a range with no granule is reserved */

struct name {
	char text[24];
};

/* The name that Arm gives an operation, made of what it is for; empty for what is no TLBI of a regime. */
static struct name
name_of(const struct s2pt_sys *sys)
{
	static const char *const scope_names[] = {
		[S2PT_TLBI_IS] = "IS",
		[S2PT_TLBI_OS] = "OS",
		[S2PT_TLBI_LOCAL] = "",
	};
	struct s2pt_tlbi_cover cover;
	struct name name = { "" };
	const char *stem = "";

	if (s2pt_tlbi_decode(sys, TG_4K, false, &cover) != S2PT_OK)
		return name;
	switch (cover.by) {
	case S2PT_TLBI_BY_REGIME:
		stem = "ALL";
		break;
	case S2PT_TLBI_BY_VMID:
		stem = cover.cleans ? "VMALLWS2" : cover.stage2 ? "VMALLS12"
								: "VMALL";
		break;
	case S2PT_TLBI_BY_ASID:
		stem = "ASID";
		break;
	case S2PT_TLBI_BY_VA:
		stem = cover.last_level ? "VAL" : "VA";
		break;
	case S2PT_TLBI_BY_VA_ANY_ASID:
		stem = cover.last_level ? "VAAL" : "VAA";
		break;
	case S2PT_TLBI_BY_IPA:
		stem = cover.last_level ? "IPAS2L" : "IPAS2";
		break;
	}
	/* Of a range without a granule nothing can be said. */
	snprintf(name.text, sizeof(name.text), "%s%sE%u%s%s",
		 s2pt_tlbi_decode(sys, 0, false, &cover) == S2PT_ERR_RESERVED ? "R" : "", stem, cover.el,
		 scope_names[cover.scope], cover.nxs ? "NXS" : "");
	return name;
}

/* The operation of that name, whatever its case. */
static bool
find_name(struct batch_text text, struct s2pt_sys *sys)
{
	for (unsigned n = 0; n < 8 * 2 * 16 * 8; n++) {
		struct name name;

		*sys = (struct s2pt_sys){ n >> 7 & 7, n >> 10 ? 9 : 8, n >> 3 & 15, n & 7 };
		name = name_of(sys);
		if (strlen(name.text) == text.len && text.len && strncasecmp(name.text, text.at, text.len) == 0)
			return true;
	}
	return false;
}

/* --- What an instruction is for --------------------------------------------------------------- */

static const char *
what_goes(const struct s2pt_tlbi_cover *cover)
{
	if (cover->cleans)
		return "none: what is cached as dirty is no longer taken for that";
	if (cover->stage1 && cover->stage2)
		return "of stage 1, of stage 2, and of both combined";
	return cover->stage1 ? "of stage 1, and of both stages combined" : "of stage 2 alone";
}

static void
add_address(json_t *report, const struct s2pt_tlbi_cover *cover)
{
	report_add_hex(report, cover->by == S2PT_TLBI_BY_IPA ? "ipa" : "va", cover->address, 1);
	if (cover->size)
		report_add_hex(report, "size", cover->size, 1);
	else
		report_add_text(report, "size", "of the entry that maps the address");
	if (cover->level == S2PT_TLBI_ANY_LEVEL)
		report_add_text(report, "level", "any");
	else
		report_add_number(report, "level", cover->level);
	report_add_text(report, "granule",
			cover->granule_lg2 ? s2pt_granule_name((enum s2pt_granule)cover->granule_lg2) : "any");
	report_add_flag(report, "leaves_alone", cover->last_level);
}

/* A range with a level that does not begin at a multiple of what entries of that level map. */
static bool
is_misaligned(const struct s2pt_tlbi_cover *cover)
{
	const unsigned stride = cover->granule_lg2 - 3u;
	uint64_t entry;

	if (cover->by < S2PT_TLBI_BY_VA || !cover->size || cover->level == S2PT_TLBI_ANY_LEVEL || !cover->granule_lg2)
		return false;
	entry = UINT64_C(1) << (cover->granule_lg2 + (unsigned)(S2PT_LEVEL_LAST - cover->level) * stride);
	return cover->address & (entry - 1);
}

static void
add_cover(json_t *report, const struct s2pt_tlbi_cover *cover)
{
	static const char *const by_names[] = {
		[S2PT_TLBI_BY_REGIME] = "everything of the regime",
		[S2PT_TLBI_BY_VMID] = "everything of the current VMID",
		[S2PT_TLBI_BY_ASID] = "an ASID",
		[S2PT_TLBI_BY_VA] = "a VA, of one ASID or global",
		[S2PT_TLBI_BY_VA_ANY_ASID] = "a VA, of any ASID",
		[S2PT_TLBI_BY_IPA] = "an IPA, of the current VMID",
	};

	report_add_text(report, "by", by_names[cover->by]);
	report_add_text(report, "entries", what_goes(cover));
	report_add_text(report, "regime", cover->el == 1 ? "EL1&0" : cover->el == 2 ? "EL2 or EL2&0"
										    : "EL3");
	report_add_text(report, "scope",
			cover->scope == S2PT_TLBI_LOCAL ? "this PE"
			: cover->scope == S2PT_TLBI_IS  ? "Inner Shareable domain"
							: "Outer Shareable domain");
	if (cover->by == S2PT_TLBI_BY_ASID || cover->by == S2PT_TLBI_BY_VA)
		report_add_number(report, "asid", cover->asid);
	if (cover->by >= S2PT_TLBI_BY_VA)
		add_address(report, cover);
	if (cover->by == S2PT_TLBI_BY_IPA)
		report_add_text(report, "note",
				"entries that combine both stages stay: after a DSB, VMALLE1 takes them (D8.17.6.1)");
	if (is_misaligned(cover))
		report_add_text(report, "warning",
				"the range does not begin where an entry of that level does: UNPREDICTABLE");
	report_add_text(report, "ref", "TLBI instructions; D8.17.5.2");
}

/* NAME or NAME=OPERAND. */
static int
explain_word(const char *word, bool ds, bool json, json_t *items)
{
	const size_t length = strcspn(word, "=");
	struct s2pt_tlbi_cover cover;
	struct s2pt_sys sys;
	uint64_t operand = 0;
	json_t *report;
	enum s2pt_status status;

	if (!find_name((struct batch_text){ word, length }, &sys))
		return fail("tlbi", "%s is not a TLBI instruction; write NAME=OPERAND, such as IPAS2E1IS=0x40201",
			    fail_quote((struct batch_text){ word, length }).text);
	if (word[length] && !value_hex(batch_text_of(word + length + 1), &operand))
		return fail("tlbi", "%s: %s is not 64 bits of hexadecimal", name_of(&sys).text,
			    fail_quote(batch_text_of(word + length + 1)).text);
	status = s2pt_tlbi_decode(&sys, operand, ds, &cover);
	if (status != S2PT_OK)
		return fail("tlbi", "%s: TG, bits 47:46, is 0, which is reserved in a range", name_of(&sys).text);
	report = json ? report_add_item(items) : report_new();
	report_add_text(report, "instruction", name_of(&sys).text);
	report_add_hex(report, "operand", operand, 1);
	add_cover(report, &cover);
	if (!json)
		report_print(report, false);
	return 0;
}

static int
explain(char **words, size_t count, bool ds, bool json)
{
	json_t *report = json ? report_new() : NULL;
	json_t *items = json ? report_add_array(report, "items") : NULL;
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		if (!json && i > 0)
			putchar('\n');
		status = explain_word(words[i], ds, json, items);
	}
	if (json && status == 0)
		report_print(report, true);
	else if (json)
		json_decref(report);
	return status;
}

/* --- What is to be executed ------------------------------------------------------------------- */

static void
add_step(json_t *steps, const struct s2pt_tlbi_step *step)
{
	static const char *const dsb_scopes[] = {
		[S2PT_TLBI_IS] = "ISH",
		[S2PT_TLBI_OS] = "OSH",
		[S2PT_TLBI_LOCAL] = "NSH",
	};
	static const bool has_operand[S2PT_TLBI_OP_COUNT] = {
		[S2PT_TLBI_IPAS2E1] = true,
		[S2PT_TLBI_IPAS2LE1] = true,
		[S2PT_TLBI_RIPAS2E1] = true,
		[S2PT_TLBI_RIPAS2LE1] = true,
	};
	json_t *row = report_add_item(steps);
	char text[60];

	switch (step->kind) {
	case S2PT_STEP_DSB_ST:
		snprintf(text, sizeof(text), "DSB %sST", dsb_scopes[step->scope]);
		break;
	case S2PT_STEP_DSB:
		snprintf(text, sizeof(text), "DSB %s%s", dsb_scopes[step->scope], step->nxs ? "nXS" : "");
		break;
	case S2PT_STEP_TLBI:
		snprintf(text, sizeof(text), "TLBI %s", name_of(&step->sys).text);
		break;
	default:
		/* (What is asked here has neither a list of VMIDs nor errata.) */
		snprintf(text, sizeof(text), "ISB");
		break;
	}
	report_add_text(row, "instruction", text);
	if (step->kind == S2PT_STEP_TLBI && has_operand[step->op])
		report_add_hex(row, "operand", step->operand, 16);
	else
		report_add_text(row, "operand", "");
}

static const char *
command_name(uint64_t word)
{
	static const struct {
		uint8_t opcode;
		const char *name;
	} commands[] = {
		{ 0x28, "CMD_TLBI_S12_VMALL" },
		{ 0x2a, "CMD_TLBI_S2_IPA" },
		{ 0x30, "CMD_TLBI_NSNH_ALL" },
		{ 0x40, "CMD_ATC_INV" },
		{ 0x46, "CMD_SYNC" },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].opcode == (word & 0xff))
			return commands[i].name;
	return "?";
}

enum s2pt_status
sequence_add(json_t *report, const struct s2pt_format *format, const struct s2pt_tlbi_params *params,
	     const struct s2pt_tlbi_request *requests, size_t count)
{
	struct s2pt_tlbi_seq seq;
	struct s2pt_tlbi_step step;
	const enum s2pt_status status = s2pt_tlbi_begin(&seq, format, params, requests, count);
	json_t *steps;

	if (status != S2PT_OK)
		return status;
	steps = report_add_array(report, "steps");
	while (s2pt_tlbi_next(&seq, &step))
		add_step(steps, &step);
	report_add_text(report, "ref", "D8.17.6.1, R_PSMWS");
	return S2PT_OK;
}

static enum s2pt_status
add_cpu_steps(json_t *report, const struct value *v, const struct s2pt_format *format,
	      const struct s2pt_tlbi_request *request)
{
	const struct s2pt_tlbi_params params = {
		.scope = (enum s2pt_tlbi_scope)v[TLBI_SCOPE].is,
		.max_ops = (uint32_t)v[TLBI_MAX_OPS].is,
		.nxs = v[TLBI_NXS].given,
	};

	report_add_number(report, "operations", (int64_t)s2pt_tlbi_ops(format, request));
	return sequence_add(report, format, &params, request, 1);
}

static enum s2pt_status
add_commands(json_t *report, const struct value *v, const struct s2pt_format *format,
	     const struct s2pt_tlbi_request *request)
{
	const struct s2pt_smmu smmu = { .ril = !v[TLBI_NO_RIL].given };
	const struct s2pt_smmu_params params = {
		.vmid = (uint16_t)v[TLBI_SMMU_VMID].is,
		.max_ops = (uint32_t)v[TLBI_MAX_OPS].is,
	};
	struct s2pt_smmu_seq seq;
	struct s2pt_smmu_cmd cmd;
	const enum s2pt_status status = s2pt_smmu_begin(&seq, &smmu, format, &params, request, 1);
	json_t *steps;

	if (status != S2PT_OK)
		return status;
	report_add_number(report, "operations", (int64_t)s2pt_smmu_ops(&smmu, format, request));
	steps = report_add_array(report, "steps");
	while (s2pt_smmu_next(&seq, &cmd)) {
		json_t *row = report_add_item(steps);

		report_add_text(row, "command", command_name(cmd.word[0]));
		report_add_hex(row, "word0", cmd.word[0], 16);
		report_add_hex(row, "word1", cmd.word[1], 16);
	}
	report_add_text(report, "ref", "IHI 0070, 4.4");
	return S2PT_OK;
}

static int
plan_request(const struct value *v)
{
	const struct plan plan = {
		.granule = (enum s2pt_granule)value_or(v[TLBI_GRANULE], S2PT_GRANULE_4K),
		.ipa_largest = true,
		.pa_bits = (uint8_t)value_or(v[TLBI_PA], 48),
		.start_level = VALUE_LEVEL_AUTO,
		.feats = value_or(v[TLBI_FEATURES], S2PT_FEAT_TLBIRANGE | S2PT_FEAT_TTL) |
			 (v[TLBI_DS].given ? S2PT_FEAT_LPA2 : 0),
	};
	const struct s2pt_tlbi_request request = {
		.all = v[TLBI_ALL].given,
		.vmid = v[TLBI_VMID].given,
		.ipa = s2pt_ipa_of(v[TLBI_IPA].is),
		.size = value_or(v[TLBI_SIZE], UINT64_C(1) << plan.granule),
		.level = (int8_t)(v[TLBI_LEVEL].given ? value_to_level(v[TLBI_LEVEL].is) : S2PT_TLBI_ANY_LEVEL),
		.last_level = v[TLBI_LAST_LEVEL].given,
	};
	struct s2pt_format format;
	enum s2pt_status status = plan_format(&plan, &format);
	json_t *report = report_new();

	if (status == S2PT_OK)
		status = v[TLBI_SMMU].given ? add_commands(report, v, &format, &request)
					    : add_cpu_steps(report, v, &format, &request);
	if (status != S2PT_OK) {
		json_decref(report);
		return fail("tlbi", "%s: %s", s2pt_status_name(status), s2pt_status_text(status));
	}
	return report_print(report, v[OPTION_JSON].given);
}

/* --- The verb --------------------------------------------------------------------------------- */

static int
run_words(const struct value *v, char **words, size_t count)
{
	static const char *const what[] = { "ipa", "vmid", "all" };
	static const unsigned asked[] = { TLBI_IPA, TLBI_VMID, TLBI_ALL };
	const char *first = NULL;

	for (size_t i = 0; i < 3; i++) {
		if (!v[asked[i]].given)
			continue;
		if (first)
			return fail("tlbi", "--%s and --%s do not go together", first, what[i]);
		first = what[i];
	}
	if (count > 0 && first)
		return fail("tlbi", "--%s asks for instructions: none goes with it", first);
	if (count > 0)
		return explain(words, count, v[TLBI_DS].given, v[OPTION_JSON].given);
	if (!first)
		return fail("tlbi", "--ipa, --vmid or --all is needed, or INSTRUCTION=OPERAND; see s2pt tlbi --help");
	return plan_request(v);
}

const struct verb verb_tlbi = {
	.name = "tlbi",
	.summary = "how to invalidate what is stale; what a TLBI is for",
	.synopsis = "  s2pt tlbi --ipa X [--size N] [--level LEVEL] [OPTION]...\n"
		    "  s2pt tlbi --vmid | --all [OPTION]...\n"
		    "  s2pt tlbi [--ds] INSTRUCTION[=OPERAND]...\n",
	.words = "INSTRUCTION",
	.words_optional = true,
	.more = "\nWithout INSTRUCTION: what a host executes, in order, so that every observer in the scope has\n"
		"forgotten, after the change of the table. INSTRUCTION is a TLBI by its name, OPERAND its Xt: what\n"
		"it makes be forgotten.\n"
		"\nExamples:\n"
		"  s2pt tlbi --ipa 0x40200000 --size 2M --level 2 --last-level\n"
		"  s2pt tlbi --ipa 0x40201000 --smmu --smmu-vmid 3\n"
		"  s2pt tlbi ripas2e1is=0x4780_0004_0200\n",
	.options = options,
	.count = TLBI_END - OPTION_OWN,
	.run_words = run_words,
};
