/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * lock.h: locks. All zeros is free. CPUs get them in no order: under an emulator the one whose turn it
 * would be need not be running.
 */
#ifndef LOCK_H
#define LOCK_H

#include <stdint.h>

struct lock {
	uint32_t taken;
};

void lock_take(struct lock *lock);
void lock_drop(struct lock *lock);

/* Any number of readers, or one writer. A writer that waits keeps new readers out. */
struct rwlock {
	uint32_t state; /* readers; the top bit is the writer's */
};

void rwlock_read(struct rwlock *lock);
void rwlock_read_done(struct rwlock *lock);
void rwlock_write(struct rwlock *lock);
void rwlock_write_done(struct rwlock *lock);

#endif
