/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What an operation says of itself: a plan of a map, beside the map that follows; calls that go on where the last one
 * stopped, beside one that does all at once; what a zap took; leaves that keep their size.
 */
#include "pool.h"
#include "random.h"

#include <s2pt/tracking.h>

#include <stdio.h>
#include <string.h>

#define PAGES  2048u /* of the window: four tables */
#define LG2    12u
#define GIB    (UINT64_C(1) << 30)
#define MIB2   (UINT64_C(2) << 20)
#define WINDOW (GIB - 2 * MIB2) /* it ends in another table of level 2 */
#define POOL   (UINT64_C(1024) << LG2)
#define ROUNDS 4000u
#define FIXED  4u

static struct {
	struct s2pt_format format;
	struct s2pt_table table, other;
	struct s2pt_mapping rw, ro;
	unsigned allocs, changes; /* stores and invalidations */
} m;

static bool
alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	m.allocs++;
	return pool_alloc(context, what, bytes, page);
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	(void)requests;
	(void)count;
	m.changes++;
}

static void
trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	(void)context;
	(void)entry;
	(void)before;
	(void)after;
	m.changes++;
}

static struct s2pt_host_ops host = {
	.size = sizeof(host),
	.alloc = alloc,
	.retire = retire_nothing,
	.invalidate = invalidate,
	.publish = publish_nothing,
	.trace = trace,
};

static void
open_table(uint64_t page_limit, bool no_contiguous)
{
	const struct s2pt_features cpu = { .feats = S2PT_FEAT_TTST, .pa_bits = 48, .granule_4k = true };
	struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .af = true };
	struct s2pt_config config;

	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 39;
	config.no_contiguous = no_contiguous;
	config.fixed_sw = FIXED;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
	pool.used = 0;
	host.virt_offset = pool_offset();
	memset(&m.table, 0, sizeof(m.table));
	memset(&m.other, 0, sizeof(m.other));
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &host, page_limit), S2PT_OK, "init");
	CHECK_STATUS(s2pt_table_init(&m.other, &m.format, &host, page_limit), S2PT_OK, "init");
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, 0, &m.ro), S2PT_OK, "mapping");
	leaf.w = true;
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, 0, &m.rw), S2PT_OK, "mapping");
}

/* A range of the window, and what is to be done with it. */
struct call {
	uint64_t ipa, size, pa;
	const struct s2pt_mapping *mapping;
	struct s2pt_op op;
};

static struct call
random_call(void)
{
	static const unsigned aligns[] = { 1, 1, 16, 512, 512 };
	static const uint8_t caps[] = { 0, 0, 12, 16, 21 };
	const unsigned align = aligns[random_below(5)];
	const uint64_t first = random_below(PAGES) / align * align;
	uint64_t count = 1 + random_below(3 * align) / align * align;
	struct call call = { .ipa = WINDOW + (first << LG2), .mapping = random_below(4) ? &m.rw : &m.ro };

	if (count > PAGES - first)
		count = PAGES - first;
	call.size = count << LG2;
	call.pa = random_below(4) ? call.ipa + 4 * GIB : call.ipa + 5 * GIB + ((uint64_t)random_below(4) << LG2);
	call.op.replace = random_below(2);
	call.op.max_lg2 = caps[random_below(5)];
	call.op.partial = (enum s2pt_partial)random_below(3);
	return call;
}

static enum s2pt_status
run_map(struct s2pt_table *table, struct call *call)
{
	return s2pt_table_map(table, &call->op, s2pt_ipa_of(call->ipa), call->size, s2pt_pa_of(call->pa),
			      call->mapping);
}

static enum s2pt_status
run_plan(struct s2pt_table *table, struct call *call, struct s2pt_map_plan *plan)
{
	return s2pt_table_map_plan(table, &call->op, s2pt_ipa_of(call->ipa), call->size, s2pt_pa_of(call->pa),
				   call->mapping, plan);
}

/* --- Plans ------------------------------------------------------------------------------------------- */

struct tally {
	uint64_t leaves[5], contiguous[5];
};

