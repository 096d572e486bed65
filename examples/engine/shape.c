/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* shape.c: blocks into tables and back, other types of memory, and the end of a table. */
#include "scenario.h"
#include "world.h"

#define PAGES 64u

static const struct s2pt_change read_only = { .clear_w = true };
static const struct s2pt_change writable = { .set_w = true };
static const struct s2pt_change no_fetch = { .clear_x_el1 = true, .clear_x_el0 = true };
static const struct s2pt_change fetch = { .set_x_el1 = true, .set_x_el0 = true };

void
scenario_split(void)
{
	world_map(0, world.pages, MAP_W | MAP_BLOCK);
	world_check(0, world.pages);
	world_check_level(S2PT_LEVEL_LAST - 1);
	world_split(0, PAGES);
	world_check_level(S2PT_LEVEL_LAST);
	world_check(0, world.pages);
	world_protect(7, 1, &read_only);
	world_check(0, PAGES);
	world_move(9, 1);
	world_unmap(11, 2);
	world_swap(11, 2);
	world_check(0, PAGES);
	world_map(11, 1, MAP_W);
	world_map(12, 1, 0);
	world_check(0, PAGES);
	world_check(0, world.pages);
}

/* All equal, whatever hardware wrote to the one and not to the other: DBM goes with the right. */
static void
make_uniform(void)
{
	world_protect(0, world.pages, &read_only);
	world_protect(0, world.pages, &writable);
}

void
scenario_collapse(void)
{
	world_map(0, world.pages, MAP_W);
	world_check(0, world.pages);
	world_protect(world.pages - 1u, 1, &read_only);
	world_collapse();
	world_check_level(S2PT_LEVEL_LAST); /* one differs: nothing to collapse */
	world_check(0, world.pages);
	make_uniform();
	world_collapse();
	world_check_level(S2PT_LEVEL_LAST - 1);
	world_check(0, world.pages);
	world.budget = 100;
	world_split(0, world.pages);
	world_check_level(S2PT_LEVEL_LAST);
	world_check(0, world.pages);
	make_uniform();
	world_collapse();
	world_check_level(S2PT_LEVEL_LAST - 1);
	world_check(0, world.pages);
	world_move(0, world.pages);
	world_check(0, world.pages);
}

/* --- Other types of memory -------------------------------------------------------------------- */

static void
check_type(unsigned count, enum s2pt_memtype type)
{
	for (unsigned i = 0; i < count; i++) {
		s2pt_ipa ipa = s2pt_ipa_of(GUEST_WINDOW + ((uint64_t)i << world.page_lg2));
		struct s2pt_found found;
		struct s2pt_leaf leaf = { 0 };
		enum s2pt_status status = s2pt_table_lookup(&host.table, ipa, &found);
		s2pt_pa pa;

		if (status == S2PT_OK)
			status = s2pt_desc_leaf_decode(&host.format, found.level, found.desc, &pa,
						       &leaf);
		check(status == S2PT_OK, TROUBLE_STATUS, "lookup", ipa.addr, (uint64_t)status,
		      S2PT_OK);
		check(leaf.type == type, TROUBLE_STATUS, "type", ipa.addr, leaf.type, type);
	}
}

static void
retype(unsigned first, unsigned count, enum s2pt_memtype type)
{
	const struct s2pt_change change = {
		.retype = true,
		.type = type,
		.sh = S2PT_SH_ISH,
		.ram = true,
	};

	world_protect(first, count, &change);
}

void
scenario_retype(void)
{
	world_map(0, PAGES, MAP_W);
	world_check(0, PAGES);
	world_protect(0, PAGES, &no_fetch); /* as Non-cacheable and executable is not to be */
	retype(0, PAGES, S2PT_MEM_NORMAL_NC);
	check_type(PAGES, S2PT_MEM_NORMAL_NC);
	world_check(0, PAGES);
	world.batch = 3;
	world.budget = 10;
	retype(0, PAGES, S2PT_MEM_NORMAL_WB);
	check_type(PAGES, S2PT_MEM_NORMAL_WB);
	world_protect(0, PAGES, &fetch);
	world_check(0, PAGES);
}

/* --- The end ---------------------------------------------------------------------------------- */

/* Tables far apart and of all levels, so that there is something to be torn down. */
static void
map_far_and_wide(void)
{
	const struct s2pt_leaf leaf = { .type = S2PT_MEM_DEVICE_nGnRE, .sh = S2PT_SH_ISH, .r = true, .af = true };
	uint64_t bytes = UINT64_C(1) << world.page_lg2;
	struct s2pt_op op = { .max_lg2 = S2PT_GRANULE_4K };
	struct s2pt_mapping mapping;
	enum s2pt_status status = s2pt_mapping_init(&host.format, &leaf, 0, &mapping);

	for (unsigned i = 0; i < 24 && status == S2PT_OK; i++) {
		uint64_t ipa = (UINT64_C(0x5a00000000) + i * UINT64_C(0x123450000)) & ~(bytes - 1u);

		status = s2pt_table_map(&host.table, &op, s2pt_ipa_of(ipa), 3 * bytes,
					s2pt_pa_of(UINT64_C(0x09000000)), &mapping);
	}
	check(status == S2PT_OK, TROUBLE_STATUS, "map far and wide", 0, (uint64_t)status, S2PT_OK);
}

/* The tables are gone, and by the host's grace hold nothing valid: everything must fault. */
static void
check_gone(void)
{
	for (enum touch touch = TOUCH_LOAD; touch < TOUCH_COUNT; touch++) {
		struct answer answer = host_touch(touch, world.pages, 0, 0);

		if (check(answer.ending != ENDING_VALUE, TROUBLE_STALE_ACCESS,
			  "access under a table that is gone", touch, answer.value, 0))
			check(answer.ending == ENDING_FAULT &&
				      answer.fault.kind == S2PT_FAULT_TRANSLATION,
			      TROUBLE_FAULT,
			      "fault under a table that is gone", touch, answer.fault.kind,
			      S2PT_FAULT_TRANSLATION);
	}
}

void
scenario_teardown(void)
{
	struct s2pt_op op = { .budget = 3 };
	enum s2pt_status status;

	world_map(0, PAGES, MAP_W);
	if (world.blocks) {
		world_unmap(0, PAGES);
		world_map(0, world.pages, MAP_W | MAP_BLOCK);
		world_protect(5, 1, &read_only);
	}
	map_far_and_wide();
	world_check(0, PAGES);
	status = s2pt_table_destroy(&host.table, &op);
	check(status == S2PT_ERR_BUDGET, TROUBLE_STATUS, "destroy in steps", 0, (uint64_t)status,
	      S2PT_ERR_BUDGET);
	check_gone();
	status = s2pt_table_unmap(&host.table, &op, s2pt_ipa_of(GUEST_WINDOW), 0x10000);
	check(status == S2PT_ERR_DESTROYED, TROUBLE_STATUS, "unmap while closing", 0,
	      (uint64_t)status, S2PT_ERR_DESTROYED);
	world.budget = 2;
	world_destroy();
	check_gone();
}
