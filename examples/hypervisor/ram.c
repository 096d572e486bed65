/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ram.c: see ram.h. */
#include <s2pt/tracking.h>

#include "ram.h"

#include "io.h"
#include "report.h"
#include "vm.h"

#define PAGE_WORDS (PAGE_BYTES / sizeof(uint64_t))
#define HASH_PRIME UINT64_C(0x9e3779b97f4a7c15)

struct page pages[RAM_PAGES];

/* The rights that a page of RAM has back as soon as the guest needs one of them. */
#define READ_AND_EXECUTE .set_r = true, .set_x_el1 = true, .set_x_el0 = true, .ram = true

static uint64_t dirty_word[RAM_PAGES / 64u];
struct s2pt_bitmap ram_dirty = { .base.addr = RAM_IPA, .size = RAM_BYTES, .word = dirty_word };

/* What is known of a block. */
static struct {
	bool mapped; /* no page is missing but those that are out */
	bool full;   /* none is missing, and AF = 1 in all */
} blocks[RAM_BLOCKS];

/* --- Contents --------------------------------------------------------------------------------- */

static uint64_t
hash_of(uint32_t page)
{
	const uint64_t *word = ram_frame(page);
	uint64_t hash = 0;

	for (unsigned i = 0; i < PAGE_WORDS; i++)
		hash = (hash ^ word[i]) * HASH_PRIME;
	return hash;
}

void
ram_seal(uint32_t page)
{
	pages[page].hash = hash_of(page);
}

/* Asked after the page was looked at: hardware marks an entry before it writes what is behind it. */
static bool
is_dirty(uint32_t page)
{
	struct s2pt_found found;

	must(s2pt_table_lookup(&vm.table, ram_ipa(page), &found), "s2pt_table_lookup");
	return s2pt_table_is_dirty(&vm.table, found.desc);
}

void
ram_check(uint32_t page)
{
	const struct page *p = &pages[page];

	if (!ram_sealed(p) || hash_of(page) == p->hash)
		return;
	if (p->where != PAGE_IN)
		report_error("a page was written while it was not mapped", ram_ipa(page).addr);
	if (!is_dirty(page))
		report_error("a page was written and the dirty log missed it", ram_ipa(page).addr);
}

void
ram_log(uint32_t page)
{
	pages[page].logged = true;
	ram_forget_dirty(page);
	if (pages[page].where == PAGE_IN) /* else it is sealed already */
		ram_seal(page);
}

void
ram_forget_dirty(uint32_t page)
{
	dirty_word[page / 64u] &= ~(UINT64_C(1) << page % 64u);
}

void
ram_check_all(void)
{
	for (uint32_t page = 0; page < RAM_PAGES; page++)
		ram_check(page);
}

static uint64_t
poison_of(uint32_t frame, unsigned word)
{
	return HASH_PRIME * (frame * PAGE_WORDS + word + 1u);
}

void
ram_poison(uint32_t frame)
{
	uint64_t *word = (uint64_t *)(uintptr_t)ram_frame_pa(frame).addr;

	for (unsigned i = 0; i < PAGE_WORDS; i++)
		word[i] = poison_of(frame, i);
}

void
ram_check_poison(uint32_t frame)
{
	const uint64_t *word = (const uint64_t *)(uintptr_t)ram_frame_pa(frame).addr;

	for (unsigned i = 0; i < PAGE_WORDS; i++) {
		if (word[i] != poison_of(frame, i))
			report_error("a frame was written after its page had moved away",
				     (uint64_t)(uintptr_t)&word[i]);
	}
}

void
ram_copy(void *to, const void *from, uint64_t bytes)
{
	const uint64_t *source = from;
	uint64_t *target = to;

	for (uint64_t i = 0; i < bytes / sizeof(*target); i++)
		target[i] = source[i];
}

/* --- Mapping ---------------------------------------------------------------------------------- */

void
ram_init(void)
{
	for (uint32_t page = 0; page < RAM_PAGES; page++)
		pages[page].frame = page;
}

void
ram_map_all(void)
{
	struct s2pt_op op = { 0 };

	must(s2pt_table_map(&vm.table, &op, s2pt_ipa_of(RAM_IPA), RAM_BYTES, s2pt_pa_of(FRAMES), &vm.ram),
	     "map all RAM");
}

