/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* plan.c: s2pt plan, one question. */
#include "plan.h"
#include "fail.h"
#include "layout.h"
#include "report.h"
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>

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
	LAYOUT,
	BASE,
	VMID,
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
	AT(LAYOUT) = { "layout", &value_file, "FILE", "count the tables of that layout (s2pt gen)", false },
	AT(BASE) = { "base", &value_register, "X", "root of the table, in the STE (0)", false },
	AT(VMID) = { "vmid", &value_vmid, "N", "S2VMID in the STE (0)", false },
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
				  (int64_t)value_bits(value, fields->high, fields->low));
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

/* The words of an SMMU's STE that say the same as VTCR_EL2 and VTTBR_EL2: none for the Secure space. */
static enum s2pt_status
add_ste(json_t *report, const struct s2pt_format *format, const struct value *v)
{
	static const char *const names[S2PT_SMMU_STE_WORDS] = { "ste0", "ste1", "ste2", "ste3" };
	/* (IDR1.ATTR_TYPES_OVR: the fields of a stream that may stay as the device says it do.) */
	const struct s2pt_smmu smmu = {
		.types_ovr = true,
		.features = { .feats = format->feats,
			      .pa_bits = format->feats & S2PT_FEAT_LPA ? 52 : 48,
			      .granule_4k = true,
			      .granule_16k = true,
			      .granule_64k = true,
			      .lpa2_4k = format->feats & S2PT_FEAT_LPA2,
			      .lpa2_16k = format->feats & S2PT_FEAT_LPA2 },
	};
	const struct s2pt_smmu_stream stream = {
		.root = s2pt_pa_of(v[BASE].is),
		.vmid = (uint16_t)v[VMID].is,
		.record = true,
	};
	uint64_t ste[S2PT_SMMU_STE_WORDS];
	enum s2pt_status status;
	json_t *inside;

	if (format->space == S2PT_SPACE_SECURE)
		return S2PT_OK;
	status = s2pt_smmu_ste_encode(&smmu, format, &stream, ste);
	if (status != S2PT_OK)
		return status;
	inside = report_add_object(report, "ste");
	for (unsigned i = 0; i < S2PT_SMMU_STE_WORDS; i++)
		/* V = 1, Config = 0b110: stage 2 alone. */
		report_add_hex(inside, names[i], ste[i] | (i == 0 ? 0xd : 0), 16);
	return S2PT_OK;
}

/* Which of the wishes to change, and to what, so that there is a format: one of them, and by as little as it takes. */
static bool
find_nearest(const struct plan *plan, char *text, size_t size)
{
	struct s2pt_format format;
	struct plan other = *plan;

	other.start_level = VALUE_LEVEL_AUTO;
	if (plan->start_level != VALUE_LEVEL_AUTO && plan_format(&other, &format) == S2PT_OK) {
		snprintf(text, size, "start level %d", format.start_level);
		return true;
	}
	for (unsigned by = 1; by < 64 && !plan->ipa_largest; by++)
		for (int sign = -1; sign <= 1; sign += 2) {
			other = *plan;
			other.ipa_bits = (uint8_t)(plan->ipa_bits + sign * (int)by);
			if (other.ipa_bits < 64 && plan_format(&other, &format) == S2PT_OK) {
				snprintf(text, size, "--ipa %u", other.ipa_bits);
				return true;
			}
		}
	for (unsigned by = 1; by < 64; by++)
		for (int sign = -1; sign <= 1; sign += 2) {
			other = *plan;
			other.pa_bits = (uint8_t)(plan->pa_bits + sign * (int)by);
			if (other.pa_bits <= 52 && plan_format(&other, &format) == S2PT_OK) {
				snprintf(text, size, "--pa %u", other.pa_bits);
				return true;
			}
		}
	return false;
}

static int
refuse(const struct plan *plan, enum s2pt_status status)
{
	char nearest[40];

	if (!find_nearest(plan, nearest, sizeof(nearest)))
		return fail(verb_plan.name, "%s: %s", s2pt_status_name(status), s2pt_status_text(status));
	return fail(verb_plan.name, "%s: %s; the nearest that can be has %s", s2pt_status_name(status),
		    s2pt_status_text(status), nearest);
}

static int
answer(const struct s2pt_format *format, const struct value *v, uint64_t table_bytes)
{
	json_t *report = report_new();
	enum s2pt_status status;
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
	status = add_ste(report, format, v);
	if (status != S2PT_OK) {
		json_decref(report);
		return fail(verb_plan.name, "--base, --vmid: %s: %s", s2pt_status_name(status),
			    s2pt_status_text(status));
	}
	if (table_bytes) {
		report_add_number(report, "table_bytes", (int64_t)table_bytes);
		report_add_number(report, "table_pages", (int64_t)(table_bytes >> format->granule_lg2));
	}
	return report_print(report, v[OPTION_JSON].given);
}

static int
run(const struct value *v)
{
	const struct plan plan = plan_of(v);
	struct s2pt_format format;
	struct layout_tables tables = { .bytes = 0 };
	enum s2pt_status status = plan_format(&plan, &format);

	if (status != S2PT_OK)
		return refuse(&plan, status);
	if (v[LAYOUT].given) {
		const int wrong = layout_build(&tables, verb_plan.name, v[LAYOUT].text, &format, v[BASE].is);

		if (wrong)
			return wrong;
		free(tables.entry);
	}
	return answer(&format, v, tables.bytes);
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
		"cannot do is refused by the name of the rule that is broken, with the nearest that it can.\n"
		"ste are the words of an SMMU's Stream Table Entry for the same table, stage 2 alone (IHI 0070, 5.2).\n"
		"\n--batch reads granule,ipa_bits,pa_bits,ds,ttst,start_level. A row that cannot\n"
		"be is answered with the name of the rule that is broken; the exit status is 0\n"
		"nonetheless.\n",
	.options = options,
	.count = END - OPTION_OWN,
	.run = run,
	.batch = batch,
};
