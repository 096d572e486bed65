/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the host is asked for, call by call: init, the gather and its limits, retirement, destroy. The table
 * and its memory hold a pattern before, so that what init leaves unset is seen.
 */
#include <s2pt/tracking.h>

#include "pool.h"

#define PAGES   256u
#define POOL    (PAGES * PAGE)
#define MIB2    (UINT64_C(2) << 20)
#define GIB     (UINT64_C(1) << 30)
#define PATTERN 1

static struct {
	uint64_t stray;                   /* what alloc adds to the physical address */
	uint64_t root_bytes;              /* what alloc gives at first is of that size, and so what goes at last */
	unsigned left;                    /* how often alloc gives memory, */
	bool recycles;                    /* ... and once more for each table that is retired */
	bool given[PAGES];                /* ... and what it gave */
	unsigned retired, batches, batch; /* pages, calls, the most at once */
	bool root_retired;
	unsigned calls; /* of invalidate, and what they said */
	unsigned requests;
	struct s2pt_tlbi_request request[64];
	unsigned cleans; /* of data */
	uint64_t clean_bytes;
	unsigned publishes;
	const void *table_clean; /* the last of a table, or of an entry of one */
	size_t table_clean_bytes;
	unsigned stores; /* traced */
	struct s2pt_format format;
	struct s2pt_host_ops host;
	uint64_t before; /* what is around the table is not written */
	struct s2pt_table table;
	uint64_t behind;
} m;

static bool
alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	if (!m.left || !pool_alloc(context, what, bytes, page))
		return false;
	m.left--;
	CHECK((what == S2PT_MEMORY_ROOT) == !m.root_bytes, "the start table comes first");
	if (what == S2PT_MEMORY_ROOT)
		m.root_bytes = bytes;
	else
		m.given[(page->pa.addr - POOL_PA) / PAGE] = true;
	if (m.host.flags & S2PT_HOST_ZEROED)
		memset(page->virt, 0, bytes);
	page->pa.addr += m.stray;
	return true;
}

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	CHECK(count && count <= S2PT_GATHER_PAGES, "%zu pages at once", count);
	for (size_t i = 0; i < count; i++) {
		uint64_t at = pages[i].pa.addr - m.stray - POOL_PA;

		assert_ptr_equal(pages[i].virt, pool.memory + at);
		CHECK((what == S2PT_MEMORY_ROOT) == !at, "its name");
		if (!at) {
			CHECK_U64(bytes, m.root_bytes, "the start table's size");
			CHECK(!m.root_retired, "the start table goes twice");
			m.root_retired = true;
			continue;
		}
		CHECK_U64(bytes, PAGE, "a table's size");
		CHECK(!m.root_retired, "a table goes after the start table");
		CHECK(at < POOL && m.given[at / PAGE], "a table goes that was not given, or twice");
		m.given[at / PAGE] = false;
		m.retired++;
	}
	if (m.recycles)
		m.left += (unsigned)count;
	m.batches++;
	m.batch = count > m.batch ? (unsigned)count : m.batch;
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	CHECK(count && count <= S2PT_GATHER_RANGES, "%zu ranges at once", count);
	for (size_t i = 0; i < count; i++) {
		assert_in_range(m.requests, 0, COUNT(m.request) - 1u);
		m.request[m.requests++] = requests[i];
	}
	m.calls++;
}

static void
publish(void *context)
{
	(void)context;
	m.publishes++;
}

static void
clean_tables(void *context, const void *virt, size_t bytes)
{
	(void)context;
	m.table_clean = virt;
	m.table_clean_bytes = bytes;
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	m.cleans++;
	m.clean_bytes += bytes;
	return true;
}

static void
trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	(void)context;
	CHECK_U64(*entry, after.raw, "what was stored");
	CHECK(before.raw != after.raw, "a store that changes nothing");
	m.stores++;
}

static void
prepare(s2pt_feats feats, uint8_t ipa_bits, uint32_t flags)
{
	const struct s2pt_features cpu = { .feats = feats, .pa_bits = 48, .granule_4k = true };
	struct s2pt_config config;

	pool_close();
	memset(&m, 0, sizeof(m));
	memset(&m.table, PATTERN, sizeof(m.table));
	pool_open(POOL, PATTERN);
	m.left = UINT_MAX;
	m.host.size = sizeof(m.host);
	m.host.flags = flags;
	m.host.virt_offset = pool_offset();
	m.host.alloc = alloc;
	m.host.retire = retire;
	m.host.invalidate = invalidate;
	m.host.publish = publish;
	m.host.clean_tables = clean_tables;
	m.host.clean_data = clean_data;
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.feats = feats;
	config.ipa_bits = ipa_bits;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
}

