/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* build.c: tables that nobody can reach yet. See build.h. */
#include "table/build.h"

#include "table/cmo.h"
#include "table/pages.h"

/* Eight at a time, by @store: entry_init() or entry_store(). */
static inline __attribute__((always_inline)) void
fill_by(void (*store)(uint64_t *entry, uint64_t raw), uint64_t *entry, uint64_t count, uint64_t raw, uint64_t step)
{
	for (; count & 7u; count--, entry++, raw += step)
		store(entry, raw);
	for (; count; count -= 8, entry += 8, raw += 2 * step) {
		store(&entry[0], raw);
		store(&entry[1], raw += step);
		store(&entry[2], raw += step);
		store(&entry[3], raw += step);
		store(&entry[4], raw += step);
		store(&entry[5], raw += step);
		store(&entry[6], raw += step);
		store(&entry[7], raw + step);
	}
}

void
s2pt__fill(uint64_t *entry, uint64_t count, uint64_t raw, uint64_t step)
{
	fill_by(entry_init, entry, count, raw, step);
}

void
s2pt__fill_reachable(uint64_t *entry, uint64_t count, uint64_t raw, uint64_t step)
{
	fill_by(entry_store, entry, count, raw, step);
}

/* Store @raw to @count entries. Eight at a time, since nothing has to be computed between two stores. */
static void
fill_same(uint64_t *entry, uint64_t count, uint64_t raw)
{
	for (; count & 7; count--, entry++)
		entry_init(entry, raw);
	for (; count; count -= 8, entry += 8) {
		entry_init(&entry[0], raw);
		entry_init(&entry[1], raw);
		entry_init(&entry[2], raw);
		entry_init(&entry[3], raw);
		entry_init(&entry[4], raw);
		entry_init(&entry[5], raw);
		entry_init(&entry[6], raw);
		entry_init(&entry[7], raw);
	}
}

void
s2pt__fill_siblings(const struct s2pt_table *table, uint64_t *entries, int level, uint64_t first,
		    uint64_t count, uint64_t before)
{
	uint64_t whole = level_entries(table, level);

	if (before || !(table->host->flags & S2PT_HOST_ZEROED)) {
		fill_same(entries, first, before);
		fill_same(entries + first + count, whole - first - count, before);
	}
}

/* Inline: in s2pt__build_tables() a frame of its own would be on top of a large one. */
static inline __attribute__((always_inline)) void
free_tables(struct s2pt_table *table, uint64_t link, int level, int last, uint64_t ipa)
{
	for (; level <= last; level++) {
		struct s2pt_page page;

		page.virt = child_of(table, link);
		page.pa = s2pt_pa_of(link_address(table, link));
		link = ((uint64_t *)page.virt)[index_of(table, ipa, level)];
		table->host->retire(table->host->context, S2PT_MEMORY_TABLE, (size_t)table_bytes(table), &page, 1);
		s2pt__pages_unreserve(table, 1);
	}
}

void
s2pt__free_unlinked(struct s2pt_table *table, uint64_t link, int level, int last, uint64_t ipa)
{
	free_tables(table, link, level, last, ipa);
}

uint64_t *
s2pt__build_tables(struct s2pt_table *table, struct s2pt_page_cache *cache, int top, int level,
		   uint64_t ipa, uint64_t before, uint64_t *link)
{
	enum s2pt_status status = S2PT_ERR_MEMORY;
	uint64_t *last = NULL;

	*link = 0;
	/* Whole or not at all: two faults that take a part each would both be left without. */
	for (int at = s2pt__pages_reserve(table, (uint64_t)(level - top)) ? level : top; at > top; at--) {
		uint64_t index = index_of(table, ipa, at);
		struct s2pt_page page;

		status = s2pt__page_alloc(table, cache, &page);
		if (status != S2PT_OK) {
			free_tables(table, *link, at + 1, level, ipa);
			s2pt__pages_unreserve(table, (uint64_t)(at - top));
			break;
		}
		if (at == level) {
			last = page.virt;
		} else {
			s2pt__fill_siblings(table, page.virt, at, index, 1, before);
			entry_init((uint64_t *)page.virt + index, *link);
			s2pt__clean_table(table, page.virt);
		}
		*link = link_to(table, page.pa.addr);
	}
	if (status == S2PT_OK)
		return last;
	*link = status;
	return NULL;
}
