/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* combine.c: s2pt combine, one question. */
#include "combine.h"
#include "fail.h"
#include "report.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

enum {
	S1_MAIR = OPTION_OWN,
	S1_SH,
	S1_OFF,
	S1_EFFECTIVE_SH,
	MEMATTR,
	TYPE,
	S2_SH,
	FNXS,
	FWB,
	CD,
	ID,
	DC,
	DCT,
	PTW,
	ACCESS,
	C,
	I,
	FEATURES,
	WANT,
	WANT_SH,
	NO_FWB,
	MATRIX,
	CSV,
	MARKDOWN,
	HTML,
	END,
};

#define AT(index) [(index) - OPTION_OWN]

/* clang-format off */
static const struct verb_option options[END - OPTION_OWN] = {
	AT(S1_MAIR) = { "s1-mair", &value_byte, "X", "MAIR_EL1 byte (of a walk: below)", false },
	AT(S1_SH) = { "s1-sh", &value_two_bits, "X", "SH[1:0], stage-1 descriptor", false },
	AT(S1_OFF) = { "s1-off", NULL, NULL, "SCTLR_EL1.M = 0", false },
	AT(S1_EFFECTIVE_SH) = { "s1-effective-sh", NULL, NULL,
				"stage 2 is handed the effective stage-1 SH", false },
	AT(MEMATTR) = { "memattr", &value_nibble, "X", "MemAttr[3:0], stage-2 descriptor", false },
	AT(TYPE) = { "type", &value_memtype, "NAME", "or the type that it stands for:", false },
	AT(S2_SH) = { "s2-sh", &value_two_bits, "X", "SH[1:0], stage-2 descriptor", false },
	AT(FNXS) = { "fnxs", NULL, NULL, "FnXS = 1 in the stage-2 descriptor", false },
	AT(FWB) = { "fwb", NULL, NULL, "HCR_EL2.FWB = 1", false },
	AT(CD) = { "cd", NULL, NULL, "HCR_EL2.CD = 1", false },
	AT(ID) = { "id", NULL, NULL, "HCR_EL2.ID = 1", false },
	AT(DC) = { "dc", NULL, NULL, "HCR_EL2.DC = 1: stage 1 is off", false },
	AT(DCT) = { "dct", NULL, NULL, "HCR_EL2.DCT = 1", false },
	AT(PTW) = { "ptw", NULL, NULL, "HCR_EL2.PTW = 1", false },
	AT(ACCESS) = { "access", &value_access, "WHO", "who accesses memory (data):", false },
	AT(C) = { "c", &value_bit, "0|1", "SCTLR_EL1.C (1)", false },
	AT(I) = { "i", &value_bit, "0|1", "SCTLR_EL1.I (1)", false },
	AT(FEATURES) = { "features", &value_attr_feats, "LIST", "of the CPU (base):", true },
	AT(WANT) = { "want", &value_kinds, "KINDS", "ask which stage-2 types give one of:", false },
	AT(WANT_SH) = { "want-sh", &value_sh, "SH", "... and which SH of them this:", false },
	AT(NO_FWB) = { "no-fwb", NULL, NULL, "HCR_EL2.FWB = 0: with --matrix, that alone", false },
	AT(MATRIX) = { "matrix", NULL, NULL, "every usual type of stage 1 with every type of stage 2", false },
	AT(CSV) = { "csv", NULL, NULL, "... as CSV", false },
	AT(MARKDOWN) = { "markdown", NULL, NULL, "... as Markdown", false },
	AT(HTML) = { "html", NULL, NULL, "... as a page for a browser", false },
};
/* clang-format on */

static struct s2pt_controls
controls_of(const struct value *v)
{
	return (struct s2pt_controls){
		.feats = value_or(v[FEATURES], 0) | (v[FWB].given ? S2PT_FEAT_S2FWB : 0),
		.access = (enum s2pt_access)value_or(v[ACCESS], S2PT_ACCESS_DATA),
		.sctlr_c = value_or(v[C], 1) != 0,
		.sctlr_i = value_or(v[I], 1) != 0,
		.hcr_cd = v[CD].given,
		.hcr_id = v[ID].given,
		.hcr_dc = v[DC].given,
		.hcr_dct = v[DCT].given,
		.hcr_ptw = v[PTW].given,
		.s1_effective_sh = v[S1_EFFECTIVE_SH].given,
	};
}

static int
fail_status(enum s2pt_status status)
{
	return fail(verb_combine.name, "%s: %s", s2pt_status_name(status),
		    s2pt_status_text(status));
}

