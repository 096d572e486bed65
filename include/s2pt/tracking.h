/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * tracking.h: which pages a guest uses: the access flag, the dirty log, and the bitmaps that report them.
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
 * The tracking bit is the library's: no host sets or clears it, or DBM, by s2pt_table_protect(). With a software bit
 * a collection passes parts of tables that the last one left clean. What they are is kept in bits 58:51 of table
 * descriptors, which are IGNORED (Table D8-51): a host that makes a leaf dirty by a store of its own is not noticed.
 *
 * A page may be copied only after the call that reported it has returned: that is when no CPU writes to it
 * any more without making it dirty again.
 */
#ifndef S2PT_TRACKING_H
#define S2PT_TRACKING_H

#include <s2pt/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Pages by bit ---------------------------------------------------------------------------------- */

/*
 * Pages by bit: bit n of word w stands for the page that is 64 * w + n granules above @base. An operation
 * that reports to a bitmap sets bits and clears none. Its range must lie in the bitmap: S2PT_ERR_BITMAP.
 */
struct s2pt_bitmap {
	s2pt_ipa base;  /* a multiple of the granule */
	uint64_t size;  /* bytes from there on that it has bits for, a bit a granule */
	uint64_t *word; /* room for as many words as that takes */
	uint64_t pages; /* out: grows with every bit that is set and was not */
};

/*
 * s2pt_bitmap_take - clear the bits of the pages in [@ipa, @ipa + @size), and show those that were set, by
 * run, in order of IPA. After collecting a range: that range up to op->done.
 *
 * @visitor: called for each run, of @bytes bytes, when its bits are clear: it may set them again.
 *
 * Context: no table is involved: whatever guards the bitmap is enough.
 * Returns:
 *     S2PT_ERR_IPA_ALIGN        @ipa is not a multiple of the granule
 *     S2PT_ERR_SIZE_ALIGN       @size is not a multiple of the granule
 *     S2PT_ERR_BITMAP           the range is not in the bitmap
 * After a failure: no bit has changed.
 */
S2PT_NODISCARD enum s2pt_status s2pt_bitmap_take(struct s2pt_bitmap *bitmap, const struct s2pt_format *format,
						 s2pt_ipa ipa, uint64_t size,
						 void (*visitor)(void *context, s2pt_ipa ipa, uint64_t bytes),
						 void *context);

/* --- Pages in order -------------------------------------------------------------------------------- */

/*
 * A dirty ring: what became dirty, a leaf an element, in the order in which that happened on one CPU. A ring belongs to
 * one CPU, which puts, and to one thread, which takes; these two need no lock between them. Zero @put and @taken first.
 */
struct s2pt_dirty_ring {
	struct s2pt_span *span; /* room for @count */
	uint64_t count;         /* a power of two */
	uint64_t put;           /* how many were put in, and */
	uint64_t taken;         /* ... how many taken out, since the beginning */
};

/*
 * s2pt_dirty_ring_put - put a span into a ring: of what the host itself has written to the guest's memory, say.
 *
 * Context: the CPU that the ring belongs to.
 * Returns:
 *     S2PT_ERR_RING             ring->count is not a power of two
 *     S2PT_ERR_RING_FULL        nothing was put: let somebody take first
 */
S2PT_NODISCARD enum s2pt_status s2pt_dirty_ring_put(struct s2pt_dirty_ring *ring, s2pt_ipa ipa, uint64_t size);

/*
 * s2pt_dirty_ring_take - take the span that was put first. False: the ring is empty, and @span as it was.
 *
 * Make the pages clean before they are copied: s2pt_table_dirty_clear(). What is put afterwards is a new write.
 *
 * Context: the thread that takes from the ring.
 */
S2PT_NODISCARD bool s2pt_dirty_ring_take(struct s2pt_dirty_ring *ring, struct s2pt_span *span);

/* --- The access flag ------------------------------------------------------------------------------- */

enum s2pt_age {
	S2PT_AGE_TEST,       /* only look */
	S2PT_AGE_CLEAR,      /* clear, and invalidate what was set: the next access sets it again */
	S2PT_AGE_CLEAR_LAZY, /* clear without invalidating: an access through what a TLB holds goes unseen */
};

/*
 * s2pt_shared_age - which pages were accessed?
 *
 * A block, and a contiguous group, is young as a whole. One that the range cuts is reported for the part in the range,
 * and cleared as a whole: its other pages are then old too. op->budget, op->done: as in table.h. Nothing is split.
 *
 * @bitmap: receives a bit for each page of a leaf whose AF is set, or NULL; others stay as they are.
 *
 * Context: shared.
 * Invalidates: with S2PT_AGE_CLEAR what was cleared, which may begin before the range and end behind it; else nothing.
 * Returns:
 *     S2PT_ERR_BITMAP           the range is not in the bitmap
 *     S2PT_ERR_EXCLUSIVE        the table is held
 *     S2PT_ERR_BUDGET           go on from op->done
 *     and what every range operation refuses (table.h)
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_shared_age(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						uint64_t size, enum s2pt_age age, struct s2pt_bitmap *bitmap);

/*
 * s2pt_table_age - which pages were accessed? As s2pt_shared_age(), but without atomic accesses where hardware does not
 * write, and never S2PT_ERR_EXCLUSIVE.
 *
 * Context: exclusive.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_age(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
					       uint64_t size, enum s2pt_age age, struct s2pt_bitmap *bitmap);

/* --- Dirty logging, exclusive ---------------------------------------------------------------------- */

