/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "picture.h"
#include "range.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Of the picture, in units of SVG: a page shows it larger or smaller. */
enum {
	WIDTH = 720,
	DOUBLING = 5, /* a cell is so much wider than one of half its size, at least */
	LABEL = 24,   /* a line of text: a page for phones has it large */
	STRIP = 26,   /* a row of cells */
	MARGIN = 4,
};

/* What a cell is coloured by: enum s2pt_memtype, or one of these. */
enum {
	UNDECODED = S2PT_MEMTYPE_COUNT,
	ANNOTATION,
	PROBLEM,
	SEVERAL,
	HOLE,
	COLOURS,
};

/* Okabe and Ito's palette, which people tell apart who do not see all colours; kinds of a kind by lightness. */
static const char *const fills[COLOURS] = {
	[S2PT_MEM_DEVICE_nGnRnE] = "#c85000",
	[S2PT_MEM_DEVICE_nGnRE] = "#e67a26",
	[S2PT_MEM_DEVICE_nGRE] = "#f5a866",
	[S2PT_MEM_DEVICE_GRE] = "#fbd3ab",
	[S2PT_MEM_NORMAL_NC] = "#f0e442",
	[S2PT_MEM_NORMAL_WB] = "#56b4e9",
	[S2PT_MEM_NORMAL_WB_NOTAGACCESS] = "#2b83c4",
	[S2PT_MEM_AS_STAGE1] = "#1fa97f",
	[S2PT_MEM_AS_STAGE1_NOTAGACCESS] = "#8fd8be",
	[S2PT_MEM_NORMAL_oNC_iWT] = "#f6dbe9",
	[S2PT_MEM_NORMAL_oNC_iWB] = "#eabfd6",
	[S2PT_MEM_NORMAL_oWT_iNC] = "#dfa3c3",
	[S2PT_MEM_NORMAL_oWT_iWT] = "#d388b1",
	[S2PT_MEM_NORMAL_oWT_iWB] = "#c36c9d",
	[S2PT_MEM_NORMAL_oWB_iNC] = "#ab5284",
	[S2PT_MEM_NORMAL_oWB_iWT] = "#8f3b6b",
	[UNDECODED] = "#777",
	[ANNOTATION] = "#d0d0d0",
	[PROBLEM] = "#111",
	[SEVERAL] = "#a3a3a3",
	[HOLE] = "#f1f1f1",
};

/* What a cell is hatched by. */
enum {
	READ = 1,
	WRITE = 2,
	EXECUTE = 4,
	ACCESSES = 8,
	PLAIN = READ | WRITE, /* without a hatch */
};

static const char *const access_names[ACCESSES] = { "---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx" };

/* A range, a hole between two, or several of them. */
struct cell {
	struct tree_run run; /* of others than ranges the IPA and the size; of a problem the place */
	enum tree_problem problem;
	uint8_t colour;
	uint8_t access;
	size_t ranges; /* that it stands for */
	size_t cells;  /* that were joined in it */
	unsigned x, y, width;
};

/* --- Cells ------------------------------------------------------------------------------------ */

static void
add_cell(struct picture *picture, struct cell cell)
{
	if (picture->count == picture->room) {
		struct cell *more;

		picture->room = picture->room ? 2 * picture->room : 1024;
		more = realloc(picture->cell, picture->room * sizeof(*more));
		if (!more)
			abort();
		picture->cell = more;
	}
	cell.cells = 1;
	picture->cell[picture->count++] = cell;
	picture->end = cell.run.ipa + cell.run.size;
}

static void
fill_hole(struct picture *picture, uint64_t end)
{
	const struct cell hole = {
		.run = { .ipa = picture->end, .size = end - picture->end },
		.colour = HOLE,
		.access = PLAIN,
	};

	if (hole.run.size)
		add_cell(picture, hole);
}

void
picture_run(struct picture *picture, const struct tree_run *run)
{
	struct cell cell = { .run = *run, .ranges = 1 };
	struct s2pt_extra_bits extra;
	struct s2pt_leaf leaf;
	s2pt_pa pa;

	fill_hole(picture, run->ipa);
	if (run->annotation) {
		cell.colour = ANNOTATION;
	} else if (s2pt_desc_leaf_decode(picture->format, run->level,
					 s2pt_desc_strip(picture->format, run->level, run->desc, &extra), &pa,
					 &leaf) == S2PT_OK) {
		cell.colour = (uint8_t)leaf.type;
		cell.access = (uint8_t)((leaf.r ? READ : 0) | (leaf.w ? WRITE : 0) |
					(leaf.x_el1 || leaf.x_el0 ? EXECUTE : 0));
	} else {
		cell.colour = UNDECODED;
		cell.access = PLAIN;
	}
	add_cell(picture, cell);
}

