/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* hcr.c: what HCR_EL2 says of stage 2. E2H and TGE decide which of its fields are in force. */
#include <s2pt/format.h>

#include "arch/field.h"

/* clang-format off */
static const struct field HCR_VM     = { 0, 1 };
static const struct field HCR_PTW    = { 2, 1 };
static const struct field HCR_FB     = { 9, 1 };
static const struct field HCR_DC     = { 12, 1 };
static const struct field HCR_TTLB   = { 25, 1 };
static const struct field HCR_TGE    = { 27, 1 };
static const struct field HCR_RW     = { 31, 1 };
static const struct field HCR_CD     = { 32, 1 };
static const struct field HCR_ID     = { 33, 1 };
static const struct field HCR_E2H    = { 34, 1 };
static const struct field HCR_NV     = { 42, 1 };
static const struct field HCR_FWB    = { 46, 1 };
static const struct field HCR_TTLBIS = { 54, 1 };
static const struct field HCR_TTLBOS = { 55, 1 };
static const struct field HCR_DCT    = { 57, 1 };
/* clang-format on */

void
s2pt_hcr_read(uint64_t value, struct s2pt_hcr *hcr)
{
	const bool tge = field_bit(HCR_TGE, value);

	hcr->host = tge && field_bit(HCR_E2H, value);
	hcr->dc = !hcr->host && field_bit(HCR_DC, value);
	hcr->dct = hcr->dc && field_bit(HCR_DCT, value);
	hcr->stage2 = !hcr->host && (hcr->dc || field_bit(HCR_VM, value));
	hcr->fwb = field_bit(HCR_FWB, value);
	hcr->ptw = !tge && field_bit(HCR_PTW, value);
	hcr->cd = !hcr->host && field_bit(HCR_CD, value);
	hcr->id = !hcr->host && field_bit(HCR_ID, value);
	hcr->fb = !tge && field_bit(HCR_FB, value);
	hcr->ttlb = !tge && field_bit(HCR_TTLB, value);
	hcr->nv = field_bit(HCR_NV, value);
	hcr->ttlbis = !tge && field_bit(HCR_TTLBIS, value);
	hcr->ttlbos = !tge && field_bit(HCR_TTLBOS, value);
	hcr->rw = hcr->host || field_bit(HCR_RW, value);
}
