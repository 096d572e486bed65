/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Tables that never change: what s2pt_build() makes is what the engine maps, entry by entry, over random lists of
 * regions in every granule; in as much memory as it said, and not a byte more. And the engine takes such tables over.
 */
#include "pool.h"
#include "random.h"

#include <s2pt/build.h>

#define POOL    (UINT64_C(1) << 24)
#define REGIONS 12u
#define ROUNDS  600u
#define GUARD   0xa5

static struct {
	struct s2pt_format format;
	struct s2pt_table table, adopted;
	struct s2pt_build_region region[REGIONS];
	struct s2pt_leaf leaf[REGIONS];
	size_t count;
	uint64_t retired, requests;
} m;

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)pages;
	(void)what;
	m.retired += bytes * count;
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	(void)requests;
	m.requests += count;
}

static struct s2pt_host_ops host = {
	.size = sizeof(host),
	.alloc = pool_alloc,
	.retire = retire,
	.invalidate = invalidate,
	.publish = publish_nothing,
};

/* --- Formats and regions ----------------------------------------------------------------------------- */

static bool
random_format(void)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };
	const bool ds = random_below(3) == 0;
	struct s2pt_features cpu = {
		.feats = S2PT_FEAT_TTST | S2PT_FEAT_XNX | (ds ? S2PT_FEAT_LPA2 : 0),
		.pa_bits = ds || random_below(2) ? 52 : 48,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = ds,
		.lpa2_16k = ds,
	};
	struct s2pt_config config;

	s2pt_config_init(&config, granules[random_below(3)], &cpu);
	config.feats = cpu.feats;
	config.ipa_bits = (uint8_t)(16 + random_below(37));
	config.start_level = random_below(2) ? S2PT_START_LEVEL_AUTO : (int8_t)((int)random_below(5) - 1);
	config.no_contiguous = random_below(4) == 0;
	return s2pt_format_init(&m.format, &cpu, &config) == S2PT_OK;
}

static uint64_t
random_bytes(unsigned limit_lg2)
{
	const uint64_t whole = (uint64_t)random_below(UINT32_MAX) << 32 | random_below(UINT32_MAX);

	return whole & ((UINT64_C(1) << random_below(limit_lg2 + 1u)) - 1u);
}

/* Regions in order, of which some touch; sizes and places from pages to many blocks. */
static void
random_regions(void)
{
	static const enum s2pt_memtype types[] = { S2PT_MEM_NORMAL_WB, S2PT_MEM_NORMAL_NC, S2PT_MEM_DEVICE_nGnRE };
	const unsigned granule = m.format.granule_lg2;
	const uint64_t limit = UINT64_C(1) << m.format.ipa_bits, top = UINT64_C(1) << m.format.oa_bits;
	const unsigned wide = granule + 14u < m.format.ipa_bits ? granule + 14u : m.format.ipa_bits;
	uint64_t at = random_below(2) ? 0 : random_bytes(m.format.ipa_bits) >> granule << granule;

	m.count = 0;
	while (m.count < REGIONS && at < limit) {
		const size_t n = m.count;
		uint64_t size = (random_bytes(wide) >> granule << granule) + (UINT64_C(1) << granule);
		uint64_t align = UINT64_C(1) << (random_below(2) ? granule : wide);

		if (size > limit - at)
			size = limit - at;
		m.leaf[n] = (struct s2pt_leaf){ .type = types[random_below(3)], .sh = m.format.sh0, .r = true };
		m.leaf[n].w = random_below(2);
		m.leaf[n].af = random_below(2);
		m.leaf[n].sw = (uint8_t)random_below(16);
		m.region[n] = (struct s2pt_build_region){ .ipa = s2pt_ipa_of(at), .size = size, .leaf = &m.leaf[n] };
		m.region[n].pa = s2pt_pa_of((random_bytes(m.format.oa_bits) & ~(align - 1u)) | (at & (align - 1u)));
		m.region[n].max_lg2 = (uint8_t)(random_below(3) ? 0 : granule + random_below(12));
		if (m.region[n].pa.addr >= top || size > top - m.region[n].pa.addr)
			m.region[n].pa = s2pt_pa_of(0);
		m.count++;
		at += size + (random_below(2) ? 0 : random_bytes(wide) >> granule << granule);
	}
}

/* --- The engine's ------------------------------------------------------------------------------------ */

