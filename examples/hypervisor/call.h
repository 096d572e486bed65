/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * call.h: the page through which the guest talks to the hypervisor. Nothing is mapped there; each
 * access traps. A script uses it with `devmem`.
 *
 *	offset       read                                 write
 *	0x00         modes that the worker is in          modes that it is to be in (worker.h)
 *	0x08         -                                    the guest's verdict: 0 if all its data are right
 *	0x10         how the address is mapped: enum      an address
 *	             s2pt_memtype, or ~0
 *	0x18         -                                    the page at the address is not mapped (0), or may not
 *	                                                  be read or executed (1), until the guest comes by;
 *	                                                  or it is read-only, for good (2)
 *	0x20         which of the 64 pages around the     log writes to these pages (1), and no longer (0);
 *	             address were written: a bit each     not while the worker logs
 *	0x28         -                                    these of them are clean again: a bit each
 *	0x100 + 8n   count number n (report.h)            -
 */
#ifndef CALL_H
#define CALL_H

#include <stdint.h>

#include "vcpu.h"

/* The guest loads or stores at @offset, by an instruction that can be emulated (mmio.h). */
void call_handle(struct vcpu *vcpu, uint64_t esr, uint64_t offset);

#endif
