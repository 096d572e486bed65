/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fuzz_layout: layouts, of which nothing is believed. What is made of one is a table without a problem; and its runs,
 * written as a layout, make the same runs.
 *
 * Input: a byte (bits 1:0: which format), then the text.
 */
#include "dump.h"
#include "fuzz.h"
#include "layout.h"
#include "tree.h"
#include "value.h"

#define BASE UINT64_C(0x80000000)

/* A hash of the runs of a table, and a layout of them. */
struct runs {
	const struct s2pt_format *format;
	uint64_t hash;
	FILE *text;
};

static void
on_run(void *context, const struct tree_run *run)
{
	struct runs *runs = context;
	const uint64_t raw = run->desc.raw;
	const uint64_t parts[] = { run->ipa, run->size, run->annotation ? 0 : run->pa, (uint64_t)run->level,
				   run->annotation ? raw : raw & tree_attribute_bits(runs->format) };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		runs->hash = (runs->hash ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
	if (!runs->text)
		return;
	fprintf(runs->text, "0x%" PRIx64 ",0x%" PRIx64 ",0x%" PRIx64 ",%d,", run->ipa, run->size,
		run->annotation ? raw : run->pa, run->level);
	if (run->annotation)
		fprintf(runs->text, "annotation,-,-,-,-,-,-,-,-\n");
	else
		fprintf(runs->text, "leaf,%u,%u,%u,%u,%u,%u,%u,%u\n", (unsigned)(raw >> 2 & 15),
			(unsigned)(raw >> 8 & 3),
			(unsigned)(raw >> 6 & 3), (unsigned)(raw >> 53 & 3), (unsigned)(raw >> 10 & 1),
			(unsigned)(raw >> 51 & 1), (unsigned)(raw >> 52 & 1), (unsigned)(raw >> 55 & 15));
}

static void
on_problem(void *context, enum tree_problem problem, const struct tree_place *place)
{
	(void)context;
	REQUIRE(false, "problem %d at 0x%" PRIx64, problem, place->pa);
}

static uint64_t
hash_of(const struct layout_tables *tables, FILE *text)
{
	struct runs runs = { .format = tables->format, .text = text };
	const struct tree_visitor visitor = { .run = on_run, .problem = on_problem, .context = &runs };
	struct s2pt_walker walker;
	struct dump dump = { .count = 0 };
	const uint64_t base = BASE;

	s2pt_walker_of_format(&walker, tables->format, s2pt_pa_of(BASE));
	REQUIRE(dump_add(&dump, "fuzz", "tables", (const unsigned char *)tables->entry, tables->bytes, &base) == 0,
		"no dump");
	tree_visit(&dump, &walker, &visitor);
	dump_close(&dump);
	return runs.hash;
}

/* Small ones: a layout may map all of it by pages. */
static bool
make_format(struct s2pt_format *format, unsigned which)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K,
						      S2PT_GRANULE_4K };
	const struct s2pt_features cpu = {
		.feats = S2PT_FEAT_XNX | S2PT_FEAT_XS | S2PT_FEAT_BBML1 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM |
			 (which == 3 ? S2PT_FEAT_S2FWB : 0),
		.pa_bits = 48,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
	};
	struct s2pt_config config;

	s2pt_config_init(&config, granules[which], &cpu);
	config.ipa_bits = 32;
	return s2pt_format_init(format, &cpu, &config) == S2PT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct layout_tables tables, again;
	struct s2pt_format format;
	const unsigned which = take8(&in) & 3;
	char *text = NULL;
	size_t length = 0;
	uint64_t hash;
	FILE *file;
	int status;

	value_init();
	if (in.left == 0)
		return 0;
	REQUIRE(make_format(&format, which), "format %u", which);
	file = fmemopen((void *)(uintptr_t)in.at, in.left, "r");
	REQUIRE(file, "no file");
	status = layout_read(&tables, "fuzz", "layout", file, &format, BASE);
	fclose(file);
	if (status != 0)
		return 0;
	file = open_memstream(&text, &length);
	REQUIRE(file, "no file");
	fprintf(file, "ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw\n");
	hash = hash_of(&tables, file);
	fclose(file);
	free(tables.entry);
	file = fmemopen(text, length, "r");
	REQUIRE(file, "no file");
	REQUIRE(layout_read(&again, "fuzz", "again", file, &format, BASE) == 0, "not a layout: %s", text);
	REQUIRE(hash_of(&again, NULL) == hash, "another table: %s", text);
	fclose(file);
	free(again.entry);
	free(text);
	return 0;
}