static bool
tally_run(void *context, const struct s2pt_run *run)
{
	struct tally *tally = context;

	for (uint64_t n = 0; n < run->count; n++) {
		tally->leaves[run->level + 1]++;
		tally->contiguous[run->level + 1] += run->leaf[n].raw >> 52 & 1u;
	}
	return true;
}

static struct tally
tally_of(uint64_t ipa, uint64_t size)
{
	struct tally tally = { { 0 }, { 0 } };

	CHECK_STATUS(s2pt_table_visit(&m.table, s2pt_ipa_of(ipa), size, tally_run, &tally), S2PT_OK, "visit");
	return tally;
}

/* Leaves that are what @call maps already are not counted: those of the range before. */
static void
check_leaves(const struct call *call, const struct s2pt_map_plan *plan, const struct tally *before)
{
	const struct tally after = tally_of(call->ipa, call->size);

	for (unsigned level = 0; level < 5; level++) {
		CHECK_U64(plan->leaves[level], after.leaves[level] - before->leaves[level], "leaves");
		CHECK_U64(plan->contiguous[level], after.contiguous[level] - before->contiguous[level], "hints");
	}
}

/*
 * The map that follows a plan ends as that said: status, how far, pages. And a plan changes nothing. Of an empty range
 * it tells the leaves, too.
 */
static void
test_plans(void **state)
{
	unsigned ended[S2PT_STATUS_COUNT] = { 0 }, empty = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		const uint64_t limit = random_below(4) ? 0 : 2 + random_below(5);

		open_table(limit, random_below(4) == 0);
		for (unsigned n = 1 + random_below(8); n; n--) {
			struct call call = random_call(), again = call;
			struct tally before = tally_of(call.ipa, call.size);
			uint64_t pages = m.table.pages, used = m.allocs;
			bool was_empty = true, unlinks;
			struct s2pt_map_plan plan;
			enum s2pt_status status, mapped;

			for (unsigned level = 0; level < 5; level++)
				was_empty = was_empty && !before.leaves[level];
			m.changes = 0;
			POISONED(plan);
			status = run_plan(&m.table, &call, &plan);
			assert_int_equal(m.changes, 0);
			assert_int_equal(m.allocs, used);
			assert_int_equal(m.table.pages, pages);
			ended[status]++;
			/* Tables that a replacement gives back may serve it, where the plan says MEMORY. */
			unlinks = status == S2PT_ERR_MEMORY && call.op.replace && !was_empty;
			if (unlinks)
				continue;
			/* Memory may end before the map comes to what is in its way. */
			mapped = run_map(&m.table, &again);
			if (mapped == S2PT_ERR_MEMORY) {
				CHECK(status == S2PT_ERR_EXISTS || plan.pages > limit - pages,
				      "%" PRIu64 " pages would do", plan.pages);
				break;
			}
			CHECK_STATUS(mapped, status, "the map that was planned");
			CHECK_U64(again.op.done, plan.done, "done");
			CHECK_U64(call.op.done, 0, "where the map begins");
			if (status == S2PT_OK && call.op.partial != S2PT_PARTIAL_ZAP)
				CHECK_U64(m.allocs - used, plan.pages, "pages");
			CHECK(m.allocs - used <= plan.pages, "more than %" PRIu64 " pages", plan.pages);
			if (status == S2PT_OK && was_empty) {
				check_leaves(&call, &plan, &before);
				empty++;
			}
		}
	}
	CHECK(ended[S2PT_OK] > 1000 && ended[S2PT_ERR_EXISTS] > 100 && ended[S2PT_ERR_WOULD_SPLIT] > 20 &&
		      ended[S2PT_ERR_MEMORY] > 20 && empty > 1000,
	      "%u, %u, %u, %u, %u", ended[S2PT_OK], ended[S2PT_ERR_EXISTS], ended[S2PT_ERR_WOULD_SPLIT],
	      ended[S2PT_ERR_MEMORY], empty);
}

