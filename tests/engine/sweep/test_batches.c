/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Many at once, or in parts: collapse by batches, replacing under a budget, and blocks that are dropped. */
#include "ordinary.h"

static void
expect_unmapped(uint64_t ipa)
{
	s2pt_pa pa;

	assert_int_equal(s2pt_table_translate(&kit.machine.table, s2pt_ipa_of(ipa), &pa),
			 S2PT_ERR_NOT_MAPPED);
}

static void
collapse(struct s2pt_op *op, uint64_t ipa, uint64_t size)
{
	kit_begin(&kit, ipa, size);
	assert_int_equal(s2pt_table_collapse(&kit.machine.table, op, s2pt_ipa_of(ipa), size), S2PT_OK);
	kit_end(&kit);
	assert_int_equal(op->done, size);
}

/* --- Collapse ---------------------------------------------------------------------------------------- */

/* One invalidation for all tables side by side, or one a batch; each table is broken once. */
static void
test_collapse_batches(void **state)
{
	static const struct {
		unsigned batch, calls;
	} row[] = { { 0, 1 }, { 1, 8 }, { 3, 3 }, { 8, 1 }, { 9, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct s2pt_op op = { .batch = row[i].batch };

		kit_map(&kit, GIB(1), MIB(16), GIB(4), &ram, 3);
		kit_forget(&kit);
		collapse(&op, GIB(1), MIB(16));
		assert_int_equal(kit.log.calls, row[i].calls);
		assert_int_equal(kit.log.requests, row[i].calls);
		assert_int_equal(kit.log.breaks, 8);
		assert_int_equal(kit.log.stores, 16);
		assert_int_equal(kit.log.retires, 8);
		assert_int_equal(kit.log.request[0].ipa.addr, GIB(1));
		assert_int_equal(kit.log.request[0].size, row[i].batch ? MIB(2) * (row[i].batch < 8 ? row[i].batch : 8)
								       : MIB(16));
		assert_false(kit.log.request[0].last_level);
		for (unsigned n = 0; n < 8; n++)
			assert_int_equal(level_at(GIB(1) + n * MIB(2)), 2);
		kit_check(&kit);
		kit_unmap(&kit, GIB(1), MIB(16));
	}
}

/* To look into a table costs as much of the budget as it has entries, in whatever batches. */
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
		{ 4096, 0, 8 },
		{ 512, 1, 1 },
		{ 513, 1, 2 },
		{ 1024, 1, 2 },
		{ 1025, 1, 3 },
		{ 3584, 1, 7 },
		{ 3585, 1, 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct s2pt_op op = { .budget = row[i].budget, .batch = row[i].batch };

		kit_map(&kit, GIB(1), MIB(16), GIB(4), &ram, 3);
		kit_begin(&kit, GIB(1), MIB(16));
		assert_int_equal(s2pt_table_collapse(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), MIB(16)),
				 row[i].tables == 8 ? S2PT_OK : S2PT_ERR_BUDGET);
		kit_end(&kit);
		assert_int_equal(op.done, row[i].tables * MIB(2));
		/* What is a block already costs one. */
		op.budget = row[i].tables;
		kit_begin(&kit, GIB(1), row[i].tables * MIB(2));
		assert_int_equal(s2pt_table_collapse(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)),
						     row[i].tables * MIB(2)),
				 S2PT_OK);
		kit_end(&kit);
		kit_check(&kit);
		kit_unmap(&kit, GIB(1), MIB(16));
	}
}

/* One table that stays parts the run in two. */
static void
test_collapse_around(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, GIB(1), MIB(16), GIB(4), &ram, 3);
	kit_unmap(&kit, GIB(1) + MIB(7), PAGE);
	kit_forget(&kit);
	collapse(&op, GIB(1), MIB(16));
	assert_int_equal(kit.log.calls, 2);
	assert_int_equal(kit.log.request[0].size, MIB(6));
	assert_int_equal(kit.log.request[1].ipa.addr, GIB(1) + MIB(8));
	assert_int_equal(kit.log.request[1].size, MIB(8));
	assert_int_equal(kit.log.retires, 7);
	assert_int_equal(level_at(GIB(1) + MIB(6)), 3);
	assert_int_equal(level_at(GIB(1) + MIB(8)), 2);
}

