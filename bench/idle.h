/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* idle.h: those callbacks of a host that do nothing, so that nothing but the engine is measured. */
#ifndef S2PT_BENCH_IDLE_H
#define S2PT_BENCH_IDLE_H

#include <s2pt/table.h>

static inline void
idle_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)what;
	(void)bytes;
	(void)pages;
	(void)count;
}

static inline void
idle_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	(void)requests;
	(void)count;
}

static inline void
idle_publish(void *context)
{
	(void)context;
}

#endif
