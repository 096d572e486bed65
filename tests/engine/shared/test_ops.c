/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Shared operations one at a time: what each does, refuses and forgets. */
#include <s2pt/tracking.h>

#include "shared.h"

#define PA GIB(64)

static const struct s2pt_change rw = { .set_r = true, .set_w = true };

static struct s2pt_mapping
mapping_of(const struct s2pt_leaf *leaf)
{
	struct s2pt_mapping mapping;

	assert_int_equal(s2pt_mapping_init(&kit.machine.format, leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
	return mapping;
}

/* What the last operation asked of the host, besides what it published. */
static void
asked(unsigned stores, unsigned invalidations, unsigned local)
{
	assert_int_equal(kit.log.stores, stores);
	assert_int_equal(kit.log.calls, invalidations);
	assert_int_equal(kit.log.local, local);
	kit_forget(&kit);
}

/* The one invalidation since kit_forget(). */
static void
forgot(uint64_t ipa, uint64_t size, int level, bool local)
{
	const struct s2pt_tlbi_request *request = &kit.log.request[0];

	assert_int_equal(kit.log.requests, 1);
	assert_int_equal(request->ipa.addr, ipa);
	assert_int_equal(request->size, size);
	assert_int_equal(request->level, level);
	assert_int_equal(request->local, local);
	assert_true(request->last_level);
	assert_false(request->vmid);
	kit_forget(&kit);
}

/* --- Map ------------------------------------------------------------------------------------------- */

static void
map_at_level(const struct machine_shape *shape, int level)
{
	const uint64_t bytes = UINT64_C(1) << s2pt_format_level_lg2(&kit.machine.format, level);
	const unsigned lg2 = s2pt_format_level_lg2(&kit.machine.format, level);
	const uint64_t granule = UINT64_C(1) << shape->granule, ipa = 2 * bytes;
	int found;
	uint64_t pa;

	kit_forget(&kit);
	assert_int_equal(shared_map(ipa, lg2, ipa, &ram), S2PT_OK);
	/* Tables are complete before the one store that links them. */
	assert_int_equal(kit.log.publishes, 1);
	assert_int_equal(kit.log.clean_bytes, shape->fwb ? 0 : bytes);
	asked(1, 0, 0);
	kit_leaf_at(&kit, ipa, &found, &pa);
	assert_int_equal(found, level);
	assert_int_equal(pa, ipa);
	/* The same once more, and inside of it: no store. */
	assert_int_equal(shared_map(ipa, lg2, ipa, &ram), S2PT_OK);
	assert_int_equal(shared_map(ipa + bytes - granule, shape->granule, ipa + bytes - granule, &ram), S2PT_OK);
	asked(0, 0, 0);
	/* Others. */
	assert_int_equal(shared_map(ipa, lg2, ipa + bytes, &ram), S2PT_ERR_EXISTS);
	assert_int_equal(shared_map(ipa, shape->granule, ipa + bytes, &ram), S2PT_ERR_EXISTS);
	/* The table is there now. */
	assert_int_equal(shared_map(ipa + bytes, lg2, ipa + bytes, &ram), S2PT_OK);
	asked(1, 0, 0);
	kit_check(&kit);
	kit_unmap(&kit, ipa, 2 * bytes);
}

static void
test_map_levels(void **state)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };

	(void)state;
	for (unsigned n = 0; n < 3 * 2 * 2; n++) {
		struct machine_shape shape = kit_shape(granules[n % 3]);

		shape.fwb = n / 3 & 1;
		shape.zeroed = shape.direct = n / 6;
		shape.ipa_bits = n / 6 ? 44 : 40;
		shared_open(&shape);
		for (int level = kit.machine.format.start_level; level <= 3; level++)
			if (level == 3 || s2pt_format_has_block(&kit.machine.format, level))
				map_at_level(&shape, level);
			else
				assert_int_equal(shared_map(0, s2pt_format_level_lg2(&kit.machine.format, level),
							    0, &ram),
						 S2PT_ERR_LEVEL);
		shared_teardown(NULL);
	}
}

static void
test_map_table_in_the_way(void **state)
{
	(void)state;
	assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_OK);
	assert_int_equal(shared_map(MIB(2), 21, PA, &ram), S2PT_ERR_EXCLUSIVE);
	assert_int_equal(shared_map(0, 30, PA, &ram), S2PT_ERR_EXCLUSIVE);
	/* A larger leaf stays one. */
	assert_int_equal(shared_map(GIB(1), 30, PA, &ram), S2PT_OK);
	kit_forget(&kit);
	assert_int_equal(shared_replace(GIB(1), 21, PA + GIB(1), &ram, &(s2pt_desc){ 0 }), S2PT_ERR_EXCLUSIVE);
	asked(0, 0, 0);
}

static void
test_map_arguments(void **state)
{
	static const uint8_t sizes[] = { 0, 1, 11, 13, 22, 29, 31, 39, 40, 63, 64, 76, 255 };
	struct s2pt_leaf exec = ram, nc = kit_leaf(&kit, S2PT_MEM_NORMAL_NC);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes); i++)
		assert_int_equal(shared_map(0, sizes[i], 0, &ram), S2PT_ERR_LEVEL);
	assert_int_equal(shared_map(MIB(1), 21, PA, &ram), S2PT_ERR_IPA_ALIGN);
	assert_int_equal(shared_map(MIB(2), 21, PA + KIB(4), &ram), S2PT_ERR_PA_ALIGN);
	assert_int_equal(shared_map(1, 12, PA, &ram), S2PT_ERR_IPA_ALIGN);
	assert_int_equal(shared_map(GIB(1024), 12, PA, &ram), S2PT_ERR_IPA_SIZE);
	assert_int_equal(shared_map(GIB(1023), 30, GIB(1) << 18, &ram), S2PT_ERR_OA_SIZE);
	exec.x_el1 = exec.x_el0 = true;
	kit.machine.host.clean_data = NULL;
	kit.machine.host.invalidate_icache = NULL;
	assert_int_equal(shared_map(0, 12, PA, &exec), S2PT_ERR_HOST_ICACHE);
	assert_int_equal(shared_map(0, 12, PA, &nc), S2PT_ERR_HOST_DATA);
	asked(0, 0, 0);
	assert_int_equal(kit.log.publishes, 0);
}

static void
test_map_needs(void **state)
{
	struct s2pt_leaf exec = ram, nc = kit_leaf(&kit, S2PT_MEM_NORMAL_NC);

	(void)state;
	exec.x_el1 = exec.x_el0 = true;
	for (uint64_t ipa = MIB(2); ipa <= MIB(2) + KIB(4); ipa += KIB(4)) {
		kit_forget(&kit);
		assert_int_equal(shared_map(ipa, 12, PA, &exec), S2PT_OK);
		assert_int_equal(kit.log.icache_bytes, KIB(4));
		assert_int_equal(kit.log.cleans, 0);
		assert_int_equal(kit.log.event[0].kind, KIT_ICACHE);
		assert_int_equal(shared_map(ipa + MIB(4), 12, PA + MIB(2), &nc), S2PT_OK);
		assert_int_equal(kit.log.clean_bytes, KIB(4));
		assert_int_equal(kit.log.event[2].kind, KIT_CLEAN);
	}
}

