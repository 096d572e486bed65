/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * contig.h: contiguous groups. All members of a group have the Contiguous bit, and the same attributes, or none has.
 */
#ifndef S2PT_TABLE_CONTIG_H
#define S2PT_TABLE_CONTIG_H

#include "table/walk.h"

/*
 * A group is changed whole or not at all. Find the group that a change of *@count entries at @w, where the range goes
 * on, would split: w->group, which is to be unfolded before asking again. False: it splits none; *@count is then
 * extended to the end of its last group, where @limit allows that. Reads w->raw anew.
 */
bool s2pt__find_split_group(const struct s2pt_table *table, struct walk *w, uint64_t *count, uint64_t limit);

/* Of @count leaves at @w: how many, if not all, so that none of a group is left out. */
static inline uint64_t
whole_groups(const struct s2pt_table *table, const struct walk *w, uint64_t count)
{
	if (entry_load(&w->entry[count]) & ENTRY_CONTIGUOUS)
		count -= (w->index + count) & (s2pt__group_entries(table, w->level) - 1u);
	return count;
}

/*
 * Set AF and dirty state, in the groups among @count leaves at @w, in all members of a group of which hardware wrote
 * one (I_NFFSV). The groups are whole, and nobody else writes to the leaves.
 */
void s2pt__propagate_written(struct s2pt_table *table, const struct walk *w, uint64_t count);

/*
 * Make the members of w->group leaves without the Contiguous bit, by break-before-make. @ipa: any that the entry at @w
 * maps.
 */
void s2pt__unfold_group(struct s2pt_table *table, const struct walk *w, uint64_t ipa);

#endif
