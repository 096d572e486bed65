/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Does the simulated machine see what it should? Sequences of a tiny hand-written engine, in many
 * formats: good_* must pass, each bad_* must be caught by name. Then the walker, the caches, the
 * flat map and random sequences.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model.h"

#define BIT(n)	(UINT64_C(1) << (n))
#define MASK(n) (BIT(n) - 1)

static unsigned checks, failures;

#define CHECK(cond)                                                                 \
	do {                                                                        \
		checks++;                                                           \
		if (!(cond)) {                                                      \
			failures++;                                                 \
			printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #cond);   \
		}                                                                   \
	} while (0)

/* ---- formats ---- */

struct shape {
	const char *name;
	unsigned g, ia;
	int start;
	bool ds;
	unsigned pa_bits;
	uint64_t pool;
};

static const struct shape shapes[] = {
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

#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

struct bench {
	struct model *m;
	struct model_config cfg;
	struct model_regs regs;
	const struct shape *s;
	unsigned g, stride;
	uint64_t root;
	bool primed;
};

static unsigned
lg2_of(const struct bench *b, int level)
{
	return b->g + (unsigned)(3 - level) * b->stride;
}

static unsigned
group_of(const struct bench *b)
{
	return b->g == 12 ? 16 : b->g == 14 ? 128 : 32;
}

static uint64_t
root_bytes(const struct bench *b)
{
	uint64_t bytes = BIT(b->s->ia - lg2_of(b, b->s->start) + 3);

	return bytes < 64 ? 64 : bytes;
}

/* An address as descriptors carry it. */
static uint64_t
addr(const struct bench *b, uint64_t pa)
{
	uint64_t d = pa & MASK(48);

	if (b->s->ds)
		d |= (pa >> 48 & 3) << 48 | (pa >> 50 & 3) << 8;
	else if (b->g == 16)
		d |= (pa >> 48 & 15) << 12;
	return d;
}

static uint64_t
table_desc(const struct bench *b, uint64_t pa)
{
	return addr(b, pa) | 3;
}

#define AF BIT(10)
#define W  BIT(7)
#define R  BIT(6)
#define XN BIT(54)
#define C  BIT(52)
#define NT BIT(16)
#define DBM BIT(51)
#define FNXS BIT(11)

static uint64_t
normal(const struct bench *b)
{
	return AF | W | R | 15u << 2 | (b->s->ds ? 0 : 3u << 8);
}

static uint64_t
leaf(const struct bench *b, int level, uint64_t pa, uint64_t attr)
{
	return addr(b, pa) | attr | (level == 3 ? 3 : 1);
}

static uint64_t
vtcr(const struct bench *b)
{
	unsigned ps = b->s->pa_bits == 52 ? 6 : 5, sl, sl2 = 0;
	uint64_t v = BIT(31) | (uint64_t)ps << 16 | (64 - b->s->ia) | 3u << 12 | 1u << 10 | 1u << 8;

	if (b->g == 12) {
		sl = b->s->start < 0 ? 0 : b->s->start == 3 ? 3 : (unsigned)(2 - b->s->start);
		sl2 = b->s->start < 0;
	} else {
		sl = (unsigned)(3 - b->s->start);
	}
	v |= b->g == 14 ? 2u << 14 : b->g == 16 ? 1u << 14 : 0;
	return v | sl << 6 | (uint64_t)sl2 << 33 | (b->s->ds ? BIT(32) : 0);
}

static uint64_t
vttbr(const struct bench *b, unsigned vmid)
{
	uint64_t v = (b->root & MASK(48)) | (uint64_t)vmid << 48;

	if (b->s->pa_bits == 52)
		v |= (b->root >> 48) << 2;
	return v;
}

static void
prepare(struct bench *b, const struct shape *s)
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

static void
start(struct bench *b)
{
	b->m = model_new(&b->cfg);
	if (!b->m)
		abort();
	CHECK(model_alloc(b->m, (size_t)root_bytes(b), &b->root));
	b->regs.vtcr |= vtcr(b);
	b->regs.vttbr = vttbr(b, 1);
	b->regs.hcr |= MODEL_HCR_VM;
	model_set_regs(b->m, &b->regs);
}

/* ---- a tiny engine ---- */

static uint64_t
load(struct bench *b, uint64_t pa)
{
	return *(uint64_t *)model_virt(b->m, pa);
}

static void
st(struct bench *b, uint64_t pa, uint64_t v)
{
	model_store(b->m, 0, pa, load(b, pa), v, MODEL_ATOMIC);
}

static uint64_t
new_table(struct bench *b)
{
	uint64_t pa = 0;

	CHECK(model_alloc(b->m, BIT(b->g), &pa));
	memset(model_virt(b->m, pa), 0, BIT(b->g));
	return pa;
}

static uint64_t
next_of(const struct bench *b, uint64_t d)
{
	uint64_t pa = d & MASK(48) & ~MASK(b->g);

	if (b->s->ds)
		pa |= (d >> 48 & 3) << 48 | (d >> 8 & 3) << 50;
	else if (b->g == 16)
		pa |= (d >> 12 & 15) << 48;
	return pa;
}

/* The PA of the entry for ipa at a level; tables above it are made and linked. */
static uint64_t
slot(struct bench *b, uint64_t ipa, int level)
{
	uint64_t table = b->root, at, d;
	int l;

	for (l = b->s->start;; l++) {
		at = ipa >> lg2_of(b, l);
		if (l != b->s->start)
			at &= MASK(b->stride);
		at = table + at * 8;
		if (l == level)
			return at;
		d = load(b, at);
		if (!(d & 1)) {
			d = table_desc(b, new_table(b));
			st(b, at, d);
		}
		table = next_of(b, d);
	}
}

#define DATA UINT64_C(0x100000000000) /* some output address */

static void
map(struct bench *b, uint64_t ipa, uint64_t pa, int level)
{
	st(b, slot(b, ipa, level), leaf(b, level, pa, normal(b)));
}

static void
unmap(struct bench *b, uint64_t ipa, int level)
{
	st(b, slot(b, ipa, level), 0);
}

static uint64_t
xt(const struct bench *b, uint64_t ipa, int level)
{
	uint64_t tg = b->g == 12 ? 1 : b->g == 14 ? 2 : 3;

	return ipa >> 12 | (level < 4 ? (tg << 2 | (uint64_t)level) << 44 : 0);
}

#define NO_HINT 4

/* granules = (num + 1) << (5 * scale + 1) */
static uint64_t
rxt(const struct bench *b, uint64_t ipa, unsigned scale, unsigned num, unsigned ttl)
{
	uint64_t tg = b->g == 12 ? 1 : b->g == 14 ? 2 : 3;

	return ipa >> (b->s->ds ? 16 : b->g) | (uint64_t)ttl << 37 | (uint64_t)num << 39 |
	       (uint64_t)scale << 44 | tg << 46;
}

static void
dsb(struct bench *b)
{
	model_dsb(b->m, 0, MODEL_DSB_ISH);
}

static void
tlbi(struct bench *b, unsigned op, uint64_t operand)
{
	model_tlbi(b->m, 0, op, operand);
}

static void
vmalle1(struct bench *b)
{
	tlbi(b, MODEL_VMALLE1 | MODEL_TLBI_IS, 0);
	dsb(b);
	model_isb(b->m, 0);
}

static void
flush_page(struct bench *b, uint64_t ipa)
{
	model_dsb(b->m, 0, MODEL_DSB_ISH | MODEL_DSB_ST);
	tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(b, ipa, NO_HINT));
	dsb(b);
	vmalle1(b);
}

/* n is even; the base is 64K aligned under DS. */
static void
flush_pages(struct bench *b, uint64_t ipa, unsigned n, unsigned ttl)
{
	dsb(b);
	for (; n > 64; n -= 64, ipa += (uint64_t)64 << b->g)
		tlbi(b, MODEL_RIPAS2E1 | MODEL_TLBI_IS, rxt(b, ipa, 0, 31, ttl));
	tlbi(b, MODEL_RIPAS2E1 | MODEL_TLBI_IS, rxt(b, ipa, 0, n / 2 - 1, ttl));
	dsb(b);
	vmalle1(b);
}

