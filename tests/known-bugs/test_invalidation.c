/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Invalidation: too little, too late, in the wrong place. */
#include "regress.h"

/* Retire while somebody may still walk the table: the machine says so at that moment. */
static void
test_bug01_retire_before_invalidation(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	prime(MIB(2), MIB(2));
	kit_forget(&kit);
	kit_unmap(&kit, MIB(2), MIB(2));
	assert_int_equal(kit.log.event[kit.log.events - 1].kind, KIT_RETIRE);
	for (unsigned i = 0; i < kit.log.events; i++)
		if (kit.log.event[i].kind == KIT_RETIRE)
			assert_true(kit.log.calls == 1 && i > 0);
	all_miss(MIB(2) + PAGE);
}

static void
test_bug02_no_level_hint_for_tables(void **state)
{
	(void)state;
	kit_map(&kit, GIB(1), GIB(1), GIB(1), &ram, 3);
	prime(GIB(1), MIB(8));
	kit_forget(&kit);
	kit_unmap(&kit, GIB(1), GIB(1));
	assert_int_equal(kit.log.requests, 1);
	assert_int_equal(kit.log.request[0].level, S2PT_TLBI_ANY_LEVEL);
	assert_false(kit.log.request[0].last_level);
	all_miss(GIB(1) + MIB(4) + PAGE);
}

/* A table is replaced, or collapsed, from the middle: all of it must go. */
static void
test_bug03_range_from_the_beginning(void **state)
{
	struct s2pt_op op = { .replace = true };

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	prime(MIB(2), MIB(2));
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(2), MIB(64), &ram), S2PT_OK);
	assert_int_equal(level_at(MIB(2)), 2);
	kit_check(&kit);
	kit_map(&kit, MIB(4), MIB(2), MIB(4), &ram, 3);
	prime(MIB(4), MIB(2));
	kit_forget(&kit);
	assert_int_equal(collapse(&op, MIB(4) + 5 * PAGE, MIB(2) - 5 * PAGE), S2PT_OK);
	assert_int_equal(level_at(MIB(4)), 2);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(4));
	assert_int_equal(kit.log.request[0].size, MIB(2));
}

static void
test_bug04_mixed_levels_have_no_hint(void **state)
{
	(void)state;
	kit_map(&kit, GIB(1), GIB(1), GIB(1), &ram, 1);
	kit_map(&kit, GIB(2), MIB(4), GIB(2), &ram, 2);
	kit_map(&kit, GIB(2) + MIB(4), 8 * PAGE, GIB(3), &ram, 3);
	kit_map(&kit, GIB(2) + MIB(8), PAGE, GIB(3), &ram, 3);
	prime(GIB(1), GIB(1) + MIB(10));
	kit_forget(&kit);
	protect(GIB(1), GIB(1) + MIB(4) + 8 * PAGE, (struct s2pt_change){ .clear_w = true },
		MODEL_ATTR_DIRTY, 0);
	for (unsigned i = 0; i < kit.log.requests; i++)
		if (kit.log.request[i].size > GIB(1))
			assert_int_equal(kit.log.request[i].level, S2PT_TLBI_ANY_LEVEL);
}

static void
test_bug05_table_to_block_leaves_no_pages(void **state)
{
	struct s2pt_op op = { .budget = 0 };
	struct model_outcome out;

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(kit_access(&kit, 0, MODEL_READ, MIB(2) + n * 7 * PAGE, NULL),
				 MODEL_OK);
	assert_int_equal(collapse(&op, MIB(2), MIB(2)), S2PT_OK);
	assert_true(model_ledger_empty(model()));
	for (unsigned n = 0; n < 3; n++) {
		assert_int_equal(kit_access(&kit, 0, MODEL_READ, MIB(2) + n * 7 * PAGE, &out),
				 MODEL_OK);
		assert_int_equal(out.size_lg2, 21);
	}
}

