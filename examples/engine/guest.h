/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest.h: the guest as it sees itself: its address spaces, and what it keeps in memory.
 *
 * The window is the range of IPAs whose mapping the host changes. It consists of pages of the
 * granule, and each, through its first 4 KiB, serves the guest in three ways:
 *
 *	words 0..127    data
 *	word  128       code: MOVZ W0, #tag; RET
 *	words 129..256  entries of a stage-1 table, each of which maps one and the same tag page
 *
 * which the guest reaches at three places of its address space:
 *
 *	GUEST_DATA + 4 KiB * page    to load, store and execute
 *	GUEST_WALK + 2 MiB * page    translated by the window page itself, as a level 3 table;
 *	                             reads the tag page
 *
 * The last way is there for the TLB entries of stage 2 alone, that hold the guest's tables: nothing
 * else shows that they are stale after a TLBI of the combined entries.
 *
 * What lies behind a window page is a frame: a piece of RAM of the size of the granule.
 */
#ifndef GUEST_H
#define GUEST_H

#include <s2pt/s2pt.h>

#define GUEST_WINDOW    UINT64_C(0x1000000000) /* IPA */
#define GUEST_PAGES_MAX 4096u                  /* of the window */
#define GUEST_DATA      UINT64_C(0x80000000)   /* VA */
#define GUEST_WALK      UINT64_C(0x200000000)  /* VA */

#define FRAME_DATA_WORDS 128u
#define FRAME_CODE_WORD  128u
#define FRAME_TABLE_WORD 129u
#define FRAME_WORDS      257u /* the rest of it is not used */

#define POISON_TAG 0xdeadu /* of frames that are nobody's */

/* How the guest touches a page. */
enum touch {
	TOUCH_LOAD,
	TOUCH_STORE,
	TOUCH_FETCH,
	TOUCH_WALK,
	TOUCH_COUNT,
};

/* Make the guest's own tables for a window of pages of 2^@page_lg2 bytes, and its tag pages. */
void guest_init(unsigned page_lg2);

/* Turn stage 1 on. */
void guest_load(void);

/* The guest's private memory: its code, to be executed, and its tables and tag pages. Identity. */
void guest_code(uint64_t *pa, uint64_t *bytes);
void guest_tables(uint64_t *pa, uint64_t *bytes);

/* Fill the frame at @frame: its data from @seed, its tag from @tag. */
void frame_fill(uint64_t *frame, uint64_t seed, unsigned tag);

/* Fill it with what nobody may see. */
void frame_poison(uint64_t *frame);

/* Is it still as it was poisoned? */
bool frame_is_poison(const uint64_t *frame);

/* What is a load of @word, a fetch, a walk through this frame to give? */
uint64_t frame_expected(const uint64_t *frame, enum touch touch, unsigned word);

/* The VA to touch @page at. @word: of the data, or any to choose an entry of the table. */
uint64_t guest_va(enum touch touch, unsigned page, unsigned word);

/* The entry of the payload for it. */
uint64_t guest_entry(enum touch touch);
uint64_t guest_entry_churn(void);

/* A step of payload_churn: where it goes (page and word), and whether it stores. */
struct churn_step {
	unsigned page;
	unsigned word;
	bool store;
};

uint64_t guest_churn_step(uint64_t state, unsigned pages, struct churn_step *step);

/* A well-mixed function of its argument. */
uint64_t hash(uint64_t x);

#endif
