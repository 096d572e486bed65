/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How many invalidations, stores and tables each operation costs: exact numbers. */
#include <s2pt/tracking.h>

#include "ordinary.h"

#include <stdlib.h>
#include <string.h>

struct cost {
	unsigned calls, requests, ipas2, ipas2l, ripas2, ripas2l, vmalle1, breaks;
};

static void
costs(struct cost want)
{
	const struct kit_log *log = &kit.log;

	assert_int_equal(log->calls, want.calls);
	assert_int_equal(log->requests, want.requests);
	assert_int_equal(log->tlbi[S2PT_TLBI_IPAS2E1], want.ipas2);
	assert_int_equal(log->tlbi[S2PT_TLBI_IPAS2LE1], want.ipas2l);
	assert_int_equal(log->tlbi[S2PT_TLBI_RIPAS2E1], want.ripas2);
	assert_int_equal(log->tlbi[S2PT_TLBI_RIPAS2LE1], want.ripas2l);
	assert_int_equal(log->tlbi[S2PT_TLBI_VMALLE1], want.vmalle1);
	assert_int_equal(log->tlbi[S2PT_TLBI_VMALLS12E1], 0);
	assert_int_equal(log->breaks, want.breaks);
	kit_forget(&kit);
}

static const struct cost nothing = { .calls = 0 };

/* --- Map
 * -------------------------------------------------------------------------------------------- */

static void
test_map_into_nothing(void **state)
{
	(void)state;
	kit_map(&kit, GIB(1), GIB(1), GIB(4), &ram, 3);
	/* The whole subtree was built before it was linked; then a link a table. */
	assert_int_equal(kit.log.stores, 512);
	costs(nothing);
	kit_map(&kit, GIB(4), GIB(8), GIB(16), &ram, 1);
	assert_int_equal(kit.log.stores, 8);
	costs(nothing);
	kit_map(&kit, GIB(2), KIB(4), GIB(4), &ram, 3);
	assert_int_equal(kit.log.stores, 1);
	costs(nothing);
	kit_map(&kit, GIB(2) + KIB(4), KIB(4), GIB(5), &ram, 3);
	assert_int_equal(kit.log.stores, 1);
	assert_int_equal(kit.log.publishes, 1);
	costs(nothing);
}

static void
test_map_again(void **state)
{
	(void)state;
	kit_map(&kit, MIB(3), MIB(6), MIB(3), &ram, 0);
	kit_forget(&kit);
	kit_map(&kit, MIB(3), MIB(6), MIB(3), &ram, 0);
	assert_int_equal(kit.log.stores, 0);
	costs(nothing);
	/* A part of a block that is there. */
	kit_map(&kit, MIB(4) + KIB(8), KIB(16), MIB(4) + KIB(8), &ram, 0);
	assert_int_equal(kit.log.stores, 0);
	costs(nothing);
}

static void
test_replace_page(void **state)
{
	struct s2pt_op op = { .replace = true };

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	kit_forget(&kit);
	assert_int_equal(kit_try_map(&kit, &op, MIB(2) + KIB(20), KIB(4), MIB(64), &ram), S2PT_OK);
	assert_int_equal(kit.log.stores, 2);
	costs((struct cost){ .calls = 1, .requests = 1, .ipas2l = 1, .vmalle1 = 1, .breaks = 1 });
}

static void
test_replace_table_by_block(void **state)
{
	struct s2pt_op op = { .replace = true };

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	kit_forget(&kit);
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(2), MIB(64), &ram), S2PT_OK);
	assert_int_equal(kit.log.retires, 1);
	costs((struct cost){ .calls = 1, .requests = 1, .ripas2 = 1, .vmalle1 = 1, .breaks = 1 });
}

/* --- Unmap
 * ------------------------------------------------------------------------------------------ */

static void
test_unmap_gib_of_pages(void **state)
{
	(void)state;
	kit_map(&kit, GIB(1), GIB(1), GIB(4), &ram, 3);
	kit_forget(&kit);
	kit_unmap(&kit, GIB(1), GIB(1));
	/* The link is broken, and cleared when what it led to goes back. */
	assert_int_equal(kit.log.stores, 2);
	assert_int_equal(kit.log.retires, 513);
	assert_int_equal(kit.log.request[0].ipa.addr, GIB(1));
	assert_int_equal(kit.log.request[0].size, GIB(1));
	costs((struct cost){ .calls = 1, .requests = 1, .ripas2 = 1, .vmalle1 = 1, .breaks = 1 });
}