static void
add_half(json_t *report, const char *key, const struct s2pt_cache_attr *half)
{
	json_t *inside = report_add_object(report, key);

	report_add_text(inside, "cacheability", s2pt_cacheability_name(half->cacheability));
	if (half->cacheability == S2PT_NC)
		return;
	report_add_text(inside, "alloc", s2pt_alloc_name(half->alloc));
	report_add_flag(inside, "transient", half->transient);
}

static void
add_attr(json_t *report, const struct s2pt_attr *attr)
{
	char text[200];

	s2pt_text_attr(text, sizeof(text), attr);
	report_add_text(report, "attribute", text);
	report_add_text(report, "kind", s2pt_kind_name(s2pt_attr_kind(attr)));
	report_add_text(report, "memtype", attr->device ? "Device" : "Normal");
	if (attr->device)
		report_add_text(report, "device", s2pt_device_name(attr->device_type));
	report_add_text(report, "sh", s2pt_sh_name(attr->sh));
	report_add_flag(report, "xs", attr->xs);
	report_add_flag(report, "tagged", attr->tagged);
	report_add_flag(report, "notagaccess", attr->notagaccess);
}

static void
add_combined(json_t *report, const struct s2pt_combined *combined)
{
	char text[200];

	add_attr(report, &combined->attr);
	report_add_hex(report, "par_attr", combined->par_attr, 2);
	report_add_number(report, "par_sh", combined->par_sh);
	s2pt_text_properties(text, sizeof(text), s2pt_attr_properties(&combined->attr));
	report_add_words(report, "means", text);
	if (combined->attr.device)
		return;
	add_half(report, "outer", &combined->attr.outer);
	add_half(report, "inner", &combined->attr.inner);
}

static int
answer(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1,
       const struct s2pt_stage2 *s2, bool json)
{
	struct s2pt_combined combined = { .notes = 0 };
	enum s2pt_status status = s2pt_combine(controls, s1, s2, &combined);
	json_t *report;
	char text[200];

	if (status == S2PT_ERR_ACCESS)
		return fail_status(status);
	report = report_new();
	report_add_text(report, "status", s2pt_status_name(status));
	if (status != S2PT_OK)
		report_add_text(report, "text", s2pt_status_text(status));
	s2pt_text_notes(text, sizeof(text), combined.notes);
	report_add_words(report, "notes", text);
	report_add_hex(report, "memattr", s2->memattr, 1);
	if (status == S2PT_OK)
		add_combined(report, &combined);
	combine_add_steps(report, controls, s1, s2);
	report_print(report, json);
	return status == S2PT_ERR_RESERVED ? EXIT_FOUND : 0;
}

/* --- Which stage 2 is wanted ------------------------------------------------------------------ */

/* What is wanted: a set of kinds, and a shareability or S2PT_SH_RESERVED for any. */
struct want {
	uint32_t kinds;
	enum s2pt_sh sh;
};

/* The first attribute of stage 1 with which a stage 2 does not give what is wanted; false if there is none. */
static bool
fails_with(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, const struct s2pt_stage2 *s2,
	   struct want want, struct s2pt_stage1 *with, struct s2pt_combined *combined, enum s2pt_status *status)
{
	for (unsigned n = 0; n < (s1 ? 1u : 4u * 256u); n++) {
		*with = s1 ? *s1 : (struct s2pt_stage1){ .mair = (uint8_t)(n >> 2), .sh = n & 3 };
		*status = s2pt_combine(controls, with, s2, combined);
		if (*status == S2PT_ERR_RESERVED)
			continue;
		if (*status != S2PT_OK || !(want.kinds >> s2pt_attr_kind(&combined->attr) & 1) ||
		    (want.sh != S2PT_SH_RESERVED && combined->attr.sh != want.sh))
			return true;
	}
	return false;
}

/* The SH[1:0] of stage 2 under which a type gives what is wanted, as a list of names. */
static void
shareabilities_for(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, uint8_t memattr,
		   struct want want, char *names, size_t size)
{
	static const enum s2pt_sh all[] = { S2PT_SH_NSH, S2PT_SH_OSH, S2PT_SH_ISH };
	struct s2pt_combined combined;
	struct s2pt_stage1 with;
	enum s2pt_status status;

	names[0] = '\0';
	for (size_t i = 0; i < 3; i++) {
		const struct s2pt_stage2 s2 = { .memattr = memattr, .sh = (uint8_t)all[i] };
		const size_t length = strlen(names);

		if (!fails_with(controls, s1, &s2, want, &with, &combined, &status))
			snprintf(names + length, size - length, "%s%s", length ? " " : "", s2pt_sh_name(all[i]));
	}
}

