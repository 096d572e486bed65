/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * s2pt_combine() and s2pt_combine_types() against the reference, over all inputs.
 *
 *   data   mair x S1 SH x MemAttr x S2 SH x features x FWB x FnXS x every control of a data access
 *   fetch  the same with the controls of a fetch
 *   walk   the same with those of a walk, for the bytes that TCR_EL1 can say
 *   off    stage 1 off or HCR_EL2.DC, where MAIR and S1 SH are not looked at
 *
 * Controls that an access does not have are shown to be ignored, over one SH of each stage.
 */
#include "exhaustive.h"

/* Controls as bits of a number, so that a loop counts through them. */
enum {
	C = 1,
	I = 2,
	CD = 4,
	ID = 8,
	DC = 16,
	DCT = 32,
	PTW = 64,
	OFF = 128,
};

struct controls {
	enum s2pt_access access;
	unsigned used;    /* those that the product goes through */
	unsigned ignored; /* those that must not matter */
};

static const struct controls products[] = {
	{ S2PT_ACCESS_DATA, C | CD, I | ID | DCT | PTW },
	{ S2PT_ACCESS_FETCH, I | ID, C | CD | DCT | PTW },
	{ S2PT_ACCESS_WALK, C | CD | PTW, I | ID | DCT },
};

static const struct controls off_products[] = {
	{ S2PT_ACCESS_DATA, CD | DC | DCT | OFF, C | I | ID | PTW },
	{ S2PT_ACCESS_FETCH, I | ID | DC | DCT | OFF, C | CD | PTW },
};

/* The features that combining looks at, as bits of a number. */
#define FEAT_SETS 16u

static s2pt_feats
feats_of(unsigned set)
{
	return (set & 1u ? S2PT_FEAT_XS : 0) |
	       (set & 2u ? S2PT_FEAT_MTE2 : 0) |
	       (set & 4u ? S2PT_FEAT_MTE_PERM : 0) |
	       (set & 8u ? S2PT_FEAT_S2FWB : 0);
}

/* The next subset of @mask after @subset; 0 after the last. */
static unsigned
next_subset(unsigned subset, unsigned mask)
{
	return (subset - mask) & mask;
}

static struct s2pt_controls
controls_of(enum s2pt_access access, unsigned feats, unsigned on)
{
	struct s2pt_controls controls = {
		.feats = feats_of(feats),
		.access = access,
		.sctlr_c = on & C,
		.sctlr_i = on & I,
		.hcr_cd = on & CD,
		.hcr_id = on & ID,
		.hcr_dc = on & DC,
		.hcr_dct = on & DCT,
		.hcr_ptw = on & PTW,
	};

	return controls;
}

static struct ref_combine_in
reference_in(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1,
	     const struct s2pt_stage2 *s2)
{
	struct ref_combine_in in = {
		.access = controls->access == S2PT_ACCESS_DATA  ? REF_DATA
			: controls->access == S2PT_ACCESS_FETCH ? REF_FETCH
								: REF_WALK,
		.feat_xs = controls->feats & S2PT_FEAT_XS,
		.feat_mte2 = controls->feats & S2PT_FEAT_MTE2,
		.feat_mte_perm = controls->feats & S2PT_FEAT_MTE_PERM,
		.s1_off = s1->off,
		.mair = s1->mair,
		.s1_sh = s1->sh,
		.s2_memattr = s2->memattr,
		.s2_sh = s2->sh,
		.fwb = controls->feats & S2PT_FEAT_S2FWB,
		.fnxs = s2->fnxs,
		.cd = controls->hcr_cd,
		.id = controls->hcr_id,
		.ptw = controls->hcr_ptw,
		.dc = controls->hcr_dc,
		.dct = controls->hcr_dct,
		.sctlr_c = controls->sctlr_c,
		.sctlr_i = controls->sctlr_i,
		.s1_effective_sh = controls->s1_effective_sh,
	};

	return in;
}

