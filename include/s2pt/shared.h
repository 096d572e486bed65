/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * shared.h: what happens in a table while its guest runs: parallel faults, the access flag, dirty state.
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
 *
 * DIRTY STATE is in the tables, in both modes. A leaf of which a write is to be noticed has a tracking bit:
 * DBM, where the format has hardware dirty state (S2PT_FEAT_HAFDBS_DBM), else a software bit of the host's
 * choice. With the tracking bit, S2AP[1] says whether it is dirty:
 *
 *     tracking bit  S2AP[1]
 *       0        0     not writable
 *       0        1     writable, not logged: counts as dirty when its right to write is removed
 *       1        0     clean: hardware, or s2pt_shared_mark_dirty() after a Permission fault, makes it dirty
 *       1        1     dirty, and writable without a fault
 *
 * The tracking bit is the library's: no host sets or clears it, or DBM, by s2pt_table_protect().
 *
 * A page may be copied only after the call that reported it has returned: that is when no CPU writes to it
 * any more without making it dirty again.
 */
#ifndef S2PT_SHARED_H
#define S2PT_SHARED_H

#include <s2pt/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Faults, shared -------------------------------------------------------------------------------- */

/*
 * Where a CPU's last fault was: its leaf table, so that the next one near it need not walk. One a CPU and
 * table; zero it before the first use after s2pt_table_init(). It is never stale: s2pt_table.generation says when
 * it has to go.
 */
struct s2pt_cursor {
	uint64_t *entries;
	uint64_t base;    /* IPA that the table maps from */
	uint64_t generation;
};

/* How a fault is to be answered. */
struct s2pt_map_request {
	uint64_t invalidate_seq;   /* s2pt_table_invalidate_seq() from before the answer was looked for */
	uint8_t lg2;         /* log2 of the bytes that the leaf maps: a page, or a block */
	bool replace;        /* take the place of another leaf of this size */
	bool permission;     /* the fault was a Permission fault: this CPU forgets what it has cached */
	struct s2pt_page_cache *cache;  /* tables for this call, or NULL */
	s2pt_desc old;    /* out: the entry that the leaf replaced; not written otherwise */
};

/*
 * s2pt_table_invalidate_seq - read this before looking for the answer to a fault. Grows with every exclusive
 * operation that takes away what is mapped, or a right, or that says something else of what is not: unmap,
 * protect, move, map with replace, annotate, dirty_start, destroy, and any that unmaps a leaf that its range
 * cuts (S2PT_PARTIAL_ZAP). split, collapse, relax, dirty_stop and the collections leave it. Any context.
 */
uint64_t s2pt_table_invalidate_seq(const struct s2pt_table *table);

/*
 * s2pt_shared_map - map one leaf, after a fault. Shared.
 * @cursor: this CPU's, or NULL.
 * @ipa, @pa: of the leaf, aligned to its size: the IPA of a fault is not.
 *
 * Tables that are missing are made. What is mapped there already, the same way, is S2PT_OK, also inside of
 * a larger leaf, and also if it is dirty and @mapping would make it clean; its AF is set if @mapping has it,
 * and nothing else is stored. An annotation is overwritten. No invalidation, but for
 * request->replace (break-before-make of this leaf, for all CPUs) and request->permission (this CPU, on
 * every return but for S2PT_ERR_RANGE, S2PT_ERR_LEVEL, S2PT_ERR_OA_SIZE, S2PT_ERR_HOST,
 * S2PT_ERR_DESTROYED, and under a hold).
 *
 * S2PT_RACED: an exclusive operation came first (sequence), or another CPU (the entry changed, or is
 * broken): let the guest run. S2PT_ERR_EXCLUSIVE: a table or a contiguous group is in the way, or with
 * request->replace a larger leaf, or the table is held. S2PT_ERR_EXISTS: something else is mapped there, and
 * request->replace is not set. That is no error where other CPUs answer the same fault otherwise, as while a
 * log begins or ends: let the guest run. S2PT_ERR_MEMORY: no memory, or the page limit, also where another
 * CPU's call still holds what there is. S2PT_ERR_LEVEL: no leaf has this size. S2PT_ERR_RANGE: not aligned, or
 * beyond the IPA size. S2PT_ERR_OA_SIZE, S2PT_ERR_HOST: as s2pt_table_map(). S2PT_ERR_DESTROYED.
 */
