/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * main.c: does a guest always see what the engine's tables say, and never what they said before?
 *
 *	tests/hardware/emu/run_engine max build-aarch64/examples/engine/engine.elf 4k 4k
 *
 * Every scenario runs under every layout that the CPU can do. Arguments (-semihosting-config
 * arg=...): names of scenarios or layouts, to run these alone; one of "skip-all", "skip-ipa" and
 * "skip-vmalle1", to leave TLBIs out and so to see that the scenarios notice. The exit status is 0
 * if all is well, 1 if not, 2 if something broke.
 *
 * To learn the library, read host.c (a table, its registers, its faults), el2/host_aarch64.c (what
 * the engine asks of a host), and world.c (the operations).
 */
#include <s2pt/s2pt.h>

#include "check.h"
#include "cpu.h"
#include "flat.h"
#include "io.h"
#include "scenario.h"
#include "sysreg.h"
#include "world.h"

int main(void);

/* What makes invalidation better. Without it the engine has to do the same with less. */
#define BETTER (S2PT_FEAT_S2FWB | S2PT_FEAT_TLBIRANGE | S2PT_FEAT_TTL | S2PT_FEAT_BBML1 | \
		S2PT_FEAT_BBML2)
#define HARDWARE (S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM)

static const struct layout layouts[] = {
	{ .name = "4k", .granule = S2PT_GRANULE_4K },
	{ .name = "4k-traced", .granule = S2PT_GRANULE_4K, .without = BETTER, .traced = true },
	{ .name = "4k-dirty", .granule = S2PT_GRANULE_4K, .with = HARDWARE },
	{ .name = "4k-lpa2", .granule = S2PT_GRANULE_4K, .with = S2PT_FEAT_LPA2 },
	{ .name = "16k", .granule = S2PT_GRANULE_16K },
	{ .name = "64k", .granule = S2PT_GRANULE_64K },
};
#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static const struct scenario {
	const char *name;
	void (*run)(void);
	bool blocks; /* is about blocks */
} scenarios[] = {
	{ "demand", scenario_demand, false },
	{ "unmap", scenario_unmap, false },
	{ "remap", scenario_remap, false },
	{ "replace", scenario_replace, false },
	{ "protect", scenario_protect, false },
	{ "split", scenario_split, true },
	{ "collapse", scenario_collapse, true },
	{ "retype", scenario_retype, false },
	{ "move", scenario_move, false },
	{ "shared", scenario_shared, false },
	{ "teardown", scenario_teardown, false },
};
#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

static char arguments[256];
static enum el2_skip skip;
static unsigned ran, failed;

static void
add_counts(struct el2_counts *total, const struct el2_counts *more)
{
	total->requests += more->requests;
	total->tlbi_single += more->tlbi_single;
	total->tlbi_range += more->tlbi_range;
	total->tlbi_vmid += more->tlbi_vmid;
	total->local += more->local;
	total->clean_bytes += more->clean_bytes;
	total->icache_bytes += more->icache_bytes;
}

static void
print_counts(const struct layout *layout, const struct el2_counts *c)
{
	print("layout %s requests %lu single %lu range %lu vmid %lu local %lu", layout->name,
	      c->requests, c->tlbi_single, c->tlbi_range, c->tlbi_vmid, c->local);
	print(" clean-kib %lu icache-kib %lu\n", c->clean_bytes >> 10, c->icache_bytes >> 10);
}

static void
run_scenario(const struct layout *layout, const struct scenario *scenario)
{
	check_begin(layout->name, scenario->name);
	world_begin(layout, skip);
	scenario->run();
	world_end();
	ran++;
	failed += !check_end();
}

/* Does any of the arguments name a layout, a scenario? Then these alone. */
static bool
is_wanted(const char *name, bool any)
{
	return !any || has_word(arguments, name);
}

static void
run_layout(const struct layout *layout)
{
	struct el2_counts total = { 0 };
	bool any = false;

	for (unsigned i = 0; i < SCENARIOS; i++)
		any |= has_word(arguments, scenarios[i].name);
	for (unsigned i = 0; i < SCENARIOS; i++) {
		if (!is_wanted(scenarios[i].name, any) ||
		    (scenarios[i].blocks && !world_has_blocks(layout)))
			continue;
		run_scenario(layout, &scenarios[i]);
		add_counts(&total, &host.el2.counts);
	}
	print_counts(layout, &total);
}

static void
run_all(void)
{
	bool any = false;

	for (unsigned i = 0; i < LAYOUTS; i++)
		any |= has_word(arguments, layouts[i].name);
	for (unsigned i = 0; i < LAYOUTS; i++) {
		if (is_wanted(layouts[i].name, any) && host_can(&layouts[i]))
			run_layout(&layouts[i]);
	}
}

int
main(void)
{
	static char text[512];

	machine_need_el2();
	flat_on();
	machine_arguments(arguments, sizeof(arguments));
	skip = has_word(arguments, "skip-all") ? EL2_SKIP_ALL : has_word(arguments, "skip-ipa") ? EL2_SKIP_IPA
						      : has_word(arguments, "skip-vmalle1")     ? EL2_SKIP_VMALLE1
												: EL2_SKIP_NOTHING;
	cpu_init();
	s2pt_text_feats(text, sizeof(text), cpu_features()->feats);
	print("cpu pa_bits %u %s\n", (unsigned)cpu_features()->pa_bits, text);
	cpu_print_errata();
	run_all();
	print("engine scenarios %u failed %u\n", ran, failed);
	return failed != 0 || ran == 0;
}
