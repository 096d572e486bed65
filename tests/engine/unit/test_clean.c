/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Data caches that cannot be cleaned. Each operation is run with a clean_data that fails at its first call, at its
 * second, and so on. It says so; what was unmapped stays so; what was to become visible does not, and the same call
 * goes on from there. And memory that is clean already, as the host says.
 */
#include "pool.h"

#include <s2pt/shared.h>

#define POOL  (UINT64_C(64) << 12)
#define GIB   (UINT64_C(1) << 30)
#define MIB2  (UINT64_C(2) << 20)
#define GROUP (16u * PAGE)
#define PA    (UINT64_C(1) << 32)
#define TO    (PA + GIB)

/* All that the operations of this file map, as pages from GIB on. */
#define PAGES 1024u

static struct {
	unsigned cleans;  /* calls of clean_data, */
	uint64_t cleaned; /* ... and the bytes of all of them */
	unsigned fails;   /* the one of them that fails, from 1 on; 0: none */
	uint64_t failed;  /* where that was, */
	uint64_t bytes;   /* ... and how much */
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
} m;

/* What the table says of each page: its PA and attributes. */
struct content {
	uint64_t page[PAGES];
};

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	m.cleaned += bytes;
	if (++m.cleans != m.fails)
		return true;
	m.failed = pa.addr;
	m.bytes = bytes;
	return false;
}

static void
invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	(void)bytes;
}

static void
open_table(void)
{
	const struct s2pt_features cpu = { .pa_bits = 40, .granule_4k = true };
	struct s2pt_config config;

	memset(&m, 0, sizeof(m));
	memset(&m.table, 1, sizeof(m.table));
	pool_open(POOL, POISON);
	pool_host(&m.host);
	m.host.clean_data = clean_data;
	m.host.invalidate_icache = invalidate_icache;
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 39;
	config.start_level = 1;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_OK, "init");
}

static void
read_content(struct content *content)
{
	for (unsigned n = 0; n < PAGES; n++) {
		const uint64_t ipa = GIB + n * PAGE;
		struct s2pt_found found;

		CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(ipa), &found), S2PT_OK, "lookup");
		content->page[n] = found.desc.raw & 1u ? (found.pa.addr + (ipa - found.ipa.addr)) |
								 (found.desc.raw & 0xffcu) | 1u
						       : 0;
	}
}

/* Are pages from @first to @end the same in both? */
static void
check_same(const struct content *is, const struct content *want, uint64_t first, uint64_t end, const char *what)
{
	for (uint64_t n = first; n < end; n++)
		CHECK(is->page[n] == want->page[n], "%s: page %" PRIu64 ": 0x%" PRIx64 ", not 0x%" PRIx64, what, n,
		      is->page[n], want->page[n]);
}

/* Of each contiguous group all members have the hint, or none. */
static void
check_groups(void)
{
	for (unsigned n = 0; n < PAGES; n += 16) {
		const uint64_t *entry = pool_entry(GIB + n * PAGE);

		for (unsigned i = 1; entry && i < 16; i++)
			CHECK(!((entry[0] ^ entry[i]) >> 52 & 1u), "the group of page %u is torn", n);
	}
}

/* --- Operations ---------------------------------------------------------------------------------------- */

/* What there is to begin with. */
static void
map_ram(uint64_t ipa, uint64_t size, uint64_t pa, uint8_t max_lg2)
{
	const struct s2pt_mapping mapping = pool_mapping(&m.format, S2PT_MEM_NORMAL_WB, true, true);
	struct s2pt_op op = { .max_lg2 = max_lg2 };

	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(ipa), size, s2pt_pa_of(pa), &mapping), S2PT_OK, "map");
}

static void
begin_nothing(void)
{
}

static void
begin_pages(void)
{
	map_ram(GIB, 4 * GROUP, PA, 12);
}

static void
begin_groups(void)
{
	map_ram(GIB, 4 * GROUP, PA, 16);
}

static void
begin_hole(void)
{
	map_ram(GIB, GROUP, PA, 12);
	map_ram(GIB + 2 * GROUP, GROUP, PA + 2 * GROUP, 12);
}

static void
begin_blocks(void)
{
	map_ram(GIB, 2 * MIB2, PA, 21);
}

