/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * tlbi.c: invalidation requests into TLBI operations.
 *
 * A request is split into pieces, of which each is one operation: a range operation where the CPU has them and the
 * piece is more than one unit, else one by address. Above a limit of operations the whole VMID goes. A sequence is
 * those pieces between a DSB before, the completion after, and what clears the combined entries of stage 1 (VMALLE1),
 * as the manual orders them.
 */
#include "arch/tlbi.h"
#include "arch/field.h"

#define SCALE_MAX 3u
#define NUM_MAX   31u

/* The largest range, in granules. */
#define RANGE_MAX_LG2 (SCALE_LG2(SCALE_MAX) + 5u)

/* --- Encodings ------------------------------------------------------------------------------------- */

/* CRm and op2 for {IS, OS, local}. op1 is 4, but for VMALLE1; CRn is 8, or 9 for nXS. */
/* clang-format off */
static const struct {
	uint8_t op1;
	uint8_t crm[3];
	uint8_t op2[3];
} encodings[S2PT_TLBI_OP_COUNT] = {
	[S2PT_TLBI_IPAS2E1]    = { 4, { 0, 4, 4 }, { 1, 0, 1 } },
	[S2PT_TLBI_IPAS2LE1]   = { 4, { 0, 4, 4 }, { 5, 4, 5 } },
	[S2PT_TLBI_RIPAS2E1]   = { 4, { 0, 4, 4 }, { 2, 3, 2 } },
	[S2PT_TLBI_RIPAS2LE1]  = { 4, { 0, 4, 4 }, { 6, 7, 6 } },
	[S2PT_TLBI_VMALLE1]    = { 0, { 3, 1, 7 }, { 0, 0, 0 } },
	[S2PT_TLBI_VMALLS12E1] = { 4, { 3, 1, 7 }, { 6, 6, 6 } },
	[S2PT_TLBI_ALLE1]      = { 4, { 3, 1, 7 }, { 4, 4, 4 } },
	[S2PT_TLBI_VALE2]      = { 4, { 3, 1, 7 }, { 5, 5, 5 } },
};
/* clang-format on */

struct s2pt_sys
s2pt_tlbi_sys(enum s2pt_tlbi_op op, enum s2pt_tlbi_scope scope, bool nxs)
{
	struct s2pt_sys sys;

	sys.op1 = encodings[op].op1;
	sys.crn = nxs ? 9 : 8;
	sys.crm = encodings[op].crm[scope];
	sys.op2 = encodings[op].op2[scope];
	return sys;
}

static bool
may_hint(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	return tlbi_has_level(request) && (format->feats & S2PT_FEAT_TTL);
}

static uint64_t
single_operand(const struct s2pt_format *format, const struct s2pt_tlbi_request *request,
	       uint64_t ipa)
{
	uint64_t ttl = 0;

	if (may_hint(format, request))
		ttl = (uint64_t)tlbi_granule(format) << 2 | (uint64_t)request->level;
	return field_put(IPAS2_IPA, ipa >> 12) | field_put(IPAS2_TTL, ttl);
}

/* Level 0 has no hint here: 0 says "any". */
static uint64_t
range_operand(const struct s2pt_format *format, const struct s2pt_tlbi_request *request,
	      uint64_t ipa, unsigned scale, uint64_t num)
{
	bool ds = format->feats & S2PT_FEAT_LPA2;
	uint64_t ttl = may_hint(format, request) ? (uint64_t)request->level : 0;

	return field_put(RIPAS2_BASE, ipa >> (ds ? DS_BASE_LG2 : format->granule_lg2)) |
	       field_put(RIPAS2_TTL, ttl) | field_put(RIPAS2_NUM, num) |
	       field_put(RIPAS2_SCALE, scale) |
	       field_put(RIPAS2_TG, tlbi_granule(format));
}

/* --- Splitting a range ----------------------------------------------------------------------------- */

/* One operation by IPA, and log2 of nothing less than what it covers. */
struct piece {
	bool range;
	uint64_t operand;
	uint64_t bytes;
};

/*
 * Are there at least two units left, which a range can cover whole? Not where one is larger than any range:
 * the blocks of 4K level 0 and 16K level 1 with DS=1, and of 64K level 1.
 */
static bool
fits_range(const struct s2pt_format *format, const struct s2pt_tlbi_request *request,
	   uint64_t ipa, uint64_t left)
{
	const unsigned unit = tlbi_unit_lg2(format, request);
	bool ds = format->feats & S2PT_FEAT_LPA2;

	return (format->feats & S2PT_FEAT_TLBIRANGE) && left >> unit > 1 &&
	       unit <= format->granule_lg2 + RANGE_MAX_LG2 && (!ds || !(ipa & bits_below(DS_BASE_LG2)));
}

