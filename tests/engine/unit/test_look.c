/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Questions about what is in a table: how far it is alike, and where something is next. The answers are compared
 * with those of one lookup after the other, page by page, over tables that random operations made.
 */
#include "pool.h"
#include "random.h"

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define PAGES  2048u /* of the window: four tables */
#define LG2    12u
#define GIB    (UINT64_C(1) << 30)
#define MIB2   (UINT64_C(2) << 20)
#define WINDOW (GIB - 2 * MIB2) /* it ends in another table of level 2 */
#define POOL   (UINT64_C(512) << LG2)
#define LIMIT  (UINT64_C(1) << 39)
#define ROUNDS 60u
#define ASKED  200u

#define AF   (UINT64_C(1) << 10)
#define CONT (UINT64_C(1) << 52)

static struct {
	struct s2pt_format format;
	struct s2pt_table table;
	struct s2pt_mapping rw, ro;
} m;

static struct s2pt_host_ops host = {
	.size = sizeof(host),
	.alloc = pool_alloc,
	.retire = retire_nothing,
	.invalidate = invalidate_nothing,
	.publish = publish_nothing,
};

static void
open_table(void)
{
	const struct s2pt_features cpu = { .feats = S2PT_FEAT_TTST, .pa_bits = 48, .granule_4k = true };
	struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .af = true };
	struct s2pt_config config;

	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 39;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
	pool.used = 0;
	host.virt_offset = pool_offset();
	memset(&m.table, 0, sizeof(m.table));
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &host, 0), S2PT_OK, "init");
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, 0, &m.ro), S2PT_OK, "mapping");
	leaf.w = true;
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, 0, &m.rw), S2PT_OK, "mapping");
}

/* Maps, unmaps and annotates runs of pages, blocks among them; AF and dirty state differ from page to page. */
static void
change_at_random(void)
{
	static const unsigned aligns[] = { 1, 16, 512, 512 };
	const unsigned align = aligns[random_below(4)];
	const uint64_t first = random_below(PAGES) / align * align;
	const uint64_t count = 1 + random_below(2 * align) / align * align;
	const uint64_t ipa = WINDOW + (first << LG2);
	const uint64_t size = (first + count > PAGES ? PAGES - first : count) << LG2;
	const uint64_t pa = random_below(4) ? ipa + 4 * GIB : ipa + 5 * GIB + (random_below(4) << LG2);
	struct s2pt_op op = { .replace = true, .drop_annotations = true };

	op.max_lg2 = random_below(2) ? 0 : 12;

	switch (random_below(6)) {
	case 0:
		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(ipa), size), S2PT_OK, "unmap");
		break;
	case 1:
		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(ipa), size), S2PT_OK, "unmap");
		CHECK_STATUS(s2pt_table_annotate(&m.table, &op, s2pt_ipa_of(ipa), size, 1 + random_below(2)), S2PT_OK,
			     "annotate");
		break;
	case 2:
		CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, s2pt_ipa_of(ipa), size, 1, 0), S2PT_OK, "log");
		break;
	case 3:
		CHECK_STATUS(s2pt_table_protect(&m.table, &op, s2pt_ipa_of(ipa), size,
						&(struct s2pt_change){ .clear_af = true }),
			     S2PT_OK, "age");
		break;
	default:
		CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(ipa), size, s2pt_pa_of(pa),
					    random_below(4) ? &m.rw : &m.ro),
			     S2PT_OK, "map");
	}
}

/* What one page is, by a lookup alone: everything in which two pages that go on may not differ. */
struct page {
	bool valid;
	uint64_t content; /* attributes, or an annotation */
	uint64_t pa;
};

