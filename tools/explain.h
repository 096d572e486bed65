/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* explain.h: what register values say, for the verbs that meet some. */
#ifndef S2PT_TOOL_EXPLAIN_H
#define S2PT_TOOL_EXPLAIN_H

#include "batch.h"
#include "registers.h"

#include <s2pt/s2pt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The registers that were given, and what they make when they are taken together. */
struct values {
	bool given[REG_COUNT];
	uint64_t is[REG_COUNT];
	struct s2pt_features cpu; /* as far as ID registers are given: else one that has everything */
	bool knows_cpu;
	bool has_format;
	struct s2pt_format format;
	struct s2pt_hcr hcr;
};

/* explain_find - the register of that name, in any case, with or without its _ELn. */
bool explain_find(struct batch_text name, enum reg *reg);

/* explain_summary - in a line, what the value of @reg says, among those that were given; or an empty one. */
void explain_summary(struct values *values, enum reg reg, char *buf, size_t size);

#endif
