/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What links know of their tables: that an eighth of a leaf table has no dirty leaf. Whatever makes a leaf dirty takes
 * it back, and the next collection finds that leaf; what is known is not looked at.
 */
#include "pool.h"

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define POOL    (UINT64_C(16) << 12)
#define GIB     (UINT64_C(1) << 30)
#define PA      (UINT64_C(1) << 38)
#define ENTRIES 512u
#define PART    64u
#define SIZE    (3 * ENTRIES * PAGE)
#define SW      2u
#define CLEAN   (UINT64_C(255) << 51)
#define DIRTY   (1u | UINT64_C(1) << 7 | (uint64_t)SW << 55)

/* Pages of the second of three leaf tables that nothing is mapped at. */
#define HOLE       (ENTRIES + 4 * PART - 2)
#define HOLE_PAGES 24u

static struct {
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
	struct s2pt_cursor cursor; /* has the second leaf table, from before it became known */
	struct s2pt_mapping dirty, executable;
	uint64_t word[SIZE / PAGE / 64];
} m;

static s2pt_ipa
ipa_of(unsigned page)
{
	return s2pt_ipa_of(GIB + page * PAGE);
}

static s2pt_pa
pa_of(unsigned page)
{
	return s2pt_pa_of(PA + page * PAGE);
}

static uint64_t *
link_of(unsigned page)
{
	return pool_entry_below((const uint64_t *)(const void *)pool.memory, ipa_of(page).addr, 2);
}

static void
invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	(void)bytes;
}

static enum s2pt_status
collect(struct s2pt_op *op, uint64_t ipa, uint64_t size, uint32_t flags)
{
	struct s2pt_bitmap bitmap = { .base = { GIB }, .size = SIZE, .word = m.word };

	return s2pt_table_dirty_collect(&m.table, op, s2pt_ipa_of(ipa), size, &bitmap, flags);
}

/* Collect all, and clear: the pages that are reported are @count from @first on. */
static void
expect_collected(unsigned first, unsigned count, const char *what)
{
	struct s2pt_op op = { 0 };

	memset(m.word, 0, sizeof(m.word));
	CHECK_STATUS(collect(&op, GIB, SIZE, S2PT_COLLECT_CLEAR), S2PT_OK, "collect");
	for (unsigned n = 0; n < SIZE / PAGE; n++)
		CHECK((m.word[n / 64u] >> n % 64u & 1u) == (n >= first && n < first + count),
		      "%s: page %u should%s be reported", what, n, n >= first && n < first + count ? "" : " not");
}

/* Three leaf tables of writable pages. */
static void
open_table(s2pt_feats feats)
{
	const struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .w = true };
	struct s2pt_op op = { .max_lg2 = 12 };
	struct s2pt_mapping writable;

	memset(&m, 0, sizeof(m));
	pool_open(POOL, 0);
	m.format = format_at(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 39, 40, S2PT_FEAT_S2FWB | feats, 1);
	pool_host(&m.host);
	m.host.invalidate_icache = invalidate_icache;
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_OK, "init");
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, 0, &writable), S2PT_OK, "writable");
	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB), SIZE, s2pt_pa_of(PA), &writable), S2PT_OK, "map");
}

/* ... that are logged, clean, and known to be so. */
static void
make_known(void)
{
	struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .w = true };
	struct s2pt_op op = { .max_lg2 = 12 };

	open_table(0);
	CHECK_STATUS(s2pt_table_unmap(&m.table, &op, ipa_of(HOLE), HOLE_PAGES * PAGE), S2PT_OK, "unmap");
	CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, s2pt_ipa_of(GIB), SIZE, SW, 0), S2PT_OK, "start");
	s2pt_table_dirty_leaf(&m.table, &leaf);
	leaf.w = true;
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, 0, &m.dirty), S2PT_OK, "dirty");
	leaf.x_el1 = leaf.x_el0 = true;
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, S2PT_MAPPING_RAM, &m.executable), S2PT_OK, "executable");
	CHECK_STATUS(s2pt_shared_set_af(&m.table, &m.cursor, ipa_of(ENTRIES)), S2PT_OK, "use");
	expect_collected(0, 0, "nothing was written");
	for (unsigned n = 0; n < 3; n++)
		CHECK_U64(*link_of(n * ENTRIES) & CLEAN, CLEAN, "known");
}

