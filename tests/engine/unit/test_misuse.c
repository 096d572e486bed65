/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Mistakes that are easy to make: each is told at once, by a status of its own, and changes nothing.
 */
#include "pool.h"

#include <s2pt/shared.h>

#define POOL (UINT64_C(256) << 12)
#define GIB  (UINT64_C(1) << 30)
#define PA   (UINT64_C(2) << 20)

/* Two tables, by turns of one and the same memory. */
static struct {
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table[2];
	unsigned retired;
	uint64_t before[POOL / sizeof(uint64_t)];
} m;

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	(void)requests;
	assert_true(count > 0);
}

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)bytes;
	(void)pages;
	(void)what;
	m.retired += (unsigned)count;
}

static struct s2pt_format
format_with(enum s2pt_granule granule, s2pt_feats feats)
{
	const struct s2pt_features cpu = {
		.feats = ALL_FEATS,
		.pa_bits = 52,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = true,
		.lpa2_16k = true,
	};
	struct s2pt_config config;
	struct s2pt_format format;

	s2pt_config_init(&config, granule, &cpu);
	config.feats = feats | S2PT_FEAT_LPA;
	config.ipa_bits = 39;
	config.pa_bits = feats & S2PT_FEAT_LPA2 ? 52 : 48;
	CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "format");
	return format;
}

static struct s2pt_mapping
mapping_of(const struct s2pt_format *format, enum s2pt_memtype type)
{
	return pool_mapping(format, type, true, false);
}

static void
init(unsigned which)
{
	CHECK_STATUS(s2pt_table_init(&m.table[which], &m.format, &m.host, 0), S2PT_OK, "init");
}

static int
setup(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	pool_open(POOL, 0);
	m.format = format_with(S2PT_GRANULE_4K, 0);
	pool_host(&m.host);
	m.host.flags = S2PT_HOST_ZEROED;
	m.host.retire = retire;
	m.host.invalidate = invalidate;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pool_close();
	return 0;
}

static void
remember(void)
{
	memcpy(m.before, pool.memory, POOL);
}

static void
check_unchanged(const char *what)
{
	CHECK(!memcmp(m.before, pool.memory, POOL), "%s: table memory was written", what);
}

static enum s2pt_status
map_page(unsigned which, uint64_t ipa, const struct s2pt_mapping *mapping)
{
	struct s2pt_op op = { .budget = 0 };

	return s2pt_table_map(&m.table[which], &op, s2pt_ipa_of(ipa), PAGE, s2pt_pa_of(PA), mapping);
}

static enum s2pt_status
fault(unsigned which, struct s2pt_cursor *cursor, uint64_t ipa, const struct s2pt_mapping *mapping)
{
	struct s2pt_map_request request = {
		.invalidate_seq = s2pt_table_invalidate_seq(&m.table[which]),
		.lg2 = 12,
	};

	return s2pt_shared_map(&m.table[which], cursor, &request, s2pt_ipa_of(ipa), s2pt_pa_of(PA), mapping);
}

/* --- Mappings --------------------------------------------------------------------------------------- */

/* Where a table for the page is there, and where none is: the short ways, and the long ones. */
static void
refuse_mapping(const struct s2pt_mapping *mapping, const char *what)
{
	remember();
	CHECK_STATUS(map_page(0, GIB + PAGE, mapping), S2PT_ERR_MAPPING, what);
	CHECK_STATUS(map_page(0, 2 * GIB, mapping), S2PT_ERR_MAPPING, what);
	CHECK_STATUS(fault(0, NULL, GIB + PAGE, mapping), S2PT_ERR_MAPPING, what);
	CHECK_STATUS(fault(0, NULL, 2 * GIB, mapping), S2PT_ERR_MAPPING, what);
	check_unchanged(what);
}