/* However many tables go one by one, and from whatever page on: one invalidation. */
static void
test_unmap_shifted_gib(void **state)
{
	(void)state;
	kit_map(&kit, GIB(1), GIB(2), GIB(4), &ram, 3);
	kit_forget(&kit);
	kit_unmap(&kit, GIB(1) + KIB(4), GIB(1));
	assert_int_equal(kit.log.retires, 511);
	costs((struct cost){ .calls = 1, .requests = 1, .ripas2 = 1, .vmalle1 = 1, .breaks = 1023 });
	/* A table of tables, and some tables of the next. */
	kit_unmap(&kit, GIB(1), GIB(1) + MIB(512));
	assert_int_equal(kit.log.retires, 258);
	kit_forget(&kit);
	/* What is left of the table at either end goes, too, and those above. */
	kit_forget(&kit);
	kit_unmap(&kit, GIB(1), GIB(2));
	assert_int_equal(kit.log.retires, 257);
	costs((struct cost){ .calls = 1, .requests = 1, .ripas2 = 1, .vmalle1 = 1, .breaks = 1 });
}

/* A page in each GiB, in two tables of its own each: what a budget counts is what is there. */
static void
test_unmap_sparse(void **state)
{
	struct s2pt_op op = { .budget = 64, .resume = true };
	unsigned calls = 0;

	(void)state;
	for (unsigned n = 0; n < 96; n++)
		kit_map(&kit, GIB(8 + n), KIB(4), GIB(4), &ram, 3);
	kit_forget(&kit);
	kit_begin(&kit, GIB(8), GIB(96));
	while (s2pt_table_unmap(&kit.machine.table, &op, s2pt_ipa_of(GIB(8)), GIB(96)) == S2PT_ERR_BUDGET)
		calls++;
	kit_end(&kit);
	model_map_clear(kit.map, GIB(8), GIB(104) - 1);
	assert_int_equal(calls, 2);
	assert_int_equal(kit.log.calls, 3);
	assert_int_equal(kit.log.retires, 192);
}

static void
test_unmap_blocks(void **state)
{
	(void)state;
	kit_map(&kit, GIB(1), GIB(1), GIB(4), &ram, 2);
	kit_map(&kit, GIB(2), GIB(2), GIB(4), &ram, 1);
	kit_forget(&kit);
	/* Three blocks in a table that stays: their level is known. */
	kit_unmap(&kit, GIB(1) + MIB(8), MIB(6));
	assert_int_equal(kit.log.request[0].level, 2);
	assert_true(kit.log.request[0].last_level);
	assert_int_equal(kit.log.stores, 3);
	costs((struct cost){ .calls = 1,
			     .requests = 1,
			     .ripas2l = kit_tlbis(&kit) - 1,
			     .vmalle1 = 1,
			     .breaks = 3 });
	/* A giant is one entry. No table is needed, and none is retired. */
	kit_unmap(&kit, GIB(3), GIB(1));
	assert_int_equal(kit.log.stores, 1);
	assert_int_equal(kit.log.retires, 0);
	assert_int_equal(kit.log.request[0].level, 1);
	costs((struct cost){ .calls = 1, .requests = 1, .ipas2l = 1, .vmalle1 = 1, .breaks = 1 });
}

static void
test_unmap_nothing(void **state)
{
	unsigned long allocs;

	(void)state;
	allocs = model_stats(kit.machine.model)->allocs;
	kit_unmap(&kit, 0, UINT64_C(1) << 40);
	kit_map(&kit, GIB(1), GIB(1), GIB(4), &ram, 1);
	kit_forget(&kit);
	kit_unmap(&kit, KIB(4), GIB(1) - KIB(4));
	assert_int_equal(kit.log.stores, 0);
	assert_int_equal(model_stats(kit.machine.model)->allocs, allocs);
	costs(nothing);
}

static void
test_unmap_one_page(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	kit_forget(&kit);
	kit_unmap(&kit, MIB(2) + KIB(20), KIB(4));
	assert_int_equal(kit.log.stores, 1);
	costs((struct cost){ .calls = 1, .requests = 1, .ipas2l = 1, .vmalle1 = 1, .breaks = 1 });
}

