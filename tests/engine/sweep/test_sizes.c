/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Leaves that change their size, and memory that moves: what each step reaches, what it leaves alone, what
 * it costs of a budget, and what is said where it cannot be done.
 */
#include <s2pt/tracking.h>

#include "ordinary.h"

/* The distance of a PA from its IPA: an odd number of blocks of either size. */
#define FAR (GIB(5) + MIB(2))

static struct s2pt_op op;

static void
open_fresh(const struct machine_shape *shape)
{
	memset(&op, 0, sizeof(op));
	open_kit(shape);
}

static int
fresh(void **state)
{
	memset(&op, 0, sizeof(op));
	return setup(state);
}

/* All leaves in a range are of one level. */
static void
expect_level(uint64_t ipa, uint64_t size, int level)
{
	for (uint64_t at = ipa; at < ipa + size; at += kit_bytes(&kit, level))
		assert_int_equal(level_at(at), level);
}

/* The memory of a range lies in a row from @pa on. */
static void
expect_pages(uint64_t ipa, uint64_t size, uint64_t pa)
{
	s2pt_pa found;

	for (uint64_t at = 0; at < size; at += PAGE) {
		assert_int_equal(s2pt_table_translate(&kit.machine.table, s2pt_ipa_of(ipa + at), &found), S2PT_OK);
		assert_int_equal(found.addr, pa + at);
	}
}

/* Leaves of one level, FAR from where they are. */
static void
map(uint64_t ipa, uint64_t size, int level)
{
	kit_map(&kit, ipa, size, ipa + FAR, &ram, level);
	kit_forget(&kit);
}

static enum s2pt_status
collapse(uint64_t ipa, uint64_t size)
{
	enum s2pt_status status;

	kit_forget(&kit);
	kit_begin(&kit, ipa, size);
	status = s2pt_table_collapse(&kit.machine.table, &op, s2pt_ipa_of(ipa), size);
	kit_end(&kit);
	kit_check(&kit);
	return status;
}

static enum s2pt_status
split(uint64_t ipa, uint64_t size, int level)
{
	enum s2pt_status status;

	kit_forget(&kit);
	kit_begin(&kit, ipa, size);
	status = s2pt_table_split(&kit.machine.table, &op, s2pt_ipa_of(ipa), size,
				  (uint8_t)s2pt_format_level_lg2(kit.machine.table.format, level));
	kit_end(&kit);
	kit_check(&kit);
	return status;
}

/* --- Collapse: what may become a block --------------------------------------------------------------- */

/* One page that differs from its like, whichever it is, keeps a table. */
static void
test_collapse_odd_page(void **state)
{
	static const unsigned odd[] = { 0, 1, 2, 255, 510, 511 };
	const struct s2pt_change read_only = { .clear_w = true };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		const uint64_t ipa = GIB(1) + odd[i] * PAGE;

		map(GIB(1), MIB(2), 3);
		assert_int_equal(kit_try_protect(&kit, &op, ipa, PAGE, &read_only), S2PT_OK);
		model_map_protect(kit.map, ipa, ipa + PAGE - 1u, MODEL_ATTR_DIRTY, 0);
		assert_int_equal(collapse(GIB(1), MIB(2)), S2PT_OK);
		assert_int_equal(op.done, MIB(2));
		assert_int_equal(kit.log.stores + kit.log.calls, 0);
		expect_level(GIB(1), MIB(2), 3);
		kit_unmap(&kit, GIB(1), MIB(2));
	}
}

/* Tables before the range and behind it are none of its business, be they as uniform as they like. */
static void
test_collapse_in_range(void **state)
{
	(void)state;
	/* A table of blocks for one GiB, and pages in the next. */
	kit_map(&kit, GIB(1), GIB(1), GIB(16), &ram, 2);
	map(GIB(2), MIB(12), 3);
	assert_int_equal(collapse(GIB(2) + MIB(2), MIB(6)), S2PT_OK);
	assert_int_equal(op.done, MIB(6));
	assert_int_equal(kit.log.calls, 1);
	assert_int_equal(kit.log.retires, 3);
	expect_level(GIB(1), GIB(1), 2);
	expect_level(GIB(2), MIB(2), 3);
	expect_level(GIB(2) + MIB(2), MIB(6), 2);
	expect_level(GIB(2) + MIB(8), MIB(4), 3);
	/* What the range only begins stays; the one that ends in it goes. */
	assert_int_equal(collapse(GIB(2) + MIB(9), MIB(2)), S2PT_OK);
	assert_int_equal(op.done, MIB(2));
	expect_level(GIB(2) + MIB(8), MIB(2), 2);
	expect_level(GIB(2) + MIB(10), MIB(2), 3);
}

