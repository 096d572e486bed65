/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * sweep.h: rows in which the library's answer and the MMU's are compared, and what is known of the
 * places where the emulator leaves the architecture.
 *
 * Equality is agreement, whatever is known of emulators: an MMU that is right is right. A deviation
 * is a named rule: a predicate, and the very value that an emulator gives instead. A row that shows
 * neither the library's value nor that one is unexplained. Whether a deviation must be met is not
 * known here: it depends on the emulator's version, for which tests/hardware/emu has lists.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "par.h"

/* QEMU's deviations: sweep.c has each in a sentence, docs/deviations.md in full. */
enum rule {
	RULE_NONE,
	RULE_D1,
	RULE_D2,
	RULE_D3,
	RULE_D4,
	RULE_D5,
	RULE_D6,
	RULE_D7,
	RULE_D8,
	RULE_V1,
	RULE_V2,
	RULE_V3,
	RULE_V4,
	RULE_V5,
	RULE_V7,
	RULE_V9,
	RULE_V10,
	RULE_A1,
	RULE_COUNT,
};

struct sweep {
	const char *name;
	const char *text; /* what is compared, for the reader */
	void (*run)(struct sweep *sweep);
	bool seed;     /* expect something wrong, to see the comparison fail */
	bool avoid_a1; /* do not ask what ends some emulators */
	bool show;     /* print the first row of each deviation in full */
	uint32_t rows;
	uint32_t agree;
	uint32_t undefined;
	uint32_t deviating;
	uint32_t avoided;
	uint32_t unexplained;
	uint32_t by_rule[RULE_COUNT];
};

struct row {
	uint64_t library;  /* what should be, as the library says it: mostly a PAR_EL1 value */
	uint64_t also;     /* another answer that Arm allows, if it is not 0 */
	uint64_t mmu;      /* what is */
	enum rule rule;    /* the rule that speaks about this row, or RULE_NONE */
	uint64_t emulator; /* the value that the rule predicts */
	uint64_t older;    /* the same where D5 adds to it, if it is not 0 */

	/* Of rows with a rule: what was asked. */
	enum at at;
	uint64_t va;
	uint64_t ipa;      /* whose stage-2 entry it is about */
	const char *value; /* what the values above are, if not PAR_EL1 */
	bool own_stage1;   /* stage 1 is not that of stage1.h */
};

/* Count a row. True if it is unexplained and among the few that should be printed in full. */
bool sweep_row(struct sweep *sweep, const struct row *row);

/* Count a row in which the architecture allows more than one answer. */
static inline void
sweep_undefined(struct sweep *sweep)
{
	sweep->rows++;
	sweep->undefined++;
}

/* Count a row that is not asked because the answer is known to end an emulator. */
static inline void
sweep_avoid(struct sweep *sweep, enum rule rule)
{
	sweep->rows++;
	sweep->avoided++;
	sweep->by_rule[rule]++;
}

/* End the line of an unexplained row, whose caller has printed "unexplained NAME where". */
void sweep_print_row(const struct row *row);

/* The totals of a sweep for programs; those of all sweeps for people. */
void sweep_print(const struct sweep *sweep);
void sweep_print_prose(const struct sweep *sweeps, unsigned count);

/* The sweeps. */
void attr_sweep(struct sweep *sweep);
void format_sweep(struct sweep *sweep);
void oa_sweep(struct sweep *sweep);
void xnx_sweep(struct sweep *sweep);
void desc_sweep(struct sweep *sweep);
void walk_sweep(struct sweep *sweep);

/* The row as something to try elsewhere: registers, entries, instruction, result. */
void reproduce(const char *rule, const struct row *row);

/* The five lines that need no counting. */
void story(void);

#endif
