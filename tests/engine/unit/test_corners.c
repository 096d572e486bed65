/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Corners of the engine that need a host which acts at the right moment. */
#include "pool.h"

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define POOL (UINT64_C(64) << 12)
#define GIB  (UINT64_C(1) << 30)
#define MIB2 (UINT64_C(2) << 20)
#define AF   (UINT64_C(1) << 10)
#define NT   (UINT64_C(1) << 16)

static struct {
	uint64_t *watched; /* this entry gets AF when a table that waits is cleaned */
	unsigned cleans;   /* calls of clean_data, and what they were about */
	uint64_t clean_bytes;
	unsigned invalidations;
	const uint64_t *broken;   /* the entry that is to be empty during an invalidation */
	uint64_t *hit;            /* this entry gets AF during an invalidation: a walker knew its table */
	const uint64_t *followed; /* each store to this entry is told of: this is what the last one left */
	uint64_t told;
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
} m;

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	(void)requests;
	(void)count;
	m.invalidations++;
	if (m.broken)
		CHECK_U64(*m.broken, 0, "what is made waits for the invalidation");
	if (m.hit)
		*m.hit |= AF;
	m.hit = NULL;
}

static void
trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	(void)context;
	if (entry != m.followed)
		return;
	CHECK_U64(before.raw, m.told, "what was there before a store");
	m.told = after.raw;
}

static void
clean_tables(void *context, const void *virt, size_t bytes)
{
	(void)context;
	(void)virt;
	if (m.watched && bytes > sizeof(uint64_t) && (*m.watched & NT)) {
		*m.watched |= AF;
		m.watched = NULL;
	}
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
open_sized(s2pt_feats feats, bool coherent, uint8_t ipa_bits, bool traced)
{
	const struct s2pt_features cpu = { .feats = feats, .pa_bits = 40, .granule_4k = true };
	struct s2pt_config config;

	memset(&m, 0, sizeof(m));
	/* What init leaves unset is seen. */
	memset(&m.table, 1, sizeof(m.table));
	pool_open(POOL, POISON);
	pool_host(&m.host);
	m.host.flags = coherent ? 0 : S2PT_HOST_NONCOHERENT;
	m.host.invalidate = invalidate;
	m.host.clean_tables = clean_tables;
	m.host.clean_data = clean_data;
	if (traced)
		m.host.trace = trace;
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.feats = feats;
	config.ipa_bits = ipa_bits;
	config.start_level = 1;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_OK, "init");
}

static void
open_table(s2pt_feats feats, bool coherent)
{
	open_sized(feats, coherent, 39, false);
}

static struct s2pt_mapping
mapping_of(bool af, bool ram)
{
	return pool_mapping(&m.format, S2PT_MEM_NORMAL_WB, af, ram);
}

static void
map(uint64_t ipa, uint64_t size, uint64_t pa, const struct s2pt_mapping *mapping, uint8_t max_lg2)
{
	struct s2pt_op op = { .max_lg2 = max_lg2 };

	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(ipa), size, s2pt_pa_of(pa), mapping), S2PT_OK,
		     "map");
}

static struct s2pt_found
look(uint64_t ipa)
{
	struct s2pt_found found;

	CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(ipa), &found), S2PT_OK, "lookup");
	return found;
}

/* Hardware sets AF in a block with nT between the making of its table and the link. */
static void
test_split_sees_the_last_write(void **state)
{
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping mapping;
	struct s2pt_found found;

	(void)state;
	open_table(S2PT_FEAT_BBML1 | S2PT_FEAT_HAFDBS_AF, false);
	mapping = mapping_of(false, false);
	map(GIB, MIB2, GIB, &mapping, 21);
	found = look(GIB);
	assert_int_equal(found.level, 2);
	assert_int_equal(found.desc.raw & AF, 0);
	/* The table of level 2 is the second that was made, after the root. */
	for (uint64_t *entry = (uint64_t *)pool.memory; (uint8_t *)entry < pool.memory + pool.used; entry++)
		if (*entry == found.desc.raw)
			m.watched = entry;
	assert_non_null(m.watched);
	CHECK_STATUS(s2pt_table_split(&m.table, &op, s2pt_ipa_of(GIB), MIB2, m.table.format->granule_lg2), S2PT_OK,
		     "split");
	assert_null(m.watched);
	/* The table that was made is the one that is linked, at the second attempt. */
	assert_int_equal(m.table.pages, 2);
	for (uint64_t at = 0; at < MIB2; at += PAGE) {
		found = look(GIB + at);
		assert_int_equal(found.level, 3);
		assert_int_equal(found.desc.raw & AF, AF);
	}
	pool_close();
}