/* A step is about one table: the range goes on in the next. */
static void
test_collapse_over_the_end(void **state)
{
	(void)state;
	map(GIB(2) - MIB(4), MIB(8), 3);
	assert_int_equal(collapse(GIB(2) - MIB(2), MIB(4)), S2PT_OK);
	assert_int_equal(op.done, MIB(4));
	assert_int_equal(kit.log.retires, 2);
	expect_level(GIB(2) - MIB(4), MIB(2), 3);
	expect_level(GIB(2) - MIB(2), MIB(4), 2);
	expect_level(GIB(2) + MIB(2), MIB(2), 3);
}

/* Tables above become blocks when the last one in them did, at odd and even addresses. */
static void
test_collapse_upwards(void **state)
{
	const struct s2pt_op none = { .budget = 0 };

	(void)state;
	for (unsigned gib = 1; gib < 3; gib++) {
		op = none;
		kit_map(&kit, GIB(gib), GIB(1) - MIB(2), GIB(8), &ram, 2);
		kit_map(&kit, GIB(gib + 1) - MIB(2), MIB(2), GIB(9) - MIB(2), &ram, 3);
		assert_int_equal(collapse(GIB(gib), GIB(1)), S2PT_OK);
		assert_int_equal(level_at(GIB(gib)), 1);
		assert_int_equal(kit.log.retires, 2);
		kit_unmap(&kit, GIB(gib), GIB(1));
		/* Not beyond the cap. */
		kit_map(&kit, GIB(gib), GIB(1), GIB(8), &ram, 3);
		op.max_lg2 = 12;
		assert_int_equal(collapse(GIB(gib), GIB(1)), S2PT_OK);
		assert_int_equal(kit.log.stores, 0);
		op.max_lg2 = 21;
		assert_int_equal(collapse(GIB(gib), GIB(1)), S2PT_OK);
		expect_level(GIB(gib), GIB(1), 2);
		op.max_lg2 = 29;
		assert_int_equal(collapse(GIB(gib), GIB(1)), S2PT_OK);
		assert_int_equal(kit.log.stores, 0);
		op.max_lg2 = 30;
		assert_int_equal(collapse(GIB(gib), GIB(1)), S2PT_OK);
		assert_int_equal(level_at(GIB(gib)), 1);
		kit_unmap(&kit, GIB(gib), GIB(1));
	}
}

/* Up to the highest level that has blocks, and no higher. */
static void
test_collapse_to_the_top(void **state)
{
	const uint64_t all = GIB(512);

	(void)state;
	for (unsigned ds = 0; ds < 2; ds++) {
		struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

		shape.ipa_bits = 48;
		shape.pa_bits = ds ? 52 : 48;
		shape.ds = ds;
		shape.start_level = 0;
		open_fresh(&shape);
		kit_map(&kit, all, all - GIB(1), 2 * all, &ram, 1);
		kit_map(&kit, 2 * all - GIB(1), GIB(1) - MIB(2), 3 * all - GIB(1), &ram, 2);
		kit_map(&kit, 2 * all - MIB(2), MIB(2), 3 * all - MIB(2), &ram, 3);
		assert_int_equal(collapse(all, all), S2PT_OK);
		assert_int_equal(op.done, all);
		expect_level(all, all, ds ? 0 : 1);
		assert_int_equal(kit.machine.table.pages, ds ? 0 : 1);
		kit_close(&kit);
	}
}

/* What hardware said of one page it said of the block; a page that nobody used differs from none. */
static void
test_collapse_accessed(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	static const unsigned used[] = { 0, 1, 300, 511 };

	(void)state;
	shape.haf = true;
	for (shape.bbm = 0; shape.bbm <= 2; shape.bbm++)
		for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
			const uint64_t ipa = GIB(1) + used[i] * PAGE;

			open_fresh(&shape);
			ram.af = false;
			map(GIB(1), MIB(4), 3);
			assert_int_equal(kit_access(&kit, 1, MODEL_READ, ipa, NULL), MODEL_OK);
			model_map_protect(kit.map, ipa, ipa + PAGE - 1u, 0, MODEL_ATTR_AF);
			kit_begin(&kit, GIB(1), MIB(4));
			assert_int_equal(s2pt_table_collapse(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), MIB(4)),
					 S2PT_OK);
			kit_end(&kit);
			model_map_protect(kit.map, GIB(1), GIB(1) + MIB(2) - 1u, 0, MODEL_ATTR_AF);
			expect_level(GIB(1), MIB(4), 2);
			assert_true(kit_leaf_at(&kit, GIB(1), NULL, NULL).af);
			assert_false(kit_leaf_at(&kit, GIB(1) + MIB(2), NULL, NULL).af);
			teardown(NULL);
		}
}