/* The second CPU finds the entry changed already, and must forget nonetheless. */
static void
test_bug06_relax_always_forgets(void **state)
{
	struct s2pt_change change = { .set_w = true };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	ram.w = false;
	kit_map(&kit, MIB(2), PAGE, MIB(2), &ram, 3);
	for (unsigned cpu = 0; cpu < 2; cpu++)
		assert_int_equal(kit_access(&kit, cpu, MODEL_WRITE, MIB(2), NULL),
				 MODEL_PERMISSION);
	for (unsigned again = 0; again < 2; again++) {
		kit_forget(&kit);
		kit_begin(&kit, MIB(2), PAGE);
		assert_int_equal(s2pt_table_relax(table(), &op, s2pt_ipa_of(MIB(2)), PAGE, &change),
				 S2PT_OK);
		kit_end_relax(&kit);
		assert_int_equal(kit.log.local, 1);
		assert_int_equal(kit.log.stores, !again);
		assert_int_equal(kit_access(&kit, 0, MODEL_WRITE, MIB(2), NULL), MODEL_OK);
	}
	model_map_protect(kit.map, MIB(2), MIB(2) + PAGE - 1, 0, MODEL_ATTR_DIRTY);
}

static void
test_bug07_split_invalidates_the_block(void **state)
{
	struct s2pt_op op = { .replace = true };
	uint64_t last = MIB(4) - PAGE;

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 2);
	prime(MIB(2), MIB(2));
	kit_forget(&kit);
	ram.w = false;
	assert_int_equal(kit_try_map(&kit, &op, last, PAGE, last, &ram), S2PT_OK);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(2));
	assert_int_equal(kit.log.request[0].size, MIB(2));
}

static void
test_bug08_collapse_breaks_first(void **state)
{
	struct s2pt_op op = { .budget = 0 };
	const struct kit_event *event;

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	kit_forget(&kit);
	assert_int_equal(collapse(&op, MIB(2), MIB(2)), S2PT_OK);
	event = kit.log.event;
	assert_int_equal(kit.log.events, 4);
	assert_true(event[0].kind == KIT_STORE && !(event[0].after & 1));
	assert_int_equal(event[1].kind, KIT_INVALIDATE);
	assert_true(event[2].kind == KIT_STORE && (event[2].after & 1));
	assert_int_equal(event[3].kind, KIT_RETIRE);
}

static bool
next_tlbi(struct s2pt_tlbi_seq *seq, struct s2pt_tlbi_step *step)
{
	while (s2pt_tlbi_next(seq, step))
		if (step->kind == S2PT_STEP_TLBI)
			return true;
	return false;
}

/* Rows 9 and B1: the NS bit is in every operand, and none is left out. */
static void
test_bug09_non_secure_ipa_space(void **state)
{
	struct s2pt_tlbi_request request = {
		.ipa = { MIB(2) },
		.size = MIB(2),
		.level = 3,
		.last_level = true,
	};
	struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS, .ns = true };
	struct s2pt_format format = kit.machine.format;
	struct s2pt_tlbi_step step;
	struct s2pt_tlbi_seq seq;
	uint64_t page = MIB(2) >> 12;

	(void)state;
	format.feats &= ~(s2pt_feats)S2PT_FEAT_TLBIRANGE;
	assert_int_equal(s2pt_tlbi_begin(&seq, &format, &params, &request, 1), S2PT_OK);
	while (next_tlbi(&seq, &step) && step.op != S2PT_TLBI_VMALLE1) {
		assert_int_equal(step.operand >> 63, 1);
		assert_int_equal(step.operand & 0xfffffffff, page++);
	}
	assert_int_equal(page, MIB(4) >> 12);
}

static void
test_bug11_inner_shareable_and_isb(void **state)
{
	struct s2pt_tlbi_request request = { .ipa = { 0 }, .size = PAGE, .level = 3 };
	struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
	struct s2pt_tlbi_step step, last = { .scope = S2PT_TLBI_LOCAL };
	struct s2pt_tlbi_step before = last;
	struct s2pt_tlbi_seq seq;

	(void)state;
	assert_int_equal(s2pt_tlbi_begin(&seq, &kit.machine.format, &params, &request, 1), S2PT_OK);
	while (s2pt_tlbi_next(&seq, &step)) {
		if (step.kind == S2PT_STEP_TLBI)
			assert_int_equal(step.scope, S2PT_TLBI_IS);
		before = last;
		last = step;
	}
	assert_int_equal(before.kind, S2PT_STEP_DSB);
	assert_int_equal(last.kind, S2PT_STEP_ISB);
}

