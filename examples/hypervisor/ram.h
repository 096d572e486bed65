/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * ram.h: the guest's RAM: which frame each page lives in, and what is known of it beside the table.
 *
 * A page is *sealed* while the guest cannot write it unnoticed: it was unmapped, or its writes are being
 * logged, or it is read-only. Its hash is kept then. That it still fits when the seal ends, or that the table
 * says dirty, is the proof that no CPU wrote past the table, by a translation that should have been
 * invalidated.
 *
 * A frame that no page lives in is filled with poison, for the same reason.
 *
 * ram_fault() and ram_aged() run beside each other; before the guest runs, nobody needs a lock; all else is
 * called with vm_lock() taken.
 */
#ifndef RAM_H
#define RAM_H

#include <s2pt/s2pt.h>

#include "layout.h"

struct page {
	uint64_t hash; /* of the contents, while sealed */
	uint32_t frame;
	uint8_t where; /* enum where */
	bool logged;   /* its writes are being logged */
	bool rom;      /* it is read-only, for good */
};

enum where {
	PAGE_IN,     /* mapped, or never used */
	PAGE_OUT,    /* unmapped by the worker */
	PAGE_COMING, /* a CPU is about to map it again */
};

extern struct page pages[RAM_PAGES];

/* Each page is at home, and nothing is mapped; and then all is, in blocks. */
void ram_init(void);
void ram_map_all(void);

/* Pages that were written, besides those of which the table says so. */
extern struct s2pt_bitmap ram_dirty;

/*
 * The guest has faulted. Mend it; false where that cannot be: it is not about RAM, or a write to what is
 * read-only. @cursor: this CPU's.
 */
bool ram_fault(struct s2pt_cursor *cursor, const struct s2pt_fault *fault);

static inline bool
ram_has(s2pt_ipa ipa)
{
	return ipa.addr >= RAM_IPA && ipa.addr - RAM_IPA < RAM_BYTES;
}

static inline uint32_t
ram_page_of(s2pt_ipa ipa)
{
	return (uint32_t)((ipa.addr - RAM_IPA) >> PAGE_LG2);
}

static inline s2pt_ipa
ram_ipa(uint32_t page)
{
	return s2pt_ipa_of(RAM_IPA + ((uint64_t)page << PAGE_LG2));
}

static inline s2pt_pa
ram_frame_pa(uint32_t frame)
{
	return s2pt_pa_of(FRAMES + ((uint64_t)frame << PAGE_LG2));
}

/* What a page contains. */
static inline void *
ram_frame(uint32_t page)
{
	return (void *)(uintptr_t)ram_frame_pa(pages[page].frame).addr;
}

static inline bool
ram_sealed(const struct page *page)
{
	return page->where != PAGE_IN || page->logged || page->rom;
}

/* Keep the hash of a page that has just been sealed. */
void ram_seal(uint32_t page);

/* A sealed page must be what it was, or dirty: end the run if not. */
void ram_check(uint32_t page);

/* A log of this page's writes has begun. */
void ram_log(uint32_t page);

/* The page is not in ram_dirty any more. */
void ram_forget_dirty(uint32_t page);

/* All that are sealed. */
void ram_check_all(void);

/* Fill a frame with poison; see that nobody has written to it since. */
void ram_poison(uint32_t frame);
void ram_check_poison(uint32_t frame);

/* Copy some words. */
void ram_copy(void *to, const void *from, uint64_t bytes);

/* As if the guest had used all of a block: map what is not mapped, set AF. */
void ram_populate(uint32_t block);

/* Is the page mapped by a block? And after an operation: if it was, count that it was split. */
bool ram_in_block(uint32_t page);
void ram_count_split(uint32_t page, bool block);

/* Some pages are not mapped any more, until the guest comes by. */
void ram_unmap(uint32_t page, uint32_t count);

/* A page may not be read or executed, until the guest does; it is read-only, for good. */
void ram_hide(uint32_t page);
void ram_write_protect(uint32_t page);

/* Read a word; false if there is no RAM. Takes the lock. */
bool ram_read(uint64_t ipa, uint64_t *value);

/* Pages of this block have lost their access flag. The worker. */
void ram_aged(uint32_t page);

#endif