/* All that is writable counts as dirty from the beginning, and is reported by the first collection. */
#define S2PT_START_DIRTY (1u << 0)

/*
 * s2pt_table_dirty_start - log writes to a range from here on: its writable leaves become clean. Under a
 * hold, from the release on.
 *
 * Blocks are logged as wholes: split them first (s2pt_table_split(), within a budget), or when
 * s2pt_shared_mark_dirty() asks for it. Groups keep their hint with hardware dirty state, and lose it without.
 * What is mapped later is logged if it is mapped so: s2pt_table_dirty_leaf().
 *
 * @sw: where the format has no hardware dirty state, the software bit that is the tracking bit, as a bit of
 *      struct s2pt_leaf's sw; the same for the whole table, and not used otherwise. Else not looked at.
 * @flags: S2PT_START_DIRTY or 0: what is writable becomes dirty, not clean. What is logged already stays as it is.
 *
 * Context: exclusive.
 * Invalidates: what became clean; with S2PT_START_DIRTY nothing, but for contiguous groups, and blocks that the range
 * cuts.
 * Returns:
 *     S2PT_ERR_FLAGS            another flag is set
 *     S2PT_ERR_SW               @sw is not one software bit of this format, or not the one of an earlier call
 *     S2PT_ERR_WOULD_SPLIT      a block is cut, and op->partial is S2PT_PARTIAL_REFUSE
 *     S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA, S2PT_ERR_BUDGET
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_dirty_start(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						       uint64_t size, uint8_t sw, uint32_t flags);

/* Make the pages clean again that are reported. */
#define S2PT_COLLECT_CLEAR (1u << 0)

/*
 * s2pt_table_dirty_collect - which pages were written to?
 *
 * A block or group that the range cuts is reported and stays dirty. s2pt_bitmap_take() then shows the pages by run.
 *
 * @bitmap: receives a bit for each page of a dirty leaf; others stay as they are.
 * @flags: S2PT_COLLECT_CLEAR or 0: then s2pt_table_dirty_clear() makes them clean, later.
 *
 * Context: exclusive.
 * Invalidates: whatever the status, every page below op->done that was reported and is clean, also under a hold: copy
 * it now, and a write that the copy misses is a new one.
 * Returns:
 *     S2PT_ERR_BITMAP           the range is not in the bitmap, or there is none
 *     S2PT_ERR_FLAGS            another flag is set
 *     S2PT_ERR_BUDGET           go on from op->done
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_dirty_collect(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
							 uint64_t size, struct s2pt_bitmap *bitmap, uint32_t flags);

/*
 * s2pt_table_dirty_clear - make the pages of a range clean of which @mask has the bit: an earlier collection
 * reported them, and left them dirty.
 *
 * Clean becomes a leaf of which the mask names every page; others stay dirty.
 *
 * Context: exclusive.
 * Invalidates: as s2pt_table_dirty_collect(): memory may be copied on return.
 * Returns:
 *     S2PT_ERR_BITMAP           the range is not in @mask, or there is none
 *     S2PT_ERR_BUDGET           go on from op->done
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_dirty_clear(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						       uint64_t size, const struct s2pt_bitmap *mask);

/*
 * s2pt_table_dirty_stop - log no longer: what was logged is writable, and has no tracking bit.
 *
 * Context: exclusive.
 * Invalidates: nothing, but for contiguous groups: an older translation permits less, and ends in a fault that is
 * answered.
 * Returns:
 *     as s2pt_table_dirty_start(), but for S2PT_ERR_SW
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_dirty_stop(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						      uint64_t size);

/*
 * s2pt_table_dirty_leaf - make a writable @leaf one that is logged, and clean, for mapping it while logging.
 * Unchanged where no tracking bit has been chosen yet.
 *
 * Context: any; of the table only its tracking bit is read.
 */
void s2pt_table_dirty_leaf(const struct s2pt_table *table, struct s2pt_leaf *leaf);

/*
 * s2pt_table_is_dirty - was the leaf that a lookup found written to, as far as its entry says?
 *
 * Context: any; of the table only its tracking bit is read.
 */
bool s2pt_table_is_dirty(const struct s2pt_table *table, s2pt_desc leaf);

#ifdef __cplusplus
}
#endif

#endif
