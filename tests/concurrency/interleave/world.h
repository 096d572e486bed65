/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * world.h: what is interleaved: a table on the simulated machine, a host that answers faults, logs and
 * unmaps under a lock of readers and writers, and guests whose hardware writes the tables.
 *
 * A scenario says what is mapped at the beginning, and what each CPU does. WHAT IS JUDGED, in every
 * interleaving:
 *
 *   - all that the simulated machine judges: break before make, invalidation before make and before
 *     retirement, lost updates, stores that nobody may make;
 *   - at the end of each operation: nothing that it changed may still be cached; its stores are visible;
 *     what it made possible is possible on its CPU;
 *   - in the end: what the table says, and what each operation answered, is what some serial order of the
 *     operations gives, but for those that lost a race, which did nothing;
 *   - tables are in the tree or retired, and the table's counts are right; one fault at least has the memory
 *     that there is; a walker that does not look into caches never comes to what has not been cleaned;
 *   - what a guest wrote to a page after it was last reported leaves the page dirty; what it used after it
 *     was last reported young leaves it young;
 *   - what the host has taken away is not mapped; what a guest reads was there before it was mapped.
 */
#ifndef S2PT_TESTS_WORLD_H
#define S2PT_TESTS_WORLD_H

#include <s2pt/s2pt.h>
#include <s2pt/shared.h>

#include "explore.h"

#define PAGES    4u /* that a scenario is about */
#define MEMORIES 3u /* that may be behind each */
#define ACTIONS  3u /* of a CPU */

/* The range's address, and that of the memory behind its pages. */
#define WORLD_IPA UINT64_C(0x200000)

enum verb {
	NOTHING,
	/* Shared. */
	MAP,   /* a page, with the sequence value of now */
	FAULT, /* find what the host has recorded for the page, and map that */
	RELAX, /* give the right to write (or F_EXEC: to execute) */
	WRITE, /* make dirty */
	YOUNG,
	AGE,
	LOOKUP,
	/* Guests. */
	READ,
	STORE,
	STORE_RETRY, /* a guest that stores, and whose faults the host answers, until it can */
	/* Exclusive. */
	X_MAP,
	X_UNMAP,
	X_DISCARD, /* forget what is recorded, and unmap */
	X_COLLECT,
	X_READ_ONLY,
	X_LOG,
	X_SPLIT,
	X_COLLAPSE,
	X_ANNOTATE,
	/* At the beginning. */
	P_CURSOR, /* the cursor of a CPU knows the table */
	P_RECORD, /* what the host has for the page */
};

enum {
	F_REPLACE = 1,
	F_PERMISSION = 2,
	F_OLD = 4, /* AF = 0 */
	F_READ_ONLY = 8,
	F_FILL = 16, /* the host fills the page before it maps it */
	F_LAZY = 32,
	F_EXEC = 64, /* executable, and so RAM */
	F_CURSOR = 128,
	F_BLOCK = 256, /* 2 MiB */
	F_NEEDS = 512, /* RAM as stage 1 says: needs cache maintenance, before and after */
	F_LOGGED = 1024,
	F_TEST = 2048,   /* only look */
	F_GROUP = 4096,  /* 64 KiB: a contiguous group */
	F_AROUND = 8192, /* with all pages around it */
};

struct action {
	enum verb verb;
	unsigned page;   /* the first */
	unsigned pages;  /* 0: one */
	unsigned memory; /* behind it; P_CURSOR: the CPU */
	unsigned flags;
};

/* Which run it belongs to. */
enum cost {
	COST_LITTLE,
	COST_SECONDS, /* ./dev verify */
	COST_MINUTES, /* ./dev verify --long */
};

struct scenario {
	const char *name;
	bool ha, hd;      /* hardware access flag, dirty state */
	bool deep;        /* two levels of tables are missing, not one */
	bool dirt;        /* fresh tables are not zeroed */
	bool noncoherent; /* some walker does not look into the caches */
	bool serial;      /* the end is that of some serial order */
	bool logged;      /* what is written is found */
	bool aged;        /* what is used is found */
	bool apart;       /* pages 2 and 3 are 62 pages further on, in another eighth of their table */
	enum cost cost;
	unsigned bbm; /* FEAT_BBM level */
	unsigned page_limit;
	struct action before[4];
	struct action cpu[CPUS_MAX][ACTIONS];
};

/* From here on, this is the world. */
void world_enter(const struct scenario *scenario);
unsigned world_cpus(void);
/* The first thing that went wrong; NULL: nothing. */
const char *world_failure(void);
const char *world_failure_text(void);
/* The last events, and what each CPU did. */
void world_print(void);
void world_leave(void);

#endif
