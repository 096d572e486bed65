/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* registers.h: the fields of the registers that stage 2 is about, and what each value of them means. */
#ifndef S2PT_TOOL_REGISTERS_H
#define S2PT_TOOL_REGISTERS_H

#include "value.h"

#include <stddef.h>
#include <stdint.h>

enum reg {
	REG_VTCR,
	REG_VTTBR,
	REG_HCR,
	REG_TCR,
	REG_MAIR,
	REG_ESR,
	REG_HPFAR,
	REG_FAR,
	REG_PAR,
	REG_MMFR0,
	REG_MMFR1,
	REG_MMFR2,
	REG_MMFR3,
	REG_MMFR4,
	REG_MIDR,
	REG_STE0,
	REG_STE1,
	REG_STE2,
	REG_STE3,
	REG_EVENT0,
	REG_EVENT1,
	REG_EVENT2,
	REG_EVENT3,
	REG_COUNT,
};

/*
 * A field. @values are the meanings from 0 on, separated by '|'; an empty one, or none, is not said. @say makes a
 * meaning of the number instead.
 */
struct reg_field {
	const char *name;
	uint8_t high, low;
	const char *values;
	void (*say)(uint64_t value, char *buf, size_t size);
};

struct reg_description {
	const char *name;
	const struct reg_field *fields; /* from the highest on; ends with a NULL name */
};

extern const struct reg_description reg_descriptions[REG_COUNT];

/* The fields of @reg when it has this value: those of ESR_EL2 and PAR_EL1 depend on it. */
const struct reg_field *reg_fields(enum reg reg, uint64_t value);

/* What the value of a field means, or "". */
const char *reg_meaning(const struct reg_field *field, uint64_t value, char *buf, size_t size);

static inline uint64_t
reg_get(const struct reg_field *field, uint64_t value)
{
	return value_bits(value, field->high, field->low);
}

#endif