/* Every format under which bits of a leaf mean something else. */
static void
test_mapping_of_another_format(void **state)
{
	static const struct {
		const char *what;
		enum s2pt_granule granule;
		s2pt_feats feats;
	} others[] = {
		{ "FWB", S2PT_GRANULE_4K, S2PT_FEAT_S2FWB },
		{ "DS", S2PT_GRANULE_4K, S2PT_FEAT_LPA2 },
		{ "XNX", S2PT_GRANULE_4K, S2PT_FEAT_XNX },
		{ "XS", S2PT_GRANULE_4K, S2PT_FEAT_XS },
		{ "MTE_PERM", S2PT_GRANULE_4K, S2PT_FEAT_MTE2 | S2PT_FEAT_MTE_PERM },
		{ "dirty state", S2PT_GRANULE_4K, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM },
		{ "16K", S2PT_GRANULE_16K, 0 },
		{ "64K", S2PT_GRANULE_64K, 0 },
	};
	struct s2pt_mapping own, zero;

	(void)state;
	own = mapping_of(&m.format, S2PT_MEM_NORMAL_WB);
	init(0);
	CHECK_STATUS(map_page(0, GIB, &own), S2PT_OK, "its own");
	for (size_t i = 0; i < COUNT(others); i++) {
		const struct s2pt_format format = format_with(others[i].granule, others[i].feats);
		const struct s2pt_mapping other = mapping_of(&format, S2PT_MEM_NORMAL_WB);

		refuse_mapping(&other, others[i].what);
	}
	memset(&zero, 0, sizeof(zero));
	refuse_mapping(&zero, "never made");
}

/* What makes no difference to the bits does not bar a mapping: other sizes, features of invalidation. */
static void
test_mapping_of_a_format_like_it(void **state)
{
	struct s2pt_format other = format_with(S2PT_GRANULE_4K, S2PT_FEAT_TTL | S2PT_FEAT_TLBIRANGE | S2PT_FEAT_VMID16);
	struct s2pt_mapping mapping;

	(void)state;
	mapping = mapping_of(&other, S2PT_MEM_DEVICE_nGnRE);
	init(0);
	CHECK_STATUS(map_page(0, GIB, &mapping), S2PT_OK, "map");
	CHECK_STATUS(fault(0, NULL, GIB + PAGE, &mapping), S2PT_OK, "fault");
}

/* --- Requests and cursors --------------------------------------------------------------------------- */

/* Whoever forgets the sequence value learns it from the first fault on. */
static void
test_forgotten_sequence(void **state)
{
	struct s2pt_map_request request = { .lg2 = 12 };
	struct s2pt_mapping mapping;

	(void)state;
	mapping = mapping_of(&m.format, S2PT_MEM_NORMAL_WB);
	/* Also where the value of the storage's earlier life was the last before 0. */
	m.table[0].invalidate_seq = UINT64_MAX;
	init(0);
	CHECK_U64(s2pt_table_invalidate_seq(&m.table[0]), 1, "the first value");
	remember();
	CHECK_STATUS(s2pt_shared_map(&m.table[0], NULL, &request, s2pt_ipa_of(GIB), s2pt_pa_of(PA), &mapping),
		     S2PT_RACED, "nothing there");
	check_unchanged("nothing there");
	CHECK_STATUS(map_page(0, GIB, &mapping), S2PT_OK, "map");
	remember();
	CHECK_STATUS(s2pt_shared_map(&m.table[0], NULL, &request, s2pt_ipa_of(GIB + PAGE), s2pt_pa_of(PA), &mapping),
		     S2PT_RACED, "a table there");
	check_unchanged("a table there");
}

static uint64_t
raw_at(unsigned which, uint64_t ipa)
{
	const uint64_t *entry = pool_entry_below(m.table[which].root, ipa, 3);

	assert_non_null(entry);
	return *entry;
}

/* A cursor of one table is not followed in another, whatever their generations. */
static void
test_cursor_of_another_table(void **state)
{
	struct s2pt_cursor cursor = { .entries = NULL };
	struct s2pt_mapping mapping;

	(void)state;
	mapping = mapping_of(&m.format, S2PT_MEM_NORMAL_WB);
	init(0);
	init(1);
	for (unsigned which = 0; which < 2; which++)
		CHECK_STATUS(map_page(which, GIB, &mapping), S2PT_OK, "map");
	for (unsigned n = 1; n < 7; n++) {
		const unsigned which = n & 1u;

		CHECK_STATUS(fault(which, &cursor, GIB + n * PAGE, &mapping), S2PT_OK, "fault");
		assert_true(raw_at(which, GIB + n * PAGE));
		CHECK_U64(raw_at(!which, GIB + n * PAGE), 0, "the other table");
	}
}

