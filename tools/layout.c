/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "layout.h"
#include "fail.h"
#include "grow.h"
#include "range.h"
#include "tree.h"
#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BIT(n)    (UINT64_C(1) << (n))
#define ANY_LEVEL INT8_MIN

#define CSV_HEADER "ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw"

/* A line, as entries. */
struct region {
	uint64_t ipa, size, pa;
	uint64_t bits; /* of a leaf: all but its type and address; of an annotation: all */
	int level;     /* or ANY_LEVEL */
	bool annotation;
};

/* Where something is wrong. */
struct place {
	const char *verb;
	const char *file;
	unsigned line;
};

static int
wrong(const struct place *place, const char *text, const char *word)
{
	return fail(place->verb, "%s: line %u: %s%s%s", place->file, place->line, word ? word : "", word ? " " : "",
		    text);
}

static int
wrong_word(const struct place *place, const char *word, const char *text)
{
	return wrong(place, text, fail_quote(batch_text_of(word)).text);
}

static int
wrong_status(const struct place *place, enum s2pt_status status)
{
	return fail(place->verb, "%s: line %u: %s: %s", place->file, place->line, s2pt_status_name(status),
		    s2pt_status_text(status));
}

/* --- Tables ----------------------------------------------------------------------------------- */

/* @bytes more, zeroed; returns where they begin, in bytes. */
static uint64_t
add_bytes(struct layout_tables *tables, uint64_t bytes)
{
	const uint64_t at = tables->bytes;

	if (at + bytes > tables->room) {
		tables->room = 2 * (at + bytes);
		tables->entry = grow(tables->entry, tables->room);
	}
	memset((char *)tables->entry + at, 0, bytes);
	tables->bytes += bytes;
	return at;
}

/* Writes one entry, and the tables above it. */
static int
set_entry(struct layout_tables *tables, const struct place *place, int level, uint64_t ipa, uint64_t desc)
{
	const struct s2pt_format *const format = tables->format;
	uint64_t table = 0;

	for (int at = format->start_level;; at++) {
		const unsigned lg2 = s2pt_format_level_lg2(format, at);
		const uint64_t entries = BIT((at == format->start_level ? format->root_lg2 : format->granule_lg2) - 3);
		const uint64_t index = table / 8 + (ipa >> lg2 & (entries - 1));
		s2pt_desc link;
		enum s2pt_status status;

		if (at == level) {
			if (tables->entry[index])
				return wrong(place, "something is mapped there already, by a line before", NULL);
			tables->entry[index] = desc;
			return 0;
		}
		if (!tables->entry[index]) {
			const uint64_t next = add_bytes(tables, BIT(format->granule_lg2));

			status = s2pt_desc_table_encode(format, at, s2pt_pa_of(tables->base + next), &link);
			if (status != S2PT_OK)
				return wrong_status(place, status);
			tables->entry[index] = link.raw;
		}
		link = s2pt_desc_of(tables->entry[index]);
		if (s2pt_desc_kind(format, at, link) != S2PT_DESC_TABLE)
			return wrong(place, "a block is there already, by a line before", NULL);
		table = s2pt_desc_address(format, at, link) - tables->base;
	}
}

/* A leaf that says nothing: of it the address is taken. */
static struct s2pt_leaf
plain_leaf(const struct s2pt_format *format)
{
	return (struct s2pt_leaf){ .type = S2PT_MEM_NORMAL_NC,
				   .sh = format->feats & S2PT_FEAT_LPA2 ? format->sh0 : S2PT_SH_ISH };
}

static int
set_leaf(struct layout_tables *tables, const struct place *place, const struct region *region, int level,
	 uint64_t offset, uint64_t more)
{
	const struct s2pt_format *const format = tables->format;
	const struct s2pt_leaf plain = plain_leaf(format);
	const uint64_t kept = tree_address_bits(format, level) | 3;
	s2pt_desc desc;
	const enum s2pt_status status =
		s2pt_desc_leaf_encode(format, level, s2pt_pa_of(region->pa + offset), &plain, &desc);

	if (status != S2PT_OK)
		return wrong_status(place, status);
	return set_entry(tables, place, level, region->ipa + offset, (desc.raw & kept) | region->bits | more);
}

/* The highest level at which a leaf fits @offset bytes into a region. */
static int
level_of(const struct s2pt_format *format, const struct region *region, uint64_t offset)
{
	const uint64_t where = (region->ipa + offset) | (region->pa + offset);

	for (int level = format->start_level; level < S2PT_LEVEL_LAST; level++) {
		const uint64_t size = BIT(s2pt_format_level_lg2(format, level));

		if (s2pt_format_has_block(format, level) && !(where & (size - 1)) && region->size - offset >= size)
			return level;
	}
	return S2PT_LEVEL_LAST;
}

