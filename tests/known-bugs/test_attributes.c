/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Attributes and encodings. */
#include <stdlib.h>

#include "regress.h"

static void
test_bug37_cache_maintenance(void **state)
{
	static const enum s2pt_memtype types[] = {
		S2PT_MEM_NORMAL_WB,
		S2PT_MEM_NORMAL_NC,
		S2PT_MEM_DEVICE_nGnRE,
	};
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.fwb = false;
	for (size_t i = 0; i < 3; i++) {
		open_kit(&shape);
		ram.type = types[i];
		/* RAM is clean before anybody sees it past the caches. */
		kit_map(&kit, MIB(2), 5 * PAGE, MIB(2), &ram, 3);
		assert_int_equal(kit.log.clean_bytes, 5 * PAGE);
		kit_forget(&kit);
		kit_unmap(&kit, MIB(2), 3 * PAGE);
		assert_int_equal(kit.log.clean_bytes, i == 0 ? 3 * PAGE : 0);
		assert_false(kit.uneven);
		kit_forget(&kit);
		kit_unmap(&kit, MIB(2), MIB(2));
		assert_int_equal(kit.log.clean_bytes, i == 0 ? 2 * PAGE : 0);
		assert_false(kit.uneven);
		finish_kit();
	}
	shape.fwb = true;
	open_kit(&shape);
	kit_map(&kit, MIB(2), 5 * PAGE, MIB(2), &ram, 3);
	kit_unmap(&kit, MIB(2), 5 * PAGE);
	assert_int_equal(kit.log.cleans, 0);
	finish_kit();
}

/* Not in the catalogue: what destroy cleans, it cleans when nobody can make it dirty again. */
static void
test_bug37_destroy_cleans_after_invalidation(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.fwb = false;
	shape.ipa_bits = 39;
	shape.start_level = 1;
	open_kit(&shape);
	for (unsigned n = 0; n < S2PT_GATHER_CLEANS; n++)
		kit_map(&kit, GIB(n), GIB(1), GIB(2 * n), &ram, 1);
	prime(0, GIB(S2PT_GATHER_CLEANS));
	kit_forget(&kit);
	kit_close(&kit);
	assert_int_equal(kit.log.clean_bytes, GIB(S2PT_GATHER_CLEANS));
	assert_false(kit.uneven);
}

/* The same of unmap: more pieces of memory than the gather holds. */
static void
test_bug37_unmap_cleans_after_invalidation(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.fwb = false;
	open_kit(&shape);
	for (unsigned n = 0; n < 40; n++)
		kit_map(&kit, MIB(2) + n * PAGE, PAGE, MIB(64) + 3 * n * PAGE, &ram, 3);
	prime(MIB(2), 40 * PAGE);
	kit_forget(&kit);
	kit_unmap(&kit, MIB(2), 39 * PAGE);
	assert_int_equal(kit.log.clean_bytes, 39 * PAGE);
	assert_false(kit.uneven);
	finish_kit();
}

static void
test_bug38_default_shareability(void **state)
{
	(void)state;
	assert_int_equal(kit.machine.format.sh0, S2PT_SH_ISH);
}

/* Rows 39, 48 and B9: every type survives the way into a descriptor and back. */
static void
test_bug39_types_round_trip(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	for (unsigned fwb = 0; fwb < 2; fwb++) {
		shape.fwb = fwb;
		open_kit(&shape);
		for (int type = 0; type < S2PT_MEMTYPE_COUNT; type++) {
			struct s2pt_leaf leaf = kit_leaf(&kit, (enum s2pt_memtype)type), back;
			s2pt_desc desc, again;
			s2pt_pa pa;

			if (s2pt_desc_leaf_encode(&kit.machine.format, 3, s2pt_pa_of(MIB(2)), &leaf,
						  &desc))
				continue;
			assert_int_equal(
				s2pt_desc_leaf_decode(&kit.machine.format, 3, desc, &pa, &back),
				S2PT_OK);
			assert_int_equal(s2pt_desc_leaf_encode(&kit.machine.format, 3, pa, &back, &again),
					 S2PT_OK);
			assert_int_equal(desc.raw, again.raw);
			assert_true(back.type == leaf.type || !fwb);
			if (type == S2PT_MEM_DEVICE_nGnRnE)
				assert_int_equal(desc.raw >> 2 & 0xf, 0);
		}
		finish_kit();
	}
}

