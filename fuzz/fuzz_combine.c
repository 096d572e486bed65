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
	struct s2pt_controls controls;
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
	c.controls.access = (enum s2pt_access)(take8(in) & 3u);
	controls = take8(in);
	c.controls.sctlr_c = controls & 1u;
	c.controls.sctlr_i = controls & 2u;
	c.controls.hcr_cd = controls & 4u;
	c.controls.hcr_id = controls & 8u;
	c.controls.hcr_dc = controls & 16u;
	c.controls.hcr_dct = controls & 32u;
	c.controls.hcr_ptw = controls & 64u;
	c.controls.s1_effective_sh = controls & 128u;
	c.controls.feats = take(in, 4);
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
	return c->controls.access <= S2PT_ACCESS_WALK && c->s1.sh < 4 && c->s2.sh < 4 &&
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
		const struct s2pt_combined *combined)
{
	struct ref_combine_in in = {
		.access = c->controls.access == S2PT_ACCESS_DATA  ? REF_DATA
			: c->controls.access == S2PT_ACCESS_FETCH ? REF_FETCH
								  : REF_WALK,
		.feat_xs = c->controls.feats & S2PT_FEAT_XS,
		.feat_mte2 = c->controls.feats & S2PT_FEAT_MTE2,
		.feat_mte_perm = c->controls.feats & S2PT_FEAT_MTE_PERM,
		.fwb = c->controls.feats & S2PT_FEAT_S2FWB,
		.s1_off = c->s1.off,
		.mair = c->s1.mair,
		.s1_sh = c->s1.sh,
		.s2_memattr = c->s2.memattr,
		.s2_sh = c->s2.sh,
		.fnxs = c->s2.fnxs,
		.cd = c->controls.hcr_cd,
		.id = c->controls.hcr_id,
		.ptw = c->controls.hcr_ptw,
		.dc = c->controls.hcr_dc,
		.dct = c->controls.hcr_dct,
		.sctlr_c = c->controls.sctlr_c,
		.sctlr_i = c->controls.sctlr_i,
		.s1_effective_sh = c->controls.s1_effective_sh,
	};
	struct ref_combine_out out;
	const struct s2pt_attr *got = &combined->attr;
	const struct ref_attr *want = &out.attr;
	enum s2pt_status expected;

	ref_combine(&in, &out);
	expected = out.reserved         ? S2PT_ERR_RESERVED
		 : out.permission_fault ? S2PT_ERR_PTW
					: S2PT_OK;
	REQUIRE(status == expected, "got %s, expected %s", s2pt_status_name(status),
		s2pt_status_name(expected));
	if (status != S2PT_OK)
		return;
	REQUIRE(combined->par_attr == out.par_attr && combined->par_sh == out.par_sh,
		"PAR 0x%02x %u, expected 0x%02x %u", combined->par_attr, combined->par_sh, out.par_attr,
		out.par_sh);
	REQUIRE(got->device == want->device && got->device_type == want->device_type &&
			got->outer.cacheability == want->outer && got->outer.alloc == want->outer_hint &&
			got->outer.transient == want->outer_transient &&
			got->inner.cacheability == want->inner && got->inner.alloc == want->inner_hint &&
			got->inner.transient == want->inner_transient && got->sh == want->sh &&
			got->xs == want->xs && got->tagged == want->tagged &&
			got->notagaccess == want->notagaccess,
		"the attributes differ");
}

/* What a combination gives can be said, and read back from PAR_EL1. */
static void
check_combined(const struct combination *c, const struct s2pt_combined *combined)
{
	struct s2pt_attr attr;
	char text[160];

	REQUIRE(s2pt_attr_kind(&combined->attr) < S2PT_KIND_COUNT, "no kind");
	REQUIRE(s2pt_attr_properties(&combined->attr) >> S2PT_PROPERTY_COUNT == 0, "no meaning");
	REQUIRE(s2pt_text_attr(text, sizeof(text), &combined->attr) < sizeof(text), "no words");
	REQUIRE(s2pt_par_decode(c->controls.feats, combined->par_attr, combined->par_sh, &attr) ==
				S2PT_OK ||
			!(c->controls.feats & S2PT_FEAT_XS),
		"PAR 0x%02x %u cannot be read", combined->par_attr, combined->par_sh);
}

/* A type is in the set if and only if it gives a wanted kind. */
static void
check_types(const struct combination *c)
{
	uint32_t types = 0;

	if (s2pt_combine_types(&c->controls, &c->s1, c->wanted, &types) != S2PT_OK)
		return;
	for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++) {
		struct s2pt_stage2 s2 = { 0, S2PT_SH_ISH, false };
		struct s2pt_combined combined;
		bool good = s2pt_memattr_encode(c->controls.feats, (enum s2pt_memtype)type,
						&s2.memattr) == S2PT_OK &&
			    s2pt_combine(&c->controls, &c->s1, &s2, &combined) == S2PT_OK &&
			    (c->wanted >> s2pt_attr_kind(&combined.attr) & 1u);

		REQUIRE((types >> type & 1u) == good, "%s: %d",
			s2pt_memtype_name((enum s2pt_memtype)type), good);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct combination c = take_combination(&in);
	bool off = c.s1.off || c.controls.hcr_dc;
	bool walk = c.controls.access == S2PT_ACCESS_WALK;
	struct s2pt_combined combined;
	enum s2pt_status status;

	memset(&combined, 0, sizeof(combined));
	status = s2pt_combine(&c.controls, &c.s1, &c.s2, &combined);
	if (c.controls.access > S2PT_ACCESS_WALK || (walk && off))
		REQUIRE(status == S2PT_ERR_ACCESS, "got %s", s2pt_status_name(status));
	else if (in_range(&c) && !(walk && !is_walk_byte(c.s1.mair)))
		check_reference(&c, status, &combined);
	if (status == S2PT_OK)
		check_combined(&c, &combined);
	REQUIRE((status == S2PT_ERR_RESERVED) == ((combined.notes & S2PT_NOTE_RESERVED) != 0),
		"%s with notes 0x%x", s2pt_status_name(status), combined.notes);
	check_types(&c);
	return 0;
}
