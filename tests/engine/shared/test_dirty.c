/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The access flag and dirty state: what is reported, cleared and forgotten, with and without hardware. */
#include <s2pt/tracking.h>

#include "shared.h"

#define PA   GIB(64)
#define PAGE KIB(4)
#define AF   MODEL_ATTR_AF
#define W    MODEL_ATTR_DIRTY

static struct s2pt_op op;

/* A software tracking bit, or hardware's. */
static uint64_t
tracking_bit(void)
{
	return kit.machine.format.feats & S2PT_FEAT_HAFDBS_DBM ? UINT64_C(1) << 51 : UINT64_C(1) << 58;
}

static bool
is_hardware(void)
{
	return kit.machine.format.feats & S2PT_FEAT_HAFDBS_DBM;
}

static struct s2pt_leaf
old_leaf(void)
{
	struct s2pt_leaf leaf = ram;

	leaf.af = false;
	return leaf;
}

static struct s2pt_leaf
clean_leaf(void)
{
	struct s2pt_leaf leaf = ram;

	s2pt_table_dirty_leaf(table, &leaf);
	assert_false(leaf.w);
	return leaf;
}

/* The guest writes, on an observer; the host's answer to its fault where there is one. */
static void
guest_writes(unsigned observer, uint64_t ipa)
{
	enum model_result result = kit_access(&kit, observer, MODEL_WRITE, ipa, NULL);

	if (result == MODEL_PERMISSION && !is_hardware()) {
		shared_cpu(observer % 2);
		assert_int_equal(shared_mark_dirty(ipa, 0), S2PT_OK);
		shared_cpu(0);
		/* The SMMU learns of it by the host's answer to its stall. */
		if (observer < 2)
			assert_int_equal(kit_access(&kit, observer, MODEL_WRITE, ipa, NULL), MODEL_OK);
		return;
	}
	assert_int_equal(result, MODEL_OK);
}

static enum s2pt_status
collect(uint64_t ipa, uint64_t size, bool clear)
{
	shared_blank(ipa);
	memset(&op, 0, sizeof(op));
	return shared_collect(&op, ipa, size, clear);
}

/* @mask: of pages from @ipa on. */
static enum s2pt_status
clear(uint64_t ipa, uint64_t *mask, uint64_t count)
{
	const struct s2pt_bitmap pages = { .base = s2pt_ipa_of(ipa), .size = count * PAGE, .word = mask };
	enum s2pt_status status;

	memset(&op, 0, sizeof(op));
	kit_begin(&kit, ipa, count * PAGE);
	status = s2pt_table_dirty_clear(table, &op, s2pt_ipa_of(ipa), count * PAGE, &pages);
	model_op_end(kit.machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX);
	shared_judge();
	return status;
}

static enum s2pt_status
age(uint64_t ipa, uint64_t size, enum s2pt_age how)
{
	shared_blank(ipa);
	memset(&op, 0, sizeof(op));
	kit_forget(&kit);
	return shared_age(&op, ipa, size, how, &shared_bitmap);
}

/* --- The access flag ------------------------------------------------------------------------------- */

static void
test_age(void **state)
{
	struct s2pt_leaf old = old_leaf();

	(void)state;
	kit_map(&kit, MIB(2) + KIB(4), KIB(60), PA, &old, 3);
	for (unsigned n = 4; n <= 10; n += n == 4 ? 1 : 5)
		assert_int_equal(shared_set_af(MIB(2) + n * PAGE), S2PT_OK);
	/* Look: nothing is written. */
	assert_int_equal(age(MIB(2), KIB(64), S2PT_AGE_TEST), S2PT_OK);
	assert_int_equal(op.done, KIB(64));
	assert_int_equal(shared_word[0], 3u << 4 | 1u << 10);
	assert_int_equal(shared_bitmap.pages, 3);
	assert_int_equal(kit.log.stores, 0);
	assert_int_equal(kit.log.calls, 0);
	/* The range is exact. */
	assert_int_equal(age(MIB(2) + KIB(20), KIB(20), S2PT_AGE_CLEAR), S2PT_OK);
	assert_true(shared_only(0, 1));
	assert_int_equal(kit.log.requests, 1);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(2) + KIB(20));
	assert_int_equal(kit.log.request[0].size, PAGE);
	assert_false(kit.log.request[0].local);
	assert_int_equal(kit.log.stores, 1);
	/* One invalidation, from the first to the last. */
	assert_int_equal(age(0, MIB(4), S2PT_AGE_CLEAR), S2PT_OK);
	assert_int_equal(shared_count(), 2);
	assert_int_equal(kit.log.requests, 1);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(2) + KIB(16));
	assert_int_equal(kit.log.request[0].size, KIB(28));
	assert_int_equal(age(0, MIB(4), S2PT_AGE_CLEAR), S2PT_OK);
	assert_int_equal(shared_count(), 0);
	assert_int_equal(kit.log.calls, 0);
	/* A budget that is just enough is. */
	op.budget = 16;
	assert_int_equal(shared_age(&op, MIB(2), KIB(64), S2PT_AGE_TEST, NULL), S2PT_OK);
	op.budget = 15;
	assert_int_equal(shared_age(&op, MIB(2), KIB(64), S2PT_AGE_TEST, NULL), S2PT_ERR_BUDGET);
	assert_int_equal(op.done, KIB(60));
}

/* What was cached is forgotten by all, or by none. */
static void
test_age_forgets(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), KIB(64), PA, &ram, 3);
	model_prime(kit.machine.model, MIB(2), MIB(2) + KIB(64) - 1u);
	assert_int_equal(age(MIB(2), KIB(16), S2PT_AGE_CLEAR), S2PT_OK);
	assert_int_equal(kit.log.publishes, 0);
	for (unsigned observer = 0; observer < 3; observer++)
		assert_int_equal(kit_access(&kit, observer, MODEL_READ, MIB(2) + KIB(4), NULL),
				 MODEL_ACCESS_FLAG);
	assert_int_equal(age(MIB(2) + KIB(16), KIB(16), S2PT_AGE_CLEAR_LAZY), S2PT_OK);
	assert_int_equal(shared_bitmap.pages, 4);
	assert_int_equal(kit.log.calls, 0);
	assert_int_equal(kit.log.publishes, 1);
	for (unsigned observer = 0; observer < 3; observer++)
		assert_int_equal(kit_access(&kit, observer, MODEL_READ, MIB(2) + KIB(20), NULL), MODEL_OK);
}

static void
test_age_without_bitmap(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2) + KIB(8), PA, &ram, 0);
	memset(&op, 0, sizeof(op));
	assert_int_equal(shared_age(&op, MIB(2) + KIB(4), MIB(2), S2PT_AGE_CLEAR, NULL), S2PT_OK);
	assert_int_equal(shared_raw(MIB(2)) & AF, 0); /* the range cuts the block, which is old as a whole */
	assert_int_equal(shared_raw(MIB(4)) & AF, 0);
	assert_int_equal(shared_raw(MIB(4) + KIB(4)) & AF, AF); /* beyond */
}

/* A table beside a block, in one run of entries: it is looked into. */
static void
test_age_table_beside_blocks(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 2);
	kit_map(&kit, MIB(4), MIB(2), PA, &ram, 3);
	kit_map(&kit, MIB(6), MIB(2), PA, &ram, 2);
	assert_int_equal(age(MIB(2), MIB(6), S2PT_AGE_CLEAR), S2PT_OK);
	assert_true(shared_only(0, 3 * 512));
	assert_int_equal(age(MIB(2), MIB(6), S2PT_AGE_TEST), S2PT_OK);
	assert_true(shared_only(0, 0));
}

static void
test_age_block(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(4), PA, &ram, 2);
	/* Parts are reported, and the blocks that they are of are cleared, and invalidated, as wholes. */
	assert_int_equal(age(MIB(4) - KIB(8), KIB(16), S2PT_AGE_TEST), S2PT_OK);
	assert_true(shared_only(0, 4));
	assert_int_equal(kit.log.stores, 0);
	assert_int_equal(kit.log.calls, 0);
	assert_int_equal(age(MIB(4) - KIB(8), KIB(16), S2PT_AGE_CLEAR), S2PT_OK);
	assert_true(shared_only(0, 4));
	assert_int_equal(kit.log.stores, 2);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(2));
	assert_int_equal(kit.log.request[0].size, MIB(4));
	assert_int_equal(age(MIB(2), MIB(4), S2PT_AGE_TEST), S2PT_OK);
	assert_true(shared_only(0, 0));
}

/* A host that ages page by page: a block is young once, for the page that was asked for first. */
static void
test_age_by_page(void **state)
{
	static const uint8_t max_lg2[] = { 21, 16, 12 };
	static const unsigned young[] = { 1, 32, 512 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned pass = 0; pass < 2; pass++) {
			kit_unmap(&kit, MIB(2), MIB(2));
			assert_int_equal(kit_try_map(&kit, &(struct s2pt_op){ .max_lg2 = max_lg2[i] }, MIB(2), MIB(2),
						     PA, &ram),
					 S2PT_OK);
			for (unsigned again = 0; again < 3; again++) {
				unsigned count = 0;

				for (unsigned n = 0; n < 512; n++) {
					shared_blank(MIB(2) + n * PAGE);
					memset(&op, 0, sizeof(op));
					assert_int_equal(
						s2pt_table_age(table, &op, shared_bitmap.base, PAGE,
							       pass ? S2PT_AGE_CLEAR_LAZY : S2PT_AGE_CLEAR,
							       &shared_bitmap),
						S2PT_OK);
					count += (unsigned)shared_bitmap.pages;
				}
				assert_int_equal(count, again ? 0 : young[i]);
			}
		}
	}
}

