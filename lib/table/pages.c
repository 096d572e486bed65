/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * pages.c: table memory. A file of its own: inlined into those that build tables, its functions would put them above
 * the limit of the stack.
 */
#include "table/pages.h"

#include "table/atomic.h"

bool
s2pt__pages_reserve(struct s2pt_table *table, uint64_t count)
{
	return count_up_to(&table->pages, count, table->page_limit);
}

void
s2pt__pages_unreserve(struct s2pt_table *table, uint64_t count)
{
	count_add(&table->pages, -count);
}

enum s2pt_status
s2pt__page_alloc(const struct s2pt_table *table, struct s2pt_page_cache *cache, struct s2pt_page *page)
{
	const struct s2pt_host_ops *host = table->host;

	if (cache && cache->count) {
		cache->count--;
		page->virt = cache->page[cache->count].virt;
		page->pa = cache->page[cache->count].pa;
	} else if (!host->alloc(host->context, S2PT_MEMORY_TABLE, (size_t)table_bytes(table), page)) {
		return S2PT_ERR_MEMORY;
	}
	if (!(page->pa.addr & table->pa_invalid_mask))
		return S2PT_OK;
	/* A link would lead to where the bits that it has no room for are 0. */
	host->retire(host->context, S2PT_MEMORY_TABLE, (size_t)table_bytes(table), page, 1);
	return S2PT_ERR_TABLE_PA;
}

enum s2pt_status
s2pt__page_take(struct s2pt_table *table, struct s2pt_page_cache *cache, struct s2pt_page *page)
{
	enum s2pt_status status;

	if (!s2pt__pages_reserve(table, 1))
		return S2PT_ERR_MEMORY;
	status = s2pt__page_alloc(table, cache, page);
	if (status != S2PT_OK)
		s2pt__pages_unreserve(table, 1);
	return status;
}
