/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * attr.c: every stage-1 attribute under every stage-2 attribute.
 *
 * Of one page number the guest's table makes a pair of attributes:
 *
 *	 10  9   8      5   4  3   2      0
 *	+------+----------+------+----------+
 *	|S2 SH | MemAttr  |S1 SH | AttrIndx |
 *	+------+----------+------+----------+
 *
 * so both tables are built once, and MAIR_EL1 is written 32 times to go through all its bytes. Then
 * every stage-2 attribute without stage 1: off, or off with HCR_EL2.DC.
 */
#include <s2pt/s2pt.h>

#include "cpu.h"
#include "io.h"
#include "par.h"
#include "stage1.h"
#include "stage2.h"
#include "sweep.h"

#define IPA_BASE UINT64_C(0x80000000)
#define OA_BASE  UINT64_C(0x2a00000000)
#define PAGES    2048u

/* Where the fields of a descriptor stand that are patched into it against the library's will. */
#define DESC_MEMATTR_SHIFT 2
#define DESC_SH_SHIFT      8

/* The MAIR byte of Write-Through with XS = 0; and as QEMU reads it where it forces Write-Back. */
#define MAIR_WT_XS0      0xa0u
#define MAIR_WT_XS0_SEEN 0xafu

/* One combination, under one setting of the controls. */
struct combination {
	struct s2pt_controls controls;
	struct s2pt_stage1 s1;
	struct s2pt_stage1 seen; /* stage 1 as QEMU sees it where it is off, else the same */
	struct s2pt_stage2 s2;
	struct s2pt_combined combined; /* the library's answer */
	uint64_t va;
	uint64_t ipa;
	uint64_t pa;
};

/* --- What QEMU does instead ------------------------------------------------------------------- */

static bool
fwb(const struct combination *c)
{
	return (c->controls.feats & S2PT_FEAT_S2FWB) != 0;
}

static bool
s1_is_device(const struct combination *c)
{
	return c->seen.mair >> 4 == 0;
}

static bool
s2_is_device(const struct combination *c)
{
	return c->s2.memattr <= 3;
}

/* What the library would say if stage 1 and HCR_EL2.CD were these, and nobody knew of XS. */
static uint64_t
par_if(const struct combination *c, struct s2pt_stage1 s1, bool cd)
{
	struct s2pt_controls controls = c->controls;
	struct s2pt_combined combined;

	s1.mair = attr_without_xs(s1.mair);
	controls.feats &= ~S2PT_FEAT_XS;
	controls.hcr_cd = cd;
	controls.hcr_dc = false;
	must(s2pt_combine(&controls, &s1, &c->s2, &combined), "s2pt_combine");
	return par_ok(c->pa, &combined);
}

/* With FWB, Device over Device: as if stage 1 were Normal. */
static uint64_t
predict_d1(const struct combination *c)
{
	const struct s2pt_stage1 normal = { .mair = 0xff, .sh = c->seen.sh };

	return par_if(c, normal, c->controls.hcr_cd);
}

/* Stage 1 with other shareability. */
static struct s2pt_stage1
seen_as(const struct combination *c, uint8_t sh)
{
	struct s2pt_stage1 s1 = c->seen;

	s1.sh = sh;
	return s1;
}

/* With FWB and CD: as if CD were 0. MemAttr 0bx111 hands on stage 1's byte as it stands. */
static uint64_t
predict_d2(const struct combination *c, uint8_t sh)
{
	struct s2pt_stage1 s1 = seen_as(c, sh);
	uint64_t par;

	if (c->s2.memattr == 6 && s1.mair == MAIR_WT_XS0)
		s1.mair = MAIR_WT_XS0_SEEN;
	par = par_if(c, s1, false);
	return c->s2.memattr == 6 ? par : (par & ~PAR_ATTR(0xff)) | PAR_ATTR(s1.mair);
}

/* With FWB and FEAT_MTE_PERM: MemAttr 0b1110 as if it were 0b1111. */
static uint64_t
predict_d8(const struct combination *c)
{
	struct combination other = *c;

	other.s2.memattr = 0xf;
	return predict_d2(&other, c->s1.off && !c->controls.hcr_dc ? S2PT_SH_OSH : c->seen.sh);
}

