/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* map.c: s2pt map. */
#include "fail.h"
#include "out.h"
#include "picture.h"
#include "range.h"
#include "report.h"
#include "stage2.h"
#include "tree.h"
#include "verb.h"

#include <string.h>
#include <unistd.h>

enum {
	MAP_CSV = STAGE2_END,
	MAP_HTML,
	MAP_SVG,
	MAP_END,
};

static const struct verb_option options[MAP_END] = {
	STAGE2_OPTIONS,
	[MAP_CSV] = { "csv", NULL, NULL, "a row a run, with the descriptors' fields as they stand there", false },
	[MAP_HTML] = { "html", NULL, NULL, "a page for a browser, with a picture and all ranges", false },
	[MAP_SVG] = { "svg", NULL, NULL, "the picture alone, for documents", false },
};

/* Ways of writing runs. */
enum way {
	TEXT,
	CSV,
	JSON,
	HTML,
	SVG,
};

/* What is the same in many runs: the end of their line. */
struct tail {
	bool known;
	int level;
	uint64_t bits; /* of the descriptor, all but its address */
	size_t length;
	char text[400];
};

/* Runs on their way out. */
struct writer {
	const struct s2pt_format *format;
	struct out *out;
	json_t *ranges;         /* JSON alone */
	struct picture picture; /* HTML and SVG alone */
	struct tail tail;
	unsigned problems;
	enum way way;
};

/* --- Runs ------------------------------------------------------------------------------------- */

static void
make_words(struct tail *tail, const struct s2pt_format *format, const struct tree_run *run)
{
	char words[RANGE_TEXT];

	snprintf(tail->text, sizeof(tail->text), "  %s\n", range_words(words, sizeof(words), format, run));
}

/* The fields of a leaf as they stand there: MemAttr, SH, S2AP, XN, AF, DBM, Contiguous, software. */
static void
make_fields(struct tail *tail, const struct s2pt_format *format, const struct tree_run *run)
{
	static const struct {
		unsigned low, width;
	} fields[] = { { 2, 4 }, { 8, 2 }, { 6, 2 }, { 53, 2 }, { 10, 1 }, { 51, 1 }, { 52, 1 }, { 55, 4 } };
	size_t at = (size_t)snprintf(tail->text, sizeof(tail->text), ",%d,leaf", run->level);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const uint64_t mask = (UINT64_C(1) << fields[i].width) - 1;

		if (fields[i].low == 8 && (format->feats & S2PT_FEAT_LPA2))
			at += (size_t)snprintf(tail->text + at, sizeof(tail->text) - at, ",-");
		else
			at += (size_t)snprintf(tail->text + at, sizeof(tail->text) - at, ",%u",
					       (unsigned)(run->desc.raw >> fields[i].low & mask));
	}
	snprintf(tail->text + at, sizeof(tail->text) - at, "\n");
}

/* The end of the line of a leaf: it is that of the one before, mostly. */
static void
put_tail(struct writer *writer, const struct tree_run *run,
	 void (*make)(struct tail *, const struct s2pt_format *, const struct tree_run *))
{
	const uint64_t bits = run->desc.raw & ~tree_address_bits(writer->format, run->level);
	struct tail *tail = &writer->tail;

	if (!tail->known || tail->bits != bits || tail->level != run->level) {
		make(tail, writer->format, run);
		tail->length = strlen(tail->text);
		tail->known = true;
		tail->bits = bits;
		tail->level = run->level;
	}
	out_bytes(writer->out, tail->text, tail->length);
}

static void
put_csv(void *context, const struct tree_run *run)
{
	struct writer *writer = context;
	struct out *out = writer->out;
	char text[60];

	out_hex(out, run->ipa, 1);
	out_char(out, ',');
	out_hex(out, run->size, 1);
	out_char(out, ',');
	out_hex(out, run->annotation ? run->desc.raw : run->pa, 1);
	if (run->annotation) {
		snprintf(text, sizeof(text), ",%d,annotation,-,-,-,-,-,-,-,-\n", run->level);
		out_word(out, text);
	} else {
		put_tail(writer, run, make_fields);
	}
}

static void
put_text(void *context, const struct tree_run *run)
{
	struct writer *writer = context;
	struct out *out = writer->out;

	out_hex(out, run->ipa, 12);
	out_word(out, "..");
	out_hex(out, run->ipa + run->size - 1, 12);
	out_word(out, run->level < 0 ? "  level -" : "  level ");
	out_number(out, (uint64_t)(run->level < 0 ? -run->level : run->level));
	out_word(out, run->annotation ? "  annotation " : "  ");
	out_hex(out, run->annotation ? run->desc.raw : run->pa, run->annotation ? 1 : 12);
	if (run->annotation)
		out_char(out, '\n');
	else
		put_tail(writer, run, make_words);
}

static void
add_json(void *context, const struct tree_run *run)
{
	struct writer *writer = context;

	range_report(report_add_item(writer->ranges), writer->format, run);
}

static void
draw(void *context, const struct tree_run *run)
{
	struct writer *writer = context;

	picture_run(&writer->picture, run);
}

