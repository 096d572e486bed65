/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * features.c: ID register values into a set of features.
 *
 * One table says which field of which register, from which value on, is which feature. Granules have fields of their
 * own, of which stage 2's may refer to stage 1's.
 */
#include <s2pt/features.h>

#include "arch/field.h"

/* A feature is there where an ID field holds at least a value. The fields are 4 bits, unsigned. */
static const struct {
	uint8_t reg; /* enum s2pt_id_reg */
	uint8_t shift;
	uint8_t least;
	s2pt_feats feat;
} id_fields[] = {
	{ S2PT_ID_AA64MMFR0, 0, 6, S2PT_FEAT_LPA },       /* PARange */
	{ S2PT_ID_AA64MMFR1, 0, 1, S2PT_FEAT_HAFDBS_AF }, /* HAFDBS */
	{ S2PT_ID_AA64MMFR1, 0, 2, S2PT_FEAT_HAFDBS_DBM },
	{ S2PT_ID_AA64MMFR1, 0, 3, S2PT_FEAT_HAFT },
	{ S2PT_ID_AA64MMFR1, 0, 4, S2PT_FEAT_HDBSS },
	{ S2PT_ID_AA64MMFR1, 4, 2, S2PT_FEAT_VMID16 }, /* VMIDBits */
	{ S2PT_ID_AA64MMFR1, 12, 2, S2PT_FEAT_HPDS2 }, /* HPDS */
	{ S2PT_ID_AA64MMFR1, 28, 1, S2PT_FEAT_XNX },   /* XNX */
	{ S2PT_ID_AA64MMFR2, 0, 1, S2PT_FEAT_TTCNP },  /* CnP */
	{ S2PT_ID_AA64MMFR2, 28, 1, S2PT_FEAT_TTST },  /* ST */
	{ S2PT_ID_AA64MMFR2, 40, 1, S2PT_FEAT_S2FWB }, /* FWB */
	{ S2PT_ID_AA64MMFR2, 48, 1, S2PT_FEAT_TTL },   /* TTL */
	{ S2PT_ID_AA64MMFR2, 52, 1, S2PT_FEAT_BBML1 }, /* BBM */
	{ S2PT_ID_AA64MMFR2, 52, 2, S2PT_FEAT_BBML2 },
	{ S2PT_ID_AA64MMFR2, 52, 3, S2PT_FEAT_BBML3 },
	{ S2PT_ID_AA64MMFR3, 12, 1, S2PT_FEAT_S2PIE },  /* S2PIE */
	{ S2PT_ID_AA64MMFR3, 20, 1, S2PT_FEAT_S2POE },  /* S2POE */
	{ S2PT_ID_AA64MMFR3, 28, 1, S2PT_FEAT_MEC },    /* MEC */
	{ S2PT_ID_AA64MMFR3, 32, 1, S2PT_FEAT_D128 },   /* D128 */
	{ S2PT_ID_AA64MMFR4, 12, 1, S2PT_FEAT_HACDBS }, /* HACDBS */
	{ S2PT_ID_AA64ISAR0, 20, 2, S2PT_FEAT_LSE },    /* Atomic */
	{ S2PT_ID_AA64ISAR0, 56, 1, S2PT_FEAT_TLBIOS }, /* TLB */
	{ S2PT_ID_AA64ISAR0, 56, 2, S2PT_FEAT_TLBIRANGE },
	{ S2PT_ID_AA64ISAR1, 56, 1, S2PT_FEAT_XS },     /* XS */
	{ S2PT_ID_AA64ISAR3, 8, 1, S2PT_FEAT_TLBIW },   /* TLBIW */
	{ S2PT_ID_AA64PFR0, 36, 1, S2PT_FEAT_SEL2 },    /* SEL2 */
	{ S2PT_ID_AA64PFR0, 52, 1, S2PT_FEAT_RME },     /* RME */
	{ S2PT_ID_AA64PFR1, 8, 2, S2PT_FEAT_MTE2 },     /* MTE */
	{ S2PT_ID_AA64PFR1, 48, 1, S2PT_FEAT_THE },     /* THE */
	{ S2PT_ID_AA64PFR2, 0, 1, S2PT_FEAT_MTE_PERM }, /* MTEPERM */
};

