/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "tree.h"

#include <stdlib.h>

#define HASH            UINT64_C(0x9e3779b97f4a7c15)
#define BIT(n)          (UINT64_C(1) << (n))
#define BITS(high, low) ((BIT((high) - (low) + 1) - 1) << (low))

/* A walk through everything. */
struct tree {
	struct dump *dump;
	const struct s2pt_format *format;
	const struct tree_visitor *visitor;
	struct tree_run run;    /* that may go on; of size 0: none */
	uint64_t attributes[5]; /* bits that tell runs apart, from level -1 on */
	uint64_t path[5];       /* the tables that are being visited, from level -1 on */
	uint64_t *seen;         /* tables that were, in a hash table */
	size_t seen_count, seen_room;
	unsigned again; /* tables that were linked again */
};

/* MemAttr, S2AP, SH, AF, DBM, Contiguous, XN, software. */
uint64_t
tree_attribute_bits(const struct s2pt_format *format)
{
	const uint64_t sh = format->feats & S2PT_FEAT_LPA2 ? 0 : BITS(9, 8);

	return BITS(5, 2) | BITS(7, 6) | sh | BIT(10) | BIT(51) | BIT(52) | BITS(54, 53) | BITS(58, 55);
}

/* 47 down to the size, and what stands apart: OA[51:48] in 15:12, or in 49:48 and 9:8. */
uint64_t
tree_address_bits(const struct s2pt_format *format, int level)
{
	uint64_t bits = BITS(47, s2pt_format_level_lg2(format, level));

	if (format->feats & S2PT_FEAT_LPA2)
		bits |= BITS(49, 48) | BITS(9, 8);
	if (format->granule_lg2 == S2PT_GRANULE_64K && (format->feats & S2PT_FEAT_LPA))
		bits |= BITS(15, 12);
	return bits;
}

static void
end_run(struct tree *tree)
{
	if (tree->run.size)
		tree->visitor->run(tree->visitor->context, &tree->run);
	tree->run.size = 0;
}

/* An entry that is no table and not 0: does it go on with the run before it? */
static bool
goes_on(const struct tree *tree, const struct tree_run *next)
{
	const struct tree_run *run = &tree->run;

	if (!run->size || run->level != next->level || run->annotation != next->annotation ||
	    run->ipa + run->size != next->ipa)
		return false;
	if (run->annotation)
		return run->desc.raw == next->desc.raw;
	return run->pa + run->size == next->pa &&
	       !((run->desc.raw ^ next->desc.raw) & tree->attributes[run->level - S2PT_LEVEL_FIRST]);
}

static void
add_entry(struct tree *tree, uint64_t ipa, int level, s2pt_desc desc, enum s2pt_desc_kind kind)
{
	const struct tree_run next = {
		.ipa = ipa,
		.size = BIT(s2pt_format_level_lg2(tree->format, level)),
		.pa = s2pt_desc_address(tree->format, level, desc),
		.desc = desc,
		.level = level,
		.annotation = kind == S2PT_DESC_INVALID,
	};

	if (goes_on(tree, &next)) {
		tree->run.size += next.size;
		return;
	}
	end_run(tree);
	tree->run = next;
}

/* A run ends where something is wrong: what is said comes in order of IPA. */
static void
add_problem(struct tree *tree, enum tree_problem problem, uint64_t ipa, uint64_t size, uint64_t pa, int level,
	    s2pt_desc link)
{
	const struct tree_place place = { .ipa = ipa, .size = size, .pa = pa, .level = level, .link = link };

	end_run(tree);
	tree->visitor->problem(tree->visitor->context, problem, &place);
}

/* --- Tables that were seen -------------------------------------------------------------------- */

/*
 * Where @key is, or would go: linear probing, from the high bits of the product on, since the low ones of addresses of
 * tables are all the same.
 */
static uint64_t *
slot_of(uint64_t *seen, size_t room, uint64_t key)
{
	size_t at = (key * HASH >> 32) % room;

	while (seen[at] && seen[at] != key)
		at = (at + 1) % room;
	return &seen[at];
}

