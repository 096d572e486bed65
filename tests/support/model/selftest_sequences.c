/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sequences of stores, barriers and invalidations: good_* must pass, each bad_* must be caught by
 * name. Each runs in every format, with empty caches and with caches that hold everything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest.h"

/* ---- sequences ---- */

static void
good_map(struct bench *b)
{
	t_setup_pages(b, 3);
	model_dsb(b->m, 0, MODEL_DSB_ISH | MODEL_DSB_ST);
	model_op_end(b->m, MODEL_END_VISIBLE);
}

static void
bad_map_without_dsb(struct bench *b)
{
	t_begin(b);
	t_map(b, t_base(b), DATA, 3);
	model_op_end(b->m, MODEL_END_VISIBLE);
}

static void
good_unmap(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
good_unmap_s12(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_flush_all(b);
	t_end(b);
}

static void
good_gather(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	model_op_end(b->m, MODEL_END_GATHER);
	model_op_begin(b->m, 0, 0, MASK(b->s->ia));
	t_unmap(b, t_base(b) + BIT(b->g), 3);
	t_flush_pages(b, t_base(b), 2, 3);
	t_end(b);
}

static void
bad_no_tlbi(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_vmalle1(b);
	t_end(b);
}

static void
bad_tlbi_before_store(struct bench *b)
{
	t_setup_pages(b, 2);
	t_flush_page(b, t_base(b));
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_end(b);
}

static void
bad_tlbi_before_dsb(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(b, t_base(b), NO_HINT));
	t_dsb(b);
	t_vmalle1(b);
	t_end(b);
}

static void
bad_dsb_of_other_cpu(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	model_dsb(b->m, 1, MODEL_DSB_ISH);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	t_dsb(b);
	t_end(b);
}

static void
bad_dsb_st_completes(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	model_dsb(b->m, 0, MODEL_DSB_ISH | MODEL_DSB_ST);
	t_end(b);
}

static void
bad_dsb_nsh_completes(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	model_dsb(b->m, 0, MODEL_DSB_NSH);
	t_end(b);
}

static void
bad_dsb_nsh_before_broadcast(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	model_dsb(b->m, 0, MODEL_DSB_NSH);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	t_dsb(b);
	t_end(b);
}

static void
good_outer(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_OS, 0);
	model_dsb(b->m, 0, MODEL_DSB_OSH);
	t_end(b);
}

static void
bad_dsb_ish_completes_os(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_OS, 0);
	t_dsb(b);
	t_end(b);
}

static void
unmap_with(struct bench *b, uint64_t operand, unsigned op)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, op | MODEL_TLBI_IS, operand);
	t_dsb(b);
	t_vmalle1(b);
	t_end(b);
}

static void
good_ttl(struct bench *b)
{
	unmap_with(b, t_xt(b, t_base(b), 3), MODEL_IPAS2LE1);
}

static void
bad_wrong_ttl(struct bench *b)
{
	unmap_with(b, t_xt(b, t_base(b), 2), MODEL_IPAS2E1);
}

static void
bad_wrong_ttl_granule(struct bench *b)
{
	unmap_with(b,
		   (t_xt(b, t_base(b), 3) & ~(UINT64_C(3) << 46)) |
			   (b->g == 12 ? UINT64_C(3) : UINT64_C(1)) << 46,
		   MODEL_IPAS2E1);
}

static void
bad_unshifted_operand(struct bench *b)
{
	unmap_with(b, t_base(b) >> 3, MODEL_IPAS2E1);
}

static void
unmap_range(struct bench *b, unsigned n, unsigned covered)
{
	unsigned i;

	t_setup_pages(b, 8);
	for (i = 0; i < n; i++)
		t_unmap(b, t_base(b) + ((uint64_t)i << b->g), 3);
	t_flush_pages(b, t_base(b), covered, 3);
	t_end(b);
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
	uint64_t operand = t_rxt(b, t_base(b), 0, 0, 3) & ~(UINT64_C(3) << 46);

	unmap_with(b, operand | (b->g == 12 ? UINT64_C(2) : UINT64_C(1)) << 46, MODEL_RIPAS2E1);
}

static void
bad_range_unaligned(struct bench *b)
{
	unmap_with(b, t_rxt(b, t_base(b) + BIT(16), 0, 0, 2), MODEL_RIPAS2E1);
}

static void
bad_range_tg0(struct bench *b)
{
	unmap_with(b, t_rxt(b, t_base(b), 0, 0, 3) & ~(UINT64_C(3) << 46), MODEL_RIPAS2E1);
}

static void
bad_ns_bit(struct bench *b)
{
	unmap_with(b, t_xt(b, t_base(b), 3) | BIT(63), MODEL_IPAS2E1);
}

