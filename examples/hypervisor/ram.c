/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ram.c: see ram.h. */
#include "ram.h"

#include "io.h"
#include "report.h"
#include "vm.h"

#define PAGE_WORDS (PAGE_BYTES / sizeof(uint64_t))
#define HASH_PRIME UINT64_C(0x9e3779b97f4a7c15)

struct page pages[RAM_PAGES];

/* What is known of a block. */
static struct {
	bool mapped;  /* no page is missing but those that are out */
	bool full;    /* none is missing, and AF = 1 in all */
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

void
ram_check(uint32_t page)
{
	const struct page *p = &pages[page];

	if (!ram_sealed(p) || hash_of(page) == p->hash)
		return;
	report_error(p->out ? "a page was written while it was not mapped" :
			      "a page was written and the dirty log missed it", ram_ipa(page).addr);
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
ram_init(bool eager)
{
	struct s2pt_op op = { 0 };

	for (uint32_t page = 0; page < RAM_PAGES; page++)
		pages[page].frame = page;
	if (eager)
		must(s2pt_table_map(&vm.table, &op, s2pt_ipa_of(RAM_IPA), RAM_BYTES,
				    s2pt_pa_of(FRAMES), &vm.ram), "map all RAM");
}

/* Writes are let through and noted. */
static void
note_write(struct page *p, bool write)
{
	p->dirty |= write && p->logged;
}

/* Nothing was mapped. If now something is, another CPU was faster with the same. */
static void
page_in(uint32_t page, bool write)
{
	struct s2pt_op op = { .max_lg2 = PAGE_LG2 };
	struct page *p = &pages[page];
	enum s2pt_status status;

	ram_check(page);
	p->out = false;
	note_write(p, write);
	status = s2pt_table_map(&vm.table, &op, ram_ipa(page), PAGE_BYTES, ram_frame_pa(p->frame),
				ram_sealed(p) ? &vm.ram_clean : &vm.ram);
	if (status != S2PT_ERR_EXISTS)
		must(status, "s2pt_table_map");
}

/* Is it at home, and to be mapped with all rights? */
static bool
is_plain(uint32_t page)
{
	const struct page *p = &pages[page];

	return p->frame == page && !p->out && !p->logged;
}

static void
map_run(uint32_t page, uint32_t count)
{
	struct s2pt_op op = { .max_lg2 = PAGE_LG2 };

	must(s2pt_table_map(&vm.table, &op, ram_ipa(page), count * PAGE_BYTES, ram_frame_pa(page),
			    &vm.ram), "populate");
}

/* Answers whether nothing is missing now: what is being logged is left alone. */
static bool
map_missing(uint32_t page, uint32_t end, bool mapped)
{
	bool all = true;

	while (page < end) {
		uint32_t run = 0;

		while (page + run < end && is_plain(page + run))
			run++;
		if (run && !mapped)
			map_run(page, run);
		page += run;
		if (page < end && pages[page].out)
			page_in(page, false);
		all &= page == end || !pages[page].logged;
		page += !run;
	}
	return all;
}

void
ram_populate(uint32_t block)
{
	static const struct s2pt_change used = { .set_af = true };
	uint32_t page = block * BLOCK_PAGES;

	if (blocks[block].full)
		return;
	blocks[block].full = map_missing(page, page + BLOCK_PAGES, blocks[block].mapped);
	blocks[block].mapped |= blocks[block].full;
	ram_protect(page, BLOCK_PAGES, &used);
}

void
ram_unmap(uint32_t page, uint32_t count)
{
	struct s2pt_op op = { 0 };
	bool block = ram_in_block(page);

	must(s2pt_table_unmap(&vm.table, &op, ram_ipa(page), count * PAGE_BYTES), "s2pt_table_unmap");
	ram_count_split(page, block);
	for (uint32_t end = page + count; page < end; page++) {
		bool sealed = ram_sealed(&pages[page]);

		pages[page].out = true;
		blocks[page / BLOCK_PAGES].full = false;
		/* What the log took for clean is sealed already, and that hash is the older one. */
		if (!sealed)
			ram_seal(page);
	}
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

void
ram_protect(uint32_t page, uint32_t count, const struct s2pt_change *change)
{
	struct s2pt_op op = { 0 };
	bool block = ram_in_block(page);

	blocks[page / BLOCK_PAGES].full &= !change->clear_af;
	must(s2pt_table_protect(&vm.table, &op, ram_ipa(page), count * PAGE_BYTES, change),
	     "s2pt_table_protect");
	ram_count_split(page, block);
}

/* --- Faults ----------------------------------------------------------------------------------- */

/* Give the page a right that it had lost. */
static void
give(uint32_t page, const struct s2pt_change *rights)
{
	struct s2pt_op op = { 0 };
	bool block = ram_in_block(page);

	must(s2pt_table_relax(&vm.table, &op, ram_ipa(page), PAGE_BYTES, rights), "s2pt_table_relax");
	ram_count_split(page, block);
}

static bool
mend(uint32_t page, const struct s2pt_fault *fault)
{
	static const struct s2pt_change write = { .set_w = true, .ram = true };
	static const struct s2pt_change use = { .set_af = true, .ram = true };

	switch (fault->kind) {
	case S2PT_FAULT_TRANSLATION:
		page_in(page, fault->access == S2PT_FAULT_WRITE);
		return true;
	case S2PT_FAULT_ACCESS_FLAG:
		give(page, &use);
		return true;
	case S2PT_FAULT_PERMISSION:
		note_write(&pages[page], true);
		give(page, &write);
		return fault->access == S2PT_FAULT_WRITE;
	default:
		return false;
	}
}

bool
ram_fault(const struct s2pt_fault *fault)
{
	bool mended;

	if (!ram_has(fault->ipa))
		return false;
	vm_lock();
	mended = mend(ram_page_of(fault->ipa), fault);
	vm_unlock();
	return mended;
}