static void
flush_all(struct bench *b)
{
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	dsb(b);
}

static void
begin(struct bench *b)
{
	if (b->primed)
		model_prime(b->m, 0, MASK(lg2_of(b, 2) + 3));
	model_op_begin(b->m, 0, 0, MASK(b->s->ia));
}

static void
end(struct bench *b)
{
	model_op_end(b->m, 0);
}

/* Somewhere in the second block of level 2, 64K aligned. */
static uint64_t
base(const struct bench *b)
{
	return BIT(lg2_of(b, 2));
}

static void
setup_pages(struct bench *b, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		map(b, base(b) + ((uint64_t)i << b->g), DATA + ((uint64_t)i << b->g), 3);
	begin(b);
}

/* A leaf table full of pages at base(); returns its PA. */
static uint64_t
setup_table(struct bench *b)
{
	uint64_t at = slot(b, base(b), 2), table = new_table(b), *e = model_virt(b->m, table);
	unsigned i;

	for (i = 0; i < 1u << b->stride; i++)
		e[i] = leaf(b, 3, DATA + ((uint64_t)i << b->g), normal(b));
	st(b, at, table_desc(b, table));
	begin(b);
	return table;
}

/* ---- sequences ---- */

static void
good_map(struct bench *b)
{
	setup_pages(b, 3);
	model_dsb(b->m, 0, MODEL_DSB_ISH | MODEL_DSB_ST);
	model_op_end(b->m, MODEL_END_VISIBLE);
}

static void
bad_map_without_dsb(struct bench *b)
{
	begin(b);
	map(b, base(b), DATA, 3);
	model_op_end(b->m, MODEL_END_VISIBLE);
}

static void
good_unmap(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	flush_page(b, base(b));
	end(b);
}

static void
good_unmap_s12(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	flush_all(b);
	end(b);
}

static void
good_gather(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	model_op_end(b->m, MODEL_END_GATHER);
	model_op_begin(b->m, 0, 0, MASK(b->s->ia));
	unmap(b, base(b) + BIT(b->g), 3);
	flush_pages(b, base(b), 2, 3);
	end(b);
}

static void
bad_no_tlbi(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	vmalle1(b);
	end(b);
}

static void
bad_tlbi_before_store(struct bench *b)
{
	setup_pages(b, 2);
	flush_page(b, base(b));
	unmap(b, base(b), 3);
	dsb(b);
	end(b);
}

static void
bad_tlbi_before_dsb(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(b, base(b), NO_HINT));
	dsb(b);
	vmalle1(b);
	end(b);
}

static void
bad_dsb_of_other_cpu(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	model_dsb(b->m, 1, MODEL_DSB_ISH);
	tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	dsb(b);
	end(b);
}

static void
bad_dsb_st_completes(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	model_dsb(b->m, 0, MODEL_DSB_ISH | MODEL_DSB_ST);
	end(b);
}

static void
bad_dsb_nsh_completes(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	model_dsb(b->m, 0, MODEL_DSB_NSH);
	end(b);
}

static void
good_outer(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_OS, 0);
	model_dsb(b->m, 0, MODEL_DSB_OSH);
	end(b);
}

static void
bad_dsb_ish_completes_os(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_OS, 0);
	dsb(b);
	end(b);
}

static void
unmap_with(struct bench *b, uint64_t operand, unsigned op)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, op | MODEL_TLBI_IS, operand);
	dsb(b);
	vmalle1(b);
	end(b);
}

static void
good_ttl(struct bench *b)
{
	unmap_with(b, xt(b, base(b), 3), MODEL_IPAS2LE1);
}

static void
bad_wrong_ttl(struct bench *b)
{
	unmap_with(b, xt(b, base(b), 2), MODEL_IPAS2E1);
}

static void
bad_wrong_ttl_granule(struct bench *b)
{
	unmap_with(b, (xt(b, base(b), 3) & ~(UINT64_C(3) << 46)) |
			      (b->g == 12 ? UINT64_C(3) : UINT64_C(1)) << 46, MODEL_IPAS2E1);
}

static void
bad_unshifted_operand(struct bench *b)
{
	unmap_with(b, base(b) >> 3, MODEL_IPAS2E1);
}

static void
unmap_range(struct bench *b, unsigned n, unsigned covered)
{
	unsigned i;

	setup_pages(b, 8);
	for (i = 0; i < n; i++)
		unmap(b, base(b) + ((uint64_t)i << b->g), 3);
	flush_pages(b, base(b), covered, 3);
	end(b);
}

static void
good_range(struct bench *b)
{
	unmap_range(b, 6, 6);
}

static void
good_range_larger(struct bench *b)
{
	unmap_range(b, 5, 8);
}

static void
bad_range_short(struct bench *b)
{
	unmap_range(b, 7, 6);
}

static void
bad_range_granule(struct bench *b)
{
	uint64_t operand = rxt(b, base(b), 0, 0, 3) & ~(UINT64_C(3) << 46);

	unmap_with(b, operand | (b->g == 12 ? UINT64_C(2) : UINT64_C(1)) << 46, MODEL_RIPAS2E1);
}

static void
bad_range_unaligned(struct bench *b)
{
	unmap_with(b, rxt(b, base(b) + BIT(16), 0, 0, 2), MODEL_RIPAS2E1);
}

static void
bad_range_tg0(struct bench *b)
{
	unmap_with(b, rxt(b, base(b), 0, 0, 3) & ~(UINT64_C(3) << 46), MODEL_RIPAS2E1);
}

static void
bad_ns_bit(struct bench *b)
{
	unmap_with(b, xt(b, base(b), 3) | BIT(63), MODEL_IPAS2E1);
}

static void
bad_local(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1, 0);
	dsb(b);
	end(b);
}

static void
bad_missing_vmalle1(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(b, base(b), 3));
	dsb(b);
	end(b);
}

static void
bad_vmalle1_too_early(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(b, base(b), 3));
	tlbi(b, MODEL_VMALLE1 | MODEL_TLBI_IS, 0);
	dsb(b);
	end(b);
}

static void
bad_vmalle1_under_tge(struct bench *b)
{
	setup_pages(b, 2);
	model_set_tge(b->m, 0, true);
	unmap(b, base(b), 3);
	flush_page(b, base(b));
	end(b);
}

/* ---- replacing ---- */

static void
good_replace(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	flush_page(b, base(b));
	map(b, base(b), DATA * 2, 3);
	end(b);
}

static void
bad_make_early(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	map(b, base(b), DATA * 2, 3);
	flush_page(b, base(b));
	end(b);
}

static void
bad_make_before_completion(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	map(b, base(b), DATA * 2, 3);
	dsb(b);
	end(b);
}

static void
bad_table_over_gather(struct bench *b)
{
	map(b, base(b), DATA, 2);
	begin(b);
	unmap(b, base(b), 2);
	model_op_end(b->m, MODEL_END_GATHER);
	model_op_begin(b->m, 0, 0, MASK(b->s->ia));
	map(b, base(b) + BIT(b->g), DATA, 3);
	flush_all(b);
	end(b);
}

static void
bad_no_break(struct bench *b)
{
	setup_pages(b, 2);
	map(b, base(b), DATA * 2, 3);
	flush_page(b, base(b));
	end(b);
}

static void
bad_no_break_type(struct bench *b)
{
	setup_pages(b, 2);
	st(b, slot(b, base(b), 3), leaf(b, 3, DATA, normal(b) & ~(UINT64_C(10) << 2)));
	flush_page(b, base(b));
	end(b);
}

static void
bad_no_break_collapse(struct bench *b)
{
	setup_table(b);
	map(b, base(b), DATA, 2);
	flush_all(b);
	end(b);
}

static void
bad_no_break_split(struct bench *b)
{
	uint64_t at, table, *e;

	map(b, base(b), DATA, 2);
	begin(b);
	at = slot(b, base(b), 2);
	table = new_table(b);
	e = model_virt(b->m, table);
	e[0] = leaf(b, 3, DATA, normal(b));
	st(b, at, table_desc(b, table));
	flush_page(b, base(b));
	end(b);
}

