/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * decode.h: SMMUv3 commands as an SMMU reads them: by the bit numbers 127..0 of IHI 0070, chapter 4. It
 * shares nothing with the library that writes them.
 */
#ifndef S2PT_TESTS_SMMU_DECODE_H
#define S2PT_TESTS_SMMU_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum smmu_kind {
	SMMU_CFGI_STE = 0x03,
	SMMU_TLBI_NH_ALL = 0x10,
	SMMU_TLBI_S12_VMALL = 0x28,
	SMMU_TLBI_S2_IPA = 0x2a,
	SMMU_TLBI_NSNH_ALL = 0x30,
	SMMU_ATC_INV = 0x40,
	SMMU_SYNC = 0x46,
};

/* What the SMMU has, as far as its commands go. */
struct smmu_can {
	bool ril, ds, stage1, ats, vmid16;
};

struct smmu_command {
	enum smmu_kind kind;
	const char *illegal; /* why the SMMU would stop (CERROR_ILL) or misunderstand; NULL: it is fine */
	unsigned vmid;
	uint64_t first, last; /* S2_IPA: what is invalidated; without TG one address, and what maps it */
	bool leaf;
	unsigned tg, ttl; /* as they stand: 0 none, or 1 4K, 2 16K, 3 64K; 0 none, or the level */
	uint32_t stream;
	bool ssv, global;
	unsigned size; /* ATC_INV */
};

/* Bits @hi to @lo of an array of 64-bit words. */
uint64_t smmu_bits(const uint64_t *words, unsigned hi, unsigned lo);

void smmu_decode(const struct smmu_can *can, const uint64_t words[2], struct smmu_command *command);

#endif