/* What one member of a group has, all have (I_NFFSV). */
static void
test_age_group(void **state)
{
	struct s2pt_leaf old = old_leaf();

	(void)state;
	kit_map(&kit, MIB(2), KIB(128), PA, &old, 0);
	assert_int_equal(shared_set_af(MIB(2) + KIB(12)), S2PT_OK);
	assert_int_equal(age(MIB(2), KIB(128), S2PT_AGE_TEST), S2PT_OK);
	assert_true(shared_only(0, 16));
	/* A part of it, which is reported: only the member that has it is written; a group is forgotten whole. */
	assert_int_equal(age(MIB(2) + KIB(32), KIB(64), S2PT_AGE_CLEAR), S2PT_OK);
	assert_true(shared_only(0, 8));
	assert_int_equal(kit.log.stores, 1);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(2));
	assert_int_equal(kit.log.request[0].size, KIB(64));
	assert_int_equal(age(MIB(2), KIB(128), S2PT_AGE_TEST), S2PT_OK);
	assert_true(shared_only(0, 0));
}

static void
test_refusals(void **state)
{
	const uint64_t limit = UINT64_C(1) << 40;

	(void)state;
	kit_map(&kit, 0, PAGE, PA, &ram, 3);
	kit_forget(&kit);
	assert_int_equal(age(1, PAGE, S2PT_AGE_TEST), S2PT_ERR_IPA_ALIGN);
	assert_int_equal(age(0, 0, S2PT_AGE_TEST), S2PT_ERR_EMPTY);
	assert_int_equal(age(0, PAGE + 1, S2PT_AGE_TEST), S2PT_ERR_SIZE_ALIGN);
	assert_int_equal(age(limit - PAGE, 2 * PAGE, S2PT_AGE_TEST), S2PT_ERR_IPA_SIZE);
	shared_blank(PAGE);
	op.done = 7;
	assert_int_equal(shared_age(&op, 0, 2 * PAGE, S2PT_AGE_CLEAR, &shared_bitmap), S2PT_ERR_BITMAP);
	assert_int_equal(op.done, 0);
	assert_int_equal(shared_collect(&op, 0, 2 * PAGE, true), S2PT_ERR_BITMAP);
	assert_int_equal(collect(1, PAGE, true), S2PT_ERR_IPA_ALIGN);
	assert_int_equal(clear(1, shared_word, 1), S2PT_ERR_IPA_ALIGN);
	assert_int_equal(clear(0, shared_word, 0), S2PT_ERR_EMPTY);
	assert_int_equal(clear(0, shared_word, (limit / PAGE) + 1), S2PT_ERR_IPA_SIZE);
	assert_int_equal(s2pt_table_dirty_start(table, &op, s2pt_ipa_of(0), 1, 2, 0), S2PT_ERR_SIZE_ALIGN);
	assert_int_equal(s2pt_table_dirty_stop(table, &op, s2pt_ipa_of(0), 1), S2PT_ERR_SIZE_ALIGN);
	assert_int_equal(kit.log.stores, 0);
}

/* --- Logging: both modes ---------------------------------------------------------------------------- */

static void
test_tracking_bit(void **state)
{
	struct s2pt_leaf leaf = ram;

	(void)state;
	memset(&op, 0, sizeof(op));
#define START(sw) s2pt_table_dirty_start(table, &op, s2pt_ipa_of(MIB(2)), PAGE, sw, 0)
	kit_map(&kit, MIB(2), PAGE, PA, &ram, 3);
	/* Nothing is logged yet: nothing is dirty, and a leaf to be mapped stays writable. */
	assert_int_equal(collect(MIB(2), PAGE, true), S2PT_OK);
	assert_int_equal(shared_count(), 0);
	assert_int_equal(clear(MIB(2), &(uint64_t){ 1 }, 1), S2PT_OK);
	assert_int_equal(s2pt_table_dirty_stop(table, &op, s2pt_ipa_of(MIB(2)), PAGE), S2PT_OK);
	assert_false(s2pt_table_is_dirty(table, shared_found(MIB(2)).desc));
	s2pt_table_dirty_leaf(table, &leaf);
	assert_true(leaf.w && !leaf.sw && !leaf.dbm);
	kit_check(&kit);
	assert_int_equal(START(0), S2PT_ERR_SW);
	assert_int_equal(START(3), S2PT_ERR_SW);
	assert_int_equal(START(16), S2PT_ERR_SW);
	assert_int_equal(table->tracking_bit, 0);
	kit_check(&kit);
	shared_start(MIB(2), PAGE);
	assert_int_equal(table->tracking_bit, tracking_bit());
	assert_int_equal(START(4), S2PT_ERR_SW);
	assert_int_equal(START(TRACKING_BIT), S2PT_OK);
	s2pt_table_dirty_leaf(table, &leaf);
	assert_true(!leaf.w && leaf.sw == TRACKING_BIT && !leaf.dbm);
	leaf = ram;
	leaf.w = false;
	s2pt_table_dirty_leaf(table, &leaf);
	assert_true(!leaf.w && !leaf.sw);
}

static void
test_tracking_bit_hardware(void **state)
{
	struct s2pt_leaf leaf = ram;

	(void)state;
	memset(&op, 0, sizeof(op));
	kit_map(&kit, MIB(2), PAGE, PA, &ram, 3);
	/* The bit is not looked at. */
	assert_int_equal(START(3), S2PT_OK);
	assert_int_equal(shared_raw(MIB(2)) & (W | tracking_bit()), tracking_bit());
	s2pt_table_dirty_leaf(table, &leaf);
	assert_true(!leaf.w && !leaf.sw && leaf.dbm);
	assert_int_equal(START(0), S2PT_OK);
}

/* From a start to a stop: pages, a block, a hole, and one that is read-only. */
static void
test_log(void **state)
{
	struct s2pt_leaf ro = ram;
	s2pt_desc desc;

	(void)state;
	ro.w = false;
	kit_map(&kit, MIB(2), KIB(64), PA, &ram, 3);
	kit_map(&kit, MIB(2) + KIB(64), KIB(64), PA, &ro, 3);
	kit_map(&kit, MIB(4), MIB(2), PA, &ram, 2);
	model_prime(kit.machine.model, MIB(2), MIB(6) - 1u);
	shared_start(0, MIB(8));
	for (unsigned n = 0; n < 16; n++)
		assert_int_equal(shared_raw(MIB(2) + n * PAGE) & (W | tracking_bit()), tracking_bit());
	assert_int_equal(shared_raw(MIB(4)) & (W | tracking_bit()), tracking_bit());
	assert_int_equal(shared_raw(MIB(2) + KIB(64)) & (W | tracking_bit()), 0);
	assert_int_equal(collect(0, MIB(8), true), S2PT_OK);
	assert_int_equal(shared_count(), 0);
	for (unsigned observer = 0; observer < 3; observer++) {
		guest_writes(observer, MIB(2) + observer * KIB(12));
		assert_int_equal(kit_access(&kit, observer, MODEL_READ, MIB(2) + KIB(60), NULL), MODEL_OK);
		assert_int_equal(kit_access(&kit, observer, MODEL_WRITE, MIB(2) + KIB(64), NULL),
				 MODEL_PERMISSION);
	}
	desc = shared_found(MIB(2)).desc;
	assert_true(s2pt_table_is_dirty(table, desc));
	desc = shared_found(MIB(2) + KIB(4)).desc;
	assert_false(s2pt_table_is_dirty(table, desc));
	/* Look first, clear some later. */
	assert_int_equal(collect(MIB(2), MIB(6), false), S2PT_OK);
	assert_int_equal(shared_word[0], 1u | 1u << 3 | 1u << 6);
	assert_int_equal(shared_count(), 3);
	assert_int_equal(clear(MIB(2), &(uint64_t){ 1u << 3 }, 16), S2PT_OK);
	assert_int_equal(collect(MIB(2), MIB(6), true), S2PT_OK);
	assert_int_equal(shared_word[0], 1u | 1u << 6);
	assert_int_equal(shared_count(), 2);
	/* What is reported twice is counted once. */
	guest_writes(1, MIB(2) + KIB(8));
	shared_word[0] = shared_bitmap.pages = 1;
	assert_int_equal(shared_collect(&op, MIB(2), MIB(2), true), S2PT_OK);
	assert_int_equal(shared_word[0], 5);
	assert_int_equal(shared_bitmap.pages, 2);
	/* A block is dirty as a whole; a part of it is reported, and stays. */
	guest_writes(1, MIB(4) + KIB(400));
	assert_int_equal(collect(MIB(4) + KIB(4), KIB(8), true), S2PT_OK);
	assert_true(shared_only(0, 2));
	assert_int_equal(collect(MIB(2), MIB(6), true), S2PT_OK);
	assert_true(shared_only(512, 512));
	assert_int_equal(collect(MIB(2), MIB(6), true), S2PT_OK);
	assert_int_equal(shared_count(), 0);
	shared_stop(0, MIB(8));
	for (unsigned observer = 0; observer < 2; observer++) {
		shared_cpu(observer);
		assert_int_equal(shared_mark_dirty(MIB(2), 0), S2PT_OK);
		assert_int_equal(kit_access(&kit, observer, MODEL_WRITE, MIB(2), NULL), MODEL_OK);
	}
	shared_cpu(0);
	assert_int_equal(shared_raw(MIB(2)) & (W | tracking_bit()), W);
	assert_int_equal(shared_raw(MIB(2) + KIB(64)) & (W | tracking_bit()), 0);
	kit_check(&kit);
}

