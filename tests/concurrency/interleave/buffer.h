/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* buffer.h: between the explorer and the memory accesses. */
#ifndef S2PT_TESTS_BUFFER_H
#define S2PT_TESTS_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

/* As many pages of memory can have stores of one CPU waiting for them. */
#define BUFFER_PAGES 7u

static inline uintptr_t
page_of(uintptr_t at)
{
	return at >> 12;
}

/* The page for which stores of @cpu wait in @slot, if there is one. */
bool buffer_page(unsigned cpu, unsigned slot, uintptr_t *at);
/* They become visible. */
void buffer_let_out(unsigned cpu, unsigned slot);
/* All buffers are empty, and nothing has been seen. */
void buffer_reset(void);

/* Stores of @cpu to a page, or to all (0), are about to become visible. */
void explore_let_out(unsigned cpu, uintptr_t page);

bool is_exploring(void);

#endif
