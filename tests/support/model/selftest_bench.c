/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Table formats, descriptors and operands of the self-test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest.h"

/* ---- formats ---- */

const struct shape shapes[N_SHAPES] = {
	{ "4K L1 39", 12, 39, 1, false, 48, UINT64_C(0x80000000) },
	{ "4K L1 x16 43", 12, 43, 1, false, 48, UINT64_C(0x880000000000) },
	{ "4K L0 48", 12, 48, 0, false, 48, UINT64_C(0x80000000) },
	{ "4K DS L-1 52", 12, 52, -1, true, 52, UINT64_C(0x4000080000000) },
	{ "4K DS L0 x16 52", 12, 52, 0, true, 52, UINT64_C(0xf000080000000) },
	{ "16K L2 x16 40", 14, 40, 2, false, 48, UINT64_C(0x80000000) },
	{ "16K L1 x2 48", 14, 48, 1, false, 48, UINT64_C(0x80000000) },
	{ "16K DS L0 52", 14, 52, 0, true, 52, UINT64_C(0x9000080000000) },
	{ "64K L2 42", 16, 42, 2, false, 48, UINT64_C(0x80000000) },
	{ "64K L1 52", 16, 52, 1, false, 52, UINT64_C(0x5000080000000) },
};

unsigned
t_lg2_of(const struct bench *b, int level)
{
	return b->g + (unsigned)(3 - level) * b->stride;
}

unsigned
t_group_of(const struct bench *b)
{
	return b->g == 12 ? 16
	     : b->g == 14 ? 128
			  : 32;
}

uint64_t
t_root_bytes(const struct bench *b)
{
	uint64_t bytes = BIT(b->s->ia - t_lg2_of(b, b->s->start) + 3);

	return bytes < 64 ? 64 : bytes;
}

/* An address as descriptors carry it. */
uint64_t
t_addr(const struct bench *b, uint64_t pa)
{
	uint64_t d = pa & MASK(48);

	if (b->s->ds)
		d |= (pa >> 48 & 3) << 48 | (pa >> 50 & 3) << 8;
	else if (b->g == 16)
		d |= (pa >> 48 & 15) << 12;
	return d;
}

uint64_t
t_table_desc(const struct bench *b, uint64_t pa)
{
	return t_addr(b, pa) | 3;
}

uint64_t
t_normal(const struct bench *b)
{
	return AF | W | R | 15u << 2 | (b->s->ds ? 0 : 3u << 8);
}

uint64_t
t_leaf(const struct bench *b, int level, uint64_t pa, uint64_t attr)
{
	return t_addr(b, pa) | attr | (level == 3 ? 3 : 1);
}

uint64_t
t_vtcr(const struct bench *b)
{
	unsigned ps = b->s->pa_bits == 52 ? 6 : 5, sl, sl2 = 0;
	uint64_t v = BIT(31) | (uint64_t)ps << 16 | (64 - b->s->ia) | 3u << 12 | 1u << 10 | 1u << 8;

	if (b->g == 12) {
		sl = b->s->start < 0  ? 0
		   : b->s->start == 3 ? 3
				      : (unsigned)(2 - b->s->start);
		sl2 = b->s->start < 0;
	} else {
		sl = (unsigned)(3 - b->s->start);
	}
	v |= b->g == 14 ? 2u << 14
	   : b->g == 16 ? 1u << 14
			: 0;
	return v | sl << 6 | (uint64_t)sl2 << 33 | (b->s->ds ? BIT(32) : 0);
}

uint64_t
t_vttbr(const struct bench *b, unsigned vmid)
{
	uint64_t v = (b->root & MASK(48)) | (uint64_t)vmid << 48;

	if (b->s->pa_bits == 52)
		v |= (b->root >> 48) << 2;
	return v;
}