/* --- What makes leaves dirty -------------------------------------------------------------------------- */

/* ... of the second leaf table: pages from @first on. Shared operations concern parts @from to @to of it. */
struct way {
	const char *name;
	enum s2pt_status (*run)(void);
	unsigned first, count;
	unsigned from, to;
};

static enum s2pt_status
mark_dirty(void)
{
	return s2pt_shared_mark_dirty(&m.table, NULL, ipa_of(ENTRIES + 100), 0, NULL);
}

static enum s2pt_status
mark_dirty_with_cursor(void)
{
	return s2pt_shared_mark_dirty(&m.table, &m.cursor, ipa_of(ENTRIES + 511), 0, NULL);
}

/* A cursor that found a part is no way to the others. */
static enum s2pt_status
mark_dirty_twice(void)
{
	enum s2pt_status status = s2pt_shared_mark_dirty(&m.table, &m.cursor, ipa_of(ENTRIES + 63), 0, NULL);

	return status == S2PT_OK ? s2pt_shared_mark_dirty(&m.table, &m.cursor, ipa_of(ENTRIES + 64), 0, NULL) : status;
}

static enum s2pt_status
relax_shared(void)
{
	const struct s2pt_change rights = { .set_w = true };

	return s2pt_shared_relax(&m.table, &m.cursor, ipa_of(ENTRIES + 200), &rights);
}

static enum s2pt_status
map_shared(void)
{
	struct s2pt_map_request request = { .lg2 = 12, .invalidate_seq = s2pt_table_invalidate_seq(&m.table) };

	return s2pt_shared_map(&m.table, &m.cursor, &request, ipa_of(HOLE), pa_of(HOLE), &m.dirty);
}

static enum s2pt_status
map_shared_executable(void)
{
	struct s2pt_map_request request = { .lg2 = 12, .invalidate_seq = s2pt_table_invalidate_seq(&m.table) };

	return s2pt_shared_map(&m.table, &m.cursor, &request, ipa_of(HOLE), pa_of(HOLE), &m.executable);
}

static enum s2pt_status
replace_shared(void)
{
	struct s2pt_map_request request = { .lg2 = 12, .replace = true };

	request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
	return s2pt_shared_map(&m.table, NULL, &request, ipa_of(ENTRIES), pa_of(9), &m.dirty);
}

/* The page is in one part, what is mapped before it in another. */
static enum s2pt_status
map_around(void)
{
	struct s2pt_map_request request = { .lg2 = 12, .invalidate_seq = s2pt_table_invalidate_seq(&m.table) };

	return s2pt_shared_map_around(&m.table, &m.cursor, &request, ipa_of(HOLE + 6), pa_of(HOLE + 6), &m.dirty,
				      6 * PAGE, 9 * PAGE);
}

static enum s2pt_status
map_page(void)
{
	struct s2pt_op op = { 0 };

	return s2pt_table_map(&m.table, &op, ipa_of(HOLE), PAGE, pa_of(HOLE), &m.dirty);
}

static enum s2pt_status
map_executable_page(void)
{
	struct s2pt_op op = { 0 };

	return s2pt_table_map(&m.table, &op, ipa_of(HOLE), PAGE, pa_of(HOLE), &m.executable);
}

static enum s2pt_status
map_pages(void)
{
	struct s2pt_op op = { 0 };

	return s2pt_table_map(&m.table, &op, ipa_of(HOLE), HOLE_PAGES * PAGE, pa_of(HOLE), &m.dirty);
}

static enum s2pt_status
map_list(void)
{
	const struct s2pt_segment list[] = {
		{ ipa_of(HOLE), pa_of(700), PAGE },
		{ ipa_of(HOLE + 1), pa_of(800), PAGE },
	};
	struct s2pt_op op = { 0 };

	return s2pt_table_map_list(&m.table, &op, list, COUNT(list), &m.dirty);
}