static void
init(uint64_t page_limit)
{
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, page_limit), S2PT_OK, "init");
}

static void
open_table(s2pt_feats feats, uint8_t ipa_bits, uint32_t flags)
{
	prepare(feats, ipa_bits, flags);
	init(0);
}

static struct s2pt_mapping
mapping_of(enum s2pt_memtype type, bool ram)
{
	return pool_mapping(&m.format, type, true, ram);
}

static enum s2pt_status
map_as(uint64_t ipa, uint64_t size, uint64_t pa, uint8_t max_lg2, const struct s2pt_mapping *mapping)
{
	struct s2pt_op op = { .max_lg2 = max_lg2 };

	return s2pt_table_map(&m.table, &op, s2pt_ipa_of(ipa), size, s2pt_pa_of(pa), mapping);
}

static void
map(uint64_t ipa, uint64_t size, uint8_t max_lg2)
{
	struct s2pt_mapping mapping = mapping_of(S2PT_MEM_NORMAL_WB, false);

	CHECK_STATUS(map_as(ipa, size, ipa & (16 * GIB - 1u), max_lg2, &mapping), S2PT_OK, "map");
}

static void
unmap(uint64_t ipa, uint64_t size)
{
	struct s2pt_op op = { .budget = 0 };

	CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(ipa), size), S2PT_OK, "unmap");
}

static void
destroy(void)
{
	struct s2pt_op op = { .done = PATTERN };
	const unsigned before = m.requests;

	CHECK_STATUS(s2pt_table_destroy(&m.table, &op), S2PT_OK, "destroy");
	assert_int_equal(m.requests, before + 1);
	assert_true(m.request[before].vmid);
	assert_false(m.request[before].local);
	CHECK_U64(op.done, 0, "done");
	assert_true(m.root_retired);
	for (unsigned n = 0; n < PAGES; n++)
		CHECK(!m.given[n], "table %u stays", n);
	CHECK_U64(m.before | m.behind, 0, "around the table");
}

static void
check_request(unsigned n, uint64_t ipa, uint64_t size, int level, bool last_level)
{
	assert_in_range(n, 0, m.requests - 1u);
	check_range_request(&m.request[n], ipa, size, level, last_level);
}

/* --- Init ------------------------------------------------------------------------------------------- */

static void
test_init_makes_an_empty_table(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		const uint32_t flags = n == 1 ? S2PT_HOST_NONCOHERENT
				     : n == 2 ? S2PT_HOST_ZEROED
					      : 0;
		uint64_t before;

		prepare(0, 39, flags);
		before = s2pt_table_invalidate_seq(&m.table);
		init(0);
		CHECK_U64(m.root_bytes, PAGE, "the start table");
		for (unsigned i = 0; i < 512; i++)
			CHECK_U64(m.table.root[i], 0, "an entry");
		CHECK_U64(pool.memory[PAGE], PATTERN, "behind the start table");
		assert_int_equal(m.publishes, 1);
		assert_ptr_equal(m.table_clean, flags & S2PT_HOST_NONCOHERENT ? pool.memory : NULL);
		assert_int_equal(m.table_clean_bytes, flags & S2PT_HOST_NONCOHERENT ? PAGE : 0);
		assert_int_equal(m.calls + m.batches + m.cleans, 0);
		CHECK_U64(s2pt_table_invalidate_seq(&m.table), before + 1u, "it goes on");
		assert_int_equal(m.table.annotations, 0);
		/* Nothing is held, or needed; and each operation publishes once. */
		map(GIB, PAGE, 12);
		map(GIB + PAGE, PAGE, 12);
		assert_int_equal(m.publishes, 3);
		/* An invalidation begins with the barrier; and what stores nothing needs none. */
		unmap(GIB, 2 * PAGE);
		assert_int_equal(m.publishes, 3);
		assert_int_equal(m.calls, 1);
		unmap(GIB, 2 * PAGE);
		assert_int_equal(m.publishes, 3);
		assert_int_equal(m.retired, 2);
		assert_int_equal(m.cleans, 0);
		destroy();
	}
}

