/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A Stream Table Entry says the format and the stream, no field of others, and gives them back. */
#include "any.h"

#include <s2pt/smmu.h>

/* The fields that s2pt_smmu_ste_encode() names: IHI 0070, 5.2, words 1 to 3. */
#define WORD1 (UINT64_C(0xf00) | UINT64_C(1) << 25 | UINT64_C(0x1ff) << 32 | UINT64_C(3) << 44)
#define WORD2 (UINT64_C(0xffff) | UINT64_C(0x7ffff) << 32 | UINT64_C(1) << 51 | UINT64_C(0x3f) << 53)
#define WORD3 (UINT64_C(0xfffffffffffff))

static void
any_stream(struct s2pt_smmu_stream *stream)
{
	struct s2pt_smmu_override *override = &stream->override;

	stream->root = s2pt_pa_of(any_mostly(any_u64() >> 28 << 12));
	stream->vmid = (uint16_t)(any_mostly(any_below(256)) & 0xffffu);
	stream->affd = any_bool();
	stream->ptw = any_bool();
	stream->record = any_bool();
	stream->stall = any_bool();
	override->type = any_mostly(0) & 1u;
	override->memattr = (uint8_t)(any_mostly(0) & 0xffu);
	override->sh = any_mostly(0) & 1u;
	override->sh_is = (uint8_t)(any_mostly(0) & 0xffu);
	override->hints = any_mostly(0) & 1u;
	override->alloc = (uint8_t)(any_mostly(0) & 0xffu);
	override->transient = any_mostly(0) & 1u;
}

static bool
same_stream(const struct s2pt_smmu_stream *a, const struct s2pt_smmu_stream *b)
{
	const struct s2pt_smmu_override *o = &a->override, *p = &b->override;

	return a->root.addr == b->root.addr && a->vmid == b->vmid && a->affd == b->affd && a->ptw == b->ptw &&
	       a->record == b->record && a->stall == b->stall && o->type == p->type &&
	       o->memattr == p->memattr && o->sh == p->sh && o->sh_is == p->sh_is && o->hints == p->hints &&
	       o->alloc == p->alloc && o->transient == p->transient;
}

static void
proof(void)
{
	struct s2pt_smmu smmu;
	struct s2pt_format format, format_back;
	struct s2pt_smmu_stream stream, back;
	uint64_t ste[S2PT_SMMU_STE_WORDS];

	any_cpu(&smmu.features);
	smmu.types_ovr = any_bool();
	smmu.stall = (enum s2pt_smmu_stall)any_below(3);
	any_format(&format);
	any_stream(&stream);
#ifndef __CPROVER__
	/* Else the SMMU seldom has what the format needs. */
	smmu.features.feats |= format.feats;
	smmu.features.pa_bits = 52;
#endif
	assume(s2pt_smmu_ste_encode(&smmu, &format, &stream, ste) == S2PT_OK);
	prove(ste[0] == 0 && !(ste[1] & ~WORD1) && !(ste[2] & ~WORD2) && !(ste[3] & ~WORD3));
	/* S2T0SZ, S2VMID, S2TTB */
	prove((ste[2] >> 32 & 0x3f) == 64u - format.ipa_bits && (ste[2] & 0xffff) == stream.vmid);
	prove((ste[3] & ~UINT64_C(15)) == (stream.root.addr & ~UINT64_C(15)));
	prove(s2pt_smmu_ste_decode(&smmu, ste, &format_back, &back) == S2PT_OK);
	prove(same_stream(&stream, &back));
	prove(format.granule_lg2 == format_back.granule_lg2 && format.ipa_bits == format_back.ipa_bits &&
	      format.start_level == format_back.start_level && format.pa_bits == format_back.pa_bits &&
	      format.root_lg2 == format_back.root_lg2 && format.pbha == format_back.pbha);
	prove(!((format.feats ^ format_back.feats) &
		(S2PT_FEAT_LPA2 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_S2FWB)));
	reach();
}
