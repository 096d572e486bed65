/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* fields.h: the fields of one descriptor, with the bits that they take and the meaning of each. */
#ifndef S2PT_TOOL_FIELDS_H
#define S2PT_TOOL_FIELDS_H

#include <jansson.h>
#include <s2pt/s2pt.h>
#include <stdbool.h>

/*
 * fields_add - add the array "fields" to @report: name, bits, value, meaning, ref of each field of @desc at @level, and
 * of each run of bits that are set and that the format does not define there.
 * @both: HCR_EL2.FWB is not known: say MemAttr both ways.
 */
void fields_add(json_t *report, const struct s2pt_format *format, bool both, int level, s2pt_desc desc);

/* fields_add_stage1 - the same of a descriptor of stage 1 of the EL1&0 regime, and what it is. */
void fields_add_stage1(json_t *report, enum s2pt_granule granule, int level, uint64_t raw);

/* fields_like_stage1 - does a leaf of stage 2 have what few leaves of stage 2, and most of stage 1 have? */
bool fields_like_stage1(s2pt_desc desc);

#endif
