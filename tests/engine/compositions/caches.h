/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A coherency granule, its copies, and the lives that it leads: one owner after the other, and the host in between.
 *
 * There are memory, a data cache above the Point of Unification, one between it and the Point of Coherency, and an
 * instruction cache. A copy is told by whose data it holds, not by its bytes, so that there are few states; every
 * walk through them is exhaustive.
 */
#ifndef CACHES_H
#define CACHES_H

#include <s2pt/s2pt.h>

/* How an access gets to memory, as a set. */
#define WAY_CACHED (1u << 0)
#define WAY_BYPASS (1u << 1)

/* What a driver asks of its own stage 1. */
enum request {
	REQUEST_WB,
	REQUEST_NC,
	REQUEST_DEVICE,
	REQUEST_COUNT,
};

/* Agents other than CPUs, as a set. */
#define AGENT_BYPASS   (1u << 0) /* never looks into a cache */
#define AGENT_COHERENT (1u << 1) /* Write-Back and shareable: it may also leave its data in a cache */
#define AGENT_FOLLOWS  (1u << 2) /* sees what the CPUs see, however they look */

/* What stays the same over all lives of a granule. */
struct ground {
	enum s2pt_backing backing;
	enum s2pt_host_view host;
	bool asked; /* its owner asks for cacheable mappings */
	bool fwb;   /* not for the caches: the answers differ */
	bool dic;
	bool idc; /* in effect */
};

/* How one owner has it: WAY_* and AGENT_*. */
struct tenant {
	uint8_t off;   /* a CPU's data accesses while its stage-1 caches are off */
	uint8_t on;    /* ... and while they are on, by every attribute that there is */
	uint8_t fetch; /* ... and its instruction fetches; 0 where it is not executable */
	uint8_t asks[REQUEST_COUNT];
	uint8_t agents;
	uint8_t on_map; /* S2PT_NEEDS_* */
	uint8_t on_unmap;
	uint8_t on_caches_on;
};

/* What went wrong in a life, as a set. */
#define LIFE_OLD_DATA   (1u << 0) /* somebody reads what an earlier owner wrote, or not what the host wrote since */
#define LIFE_OLD_CODE   (1u << 1) /* ... fetches it */
#define LIFE_NOT_LAST   (1u << 2) /* a correct driver does not read what it or its device wrote last */
#define LIFE_CACHES_ON  (1u << 3) /* ... after its caches came on */
#define LIFE_WRITE_BACK (1u << 4) /* a write-back takes newer data of a correct driver away */
#define LIFE_HOST_SEES  (1u << 5) /* afterwards the host does not read what a correct guest wrote last */
#define LIFE_HOST_KEEPS (1u << 6) /* ... or does not read what it wrote itself since */
#define LIFE_NEXT       (1u << 7) /* the next owner meets what was left, though its own answer is right */
#define LIFE_HANDED_ON  (1u << 8) /* as LIFE_NOT_LAST, of content that was handed on as it was: by a guest that starts
				     again, or whose memory is mapped with another type */

/* lives_begin - forget all tenants. */
void lives_begin(void);

/* lives_add - somebody may be given the granule in this way: it leaves its traces for all who come after. */
void lives_add(const struct ground *ground, const struct tenant *tenant);

/* lives_settle - after the last lives_add(). */
void lives_settle(void);

/* lives_judge - what goes wrong in a life of @tenant before, between and after those that were added: LIFE_*. */
uint32_t lives_judge(const struct ground *ground, const struct tenant *tenant);

/* How many walks through the states there were. */
extern unsigned long caches_walks;

#endif