/*
 * A page reported dirty may be copied after the call: a write after it by any observer, whatever it had
 * cached, is reported by the next.
 */
static void
test_no_lost_write(void **state)
{
	(void)state;
	for (unsigned form = 0; form < 4; form++) {
		const uint64_t bytes = form & 1 ? MIB(2) : PAGE, size = 4 * bytes;
		const uint64_t pages = bytes / PAGE;
		const bool masked = form & 2;
		static uint64_t all[32];

		memset(all, 0xff, sizeof(all));

		kit_map(&kit, MIB(8), size, PA, &ram, form & 1 ? 2 : 3);
		shared_start(MIB(8), size);
		/* Everybody knows it as writable and dirty. */
		for (unsigned observer = 0; observer < 3; observer++)
			for (uint64_t n = 0; n < 4; n++)
				guest_writes(observer, MIB(8) + n * bytes);
		for (unsigned round = 0; round < 6; round++) {
			const uint64_t ipa = MIB(8) + round % 4 * bytes;

			assert_int_equal(collect(MIB(8), size, !masked), S2PT_OK);
			if (masked)
				assert_int_equal(clear(MIB(8), all, 4 * pages), S2PT_OK);
			if (round)
				assert_true(shared_only((unsigned)((round - 1) % 4 * pages), (unsigned)pages));
			else
				assert_int_equal(shared_count(), 4 * pages);
			guest_writes(round % 3, ipa);
		}
		shared_stop(MIB(8), size);
		kit_unmap(&kit, MIB(8), size);
	}
}

/* That the machine would show it: without the invalidation, a write is lost. */
static void
test_lost_without_invalidation(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), KIB(16), PA, &ram, 3);
	shared_start(MIB(2), KIB(16));
	guest_writes(1, MIB(2));
	kit.machine.no_tlbi = true;
	shared_blank(MIB(2));
	memset(&op, 0, sizeof(op));
	kit_begin(&kit, MIB(2), KIB(16));
	assert_int_equal(s2pt_table_dirty_collect(table, &op, s2pt_ipa_of(MIB(2)), KIB(16), &shared_bitmap,
						  S2PT_COLLECT_CLEAR),
			 S2PT_OK);
	kit_end(&kit);
	assert_string_equal(model_violation(kit.machine.model)->name, "stale-after-operation");
	model_forget_violations(kit.machine.model);
	kit.machine.no_tlbi = false;
	assert_true(shared_only(0, 1));
	assert_int_equal(kit_access(&kit, 1, MODEL_WRITE, MIB(2), NULL), MODEL_OK);
	assert_false(s2pt_table_is_dirty(table, shared_found(MIB(2)).desc));
	/* Everything out, so that nothing stale is left. */
	kit_unmap(&kit, MIB(2), KIB(16));
}

/* Under a hold, too, nobody has it any more when the call returns. */
static void
test_collect_under_hold(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), KIB(16), PA, &ram, 3);
	kit_map(&kit, MIB(4), KIB(16), PA, &ram, 3);
	shared_start(MIB(2), KIB(16));
	guest_writes(1, MIB(2));
	kit_begin(&kit, 0, MIB(8));
	s2pt_table_hold(table);
	assert_int_equal(s2pt_table_unmap(table, &op, s2pt_ipa_of(MIB(4)), KIB(16)), S2PT_OK);
	model_map_clear(kit.map, MIB(4), MIB(4) + KIB(16) - 1u);
	kit_forget(&kit);
	shared_blank(MIB(2));
	assert_int_equal(s2pt_table_dirty_collect(table, &op, s2pt_ipa_of(MIB(2)), KIB(16), &shared_bitmap,
						  S2PT_COLLECT_CLEAR),
			 S2PT_OK);
	assert_int_equal(kit.log.requests, 1);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(2));
	assert_true(shared_only(0, 1));
	/* What was pending still is. */
	assert_int_equal(kit.log.retires, 0);
	/* The fault of a write waits for the release. */
	if (is_hardware())
		guest_writes(1, MIB(2));
	assert_int_equal(s2pt_table_release(table), S2PT_OK);
	model_op_end(kit.machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX);
	if (!is_hardware())
		guest_writes(1, MIB(2));
	assert_int_equal(collect(MIB(2), KIB(16), true), S2PT_OK);
	assert_true(shared_only(0, 1));
}

/* Can anybody still write to @ipa without its being noticed? */
static void
nobody_writes(uint64_t ipa)
{
	for (unsigned observer = 0; observer < 3; observer++)
		for (unsigned combined = 0; combined < 2; combined++) {
			struct model_access access = {
				.ipa = ipa, .kind = MODEL_WRITE, .el = 1, .combined = combined, .va = ipa
			};
			struct model_outcome out[8];
			unsigned n = model_ask(kit.machine.model, observer, &access, out, 8);

			for (unsigned i = 0; i < n && i < 8; i++)
				if (out[i].result == MODEL_OK)
					fail_msg("observer %u writes to 0x%llx, by 0x%llx", observer,
						 (unsigned long long)ipa, (unsigned long long)out[i].desc);
		}
}

/*
 * FEAT_BBM level 2: under a hold leaves change their size, and what is cached has the old one until the
 * release. What a collection cleans is forgotten all the same, at whatever level it is cached.
 */
static void
collect_resized(bool split, bool clear)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	uint64_t ipa = MIB(2) + KIB(20);

	shape.bbm = 2;
	shared_open(&shape);
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, split ? 2 : 3);
	shared_start(MIB(2), MIB(2));
	if (split)
		guest_writes(1, ipa);
	for (unsigned n = 0; n < 512 && !split; n++)
		guest_writes(1, MIB(2) + n * KIB(4));
	assert_int_equal(collect(MIB(2), MIB(2), false), S2PT_OK);
	model_prime(kit.machine.model, MIB(2), MIB(4) - 1u);
	kit_begin(&kit, MIB(2), MIB(2));
	s2pt_table_hold(table);
	memset(&op, 0, sizeof(op));
	assert_int_equal(split ? s2pt_table_split(table, &op, s2pt_ipa_of(MIB(2)), MIB(2), table->format->granule_lg2)
			       : s2pt_table_collapse(table, &op, s2pt_ipa_of(MIB(2)), MIB(2)),
			 S2PT_OK);
	assert_int_equal(shared_found(ipa).level, split ? 3 : 2);
	assert_int_equal(table->n_ranges != 0, split);
	if (clear)
		assert_int_equal(s2pt_table_dirty_clear(table, &op, s2pt_ipa_of(MIB(2)), MIB(2), &shared_bitmap),
				 S2PT_OK);
	else
		assert_int_equal(s2pt_table_dirty_collect(table, &op, s2pt_ipa_of(MIB(2)), MIB(2), &shared_bitmap,
							  S2PT_COLLECT_CLEAR),
				 S2PT_OK);
	assert_true(shared_only(0, 512));
	nobody_writes(ipa);
	nobody_writes(MIB(2));
	nobody_writes(MIB(4) - KIB(4));
	assert_int_equal(s2pt_table_release(table), S2PT_OK);
	kit_end_relax(&kit);
	shared_judge();
	kit_close(&kit);
}

static void
test_collect_resized(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++)
		collect_resized(n & 1, n & 2);
}

/* Without a bitmap nothing can be reported, and without a mask nothing is named: neither means everything. */
static void
test_no_bitmap(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), KIB(16), PA, &ram, 3);
	shared_start(MIB(2), KIB(16));
	guest_writes(0, MIB(2));
	op.done = 1;
	assert_int_equal(s2pt_table_dirty_collect(table, &op, s2pt_ipa_of(MIB(2)), KIB(16), NULL, S2PT_COLLECT_CLEAR),
			 S2PT_ERR_BITMAP);
	assert_int_equal(op.done, 0);
	op.done = 1;
	assert_int_equal(s2pt_table_dirty_clear(table, &op, s2pt_ipa_of(MIB(2)), KIB(16), NULL), S2PT_ERR_BITMAP);
	assert_int_equal(op.done, 0);
	/* What else is wrong is said first. */
	table->destroying = true;
	assert_int_equal(s2pt_table_dirty_collect(table, &op, s2pt_ipa_of(MIB(2)), KIB(16), NULL, S2PT_COLLECT_CLEAR),
			 S2PT_ERR_DESTROYED);
	assert_int_equal(s2pt_table_dirty_clear(table, &op, s2pt_ipa_of(MIB(2)), KIB(16), NULL), S2PT_ERR_DESTROYED);
	table->destroying = false;
	assert_int_equal(collect(MIB(2), KIB(16), true), S2PT_OK);
	assert_true(shared_only(0, 1));
}

