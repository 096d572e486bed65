/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* exit.h: the guest has come to EL2. */
#ifndef EXIT_H
#define EXIT_H

#include <stdint.h>

#include "smp.h"

/* Do what it came for, so that it can go on. @esr: what vcpu_run() answered. */
void exit_handle(struct cpu *cpu, uint64_t esr);

#endif