/* Why no type does: with which attribute of stage 1 each makes something else, and of which kind. */
static void
add_reasons(json_t *report, const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, struct want want)
{
	json_t *reasons = report_add_array(report, "reasons");

	for (unsigned i = 0; i < S2PT_MEMTYPE_COUNT; i++) {
		struct s2pt_stage2 s2 = { .sh = S2PT_SH_ISH };
		struct s2pt_combined combined;
		struct s2pt_stage1 with;
		enum s2pt_status status;
		json_t *row;
		char text[100];

		if (s2pt_memattr_encode(controls->feats, (enum s2pt_memtype)i, &s2.memattr) != S2PT_OK ||
		    !fails_with(controls, s1, &s2, want, &with, &combined, &status))
			continue;
		row = report_add_item(reasons);
		report_add_text(row, "type", s2pt_memtype_name((enum s2pt_memtype)i));
		report_add_hex(row, "s1_mair", with.mair, 2);
		report_add_number(row, "s1_sh", with.sh);
		snprintf(text, sizeof(text), "%s", status == S2PT_OK ? "" : s2pt_status_name(status));
		if (status == S2PT_OK)
			snprintf(text, sizeof(text), "%s %s", s2pt_kind_name(s2pt_attr_kind(&combined.attr)),
				 s2pt_sh_name(combined.attr.sh));
		report_add_text(row, "gives", text);
		report_add_text(row, "rule", combine_rule(controls->feats, (enum s2pt_memtype)i));
	}
}

static int
answer_want(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, struct want want, bool json)
{
	const bool any_sh = want.sh == S2PT_SH_RESERVED;
	uint32_t types = 0;
	enum s2pt_status status = s2pt_combine_types(controls, s1, want.kinds, &types);
	char text[400], sh[S2PT_MEMTYPE_COUNT][20];
	json_t *report, *codes, *shareabilities;
	bool served;

	if (status != S2PT_OK)
		return fail_status(status);
	for (unsigned i = 0; i < S2PT_MEMTYPE_COUNT; i++) {
		uint8_t memattr;

		if (!(types >> i & 1) || any_sh ||
		    s2pt_memattr_encode(controls->feats, (enum s2pt_memtype)i, &memattr) != S2PT_OK)
			continue;
		shareabilities_for(controls, s1, memattr, want, sh[i], sizeof(sh[i]));
		types &= ~((uint32_t)!sh[i][0] << i);
	}
	served = types != 0;
	report = report_new();
	s2pt_text_memtypes(text, sizeof(text), types);
	report_add_words(report, "types", text);
	codes = report_add_object(report, "memattr");
	for (unsigned i = 0; i < S2PT_MEMTYPE_COUNT; i++) {
		enum s2pt_memtype type = (enum s2pt_memtype)i;
		uint8_t memattr;

		if ((types & 1u << i) && s2pt_memattr_encode(controls->feats, type, &memattr) == S2PT_OK)
			report_add_hex(codes, s2pt_memtype_name(type), memattr, 1);
	}
	shareabilities = any_sh ? NULL : report_add_object(report, "s2_sh");
	for (unsigned i = 0; i < S2PT_MEMTYPE_COUNT && shareabilities; i++)
		if (types >> i & 1)
			report_add_words(shareabilities, s2pt_memtype_name((enum s2pt_memtype)i), sh[i]);
	if (!served)
		add_reasons(report, controls, s1, want);
	report_print(report, json);
	return served ? 0 : EXIT_FOUND;
}

/* Which question is asked, and is it all there? Returns NULL if so. */
static const char *
missing(const struct value *v)
{
	bool s1_off = v[S1_OFF].given || v[DC].given;

	if (v[FWB].given && v[NO_FWB].given)
		return "--fwb and --no-fwb do not go together";
	if (v[CSV].given || v[MARKDOWN].given || v[HTML].given)
		return "--csv, --markdown and --html go with --matrix";
	if (v[WANT_SH].given && !v[WANT].given)
		return "--want-sh goes with --want";
	if (v[WANT].given && (v[MEMATTR].given || v[TYPE].given || v[S2_SH].given || v[FNXS].given))
		return "--want asks for the stage-2 type: --memattr, --type, --s2-sh and --fnxs "
		       "do not go with it";
	if (v[WANT].given)
		return v[S1_SH].given && !v[S1_MAIR].given ? "--s1-sh needs --s1-mair" : NULL;
	if (!s1_off && !(v[S1_MAIR].given && v[S1_SH].given))
		return "stage 1 is missing: --s1-mair and --s1-sh, or --s1-off, or --dc";
	if (v[MEMATTR].given == v[TYPE].given || !v[S2_SH].given)
		return "stage 2 is not clear: --s2-sh and either --memattr or --type are needed";
	return NULL;
}