void
picture_problem(struct picture *picture, enum tree_problem problem, const struct tree_place *place)
{
	/* Where the visit ends nothing is known of what follows. */
	const uint64_t all = UINT64_C(1) << picture->format->ipa_bits;
	const struct cell cell = {
		.run = {
			.ipa = place->ipa,
			.size = problem == TREE_MANY ? all - place->ipa : place->size,
			.pa = place->pa,
			.level = place->level,
		},
		.problem = problem,
		.colour = PROBLEM,
		.access = PLAIN,
	};

	fill_hole(picture, place->ipa);
	add_cell(picture, cell);
}

/* --- Few enough of them ----------------------------------------------------------------------- */

/* Do both lie within the same 2^@lg2 bytes? @next comes later. */
static bool
is_near(const struct cell *cell, const struct cell *next, unsigned lg2)
{
	return cell->run.ipa >> lg2 == (next->run.ipa + next->run.size - 1) >> lg2;
}

/* A hole beside ranges is not seen; ranges that are not alike look like nothing that one of them could be. */
static void
join(struct cell *cell, const struct cell *next)
{
	if (cell->colour == HOLE) {
		cell->colour = next->colour;
		cell->access = next->access;
	} else if (next->colour != HOLE && (cell->colour != next->colour || cell->access != next->access)) {
		cell->colour = SEVERAL;
		cell->access = PLAIN;
	}
	cell->run.size += next->run.size;
	cell->ranges += next->ranges;
	cell->cells += next->cells;
}

static size_t
count_groups(const struct picture *picture, unsigned lg2)
{
	const struct cell *first = &picture->cell[0];
	size_t groups = 1;

	for (size_t i = 1; i < picture->count; i++) {
		if (is_near(first, &picture->cell[i], lg2))
			continue;
		first = &picture->cell[i];
		groups++;
	}
	return groups;
}

/* As little as will do is joined. */
static void
join_cells(struct picture *picture)
{
	unsigned lg2 = picture->format->granule_lg2;
	size_t kept = 1;

	while (count_groups(picture, lg2) > PICTURE_CELLS)
		lg2++;
	for (size_t i = 1; i < picture->count; i++) {
		if (is_near(&picture->cell[kept - 1], &picture->cell[i], lg2))
			join(&picture->cell[kept - 1], &picture->cell[i]);
		else
			picture->cell[kept++] = picture->cell[i];
	}
	picture->count = kept;
}

/* --- Words ------------------------------------------------------------------------------------ */

static const char *
colour_name(unsigned colour)
{
	static const char *const names[COLOURS] = {
		[UNDECODED] = "reserved, or out of range",
		[ANNOTATION] = "annotation",
		[PROBLEM] = "problem: not known",
		[SEVERAL] = "several",
		[HOLE] = "hole",
	};

	return colour < S2PT_MEMTYPE_COUNT ? s2pt_memtype_name((enum s2pt_memtype)colour) : names[colour];
}

/* "4 KiB"; with a decimal where it is not exact. */
static void
bytes_words(char *buf, size_t size, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	unsigned unit = 0;
	uint64_t rest;

	while (unit < 5 && bytes >> 10 * (unit + 1))
		unit++;
	rest = bytes & ((UINT64_C(1) << 10 * unit) - 1);
	if (rest)
		snprintf(buf, size, "%" PRIu64 ".%u %s", bytes >> 10 * unit,
			 (unsigned)((rest >> 10 * (unit - 1)) * 10 >> 10), units[unit]);
	else
		snprintf(buf, size, "%" PRIu64 " %s", bytes >> 10 * unit, units[unit]);
}

static const char *
cell_words(char *buf, size_t size, const struct s2pt_format *format, const struct cell *cell)
{
	const struct tree_run *run = &cell->run;
	const struct tree_place place = { .ipa = run->ipa, .size = run->size, .pa = run->pa, .level = run->level };

	if (cell->cells > 1)
		snprintf(buf, size, "ranges: %zu", cell->ranges);
	else if (cell->colour == HOLE)
		snprintf(buf, size, "hole");
	else if (cell->colour == PROBLEM)
		range_problem_words(buf, size, cell->problem, &place);
	else if (cell->colour == ANNOTATION)
		snprintf(buf, size, "annotation 0x%" PRIx64, run->desc.raw);
	else
		return range_words(buf, size, format, run);
	return buf;
}

