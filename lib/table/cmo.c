/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cmo.c: cache maintenance, by memory type. See cmo.h. */
#include "table/cmo.h"

/*
 * A cacheable mapping leaves dirty lines behind, which could be written back later over the data of the memory's next
 * owner. Under FWB's forced Write-Back the host's own accesses hit the same lines.
 */
static bool
needs_clean(s2pt_feats feats, uint8_t memattr)
{
	enum s2pt_memtype type;

	if (s2pt_memattr_decode(feats, memattr, &type) != S2PT_OK)
		return true;
	return !s2pt_memtype_is_device(type) && type != S2PT_MEM_NORMAL_NC &&
	       !s2pt__is_forced_wb(feats, type);
}

uint16_t
s2pt__cmo_memattrs(s2pt_feats feats)
{
	uint16_t cmo_memattrs = 0;

	for (unsigned memattr = 0; memattr < 16; memattr++)
		if (needs_clean(feats, (uint8_t)memattr))
			cmo_memattrs |= (uint16_t)(1u << memattr);
	return cmo_memattrs;
}

enum s2pt_status
s2pt__check_mapping(const struct s2pt_table *table, s2pt_pa pa, uint64_t size,
		    const struct s2pt_mapping *mapping)
{
	enum s2pt_status status = s2pt__check_memory(table, pa, size);
	const uint32_t needs = mapping_needs(table, mapping);

	if (status == S2PT_OK && (mapping->key & ~S2PT_MAPPING_NEEDS) != table->mapping_key)
		status = S2PT_ERR_MAPPING;
	if (status == S2PT_OK && (needs & S2PT_MAPPING_CACHES) && !table->host->clean_data)
		status = S2PT_ERR_HOST_DATA;
	if (status == S2PT_OK && (needs & S2PT_MAPPING_ICACHE) && !table->host->invalidate_icache)
		status = S2PT_ERR_HOST_ICACHE;
	return status;
}

bool
s2pt__prepare_memory(struct s2pt_table *table, const struct s2pt_mapping *mapping, uint64_t pa,
		     uint64_t bytes)
{
	const struct s2pt_host_ops *host = table->host;
	const uint32_t needs = mapping_needs(table, mapping);

	if (needs & S2PT_MAPPING_CACHES)
		flag_set(&table->needs_clean);
	if ((needs & S2PT_MAPPING_DIRTY) && !clean_memory(table, pa, bytes))
		return false;
	if (needs & S2PT_MAPPING_ICACHE)
		host->invalidate_icache(host->context, s2pt_pa_of(pa), bytes);
	return true;
}

void
s2pt__clean_table(const struct s2pt_table *table, const uint64_t *entries)
{
	if (table->host->flags & S2PT_HOST_NONCOHERENT)
		table->host->clean_tables(table->host->context, entries, (size_t)table_bytes(table));
}