static void
test_map_af(void **state)
{
	struct s2pt_leaf old = ram;

	(void)state;
	old.af = false;
	assert_int_equal(shared_map(MIB(2), 12, PA, &old), S2PT_OK);
	kit_forget(&kit);
	assert_int_equal(kit_access(&kit, 0, MODEL_READ, MIB(2), NULL), MODEL_ACCESS_FLAG);
	/* The same with AF set: an access. Without: it stays. */
	assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_OK);
	asked(1, 0, 0);
	assert_int_equal(kit_access(&kit, 0, MODEL_READ, MIB(2), NULL), MODEL_OK);
	assert_int_equal(shared_map(MIB(2), 12, PA, &old), S2PT_OK);
	shared_set(MIB(2), KIB(4), PA, &ram);
	asked(0, 0, 0);
	/* Inside of a block; by the exclusive class as well. */
	assert_int_equal(shared_map(MIB(6), 21, PA, &old), S2PT_OK);
	kit_map(&kit, MIB(6) + KIB(8), KIB(4), PA + KIB(8), &ram, 0);
	shared_set(MIB(6), MIB(2), PA, &ram);
	kit_check(&kit);
	kit_forget(&kit);
	kit_map(&kit, MIB(6) + KIB(12), KIB(4), PA + KIB(12), &ram, 0);
	asked(0, 0, 0);
	assert_int_equal(shared_map(MIB(4), 21, PA, &old), S2PT_OK);
	assert_int_equal(shared_map(MIB(4) + KIB(8), 12, PA + KIB(8), &ram), S2PT_OK);
	shared_set(MIB(4), MIB(2), PA, &ram);
}

static void
test_map_annotated(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	assert_int_equal(s2pt_table_annotate(table, &op, s2pt_ipa_of(GIB(1)), GIB(1), 77), S2PT_OK);
	model_map_note(kit.map, GIB(1), GIB(2) - 1u, 77u << 2);
	assert_int_equal(table->annotations, 1);
	/* Two tables, all entries of which but the way have it. */
	assert_int_equal(shared_map(GIB(1) + MIB(6), 12, PA, &ram), S2PT_OK);
	assert_int_equal(table->annotations, 2 * 511);
	kit_check(&kit);
	assert_int_equal(shared_map(GIB(1) + MIB(6) + KIB(4), 12, PA, &ram), S2PT_OK);
	assert_int_equal(table->annotations, 2 * 511 - 1);
	assert_int_equal(shared_map(GIB(1) + MIB(8), 21, PA, &ram), S2PT_OK);
	assert_int_equal(table->annotations, 2 * 511 - 2);
	kit_check(&kit);
	/* The count is exact: it goes to 0 with the last. */
	op.drop_annotations = true;
	assert_int_equal(kit_try_unmap(&kit, &op, GIB(1), GIB(1)), S2PT_OK);
	assert_int_equal(table->annotations, 0);
}

static void
test_map_replace(void **state)
{
	struct s2pt_leaf other = kit_leaf(&kit, S2PT_MEM_NORMAL_NC);
	s2pt_desc before = { 1 };

	(void)state;
	assert_int_equal(shared_replace(MIB(2), 12, PA, &ram, &before), S2PT_OK);
	assert_int_equal(before.raw, 0); /* the answer's, which was not written */
	for (unsigned lg2 = 12; lg2 <= 30; lg2 += 9) {
		const uint64_t ipa = GIB(4) << (lg2 - 12) / 9, bytes = UINT64_C(1) << lg2;
		uint64_t raw;

		assert_int_equal(shared_map(ipa, lg2, PA, &ram), S2PT_OK);
		raw = shared_raw(ipa);
		model_prime(kit.machine.model, ipa, ipa + bytes - 1u);
		kit_forget(&kit);
		assert_int_equal(shared_replace(ipa, lg2, PA + bytes, &other, &before), S2PT_OK);
		assert_int_equal(before.raw, raw);
		assert_int_equal(kit.log.breaks, 1);
		assert_int_equal(kit.log.clean_bytes, bytes);
		assert_int_equal(kit.log.stores, 2);
		forgot(ipa, bytes, 3 - (int)(lg2 - 12) / 9, false);
		kit_check(&kit);
		/* What it replaces now needs nothing: Normal-NC leaves no lines behind. */
		assert_int_equal(shared_replace(ipa, lg2, PA, &ram, &before), S2PT_OK);
		assert_int_equal(kit.log.cleans, 0);
		/* The same needs no break. */
		kit_forget(&kit);
		assert_int_equal(shared_replace(ipa, lg2, PA, &ram, &before), S2PT_OK);
		asked(0, 0, 0);
	}
}

/* Write-Back that is not forced may leave lines behind. */
static void
test_map_replace_cleans(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	s2pt_desc before;

	(void)state;
	shape.fwb = false;
	shared_open(&shape);
	assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_OK);
	kit_forget(&kit);
	assert_int_equal(shared_replace(MIB(2), 12, PA + MIB(2), &ram, &before), S2PT_OK);
	/* The old, after the invalidation; then the new. */
	assert_int_equal(kit.log.clean_bytes, KIB(8));
	assert_int_equal(kit.log.event[1].kind, KIT_INVALIDATE);
	assert_int_equal(kit.log.event[2].addr, PA);
	assert_int_equal(kit.log.event[3].addr, PA + MIB(2));
	assert_int_equal(kit.log.event[4].kind, KIT_STORE);
	assert_false(kit.uneven);
	shared_teardown(NULL);
}

static void
test_map_memory(void **state)
{
	struct s2pt_page page[2];
	struct s2pt_page_cache cache = { .page = page, .count = 2 };
	struct s2pt_map_request request = {
		.invalidate_seq = s2pt_table_invalidate_seq(table),
		.lg2 = 12,
		.cache = &cache,
	};
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		model_fail_alloc(kit.machine.model, nth, false);
		assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_ERR_MEMORY);
		assert_int_equal(table->pages, 0);
		kit_check(&kit);
	}
	table->page_limit = 1;
	assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_ERR_MEMORY);
	assert_int_equal(shared_map(MIB(2), 21, PA, &ram), S2PT_OK);
	assert_int_equal(table->pages, 1);
	assert_int_equal(s2pt_table_split(table, &op, s2pt_ipa_of(MIB(2)), MIB(2), table->format->granule_lg2),
			 S2PT_ERR_MEMORY);
	assert_int_equal(op.done, 0);
	assert_int_equal(table->pages, 1);
	table->page_limit = UINT64_MAX;
	/* From the cache, from its end, before anything is allocated. */
	for (unsigned n = 0; n < 2; n++)
		assert_true(kit.machine.host.alloc(&kit, S2PT_MEMORY_TABLE, KIB(4), &page[n]));
	model_fail_alloc(kit.machine.model, 1, true);
	assert_int_equal(shared_map_as(&request, NULL, MIB(4), PA, &ram), S2PT_OK);
	assert_int_equal(cache.count, 1);
	assert_int_equal(shared_map_as(&request, NULL, MIB(6), PA, &ram), S2PT_OK);
	assert_int_equal(cache.count, 0);
	assert_int_equal(shared_map_as(&request, NULL, MIB(8), PA, &ram), S2PT_ERR_MEMORY);
	model_fail_alloc(kit.machine.model, 0, false);
}

