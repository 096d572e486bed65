/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* update.h: a change of attributes over a range: the update of its leaves, and what has to be done besides. */
#ifndef S2PT_TABLE_UPDATE_H
#define S2PT_TABLE_UPDATE_H

#include "arch/entry_update.h"
#include "table/range.h"

/* An update that changes nothing, yet. */
void s2pt__update_init(struct s2pt_update *update, struct s2pt_table *table);

/*
 * The update of a protect: S2PT_ERR_CHANGE, S2PT_ERR_MEMTYPE, S2PT_ERR_SH, S2PT_ERR_SW, S2PT_ERR_HOST_DATA,
 * S2PT_ERR_HOST_ICACHE. */
enum s2pt_status s2pt__protect_update(struct s2pt_update *update, struct s2pt_table *table,
				      const struct s2pt_change *change);

/* The update of a relax: S2PT_ERR_CHANGE, S2PT_ERR_HOST_ICACHE. */
enum s2pt_status s2pt__relax_update(struct s2pt_update *update, struct s2pt_table *table,
				    const struct s2pt_change *rights);

/* Make memory that becomes executable visible to instruction fetches, before it does. */
void s2pt__update_prepare(const struct s2pt_update *update, uint64_t raw, int level);

#endif