static void
bad_local(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1, 0);
	t_dsb(b);
	t_end(b);
}

static void
bad_missing_vmalle1(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(b, t_base(b), 3));
	t_dsb(b);
	t_end(b);
}

static void
bad_vmalle1_too_early(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(b, t_base(b), 3));
	t_tlbi(b, MODEL_VMALLE1 | MODEL_TLBI_IS, 0);
	t_dsb(b);
	t_end(b);
}

static void
bad_vmalle1_first(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_vmalle1(b);
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(b, t_base(b), 3));
	t_dsb(b);
	t_end(b);
}

static void
bad_vmalle1_under_tge(struct bench *b)
{
	t_setup_pages(b, 2);
	model_set_tge(b->m, 0, true);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	t_end(b);
}

/* ---- replacing ---- */

static void
good_replace(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	t_map(b, t_base(b), DATA * 2, 3);
	t_end(b);
}

static void
bad_make_early(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_map(b, t_base(b), DATA * 2, 3);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_make_before_completion(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	t_map(b, t_base(b), DATA * 2, 3);
	t_dsb(b);
	t_end(b);
}

static void
bad_table_over_gather(struct bench *b)
{
	t_map(b, t_base(b), DATA, 2);
	t_begin(b);
	t_unmap(b, t_base(b), 2);
	model_op_end(b->m, MODEL_END_GATHER);
	model_op_begin(b->m, 0, 0, MASK(b->s->ia));
	t_map(b, t_base(b) + BIT(b->g), DATA, 3);
	t_flush_all(b);
	t_end(b);
}

static void
bad_no_break(struct bench *b)
{
	t_setup_pages(b, 2);
	t_map(b, t_base(b), DATA * 2, 3);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_no_break_type(struct bench *b)
{
	t_setup_pages(b, 2);
	t_st(b, t_slot(b, t_base(b), 3), t_leaf(b, 3, DATA, t_normal(b) & ~(UINT64_C(10) << 2)));
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_no_break_collapse(struct bench *b)
{
	t_setup_table(b);
	t_map(b, t_base(b), DATA, 2);
	t_flush_all(b);
	t_end(b);
}

static void
bad_no_break_split(struct bench *b)
{
	uint64_t at, table, *e;

	t_map(b, t_base(b), DATA, 2);
	t_begin(b);
	at = t_slot(b, t_base(b), 2);
	table = t_new_table(b);
	e = model_virt(b->m, table);
	e[0] = t_leaf(b, 3, DATA, t_normal(b));
	t_st(b, at, t_table_desc(b, table));
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
good_not_accessed(struct bench *b)
{
	t_begin(b);
	t_st(b, t_slot(b, t_base(b), 3), t_leaf(b, 3, DATA, t_normal(b) & ~AF));
	t_st(b, t_slot(b, t_base(b), 3), t_leaf(b, 3, DATA * 2, t_normal(b) & ~AF));
	t_unmap(b, t_base(b), 3);
	t_end(b);
}

/* ---- unlinking ---- */

static void
good_unlink(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	t_flush_pages(b, t_base(b), 1u << b->stride, 0);
	model_retire(b->m, table);
	t_end(b);
	model_check_leaks(b->m, (unsigned)(3 - b->s->start));
}

static void
good_unlink_s12(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	t_flush_all(b);
	model_retire(b->m, table);
	t_map(b, t_base(b), DATA * 2, 2);
	t_end(b);
}

/* Entry by entry, then the empty table by one address. */
static void
good_unlink_emptied(struct bench *b)
{
	uint64_t table = t_setup_table(b), i;

	for (i = 0; i < BIT(b->stride); i++)
		t_unmap(b, t_base(b) + (i << b->g), 3);
	t_unmap(b, t_base(b), 2);
	t_dsb(b);
	for (i = 0; i < BIT(b->stride); i++)
		t_tlbi(b, MODEL_IPAS2LE1 | MODEL_TLBI_IS, t_xt(b, t_base(b) + (i << b->g), 3));
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(b, t_base(b), NO_HINT));
	t_dsb(b);
	t_vmalle1(b);
	model_retire(b->m, table);
	t_end(b);
}

static void
bad_freed_early(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	model_retire(b->m, table);
	t_flush_all(b);
	t_end(b);
}

static void
bad_freed_before_dsb(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	model_retire(b->m, table);
	t_dsb(b);
	t_end(b);
}

static void
bad_freed_combined(struct bench *b)
{
	uint64_t table = t_setup_table(b);
	unsigned i;

	t_unmap(b, t_base(b), 2);
	t_dsb(b);
	for (i = 0; i < 1u << b->stride; i += 64)
		t_tlbi(b, MODEL_RIPAS2E1 | MODEL_TLBI_IS,
		       t_rxt(b, t_base(b) + ((uint64_t)i << b->g), 0, 31, 0));
	t_dsb(b);
	model_retire(b->m, table);
	t_vmalle1(b);
	t_end(b);
}

static void
bad_freed_linked(struct bench *b)
{
	model_retire(b->m, t_setup_table(b));
	t_end(b);
}

static void
bad_freed_one_page(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	t_flush_page(b, t_base(b));
	model_retire(b->m, table);
	t_end(b);
}

/* Hardware may set AF in a dead table, and cache the entry then. */
static void
bad_unlink_not_accessed(struct bench *b)
{
	uint64_t at = t_slot(b, t_base(b), 2), table = t_new_table(b), *e;
	unsigned i;

	e = model_virt(b->m, table);
	for (i = 0; i < 1u << b->stride; i++)
		e[i] = t_leaf(b, 3, DATA + ((uint64_t)i << b->g), t_normal(b) & ~AF);
	t_st(b, at, t_table_desc(b, table));
	model_op_begin(b->m, 0, 0, MASK(b->s->ia));
	t_unmap(b, t_base(b), 2);
	t_flush_page(b, t_base(b));
	model_retire(b->m, table);
}

static void
bad_unlink_last_level(struct bench *b)
{
	unsigned i;

	t_setup_table(b);
	t_unmap(b, t_base(b), 2);
	t_dsb(b);
	for (i = 0; i < 1u << b->stride; i += 64)
		t_tlbi(b, MODEL_RIPAS2LE1 | MODEL_TLBI_IS,
		       t_rxt(b, t_base(b) + ((uint64_t)i << b->g), 0, 31, 0));
	t_dsb(b);
	t_vmalle1(b);
	t_end(b);
}

/* The hint says what was removed, a table of level 2, and not what may be cached. */
static void
bad_unlink_hint(struct bench *b)
{
	t_setup_table(b);
	t_unmap(b, t_base(b), 2);
	t_dsb(b);
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(b, t_base(b), 2));
	t_dsb(b);
	t_vmalle1(b);
	t_end(b);
}

/* Leaves first: they come back through the table entry that is still cached. */
static void
bad_unlink_leaves_first(struct bench *b)
{
	unsigned i;

	t_setup_table(b);
	t_unmap(b, t_base(b), 2);
	t_dsb(b);
	for (i = 0; i < 1u << b->stride; i += 64)
		t_tlbi(b, MODEL_RIPAS2LE1 | MODEL_TLBI_IS,
		       t_rxt(b, t_base(b) + ((uint64_t)i << b->g), 0, 31, 3));
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(b, t_base(b), NO_HINT));
	t_dsb(b);
	t_vmalle1(b);
	t_end(b);
}

/* One address is enough for a table without entries, but not for its walk cache by L forms. */
static void
bad_empty_table_stays(struct bench *b)
{
	t_begin(b);
	t_slot(b, t_base(b), 3);
	t_unmap(b, t_base(b), 2);
	t_dsb(b);
	t_tlbi(b, MODEL_IPAS2LE1 | MODEL_TLBI_IS, t_xt(b, t_base(b), NO_HINT));
	t_dsb(b);
	t_end(b);
}

static void
good_empty_table(struct bench *b)
{
	t_begin(b);
	t_slot(b, t_base(b), 3);
	t_unmap(b, t_base(b), 2);
	t_dsb(b);
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS, t_xt(b, t_base(b), NO_HINT));
	t_dsb(b);
	t_end(b);
}

