/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What CMD_TLBI_S2_IPA covers where no command may cut a contiguous group: what was asked for, and the rest of the
 * groups at its ends; and the commands come to an end. By induction, as proofs/smmu.c.
 */
#include "arch/smmu_cmd.c"

#include "any_smmu_seq.h"

/* log2 of the bytes of the largest contiguous group that leaves of a request may be in. */
static unsigned
group_lg2(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	int level = S2PT_LEVEL_LAST;

	for (int at = S2PT_LEVEL_LAST; at >= format->start_level; at--)
		if (request->level == S2PT_TLBI_ANY_LEVEL ? request->size >> s2pt_format_level_lg2(format, at) != 0
							  : request->level == at)
			level = at;
	return s2pt_format_level_lg2(format, level) + s2pt_format_contiguous_lg2(format, level);
}

/* The bytes of a request with the groups at its ends. */
static uint64_t
widened(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	const uint64_t in_group = ((uint64_t)1 << group_lg2(format, request)) - 1u;
	const uint64_t end = request->ipa.addr + request->size;

	return ((end + in_group) & ~in_group) - (request->ipa.addr & ~in_group);
}

/*
 * Whole groups: ranges from where the first group begins to where the last ends, cut between groups; for leaves of any
 * level, and for tables.
 */
static void
prove_whole(const struct s2pt_smmu_seq *seq, const struct s2pt_smmu_cmd *cmd, uint64_t offset)
{
	const struct s2pt_tlbi_request *request = seq->requests;
	const unsigned num = cmd->word[0] >> 12 & 31u, scale = cmd->word[0] >> 20 & 63u, lg2 = seq->format->granule_lg2;
	const uint64_t in_group = ((uint64_t)1 << group_lg2(seq->format, request)) - 1u;
	const uint64_t begin = request->ipa.addr & ~in_group;
	const uint64_t end = begin + widened(seq->format, request);
	const uint64_t first = cmd->word[1] & ~(uint64_t)0xfff, bytes = (uint64_t)(num + 1) << (scale + lg2);

	/* A range of several granules, without hints. Where groups are single granules, it may reach one too far. */
	prove(!(cmd->word[1] & 1u) && !(cmd->word[1] >> 8 & 3u) && scale <= 39);
	prove((cmd->word[1] >> 10 & 3u) && (num || scale));
	prove(first == begin + offset && bytes <= end - first + (in_group >> lg2 ? 0 : (uint64_t)1 << lg2));
	prove(!((first | bytes) & in_group));
	if (bytes >= end - first)
		prove(seq->index == 1 && seq->offset == 0);
	else
		prove(seq->index == 0 && seq->offset == offset + bytes);
}

static void
proof(void)
{
	struct s2pt_format format;
	struct s2pt_tlbi_request request;
	struct s2pt_smmu smmu;
	struct s2pt_smmu_params params = { .vmid = 1 };
	struct s2pt_smmu_seq seq;
	struct s2pt_smmu_cmd cmd;
	uint64_t offset;

	any_format(&format);
	any_request(&format, &request);
	assume(is_request(&format, &request));
	any_smmu(&smmu);
	smmu.ril = true;
	smmu.whole_groups = true;

	/* Any place that a sequence can have come to. */
	offset = any_mostly(any_below(4)) << group_lg2(&format, &request);
	assume(offset < widened(&format, &request));
	any_smmu_seq(&seq, &smmu, &format, &params, &request, STAGE2);
	seq.offset = offset;
	prove(s2pt_smmu_next(&seq, &cmd));
	prove((cmd.word[0] & 0xff) == 0x2a);
	prove_whole(&seq, &cmd, offset);
	reach();
}
