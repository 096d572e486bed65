/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What single steps are charged, clean, invalidate and leave, to the entry. */
#include "pool.h"

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define POOL     (UINT64_C(1024) << 12)
#define GIB      (UINT64_C(1) << 30)
#define MIB2     (UINT64_C(2) << 20)
#define GROUP    16u
#define REQUESTS 16u

/* Bits of a descriptor. */
#define VALID   UINT64_C(1)
#define CONT    (UINT64_C(1) << 52)
#define ADDRESS UINT64_C(0xfffffffff000)

static struct {
	uint8_t *seen;   /* the pool, as a walker sees it that does not look into the caches */
	unsigned stores; /* that were told to such a walker */
	unsigned retired;
	unsigned cleans;
	uint64_t clean_bytes;
	unsigned invalidations;
	unsigned requests;
	struct s2pt_tlbi_request request[REQUESTS];
	const uint64_t *gone; /* the entry that is to be empty during an invalidation */
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
} m;

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)bytes;
	(void)pages;
	(void)what;
	m.retired += (unsigned)count;
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	m.invalidations++;
	for (size_t i = 0; i < count && m.requests < REQUESTS; i++)
		memcpy(&m.request[m.requests++], &requests[i], sizeof(*requests));
	if (m.gone)
		CHECK_U64(*m.gone, 0, "what is made waits for the invalidation");
}

static void
clean_tables(void *context, const void *virt, size_t bytes)
{
	const size_t at = (size_t)((const uint8_t *)virt - pool.memory);

	(void)context;
	memcpy(m.seen + at, virt, bytes);
	m.stores += bytes == sizeof(uint64_t);
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	m.cleans++;
	m.clean_bytes += bytes;
	return true;
}

static void
open_as(uint32_t flags, s2pt_feats feats)
{
	const struct s2pt_features cpu = { .feats = feats, .pa_bits = 40, .granule_4k = true };
	struct s2pt_config config;

	memset(&m, 0, sizeof(m));
	pool_open(POOL, 0);
	m.seen = calloc(1, POOL);
	assert_non_null(m.seen);
	pool_host(&m.host);
	m.host.flags = flags;
	m.host.retire = retire;
	m.host.invalidate = invalidate;
	m.host.clean_tables = clean_tables;
	m.host.clean_data = clean_data;
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.feats = feats;
	config.ipa_bits = 39;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_OK, "init");
}

/* Each store is told of. */
static void
open_table(void)
{
	open_as(S2PT_HOST_NONCOHERENT, 0);
}

static void
close_table(void)
{
	if (m.host.flags & S2PT_HOST_NONCOHERENT)
		assert_memory_equal(pool.memory, m.seen, POOL);
	pool_close();
	free(m.seen);
}

static struct s2pt_mapping
mapping_of(bool ram)
{
	return pool_mapping(&m.format, S2PT_MEM_NORMAL_WB, true, ram);
}

static enum s2pt_status
map(struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t pa, bool ram)
{
	const struct s2pt_mapping mapping = mapping_of(ram);

	return s2pt_table_map(&m.table, op, s2pt_ipa_of(ipa), size, s2pt_pa_of(pa), &mapping);
}

static void
map_pages(uint64_t ipa, uint64_t size, uint64_t pa)
{
	struct s2pt_op op = { .max_lg2 = 12 };

	CHECK_STATUS(map(&op, ipa, size, pa, false), S2PT_OK, "map pages");
	CHECK_U64(op.done, size, "done");
}

static struct s2pt_found
look(uint64_t ipa)
{
	struct s2pt_found found;

	CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(ipa), &found), S2PT_OK, "lookup");
	return found;
}

/* The entry of @ipa in the table that ends the walk, which is at @level: 2 or 3. */
static uint64_t *
entry_of(uint64_t ipa, int level)
{
	uint64_t *entry = pool_entry_below(m.table.root, ipa, level);

	assert_non_null(entry);
	return entry;
}

