/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Dirty rings, and a log that begins with everything dirty. */
#include "pool.h"

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define POOL  (UINT64_C(64) << 12)
#define GIB   (UINT64_C(1) << 30)
#define MIB2  (UINT64_C(2) << 20)
#define PA    (UINT64_C(1) << 32)
#define SW    8u
#define PAGES 512u
#define W     (UINT64_C(1) << 7)
#define DBM   (UINT64_C(1) << 51)

static struct {
	unsigned invalidations;
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
	struct s2pt_span span[8];
	struct s2pt_dirty_ring ring;
} m;

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	(void)requests;
	(void)count;
	m.invalidations++;
}

/* A table of one region: @max_lg2 is the size of its leaves. */
static void
open_table(s2pt_feats feats, uint8_t max_lg2)
{
	const struct s2pt_features cpu = { .feats = feats, .pa_bits = 40, .granule_4k = true };
	struct s2pt_op op = { .max_lg2 = max_lg2 };
	struct s2pt_mapping mapping;
	struct s2pt_config config;

	memset(&m, 0, sizeof(m));
	pool_open(POOL, POISON);
	pool_host(&m.host);
	m.host.invalidate = invalidate;
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.feats = feats;
	config.ipa_bits = 39;
	config.start_level = 1;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_OK, "init");
	mapping = pool_mapping(&m.format, S2PT_MEM_NORMAL_WB, true, false);
	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB), PAGES * PAGE, s2pt_pa_of(PA), &mapping), S2PT_OK,
		     "map");
	m.ring.span = m.span;
	m.ring.count = 4;
}

static enum s2pt_status
start(uint64_t first, uint64_t count, uint32_t flags)
{
	struct s2pt_op op = { .budget = 0 };

	return s2pt_table_dirty_start(&m.table, &op, s2pt_ipa_of(GIB + first * PAGE), count * PAGE, SW, flags);
}

static enum s2pt_status
mark(uint64_t page)
{
	return s2pt_shared_mark_dirty(&m.table, NULL, s2pt_ipa_of(GIB + page * PAGE + 8), 0, &m.ring);
}

static void
takes(uint64_t page, uint64_t pages)
{
	struct s2pt_span span;

	assert_true(s2pt_dirty_ring_take(&m.ring, &span));
	CHECK_U64(span.ipa.addr, GIB + page * PAGE, "IPA");
	CHECK_U64(span.size, pages * PAGE, "size");
}

static void
takes_nothing(void)
{
	struct s2pt_span span = { .size = POISON };

	assert_false(s2pt_dirty_ring_take(&m.ring, &span));
	CHECK_U64(span.size, POISON, "the span");
}

/* --- Rings --------------------------------------------------------------------------------------------- */

/* First in, first out; full and empty at each position, and where the counts begin anew. */
static void
test_order(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	m.ring.span = m.span;
	m.ring.count = 4;
	m.ring.put = m.ring.taken = UINT64_MAX - 4u;
	for (unsigned round = 0; round < 9; round++) {
		takes_nothing();
		for (uint64_t n = 0; n < 4; n++)
			CHECK_STATUS(s2pt_dirty_ring_put(&m.ring, s2pt_ipa_of(GIB + n * PAGE), (n + 1u) * PAGE),
				     S2PT_OK, "put");
		CHECK_STATUS(s2pt_dirty_ring_put(&m.ring, s2pt_ipa_of(GIB), PAGE), S2PT_ERR_RING_FULL, "full");
		takes(0, 1);
		CHECK_STATUS(s2pt_dirty_ring_put(&m.ring, s2pt_ipa_of(GIB + 9 * PAGE), PAGE), S2PT_OK, "put");
		for (uint64_t n = 1; n < 4; n++)
			takes(n, n + 1u);
		takes(9, 1);
	}
	/* Nothing was written beside the ring. */
	for (unsigned n = 4; n < COUNT(m.span); n++)
		CHECK_U64(m.span[n].size, 0, "beyond");
}

static void
test_counts(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	m.ring.span = m.span;
	for (unsigned count = 0; count < 9; count++) {
		const bool power = count && !(count & (count - 1u));

		m.ring.count = count;
		m.ring.put = m.ring.taken = 0;
		CHECK_STATUS(s2pt_dirty_ring_put(&m.ring, s2pt_ipa_of(GIB), PAGE), power ? S2PT_OK : S2PT_ERR_RING,
			     "put");
		CHECK_U64(m.ring.put, power, "put");
	}
}

/* What a call makes dirty is put, once, in the order of the calls. */
static void
test_mark(void **state)
{
	(void)state;
	open_table(0, 12);
	CHECK_STATUS(start(0, PAGES / 2, 0), S2PT_OK, "start");
	CHECK_STATUS(mark(7), S2PT_OK, "mark");
	CHECK_STATUS(mark(3), S2PT_OK, "mark");
	CHECK_STATUS(mark(7), S2PT_OK, "again");
	/* It is not logged, and writable. */
	CHECK_STATUS(mark(PAGES - 1), S2PT_OK, "not logged");
	CHECK_STATUS(mark(PAGES), S2PT_ERR_NOT_MAPPED, "not mapped");
	CHECK_STATUS(s2pt_shared_mark_dirty(&m.table, NULL, s2pt_ipa_of(GIB), 0, NULL), S2PT_OK, "no ring");
	takes(7, 1);
	takes(3, 1);
	takes_nothing();
	pool_close();
}

