/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cpu.c: from ID registers to s2pt_features, and to errata. */
#include "cpu.h"

#include <s2pt/aarch64.h>

#include "io.h"
#include "sysreg.h"

/* Those of the CPU that starts: QEMU's are all alike. Else: of each, and s2pt_features_common(). */
static struct s2pt_features features;
static struct s2pt_errata errata;

void
cpu_init(void)
{
	struct s2pt_id_regs regs;

	s2pt_aarch64_id_regs(&regs);
	s2pt_features_from_id_regs(&features, &regs);
	s2pt_aarch64_add_errata(&errata);
}

const struct s2pt_errata *
cpu_errata(void)
{
	return &errata;
}

void
cpu_print_errata(void)
{
	static char text[800];

	s2pt_text_errata(text, sizeof(text), errata.set);
	print("errata %s%s\n", errata.unknown_cpu ? "unknown CPU " : "", text);
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
