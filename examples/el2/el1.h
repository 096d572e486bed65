/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* el1.h: what an operating system finds at EL1. */
#ifndef EL1_H
#define EL1_H

/*
 * Give EL1 of this CPU what it would have without a hypervisor: timers, interrupt controller, floating
 * point, SVE, SME. Interrupts go straight to EL1. What traps beyond that (debug, PMU, fine-grained traps) is
 * left as QEMU resets it: off. Hardware may come up otherwise.
 */
void el1_init(void);

#endif