/* A replacement makes again what differs, and no page that is mapped so already: those stay dirty, and young. */
static void
test_replace_keeps_dirty(void **state)
{
	struct s2pt_op replace = { .replace = true, .max_lg2 = 12 };
	struct s2pt_leaf logged = ram;

	(void)state;
	kit_map(&kit, MIB(2), KIB(64), PA, &ram, 3);
	shared_start(MIB(2), KIB(64));
	assert_int_equal(shared_mark_dirty(MIB(2) + 8 * PAGE, 0), S2PT_OK);
	s2pt_table_dirty_leaf(table, &logged);
	assert_int_equal(kit_try_map(&kit, &replace, MIB(2) + 5 * PAGE, PAGE, PA + MIB(16), &logged), S2PT_OK);
	kit_forget(&kit);
	assert_int_equal(kit_try_map(&kit, &replace, MIB(2), KIB(64), PA, &logged), S2PT_OK);
	assert_int_equal(shared_raw(MIB(2) + 8 * PAGE) & W, W);
	assert_int_equal(shared_raw(MIB(2) + 7 * PAGE) & W, 0);
	assert_int_equal(kit.log.requests, 1);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(2) + 5 * PAGE);
	assert_int_equal(kit.log.request[0].size, PAGE);
	shared_set(MIB(2), KIB(64), PA, &logged);
	model_map_protect(kit.map, MIB(2) + 8 * PAGE, MIB(2) + 9 * PAGE - 1, 0, W);
	kit_check(&kit);
}

/* Logging a part of a block cuts it out, or asks. */
static void
test_start_cuts(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(4), PA, &ram, 2);
	memset(&op, 0, sizeof(op));
	op.partial = S2PT_PARTIAL_REFUSE;
	assert_int_equal(s2pt_table_dirty_start(table, &op, s2pt_ipa_of(MIB(2)), KIB(8), TRACKING_BIT, 0),
			 S2PT_ERR_WOULD_SPLIT);
	op.partial = S2PT_PARTIAL_SPLIT;
	model_fail_alloc(kit.machine.model, 1, false);
	assert_int_equal(s2pt_table_dirty_start(table, &op, s2pt_ipa_of(MIB(2)), KIB(8), TRACKING_BIT, 0),
			 S2PT_ERR_MEMORY);
	assert_int_equal(op.done, 0);
	kit_check(&kit);
	shared_start(MIB(2) + KIB(8), KIB(8));
	assert_int_equal(shared_raw(MIB(2) + KIB(4)) & (W | tracking_bit()), W);
	assert_int_equal(shared_raw(MIB(2) + KIB(8)) & (W | tracking_bit()), tracking_bit());
	assert_int_equal(shared_raw(MIB(2) + KIB(16)) & (W | tracking_bit()), W);
	shared_stop(MIB(2), MIB(4));
	kit_check(&kit);
	/* Within a budget. */
	op.budget = 3;
	shared_blank(0);
	for (uint64_t at = MIB(2), calls = 0;; calls++) {
		enum s2pt_status status;

		kit_begin(&kit, at, MIB(6) - at);
		status = s2pt_table_dirty_start(table, &op, s2pt_ipa_of(at), MIB(6) - at, TRACKING_BIT, 0);
		kit_end(&kit);
		shared_judge();
		at += op.done;
		if (status == S2PT_OK)
			break;
		assert_int_equal(status, S2PT_ERR_BUDGET);
		assert_int_equal(shared_raw(at) & (W | tracking_bit()), W);
		assert_true(calls < 600);
	}
	assert_int_equal(shared_raw(MIB(4) - PAGE) & (W | tracking_bit()), tracking_bit());
	assert_int_equal(shared_raw(MIB(6) - PAGE) & (W | tracking_bit()), tracking_bit());
	shared_stop(MIB(2), MIB(4));
}

/* A block that asked to be split when it was written to. */
static void
test_split_on_write(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 2);
	shared_start(MIB(2), MIB(2));
	assert_int_equal(kit_access(&kit, 1, MODEL_WRITE, MIB(2) + KIB(40), NULL), MODEL_PERMISSION);
	shared_cpu(1);
	assert_int_equal(shared_mark_dirty(MIB(2) + KIB(40), 12), S2PT_ERR_EXCLUSIVE);
	memset(&op, 0, sizeof(op));
	kit_begin(&kit, MIB(2), MIB(2));
	assert_int_equal(s2pt_table_split(table, &op, s2pt_ipa_of(MIB(2) + KIB(40)), PAGE, table->format->granule_lg2),
			 S2PT_OK);
	kit_end(&kit);
	assert_int_equal(shared_mark_dirty(MIB(2) + KIB(40), 12), S2PT_OK);
	assert_int_equal(kit_access(&kit, 1, MODEL_WRITE, MIB(2) + KIB(40), NULL), MODEL_OK);
	shared_cpu(0);
	assert_int_equal(collect(MIB(2), MIB(2), true), S2PT_OK);
	assert_true(shared_only(10, 1));
	shared_stop(MIB(2), MIB(2));
}

/* Parts of a dirty block are dirty; a block of pages is dirty if one was, and young. */
static void
test_split_and_collapse(void **state)
{
	struct s2pt_leaf clean;

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 2);
	shared_start(MIB(2), MIB(2));
	guest_writes(0, MIB(2) + KIB(8));
	memset(&op, 0, sizeof(op));
	kit_begin(&kit, MIB(2), MIB(2));
	assert_int_equal(s2pt_table_split(table, &op, s2pt_ipa_of(MIB(2)), MIB(2), table->format->granule_lg2),
			 S2PT_OK);
	kit_end(&kit);
	assert_int_equal(collect(MIB(2), MIB(2), true), S2PT_OK);
	assert_true(shared_only(0, 512));
	guest_writes(1, MIB(2) + KIB(12));
	kit_begin(&kit, MIB(2), MIB(2));
	assert_int_equal(s2pt_table_collapse(table, &op, s2pt_ipa_of(MIB(2)), MIB(2)), S2PT_OK);
	kit_end(&kit);
	if (is_hardware()) {
		/* Hardware may write to the pages until they are broken: one dirty, all dirty. */
		assert_int_equal(shared_found(MIB(2)).size, MIB(2));
		assert_int_equal(collect(MIB(2), MIB(2), true), S2PT_OK);
		assert_true(shared_only(0, 512));
	} else {
		/* Pages that say different things stay. */
		assert_int_equal(shared_found(MIB(2)).size, PAGE);
		assert_int_equal(collect(MIB(2), MIB(2), true), S2PT_OK);
		assert_true(shared_only(3, 1));
	}
	clean = clean_leaf();
	shared_set(MIB(2), MIB(2), PA, &clean);
	if (!is_hardware())
		kit_check(&kit);
	shared_stop(MIB(2), MIB(2));
	shared_set(MIB(2), MIB(2), PA, &ram);
	kit_begin(&kit, MIB(2), MIB(2));
	assert_int_equal(s2pt_table_collapse(table, &op, s2pt_ipa_of(MIB(2)), MIB(2)), S2PT_OK);
	model_op_end(kit.machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX);
	assert_int_equal(shared_found(MIB(2)).size, MIB(2));
}

/* --- Groups ------------------------------------------------------------------------------------------ */

static void
test_group_software(void **state)
{
	struct s2pt_leaf clean;

	(void)state;
	/* Pages become dirty one at a time: what is logged is in no group. */
	kit_map(&kit, MIB(2), KIB(128), PA, &ram, 0);
	model_prime(kit.machine.model, MIB(2), MIB(2) + KIB(128) - 1u);
	shared_start(MIB(2), KIB(128));
	for (unsigned n = 0; n < 32; n++)
		assert_int_equal(shared_raw(MIB(2) + n * PAGE) & (MODEL_ATTR_CONT | W | tracking_bit()),
				 tracking_bit());
	guest_writes(0, MIB(2) + KIB(8));
	assert_int_equal(collect(MIB(2), KIB(128), true), S2PT_OK);
	assert_true(shared_only(2, 1));
	/* Nor is what is mapped later. */
	clean = clean_leaf();
	kit_map(&kit, MIB(4), KIB(128), PA, &clean, 0);
	assert_int_equal(shared_raw(MIB(4)) & MODEL_ATTR_CONT, 0);
	assert_int_equal(shared_mark_dirty(MIB(4) + KIB(8), 0), S2PT_OK);
	assert_int_equal(collect(MIB(4), KIB(128), false), S2PT_OK);
	assert_true(shared_only(2, 1));
	shared_stop(MIB(2), MIB(6));
	kit_map(&kit, MIB(6), KIB(128), PA, &ram, 0);
	assert_true(shared_raw(MIB(6)) & MODEL_ATTR_CONT);
}

static void
test_group_hardware(void **state)
{
	struct s2pt_bitmap dirty = { .size = KIB(128), .word = shared_word };
	struct s2pt_change change = { .clear_w = true };

	(void)state;
	kit_map(&kit, MIB(2), KIB(128), PA, &ram, 0);
	shared_start(MIB(2), KIB(128));
	assert_int_equal(shared_raw(MIB(2)) & (MODEL_ATTR_CONT | W | tracking_bit()), MODEL_ATTR_CONT | tracking_bit());
	/* Hardware may write the state of a group to any of its members. */
	guest_writes(0, MIB(2) + KIB(8));
	assert_int_equal(collect(MIB(2), KIB(128), false), S2PT_OK);
	assert_true(shared_only(0, 16));
	assert_int_equal(collect(MIB(2) + KIB(32), KIB(96), true), S2PT_OK);
	assert_true(shared_only(0, 8));
	assert_int_equal(collect(MIB(2), KIB(128), true), S2PT_OK);
	assert_true(shared_only(0, 16));
	assert_int_equal(collect(MIB(2), KIB(128), true), S2PT_OK);
	assert_true(shared_only(0, 0));
	/* So it is where they go, or lose the right. */
	guest_writes(1, MIB(2) + KIB(8));
	guest_writes(1, MIB(2) + KIB(12));
	guest_writes(1, MIB(2) + KIB(68));
	shared_blank(MIB(2));
	memset(&op, 0, sizeof(op));
	dirty.base = s2pt_ipa_of(MIB(2));
	op.dirty = &dirty;
	assert_int_equal(kit_try_unmap(&kit, &op, MIB(2), KIB(64)), S2PT_OK);
	shared_bitmap.pages = dirty.pages;
	assert_true(shared_only(0, 16));
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2) + KIB(64), KIB(64), &change), S2PT_OK);
	shared_bitmap.pages = dirty.pages;
	assert_true(shared_only(0, 32));
	shared_judge();
	shared_stop(MIB(2), KIB(128));
	assert_int_equal(shared_raw(MIB(2) + KIB(64)) & (W | tracking_bit()), 0);
}

