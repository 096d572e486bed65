/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * shared.h: faults, on many CPUs at once.
 *
 * Shared operations run beside each other and beside hardware, on any number of CPUs, and change entries by
 * compare-and-swap; table.h has the table of what may run beside what. The loser of a race gets
 * S2PT_RACED, never a wrong answer: its guest faults again, or finds that all is well. Where a break-
 * before-make is under way, the entry is broken in the meantime: whoever meets it has lost a race. What
 * needs a table unlinked, a block split or a contiguous group changed needs the exclusive class:
 * S2PT_ERR_EXCLUSIVE.
 *
 * A HOST with a lock of readers and writers takes it for reading around shared operations, for writing
 * around exclusive ones:
 *
 *     sequence = s2pt_table_invalidate_seq(table);
 *     pa = what the host finds for the IPA, which may take long, and sleep;
 *     lock for reading;
 *     status = s2pt_shared_map(...sequence...);
 *     unlock;
 *
 * An answer that a later unmap has overtaken carries an old sequence value, and is refused. For that the
 * host changes what it would find before it calls unmap, not after: the value grows where unmap begins.
 */
#ifndef S2PT_SHARED_H
#define S2PT_SHARED_H

#include <s2pt/table.h>
#include <s2pt/tracking.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Where a CPU's last fault was: its leaf table, so that the next one near it need not walk. One a CPU; zero it before
 * its first use. It is never followed where it does not fit: it knows its table, and that table's generation, which
 * grows when a table is unlinked, and goes on growing when the storage becomes another table. Used for another table it
 * begins anew.
 */
struct s2pt_cursor {
	uint64_t *entries;
	uint64_t base; /* IPA that the table maps from */
	uint64_t generation;
	const struct s2pt_table *table;
};

/* How a fault is to be answered. */
struct s2pt_map_request {
	uint64_t invalidate_seq;       /* s2pt_table_invalidate_seq() from before the answer was looked for */
	uint8_t lg2;                   /* log2 of the bytes that the leaf maps: a page, or a block */
	bool replace;                  /* take the place of another leaf of this size */
	bool permission;               /* the fault was a Permission fault: this CPU forgets what it has cached */
	struct s2pt_page_cache *cache; /* tables for this call, or NULL */
	s2pt_desc old;                 /* out: the entry that the leaf replaced; not written otherwise */
};

/*
 * s2pt_table_invalidate_seq - read this before looking for the answer to a fault.
 *
 * It begins at 1, and grows with every exclusive operation that takes away what is mapped, or a right, or that says
 * something else of what is not: unmap, protect, move, map with replace, annotate, dirty_start, destroy, and any that
 * unmaps a leaf that its range cuts (S2PT_PARTIAL_ZAP). split, collapse, relax, dirty_stop and the collections leave
 * it.
 *
 * Context: beside everything.
 */
uint64_t s2pt_table_invalidate_seq(const struct s2pt_table *table);

/*
 * s2pt_shared_map - map one leaf, after a fault.
 *
 * Tables that are missing are made. What is mapped there already, the same way, is S2PT_OK, also inside of
 * a larger leaf, and also if it is dirty and @mapping would make it clean; its AF is set if @mapping has it,
 * and nothing else is stored. An annotation is overwritten.
 *
 * @cursor: this CPU's, or NULL.
 * @ipa, @pa: of the leaf, aligned to its size: the IPA of a fault is not.
 *
 * Context: shared.
 * Invalidates: with request->replace this leaf, by break-before-make, for all CPUs; with request->permission this leaf
 * on this CPU, on every return but where an argument or the table is refused, and under a hold. Else nothing.
 * Returns:
 *     S2PT_RACED                an exclusive operation came first (sequence), or another CPU (the entry changed, or is
 *                               broken): let the guest run
 *     S2PT_ERR_EXCLUSIVE        a table or a contiguous group is in the way, or with request->replace a larger leaf, or
 *                               the table is held
 *     S2PT_ERR_EXISTS           something else is mapped there, and request->replace is not set. That is no error where
 *                               other CPUs answer the same fault otherwise, as while a log begins or ends: let the
 *                               guest run
 *     S2PT_ERR_MEMORY           no memory, or the page limit, also where another CPU's call still holds what there is
 *     S2PT_ERR_CLEAN            host->clean_data failed, for the memory or for what it was to replace
 *     S2PT_ERR_LEVEL            no leaf has this size
 *     S2PT_ERR_IPA_ALIGN        @ipa is not aligned to it
 *     S2PT_ERR_PA_ALIGN         @pa is not aligned to it
 *     S2PT_ERR_IPA_SIZE         beyond the IPA size
 *     S2PT_ERR_OA_SIZE, S2PT_ERR_MAPPING, S2PT_ERR_HOST_DATA, S2PT_ERR_HOST_ICACHE, S2PT_ERR_TABLE_PA
 *                               as s2pt_table_map()
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 * After a failure: nothing is mapped there that was not before. Tables that were made may stay, empty.
 */
