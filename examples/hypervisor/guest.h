/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* guest.h: what has to be ready in the guest's RAM before its first instruction. */
#ifndef GUEST_H
#define GUEST_H

/*
 * Put a device tree there: QEMU's, without the last CPU and with the RAM that the guest has. QEMU's
 * loader has put kernel and initial RAM disk into their frames.
 */
void guest_load(void);

#endif
