/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* change.h: a change of attributes, as protect and relax, shared and exclusive, and dirty logging make it. */
#ifndef S2PT_TABLE_CHANGE_H
#define S2PT_TABLE_CHANGE_H

#include "table/engine.h"

/* A change as it applies to descriptors. */
struct recipe {
	struct s2pt_range *r;
	uint64_t clear;
	uint64_t set;
	uint64_t when;       /* ... of leaves in which all of these bits are set */
	uint64_t stale;      /* bits whose change makes what is cached wrong */
	uint8_t xn[4];       /* XN[1:0] -> XN[1:0] */
	bool changes_xn;
	bool makes_executable;
	bool retypes;
	bool clean;          /* a change of type owes cache maintenance */
	bool dissolves;      /* groups do not stay */
	bool icache;         /* what becomes executable owes it to the instruction caches */
	int8_t level;        /* of all leaves that were passed; S2PT_TLBI_ANY_LEVEL where they differ, and
	                        LEVELS as long as there was none */
};

/* What a recipe makes of the leaf @raw. */
uint64_t s2pt__apply(const struct recipe *recipe, uint64_t raw);

/* Would the change make a leaf executable Device or Normal-NC that is not so already? */
bool s2pt__is_forbidden(const struct recipe *recipe, uint64_t raw, uint64_t wanted);

/* What sets and clears nothing. */
void s2pt__begin_recipe(struct recipe *recipe, struct s2pt_range *r);

/* The recipe of a relax: S2PT_ERR_CHANGE, S2PT_ERR_PORT. */
enum s2pt_status s2pt__relax_recipe(struct recipe *recipe, struct s2pt_range *r,
				    const struct s2pt_change *rights);

/* Memory that becomes executable is made visible to instruction fetches first. */
void s2pt__prepare_fetches(const struct recipe *recipe, uint64_t raw, int level);

/* Apply a recipe to a range, which has begun. */
enum s2pt_status s2pt__change_step(struct recipe *recipe);

static inline __attribute__((always_inline)) enum s2pt_status
change_range(struct recipe *recipe)
{
	enum s2pt_status status = S2PT_OK;

	while (s2pt__range_goes_on(recipe->r, &status))
		status = s2pt__change_step(recipe);
	return s2pt__range_end(recipe->r, status);
}

#endif
