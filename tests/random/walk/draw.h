/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* draw.h: what the random walks draw. */
#ifndef S2PT_TESTS_WALK_DRAW_H
#define S2PT_TESTS_WALK_DRAW_H

#include <stdbool.h>

#include "random.h"

static inline bool
one_in(uint32_t n)
{
	return random_below(n) == 0;
}

static inline uint64_t
random_64(void)
{
	return (uint64_t)random_below(UINT32_MAX) << 32 | random_below(UINT32_MAX) | random_state >> 63;
}

/* A number of so many bits. */
static inline uint64_t
random_bits(unsigned bits)
{
	return bits < 64 ? random_64() & ((UINT64_C(1) << bits) - 1) : random_64();
}

#endif