/* Every member is one of a group: nothing but what is there already. */
static void
test_groups(void **state)
{
	const struct s2pt_change x = { .set_x_el1 = true, .set_x_el0 = true }, af = { .set_af = true };
	struct s2pt_leaf old = ram;
	s2pt_desc before;

	(void)state;
	old.w = old.af = false;
	kit_map(&kit, MIB(2), KIB(64), PA, &old, 0);
	assert_true(shared_raw(MIB(2)) & MODEL_ATTR_CONT);
	kit_forget(&kit);
	assert_int_equal(shared_map(MIB(2) + KIB(8), 12, PA + KIB(8), &old), S2PT_OK);
	assert_int_equal(shared_replace(MIB(2) + KIB(8), 12, PA, &old, &before), S2PT_ERR_EXCLUSIVE);
	asked(0, 0, 0);
	assert_int_equal(shared_relax(MIB(2), &rw), S2PT_ERR_EXCLUSIVE);
	asked(0, 1, 1);
	assert_int_equal(shared_relax(MIB(2), &x), S2PT_ERR_EXCLUSIVE);
	assert_int_equal(shared_relax(MIB(2), &af), S2PT_ERR_EXCLUSIVE);
	assert_int_equal(shared_mark_dirty(MIB(2), 0), S2PT_ERR_READ_ONLY);
	assert_int_equal(shared_relax(MIB(2), &(struct s2pt_change){ .set_r = true }), S2PT_OK);
	/* The access flag is each member's own. */
	assert_int_equal(shared_set_af(MIB(2) + KIB(4)), S2PT_OK);
	old.af = true;
	shared_set(MIB(2) + KIB(4), KIB(4), PA + KIB(4), &old);
	kit_check(&kit);
}

/* --- The cursor ------------------------------------------------------------------------------------ */

static enum s2pt_status
map_by(struct s2pt_cursor *cursor, uint64_t ipa)
{
	struct s2pt_map_request request = { .invalidate_seq = s2pt_table_invalidate_seq(table), .lg2 = 12 };

	return shared_map_as(&request, cursor, ipa, PA + ipa, &ram);
}

static void
test_cursor(void **state)
{
	struct s2pt_cursor cursor = { .entries = NULL };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	assert_int_equal(map_by(&cursor, MIB(2)), S2PT_OK);
	assert_null(cursor.entries); /* the walk ended above */
	assert_int_equal(map_by(&cursor, MIB(2) + KIB(4)), S2PT_OK);
	assert_int_equal(cursor.base, MIB(2));
	assert_ptr_equal(&cursor.entries[1], model_virt(kit.machine.model, kit.log.event[1].addr));
	/* Hits: a wrong table would be seen. */
	assert_int_equal(map_by(&cursor, MIB(4) - KIB(4)), S2PT_OK);
	assert_int_equal(map_by(&cursor, MIB(2) + KIB(8)), S2PT_OK);
	/* Neighbours are not in it. */
	assert_int_equal(map_by(&cursor, MIB(4)), S2PT_OK);
	assert_int_equal(cursor.base, MIB(2));
	assert_int_equal(map_by(&cursor, MIB(2) - KIB(4)), S2PT_OK);
	kit_check(&kit);
	assert_int_equal(map_by(&cursor, MIB(4) + KIB(4)), S2PT_OK);
	assert_int_equal(cursor.base, MIB(4));
	assert_int_equal(map_by(&cursor, MIB(2) + KIB(12)), S2PT_OK);
	assert_int_equal(cursor.base, MIB(2));
	/* All operations take it. */
	assert_int_equal(s2pt_shared_relax(table, &cursor, s2pt_ipa_of(MIB(2) + 8), &rw), S2PT_OK);
	assert_int_equal(s2pt_shared_mark_dirty(table, &cursor, s2pt_ipa_of(MIB(4) + 8), 0, NULL), S2PT_OK);
	assert_int_equal(s2pt_shared_set_af(table, &cursor, s2pt_ipa_of(MIB(4) + KIB(4) + 8)), S2PT_OK);
	assert_int_equal(cursor.base, MIB(4));
	/* Its table goes: with the last page, whole, by a block, by a collapse, by a move of its part. */
	kit_unmap(&kit, MIB(4), MIB(2));
	assert_int_equal(map_by(&cursor, MIB(4) + KIB(16)), S2PT_OK);
	assert_int_equal(map_by(&cursor, MIB(4) + KIB(20)), S2PT_OK);
	kit_check(&kit);
	kit_unmap(&kit, 0, GIB(1));
	assert_int_equal(map_by(&cursor, MIB(4) + KIB(16)), S2PT_OK);
	kit_check(&kit);
	assert_int_equal(map_by(&cursor, MIB(4) + KIB(16)), S2PT_OK);
	op.replace = true;
	assert_int_equal(kit_try_map(&kit, &op, MIB(4), MIB(2), MIB(4), &ram), S2PT_OK);
	assert_int_equal(map_by(&cursor, MIB(4) + KIB(16)), S2PT_ERR_EXISTS);
	kit_unmap(&kit, MIB(4), MIB(2));
	kit_map(&kit, MIB(4), MIB(2), PA + MIB(4), &ram, 3);
	assert_int_equal(map_by(&cursor, MIB(4) + KIB(16)), S2PT_OK);
	assert_int_equal(cursor.base, MIB(4));
	op.replace = false;
	kit_begin(&kit, MIB(4), MIB(2));
	assert_int_equal(s2pt_table_collapse(table, &op, s2pt_ipa_of(MIB(4)), MIB(2)), S2PT_OK);
	kit_end(&kit);
	kit_forget(&kit);
	assert_int_equal(map_by(&cursor, MIB(4) + KIB(16)), S2PT_OK);
	asked(0, 0, 0);
	kit_check(&kit);
}

/* Tables at a fixed distance, nobody who listens: the short ways. */
static void
open_direct(bool fwb)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	shape.direct = true;
	shape.fwb = fwb;
	shared_open(&shape);
	assert_true(table->fast_4k);
}

static int
setup_direct(void **state)
{
	(void)state;
	open_direct(true);
	return 0;
}

/* ... where RAM needs maintenance. */
static int
setup_direct_needing(void **state)
{
	(void)state;
	open_direct(false);
	return 0;
}

/* The short way of a page is not for memory that needs something: not by map, and not by a fault. */
static void
test_map_needing(void **state)
{
	struct s2pt_leaf executable = ram;

	(void)state;
	kit_map(&kit, MIB(2), KIB(4), PA, &ram, 3);
	kit_forget(&kit);
	kit_map(&kit, MIB(2) + KIB(4), KIB(4), PA + KIB(4), &ram, 3);
	assert_int_equal(kit.log.clean_bytes, table->format->feats & S2PT_FEAT_S2FWB ? 0 : KIB(4));
	assert_int_equal(shared_map(MIB(2) + KIB(8), 12, PA + KIB(8), &ram), S2PT_OK);
	executable.x_el1 = executable.x_el0 = true;
	kit_forget(&kit);
	kit_map(&kit, MIB(2) + KIB(12), KIB(4), PA + KIB(12), &executable, 3);
	assert_int_equal(shared_map(MIB(2) + KIB(16), 12, PA + KIB(16), &executable), S2PT_OK);
	assert_int_equal(kit.log.icache_bytes, KIB(8));
	shared_judge();
	kit_check(&kit);
}

