/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Answers to faults in the usual table, whose way is short. All memory of the tables is compared with what it was: one
 * entry is written, where a walk of the test's own finds it, or none is.
 */
#include "pool.h"
#include "random.h"

#include <s2pt/shared.h>

#define POOL   (UINT64_C(32) << 12)
#define GIB    (UINT64_C(1) << 30)
#define MIB2   (UINT64_C(2) << 20)
#define PA     (UINT64_C(1) << 38)
#define AF     (UINT64_C(1) << 10)
#define S2AP_W (UINT64_C(1) << 7)

static struct {
	unsigned invalidations;
	unsigned cleans;
	unsigned icaches;
	s2pt_pa maintained; /* the memory that the last of either was about */
	uint64_t maintained_bytes;
	struct s2pt_tlbi_request last;
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
	struct s2pt_mapping plain;
	struct s2pt_map_request request; /* of the next fault */
	uint8_t before[POOL];
} m;

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	m.invalidations += (unsigned)count;
	m.last = requests[count - 1u];
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	m.cleans++;
	m.maintained = pa;
	m.maintained_bytes = bytes;
	return true;
}

static void
invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	m.icaches++;
	m.maintained = pa;
	m.maintained_bytes = bytes;
}

static void
open_format(const struct s2pt_format *format)
{
	static const struct s2pt_leaf ram = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = S2PT_SH_ISH,
		.r = true,
		.w = true,
		.af = true,
	};

	memset(&m, 0, sizeof(m));
	pool_open(POOL, POISON);
	m.format = *format;
	pool_host(&m.host);
	m.host.invalidate = invalidate;
	m.host.clean_data = clean_data;
	m.host.invalidate_icache = invalidate_icache;
	m.request.lg2 = 12;
	CHECK_STATUS(s2pt_mapping_init(&m.format, &ram, 0, &m.plain), S2PT_OK, "mapping");
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_OK, "init");
	m.request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
}

static void
open_table(s2pt_feats feats)
{
	const struct s2pt_format format = format_at(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 39, 40, feats, 1);

	open_format(&format);
	assert_true(m.table.fast_4k);
}

/* Make a table of pages for @ipa: its first page is mapped. */
static void
make_table(uint64_t ipa)
{
	struct s2pt_op op = { .budget = 0 };

	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(ipa), PAGE, s2pt_pa_of(PA), &m.plain), S2PT_OK, "map");
	assert_non_null(pool_entry(ipa));
	m.request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
}

static void
remember(void)
{
	memcpy(m.before, pool.memory, POOL);
}

/* Of all memory that tables are made of, @entry (NULL: none) has become @raw since. */
static void
check_memory(const uint64_t *entry, uint64_t raw, const char *what)
{
	if (entry)
		memcpy(m.before + ((const uint8_t *)entry - pool.memory), &raw, sizeof(raw));
	for (uint64_t at = 0; memcmp(m.before, pool.memory, POOL) && at < POOL; at += 8)
		CHECK(!memcmp(m.before + at, pool.memory + at, 8),
		      "%s: 8 bytes at 0x%" PRIx64 " of the tables' memory are not what they should be", what, at);
}

static enum s2pt_status
fault(struct s2pt_cursor *cursor, uint64_t ipa, uint64_t pa, const struct s2pt_mapping *mapping)
{
	m.invalidations = m.cleans = m.icaches = 0;
	remember();
	return s2pt_shared_map(&m.table, cursor, &m.request, s2pt_ipa_of(ipa), s2pt_pa_of(pa), mapping);
}

/* What a page of @m.plain at @pa is. */
static uint64_t
page_at(uint64_t pa)
{
	return m.plain.bits | pa | 3u;
}

/* A fault that maps a page, at @entry. */
static void
map_page(struct s2pt_cursor *cursor, uint64_t ipa, uint64_t pa, const uint64_t *entry, const char *what)
{
	CHECK_STATUS(fault(cursor, ipa, pa, &m.plain), S2PT_OK, what);
	check_memory(entry, page_at(pa), what);
	CHECK(m.invalidations == m.request.permission, "%s: %u invalidations", what, m.invalidations);
}

