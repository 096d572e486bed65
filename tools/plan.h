/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* plan.h: what the two halves of `s2pt plan` share. */
#ifndef S2PT_TOOL_PLAN_H
#define S2PT_TOOL_PLAN_H

#include <s2pt/s2pt.h>
#include <stdbool.h>
#include <stdint.h>

/* A question. Sizes may be impossible: the library says so. */
struct plan {
	enum s2pt_granule granule;
	enum s2pt_space space;
	bool ipa_largest; /* ipa_bits is not looked at */
	uint8_t ipa_bits;
	uint8_t pa_bits; /* of VTCR_EL2.PS and of the CPU */
	uint8_t pbha;
	uint64_t start_level; /* as value_start_level has it */
	s2pt_feats feats;     /* that the CPU has besides FEAT_LPA, and that the table uses */
};

/* plan_format - the format that answers it, for a CPU that has just what it takes. */
enum s2pt_status plan_format(const struct plan *plan, struct s2pt_format *format);

/* plan_batch - CSV. Returns the exit status. */
int plan_batch(void);

#endif
