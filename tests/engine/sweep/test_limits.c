/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The edges of the address space, for every granule, 48-bit, LPA and LPA2, every IPA size and every
 * start level: the first page, the last, a range that ends at the end; refusals that change nothing;
 * and leaves in a row where address bits leave their place. On plain memory: the judge is not needed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <s2pt/s2pt.h>
#include <s2pt/shared.h>
#include <s2pt/tracking.h>

/* Software bit 0 says that a leaf is dirty; so many pages are collected at most. */
#define SW         1u
#define MOST_PAGES (UINT64_C(1) << 18)

struct host {
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
	struct s2pt_mapping mapping;
	unsigned live, stores;
};

static bool
host_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	struct host *host = context;

	(void)what;
	page->virt = aligned_alloc(bytes, bytes < 64 ? 64 : bytes);
	if (!page->virt)
		return false;
	memset(page->virt, 0xa5, bytes);
	page->pa = s2pt_pa_of((uintptr_t)page->virt);
	host->live++;
	return true;
}

static void
host_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	struct host *host = context;

	(void)what;
	(void)bytes;
	for (size_t i = 0; i < count; i++)
		free(pages[i].virt);
	host->live -= (unsigned)count;
}

static void
host_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
	struct host *host = context;
	struct s2pt_tlbi_seq seq;

	uint64_t steps = 0, most = 16;
	struct s2pt_tlbi_step step;

	if (s2pt_tlbi_begin(&seq, &host->format, &params, requests, count) != S2PT_OK)
		fail_msg("an impossible invalidation");
	for (size_t i = 0; i < count; i++)
		most += s2pt_tlbi_ops(&host->format, &requests[i]);
	while (s2pt_tlbi_next(&seq, &step))
		if (++steps > most)
			fail_msg("a sequence without an end");
}

static void
host_publish(void *context)
{
	(void)context;
}

static void
host_trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	struct host *host = context;

	(void)entry;
	(void)before;
	(void)after;
	host->stores++;
}

/* False where there is no such format. */
static bool
host_open(struct host *host, enum s2pt_granule granule, bool ds, unsigned pa_bits,
	  unsigned ipa_bits, int start_level)
{
	struct s2pt_features cpu;
	struct s2pt_config config;
	struct s2pt_leaf leaf;

	memset(host, 0, sizeof(*host));
	memset(&cpu, 0, sizeof(cpu));
	cpu.feats = S2PT_FEAT_TTST | S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_TTL |
		    S2PT_FEAT_TLBIRANGE | (ds ? S2PT_FEAT_LPA2 : 0);
	cpu.pa_bits = (uint8_t)pa_bits;
	cpu.granule_4k = cpu.granule_16k = cpu.granule_64k = true;
	cpu.lpa2_4k = cpu.lpa2_16k = ds;
	s2pt_config_init(&config, granule, &cpu);
	config.feats = cpu.feats;
	config.ipa_bits = (uint8_t)ipa_bits;
	config.start_level = (int8_t)start_level;
	if (s2pt_format_init(&host->format, &cpu, &config) != S2PT_OK)
		return false;
	host->host = (struct s2pt_host_ops){
		.size = sizeof(host->host),
		.context = host,
		.alloc = host_alloc,
		.retire = host_retire,
		.invalidate = host_invalidate,
		.publish = host_publish,
		.trace = host_trace,
	};
	assert_int_equal(s2pt_table_init(&host->table, &host->format, &host->host, 0), S2PT_OK);
	memset(&leaf, 0, sizeof(leaf));
	leaf.type = S2PT_MEM_NORMAL_WB;
	leaf.sh = host->format.sh0;
	leaf.r = leaf.w = leaf.af = true;
	assert_int_equal(s2pt_mapping_init(&host->format, &leaf, S2PT_MAPPING_RAM, &host->mapping), S2PT_OK);
	return true;
}

static void
host_close(struct host *host)
{
	struct s2pt_op op = { .budget = 0 };

	assert_int_equal(s2pt_table_destroy(&host->table, &op), S2PT_OK);
	assert_int_equal(host->live, 0);
}

/* --- The operations, alike
 * -------------------------------------------------------------------------- */

enum {
	OP_MAP,
	OP_UNMAP,
	OP_PROTECT,
	OP_RELAX,
	OP_SPLIT,
	OP_COLLAPSE,
	OP_MOVE,
	OP_ANNOTATE,
	OPS,
};

