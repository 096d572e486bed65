/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

#define FWB S2PT_FEAT_S2FWB
#define XS  S2PT_FEAT_XS
#define MTE S2PT_FEAT_MTE2
#define NTA S2PT_FEAT_MTE_PERM

#define DATA  S2PT_ACCESS_DATA
#define FETCH S2PT_ACCESS_FETCH
#define WALK  S2PT_ACCESS_WALK
#define ISH   S2PT_SH_ISH
#define OSH   S2PT_SH_OSH
#define NSH   S2PT_SH_NSH

/* The caches of stage 1 on, everything else off. */
#define CONTROLS(f, a) .controls = { .feats = (f), .access = (a), .sctlr_c = true, .sctlr_i = true }

struct combination {
	const char *what;
	struct s2pt_controls controls;
	struct s2pt_stage1 s1;
	struct s2pt_stage2 s2;
	enum s2pt_status status;
	uint8_t par_attr, par_sh;
	uint32_t notes;
};

/* Combine and compare; the effect may be looked at afterwards. */
static void
check_combination(const struct combination *row, struct s2pt_combined *combined)
{
	struct s2pt_combined before;
	enum s2pt_status status;

	POISONED(before);
	POISONED(*combined);
	status = s2pt_combine(&row->controls, &row->s1, &row->s2, combined);
	CHECK_STATUS(status, row->status, row->what);
	CHECK(combined->notes == row->notes, "%s: notes 0x%x, expected 0x%x", row->what,
	      combined->notes, row->notes);
	if (status != S2PT_OK) {
		before.notes = combined->notes;
		CHECK(memcmp(&before, combined, sizeof(before)) == 0,
		      "%s: a refusal wrote more than the notes", row->what);
		return;
	}
	CHECK(combined->par_attr == row->par_attr && combined->par_sh == row->par_sh,
	      "%s: PAR 0x%02x SH %u, expected 0x%02x SH %u", row->what, combined->par_attr,
	      combined->par_sh, row->par_attr, row->par_sh);
	CHECK(s2pt_par_sh(&combined->attr) == combined->par_sh &&
		      s2pt_par_encode(row->controls.feats, &combined->attr) == combined->par_attr,
	      "%s: the attribute and PAR disagree", row->what);
}

static void
check_combinations(const struct combination *rows, size_t count)
{
	struct s2pt_combined combined;

	for (size_t i = 0; i < count; i++)
		check_combination(&rows[i], &combined);
}

