/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * errata.c: parts into errata, errata into what is to be done. See errata.h.
 *
 * Two tables: which revisions of which part have what (rows.c), and what follows from it (here). What the library does
 * itself goes through the features, and the parameters of sequences, so that nothing else has to know of errata.
 */
#include <s2pt/errata.h>

#include "arch/field.h"

/* clang-format off */
static const struct field MIDR_REVISION    = { 0, 4 };
static const struct field MIDR_PART        = { 4, 12 };
static const struct field MIDR_VARIANT     = { 20, 4 };
static const struct field MIDR_IMPLEMENTER = { 24, 8 };
static const struct field IIDR_IMPLEMENTER = { 0, 12 };
static const struct field IIDR_REVISION    = { 12, 4 };
static const struct field IIDR_VARIANT     = { 16, 4 };
static const struct field IIDR_PRODUCT     = { 20, 12 };
/* clang-format on */

/* As many commands as Linux has before a CMD_SYNC at most. */
#define SYNC_WITHIN 63u

#define SECURITY true
#define HW_DIRTY (S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HDBSS | S2PT_FEAT_HACDBS)
#define NO_SIZES (S2PT_FEAT_BBML1 | S2PT_FEAT_BBML2 | S2PT_FEAT_BBML3)

/* --- What follows ---------------------------------------------------------------------------------- */

/* clang-format off */
static const struct s2pt_erratum_effect effects[S2PT_ERRATUM_COUNT] = {
	[S2PT_ERRATUM_TLBI_WRITES]        = { SECURITY, 0, S2PT_CURE_REPEAT },
	[S2PT_ERRATUM_TLBI_ACCESSES]      = { false, 0, S2PT_CURE_REPEAT },
	[S2PT_ERRATUM_CPP_RCTX]           = { SECURITY, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_SME_DSB]            = { SECURITY, 0, S2PT_CURE_DSB_ALL },
	[S2PT_ERRATUM_TLBI_DSB]           = { false, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_TLBI_ADDRESS]       = { false, 0, S2PT_CURE_WHOLE_VMID | S2PT_CURE_IC_ALL },
	[S2PT_ERRATUM_TLBI_ICACHE]        = { false, 0, S2PT_CURE_IC_SWITCH },
	[S2PT_ERRATUM_TRBE_DSB]           = { false, 0, S2PT_CURE_REPEAT },
	[S2PT_ERRATUM_AGGREGATION]        = { SECURITY, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_BBM_LIVELOCK]       = { false, NO_SIZES, 0 },
	[S2PT_ERRATUM_BBM_UNSAFE]         = { false, NO_SIZES, 0 },
	[S2PT_ERRATUM_BBM_CONFLICT]       = { false, S2PT_FEAT_BBML2, 0 },
	[S2PT_ERRATUM_XN_SYNDROME]        = { false, 0, S2PT_CURE_XN_BREAKS },
	[S2PT_ERRATUM_SPLINTERED]         = { false, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_L2_TLB]             = { false, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_HAFDBS_HIDDEN]      = { false, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFT | HW_DIRTY, S2PT_CURE_TRAP_TTBR },
	[S2PT_ERRATUM_DIRTY_BREAK]        = { false, HW_DIRTY, 0 },
	[S2PT_ERRATUM_DIRTY_ORDER]        = { false, HW_DIRTY, 0 },
	[S2PT_ERRATUM_CNP]                = { false, S2PT_FEAT_TTCNP, 0 },
	[S2PT_ERRATUM_SPECULATIVE_AT]     = { false, 0, S2PT_CURE_GUARD_AT },
	[S2PT_ERRATUM_HCR_WRITE]          = { false, 0, S2PT_CURE_HCR_BARRIERS },
	[S2PT_ERRATUM_HCR_INTERRUPT]      = { false, 0, S2PT_CURE_HCR_MASKED },
	[S2PT_ERRATUM_HCR_VM_OFF]         = { false, 0, S2PT_CURE_VM_OFF_FIRST },
	[S2PT_ERRATUM_TTBR_WRITE]         = { false, 0, S2PT_CURE_TRAP_TTBR },
	[S2PT_ERRATUM_FALSE_STAGE2]       = { false, 0, S2PT_CURE_RETRANSLATE },
	[S2PT_ERRATUM_PAR_DEADLOCK]       = { SECURITY, 0, S2PT_CURE_PAR_DMB | S2PT_CURE_NO_DEVICES | S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_EXCLUSIVE_DEADLOCK] = { SECURITY, 0, S2PT_CURE_MMIO_ORDER | S2PT_CURE_NO_DEVICES },
	[S2PT_ERRATUM_NC_LOAD_ORDER]      = { false, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_DEVICE_LOAD_ORDER]  = { false, 0, S2PT_CURE_MMIO_ORDER },
	[S2PT_ERRATUM_CLEAN_EVICTED]      = { false, 0, S2PT_CURE_CLEAN_CIVAC },
	[S2PT_ERRATUM_CMO_EARLY]          = { false, 0, S2PT_CURE_CMO_TWICE },
	[S2PT_ERRATUM_DIC]                = { false, 0, S2PT_CURE_DIC_0 },
	[S2PT_ERRATUM_TRBE_BOUNDS]        = { false, 0, S2PT_CURE_TRBE_GUARD },
	[S2PT_ERRATUM_SMMU_SYNC_EVENT]    = { false, 0, S2PT_CURE_SYNC_POLL },
	[S2PT_ERRATUM_SMMU_NESTED]        = { false, 0, S2PT_CURE_SMMU_FLAT },
	[S2PT_ERRATUM_SMMU_BATCH]         = { false, 0, S2PT_CURE_SMMU_SYNC },
	[S2PT_ERRATUM_SMMU_GROUPS]        = { SECURITY, 0, S2PT_CURE_SMMU_GROUPS },
	[S2PT_ERRATUM_SMMU_BTM]           = { false, 0, S2PT_CURE_SMMU_COMMANDS },
	[S2PT_ERRATUM_SMMU_REPEAT]        = { false, 0, S2PT_CURE_SMMU_REPEAT },
	[S2PT_ERRATUM_SMMU_PREFETCH]      = { false, 0, S2PT_CURE_NO_PREFETCH },
};
/* clang-format on */

