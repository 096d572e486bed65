/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* geometry.c: what of the geometry is too large to be inline. See geometry.h. */
#include "table/geometry.h"

uint64_t
s2pt__group_entries(const struct s2pt_table *table, int level)
{
	return UINT64_C(1) << (table->has_contiguous ? level_of(table, level)->group_lg2 : 0);
}

uint64_t
s2pt__tables_under(const struct s2pt_table *table, int level)
{
	uint64_t tables = 0;

	for (; level < S2PT_LEVEL_LAST; level++)
		tables = tables * level_entries(table, level + 1) + 1u;
	return tables;
}

uint64_t
s2pt__address_of(const struct s2pt_table *table, uint64_t raw, int level)
{
	return address_get(table->format, level_lg2(table, level), raw);
}

uint64_t
s2pt__address_bits(const struct s2pt_table *table, uint64_t pa)
{
	return address_put(table->format, pa);
}

enum s2pt_status
s2pt__check_memory(const struct s2pt_table *table, s2pt_pa pa, uint64_t size)
{
	uint64_t limit = UINT64_C(1) << table->format->oa_bits;

	if (pa.addr & (table_bytes(table) - 1u))
		return S2PT_ERR_PA_ALIGN;
	return pa.addr >= limit || size > limit - pa.addr ? S2PT_ERR_OA_SIZE : S2PT_OK;
}
