/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* mapping.c: the attributes of a leaf, checked and encoded once for any number of calls. */
#include "table/cmo.h"

enum s2pt_status
s2pt_mapping_init(const struct s2pt_format *format, const struct s2pt_leaf *leaf, uint32_t flags,
		  struct s2pt_mapping *mapping)
{
	const bool ram = flags & S2PT_MAPPING_RAM;
	s2pt_desc desc;

	if ((flags & ~(S2PT_MAPPING_RAM | S2PT_MAPPING_CLEAN)) || flags == S2PT_MAPPING_CLEAN)
		return S2PT_ERR_FLAGS;
	if (leaf->contiguous)
		return S2PT_ERR_CONTIGUOUS;

	enum s2pt_status status = s2pt_desc_leaf_encode(format, S2PT_LEVEL_LAST, s2pt_pa_of(0), leaf, &desc);

	if (status == S2PT_OK) {
		mapping->bits = desc.raw & ~ENTRY_TYPE;
		mapping->key = mapping_key(format);
		if (ram && !s2pt__is_forced_wb(format->feats, leaf->type)) {
			mapping->key |= S2PT_MAPPING_CACHES;
			if (!(flags & S2PT_MAPPING_CLEAN))
				mapping->key |= S2PT_MAPPING_DIRTY;
		}
		if (ram && (leaf->x_el1 || leaf->x_el0))
			mapping->key |= S2PT_MAPPING_ICACHE;
	}
	return status;
}
