/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* policy_batch.c: s2pt policy --batch. */
#include "job.h"
#include "policy.h"

static const struct job_column columns[POLICY_FACTS] = {
	[POLICY_BACKING] = { "backing", &value_backing, false },
	[POLICY_HOST] = { "host", &value_host_view, false },
	[POLICY_VOUCHES] = { "vouches", &value_source, false },
	[POLICY_ASKS] = { "asks", &value_source, false },
	[POLICY_TAGS] = { "tags", &value_tags, false },
	[POLICY_DMA] = { "dma", &value_dma, false },
	[POLICY_PREFETCHABLE] = { "prefetchable", &value_bit, false },
	[POLICY_EXEC] = { "exec", &value_bit, false },
	[POLICY_FWB] = { "fwb", &value_bit, false },
	[POLICY_MTE2] = { "mte2", &value_bit, false },
	[POLICY_MTE_PERM] = { "mte_perm", &value_bit, false },
	[POLICY_DIC] = { "dic", &value_bit, false },
	[POLICY_IDC] = { "idc", &value_bit, false },
	[POLICY_CANWBS] = { "canwbs", &value_bit, false },
	[POLICY_TRUSTED] = { "trusted", &value_bit, false },
	[POLICY_MTE] = { "mte", &value_bit, false },
	[POLICY_NONCOHERENT_DMA] = { "noncoherent_dma", &value_bit, false },
};

/* The members of a set, joined by '+'; '-' for none. */
static void
cell_needs(struct out *out, uint8_t needed)
{
	char separator = ',';

	for (uint32_t bit = 1; bit < 1u << S2PT_NEEDS_COUNT; bit <<= 1) {
		if (!(needed & bit))
			continue;
		out_char(out, separator);
		out_word(out, s2pt_needs_name(bit));
		separator = '+';
	}
	if (separator == ',')
		out_word(out, ",-");
}

static void
cell(struct out *out, const char *word)
{
	out_char(out, ',');
	out_word(out, word);
}

static bool
policy_row(void *context, const struct job_row *row, struct out *out, struct job_error *error)
{
	const struct policy_facts facts = policy_facts_of(row->values);
	struct s2pt_policy policy;
	enum s2pt_status status = s2pt_policy_choose(&facts.region, &facts.platform, &facts.guest, &policy);

	(void)context;
	(void)error;
	out_text(out, row->kept);
	if (status != S2PT_OK) {
		out_word(out, ",refused,-,-,-,-,-,-");
		cell(out, s2pt_policy_reason_name(policy.reason));
		out_word(out, ",-");
		return true;
	}
	out_word(out, ",allowed");
	cell(out, s2pt_memtype_name(policy.type));
	cell(out, s2pt_sh_name((enum s2pt_sh)policy.sh));
	cell(out, policy.executable ? "1" : "0");
	cell_needs(out, policy.on_map);
	cell_needs(out, policy.on_unmap);
	cell_needs(out, policy.on_caches_on);
	cell(out, s2pt_policy_reason_name(policy.reason));
	cell(out, s2pt_policy_reason_name(policy.maintenance));
	return true;
}

int
policy_batch(void)
{
	const struct job job = {
		.verb = "policy",
		.columns = columns,
		.count = POLICY_FACTS,
		.kept = POLICY_FACTS,
		.more = "answer,type,sh,executable,on_map,on_unmap,on_caches_on,reason,maintenance",
		.row = policy_row,
	};

	return job_run(&job);
}
