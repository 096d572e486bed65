/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Contiguous groups (E13), for every granule and level that has them: who carries the hint, what a change
 * of a part and of the whole costs, and what hardware wrote to one member.
 */
#include "kit.h"

#include <string.h>

/* The sizes of Table D8-104, as numbers of entries. */
static const struct kind {
	enum s2pt_granule granule;
	int level;
	unsigned entries;
} kinds[] = {
	{ S2PT_GRANULE_4K, 3, 16 },
	{ S2PT_GRANULE_4K, 2, 16 },
	{ S2PT_GRANULE_4K, 1, 16 },
	{ S2PT_GRANULE_16K, 3, 128 },
	{ S2PT_GRANULE_16K, 2, 32 },
	{ S2PT_GRANULE_64K, 3, 32 },
	{ S2PT_GRANULE_64K, 2, 32 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct kit kit;
static struct s2pt_leaf ram;

/* The groups of one kind: entries and pages are counted from BASE on, memory from MEMORY on. */
static const struct kind *kind;
static uint64_t bytes;   /* that an entry maps */
static unsigned members; /* of a group */
static uint64_t page;

#define BASE   (4 * members * bytes)
#define MEMORY (BASE + 32 * kit_bytes(&kit, kind->level - 1))

static uint64_t
ipa_of(uint64_t entry)
{
	return BASE + entry * bytes;
}

static uint64_t
pa_of(uint64_t entry)
{
	return MEMORY + entry * bytes;
}

static void
open_kind(const struct kind *one, const struct machine_shape *shape)
{
	assert_true(kit_open(&kit, shape));
	ram = kit_leaf(&kit, S2PT_MEM_NORMAL_WB);
	kind = one;
	bytes = kit_bytes(&kit, one->level);
	page = kit_bytes(&kit, 3);
	members = one->entries;
}

static void
close_kind(void)
{
	kit_check(&kit);
	kit_close(&kit);
}

/* @scenario for every kind, or for those of blocks; on a machine with @tweak. */
enum {
	ALL = 0,
	BLOCKS = 1,
};

static void
each(int which, void (*tweak)(struct machine_shape *shape), void (*scenario)(void))
{
	for (size_t i = 0; i < KINDS; i++) {
		struct machine_shape shape = kit_shape(kinds[i].granule);

		if (which == BLOCKS && kinds[i].level == 3)
			continue;
		if (tweak)
			tweak(&shape);
		open_kind(&kinds[i], &shape);
		scenario();
		close_kind();
	}
}

/* --- What is asked, and what there is --------------------------------------------------------------- */

static struct s2pt_op
capped(bool hint)
{
	struct s2pt_op op = { .budget = 0 };
	unsigned lg2 = s2pt_format_level_lg2(&kit.machine.format, kind->level);

	while (hint && bytes * members > UINT64_C(1) << lg2)
		lg2++;
	op.max_lg2 = (uint8_t)lg2;
	return op;
}

static enum s2pt_status
try_map(struct s2pt_op *op, uint64_t first, uint64_t count, uint64_t pa)
{
	return kit_try_map(&kit, op, ipa_of(first), count * bytes, pa, &ram);
}

/* Entries from @first on, that memory at the same distance belongs to; with the hint where it fits. */
static void
map(uint64_t first, uint64_t count, bool hint)
{
	struct s2pt_op op = capped(hint);

	assert_int_equal(try_map(&op, first, count, pa_of(first)), S2PT_OK);
	assert_int_equal(op.done, count * bytes);
}

static void
map_groups(uint64_t groups)
{
	map(0, groups * members, true);
	kit_forget(&kit);
}

/* Entries of this level from @first on have, or have not, the hint. */
static void
expect_hint(uint64_t first, uint64_t count, bool hint)
{
	for (uint64_t n = first; n < first + count; n++) {
		int level;
		struct s2pt_leaf leaf = kit_leaf_at(&kit, ipa_of(n), &level, NULL);

		if (level != kind->level || leaf.contiguous != hint)
			fail_msg("%u-entry groups at level %d: entry %u is at level %d, hint %d",
				 members, kind->level, (unsigned)n, level, leaf.contiguous);
	}
}

static void
expect_nothing(uint64_t first, uint64_t count)
{
	for (uint64_t n = first; n < first + count; n++) {
		s2pt_pa pa;

		assert_int_equal(s2pt_table_translate(&kit.machine.table, s2pt_ipa_of(ipa_of(n)), &pa),
				 S2PT_ERR_NOT_MAPPED);
	}
}

/*
 * Without a trace, what was made and broken again between two callbacks was not seen: as many stores, or fewer.
 */
static void
costs(unsigned stores, unsigned breaks, unsigned calls)
{
	const bool exact = kit.machine.host.trace;

	if (kit.log.calls != calls || kit.log.stores > stores || kit.log.breaks > breaks ||
	    (stores && !kit.log.stores) || (exact && (kit.log.stores != stores || kit.log.breaks != breaks)))
		fail_msg("%u-entry groups at level %d: %u stores, %u breaks, %u invalidations; not %u, %u, %u",
			 members, kind->level, kit.log.stores, kit.log.breaks, kit.log.calls, stores,
			 breaks, calls);
	kit_forget(&kit);
}

/* The @n-th invalidation was of @count entries from @first on, at their level. */
static void
invalidated(unsigned n, uint64_t first, uint64_t count)
{
	assert_true(n < kit.log.requests);
	assert_int_equal(kit.log.request[n].ipa.addr, ipa_of(first));
	assert_int_equal(kit.log.request[n].size, count * bytes);
	assert_int_equal(kit.log.request[n].level, kind->level);
	assert_true(kit.log.request[n].last_level);
}

/* Protect; @clear and @set are the descriptor bits that the flat map sees change. */
static void
protect(uint64_t first, uint64_t count, struct s2pt_change change, uint64_t clear, uint64_t set)
{
	struct s2pt_op op = { .budget = 0 };

	assert_int_equal(kit_try_protect(&kit, &op, ipa_of(first), count * bytes, &change), S2PT_OK);
	assert_int_equal(op.done, count * bytes);
	model_map_protect(kit.map, ipa_of(first), ipa_of(first + count) - 1u, clear, set);
}

static void
write_protect(uint64_t first, uint64_t count)
{
	protect(first, count, (struct s2pt_change){ .clear_w = true }, MODEL_ATTR_DIRTY, 0);
}

static void
unmap(uint64_t first, uint64_t count)
{
	kit_unmap(&kit, ipa_of(first), count * bytes);
}

static enum s2pt_status
try_move(struct s2pt_op *op, uint64_t first, uint64_t count, uint64_t to)
{
	const uint64_t ipa = ipa_of(first), size = count * bytes;
	enum s2pt_status status;

	kit_begin(&kit, ipa, size);
	status = s2pt_table_move(&kit.machine.table, op, s2pt_ipa_of(ipa), size,
				 &(struct s2pt_move){ .from = s2pt_pa_of(pa_of(first)), .to = s2pt_pa_of(to) });
	kit_end(&kit);
	if (op->done)
		model_map_set(kit.map, ipa, ipa + op->done - 1u, to, kit_attr(&kit, &ram));
	return status;
}

static void
move(uint64_t first, uint64_t count, uint64_t to)
{
	struct s2pt_op op = { .budget = 0 };

	assert_int_equal(try_move(&op, first, count, to), S2PT_OK);
	assert_int_equal(op.done, count * bytes);
}

static enum s2pt_status
try_split(struct s2pt_op *op, uint64_t ipa, uint64_t size)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa, size);
	status = s2pt_table_split(&kit.machine.table, op, s2pt_ipa_of(ipa), size,
				  (uint8_t)s2pt_format_level_lg2(kit.machine.table.format, kind->level + 1));
	kit_end(&kit);
	return status;
}

