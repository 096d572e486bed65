/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * build.h: tables that are made once and never change: for hypervisors that partition statically, boot firmware,
 * images.
 *
 * A list of regions in, complete tables out: no host, no TLB, no break-before-make. What is built is what
 * s2pt_table_map() would have mapped, and s2pt_table_adopt() (table.h) hands it to the engine where it is to change
 * after all.
 *
 *     struct s2pt_build_memory build = { .virt = NULL };
 *
 *     status = s2pt_build(&format, regions, count, &build);  // build.used: how many bytes it takes
 *     build.virt = memory;                                   // as many, aligned; at build.pa
 *     status = s2pt_build(&format, regions, count, &build);
 *     status = s2pt_vttbr_encode(&format, &(struct s2pt_vttbr){ build.pa, vmid, false }, &vttbr);
 *
 * Pure functions, but for the memory that they are given; any context, any number of CPUs.
 */
#ifndef S2PT_BUILD_H
#define S2PT_BUILD_H

#include <s2pt/desc.h>
#include <s2pt/format.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A range of IPAs, and what it is mapped to. */
struct s2pt_build_region {
	s2pt_ipa ipa;  /* multiples of the granule */
	uint64_t size; /* bytes */
	s2pt_pa pa;
	const struct s2pt_leaf *leaf; /* the attributes; contiguous and nt are not the caller's */
	uint8_t max_lg2;              /* log2 of the most bytes that a leaf, or a contiguous group, maps; 0: no limit */
};

/* Where to build. */
struct s2pt_build_memory {
	void *virt;     /* where this CPU reaches the memory; NULL: only count */
	s2pt_pa pa;     /* where walkers do: of the start table(s), which come first, and aligned as these must be */
	uint64_t bytes; /* how much there is */
	uint64_t used;  /* out: how much it takes, also with S2PT_ERR_MEMORY; of start tables a granule at least */
	size_t region;  /* out: with a status about a region, which */
};

/*
 * s2pt_build - build the tables for @count regions.
 * @regions: in order of IPA.
 *
 * Each leaf is the largest that alignment, what remains of its region, and max_lg2 allow, and leaves that fill a
 * contiguous group carry the hint. All of build->used bytes are written, and nothing else. The caller makes the tables
 * visible to walkers (clean them, where those are not coherent; DSB), and the memory that they map, too.
 *
 * Returns:
 *     S2PT_ERR_EMPTY, S2PT_ERR_IPA_ALIGN, S2PT_ERR_SIZE_ALIGN, S2PT_ERR_IPA_SIZE, S2PT_ERR_PA_ALIGN, S2PT_ERR_OA_SIZE
 *                               of a region, as s2pt_table_map()
 *     S2PT_ERR_EXISTS           a region begins before the one before it ends
 *     S2PT_ERR_CONTIGUOUS       a leaf has contiguous set
 *     S2PT_ERR_NT               ... or nt
 *     S2PT_ERR_MEMORY           build->bytes is less than build->used
 *     S2PT_ERR_ROOT_ALIGN       build->pa is not aligned to 2^root_align_lg2 and to the granule
 *     S2PT_ERR_ROOT_PA          the memory goes beyond oa_bits
 *     and every status of s2pt_desc_leaf_encode() about a leaf
 * After a failure: nothing was written but build->used and build->region.
 */
S2PT_NODISCARD enum s2pt_status s2pt_build(const struct s2pt_format *format, const struct s2pt_build_region *regions,
					   size_t count, struct s2pt_build_memory *build);

#ifdef __cplusplus
}
#endif

#endif
