/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <s2pt/tracking.h>

#include "bench.h"

#include <stddef.h>

#define ENTRIES 512u
#define NOOPS   16u

/* One page in so many is dirty. */
#define SPARSE 64u
#define RARE   4096u

/* Pages that are far apart, each in tables of its own. */
#define SPREAD       1024u
#define SPREAD_BYTES (UINT64_C(64) << 30)
#define SPREAD_RANGE ((SPREAD - 1u) * SPREAD_BYTES + BENCH_PAGE)

/* Pages that are mapped together. */
#define FEW 4u

/* The software bit of leaves that are logged. */
#define TRACKING_BIT_SW 1u

#define ADDRESS UINT64_C(0xfffffffff000)

/* --- Orders ----------------------------------------------------------------------------------- */

static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
order_ascending(struct machine *m)
{
	for (uint32_t i = 0; i < BENCH_PAGES; i++)
		m->order[i] = i;
}

/* Any order (Fisher and Yates), or with @cycle one in which i -> order[i] visits all (Sattolo). */
static void
order_random(struct machine *m, bool cycle)
{
	uint64_t state = 1;

	order_ascending(m);
	for (uint32_t i = BENCH_PAGES - 1u; i; i--) {
		uint32_t j = (uint32_t)(next_random(&state) % (cycle ? i : i + 1u));
		uint32_t at = m->order[i];

		m->order[i] = m->order[j];
		m->order[j] = at;
	}
}

/* --- Operations ------------------------------------------------------------------------------- */

static void
map_range(struct machine *m, struct s2pt_table *table, int level)
{
	struct s2pt_op op = { .max_lg2 = (uint8_t)s2pt_format_level_lg2(m->format, level) };

	machine_note(m, s2pt_table_map(table, &op, s2pt_ipa_of(BENCH_IPA), BENCH_BYTES,
				       s2pt_pa_of(BENCH_PA), &m->mapping));
}

static void
unmap_range(struct machine *m, uint64_t at, uint64_t bytes)
{
	struct s2pt_op op = { 0 };

	machine_note(m, s2pt_table_unmap(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + at), bytes));
}

static void
split_range(struct machine *m)
{
	struct s2pt_op op = { 0 };

	machine_note(m, s2pt_table_split(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA), BENCH_BYTES,
					 m->table[0].format->granule_lg2));
}

static void
log_range(struct machine *m)
{
	struct s2pt_op op = { 0 };

	machine_note(m, s2pt_table_dirty_start(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA), BENCH_BYTES,
					       TRACKING_BIT_SW, 0));
}

/* One page in @every becomes dirty, as hardware or a fault makes it. */
static void
dirty_pages(struct machine *m, uint32_t every)
{
	for (uint32_t i = 0; i < BENCH_PAGES; i += every)
		machine_note(m, s2pt_shared_mark_dirty(&m->table[0], NULL,
						       s2pt_ipa_of(BENCH_IPA + i * BENCH_PAGE), 0, NULL));
}

/* What a collection reports goes here. */
static void
no_pages(struct machine *m, struct s2pt_bitmap *bitmap)
{
	bitmap->base = s2pt_ipa_of(BENCH_IPA);
	bitmap->size = BENCH_BYTES;
	bitmap->word = m->pages;
	bitmap->pages = 0;
}

/* An operation on a page, or on @bytes, for each in turn. */
#define EACH(at, bytes) for (uint64_t at = 0; at < BENCH_BYTES; at += (bytes))

static void
run_collect(struct machine *m)
{
	struct s2pt_op op = { 0 };
	struct s2pt_bitmap bitmap;

	no_pages(m, &bitmap);
	machine_note(m, s2pt_table_dirty_collect(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA), BENCH_BYTES,
						 &bitmap, S2PT_COLLECT_CLEAR));
	m->sum = bitmap.pages;
}

/* --- Before ----------------------------------------------------------------------------------- */

static void
empty_one(struct machine *m)
{
	machine_reset(m, MODE_SOFTWARE, 1);
}

static void
empty_many(struct machine *m)
{
	machine_reset(m, MODE_SOFTWARE, BENCH_TABLES);
}

static void
empty_ascending(struct machine *m)
{
	machine_reset(m, MODE_SOFTWARE, 1);
	order_ascending(m);
}

