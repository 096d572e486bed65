/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * psci.c: see psci.h. Were the guest's calls to reach the firmware, it would start CPUs at EL2, where
 * nobody should be but the hypervisor. HCR_EL2.TSC traps them.
 */
#include "psci.h"

#include "firmware.h"
#include "report.h"
#include "smp.h"

#define PSCI_VERSION        UINT64_C(0x84000000)
#define PSCI_MIGRATE_INFO   UINT64_C(0x84000006)
#define PSCI_SYSTEM_OFF     UINT64_C(0x84000008)
#define PSCI_SYSTEM_RESET   UINT64_C(0x84000009)
#define PSCI_FEATURES       UINT64_C(0x8400000a)
#define PSCI_CPU_ON         UINT64_C(0xc4000003)
#define PSCI_AFFINITY_INFO  UINT64_C(0xc4000004)

#define PSCI_SUCCESS            0
#define PSCI_NOT_SUPPORTED      (-1)
#define PSCI_INVALID_PARAMETERS (-2)

static int64_t
features(uint64_t function)
{
	switch (function) {
	case PSCI_VERSION:
	case PSCI_MIGRATE_INFO:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES:
	case PSCI_CPU_ON:
	case PSCI_AFFINITY_INFO:
		return PSCI_SUCCESS;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

static int64_t
answer(const uint64_t *x)
{
	switch (x[0]) {
	case PSCI_VERSION:
	case PSCI_MIGRATE_INFO:
	case PSCI_AFFINITY_INFO:
		return firmware(x[0], x[1], x[2], x[3]);
	case PSCI_FEATURES:
		return features(x[1]);
	case PSCI_CPU_ON:
		return smp_start_guest(x[1], x[2], x[3]) ? PSCI_SUCCESS : PSCI_INVALID_PARAMETERS;
	case PSCI_SYSTEM_OFF:
		report_end();
	case PSCI_SYSTEM_RESET:
		report_panic();
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

void
psci_handle(struct vcpu *vcpu)
{
	vcpu->x[0] = (uint64_t)answer(vcpu->x);
}
