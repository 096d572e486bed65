/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * log.c: which pages does the guest write? As a live migration of the whole guest asks it: a few rounds
 * over a window, then another one. Who notices a write is the format's choice: hardware, or ram.c after a
 * fault. The log is the same.
 *
 * A round goes through the window in chunks. Those pages of a chunk that nobody has written must be what
 * they were when they were sealed; the others are sealed again.
 */
#include <s2pt/tracking.h>

#include "io.h"
#include "ram.h"
#include "report.h"
#include "vm.h"
#include "worker.h"

#define WINDOW_PAGES 2048u
#define CHUNK_PAGES  64u
#define CHUNK_BYTES  (CHUNK_PAGES * PAGE_BYTES)
#define ROUNDS       4u

#define TRACKING_BIT 1u /* of the software bits of a leaf, for a format that needs one */

static uint32_t window; /* first page */
static uint32_t at;     /* how far this round is */
static unsigned rounds; /* done. The first one begins the log, and after the last one it ends */

static void
start(uint32_t first)
{
	struct s2pt_op op = { 0 };
	bool block = ram_in_block(first);

	must(s2pt_table_dirty_start(&vm.table, &op, ram_ipa(first), CHUNK_BYTES, TRACKING_BIT),
	     "s2pt_table_dirty_start");
	ram_count_split(first, block);
	vm_make_logged();
	for (uint32_t page = first; page < first + CHUNK_PAGES; page++)
		ram_log(page);
}

/* What did the guest do to the chunk since the last round? */
static void
collect(uint32_t first)
{
	struct s2pt_op op = { 0 };

	must(s2pt_table_dirty_collect(&vm.table, &op, ram_ipa(first), CHUNK_BYTES, &ram_dirty, S2PT_COLLECT_CLEAR),
	     "s2pt_table_dirty_collect");
	for (uint32_t page = first; page < first + CHUNK_PAGES; page++) {
		if (!ram_take_dirty(page)) {
			ram_check(page);
			continue;
		}
		ram_seal(page);
		report_add(COUNT_DIRTY, 1);
	}
	report_add(COUNT_LOGGED, CHUNK_PAGES);
}

static void
stop(uint32_t first)
{
	struct s2pt_op op = { 0 };

	collect(first);
	for (uint32_t page = first; page < first + CHUNK_PAGES; page++)
		pages[page].logged = false;
	must(s2pt_table_dirty_stop(&vm.table, &op, ram_ipa(first), CHUNK_BYTES), "s2pt_table_dirty_stop");
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
	if (!rounds)
		start(window + at);
	else if (rounds < ROUNDS)
		collect(window + at);
	else
		stop(window + at);
	vm_unlock();
	advance();
}

void
log_stop(void)
{
	uint32_t end = rounds ? WINDOW_PAGES : at; /* how far it had begun */

	for (at = 0; at < end; at += CHUNK_PAGES) {
		vm_lock();
		stop(window + at);
		vm_unlock();
	}
	at = 0;
	rounds = 0;
}
