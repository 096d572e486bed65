/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* errata.c: s2pt errata, what real parts do otherwise than the architecture says. */
#include "fail.h"
#include "job.h"
#include "report.h"
#include "verb.h"

#include <s2pt/s2pt.h>
#include <stdio.h>
#include <string.h>

#define VERB "errata"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* All but what says that a part takes no conflict aborts. */
#define ANY_FEATS (~S2PT_FEAT_BBML3)

enum {
	MIDR,
	REVIDR,
	IIDR,
	ALL,
	OPTION_COUNT,
};

static const struct value_rule value_id = { .kind = VALUE_NUMBER, .max = UINT32_MAX };

static const struct verb_option options[OPTION_COUNT] = {
	[MIDR] = { "midr", &value_id, "X", "MIDR_EL1 of a CPU", false },
	[REVIDR] = { "revidr", &value_id, "X", "... and its REVIDR_EL1 (0)", false },
	[IIDR] = { "iidr", &value_id, "X", "SMMU_IIDR of an SMMU", false },
	[ALL] = { "all", NULL, NULL, "print the whole list, and answer nothing", false },
};

/* --- One erratum ------------------------------------------------------------------------------------ */

static void
add_words(json_t *report, enum s2pt_erratum erratum)
{
	report_add_flag(report, "security", s2pt_erratum_effect_of(erratum)->security);
	report_add_text(report, "effect", s2pt_erratum_text(erratum));
	report_add_text(report, "library", s2pt_erratum_library(erratum));
	report_add_text(report, "host", s2pt_erratum_host(erratum));
	report_add_text(report, "source", s2pt_erratum_source(erratum));
}

static void
add_sets(json_t *report, s2pt_feats withheld, uint32_t cures)
{
	char text[400];

	s2pt_text_feats(text, sizeof(text), withheld);
	report_add_words(report, "withheld", text);
	s2pt_text_cures(text, sizeof(text), cures);
	report_add_words(report, "cures", text);
}

/* --- The whole list --------------------------------------------------------------------------------- */

/* "up to r1p1", "r3p0 to r4p0", "r1p2" or nothing, of all. */
static void
spell_revisions(char *buf, size_t size, const struct s2pt_erratum_row *row)
{
	const unsigned first = row->first, last = row->last;

	if (row->mask != 0xff)
		snprintf(buf, size, " at p%u", first & 15u);
	else if (first == 0 && last == 0xff)
		snprintf(buf, size, "%s", "");
	else if (first == last)
		snprintf(buf, size, " r%up%u", first >> 4, first & 15u);
	else if (first == 0)
		snprintf(buf, size, " up to r%up%u", last >> 4, last & 15u);
	else if (last == 0xff)
		snprintf(buf, size, " from r%up%u on", first >> 4, first & 15u);
	else
		snprintf(buf, size, " r%up%u to r%up%u", first >> 4, first & 15u, last >> 4, last & 15u);
}

/* The parts of an erratum, and where it is the other way round those that are free of it. */
static void
add_parts(json_t *report, enum s2pt_erratum erratum)
{
	const struct s2pt_erratum_row *row;
	json_t *parts = report_add_object(report, "parts");

	for (size_t n = 0; (row = s2pt_erratum_row_at(n)); n++) {
		char revisions[40], key[160], numbers[160];
		const char *already;

		if (row->erratum != erratum)
			continue;
		spell_revisions(revisions, sizeof(revisions), row);
		snprintf(key, sizeof(key), "%s%s%s%s", s2pt_part_at(row->part)->name, revisions,
			 row->fixed ? ", if REVIDR_EL1 does not say that it is mended" : "",
			 row->free ? " is free of it" : "");
		already = json_string_value(json_object_get(parts, key));
		snprintf(numbers, sizeof(numbers), "%s%s%s", already ? already : "", already ? ", " : "",
			 row->free ? "-" : row->number);
		report_add_text(parts, key, numbers);
	}
}

