/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * table.h: the engine. It maps, unmaps, protects, splits, collapses, moves, annotates and looks up, in
 * live stage-2 tables, and leaves no stale translation behind.
 *
 * CONCURRENCY. Three classes; the caller provides the exclusion, mostly by a lock of readers and writers.
 *
 *                   | exclusive | shared | visit, stats | lookup | hardware (AF, dirty state)
 *     --------------+-----------+--------+--------------+--------+---------------------------
 *     exclusive     |    no     |   no   |      no      |  yes   |  yes, if the format says so
 *     shared        |    no     |   yes  |      yes     |  yes   |  yes
 *     visit, stats  |    no     |   yes  |      yes     |  yes   |  yes
 *     lookup        |    yes    |   yes  |      yes     |  yes   |  yes
 *
 *     exclusive: init, adopt, destroy, map, map_plan, unmap, protect, relax, move, split, collapse, annotate, hold,
 *                release, s2pt_table_age, s2pt_table_dirty_*
 *     shared:    s2pt_shared_map, _relax, _mark_dirty, _set_af, _age (shared.h)
 *     visit:     visit, stats, extent, next
 *     lookup:    lookup, translate, s2pt_table_invalidate_seq, s2pt_shared_tlb_conflict
 *
 * A table that a lookup may still be reading is freed only through host->retire, which may wait (RCU,
 * epochs) or free at once where lookups are excluded as well.
 *
 * INVALIDATION. Every exclusive operation gathers what becomes stale, invalidates it with as few requests as
 * cover it, then retires unlinked tables; all of this before it returns, whatever its status, unless
 * the caller spans a gather over several operations (s2pt_table_hold, s2pt_table_release). An entry that
 * was invalid needs no invalidation when it becomes valid (I_WZCBG). Break-before-make (R_WHZWS) is
 * done wherever the architecture asks for it.
 *
 * BUDGET AND DONE. A range operation stops after op->budget units (0: never), at least one indivisible step further
 * than it began, and at most one table above the budget. A unit is an entry that is touched; a table that is linked, or
 * that goes, with its link; and two entries of a table that is filled by splitting. op->done is exact:
 * below it the operation is complete; from it on, every address is mapped as it was before (a block
 * may have been split, or with S2PT_PARTIAL_ZAP unmapped; and where a map with op->replace ends in S2PT_ERR_CLEAN, what
 * it was about to replace may be unmapped). To go on, call again with the range advanced
 * by op->done: a step that did nothing but split a block advances it by 0, and is a step all the same.
 *
 * CONTIGUOUS GROUPS have the hint whole or not at all. A change of one member, other than of AF or of
 * software bits, is one of the whole group, by break-before-make where that is needed; where the range ends
 * inside of one, its members are made again without the hint. AF and dirty state of one member hold for all:
 * hardware writes them to any.
 *
 * STATUSES of every range operation, before anything is changed:
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 *     S2PT_ERR_EMPTY            the size is 0
 *     S2PT_ERR_IPA_ALIGN        the IPA is not a multiple of the granule
 *     S2PT_ERR_SIZE_ALIGN       the size is not a multiple of the granule
 *     S2PT_ERR_IPA_SIZE         the range goes beyond the IPA size
 *     S2PT_ERR_BITMAP           op->dirty has no bits for the range
 *     S2PT_ERR_POSITION         op->resume, and op->done is no position in the range
 * and on the way, with op->done exact:
 *     S2PT_ERR_BUDGET           op->budget is used up: go on from op->done
 *     S2PT_ERR_MEMORY           where tables are needed: no memory, or the page limit
 *     S2PT_ERR_TABLE_PA         ... what alloc or op->cache gave is beyond oa_bits or not aligned: it was retired
 *     S2PT_ERR_CLEAN            host->clean_data failed: for memory that was unmapped, which stays so and is not clean,
 *                               while the operation went on (under a hold the release says that); or for memory that
 *                               was to become visible at ipa + done, and does not: there it ended. It comes before
 *                               every other status: where op->done is below the size, go on from there
 *
 * THE BLOCK OF EACH FUNCTION has these parts, in this order: its purpose; arguments that need more than their name;
 * Context, the class above; Invalidates, what TLBs may no longer hold on return; Returns, a status a line (S2PT_OK is
 * not said, and of the first seven above nothing); After a failure, what then holds.
 *
 * INVALID ENTRIES are empty (0), or hold an annotation of the host's, or are broken: taken out by a
 * running operation, which will put something back. None of them looks valid to a walker.
 */
#ifndef S2PT_TABLE_H
#define S2PT_TABLE_H

#include <s2pt/desc.h>
#include <s2pt/format.h>
#include <s2pt/host.h>
#include <s2pt/impl/table.h>
#include <s2pt/tlbi.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct s2pt_op;

