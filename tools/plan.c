/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* plan.c: s2pt plan, one question. */
#include "plan.h"
#include "fail.h"
#include "report.h"
#include "verb.h"

#include <stdio.h>

enum {
	GRANULE = OPTION_OWN,
	IPA,
	PA,
	DS,
	TTST,
	FWB,
	START_LEVEL,
	SPACE,
	HA,
	HD,
	VS,
	PBHA_MASK,
	END,
};

#define AT(index) [(index) - OPTION_OWN]

static const struct verb_option options[END - OPTION_OWN] = {
	AT(GRANULE) = { "granule", &value_granule, "SIZE", "translation granule (4k):", false },
	AT(IPA) = { "ipa", &value_byte, "N", "IPA size in bits (the largest)", false },
	AT(PA) = { "pa", &value_byte, "N", "PA size of the CPU in bits (48)", false },
	AT(DS) = { "ds", NULL, NULL, "VTCR_EL2.DS = 1: 52-bit 4k and 16k tables", false },
	AT(TTST) = { "ttst", NULL, NULL, "the CPU has FEAT_TTST", false },
	AT(FWB) = { "fwb", NULL, NULL, "HCR_EL2.FWB = 1", false },
	AT(START_LEVEL) = { "start-level", &value_start_level, "LEVEL", "(auto):", false },
	AT(SPACE) = { "space", &value_space, "WHICH", "IPA space (nonsecure):", false },
	AT(HA) = { "ha", NULL, NULL, "VTCR_EL2.HA = 1", false },
	AT(HD) = { "hd", NULL, NULL, "VTCR_EL2.HD = 1; needs --ha", false },
	AT(VS) = { "vs", NULL, NULL, "VTCR_EL2.VS = 1: 16-bit VMIDs", false },
	AT(PBHA_MASK) = { "pbha-mask", &value_nibble, "X", "VTCR_EL2.HWU62..HWU59 (0)", false },
};

/* The features that flags stand for. */
static const struct {
	unsigned option;
	s2pt_feats feats;
} flag_feats[] = {
	{ DS, S2PT_FEAT_LPA2 },
	{ TTST, S2PT_FEAT_TTST },
	{ FWB, S2PT_FEAT_S2FWB },
	{ HA, S2PT_FEAT_HAFDBS_AF },
	{ HD, S2PT_FEAT_HAFDBS_DBM },
	{ VS, S2PT_FEAT_VMID16 },
};

/* Fields of VTCR_EL2 and VSTCR_EL2. */
struct reg_field {
	const char *name;
	unsigned high;
	unsigned low;
};

static const struct reg_field vtcr_fields[] = {
	{ "T0SZ", 5, 0 },
	{ "SL0", 7, 6 },
	{ "IRGN0", 9, 8 },
	{ "ORGN0", 11, 10 },
	{ "SH0", 13, 12 },
	{ "TG0", 15, 14 },
	{ "PS", 18, 16 },
	{ "VS", 19, 19 },
	{ "HA", 21, 21 },
	{ "HD", 22, 22 },
	{ "HWU59", 25, 25 },
	{ "HWU60", 26, 26 },
	{ "HWU61", 27, 27 },
	{ "HWU62", 28, 28 },
	{ "NSW", 29, 29 },
	{ "NSA", 30, 30 },
	{ "DS", 32, 32 },
	{ "SL2", 33, 33 },
	{ NULL, 0, 0 },
};

static const struct reg_field vstcr_fields[] = {
	{ "T0SZ", 5, 0 },
	{ "SL0", 7, 6 },
	{ "TG0", 15, 14 },
	{ "SW", 29, 29 },
	{ "SA", 30, 30 },
	{ "SL2", 33, 33 },
	{ NULL, 0, 0 },
};

static struct plan
plan_of(const struct value *v)
{
	struct plan plan = {
		.granule = (enum s2pt_granule)value_or(v[GRANULE], S2PT_GRANULE_4K),
		.space = (enum s2pt_space)value_or(v[SPACE], S2PT_SPACE_NONSECURE),
		.ipa_largest = !v[IPA].given,
		.ipa_bits = (uint8_t)v[IPA].is,
		.pa_bits = (uint8_t)value_or(v[PA], 48),
		.pbha = (uint8_t)v[PBHA_MASK].is,
		.start_level = value_or(v[START_LEVEL], VALUE_LEVEL_AUTO),
		.feats = v[PBHA_MASK].is ? S2PT_FEAT_HPDS2 : 0,
	};

	for (size_t i = 0; i < sizeof(flag_feats) / sizeof(flag_feats[0]); i++)
		if (v[flag_feats[i].option].given)
			plan.feats |= flag_feats[i].feats;
	plan.feats |= value_space_feats[plan.space];
	return plan;
}

