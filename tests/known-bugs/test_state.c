/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Memory, rollback, state. */
#include "regress.h"

static void
test_bug50_remap_does_not_count(void **state)
{
	struct s2pt_op op = { .replace = true };

	(void)state;
	for (unsigned n = 0; n < 1000; n++)
		assert_int_equal(kit_try_map(&kit, &op, MIB(2), PAGE, (n & 3) * PAGE, &ram),
				 S2PT_OK);
	assert_int_equal(kit.machine.table.pages, 2);
	kit_unmap(&kit, MIB(2), PAGE);
	assert_int_equal(kit.machine.table.pages, 0);
}

static void
test_bug53_destroy_in_chunks(void **state)
{
	(void)state;
	for (unsigned chunk = 1; chunk < 16; chunk++) {
		struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
		struct s2pt_op op = { .budget = chunk };
		enum s2pt_status status;

		open_kit(&shape);
		kit_map(&kit, MIB(2), MIB(8), MIB(2), &ram, 3);
		kit_map(&kit, GIB(5), GIB(1), GIB(5), &ram, 1);
		kit_map(&kit, GIB(8) + PAGE, GIB(2), GIB(5), &ram, 0);
		assert_int_equal(annotate(GIB(20), MIB(1), 4), S2PT_OK);
		model_op_begin(model(), 0, 0, UINT64_MAX);
		model_stop(model());
		do {
			status = s2pt_table_destroy(table(), &op);
			assert_null(model_violation(model()));
		} while (status == S2PT_ERR_BUDGET);
		assert_int_equal(status, S2PT_OK);
		model_check_leaks(model(), 0);
		assert_null(model_violation(model()));
		model_map_free(kit.map);
		machine_free(&kit.machine);
	}
}

static void
test_bug57_unmapped_stays_unmapped(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	protect(MIB(2), MIB(2), (struct s2pt_change){ .clear_af = true }, MODEL_ATTR_AF, 0);
	kit_unmap(&kit, MIB(2), 7 * PAGE);
	protect(MIB(2), MIB(2), (struct s2pt_change){ .set_af = true }, 0, MODEL_ATTR_AF);
	assert_int_equal(translate_status(MIB(2)), S2PT_ERR_NOT_MAPPED);
	assert_int_equal(translate_status(MIB(2) + 7 * PAGE), S2PT_OK);
}

static void
test_bug58_unmap_without_memory(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 2);
	kit_forget(&kit);
	model_fail_alloc(model(), 1, false);
	assert_int_equal(kit_try_unmap(&kit, &op, MIB(2) + PAGE, PAGE), S2PT_ERR_MEMORY);
	model_fail_alloc(model(), 0, false);
	assert_int_equal(op.done, 0);
	assert_int_equal(kit.log.stores, 0);
	assert_int_equal(pa_at(MIB(2) + PAGE), MIB(2) + PAGE);
	op.partial = S2PT_PARTIAL_REFUSE;
	assert_int_equal(kit_try_unmap(&kit, &op, MIB(2) + PAGE, PAGE), S2PT_ERR_WOULD_SPLIT);
	assert_int_equal(op.done, 0);
}

/* Neighbours are untouched when a map fails half-way. */
static void
test_bug59_rollback(void **state)
{
	for (unsigned nth = 1; nth < 6; nth++) {
		struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
		struct s2pt_op op = { .budget = 0 };
		uint64_t pages;

		(void)state;
		open_kit(&shape);
		kit_map(&kit, MIB(2) - PAGE, PAGE, GIB(9), &ram, 3);
		kit_map(&kit, MIB(10), PAGE, GIB(9), &ram, 3);
		pages = kit.machine.table.pages;
		model_fail_alloc(model(), nth, true);
		kit_try_map(&kit, &op, MIB(2), MIB(8), GIB(1) + PAGE, &ram);
		model_fail_alloc(model(), 0, false);
		assert_int_equal(kit.machine.table.pages, pages + op.done / MIB(2));
		assert_int_equal(pa_at(MIB(2) - PAGE), GIB(9));
		assert_int_equal(pa_at(MIB(10)), GIB(9));
		finish_kit();
	}
}