/* --- Collapse: what it costs ------------------------------------------------------------------------- */

/* More tables than can wait for their invalidation at once: a step, or one invalidation, for each 11. */
static void
test_collapse_many(void **state)
{
	static const unsigned calls[] = { 1, 6, 3 };

	(void)state;
	for (unsigned bbm = 0; bbm <= 2; bbm++) {
		struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

		shape.bbm = bbm;
		open_fresh(&shape);
		map(GIB(1), MIB(64), 3);
		/* All CPUs know all of it. */
		model_prime(kit.machine.model, GIB(1), GIB(1) + MIB(64) - 1u);
		assert_int_equal(collapse(GIB(1), MIB(64)), S2PT_OK);
		assert_int_equal(op.done, MIB(64));
		assert_int_equal(kit.log.calls, calls[bbm]);
		assert_int_equal(kit.log.retires, 32);
		assert_int_equal(kit.log.breaks, bbm ? 0 : 32);
		/* Taking nT away is an atomic AND, after an OR that may change nothing. */
		if (bbm != 1)
			assert_int_equal(kit.log.stores, bbm ? 32 : 64);
		expect_level(GIB(1), MIB(64), 2);
		expect_pages(GIB(1), MIB(64), GIB(1) + FAR);
		teardown(NULL);
	}
}

/* As many at a time as the batch says. */
static void
test_collapse_batch(void **state)
{
	(void)state;
	for (unsigned batch = 1; batch <= 4; batch++) {
		op.batch = batch;
		map(GIB(1), MIB(8), 3);
		assert_int_equal(collapse(GIB(1), MIB(8)), S2PT_OK);
		assert_int_equal(kit.log.calls, (4 + batch - 1) / batch);
		assert_int_equal(kit.log.request[0].ipa.addr, GIB(1));
		assert_int_equal(kit.log.request[0].size, batch * MIB(2));
		kit_unmap(&kit, GIB(1), MIB(8));
	}
}

/* To look into a table costs as much as it has entries; a block costs one. */
static void
test_collapse_budget(void **state)
{
	static const struct {
		uint64_t budget;
		unsigned batch, tables;
	} row[] = {
		{ 1, 0, 1 },
		{ 512, 0, 1 },
		{ 513, 0, 2 },
		{ 1024, 0, 2 },
		{ 1025, 0, 3 },
		{ 1537, 0, 4 },
		{ 512, 1, 1 },
		{ 513, 1, 2 },
		{ 1024, 1, 2 },
		{ 1025, 1, 3 },
		{ 1536, 1, 3 },
		{ 1537, 1, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const uint64_t done = row[i].tables * MIB(2);

		map(GIB(1), MIB(8), 3);
		op.budget = row[i].budget;
		op.batch = row[i].batch;
		assert_int_equal(collapse(GIB(1), MIB(8)), row[i].tables == 4 ? S2PT_OK : S2PT_ERR_BUDGET);
		assert_int_equal(op.done, done);
		expect_level(GIB(1), done, 2);
		expect_level(GIB(1) + done, MIB(8) - done, 3);
		op.budget = row[i].tables;
		assert_int_equal(collapse(GIB(1), done), S2PT_OK);
		assert_int_equal(op.done, done);
		kit_unmap(&kit, GIB(1), MIB(8));
	}
}

/* What is pending under a hold waits for more than a collapse that finds nothing. */
static void
test_collapse_under_a_hold(void **state)
{
	(void)state;
	map(GIB(1), MIB(2), 3);
	map(GIB(2), MIB(4), 2);
	s2pt_table_hold(&kit.machine.table);
	kit_begin(&kit, GIB(1), GIB(2));
	assert_int_equal(s2pt_table_unmap(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), PAGE), S2PT_OK);
	assert_int_equal(s2pt_table_collapse(&kit.machine.table, &op, s2pt_ipa_of(GIB(2)), MIB(4)), S2PT_OK);
	assert_int_equal(kit.log.calls, 0);
	assert_int_equal(s2pt_table_release(&kit.machine.table), S2PT_OK);
	kit_end(&kit);
	assert_int_equal(kit.log.calls, 1);
	model_map_clear(kit.map, GIB(1), GIB(1) + PAGE - 1u);
}

/* --- Split ------------------------------------------------------------------------------------------- */

