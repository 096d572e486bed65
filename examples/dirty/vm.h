/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* vm.h: the virtual machine: its table, its lock, and what its memory is mapped as. */
#ifndef VM_H
#define VM_H

#include <s2pt/s2pt.h>

#include "guest.h"
#include "host_aarch64.h"
#include "lock.h"

#define PAGE_LG2     12u
#define PAGE_BYTES   (UINT64_C(1) << PAGE_LG2)
#define BLOCK_LG2    21u
#define BLOCK_BYTES  (UINT64_C(1) << BLOCK_LG2)
#define PAGES        2048u /* of the window */
#define WINDOW_BYTES (PAGES * PAGE_BYTES)
#define WORD_PAGES   64u /* pages of a word of a bitmap */

/* How the window is mapped, and how it is logged. */
struct layout {
	const char *name;
	bool hardware;     /* the CPU keeps access flag and dirty state */
	bool blocks;       /* mapped by blocks of 2 MiB, else by pages */
	bool eager;        /* blocks are split before they are logged */
	uint8_t write_lg2; /* log2 of the most bytes that become dirty at once; 0: a whole block */
};

struct vm {
	const struct layout *layout;
	struct s2pt_format format;
	struct el2_host el2;
	struct s2pt_table table;
	struct rwlock lock; /* readers: faults, ageing; writers: all else */
	uint64_t vttbr;
	struct s2pt_mapping ram;
	struct s2pt_mapping logged; /* the same, where writes are logged */
	bool logging;
};

extern struct vm vm;

/* Can this CPU do it? */
bool vm_can(const struct layout *layout);

/* A table with the guest's private memory in it, and nothing in the window. */
void vm_begin(const struct layout *layout, enum el2_skip skip);
void vm_end(void);

/* Make it this CPU's, and start its guest's stage 1. */
void vm_load(void);

/* Make vm.logged: a log has begun, so that there is a tracking bit. */
void vm_make_logged(void);

static inline s2pt_ipa
page_ipa(unsigned page)
{
	return s2pt_ipa_of(GUEST_WINDOW + page * PAGE_BYTES);
}

#endif
