/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* sysreg.h: the system registers and instructions that the image uses, and their fields. */
#ifndef SYSREG_H
#define SYSREG_H

#include <stdint.h>

#define SYSREG_READ(name, reg)                                  \
	static inline uint64_t read_##name(void)                \
	{                                                       \
		uint64_t value;                                 \
		__asm__ volatile("mrs %0, " reg : "=r"(value)); \
		return value;                                   \
	}

#define SYSREG_WRITE(name, reg)                                     \
	static inline void write_##name(uint64_t value)             \
	{                                                           \
		__asm__ volatile("msr " reg ", %0" : : "r"(value)); \
	}

/* By number where an assembler for Armv8.0 does not know the name. */
SYSREG_READ(id_aa64mmfr0, "id_aa64mmfr0_el1")
SYSREG_READ(id_aa64mmfr1, "id_aa64mmfr1_el1")
SYSREG_READ(id_aa64mmfr2, "s3_0_c0_c7_2")
SYSREG_READ(id_aa64mmfr3, "s3_0_c0_c7_3")
SYSREG_READ(id_aa64mmfr4, "s3_0_c0_c7_4")
SYSREG_READ(id_aa64isar0, "id_aa64isar0_el1")
SYSREG_READ(id_aa64isar1, "id_aa64isar1_el1")
SYSREG_READ(id_aa64pfr0, "id_aa64pfr0_el1")
SYSREG_READ(id_aa64pfr1, "id_aa64pfr1_el1")
SYSREG_READ(id_aa64pfr2, "s3_0_c0_c4_2")
SYSREG_READ(current_el, "CurrentEL")
SYSREG_READ(par_el1, "par_el1")
SYSREG_READ(hcr_el2, "hcr_el2")
SYSREG_READ(vttbr_el2, "vttbr_el2")
SYSREG_READ(esr_el1, "esr_el1")
SYSREG_READ(elr_el1, "elr_el1")
SYSREG_READ(far_el1, "far_el1")
SYSREG_READ(far_el2, "far_el2")
SYSREG_READ(hpfar_el2, "hpfar_el2")

SYSREG_WRITE(vtcr_el2, "vtcr_el2")
SYSREG_WRITE(vttbr_el2, "vttbr_el2")
SYSREG_WRITE(mair_el1, "mair_el1")
SYSREG_WRITE(sctlr_el1, "sctlr_el1")
SYSREG_WRITE(tcr_el1, "tcr_el1")
SYSREG_WRITE(ttbr0_el1, "ttbr0_el1")
SYSREG_WRITE(vbar_el1, "vbar_el1")
SYSREG_WRITE(mair_el2, "mair_el2")
SYSREG_WRITE(tcr_el2, "tcr_el2")
SYSREG_WRITE(ttbr0_el2, "ttbr0_el2")
SYSREG_WRITE(sctlr_el2, "sctlr_el2")

#define HCR_VM   (UINT64_C(1) << 0)
#define HCR_DC   (UINT64_C(1) << 12)
#define HCR_TID2 (UINT64_C(1) << 17)
#define HCR_TSC  (UINT64_C(1) << 19)
#define HCR_RW   (UINT64_C(1) << 31)
#define HCR_CD   (UINT64_C(1) << 32)
#define HCR_APK  (UINT64_C(1) << 40)
#define HCR_API  (UINT64_C(1) << 41)
#define HCR_FWB  (UINT64_C(1) << 46)
#define HCR_ATA  (UINT64_C(1) << 56) /* RES0 without FEAT_MTE2 */

#define SCTLR_RES1 UINT64_C(0x30d00800)
#define SCTLR_M    (UINT64_C(1) << 0)
#define SCTLR_C    (UINT64_C(1) << 2)
#define SCTLR_I    (UINT64_C(1) << 12)
#define SCTLR_UCT  (UINT64_C(1) << 15) /* EL0 may read CTR_EL0 (HCR_EL2.TID2 then decides) */

#define VTCR_RES1    (UINT64_C(1) << 31)
#define VTCR_T0SZ(x) ((uint64_t)(x))
#define VTCR_SL0(x)  ((uint64_t)(x) << 6)
#define VTCR_SH0_ISH (UINT64_C(3) << 12)
#define VTCR_TG0(x)  ((uint64_t)(x) << 14)
#define VTCR_PS(x)   ((uint64_t)(x) << 16)
#define VTCR_DS(x)   ((uint64_t)(x) << 32)
#define VTCR_SL2(x)  ((uint64_t)(x) << 33)

#define TCR_T0SZ(x) ((uint64_t)(x))
#define TCR_EPD1    (UINT64_C(1) << 23)
#define TCR_IPS(x)  ((uint64_t)(x) << 32)

#define SPSR_EL0T UINT64_C(0x3c0) /* with D, A, I and F masked */
#define SPSR_EL1H UINT64_C(0x3c5)

#define ESR_EC(esr)    ((unsigned)((esr) >> 26) & 0x3fu)
#define ESR_FSC(esr)   ((unsigned)(esr) & 0x3fu)
#define ESR_IMM16(esr) ((unsigned)(esr) & 0xffffu)
#define ESR_S1PTW(esr) ((unsigned)((esr) >> 7) & 1u)
#define EC_HVC         0x16u
#define EC_SMC64       0x17u
#define EC_MSR_MRS     0x18u
#define EC_IABT_LOWER  0x20u
#define EC_DABT_LOWER  0x24u

/* Fault status codes; or a level 0..3 into them. */
#define FSC_ADDRESS_SIZE 0x00u
#define FSC_TRANSLATION  0x04u
#define FSC_ACCESS_FLAG  0x08u
#define FSC_PERMISSION   0x0cu

static inline void
isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}

/* Everything that the current VMID left in a TLB, of stage 1 and stage 2, is gone afterwards. */
static inline void
tlbi_vmalls12e1is(void)
{
	__asm__ volatile("dsb ish\n\ttlbi vmalls12e1is\n\tdsb ish\n\tisb" : : : "memory");
}

#endif
