/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* tlbi.h: operands of TLBI instructions; and what invalidation by CPUs and by SMMUs has in common. */
#ifndef S2PT_ARCH_TLBI_H
#define S2PT_ARCH_TLBI_H

#include <s2pt/tlbi.h>

#include "arch/field.h"

/* Xt of TLBI IPAS2(L)E1 */
/* clang-format off */
static const struct field IPAS2_IPA = { 0, 40 };   /* IPA[51:12] */
static const struct field IPAS2_TTL = { 44, 4 };   /* granule, level */
static const struct field IPAS2_NS  = { 63, 1 };   /* of range operations, too */
/* clang-format on */

/* Xt of TLBI RIPAS2(L)E1 */
/* clang-format off */
static const struct field RIPAS2_BASE  = { 0, 37 };
static const struct field RIPAS2_TTL   = { 37, 2 };
static const struct field RIPAS2_NUM   = { 39, 5 };
static const struct field RIPAS2_SCALE = { 44, 2 };
static const struct field RIPAS2_TG    = { 46, 2 };
/* clang-format on */

/* A range is (NUM + 1) * 2^(5 * SCALE + 1) granules. */
#define SCALE_LG2(scale) (5u * (scale) + 1u)

/* With DS=1 a base counts 64 KiB, whatever the granule. */
#define DS_BASE_LG2 16u

static inline bool
tlbi_has_level(const struct s2pt_tlbi_request *request)
{
	return request->level != S2PT_TLBI_ANY_LEVEL;
}

/* What one operation without a range covers: an entry where its level is known, else a granule. */
static inline unsigned
tlbi_unit_lg2(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	return tlbi_has_level(request) ? s2pt_format_level_lg2(format, request->level)
				       : format->granule_lg2;
}

/* TG of ranges and, with it, of level hints: 1 4K, 2 16K, 3 64K. */
static inline unsigned
tlbi_granule(const struct s2pt_format *format)
{
	return (format->granule_lg2 - 10u) / 2u;
}

/* Do @ops operations by IPA cost more than the VMID? @max_ops is the host's word, as in the parameters. */
static inline bool
tlbi_is_too_many(uint64_t ops, uint32_t max_ops)
{
	if (!max_ops)
		max_ops = S2PT_TLBI_MAX_OPS;
	return max_ops != S2PT_TLBI_NO_LIMIT && ops > max_ops;
}

/* Are these VMIDs that the format's register has? */
static inline bool
tlbi_has_vmids(s2pt_feats feats, const uint16_t *vmids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (vmids[i] > UINT8_MAX && !(feats & S2PT_FEAT_VMID16))
			return false;
	return true;
}

#endif
