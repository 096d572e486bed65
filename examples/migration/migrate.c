/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* migrate.c: copy a VM's memory while it runs. docs/dirty-logging.md explains it. */
#include <s2pt/tracking.h>

#include "vm.h"

#include <string.h>

#define TRACKING_BIT 1u   /* the software bit of leaves that are logged */
#define BUDGET       256u /* entries for which the lock is held at a time */
#define ROUNDS       12u
#define FEW_PAGES    64u

/* What is left of a long operation. */
struct piece {
	s2pt_ipa ipa;
	uint64_t size;
};

static struct piece
all_memory(void)
{
	struct piece piece = { s2pt_ipa_of(RAM_IPA), RAM_BYTES };

	return piece;
}

/* After a call within a budget: is there more to be done? The guest has time for its faults. */
static bool
goes_on(struct vm *vm, struct piece *piece, const struct s2pt_op *op, enum s2pt_status status)
{
	vm_unlock(vm);
	if (status != S2PT_ERR_BUDGET)
		must(status, "a long operation");
	piece->ipa.addr += op->done;
	piece->size -= op->done;
	guest_run(vm, 16);
	return status == S2PT_ERR_BUDGET;
}

/* --- The log --------------------------------------------------------------------------------------- */

static void
split_blocks(struct vm *vm)
{
	struct s2pt_op op = { .budget = BUDGET };
	struct piece piece = all_memory();
	enum s2pt_status status;

	do {
		vm_lock_exclusive(vm);
		status = s2pt_table_split(&vm->table, &op, piece.ipa, piece.size, vm->table.format->granule_lg2);
	} while (goes_on(vm, &piece, &op, status));
}

static void
log_start(struct vm *vm)
{
	struct s2pt_op op = { .budget = BUDGET };
	struct piece piece = all_memory();
	enum s2pt_status status;

	if (vm->plan.eager)
		split_blocks(vm);
	do {
		vm_lock_exclusive(vm);
		status = s2pt_table_dirty_start(&vm->table, &op, piece.ipa, piece.size, TRACKING_BIT, 0);
		vm->logging = true;
	} while (goes_on(vm, &piece, &op, status));
}

/* Add the pages that were written to since the last call to vm->dirty. With @clear they are clean again. */
static void
log_collect(struct vm *vm, bool clear)
{
	struct s2pt_bitmap bitmap = { .base = s2pt_ipa_of(RAM_IPA), .size = RAM_BYTES, .word = vm->dirty };
	struct s2pt_op op = { .budget = BUDGET };
	struct piece piece = all_memory();
	enum s2pt_status status;

	do {
		vm_lock_exclusive(vm);
		status = s2pt_table_dirty_collect(&vm->table, &op, piece.ipa, piece.size, &bitmap,
						  clear ? S2PT_COLLECT_CLEAR : 0);
	} while (goes_on(vm, &piece, &op, status));
}

/* The 64 pages from @first on, of which @mask has a bit each, are about to be copied. */
static void
log_clear(struct vm *vm, uint32_t first, uint64_t mask)
{
	const struct s2pt_bitmap bits = { .base = s2pt_ipa_of(RAM_IPA + first * PAGE_BYTES),
					  .size = 64 * PAGE_BYTES,
					  .word = &mask };
	struct s2pt_op op = { 0 };

	vm_lock_exclusive(vm);
	must(s2pt_table_dirty_clear(&vm->table, &op, bits.base, bits.size, &bits), "s2pt_table_dirty_clear");
	vm_unlock(vm);
}

/* Add what a CPU has made dirty to vm->dirty. It stays dirty until log_clear(). */
void
log_take(struct vm *vm, struct cpu *cpu)
{
	struct s2pt_span span;

	while (s2pt_dirty_ring_take(&cpu->ring, &span))
		for (uint64_t at = 0; at < span.size; at += PAGE_BYTES) {
			const uint64_t page = (span.ipa.addr + at - RAM_IPA) / PAGE_BYTES;

			vm->dirty[page / 64] |= UINT64_C(1) << page % 64;
		}
}

/* Add the pages that were written to since the last round to vm->dirty. */
static void
log_read(struct vm *vm, bool last)
{
	if (!vm->plan.by_ring)
		log_collect(vm, last || !vm->plan.by_mask);
	for (unsigned n = 0; vm->plan.by_ring && n < CPUS; n++)
		log_take(vm, &vm->cpus[n]);
}

void
log_stop(struct vm *vm)
{
	struct s2pt_op op = { .budget = BUDGET, .max_lg2 = 21 };
	struct piece piece = all_memory();
	enum s2pt_status status;

	do {
		vm_lock_exclusive(vm);
		vm->logging = false;
		status = s2pt_table_dirty_stop(&vm->table, &op, piece.ipa, piece.size);
	} while (goes_on(vm, &piece, &op, status));
	piece = all_memory();
	do {
		vm_lock_exclusive(vm);
		status = s2pt_table_collapse(&vm->table, &op, piece.ipa, piece.size);
	} while (goes_on(vm, &piece, &op, status));
}

/* --- Copying --------------------------------------------------------------------------------------- */

static void
copy_page(struct vm *vm, uint32_t page)
{
	memcpy(vm->target + page * PAGE_BYTES, vm->memory + page * PAGE_BYTES, PAGE_BYTES);
	vm->copied++;
	guest_run(vm, 1);
}

/* Copy what vm->dirty names. Returns how many pages that were. */
static uint32_t
copy_dirty(struct vm *vm)
{
	uint32_t count = 0;

	for (uint32_t first = 0; first < PAGES; first += 64) {
		uint64_t mask = vm->dirty[first / 64];

		vm->dirty[first / 64] = 0;
		if (mask && vm->plan.by_mask)
			log_clear(vm, first, mask);
		for (uint32_t n = 0; n < 64; n++)
			if (mask >> n & 1u) {
				copy_page(vm, first + n);
				count++;
			}
	}
	return count;
}

/* --- The migration --------------------------------------------------------------------------------- */

void
migrate(struct vm *vm)
{
	log_start(vm);

	/* The first copy: all there is. */
	memset(vm->dirty, 0xff, sizeof(vm->dirty));
	copy_dirty(vm);

	/* Rounds: what has changed since, until little has. */
	do {
		vm->rounds++;
		vm_reclaim(vm, s2pt_ipa_of(RAM_IPA), 4 * PAGE_BYTES);
		log_read(vm, false);
	} while (copy_dirty(vm) > FEW_PAGES && vm->rounds < ROUNDS);

	/* The last round: the VM stands still, and nothing can change any more. */
	vm->stopped = true;
	log_read(vm, true);
	copy_dirty(vm);
}

/* --- The working set ------------------------------------------------------------------------------- */

uint64_t
working_set(struct vm *vm)
{
	uint64_t young[PAGES / 64] = { 0 };
	struct s2pt_bitmap bitmap = { .base = s2pt_ipa_of(RAM_IPA), .size = RAM_BYTES, .word = young };
	struct s2pt_op op = { 0 };

	vm_lock_shared(vm);
	must(s2pt_shared_age(&vm->table, &op, s2pt_ipa_of(RAM_IPA), RAM_BYTES, S2PT_AGE_CLEAR, &bitmap),
	     "s2pt_shared_age");
	vm_unlock(vm);
	return bitmap.pages;
}