/* S2PT_NOTE_* and REF_*_RESERVED say the same four things, in other words. */
static uint32_t
reserved_notes(unsigned reserved)
{
	return (reserved & REF_S1_RESERVED ? S2PT_NOTE_S1_RESERVED : 0) |
	       (reserved & REF_S2_RESERVED ? S2PT_NOTE_S2_RESERVED : 0) |
	       (reserved & REF_S1_SH_RESERVED ? S2PT_NOTE_S1_SH_RESERVED : 0) |
	       (reserved & REF_S2_SH_RESERVED ? S2PT_NOTE_S2_SH_RESERVED : 0);
}

/* Device types, cacheabilities, hints and shareabilities are the same numbers on both sides. */
static bool
same_half(const struct s2pt_cache_attr *half, uint8_t attr, uint8_t hint, bool transient)
{
	return half->cacheability == attr && half->alloc == hint && half->transient == transient;
}

static bool
same_attr(const struct s2pt_attr *got, const struct ref_attr *want)
{
	return got->device == want->device && got->device_type == want->device_type &&
	       same_half(&got->outer, want->outer, want->outer_hint, want->outer_transient) &&
	       same_half(&got->inner, want->inner, want->inner_hint, want->inner_transient) &&
	       got->sh == want->sh && got->xs == want->xs && got->tagged == want->tagged &&
	       got->notagaccess == want->notagaccess;
}

/* The notes beside the reserved ones, from combine.h's words. */
static uint32_t
other_notes(const struct ref_combine_in *in, bool impdef)
{
	bool off = in->s1_off || in->dc;
	uint32_t notes = impdef ? S2PT_NOTE_S1_SH_IMPDEF : 0;

	if (!off && in->access == REF_DATA && in->mair == 0xf0 && !in->sctlr_c)
		notes |= S2PT_NOTE_TAG_C0;
	if (!off && in->access == REF_FETCH && in->mair < 0x10)
		notes |= S2PT_NOTE_FETCH_DEVICE;
	return notes;
}

static void
print_inputs(const struct ref_combine_in *in)
{
	printf("access %d XS %d MTE2 %d MTE_PERM %d FWB %d off %d mair 0x%02x sh %u memattr 0x%x "
	       "sh %u "
	       "FnXS %d C %d I %d CD %d ID %d DC %d DCT %d PTW %d effective %d\n",
	       (int)in->access, in->feat_xs, in->feat_mte2, in->feat_mte_perm, in->fwb, in->s1_off,
	       in->mair, in->s1_sh, in->s2_memattr, in->s2_sh, in->fnxs, in->sctlr_c, in->sctlr_i,
	       in->cd, in->id, in->dc, in->dct, in->ptw, in->s1_effective_sh);
}

static void
print_difference(const struct ref_combine_in *in, enum s2pt_status status,
		 const struct s2pt_combined *got, const struct ref_combine_out *want, uint32_t notes)
{
	char text[128] = "-";

	print_inputs(in);
	if (status == S2PT_OK)
		s2pt_text_attr(text, sizeof(text), &got->attr);
	printf("  got      %s notes 0x%x PAR 0x%02x %u: %s\n", s2pt_status_name(status), got->notes,
	       got->par_attr, got->par_sh, text);
	printf("  expected reserved 0x%x fault %d notes 0x%x PAR 0x%02x %u: device %d %u outer %u "
	       "%u %d "
	       "inner %u %u %d sh %u xs %d tagged %d notagaccess %d\n",
	       want->reserved, want->permission_fault, notes, want->par_attr, want->par_sh,
	       want->attr.device, want->attr.device_type, want->attr.outer, want->attr.outer_hint,
	       want->attr.outer_transient, want->attr.inner, want->attr.inner_hint,
	       want->attr.inner_transient, want->attr.sh, want->attr.xs, want->attr.tagged,
	       want->attr.notagaccess);
}

