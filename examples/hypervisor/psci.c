/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * psci.c: see psci.h. Were the guest's calls to reach the firmware, it would start CPUs at EL2, where
 * nobody should be but the hypervisor. HCR_EL2.TSC traps them.
 */
#include "psci.h"

#include "firmware.h"
#include "report.h"
#include "smp.h"

/* QEMU's virt machine has one cluster of up to eight CPUs: MPIDR_EL1 is the number of the CPU. */
static int64_t
cpu_on(uint64_t index, uint64_t pc, uint64_t x0)
{
	if (index >= smp_hidden())
		return PSCI_INVALID_PARAMETERS;
	return smp_start_guest((unsigned)index, pc, x0) ? PSCI_SUCCESS : PSCI_ALREADY_ON;
}

static const uint32_t known[] = {
	PSCI_VERSION,
	PSCI_CPU_OFF,
	PSCI_MIGRATE_INFO,
	PSCI_SYSTEM_OFF,
	PSCI_SYSTEM_RESET,
	PSCI_FEATURES,
	PSCI_CPU_ON,
	PSCI_AFFINITY_INFO,
};

static int64_t
features(uint32_t function)
{
	for (size_t n = 0; n < sizeof(known) / sizeof(known[0]); n++)
		if (known[n] == function)
			return PSCI_SUCCESS;
	return PSCI_NOT_SUPPORTED;
}

/* The number of a function has 32 bits, whatever is above it in x0. */
static int64_t
answer(struct cpu *cpu, const uint64_t *x)
{
	switch ((uint32_t)x[0]) {
	case PSCI_VERSION:
	case PSCI_MIGRATE_INFO:
	case PSCI_AFFINITY_INFO:
		return firmware(x[0], x[1], x[2], x[3]);
	case PSCI_FEATURES:
		return features((uint32_t)x[1]);
	case PSCI_CPU_ON:
		return cpu_on(x[1], x[2], x[3]);
	case PSCI_CPU_OFF:
		smp_stop_guest(cpu);
		return PSCI_DENIED;
	case PSCI_SYSTEM_OFF:
		report_end(); /* does not return */
	case PSCI_SYSTEM_RESET:
		report_reset(); /* nor does this */
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

void
psci_handle(struct cpu *cpu)
{
	cpu->vcpu.x[0] = (uint64_t)answer(cpu, cpu->vcpu.x);
}