/* What is worth knowing of both stages together. */
static void
test_consequences(void **state)
{
	/* clang-format off */
	static const struct combination rows[] = {
		/* Stage-1 WB has XS = 0, and Device keeps it. */
		{ "WB x nGnRnE", CONTROLS(XS, DATA), { false, 0xff, ISH }, { 0x0, ISH, false }, S2PT_OK, 0x01, OSH, 0 },
		{ "WB x nGnRE", CONTROLS(XS, DATA), { false, 0xff, ISH }, { 0x1, ISH, false }, S2PT_OK, 0x05, OSH, 0 },
		{ "WB x nGRE", CONTROLS(XS | FWB, DATA), { false, 0xff, ISH }, { 0x2, ISH, false }, S2PT_OK, 0x09, OSH, 0 },
		{ "WB x GRE", CONTROLS(XS | FWB, DATA), { false, 0xff, ISH }, { 0x3, ISH, false }, S2PT_OK, 0x0d, OSH, 0 },
		{ "WB x GRE without FEAT_XS", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0x3, ISH, false }, S2PT_OK, 0x0c, OSH, 0 },
		{ "WB x NC", CONTROLS(XS, DATA), { false, 0xff, ISH }, { 0x5, ISH, false }, S2PT_OK, 0x40, OSH, 0 },
		{ "WB x NC with FWB", CONTROLS(XS | FWB, DATA), { false, 0xff, ISH }, { 0x5, ISH, false }, S2PT_OK, 0x40, OSH, 0 },
		{ "WB x NC without FEAT_XS", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0x5, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
		{ "WT x NC", CONTROLS(XS, DATA), { false, 0xbb, ISH }, { 0x5, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
		{ "WB RA x WT", CONTROLS(XS, DATA), { false, 0xee, ISH }, { 0xa, ISH, false }, S2PT_OK, 0xa0, ISH, 0 },
		{ "WB RA/RWA x WT", CONTROLS(XS, DATA), { false, 0xef, ISH }, { 0xa, ISH, false }, S2PT_OK, 0xa0, ISH, 0 },
		{ "WB RWA x WT", CONTROLS(XS, DATA), { false, 0xff, ISH }, { 0xa, ISH, false }, S2PT_OK, 0xbb, ISH, 0 },
		{ "transient WB x WT", CONTROLS(XS, DATA), { false, 0x77, ISH }, { 0xa, ISH, false }, S2PT_OK, 0x33, ISH, 0 },
		/* Device of both stages: the stronger. */
		{ "nGnRnE x GRE with FWB", CONTROLS(FWB, DATA), { false, 0x00, ISH }, { 0x3, ISH, false }, S2PT_OK, 0x00, OSH, 0 },
		{ "GRE x nGnRE with FWB", CONTROLS(FWB, DATA), { false, 0x0c, ISH }, { 0x1, ISH, false }, S2PT_OK, 0x04, OSH, 0 },
		{ "GRE x nGnRE", CONTROLS(0, DATA), { false, 0x0c, ISH }, { 0x1, ISH, false }, S2PT_OK, 0x04, OSH, 0 },
		/* Force Write-Back. */
		{ "Device, forced WB", CONTROLS(FWB, DATA), { false, 0x00, ISH }, { 0x6, ISH, false }, S2PT_OK, 0xff, ISH, S2PT_NOTE_S1_SH_IMPDEF },
		{ "NC, forced WB", CONTROLS(FWB, DATA), { false, 0x44, NSH }, { 0x6, NSH, false }, S2PT_OK, 0xff, NSH, S2PT_NOTE_S1_SH_IMPDEF },
		{ "WT RWA, forced WB", CONTROLS(FWB, DATA), { false, 0xbb, ISH }, { 0x6, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "WT RA, forced WB", CONTROLS(FWB, DATA), { false, 0xaa, ISH }, { 0x6, ISH, false }, S2PT_OK, 0xee, ISH, 0 },
		{ "transient WT, forced WB", CONTROLS(FWB, DATA), { false, 0x33, ISH }, { 0x6, ISH, false }, S2PT_OK, 0x77, ISH, 0 },
		{ "oNC iWT RA, forced WB", CONTROLS(FWB, DATA), { false, 0x4a, ISH }, { 0x6, ISH, false }, S2PT_OK, 0xfe, ISH, 0 },
		/* As stage 1. */
		{ "WB as stage 1", CONTROLS(FWB, DATA), { false, 0xee, ISH }, { 0x7, ISH, false }, S2PT_OK, 0xee, ISH, 0 },
		{ "Device as stage 1", CONTROLS(FWB, DATA), { false, 0x08, ISH }, { 0x7, ISH, false }, S2PT_OK, 0x08, OSH, 0 },
		{ "WT x non-FWB WB", CONTROLS(0, DATA), { false, 0xaa, ISH }, { 0xf, ISH, false }, S2PT_OK, 0xaa, ISH, 0 },
		{ "Device x non-FWB WB", CONTROLS(0, DATA), { false, 0x04, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x04, OSH, 0 },
		/* Under FWB, NC leaves stage-1 Device. */
		{ "Device x NC with FWB", CONTROLS(FWB, DATA), { false, 0x04, ISH }, { 0x5, ISH, false }, S2PT_OK, 0x04, OSH, 0 },
		/* Mixed results keep their shareability. */
		{ "WB x oWB iNC", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0xd, ISH, false }, S2PT_OK, 0xf4, ISH, 0 },
		{ "WB x oNC iWT", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0x6, NSH, false }, S2PT_OK, 0x4b, ISH, 0 },
		/* FnXS, alone and without FEAT_XS. */
		{ "NC with FnXS", CONTROLS(XS, DATA), { false, 0x44, ISH }, { 0xf, ISH, true }, S2PT_OK, 0x40, OSH, 0 },
		{ "NC with FnXS, no FEAT_XS", CONTROLS(0, DATA), { false, 0x44, ISH }, { 0xf, ISH, true }, S2PT_OK, 0x44, OSH, 0 },
	};
	/* clang-format on */

	(void)state;
	check_combinations(rows, COUNT(rows));
}

/* XS is computed with and without FEAT_XS; FnXS is not looked at without. */
static void
test_xs(void **state)
{
	/* clang-format off */
	static const struct {
		struct combination row;
		bool xs;
	} rows[] = {
		{ { "NC, FnXS, FEAT_XS", CONTROLS(XS, DATA), { false, 0x44, ISH }, { 0xf, ISH, true }, S2PT_OK, 0x40, OSH, 0 }, false },
		{ { "NC, FnXS", CONTROLS(0, DATA), { false, 0x44, ISH }, { 0xf, ISH, true }, S2PT_OK, 0x44, OSH, 0 }, true },
		{ { "NC", CONTROLS(XS, DATA), { false, 0x44, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x44, OSH, 0 }, true },
		{ { "WB x NC", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0x5, ISH, false }, S2PT_OK, 0x44, OSH, 0 }, false },
		{ { "Device, FnXS, FWB", CONTROLS(FWB | XS, DATA), { false, 0x04, ISH }, { 0x7, ISH, true }, S2PT_OK, 0x05, OSH, 0 }, false },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_combined combined;

		check_combination(&rows[i].row, &combined);
		CHECK(combined.attr.xs == rows[i].xs, "%s: XS %d, expected %d", rows[i].row.what,
		      combined.attr.xs, rows[i].xs);
	}
}

static void
test_shareability(void **state)
{
	static const struct combination rows[] = {
		{ "NSH NSH", CONTROLS(0, DATA), { false, 0xff, NSH }, { 0xf, NSH, false }, S2PT_OK, 0xff, NSH, 0 },
		{ "NSH ISH", CONTROLS(0, DATA), { false, 0xff, NSH }, { 0xf, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "ISH NSH", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0xf, NSH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "ISH ISH", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "NSH OSH", CONTROLS(0, DATA), { false, 0xff, NSH }, { 0xf, OSH, false }, S2PT_OK, 0xff, OSH, 0 },
		{ "OSH ISH", CONTROLS(0, DATA), { false, 0xff, OSH }, { 0xf, ISH, false }, S2PT_OK, 0xff, OSH, 0 },
		{ "ISH OSH", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0xf, OSH, false }, S2PT_OK, 0xff, OSH, 0 },
	};

	(void)state;
	check_combinations(rows, COUNT(rows));
}

/* Bug 38: NSH of one stage does not make memory non-shareable where the other says more. */
static void
test_bug38_nsh_is_the_weakest(void **state)
{
	static const struct combination row = {
		"NSH x ISH", CONTROLS(0, DATA), { false, 0xff, NSH }, { 0xf, ISH, false }, S2PT_OK, 0xff, ISH, 0
	};
	struct s2pt_combined combined;

	(void)state;
	check_combination(&row, &combined);
	CHECK_U64(combined.attr.sh, ISH, "NSH x ISH");
}

/* Bug 41: whatever the descriptors say, Normal-NC is Outer Shareable. */
static void
test_bug41_nc_is_osh(void **state)
{
	static const uint8_t shs[] = { NSH, OSH, ISH };

	(void)state;
	for (size_t i = 0; i < COUNT(shs); i++)
		for (size_t j = 0; j < COUNT(shs); j++)
			for (unsigned fwb = 0; fwb < 2; fwb++) {
				struct combination row = { "NC",
							   CONTROLS(fwb ? FWB : 0, DATA),
							   { false, 0xff, shs[i] },
							   { 0x5, shs[j], false },
							   S2PT_OK,
							   0x44,
							   OSH,
							   0 };
				struct s2pt_combined combined;

				check_combination(&row, &combined);
				CHECK_U64(combined.attr.sh, OSH, "the attribute itself");
			}
}

/* R_NSCNC: which shareability stage 1 hands on shows only where stage 2 makes it matter. */
static void
test_effective_shareability(void **state)
{
	struct combination row = { "forced WB of Device",
				   CONTROLS(FWB, DATA),
				   { false, 0x00, NSH },
				   { 0x6, NSH, false },
				   S2PT_OK,
				   0xff,
				   NSH,
				   S2PT_NOTE_S1_SH_IMPDEF };
	struct s2pt_combined combined;

	(void)state;
	check_combination(&row, &combined);
	row.controls.s1_effective_sh = true;
	row.par_sh = OSH;
	check_combination(&row, &combined);
	row.s1.mair = 0xff; /* WB: both choices agree */
	row.par_sh = NSH;
	row.notes = 0;
	check_combination(&row, &combined);
	row.s1.mair = 0x00; /* stage 2 says OSH: both agree again */
	row.s2.sh = OSH;
	row.par_sh = OSH;
	check_combination(&row, &combined);
}

static void
test_controls(void **state)
{
	/* clang-format off */
	static const struct combination rows[] = {
		{ "C=0", { .feats = XS, .access = DATA }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x40, OSH, 0 },
		{ "C=0 over Device", { .feats = XS, .access = DATA }, { false, 0x08, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x08, OSH, 0 },
		{ "C=0 forced WB", { .feats = FWB, .access = DATA }, { false, 0xff, ISH }, { 0x6, ISH, false }, S2PT_OK, 0xff, ISH, S2PT_NOTE_S1_SH_IMPDEF },
		{ "C=0 over Tagged", { .feats = XS | MTE, .access = DATA }, { false, 0xf0, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x40, OSH, S2PT_NOTE_TAG_C0 },
		/* What stage 1 has to say is not lost where stage 2 has something to say as well. */
		{ "C=0 over Tagged, forced WB", { .feats = FWB | MTE, .access = DATA }, { false, 0xf0, ISH }, { 0x6, ISH, false }, S2PT_OK, 0xff, ISH, S2PT_NOTE_TAG_C0 | S2PT_NOTE_S1_SH_IMPDEF },
		{ "fetch from stage-1 Device, forced WB", CONTROLS(FWB, FETCH), { false, 0x04, ISH }, { 0x6, ISH, false }, S2PT_OK, 0xff, ISH, S2PT_NOTE_FETCH_DEVICE | S2PT_NOTE_S1_SH_IMPDEF },
		{ "CD", { .feats = XS, .access = DATA, .sctlr_c = true, .hcr_cd = true }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x40, OSH, 0 },
		{ "CD wins over forced WB",
		  { .feats = FWB, .access = DATA, .sctlr_c = true, .hcr_cd = true },
		  { false, 0xbb, ISH },
		  { 0x6, ISH, false },
		  S2PT_OK,
		  0x44,
		  OSH,
		  0 },
		{ "CD leaves Device", { .access = DATA, .sctlr_c = true, .hcr_cd = true }, { false, 0x04, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x04, OSH, 0 },
		{ "CD is not for fetches", { .access = FETCH, .sctlr_i = true, .hcr_cd = true }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "ID", { .access = FETCH, .sctlr_i = true, .hcr_id = true }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
		{ "ID is for fetches", { .access = DATA, .sctlr_c = true, .hcr_id = true }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "I=0", { .access = FETCH }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
		{ "fetch from stage-1 Device", CONTROLS(0, FETCH), { false, 0x04, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x44, OSH, S2PT_NOTE_FETCH_DEVICE },
		{ "fetch from stage-2 Device", CONTROLS(0, FETCH), { false, 0xff, ISH }, { 0x1, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
		{ "off", CONTROLS(XS, DATA), { true, 0, 0 }, { 0xf, ISH, false }, S2PT_OK, 0x00, OSH, 0 },
		{ "off: the rest is not looked at", CONTROLS(XS, DATA), { true, 0x02, 1 }, { 0xf, ISH, false }, S2PT_OK, 0x00, OSH, 0 },
		{ "off, forced WB", CONTROLS(FWB, DATA), { true, 0, 0 }, { 0x6, NSH, false }, S2PT_OK, 0xff, OSH, 0 },
		{ "off, fetch", CONTROLS(XS, FETCH), { true, 0, 0 }, { 0xf, ISH, false }, S2PT_OK, 0xaa, OSH, 0 },
		{ "off, fetch, I=0", { .access = FETCH }, { true, 0, 0 }, { 0xf, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
		{ "DC", { .access = DATA, .hcr_dc = true }, { false, 0x02, 1 }, { 0xf, NSH, false }, S2PT_OK, 0xff, NSH, 0 },
		{ "DC, fetch", { .access = FETCH, .hcr_dc = true }, { false, 0x00, 0 }, { 0xf, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "DC and DCT", { .feats = MTE, .access = DATA, .hcr_dc = true, .hcr_dct = true }, { true, 0, 0 }, { 0xf, ISH, false }, S2PT_OK, 0xf0, ISH, 0 },
		{ "DC and DCT without MTE2", { .access = DATA, .hcr_dc = true, .hcr_dct = true }, { true, 0, 0 }, { 0xf, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "DCT without DC", { .feats = MTE, .access = DATA, .sctlr_c = true, .hcr_dct = true }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
	};
	/* clang-format on */

	(void)state;
	check_combinations(rows, COUNT(rows));
}

static void
test_walks(void **state)
{
	/* clang-format off */
	static const struct combination rows[] = {
		{ "WB x WB", CONTROLS(0, WALK), { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "WB x Device", CONTROLS(XS, WALK), { false, 0xff, ISH }, { 0x1, ISH, false }, S2PT_OK, 0x40, OSH, 0 },
		{ "C=0", { .access = WALK }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
		{ "CD", { .access = WALK, .sctlr_c = true, .hcr_cd = true }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
		{ "PTW over Normal", { .access = WALK, .sctlr_c = true, .hcr_ptw = true }, { false, 0xff, ISH }, { 0x5, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
		{ "PTW over Device", { .access = WALK, .sctlr_c = true, .hcr_ptw = true }, { false, 0xff, ISH }, { 0x0, ISH, false }, S2PT_ERR_PTW, 0, 0, 0 },
		{ "PTW over Device with FWB", { .feats = FWB, .access = WALK, .hcr_ptw = true }, { false, 0x44, ISH }, { 0x3, ISH, false }, S2PT_ERR_PTW, 0, 0, 0 },
		{ "PTW is for walks", { .access = DATA, .sctlr_c = true, .hcr_ptw = true }, { false, 0xff, ISH }, { 0x0, ISH, false }, S2PT_OK, 0x00, OSH, 0 },
		/* TCR_EL1 says Normal, and none of the bytes that features add. */
		{ "Device", CONTROLS(0, WALK), { false, 0x00, ISH }, { 0xf, ISH, false }, S2PT_ERR_RESERVED, 0, 0, S2PT_NOTE_S1_RESERVED },
		{ "Tagged", CONTROLS(XS | MTE, WALK), { false, 0xf0, ISH }, { 0xf, ISH, false }, S2PT_ERR_RESERVED, 0, 0, S2PT_NOTE_S1_RESERVED },
		{ "off", CONTROLS(0, WALK), { true, 0xff, ISH }, { 0xf, ISH, false }, S2PT_ERR_ACCESS, 0, 0, 0 },
		{ "DC", { .access = WALK, .hcr_dc = true }, { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_ERR_ACCESS, 0, 0, 0 },
		{ "off beats reserved", CONTROLS(0, WALK), { true, 0xff, ISH }, { 0x8, 1, false }, S2PT_ERR_ACCESS, 0, 0, 0 },
	};
	/* clang-format on */

	(void)state;
	check_combinations(rows, COUNT(rows));
}

static void
test_tags(void **state)
{
	/* clang-format off */
	static const struct combination rows[] = {
		{ "Tagged x WB", CONTROLS(MTE, DATA), { false, 0xf0, ISH }, { 0xf, ISH, false }, S2PT_OK, 0xf0, ISH, 0 },
		{ "Tagged x NoTagAccess", CONTROLS(MTE | NTA, DATA), { false, 0xf0, ISH }, { 0x4, ISH, false }, S2PT_OK, 0xe0, ISH, 0 },
		{ "Tagged x forced WB, NoTagAccess", CONTROLS(FWB | MTE | NTA, DATA), { false, 0xf0, ISH }, { 0xe, ISH, false }, S2PT_OK, 0xe0, ISH, 0 },
		{ "Tagged x as stage 1, NoTagAccess", CONTROLS(FWB | MTE | NTA, DATA), { false, 0xf0, ISH }, { 0xf, ISH, false }, S2PT_OK, 0xe0, ISH, 0 },
		{ "WB x NoTagAccess", CONTROLS(MTE | NTA, DATA), { false, 0xff, ISH }, { 0x4, ISH, false }, S2PT_OK, 0xff, ISH, 0 },
		{ "Tagged x WT", CONTROLS(MTE | XS, DATA), { false, 0xf0, ISH }, { 0xa, ISH, false }, S2PT_OK, 0xbb, ISH, 0 },
		{ "Tagged x NC", CONTROLS(MTE | XS, DATA), { false, 0xf0, ISH }, { 0x5, ISH, false }, S2PT_OK, 0x40, OSH, 0 },
		{ "Tagged x Device", CONTROLS(MTE | XS, DATA), { false, 0xf0, ISH }, { 0x0, ISH, false }, S2PT_OK, 0x01, OSH, 0 },
		{ "Tagged, CD", { .feats = MTE | NTA, .access = DATA, .sctlr_c = true, .hcr_cd = true }, { false, 0xf0, ISH }, { 0x4, ISH, false }, S2PT_OK, 0x44, OSH, 0 },
	};
	/* clang-format on */

	(void)state;
	check_combinations(rows, COUNT(rows));
}

static void
test_reserved(void **state)
{
	const uint32_t s1 = S2PT_NOTE_S1_RESERVED, s2 = S2PT_NOTE_S2_RESERVED;
	const uint32_t s1_sh = S2PT_NOTE_S1_SH_RESERVED, s2_sh = S2PT_NOTE_S2_SH_RESERVED;
	/* clang-format off */
	const struct combination rows[] = {
		{ "MAIR", CONTROLS(0, DATA), { false, 0x02, ISH }, { 0xf, ISH, false }, S2PT_ERR_RESERVED, 0, 0, s1 },
		{ "MAIR 0xE0", CONTROLS(XS | MTE | NTA, DATA), { false, 0xe0, ISH }, { 0xf, ISH, false }, S2PT_ERR_RESERVED, 0, 0, s1 },
		{ "MAIR of FEAT_XS", CONTROLS(0, DATA), { false, 0x01, ISH }, { 0xf, ISH, false }, S2PT_ERR_RESERVED, 0, 0, s1 },
		{ "MemAttr", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0x8, ISH, false }, S2PT_ERR_RESERVED, 0, 0, s2 },
		{ "MemAttr above 15", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0x1f, ISH, false }, S2PT_ERR_RESERVED, 0, 0, s2 },
		{ "MemAttr[3] without MTE_PERM", CONTROLS(FWB, DATA), { false, 0xff, ISH }, { 0xe, ISH, false }, S2PT_ERR_RESERVED, 0, 0, s2 },
		{ "stage-1 SH", CONTROLS(0, DATA), { false, 0xff, 1 }, { 0xf, ISH, false }, S2PT_ERR_RESERVED, 0, 0, s1_sh },
		{ "stage-1 SH above 3", CONTROLS(0, DATA), { false, 0xff, 4 }, { 0xf, ISH, false }, S2PT_ERR_RESERVED, 0, 0, s1_sh },
		{ "stage-2 SH", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0xf, 1, false }, S2PT_ERR_RESERVED, 0, 0, s2_sh },
		{ "stage-2 SH above 3", CONTROLS(0, DATA), { false, 0xff, ISH }, { 0xf, 255, false }, S2PT_ERR_RESERVED, 0, 0, s2_sh },
		{ "all", CONTROLS(0, DATA), { false, 0x02, 1 }, { 0x8, 1, false }, S2PT_ERR_RESERVED, 0, 0, s1 | s2 | s1_sh | s2_sh },
		{ "stage 2 alone with stage 1 off", CONTROLS(0, DATA), { true, 0x02, 1 }, { 0x8, 1, false }, S2PT_ERR_RESERVED, 0, 0, s2 | s2_sh },
		{ "no such access", CONTROLS(0, (enum s2pt_access)3), { false, 0x02, 1 }, { 0x8, 1, false }, S2PT_ERR_ACCESS, 0, 0, 0 },
		{ "no such access either", CONTROLS(0, (enum s2pt_access) - 1), { false, 0xff, ISH }, { 0xf, ISH, false }, S2PT_ERR_ACCESS, 0, 0, 0 },
	};
	/* clang-format on */

	(void)state;
	check_combinations(rows, COUNT(rows));
}

/* What an attribute does not have is 0 in it, so that two with the same meaning are equal. */
static void
check_form(const struct s2pt_attr *attr)
{
	const struct s2pt_cache_attr *halves[] = { &attr->outer, &attr->inner };

	CHECK(attr->device || !attr->device_type, "Normal memory has the Device type %u", attr->device_type);
	for (size_t i = 0; i < COUNT(halves); i++) {
		CHECK(!attr->device || halves[i]->cacheability == S2PT_NC, "Device memory is cacheable");
		CHECK(halves[i]->cacheability != S2PT_NC || halves[i]->alloc == S2PT_ALLOC_NO,
		      "a half that is not cacheable has allocation hints");
		CHECK(halves[i]->alloc != S2PT_ALLOC_NO || !halves[i]->transient,
		      "a half without allocation hints is transient");
	}
	CHECK(!attr->tagged || s2pt_attr_kind(attr) == S2PT_KIND_NORMAL_WB, "tagged memory is not Write-Back");
	CHECK(attr->tagged || !attr->notagaccess, "NoTagAccess memory is not tagged");
}

static void
test_form(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 2 * 2 * 2 * 2 * 3; n++) {
		const struct s2pt_controls controls = { .feats = XS | MTE | NTA | (n & 1u ? FWB : 0),
							.access = (enum s2pt_access)(n / 16),
							.sctlr_c = n & 2u,
							.sctlr_i = n & 4u,
							.hcr_cd = n & 8u };

		for (unsigned mair = 0; mair < 256; mair++)
			for (unsigned memattr = 0; memattr < 16; memattr++) {
				const struct s2pt_stage1 s1 = { false, (uint8_t)mair, ISH };
				const struct s2pt_stage2 s2 = { (uint8_t)memattr, ISH, false };
				struct s2pt_combined combined;

				if (s2pt_combine(&controls, &s1, &s2, &combined) == S2PT_OK)
					check_form(&combined.attr);
			}
	}
}

static void
test_walk_mair(void **state)
{
	static const uint8_t nibble[4] = { 0x4, 0xf, 0xa, 0xe };

	(void)state;
	for (unsigned orgn = 0; orgn < 8; orgn++)
		for (unsigned irgn = 0; irgn < 8; irgn++) {
			unsigned want = (unsigned)nibble[orgn & 3u] << 4 | nibble[irgn & 3u];

			CHECK(s2pt_walk_mair(orgn, irgn) == want,
			      "ORGN %u IRGN %u: 0x%02x, expected 0x%02x", orgn, irgn,
			      s2pt_walk_mair(orgn, irgn), want);
		}
}

/* --- The inverse question --------------------------------------------------------------------- */

#define KIND(k) (1u << S2PT_KIND_##k)
#define TYPE(t) (1u << S2PT_MEM_##t)
#define KINDS_DEVICE \
	(KIND(DEVICE_nGnRnE) | KIND(DEVICE_nGnRE) | KIND(DEVICE_nGRE) | KIND(DEVICE_GRE))
#define TYPES_DEVICE \
	(TYPE(DEVICE_nGnRnE) | TYPE(DEVICE_nGnRE) | TYPE(DEVICE_nGRE) | TYPE(DEVICE_GRE))

static void
check_types(const struct s2pt_controls *controls, const struct s2pt_stage1 *s1, uint32_t wanted,
	    uint32_t want, const char *what)
{
	char got_text[512], want_text[512];
	uint32_t types = 0;

	CHECK_STATUS(s2pt_combine_types(controls, s1, wanted, &types), S2PT_OK, what);
	s2pt_text_memtypes(got_text, sizeof(got_text), types);
	s2pt_text_memtypes(want_text, sizeof(want_text), want);
	CHECK(types == want, "%s: got {%s}, expected {%s}", what, got_text, want_text);
}

/* Which types keep the guest's Device as Device and make its Normal NC? */
static void
test_types_device_stays_normal_becomes_nc(void **state)
{
	(void)state;
	for (unsigned fwb = 0; fwb < 2; fwb++) {
		struct s2pt_controls controls = { .feats = fwb ? FWB : 0,
						  .access = DATA,
						  .sctlr_c = true };
		uint32_t all = UINT32_MAX;

		for (unsigned byte = 0; byte < 256; byte++) {
			struct s2pt_stage1 s1 = { false, (uint8_t)byte, ISH };
			uint32_t wanted = byte < 16 ? 1u << (S2PT_KIND_DEVICE_nGnRnE + (byte >> 2))
						    : KIND(NORMAL_NC);
			uint32_t types;

			if (byte < 16 ? (byte & 3u) != 0 : (byte & 15u) == 0)
				continue;
			CHECK_STATUS(s2pt_combine_types(&controls, &s1, wanted, &types), S2PT_OK,
				     "one byte");
			all &= types;
		}
		CHECK_U64(all, TYPE(NORMAL_NC), "Device stays, Normal becomes Non-cacheable");
		check_types(&controls, NULL, KINDS_DEVICE | KIND(NORMAL_NC),
			    TYPES_DEVICE | TYPE(NORMAL_NC), "Device or NC");
		check_types(&controls, &(struct s2pt_stage1){ false, 0xff, ISH }, KIND(NORMAL_NC),
			    TYPE(NORMAL_NC), "WB to NC");
	}
}

static void
test_types_known_answers(void **state)
{
	const struct s2pt_controls plain = { .access = DATA, .sctlr_c = true };
	const struct s2pt_controls fwb = { .feats = FWB, .access = DATA, .sctlr_c = true };
	const struct s2pt_controls nta = { .feats = FWB | NTA, .access = DATA, .sctlr_c = true };
	const struct s2pt_controls cd = {
		.feats = FWB, .access = DATA, .sctlr_c = true, .hcr_cd = true
	};
	const struct s2pt_controls off = { .feats = FWB, .access = DATA, .hcr_dc = true };
	const struct s2pt_controls walk = { .access = WALK, .sctlr_c = true };
	const struct s2pt_controls ptw = { .access = WALK, .sctlr_c = true, .hcr_ptw = true };
	const struct s2pt_stage1 wb = { false, 0xff, ISH };
	const struct s2pt_stage1 wt = { false, 0xbb, ISH };
	const struct s2pt_stage1 device = { false, 0x04, ISH };
	const uint32_t mixed = TYPE(NORMAL_oNC_iWT) | TYPE(NORMAL_oNC_iWB) | TYPE(NORMAL_oWT_iNC) |
			       TYPE(NORMAL_oWT_iWB) | TYPE(NORMAL_oWB_iNC) | TYPE(NORMAL_oWB_iWT);

	(void)state;
	check_types(&plain, NULL, KIND(NORMAL_WB), 0, "nothing forces WB without FWB");
	check_types(&fwb, NULL, KIND(NORMAL_WB), TYPE(NORMAL_WB), "FWB forces WB");
	check_types(&nta, NULL, KIND(NORMAL_WB), TYPE(NORMAL_WB) | TYPE(NORMAL_WB_NOTAGACCESS),
		    "FWB forces WB, out of reach of tags too");
	check_types(&cd, NULL, KIND(NORMAL_WB), 0, "CD wins");
	check_types(&plain, &wb, KIND(NORMAL_WB), TYPE(NORMAL_WB) | TYPE(AS_STAGE1), "WB stays");
	check_types(&plain, &wb, KIND(NORMAL_MIXED), mixed, "mixed");
	check_types(&plain, &wt, KIND(NORMAL_WT),
		    TYPE(NORMAL_WB) | TYPE(AS_STAGE1) | TYPE(NORMAL_oWT_iWT) | TYPE(NORMAL_oWT_iWB) |
			    TYPE(NORMAL_oWB_iWT),
		    "WT stays");
	check_types(&fwb, &device, KIND(DEVICE_nGnRnE), TYPE(DEVICE_nGnRnE), "stronger Device");
	check_types(&fwb, &device, KIND(DEVICE_GRE), 0, "no weaker Device");
	check_types(&plain, NULL, KIND(DEVICE_nGnRnE), TYPE(DEVICE_nGnRnE), "the strongest Device");
	check_types(&plain, NULL, KIND(DEVICE_GRE), 0, "a guest can ask for stronger");
	check_types(&fwb, NULL, 0xff & ~KIND(DEVICE_nGnRnE), TYPE(NORMAL_WB), "a guest can ask for the strongest");
	check_types(&fwb, NULL, 0, 0, "nothing wanted");
	check_types(&fwb, NULL, 0xff, TYPES_DEVICE | TYPE(NORMAL_NC) | TYPE(NORMAL_WB) | TYPE(AS_STAGE1),
		    "anything goes");
	check_types(&off, NULL, KIND(NORMAL_WB), TYPE(NORMAL_WB) | TYPE(AS_STAGE1), "DC");
	check_types(&walk, NULL, KIND(NORMAL_NC), TYPES_DEVICE | TYPE(NORMAL_NC), "walks");
	check_types(&ptw, NULL, KIND(NORMAL_NC), TYPE(NORMAL_NC), "walks with PTW");
	check_types(&ptw, &wb, 0xff, TYPE(NORMAL_NC) | TYPE(NORMAL_WB) | TYPE(AS_STAGE1) | mixed | TYPE(NORMAL_oWT_iWT),
		    "walks that fault");
}

static void
test_types_refusals(void **state)
{
	static const struct {
		struct s2pt_controls controls;
		struct s2pt_stage1 s1;
		bool any;
		enum s2pt_status want;
	} rows[] = {
		{ { .access = DATA }, { false, 0x02, ISH }, false, S2PT_ERR_RESERVED },
		{ { .access = DATA }, { false, 0xff, 1 }, false, S2PT_ERR_RESERVED },
		{ { .access = WALK }, { false, 0x00, ISH }, false, S2PT_ERR_RESERVED },
		{ { .access = WALK }, { true, 0xff, ISH }, false, S2PT_ERR_ACCESS },
		{ { .access = WALK, .hcr_dc = true }, { false, 0xff, ISH }, true, S2PT_ERR_ACCESS },
		{ { .access = (enum s2pt_access)3 }, { false, 0xff, ISH }, false, S2PT_ERR_ACCESS },
		{ { .access = (enum s2pt_access)3 }, { false, 0xff, ISH }, true, S2PT_ERR_ACCESS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t types;

		POISONED(types);
		CHECK_STATUS(s2pt_combine_types(&rows[i].controls, rows[i].any ? NULL : &rows[i].s1,
						0xff, &types),
			     rows[i].want, "s2pt_combine_types");
		CHECK_UNTOUCHED(types, "s2pt_combine_types");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_consequences),
		cmocka_unit_test(test_xs),
		cmocka_unit_test(test_shareability),
		cmocka_unit_test(test_bug38_nsh_is_the_weakest),
		cmocka_unit_test(test_bug41_nc_is_osh),
		cmocka_unit_test(test_effective_shareability),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_walk_mair),
		cmocka_unit_test(test_types_device_stays_normal_becomes_nc),
		cmocka_unit_test(test_types_known_answers),
		cmocka_unit_test(test_types_refusals),
	};

	return cmocka_run_group_tests_name("combine", tests, NULL, NULL);
}
