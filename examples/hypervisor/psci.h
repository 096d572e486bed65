/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* psci.h: the guest's calls of firmware, that start and stop CPUs. */
#ifndef PSCI_H
#define PSCI_H

#include "smp.h"

/* The guest has called, on this CPU. */
void psci_handle(struct cpu *cpu);

#endif
