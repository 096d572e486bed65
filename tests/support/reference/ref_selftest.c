/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Self-test of the reference implementation: known consequences of Arm's rules, counts,
 * properties over a large sample of all inputs, and tables against formulas.
 */
#include "ref.h"

#include <stdio.h>
#include <string.h>

static unsigned long checks;
static unsigned long failures;

static void
check_at(bool ok, int line, const char *what)
{
	checks++;
	if (ok)
		return;
	failures++;
	if (failures <= 20)
		printf("ref_selftest.c:%d: %s\n", line, what);
}

#define CHECK(cond) check_at((cond), __LINE__, #cond)

enum {
	NC = 0,
	WT = 1,
	WB = 2,
};
enum {
	NSH = 0,
	OSH = 2,
	ISH = 3,
};

/* ---- Inputs and checks for combining ---- */

/* A data access, all features, caches on, FWB=0, both stages Non-shareable. */
static struct ref_combine_in
base_in(uint8_t mair, uint8_t s2_memattr)
{
	struct ref_combine_in in;

	memset(&in, 0, sizeof(in));
	in.access = REF_DATA;
	in.feat_xs = true;
	in.feat_mte2 = true;
	in.feat_mte_perm = true;
	in.mair = mair;
	in.s2_memattr = s2_memattr;
	in.sctlr_c = true;
	in.sctlr_i = true;
	return in;
}

static struct ref_combine_out
run(const struct ref_combine_in *in)
{
	struct ref_combine_out out;

	ref_combine(in, &out);
	return out;
}

static struct ref_combine_out
nofwb(uint8_t mair, uint8_t s2_memattr)
{
	struct ref_combine_in in = base_in(mair, s2_memattr);

	return run(&in);
}

static struct ref_combine_out
fwb(uint8_t mair, uint8_t s2_memattr)
{
	struct ref_combine_in in = base_in(mair, s2_memattr);

	in.fwb = true;
	return run(&in);
}

static bool
allocated(const struct ref_combine_out *out)
{
	return out->reserved == 0 && !out->permission_fault;
}

/* Allocated, and reported in PAR_EL1.ATTR as par. */
static bool
reports(struct ref_combine_out out, uint8_t par)
{
	return allocated(&out) && out.par_attr == par;
}

/* ---- Consequences ---- */

/* Stage 1 Write-Back x stage 2 Device is Device with XS=0. */
static void
test_wb_device_xs(void)
{
	for (uint8_t dd = 0; dd < 4; dd++) {
		uint8_t par = (uint8_t)(dd * 4u + 1u);
		struct ref_combine_in in = base_in(0xff, dd);
		struct ref_combine_out out = run(&in);

		CHECK(reports(out, par) && out.attr.device && out.attr.device_type == dd);
		CHECK(!out.attr.xs && out.par_sh == OSH);
		CHECK(reports(fwb(0xff, dd), par));
		in.feat_xs = false;
		out = run(&in);
		CHECK(reports(out, (uint8_t)(dd * 4u)) && !out.attr.xs);
	}
	CHECK(reports(nofwb(0x44, 0x1), 0x04));
	CHECK(nofwb(0x44, 0x1).attr.xs);
}

/* Stage 1 Write-Back made Non-cacheable keeps XS=0. */
static void
test_wb_nc_xs(void)
{
	struct ref_combine_in in = base_in(0xff, 0xf);

	CHECK(reports(nofwb(0xff, 0x5), 0x40));
	CHECK(reports(fwb(0xff, 0x5), 0x40));
	CHECK(reports(nofwb(0xbb, 0x5), 0x44));
	in.cd = true;
	CHECK(reports(run(&in), 0x40));
	in.s2_memattr = 0x6;
	in.fwb = true;
	CHECK(reports(run(&in), 0x40));
	in.feat_xs = false;
	CHECK(reports(run(&in), 0x44));
	in = base_in(0xff, 0xf);
	in.sctlr_c = false;
	CHECK(reports(run(&in), 0x40));
	in = base_in(0xff, 0x5);
	in.feat_xs = false;
	CHECK(reports(run(&in), 0x44));
}

