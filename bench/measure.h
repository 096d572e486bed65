/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef S2PT_BENCH_MEASURE_H
#define S2PT_BENCH_MEASURE_H

#include "bench.h"

/* How often, warm and cold: odd, so that a median is one of them. */
#define REPEAT_WARM 25
#define REPEAT_COLD 11

struct result {
	double yard_ns; /* a leaf of the yardstick, warm */
	double swap_ns; /* of YARD_CAS, where the workload swaps; else 0 */
	double ns;      /* a leaf, warm */
	double ns_cold;
	double ratio; /* by the yardstick, warm */
	double ratio_cold;
	struct counts counts;
};

/* Measure one workload. Answers false where the machine refused something. */
bool measure(const struct workload *workload, struct machine *m, struct result *result);

#endif