/* Start tables of 2^(ipa_bits - 30) entries, where the 52-bit form of VTTBR_EL2 aligns to 64 bytes. */
static void
test_start_tables_have_their_size(void **state)
{
	const struct s2pt_features cpu = {
		.feats = S2PT_FEAT_LPA,
		.pa_bits = 52,
		.granule_64k = true,
	};
	struct s2pt_config config;

	(void)state;
	for (uint8_t bits = 43; bits <= 46; bits++) {
		uint64_t entries = UINT64_C(1) << (bits - 42);

		prepare(0, 39, 0);
		s2pt_config_init(&config, S2PT_GRANULE_64K, &cpu);
		config.ipa_bits = bits;
		config.start_level = 1;
		CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
		init(0);
		CHECK_U64(m.root_bytes, entries < 8 ? 64 : 8 * entries, "the start table");
		for (unsigned i = 0; i < m.root_bytes / 8; i++)
			CHECK_U64(m.table.root[i], 0, "an entry");
		CHECK_U64(pool.memory[m.root_bytes], PATTERN, "behind the start table");
		destroy();
	}
}

static void
test_init_refuses_what_vttbr_cannot_say(void **state)
{
	(void)state;
	for (uint64_t stray = 1; stray < PAGE; stray <<= 1) {
		prepare(0, 39, 0);
		m.stray = stray;
		CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_ERR_ROOT_ALIGN, "init");
		assert_true(m.root_retired);
	}
}

static void
test_memory_is_granules(void **state)
{
	struct s2pt_mapping mapping;

	(void)state;
	open_table(0, 39, 0);
	mapping = mapping_of(S2PT_MEM_NORMAL_WB, false);
	for (uint64_t stray = 1; stray < PAGE; stray <<= 1) {
		CHECK_STATUS(map_as(GIB, PAGE, GIB + stray, 12, &mapping), S2PT_ERR_PA_ALIGN, "PA");
		CHECK_STATUS(map_as(GIB + stray, PAGE, GIB, 12, &mapping), S2PT_ERR_IPA_ALIGN, "IPA");
	}
	CHECK_STATUS(map_as(UINT64_C(1) << 39, PAGE, GIB, 12, &mapping), S2PT_ERR_IPA_SIZE, "IPA");
	CHECK_STATUS(map_as(GIB, PAGE, UINT64_C(1) << 48, 12, &mapping), S2PT_ERR_OA_SIZE, "PA");
	destroy();
}

/* A path of which only a part can be made goes back, whole. */
static void
test_what_was_not_linked_goes_back(void **state)
{
	struct s2pt_mapping mapping;

	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		prepare(0, 39, 0);
		init(n < 2 ? n + 1u : 0);
		mapping = mapping_of(S2PT_MEM_NORMAL_WB, false);
		if (n >= 2)
			m.left = n - 2u;
		CHECK_STATUS(map_as(GIB, PAGE, GIB, 12, &mapping), n == 1 ? S2PT_OK : S2PT_ERR_MEMORY, "map");
		assert_int_equal(m.retired, n == 3);
		assert_int_equal(m.table.pages, n == 1 ? 2 : 0);
		m.left = UINT_MAX;
		CHECK_STATUS(map_as(2 * GIB, PAGE, GIB, 12, &mapping), n < 2 ? S2PT_ERR_MEMORY : S2PT_OK,
			     "map");
		destroy();
	}
}

/*
 * Where memory is short, or the page limit reached, tables that the same operation, or one under the same hold, has
 * unlinked are given back, and serve again.
 */