/* One that is refused, and has changed nothing. */
static void
refuse(struct s2pt_cursor *cursor, uint64_t ipa, uint64_t pa, enum s2pt_status status, const char *what)
{
	CHECK_STATUS(fault(cursor, ipa, pa, &m.plain), status, what);
	check_memory(NULL, 0, what);
}

/* --- The cursor ------------------------------------------------------------------------------------ */

/*
 * One cursor for faults anywhere in tables that map neighbouring memory, and stand in memory the other way round: no
 * offset into one leads into the next.
 */
static void
test_cursor_of_neighbours(void **state)
{
	struct s2pt_cursor cursor = { .entries = NULL };
	static const uint64_t first = GIB - 2 * MIB2;

	(void)state;
	open_table(0);
	for (unsigned n = 5; n > 0; n--)
		make_table(first + (n - 1u) * MIB2);
	for (unsigned n = 0; n < 4000; n++) {
		/* Mostly near the last, and near the ends of tables. */
		const uint64_t page = random_below(4) ? (random_below(4) * 512u + random_below(40) + 512u - 20u) % 2560u
						      : random_below(2560);
		const uint64_t ipa = first + page * PAGE, pa = PA + (page & 511u ? page * PAGE : 0);

		m.request.permission = random_below(8) == 0;
		map_page(&cursor, ipa, pa, pool_entry(ipa), "a fault by a cursor");
	}
	pool_close();
}

/*
 * The next fault near the last one need not walk, whatever found the table: it does well where the link to it is
 * gone from memory.
 */
static void
test_cursor_needs_no_walk(void **state)
{
	static const unsigned pages[] = { 1, 2, 255, 256, 300, 511 };
	const struct s2pt_change rw = { .set_w = true };

	(void)state;
	for (unsigned found = 0; found < 4; found++) {
		struct s2pt_cursor cursor = { .entries = NULL };
		uint64_t *root, *entries, link;

		open_table(0);
		m.plain.bits &= ~(AF | S2AP_W);
		root = (uint64_t *)(void *)pool.memory;
		make_table(GIB);
		entries = pool_entry(GIB);
		m.request.permission = found == 1;
		switch (found) {
		case 0:
		case 1:
			map_page(&cursor, GIB + 100 * PAGE, PA, &entries[100], "the first fault");
			break;
		case 2:
			CHECK_STATUS(s2pt_shared_set_af(&m.table, &cursor, s2pt_ipa_of(GIB)), S2PT_OK, "young");
			break;
		default:
			CHECK_STATUS(s2pt_shared_mark_dirty(&m.table, &cursor, s2pt_ipa_of(GIB), 0, NULL),
				     S2PT_ERR_READ_ONLY,
				     "write");
		}
		CHECK_U64(cursor.base, GIB, "what the cursor's table maps from");
		assert_ptr_equal(cursor.entries, entries);
		link = root[1];
		root[1] = 0;
		for (size_t i = 0; i < COUNT(pages); i++) {
			const uint64_t ipa = GIB + pages[i] * PAGE, pa = PA + pages[i] * PAGE;
			uint64_t *entry = &entries[pages[i]];

			m.request.permission = i & 1;
			map_page(&cursor, ipa, pa, entry, "a page, by the cursor");
			remember();
			CHECK_STATUS(s2pt_shared_set_af(&m.table, &cursor, s2pt_ipa_of(ipa)), S2PT_OK, "young");
			check_memory(entry, page_at(pa) | AF, "young, by the cursor");
			CHECK_STATUS(s2pt_shared_mark_dirty(&m.table, &cursor, s2pt_ipa_of(ipa), 0, NULL),
				     S2PT_ERR_READ_ONLY,
				     "write");
			CHECK_STATUS(s2pt_shared_relax(&m.table, &cursor, s2pt_ipa_of(ipa), &rw), S2PT_OK, "relax");
			check_memory(entry, page_at(pa) | AF | S2AP_W, "relax, by the cursor");
		}
		root[1] = link;
		pool_close();
	}
}

/* A table that was unlinked is nobody's any more. */
static void
test_cursor_of_another_time(void **state)
{
	struct s2pt_cursor cursor = { .entries = NULL };
	struct s2pt_op op = { .budget = 0 };
	uint64_t *entries;

	(void)state;
	open_table(0);
	make_table(GIB);
	entries = pool_entry(GIB);
	map_page(&cursor, GIB + PAGE, PA, &entries[1], "the first fault");
	CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), MIB2), S2PT_OK, "unmap");
	make_table(GIB);
	assert_ptr_not_equal(pool_entry(GIB), entries);
	map_page(&cursor, GIB + PAGE, PA, pool_entry(GIB + PAGE), "in a new table");
	pool_close();
}