/* What the reference says of @controls's choice of s1_effective_sh; and whether the other matters. */
static enum s2pt_status
expected(const struct ref_combine_in *in, const struct ref_combine_out *out,
	 const struct ref_combine_out *other, uint32_t *notes)
{
	if (out->reserved) {
		*notes = reserved_notes(out->reserved);
		return S2PT_ERR_RESERVED;
	}
	*notes = 0;
	if (out->permission_fault)
		return S2PT_ERR_PTW;
	*notes = other_notes(in, memcmp(out, other, sizeof(*out)) != 0);
	return S2PT_OK;
}

/* One combination, with both choices of s1_effective_sh. */
static void
compare(struct s2pt_controls *controls, const struct s2pt_stage1 *s1, const struct s2pt_stage2 *s2)
{
	struct ref_combine_out out[2];
	struct ref_combine_in in;

	for (unsigned effective = 0; effective < 2; effective++) {
		controls->s1_effective_sh = effective;
		in = reference_in(controls, s1, s2);
		ref_combine(&in, &out[effective]);
	}
	for (unsigned effective = 0; effective < 2; effective++) {
		const struct ref_combine_out *want = &out[effective];
		struct s2pt_combined combined;
		enum s2pt_status status, want_status;
		uint32_t notes;

		controls->s1_effective_sh = effective;
		in.s1_effective_sh = effective;
		want_status = expected(&in, want, &out[!effective], &notes);
		status = s2pt_combine(controls, s1, s2, &combined);
		if (differs(status == want_status && combined.notes == notes &&
			    (status != S2PT_OK || (same_attr(&combined.attr, &want->attr) &&
						   combined.par_attr == want->par_attr &&
						   combined.par_sh == want->par_sh))))
			print_difference(&in, status, &combined, want, notes);
	}
}

/* The bytes that stage 1 can hold: for a walk, what TCR_EL1 can say. */
static bool
is_input(enum s2pt_access access, unsigned mair)
{
	if (access != S2PT_ACCESS_WALK)
		return true;
	for (unsigned tcr = 0; tcr < 16; tcr++)
		if (s2pt_walk_mair(tcr >> 2, tcr & 3u) == mair)
			return true;
	return false;
}

static void
compare_stages(struct s2pt_controls *controls)
{
	for (unsigned mair = 0; mair < 256; mair++) {
		if (!is_input(controls->access, mair))
			continue;
		for (unsigned rest = 0; rest < 512; rest++) {
			struct s2pt_stage1 s1 = { false, (uint8_t)mair, rest & 3u };
			struct s2pt_stage2 s2 = { rest >> 2 & 15u, rest >> 6 & 3u, rest >> 8 };

			compare(controls, &s1, &s2);
		}
	}
}

static void
compare_products(void)
{
	for (size_t p = 0; p < COUNT(products); p++)
		for (unsigned feats = 0; feats < FEAT_SETS; feats++) {
			unsigned on = 0;

			do {
				struct s2pt_controls controls = controls_of(products[p].access, feats,
									    on);

				compare_stages(&controls);
				on = next_subset(on, products[p].used);
			} while (on);
		}
}

/* Stage 1 off: what the rest of stage 1 holds must not matter, be it reserved. */
static void
compare_off(struct s2pt_controls *controls, bool off)
{
	static const struct s2pt_stage1 rests[] = { { false, 0, 0 },
						    { false, 0x02, 1 },
						    { false, 0xf0, 3 } };

	for (size_t i = 0; i < COUNT(rests); i++)
		for (unsigned rest = 0; rest < 128; rest++) {
			struct s2pt_stage1 s1 = rests[i];
			struct s2pt_stage2 s2 = { rest & 15u, rest >> 4 & 3u, rest >> 6 };

			s1.off = off;
			compare(controls, &s1, &s2);
		}
}

static void
compare_off_products(void)
{
	for (size_t p = 0; p < COUNT(off_products); p++)
		for (unsigned feats = 0; feats < FEAT_SETS; feats++) {
			unsigned on = 0;

			do {
				struct s2pt_controls controls = controls_of(off_products[p].access, feats,
									    on);

				if (on & (OFF | DC))
					compare_off(&controls, on & OFF);
				on = next_subset(on, off_products[p].used);
			} while (on);
		}
}

