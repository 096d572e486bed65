/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reference model of the Arm AArch64 EL1&0 stage 1 translation (VMSAv8-64). It is written from the
 * architecture alone, shares no code and no header with the library, and follows the shape of
 * Arm's pseudocode (AArch64.S1Translate, AArch64.S1Walk and what they call).
 *
 * Choices, where the architecture leaves one:
 * - TCR_EL1.TxSZ out of range is a level 0 Translation fault. FEAT_LVA is implemented: the minimum
 *   is 12 for 64K.
 * - All granules are implemented. A reserved TG0 or TG1 means 4K. A reserved IPS means PAMax.
 * - nT and Contiguous have no effect; RES0 bits are ignored, also those of TTBRn_EL1.
 * - TTBRn_EL1 has its 52-bit form for 64K where the effective IPS is 52 bits, also if reserved.
 * - FEAT_HPDS and FEAT_E0PD are implemented. There is no PAN, EPAN, indirect permission, overlay,
 *   BTI, TBID, MTX or NV1. The memory type never takes execution away.
 * - An access which faults updates no descriptor.
 *
 * Hosted C11. No function here keeps state.
 */
#ifndef REF_STAGE1_H
#define REF_STAGE1_H

#include <stdbool.h>
#include <stdint.h>

struct ref_stage1_cpu {
	unsigned pa_bits; /* PAMax, 32..52 */
	bool lpa2;        /* TCR_EL1.DS works, for 4K and for 16K */
	bool ttst;
	bool ha, hd; /* FEAT_HAFDBS: of the access flag, and of the dirty state */
};

/* SCTLR_EL1, TCR_EL1, MAIR_EL1, TTBR0_EL1, TTBR1_EL1. */
struct ref_stage1_regs {
	uint64_t sctlr, tcr, mair, ttbr0, ttbr1;
};

enum ref_stage1_fault {
	REF_S1_NONE,
	REF_S1_TRANSLATION,
	REF_S1_ADDRESS_SIZE,
	REF_S1_ACCESS_FLAG,
	REF_S1_PERMISSION,
	REF_S1_ABORT, /* external abort on the read of a descriptor */
};

enum ref_stage1_kind {
	REF_S1_READ,
	REF_S1_WRITE,
	REF_S1_FETCH,
};

struct ref_stage1_access {
	enum ref_stage1_kind kind;
	bool el0;
};

/* Fields which do not apply are 0. */
struct ref_stage1_result {
	enum ref_stage1_fault fault;
	int level; /* of the fault, else of the leaf; 0 if off */
	/*
	 * A leaf with an output address in range was reached, also where the access flag or the
	 * permissions then fault; or stage 1 is off, also where the address size then faults.
	 */
	bool leaf;
	bool off;
	uint64_t output; /* address of the byte, if leaf */
	unsigned lg2;    /* log2 of the bytes the leaf maps; 0 if off */
	/* Rights of EL1 and EL0, if leaf; none if stage 1 is off and the address size faults. */
	bool r1, w1, x1, r0, w0, x0;
	unsigned mair; /* MAIR_EL1 byte, if leaf and not off */
	unsigned sh;   /* likewise, SH[1:0] of the descriptor, or with DS=1 TCR_EL1.SHn */
	/* Bits of the leaf descriptor which hardware inverts for this access: AF, AP[2]. */
	uint64_t updates;
	/* The descriptors read, in order; one which could not be read is not counted. */
	unsigned reads;
	uint64_t address[5], desc[5];
};

/* Reads the descriptor at this address; false: external abort. */
typedef bool ref_read(void *context, uint64_t address, uint64_t *value);

/* Translates va for this access. dc: HCR_EL2.DC. */
void ref_stage1(const struct ref_stage1_cpu *cpu, const struct ref_stage1_regs *regs, bool dc, ref_read *read,
		void *context, const struct ref_stage1_access *access, uint64_t va,
		struct ref_stage1_result *result);

#endif
