/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cpu.c: from ID registers to s2pt_features. */
#include "cpu.h"

#include <s2pt/aarch64.h>

#include "sysreg.h"

/* Those of the CPU that starts: QEMU's are all alike. Else: of each, and s2pt_features_common(). */
static struct s2pt_features features;

void
cpu_init(void)
{
	struct s2pt_id_regs regs;

	s2pt_aarch64_id_regs(&regs);
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