S2PT_NODISCARD enum s2pt_status s2pt_shared_map(struct s2pt_table *table, struct s2pt_cursor *cursor,
						struct s2pt_map_request *request, s2pt_ipa ipa, s2pt_pa pa,
						const struct s2pt_mapping *mapping);

/*
 * s2pt_shared_map_around - s2pt_shared_map() of a page, and with it of those around it: fault-around.
 *
 * A guest that touches a page mostly goes on to its neighbours. Those pages from @before bytes before @ipa to @after
 * bytes behind its page whose entries are empty, and that are in the same leaf table, are mapped as well, to the memory
 * that lies at the same distance from @pa, with one publish, and one callback of each kind for their caches: clean_data
 * and invalidate_icache get all of it, also what is mapped already, to no harm. What is there around the page
 * stays: annotations, other mappings, what others are at. What the host says of the page (request->invalidate_seq), it
 * says of all of them.
 *
 * @request: ->lg2 is that of a page; ->replace and ->permission are of the page alone.
 * @before, @after: bytes, multiples of the granule.
 *
 * Context: shared.
 * Invalidates: of the page alone, as s2pt_shared_map().
 * Returns: as s2pt_shared_map(), of the page at @ipa, and
 *     S2PT_ERR_SIZE_ALIGN       @before or @after is not a multiple of the granule
 *     S2PT_ERR_IPA_SIZE         the pages begin before IPA 0, or end beyond the IPA size
 *     S2PT_ERR_OA_SIZE          their memory begins before PA 0, or ends beyond oa_bits
 *     S2PT_ERR_LEVEL            request->lg2 is not that of a page
 *     S2PT_ERR_CLEAN            clean_data failed for the memory of one of them
 * After a failure: the page is not mapped that was not before, but where S2PT_ERR_CLEAN is about others; those are
 * mapped where S2PT_RACED says that another CPU was faster with the page.
 */
S2PT_NODISCARD enum s2pt_status s2pt_shared_map_around(struct s2pt_table *table, struct s2pt_cursor *cursor,
						       struct s2pt_map_request *request, s2pt_ipa ipa, s2pt_pa pa,
						       const struct s2pt_mapping *mapping, uint64_t before,
						       uint64_t after);

/*
 * s2pt_shared_relax - give permissions to the leaf that maps @ipa, after a Permission fault.
 *
 * An answer that may be old is not noticed here: compare s2pt_table_invalidate_seq() under the lock first. A right
 * to write makes a leaf dirty that is logged; another is not logged by it: map it anew, or report it, while
 * logging.
 *
 * @cursor: this CPU's, or NULL.
 * @ipa: any byte of the leaf.
 * @rights: as for s2pt_table_relax().
 *
 * Context: shared.
 * Invalidates: that page on this CPU, whatever the status but for S2PT_ERR_IPA_SIZE, S2PT_ERR_CHANGE,
 * S2PT_ERR_HOST_ICACHE, S2PT_ERR_DESTROYED, and under a hold. Another CPU that has cached less faults in its turn;
 * after the fault of an SMMU the host must not take the request for a local one.
 * Returns:
 *     S2PT_OK                   it has the rights, now or before
 *     S2PT_RACED                the entry is broken: let the guest run
 *     S2PT_ERR_NOT_MAPPED       nothing is mapped there
 *     S2PT_ERR_EXCLUSIVE        a member of a contiguous group, or the table is held
 *     S2PT_ERR_EXEC_UNCACHED, S2PT_ERR_CHANGE, S2PT_ERR_HOST_ICACHE
 *                               as s2pt_table_relax()
 *     S2PT_ERR_IPA_SIZE         @ipa is beyond the IPA size
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 * After a failure: the leaf is as it was.
 */