/* Page by page, one gather: as much as at once. */
static void
test_hold(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	kit_map(&kit, MIB(4), KIB(4), MIB(2), &ram, 3);
	kit_forget(&kit);
	s2pt_table_hold(&kit.machine.table);
	for (unsigned n = 0; n < 512; n++) {
		struct s2pt_op op = { .budget = 0 };
		uint64_t ipa = MIB(2) + n * KIB(4);

		kit_begin(&kit, ipa, KIB(4));
		assert_int_equal(
			s2pt_table_unmap(&kit.machine.table, &op, s2pt_ipa_of(ipa), KIB(4)),
			S2PT_OK);
		model_op_end(kit.machine.model, MODEL_END_GATHER);
	}
	assert_int_equal(kit.log.calls, 0);
	assert_int_equal(kit.log.retires, 0);
	kit_begin(&kit, 0, UINT64_C(1) << 40);
	assert_int_equal(s2pt_table_release(&kit.machine.table), S2PT_OK);
	kit_end(&kit);
	model_map_clear(kit.map, MIB(2), MIB(4) - 1u);
	assert_int_equal(kit.log.retires, 1);
	costs((struct cost){ .calls = 1, .requests = 1, .ripas2 = 1, .vmalle1 = 1, .breaks = 513 });
}

/* What is pending is gone before anything takes its place. */
static void
test_hold_and_map(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	kit_forget(&kit);
	s2pt_table_hold(&kit.machine.table);
	kit_begin(&kit, MIB(2), KIB(4));
	assert_int_equal(s2pt_table_unmap(&kit.machine.table, &(struct s2pt_op){ .budget = 0 },
					  s2pt_ipa_of(MIB(2)), KIB(4)),
			 S2PT_OK);
	model_op_end(kit.machine.model, MODEL_END_GATHER);
	assert_int_equal(kit.log.calls, 0);
	kit_map(&kit, MIB(2), KIB(4), MIB(64), &ram, 3);
	assert_int_equal(kit.log.calls, 1);
	kit_begin(&kit, MIB(2), KIB(4));
	assert_int_equal(s2pt_table_release(&kit.machine.table), S2PT_OK);
	kit_end(&kit);
	assert_int_equal(kit.log.stores, 2);
	costs((struct cost){ .calls = 1, .requests = 1, .ipas2l = 1, .vmalle1 = 1, .breaks = 1 });
}

/* --- Protect and relax
 * ------------------------------------------------------------------------------ */

static void
test_protect_no_change(void **state)
{
	struct s2pt_change change = { .set_w = true, .clear_x_el1 = true, .clear_x_el0 = true };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, MIB(3), MIB(6), MIB(3), &ram, 0);
	kit_forget(&kit);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(3), MIB(5), &change), S2PT_OK);
	assert_int_equal(kit.log.stores, 0);
	costs(nothing);
}

static void
test_protect_software_bits(void **state)
{
	struct s2pt_change change = { .set_sw = 1 };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, MIB(4), MIB(4), MIB(4), &ram, 2);
	kit_forget(&kit);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(4), MIB(4), &change), S2PT_OK);
	model_map_protect(kit.map, MIB(4), MIB(8) - 1, 0, UINT64_C(1) << 55);
	assert_int_equal(kit.log.stores, 2);
	costs(nothing);
}

static void
test_protect_af(void **state)
{
	struct s2pt_change set = { .set_af = true }, clear = { .clear_af = true };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, MIB(4), MIB(2), MIB(4), &ram, 2);
	kit_forget(&kit);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(4), MIB(2), &clear), S2PT_OK);
	costs((struct cost){ .calls = 1,
			     .requests = 1,
			     .ipas2l = kit.log.tlbi[S2PT_TLBI_IPAS2LE1],
			     .ripas2l = kit.log.tlbi[S2PT_TLBI_RIPAS2LE1],
			     .vmalle1 = 1 });
	assert_int_equal(kit_try_protect(&kit, &op, MIB(4), MIB(2), &set), S2PT_OK);
	assert_int_equal(kit.log.stores, 1);
	costs(nothing);
}

