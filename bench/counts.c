/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What operations may cost that no clock shows here: stores, invalidations, barriers. Exact. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

static struct machine *m;
static int failures;

static uint64_t
by_address(const struct counts *c)
{
	return c->tlbi[S2PT_TLBI_IPAS2E1] + c->tlbi[S2PT_TLBI_IPAS2LE1] +
	       c->tlbi[S2PT_TLBI_RIPAS2E1] + c->tlbi[S2PT_TLBI_RIPAS2LE1];
}

static void
expect(const char *what, const char *of, uint64_t least, uint64_t is, uint64_t most)
{
	if (is >= least && is <= most)
		return;
	printf("%s: %s: %ju, expected %ju to %ju\n", what, of, (uintmax_t)is, (uintmax_t)least,
	       (uintmax_t)most);
	failures++;
}

static void
expect_exactly(const char *what, const char *of, uint64_t is, uint64_t wanted)
{
	expect(what, of, wanted, is, wanted);
}

static void
expect_no_invalidation(const char *what, const struct counts *c)
{
	for (unsigned op = 0; op < S2PT_TLBI_OP_COUNT; op++)
		expect_exactly(what, "TLBI", c->tlbi[op], 0);
	expect_exactly(what, "calls of invalidate", c->requests, 0);
}

/* One operation on a range, and what combines both stages: DSB, TLBI, DSB, TLBI, DSB, ISB. */
static void
expect_one_range(const char *what, const struct counts *c, bool leaves)
{
	expect_exactly(what, leaves ? "TLBI RIPAS2LE1IS" : "TLBI RIPAS2E1IS",
		       c->tlbi[leaves ? S2PT_TLBI_RIPAS2LE1 : S2PT_TLBI_RIPAS2E1], 1);
	expect_exactly(what, "TLBI by address", by_address(c), 1);
	expect_exactly(what, "TLBI VMALLE1IS", c->tlbi[S2PT_TLBI_VMALLE1], 1);
	expect_exactly(what, "TLBI VMALLS12E1IS", c->tlbi[S2PT_TLBI_VMALLS12E1], 0);
	expect_exactly(what, "calls of invalidate", c->requests, 1);
	expect_exactly(what, "barriers", c->barriers, 4);
}

static void
counts_of(const char *name, struct counts *c)
{
	for (size_t i = 0; i < workload_count; i++)
		if (!strcmp(workloads[i].name, name)) {
			workload_counts(&workloads[i], m, c);
			return;
		}
	printf("no workload '%s'\n", name);
	failures++;
}

/* Run @name, then the same again on what it left. */
static void
counts_of_second(const char *name, struct counts *c)
{
	counts_of(name, c);
	for (size_t i = 0; i < workload_count; i++)
		if (!strcmp(workloads[i].name, name)) {
			machine_count(m);
			workloads[i].run(m);
			*c = m->counts;
			machine_plain(m);
		}
}

/* How many leaves of @bytes there are in the first table, and that each maps what it should. */
static void
expect_leaves(const char *what, uint64_t bytes, uint64_t wanted)
{
	uint64_t leaves = 0;
	struct s2pt_found found;
	s2pt_pa pa;

	for (uint64_t at = 0; at < BENCH_BYTES; at += bytes) {
		s2pt_ipa ipa = s2pt_ipa_of(BENCH_IPA + at);

		if (s2pt_table_translate(&m->table[0], ipa, &pa) != S2PT_OK)
			continue;
		if (s2pt_table_lookup(&m->table[0], ipa, &found) == S2PT_OK &&
		    found.size == bytes && pa.addr == BENCH_PA + at)
			leaves++;
	}
	expect_exactly(what, "leaves", leaves, wanted);
}

/* --- Invalid to valid ------------------------------------------------------------------------- */

static void
check_maps(void)
{
	static const char *const names[] = { "map4k_1g", "fault4k_seq", "fault4k_rand" };
	struct counts c;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		counts_of(names[i], &c);
		expect_no_invalidation(names[i], &c);
		expect_exactly(names[i], "tables", c.tables_allocated, 2 + 512);
		expect_leaves(names[i], BENCH_PAGE, BENCH_PAGES);
	}
	counts_of("map2m_1g", &c);
	expect_no_invalidation("map2m_1g", &c);
	expect_exactly("map2m_1g", "tables", c.tables_allocated, 2 * BENCH_TABLES);
	expect_exactly("map2m_1g", "stores", c.stores, BENCH_TABLES);
	expect_leaves("map2m_1g", BENCH_BLOCK, 512);
	counts_of("map4k_1g", &c);
	expect_exactly("map4k_1g", "stores", c.stores, 512);
	expect_exactly("map4k_1g", "barriers", c.barriers, 1);
	/* Two tables with one link each; the others are full. */
	expect_exactly("map4k_1g", "zeroed bytes", c.zeroed, 2 * 511 * 8);
}