/* Write-Through with XS=0 is only expressible as 0xA0, which looks at the outer half. */
static void
test_wb_wt_xs(void)
{
	struct ref_combine_in in = base_in(0xef, 0xa);
	struct ref_combine_out out;

	CHECK(reports(nofwb(0xee, 0xa), 0xa0));
	out = run(&in);
	CHECK(reports(out, 0xa0) && out.attr.inner_hint == 3 && out.attr.outer_hint == 2);
	in.feat_xs = false;
	CHECK(reports(run(&in), 0xab));
	out = nofwb(0xff, 0xa);
	CHECK(reports(out, 0xbb) && !out.attr.xs);
}

/* FWB=1: a stage 2 Device encoding combines with a stage 1 Device type. */
static void
test_fwb_device(void)
{
	for (unsigned s1 = 0; s1 < 4; s1++) {
		for (unsigned s2 = 0; s2 < 4; s2++) {
			struct ref_combine_out out = fwb((uint8_t)(s1 * 4u), (uint8_t)s2);

			CHECK(allocated(&out) && out.attr.device && out.attr.xs);
			CHECK(out.attr.device_type == (s1 < s2 ? s1 : s2));
			CHECK(reports(nofwb((uint8_t)(s1 * 4u), (uint8_t)s2), out.par_attr));
		}
		CHECK(reports(fwb((uint8_t)(s1 * 4u), 0x5), (uint8_t)(s1 * 4u)));
		CHECK(reports(fwb((uint8_t)(s1 * 4u), 0x7), (uint8_t)(s1 * 4u)));
		CHECK(reports(nofwb((uint8_t)(s1 * 4u), 0xf), (uint8_t)(s1 * 4u)));
	}
}

/* FWB=1, force Write-Back: hints from stage 1 per half if cacheable, else RWA. */
static void
test_fwb_force_wb(void)
{
	CHECK(reports(fwb(0x44, 0x6), 0xff));
	CHECK(reports(fwb(0x00, 0x6), 0xff));
	CHECK(reports(fwb(0x0c, 0x6), 0xff));
	CHECK(reports(fwb(0xbb, 0x6), 0xff));
	CHECK(reports(fwb(0xaa, 0x6), 0xee));
	CHECK(reports(fwb(0x33, 0x6), 0x77));
	CHECK(reports(fwb(0x4a, 0x6), 0xfe));
	CHECK(!fwb(0x00, 0x6).attr.xs);
}

/* Transient follows stage 1. */
static void
test_transient(void)
{
	CHECK(reports(nofwb(0x77, 0xa), 0x33));
	CHECK(reports(nofwb(0x77, 0xf), 0x77));
	CHECK(reports(nofwb(0x77, 0x9), 0x34));
}

/* Only iNC oNC and Device are forced Outer Shareable; otherwise the maximum of both stages. */
static void
test_shareability(void)
{
	static const uint8_t order[] = { NSH, ISH, OSH };

	for (unsigned i = 0; i < 3; i++) {
		for (unsigned j = 0; j < 3; j++) {
			uint8_t max = order[i > j ? i : j];
			struct ref_combine_in in = base_in(0xff, 0xd);

			in.s1_sh = order[i];
			in.s2_sh = order[j];
			CHECK(run(&in).attr.sh == max);
			CHECK(run(&in).par_sh == max);
			in.s2_memattr = 0x5;
			CHECK(run(&in).attr.sh == OSH);
			in.s2_memattr = 0x1;
			CHECK(run(&in).attr.sh == OSH);
			in = base_in(0x44, 0x6);
			in.fwb = true;
			in.s1_sh = order[i];
			in.s2_sh = order[j];
			CHECK(run(&in).attr.sh == max);
			in.s1_effective_sh = true;
			CHECK(run(&in).attr.sh == OSH);
		}
	}
}