static void
collapse(uint64_t ipa, uint64_t size)
{
	struct s2pt_op op = { .budget = 0 };

	kit_begin(&kit, ipa, size);
	assert_int_equal(s2pt_table_collapse(&kit.machine.table, &op, s2pt_ipa_of(ipa), size), S2PT_OK);
	kit_end(&kit);
}

/* --- Map --------------------------------------------------------------------------------------------- */

/* Whole groups have the hint, built detached or in a table that is there; what is ragged has none. */
static void
map_ragged(void)
{
	/* Another entry of the table comes first, or not. */
	for (unsigned there = 0; there < 2; there++) {
		if (there)
			map(5 * members, 1, false);
		map(members - 3, 2 * members + 5, true);
		expect_hint(members - 3, 3, false);
		expect_hint(members, 2 * members, true);
		expect_hint(3 * members, 2, false);
		assert_int_equal(kit.log.breaks + kit.log.calls, 0);
		kit_check(&kit);
		unmap(0, 6 * members);
		kit_forget(&kit);
	}
}

/* Without room for a group under the cap, no entry has the hint; one more bit, and all have. */
static void
map_capped(void)
{
	struct s2pt_op op = capped(true);

	map(0, members, false);
	expect_hint(0, members, false);
	op.max_lg2--;
	assert_int_equal(try_map(&op, members, members, pa_of(members)), S2PT_OK);
	expect_hint(members, members, false);
	op.max_lg2++;
	assert_int_equal(try_map(&op, 2 * members, members, pa_of(2 * members)), S2PT_OK);
	expect_hint(2 * members, members, true);
}