/* Where there is no table nothing is to be split, and behind it there may be. */
static void
test_split_behind_nothing(void **state)
{
	(void)state;
	for (int level = 2; level <= 3; level++) {
		/* Nothing, blocks; nothing, nothing, a larger block, small ones. */
		kit_map(&kit, GIB(2), MIB(8), GIB(8), &ram, 2);
		kit_map(&kit, GIB(5), GIB(1), GIB(16), &ram, 1);
		kit_map(&kit, GIB(6), MIB(4), GIB(4), &ram, 2);
		assert_int_equal(split(GIB(1), GIB(6), level), S2PT_OK);
		assert_int_equal(op.done, GIB(6));
		expect_level(GIB(2), MIB(8), level);
		expect_level(GIB(5), GIB(1), level);
		expect_level(GIB(6), MIB(4), level);
		kit_unmap(&kit, 0, GIB(8));
	}
	/* In a table: pages, nothing, a block, nothing. */
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	kit_map(&kit, MIB(8), MIB(2), MIB(8), &ram, 2);
	assert_int_equal(split(0, MIB(16), 3), S2PT_OK);
	assert_int_equal(op.done, MIB(16));
	expect_level(MIB(2), MIB(2), 3);
	expect_level(MIB(8), MIB(2), 3);
}

static void
test_split_batch(void **state)
{
	(void)state;
	for (unsigned batch = 1; batch <= 4; batch++) {
		op.batch = batch;
		map(GIB(1), MIB(8), 2);
		assert_int_equal(split(GIB(1), MIB(8), 3), S2PT_OK);
		assert_int_equal(kit.log.calls, (4 + batch - 1) / batch);
		assert_int_equal(kit.log.request[0].size, batch * MIB(2));
		assert_int_equal(kit.log.breaks, 4);
		kit_unmap(&kit, GIB(1), MIB(8));
	}
}

/* A block costs half of the leaves that it becomes; the table that is then passed costs one, as one that was there. */
static void
test_split_budget(void **state)
{
	static const struct {
		uint64_t budget;
		unsigned done, split;
	} row[] = {
		{ 1, 1, 0 },
		{ 2, 2, 0 },
		{ 3, 2, 1 },
		{ 258, 2, 1 },
		{ 259, 2, 2 },
		{ 514, 2, 2 },
		{ 515, 2, 3 },
		{ 770, 2, 3 },
		{ 771, 2, 4 },
		{ 1026, 2, 4 },
		{ 1027, 3, 4 },
		{ 1028, 4, 4 },
		{ 1029, 5, 4 },
		{ 1030, 6, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const uint64_t blocks = GIB(1) + MIB(4), done = row[i].split * MIB(2);

		map(GIB(1), MIB(4), 3);
		map(blocks, MIB(8), 2);
		op.budget = row[i].budget;
		assert_int_equal(split(GIB(1), MIB(12), 3), row[i].done == 6 ? S2PT_OK : S2PT_ERR_BUDGET);
		assert_int_equal(op.done, row[i].done * MIB(2));
		expect_level(blocks, done, 3);
		expect_level(blocks + done, MIB(8) - done, 2);
		kit_unmap(&kit, GIB(1), MIB(12));
	}
}

/* A group goes whole, whatever the batch: its members need not be made again without the hint. */
static void
test_split_group(void **state)
{
	(void)state;
	kit_map(&kit, GIB(1), MIB(32), GIB(8), &ram, 0);
	assert_true(kit_leaf_at(&kit, GIB(1), NULL, NULL).contiguous);
	op.batch = 3;
	assert_int_equal(split(GIB(1), MIB(32), 3), S2PT_OK);
	assert_int_equal(kit.log.calls, 1);
	assert_int_equal(kit.log.breaks, 16);
	assert_int_equal(kit.log.stores, 32);
	expect_level(GIB(1), MIB(32), 3);
	kit_unmap(&kit, GIB(1), MIB(32));
	/* A batch that ends in the second of two goes on to its end; the first is cut. */
	kit_map(&kit, GIB(1), MIB(64), GIB(8), &ram, 0);
	op.batch = 20;
	assert_int_equal(split(GIB(1) + MIB(4), MIB(60), 3), S2PT_OK);
	assert_int_equal(kit.log.calls, 2);
	expect_level(GIB(1), MIB(4), 2);
	expect_level(GIB(1) + MIB(4), MIB(60), 3);
}

/* What hardware said of one member is true of all, and of all their parts. */
static void
test_split_accessed_group(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.haf = true;
	open_fresh(&shape);
	ram.af = false;
	kit_map(&kit, GIB(1), MIB(32), GIB(8), &ram, 0);
	assert_int_equal(kit_access(&kit, 0, MODEL_READ, GIB(1) + MIB(9), NULL), MODEL_OK);
	kit_begin(&kit, GIB(1), MIB(32));
	assert_int_equal(s2pt_table_split(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), MIB(32),
					  kit.machine.table.format->granule_lg2),
			 S2PT_OK);
	kit_end(&kit);
	for (uint64_t at = 0; at < MIB(32); at += PAGE)
		assert_true(kit_leaf_at(&kit, GIB(1) + at, NULL, NULL).af);
	model_map_protect(kit.map, GIB(1), GIB(1) + MIB(32) - 1u, 0, MODEL_ATTR_AF);
	teardown(NULL);
}

