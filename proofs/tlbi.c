/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What TLBI instructions by IPA cover: what was asked for, all of it and nothing else, and they come to an end.
 *
 * By induction over how far the sequence is. At the beginning whole units are left (an entry where the level
 * is known, else a granule). If whole units are left, the next operation's operand, read as the CPU reads it,
 * names exactly the front of what is left, in whole units; so whole units are left again, fewer of them.
 */
#include "arch/tlbi.c"

#include "any.h"

/* Xt as DDI 0487 has it, C5.5: bytes from @first on. False where it is not a value of the format's. */
static bool
read_operand(const struct s2pt_format *format, bool range, uint64_t xt, uint64_t *first, uint64_t *bytes,
	     unsigned *level)
{
	const unsigned tg = format->granule_lg2 == 12 ? 1
			  : format->granule_lg2 == 14 ? 2
						      : 3;
	const bool ds = format->feats & S2PT_FEAT_LPA2;

	if (range) {
		const unsigned scale = xt >> 44 & 3u, num = xt >> 39 & 31u;

		*first = (xt & (((uint64_t)1 << 37) - 1)) << (ds ? 16 : format->granule_lg2);
		*bytes = (uint64_t)(num + 1) << (5 * scale + 1 + format->granule_lg2);
		*level = xt >> 37 & 3u;
		return (xt >> 46 & 3u) == tg;
	}
	*first = (xt & (((uint64_t)1 << 40) - 1)) << 12;
	*level = xt >> 44 & 3u;
	/* TTL 0b00xx is no hint. A granule, then: nothing larger may be relied on. */
	*bytes = (uint64_t)1 << format->granule_lg2;
	if (xt >> 46 & 3u)
		*bytes = (uint64_t)1 << (format->granule_lg2 + (3 - *level) * (format->granule_lg2 - 3));
	return (xt >> 46 & 3u) == 0 || (xt >> 46 & 3u) == tg;
}

static void
proof(void)
{
	struct s2pt_format format;
	struct s2pt_tlbi_request request;
	struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
	struct s2pt_tlbi_seq seq;
	struct s2pt_tlbi_step step;
	uint64_t offset, unit, first, bytes;
	unsigned level;

	any_format(&format);
	any_request(&format, &request);
	prove(is_request_sound(&format, &request) == is_request(&format, &request));
	assume(is_request(&format, &request));
	unit = (uint64_t)1 << request_unit_lg2(&format, &request);
	prove(!(request.size & (unit - 1)) && request.size >= unit);

	/* Any place that a sequence can have come to. */
	offset = any_mostly(any_below(4)) << request_unit_lg2(&format, &request);
	assume(offset < request.size);
	seq.format = &format;
	seq.params = &params;
	seq.requests = &request;
	seq.count = 2;
	seq.index = 0;
	seq.offset = offset;
	seq.phase = BY_IPA;
	seq.nth = 0;
	seq.current = true;
	seq.all = false;
	seq.vmid = false;
	prove(s2pt_tlbi_next(&seq, &step));
	prove(step.kind == S2PT_STEP_TLBI);
	const bool range = step.op == S2PT_TLBI_RIPAS2E1 || step.op == S2PT_TLBI_RIPAS2LE1;

	prove(range ? (format.feats & S2PT_FEAT_TLBIRANGE) != 0
		    : step.op == S2PT_TLBI_IPAS2E1 || step.op == S2PT_TLBI_IPAS2LE1);
	prove((step.op == S2PT_TLBI_RIPAS2LE1 || step.op == S2PT_TLBI_IPAS2LE1) == request.last_level);
	prove(read_operand(&format, range, step.operand, &first, &bytes, &level));
	prove(step.operand >> 63 == 0);
	prove(first == request.ipa.addr + offset);
	/* A hint where there may be one, and never another level than the one that is stale. */
	prove(level == 0 || (level == (unsigned)request.level && (format.feats & S2PT_FEAT_TTL)));
	/* Without a hint an operation by IPA takes away the whole entry that translates the IPA. */
	if (!range && request.level != S2PT_TLBI_ANY_LEVEL)
		bytes = unit;
	prove(!(bytes & (unit - 1)) && bytes > 0 && bytes <= request.size - offset);
	if (bytes == request.size - offset) {
		prove(seq.index == 1 && seq.offset == 0);
		reach();
	} else {
		prove(seq.index == 0 && seq.offset == offset + bytes);
		prove(!((request.size - seq.offset) & (unit - 1)));
		reach();
	}
	if (range)
		reach();
	if (!range && level)
		reach();
}