/* What hardware says of any part it says of the whole; where it said nothing, neither does the block. */
static void
test_collapse_accessed(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	shape.haf = true;
	open_kit(&shape);
	ram.af = false;
	kit_map(&kit, GIB(1), MIB(8), GIB(4), &ram, 3);
	/* The first part, the last, one between; and nobody in the fourth. */
	assert_int_equal(kit_access(&kit, 0, MODEL_READ, GIB(1), NULL), MODEL_OK);
	assert_int_equal(kit_access(&kit, 1, MODEL_WRITE, GIB(1) + MIB(4) - 1, NULL), MODEL_OK);
	assert_int_equal(kit_access(&kit, 1, MODEL_READ, GIB(1) + MIB(5), NULL), MODEL_OK);
	collapse(&op, GIB(1), MIB(8));
	model_map_protect(kit.map, GIB(1), GIB(1) + MIB(6) - 1, 0, MODEL_ATTR_AF);
	for (unsigned n = 0; n < 4; n++) {
		assert_int_equal(level_at(GIB(1) + n * MIB(2)), 2);
		assert_int_equal(kit_leaf_at(&kit, GIB(1) + n * MIB(2), NULL, NULL).af, n < 3);
	}
	teardown(state);
}

/* --- Replace by parts -------------------------------------------------------------------------------- */

/* What has more tables than the budget is replaced by smaller leaves; else by one. */
static void
test_replace_by_parts(void **state)
{
	static const unsigned budgets[] = { 0, 1, 7, 100, 512, 513, 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
		const unsigned budget = budgets[i];
		const bool whole = !budget || budget >= 513;
		struct s2pt_op op = { .replace = true, .budget = budget };
		enum s2pt_status status;
		uint64_t at = 0;
		unsigned calls = 0;

		kit_map(&kit, GIB(1), GIB(1), GIB(4), &ram, 3);
		do {
			kit_forget(&kit);
			status = kit_try_map(&kit, &op, GIB(1) + at, GIB(1) - at, GIB(8) + at, &ram);
			at += op.done;
			calls++;
			assert_true(op.done > 0);
			assert_true(!budget || kit.log.retires <= budget);
			kit_check(&kit);
		} while (status == S2PT_ERR_BUDGET);
		assert_int_equal(status, S2PT_OK);
		assert_int_equal(at, GIB(1));
		/* 512 tables and the one above them; a table costs one, with its entry. */
		assert_int_equal(level_at(GIB(1)), whole ? 1 : 2);
		assert_int_equal(calls, whole ? 1 : (512 + budget - 1) / budget);
		kit_unmap(&kit, GIB(1), GIB(1));
	}
}

/* --- Blocks that the range cuts ----------------------------------------------------------------------- */

static enum s2pt_status
try_relax(struct s2pt_op *op, uint64_t ipa, uint64_t size, const struct s2pt_change *rights)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa, size);
	status = s2pt_table_relax(&kit.machine.table, op, s2pt_ipa_of(ipa), size, rights);
	kit_end_relax(&kit);
	return status;
}

/* Of three blocks the range cuts the first and the last: they go, the middle one changes. */
static void
test_zap_protect(void **state)
{
	struct s2pt_change change = { .clear_w = true };
	struct s2pt_op op = { .partial = S2PT_PARTIAL_ZAP };
	unsigned long allocs;

	(void)state;
	kit_map(&kit, MIB(2), MIB(8), MIB(2), &ram, 2);
	kit_forget(&kit);
	allocs = model_stats(kit.machine.model)->allocs;
	assert_int_equal(kit_try_protect(&kit, &op, MIB(3), MIB(4), &change), S2PT_OK);
	assert_int_equal(op.done, MIB(4));
	model_map_clear(kit.map, MIB(2), MIB(4) - 1);
	model_map_protect(kit.map, MIB(4), MIB(6) - 1, MODEL_ATTR_DIRTY, 0);
	model_map_clear(kit.map, MIB(6), MIB(8) - 1);
	assert_int_equal(kit.log.stores, 3);
	assert_int_equal(kit.log.breaks, 2);
	assert_int_equal(kit.log.calls, 1);
	assert_int_equal(model_stats(kit.machine.model)->allocs, allocs);
	expect_unmapped(MIB(2));
	expect_unmapped(MIB(8) - PAGE);
	/* A block that says so already is not cut. */
	kit_forget(&kit);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(4) + PAGE, PAGE, &change), S2PT_OK);
	assert_int_equal(kit.log.stores + kit.log.calls, 0);
	assert_int_equal(level_at(MIB(4)), 2);
}