/* Alignment is of IPA and of PA; any other group will do. */
static void
map_aligned(void)
{
	struct s2pt_op op = capped(true);

	assert_int_equal(try_map(&op, 0, 2 * members, pa_of(1)), S2PT_OK);
	expect_hint(0, 2 * members, false);
	assert_int_equal(try_map(&op, 2 * members, 2 * members, pa_of(7 * members)), S2PT_OK);
	expect_hint(2 * members, 2 * members, true);
	assert_int_equal(try_map(&op, 4 * members, members, pa_of(members / 2)), S2PT_OK);
	expect_hint(4 * members, members, false);
	/* The IPA alone is askew: entries meet in the middle of both groups. */
	assert_int_equal(try_map(&op, 5 * members + 1, members, pa_of(16 * members)), S2PT_OK);
	expect_hint(5 * members + 1, members, false);
}

/* The same again is unchanged, with the hint and without, whatever the cap. */
static void
map_again(void)
{
	map_groups(2);
	map(2 * members, members, false);
	kit_forget(&kit);
	map(0, 3 * members, true);
	map(0, 3 * members, false);
	map(members - 1, 2, true);
	map(1, members, false);
	costs(0, 0, 0);
	expect_hint(0, 2 * members, true);
	expect_hint(2 * members, members, false);
}

/* A hole, or an entry that is there already, keeps the hint from its group and from no other. */
static void
map_around(void)
{
	map(members + 1, 1, true);
	map(3 * members, 1, true);
	map(0, members, true);
	kit_forget(&kit);
	map(members, 4 * members, true);
	costs(4 * members - 2, 0, 0);
	expect_hint(0, members, true);
	expect_hint(members, members, false);
	expect_hint(2 * members, members, true);
	expect_hint(3 * members, members, false);
	expect_hint(4 * members, members, true);
	/* The last member comes later. */
	map(5 * members, members - 1, true);
	map(6 * members - 1, 1, true);
	expect_hint(5 * members, members, false);
}

static void
replace(void)
{
	struct s2pt_op op = capped(true);

	op.replace = true;
	map_groups(3);
	/* The whole group, by another: broken once, and the new one has the hint. */
	assert_int_equal(try_map(&op, members, members, pa_of(9 * members)), S2PT_OK);
	invalidated(0, members, members);
	costs(2 * members, members, 1);
	expect_hint(0, 3 * members, true);
	/* A part: the group is unfolded first. */
	assert_int_equal(try_map(&op, members + 1, 2, pa_of(11 * members)), S2PT_OK);
	invalidated(0, members, members);
	costs(2 * members + 4, members + 2, 2);
	expect_hint(members, members, false);
	expect_hint(0, members, true);
	expect_hint(2 * members, members, true);
	/* In batches of less than a group: a group a batch. */
	op.batch = 3;
	assert_int_equal(try_map(&op, 2 * members, members, pa_of(13 * members)), S2PT_OK);
	costs(2 * members, members, 1);
	expect_hint(2 * members, members, true);
}

