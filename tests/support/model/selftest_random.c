/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Random operations, rightly and wrongly flushed; how fast the model is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "selftest.h"

/* ---- random sequences ---- */

static unsigned
pick(unsigned n)
{
	return (unsigned)rand() % n;
}

/* Some flush of everything touched; `skip` is the step left out, or none. */
static void
random_flush(struct bench *b, unsigned skip)
{
	unsigned i;

	if (skip != 1)
		t_dsb(b);
	for (i = 0; i < 16 && skip != 2; i += 2)
		t_tlbi(b,
		       (skip == 6 ? 0u : (unsigned)MODEL_TLBI_IS) |
			       (skip == 3 ? (unsigned)MODEL_RIPAS2LE1 : (unsigned)MODEL_RIPAS2E1),
		       t_rxt(b, t_base(b) + ((uint64_t)i << (t_lg2_of(b, 2) - 4)), 3, 0,
			     skip == 4 ? 3 : 0));
	if (skip != 7)
		t_dsb(b);
	if (skip != 5)
		t_tlbi(b, MODEL_VMALLE1 | MODEL_TLBI_IS, 0);
	t_dsb(b);
}

static void
random_accesses(struct bench *b)
{
	struct model_access acc = { 0 };
	struct model_outcome o;
	unsigned n = pick(6);

	while (n--) {
		acc.ipa = t_base(b) + ((uint64_t)pick(16) << b->g);
		acc.kind = (enum model_kind)pick(3);
		acc.combined = pick(2);
		acc.va = acc.ipa + 0x10000000;
		model_access(b->m, pick(2), &acc, &o);
	}
}

/* One operation on sixteen pages or on their table. */
static void
random_step(struct bench *b, unsigned skip)
{
	static const uint64_t bits[4] = { W, AF, DBM, DBM | W };
	uint64_t ipa = t_base(b) + ((uint64_t)pick(16) << b->g), at2, d, table = 0;

	at2 = t_slot(b, t_base(b), 2);
	d = t_load(b, at2);
	model_op_begin(b->m, 0, t_base(b), t_base(b) + MASK(t_lg2_of(b, 2)));
	if (d & 1 && !(d & 2)) {
		t_st(b, at2, 0);
	} else if (d & 1 && pick(8) == 0) {
		table = t_next_of(b, d);
		t_st(b, at2, 0);
	} else if (!(d & 1) && pick(2)) {
		t_map(b, t_base(b), DATA, 2);
	} else if (pick(2)) {
		t_unmap(b, ipa, 3);
	} else if (t_load(b, t_slot(b, ipa, 3)) & 1) {
		at2 = t_slot(b, ipa, 3);
		t_st(b, at2, t_load(b, at2) ^ bits[pick(4)]);
	} else {
		t_map(b, ipa, DATA + ((uint64_t)pick(9) << b->g), 3);
	}
	random_accesses(b);
	random_flush(b, skip);
	if (table && skip == 0)
		model_retire(b->m, table);
	random_accesses(b);
	model_op_end(b->m, 0);
}

/* Right sequences pass. Of wrong ones the ledger sees all that the real TLBs show. */
static void
random_sequence(const struct shape *s, unsigned skip, unsigned seed)
{
	const struct model_violation *v;
	struct bench b;
	unsigned i;

	srand(seed);
	t_prepare(&b, s);
	t_configure(&b, seed & 1 ? HAHD : PLAIN);
	b.cfg.pick = MODEL_PICK_RANDOM;
	b.cfg.tlb_leaf = 1 + pick(20);
	t_start(&b);
	for (i = 0; i < 60; i++) {
		random_accesses(&b);
		random_step(&b, skip);
		v = model_violation(b.m);
		checks++;
		if (!v)
			continue;
		if (skip && !strstr(v->text, "observer"))
			break;
		failures++;
		printf("random, %s, skip %u, seed %u: %s\n", s->name, skip, seed, v->text);
		model_trace_print(b.m, stdout);
		break;
	}
	model_free(b.m);
}

static double
seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void
measure(void)
{
	struct model_map *want = model_map_new();
	struct model_diff d;
	struct bench b;
	double t = seconds();
	unsigned i, n = 20000;

	t_prepare(&b, &shapes[0]);
	t_start(&b);
	for (i = 0; i < n; i++) {
		model_op_begin(b.m, 0, 0, MASK(b.s->ia));
		if (i & 1)
			t_unmap(&b, t_base(&b) + (uint64_t)(i & 510) * 4096, 3);
		else
			t_map(&b, t_base(&b) + (uint64_t)(i & 510) * 4096, DATA, 3);
		if (i & 1)
			t_flush_page(&b, t_base(&b) + (uint64_t)(i & 510) * 4096);
		model_op_end(b.m, 0);
		if (i % 16 == 15)
			CHECK(model_map_compare(b.m, want, 0, 0, &d));
	}
	t = seconds() - t;
	CHECK(!model_violation(b.m) && model_ledger_empty(b.m));
	printf("%.0f operations a second\n", t > 0 ? n / t : 0.0);
	model_map_free(want);
	model_free(b.m);
}

void
test_random(void)
{
	unsigned i, k;

	for (i = 0; i < N_SHAPES; i++) {
		for (k = 0; k < 12; k++)
			random_sequence(&shapes[i], 0, 100 + k);
		for (k = 0; k < 70; k++)
			random_sequence(&shapes[i], 1 + k % 7, 200 + k);
	}
	measure();
}
