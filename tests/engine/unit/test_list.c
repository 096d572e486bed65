/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Lists of segments against a flat record of what each page is to map: scattered pages, runs, blocks, in any order and
 * within any budget. In every other table the host watches all stores, and knows which memory its caches have been
 * cleaned for by then.
 */
#include "pool.h"
#include "random.h"

#include <s2pt/s2pt.h>

#define POOL  (UINT64_C(64) << 12)
#define GIB   (UINT64_C(1) << 30)
#define MIB2  (UINT64_C(2) << 20)
#define PA    (UINT64_C(1) << 32)
#define PAGES 4096u /* that lists are about: from GIB on, and as many pages of memory from PA on */

static struct {
	unsigned publishes, prepares, cleans, icaches;
	unsigned fails;       /* the call of prepare_list or clean_data that fails, from 1 on; 0: none */
	bool needs_clean;     /* memory is to be cleaned, */
	bool needs_icache;    /* ... or made visible to fetches */
	bool cleaned[PAGES];  /* memory that was, */
	bool fetched[PAGES];  /* ... and that is */
	uint64_t want[PAGES]; /* by page: the PA that it is to map, or 0 */
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
	struct s2pt_mapping mapping;
	struct s2pt_segment list[PAGES];
	size_t count;
} m;

/* --- The host -------------------------------------------------------------------------------------- */

static void
publish(void *context)
{
	(void)context;
	m.publishes++;
}

static void
note(bool *of_page, uint64_t pa, uint64_t bytes)
{
	for (uint64_t at = pa; at < pa + bytes; at += PAGE)
		if (at >= PA && at < PA + PAGES * PAGE)
			of_page[(at - PA) / PAGE] = true;
}

static bool
fails(unsigned call)
{
	return call == m.fails;
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	if (fails(++m.cleans))
		return false;
	note(m.cleaned, pa.addr, bytes);
	return true;
}

static void
invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	m.icaches++;
	note(m.fetched, pa.addr, bytes);
}

static bool
prepare_list(void *context, bool clean, bool icache, const struct s2pt_segment *segments, size_t count)
{
	(void)context;
	if (fails(++m.prepares))
		return false;
	assert_int_equal(clean, m.needs_clean);
	assert_int_equal(icache, m.needs_icache);
	assert_true(segments >= m.list && segments + count <= m.list + m.count && count);
	for (size_t n = 0; n < count; n++) {
		if (clean)
			note(m.cleaned, segments[n].pa.addr, segments[n].size);
		if (icache)
			note(m.fetched, segments[n].pa.addr, segments[n].size);
	}
	return true;
}

/* No leaf becomes visible before its memory. */
static void
check_visible(uint64_t pa, uint64_t bytes)
{
	for (uint64_t n = (pa - PA) / PAGE; n < (pa - PA + bytes) / PAGE; n++) {
		CHECK(m.cleaned[n] || !m.needs_clean, "memory %" PRIu64 " is mapped before it is clean", n);
		CHECK(m.fetched[n] || !m.needs_icache, "memory %" PRIu64 " is executable before fetches see it", n);
	}
}

/* What walkers come to at @desc, a leaf or a table of leaves. */
static void
check_entry(uint64_t desc)
{
	const uint64_t pa = desc & UINT64_C(0xfffffffff000);

	if ((desc & 1u) && pa >= PA && pa < PA + PAGES * PAGE)
		check_visible(pa, (desc & 3u) == 1u ? MIB2 : PAGE);
}

static void
trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	const uint64_t at = (after.raw & UINT64_C(0xfffffffff000)) - POOL_PA;

	(void)context;
	(void)entry;
	(void)before;
	check_entry(after.raw);
	for (unsigned n = 0; (after.raw & 3u) == 3u && at < POOL && n < 512; n++) {
		const uint64_t *entries = (const uint64_t *)(const void *)(pool.memory + at);
		const uint64_t below = (entries[n] & UINT64_C(0xfffffffff000)) - POOL_PA;

		check_entry(entries[n]);
		for (unsigned i = 0; (entries[n] & 3u) == 3u && below < POOL && i < 512; i++)
			check_entry(((const uint64_t *)(const void *)(pool.memory + below))[i]);
	}
}