static void
check_request(unsigned n, uint64_t ipa, uint64_t size, int level, bool last_level)
{
	assert_in_range(n, 0, m.requests - 1u);
	check_range_request(&m.request[n], ipa, size, level, last_level);
}

static void
forget(void)
{
	m.stores = 0;
	m.retired = 0;
	m.cleans = 0;
	m.clean_bytes = 0;
	m.invalidations = 0;
	m.requests = 0;
}

/* Two links and 512 pages, then the 86 pages that are left: their link comes on top. */
static void
test_new_tables_are_charged(void **state)
{
	struct s2pt_op op = { .budget = 600, .max_lg2 = 12 };

	(void)state;
	open_table();
	CHECK_STATUS(map(&op, GIB, 2 * MIB2, GIB, false), S2PT_ERR_BUDGET, "map");
	CHECK_U64(op.done, (512 + 86) * PAGE, "done");
	close_table();
}

/* A table costs one, with its entry: three of them a budget of three. */
static void
test_tables_that_go_are_charged(void **state)
{
	struct s2pt_op op = { .budget = 3, .max_lg2 = 21, .replace = true };

	(void)state;
	for (unsigned replace = 0; replace < 2; replace++) {
		open_table();
		map_pages(GIB, 8 * MIB2, GIB);
		CHECK_STATUS(replace ? map(&op, GIB, 8 * MIB2, 4 * GIB, false)
				     : s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), 8 * MIB2),
			     S2PT_ERR_BUDGET, "budget");
		CHECK_U64(op.done, 3 * MIB2, "done");
		assert_int_equal(m.retired, 3);
		close_table();
	}
}

/* 1 GiB of pages is 513 tables: they go at once, or by parts, each of which is a table with its entry. */
static void
test_a_subtree_goes_whole_if_it_fits(void **state)
{
	(void)state;
	for (unsigned budget = 511; budget < 514; budget++) {
		struct s2pt_op op = { .budget = budget };

		open_table();
		map_pages(GIB, GIB, GIB);
		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), GIB),
			     budget > 511 ? S2PT_OK : S2PT_ERR_BUDGET, "unmap");
		CHECK_U64(op.done, budget > 511 ? GIB : GIB - MIB2, "done");
		assert_int_equal(m.retired, budget > 511 ? 513 : 511);
		close_table();
	}
}

/* More tables than the gather has room for make way for blocks. */
static void
test_many_tables_make_way(void **state)
{
	struct s2pt_op op = { .max_lg2 = 21, .replace = true };

	(void)state;
	open_table();
	map_pages(GIB, 200 * MIB2, GIB);
	CHECK_STATUS(map(&op, GIB, 200 * MIB2, 4 * GIB, false), S2PT_OK, "blocks");
	CHECK_U64(op.done, 200 * MIB2, "done");
	assert_int_equal(m.retired, 200);
	for (unsigned n = 0; n < 200; n++)
		assert_int_equal(look(GIB + n * MIB2).level, 2);
	close_table();
}

/* What is replaced is broken @batch entries at a time, its dirty pages are reported, and it is cleaned once. */
static void
test_replaced_pages(void **state)
{
	uint64_t words[8] = { 0 };
	struct s2pt_bitmap dirty = { .base = { GIB }, .size = MIB2, .word = words };
	struct s2pt_op op = { .max_lg2 = 12, .replace = true, .batch = 2 };

	(void)state;
	open_table();
	map_pages(GIB, 8 * PAGE, GIB);
	CHECK_STATUS(map(&op, GIB, 8 * PAGE, 4 * GIB, false), S2PT_OK, "batches");
	assert_int_equal(m.invalidations, 4);
	op.batch = 0;
	op.dirty = &dirty;
	CHECK_STATUS(map(&op, GIB, 8 * PAGE, 5 * GIB, true), S2PT_OK, "dirty");
	assert_int_equal(m.invalidations, 5);
	assert_int_equal(m.cleans, 1);
	CHECK_U64(m.clean_bytes, 8 * PAGE, "cleaned");
	assert_int_equal(dirty.pages, 8);
	CHECK_U64(words[0], 0xff, "bitmap");
	close_table();
}