/* --- Valid to invalid, and to less ------------------------------------------------------------ */

static void
check_removals(void)
{
	struct counts c;

	counts_of("unmap4k_1g", &c);
	expect_one_range("unmap4k_1g", &c, false);
	expect_leaves("unmap4k_1g", BENCH_PAGE, 0);
	expect_exactly("unmap4k_1g", "tables retired", m->retired_count, 2 + 512);
	counts_of("unmap4k_half", &c);
	expect_exactly("unmap4k_half", "stores", c.stores, BENCH_PAGES / 2);
	expect_exactly("unmap4k_half", "TLBI by address", by_address(&c), 512);
	expect_exactly("unmap4k_half", "TLBI VMALLE1IS", c.tlbi[S2PT_TLBI_VMALLE1], 512);
	expect_leaves("unmap4k_half", BENCH_PAGE, BENCH_PAGES / 2);
	counts_of("wrprotect4k_1g", &c);
	expect_one_range("wrprotect4k_1g", &c, true);
	expect_exactly("wrprotect4k_1g", "stores", c.stores, BENCH_PAGES);
	expect_leaves("wrprotect4k_1g", BENCH_PAGE, BENCH_PAGES);
}

/* Groups are broken, invalidated and made again by batches of 65,536 leaves. */
static void
check_groups(void)
{
	static const char *const names[] = { "protect_groups", "protect_groups_hw", "dirty_start_groups",
					     "dirty_start_groups_hw" };
	const uint64_t batches = 4;
	struct counts c;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		counts_of(names[i], &c);
		expect_exactly(names[i], "stores", c.stores, 2 * BENCH_PAGES);
		expect_exactly(names[i], "calls of invalidate", c.requests, batches);
		expect_exactly(names[i], "TLBI by address", by_address(&c), batches);
		expect_exactly(names[i], "TLBI VMALLE1IS", c.tlbi[S2PT_TLBI_VMALLE1], batches);
		/* Four of each sequence, and one for what was made after the last. */
		expect_exactly(names[i], "barriers", c.barriers, 4 * batches + 1);
		expect_leaves(names[i], BENCH_PAGE, BENCH_PAGES);
	}
	/* One invalidation of what is far apart, too. */
	counts_of("protect_spread", &c);
	expect_exactly("protect_spread", "calls of invalidate", c.requests, 1);
	expect_exactly("protect_spread", "TLBI VMALLS12E1IS", c.tlbi[S2PT_TLBI_VMALLS12E1], 1);
}

static void
check_split(void)
{
	struct counts c;

	counts_of("split2m_512", &c);
	expect("split2m_512", "TLBI by address", 1, by_address(&c), 4);
	expect("split2m_512", "TLBI VMALLE1IS", 1, c.tlbi[S2PT_TLBI_VMALLE1], 2);
	expect_exactly("split2m_512", "TLBI VMALLS12E1IS", c.tlbi[S2PT_TLBI_VMALLS12E1], 0);
	expect_exactly("split2m_512", "tables", c.tables_allocated, 512);
	expect_exactly("split2m_512", "zeroed bytes", c.zeroed, 0);
	expect_leaves("split2m_512", BENCH_PAGE, BENCH_PAGES);
}

/* --- The use of memory ------------------------------------------------------------------------------- */

/*
 * @pages were reported and lost a bit, each by one store, and one invalidation ends it. That they are clean is told by
 * a store to each of @links.
 */
static void
expect_collected(const char *name, uint64_t pages, uint64_t links)
{
	struct counts c;

	counts_of(name, &c);
	expect_exactly(name, "pages reported", m->sum, pages);
	expect_exactly(name, "stores", c.stores, pages + links);
	expect_exactly(name, "calls of invalidate", c.requests, 1);
	expect_exactly(name, "TLBI VMALLE1IS", c.tlbi[S2PT_TLBI_VMALLE1], 1);
	expect(name, "TLBI by address", 1, by_address(&c), 4);
	expect_leaves(name, BENCH_PAGE, BENCH_PAGES);
}