/* SH=0b01 is reserved at either stage. */
static void
test_reserved_sh(void)
{
	struct ref_combine_in in = base_in(0xff, 0xf);

	in.s1_sh = 1;
	CHECK(run(&in).reserved == REF_S1_SH_RESERVED);
	in.s2_sh = 1;
	CHECK(run(&in).reserved == (REF_S1_SH_RESERVED | REF_S2_SH_RESERVED));
	in.s1_off = true;
	in.mair = 0x02;
	CHECK(run(&in).reserved == REF_S2_SH_RESERVED);
	in.s1_off = false;
	in.s2_memattr = 0x8;
	in.cd = true;
	CHECK(run(&in).reserved == 15u);
}

/* ---- Counts of allocated encodings ---- */

static unsigned
count_mair(bool feat_xs, bool feat_mte2)
{
	unsigned count = 0;

	for (unsigned mair = 0; mair < 256; mair++) {
		struct ref_combine_in in = base_in((uint8_t)mair, 0xf);

		in.feat_xs = feat_xs;
		in.feat_mte2 = feat_mte2;
		if (run(&in).reserved == 0)
			count++;
	}
	return count;
}

static unsigned
mask_s2(bool is_fwb, bool feat_mte_perm)
{
	unsigned mask = 0;

	for (unsigned s2 = 0; s2 < 16; s2++) {
		struct ref_combine_in in = base_in(0xff, (uint8_t)s2);

		in.fwb = is_fwb;
		in.feat_mte_perm = feat_mte_perm;
		if (run(&in).reserved != 0)
			mask |= 1u << s2;
	}
	return mask;
}

static void
test_counts(void)
{
	CHECK(count_mair(false, false) == 229);
	CHECK(count_mair(true, false) == 229 + 6);
	CHECK(count_mair(false, true) == 229 + 1);
	CHECK(count_mair(true, true) == 236);
	CHECK(256 - count_mair(true, true) == 20);
	CHECK(fwb(0xe0, 0x7).reserved == REF_S1_RESERVED);
	CHECK(mask_s2(false, false) == 0x1110);
	CHECK(mask_s2(false, true) == 0x1100);
	CHECK(mask_s2(true, false) == 0xff10);
	CHECK(mask_s2(true, true) == 0x3f10);
}

/* ---- Further known answers ---- */

static void
test_tags(void)
{
	struct ref_combine_in in = base_in(0xf0, 0xf);

	CHECK(reports(nofwb(0xf0, 0xf), 0xf0));
	CHECK(reports(nofwb(0xf0, 0x4), 0xe0));
	CHECK(reports(nofwb(0xff, 0x4), 0xff));
	CHECK(!nofwb(0xff, 0x4).attr.notagaccess);
	CHECK(reports(nofwb(0xf0, 0xa), 0xbb));
	CHECK(reports(nofwb(0xf0, 0x5), 0x40));
	CHECK(reports(nofwb(0xf0, 0x0), 0x01));
	CHECK(reports(fwb(0xf0, 0x6), 0xf0));
	CHECK(reports(fwb(0xf0, 0x7), 0xf0));
	CHECK(reports(fwb(0xf0, 0xe), 0xe0));
	CHECK(reports(fwb(0xf0, 0xf), 0xe0));
	CHECK(reports(fwb(0x44, 0xe), 0xff));
	in.sctlr_c = false;
	CHECK(reports(run(&in), 0x40) && !run(&in).attr.tagged);
	in.fwb = true;
	in.s2_memattr = 0xe;
	CHECK(reports(run(&in), 0xff));
	in.sctlr_c = true;
	in.cd = true;
	CHECK(reports(run(&in), 0x40) && !run(&in).attr.tagged && !run(&in).attr.notagaccess);
}