static void
open_table(bool fwb, bool executable, bool old_host)
{
	static unsigned tables;

	const struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = S2PT_SH_ISH,
		.r = true,
		.w = true,
		.af = true,
		.x_el1 = executable,
		.x_el0 = executable,
	};

	memset(&m, 0, sizeof(m));
	pool_open(POOL, POISON);
	m.needs_clean = !fwb;
	m.needs_icache = executable;
	m.format = format_at(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 39, 40, fwb ? S2PT_FEAT_S2FWB : 0, 1);
	m.host.size = old_host ? offsetof(struct s2pt_host_ops, prepare_list) : sizeof(m.host);
	m.host.virt_offset = pool_offset();
	m.host.alloc = pool_alloc;
	m.host.retire = retire_nothing;
	m.host.invalidate = invalidate_nothing;
	m.host.publish = publish;
	m.host.clean_data = clean_data;
	m.host.invalidate_icache = invalidate_icache;
	m.host.prepare_list = prepare_list;
	m.host.trace = tables++ % 2u ? trace : NULL;
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, S2PT_MAPPING_RAM, &m.mapping), S2PT_OK, "mapping");
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_OK, "init");
	m.publishes = 0;
}

/* --- Lists ----------------------------------------------------------------------------------------- */

static void
add(uint64_t page, uint64_t memory, uint64_t pages)
{
	struct s2pt_segment *segment = &m.list[m.count++];

	segment->ipa = s2pt_ipa_of(GIB + page * PAGE);
	segment->pa = s2pt_pa_of(PA + memory * PAGE);
	segment->size = pages * PAGE;
}

/* Free pages from a random one on, as far as @most; 0: there are none. */
static uint64_t
find_room(const bool *used, uint64_t *page, uint64_t most)
{
	uint64_t pages = 0;

	*page = random_below(PAGES);
	while (pages < most && *page + pages < PAGES && !used[*page + pages])
		pages++;
	return pages;
}

/* Segments that do not overlap, to memory that follows the last one's, or lies anywhere. */
static void
make_list(void)
{
	const unsigned kind = random_below(4), tries = 1 + random_below(600);
	bool used[PAGES] = { false };
	uint64_t memory = 0;

	for (unsigned n = 0; n < tries; n++) {
		uint64_t page, pages = find_room(used, &page, kind == 0 ? 1 : 1 + random_below(kind == 1 ? 4 : 700));

		if (!pages)
			continue;
		memory = random_below(3) ? page : random_below((uint32_t)(PAGES - pages + 1u));
		/* In parts that continue each other, or as one. */
		for (uint64_t part = 0, size; part < pages; part += size) {
			size = random_below(2) ? pages - part : 1u + random_below((uint32_t)(pages - part));
			add(page + part, memory + part, size);
		}
		for (uint64_t i = 0; i < pages; i++) {
			used[page + i] = true;
			m.want[page + i] = PA + (memory + i) * PAGE;
		}
	}
}

/* The first @done bytes of the list are mapped, in order of the list, and nothing else is. */
static void
check_content(uint64_t done)
{
	bool is_done[PAGES] = { false };

	for (size_t n = 0; n < m.count; n++)
		for (uint64_t at = 0; at < m.list[n].size && done; at += PAGE, done -= PAGE)
			is_done[(m.list[n].ipa.addr + at - GIB) / PAGE] = true;
	for (uint64_t page = 0; page < PAGES; page++) {
		s2pt_pa pa = s2pt_pa_of(0);
		enum s2pt_status status = s2pt_table_translate(&m.table, s2pt_ipa_of(GIB + page * PAGE), &pa);

		CHECK(is_done[page] == (status == S2PT_OK), "page %" PRIu64 " is %smapped", page,
		      is_done[page] ? "not " : "");
		if (!is_done[page])
			continue;
		CHECK_U64(pa.addr, m.want[page], "what a page maps");
		check_visible(pa.addr, PAGE);
	}
}

static enum s2pt_status
map_list(struct s2pt_op *op)
{
	return s2pt_table_map_list(&m.table, op, m.list, m.count, &m.mapping);
}

static uint64_t
bytes_of_list(void)
{
	uint64_t bytes = 0;

	for (size_t n = 0; n < m.count; n++)
		bytes += m.list[n].size;
	return bytes;
}

/* --- Tests ----------------------------------------------------------------------------------------- */

