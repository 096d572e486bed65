/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* firmware.h: what firmware does for EL2 (PSCI, by SMC): start and stop CPUs. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

/* Functions of PSCI, and what they answer. */
#define PSCI_VERSION       0x84000000u
#define PSCI_CPU_OFF       0x84000002u
#define PSCI_MIGRATE_INFO  0x84000006u
#define PSCI_SYSTEM_OFF    0x84000008u
#define PSCI_SYSTEM_RESET  0x84000009u
#define PSCI_FEATURES      0x8400000au
#define PSCI_CPU_ON        0xc4000003u
#define PSCI_AFFINITY_INFO 0xc4000004u

#define PSCI_SUCCESS            0
#define PSCI_NOT_SUPPORTED      (-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_DENIED             (-3)
#define PSCI_ALREADY_ON         (-4)

#define CPU_STACK 0x4000

struct cpu_stack {
	_Alignas(16) uint8_t bytes[CPU_STACK - 16];
	void (*main)(void *context);
	void *context;
};

/*
 * Start CPU @index at EL2, with its MMU on, in @main, which must not return. False: firmware does not.
 */
bool cpu_start(uint64_t index, struct cpu_stack *stack, void (*main)(void *context), void *context);

/* Turn this CPU off. Returns only if firmware refuses. */
void cpu_stop(void);

/* Call firmware. */
int64_t firmware(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

#endif
