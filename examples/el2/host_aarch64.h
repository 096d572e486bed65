/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * host_aarch64.h: a host for the engine of a host that runs at EL2 on AArch64: take it as it is, or
 * take the callbacks apart.
 *
 *	static _Alignas(EL2_POOL_BYTES) uint8_t memory[EL2_POOL_BYTES];
 *
 *	el2_host_init(&p, &format, memory, sizeof(memory));
 *	s2pt_table_init(&table, &format, &p.ops, 0);
 *	el2_host_set_vttbr(&p, value of s2pt_vttbr_encode() with table.root_pa and the VM's VMID);
 *
 * One host serves one table, since invalidation has to know the table's format and VMID.
 *
 * It assumes what holds for most hosts, and says here what to change where it does not:
 *
 *   Linear.       The CPU reaches physical address X at X + host.virt_offset. Another layout sets
 *                 host.to_virt.
 *   Coherent.     Walkers look into the data caches (Inner Shareable Write-Back in VTCR_EL2, and
 *                 the host writes its tables through such a mapping). A walker that does not, some
 *                 SMMU, asks for S2PT_HOST_NONCOHERENT and clean_tables.
 *   One observer. The CPUs of the Inner Shareable domain are all who walk the table. With an SMMU,
 *                 invalidate sends the same requests to it as well.
 *   Lookups       do not run beside exclusive operations: retire frees at once. Else it waits for
 *                 them to end (RCU, epochs).
 *   Shared        operations run beside each other: the pool has a lock of its own, and what is counted
 *                 is counted atomically.
 */
#ifndef HOST_AARCH64_H
#define HOST_AARCH64_H

#include <s2pt/format.h>
#include <s2pt/host.h>
#include <s2pt/tlbi.h>

#include "lock.h"

#define EL2_POOL_BYTES 0x400000u /* a pool is at most that large ... */
#define EL2_POOL_UNIT  0x1000u   /* ... and is given out in units, the smallest granule */
#define EL2_POOL_UNITS (EL2_POOL_BYTES / EL2_POOL_UNIT)

/* What to leave out of an invalidation, to prove that a test notices: a host leaves out nothing. */
enum el2_skip {
	EL2_SKIP_NOTHING,
	EL2_SKIP_ALL,     /* every TLBI */
	EL2_SKIP_IPA,     /* those by IPA: stage-2 entries stay */
	EL2_SKIP_VMALLE1, /* the one after them: entries that combine both stages stay */
};

/* What has been done. Also to prove something by. */
struct el2_counts {
	uint64_t requests;     /* ranges, or whole VMIDs, that the engine wanted invalidated */
	uint64_t tlbi_single;  /* TLBI by IPA, of one entry */
	uint64_t tlbi_range;   /* TLBI by range of IPAs */
	uint64_t tlbi_vmid;    /* TLBI of a whole VMID */
	uint64_t local;        /* sequences for this CPU alone */
	uint64_t clean_bytes;  /* memory cleaned and invalidated */
	uint64_t icache_bytes; /* memory made visible to fetches */
	uint64_t refused;      /* requests that s2pt_tlbi_begin() refused: always 0 */
	uint64_t bad_retires;  /* retired, but not taken from the pool: always 0 */
};

struct el2_host {
	struct s2pt_host_ops ops; /* what the engine gets */
	const struct s2pt_format *format;
	struct s2pt_tlbi_params tlbi; /* what errata ask of sequences */
	bool guards;                  /* ... and no stage-1 walks meanwhile */
	uint64_t vttbr;               /* VTTBR_EL2 while the table's VMID is current; 0: not known yet */
	uint32_t max_tlbi;            /* TLBIs by IPA for one change before the whole VMID goes instead */
	enum el2_skip skip;
	struct el2_counts counts;
	struct lock lock; /* around the pool */
	uint8_t *memory;  /* the pool */
	size_t units;
	size_t taken; /* units in use */
	size_t next;  /* where to look first */
	bool used[EL2_POOL_UNITS];
};

/*
 * el2_host_init - a host for a table of @format, with @bytes of @memory for tables, which must be
 * aligned to the largest start table.
 */
void el2_host_init(struct el2_host *p, const struct s2pt_format *format, void *memory,
		   size_t bytes);

/*
 * el2_host_set_vttbr - what VTTBR_EL2 holds for the table. Before the table is in use: TLBI acts on
 * the VMID that is in the register, so invalidate puts it there if another one is.
 */
void el2_host_set_vttbr(struct el2_host *p, uint64_t vttbr);

#endif
