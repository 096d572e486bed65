/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* guest.c: see guest.h. */
#include "guest.h"

#include "fdt.h"
#include "io.h"
#include "layout.h"
#include "ram.h"
#include "smp.h"

/* memory@40000000's reg: two cells of address, two of size. */
#define REG_SIZE_HIGH 2
#define REG_SIZE_LOW  3

/* The kernel's header, from byte 56 on: "ARM\x64" (Linux, Documentation/arm64/booting.rst). */
#define IMAGE_MAGIC      0x644d5241u
#define IMAGE_MAGIC_WORD 14

void
guest_load(void)
{
	void *fdt = (void *)(uintptr_t)MACHINE_FDT;
	const uint32_t *image = ram_frame(ram_page_of(s2pt_ipa_of(IMAGE_IPA)));
	char hidden[] = "cpu@0";
	uint32_t high;

	hidden[4] = (char)('0' + smp_hidden());
	fdt_drop(fdt, hidden);
	fdt_drop(fdt, "cpu-map");
	high = fdt_set(fdt, "memory@", "reg", REG_SIZE_HIGH, 0);
	if (fdt_set(fdt, "memory@", "reg", REG_SIZE_LOW, RAM_BYTES) < MACHINE_BYTES && !high)
		refuse("less than 512 MiB of memory: -m 512");
	if (image[IMAGE_MAGIC_WORD] != IMAGE_MAGIC)
		refuse("no kernel Image at 0x48200000: -device loader,file=Image,addr=0x48200000,force-raw=on");
	ram_copy(ram_frame(ram_page_of(s2pt_ipa_of(FDT_IPA))), fdt, fdt_bytes(fdt));
}