static void
test_unlinked_tables_are_memory(void **state)
{
	struct s2pt_mapping mapping;

	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		struct s2pt_op op = { .replace = true };

		prepare(0, 39, 0);
		init(n ? 0 : 2);
		mapping = mapping_of(S2PT_MEM_NORMAL_WB, false);
		CHECK_STATUS(map_as(GIB, PAGE, GIB, 12, &mapping), S2PT_OK, "map");
		m.left = n ? 0 : UINT_MAX;
		m.recycles = n == 1;
		CHECK_STATUS(map_as(3 * GIB, PAGE, GIB, 12, &mapping), S2PT_ERR_MEMORY, "nothing to give back");
		/* A block takes the place of two tables, and the page behind it needs two. */
		CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB), GIB + PAGE, s2pt_pa_of(2 * GIB), &mapping),
			     n == 2 ? S2PT_ERR_MEMORY : S2PT_OK, "replace");
		CHECK_U64(op.done, n == 2 ? GIB : GIB + PAGE, "done");
		assert_int_equal(m.retired, 2);
		m.left = UINT_MAX;
		destroy();
	}
	/* What a step has unlinked itself it needs again: it ends, with a budget and without. */
	for (unsigned n = 0; n < 2; n++) {
		struct s2pt_op op = { .budget = n ? 10 : 0 };

		prepare(0, 39, 0);
		init(1);
		CHECK_STATUS(s2pt_table_annotate(&m.table, &op, s2pt_ipa_of(PAGE), PAGE, 7), S2PT_ERR_MEMORY,
			     "annotate");
		CHECK_U64(op.done, 0, "done");
		assert_int_equal(m.table.pages, 0);
		destroy();
	}
	/* Under a hold, too; and by then what the tables linked has been invalidated. */
	prepare(0, 39, 0);
	init(2);
	mapping = mapping_of(S2PT_MEM_NORMAL_WB, false);
	CHECK_STATUS(map_as(GIB, PAGE, GIB, 12, &mapping), S2PT_OK, "map");
	s2pt_table_hold(&m.table);
	CHECK_STATUS(s2pt_table_unmap(&m.table, &(struct s2pt_op){ 0 }, s2pt_ipa_of(GIB), GIB), S2PT_OK, "unmap");
	assert_int_equal(m.calls, 0);
	CHECK_STATUS(map_as(3 * GIB, PAGE, GIB, 12, &mapping), S2PT_OK, "map");
	assert_int_equal(m.calls, 1);
	assert_int_equal(m.retired, 2);
	CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
	destroy();
}

/* Walkers that do not look into caches: each store is cleaned, and each table before its link. */
static void
test_stores_are_cleaned(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		prepare(0, 39, S2PT_HOST_NONCOHERENT);
		m.host.trace = n ? trace : NULL;
		init(0);
		map(GIB, PAGE, 12);
		/* The last table is the first that is made. */
		assert_ptr_equal(m.table_clean, &m.table.root[1]);
		assert_int_equal(m.table_clean_bytes, 8);
		map(GIB + PAGE, PAGE, 12);
		assert_ptr_equal(m.table_clean, pool.memory + PAGE + 8);
		assert_int_equal(m.table_clean_bytes, 8);
		m.table_clean = NULL;
		unmap(GIB, PAGE);
		assert_ptr_equal(m.table_clean, pool.memory + PAGE);
		assert_int_equal(m.stores, n ? 3 : 0);
		destroy();
	}
}

/* --- Ranges ----------------------------------------------------------------------------------------- */

/*
 * Pages with one between each and the next: a range each, until there is no room. Then the two that are nearest become
 * one, whichever they are, and nothing is invalidated before the end.
 */
static void
test_nearest_ranges_become_one(void **state)
{
	(void)state;
	for (unsigned last = 0; last < 3; last++) {
		/* Behind all others, between two of them, or before all. */
		const unsigned at = last == 0 ? 3 * S2PT_GATHER_RANGES + 1 : last == 1 ? 9
										       : 0;
		const unsigned from = last == 0 ? 3 * S2PT_GATHER_RANGES - 1 : last == 1 ? 8
											 : 0;
		const unsigned pages = last == 0 ? 3 : last == 1 ? 2
								 : 3;

		open_table(0, 39, 0);
		map(GIB, MIB2, 12);
		s2pt_table_hold(&m.table);
		for (unsigned n = 0; n < S2PT_GATHER_RANGES; n++)
			unmap(GIB + (2 + 3 * n) * PAGE, PAGE);
		unmap(GIB + at * PAGE, PAGE);
		assert_int_equal(m.calls, 0);
		CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
		assert_int_equal(m.calls, 1);
		assert_int_equal(m.requests, S2PT_GATHER_RANGES);
		for (unsigned n = 0, found = 0; n < S2PT_GATHER_RANGES; n++) {
			const struct s2pt_tlbi_request *request = &m.request[n];

			found += request->size == pages * PAGE && request->ipa.addr == GIB + from * PAGE;
			assert_true(request->size == PAGE || request->size == pages * PAGE);
			assert_true(n < S2PT_GATHER_RANGES - 1u || found == 1);
		}
		destroy();
	}
}

