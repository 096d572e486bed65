/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The hardware walker: formats, faults, permissions, types, hardware updates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest.h"

/* ---- the walker ---- */

static void
walk_shape(const struct shape *s)
{
	uint64_t top, high = s->pa_bits == 52 ? BIT(51) | BIT(49) : BIT(47);
	struct model_outcome o;
	struct bench b;

	t_prepare(&b, s);
	t_start(&b);
	top = BIT(s->ia) - BIT(b.g);
	o = t_look(&b, 0, MODEL_READ, 1);
	CHECK(o.result == MODEL_TRANSLATION && o.level == s->start);
	CHECK(o.fsc == (s->start < 0 ? 0x2b : 4u + (unsigned)s->start));
	o = t_look(&b, BIT(s->ia), MODEL_READ, 1);
	CHECK(o.result == MODEL_TRANSLATION && o.level == 0 && o.fsc == 4);
	t_map(&b, top, high, 3);
	o = t_look(&b, top + 0x123, MODEL_WRITE, 1);
	CHECK(o.result == MODEL_OK && o.level == 3 && o.pa == high + 0x123);
	CHECK(o.outer == MODEL_WB && o.inner == MODEL_WB && o.memattr == 15);
	CHECK(o.sh == 3 && o.size_lg2 == b.g && o.r && o.w && o.x1 && o.x0);
	o = t_look(&b, top - BIT(b.g), MODEL_READ, 1);
	CHECK(o.result == MODEL_TRANSLATION && o.level == 3 && o.fsc == 7);
	t_map(&b, t_base(&b), high, 2);
	o = t_look(&b, t_base(&b) + 0x12345, MODEL_READ, 0);
	CHECK(o.result == MODEL_OK && o.level == 2 && o.pa == high + 0x12345);
	CHECK(!model_violation(b.m));
	model_free(b.m);
}

static void
test_permissions(void)
{
	static const struct {
		unsigned xn;
		bool x1, x0;
	} xn[4] = {
		{ 0, true, true }, { 1, false, true }, { 2, false, false }, { 3, true, false }
	};
	struct model_outcome o;
	struct bench b;
	uint64_t at;
	unsigned i;

	t_prepare(&b, &shapes[0]);
	t_start(&b);
	at = t_slot(&b, t_base(&b), 3);
	for (i = 0; i < 4; i++) {
		t_st(&b, at, t_leaf(&b, 3, DATA, t_normal(&b) | (uint64_t)xn[i].xn << 53));
		o = t_look(&b, t_base(&b), MODEL_FETCH, 1);
		CHECK((o.result == MODEL_OK) == xn[i].x1);
		o = t_look(&b, t_base(&b), MODEL_FETCH, 0);
		CHECK((o.result == MODEL_OK) == xn[i].x0);
		t_st(&b, at, t_leaf(&b, 3, DATA, (t_normal(&b) & ~(R | W)) | (uint64_t)i << 6));
		o = t_look(&b, t_base(&b), MODEL_READ, 0);
		CHECK((o.result == MODEL_OK) == (i & 1));
		o = t_look(&b, t_base(&b), MODEL_WRITE, 0);
		CHECK((o.result == MODEL_OK) == (i >> 1));
	}
	t_st(&b, at, t_leaf(&b, 3, DATA, t_normal(&b) & ~W));
	o = t_look(&b, t_base(&b), MODEL_WRITE, 0);
	CHECK(o.result == MODEL_PERMISSION && o.level == 3 && o.fsc == 0xf);
	t_st(&b, at, t_leaf(&b, 3, DATA, t_normal(&b) & ~AF));
	o = t_look(&b, t_base(&b), MODEL_READ, 0);
	CHECK(o.result == MODEL_ACCESS_FLAG && o.level == 3 && o.fsc == 0xb);
	model_free(b.m);
}

static void
test_faults(void)
{
	static const struct shape narrow = { "4K L0 44", 12, 44, 0, false, 44, 0x80000000 };
	struct model_outcome o;
	struct bench b;
	uint64_t at;

	t_prepare(&b, &narrow);
	t_start(&b);
	at = t_slot(&b, t_base(&b), 2);
	*(uint64_t *)model_virt(b.m, at) = t_leaf(&b, 2, BIT(45), t_normal(&b));
	o = t_look(&b, t_base(&b), MODEL_READ, 0);
	CHECK(o.result == MODEL_ADDRESS_SIZE && o.level == 2 && o.fsc == 2);
	*(uint64_t *)model_virt(b.m, at) = BIT(45) | 3;
	o = t_look(&b, t_base(&b), MODEL_READ, 0);
	CHECK(o.result == MODEL_ADDRESS_SIZE && o.level == 2);
	*(uint64_t *)model_virt(b.m, at) = BIT(40) | 3;
	o = t_look(&b, t_base(&b), MODEL_READ, 0);
	CHECK(o.result == MODEL_EXTERNAL_ABORT && o.level == 3 && o.fsc == 0x17);
	*(uint64_t *)model_virt(b.m, at) = 0;
	*(uint64_t *)model_virt(b.m, b.root) = t_leaf(&b, 0, 0, t_normal(&b));
	o = t_look(&b, t_base(&b), MODEL_READ, 0);
	CHECK(o.result == MODEL_TRANSLATION && o.level == 0); /* no block at level 0 without DS */
	model_free(b.m);
}