static bool
map_all(struct s2pt_table *table)
{
	for (size_t n = 0; n < m.count; n++) {
		struct s2pt_op op = { .max_lg2 = m.region[n].max_lg2 };
		struct s2pt_mapping mapping;
		enum s2pt_status status;

		CHECK_STATUS(s2pt_mapping_init(&m.format, &m.leaf[n], 0, &mapping), S2PT_OK, "mapping");
		status = s2pt_table_map(table, &op, m.region[n].ipa, m.region[n].size, m.region[n].pa, &mapping);
		if (status == S2PT_ERR_MEMORY)
			return false;
		CHECK_STATUS(status, S2PT_OK, "map");
	}
	return true;
}

/* Both tables, entry by entry in order of IPA: the same leaves at the same levels, and nothing else. */
static void
check_same(const struct s2pt_table *a, const struct s2pt_table *b)
{
	const uint64_t limit = UINT64_C(1) << m.format.ipa_bits;

	for (uint64_t at = 0; at < limit;) {
		struct s2pt_found x, y;

		CHECK_STATUS(s2pt_table_lookup(a, s2pt_ipa_of(at), &x), S2PT_OK, "lookup");
		CHECK_STATUS(s2pt_table_lookup(b, s2pt_ipa_of(at), &y), S2PT_OK, "lookup");
		CHECK(x.desc.raw == y.desc.raw && x.level == y.level,
		      "0x%" PRIx64 ": 0x%" PRIx64 " at level %d, 0x%" PRIx64 " at level %d", at, x.desc.raw,
		      x.level, y.desc.raw, y.level);
		at = x.ipa.addr + x.size;
	}
}

static uint64_t
root_bytes(void)
{
	const uint64_t granule = UINT64_C(1) << m.format.granule_lg2, root = UINT64_C(1) << m.format.root_lg2;

	return root < granule ? granule : root;
}

static uint64_t
root_align(void)
{
	return UINT64_C(1) << m.format.root_align_lg2;
}

static void
test_same_as_mapped(void **state)
{
	uint8_t *memory = aligned_alloc(1u << 20, POOL);
	unsigned built = 0;

	(void)state;
	assert_non_null(memory);
	for (unsigned round = 0; round < ROUNDS; round++) {
		const uint64_t pa = UINT64_C(1) << (random_below(2) ? 30 : 20);
		struct s2pt_op op = { .budget = 0 };
		struct s2pt_build_memory build = { .virt = NULL };
		struct s2pt_host_ops other;

		if (!random_format())
			continue;
		random_regions();
		pool.used = 0;
		host.virt_offset = pool_offset();
		memset(&m.table, 0, sizeof(m.table));
		memset(&m.adopted, 0, sizeof(m.adopted));
		CHECK_STATUS(s2pt_build(&m.format, m.region, m.count, &build), S2PT_OK, "count");
		/* More than there is memory for, or than there is time to compare. */
		if (build.used > POOL / 4 || pa >> m.format.oa_bits || pa & (root_align() - 1u))
			continue;
		CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &host, 0), S2PT_OK, "init");
		assert_true(map_all(&m.table));
		CHECK_U64(build.used, root_bytes() + (m.table.pages << m.format.granule_lg2), "bytes");

		memset(memory, GUARD, POOL);
		build.virt = memory;
		build.pa = s2pt_pa_of(pa);
		build.bytes = build.used - 1u;
		CHECK_STATUS(s2pt_build(&m.format, m.region, m.count, &build), S2PT_ERR_MEMORY, "a byte too few");
		CHECK_U64(build.used, root_bytes() + (m.table.pages << m.format.granule_lg2), "bytes");
		assert_int_equal(memory[0], GUARD);
		build.bytes = build.used;
		CHECK_STATUS(s2pt_build(&m.format, m.region, m.count, &build), S2PT_OK, "build");
		for (uint64_t i = build.used; i < build.used + 64; i++)
			assert_int_equal(memory[i], GUARD);

		host.virt_offset = (uintptr_t)memory - (uintptr_t)pa;
		CHECK_STATUS(s2pt_table_adopt(&m.adopted, &m.format, &host, 0, build.pa, 0), S2PT_OK, "adopt");
		CHECK_U64(m.adopted.pages, m.table.pages, "tables");
		CHECK_U64(m.adopted.annotations, 0, "annotations");
		assert_ptr_equal(m.adopted.root, memory);
		/* Each table is read where its own memory is. */
		other = host;
		other.virt_offset = pool_offset();
		m.table.host = &other;
		check_same(&m.table, &m.adopted);
		built++;

		/* The engine goes on where the builder ended: all of it is unmapped, and given back. */
		m.retired = 0;
		m.requests = 0;
		if (m.count) {
			const s2pt_ipa all = s2pt_ipa_of(0);

			CHECK_STATUS(s2pt_table_unmap(&m.adopted, &op, all, UINT64_C(1) << m.format.ipa_bits), S2PT_OK,
				     "unmap");
			assert_int_not_equal(m.requests, 0);
		}
		CHECK_U64(m.adopted.pages, 0, "tables");
		CHECK_U64(m.retired, build.used - root_bytes(), "bytes given back");
		CHECK_STATUS(s2pt_table_destroy(&m.adopted, &op), S2PT_OK, "destroy");
		CHECK_STATUS(s2pt_table_destroy(&m.table, &op), S2PT_OK, "destroy");
	}
	free(memory);
	CHECK(built > 60, "%u lists were built", built);
}

