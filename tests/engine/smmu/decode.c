/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "decode.h"

#include <stddef.h>
#include <string.h>

uint64_t
smmu_bits(const uint64_t *words, unsigned hi, unsigned lo)
{
	uint64_t value = 0;

	for (unsigned bit = hi + 1; bit-- > lo;)
		value = value << 1 | (words[bit / 64] >> (bit % 64) & 1u);
	return value;
}

/* Bits that no field of the command covers must be zero. */
static void
check_res0(struct smmu_command *command, const uint64_t words[2], const uint8_t (*fields)[2])
{
	uint64_t rest[2] = { words[0], words[1] };

	for (; (*fields)[0] | (*fields)[1]; fields++)
		for (unsigned bit = (*fields)[1]; bit <= (*fields)[0]; bit++)
			rest[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
	rest[0] &= ~UINT64_C(0xff);
	if (rest[0] | rest[1])
		command->illegal = "a RES0 bit is set";
}

static void
decode_vmid(const struct smmu_can *can, const uint64_t words[2], struct smmu_command *command)
{
	command->vmid = (unsigned)smmu_bits(words, 47, 32);
	if (command->vmid > 255 && !can->vmid16)
		command->illegal = "a VMID of more than 8 bits";
}

/* The lowest address bits that must be zero, for TG and TTL (4.4.1.1). */
static unsigned
aligned_bits(unsigned tg, unsigned ttl)
{
	static const uint8_t bits[4][4] = {
		{ 0 },
		{ 0, 30, 21, 0 },
		{ 14, 36, 25, 14 },
		{ 16, 42, 29, 16 },
	};

	return bits[tg][ttl];
}

static void
decode_s2_ipa(const struct smmu_can *can, const uint64_t words[2], struct smmu_command *command)
{
	static const uint8_t fields[][2] = {
		{ 16, 12 },
		{ 25, 20 },
		{ 47, 32 },
		{ 64, 64 },
		{ 73, 72 },
		{ 75, 74 },
		{ 115, 76 },
		{ 0, 0 },
	};
	unsigned num = (unsigned)smmu_bits(words, 16, 12), scale = (unsigned)smmu_bits(words, 25, 20);

	check_res0(command, words, fields);
	decode_vmid(can, words, command);
	command->first = smmu_bits(words, 115, 76) << 12;
	command->last = command->first;
	command->leaf = smmu_bits(words, 64, 64);
	command->tg = (unsigned)smmu_bits(words, 75, 74);
	command->ttl = (unsigned)smmu_bits(words, 73, 72);
	if (!command->tg && (num | scale | command->ttl))
		command->illegal = "NUM, SCALE or TTL without TG";
	if (!command->tg)
		return;
	if (!can->ril)
		command->illegal = "TG without RIL";
	if (!(num | scale | command->ttl))
		command->illegal = "NUM, SCALE and TTL all zero";
	if (command->tg == 2 && command->ttl == 1 && !can->ds)
		command->illegal = "TTL 1 with 16K and without DS";
	if (scale > 39 || (scale > 31 && !can->ds))
		command->illegal = "SCALE too large";
	if (command->first & ((UINT64_C(1) << aligned_bits(command->tg, command->ttl)) - 1))
		command->illegal = "the address is not aligned to what TTL says";
	command->last += ((uint64_t)(num + 1) << scale << (10 + 2 * command->tg)) - 1;
}

static void
decode_atc_inv(const struct smmu_can *can, const uint64_t words[2], struct smmu_command *command)
{
	static const uint8_t fields[][2] = {
		{ 9, 9 },
		{ 11, 11 },
		{ 31, 12 },
		{ 63, 32 },
		{ 69, 64 },
		{ 127, 76 },
		{ 0, 0 },
	};

	check_res0(command, words, fields);
	command->stream = (uint32_t)smmu_bits(words, 63, 32);
	command->ssv = smmu_bits(words, 11, 11);
	command->global = smmu_bits(words, 9, 9);
	command->size = (unsigned)smmu_bits(words, 69, 64);
	command->first = smmu_bits(words, 127, 76) << 12;
	if (!can->ats)
		command->illegal = "ATC_INV without ATS";
	if (command->size > 52)
		command->illegal = "Size above 52";
	if (command->size == 52) {
		if (command->first)
			command->illegal = "an address where everything is meant";
		command->first = 0;
		command->last = UINT64_MAX;
		return;
	}
	command->first &= ~((UINT64_C(4096) << command->size) - 1);
	command->last = command->first + (UINT64_C(4096) << command->size) - 1;
}

void
smmu_decode(const struct smmu_can *can, const uint64_t words[2], struct smmu_command *command)
{
	static const uint8_t vmid_alone[][2] = { { 47, 32 }, { 0, 0 } };
	static const uint8_t cfgi[][2] = { { 63, 32 }, { 64, 64 }, { 0, 0 } };
	static const uint8_t nothing[][2] = { { 0, 0 } };

	memset(command, 0, sizeof(*command));
	command->kind = (enum smmu_kind)smmu_bits(words, 7, 0);
	switch (command->kind) {
	case SMMU_CFGI_STE:
		check_res0(command, words, cfgi);
		command->stream = (uint32_t)smmu_bits(words, 63, 32);
		command->leaf = smmu_bits(words, 64, 64);
		return;
	case SMMU_TLBI_NH_ALL:
		check_res0(command, words, vmid_alone);
		decode_vmid(can, words, command);
		if (!can->stage1)
			command->illegal = "NH_ALL without stage 1";
		return;
	case SMMU_TLBI_S12_VMALL:
		check_res0(command, words, vmid_alone);
		decode_vmid(can, words, command);
		return;
	case SMMU_TLBI_S2_IPA:
		decode_s2_ipa(can, words, command);
		return;
	case SMMU_ATC_INV:
		decode_atc_inv(can, words, command);
		return;
	case SMMU_TLBI_NSNH_ALL:
	case SMMU_SYNC:
		check_res0(command, words, nothing);
		return;
	}
	command->illegal = "no such command";
}