static bool
same_combined(const struct s2pt_combined *a, const struct s2pt_combined *b)
{
	return a->par_attr == b->par_attr && a->par_sh == b->par_sh &&
	       a->attr.device == b->attr.device && a->attr.device_type == b->attr.device_type &&
	       same_half(&a->attr.outer, b->attr.outer.cacheability, b->attr.outer.alloc,
			 b->attr.outer.transient) &&
	       same_half(&a->attr.inner, b->attr.inner.cacheability, b->attr.inner.alloc,
			 b->attr.inner.transient) &&
	       a->attr.sh == b->attr.sh && a->attr.xs == b->attr.xs &&
	       a->attr.tagged == b->attr.tagged && a->attr.notagaccess == b->attr.notagaccess;
}

/* The same combination with some of @ignored on: the same answer. */
static void
compare_ignored(const struct controls *product, unsigned feats, unsigned on, unsigned extra)
{
	struct s2pt_controls plain = controls_of(product->access, feats, on);
	struct s2pt_controls more = controls_of(product->access, feats, on | extra);

	/* Features that combining does not look at. */
	more.feats |= ALL_FEATS & ~feats_of(FEAT_SETS - 1);
	for (unsigned input = 0; input < 256 * 16; input++) {
		struct s2pt_stage1 s1 = { on & OFF, (uint8_t)(input >> 4), S2PT_SH_ISH };
		struct s2pt_stage2 s2 = { input & 15u, S2PT_SH_NSH, input & 1u };
		struct s2pt_combined one, other;
		enum s2pt_status one_status = s2pt_combine(&plain, &s1, &s2, &one);
		enum s2pt_status other_status = s2pt_combine(&more, &s1, &s2, &other);

		if (differs(one_status == other_status && one.notes == other.notes &&
			    (one_status != S2PT_OK || same_combined(&one, &other)))) {
			struct ref_combine_in in = reference_in(&more, &s1, &s2);

			printf("controls 0x%x matter: ", extra);
			print_inputs(&in);
		}
	}
}

static void
compare_ignored_controls(const struct controls *list, size_t count)
{
	for (size_t p = 0; p < count; p++)
		for (unsigned feats = 0; feats < FEAT_SETS; feats++) {
			unsigned on = 0;

			do {
				unsigned extra = next_subset(0, list[p].ignored);

				/* Where stage 1 can be off, the controls of stage 1 are ignored
				 * when it is. */
				if (list[p].used & OFF && !(on & (OFF | DC)))
					extra = 0;
				for (; extra; extra = next_subset(extra, list[p].ignored))
					compare_ignored(&list[p], feats, on, extra);
				on = next_subset(on, list[p].used);
			} while (on);
		}
}

/* A walk with stage 1 off is no access, whatever else is said. */
static void
compare_no_walk(void)
{
	for (unsigned on = 0; on < 256; on++) {
		struct s2pt_controls controls = controls_of(S2PT_ACCESS_WALK, on & 15u, on);
		struct s2pt_stage1 s1 = { on & OFF, 0xff, S2PT_SH_ISH };
		struct s2pt_stage2 s2 = { 15, S2PT_SH_ISH, false };
		struct s2pt_combined combined;
		enum s2pt_status status = s2pt_combine(&controls, &s1, &s2, &combined);

		if (differs((status == S2PT_ERR_ACCESS) == ((on & (OFF | DC)) != 0)))
			printf("walk with controls 0x%x: %s\n", on, s2pt_status_name(status));
	}
}

/* --- The inverse ----------------------------------------------------------------------------- */

static enum s2pt_kind
reference_kind(const struct ref_attr *attr)
{
	if (attr->device)
		return (enum s2pt_kind)(S2PT_KIND_DEVICE_nGnRnE + attr->device_type);
	if (attr->outer != attr->inner)
		return S2PT_KIND_NORMAL_MIXED;
	return (enum s2pt_kind)(S2PT_KIND_NORMAL_NC + attr->inner);
}

