/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * smmu_cmd.c: invalidation requests into commands of an SMMUv3.
 *
 * The same requests as for CPUs (tlbi.c), with other limits: ranges where the SMMU has them (IDR3.RIL), else one
 * command for each entry; where the SMMU's tables are nested, all stage-1 entries of the VMID, too; and then the
 * translation caches of devices (ATS), by spans that are powers of two. One CMD_SYNC ends each part.
 */
#include <s2pt/smmu.h>

#include "arch/field.h"
#include "arch/tlbi.h"

/* Opcodes (IHI 0070, 4.1.3) */
enum {
	CMD_CFGI_STE = 0x03,
	CMD_TLBI_NH_ALL = 0x10,
	CMD_TLBI_S12_VMALL = 0x28,
	CMD_TLBI_S2_IPA = 0x2a,
	CMD_TLBI_NSNH_ALL = 0x30,
	CMD_ATC_INV = 0x40,
	CMD_SYNC = 0x46,
};

static const struct field CMD_OPCODE = { 0, 8 };

/* CMD_TLBI_*: words 0 and 1 */
/* clang-format off */
static const struct field TLBI_NUM   = { 12, 5 };
static const struct field TLBI_SCALE = { 20, 6 };
static const struct field TLBI_VMID  = { 32, 16 };
static const struct field TLBI1_LEAF = { 0, 1 };
static const struct field TLBI1_TTL  = { 8, 2 };
static const struct field TLBI1_TG   = { 10, 2 };
/* clang-format on */

/* CMD_ATC_INV and CMD_CFGI_STE: words 0 and 1 */
/* clang-format off */
static const struct field ATC_GLOBAL = { 9, 1 };
static const struct field ATC_SSV    = { 11, 1 };
static const struct field STREAMID   = { 32, 32 };
static const struct field ATC1_SIZE  = { 0, 6 };
static const struct field CFGI1_LEAF = { 0, 1 };
/* clang-format on */

/* A range is (NUM + 1) * 2^SCALE granules. */
#define NUM_BITS 5u

/* CMD_ATC_INV spans 2^(12 + Size) bytes; 52 is everything. */
#define ATC_UNIT_LG2 12u
#define ATC_SIZE_ALL 52u
#define STU_MAX      31u /* PCIe: 5 bits */

/* TTL: levels 1 to 3; level 0 has no hint. (16K, level 1 has leaves with DS=1 alone, as TTL asks.) */
static unsigned
level_hint(const struct s2pt_tlbi_request *request)
{
	return tlbi_has_level(request) ? (unsigned)request->level : 0;
}

/*
 * The bytes of the largest contiguous group that leaves of a request may be members of, less one. Groups of lower
 * levels lie in it.
 */
static uint64_t
in_group(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	int level = request->level;

	if (!tlbi_has_level(request))
		for (level = format->start_level; !(request->size >> s2pt_format_level_lg2(format, level)); level++)
			;
	return bits_below(s2pt_format_level_lg2(format, level) + s2pt_format_contiguous_lg2(format, level));
}

/*
 * Put the front of what is left of a request, from *@offset on, into a CMD_TLBI_S2_IPA, and pass it. True: that was the
 * end.
 *
 * It is the largest range: SCALE so that the upper bits of the number of granules fit NUM + 1. All of NUM, SCALE and
 * TTL zero is Reserved (4.4.1.1): a single granule of unknown level goes without them, and TG.
 *
 * A span that is widened to whole groups is cut between them, since they are powers of two. Without hints, since what
 * else it reaches is of any level.
 */
static bool
put_piece(const struct s2pt_smmu *smmu, const struct s2pt_format *format, const struct s2pt_tlbi_request *request,
	  uint64_t *offset, struct s2pt_smmu_cmd *cmd)
{
	const uint64_t beyond = smmu->whole_groups ? in_group(format, request) : 0;
	const uint64_t left = ((request->ipa.addr + request->size + beyond) & ~beyond) -
			      (request->ipa.addr & ~beyond) - *offset;
	const unsigned ttl = smmu->whole_groups ? 0 : level_hint(request);
	uint64_t granules = left >> format->granule_lg2, bytes = UINT64_C(1) << tlbi_unit_lg2(format, request);
	unsigned scale = 0;

	cmd->word[1] = ((request->ipa.addr & ~beyond) + *offset) |
		       field_put(TLBI1_LEAF, request->last_level && !smmu->whole_groups);
	/* What is told by address alone is lost, too, where groups are left: a range is of two granules at least. */
	granules += smmu->whole_groups && granules == 1;
	if (smmu->ril && (granules > 1 || ttl)) {
		while (granules >> scale > UINT64_C(1) << NUM_BITS)
			scale++;
		granules >>= scale;
		bytes = granules << (scale + format->granule_lg2);
		cmd->word[0] |= field_put(TLBI_NUM, granules - 1u) | field_put(TLBI_SCALE, scale);
		cmd->word[1] |= field_put(TLBI1_TTL, ttl) | field_put(TLBI1_TG, tlbi_granule(format));
	}
	*offset += bytes;
	return bytes >= left;
}

