/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* vtcr.h: the fields of VTCR_EL2, which `format` writes and an SMMU's STE repeats. */
#ifndef S2PT_ARCH_VTCR_H
#define S2PT_ARCH_VTCR_H

#include <s2pt/features.h>

#include "arch/field.h"

/* VTCR_EL2. VSTCR_EL2 has the fields marked S at the same bits, with SW and SA for NSW and NSA. */
/* clang-format off */
static const struct field VTCR_T0SZ  = { 0, 6 };   /* S */
static const struct field VTCR_SL0   = { 6, 2 };   /* S */
static const struct field VTCR_IRGN0 = { 8, 2 };
static const struct field VTCR_ORGN0 = { 10, 2 };
static const struct field VTCR_SH0   = { 12, 2 };
static const struct field VTCR_TG0   = { 14, 2 };  /* S */
static const struct field VTCR_PS    = { 16, 3 };
static const struct field VTCR_HWU   = { 25, 4 };
static const struct field VTCR_NSW   = { 29, 1 };  /* S */
static const struct field VTCR_NSA   = { 30, 1 };  /* S */
static const struct field VTCR_RES1  = { 31, 1 };  /* S */
static const struct field VTCR_SL2   = { 33, 1 };  /* S */
/* clang-format on */

/* PS 0..6, and TCR_EL1.IPS. 56 bits need 128-bit descriptors. */
static const uint8_t ps_bits[] = { 32, 36, 40, 42, 44, 48, 52 };
#define PS_COUNT (sizeof(ps_bits) / sizeof(ps_bits[0]))

/* The PS that counts: a CPU takes one that is reserved, or more than it has, for its own: PhysicalAddressSize(). */
static inline unsigned
ps_within(const struct s2pt_features *cpu, unsigned ps)
{
	while (ps && (ps >= PS_COUNT || ps_bits[ps] > cpu->pa_bits))
		ps--;
	return ps;
}

/* TG0 0..2. */
static const uint8_t tg0_granule[] = { S2PT_GRANULE_4K, S2PT_GRANULE_64K, S2PT_GRANULE_16K };
#define TG0_COUNT (sizeof(tg0_granule) / sizeof(tg0_granule[0]))

/* What VSTCR_EL2 has: the fields marked S. */
static inline uint64_t
vstcr_mask(void)
{
	return field_mask(VTCR_T0SZ) | field_mask(VTCR_SL0) | field_mask(VTCR_TG0) | field_mask(VTCR_NSW) |
	       field_mask(VTCR_NSA) | field_mask(VTCR_RES1) | field_mask(VTCR_SL2);
}

/* Modes that are not supported: AssuredOnly, TL1, S2PIE, S2POE, D128, GCSH, TL0, HAFT, HDBSS. */
static const struct field vtcr_unsupported[] = {
	{ 34, 5 },
	{ 40, 2 },
	{ 44, 2 },
};

/* The features that bits of VTCR_EL2 turn on. */
static const struct {
	struct field bit;
	s2pt_feats feat;
} vtcr_feats[] = {
	{ { 32, 1 }, S2PT_FEAT_LPA2 },       /* DS */
	{ { 21, 1 }, S2PT_FEAT_HAFDBS_AF },  /* HA */
	{ { 22, 1 }, S2PT_FEAT_HAFDBS_DBM }, /* HD */
	{ { 19, 1 }, S2PT_FEAT_VMID16 },     /* VS */
};
#define VTCR_FEAT_COUNT (sizeof(vtcr_feats) / sizeof(vtcr_feats[0]))

#endif