static void
test_stage1_off(void)
{
	struct ref_combine_in in = base_in(0x02, 0xf);
	struct ref_combine_out out;

	in.s1_off = true;
	in.s1_sh = 1;
	out = run(&in);
	CHECK(reports(out, 0x00) && out.attr.xs && out.attr.sh == OSH);
	in.access = REF_FETCH;
	out = run(&in);
	CHECK(reports(out, 0xaa) && out.attr.xs && out.attr.sh == OSH);
	in.sctlr_i = false;
	CHECK(reports(run(&in), 0x44));
	in.access = REF_DATA;
	in.dc = true;
	out = run(&in);
	CHECK(reports(out, 0xff) && !out.attr.xs && out.attr.sh == NSH && !out.attr.tagged);
	in.sctlr_c = false;
	CHECK(reports(run(&in), 0xff));
	in.dct = true;
	CHECK(reports(run(&in), 0xf0));
	in.s1_off = false;
	CHECK(reports(run(&in), 0xf0));
	in.feat_mte2 = false;
	CHECK(reports(run(&in), 0xff));
}

static void
test_fetch(void)
{
	struct ref_combine_in in = base_in(0x04, 0xf);

	in.access = REF_FETCH;
	CHECK(reports(run(&in), 0x44));
	in.mair = 0x05;
	CHECK(reports(run(&in), 0x40));
	in.mair = 0xff;
	in.s2_memattr = 0x1;
	CHECK(reports(run(&in), 0x40));
	in.fwb = true;
	CHECK(reports(run(&in), 0x40));
	in.s2_memattr = 0x6;
	in.cd = true;
	CHECK(reports(run(&in), 0xff));
	in.id = true;
	CHECK(reports(run(&in), 0x40));
	in.id = false;
	in.sctlr_i = false;
	in.s2_memattr = 0x7;
	CHECK(reports(run(&in), 0x40));
}

static void
test_walk(void)
{
	struct ref_combine_in in = base_in(0xff, 0x1);

	in.access = REF_WALK;
	CHECK(reports(run(&in), 0x40));
	in.fwb = true;
	CHECK(reports(run(&in), 0x40));
	in.ptw = true;
	CHECK(run(&in).permission_fault);
	in.fwb = false;
	CHECK(run(&in).permission_fault);
	in.s2_memattr = 0xf;
	CHECK(reports(run(&in), 0xff));
	in.sctlr_c = false;
	CHECK(reports(run(&in), 0x40));
	in.mair = 0xaa;
	CHECK(reports(run(&in), 0x44));
	in.sctlr_c = true;
	in.id = true;
	CHECK(reports(run(&in), 0xaa));
	in.cd = true;
	CHECK(reports(run(&in), 0x44));
	in.access = REF_DATA;
	in.cd = false;
	in.s2_memattr = 0x1;
	CHECK(reports(run(&in), 0x04));
}

static void
test_fnxs(void)
{
	struct ref_combine_in in = base_in(0x44, 0x1);

	in.fnxs = true;
	CHECK(reports(run(&in), 0x05));
	in.s2_memattr = 0x5;
	CHECK(reports(run(&in), 0x40));
	in.fwb = true;
	CHECK(reports(run(&in), 0x40));
	in.s2_memattr = 0x7;
	in.mair = 0xaa;
	CHECK(reports(run(&in), 0xa0));
	in.feat_xs = false;
	CHECK(reports(run(&in), 0xaa) && run(&in).attr.xs);
}

/* ---- Properties over a sample of all inputs ---- */

static uint32_t
next_random(void)
{
	static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 32);
}

static void
check_half(uint8_t attrs, uint8_t hint, bool transient)
{
	CHECK(attrs <= WB && hint <= 3);
	CHECK(attrs != NC || (hint == 0 && !transient));
	CHECK(hint != 0 || !transient);
}