static void
with_vtcr(uint64_t clear, uint64_t set, bool fault)
{
	struct model_outcome o;
	struct bench b;

	t_prepare(&b, &shapes[0]);
	t_start(&b);
	t_map(&b, 0, DATA, 3);
	b.regs.vtcr = (b.regs.vtcr & ~clear) | set;
	model_set_regs(b.m, &b.regs);
	o = t_look(&b, 0, MODEL_READ, 0);
	CHECK(fault ? o.result == MODEL_TRANSLATION && o.level == 0 : o.result == MODEL_OK);
	model_free(b.m);
}

static void
test_registers(void)
{
	struct bench b;

	with_vtcr(0, 0, false);
	with_vtcr(63, 20, true);         /* 44 bits cannot start at level 1 */
	with_vtcr(63, 34, true);         /* 30 bits must not */
	with_vtcr(63, 40, true);         /* no FEAT_TTST */
	with_vtcr(63, 12, true);         /* no DS */
	with_vtcr(3 << 6, 3 << 6, true); /* start at level 3 without FEAT_TTST */
	t_prepare(&b, &shapes[1]);
	t_start(&b);
	b.regs.vttbr += 0x1000;
	model_set_regs(b.m, &b.regs);
	CHECK(model_violation(b.m) && !strcmp(model_violation(b.m)->name, "bad-registers"));
	model_free(b.m);
}

static void
test_types(void)
{
	static const struct {
		unsigned fwb, a;
		enum model_cache outer, inner;
	} t[] = {
		{ 0, 0, MODEL_DEVICE, MODEL_DEVICE },
		{ 0, 5, MODEL_NC, MODEL_NC },
		{ 0, 6, MODEL_NC, MODEL_WT },
		{ 0, 13, MODEL_WB, MODEL_NC },
		{ 0, 15, MODEL_WB, MODEL_WB },
		{ 1, 1, MODEL_DEVICE, MODEL_DEVICE },
		{ 1, 5, MODEL_NC, MODEL_NC },
		{ 1, 6, MODEL_WB, MODEL_WB },
		{ 1, 7, MODEL_WB, MODEL_WB },
	};
	struct model_outcome o;
	struct bench b;
	uint64_t attr;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		t_prepare(&b, &shapes[0]);
		b.cfg.feat.fwb = true;
		b.regs.hcr = t[i].fwb ? MODEL_HCR_FWB : 0;
		t_start(&b);
		attr = (t_normal(&b) & ~(UINT64_C(15) << 2)) | (uint64_t)t[i].a << 2;
		t_st(&b, t_slot(&b, 0, 3), t_leaf(&b, 3, DATA, attr));
		o = t_look(&b, 0, MODEL_READ, 0);
		CHECK(o.outer == t[i].outer && o.inner == t[i].inner);
		b.regs.hcr |= MODEL_HCR_CD;
		model_set_regs(b.m, &b.regs);
		o = t_look(&b, 0, MODEL_READ, 0);
		CHECK(o.outer == (t[i].outer == MODEL_DEVICE ? MODEL_DEVICE : MODEL_NC));
		CHECK(!model_violation(b.m));
		model_free(b.m);
	}
}

static void
test_hardware_updates(void)
{
	struct model_access acc = { .kind = MODEL_READ };
	struct model_outcome o;
	struct bench b;
	uint64_t at;

	t_prepare(&b, &shapes[0]);
	t_configure(&b, HAHD);
	t_start(&b);
	at = t_slot(&b, 0, 3);
	t_st(&b, at, t_leaf(&b, 3, DATA, (t_normal(&b) & ~(AF | W)) | DBM));
	model_access(b.m, 0, &acc, &o);
	CHECK(o.result == MODEL_OK && (t_load(&b, at) & AF) && !(t_load(&b, at) & W));
	acc.kind = MODEL_WRITE;
	model_access(b.m, 0, &acc, &o);
	CHECK(o.result == MODEL_OK && o.source == MODEL_FROM_TLB && (t_load(&b, at) & W));
	CHECK(model_stats(b.m)->hw_updates == 2 && !model_violation(b.m));
	model_free(b.m);
}

void
test_walker(void)
{
	unsigned i;

	for (i = 0; i < N_SHAPES; i++)
		walk_shape(&shapes[i]);
	test_permissions();
	test_faults();
	test_registers();
	test_types();
	test_hardware_updates();
}
