/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* plan_batch.c: s2pt plan --batch, and the format behind every plan. */
#include "job.h"
#include "plan.h"

enum {
	GRANULE,
	IPA_BITS,
	PA_BITS,
	DS,
	TTST,
	START_LEVEL,
	COLUMN_COUNT,
};

static const struct job_column columns[COLUMN_COUNT] = {
	[GRANULE] = { "granule", &value_granule, false },
	[IPA_BITS] = { "ipa_bits", &value_byte, false },
	[PA_BITS] = { "pa_bits", &value_byte, false },
	[DS] = { "ds", &value_bit, false },
	[TTST] = { "ttst", &value_bit, false },
	[START_LEVEL] = { "start_level", &value_start_level, false },
};

/* Zero bits mean "choose" to the library but are an impossible size here: as impossible as 1. */
static uint8_t
never_zero(uint8_t bits)
{
	return bits ? bits : 1;
}

enum s2pt_status
plan_format(const struct plan *plan, struct s2pt_format *format)
{
	const struct s2pt_features cpu = {
		.feats = plan->feats | (plan->pa_bits >= 52 ? S2PT_FEAT_LPA : 0),
		.pa_bits = never_zero(plan->pa_bits),
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = plan->feats & S2PT_FEAT_LPA2,
		.lpa2_16k = plan->feats & S2PT_FEAT_LPA2,
	};
	struct s2pt_config config;

	s2pt_config_init(&config, plan->granule, &cpu);
	config.space = plan->space;
	config.ipa_bits = plan->ipa_largest ? 0 : never_zero(plan->ipa_bits);
	config.pa_bits = cpu.pa_bits;
	config.feats |= plan->feats;
	config.pbha = plan->pbha;
	config.start_level = S2PT_START_LEVEL_AUTO;
	if (plan->start_level != VALUE_LEVEL_AUTO)
		config.start_level = (int8_t)value_to_level(plan->start_level);
	return s2pt_format_init(format, &cpu, &config);
}

static void
put_numbers(struct out *out, const struct s2pt_format *format)
{
	uint64_t vtcr = s2pt_vtcr_encode(format);
	const uint64_t numbers[] = {
		value_bits(vtcr, 5, 0),
		value_bits(vtcr, 7, 6),
		value_bits(vtcr, 33, 33),
		s2pt_format_levels(format),
		format->root_tables,
		UINT64_C(1) << format->root_lg2,
		UINT64_C(1) << format->root_align_lg2,
	};

	out_word(out, ",ok");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		out_char(out, ',');
		out_number(out, numbers[i]);
	}
	out_char(out, ',');
	out_hex(out, vtcr, 1);
}

static bool
plan_row(void *context, const struct job_row *row, struct out *out, struct job_error *error)
{
	const struct value *in = row->values;
	const struct plan plan = {
		.granule = (enum s2pt_granule)in[GRANULE].is,
		.space = S2PT_SPACE_NONSECURE,
		.ipa_bits = (uint8_t)in[IPA_BITS].is,
		.pa_bits = (uint8_t)in[PA_BITS].is,
		.start_level = in[START_LEVEL].is,
		.feats = (in[DS].is ? S2PT_FEAT_LPA2 : 0) |
			 (in[TTST].is ? S2PT_FEAT_TTST : 0),
	};
	struct s2pt_format format;
	enum s2pt_status status = plan_format(&plan, &format);

	(void)context;
	(void)error;
	out_text(out, row->kept);
	if (status == S2PT_OK) {
		put_numbers(out, &format);
		return true;
	}
	out_char(out, ',');
	out_word(out, s2pt_status_name(status));
	out_word(out, ",-,-,-,-,-,-,-,-");
	return true;
}

int
plan_batch(void)
{
	const struct job job = {
		.verb = "plan",
		.columns = columns,
		.count = COLUMN_COUNT,
		.kept = COLUMN_COUNT,
		.more = "status,t0sz,sl0,sl2,levels,tables,root_bytes,root_align,vtcr",
		.row = plan_row,
	};

	return job_run(&job);
}