static void
begin_beside(void)
{
	map_ram(GIB + MIB2 - PAGE, PAGE, PA, 12);
}

#define FAR (GIB + MIB2 - 2 * GROUP)

/* In two tables, or beside a table: one batch of a change of type goes over both. */
static void
begin_far(void)
{
	map_ram(FAR, 4 * GROUP, PA, 16);
}

static void
begin_unlike(void)
{
	map_ram(GIB, MIB2, PA, 21);
	map_ram(GIB + MIB2, GROUP, PA + MIB2, 12);
}

static enum s2pt_status
run_map(struct s2pt_op *op)
{
	const struct s2pt_mapping mapping = pool_mapping(&m.format, S2PT_MEM_NORMAL_NC, true, true);

	return s2pt_table_map(&m.table, op, s2pt_ipa_of(GIB), 4 * GROUP, s2pt_pa_of(TO), &mapping);
}

static enum s2pt_status
run_map_pages(struct s2pt_op *op)
{
	op->max_lg2 = 12;
	return run_map(op);
}

static enum s2pt_status
run_map_far(struct s2pt_op *op)
{
	const struct s2pt_mapping mapping = pool_mapping(&m.format, S2PT_MEM_NORMAL_WB, true, true);

	op->max_lg2 = 16;
	return s2pt_table_map(&m.table, op, s2pt_ipa_of(GIB + MIB2 - GROUP), 2 * GROUP, s2pt_pa_of(TO), &mapping);
}

static enum s2pt_status
run_replace(struct s2pt_op *op)
{
	op->replace = true;
	op->batch = 16;
	return run_map(op);
}

static enum s2pt_status
run_unmap(struct s2pt_op *op)
{
	return s2pt_table_unmap(&m.table, op, s2pt_ipa_of(GIB), 4 * GROUP);
}

static enum s2pt_status
run_zap(struct s2pt_op *op)
{
	op->partial = S2PT_PARTIAL_ZAP;
	return s2pt_table_unmap(&m.table, op, s2pt_ipa_of(GIB + MIB2 - PAGE), 2 * PAGE);
}

static enum s2pt_status
retype(struct s2pt_op *op, uint64_t ipa, uint64_t size)
{
	const struct s2pt_change change = {
		.retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_ISH, .ram = true
	};

	return s2pt_table_protect(&m.table, op, s2pt_ipa_of(ipa), size, &change);
}

static enum s2pt_status
run_retype(struct s2pt_op *op)
{
	return retype(op, GIB, 4 * GROUP);
}

static enum s2pt_status
run_retype_far(struct s2pt_op *op)
{
	return retype(op, FAR, 4 * GROUP);
}

static enum s2pt_status
run_retype_by_batch(struct s2pt_op *op)
{
	op->batch = 24;
	return run_retype_far(op);
}

static enum s2pt_status
run_retype_unlike(struct s2pt_op *op)
{
	return retype(op, GIB, MIB2 + GROUP);
}

static void
copy(void *context, s2pt_pa from, s2pt_pa to, uint64_t bytes)
{
	(void)context;
	CHECK_U64(to.addr - from.addr, TO - PA, "copy");
	CHECK(bytes >= PAGE, "copy");
}

static enum s2pt_status
run_move(struct s2pt_op *op)
{
	const struct s2pt_move move = { .from = s2pt_pa_of(PA), .to = s2pt_pa_of(TO), .copy = copy };

	return s2pt_table_move(&m.table, op, s2pt_ipa_of(GIB), 4 * GROUP, &move);
}

static enum s2pt_status
run_move_blocks(struct s2pt_op *op)
{
	const struct s2pt_move move = { .from = s2pt_pa_of(PA), .to = s2pt_pa_of(TO) };

	return s2pt_table_move(&m.table, op, s2pt_ipa_of(GIB), 2 * MIB2, &move);
}

/* An operation on [ipa, ipa + size). */
struct operation {
	const char *name;
	void (*begin)(void);
	enum s2pt_status (*run)(struct s2pt_op *op);
	uint64_t ipa;
	uint64_t size;
	unsigned cleans;  /* how often it calls clean_data, if that does not fail, */
	uint64_t cleaned; /* ... and for how many bytes */
	bool unmaps;      /* ... for what it has unmapped: it is complete where that fails */
	bool holes;       /* what was to be replaced may be unmapped */
};

