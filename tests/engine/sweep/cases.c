/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "cases.h"

#define PAGE(kit)  kit_bytes(kit, 3)
#define BLOCK(kit) kit_bytes(kit, 2)
#define GIANT(kit) kit_bytes(kit, 1)

/* Where it all happens, and the memory behind it. */
#define BASE(kit)         (16 * BLOCK(kit))
#define MEMORY(kit)       (64 * BLOCK(kit))
#define GIANT_BASE(kit)   (4 * GIANT(kit))
#define GIANT_MEMORY(kit) (16 * GIANT(kit))

#define VALUE_OLD 0x1234u
#define VALUE_NEW 0x0bcdeu

static struct s2pt_leaf
ram(const struct kit *kit)
{
	return kit_leaf(kit, S2PT_MEM_NORMAL_WB);
}

static struct s2pt_leaf
read_only(const struct kit *kit)
{
	struct s2pt_leaf leaf = ram(kit);

	leaf.w = false;
	return leaf;
}

static void
annotate(struct kit *kit, uint64_t ipa, uint64_t size, uint64_t value)
{
	struct s2pt_op op = { .budget = 0 };

	kit_begin(kit, ipa, size);
	assert_int_equal(
		s2pt_table_annotate(&kit->machine.table, &op, s2pt_ipa_of(ipa), size, value),
		S2PT_OK);
	kit_end(kit);
	model_map_note(kit->map, ipa, ipa + size - 1u, value << 2);
}

/* --- What is there before
 * --------------------------------------------------------------------------- */

/* Nothing. The range touches three tables and is aligned to nothing. */
static void
nothing_pages(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	*ipa = BASE(kit) + 3 * PAGE(kit);
	*size = 2 * BLOCK(kit);
}

/* Nothing. Pages, a block or two, pages. */
static void
nothing_blocks(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	*ipa = BASE(kit) - 2 * PAGE(kit);
	*size = 2 * BLOCK(kit) + 5 * PAGE(kit);
}

/* Four blocks; the range begins in the first and ends in the last. */
static void
blocks(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	struct s2pt_leaf leaf = ram(kit);

	kit_map(kit, BASE(kit), 4 * BLOCK(kit), MEMORY(kit), &leaf, 2);
	*ipa = BASE(kit) + PAGE(kit);
	*size = 4 * BLOCK(kit) - 3 * PAGE(kit);
}

static void
read_only_blocks(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	struct s2pt_leaf leaf = read_only(kit);

	kit_map(kit, BASE(kit), 2 * BLOCK(kit), MEMORY(kit), &leaf, 2);
	*ipa = BASE(kit) + 5 * PAGE(kit);
	*size = 2 * BLOCK(kit) - 6 * PAGE(kit);
}

/* Two blocks of the next size. */
static void
giants(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	struct s2pt_leaf leaf = ram(kit);

	kit_map(kit, GIANT_BASE(kit), 2 * GIANT(kit), GIANT_MEMORY(kit), &leaf, 1);
	*ipa = GIANT_BASE(kit) + PAGE(kit);
	*size = 2 * GIANT(kit) - 2 * PAGE(kit);
}

/* Tables full of pages, all but whole blocks. */
static void
pages(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	struct s2pt_leaf leaf = read_only(kit);

	kit_map(kit, BASE(kit), 3 * BLOCK(kit), MEMORY(kit), &leaf, 3);
	*ipa = BASE(kit);
	*size = 3 * BLOCK(kit);
}

static void
many_blocks(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	struct s2pt_leaf leaf = ram(kit);

	kit_map(kit, GIANT_BASE(kit), GIANT(kit), GIANT_MEMORY(kit), &leaf, 2);
	*ipa = GIANT_BASE(kit);
	*size = GIANT(kit);
}

static void
one_giant(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	struct s2pt_leaf leaf = ram(kit);

	kit_map(kit, GIANT_BASE(kit), GIANT(kit), GIANT_MEMORY(kit), &leaf, 1);
	*ipa = GIANT_BASE(kit);
	*size = GIANT(kit);
}

/* Two annotated entries of the size of a block; the range lies across their middle. */
static void
notes(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	annotate(kit, BASE(kit), 2 * BLOCK(kit), VALUE_OLD);
	*ipa = BASE(kit) + BLOCK(kit) - 3 * PAGE(kit);
	*size = 7 * PAGE(kit);
}