/* A page and a block that become one range have no level in common; a table and a block are no leaves. */
static void
test_unlike_ranges_become_one(void **state)
{
	(void)state;
	for (unsigned links = 0; links < 2; links++) {
		unsigned found = 0;

		open_table(0, 39, 0);
		map(2 * GIB - 2 * MIB2, 2 * MIB2, 12);
		map(2 * GIB, 20 * MIB2, 21);
		s2pt_table_hold(&m.table);
		if (links)
			unmap(2 * GIB - MIB2, MIB2);
		else
			unmap(2 * GIB - 2 * PAGE, PAGE);
		for (unsigned n = 0; n < S2PT_GATHER_RANGES; n++)
			unmap(2 * GIB + (2 * n + 3 * links) * MIB2, MIB2);
		if (links)
			unmap(2 * GIB + MIB2, MIB2);
		CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
		assert_int_equal(m.calls, 1);
		assert_int_equal(m.requests, S2PT_GATHER_RANGES);
		for (unsigned n = 0; n < m.requests; n++)
			if (m.request[n].level == S2PT_TLBI_ANY_LEVEL) {
				found++;
				/* It reaches into the blocks. */
				assert_true(m.request[n].ipa.addr + m.request[n].size > 2 * GIB);
				assert_int_equal(m.request[n].last_level, !links);
			} else {
				assert_int_equal(m.request[n].level, 2);
				assert_true(m.request[n].last_level);
			}
		assert_int_equal(found, 1);
		destroy();
	}
}

static void
test_ranges_that_touch_become_one(void **state)
{
	static const struct {
		unsigned first, second; /* pages */
		unsigned from, pages;   /* what becomes of both; no pages: nothing */
	} rows[] = {
		{ 4, 5, 4, 2 },
		{ 5, 4, 4, 2 },
		{ 4, 6, 0, 0 },
		{ 6, 4, 0, 0 },
		{ 100, 4, 0, 0 },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(rows); n++) {
		open_table(0, 39, 0);
		map(GIB, MIB2, 12);
		s2pt_table_hold(&m.table);
		unmap(GIB + rows[n].first * PAGE, PAGE);
		unmap(GIB + rows[n].second * PAGE, PAGE);
		CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
		assert_int_equal(m.calls, 1);
		assert_int_equal(m.requests, rows[n].pages ? 1 : 2);
		if (rows[n].pages) {
			check_request(0, GIB + rows[n].from * PAGE, rows[n].pages * PAGE, 3, true);
		} else {
			check_request(0, GIB + rows[n].first * PAGE, PAGE, 3, true);
			check_request(1, GIB + rows[n].second * PAGE, PAGE, 3, true);
		}
		destroy();
	}
}

/* A page and the table behind it cost as many operations together as apart. */
static void
test_ranges_of_levels_become_one(void **state)
{
	(void)state;
	open_table(0, 39, 0);
	map(GIB, 3 * MIB2, 12);
	s2pt_table_hold(&m.table);
	unmap(GIB + MIB2 - PAGE, PAGE);
	unmap(GIB + MIB2, MIB2);
	CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
	assert_int_equal(m.requests, 1);
	check_request(0, GIB + MIB2 - PAGE, MIB2 + PAGE, S2PT_TLBI_ANY_LEVEL, false);
	destroy();
}

/* What one CPU forgets under a hold it may have cached with the size that it had before. */
static void
test_levels_are_unknown_under_a_hold(void **state)
{
	const struct s2pt_change rights = { .set_r = true };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	for (unsigned held = 0; held < 2; held++) {
		open_table(0, 39, 0);
		map(GIB, PAGE, 12);
		if (held)
			s2pt_table_hold(&m.table);
		CHECK_STATUS(s2pt_table_relax(&m.table, &op, s2pt_ipa_of(GIB), PAGE, &rights), S2PT_OK, "relax");
		assert_int_equal(m.requests, 1);
		assert_true(m.request[0].local);
		assert_true(m.request[0].last_level);
		assert_false(m.request[0].vmid);
		if (held)
			assert_int_equal(m.request[0].level, S2PT_TLBI_ANY_LEVEL);
		destroy();
	}
}