/* Nor in the next life of the same storage, with the same history. */
static void
test_cursor_of_an_earlier_life(void **state)
{
	struct s2pt_cursor cursor = { .entries = NULL };
	struct s2pt_mapping mapping;
	struct s2pt_op op = { .budget = 0 };
	uint64_t old, request_of_then;

	(void)state;
	mapping = mapping_of(&m.format, S2PT_MEM_NORMAL_WB);
	init(0);
	CHECK_STATUS(map_page(0, GIB, &mapping), S2PT_OK, "map");
	CHECK_STATUS(fault(0, &cursor, GIB + PAGE, &mapping), S2PT_OK, "fault");
	request_of_then = s2pt_table_invalidate_seq(&m.table[0]);
	old = cursor.generation;
	CHECK_STATUS(s2pt_table_destroy(&m.table[0], &op), S2PT_OK, "destroy");
	init(0);
	assert_true(m.table[0].generation > old);
	assert_true(s2pt_table_invalidate_seq(&m.table[0]) != request_of_then);
	CHECK_STATUS(map_page(0, GIB, &mapping), S2PT_OK, "map");
	CHECK_STATUS(fault(0, &cursor, GIB + 2 * PAGE, &mapping), S2PT_OK, "fault");
	assert_true(raw_at(0, GIB + 2 * PAGE));
	/* Also where no table was ever unlinked: a start table may have leaves that a cursor remembers. */
	for (unsigned n = 0; n < 2; n++) {
		CHECK_STATUS(s2pt_table_destroy(&m.table[0], &op), S2PT_OK, "destroy");
		assert_true(n == 0 || m.table[0].generation == old);
		init(0);
		assert_true(m.table[0].generation > old);
		old = m.table[0].generation;
	}
}

/* --- Table memory out of reach ---------------------------------------------------------------------- */

static bool
alloc_elsewhere(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	if (!pool_alloc(context, what, bytes, page))
		return false;
	page->pa = s2pt_pa_of(page->pa.addr | UINT64_C(1) << 48);
	return true;
}

/* Whatever needs a table: it is given back, and nothing is changed. */
static void
test_table_elsewhere(void **state)
{
	struct s2pt_table *table = &m.table[0];
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping mapping;

	(void)state;
	mapping = mapping_of(&m.format, S2PT_MEM_NORMAL_WB);
	init(0);
	CHECK_STATUS(s2pt_table_map(table, &op, s2pt_ipa_of(GIB), GIB, s2pt_pa_of(0), &mapping), S2PT_OK, "a block");
	CHECK_STATUS(s2pt_table_annotate(table, &op, s2pt_ipa_of(2 * GIB), GIB, 5), S2PT_OK, "an annotation");
	m.host.alloc = alloc_elsewhere;
	m.retired = 0;
	remember();
	CHECK_STATUS(map_page(0, 3 * GIB, &mapping), S2PT_ERR_TABLE_PA, "map");
	CHECK_STATUS(fault(0, NULL, 3 * GIB, &mapping), S2PT_ERR_TABLE_PA, "shared_map");
	CHECK_STATUS(s2pt_table_split(table, &op, s2pt_ipa_of(GIB), GIB, table->format->granule_lg2), S2PT_ERR_TABLE_PA,
		     "split");
	CHECK_STATUS(s2pt_table_unmap(table, &op, s2pt_ipa_of(GIB), PAGE), S2PT_ERR_TABLE_PA, "unmap");
	CHECK_STATUS(s2pt_table_annotate(table, &op, s2pt_ipa_of(2 * GIB), PAGE, 6), S2PT_ERR_TABLE_PA, "annotate");
	check_unchanged("table memory out of reach");
	assert_int_equal(m.retired, 5);
	assert_int_equal(table->pages, 0);
}

/* --- Flags and sizes ------------------------------------------------------------------------------- */

static void
test_flags(void **state)
{
	const struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true };
	uint64_t word[8] = { 0 };
	struct s2pt_bitmap bitmap = { .base = s2pt_ipa_of(GIB), .size = 4 * PAGE, .word = word };
	struct s2pt_mapping mapping;
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	init(0);
	for (unsigned bit = 0; bit < 32; bit++) {
		const uint32_t flag = UINT32_C(1) << bit;

		POISONED(mapping);
		if (flag != S2PT_MAPPING_RAM && flag != S2PT_MAPPING_CLEAN) {
			CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, flag | S2PT_MAPPING_RAM, &mapping),
				     S2PT_ERR_FLAGS, "mapping");
			CHECK_UNTOUCHED(mapping, "mapping");
		}
		if (flag == S2PT_MAPPING_CLEAN) {
			CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, flag, &mapping), S2PT_ERR_FLAGS, "clean MMIO");
			CHECK_UNTOUCHED(mapping, "clean MMIO");
		}
		if (flag != S2PT_COLLECT_CLEAR) {
			op.done = PAGE;
			CHECK_STATUS(s2pt_table_dirty_collect(&m.table[0], &op, s2pt_ipa_of(GIB), PAGE, &bitmap, flag),
				     S2PT_ERR_FLAGS, "collect");
			CHECK_U64(op.done, 0, "collect: done");
		}
	}
}