/* --- What the short way is not for ------------------------------------------------------------------ */

/* Each reason alone, at an entry that is empty, of a table that is there. */
static void
test_refused(void **state)
{
	const uint64_t ipa = GIB + 7 * PAGE;

	(void)state;
	open_table(0);
	make_table(GIB + MIB2);
	make_table(GIB);
	for (unsigned c = 0; c < 2; c++) {
		struct s2pt_cursor cursor = { .entries = NULL }, *by = c ? &cursor : NULL;
		const uint64_t sequence = m.request.invalidate_seq;

		map_page(by, ipa + (1u + c) * PAGE, PA, pool_entry(ipa + (1u + c) * PAGE), "no reason");
		for (unsigned bit = 0; bit < 64; bit++) {
			const uint64_t one = UINT64_C(1) << bit;

			if (bit < 12 || bit >= 39)
				refuse(by, ipa | one, PA, bit < 12 ? S2PT_ERR_IPA_ALIGN : S2PT_ERR_IPA_SIZE,
				       "a bit of the IPA");
			if (bit < 12)
				refuse(by, ipa, PA | one, S2PT_ERR_PA_ALIGN, "a bit of the PA");
			if (bit >= 40)
				refuse(by, ipa, PA | one, S2PT_ERR_OA_SIZE, "a bit of the PA");
			m.request.invalidate_seq = sequence ^ one;
			refuse(by, ipa, PA, S2PT_RACED, "another sequence");
			m.request.invalidate_seq = sequence;
		}
		s2pt_table_hold(&m.table);
		refuse(by, ipa, PA, S2PT_ERR_EXCLUSIVE, "held");
		CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
		assert_int_equal(m.invalidations, 0);
	}
	pool_close();
}

/* A block where a table of pages is, the first of which are not mapped. */
static void
test_table_in_the_way(void **state)
{
	static const uint8_t sizes[] = { 21, 30 };
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_cursor cursor = { .entries = NULL };

	(void)state;
	open_table(0);
	make_table(GIB);
	map_page(&cursor, GIB + PAGE, PA, pool_entry(GIB + PAGE), "another page");
	CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), PAGE), S2PT_OK, "unmap");
	m.request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
	CHECK_U64(*pool_entry(GIB), 0, "the first page");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		m.request.lg2 = sizes[i];
		refuse(&cursor, GIB, PA, S2PT_ERR_EXCLUSIVE, "a block");
		refuse(NULL, GIB, PA, S2PT_ERR_EXCLUSIVE, "a block, without a cursor");
	}
	pool_close();
}

/* What else is needed is done: this CPU forgets, and memory is cleaned, or fetched anew, before it is mapped. */
static void
test_owing(void **state)
{
	struct s2pt_cursor cursor = { .entries = NULL };
	struct s2pt_mapping needing;
	uint64_t *entries;

	(void)state;
	open_table(0);
	make_table(GIB);
	entries = pool_entry(GIB);
	m.request.permission = true;
	map_page(&cursor, GIB + PAGE, PA, &entries[1], "a Permission fault");
	CHECK_U64(m.last.ipa.addr, GIB + PAGE, "what is forgotten");
	CHECK_U64(m.last.size, PAGE, "what is forgotten");
	assert_true(m.last.local);
	m.request.permission = false;
	for (unsigned what = 0; what < 2; what++) {
		needing = m.plain;
		needing.key |= what ? S2PT_MAPPING_ICACHE : S2PT_MAPPING_CACHES | S2PT_MAPPING_DIRTY;
		CHECK_STATUS(fault(&cursor, GIB + (2u + what) * PAGE, PA + PAGE, &needing), S2PT_OK, "needing");
		check_memory(&entries[2u + what], page_at(PA + PAGE), "needing");
		assert_int_equal(m.cleans, !what);
		assert_int_equal(m.icaches, what);
		CHECK_U64(m.maintained.addr, PA + PAGE, "what was needed");
		CHECK_U64(m.maintained_bytes, PAGE, "what was needed");
	}
	pool_close();
}

