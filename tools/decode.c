/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* decode.c: s2pt decode. */
#include "desc.h"
#include "fail.h"
#include "report.h"
#include "verb.h"

#include <stdio.h>

enum {
	DESC = DESC_FORMAT_END,
	COLUMN_COUNT,
};

static const struct job_column columns[COLUMN_COUNT] = {
	DESC_FORMAT_COLUMNS,
	[DESC] = { "desc", &value_any, false },
};

static const struct verb_option options[DESC_FORMAT_END] = { DESC_FORMAT_OPTIONS };

/* A descriptor taken apart as far as the library will. */
struct parts {
	enum s2pt_status status;
	enum s2pt_desc_kind kind;
	s2pt_pa oa;
	struct s2pt_leaf leaf;
};

static struct parts
take_apart(const struct s2pt_format *format, int level, s2pt_desc desc)
{
	struct parts parts = { .kind = s2pt_desc_kind(format, level, desc) };

	/* What is invalid though bit 0 is set is of a reserved type, or at no level: the status says so. */
	if (parts.kind == S2PT_DESC_TABLE)
		parts.status = s2pt_desc_table_decode(format, level, desc, &parts.oa);
	else if (desc.raw & 1u)
		parts.status = s2pt_desc_leaf_decode(format, level, desc, &parts.oa, &parts.leaf);
	return parts;
}

/* --- Batch ------------------------------------------------------------------------------------ */

static void
put_leaf(struct out *out, struct s2pt_leaf *leaf)
{
	out_char(out, ',');
	out_word(out, s2pt_memtype_name(leaf->type));
	out_char(out, ',');
	out_word(out, s2pt_sh_name((enum s2pt_sh)leaf->sh));
	for (unsigned flag = 0; flag < DESC_FLAG_COUNT; flag++)
		out_word(out, *desc_flag(leaf, flag) ? ",1" : ",0");
	out_char(out, ',');
	out_hex(out, leaf->sw, 1);
	out_char(out, ',');
	out_hex(out, leaf->pbha, 1);
}

/* From the column oa on. */
static void
put_parts(struct out *out, struct parts *parts)
{
	out_char(out, ',');
	out_hex(out, parts->oa.addr, 1);
	if (parts->kind == S2PT_DESC_TABLE)
		out_word(out, ",-,-,-,-,-,-,-,-,-,-,-,-,-,-,-");
	else
		put_leaf(out, &parts->leaf);
	out_word(out, ",-");
}

static void
put_raw(struct out *out, uint64_t raw)
{
	out_word(out, ",-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,");
	out_hex(out, raw, 16);
}

static bool
decode_row(void *context, const struct job_row *row, struct out *out, struct job_error *error)
{
	struct desc_format *format = context;
	const s2pt_desc desc = s2pt_desc_of(row->values[DESC].is);
	struct parts parts = { .status = desc_format(format, row->values) };
	bool made = parts.status == S2PT_OK;

	(void)error;
	if (made)
		parts = take_apart(&format->format, value_to_level(row->values[DESC_LEVEL].is),
				   desc);
	out_text(out, row->kept);
	out_char(out, ',');
	out_word(out, s2pt_status_name(parts.status));
	out_char(out, ',');
	out_word(out, made ? s2pt_desc_kind_name(parts.kind) : "-");
	if (parts.status == S2PT_OK && parts.kind != S2PT_DESC_INVALID)
		put_parts(out, &parts);
	else
		put_raw(out, desc.raw);
	return true;
}

static int
batch(const struct value *v)
{
	struct desc_format format = { 0 };
	/* clang-format off */
	const struct job job = {
		.verb = "decode",
		.columns = columns,
		.count = COLUMN_COUNT,
		.kept = DESC_FORMAT_END,
		.more = "status,kind,oa,type,sh,r,w,x_el1,x_el0,af,dbm,contiguous,nt,fnxs,ns,"
			"exec_uncached,sw,pbha,raw",
		.row = decode_row,
		.context = &format,
	};
	/* clang-format on */

	(void)v;
	return job_run(&job);
}

/* --- One descriptor --------------------------------------------------------------------------- */

static void
add_leaf(json_t *report, struct s2pt_leaf *leaf)
{
	report_add_text(report, "type", s2pt_memtype_name(leaf->type));
	report_add_text(report, "sh", s2pt_sh_name((enum s2pt_sh)leaf->sh));
	for (unsigned flag = 0; flag < DESC_FLAG_COUNT; flag++)
		report_add_flag(report, desc_flag_names[flag], *desc_flag(leaf, flag));
	report_add_hex(report, "sw", leaf->sw, 1);
	report_add_hex(report, "pbha", leaf->pbha, 1);
}

static int
answer(const struct s2pt_format *format, int level, s2pt_desc desc, bool json)
{
	struct s2pt_extra_bits extra;
	const s2pt_desc known = s2pt_desc_strip(format, level, desc, &extra);
	struct parts parts = take_apart(format, level, known);
	json_t *report = report_new();
	char text[300];

	/* RES0 bits are an error, and the rest is read all the same. */
	if (parts.status == S2PT_OK && extra.res0)
		parts.status = S2PT_ERR_DESC_RES0;

	s2pt_text_desc(text, sizeof(text), format, level, desc);
	report_add_text(report, "descriptor", text);
	report_add_text(report, "status", s2pt_status_name(parts.status));
	if (parts.status != S2PT_OK)
		report_add_text(report, "text", s2pt_status_text(parts.status));
	report_add_text(report, "kind", s2pt_desc_kind_name(parts.kind));
	report_add_number(report, "level", level);
	report_add_hex(report, "raw", desc.raw, 16);
	if (extra.ignored)
		report_add_hex(report, "ignored", extra.ignored, 16);
	if (extra.res0)
		report_add_hex(report, "res0", extra.res0, 16);
	if ((parts.status != S2PT_OK && parts.status != S2PT_ERR_DESC_RES0) || parts.kind == S2PT_DESC_INVALID)
		return report_print(report, json);
	report_add_hex(report, "oa", parts.oa.addr, 1);
	if (parts.kind != S2PT_DESC_TABLE)
		add_leaf(report, &parts.leaf);
	return report_print(report, json);
}

static int
run(const struct value *v, uint64_t operand)
{
	const struct value *own = v + OPTION_OWN;
	struct desc_format format = { 0 };
	enum s2pt_status status;

	if (!own[DESC_LEVEL].given)
		return fail(verb_decode.name, "--level is missing; see s2pt decode --help");
	status = desc_format(&format, own);
	if (status != S2PT_OK)
		return fail(verb_decode.name, "%s: %s", s2pt_status_name(status),
			    s2pt_status_text(status));
	return answer(&format.format, value_to_level(own[DESC_LEVEL].is), s2pt_desc_of(operand),
		      v[OPTION_JSON].given);
}

const struct verb verb_decode = {
	.name = "decode",
	.summary = "what a descriptor says",
	.synopsis =
		"  s2pt decode --level LEVEL [OPTION]... DESCRIPTOR\n"
		"  s2pt decode --batch\n",
	.operand = "DESCRIPTOR",
	.more =
		DESC_FORMAT_HELP
	"\n--batch reads granule,pa_bits,ds,fwb,features,space,pbha_mask,level,desc and\n"
	"writes what s2pt encode --batch reads; its answer is the input again, desc\n"
	"spelled as 0x and 16 lower-case digits. In features, '+' joins words. What is\n"
	"invalid, or by its status cannot be taken apart, stands in the column raw.\n",
	.options = options,
	.count = DESC_FORMAT_END,
	.run = run,
	.batch = batch,
};