/* What is refused before anything is looked at leaves the plan alone. */
static void
test_refused_plans(void **state)
{
	const struct s2pt_mapping none = { 0, 0 };
	struct s2pt_map_plan plan;
	struct call call;

	(void)state;
	open_table(0, false);
	call = random_call();
	POISONED(plan);
	call.size = 0;
	CHECK_STATUS(run_plan(&m.table, &call, &plan), S2PT_ERR_EMPTY, "no bytes");
	call.size = PAGE;
	call.mapping = &none;
	CHECK_STATUS(run_plan(&m.table, &call, &plan), S2PT_ERR_MAPPING, "no mapping");
	call.mapping = &m.rw;
	call.pa = 1;
	CHECK_STATUS(run_plan(&m.table, &call, &plan), S2PT_ERR_PA_ALIGN, "PA");
	CHECK_UNTOUCHED(plan, "s2pt_table_map_plan");
	call.pa = 0;
	CHECK_STATUS(run_plan(&m.table, &call, &plan), S2PT_OK, "a page");
	CHECK_U64(plan.pages, 2, "tables of two levels");
	CHECK_U64(plan.leaves[4], 1, "a page");
}

/* A plan keeps the position that a map goes on from. */
static void
test_planned_position(void **state)
{
	struct call call = { .ipa = GIB, .size = 4 * PAGE, .pa = GIB, .mapping = &m.rw };
	struct s2pt_map_plan plan;

	(void)state;
	open_table(0, true);
	call.op.resume = true;
	call.op.done = PAGE;
	CHECK_STATUS(run_plan(&m.table, &call, &plan), S2PT_OK, "plan");
	CHECK_U64(plan.leaves[4], 3, "pages");
	CHECK_U64(plan.done, 4 * PAGE, "how far");
	CHECK_U64(call.op.done, PAGE, "from where");
	CHECK_STATUS(run_map(&m.table, &call), S2PT_OK, "map");
	CHECK_U64(call.op.done, 4 * PAGE, "done");
	CHECK_STATUS(s2pt_table_translate(&m.table, s2pt_ipa_of(GIB + PAGE), &(s2pt_pa){ 0 }), S2PT_OK, "mapped");
}

/* What a zap could not report it does not take: the plan says so. And a table may have more pages than its limit. */
static void
test_planned_refusals(void **state)
{
	uint64_t word[8] = { 0 };
	struct s2pt_bitmap small = { .base = s2pt_ipa_of(GIB), .size = PAGE, .word = word };
	struct s2pt_bitmap large = { .base = s2pt_ipa_of(GIB), .size = MIB2, .word = word };
	struct call block = { .ipa = GIB, .size = MIB2, .pa = GIB, .mapping = &m.rw };
	struct call page = { .ipa = GIB, .size = PAGE, .pa = 2 * GIB, .mapping = &m.rw };
	struct s2pt_map_plan plan;

	(void)state;
	open_table(0, true);
	CHECK_STATUS(run_map(&m.table, &block), S2PT_OK, "map");
	page.op.replace = true;
	page.op.partial = S2PT_PARTIAL_ZAP;
	page.op.dirty = &small;
	CHECK_STATUS(run_plan(&m.table, &page, &plan), S2PT_ERR_WOULD_SPLIT, "plan");
	CHECK_STATUS(run_map(&m.table, &page), S2PT_ERR_WOULD_SPLIT, "map");
	page.op.dirty = &large;
	CHECK_STATUS(run_plan(&m.table, &page, &plan), S2PT_OK, "plan");
	CHECK_U64(plan.pages, 2, "a table, and the one that goes empty");
	m.table.page_limit = 0;
	CHECK_STATUS(run_plan(&m.table, &page, &plan), S2PT_ERR_MEMORY, "above the limit already");
	CHECK_STATUS(run_plan(&m.table, &block, &plan), S2PT_OK, "no table is needed");
}

/* By a budget a table is replaced by parts, as smaller leaves; without, as a whole. */
static void
test_planned_budget(void **state)
{
	(void)state;
	for (unsigned budget = 0; budget < 2; budget++) {
		struct call parts = { .ipa = GIB, .size = 2 * MIB2, .pa = GIB, .mapping = &m.ro };
		struct call whole = { .ipa = GIB, .size = GIB, .pa = 2 * GIB, .mapping = &m.rw };
		struct s2pt_map_plan plan;

		open_table(0, true);
		parts.op.max_lg2 = 12;
		CHECK_STATUS(run_map(&m.table, &parts), S2PT_OK, "map: three tables");
		whole.op.replace = true;
		whole.op.budget = budget ? 2 : 0;
		CHECK_STATUS(run_plan(&m.table, &whole, &plan), S2PT_OK, "plan");
		CHECK_U64(plan.leaves[2], !budget, "blocks of 1 GiB");
		CHECK_U64(plan.leaves[3], budget ? 512 : 0, "blocks of 2 MiB");
		CHECK_U64(plan.pages, 0, "tables");
	}
}

