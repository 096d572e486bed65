/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * log.c: which pages does the guest write? As a live migration of the whole guest asks it: a window is
 * write-protected, and the first write to each page faults (ram.c). A few rounds over a window, then
 * another one.
 *
 * A round goes through the window in chunks. Those pages of a chunk that are clean must be what they were
 * when they were sealed; all are protected, and sealed again.
 */
#include "ram.h"
#include "report.h"
#include "vm.h"
#include "worker.h"

#define WINDOW_PAGES 2048u
#define CHUNK_PAGES  64u
#define ROUNDS       4u

static uint32_t window;  /* first page */
static uint32_t at;      /* how far this round is */
static unsigned rounds;  /* done; after the last one the window is given up */

/* What did the guest do to the chunk since the last round? */
static void
collect(uint32_t first)
{
	for (uint32_t page = first; page < first + CHUNK_PAGES; page++) {
		ram_check(page);
		report_add(COUNT_LOGGED, pages[page].logged);
		report_add(COUNT_DIRTY, pages[page].dirty);
	}
}

static void
protect(uint32_t first)
{
	static const struct s2pt_change no_writes = { .clear_w = true };

	ram_protect(first, CHUNK_PAGES, &no_writes);
	for (uint32_t page = first; page < first + CHUNK_PAGES; page++) {
		bool sealed = ram_sealed(&pages[page]);

		pages[page].logged = true;
		pages[page].dirty = false;
		if (!sealed)
			ram_seal(page);
	}
}

static void
release(uint32_t first)
{
	static const struct s2pt_change writes = { .set_w = true };

	for (uint32_t page = first; page < first + CHUNK_PAGES; page++) {
		pages[page].logged = false;
		pages[page].dirty = false;
	}
	ram_protect(first, CHUNK_PAGES, &writes);
}

static void
advance(void)
{
	at += CHUNK_PAGES;
	if (at < WINDOW_PAGES)
		return;
	at = 0;
	if (rounds++ < ROUNDS)
		return;
	rounds = 0;
	window = worker_random((RAM_PAGES - WINDOW_PAGES) / BLOCK_PAGES + 1u) * BLOCK_PAGES;
}

void
log_step(void)
{
	vm_lock();
	collect(window + at);
	if (rounds < ROUNDS)
		protect(window + at);
	else
		release(window + at);
	vm_unlock();
	advance();
}

void
log_stop(void)
{
	do {
		rounds = ROUNDS;
		log_step();
	} while (at);
}
