/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * main.c: a hypervisor that runs Linux. `./dev linux` builds and boots it.
 *
 * To learn the library from it, read in this order:
 *   vm.c       a format, what memory is mapped as, a table, and the registers that make it the CPU's
 *   exit.c     a guest comes to EL2: faults, calls, firmware
 *   ram.c      ... its faults are mended; what cannot be is emulated or given back (el2/mmio.h, el2/abort.h)
 *   worker.c   what a hypervisor does to a running guest, one file for each:
 *              shape.c, forget.c, migrate.c, log.c
 * The rest is what a machine asks for: smp.c, psci.c, guest.c, report.c, and el1.c and fdt.c of el2.
 *
 * Arguments (-semihosting-config arg=...): "eager" maps all RAM at the beginning, in blocks, instead of
 * page by page as the guest comes by; "hardware" lets the CPU keep access flag and dirty state (VTCR_EL2.HA
 * and HD); "skip-all" leaves out every TLBI, to see that it is noticed; "map" ends with what the MMU makes of
 * every address, and stays there, for tools/qemu-dump.
 */
#include "cpu.h"
#include "fdt.h"
#include "flat.h"
#include "guest.h"
#include "io.h"
#include "layout.h"
#include "migrate.h"
#include "ram.h"
#include "smp.h"
#include "sysreg.h"
#include "test/map.h"
#include "vm.h"

#define PFR0_GIC(pfr0) ((pfr0) >> 24 & 0xfu)

int main(void);

int
main(void)
{
	static char arguments[128];

	machine_need_el2();
	if (!PFR0_GIC(read_id_aa64pfr0()))
		refuse("no GICv3: -machine virt,gic-version=3");
	flat_on();
	machine_arguments(arguments, sizeof(arguments));
	cpu_init();
	cpu_print_errata();
	smp_init(fdt_count((void *)(uintptr_t)MACHINE_FDT, "cpu@"));
	vm_init(has_word(arguments, "hardware"),
		has_word(arguments, "skip-all") ? EL2_SKIP_ALL : EL2_SKIP_NOTHING);
	map_init(has_word(arguments, "map"));
	ram_init();
	guest_load();
	migrate_init();
	/* Now that the guest is there: without FWB, mapping cleans what has been written through the caches. */
	if (has_word(arguments, "eager"))
		ram_map_all();
	smp_run_guest(&cpus[0], IMAGE_IPA, FDT_IPA);
}
