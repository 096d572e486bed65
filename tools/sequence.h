/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* sequence.h: the instructions that make what is stale be forgotten, as members of an answer. */
#ifndef S2PT_TOOL_SEQUENCE_H
#define S2PT_TOOL_SEQUENCE_H

#include <jansson.h>
#include <s2pt/s2pt.h>

/*
 * sequence_add - add "steps", and the rules that they follow ("ref"), to @report. Statuses as s2pt_tlbi_begin(); with
 * another than S2PT_OK nothing is added.
 */
enum s2pt_status sequence_add(json_t *report, const struct s2pt_format *format, const struct s2pt_tlbi_params *params,
			      const struct s2pt_tlbi_request *requests, size_t count);

#endif