/* Pages taken out in fours: exactly they, beside annotations and others. */
static void
test_unmap_rows(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	for (unsigned first = 1; first < 8; first++)
		for (unsigned count = 1; count < 12; count++) {
			uint64_t ipa = MIB(2) + first * KIB(4);

			assert_int_equal(s2pt_table_annotate(table, &op, s2pt_ipa_of(MIB(2)), KIB(96), 7), S2PT_OK);
			model_map_note(kit.map, MIB(2), MIB(2) + KIB(96) - 1u, 7u << 2);
			kit_map(&kit, ipa, count * KIB(4), PA, &ram, 3);
			kit_map(&kit, ipa + count * KIB(4), KIB(4), GIB(1), &ram, 3);
			kit_unmap(&kit, ipa, count * KIB(4));
			kit_check(&kit);
			op.drop_annotations = true;
			assert_int_equal(kit_try_unmap(&kit, &op, MIB(2), KIB(96)), S2PT_OK);
			model_map_clear(kit.map, MIB(2), MIB(2) + KIB(96) - 1u);
			kit_check(&kit);
		}
}

/* What is no page among those in a row stays. */
static void
test_unmap_around(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	for (unsigned first = 0; first < 5; first++)
		for (unsigned note = 0; note < 6; note++) {
			uint64_t ipa = MIB(2) + first * KIB(4);

			kit_map(&kit, MIB(2), KIB(64), PA, &ram, 3);
			kit_unmap(&kit, ipa + note * KIB(4), KIB(4));
			kit_begin(&kit, ipa + note * KIB(4), KIB(4));
			assert_int_equal(s2pt_table_annotate(table, &op, s2pt_ipa_of(ipa + note * KIB(4)), KIB(4), 7),
					 S2PT_OK);
			kit_end(&kit);
			kit_unmap(&kit, ipa, KIB(24));
			model_map_note(kit.map, ipa + note * KIB(4), ipa + note * KIB(4) + KIB(4) - 1u, 7u << 2);
			kit_check(&kit);
			op.drop_annotations = true;
			assert_int_equal(kit_try_unmap(&kit, &op, MIB(2), KIB(64)), S2PT_OK);
			kit_check(&kit);
		}
}

/* The table that is to take a block's place is complete before the block is broken (E6). */
static uint64_t *waiting;
static bool (*inner_alloc)(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page);

static bool
alloc_waiting(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	bool maps_the_same = inner_alloc(context, what, bytes, page);

	waiting = page->virt;
	return maps_the_same;
}

static void
look_at_waiting(void)
{
	/* All but the last entry, by which tables wait for each other. */
	for (unsigned n = 0; n < 511; n++)
		assert_int_equal(waiting[n] & UINT64_C(0xfffffffff003), (PA + n * KIB(4)) | 3);
}

static void
test_split_waits(void **state)
{
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 2);
	inner_alloc = kit.machine.host.alloc;
	kit.machine.host.alloc = alloc_waiting;
	waiting = NULL;
	during_invalidate = look_at_waiting;
	kit_begin(&kit, MIB(2), MIB(2));
	assert_int_equal(s2pt_table_split(table, &op, s2pt_ipa_of(MIB(2)), MIB(2), table->format->granule_lg2),
			 S2PT_OK);
	kit_end(&kit);
	assert_non_null(waiting);
	assert_null(during_invalidate);
	kit.machine.host.alloc = inner_alloc;
}

/* What a lookup finds begins where the entry does, whatever byte it was asked for. */
static void
test_lookup_inside(void **state)
{
	struct s2pt_found found;
	s2pt_pa pa;

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 2);
	kit_map(&kit, MIB(4), KIB(4), PA + MIB(4), &ram, 3);
	for (unsigned bit = 0; bit < 12; bit++) {
		const uint64_t off = (UINT64_C(1) << bit) | 1;

		found = shared_found(MIB(2) + off);
		assert_true(found.ipa.addr == MIB(2) && found.size == MIB(2) && found.level == 2);
		found = shared_found(MIB(4) + off);
		assert_true(found.ipa.addr == MIB(4) && found.size == KIB(4) && found.level == 3);
		assert_int_equal(s2pt_table_translate(table, s2pt_ipa_of(MIB(4) + off), &pa), S2PT_OK);
		assert_int_equal(pa.addr, PA + MIB(4) + off);
	}
}

/* The short way looks at what it is given, too. */
static void
test_map_bitmap(void **state)
{
	struct s2pt_op op = { .dirty = &shared_bitmap };
	struct s2pt_mapping mapping;

	(void)state;
	assert_int_equal(s2pt_mapping_init(table->format, &ram, 0, &mapping), S2PT_OK);
	assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_OK);
	shared_blank(MIB(4));
	assert_int_equal(s2pt_table_map(table, &op, s2pt_ipa_of(MIB(2) + KIB(4)), KIB(4), s2pt_pa_of(PA), &mapping),
			 S2PT_ERR_BITMAP);
	assert_int_equal(shared_raw(MIB(2) + KIB(4)), 0);
	shared_blank(MIB(2));
	assert_int_equal(s2pt_table_map(table, &op, s2pt_ipa_of(MIB(2) + KIB(4)), KIB(4), s2pt_pa_of(PA), &mapping),
			 S2PT_OK);
	assert_int_equal(shared_count(), 0);
}

/* --- Answers that are dirty ------------------------------------------------------------------------ */

/* A clean leaf does not serve where it is to be dirty; a dirty one does where it is to be clean. */
static void
test_dirty_answer(void **state)
{
	struct s2pt_leaf dirty = ram, clean = ram;
	struct s2pt_op op = { .budget = 0 };
	s2pt_desc before;

	(void)state;
	kit_map(&kit, MIB(2), KIB(8), PA, &ram, 3);
	shared_start(MIB(2), KIB(8));
	dirty.sw |= TRACKING_BIT;
	s2pt_table_dirty_leaf(table, &clean);
	assert_int_equal(kit_access(&kit, 0, MODEL_WRITE, MIB(2), NULL), MODEL_PERMISSION);
	assert_int_equal(shared_map(MIB(2), 12, PA, &dirty), S2PT_ERR_EXISTS);
	assert_int_equal(shared_replace(MIB(2), 12, PA, &dirty, &before), S2PT_OK);
	assert_int_equal(kit_access(&kit, 0, MODEL_WRITE, MIB(2), NULL), MODEL_OK);
	assert_int_equal(shared_replace(MIB(2), 12, PA, &clean, &before), S2PT_OK);
	shared_set(MIB(2), KIB(4), PA, &dirty);
	shared_set(MIB(2) + KIB(4), KIB(4), PA + KIB(4), &clean);
	kit_check(&kit);
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), KIB(8), PA, &dirty), S2PT_ERR_EXISTS);
	assert_int_equal(op.done, KIB(4));
	op.replace = true;
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), KIB(8), PA, &dirty), S2PT_OK);
	assert_int_equal(kit_access(&kit, 1, MODEL_WRITE, MIB(2) + KIB(4), NULL), MODEL_OK);
}

static void
test_stop_without_start(void **state)
{
	struct s2pt_op op = { .budget = 1 };

	(void)state;
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 3);
	assert_int_equal(s2pt_table_dirty_stop(table, &op, s2pt_ipa_of(MIB(2)), MIB(2)), S2PT_OK);
	assert_int_equal(op.done, MIB(2));
}

