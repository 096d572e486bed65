/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* unlink.h: tables and leaves that go as a whole. */
#ifndef S2PT_TABLE_UNLINK_H
#define S2PT_TABLE_UNLINK_H

#include "table/range.h"

/*
 * May the subtree under the link @raw at @level be unlinked as a whole, in a step that has passed @passed entries? Not
 * where its leaves are to be reported, nor where it has more tables than the budget: *@more than one, or 0 without a
 * budget. That is as many as there are where one table at most has to be read for it, else as many as there may be.
 */
bool s2pt__may_unlink_whole(const struct s2pt_range *r, uint64_t raw, int level, uint64_t passed, uint64_t *more);

/*
 * Unlink the table at @w, and those above it, that have become empty. Preconditions: @w is the result of the last
 * s2pt__walk_to(), for @ipa, and gather_has_room().
 */
void s2pt__prune(struct s2pt_table *table, const struct walk *w, uint64_t ipa);

/*
 * Unmap the whole of the leaf that the range cuts (S2PT_PARTIAL_ZAP). S2PT_ERR_WOULD_SPLIT: its pages outside the range
 * could not be reported.
 */
enum s2pt_status s2pt__zap(struct s2pt_range *r);

#endif