static void
test_protect_write(void **state)
{
	struct s2pt_change change = { .clear_w = true };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, GIB(1), GIB(1), GIB(4), &ram, 3);
	kit_forget(&kit);
	assert_int_equal(kit_try_protect(&kit, &op, GIB(1), GIB(1), &change), S2PT_OK);
	model_map_protect(kit.map, GIB(1), GIB(2) - 1, MODEL_ATTR_DIRTY, 0);
	assert_int_equal(kit.log.request[0].level, 3);
	/* Permissions need no break. */
	costs((struct cost){ .calls = 1, .requests = 1, .ripas2l = 1, .vmalle1 = 1 });
}

static void
test_retype(void **state)
{
	struct s2pt_change change = { .retype = true,
				      .type = S2PT_MEM_NORMAL_NC,
				      .sh = S2PT_SH_ISH };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	kit_forget(&kit);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), MIB(2), &change), S2PT_OK);
	model_map_protect(kit.map, MIB(2), MIB(4) - 1, 0x3c, 5u << 2);
	assert_int_equal(kit.log.stores, 1024);
	costs((struct cost){
		.calls = 1, .requests = 1, .ripas2l = 1, .vmalle1 = 1, .breaks = 512 });
	/* The same again is no change. */
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), MIB(2), &change), S2PT_OK);
	costs(nothing);
	/* In four batches, four times. */
	change.type = S2PT_MEM_NORMAL_WB;
	op.batch = 128;
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), MIB(2), &change), S2PT_OK);
	model_map_protect(kit.map, MIB(2), MIB(4) - 1, 0x3c, 6u << 2);
	costs((struct cost){
		.calls = 4, .requests = 4, .ripas2l = 4, .vmalle1 = 4, .breaks = 512 });
}

static void
test_relax(void **state)
{
	struct s2pt_change change = { .set_w = true };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	ram.w = false;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	for (unsigned again = 0; again < 2; again++) {
		kit_forget(&kit);
		kit_begin(&kit, MIB(2), KIB(4));
		assert_int_equal(s2pt_table_relax(&kit.machine.table, &op, s2pt_ipa_of(MIB(2)),
						  KIB(4), &change),
				 S2PT_OK);
		kit_end_relax(&kit);
		assert_int_equal(kit.log.stores, !again);
		assert_int_equal(kit.log.local, 1);
		costs((struct cost){ .calls = 1, .requests = 1, .ipas2l = 1, .vmalle1 = 1 });
	}
	model_map_protect(kit.map, MIB(2), MIB(2) + KIB(4) - 1, 0, MODEL_ATTR_DIRTY);
}

/* --- Shape
 * ------------------------------------------------------------------------------------------ */

static void
do_split(uint64_t ipa, uint64_t size)
{
	struct s2pt_op op = { .budget = 0 };

	kit_begin(&kit, ipa, size);
	assert_int_equal(s2pt_table_split(&kit.machine.table, &op, s2pt_ipa_of(ipa), size,
					  kit.machine.table.format->granule_lg2),
			 S2PT_OK);
	kit_end(&kit);
}

static void
test_split(void **state)
{
	(void)state;
	kit_map(&kit, GIB(1), MIB(32), GIB(4), &ram, 2);
	kit_forget(&kit);
	do_split(GIB(1), MIB(32));
	assert_int_equal(kit.log.stores, 32);
	costs((struct cost){ .calls = 1,
			     .requests = 1,
			     .ripas2l = kit_tlbis(&kit) - 1,
			     .vmalle1 = 1,
			     .breaks = 16 });
	do_split(GIB(1), MIB(32));
	assert_int_equal(kit.log.stores, 0);
	costs(nothing);
}

static void
test_split_in_place(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.bbm = 2;
	open_kit(&shape);
	kit_map(&kit, GIB(1), MIB(32), GIB(4), &ram, 2);
	kit_forget(&kit);
	do_split(GIB(1), MIB(32));
	assert_int_equal(kit.log.stores, 16);
	costs((struct cost){
		.calls = 1, .requests = 1, .ripas2l = kit_tlbis(&kit) - 1, .vmalle1 = 1 });
	kit_check(&kit);
	kit_close(&kit);
}

static void
test_collapse(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, GIB(1), MIB(2), GIB(4), &ram, 3);
	kit_map(&kit, GIB(1) + MIB(2), MIB(2) - KIB(4), GIB(4), &ram, 3);
	kit_forget(&kit);
	kit_begin(&kit, GIB(1), MIB(4));
	assert_int_equal(s2pt_table_collapse(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), MIB(4)),
			 S2PT_OK);
	kit_end(&kit);
	assert_int_equal(kit.log.stores, 2);
	assert_int_equal(kit.log.retires, 1);
	costs((struct cost){ .calls = 1, .requests = 1, .ripas2 = 1, .vmalle1 = 1, .breaks = 1 });
}