static void
add_register(json_t *report, const char *name, const char *fields_name, uint64_t value,
	     const struct reg_field *fields)
{
	json_t *inside;

	report_add_hex(report, name, value, 16);
	inside = report_add_object(report, fields_name);
	for (; fields->name; fields++)
		report_add_number(inside, fields->name,
				  (int64_t)plan_field(value, fields->high, fields->low));
}

static void
add_levels(json_t *report, const struct s2pt_format *format)
{
	json_t *inside = report_add_object(report, "entries");

	for (int level = format->start_level; level <= S2PT_LEVEL_LAST; level++) {
		unsigned group = s2pt_format_contiguous_lg2(format, level);
		bool block = s2pt_format_has_block(format, level);
		const char *kinds = block ? "blocks, tables" : "tables";
		char name[16];
		char groups[40] = "";
		char text[100];

		if (level == S2PT_LEVEL_LAST)
			kinds = "pages";
		if (group)
			snprintf(groups, sizeof(groups), ", contiguous groups of %u", 1u << group);
		snprintf(name, sizeof(name), "level %d", level);
		snprintf(text, sizeof(text), "2^%u bytes each, %s%s",
			 s2pt_format_level_lg2(format, level), kinds, groups);
		report_add_text(inside, name, text);
	}
}

static int
answer(const struct s2pt_format *format, bool json)
{
	json_t *report = report_new();
	char text[500];

	s2pt_text_format(text, sizeof(text), format);
	report_add_text(report, "format", text);
	report_add_text(report, "granule",
			s2pt_granule_name((enum s2pt_granule)format->granule_lg2));
	report_add_text(report, "space", s2pt_space_name((enum s2pt_space)format->space));
	report_add_number(report, "ipa_bits", format->ipa_bits);
	report_add_number(report, "pa_bits", format->pa_bits);
	report_add_number(report, "oa_bits", format->oa_bits);
	report_add_number(report, "start_level", format->start_level);
	report_add_number(report, "levels", s2pt_format_levels(format));
	report_add_number(report, "root_tables", format->root_tables);
	report_add_number(report, "root_bytes", INT64_C(1) << format->root_lg2);
	report_add_number(report, "root_align", INT64_C(1) << format->root_align_lg2);
	add_register(report, "vtcr_el2", "vtcr_el2_fields", s2pt_vtcr_encode(format), vtcr_fields);
	if (format->space == S2PT_SPACE_SECURE)
		add_register(report, "vstcr_el2", "vstcr_el2_fields", s2pt_vstcr_encode(format),
			     vstcr_fields);
	add_levels(report, format);
	return report_print(report, json);
}

static int
run(const struct value *v)
{
	const struct plan plan = plan_of(v);
	struct s2pt_format format;
	enum s2pt_status status = plan_format(&plan, &format);

	if (status != S2PT_OK)
		return fail(verb_plan.name, "%s: %s", s2pt_status_name(status),
			    s2pt_status_text(status));
	return answer(&format, v[OPTION_JSON].given);
}

static int
batch(const struct value *v)
{
	(void)v;
	return plan_batch();
}

const struct verb verb_plan = {
	.name = "plan",
	.summary = "the shape of a table, its start level and VTCR_EL2",
	.synopsis =
		"  s2pt plan [--granule SIZE] [--ipa N] [--pa N] [OPTION]...\n"
		"  s2pt plan --batch\n",
	.more =
		"\nThe CPU is taken to have every granule and what the options ask for. What it\n"
		"cannot do is refused by the name of the rule that is broken.\n"
		"\n--batch reads granule,ipa_bits,pa_bits,ds,ttst,start_level. A row that cannot\n"
		"be is answered with the name of the rule that is broken; the exit status is 0\n"
		"nonetheless.\n",
	.options = options,
	.count = END - OPTION_OWN,
	.run = run,
	.batch = batch,
};