void
t_prepare(struct bench *b, const struct shape *s)
{
	memset(b, 0, sizeof(*b));
	b->s = s;
	b->g = s->g;
	b->stride = s->g - 3;
	model_config_default(&b->cfg);
	b->cfg.feat.pa_bits = s->pa_bits;
	b->cfg.feat.lpa2 = s->ds;
	b->cfg.pool_pa = s->pool;
	b->cfg.pool_bytes = (size_t)128 << b->g >> (b->g - 12) / 2;
	b->cfg.zeroed = true;
}

void
t_start(struct bench *b)
{
	b->m = model_new(&b->cfg);
	if (!b->m)
		abort();
	CHECK(model_alloc(b->m, (size_t)t_root_bytes(b), &b->root));
	b->regs.vtcr |= t_vtcr(b);
	b->regs.vttbr = t_vttbr(b, 1);
	b->regs.hcr |= MODEL_HCR_VM;
	model_set_regs(b->m, &b->regs);
}

/* ---- a tiny engine ---- */

uint64_t
t_load(struct bench *b, uint64_t pa)
{
	return *(uint64_t *)model_virt(b->m, pa);
}

void
t_st(struct bench *b, uint64_t pa, uint64_t v)
{
	model_perform_store(b->m, 0, pa, t_load(b, pa), v, MODEL_ATOMIC);
}

uint64_t
t_new_table(struct bench *b)
{
	uint64_t pa = 0;

	CHECK(model_alloc(b->m, BIT(b->g), &pa));
	memset(model_virt(b->m, pa), 0, BIT(b->g));
	return pa;
}

uint64_t
t_next_of(const struct bench *b, uint64_t d)
{
	uint64_t pa = d & MASK(48) & ~MASK(b->g);

	if (b->s->ds)
		pa |= (d >> 48 & 3) << 48 | (d >> 8 & 3) << 50;
	else if (b->g == 16)
		pa |= (d >> 12 & 15) << 48;
	return pa;
}

/* The PA of the entry for ipa at a level; tables above it are made and linked. */
uint64_t
t_slot(struct bench *b, uint64_t ipa, int level)
{
	uint64_t table = b->root, at, d;
	int l;

	for (l = b->s->start;; l++) {
		at = ipa >> t_lg2_of(b, l);
		if (l != b->s->start)
			at &= MASK(b->stride);
		at = table + at * 8;
		if (l == level)
			return at;
		d = t_load(b, at);
		if (!(d & 1)) {
			d = t_table_desc(b, t_new_table(b));
			t_st(b, at, d);
		}
		table = t_next_of(b, d);
	}
}

void
t_map(struct bench *b, uint64_t ipa, uint64_t pa, int level)
{
	t_st(b, t_slot(b, ipa, level), t_leaf(b, level, pa, t_normal(b)));
}

void
t_unmap(struct bench *b, uint64_t ipa, int level)
{
	t_st(b, t_slot(b, ipa, level), 0);
}

uint64_t
t_xt(const struct bench *b, uint64_t ipa, int level)
{
	uint64_t tg = b->g == 12 ? 1
		    : b->g == 14 ? 2
				 : 3;

	return ipa >> 12 | (level < 4 ? (tg << 2 | (uint64_t)level) << 44 : 0);
}

/* granules = (num + 1) << (5 * scale + 1) */
uint64_t
t_rxt(const struct bench *b, uint64_t ipa, unsigned scale, unsigned num, unsigned ttl)
{
	uint64_t tg = b->g == 12 ? 1
		    : b->g == 14 ? 2
				 : 3;

	return ipa >> (b->s->ds ? 16 : b->g) | (uint64_t)ttl << 37 | (uint64_t)num << 39 |
	       (uint64_t)scale << 44 | tg << 46;
}

void
t_dsb(struct bench *b)
{
	model_dsb(b->m, 0, MODEL_DSB_ISH);
}

void
t_tlbi(struct bench *b, unsigned op, uint64_t operand)
{
	model_tlbi(b->m, 0, op, operand);
}

