/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reference implementation of the parts of the Arm stage 2 translation which the tests need as an
 * oracle. It is written from the architecture alone, shares no code and no header with the
 * library, and prefers the shape of Arm's pseudocode and tables to speed or compactness.
 *
 * Hosted C11. No function here keeps state.
 */
#ifndef REF_H
#define REF_H

#include <stdbool.h>
#include <stdint.h>

/* ---- Stage 1 x stage 2 memory attributes ------------------------------------------------- */

/* What makes the access. REF_WALK: access by the stage 1 walker. */
enum ref_access {
	REF_DATA,
	REF_FETCH,
	REF_WALK,
};

/* Bits of ref_combine_out.reserved. */
enum {
	REF_S1_RESERVED = 1,    /* reserved MAIR byte for the given features */
	REF_S2_RESERVED = 2,    /* reserved MemAttr[3:0] for the given mode and features */
	REF_S1_SH_RESERVED = 4, /* stage 1 SH[1:0] is 0b01 */
	REF_S2_SH_RESERVED = 8, /* stage 2 SH[1:0] is 0b01 */
};

/*
 * The inputs of one combination.
 *
 * - s1_off: stage 1 disabled; mair and s1_sh are not looked at. HCR_EL2.DC forces SCTLR_EL1.M to
 *   0, so dc implies s1_off. Neither is looked at for REF_WALK: with stage 1 off there is no walk.
 * - mair, s1_sh: the stage 1 attribute byte and SH[1:0]. For REF_WALK, a byte which stands for
 *   TCR_EL1.{ORGN,IRGN} (always Normal, never tagged), and TCR_EL1.SH.
 * - s2_memattr, s2_sh: MemAttr[3:0] and SH[1:0] (already VTCR_EL2.SH0 if DS=1).
 * - fwb, cd, id, ptw, dc, dct: fields of HCR_EL2. fnxs: bit 11 of the stage 2 descriptor, only
 *   looked at with feat_xs. dct is only looked at with feat_mte2.
 * - sctlr_c, sctlr_i: SCTLR_EL1.{C,I}.
 * - s1_effective_sh: the IMPLEMENTATION DEFINED choice of R_NSCNC: hand the *effective* stage 1
 *   shareability to stage 2, not the value of the descriptor.
 */
struct ref_combine_in {
	enum ref_access access;
	bool feat_xs, feat_mte2, feat_mte_perm;
	bool s1_off;
	uint8_t mair, s1_sh;
	uint8_t s2_memattr, s2_sh;
	bool fwb, fnxs, cd, id, ptw, dc, dct, sctlr_c, sctlr_i;
	bool s1_effective_sh;
};

/*
 * A memory attribute in canonical form: a field which does not apply is 0. Device: outer, inner,
 * hints and transient are 0. Normal: device_type is 0. A Non-cacheable half: hint and transient
 * are 0. Hint "No": transient is 0.
 */
struct ref_attr {
	bool device;
	uint8_t device_type;            /* 0 nGnRnE, 1 nGnRE, 2 nGRE, 3 GRE */
	uint8_t outer, inner;           /* 0 NC, 1 WT, 2 WB */
	uint8_t outer_hint, inner_hint; /* {RA,WA}: 0 No, 1 WA, 2 RA, 3 RWA */
	bool outer_transient, inner_transient;
	uint8_t sh; /* 0 NSH, 2 OSH, 3 ISH */
	bool xs;
	bool tagged; /* Allocation Tagged */
	bool notagaccess;
};

/*
 * The result. If reserved is not 0, nothing else is meaningful (and it is all 0). If
 * permission_fault is set (HCR_EL2.PTW), attr and par_* are all 0.
 */
struct ref_combine_out {
	unsigned reserved;
	bool permission_fault;
	struct ref_attr attr;
	uint8_t par_attr, par_sh; /* PAR_EL1.ATTR, PAR_EL1.SH */
};

void ref_combine(const struct ref_combine_in *in, struct ref_combine_out *out);

/* ---- VTCR_EL2.{TG0,DS,T0SZ,SL0,SL2} ------------------------------------------------------ */

struct ref_format_in {
	unsigned granule_lg2; /* 12, 14, 16 */
	unsigned pa_bits;     /* implemented PA size: 32, 36, 40, 42, 44, 48, 52 */
	bool ds, ttst;        /* VTCR_EL2.DS; FEAT_TTST is implemented */
	unsigned t0sz;        /* 6 bits */
	unsigned sl0, sl2;    /* sl2 must be 0 unless 4K with ds */
};

struct ref_format_out {
	bool ok;             /* if false, the other fields are 0 */
	int start_level;     /* -1..3 */
	unsigned tables;     /* concatenated start tables: 1, 2, 4, 8, 16 */
	uint64_t root_bytes; /* size of the (concatenated or partial) start table */
	uint64_t root_align; /* what VTTBR_EL2.BADDR has to be aligned to */
};

/*
 * Is this configuration accepted by the CPU: no level 0 Translation fault, and nothing
 * IMPLEMENTATION DEFINED such as T0SZ out of range? VTCR_EL2.PS is taken to be the implemented PA
 * size.
 */
void ref_format(const struct ref_format_in *in, struct ref_format_out *out);

struct ref_start {
	int level;
	unsigned sl0, sl2, tables;
};

/*
 * All start levels which can serve ipa_bits. Returns how many, and writes them in ascending
 * number of levels (fewest levels first).
 */
unsigned ref_format_starts(unsigned granule_lg2, unsigned ipa_bits, unsigned pa_bits, bool ds,
			   bool ttst, struct ref_start out[5]);

/* ---- Descriptors ------------------------------------------------------------------------- */

enum ref_kind {
	REF_INVALID,
	REF_TABLE,
	REF_BLOCK,
	REF_PAGE,
};

/* How the walker reads a VMSAv8-64 stage 2 descriptor; lpa: the implemented PA is 52 bits. */
enum ref_kind ref_desc_kind(unsigned granule_lg2, int level, bool ds, bool lpa, uint64_t desc);

/* TABLE: the next-level table address. BLOCK and PAGE: the output address. Otherwise 0. */
uint64_t ref_desc_oa(unsigned granule_lg2, int level, bool ds, bool lpa, uint64_t desc);

#endif