static void
test_bug40_same_twice(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2) - PAGE, MIB(2) + 2 * PAGE, MIB(2) - PAGE, &ram, 0);
	kit_forget(&kit);
	kit_map(&kit, MIB(2) - PAGE, MIB(2) + 2 * PAGE, MIB(2) - PAGE, &ram, 0);
	assert_int_equal(kit.log.stores + kit.log.calls, 0);
}

/* --- Tables above 48 bits
 * --------------------------------------------------------------------------- */

static unsigned char *high_memory;
static size_t high_used;
#define HIGH_BYTES ((size_t)16 << 20)
static uint64_t high_base;

static bool
high_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	(void)context;
	(void)what;
	high_used = (high_used + bytes - 1) & ~(bytes - 1);
	if (high_used + bytes > HIGH_BYTES)
		return false;
	page->virt = high_memory + high_used;
	page->pa = s2pt_pa_of(high_base + high_used);
	high_used += bytes;
	return true;
}

static void
high_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	unsigned *retired = context;

	(void)what;
	for (size_t i = 0; i < count; i++) {
		assert_true(pages[i].pa.addr - high_base < HIGH_BYTES);
		assert_ptr_equal(pages[i].virt, high_memory + (pages[i].pa.addr - high_base));
		memset(pages[i].virt, 0xff, bytes);
	}
	*retired += (unsigned)count;
}

static void *
high_virt(void *context, s2pt_pa pa)
{
	(void)context;
	if (pa.addr - high_base >= HIGH_BYTES)
		fail_msg("a link to 0x%llx", (unsigned long long)pa.addr);
	return high_memory + (pa.addr - high_base);
}

static void
high_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	(void)requests;
	(void)count;
}

static void
high_publish(void *context)
{
	(void)context;
}