static const struct operation operations[] = {
	{ "map", begin_nothing, run_map, GIB, 4 * GROUP, 1, 4 * GROUP, false, false },
	{ "map beside", begin_beside, run_map_pages, GIB, 4 * GROUP, 1, 4 * GROUP, false, false },
	{ "map in two tables", begin_nothing, run_map_far, GIB + MIB2 - GROUP, 2 * GROUP, 2, 2 * GROUP, false, false },
	{ "replace pages", begin_pages, run_replace, GIB, 4 * GROUP, 8, 8 * GROUP, false, true },
	{ "replace groups", begin_groups, run_replace, GIB, 4 * GROUP, 8, 8 * GROUP, false, true },
	{ "unmap", begin_pages, run_unmap, GIB, 4 * GROUP, 1, 4 * GROUP, true, false },
	{ "unmap groups", begin_groups, run_unmap, GIB, 4 * GROUP, 1, 4 * GROUP, true, false },
	{ "zap", begin_blocks, run_zap, GIB, 2 * MIB2, 1, 2 * MIB2, true, false },
	{ "retype pages", begin_pages, run_retype, GIB, 4 * GROUP, 64, 4 * GROUP, false, false },
	{ "retype around a hole", begin_hole, run_retype, GIB, 4 * GROUP, 32, 2 * GROUP, false, false },
	{ "retype groups", begin_groups, run_retype, GIB, 4 * GROUP, 64, 4 * GROUP, false, false },
	{ "retype in two tables", begin_far, run_retype_far, FAR, 4 * GROUP, 64, 4 * GROUP, false, false },
	{ "retype by batch", begin_far, run_retype_by_batch, FAR, 4 * GROUP, 64, 4 * GROUP, false, false },
	{ "retype unlike leaves", begin_unlike, run_retype_unlike, GIB, MIB2 + GROUP, 17, MIB2 + GROUP, false, false },
	{ "move pages", begin_pages, run_move, GIB, 4 * GROUP, 128, 8 * GROUP, false, false },
	{ "move groups", begin_groups, run_move, GIB, 4 * GROUP, 128, 8 * GROUP, false, false },
	{ "move blocks", begin_blocks, run_move_blocks, GIB, 2 * MIB2, 4, 4 * MIB2, false, false },
};

static void
check_failed(const struct operation *op, const struct s2pt_op *done, const struct content *before,
	     const struct content *after)
{
	const uint64_t first = (op->ipa - GIB) / PAGE, at = first + done->done / PAGE;
	struct content now;

	read_content(&now);
	check_groups();
	CHECK_U64(m.bytes & (PAGE - 1u), 0, "bytes");
	if ((op->begin == begin_groups || op->begin == begin_far) && !op->holes && !op->unmaps)
		CHECK_U64(done->done & (GROUP - 1u), 0, op->name);
	check_same(&now, after, 0, at, op->name);
	if (!op->holes)
		check_same(&now, op->unmaps ? after : before, at, PAGES, op->name);
	for (uint64_t n = at; op->holes && n < PAGES; n++)
		CHECK(now.page[n] == before->page[n] || !now.page[n], "%s: page %" PRIu64, op->name, n);
}

/* With the call of clean_data that is @fails. */
static void
run_failing(const struct operation *operation, unsigned fails, const struct content *after)
{
	struct s2pt_op op = { .resume = true };
	struct content before, now;

	open_table();
	operation->begin();
	read_content(&before);
	m.cleans = 0;
	m.fails = fails;
	CHECK_STATUS(operation->run(&op), S2PT_ERR_CLEAN, operation->name);
	check_failed(operation, &op, &before, after);
	if (operation->unmaps) {
		CHECK_U64(op.done, op.zapped_count ? 2 * PAGE : operation->size, operation->name);
	} else {
		/* A replacement goes on where the old memory fails. */
		CHECK(op.done < operation->size || operation->holes, "%s is complete", operation->name);
		CHECK_STATUS(operation->run(&op), S2PT_OK, operation->name);
	}
	read_content(&now);
	check_same(&now, after, 0, PAGES, operation->name);
	check_groups();
	pool_close();
}