/* --- Cleaning --------------------------------------------------------------------------------------- */

/* Memory for a limit's worth of groups, wherever the first stands, is cleaned when the last one is complete. */
static void
test_groups_end_where_they_end(void **state)
{
	const uint64_t group = 16 * PAGE;

	(void)state;
	for (unsigned from = 0; from < 2; from++) {
		struct s2pt_mapping mapping;

		open_table(0, 39, 0);
		mapping = mapping_of(S2PT_MEM_NORMAL_WB, true);
		for (unsigned n = 0; n < S2PT_GATHER_CLEANS; n++)
			CHECK_STATUS(map_as(GIB + (from + n) * group, group, 2 * GIB + 3 * n * group, 16,
					    &mapping),
				     S2PT_OK, "map");
		map(GIB + 31 * group, PAGE, 12);
		m.cleans = 0;
		m.clean_bytes = 0;
		s2pt_table_hold(&m.table);
		unmap(GIB + from * group, (S2PT_GATHER_CLEANS - 1) * group);
		assert_int_equal(m.cleans, 0);
		unmap(GIB + (from + S2PT_GATHER_CLEANS - 1) * group, group);
		assert_int_equal(m.cleans, S2PT_GATHER_CLEANS);
		assert_int_equal(m.clean_bytes, S2PT_GATHER_CLEANS * group);
		CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
		assert_int_equal(m.cleans, S2PT_GATHER_CLEANS);
		destroy();
	}
}

/* In a table where RAM is mapped that needs it, cacheable memory is cleaned when it goes, and no other. */
static void
test_cacheable_memory_needs_cleaning(void **state)
{
	(void)state;
	for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++) {
		const bool cacheable = type > S2PT_MEM_NORMAL_NC;
		struct s2pt_mapping mapping, cmo_memattrs;
		uint8_t memattr;

		open_table(0, 39, 0);
		if (s2pt_memattr_encode(0, (enum s2pt_memtype)type, &memattr) != S2PT_OK)
			continue;
		mapping = mapping_of((enum s2pt_memtype)type, false);
		cmo_memattrs = mapping_of(S2PT_MEM_NORMAL_WB, true);
		for (unsigned n = 0; n < 2; n++) {
			CHECK_STATUS(map_as(GIB, PAGE, GIB, 12, &mapping), S2PT_OK, "map");
			m.cleans = 0;
			unmap(GIB, PAGE);
			CHECK(m.cleans == (n && cacheable), "%s: %u",
			      s2pt_memtype_name((enum s2pt_memtype)type), m.cleans);
			CHECK_STATUS(map_as(2 * GIB, PAGE, 2 * GIB, 12, &cmo_memattrs), S2PT_OK, "map");
		}
		destroy();
	}
}

/* Each piece of memory under a table that goes whole is cleaned once, however many there are. */
static void
test_memory_under_a_table_is_cleaned(void **state)
{
	struct s2pt_mapping mapping;

	(void)state;
	open_table(0, 39, 0);
	mapping = mapping_of(S2PT_MEM_NORMAL_WB, true);
	for (unsigned n = 0; n < 40; n++)
		CHECK_STATUS(map_as(GIB + n * PAGE, PAGE, 2 * GIB + 2 * n * PAGE, 12, &mapping), S2PT_OK, "map");
	m.cleans = 0;
	m.clean_bytes = 0;
	unmap(GIB, GIB);
	assert_int_equal(m.cleans, 40);
	assert_int_equal(m.clean_bytes, 40 * PAGE);
	destroy();
}

/* --- Retiring --------------------------------------------------------------------------------------- */

/* @count tables of pages, the last of which maps what ends before @end. */
static void
map_tables(uint64_t end, unsigned count)
{
	for (unsigned n = count; n; n--)
		map(end - n * MIB2, PAGE, 12);
}

/* Tables end together: the last one of pages, and all above it. */
static void
test_tables_that_end_together_find_room(void **state)
{
	(void)state;
	for (unsigned count = 1; count <= 3 * S2PT_GATHER_PAGES; count++)
		for (unsigned whole = 0; whole < 2; whole++) {
			open_table(0, 48, 0);
			map_tables(512 * GIB, count);
			map_tables(1024 * GIB, 20);
			if (whole)
				unmap(0, 1024 * GIB);
			destroy();
			assert_int_equal(m.retired, count + 20 + 4);
			/* They go many at a time: the start table, and what is left at the end of each, apart. */
			assert_in_range(m.batches, 1, (count + 24) / (S2PT_GATHER_PAGES - 5) + 4);
		}
}

