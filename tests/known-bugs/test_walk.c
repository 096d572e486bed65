/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Walks, indices and ranges. */
#include "regress.h"

static void
test_bug21_collapse_frees_at_once(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	/* The allocator poisons what is retired: nothing may be read of it afterwards. */
	kit_map(&kit, GIB(1), GIB(1), GIB(1), &ram, 3);
	assert_int_equal(collapse(&op, GIB(1), GIB(1)), S2PT_OK);
	assert_int_equal(level_at(GIB(1)), 1);
	assert_int_equal(kit.machine.table.pages, 0);
	model_check_leaks(model(), 1);
}

static void
test_bug22_address_follows_over_same(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2) + PAGE, PAGE, MIB(64) + PAGE, &ram, 3);
	kit_map(&kit, MIB(2), 3 * PAGE, MIB(64), &ram, 3);
	assert_int_equal(pa_at(MIB(2) + 2 * PAGE), MIB(64) + 2 * PAGE);
}

/* Rows 23, 27 and 52: concatenated start tables. */
static void
test_bug23_concatenated_tables(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		unsigned ipa_bits;
		int start;
	} rows[] = {
		{ S2PT_GRANULE_4K, 43, 1 },
		{ S2PT_GRANULE_16K, 40, 2 },
		{ S2PT_GRANULE_64K, 46, 2 },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct machine_shape shape = kit_shape(rows[i].granule);
		uint64_t end = UINT64_C(1) << rows[i].ipa_bits, part = end / 16, page;

		shape.ipa_bits = rows[i].ipa_bits;
		shape.start_level = rows[i].start;
		open_kit(&shape);
		page = kit_bytes(&kit, 3);
		assert_int_equal(kit.machine.format.root_tables, 16);
		kit_map(&kit, end - kit_bytes(&kit, 2), kit_bytes(&kit, 2), 0, &ram, 2);
		kit_unmap(&kit, end - kit_bytes(&kit, 2), kit_bytes(&kit, 2));
		for (unsigned n = 1; n < 16; n++)
			kit_map(&kit, n * part - page, 2 * page, n * part - page, &ram, 3);
		kit_check(&kit);
		/* In one of them alone. */
		kit_unmap(&kit, 7 * part, page);
		kit_check(&kit);
		kit_forget(&kit);
		kit_unmap(&kit, 0, end);
		assert_int_equal(kit.machine.table.pages, 0);
		assert_int_equal(model_live_tables(model()), 1);
		finish_kit();
	}
}

static void
test_bug24_bit_31_is_an_address(void **state)
{
	(void)state;
	kit_map(&kit, UINT64_C(0x80000000), PAGE, UINT64_C(0xffffffff80000000) & (GIB(1024) - 1),
		&ram, 3);
	assert_int_equal(translate_status(UINT64_C(0x80000000)), S2PT_OK);
	assert_int_equal(translate_status(0), S2PT_ERR_NOT_MAPPED);
}

/* Rows 25 and 26. */
static void
test_bug25_no_alias_above_the_end(void **state)
{
	uint64_t end = UINT64_C(1) << 40;
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	assert_int_equal(kit_try_map(&kit, &op, end, PAGE, 0, &ram), S2PT_ERR_IPA_SIZE);
	assert_int_equal(translate_status(0), S2PT_ERR_NOT_MAPPED);
	kit_map(&kit, end - PAGE, PAGE, PAGE, &ram, 3);
	assert_int_equal(translate_status(end), S2PT_ERR_IPA_SIZE);
	assert_int_equal(translate_status(end - 1), S2PT_OK);
	assert_int_equal(kit_try_unmap(&kit, &op, 0, end + PAGE), S2PT_ERR_IPA_SIZE);
	assert_int_equal(kit_try_unmap(&kit, &op, PAGE, UINT64_MAX - PAGE + 1), S2PT_ERR_IPA_SIZE);
	assert_int_equal(translate_status(end - 1), S2PT_OK);
	assert_int_equal(kit_try_unmap(&kit, &op, 0, end), S2PT_OK);
}

