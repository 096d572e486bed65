/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* flat.h: EL2's own translation, which changes no address. */
#ifndef FLAT_H
#define FLAT_H

#include <stdint.h>

/*
 * Turn EL2's MMU and caches on: RAM is Normal Write-Back, what is below it Device. With the MMU off
 * every access of EL2 would be Device: past the caches that the guest and the walker use, and not
 * for the atomic accesses that hardware update of descriptors asks of the engine.
 */
void flat_on(void);

/* Clean and invalidate the data caches for memory, to the Point of Coherency, and wait. */
void flat_clean(uint64_t address, uint64_t bytes);

#endif