/* Sizes in log2, of leaves that there are; a level is none of them. */
static void
test_split_sizes(void **state)
{
	struct s2pt_mapping mapping;
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	mapping = mapping_of(&m.format, S2PT_MEM_NORMAL_WB);
	init(0);
	CHECK_STATUS(s2pt_table_map(&m.table[0], &op, s2pt_ipa_of(GIB), GIB, s2pt_pa_of(0), &mapping), S2PT_OK, "map");
	remember();
	for (unsigned lg2 = 0; lg2 < 256; lg2++)
		if (lg2 != 12 && lg2 != 21 && lg2 != 30)
			CHECK_STATUS(s2pt_table_split(&m.table[0], &op, s2pt_ipa_of(GIB), GIB, (uint8_t)lg2),
				     S2PT_ERR_LEVEL, "split");
	CHECK_STATUS(s2pt_table_split(&m.table[0], &op, s2pt_ipa_of(GIB), GIB, 30), S2PT_OK, "as it is");
	check_unchanged("sizes");
	CHECK_STATUS(s2pt_table_split(&m.table[0], &op, s2pt_ipa_of(GIB), GIB, 21), S2PT_OK, "2 MiB");
	assert_int_equal(m.table[0].pages, 1);
	CHECK_STATUS(s2pt_table_split(&m.table[0], &op, s2pt_ipa_of(GIB), 2 * PA, 12), S2PT_OK, "4 KiB");
	assert_int_equal(m.table[0].pages, 3);
}

/* --- The tracking bit ------------------------------------------------------------------------------- */

/* The tracking bit is the library's: a leaf without it would be dirty for ever, one with it clean when it is not. */
static void
test_tracking_bit(void **state)
{
	const struct s2pt_change sets = { .set_sw = 8 }, clears = { .clear_sw = 8 }, other = { .set_sw = 4 };
	struct s2pt_table *table = &m.table[0];
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping mapping;

	(void)state;
	mapping = mapping_of(&m.format, S2PT_MEM_NORMAL_WB);
	init(0);
	CHECK_STATUS(map_page(0, GIB, &mapping), S2PT_OK, "map");
	CHECK_STATUS(s2pt_table_protect(table, &op, s2pt_ipa_of(GIB), PAGE, &sets), S2PT_OK, "not chosen yet");
	CHECK_STATUS(s2pt_table_protect(table, &op, s2pt_ipa_of(GIB), PAGE, &clears), S2PT_OK, "not chosen yet");
	CHECK_STATUS(s2pt_table_dirty_start(table, &op, s2pt_ipa_of(GIB), PAGE, 8, 0), S2PT_OK, "dirty_start");
	remember();
	CHECK_STATUS(s2pt_table_protect(table, &op, s2pt_ipa_of(GIB), PAGE, &sets), S2PT_ERR_SW, "set");
	CHECK_STATUS(s2pt_table_protect(table, &op, s2pt_ipa_of(GIB), PAGE, &clears), S2PT_ERR_SW, "clear");
	check_unchanged("the tracking bit");
	CHECK_STATUS(s2pt_table_protect(table, &op, s2pt_ipa_of(GIB), PAGE, &other), S2PT_OK, "another bit");
}

/* --- After the end ---------------------------------------------------------------------------------- */

static bool
visit_none(void *context, const struct s2pt_run *run)
{
	(void)context;
	(void)run;
	fail();
	return false;
}

