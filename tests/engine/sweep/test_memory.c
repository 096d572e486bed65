/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The n-th allocation of every operation fails, for every n: what is done is exactly what op->done
 * says, nothing leaks, no empty table stays, and going on with memory completes it.
 *
 *     sweep-memory [all]
 */
#include "cases.h"

/* With an argument: really every n, which takes minutes. */
static bool thorough;

/* Where to go on after a failure: an operation that was asked for less does the rest. */
static void
go_on(struct kit *kit, const struct sweep_case *c, uint64_t ipa, uint64_t size, uint64_t done,
      const struct model_map *after)
{
	struct s2pt_op op = { .budget = 0 };

	assert_int_equal(sweep_act(kit, c, &op, ipa, size, done), S2PT_OK);
	assert_int_equal(op.done, size - done);
	kit_check_map(kit, after);
}

/* The @nth allocation fails, or @all from there on. Returns whether it came to that. */
static bool
fail_nth(struct kit *kit, const struct sweep_case *c, unsigned nth, bool all)
{
	struct s2pt_op op = { .budget = 0 };
	struct model_map *after, *half;
	uint64_t ipa, size;
	enum s2pt_status status;
	unsigned long failed;

	sweep_prepare(kit, c, &ipa, &size);
	after = model_map_copy(kit->map);
	c->expect(kit, after, ipa, size);
	after = kit_splice(kit->map, after, ipa, size);
	failed = model_stats(kit->machine.model)->alloc_fails;
	model_fail_alloc(kit->machine.model, nth, all);
	status = sweep_act(kit, c, &op, ipa, size, 0);
	model_fail_alloc(kit->machine.model, 0, false);
	failed = model_stats(kit->machine.model)->alloc_fails - failed;
	if (!failed)
		assert_int_equal(status, S2PT_OK);
	else
		assert_true(status == S2PT_ERR_MEMORY || status == S2PT_OK);
	assert_int_equal(op.done == size, status == S2PT_OK);
	half = kit_splice(kit->map, after, ipa, op.done);
	kit_check_map(kit, half);
	if (status != S2PT_OK)
		go_on(kit, c, ipa, size, op.done, after);
	model_map_free(half);
	model_map_free(after);
	sweep_clear(kit);
	return failed;
}

static void
sweep(const struct machine_shape *shape, bool all)
{
	for (size_t i = 0; i < sweep_cases_count; i++) {
		const struct sweep_case *c = &sweep_cases[i];
		unsigned nth = 0;
		struct kit kit;

		if (c->giant && shape->granule != S2PT_GRANULE_4K)
			continue;
		assert_true(kit_open(&kit, shape));
		/* Of hundreds in a row, some. */
		while (fail_nth(&kit, c, nth + 1, all))
			nth += c->large && nth > 6 && !thorough ? 41 : 1;
		kit_close(&kit);
	}
}

static void
test_one(void **state)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K,
						      S2PT_GRANULE_64K };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct machine_shape shape = kit_shape(granules[i]);

		sweep(&shape, false);
	}
}

/* From some moment on there is none at all; blocks split in place, memory comes zeroed. */
static void
test_all(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.bbm = 2;
	shape.zeroed = true;
	sweep(&shape, true);
}

/* Hardware updates the access flag: entries change by exchange. */
static void
test_one_atomic(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.haf = true;
	shape.start_level = 0;
	sweep(&shape, false);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_one_atomic),
	};

	(void)argv;
	thorough = argc > 1;
	return cmocka_run_group_tests_name("sweep memory", tests, NULL, NULL);
}