/* FEAT_BBM level 1: a block with nT, the old entries go, then without: what it maps stays. */
static void
test_collapse_by_nt(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	shape.bbm = 1;
	open_kit(&shape);
	kit_map(&kit, GIB(1), MIB(4), GIB(4), &ram, 3);
	kit_forget(&kit);
	kit_begin(&kit, GIB(1), MIB(4));
	assert_int_equal(s2pt_table_collapse(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), MIB(4)), S2PT_OK);
	kit_end(&kit);
	assert_int_equal(op.done, MIB(4));
	assert_int_equal(kit.log.retires, 2);
	costs((struct cost){ .calls = 2, .requests = 2, .ripas2 = 1, .ripas2l = 1, .vmalle1 = 2 });
	kit_check(&kit);
	for (unsigned n = 0; n < 2; n++) {
		int level;
		struct s2pt_leaf leaf = kit_leaf_at(&kit, GIB(1) + n * MIB(2), &level, NULL);

		assert_int_equal(level, 2);
		assert_false(leaf.nt);
	}
	kit_close(&kit);
}

/* A range that cuts the first of two blocks makes one table. */
static void
test_cut_one(void **state)
{
	const struct s2pt_change read_only = { .clear_w = true };
	struct s2pt_op op = { .budget = 0 };
	uint64_t pages;
	int level;

	(void)state;
	kit_map(&kit, GIB(1), MIB(4), GIB(4), &ram, 2);
	pages = kit.machine.table.pages;
	assert_int_equal(kit_try_protect(&kit, &op, GIB(1) + MIB(1), MIB(3), &read_only), S2PT_OK);
	model_map_protect(kit.map, GIB(1) + MIB(1), GIB(1) + MIB(4) - 1u, MODEL_ATTR_DIRTY, 0);
	assert_int_equal(kit.machine.table.pages, pages + 1);
	kit_leaf_at(&kit, GIB(1), &level, NULL);
	assert_int_equal(level, 3);
	kit_leaf_at(&kit, GIB(1) + MIB(2), &level, NULL);
	assert_int_equal(level, 2);
	/* The last of two is cut in the same way. */
	assert_int_equal(kit_try_protect(&kit, &op, GIB(1) + MIB(2), MIB(1), &read_only), S2PT_OK);
	assert_int_equal(kit.machine.table.pages, pages + 1);
}

static void
test_move(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, GIB(1), MIB(2), GIB(4), &ram, 3);
	kit_forget(&kit);
	kit_begin(&kit, GIB(1), MIB(2));
	assert_int_equal(s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), MIB(2),
					 &(struct s2pt_move){ .from = s2pt_pa_of(GIB(4)), .to = s2pt_pa_of(GIB(5)) }),
			 S2PT_OK);
	kit_end(&kit);
	model_map_set(kit.map, GIB(1), GIB(1) + MIB(2) - 1, GIB(5), kit_attr(&kit, &ram));
	assert_int_equal(kit.log.stores, 1024);
	costs((struct cost){
		.calls = 1, .requests = 1, .ripas2l = 1, .vmalle1 = 1, .breaks = 512 });
}

static void
test_annotate(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_begin(&kit, GIB(1), GIB(2));
	assert_int_equal(
		s2pt_table_annotate(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), GIB(2), 9),
		S2PT_OK);
	assert_int_equal(
		s2pt_table_annotate(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), GIB(2), 9),
		S2PT_OK);
	kit_end(&kit);
	model_map_note(kit.map, GIB(1), GIB(3) - 1, 9u << 2);
	assert_int_equal(kit.log.stores, 2);
	assert_int_equal(kit.log.cleans, 0);
	assert_int_equal(kit.machine.table.pages, 0);
	costs(nothing);
	/* Unmapping leaves annotations alone. */
	kit_begin(&kit, 0, GIB(4));
	assert_int_equal(s2pt_table_unmap(&kit.machine.table, &op, s2pt_ipa_of(0), GIB(4)),
			 S2PT_OK);
	kit_end(&kit);
	assert_int_equal(kit.log.stores, 0);
	costs(nothing);
}