/* The kind that @type gives @s1, or S2PT_KIND_COUNT for a fault or a reserved byte. */
static enum s2pt_kind
kind_under(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, uint8_t memattr,
	   bool *reserved)
{
	struct s2pt_stage2 s2 = { memattr, S2PT_SH_ISH, false };
	struct ref_combine_in in = reference_in(controls, s1, &s2);
	struct ref_combine_out out;

	ref_combine(&in, &out);
	*reserved = out.reserved;
	return out.reserved || out.permission_fault ? S2PT_KIND_COUNT : reference_kind(&out.attr);
}

/* kinds[type]: the kinds that a type gives, over @s1 or every attribute; 0: not encodable. */
static void
kinds_of_types(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, uint32_t *kinds)
{
	for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++) {
		uint8_t memattr;

		kinds[type] = 0;
		if (s2pt_memattr_encode(controls->feats, (enum s2pt_memtype)type, &memattr) !=
		    S2PT_OK)
			continue;
		for (unsigned mair = 0; mair < (s1 ? 1u : 256u); mair++) {
			struct s2pt_stage1 any = { false, (uint8_t)mair, S2PT_SH_ISH };
			bool reserved;
			enum s2pt_kind kind;

			if (!s1 && !is_input(controls->access, mair))
				continue;
			kind = kind_under(controls, s1 ? s1 : &any, memattr, &reserved);
			if (!reserved)
				kinds[type] |= 1u << kind;
		}
	}
}

static void
compare_types(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1)
{
	uint32_t kinds[S2PT_MEMTYPE_COUNT];

	kinds_of_types(controls, s1, kinds);
	for (uint32_t wanted = 0; wanted < 1u << S2PT_KIND_COUNT; wanted++) {
		uint32_t types = 0, want = 0;
		enum s2pt_status status;

		for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++)
			if (kinds[type] && !(kinds[type] & ~wanted))
				want |= 1u << type;
		/* A set costs 16 x 256 combinations where stage 1 is not given: not all of them
		 * then. */
		if (!s1 && wanted % 7 != 3 && (wanted & (wanted - 1)) != 0 && wanted != 0xff)
			continue;
		status = s2pt_combine_types(controls, s1, wanted, &types);
		if (differs(status == S2PT_OK && types == want))
			printf("types: access %d feats 0x%" PRIx64
			       " mair 0x%02x C %d CD %d PTW %d DC %d "
			       "wanted 0x%x: got %s 0x%x, expected 0x%x\n",
			       (int)controls->access, controls->feats, s1 ? s1->mair : 0u,
			       controls->sctlr_c, controls->hcr_cd, controls->hcr_ptw, controls->hcr_dc,
			       wanted, s2pt_status_name(status), types, want);
	}
}

static void
compare_all_types(void)
{
	for (size_t p = 0; p < COUNT(products); p++)
		for (unsigned feats = 0; feats < FEAT_SETS; feats++) {
			unsigned used = products[p].used |
					(products[p].access == S2PT_ACCESS_WALK ? 0 : DC);
			unsigned on = 0;

			do {
				struct s2pt_controls controls = controls_of(products[p].access, feats,
									    on);

				if (feats % 3 == 0)
					compare_types(&controls, NULL);
				for (unsigned mair = 0; mair < 256; mair += feats ? 17 : 1) {
					struct s2pt_stage1 s1 = { false, (uint8_t)mair,
								  S2PT_SH_ISH };
					bool reserved;

					if (!is_input(controls.access, mair))
						continue;
					kind_under(&controls, &s1, 5, &reserved);
					if (!reserved)
						compare_types(&controls, &s1);
				}
				on = next_subset(on, used);
			} while (on);
		}
}

int
main(void)
{
	compare_products();
	compare_off_products();
	compare_ignored_controls(products, COUNT(products));
	compare_ignored_controls(off_products, COUNT(off_products));
	compare_no_walk();
	compare_all_types();
	return verdict("combine");
}
