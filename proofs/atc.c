/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What CMD_ATC_INV spans: all of the request, in the smallest power of two, aligned to itself, that the device
 * can do; and everything where an ATC may hold VAs.
 */
#include "arch/smmu_cmd.c"

#include "any_smmu_seq.h"

static void
proof(void)
{
	struct s2pt_format format;
	struct s2pt_tlbi_request request;
	struct s2pt_smmu smmu;
	struct s2pt_smmu_ats ats = { (uint32_t)(any_u64() & UINT32_MAX), any_bool() };
	struct s2pt_smmu_params params = { .ats = &ats, .ats_count = 1 };
	struct s2pt_smmu_seq seq;
	struct s2pt_smmu_cmd cmd;
	uint64_t first, last;
	unsigned size;

	any_format(&format);
	any_request(&format, &request);
	assume(is_request(&format, &request));
	any_smmu(&smmu);
	params.nested = any_bool();
	params.ats_stu = (uint8_t)any_below(32);
	any_smmu_seq(&seq, &smmu, &format, &params, &request, ATCS);
	seq.pasids = ats.pasids && any_bool();
	seq.vmid = any_bool();
	const bool pasids = seq.pasids, vmid = seq.vmid;

	prove(s2pt_smmu_next(&seq, &cmd));
	size = cmd.word[1] & 63u;
	first = cmd.word[1] & ~(uint64_t)0xfff;
	last = request.ipa.addr + (request.size - 1);
	prove((cmd.word[0] & 0xff) == 0x40 && cmd.word[0] >> 32 == ats.stream);
	/* SSV and Global: all PASIDs. */
	prove((cmd.word[0] >> 11 & 1u) == pasids && (cmd.word[0] >> 9 & 1u) == pasids);
	/* Without PASIDs first, then, where it has any, with them, then the next request. */
	prove(seq.pasids == (ats.pasids && !pasids));
	prove(seq.index == !seq.pasids);
	if (params.nested || vmid) {
		prove(size == 52);
		reach();
		return;
	}
	prove(size < 52 && size >= params.ats_stu);
	prove(!(first & (((uint64_t)1 << (12 + size)) - 1)));
	prove(first <= request.ipa.addr && last - first < (uint64_t)1 << (12 + size));
	prove(size == params.ats_stu || (request.ipa.addr ^ last) >> (11 + size));
	reach();
}