static void
without_the_hint(struct machine_shape *shape)
{
	shape->no_contiguous = true;
}

/* Whole groups, changed in part, by a format that has no groups: each entry is alone, and no other is broken. */
static void
map_without(void)
{
	map(0, 3 * members, true);
	expect_hint(0, 3 * members, false);
	kit_forget(&kit);
	write_protect(members + 1, 1);
	costs(1, 0, 1);
	expect_hint(0, 3 * members, false);
}

static void
test_map_without(void **state)
{
	(void)state;
	each(ALL, without_the_hint, map_without);
}

static void
test_map(void **state)
{
	(void)state;
	each(ALL, NULL, map_ragged);
	each(ALL, NULL, map_capped);
	each(ALL, NULL, map_aligned);
}

static void
test_map_again(void **state)
{
	(void)state;
	each(ALL, NULL, map_again);
	each(ALL, NULL, map_around);
}

static void
test_replace(void **state)
{
	(void)state;
	each(ALL, NULL, replace);
}

/* --- Protect, relax ---------------------------------------------------------------------------------- */

/* Whole groups are broken once, and made again with the hint. */
static void
protect_whole(void)
{
	map_groups(4);
	write_protect(members, members);
	invalidated(0, members, members);
	costs(2 * members, members, 1);
	expect_hint(0, 4 * members, true);
	write_protect(2 * members, 2 * members);
	invalidated(0, 2 * members, 2 * members);
	costs(4 * members, 2 * members, 1);
	expect_hint(0, 4 * members, true);
	/* No change: the groups are left alone, also by half of one. */
	write_protect(members, 3 * members);
	costs(0, 0, 0);
}

/* A group that the range cuts loses the hint: it is broken for that, and the part once more. */
static void
protect_part(void)
{
	map_groups(4);
	write_protect(members + 3, 1);
	invalidated(0, members, members);
	invalidated(1, members + 3, 1);
	costs(2 * members + 2, members + 1, 2);
	expect_hint(0, members, true);
	expect_hint(members, members, false);
	expect_hint(2 * members, 2 * members, true);
	/* Now that it is none, one store. */
	write_protect(members + 5, 1);
	costs(1, 0, 1);
	/* From the middle of one to the middle of the other. */
	write_protect(2 * members + 1, members);
	expect_hint(2 * members, 2 * members, false);
	costs(4 * members + 2 * members, 3 * members, 3);
	expect_hint(0, members, true);
}

/* A run of members and of others: each as it is due, and no group is torn. */
static void
protect_mixed(void)
{
	map(0, members, true);
	map(members, members, false);
	map(2 * members, members, true);
	kit_forget(&kit);
	write_protect(0, 3 * members);
	costs(5 * members, 2 * members, kit.log.calls);
	expect_hint(0, members, true);
	expect_hint(members, members, false);
	expect_hint(2 * members, members, true);
	/* Whole groups around a table, or a hole. */
	unmap(members + 2, 3);
	kit_forget(&kit);
	protect(0, 3 * members, (struct s2pt_change){ .set_w = true }, 0, MODEL_ATTR_DIRTY);
	costs(5 * members - 3, 2 * members, kit.log.calls);
	expect_hint(0, members, true);
	expect_hint(2 * members, members, true);
}

/* AF and software bits are a member's own. */
static void
protect_own(void)
{
	map_groups(2);
	protect(2, 1, (struct s2pt_change){ .set_sw = 1 }, 0, UINT64_C(1) << 55);
	costs(1, 0, 0);
	protect(0, 2 * members, (struct s2pt_change){ .set_sw = 8, .clear_sw = 1 }, UINT64_C(1) << 55,
		UINT64_C(1) << 58);
	costs(2 * members, 0, 0);
	protect(3, members, (struct s2pt_change){ .clear_af = true }, MODEL_ATTR_AF, 0);
	/* A TLB may hold a group as one entry (R_LQLSD). */
	invalidated(0, 0, 2 * members);
	costs(members, 0, 1);
	protect(3, 1, (struct s2pt_change){ .set_af = true }, 0, MODEL_ATTR_AF);
	costs(1, 0, 0);
	expect_hint(0, 2 * members, true);
	/* A map of the same does not mind, and sets AF where it is asked to. */
	ram.sw = 8;
	map(0, 2 * members, true);
	costs(members - 1, 0, 0);
	expect_hint(0, 2 * members, true);
}

