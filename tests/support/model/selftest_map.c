/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The flat map against a plain array, and against tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest.h"

/* ---- the flat map ---- */

#define SPAN 64u

static void
test_map_random(void)
{
	struct model_map *map_ = model_map_new(), *copy;
	uint64_t pa[SPAN] = { 0 }, attr[SPAN] = { 0 };
	unsigned kind[SPAN] = { 0 }, i, k, a, z, what;
	struct model_leaf l;

	srand(7);
	for (k = 0; k < 3000; k++) {
		a = (unsigned)rand() % SPAN;
		z = a + (unsigned)rand() % (SPAN - a);
		what = (unsigned)rand() % 5;
		if (what < 2)
			model_map_set(map_, a << 12, (z << 12) | 0xfff,
				      (uint64_t)what << 20 | a << 12, 64);
		else if (what == 2)
			model_map_clear(map_, a << 12, (z << 12) | 0xfff);
		else if (what == 3)
			model_map_note(map_, a << 12, (z << 12) | 0xfff, 0x30);
		else
			model_map_protect(map_, a << 12, (z << 12) | 0xfff, 128, k & 1 ? 128 : 0);
		for (i = a; i <= z; i++) {
			if (what == 4) {
				if (kind[i] == 1)
					attr[i] = 64 | (k & 1 ? 128 : 0);
				continue;
			}
			kind[i] = what < 2  ? 1
				: what == 2 ? 0
					    : 2;
			pa[i] = (uint64_t)what << 20 | i << 12;
			attr[i] = what == 3 ? 0x30 : 64;
		}
		for (i = 0; i < SPAN; i++) {
			if (!model_map_get(map_, i << 12, &l)) {
				if (kind[i])
					break;
				continue;
			}
			if (kind[i] != (l.note ? 2u : 1u) || l.attr != attr[i] ||
			    (!l.note && l.pa != pa[i]))
				break;
		}
		CHECK(i == SPAN);
	}
	copy = model_map_copy(map_);
	CHECK(model_map_runs(copy) == model_map_runs(map_) && model_map_runs(map_) < SPAN);
	model_map_free(copy);
	model_map_free(map_);
}

static void
compare_shape(const struct shape *s)
{
	uint64_t size, wrong = W;
	struct model_map *want = model_map_new();
	struct model_diff d;
	struct bench b;

	t_prepare(&b, s);
	t_start(&b);
	size = BIT(t_lg2_of(&b, 2));
	t_setup_table(&b);
	t_map(&b, 2 * size, DATA + size, 2);
	t_st(&b, t_slot(&b, 5 * size, 3), 0x70);
	model_map_set(want, size, 3 * size - 1, DATA, t_normal(&b));
	model_map_note(want, 5 * size, 5 * size + MASK(b.g), 0x70);
	CHECK(model_map_runs(want) == 2);
	CHECK(model_map_compare(b.m, want, 0, 0, &d));
	CHECK(model_map_compare(b.m, want, 0, MODEL_COMPARE_NOTES, &d));
	model_map_clear(want, 5 * size, 6 * size - 1);
	CHECK(model_map_compare(b.m, want, 0, 0, &d));
	CHECK(!model_map_compare(b.m, want, 0, MODEL_COMPARE_NOTES, &d) && d.ipa == 5 * size);
	model_map_protect(want, size + BIT(b.g), size + 2 * BIT(b.g) - 1, wrong, 0);
	CHECK(!model_map_compare(b.m, want, 0, 0, &d) && d.ipa == size + BIT(b.g));
	CHECK(d.in_table && d.in_map && d.level == 3);
	CHECK(model_map_compare(b.m, want, wrong, 0, &d));
	model_map_protect(want, 0, MASK(b.s->ia), 0, wrong);
	model_map_set(want, BIT(s->ia) - BIT(b.g), MASK(s->ia), DATA, t_normal(&b));
	CHECK(!model_map_compare(b.m, want, 0, 0, &d) && d.ipa == BIT(s->ia) - BIT(b.g));
	CHECK(!d.in_table && d.in_map);
	CHECK(!model_violation(b.m));
	model_map_free(want);
	model_free(b.m);
}

void
test_map(void)
{
	unsigned i;

	test_map_random();
	for (i = 0; i < N_SHAPES; i++)
		compare_shape(&shapes[i]);
}
