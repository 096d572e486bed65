/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* scan.c: s2pt scan: a log, with what the registers, syndromes and descriptors in it say. */
#include "decode.h"
#include "desc.h"
#include "explain.h"
#include "fail.h"
#include "report.h"
#include "verb.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	SCAN_ONLY = DESC_FORMAT_END,
	SCAN_END,
};

static const struct verb_option options[SCAN_END] = {
	DESC_FORMAT_OPTIONS,
	[SCAN_ONLY] = { "only", NULL, NULL, "leave out lines about which nothing is said", false },
};

#define LINE_SIZE 4096
#define FINDINGS  16 /* of a line */

struct finding {
	size_t column; /* where in the line, from 0 on */
	char text[700];
};

struct scan {
	const struct value *own;
	struct values values; /* as the log gave them last: those of a syndrome stand in several lines */
	json_t *items;        /* with --json */
	const char *name;     /* of the log */
	uint64_t line;
	struct finding finding[FINDINGS];
	size_t count;
};

/* --- Words of a line -------------------------------------------------------------------------- */

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The word that begins at @at, which no letter is before. */
static struct batch_text
word_at(const char *line, size_t at)
{
	struct batch_text word = { line + at, 0 };

	if (at > 0 && is_word(line[at - 1]))
		return word;
	while (is_word(word.at[word.len]))
		word.len++;
	return word;
}

static bool
has_0x(struct batch_text word)
{
	return word.len > 2 && strncasecmp(word.at, "0x", 2) == 0;
}

/* A number as logs have it: behind 0x, or of 8 or of 16 digits. */
static bool
is_number(struct batch_text word, uint64_t *value)
{
	return (has_0x(word) || word.len == 8 || word.len == 16) && value_address(word, value);
}

/* Does the line speak of tables, so that smaller numbers may be descriptors as well? */
static bool
speaks_of_tables(const char *line)
{
	static const char *const hints[] = { "desc", "pte", "pmd", "pud", "pgd",
					     "entry", "level", "stage 2", "stage-2", "s2",
					     "l0[", "l1[", "l2[", "l3[" };

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		for (const char *at = line; *at; at++)
			if (strncasecmp(at, hints[i], strlen(hints[i])) == 0)
				return true;
	return false;
}

/* --- Findings --------------------------------------------------------------------------------- */

static struct finding *
add_finding(struct scan *scan, size_t column)
{
	static struct finding dropped;

	if (scan->count == FINDINGS)
		return &dropped;
	scan->finding[scan->count].column = column;
	return &scan->finding[scan->count++];
}

/* A register's name, and behind it, after no more than a few signs, its value. Returns how long that is, or 0. */
static size_t
scan_register(struct scan *scan, const char *line, size_t at, struct batch_text name)
{
	const char *const behind = name.at + name.len;
	const size_t signs = strspn(behind, " \t:=([");
	const struct batch_text word = word_at(line, at + name.len + signs);
	struct finding *finding;
	char summary[600];
	uint64_t value;
	enum reg reg;

	if (signs == 0 || signs > 16 || !explain_find(name, &reg) || !is_number(word, &value))
		return 0;
	/* A second one begins another syndrome. */
	if (scan->values.given[reg])
		for (unsigned of_it = REG_ESR; of_it <= REG_FAR; of_it++)
			scan->values.given[of_it] = false;
	scan->values.given[reg] = true;
	scan->values.is[reg] = value;
	explain_summary(&scan->values, reg, summary, sizeof(summary));
	finding = add_finding(scan, at);
	snprintf(finding->text, sizeof(finding->text), "%s%s%s", reg_descriptions[reg].name, *summary ? ": " : "",
		 summary);
	return name.len + signs + word.len;
}

/* A number that may be a descriptor: no address of a kernel, nor small where the line does not speak of tables. */
static void
scan_descriptor(struct scan *scan, const char *line, size_t at, struct batch_text word)
{
	char text[300];
	uint64_t value;

	if (!is_number(word, &value) || !(value & 1) || value >> 48 == 0xffff ||
	    (value >> 32 == 0 && !speaks_of_tables(line)) || value >> 12 == 0 ||
	    !decode_likely(scan->own, value, text, sizeof(text)))
		return;
	snprintf(add_finding(scan, at)->text, sizeof(scan->finding->text), "descriptor: %s", text);
}

static void
scan_line(struct scan *scan, const char *line)
{
	scan->count = 0;
	for (size_t at = 0; line[at];) {
		const struct batch_text word = word_at(line, at);
		const size_t taken = word.len ? scan_register(scan, line, at, word) : 0;

		if (!taken)
			scan_descriptor(scan, line, at, word);
		at += taken ? taken : word.len ? word.len
					       : 1;
	}
}

/* --- Telling ---------------------------------------------------------------------------------- */

static void
tell(struct scan *scan, const char *line)
{
	if (!scan->items) {
		if (scan->count || !scan->own[SCAN_ONLY].given)
			printf("%s\n", line);
		for (size_t i = 0; i < scan->count; i++)
			printf("    ^ %s\n", scan->finding[i].text);
		return;
	}
	for (size_t i = 0; i < scan->count; i++) {
		json_t *item = report_add_item(scan->items);

		report_add_text(item, "file", scan->name);
		report_add_number(item, "line", (int64_t)scan->line);
		report_add_number(item, "column", (int64_t)scan->finding[i].column + 1);
		report_add_text(item, "text", scan->finding[i].text);
	}
}

static int
cannot_read(const char *name)
{
	fail("scan", "cannot read %s: %s", fail_quote(batch_text_of(name)).text, strerror(errno));
	return EXIT_IO;
}

/* Lines may hold any byte; of a long one the rest is a line of its own. */
static int
scan_file(struct scan *scan, FILE *file, const char *name)
{
	char line[LINE_SIZE];

	scan->values = (struct values){ .knows_cpu = false };
	scan->name = name;
	scan->line = 0;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\r\n")] = '\0';
		scan->line++;
		scan_line(scan, line);
		tell(scan, line);
	}
	if (!ferror(file))
		return 0;
	return cannot_read(name);
}

/* --- The verb --------------------------------------------------------------------------------- */

static int
run_words(const struct value *v, char **words, size_t count)
{
	static struct scan scan;
	json_t *report = report_new();
	int status = 0;

	scan.own = v + OPTION_OWN;
	if (v[OPTION_JSON].given)
		scan.items = report_add_array(report, "items");
	if (count == 0)
		status = scan_file(&scan, stdin, "-");
	for (size_t i = 0; i < count && status == 0; i++) {
		FILE *file = strcmp(words[i], "-") == 0 ? stdin : fopen(words[i], "r");

		status = file ? scan_file(&scan, file, words[i]) : cannot_read(words[i]);
		if (file && file != stdin)
			fclose(file);
	}
	if (status == 0 && v[OPTION_JSON].given)
		return report_print(report, true);
	json_decref(report);
	return status;
}

const struct verb verb_scan = {
	.name = "scan",
	.summary = "a log, with what the registers and descriptors in it say",
	.synopsis = "  s2pt scan [--only] [OPTION]... [LOG]...\n",
	.words = "LOG",
	.words_optional = true,
	.more = "\nEach line is followed by what was found in it: the registers of s2pt explain, a name and then one\n"
		"value behind 0x or of 8 or 16 digits; and numbers that are stage-2 descriptors in every bit. Values\n"
		"of a syndrome that stand in several lines are taken together. Without LOG standard input is read.\n"
		"\nExample:\n"
		"  s2pt scan --only console.log\n",
	.options = options,
	.count = SCAN_END,
	.run_words = run_words,
};