/* What waits to be cleaned under a hold is cleaned before the short way maps it elsewhere. */
static void
test_hold_cleans(void **state)
{
	struct s2pt_change retype = { .retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = ram.sh };
	struct s2pt_leaf wt = kit_leaf(&kit, S2PT_MEM_NORMAL_WB);
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping needing, mmio;

	(void)state;
	assert_int_equal(s2pt_mapping_init(table->format, &wt, S2PT_MAPPING_RAM, &needing), S2PT_OK);
	wt.type = S2PT_MEM_NORMAL_NC;
	assert_int_equal(s2pt_mapping_init(table->format, &wt, 0, &mmio), S2PT_OK);
	assert_true(needing.key & S2PT_MAPPING_DIRTY);
	assert_false(mmio.key & S2PT_MAPPING_NEEDS);
	kit_begin(&kit, MIB(2), KIB(16));
	assert_int_equal(s2pt_table_map(table, &op, s2pt_ipa_of(MIB(2)), KIB(16), s2pt_pa_of(PA), &needing),
			 S2PT_OK);
	s2pt_table_hold(table);
	assert_int_equal(s2pt_table_unmap(table, &op, s2pt_ipa_of(MIB(2)), KIB(4)), S2PT_OK);
	assert_int_equal(s2pt_table_unmap(table, &op, s2pt_ipa_of(MIB(2) + KIB(8)), KIB(4)), S2PT_OK);
	assert_int_equal(s2pt_table_protect(table, &op, s2pt_ipa_of(MIB(2) + KIB(4)), KIB(4), &retype), S2PT_OK);
	assert_true(table->n_cleans && !table->n_ranges);
	assert_int_equal(s2pt_table_map(table, &op, s2pt_ipa_of(MIB(2) + KIB(8)), KIB(4), s2pt_pa_of(PA), &mmio),
			 S2PT_OK);
	assert_int_equal(table->n_cleans, 0);
	assert_int_equal(s2pt_table_release(table), S2PT_OK);
	kit_end(&kit);
}

/* What a hold keeps back may be cached still: no shared operation may put something in its place. */
static void
test_held(void **state)
{
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_map_request request = { .lg2 = 12 };
	struct s2pt_mapping mapping;
	const s2pt_ipa ipa = s2pt_ipa_of(MIB(2)), other = s2pt_ipa_of(MIB(2) + KIB(4));

	(void)state;
	assert_int_equal(s2pt_mapping_init(table->format, &ram, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
	kit_map(&kit, MIB(2), KIB(16), PA, &ram, 3);
	model_prime(kit.machine.model, MIB(2), MIB(2) + KIB(16) - 1u);
	kit_begin(&kit, MIB(2), KIB(16));
	s2pt_table_hold(table);
	assert_int_equal(s2pt_table_unmap(table, &op, ipa, KIB(4)), S2PT_OK);
	request.invalidate_seq = s2pt_table_invalidate_seq(table);
	kit_forget(&kit);
	for (unsigned permission = 0; permission < 2; permission++) {
		request.permission = permission;
		assert_int_equal(s2pt_shared_map(table, NULL, &request, ipa, s2pt_pa_of(PA + MIB(2)), &mapping),
				 S2PT_ERR_EXCLUSIVE);
	}
	assert_int_equal(s2pt_shared_relax(table, NULL, other, &rw), S2PT_ERR_EXCLUSIVE);
	assert_int_equal(s2pt_shared_mark_dirty(table, NULL, other, 0, NULL), S2PT_ERR_EXCLUSIVE);
	assert_int_equal(s2pt_shared_set_af(table, NULL, other), S2PT_ERR_EXCLUSIVE);
	op.done = 1;
	assert_int_equal(s2pt_shared_age(table, &op, ipa, KIB(16), S2PT_AGE_CLEAR, NULL), S2PT_ERR_EXCLUSIVE);
	assert_int_equal(op.done, 0);
	assert_int_equal(kit.log.stores + kit.log.requests + kit.log.publishes, 0);
	assert_int_equal(shared_raw(MIB(2)), 0);
	assert_int_equal(s2pt_table_release(table), S2PT_OK);
	kit_end(&kit);
	shared_judge();
	request.permission = false;
	kit_begin(&kit, MIB(2), KIB(4));
	assert_int_equal(s2pt_shared_map(table, NULL, &request, ipa, s2pt_pa_of(PA + MIB(2)), &mapping), S2PT_OK);
	kit_end(&kit);
}

/* --- The sequence ---------------------------------------------------------------------------------- */

static void
test_sequence(void **state)
{
	struct s2pt_change change = { .clear_w = true };
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_map_request late = { .lg2 = 12 };
	const s2pt_ipa ipa = s2pt_ipa_of(MIB(2));
	uint64_t was = s2pt_table_invalidate_seq(table);
	s2pt_desc before;

	(void)state;
#define STAYS() assert_int_equal(s2pt_table_invalidate_seq(table), was)
#define MOVES() (assert_true(s2pt_table_invalidate_seq(table) > was), was = s2pt_table_invalidate_seq(table))
	kit_map(&kit, MIB(2), MIB(2), PA, &ram, 0);
	assert_int_equal(shared_map(MIB(4), 12, PA, &ram), S2PT_OK);
	assert_int_equal(shared_replace(MIB(4), 12, PA + MIB(4), &ram, &before), S2PT_OK);
	assert_int_equal(shared_relax(MIB(4), &rw), S2PT_OK);
	assert_int_equal(shared_mark_dirty(MIB(4), 0), S2PT_OK);
	assert_int_equal(shared_set_af(MIB(4)), S2PT_OK);
	shared_blank(0);
	assert_int_equal(shared_age(&op, 0, MIB(4), S2PT_AGE_TEST, &shared_bitmap), S2PT_OK);
	assert_int_equal(s2pt_table_age(table, &op, ipa, MIB(2), S2PT_AGE_TEST, NULL), S2PT_OK);
	assert_int_equal(s2pt_table_relax(table, &op, ipa, MIB(2), &rw), S2PT_OK);
	assert_int_equal(s2pt_table_split(table, &op, ipa, MIB(2), table->format->granule_lg2), S2PT_OK);
	assert_int_equal(s2pt_table_collapse(table, &op, ipa, MIB(2)), S2PT_OK);
	s2pt_table_hold(table);
	assert_int_equal(s2pt_table_release(table), S2PT_OK);
	STAYS();
	/* Refused: nothing happened. */
	assert_int_equal(s2pt_table_unmap(table, &op, ipa, 1), S2PT_ERR_SIZE_ALIGN);
	assert_int_equal(s2pt_table_protect(table, &op, ipa, 1, &change), S2PT_ERR_SIZE_ALIGN);
	STAYS();
	assert_int_equal(kit_try_protect(&kit, &op, MIB(4), KIB(4), &change), S2PT_OK);
	MOVES();
	/* Writes are logged from here on: an answer from before would not be. */
	shared_start(MIB(2), MIB(2));
	MOVES();
	shared_blank(MIB(2));
	assert_int_equal(shared_collect(&op, MIB(2), MIB(2), true), S2PT_OK);
	shared_stop(MIB(2), MIB(2));
	STAYS();
	assert_int_equal(s2pt_table_move(table, &op, ipa, MIB(2),
					 &(struct s2pt_move){ .from = s2pt_pa_of(PA), .to = s2pt_pa_of(PA + GIB(1)) }),
			 S2PT_OK);
	MOVES();
	op.replace = true;
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(2), PA, &ram), S2PT_OK);
	MOVES();
	/* Also where nothing was mapped: what is mapped now is the newer request. */
	assert_int_equal(kit_try_map(&kit, &op, MIB(4) + KIB(4), KIB(4), PA, &ram), S2PT_OK);
	MOVES();
	assert_int_equal(s2pt_table_annotate(table, &op, s2pt_ipa_of(MIB(6)), KIB(4), 1), S2PT_OK);
	MOVES();
	/* Rights that are given to a part of a block, of which the rest goes. */
	memset(&op, 0, sizeof(op));
	op.partial = S2PT_PARTIAL_ZAP;
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), MIB(2), &change), S2PT_OK);
	MOVES();
	assert_int_equal(s2pt_table_relax(table, &op, ipa, KIB(4), &rw), S2PT_OK);
	MOVES();
	kit_unmap(&kit, MIB(2), MIB(4));
	late.invalidate_seq = was;
	assert_int_equal(shared_map_as(&late, NULL, MIB(2), PA, &ram), S2PT_RACED);
	MOVES();
	late.invalidate_seq = was;
	assert_int_equal(shared_map_as(&late, NULL, MIB(2), PA, &ram), S2PT_OK);
	STAYS();
}