/*
 * A write through what a TLB holds of a group marks none of its members, and hardware has marked another
 * (I_NFFSV): all stay dirty where their ways part.
 */
static void
check_all_dirty(uint64_t ipa, uint64_t size)
{
	assert_int_equal(collect(ipa, size, false), S2PT_OK);
	assert_true(shared_only(0, (unsigned)(size / PAGE)));
}

static void
write_group(uint64_t ipa, uint64_t size, uint64_t first, uint64_t second)
{
	assert_true(shared_raw(ipa) & MODEL_ATTR_CONT);
	shared_start(ipa, size);
	guest_writes(0, ipa + first);
	guest_writes(0, ipa + second);
	assert_int_equal(shared_raw(ipa + second) & W, 0);
	check_all_dirty(ipa, size);
	memset(&op, 0, sizeof(op));
	kit_begin(&kit, ipa, size);
}

static void
test_group_moves(void **state)
{
	const uint64_t to = PA + GIB(1) + PAGE;

	(void)state;
	kit_map(&kit, MIB(2), KIB(64), PA, &ram, 0);
	write_group(MIB(2), KIB(64), KIB(8), KIB(12));
	assert_int_equal(s2pt_table_move(table, &op, s2pt_ipa_of(MIB(2)), KIB(64),
					 &(struct s2pt_move){ .from = s2pt_pa_of(PA), .to = s2pt_pa_of(to) }),
			 S2PT_OK);
	kit_end_relax(&kit);
	assert_int_equal(shared_raw(MIB(2)) & MODEL_ATTR_CONT, 0);
	check_all_dirty(MIB(2), KIB(64));
}

static void
test_group_splits(void **state)
{
	(void)state;
	kit_map(&kit, MIB(32), MIB(32), PA, &ram, 0);
	write_group(MIB(32), MIB(32), KIB(8), MIB(2) + KIB(12));
	assert_int_equal(s2pt_table_split(table, &op, s2pt_ipa_of(MIB(32)), MIB(32), table->format->granule_lg2),
			 S2PT_OK);
	kit_end_relax(&kit);
	check_all_dirty(MIB(32), MIB(32));
}

/* Software sets AF in one member, for all; where sizes change in place, too. */
static void
test_group_young(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_leaf old = old_leaf();

	(void)state;
	for (shape.bbm = 0; shape.bbm <= 2; shape.bbm += 2)
		for (unsigned cut = 0; cut < 2; cut++) {
			shared_open(&shape);
			kit_map(&kit, MIB(32), MIB(32), PA, &old, 0);
			assert_true(shared_raw(MIB(32)) & MODEL_ATTR_CONT);
			assert_int_equal(shared_set_af(MIB(40)), S2PT_OK);
			memset(&op, 0, sizeof(op));
			kit_begin(&kit, MIB(32), MIB(32));
			assert_int_equal(s2pt_table_split(table, &op, s2pt_ipa_of(MIB(32)),
							  cut ? MIB(2) : MIB(32), table->format->granule_lg2),
					 S2PT_OK);
			kit_end_relax(&kit);
			assert_int_equal(age(MIB(32), MIB(32), S2PT_AGE_TEST), S2PT_OK);
			assert_true(shared_only(0, 8192));
			shared_teardown_any(NULL);
		}
}

/* --- What loses the right to write says whether it was dirty ------------------------------------------ */

static struct s2pt_bitmap lost = { .word = shared_word };

static void
expect_lost(uint64_t base)
{
	memset(&op, 0, sizeof(op));
	shared_blank(base);
	lost.base = s2pt_ipa_of(base);
	lost.size = shared_bitmap.size;
	lost.pages = 0;
	op.dirty = &lost;
}

static bool
lost_only(unsigned first, unsigned count)
{
	shared_bitmap.pages = lost.pages;
	return shared_only(first, count);
}

static void
test_lost_rights(void **state)
{
	struct s2pt_change no_w = { .clear_w = true };
	struct s2pt_change retype = { .retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = ram.sh };
	struct s2pt_leaf clean, ro = ram;

	(void)state;
	ro.w = false;
	for (uint64_t ipa = MIB(2); ipa < MIB(12); ipa += MIB(2)) {
		kit_map(&kit, ipa, KIB(64), PA, &ram, 3);
		kit_map(&kit, ipa + MIB(32), MIB(2), PA, &ram, 2);
	}
	shared_start(0, MIB(64));
	clean = clean_leaf();
	for (uint64_t ipa = MIB(2); ipa < MIB(12); ipa += MIB(2)) {
		guest_writes(0, ipa + KIB(4));
		guest_writes(1, ipa + KIB(8));
		guest_writes(1, ipa + MIB(32) + KIB(8));
	}
	/* Unmap: pages; a whole table; a block; a part of one with all of it, if that can be said. */
	expect_lost(MIB(2));
	assert_int_equal(kit_try_unmap(&kit, &op, MIB(2), KIB(8)), S2PT_OK);
	assert_true(lost_only(1, 1));
	expect_lost(0);
	assert_int_equal(kit_try_unmap(&kit, &op, 0, MIB(4)), S2PT_OK);
	assert_true(lost_only(512 + 2, 1));
	expect_lost(MIB(34));
	assert_int_equal(kit_try_unmap(&kit, &op, MIB(34), MIB(2)), S2PT_OK);
	assert_true(lost_only(0, 512));
	expect_lost(MIB(36) + KIB(8));
	op.partial = S2PT_PARTIAL_ZAP;
	assert_int_equal(kit_try_unmap(&kit, &op, MIB(36) + KIB(8), KIB(12)), S2PT_ERR_WOULD_SPLIT);
	assert_true(lost_only(0, 0));
	assert_true(shared_raw(MIB(36)) & W);
	expect_lost(MIB(36));
	op.partial = S2PT_PARTIAL_ZAP;
	assert_int_equal(kit_try_unmap(&kit, &op, MIB(36) + KIB(8), KIB(12)), S2PT_OK);
	assert_true(lost_only(0, 512));
	model_map_clear(kit.map, MIB(36), MIB(38) - 1u);
	/* What was not writable has lost nothing. */
	kit_map(&kit, MIB(50), MIB(2), PA, &ro, 2);
	expect_lost(MIB(50));
	op.partial = S2PT_PARTIAL_ZAP;
	assert_int_equal(kit_try_unmap(&kit, &op, MIB(50), KIB(4)), S2PT_OK);
	assert_true(lost_only(0, 0));
	model_map_clear(kit.map, MIB(50), MIB(52) - 1u);
	/* Protect: the tracking bit goes, too. */
	expect_lost(MIB(4));
	assert_int_equal(kit_try_protect(&kit, &op, MIB(4), KIB(64), &no_w), S2PT_OK);
	assert_true(lost_only(1, 2));
	assert_int_equal(shared_raw(MIB(4) + KIB(4)) & (W | tracking_bit()), 0);
	assert_int_equal(shared_raw(MIB(4)) & (W | tracking_bit()), 0);
	assert_int_equal(shared_mark_dirty(MIB(4) + KIB(4), 0), S2PT_ERR_READ_ONLY);
	assert_int_equal(kit_access(&kit, 1, MODEL_WRITE, MIB(4) + KIB(4), NULL), MODEL_PERMISSION);
	expect_lost(MIB(4));
	assert_int_equal(kit_try_protect(&kit, &op, MIB(4), KIB(64), &no_w), S2PT_OK);
	assert_true(lost_only(0, 0));
	/* A change of type keeps the right, and the state. */
	expect_lost(MIB(6));
	assert_int_equal(kit_try_protect(&kit, &op, MIB(6), KIB(64), &retype), S2PT_OK);
	assert_true(lost_only(0, 0));
	assert_int_equal(collect(MIB(6), KIB(64), false), S2PT_OK);
	assert_true(shared_only(1, 2));
	retype.clear_w = true;
	expect_lost(MIB(6));
	assert_int_equal(kit_try_protect(&kit, &op, MIB(6), KIB(64), &retype), S2PT_OK);
	assert_true(lost_only(1, 2));
	/* Map with replace: the old page was dirty. */
	expect_lost(MIB(8));
	op.replace = true;
	assert_int_equal(kit_try_map(&kit, &op, MIB(8), KIB(64), PA + GIB(1), &clean), S2PT_OK);
	assert_true(lost_only(1, 2));
	/* In place of a table, its pages are asked one by one. */
	expect_lost(MIB(10));
	op.replace = true;
	assert_int_equal(kit_try_map(&kit, &op, MIB(10), MIB(2), PA + GIB(1), &clean), S2PT_OK);
	assert_true(lost_only(1, 2));
	/* One that is not logged counts as dirty; one that is not writable does not. */
	kit_map(&kit, MIB(12), KIB(16), PA, &ram, 3);
	kit_map(&kit, MIB(12) + KIB(16), KIB(16), PA, &ro, 3);
	expect_lost(MIB(12));
	assert_int_equal(kit_try_unmap(&kit, &op, MIB(12), KIB(32)), S2PT_OK);
	assert_true(lost_only(0, 4));
}