static enum s2pt_status
operate(struct host *host, int what, struct s2pt_op *op, uint64_t ipa, uint64_t size)
{
	struct s2pt_change change = { .set_w = true };
	struct s2pt_table *table = &host->table;
	s2pt_ipa at = s2pt_ipa_of(ipa);

	switch (what) {
	case OP_MAP:
		return s2pt_table_map(table, op, at, size, s2pt_pa_of(0), &host->mapping);
	case OP_UNMAP:
		return s2pt_table_unmap(table, op, at, size);
	case OP_PROTECT:
		return s2pt_table_protect(table, op, at, size, &change);
	case OP_RELAX:
		return s2pt_table_relax(table, op, at, size, &change);
	case OP_SPLIT:
		return s2pt_table_split(table, op, at, size, table->format->granule_lg2);
	case OP_COLLAPSE:
		return s2pt_table_collapse(table, op, at, size);
	case OP_MOVE:
		return s2pt_table_move(table, op, at, size,
				       &(struct s2pt_move){ .from = s2pt_pa_of(0), .to = s2pt_pa_of(0) });
	default:
		return s2pt_table_annotate(table, op, at, size, 5);
	}
}

static void
refuses(struct host *host, uint64_t ipa, uint64_t size)
{
	for (int what = 0; what < OPS; what++) {
		struct s2pt_op op = { .done = 77 };
		enum s2pt_status status = operate(host, what, &op, ipa, size);
		const uint64_t inside = (UINT64_C(1) << host->format.granule_lg2) - 1u;

		if (status != (!size           ? S2PT_ERR_EMPTY
			       : ipa & inside  ? S2PT_ERR_IPA_ALIGN
			       : size & inside ? S2PT_ERR_SIZE_ALIGN
					       : S2PT_ERR_IPA_SIZE) ||
		    op.done)
			fail_msg("operation %d: %s, done 0x%llx, for IPA 0x%llx size 0x%llx, %u "
				 "bits from level %d",
				 what, s2pt_status_name(status), (unsigned long long)op.done,
				 (unsigned long long)ipa, (unsigned long long)size,
				 host->format.ipa_bits, host->format.start_level);
	}
}

static uint64_t
translated(struct host *host, uint64_t ipa)
{
	s2pt_pa pa = s2pt_pa_of(0);
	enum s2pt_status status = s2pt_table_translate(&host->table, s2pt_ipa_of(ipa), &pa);

	return status == S2PT_OK ? pa.addr : UINT64_MAX - (uint64_t)status;
}

static const uint64_t not_mapped = UINT64_MAX - (uint64_t)S2PT_ERR_NOT_MAPPED;
static const uint64_t beyond = UINT64_MAX - (uint64_t)S2PT_ERR_IPA_SIZE;

static void
map(struct host *host, uint64_t ipa, uint64_t size, uint64_t pa, enum s2pt_status want)
{
	struct s2pt_op op = { .budget = 0 };
	enum s2pt_status status = s2pt_table_map(&host->table, &op, s2pt_ipa_of(ipa), size,
						 s2pt_pa_of(pa), &host->mapping);

	if (status != want || op.done != (want == S2PT_OK ? size : 0))
		fail_msg("map 0x%llx + 0x%llx to 0x%llx: %s, not %s; %u bits from level %d",
			 (unsigned long long)ipa, (unsigned long long)size, (unsigned long long)pa,
			 s2pt_status_name(status), s2pt_status_name(want), host->format.ipa_bits,
			 host->format.start_level);
}

static void
unmap(struct host *host, uint64_t ipa, uint64_t size)
{
	struct s2pt_op op = { .budget = 0 };

	assert_int_equal(s2pt_table_unmap(&host->table, &op, s2pt_ipa_of(ipa), size), S2PT_OK);
	assert_int_equal(op.done, size);
}

