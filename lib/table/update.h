/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* update.h: a change of attributes as data: which bits of which leaves become what. */
#ifndef S2PT_TABLE_UPDATE_H
#define S2PT_TABLE_UPDATE_H

#include "table/range.h"

/* A change of attributes, as it applies to descriptors. */
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

/* An update that changes nothing, yet. */
void s2pt__update_init(struct update *update, struct s2pt_range *r);

/* The update of a protect: S2PT_ERR_CHANGE, S2PT_ERR_MEMTYPE, S2PT_ERR_SH, S2PT_ERR_HOST. */
enum s2pt_status s2pt__protect_update(struct update *update, struct s2pt_range *r,
				      const struct s2pt_change *change);

/* The update of a relax: S2PT_ERR_CHANGE, S2PT_ERR_HOST. */
enum s2pt_status s2pt__relax_update(struct update *update, struct s2pt_range *r,
				    const struct s2pt_change *rights);

/* What an update makes of the leaf @raw. */
uint64_t s2pt__update_apply(const struct update *update, uint64_t raw);

/* Would the update, which makes @wanted of the leaf @raw, make Device or Normal-NC memory executable? */
bool s2pt__update_forbidden(const struct update *update, uint64_t raw, uint64_t wanted);

/* Make memory that becomes executable visible to instruction fetches, before it does. */
void s2pt__update_prepare(const struct update *update, uint64_t raw, int level);

#endif