/* Shared: the answer has what was there. */
static void
test_replaced_was_dirty(void **state)
{
	struct s2pt_leaf clean;
	s2pt_desc before;

	(void)state;
	kit_map(&kit, MIB(2), KIB(8), PA, &ram, 3);
	shared_start(MIB(2), KIB(8));
	clean = clean_leaf();
	guest_writes(1, MIB(2));
	assert_int_equal(shared_replace(MIB(2), 12, PA + MIB(2), &clean, &before), S2PT_OK);
	assert_true(s2pt_table_is_dirty(table, before));
	assert_int_equal(shared_replace(MIB(2) + KIB(4), 12, PA + MIB(4), &clean, &before), S2PT_OK);
	assert_false(s2pt_table_is_dirty(table, before));
	/* What is dirty is the same as what is clean: an answer to a fault does not clean it. */
	guest_writes(1, MIB(2));
	kit_forget(&kit);
	assert_int_equal(shared_map(MIB(2), 12, PA + MIB(2), &clean), S2PT_OK);
	assert_int_equal(kit.log.stores, 0);
	assert_true(s2pt_table_is_dirty(table, shared_found(MIB(2)).desc));
	/* But not the same as one that is not logged. */
	assert_int_equal(shared_map(MIB(2), 12, PA + MIB(2), &ram), S2PT_ERR_EXISTS);
}

/* A right that comes back makes it dirty; software bits and AF are of no concern. */
static void
test_rights_come_back(void **state)
{
	struct s2pt_change change = { .set_w = true };

	(void)state;
	kit_map(&kit, MIB(2), KIB(16), PA, &ram, 3);
	shared_start(MIB(2), KIB(16));
	assert_int_equal(shared_relax(MIB(2), &change), S2PT_OK);
	assert_int_equal(kit_try_protect(&kit, &(struct s2pt_op){ 0 }, MIB(2) + KIB(8), PAGE, &change), S2PT_OK);
	assert_int_equal(collect(MIB(2), KIB(16), true), S2PT_OK);
	assert_int_equal(shared_word[0], 5);
	change = (struct s2pt_change){ .set_sw = 2, .clear_af = true };
	guest_writes(0, MIB(2) + KIB(4));
	kit_begin(&kit, MIB(2), KIB(16));
	assert_int_equal(s2pt_table_protect(table, &op, s2pt_ipa_of(MIB(2)), KIB(16), &change), S2PT_OK);
	model_op_end(kit.machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX);
	assert_int_equal(collect(MIB(2), KIB(16), true), S2PT_OK);
	assert_int_equal(shared_word[0], 2);
}

/* --- By run ------------------------------------------------------------------------------------------ */

static struct {
	uint64_t ipa, bytes;
} shown[64];
static unsigned shows;

static void
show(void *context, s2pt_ipa ipa, uint64_t bytes)
{
	assert_ptr_equal(context, &shows);
	assert_true(shows < 64);
	/* Nobody has it any more, and the table says that it is clean. */
	assert_int_equal(shared_raw(ipa.addr) & W, 0);
	if (shows)
		assert_true(shown[shows - 1].ipa + shown[shows - 1].bytes < ipa.addr);
	shown[shows].ipa = ipa.addr;
	shown[shows++].bytes = bytes;
}

static enum s2pt_status
take(uint64_t ipa, uint64_t size)
{
	return s2pt_bitmap_take(&shared_bitmap, table->format, s2pt_ipa_of(ipa), size, show, &shows);
}

/* Collect, and show what was found. */
static enum s2pt_status
visit(uint64_t ipa, uint64_t size, uint64_t budget)
{
	enum s2pt_status status;

	memset(&op, 0, sizeof(op));
	op.budget = budget;
	shows = 0;
	status = shared_collect(&op, ipa, size, true);
	if (op.done)
		assert_int_equal(take(ipa, op.done), S2PT_OK);
	assert_int_equal(shared_count(), 0);
	return status;
}

static void
test_visit(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 3);
	kit_map(&kit, MIB(4), MIB(2), PA, &ram, 2);
	shared_start(MIB(2), MIB(4));
	shared_blank(MIB(2) - KIB(20));
	assert_int_equal(visit(MIB(2), MIB(4), 0), S2PT_OK);
	assert_int_equal(shows, 0);
	guest_writes(0, MIB(2));
	guest_writes(0, MIB(2) + KIB(4));
	for (unsigned n = 50; n < 200; n++)
		guest_writes(1, MIB(2) + n * PAGE);
	guest_writes(1, MIB(4) - PAGE);
	guest_writes(1, MIB(4));
	assert_int_equal(visit(MIB(2), MIB(4), 0), S2PT_OK);
	assert_int_equal(shows, 3);
	assert_int_equal(shown[0].ipa, MIB(2));
	assert_int_equal(shown[0].bytes, KIB(8));
	assert_int_equal(shown[1].ipa, MIB(2) + KIB(200));
	assert_int_equal(shown[1].bytes, KIB(600));
	assert_int_equal(shown[2].ipa, MIB(4) - PAGE);
	assert_int_equal(shown[2].bytes, MIB(2) + PAGE);
	/* Within a budget: what is done was shown. */
	guest_writes(0, MIB(2) + KIB(40));
	guest_writes(0, MIB(2) + KIB(80));
	assert_int_equal(visit(MIB(2), MIB(2), 15), S2PT_ERR_BUDGET);
	assert_int_equal(op.done, KIB(60));
	assert_int_equal(shows, 1);
	assert_int_equal(visit(MIB(2) + KIB(60), MIB(2) - KIB(60), 1000), S2PT_OK);
	assert_int_equal(shows, 1);
	assert_int_equal(shown[0].ipa, MIB(2) + KIB(80));
	/* Refused: nothing is shown. */
	assert_int_equal(visit(MIB(2) - KIB(24), KIB(8), 0), S2PT_ERR_BITMAP);
	assert_int_equal(visit(MIB(2) + 1, KIB(8), 0), S2PT_ERR_IPA_ALIGN);
	assert_int_equal(shows, 0);
}

static void
set_first(void *context, s2pt_ipa ipa, uint64_t bytes)
{
	(void)context;
	assert_int_equal(bytes, 4 * PAGE);
	shared_word[0] |= UINT64_C(1) << ipa.addr / PAGE;
}

/* A part of what a bitmap says; what is not asked for stays. */
static void
test_take(void **state)
{
	(void)state;
	shared_blank(0);
	shared_word[0] = UINT64_C(7) << 62;
	shared_word[1] = 1;
	shared_bitmap.pages = 3;
	shows = 0;
	assert_int_equal(take(62 * PAGE, PAGE), S2PT_OK);
	assert_int_equal(shows, 1);
	assert_int_equal(shown[0].ipa, 62 * PAGE);
	assert_int_equal(shown[0].bytes, PAGE);
	assert_int_equal(shared_word[0], UINT64_C(1) << 63);
	shows = 0;
	assert_int_equal(take(0, 66 * PAGE), S2PT_OK);
	assert_int_equal(shows, 1);
	assert_int_equal(shown[0].ipa, 63 * PAGE);
	assert_int_equal(shown[0].bytes, 2 * PAGE);
	assert_int_equal(shared_word[0] | shared_word[1], 0);
	/* It counts what was set: that is not undone. */
	assert_int_equal(shared_bitmap.pages, 3);
	/* What the visitor sets stays for the next time. */
	shared_word[0] = UINT64_C(15) << 4;
	assert_int_equal(s2pt_bitmap_take(&shared_bitmap, table->format, s2pt_ipa_of(0), 64 * PAGE, set_first, NULL),
			 S2PT_OK);
	assert_int_equal(shared_word[0], UINT64_C(1) << 4);
	shared_word[0] = UINT64_MAX;
	shared_word[1] = UINT64_MAX;
	shared_word[2] = 1;
	shows = 0;
	assert_int_equal(take(PAGE, 127 * PAGE), S2PT_OK);
	assert_int_equal(shows, 1);
	assert_int_equal(shown[0].bytes, 127 * PAGE);
	assert_true(shared_word[0] == 1 && !shared_word[1] && shared_word[2] == 1);
	/* Refused. */
	shared_word[0] = 1;
	assert_int_equal(take(0, PAGE + 1), S2PT_ERR_SIZE_ALIGN);
	assert_int_equal(take(1, PAGE), S2PT_ERR_IPA_ALIGN);
	assert_int_equal(take(PAGE, UINT64_MAX - PAGE + 1), S2PT_ERR_BITMAP);
	shared_bitmap.base = s2pt_ipa_of(PAGE);
	assert_int_equal(take(0, PAGE), S2PT_ERR_BITMAP);
	shared_bitmap.base = s2pt_ipa_of(PAGE / 2);
	assert_int_equal(take(PAGE, PAGE), S2PT_ERR_BITMAP);
	shared_bitmap.base = s2pt_ipa_of(0);
	shared_bitmap.size = PAGE;
	assert_int_equal(take(0, 2 * PAGE), S2PT_ERR_BITMAP);
	assert_int_equal(shows, 1);
	assert_int_equal(shared_word[0], 1);
	shared_word[0] = 0;
}