/* --- What is refused --------------------------------------------------------------------------------- */

#define GIB (UINT64_C(1) << 30)

static void
plain_format(void)
{
	const struct s2pt_features cpu = { .feats = S2PT_FEAT_TTST, .pa_bits = 40, .granule_4k = true };
	struct s2pt_config config;

	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 39;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
}

static void
test_refusals(void **state)
{
	static const struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true };
	static const struct s2pt_leaf hint = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .contiguous = true };
	static const struct s2pt_leaf nt = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .nt = true };
	static const struct s2pt_leaf sh = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_RESERVED };
	static const struct {
		struct s2pt_build_region region;
		enum s2pt_status status;
	} rows[] = {
		{ { { GIB }, 0, { GIB }, &leaf, 0 }, S2PT_ERR_EMPTY },
		{ { { GIB + 1 }, PAGE, { GIB }, &leaf, 0 }, S2PT_ERR_IPA_ALIGN },
		{ { { GIB }, PAGE + 1, { GIB }, &leaf, 0 }, S2PT_ERR_SIZE_ALIGN },
		{ { { GIB << 9 }, PAGE, { GIB }, &leaf, 0 }, S2PT_ERR_IPA_SIZE },
		{ { { (GIB << 9) - PAGE }, 2 * PAGE, { GIB }, &leaf, 0 }, S2PT_ERR_IPA_SIZE },
		{ { { GIB }, PAGE, { GIB + 1 }, &leaf, 0 }, S2PT_ERR_PA_ALIGN },
		{ { { GIB }, PAGE, { GIB << 10 }, &leaf, 0 }, S2PT_ERR_OA_SIZE },
		{ { { GIB }, 2 * PAGE, { (GIB << 10) - PAGE }, &leaf, 0 }, S2PT_ERR_OA_SIZE },
		{ { { PAGE }, PAGE, { GIB }, &leaf, 0 }, S2PT_ERR_EXISTS },
		{ { { 0 }, PAGE, { GIB }, &leaf, 0 }, S2PT_ERR_EXISTS },
		{ { { GIB }, PAGE, { GIB }, &hint, 0 }, S2PT_ERR_CONTIGUOUS },
		{ { { GIB }, PAGE, { GIB }, &nt, 0 }, S2PT_ERR_NT },
		{ { { GIB }, PAGE, { GIB }, &sh, 0 }, S2PT_ERR_SH },
	};
	uint8_t memory[PAGE];

	(void)state;
	plain_format();
	memset(memory, GUARD, sizeof(memory));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct s2pt_build_region regions[] = { { { 0 }, 2 * PAGE, { 0 }, &leaf, 0 }, rows[i].region };
		struct s2pt_build_memory build = { .virt = memory, .bytes = sizeof(memory), .used = 7, .region = 9 };

		CHECK_STATUS(s2pt_build(&m.format, regions, 2, &build), rows[i].status, "a region");
		CHECK_U64(build.region, 1, "which");
		CHECK_U64(build.used, 7, "nothing was counted");
		assert_int_equal(memory[0], GUARD);
	}
}

