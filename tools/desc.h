/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * desc.h: what `s2pt decode` and `s2pt encode` share: the columns of the format, and of the
 * descriptor's fields. What one of the two writes, the other reads.
 */
#ifndef S2PT_TOOL_DESC_H
#define S2PT_TOOL_DESC_H

#include "job.h"
#include "value.h"

#include <s2pt/s2pt.h>

/* The columns of the format; options have the same order. */
enum {
	DESC_GRANULE,
	DESC_PA_BITS,
	DESC_DS,
	DESC_FWB,
	DESC_FEATURES,
	DESC_SPACE,
	DESC_PBHA_MASK,
	DESC_LEVEL,
	DESC_FORMAT_END,
};

/* As columns, and as options. */
#define DESC_FORMAT_COLUMNS                                          \
	[DESC_GRANULE] = { "granule", &value_granule, false },       \
	[DESC_PA_BITS] = { "pa_bits", &value_pa_size, false },       \
	[DESC_DS] = { "ds", &value_bit, false },                     \
	[DESC_FWB] = { "fwb", &value_bit, false },                   \
	[DESC_FEATURES] = { "features", &value_table_feats, false }, \
	[DESC_SPACE] = { "space", &value_space, false },             \
	[DESC_PBHA_MASK] = { "pbha_mask", &value_nibble, false },    \
	[DESC_LEVEL] = { "level", &value_level, false }

#define DESC_FORMAT_OPTIONS                                                                           \
	{ "granule", &value_granule, "SIZE", "translation granule (4k):", false },                    \
		{ "pa", &value_pa_size, "N", "PA size in bits, VTCR_EL2.PS (48):", false },           \
		{ "ds", NULL, NULL, "VTCR_EL2.DS = 1: 52-bit 4k and 16k tables", false },             \
		{ "fwb", NULL, NULL, "HCR_EL2.FWB = 1", false },                                      \
		{ "features", &value_table_feats, "LIST", "in force in the table (base):", false },   \
		{ "space", &value_space, "WHICH", "IPA space (nonsecure):", false },                  \
		{ "pbha-mask", &value_nibble, "X", "VTCR_EL2.HWU62..HWU59, PBHA in use (0)", false }, \
	{                                                                                             \
		"level", &value_level, "LEVEL", "where the descriptor stands:", false                 \
	}

#define DESC_FORMAT_HELP                                                                         \
	"\nThe table has the largest IPA size, and with it the highest start level, that the\n"  \
	"format allows; with DS = 1 its shareability (VTCR_EL2.SH0) is ISH. lpa says that the\n" \
	"CPU has 52-bit physical addresses; 52 PA bits imply it. hafdbs sets VTCR_EL2.{HA,HD}.\n"

/* A format, remembered for as long as rows name the same one. */
struct desc_format {
	bool known;
	struct value values[DESC_FORMAT_END];
	enum s2pt_status status;
	struct s2pt_format format;
};

/*
 * desc_format - the format that the first DESC_FORMAT_END of @values name, with @values[DESC_LEVEL]
 * among its levels. A value that is not given is the option's default.
 *
 * A status of s2pt_format_init(), or S2PT_ERR_LEVEL where no start level reaches so far up.
 */
enum s2pt_status desc_format(struct desc_format *format, const struct value *values);

/* The yes-or-no fields of a leaf, in the columns' order. */
enum {
	DESC_R,
	DESC_W,
	DESC_X_EL1,
	DESC_X_EL0,
	DESC_AF,
	DESC_DBM,
	DESC_CONTIGUOUS,
	DESC_NT,
	DESC_FNXS,
	DESC_NS,
	DESC_EXEC_UNCACHED,
	DESC_FLAG_COUNT,
};

extern const char *const desc_flag_names[DESC_FLAG_COUNT];

/* desc_flag - the member of @leaf behind a flag. */
bool *desc_flag(struct s2pt_leaf *leaf, unsigned flag);

#endif