/* Ranges that are no ranges: of everything, with the same answer, and no store. */
static void
check_refusals(struct host *host)
{
	uint64_t page = UINT64_C(1) << host->format.granule_lg2;
	uint64_t end = UINT64_C(1) << host->format.ipa_bits;
	uint64_t oa_end = UINT64_C(1) << host->format.oa_bits;
	unsigned stores = host->stores;
	uint64_t pages = host->table.pages;

	refuses(host, 0, 0);
	refuses(host, page, 0);
	refuses(host, end, 0);
	refuses(host, page / 2, page);
	refuses(host, 0, page + 1);
	refuses(host, 1, page - 1);
	refuses(host, end, page);
	refuses(host, end - page, 2 * page);
	refuses(host, 0, end + page);
	refuses(host, UINT64_MAX - page + 1, page);
	refuses(host, page, UINT64_MAX - page + 1);
	refuses(host, page, UINT64_MAX - 2 * page + 1);
	refuses(host, end - page, UINT64_MAX - end + 1);
	refuses(host, end | page, page);
	map(host, 0, page, page / 2, S2PT_ERR_PA_ALIGN);
	map(host, 0, page, oa_end, S2PT_ERR_OA_SIZE);
	map(host, 0, 2 * page, oa_end - page, S2PT_ERR_OA_SIZE);
	map(host, 0, page, UINT64_MAX - page + 1, S2PT_ERR_OA_SIZE);
	assert_int_equal(host->stores, stores);
	assert_int_equal(host->table.pages, pages);
}

/* Collect the pages of a range; so many were dirty. */
static void
collect(struct host *host, uint64_t ipa, uint64_t size, struct s2pt_bitmap *bitmap, uint64_t dirty)
{
	struct s2pt_op op = { .budget = 0 };

	bitmap->pages = 0;
	memset(bitmap->word, 0, (size_t)(((size >> host->format.granule_lg2) + 63u) / 64u * sizeof(uint64_t)));
	assert_int_equal(s2pt_table_dirty_collect(&host->table, &op, s2pt_ipa_of(ipa), size, bitmap,
						  S2PT_COLLECT_CLEAR),
			 S2PT_OK);
	assert_int_equal(op.done, size);
	assert_int_equal(bitmap->pages, dirty);
}

/* What is mapped is logged: it is dirty from the beginning, clean when it was collected, and dirty after a write. */
static void
check_log(struct host *host, uint64_t ipa, uint64_t size)
{
	const uint64_t pages = size >> host->format.granule_lg2;
	struct s2pt_bitmap bitmap = { .base = { ipa }, .size = size };
	struct s2pt_op op = { .budget = 0 };

	if (pages > MOST_PAGES)
		return;
	bitmap.word = malloc((size_t)((pages + 63u) / 64u * sizeof(uint64_t)));
	assert_non_null(bitmap.word);
	assert_int_equal(s2pt_table_dirty_start(&host->table, &op, s2pt_ipa_of(ipa), size, SW, S2PT_START_DIRTY),
			 S2PT_OK);
	collect(host, ipa, size, &bitmap, pages);
	collect(host, ipa, size, &bitmap, 0);
	assert_int_equal(s2pt_shared_mark_dirty(&host->table, NULL, s2pt_ipa_of(ipa + size - 1u), 0, NULL), S2PT_OK);
	collect(host, ipa, size, &bitmap, pages);
	assert_int_equal(s2pt_table_dirty_stop(&host->table, &op, s2pt_ipa_of(ipa), size), S2PT_OK);
	free(bitmap.word);
}

/* What faults, copy-on-write and ageing do with one page, where nothing is mapped beside it. */
static void
check_page(struct host *host, uint64_t ipa)
{
	const uint64_t page = UINT64_C(1) << host->format.granule_lg2;
	struct s2pt_change none = { .clear_w = true }, all = { .set_w = true };
	struct s2pt_map_request request;
	struct s2pt_op op = { .budget = 0 };
	const s2pt_ipa at = s2pt_ipa_of(ipa);

	memset(&request, 0, sizeof(request));
	request.lg2 = host->format.granule_lg2;
	request.invalidate_seq = s2pt_table_invalidate_seq(&host->table);
	assert_int_equal(s2pt_shared_map(&host->table, NULL, &request, at, s2pt_pa_of(page), &host->mapping),
			 S2PT_OK);
	assert_int_equal(translated(host, ipa), page);
	assert_int_equal(s2pt_table_protect(&host->table, &op, at, page, &none), S2PT_OK);
	assert_int_equal(s2pt_shared_relax(&host->table, NULL, at, &all), S2PT_OK);
	assert_int_equal(s2pt_table_age(&host->table, &op, at, page, S2PT_AGE_CLEAR, NULL), S2PT_OK);
	assert_int_equal(s2pt_shared_set_af(&host->table, NULL, at), S2PT_OK);
	check_log(host, ipa, page);
	op.replace = true;
	assert_int_equal(s2pt_table_map(&host->table, &op, at, page, s2pt_pa_of(2 * page), &host->mapping), S2PT_OK);
	assert_int_equal(translated(host, ipa), 2 * page);
	unmap(host, ipa, page);
	assert_int_equal(translated(host, ipa), not_mapped);
}