/* ... and also where each is found by a step of its own. */
static void
test_tables_go_many_at_a_time(void **state)
{
	(void)state;
	open_table(0, 48, 0);
	for (unsigned n = 0; n < 40; n++)
		map(n * GIB, PAGE, 12);
	unmap(0, 512 * GIB);
	assert_int_equal(m.retired, 81);
	assert_in_range(m.batches, 6, 9);
	destroy();
}

/* Tables that wait for their retirement are no more than there is room for, also under a hold. */
static void
test_tables_that_wait_find_room(void **state)
{
	(void)state;
	for (unsigned count = 1; count <= 2 * S2PT_GATHER_TABLES; count++) {
		open_table(0, 39, 0);
		map_tables(2 * GIB, count);
		map(2 * GIB - (count + 1u) * MIB2, PAGE, 12);
		s2pt_table_hold(&m.table);
		unmap(2 * GIB - count * MIB2, count * MIB2);
		assert_in_range(count - m.retired, 0, S2PT_GATHER_TABLES);
		assert_int_equal(m.table.n_unlinked, count - m.retired);
		CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
		assert_int_equal(m.retired, count);
		destroy();
	}
}

/* A budget is kept, and what one call leaves the next one finds. */
static void
test_destroy_keeps_its_budget(void **state)
{
	(void)state;
	for (uint64_t budget = 1; budget < 30; budget++) {
		struct s2pt_op op = { .budget = budget };
		unsigned calls = 0, before = 0;

		open_table(0, 48, 0);
		map_tables(512 * GIB, 9);
		map_tables(1024 * GIB, 13);
		map(2000 * GIB, PAGE, 12);
		while (s2pt_table_destroy(&m.table, &op) == S2PT_ERR_BUDGET) {
			/* Those above the last one end with it. */
			assert_in_range(m.retired - before, budget, budget + 2);
			before = m.retired;
			assert_in_range(++calls, 1, 30);
			/* Nothing is remembered between calls but in the table. */
			memset(m.table.path, 0, sizeof(m.table.path));
		}
		assert_true(m.root_retired);
		assert_int_equal(m.retired, 9 + 13 + 1 + 6);
	}
}

/* Not a valid entry is left when the first table is retired, and all is forgotten with one request. */
static void
test_destroy_forgets_all_at_once(void **state)
{
	struct s2pt_op op = { .done = 0 };

	(void)state;
	for (unsigned held = 0; held < 2; held++) {
		prepare(0, 39, 0);
		m.host.trace = trace;
		init(0);
		map(0, PAGE, 12);
		map(GIB, GIB, 30);
		map(3 * GIB, PAGE, 12);
		map(5 * GIB, GIB, 30);
		CHECK_STATUS(s2pt_table_annotate(&m.table, &op, s2pt_ipa_of(7 * GIB), GIB, 3),
			     S2PT_OK, "annotate");
		map(9 * GIB, 2 * PAGE, 12);
		if (held)
			s2pt_table_hold(&m.table);
		unmap(9 * GIB, PAGE);
		m.calls = 0;
		m.requests = 0;
		m.stores = 0;
		m.left = 0;
		destroy();
		assert_int_equal(m.calls, 1);
		for (unsigned n = 0; n < 512; n++)
			CHECK(!m.table.root[n] || (m.table.root[n] & 3u) == 2, "entry %u is more than a broken link",
			      n);
	}
}

/* --- Budgets ---------------------------------------------------------------------------------------- */

/* Pages of two tables, that both stay: an entry each. */
static void
test_entries_are_in_the_budget(void **state)
{
	const uint64_t begin = GIB + MIB2 - 5 * PAGE, size = 17 * PAGE;

	(void)state;
	for (uint64_t budget = 1; budget <= 20; budget++) {
		struct s2pt_op op = { .budget = budget };
		enum s2pt_status status;
		uint64_t at = 0;

		open_table(0, 39, 0);
		map(GIB, 2 * MIB2, 12);
		do {
			const uint64_t left = size - at, want = budget * PAGE < left ? budget * PAGE : left;

			status = s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(begin + at), left);
			CHECK_U64(op.done, want, "done");
			at += want;
			CHECK_STATUS(status, at < size ? S2PT_ERR_BUDGET : S2PT_OK, "unmap");
		} while (at < size);
		destroy();
	}
}

