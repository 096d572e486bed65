/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* vcpu.h: the guest's registers, and the way into the guest and back. */
#ifndef VCPU_H
#define VCPU_H

#include <stdint.h>

/* start.S knows the offsets. */
struct vcpu {
	uint64_t x[31];
	uint64_t pc;
	uint64_t pstate; /* SPSR_EL1H or SPSR_EL0T */
};

/*
 * Enter the guest with these registers; return ESR_EL2 of the synchronous exception that brings it
 * back, with the registers as they were then. Any other exception ends the run.
 */
uint64_t vcpu_run(struct vcpu *vcpu);

#endif