/* Annotations, pages, a block, a hole, in turn. */
static void
mixture(struct kit *kit, uint64_t *ipa, uint64_t *size)
{
	struct s2pt_leaf leaf = ram(kit);

	annotate(kit, BASE(kit), BLOCK(kit), VALUE_OLD);
	kit_map(kit, BASE(kit) + BLOCK(kit), 9 * PAGE(kit), MEMORY(kit), &leaf, 3);
	kit_map(kit, BASE(kit) + 2 * BLOCK(kit), BLOCK(kit), MEMORY(kit) + 2 * BLOCK(kit), &leaf,
		2);
	*ipa = BASE(kit) + 5 * PAGE(kit);
	*size = 3 * BLOCK(kit) - 9 * PAGE(kit);
}

/* --- Operations
 * ------------------------------------------------------------------------------------- */

static enum s2pt_status
map_to(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t pa,
       const struct s2pt_leaf *leaf)
{
	struct s2pt_mapping mapping;

	assert_int_equal(s2pt_mapping_init(&kit->machine.format, leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
	return s2pt_table_map(&kit->machine.table, op, s2pt_ipa_of(ipa), size, s2pt_pa_of(pa),
			      &mapping);
}

/* Memory that is out of step with the addresses, so that no block fits. */
static enum s2pt_status
map_odd(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	struct s2pt_leaf leaf = read_only(kit);

	op->replace = true;
	return map_to(kit, op, ipa + skip, size - skip, MEMORY(kit) + PAGE(kit) + skip, &leaf);
}

static void
expect_odd(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size)
{
	struct s2pt_leaf leaf = read_only(kit);

	model_map_set(map, ipa, ipa + size - 1u, MEMORY(kit) + PAGE(kit), kit_attr(kit, &leaf));
}

/* Memory in step, so that blocks are used. */
static enum s2pt_status
map_even(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	struct s2pt_leaf leaf = read_only(kit);

	op->replace = true;
	return map_to(kit, op, ipa + skip, size - skip, ipa + skip + BASE(kit), &leaf);
}

static void
expect_even(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size)
{
	struct s2pt_leaf leaf = read_only(kit);

	model_map_set(map, ipa, ipa + size - 1u, ipa + BASE(kit), kit_attr(kit, &leaf));
}

static enum s2pt_status
unmap(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	op->drop_annotations = true;
	return s2pt_table_unmap(&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip);
}

static void
expect_nothing(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size)
{
	(void)kit;
	model_map_clear(map, ipa, ipa + size - 1u);
}

static enum s2pt_status
protect(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	struct s2pt_change change = { .clear_w = true, .set_sw = 4 };

	return s2pt_table_protect(&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip,
				  &change);
}

static void
expect_protected(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size)
{
	(void)kit;
	model_map_protect(map, ipa, ipa + size - 1u, MODEL_ATTR_DIRTY, UINT64_C(1) << 57);
}

static enum s2pt_status
retype(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	struct s2pt_change change = {
		.retype = true,
		.type = S2PT_MEM_NORMAL_NC,
		.sh = kit->machine.format.sh0,
		.ram = true,
	};

	return s2pt_table_protect(&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip,
				  &change);
}

static void
expect_retyped(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size)
{
	uint8_t memattr;

	assert_int_equal(
		s2pt_memattr_encode(kit->machine.format.feats, S2PT_MEM_NORMAL_NC, &memattr),
		S2PT_OK);
	model_map_protect(map, ipa, ipa + size - 1u, UINT64_C(0x3c), (uint64_t)memattr << 2);
}

static enum s2pt_status
relax(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	struct s2pt_change change = { .set_w = true, .set_af = true };

	return s2pt_table_relax(&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip,
				&change);
}

static void
expect_relaxed(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size)
{
	(void)kit;
	model_map_protect(map, ipa, ipa + size - 1u, 0, MODEL_ATTR_DIRTY | MODEL_ATTR_AF);
}

static enum s2pt_status
split(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	return s2pt_table_split(&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip,
				kit->machine.table.format->granule_lg2);
}

static enum s2pt_status
split_once(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	return s2pt_table_split(&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip,
				(uint8_t)s2pt_format_level_lg2(kit->machine.table.format, 2));
}

static enum s2pt_status
collapse(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	return s2pt_table_collapse(&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip);
}

static void
expect_same(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size)
{
	(void)kit;
	(void)map;
	(void)ipa;
	(void)size;
}

static enum s2pt_status
move(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	uint64_t from = MEMORY(kit) + (ipa - BASE(kit)) + skip;

	return s2pt_table_move(
		&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip,
		&(struct s2pt_move){ .from = s2pt_pa_of(from), .to = s2pt_pa_of(from + 8 * BLOCK(kit)) });
}

static void
expect_moved(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size)
{
	struct s2pt_leaf leaf = ram(kit);

	model_map_set(map, ipa, ipa + size - 1u, MEMORY(kit) + (ipa - BASE(kit)) + 8 * BLOCK(kit),
		      kit_attr(kit, &leaf));
}

static enum s2pt_status
mark(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	return s2pt_table_annotate(&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip,
				   VALUE_NEW);
}

static void
expect_marked(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size)
{
	(void)kit;
	model_map_clear(map, ipa, ipa + size - 1u);
	model_map_note(map, ipa, ipa + size - 1u, VALUE_NEW << 2);
}

static enum s2pt_status
unmark(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t skip)
{
	return s2pt_table_annotate(&kit->machine.table, op, s2pt_ipa_of(ipa + skip), size - skip,
				   0);
}

/* --- The cases
 * -------------------------------------------------------------------------------------- */

const struct sweep_case sweep_cases[] = {
	{ "map pages into nothing", false, false, false, nothing_pages, map_odd, expect_odd },
	{ "map pages and blocks into nothing", false, false, false, nothing_blocks, map_even,
	  expect_even },
	{ "map pages over blocks", false, false, false, blocks, map_odd, expect_odd },
	{ "map blocks over blocks", false, false, false, blocks, map_even, expect_even },
	{ "map blocks over pages", false, false, false, pages, map_even, expect_even },
	{ "map into annotations", false, false, false, notes, map_odd, expect_odd },
	{ "map over a mixture", false, false, false, mixture, map_odd, expect_odd },
	{ "map over giants", true, false, false, giants, map_even, expect_even },
	{ "unmap out of blocks", false, false, false, blocks, unmap, expect_nothing },
	{ "unmap out of giants", true, false, false, giants, unmap, expect_nothing },
	{ "unmap pages", false, false, false, pages, unmap, expect_nothing },
	{ "unmap a mixture", false, false, false, mixture, unmap, expect_nothing },
	{ "unmap out of annotations", false, false, false, notes, unmap, expect_nothing },
	{ "protect in blocks", false, false, false, blocks, protect, expect_protected },
	{ "protect in giants", true, false, false, giants, protect, expect_protected },
	{ "protect a mixture", false, false, false, mixture, protect, expect_protected },
	{ "retype in blocks", false, false, false, blocks, retype, expect_retyped },
	{ "retype in giants", true, false, false, giants, retype, expect_retyped },
	{ "retype a mixture", false, false, false, mixture, retype, expect_retyped },
	{ "relax in blocks", false, true, false, read_only_blocks, relax, expect_relaxed },
	{ "split four blocks", false, false, false, blocks, split, expect_same },
	{ "split giants once", true, false, false, giants, split_once, expect_same },
	{ "split 512 blocks", true, false, true, many_blocks, split, expect_same },
	{ "split one giant", true, false, true, one_giant, split, expect_same },
	{ "split a mixture", false, false, false, mixture, split, expect_same },
	{ "collapse pages", false, false, false, pages, collapse, expect_same },
	{ "move in blocks", false, false, false, blocks, move, expect_moved },
	{ "annotate in annotations", false, false, false, notes, mark, expect_marked },
	{ "annotate nothing", false, false, false, nothing_blocks, mark, expect_marked },
	{ "take annotations away", false, false, false, notes, unmark, expect_nothing },
};

const size_t sweep_cases_count = sizeof(sweep_cases) / sizeof(sweep_cases[0]);

void
sweep_prepare(struct kit *kit, const struct sweep_case *c, uint64_t *ipa, uint64_t *size)
{
	model_map_free(kit->map);
	kit->map = model_map_new();
	c->prepare(kit, ipa, size);
}

enum s2pt_status
sweep_act(struct kit *kit, const struct sweep_case *c, struct s2pt_op *op, uint64_t ipa,
	  uint64_t size, uint64_t skip)
{
	enum s2pt_status status;

	kit_begin(kit, ipa + skip, size - skip);
	status = c->act(kit, op, ipa, size, skip);
	if (c->relax)
		kit_end_relax(kit);
	else
		kit_end(kit);
	return status;
}

void
sweep_clear(struct kit *kit)
{
	struct s2pt_op op = { .drop_annotations = true };
	uint64_t size = UINT64_C(1) << kit->machine.format.ipa_bits;

	kit_begin(kit, 0, size);
	assert_int_equal(s2pt_table_unmap(&kit->machine.table, &op, s2pt_ipa_of(0), size), S2PT_OK);
	kit_end(kit);
	assert_int_equal(kit->machine.table.pages, 0);
	assert_int_equal(kit->machine.table.annotations, 0);
	assert_int_equal(model_live_tables(kit->machine.model), 1);
}