/* A group is one piece of memory to clean, also where it is the last that the gather has room for. */
static void
test_groups_are_cleaned_whole(void **state)
{
	const uint64_t group = 16 * PAGE;
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping mapping;

	(void)state;
	open_table(0, false);
	mapping = mapping_of(true, true);
	for (unsigned n = 0; n < 10; n++)
		map(GIB + n * group, group, 2 * GIB + 3 * n * group, &mapping, 16);
	m.cleans = 0;
	m.clean_bytes = 0;
	CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), 10 * group), S2PT_OK, "unmap");
	assert_int_equal(m.cleans, 10);
	assert_int_equal(m.clean_bytes, 10 * group);
	pool_close();
}

/* What is reported twice is counted once. */
static void
test_pages_are_counted_once(void **state)
{
	uint64_t words[8] = { 0xf0 };
	struct s2pt_bitmap dirty = { .base = { GIB }, .size = MIB2, .word = words };
	struct s2pt_op op = { .dirty = &dirty };
	struct s2pt_mapping mapping;

	(void)state;
	open_table(0, true);
	mapping = mapping_of(true, false);
	map(GIB, MIB2, GIB, &mapping, 21);
	CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), MIB2), S2PT_OK, "unmap");
	assert_int_equal(dirty.pages, 512 - 4);
	for (unsigned n = 0; n < 8; n++)
		CHECK_U64(words[n], UINT64_MAX, "word");
	pool_close();
}

/* The short way of a fault: no table yet, an empty entry, one that is taken. */
static void
test_faults_go_the_short_way(void **state)
{
	struct s2pt_map_request request = { .lg2 = 12 };
	struct s2pt_cursor cursor = { 0 };
	struct s2pt_mapping mapping;

	(void)state;
	open_table(0, true);
	request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
	mapping = mapping_of(true, false);
	for (unsigned n = 0; n < 2; n++)
		for (uint64_t at = 0; at < 4 * PAGE; at += PAGE)
			CHECK_STATUS(s2pt_shared_map(&m.table, n ? &cursor : NULL, &request,
						     s2pt_ipa_of(GIB + n * MIB2 + at), s2pt_pa_of(GIB + at),
						     &mapping),
				     S2PT_OK, "fault");
	CHECK_STATUS(s2pt_shared_map(&m.table, &cursor, &request, s2pt_ipa_of(GIB + MIB2), s2pt_pa_of(GIB),
				     &mapping),
		     S2PT_OK, "the same");
	CHECK_STATUS(s2pt_shared_map(&m.table, &cursor, &request, s2pt_ipa_of(GIB + MIB2), s2pt_pa_of(0),
				     &mapping),
		     S2PT_ERR_EXISTS, "another");
	CHECK_STATUS(s2pt_shared_map(&m.table, NULL, &request, s2pt_ipa_of(GIB), s2pt_pa_of(0), &mapping),
		     S2PT_ERR_EXISTS, "another, without a cursor");
	pool_close();
}