static int
answer_matrix(const struct value *v, const struct s2pt_controls *controls)
{
	static const enum combine_way ways[] = { COMBINE_CSV, COMBINE_MARKDOWN, COMBINE_HTML };
	static const unsigned others[] = { S1_MAIR, S1_OFF, MEMATTR, TYPE, FNXS, DC, WANT, WANT_SH };
	enum combine_way way = v[OPTION_JSON].given ? COMBINE_JSON : COMBINE_TEXT;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (v[others[i]].given)
			return fail(verb_combine.name, "--%s does not go with --matrix",
				    options[others[i] - OPTION_OWN].name);
	for (size_t i = 0; i < 3; i++) {
		if (v[CSV + i].given && way != COMBINE_TEXT)
			return fail(verb_combine.name, "--csv, --markdown, --html and --json do not go together");
		way = v[CSV + i].given ? ways[i] : way;
	}
	return combine_matrix(controls, v[FWB].given, v[NO_FWB].given, (uint8_t)value_or(v[S1_SH], S2PT_SH_ISH),
			      (uint8_t)value_or(v[S2_SH], S2PT_SH_ISH), way);
}

static int
combine(const struct value *v)
{
	const struct s2pt_controls controls = controls_of(v);
	bool json = v[OPTION_JSON].given;
	const struct s2pt_stage1 s1 = {
		.off = v[S1_OFF].given || v[DC].given,
		.mair = (uint8_t)v[S1_MAIR].is,
		.sh = (uint8_t)v[S1_SH].is,
	};
	struct s2pt_stage2 s2 = {
		.memattr = (uint8_t)v[MEMATTR].is,
		.sh = (uint8_t)v[S2_SH].is,
		.fnxs = v[FNXS].given,
	};
	const struct want want = {
		.kinds = (uint32_t)v[WANT].is,
		.sh = (enum s2pt_sh)value_or(v[WANT_SH], S2PT_SH_RESERVED),
	};
	const char *problem = missing(v);
	enum s2pt_status status = S2PT_OK;

	if (v[MATRIX].given)
		return answer_matrix(v, &controls);
	if (problem)
		return fail(verb_combine.name, "%s", problem);
	if (v[WANT].given)
		return answer_want(&controls, v[S1_MAIR].given || s1.off ? &s1 : NULL,
				   want, json);
	if (v[TYPE].given)
		status = s2pt_memattr_encode(controls.feats, (enum s2pt_memtype)v[TYPE].is,
					     &s2.memattr);
	if (status != S2PT_OK)
		return fail_status(status);
	return answer(&controls, &s1, &s2, json);
}

static int
batch(const struct value *v)
{
	return combine_batch(value_or(v[FEATURES], 0));
}

const struct verb verb_combine = {
	.name = "combine",
	.summary = "what stage 1 and stage 2 together make of an access",
	.synopsis =
		"  s2pt combine --s1-mair X --s1-sh X --memattr X --s2-sh X [OPTION]...\n"
		"  s2pt combine --s1-mair X --s1-sh X --type NAME --s2-sh X [OPTION]...\n"
		"  s2pt combine --want KINDS [--want-sh SH] [--s1-mair X] [OPTION]...\n"
		"  s2pt combine --matrix [--fwb | --no-fwb] [--csv | --markdown | --html | --json] [OPTION]...\n"
		"  s2pt combine --batch [--features LIST]\n",
	.more =
		"\nFor a walk, --s1-mair and --s1-sh stand for TCR_EL1: 0x44 is Non-cacheable,\n"
		"0xff Write-Back RWA, 0xaa Write-Through RA, 0xee Write-Back RA.\n"
		"\nWith --want, without --s1-mair, the types must do for every stage-1 attribute. Where none does\n"
		"the exit status is 1, and reasons say what each gives instead. So it is where something is reserved.\n"
		"\n--batch reads s1_mair,s1_sh,s2_memattr,s2_sh,fwb,cd: data accesses with\n"
		"SCTLR_EL1.C = 1, HCR_EL2.DC = 0 and FnXS = 0. A row with reserved inputs says in\n"
		"the column status which they are; the exit status is 0 nonetheless.\n"
		"\nExamples:\n"
		"  s2pt combine --s1-mair 0xff --s1-sh 3 --type normal-nc --s2-sh 3\n"
		"  s2pt combine --want Normal-WB --want-sh ISH --fwb\n"
		"  s2pt combine --matrix --fwb --markdown\n",
	.options = options,
	.count = END - OPTION_OWN,
	.run = combine,
	.batch = batch,
};