/*
 * One table. The storage is the caller's, the contents are the library's. A host may read the members of the first
 * group, and writes none. It is zeroed before the first s2pt_table_init(), and left alone between s2pt_table_destroy()
 * and the next: so that what cursors and map requests keep of an earlier life does not fit the next one.
 */
struct s2pt_table {
	/* For the host to read. Constant from init on, but for the counts. */
	const struct s2pt_format *format;
	const struct s2pt_host_ops *host;
	s2pt_pa root_pa;      /* of the start table(s): for VTTBR_EL2 */
	uint64_t pages;       /* tables in use, the start table(s) not counted; shared operations change it */
	uint64_t page_limit;  /* ... and how many there may be; UINT64_MAX: any number */
	uint64_t annotations; /* annotated entries; shared operations change it */

	/* Constant from init on: the geometry, and what the host and the hardware do. */
	uint64_t *root;            /* the start table(s) */
	uint64_t ipa_invalid_mask; /* bits that the IPA of a page never has */
	uint64_t pa_invalid_mask;  /* bits that the PA of a page or table never has, */
	uint64_t short_pa_mask;    /* ... and those that do not stand at their own place in a descriptor */
	uint64_t page_bytes;       /* of a granule */
	uint64_t link_mask;        /* bits of a table descriptor that are address bits in their own place */
	bool oa_split;             /* ... and whether others are address bits from elsewhere */
	int8_t start_level;
	uint8_t start_lg2;          /* log2 of the bytes that an entry of the start level maps */
	struct s2pt_level level[5]; /* by level from -1 */
	bool has_observer;          /* each store is reported to host->trace, or cleaned by host->clean_tables */
	bool hw_updates;            /* hardware may write AF and dirty state */
	bool bbml2_in_place;        /* FEAT_BBM level 2, and no hardware updates: sizes may change without a break */
	uint32_t mapping_key;       /* the key of mappings for this table, */
	uint32_t waived;            /* ... and which of S2PT_MAPPING_NEEDS the host has no need of, or, within a list,
	                               has seen to already */
	uint16_t cmo_memattrs;      /* bit n: leaves with MemAttr n need cache maintenance when they are unmapped */

	/* Shared operations read and write these, by atomic accesses; exclusive ones, too. */
	uint64_t invalidate_seq; /* see s2pt_table_invalidate_seq() */
	bool needs_clean;        /* there may be leaves that cmo_memattrs is about */

	/* Exclusive operations write these; shared ones only read them. */
	uint64_t generation;   /* grows when a table is unlinked, or known to be clean: older cursors are stale */
	uint64_t tracking_bit; /* in leaves whose writes are tracked: tracking.h. 0: none was chosen yet */
	bool has_contiguous;   /* there may be contiguous groups */
	bool fast_4k;          /* 4K, DS=0, start level 0 to 2, table memory at a fixed distance; not in destroy */
	uint32_t short_key;    /* operations on a page may go the short way, with mappings of this key; UINT32_MAX, the
	                          key of none: they may not, as the table is held, or in destroy */
	uint32_t usual_key;    /* the same for the way of faults, a shorter one: UINT32_MAX also without fast_4k */
	bool destroying;       /* every operation but destroy is refused */
	bool destroyed;        /* and nothing of the table is left */
	bool held;             /* the gather spans operations */
	/*
	 * Something was stored that may not be visible to walkers yet. Volatile: gcc 12 moves another store out of a
	 * loop that stores to entries, and then repeats the loop's last one behind it, over what hardware wrote.
	 */
	volatile bool stored;
	bool clean_failed; /* clean_data failed for memory that was unmapped: the operation in progress says so */

	/*
	 * Of the exclusive operation in progress. Between operations only a hold, or destroy, leaves something in it.
	 */
	uint8_t n_ranges;   /* the gather: stale ranges, */
	uint8_t n_unlinked; /* unlinked subtrees (while destroying unlinked[0] is the whole table), */
	uint8_t n_cleans;   /* memory to be cleaned after the invalidation, */
	uint8_t n_pages;    /* and unlinked tables to be given back */
	uint64_t dead_from; /* tables whose links an unmap has broken are behind this IPA, ... */
	uint64_t dead_end;  /* ... and before this one, if it is the greater */
	/* One more than there may be, until two are merged. */
	struct s2pt_tlbi_request range[S2PT_GATHER_RANGES + 1];
	struct s2pt_unlinked unlinked[S2PT_GATHER_TABLES];
	struct s2pt_clean clean[S2PT_GATHER_CLEANS];
	struct s2pt_page page[S2PT_GATHER_PAGES];
	struct s2pt_range running; /* scratch: the range, */
	uint64_t short_at;         /* ... where memory was short last, and tables were given back to go on, */
	struct s2pt_update update; /* ... its change of attributes, */
	struct s2pt_list list;     /* ... its list of segments, */
	uint64_t broken;           /* ... how many leaves it has broken, to make them again, */
	uint64_t broken_at;        /* ... the IPA of the first, */
	uint64_t *path[5];         /* ... and the tables on the last walk, by level from -1 */
};