/* The requests can be run again for the next VMID, and say the same. */
static void
test_bug12_requests_serve_every_vmid(void **state)
{
	struct s2pt_tlbi_request request = {
		.ipa = { MIB(3) },
		.size = MIB(5) + 3 * PAGE,
		.level = 3,
		.last_level = true,
	};
	struct s2pt_tlbi_request copy = request;
	struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
	uint64_t operand[3][64];
	unsigned count[3];

	(void)state;
	for (unsigned vmid = 0; vmid < 3; vmid++) {
		struct s2pt_tlbi_step step;
		struct s2pt_tlbi_seq seq;

		count[vmid] = 0;
		assert_int_equal(s2pt_tlbi_begin(&seq, &kit.machine.format, &params, &request, 1),
				 S2PT_OK);
		while (next_tlbi(&seq, &step) && count[vmid] < 64)
			operand[vmid][count[vmid]++] = step.operand;
		assert_int_equal(count[vmid], count[0]);
		assert_memory_equal(operand[vmid], operand[0], count[0] * sizeof(uint64_t));
		assert_memory_equal(&request.size, &copy.size, sizeof(copy.size));
		assert_int_equal(request.ipa.addr, copy.ipa.addr);
	}
}

static void
test_bug13_table_of_leaves_all_miss(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	prime(MIB(2), MIB(2));
	kit_unmap(&kit, MIB(2), MIB(2));
	for (uint64_t at = MIB(2); at < MIB(4); at += PAGE)
		all_miss(at);
}

/* Rows 14 and 16: the other CPU, and the SMMU, have forgotten before anything is retired. */
static void
test_bug14_every_observer_forgets(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), 4 * PAGE, MIB(2), &ram, 3);
	for (unsigned observer = 0; observer < 3; observer++)
		assert_int_equal(kit_access(&kit, observer, MODEL_READ, MIB(2), NULL), MODEL_OK);
	kit_unmap(&kit, MIB(2), PAGE);
	for (unsigned observer = 0; observer < 3; observer++)
		assert_int_equal(kit_access(&kit, observer, MODEL_READ, MIB(2), NULL),
				 MODEL_TRANSLATION);
}

static void
test_bug15_failure_flushes(void **state)
{
	struct s2pt_op op = { .replace = true, .budget = 0 };

	(void)state;
	kit_map(&kit, MIB(2), MIB(4), MIB(2), &ram, 2);
	kit_map(&kit, 0, MIB(2), 0, &ram, 3);
	prime(0, MIB(6));
	ram.w = false;
	model_fail_alloc(model(), 1, false);
	assert_int_equal(kit_try_map(&kit, &op, PAGE, MIB(2) + PAGE, MIB(16) + PAGE, &ram),
			 S2PT_ERR_MEMORY);
	model_fail_alloc(model(), 0, false);
	assert_int_equal(op.done, MIB(2) - PAGE);
	kit_check(&kit);
	/* And for unmap. */
	prime(0, MIB(6));
	model_fail_alloc(model(), 1, false);
	assert_int_equal(kit_try_unmap(&kit, &op, 5 * PAGE, MIB(2)), S2PT_ERR_MEMORY);
	model_fail_alloc(model(), 0, false);
	assert_int_equal(op.done, MIB(2) - 5 * PAGE);
	all_miss(6 * PAGE);
}

static void
test_bug17_destroy_invalidates_first(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	unsigned invalidated = 0;

	(void)state;
	open_kit(&shape);
	kit_map(&kit, MIB(2), MIB(6), MIB(2), &ram, 3);
	prime(MIB(2), MIB(6));
	kit_forget(&kit);
	model_op_begin(model(), 0, 0, UINT64_MAX);
	model_stop(model());
	assert_int_equal(s2pt_table_destroy(table(), &(struct s2pt_op){ .budget = 0 }), S2PT_OK);
	for (unsigned i = 0; i < kit.log.events; i++) {
		invalidated += kit.log.event[i].kind == KIT_INVALIDATE;
		if (kit.log.event[i].kind == KIT_RETIRE)
			assert_int_equal(invalidated, 1);
	}
	assert_true(kit.log.request[0].vmid);
	assert_null(model_violation(model()));
	model_check_leaks(model(), 0);
	assert_null(model_violation(model()));
	model_map_free(kit.map);
	machine_free(&kit.machine);
}

static void
test_bug19_repeat(void **state)
{
	struct s2pt_tlbi_request request = { .ipa = { 0 }, .size = MIB(2), .level = 3 };
	unsigned tlbis[2] = { 0, 0 }, dsbs[2] = { 0, 0 };

	(void)state;
	for (unsigned repeat = 0; repeat < 2; repeat++) {
		struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS, .repeat = repeat };
		struct s2pt_tlbi_step step;
		struct s2pt_tlbi_seq seq;

		assert_int_equal(s2pt_tlbi_begin(&seq, &kit.machine.format, &params, &request, 1),
				 S2PT_OK);
		while (s2pt_tlbi_next(&seq, &step)) {
			tlbis[repeat] += step.kind == S2PT_STEP_TLBI;
			dsbs[repeat] += step.kind == S2PT_STEP_DSB;
		}
	}
	assert_int_equal(tlbis[1], tlbis[0] + 1);
	assert_int_equal(dsbs[1], dsbs[0] + 1);
}