static struct page
page_at(uint64_t ipa)
{
	const uint64_t bits = UINT64_C(0xfff0000000000fff) & ~UINT64_C(3) & ~AF & ~CONT;
	const uint64_t tracking = UINT64_C(1) << 55, write = UINT64_C(1) << 7;
	struct s2pt_found found;
	struct page page = { .valid = false };

	CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(ipa), &found), S2PT_OK, "lookup");
	page.valid = found.desc.raw & 1u;
	page.content = page.valid ? found.desc.raw & bits : found.desc.raw;
	/* Tracked leaves do not differ by being dirty. (Bit 55 is the first software bit.) */
	if (page.valid && page.content & tracking)
		page.content &= ~write;
	if (page.valid) {
		s2pt_pa pa;

		CHECK_STATUS(s2pt_table_translate(&m.table, s2pt_ipa_of(ipa), &pa), S2PT_OK, "translate");
		page.pa = pa.addr;
		CHECK_U64(found.pa.addr + (ipa - found.ipa.addr), pa.addr, "PA of what was found");
	} else {
		CHECK_U64(found.pa.addr, 0, "PA of nothing");
	}
	return page;
}

static void
check_extent(uint64_t ipa, uint64_t size)
{
	const struct page first = page_at(ipa);
	struct s2pt_extent extent;
	struct s2pt_found found;
	uint64_t at = (ipa | (PAGE - 1u)) + 1u;

	for (; at < ipa + size; at += PAGE) {
		const struct page page = page_at(at);

		if (page.valid != first.valid || page.content != first.content ||
		    (first.valid && page.pa != first.pa + (at - ipa)))
			break;
	}
	POISONED(extent);
	CHECK_STATUS(s2pt_table_extent(&m.table, s2pt_ipa_of(ipa), size, &extent), S2PT_OK, "extent");
	CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(ipa), &found), S2PT_OK, "lookup");
	CHECK_U64(extent.size, (at < ipa + size ? at : ipa + size) - ipa, "size");
	CHECK_U64(extent.desc.raw, found.desc.raw, "the first entry");
	assert_int_equal(extent.level, found.level);
	assert_int_equal(extent.mapped, first.valid);
	CHECK_U64(extent.pa.addr, first.pa, "PA");
}

static void
check_next(uint64_t ipa, uint64_t size)
{
	struct s2pt_found next, found;
	uint64_t at = ipa;

	POISONED(next);
	for (; at < ipa + size; at = (at | (PAGE - 1u)) + 1u) {
		CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(at), &found), S2PT_OK, "lookup");
		if (found.desc.raw)
			break;
	}
	if (at >= ipa + size) {
		CHECK_STATUS(s2pt_table_next(&m.table, s2pt_ipa_of(ipa), size, &next), S2PT_ERR_NOT_MAPPED, "nothing");
		CHECK_UNTOUCHED(next, "s2pt_table_next");
		return;
	}
	CHECK_STATUS(s2pt_table_next(&m.table, s2pt_ipa_of(ipa), size, &next), S2PT_OK, "next");
	CHECK_U64(next.desc.raw, found.desc.raw, "entry");
	CHECK_U64(next.ipa.addr, found.ipa.addr, "IPA");
	CHECK_U64(next.size, found.size, "size");
	CHECK_U64(next.pa.addr, found.pa.addr, "PA");
	assert_int_equal(next.level, found.level);
}

static void
test_random(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		open_table();
		for (unsigned changes = 1 + (unsigned)random_below(12); changes; changes--)
			change_at_random();
		for (unsigned n = 0; n < ASKED; n++) {
			const uint64_t page = WINDOW + (random_below(PAGES) << LG2);
			const uint64_t ipa = page + (random_below(3) ? 0 : random_below(4096));
			const uint32_t left = (uint32_t)(WINDOW + (PAGES << LG2) - ipa);
			const uint64_t size = 1 + random_below(random_below(4) || left < 3 * PAGE ? left : 3 * PAGE);

			check_extent(ipa, size > left ? left : size);
			check_next(ipa, size > left ? left : size);
		}
	}
}