static enum s2pt_status
replace(void)
{
	struct s2pt_op op = { .replace = true };

	return s2pt_table_map(&m.table, &op, ipa_of(ENTRIES + 300), PAGE, pa_of(9), &m.dirty);
}

static enum s2pt_status
relax(void)
{
	const struct s2pt_change rights = { .set_w = true };
	struct s2pt_op op = { 0 };

	return s2pt_table_relax(&m.table, &op, ipa_of(ENTRIES + 300), PAGE, &rights);
}

static const struct way ways[] = {
	{ "mark_dirty", mark_dirty, ENTRIES + 100, 1, 1, 1 },
	{ "mark_dirty, an old cursor", mark_dirty_with_cursor, ENTRIES + 511, 1, 7, 7 },
	{ "mark_dirty in two parts", mark_dirty_twice, ENTRIES + 63, 2, 0, 1 },
	{ "shared relax", relax_shared, ENTRIES + 200, 1, 3, 3 },
	{ "shared map", map_shared, HOLE, 1, 3, 3 },
	{ "shared map, executable", map_shared_executable, HOLE, 1, 3, 3 },
	{ "shared replace", replace_shared, ENTRIES, 1, 0, 0 },
	{ "shared map around", map_around, HOLE, 16, 3, 4 },
	{ "map a page", map_page, HOLE, 1, 0, 7 },
	{ "map an executable page", map_executable_page, HOLE, 1, 0, 7 },
	{ "map pages", map_pages, HOLE, HOLE_PAGES, 0, 7 },
	{ "map a list", map_list, HOLE, 2, 0, 7 },
	{ "replace a page", replace, ENTRIES + 300, 1, 0, 7 },
	{ "relax", relax, ENTRIES + 300, 1, 0, 7 },
};

static void
test_taken_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		const struct way *way = &ways[i];

		make_known();
		CHECK_STATUS(way->run(), S2PT_OK, way->name);
		for (unsigned part = 0; part < 8; part++)
			CHECK(((*link_of(ENTRIES) >> (51 + part) & 1u) == 0) == (part >= way->from && part <= way->to),
			      "%s: part %u", way->name, part);
		CHECK_U64(*link_of(0) & CLEAN, CLEAN, "another table");
		expect_collected(way->first, way->count, way->name);
		expect_collected(0, 0, way->name);
		pool_close();
	}
}

static bool
see(void *context, const struct s2pt_run *run)
{
	(void)context;
	return run->count;
}

/* What only reads takes nothing back. */
static void
test_readers(void **state)
{
	struct s2pt_found found;
	struct s2pt_stats stats;
	struct s2pt_op op = { 0 };

	(void)state;
	make_known();
	CHECK_STATUS(s2pt_table_lookup(&m.table, ipa_of(ENTRIES), &found), S2PT_OK, "lookup");
	CHECK_STATUS(s2pt_table_visit(&m.table, s2pt_ipa_of(GIB), SIZE, see, NULL), S2PT_OK, "visit");
	s2pt_table_stats(&m.table, &stats);
	CHECK_STATUS(s2pt_table_age(&m.table, &op, s2pt_ipa_of(GIB), SIZE, S2PT_AGE_CLEAR, NULL), S2PT_OK, "age");
	CHECK_STATUS(s2pt_shared_age(&m.table, &op, s2pt_ipa_of(GIB), SIZE, S2PT_AGE_CLEAR, NULL), S2PT_OK, "age");
	CHECK_U64(*link_of(ENTRIES) & CLEAN, CLEAN, "known");
	pool_close();
}

/* --- What is learnt ---------------------------------------------------------------------------------- */

/* Make pages @first and @last of the second table dirty, all the same what its link says. */
static void
plant(unsigned first, unsigned last)
{
	*pool_entry(ipa_of(ENTRIES + first).addr) |= DIRTY;
	*pool_entry(ipa_of(ENTRIES + last).addr) |= DIRTY;
}

