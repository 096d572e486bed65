/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Whatever the ID registers, of CPUs and SMMUs: what they say of a machine fits together, and so does what is common.
 */
#include "any.h"

#include <s2pt/smmu.h>

static void
proof(void)
{
	struct s2pt_features cpu, other;
	struct s2pt_smmu smmu;
	struct s2pt_id_regs regs;
	struct s2pt_smmu_id_regs idr;

	for (int i = 0; i < S2PT_ID_REG_COUNT; i++)
		regs.value[i] = any_u64();
	idr.idr0 = (uint32_t)(any_u64() & UINT32_MAX);
	idr.idr1 = (uint32_t)(any_u64() & UINT32_MAX);
	idr.idr3 = (uint32_t)(any_u64() & UINT32_MAX);
	idr.idr5 = (uint32_t)(any_u64() & UINT32_MAX);

	s2pt_features_from_id_regs(&cpu, &regs);
	prove(is_cpu(&cpu));
	prove(!(cpu.feats >> S2PT_FEAT_COUNT));
	any_cpu(&other);
	if (s2pt_smmu_from_id_regs(&smmu, &idr) == S2PT_OK) {
		prove(is_cpu(&smmu.features));
		prove(!(smmu.features.feats & (S2PT_FEAT_XS | S2PT_FEAT_SEL2 | S2PT_FEAT_RME)));
		other = smmu.features;
		reach();
	}
	const struct s2pt_features before = cpu;

	s2pt_features_common(&cpu, &other);
	prove(is_cpu(&cpu));
	prove(!(cpu.feats & ~(before.feats & other.feats)));
	prove(cpu.pa_bits <= before.pa_bits && cpu.pa_bits <= other.pa_bits);
	prove(!(cpu.granule_4k && !other.granule_4k) && !(cpu.lpa2_16k && !before.lpa2_16k));
	reach();
}
