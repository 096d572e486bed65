/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What CMD_TLBI_S2_IPA covers: what was asked for, all of it and nothing else, and the commands come to an end.
 * By induction, as proofs/tlbi.c.
 */
#include "arch/smmu_cmd.c"

#include "any_smmu_seq.h"

/* Words 0 and 1 as IHI 0070 has them, 4.4.1: bytes from @first on; 0 where they are Reserved. */
static uint64_t
read_command(const struct s2pt_format *format, const struct s2pt_smmu_cmd *cmd, uint64_t *first, unsigned *ttl)
{
	const unsigned num = cmd->word[0] >> 12 & 31u, scale = cmd->word[0] >> 20 & 63u;
	const unsigned tg = cmd->word[1] >> 10 & 3u;

	*first = cmd->word[1] & ~(uint64_t)0xfff;
	*ttl = cmd->word[1] >> 8 & 3u;
	if (!tg)
		return num || scale || *ttl ? 0 : (uint64_t)1 << format->granule_lg2;
	if ((!num && !scale && !*ttl) || scale > 39 || 8u + 2u * tg + 2u != format->granule_lg2)
		return 0;
	return (uint64_t)(num + 1) << (scale + format->granule_lg2);
}

static void
proof(void)
{
	struct s2pt_format format;
	struct s2pt_tlbi_request request;
	struct s2pt_smmu smmu;
	struct s2pt_smmu_params params = { .vmid = (uint16_t)(any_u64() & 0xffffu) };
	struct s2pt_smmu_seq seq;
	struct s2pt_smmu_cmd cmd;
	uint64_t unit, offset, first, bytes;
	unsigned ttl;

	any_format(&format);
	any_request(&format, &request);
	assume(is_request(&format, &request));
	any_smmu(&smmu);
	unit = (uint64_t)1 << request_unit_lg2(&format, &request);

	/* Any place that a sequence can have come to. */
	offset = any_mostly(any_below(4)) << request_unit_lg2(&format, &request);
	assume(offset < request.size);
	any_smmu_seq(&seq, &smmu, &format, &params, &request, STAGE2);
	seq.offset = offset;
	prove(s2pt_smmu_next(&seq, &cmd));
	prove((cmd.word[0] & 0xff) == 0x2a && (cmd.word[0] >> 32 & 0xffff) == params.vmid);
	bytes = read_command(&format, &cmd, &first, &ttl);
	prove(bytes);
	prove((cmd.word[1] & 1u) == request.last_level);
	prove(first == request.ipa.addr + offset);
	prove(ttl == 0 || ttl == (unsigned)request.level);
	/* Without a range a command takes away the whole entry that translates the address. */
	if (!(cmd.word[1] >> 10 & 3u) && request.level != S2PT_TLBI_ANY_LEVEL)
		bytes = unit;
	prove(smmu.ril || !(cmd.word[1] >> 10 & 3u));
	prove(!(bytes & (unit - 1)) && bytes <= request.size - offset);
	if (bytes == request.size - offset) {
		prove(seq.index == 1 && seq.offset == 0);
		reach();
	} else {
		prove(seq.index == 0 && seq.offset == offset + bytes);
		prove(!((request.size - seq.offset) & (unit - 1)));
		reach();
	}
}