static void
high_table(enum s2pt_granule granule, bool ds)
{
	unsigned retired = 0;
	struct s2pt_host_ops host = {
		.size = sizeof(host),
		.context = &retired,
		.alloc = high_alloc,
		.retire = high_retire,
		.to_virt = high_virt,
		.invalidate = high_invalidate,
		.publish = high_publish,
	};
	struct machine_shape shape = kit_shape(granule);
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_table high;
	struct s2pt_mapping mapping;
	uint64_t page;
	s2pt_pa pa;

	shape.ds = ds;
	shape.pa_bits = 52;
	open_kit(&shape);
	page = kit_bytes(&kit, 3);
	high_base = UINT64_C(0xd) << 48 | UINT64_C(0x7f) << 40;
	high_memory = calloc(1, HIGH_BYTES);
	high_used = 0;
	assert_non_null(high_memory);
	assert_int_equal(s2pt_mapping_init(&kit.machine.format, &ram, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
	assert_int_equal(s2pt_table_init(&high, &kit.machine.format, &host, 0), S2PT_OK);
	assert_int_equal(s2pt_table_map(&high, &op, s2pt_ipa_of(page), 3 * page,
					s2pt_pa_of(7 * page), &mapping),
			 S2PT_OK);
	assert_int_equal(s2pt_table_map(&high, &op, s2pt_ipa_of(kit_bytes(&kit, 2) * 4),
					kit_bytes(&kit, 2), s2pt_pa_of(high_base), &mapping),
			 S2PT_OK);
	assert_int_equal(s2pt_table_split(&high, &op, s2pt_ipa_of(kit_bytes(&kit, 2) * 4),
					  kit_bytes(&kit, 2), high.format->granule_lg2),
			 S2PT_OK);
	assert_int_equal(s2pt_table_translate(&high, s2pt_ipa_of(2 * page), &pa), S2PT_OK);
	assert_int_equal(pa.addr, 8 * page);
	assert_int_equal(
		s2pt_table_translate(&high, s2pt_ipa_of(kit_bytes(&kit, 2) * 4 + page), &pa),
		S2PT_OK);
	assert_int_equal(pa.addr, high_base + page);
	assert_int_equal(s2pt_table_collapse(&high, &op, s2pt_ipa_of(kit_bytes(&kit, 2) * 4),
					     kit_bytes(&kit, 2)),
			 S2PT_OK);
	assert_int_equal(retired, 1);
	assert_int_equal(s2pt_table_unmap(&high, &op, s2pt_ipa_of(page), 3 * page), S2PT_OK);
	assert_int_equal(s2pt_table_destroy(&high, &op), S2PT_OK);
	assert_int_equal(high.pages, 0);
	free(high_memory);
	finish_kit();
}

static void
test_bug42_tables_above_48_bits(void **state)
{
	(void)state;
	high_table(S2PT_GRANULE_64K, false);
	high_table(S2PT_GRANULE_4K, true);
	high_table(S2PT_GRANULE_16K, true);
}

static void
test_bug43_high_addresses(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_found found;

	(void)state;
	open_kit(&shape);
	for (unsigned bit = 48; bit < 64; bit++)
		assert_int_equal(kit_try_map(&kit, &op, 0, PAGE, UINT64_C(1) << bit, &ram),
				 S2PT_ERR_OA_SIZE);
	assert_int_equal(kit.log.stores, 0);
	finish_kit();
	shape.ds = true;
	shape.pa_bits = 52;
	open_kit(&shape);
	for (unsigned bit = 12; bit < 52; bit++) {
		kit_map(&kit, bit * PAGE, PAGE, UINT64_C(1) << bit, &ram, 3);
		assert_int_equal(s2pt_table_lookup(table(), s2pt_ipa_of(bit * PAGE), &found),
				 S2PT_OK);
		assert_int_equal(found.desc.raw >> 8 & 3, bit >= 50 ? 1u << (bit - 50) : 0);
		assert_int_equal(pa_at(bit * PAGE), UINT64_C(1) << bit);
	}
	finish_kit();
}

static void
test_bug44_annotations_round_trip(void **state)
{
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_found found;

	(void)state;
	for (unsigned bit = 0; bit < 62; bit++)
		for (unsigned less = 0; less < 2; less++) {
			uint64_t value = (UINT64_C(1) << bit) - less;

			assert_int_equal(annotate(MIB(2), PAGE, value), S2PT_OK);
			assert_int_equal(s2pt_table_lookup(table(), s2pt_ipa_of(MIB(2)), &found),
					 S2PT_OK);
			assert_int_equal(s2pt_annotation(found.desc), value);
			assert_int_equal(
				s2pt_desc_kind(&kit.machine.format, found.level, found.desc),
				S2PT_DESC_INVALID);
			assert_int_equal(translate_status(MIB(2)), S2PT_ERR_NOT_MAPPED);
		}
	assert_int_equal(
		s2pt_table_annotate(table(), &op, s2pt_ipa_of(0), PAGE, S2PT_ANNOTATION_LIMIT),
		S2PT_ERR_CHANGE);
	assert_int_equal(annotate(MIB(2), PAGE, S2PT_ANNOTATION_LIMIT - 1), S2PT_OK);
}

static uint64_t
attributes_at(uint64_t ipa)
{
	struct s2pt_found found;

	assert_int_equal(s2pt_table_lookup(table(), s2pt_ipa_of(ipa), &found), S2PT_OK);
	return model_leaf_attr(model(), found.desc.raw, found.level);
}

/* Rows 45, B2 and B7: a split keeps everything but the address. */
static void
test_bug45_split_keeps_attributes(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	for (unsigned n = 0; n < 512; n++) {
		struct s2pt_op op = { .budget = 0 };
		uint64_t block;

		if (n % 64 == 0) {
			shape.fwb = n & 64;
			shape.bbm = n & 128 ? 2 : 0;
			shape.ds = n & 256;
			shape.pa_bits = n & 256 ? 52 : 48;
			open_kit(&shape);
		}
		ram.type = n & 32 ? S2PT_MEM_DEVICE_nGnRE
			 : n & 16 ? S2PT_MEM_NORMAL_NC
				  : S2PT_MEM_NORMAL_WB;
		ram.r = n & 1;
		ram.w = n & 2;
		ram.af = n & 4;
		ram.x_el1 = n & 8;
		ram.exec_uncached = ram.x_el1 && n & 48;
		ram.sw = (uint8_t)(n % 16);
		kit_map(&kit, n * MIB(2), MIB(2), GIB(4) + n * MIB(2), &ram, 2);
		block = attributes_at(n * MIB(2));
		assert_int_equal(split(&op, n * MIB(2), MIB(2), 3), S2PT_OK);
		for (unsigned i = 0; i < 512; i++)
			assert_int_equal(attributes_at(n * MIB(2) + i * PAGE), block);
		if (n % 64 == 63)
			finish_kit();
	}
}

static void
test_bug46_divided_annotations(void **state)
{
	struct s2pt_found found;

	(void)state;
	assert_int_equal(annotate(GIB(1), GIB(1), 0x77), S2PT_OK);
	assert_int_equal(s2pt_table_lookup(table(), s2pt_ipa_of(GIB(1)), &found), S2PT_OK);
	assert_int_equal(found.level, 1);
	kit_map(&kit, GIB(1) + MIB(4) + PAGE, PAGE, GIB(3), &ram, 3);
	for (uint64_t at = 0; at < GIB(1); at += MIB(1)) {
		assert_int_equal(s2pt_table_lookup(table(), s2pt_ipa_of(GIB(1) + at), &found),
				 S2PT_OK);
		assert_int_equal(s2pt_annotation(found.desc), 0x77);
	}
	assert_int_equal(annotate(GIB(1) + MIB(8), PAGE, 0x78), S2PT_OK);
}

static void
test_bug49_top_blocks_only_with_ds(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	for (unsigned ds = 0; ds < 2; ds++) {
		shape.ds = ds;
		shape.ipa_bits = shape.pa_bits = ds ? 52 : 48;
		open_kit(&shape);
		kit_map(&kit, GIB(512), GIB(512), GIB(512), &ram, INT8_MIN);
		assert_int_equal(level_at(GIB(512)), ds ? 0 : 1);
		finish_kit();
	}
}

/* B3: relax never takes a right away. */
static void
test_bugB03_relax_is_monotone(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 256; n++) {
		unsigned old = n & 15, new = n >> 4;
		struct s2pt_change change = {
			.set_r = new & 1,
			.set_w = new & 2,
			.set_x_el1 = new & 4,
			.set_x_el0 = new & 8,
		};
		uint64_t ipa = MIB(2) + n * PAGE;
		struct s2pt_op op = { .budget = 0 };
		struct s2pt_leaf leaf;

		ram.r = old & 1;
		ram.w = old & 2;
		ram.x_el1 = old & 4;
		ram.x_el0 = old & 8;
		kit_map(&kit, ipa, PAGE, GIB(1) + n * PAGE, &ram, 3);
		kit_begin(&kit, ipa, PAGE);
		assert_int_equal(s2pt_table_relax(table(), &op, s2pt_ipa_of(ipa), PAGE, &change),
				 S2PT_OK);
		kit_end_relax(&kit);
		leaf = kit_leaf_at(&kit, ipa, NULL, NULL);
		assert_int_equal(leaf.r | leaf.w << 1 | leaf.x_el1 << 2 | leaf.x_el0 << 3,
				 old | new);
		model_map_set(kit.map, ipa, ipa + PAGE - 1, GIB(1) + n * PAGE,
			      kit_attr(&kit, &leaf));
	}
}

/* B4: nor is a hint given of a level that was not seen. */
static void
test_bugB04_relax_has_no_hint(void **state)
{
	struct s2pt_change change = { .set_w = true };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_forget(&kit);
	kit_begin(&kit, MIB(2), PAGE);
	assert_int_equal(s2pt_table_relax(table(), &op, s2pt_ipa_of(MIB(2)), PAGE, &change),
			 S2PT_OK);
	kit_end_relax(&kit);
	assert_int_equal(kit.log.requests, 1);
	assert_int_equal(kit.log.request[0].level, S2PT_TLBI_ANY_LEVEL);
}

static void
test_bugB05_split_of_a_high_block(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .budget = 0 };
	uint64_t high = UINT64_C(0x4000040000000);

	(void)state;
	shape.ds = true;
	shape.pa_bits = 52;
	open_kit(&shape);
	ram.type = S2PT_MEM_DEVICE_nGnRE;
	kit_map(&kit, GIB(1), GIB(1), high, &ram, 1);
	assert_int_equal(split(&op, GIB(1), GIB(1), 2), S2PT_OK);
	assert_int_equal(split(&op, GIB(1), MIB(2), 3), S2PT_OK);
	assert_int_equal(pa_at(GIB(1) + PAGE), high + PAGE);
	assert_int_equal(pa_at(GIB(2) - PAGE), high + GIB(1) - PAGE);
	finish_kit();
}

