/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* lock.h: a lock that CPUs get in the order in which they ask for it. */
#ifndef LOCK_H
#define LOCK_H

#include <stdint.h>

struct lock {
	uint32_t next;     /* ticket */
	uint32_t serving;
};

void lock_take(struct lock *lock);
void lock_drop(struct lock *lock);

#endif