static void
test_bug28_jumps(void **state)
{
	uint64_t at = 12345;

	(void)state;
	for (unsigned n = 0; n < 40; n++)
		kit_map(&kit, GIB(n) + n * MIB(2) + n * PAGE, PAGE, GIB(64) + n * PAGE, &ram, 3);
	for (unsigned n = 0; n < 4000; n++) {
		struct model_access access = { .kind = MODEL_READ, .el = 1 };
		struct model_outcome out;
		unsigned i;

		at = at * UINT64_C(6364136223846793005) + 1442695040888963407u;
		i = (unsigned)(at >> 33) % 64;
		access.ipa = GIB(i) + i * MIB(2) + i * PAGE;
		model_walk(model(), &access, &out);
		assert_int_equal(out.result == MODEL_OK, translate_status(access.ipa) == S2PT_OK);
		if (out.result == MODEL_OK)
			assert_int_equal(out.pa, pa_at(access.ipa));
	}
}

static void
test_bug29_block_over_pages_64k(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_64K);
	struct s2pt_op op = { .replace = true };

	(void)state;
	open_kit(&shape);
	kit_map(&kit, MIB(512), MIB(512), MIB(512), &ram, 3);
	assert_int_equal(kit_try_map(&kit, &op, MIB(512), MIB(512), GIB(4), &ram), S2PT_OK);
	assert_int_equal(level_at(MIB(512)), 2);
	finish_kit();
}

static void
test_bug30_empty_table(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	shape.ipa_bits = 48;
	open_kit(&shape);
	assert_int_equal(kit.machine.format.start_level, 0);
	kit_forget(&kit);
	kit_unmap(&kit, 0, UINT64_C(1) << 48);
	assert_int_equal(collapse(&op, 0, UINT64_C(1) << 48), S2PT_OK);
	assert_int_equal(split(&op, 0, UINT64_C(1) << 48, 3), S2PT_OK);
	protect(0, UINT64_C(1) << 48, (struct s2pt_change){ .clear_w = true }, MODEL_ATTR_DIRTY, 0);
	assert_int_equal(kit.log.stores + kit.log.calls, 0);
	finish_kit();
}

static bool
count_accessed(void *context, const struct s2pt_run *run)
{
	unsigned *count = context;

	for (uint64_t i = 0; i < run->count; i++)
		*count += run->leaf[i].raw >> 10 & 1;
	return true;
}

/* Rows 31, 32 and 65: visit looks at every leaf, of any level, at its own level. */
static void
test_bug31_visit_sees_all(void **state)
{
	struct s2pt_leaf old = ram;
	unsigned count = 0;

	(void)state;
	old.af = false;
	kit_map(&kit, MIB(2) - 2 * PAGE, 2 * PAGE, MIB(2) - 2 * PAGE, &old, 3);
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &old, 2);
	kit_map(&kit, MIB(4), PAGE, MIB(4), &ram, 3);
	kit_map(&kit, GIB(1), GIB(1), GIB(1), &ram, 1);
	assert_int_equal(s2pt_table_visit(table(), s2pt_ipa_of(MIB(2) - 2 * PAGE),
					  MIB(2) + 3 * PAGE, count_accessed, &count),
			 S2PT_OK);
	assert_int_equal(count, 1);
	assert_int_equal(s2pt_table_visit(table(), s2pt_ipa_of(0), GIB(4), count_accessed, &count),
			 S2PT_OK);
	assert_int_equal(count, 3);
	assert_int_equal(level_at(MIB(2) - PAGE), 3);
	assert_int_equal(level_at(MIB(3)), 2);
	assert_int_equal(level_at(MIB(4)), 3);
	assert_int_equal(level_at(GIB(1) + PAGE), 1);
}