/* Rows 20 and B9: the operand is the IPA shifted, with TTL 0b0111 for a 4K page. */
static void
test_bug20_operand(void **state)
{
	struct s2pt_tlbi_request request = {
		.ipa = { UINT64_C(0x123456789000) & ((UINT64_C(1) << 40) - 1) },
		.size = PAGE,
		.level = 3,
		.last_level = true,
	};
	struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
	struct s2pt_tlbi_step step;
	struct s2pt_tlbi_seq seq;

	(void)state;
	assert_int_equal(s2pt_tlbi_begin(&seq, &kit.machine.format, &params, &request, 1), S2PT_OK);
	assert_true(next_tlbi(&seq, &step));
	assert_int_equal(step.op, S2PT_TLBI_IPAS2LE1);
	assert_int_equal(step.operand, request.ipa.addr >> 12 | UINT64_C(7) << 44);
}

/* B10: entries that combine both stages go, too. */
static void
test_bugB10_combined_entries(void **state)
{
	struct model_access access = {
		.ipa = MIB(2), .kind = MODEL_READ, .combined = true, .va = MIB(2)
	};
	struct model_outcome out;

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), MIB(2), &ram, 3);
	model_access(model(), 1, &access, &out);
	assert_int_equal(out.result, MODEL_OK);
	kit_unmap(&kit, MIB(2), PAGE);
	all_miss(MIB(2));
	kit_forget(&kit);
	kit_unmap(&kit, MIB(2) + PAGE, PAGE);
	assert_int_equal(kit.log.tlbi[S2PT_TLBI_VMALLE1], 1);
}

/* B11: another size, another address, another type: never without a break. */
static void
test_bugB11_no_valid_to_valid(void **state)
{
	struct s2pt_op op = { .replace = true };

	(void)state;
	kit_map(&kit, GIB(1), GIB(1), GIB(1), &ram, 1);
	prime(GIB(1), GIB(1));
	assert_int_equal(split(&op, GIB(1), MIB(2), 2), S2PT_OK);
	assert_int_equal(kit_try_map(&kit, &op, GIB(1) + MIB(2), MIB(2), GIB(7), &ram), S2PT_OK);
	ram.type = S2PT_MEM_NORMAL_NC;
	assert_int_equal(kit_try_map(&kit, &op, GIB(1) + MIB(4), MIB(2), GIB(1) + MIB(4), &ram),
			 S2PT_OK);
	kit_forget(&kit);
	ram.w = false;
	assert_int_equal(kit_try_map(&kit, &op, GIB(1), GIB(1), GIB(8), &ram), S2PT_OK);
	for (unsigned i = 0; i < kit.log.events; i++)
		if (kit.log.event[i].kind == KIT_STORE)
			assert_false((kit.log.event[i].before & 1) && (kit.log.event[i].after & 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ORDINARY(bug01_retire_before_invalidation),
		ORDINARY(bug02_no_level_hint_for_tables),
		ORDINARY(bug03_range_from_the_beginning),
		ORDINARY(bug04_mixed_levels_have_no_hint),
		ORDINARY(bug05_table_to_block_leaves_no_pages),
		ORDINARY(bug06_relax_always_forgets),
		ORDINARY(bug07_split_invalidates_the_block),
		ORDINARY(bug08_collapse_breaks_first),
		ORDINARY(bug09_non_secure_ipa_space),
		ORDINARY(bug11_inner_shareable_and_isb),
		ORDINARY(bug12_requests_serve_every_vmid),
		ORDINARY(bug13_table_of_leaves_all_miss),
		ORDINARY(bug14_every_observer_forgets),
		ORDINARY(bug15_failure_flushes),
		SPECIAL(bug17_destroy_invalidates_first),
		ORDINARY(bug19_repeat),
		ORDINARY(bug20_operand),
		ORDINARY(bugB10_combined_entries),
		ORDINARY(bugB11_no_valid_to_valid),
	};

	return cmocka_run_group_tests_name("regress invalidation", tests, NULL, NULL);
}
