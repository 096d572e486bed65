/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * stage2.h: the image's one stage-2 table, built with the library a descriptor at a time.
 *
 * This is all that a hypervisor with a fixed memory map needs: a format, leaves, the tables on the
 * way to them, three registers.
 */
#ifndef STAGE2_H
#define STAGE2_H

#include <s2pt/s2pt.h>

/*
 * The ordinary config, but with Non-cacheable walks: EL2 runs with its MMU off, so it writes tables
 * past the caches, and the walker must look there.
 */
void stage2_config(struct s2pt_config *config, enum s2pt_granule granule);

/* Start an empty table of this format. What the last one held is gone. */
void stage2_begin(const struct s2pt_format *format);

/* The format in use. */
const struct s2pt_format *stage2_format(void);

/* Put @desc where @ipa meets @level; the tables above are linked as needed. */
void stage2_set(uint64_t ipa, int level, s2pt_desc desc);

/* What stands there now. */
s2pt_desc stage2_get(uint64_t ipa, int level);

/* The entry that ends the walk of @ipa, and its level. */
int stage2_find(uint64_t ipa, s2pt_desc *desc);

/* Map one page or block; a leaf that the library refuses ends the run. */
void stage2_map(uint64_t ipa, int level, uint64_t oa, const struct s2pt_leaf *leaf);

/* Map the image to itself, Normal Non-cacheable, with blocks of level 2: for the stage-1 tables. */
void stage2_map_image(void);

/*
 * Hand the table to the MMU: VTCR_EL2, VTTBR_EL2, HCR_EL2 (RW, VM, FWB as the format has it, @hcr).
 */
void stage2_load(uint64_t hcr);

/* The same with another VTCR_EL2. */
void stage2_load_vtcr(uint64_t vtcr, uint64_t hcr);

/* The same with a start table that is not there. */
void stage2_load_vttbr(uint64_t vttbr, uint64_t hcr);

/*
 * The controls that govern an EL1 data access while this table is loaded; HCR_EL2.CD and its kin
 * are 0.
 */
struct s2pt_controls stage2_controls(void);

/*
 * The PAR_EL1 that the library expects of an access to @pa through a leaf of this table while stage
 * 1 is off: Device-nGnRnE meets what the leaf says.
 */
uint64_t stage2_par(uint64_t pa, const struct s2pt_leaf *leaf);

/* Where the start table lies, and the first table below it. */
uint64_t stage2_root(void);
uint64_t stage2_next(void);

/*
 * Fill the first @count tables below the start table, which are then not used for others; or the start table. Each
 * entry is what @entry returns.
 */
void stage2_fill_tables(unsigned count, uint64_t (*entry)(void));
void stage2_fill_root(uint64_t (*entry)(void));

/* Is this an address of a table? */
bool stage2_has(uint64_t address);

#endif