/* --- ZAP --------------------------------------------------------------------------------------------- */

static void
expect_nothing(uint64_t ipa, uint64_t size)
{
	s2pt_pa pa;

	for (uint64_t at = ipa; at < ipa + size; at += PAGE)
		assert_int_equal(s2pt_table_translate(&kit.machine.table, s2pt_ipa_of(at), &pa), S2PT_ERR_NOT_MAPPED);
}

/* Unmap one page of a block; the flat map loses @block, where it goes whole. */
static enum s2pt_status
zap(uint64_t ipa, uint64_t block)
{
	enum s2pt_status status;

	kit_forget(&kit);
	op.partial = S2PT_PARTIAL_ZAP;
	status = kit_try_unmap(&kit, &op, ipa, PAGE);
	if (block)
		model_map_clear(kit.map, block, block + MIB(2) - 1u);
	kit_check(&kit);
	return status;
}

/* A member leaves its group, whichever it is; a neighbour of a group leaves none. */
static void
test_zap_at_groups(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 16; n += n ? 7 : 1) {
		const uint64_t block = GIB(1) + MIB(32) + n * MIB(2);

		map(GIB(1) + MIB(30), MIB(2), 2);
		kit_map(&kit, GIB(1) + MIB(32), MIB(32), GIB(8), &ram, 0);
		map(GIB(1) + MIB(64), MIB(2), 2);
		assert_true(kit_leaf_at(&kit, block, NULL, NULL).contiguous);
		for (unsigned far = 0; far < 2; far++) {
			const uint64_t beside = GIB(1) + (far ? MIB(64) : MIB(30));

			assert_int_equal(zap(beside, beside), S2PT_OK);
			expect_nothing(beside, MIB(2));
			assert_int_equal(kit.log.breaks, 1);
			assert_int_equal(kit.log.calls, 1);
			assert_true(kit_leaf_at(&kit, block, NULL, NULL).contiguous);
		}
		assert_int_equal(zap(block + PAGE, block), S2PT_OK);
		expect_nothing(block, MIB(2));
		for (unsigned other = 0; other < 16; other++)
			if (other != n)
				assert_false(kit_leaf_at(&kit, GIB(1) + MIB(32) + other * MIB(2), NULL, NULL)
						     .contiguous);
		kit_unmap(&kit, GIB(1), MIB(128));
	}
}

/* A table that has lost its last block goes, too. */
static void
test_zap_the_last(void **state)
{
	(void)state;
	map(GIB(1), MIB(2), 2);
	assert_int_equal(kit.machine.table.pages, 1);
	assert_int_equal(zap(GIB(1) + MIB(1), GIB(1)), S2PT_OK);
	assert_int_equal(kit.machine.table.pages, 0);
	assert_int_equal(kit.log.retires, 1);
}

/* It costs one; the entry that is empty then costs one more, like any. */
static void
test_zap_budget(void **state)
{
	(void)state;
	map(GIB(1), MIB(2), 3);
	for (op.budget = 1; op.budget <= 3; op.budget++) {
		map(GIB(1) + MIB(2), MIB(2), 2);
		assert_int_equal(zap(GIB(1) + MIB(2), GIB(1) + MIB(2)),
				 op.budget == 1 ? S2PT_ERR_BUDGET : S2PT_OK);
		assert_int_equal(op.done, op.budget == 1 ? 0 : PAGE);
		expect_nothing(GIB(1) + MIB(2), MIB(2));
	}
}

