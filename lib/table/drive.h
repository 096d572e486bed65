/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* drive.h: the loop of every range operation. */
#ifndef S2PT_TABLE_DRIVE_H
#define S2PT_TABLE_DRIVE_H

#include "table/range.h"

/*
 * Prepare the next step; false: there is none, and *@status is the operation's. The loop of an operation is
 *
 *     while (s2pt__prepare_step(r, &status))
 *             status = ..._step(r);
 *     return s2pt__range_end(r, status);
 *
 * Between two steps: a leaf that the range cuts, where the last step ended with S2PT_ERR_WOULD_SPLIT, is split or
 * unmapped as op->partial says; the budget is checked; and the gather is emptied where the next step might not find
 * room in it.
 */
bool s2pt__prepare_step(struct s2pt_range *r, enum s2pt_status *status);

#endif