/* --- The instructions
 * ------------------------------------------------------------------------------- */

static unsigned
ops(uint64_t size, s2pt_feats feats)
{
	struct s2pt_tlbi_request request = {
		.size = size,
		.level = 3,
		.last_level = true,
	};
	struct s2pt_format format = kit.machine.format;

	format.feats = (format.feats & ~(s2pt_feats)(S2PT_FEAT_TLBIRANGE | S2PT_FEAT_TTL)) | feats;
	return (unsigned)s2pt_tlbi_ops(&format, &request);
}

/* One for each nonzero digit, base 32, of half the pages, and one for an odd page. */
static void
test_range_instructions(void **state)
{
	(void)state;
	assert_int_equal(ops(KIB(4), S2PT_FEAT_TLBIRANGE), 1);
	assert_int_equal(ops(KIB(8), S2PT_FEAT_TLBIRANGE), 1);
	assert_int_equal(ops(KIB(12), S2PT_FEAT_TLBIRANGE), 2);
	assert_int_equal(ops(MIB(2), S2PT_FEAT_TLBIRANGE), 1);
	assert_int_equal(ops(MIB(2) - KIB(4), S2PT_FEAT_TLBIRANGE), 3);
	assert_int_equal(ops(GIB(1), S2PT_FEAT_TLBIRANGE), 1);
	assert_int_equal(ops(GIB(8), S2PT_FEAT_TLBIRANGE), 1);
	assert_int_equal(ops(GIB(16), S2PT_FEAT_TLBIRANGE), 2);
	assert_int_equal(ops(MIB(2), 0), 512);
}

/* --- Without ranges: no level is forgotten at a cost ------------------------------------------------- */

/* Operations by IPA for all that was asked for, on the CPU and on an SMMU without range commands. */
static void
costs_singly(unsigned requests, uint64_t most)
{
	static const struct s2pt_smmu smmu;
	uint64_t cpu_ops = 0, smmu_ops = 0;

	assert_int_equal(kit.log.requests, requests);
	for (unsigned i = 0; i < kit.log.requests; i++) {
		cpu_ops += s2pt_tlbi_ops(&kit.machine.format, &kit.log.request[i]);
		smmu_ops += s2pt_smmu_ops(&smmu, &kit.machine.format, &kit.log.request[i]);
	}
	assert_true(cpu_ops && cpu_ops <= most);
	assert_true(smmu_ops && smmu_ops <= most);
	kit_forget(&kit);
}

static void
test_blocks_beside_pages(void **state)
{
	const struct s2pt_change read_only = { .clear_w = true }, writable = { .set_w = true };
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	shape.ranges = false;
	open_kit(&shape);
	/* A block, pages behind it, a smaller block; and each way round. */
	kit_map(&kit, GIB(1), GIB(1), GIB(4), &ram, 1);
	kit_map(&kit, GIB(2), KIB(8), GIB(8), &ram, 3);
	kit_map(&kit, GIB(1) - MIB(2), MIB(2), GIB(16), &ram, 2);
	kit_forget(&kit);
	assert_int_equal(kit_try_protect(&kit, &op, GIB(1) - MIB(2), GIB(1) + MIB(2) + KIB(8), &read_only), S2PT_OK);
	assert_int_equal(op.done, GIB(1) + MIB(2) + KIB(8));
	costs_singly(3, 4);
	model_map_protect(kit.map, GIB(1) - MIB(2), GIB(1) - 1u, MODEL_ATTR_DIRTY, 0);
	/* A block that is relaxed is forgotten here as one. */
	kit_begin(&kit, GIB(1), GIB(1));
	assert_int_equal(s2pt_table_relax(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), GIB(1), &writable), S2PT_OK);
	kit_end_relax(&kit);
	costs_singly(1, 1);
	kit_begin(&kit, GIB(2), KIB(8));
	assert_int_equal(s2pt_table_relax(&kit.machine.table, &op, s2pt_ipa_of(GIB(2)), KIB(8), &writable), S2PT_OK);
	kit_end_relax(&kit);
	costs_singly(1, 2);
	/* One table and the pages around it, which it makes no dearer. */
	kit_map(&kit, MIB(2), MIB(4), GIB(20), &ram, 3);
	kit_forget(&kit);
	kit_unmap(&kit, MIB(2), MIB(4));
	costs_singly(1, 1024);
	kit_check(&kit);
	kit_close(&kit);
}

