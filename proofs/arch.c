/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The functions of lib/arch that no other proof is about, with whatever their contracts allow: nothing in them is
 * undefined, which CBMC looks at by itself, and what comes out is a value of its type.
 */
#include "any.h"

#include <s2pt/fault.h>
#include <s2pt/smmu.h>

static bool
is_half(const struct s2pt_cache_attr *half)
{
	return half->cacheability <= S2PT_WB && half->alloc <= S2PT_ALLOC_RWA &&
	       (half->cacheability != S2PT_NC || (half->alloc == S2PT_ALLOC_NO && !half->transient));
}

static bool
is_attr(const struct s2pt_attr *attr)
{
	return attr->device_type <= (attr->device ? 3 : 0) && is_half(&attr->outer) && is_half(&attr->inner) &&
	       attr->sh <= 3 && attr->sh != 1 && s2pt_attr_kind(attr) < S2PT_KIND_COUNT &&
	       s2pt_attr_properties(attr) >> S2PT_PROPERTY_COUNT == 0;
}

static bool
is_noncacheable(const struct s2pt_attr *attr)
{
	return !attr->device && attr->outer.cacheability == S2PT_NC && attr->inner.cacheability == S2PT_NC;
}

/* A translation gives an IPA to a fault that has none, and to no other. */
static void
locate(struct s2pt_fault *fault)
{
	const uint64_t par = any_mostly(any_u64() << 1);
	const struct s2pt_fault before = *fault;
	struct s2pt_par read;
	s2pt_ipa ipa;

	s2pt_par_read(par, &read);
	prove(read.level >= -2 && read.level <= 3 && !(read.pa.addr & 0xfff) && !(read.pa.addr >> 52));
	prove(read.fault || (!read.stage2 && !read.s1_walk && !read.causes));
	const enum s2pt_status status = s2pt_fault_locate(fault, par);

	prove((s2pt_fault_ipa(fault, &ipa) == S2PT_OK) == (status == S2PT_OK));
	prove(!before.ipa_known || fault->ipa.addr == before.ipa.addr);
	prove(status != S2PT_OK || before.ipa_known ||
	      (!read.fault && (ipa.addr & ~UINT64_C(0xfff)) == read.pa.addr &&
	       (ipa.addr & 0xfff) == (before.va & 0xfff)));
}

static void
fault(void)
{
	struct s2pt_fault_regs regs;
	struct s2pt_fault fault;

	regs.esr = any_mostly(any_u64() << 36 | (0x20u | (any_bool() ? 4u : 0u)) << 26 | any_below(2048));
	regs.hpfar = any_u64();
	regs.far = any_u64();
	/* EC is six bits: ISS2 lies above it (ESR_EL2). */
	const bool abort = (regs.esr >> 26 & 0x3f) == 0x20 || (regs.esr >> 26 & 0x3f) == 0x24;

	prove((s2pt_fault_decode(&regs, &fault) == S2PT_OK) == abort);
	assume(abort);
	prove(fault.level >= -2 && fault.level <= 3);
	prove(fault.ipa_known || (!fault.ipa_page_only && fault.ipa.addr == UINT64_MAX && !fault.ns));
	prove(fault.va_known || !fault.va);
	prove(!fault.ipa_known || fault.ipa.addr >> 12 == (regs.hpfar >> 4 & 0xfffffffffffu));
	prove(!fault.ipa_page_only || !(fault.ipa.addr & 0xfff));
	prove(!fault.causes || fault.kind == S2PT_FAULT_PERMISSION);
	locate(&fault);
	reach();
}

static void
attributes(void)
{
	const s2pt_feats feats = any_u64();
	const enum s2pt_sh sh = (enum s2pt_sh)any_below(4);
	struct s2pt_smmu_override override;
	struct s2pt_stage2 s2;
	struct s2pt_attr attr, after;

	if (s2pt_mair_decode(feats, (uint8_t)(any_u64() & 0xffu), sh, &attr) != S2PT_OK)
		s2pt_smmu_default_attr(&attr);
	prove(is_attr(&attr));
	prove(s2pt_par_sh(&attr) != S2PT_SH_RESERVED);

	override.type = any_bool();
	override.memattr = (uint8_t)any_below(16);
	override.hints = any_bool();
	override.alloc = (uint8_t)any_below(4);
	override.transient = any_bool();
	override.sh = any_bool();
	override.sh_is = any_bool() ? 0 : (uint8_t)(2 + any_below(2));
	s2pt_smmu_apply_override(&override, &attr);
	prove(is_attr(&attr));
	if (override.type && override.memattr < 4)
		prove(attr.device && attr.device_type == override.memattr);

	s2.memattr = (uint8_t)any_below(16);
	s2.sh = (uint8_t)any_below(4);
	s2.fnxs = any_bool();
	if (s2pt_smmu_combine(feats, &attr, &s2, &after) != S2PT_OK)
		return;
	prove(is_attr(&after) && !after.tagged);
	/* No weaker than stage 2 says: MemAttr 00dd and 0101. */
	prove(s2.memattr >= 4 || (after.device && after.device_type <= s2.memattr));
	prove(s2.memattr != 5 || after.device || is_noncacheable(&after));
	reach();
	s2pt_smmu_no_snoop(&after);
	prove(is_attr(&after) && (after.device || (is_noncacheable(&after) && after.sh == S2PT_SH_OSH)));
}

static void
small(void)
{
	const uint8_t mair = s2pt_walk_mair((unsigned)(any_u64() & 0xffffffffu), (unsigned)(any_u64() & 0xffffffffu));
	const enum s2pt_tlbi_op op = (enum s2pt_tlbi_op)any_below(S2PT_TLBI_OP_COUNT);
	const bool nxs = any_bool();
	const struct s2pt_sys sys = s2pt_tlbi_sys(op, (enum s2pt_tlbi_scope)any_below(3), nxs);
	const uint32_t stream = (uint32_t)(any_u64() & UINT32_MAX);
	struct s2pt_smmu_cmd cmd;
	struct s2pt_attr attr;

	prove(s2pt_mair_decode(0, mair, S2PT_SH_NSH, &attr) == S2PT_OK && !attr.device);
	prove((sys.op1 == 4 || op == S2PT_TLBI_VMALLE1) && sys.crn == (nxs ? 9 : 8) && sys.crm < 16 && sys.op2 < 8);
	s2pt_smmu_cfgi_ste(stream, any_bool(), &cmd);
	prove((cmd.word[0] & 0xff) == 3 && cmd.word[0] >> 32 == stream);
	s2pt_smmu_sync(&cmd);
	prove(cmd.word[0] == 0x46 && cmd.word[1] == 0);
	reach();
}

static void
proof(void)
{
	switch (any_below(3)) {
	case 0:
		fault();
		break;
	case 1:
		attributes();
		break;
	default:
		small();
	}
}