/* --- What is forgotten here ------------------------------------------------------------------------ */

static void
test_permission(void **state)
{
	struct s2pt_map_request request = { .lg2 = 12, .permission = true };
	struct s2pt_leaf ro = ram;

	(void)state;
	ro.w = false;
	kit_map(&kit, MIB(2), KIB(4), PA, &ro, 3);
	kit_map(&kit, GIB(1), KIB(64), PA, &ro, 0);
	kit_map(&kit, GIB(2), MIB(2), PA, &ro, 2);
#define HERE(status, late, other, at, leaf)                                               \
	do {                                                                              \
		request.invalidate_seq = s2pt_table_invalidate_seq(table) + (late);       \
		request.replace = (other);                                                \
		kit_forget(&kit);                                                         \
		assert_int_equal(shared_map_as(&request, NULL, at, PA, leaf), status);    \
		assert_int_equal(kit.log.local, 1);                                       \
		assert_int_equal(kit.log.request[kit.log.requests - 1].ipa.addr, at);     \
		assert_int_equal(kit.log.request[kit.log.requests - 1].size, KIB(4));     \
		assert_int_equal(kit.log.event[kit.log.events - 1].kind, KIT_INVALIDATE); \
	} while (0)
	HERE(S2PT_OK, 0, false, MIB(2), &ro); /* it is there */
	HERE(S2PT_RACED, 1, false, MIB(2), &ro);
	HERE(S2PT_ERR_EXISTS, 0, false, MIB(2), &ram);
	HERE(S2PT_ERR_EXCLUSIVE, 0, true, GIB(1), &ram);
	HERE(S2PT_ERR_EXCLUSIVE, 0, true, GIB(2), &ram);
	HERE(S2PT_OK, 0, false, MIB(2) + KIB(4), &ro); /* where nothing was */
	model_fail_alloc(kit.machine.model, 1, false);
	HERE(S2PT_ERR_MEMORY, 0, false, GIB(5), &ro);
	HERE(S2PT_OK, 0, true, MIB(2), &ram);
	assert_int_equal(kit.log.requests, 2);
}

/* A CPU that holds what another has relaxed faults until it forgets: also where nothing is to be done. */
static void
test_relax_forgets(void **state)
{
	struct s2pt_leaf ro = ram;

	(void)state;
	ro.w = false;
	kit_map(&kit, MIB(2), MIB(2), PA, &ro, 0);
	model_prime(kit.machine.model, MIB(2), MIB(4) - 1u);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		shared_cpu(cpu);
		assert_int_equal(kit_access(&kit, cpu, MODEL_WRITE, MIB(2) + KIB(12), NULL), MODEL_PERMISSION);
		kit_forget(&kit);
		assert_int_equal(shared_relax(MIB(2) + KIB(12) + 24, &rw), S2PT_OK);
		assert_int_equal(kit.log.stores, !cpu);
		forgot(MIB(2) + KIB(12), KIB(4), S2PT_TLBI_ANY_LEVEL, true);
		assert_int_equal(kit_access(&kit, cpu, MODEL_WRITE, MIB(2) + KIB(12), NULL), MODEL_OK);
	}
	shared_set(MIB(2), MIB(2), PA, &ram);
}

/* --- Rights, and their refusals -------------------------------------------------------------------- */

static void
test_relax(void **state)
{
	const struct s2pt_change x = { .set_x_el1 = true, .set_x_el0 = true, .ram = true };
	const struct s2pt_change x1 = { .set_x_el1 = true };
	struct s2pt_leaf leaf = ram, nc = kit_leaf(&kit, S2PT_MEM_NORMAL_NC);

	(void)state;
	leaf.w = leaf.r = leaf.af = false;
	kit_map(&kit, MIB(2), KIB(16), PA, &leaf, 3);
	kit_map(&kit, MIB(4), KIB(4), PA, &nc, 3);
	kit_forget(&kit);
	/* Not mapped, beyond, impossible. */
	assert_int_equal(shared_relax(MIB(6), &rw), S2PT_ERR_NOT_MAPPED);
	asked(0, 1, 1);
	assert_int_equal(shared_relax(GIB(6), &rw), S2PT_ERR_NOT_MAPPED);
	asked(0, 1, 1);
	assert_int_equal(shared_relax(MIB(4), &x), S2PT_ERR_EXEC_UNCACHED);
	asked(0, 1, 1);
	assert_int_equal(shared_relax(GIB(1024), &rw), S2PT_ERR_IPA_SIZE);
	assert_int_equal(shared_relax(MIB(2), &(struct s2pt_change){ .clear_w = true }), S2PT_ERR_CHANGE);
	assert_int_equal(shared_relax(MIB(2), &(struct s2pt_change){ .set_sw = 2 }), S2PT_ERR_CHANGE);
	asked(0, 0, 0);
	/* Each right. */
	assert_int_equal(shared_relax(MIB(2), &rw), S2PT_OK);
	leaf.w = leaf.r = true;
	shared_set(MIB(2), KIB(4), PA, &leaf);
	kit_check(&kit);
	assert_int_equal(shared_relax(MIB(2), &(struct s2pt_change){ .set_af = true }), S2PT_OK);
	leaf.af = true;
	shared_set(MIB(2), KIB(4), PA, &leaf);
	kit_check(&kit);
	kit_forget(&kit);
	assert_int_equal(shared_relax(MIB(2), &x), S2PT_OK);
	assert_int_equal(kit.log.icache_bytes, KIB(4));
	assert_int_equal(kit.log.event[0].kind, KIT_ICACHE);
	kit_forget(&kit);
	assert_int_equal(shared_relax(MIB(2), &x), S2PT_OK);
	assert_int_equal(kit.log.icaches, 0);
	leaf.x_el1 = leaf.x_el0 = true;
	shared_set(MIB(2), KIB(4), PA, &leaf);
	kit.machine.host.invalidate_icache = NULL;
	assert_int_equal(shared_relax(MIB(2), &x), S2PT_ERR_HOST_ICACHE);
	leaf = ram;
	leaf.w = leaf.r = leaf.af = false;
	leaf.x_el1 = true;
	assert_int_equal(shared_relax(MIB(2) + KIB(4), &x1), S2PT_OK);
	shared_set(MIB(2) + KIB(4), KIB(4), PA + KIB(4), &leaf);
}

