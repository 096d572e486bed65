/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * explore.h: every interleaving of a few CPUs.
 *
 * Each CPU is a coroutine. It calls point() before each *step*: one access to memory that others can
 * reach, one callback of the host, one access of a guest. The explorer chooses who takes the next step,
 * and tries all choices, depth first: it runs the scenario from its beginning each time, with the choices
 * of the last time up to the one that changes.
 *
 * Two steps that commute need to be tried in one order only. Sleep sets do that: a CPU whose step has
 * been tried here need not be tried again until a step has been taken that its own does not commute with.
 * Every order of steps that do not commute is still tried, once.
 *
 * MEMORY IS WEAK. Stores that are not releases wait in a buffer of their CPU, where others cannot see
 * them, until it releases, does a barrier, or until the explorer chooses to let them out, page by page in
 * any order. A CPU sees its own stores at once. Walks depend on addresses, so loads need no order of
 * their own; where one does (an acquire), the fault that weakens it makes the load after it the earlier one.
 *
 * THE ORDERINGS that the library relies on, and the faults of enum seed that show the need for each:
 *
 *   release of the compare-and-swap that links a table or     SEED_RELAXED_RMW: another CPU, or hardware,
 *   maps a leaf: what is behind it is visible before it       finds the table before its entries, or the
 *                                                             page before its contents
 *   release of the store that links a table (exclusive)       SEED_RELAXED_LINK: the same, by lookups
 *   release of the sequence value: what the host recorded     SEED_RELAXED_SEQUENCE: an answer that is
 *   before an unmap is visible before the value               old carries the new value
 *   acquire of the sequence value: the host looks after it    SEED_EARLY_ANSWER: the same
 *   dependency of an entry's address on the link              part of every walk; no fault can break it
 *   completion of an invalidation before its call returns     the host's: SEED_NO_INVALIDATE
 */
#ifndef S2PT_TESTS_EXPLORE_H
#define S2PT_TESTS_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUS_MAX 4u

/* Ways to break the library's accesses, and the host, while it runs. */
enum seed {
	SEED_NONE,
	SEED_RELAXED_RMW,      /* compare-and-swap and its kin do not release */
	SEED_RELAXED_LINK,     /* nor does the store that links */
	SEED_RELAXED_SEQUENCE, /* nor the store of the sequence value */
	SEED_EARLY_ANSWER,     /* the load of the sequence value does not acquire */
	SEED_SPLIT_CAS,        /* compare-and-swap is a load and a store */
	SEED_SPLIT_AND,        /* clearing bits is a load and a store */
	SEED_SPLIT_EXCHANGE,   /* exchange is a load and a store */
	SEED_SPLIT_COUNT,      /* counting is a load and a store */
	SEED_NO_INVALIDATE,    /* the host does not invalidate */
	SEED_NO_LOCAL,         /* the host does not invalidate where one CPU is to forget */
	SEED_NO_GRACE,         /* the host frees tables while lookups read */
	SEED_COPY_FIRST,       /* the host copies what is dirty before it is clean */
	SEED_COUNT
};

extern enum seed seed;

/* What a CPU is about to do. */
enum step_kind {
	STEP_READ, /* one location */
	STEP_WRITE,
	STEP_FLUSH, /* let out buffered stores to one page */
	STEP_ALLOC,
	STEP_PUBLISH, /* barrier */
	STEP_INVALIDATE,
	STEP_LOCK, /* begin an operation that excludes others, or is excluded */
	STEP_END,  /* an operation ends */
	STEP_ALL,  /* commutes with nothing */
};

/* Before a step. Does nothing outside of an exploration. */
void point(enum step_kind kind, const void *at);

/* The CPU that runs. */
unsigned this_cpu(void);

/* Is this CPU's buffer empty? And make it so. */
bool buffer_is_empty(void);
void buffer_flush(void);

/* The host's own memory, that is not the library's. */
/* Of which the first makes the next load of @at an early one, where the library does not acquire. */
void host_load_early(const uint64_t *at);
uint64_t host_load(const uint64_t *at);
void host_store(uint64_t *at, uint64_t value);

/* --- What is explored: defined by the world ------------------------------------------------------- */

/* Forget everything, and begin again. */
void world_begin(void);
/* All that a CPU does. */
void world_cpu(unsigned cpu);
/* May the CPU, which is at a STEP_LOCK, go on? */
bool world_may_lock(unsigned cpu);
/* Everything has been done. Returns whether all was well. */
bool world_end(void);
/* A store to memory at @at becomes visible. @seen: what its author thought was there. */
void world_commit(unsigned cpu, uint64_t *at, uint64_t seen, uint64_t value, bool atomic);
/* This CPU has loaded what is at @at. */
void world_observe(const uint64_t *at);
/* The same, where the table was unlinked after the store, but before it became visible. */
void world_commit_dead(uint64_t *at, uint64_t value);
/* Can nobody but its author see this memory? Is it a table that walkers reach? Was it freed? */
bool world_is_private(const void *at);
bool world_is_linked(const void *at);
bool world_is_free(const void *at);
/* Report what is wrong: the first is kept. */
void world_fail(const char *name, const char *why);
bool world_has_failed(void);

/* --- The exploration -------------------------------------------------------------------------------- */

struct exploration {
	uint64_t runs; /* interleavings */
	uint64_t cut;  /* runs that were given up, as equal to others */
	uint64_t steps;
	bool complete; /* all of them */
};

/*
 * Explore what @cpus CPUs do. Stops at the first failure (world_has_failed()), or after @limit runs (0:
 * never).
 */
void explore(unsigned cpus, uint64_t limit, struct exploration *result);

/* Let @run go alone, as @cpu, without any interleaving. */
void run_alone(unsigned cpu, void (*run)(void *argument), void *argument);

#endif