/* Is the leaf @offset bytes into a region one of a contiguous group that lies in it? Then its Contiguous bit. */
static uint64_t
contiguous_bit(const struct s2pt_format *format, const struct region *region, int level, uint64_t offset)
{
	const unsigned lg2 = s2pt_format_contiguous_lg2(format, level);
	const uint64_t group = BIT(s2pt_format_level_lg2(format, level) + lg2);
	const uint64_t begin = (region->ipa + offset) & ~(group - 1);

	if (!lg2 || ((region->ipa ^ region->pa) & (group - 1)) || begin < region->ipa ||
	    begin - region->ipa + group > region->size)
		return 0;
	return BIT(52);
}

static int
build_region(struct layout_tables *tables, const struct place *place, const struct region *region)
{
	const struct s2pt_format *const format = tables->format;
	const bool any = region->level == ANY_LEVEL;
	const uint64_t mask = BIT(s2pt_format_level_lg2(format, any ? S2PT_LEVEL_LAST : region->level)) - 1;
	int status = 0;

	if (region->size == 0)
		return wrong_status(place, S2PT_ERR_EMPTY);
	if (region->ipa & mask || region->size & mask)
		return wrong(place, "the IPAs do not begin and end where an entry does", NULL);
	if (region->ipa >> format->ipa_bits || (region->ipa + region->size - 1) >> format->ipa_bits)
		return wrong_status(place, S2PT_ERR_IPA_SIZE);
	for (uint64_t offset = 0; offset < region->size && status == 0;) {
		const int level = any ? level_of(format, region, offset) : region->level;
		const uint64_t more = any ? contiguous_bit(format, region, level, offset) : 0;

		if (region->annotation)
			status = set_entry(tables, place, level, region->ipa + offset, region->bits);
		else
			status = set_leaf(tables, place, region, level, offset, more);
		offset += BIT(s2pt_format_level_lg2(format, level));
	}
	return status;
}

/* A level, which is one that the format has. */
static int
read_level(const struct place *place, const struct s2pt_format *format, struct batch_text text, struct region *region)
{
	uint64_t level;

	if (!value_parse(&value_level, text, &level))
		return wrong(place, "the level is not a number from -1 to 3", NULL);
	region->level = value_to_level(level);
	return region->level < format->start_level ? wrong_status(place, S2PT_ERR_LEVEL) : 0;
}

/* --- Lines of CSV ----------------------------------------------------------------------------- */

/* The columns from memattr on: where each stands in a descriptor. */
static const struct {
	uint8_t low, width;
} csv_fields[] = { { 2, 4 }, { 8, 2 }, { 6, 2 }, { 53, 2 }, { 10, 1 }, { 51, 1 }, { 52, 1 }, { 55, 4 } };

#define CSV_FIELDS  (sizeof(csv_fields) / sizeof(csv_fields[0]))
#define CSV_COLUMNS (5 + CSV_FIELDS)

static int
read_csv(const struct place *place, const struct s2pt_format *format, char *line, struct region *region)
{
	struct batch_text fields[CSV_COLUMNS];
	const bool ds = format->feats & S2PT_FEAT_LPA2;
	int status;

	if (batch_split(batch_text_of(line), fields, CSV_COLUMNS) != CSV_COLUMNS)
		return wrong(place, "the columns are not " CSV_HEADER, NULL);
	region->annotation = batch_is(fields[4], "annotation");
	if (!value_address(fields[0], &region->ipa) || !value_address(fields[1], &region->size) ||
	    !value_address(fields[2], region->annotation ? &region->bits : &region->pa) ||
	    !(region->annotation || batch_is(fields[4], "leaf")))
		return wrong(place, "ipa, size, pa or kind is not one", NULL);
	status = read_level(place, format, fields[3], region);
	if (status != 0)
		return status;
	for (size_t i = 0; i < CSV_FIELDS && !region->annotation; i++) {
		const struct value_rule rule = { VALUE_NUMBER, BIT(csv_fields[i].width) - 1, NULL };
		uint64_t value = 0;

		if (!(ds && csv_fields[i].low == 8 && batch_is(fields[5 + i], "-")) &&
		    !value_parse(&rule, fields[5 + i], &value))
			return wrong(place, "is not the value of that column", fail_quote(fields[5 + i]).text);
		region->bits |= value << csv_fields[i].low;
	}
	return 0;
}

/* --- Lines of words --------------------------------------------------------------------------- */

