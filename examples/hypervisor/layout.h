/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * layout.h: who has which memory of QEMU's virt machine with 512 MiB of RAM.
 *
 *	          PA                                            IPA
 *	00000000  devices ------------------------------------> the same, but for the call page
 *	40000000  QEMU's device tree, hypervisor, its tables    RAM of the guest, 256 MiB
 *	48000000  home frames: the guest's page n lives in      |
 *	          frame n, unless it was migrated               50000000 nothing
 *	58000000  spare frames, for pages that were migrated
 *	4000000000, 8000000000  more devices -----------------> the same
 *
 * The guest's RAM is elsewhere in its address space than in the machine's, so that nothing goes well
 * by mistake. A device that writes to memory by itself would write to the wrong one: it would need an SMMU
 * with this table (examples/smmu). This machine has none.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdint.h>

#define PAGE_LG2    12u
#define PAGE_BYTES  (UINT64_C(1) << PAGE_LG2)
#define BLOCK_LG2   21u
#define BLOCK_PAGES (1u << (BLOCK_LG2 - PAGE_LG2))

#define MACHINE_FDT   UINT64_C(0x40000000)
#define MACHINE_BYTES UINT64_C(0x20000000)

#define RAM_IPA    UINT64_C(0x40000000)
#define RAM_BYTES  UINT64_C(0x10000000)
#define RAM_PAGES  (1u << 16)
#define RAM_BLOCKS (RAM_PAGES / BLOCK_PAGES)

#define FRAMES       UINT64_C(0x48000000)
#define SPARE_FRAMES 64u

/* Where the guest finds what QEMU's loader put into its frames (tests/hardware/linux/run says the same). */
#define FDT_IPA   RAM_IPA
#define IMAGE_IPA UINT64_C(0x40200000)

#define CALL_IPA UINT64_C(0x0b000000)

#define CPUS_MAX 8u

_Static_assert(RAM_BYTES == RAM_PAGES * PAGE_BYTES, "RAM_PAGES");

#endif