enum s2pt_status s2pt_shared_map(struct s2pt_table *table, struct s2pt_cursor *cursor,
			       struct s2pt_map_request *request, s2pt_ipa ipa, s2pt_pa pa,
			       const struct s2pt_mapping *mapping);

/*
 * s2pt_shared_relax - give permissions to the leaf that maps @ipa, after a Permission fault. Shared.
 * @rights: as for s2pt_table_relax().
 *
 * Ends with an invalidation of that page on this CPU, whatever the status but for S2PT_ERR_RANGE,
 * S2PT_ERR_CHANGE, S2PT_ERR_HOST, S2PT_ERR_DESTROYED, and under a hold. Another CPU that has cached
 * less faults in its turn; after the fault of an SMMU the host must not take the request for a local one.
 *
 * An answer that may be old is not noticed here: compare s2pt_table_invalidate_seq() under the lock first. A right
 * to write makes a leaf dirty that is logged; another is not logged by it: map it anew, or report it, while
 * logging.
 *
 * S2PT_OK: it has the rights, now or before. S2PT_RACED: the entry is broken. S2PT_ERR_NOT_MAPPED.
 * S2PT_ERR_EXCLUSIVE: a member of a contiguous group, or the table is held. S2PT_ERR_EXEC_UNCACHED,
 * S2PT_ERR_CHANGE, S2PT_ERR_HOST: as s2pt_table_relax(). S2PT_ERR_RANGE, S2PT_ERR_DESTROYED.
 */
enum s2pt_status s2pt_shared_relax(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa,
				 const struct s2pt_change *rights);

/*
 * s2pt_shared_mark_dirty - a write met a leaf without the right to write: make it dirty, if it is one that is
 * logged. Shared.
 * @max_lg2: log2 of the most bytes that may become dirty at once; 0: any.
 *
 * Ends with an invalidation of that page on this CPU, as s2pt_shared_relax(). S2PT_OK: it is dirty, now or
 * before. S2PT_ERR_READ_ONLY: not writable. S2PT_ERR_EXCLUSIVE: a leaf above @max_lg2, to be split first,
 * or a member of a contiguous group, or the table is held. S2PT_RACED, S2PT_ERR_NOT_MAPPED, S2PT_ERR_RANGE,
 * S2PT_ERR_DESTROYED.
 */
enum s2pt_status s2pt_shared_mark_dirty(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa,
				 uint8_t max_lg2);

/*
 * s2pt_shared_set_af - set the access flag of the leaf that maps @ipa, after an Access flag fault. Shared.
 * Without invalidation: an entry with AF = 0 is never cached (I_HQBRF).
 *
 * S2PT_OK: it is set, now or before. S2PT_RACED: the entry changed, or is broken. S2PT_ERR_NOT_MAPPED,
 * S2PT_ERR_EXCLUSIVE (the table is held), S2PT_ERR_RANGE, S2PT_ERR_DESTROYED.
 */
enum s2pt_status s2pt_shared_set_af(struct s2pt_table *table, struct s2pt_cursor *cursor, s2pt_ipa ipa);

/*
 * s2pt_shared_tlb_conflict - after a TLB conflict fault: this CPU forgets everything of the VMID, which is what
 * is sure to clear it (R_BLRKC), and the guest tries again. Beside everything; no lock is needed.
 *
 * The host gets one request, of the VMID, local. Such faults may come where FEAT_BBM lets sizes change with
 * less than a break: from the change until its invalidation, when the operation returns, or at the release
 * of a hold (R_MRRPW, I_HYQMB).
 */
void s2pt_shared_tlb_conflict(const struct s2pt_table *table);

/* --- The access flag ------------------------------------------------------------------------------- */

enum s2pt_age {
	S2PT_AGE_TEST,       /* only look */
	S2PT_AGE_CLEAR,      /* clear, and invalidate what was set: the next access sets it again */
	S2PT_AGE_CLEAR_LAZY, /* clear without invalidating: an access through what a TLB holds goes unseen */
};

