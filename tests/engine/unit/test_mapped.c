/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A host without a linear map: a table's page is mapped when it is allocated, at an address of its own, and is gone
 * from there when it was retired. The same operations on a host that has a linear map must leave the same table
 * behind. What the engine keeps of a page that was retired, and uses, ends the program.
 */
#define _GNU_SOURCE /* memfd_create() */

#include <sys/mman.h>
#include <unistd.h>

#include "pool.h"
#include "random.h"

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define POOL   (UINT64_C(256) << 12)
#define FRAMES (POOL >> 12)
#define GIB    (UINT64_C(1) << 30)
#define PAGES  2048u
#define STEPS  3000u

/* Physical memory for tables, of which nothing is mapped that is not a table. */
static struct {
	int file;
	void *at[FRAMES]; /* where a frame is mapped, or NULL */
	unsigned live;
} window;

/* The table of the host that maps on demand, and that of the other. */
static struct host {
	struct s2pt_host_ops ops;
	struct s2pt_table table;
	struct s2pt_cursor cursor;
} hosts[2];

static struct s2pt_format format;
static struct s2pt_mapping mappings[2];

static bool
alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	const uint64_t align = bytes >> 12;
	void *at;

	(void)context;
	(void)what;
	for (uint64_t frame = 0; frame < FRAMES; frame += align) {
		if (window.at[frame])
			continue;
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, window.file, (off_t)(frame << 12));
		assert_true(at != MAP_FAILED);
		window.at[frame] = at;
		window.live++;
		page->virt = at;
		page->pa = s2pt_pa_of(POOL_PA + (frame << 12));
		return true;
	}
	return false;
}

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)what;
	for (size_t n = 0; n < count; n++) {
		const uint64_t frame = (pages[n].pa.addr - POOL_PA) >> 12;

		assert_ptr_equal(pages[n].virt, window.at[frame]);
		/* The address is not used again: whoever still has it is found. */
		assert_true(mmap(pages[n].virt, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
			    pages[n].virt);
		window.at[frame] = NULL;
		window.live--;
	}
}

static void *
to_virt(void *context, s2pt_pa pa)
{
	(void)context;
	assert_non_null(window.at[(pa.addr - POOL_PA) >> 12]);
	return window.at[(pa.addr - POOL_PA) >> 12];
}

static void
open_hosts(void)
{
	const struct s2pt_features cpu = { .feats = S2PT_FEAT_S2FWB, .pa_bits = 40, .granule_4k = true };
	struct s2pt_config config;

	pool_open(POOL, POISON);
	memset(&window, 0, sizeof(window));
	window.file = memfd_create("tables", 0);
	assert_true(window.file >= 0 && !ftruncate(window.file, (off_t)POOL));
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 39;
	config.start_level = 1;
	CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "format");
	mappings[0] = pool_mapping(&format, S2PT_MEM_NORMAL_WB, true, false);
	mappings[1] = pool_mapping(&format, S2PT_MEM_NORMAL_NC, true, false);
	memset(hosts, 0, sizeof(hosts));
	for (unsigned n = 0; n < 2; n++) {
		struct s2pt_host_ops *ops = &hosts[n].ops;

		ops->size = sizeof(*ops);
		ops->alloc = n ? pool_alloc : alloc;
		ops->retire = n ? retire_nothing : retire;
		ops->to_virt = n ? NULL : to_virt;
		ops->virt_offset = n ? pool_offset() : 0;
		ops->invalidate = invalidate_nothing;
		ops->publish = publish_nothing;
		CHECK_STATUS(s2pt_table_init(&hosts[n].table, &format, ops, 100), S2PT_OK, "init");
	}
}

