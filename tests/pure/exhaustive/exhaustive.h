/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* exhaustive.h: counting what was compared, and saying what differed. */
#ifndef S2PT_TESTS_EXHAUSTIVE_H
#define S2PT_TESTS_EXHAUSTIVE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <s2pt/s2pt.h>

#include "ref.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define ALL_FEATS    ((UINT64_C(1) << S2PT_FEAT_COUNT) - 1u)

static uint64_t compared;
static uint64_t different;

/* Counts a comparison. Whether the caller should print what differed: the first few times. */
static inline bool
differs(bool same)
{
	compared++;
	if (same)
		return false;
	return ++different <= 20;
}

static inline int
verdict(const char *name)
{
	printf("%s: %" PRIu64 " comparisons, %" PRIu64 " differences\n", name, compared, different);
	return different || !compared;
}

#endif