/* What to do where a range cuts a block. */
enum s2pt_partial {
	S2PT_PARTIAL_SPLIT,  /* split it: may need memory */
	S2PT_PARTIAL_ZAP,    /* unmap all of it: what is outside of the range faults again, and so does
	                        what protect and relax were to change. op->dirty is told of all of it. As
	                        REFUSE where that bitmap has no room for all of it, and for move */
	S2PT_PARTIAL_REFUSE, /* S2PT_ERR_WOULD_SPLIT */
};

/* Pages for operations that must not allocate: taken before host->alloc is asked. */
struct s2pt_page_cache {
	struct s2pt_page *page; /* granule-sized tables, zeroed if the host's are */
	size_t count;           /* pages left: the operation takes from the end */
};

struct s2pt_bitmap; /* tracking.h */

/* Bytes of IPA space. */
struct s2pt_span {
	s2pt_ipa ipa;
	uint64_t size;
};

/* Leaves that protect breaks at once before they are made again, where the host says nothing: 256 MiB of 4K pages. */
#define S2PT_BATCH 65536u

/* How an operation goes about it, and how far it got. Zero it for the ordinary case. */
struct s2pt_op {
	uint64_t budget; /* units, as said above; 0: no limit */
	uint32_t batch;  /* entries broken at once before they are made again; 0: S2PT_BATCH where that goes over
	                    many tables, else all of a run in one table */
	enum s2pt_partial partial;
	bool replace;                  /* map: take the place of what is mapped there */
	bool drop_annotations;         /* unmap: annotations go too */
	uint8_t max_lg2;               /* map, collapse, annotate: log2 of the most bytes that one entry, or one
	                                  contiguous group, may map; 0: no limit. 4K pages: 12 without the
	                                  Contiguous hint, 16 with it; 2M blocks: 21 and 25 */
	struct s2pt_page_cache *cache; /* or NULL */
	struct s2pt_bitmap *dirty;     /* unmap, protect, dirty_start, map with replace: pages that were dirty, or
	                                  writable without being logged, when they lost the right to write; or
	                                  NULL. The range of any call must lie in it */
	bool resume;                   /* go on from @done, which is 0 at first: the same call again, with all arguments
	                                  as they were, after S2PT_ERR_BUDGET, or once there is memory, or clean_data
	                                  can clean */
	uint64_t done;                 /* out: bytes from the start of the range that are complete; in, with @resume */
	uint8_t zapped_count;          /* out: how many leaves that reach beyond the range were zapped, */
	struct s2pt_span zapped[2];    /* ... and all of each: of all calls with @resume */
};

/*
 * What a range of memory is mapped as: the attributes of a leaf, checked and encoded once, for any number of calls, and
 * any table whose format gives the bits the same meaning. Made by s2pt_mapping_init(), and constant from then on: a
 * host may copy it, and changes none of its members.
 */
struct s2pt_mapping {
	uint64_t bits; /* every descriptor bit but type and address */
	uint32_t key;  /* what their meaning depends on, and S2PT_MAPPING_* (impl/table.h) */
};

/* The memory is RAM, of which caches may hold lines; without it MMIO. */
#define S2PT_MAPPING_RAM (1u << 8)
/* ... and caches hold none now, since the host has cleaned and invalidated it: no clean_data to make it visible. */
#define S2PT_MAPPING_CLEAN (1u << 9)

/*
 * s2pt_mapping_init - check and encode what memory is to be mapped as.
 *
 * @leaf: the attributes; contiguous and nt must be clear, since those are the engine's to decide.
 * @flags: S2PT_MAPPING_RAM, with S2PT_MAPPING_CLEAN or without, or 0. For RAM, every type but FWB's forced Write-Back
 *         needs data-cache maintenance, and an executable mapping needs instruction-cache maintenance.
 * @mapping: written on S2PT_OK alone.
 *
 * Context: any; no table is involved.
 * Returns:
 *     S2PT_ERR_FLAGS            another flag is set, or S2PT_MAPPING_CLEAN without S2PT_MAPPING_RAM
 *     S2PT_ERR_CONTIGUOUS       @leaf->contiguous is set
 *     S2PT_ERR_NT               @leaf->nt is set
 *     and every status of s2pt_desc_leaf_encode() about @leaf
 */
S2PT_NODISCARD enum s2pt_status s2pt_mapping_init(const struct s2pt_format *format, const struct s2pt_leaf *leaf,
						  uint32_t flags, struct s2pt_mapping *mapping);

