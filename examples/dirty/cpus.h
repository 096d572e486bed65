/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cpus.h: the guest's CPUs. Each walks about in the window, loads and stores, in batches of 16 steps, and
 * handles its own faults, beside those of the others.
 */
#ifndef CPUS_H
#define CPUS_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_CPUS 3u

/* What has happened since cpus_run(true). */
struct cpu_counts {
	uint64_t faults;
	uint64_t missing; /* ... of pages that were not mapped */
	uint64_t af;      /* ... of the access flag */
	uint64_t writes;  /* ... of writes that were not allowed yet */
	uint64_t raced;   /* ... that were to be tried again */
	uint64_t splits;  /* ... for which a block was split */
	uint64_t batches;
};

/* Start them. They wait. */
void cpus_start(void);

/* They forget what they did under another table, and load vm's. While they wait. */
void cpus_reset(void);

/* Let them run; or make them stop, after the batch that they are in. */
void cpus_run(bool run);

/* Wait until each has done so many batches more. While they run. */
void cpus_wait(uint64_t batches);

struct cpu_counts cpus_counts(void);

/*
 * Time, for what was used when: it advances before and after an ageing, which makes it odd in between.
 * cpus_used() says whether a CPU used @page for sure within @time.
 */
uint32_t cpus_tick(void);
bool cpus_used(unsigned page, uint32_t time);

#endif
