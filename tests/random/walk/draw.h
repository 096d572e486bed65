/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* draw.h: what the random walks draw. */
#ifndef S2PT_TESTS_WALK_DRAW_H
#define S2PT_TESTS_WALK_DRAW_H

#include <stdbool.h>
#include <stdlib.h>

#include <s2pt/fault.h>

#include "model.h"
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

/* Is a fault what its registers report? */
static inline bool
is_as_reported(const struct s2pt_fault *fault)
{
	struct s2pt_fault_regs regs;
	struct s2pt_fault again;

	return s2pt_fault_encode(fault, &regs) == S2PT_OK && s2pt_fault_decode(&regs, &again) == S2PT_OK &&
	       again.kind == fault->kind && again.level == fault->level && again.s1_walk == fault->s1_walk &&
	       again.ipa_known == fault->ipa_known && again.ipa_page_only == fault->ipa_page_only &&
	       again.ipa.addr == fault->ipa.addr && again.va_known == fault->va_known && again.va == fault->va;
}

/* struct s2pt_reader's read, of the machine's memory: the context is the model. */
static inline bool
read_model(void *context, uint64_t address, uint64_t *value)
{
	const uint64_t *at = model_virt(context, address);

	if (!at)
		return false;
	*value = *at;
	return true;
}

/* Run COUNT machines from FIRST on, as the command line says; returns how many. */
static inline uint64_t
run_machines(int argc, char **argv, void (*run)(uint64_t seed))
{
	const uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1,
		       count = argc > 2 ? strtoull(argv[2], NULL, 0) : 100;

	for (uint64_t seed = first; seed < first + count; seed++)
		run(seed);
	return count;
}

#endif
