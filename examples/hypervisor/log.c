/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * log.c: which pages does the guest write? As a live migration of the whole guest asks it: a few rounds
 * over a window, then another one. Who notices a write is the format's choice: hardware, or ram.c after a
 * fault. The log is the same.
 *
 * A round goes through the window in chunks. Those pages of a chunk that nobody has written must be what
 * they were when they were sealed; the others are sealed again. The guest may ask for a log itself (call.h).
 */
#include <s2pt/tracking.h>

#include "io.h"
#include "log.h"
#include "ram.h"
#include "report.h"
#include "vm.h"
#include "worker.h"

#define WINDOW_PAGES 2048u
#define CHUNK_BYTES  (LOG_PAGES * PAGE_BYTES)
#define ROUNDS       4u

#define TRACKING_BIT 1u /* of the software bits of a leaf, for a format that needs one */

static uint32_t window; /* first page */
static uint32_t at;     /* how far this round is */
static unsigned rounds; /* done. The first one begins the log, and after the last one it ends */

void
log_begin(uint32_t first)
{
	struct s2pt_op op = { 0 };
	bool block = ram_in_block(first);

	must(s2pt_table_dirty_start(&vm.table, &op, ram_ipa(first), CHUNK_BYTES, TRACKING_BIT, 0),
	     "s2pt_table_dirty_start");
	ram_count_split(first, block);
	vm_make_logged();
	for (uint32_t page = first; page < first + LOG_PAGES; page++)
		ram_log(page);
}

/* The pages are clean, and what they are now is what is copied. */
static void
seal(uint32_t first, uint64_t mask)
{
	for (uint32_t i = 0; i < LOG_PAGES; i++) {
		if (mask >> i & 1u) {
			ram_forget_dirty(first + i);
			ram_seal(first + i);
			report_add(COUNT_DIRTY, 1);
		} else {
			ram_check(first + i);
		}
	}
}

uint64_t
log_get(uint32_t first, bool clear)
{
	struct s2pt_op op = { 0 };
	uint64_t mask;

	must(s2pt_table_dirty_collect(&vm.table, &op, ram_ipa(first), CHUNK_BYTES, &ram_dirty,
				      clear ? S2PT_COLLECT_CLEAR : 0),
	     "s2pt_table_dirty_collect");
	mask = ram_dirty.word[first / LOG_PAGES];
	if (clear)
		seal(first, mask);
	return mask;
}

void
log_clear(uint32_t first, uint64_t mask)
{
	const struct s2pt_bitmap bits = { .base = ram_ipa(first), .size = CHUNK_BYTES, .word = &mask };
	struct s2pt_op op = { 0 };

	must(s2pt_table_dirty_clear(&vm.table, &op, bits.base, bits.size, &bits), "s2pt_table_dirty_clear");
	seal(first, mask);
}

/*
 * What did the guest do to the chunk since the last round? Every other chunk is read first and cleared
 * later, when the guest has had time to write on.
 */
static void
collect(uint32_t first)
{
	bool at_once = first / LOG_PAGES % 2u;
	uint64_t mask = log_get(first, at_once);

	if (!at_once) {
		vm_unlock();
		vm_lock();
		log_clear(first, mask);
	}
	report_add(COUNT_LOGGED, LOG_PAGES);
}

void
log_end(uint32_t first)
{
	struct s2pt_op op = { 0 };

	log_get(first, true);
	for (uint32_t page = first; page < first + LOG_PAGES; page++)
		pages[page].logged = false;
	must(s2pt_table_dirty_stop(&vm.table, &op, ram_ipa(first), CHUNK_BYTES), "s2pt_table_dirty_stop");
}

static void
advance(void)
{
	at += LOG_PAGES;
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
		log_begin(window + at);
	else
		collect(window + at);
	if (rounds == ROUNDS)
		log_end(window + at);
	vm_unlock();
	advance();
}

void
log_stop(void)
{
	uint32_t end = rounds ? WINDOW_PAGES : at; /* how far it had begun */

	for (at = 0; at < end; at += LOG_PAGES) {
		vm_lock();
		log_end(window + at);
		vm_unlock();
	}
	at = 0;
	rounds = 0;
}