/* --- Leaves ----------------------------------------------------------------------------------------- */

/* The last leaf of each size below the output size; one further is beyond. */
static void
test_last_leaf(void **state)
{
	(void)state;
	for (unsigned permission = 0; permission < 2; permission++) {
		open_table(0);
		m.request.permission = permission;
		for (unsigned lg2 = 12; lg2 <= 30; lg2 += 9) {
			const uint64_t bytes = UINT64_C(1) << lg2, end = UINT64_C(1) << 40;
			struct s2pt_found found;

			m.request.lg2 = (uint8_t)lg2;
			refuse(NULL, lg2 * GIB, end, S2PT_ERR_OA_SIZE, "beyond");
			CHECK_STATUS(fault(NULL, lg2 * GIB, end - bytes, &m.plain), S2PT_OK, "the last");
			CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(lg2 * GIB), &found), S2PT_OK, "lookup");
			CHECK_U64(found.size, bytes, "size");
			CHECK_U64(found.desc.raw & ((UINT64_C(1) << 48) - PAGE), end - bytes, "address");
		}
		pool_close();
	}
}

/*
 * Sizes of leaves, by granule and start level, as the architecture has them, and no other. What becomes of one that has
 * such a size is not asked.
 */
static void
test_sizes(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		unsigned ipa_bits, pa_bits;
		s2pt_feats feats;
		int start;
		unsigned lg2[4];
	} formats[] = {
		{ S2PT_GRANULE_4K, 39, 48, 0, 1, { 12, 21, 30 } },
		{ S2PT_GRANULE_4K, 40, 48, 0, 0, { 12, 21, 30 } },
		{ S2PT_GRANULE_4K, 34, 48, 0, 2, { 12, 21 } },
		{ S2PT_GRANULE_4K, 52, 52, S2PT_FEAT_LPA2, -1, { 12, 21, 30, 39 } },
		{ S2PT_GRANULE_4K, 48, 52, S2PT_FEAT_LPA2, 0, { 12, 21, 30, 39 } },
		{ S2PT_GRANULE_4K, 39, 52, S2PT_FEAT_LPA2, 1, { 12, 21, 30 } },
		{ S2PT_GRANULE_16K, 40, 48, 0, 1, { 14, 25 } },
		{ S2PT_GRANULE_64K, 40, 48, 0, 2, { 16, 29 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		const struct s2pt_format format =
			format_at(formats[i].granule, S2PT_SPACE_NONSECURE, formats[i].ipa_bits, formats[i].pa_bits,
				  formats[i].feats, formats[i].start);

		open_format(&format);
		for (unsigned lg2 = 0; lg2 <= UINT8_MAX; lg2++) {
			enum s2pt_status status;
			bool is_one = false;

			for (size_t n = 0; n < COUNT(formats[i].lg2); n++)
				is_one = is_one || (lg2 && formats[i].lg2[n] == lg2);
			m.request.lg2 = (uint8_t)lg2;
			status = fault(NULL, 0, 0, &m.plain);
			CHECK((status == S2PT_ERR_LEVEL) == !is_one, "format %zu, 2^%u bytes: %s", i, lg2,
			      s2pt_status_name(status));
		}
		pool_close();
	}
}

/* A block inside of a larger one, at a Permission fault: any address is enough to forget that one. */
static void
test_forgets_a_larger_leaf(void **state)
{
	(void)state;
	open_table(0);
	m.request.lg2 = 30;
	CHECK_STATUS(fault(NULL, GIB, PA, &m.plain), S2PT_OK, "1 GiB");
	m.request.lg2 = 21;
	m.request.permission = true;
	refuse(NULL, GIB + MIB2, PA, S2PT_ERR_EXISTS, "2 MiB");
	assert_int_equal(m.invalidations, 1);
	CHECK_U64(m.last.ipa.addr, GIB + MIB2, "what is forgotten");
	CHECK_U64(m.last.size, PAGE, "what is forgotten");
	CHECK_U64((uint64_t)m.last.level, (uint64_t)S2PT_TLBI_ANY_LEVEL, "level");
	assert_true(m.last.local);
	pool_close();
}

/* A group that nobody may write to, and that is not logged, where others are. */
static void
test_write_to_a_group(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	open_table(S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM);
	assert_true(m.table.tracking_bit != 0);
	m.plain.bits &= ~S2AP_W;
	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB), 16 * PAGE, s2pt_pa_of(PA), &m.plain), S2PT_OK,
		     "map");
	CHECK_U64(*pool_entry(GIB) >> 52 & 1u, 1, "the hint");
	remember();
	CHECK_STATUS(s2pt_shared_mark_dirty(&m.table, NULL, s2pt_ipa_of(GIB + PAGE), 0, NULL),
		     S2PT_ERR_READ_ONLY, "write");
	check_memory(NULL, 0, "a write");
	pool_close();
}

