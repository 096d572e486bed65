/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * main.c: does a running MMU agree with the library?
 *
 *	tests/hardware/emu/run max build-aarch64/examples/mmu/mmu.elf demo
 *
 * Arguments (-semihosting-config arg=...): names of sweeps, to run these alone; "demo", to be read
 * by people; "seed", to expect something wrong in each sweep and so to see that the comparison can
 * fail; "show", for the first row of each deviation in full (docs/deviations.md); "avoid-a1", not
 * to ask what ends QEMU 10.0.2. The exit status is 0 if every row is explained, 1 if not, 2 if
 * something broke.
 *
 * To learn the library, read cpu.c (features), stage2.c (a table and its registers), story.c
 * (memory types), and then the sweep of what you need: attr.c, format.c, oa.c, xnx.c, desc.c or walk.c.
 */
#include <s2pt/s2pt.h>

#include "cpu.h"
#include "io.h"
#include "sweep.h"
#include "sysreg.h"

int main(void);

static struct sweep sweeps[] = {
	{ .name = "attr", .run = attr_sweep, .text = "S1 MAIR, SH x S2 MemAttr, SH x FWB x CD x DS" },
	{ .name = "format", .run = format_sweep, .text = "VTCR_EL2 TG0 x T0SZ x SL0 x SL2 x DS x PS" },
	{ .name = "oa", .run = oa_sweep, .text = "each output address bit, layout and level" },
	{ .name = "xnx", .run = xnx_sweep, .text = "fetches at EL1 and EL0 under each XN" },
	{ .name = "desc", .run = desc_sweep, .text = "S2AP, AF, non-leaves, contiguous, S1 walks" },
	{ .name = "walk", .run = walk_sweep, .text = "random tables of both stages" },
};
#define SWEEPS ((unsigned)(sizeof(sweeps) / sizeof(sweeps[0])))

/* Run the sweeps that @arguments name, or all if they name none. Returns the unexplained rows. */
static uint32_t
run_sweeps(const char *arguments)
{
	uint32_t unexplained = 0;
	bool all = true;

	for (unsigned i = 0; i < SWEEPS; i++)
		all &= !has_word(arguments, sweeps[i].name);
	for (unsigned i = 0; i < SWEEPS; i++) {
		struct sweep *sweep = &sweeps[i];

		if (!all && !has_word(arguments, sweep->name))
			continue;
		sweep->seed = has_word(arguments, "seed");
		sweep->show = has_word(arguments, "show");
		sweep->avoid_a1 = has_word(arguments, "avoid-a1");
		sweep->run(sweep);
		unexplained += sweep->unexplained;
	}
	return unexplained;
}

static void
print_totals(void)
{
	for (unsigned i = 0; i < SWEEPS; i++) {
		if (sweeps[i].rows != 0)
			sweep_print(&sweeps[i]);
	}
}

static void
print_cpu(void)
{
	char text[512];

	s2pt_text_feats(text, sizeof(text), cpu_features()->feats);
	print("cpu pa_bits %u %s\n", (unsigned)cpu_features()->pa_bits, text);
}

int
main(void)
{
	static char arguments[256];
	uint32_t unexplained;
	bool demo;

	machine_need_el2();
	machine_arguments(arguments, sizeof(arguments));
	demo = has_word(arguments, "demo");
	cpu_init();
	if (demo)
		story();
	else
		print_cpu();
	unexplained = run_sweeps(arguments);
	if (demo)
		sweep_print_prose(sweeps, SWEEPS);
	else
		print_totals();
	print("%s\n", unexplained == 0
			      ? "the MMU agrees with the library on every defined row, but for deviations known by name"
			      : "the MMU DOES NOT AGREE with the library");
	return unexplained != 0;
}
