/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* protect.h: applying an update to a range; for protect, relax and dirty logging. */
#ifndef S2PT_TABLE_PROTECT_H
#define S2PT_TABLE_PROTECT_H

#include "table/drive.h"
#include "table/update.h"

/* One step of an update. */
enum s2pt_status s2pt__update_step(struct update *update);

/* Apply an update to its range, which has begun. */
static inline __attribute__((always_inline)) enum s2pt_status
update_range(struct update *update)
{
	enum s2pt_status status = S2PT_OK;

	while (s2pt__range_next(update->r, &status))
		status = s2pt__update_step(update);
	return s2pt__range_end(update->r, status);
}

#endif
