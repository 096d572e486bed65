/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Whatever the CPU and the config: a format that is made keeps what is_format() says, its start table resolves
 * every IPA bit, its registers say it, and reading them back gives it again.
 */
#include "any.h"

static bool
same_shape(const struct s2pt_format *a, const struct s2pt_format *b)
{
	/* VMID16, the access flag, dirty state and LPA2 are VTCR_EL2's; the rest of the features are not said by it. */
	const s2pt_feats said = S2PT_FEAT_LPA2 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_VMID16 |
				S2PT_FEAT_S2FWB | S2PT_FEAT_LPA;

	return a->granule_lg2 == b->granule_lg2 && a->ipa_bits == b->ipa_bits && a->pa_bits == b->pa_bits &&
	       a->oa_bits == b->oa_bits && a->start_level == b->start_level && a->root_tables == b->root_tables &&
	       a->root_lg2 == b->root_lg2 && a->root_align_lg2 == b->root_align_lg2 && a->space == b->space &&
	       a->pbha == b->pbha && a->sh0 == b->sh0 && a->irgn0 == b->irgn0 && a->orgn0 == b->orgn0 &&
	       a->sw == b->sw && a->sa == b->sa && !((a->feats ^ b->feats) & said);
}

static void
proof(void)
{
	struct s2pt_features cpu;
	struct s2pt_config config;
	struct s2pt_format format, back;
	uint64_t vtcr, vstcr;

	any_cpu(&cpu);
	any_config(&config, &cpu);
	/* VTCR_EL2 does not say TTST and HPDS2: a config that does without what the CPU has is read back with it. */
	assume(s2pt_format_init(&format, &cpu, &config) == S2PT_OK);
	prove(is_format(&format));
	prove(format.granule_lg2 == config.granule && format.space == config.space);
	prove(!config.ipa_bits || format.ipa_bits == config.ipa_bits);
	prove(!config.pa_bits || format.pa_bits == config.pa_bits);
	prove(config.start_level == S2PT_START_LEVEL_AUTO || format.start_level == config.start_level);
	prove(format.ipa_bits <= cpu.pa_bits && format.pa_bits <= cpu.pa_bits);
	prove(!(format.feats & ~(cpu.feats | S2PT_FEAT_LPA)));

	vtcr = s2pt_vtcr_encode(&format);
	vstcr = s2pt_vstcr_encode(&format);
	prove(vtcr >> 31 & 1u);
	if (format.space == S2PT_SPACE_SECURE) {
		prove(vstcr >> 31 & 1u);
		prove(!(vtcr & 0x26000c0ffu & ~(UINT64_C(1) << 31)));
		prove(s2pt_vstcr_decode(&cpu, format.feats & S2PT_FEAT_S2FWB, vstcr, vtcr, &back) == S2PT_OK);
		reach();
	} else {
		prove(vstcr == 0);
		/* T0SZ, PS as DDI 0487 has them. */
		prove((vtcr & 0x3f) == 64u - format.ipa_bits);
		prove(s2pt_vtcr_decode(&cpu, format.feats & S2PT_FEAT_S2FWB, (enum s2pt_space)format.space,
				       vtcr, &back) == S2PT_OK);
		reach();
	}
	prove(same_shape(&format, &back));
}