uint64_t
s2pt_smmu_ops(const struct s2pt_smmu *smmu, const struct s2pt_format *format,
	      const struct s2pt_tlbi_request *request)
{
	struct s2pt_smmu_cmd cmd;
	uint64_t ops = 1, offset = 0;

	if (request->all || request->vmid)
		return 0;
	/* Without ranges no command encloses a group: the VMID goes. */
	if (!smmu->ril)
		return smmu->whole_groups ? 0 : request->size >> tlbi_unit_lg2(format, request);
	for (cmd.word[0] = 0; !put_piece(smmu, format, request, &offset, &cmd); ops++)
		;
	return ops;
}

/* --- Commands -------------------------------------------------------------------------------------- */

static void
put_command(struct s2pt_smmu_cmd *cmd, unsigned opcode)
{
	cmd->word[0] = field_put(CMD_OPCODE, opcode);
	cmd->word[1] = 0;
}

void
s2pt_smmu_sync(struct s2pt_smmu_cmd *cmd)
{
	put_command(cmd, CMD_SYNC);
}

void
s2pt_smmu_cfgi_ste(uint32_t stream, bool leaf, struct s2pt_smmu_cmd *cmd)
{
	put_command(cmd, CMD_CFGI_STE);
	cmd->word[0] |= field_put(STREAMID, stream);
	cmd->word[1] |= field_put(CFGI1_LEAF, leaf);
}

static void
put_vmid_command(const struct s2pt_smmu_seq *seq, struct s2pt_smmu_cmd *cmd, unsigned opcode)
{
	const struct s2pt_smmu_params *params = seq->params;

	put_command(cmd, opcode);
	cmd->word[0] |= field_put(TLBI_VMID, params->vmid_count ? params->vmids[seq->nth] : params->vmid);
}

/* The next VMID. False: there is none. */
static bool
next_vmid(struct s2pt_smmu_seq *seq)
{
	seq->nth++;
	if (seq->nth < seq->params->vmid_count)
		return true;
	seq->nth = 0;
	return false;
}

/* The next CMD_TLBI_S2_IPA; moves on to the next request when one is covered. */
static void
put_ipa_command(struct s2pt_smmu_seq *seq, struct s2pt_smmu_cmd *cmd)
{
	put_vmid_command(seq, cmd, CMD_TLBI_S2_IPA);
	if (put_piece(seq->smmu, seq->format, &seq->requests[seq->index], &seq->offset, cmd)) {
		seq->offset = 0;
		seq->index++;
	}
}

/* The smallest span, a power of two and aligned to itself, that covers the request. */
static unsigned
atc_size(const struct s2pt_smmu_seq *seq, const struct s2pt_tlbi_request *request)
{
	uint64_t last = request->ipa.addr + request->size - 1u;
	unsigned size = seq->params->ats_stu;

	if (seq->vmid || seq->params->nested)
		return ATC_SIZE_ALL;
	while ((request->ipa.addr ^ last) >> (ATC_UNIT_LG2 + size))
		size++;
	return size;
}

/* Where ATCs forget everything, one round will do. */
static size_t
atc_rounds(const struct s2pt_smmu_seq *seq)
{
	return seq->vmid || seq->params->nested ? 1 : seq->count;
}

/* The next CMD_ATC_INV: of each request, each ATC, first without a PASID and then for all of them. */
static void
put_atc_command(struct s2pt_smmu_seq *seq, struct s2pt_smmu_cmd *cmd)
{
	const struct s2pt_smmu_ats *ats = &seq->params->ats[seq->ats];
	const struct s2pt_tlbi_request *request = &seq->requests[seq->index];
	unsigned size = atc_size(seq, request);

	put_command(cmd, CMD_ATC_INV);
	cmd->word[0] |= field_put(STREAMID, ats->stream) | field_put(ATC_SSV, seq->pasids) |
			field_put(ATC_GLOBAL, seq->pasids);
	cmd->word[1] = field_put(ATC1_SIZE, size);
	if (size < ATC_SIZE_ALL)
		cmd->word[1] |= request->ipa.addr & ~bits_below(ATC_UNIT_LG2 + size);
	seq->pasids = ats->pasids && !seq->pasids;
	if (seq->pasids)
		return;
	seq->ats++;
	if (seq->ats == seq->params->ats_count) {
		seq->ats = 0;
		seq->index++;
	}
}

/* --- Sequences ------------------------------------------------------------------------------------- */

enum phase {
	STAGE2,
	STAGE2_SYNC,
	STAGE1,
	STAGE1_SYNC,
	ATCS,
	ATCS_SYNC,
	ENDED,
};

