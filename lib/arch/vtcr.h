/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* vtcr.h: the fields of VTCR_EL2, which `format` writes and an SMMU's STE repeats. */
#ifndef S2PT_ARCH_VTCR_H
#define S2PT_ARCH_VTCR_H

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