static enum s2pt_status
annotate(struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t value)
{
	return s2pt_table_annotate(&m.table, op, s2pt_ipa_of(ipa), size, value);
}

/* An annotation is as high as the cap and the range allow; dividing one copies it, and is charged. */
static void
test_annotations_are_divided(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	open_table();
	CHECK_STATUS(annotate(&op, 0, UINT64_C(512) << 30, 5), S2PT_OK, "everything");
	CHECK_U64(op.done, UINT64_C(512) << 30, "done");
	assert_int_equal(look(GIB).level, 1);
	op.max_lg2 = 21;
	CHECK_STATUS(annotate(&op, GIB, GIB, 6), S2PT_OK, "a cap");
	assert_int_equal(look(GIB).level, 2);
	op.max_lg2 = 12;
	/* Two tables of copies cost half of their entries each. */
	op.budget = 512 + 8;
	CHECK_STATUS(annotate(&op, 2 * GIB, 100 * PAGE, 7), S2PT_ERR_BUDGET, "pages");
	CHECK_U64(op.done, 8 * PAGE, "done");
	assert_int_equal(look(2 * GIB).level, 3);
	assert_int_equal(look(2 * GIB + MIB2).level, 2);
	close_table();
}

/* Without memory for the second table the first one does not stay. */
static void
test_annotations_without_memory(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	open_table();
	pool.bytes = pool.used + PAGE;
	CHECK_STATUS(annotate(&op, GIB, PAGE, 5), S2PT_ERR_MEMORY, "no memory");
	CHECK_U64(op.done, 0, "done");
	assert_int_equal(m.retired, 1);
	assert_int_equal(look(GIB).level, 1);
	pool.bytes = pool.used;
	CHECK_STATUS(annotate(&op, GIB, PAGE, 5), S2PT_ERR_MEMORY, "none at all");
	CHECK_U64(op.done, 0, "done");
	close_table();
}

/* Under a hold, a table takes the place of a block only when the block is forgotten. */
static void
test_divided_under_a_hold(void **state)
{
	struct s2pt_op op = { .max_lg2 = 21 };

	(void)state;
	open_table();
	CHECK_STATUS(map(&op, GIB, 2 * MIB2, GIB, false), S2PT_OK, "blocks");
	s2pt_table_hold(&m.table);
	CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), MIB2), S2PT_OK, "unmap");
	assert_int_equal(m.invalidations, 0);
	m.gone = (const uint64_t *)(pool.memory + pool.used - PAGE);
	CHECK_STATUS(annotate(&op, GIB, PAGE, 5), S2PT_OK, "annotate");
	assert_int_equal(m.invalidations, 1);
	m.gone = NULL;
	CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
	close_table();
}

/* A cursor is about one leaf table, at whatever byte of it the fault was. */
static void
test_cursors(void **state)
{
	struct s2pt_map_request request = { .lg2 = 12 };
	struct s2pt_cursor cursor = { 0 };
	const struct s2pt_mapping *mapping;
	struct s2pt_mapping plain;

	(void)state;
	open_table();
	request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
	plain = mapping_of(false);
	mapping = &plain;
	map_pages(GIB, PAGE, GIB);
	map_pages(GIB + MIB2, PAGE, GIB);
	CHECK_STATUS(s2pt_shared_set_af(&m.table, &cursor, s2pt_ipa_of(GIB + 1)), S2PT_OK, "odd");
	for (unsigned n = 1; n < 4; n++)
		CHECK_STATUS(s2pt_shared_map(&m.table, &cursor, &request, s2pt_ipa_of(GIB + n * PAGE),
					     s2pt_pa_of(2 * GIB + n * PAGE), mapping),
			     S2PT_OK, "page");
	CHECK_STATUS(s2pt_shared_map(&m.table, &cursor, &request, s2pt_ipa_of(GIB + MIB2 + PAGE),
				     s2pt_pa_of(3 * GIB), mapping),
		     S2PT_OK, "the next table");
	CHECK_STATUS(s2pt_shared_map(&m.table, &cursor, &request, s2pt_ipa_of(2 * GIB), s2pt_pa_of(3 * GIB),
				     mapping),
		     S2PT_OK, "new tables");
	for (unsigned n = 1; n < 4; n++)
		CHECK_U64(look(GIB + n * PAGE).desc.raw & UINT64_C(0xfffffff000), 2 * GIB + n * PAGE, "page");
	CHECK_U64(look(GIB + MIB2 + PAGE).desc.raw & UINT64_C(0xfffffff000), 3 * GIB, "the next table");
	close_table();
}