static void
test_relax_without_xnx(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.xnx = false;
	shared_open(&shape);
	kit_map(&kit, MIB(2), KIB(16), PA, &ram, 3);
	assert_int_equal(shared_relax(MIB(2), &(struct s2pt_change){ .set_x_el1 = true }), S2PT_ERR_CHANGE);
	shared_teardown(NULL);
}

static void
test_write(void **state)
{
	struct s2pt_leaf ro = ram, clean = ram;

	(void)state;
	ro.w = false;
	kit_map(&kit, MIB(2), KIB(16), PA, &ro, 3);
	kit_map(&kit, MIB(4), MIB(4), PA, &ram, 2);
	kit_map(&kit, MIB(8), KIB(16), PA, &ram, 3);
	/* Nothing is logged yet. */
	assert_int_equal(shared_mark_dirty(MIB(2), 0), S2PT_ERR_READ_ONLY);
	assert_int_equal(shared_mark_dirty(MIB(4), 12), S2PT_OK);
	shared_start(MIB(4), MIB(8));
	s2pt_table_dirty_leaf(table, &clean);
	shared_set(MIB(4), MIB(4), PA, &clean);
	shared_set(MIB(8), KIB(16), PA, &clean);
	kit_check(&kit);
	kit_forget(&kit);
	assert_int_equal(shared_mark_dirty(MIB(2), 0), S2PT_ERR_READ_ONLY);
	forgot(MIB(2), KIB(4), S2PT_TLBI_ANY_LEVEL, true);
	assert_int_equal(shared_mark_dirty(MIB(16), 0), S2PT_ERR_NOT_MAPPED);
	forgot(MIB(16), KIB(4), S2PT_TLBI_ANY_LEVEL, true);
	assert_int_equal(shared_mark_dirty(GIB(1024), 0), S2PT_ERR_IPA_SIZE);
	asked(0, 0, 0);
	/* A block is too much, a page is not. */
	assert_int_equal(shared_mark_dirty(MIB(4) + KIB(8), 12), S2PT_ERR_EXCLUSIVE);
	assert_int_equal(shared_mark_dirty(MIB(4) + KIB(8), 20), S2PT_ERR_EXCLUSIVE);
	assert_int_equal(shared_mark_dirty(MIB(8) + KIB(8) + 1, 12), S2PT_OK);
	clean.w = true;
	shared_set(MIB(8) + KIB(8), KIB(4), PA + KIB(8), &clean);
	kit_check(&kit);
	assert_int_equal(shared_mark_dirty(MIB(4) + KIB(8), 21), S2PT_OK);
	assert_int_equal(shared_mark_dirty(MIB(4) + KIB(8), 12), S2PT_OK); /* it is dirty already */
	assert_int_equal(shared_mark_dirty(MIB(6), 0), S2PT_OK);
	shared_set(MIB(4), MIB(4), PA, &clean);
}

static void
test_young(void **state)
{
	struct s2pt_leaf old = ram;

	(void)state;
	old.af = false;
	kit_map(&kit, MIB(2), KIB(16), PA, &old, 3);
	kit_map(&kit, MIB(4), MIB(2), PA, &old, 2);
	kit_forget(&kit);
	assert_int_equal(shared_set_af(MIB(16)), S2PT_ERR_NOT_MAPPED);
	assert_int_equal(shared_set_af(MIB(8)), S2PT_ERR_NOT_MAPPED);
	assert_int_equal(shared_set_af(GIB(1024)), S2PT_ERR_IPA_SIZE);
	assert_int_equal(shared_set_af(MIB(2) + KIB(4) + 9), S2PT_OK);
	assert_int_equal(kit.log.publishes, 1);
	asked(1, 0, 0);
	assert_int_equal(shared_set_af(MIB(2) + KIB(4)), S2PT_OK);
	assert_int_equal(shared_set_af(MIB(4) + KIB(40)), S2PT_OK);
	asked(1, 0, 0);
	shared_set(MIB(2) + KIB(4), KIB(4), PA + KIB(4), &ram);
	shared_set(MIB(4), MIB(2), PA, &ram);
}

/* After a conflict the CPU that had it knows nothing any more; others are left alone. */
static void
test_conflict(void **state)
{
	struct model_outcome out;

	(void)state;
	kit_map(&kit, MIB(2), MIB(4), PA, &ram, 2);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		kit_access(&kit, cpu, MODEL_READ, MIB(2), &out);
		assert_true(model_tlb_entries(kit.machine.model, cpu));
	}
	kit_forget(&kit);
	shared_cpu(1);
	s2pt_shared_tlb_conflict(table);
	assert_int_equal(kit.log.requests, 1);
	assert_true(kit.log.request[0].vmid && kit.log.request[0].local);
	assert_int_equal(kit.log.tlbi[S2PT_TLBI_VMALLS12E1], 1);
	assert_int_equal(kit_tlbis(&kit), 1);
	assert_int_equal(model_tlb_entries(kit.machine.model, 1), 0);
	assert_true(model_tlb_entries(kit.machine.model, 0));
	shared_cpu(0);
}

/* --- Broken entries -------------------------------------------------------------------------------- */

static enum s2pt_status statuses[5];

/* Another CPU meets the entry that is broken at the moment. */
static void
meet_broken(void)
{
	struct s2pt_map_request request = { .invalidate_seq = s2pt_table_invalidate_seq(table), .lg2 = 12 };
	const s2pt_ipa ipa = s2pt_ipa_of(MIB(2));
	const struct s2pt_mapping mapping = mapping_of(&ram);
	struct s2pt_op op = { .budget = 0 };

	assert_int_equal(shared_raw(MIB(2)) & 3u, 2);
	shared_cpu(1);
	statuses[0] = s2pt_shared_map(table, NULL, &request, ipa, s2pt_pa_of(PA), &mapping);
	statuses[1] = s2pt_shared_relax(table, NULL, ipa, &rw);
	statuses[2] = s2pt_shared_mark_dirty(table, NULL, ipa, 0, NULL);
	statuses[3] = s2pt_shared_set_af(table, NULL, ipa);
	statuses[4] = s2pt_shared_age(table, &op, ipa, KIB(4), S2PT_AGE_CLEAR, &shared_bitmap);
	shared_cpu(0);
}

static void
test_broken(void **state)
{
	s2pt_desc before;

	(void)state;
	assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_OK);
	shared_blank(MIB(2));
	during_invalidate = meet_broken;
	assert_int_equal(shared_replace(MIB(2), 12, PA + MIB(2), &ram, &before), S2PT_OK);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(statuses[i], S2PT_RACED);
	/* Whoever replaces it knows that it was accessed. */
	assert_int_equal(statuses[4], S2PT_OK);
	assert_int_equal(shared_count(), 0);
	assert_true(before.raw & MODEL_ATTR_AF);
}

/* --- Lost races: while the host works, another CPU is first ----------------------------------------- */

static void
map_same_now(void)
{
	const struct s2pt_mapping mapping = mapping_of(&ram);
	struct s2pt_map_request request = { .invalidate_seq = s2pt_table_invalidate_seq(table), .lg2 = 12 };

	shared_cpu(1);
	statuses[0] = s2pt_shared_map(table, NULL, &request, s2pt_ipa_of(MIB(2)), s2pt_pa_of(PA), &mapping);
	shared_cpu(0);
}