static void
test_bug60_limit_and_closing(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_change change = { .set_w = true };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	open_kit(&shape);
	kit.machine.table.page_limit = 3;
	assert_int_equal(kit_try_map(&kit, &op, MIB(2) - PAGE, MIB(4), GIB(1), &ram),
			 S2PT_ERR_MEMORY);
	assert_int_equal(kit.machine.table.pages, 3);
	kit_check(&kit);
	op.budget = 1;
	model_op_begin(model(), 0, 0, UINT64_MAX);
	model_stop(model());
	assert_int_equal(s2pt_table_destroy(table(), &op), S2PT_ERR_BUDGET);
	op.budget = 0;
	assert_int_equal(kit_try_map(&kit, &op, 0, PAGE, 0, &ram), S2PT_ERR_DESTROYED);
	assert_int_equal(kit_try_unmap(&kit, &op, 0, PAGE), S2PT_ERR_DESTROYED);
	assert_int_equal(kit_try_protect(&kit, &op, 0, PAGE, &change), S2PT_ERR_DESTROYED);
	assert_int_equal(s2pt_table_relax(table(), &op, s2pt_ipa_of(0), PAGE, &change),
			 S2PT_ERR_DESTROYED);
	assert_int_equal(s2pt_table_annotate(table(), &op, s2pt_ipa_of(0), PAGE, 1),
			 S2PT_ERR_DESTROYED);
	assert_int_equal(split(&op, 0, PAGE, 3), S2PT_ERR_DESTROYED);
	assert_int_equal(collapse(&op, 0, PAGE), S2PT_ERR_DESTROYED);
	kit_close(&kit);
}

static void
test_bug61_unmap_of_a_hole(void **state)
{
	(void)state;
	model_fail_alloc(model(), 1, true);
	kit_unmap(&kit, PAGE, GIB(900));
	model_fail_alloc(model(), 0, false);
	assert_int_equal(kit.log.stores, 0);
}

static void
test_bug63_bounded(void **state)
{
	struct s2pt_op op = { .budget = 100 };
	uint64_t done = 0;
	unsigned calls = 0;

	(void)state;
	kit_map(&kit, GIB(1), MIB(64), GIB(1), &ram, 3);
	for (;; calls++) {
		struct s2pt_change change = { .clear_w = true };
		enum s2pt_status status;

		kit_forget(&kit);
		status = kit_try_protect(&kit, &op, GIB(1) + done, MIB(64) - done, &change);
		assert_true(kit.log.stores <= 100);
		done += op.done;
		if (status == S2PT_OK)
			break;
		assert_int_equal(status, S2PT_ERR_BUDGET);
	}
	assert_true(calls >= 16384 / 100);
	model_map_protect(kit.map, GIB(1), GIB(1) + MIB(64) - 1, MODEL_ATTR_DIRTY, 0);
}

static void
test_bug64_never_mapped_has_no_owner(void **state)
{
	struct s2pt_found found;

	(void)state;
	assert_int_equal(s2pt_table_lookup(table(), s2pt_ipa_of(GIB(7)), &found), S2PT_OK);
	assert_int_equal(s2pt_annotation(found.desc), 0);
	kit_map(&kit, GIB(7), PAGE, GIB(7), &ram, 3);
	assert_int_equal(annotate(GIB(7), PAGE, 3), S2PT_ERR_EXISTS);
}

static void
test_bug66_identical_maps_break_nothing(void **state)
{
	struct s2pt_op op = { .replace = true };

	(void)state;
	for (unsigned n = 0; n < 8; n++)
		assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(2), MIB(2), &ram), S2PT_OK);
	assert_int_equal(kit.log.breaks, 0);
	assert_int_equal(kit.log.stores, 1);
	/* Nor where the block has been made from pages. */
	op.max_lg2 = S2PT_GRANULE_4K;
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(2), MIB(2), &ram), S2PT_OK);
	assert_int_equal(kit.log.breaks, 0);
}

