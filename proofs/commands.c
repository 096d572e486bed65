/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The order of an SMMU's commands (IHI 0070, 4.4, 4.5): stage 2, CMD_SYNC; stage 1 where streams are nested, CMD_SYNC;
 * ATCs, CMD_SYNC, when the SMMU itself can no longer tell them the old answer; and no command without a CMD_SYNC
 * behind it. One request, of a granule, of the VMID or of all; one VMID or two; one ATC.
 */
#include "any.h"

#include <s2pt/smmu.h>

enum {
	S2_IPA = 0x2a,
	S12_VMALL = 0x28,
	NSNH_ALL = 0x30,
	NH_ALL = 0x10,
	ATC_INV = 0x40,
	SYNC = 0x46,
};

static void
proof(void)
{
	struct s2pt_format format;
	struct s2pt_tlbi_request request;
	struct s2pt_smmu smmu;
	struct s2pt_smmu_ats ats = { (uint32_t)(any_u64() & UINT32_MAX), any_bool() };
	struct s2pt_smmu_params params;
	struct s2pt_smmu_seq seq;
	struct s2pt_smmu_cmd cmd;
	unsigned count[256] = { 0 }, last = SYNC, steps = 0;

	/* Nothing in the order hangs on the shape. */
	format.granule_lg2 = 12;
	format.ipa_bits = 40;
	format.start_level = 1;
	format.space = S2PT_SPACE_NONSECURE;
	format.feats = any_u64() & ~(S2PT_FEAT_LPA | S2PT_FEAT_LPA2);
	smmu.features.feats = any_u64();
	smmu.stage1 = any_bool();
	smmu.ats = any_bool();
	smmu.ril = any_bool();
	smmu.repeat = false;
	smmu.whole_groups = false;
	smmu.sync_within = 0;
	request.all = any_bool();
	request.vmid = any_bool();
	request.ipa.addr = any_below(UINT64_C(1) << 28) << 12;
	request.size = 4096;
	request.level = any_bool() ? S2PT_TLBI_ANY_LEVEL : S2PT_LEVEL_LAST;
	request.last_level = any_bool();
	request.local = any_bool();
	const uint16_t vmids[] = { (uint16_t)any_below(256), (uint16_t)any_below(256) };

	params.vmid = (uint16_t)any_below(256);
	params.vmids = vmids;
	params.vmid_count = any_below(3);
	params.nested = any_bool();
	params.ats_stu = 0;
	params.ats = &ats;
	params.ats_count = any_bool();
	params.max_ops = (uint32_t)any_below(3);
	assume(s2pt_smmu_begin(&seq, &smmu, &format, &params, &request, 1) == S2PT_OK);
	const unsigned stage2 = request.all ? NSNH_ALL : request.vmid ? S12_VMALL
								      : S2_IPA;
	const unsigned rounds = params.vmid_count && !request.all ? (unsigned)params.vmid_count : 1u;

	for (; steps < 11 && s2pt_smmu_next(&seq, &cmd); steps++) {
		const unsigned opcode = cmd.word[0] & 0xffu;

		if (opcode == stage2)
			prove(!count[SYNC]);
		else if (opcode == NH_ALL)
			prove((last == SYNC || last == NH_ALL) && count[SYNC] == 1 && !count[ATC_INV]);
		else if (opcode == ATC_INV)
			prove((last == SYNC || last == ATC_INV) && count[SYNC] == 1u + (count[NH_ALL] != 0));
		else
			prove(opcode == SYNC && last != SYNC);
		if ((opcode == stage2 && opcode != NSNH_ALL) || opcode == NH_ALL)
			prove((cmd.word[0] >> 32 & 0xffff) ==
			      (params.vmid_count ? vmids[count[opcode]] : params.vmid));
		count[opcode]++;
		last = opcode;
	}
	prove(last == SYNC && count[stage2] == rounds);
	prove(count[NH_ALL] == (params.nested && stage2 == S2_IPA ? rounds : 0));
	prove(count[ATC_INV] == (params.ats_count ? 1u + ats.pasids : 0));
	prove(count[SYNC] == 1u + (count[NH_ALL] != 0) + params.ats_count);
	prove(!s2pt_smmu_next(&seq, &cmd));
	reach();
}
