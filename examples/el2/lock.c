/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* lock.c: see lock.h. */
#include "lock.h"

void
lock_take(struct lock *lock)
{
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1u, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		__asm__ volatile("yield");
}

void
lock_drop(struct lock *lock)
{
	__atomic_store_n(&lock->serving, lock->serving + 1u, __ATOMIC_RELEASE);
}

void
rwlock_read(struct rwlock *lock)
{
	lock_take(&lock->gate);
	__atomic_fetch_add(&lock->readers, 1u, __ATOMIC_RELAXED);
	lock_drop(&lock->gate);
}

void
rwlock_read_done(struct rwlock *lock)
{
	__atomic_fetch_sub(&lock->readers, 1u, __ATOMIC_RELEASE);
}

void
rwlock_write(struct rwlock *lock)
{
	lock_take(&lock->gate);
	while (__atomic_load_n(&lock->readers, __ATOMIC_ACQUIRE))
		__asm__ volatile("yield");
}

void
rwlock_write_done(struct rwlock *lock)
{
	lock_drop(&lock->gate);
}