/* What the short way is not for goes the long one, and is answered there. */
static void
test_faults_go_the_long_way(void **state)
{
	struct s2pt_map_request request = { .lg2 = 12 };
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping plain, clean;
	const s2pt_ipa ipa = s2pt_ipa_of(GIB);
	const s2pt_pa pa = s2pt_pa_of(GIB);

	(void)state;
	open_table(0, true);
	request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
	plain = mapping_of(true, false);
	clean = mapping_of(true, true);
	CHECK_STATUS(s2pt_shared_map(&m.table, NULL, &request, s2pt_ipa_of(GIB + 1), pa, &plain), S2PT_ERR_IPA_ALIGN,
		     "IPA");
	CHECK_STATUS(s2pt_shared_map(&m.table, NULL, &request, ipa, s2pt_pa_of(GIB + 1), &plain), S2PT_ERR_PA_ALIGN,
		     "PA");
	request.invalidate_seq += 7;
	CHECK_STATUS(s2pt_shared_map(&m.table, NULL, &request, ipa, pa, &plain), S2PT_RACED, "sequence");
	request.invalidate_seq -= 7;
	CHECK_STATUS(s2pt_shared_map(&m.table, NULL, &request, ipa, pa, &clean), S2PT_OK, "needs");
	assert_int_equal(m.clean_bytes, PAGE);
	request.permission = true;
	CHECK_STATUS(s2pt_shared_map(&m.table, NULL, &request, s2pt_ipa_of(GIB + PAGE), pa, &plain), S2PT_OK,
		     "permission");
	request.permission = false;
	plain.key |= S2PT_MAPPING_ICACHE;
	CHECK_STATUS(s2pt_shared_map(&m.table, NULL, &request, s2pt_ipa_of(GIB + 2 * PAGE), pa, &plain),
		     S2PT_ERR_HOST_ICACHE, "icache");
	plain.key &= ~S2PT_MAPPING_ICACHE;
	request.lg2 = 21;
	CHECK_STATUS(s2pt_shared_map(&m.table, NULL, &request, s2pt_ipa_of(GIB + MIB2), pa, &plain), S2PT_OK,
		     "block");
	request.lg2 = 12;
	CHECK_STATUS(s2pt_table_destroy(&m.table, &op), S2PT_OK, "destroy");
	request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
	CHECK_STATUS(s2pt_shared_map(&m.table, NULL, &request, ipa, pa, &plain), S2PT_ERR_DESTROYED, "destroying");
	pool_close();
}

/* The table under a link. */
static const uint64_t *
below(uint64_t link)
{
	return (const uint64_t *)(const void *)(pool.memory + ((link & ~(PAGE - 1u)) - POOL_PA));
}

/* The short way of a map: not over what is there, and not before what a hold keeps back is invalidated. */
static void
test_maps_go_the_long_way(void **state)
{
	struct s2pt_op op = { .budget = 0 };
	const s2pt_ipa ipa = s2pt_ipa_of(GIB);
	struct s2pt_mapping plain;
	const uint64_t *entry;

	(void)state;
	open_table(0, true);
	plain = mapping_of(true, false);
	assert_true(m.table.fast_4k);
	CHECK_STATUS(s2pt_table_map(&m.table, &op, ipa, 2 * PAGE, s2pt_pa_of(GIB), &plain), S2PT_OK, "map");
	CHECK_STATUS(s2pt_table_map(&m.table, &op, ipa, PAGE, s2pt_pa_of(0), &plain), S2PT_ERR_EXISTS, "another");
	assert_int_equal(op.done, 0);
	entry = below(below(m.table.root[1])[0]);
	CHECK_U64(*entry & ~(PAGE - 1u) & ((UINT64_C(1) << 48) - 1u), GIB, "what was there");

	s2pt_table_hold(&m.table);
	CHECK_STATUS(s2pt_table_unmap(&m.table, &op, ipa, PAGE), S2PT_OK, "unmap");
	assert_int_equal(m.invalidations, 0);
	m.broken = entry;
	CHECK_STATUS(s2pt_table_map(&m.table, &op, ipa, PAGE, s2pt_pa_of(0), &plain), S2PT_OK, "map again");
	assert_int_equal(m.invalidations, 1);
	m.broken = NULL;
	CHECK_STATUS(s2pt_table_release(&m.table), S2PT_OK, "release");
	pool_close();
}

/* What a split writes is its tables, to their ends and no further. */
static void
test_split_fills_its_page(void **state)
{
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping mapping;
	uint64_t *behind;

	(void)state;
	open_table(0, true);
	mapping = mapping_of(true, false);
	map(GIB, MIB2, GIB, &mapping, 21);
	behind = (uint64_t *)(void *)(pool.memory + ((pool.used + PAGE - 1u) & ~(PAGE - 1u)) + PAGE);
	behind[0] = 0x5a5a;
	CHECK_STATUS(s2pt_table_split(&m.table, &op, s2pt_ipa_of(GIB), MIB2, m.table.format->granule_lg2), S2PT_OK,
		     "split");
	assert_ptr_equal(below(below(m.table.root[1])[0]) + 512, behind);
	CHECK_U64(behind[0], 0x5a5a, "the page behind");
	pool_close();
}

/*
 * Walkers that know a table write to its entries until it has been invalidated: whichever it was, the block says
 * so. What lies behind the table says nothing, and each store is told of.
 */