/* The most that any operation takes, by operation. */
static void
test_pages_needed(void **state)
{
	static const struct {
		enum s2pt_operation operation;
		uint64_t ipa, size;
		uint8_t max_lg2;
		uint64_t pages;
	} rows[] = {
		{ S2PT_OPERATION_MAP, 0, GIB, 0, 1 + 512 },
		{ S2PT_OPERATION_MAP, 0, GIB, 21, 1 + 2 },
		{ S2PT_OPERATION_ANNOTATE, 0, GIB, 12, 1 + 512 },
		{ S2PT_OPERATION_SPLIT, 0, 2 * GIB, 21, 2 + 2 },
		{ S2PT_OPERATION_SPLIT, 0, GIB, 12, 1 + 512 },
		{ S2PT_OPERATION_UNMAP, PAGE, 4 * GIB, 12, 2 + 2 },
		{ S2PT_OPERATION_PROTECT, PAGE, PAGE, 12, 1 + 1 },
		{ S2PT_OPERATION_MOVE, GIB - PAGE, 2 * PAGE, 0, 2 + 2 },
		{ S2PT_OPERATION_COLLAPSE, 0, 4 * GIB, 0, 0 },
	};

	(void)state;
	open_table(0, false);
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_U64(s2pt_table_pages_needed(&m.table, rows[i].operation, s2pt_ipa_of(rows[i].ipa), rows[i].size,
						  rows[i].max_lg2),
			  rows[i].pages, "pages");
}

/* --- Going on ---------------------------------------------------------------------------------------- */

enum { MAP,
       UNMAP,
       PROTECT,
       ANNOTATE,
       SPLIT,
       COLLAPSE,
       MOVE,
       KINDS };

static enum s2pt_status
run(struct s2pt_table *table, unsigned kind, struct call *call)
{
	const struct s2pt_move move = { .from = s2pt_pa_of(call->pa), .to = s2pt_pa_of(call->pa + 16 * GIB) };
	const struct s2pt_change change = { .clear_w = true };
	const s2pt_ipa ipa = s2pt_ipa_of(call->ipa);

	switch (kind) {
	case UNMAP:
		return s2pt_table_unmap(table, &call->op, ipa, call->size);
	case PROTECT:
		return s2pt_table_protect(table, &call->op, ipa, call->size, &change);
	case ANNOTATE:
		return s2pt_table_annotate(table, &call->op, ipa, call->size, 7);
	case SPLIT:
		return s2pt_table_split(table, &call->op, ipa, call->size, 12);
	case COLLAPSE:
		return s2pt_table_collapse(table, &call->op, ipa, call->size);
	case MOVE:
		return s2pt_table_move(table, &call->op, ipa, call->size, &move);
	default:
		return run_map(table, call);
	}
}

/* Sizes of leaves may differ, since a budget replaces larger parts as smaller leaves; where they lead to may not. */
static void
check_same(unsigned round)
{
	for (uint64_t at = WINDOW; at < WINDOW + (PAGES << LG2); at += PAGE) {
		struct s2pt_found a, b;

		CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(at), &a), S2PT_OK, "lookup");
		CHECK_STATUS(s2pt_table_lookup(&m.other, s2pt_ipa_of(at), &b), S2PT_OK, "lookup");
		CHECK((a.desc.raw & 0x6000000000000fc) == (b.desc.raw & 0x6000000000000fc) &&
			      (a.desc.raw & 1u) == (b.desc.raw & 1u) &&
			      (!(a.desc.raw & 1u) || a.pa.addr + (at - a.ipa.addr) == b.pa.addr + (at - b.ipa.addr)),
		      "round %u, 0x%" PRIx64 ": 0x%" PRIx64 " and 0x%" PRIx64, round, at, a.desc.raw, b.desc.raw);
	}
}

