/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* protect.h: applying an update to a range; for protect, relax and dirty logging. */
#ifndef S2PT_TABLE_PROTECT_H
#define S2PT_TABLE_PROTECT_H

#include "table/drive.h"
#include "table/update.h"

/* The number of leaves that may be broken before they are made again. */
static inline uint64_t
update_batch(const struct s2pt_update *update)
{
	const uint32_t batch = update->table->running.op->batch;

	return batch ? batch : S2PT_BATCH;
}

/* One step of an update. It may leave leaves broken: once a batch of them is, they are restored before the next. */
enum s2pt_status s2pt__update_step(struct s2pt_update *update);

/*
 * Make the leaves that are broken again, with their new attributes: invalidate, maintain caches, store. S2PT_ERR_CLEAN:
 * from where the range is at now they have those that they had.
 */
enum s2pt_status s2pt__update_restore(struct s2pt_update *update);

/* The end of an update's operation: nothing stays broken. Returns @status, or S2PT_ERR_CLEAN. */
enum s2pt_status s2pt__update_end(struct s2pt_update *update, enum s2pt_status status);

/* Apply an update to its range, which has begun. */
static inline __attribute__((always_inline)) enum s2pt_status
update_range(struct s2pt_update *update)
{
	struct s2pt_range *r = &update->table->running;
	enum s2pt_status status = S2PT_OK;

	while (s2pt__prepare_step(r, &status)) {
		status = s2pt__update_step(update);
		if (status == S2PT_OK && update->table->broken >= update_batch(update))
			status = s2pt__update_restore(update);
	}
	return s2pt__update_end(update, status);
}

#endif
