/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* shared.c: pages that move while the guest uses them, and everything at once. */
#include "churn.h"
#include "scenario.h"
#include "world.h"

#define PAGES 64u

/* --- Moving ----------------------------------------------------------------------------------- */

void
scenario_move(void)
{
	world_map(0, PAGES, MAP_W);
	world_check(0, PAGES);
	for (unsigned batch = 0; batch < 4; batch++) {
		world.batch = batch;
		world_move(0, PAGES);
		world_check(0, PAGES);
	}
	for (unsigned i = 0; i < PAGES; i += 2)
		world_move(i, 1);
	world_check(0, PAGES);
	if (!world.blocks)
		return;
	world_reset();
	world_map(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
	world_move(0, world.pages);
	world_check(0, world.pages);
	world_check_level(S2PT_LEVEL_LAST - 1);
	world_move(30, 4); /* a part: the block is split first */
	world_check(0, PAGES);
	world_check_level(S2PT_LEVEL_LAST);
	world_check(0, world.pages);
}

/* --- Everything at once ----------------------------------------------------------------------- */

static const struct s2pt_change read_only = { .clear_w = true };
static const struct s2pt_change writable = { .set_w = true };

/* What a read-only page held when it became so: that stays until it is writable again. */
static uint64_t sum[WORLD_PAGES_MAX];

static uint64_t
sum_of(unsigned page)
{
	const uint64_t *frame = world_frame(page);
	uint64_t x = 0;

	for (unsigned i = 0; i < FRAME_DATA_WORDS; i++)
		x = (x << 1 | x >> 63) ^ frame[i];
	return x;
}

static void
check_sum(unsigned page)
{
	if (world.page[page].mapped && !world.page[page].w)
		check(sum_of(page) == sum[page], TROUBLE_STALE_ACCESS, "read-only page has changed",
		      page, sum_of(page), sum[page]);
}

static bool
shared_fault(const struct s2pt_fault *fault)
{
	unsigned i = churn_page_of(fault);

	if (i == world.pages)
		return false;
	if (!world.page[i].mapped) {
		world_map(i, 1, MAP_W);
		return check(fault->kind == S2PT_FAULT_TRANSLATION, TROUBLE_FAULT, "kind of fault",
			     i, fault->kind, S2PT_FAULT_TRANSLATION);
	}
	if (!check(fault->kind == S2PT_FAULT_PERMISSION && !world.page[i].w, TROUBLE_FAULT,
		   "fault on what is mapped", i, fault->kind, 0))
		return false;
	check_sum(i);
	world_relax(i, 1, &writable);
	return true;
}

/* How many pages from @first on are mapped, at most @count? */
static unsigned
run_from(unsigned first, unsigned count)
{
	unsigned n = 0;

	while (n < count && first + n < world.pages && world.page[first + n].mapped)
		n++;
	return n;
}

static void
shared_move(unsigned first, unsigned count)
{
	count = run_from(first, count);
	if (count)
		world_move(first, count);
}

static void
shared_unmap(unsigned first, unsigned count)
{
	if (first + count > world.pages)
		count = world.pages - first;
	for (unsigned i = 0; i < count; i++)
		check_sum(first + i);
	world_unmap(first, count);
	world_swap(first, count);
}

static void
shared_protect(unsigned first, unsigned count)
{
	count = run_from(first, count);
	if (!count)
		return;
	for (unsigned i = 0; i < count; i++)
		check_sum(first + i);
	world_protect(first, count, &read_only);
	for (unsigned i = 0; i < count; i++)
		sum[first + i] = sum_of(first + i);
}

/* Bring all to side 0, writable, so that one block can map it. */
static void
shared_collapse(void)
{
	for (unsigned i = 0; i < world.pages; i++) {
		check_sum(i);
		if (!world.page[i].mapped)
			world_map(i, 1, MAP_W);
	}
	for (unsigned i = 0; i < world.pages; i++) {
		if (world.page[i].side == 1)
			world_move(i, 1);
	}
	world_protect(0, world.pages, &read_only); /* no DBM here and there: all alike */
	world_protect(0, world.pages, &writable);
	world_collapse();
	if (world.blocks)
		world_check_level(S2PT_LEVEL_LAST - 1);
}

/* The guest has stopped for a moment: do something to it. */
static void
shared_yield(void)
{
	unsigned first = world_random(world.pages);
	unsigned count = 1u + world_random(12);
	unsigned dice = world_random(400);

	world.budget = world_random(4) ? 0 : 1u + world_random(6);
	world.batch = world_random(5);
	if (dice < 2)
		shared_collapse();
	else if (dice < 150)
		shared_move(first, count);
	else if (dice < 280)
		shared_unmap(first, count);
	else
		shared_protect(first, count);
}

void
scenario_shared(void)
{
	world_map(0, world.pages, MAP_W | MAP_BLOCK);
	churn(16 * 1000, shared_fault, shared_yield);
	for (unsigned i = 0; i < world.pages; i++)
		check_sum(i);
	world.budget = 0;
	world_check(0, world.pages);
}