static void
test_each_call_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(operations); i++) {
		struct s2pt_op op = { .resume = true };
		struct content after;

		open_table();
		operations[i].begin();
		m.cleans = 0;
		m.cleaned = 0;
		CHECK_STATUS(operations[i].run(&op), S2PT_OK, operations[i].name);
		CHECK_U64(m.cleaned, operations[i].cleaned, operations[i].name);
		CHECK(m.cleans == operations[i].cleans, "%s: %u calls", operations[i].name, m.cleans);
		read_content(&after);
		pool_close();
		for (unsigned fails = 1; fails <= operations[i].cleans; fails++)
			run_failing(&operations[i], fails, &after);
	}
}

/* Where a leaf of a run fails, those before it are done: the whole groups of them. */
static void
test_done(void **state)
{
	struct s2pt_op op = { .resume = true };

	(void)state;
	for (unsigned groups = 0; groups < 2; groups++) {
		open_table();
		if (groups)
			begin_groups();
		else
			begin_pages();
		m.cleans = 0;
		m.fails = 21;
		op.done = 0;
		CHECK_STATUS(run_retype(&op), S2PT_ERR_CLEAN, "retype");
		CHECK_U64(m.failed, PA + 20 * PAGE, "what failed");
		CHECK_U64(op.done, groups ? GROUP : 20 * PAGE, "done");
		pool_close();
	}
}

/* --- Holds and the end --------------------------------------------------------------------------------- */

/* Pages are unmapped under a hold; the first clean will fail. */
static void
unmap_under_hold(struct s2pt_op *op)
{
	open_table();
	begin_pages();
	m.cleans = 0;
	m.fails = 1;
	s2pt_table_hold(&m.table);
	CHECK_STATUS(run_unmap(op), S2PT_OK, "unmap");
}

/* The release says that a clean failed, and the next one does not. */
static void
release_failed(void)
{
	CHECK_STATUS(s2pt_table_release(&m.table), S2PT_ERR_CLEAN, "release");
	s2pt_table_hold(&m.table);
	CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "the next");
}

/* Under a hold nothing is cleaned before the release, which says what failed; and says it once. */
static void
test_release(void **state)
{
	struct s2pt_op op = { .resume = false };

	(void)state;
	unmap_under_hold(&op);
	release_failed();
	CHECK_U64(m.failed, PA, "what failed");
	CHECK_U64(m.bytes, 4 * GROUP, "what failed");
	CHECK_STATUS(run_map(&op), S2PT_OK, "a map");
	pool_close();
}

/* ... also what a map under the hold had to clean first: it maps all the same, and does not say it. */
static void
test_drain_under_hold(void **state)
{
	struct s2pt_op op = { .resume = false };
	struct content now;

	(void)state;
	unmap_under_hold(&op);
	CHECK_STATUS(run_map(&op), S2PT_OK, "map");
	CHECK(m.cleans == 2, "%u calls", m.cleans);
	CHECK_U64(m.failed, PA, "what failed");
	read_content(&now);
	CHECK_U64(now.page[0] & ~UINT64_C(0xfff), TO, "what is mapped");
	CHECK_STATUS(run_unmap(&op), S2PT_OK, "another unmap");
	release_failed();
	pool_close();
}

/* A failure comes before a budget, a refusal and a lack of memory, which come back. */
static void
test_before_others(void **state)
{
	struct s2pt_op op = { .budget = 1 };

	(void)state;
	open_table();
	begin_pages();
	m.cleans = 0;
	m.fails = 1;
	CHECK_STATUS(run_unmap(&op), S2PT_ERR_CLEAN, "unmap");
	CHECK_U64(op.done, PAGE, "done");
	op.resume = true;
	CHECK_STATUS(run_unmap(&op), S2PT_ERR_BUDGET, "unmap");
	CHECK_U64(op.done, 2 * PAGE, "done");
	pool_close();
}

static void
test_destroy(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	for (unsigned fails = 1; fails <= 2; fails++) {
		open_table();
		begin_pages();
		map_ram(GIB + MIB2, MIB2, TO, 21);
		m.cleans = 0;
		m.fails = fails;
		op.budget = 1;
		CHECK_STATUS(s2pt_table_destroy(&m.table, &op), fails == 1 ? S2PT_ERR_CLEAN : S2PT_ERR_BUDGET, "first");
		op.budget = 0;
		CHECK_STATUS(s2pt_table_destroy(&m.table, &op), fails == 1 ? S2PT_OK : S2PT_ERR_CLEAN, "second");
		CHECK_STATUS(s2pt_table_destroy(&m.table, &op), S2PT_OK, "a call more");
		CHECK_STATUS(run_unmap(&op), S2PT_ERR_DESTROYED, "unmap");
		pool_close();
	}
}