/* One operation, by number, on @count pages from @first on. */
static enum s2pt_status
run(struct host *host, unsigned what, uint64_t first, uint64_t count, uint64_t other)
{
	static uint64_t word[PAGES / 64u];
	struct s2pt_bitmap bitmap = { .base = s2pt_ipa_of(GIB), .size = PAGES * PAGE, .word = word };
	struct s2pt_op op = { .replace = other & 1u, .partial = (enum s2pt_partial)(other % 2u) };
	struct s2pt_map_request request = { .lg2 = 12 };
	const s2pt_ipa ipa = s2pt_ipa_of(GIB + first * PAGE);
	const s2pt_pa pa = s2pt_pa_of((other & 2u ? first : other % PAGES) * PAGE);
	const struct s2pt_change change = { .clear_w = other & 1u, .set_w = !(other & 1u) };
	const struct s2pt_move move = { .from = pa, .to = s2pt_pa_of(pa.addr + GIB) };
	struct s2pt_table *table = &host->table;

	op.max_lg2 = other & 4u ? 12 : 0;
	switch (what) {
	case 0:
		return s2pt_table_map(table, &op, ipa, count * PAGE, pa, &mappings[other >> 3 & 1u]);
	case 1:
		return s2pt_table_unmap(table, &op, ipa, count * PAGE);
	case 2:
		return s2pt_table_protect(table, &op, ipa, count * PAGE, &change);
	case 3:
		return s2pt_table_split(table, &op, ipa, count * PAGE, 12);
	case 4:
		return s2pt_table_collapse(table, &op, ipa, count * PAGE);
	case 5:
		return s2pt_table_annotate(table, &op, ipa, count * PAGE, other);
	case 6:
		return s2pt_table_move(table, &op, ipa, count * PAGE, &move);
	case 7:
		return s2pt_table_dirty_start(table, &op, ipa, count * PAGE, 1, other & 1u ? S2PT_START_DIRTY : 0);
	case 8:
		return s2pt_table_dirty_collect(table, &op, ipa, count * PAGE, &bitmap, S2PT_COLLECT_CLEAR);
	case 9:
		return s2pt_shared_mark_dirty(table, &host->cursor, ipa, 0, NULL);
	case 10:
		return s2pt_shared_set_af(table, &host->cursor, ipa);
	default:
		request.invalidate_seq = s2pt_table_invalidate_seq(table);
		return s2pt_shared_map(table, &host->cursor, &request, ipa, pa, &mappings[0]);
	}
}

static void
check_equal(unsigned step)
{
	for (uint64_t n = 0; n < PAGES; n++) {
		struct s2pt_found found[2];

		for (unsigned i = 0; i < 2; i++)
			CHECK_STATUS(s2pt_table_lookup(&hosts[i].table, s2pt_ipa_of(GIB + n * PAGE), &found[i]),
				     S2PT_OK,
				     "lookup");
		CHECK(found[0].desc.raw == found[1].desc.raw && found[0].level == found[1].level,
		      "step %u: page %" PRIu64 ": 0x%" PRIx64 ", not 0x%" PRIx64, step, n, found[0].desc.raw,
		      found[1].desc.raw);
	}
	CHECK_U64(hosts[0].table.pages, hosts[1].table.pages, "tables");
	CHECK_U64(window.live, hosts[0].table.pages + 1, "what is mapped");
}

static void
test_same_tables(void **state)
{
	unsigned done = 0;

	(void)state;
	open_hosts();
	for (unsigned step = 0; step < STEPS; step++) {
		const unsigned what = (unsigned)random_below(12);
		const uint64_t first = random_below(PAGES), left = PAGES - first, other = random_below(1u << 12) + 1u;
		const uint64_t count = 1 + random_below((uint32_t)(random_below(4) && left > 8 ? 8 : left));
		enum s2pt_status status[2];

		/* What the linear host unmaps is not used again. */
		if (pool.used + 64 * PAGE > pool.bytes)
			break;
		for (unsigned i = 0; i < 2; i++)
			status[i] = run(&hosts[i], what, first, count, other);
		CHECK_STATUS(status[0], status[1], "the same operation");
		done += status[0] == S2PT_OK;
		if (step % 8 == 0)
			check_equal(step);
	}
	check_equal(STEPS);
	CHECK(done > 40, "%u operations", done);
	pool_close();
	close(window.file);
}

static void
test_nothing_is_left(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	open_hosts();
	for (unsigned n = 0; n < 400; n++)
		(void)(run(&hosts[0], n % 12u, n * 7u % 1500u, 1 + n % 500u, n + 1u) == S2PT_OK);
	CHECK(window.live > 3, "%u tables", window.live);
	CHECK_STATUS(s2pt_table_destroy(&hosts[0].table, &op), S2PT_OK, "destroy");
	assert_int_equal(window.live, 0);
	pool_close();
	close(window.file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_tables),
		cmocka_unit_test(test_nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
