/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * grow.c: one operation on a range of any size, for bench/growth to count.
 *
 *     grow --list             a line each: operation, shape
 *     grow OP SHAPE GIB       run it on so many GiB, between two calls of getppid
 *
 * Tables are of 4K pages, four levels, with FEAT_S2FWB. A range is dense, all of it mapped as pages, or sparse: a page
 * in each 2 MiB, so that each is alone in a leaf table.
 */
#include <s2pt/tracking.h>

#include "idle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE    UINT64_C(4096)
#define BLOCK   (UINT64_C(2) << 20)
#define GIB     (UINT64_C(1) << 30)
#define IPA     GIB
#define PA      (UINT64_C(1) << 41)
#define POOL_PA (UINT64_C(1) << 40)
#define MOST    256u
#define SW      1u

static struct {
	uint8_t *pool;
	uint64_t pool_bytes, used;
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
	struct s2pt_mapping mapping;
	uint64_t size;
	bool sparse;
	uint64_t *word;
	uint64_t leaves;
	enum s2pt_status status; /* the last refusal */
} g;

static void
note(enum s2pt_status status)
{
	if (status != S2PT_OK)
		g.status = status;
}

/* --- The host ----------------------------------------------------------------------------------------- */

static bool
alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	const uint64_t at = (g.used + bytes - 1u) & ~((uint64_t)bytes - 1u);

	(void)context;
	(void)what;
	if (at + bytes > g.pool_bytes)
		return false;
	g.used = at + bytes;
	page->virt = g.pool + at;
	page->pa = s2pt_pa_of(POOL_PA + at);
	return true;
}

static bool
open_table(void)
{
	struct s2pt_features cpu = {
		.feats = S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_TTL | S2PT_FEAT_TLBIRANGE,
		.pa_bits = 48,
		.granule_4k = true,
	};
	const struct s2pt_leaf ram = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .w = true };
	struct s2pt_config config;

	/* Room for a leaf table for each 2 MiB, and for what is above them. */
	g.pool_bytes = (MOST * GIB / BLOCK + MOST + 64u) * PAGE;
	g.pool = mmap(NULL, g.pool_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	g.word = calloc(MOST * GIB / PAGE / 64u, sizeof(*g.word));
	if (g.pool == MAP_FAILED || !g.word)
		return false;
	g.host.size = sizeof(g.host);
	g.host.virt_offset = (uintptr_t)g.pool - (uintptr_t)POOL_PA;
	g.host.alloc = alloc;
	g.host.retire = idle_retire;
	g.host.invalidate = idle_invalidate;
	g.host.publish = idle_publish;
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 48;
	config.start_level = 0;
	note(s2pt_format_init(&g.format, &cpu, &config));
	note(s2pt_mapping_init(&g.format, &ram, 0, &g.mapping));
	note(s2pt_table_init(&g.table, &g.format, &g.host, 0));
	return g.status == S2PT_OK;
}

/* --- Operations --------------------------------------------------------------------------------------- */

static void
map(void)
{
	struct s2pt_op op = { .max_lg2 = S2PT_GRANULE_4K };
	const uint64_t step = g.sparse ? BLOCK : g.size;

	for (uint64_t at = 0; at < g.size; at += step)
		note(s2pt_table_map(&g.table, &op, s2pt_ipa_of(IPA + at), g.sparse ? PAGE : g.size, s2pt_pa_of(PA + at),
				    &g.mapping));
}

static void
protect(void)
{
	static const struct s2pt_change read_only = { .clear_w = true };
	struct s2pt_op op = { 0 };

	note(s2pt_table_protect(&g.table, &op, s2pt_ipa_of(IPA), g.size, &read_only));
}

static void
collect(void)
{
	struct s2pt_bitmap bitmap = { .base = s2pt_ipa_of(IPA), .size = g.size, .word = g.word };
	struct s2pt_op op = { 0 };

	note(s2pt_table_dirty_collect(&g.table, &op, s2pt_ipa_of(IPA), g.size, &bitmap, S2PT_COLLECT_CLEAR));
}

/* The log, before its first round, and before another in which nothing is dirty. */
static void
log_writes(void)
{
	struct s2pt_op op = { 0 };

	map();
	note(s2pt_table_dirty_start(&g.table, &op, s2pt_ipa_of(IPA), g.size, SW, 0));
}

static void
log_round(void)
{
	log_writes();
	collect();
}

static void
unmap(void)
{
	struct s2pt_op op = { 0 };

	note(s2pt_table_unmap(&g.table, &op, s2pt_ipa_of(IPA), g.size));
}

static void
nothing(void)
{
}

static const struct {
	const char *name;
	void (*prepare)(void);
	void (*run)(void);
} operations[] = {
	{ "map", nothing, map },
	{ "protect", map, protect },
	{ "collect", log_writes, collect },
	{ "collect_again", log_round, collect },
	{ "unmap", map, unmap },
};

static const char *const shapes[] = { "dense", "sparse" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int
main(int argc, char **argv)
{
	size_t op = 0, shape = 0;
	unsigned long gib = 0;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (op = 0; op < COUNT(operations); op++)
			for (shape = 0; shape < COUNT(shapes); shape++)
				printf("%s %s\n", operations[op].name, shapes[shape]);
		return 0;
	}
	if (argc == 4) {
		while (op < COUNT(operations) && strcmp(operations[op].name, argv[1]))
			op++;
		while (shape < COUNT(shapes) && strcmp(shapes[shape], argv[2]))
			shape++;
		gib = strtoul(argv[3], NULL, 10);
	}
	if (argc != 4 || op == COUNT(operations) || shape == COUNT(shapes) || gib < 1 || gib > MOST) {
		fprintf(stderr, "usage: grow --list | grow OP SHAPE GIB, 1 to %u\n", MOST);
		return 2;
	}
	g.size = gib * GIB;
	g.sparse = shape == 1;
	if (!open_table())
		return 1;
	operations[op].prepare();
	getppid();
	operations[op].run();
	getppid();
	if (g.status != S2PT_OK)
		fprintf(stderr, "grow: %s %s %lu: status %d\n", argv[1], argv[2], gib, (int)g.status);
	return g.status != S2PT_OK;
}