/* --- The layout ------------------------------------------------------------------------------- */

/* log2 of the size, from 1 for a granule on and straight between powers of two, in 1/16. */
static unsigned
length_of(const struct picture *picture, const struct cell *cell)
{
	unsigned lg2 = picture->format->granule_lg2;

	while (cell->run.size >> (lg2 + 1))
		lg2++;
	return 16 * (lg2 - picture->format->granule_lg2) + (unsigned)(cell->run.size >> (lg2 - 4));
}

/* Rows as of a text, from @top on. Few cells become as wide as one row is. Returns where the last row ends. */
static unsigned
lay_out(struct picture *picture, unsigned top)
{
	unsigned total = 0, doubling, x = 0, y = top + LABEL;

	for (size_t i = 0; i < picture->count; i++)
		total += length_of(picture, &picture->cell[i]);
	doubling = 16 * WIDTH / total > DOUBLING ? 16 * WIDTH / total : DOUBLING;
	for (size_t i = 0; i < picture->count; i++) {
		struct cell *cell = &picture->cell[i];

		cell->width = doubling * length_of(picture, cell) / 16;
		if (x + cell->width > WIDTH) {
			x = 0;
			y += STRIP + LABEL;
		}
		cell->x = x;
		cell->y = y;
		x += cell->width;
	}
	return y + STRIP;
}

/* --- SVG -------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void
put(struct out *out, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	out_word(out, text);
}

/*
 * Diagonals for what the guest may not do, so that ordinary memory is plain, and a level line where it may execute.
 * Dark pages have other fills for what has a class.
 */
static void
put_pattern(struct out *out, unsigned colour, unsigned access)
{
	put(out,
	    "<pattern id=\"c%ua%u\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
	    "<rect width=\"6\" height=\"6\" fill=\"%s\"%s/>",
	    colour, access, fills[colour],
	    colour == HOLE      ? " class=\"hole\""
	    : colour == PROBLEM ? " class=\"problem\""
				: "");
	if (access != PLAIN)
		put(out, "<path d=\"%s%s%s\" stroke=\"#000\" stroke-opacity=\".6\" fill=\"none\"/>",
		    access & WRITE ? "" : "M-1 1L1 -1M0 6L6 0M5 7L7 5",
		    access & READ ? "" : "M-1 5L1 7M0 0L6 6M5 -1L7 1",
		    access & EXECUTE ? "M0 3H6" : "");
	out_word(out, "</pattern>\n");
}

/* What the cells look like: which colours, which rights, and which of both together. */
struct looks {
	bool colour[COLOURS];
	bool access[ACCESSES];
	bool both[COLOURS][ACCESSES];
};

/* How the legend shows a colour. */
static unsigned
key_access(unsigned colour)
{
	return colour == ANNOTATION ? 0 : PLAIN;
}

static struct looks
looks_of(const struct picture *picture)
{
	struct looks looks = { 0 };

	for (size_t i = 0; i < picture->count; i++) {
		const struct cell *cell = &picture->cell[i];

		looks.colour[cell->colour] = true;
		looks.both[cell->colour][cell->access] = true;
		looks.both[cell->colour][key_access(cell->colour)] = true;
		if (cell->colour < S2PT_MEMTYPE_COUNT) {
			looks.access[cell->access] = true;
			looks.both[ANNOTATION][cell->access] = true; /* the legend's */
		}
	}
	return looks;
}

static void
put_key(struct out *out, unsigned x, unsigned y, unsigned colour, unsigned access, const char *name)
{
	put(out,
	    "<rect x=\"%u\" y=\"%u\" width=\"30\" height=\"16\" fill=\"url(#c%ua%u)\" stroke=\"#888\" "
	    "stroke-width=\".6\"/>"
	    "<text x=\"%u\" y=\"%u\">%s</text>\n",
	    x + 1, y + 4, colour, access, x + 38, y + 18, name);
}

static unsigned
count_of(const bool *set, size_t size)
{
	unsigned count = 0;

	for (size_t i = 0; i < size; i++)
		count += set[i];
	return count;
}

/* A line for the headings; then colours on the left, and rights and the line about widths on the right. */
static unsigned
legend_height(const struct looks *looks)
{
	const unsigned colours = count_of(looks->colour, COLOURS), accesses = count_of(looks->access, ACCESSES) + 1;

	return (1 + (colours > accesses ? colours : accesses)) * LABEL;
}

