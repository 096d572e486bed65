/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cpu.c: from ID registers to s2pt_features. */
#include "cpu.h"

#include "sysreg.h"

/* Those of the CPU that starts: QEMU's are all alike. Else: of each, and s2pt_features_common(). */
static struct s2pt_features features;

void
cpu_init(void)
{
	struct s2pt_id_regs regs = { .value = {
					     [S2PT_ID_AA64MMFR0] = read_id_aa64mmfr0(),
					     [S2PT_ID_AA64MMFR1] = read_id_aa64mmfr1(),
					     [S2PT_ID_AA64MMFR2] = read_id_aa64mmfr2(),
					     [S2PT_ID_AA64MMFR3] = read_id_aa64mmfr3(),
					     [S2PT_ID_AA64MMFR4] = read_id_aa64mmfr4(),
					     [S2PT_ID_AA64ISAR0] = read_id_aa64isar0(),
					     [S2PT_ID_AA64ISAR1] = read_id_aa64isar1(),
					     [S2PT_ID_AA64PFR0] = read_id_aa64pfr0(),
					     [S2PT_ID_AA64PFR1] = read_id_aa64pfr1(),
					     [S2PT_ID_AA64PFR2] = read_id_aa64pfr2(),
				     } };

	s2pt_features_from_id_regs(&features, &regs);
}

const struct s2pt_features *
cpu_features(void)
{
	return &features;
}

unsigned
cpu_parange(void)
{
	return (unsigned)read_id_aa64mmfr0() & 0xfu;
}
