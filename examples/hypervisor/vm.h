/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * vm.h: the one virtual machine: its format, its host, its table, and what memory is mapped as.
 *
 * vm_init() is the order in which a host uses the library, and vm_load() is all that a CPU has to know of a
 * table.
 */
#ifndef VM_H
#define VM_H

#include <s2pt/s2pt.h>

#include "host_aarch64.h"
#include "lock.h"

struct vm {
	struct s2pt_format format;
	struct el2_host el2;
	struct s2pt_table table;
	struct rwlock lock; /* of the table, and of what ram.h knows */
	uint64_t peak;      /* most table pages in use at once */
	uint64_t vtcr, vttbr;
	struct s2pt_mapping ram;        /* Normal Write-Back, all rights */
	struct s2pt_mapping ram_logged; /* the same, where writes are logged */
	struct s2pt_mapping rom;        /* the same without the right to write */
	struct s2pt_mapping device;     /* Device-nGnRE, what most devices want */
	struct s2pt_mapping bar;        /* Normal-NC: the guest chooses between Device and write-combining */
};

extern struct vm vm;

/*
 * A table with the devices in it, and no RAM. @hardware: the CPU keeps access flag and dirty state.
 * @skip: which TLBIs to leave out, to prove a test.
 */
void vm_init(bool hardware, enum el2_skip skip);

/* Make vm.ram_logged. With vm_lock() taken, once a log has begun: only then is there a tracking bit. */
void vm_make_logged(void);

/* Make the table this CPU's. */
void vm_load(void);

/* The exclusion that the engine asks its caller for: around exclusive operations, and around shared ones. */
void vm_lock(void);
void vm_unlock(void);
void vm_share(void);
void vm_unshare(void);

/* What IPA is mapped as; false where it is not mapped. With either taken. */
bool vm_leaf(s2pt_ipa ipa, struct s2pt_leaf *leaf, int *level);

#endif