static void
test_memory(void **state)
{
	static const struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true };
	const struct s2pt_build_region region = { { 0 }, GIB, { 0 }, &leaf, 0 };
	const struct s2pt_build_region page = { { 0 }, PAGE, { 0 }, &leaf, 0 };
	uint64_t memory[PAGE / sizeof(uint64_t)];
	struct s2pt_build_memory build = { .virt = memory, .bytes = PAGE };
	struct s2pt_host_ops none = host;

	(void)state;
	plain_format();
	memset(memory, GUARD, sizeof(memory));
	build.pa = s2pt_pa_of(PAGE / 2);
	CHECK_STATUS(s2pt_build(&m.format, &region, 1, &build), S2PT_ERR_ROOT_ALIGN, "alignment");
	build.pa = s2pt_pa_of(GIB << 10);
	CHECK_STATUS(s2pt_build(&m.format, &region, 1, &build), S2PT_ERR_ROOT_PA, "beyond");
	assert_int_equal(*(uint8_t *)memory, GUARD);
	build.pa = s2pt_pa_of((GIB << 10) - PAGE);
	CHECK_STATUS(s2pt_build(&m.format, &page, 1, &build), S2PT_ERR_ROOT_PA, "two pages of three beyond");
	assert_int_equal(*(uint8_t *)memory, GUARD);
	CHECK_STATUS(s2pt_build(&m.format, &region, 1, &build), S2PT_OK, "the last page");
	CHECK_U64(build.used, PAGE, "a block in the start table");
	CHECK_U64(memory[0] & 3u, 1, "a block");
	CHECK_U64(memory[1], 0, "nothing");
	/* Nothing at all is a table, too. */
	CHECK_STATUS(s2pt_build(&m.format, NULL, 0, &build), S2PT_OK, "no region");
	CHECK_U64(memory[0], 0, "nothing");

	CHECK_STATUS(s2pt_table_adopt(&m.adopted, &m.format, &host, 0, s2pt_pa_of(PAGE / 2), 0),
		     S2PT_ERR_ROOT_ALIGN, "root");
	CHECK_STATUS(s2pt_table_adopt(&m.adopted, &m.format, &host, 0, s2pt_pa_of(GIB << 10), 0),
		     S2PT_ERR_ROOT_PA, "root");
	none.retire = NULL;
	CHECK_STATUS(s2pt_table_adopt(&m.adopted, &m.format, &none, 0, s2pt_pa_of(0), 0), S2PT_ERR_HOST_RETIRE, "host");
	CHECK_STATUS(s2pt_table_adopt(&m.adopted, &m.format, &host, 0, s2pt_pa_of(0), 1), S2PT_ERR_FLAGS, "flag");
	CHECK_STATUS(s2pt_table_adopt(&m.adopted, &m.format, &host, 0, s2pt_pa_of(0), S2PT_MAPPING_RAM),
		     S2PT_ERR_HOST_DATA, "RAM");
	CHECK_STATUS(s2pt_table_adopt(&m.adopted, &m.format, NULL, 0, s2pt_pa_of(0), 0), S2PT_ERR_HOST, "host");
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	(void)bytes;
	return true;
}

static uint64_t adopted_root[512] __attribute__((aligned(4096)));

static void *
to_virt(void *context, s2pt_pa pa)
{
	(void)context;
	return pa.addr == 0x5000 ? adopted_root : NULL;
}

/* What somebody else left is counted; groups are taken for granted, maintenance where the host says so. */
static void
test_adopted(void **state)
{
	struct s2pt_host_ops odd = host;

	(void)state;
	plain_format();
	odd.to_virt = to_virt;
	adopted_root[1] = UINT64_C(5) << 2;
	adopted_root[3] = UINT64_C(9) << 2;
	odd.clean_data = clean_data;
	CHECK_STATUS(s2pt_table_adopt(&m.adopted, &m.format, &odd, 1, s2pt_pa_of(0x5000), S2PT_MAPPING_RAM), S2PT_OK,
		     "adopt");
	CHECK_U64(m.adopted.annotations, 2, "annotations");
	CHECK_U64(m.adopted.pages, 0, "tables");
	CHECK_U64(m.adopted.page_limit, 1, "limit");
	CHECK_U64(m.adopted.root_pa.addr, 0x5000, "root");
	assert_true(m.adopted.has_contiguous);
	assert_true(m.adopted.needs_clean);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_mapped),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_adopted),
	};
	int failed;

	pool_open(POOL, 0x5a);
	failed = cmocka_run_group_tests_name("build", tests, NULL, NULL);
	pool_close();
	return failed;
}
