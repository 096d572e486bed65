/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ordinary.h: one kit for a whole program, opened before each case and checked and destroyed after it. */
#ifndef S2PT_TESTS_ORDINARY_H
#define S2PT_TESTS_ORDINARY_H

#include <string.h>

#include "kit.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define PAGE   KIB(4)

static struct kit kit;
static struct s2pt_leaf ram;

static inline void
open_kit(const struct machine_shape *shape)
{
	assert_true(kit_open(&kit, shape));
	ram = kit_leaf(&kit, S2PT_MEM_NORMAL_WB);
}

static inline void
finish_kit(void)
{
	kit_check(&kit);
	kit_close(&kit);
}

static inline int
setup(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	open_kit(&shape);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	finish_kit();
	return 0;
}

/* On a 4K machine, checked and destroyed afterwards; or on one that the test opens itself. */
#define ORDINARY(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
#define SPECIAL(name)  cmocka_unit_test(test_##name)

static inline int
level_at(uint64_t ipa)
{
	int level;

	kit_leaf_at(&kit, ipa, &level, NULL);
	return level;
}

#endif