static void
relax(void)
{
	struct s2pt_change change = { .set_w = true };
	struct s2pt_op op = { .budget = 0 };

	ram.w = false;
	map_groups(2);
	for (unsigned again = 0; again < 2; again++) {
		kit_begin(&kit, ipa_of(1), bytes);
		assert_int_equal(s2pt_table_relax(&kit.machine.table, &op, s2pt_ipa_of(ipa_of(1)), bytes,
						  &change),
				 S2PT_OK);
		kit_end_relax(&kit);
		/* What is left is this CPU's own. */
		assert_int_equal(kit.log.local, 1);
		if (again)
			costs(0, 0, 1);
		else
			costs(2 * members + 2, members + 1, 3);
	}
	model_map_protect(kit.map, ipa_of(1), ipa_of(2) - 1u, 0, MODEL_ATTR_DIRTY);
	expect_hint(0, members, false);
	expect_hint(members, members, true);
	kit_begin(&kit, ipa_of(members), members * bytes);
	assert_int_equal(s2pt_table_relax(&kit.machine.table, &op, s2pt_ipa_of(ipa_of(members)),
					  members * bytes, &change),
			 S2PT_OK);
	kit_end_relax(&kit);
	model_map_protect(kit.map, ipa_of(members), ipa_of(2 * members) - 1u, 0, MODEL_ATTR_DIRTY);
	expect_hint(members, members, true);
	costs(2 * members, members, 2);
}

static void
retype(void)
{
	struct s2pt_change change = {
		.retype = true,
		.type = S2PT_MEM_NORMAL_NC,
		.sh = kit.machine.format.sh0,
	};

	map_groups(3);
	protect(0, 2 * members, change, 0x3c, 5u << 2);
	invalidated(0, 0, 2 * members);
	costs(4 * members, 2 * members, 1);
	expect_hint(0, 3 * members, true);
	protect(2 * members - 1, 2, change, 0x3c, 5u << 2);
	costs(4 * members + 2, 2 * members + 1, kit.log.calls);
	expect_hint(0, members, true);
	expect_hint(members, 2 * members, false);
}

static void
test_protect(void **state)
{
	(void)state;
	each(ALL, NULL, protect_whole);
	each(ALL, NULL, protect_part);
	each(ALL, NULL, protect_mixed);
}

static void
test_protect_own(void **state)
{
	(void)state;
	each(ALL, NULL, protect_own);
}

static void
test_relax(void **state)
{
	(void)state;
	each(ALL, NULL, relax);
}

static void
test_retype(void **state)
{
	(void)state;
	each(ALL, NULL, retype);
}

/* --- Unmap, zap -------------------------------------------------------------------------------------- */

static void
unmap_part(void)
{
	map_groups(5);
	/* Head, middle, tail: what stays has no hint. */
	unmap(0, 2);
	invalidated(0, 0, members);
	costs(2 * members + 2, members + 2, 2);
	expect_hint(2, members - 2, false);
	unmap(members + 4, 3);
	costs(2 * members + 3, members + 3, 2);
	expect_hint(members, 4, false);
	expect_hint(members + 7, members - 7, false);
	unmap(3 * members - 1, 1);
	costs(2 * members + 1, members + 1, 2);
	expect_hint(2 * members, members - 1, false);
	/* A whole one is not unfolded. */
	unmap(3 * members, members);
	invalidated(0, 3 * members, members);
	costs(members, members, 1);
	expect_nothing(3 * members, members);
	expect_hint(4 * members, members, true);
}

