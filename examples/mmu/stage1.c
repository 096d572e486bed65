/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* stage1.c: see stage1.h. */
#include "stage1.h"

#include "sysreg.h"

#define ENTRIES 512u

static _Alignas(4096) uint64_t level2[ENTRIES];
static _Alignas(4096) uint64_t level3[STAGE1_PAGES / ENTRIES][ENTRIES];

void
stage1_map(unsigned page, uint64_t ipa, unsigned attrindx, unsigned sh, uint64_t access)
{
	const uint64_t af_page = UINT64_C(0x403);

	level2[page / ENTRIES] = (uint64_t)(uintptr_t)level3[page / ENTRIES] | 3u;
	level3[page / ENTRIES][page % ENTRIES] =
		ipa | access | (uint64_t)sh << 8 | (uint64_t)attrindx << 2 | af_page;
}

uint64_t
stage1_get(unsigned page)
{
	return level3[page / ENTRIES][page % ENTRIES];
}

void
stage1_load(uint64_t mair, uint64_t table)
{
	const uint64_t ips_40_bits = 2;

	if (table == 0)
		table = (uint64_t)(uintptr_t)level2;
	write_mair_el1(mair);
	write_tcr_el1(TCR_T0SZ(64 - 30) | TCR_EPD1 | TCR_IPS(ips_40_bits));
	write_ttbr0_el1(table);
	write_sctlr_el1(SCTLR_RES1 | SCTLR_UCT | SCTLR_I | SCTLR_C | SCTLR_M);
	isb();
	tlbi_vmalls12e1is();
}

void
stage1_off(void)
{
	write_sctlr_el1(SCTLR_RES1);
	isb();
}