/* --- Executable pages, and runs ------------------------------------------------------------------- */

/* From here on faults map executable RAM. */
static void
map_executable(void)
{
	static const struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = S2PT_SH_ISH,
		.r = true,
		.x_el1 = true,
		.x_el0 = true,
		.af = true,
	};

	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, S2PT_MAPPING_RAM, &m.plain), S2PT_OK, "mapping");
}

static enum s2pt_status
fault_window(struct s2pt_cursor *cursor, uint64_t ipa, uint64_t pa, uint64_t before, uint64_t after)
{
	m.invalidations = m.cleans = m.icaches = 0;
	remember();
	return s2pt_shared_map_around(&m.table, cursor, &m.request, s2pt_ipa_of(ipa), s2pt_pa_of(pa), &m.plain, before,
				      after);
}

/* A page, or with it the bytes behind it. */
static enum s2pt_status
fault_run(struct s2pt_cursor *cursor, uint64_t ipa, uint64_t pa, uint64_t after)
{
	return after ? fault_window(cursor, ipa, pa, 0, after) : fault(cursor, ipa, pa, &m.plain);
}

/* What is not one executable page, or not to be answered, is not taken for one, nor for a run of them. */
static void
test_executable(void **state)
{
	(void)state;
	for (uint64_t after = 0; after <= 2 * PAGE; after += 2 * PAGE) {
		struct s2pt_cursor cursor = { .entries = NULL };

		open_table(S2PT_FEAT_S2FWB);
		make_table(GIB);
		map_executable();
		CHECK_STATUS(fault_run(&cursor, GIB + 8 * PAGE, PA, after), S2PT_OK, "a page");
		CHECK_U64(*pool_entry(GIB + 8 * PAGE), page_at(PA), "a page");
		assert_int_equal(m.icaches, 1);
		/* By the cursor now. */
		CHECK_STATUS(fault_run(&cursor, GIB + 16 * PAGE, PA, after), S2PT_OK, "by the cursor");
		CHECK_U64(*pool_entry(GIB + 16 * PAGE), page_at(PA), "by the cursor");
		assert_int_equal(m.icaches, 1);
		CHECK_STATUS(fault_run(&cursor, GIB + 20 * PAGE + 8, PA, after), S2PT_ERR_IPA_ALIGN, "IPA");
		CHECK_STATUS(fault_run(&cursor, GIB + 20 * PAGE, PA + 8, after), S2PT_ERR_PA_ALIGN, "PA");
		m.request.lg2 = 13;
		CHECK_STATUS(fault_run(&cursor, GIB + 20 * PAGE, PA, after), S2PT_ERR_LEVEL, "size");
		m.request.lg2 = 12;
		m.request.invalidate_seq--;
		CHECK_STATUS(fault_run(&cursor, GIB + 20 * PAGE, PA, after), S2PT_RACED, "too late");
		m.request.invalidate_seq++;
		check_memory(NULL, 0, "refused");
		assert_int_equal(m.icaches, 0);
		m.request.permission = true;
		CHECK_STATUS(fault_run(&cursor, GIB + 24 * PAGE, PA, after), S2PT_OK, "a Permission fault");
		CHECK_U64(*pool_entry(GIB + 24 * PAGE), page_at(PA), "a Permission fault");
		assert_int_equal(m.invalidations, 1);
		m.request.permission = false;
		CHECK_STATUS(fault_run(&cursor, GIB + 24 * PAGE, PA, after), S2PT_OK, "the same again");
		/* Where there is no table yet. */
		CHECK_STATUS(fault_run(&cursor, GIB + MIB2, PA, after), S2PT_OK, "another table");
		CHECK_U64(*pool_entry(GIB + MIB2), page_at(PA), "another table");
		CHECK_U64(*pool_entry(GIB + MIB2 + PAGE), after ? page_at(PA + PAGE) : 0, "another table");
		pool_close();
	}
}