static void
empty_random(struct machine *m)
{
	machine_reset(m, MODE_SOFTWARE, 1);
	order_random(m, false);
}

static void
full_of_pages(struct machine *m)
{
	machine_reset(m, MODE_SOFTWARE, 1);
	map_range(m, &m->table[0], 3);
}

static void
full_hw(struct machine *m)
{
	machine_reset(m, MODE_HARDWARE, 1);
	map_range(m, &m->table[0], 3);
}

static void
logged(struct machine *m)
{
	full_of_pages(m);
	order_ascending(m);
	log_range(m);
}

static void
all_dirty(struct machine *m)
{
	logged(m);
	dirty_pages(m, 1);
}

static void
some_dirty(struct machine *m)
{
	logged(m);
	dirty_pages(m, SPARSE);
}

static void
all_dirty_hw(struct machine *m)
{
	full_hw(m);
	log_range(m);
	dirty_pages(m, 1);
}

static void
some_dirty_hw(struct machine *m)
{
	full_hw(m);
	log_range(m);
	dirty_pages(m, SPARSE);
}

static void
full_of_blocks(struct machine *m)
{
	machine_reset(m, MODE_SOFTWARE, 1);
	map_range(m, &m->table[0], 2);
}

/* Leaf tables that are there: half full, or with one page each. */
static void
half_full(struct machine *m)
{
	full_of_pages(m);
	EACH(at, BENCH_BLOCK)
	unmap_range(m, at + BENCH_BLOCK / 2, BENCH_BLOCK / 2);
}

static void
nearly_empty(struct machine *m)
{
	full_of_pages(m);
	order_ascending(m);
	EACH(at, BENCH_BLOCK)
	unmap_range(m, at, BENCH_BLOCK - BENCH_PAGE);
}

/* Contiguous groups, as an operation without caps makes them. */
static void
full_of_groups(struct machine *m, enum mode mode)
{
	struct s2pt_op op = { .max_lg2 = 16 };

	machine_reset(m, mode, 1);
	machine_note(m, s2pt_table_map(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA), BENCH_BYTES, s2pt_pa_of(BENCH_PA),
				       &m->mapping));
}

static void
full_of_sw_groups(struct machine *m)
{
	full_of_groups(m, MODE_SOFTWARE);
}

static void
full_of_hw_groups(struct machine *m)
{
	full_of_groups(m, MODE_HARDWARE);
}

/* Before the first round of a migration, and before a later one. */
static void
rarely_dirty(struct machine *m)
{
	logged(m);
	dirty_pages(m, RARE);
}

static void
never_dirty_again(struct machine *m)
{
	logged(m);
	run_collect(m);
}

static void
rarely_dirty_again(struct machine *m)
{
	never_dirty_again(m);
	dirty_pages(m, RARE);
}

static void
rarely_dirty_hw(struct machine *m)
{
	full_hw(m);
	log_range(m);
	dirty_pages(m, RARE);
}

/* One page in each of many places. */
static void
spread(struct machine *m)
{
	struct s2pt_op op = { 0 };

	machine_reset(m, MODE_SOFTWARE, 1);
	for (uint64_t i = 0; i < SPREAD; i++)
		machine_note(m, s2pt_table_map(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + i * SPREAD_BYTES), BENCH_PAGE,
					       s2pt_pa_of(BENCH_PA), &m->mapping));
}

/* Each page is mapped to the address where the next lookup is to look. */
static void
full_of_links(struct machine *m)
{
	struct s2pt_op op = { 0 };

	machine_reset(m, MODE_SOFTWARE, 1);
	order_random(m, true);
	for (uint32_t i = 0; i < BENCH_PAGES; i++)
		machine_note(m, s2pt_table_map(&m->table[0], &op,
					       s2pt_ipa_of(BENCH_IPA + i * BENCH_PAGE), BENCH_PAGE,
					       s2pt_pa_of(BENCH_IPA + m->order[i] * BENCH_PAGE),
					       &m->mapping));
}

static void
full_random(struct machine *m)
{
	full_of_pages(m);
	order_random(m, false);
}

/* --- What is measured ------------------------------------------------------------------------- */

static void
run_map4k(struct machine *m)
{
	map_range(m, &m->table[0], 3);
}