static void
test_zap_relax(void **state)
{
	struct s2pt_change rights = { .set_w = true };
	struct s2pt_op op = { .partial = S2PT_PARTIAL_ZAP };

	(void)state;
	ram.w = false;
	kit_map(&kit, MIB(2), MIB(4), MIB(2), &ram, 2);
	kit_forget(&kit);
	assert_int_equal(try_relax(&op, MIB(2) + PAGE, PAGE, &rights), S2PT_OK);
	assert_int_equal(op.done, PAGE);
	model_map_clear(kit.map, MIB(2), MIB(4) - 1);
	assert_int_equal(kit.log.stores, 1);
	/* All must forget the block, and this CPU what it faulted on. */
	assert_int_equal(kit.log.calls, 2);
	assert_int_equal(kit.log.local, 1);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(2));
	assert_int_equal(kit.log.request[0].size, MIB(2));
	expect_unmapped(MIB(2) + PAGE);
	assert_int_equal(level_at(MIB(4)), 2);
	/* It was the other entry of its table: now the table goes, too. */
	kit_forget(&kit);
	assert_int_equal(try_relax(&op, MIB(4), PAGE, &rights), S2PT_OK);
	model_map_clear(kit.map, MIB(4), MIB(6) - 1);
	assert_int_equal(kit.log.retires, 1);
	assert_int_equal(kit.machine.table.pages, 0);
}

static void
test_zap_replace(void **state)
{
	struct s2pt_op op = { .partial = S2PT_PARTIAL_ZAP };

	(void)state;
	kit_map(&kit, MIB(2), MIB(4), MIB(2), &ram, 2);
	kit_forget(&kit);
	/* It is not to be replaced. */
	assert_int_equal(kit_try_map(&kit, &op, MIB(2) + PAGE, PAGE, MIB(64), &ram), S2PT_ERR_EXISTS);
	assert_int_equal(kit.log.stores + kit.log.calls, 0);
	op.replace = true;
	/* It is the same. */
	assert_int_equal(kit_try_map(&kit, &op, MIB(2) + PAGE, PAGE, MIB(2) + PAGE, &ram), S2PT_OK);
	assert_int_equal(kit.log.stores + kit.log.calls, 0);
	model_map_clear(kit.map, MIB(2), MIB(4) - 1);
	assert_int_equal(kit_try_map(&kit, &op, MIB(2) + PAGE, PAGE, MIB(64), &ram), S2PT_OK);
	/* The block goes, and is forgotten, before the table with the page takes its place. */
	assert_int_equal(kit.log.event[0].kind, KIT_STORE);
	assert_int_equal(kit.log.event[0].after, 0);
	assert_int_equal(kit.log.event[1].kind, KIT_INVALIDATE);
	assert_int_equal(kit.log.event[1].size, MIB(2));
	assert_int_equal(kit.log.event[2].kind, KIT_STORE);
	assert_int_equal(kit.log.events, 3);
	assert_int_equal(level_at(MIB(2) + PAGE), 3);
	expect_unmapped(MIB(2));
	expect_unmapped(MIB(2) + 2 * PAGE);
}

