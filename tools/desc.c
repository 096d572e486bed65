/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "desc.h"
#include "verb.h"

#include <string.h>

const char *const desc_flag_names[DESC_FLAG_COUNT] = {
	[DESC_R] = "r",
	[DESC_W] = "w",
	[DESC_X_EL1] = "x_el1",
	[DESC_X_EL0] = "x_el0",
	[DESC_AF] = "af",
	[DESC_DBM] = "dbm",
	[DESC_CONTIGUOUS] = "contiguous",
	[DESC_NT] = "nt",
	[DESC_FNXS] = "fnxs",
	[DESC_NS] = "ns",
	[DESC_EXEC_UNCACHED] = "exec_uncached",
};

bool *
desc_flag(struct s2pt_leaf *leaf, unsigned flag)
{
	bool *const members[DESC_FLAG_COUNT] = {
		[DESC_R] = &leaf->r,
		[DESC_W] = &leaf->w,
		[DESC_X_EL1] = &leaf->x_el1,
		[DESC_X_EL0] = &leaf->x_el0,
		[DESC_AF] = &leaf->af,
		[DESC_DBM] = &leaf->dbm,
		[DESC_CONTIGUOUS] = &leaf->contiguous,
		[DESC_NT] = &leaf->nt,
		[DESC_FNXS] = &leaf->fnxs,
		[DESC_NS] = &leaf->ns,
		[DESC_EXEC_UNCACHED] = &leaf->exec_uncached,
	};

	return members[flag];
}

/* The CPU that has what the values name, and nothing else. */
static struct s2pt_features
cpu_of(const struct value *v)
{
	s2pt_feats feats = v[DESC_FEATURES].is | value_space_feats[v[DESC_SPACE].is];
	bool lpa = (feats & S2PT_FEAT_LPA) || value_or(v[DESC_PA_BITS], 48) == 52;

	if (lpa)
		feats |= S2PT_FEAT_LPA;
	if (v[DESC_DS].is)
		feats |= S2PT_FEAT_LPA2;
	if (v[DESC_FWB].is)
		feats |= S2PT_FEAT_S2FWB;
	if (v[DESC_PBHA_MASK].is)
		feats |= S2PT_FEAT_HPDS2;
	return (struct s2pt_features){
		.feats = feats,
		.pa_bits = lpa ? 52 : (uint8_t)value_or(v[DESC_PA_BITS], 48),
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = v[DESC_DS].is,
		.lpa2_16k = v[DESC_DS].is,
	};
}

static enum s2pt_status
make_format(struct s2pt_format *format, const struct value *v)
{
	const struct s2pt_features cpu = cpu_of(v);
	int level = value_to_level(v[DESC_LEVEL].is);
	enum s2pt_status status;
	struct s2pt_config config;

	s2pt_config_init(&config, (enum s2pt_granule)value_or(v[DESC_GRANULE], S2PT_GRANULE_4K), &cpu);
	config.pa_bits = (uint8_t)value_or(v[DESC_PA_BITS], 48);
	config.space = (enum s2pt_space)v[DESC_SPACE].is;
	config.pbha = (uint8_t)v[DESC_PBHA_MASK].is;
	config.feats = cpu.feats;
	status = s2pt_format_init(format, &cpu, &config);
	if (status != S2PT_OK)
		return status;
	for (int start = S2PT_LEVEL_FIRST; start <= level; start++) {
		config.start_level = (int8_t)start;
		if (s2pt_format_init(format, &cpu, &config) == S2PT_OK)
			return S2PT_OK;
	}
	return S2PT_ERR_LEVEL;
}

static bool
same(const struct value *a, const struct value *b)
{
	for (unsigned i = 0; i < DESC_FORMAT_END; i++)
		if (a[i].given != b[i].given || a[i].is != b[i].is)
			return false;
	return true;
}

enum s2pt_status
desc_format(struct desc_format *format, const struct value *values)
{
	if (!format->known || !same(format->values, values)) {
		memcpy(format->values, values, sizeof(format->values));
		format->status = make_format(&format->format, values);
		format->known = true;
	}
	return format->status;
}
