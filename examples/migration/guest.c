/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* guest.c: the simulation. It is hardware, and so it knows bit numbers. */
#include "vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALID (UINT64_C(1) << 0)
#define S2AP1 (UINT64_C(1) << 7)
#define AF    (UINT64_C(1) << 10)
#define DBM   (UINT64_C(1) << 51)

/* Most stores are to few pages. */
#define HOT_PAGES 48u
#define TRIES     8

static uint32_t
random_below(struct vm *vm, uint32_t limit)
{
	vm->state = vm->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((vm->state >> 32) * limit >> 32);
}

/* --- Translation ----------------------------------------------------------------------------------- */

struct leaf {
	uint64_t *entry;
	uint32_t first; /* page */
	uint32_t count;
};

static bool
note_leaf(void *context, const struct s2pt_run *run)
{
	struct leaf *leaf = context;

	/* What the host may only read, hardware writes. */
	leaf->entry = (uint64_t *)(uintptr_t)run->leaf;
	leaf->first = (uint32_t)((run->ipa.addr - RAM_IPA) / PAGE_BYTES);
	leaf->count = (uint32_t)(run->bytes / PAGE_BYTES);
	return false;
}

/* Walk for a store to @page, and cache what is found. Answers false, and with the kind, for a fault. */
static bool
walk(struct vm *vm, struct cpu *cpu, uint32_t page, enum s2pt_fault_kind *kind)
{
	const s2pt_ipa ipa = s2pt_ipa_of(RAM_IPA + page * PAGE_BYTES);
	struct leaf leaf = { .entry = NULL };
	const bool hardware = vm->plan.hardware;

	must(s2pt_table_visit(&vm->table, ipa, PAGE_BYTES, note_leaf, &leaf), "s2pt_table_visit");
	*kind = S2PT_FAULT_TRANSLATION;
	if (!leaf.entry)
		return false;
	*kind = S2PT_FAULT_ACCESS_FLAG;
	if (!(*leaf.entry & AF) && !hardware)
		return false;
	*leaf.entry |= AF;
	*kind = S2PT_FAULT_PERMISSION;
	if (!(*leaf.entry & S2AP1) && !(hardware && (*leaf.entry & DBM)))
		return false;
	*leaf.entry |= S2AP1;
	for (uint32_t n = leaf.first; n < leaf.first + leaf.count; n++)
		cpu->writable[n] = true;
	return true;
}

void
guest_forget(struct vm *vm, s2pt_ipa ipa, uint64_t size, bool local)
{
	for (unsigned c = 0; c < CPUS; c++)
		for (uint32_t page = 0; page < PAGES; page++)
			if ((!local || c == vm->current) && RAM_IPA + page * PAGE_BYTES - ipa.addr < size)
				vm->cpus[c].writable[page] = false;
}

/* --- Stores ---------------------------------------------------------------------------------------- */

static void
store(struct vm *vm, unsigned c)
{
	const uint32_t page = random_below(vm, random_below(vm, 64) ? HOT_PAGES : PAGES);
	const uint32_t word = random_below(vm, PAGE_BYTES / 8u);
	struct cpu *cpu = &vm->cpus[c];
	enum s2pt_fault_kind kind;

	for (unsigned tries = 0; !cpu->writable[page] && !walk(vm, cpu, page, &kind); tries++) {
		/* Faults wait while the host holds the lock: this store comes later. */
		if (vm->lock)
			return;
		if (tries == TRIES) {
			fprintf(stderr, "a CPU faults for ever\n");
			exit(1);
		}
		vm->current = c;
		vm_fault(vm, cpu, kind, s2pt_ipa_of(RAM_IPA + page * PAGE_BYTES));
	}
	memcpy(vm->memory + page * PAGE_BYTES + word * 8u, &vm->state, sizeof(vm->state));
}

void
guest_run(struct vm *vm, unsigned stores)
{
	for (unsigned n = 0; n < stores && !vm->stopped; n++)
		for (unsigned c = 0; c < CPUS; c++)
			store(vm, c);
}
