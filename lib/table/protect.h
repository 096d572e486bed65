/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* protect.h: applying an update to a range; for protect, relax and dirty logging. */
#ifndef S2PT_TABLE_PROTECT_H
#define S2PT_TABLE_PROTECT_H

#include "table/drive.h"
#include "table/update.h"

/* One step of an update. */
enum s2pt_status s2pt__update_step(struct s2pt_update *update);

/* Apply an update to its range, which has begun. */
static inline __attribute__((always_inline)) enum s2pt_status
update_range(struct s2pt_update *update)
{
	struct s2pt_range *r = &update->table->running;
	enum s2pt_status status = S2PT_OK;

	while (s2pt__prepare_step(r, &status))
		status = s2pt__update_step(update);
	return s2pt__range_end(r, status);
}

#endif