static void
run_map2m(struct machine *m)
{
	for (uint32_t i = 0; i < m->tables; i++)
		map_range(m, &m->table[i], 2);
}

static void
run_unmap(struct machine *m)
{
	unmap_range(m, 0, BENCH_BYTES);
}

static void
run_faults(struct machine *m)
{
	struct s2pt_op op = { 0 };

	for (uint32_t i = 0; i < BENCH_PAGES; i++) {
		uint64_t at = m->order[i] * BENCH_PAGE;

		machine_note(m, s2pt_table_map(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + at),
					       BENCH_PAGE, s2pt_pa_of(BENCH_PA + at), &m->mapping));
	}
}

static void
run_wrprotect(struct machine *m)
{
	static const struct s2pt_change change = { .clear_w = true };
	struct s2pt_op op = { 0 };

	machine_note(m, s2pt_table_protect(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA), BENCH_BYTES,
					   &change));
}

/* --- A page a call ------------------------------------------------------------------------------- */

static void
run_unmap_one(struct machine *m)
{
	struct s2pt_op op = { 0 };

	/* But for the last page of each table, so that tables stay. */
	EACH(at, BENCH_PAGE)
	if ((at + BENCH_PAGE) % BENCH_BLOCK)
		machine_note(m, s2pt_table_unmap(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + at), BENCH_PAGE));
}

static void
run_replace_one(struct machine *m)
{
	struct s2pt_op op = { .replace = true };

	EACH(at, BENCH_PAGE)
	machine_note(m, s2pt_table_map(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + at), BENCH_PAGE,
				       s2pt_pa_of(BENCH_PA + BENCH_BYTES + at), &m->mapping));
}

static void
run_map_few(struct machine *m)
{
	struct s2pt_op op = { .max_lg2 = 12 };

	EACH(at, FEW * BENCH_PAGE)
	if ((at + FEW * BENCH_PAGE) % BENCH_BLOCK)
		machine_note(m, s2pt_table_map(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + at), FEW * BENCH_PAGE,
					       s2pt_pa_of(BENCH_PA + at), &m->mapping));
}

static void
run_map_exec(struct machine *m)
{
	struct s2pt_op op = { 0 };

	EACH(at, BENCH_PAGE)
	if ((at + BENCH_PAGE) % BENCH_BLOCK)
		machine_note(m, s2pt_table_map(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + at), BENCH_PAGE,
					       s2pt_pa_of(BENCH_PA + at), &m->executable));
}

static void
run_shared_exec(struct machine *m)
{
	struct s2pt_map_request request = { .lg2 = S2PT_GRANULE_4K };
	struct s2pt_cursor cursor = { 0 };

	EACH(at, BENCH_PAGE)
	{
		if (!((at + BENCH_PAGE) % BENCH_BLOCK))
			continue;
		request.invalidate_seq = s2pt_table_invalidate_seq(&m->table[0]);
		machine_note(m, s2pt_shared_map(&m->table[0], &cursor, &request, s2pt_ipa_of(BENCH_IPA + at),
						s2pt_pa_of(BENCH_PA + at), &m->executable));
	}
}

/* A guest that goes on to the next pages: faults around which sixteen are mapped. */
static void
run_shared_around(struct machine *m)
{
	struct s2pt_map_request request = { .lg2 = S2PT_GRANULE_4K };
	struct s2pt_cursor cursor = { 0 };

	EACH(at, 16 * BENCH_PAGE)
	{
		request.invalidate_seq = s2pt_table_invalidate_seq(&m->table[0]);
		machine_note(m, s2pt_shared_map_around(&m->table[0], &cursor, &request, s2pt_ipa_of(BENCH_IPA + at),
						       s2pt_pa_of(BENCH_PA + at), &m->mapping, 0, 15 * BENCH_PAGE));
	}
}

/* Pages whose memory lies scattered, as one piece of work. */
static void
list_scattered(struct machine *m)
{
	static struct s2pt_segment list[BENCH_PAGES];

	nearly_empty(m);
	m->segments = list;
	m->segment_count = 0;
	EACH(at, BENCH_PAGE)
	{
		if (!((at + BENCH_PAGE) % BENCH_BLOCK))
			continue;
		list[m->segment_count].ipa = s2pt_ipa_of(BENCH_IPA + at);
		list[m->segment_count].pa = s2pt_pa_of(BENCH_PA + at * 1031u % BENCH_BYTES);
		list[m->segment_count++].size = BENCH_PAGE;
	}
}