/* What a request may be, and what all of them together are for, is said once, for CPUs. */
static enum s2pt_status
check_requests(const struct s2pt_format *format, const struct s2pt_tlbi_request *requests, size_t count,
	       struct s2pt_tlbi_seq *probe)
{
	struct s2pt_tlbi_params params;
	enum s2pt_status status;

	params.scope = S2PT_TLBI_IS;
	params.max_ops = S2PT_TLBI_NO_LIMIT;
	params.nxs = false;
	params.ns = false;
	params.repeat = false;
	params.whole_vmid = false;
	params.dsb_all = false;
	params.vmid_count = 0;
	status = s2pt_tlbi_begin(probe, format, &params, requests, count);
	if (status == S2PT_OK && probe->all && format->space == S2PT_SPACE_REALM)
		return S2PT_ERR_SPACE;
	return status;
}

static enum s2pt_status
check_params(const struct s2pt_smmu *smmu, const struct s2pt_format *format,
	     const struct s2pt_smmu_params *params)
{
	if (format->space == S2PT_SPACE_SECURE)
		return S2PT_ERR_SPACE;
	if ((params->nested && !smmu->stage1) || (params->ats_count && !smmu->ats))
		return S2PT_ERR_FEATURE;
	if (!tlbi_has_vmids(smmu->features.feats, params->vmid_count ? params->vmids : &params->vmid,
			    params->vmid_count ? params->vmid_count : 1u))
		return S2PT_ERR_VMID;
	return params->ats_stu > STU_MAX ? S2PT_ERR_TLBI : S2PT_OK;
}

enum s2pt_status
s2pt_smmu_begin(struct s2pt_smmu_seq *seq, const struct s2pt_smmu *smmu,
		const struct s2pt_format *format, const struct s2pt_smmu_params *params,
		const struct s2pt_tlbi_request *requests, size_t count)
{
	enum s2pt_status status = check_params(smmu, format, params);
	struct s2pt_tlbi_seq probe;
	uint64_t ops = 0;

	if (status == S2PT_OK)
		status = check_requests(format, requests, count, &probe);
	if (status != S2PT_OK)
		return status;
	for (size_t i = 0; i < count; i++)
		ops += s2pt_smmu_ops(smmu, format, &requests[i]);
	seq->all = probe.all;
	seq->vmid = probe.vmid || !ops || tlbi_is_too_many(ops, params->max_ops);
	seq->nth = 0;
	seq->smmu = smmu;
	seq->format = format;
	seq->params = params;
	seq->requests = requests;
	seq->count = count;
	seq->index = 0;
	seq->offset = 0;
	seq->ats = 0;
	seq->pasids = false;
	seq->again = false;
	seq->sent = 0;
	seq->phase = STAGE2;
	return S2PT_OK;
}

/* What follows the first CMD_SYNC, and the second. A whole VMID takes stage 1 with it. */
static enum phase
after_sync(struct s2pt_smmu_seq *seq)
{
	seq->again = seq->smmu->repeat && !seq->again && seq->phase != ATCS_SYNC;
	if (seq->again)
		return seq->phase == STAGE2_SYNC ? STAGE2 : STAGE1;
	if (seq->phase == STAGE2_SYNC && seq->params->nested && !seq->vmid)
		return STAGE1;
	return seq->phase != ATCS_SYNC && seq->params->ats_count ? ATCS : ENDED;
}

static void
put_stage2_command(struct s2pt_smmu_seq *seq, struct s2pt_smmu_cmd *cmd)
{
	bool more = false;

	if (seq->all) {
		put_command(cmd, CMD_TLBI_NSNH_ALL);
	} else if (seq->vmid) {
		put_vmid_command(seq, cmd, CMD_TLBI_S12_VMALL);
		more = next_vmid(seq);
	} else {
		put_ipa_command(seq, cmd);
		more = seq->index < seq->count || next_vmid(seq);
		if (seq->index == seq->count)
			seq->index = 0;
	}
	if (!more)
		seq->phase = STAGE2_SYNC;
}

bool
s2pt_smmu_next(struct s2pt_smmu_seq *seq, struct s2pt_smmu_cmd *cmd)
{
	/* Phases and their CMD_SYNC come in turns. */
	const bool syncs = seq->phase & 1u;

	if (seq->phase == ENDED)
		return false;
	if (syncs || (seq->smmu->sync_within && seq->sent == seq->smmu->sync_within)) {
		s2pt_smmu_sync(cmd);
		seq->sent = 0;
		if (syncs)
			seq->phase = (uint8_t)after_sync(seq);
		return true;
	}
	seq->sent++;
	if (seq->phase == STAGE2) {
		put_stage2_command(seq, cmd);
	} else if (seq->phase == STAGE1) {
		put_vmid_command(seq, cmd, CMD_TLBI_NH_ALL);
		if (!next_vmid(seq))
			seq->phase = STAGE1_SYNC;
	} else {
		put_atc_command(seq, cmd);
		if (seq->index == atc_rounds(seq))
			seq->phase = ATCS_SYNC;
	}
	return true;
}
