/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef S2PT_TESTS_SCENARIOS_H
#define S2PT_TESTS_SCENARIOS_H

#include "world.h"

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* Faults of enum seed, and the scenario that must show each. */
struct seeded {
	const char *name;
	enum seed seed;
	const char *scenario;
	const char *caught; /* by one of these names */
};

extern const struct seeded seeded[];
extern const size_t seeded_count;

#endif