static void
good_not_accessed(struct bench *b)
{
	begin(b);
	st(b, slot(b, base(b), 3), leaf(b, 3, DATA, normal(b) & ~AF));
	st(b, slot(b, base(b), 3), leaf(b, 3, DATA * 2, normal(b) & ~AF));
	unmap(b, base(b), 3);
	end(b);
}

/* ---- unlinking ---- */

static void
good_unlink(struct bench *b)
{
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	flush_pages(b, base(b), 1u << b->stride, 0);
	model_retire(b->m, table);
	end(b);
	model_check_leaks(b->m, (unsigned)(3 - b->s->start));
}

static void
good_unlink_s12(struct bench *b)
{
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	flush_all(b);
	model_retire(b->m, table);
	map(b, base(b), DATA * 2, 2);
	end(b);
}

/* Entry by entry, then the empty table by one address. */
static void
good_unlink_emptied(struct bench *b)
{
	uint64_t table = setup_table(b), i;

	for (i = 0; i < BIT(b->stride); i++)
		unmap(b, base(b) + (i << b->g), 3);
	unmap(b, base(b), 2);
	dsb(b);
	for (i = 0; i < BIT(b->stride); i++)
		tlbi(b, MODEL_IPAS2LE1 | MODEL_TLBI_IS, xt(b, base(b) + (i << b->g), 3));
	tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(b, base(b), NO_HINT));
	dsb(b);
	vmalle1(b);
	model_retire(b->m, table);
	end(b);
}

static void
bad_freed_early(struct bench *b)
{
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	model_retire(b->m, table);
	flush_all(b);
	end(b);
}

static void
bad_freed_before_dsb(struct bench *b)
{
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	model_retire(b->m, table);
	dsb(b);
	end(b);
}

static void
bad_freed_combined(struct bench *b)
{
	uint64_t table = setup_table(b);
	unsigned i;

	unmap(b, base(b), 2);
	dsb(b);
	for (i = 0; i < 1u << b->stride; i += 64)
		tlbi(b, MODEL_RIPAS2E1 | MODEL_TLBI_IS,
		     rxt(b, base(b) + ((uint64_t)i << b->g), 0, 31, 0));
	dsb(b);
	model_retire(b->m, table);
	vmalle1(b);
	end(b);
}

static void
bad_freed_linked(struct bench *b)
{
	model_retire(b->m, setup_table(b));
	end(b);
}

static void
bad_freed_one_page(struct bench *b)
{
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	flush_page(b, base(b));
	model_retire(b->m, table);
	end(b);
}

static void
bad_unlink_last_level(struct bench *b)
{
	unsigned i;

	setup_table(b);
	unmap(b, base(b), 2);
	dsb(b);
	for (i = 0; i < 1u << b->stride; i += 64)
		tlbi(b, MODEL_RIPAS2LE1 | MODEL_TLBI_IS,
		     rxt(b, base(b) + ((uint64_t)i << b->g), 0, 31, 0));
	dsb(b);
	vmalle1(b);
	end(b);
}

/* The hint says what was removed, a table of level 2, and not what may be cached. */
static void
bad_unlink_hint(struct bench *b)
{
	setup_table(b);
	unmap(b, base(b), 2);
	dsb(b);
	tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(b, base(b), 2));
	dsb(b);
	vmalle1(b);
	end(b);
}

/* Leaves first: they come back through the table entry that is still cached. */
static void
bad_unlink_leaves_first(struct bench *b)
{
	unsigned i;

	setup_table(b);
	unmap(b, base(b), 2);
	dsb(b);
	for (i = 0; i < 1u << b->stride; i += 64)
		tlbi(b, MODEL_RIPAS2LE1 | MODEL_TLBI_IS,
		     rxt(b, base(b) + ((uint64_t)i << b->g), 0, 31, 3));
	tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(b, base(b), NO_HINT));
	dsb(b);
	vmalle1(b);
	end(b);
}

/* One address is enough for a table without entries, but not for its walk cache by L forms. */
static void
bad_empty_table_stays(struct bench *b)
{
	begin(b);
	slot(b, base(b), 3);
	unmap(b, base(b), 2);
	dsb(b);
	tlbi(b, MODEL_IPAS2LE1 | MODEL_TLBI_IS, xt(b, base(b), NO_HINT));
	dsb(b);
	end(b);
}

static void
good_empty_table(struct bench *b)
{
	begin(b);
	slot(b, base(b), 3);
	unmap(b, base(b), 2);
	dsb(b);
	tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(b, base(b), NO_HINT));
	dsb(b);
	end(b);
}

static void
bad_store_dead(struct bench *b)
{
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	st(b, table + 8, 0);
	flush_all(b);
	end(b);
}

static void
bad_link_dead(struct bench *b)
{
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	flush_all(b);
	st(b, table, table_desc(b, new_table(b)));
	end(b);
}

/* The same by a store that nobody reports. */
static void
bad_silent_store_dead(struct bench *b)
{
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	*(uint64_t *)model_virt(b->m, table + 8) = 0;
	flush_all(b);
	model_retire(b->m, table);
	end(b);
}

static void
bad_store_retired(struct bench *b)
{
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	flush_all(b);
	model_retire(b->m, table);
	*(uint64_t *)model_virt(b->m, table + 8) = 0;
	end(b);
	model_check_leaks(b->m, (unsigned)(3 - b->s->start));
}

static void
good_never_linked(struct bench *b)
{
	uint64_t table = new_table(b);

	begin(b);
	st(b, table, leaf(b, 3, DATA, normal(b)));
	model_retire(b->m, table);
	end(b);
}

static void
bad_double_retire(struct bench *b)
{
	uint64_t table = new_table(b);

	model_retire(b->m, table);
	model_retire(b->m, table);
}

static void
bad_retire_unknown(struct bench *b)
{
	model_retire(b->m, new_table(b) + BIT(b->g));
}

static void
bad_leak(struct bench *b)
{
	new_table(b);
	model_check_leaks(b->m, 1);
}

static void
bad_link_retired(struct bench *b)
{
	uint64_t table = new_table(b);

	begin(b);
	model_retire(b->m, table);
	st(b, slot(b, base(b), 2), table_desc(b, table));
}

static void
bad_linked_twice(struct bench *b)
{
	uint64_t table = setup_table(b);

	st(b, slot(b, 2 * base(b), 2), table_desc(b, table));
}

static void
bad_poison_linked(struct bench *b)
{
	uint64_t table = new_table(b);

	begin(b);
	memset(model_virt(b->m, table), 0xa5, BIT(b->g));
	st(b, slot(b, base(b), 2), table_desc(b, table));
}

static void
bad_reserved_bits(struct bench *b)
{
	begin(b);
	st(b, slot(b, base(b), 3), leaf(b, 3, DATA, normal(b)) | BIT(63));
}

/* ---- permissions ---- */

static void
protect(struct bench *b, uint64_t clear, uint64_t set)
{
	uint64_t at = slot(b, base(b), 3);

	st(b, at, (load(b, at) & ~clear) | set);
}

static void
good_read_only(struct bench *b)
{
	setup_pages(b, 2);
	protect(b, W, 0);
	flush_page(b, base(b));
	end(b);
}

static void
bad_read_only(struct bench *b)
{
	setup_pages(b, 2);
	protect(b, W, 0);
	dsb(b);
	end(b);
}

static void
bad_execute_never(struct bench *b)
{
	setup_pages(b, 2);
	protect(b, 0, XN);
	dsb(b);
	end(b);
}

static void
good_software_bit(struct bench *b)
{
	setup_pages(b, 2);
	protect(b, 0, BIT(56));
	end(b);
}

static void
relax(struct bench *b, bool local, unsigned flags)
{
	map(b, base(b), DATA, 3);
	st(b, slot(b, base(b), 3), leaf(b, 3, DATA, normal(b) & ~W));
	flush_page(b, base(b));
	begin(b);
	protect(b, 0, W);
	dsb(b);
	if (local) {
		tlbi(b, MODEL_IPAS2LE1, xt(b, base(b), 3));
		model_dsb(b->m, 0, MODEL_DSB_NSH);
		tlbi(b, MODEL_VMALLE1, 0);
		model_dsb(b->m, 0, MODEL_DSB_NSH);
	}
	model_op_end(b->m, flags);
}