/* The same call again and again, by its budget, ends as one without. */
static void
test_resume(void **state)
{
	unsigned resumed[KINDS] = { 0 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS / 2; round++) {
		open_table(0, false);
		for (unsigned n = 1 + random_below(10); n; n--) {
			const unsigned kind = random_below(KINDS);
			struct call whole = random_call(), parts;
			enum s2pt_status status, got;

			whole.op.partial = S2PT_PARTIAL_SPLIT;
			parts = whole;
			parts.op.resume = true;
			parts.op.budget = 1 + random_below(random_below(2) ? 3 : 40);
			status = run(&m.table, kind, &whole);
			while ((got = run(&m.other, kind, &parts)) == S2PT_ERR_BUDGET) {
				assert_true(parts.op.done < parts.size);
				resumed[kind]++;
			}
			CHECK_STATUS(got, status, "in parts");
			if (status == S2PT_OK)
				CHECK_U64(parts.op.done, parts.size, "done");
			/* A refusal in the middle of a table may come sooner, or later, by a budget. */
			if (status != S2PT_OK)
				break;
			/* All is done: nothing happens. */
			m.changes = 0;
			CHECK_STATUS(run(&m.other, kind, &parts), S2PT_OK, "once more");
			assert_int_equal(m.changes, 0);
			check_same(round);
		}
	}
	for (unsigned kind = 0; kind < KINDS; kind++)
		CHECK(resumed[kind] > 5, "kind %u went on %u times", kind, resumed[kind]);
}

/* What is no position in the range is refused, by each operation, and stays what it was. */
static void
test_positions(void **state)
{
	(void)state;
	open_table(0, false);
	for (unsigned kind = 0; kind < KINDS; kind++)
		for (unsigned n = 0; n < 3; n++) {
			static const uint64_t done[] = { 1, 4 * PAGE + 1, 5 * PAGE };
			struct call call = { .ipa = WINDOW, .size = 4 * PAGE, .pa = GIB, .mapping = &m.rw };

			call.op.resume = true;
			call.op.done = done[n];
			m.changes = 0;
			CHECK_STATUS(run(&m.table, kind, &call), S2PT_ERR_POSITION, "position");
			CHECK_U64(call.op.done, done[n], "done");
			assert_int_equal(m.changes, 0);
			/* Without resume it is not looked at. */
			call.op.resume = false;
			assert_int_not_equal(run(&m.table, kind, &call), S2PT_ERR_POSITION);
		}
	/* A page that is mapped is not mapped again, and one that is not is. */
	struct call page = { .ipa = WINDOW + GIB, .size = PAGE, .pa = GIB, .mapping = &m.rw };

	page.op.resume = true;
	CHECK_STATUS(run_map(&m.table, &page), S2PT_OK, "map");
	CHECK_U64(page.op.done, PAGE, "done");
	CHECK_STATUS(s2pt_table_unmap(&m.table, &(struct s2pt_op){ 0 }, s2pt_ipa_of(page.ipa), PAGE), S2PT_OK, "unmap");
	CHECK_STATUS(run_map(&m.table, &page), S2PT_OK, "done already");
	CHECK_STATUS(s2pt_table_translate(&m.table, s2pt_ipa_of(page.ipa), &(s2pt_pa){ 0 }), S2PT_ERR_NOT_MAPPED,
		     "not mapped once more");
}

enum { START,
       COLLECT,
       CLEAR,
       AGE,
       SHARED_AGE,
       STOP,
       TRACKINGS };

static enum s2pt_status
track(unsigned kind, struct s2pt_op *op, uint64_t size, struct s2pt_bitmap *bitmap)
{
	const s2pt_ipa ipa = s2pt_ipa_of(GIB);

	switch (kind) {
	case START:
		return s2pt_table_dirty_start(&m.table, op, ipa, size, 1, 0);
	case COLLECT:
		return s2pt_table_dirty_collect(&m.table, op, ipa, size, bitmap, 0);
	case CLEAR:
		return s2pt_table_dirty_clear(&m.table, op, ipa, size, bitmap);
	case AGE:
		return s2pt_table_age(&m.table, op, ipa, size, S2PT_AGE_TEST, bitmap);
	case SHARED_AGE:
		return s2pt_shared_age(&m.table, op, ipa, size, S2PT_AGE_CLEAR, bitmap);
	default:
		return s2pt_table_dirty_stop(&m.table, op, ipa, size);
	}
}