static void
check_canonical(const struct ref_attr *a)
{
	bool nc = !a->device && a->outer == NC && a->inner == NC;

	check_half(a->outer, a->outer_hint, a->outer_transient);
	check_half(a->inner, a->inner_hint, a->inner_transient);
	CHECK(a->sh == NSH || a->sh == OSH || a->sh == ISH);
	if (a->device) {
		CHECK(a->device_type <= 3 && a->outer == NC && a->inner == NC);
	} else {
		CHECK(a->device_type == 0);
	}
	if (a->device || nc)
		CHECK(a->sh == OSH);
	if (a->outer == WB && a->inner == WB)
		CHECK(!a->xs);
	if (a->tagged) {
		CHECK(a->outer == WB && a->inner == WB && a->outer_hint == 3);
		CHECK(a->inner_hint == 3 && !a->outer_transient && !a->inner_transient);
	}
	CHECK(!a->notagaccess || a->tagged);
}

/* PAR_EL1 is the MAIR form of the result: a stage 1 with it gives the same, 0xA0 and XS aside. */
static void
check_par(const struct ref_combine_in *in, const struct ref_combine_out *out)
{
	struct ref_combine_in again = base_in(out->par_attr, 0xf);
	struct ref_combine_out back;

	again.feat_xs = in->feat_xs;
	again.feat_mte2 = in->feat_mte2;
	again.s1_sh = out->par_sh;
	if (out->par_attr == 0xe0) {
		CHECK(out->attr.notagaccess && in->feat_mte_perm);
		again.mair = 0xf0;
	}
	back = run(&again);
	CHECK(allocated(&back));
	CHECK(back.attr.device == out->attr.device);
	CHECK(back.attr.device_type == out->attr.device_type);
	CHECK(back.attr.outer == out->attr.outer && back.attr.inner == out->attr.inner);
	CHECK(back.attr.outer_hint == out->attr.outer_hint);
	CHECK(back.attr.outer_transient == out->attr.outer_transient);
	CHECK(back.attr.tagged == out->attr.tagged);
	CHECK(back.attr.sh == out->attr.sh);
	if (out->par_attr != 0xa0) {
		CHECK(back.attr.inner_hint == out->attr.inner_hint);
		CHECK(back.attr.inner_transient == out->attr.inner_transient);
	}
	if (in->feat_xs && (out->attr.device || (out->attr.outer == NC && out->attr.inner == NC)))
		CHECK(back.attr.xs == out->attr.xs);
}

static void
check_disables(const struct ref_combine_in *in, const struct ref_attr *a)
{
	if (in->access == REF_FETCH) {
		CHECK(!a->device);
		if (in->id)
			CHECK(a->outer == NC && a->inner == NC);
	} else if (in->cd) {
		CHECK(a->outer == NC && a->inner == NC);
	}
	if (in->access == REF_WALK)
		CHECK(!a->device && !a->tagged);
}

static void
check_properties(const struct ref_combine_in *in)
{
	struct ref_combine_out out = run(in);

	if (out.reserved != 0)
		return;
	CHECK(!out.permission_fault || (in->access == REF_WALK && in->ptw));
	if (out.permission_fault)
		return;
	check_canonical(&out.attr);
	check_par(in, &out);
	check_disables(in, &out.attr);
}

static void
random_toggles(struct ref_combine_in *in)
{
	uint32_t r = next_random();

	in->feat_xs = (r & 0x1u) != 0;
	in->feat_mte2 = (r & 0x2u) != 0;
	in->feat_mte_perm = in->feat_mte2 && (r & 0x4u) != 0;
	in->fnxs = (r & 0x8u) != 0;
	in->cd = (r & 0x30u) == 0;
	in->id = (r & 0xc0u) == 0;
	in->ptw = (r & 0x100u) != 0;
	in->dc = (r & 0xe00u) == 0;
	in->dct = (r & 0x1000u) != 0;
	in->sctlr_c = (r & 0x6000u) != 0;
	in->sctlr_i = (r & 0x18000u) != 0;
	in->s1_effective_sh = (r & 0x20000u) != 0;
	in->s1_off = (r & 0x1c0000u) == 0;
}

