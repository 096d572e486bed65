/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * stage1.c: a VA through stage 1 of EL1&0, as its registers say.
 *
 * TCR_EL1 says everything twice, once for each half of the VAs. The half that the VA is in becomes a format, by which
 * stage 2's tables are walked, too.
 */
#include <s2pt/va.h>

#include "walk/descend.h"

#include "arch/entry.h"
#include "arch/ttbr.h"
#include "arch/vtcr.h"

/* SCTLR_EL1 */
/* clang-format off */
static const struct field SCTLR_M   = { 0, 1 };
static const struct field SCTLR_WXN = { 19, 1 };

/* TCR_EL1, of the lower half; of the upper they stand higher by... */
static const struct field TCR_T0SZ  = { 0, 6 };   /* 16 */
static const struct field TCR_EPD0  = { 7, 1 };   /* 16 */
static const struct field TCR_SH0   = { 12, 2 };  /* 16 */
static const struct field TCR_TBI0  = { 37, 1 };  /* 1 */
static const struct field TCR_HPD0  = { 41, 1 };  /* 1 */
static const struct field TCR_E0PD0 = { 55, 1 };  /* 1 */
/* ... and these say the granule by other values. */
static const struct field TCR_TG0   = { 14, 2 };
static const struct field TCR_TG1   = { 30, 2 };
/* For both. */
static const struct field TCR_IPS   = { 32, 3 };
static const struct field TCR_HA    = { 39, 1 };
static const struct field TCR_HD    = { 40, 1 };
static const struct field TCR_DS    = { 59, 1 };

/* Leaves: where they are unlike those of stage 2. */
static const struct field S1_ATTRINDX  = { 2, 3 };
static const struct field S1_EL0       = { 6, 1 };   /* AP[1] */
static const struct field S1_READ_ONLY = { 7, 1 };   /* AP[2] */
static const struct field S1_PXN       = { 53, 1 };
static const struct field S1_UXN       = { 54, 1 };

/* Tables: what they take from everything below them. */
static const struct field S1_PXNTABLE  = { 59, 1 };
static const struct field S1_UXNTABLE  = { 60, 1 };
static const struct field S1_NOT_EL0   = { 61, 1 };  /* APTable[0] */
static const struct field S1_NOT_WRITE = { 62, 1 };  /* APTable[1] */
/* clang-format on */

/* TG1 0..3; 0 is reserved, and 4K here. */
static const uint8_t tg1_granule[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_4K, S2PT_GRANULE_64K };

/* A field of the half that the VA is in. */
static uint64_t
half_get(struct field field, unsigned higher_by, uint64_t tcr)
{
	return field_get(field, tcr >> higher_by);
}

/* The largest input size: 64K reaches 52 bits without DS. */
static unsigned
most_bits(const struct s2pt_format *half)
{
	return half->granule_lg2 == S2PT_GRANULE_64K || is_ds(half) ? 52 : 48;
}

/* The granule, the output size and what is turned on, in a half. */
static void
read_half(const struct s2pt_features *cpu, uint64_t tcr, bool upper, struct s2pt_format *half)
{
	const uint64_t tg0 = field_get(TCR_TG0, tcr);

	half->granule_lg2 = upper ? tg1_granule[field_get(TCR_TG1, tcr)] : tg0_granule[tg0 < TG0_COUNT ? tg0 : 0];
	half->feats = cpu->feats & (S2PT_FEAT_BBML1 | S2PT_FEAT_TTST);
	if (cpu->pa_bits >= 52)
		half->feats |= S2PT_FEAT_LPA;
	if (field_bit(TCR_DS, tcr) && (cpu->feats & S2PT_FEAT_LPA2) && half->granule_lg2 != S2PT_GRANULE_64K)
		half->feats |= S2PT_FEAT_LPA2;
	if (field_bit(TCR_HA, tcr))
		half->feats |= cpu->feats & S2PT_FEAT_HAFDBS_AF;
	if (field_bit(TCR_HD, tcr) && (half->feats & S2PT_FEAT_HAFDBS_AF))
		half->feats |= cpu->feats & S2PT_FEAT_HAFDBS_DBM;
	half->no_contiguous = false;
	half->ipa_bits = (uint8_t)(64u - half_get(TCR_T0SZ, upper ? 16 : 0, tcr));
	half->pa_bits = ps_bits[ps_within(cpu, (unsigned)field_get(TCR_IPS, tcr))];
	/* (Where descriptors hold 48 bits no more than that comes out of them.) */
	half->oa_bits = half->pa_bits;
}

/* Does the CPU have this input size? */
static bool
has_input(const struct s2pt_format *half)
{
	const unsigned small = half->granule_lg2 == S2PT_GRANULE_64K ? 64 - 47 : 64 - 48;

	return half->ipa_bits <= most_bits(half) &&
	       half->ipa_bits >= (half->feats & S2PT_FEAT_TTST ? small : 64u - 39u);
}

/* Where the walk begins: at the level that the input size asks for, in a table aligned to its size. */
static uint64_t
read_root(struct s2pt_format *half, uint64_t ttbr)
{
	const unsigned stride = s2pt_format_stride(half), resolved = half->ipa_bits - half->granule_lg2;
	const unsigned levels = (resolved + stride - 1u) / stride;
	const unsigned lg2 = resolved - (levels - 1u) * stride + 3u;

	half->start_level = (int8_t)(S2PT_LEVEL_LAST + 1 - (int)levels);
	return baddr_get(half, baddr_align_lg2(half, lg2), ttbr);
}