/* However often blocks and tables of pages take turns, an operation invalidates once. */
static void
test_levels_by_turns(void **state)
{
	const struct s2pt_change read_only = { .clear_w = true };

	(void)state;
	for (unsigned ranges = 0; ranges < 2; ranges++) {
		struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
		struct s2pt_op op = { .budget = 0 };

		shape.ranges = ranges;
		open_kit(&shape);
		for (unsigned n = 0; n < 32; n++)
			kit_map(&kit, GIB(1) + n * MIB(2), MIB(2), GIB(4) + n * MIB(4), &ram, n % 2 ? 3 : 2);
		kit_forget(&kit);
		assert_int_equal(kit_try_protect(&kit, &op, GIB(1), MIB(64), &read_only), S2PT_OK);
		assert_int_equal(kit.log.calls, 1);
		assert_true(kit_tlbis(&kit) <= 20);
		kit_close(&kit);
	}
}

/* A fault on a block, ageing it and collecting from it concern one entry. */
static void
test_blocks_as_one(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_bitmap bitmap = { .base = { GIB(1) }, .size = GIB(1) };
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_map_request request = { .lg2 = 30, .permission = true };
	struct s2pt_mapping mapping;
	const s2pt_ipa ipa = s2pt_ipa_of(GIB(1));

	(void)state;
	shape.ranges = false;
	open_kit(&shape);
	bitmap.word = calloc(GIB(1) / KIB(4) / 64, sizeof(*bitmap.word));
	assert_non_null(bitmap.word);
	kit_map(&kit, GIB(1), GIB(1), GIB(4), &ram, 1);
	kit_forget(&kit);
	assert_int_equal(s2pt_mapping_init(&kit.machine.format, &ram, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
	request.invalidate_seq = s2pt_table_invalidate_seq(&kit.machine.table);
	kit_begin(&kit, GIB(1), GIB(1));
	assert_int_equal(s2pt_shared_map(&kit.machine.table, NULL, &request, ipa, s2pt_pa_of(GIB(4)), &mapping),
			 S2PT_OK);
	costs_singly(1, 1);
	assert_int_equal(s2pt_table_age(&kit.machine.table, &op, ipa, GIB(1), S2PT_AGE_CLEAR, &bitmap), S2PT_OK);
	costs_singly(1, 1);
	assert_int_equal(s2pt_table_dirty_start(&kit.machine.table, &op, ipa, GIB(1), 8, 0), S2PT_OK);
	kit_forget(&kit);
	assert_int_equal(s2pt_shared_mark_dirty(&kit.machine.table, NULL, ipa, 0, NULL), S2PT_OK);
	costs_singly(1, 1);
	assert_int_equal(s2pt_table_dirty_collect(&kit.machine.table, &op, ipa, GIB(1), &bitmap, S2PT_COLLECT_CLEAR),
			 S2PT_OK);
	costs_singly(1, 1);
	kit_end_relax(&kit);
	free(bitmap.word);
	kit_close(&kit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ORDINARY(map_into_nothing),
		ORDINARY(map_again),
		ORDINARY(replace_page),
		ORDINARY(replace_table_by_block),
		ORDINARY(unmap_gib_of_pages),
		ORDINARY(unmap_shifted_gib),
		ORDINARY(unmap_sparse),
		ORDINARY(unmap_blocks),
		ORDINARY(unmap_nothing),
		ORDINARY(unmap_one_page),
		ORDINARY(hold),
		ORDINARY(hold_and_map),
		ORDINARY(protect_no_change),
		ORDINARY(protect_software_bits),
		ORDINARY(protect_af),
		ORDINARY(protect_write),
		ORDINARY(retype),
		ORDINARY(relax),
		ORDINARY(split),
		cmocka_unit_test(test_split_in_place),
		ORDINARY(collapse),
		cmocka_unit_test(test_collapse_by_nt),
		ORDINARY(cut_one),
		ORDINARY(move),
		ORDINARY(annotate),
		ORDINARY(range_instructions),
		cmocka_unit_test(test_blocks_beside_pages),
		cmocka_unit_test(test_levels_by_turns),
		cmocka_unit_test(test_blocks_as_one),
	};

	return cmocka_run_group_tests_name("sweep counts", tests, NULL, NULL);
}
