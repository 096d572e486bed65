/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* range.h: a run of entries, and what is wrong with a table, in words and as JSON: all that s2pt map writes agrees. */
#ifndef S2PT_TOOL_RANGE_H
#define S2PT_TOOL_RANGE_H

#include "report.h"
#include "tree.h"

#include <stddef.h>

/* What stands before the bits of a leaf that has no words. */
#define RANGE_RAW "raw="

/* Room for either text. */
#define RANGE_TEXT 300

/*
 * range_words - what the descriptor of a leaf says, without its kind and its address; and where something in it is
 * reserved, the descriptor as it is. Returns a place in @buf.
 */
const char *range_words(char *buf, size_t size, const struct s2pt_format *format, const struct tree_run *run);

/* range_problem_words - "the table of level 3 at 0x40003000, for IPA 0x200000 on, is not in the dump". */
void range_problem_words(char *buf, size_t size, enum tree_problem problem, const struct tree_place *place);

/* range_report - add the members of a run to @range. */
void range_report(json_t *range, const struct s2pt_format *format, const struct tree_run *run);

#endif
