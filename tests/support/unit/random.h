/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* random.h: numbers that look random, the same ones for the same seed. */
#ifndef S2PT_TESTS_RANDOM_H
#define S2PT_TESTS_RANDOM_H

#include <stdint.h>

static uint64_t random_state = 1;

static inline uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((random_state >> 32) * limit >> 32);
}

#endif
