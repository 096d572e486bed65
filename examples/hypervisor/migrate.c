/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* migrate.c: see migrate.h. */
#include "migrate.h"

#include "io.h"
#include "ram.h"
#include "report.h"
#include "vm.h"
#include "worker.h"

/* For each spare frame: is a page there, and which? */
static struct {
	bool taken;
	uint32_t page;
} spare[SPARE_FRAMES];

static uint32_t
spare_frame(unsigned i)
{
	return RAM_PAGES + i;
}

void
migrate_init(void)
{
	for (unsigned i = 0; i < SPARE_FRAMES; i++)
		ram_poison(spare_frame(i));
}

void
migrate_check(void)
{
	for (unsigned i = 0; i < SPARE_FRAMES; i++)
		ram_check_poison(spare[i].taken ? spare[i].page : spare_frame(i));
}

/* Between break and make: no CPU can reach either frame. */
static void
copy(void *context, s2pt_pa from, s2pt_pa to, uint64_t bytes)
{
	(void)context;
	ram_copy((void *)(uintptr_t)to.addr, (const void *)(uintptr_t)from.addr, bytes);
}

/*
 * Move a page, if it is mapped. Nobody has any business in its old frame from now on. A fault that has found
 * that frame must be refused by the sequence value, so pages[] changes before the table does.
 */
static bool
migrate(uint32_t page, uint32_t frame)
{
	struct s2pt_op op = { 0 };
	uint32_t before = pages[page].frame;
	struct s2pt_leaf leaf;
	int level;

	ram_check_poison(frame);
	if (!vm_leaf(ram_ipa(page), &leaf, &level))
		return false;
	__atomic_store_n(&pages[page].frame, frame, __ATOMIC_RELAXED);
	must(s2pt_table_move(
		     &vm.table, &op, ram_ipa(page), PAGE_BYTES,
		     &(struct s2pt_move){ .from = ram_frame_pa(before), .to = ram_frame_pa(frame), .copy = copy }),
	     "s2pt_table_move");
	ram_poison(before);
	ram_count_split(page, level < S2PT_LEVEL_LAST);
	report_add(COUNT_MIGRATIONS, 1);
	return true;
}

/* Each spare frame in turn takes a page in, or sends it home. */
void
migrate_step(void)
{
	static unsigned turn;
	unsigned i = turn++ % SPARE_FRAMES;
	uint32_t page = spare[i].taken ? spare[i].page : worker_random(RAM_PAGES);

	vm_lock();
	if (spare[i].taken)
		spare[i].taken = !migrate(page, page);
	else if (pages[page].frame == page)
		spare[i].taken = migrate(page, spare_frame(i));
	spare[i].page = page;
	vm_unlock();
}