/* The first page and the last, each alone and together, with no trace of one at the other. */
static void
check_edges(struct host *host)
{
	uint64_t page = UINT64_C(1) << host->format.granule_lg2;
	uint64_t end = UINT64_C(1) << host->format.ipa_bits;
	uint64_t oa_last = (UINT64_C(1) << host->format.oa_bits) - page;

	assert_int_equal(translated(host, end), beyond);
	assert_int_equal(translated(host, UINT64_MAX), beyond);
	map(host, end - page, page, oa_last, S2PT_OK);
	assert_int_equal(translated(host, end - page), oa_last);
	assert_int_equal(translated(host, end - 1), oa_last + page - 1);
	if (end > page)
		assert_int_equal(translated(host, 0), end == page ? oa_last : not_mapped);
	assert_int_equal(translated(host, end), beyond);
	if (end > page) {
		map(host, 0, page, page, S2PT_OK);
		assert_int_equal(translated(host, 0), page);
		assert_int_equal(translated(host, end - page), oa_last);
		unmap(host, 0, page);
		assert_int_equal(translated(host, 0), not_mapped);
	}
	check_refusals(host);
	assert_int_equal(translated(host, end - page), oa_last);
	unmap(host, end - page, page);
	check_page(host, 0);
	check_page(host, end - page);
	assert_int_equal(host->table.pages, 0);
}

/* The last few entries of each level, up to the end; then all there is. */
static void
check_ends(struct host *host)
{
	uint64_t page = UINT64_C(1) << host->format.granule_lg2;
	uint64_t end = UINT64_C(1) << host->format.ipa_bits;

	for (int level = host->format.start_level; level <= 3; level++) {
		uint64_t bytes = UINT64_C(1) << s2pt_format_level_lg2(&host->format, level);

		if (bytes + page > end)
			continue;
		if (s2pt_format_has_block(&host->format, level) || level == 3) {
			map(host, end - bytes, bytes, end - bytes, S2PT_OK);
			assert_int_equal(translated(host, end - 1), end - 1);
			assert_int_equal(translated(host, end - bytes), end - bytes);
			assert_int_equal(translated(host, end - bytes - 1), not_mapped);
			check_log(host, end - bytes, bytes);
			if (level == 3 || bytes >> host->format.granule_lg2 <= 8192)
				unmap(host, end - page, page);
			/* Two of them in one range: for the largest, more than a range TLBI reaches. */
			if (end / bytes > 2) {
				unmap(host, end - bytes, bytes);
				map(host, end - 2 * bytes, 2 * bytes, end - 2 * bytes, S2PT_OK);
				unmap(host, end - 2 * bytes, 2 * bytes);
			}
		}
		unmap(host, 0, end);
		assert_int_equal(host->table.pages, 0);
	}
	unmap(host, 0, end);
}

/* All of it at once, where blocks make that a few entries, and across the start tables' borders. */
static void
check_whole(struct host *host)
{
	uint64_t end = UINT64_C(1) << host->format.ipa_bits;
	uint64_t page = UINT64_C(1) << host->format.granule_lg2;
	uint64_t leaves = 1;
	int level = host->format.start_level;

	while (level < 3 && !s2pt_format_has_block(&host->format, level))
		level++;
	leaves = end >> s2pt_format_level_lg2(&host->format, level);
	if (leaves > 1 << 17 || host->format.oa_bits < host->format.ipa_bits)
		return;
	map(host, 0, end, 0, S2PT_OK);
	for (unsigned n = 0; n < 16; n++)
		assert_int_equal(translated(host, end / 16 / page * page * n),
				 end / 16 / page * page * n);
	assert_int_equal(translated(host, end - 1), end - 1);
	unmap(host, 0, end);
	assert_int_equal(host->table.pages, 0);
	for (unsigned n = 1; n < host->format.root_tables; n++) {
		uint64_t border = end / host->format.root_tables * n;

		map(host, border - page, 2 * page, border - page, S2PT_OK);
		assert_int_equal(translated(host, border - page), border - page);
		assert_int_equal(translated(host, border), border);
		assert_int_equal(translated(host, border + page), not_mapped);
		unmap(host, border - page, 2 * page);
		assert_int_equal(host->table.pages, 0);
	}
}

