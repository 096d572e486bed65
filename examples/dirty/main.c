/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * main.c: is every page that a guest writes reported, and every page that it uses?
 *
 *	tests/hardware/emu/run_dirty max build-aarch64/examples/dirty/dirty.elf
 *
 * Three CPUs run the engine's payload at EL1. The first CPU stays at EL2 and logs. Arguments
 * (-semihosting-config arg=...): names of layouts, to run these alone; "skip-all", to leave every TLBI
 * out and so to see that it is noticed. The exit status is 0 if all is well, 1 if not, 2 if something broke.
 *
 * To learn the library, read cpus.c (faults in parallel) and log.c (dirty pages, young pages).
 */
#include "cpu.h"
#include "cpus.h"
#include "flat.h"
#include "io.h"
#include "log.h"
#include "sysreg.h"
#include "trouble.h"
#include "vm.h"

SYSREG_READ(cntpct_el0, "cntpct_el0")
SYSREG_READ(cntfrq_el0, "cntfrq_el0")

int main(void);

static const struct layout layouts[] = {
	{ .name = "pages", .write_lg2 = PAGE_LG2 },
	{ .name = "fault", .blocks = true, .write_lg2 = PAGE_LG2 },
	{ .name = "eager", .blocks = true, .eager = true, .write_lg2 = PAGE_LG2 },
	{ .name = "whole", .blocks = true },
	{ .name = "hw-pages", .hardware = true },
	{ .name = "hw-eager", .hardware = true, .blocks = true, .eager = true },
	{ .name = "hw-whole", .hardware = true, .blocks = true },
};
#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static char arguments[128];

static void
print_counts(const struct log_counts *log, uint64_t ticks)
{
	struct cpu_counts cpu = cpus_counts();

	print(" rounds %lu dirty %lu changed %lu young %lu used %lu moved %lu", log->rounds, log->dirty, log->changed,
	      log->young, log->used, log->moved);
	print(" batches %lu faults %lu missing %lu access-flag %lu writes %lu", cpu.batches, cpu.faults, cpu.missing,
	      cpu.af, cpu.writes);
	print(" raced %lu splits %lu", cpu.raced, cpu.splits);
	print(" ms %lu\n", ticks * 1000u / read_cntfrq_el0());
}

static bool
run_layout(const struct layout *layout)
{
	uint64_t begin = read_cntpct_el0();
	struct log_counts log;
	bool good;

	trouble_begin();
	vm_begin(layout, has_word(arguments, "skip-all") ? EL2_SKIP_ALL : EL2_SKIP_NOTHING);
	cpus_reset();
	log = log_run();
	vm_end();
	print("layout %s", layout->name);
	good = trouble_end();
	print(good ? " ok" : " FAILED");
	print_counts(&log, read_cntpct_el0() - begin);
	return good;
}

int
main(void)
{
	unsigned ran = 0, failed = 0;
	bool any = false;

	machine_need_el2();
	flat_on();
	machine_arguments(arguments, sizeof(arguments));
	cpu_init();
	guest_init(PAGE_LG2);
	cpus_start();
	for (unsigned i = 0; i < LAYOUTS; i++)
		any |= has_word(arguments, layouts[i].name);
	for (unsigned i = 0; i < LAYOUTS; i++) {
		if ((any && !has_word(arguments, layouts[i].name)) || !vm_can(&layouts[i]))
			continue;
		failed += !run_layout(&layouts[i]);
		ran++;
	}
	print("dirty layouts %u failed %u\n", ran, failed);
	return failed != 0 || ran == 0;
}