static void
good_relax(struct bench *b)
{
	relax(b, true, MODEL_END_RELAX | MODEL_END_LOCAL);
}

static void
good_relax_tolerated(struct bench *b)
{
	relax(b, false, MODEL_END_RELAX);
	begin(b);
	end(b);
}

static void
bad_relax_not_local(struct bench *b)
{
	relax(b, false, MODEL_END_RELAX | MODEL_END_LOCAL);
}

/* CPU 1 finds the work done by CPU 0, and forgets its own stale entry. */
static void
bad_relax_lost_race(struct bench *b)
{
	relax(b, true, MODEL_END_RELAX | MODEL_END_LOCAL);
	model_op_begin(b->m, 1, base(b), base(b) + MASK(b->g));
	model_op_end(b->m, MODEL_END_RELAX | MODEL_END_LOCAL);
}

static void
bad_relax_kept_over_unmap(struct bench *b)
{
	relax(b, true, MODEL_END_RELAX | MODEL_END_LOCAL);
	begin(b);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1, 0);
	dsb(b);
	end(b);
}

static void
bad_aged_then_unmapped(struct bench *b)
{
	setup_pages(b, 2);
	protect(b, AF, 0);
	end(b);
	begin(b);
	unmap(b, base(b), 3);
	dsb(b);
	end(b);
}

static void
bad_aged_then_read_only(struct bench *b)
{
	setup_pages(b, 2);
	protect(b, AF, 0);
	end(b);
	begin(b);
	protect(b, W, 0);
	dsb(b);
	end(b);
}

static void
good_aged(struct bench *b)
{
	setup_pages(b, 2);
	protect(b, AF, 0);
	end(b);
	begin(b);
	unmap(b, base(b), 3);
	flush_page(b, base(b));
	end(b);
}

/* ---- contiguous groups ---- */

static void
setup_group(struct bench *b, uint64_t attr)
{
	unsigned i;

	for (i = 0; i < group_of(b); i++)
		st(b, slot(b, base(b) + ((uint64_t)i << b->g), 3),
		   leaf(b, 3, DATA + ((uint64_t)i << b->g), attr));
	begin(b);
}

static void
break_group(struct bench *b, unsigned covered)
{
	unsigned i;

	for (i = 0; i < group_of(b); i++)
		unmap(b, base(b) + ((uint64_t)i << b->g), 3);
	flush_pages(b, base(b), covered, 3);
}

static void
good_group_member(struct bench *b)
{
	unsigned i;

	setup_group(b, normal(b) | C);
	break_group(b, group_of(b));
	for (i = 1; i < group_of(b); i++)
		map(b, base(b) + ((uint64_t)i << b->g), DATA + ((uint64_t)i << b->g), 3);
	end(b);
}

static void
bad_group_short(struct bench *b)
{
	setup_group(b, normal(b) | C);
	break_group(b, group_of(b) - 2);
	end(b);
}

static void
bad_group_made_early(struct bench *b)
{
	setup_group(b, normal(b) | C);
	break_group(b, 2);
	map(b, base(b) + (UINT64_C(5) << b->g), DATA, 3);
}

static void
bad_group_member_read_only(struct bench *b)
{
	setup_group(b, normal(b) | C);
	protect(b, W, 0);
	flush_pages(b, base(b), group_of(b), 3);
	end(b);
}

static void
bad_group_member_unmapped(struct bench *b)
{
	setup_group(b, normal(b) | C);
	unmap(b, base(b), 3);
	flush_pages(b, base(b), group_of(b), 3);
	end(b);
}

static void
bad_group_misaligned(struct bench *b)
{
	begin(b);
	st(b, slot(b, base(b), 3), leaf(b, 3, DATA + BIT(b->g), normal(b) | C));
}

static void
good_group_aged(struct bench *b)
{
	setup_group(b, normal(b) | C);
	protect(b, AF, 0);
	end(b);
}

static void
toggle_group(struct bench *b)
{
	unsigned i;

	setup_group(b, normal(b));
	for (i = 0; i < group_of(b); i++)
		st(b, slot(b, base(b) + ((uint64_t)i << b->g), 3),
		   leaf(b, 3, DATA + ((uint64_t)i << b->g), normal(b) | C));
	flush_pages(b, base(b), group_of(b), 3);
	end(b);
}

static void
bad_group_toggled(struct bench *b)
{
	toggle_group(b);
}

static void
good_bbm1_group_toggled(struct bench *b)
{
	toggle_group(b);
}

/* ---- FEAT_BBM ---- */

static void
split_directly(struct bench *b, uint64_t wrong)
{
	uint64_t at = slot(b, base(b), 2), table = new_table(b), *e = model_virt(b->m, table);
	unsigned i;

	for (i = 0; i < 1u << b->stride; i++)
		e[i] = leaf(b, 3, DATA + ((uint64_t)i << b->g), normal(b)) ^ wrong;
	st(b, at, table_desc(b, table));
}

static void
good_bbm2_split(struct bench *b)
{
	map(b, base(b), DATA, 2);
	begin(b);
	split_directly(b, 0);
	flush_page(b, base(b));
	end(b);
}

static void
good_bbm2_collapse(struct bench *b)
{
	uint64_t table = setup_table(b);

	map(b, base(b), DATA, 2);
	flush_all(b);
	model_retire(b->m, table);
	end(b);
}

static void
bad_bbm2_no_tlbi(struct bench *b)
{
	map(b, base(b), DATA, 2);
	begin(b);
	split_directly(b, 0);
	dsb(b);
	end(b);
}

static void
bad_bbm2_other_type(struct bench *b)
{
	map(b, base(b), DATA, 2);
	begin(b);
	split_directly(b, UINT64_C(10) << 2);
	flush_page(b, base(b));
	end(b);
}

static void
good_bbm1_split(struct bench *b)
{
	map(b, base(b), DATA, 2);
	begin(b);
	st(b, slot(b, base(b), 2), leaf(b, 2, DATA, normal(b) | NT));
	flush_page(b, base(b));
	split_directly(b, 0);
	flush_page(b, base(b));
	end(b);
}

static void
bad_bbm1_no_nt(struct bench *b)
{
	map(b, base(b), DATA, 2);
	begin(b);
	split_directly(b, 0);
	flush_page(b, base(b));
	end(b);
}

static void
bad_bbm1_no_tlbi_between(struct bench *b)
{
	map(b, base(b), DATA, 2);
	begin(b);
	st(b, slot(b, base(b), 2), leaf(b, 2, DATA, normal(b) | NT));
	dsb(b);
	split_directly(b, 0);
	flush_page(b, base(b));
	end(b);
}

static void
good_bbm1_collapse(struct bench *b)
{
	setup_table(b);
	st(b, slot(b, base(b), 2), leaf(b, 2, DATA, normal(b) | NT));
	flush_all(b);
	st(b, slot(b, base(b), 2), leaf(b, 2, DATA, normal(b)));
	flush_page(b, base(b));
	end(b);
}

static void
bad_bbm1_nt_cleared_early(struct bench *b)
{
	setup_table(b);
	st(b, slot(b, base(b), 2), leaf(b, 2, DATA, normal(b) | NT));
	st(b, slot(b, base(b), 2), leaf(b, 2, DATA, normal(b)));
	flush_all(b);
	end(b);
}

/* ---- a second observer ---- */

static void
unmap_smmu(struct bench *b, bool command, bool sync)
{
	struct model_smmu_cmd cmd = { .vmid = 9, .all = true };
	uint64_t table = setup_table(b);

	unmap(b, base(b), 2);
	flush_all(b);
	if (command)
		model_smmu_tlbi(b->m, &cmd);
	if (sync)
		model_smmu_sync(b->m);
	model_retire(b->m, table);
	end(b);
}

static void
good_smmu(struct bench *b)
{
	unmap_smmu(b, true, true);
}

