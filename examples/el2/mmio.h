/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* mmio.h: a load or store of the guest's that its hypervisor carries out in its place. */
#ifndef MMIO_H
#define MMIO_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu.h"

/*
 * Can it be? @esr: ESR_EL2 of a Data Abort. It describes (ISV) a load or store of one register without
 * write-back, and no other instruction.
 */
bool mmio_can(uint64_t esr);

/* Is it a store? Then what is stored: */
bool mmio_is_store(uint64_t esr);
uint64_t mmio_stored(const struct vcpu *vcpu, uint64_t esr);

/* The load has given this. */
void mmio_load(struct vcpu *vcpu, uint64_t esr, uint64_t value);

/* Go on behind the instruction. */
void mmio_skip(struct vcpu *vcpu, uint64_t esr);

#endif