static void
put_legend(struct out *out, const struct looks *looks)
{
	unsigned left = LABEL, right = LABEL;

	put(out, "<text x=\"0\" y=\"18\">Colour: memory type</text><text x=\"%u\" y=\"18\">Hatch: rights</text>\n",
	    WIDTH / 2);
	for (unsigned colour = 0; colour < COLOURS; colour++) {
		if (!looks->colour[colour])
			continue;
		put_key(out, 0, left, colour, key_access(colour), colour_name(colour));
		left += LABEL;
	}
	for (unsigned access = 0; access < ACCESSES; access++) {
		if (!looks->access[access])
			continue;
		put_key(out, WIDTH / 2, right, ANNOTATION, access, access_names[access]);
		right += LABEL;
	}
	put(out, "<text x=\"%u\" y=\"%u\">Width: logarithm of the size</text>\n", WIDTH / 2, right + 18);
}

static void
put_cell(struct out *out, const struct s2pt_format *format, const struct cell *cell)
{
	char words[RANGE_TEXT], bytes[30];

	bytes_words(bytes, sizeof(bytes), cell->run.size);
	put(out,
	    "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"url(#c%ua%u)\">"
	    "<title>0x%" PRIx64 "..0x%" PRIx64 ", %s: %s</title></rect>\n",
	    cell->x, cell->y, cell->width, STRIP, cell->colour, cell->access, cell->run.ipa,
	    cell->run.ipa + cell->run.size - 1, bytes, cell_words(words, sizeof(words), format, cell));
}

/* The address of the first in a row, and sizes where there is room. */
static void
put_labels(struct out *out, const struct cell *cell)
{
	char bytes[30];

	if (cell->x == 0)
		put(out, "<text x=\"0\" y=\"%u\">0x%" PRIx64 "</text>\n", cell->y - 5, cell->run.ipa);
	bytes_words(bytes, sizeof(bytes), cell->run.size);
	if (cell->width >= 7 * strlen(bytes) + 4)
		put(out, "<text class=\"size\" x=\"%u\" y=\"%u\" text-anchor=\"middle\" stroke=\"#fff\" "
			 "stroke-width=\"3\" stroke-opacity=\".75\" paint-order=\"stroke\">%s</text>\n",
		    cell->x + cell->width / 2, cell->y + 17, bytes);
}

static void
put_picture(struct picture *picture, struct out *out)
{
	const struct looks looks = looks_of(picture);
	const unsigned height = lay_out(picture, legend_height(&looks));
	char words[500];

	s2pt_text_format(words, sizeof(words), picture->format);
	put(out,
	    "<svg class=\"picture\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-%u -%u %u %u\" "
	    "font-family=\"sans-serif\" font-size=\"12\">\n<title>Stage-2 table: %s</title>\n<defs>\n",
	    MARGIN, MARGIN, WIDTH + 2 * MARGIN, height + 2 * MARGIN, words);
	for (unsigned colour = 0; colour < COLOURS; colour++)
		for (unsigned access = 0; access < ACCESSES; access++)
			if (looks.both[colour][access])
				put_pattern(out, colour, access);
	put(out, "</defs>\n<rect class=\"paper\" x=\"-%u\" y=\"-%u\" width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n",
	    MARGIN, MARGIN, WIDTH + 2 * MARGIN, height + 2 * MARGIN);
	out_word(out, "<g class=\"words\" fill=\"#222\">\n");
	put_legend(out, &looks);
	out_word(out, "</g>\n<g class=\"cells\" stroke=\"#fff\" stroke-width=\".6\">\n");
	for (size_t i = 0; i < picture->count; i++)
		put_cell(out, picture->format, &picture->cell[i]);
	out_word(out, "</g>\n<g class=\"words\" fill=\"#222\" pointer-events=\"none\">\n");
	for (size_t i = 0; i < picture->count; i++)
		put_labels(out, &picture->cell[i]);
	out_word(out, "</g>\n</svg>\n");
}

/* The visit is over: what follows the last range is a hole. */
static void
end_cells(struct picture *picture)
{
	fill_hole(picture, UINT64_C(1) << picture->format->ipa_bits);
}

void
picture_svg(struct picture *picture, struct out *out)
{
	end_cells(picture);
	join_cells(picture);
	put_picture(picture, out);
	free(picture->cell);
}

/* --- HTML ------------------------------------------------------------------------------------- */

/* tools/map.html, which the build makes an array of. */
extern const char map_html[];

/* Sizes and numbers of each colour, and of what is mapped. */
static void
add_counts(json_t *page, const struct picture *picture)
{
	uint64_t bytes[COLOURS] = { 0 }, mapped = 0;
	int64_t cells[COLOURS] = { 0 }, ranges = 0;
	json_t *kinds = report_add_array(page, "kinds");
	char words[30];

	for (size_t i = 0; i < picture->count; i++) {
		bytes[picture->cell[i].colour] += picture->cell[i].run.size;
		cells[picture->cell[i].colour]++;
	}
	for (unsigned colour = 0; colour < COLOURS; colour++) {
		json_t *kind;

		if (!cells[colour])
			continue;
		kind = report_add_item(kinds);
		bytes_words(words, sizeof(words), bytes[colour]);
		report_add_text(kind, "name", colour_name(colour));
		report_add_number(kind, "count", cells[colour]);
		report_add_text(kind, "bytes", words);
		if (colour <= ANNOTATION)
			ranges += cells[colour];
		if (colour < ANNOTATION)
			mapped += bytes[colour];
	}
	bytes_words(words, sizeof(words), mapped);
	report_add_number(page, "count", ranges);
	report_add_text(page, "mapped", words);
}

/* All would be a page of their own: the first hundred. */
static void
add_problems(json_t *page, const struct picture *picture)
{
	json_t *problems = report_add_array(page, "problems");
	int64_t more = 0;
	char words[RANGE_TEXT];

	for (size_t i = 0; i < picture->count; i++) {
		const struct cell *cell = &picture->cell[i];
		json_t *problem;

		if (cell->colour != PROBLEM)
			continue;
		if (json_array_size(problems) == 100) {
			more++;
			continue;
		}
		problem = report_add_item(problems);
		report_add_hex(problem, "ipa", cell->run.ipa, 1);
		report_add_text(problem, "text", cell_words(words, sizeof(words), picture->format, cell));
	}
	report_add_number(page, "more_problems", more);
}

/* The cells, as s2pt map --json has ranges. */
static void
add_ranges(json_t *page, const struct picture *picture)
{
	json_t *ranges = report_add_array(page, "ranges");
	int64_t joined = 0;
	char words[RANGE_TEXT];

	for (size_t i = 0; i < picture->count; i++) {
		const struct cell *cell = &picture->cell[i];
		json_t *range = report_add_item(ranges);

		if (cell->cells == 1 && cell->colour <= ANNOTATION) {
			range_report(range, picture->format, &cell->run);
		} else {
			report_add_hex(range, "ipa", cell->run.ipa, 1);
			report_add_hex(range, "size", cell->run.size, 1);
			report_add_text(range, "kind",
					cell->cells > 1        ? "several"
					: cell->colour == HOLE ? "hole"
							       : "problem");
			report_add_text(range, "text", cell_words(words, sizeof(words), picture->format, cell));
		}
		bytes_words(words, sizeof(words), cell->run.size);
		report_add_text(range, "bytes", words);
		if (cell->cells > 1)
			joined += (int64_t)cell->ranges;
	}
	report_add_number(page, "joined", joined);
}

static int
put_json(const char *at, size_t len, void *out)
{
	out_bytes(out, at, len);
	return 0;
}

/* Write the page from @at to @mark; returns what follows it. */
static const char *
put_page(struct out *out, const char *at, const char *mark)
{
	const char *end = strstr(at, mark);

	out_bytes(out, at, (size_t)(end - at));
	return end + strlen(mark);
}

void
picture_html(struct picture *picture, struct out *out, json_t *page)
{
	char words[500];
	const char *rest;

	s2pt_text_format(words, sizeof(words), picture->format);
	report_add_text(page, "format", words);
	end_cells(picture);
	add_counts(page, picture);
	add_problems(page, picture);
	join_cells(picture);
	add_ranges(page, picture);
	rest = put_page(out, map_html, "@PICTURE@");
	put_picture(picture, out);
	rest = put_page(out, rest, "@DATA@");
	/* (With "</" as "<\/", no text can end the script that holds the data.) */
	if (json_dump_callback(page, put_json, out, JSON_COMPACT | JSON_ESCAPE_SLASH) != 0)
		abort();
	out_word(out, rest);
	json_decref(page);
	free(picture->cell);
}