/* The inner half of stage 2 in MAIR's encoding, as QEMU has it without FWB. 0b0100: Write-Back. */
static unsigned
s2_inner_nibble(const struct combination *c)
{
	static const uint8_t nibble[4] = { 0xf, 0x4, 0xb, 0xf };

	if (s2_is_device(c))
		return (unsigned)c->s2.memattr << 2;
	return c->controls.hcr_cd ? 0x4 : nibble[c->s2.memattr & 3u];
}

/*
 * Without FWB, one Device: the stronger of two low nibbles, though one of them is a cacheability.
 * With FEAT_XS, one or two Devices: a nibble with XS = 0 counts for nothing.
 */
static uint64_t
predict_d3_d6(const struct combination *c)
{
	struct s2pt_combined combined = { .par_attr = 0xc, .par_sh = S2PT_SH_OSH };
	unsigned s1 = c->seen.mair & 0xfu;
	unsigned s2 = s2_inner_nibble(c);

	for (unsigned nibble = 0; nibble < 0xc; nibble += 4) {
		if (s1 == nibble || s2 == nibble) {
			combined.par_attr = (uint8_t)nibble;
			break;
		}
	}
	return par_ok(c->pa, &combined);
}

/* Stage 1's nibble without its transient hint where stage 2 says Write-Through. */
static unsigned
drop_transient(unsigned s1, unsigned s2_cacheability)
{
	const unsigned wt = 2;

	return s1 >= 5 && s1 <= 7 && s2_cacheability == wt ? s1 | 8u : s1;
}

/* Without FWB, both Normal. */
static uint64_t
predict_d4(const struct combination *c)
{
	struct s2pt_stage1 s1 = c->seen;
	unsigned outer = drop_transient(s1.mair >> 4, c->s2.memattr >> 2);
	unsigned inner = drop_transient(s1.mair & 0xfu, c->s2.memattr & 3u);

	s1.mair = (uint8_t)(outer << 4 | inner);
	return par_if(c, s1, c->controls.hcr_cd);
}

/* MAIR 0xa0: its inner half is 0. Without FWB that is handed on, with FWB it becomes Write-Back. */
static uint64_t
predict_d7(const struct combination *c)
{
	const struct s2pt_combined nc = { .par_attr = 0x40, .par_sh = S2PT_SH_OSH };
	struct s2pt_stage1 s1 = c->seen;

	if (!fwb(c))
		return par_ok(c->pa, &nc);
	s1.mair = MAIR_WT_XS0_SEEN;
	return par_if(c, s1, c->controls.hcr_cd);
}

static void
apply_rules_fwb(const struct combination *c, unsigned devices, struct row *row)
{
	bool device_off = c->s1.off && !c->controls.hcr_dc;

	if (devices == 2) {
		row->rule = RULE_D1;
		row->emulator = predict_d1(c);
	} else if (c->s2.memattr == 0xe) {
		row->rule = RULE_D8;
		row->emulator = predict_d8(c);
	} else if (c->controls.hcr_cd && c->s2.memattr >= 6) {
		row->rule = RULE_D2;
		row->emulator = predict_d2(c, device_off ? S2PT_SH_OSH : c->seen.sh);
		row->older = predict_d2(c, c->seen.sh);
	} else if (c->s1.off) {
		row->rule = RULE_D5;
		row->emulator = par_if(c, c->seen, c->controls.hcr_cd);
	} else if (c->s1.mair == MAIR_WT_XS0 && c->s2.memattr == 6) {
		row->rule = RULE_D7;
		row->emulator = predict_d7(c);
	}
}

static void
apply_rules(const struct combination *c, struct row *row)
{
	unsigned devices = (unsigned)s1_is_device(c) + (unsigned)s2_is_device(c);
	bool xs0 = (c->seen.mair & 1u) != 0;
	bool outer_nc = c->s2.memattr == 6 || c->s2.memattr == 7;

	row->rule = RULE_NONE;
	if (fwb(c)) {
		apply_rules_fwb(c, devices, row);
	} else if (s1_is_device(c) && xs0) {
		row->rule = RULE_D6;
		row->emulator = predict_d3_d6(c);
	} else if (devices == 1) {
		row->rule = RULE_D3;
		row->emulator = predict_d3_d6(c);
	} else if (devices == 0 && c->s1.mair == MAIR_WT_XS0 && outer_nc) {
		row->rule = RULE_D7;
		row->emulator = predict_d7(c);
	} else if (devices == 0) {
		row->rule = RULE_D4;
		row->emulator = predict_d4(c);
	}
}