/*
 * The operation for the front of what is left of a request. Large pieces come first, so that with DS=1
 * every base stays a multiple of 64 KiB.
 */
static void
next_piece(const struct s2pt_format *format, const struct s2pt_tlbi_request *request,
	   uint64_t offset, struct piece *piece)
{
	uint64_t ipa = request->ipa.addr + offset;
	uint64_t left = request->size - offset;
	uint64_t granules = left >> format->granule_lg2;
	unsigned scale = SCALE_MAX;
	uint64_t num;

	piece->range = fits_range(format, request, ipa, left);
	if (!piece->range) {
		piece->operand = single_operand(format, request, ipa);
		piece->bytes = UINT64_C(1) << tlbi_unit_lg2(format, request);
		return;
	}
	while (!(granules >> SCALE_LG2(scale)))
		scale--;
	num = (granules >> SCALE_LG2(scale)) - 1u;
	if (num > NUM_MAX)
		num = NUM_MAX;
	piece->operand = range_operand(format, request, ipa, scale, num);
	piece->bytes = (num + 1u) << (SCALE_LG2(scale) + format->granule_lg2);
}

uint64_t
s2pt_tlbi_ops(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	uint64_t ops = 0;

	if (request->all || request->vmid)
		return 0;
	if (!(format->feats & S2PT_FEAT_TLBIRANGE))
		return request->size >> tlbi_unit_lg2(format, request);
	for (uint64_t offset = 0; offset < request->size; ops++) {
		struct piece piece;

		next_piece(format, request, offset, &piece);
		offset += piece.bytes;
	}
	return ops;
}

/* --- Sequences ------------------------------------------------------------------------------------- */

enum phase {
	STORES,
	BY_IPA,
	BY_IPA_DONE,
	CLOSING,
	CLOSING_DONE,
	REPEAT,
	REPEAT_DONE,
	EVERYWHERE,
	SYNC,
	ENDED,
};

static bool
is_request_sound(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	uint64_t first = request->ipa.addr;
	uint64_t limit = UINT64_C(1) << format->ipa_bits;

	if (request->all || request->vmid)
		return true;
	if (tlbi_has_level(request) && request->level != S2PT_LEVEL_LAST &&
	    !s2pt_format_has_block(format, request->level))
		return false;
	return request->size && !((first | request->size) & bits_below(tlbi_unit_lg2(format, request))) &&
	       first < limit && request->size <= limit - first;
}

enum s2pt_status
s2pt_tlbi_begin(struct s2pt_tlbi_seq *seq, const struct s2pt_format *format,
		const struct s2pt_tlbi_params *params, const struct s2pt_tlbi_request *requests,
		size_t count)
{
	uint64_t ops = 0;
	bool all = false, vmid = false;

	if (count == 0 || (unsigned)params->scope > S2PT_TLBI_LOCAL)
		return S2PT_ERR_TLBI;
	if ((params->scope == S2PT_TLBI_OS && !(format->feats & S2PT_FEAT_TLBIOS)) ||
	    (params->nxs && !(format->feats & S2PT_FEAT_XS)))
		return S2PT_ERR_FEATURE;
	if (!tlbi_has_vmids(format->feats, params->vmids, params->vmid_count))
		return S2PT_ERR_VMID;
	for (size_t i = 0; i < count; i++) {
		if (!is_request_sound(format, &requests[i]))
			return S2PT_ERR_TLBI;
		ops += s2pt_tlbi_ops(format, &requests[i]);
		all = all || requests[i].all;
		vmid = vmid || requests[i].vmid;
	}
	seq->all = all;
	seq->vmid = all || vmid || params->whole_vmid || tlbi_is_too_many(ops, params->max_ops);
	/* The closing operations go through the VMIDs from the last, which is then current, to the first. */
	seq->nth = seq->vmid && !all && params->vmid_count ? params->vmid_count - 1u : 0;
	seq->current = all || !params->vmid_count;
	seq->format = format;
	seq->params = params;
	seq->requests = requests;
	seq->count = count;
	seq->index = 0;
	seq->offset = 0;
	seq->phase = STORES;
	return S2PT_OK;
}

static void
tlbi_step(const struct s2pt_tlbi_seq *seq, enum s2pt_tlbi_op op, uint64_t operand,
	  struct s2pt_tlbi_step *step)
{
	step->kind = S2PT_STEP_TLBI;
	step->op = op;
	step->sys = s2pt_tlbi_sys(op, seq->params->scope, seq->params->nxs);
	step->operand = operand;
	if (op < S2PT_TLBI_VMALLE1)
		step->operand |= field_put(IPAS2_NS, seq->params->ns);
}

/* Is the VMID to be made current first? */
static bool
vmid_step(struct s2pt_tlbi_seq *seq, struct s2pt_tlbi_step *step)
{
	if (seq->current)
		return false;
	step->kind = S2PT_STEP_VMID;
	step->operand = seq->params->vmids[seq->nth];
	seq->current = true;
	return true;
}