/* The same for contiguous groups, with the hint and, under a cap, without. */
static void
test_bug66_identical_groups_break_nothing(void **state)
{
	struct s2pt_op op = { .replace = true, .max_lg2 = 16 };

	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		op.max_lg2 = n & 1 ? 12 : 16;
		assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(1), MIB(2), &ram), S2PT_OK);
		assert_true(kit_leaf_at(&kit, MIB(2) + 17 * PAGE, NULL, NULL).contiguous);
	}
	assert_int_equal(kit.log.breaks, 0);
	assert_int_equal(kit.log.stores, 1);
}

static void
test_bug67_software_bits_of_a_member(void **state)
{
	struct s2pt_op op = { .max_lg2 = 16 };

	(void)state;
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(1), MIB(2), &ram), S2PT_OK);
	kit_forget(&kit);
	protect(MIB(2) + 5 * PAGE, PAGE, (struct s2pt_change){ .set_sw = 8 }, 0, UINT64_C(1) << 58);
	assert_int_equal(kit.log.stores, 1);
	assert_int_equal(kit.log.calls, 0);
	assert_true(kit_leaf_at(&kit, MIB(2) + 5 * PAGE, NULL, NULL).contiguous);
}

static void
test_bug67_software_bits_cost_a_store(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 2);
	kit_forget(&kit);
	protect(MIB(2), MIB(2), (struct s2pt_change){ .set_sw = 8 }, 0, UINT64_C(1) << 58);
	assert_int_equal(kit.log.stores, 1);
	assert_int_equal(kit.log.calls, 0);
}

static void
test_bug68_contiguity_is_of_both(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	for (unsigned n = 0; n < 512; n++)
		kit_map(&kit, MIB(2) + n * PAGE, PAGE, GIB(1) + n * 2 * PAGE, &ram, 3);
	kit_forget(&kit);
	assert_int_equal(collapse(&op, MIB(2), MIB(2)), S2PT_OK);
	assert_int_equal(kit.log.stores, 0);
	assert_int_equal(level_at(MIB(2)), 3);
	/* Consecutive, but not aligned. */
	kit_map(&kit, MIB(4), MIB(2), GIB(1) + PAGE, &ram, 3);
	assert_int_equal(collapse(&op, MIB(4), MIB(2)), S2PT_OK);
	assert_int_equal(level_at(MIB(4)), 3);
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), PAGE, GIB(3), &ram), S2PT_ERR_EXISTS);
	assert_int_equal(op.done, 0);
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(2), MIB(2), &ram), S2PT_ERR_EXISTS);
}

/* Contiguous IPAs, memory that is in a row but not aligned as the group is, or not in a row: no hint. */
static void
test_bug68_groups_are_of_both(void **state)
{
	struct s2pt_op op = { .max_lg2 = 16 };

	(void)state;
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(1), GIB(1) + PAGE, &ram), S2PT_OK);
	for (unsigned n = 0; n < 16; n++)
		assert_int_equal(kit_try_map(&kit, &op, MIB(4) + n * PAGE, PAGE, GIB(1) + n * 2 * PAGE,
					     &ram),
				 S2PT_OK);
	for (unsigned n = 0; n < 16; n++) {
		assert_false(kit_leaf_at(&kit, MIB(2) + n * PAGE, NULL, NULL).contiguous);
		assert_false(kit_leaf_at(&kit, MIB(4) + n * PAGE, NULL, NULL).contiguous);
	}
}

