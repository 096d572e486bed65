/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * worker.h: a CPU that the guest does not know of changes the guest's table beneath it.
 *
 * A mode is something that a hypervisor does to a running guest: shape (blocks are split and collapsed),
 * forget (pages are unmapped), age (access flags are cleared), migrate (pages move to other frames), log
 * (writes are noticed). In each round the worker takes a step of every mode that it is
 * to be in, and then leaves the guest alone for a moment.
 */
#ifndef WORKER_H
#define WORKER_H

#include <stdint.h>

/* Each takes one step, and the lock for it. */
void shape_step(void);
void forget_step(void);
void age_step(void);
void migrate_step(void);
void log_step(void);

/* The last step, when the mode ends. */
void log_stop(void);

/* Modes are bits, in the order of the list above. The first time something is asked, the CPU starts. */
void worker_ask(uint64_t modes);
uint64_t worker_modes(void);

/* A random number below @limit. The worker's alone. */
uint32_t worker_random(uint32_t limit);

_Noreturn void worker_run(void);

#endif