/* Tracked pages do not differ by being dirty, whichever of two is; others differ by being writable. */
static void
test_dirty_goes_on(void **state)
{
	(void)state;
	for (unsigned dirty = 0; dirty < 4; dirty++) {
		struct s2pt_op op = { .max_lg2 = 12 };
		struct s2pt_cursor cursor = { .entries = NULL };
		struct s2pt_extent extent;

		open_table();
		CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB), 3 * PAGE, s2pt_pa_of(0), &m.rw), S2PT_OK,
			     "map");
		CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, s2pt_ipa_of(GIB), 2 * PAGE, 1, 0), S2PT_OK, "log");
		for (unsigned n = 0; n < 2; n++)
			if (dirty >> n & 1u)
				CHECK_STATUS(s2pt_shared_mark_dirty(&m.table, &cursor, s2pt_ipa_of(GIB + n * PAGE), 0,
								    NULL),
					     S2PT_OK, "write");
		CHECK_STATUS(s2pt_table_extent(&m.table, s2pt_ipa_of(GIB), 3 * PAGE, &extent), S2PT_OK, "extent");
		CHECK_U64(extent.size, 2 * PAGE, "both that are logged");
	}
}

/* To the end of the IPA space, in large steps; and what is refused. */
static void
test_limits(void **state)
{
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_extent extent;
	struct s2pt_found next;

	(void)state;
	open_table();
	CHECK_STATUS(s2pt_table_extent(&m.table, s2pt_ipa_of(0), LIMIT, &extent), S2PT_OK, "all of it");
	CHECK(!extent.mapped && extent.size == LIMIT && extent.level == 1, "all of it is empty");
	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(LIMIT - PAGE), PAGE, s2pt_pa_of(0), &m.rw), S2PT_OK,
		     "map");
	CHECK_STATUS(s2pt_table_extent(&m.table, s2pt_ipa_of(1), LIMIT - 1, &extent), S2PT_OK, "but the last page");
	CHECK_U64(extent.size, LIMIT - PAGE - 1, "but the last page");
	CHECK_STATUS(s2pt_table_next(&m.table, s2pt_ipa_of(0), LIMIT, &next), S2PT_OK, "the last page");
	CHECK_U64(next.ipa.addr, LIMIT - PAGE, "the last page");
	CHECK_STATUS(s2pt_table_next(&m.table, s2pt_ipa_of(0), LIMIT - PAGE, &next), S2PT_ERR_NOT_MAPPED, "below");
	POISONED(extent);
	POISONED(next);
	CHECK_STATUS(s2pt_table_extent(&m.table, s2pt_ipa_of(0), 0, &extent), S2PT_ERR_EMPTY, "no bytes");
	CHECK_STATUS(s2pt_table_next(&m.table, s2pt_ipa_of(0), 0, &next), S2PT_ERR_EMPTY, "no bytes");
	CHECK_STATUS(s2pt_table_extent(&m.table, s2pt_ipa_of(LIMIT), 1, &extent), S2PT_ERR_IPA_SIZE, "beyond");
	CHECK_STATUS(s2pt_table_next(&m.table, s2pt_ipa_of(LIMIT - 1), 2, &next), S2PT_ERR_IPA_SIZE, "beyond");
	CHECK_STATUS(s2pt_table_next(&m.table, s2pt_ipa_of(1), UINT64_MAX, &next), S2PT_ERR_IPA_SIZE, "all round");
	CHECK_STATUS(s2pt_table_destroy(&m.table, &op), S2PT_OK, "destroy");
	CHECK_STATUS(s2pt_table_extent(&m.table, s2pt_ipa_of(0), 1, &extent), S2PT_ERR_DESTROYED, "destroyed");
	CHECK_STATUS(s2pt_table_next(&m.table, s2pt_ipa_of(0), 1, &next), S2PT_ERR_DESTROYED, "destroyed");
	CHECK_UNTOUCHED(extent, "s2pt_table_extent");
	CHECK_UNTOUCHED(next, "s2pt_table_next");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_dirty_goes_on),
		cmocka_unit_test(test_limits),
	};
	int failed;

	pool_open(POOL, 0x5a);
	failed = cmocka_run_group_tests_name("look", tests, NULL, NULL);
	pool_close();
	return failed;
}