static void
run_map_list(struct machine *m)
{
	struct s2pt_op op = { 0 };

	machine_note(m, s2pt_table_map_list(&m->table[0], &op, m->segments, m->segment_count, &m->executable));
}

/* The sequence of a page, as far as the library goes. */
static void
run_tlbi_one(struct machine *m)
{
	static const struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
	struct s2pt_tlbi_request request = { .size = BENCH_PAGE, .level = S2PT_LEVEL_LAST, .last_level = true };
	enum s2pt_tlbi_op op;
	uint64_t operand = 0;

	EACH(at, BENCH_PAGE)
	{
		request.ipa = s2pt_ipa_of(BENCH_IPA + at);
		if (!s2pt_tlbi_single(m->format, &params, &request, 1, &op, &operand))
			machine_note(m, S2PT_ERR_TLBI);
		m->sum += operand;
	}
}

/* --- Ranges -------------------------------------------------------------------------------------- */

static void
run_map_half(struct machine *m)
{
	struct s2pt_op op = { .max_lg2 = 12 };

	EACH(at, BENCH_BLOCK)
	machine_note(m, s2pt_table_map(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + at + BENCH_BLOCK / 2),
				       BENCH_BLOCK / 2, s2pt_pa_of(BENCH_PA + at + BENCH_BLOCK / 2),
				       &m->mapping));
}

static void
run_unmap_shifted(struct machine *m)
{
	unmap_range(m, BENCH_PAGE, BENCH_BYTES - BENCH_PAGE);
}

static void
run_protect_spread(struct machine *m)
{
	static const struct s2pt_change change = { .clear_w = true };
	struct s2pt_op op = { 0 };

	machine_note(m, s2pt_table_protect(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA), SPREAD_RANGE, &change));
}

/* Clear the log by a mask that names nothing. */
static void
run_clear_nothing(struct machine *m)
{
	struct s2pt_op op = { 0 };
	struct s2pt_bitmap mask;

	no_pages(m, &mask);
	machine_note(m, s2pt_table_dirty_clear(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA), BENCH_BYTES, &mask));
}

static bool
visit_run(void *context, const struct s2pt_run *run)
{
	struct machine *m = context;

	m->sum += run->count;
	return true;
}

static void
run_visit_spread(struct machine *m)
{
	machine_note(m, s2pt_table_visit(&m->table[0], s2pt_ipa_of(BENCH_IPA), SPREAD_RANGE, visit_run, m));
}

static void
run_stats_spread(struct machine *m)
{
	struct s2pt_stats stats;

	s2pt_table_stats(&m->table[0], &stats);
	m->sum = stats.leaves[S2PT_LEVEL_LAST - S2PT_LEVEL_FIRST];
}

/* --- More ---------------------------------------------------------------------------------------- */

static void
run_split_noop(struct machine *m)
{
	for (unsigned i = 0; i < NOOPS; i++)
		split_range(m);
}

static void
run_lookup_chain(struct machine *m)
{
	struct s2pt_found found;
	uint64_t ipa = BENCH_IPA;

	for (uint32_t i = 0; i < BENCH_PAGES; i++) {
		if (s2pt_table_lookup(&m->table[0], s2pt_ipa_of(ipa), &found) != S2PT_OK)
			break;
		ipa = found.desc.raw & ADDRESS;
	}
	m->sum = ipa;
}

static void
run_lookup_free(struct machine *m)
{
	struct s2pt_found found;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < BENCH_PAGES; i++) {
		uint64_t ipa = BENCH_IPA + m->order[i] * BENCH_PAGE;

		if (s2pt_table_lookup(&m->table[0], s2pt_ipa_of(ipa), &found) != S2PT_OK)
			break;
		sum += found.desc.raw;
	}
	m->sum = sum;
}

static void
run_age(struct machine *m)
{
	struct s2pt_op op = { 0 };
	struct s2pt_bitmap bitmap;

	no_pages(m, &bitmap);
	machine_note(m, s2pt_table_age(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA), BENCH_BYTES,
				       S2PT_AGE_CLEAR, &bitmap));
	m->sum = bitmap.pages;
}

