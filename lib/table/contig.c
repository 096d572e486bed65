/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * contig.c: contiguous groups.
 *
 * A TLB may hold a group as one entry. So a member cannot change alone: the group is unfolded first, which is
 * break-before-make of all its members but where FEAT_BBM level 2 allows less. And hardware may set AF or dirty state
 * in any one member on behalf of all (I_NFFSV): where a group becomes single leaves, each gets what any had.
 */
#include "table/contig.h"

#include "table/gather.h"
#include "table/store.h"

bool
s2pt__find_split_group(const struct s2pt_table *table, struct walk *w, uint64_t *count, uint64_t limit)
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
static inline __attribute__((always_inline)) void
propagate_group(struct s2pt_table *table, uint64_t *entry, uint64_t group)
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

/* Is a member of a group here, that may be broken? An annotation may have any bits. */
static bool
is_of_group(uint64_t raw)
{
	return (raw & ENTRY_TYPE) && (raw & ENTRY_CONTIGUOUS);
}

void
s2pt__propagate_written(struct s2pt_table *table, const struct walk *w, uint64_t count)
{
	const uint64_t group = s2pt__group_entries(table, w->level);

	for (uint64_t n = 0; group > 1 && n < count; n++)
		if (is_of_group(entry_load(&w->entry[n]))) {
			propagate_group(table, &w->entry[n], group);
			n += group - 1u;
		}
}

/*
 * Make the members, which are broken or need not be, leaves without the Contiguous bit, with what was written to any.
 */
static NOINLINE void
restore_members(struct s2pt_table *table, uint64_t *entry, uint64_t group, int level)
{
	propagate_group(table, entry, group);
	for (; group; group--, entry++) {
		uint64_t raw = entry_load(entry);

		store_entry(table, entry, raw, entry_restored(raw & ~ENTRY_CONTIGUOUS, level));
	}
}

void
s2pt__unfold_group(struct s2pt_table *table, const struct walk *w, uint64_t ipa)
{
	const uint64_t group = s2pt__group_entries(table, w->level);
	const unsigned lg2 = level_lg2(table, w->level);

	if (!table->bbml2_in_place)
		s2pt__break_entries(table, w->group, group);
	/* The size of an invalidation ignores the Contiguous bit (R_LQLSD): all members are in it. */
	s2pt__gather_leaves(table, (ipa & ~bits_below(lg2)) + ((uint64_t)(w->group - w->entry) << lg2), group << lg2,
			    w->level);
	if (!table->bbml2_in_place)
		s2pt__gather_tlbi(table);
	restore_members(table, w->group, group, w->level);
}