static void
test_random(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 600; n++) {
		struct s2pt_op op = { .resume = true, .budget = n % 3 ? 1 + random_below(300) : 0 };
		enum s2pt_status status;
		unsigned calls = 0;

		open_table(random_below(2), random_below(2), n % 5 == 0);
		make_list();
		m.fails = random_below(4) ? 0 : 1 + random_below(3);
		do {
			const uint64_t before = op.done;

			status = map_list(&op);
			calls++;
			check_content(op.done);
			assert_true(status == S2PT_OK || op.done > before || status == S2PT_ERR_CLEAN);
			assert_true(status != S2PT_ERR_BUDGET || op.budget);
			/* A unit is a block at most. */
			assert_true(!op.budget || op.done - before <= op.budget * MIB2);
			assert_true(calls < 3 * PAGES);
		} while (status == S2PT_ERR_BUDGET || status == S2PT_ERR_CLEAN);
		CHECK_STATUS(status, S2PT_OK, "a list");
		CHECK_U64(op.done, bytes_of_list(), "done");
		assert_true(m.publishes <= calls);
		/* Once a call; twice where a run has more segments, again where blocks take less of a budget. */
		if (n % 5 == 0)
			assert_int_equal(m.prepares, 0);
		else
			CHECK((op.budget || m.cleans + m.icaches == 0) && m.prepares <= 2 * calls + op.done / MIB2,
			      "%u, %u, %u calls in %u", m.cleans, m.icaches, m.prepares, calls);
		/* Again: all is there, and nothing is stored. */
		op.done = 0;
		op.budget = 0;
		m.publishes = m.fails = 0;
		CHECK_STATUS(map_list(&op), S2PT_OK, "the same again");
		assert_int_equal(m.publishes, 0);
		pool_close();
	}
}

/* Pages that are scattered over memory: a call of each kind for all of them. */
static void
test_colours(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	open_table(false, true, false);
	for (unsigned n = 0; n < PAGES; n++) {
		add(n, n * 1031u % PAGES, 1);
		m.want[n] = PA + n * 1031u % PAGES * PAGE;
	}
	CHECK_STATUS(map_list(&op), S2PT_OK, "a coloured list");
	check_content(op.done);
	assert_int_equal(m.publishes, 1);
	assert_int_equal(m.prepares, 1);
	assert_int_equal(m.cleans + m.icaches, 0);
	pool_close();
}

/* Segments that continue each other become the leaves that one would. */
static void
test_blocks(void **state)
{
	uint64_t words[9] = { 0 };
	struct s2pt_bitmap bitmap = { .base = { GIB }, .size = 528 * PAGE, .word = words };
	struct s2pt_op op = { .budget = 0 };
	const uint64_t *groups;

	(void)state;
	open_table(true, false, false);
	for (unsigned n = 0; n < 512; n++)
		add(n, n, 1);
	for (unsigned n = 512; n < 528; n += 2)
		add(n, n, 2);
	CHECK_STATUS(map_list(&op), S2PT_OK, "a list");
	assert_null(pool_entry(GIB));
	groups = pool_entry(GIB + 512 * PAGE);
	for (unsigned n = 0; n < 16; n++)
		CHECK_U64(groups[n] >> 52 & 1u, 1, "the hint");
	/* The same again, as a replacement, with a report of what was dirty: nothing was replaced. */
	op.replace = true;
	op.dirty = &bitmap;
	CHECK_STATUS(map_list(&op), S2PT_OK, "a list that is there");
	CHECK_U64(bitmap.pages, 0, "dirty pages");
	bitmap.size -= PAGE;
	CHECK_STATUS(map_list(&op), S2PT_ERR_BITMAP, "a bitmap that is too small");
	pool_close();
}

