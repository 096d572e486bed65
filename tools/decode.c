/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* decode.c: s2pt decode. */
#include "decode.h"
#include "desc.h"
#include "fail.h"
#include "fields.h"
#include "report.h"
#include "verb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DESC = DESC_FORMAT_END,
	COLUMN_COUNT,
};

static const struct job_column columns[COLUMN_COUNT] = {
	DESC_FORMAT_COLUMNS,
	[DESC] = { "desc", &value_any, false },
};

enum {
	DECODE_NO_FWB = DESC_FORMAT_END,
	DECODE_STAGE,
	DECODE_END,
};

static const struct value_word stages[] = { { "1", 1 }, { "2", 2 }, { NULL, 0 } };
static const struct value_rule value_stage = { VALUE_CHOICE, 0, stages };

static const struct verb_option options[DECODE_END] = {
	DESC_FORMAT_OPTIONS,
	[DECODE_NO_FWB] = { "no-fwb", NULL, NULL, "HCR_EL2.FWB = 0; without either, both are said", false },
	[DECODE_STAGE] = { "stage", &value_stage, "N", "of translation (2); 1 is that of EL1&0:", false },
};

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

/* The levels, from the likeliest on, and HCR_EL2.FWB by which a descriptor is read: several where not given. */
struct readings {
	int levels[4];
	size_t level_count;
	size_t mode_count;
	struct desc_format formats[4][2]; /* by level and mode */
};

static const struct s2pt_format *
format_at(const struct readings *readings, size_t level, size_t mode)
{
	return &readings->formats[level][mode].format;
}

/* What stage 1 and this leaf make together, for the types that guests have. */
static void
add_effective(json_t *report, const struct readings *readings, s2pt_desc desc)
{
	static const struct {
		const char *name;
		uint8_t mair;
	} types[] = {
		{ "Device-nGnRnE", 0x00 },
		{ "Device-nGnRE", 0x04 },
		{ "Normal-NC", 0x44 },
		{ "Normal-WB", 0xff },
	};
	json_t *rows = report_add_array(report, "effective");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct s2pt_stage1 s1 = { .mair = types[i].mair, .sh = S2PT_SH_ISH };
		json_t *row = report_add_item(rows);

		report_add_text(row, "stage1", types[i].name);
		for (size_t mode = 0; mode < readings->mode_count; mode++) {
			const struct s2pt_format *format = format_at(readings, 0, mode);
			const struct s2pt_controls controls = {
				.feats = format->feats,
				.sctlr_c = true,
				.sctlr_i = true,
			};
			const bool ds = format->feats & S2PT_FEAT_LPA2;
			const struct s2pt_stage2 s2 = {
				.memattr = desc.raw >> 2 & 15,
				.sh = ds ? format->sh0 : (uint8_t)(desc.raw >> 8 & 3),
				.fnxs = desc.raw >> 11 & 1,
			};
			struct s2pt_combined combined;
			char text[100] = "reserved";

			if (s2pt_combine(&controls, &s1, &s2, &combined) == S2PT_OK)
				snprintf(text, sizeof(text), "%s %s", s2pt_kind_name(s2pt_attr_kind(&combined.attr)),
					 s2pt_sh_name(combined.attr.sh));
			report_add_text(row, format->feats & S2PT_FEAT_S2FWB ? "with FWB" : "without FWB", text);
		}
	}
	report_add_text(report, "effective_ref", "S2CombineS1MemAttrs, Table D8-95, D8-99");
}

/* The readings but the first, where they say something else. */
static void
add_others(json_t *report, const struct readings *readings, s2pt_desc desc)
{
	json_t *rows = NULL;
	char text[300], before[300] = "";

	for (size_t i = 0; i < readings->level_count * readings->mode_count; i++) {
		const size_t level = i / readings->mode_count, mode = i % readings->mode_count;
		json_t *row;

		s2pt_text_desc(text, sizeof(text), format_at(readings, level, mode), readings->levels[level], desc);
		if (i > 0 && (mode == 0 || strcmp(text, before) != 0)) {
			rows = rows ? rows : report_add_array(report, "also");
			row = report_add_item(rows);
			report_add_number(row, "level", readings->levels[level]);
			report_add_text(row, "fwb", mode ? "with FWB" : "without FWB");
			report_add_text(row, "descriptor", text);
		}
		strcpy(before, text);
	}
}