/*
 * Nothing was mapped. What was sealed must be what it was, and is looked at once, before anybody can write
 * to it. Answers S2PT_RACED where another CPU is at it, and the guest is to try again.
 */
static enum s2pt_status
page_in(struct s2pt_cursor *cursor, uint32_t page, uint32_t frame, uint64_t sequence)
{
	struct s2pt_map_request request = { .invalidate_seq = sequence, .lg2 = PAGE_LG2 };
	struct page *p = &pages[page];
	uint8_t where = PAGE_OUT;
	enum s2pt_status status;
	bool out = __atomic_compare_exchange_n(&p->where, &where, PAGE_COMING, false, __ATOMIC_ACQUIRE,
					       __ATOMIC_ACQUIRE);

	if (out)
		ram_check(page);
	else if (where == PAGE_COMING)
		return S2PT_RACED;
	status = s2pt_shared_map(&vm.table, cursor, &request, ram_ipa(page), ram_frame_pa(frame),
				 p->rom ? &vm.rom : p->logged ? &vm.ram_logged
							      : &vm.ram);
	if (out)
		__atomic_store_n(&p->where, status == S2PT_OK ? PAGE_IN : PAGE_OUT, __ATOMIC_RELEASE);
	return status;
}

/* Is it at home, and to be mapped as what its neighbours are? */
static bool
is_plain(uint32_t page)
{
	const struct page *p = &pages[page];

	return p->frame == page && !ram_sealed(p);
}

static void
map_run(uint32_t page, uint32_t count)
{
	struct s2pt_op op = { .max_lg2 = PAGE_LG2 };

	must(s2pt_table_map(&vm.table, &op, ram_ipa(page), count * PAGE_BYTES, ram_frame_pa(page),
			    &vm.ram),
	     "populate");
}

static void
map_missing(uint32_t page, uint32_t end, bool mapped)
{
	while (page < end) {
		uint32_t run = 0;

		while (page + run < end && is_plain(page + run))
			run++;
		if (run && !mapped)
			map_run(page, run);
		page += run;
		if (page == end)
			return;
		must(page_in(NULL, page, pages[page].frame, s2pt_table_invalidate_seq(&vm.table)), "populate");
		page++;
	}
}

static void
protect(uint32_t page, uint32_t count, const struct s2pt_change *change)
{
	struct s2pt_op op = { .dirty = &ram_dirty };
	bool block = ram_in_block(page);

	must(s2pt_table_protect(&vm.table, &op, ram_ipa(page), count * PAGE_BYTES, change), "s2pt_table_protect");
	ram_count_split(page, block);
}

void
ram_populate(uint32_t block)
{
	static const struct s2pt_change used = { .set_af = true, READ_AND_EXECUTE };
	uint32_t page = block * BLOCK_PAGES;

	if (blocks[block].full)
		return;
	protect(page, BLOCK_PAGES, &used);
	map_missing(page, page + BLOCK_PAGES, blocks[block].mapped);
	blocks[block].mapped = true;
	blocks[block].full = true;
}

void
ram_hide(uint32_t page)
{
	static const struct s2pt_change hide = { .clear_r = true, .clear_x_el1 = true, .clear_x_el0 = true };

	protect(page, 1, &hide);
	blocks[page / BLOCK_PAGES].full = false;
}

void
ram_write_protect(uint32_t page)
{
	static const struct s2pt_change no_write = { .clear_w = true };

	protect(page, 1, &no_write);
	pages[page].rom = true;
	ram_seal(page);
}

void
ram_unmap(uint32_t page, uint32_t count)
{
	struct s2pt_op op = { .dirty = &ram_dirty };
	bool block = ram_in_block(page);

	must(s2pt_table_unmap(&vm.table, &op, ram_ipa(page), count * PAGE_BYTES), "s2pt_table_unmap");
	ram_count_split(page, block);
	for (uint32_t end = page + count; page < end; page++) {
		bool dirty = dirty_word[page / 64u] >> page % 64u & 1u;

		/* What the log takes for clean is sealed already, and that hash is the older one. */
		if (!ram_sealed(&pages[page]) || (pages[page].where == PAGE_IN && dirty))
			ram_seal(page);
		pages[page].where = PAGE_OUT;
		blocks[page / BLOCK_PAGES].full = false;
	}
}

