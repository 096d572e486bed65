/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * vm.h: a VM whose memory is copied to another place while it runs. The host's side (vm.c, migrate.c) is
 * what a hypervisor does; the guest's (guest.c) is a simulation: two CPUs with TLBs that store to random
 * pages whenever the host's work leaves them time, and so in the middle of it.
 */
#ifndef S2PT_EXAMPLES_MIGRATION_VM_H
#define S2PT_EXAMPLES_MIGRATION_VM_H

#include <s2pt/fault.h>
#include <s2pt/shared.h>

#define PAGE_LG2   12
#define PAGE_BYTES (UINT64_C(1) << PAGE_LG2)
#define PAGES      2048u
#define RAM_BYTES  (PAGES * PAGE_BYTES)
#define RAM_IPA    (UINT64_C(1) << 30)
#define RAM_PA     (UINT64_C(1) << 34)
#define CPUS       2u
#define RING       16u

/* How the log is to be kept. */
struct plan {
	bool hardware; /* the format has hardware dirty state */
	bool eager;    /* blocks are split before, not when they are first written to */
	bool by_mask;  /* read the log, and clear it later by masks; not both at once */
	bool by_ring;  /* with by_mask: each CPU puts what it makes dirty into a ring */
	bool no_tlbi;  /* forget the invalidations: a run that has to fail */
};

/* A simulated CPU: what it has cached, and where its last fault was. */
struct cpu {
	bool writable[PAGES]; /* ... to what a TLB of its holds */
	struct s2pt_cursor cursor;
	struct s2pt_span span[RING];
	struct s2pt_dirty_ring ring; /* ... and what it has made dirty */
};

struct vm {
	struct plan plan;
	struct s2pt_format format;
	struct s2pt_host_ops ops;
	struct s2pt_table table;
	struct s2pt_leaf ram; /* what memory is mapped as */
	bool logging;
	int lock;        /* -1: for writing; above 0: readers */
	uint8_t *tables; /* table memory */
	uint64_t tables_used;
	uint8_t *memory;
	uint8_t *target; /* the copy */
	uint64_t dirty[PAGES / 64];
	struct cpu cpus[CPUS];
	unsigned current; /* the CPU whose fault is dealt with */
	bool stopped;
	uint64_t state; /* of the random numbers */
	unsigned faults;
	unsigned copied; /* pages */
	unsigned rounds;
};

/* --- vm.c ------------------------------------------------------------------------------------------ */

bool vm_init(struct vm *vm, const struct plan *plan);
void vm_free(struct vm *vm);

/* A lock of readers and writers, of which the simulation needs no more than to see it used. */
void vm_lock_shared(struct vm *vm);
void vm_lock_exclusive(struct vm *vm);
void vm_unlock(struct vm *vm);

/* A status that is a mistake ends the program. */
void must(enum s2pt_status status, const char *what);

/* What the host does about a fault, and memory that it takes away. */
void vm_fault(struct vm *vm, struct cpu *cpu, enum s2pt_fault_kind kind, s2pt_ipa ipa);
void vm_reclaim(struct vm *vm, s2pt_ipa ipa, uint64_t size);

/* --- migrate.c ------------------------------------------------------------------------------------- */

/* Copy all memory to vm->target. At the end the VM is stopped, and both are the same. */
void migrate(struct vm *vm);

/* What a CPU has put into its ring is copied in the next round. */
void log_take(struct vm *vm, struct cpu *cpu);

/* The VM stays here after all. */
void log_stop(struct vm *vm);

/* How many pages were used since the last call? */
uint64_t working_set(struct vm *vm);

/* --- guest.c --------------------------------------------------------------------------------------- */

/* Time passes: each CPU stores @stores times, unless the VM is stopped. */
void guest_run(struct vm *vm, unsigned stores);

/* CPUs forget a range; @local: the current one. */
void guest_forget(struct vm *vm, s2pt_ipa ipa, uint64_t size, bool local);

#endif
