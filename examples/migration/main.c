/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * migration: copies the memory of a simulated VM while its CPUs write to it, in each way that a log can be
 * kept, and compares. Without arguments every copy must be exact; with --no-tlbi the host forgets the
 * invalidations, writes go unnoticed, and every copy must be wrong.
 */
#include "vm.h"

#include <stdio.h>
#include <string.h>

static unsigned
pages_that_differ(const struct vm *vm)
{
	unsigned count = 0;

	for (uint64_t at = 0; at < RAM_BYTES; at += PAGE_BYTES)
		count += memcmp(vm->memory + at, vm->target + at, PAGE_BYTES) != 0;
	return count;
}

static void
report(const struct vm *vm, unsigned differ)
{
	const char *blocks = vm->plan.eager    ? "split first,"
			   : vm->plan.hardware ? "left whole,"
					       : "split on fault,";

	printf("%s dirty state, blocks %-15s cleared %-9s %2u rounds, %5u pages copied, %u differ\n",
	       vm->plan.hardware ? "hardware" : "software", blocks,
	       vm->plan.by_ring   ? "by rings:"
	       : vm->plan.by_mask ? "by masks:"
				  : "at once:",
	       vm->rounds, vm->copied, differ);
}

/* The VM goes on where it is: nothing is logged any more, and its memory is in blocks again. */
static bool
go_on(struct vm *vm)
{
	struct s2pt_stats stats;
	uint64_t blocks, used;

	vm->stopped = false;
	log_stop(vm);
	s2pt_table_stats(&vm->table, &stats);
	blocks = stats.leaves[2 - S2PT_LEVEL_FIRST];
	working_set(vm);
	guest_run(vm, 500);
	used = working_set(vm);
	printf("         goes on with %ju blocks; used since: %ju pages\n", (uintmax_t)blocks, (uintmax_t)used);
	return blocks == 2 && used > 0 && used < PAGES;
}

/* Did the copy become what it should? */
static bool
try(const struct plan *plan)
{
	static struct vm vm;
	unsigned differ;
	bool sound;

	memset(&vm, 0, sizeof(vm));
	if (!vm_init(&vm, plan))
		return false;
	guest_run(&vm, 2000);
	migrate(&vm);
	differ = pages_that_differ(&vm);
	report(&vm, differ);
	sound = go_on(&vm);
	vm_free(&vm);
	return plan->no_tlbi ? differ > 0 : !differ && sound;
}

int
main(int argc, char **argv)
{
	struct plan plan = { .no_tlbi = argc == 2 && !strcmp(argv[1], "--no-tlbi") };
	bool sound = true;

	if (argc > 1 && !plan.no_tlbi) {
		fprintf(stderr, "usage: migration [--no-tlbi]\n");
		return 2;
	}
	for (unsigned n = 0; n < 12; n++) {
		plan.hardware = n / 6u;
		plan.eager = n / 3u % 2u;
		plan.by_mask = n % 3u;
		plan.by_ring = n % 3u == 2;
		/* Masks of 64 pages never make a block clean. Nobody tells a ring of what hardware makes dirty. */
		if (!plan.hardware || (!plan.by_ring && (plan.eager || !plan.by_mask)))
			sound = try(&plan) && sound;
	}
	return sound ? 0 : 1;
}