/* What is known is not looked at: that saves the time. */
static void
test_passed(void **state)
{
	(void)state;
	make_known();
	plant(1, 500);
	expect_collected(0, 0, "not looked at");
	*link_of(ENTRIES) &= ~(UINT64_C(1) << 58);
	expect_collected(ENTRIES + 500, 1, "one part is looked at");
	*link_of(ENTRIES) &= ~CLEAN;
	expect_collected(ENTRIES + 1, 1, "all are looked at");
	pool_close();
}

/* Collect @count pages from @first on of the second table; then its link knows @parts to be clean. */
static void
expect_known(unsigned first, unsigned count, uint64_t budget, uint32_t flags, uint64_t parts)
{
	struct s2pt_op op = { .budget = budget };

	*link_of(ENTRIES) &= ~CLEAN;
	CHECK_STATUS(collect(&op, ipa_of(ENTRIES + first).addr, count * PAGE, flags),
		     budget ? S2PT_ERR_BUDGET : S2PT_OK, "collect");
	CHECK_U64((*link_of(ENTRIES) & CLEAN) >> 51, parts, "parts that are known to be clean");
}

/* Parts that were looked at whole, and of which nothing is left. */
static void
test_learnt(void **state)
{
	struct s2pt_bitmap mask = { .base = { GIB }, .size = SIZE, .word = m.word };
	struct s2pt_op op = { 0 };

	(void)state;
	make_known();
	expect_known(0, 64, 0, 0, 1);
	expect_known(0, 63, 0, 0, 0);
	expect_known(1, 511, 0, 0, 0xfe);
	expect_known(0, 511, 0, 0, 0x7f);
	expect_known(64, 128, 0, 0, 6);
	expect_known(0, 512, 191, 0, 3);
	expect_known(0, 512, 192, 0, 7);
	plant(70, 71);
	expect_known(0, 512, 0, 0, 0xfd);
	expect_known(128, 384, 0, 0, 0xfc);
	expect_known(0, 512, 0, S2PT_COLLECT_CLEAR, 0xff);
	/* A mask says what is to become clean, and not what is. */
	*link_of(ENTRIES) &= ~CLEAN;
	memset(m.word, 0xff, sizeof(m.word));
	CHECK_STATUS(s2pt_table_dirty_clear(&m.table, &op, s2pt_ipa_of(GIB), SIZE, &mask), S2PT_OK, "clear");
	CHECK_U64(*link_of(ENTRIES) & CLEAN, 0, "by a mask nothing is learnt");
	pool_close();
}

/* A budget counts a table that is passed as one entry, and ends where it is used up. */
static void
test_budget(void **state)
{
	struct s2pt_op op = { .budget = 2 };

	(void)state;
	make_known();
	CHECK_STATUS(collect(&op, GIB, SIZE, 0), S2PT_ERR_BUDGET, "collect");
	CHECK_U64(op.done, 2 * ENTRIES * PAGE, "two tables");
	op.budget = 3;
	CHECK_STATUS(collect(&op, GIB, SIZE, 0), S2PT_OK, "collect");
	CHECK_U64(op.done, SIZE, "three tables");
	/* A range may begin and end in such a table. */
	CHECK_STATUS(collect(&op, ipa_of(5).addr, ENTRIES * PAGE, 0), S2PT_OK, "collect");
	CHECK_U64(op.done, ENTRIES * PAGE, "two tables in part");
	pool_close();
}

/* Where hardware makes leaves dirty, or nothing is logged yet, a link knows nothing. */
static void
test_nothing_known(void **state)
{
	struct s2pt_op op = { 0 };

	(void)state;
	for (unsigned hardware = 0; hardware < 2; hardware++) {
		open_table(hardware ? S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM : 0);
		if (hardware)
			CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, s2pt_ipa_of(GIB), SIZE, 0, 0), S2PT_OK,
				     "start");
		CHECK_STATUS(collect(&op, GIB, SIZE, S2PT_COLLECT_CLEAR), S2PT_OK, "collect");
		CHECK_U64(*link_of(0) & CLEAN, 0, "nothing is known");
		pool_close();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken_back),
		cmocka_unit_test(test_readers),
		cmocka_unit_test(test_passed),
		cmocka_unit_test(test_learnt),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
