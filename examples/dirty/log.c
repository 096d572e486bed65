/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * log.c: see log.h. A migration copies all pages, then those that were written meanwhile, and so on, until
 * it stops the guest for the last ones. Here everything is compared in every round: what differs from its
 * copy must be dirty by now, and in the last round nothing may differ.
 *
 * Beside that pages are aged, and some are unmapped, and by the layout live elsewhere when they come back.
 */
#include <s2pt/tracking.h>

#include "log.h"

#include "cpus.h"
#include "io.h"
#include "memory.h"
#include "trouble.h"
#include "vm.h"

#define LOGS         2u
#define ROUNDS       6u
#define BATCHES      2u /* of each CPU, between two rounds */
#define BUDGET       300u
#define UNMAP        128u /* pages at once, at most */
#define TRACKING_BIT 1u   /* of the software bits of a leaf */

static uint64_t dirty_word[PAGES / WORD_PAGES], young_word[PAGES / WORD_PAGES];
static bool excused[PAGES]; /* was not mapped all the time since the last ageing */
static struct log_counts counts;

static bool
has_bit(const uint64_t *word, unsigned page)
{
	return word[page / WORD_PAGES] >> page % WORD_PAGES & 1u;
}

static void
clear_words(uint64_t *word)
{
	for (unsigned i = 0; i < PAGES / WORD_PAGES; i++)
		word[i] = 0;
}

static unsigned
some(unsigned limit)
{
	static uint64_t state;

	return (unsigned)((hash(state++) >> 32) * limit >> 32);
}

/* --- Dirty pages ------------------------------------------------------------------------------ */

/* Report and clear in one go, in steps of a budget between which the guest's CPUs may fault. */
static void
collect(void)
{
	struct s2pt_bitmap bitmap = { .base = page_ipa(0), .size = WINDOW_BYTES, .word = dirty_word };
	enum s2pt_status status = S2PT_ERR_BUDGET;

	for (uint64_t at = 0; status == S2PT_ERR_BUDGET;) {
		struct s2pt_op op = { .budget = BUDGET };

		rwlock_write(&vm.lock);
		status = s2pt_table_dirty_collect(&vm.table, &op, s2pt_ipa_of(page_ipa(0).addr + at),
						  WINDOW_BYTES - at, &bitmap, S2PT_COLLECT_CLEAR);
		rwlock_write_done(&vm.lock);
		at += op.done;
	}
	must(status, "s2pt_table_dirty_collect");
}

/* Report first, and clear what was reported later, a word at a time. */
static void
collect_then_clear(void)
{
	struct s2pt_bitmap bitmap = { .base = page_ipa(0), .size = WINDOW_BYTES, .word = dirty_word };
	struct s2pt_op op = { 0 };

	rwlock_write(&vm.lock);
	must(s2pt_table_dirty_collect(&vm.table, &op, page_ipa(0), WINDOW_BYTES, &bitmap, 0),
	     "s2pt_table_dirty_collect");
	rwlock_write_done(&vm.lock);
	for (unsigned i = 0; i < PAGES / WORD_PAGES; i++) {
		if (!dirty_word[i])
			continue;
		rwlock_write(&vm.lock);
		must(s2pt_table_dirty_clear(&vm.table, &op, page_ipa(i * WORD_PAGES), WORD_PAGES * PAGE_BYTES,
					    &bitmap),
		     "s2pt_table_dirty_clear");
		rwlock_write_done(&vm.lock);
	}
}

/* Asked after the page was compared: an entry is marked before what is behind it is written. */
static bool
is_dirty(unsigned page)
{
	struct s2pt_found found;

	rwlock_read(&vm.lock);
	must(s2pt_table_lookup(&vm.table, page_ipa(page), &found), "s2pt_table_lookup");
	rwlock_read_done(&vm.lock);
	return s2pt_table_is_dirty(&vm.table, found.desc);
}

/* @last: the guest has stopped, and nothing is to come. */
static void
round(bool last)
{
	if (last || counts.rounds % 3u)
		collect();
	else
		collect_then_clear();
	for (unsigned page = 0; page < PAGES; page++) {
		if (!has_bit(dirty_word, page))
			continue;
		counts.changed += !memory_is_copied(page);
		memory_copy(page);
		counts.dirty++;
	}
	clear_words(dirty_word);
	for (unsigned page = 0; page < PAGES; page++) {
		if (memory_is_copied(page) || (!last && is_dirty(page)))
			continue;
		trouble(TROUBLE_MISSED, page, counts.rounds);
		memory_copy(page);
	}
	counts.rounds++;
}

/* --- Young pages, pages that go --------------------------------------------------------------- */