/* What the words of a line say of a leaf. */
struct words {
	struct s2pt_leaf leaf;
	uint64_t extra; /* IGNORED and RES0 */
};

static bool
read_flag(struct s2pt_leaf *leaf, const char *word)
{
	const struct {
		const char *word;
		bool *flag;
		bool value;
	} flags[] = {
		{ "EL1:x", &leaf->x_el1, true },
		{ "EL1:-", &leaf->x_el1, false },
		{ "EL0:x", &leaf->x_el0, true },
		{ "EL0:-", &leaf->x_el0, false },
		{ "AF", &leaf->af, true },
		{ "no-AF", &leaf->af, false },
		{ "DBM", &leaf->dbm, true },
		{ "contiguous", &leaf->contiguous, true },
		{ "nT", &leaf->nt, true },
		{ "FnXS", &leaf->fnxs, true },
		{ "NS", &leaf->ns, true },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcasecmp(word, flags[i].word) == 0) {
			*flags[i].flag = flags[i].value;
			return true;
		}
	if (strcasecmp(word, "x") == 0)
		leaf->x_el1 = leaf->x_el0 = true;
	return strcasecmp(word, "x") == 0;
}

static bool
read_rights(struct s2pt_leaf *leaf, const char *word)
{
	if (strlen(word) != 2 || !strchr("rR-", word[0]) || !strchr("wW-", word[1]))
		return false;
	leaf->r = word[0] != '-';
	leaf->w = word[1] != '-';
	return true;
}

/* NAME=NUMBER. */
static bool
read_number(struct words *words, const char *word)
{
	const size_t length = strcspn(word, "=");
	const struct batch_text name = { word, length };
	uint64_t value;

	if (!word[length] || !value_parse(&value_any, batch_text_of(word + length + 1), &value))
		return false;
	if (batch_is(name, "sw") && value < 16)
		words->leaf.sw = (uint8_t)value;
	else if (batch_is(name, "pbha") && value < 16)
		words->leaf.pbha = (uint8_t)value;
	else if (batch_is(name, "IGNORED") || batch_is(name, "RES0"))
		words->extra |= value;
	else
		return false;
	return true;
}

static bool
read_word(struct words *words, const char *word)
{
	uint64_t value;

	if (value_parse(&value_memtype, batch_text_of(word), &value))
		words->leaf.type = (enum s2pt_memtype)value;
	else if (value_parse(&value_sh, batch_text_of(word), &value))
		words->leaf.sh = (uint8_t)value;
	else
		return read_rights(&words->leaf, word) || read_flag(&words->leaf, word) || read_number(words, word);
	return true;
}

/* "raw=X", behind words that are for people then. */
static bool
find_raw(const char *rest, uint64_t *bits)
{
	const char *raw = rest ? strstr(rest, RANGE_RAW) : NULL;

	raw = raw ? raw + strlen(RANGE_RAW) : NULL;
	return raw && value_address((struct batch_text){ raw, strcspn(raw, " \t") }, bits);
}

/* The rest of a line: what its leaves have but type and address, at a level that has what they say. */
static int
read_words(const struct place *place, const struct s2pt_format *format, char **rest, struct region *region)
{
	const bool any = region->level == ANY_LEVEL;
	const int level = any ? S2PT_LEVEL_LAST : region->level;
	struct words words = { .leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = plain_leaf(format).sh, .af = any } };
	struct s2pt_extra_bits extra;
	s2pt_desc desc;
	enum s2pt_status status;

	/* What has no words has its bits: of a descriptor with a reserved encoding. */
	if (!any && find_raw(*rest, &region->bits)) {
		region->bits &= ~(tree_address_bits(format, level) | 3);
		return 0;
	}
	for (char *word; (word = strtok_r(NULL, " \t", rest));)
		if (!read_word(&words, word))
			return wrong_word(place, word, "is not a word of a layout; see s2pt gen --help");
	words.leaf.exec_uncached = (words.leaf.x_el1 || words.leaf.x_el0) &&
				   (s2pt_memtype_is_device(words.leaf.type) || words.leaf.type == S2PT_MEM_NORMAL_NC);
	status = s2pt_desc_leaf_encode(format, level, s2pt_pa_of(0), &words.leaf, &desc);
	if (status != S2PT_OK)
		return wrong_status(place, status);
	s2pt_desc_strip(format, level, s2pt_desc_of(desc.raw | words.extra), &extra);
	if (words.extra & ~(extra.ignored | extra.res0))
		return wrong(place, "IGNORED= or RES0= has bits that are neither here", NULL);
	region->bits = (desc.raw & ~UINT64_C(3)) | words.extra;
	return 0;
}

