/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* combine_batch.c: s2pt combine --batch. */
#include "combine.h"
#include "job.h"

enum {
	S1_MAIR,
	S1_SH,
	S2_MEMATTR,
	S2_SH,
	FWB,
	CD,
	COLUMN_COUNT,
};

static const struct job_column columns[COLUMN_COUNT] = {
	[S1_MAIR] = { "s1_mair", &value_byte, false },
	[S1_SH] = { "s1_sh", &value_two_bits, false },
	[S2_MEMATTR] = { "s2_memattr", &value_nibble, false },
	[S2_SH] = { "s2_sh", &value_two_bits, false },
	[FWB] = { "fwb", &value_bit, false },
	[CD] = { "cd", &value_bit, false },
};

static void
cell(struct out *out, const char *word)
{
	out_char(out, ',');
	out_word(out, word);
}

static void
cell_bit(struct out *out, bool bit)
{
	out_char(out, ',');
	out_char(out, bit ? '1' : '0');
}

static void
no_effect(struct out *out, enum s2pt_status status, uint32_t notes)
{
	char separator = ',';

	for (uint32_t note = 1; note & S2PT_NOTE_RESERVED; note <<= 1) {
		if (!(notes & note))
			continue;
		out_char(out, separator);
		out_word(out, s2pt_note_name(note));
		separator = '+';
	}
	if (separator == ',')
		cell(out, s2pt_status_name(status));
	out_word(out, ",-,-,-,-,-,-,-,-,-,-,-,-,-,-");
}

static void
cell_alloc(struct out *out, const struct s2pt_cache_attr *half)
{
	cell(out, half->cacheability == S2PT_NC ? "-" : s2pt_alloc_name(half->alloc));
}

static void
cell_transient(struct out *out, const struct s2pt_cache_attr *half)
{
	if (half->cacheability == S2PT_NC)
		cell(out, "-");
	else
		cell_bit(out, half->transient);
}

static void
memory_type(struct out *out, const struct s2pt_attr *attr)
{
	if (attr->device) {
		out_word(out, ",Device");
		cell(out, s2pt_device_name(attr->device_type));
		out_word(out, ",-,-,-,-,-,-");
		return;
	}
	out_word(out, ",Normal,-");
	cell(out, s2pt_cacheability_name(attr->outer.cacheability));
	cell(out, s2pt_cacheability_name(attr->inner.cacheability));
	cell_alloc(out, &attr->outer);
	cell_alloc(out, &attr->inner);
	cell_transient(out, &attr->outer);
	cell_transient(out, &attr->inner);
}

static void
put_combined(struct out *out, const struct s2pt_combined *combined)
{
	out_word(out, ",ok");
	memory_type(out, &combined->attr);
	cell(out, s2pt_sh_name(combined->attr.sh));
	out_char(out, ',');
	out_hex(out, combined->par_attr, 2);
	out_char(out, ',');
	out_number(out, combined->par_sh);
	cell_bit(out, combined->attr.xs);
	cell_bit(out, combined->attr.tagged);
	cell_bit(out, combined->attr.notagaccess);
}

static bool
combine_row(void *context, const struct job_row *row, struct out *out, struct job_error *error)
{
	const struct value *in = row->values;
	const s2pt_feats *feats = context;
	const struct s2pt_controls controls = {
		.feats = *feats | (in[FWB].is ? S2PT_FEAT_S2FWB : 0),
		.access = S2PT_ACCESS_DATA,
		.sctlr_c = true,
		.sctlr_i = true,
		.hcr_cd = in[CD].is,
	};
	const struct s2pt_stage1 s1 = {
		.mair = (uint8_t)in[S1_MAIR].is,
		.sh = (uint8_t)in[S1_SH].is,
	};
	const struct s2pt_stage2 s2 = {
		.memattr = (uint8_t)in[S2_MEMATTR].is,
		.sh = (uint8_t)in[S2_SH].is,
	};
	struct s2pt_combined combined = { .notes = 0 };
	enum s2pt_status status = s2pt_combine(&controls, &s1, &s2, &combined);

	(void)error;
	out_text(out, row->kept);
	if (status == S2PT_OK)
		put_combined(out, &combined);
	else
		no_effect(out, status, combined.notes);
	return true;
}

int
combine_batch(s2pt_feats feats)
{
	/* clang-format off */
	const struct job job = {
		.verb = "combine",
		.columns = columns,
		.count = COLUMN_COUNT,
		.kept = COLUMN_COUNT,
		.more = "status,memtype,device,outer,inner,outer_alloc,inner_alloc,outer_transient,"
			"inner_transient,sh,par_attr,par_sh,xs,tagged,notagaccess",
		.row = combine_row,
		.context = &feats,
	};
	/* clang-format on */

	return job_run(&job);
}