/* --- Around a fault -------------------------------------------------------------------------------- */

static enum s2pt_status
fault_around(uint64_t ipa, uint64_t pa, uint64_t before, uint64_t after)
{
	return fault_window(NULL, ipa, pa, before, after);
}

/*
 * What is empty in the table of the page is mapped, from the one end of the window to the other, and nothing else; by
 * one call for each kind of cache maintenance, of the memory of just those pages.
 */
static void
test_around(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 400; n++) {
		const uint64_t at = random_below(512), before = random_below(600), after = random_below(600);
		const uint64_t first = before < at ? at - before : 0, last = at + after < 511 ? at + after : 511;
		uint64_t *entries, was[512];

		open_table(n & 1u ? S2PT_FEAT_S2FWB : 0);
		map_executable();
		make_table(GIB);
		entries = pool_entry(GIB);
		for (unsigned i = 0; i < 512; i++)
			entries[i] = random_below(3) ? 0 : random_below(2) ? page_at(PA)
									   : UINT64_C(0x5000);
		entries[at] = 0;
		memcpy(was, entries, sizeof(was));
		CHECK_STATUS(fault_around(GIB + at * PAGE, PA + GIB, before * PAGE, after * PAGE), S2PT_OK, "around");
		for (uint64_t i = 0; i < 512; i++)
			CHECK_U64(entries[i],
				  was[i] || i < first || i > last ? was[i] : page_at(PA + GIB + (i - at) * PAGE),
				  "a page around a fault");
		memcpy(m.before + ((uint8_t *)entries - pool.memory), entries, sizeof(was));
		check_memory(NULL, 0, "other tables");
		assert_int_equal(m.invalidations, 0);
		assert_int_equal(m.icaches, 1);
		assert_int_equal(m.cleans, !(n & 1u));
		CHECK_U64(m.maintained.addr, PA + GIB + (first - at) * PAGE, "what is maintained");
		CHECK_U64(m.maintained_bytes, (last - first + 1u) * PAGE, "what is maintained");
		pool_close();
	}
}

/* Where the page is alone in being refused, raced or inside of a block, nothing around it is mapped. */
static void
test_around_refused(void **state)
{
	const uint64_t end = UINT64_C(1) << 39, memory = UINT64_C(1) << 40;
	static const struct {
		uint64_t ipa, pa, before, after;
		uint8_t lg2;
		enum s2pt_status status;
	} cases[] = {
		{ GIB + PAGE, PA, 8, PAGE, 12, S2PT_ERR_SIZE_ALIGN },
		{ GIB + PAGE, PA, PAGE, PAGE + 8, 12, S2PT_ERR_SIZE_ALIGN },
		{ PAGE, PA, 2 * PAGE, 0, 12, S2PT_ERR_IPA_SIZE },
		{ (UINT64_C(1) << 39) - 2 * PAGE, PA, 0, 2 * PAGE, 12, S2PT_ERR_IPA_SIZE },
		{ GIB, PA, 0, UINT64_MAX - PAGE + 1u, 12, S2PT_ERR_IPA_SIZE },
		{ GIB + MIB2, PAGE, 2 * PAGE, 0, 12, S2PT_ERR_OA_SIZE },
		{ GIB, (UINT64_C(1) << 40) - 2 * PAGE, 0, 2 * PAGE, 12, S2PT_ERR_OA_SIZE },
		{ GIB, PA, 0, PAGE, 21, S2PT_ERR_LEVEL },
		{ GIB, PA, 0, PAGE, 13, S2PT_ERR_LEVEL },
		{ GIB + 8, PA, 0, PAGE, 12, S2PT_ERR_IPA_ALIGN },
		{ GIB, PA + 8, 0, PAGE, 12, S2PT_ERR_PA_ALIGN },
		{ GIB, PA, 0, PAGE, 12, S2PT_ERR_EXISTS },
	};

	(void)state;
	open_table(0);
	make_table(GIB);
	*pool_entry(GIB) ^= MIB2;
	for (size_t i = 0; i < COUNT(cases); i++) {
		m.request.lg2 = cases[i].lg2;
		CHECK_STATUS(fault_around(cases[i].ipa, cases[i].pa, cases[i].before, cases[i].after), cases[i].status,
			     "around");
		check_memory(NULL, 0, "refused");
	}
	/* As far as there are addresses, and to the last one of each kind. */
	m.request.lg2 = 12;
	CHECK_STATUS(fault_around(end - 2 * PAGE, memory - 2 * PAGE, 0, PAGE), S2PT_OK, "the last pages");
	assert_int_equal(*pool_entry(end - PAGE), page_at(memory - PAGE));
	CHECK_STATUS(fault_around(PAGE, PAGE, PAGE, 0), S2PT_OK, "the first pages");
	assert_int_equal(*pool_entry(0), page_at(0));
	/* What was answered too late. */
	m.request.invalidate_seq--;
	CHECK_STATUS(fault_around(GIB + PAGE, PA, 0, PAGE), S2PT_RACED, "too late");
	check_memory(NULL, 0, "too late");
	m.request.invalidate_seq++;
	/* Inside of a block there is nothing around it. */
	m.request.lg2 = 21;
	CHECK_STATUS(fault(NULL, 2 * GIB, PA, &m.plain), S2PT_OK, "a block");
	m.request.lg2 = 12;
	CHECK_STATUS(fault_around(2 * GIB + PAGE, PA + PAGE, PAGE, PAGE), S2PT_OK, "inside of a block");
	check_memory(NULL, 0, "inside of a block");
	pool_close();
}