static void
test_bugB12_no_execution_is_10(void **state)
{
	struct s2pt_found found;

	(void)state;
	kit_map(&kit, MIB(2), PAGE, MIB(2), &ram, 3);
	assert_int_equal(s2pt_table_lookup(table(), s2pt_ipa_of(MIB(2)), &found), S2PT_OK);
	assert_int_equal(found.desc.raw >> 53 & 3, 2);
	assert_int_equal(kit_access(&kit, 0, MODEL_FETCH, MIB(2), NULL), MODEL_PERMISSION);
}

/* Not in the catalogue: memory that becomes executable at a new address, or by a new right. */
static void
test_bug70_executable_memory_moves(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	ram.x_el1 = ram.x_el0 = true;
	kit_map(&kit, MIB(2), 4 * PAGE, MIB(2), &ram, 3);
	assert_int_equal(kit.log.icache_bytes, 4 * PAGE);
	kit_forget(&kit);
	kit_begin(&kit, MIB(2), 4 * PAGE);
	assert_int_equal(s2pt_table_move(table(), &op, s2pt_ipa_of(MIB(2)), 4 * PAGE,
					 &(struct s2pt_move){ .from = s2pt_pa_of(MIB(2)), .to = s2pt_pa_of(MIB(8)) }),
			 S2PT_OK);
	kit_end(&kit);
	model_map_set(kit.map, MIB(2), MIB(2) + 4 * PAGE - 1, MIB(8), kit_attr(&kit, &ram));
	assert_int_equal(kit.log.icache_bytes, 4 * PAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPECIAL(bug37_cache_maintenance),
		SPECIAL(bug37_destroy_cleans_after_invalidation),
		SPECIAL(bug37_unmap_cleans_after_invalidation),
		ORDINARY(bug38_default_shareability),
		SPECIAL(bug39_types_round_trip),
		ORDINARY(bug40_same_twice),
		SPECIAL(bug42_tables_above_48_bits),
		SPECIAL(bug43_high_addresses),
		ORDINARY(bug44_annotations_round_trip),
		SPECIAL(bug45_split_keeps_attributes),
		ORDINARY(bug46_divided_annotations),
		SPECIAL(bug49_top_blocks_only_with_ds),
		ORDINARY(bugB03_relax_is_monotone),
		ORDINARY(bugB04_relax_has_no_hint),
		SPECIAL(bugB05_split_of_a_high_block),
		ORDINARY(bugB12_no_execution_is_10),
		ORDINARY(bug70_executable_memory_moves),
	};

	return cmocka_run_group_tests_name("regress attributes", tests, NULL, NULL);
}