/* What would report to a bitmap that has no place for it is refused, and changes nothing. */
static void
test_bitmap_bounds(void **state)
{
	static const struct s2pt_change read_only = { .clear_w = true };
	static const struct {
		uint64_t base, size;
	} bad[] = {
		{ MIB(2) + PAGE, MIB(1) },
		{ MIB(2) - PAGE / 2, MIB(1) },
		{ MIB(2) - PAGE, PAGE },
		{ MIB(2) - MIB(1), KIB(4) },
		{ MIB(2), PAGE - 1 },
	};

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 3);
	shared_start(MIB(2), MIB(2));
	guest_writes(0, MIB(2));
	for (unsigned n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		shared_blank(bad[n].base);
		shared_bitmap.size = bad[n].size;
		memset(&op, 0, sizeof(op));
		op.dirty = &shared_bitmap;
		kit_forget(&kit);
		assert_int_equal(s2pt_table_unmap(table, &op, s2pt_ipa_of(MIB(2)), PAGE), S2PT_ERR_BITMAP);
		assert_int_equal(s2pt_table_protect(table, &op, s2pt_ipa_of(MIB(2)), PAGE, &read_only),
				 S2PT_ERR_BITMAP);
		op.dirty = NULL;
		assert_int_equal(s2pt_table_dirty_collect(table, &op, s2pt_ipa_of(MIB(2)), PAGE,
							  &shared_bitmap, S2PT_COLLECT_CLEAR),
				 S2PT_ERR_BITMAP);
		assert_int_equal(s2pt_shared_age(table, &op, s2pt_ipa_of(MIB(2)), PAGE, S2PT_AGE_CLEAR,
						 &shared_bitmap),
				 S2PT_ERR_BITMAP);
		assert_int_equal(kit.log.stores, 0);
		assert_int_equal(shared_count(), 0);
	}
}

/* --- Masks ------------------------------------------------------------------------------------------- */

static void
test_mask(void **state)
{
	uint64_t mask[10] = { 0 };

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 3);
	kit_map(&kit, MIB(4), MIB(2), PA, &ram, 2);
	shared_start(MIB(2), MIB(4));
	for (unsigned n = 0; n < 128; n++)
		guest_writes(0, MIB(2) + n * PAGE);
	guest_writes(0, MIB(4));
	/* Bits count from where the mask begins, wherever that is. */
	mask[0] = UINT64_C(1) << 63 | 1u;
	mask[1] = 1;
	kit_forget(&kit);
	assert_int_equal(clear(MIB(2) + 3 * PAGE, mask, 65), S2PT_OK);
	assert_int_equal(op.done, 65 * PAGE);
	assert_int_equal(kit.log.stores, 3);
	assert_int_equal(kit.log.requests, 1);
	assert_int_equal(kit.log.request[0].ipa.addr, MIB(2) + 3 * PAGE);
	assert_int_equal(kit.log.request[0].size, 65 * PAGE);
	assert_int_equal(collect(MIB(2), MIB(2), false), S2PT_OK);
	assert_int_equal(shared_bitmap.pages, 125);
	assert_int_equal(shared_word[0], ~(UINT64_C(1) << 3));
	assert_int_equal(shared_word[1], ~(UINT64_C(3) << 2));
	/* A bit too many is not looked at. */
	mask[0] = UINT64_MAX;
	assert_int_equal(clear(MIB(2), mask, 2), S2PT_OK);
	assert_int_equal(shared_raw(MIB(2) + PAGE) & W, 0);
	assert_int_equal(shared_raw(MIB(2) + 2 * PAGE) & W, W);
	/* A block goes whole or not at all. */
	memset(mask, 0xff, sizeof(mask));
	mask[4] = ~UINT64_C(16);
	assert_int_equal(clear(MIB(4), mask, 512), S2PT_OK);
	assert_int_equal(shared_raw(MIB(4)) & W, W);
	mask[4] = UINT64_MAX;
	assert_int_equal(clear(MIB(4), mask, 511), S2PT_OK);
	assert_int_equal(clear(MIB(4) + PAGE, mask, 511), S2PT_OK);
	assert_int_equal(shared_raw(MIB(4)) & W, W);
	assert_int_equal(clear(MIB(4), mask, 512), S2PT_OK);
	assert_int_equal(shared_raw(MIB(4)) & W, 0);
}

/* --- All of it at random, against what the entries say, one by one ------------------------------------ */

static uint64_t seed;

static unsigned
below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)((seed >> 33) % n);
}

#define WINDOW 32768u

static struct page {
	uint64_t raw;
	bool leaf;
	unsigned first, last; /* of the leaf or group that it is of, in pages; beyond the window, too */
	bool any;             /* what the whole has of what is asked for */
} page[WINDOW];

static unsigned window, lg2;
static uint64_t window_ipa;
static bool groups;

/* Read the entry of every page of the window; which leaves or groups have all of @want? */
static void
read_pages(uint64_t want)
{
	for (unsigned n = 0; n < window; n++) {
		struct s2pt_found found = shared_found(window_ipa + ((uint64_t)n << lg2));
		uint64_t first = found.ipa.addr, size = found.size;
		struct page *p = &page[n];

		p->raw = found.desc.raw;
		p->leaf = p->raw & 1u;
		p->any = (p->raw & want) == want;
		if (p->leaf && p->raw & MODEL_ATTR_CONT) {
			size <<= s2pt_format_contiguous_lg2(&kit.machine.format, found.level);
			first &= ~(size - 1u);
		}
		/* The window begins and ends at blocks' ends. */
		p->first = (unsigned)((first - window_ipa) >> lg2);
		p->last = p->first + (unsigned)(size >> lg2) - 1u;
	}
	for (unsigned n = 0; n < window; n++)
		if (page[n].leaf && page[n].any)
			for (unsigned i = page[n].first; i <= page[n].last; i++)
				page[i].any = true;
}

static void
random_mappings(void)
{
	const unsigned group = 1u << s2pt_format_contiguous_lg2(&kit.machine.format, 3);
	const unsigned block = 1u << s2pt_format_stride(&kit.machine.format);

	/* Without groups 64 pages are dealt with as one, if they are alike. */
	kit_unmap(&kit, window_ipa, (uint64_t)window << lg2);
	for (unsigned n = 0; n < window;) {
		const unsigned sizes[] = { 1, 1, 64, group, 2 * group, block };
		unsigned size = sizes[below(6)];
		uint64_t ipa = window_ipa + ((uint64_t)n << lg2);
		struct s2pt_leaf leaf = ram;

		if (n % size)
			n += size - n % size;
		if (size > window - n)
			break;
		ipa = window_ipa + ((uint64_t)n << lg2);
		leaf.af = below(3);
		leaf.w = below(4);
		if (below(4)) {
			s2pt_table_dirty_leaf(table, &leaf);
			leaf.w = below(2);
		}
		if (below(6))
			kit_map(&kit, ipa, (uint64_t)size << lg2, ipa, &leaf,
				size == 64 || (!groups && size < block) ? 3
				: groups                                ? 0
									: 2);
		n += size;
		/* The rest of the block: alike, quickly. */
		if (below(40) == 0)
			n += block - n % block;
	}
}

/* What one member of a group is not, another may be. */
static void
random_uses(void)
{
	for (unsigned i = 0; i < window / 16; i++) {
		uint64_t ipa = window_ipa + ((uint64_t)below(window) << lg2);

		shared_set_af(ipa);
		if (is_hardware())
			kit_access(&kit, below(2), MODEL_WRITE, ipa, NULL);
		else
			shared_mark_dirty(ipa, 0);
	}
}

static struct s2pt_bitmap *bitmap; /* or NULL */

enum {
	DO_COLLECT,
	DO_CLEAR,
	DO_AGE,
	DO_AGE_ALONE,
	DOS,
};

static enum s2pt_status
collect_some(unsigned what, s2pt_ipa ipa, uint64_t size, unsigned how, const struct s2pt_bitmap *pages)
{
	switch (what) {
	case DO_COLLECT:
		return s2pt_table_dirty_collect(table, &op, ipa, size, &shared_bitmap, how ? S2PT_COLLECT_CLEAR : 0);
	case DO_CLEAR:
		return s2pt_table_dirty_clear(table, &op, ipa, size, pages);
	case DO_AGE:
		return s2pt_shared_age(table, &op, ipa, size, (enum s2pt_age)how, bitmap);
	default:
		return s2pt_table_age(table, &op, ipa, size, (enum s2pt_age)how, &shared_bitmap);
	}
}

static unsigned mask_begin; /* the page of its bit 0 */
static uint64_t mask[WINDOW / 64], word[WINDOW / 64 + 1], wanted[WINDOW / 64 + 1];

static bool
is_named(unsigned first, unsigned last)
{
	for (unsigned n = first - mask_begin; n <= last - mask_begin; n++)
		if (!(mask[n / 64] >> n % 64 & 1u))
			return false;
	return true;
}

/* What the operation should do to the pages from @begin to @end: reported in @wanted; page[].raw after. */
static uint64_t
predict(unsigned what, unsigned begin, unsigned end, unsigned base, uint64_t cleared)
{
	uint64_t reported = 0;

	memset(wanted, 0, sizeof(wanted));
	for (unsigned n = begin; n < end; n++) {
		struct page *p = &page[n];
		const bool whole = what >= DO_AGE || (p->first >= begin && p->last < end);

		if (!p->leaf || !p->any)
			continue;
		if (what != DO_CLEAR) {
			wanted[(n - base) / 64] |= UINT64_C(1) << (n - base) % 64;
			reported++;
		}
		if (whole && (what != DO_CLEAR || is_named(p->first, p->last)))
			for (unsigned i = p->first; i <= p->last; i++)
				page[i].raw &= ~cleared;
	}
	return reported;
}