/* The low bits of n choose the access and every encoding, the rest is random. */
static void
test_properties(void)
{
	for (uint32_t n = 0; n < 3u << 18; n++) {
		struct ref_combine_in in;

		memset(&in, 0, sizeof(in));
		in.mair = (uint8_t)n;
		in.s2_memattr = (uint8_t)((n >> 8) & 0xfu);
		in.s1_sh = (uint8_t)((n >> 12) & 3u);
		in.s2_sh = (uint8_t)((n >> 14) & 3u);
		in.fwb = ((n >> 16) & 1u) != 0;
		in.access = (enum ref_access)((n >> 17) % 3u);
		/* A stage 1 walk is always Normal. */
		if (in.access == REF_WALK && in.mair < 0x10)
			in.mair = (uint8_t)(in.mair | 0x40u);
		for (unsigned repeat = 0; repeat < 8; repeat++) {
			random_toggles(&in);
			check_properties(&in);
		}
	}
}

/* ---- Format: formulas against the tables ---- */

/* AArch64.S2MinTxSZ and AArch64.MaxTxSZ. */
static bool
formula_t0sz_ok(const struct ref_format_in *in)
{
	unsigned cap = in->ds || in->granule_lg2 == 16 ? 52 : 48;
	unsigned ia_max = in->pa_bits < cap ? in->pa_bits : cap;
	unsigned max = 39;

	if (in->ttst)
		max = in->granule_lg2 == 16 ? 47 : 48;
	return in->t0sz >= 64 - ia_max && in->t0sz <= max;
}

/* Start level of SL2:SL0, or 4 if reserved. */
static int
formula_level_4k(const struct ref_format_in *in)
{
	if (in->sl2 == 1)
		return in->ds && in->sl0 == 0 ? -1 : 4;
	if (in->sl0 == 3)
		return in->ttst ? 3 : 4;
	return 2 - (int)in->sl0;
}

/* AArch64.S2StartLevel and AArch64.S2InvalidSL; 4 if not accepted. */
static int
formula_level(const struct ref_format_in *in)
{
	int level;

	if (in->granule_lg2 == 12) {
		level = formula_level_4k(in);
		if ((level == 0 && in->pa_bits < 44) || (level == -1 && in->pa_bits < 52))
			return 4;
		return level;
	}
	if (in->sl2 != 0)
		return 4;
	level = 3 - (int)in->sl0;
	if (in->granule_lg2 == 14) {
		if (level == 0 && (!in->ds || in->pa_bits < 52))
			return 4;
		return level == 1 && in->pa_bits < 42 ? 4 : level;
	}
	if (level == 0 || (level == 1 && in->pa_bits < 44))
		return 4;
	return level;
}

/* AArch64.S2InconsistentSL and AArch64.S2TTBaseAddress. */
static struct ref_format_out
formula(const struct ref_format_in *in)
{
	struct ref_format_out out;
	unsigned ia = 64 - in->t0sz;
	unsigned low;

	memset(&out, 0, sizeof(out));
	if ((in->ds && in->granule_lg2 == 16) || !formula_t0sz_ok(in) || formula_level(in) > 3)
		return out;
	low = (unsigned)(3 - formula_level(in)) * (in->granule_lg2 - 3) + in->granule_lg2;
	if (ia < low + 1 || ia > low + (in->granule_lg2 - 3) + 4)
		return out;
	out.ok = true;
	out.start_level = formula_level(in);
	out.tables = 1;
	if (ia > low + in->granule_lg2 - 3)
		out.tables = 1u << (ia - (low + in->granule_lg2 - 3));
	out.root_bytes = UINT64_C(1) << (ia - low + 3);
	out.root_align = out.root_bytes;
	if ((in->ds || (in->granule_lg2 == 16 && in->pa_bits == 52)) && out.root_align < 64)
		out.root_align = 64;
	return out;
}

static void
check_format(const struct ref_format_in *in)
{
	struct ref_format_out want = formula(in);
	struct ref_format_out got;

	ref_format(in, &got);
	CHECK(got.ok == want.ok);
	CHECK(got.start_level == want.start_level);
	CHECK(got.tables == want.tables);
	CHECK(got.root_bytes == want.root_bytes);
	CHECK(got.root_align == want.root_align);
}

