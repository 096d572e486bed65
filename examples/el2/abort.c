/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* abort.c: see abort.h. */
#include "abort.h"

#include "sysreg.h"

SYSREG_READ(vbar_el1, "vbar_el1")
SYSREG_READ(sctlr_el1, "sctlr_el1")
SYSREG_READ(tcr_el1, "tcr_el1")
SYSREG_READ(ttbr0_el1, "ttbr0_el1")
SYSREG_READ(ttbr1_el1, "ttbr1_el1")
SYSREG_WRITE(esr_el1, "esr_el1")
SYSREG_WRITE(far_el1, "far_el1")
SYSREG_WRITE(elr_el1, "elr_el1")
SYSREG_WRITE(spsr_el1, "spsr_el1")

/* --- Taking the exception (AArch64.TakeException()) ------------------------------------------- */

#define ESR_EC_SHIFT 26u
#define ESR_IL       (UINT64_C(1) << 25)
#define ESR_FNV      (UINT64_C(1) << 10)
#define ESR_CM       (UINT64_C(1) << 8)
#define ESR_WNR      (UINT64_C(1) << 6)

#define SPSR_NZCV  (UINT64_C(0xf) << 28)
#define SPSR_TCO   (UINT64_C(1) << 25)
#define SPSR_DIT   (UINT64_C(1) << 24)
#define SPSR_PAN   (UINT64_C(1) << 22)
#define SPSR_SSBS  (UINT64_C(1) << 12)
#define SPSR_EL    UINT64_C(0xc)
#define SPSR_NRW   (UINT64_C(1) << 4) /* AArch32 */
#define SPSR_SPSEL UINT64_C(1)

/* Of SCTLR_EL1. Without their features they are RES1 and RES0, so that nothing has to be asked. */
#define SCTLR_SPAN  (UINT64_C(1) << 23)
#define SCTLR_DSSBS (UINT64_C(1) << 44)

#define PFR1_MTE(pfr1) ((pfr1) >> 8 & 0xfu)

static uint64_t
vector(uint64_t pstate)
{
	if (pstate & SPSR_NRW)
		return 0x600;
	if (!(pstate & SPSR_EL))
		return 0x400;
	return pstate & SPSR_SPSEL ? 0x200 : 0;
}

static uint64_t
pstate_after(uint64_t pstate)
{
	uint64_t sctlr = read_sctlr_el1();

	pstate = (pstate & (SPSR_NZCV | SPSR_DIT | SPSR_PAN)) | SPSR_EL1H;
	if (!(sctlr & SCTLR_SPAN))
		pstate |= SPSR_PAN;
	if (sctlr & SCTLR_DSSBS)
		pstate |= SPSR_SSBS;
	if (PFR1_MTE(read_id_aa64pfr1()) >= 2)
		pstate |= SPSR_TCO;
	return pstate;
}

void
abort_guest(struct vcpu *vcpu, uint64_t esr, uint64_t far, unsigned fsc)
{
	/* What the ISS says at EL1 in the same place; else it is about stage 2 (S1PTW), or valid at EL2 alone (ISV). */
	uint64_t kept = ESR_EC(esr) == EC_DABT_LOWER ? ESR_FNV | ESR_CM | ESR_WNR : ESR_FNV;
	bool same_el = !(vcpu->pstate & SPSR_NRW) && (vcpu->pstate & SPSR_EL);
	uint64_t ec = ESR_EC(esr) + same_el;

	write_esr_el1(ec << ESR_EC_SHIFT | ESR_IL | (esr & kept) | fsc);
	write_far_el1(far);
	write_elr_el1(vcpu->pc);
	write_spsr_el1(vcpu->pstate);
	vcpu->pc = read_vbar_el1() + vector(vcpu->pstate);
	vcpu->pstate = pstate_after(vcpu->pstate);
}

/* --- The guest's own walk --------------------------------------------------------------------- */

#define ADDRESS_BITS UINT64_C(0x0000ffffffffffff)
#define ENTRY_TABLE  3u /* a valid entry that leads to a table, but at level 3 */
#define UPPER_HALF   (UINT64_C(1) << 55)
#define PAGE_4K_LG2  12u /* HPFAR_EL2's unit */
#define TXSZ_MIN     12u /* TCR_EL1.T0SZ, T1SZ: the least and the most that any CPU takes for */
#define TXSZ_MAX     48u /* what the guest has written there */

/* A half of the guest's address space: where it begins, and its log2 of bytes, and of a page's. */
struct half {
	uint64_t table;
	unsigned bits;
	unsigned page;
};

static unsigned
bits_of(uint64_t size)
{
	if (size < TXSZ_MIN)
		size = TXSZ_MIN;
	if (size > TXSZ_MAX)
		size = TXSZ_MAX;
	return 64u - (unsigned)size;
}

static struct half
half_of(uint64_t va)
{
	static const uint8_t tg0[4] = { 12, 16, 14, 12 }, tg1[4] = { 12, 14, 12, 16 };
	uint64_t tcr = read_tcr_el1();

	if (va & UPPER_HALF)
		return (struct half){ read_ttbr1_el1(), bits_of(tcr >> 16 & 63u), tg1[tcr >> 30 & 3u] };
	return (struct half){ read_ttbr0_el1(), bits_of(tcr & 63u), tg0[tcr >> 14 & 3u] };
}

int
abort_walk_level(uint64_t va, uint64_t page, bool (*read)(uint64_t ipa, uint64_t *entry))
{
	struct half half = half_of(va);
	unsigned stride = half.page - 3u;
	unsigned below = half.bits > half.page ? (half.bits - half.page - 1u) / stride : 0; /* levels */
	uint64_t entry = half.table & ADDRESS_BITS & ~UINT64_C(1);
	uint64_t at;

	for (va &= (UINT64_C(1) << half.bits) - 1u; below; below--) {
		at = entry + (va >> (half.page + stride * below)) * sizeof(entry);
		if (at >> PAGE_4K_LG2 == page >> PAGE_4K_LG2 || !read(at, &entry) ||
		    (entry & ENTRY_TABLE) != ENTRY_TABLE)
			break;
		entry &= ADDRESS_BITS & ~((UINT64_C(1) << half.page) - 1u);
		va &= (UINT64_C(1) << (half.page + stride * below)) - 1u;
	}
	return 3 - (int)below;
}