static void
random_collect(bool traced)
{
	const unsigned what = below(DOS), how = what >= DO_AGE ? below(3) : below(2);
	const unsigned begin = below(window), end = begin + 1 + below(window - begin);
	const unsigned base = below(2) ? begin & ~63u : begin - below(begin < 100 ? begin + 1 : 100);
	const uint64_t want = 1u | (what >= DO_AGE ? AF : W | tracking_bit());
	const uint64_t cleared = what == DO_CLEAR || how ? (what >= DO_AGE ? AF : W) : 0;
	/* What a leaf says, group or not, is cleared only where it says all that is asked for. */
	uint64_t reported, at = begin;
	enum s2pt_status status;
	struct s2pt_bitmap pages;

	mask_begin = begin - below(begin < 100 ? begin + 1 : 100);
	pages.base = s2pt_ipa_of(window_ipa + ((uint64_t)mask_begin << lg2));
	pages.size = (uint64_t)(window - mask_begin) << lg2;
	pages.word = mask;
	for (unsigned n = 0; n < window / 64; n++)
		mask[n] = below(3) ? UINT64_MAX : ~(UINT64_C(1) << below(64));
	read_pages(want);
	for (unsigned n = 0; n < window; n++)
		page[n].leaf = page[n].leaf && page[n].any;
	memset(word, 0, sizeof(word));
	shared_bitmap.base = s2pt_ipa_of(window_ipa + ((uint64_t)base << lg2));
	shared_bitmap.size = (uint64_t)window << lg2;
	shared_bitmap.word = word;
	shared_bitmap.pages = 0;
	bitmap = what == DO_AGE && below(4) == 0 ? NULL : &shared_bitmap;
	memset(&op, 0, sizeof(op));
	op.budget = below(2) ? 1 + below(700) : 0;
	kit_forget(&kit);
	reported = predict(what, begin, end, base, 0);
	do {
		uint64_t size = (end - at) << lg2;
		const s2pt_ipa ipa = s2pt_ipa_of(window_ipa + (at << lg2));

		kit_begin(&kit, ipa.addr, size);
		status = collect_some(what, ipa, size, how, &pages);
		model_op_end(kit.machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX);
		shared_judge();
		assert_true(op.done || status == S2PT_OK);
		if (op.budget)
			assert_true(op.done >> lg2 <= (uint64_t)window);
		/* Each call cuts what it ends in. */
		predict(what, (unsigned)at, (unsigned)at + (unsigned)(size >> lg2), base, cleared);
		reported = predict(what, begin, end, base, 0);
		at += op.done >> lg2;
	} while (status == S2PT_ERR_BUDGET);
	assert_int_equal(status, S2PT_OK);
	assert_int_equal(at, end);
	if (bitmap) {
		assert_memory_equal(word, wanted, sizeof(word));
		assert_int_equal(shared_bitmap.pages, reported);
	}
	for (unsigned n = 0; n < window; n++)
		if (shared_raw(window_ipa + ((uint64_t)n << lg2)) != page[n].raw)
			fail_msg("page %u: 0x%llx, not 0x%llx", n,
				 (unsigned long long)shared_raw(window_ipa + ((uint64_t)n << lg2)),
				 (unsigned long long)page[n].raw);
	if (!cleared && traced)
		assert_int_equal(kit.log.stores, 0);
}

/* --- What was written stays written, whatever becomes of leaves and groups --------------------------- */

/* Of each page: is it dirty; is it young? A page that is not mapped is neither. */
static void
read_written(bool *dirty, bool *young)
{
	read_pages(1u | W | tracking_bit());
	for (unsigned n = 0; n < window; n++)
		dirty[n] = page[n].leaf && page[n].any;
	read_pages(1u | AF);
	for (unsigned n = 0; n < window; n++)
		young[n] = page[n].leaf && page[n].any;
}

/* From page @n on, how many are there whose memory is one piece? */
static unsigned
count_piece(unsigned n, s2pt_pa *from)
{
	const unsigned first = n;
	s2pt_pa pa;

	for (; n < window; n++) {
		const s2pt_ipa ipa = s2pt_ipa_of(window_ipa + ((uint64_t)n << lg2));

		if (s2pt_table_translate(table, ipa, &pa) != S2PT_OK)
			break;
		if (n == first)
			*from = pa;
		if (pa.addr != from->addr + ((uint64_t)(n - first) << lg2))
			break;
	}
	return n - first;
}

static enum s2pt_status
reshape(unsigned what, s2pt_ipa ipa, uint64_t size, unsigned first)
{
	const struct s2pt_change executable = { .set_x_el1 = true, .set_x_el0 = true };
	const uint64_t steps[] = { 1, 1u << s2pt_format_contiguous_lg2(&kit.machine.format, 3),
				   1u << s2pt_format_stride(&kit.machine.format) };
	s2pt_pa from = s2pt_pa_of(0);
	uint64_t most;

	switch (what) {
	case 0:
		return s2pt_table_split(table, &op, ipa, size, table->format->granule_lg2);
	case 1:
		return s2pt_table_collapse(table, &op, ipa, size);
	case 2:
		return s2pt_table_protect(table, &op, ipa, size, &executable);
	default:
		most = (uint64_t)count_piece(first, &from) << lg2;
		if (!most)
			return S2PT_OK;
		return s2pt_table_move(
			table, &op, ipa, size < most ? size : most,
			&(struct s2pt_move){ .from = from, .to = s2pt_pa_of(from.addr + (steps[below(3)] << lg2)) });
	}
}

static void
random_reshape(void)
{
	static bool dirty[2][WINDOW], young[2][WINDOW];
	const unsigned first = below(window), count = 1 + below(window - first), what = below(4);
	const s2pt_ipa ipa = s2pt_ipa_of(window_ipa + ((uint64_t)first << lg2));
	enum s2pt_status status;

	read_written(dirty[0], young[0]);
	memset(&op, 0, sizeof(op));
	op.budget = below(2) ? 1 + below(200) : 0;
	op.batch = below(2) ? 1 + below(40) : 0;
	kit_begin(&kit, ipa.addr, (uint64_t)count << lg2);
	status = reshape(what, ipa, (uint64_t)count << lg2, first);
	model_op_end(kit.machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX);
	shared_judge();
	if (status != S2PT_ERR_BUDGET && !(what == 3 && status == S2PT_ERR_OA_ALIGN))
		assert_int_equal(status, S2PT_OK);
	read_written(dirty[1], young[1]);
	for (unsigned n = 0; n < window; n++)
		if ((dirty[0][n] && !dirty[1][n]) || (young[0][n] && !young[1][n]))
			fail_msg("operation %u: page %u was dirty %d, young %d, and is dirty %d, young %d", what, n,
				 dirty[0][n], young[0][n], dirty[1][n], young[1][n]);
}

static void
test_random(void **state)
{
	const uint64_t first = kit_seed();

	(void)state;
	for (unsigned n = 0; n < 3 * 2 * 2 * 2; n++) {
		static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K,
							      S2PT_GRANULE_64K };
		struct machine_shape shape = kit_shape(granules[n % 3]);

		shape.haf = shape.hd = n / 3 & 1;
		shape.direct = n / 6 & 1;
		groups = n / 12;
		shape.smmu = false;
		seed = first * 64 + n;
		shared_open(&shape);
		lg2 = shape.granule;
		window = 4u << s2pt_format_stride(&kit.machine.format);
		window_ipa = (uint64_t)window << lg2;
		/* Which bit is the tracking bit. */
		shared_start(0, (uint64_t)1 << lg2);
		for (unsigned round = 0; round < (n % 3 == 2 ? 1 : 3); round++) {
			random_mappings();
			random_uses();
			for (unsigned i = 0; i < 6; i++)
				random_collect(!shape.direct);
			random_uses();
			for (unsigned i = 0; i < 6; i++)
				random_reshape();
			random_collect(!shape.direct);
		}
		shared_teardown_any(NULL);
	}
}

int
main(void)
{
#define SOFTWARE(name) cmocka_unit_test_setup_teardown(test_##name, shared_setup, shared_teardown_any)
#define HARDWARE(name) { "hardware: " #name, test_##name, shared_setup_hardware, shared_teardown_any, NULL }
#define BOTH(name)     SOFTWARE(name), HARDWARE(name)
	const struct CMUnitTest tests[] = {
		SOFTWARE(age),
		SOFTWARE(age_forgets),
		SOFTWARE(age_without_bitmap),
		SOFTWARE(age_table_beside_blocks),
		SOFTWARE(replace_keeps_dirty),
		SOFTWARE(age_block),
		SOFTWARE(age_by_page),
		SOFTWARE(age_group),
		SOFTWARE(refusals),
		SOFTWARE(tracking_bit),
		HARDWARE(tracking_bit_hardware),
		BOTH(log),
		BOTH(no_lost_write),
		BOTH(lost_without_invalidation),
		BOTH(collect_under_hold),
		BOTH(no_bitmap),
		cmocka_unit_test(test_collect_resized),
		BOTH(start_cuts),
		SOFTWARE(split_on_write),
		BOTH(split_and_collapse),
		SOFTWARE(group_software),
		HARDWARE(group_hardware),
		HARDWARE(group_moves),
		HARDWARE(group_splits),
		cmocka_unit_test(test_group_young),
		BOTH(lost_rights),
		BOTH(replaced_was_dirty),
		BOTH(rights_come_back),
		BOTH(visit),
		SOFTWARE(take),
		SOFTWARE(bitmap_bounds),
		BOTH(mask),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("live: the access flag and dirty state", tests, NULL, NULL);
}
