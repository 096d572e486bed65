/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * pages.h: table memory. A table is counted (reserved) under the table's page limit before its memory is asked for, so
 * that two faults on two CPUs never exceed the limit together.
 */
#ifndef S2PT_TABLE_PAGES_H
#define S2PT_TABLE_PAGES_H

#include "table/geometry.h"

/* Reserve @count tables under the page limit. False: the limit is reached, and none is reserved. */
bool s2pt__pages_reserve(struct s2pt_table *table, uint64_t count);
void s2pt__pages_unreserve(struct s2pt_table *table, uint64_t count);

/* Memory for a table that was reserved, from @cache (or NULL) or from the host: S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA. */
enum s2pt_status s2pt__page_alloc(const struct s2pt_table *table, struct s2pt_page_cache *cache,
				  struct s2pt_page *page);

/* Reserve and allocate one table: S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA. */
enum s2pt_status s2pt__page_take(struct s2pt_table *table, struct s2pt_page_cache *cache,
				 struct s2pt_page *page);

#endif