/* All pages that go with the range are reported, if they could be written to; where there is no room none goes. */
static void
test_zap_reports(void **state)
{
	uint64_t words[512 / 64];
	struct s2pt_bitmap dirty = { .word = words };

	(void)state;
	op.dirty = &dirty;
	for (unsigned writable = 0; writable < 2; writable++)
		for (unsigned short_of = 0; short_of < 3; short_of++) {
			ram.w = writable;
			map(GIB(1), MIB(2), 2);
			memset(words, 0, sizeof(words));
			dirty.base = s2pt_ipa_of(GIB(1) + (short_of == 1 ? PAGE : 0));
			dirty.size = MIB(2) - (short_of ? PAGE : 0);
			dirty.pages = 0;
			assert_int_equal(zap(GIB(1) + 2 * PAGE, short_of ? 0 : GIB(1)),
					 short_of ? S2PT_ERR_WOULD_SPLIT : S2PT_OK);
			assert_int_equal(op.done, short_of ? 0 : PAGE);
			assert_int_equal(dirty.pages, writable && !short_of ? 512 : 0);
			for (unsigned n = 0; n < 8; n++)
				assert_true(words[n] == (writable && !short_of ? UINT64_MAX : 0));
			if (short_of) {
				assert_int_equal(kit.log.stores + kit.log.calls, 0);
				assert_int_equal(level_at(GIB(1)), 2);
			} else {
				expect_nothing(GIB(1), MIB(2));
			}
			kit_unmap(&kit, GIB(1), MIB(2));
		}
}

/* --- Move -------------------------------------------------------------------------------------------- */

#define TO GIB(32)

/* Copies, in order: what the host was told. */
static unsigned copies;
static uint64_t copied;

static void
note_copy(void *context, s2pt_pa from, s2pt_pa to, uint64_t bytes)
{
	assert_ptr_equal(context, &copied);
	machine_look(&kit.machine);
	/* The old memory is out of reach. */
	assert_true(model_ledger_empty(kit.machine.model));
	if (copies++)
		assert_int_equal(from.addr, copied);
	assert_int_equal(to.addr - TO, from.addr - FAR - GIB(1));
	copied = from.addr + bytes;
}

/* Move what is FAR away; the flat map follows as far as it got. */
static enum s2pt_status
move(uint64_t ipa, uint64_t size, uint64_t to)
{
	enum s2pt_status status;

	kit_forget(&kit);
	kit_begin(&kit, ipa, size);
	status = s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(ipa), size,
				 &(struct s2pt_move){ .from = s2pt_pa_of(ipa + FAR), .to = s2pt_pa_of(to) });
	kit_end(&kit);
	if (op.done)
		model_map_set(kit.map, ipa, ipa + op.done - 1u, to, kit_attr(&kit, &ram));
	kit_check(&kit);
	return status;
}

/* A hole, an annotation (were it the very address), or other memory: it is reached, and stays. */
static void
test_move_as_far_as_it_is(void **state)
{
	enum {
		HOLE,
		NOTE,
		OTHER,
		KINDS,
	};

	(void)state;
	for (unsigned i = 0; i < KINDS; i++)
		for (unsigned at = 0; at < 8; at++) {
			const uint64_t ipa = GIB(1) + at * PAGE;
			const uint64_t note = (ipa + FAR) >> 2;

			memset(&op, 0, sizeof(op));
			map(GIB(1), 8 * PAGE, 3);
			kit_unmap(&kit, ipa, PAGE);
			if (i == OTHER)
				kit_map(&kit, ipa, PAGE, ipa, &ram, 3);
			if (i == NOTE) {
				kit_begin(&kit, ipa, PAGE);
				assert_int_equal(s2pt_table_annotate(&kit.machine.table, &op, s2pt_ipa_of(ipa), PAGE,
								     note),
						 S2PT_OK);
				kit_end(&kit);
				model_map_note(kit.map, ipa, ipa + PAGE - 1u, note << 2);
			}
			assert_int_equal(move(GIB(1), 8 * PAGE, TO),
					 i == OTHER ? S2PT_ERR_EXISTS : S2PT_ERR_NOT_MAPPED);
			assert_int_equal(op.done, at * PAGE);
			assert_int_equal(kit.log.stores, 2 * at);
			expect_pages(GIB(1), at * PAGE, TO);
			expect_pages(ipa + PAGE, (7 - at) * PAGE, ipa + PAGE + FAR);
			op.drop_annotations = true;
			assert_int_equal(kit_try_unmap(&kit, &op, GIB(1), 8 * PAGE), S2PT_OK);
		}
}

