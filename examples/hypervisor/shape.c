/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* shape.c: blocks are split, and what is whole again becomes a block. The guest notices nothing. */
#include "io.h"
#include "ram.h"
#include "report.h"
#include "vm.h"
#include "worker.h"

#define WINDOW_BLOCKS 16u
#define BLOCK_BYTES   (UINT64_C(1) << BLOCK_LG2)

static uint64_t
blocks_from(uint32_t first)
{
	uint64_t blocks = 0;

	for (uint32_t i = 0; i < WINDOW_BLOCKS; i++)
		blocks += ram_in_block((first + i) * BLOCK_PAGES);
	return blocks;
}

static void
collapse(uint32_t first)
{
	struct s2pt_op op = { 0 };
	s2pt_ipa ipa = ram_ipa(first * BLOCK_PAGES);
	uint64_t size = WINDOW_BLOCKS * BLOCK_BYTES;
	uint64_t before;

	for (uint32_t i = 0; i < WINDOW_BLOCKS; i++)
		ram_populate(first + i);
	before = blocks_from(first);
	must(s2pt_table_collapse(&vm.table, &op, ipa, size), "s2pt_table_collapse");
	report_add(COUNT_COLLAPSES, blocks_from(first) - before);
}

static void
split(uint32_t first)
{
	struct s2pt_op op = { 0 };
	s2pt_ipa ipa = ram_ipa(first * BLOCK_PAGES);
	uint64_t size = WINDOW_BLOCKS * BLOCK_BYTES;

	report_add(COUNT_SPLITS, blocks_from(first));
	must(s2pt_table_split(&vm.table, &op, ipa, size, vm.table.format->granule_lg2), "s2pt_table_split");
}

void
shape_step(void)
{
	uint32_t first = worker_random(RAM_BLOCKS - WINDOW_BLOCKS + 1u);

	vm_lock();
	collapse(first);
	vm_unlock();
	vm_lock();
	split(first);
	vm_unlock();
}