/* Memory that moves is not lost: ZAP is as good as REFUSE. */
static void
test_zap_move(void **state)
{
	struct s2pt_op op = { .partial = S2PT_PARTIAL_ZAP };

	(void)state;
	kit_map(&kit, MIB(2), MIB(4), MIB(2), &ram, 2);
	for (unsigned refuse = 0; refuse < 2; refuse++) {
		kit_forget(&kit);
		op.partial = refuse ? S2PT_PARTIAL_REFUSE : S2PT_PARTIAL_ZAP;
		kit_begin(&kit, MIB(2), MIB(3));
		assert_int_equal(s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(MIB(2) + PAGE), PAGE,
						 &(struct s2pt_move){ .from = s2pt_pa_of(MIB(2) + PAGE),
								      .to = s2pt_pa_of(MIB(64)) }),
				 S2PT_ERR_WOULD_SPLIT);
		assert_int_equal(op.done, 0);
		assert_int_equal(kit.log.stores + kit.log.calls, 0);
		kit_end(&kit);
	}
	/* What comes before it has moved. */
	kit_begin(&kit, MIB(2), MIB(3));
	assert_int_equal(s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(MIB(2)), MIB(3),
					 &(struct s2pt_move){ .from = s2pt_pa_of(MIB(2)), .to = s2pt_pa_of(MIB(64)) }),
			 S2PT_ERR_WOULD_SPLIT);
	kit_end(&kit);
	assert_int_equal(op.done, MIB(2));
	model_map_set(kit.map, MIB(2), MIB(4) - 1, MIB(64), kit_attr(&kit, &ram));
}

/* --- Move -------------------------------------------------------------------------------------------- */

static void
note_copy(void *context, s2pt_pa from, s2pt_pa to, uint64_t bytes)
{
	struct kit_event *event;

	machine_look(&kit.machine);
	event = &kit.log.event[kit.log.events++];
	assert_ptr_equal(context, &kit);
	event->kind = KIT_COPY;
	event->addr = to.addr;
	event->size = bytes;
	event->before = from.addr;
	/* Nobody reaches the old memory any more, nor the new. */
	assert_true(model_ledger_empty(kit.machine.model));
}

/* The host copies each leaf between its break and its make. A block needs a place that is aligned. */
static void
test_move_copies(void **state)
{
	struct s2pt_op op = { .partial = S2PT_PARTIAL_REFUSE };
	unsigned copies = 0, made = 0;

	(void)state;
	kit_map(&kit, MIB(2), MIB(4), MIB(2), &ram, 2);
	kit_forget(&kit);
	kit_begin(&kit, MIB(2), MIB(4));
	assert_int_equal(s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(MIB(2)), MIB(4),
					 &(struct s2pt_move){ .from = s2pt_pa_of(MIB(2)),
							      .to = s2pt_pa_of(MIB(64) + PAGE),
							      .copy = note_copy,
							      .context = &kit }),
			 S2PT_ERR_OA_ALIGN);
	assert_int_equal(kit.log.events, 0);
	assert_int_equal(s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(MIB(2)), MIB(4),
					 &(struct s2pt_move){ .from = s2pt_pa_of(MIB(2)),
							      .to = s2pt_pa_of(MIB(64)),
							      .copy = note_copy,
							      .context = &kit }),
			 S2PT_OK);
	kit_end(&kit);
	model_map_set(kit.map, MIB(2), MIB(6) - 1, MIB(64), kit_attr(&kit, &ram));
	for (unsigned i = 0; i < kit.log.events; i++) {
		const struct kit_event *event = &kit.log.event[i];

		if (event->kind == KIT_STORE && event->after & 1) {
			assert_true(made < copies);
			made++;
		}
		if (event->kind != KIT_COPY)
			continue;
		assert_int_equal(event->before, MIB(2) + copies * MIB(2));
		assert_int_equal(event->addr, MIB(64) + copies * MIB(2));
		assert_int_equal(event->size, MIB(2));
		copies++;
	}
	assert_int_equal(copies, 2);
	assert_int_equal(made, 2);
	assert_int_equal(kit.log.calls, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ORDINARY(collapse_batches),
		ORDINARY(collapse_budget),
		ORDINARY(collapse_around),
		cmocka_unit_test(test_collapse_accessed),
		ORDINARY(replace_by_parts),
		ORDINARY(zap_protect),
		ORDINARY(zap_relax),
		ORDINARY(zap_replace),
		ORDINARY(zap_move),
		ORDINARY(move_copies),
	};

	return cmocka_run_group_tests_name("sweep batches", tests, NULL, NULL);
}