/* PARange 0..7; a later architecture's value is taken as the largest known. */
static const uint8_t pa_range[] = { 32, 36, 40, 42, 44, 48, 52, 56 };

static unsigned
id_field(const struct s2pt_id_regs *regs, enum s2pt_id_reg reg, uint8_t shift)
{
	return (unsigned)field_get((struct field){ shift, 4 }, regs->value[reg]);
}

/* What a granule's ID fields say: not there, there, there with 52-bit addresses. */
enum granule_support {
	ABSENT,
	PRESENT,
	PRESENT_LPA2,
};

/*
 * TGran*_2, the stage-2 field, or where it is zero the common one. The latter is signed for 4K and 64K:
 * 0 there, 1 with LPA2, negative absent; and counts from 0, absent, for 16K.
 */
static enum granule_support
granule_support(unsigned tgran_2, unsigned tgran, bool zero_is_absent)
{
	if (tgran_2)
		return tgran_2 == 1 ? ABSENT
		     : tgran_2 == 2 ? PRESENT
				    : PRESENT_LPA2;
	if (tgran >= 8 || (zero_is_absent && tgran == 0))
		return ABSENT;
	return tgran - zero_is_absent == 0 ? PRESENT : PRESENT_LPA2;
}

static void
set_granules(struct s2pt_features *features, const struct s2pt_id_regs *regs)
{
	const enum s2pt_id_reg mmfr0 = S2PT_ID_AA64MMFR0;
	enum granule_support g4k =
		granule_support(id_field(regs, mmfr0, 40), id_field(regs, mmfr0, 28), false);
	enum granule_support g16k =
		granule_support(id_field(regs, mmfr0, 32), id_field(regs, mmfr0, 20), true);
	enum granule_support g64k =
		granule_support(id_field(regs, mmfr0, 36), id_field(regs, mmfr0, 24), false);

	features->granule_4k = g4k != ABSENT;
	features->granule_16k = g16k != ABSENT;
	features->granule_64k = g64k != ABSENT;
	features->lpa2_4k = g4k == PRESENT_LPA2;
	features->lpa2_16k = g16k == PRESENT_LPA2;
	if (features->lpa2_4k || features->lpa2_16k)
		features->feats |= S2PT_FEAT_LPA2;
}

void
s2pt_features_from_id_regs(struct s2pt_features *features, const struct s2pt_id_regs *regs)
{
	unsigned range = id_field(regs, S2PT_ID_AA64MMFR0, 0);

	features->feats = 0;
	for (size_t i = 0; i < sizeof(id_fields) / sizeof(id_fields[0]); i++)
		if (id_field(regs, (enum s2pt_id_reg)id_fields[i].reg, id_fields[i].shift) >=
		    id_fields[i].least)
			features->feats |= id_fields[i].feat;
	features->xn_breaks = false;
	features->pa_bits = pa_range[range < sizeof(pa_range) ? range : sizeof(pa_range) - 1];
	set_granules(features, regs);
}

void
s2pt_features_common(struct s2pt_features *features, const struct s2pt_features *other)
{
	features->feats &= other->feats;
	if (other->pa_bits < features->pa_bits)
		features->pa_bits = other->pa_bits;
	features->granule_4k = features->granule_4k && other->granule_4k;
	features->granule_16k = features->granule_16k && other->granule_16k;
	features->granule_64k = features->granule_64k && other->granule_64k;
	features->xn_breaks = features->xn_breaks || other->xn_breaks;
	features->lpa2_4k = features->lpa2_4k && other->lpa2_4k;
	features->lpa2_16k = features->lpa2_16k && other->lpa2_16k;
	if (!features->lpa2_4k && !features->lpa2_16k)
		features->feats &= ~S2PT_FEAT_LPA2;
}
