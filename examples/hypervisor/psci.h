/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* psci.h: the firmware's calls that start and stop CPUs: ours to it, and the guest's, which we trap. */
#ifndef PSCI_H
#define PSCI_H

#include <stdint.h>

#include "vcpu.h"

#define PSCI_SUCCESS 0

/* Start a CPU at EL2, with x0 = @context. */
int64_t psci_cpu_on(uint64_t index, uint64_t entry, uint64_t context);

/* The guest has called. */
void psci_handle(struct vcpu *vcpu);

#endif