/* What is not a place for memory, of the old and the new. */
static void
test_move_to_nowhere(void **state)
{
	const uint64_t from = GIB(1) + FAR, end = UINT64_C(1) << 48;
	/* clang-format off */
	const struct {
		uint64_t from, to;
		enum s2pt_status status;
	} row[] = {
		{ from + 1, TO, S2PT_ERR_PA_ALIGN },          { from, TO + 1, S2PT_ERR_PA_ALIGN },
		{ from, TO + PAGE / 2, S2PT_ERR_PA_ALIGN },   { end - PAGE, TO, S2PT_ERR_OA_SIZE },
		{ from, end - PAGE, S2PT_ERR_OA_SIZE },    { end, TO, S2PT_ERR_OA_SIZE },
		{ from, end, S2PT_ERR_OA_SIZE },           { from + PAGE, TO, S2PT_ERR_EXISTS },
		{ from - PAGE, TO, S2PT_ERR_EXISTS },      { from, TO, S2PT_OK },
		{ TO, end - 2 * PAGE, S2PT_OK },
	};
	/* clang-format on */

	(void)state;
	map(GIB(1), 2 * PAGE, 3);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		kit_forget(&kit);
		kit_begin(&kit, GIB(1), 2 * PAGE);
		assert_int_equal(s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), 2 * PAGE,
						 &(struct s2pt_move){ .from = s2pt_pa_of(row[i].from),
								      .to = s2pt_pa_of(row[i].to) }),
				 row[i].status);
		kit_end(&kit);
		assert_int_equal(op.done, row[i].status == S2PT_OK ? 2 * PAGE : 0);
		assert_int_equal(kit.log.stores, row[i].status == S2PT_OK ? 4 : 0);
		if (row[i].status == S2PT_OK)
			model_map_set(kit.map, GIB(1), GIB(1) + 2 * PAGE - 1u, row[i].to, kit_attr(&kit, &ram));
		kit_check(&kit);
	}
}

/* A block goes whole to a place that is aligned like it, or by parts, or stays: it is never lost. */
static void
test_move_blocks(void **state)
{
	static const struct {
		uint64_t skip, size;
	} cut[] = {
		{ 0, MIB(1) },
		{ MIB(1), MIB(1) },
		{ PAGE, PAGE },
		{ MIB(1), MIB(3) },
		{ MIB(1), MIB(4) },
		{ PAGE, MIB(2) },
	};

	(void)state;
	map(GIB(1), MIB(6), 2);
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
		for (op.partial = S2PT_PARTIAL_ZAP; op.partial <= S2PT_PARTIAL_REFUSE; op.partial++) {
			assert_int_equal(move(GIB(1) + cut[i].skip, cut[i].size, TO + cut[i].skip),
					 S2PT_ERR_WOULD_SPLIT);
			assert_int_equal(op.done, 0);
			assert_int_equal(kit.log.stores + kit.log.calls, 0);
		}
	assert_int_equal(move(GIB(1), MIB(6), TO + PAGE), S2PT_ERR_OA_ALIGN);
	assert_int_equal(move(GIB(1), MIB(6), TO + MIB(1)), S2PT_ERR_OA_ALIGN);
	assert_int_equal(kit.log.stores + kit.log.calls, 0);
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		kit_map(&kit, GIB(1), MIB(6), GIB(1) + FAR, &ram, 2);
		op.partial = S2PT_PARTIAL_SPLIT;
		assert_int_equal(move(GIB(1) + cut[i].skip, cut[i].size, TO + cut[i].skip), S2PT_OK);
		assert_int_equal(op.done, cut[i].size);
		kit_unmap(&kit, GIB(1), MIB(6));
	}
}

/* The host copies leaf by leaf, and does of the rest what is needed and no more. */
static void
test_move_tells_the_host(void **state)
{
	struct s2pt_leaf code;

	(void)state;
	code = ram;
	code.w = false;
	code.x_el0 = code.x_el1 = true;
	for (int level = 2; level <= 3; level++)
		for (unsigned exec = 0; exec < 2; exec++) {
			const struct s2pt_leaf *leaf = exec ? &code : &ram;
			const unsigned leaves = (unsigned)(MIB(4) / kit_bytes(&kit, level));

			kit_map(&kit, GIB(1), MIB(4), GIB(1) + FAR, leaf, level);
			kit_forget(&kit);
			copies = 0;
			kit_begin(&kit, GIB(1), MIB(4));
			assert_int_equal(s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), MIB(4),
							 &(struct s2pt_move){ .from = s2pt_pa_of(GIB(1) + FAR),
									      .to = s2pt_pa_of(TO),
									      .copy = note_copy,
									      .context = &copied }),
					 S2PT_OK);
			kit_end(&kit);
			model_map_set(kit.map, GIB(1), GIB(1) + MIB(4) - 1u, TO, kit_attr(&kit, leaf));
			kit_check(&kit);
			assert_int_equal(copies, leaves);
			assert_int_equal(copied, GIB(1) + FAR + MIB(4));
			assert_int_equal(kit.log.cleans, 0);
			assert_int_equal(kit.log.icaches, exec ? leaves : 0);
			assert_int_equal(kit.log.icache_bytes, exec ? MIB(4) : 0);
			kit_unmap(&kit, GIB(1), MIB(4));
		}
}

