/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * host.h: what the host provides to the engine. Nothing else in table.h touches the world.
 *
 * struct s2pt_host_ops is a const struct of callbacks with a context pointer. It may serve many tables. The engine
 * calls back only from inside a function of table.h or shared.h, on the CPU and in the context of the caller.
 *
 * Exclusive operations call back one at a time for each table. Shared ones (shared.h) call back on several
 * CPUs at the same time, and may call any callback: retire for tables that were never linked, invalidate
 * for all CPUs or for the calling one. Whoever uses them, or has several tables, has callbacks that bear
 * that.
 */
#ifndef S2PT_HOST_H
#define S2PT_HOST_H

#include <s2pt/tlbi.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One page of table memory. */
struct s2pt_page {
	void *virt;
	s2pt_pa pa;
};

/* Memory, and where a guest finds it. */
struct s2pt_segment {
	s2pt_ipa ipa;
	s2pt_pa pa;
	uint64_t size; /* bytes */
};

/* What table memory is for. */
enum s2pt_memory {
	S2PT_MEMORY_TABLE, /* a table, of a granule */
	S2PT_MEMORY_ROOT,  /* the start table(s), of 2^root_lg2 of the format: from 16 bytes to 1 MiB */
};

/* Facts about the host. */
#define S2PT_HOST_ZEROED      (1u << 0) /* alloc returns zeroed memory */
#define S2PT_HOST_NONCOHERENT (1u << 1) /* some walker does not look into the CPU's data caches:
                                           clean_tables is needed */
#define S2PT_HOST_IDC_DIC     (1u << 2) /* CTR_EL0.IDC and DIC are 1 on every CPU, and true (S2PT_ERRATUM_DIC): fetches
                                           see memory as it is, invalidate_icache is neither needed nor called */

struct s2pt_host_ops {
	size_t size;           /* sizeof(struct s2pt_host_ops) as the host knows it: members may be added at the end */
	uint32_t flags;        /* S2PT_HOST_* */
	void *context;         /* handed to every callback */
	uintptr_t virt_offset; /* without to_virt: virtual = physical + virt_offset */

	/*
	 * alloc - table memory of @bytes, a power of two, aligned to @bytes; reachable by the walkers, and
	 * below the format's oa_bits: other memory is retired at once, and taken for none. The start table(s) are asked
	 * for once, by s2pt_table_init().
	 * Returns false if there is none. Required.
	 */
	bool (*alloc)(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page);

	/*
	 * retire - @count tables of @bytes each are no longer reachable, and no walker remembers them. The start
	 * table(s) are one of them, by themselves.
	 * A host whose lookups run beside its exclusive operations frees them only when the last such
	 * lookup has ended. Required.
	 */
	void (*retire)(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count);

	/*
	 * to_virt - where the CPU reaches a table. Optional: without it, @virt_offset. A host without a linear map
	 * maps a table when it is allocated, or here, and leaves it there until it is retired: the engine keeps
	 * addresses of several tables at a time, and cursors keep one between calls.
	 */
	void *(*to_virt)(void *context, s2pt_pa pa);

	/*
	 * invalidate - make every observer of the table (CPUs, SMMU) forget what @requests say, for every
	 * VMID that walks the table, and return when all have. tlbi.h has the instructions, for any number of VMIDs.
	 * All stores to the table that precede the call must be visible to walkers first. Required.
	 */
	void (*invalidate)(void *context, const struct s2pt_tlbi_request *requests, size_t count);

	/*
	 * publish - make all stores to the table visible to walkers: DSB ISHST, and ISB where the caller's
	 * own next access matters. Required.
	 */
	void (*publish)(void *context);

	/*
	 * clean_tables - clean @bytes of table memory at @virt to where every walker sees it, and wait.
	 * Needed with S2PT_HOST_NONCOHERENT, else not called.
	 */
	void (*clean_tables)(void *context, const void *virt, size_t bytes);

	/*
	 * clean_data - clean and invalidate the data caches for memory that guests use, to the Point of
	 * Coherency, and wait. Optional: without it a mapping that needs it is refused (S2PT_ERR_HOST_DATA).
	 * Returns false if it could not, as a host that has no room to map the memory: what was to become visible does
	 * not, and what was unmapped stays unmapped (s2pt_shared_map() puts back what it was to replace); the
	 * operation says S2PT_ERR_CLEAN.
	 */
	bool (*clean_data)(void *context, s2pt_pa pa, uint64_t bytes);

	/*
	 * invalidate_icache - make instruction fetches see memory that becomes executable. Optional: without
	 * it an executable mapping of RAM is refused (S2PT_ERR_HOST_ICACHE), but with S2PT_HOST_IDC_DIC.
	 */
	void (*invalidate_icache)(void *context, s2pt_pa pa, uint64_t bytes);

	/*
	 * trace - a store to an entry that walkers can reach has just been made. Optional: for tests.
	 */
	void (*trace)(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after);

	/*
	 * prepare_list - for the memory of all @segments, with @clean what clean_data does, and with @icache, after
	 * that, what invalidate_icache does: with one barrier for all, or by the whole instruction cache where that is
	 * less. Optional: without it s2pt_table_map_list() calls those two for each run of segments. Returns false if
	 * memory could not be cleaned, as clean_data.
	 */
	bool (*prepare_list)(void *context, bool clean, bool icache, const struct s2pt_segment *segments, size_t count);
};

#ifdef __cplusplus
}
#endif

#endif
