/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* flat.c: see flat.h. Two blocks of 1 GiB: QEMU's devices, and the RAM from 0x40000000 on. */
#include "flat.h"

#include <s2pt/aarch64.h>

#include "sysreg.h"

#define BLOCK_DEVICE UINT64_C(0x0040000000000401) /* attribute 0, AF, XN */
#define BLOCK_RAM    UINT64_C(0x0000000040000705) /* attribute 1, AF, Inner Shareable */

#define MAIR_DEVICE_AND_WB UINT64_C(0xff04) /* nGnRE; Write-Back, allocating */
/* 39 bits of VA, 4K, Write-Back walks, Inner Shareable, 40 bits of PA. */
#define TCR_EL2_FLAT (UINT64_C(0x80800000) | UINT64_C(2) << 16 | UINT64_C(3) << 12 | \
		      UINT64_C(1) << 10 | UINT64_C(1) << 8 | (64 - 39))
#define SCTLR_EL2_RES1 UINT64_C(0x30c50830)

static _Alignas(4096) uint64_t level1[512] = { BLOCK_DEVICE, BLOCK_RAM };

void
flat_on(void)
{
	write_mair_el2(MAIR_DEVICE_AND_WB);
	write_tcr_el2(TCR_EL2_FLAT);
	write_ttbr0_el2((uint64_t)(uintptr_t)level1);
	__asm__ volatile("dsb ish\n\ttlbi alle2\n\tdsb ish\n\tisb" : : : "memory");
	write_sctlr_el2(SCTLR_EL2_RES1 | SCTLR_M | SCTLR_C | SCTLR_I);
	isb();
}

void
flat_clean(uint64_t address, uint64_t bytes)
{
	s2pt_aarch64_clean_invalidate((const void *)(uintptr_t)address, (size_t)bytes);
}