static void
bad_store_dead(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	t_st(b, table + 8, 0);
	t_flush_all(b);
	t_end(b);
}

static void
bad_link_dead(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	t_flush_all(b);
	t_st(b, table, t_table_desc(b, t_new_table(b)));
	t_end(b);
}

/* The same by a store that nobody reports. */
static void
bad_silent_store_dead(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	*(uint64_t *)model_virt(b->m, table + 8) = 0;
	t_flush_all(b);
	model_retire(b->m, table);
	t_end(b);
}

static void
bad_store_retired(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	t_flush_all(b);
	model_retire(b->m, table);
	*(uint64_t *)model_virt(b->m, table + 8) = 0;
	t_end(b);
	model_check_leaks(b->m, (unsigned)(3 - b->s->start));
}

static void
good_never_linked(struct bench *b)
{
	uint64_t table = t_new_table(b);

	t_begin(b);
	t_st(b, table, t_leaf(b, 3, DATA, t_normal(b)));
	model_retire(b->m, table);
	t_end(b);
}

static void
bad_double_retire(struct bench *b)
{
	uint64_t table = t_new_table(b);

	model_retire(b->m, table);
	model_retire(b->m, table);
}

static void
bad_retire_unknown(struct bench *b)
{
	model_retire(b->m, t_new_table(b) + BIT(b->g));
}

