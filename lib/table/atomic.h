/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * atomic.h: the only access to entries that walkers and other CPUs may read at the same time.
 *
 * A relaxed load or store of an entry is a volatile access: an aligned doubleword, which is single-copy atomic
 * (B2.2.1), and which compilers neither repeat nor divide. Compilers give a relaxed __atomic access no offset, so that
 * each costs one instruction more, for its address. Thread sanitizers, and machines with narrower registers, need it.
 */
#ifndef S2PT_TABLE_ATOMIC_H
#define S2PT_TABLE_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#define THREAD_SANITIZER __has_feature(thread_sanitizer)
#else
#define THREAD_SANITIZER 0
#endif

#ifndef VOLATILE_IS_ATOMIC
#define VOLATILE_IS_ATOMIC (!THREAD_SANITIZER && UINTPTR_MAX > UINT32_MAX)
#endif

static inline uint64_t
entry_load(const uint64_t *entry)
{
#if VOLATILE_IS_ATOMIC
	const volatile uint64_t *at = entry;

	return *at;
#else
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
#endif
}

static inline void
entry_store(uint64_t *entry, uint64_t raw)
{
#if VOLATILE_IS_ATOMIC
	volatile uint64_t *at = entry;

	*at = raw;
#else
	__atomic_store_n(entry, raw, __ATOMIC_RELAXED);
#endif
}

/*
 * Store to a table that nobody can reach yet. A plain store: compilers make pairs of them. The thread sanitizer does
 * not know that readers depend on the link, which is stored later.
 */
static inline void
entry_init(uint64_t *entry, uint64_t raw)
{
#if THREAD_SANITIZER
	entry_store(entry, raw);
#else
	*entry = raw;
#endif
}

/* All stores before this one are visible before it is. */
static inline void
entry_store_release(uint64_t *entry, uint64_t raw)
{
	__atomic_store_n(entry, raw, __ATOMIC_RELEASE);
}

static inline uint64_t
entry_exchange(uint64_t *entry, uint64_t raw)
{
	return __atomic_exchange_n(entry, raw, __ATOMIC_ACQ_REL);
}

/* Where the entry is still *@before, make it @after; else learn what it is. */
static inline bool
entry_compare_exchange(uint64_t *entry, uint64_t *before, uint64_t after)
{
	return __atomic_compare_exchange_n(entry, before, after, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

static inline uint64_t
entry_fetch_and(uint64_t *entry, uint64_t bits)
{
	return __atomic_fetch_and(entry, bits, __ATOMIC_ACQ_REL);
}

static inline uint64_t
entry_fetch_xor(uint64_t *entry, uint64_t bits)
{
	return __atomic_fetch_xor(entry, bits, __ATOMIC_ACQ_REL);
}

static inline uint64_t
entry_fetch_or(uint64_t *entry, uint64_t bits)
{
	return __atomic_fetch_or(entry, bits, __ATOMIC_ACQ_REL);
}

/* --- Counts that shared operations change ----------------------------------------------------------- */

static inline uint64_t
count_load(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

static inline void
count_add(uint64_t *count, uint64_t n)
{
	__atomic_add_fetch(count, n, __ATOMIC_ACQ_REL);
}

/* Add @n, where that leads to no more than @limit. */
static inline bool
count_up_to(uint64_t *count, uint64_t n, uint64_t limit)
{
	uint64_t before = __atomic_load_n(count, __ATOMIC_RELAXED);

	while (n <= limit && before <= limit - n)
		if (__atomic_compare_exchange_n(count, &before, before + n, true, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

static inline void
count_store(uint64_t *count, uint64_t n)
{
	__atomic_store_n(count, n, __ATOMIC_RELEASE);
}

static inline bool
flag_is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

static inline void
flag_set(bool *flag)
{
	__atomic_store_n(flag, true, __ATOMIC_RELAXED);
}

static inline void
flag_clear(bool *flag)
{
	__atomic_store_n(flag, false, __ATOMIC_RELAXED);
}

#endif