_Static_assert(S2PT_ERRATUM_COUNT <= 64, "a set of errata is 64 bits");

const struct s2pt_erratum_effect *
s2pt_erratum_effect_of(enum s2pt_erratum erratum)
{
	return (unsigned)erratum < S2PT_ERRATUM_COUNT ? &effects[erratum] : NULL;
}

static bool
is_there(const struct s2pt_errata *errata, unsigned erratum)
{
	return errata->set >> erratum & 1u;
}

uint32_t
s2pt_errata_cures(const struct s2pt_errata *errata)
{
	uint32_t cures = 0;

	for (unsigned n = 0; n < S2PT_ERRATUM_COUNT; n++)
		if (is_there(errata, n))
			cures |= effects[n].cures;
	return cures;
}

s2pt_feats
s2pt_errata_withheld(const struct s2pt_errata *errata, s2pt_feats feats)
{
	s2pt_feats withheld = 0;

	for (unsigned n = 0; n < S2PT_ERRATUM_COUNT; n++)
		if (is_there(errata, n) && (n != S2PT_ERRATUM_BBM_CONFLICT || !(feats & S2PT_FEAT_BBML3)))
			withheld |= effects[n].withheld;
	return feats & withheld;
}

/* --- Which parts ----------------------------------------------------------------------------------- */

static bool
has_part(const struct s2pt_erratum_row *row, size_t part, unsigned revision, unsigned revidr)
{
	revision &= row->mask;
	return row->part == part && revision >= row->first && revision <= row->last && !(row->fixed & revidr);
}

/*
 * The errata of a revision of a part. Those that every CPU has which is not listed as free of them are in @common.
 */