/* "IPA..LAST", or "IPA" before "+SIZE". */
static int
read_range(const struct place *place, char *word, char **rest, struct region *region)
{
	char *const dots = strstr(word, "..");
	uint64_t last;

	if (dots) {
		if (!value_address((struct batch_text){ word, (size_t)(dots - word) }, &region->ipa) ||
		    !value_address(batch_text_of(dots + 2), &last) || last < region->ipa)
			return wrong_word(place, word, "is not IPA..LAST");
		region->size = last - region->ipa + 1;
		return 0;
	}
	if (!value_address(batch_text_of(word), &region->ipa))
		return wrong_word(place, word, "is not an IPA, which is hexadecimal");
	word = strtok_r(NULL, " \t", rest);
	if (!word || word[0] != '+' || !value_parse(&value_any, batch_text_of(word + 1), &region->size))
		return wrong(place, "behind the IPA stands ..LAST, or +SIZE, such as +2M", NULL);
	return 0;
}

static int
read_line(const struct place *place, const struct s2pt_format *format, char *line, struct region *region)
{
	char *rest, *word = strtok_r(line, " \t", &rest);
	int status = read_range(place, word, &rest, region);

	if (status != 0)
		return status;
	word = strtok_r(NULL, " \t", &rest);
	if (word && strcasecmp(word, "level") == 0) {
		word = strtok_r(NULL, " \t", &rest);
		status = read_level(place, format, batch_text_of(word ? word : ""), region);
		if (status != 0)
			return status;
		word = strtok_r(NULL, " \t", &rest);
		region->annotation = word && strcasecmp(word, "annotation") == 0;
		if (region->annotation)
			word = strtok_r(NULL, " \t", &rest);
	}
	if (!word || !value_address(batch_text_of(word), region->annotation ? &region->bits : &region->pa))
		return wrong(place, region->annotation ? "the value of the annotation is missing" : "the PA is missing",
			     NULL);
	return region->annotation ? 0 : read_words(place, format, &rest, region);
}

/* --- All lines -------------------------------------------------------------------------------- */

static int
build_line(struct layout_tables *tables, const struct place *place, char *line, bool csv)
{
	struct region region = { .level = ANY_LEVEL };
	const int status = csv ? read_csv(place, tables->format, line, &region)
			       : read_line(place, tables->format, line, &region);

	if (status != 0)
		return status;
	if (region.annotation && (region.bits & 1 || region.bits == 0) && (region.bits & 3) != 1)
		return wrong(place, "an annotation is an invalid descriptor, and not 0", NULL);
	return build_region(tables, place, &region);
}

static int
build_lines(struct layout_tables *tables, struct place *place, FILE *file)
{
	char line[512];
	bool csv = false;
	int status = 0;

	while (status == 0 && fgets(line, sizeof(line), file)) {
		char *text = line + strspn(line, " \t");

		place->line++;
		if (!strchr(line, '\n') && !feof(file))
			return wrong(place, "it is too long", NULL);
		text[strcspn(text, "#\r\n")] = '\0';
		if (place->line == 1 && strcmp(text, CSV_HEADER) == 0)
			csv = true;
		else if (*text)
			status = build_line(tables, place, text, csv);
	}
	return status;
}

int
layout_read(struct layout_tables *tables, const char *verb, const char *name, FILE *file,
	    const struct s2pt_format *format, uint64_t base)
{
	struct place place = { verb, name, 0 };
	int status;

	*tables = (struct layout_tables){ .format = format, .base = base };
	add_bytes(tables, BIT(format->root_lg2 > format->granule_lg2 ? format->root_lg2 : format->granule_lg2));
	errno = 0;
	status = build_lines(tables, &place, file);
	if (status == 0 && ferror(file)) {
		fail(verb, "cannot read %s: %s", fail_quote(batch_text_of(name)).text, strerror(errno));
		status = EXIT_IO;
	}
	if (status != 0)
		free(tables->entry);
	return status;
}

int
layout_build(struct layout_tables *tables, const char *verb, const char *name, const struct s2pt_format *format,
	     uint64_t base)
{
	FILE *file;
	int status;

	if (strcmp(name, "-") == 0)
		return layout_read(tables, verb, "standard input", stdin, format, base);
	file = fopen(name, "r");
	if (!file) {
		fail(verb, "cannot read %s: %s", fail_quote(batch_text_of(name)).text, strerror(errno));
		return EXIT_IO;
	}
	status = layout_read(tables, verb, name, file, format, base);
	fclose(file);
	return status;
}