/* All of this VMID, at all levels, on this CPU. */
static void
test_conflict(void **state)
{
	const uint8_t one = 1, none = 0;

	(void)state;
	open_table();
	s2pt_shared_tlb_conflict(&m.table);
	assert_int_equal(m.invalidations, 1);
	assert_memory_equal(&m.request[0].vmid, &one, 1);
	assert_memory_equal(&m.request[0].last_level, &none, 1);
	assert_memory_equal(&m.request[0].local, &one, 1);
	CHECK_U64(m.request[0].ipa.addr, 0, "IPA");
	CHECK_U64(m.request[0].size, 0, "size");
	assert_int_equal(m.request[0].level, S2PT_TLBI_ANY_LEVEL);
	close_table();
}

/* What is there already, the same way, is passed as far as it reaches, and needs nothing; the rest is made. */
static void
test_what_is_there(void **state)
{
	struct s2pt_op op = { .max_lg2 = 12 };

	(void)state;
	open_table();
	op.max_lg2 = 21;
	CHECK_STATUS(map(&op, GIB, MIB2, GIB, true), S2PT_OK, "block");
	assert_int_equal(m.cleans, 1);
	CHECK_STATUS(map(&op, GIB, MIB2, GIB, true), S2PT_OK, "the same");
	assert_int_equal(m.cleans, 1);
	op.max_lg2 = 12;
	CHECK_STATUS(map(&op, GIB, 2 * MIB2, GIB, false), S2PT_OK, "the same, and pages");
	assert_int_equal(look(GIB).level, 2);
	assert_int_equal(look(GIB + MIB2).level, 3);
	CHECK_U64(look(GIB + MIB2).desc.raw & UINT64_C(0xfffffff000), GIB + MIB2, "page");
	CHECK_STATUS(map(&op, GIB, PAGE, 0, false), S2PT_ERR_EXISTS, "another page");
	op.replace = true;
	op.partial = S2PT_PARTIAL_REFUSE;
	CHECK_STATUS(map(&op, GIB, PAGE, 0, false), S2PT_ERR_WOULD_SPLIT, "in its place");

	op.max_lg2 = 0;
	CHECK_STATUS(annotate(&op, 4 * GIB, GIB, 5), S2PT_OK, "annotation");
	CHECK_STATUS(annotate(&op, 5 * GIB - PAGE, 2 * PAGE, 5), S2PT_OK, "the same, and a page");
	assert_int_equal(look(5 * GIB - PAGE).level, 1);
	assert_int_equal(look(5 * GIB).level, 3);
	close_table();
}

/* --- The short way of a map ------------------------------------------------------------------------- */