/*
 * s2pt_table_init - make an empty table. Allocates the start table(s).
 *
 * @format, @host: must stay as long as the table.
 * @page_limit: how many tables it may use besides the start table(s); 0: no limit.
 *
 * Context: exclusive.
 * Invalidates: nothing: what the TLBs hold of the VMID's last table went with its s2pt_table_destroy().
 * Returns:
 *     S2PT_ERR_MEMORY           alloc gave nothing
 *     S2PT_ERR_HOST             no host operations
 *     S2PT_ERR_HOST_SIZE        they are smaller than those of the first version
 *     S2PT_ERR_HOST_ALLOC, S2PT_ERR_HOST_RETIRE, S2PT_ERR_HOST_INVALIDATE, S2PT_ERR_HOST_PUBLISH, S2PT_ERR_HOST_TABLES
 *                               this callback is required, and missing
 *     S2PT_ERR_ROOT_ALIGN       what alloc gave is not aligned to its size; it was retired
 *     S2PT_ERR_ROOT_PA          what alloc gave is beyond oa_bits; it was retired
 * After a failure: nothing stays allocated.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_init(struct s2pt_table *table, const struct s2pt_format *format,
						const struct s2pt_host_ops *host, uint64_t page_limit);

/*
 * s2pt_table_adopt - make a table of tables that are there already, live or not, as s2pt_build() (build.h) makes them.
 *
 * Their memory becomes the table's, and goes to host->retire in its time, a table at once. Nothing else may change it
 * from now on. It is read once, from end to end.
 *
 * @format: under which they were built. What it does not define in them is not looked for.
 * @page_limit: as for s2pt_table_init(); what is there counts, and may be more.
 * @root_pa: the start table(s).
 * @flags: S2PT_MAPPING_RAM where some of the leaves are RAM of a type that needs cache maintenance when it is unmapped
 *         (all but FWB's forced Write-Back), or 0.
 *
 * Context: exclusive.
 * Invalidates: nothing.
 * Returns:
 *     S2PT_ERR_HOST, S2PT_ERR_HOST_SIZE, S2PT_ERR_HOST_ALLOC, S2PT_ERR_HOST_RETIRE, S2PT_ERR_HOST_INVALIDATE,
 *     S2PT_ERR_HOST_PUBLISH, S2PT_ERR_HOST_TABLES
 *                               as s2pt_table_init()
 *     S2PT_ERR_FLAGS            another flag is set
 *     S2PT_ERR_HOST_DATA        S2PT_MAPPING_RAM is set, and the host has no clean_data
 *     S2PT_ERR_ROOT_ALIGN       @root_pa is not aligned to the size of the start table(s)
 *     S2PT_ERR_ROOT_PA          @root_pa is beyond oa_bits
 * After a failure: @table is as it was.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_adopt(struct s2pt_table *table, const struct s2pt_format *format,
						 const struct s2pt_host_ops *host, uint64_t page_limit,
						 s2pt_pa root_pa, uint32_t flags);

/*
 * s2pt_table_destroy - unlink and retire everything, the start table(s) last.
 *
 * The table refuses all else from the first call on (S2PT_ERR_DESTROYED). On S2PT_OK the storage is the caller's; a
 * second call after that is harmless.
 *
 * Context: exclusive.
 * Invalidates: the whole VMID, which must still be the table's: take it out of VTTBR_EL2 only afterwards.
 * Returns:
 *     S2PT_ERR_BUDGET           call again
 *     S2PT_ERR_CLEAN            clean_data failed for some of the memory; call again
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_destroy(struct s2pt_table *table, struct s2pt_op *op);

/*
 * s2pt_table_map - map @size bytes at @ipa to @pa.
 *
 * Each leaf is the largest that alignment, what remains, and op->max_lg2 allow; and leaves that fill a
 * contiguous group (Table D8-104) carry the hint, if the group is allowed too. What is mapped so already
 * is unchanged: no store, but for AF, if @mapping has it; and so is what is dirty where @mapping is clean.
 * Annotations are overwritten. With op->replace, what is in the place of a larger leaf and has more tables than the
 * budget is replaced by parts, as smaller leaves.
 *
 * @ipa, @size, @pa: in bytes, multiples of the granule.
 *
 * Context: exclusive.
 * Invalidates: nothing, unless op->replace takes the place of something.
 * Returns:
 *     S2PT_ERR_PA_ALIGN         @pa is not a multiple of the granule
 *     S2PT_ERR_OA_SIZE          @pa + @size is beyond oa_bits
 *     S2PT_ERR_MAPPING          @mapping was made for a format under which its bits mean something else, or never made
 *     S2PT_ERR_HOST_DATA        data-cache maintenance is needed, and the host has no clean_data
 *     S2PT_ERR_HOST_ICACHE      @mapping is executable RAM, and the host has no invalidate_icache
 *     S2PT_ERR_EXISTS           something else is mapped at ipa + done, and op->replace is not set
 *     S2PT_ERR_WOULD_SPLIT      a block would have to be split, and op->partial is S2PT_PARTIAL_REFUSE
 *     S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA, S2PT_ERR_BUDGET
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_map(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
					       uint64_t size, s2pt_pa pa, const struct s2pt_mapping *mapping);

/*
 * s2pt_table_map_list - map @count segments, each as s2pt_table_map() would, as one operation.
 *
 * For memory that lies scattered, as with cache colouring, or comes from a host's allocator page by page: stores are
 * published once, for all, and host->prepare_list, if there is one, deals with the caches of as many segments as the
 * budget may get to at once, but for those that it may end in. Segments that continue each other, in IPA and PA, are
 * one: groups and blocks form across them. With op->replace the caches are dealt with as s2pt_table_map() does, and a
 * leaf that a segment cuts is split, or with S2PT_PARTIAL_ZAP refused as with S2PT_PARTIAL_REFUSE.
 *
 * @op: ->done counts the bytes of all segments, in the order of the list.
 * @segments: in any order. Of those that overlap the first is mapped, and the second is S2PT_ERR_EXISTS, unless it is
 *            the same, or op->replace is set.
 * @count: 1 or more.
 *
 * Context: exclusive.
 * Invalidates: nothing, unless op->replace takes the place of something.
 * Returns: as s2pt_table_map(). What is wrong with a segment is told before anything is mapped (with op->resume:
 * before it is), and
 *     S2PT_ERR_EMPTY            @count or the size of a segment is 0
 *     S2PT_ERR_IPA_SIZE         a segment goes beyond the IPA size, or all together have more than 2^64 - 1 bytes
 *     S2PT_ERR_POSITION         op->done is beyond the list
 *     S2PT_ERR_CLEAN            prepare_list or clean_data failed
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_map_list(struct s2pt_table *table, struct s2pt_op *op,
						    const struct s2pt_segment *segments, size_t count,
						    const struct s2pt_mapping *mapping);

/* What a map would do. Levels -1..3 are indices 0..4. */
struct s2pt_map_plan {
	uint64_t done;          /* how far it would get: bytes from the start of the range */
	uint64_t pages;         /* tables that it would allocate, before it gives any back; at most, where it zaps */
	uint64_t leaves[5];     /* leaves that it would store, by level */
	uint64_t contiguous[5]; /* ... of them with the Contiguous bit; not those that replace leaves of a table */
};