/* The hint stays where the new memory is aligned as the group is, whatever else its distance. */
static void
test_move_groups(void **state)
{
	/* clang-format off */
	static const struct {
		uint64_t to;
		bool hint;
	} row[] = {
		{ TO, true },           { TO + KIB(64), true },         { TO + 3 * KIB(64), true },
		{ TO + PAGE, false },   { TO + KIB(64) + PAGE, false }, { TO + KIB(128) + PAGE, false },
		{ TO + KIB(32), false }, { TO + KIB(128) + KIB(32), false },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		map(GIB(1), KIB(64), 0);
		assert_true(kit_leaf_at(&kit, GIB(1), NULL, NULL).contiguous);
		assert_int_equal(move(GIB(1), KIB(64), row[i].to), S2PT_OK);
		for (uint64_t at = 0; at < KIB(64); at += PAGE)
			assert_int_equal(kit_leaf_at(&kit, GIB(1) + at, NULL, NULL).contiguous, row[i].hint);
		kit_unmap(&kit, GIB(1), KIB(64));
	}
}

/* All members but the last, or the first: that one stays where it is, in whatever batches. */
static void
test_move_most_of_a_group(void **state)
{
	(void)state;
	for (unsigned batch = 0; batch <= 16; batch += 4)
		for (unsigned skip = 0; skip < 2; skip++) {
			const uint64_t ipa = GIB(1) + skip * PAGE, size = KIB(64) - PAGE;

			map(GIB(1), KIB(128), 0);
			op.batch = batch;
			assert_int_equal(move(ipa, size, TO + skip * PAGE), S2PT_OK);
			assert_int_equal(op.done, size);
			expect_pages(ipa, size, TO + skip * PAGE);
			expect_pages(skip ? GIB(1) : GIB(1) + size, PAGE,
				     FAR + (skip ? GIB(1) : GIB(1) + size));
			for (uint64_t at = 0; at < KIB(128); at += PAGE)
				assert_int_equal(kit_leaf_at(&kit, GIB(1) + at, NULL, NULL).contiguous, at >= KIB(64));
			kit_unmap(&kit, GIB(1), KIB(128));
		}
}

/* What hardware said of one member is true of all that part. */
static void
test_move_accessed_group(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.haf = true;
	open_fresh(&shape);
	ram.af = false;
	map(GIB(1), KIB(64), 0);
	assert_int_equal(kit_access(&kit, 0, MODEL_READ, GIB(1) + KIB(20), NULL), MODEL_OK);
	kit_begin(&kit, GIB(1), KIB(64));
	assert_int_equal(
		s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), KIB(64),
				&(struct s2pt_move){ .from = s2pt_pa_of(GIB(1) + FAR), .to = s2pt_pa_of(TO + PAGE) }),
		S2PT_OK);
	kit_end(&kit);
	for (uint64_t at = 0; at < KIB(64); at += PAGE) {
		assert_true(kit_leaf_at(&kit, GIB(1) + at, NULL, NULL).af);
		assert_false(kit_leaf_at(&kit, GIB(1) + at, NULL, NULL).contiguous);
	}
	ram.af = true;
	model_map_set(kit.map, GIB(1), GIB(1) + KIB(64) - 1u, TO + PAGE, kit_attr(&kit, &ram));
	teardown(NULL);
}

int
main(void)
{
#define SIZES(name) cmocka_unit_test_setup_teardown(test_##name, fresh, teardown)
	const struct CMUnitTest tests[] = {
		SIZES(collapse_odd_page),
		SIZES(collapse_in_range),
		SIZES(collapse_over_the_end),
		SIZES(collapse_upwards),
		cmocka_unit_test(test_collapse_to_the_top),
		cmocka_unit_test(test_collapse_accessed),
		cmocka_unit_test(test_collapse_many),
		SIZES(collapse_batch),
		SIZES(collapse_budget),
		SIZES(collapse_under_a_hold),
		SIZES(split_behind_nothing),
		SIZES(split_batch),
		SIZES(split_budget),
		SIZES(split_group),
		cmocka_unit_test(test_split_accessed_group),
		SIZES(zap_at_groups),
		SIZES(zap_the_last),
		SIZES(zap_budget),
		SIZES(zap_reports),
		SIZES(move_as_far_as_it_is),
		SIZES(move_to_nowhere),
		SIZES(move_blocks),
		SIZES(move_tells_the_host),
		SIZES(move_groups),
		SIZES(move_most_of_a_group),
		cmocka_unit_test(test_move_accessed_group),
	};

	return cmocka_run_group_tests_name("sweep sizes", tests, NULL, NULL);
}