static void
age(void)
{
	struct s2pt_bitmap bitmap = { .base = page_ipa(0), .size = WINDOW_BYTES, .word = young_word };
	struct s2pt_op op = { 0 };
	uint32_t since = cpus_tick() - 1u;

	clear_words(young_word);
	rwlock_read(&vm.lock);
	must(s2pt_shared_age(&vm.table, &op, page_ipa(0), WINDOW_BYTES, S2PT_AGE_CLEAR, &bitmap),
	     "s2pt_shared_age");
	rwlock_read_done(&vm.lock);
	counts.young += bitmap.pages;
	for (unsigned page = 0; page < PAGES; page++) {
		bool used = cpus_used(page, since);

		counts.used += has_bit(young_word, page) && used;
		if (!excused[page] && !has_bit(young_word, page) && used)
			trouble(TROUBLE_UNSEEN, page, since);
		excused[page] = false;
	}
	cpus_tick();
}

/* Some pages go. What was dirty of them is copied in the next round, from where they are then. */
static void
unmap(unsigned first, unsigned count)
{
	struct s2pt_bitmap bitmap = { .base = page_ipa(0), .size = WINDOW_BYTES, .word = dirty_word };
	struct s2pt_op op = { .dirty = &bitmap };
	bool move = !vm.layout->blocks;

	rwlock_write(&vm.lock);
	for (unsigned page = first; page < first + count && move; page++)
		memory_turn(page);
	must(s2pt_table_unmap(&vm.table, &op, page_ipa(first), count * PAGE_BYTES), "s2pt_table_unmap");
	for (unsigned page = first; page < first + count; page++) {
		if (move)
			memory_move(page);
		excused[page] = true;
	}
	rwlock_write_done(&vm.lock);
	counts.moved += count;
}

/* Twice the same: a fault that has found something in between comes too late. */
static void
unmap_some(void)
{
	unsigned count = 1u + some(UNMAP), first = some(PAGES - count);

	unmap(first, count);
	cpus_wait(1);
	unmap(first, count);
}

/* --- A log, from its beginning to its end ----------------------------------------------------- */

static void
start(void)
{
	struct s2pt_op op = { 0 };

	rwlock_write(&vm.lock);
	if (vm.layout->eager)
		must(s2pt_table_split(&vm.table, &op, page_ipa(0), WINDOW_BYTES, vm.table.format->granule_lg2),
		     "s2pt_table_split");
	must(s2pt_table_dirty_start(&vm.table, &op, page_ipa(0), WINDOW_BYTES, TRACKING_BIT, 0),
	     "s2pt_table_dirty_start");
	vm_make_logged();
	vm.logging = true;
	rwlock_write_done(&vm.lock);
	for (unsigned page = 0; page < PAGES; page++)
		memory_copy(page);
}

/* What was split becomes blocks again: all pages are there, and all are alike. */
static void
make_blocks(void)
{
	static const struct s2pt_change used = { .set_af = true };
	struct s2pt_op op = { .max_lg2 = PAGE_LG2 };

	must(s2pt_table_map(&vm.table, &op, page_ipa(0), WINDOW_BYTES, memory_frame(0), &vm.ram),
	     "s2pt_table_map");
	must(s2pt_table_protect(&vm.table, &op, page_ipa(0), WINDOW_BYTES, &used), "s2pt_table_protect");
	op.max_lg2 = BLOCK_LG2;
	must(s2pt_table_collapse(&vm.table, &op, page_ipa(0), WINDOW_BYTES), "s2pt_table_collapse");
	for (unsigned page = 0; page < PAGES; page += (unsigned)(BLOCK_BYTES / PAGE_BYTES)) {
		struct s2pt_found found;

		must(s2pt_table_lookup(&vm.table, page_ipa(page), &found), "s2pt_table_lookup");
		if (found.size != BLOCK_BYTES)
			trouble(TROUBLE_WRONG, page, found.desc.raw);
	}
}

static void
stop(void)
{
	struct s2pt_op op = { 0 };

	rwlock_write(&vm.lock);
	must(s2pt_table_dirty_stop(&vm.table, &op, page_ipa(0), WINDOW_BYTES), "s2pt_table_dirty_stop");
	vm.logging = false;
	if (vm.layout->blocks)
		make_blocks();
	rwlock_write_done(&vm.lock);
}

static void
log_once(void)
{
	cpus_run(true);
	cpus_wait(BATCHES);
	start();
	for (unsigned i = 0; i < ROUNDS; i++) {
		cpus_wait(BATCHES);
		round(false);
		age();
		unmap_some();
	}
	cpus_wait(BATCHES);
	cpus_run(false);
	round(true);
	stop();
}

struct log_counts
log_run(void)
{
	counts = (struct log_counts){ 0 };
	for (unsigned page = 0; page < PAGES; page++)
		excused[page] = false;
	memory_init();
	for (unsigned i = 0; i < LOGS; i++)
		log_once();
	for (unsigned page = 0; page < PAGES; page++)
		memory_check(page);
	return counts;
}