/*
 * s2pt_table_map_plan - what s2pt_table_map() would do with these arguments, and whether it would; no leaf, no
 * annotation and no table is changed. A link may lose what it says of clean parts of its table (bits that hardware
 * ignores): the next collection looks at them again.
 *
 * With S2PT_OK a map that follows, before the table is changed by anybody, does all of it, if host->alloc has as many
 * pages as found->pages, and op->budget is 0 (a budget may replace larger parts as smaller leaves, which takes more).
 *
 * @op: as for the map; op->done is where the map would begin, and stays so.
 * @found: of the range below found->done; all of it with S2PT_OK and S2PT_ERR_MEMORY. Not written where the arguments
 *         are refused.
 *
 * Context: exclusive.
 * Invalidates: nothing.
 * Returns:
 *     S2PT_ERR_EXISTS           something else is mapped at ipa + done, and op->replace is not set
 *     S2PT_ERR_WOULD_SPLIT      a block would have to be split, and op->partial is S2PT_PARTIAL_REFUSE, or
 *                               S2PT_PARTIAL_ZAP where op->dirty has no room for all of the block
 *     S2PT_ERR_MEMORY           the page limit leaves no room for found->pages
 *     and every status of s2pt_table_map() about its arguments
 * After a failure: the same holds.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_map_plan(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						    uint64_t size, s2pt_pa pa, const struct s2pt_mapping *mapping,
						    struct s2pt_map_plan *found);

/*
 * s2pt_table_unmap - nothing is mapped at [@ipa, @ipa + @size) any more.
 *
 * Subtrees that the range covers are unlinked at the top, and their leaves are never looked at, unless
 * they need cache maintenance, or annotations are in the table that are to stay. Tables that become empty
 * are unlinked. Where no block, and no annotation to be dropped, is cut it needs no memory.
 *
 * Context: exclusive.
 * Invalidates: what was mapped; memory in it may be given to somebody else on return.
 * Returns:
 *     S2PT_ERR_WOULD_SPLIT      a block is cut, and op->partial is S2PT_PARTIAL_REFUSE
 *     S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA, S2PT_ERR_BUDGET
 * After a failure: op->done is exact, and what is below it is unmapped and invalidated.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_unmap(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						 uint64_t size);

/*
 * s2pt_table_protect - change permissions, AF, software bits and type of all leaves in a range.
 *
 * Invalid entries stay as they are. Entries that need no change are not written. A change of type is break-before-make,
 * of op->batch leaves at a time (0: S2PT_BATCH), with cache maintenance in between; and so is the loss of a right to
 * execute where format->xn_breaks, and any change of contiguous groups.
 *
 * Context: exclusive.
 * Invalidates: for software bits and for setting AF nothing (AF = 0 is never cached); for all else the changed range,
 * with all of a contiguous group that it ends in (R_LQLSD).
 * Returns:
 *     S2PT_ERR_CHANGE           sets and clears the same thing; execute rights that differ without FEAT_XNX; a software
 *                               bit that the format does not have
 *     S2PT_ERR_SW               the tracking bit of the dirty log
 *     S2PT_ERR_MEMTYPE          a type that the mode of the format cannot encode
 *     S2PT_ERR_SH               a shareability as in s2pt_desc_leaf_encode()
 *     S2PT_ERR_HOST_DATA        data-cache maintenance is needed, and the host has no clean_data
 *     S2PT_ERR_HOST_ICACHE      gives execute rights to RAM, and the host has no invalidate_icache
 *     S2PT_ERR_EXEC_UNCACHED    would make Device or Normal-NC memory executable at ipa + done
 *     S2PT_ERR_WOULD_SPLIT      a block is cut, and op->partial is S2PT_PARTIAL_REFUSE
 *     S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA, S2PT_ERR_BUDGET
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_protect(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						   uint64_t size, const struct s2pt_change *change);

/*
 * s2pt_table_relax - give permissions, after the Permission fault of a CPU.
 *
 * As s2pt_table_protect(), but that it only ever adds rights.
 *
 * @rights: set_r, set_w, set_x_el1, set_x_el0, set_af and ram may be true, all else must be clear.
 *
 * Context: exclusive.
 * Invalidates: the range on the calling CPU alone, and always: also where every entry was found to have the rights
 * already, since this CPU may have cached an older one and would otherwise fault for ever. Other CPUs that have fault
 * on it, and relax in their turn.
 * Returns:
 *     as s2pt_table_protect(); S2PT_ERR_CHANGE also where @rights has more than the members above
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_relax(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						 uint64_t size, const struct s2pt_change *rights);

/* Other memory for a range. */
struct s2pt_move {
	s2pt_pa from; /* where the range is mapped to now: every leaf of it is at @from plus its offset in the range */
	s2pt_pa to;   /* where it is to be mapped to; aligned as the leaves are */
	/*
	 * Called for each leaf between break and make, when no observer can reach the old memory any more: copy @bytes
	 * from @from to @to; again for a leaf that was put back since clean_data failed. May be NULL.
	 */
	void (*copy)(void *context, s2pt_pa from, s2pt_pa to, uint64_t bytes);
	void *context;
};