static void
zap_one(void)
{
	struct s2pt_op op = { .partial = S2PT_PARTIAL_ZAP };

	map_groups(2);
	assert_int_equal(kit_try_unmap(&kit, &op, ipa_of(2) + page, page), S2PT_OK);
	model_map_clear(kit.map, ipa_of(2), ipa_of(3) - 1u);
	invalidated(0, 0, members);
	costs(2 * members + 1, members + 1, 2);
	expect_hint(0, 2, false);
	expect_nothing(2, 1);
	expect_hint(3, members - 3, false);
	expect_hint(members, members, true);
	/* Refusal leaves the group whole. */
	op.partial = S2PT_PARTIAL_REFUSE;
	assert_int_equal(kit_try_unmap(&kit, &op, ipa_of(members) + page, page), S2PT_ERR_WOULD_SPLIT);
	costs(0, 0, 0);
	expect_hint(members, members, true);
}

static void
test_unmap(void **state)
{
	(void)state;
	each(ALL, NULL, unmap_part);
	each(BLOCKS, NULL, zap_one);
}

/* --- Move -------------------------------------------------------------------------------------------- */

static void
move_groups(void)
{
	map_groups(4);
	/* To a place that is aligned as the group is. */
	move(0, members, pa_of(16 * members));
	invalidated(0, 0, members);
	costs(2 * members, members, 1);
	expect_hint(0, members, true);
	/* To one that is not. */
	move(members, members, pa_of(20 * members + 1));
	invalidated(0, members, members);
	costs(2 * members, members, 1);
	kit_check(&kit);
	expect_hint(members, members, false);
	/* A part; the rest stays where it is, without the hint. */
	move(2 * members + 1, members / 2, pa_of(24 * members + 1));
	invalidated(0, 2 * members, members);
	costs(3 * members, members + members / 2, 2);
	expect_hint(2 * members, members, false);
	expect_hint(3 * members, members, true);
}

static void
test_move(void **state)
{
	(void)state;
	each(ALL, NULL, move_groups);
}

/* --- Split, collapse --------------------------------------------------------------------------------- */

static void
split_one(void)
{
	struct s2pt_op op = { .budget = 0 };

	map_groups(3);
	assert_int_equal(try_split(&op, ipa_of(members + 2) + page, page), S2PT_OK);
	invalidated(0, members, members);
	costs(2 * members + 2, members + 1, 2);
	expect_hint(0, members, true);
	expect_hint(members, 2, false);
	expect_hint(members + 3, members - 3, false);
	/* A whole group becomes tables without the detour. */
	assert_int_equal(try_split(&op, ipa_of(2 * members), members * bytes), S2PT_OK);
	costs(2 * members, members, 1);
	expect_hint(0, members, true);
	for (unsigned n = 0; n < members; n++) {
		int level;

		assert_false(kit_leaf_at(&kit, ipa_of(2 * members + n), &level, NULL).contiguous);
		assert_int_equal(level, kind->level + 1);
	}
}

/* Memory ends inside of a group: what there is serves, and no group is torn. */
static void
split_without_memory(void)
{
	struct s2pt_op op = { .budget = 0 };

	map_groups(2);
	model_fail_alloc(kit.machine.model, members + 3, true);
	assert_int_equal(try_split(&op, ipa_of(0), 2 * members * bytes), S2PT_ERR_MEMORY);
	model_fail_alloc(kit.machine.model, 0, false);
	assert_int_equal(op.done, (members + 2) * bytes);
	expect_hint(members + 2, members - 2, false);
	kit_check(&kit);
}

static void
test_split(void **state)
{
	(void)state;
	each(BLOCKS, NULL, split_one);
	each(BLOCKS, NULL, split_without_memory);
}

/* Leaves with the hint and without are alike, and the block has none. */
static void
collapse_hinted(void)
{
	const uint64_t block = kit_bytes(&kit, kind->level - 1);
	const uint64_t first = (block - BASE % block) / bytes;
	int level;

	if (!s2pt_format_has_block(&kit.machine.format, kind->level - 1))
		return;
	map(first + members, 1, true);
	map(first, block / bytes, true);
	expect_hint(first, members, true);
	expect_hint(first + members, members, false);
	expect_hint(first + 2 * members, block / bytes - 2 * members, true);
	kit_forget(&kit);
	collapse(ipa_of(first), block);
	assert_false(kit_leaf_at(&kit, ipa_of(first), &level, NULL).contiguous);
	assert_int_equal(level, kind->level - 1);
	costs(2, 1, 1);
}