/* What the short way must not take is refused where it is the only thing that is wrong, and stores nothing. */
static void
test_what_is_no_page(void **state)
{
	const struct {
		uint64_t ipa, size, pa;
		enum s2pt_status status;
	} row[] = {
		{ GIB, 0, GIB, S2PT_ERR_EMPTY },
		{ GIB, PAGE / 2, GIB, S2PT_ERR_SIZE_ALIGN },
		{ GIB + 1, PAGE, GIB, S2PT_ERR_IPA_ALIGN },
		{ GIB + PAGE / 2, PAGE, GIB, S2PT_ERR_IPA_ALIGN },
		{ GIB, PAGE, GIB + 1, S2PT_ERR_PA_ALIGN },
		{ GIB, PAGE, GIB + PAGE / 2, S2PT_ERR_PA_ALIGN },
		{ GIB, PAGE, UINT64_C(1) << 40, S2PT_ERR_OA_SIZE },
		{ GIB, PAGE, UINT64_C(1) << 48, S2PT_ERR_OA_SIZE },
		{ GIB, PAGE, UINT64_C(1) << 63, S2PT_ERR_OA_SIZE },
		{ GIB, PAGE, (UINT64_C(1) << 40) - PAGE, S2PT_OK },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		struct s2pt_op op = { .done = PAGE };
		const bool ok = row[i].status == S2PT_OK;

		open_table();
		assert_true(m.table.fast_4k);
		map_pages(GIB + PAGE, PAGE, GIB);
		forget();
		CHECK_STATUS(map(&op, row[i].ipa, row[i].size, row[i].pa, false), row[i].status, "map");
		CHECK_U64(op.done, ok ? PAGE : 0, "done");
		CHECK_U64(*entry_of(GIB, 3) & (ADDRESS | VALID), ok ? row[i].pa | VALID : 0, "entry");
		assert_int_equal(m.stores, ok);
		close_table();
	}
}

/* A mapping that is refused is not begun. */
static void
test_no_mapping(void **state)
{
	struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .contiguous = true };
	struct s2pt_mapping mapping;

	(void)state;
	open_table();
	POISONED(mapping);
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, S2PT_MAPPING_RAM, &mapping), S2PT_ERR_CONTIGUOUS, "group");
	CHECK_UNTOUCHED(mapping, "group");
	leaf.contiguous = false;
	leaf.sh = S2PT_SH_RESERVED;
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, S2PT_MAPPING_RAM, &mapping), S2PT_ERR_SH, "shareability");
	CHECK_UNTOUCHED(mapping, "shareability");
	close_table();
}

/* --- Runs of a map ---------------------------------------------------------------------------------- */

/* What comes before a page of other memory is mapped, whole groups as such; that page, and all behind, stay. */
static void
test_another_page_in_a_group(void **state)
{
	(void)state;
	open_table();
	for (unsigned at = 0; at < 3 * GROUP; at++) {
		struct s2pt_op op = { .max_lg2 = 16 };

		map_pages(GIB + at * PAGE, PAGE, 0);
		CHECK_STATUS(map(&op, GIB, 3 * GROUP * PAGE, 2 * GIB, false), S2PT_ERR_EXISTS, "map");
		CHECK_U64(op.done, at * PAGE, "done");
		for (unsigned n = 0; n < 512; n++) {
			const uint64_t raw = *entry_of(GIB + n * PAGE, 3);

			if (n < at)
				CHECK_U64(raw & (ADDRESS | CONT | VALID),
					  (2 * GIB + n * PAGE) | (n < at / GROUP * GROUP ? CONT : 0) | VALID, "before");
			else if (n == at)
				CHECK_U64(raw & (ADDRESS | CONT | VALID), VALID, "the other");
			else
				CHECK_U64(raw, 0, "behind");
		}
		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), MIB2), S2PT_OK, "unmap");
	}
	close_table();
}

/* Groups in a table that is there are made in one step: their memory is cleaned once. */
static void
test_groups_are_one_run(void **state)
{
	struct s2pt_op op = { .max_lg2 = 16 };

	(void)state;
	open_table();
	map_pages(GIB + MIB2 - PAGE, PAGE, 0);
	CHECK_STATUS(map(&op, GIB, 4 * GROUP * PAGE, 2 * GIB, true), S2PT_OK, "map");
	CHECK_U64(m.clean_bytes, 4 * GROUP * PAGE, "cleaned");
	close_table();
}