static int
print_all(bool json)
{
	json_t *report = report_new();

	for (unsigned n = 0; n < S2PT_ERRATUM_COUNT; n++) {
		const enum s2pt_erratum erratum = (enum s2pt_erratum)n;
		const struct s2pt_erratum_effect *effect = s2pt_erratum_effect_of(erratum);
		json_t *inside = report_add_object(report, s2pt_erratum_name(erratum));

		add_words(inside, erratum);
		add_sets(inside, effect->withheld, effect->cures);
		add_parts(inside, erratum);
	}
	return report_print(report, json);
}

/* --- Parts ------------------------------------------------------------------------------------------ */

/* A part by its registers; NULL where the list does not have it. */
static const struct s2pt_part *
part_of(bool smmu, uint64_t id)
{
	const uint64_t implementer = smmu ? id & 0xfff : id >> 24 & 0xff;
	const uint64_t number = smmu ? id >> 20 & 0xfff : id >> 4 & 0xfff;
	const struct s2pt_part *part;

	for (size_t n = 0; (part = s2pt_part_at(n)); n++)
		if (part->smmu == smmu && part->implementer == implementer && part->part == (number & part->mask))
			return part;
	return NULL;
}

static void
add_part(json_t *report, const char *key, bool smmu, uint64_t id)
{
	const unsigned variant = (unsigned)(id >> (smmu ? 16 : 20) & 15u);
	const unsigned revision = (unsigned)(id >> (smmu ? 12 : 0) & 15u);
	const struct s2pt_part *part = part_of(smmu, id);
	char text[80];

	snprintf(text, sizeof(text), "%s r%up%u", part ? part->name : "unknown", variant, revision);
	report_add_text(report, key, text);
}

/* Add the number of an erratum on a part of this revision, or its numbers. */
static void
add_numbers(char *buf, size_t size, enum s2pt_erratum erratum, bool smmu, uint64_t id, unsigned revidr)
{
	const unsigned revision = (unsigned)(smmu ? id >> 12 & 0xff : (id >> 16 & 0xf0) | (id & 0xf));
	const struct s2pt_part *part = part_of(smmu, id);
	const struct s2pt_erratum_row *row;

	for (size_t n = 0; part && (row = s2pt_erratum_row_at(n)); n++) {
		const size_t length = strlen(buf);

		if (row->erratum == erratum && !row->free && s2pt_part_at(row->part) == part &&
		    !(row->fixed & revidr) && (revision & row->mask) >= row->first &&
		    (revision & row->mask) <= row->last)
			snprintf(buf + length, size - length, "%s%s", length ? ", " : "", row->number);
	}
}

static int
answer(const struct value *own, bool json)
{
	struct s2pt_errata errata = { 0 };
	json_t *report = report_new();
	char text[800];

	if (own[MIDR].given) {
		add_part(report, "cpu", false, own[MIDR].is);
		s2pt_errata_add_cpu(&errata, own[MIDR].is, own[REVIDR].is);
	}
	if (own[IIDR].given) {
		add_part(report, "smmu", true, own[IIDR].is);
		s2pt_errata_add_smmu(&errata, (uint32_t)own[IIDR].is);
	}
	report_add_flag(report, "known", !errata.unknown_cpu && !errata.unknown_smmu);
	s2pt_text_errata(text, sizeof(text), errata.set);
	report_add_words(report, "errata", text);
	add_sets(report, s2pt_errata_withheld(&errata, ANY_FEATS), s2pt_errata_cures(&errata));
	for (unsigned n = 0; n < S2PT_ERRATUM_COUNT; n++)
		if (errata.set >> n & 1u) {
			const enum s2pt_erratum erratum = (enum s2pt_erratum)n;
			json_t *inside = report_add_object(report, s2pt_erratum_name(erratum));

			text[0] = '\0';
			if (own[MIDR].given)
				add_numbers(text, sizeof(text), erratum, false, own[MIDR].is, (unsigned)own[REVIDR].is);
			if (own[IIDR].given)
				add_numbers(text, sizeof(text), erratum, true, own[IIDR].is, 0);
			report_add_text(inside, "number", *text ? text : "-");
			add_words(inside, erratum);
		}
	return report_print(report, json);
}