static void
collapse_used(s2pt_feats feats, uint8_t ipa_bits, int level, unsigned used)
{
	const uint64_t size = level == 1 ? GIB : MIB2;
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping mapping;
	struct s2pt_found found;
	uint64_t *entries;

	open_sized(feats | S2PT_FEAT_HAFDBS_AF, true, ipa_bits, true);
	mapping = mapping_of(false, false);
	map(GIB, size, GIB, &mapping, level == 1 ? 21 : 12);
	m.followed = level == 1 ? &m.table.root[1] : below(m.table.root[1]);
	m.told = *m.followed;
	entries = (uint64_t *)(void *)(pool.memory + (below(m.told) - (const uint64_t *)(void *)pool.memory) * 8);
	/* Behind a table of blocks, the last that was made, is nobody's page; behind one of pages that above it. */
	if (level == 1)
		entries[512] = UINT64_MAX;
	else
		CHECK_STATUS(s2pt_table_annotate(&m.table, &op, s2pt_ipa_of(GIB + MIB2), MIB2, AF >> 2), S2PT_OK,
			     "annotate");
	if (used < 512)
		m.hit = &entries[used];
	CHECK_STATUS(s2pt_table_collapse(&m.table, &op, s2pt_ipa_of(GIB), size), S2PT_OK, "collapse");
	found = look(GIB);
	assert_int_equal(found.level, level);
	assert_int_equal(found.desc.raw & AF, used < 512 ? AF : 0);
	assert_int_equal(found.desc.raw & NT, 0);
	CHECK_U64(found.desc.raw, m.told, "the last store");
	pool_close();
}

static void
test_collapse_sees_the_last_write(void **state)
{
	static const unsigned used[] = { 0, 1, 300, 511, 512 };

	(void)state;
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		for (int level = 1; level <= 2; level++) {
			/* Four entries in the start table, or 1024: as many as no other has. */
			collapse_used(0, 32, level, used[i]);
			collapse_used(S2PT_FEAT_BBML1, 32, level, used[i]);
			collapse_used(S2PT_FEAT_BBML1, 40, level, used[i]);
		}
}

/* A replacement breaks what differs from it, and leaves alone what is mapped so already, with its access flag. */
static void
test_replacing_keeps_what_is_so(void **state)
{
	static const bool differs[8] = { true, true, false, false, false, true, false, false };
	struct s2pt_op replace = { .replace = true, .max_lg2 = 12 };
	struct s2pt_mapping mapping;

	(void)state;
	open_table(S2PT_FEAT_HAFDBS_AF, true);
	mapping = mapping_of(false, false);
	for (unsigned n = 0; n < COUNT(differs); n++) {
		map(GIB + n * PAGE, PAGE, GIB + (differs[n] ? MIB2 : 0) + n * PAGE, &mapping, 12);
		*pool_entry(GIB + n * PAGE) |= AF;
	}
	m.invalidations = 0;
	CHECK_STATUS(s2pt_table_map(&m.table, &replace, s2pt_ipa_of(GIB), sizeof(differs) * PAGE, s2pt_pa_of(GIB),
				    &mapping),
		     S2PT_OK, "replace");
	/* Two runs of pages were others: 0 and 1, and 5. */
	assert_int_equal(m.invalidations, 2);
	for (unsigned n = 0; n < COUNT(differs); n++) {
		const uint64_t raw = *pool_entry(GIB + n * PAGE);

		CHECK_U64(raw & UINT64_C(0xfffffffff000), GIB + n * PAGE, "the address");
		CHECK_U64(raw & AF, differs[n] ? 0 : AF, "the access flag");
	}
	pool_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_sees_the_last_write),
		cmocka_unit_test(test_groups_are_cleaned_whole),
		cmocka_unit_test(test_pages_are_counted_once),
		cmocka_unit_test(test_faults_go_the_short_way),
		cmocka_unit_test(test_faults_go_the_long_way),
		cmocka_unit_test(test_maps_go_the_long_way),
		cmocka_unit_test(test_split_fills_its_page),
		cmocka_unit_test(test_collapse_sees_the_last_write),
		cmocka_unit_test(test_replacing_keeps_what_is_so),
	};

	return cmocka_run_group_tests_name("corners", tests, NULL, NULL);
}