/* Words of a mask that name nothing cost no budget: what one call looks at begins with the next page that is named. */
static void
test_unnamed(void **state)
{
	const uint64_t size = 1000 * PAGE;
	struct call call = { .ipa = GIB, .size = size, .pa = GIB, .mapping = &m.rw };
	struct s2pt_op op = { .budget = 1 };
	uint64_t word[16] = { 0 };
	struct s2pt_found found;
	struct s2pt_bitmap mask = { .base = s2pt_ipa_of(GIB), .size = size, .word = word };

	(void)state;
	open_table(0, true);
	call.op.max_lg2 = 12;
	CHECK_STATUS(run_map(&m.table, &call), S2PT_OK, "map");
	CHECK_STATUS(track(START, &(struct s2pt_op){ 0 }, size, NULL), S2PT_OK, "start");
	/* The last pages are less than a word. */
	CHECK_STATUS(track(CLEAR, &op, size, &mask), S2PT_ERR_BUDGET, "nothing named");
	CHECK_U64(op.done, 961 * PAGE, "done");
	CHECK_STATUS(track(CLEAR, &op, 960 * PAGE, &mask), S2PT_OK, "nothing named, whole words");
	CHECK_U64(op.done, 960 * PAGE, "done");
	word[3] = UINT64_C(1) << 63;
	CHECK_STATUS(s2pt_shared_mark_dirty(&m.table, NULL, s2pt_ipa_of(GIB + 255 * PAGE), 0, NULL), S2PT_OK, "write");
	op.budget = 64;
	CHECK_STATUS(track(CLEAR, &op, 960 * PAGE, &mask), S2PT_OK, "one named");
	CHECK_U64(op.done, 960 * PAGE, "done");
	CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(GIB + 255 * PAGE), &found), S2PT_OK, "lookup");
	CHECK(!s2pt_table_is_dirty(&m.table, found.desc), "dirty");
}

/* An annotation may have any bits, that of a contiguous group, too: the pages beside it are reported one by one. */
static void
test_annotated_line(void **state)
{
	const uint64_t size = 64 * PAGE;
	struct call call = { .ipa = GIB + PAGE, .size = size - PAGE, .pa = GIB + PAGE, .mapping = &m.rw };
	struct s2pt_op op = { 0 };
	uint64_t word[1] = { 0 };
	struct s2pt_bitmap bitmap = { .base = s2pt_ipa_of(GIB), .size = size, .word = word };

	(void)state;
	open_table(0, false);
	call.op.max_lg2 = 12;
	CHECK_STATUS(run_map(&m.table, &call), S2PT_OK, "map");
	CHECK_STATUS(s2pt_table_annotate(&m.table, &op, s2pt_ipa_of(GIB), PAGE, UINT64_C(1) << 50), S2PT_OK,
		     "annotate");
	CHECK_STATUS(track(AGE, &op, size, &bitmap), S2PT_OK, "age");
	CHECK_U64(word[0], ~UINT64_C(1), "young pages");
}

