/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sizes of leaves, all of them: a block of each size becomes leaves of each smaller one, in each granule; and a table
 * becomes a block only where each bit of each of its entries says what the block would say.
 */
#include "pool.h"

#define POOL (UINT64_C(1) << 23)
#define MIB2 (UINT64_C(2) << 20)
#define GIB  (UINT64_C(1) << 30)

static struct {
	struct s2pt_format format;
	struct s2pt_table table;
} m;

static struct s2pt_host_ops host = {
	.size = sizeof(host),
	.alloc = pool_alloc,
	.retire = retire_nothing,
	.invalidate = invalidate_nothing,
	.publish = publish_nothing,
};

static bool
open_table(enum s2pt_granule granule, s2pt_feats feats, uint8_t ipa_bits)
{
	const bool ds = feats & S2PT_FEAT_LPA2;
	const struct s2pt_features cpu = {
		.feats = feats | S2PT_FEAT_TTST | S2PT_FEAT_XNX,
		.pa_bits = 52,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = ds,
		.lpa2_16k = ds,
	};
	struct s2pt_config config;

	s2pt_config_init(&config, granule, &cpu);
	config.feats = cpu.feats;
	config.ipa_bits = ipa_bits;
	config.no_contiguous = true;
	if (s2pt_format_init(&m.format, &cpu, &config) != S2PT_OK)
		return false;
	pool.used = 0;
	host.virt_offset = pool_offset();
	memset(&m.table, 0, sizeof(m.table));
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &host, 0), S2PT_OK, "init");
	return true;
}

static void
map(uint64_t ipa, uint64_t size, uint64_t pa, uint8_t max_lg2)
{
	const struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_WB, .sh = m.format.sh0, .r = true, .w = true, .sw = 5 };
	struct s2pt_op op = { .max_lg2 = max_lg2 };
	struct s2pt_mapping mapping;

	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, 0, &mapping), S2PT_OK, "mapping");
	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(ipa), size, s2pt_pa_of(pa), &mapping), S2PT_OK, "map");
}

static struct s2pt_found
look(uint64_t ipa)
{
	struct s2pt_found found;

	CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(ipa), &found), S2PT_OK, "lookup");
	return found;
}

/* --- Split ------------------------------------------------------------------------------------------- */

/* Attributes of a leaf that do not hang on its level, nor stand for its address. */
#define ATTRIBUTES UINT64_C(0xfff80000000008fc)

/* A block of @from, split to @to around one place: leaves of @to there, and all that was mapped is mapped as before. */
static void
split_one(int from, int to)
{
	const unsigned from_lg2 = s2pt_format_level_lg2(&m.format, from), to_lg2 = s2pt_format_level_lg2(&m.format, to);
	const uint64_t block = UINT64_C(1) << from_lg2, piece = UINT64_C(1) << to_lg2;
	const uint64_t pa = 3 * block, place = block + (block / 2 & ~(piece - 1u));
	struct s2pt_op op = { .budget = 0 };
	uint64_t bits;

	map(block, block, pa, 0);
	bits = look(block).desc.raw & ATTRIBUTES;
	assert_int_equal(look(block).level, from);
	CHECK_STATUS(s2pt_table_split(&m.table, &op, s2pt_ipa_of(place), piece, (uint8_t)to_lg2), S2PT_OK, "split");
	assert_int_equal(look(place).level, to);
	assert_int_equal(look(place + piece - 1u).level, to);
	for (uint64_t at = block; at < 2 * block;) {
		const struct s2pt_found found = look(at);

		CHECK(found.level > from && found.level <= to, "level %d", found.level);
		CHECK_U64(found.pa.addr, pa + (at - block), "PA");
		CHECK_U64(found.desc.raw & ATTRIBUTES, bits, "attributes");
		CHECK_U64(found.ipa.addr, at, "IPA");
		at += found.size;
	}
	CHECK_U64(look(block - 1u).desc.raw | look(2 * block).desc.raw, 0, "beside it");
	/* And back. */
	CHECK_STATUS(s2pt_table_collapse(&m.table, &op, s2pt_ipa_of(block), block), S2PT_OK, "collapse");
	assert_int_equal(look(block).level, from);
	CHECK_U64(look(block).pa.addr, pa, "PA");
	CHECK_U64(look(block).desc.raw & ATTRIBUTES, bits, "attributes");
	CHECK_STATUS(s2pt_table_destroy(&m.table, &op), S2PT_OK, "destroy");
}

static void
test_split_pairs(void **state)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };
	static const s2pt_feats modes[] = { 0, S2PT_FEAT_LPA, S2PT_FEAT_LPA2, S2PT_FEAT_BBML1,
					    S2PT_FEAT_BBML1 | S2PT_FEAT_BBML2, S2PT_FEAT_HAFDBS_AF };
	unsigned pairs = 0;

	(void)state;
	for (size_t g = 0; g < COUNT(granules); g++)
		for (size_t mode = 0; mode < COUNT(modes); mode++)
			for (int from = -1; from < 3; from++)
				for (int to = from + 1; to <= 3; to++) {
					if (!open_table(granules[g], modes[mode], 0) ||
					    !s2pt_format_has_block(&m.format, from) ||
					    (to < 3 && !s2pt_format_has_block(&m.format, to)))
						continue;
					split_one(from, to);
					pairs++;
				}
	/* 4K has three, and six with DS; 16K one, and three; 64K three, since the CPU has 52 bits of PA. */
	assert_int_equal(pairs, 5 * 3 + 6 + 5 * 1 + 3 + 5 * 3);
}

/* --- Collapse ---------------------------------------------------------------------------------------- */

/* May entries of a table differ in this bit? In the hint; and, where hardware sets it, in the access flag. */
static bool
may_differ(unsigned bit, bool hardware)
{
	return bit == 52 || (bit == 10 && hardware);
}

/* One bit of one entry: the table stays, and so does each of its entries. */
static void
test_fold_one_bit(void **state)
{
	static const unsigned members[] = { 0, 1, 255, 510, 511 };

	(void)state;
	for (unsigned hardware = 0; hardware < 2; hardware++)
		for (unsigned bit = 0; bit < 64; bit++)
			for (size_t i = 0; i < COUNT(members); i++) {
				struct s2pt_op op = { .budget = 0 };
				uint64_t *entry, before[512];
				bool folded;

				assert_true(open_table(S2PT_GRANULE_4K, hardware ? S2PT_FEAT_HAFDBS_AF : 0, 39));
				map(GIB, MIB2, GIB, 12);
				entry = pool_entry(GIB);
				entry[members[i]] ^= UINT64_C(1) << bit;
				memcpy(before, entry, sizeof(before));
				CHECK_STATUS(s2pt_table_collapse(&m.table, &op, s2pt_ipa_of(GIB), MIB2), S2PT_OK,
					     "collapse");
				folded = look(GIB).level == 2;
				CHECK(folded == may_differ(bit, hardware), "bit %u of entry %u, hardware %u: %s", bit,
				      members[i], hardware, folded ? "a block" : "stays");
				if (!folded)
					assert_memory_equal(before, entry, sizeof(before));
				else if (bit == 10)
					CHECK_U64(look(GIB).desc.raw >> 10 & 1u, 1, "the block was accessed");
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_pairs),
		cmocka_unit_test(test_fold_one_bit),
	};
	int failed;

	pool_open(POOL, 0x5a);
	failed = cmocka_run_group_tests_name("sizes", tests, NULL, NULL);
	pool_close();
	return failed;
}