/* Rights, by the leaf and the tables on the way to it. */
static void
read_rights(const struct s2pt_format *half, uint64_t sctlr, bool hierarchical, struct s2pt_walk *walk)
{
	const uint64_t raw = walk_leaf(walk);
	const bool hardware = field_bit(DESC_DBM, raw) && (half->feats & S2PT_FEAT_HAFDBS_DBM);
	uint64_t tables = 0;
	unsigned data = S2PT_RIGHT_READ;

	for (unsigned n = 0; hierarchical && n + 1u < walk->steps; n++)
		tables |= walk->step[n].desc.raw;
	if ((!field_bit(S1_READ_ONLY, raw) || hardware) && !field_bit(S1_NOT_WRITE, tables))
		data |= S2PT_RIGHT_WRITE;
	walk->el1 = (uint8_t)data;
	walk->el0 = (uint8_t)(field_bit(S1_EL0, raw) && !field_bit(S1_NOT_EL0, tables) ? data : 0);
	/* What EL0 may write EL1 does not execute. */
	if (!field_bit(S1_PXN, raw) && !field_bit(S1_PXNTABLE, tables) && !(walk->el0 & S2PT_RIGHT_WRITE))
		walk->el1 |= S2PT_RIGHT_EXEC;
	if (!field_bit(S1_UXN, raw) && !field_bit(S1_UXNTABLE, tables))
		walk->el0 |= S2PT_RIGHT_EXEC;
	if (field_bit(SCTLR_WXN, sctlr) && (walk->el1 & S2PT_RIGHT_WRITE))
		walk->el1 &= (uint8_t)~S2PT_RIGHT_EXEC;
	if (field_bit(SCTLR_WXN, sctlr) && (walk->el0 & S2PT_RIGHT_WRITE))
		walk->el0 &= (uint8_t)~S2PT_RIGHT_EXEC;
}

static void
read_attributes(const struct s2pt_features *cpu, const struct s2pt_stage1_regs *regs, bool upper,
		const struct s2pt_format *half, struct s2pt_walk *walk)
{
	const uint64_t raw = walk_leaf(walk);
	struct s2pt_attr attr;

	walk->s1.mair = (uint8_t)(regs->mair >> field_get(S1_ATTRINDX, raw) * 8u);
	walk->s1.sh = (uint8_t)(is_ds(half) ? half_get(TCR_SH0, upper ? 16 : 0, regs->tcr) : field_get(DESC_SH, raw));
	if (s2pt_mair_decode(cpu->feats, walk->s1.mair, S2PT_SH_NSH, &attr) != S2PT_OK)
		walk->notes |= S2PT_WALK_NOTE_MEMATTR;
	if (walk->s1.sh == S2PT_SH_RESERVED)
		walk->notes |= S2PT_WALK_NOTE_SH;
}

static bool
walk_tables(const struct s2pt_features *cpu, const struct s2pt_stage1_regs *regs, const struct s2pt_reader *reader,
	    const struct s2pt_walk_access *access, bool tbi, struct s2pt_walk *walk)
{
	const uint64_t va = walk->input, tcr = regs->tcr;
	const unsigned ignored = tbi ? 8 : 0;
	const bool upper = va >> 55 & 1u;
	struct s2pt_format half;
	uint64_t root, dirty;

	if (half_get(TCR_EPD0, upper ? 16 : 0, tcr) || (access->el0 && half_get(TCR_E0PD0, upper, tcr)))
		return s2pt__walk_fault(walk, S2PT_FAULT_TRANSLATION, 0);
	read_half(cpu, tcr, upper, &half);
	if (!has_input(&half)) {
		walk->notes |= S2PT_WALK_NOTE_T0SZ;
		return s2pt__walk_fault(walk, S2PT_FAULT_TRANSLATION, 0);
	}
	root = read_root(&half, upper ? regs->ttbr1 : regs->ttbr0);
	/* All bits above the input are as bit 55. */
	if ((upper ? ~va : va) << ignored >> ignored >> half.ipa_bits)
		return s2pt__walk_fault(walk, S2PT_FAULT_TRANSLATION, 0);
	if (root >> half.oa_bits)
		return s2pt__walk_fault(walk, S2PT_FAULT_ADDRESS_SIZE, 0);
	if (!s2pt__descend(&half, root, reader, walk))
		return false;
	read_rights(&half, regs->sctlr, !half_get(TCR_HPD0, upper, tcr), walk);
	read_attributes(cpu, regs, upper, &half, walk);
	dirty = (walk->el1 & S2PT_RIGHT_WRITE) ? walk_leaf(walk) & field_mask(S1_READ_ONLY) : 0;
	return s2pt__walk_end(&half, access, dirty, walk);
}

bool
s2pt_walk_stage1(const struct s2pt_features *cpu, const struct s2pt_stage1_regs *regs, const struct s2pt_hcr *hcr,
		 const struct s2pt_reader *reader, const struct s2pt_walk_access *access, uint64_t va,
		 struct s2pt_walk *walk)
{
	const bool tbi = half_get(TCR_TBI0, va >> 55 & 1u, regs->tcr);

	s2pt__walk_begin(walk, va, 0);
	walk->fault.access = access->kind;
	walk->fault.va_known = true;
	walk->fault.va = va;
	if (!hcr->dc && field_bit(SCTLR_M, regs->sctlr))
		return walk_tables(cpu, regs, reader, access, tbi, walk);
	s2pt__walk_off(walk);
	walk->s1.off = true;
	walk->output = tbi ? va & bits_below(56) : va;
	if (walk->output >> cpu->pa_bits)
		return s2pt__walk_fault(walk, S2PT_FAULT_ADDRESS_SIZE, 0);
	return true;
}
