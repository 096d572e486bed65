/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * contig.c: contiguous groups.
 *
 * A TLB may hold a group as one entry. So a member cannot change alone: the group is unfolded first, which is
 * break-before-make of all its members but where FEAT_BBM level 2 allows less. And hardware may set AF or dirty state in
 * any one member on behalf of all (I_NFFSV): where a group becomes single leaves, each gets what any had.
 */
#include "table/contig.h"

#include "table/gather.h"
#include "table/store.h"

bool
s2pt__splits_group(const struct s2pt_table *table, struct walk *w, uint64_t *count, uint64_t limit)
{
	const uint64_t group = s2pt__group_entries(table, w->level);
	const uint64_t before = w->index & (group - 1u);
	const uint64_t inner = (w->index + *count) & (group - 1u);

	w->raw = entry_load(w->entry);
	w->group = w->entry - before;
	if (before && entry_is_member(w->raw, w->level))
		return true;
	w->group = w->entry + *count - inner;
	if (!inner || !entry_is_member(entry_load(w->group), w->level))
		return false;
	if (*count + group - inner > limit)
		return true;
	*count += group - inner;
	return false;
}

/* Set in all of the @group entries from @entry on the AF and dirty state that any has. Nobody else writes to them. */
static NOINLINE void
propagate_group(const struct s2pt_table *table, uint64_t *entry, uint64_t group)
{
	uint64_t written = 0;

	for (uint64_t n = 0; n < group; n++)
		written |= entry_written(entry_load(&entry[n]), table->tracking_bit);
	for (uint64_t n = 0; n < group; n++) {
		uint64_t raw = entry_load(&entry[n]);

		if (written & ~raw)
			store_entry(table, &entry[n], raw, raw | written);
	}
}

void
s2pt__propagate_written(const struct s2pt_table *table, const struct walk *w, uint64_t count)
{
	const uint64_t group = s2pt__group_entries(table, w->level);

	for (uint64_t n = 0; group > 1 && n < count; n++)
		if (field_bit(DESC_CONTIGUOUS, entry_load(&w->entry[n]))) {
			propagate_group(table, &w->entry[n], group);
			n += group - 1u;
		}
}

/* The members of w->group have become stale. The size of an invalidation ignores the Contiguous bit (R_LQLSD). */
static NOINLINE void
gather_group(struct s2pt_table *table, const struct walk *w)
{
	const uint64_t group = s2pt__group_entries(table, w->level), bytes = level_bytes(table, w->level);
	const uint64_t ipa = (table->running.ipa & ~(bytes - 1u)) + (uint64_t)(w->group - w->entry) * bytes;

	s2pt__gather_leaves(table, ipa, group * bytes, w->level);
}

static NOINLINE void
break_group(const struct s2pt_table *table, const struct walk *w)
{
	const uint64_t group = s2pt__group_entries(table, w->level);

	for (uint64_t n = 0; n < group; n++)
		s2pt__break_entry(table, &w->group[n]);
}

static NOINLINE void
restore_members(const struct s2pt_table *table, const struct walk *w)
{
	const uint64_t group = s2pt__group_entries(table, w->level);

	for (uint64_t n = 0; n < group; n++) {
		uint64_t raw = entry_load(&w->group[n]);

		store_entry(table, &w->group[n], raw,
			   entry_restored(raw & ~field_mask(DESC_CONTIGUOUS), w->level));
	}
}

void
s2pt__unfold_group(struct s2pt_table *table, const struct walk *w)
{
	if (!table->bbml2_in_place) {
		break_group(table, w);
		gather_group(table, w);
		s2pt__gather_tlbi(table);
	}
	propagate_group(table, w->group, s2pt__group_entries(table, w->level));
	restore_members(table, w);
	if (table->bbml2_in_place)
		gather_group(table, w);
}