/* Every accepted SL2:SL0 is listed once, in the order of the number of levels. */
static void
check_starts(struct ref_format_in in)
{
	struct ref_start starts[5];
	unsigned count = ref_format_starts(in.granule_lg2, 64 - in.t0sz, in.pa_bits, in.ds,
					   in.ttst, starts);
	unsigned accepted = 0;

	for (unsigned sl = 0; sl < 8; sl++) {
		in.sl2 = sl >> 2;
		in.sl0 = sl & 3u;
		accepted += formula(&in).ok ? 1u : 0u;
	}
	CHECK(count == accepted);
	for (unsigned i = 0; i < count; i++) {
		struct ref_format_out out;

		in.sl0 = starts[i].sl0;
		in.sl2 = starts[i].sl2;
		out = formula(&in);
		CHECK(out.ok && out.start_level == starts[i].level);
		CHECK(out.tables == starts[i].tables);
		CHECK(i == 0 || starts[i].level < starts[i - 1].level);
	}
}

static void
test_format_t0sz(struct ref_format_in in)
{
	for (in.t0sz = 0; in.t0sz < 64; in.t0sz++) {
		for (unsigned sl = 0; sl < 8; sl++) {
			in.sl2 = sl >> 2;
			in.sl0 = sl & 3u;
			check_format(&in);
		}
		check_starts(in);
	}
}

static void
test_format(void)
{
	static const unsigned pa_bits[] = { 32, 36, 40, 42, 44, 48, 52 };

	for (unsigned granule = 12; granule <= 16; granule += 2) {
		for (unsigned i = 0; i < 7; i++) {
			for (unsigned flags = 0; flags < 4; flags++) {
				struct ref_format_in in;

				memset(&in, 0, sizeof(in));
				in.granule_lg2 = granule;
				in.pa_bits = pa_bits[i];
				in.ds = (flags & 1u) != 0;
				in.ttst = (flags & 2u) != 0;
				test_format_t0sz(in);
			}
		}
	}
}

/* R_DXBSH: 16K, DS=0, 48-bit IPA starts at level 1 with two tables and nowhere else. */
static void
test_format_known(void)
{
	struct ref_start starts[5];

	CHECK(ref_format_starts(14, 48, 48, false, false, starts) == 1);
	CHECK(starts[0].level == 1 && starts[0].tables == 2 && starts[0].sl0 == 2);
	CHECK(ref_format_starts(14, 48, 52, true, false, starts) == 2);
	CHECK(starts[1].level == 0 && starts[1].tables == 1 && starts[1].sl0 == 3);
	CHECK(ref_format_starts(12, 40, 40, false, false, starts) == 1);
	CHECK(starts[0].level == 1 && starts[0].tables == 2 && starts[0].sl0 == 1);
	CHECK(ref_format_starts(12, 40, 48, false, false, starts) == 2);
	CHECK(starts[1].level == 0 && starts[1].sl0 == 2);
	CHECK(ref_format_starts(12, 52, 52, true, true, starts) == 2);
	CHECK(starts[0].level == 0 && starts[0].tables == 16);
	CHECK(starts[1].level == -1 && starts[1].sl2 == 1 && starts[1].tables == 1);
	CHECK(ref_format_starts(12, 48, 44, false, false, starts) == 0);
}

/* ---- Descriptors ---- */

static enum ref_kind
kind(unsigned granule, int level, bool ds, bool lpa, unsigned low_bits)
{
	return ref_desc_kind(granule, level, ds, lpa, low_bits);
}