/* Adds what the first of @readings says, and where the others differ. Returns whether it is as it should be. */
static bool
add_answer(json_t *report, const struct readings *readings, s2pt_desc desc)
{
	const struct s2pt_format *format = format_at(readings, 0, 0);
	const int level = readings->levels[0];
	struct s2pt_extra_bits extra;
	const s2pt_desc known = s2pt_desc_strip(format, level, desc, &extra);
	struct parts parts = take_apart(format, level, known);
	const bool is_leaf = parts.kind == S2PT_DESC_BLOCK || parts.kind == S2PT_DESC_PAGE;
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
	if (parts.kind != S2PT_DESC_INVALID && (parts.status == S2PT_OK || parts.status == S2PT_ERR_DESC_RES0)) {
		report_add_hex(report, "oa", parts.oa.addr, 1);
		if (is_leaf)
			add_leaf(report, &parts.leaf);
	}
	add_others(report, readings, desc);
	fields_add(report, format, readings->mode_count == 2, level, desc);
	if (is_leaf)
		add_effective(report, readings, desc);
	if (is_leaf && fields_like_stage1(desc))
		report_add_text(report, "note", "this may be a stage-1 descriptor, which --stage 1 reads");
	return parts.status == S2PT_OK;
}

/* How many bits are set that must not be, where @desc stands at that level: the fewer, the likelier. */
static unsigned
strange_bits(const struct s2pt_format *format, int level, s2pt_desc desc)
{
	struct s2pt_extra_bits extra;

	s2pt_desc_strip(format, level, desc, &extra);
	return (unsigned)__builtin_popcountll(extra.res0);
}

/*
 * The formats for @readings->levels[@at], which has to be one of the format's and, of a block, to have blocks. Returns
 * the status of the first.
 */
static enum s2pt_status
make_formats(struct readings *readings, size_t at, const struct value *own)
{
	struct value v[DESC_FORMAT_END];
	enum s2pt_status status = S2PT_OK;

	memcpy(v, own, sizeof(v));
	v[DESC_LEVEL] = (struct value){ .given = true, .is = (uint64_t)(readings->levels[at] + (int)VALUE_LEVEL_0) };
	for (size_t mode = 0; mode < readings->mode_count && status == S2PT_OK; mode++) {
		if (readings->mode_count == 2)
			v[DESC_FWB] = (struct value){ .given = mode == 1, .is = mode };
		status = desc_format(&readings->formats[at][mode], v);
	}
	return status;
}

/*
 * The readings of @desc: by the level that was given, or else by those at which it is not of a reserved type: pages
 * before tables, blocks from level 2 up; and of those the ones with the fewest bits that must not be set.
 */
static enum s2pt_status
read_all(struct readings *readings, const struct value *own, s2pt_desc desc)
{
	static const int pages[] = { 3, 2 }, blocks[] = { 2, 1, 0 }, invalid[] = { 3 };
	const unsigned type = desc.raw & 3;
	const int *levels = type == 3 ? pages : type == 1 ? blocks
							  : invalid;
	const size_t count = type == 3 ? 2 : type == 1 ? 3
						       : 1;
	unsigned least = 64;
	enum s2pt_status status = S2PT_OK;

	*readings = (struct readings){ .mode_count = own[DESC_FWB].given || own[DECODE_NO_FWB].given ? 1 : 2 };
	if (own[DESC_LEVEL].given) {
		readings->levels[0] = value_to_level(own[DESC_LEVEL].is);
		readings->level_count = 1;
		return make_formats(readings, 0, own);
	}
	for (size_t i = 0; i < count; i++) {
		const size_t at = readings->level_count;
		unsigned strange;

		readings->levels[at] = levels[i];
		status = make_formats(readings, at, own);
		if (status != S2PT_OK && at == 0)
			return status;
		if (status != S2PT_OK ||
		    (type && s2pt_desc_kind(format_at(readings, at, 0), levels[i], desc) == S2PT_DESC_INVALID))
			continue;
		strange = strange_bits(format_at(readings, at, 0), levels[i], desc);
		if (strange > least)
			continue;
		if (strange < least && at > 0) {
			memcpy(readings->formats[0], readings->formats[at], sizeof(readings->formats[0]));
			readings->levels[0] = levels[i];
			readings->level_count = 0;
		}
		least = strange;
		readings->level_count++;
	}
	return S2PT_OK;
}

bool
decode_likely(const struct value *own, uint64_t raw, char *buf, size_t size)
{
	const s2pt_desc desc = s2pt_desc_of(raw);
	static struct readings readings;
	struct value options_of_decode[DECODE_END] = { 0 };

	memcpy(options_of_decode, own, DESC_FORMAT_END * sizeof(*own));
	options_of_decode[DECODE_NO_FWB].given = true;
	if (read_all(&readings, options_of_decode, desc) != S2PT_OK)
		return false;
	for (size_t i = 0; i < readings.level_count; i++) {
		const struct s2pt_format *format = format_at(&readings, i, 0);
		const struct parts parts = take_apart(format, readings.levels[i], desc);

		/* Of a leaf that nobody may access or has accessed, more likely a table. */
		if (parts.status != S2PT_OK || parts.kind == S2PT_DESC_INVALID ||
		    (parts.kind != S2PT_DESC_TABLE && !parts.leaf.af))
			continue;
		s2pt_text_desc(buf, size, format, readings.levels[i], desc);
		return true;
	}
	return false;
}

