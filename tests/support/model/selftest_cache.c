/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What caches answer, what an invalidation leaves of them; the allocator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest.h"

/* ---- caches ---- */

static void
test_answers(void)
{
	struct model_access acc = { 0 };
	struct model_outcome o[8];
	struct bench b;
	uint64_t table;
	unsigned n;

	t_prepare(&b, &shapes[3]);
	t_start(&b);
	table = t_setup_table(&b);
	acc.ipa = t_base(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 1 && o[0].result == MODEL_OK);
	model_access(b.m, 0, &acc, o);
	t_unmap(&b, t_base(&b), 2);
	n = model_ask(b.m, 0, &acc, o, 8);
	CHECK(n == 2 && o[0].pa == DATA && o[1].result == MODEL_TRANSLATION);
	CHECK(model_ask(b.m, 1, &acc, o, 8) == 1);
	/* The leaf is gone, the walk cache leads to it again, also for a page never asked for. */
	t_dsb(&b);
	t_tlbi(&b, MODEL_IPAS2LE1 | MODEL_TLBI_IS, t_xt(&b, t_base(&b), NO_HINT));
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 2 && o[0].source == MODEL_FROM_TLB);
	t_dsb(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 2 && o[0].source == MODEL_FROM_WALK_CACHE);
	acc.ipa += UINT64_C(5) << b.g;
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 2 && o[0].result == MODEL_TRANSLATION);
	CHECK(o[1].result == MODEL_OK && o[1].pa == DATA + (UINT64_C(5) << b.g));
	t_flush_all(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 1 && o[0].result == MODEL_TRANSLATION);
	model_retire(b.m, table);
	t_end(&b);
	CHECK(!model_violation(b.m));
	model_free(b.m);
}

static void
test_combined(void)
{
	struct model_access acc = { .combined = true, .va = 0x7000 };
	struct model_outcome o[8];
	struct bench b;

	t_prepare(&b, &shapes[0]);
	t_start(&b);
	t_map(&b, 0, DATA, 3);
	model_access(b.m, 0, &acc, o);
	t_unmap(&b, 0, 3);
	t_dsb(&b);
	t_tlbi(&b, MODEL_IPAS2E1 | MODEL_TLBI_IS, 0);
	t_dsb(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 2);
	acc.va = 0x8000;
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 1);
	acc.va = 0x7000;
	t_vmalle1(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 1);
	model_free(b.m);
}

/* A group cached as one entry goes page by page; a block goes with any of its addresses. */
static void
test_pieces(void)
{
	struct model_access acc = { 0 };
	struct model_outcome o[8];
	struct bench b;
	unsigned i;

	t_prepare(&b, &shapes[0]);
	t_start(&b);
	t_setup_group(&b, t_normal(&b) | C);
	acc.ipa = t_base(&b);
	model_access(b.m, 0, &acc, o);
	for (i = 0; i < 16; i++)
		t_unmap(&b, t_base(&b) + i * 0x1000u, 3);
	t_dsb(&b);
	t_tlbi(&b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(&b, t_base(&b) + 0x5000, 3));
	t_dsb(&b);
	for (i = 0; i < 16; i++) {
		acc.ipa = t_base(&b) + i * 0x1000u;
		CHECK(model_ask(b.m, 0, &acc, o, 8) == (i == 5 ? 1u : 2u));
		CHECK(i == 5 || o[0].pa == DATA + i * 0x1000u);
	}
	t_map(&b, 4 * t_base(&b), DATA, 2);
	acc.ipa = 4 * t_base(&b);
	model_access(b.m, 0, &acc, o);
	t_unmap(&b, 4 * t_base(&b), 2);
	t_dsb(&b);
	t_tlbi(&b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(&b, 4 * t_base(&b) + 0x9000, 2));
	t_dsb(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 1);
	CHECK(!model_violation(b.m));
	model_free(b.m);
}

static void
test_allocator(void)
{
	struct model_config cfg;
	struct model *m;
	uint64_t pa, first = 0;
	unsigned i;

	model_config_default(&cfg);
	cfg.pool_bytes = 0x100000;
	m = model_new(&cfg);
	for (i = 0; i < 1000; i++) {
		CHECK(model_alloc(m, 0x1000, &pa));
		first = i ? first : pa;
		CHECK(*(uint64_t *)model_virt(m, pa) == UINT64_C(0xa5a5a5a5a5a5a5a5));
		CHECK(i == 0 || i > 64 || pa != first);
		model_retire(m, pa);
	}
	CHECK(model_phys(m, model_virt(m, pa)) == pa);
	model_fail_alloc(m, 2, false);
	CHECK(model_alloc(m, 0x1000, &pa) && !model_alloc(m, 0x1000, &first));
	model_retire(m, pa);
	model_fail_alloc(m, 1, true);
	CHECK(!model_alloc(m, 0x1000, &pa) && !model_alloc(m, 0x1000, &pa));
	model_fail_alloc(m, 0, false);
	CHECK(model_live_tables(m) == 0 && !model_violation(m));
	model_check_leaks(m, 0);
	CHECK(!model_violation(m));
	CHECK(model_add_ram(m, BIT(50), 0x10000) && !model_add_ram(m, BIT(50) + 8, 8));
	CHECK(model_virt(m, BIT(50)) && !model_virt(m, BIT(51)));
	model_free(m);
}

/* What is cached after a TLBI was issued outlives its completion. */
static void
test_order(void)
{
	struct model_access acc = { 0 };
	struct model_outcome o[8];
	struct bench b;

	t_prepare(&b, &shapes[5]);
	t_start(&b);
	t_map(&b, 0, DATA, 3);
	t_tlbi(&b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	model_access(b.m, 1, &acc, o);
	t_dsb(&b);
	t_unmap(&b, 0, 3);
	CHECK(model_ask(b.m, 1, &acc, o, 8) == 2 && o[0].pa == DATA);
	CHECK(!model_violation(b.m));
	model_free(b.m);
}

void
test_caches(void)
{
	test_order();
	test_answers();
	test_combined();
	test_pieces();
	test_allocator();
}
