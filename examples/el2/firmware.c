/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* firmware.c: see firmware.h. */
#include "firmware.h"

#include <stddef.h>

#include "flat.h"

_Static_assert(sizeof(struct cpu_stack) == CPU_STACK, "cpu_entry.S begins below its members");

void cpu_entry(void);

int64_t
firmware(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	__asm__ volatile("smc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			 :
			 : "memory", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
			   "x16", "x17");
	return (int64_t)x0;
}

bool
cpu_start(uint64_t index, struct cpu_stack *stack, void (*main)(void *context), void *context)
{
	stack->main = main;
	stack->context = context;
	/* The CPU begins with its caches off: no line of its stack may be in anybody's. */
	flat_clean((uint64_t)(uintptr_t)stack, sizeof(*stack));
	return firmware(PSCI_CPU_ON, index, (uintptr_t)cpu_entry, (uintptr_t)&stack->main) == PSCI_SUCCESS;
}

void
cpu_stop(void)
{
	firmware(PSCI_CPU_OFF, 0, 0, 0);
}
