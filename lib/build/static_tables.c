/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * static_tables.c: tables that never change, from a list of regions.
 *
 * Regions come in order of IPA, so that of the tables of each level only the last one is ever added to, and nothing is
 * read back. The list is gone through twice: once to see what it takes, and once to store it.
 */
#include <s2pt/build.h>

#include "arch/entry.h"

#define NONE UINT64_MAX

/* The tables so far. */
struct tables {
	const struct s2pt_format *format;
	uint64_t *virt; /* NULL: only count */
	uint64_t pa;
	uint64_t used;
	/* Of the last table of each level below the start level: its place, in granules; the first IPA that it maps. */
	uint32_t at[S2PT_LEVEL_LAST + 1];
	uint64_t first[S2PT_LEVEL_LAST + 1];
};

static uint64_t
bytes_of_level(const struct s2pt_format *format, int level)
{
	return UINT64_C(1) << s2pt_format_level_lg2(format, level);
}

static uint64_t
granule_of(const struct s2pt_format *format)
{
	return UINT64_C(1) << format->granule_lg2;
}

/* The entries of a table at @level; of all start tables together. */
static uint64_t
entries_of_level(const struct s2pt_format *format, int level)
{
	return UINT64_C(1) << (level == format->start_level ? format->root_lg2 - 3u : s2pt_format_stride(format));
}

/* --- Storing --------------------------------------------------------------------------------------- */

static uint64_t
index_of(const struct tables *tables, uint64_t ipa, int level)
{
	return ipa >> s2pt_format_level_lg2(tables->format, level) & (entries_of_level(tables->format, level) - 1u);
}

/* Store @raw as an entry of the last table at @level. */
static void
store(const struct tables *tables, int level, uint64_t index, uint64_t raw)
{
	const bool start = level == tables->format->start_level;
	const uint64_t offset = start ? 0 : (uint64_t)tables->at[level] << tables->format->granule_lg2;

	tables->virt[offset / sizeof(raw) + index] = raw;
}

/* Make an empty table at @level, the last from now on. */
static void
add_table(struct tables *tables, int level)
{
	const uint64_t entries = entries_of_level(tables->format, level), granule = granule_of(tables->format);

	if (level != tables->format->start_level)
		tables->at[level] = (uint32_t)(tables->used >> tables->format->granule_lg2);
	for (uint64_t i = 0; tables->virt && i < entries; i++)
		store(tables, level, i, 0);
	tables->used += (entries * sizeof(uint64_t) + granule - 1u) & ~(granule - 1u);
}

/* Link the table that is made next from the one at @level. Its address was checked (check_memory()). */
static void
link_next(const struct tables *tables, uint64_t ipa, int level)
{
	s2pt_desc link = s2pt_desc_invalid();

	(void)(s2pt_desc_table_encode(tables->format, level, s2pt_pa_of(tables->pa + tables->used), &link) == S2PT_OK);
	store(tables, level, index_of(tables, ipa, level), link.raw);
}

/* The tables on the way to a leaf of @level at @ipa, from below the start level on: those that are not there yet. */
static void
add_path(struct tables *tables, uint64_t ipa, int level)
{
	for (int at = tables->format->start_level + 1; at <= level; at++) {
		const uint64_t first = ipa & ~(bytes_of_level(tables->format, at - 1) - 1u);

		if (tables->first[at] == first)
			continue;
		if (tables->virt)
			link_next(tables, ipa, at - 1);
		tables->first[at] = first;
		add_table(tables, at);
	}
}

/* --- Leaves ---------------------------------------------------------------------------------------- */

static bool
fits(const struct s2pt_build_region *region, unsigned lg2)
{
	return !region->max_lg2 || lg2 <= region->max_lg2;
}

/* The highest level whose leaves fit at @ipa. */
static int
leaf_level(const struct s2pt_format *format, const struct s2pt_build_region *region, uint64_t ipa)
{
	const uint64_t either = ipa | (ipa + (region->pa.addr - region->ipa.addr));
	const uint64_t left = region->size - (ipa - region->ipa.addr);
	int level = S2PT_LEVEL_LAST;

	while (level > format->start_level && s2pt_format_has_block(format, level - 1) &&
	       !(either & (bytes_of_level(format, level - 1) - 1u)) && left >= bytes_of_level(format, level - 1) &&
	       fits(region, s2pt_format_level_lg2(format, level - 1)))
		level--;
	return level;
}

/* The entries of the contiguous groups that the region's leaves at @level may form; 1 where they may form none. */
static uint64_t
group_of(const struct s2pt_format *format, const struct s2pt_build_region *region, int level)
{
	const unsigned group_lg2 = s2pt_format_contiguous_lg2(format, level);
	const unsigned lg2 = s2pt_format_level_lg2(format, level) + group_lg2;

	if (!fits(region, lg2) || ((region->pa.addr - region->ipa.addr) & bits_below(lg2)))
		return 1;
	return UINT64_C(1) << group_lg2;
}