static void
bad_smmu_not_waited_for(struct bench *b)
{
	unmap_smmu(b, true, false);
}

static void
bad_smmu_forgotten(struct bench *b)
{
	unmap_smmu(b, false, true);
}

static void
good_smmu_range(struct bench *b)
{
	struct model_smmu_cmd cmd = { .vmid = 9, .leaf = true, .ttl = 3 };

	setup_pages(b, 4);
	unmap(b, base(b), 3);
	flush_page(b, base(b));
	cmd.ipa = base(b);
	cmd.last = base(b) + MASK(b->g);
	model_smmu_tlbi(b->m, &cmd);
	model_smmu_sync(b->m);
	end(b);
}

static void
bad_smmu_nested_range(struct bench *b)
{
	good_smmu_range(b);
}

static void
good_dvm(struct bench *b)
{
	setup_pages(b, 4);
	unmap(b, base(b), 3);
	flush_page(b, base(b));
	end(b);
}

/* ---- two VMIDs ---- */

static void
use_vmid(struct bench *b, uint16_t vmid, bool isb)
{
	model_set_vmid(b->m, 0, vmid);
	if (isb)
		model_isb(b->m, 0);
}

static void
good_vmids(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	flush_page(b, base(b));
	use_vmid(b, 2, true);
	flush_page(b, base(b));
	end(b);
}

static void
bad_vmid_forgotten(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	flush_page(b, base(b));
	end(b);
}

static void
bad_vmid_no_isb(struct bench *b)
{
	setup_pages(b, 2);
	unmap(b, base(b), 3);
	flush_page(b, base(b));
	use_vmid(b, 2, false);
	flush_page(b, base(b));
	end(b);
}

/* ---- Secure state ---- */

static void
good_secure_ns(struct bench *b)
{
	unmap_with(b, xt(b, base(b), 3) | BIT(63), MODEL_IPAS2E1);
}

static void
bad_secure_ns(struct bench *b)
{
	unmap_with(b, xt(b, base(b), 3), MODEL_IPAS2E1);
}

/* ---- nXS ---- */

static void
unmap_nxs(struct bench *b, uint64_t attr, unsigned dsb_kind)
{
	st(b, slot(b, base(b), 3), leaf(b, 3, DATA, normal(b) | attr));
	begin(b);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS | MODEL_TLBI_NXS, xt(b, base(b), 3));
	model_dsb(b->m, 0, MODEL_DSB_ISH | dsb_kind);
	tlbi(b, MODEL_VMALLE1 | MODEL_TLBI_IS | MODEL_TLBI_NXS, 0);
	model_dsb(b->m, 0, MODEL_DSB_ISH | dsb_kind);
	end(b);
}

static void
good_nxs(struct bench *b)
{
	unmap_nxs(b, FNXS, MODEL_DSB_NXS);
}

static void
bad_nxs(struct bench *b)
{
	unmap_nxs(b, 0, 0);
}

static void
bad_nxs_dsb(struct bench *b)
{
	setup_pages(b, 1);
	unmap(b, base(b), 3);
	dsb(b);
	tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	model_dsb(b->m, 0, MODEL_DSB_ISH | MODEL_DSB_NXS);
	end(b);
}

/* ---- hardware updates ---- */

static void
good_dirty(struct bench *b)
{
	setup_pages(b, 1);
	protect(b, 0, DBM);
	protect(b, W, 0);
	flush_page(b, base(b));
	end(b);
}

static void
bad_dirty_cleared(struct bench *b)
{
	setup_pages(b, 1);
	protect(b, 0, DBM);
	end(b);
	begin(b);
	protect(b, W, 0);
	dsb(b);
	end(b);
}

static void
bad_lost_update(struct bench *b)
{
	struct model_access acc = { .ipa = base(b), .kind = MODEL_WRITE };
	struct model_outcome out;
	uint64_t at, old;

	st(b, slot(b, base(b), 3), leaf(b, 3, DATA, (normal(b) & ~(AF | W)) | DBM));
	begin(b);
	at = slot(b, base(b), 3);
	old = load(b, at);
	model_access(b->m, 1, &acc, &out);
	model_store(b->m, 0, at, old, 0, MODEL_ATOMIC);
}

static void
bad_plain_store(struct bench *b)
{
	uint64_t at;

	setup_pages(b, 1);
	at = slot(b, base(b), 3);
	model_store(b->m, 0, at, load(b, at), 0, MODEL_PLAIN);
}

/* ---- teardown ---- */

static void
good_destroy(struct bench *b)
{
	uint64_t table = setup_table(b);

	model_stop(b->m);
	flush_all(b);
	st(b, table, 0);
	model_retire(b->m, table);
	end(b);
}

static void
bad_destroy(struct bench *b)
{
	uint64_t table = setup_table(b);

	model_stop(b->m);
	model_retire(b->m, table);
}

static void
good_root_changed(struct bench *b)
{
	struct model_regs off = b->regs;
	uint64_t table = setup_table(b);

	off.hcr = 0;
	model_set_regs(b->m, &off);
	flush_all(b);
	model_retire(b->m, table);
	end(b);
}

static void
bad_root_changed(struct bench *b)
{
	struct model_regs off = b->regs;
	uint64_t table = setup_table(b);

	off.hcr = 0;
	model_set_regs(b->m, &off);
	model_retire(b->m, table);
}

/* ---- stores that the model must find itself ---- */

static void
good_scan(struct bench *b)
{
	uint64_t at;

	setup_pages(b, 2);
	at = slot(b, base(b), 3);
	*(uint64_t *)model_virt(b->m, at) = 0;
	flush_page(b, base(b));
	end(b);
	CHECK(!(model_ask(b->m, 0, &(struct model_access){ .ipa = base(b) }, NULL, 0) > 1));
}

static void
bad_scan(struct bench *b)
{
	uint64_t at;

	setup_pages(b, 2);
	at = slot(b, base(b), 3);
	*(uint64_t *)model_virt(b->m, at) = 0;
	dsb(b);
	end(b);
}

/* ---- tears ---- */

static void
replace_under_tear(struct bench *b, bool torn)
{
	struct model_map *want = model_map_new();
	uint64_t ipas[4], i;

	setup_pages(b, 2);
	for (i = 0; i < 4; i++)
		ipas[i] = base(b) + (i << b->g);
	model_map_set(want, ipas[0], ipas[1] - 1, DATA * 2, normal(b));
	model_tear_begin(b->m, ipas, 4, model_expect_map, want);
	unmap(b, ipas[0], 3);
	flush_page(b, ipas[0]);
	map(b, ipas[0], DATA * (torn ? 3 : 2), 3);
	model_tear_end(b->m);
	model_map_free(want);
	end(b);
}

static void
good_tear(struct bench *b)
{
	replace_under_tear(b, false);
}

static void
bad_tear(struct bench *b)
{
	replace_under_tear(b, true);
}

/* ---- running the sequences ---- */

enum setup {
	PLAIN,
	BBM1 = 1,
	BBM2 = 2,
	SMMU = 4,
	VMIDS = 8,
	SECURE = 16,
	XS = 32,
	HAHD = 64,
	SCAN = 128,
	DVM = 256,
	NESTED = 512
};

struct sequence {
	const char *name;
	void (*run)(struct bench *b);
	unsigned setup;
	const char *expected;
};

#define GOOD(fn, setup) { #fn, fn, setup, NULL }
#define BAD(fn, setup, name) { #fn, fn, setup, name }