static void
test_desc_kind(void)
{
	for (unsigned granule = 12; granule <= 16; granule += 2) {
		for (int level = 1; level <= 3; level++) {
			CHECK(kind(granule, level, false, true, 0) == REF_INVALID);
			CHECK(kind(granule, level, false, true, 2) == REF_INVALID);
			CHECK(kind(granule, level, false, true, 3) ==
			      (level == 3 ? REF_PAGE : REF_TABLE));
		}
		CHECK(kind(granule, 3, true, true, 1) == REF_INVALID);
		CHECK(kind(granule, 2, false, false, 1) == REF_BLOCK);
	}
	CHECK(kind(12, 1, false, false, 1) == REF_BLOCK);
	CHECK(kind(12, 0, false, true, 1) == REF_INVALID);
	CHECK(kind(12, 0, true, true, 1) == REF_BLOCK);
	CHECK(kind(12, -1, true, true, 1) == REF_INVALID);
	CHECK(kind(12, -1, true, true, 3) == REF_TABLE);
	CHECK(kind(14, 1, false, true, 1) == REF_INVALID);
	CHECK(kind(14, 1, true, true, 1) == REF_BLOCK);
	CHECK(kind(14, 0, true, true, 1) == REF_INVALID);
	CHECK(kind(16, 1, false, false, 1) == REF_INVALID);
	CHECK(kind(16, 1, false, true, 1) == REF_BLOCK);
}

static void
test_desc_oa(void)
{
	const uint64_t page = UINT64_MAX;
	const uint64_t block = UINT64_MAX - 2;

	CHECK(ref_desc_oa(12, 3, false, true, page) == UINT64_C(0x0000fffffffff000));
	CHECK(ref_desc_oa(12, 3, true, true, page) == UINT64_C(0x000ffffffffff000));
	CHECK(ref_desc_oa(14, 3, true, true, page) == UINT64_C(0x000fffffffffc000));
	CHECK(ref_desc_oa(16, 3, false, true, page) == UINT64_C(0x000fffffffff0000));
	CHECK(ref_desc_oa(16, 3, false, false, page) == UINT64_C(0x0000ffffffff0000));
	CHECK(ref_desc_oa(16, 2, false, true, page) == UINT64_C(0x000fffffffff0000));
	CHECK(ref_desc_oa(12, 2, false, true, block) == UINT64_C(0x0000ffffffe00000));
	CHECK(ref_desc_oa(12, 1, true, true, block) == UINT64_C(0x000fffffc0000000));
	CHECK(ref_desc_oa(12, 0, true, true, block) == UINT64_C(0x000fff8000000000));
	CHECK(ref_desc_oa(14, 2, false, true, block) == UINT64_C(0x0000fffffe000000));
	CHECK(ref_desc_oa(14, 1, true, true, block) == UINT64_C(0x000ffff000000000));
	CHECK(ref_desc_oa(16, 2, false, true, block) == UINT64_C(0x000fffffe0000000));
	CHECK(ref_desc_oa(16, 1, false, true, block) == UINT64_C(0x000ffc0000000000));
	CHECK(ref_desc_oa(12, 3, true, true, (UINT64_C(1) << 8) | 3) == UINT64_C(1) << 50);
	CHECK(ref_desc_oa(12, 3, true, true, (UINT64_C(1) << 49) | 3) == UINT64_C(1) << 49);
	CHECK(ref_desc_oa(12, 1, true, true, (UINT64_C(1) << 9) | 3) == UINT64_C(1) << 51);
	CHECK(ref_desc_oa(16, 3, false, true, (UINT64_C(1) << 12) | 3) == UINT64_C(1) << 48);
	CHECK(ref_desc_oa(12, 3, true, true, block) == 0);
	CHECK(ref_desc_oa(12, 3, true, true, UINT64_MAX - 1) == 0);
}

int
main(void)
{
	test_wb_device_xs();
	test_wb_nc_xs();
	test_wb_wt_xs();
	test_fwb_device();
	test_fwb_force_wb();
	test_transient();
	test_shareability();
	test_reserved_sh();
	test_counts();
	test_tags();
	test_stage1_off();
	test_fetch();
	test_walk();
	test_fnxs();
	test_properties();
	test_format();
	test_format_known();
	test_desc_kind();
	test_desc_oa();
	printf("ref_selftest: %lu checks, %lu failures\n", checks, failures);
	return failures == 0 ? 0 : 1;
}
