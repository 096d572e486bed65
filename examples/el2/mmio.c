/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* mmio.c: see mmio.h. */
#include "mmio.h"

#include "sysreg.h"

#define ISS_ISV(esr) ((esr) >> 24 & 1u)
#define ISS_SAS(esr) ((unsigned)((esr) >> 22) & 3u) /* log2 of bytes */
#define ISS_SSE(esr) ((esr) >> 21 & 1u)             /* the value is signed */
#define ISS_SRT(esr) ((unsigned)((esr) >> 16) & 31u)
#define ISS_SF(esr)  ((esr) >> 15 & 1u) /* the register has 64 bits */
#define ISS_WNR(esr) ((esr) >> 6 & 1u)
#define ESR_IL(esr)  ((esr) >> 25 & 1u) /* the instruction has 32 bits */
#define SPSR_BTYPE   (UINT64_C(3) << 10)
#define XZR          31u

bool
mmio_can(uint64_t esr)
{
	return ESR_EC(esr) == EC_DABT_LOWER && ISS_ISV(esr);
}

bool
mmio_is_store(uint64_t esr)
{
	return ISS_WNR(esr);
}

/* Of a value the bits that have room in the access. */
static unsigned
spare_bits(uint64_t esr)
{
	return 64u - (8u << ISS_SAS(esr));
}

uint64_t
mmio_stored(const struct vcpu *vcpu, uint64_t esr)
{
	unsigned reg = ISS_SRT(esr);

	return reg == XZR ? 0 : vcpu->x[reg] << spare_bits(esr) >> spare_bits(esr);
}

void
mmio_load(struct vcpu *vcpu, uint64_t esr, uint64_t value)
{
	unsigned reg = ISS_SRT(esr);

	if (reg == XZR)
		return;
	value <<= spare_bits(esr);
	value = ISS_SSE(esr) ? (uint64_t)((int64_t)value >> spare_bits(esr)) : value >> spare_bits(esr);
	vcpu->x[reg] = ISS_SF(esr) ? value : (uint32_t)value;
}

void
mmio_skip(struct vcpu *vcpu, uint64_t esr)
{
	vcpu->pc += ESR_IL(esr) ? 4u : 2u;
	vcpu->pstate &= ~SPSR_BTYPE; /* as of any instruction that is no branch */
}
