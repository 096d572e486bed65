/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* map.c: mapping on demand, unmapping, mapping anew, rights. */
#include "churn.h"
#include "scenario.h"
#include "world.h"

#define PAGES 64u /* fewer than the TLB holds, so that nothing goes by itself */

/* --- On demand -------------------------------------------------------------------------------- */

static unsigned faults, relaxed;

/* Nothing mapped: map. Even pages are read-only at first. */
static bool
demand_fault(const struct s2pt_fault *fault)
{
	static const struct s2pt_change write = { .set_w = true };
	unsigned i = churn_page_of(fault);
	bool missing;

	if (i == world.pages)
		return false;
	missing = !world.page[i].mapped;
	faults++;
	if (missing) {
		world_map(i, 1, i & 1u ? MAP_W : 0);
		return check(fault->kind == S2PT_FAULT_TRANSLATION, TROUBLE_FAULT, "kind of fault",
			     i, fault->kind, S2PT_FAULT_TRANSLATION);
	}
	relaxed++;
	if (!check(fault->kind == S2PT_FAULT_PERMISSION && fault->access == S2PT_FAULT_WRITE &&
			   !world.page[i].w,
		   TROUBLE_FAULT, "fault on what is mapped", i, fault->kind, 0))
		return false;
	world_relax(i, 1, &write);
	return true;
}

static void
yield_nothing(void)
{
}

void
scenario_demand(void)
{
	unsigned mapped = 0;

	faults = relaxed = 0;
	churn(8 * world.pages, demand_fault, yield_nothing);
	for (unsigned i = 0; i < world.pages; i++)
		mapped += world.page[i].mapped;
	check(faults == mapped + relaxed, TROUBLE_FAULT, "faults taken twice", 0, faults,
	      mapped + relaxed);
	world_check(0, world.pages);
	if (!world.blocks)
		return;
	/* And a block at once, where nothing is any more. */
	world_reset();
	world_check(0, world.pages);
	world_map(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
	world_check_level(S2PT_LEVEL_LAST - 1);
}

/* --- Unmapping -------------------------------------------------------------------------------- */

/* Runs of all kinds: one page, some, up to the end, the rest. */
static const struct {
	uint8_t first;
	uint8_t count;
} runs[] = { { 5, 1 }, { 8, 8 }, { 17, 3 }, { 40, 24 }, { 0, PAGES } };
#define RUNS (sizeof(runs) / sizeof(runs[0]))

void
scenario_unmap(void)
{
	world_map(0, PAGES, MAP_W);
	world_check(0, PAGES);
	for (unsigned i = 0; i < RUNS; i++) {
		world_unmap(runs[i].first, runs[i].count);
		world_check(0, PAGES);
		world_swap(runs[i].first, runs[i].count);
	}
	/* An annotation is nothing to the guest, and lasts until something is mapped. */
	world_annotate(0, PAGES, 0x1234);
	world_check(0, PAGES);
	world_map(0, PAGES, MAP_W);
	world_check(0, PAGES);
	if (!world.blocks)
		return;
	/* A hole in a block. */
	world_reset();
	world_map(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
	world_unmap(20, 3);
	world_check(0, PAGES);
	world_check(0, world.pages);
}

/* --- Other memory ----------------------------------------------------------------------------- */

void
scenario_remap(void)
{
	world_map(0, PAGES, MAP_W);
	world_check(0, PAGES);
	for (unsigned i = 0; i < RUNS; i++) {
		world_remap(runs[i].first, runs[i].count, MAP_W);
		world_check(0, PAGES);
	}
	if (!world.blocks)
		return;
	world_reset();
	world_map(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
	world_remap(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
	world_remap(0, world.pages, MAP_W);
	world_check(0, world.pages);
}

void
scenario_replace(void)
{
	world_map(0, PAGES, MAP_W);
	world_check(0, PAGES);
	for (unsigned i = 0; i < RUNS; i++) {
		world.batch = i;
		world_replace(runs[i].first, runs[i].count, MAP_W);
		world_check(0, PAGES);
	}
	if (!world.blocks)
		return;
	/* Pages over a block, a block over pages, a block over a block. */
	world_reset();
	world_map(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
	world_replace(16, 32, MAP_W);
	world_check(0, PAGES);
	world_replace(16, 32, MAP_W);
	world_check(0, world.pages);
	world_replace(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
	world_check_level(S2PT_LEVEL_LAST - 1);
	world_replace(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
}

/* --- Rights ----------------------------------------------------------------------------------- */

static const struct s2pt_change read_only = { .clear_w = true };
static const struct s2pt_change no_fetch = { .clear_x_el1 = true, .clear_x_el0 = true };
static const struct s2pt_change fetch = { .set_x_el1 = true, .set_x_el0 = true };
static const struct s2pt_change nothing = {
	.clear_r = true,
	.clear_w = true,
	.clear_x_el1 = true,
	.clear_x_el0 = true,
};
static const struct s2pt_change everything = {
	.set_r = true,
	.set_w = true,
	.set_x_el1 = true,
	.set_x_el0 = true,
	.set_af = true,
};
static const struct s2pt_change old = { .clear_af = true };

static void
change_pages(unsigned count)
{
	world_protect(8, 16, &read_only);
	world_check(0, count);
	world_protect(16, 16, &no_fetch);
	world_check(0, count);
	world_relax(18, 4, &fetch);
	world_check(0, count);
	world_protect(30, 9, &nothing);
	world_check(0, count);
	world_relax(8, 1, &everything);
	world_check(0, count);
	world_protect(0, PAGES, &everything);
	world_check(0, count);
	world_protect(3, 50, &old);
	world_check(0, count);
	world_relax(0, PAGES, &everything);
	world_check(0, count);
}

void
scenario_protect(void)
{
	world_map(0, PAGES, MAP_W);
	world_check(0, PAGES);
	change_pages(PAGES);
	world.budget = 5;
	change_pages(PAGES);
	if (!world.blocks)
		return;
	world.budget = 0;
	world_reset();
	world_map(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
	world_protect(0, world.pages, &read_only);
	world_check(0, world.pages);
	world_check_level(S2PT_LEVEL_LAST - 1);
	world_protect(0, world.pages, &everything);
	world_check(0, world.pages);
	change_pages(world.pages);
	world_check_level(S2PT_LEVEL_LAST);
}
