/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* el1.c: see el1.h. */
#include "el1.h"

#include "sysreg.h"

/* By number where an assembler for Armv8.0 does not know the name. */
SYSREG_READ(midr_el1, "midr_el1")
SYSREG_READ(mpidr_el1, "mpidr_el1")
SYSREG_WRITE(vpidr_el2, "vpidr_el2")
SYSREG_WRITE(vmpidr_el2, "vmpidr_el2")
SYSREG_WRITE(cptr_el2, "cptr_el2")
SYSREG_WRITE(zcr_el2, "s3_4_c1_c2_0")
SYSREG_WRITE(smcr_el2, "s3_4_c1_c2_6")
SYSREG_WRITE(cnthctl_el2, "cnthctl_el2")
SYSREG_WRITE(cntvoff_el2, "cntvoff_el2")
SYSREG_WRITE(icc_sre_el2, "s3_4_c12_c9_5")

#define CPTR_NO_TRAPS UINT64_C(0x22ff) /* the RES1 bits, without TZ and TSM */
#define CNTHCTL_EL1   UINT64_C(3)      /* EL1 has the physical counter and timer */
#define ICC_SRE_ALL   UINT64_C(0xf)
#define LENGTH_ALL    UINT64_C(0xf) /* the longest vectors there are */
#define SMCR_FA64     (UINT64_C(1) << 31)

#define PFR0_SVE(pfr0) ((pfr0) >> 32 & 0xfu)
#define PFR1_SME(pfr1) ((pfr1) >> 24 & 0xfu)

static void
allow_vectors(void)
{
	write_cptr_el2(CPTR_NO_TRAPS);
	isb();
	if (PFR0_SVE(read_id_aa64pfr0()))
		write_zcr_el2(LENGTH_ALL);
	if (PFR1_SME(read_id_aa64pfr1()))
		write_smcr_el2(SMCR_FA64 | LENGTH_ALL);
}

void
el1_init(void)
{
	write_vpidr_el2(read_midr_el1());
	write_vmpidr_el2(read_mpidr_el1());
	allow_vectors();
	write_cnthctl_el2(CNTHCTL_EL1);
	write_cntvoff_el2(0);
	write_icc_sre_el2(ICC_SRE_ALL);
	write_sctlr_el1(SCTLR_RES1);
	isb();
}