static void
run_stop(struct machine *m)
{
	struct s2pt_op op = { 0 };

	machine_note(m, s2pt_table_dirty_stop(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA), BENCH_BYTES));
}

static void
shared_map(struct machine *m, struct s2pt_cursor *cursor)
{
	struct s2pt_map_request request = { .lg2 = S2PT_GRANULE_4K };

	for (uint32_t i = 0; i < BENCH_PAGES; i++) {
		uint64_t at = m->order[i] * BENCH_PAGE;

		request.invalidate_seq = s2pt_table_invalidate_seq(&m->table[0]);
		machine_note(m, s2pt_shared_map(&m->table[0], cursor, &request, s2pt_ipa_of(BENCH_IPA + at),
						s2pt_pa_of(BENCH_PA + at), &m->mapping));
	}
}

static void
run_shared_map(struct machine *m)
{
	shared_map(m, NULL);
}

static void
run_shared_map_cursor(struct machine *m)
{
	struct s2pt_cursor cursor = { 0 };

	shared_map(m, &cursor);
}

static void
run_shared_mark_dirty(struct machine *m)
{
	dirty_pages(m, 1);
}

/* --- In any mode -------------------------------------------------------------------------------- */

/* What a workload begins with, in a mode: an empty table, and one that is full of pages. */
#define PREPARE_IN(name, mode)                               \
	static void empty_##name(struct machine *m)          \
	{                                                    \
		machine_reset(m, mode, 1);                   \
	}                                                    \
	static void full_##name(struct machine *m)           \
	{                                                    \
		machine_reset(m, mode, 1);                   \
		map_range(m, &m->table[0], S2PT_LEVEL_LAST); \
	}                                                    \
	_Static_assert(mode < MODES, "a mode")

PREPARE_IN(16k, MODE_16K);
PREPARE_IN(64k, MODE_64K);
PREPARE_IN(lpa2, MODE_LPA2);
PREPARE_IN(no_fwb, MODE_NO_FWB);
PREPARE_IN(no_range, MODE_NO_RANGE);

static uint64_t
page_of(const struct machine *m)
{
	return UINT64_C(1) << m->format->granule_lg2;
}

/* What one leaf table maps. */
static uint64_t
block_of(const struct machine *m)
{
	return page_of(m) * page_of(m) / sizeof(uint64_t);
}

static void
run_unmap_halves(struct machine *m)
{
	const uint64_t block = block_of(m);

	EACH(at, block)
	unmap_range(m, at + block / 2, block / 2);
}

static void
run_fault_pages(struct machine *m)
{
	const uint64_t page = page_of(m);
	struct s2pt_op op = { 0 };

	EACH(at, page)
	machine_note(m, s2pt_table_map(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + at), page,
				       s2pt_pa_of(BENCH_PA + at), &m->mapping));
}

static void
run_protect_pages(struct machine *m)
{
	static const struct s2pt_change change = { .clear_w = true };
	const uint64_t page = page_of(m);
	struct s2pt_op op = { 0 };

	EACH(at, page)
	machine_note(m, s2pt_table_protect(&m->table[0], &op, s2pt_ipa_of(BENCH_IPA + at), page, &change));
}

/* --- All of them ------------------------------------------------------------------------------ */

#define HALF   (BENCH_PAGES / 2u)
#define BLOCKS (BENCH_TABLES * ENTRIES)
/* All pages but the last of each table, or the last few. */
#define ALMOST    (BENCH_PAGES - BENCH_PAGES / ENTRIES)
#define FEW_CALLS ((BENCH_PAGES - FEW * (BENCH_PAGES / ENTRIES)) / FEW)

/*
 * The same in a mode: map, write-protect, unmap the second half of each leaf table, map a page a call, protect a page a
 * call; with the most instructions of each.
 */
#define LEAVES(lg2) ((uint32_t)(BENCH_BYTES >> (lg2)))
#define ROW(name, most, leaves, lg2, flags, prepare, run) \
	{ name, YARD_RMW64, 0, most, leaves, LEAVES(lg2), flags, 0, prepare, run }
