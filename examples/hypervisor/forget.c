/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* forget.c: pages lose their mapping or their access flag, and get it again when the guest comes by. */
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

void
age_step(void)
{
	static const struct s2pt_change unused = { .clear_af = true };

	vm_lock();
	ram_protect(some_window(), WINDOW_PAGES, &unused);
	report_add(COUNT_AGED, WINDOW_PAGES);
	vm_unlock();
}