/* Where pages, nothing, an annotation, and pages make way, what nobody knew is not invalidated. */
static void
test_holes_make_way(void **state)
{
	struct s2pt_op op = { .max_lg2 = 12, .replace = true };

	(void)state;
	open_table();
	map_pages(GIB, 2 * PAGE, GIB);
	CHECK_STATUS(annotate(&op, GIB + 3 * PAGE, PAGE, 5), S2PT_OK, "annotate");
	map_pages(GIB + 5 * PAGE, 2 * PAGE, GIB);
	assert_int_equal(m.table.annotations, 1);
	forget();
	CHECK_STATUS(map(&op, GIB, 8 * PAGE, 2 * GIB, false), S2PT_OK, "replace");
	assert_int_equal(m.invalidations, 1);
	assert_int_equal(m.requests, 2);
	check_request(0, GIB, 2 * PAGE, 3, true);
	check_request(1, GIB + 5 * PAGE, 2 * PAGE, 3, true);
	assert_int_equal(m.stores, 4 + 8);
	assert_int_equal(m.table.annotations, 0);
	for (unsigned n = 0; n < 8; n++)
		CHECK_U64(*entry_of(GIB + n * PAGE, 3) & (ADDRESS | VALID), (2 * GIB + n * PAGE) | VALID, "page");
	close_table();
}

/* The table that is in the place of a block may be all that the budget has room for. */
static void
test_a_table_makes_way_if_it_fits(void **state)
{
	struct s2pt_op op = { .budget = 1, .replace = true };

	(void)state;
	open_table();
	map_pages(GIB, MIB2, GIB);
	CHECK_STATUS(map(&op, GIB, MIB2, 2 * GIB, false), S2PT_OK, "replace");
	CHECK_U64(op.done, MIB2, "done");
	assert_int_equal(m.retired, 1);
	CHECK_U64(*entry_of(GIB, 2) & (ADDRESS | 3u), 2 * GIB | 1u, "block");
	close_table();
}

/* --- Runs of an unmap ------------------------------------------------------------------------------- */

/* Where nobody is told of stores pages of a table are invalidated from the first that was there to the last. */
static void
test_holes_are_unmapped(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	for (unsigned told = 0; told < 2; told++) {
		open_as(told ? S2PT_HOST_NONCOHERENT : 0, 0);
		map_pages(GIB + 3 * PAGE, 5 * PAGE, GIB);
		map_pages(GIB + 12 * PAGE, 3 * PAGE, GIB);
		map_pages(GIB + 40 * PAGE, PAGE, GIB);
		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), 32 * PAGE), S2PT_OK, "unmap");
		assert_int_equal(m.invalidations, 1);
		assert_int_equal(m.requests, told ? 2 : 1);
		check_request(0, GIB + 3 * PAGE, (told ? 5 : 12) * PAGE, 3, true);
		if (told)
			check_request(1, GIB + 12 * PAGE, 3 * PAGE, 3, true);
		for (unsigned n = 0; n < 512; n++)
			CHECK_U64(*entry_of(GIB + n * PAGE, 3) & VALID, n == 40, "page");
		close_table();
	}
}

/* A table beside a block is no block. */
static void
test_a_table_beside_a_block(void **state)
{
	struct s2pt_op op = { .max_lg2 = 21 };

	(void)state;
	for (unsigned told = 0; told < 2; told++) {
		open_as(told ? S2PT_HOST_NONCOHERENT : 0, 0);
		CHECK_STATUS(map(&op, GIB, MIB2, GIB, false), S2PT_OK, "block");
		map_pages(GIB + MIB2, MIB2, GIB);
		CHECK_STATUS(map(&op, GIB + 2 * MIB2, 2 * MIB2, GIB, false), S2PT_OK, "blocks");
		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), 3 * MIB2), S2PT_OK, "unmap");
		assert_int_equal(m.retired, 1);
		CHECK_U64(m.table.pages, 1, "tables");
		for (unsigned n = 0; n < 512; n++)
			CHECK_U64(*entry_of(GIB + n * MIB2, 2) & VALID, n == 3, "block");
		close_table();
	}
}