static const struct sequence sequences[] = {
	GOOD(good_map, PLAIN),
	BAD(bad_map_without_dsb, PLAIN, "store-without-dsb"),
	GOOD(good_unmap, PLAIN),
	GOOD(good_unmap_s12, PLAIN),
	GOOD(good_gather, PLAIN),
	BAD(bad_no_tlbi, PLAIN, "stale-after-operation"),
	BAD(bad_tlbi_before_store, PLAIN, "stale-after-operation"),
	BAD(bad_tlbi_before_dsb, PLAIN, "tlbi-before-dsb"),
	BAD(bad_dsb_of_other_cpu, PLAIN, "tlbi-before-dsb"),
	BAD(bad_dsb_st_completes, PLAIN, "tlbi-not-completed"),
	BAD(bad_dsb_nsh_completes, PLAIN, "tlbi-not-completed"),
	GOOD(good_outer, PLAIN),
	BAD(bad_dsb_ish_completes_os, PLAIN, "tlbi-not-completed"),
	GOOD(good_ttl, PLAIN),
	BAD(bad_wrong_ttl, PLAIN, "stale-after-operation"),
	BAD(bad_wrong_ttl_granule, PLAIN, "stale-after-operation"),
	BAD(bad_unshifted_operand, PLAIN, "stale-after-operation"),
	GOOD(good_range, PLAIN),
	GOOD(good_range_larger, PLAIN),
	BAD(bad_range_short, PLAIN, "stale-after-operation"),
	BAD(bad_range_granule, PLAIN, "stale-after-operation"),
	BAD(bad_range_unaligned, PLAIN, "unpredictable-tlbi"),
	BAD(bad_range_tg0, PLAIN, "reserved-operand"),
	BAD(bad_ns_bit, PLAIN, "reserved-operand"),
	BAD(bad_local, PLAIN, "stale-after-operation"),
	BAD(bad_missing_vmalle1, PLAIN, "missing-vmalle1"),
	BAD(bad_vmalle1_too_early, PLAIN, "missing-vmalle1"),
	BAD(bad_vmalle1_under_tge, PLAIN, "missing-vmalle1"),
	GOOD(good_replace, PLAIN),
	BAD(bad_make_early, PLAIN, "make-before-invalidation"),
	BAD(bad_make_before_completion, PLAIN, "tlbi-not-completed"),
	BAD(bad_table_over_gather, PLAIN, "make-before-invalidation"),
	BAD(bad_no_break, PLAIN, "no-break"),
	BAD(bad_no_break_type, PLAIN, "no-break"),
	BAD(bad_no_break_collapse, PLAIN, "no-break"),
	BAD(bad_no_break_split, PLAIN, "no-break"),
	GOOD(good_not_accessed, PLAIN),
	GOOD(good_unlink, PLAIN),
	GOOD(good_unlink_s12, PLAIN),
	GOOD(good_unlink_emptied, PLAIN),
	BAD(bad_freed_early, PLAIN, "retired-before-invalidation"),
	BAD(bad_freed_before_dsb, PLAIN, "tlbi-not-completed"),
	BAD(bad_freed_combined, PLAIN, "missing-vmalle1"),
	BAD(bad_freed_linked, PLAIN, "retired-while-linked"),
	BAD(bad_freed_one_page, PLAIN, "retired-before-invalidation"),
	BAD(bad_unlink_last_level, PLAIN, "stale-walk-cache"),
	BAD(bad_unlink_hint, PLAIN, "stale-walk-cache"),
	BAD(bad_unlink_leaves_first, PLAIN, "stale-after-operation"),
	BAD(bad_empty_table_stays, PLAIN, "stale-walk-cache"),
	GOOD(good_empty_table, PLAIN),
	BAD(bad_store_dead, PLAIN, "store-into-dead-table"),
	BAD(bad_link_dead, PLAIN, "store-into-dead-table"),
	BAD(bad_silent_store_dead, PLAIN, "store-into-dead-table"),
	BAD(bad_silent_store_dead, SCAN, "store-into-dead-table"),
	BAD(bad_store_retired, PLAIN, "store-into-retired-table"),
	GOOD(good_never_linked, PLAIN),
	BAD(bad_double_retire, PLAIN, "double-retire"),
	BAD(bad_retire_unknown, PLAIN, "retire-unknown"),
	BAD(bad_leak, PLAIN, "leak"),
	BAD(bad_link_retired, PLAIN, "link-to-bad-table"),
	BAD(bad_linked_twice, PLAIN, "linked-twice"),
	BAD(bad_poison_linked, PLAIN, "malformed-descriptor"),
	BAD(bad_reserved_bits, PLAIN, "malformed-descriptor"),
	GOOD(good_read_only, PLAIN),
	BAD(bad_read_only, PLAIN, "stale-after-operation"),
	BAD(bad_execute_never, PLAIN, "stale-after-operation"),
	GOOD(good_software_bit, PLAIN),
	GOOD(good_relax, PLAIN),
	GOOD(good_relax_tolerated, PLAIN),
	BAD(bad_relax_not_local, PLAIN, "stale-after-operation"),
	BAD(bad_relax_lost_race, PLAIN, "stale-after-operation"),
	BAD(bad_relax_kept_over_unmap, PLAIN, "stale-after-operation"),
	BAD(bad_aged_then_unmapped, PLAIN, "stale-after-operation"),
	BAD(bad_aged_then_read_only, PLAIN, "stale-after-operation"),
	GOOD(good_aged, PLAIN),
	GOOD(good_group_member, PLAIN),
	BAD(bad_group_short, PLAIN, "stale-after-operation"),
	BAD(bad_group_made_early, PLAIN, "make-before-invalidation"),
	BAD(bad_group_member_read_only, PLAIN, "contiguous-member-alone"),
	BAD(bad_group_member_unmapped, PLAIN, "contiguous-member-alone"),
	BAD(bad_group_misaligned, PLAIN, "contiguous-inconsistent"),
	GOOD(good_group_aged, PLAIN),
	BAD(bad_group_toggled, PLAIN, "contiguous-member-alone"),
	GOOD(good_bbm1_group_toggled, BBM1),
	GOOD(good_bbm2_split, BBM2),
	GOOD(good_bbm2_collapse, BBM2),
	BAD(bad_bbm2_no_tlbi, BBM2, "stale-after-operation"),
	BAD(bad_bbm2_other_type, BBM2, "no-break"),
	GOOD(good_bbm1_split, BBM1),
	BAD(bad_bbm1_no_nt, BBM1, "no-break"),
	BAD(bad_bbm1_no_tlbi_between, BBM1, "no-break"),
	GOOD(good_bbm1_collapse, BBM1),
	BAD(bad_bbm1_nt_cleared_early, BBM1, "make-before-invalidation"),
	GOOD(good_smmu, SMMU),
	BAD(bad_smmu_not_waited_for, SMMU, "tlbi-not-completed"),
	BAD(bad_smmu_forgotten, SMMU, "retired-before-invalidation"),
	GOOD(good_smmu_range, SMMU),
	BAD(bad_smmu_nested_range, SMMU | NESTED, "missing-vmalle1"),
	GOOD(good_dvm, SMMU | DVM),
	GOOD(good_vmids, VMIDS),
	BAD(bad_vmid_forgotten, VMIDS, "stale-after-operation"),
	BAD(bad_vmid_no_isb, VMIDS, "tlbi-before-isb"),
	GOOD(good_secure_ns, SECURE),
	BAD(bad_secure_ns, SECURE, "stale-after-operation"),
	GOOD(good_nxs, XS),
	BAD(bad_nxs, XS, "stale-after-operation"),
	BAD(bad_nxs, PLAIN, "undefined-tlbi"),
	BAD(bad_nxs_dsb, XS, "tlbi-not-completed"),
	GOOD(good_dirty, HAHD),
	BAD(bad_dirty_cleared, HAHD, "stale-after-operation"),
	BAD(bad_lost_update, HAHD, "lost-update"),
	BAD(bad_plain_store, HAHD, "non-atomic-update"),
	GOOD(good_destroy, PLAIN),
	BAD(bad_destroy, PLAIN, "retired-before-invalidation"),
	GOOD(good_root_changed, PLAIN),
	BAD(bad_root_changed, PLAIN, "retired-before-invalidation"),
	GOOD(good_scan, SCAN),
	BAD(bad_scan, SCAN, "stale-after-operation"),
	GOOD(good_tear, PLAIN),
	BAD(bad_tear, PLAIN, "torn"),
};

static void
configure(struct bench *b, unsigned setup)
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

