/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fuzz_combine: s2pt_combine() against the reference, for inputs out of range too; and the inverse
 * against s2pt_combine() itself.
 *
 * Input: access, controls, feats (4 bytes), MAIR, S1 SH, MemAttr, S2 SH, flags, wanted.
 */
#include <s2pt/s2pt.h>

#include "fuzz.h"
#include "ref.h"

struct combination {
	struct s2pt_regime regime;
	struct s2pt_stage1 s1;
	struct s2pt_stage2 s2;
	uint8_t wanted;
};

static struct combination
take_combination(struct input *in)
{
	struct combination c;
	uint8_t controls, flags;

	memset(&c, 0, sizeof(c));
	c.regime.access = (enum s2pt_access)(take8(in) & 3u);
	controls = take8(in);
	c.regime.sctlr_c = controls & 1u;
	c.regime.sctlr_i = controls & 2u;
	c.regime.hcr_cd = controls & 4u;
	c.regime.hcr_id = controls & 8u;
	c.regime.hcr_dc = controls & 16u;
	c.regime.hcr_dct = controls & 32u;
	c.regime.hcr_ptw = controls & 64u;
	c.regime.s1_effective_sh = controls & 128u;
	c.regime.feats = take(in, 4);
	c.s1.mair = take8(in);
	c.s1.sh = take8(in);
	c.s2.memattr = take8(in);
	c.s2.sh = take8(in);
	flags = take8(in);
	c.s1.off = flags & 1u;
	c.s2.fnxs = flags & 2u;
	c.wanted = take8(in);
	return c;
}

/* The reference has no opinion on values that the hardware's fields cannot hold. */
static bool
in_range(const struct combination *c)
{
	return c->regime.access <= S2PT_ACCESS_WALK && c->s1.sh < 4 && c->s2.sh < 4 &&
	       c->s2.memattr < 16;
}

/* A walk's byte stands for TCR_EL1. */
static bool
is_walk_byte(uint8_t mair)
{
	for (unsigned tcr = 0; tcr < 16; tcr++)
		if (s2pt_walk_mair(tcr >> 2, tcr & 3u) == mair)
			return true;
	return false;
}

static void
check_reference(const struct combination *c, enum s2pt_status status,
		const struct s2pt_effect *effect)
{
	struct ref_combine_in in = {
		.access = c->regime.access == S2PT_ACCESS_DATA ? REF_DATA
			: c->regime.access == S2PT_ACCESS_FETCH ? REF_FETCH : REF_WALK,
		.feat_xs = c->regime.feats & S2PT_FEAT_XS,
		.feat_mte2 = c->regime.feats & S2PT_FEAT_MTE2,
		.feat_mte_perm = c->regime.feats & S2PT_FEAT_MTE_PERM,
		.fwb = c->regime.feats & S2PT_FEAT_S2FWB,
		.s1_off = c->s1.off, .mair = c->s1.mair, .s1_sh = c->s1.sh,
		.s2_memattr = c->s2.memattr, .s2_sh = c->s2.sh, .fnxs = c->s2.fnxs,
		.cd = c->regime.hcr_cd, .id = c->regime.hcr_id, .ptw = c->regime.hcr_ptw,
		.dc = c->regime.hcr_dc, .dct = c->regime.hcr_dct, .sctlr_c = c->regime.sctlr_c,
		.sctlr_i = c->regime.sctlr_i, .s1_effective_sh = c->regime.s1_effective_sh,
	};
	struct ref_combine_out out;
	const struct s2pt_attr *got = &effect->attr;
	const struct ref_attr *want = &out.attr;
	enum s2pt_status expected;

	ref_combine(&in, &out);
	expected = out.reserved ? S2PT_ERR_RESERVED : out.permission_fault ? S2PT_ERR_PTW : S2PT_OK;
	REQUIRE(status == expected, "got %s, expected %s", s2pt_status_name(status),
		s2pt_status_name(expected));
	if (status != S2PT_OK)
		return;
	REQUIRE(effect->par_attr == out.par_attr && effect->par_sh == out.par_sh,
		"PAR 0x%02x %u, expected 0x%02x %u", effect->par_attr, effect->par_sh, out.par_attr,
		out.par_sh);
	REQUIRE(got->device == want->device && got->device_type == want->device_type &&
		got->outer.cacheability == want->outer && got->outer.alloc == want->outer_hint &&
		got->outer.transient == want->outer_transient &&
		got->inner.cacheability == want->inner && got->inner.alloc == want->inner_hint &&
		got->inner.transient == want->inner_transient && got->sh == want->sh &&
		got->xs == want->xs && got->tagged == want->tagged &&
		got->notagaccess == want->notagaccess, "the attributes differ");
}

/* What a combination gives can be said, and read back from PAR_EL1. */
static void
check_effect(const struct combination *c, const struct s2pt_effect *effect)
{
	struct s2pt_attr attr;
	char text[160];

	REQUIRE(s2pt_attr_kind(&effect->attr) < S2PT_KIND_COUNT, "no kind");
	REQUIRE(s2pt_attr_means(&effect->attr) >> S2PT_MEANS_COUNT == 0, "no meaning");
	REQUIRE(s2pt_text_attr(text, sizeof(text), &effect->attr) < sizeof(text), "no words");
	REQUIRE(s2pt_par_decode(c->regime.feats, effect->par_attr, effect->par_sh, &attr) ==
				S2PT_OK ||
			!(c->regime.feats & S2PT_FEAT_XS),
		"PAR 0x%02x %u cannot be read", effect->par_attr, effect->par_sh);
}

/* A type is in the set if and only if it gives a wanted kind. */
static void
check_types(const struct combination *c)
{
	uint32_t types = 0;

	if (s2pt_combine_types(&c->regime, &c->s1, c->wanted, &types) != S2PT_OK)
		return;
	for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++) {
		struct s2pt_stage2 s2 = { 0, S2PT_SH_ISH, false };
		struct s2pt_effect effect;
		bool good = s2pt_memattr_encode(c->regime.feats, (enum s2pt_memtype)type,
						&s2.memattr) == S2PT_OK &&
			    s2pt_combine(&c->regime, &c->s1, &s2, &effect) == S2PT_OK &&
			    (c->wanted >> s2pt_attr_kind(&effect.attr) & 1u);

		REQUIRE((types >> type & 1u) == good, "%s: %d",
			s2pt_memtype_name((enum s2pt_memtype)type), good);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct combination c = take_combination(&in);
	bool off = c.s1.off || c.regime.hcr_dc;
	bool walk = c.regime.access == S2PT_ACCESS_WALK;
	struct s2pt_effect effect;
	enum s2pt_status status;

	memset(&effect, 0, sizeof(effect));
	status = s2pt_combine(&c.regime, &c.s1, &c.s2, &effect);
	if (c.regime.access > S2PT_ACCESS_WALK || (walk && off))
		REQUIRE(status == S2PT_ERR_ACCESS, "got %s", s2pt_status_name(status));
	else if (in_range(&c) && !(walk && !is_walk_byte(c.s1.mair)))
		check_reference(&c, status, &effect);
	if (status == S2PT_OK)
		check_effect(&c, &effect);
	REQUIRE((status == S2PT_ERR_RESERVED) == ((effect.notes & S2PT_NOTE_RESERVED) != 0),
		"%s with notes 0x%x", s2pt_status_name(status), effect.notes);
	check_types(&c);
	return 0;
}