/* Nothing is left to be reported: each entry is read, and no memory is written. A store would be fatal. */
static void
expect_only_reads(const char *name)
{
	struct counts c;

	for (size_t i = 0; i < workload_count; i++) {
		if (strcmp(workloads[i].name, name))
			continue;
		workloads[i].prepare(m);
		workloads[i].run(m);
		memset(m->pages, 0, sizeof(m->pages));
		if (!machine_protect(m, false)) {
			printf("%s: table memory stays writable\n", name);
			failures++;
		}
		workloads[i].run(m);
		machine_protect(m, true);
		expect_exactly(name, "pages reported a second time", m->sum, 0);
	}
	counts_of_second(name, &c);
	expect_exactly(name, "stores, a second time", c.stores, 0);
	expect_no_invalidation(name, &c);
}

static void
check_collections(void)
{
	static const struct {
		const char *name;
		uint64_t pages, links;
	} collections[] = {
		{ "age_1g", BENCH_PAGES, 0 },
		{ "age_1g_hw", BENCH_PAGES, 0 },
		{ "dirty_collect_1g", BENCH_PAGES, 512 },
		{ "dirty_collect_1g_hw", BENCH_PAGES, 0 },
		{ "dirty_sparse_1g", BENCH_PAGES / 64, 512 },
		{ "dirty_sparse_1g_hw", BENCH_PAGES / 64, 0 },
		{ "dirty_rare_1g", BENCH_PAGES / 4096, BENCH_PAGES / 4096 },
	};
	struct counts c;

	for (size_t i = 0; i < sizeof(collections) / sizeof(collections[0]); i++) {
		expect_collected(collections[i].name, collections[i].pages, collections[i].links);
		expect_only_reads(collections[i].name);
	}
	counts_of("dirty_none_1g", &c);
	expect_exactly("dirty_none_1g", "stores", c.stores, 0);
	expect_no_invalidation("dirty_none_1g", &c);
	counts_of("dirty_start_1g", &c);
	expect_one_range("dirty_start_1g", &c, true);
	expect_exactly("dirty_start_1g", "stores", c.stores, BENCH_PAGES);
	counts_of("dirty_stop_1g", &c);
	expect_no_invalidation("dirty_stop_1g", &c);
	expect_exactly("dirty_stop_1g", "stores", c.stores, BENCH_PAGES);
}

/* --- Faults, shared -------------------------------------------------------------------------------- */

static void
check_shared(void)
{
	static const char *const maps[] = { "live_map4k_seq", "live_map4k_cursor" };
	struct counts c;

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		counts_of(maps[i], &c);
		expect_no_invalidation(maps[i], &c);
		expect_exactly(maps[i], "tables", c.tables_allocated, 2 + 512);
		expect_exactly(maps[i], "stores", c.stores, BENCH_PAGES);
		expect_leaves(maps[i], BENCH_PAGE, BENCH_PAGES);
	}
	counts_of("live_write4k", &c);
	expect_exactly("live_write4k", "stores", c.stores, BENCH_PAGES);
	expect_exactly("live_write4k", "calls of invalidate", c.requests, BENCH_PAGES);
}

/* --- Nothing ---------------------------------------------------------------------------------- */

static void
check_nothing(void)
{
	static const char *const again[] = {
		"map4k_1g",
		"map2m_1g",
		"wrprotect4k_1g",
		"unmap4k_1g",
		"unmap4k_half",
		"split2m_512",
		"split_noop_1g",
		"fault4k_seq",
		"fault4k_rand",
		"lookup_free",
		"dirty_start_1g",
		"dirty_stop_1g",
		"live_map4k_seq",
		"live_map4k_cursor",
	};
	struct counts c;

	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		char what[64];

		snprintf(what, sizeof(what), "%s, a second time", again[i]);
		counts_of_second(again[i], &c);
		expect_exactly(what, "stores", c.stores, 0);
		expect_exactly(what, "tables", c.tables_allocated, 0);
		expect_exactly(what, "barriers", c.barriers, 0);
		expect_no_invalidation(what, &c);
	}
}

int
main(void)
{
	m = machine_make();
	if (!m)
		return 2;
	check_maps();
	check_removals();
	check_groups();
	check_split();
	check_collections();
	check_shared();
	check_nothing();
	expect_exactly("all", "status", (uint64_t)m->status, S2PT_OK);
	machine_free(m);
	printf("%s\n", failures ? "FAILED" : "ok");
	return failures ? 1 : 0;
}