/* --- Batch ------------------------------------------------------------------------------------------ */

static const struct job_column columns[] = {
	[MIDR] = { "midr", &value_id, true },
	[REVIDR] = { "revidr", &value_id, true },
	[IIDR] = { "iidr", &value_id, true },
};

/* Words, joined by '+'; "-" for none. */
static void
put_words(struct out *out, char *words)
{
	out_char(out, ',');
	for (char *blank = words; (blank = strchr(blank, ' ')) != NULL;)
		*blank = '+';
	out_word(out, *words ? words : "-");
}

static bool
errata_row(void *context, const struct job_row *row, struct out *out, struct job_error *error)
{
	const struct value *v = row->values;
	struct s2pt_errata errata = { 0 };
	uint64_t security = 0;
	char text[800];

	(void)context;
	if (!v[MIDR].given && (v[REVIDR].given || !v[IIDR].given)) {
		error->column = v[REVIDR].given ? "revidr" : "midr";
		error->text = v[REVIDR].given ? "goes with a midr" : "and iidr are both -";
		return false;
	}
	if (v[MIDR].given)
		s2pt_errata_add_cpu(&errata, v[MIDR].is, v[REVIDR].is);
	if (v[IIDR].given)
		s2pt_errata_add_smmu(&errata, (uint32_t)v[IIDR].is);
	for (unsigned n = 0; n < S2PT_ERRATUM_COUNT; n++)
		if (s2pt_erratum_effect_of((enum s2pt_erratum)n)->security)
			security |= errata.set & S2PT_ERRATUM_BIT(n);
	out_text(out, row->kept);
	out_word(out, errata.unknown_cpu || errata.unknown_smmu ? ",0" : ",1");
	s2pt_text_errata(text, sizeof(text), errata.set);
	put_words(out, text);
	s2pt_text_errata(text, sizeof(text), security);
	put_words(out, text);
	s2pt_text_feats(text, sizeof(text), s2pt_errata_withheld(&errata, ANY_FEATS));
	put_words(out, text);
	s2pt_text_cures(text, sizeof(text), s2pt_errata_cures(&errata));
	put_words(out, text);
	return true;
}

static int
batch(const struct value *v)
{
	const struct job job = {
		.verb = VERB,
		.columns = columns,
		.count = COUNT(columns),
		.kept = COUNT(columns),
		.more = "known,errata,security,withheld,cures",
		.row = errata_row,
	};

	(void)v;
	return job_run(&job);
}

static int
run(const struct value *v)
{
	const struct value *own = v + OPTION_OWN;
	const bool part = own[MIDR].given || own[IIDR].given;

	if (own[ALL].given && (part || own[REVIDR].given))
		return fail(VERB, "--all goes with no other question");
	if (own[REVIDR].given && !own[MIDR].given)
		return fail(VERB, "--revidr goes with --midr");
	if (!part && !own[ALL].given)
		return fail(VERB, "--midr or --iidr is needed, or --all; see s2pt errata --help");
	return own[ALL].given ? print_all(v[OPTION_JSON].given) : answer(own, v[OPTION_JSON].given);
}

const struct verb verb_errata = {
	.name = VERB,
	.summary = "what a part does otherwise, and what follows",
	.synopsis =
		"  s2pt errata --midr X [--revidr X] [--iidr X]\n"
		"  s2pt errata --iidr X\n"
		"  s2pt errata --all\n"
		"  s2pt errata --batch\n",
	.more =
		"\nA part that is not in the list is unknown, not free of errata. MIDR_EL1 of a guest may be\n"
		"another than the hardware's. Under withheld are features that a config does without; under\n"
		"cures what sequences, the host, or firmware do about it.\n"
		"\n--batch reads midr,revidr,iidr, each of which may be -.\n",
	.options = options,
	.count = OPTION_COUNT,
	.run = run,
	.batch = batch,
};
