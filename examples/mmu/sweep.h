/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * sweep.h: rows in which the library's answer and the MMU's are compared, and what is known of the
 * places where the emulator leaves the architecture.
 *
 * A deviation is a named rule: a predicate, and the value that the emulator gives instead. A row in
 * which a rule speaks must show exactly that value. If it shows the library's value instead, the
 * deviation has gone and the rule with it: that is unexplained too.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stdint.h>

/* QEMU 7.2's deviations; sweep.c has each in a sentence. */
enum rule {
	RULE_NONE,
	RULE_D1,
	RULE_D2,
	RULE_D3,
	RULE_D4,
	RULE_D5,
	RULE_V1,
	RULE_V2,
	RULE_V3,
	RULE_V4,
	RULE_V5,
	RULE_V7,
	RULE_V9,
	RULE_COUNT,
};

struct sweep {
	const char *name;
	const char *text;                /* what is compared, for the reader */
	void (*run)(struct sweep *sweep);
	bool seed;                       /* expect something wrong, to see the comparison fail */
	uint32_t rows;
	uint32_t agree;
	uint32_t undefined;
	uint32_t deviating;
	uint32_t unexplained;
	uint32_t by_rule[RULE_COUNT];
};

struct row {
	uint64_t library;   /* what should be, as the library says it: mostly a PAR_EL1 value */
	uint64_t mmu;       /* what is */
	enum rule rule;     /* the rule that speaks about this row, or RULE_NONE */
	uint64_t emulator;  /* the value that the rule predicts */
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

/* The five lines that need no counting. */
void story(void);

#endif