S2PT_NODISCARD enum s2pt_status s2pt_shared_relax(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa,
						  const struct s2pt_change *rights);

/*
 * s2pt_shared_mark_dirty - a write met a leaf without the right to write: make it dirty, if it is one that is
 * logged. A host that has just mapped a leaf for a write, clean, saves the guest a second fault by this call.
 *
 * @cursor: this CPU's, or NULL.
 * @ipa: any byte of the leaf.
 * @max_lg2: log2 of the most bytes that may become dirty at once; 0: any.
 * @ring: this CPU's, or NULL: receives the leaf if this call made it dirty. No other operation on a table puts into
 *        one. What hardware or a relax makes dirty is found by a collection; what was dirty and is taken away is told
 *        by op->dirty and request->old.
 *
 * Context: shared.
 * Invalidates: that page on this CPU, as s2pt_shared_relax().
 * Returns:
 *     S2PT_ERR_RING             it would become dirty, and ring->count is not a power of two
 *     S2PT_ERR_RING_FULL        it would become dirty, and the ring is full: let somebody take from it, then let the
 *                               guest run
 *     S2PT_OK                   it is dirty, now or before
 *     S2PT_RACED                the entry is broken: let the guest run
 *     S2PT_ERR_READ_ONLY        it is not writable: the guest's write is refused
 *     S2PT_ERR_NOT_MAPPED       nothing is mapped there
 *     S2PT_ERR_EXCLUSIVE        a leaf above @max_lg2, to be split first, or a member of a contiguous group, or the
 *                               table is held
 *     S2PT_ERR_IPA_SIZE         @ipa is beyond the IPA size
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 * After a failure: the leaf is as it was.
 */
S2PT_NODISCARD enum s2pt_status s2pt_shared_mark_dirty(struct s2pt_table *table, struct s2pt_cursor *cursor,
						       s2pt_ipa ipa, uint8_t max_lg2,
						       struct s2pt_dirty_ring *ring);

/*
 * s2pt_shared_set_af - set the access flag of the leaf that maps @ipa, after an Access flag fault.
 *
 * @cursor: this CPU's, or NULL.
 * @ipa: any byte of the leaf.
 *
 * Context: shared.
 * Invalidates: nothing: an entry with AF = 0 is never cached (I_HQBRF).
 * Returns:
 *     S2PT_OK                   it is set, now or before
 *     S2PT_RACED                the entry changed, or is broken: let the guest run
 *     S2PT_ERR_NOT_MAPPED       nothing is mapped there
 *     S2PT_ERR_EXCLUSIVE        the table is held
 *     S2PT_ERR_IPA_SIZE         @ipa is beyond the IPA size
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 */
S2PT_NODISCARD enum s2pt_status s2pt_shared_set_af(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa);

/*
 * s2pt_shared_tlb_conflict - after a TLB conflict fault: this CPU forgets everything of the VMID, which is what
 * is sure to clear it (R_BLRKC), and the guest tries again.
 *
 * Such faults may come where FEAT_BBM lets sizes change with less than a break: from the change until its invalidation,
 * when the operation returns, or at the release of a hold (R_MRRPW, I_HYQMB).
 *
 * Context: beside everything; no lock is needed.
 * Invalidates: the VMID, on this CPU: one request to the host.
 */
void s2pt_shared_tlb_conflict(const struct s2pt_table *table);

#ifdef __cplusplus
}
#endif

#endif