static void
map_and_exhaust_now(void)
{
	map_same_now();
	model_fail_alloc(kit.machine.model, 1, true);
}

/* Who finds no memory because another CPU was faster has lost a race, and no more. */
static void
test_lost_memory(void **state)
{
	(void)state;
	during_callback = map_and_exhaust_now;
	assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_RACED);
	assert_int_equal(statuses[0], S2PT_OK);
	model_fail_alloc(kit.machine.model, 0, false);
	shared_set(MIB(2), KIB(4), PA, &ram);
	assert_int_equal(table->pages, 2);
	kit_check(&kit);
}

/* Nothing is left of the tables that the loser made. */
static void
test_lost_tables(void **state)
{
	(void)state;
	during_callback = map_same_now;
	assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_RACED);
	assert_int_equal(statuses[0], S2PT_OK);
	shared_set(MIB(2), KIB(4), PA, &ram);
	assert_int_equal(table->pages, 2);
	kit_check(&kit);
}

static void
test_lost_leaf(void **state)
{
	struct s2pt_leaf nc = kit_leaf(&kit, S2PT_MEM_NORMAL_NC);

	(void)state;
	assert_int_equal(shared_map(MIB(2) + KIB(4), 12, PA, &ram), S2PT_OK);
	during_callback = map_same_now;
	assert_int_equal(shared_map(MIB(2), 12, PA, &nc), S2PT_RACED);
	assert_int_equal(statuses[0], S2PT_OK);
	shared_set(MIB(2), KIB(4), PA, &ram);
}

static void
relax_now(void)
{
	shared_cpu(1);
	statuses[0] = s2pt_shared_relax(table, NULL, s2pt_ipa_of(MIB(2)), &rw);
	shared_cpu(0);
}

/* Two CPUs give rights at the same time: both stay. */
static void
test_lost_relax(void **state)
{
	const struct s2pt_change x = { .set_x_el1 = true, .set_x_el0 = true, .ram = true };
	struct s2pt_leaf leaf = ram;

	(void)state;
	leaf.w = false;
	assert_int_equal(shared_map(MIB(2), 12, PA, &leaf), S2PT_OK);
	during_callback = relax_now;
	assert_int_equal(shared_relax(MIB(2), &x), S2PT_OK);
	assert_int_equal(statuses[0], S2PT_OK);
	leaf.w = leaf.x_el1 = leaf.x_el0 = true;
	shared_set(MIB(2), KIB(4), PA, &leaf);
}

/* --- The end --------------------------------------------------------------------------------------- */

static void
test_destroying(void **state)
{
	struct s2pt_op op = { .budget = 1 };
	uint64_t was;

	(void)state;
	kit_map(&kit, MIB(2), GIB(1), PA, &ram, 3);
	was = s2pt_table_invalidate_seq(table);
	model_op_begin(kit.machine.model, 0, 0, UINT64_MAX);
	model_stop(kit.machine.model);
	assert_int_equal(s2pt_table_destroy(table, &op), S2PT_ERR_BUDGET);
	assert_true(s2pt_table_invalidate_seq(table) > was);
	shared_blank(MIB(2));
	assert_int_equal(shared_map(MIB(2), 12, PA, &ram), S2PT_ERR_DESTROYED);
	assert_int_equal(shared_relax(MIB(2), &rw), S2PT_ERR_DESTROYED);
	assert_int_equal(shared_mark_dirty(MIB(2), 0), S2PT_ERR_DESTROYED);
	assert_int_equal(shared_set_af(MIB(2)), S2PT_ERR_DESTROYED);
	assert_int_equal(shared_age(&op, MIB(2), MIB(2), S2PT_AGE_CLEAR, &shared_bitmap), S2PT_ERR_DESTROYED);
	assert_int_equal(shared_collect(&op, MIB(2), MIB(2), true), S2PT_ERR_DESTROYED);
	assert_int_equal(s2pt_table_dirty_start(table, &op, s2pt_ipa_of(0), MIB(2), 2, 0), S2PT_ERR_DESTROYED);
	assert_int_equal(s2pt_table_dirty_stop(table, &op, s2pt_ipa_of(0), MIB(2)), S2PT_ERR_DESTROYED);
	assert_int_equal(s2pt_table_dirty_clear(table, &op, s2pt_ipa_of(0), KIB(4), &shared_bitmap),
			 S2PT_ERR_DESTROYED);
	/* What is missing besides is said later. */
	assert_int_equal(s2pt_table_dirty_clear(table, &op, s2pt_ipa_of(0), KIB(4), NULL), S2PT_ERR_DESTROYED);
	assert_int_equal(s2pt_table_dirty_collect(table, &op, s2pt_ipa_of(0), KIB(4), NULL, S2PT_COLLECT_CLEAR),
			 S2PT_ERR_DESTROYED);
	while (s2pt_table_destroy(table, &op) == S2PT_ERR_BUDGET)
		;
	model_check_leaks(kit.machine.model, 0);
	shared_judge();
	model_map_free(kit.map);
	machine_free(&kit.machine);
}

int
main(void)
{
#define SHARED(name) cmocka_unit_test_setup_teardown(test_##name, shared_setup, shared_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_levels),
		SHARED(map_table_in_the_way),
		SHARED(map_arguments),
		SHARED(map_needs),
		SHARED(map_af),
		SHARED(map_annotated),
		SHARED(map_replace),
		cmocka_unit_test(test_map_replace_cleans),
		SHARED(map_memory),
		SHARED(groups),
		SHARED(cursor),
		cmocka_unit_test_setup_teardown(test_held, shared_setup, shared_teardown_any),
		cmocka_unit_test_setup_teardown(test_held, setup_direct, shared_teardown_any),
		cmocka_unit_test_setup_teardown(test_sequence, shared_setup, shared_teardown_any),
		cmocka_unit_test_setup_teardown(test_sequence, setup_direct, shared_teardown_any),
		cmocka_unit_test_setup_teardown(test_map_bitmap, setup_direct, shared_teardown_any),
		SHARED(map_needing),
		cmocka_unit_test_setup_teardown(test_map_needing, setup_direct, shared_teardown),
		cmocka_unit_test_setup_teardown(test_map_needing, setup_direct_needing, shared_teardown),
		SHARED(unmap_rows),
		cmocka_unit_test_setup_teardown(test_unmap_rows, setup_direct, shared_teardown),
		SHARED(unmap_around),
		cmocka_unit_test_setup_teardown(test_unmap_around, setup_direct, shared_teardown),
		SHARED(split_waits),
		SHARED(lookup_inside),
		cmocka_unit_test_setup_teardown(test_lookup_inside, setup_direct, shared_teardown),
		SHARED(dirty_answer),
		SHARED(stop_without_start),
		SHARED(lost_memory),
		cmocka_unit_test_setup_teardown(test_hold_cleans, setup_direct_needing, shared_teardown_any),
		SHARED(permission),
		SHARED(relax_forgets),
		SHARED(relax),
		cmocka_unit_test(test_relax_without_xnx),
		SHARED(write),
		SHARED(young),
		SHARED(conflict),
		SHARED(broken),
		SHARED(lost_tables),
		SHARED(lost_leaf),
		SHARED(lost_relax),
		cmocka_unit_test_setup(test_destroying, shared_setup),
	};

	return cmocka_run_group_tests_name("live: shared operations", tests, NULL, NULL);
}
