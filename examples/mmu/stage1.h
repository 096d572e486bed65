/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * stage1.h: the guest's own table: 4K, 30 bits of VA, pages alone. It is the guest's business, so
 * the library has no part in it.
 */
#ifndef STAGE1_H
#define STAGE1_H

#include <stdint.h>

#define STAGE1_PAGES 2560u /* VAs below this many pages can be mapped */

/* What a page is besides its attributes. */
#define STAGE1_RW UINT64_C(0x0060000000000000) /* EL1 may read and write; UXN, PXN */
#define STAGE1_RX UINT64_C(0x00000000000000c0) /* EL1 and EL0 may read and execute */

/* Map page number @page of the VA space to @ipa: AttrIndx, SH and STAGE1_R*. */
void stage1_map(unsigned page, uint64_t ipa, unsigned attrindx, unsigned sh, uint64_t access);

/* The entry of that page. */
uint64_t stage1_get(unsigned page);

/* Stage 1 on, caches on. The table is found at @table, or where it really lies if that is 0. */
void stage1_load(uint64_t mair, uint64_t table);

/* Stage 1 off: a VA is an IPA. */
void stage1_off(void);

#endif