#define IN_MODE(mode, lg2, map, protect, unmap, fault, one)                                               \
	ROW("map_" #mode, map, LEAVES(lg2), lg2, AFTER, empty_##mode, run_map4k),                         \
		ROW("protect_" #mode, protect, LEAVES(lg2), lg2, 0, full_##mode, run_wrprotect),          \
		ROW("unmap_half_" #mode, unmap, LEAVES(lg2) / 2u, lg2, 0, full_##mode, run_unmap_halves), \
		ROW("fault_" #mode, fault, LEAVES(lg2), lg2, AFTER, empty_##mode, run_fault_pages),       \
		ROW("protect_one_" #mode, one, LEAVES(lg2), lg2, 0, full_##mode, run_protect_pages)

const struct workload workloads[] = {
	{ "map4k_1g", YARD_STORE64, 1.3, 3.42, BENCH_PAGES, BENCH_PAGES, AFTER, 0,
	  empty_one, run_map4k },
	{ "map2m_1g", YARD_STORE64, 2, 5.16, BLOCKS, BLOCKS, AFTER, 0,
	  empty_many, run_map2m },
	{ "unmap4k_1g", YARD_RMW64, 0.05, 0.22, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_pages, run_unmap },
	{ "unmap4k_half", YARD_RMW64, 1.5, 7.05, HALF, HALF, 0, ENTRIES / 2u,
	  full_of_pages, run_unmap_halves },
	{ "fault4k_seq", YARD_WALKSTORE, 3.5, 99.8, BENCH_PAGES, BENCH_PAGES, AFTER, 0,
	  empty_ascending, run_faults },
	{ "fault4k_rand", YARD_WALKSTORE, 4.5, 99.8, BENCH_PAGES, BENCH_PAGES, AFTER, 0,
	  empty_random, run_faults },
	{ "wrprotect4k_1g", YARD_RMW64, 2, 12.6, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_pages, run_wrprotect },
	{ "split2m_512", YARD_STORE64, 1.3, 2.72, BENCH_PAGES, BENCH_PAGES, AFTER, 0,
	  full_of_blocks, split_range },
	{ "split_noop_1g", YARD_RMW64, 0.02, 0.0305, NOOPS *BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_pages, run_split_noop },
	{ "lookup_chain", YARD_WALK, 1.08, 79.8, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_links, run_lookup_chain },
	{ "lookup_free", YARD_WALK_FREE, 2.2, 83, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_random, run_lookup_free },
	{ "age_1g", YARD_RMW64, 2, 13.2, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_pages, run_age },
	{ "age_1g_hw", YARD_ATOMICAND, 1.3, 13.5, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_hw, run_age },
	{ "dirty_start_1g", YARD_RMW64, 0, 12.6, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_pages, log_range },
	{ "dirty_collect_1g", YARD_RMW64, 2, 13.2, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  all_dirty, run_collect },
	{ "dirty_collect_1g_hw", YARD_ATOMICAND, 1.3, 13.5, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  all_dirty_hw, run_collect },
	{ "dirty_sparse_1g", YARD_RMW64, 0, 7.59, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  some_dirty, run_collect },
	{ "dirty_sparse_1g_hw", YARD_ATOMICAND, 0, 7.39, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  some_dirty_hw, run_collect },
	{ "dirty_stop_1g", YARD_RMW64, 0, 12.4, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  all_dirty, run_stop },
	{ "live_map4k_seq", YARD_WALKSTORE, 4.5, 104, BENCH_PAGES, BENCH_PAGES, AFTER | SWAPS, 0,
	  empty_ascending, run_shared_map },
	{ "live_map4k_cursor", YARD_WALKSTORE, 2, 83.4, BENCH_PAGES, BENCH_PAGES, AFTER | SWAPS, 0,
	  empty_ascending, run_shared_map_cursor },
	{ "live_write4k", YARD_WALKSTORE, 0, 260, BENCH_PAGES, BENCH_PAGES, SWAPS, 0,
	  logged, run_shared_mark_dirty },
	{ "map4k_half", YARD_RMW64, 0, 9.87, HALF, HALF, 0, 0,
	  half_full, run_map_half },
	{ "wrprotect4k_1g_hw", YARD_RMW64, 0, 15.8, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_hw, run_wrprotect },
	{ "dirty_start_1g_hw", YARD_RMW64, 0, 14.7, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_hw, log_range },
	{ "unmap4k_shifted", YARD_RMW64, 0, 0.464, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_pages, run_unmap_shifted },
	{ "unmap4k_shifted_hw", YARD_RMW64, 0, 0.468, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_hw, run_unmap_shifted },
	{ "protect_groups", YARD_RMW64, 0, 20.2, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_sw_groups, run_wrprotect },
	{ "age_groups", YARD_RMW64, 0, 13.8, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_sw_groups, run_age },
	{ "dirty_start_groups", YARD_RMW64, 0, 44.4, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_sw_groups, log_range },
	{ "protect_groups_hw", YARD_RMW64, 0, 25.3, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_hw_groups, run_wrprotect },
	{ "dirty_start_groups_hw", YARD_RMW64, 0, 30.6, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_hw_groups, log_range },
	{ "dirty_rare_1g", YARD_RMW64, 0, 0.25, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  rarely_dirty_again, run_collect },
	{ "dirty_none_1g", YARD_RMW64, 0, 0.0158, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  never_dirty_again, run_collect },
	{ "dirty_first_1g", YARD_RMW64, 0, 4.54, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  rarely_dirty, run_collect },
	{ "dirty_rare_1g_hw", YARD_RMW64, 0, 4.34, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  rarely_dirty_hw, run_collect },
	{ "dirty_clear_nothing", YARD_RMW64, 0, 0.083, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  rarely_dirty, run_clear_nothing },
	{ "protect_spread", YARD_RMW64, 0, 21746, SPREAD, 1, 0, 0,
	  spread, run_protect_spread },
	{ "visit_spread", YARD_RMW64, 0, 4750, SPREAD, 1, 0, 0,
	  spread, run_visit_spread },
	{ "stats_spread", YARD_RMW64, 0, 4849, SPREAD, 1, 0, 0,
	  spread, run_stats_spread },
	{ "protect4k_one", YARD_RMW64, 0, 223, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_pages, run_protect_pages },
	{ "unmap4k_one", YARD_RMW64, 0, 142, ALMOST, BENCH_PAGES, 0, 0,
	  full_of_pages, run_unmap_one },
	{ "replace4k_one", YARD_RMW64, 0, 238, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_pages, run_replace_one },
	{ "tlbi_one", YARD_RMW64, 0, 73.5, BENCH_PAGES, BENCH_PAGES, 0, 0,
	  full_of_pages, run_tlbi_one },
	{ "map4k_few", YARD_RMW64, 0, 211, FEW_CALLS, BENCH_PAGES / ENTRIES, 0, 0,
	  nearly_empty, run_map_few },
	{ "map4k_exec", YARD_RMW64, 0, 184, ALMOST, BENCH_PAGES / ENTRIES, 0, 0,
	  nearly_empty, run_map_exec },
	{ "live_around16", YARD_RMW64, 0, 226, BENCH_PAGES / 16, BENCH_PAGES / ENTRIES, 0, 0,
	  nearly_empty, run_shared_around },
	{ "map_list", YARD_RMW64, 0, 176, ALMOST, BENCH_PAGES / ENTRIES, 0, 0,
	  list_scattered, run_map_list },
	{ "live_map4k_exec", YARD_RMW64, 0, 163, ALMOST, BENCH_PAGES / ENTRIES, 0, 0,
	  nearly_empty, run_shared_exec },
	IN_MODE(16k, 14, 2.46, 11.8, 4.88, 285, 336),
	IN_MODE(64k, 16, 2.67, 11.6, 4.38, 285, 336),
	IN_MODE(lpa2, 12, 3.57, 12.7, 7.35, 394, 443),
	IN_MODE(no_fwb, 12, 3.76, 12.6, 167, 219, 226),
	IN_MODE(no_range, 12, 3.47, 12.6, 7.07, 102, 226),
};

const size_t workload_count = sizeof(workloads) / sizeof(workloads[0]);

__attribute__((noinline)) void
bench_timed(const struct workload *workload, struct machine *m)
{
	workload->run(m);
	/* Not a tail call: what is counted is from the first instruction to the return. */
	__asm__ volatile("" : : : "memory");
}

void
workload_counts(const struct workload *workload, struct machine *m, struct counts *counts)
{
	machine_count(m);
	workload->prepare(m);
	machine_count(m);
	workload->run(m);
	machine_plain(m);
	*counts = m->counts;
}
