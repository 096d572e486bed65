/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every operation in small steps: after each call op->done is exact, each call gets further, and
 * the end is that of one call without a budget.
 */
#include "cases.h"

#include <string.h>

static const unsigned budgets[] = { 1, 2, 3, 4, 5, 7, 16, 100, 511, 512, 513, 2000 };

/* One call; returns its status. */
static enum s2pt_status
call(struct kit *kit, const struct sweep_case *c, struct s2pt_op *op, uint64_t ipa, uint64_t size,
     uint64_t *done)
{
	enum s2pt_status status;

	kit_forget(kit);
	status = sweep_act(kit, c, op, ipa, size, *done);
	if (status != S2PT_OK && status != S2PT_ERR_BUDGET)
		fail_msg("%s: %s at 0x%llx", c->name, s2pt_status_name(status),
			 (unsigned long long)(*done + op->done));
	/* Further, or a block has been split on the way. */
	if (!op->done && !kit->log.stores)
		fail_msg("%s: no progress under budget %u", c->name, (unsigned)op->budget);
	*done += op->done;
	assert_true(*done <= size);
	assert_int_equal(status == S2PT_OK, *done == size);
	return status;
}

/* The operation in steps of @budget and batches of @batch. */
static void
in_steps(struct kit *kit, const struct sweep_case *c, unsigned budget, unsigned batch)
{
	struct s2pt_op op = { .budget = budget, .batch = batch };
	struct model_map *after;
	uint64_t ipa, size, done = 0;
	unsigned calls = 0;

	sweep_prepare(kit, c, &ipa, &size);
	after = model_map_copy(kit->map);
	c->expect(kit, after, ipa, size);
	for (;;) {
		enum s2pt_status status = call(kit, c, &op, ipa, size, &done);

		/* Looking at everything after each of thousands of calls would take all day. */
		if (status == S2PT_OK || calls < 20 || calls % 64 == 0) {
			struct model_map *now = kit_splice(kit->map, after, ipa, done);

			kit_check_map(kit, now);
			model_map_free(now);
		}
		if (status == S2PT_OK)
			break;
		calls++;
	}
	if (budget > 100000)
		assert_int_equal(calls, 0);
	model_map_free(after);
	sweep_clear(kit);
}

static void
sweep(const struct machine_shape *shape)
{
	for (size_t i = 0; i < sweep_cases_count; i++) {
		const struct sweep_case *c = &sweep_cases[i];
		unsigned slow;
		struct kit kit;

		if (c->giant && shape->granule != S2PT_GRANULE_4K)
			continue;
		assert_true(kit_open(&kit, shape));
		slow = (shape->granule != S2PT_GRANULE_4K ? 1u : 0) +
		       (kit.machine.host.trace ? 0 : 1u);
		for (size_t b = 0; b < sizeof(budgets) / sizeof(budgets[0]); b++) {
			/* Pages by the ten thousand, one at a time: not every time, nor for a judge who looks. */
			if (budgets[b] < 100 && (slow == 2 || (slow && budgets[b] != 3)))
				continue;
			if (c->large && budgets[b] < 511)
				continue;
			in_steps(&kit, c, budgets[b], (unsigned)b % 3);
		}
		in_steps(&kit, c, 1u << 30, 0);
		kit_close(&kit);
	}
}

static void
test_4k(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	sweep(&shape);
}

static void
test_4k_in_place(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.bbm = 2;
	shape.ttl = shape.fwb = false;
	sweep(&shape);
}

static void
test_16k(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_16K);

	(void)state;
	sweep(&shape);
}

static void
test_64k(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_64K);

	(void)state;
	sweep(&shape);
}

/* --- How far above the budget
 * ----------------------------------------------------------------------- */

/* A budget is entries touched and tables retired; at most one table above it. */
static void
test_overshoot(void **state)
{
	(void)state;
	for (size_t i = 0; i < sweep_cases_count; i++) {
		struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
		const struct sweep_case *c = &sweep_cases[i];
		struct s2pt_op op = { .budget = 10 };
		uint64_t ipa, size, done = 0;
		struct kit kit;

		if (c->large)
			continue;
		assert_true(kit_open(&kit, &shape));
		sweep_prepare(&kit, c, &ipa, &size);
		while (call(&kit, c, &op, ipa, size, &done) == S2PT_ERR_BUDGET)
			if (kit.log.stores / 2 + kit.log.retires > op.budget + 512)
				fail_msg("%s: %u stores and %u tables retired under a budget of %u",
					 c->name, kit.log.stores, kit.log.retires,
					 (unsigned)op.budget);
		sweep_clear(&kit);
		kit_close(&kit);
	}
}

/* A subtree in the way of one giant is larger than the budget: it goes by parts. */
static void
test_replace_goes_by_parts(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .budget = 10, .replace = true };
	uint64_t giant, done = 0;
	struct s2pt_leaf leaf;
	struct kit kit;
	enum s2pt_status status;
	unsigned most = 0;

	(void)state;
	assert_true(kit_open(&kit, &shape));
	giant = kit_bytes(&kit, 1);
	leaf = kit_leaf(&kit, S2PT_MEM_NORMAL_WB);
	kit_map(&kit, giant, giant / 4, giant, &leaf, 3);
	do {
		kit_forget(&kit);
		status = kit_try_map(&kit, &op, giant + done, giant - done, 2 * giant + done,
				     &leaf);
		done += op.done;
		if (kit.log.retires > most)
			most = kit.log.retires;
	} while (status == S2PT_ERR_BUDGET);
	assert_int_equal(status, S2PT_OK);
	kit_check(&kit);
	if (most < 1 || most > 11)
		fail_msg("%u tables retired in one call under a budget of 10", most);
	kit_close(&kit);
}

/* Destroy in steps of every size: each call retires no more than that and one table. */
static void
test_destroy(void **state)
{
	(void)state;
	for (unsigned budget = 1; budget <= 12; budget++) {
		struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
		struct s2pt_op op = { .budget = budget };
		struct s2pt_leaf leaf;
		enum s2pt_status status;
		struct kit kit;

		assert_true(kit_open(&kit, &shape));
		leaf = kit_leaf(&kit, S2PT_MEM_NORMAL_WB);
		for (unsigned n = 0; n < 9; n++)
			kit_map(&kit, n * kit_bytes(&kit, 1) + n * kit_bytes(&kit, 2),
				kit_bytes(&kit, 2) * 2,
				kit_bytes(&kit, 1) * 20 + n * kit_bytes(&kit, 2) * 2, &leaf, 3);
		model_op_begin(kit.machine.model, 0, 0, UINT64_MAX);
		model_stop(kit.machine.model);
		do {
			kit_forget(&kit);
			status = s2pt_table_destroy(&kit.machine.table, &op);
			assert_true(kit.log.retires <= budget + 5);
			assert_true(kit.log.retires > 0);
		} while (status == S2PT_ERR_BUDGET);
		assert_int_equal(status, S2PT_OK);
		model_check_leaks(kit.machine.model, 0);
		if (model_violation(kit.machine.model))
			fail_msg("%s", model_violation(kit.machine.model)->text);
		model_map_free(kit.map);
		machine_free(&kit.machine);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_4k),
		cmocka_unit_test(test_4k_in_place),
		cmocka_unit_test(test_16k),
		cmocka_unit_test(test_64k),
		cmocka_unit_test(test_overshoot),
		cmocka_unit_test(test_replace_goes_by_parts),
		cmocka_unit_test(test_destroy),
	};

	return cmocka_run_group_tests_name("sweep budget", tests, NULL, NULL);
}