/* Everything, the short ways of a page among it. */
static void
refuse_all(struct s2pt_table *table, const struct s2pt_mapping *mapping)
{
	const s2pt_ipa ipa = s2pt_ipa_of(GIB);
	const struct s2pt_change change = { .clear_w = true }, rights = { .set_w = true };
	const struct s2pt_move move = { .from = s2pt_pa_of(PA), .to = s2pt_pa_of(2 * PA) };
	struct s2pt_op op = { .budget = 0 };
	uint64_t word[8] = { 0 };
	struct s2pt_bitmap bitmap = { .base = ipa, .size = 4 * PAGE, .word = word };
	struct s2pt_found found;
	struct s2pt_stats stats;
	s2pt_pa pa;

	CHECK_STATUS(map_page(0, GIB + PAGE, mapping), S2PT_ERR_DESTROYED, "map");
	CHECK_STATUS(s2pt_table_unmap(table, &op, ipa, PAGE), S2PT_ERR_DESTROYED, "unmap");
	CHECK_STATUS(s2pt_table_protect(table, &op, ipa, PAGE, &change), S2PT_ERR_DESTROYED, "protect");
	CHECK_STATUS(s2pt_table_relax(table, &op, ipa, PAGE, &rights), S2PT_ERR_DESTROYED, "relax");
	CHECK_STATUS(s2pt_table_move(table, &op, ipa, PAGE, &move), S2PT_ERR_DESTROYED, "move");
	CHECK_STATUS(s2pt_table_split(table, &op, ipa, PAGE, table->format->granule_lg2), S2PT_ERR_DESTROYED, "split");
	CHECK_STATUS(s2pt_table_collapse(table, &op, ipa, PAGE), S2PT_ERR_DESTROYED, "collapse");
	CHECK_STATUS(s2pt_table_annotate(table, &op, ipa, PAGE, 5), S2PT_ERR_DESTROYED, "annotate");
	CHECK_STATUS(s2pt_table_age(table, &op, ipa, PAGE, S2PT_AGE_CLEAR, NULL), S2PT_ERR_DESTROYED, "age");
	CHECK_STATUS(s2pt_table_dirty_start(table, &op, ipa, PAGE, 8, 0), S2PT_ERR_DESTROYED, "dirty_start");
	CHECK_STATUS(s2pt_table_dirty_collect(table, &op, ipa, PAGE, &bitmap, S2PT_COLLECT_CLEAR), S2PT_ERR_DESTROYED,
		     "dirty_collect");
	CHECK_STATUS(s2pt_table_dirty_clear(table, &op, ipa, PAGE, &bitmap), S2PT_ERR_DESTROYED, "dirty_clear");
	CHECK_STATUS(s2pt_table_dirty_stop(table, &op, ipa, PAGE), S2PT_ERR_DESTROYED, "dirty_stop");
	CHECK_STATUS(fault(0, NULL, GIB + PAGE, mapping), S2PT_ERR_DESTROYED, "shared_map");
	CHECK_STATUS(s2pt_shared_relax(table, NULL, ipa, &rights), S2PT_ERR_DESTROYED, "shared_relax");
	CHECK_STATUS(s2pt_shared_mark_dirty(table, NULL, ipa, 0, NULL), S2PT_ERR_DESTROYED, "shared_mark_dirty");
	CHECK_STATUS(s2pt_shared_set_af(table, NULL, ipa), S2PT_ERR_DESTROYED, "shared_set_af");
	CHECK_STATUS(s2pt_shared_age(table, &op, ipa, PAGE, S2PT_AGE_CLEAR, NULL), S2PT_ERR_DESTROYED, "shared_age");
	CHECK_STATUS(s2pt_table_lookup(table, ipa, &found), S2PT_ERR_DESTROYED, "lookup");
	CHECK_STATUS(s2pt_table_translate(table, ipa, &pa), S2PT_ERR_DESTROYED, "translate");
	CHECK_STATUS(s2pt_table_visit(table, ipa, PAGE, visit_none, NULL), S2PT_ERR_DESTROYED, "visit");
	s2pt_table_stats(table, &stats);
	for (unsigned n = 0; n < 5; n++)
		assert_int_equal(stats.tables[n] + stats.leaves[n], 0);
	s2pt_table_hold(table);
	CHECK_STATUS(s2pt_table_release(table), S2PT_OK, "release");
	CHECK_STATUS(s2pt_table_destroy(table, &op), S2PT_OK, "destroy again");
}