/* What is wrong with any segment is told before anything is mapped. */
static void
test_refused(void **state)
{
	static const struct {
		uint64_t ipa, pa, size;
		enum s2pt_status status;
	} cases[] = {
		{ GIB + 8, PA, PAGE, S2PT_ERR_IPA_ALIGN },
		{ GIB, PA + 8, PAGE, S2PT_ERR_PA_ALIGN },
		{ GIB, PA, PAGE + 8, S2PT_ERR_SIZE_ALIGN },
		{ GIB, PA, 0, S2PT_ERR_EMPTY },
		{ UINT64_C(1) << 39, PA, PAGE, S2PT_ERR_IPA_SIZE },
		{ (UINT64_C(1) << 39) - PAGE, PA, 2 * PAGE, S2PT_ERR_IPA_SIZE },
		{ GIB, UINT64_C(1) << 40, PAGE, S2PT_ERR_OA_SIZE },
		{ GIB, (UINT64_C(1) << 40) - PAGE, 2 * PAGE, S2PT_ERR_OA_SIZE },
	};
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	open_table(true, true, false);
	for (size_t n = 0; n < COUNT(cases); n++) {
		m.count = 0;
		add(0, 0, 1);
		m.list[1].ipa = s2pt_ipa_of(cases[n].ipa);
		m.list[1].pa = s2pt_pa_of(cases[n].pa);
		m.list[1].size = cases[n].size;
		m.count = 2;
		CHECK_STATUS(map_list(&op), cases[n].status, "a segment");
		m.list[2] = m.list[0];
		m.count = 3;
		CHECK_STATUS(map_list(&op), cases[n].status, "a segment before others");
		m.count = 2;
		/* Where it is come to later, it is refused then. */
		op.resume = true;
		op.done = PAGE;
		if (cases[n].size)
			CHECK_STATUS(map_list(&op), cases[n].status, "a segment, later");
		op.resume = false;
		m.count = 0;
		check_content(0);
	}
	CHECK_STATUS(map_list(&op), S2PT_ERR_EMPTY, "no segment");
	add(0, 0, 2);
	op.resume = true;
	op.done = 3 * PAGE;
	CHECK_STATUS(map_list(&op), S2PT_ERR_POSITION, "beyond the list");
	op.done = PAGE + 8;
	CHECK_STATUS(map_list(&op), S2PT_ERR_POSITION, "between two pages");
	op.done = 2 * PAGE;
	CHECK_STATUS(map_list(&op), S2PT_OK, "at its end");
	op.resume = false;
	m.mapping.key ^= 1u << 31;
	CHECK_STATUS(map_list(&op), S2PT_ERR_MAPPING, "a mapping of another format");
	m.mapping.key ^= 1u << 31;
	m.host.invalidate_icache = NULL;
	CHECK_STATUS(map_list(&op), S2PT_ERR_HOST_ICACHE, "executable");
	m.host.invalidate_icache = invalidate_icache;
	m.count = 0;
	check_content(0);
	/* What is mapped otherwise stays, and what came before it in the list is mapped. */
	add(1, 1, 1);
	m.want[1] = PA + PAGE;
	CHECK_STATUS(map_list(&op), S2PT_OK, "a page");
	/* The same where a page would go straight into its table. */
	for (size_t n = 0; n < COUNT(cases); n++) {
		op.resume = true;
		op.done = PAGE;
		m.list[1].ipa = s2pt_ipa_of(cases[n].ipa);
		m.list[1].pa = s2pt_pa_of(cases[n].pa);
		m.list[1].size = cases[n].size;
		m.count = 2;
		if (cases[n].size)
			CHECK_STATUS(map_list(&op), cases[n].status, "a segment, later");
		op.resume = false;
	}
	m.count = 0;
	add(1, 1, 1);
	check_content(PAGE);
	m.count = 0;
	add(2, 2, 1);
	add(1, 5, 1);
	m.want[2] = PA + 2 * PAGE;
	CHECK_STATUS(map_list(&op), S2PT_ERR_EXISTS, "in the way");
	CHECK_U64(op.done, PAGE, "done");
	m.list[1].pa = s2pt_pa_of(PA + PAGE);
	check_content(2 * PAGE);
	/* Unless it is to be replaced: then steps deal with the caches. */
	m.list[1].pa = s2pt_pa_of(PA + 5 * PAGE);
	m.want[1] = PA + 5 * PAGE;
	m.prepares = m.icaches = 0;
	op.replace = true;
	CHECK_STATUS(map_list(&op), S2PT_OK, "replaced");
	check_content(2 * PAGE);
	assert_int_equal(m.prepares, 0);
	assert_int_equal(m.icaches, 1);
	CHECK_STATUS(s2pt_table_destroy(&m.table, &op), S2PT_OK, "destroy");
	CHECK_STATUS(map_list(&op), S2PT_ERR_DESTROYED, "after its end");
	pool_close();
}

/* All together have no more bytes than 64 bits can count: here they would have one more. */
static void
test_too_much(void **state)
{
	static struct s2pt_segment list[1u << 16];
	const struct s2pt_features cpu = { .pa_bits = 48, .granule_4k = true };
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_config config;

	(void)state;
	open_table(true, false, false);
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 48;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_OK, "init");
	m.mapping = pool_mapping(&m.format, S2PT_MEM_NORMAL_NC, true, false);
	for (size_t n = 0; n < COUNT(list); n++)
		list[n].size = UINT64_C(1) << 48;
	CHECK_STATUS(s2pt_table_map_list(&m.table, &op, list, COUNT(list), &m.mapping), S2PT_ERR_IPA_SIZE, "too much");
	CHECK_STATUS(s2pt_table_map_list(&m.table, &op, list, COUNT(list) - 1u, &m.mapping), S2PT_ERR_MEMORY, "less");
	pool_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests_name("lists", tests, NULL, NULL);
}
