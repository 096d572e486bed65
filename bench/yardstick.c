/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The least that hardware makes anybody do. Entries are volatile: each access really happens. */
#include "bench.h"

#define ADDRESS UINT64_C(0xfffffffff000)

void
yard_store64(const struct span *span, size_t spans)
{
	for (; spans; spans--, span++) {
		volatile uint64_t *entry = span->entry;
		volatile uint64_t *end = entry + span->count;
		uint64_t step = span->step, raw = span->raw;

		for (; entry != end; entry++, raw += step)
			*entry = raw;
	}
}

void
yard_rmw64(const struct span *span, size_t spans)
{
	for (; spans; spans--, span++) {
		volatile uint64_t *entry = span->entry;
		volatile uint64_t *end = entry + span->count;

		for (; entry != end; entry++)
			*entry = *entry & ~UINT64_C(0x80);
	}
}

void
yard_atomicand(const struct span *span, size_t spans)
{
	for (; spans; spans--, span++) {
		uint64_t *entry = span->entry, *end = entry + span->count;

		for (; entry != end; entry++)
			__atomic_fetch_and(entry, ~UINT64_C(0x80), __ATOMIC_ACQ_REL);
	}
}

void
yard_cas(const struct span *span, size_t spans)
{
	for (; spans; spans--, span++) {
		uint64_t *entry = span->entry, *end = entry + span->count;

		for (; entry != end; entry++) {
			uint64_t raw = __atomic_load_n(entry, __ATOMIC_RELAXED);

			__atomic_compare_exchange_n(entry, &raw, raw & ~UINT64_C(0x80), false,
						    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
		}
	}
}

static inline volatile uint64_t *
child(uint64_t raw, uintptr_t offset)
{
	return (volatile uint64_t *)((uintptr_t)(raw & ADDRESS) + offset);
}

/* The entry of the page at @ipa, under four levels. */
static inline volatile uint64_t *
page_entry(volatile uint64_t *table, uintptr_t offset, uint64_t ipa)
{
	table = child(table[ipa >> 39 & 0x1ff], offset);
	table = child(table[ipa >> 30 & 0x1ff], offset);
	table = child(table[ipa >> 21 & 0x1ff], offset);
	return &table[ipa >> 12 & 0x1ff];
}

void
yard_walkstore(struct machine *m)
{
	volatile uint64_t *root = m->table[0].root;
	uintptr_t offset = m->host.virt_offset;
	uint64_t bits = m->mapping.bits | 3u;

	for (uint32_t i = 0; i < BENCH_PAGES; i++) {
		uint64_t at = m->order[i] * BENCH_PAGE;

		*page_entry(root, offset, BENCH_IPA + at) = (BENCH_PA + at) | bits;
	}
}

void
yard_walk(struct machine *m)
{
	volatile uint64_t *root = m->table[0].root;
	uintptr_t offset = m->host.virt_offset;
	uint64_t ipa = BENCH_IPA;

	for (uint32_t i = 0; i < BENCH_PAGES; i++)
		ipa = *page_entry(root, offset, ipa) & ADDRESS;
	m->sum = ipa;
}

void
yard_walk_free(struct machine *m)
{
	volatile uint64_t *root = m->table[0].root;
	uintptr_t offset = m->host.virt_offset;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < BENCH_PAGES; i++)
		sum += *page_entry(root, offset, BENCH_IPA + m->order[i] * BENCH_PAGE);
	m->sum = sum;
}