static void
test_destroyed(void **state)
{
	struct s2pt_table *table = &m.table[0];
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping mapping;
	uint64_t used;

	(void)state;
	mapping = mapping_of(&m.format, S2PT_MEM_NORMAL_WB);
	init(0);
	CHECK_STATUS(map_page(0, GIB, &mapping), S2PT_OK, "map");
	remember();
	CHECK_STATUS(s2pt_table_destroy(table, &op), S2PT_OK, "destroy");
	used = pool.used;
	m.retired = 0;
	/* The memory is somebody else's now: another table, at first, that looks like this one did; then anything. */
	memcpy(pool.memory, m.before, POOL);
	refuse_all(table, &mapping);
	check_unchanged("a table of somebody else");
	memset(pool.memory, POISON, POOL);
	remember();
	refuse_all(table, &mapping);
	check_unchanged("memory of somebody else");
	CHECK_U64(pool.used, used, "table memory");
	assert_int_equal(m.retired, 0);
}

/* --- Keys of mappings --- */

/* What the meaning of a leaf's bits depends on, as one number, in an order of the test's own. */
struct keyed {
	uint64_t meaning;
	uint32_t key;
};

static int
by_key(const void *a, const void *b)
{
	const struct keyed *one = a, *two = b;

	return one->key < two->key ? -1
	     : one->key > two->key ? 1
				   : 0;
}

static const s2pt_feats key_feats[] = { S2PT_FEAT_LPA, S2PT_FEAT_LPA2, S2PT_FEAT_S2FWB, S2PT_FEAT_XNX,
					S2PT_FEAT_XS, S2PT_FEAT_MTE_PERM, S2PT_FEAT_HAFDBS_DBM };

/* One of all formats that differ in what matters to a leaf, or false. */
static bool
key_format(unsigned n, struct s2pt_format *format, uint64_t *meaning)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };
	static const enum s2pt_sh shs[] = { S2PT_SH_NSH, S2PT_SH_OSH, S2PT_SH_ISH };
	const unsigned feats = n % 128, granule = n / 128 % 3, sh = n / 384 % 3, space = n / 1152 % 3, pbha = n / 3456;
	struct s2pt_features cpu = { .feats = ALL_FEATS & ~S2PT_FEAT_LPA,
				     .granule_4k = true,
				     .granule_16k = true,
				     .granule_64k = true,
				     .lpa2_4k = true,
				     .lpa2_16k = true };
	struct s2pt_config config;

	cpu.pa_bits = feats & 1u ? 52 : 48;
	cpu.feats |= feats & 1u ? S2PT_FEAT_LPA : 0;
	s2pt_config_init(&config, granules[granule], &cpu);
	config.feats = S2PT_FEAT_HPDS2;
	for (size_t i = 0; i < COUNT(key_feats); i++)
		config.feats |= feats >> i & 1u ? key_feats[i] : 0;
	config.feats |= feats & 64u ? S2PT_FEAT_HAFDBS_AF : 0;
	config.ipa_bits = 39;
	config.sh0 = (uint8_t)shs[sh];
	config.pbha = (uint8_t)pbha;
	config.space = (enum s2pt_space)space;
	*meaning = n;
	return s2pt_format_init(format, &cpu, &config) == S2PT_OK;
}

/* Mappings of two formats have the same key only where their leaves mean the same. */
static void
test_keys(void **state)
{
	enum { FORMATS = 128 * 3 * 3 * 3 * 16 };
	static struct keyed seen[FORMATS];
	size_t count = 0;

	(void)state;
	for (unsigned n = 0; n < FORMATS; n++) {
		struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .r = true, .af = true };
		struct s2pt_format format;
		struct s2pt_mapping mapping;

		if (!key_format(n, &format, &seen[count].meaning))
			continue;
		leaf.sh = format.sh0;
		CHECK_STATUS(s2pt_mapping_init(&format, &leaf, 0, &mapping), S2PT_OK, "mapping");
		CHECK(mapping.key, "the key of nobody");
		seen[count++].key = mapping.key;
	}
	CHECK(count > FORMATS / 4, "%zu formats", count);
	qsort(seen, count, sizeof(seen[0]), by_key);
	for (size_t i = 1; i < count; i++)
		CHECK(seen[i].key != seen[i - 1].key, "formats %" PRIu64 " and %" PRIu64 " have one key",
		      seen[i].meaning, seen[i - 1].meaning);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test_setup_teardown(test_mapping_of_another_format, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mapping_of_a_format_like_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forgotten_sequence, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cursor_of_another_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cursor_of_an_earlier_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_split_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tracking_bit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_destroyed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
