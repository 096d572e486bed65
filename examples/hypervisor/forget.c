/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* forget.c: pages lose their mapping or their access flag, and get it again when the guest comes by. */
#include <s2pt/tracking.h>

#include "io.h"
#include "ram.h"
#include "report.h"
#include "vm.h"
#include "worker.h"

#define WINDOW_PAGES 32u

static uint32_t
some_window(void)
{
	return worker_random(RAM_PAGES / WINDOW_PAGES) * WINDOW_PAGES;
}

void
forget_step(void)
{
	vm_lock();
	ram_unmap(some_window(), WINDOW_PAGES);
	report_add(COUNT_UNMAPPED, WINDOW_PAGES);
	vm_unlock();
}

/* Beside the guest's faults: nothing that a walk could be in goes away. */
void
age_step(void)
{
	uint32_t page = some_window();
	uint64_t word = 0;
	struct s2pt_bitmap young = { .base = ram_ipa(page), .size = WINDOW_PAGES * PAGE_BYTES, .word = &word };
	struct s2pt_op op = { 0 };

	vm_share();
	must(s2pt_shared_age(&vm.table, &op, ram_ipa(page), WINDOW_PAGES * PAGE_BYTES, S2PT_AGE_CLEAR,
			     &young),
	     "s2pt_shared_age");
	vm_unshare();
	ram_aged(page);
	report_add(COUNT_AGED, young.pages);
}