/*
 * s2pt_table_move - change the memory behind a range, as live migration of a page does.
 *
 * Attributes, AF and dirty state stay. Break-before-make, of op->batch leaves of one table at a time (0: all that are
 * there). A guest that comes in between takes a Translation fault. Its CPU waits for the caller's lock, and finds the
 * leaf again: s2pt_shared_map() answers it with S2PT_RACED or S2PT_OK, and a host with one lock for all looks up first,
 * and lets the guest try again where something is mapped.
 *
 * Context: exclusive.
 * Invalidates: each batch, before its memory is copied.
 * Returns:
 *     S2PT_ERR_PA_ALIGN         move->from or move->to is not a multiple of the granule
 *     S2PT_ERR_OA_SIZE          move->from or move->to plus @size is beyond oa_bits
 *     S2PT_ERR_OA_ALIGN         a block cannot move to move->to; split it first
 *     S2PT_ERR_NOT_MAPPED       a part of the range is not mapped
 *     S2PT_ERR_EXISTS           a part is mapped elsewhere than move->from says
 *     S2PT_ERR_HOST_ICACHE      a leaf is executable, and the host has no invalidate_icache
 *     S2PT_ERR_WOULD_SPLIT      a block is cut, and op->partial is not S2PT_PARTIAL_SPLIT
 *     S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA, S2PT_ERR_BUDGET
 * After a failure: op->done is exact; what is above it has its old memory.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_move(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						uint64_t size, const struct s2pt_move *move);

/*
 * s2pt_table_split - no leaf in the range maps more than 2^@max_lg2 bytes: blocks become tables of smaller leaves with
 * the same attributes.
 *
 * Break-before-make, but for formats with FEAT_BBM level 2 and without hardware updates.
 *
 * @max_lg2: log2 of the bytes of a page (the format's granule_lg2) or of a block.
 *
 * Context: exclusive.
 * Invalidates: what was split.
 * Returns:
 *     S2PT_ERR_LEVEL            no leaf has this size
 *     S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA, S2PT_ERR_BUDGET
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_split(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						 uint64_t size, uint8_t max_lg2);

/*
 * s2pt_table_collapse - tables that end in the range, and whose leaves all have the same attributes and
 * consecutive addresses, become blocks, up to op->max_lg2.
 *
 * What cannot be collapsed stays, and is no error; leaves with one of format->fixed_sw stay as they are. Where hardware
 * manages AF or dirty state the block has what any leaf had. Break-before-make, of op->batch tables at a time (0: all
 * that stand side by side). Needs no memory.
 *
 * Context: exclusive.
 * Invalidates: what was collapsed.
 * Returns:
 *     S2PT_ERR_BUDGET
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_collapse(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						    uint64_t size);

/*
 * s2pt_table_hold - from here on, what becomes stale stays pending, unlinked tables stay unretired, and what is stored
 * need not be visible to walkers, until s2pt_table_release(), or until the gather is full, or there is no memory but in
 * those tables.
 *
 * Memory that was unmapped in between must not be given to anybody else before the release. Shared operations are
 * refused until then (S2PT_ERR_EXCLUSIVE): what they make valid might be cached as it was.
 *
 * Context: exclusive, and so is everything up to the release.
 */