/* --- The sweep -------------------------------------------------------------------------------- */

/* What the tables of one pass are made for. With DS=1 the one shareability is VTCR_EL2.SH0. */
struct pass {
	bool fwb;
	bool ds;
	uint8_t sh0;
};

/* A page with these fields: made by the library, and patched where it has good reason to refuse. */
static s2pt_desc
make_page(uint64_t oa, uint8_t memattr, uint8_t sh)
{
	struct s2pt_leaf leaf = { .r = true, .w = true, .af = true };
	const struct s2pt_format *format = stage2_format();
	bool reserved = s2pt_memattr_decode(format->feats, memattr, &leaf.type) != S2PT_OK;
	s2pt_desc desc;

	if (reserved)
		leaf.type = S2PT_MEM_DEVICE_nGnRnE; /* MemAttr = 0, so that OR is enough */
	leaf.sh = sh == S2PT_SH_RESERVED ? S2PT_SH_NSH : sh;
	must(s2pt_desc_leaf_encode(format, 3, s2pt_pa_of(oa), &leaf, &desc), "s2pt_desc_leaf_encode");
	if (reserved)
		desc.raw |= (uint64_t)memattr << DESC_MEMATTR_SHIFT;
	if (sh == S2PT_SH_RESERVED)
		desc.raw |= (uint64_t)sh << DESC_SH_SHIFT;
	return desc;
}

/* Is there a stage-2 page with this shareability? */
static bool
has_sh(const struct pass *pass, unsigned sh)
{
	return !pass->ds || sh == pass->sh0;
}

static void
build_tables(const struct pass *pass)
{
	struct s2pt_config config;
	struct s2pt_format format;

	stage2_config(&config, S2PT_GRANULE_4K);
	config.ipa_bits = 40;
	config.sh0 = pass->sh0;
	if (!pass->fwb)
		config.feats &= ~S2PT_FEAT_S2FWB;
	if (pass->ds)
		config.feats |= S2PT_FEAT_LPA2;
	must(s2pt_format_init(&format, cpu_features(), &config), "s2pt_format_init");
	stage2_begin(&format);
	stage2_map_image();
	for (unsigned i = 0; i < PAGES >> 5; i++) {
		uint64_t offset = i * UINT64_C(0x1000);

		if (has_sh(pass, i >> 4))
			stage2_set(IPA_BASE + offset, 3,
				   make_page(OA_BASE + offset, i & 0xfu, (uint8_t)(i >> 4)));
	}
	for (unsigned i = 0; i < PAGES; i++) {
		uint64_t ipa = IPA_BASE + (i >> 5) * UINT64_C(0x1000);

		stage1_map(i, ipa, i & 7u, i >> 3 & 3u, STAGE1_RW);
	}
}

static void
print_combination(const struct combination *c, enum at at)
{
	print("unexplained attr ds %u fwb %u cd %u dc %u",
	      (unsigned)((stage2_format()->feats & S2PT_FEAT_LPA2) != 0), (unsigned)fwb(c),
	      (unsigned)c->controls.hcr_cd, (unsigned)c->controls.hcr_dc);
	print(" stage1 off %u mair %02x sh %u stage2 memattr %x sh %u at %u", (unsigned)c->s1.off,
	      (unsigned)c->s1.mair, (unsigned)c->s1.sh, (unsigned)c->s2.memattr,
	      (unsigned)c->s2.sh, (unsigned)at);
}

static void
compare(struct sweep *sweep, const struct combination *c)
{
	struct row row = { .library = par_ok(c->pa, &c->combined), .va = c->va, .ipa = c->ipa };
	struct s2pt_combined no_xs = c->combined;

	no_xs.par_attr = attr_without_xs(no_xs.par_attr);
	row.also = par_ok(c->pa, &no_xs);
	apply_rules(c, &row);
	for (enum at at = AT_READ; at <= AT_WRITE; at++) {
		row.at = at;
		row.mmu = at_s12e1(at, c->va);
		if (!sweep_row(sweep, &row))
			continue;
		print_combination(c, at);
		sweep_print_row(&row);
	}
}