/* --- Faults -------------------------------------------------------------------------------------------- */

static enum s2pt_status
fault(const struct s2pt_mapping *mapping, uint64_t ipa, uint64_t pa, bool replace, s2pt_desc *old)
{
	struct s2pt_map_request request = { .lg2 = 12, .replace = replace };
	enum s2pt_status status;

	request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
	request.old.raw = 0;
	status = s2pt_shared_map(&m.table, NULL, &request, s2pt_ipa_of(ipa), s2pt_pa_of(pa), mapping);
	*old = request.old;
	return status;
}

/* Into an empty entry, below a missing table, in the place of another leaf: the old and the new memory. */
static void
test_faults(void **state)
{
	struct s2pt_op op = { .done = PAGE };
	struct s2pt_mapping mapping;
	uint64_t tables, before;
	s2pt_desc old;

	(void)state;
	open_table();
	mapping = pool_mapping(&m.format, S2PT_MEM_NORMAL_NC, true, true);
	tables = m.table.pages;
	m.cleans = 0;
	m.fails = 1;
	CHECK_STATUS(fault(&mapping, GIB, TO, false, &old), S2PT_ERR_CLEAN, "no table");
	CHECK_U64(m.table.pages, tables, "tables");
	assert_null(pool_entry(GIB));
	begin_pages();
	m.cleans = 0;
	CHECK_STATUS(fault(&mapping, GIB + 4 * GROUP, TO, false, &old), S2PT_ERR_CLEAN, "an empty entry");
	CHECK_U64(*pool_entry(GIB + 4 * GROUP), 0, "the entry");
	m.cleans = 0;
	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB + 4 * GROUP), 2 * PAGE, s2pt_pa_of(TO), &mapping),
		     S2PT_ERR_CLEAN, "a few pages");
	CHECK_U64(op.done, 0, "done");
	assert_int_equal(m.cleans, 1);
	CHECK_U64(*pool_entry(GIB + 4 * GROUP), 0, "the entry");
	before = *pool_entry(GIB);
	for (m.fails = 1; m.fails <= 2; m.fails++) {
		m.cleans = 0;
		CHECK_STATUS(fault(&mapping, GIB, TO, true, &old), S2PT_ERR_CLEAN, "a leaf");
		CHECK_U64(m.failed, m.fails == 1 ? PA : TO, "what failed");
		CHECK_U64(*pool_entry(GIB), before, "the entry");
		CHECK_U64(old.raw, 0, "what it replaced");
	}
	m.fails = 0;
	CHECK_STATUS(fault(&mapping, GIB, TO, true, &old), S2PT_OK, "a leaf");
	CHECK_U64(old.raw, before, "what it replaced");
	pool_close();
}

/* --- Memory that is clean already ---------------------------------------------------------------------- */

/* It becomes visible without maintenance, and is cleaned when it is unmapped: a guest may have made lines dirty. */
static void
test_clean_already(void **state)
{
	const struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .w = true };
	struct s2pt_op op = { .resume = false };
	struct s2pt_mapping mapping;
	s2pt_desc old;

	(void)state;
	open_table();
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, S2PT_MAPPING_RAM | S2PT_MAPPING_CLEAN, &mapping), S2PT_OK,
		     "mapping");
	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB), 2 * GROUP, s2pt_pa_of(PA), &mapping), S2PT_OK,
		     "map");
	CHECK_STATUS(fault(&mapping, GIB + 2 * GROUP, PA + 2 * GROUP, false, &old), S2PT_OK, "fault");
	assert_int_equal(m.cleans, 0);
	CHECK_STATUS(run_unmap(&op), S2PT_OK, "unmap");
	assert_int_equal(m.cleans, 1);
	m.host.clean_data = NULL;
	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB), PAGE, s2pt_pa_of(PA), &mapping),
		     S2PT_ERR_HOST_DATA, "without clean_data");
	pool_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_call_fails),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_drain_under_hold),
		cmocka_unit_test(test_before_others),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_clean_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