/* The options that ask for them: none is one, too. */
static const struct {
	const char *name;
	size_t option;
	void (*run)(void *context, const struct tree_run *run);
} ways[] = {
	[TEXT] = { .run = put_text },
	[CSV] = { "csv", OPTION_OWN + MAP_CSV, put_csv },
	[JSON] = { "json", OPTION_JSON, add_json },
	[HTML] = { "html", OPTION_OWN + MAP_HTML, draw },
	[SVG] = { "svg", OPTION_OWN + MAP_SVG, draw },
};

/* --- Problems --------------------------------------------------------------------------------- */

static void
problem(void *context, enum tree_problem what, const struct tree_place *place)
{
	struct writer *writer = context;
	char words[RANGE_TEXT];

	/* One line a kind of thing would hide where; one a table of a dump without tables would hide the rest. */
	if (writer->problems++ < 10) {
		range_problem_words(words, sizeof(words), what, place);
		warn("map", "%s", words);
	}
	if (writer->way == HTML || writer->way == SVG)
		picture_problem(&writer->picture, what, place);
}

/* --- The verb --------------------------------------------------------------------------------- */

/* What the page is told of the command line. */
static json_t *
page_of(const struct value *v)
{
	static const struct {
		const char *name;
		size_t option;
	} registers[] = {
		{ "VTCR_EL2", STAGE2_VTCR },
		{ "VSTCR_EL2", STAGE2_VSTCR },
		{ "VTTBR_EL2", STAGE2_VTTBR },
		{ "HCR_EL2", STAGE2_HCR },
	};
	json_t *page = report_new(), *given;

	report_add_text(page, "schema", "s2pt/1");
	given = report_add_object(page, "registers");
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (v[registers[i].option].given)
			report_add_hex(given, registers[i].name, v[registers[i].option].is, 1);
	return page;
}

static int
map(struct stage2 *stage2, struct dump *dump, enum way way, const struct value *own)
{
	static struct out out = { .fd = STDOUT_FILENO };
	json_t *report = way == JSON ? report_new() : NULL;
	struct writer writer = {
		.format = &stage2->format,
		.out = &out,
		.way = way,
		.picture = { .format = &stage2->format },
	};
	const struct tree_visitor visitor = { .run = ways[way].run, .problem = problem, .context = &writer };

	if (way == JSON) {
		writer.ranges = report_add_array(report, "ranges");
	} else if (way == CSV) {
		out_word(&out, "ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw\n");
	}
	tree_visit(dump, &stage2->walker, &visitor);
	if (way == JSON) {
		report_add_number(report, "problems", writer.problems);
		report_print(report, true);
	} else if (way == HTML) {
		picture_html(&writer.picture, &out, page_of(own));
	} else if (way == SVG) {
		picture_svg(&writer.picture, &out);
	}
	if (!out_flush(&out)) {
		fail("map", "cannot write standard output: %s", strerror(out.error));
		return EXIT_IO;
	}
	return writer.problems ? EXIT_FOUND : 0;
}

static int
read_way(enum way *way, const struct value *v)
{
	*way = TEXT;
	for (enum way other = CSV; other <= SVG; other++) {
		if (!v[ways[other].option].given)
			continue;
		if (*way != TEXT)
			return fail("map", "--%s and --%s do not go together", ways[*way].name, ways[other].name);
		*way = other;
	}
	return 0;
}

static int
run_words(const struct value *v, char **words, size_t count)
{
	const struct value *own = v + OPTION_OWN;
	struct stage2 stage2;
	struct dump dump;
	enum way way;
	int status = read_way(&way, v);

	if (status == 0)
		status = stage2_open(&stage2, &dump, "map", own, words, count);
	if (status != 0)
		return status;
	if (stage2.walker.status == S2PT_OK) {
		status = map(&stage2, &dump, way, own);
	} else {
		fail("map", "every access faults: %s: %s", s2pt_status_name(stage2.walker.status),
		     s2pt_status_text(stage2.walker.status));
		status = EXIT_FOUND;
	}
	dump_close(&dump);
	return status;
}

const struct verb verb_map = {
	.name = "map",
	.summary = "everything that a stage-2 table in a dump maps",
	.synopsis = "  s2pt map --vtcr X --vttbr X [--hcr X] [OPTION]... DUMP...\n",
	.words = "DUMP",
	.more = STAGE2_HELP
	"\nA run is as many entries of one level as have the same attributes and memory in a row.\n"
	"--csv writes ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw: kind is leaf,\n"
	"or annotation (an invalid entry that is not 0; pa is its value); - where a column does not\n"
	"apply. --html writes one page that needs nothing else: a picture of the IPA space, a row a range, and\n"
	"details of what the pointer or the arrow keys are on; page.html#0x40201000 shows the range that holds this\n"
	"address. Of a table with very many ranges neighbours are shown as one.\n"
	"Exit status 1: a table is not in the dump, or cannot be one.\n"
	"\nExample:\n"
	"  s2pt map --vtcr 0x80023558 --vttbr 0x44b58000 --hcr 0x400000000001 guest.elf\n",
	.options = options,
	.count = MAP_END,
	.run_words = run_words,
};
