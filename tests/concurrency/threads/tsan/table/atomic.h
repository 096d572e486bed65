/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A walk relies on address dependencies: the entry that is loaded is one that the link before it leads to.
 * ThreadSanitizer knows nothing of them. For it, loads of entries acquire; nothing else is changed.
 */
#define entry_load entry_load_relaxed
#include "../../../../../lib/table/atomic.h"
#undef entry_load

#ifndef S2PT_THREADS_MEMORY_H
#define S2PT_THREADS_MEMORY_H

static inline uint64_t
entry_load(const uint64_t *entry)
{
	return __atomic_load_n(entry, __ATOMIC_ACQUIRE);
}

#endif
