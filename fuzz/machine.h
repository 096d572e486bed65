/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* machine.h: a CPU and a config from the bytes of an input. */
#ifndef S2PT_FUZZ_MACHINE_H
#define S2PT_FUZZ_MACHINE_H

#include <s2pt/s2pt.h>

#include "fuzz.h"

/* Like CPUs that exist: a PA size of the table, FEAT_LPA where it is 52 bits. */
static inline struct s2pt_features
take_cpu(struct input *in)
{
	static const uint8_t pa_bits[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	uint8_t granules = take8(in);
	struct s2pt_features cpu = {
		.pa_bits = pa_bits[granules >> 5],
		.granule_4k = granules & 1u,
		.granule_16k = granules & 2u,
		.granule_64k = granules & 4u,
		.lpa2_4k = granules & 8u,
		.lpa2_16k = granules & 16u,
	};

	cpu.feats = take(in, 4) & ~(S2PT_FEAT_LPA | S2PT_FEAT_LPA2);
	if (cpu.pa_bits >= 52)
		cpu.feats |= S2PT_FEAT_LPA;
	if (cpu.lpa2_4k || cpu.lpa2_16k)
		cpu.feats |= S2PT_FEAT_LPA2;
	return cpu;
}

static inline struct s2pt_config
take_config(struct input *in, const struct s2pt_features *cpu)
{
	static const uint8_t granules[4] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K,
					     13 };
	uint8_t choice = take8(in), walk = take8(in);
	struct s2pt_config config;

	s2pt_config_init(&config, (enum s2pt_granule)granules[choice & 3u], cpu);
	config.space = (enum s2pt_space)(choice >> 2 & 3u);
	config.sw = choice & 16u;
	config.sa = choice & 32u;
	config.ipa_bits = take8(in);
	config.pa_bits = take8(in);
	config.start_level = (int8_t)take8(in);
	config.feats = take(in, 4) | (choice & 64u ? config.feats : 0);
	if (choice & 128u)
		config.feats &= cpu->feats;
	config.pbha = take8(in);
	config.sh0 = walk & 7u;
	config.irgn0 = walk >> 3 & 3u;
	config.orgn0 = walk >> 5;
	return config;
}

#endif
