/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* lock.c: see lock.h. */
#include "lock.h"

#include <stdbool.h>

#define WRITER (UINT32_C(1) << 31)

static void
pause(void)
{
	__asm__ volatile("yield");
}

void
lock_take(struct lock *lock)
{
	while (__atomic_exchange_n(&lock->taken, 1u, __ATOMIC_ACQUIRE))
		pause();
}

void
lock_drop(struct lock *lock)
{
	__atomic_store_n(&lock->taken, 0u, __ATOMIC_RELEASE);
}

/* Become one more reader, unless there is a writer, or others are coming and going. */
static bool
try_read(struct rwlock *lock)
{
	uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);

	return !(state & WRITER) && __atomic_compare_exchange_n(&lock->state, &state, state + 1u, false,
								__ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void
rwlock_read(struct rwlock *lock)
{
	while (!try_read(lock))
		pause();
}

void
rwlock_read_done(struct rwlock *lock)
{
	__atomic_fetch_sub(&lock->state, 1u, __ATOMIC_RELEASE);
}

void
rwlock_write(struct rwlock *lock)
{
	while (__atomic_fetch_or(&lock->state, WRITER, __ATOMIC_ACQUIRE) & WRITER)
		pause();
	while (__atomic_load_n(&lock->state, __ATOMIC_ACQUIRE) != WRITER)
		pause();
}

void
rwlock_write_done(struct rwlock *lock)
{
	__atomic_store_n(&lock->state, 0u, __ATOMIC_RELEASE);
}
