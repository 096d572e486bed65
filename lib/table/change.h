/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* change.h: a change of attributes, as protect and relax, shared and exclusive, and dirty logging make it. */
#ifndef S2PT_TABLE_CHANGE_H
#define S2PT_TABLE_CHANGE_H

#include "table/engine.h"

/* A change as it applies to descriptors. */
struct update {
	struct s2pt_range *r;
	uint64_t clear;
	uint64_t set;
	uint64_t when;       /* ... of leaves in which all of these bits are set */
	uint64_t stale;      /* bits whose change makes what is cached wrong */
	uint8_t xn[4];       /* XN[1:0] -> XN[1:0] */
	bool changes_xn;
	bool makes_executable;
	bool retypes;
	bool clean;          /* a change of type needs cache maintenance */
	bool unfolds;      /* groups do not stay */
	bool icache;         /* what becomes executable needs it to the instruction caches */
	int8_t level;        /* of all leaves that were passed; S2PT_TLBI_ANY_LEVEL where they differ, and
	                        LEVELS as long as there was none */
};

/* What an update makes of the leaf @raw. */
uint64_t s2pt__update_apply(const struct update *update, uint64_t raw);

/* Would the change make a leaf executable Device or Normal-NC that is not so already? */
bool s2pt__update_forbidden(const struct update *update, uint64_t raw, uint64_t wanted);

/* What sets and clears nothing. */
void s2pt__update_init(struct update *update, struct s2pt_range *r);

/* The update of a relax: S2PT_ERR_CHANGE, S2PT_ERR_HOST. */
enum s2pt_status s2pt__relax_update(struct update *update, struct s2pt_range *r,
				    const struct s2pt_change *rights);

/* Memory that becomes executable is made visible to instruction fetches first. */
void s2pt__update_prepare(const struct update *update, uint64_t raw, int level);

/* Apply an update to a range, which has begun. */
enum s2pt_status s2pt__update_step(struct update *update);

static inline __attribute__((always_inline)) enum s2pt_status
change_range(struct update *update)
{
	enum s2pt_status status = S2PT_OK;

	while (s2pt__range_next(update->r, &status))
		status = s2pt__update_step(update);
	return s2pt__range_end(update->r, status);
}

#endif