static void
run_sequence(const struct shape *s, const struct sequence *q, bool primed)
{
	const struct model_violation *v;
	struct bench b;

	prepare(&b, s);
	configure(&b, q->setup);
	b.primed = primed;
	start(&b);
	q->run(&b);
	v = model_violation(b.m);
	checks++;
	if (v ? !q->expected || strcmp(v->name, q->expected) : q->expected != NULL) {
		failures++;
		printf("%s, %s%s: expected %s, got %s\n", q->name, s->name,
		       primed ? ", primed" : "", q->expected ? q->expected : "nothing",
		       v ? v->text : "nothing");
		if (failures < 3)
			model_trace_print(b.m, stdout);
	}
	model_free(b.m);
}

static void
test_sequences(void)
{
	size_t i, k;

	for (i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		for (k = 0; k < N_SHAPES; k++) {
			run_sequence(&shapes[k], &sequences[i], false);
			run_sequence(&shapes[k], &sequences[i], true);
		}
}

/* ---- the walker ---- */

static struct model_outcome
look(struct bench *b, uint64_t ipa, enum model_kind kind, unsigned el)
{
	struct model_access acc = { .ipa = ipa, .kind = kind, .el = el };
	struct model_outcome out;

	model_walk(b->m, &acc, &out);
	return out;
}

static void
walk_shape(const struct shape *s)
{
	uint64_t top, high = s->pa_bits == 52 ? BIT(51) | BIT(49) : BIT(47);
	struct model_outcome o;
	struct bench b;

	prepare(&b, s);
	start(&b);
	top = BIT(s->ia) - BIT(b.g);
	o = look(&b, 0, MODEL_READ, 1);
	CHECK(o.result == MODEL_TRANSLATION && o.level == s->start);
	CHECK(o.fsc == (s->start < 0 ? 0x2b : 4u + (unsigned)s->start));
	o = look(&b, BIT(s->ia), MODEL_READ, 1);
	CHECK(o.result == MODEL_TRANSLATION && o.level == 0 && o.fsc == 4);
	map(&b, top, high, 3);
	o = look(&b, top + 0x123, MODEL_WRITE, 1);
	CHECK(o.result == MODEL_OK && o.level == 3 && o.pa == high + 0x123);
	CHECK(o.outer == MODEL_WB && o.inner == MODEL_WB && o.memattr == 15);
	CHECK(o.sh == 3 && o.size_lg2 == b.g && o.r && o.w && o.x1 && o.x0);
	o = look(&b, top - BIT(b.g), MODEL_READ, 1);
	CHECK(o.result == MODEL_TRANSLATION && o.level == 3 && o.fsc == 7);
	map(&b, base(&b), high, 2);
	o = look(&b, base(&b) + 0x12345, MODEL_READ, 0);
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
	} xn[4] = { { 0, true, true }, { 1, false, true }, { 2, false, false }, { 3, true, false } };
	struct model_outcome o;
	struct bench b;
	uint64_t at;
	unsigned i;

	prepare(&b, &shapes[0]);
	start(&b);
	at = slot(&b, base(&b), 3);
	for (i = 0; i < 4; i++) {
		st(&b, at, leaf(&b, 3, DATA, normal(&b) | (uint64_t)xn[i].xn << 53));
		o = look(&b, base(&b), MODEL_FETCH, 1);
		CHECK((o.result == MODEL_OK) == xn[i].x1);
		o = look(&b, base(&b), MODEL_FETCH, 0);
		CHECK((o.result == MODEL_OK) == xn[i].x0);
		st(&b, at, leaf(&b, 3, DATA, (normal(&b) & ~(R | W)) | (uint64_t)i << 6));
		o = look(&b, base(&b), MODEL_READ, 0);
		CHECK((o.result == MODEL_OK) == (i & 1));
		o = look(&b, base(&b), MODEL_WRITE, 0);
		CHECK((o.result == MODEL_OK) == (i >> 1));
	}
	st(&b, at, leaf(&b, 3, DATA, normal(&b) & ~W));
	o = look(&b, base(&b), MODEL_WRITE, 0);
	CHECK(o.result == MODEL_PERMISSION && o.level == 3 && o.fsc == 0xf);
	st(&b, at, leaf(&b, 3, DATA, normal(&b) & ~AF));
	o = look(&b, base(&b), MODEL_READ, 0);
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

	prepare(&b, &narrow);
	start(&b);
	at = slot(&b, base(&b), 2);
	*(uint64_t *)model_virt(b.m, at) = leaf(&b, 2, BIT(45), normal(&b));
	o = look(&b, base(&b), MODEL_READ, 0);
	CHECK(o.result == MODEL_ADDRESS_SIZE && o.level == 2 && o.fsc == 2);
	*(uint64_t *)model_virt(b.m, at) = BIT(45) | 3;
	o = look(&b, base(&b), MODEL_READ, 0);
	CHECK(o.result == MODEL_ADDRESS_SIZE && o.level == 2);
	*(uint64_t *)model_virt(b.m, at) = BIT(40) | 3;
	o = look(&b, base(&b), MODEL_READ, 0);
	CHECK(o.result == MODEL_EXTERNAL_ABORT && o.level == 3 && o.fsc == 0x17);
	*(uint64_t *)model_virt(b.m, at) = 0;
	*(uint64_t *)model_virt(b.m, b.root) = leaf(&b, 0, 0, normal(&b));
	o = look(&b, base(&b), MODEL_READ, 0);
	CHECK(o.result == MODEL_TRANSLATION && o.level == 0); /* no block at level 0 without DS */
	model_free(b.m);
}

static void
with_vtcr(uint64_t clear, uint64_t set, bool fault)
{
	struct model_outcome o;
	struct bench b;

	prepare(&b, &shapes[0]);
	start(&b);
	map(&b, 0, DATA, 3);
	b.regs.vtcr = (b.regs.vtcr & ~clear) | set;
	model_set_regs(b.m, &b.regs);
	o = look(&b, 0, MODEL_READ, 0);
	CHECK(fault ? o.result == MODEL_TRANSLATION && o.level == 0 : o.result == MODEL_OK);
	model_free(b.m);
}

static void
test_registers(void)
{
	struct bench b;

	with_vtcr(0, 0, false);
	with_vtcr(63, 20, true);	/* 44 bits cannot start at level 1 */
	with_vtcr(63, 34, true);	/* 30 bits must not */
	with_vtcr(63, 40, true);	/* no FEAT_TTST */
	with_vtcr(63, 12, true);	/* no DS */
	with_vtcr(3 << 6, 3 << 6, true); /* start at level 3 without FEAT_TTST */
	prepare(&b, &shapes[1]);
	start(&b);
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
		{ 0, 0, MODEL_DEVICE, MODEL_DEVICE }, { 0, 5, MODEL_NC, MODEL_NC },
		{ 0, 6, MODEL_NC, MODEL_WT },	      { 0, 13, MODEL_WB, MODEL_NC },
		{ 0, 15, MODEL_WB, MODEL_WB },	      { 1, 1, MODEL_DEVICE, MODEL_DEVICE },
		{ 1, 5, MODEL_NC, MODEL_NC },	      { 1, 6, MODEL_WB, MODEL_WB },
		{ 1, 7, MODEL_WB, MODEL_WB },
	};
	struct model_outcome o;
	struct bench b;
	uint64_t attr;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		prepare(&b, &shapes[0]);
		b.cfg.feat.fwb = true;
		b.regs.hcr = t[i].fwb ? MODEL_HCR_FWB : 0;
		start(&b);
		attr = (normal(&b) & ~(UINT64_C(15) << 2)) | (uint64_t)t[i].a << 2;
		st(&b, slot(&b, 0, 3), leaf(&b, 3, DATA, attr));
		o = look(&b, 0, MODEL_READ, 0);
		CHECK(o.outer == t[i].outer && o.inner == t[i].inner);
		b.regs.hcr |= MODEL_HCR_CD;
		model_set_regs(b.m, &b.regs);
		o = look(&b, 0, MODEL_READ, 0);
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

	prepare(&b, &shapes[0]);
	configure(&b, HAHD);
	start(&b);
	at = slot(&b, 0, 3);
	st(&b, at, leaf(&b, 3, DATA, (normal(&b) & ~(AF | W)) | DBM));
	model_access(b.m, 0, &acc, &o);
	CHECK(o.result == MODEL_OK && (load(&b, at) & AF) && !(load(&b, at) & W));
	acc.kind = MODEL_WRITE;
	model_access(b.m, 0, &acc, &o);
	CHECK(o.result == MODEL_OK && o.source == MODEL_FROM_TLB && (load(&b, at) & W));
	CHECK(model_stats(b.m)->hw_updates == 2 && !model_violation(b.m));
	model_free(b.m);
}

