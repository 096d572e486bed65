/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* stage2.h: the options that say which stage 2 a dump holds, for the verbs that read dumps. */
#ifndef S2PT_TOOL_STAGE2_H
#define S2PT_TOOL_STAGE2_H

#include "dump.h"
#include "value.h"

#include <s2pt/s2pt.h>

enum {
	STAGE2_VTCR,
	STAGE2_VTTBR,
	STAGE2_HCR,
	STAGE2_VSTCR,
	STAGE2_SPACE,
	STAGE2_FEATURES,
	STAGE2_CPU_PA,
	STAGE2_SYMBOL,
	STAGE2_END,
};

#define STAGE2_OPTIONS                                                                                            \
	{ "vtcr", &value_register, "X", "VTCR_EL2; needed", false },                                              \
		{ "vttbr", &value_register, "X", "VTTBR_EL2, or of the Secure space VSTTBR_EL2; needed", false }, \
		{ "hcr", &value_register, "X", "HCR_EL2 (1: VM = 1, FWB = 0)", false },                           \
		{ "vstcr", &value_register, "X", "VSTCR_EL2, of the Secure space", false },                       \
		{ "space", &value_space, "WHICH", "IPA space (nonsecure):", false },                              \
		{ "features", &value_table_feats, "LIST", "of the CPU (all but mte_perm):", false },              \
		{ "cpu-pa", &value_pa_size, "N", "PA size of the CPU (52; without lpa 48):", false },             \
	{                                                                                                         \
		"symbol", &value_file, "NAME", "the start table, in an ELF file: without --vttbr", false          \
	}

#define STAGE2_HELP                                                                                        \
	"\nDUMP is an ELF core of physical memory (QEMU's dump-guest-memory, kdump's), or a program; or\n" \
	"FILE@BASE, raw memory from that physical address on; or memory as gdb's x/512gx, QEMU's xp,\n"    \
	"hexdump -C or xxd print it, with its physical addresses. There may be several. The registers\n"   \
	"are taken as hardware takes them: what it ignores is ignored.\n"

/* A stage 2 that was asked for. */
struct stage2 {
	struct s2pt_features cpu;
	struct s2pt_format format;
	struct s2pt_walker walker;
};

/*
 * stage2_open - the stage 2 that the first STAGE2_END of @values say, and the dumps that @words name: dump_close().
 *
 * Returns 0, or an exit status, after a line on standard error: then nothing is to be closed.
 */
int stage2_open(struct stage2 *stage2, struct dump *dump, const char *verb, const struct value *values, char **words,
		size_t count);

/*
 * stage2_read - the stage 2 that the first STAGE2_END of @values say.
 *
 * Returns 0, or an exit status, after a line on standard error.
 */
int stage2_read(struct stage2 *stage2, const char *verb, const struct value *values);

#endif
