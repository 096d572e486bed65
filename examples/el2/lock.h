/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* lock.h: locks that CPUs get in the order in which they ask for them. All zeros is free. */
#ifndef LOCK_H
#define LOCK_H

#include <stdint.h>

struct lock {
	uint32_t next;     /* ticket */
	uint32_t serving;
};

void lock_take(struct lock *lock);
void lock_drop(struct lock *lock);

/* Any number of readers, or one writer. */
struct rwlock {
	struct lock gate;  /* who comes in is alone in it; a writer stays */
	uint32_t readers;  /* inside */
};

void rwlock_read(struct rwlock *lock);
void rwlock_read_done(struct rwlock *lock);
void rwlock_write(struct rwlock *lock);
void rwlock_write_done(struct rwlock *lock);

#endif