/* ---- caches ---- */

static void
test_answers(void)
{
	struct model_access acc = { 0 };
	struct model_outcome o[8];
	struct bench b;
	uint64_t table;
	unsigned n;

	prepare(&b, &shapes[3]);
	start(&b);
	table = setup_table(&b);
	acc.ipa = base(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 1 && o[0].result == MODEL_OK);
	model_access(b.m, 0, &acc, o);
	unmap(&b, base(&b), 2);
	n = model_ask(b.m, 0, &acc, o, 8);
	CHECK(n == 2 && o[0].pa == DATA && o[1].result == MODEL_TRANSLATION);
	CHECK(model_ask(b.m, 1, &acc, o, 8) == 1);
	/* The leaf is gone, the walk cache leads to it again, also for a page never asked for. */
	dsb(&b);
	tlbi(&b, MODEL_IPAS2LE1 | MODEL_TLBI_IS, xt(&b, base(&b), NO_HINT));
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 2 && o[0].source == MODEL_FROM_TLB);
	dsb(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 2 && o[0].source == MODEL_FROM_WALK_CACHE);
	acc.ipa += UINT64_C(5) << b.g;
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 2 && o[0].result == MODEL_TRANSLATION);
	CHECK(o[1].result == MODEL_OK && o[1].pa == DATA + (UINT64_C(5) << b.g));
	flush_all(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 1 && o[0].result == MODEL_TRANSLATION);
	model_retire(b.m, table);
	end(&b);
	CHECK(!model_violation(b.m));
	model_free(b.m);
}

static void
test_combined(void)
{
	struct model_access acc = { .combined = true, .va = 0x7000 };
	struct model_outcome o[8];
	struct bench b;

	prepare(&b, &shapes[0]);
	start(&b);
	map(&b, 0, DATA, 3);
	model_access(b.m, 0, &acc, o);
	unmap(&b, 0, 3);
	dsb(&b);
	tlbi(&b, MODEL_IPAS2E1 | MODEL_TLBI_IS, 0);
	dsb(&b);
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 2);
	acc.va = 0x8000;
	CHECK(model_ask(b.m, 0, &acc, o, 8) == 1);
	acc.va = 0x7000;
	vmalle1(&b);
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

	prepare(&b, &shapes[0]);
	start(&b);
	setup_group(&b, normal(&b) | C);
	acc.ipa = base(&b);
	model_access(b.m, 0, &acc, o);
	for (i = 0; i < 16; i++)
		unmap(&b, base(&b) + i * 0x1000u, 3);
	dsb(&b);
	tlbi(&b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(&b, base(&b) + 0x5000, 3));
	dsb(&b);
	for (i = 0; i < 16; i++) {
		acc.ipa = base(&b) + i * 0x1000u;
		CHECK(model_ask(b.m, 0, &acc, o, 8) == (i == 5 ? 1u : 2u));
		CHECK(i == 5 || o[0].pa == DATA + i * 0x1000u);
	}
	map(&b, 4 * base(&b), DATA, 2);
	acc.ipa = 4 * base(&b);
	model_access(b.m, 0, &acc, o);
	unmap(&b, 4 * base(&b), 2);
	dsb(&b);
	tlbi(&b, MODEL_IPAS2E1 | MODEL_TLBI_IS, xt(&b, 4 * base(&b) + 0x9000, 2));
	dsb(&b);
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
			model_map_set(map_, a << 12, (z << 12) | 0xfff, (uint64_t)what << 20 | a << 12,
				      64);
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
			kind[i] = what < 2 ? 1 : what == 2 ? 0 : 2;
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

	prepare(&b, s);
	start(&b);
	size = BIT(lg2_of(&b, 2));
	setup_table(&b);
	map(&b, 2 * size, DATA + size, 2);
	st(&b, slot(&b, 5 * size, 3), 0x70);
	model_map_set(want, size, 3 * size - 1, DATA, normal(&b));
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
	model_map_set(want, BIT(s->ia) - BIT(b.g), MASK(s->ia), DATA, normal(&b));
	CHECK(!model_map_compare(b.m, want, 0, 0, &d) && d.ipa == BIT(s->ia) - BIT(b.g));
	CHECK(!d.in_table && d.in_map);
	CHECK(!model_violation(b.m));
	model_map_free(want);
	model_free(b.m);
}

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
		dsb(b);
	for (i = 0; i < 16 && skip != 2; i += 2)
		tlbi(b, (skip == 6 ? 0u : (unsigned)MODEL_TLBI_IS) |
			     (skip == 3 ? (unsigned)MODEL_RIPAS2LE1 : (unsigned)MODEL_RIPAS2E1),
		     rxt(b, base(b) + ((uint64_t)i << (lg2_of(b, 2) - 4)), 3, 0, skip == 4 ? 3 : 0));
	if (skip != 7)
		dsb(b);
	if (skip != 5)
		tlbi(b, MODEL_VMALLE1 | MODEL_TLBI_IS, 0);
	dsb(b);
}

static void
random_accesses(struct bench *b)
{
	struct model_access acc = { 0 };
	struct model_outcome o;
	unsigned n = pick(6);

	while (n--) {
		acc.ipa = base(b) + ((uint64_t)pick(16) << b->g);
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
	uint64_t ipa = base(b) + ((uint64_t)pick(16) << b->g), at2, d, table = 0;

	at2 = slot(b, base(b), 2);
	d = load(b, at2);
	model_op_begin(b->m, 0, base(b), base(b) + MASK(lg2_of(b, 2)));
	if (d & 1 && !(d & 2)) {
		st(b, at2, 0);
	} else if (d & 1 && pick(8) == 0) {
		table = next_of(b, d);
		st(b, at2, 0);
	} else if (!(d & 1) && pick(2)) {
		map(b, base(b), DATA, 2);
	} else if (pick(2)) {
		unmap(b, ipa, 3);
	} else if (load(b, slot(b, ipa, 3)) & 1) {
		at2 = slot(b, ipa, 3);
		st(b, at2, load(b, at2) ^ (pick(2) ? W : AF));
	} else {
		map(b, ipa, DATA + ((uint64_t)pick(9) << b->g), 3);
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
test_random(const struct shape *s, unsigned skip, unsigned seed)
{
	const struct model_violation *v;
	struct bench b;
	unsigned i;

	srand(seed);
	prepare(&b, s);
	b.cfg.pick = MODEL_PICK_RANDOM;
	b.cfg.tlb_leaf = 1 + pick(20);
	start(&b);
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

	prepare(&b, &shapes[0]);
	start(&b);
	for (i = 0; i < n; i++) {
		model_op_begin(b.m, 0, 0, MASK(b.s->ia));
		if (i & 1)
			unmap(&b, base(&b) + (uint64_t)(i & 510) * 4096, 3);
		else
			map(&b, base(&b) + (uint64_t)(i & 510) * 4096, DATA, 3);
		if (i & 1)
			flush_page(&b, base(&b) + (uint64_t)(i & 510) * 4096);
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

int
main(void)
{
	unsigned i, k;

	test_sequences();
	for (i = 0; i < N_SHAPES; i++) {
		walk_shape(&shapes[i]);
		compare_shape(&shapes[i]);
		for (k = 0; k < 12; k++)
			test_random(&shapes[i], 0, 100 + k);
		for (k = 0; k < 70; k++)
			test_random(&shapes[i], 1 + k % 7, 200 + k);
	}
	test_permissions();
	test_faults();
	test_registers();
	test_types();
	test_hardware_updates();
	test_answers();
	test_combined();
	test_pieces();
	test_allocator();
	test_map_random();
	measure();
	printf("%u checks, %u failures\n", checks, failures);
	return failures != 0;
}