static void
sweep(bool ds, unsigned pa_bits)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K,
						      S2PT_GRANULE_64K };
	unsigned formats = 0;

	for (size_t g = 0; g < 3; g++)
		for (unsigned ipa_bits = 16; ipa_bits <= 52; ipa_bits++)
			for (int start = -1; start <= 3; start++) {
				struct host host;

				if (!host_open(&host, granules[g], ds, pa_bits, ipa_bits, start))
					continue;
				formats++;
				check_edges(&host);
				check_ends(&host);
				check_whole(&host);
				host_close(&host);
			}
	print_message("%u formats\n", formats);
	assert_true(formats > 20);
}

static void
test_48_bits(void **state)
{
	(void)state;
	sweep(false, 48);
}

static void
test_lpa(void **state)
{
	(void)state;
	sweep(false, 52);
}

static void
test_lpa2(void **state)
{
	(void)state;
	sweep(true, 52);
}

/* --- Where an address leaves its place -------------------------------------------------------------- */

/* The memory that the leaf at @ipa maps, as a walker reads it: PA[51:48], or PA[51:50], are in low bits. */
static uint64_t
walked(const struct host *host, uint64_t ipa)
{
	const unsigned granule = host->format.granule_lg2, stride = granule - 3;
	const uint64_t *entries = host->table.root;
	uint64_t raw;

	for (int level = host->format.start_level;; level++) {
		const uint64_t index = ipa >> (granule + stride * (unsigned)(3 - level));

		raw = entries[level == host->format.start_level ? index : index & ((UINT64_C(1) << stride) - 1)];
		if (level == 3 || (raw & 3) != 3)
			break;
		entries = (const uint64_t *)(uintptr_t)(raw & UINT64_C(0xffffffffffff) >> granule << granule);
	}
	assert_true(raw & 1);
	if (host->format.oa_bits == 48)
		return raw & UINT64_C(0xffffffffffff) >> granule << granule;
	if (granule == 16)
		return (raw & 0xffffffff0000) | (raw >> 12 & 0xf) << 48;
	return (raw & ((UINT64_C(1) << 50) - 1) >> granule << granule) | (raw >> 8 & 3) << 50;
}

/* Leaves in a row over each multiple of 2^48. */
static void
test_addresses_of_52_bits(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		bool ds;
	} rows[] = { { S2PT_GRANULE_64K, false }, { S2PT_GRANULE_4K, true }, { S2PT_GRANULE_16K, true } };
	struct host host;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(host_open(&host, rows[i].granule, rows[i].ds, 52, 40, S2PT_START_LEVEL_AUTO));
		assert_int_equal(host.format.oa_bits, 52);
		for (unsigned n = 0; n < 15 * 2; n++) {
			const uint64_t bytes = UINT64_C(1) << s2pt_format_level_lg2(&host.format, n & 1 ? 2 : 3);
			const uint64_t pa = ((uint64_t)(n / 2 + 1) << 48) - 2 * bytes;

			map(&host, bytes, 4 * bytes, pa, S2PT_OK);
			for (unsigned at = 0; at < 4; at++)
				assert_int_equal(walked(&host, bytes + at * bytes), pa + at * bytes);
			unmap(&host, bytes, 4 * bytes);
		}
		host_close(&host);
	}
}

/* ... and over each power of two below, where nothing is in its way: what is new is complete when it is linked. */
static void
test_addresses_in_a_row(void **state)
{
	struct host host;

	(void)state;
	assert_true(host_open(&host, S2PT_GRANULE_4K, false, 48, 40, S2PT_START_LEVEL_AUTO));
	for (unsigned bit = 14; bit < 48; bit++) {
		const uint64_t page = 4096, pa = (UINT64_C(1) << bit) - 2 * page;

		host.stores = 0;
		map(&host, page, 4 * page, pa, S2PT_OK);
		assert_int_equal(host.stores, 1);
		for (unsigned n = 0; n < 4; n++)
			assert_int_equal(walked(&host, page + n * page), pa + n * page);
		unmap(&host, page, 4 * page);
	}
	host_close(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_48_bits),
		cmocka_unit_test(test_lpa),
		cmocka_unit_test(test_lpa2),
		cmocka_unit_test(test_addresses_of_52_bits),
		cmocka_unit_test(test_addresses_in_a_row),
	};

	return cmocka_run_group_tests_name("sweep limits", tests, NULL, NULL);
}
