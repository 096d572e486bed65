/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* After every single store a walk gives the old answer, the new one, or a fault: never a third. */
#include "kit.h"

#include "cases.h"

#define PROBES 96

/* IPAs inside, at the edges of entries of each size, and around the range. */
static size_t
choose(const struct kit *kit, uint64_t ipa, uint64_t size, uint64_t *probe)
{
	uint64_t page = kit_bytes(kit, 3), block = kit_bytes(kit, 2);
	size_t n = 0;

	probe[n++] = ipa - page;
	probe[n++] = ipa + size;
	for (uint64_t at = 0; at < size && n < 20; at += page)
		probe[n++] = ipa + at;
	for (uint64_t at = 0; at < size && n < 40; at += block) {
		probe[n++] = ((ipa + at) & ~(block - 1)) + block - page;
		probe[n++] = ((ipa + at) & ~(block - 1)) + block;
	}
	for (uint64_t part = 1; n < PROBES - 8; part++)
		probe[n++] = (ipa + size / 61 * (part % 61)) & ~(page - 1);
	probe[n++] = ipa + size - page;
	return n;
}

static void
tear(const struct machine_shape *shape, const struct sweep_case *c, unsigned batch)
{
	struct s2pt_op op = { .batch = batch };
	struct model_map *after;
	uint64_t probe[PROBES];
	uint64_t ipa, size;
	struct kit kit;
	size_t n;

	assert_true(kit_open(&kit, shape));
	sweep_prepare(&kit, c, &ipa, &size);
	after = model_map_copy(kit.map);
	c->expect(&kit, after, ipa, size);
	n = choose(&kit, ipa, size, probe);
	model_tear_begin(kit.machine.model, probe, n, model_expect_map, after);
	assert_int_equal(sweep_act(&kit, c, &op, ipa, size, 0), S2PT_OK);
	model_tear_end(kit.machine.model);
	if (model_violation(kit.machine.model))
		fail_msg("%s: %s: %s", c->name, model_violation(kit.machine.model)->name,
			 model_violation(kit.machine.model)->text);
	kit_check_map(&kit, after);
	model_map_free(after);
	sweep_clear(&kit);
	kit_close(&kit);
}

static void
sweep(const struct machine_shape *shape)
{
	for (size_t i = 0; i < sweep_cases_count; i++) {
		const struct sweep_case *c = &sweep_cases[i];

		if (c->large || (c->giant && shape->granule != S2PT_GRANULE_4K))
			continue;
		tear(shape, c, 0);
		if (shape->granule == S2PT_GRANULE_4K)
			tear(shape, c, 3);
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
	sweep(&shape);
}

static void
test_4k_atomic(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.haf = true;
	sweep(&shape);
}

static void
test_16k_ds(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_16K);

	(void)state;
	shape.ds = true;
	shape.pa_bits = 52;
	sweep(&shape);
}

static void
test_64k_lpa(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_64K);

	(void)state;
	shape.pa_bits = 52;
	sweep(&shape);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_4k),
		cmocka_unit_test(test_4k_in_place),
		cmocka_unit_test(test_4k_atomic),
		cmocka_unit_test(test_16k_ds),
		cmocka_unit_test(test_64k_lpa),
	};

	return cmocka_run_group_tests_name("sweep tear", tests, NULL, NULL);
}