/* A ring without room leaves the leaf clean; what is dirty already needs none. */
static void
test_full(void **state)
{
	(void)state;
	open_table(0, 12);
	CHECK_STATUS(start(0, PAGES, 0), S2PT_OK, "start");
	for (uint64_t n = 0; n < 4; n++)
		CHECK_STATUS(mark(n), S2PT_OK, "mark");
	m.invalidations = 0;
	CHECK_STATUS(mark(4), S2PT_ERR_RING_FULL, "full");
	CHECK_U64(*pool_entry(GIB + 4 * PAGE) & W, 0, "the leaf");
	/* This CPU may have cached something stricter, as whatever the status. */
	assert_int_equal(m.invalidations, 1);
	CHECK_STATUS(mark(2), S2PT_OK, "dirty already");
	takes(0, 1);
	CHECK_STATUS(mark(4), S2PT_OK, "room");
	CHECK_U64(*pool_entry(GIB + 4 * PAGE) & W, W, "the leaf");
	m.ring.count = 3;
	CHECK_STATUS(mark(5), S2PT_ERR_RING, "a count that is none");
	CHECK_U64(*pool_entry(GIB + 5 * PAGE) & W, 0, "the leaf");
	pool_close();
}

/* A block is put as what it maps. */
static void
test_block(void **state)
{
	(void)state;
	open_table(0, 21);
	CHECK_STATUS(start(0, PAGES, 0), S2PT_OK, "start");
	CHECK_STATUS(mark(77), S2PT_OK, "mark");
	takes(0, PAGES);
	takes_nothing();
	pool_close();
}

/* --- All dirty at the beginning ------------------------------------------------------------------------ */

static uint64_t
collect(uint32_t flags)
{
	static uint64_t word[PAGES / 64u];
	struct s2pt_bitmap bitmap = { .base = s2pt_ipa_of(GIB), .size = PAGES * PAGE, .word = word };
	struct s2pt_op op = { .budget = 0 };

	memset(word, 0, sizeof(word));
	CHECK_STATUS(s2pt_table_dirty_collect(&m.table, &op, s2pt_ipa_of(GIB), PAGES * PAGE, &bitmap, flags), S2PT_OK,
		     "collect");
	return bitmap.pages;
}

/* Nothing is invalidated, nobody faults, and the first collection reports what is writable. */
static void
test_dirty_from_the_beginning(void **state)
{
	static const s2pt_feats feats[] = { 0, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	for (unsigned i = 0; i < COUNT(feats); i++) {
		const uint64_t tracking_bit = feats[i] ? DBM : (uint64_t)SW << 55;

		open_table(feats[i], 12);
		CHECK_STATUS(s2pt_table_protect(&m.table, &op, s2pt_ipa_of(GIB), PAGE,
						&(struct s2pt_change){ .clear_w = true }),
			     S2PT_OK, "a page that is not writable");
		CHECK_STATUS(start(1, 1, 0), S2PT_OK, "a page that is logged, and clean");
		m.invalidations = 0;
		CHECK_STATUS(start(0, PAGES, S2PT_START_DIRTY), S2PT_OK, "start");
		assert_int_equal(m.invalidations, 0);
		CHECK_U64(*pool_entry(GIB) & (W | tracking_bit), 0, "not writable");
		CHECK_U64(*pool_entry(GIB + PAGE) & (W | tracking_bit), tracking_bit, "clean");
		for (uint64_t n = 2; n < PAGES; n++)
			CHECK_U64(*pool_entry(GIB + n * PAGE) & (W | tracking_bit), W | tracking_bit, "dirty");
		CHECK_U64(collect(S2PT_COLLECT_CLEAR), PAGES - 2, "the first collection");
		assert_int_equal(m.invalidations, 1);
		CHECK_U64(collect(S2PT_COLLECT_CLEAR), 0, "the second");
		pool_close();
	}
}

/* Members of a group become dirty one by one where software tracks them: the hint goes. */
static void
test_groups(void **state)
{
	static const s2pt_feats feats[] = { 0, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM };

	(void)state;
	for (unsigned i = 0; i < COUNT(feats); i++) {
		open_table(feats[i], 16);
		assert_true(*pool_entry(GIB) >> 52 & 1u);
		CHECK_STATUS(start(0, PAGES, S2PT_START_DIRTY), S2PT_OK, "start");
		for (uint64_t n = 0; n < PAGES; n++)
			CHECK_U64(*pool_entry(GIB + n * PAGE) >> 52 & 1u, i, "the hint");
		CHECK_U64(collect(0), PAGES, "dirty");
		pool_close();
	}
}

static void
test_flags(void **state)
{
	(void)state;
	open_table(0, 12);
	for (unsigned bit = 1; bit < 32; bit++)
		CHECK_STATUS(start(0, PAGES, UINT32_C(1) << bit), S2PT_ERR_FLAGS, "flag");
	CHECK_U64(m.table.tracking_bit, 0, "the tracking bit");
	pool_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_dirty_from_the_beginning),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