static void
test_bug33_partial_blocks(void **state)
{
	uint64_t end = UINT64_C(1) << 40;

	(void)state;
	kit_map(&kit, MIB(2), MIB(6), MIB(2), &ram, 2);
	kit_unmap(&kit, MIB(2) + PAGE, MIB(4) - PAGE);
	assert_int_equal(translate_status(MIB(2)), S2PT_OK);
	assert_int_equal(translate_status(MIB(2) + PAGE), S2PT_ERR_NOT_MAPPED);
	assert_int_equal(translate_status(MIB(6) - 1), S2PT_ERR_NOT_MAPPED);
	assert_int_equal(pa_at(MIB(6)), MIB(6));
	kit_map(&kit, end - MIB(2), MIB(2), 0, &ram, 2);
	kit_unmap(&kit, end - MIB(2) + PAGE, MIB(2) - PAGE);
	assert_int_equal(translate_status(end - MIB(2)), S2PT_OK);
	assert_int_equal(translate_status(end - 1), S2PT_ERR_NOT_MAPPED);
}

static void
test_bug34_aligned_unmap_needs_nothing(void **state)
{
	(void)state;
	kit_map(&kit, GIB(1), GIB(1), GIB(5), &ram, 1);
	kit_forget(&kit);
	model_fail_alloc(model(), 1, true);
	kit_unmap(&kit, GIB(1), GIB(1));
	model_fail_alloc(model(), 0, false);
	assert_int_equal(kit.log.stores, 1);
}

static void
test_bug35_collapse_of_what_cannot(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, MIB(2), MIB(2) - PAGE, MIB(2), &ram, 3);
	kit_map(&kit, GIB(1), MIB(2), GIB(1), &ram, 2);
	kit_map(&kit, GIB(1) + MIB(2), MIB(2), GIB(1) + MIB(2), &ram, 3);
	assert_int_equal(annotate(MIB(4) - PAGE, PAGE, 5), S2PT_OK);
	assert_int_equal(collapse(&op, 0, GIB(4)), S2PT_OK);
	assert_int_equal(level_at(MIB(2)), 3);
	assert_int_equal(level_at(GIB(1)), 2);
	assert_int_equal(level_at(GIB(1) + MIB(2)), 2);
	assert_int_equal(split(&op, GIB(1), MIB(4), 0), S2PT_ERR_LEVEL);
}

static void
test_bug36_any_range(void **state)
{
	uint64_t at = 99;

	(void)state;
	kit_map(&kit, MIB(2), MIB(4), MIB(2), &ram, 0);
	kit_forget(&kit);
	for (unsigned n = 0; n < 20000; n++) {
		struct s2pt_op op = { .budget = 1 };
		uint64_t ipa, size;

		at = at * UINT64_C(6364136223846793005) + 1442695040888963407u;
		ipa = at >> (at & 31);
		at = at * UINT64_C(6364136223846793005) + 1442695040888963407u;
		size = at >> (at & 31);
		if (!(ipa & (PAGE - 1)) && !(size & (PAGE - 1)))
			ipa |= 1;
		assert_int_equal(s2pt_table_unmap(table(), &op, s2pt_ipa_of(ipa), size),
				 !size              ? S2PT_ERR_EMPTY
				 : ipa & (PAGE - 1) ? S2PT_ERR_IPA_ALIGN
						    : S2PT_ERR_SIZE_ALIGN);
	}
	assert_int_equal(kit.log.stores, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ORDINARY(bug21_collapse_frees_at_once),
		ORDINARY(bug22_address_follows_over_same),
		SPECIAL(bug23_concatenated_tables),
		ORDINARY(bug24_bit_31_is_an_address),
		ORDINARY(bug25_no_alias_above_the_end),
		ORDINARY(bug28_jumps),
		SPECIAL(bug29_block_over_pages_64k),
		SPECIAL(bug30_empty_table),
		ORDINARY(bug31_visit_sees_all),
		ORDINARY(bug33_partial_blocks),
		ORDINARY(bug34_aligned_unmap_needs_nothing),
		ORDINARY(bug35_collapse_of_what_cannot),
		ORDINARY(bug36_any_range),
	};

	return cmocka_run_group_tests_name("regress walk", tests, NULL, NULL);
}
