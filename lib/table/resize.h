/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* resize.h: a table in the place of a larger leaf or annotation. */
#ifndef S2PT_TABLE_RESIZE_H
#define S2PT_TABLE_RESIZE_H

#include "table/range.h"

/*
 * Split at most @most leaves above @level in the place where the range goes on; or advance where there is none.
 * S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA.
 */
enum s2pt_status s2pt__split_step(struct s2pt_range *r, int level, uint64_t most);

/* Put a table of copies in the place of the annotation, or the empty entry, at @w. S2PT_ERR_MEMORY. */
enum s2pt_status s2pt__split_annotation(struct s2pt_range *r, const struct walk *w);

#endif
