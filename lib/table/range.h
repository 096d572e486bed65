/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * range.h: a range operation in progress: where it is, what it has spent of its budget, how it ends.
 *
 * An operation goes forward through its range in steps. A step walks from the root to the entry where it has to act,
 * and deals with a run of entries of that one table in a tight loop. So a walk is paid for once a table, not once a
 * leaf, and nothing is kept between two steps but the address. drive.h has the loop.
 */
#ifndef S2PT_TABLE_RANGE_H
#define S2PT_TABLE_RANGE_H

#include "table/atomic.h"
#include "table/walk.h"

/* Are these pages of the table's? S2PT_ERR_EMPTY, S2PT_ERR_IPA_ALIGN, S2PT_ERR_SIZE_ALIGN, S2PT_ERR_IPA_SIZE. */
enum s2pt_status s2pt__check_bounds(const struct s2pt_table *table, uint64_t ipa, uint64_t size);

/* Check a range: S2PT_ERR_DESTROYED, and S2PT_ERR_EMPTY to S2PT_ERR_BITMAP. */
enum s2pt_status s2pt__range_check(const struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
				   uint64_t size);

/* Begin with a range that was checked. */
void s2pt__range_start(struct s2pt_range *r, struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa,
		       uint64_t size);

/* Check a range and begin with it, in table->running: S2PT_ERR_DESTROYED, and S2PT_ERR_EMPTY to S2PT_ERR_BITMAP. */
enum s2pt_status s2pt__range_begin(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
				   uint64_t size);

/* Mappings may be taken away: faults that were resolved before must not be answered from here on. */
static inline void
s2pt__invalidate_seq_bump(struct s2pt_table *table)
{
	count_store(&table->invalidate_seq, table->invalidate_seq + 1u);
}

/* Where an operation begins: anew, or with op->resume where the last call ended. */
static inline void
op_begin(struct s2pt_op *op)
{
	if (op->resume)
		return;
	op->done = 0;
	op->zapped_count = 0;
}

/* Does the rest of the range begin with what an entry at @level maps, whole? */
static inline bool
range_covers(const struct s2pt_range *r, int level)
{
	const uint64_t bytes = level_bytes(r->table, level);

	return !(r->ipa & (bytes - 1u)) && r->end - r->ipa >= bytes;
}

/* The budget that is left; at least 1, since every step makes progress. */
uint64_t s2pt__range_budget(const struct s2pt_range *r);

/* The number of entries from @w on, in its table, that lie whole in the rest of the range. */
uint64_t s2pt__entries_covered(const struct s2pt_range *r, const struct walk *w);

/* @entries at @w are done: the next step begins behind them. */
void s2pt__range_advance(struct s2pt_range *r, const struct walk *w, uint64_t entries);

/* End: publish, empty the gather unless the table is held, and report how far the operation got. Returns @status. */
enum s2pt_status s2pt__range_end(struct s2pt_range *r, enum s2pt_status status);

#endif