/* Operations of the dirty log and of the access flag go on, too: to the end, in as many calls as the budget takes. */
static void
test_resume_tracking(void **state)
{
	const uint64_t size = 1000 * PAGE;
	struct call call = { .ipa = GIB, .size = size, .pa = GIB, .mapping = &m.rw };
	uint64_t word[16] = { 0 };
	struct s2pt_bitmap bitmap = { .base = s2pt_ipa_of(GIB), .size = size, .word = word };

	(void)state;
	open_table(0, true);
	call.op.max_lg2 = 12;
	CHECK_STATUS(run_map(&m.table, &call), S2PT_OK, "map");
	for (unsigned kind = 0; kind < TRACKINGS; kind++) {
		struct s2pt_op op = { .budget = 100, .resume = true };
		unsigned calls = 1;
		uint64_t done = 0;

		/* As a mask it names every page. */
		memset(word, kind == CLEAR ? 0xff : 0, sizeof(word));
		while (track(kind, &op, size, &bitmap) == S2PT_ERR_BUDGET && calls < 20) {
			CHECK(op.done > done && op.done < size, "kind %u: 0x%" PRIx64, kind, op.done);
			done = op.done;
			calls++;
		}
		CHECK(calls > 3 && calls < 20, "kind %u: %u calls", kind, calls);
		CHECK_U64(op.done, size, "done");
		/* What is refused keeps the position. */
		op.done = 2 * PAGE;
		s2pt_table_hold(&m.table);
		if (kind == SHARED_AGE)
			CHECK_STATUS(track(kind, &op, size, &bitmap), S2PT_ERR_EXCLUSIVE, "held");
		CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
		if (kind == COLLECT)
			CHECK_STATUS(s2pt_table_dirty_collect(&m.table, &op, s2pt_ipa_of(GIB), size, &bitmap, 8),
				     S2PT_ERR_FLAGS, "flags");
		CHECK_U64(op.done, 2 * PAGE, "position");
		/* And without resume it begins anew, whatever is refused. */
		op.resume = false;
		if (kind == COLLECT)
			CHECK_STATUS(s2pt_table_dirty_collect(&m.table, &op, s2pt_ipa_of(GIB), size, &bitmap, 8),
				     S2PT_ERR_FLAGS, "flags");
		if (kind == COLLECT)
			CHECK_U64(op.done, 0, "position");
	}
}

/* --- What a zap took --------------------------------------------------------------------------------- */

static void
test_zapped(void **state)
{
	static const struct {
		uint64_t first, count; /* pages, of three blocks of 512 */
		uint64_t zapped[2];    /* blocks */
		unsigned count_zapped;
	} rows[] = {
		{ 512, 512, { 0, 0 }, 0 },
		{ 513, 1, { 1, 0 }, 1 },
		{ 1, 511, { 0, 0 }, 1 },
		{ 0, 513, { 1, 0 }, 1 },
		{ 511, 514, { 0, 2 }, 2 },
		{ 1, 1534, { 0, 2 }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (unsigned kind = UNMAP; kind <= PROTECT; kind++)
			for (unsigned resume = 0; resume < 2; resume++) {
				struct call blocks = { .ipa = GIB, .size = 3 * MIB2, .pa = GIB, .mapping = &m.rw };
				struct call call = { .ipa = GIB + rows[i].first * PAGE, .size = rows[i].count * PAGE };
				struct s2pt_op page = { .zapped_count = 9 };
				enum s2pt_status status;

				open_table(0, true);
				CHECK_STATUS(run_map(&m.table, &blocks), S2PT_OK, "map");
				call.op.partial = S2PT_PARTIAL_ZAP;
				call.op.resume = resume;
				call.op.budget = resume;
				do
					status = run(&m.table, kind, &call);
				while (status == S2PT_ERR_BUDGET);
				CHECK_STATUS(status, S2PT_OK, "zap");
				assert_int_equal(call.op.zapped_count, rows[i].count_zapped);
				for (unsigned n = 0; n < rows[i].count_zapped; n++) {
					CHECK_U64(call.op.zapped[n].ipa.addr, GIB + rows[i].zapped[n] * MIB2, "IPA");
					CHECK_U64(call.op.zapped[n].size, MIB2, "size");
				}
				/* The next operation begins to count anew, the short way of a page too. */
				for (unsigned n = 0; n < 2; n++) {
					const s2pt_ipa ipa = s2pt_ipa_of(3 * GIB + n * PAGE);

					page.zapped_count = 9;
					CHECK_STATUS(s2pt_table_map(&m.table, &page, ipa, PAGE, s2pt_pa_of(0), &m.rw),
						     S2PT_OK, "map");
					assert_int_equal(page.zapped_count, 0);
				}
			}
}

/* A map zaps each larger leaf in its way: those alone are noted that reach beyond the range, however many there are. */
static void
test_zapped_by_map(void **state)
{
	(void)state;
	for (unsigned blocks = 3; blocks <= 300; blocks += 297) {
		struct call before = { .ipa = 2 * GIB, .size = blocks * MIB2, .pa = GIB, .mapping = &m.rw };
		struct call pages = { .ipa = 2 * GIB + PAGE, .pa = 4 * GIB, .mapping = &m.rw };

		open_table(0, true);
		before.op.max_lg2 = 21;
		CHECK_STATUS(run_map(&m.table, &before), S2PT_OK, "map");
		pages.size = (blocks - 1u) * MIB2;
		pages.op.replace = true;
		pages.op.partial = S2PT_PARTIAL_ZAP;
		CHECK_STATUS(run_map(&m.table, &pages), S2PT_OK, "replace");
		assert_int_equal(pages.op.zapped_count, 2);
		CHECK_U64(pages.op.zapped[0].ipa.addr, 2 * GIB, "the first");
		CHECK_U64(pages.op.zapped[1].ipa.addr, 2 * GIB + (blocks - 1u) * MIB2, "the last");
	}
}

/* Where somebody maps again between two calls there may be a third: what was noted stays, and no more is. */
static void
test_zapped_once_more(void **state)
{
	struct call block = { .ipa = GIB, .size = MIB2, .pa = GIB, .mapping = &m.rw };
	struct call page = { .ipa = GIB + PAGE, .size = PAGE };

	(void)state;
	open_table(0, true);
	CHECK_STATUS(run_map(&m.table, &block), S2PT_OK, "map");
	page.op.partial = S2PT_PARTIAL_ZAP;
	page.op.resume = true;
	page.op.zapped_count = 2;
	page.op.zapped[0].size = 7;
	page.op.zapped[1].size = 9;
	CHECK_STATUS(run(&m.table, UNMAP, &page), S2PT_OK, "unmap");
	assert_int_equal(page.op.zapped_count, 2);
	CHECK(page.op.zapped[0].size == 7 && page.op.zapped[1].size == 9, "what was noted");
}

/* --- Leaves that keep their size --------------------------------------------------------------------- */

static void
test_fixed(void **state)
{
	static const uint8_t sws[] = { 0, 1, FIXED, FIXED | 8u };

	(void)state;
	for (size_t i = 0; i < COUNT(sws); i++) {
		struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .sw = sws[i] };
		struct call call = { .ipa = GIB, .size = MIB2, .pa = GIB };
		struct s2pt_mapping mapping;
		struct s2pt_found found;

		open_table(0, false);
		CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, 0, &mapping), S2PT_OK, "mapping");
		call.mapping = &mapping;
		call.op.max_lg2 = 12;
		CHECK_STATUS(run_map(&m.table, &call), S2PT_OK, "map");
		call.op.max_lg2 = 0;
		CHECK_STATUS(run(&m.table, COLLAPSE, &call), S2PT_OK, "collapse");
		CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(GIB), &found), S2PT_OK, "lookup");
		CHECK_U64(found.size, sws[i] & FIXED ? PAGE : MIB2, "size");
	}
}

