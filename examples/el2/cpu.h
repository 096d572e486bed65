/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cpu.h: what this CPU can do, asked once. */
#ifndef CPU_H
#define CPU_H

#include <s2pt/s2pt.h>

/* Read the ID registers. */
void cpu_init(void);

/* What they say. */
const struct s2pt_features *cpu_features(void);

/* What it does otherwise than the architecture says. The features above are as the ID registers have them. */
const struct s2pt_errata *cpu_errata(void);
void cpu_print_errata(void);

static inline bool
cpu_has(s2pt_feats feats)
{
	return (cpu_features()->feats & feats) == feats;
}

/* ID_AA64MMFR0_EL1.PARange: the value for VTCR_EL2.PS that says "all that the CPU has". */
unsigned cpu_parange(void);

#endif