/* The next operation by IPA; moves on to the next request when one is covered, and then to the next VMID. */
static void
by_ipa_step(struct s2pt_tlbi_seq *seq, struct s2pt_tlbi_step *step)
{
	const struct s2pt_tlbi_request *request = &seq->requests[seq->index];
	struct piece piece;

	next_piece(seq->format, request, seq->offset, &piece);
	if (piece.range)
		tlbi_step(seq, request->last_level ? S2PT_TLBI_RIPAS2LE1 : S2PT_TLBI_RIPAS2E1,
			  piece.operand, step);
	else
		tlbi_step(seq, request->last_level ? S2PT_TLBI_IPAS2LE1 : S2PT_TLBI_IPAS2E1,
			  piece.operand, step);
	seq->offset += piece.bytes;
	if (seq->offset == request->size) {
		seq->offset = 0;
		seq->index++;
	}
	if (seq->index < seq->count)
		return;
	if (seq->nth + 1u < seq->params->vmid_count) {
		seq->index = 0;
		seq->nth++;
		seq->current = false;
	} else {
		seq->phase = BY_IPA_DONE;
	}
}

/* What takes the place of all operations by IPA, or clears what they leave. */
static void
closing_step(struct s2pt_tlbi_seq *seq, struct s2pt_tlbi_step *step)
{
	tlbi_step(seq,
		  seq->all    ? S2PT_TLBI_ALLE1
		  : seq->vmid ? S2PT_TLBI_VMALLS12E1
			      : S2PT_TLBI_VMALLE1,
		  0, step);
	if (seq->nth) {
		seq->nth--;
		seq->current = false;
	} else {
		seq->phase = CLOSING_DONE;
	}
}

bool
s2pt_tlbi_next(struct s2pt_tlbi_seq *seq, struct s2pt_tlbi_step *step)
{
	const bool broadcasts = seq->params->scope != S2PT_TLBI_LOCAL;
	const enum phase after_last = broadcasts && seq->params->dsb_all ? EVERYWHERE : SYNC;

	step->kind = S2PT_STEP_DSB;
	step->scope = seq->params->scope;
	step->nxs = seq->params->nxs;
	switch ((enum phase)seq->phase) {
	case STORES:
		step->kind = S2PT_STEP_DSB_ST;
		seq->phase = seq->vmid ? CLOSING : BY_IPA;
		return true;
	case BY_IPA:
		if (!vmid_step(seq, step))
			by_ipa_step(seq, step);
		return true;
	case BY_IPA_DONE:
		seq->phase = CLOSING;
		return true;
	case CLOSING:
		if (!vmid_step(seq, step))
			closing_step(seq, step);
		return true;
	case CLOSING_DONE:
		seq->phase = (uint8_t)(broadcasts && seq->params->repeat ? REPEAT : after_last);
		return true;
	case REPEAT:
		tlbi_step(seq, S2PT_TLBI_VALE2, 0, step);
		seq->phase = REPEAT_DONE;
		return true;
	case REPEAT_DONE:
		seq->phase = (uint8_t)after_last;
		return true;
	case EVERYWHERE:
		step->kind = S2PT_STEP_DSB_ALL;
		seq->phase = SYNC;
		return true;
	case SYNC:
		step->kind = S2PT_STEP_ISB;
		seq->phase = ENDED;
		return true;
	default:
		return false;
	}
}

/* --- The sequence of a page ------------------------------------------------------------------------- */

/* Is there nothing in the parameters that makes a sequence longer, or another? */
static inline bool
is_plain(const struct s2pt_tlbi_params *params)
{
	return params->scope == S2PT_TLBI_IS && !params->vmid_count && !params->nxs && !params->repeat &&
	       !params->whole_vmid && !params->dsb_all;
}

bool
s2pt_tlbi_single(const struct s2pt_format *format, const struct s2pt_tlbi_params *params,
		 const struct s2pt_tlbi_request *requests, size_t count, enum s2pt_tlbi_op *op, uint64_t *operand)
{
	const uint64_t granule = UINT64_C(1) << format->granule_lg2;

	if (count != 1 || !is_plain(params) || requests->all || requests->vmid || requests->size != granule ||
	    (requests->ipa.addr & (granule - 1u)) || requests->ipa.addr >> format->ipa_bits ||
	    (tlbi_has_level(requests) && requests->level != S2PT_LEVEL_LAST))
		return false;
	*op = requests->last_level ? S2PT_TLBI_IPAS2LE1 : S2PT_TLBI_IPAS2E1;
	*operand = single_operand(format, requests, requests->ipa.addr) | field_put(IPAS2_NS, params->ns);
	return true;
}