/*
 * s2pt_shared_age - which pages were accessed? Shared.
 * @bitmap: receives a bit for each page of a leaf whose AF is set, or NULL; others stay as they are.
 *
 * A block, and a contiguous group, is young as a whole. One that the range cuts is reported, for the
 * part in the range, and not cleared. op->budget, op->done: as in table.h. Nothing is split.
 *
 * S2PT_ERR_RANGE: also where the range is not in the bitmap. S2PT_ERR_EXCLUSIVE: the table is held.
 * S2PT_ERR_BUDGET, S2PT_ERR_DESTROYED.
 */
enum s2pt_status s2pt_shared_age(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
			       enum s2pt_age age, struct s2pt_bitmap *bitmap);

/* s2pt_table_age - the same, exclusive: where hardware does not write, without atomic accesses. */
enum s2pt_status s2pt_table_age(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
				enum s2pt_age age, struct s2pt_bitmap *bitmap);

/* --- Dirty logging, exclusive ---------------------------------------------------------------------- */

/*
 * s2pt_table_dirty_start - log writes to a range from here on: its writable leaves become clean. Under a
 * hold, from the release on.
 * @sw: where the format has no hardware dirty state, the software bit that is the tracking bit, as a bit of
 *      struct s2pt_leaf's sw; the same for the whole table, and not used otherwise. Else not looked at.
 *
 * Blocks are logged as wholes: split them first (s2pt_table_split(), within a budget), or when
 * s2pt_shared_mark_dirty() asks for it. Groups keep their hint with hardware dirty state, and lose it without.
 * What is mapped later is logged if it is mapped so: s2pt_table_dirty_leaf().
 *
 * S2PT_ERR_SW: @sw is not one software bit of this format, or not the one of an earlier call.
 * S2PT_ERR_WOULD_SPLIT, S2PT_ERR_MEMORY: as s2pt_table_protect(), where the range cuts a block.
 * S2PT_ERR_RANGE, S2PT_ERR_BUDGET, S2PT_ERR_DESTROYED.
 */
enum s2pt_status s2pt_table_dirty_start(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
					uint64_t size, uint8_t sw);

/*
 * s2pt_table_dirty_collect - which pages were written to?
 * @bitmap: receives a bit for each page of a dirty leaf; others stay as they are.
 * @clear: and make them clean again. Otherwise s2pt_table_dirty_clear() does, later.
 *
 * On return, whatever the status, every page below op->done that was reported and is clean has been
 * invalidated, also under a hold: copy it now, and a write that the copy misses is a new one. A block or
 * group that the range cuts is reported and stays dirty.
 *
 * s2pt_bitmap_take() then shows the pages by run.
 *
 * S2PT_ERR_RANGE: also where the range is not in the bitmap, or there is none. S2PT_ERR_BUDGET,
 * S2PT_ERR_DESTROYED.
 */
enum s2pt_status s2pt_table_dirty_collect(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
					  uint64_t size, struct s2pt_bitmap *bitmap, bool clear);

/*
 * s2pt_table_dirty_clear - make the pages of a range clean of which @mask has the bit: an earlier collection
 * reported them, and left them dirty. Invalidated on return, as for collect.
 *
 * Clean becomes a leaf of which the mask names every page; others stay dirty. Statuses as
 * s2pt_table_dirty_collect().
 */
enum s2pt_status s2pt_table_dirty_clear(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
					uint64_t size, const struct s2pt_bitmap *mask);

/*
 * s2pt_table_dirty_stop - log no longer: what was logged is writable, and has no tracking bit. Without
 * invalidation. Statuses as s2pt_table_dirty_start(), but for S2PT_ERR_SW.
 */
enum s2pt_status s2pt_table_dirty_stop(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
				       uint64_t size);

/*
 * s2pt_table_dirty_leaf - make a writable @leaf one that is logged, and clean, for mapping it while logging.
 * Unchanged where no tracking bit has been chosen yet.
 */
void s2pt_table_dirty_leaf(const struct s2pt_table *table, struct s2pt_leaf *leaf);

/* s2pt_table_is_dirty - was the leaf that a lookup found written to, as far as its entry says? */
bool s2pt_table_is_dirty(const struct s2pt_table *table, s2pt_desc leaf);

#ifdef __cplusplus
}
#endif

#endif