static uint64_t
errata_of(size_t part, unsigned revision, unsigned revidr, uint64_t common)
{
	uint64_t set = 0;

	for (size_t n = 0; s2pt_erratum_row_at(n); n++) {
		const struct s2pt_erratum_row *row = s2pt_erratum_row_at(n);

		if (!has_part(row, part, revision, revidr))
			continue;
		if (row->free)
			common &= ~S2PT_ERRATUM_BIT(row->erratum);
		else
			set |= S2PT_ERRATUM_BIT(row->erratum);
	}
	return set | common;
}

/* The place of a part in the list, or behind its end. */
static size_t
find_part(bool smmu, unsigned implementer, unsigned number)
{
	const struct s2pt_part *part;
	size_t n = 0;

	while ((part = s2pt_part_at(n)) != NULL &&
	       (part->smmu != smmu || part->implementer != implementer || part->part != (number & part->mask)))
		n++;
	return n;
}

/* Variant and revision, as rows have them. */
static unsigned
revision_of(uint64_t variant, uint64_t revision)
{
	return (unsigned)(variant << 4 | revision);
}

void
s2pt_errata_add_cpu(struct s2pt_errata *errata, uint64_t midr, uint64_t revidr)
{
	const size_t part = find_part(false, (unsigned)field_get(MIDR_IMPLEMENTER, midr),
				      (unsigned)field_get(MIDR_PART, midr));

	errata->set |= errata_of(part,
				 revision_of(field_get(MIDR_VARIANT, midr), field_get(MIDR_REVISION, midr)),
				 (unsigned)(revidr & UINT8_MAX), S2PT_ERRATUM_BIT(S2PT_ERRATUM_BBM_CONFLICT));
	errata->unknown_cpu = errata->unknown_cpu || !s2pt_part_at(part) || s2pt_part_at(part)->derived;
}

void
s2pt_errata_add_smmu(struct s2pt_errata *errata, uint32_t iidr)
{
	const size_t part = find_part(true, (unsigned)field_get(IIDR_IMPLEMENTER, iidr),
				      (unsigned)field_get(IIDR_PRODUCT, iidr));

	errata->set |= errata_of(part,
				 revision_of(field_get(IIDR_VARIANT, iidr), field_get(IIDR_REVISION, iidr)), 0, 0);
	errata->unknown_smmu = errata->unknown_smmu || !s2pt_part_at(part);
}

/* --- Doing it -------------------------------------------------------------------------------------- */

static void
apply_to_features(const struct s2pt_errata *errata, struct s2pt_features *features)
{
	features->feats &= ~s2pt_errata_withheld(errata, features->feats);
	if (s2pt_errata_cures(errata) & S2PT_CURE_XN_BREAKS)
		features->xn_breaks = true;
}

static void
apply_to_smmu(uint32_t cures, struct s2pt_smmu *smmu)
{
	if (cures & S2PT_CURE_SMMU_REPEAT)
		smmu->repeat = true;
	if (cures & S2PT_CURE_SMMU_GROUPS)
		smmu->whole_groups = true;
	if ((cures & S2PT_CURE_SMMU_SYNC) && (!smmu->sync_within || smmu->sync_within > SYNC_WITHIN))
		smmu->sync_within = SYNC_WITHIN;
	if (cures & S2PT_CURE_SMMU_FLAT)
		smmu->stage1 = false;
	if (cures & S2PT_CURE_SMMU_COMMANDS)
		smmu->btm = false;
}

void
s2pt_errata_apply(const struct s2pt_errata *errata, struct s2pt_features *features, struct s2pt_tlbi_params *tlbi,
		  struct s2pt_smmu *smmu)
{
	const uint32_t cures = s2pt_errata_cures(errata);

	if (features)
		apply_to_features(errata, features);
	if (tlbi) {
		tlbi->repeat = tlbi->repeat || (cures & S2PT_CURE_REPEAT);
		tlbi->whole_vmid = tlbi->whole_vmid || (cures & S2PT_CURE_WHOLE_VMID);
		tlbi->dsb_all = tlbi->dsb_all || (cures & S2PT_CURE_DSB_ALL);
	}
	if (smmu) {
		apply_to_features(errata, &smmu->features);
		apply_to_smmu(cures, smmu);
	}
}
