/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* unlink.h: tables and leaves that go as a whole. */
#ifndef S2PT_TABLE_UNLINK_H
#define S2PT_TABLE_UNLINK_H

#include "table/range.h"

/*
 * The tables that the link @raw at @level leads to, where the budget wants to know: as many as there are where no more
 * than one table has to be read for that, else as many as there may be.
 */
uint64_t s2pt__tables_linked(const struct s2pt_table *table, uint64_t raw, int level);

/*
 * May the subtree under the link @raw at @level be unlinked as a whole, in a step that has passed @passed entries? Not
 * where its leaves are to be reported, nor where it has more tables than the budget: *@tables, or 0 without a budget.
 */
static inline bool
may_unlink_whole(const struct s2pt_range *r, uint64_t raw, int level, uint64_t passed, uint64_t *tables)
{
	*tables = 0;
	if (r->op->dirty || !r->op->budget)
		return !r->op->dirty;
	*tables = s2pt__tables_linked(r->table, raw, level);
	return passed + *tables <= s2pt__range_budget(r);
}

/*
 * Unlink the table at @w, and those above it, that have become empty. Preconditions: @w is the result of the last
 * walk_to(), for @ipa, and gather_has_room().
 */
void s2pt__prune(struct s2pt_table *table, const struct walk *w, uint64_t ipa);

/*
 * Unmap the whole of the leaf that the range cuts (S2PT_PARTIAL_ZAP). S2PT_ERR_WOULD_SPLIT: its pages outside the range
 * could not be reported.
 */
enum s2pt_status s2pt__zap(struct s2pt_range *r);

#endif