/* Blocks of each size there is. */
static void
with_52_bits(struct machine_shape *shape)
{
	shape->ipa_bits = 46;
	shape->pa_bits = 52;
	shape->ds = shape->granule != S2PT_GRANULE_64K;
}

static void
test_collapse(void **state)
{
	(void)state;
	each(ALL, NULL, collapse_hinted);
	each(ALL, with_52_bits, collapse_hinted);
}

/* --- Budget and batch smaller than a group ------------------------------------------------------------ */

/* On goes the range by whole groups: a step does one more than the budget allows, not less. */
static void
small_budget(void)
{
	struct s2pt_op op = capped(true);
	struct s2pt_change change = { .clear_w = true };
	const uint64_t size = 3 * members * bytes;
	unsigned steps = 0;

	for (uint64_t at = 0; at < size; at += op.done, steps++) {
		op.budget = 5;
		assert_int_equal(try_map(&op, at / bytes, (size - at) / bytes, pa_of(at / bytes)),
				 op.done + at == size ? S2PT_OK : S2PT_ERR_BUDGET);
		assert_true(op.done && !(op.done % (members * bytes)));
	}
	assert_int_equal(steps, 3);
	expect_hint(0, 3 * members, true);
	kit_forget(&kit);
	for (uint64_t at = 0; at < size; at += op.done) {
		enum s2pt_status status = kit_try_protect(&kit, &op, BASE + at, size - at, &change);

		assert_int_equal(status, op.done + at == size ? S2PT_OK : S2PT_ERR_BUDGET);
		assert_int_equal(op.done, members * bytes);
	}
	model_map_protect(kit.map, BASE, BASE + size - 1u, MODEL_ATTR_DIRTY, 0);
	ram.w = false;
	costs(6 * members, 3 * members, 3);
	for (uint64_t at = 0; at < size; at += op.done) {
		assert_int_equal(try_move(&op, at / bytes, (size - at) / bytes, pa_of(32 * members) + at),
				 op.done + at == size ? S2PT_OK : S2PT_ERR_BUDGET);
		assert_int_equal(op.done, members * bytes);
	}
	costs(6 * members, 3 * members, 3);
	expect_hint(0, 3 * members, true);
	kit_check(&kit);
	for (uint64_t at = 0; at < size; at += op.done) {
		assert_int_equal(kit_try_unmap(&kit, &op, BASE + at, size - at),
				 op.done + at == size ? S2PT_OK : S2PT_ERR_BUDGET);
		assert_int_equal(op.done, members * bytes);
		if (at + op.done < size)
			expect_hint((at + op.done) / bytes, (size - at - op.done) / bytes, true);
	}
	assert_true(kit.log.breaks >= 3 * members);
}

static void
small_batch(void)
{
	struct s2pt_change change = { .clear_w = true };
	struct s2pt_op op = { .batch = 5 };

	map_groups(3);
	assert_int_equal(kit_try_protect(&kit, &op, BASE, 3 * members * bytes, &change), S2PT_OK);
	model_map_protect(kit.map, BASE, ipa_of(3 * members) - 1u, MODEL_ATTR_DIRTY, 0);
	ram.w = false;
	invalidated(2, 2 * members, members);
	costs(6 * members, 3 * members, 3);
	assert_int_equal(try_move(&op, 0, 3 * members, pa_of(32 * members)), S2PT_OK);
	invalidated(1, members, members);
	costs(6 * members, 3 * members, 3);
	expect_hint(0, 3 * members, true);
}