/* A table that goes whole costs one, with its entry. */
static void
test_tables_are_in_the_budget(void **state)
{
	(void)state;
	for (uint64_t budget = 0; budget <= 4; budget++) {
		const uint64_t tables = budget && budget < 3 ? budget : 3;
		struct s2pt_op op = { .budget = budget };

		open_table(0, 39, 0);
		map(GIB, 4 * MIB2, 12);
		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), 3 * MIB2),
			     tables < 3 ? S2PT_ERR_BUDGET : S2PT_OK, "unmap");
		CHECK_U64(op.done, tables * MIB2, "done");
		assert_int_equal(m.retired, tables);
		destroy();
	}
}

/* What is under an entry counts, and not what might be, however large the start table: then it goes at once. */
static void
test_tables_of_tables_are_in_the_budget(void **state)
{
	static const uint8_t ipa_bits[] = { 35, 39, 43 };

	(void)state;
	for (size_t n = 0; n < COUNT(ipa_bits); n++)
		for (uint64_t budget = 2; budget <= 3; budget++) {
			struct s2pt_op op = { .budget = budget };

			prepare(0, ipa_bits[n], 0);
			m.host.trace = trace;
			init(0);
			assert_int_equal(m.format.start_level, 1);
			map(GIB, PAGE, 12);
			map(GIB + 2 * MIB2, PAGE, 12);
			m.stores = 0;
			CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), GIB),
				     budget == 3 ? S2PT_OK : S2PT_ERR_BUDGET, "unmap");
			CHECK_U64(op.done, budget == 3 ? GIB : 2 * MIB2, "done");
			assert_int_equal(m.stores, 2);
			assert_int_equal(m.retired, budget == 3 ? 3 : 1);
			destroy();
		}
}

/* Leaves that have something to say are looked at, whatever the budget. */
static void
test_tables_do_not_go_unheard(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		uint64_t words[8] = { 0 };
		struct s2pt_bitmap dirty = { .base = { GIB }, .size = MIB2, .word = words };
		struct s2pt_op op = { .dirty = &dirty, .budget = n ? 1000 : 0 };

		open_table(0, 39, 0);
		map(GIB, MIB2, 12);
		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), MIB2), S2PT_OK, "unmap");
		assert_int_equal(dirty.pages, 512);
		destroy();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_makes_an_empty_table),
		cmocka_unit_test(test_start_tables_have_their_size),
		cmocka_unit_test(test_init_refuses_what_vttbr_cannot_say),
		cmocka_unit_test(test_memory_is_granules),
		cmocka_unit_test(test_what_was_not_linked_goes_back),
		cmocka_unit_test(test_unlinked_tables_are_memory),
		cmocka_unit_test(test_stores_are_cleaned),
		cmocka_unit_test(test_nearest_ranges_become_one),
		cmocka_unit_test(test_unlike_ranges_become_one),
		cmocka_unit_test(test_ranges_that_touch_become_one),
		cmocka_unit_test(test_ranges_of_levels_become_one),
		cmocka_unit_test(test_levels_are_unknown_under_a_hold),
		cmocka_unit_test(test_groups_end_where_they_end),
		cmocka_unit_test(test_cacheable_memory_needs_cleaning),
		cmocka_unit_test(test_memory_under_a_table_is_cleaned),
		cmocka_unit_test(test_tables_that_end_together_find_room),
		cmocka_unit_test(test_tables_go_many_at_a_time),
		cmocka_unit_test(test_tables_that_wait_find_room),
		cmocka_unit_test(test_destroy_keeps_its_budget),
		cmocka_unit_test(test_destroy_forgets_all_at_once),
		cmocka_unit_test(test_entries_are_in_the_budget),
		cmocka_unit_test(test_tables_are_in_the_budget),
		cmocka_unit_test(test_tables_of_tables_are_in_the_budget),
		cmocka_unit_test(test_tables_do_not_go_unheard),
	};

	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
