/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The order of a TLBI sequence (D8.17.6.1): a DSB for the stores, then operations by IPA, a DSB, VMALLE1, a DSB,
 * for some CPUs VALE2 and a DSB, for others a DSB on all of them, and an ISB. For the VMID: a DSB, VMALLS12E1, a DSB,
 * an ISB; for all of them ALLE1. With two VMIDs operations by IPA and closing ones come for each, which is current
 * then, and the barriers once. One request of one operation: proofs/tlbi.c has what comes in between for others.
 * s2pt_tlbi_single() has that operation, exactly where there is no other step than the five around it.
 */
#include "any.h"

#include <s2pt/tlbi.h>

enum {
	BEFORE,
	STORED,
	BY_IPA,
	BY_IPA_DONE,
	CLOSED,
	CLOSED_DONE,
	REPEATED,
	REPEATED_DONE,
	EVERYWHERE,
	OVER,
};

#define VMIDS 2u

/* One step further, or OVER + 1 where that step has no place here. */
static int
follow(int at, const struct s2pt_tlbi_step *step, const struct s2pt_tlbi_request *request, bool whole)
{
	const bool closing = step->kind == S2PT_STEP_TLBI && step->op == (request->all ? S2PT_TLBI_ALLE1
									  : whole      ? S2PT_TLBI_VMALLS12E1
										       : S2PT_TLBI_VMALLE1);

	if (step->kind == S2PT_STEP_VMID)
		return at == BEFORE || at >= CLOSED_DONE ? OVER + 1 : at;
	if (at == BEFORE && step->kind == S2PT_STEP_DSB_ST)
		return request->all || whole ? BY_IPA_DONE : STORED;
	if ((at == STORED || at == BY_IPA) && step->kind == S2PT_STEP_TLBI && step->op < S2PT_TLBI_VMALLE1)
		return BY_IPA;
	if (at == BY_IPA && step->kind == S2PT_STEP_DSB)
		return BY_IPA_DONE;
	if ((at == BY_IPA_DONE || at == CLOSED) && closing)
		return CLOSED;
	if (at == CLOSED && step->kind == S2PT_STEP_DSB)
		return CLOSED_DONE;
	if (at == CLOSED_DONE && step->kind == S2PT_STEP_TLBI && step->op == S2PT_TLBI_VALE2)
		return REPEATED;
	if (at == REPEATED && step->kind == S2PT_STEP_DSB)
		return REPEATED_DONE;
	if ((at == CLOSED_DONE || at == REPEATED_DONE) && step->kind == S2PT_STEP_DSB_ALL)
		return EVERYWHERE;
	return at >= CLOSED_DONE && at != REPEATED && step->kind == S2PT_STEP_ISB ? OVER : OVER + 1;
}

static void
proof(void)
{
	struct s2pt_format format;
	struct s2pt_tlbi_request request;
	struct s2pt_tlbi_params params;
	struct s2pt_tlbi_seq seq;
	struct s2pt_tlbi_step step;
	uint16_t vmids[VMIDS];
	unsigned by_ipa[VMIDS] = { 0, 0 }, closed[VMIDS] = { 0, 0 }, current = 0;
	unsigned repeated = 0, everywhere = 0, all = 0;
	enum s2pt_tlbi_op op = S2PT_TLBI_OP_COUNT, only = S2PT_TLBI_OP_COUNT;
	uint64_t operand = 0, only_operand = 0;
	int at = BEFORE;

	/* Nothing in the order hangs on the shape. */
	format.granule_lg2 = 12;
	format.ipa_bits = 40;
	format.start_level = 1;
	format.feats = any_u64() & ~(S2PT_FEAT_LPA | S2PT_FEAT_LPA2);
	request.all = any_bool();
	request.vmid = any_bool();
	request.ipa.addr = any_mostly(any_below(16) << format.granule_lg2);
	request.size = (uint64_t)1 << format.granule_lg2;
	request.level = any_bool() ? S2PT_TLBI_ANY_LEVEL : S2PT_LEVEL_LAST;
	request.last_level = any_bool();
	request.local = any_bool();
	params.scope = (enum s2pt_tlbi_scope)any_mostly(any_below(3));
	params.max_ops = (uint32_t)(any_u64() & UINT32_MAX);
	params.nxs = any_bool();
	params.ns = any_bool();
	params.repeat = any_bool();
	params.whole_vmid = any_bool();
	params.dsb_all = any_bool();
	for (unsigned i = 0; i < VMIDS; i++)
		vmids[i] = (uint16_t)(any_u64() & UINT8_MAX);
	assume(vmids[0] != vmids[1]);
	params.vmids = vmids;
	params.vmid_count = any_below(VMIDS + 1u);
	assume(s2pt_tlbi_begin(&seq, &format, &params, &request, 1) == S2PT_OK);
	for (int steps = 0; steps < 14 && s2pt_tlbi_next(&seq, &step); steps++) {
		at = follow(at, &step, &request, request.vmid || params.whole_vmid);
		prove(at <= OVER);
		if (step.kind == S2PT_STEP_VMID) {
			prove(params.vmid_count && (step.operand == vmids[0] || step.operand == vmids[1]));
			current = step.operand == vmids[1];
		}
		if (step.kind == S2PT_STEP_TLBI) {
			by_ipa[current] += step.op < S2PT_TLBI_VMALLE1;
			closed[current] += step.op >= S2PT_TLBI_VMALLE1 && step.op != S2PT_TLBI_VALE2;
			repeated += step.op == S2PT_TLBI_VALE2;
		}
		everywhere += step.kind == S2PT_STEP_DSB_ALL;
		if (step.kind == S2PT_STEP_DSB || step.kind == S2PT_STEP_TLBI)
			prove(step.scope == params.scope && step.nxs == params.nxs);
		if (step.kind == S2PT_STEP_TLBI && step.op < S2PT_TLBI_VMALLE1) {
			prove(step.operand >> 63 == params.ns);
			only = step.op;
			only_operand = step.operand;
		}
		all++;
	}
	const bool whole = request.all || request.vmid || params.whole_vmid;
	const bool second = params.vmid_count == 2 && !request.all;

	prove(at == OVER);
	prove(by_ipa[0] == !whole && by_ipa[1] == (second && !whole));
	prove(closed[0] == 1u && closed[1] == second);
	/* What errata ask for, once, and not of one CPU alone. */
	prove(repeated == (params.repeat && params.scope != S2PT_TLBI_LOCAL));
	prove(everywhere == (params.dsb_all && params.scope != S2PT_TLBI_LOCAL));
	prove(!s2pt_tlbi_next(&seq, &step));
	if (s2pt_tlbi_single(&format, &params, &request, 1, &op, &operand)) {
		prove(all == 6 && params.scope == S2PT_TLBI_IS && !params.nxs && op == only && operand == only_operand);
		reach();
	} else {
		prove(all != 6 || params.scope != S2PT_TLBI_IS || params.nxs || op == S2PT_TLBI_OP_COUNT);
		prove(all != 6 || params.scope != S2PT_TLBI_IS || params.nxs || whole);
		reach();
	}
}