static void
test_fixed_bits(void **state)
{
	const struct s2pt_features cpu = { .feats = S2PT_FEAT_RME, .pa_bits = 48, .granule_4k = true };

	(void)state;
	for (unsigned sw = 0; sw < 256; sw++)
		for (unsigned realm = 0; realm < 2; realm++) {
			const enum s2pt_space space = realm ? S2PT_SPACE_REALM : S2PT_SPACE_NONSECURE;
			struct s2pt_config config;
			struct s2pt_format format;

			s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
			assert_int_equal(config.fixed_sw, 0);
			config.space = space;
			config.fixed_sw = (uint8_t)sw;
			CHECK_STATUS(s2pt_format_init(&format, &cpu, &config),
				     sw & ~(realm ? 0xeu : 0xfu) ? S2PT_ERR_SW : S2PT_OK, "software bits");
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_refused_plans),
		cmocka_unit_test(test_planned_budget),
		cmocka_unit_test(test_planned_position),
		cmocka_unit_test(test_planned_refusals),
		cmocka_unit_test(test_pages_needed),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_unnamed),
		cmocka_unit_test(test_annotated_line),
		cmocka_unit_test(test_resume_tracking),
		cmocka_unit_test(test_zapped),
		cmocka_unit_test(test_zapped_by_map),
		cmocka_unit_test(test_zapped_once_more),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_fixed_bits),
	};
	int failed;

	pool_open(POOL, 0x5a);
	failed = cmocka_run_group_tests_name("plan", tests, NULL, NULL);
	pool_close();
	return failed;
}