/* Ask the library, and unless it says that the answer is anybody's, the MMU. */
static void
check(struct sweep *sweep, struct combination *c)
{
	if (s2pt_combine(&c->controls, &c->s1, &c->s2, &c->combined) == S2PT_OK) {
		compare(sweep, c);
	} else {
		sweep_undefined(sweep); /* AT S12E1R */
		sweep_undefined(sweep); /* AT S12E1W */
	}
}

/* All pages under eight MAIR bytes from @first on. */
static void
sweep_pages(struct sweep *sweep, const struct pass *pass, const struct s2pt_controls *controls,
	    unsigned first)
{
	struct combination c = { .controls = *controls };

	for (unsigned page = 0; page < PAGES; page++) {
		c.s1.mair = (uint8_t)(first + (page & 7u));
		c.s1.sh = page >> 3 & 3u;
		c.seen = c.s1;
		c.s2.memattr = page >> 5 & 0xfu;
		c.s2.sh = (uint8_t)(page >> 9);
		c.va = page * UINT64_C(0x1000);
		c.ipa = IPA_BASE + (page >> 5) * UINT64_C(0x1000);
		c.pa = OA_BASE + (page >> 5) * UINT64_C(0x1000);
		if (has_sh(pass, c.s2.sh))
			check(sweep, &c);
	}
}

static void
sweep_mair(struct sweep *sweep, const struct pass *pass, const struct s2pt_controls *controls)
{
	for (unsigned first = 0; first < 256; first += 8) {
		uint64_t mair = 0;

		for (unsigned i = 0; i < 8; i++)
			mair |= (uint64_t)(first + i) << 8 * i;
		stage1_load(mair, 0);
		sweep_pages(sweep, pass, controls, first);
	}
}

/* Without stage 1 a VA is an IPA. QEMU's Device is then Non-shareable, which Arm's is not. */
static void
sweep_stage1_off(struct sweep *sweep, const struct pass *pass, const struct s2pt_controls *controls)
{
	struct combination c = { .controls = *controls, .s1.off = true };

	c.seen = (struct s2pt_stage1){ .mair = controls->hcr_dc ? 0xff : 0x00, .sh = S2PT_SH_NSH };
	for (unsigned i = 0; i < PAGES >> 5; i++) {
		c.s2.memattr = i & 0xfu;
		c.s2.sh = (uint8_t)(i >> 4);
		c.va = IPA_BASE + i * UINT64_C(0x1000);
		c.ipa = c.va;
		c.pa = OA_BASE + i * UINT64_C(0x1000);
		if (has_sh(pass, c.s2.sh))
			check(sweep, &c);
	}
}

static void
sweep_controls(struct sweep *sweep, const struct pass *pass, bool cd)
{
	struct s2pt_controls controls = stage2_controls();
	uint64_t hcr = cd ? HCR_CD : 0;

	controls.hcr_cd = cd;
	controls.s1_effective_sh = false; /* QEMU's choice: SH of the descriptor as it stands */
	if (sweep->seed)
		controls.feats ^= S2PT_FEAT_S2FWB;
	stage2_load(hcr);
	sweep_mair(sweep, pass, &controls);
	stage1_off();
	sweep_stage1_off(sweep, pass, &controls);
	controls.hcr_dc = true;
	stage2_load(hcr | HCR_DC);
	sweep_stage1_off(sweep, pass, &controls);
}

void
attr_sweep(struct sweep *sweep)
{
	static const struct pass passes[] = {
		{ .sh0 = S2PT_SH_ISH },
		{ .sh0 = S2PT_SH_ISH, .fwb = true },
		{ .sh0 = S2PT_SH_NSH, .ds = true },
		{ .sh0 = S2PT_SH_OSH, .ds = true },
		{ .sh0 = S2PT_SH_ISH, .ds = true },
		{ .sh0 = S2PT_SH_NSH, .ds = true, .fwb = true },
		{ .sh0 = S2PT_SH_OSH, .ds = true, .fwb = true },
		{ .sh0 = S2PT_SH_ISH, .ds = true, .fwb = true },
	};

	for (unsigned i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
		const struct pass *pass = &passes[i];

		if (pass->fwb && !cpu_has(S2PT_FEAT_S2FWB))
			continue;
		if (pass->ds && !cpu_features()->lpa2_4k)
			continue;
		build_tables(pass);
		sweep_controls(sweep, pass, false);
		sweep_controls(sweep, pass, true);
	}
}