void
ram_aged(uint32_t page)
{
	blocks[page / BLOCK_PAGES].full = false;
}

bool
ram_read(uint64_t ipa, uint64_t *value)
{
	if (!ram_has(s2pt_ipa_of(ipa)))
		return false;
	vm_share();
	*value = ((uint64_t *)ram_frame(ram_page_of(s2pt_ipa_of(ipa))))[ipa % PAGE_BYTES / sizeof(*value)];
	vm_unshare();
	return true;
}

bool
ram_in_block(uint32_t page)
{
	struct s2pt_leaf leaf;
	int level;

	return vm_leaf(ram_ipa(page), &leaf, &level) && level < S2PT_LEVEL_LAST;
}

void
ram_count_split(uint32_t page, bool block)
{
	report_add(COUNT_SPLITS, block && !ram_in_block(page));
}

/* --- Faults ----------------------------------------------------------------------------------- */

/* A fault on what has rights, or is logged, as a whole, a block or a group: from here on this page is apart. */
static void
relax_apart(uint32_t page, bool write)
{
	struct s2pt_change rights = { READ_AND_EXECUTE };
	struct s2pt_op op = { 0 };
	bool block;

	vm_lock();
	rights.set_w = write && !pages[page].rom;
	block = ram_in_block(page);
	must(s2pt_table_relax(&vm.table, &op, ram_ipa(page), PAGE_BYTES, &rights), "s2pt_table_relax");
	ram_count_split(page, block);
	vm_unlock();
}

/* Causes of another kind than missing rights do not go away by more of them. A walk both reads and writes. */
static enum s2pt_status
relax(struct s2pt_cursor *cursor, const struct s2pt_fault *fault, uint32_t page)
{
	static const struct s2pt_change rights = { READ_AND_EXECUTE };
	enum s2pt_status status = S2PT_OK;

	if (fault->causes & ~S2PT_FAULT_CAUSE_DIRTY)
		return S2PT_ERR_READ_ONLY;
	if (fault->access != S2PT_FAULT_WRITE || fault->s1_walk) {
		status = s2pt_shared_relax(&vm.table, cursor, ram_ipa(page), &rights);
		report_add(COUNT_RELAXED, 1);
	}
	if (status == S2PT_OK && fault->access == S2PT_FAULT_WRITE)
		status = s2pt_shared_mark_dirty(&vm.table, cursor, ram_ipa(page), PAGE_LG2, NULL);
	return status;
}

static enum s2pt_status
mend(struct s2pt_cursor *cursor, const struct s2pt_fault *fault, uint32_t frame, uint64_t sequence)
{
	uint32_t page = ram_page_of(fault->ipa);

	switch (fault->kind) {
	case S2PT_FAULT_TRANSLATION:
		return page_in(cursor, page, frame, sequence);
	case S2PT_FAULT_ACCESS_FLAG:
		return s2pt_shared_set_af(&vm.table, cursor, ram_ipa(page));
	default:
		return relax(cursor, fault, page);
	}
}

/*
 * Beside the faults of other CPUs. Who has lost a race, or finds that the worker was faster, lets the
 * guest try again.
 */
bool
ram_fault(struct s2pt_cursor *cursor, const struct s2pt_fault *fault)
{
	uint64_t sequence = s2pt_table_invalidate_seq(&vm.table);
	enum s2pt_status status;
	uint32_t frame;

	if (!ram_has(fault->ipa))
		return false;
	frame = __atomic_load_n(&pages[ram_page_of(fault->ipa)].frame, __ATOMIC_RELAXED);
	vm_share();
	status = mend(cursor, fault, frame, sequence);
	vm_unshare();
	if (status == S2PT_ERR_READ_ONLY)
		return false;
	if (status == S2PT_ERR_EXCLUSIVE)
		relax_apart(ram_page_of(fault->ipa), fault->access == S2PT_FAULT_WRITE);
	else if (status != S2PT_RACED && status != S2PT_ERR_NOT_MAPPED)
		must(status, "a fault of the guest's");
	return true;
}
