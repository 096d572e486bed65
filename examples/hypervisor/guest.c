/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* guest.c: see guest.h. */
#include "guest.h"

#include "fdt.h"
#include "layout.h"
#include "ram.h"
#include "smp.h"

/* memory@40000000's reg: two cells of address, two of size. */
#define REG_SIZE_LOW 3

void
guest_load(void)
{
	void *fdt = (void *)(uintptr_t)MACHINE_FDT;
	char hidden[] = "cpu@0";

	hidden[4] = (char)('0' + smp_hidden());
	fdt_drop(fdt, hidden);
	fdt_drop(fdt, "cpu-map");
	fdt_set(fdt, "memory@", "reg", REG_SIZE_LOW, RAM_BYTES);
	ram_copy(ram_frame(ram_page_of(s2pt_ipa_of(FDT_IPA))), fdt, fdt_bytes(fdt));
}