/* The hint is no attribute of the memory: it differs, and the block has none. */
static void
test_bug69_the_hint_may_differ(void **state)
{
	struct s2pt_op op = { .max_lg2 = 16 };

	(void)state;
	kit_map(&kit, MIB(2) + 40 * PAGE, PAGE, MIB(2) + 40 * PAGE, &ram, 3);
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(2), MIB(2), &ram), S2PT_OK);
	assert_true(kit_leaf_at(&kit, MIB(2), NULL, NULL).contiguous);
	assert_false(kit_leaf_at(&kit, MIB(2) + 40 * PAGE, NULL, NULL).contiguous);
	op.max_lg2 = 0;
	assert_int_equal(collapse(&op, MIB(2), MIB(2)), S2PT_OK);
	assert_int_equal(level_at(MIB(2)), 2);
	assert_false(kit_leaf_at(&kit, MIB(2), NULL, NULL).contiguous);
}

static void
test_bug69_one_that_differs(void **state)
{
	for (unsigned what = 0; what < 7; what++) {
		struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
		struct s2pt_op op = { .budget = 0 };
		struct s2pt_leaf other;
		unsigned at = what * 85;

		(void)state;
		open_kit(&shape);
		other = ram;
		switch (what) {
		case 0:
			other.sh = S2PT_SH_OSH;
			break;
		case 1:
			other.type = S2PT_MEM_NORMAL_NC;
			break;
		case 2:
			other.x_el1 = true;
			break;
		case 3:
			other.x_el0 = true;
			break;
		case 4:
			other.sw = 1;
			break;
		case 5:
			other.af = false;
			break;
		default:
			other.w = false;
			break;
		}
		kit_map(&kit, MIB(2) + at * PAGE, PAGE, MIB(2) + at * PAGE, &other, 3);
		if (at)
			kit_map(&kit, MIB(2), at * PAGE, MIB(2), &ram, 3);
		kit_map(&kit, MIB(2) + (at + 1) * PAGE, (511 - at) * PAGE, MIB(2) + (at + 1) * PAGE,
			&ram, 3);
		assert_int_equal(collapse(&op, MIB(2), MIB(2)), S2PT_OK);
		assert_int_equal(level_at(MIB(2)), 3);
		finish_kit();
	}
}

static void
test_bug70_annotations_have_no_memory(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.fwb = false;
	open_kit(&shape);
	/* Something needs maintenance, so that the engine looks. */
	kit_map(&kit, GIB(1), PAGE, GIB(1), &ram, 3);
	kit_forget(&kit);
	assert_int_equal(annotate(MIB(2) + PAGE, MIB(6), 0xfeed), S2PT_OK);
	assert_int_equal(annotate(MIB(4) + PAGE, PAGE, 0xbeef), S2PT_OK);
	assert_int_equal(kit.log.calls, 0);
	assert_int_equal(annotate(MIB(2) + PAGE, MIB(6), 0), S2PT_OK);
	assert_int_equal(kit.log.cleans + kit.log.icaches, 0);
	finish_kit();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ORDINARY(bug50_remap_does_not_count),
		SPECIAL(bug53_destroy_in_chunks),
		ORDINARY(bug57_unmapped_stays_unmapped),
		ORDINARY(bug58_unmap_without_memory),
		SPECIAL(bug59_rollback),
		SPECIAL(bug60_limit_and_closing),
		ORDINARY(bug61_unmap_of_a_hole),
		ORDINARY(bug63_bounded),
		ORDINARY(bug64_never_mapped_has_no_owner),
		ORDINARY(bug66_identical_maps_break_nothing),
		ORDINARY(bug66_identical_groups_break_nothing),
		ORDINARY(bug67_software_bits_cost_a_store),
		ORDINARY(bug67_software_bits_of_a_member),
		ORDINARY(bug68_contiguity_is_of_both),
		ORDINARY(bug68_groups_are_of_both),
		ORDINARY(bug69_the_hint_may_differ),
		SPECIAL(bug69_one_that_differs),
		SPECIAL(bug70_annotations_have_no_memory),
	};

	return cmocka_run_group_tests_name("regress state", tests, NULL, NULL);
}