/* --- Several ---------------------------------------------------------------------------------- */

/* What is asked of every descriptor, and what has come of it. */
struct decoder {
	const struct value *own;
	bool json;
	json_t *report; /* with --json */
	json_t *items;  /* the same, where there are several */
	size_t done;
	bool wrong;
};

static int
decode_one(struct decoder *decoder, uint64_t raw)
{
	const s2pt_desc desc = s2pt_desc_of(raw);
	json_t *report = decoder->report;
	static struct readings readings;
	enum s2pt_status status;

	if (!decoder->json)
		report = report_new();
	else if (decoder->items)
		report = report_add_item(decoder->items);
	if (!decoder->json && decoder->done++)
		putchar('\n');
	if (decoder->own[DECODE_STAGE].is == 1) {
		fields_add_stage1(report, (enum s2pt_granule)value_or(decoder->own[DESC_GRANULE], S2PT_GRANULE_4K),
				  value_to_level(value_or(decoder->own[DESC_LEVEL], VALUE_LEVEL_0 + 3)), raw);
	} else {
		status = read_all(&readings, decoder->own, desc);
		if (status != S2PT_OK) {
			if (!decoder->json)
				json_decref(report);
			return fail(verb_decode.name, "%s: %s", s2pt_status_name(status), s2pt_status_text(status));
		}
		decoder->wrong |= !add_answer(report, &readings, desc);
	}
	if (!decoder->json)
		report_print(report, false);
	return 0;
}

static int
decode_word(struct decoder *decoder, const char *word)
{
	uint64_t raw;

	if (!value_hex(batch_text_of(word), &raw))
		return fail(verb_decode.name, "DESCRIPTOR: %s is not 64 bits of hexadecimal, or of binary behind 0b",
			    fail_quote(batch_text_of(word)).text);
	return decode_one(decoder, raw);
}

/* Standard input has one a line; empty lines and those that begin with # are passed. */
static int
decode_lines(struct decoder *decoder)
{
	char line[200];
	int status = 0;

	if (isatty(STDIN_FILENO))
		return fail(verb_decode.name, "DESCRIPTOR is missing; see s2pt decode --help");
	while (status == 0 && fgets(line, sizeof(line), stdin)) {
		char *word = line + strspn(line, " \t");

		word[strcspn(word, " \t\r\n")] = '\0';
		if (*word && *word != '#')
			status = decode_word(decoder, word);
	}
	if (ferror(stdin)) {
		fail(verb_decode.name, "cannot read standard input: %s", strerror(errno));
		return EXIT_IO;
	}
	return status;
}

static int
run_words(const struct value *v, char **words, size_t count)
{
	const struct value *own = v + OPTION_OWN;
	struct decoder decoder = { .own = own, .json = v[OPTION_JSON].given };
	int status = 0;

	if (own[DESC_FWB].given && own[DECODE_NO_FWB].given)
		return fail(verb_decode.name, "--fwb and --no-fwb do not go together");
	if (decoder.json)
		decoder.report = report_new();
	if (decoder.json && count != 1)
		decoder.items = report_add_array(decoder.report, "items");
	if (count == 0)
		status = decode_lines(&decoder);
	for (size_t i = 0; i < count && status == 0; i++)
		status = decode_word(&decoder, words[i]);
	if (status == 0 && decoder.json)
		report_print(decoder.report, true);
	else if (decoder.json)
		json_decref(decoder.report);
	return status == 0 && decoder.wrong ? EXIT_FOUND : status;
}

const struct verb verb_decode = {
	.name = "decode",
	.summary = "what a descriptor says",
	.synopsis =
		"  s2pt decode [--level LEVEL] [OPTION]... [DESCRIPTOR]...\n"
		"  s2pt decode --batch\n",
	.words = "DESCRIPTOR",
	.words_optional = true,
	.more =
		DESC_FORMAT_HELP
	"\nWithout DESCRIPTOR they are read from standard input, one a line. Without --level, the level\n"
	"is the likeliest that the type of the descriptor allows, and others are named (also). Below\n"
	"fields are the bits as they stand there, and in effective the type that an access has by the\n"
	"usual types of stage 1. Exit status 1: something is reserved, or RES0 and set.\n"
	"\n--batch reads granule,pa_bits,ds,fwb,features,space,pbha_mask,level,desc and\n"
	"writes what s2pt encode --batch reads; its answer is the input again, desc\n"
	"spelled as 0x and 16 lower-case digits. In features, '+' joins words. What is\n"
	"invalid, or by its status cannot be taken apart, stands in the column raw.\n"
	"\nExamples:\n"
	"  s2pt decode 40000080000713\n"
	"  s2pt decode --level 3 --fwb --features xnx,xs 0x00400000800007db\n"
	"  s2pt decode --stage 1 0x60000000000f03\n",
	.options = options,
	.count = DECODE_END,
	.run_words = run_words,
	.batch = batch,
};
