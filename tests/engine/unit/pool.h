/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* pool.h: memory for tables, taken from its bottom up, and those callbacks of a host that have nothing to do. */
#ifndef S2PT_TESTS_POOL_H
#define S2PT_TESTS_POOL_H

#include <stdlib.h>

#include "unit.h"

#define POOL_PA (UINT64_C(1) << 36)
#define PAGE    (UINT64_C(1) << 12)

static struct {
	uint8_t *memory;
	uint64_t bytes; /* of it, that may be used */
	uint64_t used;
} pool;

/* @bytes of memory, each of which is @fill. */
static inline void
pool_open(uint64_t bytes, int fill)
{
	pool.memory = aligned_alloc(bytes & -bytes, bytes);
	assert_non_null(pool.memory);
	memset(pool.memory, fill, bytes);
	pool.bytes = bytes;
	pool.used = 0;
}

static inline void
pool_close(void)
{
	free(pool.memory);
	pool.memory = NULL;
}

/* struct s2pt_host_ops's virt_offset. */
static inline uint64_t
pool_offset(void)
{
	return (uintptr_t)pool.memory - (uintptr_t)POOL_PA;
}

static inline bool
pool_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	const uint64_t at = (pool.used + bytes - 1u) & ~((uint64_t)bytes - 1u);

	(void)context;
	(void)what;
	if (at + bytes > pool.bytes)
		return false;
	pool.used = at + bytes;
	page->virt = pool.memory + at;
	page->pa = s2pt_pa_of(POOL_PA + at);
	return true;
}

/*
 * The entry for @ipa at @level, 1 to 3, by a walk of its own: in a table of 4K pages and 39 bits of IPA (three levels)
 * with this @root. NULL where no table is linked at that level.
 */
static inline uint64_t *
pool_entry_below(const uint64_t *root, uint64_t ipa, int level)
{
	uint64_t *entries = (uint64_t *)(void *)(pool.memory + ((const uint8_t *)root - pool.memory));
	unsigned lg2 = 30;

	for (int at = 1; at < level; at++, lg2 -= 9) {
		const uint64_t link = entries[ipa >> lg2 & 511u];

		if ((link & 3u) != 3u)
			return NULL;
		entries = (uint64_t *)(void *)(pool.memory + ((link & UINT64_C(0xfffffffff000)) - POOL_PA));
	}
	return &entries[ipa >> lg2 & 511u];
}

/* The same of a page, in the table whose root was allocated first. */
static inline uint64_t *
pool_entry(uint64_t ipa)
{
	return pool_entry_below((const uint64_t *)(const void *)pool.memory, ipa, 3);
}

/* What is mapped for reading and writing: memory that the engine maintains, or not. */
static inline struct s2pt_mapping
pool_mapping(const struct s2pt_format *format, enum s2pt_memtype type, bool af, bool ram)
{
	const struct s2pt_leaf leaf = { .type = type, .sh = S2PT_SH_ISH, .r = true, .w = true, .af = af };
	struct s2pt_mapping mapping;

	CHECK_STATUS(s2pt_mapping_init(format, &leaf, ram ? S2PT_MAPPING_RAM : 0, &mapping), S2PT_OK, "mapping");
	return mapping;
}

/* One range, for all CPUs. */
static inline void
check_range_request(const struct s2pt_tlbi_request *request, uint64_t ipa, uint64_t size, int level, bool last_level)
{
	assert_false(request->vmid);
	CHECK_U64(request->ipa.addr, ipa, "IPA");
	CHECK_U64(request->size, size, "size");
	assert_int_equal(request->level, level);
	assert_int_equal(request->last_level, last_level);
	assert_false(request->local);
}

static inline void
retire_nothing(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)what;
	(void)bytes;
	(void)pages;
	(void)count;
}

static inline void
invalidate_nothing(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	(void)requests;
	(void)count;
}

static inline void
publish_nothing(void *context)
{
	(void)context;
}

/* A host whose tables are in the pool, which is open, and that has nothing else to do. */
static inline void
pool_host(struct s2pt_host_ops *host)
{
	host->size = sizeof(*host);
	host->virt_offset = pool_offset();
	host->alloc = pool_alloc;
	host->retire = retire_nothing;
	host->invalidate = invalidate_nothing;
	host->publish = publish_nothing;
}

#endif