/* Store @count leaves at @level from @ipa on, to the last table there. They were checked (check_region()). */
static void
put_leaves(const struct tables *tables, const struct s2pt_build_region *region, uint64_t ipa, int level, uint64_t count)
{
	const struct s2pt_format *format = tables->format;
	const uint64_t first = index_of(tables, ipa, level), end = first + count;
	const uint64_t group = group_of(format, region, level);
	uint64_t pa = ipa + (region->pa.addr - region->ipa.addr);

	for (uint64_t i = first; i < end; i++, pa += bytes_of_level(format, level)) {
		const uint64_t begin = i & ~(group - 1u);
		const bool hint = group > 1 && begin >= first && begin + group <= end;
		s2pt_desc desc = s2pt_desc_invalid();

		(void)(s2pt_desc_leaf_encode(format, level, s2pt_pa_of(pa), region->leaf, &desc) == S2PT_OK);
		store(tables, level, i, desc.raw | (hint ? ENTRY_CONTIGUOUS : 0));
	}
}

static void
put_region(struct tables *tables, const struct s2pt_build_region *region)
{
	const uint64_t end = region->ipa.addr + region->size;
	uint64_t ipa = region->ipa.addr;

	while (ipa < end) {
		const int level = leaf_level(tables->format, region, ipa);
		const unsigned lg2 = s2pt_format_level_lg2(tables->format, level);
		const uint64_t room = entries_of_level(tables->format, level) - index_of(tables, ipa, level);
		const uint64_t left = (end - ipa) >> lg2, count = left < room ? left : room;

		add_path(tables, ipa, level);
		if (tables->virt)
			put_leaves(tables, region, ipa, level, count);
		ipa += count << lg2;
	}
}

/* --- All of it ------------------------------------------------------------------------------------- */

static void
put_regions(struct tables *tables, const struct s2pt_build_region *regions, size_t count)
{
	tables->used = 0;
	for (size_t i = 0; i <= S2PT_LEVEL_LAST; i++)
		tables->first[i] = NONE;
	add_table(tables, tables->format->start_level);
	for (size_t i = 0; i < count; i++)
		put_region(tables, &regions[i]);
}

/* May the region be mapped so, behind one that ends at @begin? */
static NOINLINE enum s2pt_status
check_region(const struct s2pt_format *format, const struct s2pt_build_region *region, uint64_t begin)
{
	const uint64_t limit = UINT64_C(1) << format->ipa_bits, top = UINT64_C(1) << format->oa_bits;
	const uint64_t odd = granule_of(format) - 1u;
	s2pt_desc desc;

	if (!region->size)
		return S2PT_ERR_EMPTY;
	if (region->ipa.addr & odd)
		return S2PT_ERR_IPA_ALIGN;
	if (region->size & odd)
		return S2PT_ERR_SIZE_ALIGN;
	if (region->ipa.addr >= limit || region->size > limit - region->ipa.addr)
		return S2PT_ERR_IPA_SIZE;
	if (region->pa.addr & odd)
		return S2PT_ERR_PA_ALIGN;
	if (region->pa.addr >= top || region->size > top - region->pa.addr)
		return S2PT_ERR_OA_SIZE;
	if (region->ipa.addr < begin)
		return S2PT_ERR_EXISTS;
	if (region->leaf->contiguous)
		return S2PT_ERR_CONTIGUOUS;
	return s2pt_desc_leaf_encode(format, S2PT_LEVEL_LAST, region->pa, region->leaf, &desc);
}

static enum s2pt_status
check_memory(const struct s2pt_format *format, const struct s2pt_build_memory *build)
{
	const uint64_t odd = bits_below(format->root_align_lg2) | (granule_of(format) - 1u);
	const uint64_t top = UINT64_C(1) << format->oa_bits;

	if (build->pa.addr & odd)
		return S2PT_ERR_ROOT_ALIGN;
	if (build->pa.addr >= top || build->used > top - build->pa.addr)
		return S2PT_ERR_ROOT_PA;
	return build->bytes < build->used ? S2PT_ERR_MEMORY : S2PT_OK;
}

enum s2pt_status
s2pt_build(const struct s2pt_format *format, const struct s2pt_build_region *regions, size_t count,
	   struct s2pt_build_memory *build)
{
	enum s2pt_status status;
	struct tables tables;
	uint64_t begin = 0;

	for (size_t i = 0; i < count; i++) {
		build->region = i;
		status = check_region(format, &regions[i], begin);
		if (status != S2PT_OK)
			return status;
		begin = regions[i].ipa.addr + regions[i].size;
	}
	tables.format = format;
	tables.virt = NULL;
	tables.pa = build->pa.addr;
	put_regions(&tables, regions, count);
	build->used = tables.used;
	if (!build->virt)
		return S2PT_OK;
	status = check_memory(format, build);
	if (status != S2PT_OK)
		return status;
	tables.virt = build->virt;
	put_regions(&tables, regions, count);
	return S2PT_OK;
}