/* A host that cannot do the cache maintenance that pages need gets that answer, for one and for a run of them. */
static void
test_host_cannot(void **state)
{
	(void)state;
	for (unsigned forced = 0; forced < 2; forced++)
		for (uint64_t after = 0; after <= PAGE; after += PAGE) {
			open_table(forced ? S2PT_FEAT_S2FWB : 0);
			make_table(GIB);
			map_executable();
			m.host.invalidate_icache = NULL;
			CHECK_STATUS(fault_run(NULL, GIB + 8 * PAGE, PA, after), S2PT_ERR_HOST_ICACHE, "fetches");
			if (!forced) {
				m.host.clean_data = NULL;
				CHECK_STATUS(fault_run(NULL, GIB + 8 * PAGE, PA, after), S2PT_ERR_HOST_DATA, "data");
			}
			check_memory(NULL, 0, "a host that cannot");
			pool_close();
		}
}

/* Where address bits stand elsewhere in a descriptor, no run goes over what carries into them: the page is alone. */
static void
test_around_high_memory(void **state)
{
	const uint64_t high = UINT64_C(1) << 48;

	(void)state;
	for (uint64_t page = 6; page <= 10; page++) {
		struct s2pt_format format = format_at(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 39, 52, S2PT_FEAT_LPA2, 1);
		const bool over = page == 7 || page == 8;
		s2pt_pa pa;

		open_format(&format);
		CHECK_STATUS(fault_around(GIB + page * PAGE, high + (page - 8) * PAGE, PAGE, PAGE), S2PT_OK, "around");
		for (uint64_t n = page - 1; n <= page + 1; n++) {
			enum s2pt_status status = s2pt_table_translate(&m.table, s2pt_ipa_of(GIB + n * PAGE), &pa);

			CHECK_STATUS(status, n == page || !over ? S2PT_OK : S2PT_ERR_NOT_MAPPED, "translate");
			if (status == S2PT_OK)
				CHECK_U64(pa.addr, high + (n - 8) * PAGE, "what is mapped");
		}
		pool_close();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor_of_neighbours),
		cmocka_unit_test(test_cursor_needs_no_walk),
		cmocka_unit_test(test_cursor_of_another_time),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_table_in_the_way),
		cmocka_unit_test(test_owing),
		cmocka_unit_test(test_last_leaf),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_forgets_a_larger_leaf),
		cmocka_unit_test(test_write_to_a_group),
		cmocka_unit_test(test_executable),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_around_refused),
		cmocka_unit_test(test_host_cannot),
		cmocka_unit_test(test_around_high_memory),
	};

	return cmocka_run_group_tests_name("fault path", tests, NULL, NULL);
}