void
t_vmalle1(struct bench *b)
{
	t_tlbi(b, MODEL_VMALLE1 | MODEL_TLBI_IS, 0);
	t_dsb(b);
	model_isb(b->m, 0);
}

void
t_flush_page(struct bench *b, uint64_t ipa)
{
	model_dsb(b->m, 0, MODEL_DSB_ISH | MODEL_DSB_ST);
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(b, ipa, NO_HINT));
	t_dsb(b);
	t_vmalle1(b);
}

/* n is even; the base is 64K aligned under DS. */
void
t_flush_pages(struct bench *b, uint64_t ipa, unsigned n, unsigned ttl)
{
	t_dsb(b);
	for (; n > 64; n -= 64, ipa += (uint64_t)64 << b->g)
		t_tlbi(b, MODEL_RIPAS2E1 | MODEL_TLBI_IS, t_rxt(b, ipa, 0, 31, ttl));
	t_tlbi(b, MODEL_RIPAS2E1 | MODEL_TLBI_IS, t_rxt(b, ipa, 0, n / 2 - 1, ttl));
	t_dsb(b);
	t_vmalle1(b);
}

void
t_flush_all(struct bench *b)
{
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	t_dsb(b);
}

void
t_begin(struct bench *b)
{
	if (b->primed)
		model_prime(b->m, 0, MASK(t_lg2_of(b, 2) + 3));
	model_op_begin(b->m, 0, 0, MASK(b->s->ia));
}

void
t_end(struct bench *b)
{
	model_op_end(b->m, 0);
}

/* Somewhere in the second block of level 2, 64K aligned. */
uint64_t
t_base(const struct bench *b)
{
	return BIT(t_lg2_of(b, 2));
}

void
t_setup_pages(struct bench *b, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		t_map(b, t_base(b) + ((uint64_t)i << b->g), DATA + ((uint64_t)i << b->g), 3);
	t_begin(b);
}

/* A leaf table full of pages at t_base(); returns its PA. */
uint64_t
t_setup_table(struct bench *b)
{
	uint64_t at = t_slot(b, t_base(b), 2), table = t_new_table(b), *e = model_virt(b->m, table);
	unsigned i;

	for (i = 0; i < 1u << b->stride; i++)
		e[i] = t_leaf(b, 3, DATA + ((uint64_t)i << b->g), t_normal(b));
	t_st(b, at, t_table_desc(b, table));
	t_begin(b);
	return table;
}

void
t_setup_group(struct bench *b, uint64_t attr)
{
	unsigned i;

	for (i = 0; i < t_group_of(b); i++)
		t_st(b, t_slot(b, t_base(b) + ((uint64_t)i << b->g), 3),
		     t_leaf(b, 3, DATA + ((uint64_t)i << b->g), attr));
	t_begin(b);
}

struct model_outcome
t_look(struct bench *b, uint64_t ipa, enum model_kind kind, unsigned el)
{
	struct model_access acc = { .ipa = ipa, .kind = kind, .el = el };
	struct model_outcome out;

	model_walk(b->m, &acc, &out);
	return out;
}

void
t_configure(struct bench *b, unsigned setup)
{
	b->cfg.feat.bbm = setup & (BBM1 | BBM2);
	b->cfg.feat.xs = setup & XS;
	b->cfg.smmu = setup & SMMU;
	b->cfg.smmu_dvm = setup & DVM;
	b->cfg.smmu_nested = setup & NESTED;
	b->cfg.smmu_vmid = setup & DVM ? 1 : 9;
	b->cfg.secure = b->cfg.ns_ipa = setup & SECURE;
	b->cfg.scan = setup & SCAN;
	if (setup & VMIDS) {
		b->cfg.vmids[1] = 2;
		b->cfg.n_vmids = 2;
	}
	if (setup & HAHD) {
		b->cfg.feat.ha = b->cfg.feat.hd = true;
		b->regs.vtcr = UINT64_C(3) << 21;
	}
}