/* A range that would cut a member of a group, and must not, leaves the group as it is. */
static void
test_refused_in_a_group(void **state)
{
	(void)state;
	open_table();
	CHECK_STATUS(map(&(struct s2pt_op){ 0 }, GIB, GROUP * MIB2, GIB, false), S2PT_OK, "group");
	forget();
	for (unsigned at = 0; at < GROUP; at++) {
		struct s2pt_op op = { .partial = S2PT_PARTIAL_REFUSE };

		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB + at * MIB2), MIB2 - PAGE),
			     S2PT_ERR_WOULD_SPLIT, "unmap");
		CHECK_U64(op.done, 0, "done");
		assert_int_equal(m.stores + m.invalidations, 0);
		for (unsigned n = 0; n < GROUP; n++)
			CHECK_U64(*entry_of(GIB + n * MIB2, 2) & (ADDRESS | CONT | 3u), (GIB + n * MIB2) | CONT | 1u,
				  "member");
	}
	close_table();
}

/* --- Collapse --------------------------------------------------------------------------------------- */

/* An annotation is no block, though it be all that a block would be but valid. */
static void
test_an_annotation_like_a_block(void **state)
{
	static const unsigned where[] = { 1, 300, 511 };

	(void)state;
	for (unsigned haf = 0; haf < 2; haf++)
		for (size_t i = 0; i < COUNT(where); i++) {
			struct s2pt_op op = { .max_lg2 = 21 };
			uint64_t like;

			open_as(S2PT_HOST_NONCOHERENT, haf ? S2PT_FEAT_HAFDBS_AF : 0);
			CHECK_STATUS(map(&op, GIB, GIB, GIB, false), S2PT_OK, "blocks");
			like = *entry_of(GIB + where[i] * MIB2, 2) & ~VALID;
			CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB + where[i] * MIB2), MIB2), S2PT_OK,
				     "unmap");
			CHECK_STATUS(annotate(&op, GIB + where[i] * MIB2, MIB2, like >> 2), S2PT_OK, "annotate");
			op.max_lg2 = 0;
			forget();
			CHECK_STATUS(s2pt_table_collapse(&m.table, &op, s2pt_ipa_of(GIB), GIB), S2PT_OK, "collapse");
			assert_int_equal(m.stores + m.invalidations + m.retired, 0);
			CHECK_U64(*entry_of(GIB + where[i] * MIB2, 2), like, "annotation");
			close_table();
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_tables_are_charged),
		cmocka_unit_test(test_tables_that_go_are_charged),
		cmocka_unit_test(test_a_subtree_goes_whole_if_it_fits),
		cmocka_unit_test(test_many_tables_make_way),
		cmocka_unit_test(test_replaced_pages),
		cmocka_unit_test(test_annotations_are_divided),
		cmocka_unit_test(test_annotations_without_memory),
		cmocka_unit_test(test_divided_under_a_hold),
		cmocka_unit_test(test_what_is_there),
		cmocka_unit_test(test_cursors),
		cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_what_is_no_page),
		cmocka_unit_test(test_no_mapping),
		cmocka_unit_test(test_another_page_in_a_group),
		cmocka_unit_test(test_groups_are_one_run),
		cmocka_unit_test(test_holes_make_way),
		cmocka_unit_test(test_a_table_makes_way_if_it_fits),
		cmocka_unit_test(test_holes_are_unmapped),
		cmocka_unit_test(test_a_table_beside_a_block),
		cmocka_unit_test(test_refused_in_a_group),
		cmocka_unit_test(test_an_annotation_like_a_block),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
