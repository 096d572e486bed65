/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmo.h: which mappings need cache maintenance, and the maintenance before one becomes visible.
 *
 * Before memory becomes visible through a mapping that does not see the CPU's cache lines, they are cleaned and
 * invalidated to the Point of Coherency; and before memory becomes executable, instruction fetches are made to see it.
 * After a mapping is gone through which a guest may have left lines in the caches, they are cleaned, too (gather.h).
 */
#ifndef S2PT_TABLE_CMO_H
#define S2PT_TABLE_CMO_H

#include "table/atomic.h"
#include "table/geometry.h"

/* Does memory of @type stay Write-Back whatever the guest makes of it, so that the caches of the host serve it? */
static inline bool
s2pt__is_forced_wb(s2pt_feats feats, enum s2pt_memtype type)
{
	return (feats & S2PT_FEAT_S2FWB) &&
	       (type == S2PT_MEM_NORMAL_WB || type == S2PT_MEM_NORMAL_WB_NOTAGACCESS);
}

/* The values of MemAttr[3:0] of which leaves need cache maintenance when they are unmapped, a bit each. */
uint16_t s2pt__cmo_memattrs(s2pt_feats feats);

/* Does the memory of the leaf @raw need cache maintenance when it is unmapped? */
static inline bool
leaf_needs_clean(const struct s2pt_table *table, uint64_t raw)
{
	return flag_is_set(&table->needs_clean) && ((unsigned)table->cmo_memattrs >> entry_memattr(raw) & 1u);
}

/* The maintenance that a mapping needs: S2PT_MAPPING_*. */
static inline uint32_t
mapping_needs(const struct s2pt_table *table, const struct s2pt_mapping *mapping)
{
	return mapping->key & S2PT_MAPPING_NEEDS & ~table->waived;
}

/* Can the host do the cache maintenance of many segments at once? An older one has not heard of it. */
static inline bool
has_prepare_list(const struct s2pt_host_ops *host)
{
	return host->size >= offsetof(struct s2pt_host_ops, prepare_list) + sizeof(host->prepare_list) &&
	       host->prepare_list;
}

/* Is memory that becomes executable to be made visible to fetches? */
static inline bool
needs_icache(const struct s2pt_table *table)
{
	return !(table->waived & S2PT_MAPPING_ICACHE);
}

/*
 * May @size bytes at @pa be mapped so? S2PT_ERR_PA_ALIGN, S2PT_ERR_OA_SIZE, S2PT_ERR_MAPPING, S2PT_ERR_HOST_DATA,
 * S2PT_ERR_HOST_ICACHE.
 */
enum s2pt_status s2pt__check_mapping(const struct s2pt_table *table, s2pt_pa pa, uint64_t size,
				     const struct s2pt_mapping *mapping);

/* Clean and invalidate the data caches for memory. False: the host could not. */
static inline bool
clean_memory(const struct s2pt_table *table, uint64_t pa, uint64_t bytes)
{
	return table->host->clean_data(table->host->context, s2pt_pa_of(pa), bytes);
}

/* ... for the memory of the leaf @raw at @level. */
static inline bool
clean_leaf(const struct s2pt_table *table, uint64_t raw, int level)
{
	return clean_memory(table, s2pt__address_of(table, raw, level), level_bytes(table, level));
}

/* The cache maintenance that @bytes at @pa need before @mapping makes them visible. False: the host could not. */
bool s2pt__prepare_memory(struct s2pt_table *table, const struct s2pt_mapping *mapping, uint64_t pa,
			  uint64_t bytes);

/* Clean a table that is complete, and not linked yet, for walkers that are not coherent. */
void s2pt__clean_table(const struct s2pt_table *table, const uint64_t *entries);

#endif