/* Room for twice as many: at most half of the slots are taken. */
static void
grow(struct tree *tree)
{
	const size_t room = tree->seen_room ? 2 * tree->seen_room : 1024;
	uint64_t *const seen = calloc(room, sizeof(*seen));

	if (!seen)
		abort();
	for (size_t i = 0; i < tree->seen_room; i++)
		if (tree->seen[i])
			*slot_of(seen, room, tree->seen[i]) = tree->seen[i];
	free(tree->seen);
	tree->seen = seen;
	tree->seen_room = room;
}

/* A set of addresses, in which 0 is an empty slot: each is kept plus one. Returns false if @pa is in it already. */
static bool
remember(struct tree *tree, uint64_t pa)
{
	uint64_t *slot;

	if (2 * tree->seen_count >= tree->seen_room)
		grow(tree);
	slot = slot_of(tree->seen, tree->seen_room, pa + 1);
	if (*slot)
		return false;
	*slot = pa + 1;
	tree->seen_count++;
	return true;
}

static bool
is_on_path(const struct tree *tree, uint64_t pa, int level)
{
	for (int above = tree->format->start_level; above < level; above++)
		if (tree->path[above - S2PT_LEVEL_FIRST] == pa)
			return true;
	return false;
}

/* --- Tables ----------------------------------------------------------------------------------- */

static bool visit_table(struct tree *tree, uint64_t pa, uint64_t entries, uint64_t ipa, int level, s2pt_desc link);

/* Returns false where the walk has to end. */
static bool
visit_link(struct tree *tree, uint64_t ipa, int level, s2pt_desc desc)
{
	const uint64_t pa = s2pt_desc_address(tree->format, level, desc);
	const uint64_t size = BIT(s2pt_format_level_lg2(tree->format, level));

	if (pa >> tree->format->oa_bits)
		add_problem(tree, TREE_BEYOND, ipa, size, pa, level + 1, desc);
	else if (is_on_path(tree, pa, level + 1))
		add_problem(tree, TREE_CIRCLE, ipa, size, pa, level + 1, desc);
	else
		return visit_table(tree, pa, BIT(s2pt_format_stride(tree->format)), ipa, level + 1, desc);
	return true;
}

/* @link: the descriptor that led here; 0 for the start table. */
static bool
visit_table(struct tree *tree, uint64_t pa, uint64_t entries, uint64_t ipa, int level, s2pt_desc link)
{
	const uint64_t step = BIT(s2pt_format_level_lg2(tree->format, level));

	if (tree->visitor->table)
		tree->visitor->table(tree->visitor->context, pa, entries * 8, ipa, level, link);
	if (!remember(tree, pa) && tree->again++ == TREE_AGAIN) {
		add_problem(tree, TREE_MANY, ipa, entries * step, pa, level, link);
		return false;
	}
	tree->path[level - S2PT_LEVEL_FIRST] = pa;
	for (uint64_t bytes, n = 0; n < entries;) {
		const unsigned char *at = dump_at(tree->dump, pa + n * 8, &bytes);

		if (!at || bytes < 8) {
			add_problem(tree, TREE_ABSENT, ipa + n * step, (entries - n) * step, pa + n * 8, level, link);
			return true;
		}
		for (; bytes >= 8 && n < entries; n++, bytes -= 8, at += 8) {
			const s2pt_desc desc = s2pt_desc_of(dump_number(at));
			enum s2pt_desc_kind kind;

			if (desc.raw == 0)
				continue;
			kind = s2pt_desc_kind(tree->format, level, desc);
			if (kind != S2PT_DESC_TABLE)
				add_entry(tree, ipa + n * step, level, desc, kind);
			else if (!visit_link(tree, ipa + n * step, level, desc))
				return false;
		}
	}
	return true;
}

void
tree_visit(struct dump *dump, const struct s2pt_walker *walker, const struct tree_visitor *visitor)
{
	struct tree tree = {
		.dump = dump,
		.format = walker->format,
		.visitor = visitor,
	};

	for (int level = walker->format->start_level; level <= S2PT_LEVEL_LAST; level++)
		tree.attributes[level - S2PT_LEVEL_FIRST] =
			(visitor->attributes ? visitor->attributes : tree_attribute_bits(walker->format)) &
			~tree_address_bits(walker->format, level);
	visit_table(&tree, walker->root.addr, BIT(walker->format->root_lg2 - 3), 0, walker->format->start_level,
		    s2pt_desc_of(0));
	end_run(&tree);
	free(tree.seen);
}