void s2pt_table_hold(struct s2pt_table *table);

/*
 * s2pt_table_release - end a hold.
 *
 * Context: exclusive.
 * Invalidates: what is pending; retires the tables that were unlinked; and publishes what was stored.
 * Returns:
 *     S2PT_ERR_CLEAN            clean_data failed for some of the memory that was unmapped; the hold has ended
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_release(struct s2pt_table *table);

/* Annotations are below this, and not 0. */
#define S2PT_ANNOTATION_LIMIT (UINT64_C(1) << 62)

/*
 * s2pt_table_annotate - keep a value of the host's where nothing is mapped (its owner, say).
 *
 * Entries are the largest that alignment and op->max_lg2 allow. An annotation lives until it is
 * mapped over, annotated over, or unmapped with op->drop_annotations; it keeps its table alive, needs no
 * cache maintenance, and is copied where an operation has to divide its entry.
 *
 * @value: below S2PT_ANNOTATION_LIMIT; 0 takes annotations away.
 *
 * Context: exclusive.
 * Invalidates: tables that become empty, and nothing else: an invalid entry is never cached (I_WZCBG).
 * Returns:
 *     S2PT_ERR_CHANGE           @value is too large
 *     S2PT_ERR_EXISTS           something is mapped at ipa + done
 *     S2PT_ERR_MEMORY, S2PT_ERR_TABLE_PA, S2PT_ERR_BUDGET
 * After a failure: op->done is exact.
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_annotate(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa,
						    uint64_t size, uint64_t value);

/* s2pt_annotation - the annotation in an entry that a lookup found; 0 where there is none. */
static inline uint64_t
s2pt_annotation(s2pt_desc desc)
{
	return desc.raw & 3u ? 0 : desc.raw >> 2;
}

/* What a lookup finds. */
struct s2pt_found {
	s2pt_desc desc; /* the entry, as it was read */
	int8_t level;   /* where it stands */
	s2pt_ipa ipa;   /* the first IPA that it maps */
	uint64_t size;  /* how many bytes it maps */
	s2pt_pa pa;     /* where to, if it is a leaf; else 0 */
};

/*
 * s2pt_table_lookup - the entry at which the walk for @ipa ends.
 *
 * Decode it with s2pt_desc_leaf_decode() if s2pt_desc_kind() says that it is a leaf. The answer is as old as the load:
 * hold a lock, or check again.
 *
 * @ipa: any byte.
 * @found: written on S2PT_OK alone.
 *
 * Context: beside everything; what its caller must keep from happening is the freeing of tables (host->retire).
 * Returns:
 *     S2PT_ERR_IPA_SIZE         @ipa is beyond the IPA size
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_lookup(const struct s2pt_table *table, s2pt_ipa ipa,
						  struct s2pt_found *found);

/*
 * s2pt_table_translate - the PA that @ipa is mapped to.
 *
 * @ipa: any byte.
 * @pa: of that byte; written on S2PT_OK alone.
 *
 * Context: as s2pt_table_lookup().
 * Returns:
 *     S2PT_ERR_NOT_MAPPED       nothing is mapped there
 *     S2PT_ERR_IPA_SIZE         @ipa is beyond the IPA size
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_translate(const struct s2pt_table *table, s2pt_ipa ipa, s2pt_pa *pa);

/*
 * s2pt_table_next - the first entry from @ipa on that is not empty: a leaf, or an annotation.
 *
 * @ipa, @size: any bytes; where to look. The entry may begin before @ipa, and end behind the range. Beside shared
 * operations it may be one that is broken meanwhile, which is neither: what s2pt_desc_leaf_decode() refuses is no leaf.
 * @found: written on S2PT_OK alone.
 *
 * Context: visit: under the caller's lock against exclusive operations.
 * Returns:
 *     S2PT_ERR_NOT_MAPPED       all of the range is empty
 *     S2PT_ERR_EMPTY            @size is 0
 *     S2PT_ERR_IPA_SIZE         the range goes beyond the IPA size
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_next(const struct s2pt_table *table, s2pt_ipa ipa, uint64_t size,
						struct s2pt_found *found);

/* How far something goes. */
struct s2pt_extent {
	bool mapped;    /* else empty, or annotated: s2pt_annotation() of @desc */
	s2pt_pa pa;     /* of the first byte, if mapped */
	s2pt_desc desc; /* the first entry, as it was read */
	int8_t level;   /* where it stands */
	uint64_t size;  /* from the first byte on */
};