static void
bad_leak(struct bench *b)
{
	t_new_table(b);
	model_check_leaks(b->m, 1);
}

static void
bad_link_retired(struct bench *b)
{
	uint64_t table = t_new_table(b);

	t_begin(b);
	model_retire(b->m, table);
	t_st(b, t_slot(b, t_base(b), 2), t_table_desc(b, table));
}

static void
bad_linked_twice(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_st(b, t_slot(b, 2 * t_base(b), 2), t_table_desc(b, table));
}

static void
bad_poison_linked(struct bench *b)
{
	uint64_t table = t_new_table(b);

	t_begin(b);
	memset(model_virt(b->m, table), 0xa5, BIT(b->g));
	t_st(b, t_slot(b, t_base(b), 2), t_table_desc(b, table));
}

static void
bad_reserved_bits(struct bench *b)
{
	t_begin(b);
	t_st(b, t_slot(b, t_base(b), 3), t_leaf(b, 3, DATA, t_normal(b)) | BIT(63));
}

/* ---- permissions ---- */

static void
protect(struct bench *b, uint64_t clear, uint64_t set)
{
	uint64_t at = t_slot(b, t_base(b), 3);

	t_st(b, at, (t_load(b, at) & ~clear) | set);
}

static void
good_read_only(struct bench *b)
{
	t_setup_pages(b, 2);
	protect(b, W, 0);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_read_only(struct bench *b)
{
	t_setup_pages(b, 2);
	protect(b, W, 0);
	t_dsb(b);
	t_end(b);
}

static void
bad_execute_never(struct bench *b)
{
	t_setup_pages(b, 2);
	protect(b, 0, XN);
	t_dsb(b);
	t_end(b);
}

static void
good_software_bit(struct bench *b)
{
	t_setup_pages(b, 2);
	protect(b, 0, BIT(56));
	t_end(b);
}

static void
relax(struct bench *b, bool local, unsigned flags)
{
	t_map(b, t_base(b), DATA, 3);
	t_st(b, t_slot(b, t_base(b), 3), t_leaf(b, 3, DATA, t_normal(b) & ~W));
	t_flush_page(b, t_base(b));
	t_begin(b);
	protect(b, 0, W);
	t_dsb(b);
	if (local) {
		t_tlbi(b, MODEL_IPAS2LE1, t_xt(b, t_base(b), 3));
		model_dsb(b->m, 0, MODEL_DSB_NSH);
		t_tlbi(b, MODEL_VMALLE1, 0);
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
	t_begin(b);
	t_end(b);
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
	model_op_begin(b->m, 1, t_base(b), t_base(b) + MASK(b->g));
	model_op_end(b->m, MODEL_END_RELAX | MODEL_END_LOCAL);
}

static void
bad_relax_kept_over_unmap(struct bench *b)
{
	relax(b, true, MODEL_END_RELAX | MODEL_END_LOCAL);
	t_begin(b);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1, 0);
	t_dsb(b);
	t_end(b);
}

static void
bad_aged_then_unmapped(struct bench *b)
{
	t_setup_pages(b, 2);
	protect(b, AF, 0);
	t_end(b);
	t_begin(b);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_end(b);
}

static void
bad_aged_then_read_only(struct bench *b)
{
	t_setup_pages(b, 2);
	protect(b, AF, 0);
	t_end(b);
	t_begin(b);
	protect(b, W, 0);
	t_dsb(b);
	t_end(b);
}

static void
good_aged(struct bench *b)
{
	t_setup_pages(b, 2);
	protect(b, AF, 0);
	t_end(b);
	t_begin(b);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	t_end(b);
}

/* ---- contiguous groups ---- */

static void
break_group(struct bench *b, unsigned covered)
{
	unsigned i;

	for (i = 0; i < t_group_of(b); i++)
		t_unmap(b, t_base(b) + ((uint64_t)i << b->g), 3);
	t_flush_pages(b, t_base(b), covered, 3);
}

static void
good_group_member(struct bench *b)
{
	unsigned i;

	t_setup_group(b, t_normal(b) | C);
	break_group(b, t_group_of(b));
	for (i = 1; i < t_group_of(b); i++)
		t_map(b, t_base(b) + ((uint64_t)i << b->g), DATA + ((uint64_t)i << b->g), 3);
	t_end(b);
}

static void
bad_group_short(struct bench *b)
{
	t_setup_group(b, t_normal(b) | C);
	break_group(b, t_group_of(b) - 2);
	t_end(b);
}

static void
bad_group_made_early(struct bench *b)
{
	t_setup_group(b, t_normal(b) | C);
	break_group(b, 2);
	t_map(b, t_base(b) + (UINT64_C(5) << b->g), DATA, 3);
}

static void
bad_group_member_read_only(struct bench *b)
{
	t_setup_group(b, t_normal(b) | C);
	protect(b, W, 0);
	t_flush_pages(b, t_base(b), t_group_of(b), 3);
	t_end(b);
}

static void
bad_group_member_unmapped(struct bench *b)
{
	t_setup_group(b, t_normal(b) | C);
	t_unmap(b, t_base(b), 3);
	t_flush_pages(b, t_base(b), t_group_of(b), 3);
	t_end(b);
}

static void
bad_group_half_unmapped(struct bench *b)
{
	unsigned i;

	t_setup_group(b, t_normal(b) | C);
	for (i = 0; i < t_group_of(b) / 2; i++)
		t_unmap(b, t_base(b) + ((uint64_t)i << b->g), 3);
	t_flush_pages(b, t_base(b), t_group_of(b), 3);
	t_end(b);
}

static void
bad_group_misaligned(struct bench *b)
{
	t_begin(b);
	t_st(b, t_slot(b, t_base(b), 3), t_leaf(b, 3, DATA + BIT(b->g), t_normal(b) | C));
}

static void
good_group_aged(struct bench *b)
{
	t_setup_group(b, t_normal(b) | C);
	protect(b, AF, 0);
	t_end(b);
}

static void
toggle_group(struct bench *b)
{
	unsigned i;

	t_setup_group(b, t_normal(b));
	for (i = 0; i < t_group_of(b); i++)
		t_st(b, t_slot(b, t_base(b) + ((uint64_t)i << b->g), 3),
		     t_leaf(b, 3, DATA + ((uint64_t)i << b->g), t_normal(b) | C));
	t_flush_pages(b, t_base(b), t_group_of(b), 3);
	t_end(b);
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
	uint64_t at = t_slot(b, t_base(b), 2), table = t_new_table(b), *e = model_virt(b->m, table);
	unsigned i;

	for (i = 0; i < 1u << b->stride; i++)
		e[i] = t_leaf(b, 3, DATA + ((uint64_t)i << b->g), t_normal(b)) ^ wrong;
	t_st(b, at, t_table_desc(b, table));
}

static void
good_bbm2_split(struct bench *b)
{
	t_map(b, t_base(b), DATA, 2);
	t_begin(b);
	split_directly(b, 0);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
good_bbm2_collapse(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	t_map(b, t_base(b), DATA, 2);
	t_flush_all(b);
	model_retire(b->m, table);
	t_end(b);
}

static void
bad_bbm2_no_tlbi(struct bench *b)
{
	t_map(b, t_base(b), DATA, 2);
	t_begin(b);
	split_directly(b, 0);
	t_dsb(b);
	t_end(b);
}

static void
bad_bbm2_other_type(struct bench *b)
{
	t_map(b, t_base(b), DATA, 2);
	t_begin(b);
	split_directly(b, UINT64_C(10) << 2);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
good_bbm1_split(struct bench *b)
{
	t_map(b, t_base(b), DATA, 2);
	t_begin(b);
	t_st(b, t_slot(b, t_base(b), 2), t_leaf(b, 2, DATA, t_normal(b) | NT));
	t_flush_page(b, t_base(b));
	split_directly(b, 0);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_bbm1_no_nt(struct bench *b)
{
	t_map(b, t_base(b), DATA, 2);
	t_begin(b);
	split_directly(b, 0);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_bbm1_no_tlbi_between(struct bench *b)
{
	t_map(b, t_base(b), DATA, 2);
	t_begin(b);
	t_st(b, t_slot(b, t_base(b), 2), t_leaf(b, 2, DATA, t_normal(b) | NT));
	t_dsb(b);
	split_directly(b, 0);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
good_bbm1_collapse(struct bench *b)
{
	t_setup_table(b);
	t_st(b, t_slot(b, t_base(b), 2), t_leaf(b, 2, DATA, t_normal(b) | NT));
	t_flush_all(b);
	t_st(b, t_slot(b, t_base(b), 2), t_leaf(b, 2, DATA, t_normal(b)));
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_bbm1_nt_cleared_early(struct bench *b)
{
	t_setup_table(b);
	t_st(b, t_slot(b, t_base(b), 2), t_leaf(b, 2, DATA, t_normal(b) | NT));
	t_st(b, t_slot(b, t_base(b), 2), t_leaf(b, 2, DATA, t_normal(b)));
	t_flush_all(b);
	t_end(b);
}

/* ---- a second observer ---- */

static void
unmap_smmu(struct bench *b, bool command, bool sync)
{
	struct model_smmu_cmd cmd = { .vmid = 9, .all = true };
	uint64_t table = t_setup_table(b);

	t_unmap(b, t_base(b), 2);
	t_flush_all(b);
	if (command)
		model_smmu_tlbi(b->m, &cmd);
	if (sync)
		model_smmu_sync(b->m);
	model_retire(b->m, table);
	t_end(b);
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

	t_setup_pages(b, 4);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	cmd.ipa = t_base(b);
	cmd.last = t_base(b) + MASK(b->g);
	model_smmu_tlbi(b->m, &cmd);
	model_smmu_sync(b->m);
	t_end(b);
}

static void
bad_smmu_nested_range(struct bench *b)
{
	good_smmu_range(b);
}

/* After the range, stage 1: only a nested SMMU needs it. */
static void
good_smmu_nested(struct bench *b)
{
	struct model_smmu_cmd cmd = { .vmid = 9, .stage1 = true };

	t_setup_pages(b, 4);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	model_smmu_tlbi(b->m, &(struct model_smmu_cmd){ .vmid = 9, .ipa = t_base(b), .last = t_base(b) + MASK(b->g) });
	model_smmu_sync(b->m);
	model_smmu_tlbi(b->m, &cmd);
	model_smmu_sync(b->m);
	t_end(b);
}

static void
bad_smmu_stage1_alone(struct bench *b)
{
	struct model_smmu_cmd cmd = { .vmid = 9, .stage1 = true };

	t_setup_pages(b, 4);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	model_smmu_tlbi(b->m, &cmd);
	model_smmu_sync(b->m);
	t_end(b);
}

static void
good_dvm(struct bench *b)
{
	t_setup_pages(b, 4);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	t_end(b);
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
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	use_vmid(b, 2, true);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_vmid_forgotten(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_vmid_no_isb(struct bench *b)
{
	t_setup_pages(b, 2);
	t_unmap(b, t_base(b), 3);
	t_flush_page(b, t_base(b));
	use_vmid(b, 2, false);
	t_flush_page(b, t_base(b));
	t_end(b);
}

/* ---- Secure state ---- */

static void
good_secure_ns(struct bench *b)
{
	unmap_with(b, t_xt(b, t_base(b), 3) | BIT(63), MODEL_IPAS2E1);
}

static void
bad_secure_ns(struct bench *b)
{
	unmap_with(b, t_xt(b, t_base(b), 3), MODEL_IPAS2E1);
}

/* ---- nXS ---- */

static void
unmap_nxs(struct bench *b, uint64_t attr, unsigned dsb_kind)
{
	t_st(b, t_slot(b, t_base(b), 3), t_leaf(b, 3, DATA, t_normal(b) | attr));
	t_begin(b);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_IPAS2E1 | MODEL_TLBI_IS | MODEL_TLBI_NXS, t_xt(b, t_base(b), 3));
	model_dsb(b->m, 0, MODEL_DSB_ISH | dsb_kind);
	t_tlbi(b, MODEL_VMALLE1 | MODEL_TLBI_IS | MODEL_TLBI_NXS, 0);
	model_dsb(b->m, 0, MODEL_DSB_ISH | dsb_kind);
	t_end(b);
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
	t_setup_pages(b, 1);
	t_unmap(b, t_base(b), 3);
	t_dsb(b);
	t_tlbi(b, MODEL_VMALLS12E1 | MODEL_TLBI_IS, 0);
	model_dsb(b->m, 0, MODEL_DSB_ISH | MODEL_DSB_NXS);
	t_end(b);
}

/* ---- hardware updates ---- */

static void
good_dirty(struct bench *b)
{
	t_setup_pages(b, 1);
	protect(b, 0, DBM);
	protect(b, W, 0);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_dirty_cleared(struct bench *b)
{
	t_setup_pages(b, 1);
	protect(b, 0, DBM);
	t_end(b);
	t_begin(b);
	protect(b, W, 0);
	t_dsb(b);
	t_end(b);
}

static void
bad_lost_update(struct bench *b)
{
	struct model_access acc = { .ipa = t_base(b), .kind = MODEL_WRITE };
	struct model_outcome out;
	uint64_t at, old;

	t_st(b, t_slot(b, t_base(b), 3), t_leaf(b, 3, DATA, (t_normal(b) & ~(AF | W)) | DBM));
	t_begin(b);
	at = t_slot(b, t_base(b), 3);
	old = t_load(b, at);
	model_access(b->m, 1, &acc, &out);
	model_perform_store(b->m, 0, at, old, 0, MODEL_ATOMIC);
}

static void
bad_plain_store(struct bench *b)
{
	uint64_t at;

	t_setup_pages(b, 1);
	at = t_slot(b, t_base(b), 3);
	model_perform_store(b->m, 0, at, t_load(b, at), 0, MODEL_PLAIN);
}

/* ---- teardown ---- */

static void
good_destroy(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	model_stop(b->m);
	t_flush_all(b);
	t_st(b, table, 0);
	model_retire(b->m, table);
	t_end(b);
}

static void
bad_destroy(struct bench *b)
{
	uint64_t table = t_setup_table(b);

	model_stop(b->m);
	model_retire(b->m, table);
}

static void
good_root_changed(struct bench *b)
{
	struct model_regs off = b->regs;
	uint64_t table = t_setup_table(b);

	off.hcr = 0;
	model_set_regs(b->m, &off);
	t_flush_all(b);
	model_retire(b->m, table);
	t_end(b);
}

static void
bad_root_changed(struct bench *b)
{
	struct model_regs off = b->regs;
	uint64_t table = t_setup_table(b);

	off.hcr = 0;
	model_set_regs(b->m, &off);
	model_retire(b->m, table);
}

/* ---- stores that were told, and memory says otherwise ---- */

/* Told that a page is taken out; `is` came into memory `place` bytes from there, if anything did. */
static void
told_of_unmap(struct bench *b, bool stores, unsigned place, uint64_t is)
{
	uint64_t at, old;

	t_setup_pages(b, 2);
	at = t_slot(b, t_base(b), 3);
	old = *(uint64_t *)model_virt(b->m, at);
	if (stores)
		*(uint64_t *)model_virt(b->m, at + place) = is;
	model_store(b->m, 0, at, old, 0, MODEL_ATOMIC);
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
good_told(struct bench *b)
{
	told_of_unmap(b, true, 0, 0);
}

static void
bad_told_nothing(struct bench *b)
{
	told_of_unmap(b, false, 0, 0);
}

static void
bad_told_half(struct bench *b)
{
	told_of_unmap(b, true, 0, BIT(54));
}

static void
bad_told_neighbour(struct bench *b)
{
	told_of_unmap(b, true, 8, 0);
}

/* The store comes, but after it was told. */
static void
bad_told_early(struct bench *b)
{
	uint64_t at, old;

	t_setup_pages(b, 2);
	at = t_slot(b, t_base(b), 3);
	old = *(uint64_t *)model_virt(b->m, at);
	model_store(b->m, 0, at, old, 0, MODEL_ATOMIC);
	*(uint64_t *)model_virt(b->m, at) = 0;
	t_flush_page(b, t_base(b));
	t_end(b);
}

static void
bad_not_told(struct bench *b)
{
	t_setup_pages(b, 2);
	*(uint64_t *)model_virt(b->m, t_slot(b, t_base(b), 3)) = 0;
	t_flush_page(b, t_base(b));
	t_end(b);
}

/* ---- stores that the model must find itself ---- */

static void
good_scan(struct bench *b)
{
	uint64_t at;

	t_setup_pages(b, 2);
	at = t_slot(b, t_base(b), 3);
	*(uint64_t *)model_virt(b->m, at) = 0;
	t_flush_page(b, t_base(b));
	t_end(b);
	CHECK(!(model_ask(b->m, 0, &(struct model_access){ .ipa = t_base(b) }, NULL, 0) > 1));
}

static void
bad_scan(struct bench *b)
{
	uint64_t at;

	t_setup_pages(b, 2);
	at = t_slot(b, t_base(b), 3);
	*(uint64_t *)model_virt(b->m, at) = 0;
	t_dsb(b);
	t_end(b);
}

/* ---- FEAT_BBM level 2: two stores that a scan sees as one ---- */

/* A block becomes a table of the same pages, @clear of which is then taken out, or made @other. */
static void
split_in_place(struct bench *b, unsigned from, uint64_t other, bool flush)
{
	uint64_t at = t_slot(b, t_base(b), 2), table = t_new_table(b), *e = model_virt(b->m, table);
	unsigned i;

	t_st(b, at, t_leaf(b, 2, DATA, t_normal(b)));
	t_begin(b);
	for (i = 0; i < 1u << b->stride; i++)
		e[i] = t_leaf(b, 3, DATA + ((uint64_t)i << b->g), t_normal(b));
	e[from] = other;
	*(uint64_t *)model_virt(b->m, at) = t_table_desc(b, table);
	if (flush)
		t_flush_all(b);
	t_end(b);
}

static void
good_scan_split(struct bench *b)
{
	split_in_place(b, 3, 0, true);
}

static void
bad_scan_split_stale(struct bench *b)
{
	split_in_place(b, 3, 0, false);
}

/* Another page in the place of one: between the link and that there had to be a break. */
static void
bad_scan_split_moved(struct bench *b)
{
	split_in_place(b, 3, t_leaf(b, 3, DATA * 2, t_normal(b)), true);
}

/* A group without its hint, one member of which is gone or another. */
static void
unfold(struct bench *b, unsigned members, uint64_t other)
{
	unsigned i;

	t_setup_group(b, t_normal(b) | MODEL_ATTR_CONT);
	for (i = 0; i < members; i++)
		*(uint64_t *)model_virt(b->m, t_slot(b, t_base(b) + ((uint64_t)i << b->g), 3)) =
			i ? t_leaf(b, 3, DATA + ((uint64_t)i << b->g), t_normal(b)) : other;
	t_flush_all(b);
	t_end(b);
}

static void
good_scan_unfold(struct bench *b)
{
	unfold(b, t_group_of(b), 0);
}

static void
bad_scan_unfold_half(struct bench *b)
{
	unfold(b, t_group_of(b) / 2, 0);
}

static void
bad_scan_unfold_moved(struct bench *b)
{
	unfold(b, t_group_of(b), t_leaf(b, 3, DATA * 2, t_normal(b)));
}

/* ---- tears ---- */

static void
replace_under_tear(struct bench *b, bool torn)
{
	struct model_map *want = model_map_new();
	uint64_t ipas[4], i;

	t_setup_pages(b, 2);
	for (i = 0; i < 4; i++)
		ipas[i] = t_base(b) + (i << b->g);
	model_map_set(want, ipas[0], ipas[1] - 1, DATA * 2, t_normal(b));
	model_tear_begin(b->m, ipas, 4, model_expect_map, want);
	t_unmap(b, ipas[0], 3);
	t_flush_page(b, ipas[0]);
	t_map(b, ipas[0], DATA * (torn ? 3 : 2), 3);
	model_tear_end(b->m);
	model_map_free(want);
	t_end(b);
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

struct sequence {
	const char *name;
	void (*run)(struct bench *b);
	unsigned setup;
	const char *expected;
};

#define GOOD(fn, setup)              \
	{                            \
		#fn, fn, setup, NULL \
	}
#define BAD(fn, setup, name)         \
	{                            \
		#fn, fn, setup, name \
	}

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
	BAD(bad_dsb_nsh_before_broadcast, PLAIN, "tlbi-before-dsb"),
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
	BAD(bad_vmalle1_first, PLAIN, "missing-vmalle1"),
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
	BAD(bad_unlink_not_accessed, HAHD, "retired-before-invalidation"),
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
	BAD(bad_group_half_unmapped, PLAIN, "contiguous-member-alone"),
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
	GOOD(good_smmu_nested, SMMU | NESTED),
	BAD(bad_smmu_stage1_alone, SMMU | NESTED, "stale-after-operation"),
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
	GOOD(good_told, PLAIN),
	BAD(bad_told_nothing, PLAIN, "store-not-as-told"),
	BAD(bad_told_half, PLAIN, "store-not-as-told"),
	BAD(bad_told_neighbour, PLAIN, "store-not-as-told"),
	BAD(bad_told_early, PLAIN, "store-not-as-told"),
	BAD(bad_not_told, PLAIN, "store-not-told"),
	GOOD(good_scan_split, SCAN | BBM2),
	BAD(bad_scan_split_stale, SCAN | BBM2, "stale-after-operation"),
	BAD(bad_scan_split_moved, SCAN | BBM2, "no-break"),
	BAD(good_scan_split, SCAN, "no-break"),
	GOOD(good_scan_unfold, SCAN | BBM2),
	BAD(bad_scan_unfold_half, SCAN | BBM2, "contiguous-member-alone"),
	BAD(bad_scan_unfold_moved, SCAN | BBM2, "no-break"),
	GOOD(good_scan, SCAN),
	BAD(bad_scan, SCAN, "stale-after-operation"),
	GOOD(good_tear, PLAIN),
	BAD(bad_tear, PLAIN, "torn"),
};

static void
run_sequence(const struct shape *s, const struct sequence *q, bool primed)
{
	const struct model_violation *v;
	struct bench b;

	t_prepare(&b, s);
	t_configure(&b, q->setup);
	b.primed = primed;
	t_start(&b);
	q->run(&b);
	v = model_violation(b.m);
	checks++;
	if (v ? !q->expected || strcmp(v->name, q->expected) : q->expected != NULL) {
		failures++;
		printf("%s, %s%s: expected %s, got %s\n", q->name, s->name,
		       primed ? ", primed" : "",
		       q->expected ? q->expected : "nothing",
		       v ? v->text : "nothing");
		if (failures < 3)
			model_trace_print(b.m, stdout);
	}
	model_free(b.m);
}

void
test_sequences(void)
{
	size_t i, k;

	for (i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		for (k = 0; k < N_SHAPES; k++) {
			run_sequence(&shapes[k], &sequences[i], false);
			run_sequence(&shapes[k], &sequences[i], true);
		}
}
