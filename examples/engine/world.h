/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * world.h: what the guest's window ought to look like, the operations that change it, and the
 * checks that it does.
 *
 * The first world.pages pages of the window are what a block maps. Behind them stand bystanders,
 * that nothing ever happens to. Each page but those has two frames, on side 0 and on side 1, which
 * are consecutive on either side; it lives on one of them, and the other is poisoned.
 *
 * Every operation calls the engine, to the end if a budget interrupts it, and then does to the
 * model what it should have done to the table. A check lets the guest touch pages, compares what
 * happens to the model, and by the way fills the TLBs with what the next operation has to get rid
 * of.
 */
#ifndef WORLD_H
#define WORLD_H

#include <s2pt/s2pt.h>

#include "check.h"
#include "guest.h"
#include "host.h"

#define BYSTANDERS      8u
#define WORLD_PAGES_MAX 2048u

struct page {
	bool mapped;
	bool r, w, x;
	bool af;
	uint8_t side;
};

struct world {
	unsigned pages; /* without the bystanders; a power of two */
	unsigned page_lg2;
	bool blocks;     /* a block can map them */
	uint64_t budget; /* for the operations to come */
	uint32_t batch;
	uint64_t random; /* state of world_random() */
	struct page page[WORLD_PAGES_MAX + BYSTANDERS];
};

extern struct world world;

/* Are there blocks of this layout that fit into the RAM? */
bool world_has_blocks(const struct layout *layout);

/* A new table, and frames: filled on side 0, poisoned on side 1. Bystanders alone are mapped. */
void world_begin(const struct layout *layout, enum el2_skip skip);

/* Look at what should be poison, destroy the table if it is still there, and look for leaks. */
void world_end(void);

/* Unmap all pages but the bystanders, and begin anew, with other contents. */
void world_reset(void);

/* A random number below @limit. The same in each run. */
unsigned world_random(unsigned limit);

/* Where a page's memory is now, and where it is not. */
uint64_t *world_frame(unsigned page);
uint64_t *world_other_frame(unsigned page);

/* --- Operations ------------------------------------------------------------------------------- */

#define MAP_W     (1u << 0) /* writable; all is readable and executable */
#define MAP_BLOCK (1u << 1) /* with a block if one fits */

void world_map(unsigned first, unsigned count, unsigned flags);
void world_unmap(unsigned first, unsigned count);

/* Map anew, on the other side, with other contents, over what is there. */
void world_replace(unsigned first, unsigned count, unsigned flags);

/* The same in two operations under a hold. */
void world_remap(unsigned first, unsigned count, unsigned flags);

/* Move to the other side, by the engine; the copy checks that the guest is locked out. */
void world_move(unsigned first, unsigned count);

/* Give unmapped pages a new home, as if they had been out on a disk. */
void world_swap(unsigned first, unsigned count);

void world_protect(unsigned first, unsigned count, const struct s2pt_change *change);
void world_relax(unsigned first, unsigned count, const struct s2pt_change *rights);
void world_split(unsigned first, unsigned count);
void world_collapse(void);
void world_annotate(unsigned first, unsigned count, uint64_t value);
void world_destroy(void);

/* --- Checks ----------------------------------------------------------------------------------- */

/* Touch @page, and see that what happens is what the model says. */
void world_touch(enum touch touch, unsigned page);

/* Touch all of two or more pages in every way; a sample where they are many, always the same. */
void world_check(unsigned first, unsigned count);

/* All of the window's leaves are of this level. */
void world_check_level(int level);

#endif