/*
 * s2pt_table_extent - what is at @ipa, and how far does it go? Memory that goes on, with the same attributes; or no
 * memory, with the same annotation or none. Sizes of leaves, the Contiguous bit, AF and dirty state make no difference.
 * Beside shared operations a leaf that is broken meanwhile counts as no memory.
 *
 * @ipa, @size: any bytes. A range is uniform if extent->size is @size.
 * @extent: written on S2PT_OK alone.
 *
 * Context: visit: under the caller's lock against exclusive operations.
 * Returns:
 *     S2PT_ERR_EMPTY            @size is 0
 *     S2PT_ERR_IPA_SIZE         the range goes beyond the IPA size
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_extent(const struct s2pt_table *table, s2pt_ipa ipa, uint64_t size,
						  struct s2pt_extent *extent);

/* Leaves in a row, in one table. */
struct s2pt_run {
	s2pt_ipa ipa;   /* of the first */
	uint64_t bytes; /* that each maps */
	int8_t level;
	const s2pt_desc *leaf; /* the first */
	uint64_t count;
};

/*
 * s2pt_table_visit - show every leaf that maps a part of a range, as runs, in order of IPA.
 *
 * Hardware may write AF and dirty state while the visitor reads, and beside shared operations a leaf of the run may be
 * broken or another meanwhile: what s2pt_desc_leaf_decode() refuses is none.
 *
 * @visitor: called for each run; returns whether to go on. It must not change the table.
 *
 * Context: visit: under the caller's lock against exclusive operations.
 * Returns:
 *     S2PT_ERR_EMPTY            @size is 0
 *     S2PT_ERR_IPA_SIZE         the range goes beyond the IPA size
 *     S2PT_ERR_DESTROYED        the table is being destroyed, or was
 */
S2PT_NODISCARD enum s2pt_status s2pt_table_visit(const struct s2pt_table *table, s2pt_ipa ipa, uint64_t size,
						 bool (*visitor)(void *context, const struct s2pt_run *run),
						 void *context);

/* What a table consists of. Levels -1..3 are indices 0..4. */
struct s2pt_stats {
	uint64_t tables[5];                 /* tables by level; the start tables count as one */
	uint64_t leaves[5];                 /* leaves by level */
	uint64_t bytes[S2PT_MEMTYPE_COUNT]; /* mapped, by type */
};

/*
 * s2pt_table_stats - count everything. Its cost is that of reading all tables.
 *
 * Context: stats: under the caller's lock against exclusive operations.
 */
void s2pt_table_stats(const struct s2pt_table *table, struct s2pt_stats *stats);

/* Operations on a range, as far as their need of memory goes. */
enum s2pt_operation {
	S2PT_OPERATION_MAP, /* and s2pt_shared_map() */
	S2PT_OPERATION_ANNOTATE,
	S2PT_OPERATION_SPLIT,
	S2PT_OPERATION_UNMAP,
	S2PT_OPERATION_PROTECT, /* and relax, dirty_start, dirty_stop */
	S2PT_OPERATION_MOVE,
	S2PT_OPERATION_COLLAPSE, /* and those that are not named here */
};

/*
 * s2pt_table_pages_needed - at most how many pages an operation on a range takes, whatever is in the table.
 *
 * Map, annotate and split may need tables all over the range; the others where its ends cut leaves.
 * s2pt_table_map_plan() says for a map what it takes indeed.
 *
 * @ipa, @size: as for the operation.
 * @max_lg2: of map, annotate and split: log2 of the bytes of the smallest leaves inside of the range; 0: the granule.
 *           PA and IPA that are not aligned alike make pages of blocks. Not looked at otherwise.
 *
 * Context: any; of the table only its geometry is read.
 */
uint64_t s2pt_table_pages_needed(const struct s2pt_table *table, enum s2pt_operation operation, s2pt_ipa ipa,
				 uint64_t size, uint8_t max_lg2);

#ifdef __cplusplus
}
#endif

#endif
