/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* layout.c: see layout.h. */
#include "layout.h"

#include "cpu.h"
#include "io.h"
#include "stage2.h"

const struct layout layouts[LAYOUT_COUNT] = {
	{ "4k", S2PT_GRANULE_4K, 0, 0, S2PT_FEAT_LPA2, 52 },
	{ "16k", S2PT_GRANULE_16K, 1, 0, S2PT_FEAT_LPA2, 52 },
	{ "64k", S2PT_GRANULE_64K, 1, 0, S2PT_FEAT_LPA | S2PT_FEAT_LPA2, 48 },
	{ "4k-ds", S2PT_GRANULE_4K, 0, S2PT_FEAT_LPA2, 0, 52 },
	{ "16k-ds", S2PT_GRANULE_16K, 1, S2PT_FEAT_LPA2, 0, 52 },
	{ "64k-lpa", S2PT_GRANULE_64K, 1, S2PT_FEAT_LPA, S2PT_FEAT_LPA2, 52 },
};

static bool
cpu_has_layout(const struct layout *layout)
{
	const struct s2pt_features *cpu = cpu_features();
	bool ds = (layout->needs & S2PT_FEAT_LPA2) != 0;

	if (!cpu_has(layout->needs))
		return false;
	switch (layout->granule) {
	case S2PT_GRANULE_4K:
		return ds ? cpu->lpa2_4k : cpu->granule_4k;
	case S2PT_GRANULE_16K:
		return ds ? cpu->lpa2_16k : cpu->granule_16k;
	default:
		return cpu->granule_64k;
	}
}

bool
layout_format(const struct layout *layout, uint8_t pa_bits, struct s2pt_format *format)
{
	uint8_t cpu_bits = cpu_features()->pa_bits;
	struct s2pt_config config;

	if (!cpu_has_layout(layout))
		return false;
	stage2_config(&config, layout->granule);
	config.feats |= layout->needs;
	config.feats &= ~(layout->without | S2PT_FEAT_S2FWB);
	if (cpu_bits >= LAYOUT_IPA_BITS) {
		config.ipa_bits = LAYOUT_IPA_BITS;
		config.start_level = layout->start_level;
	}
	if (pa_bits == 0 || pa_bits > cpu_bits)
		pa_bits = cpu_bits;
	config.pa_bits = pa_bits < layout->pa_bits ? pa_bits : layout->pa_bits;
	must(s2pt_format_init(format, cpu_features(), &config), layout->name);
	return true;
}
