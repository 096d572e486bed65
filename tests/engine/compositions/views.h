/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What becomes of a granule in the hands of those who have it mapped with a memory type: by the reference, for every
 * stage-1 attribute that a guest can write down.
 */
#ifndef VIEWS_H
#define VIEWS_H

#include <s2pt/s2pt.h>

#include "caches.h"
#include "ref.h"

/* How much a type lets a guest do. What one rank allows, those above it allow. */
enum rank {
	RANK_nGnRnE,
	RANK_nGnRE,
	RANK_nGRE,
	RANK_GRE,
	RANK_NC,
	RANK_PARTLY, /* Write-Through, or cacheable in one half */
	RANK_WB,
};

struct views {
	bool valid;      /* the mode has an encoding for it */
	uint8_t memattr; /* ... this one, by the architecture's tables */
	enum rank rank;
	uint32_t allows;             /* S2PT_STANDS_*: accesses that it lets some stage-1 attribute make */
	uint8_t off, on;             /* WAY_*: data accesses with the stage-1 caches off and on */
	uint8_t fetch;               /* WAY_*: instruction fetches */
	uint8_t asks[REQUEST_COUNT]; /* WAY_*: of a driver that asks for this, Inner Shareable */
	bool tags;                   /* Allocation Tags are in reach */
	bool unshared;               /* some accesses are cacheable and Non-shareable */
	bool mismatch[4];            /* by enum s2pt_host_view: some attribute is not the host's */
	bool not_own[4];             /* ... who maps it as the host does, uncached, gets it cached */
};

/* The mode of the tables, and whether this guest has MTE. */
struct mode {
	bool fwb;
	bool mte_perm;
	bool mte;
};

/* views_of - computed once, and kept. @sh is not the reserved one. */
const struct views *views_of(const struct mode *mode, enum s2pt_memtype type, uint8_t sh);

/* views_cached, views_unshared - of one attribute. */
bool views_cached(const struct ref_attr *attr);
bool views_unshared(const struct ref_attr *attr);

/* A byte of MAIR for each request. */
extern const uint8_t views_mair[REQUEST_COUNT];

#endif