/* Tables cost memory: under a budget a group becomes tables by few. */
static void
split_by_few(void)
{
	for (unsigned batch = 0; batch < 2; batch++) {
		struct s2pt_op op = { .budget = batch ? 0 : 3,
				      .batch = batch ? 3 : 0 };
		uint64_t at = 0, size = members * bytes;
		enum s2pt_status status;

		map(0, 2 * members, true);
		do {
			status = try_split(&op, BASE + at, size - at);
			at += op.done;
			kit_check(&kit);
		} while (status == S2PT_ERR_BUDGET);
		assert_int_equal(status, S2PT_OK);
		assert_int_equal(at, size);
		expect_hint(members, members, true);
		/* A batch goes on to the end of the group; a budget does not, and the hint goes first. */
		assert_int_equal(kit.log.breaks, batch ? members : 2 * members);
		unmap(0, 2 * members);
		kit_forget(&kit);
	}
}

static void
test_small_steps(void **state)
{
	(void)state;
	each(ALL, NULL, small_budget);
	each(ALL, NULL, small_batch);
	each(BLOCKS, NULL, split_by_few);
}

/* --- What hardware wrote ----------------------------------------------------------------------------- */

static void
with_haf(struct machine_shape *shape)
{
	shape->haf = true;
}

/*
 * The guest touches one member, and a TLB may hold the whole group for it: AF counts for all. It is set
 * in the others when they stop being a group.
 */
static void
written(void)
{
	struct s2pt_op op = { .budget = 0 };

	ram.af = false;
	map_groups(3);
	assert_int_equal(kit_access(&kit, 1, MODEL_READ, ipa_of(5) + page / 2, NULL), MODEL_OK);
	assert_int_equal(kit_access(&kit, 0, MODEL_READ, ipa_of(members + 1), NULL), MODEL_OK);
	assert_true(kit_leaf_at(&kit, ipa_of(5), NULL, NULL).af);
	assert_false(kit_leaf_at(&kit, ipa_of(4), NULL, NULL).af);
	/* Unfolded. */
	unmap(0, 1);
	expect_hint(1, members - 1, false);
	model_map_protect(kit.map, ipa_of(1), ipa_of(members) - 1u, 0, MODEL_ATTR_AF);
	/* Broken and made again whole: each keeps its own. */
	write_protect(members, members);
	model_map_protect(kit.map, ipa_of(members + 1), ipa_of(members + 2) - 1u, 0, MODEL_ATTR_AF);
	expect_hint(members, members, true);
	kit_check(&kit);
	/* Nobody was there. */
	assert_int_equal(kit_try_protect(&kit, &op, ipa_of(2 * members), bytes,
					 &(struct s2pt_change){ .clear_w = true }),
			 S2PT_OK);
	model_map_protect(kit.map, ipa_of(2 * members), ipa_of(2 * members + 1) - 1u, MODEL_ATTR_DIRTY, 0);
	expect_hint(2 * members, members, false);
	kit_check(&kit);
}

static void
test_written(void **state)
{
	(void)state;
	each(ALL, with_haf, written);
}

/* --- FEAT_BBM level 2 -------------------------------------------------------------------------------- */

static void
with_bbm2(struct machine_shape *shape)
{
	shape->bbm = 2;
}

/* The hint goes without a break, and stale entries go before the operation ends. */
static void
bbml2_in_place(void)
{
	map_groups(3);
	unmap(1, 1);
	invalidated(0, 0, members);
	costs(members + 1, 1, 1);
	expect_hint(2, members - 2, false);
	write_protect(members + 2, 1);
	costs(members + 2, 1, kit.log.calls);
	expect_hint(members, members, false);
	if (kind->level != 3) {
		struct s2pt_op op = { .budget = 0 };

		assert_int_equal(try_split(&op, ipa_of(2 * members), page), S2PT_OK);
		costs(members + 1, 0, 1);
		expect_hint(2 * members + 1, members - 1, false);
	}
}

static void
test_in_place(void **state)
{
	(void)state;
	each(ALL, with_bbm2, bbml2_in_place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_map_without),
		cmocka_unit_test(test_map_again),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_protect),
		cmocka_unit_test(test_protect_own),
		cmocka_unit_test(test_relax),
		cmocka_unit_test(test_retype),
		cmocka_unit_test(test_unmap),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_collapse),
		cmocka_unit_test(test_small_steps),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_in_place),
	};

	return cmocka_run_group_tests_name("sweep groups", tests, NULL, NULL);
}
