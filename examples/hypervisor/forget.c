/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* forget.c: pages lose their mapping or their access flag, and get it again when the guest comes by. */
#include "io.h"
#include "ram.h"
#include "report.h"
#include "vm.h"
#include "worker.h"

#define WINDOW_PAGES 16u

static uint32_t
some_window(void)
{
	return worker_random(RAM_PAGES / WINDOW_PAGES) * WINDOW_PAGES;
}

/* A page whose log says clean is sealed already, and the hash is older than the unmapping. */
static void
put_out(uint32_t page)
{
	bool sealed = ram_sealed(&pages[page]);

	pages[page].out = true;
	if (!sealed)
		ram_seal(page);
}

void
forget_step(void)
{
	struct s2pt_op op = { 0 };
	uint32_t first = some_window();

	vm_lock();
	report_add(COUNT_SPLITS, ram_in_block(first));
	must(s2pt_table_unmap(&vm.table, &op, ram_ipa(first), WINDOW_PAGES * PAGE_BYTES),
	     "s2pt_table_unmap");
	for (uint32_t i = 0; i < WINDOW_PAGES; i++)
		put_out(first + i);
	report_add(COUNT_UNMAPPED, WINDOW_PAGES);
	vm_unlock();
}

void
age_step(void)
{
	static const struct s2pt_change unused = { .clear_af = true };

	vm_lock();
	ram_protect(some_window(), WINDOW_PAGES, &unused);
	report_add(COUNT_AGED, WINDOW_PAGES);
	vm_unlock();
}
