/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * desc.c: what a single entry makes the MMU do besides translating: permissions, the access flag,
 * entries that are no leaves, contiguous groups, and faults that a stage-1 walk meets.
 */
#include <s2pt/s2pt.h>

#include "cpu.h"
#include "io.h"
#include "layout.h"
#include "par.h"
#include "stage1.h"
#include "stage2.h"
#include "sweep.h"

#define OA_BASE     UINT64_C(0x40000000)
#define DESC_S2AP_W (UINT64_C(1) << 7)

/* Where we are, for the message. */
struct pos {
	struct sweep *sweep;
	const char *layout;
	const char *what;
	int level;
};

static void
report(const struct pos *pos, const struct row *row, unsigned detail)
{
	if (!sweep_row(pos->sweep, row))
		return;
	print("unexplained %s %s level %d %s %u", pos->sweep->name, pos->layout, pos->level,
	      pos->what, detail);
	sweep_print_row(row);
}

static void
expect(const struct pos *pos, enum at at, uint64_t va, uint64_t par, unsigned detail)
{
	struct row row = { .library = par, .mmu = at_s12e1(at, va) };

	report(pos, &row, detail);
}

/* A leaf of @level that allows everything. Its output address suits every level. */
static struct s2pt_leaf
open_leaf(void)
{
	struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = stage2_format()->sh0,
		.r = true,
		.w = true,
		.af = true,
	};

	return leaf;
}

static uint64_t
oa_for(int level)
{
	return OA_BASE & ~((UINT64_C(1) << s2pt_format_level_lg2(stage2_format(), level)) - 1u);
}

/* --- Permissions and the access flag ---------------------------------------------------------- */

static bool
is_refused(const struct s2pt_leaf *leaf, enum at at)
{
	return leaf->af && (at == AT_READ ? !leaf->r : !leaf->w);
}

static uint64_t
par_of_access(const struct s2pt_leaf *leaf, enum at at, int level)
{
	/* An Access flag fault comes before a Permission fault. */
	if (!leaf->af)
		return par_fault(FSC_ACCESS_FLAG, level);
	if (is_refused(leaf, at))
		return par_fault(FSC_PERMISSION, level);
	return stage2_par(oa_for(level), leaf);
}

static void
sweep_permissions(struct pos *pos)
{
	pos->what = "permissions";
	for (unsigned bits = 0; bits < 8; bits++) {
		struct s2pt_leaf leaf = open_leaf(), there;

		leaf.r = (bits & 1u) != 0;
		leaf.w = (bits & 2u) != 0;
		leaf.af = (bits & 4u) != 0;
		there = leaf;
		stage2_map(0, pos->level, oa_for(pos->level), &leaf);
		tlbi_vmalls12e1is();
		if (pos->sweep->seed)
			leaf.w = !leaf.w;
		for (enum at at = AT_READ; at <= AT_WRITE; at++) {
			if (pos->sweep->avoid_a1 && is_refused(&there, at))
				sweep_avoid(pos->sweep, RULE_A1);
			else
				expect(pos, at, 0, par_of_access(&leaf, at, pos->level), bits);
		}
	}
}

/* --- Contiguous groups ------------------------------------------------------------------------ */

static void
sweep_contiguous(struct pos *pos)
{
	unsigned lg2 = s2pt_format_level_lg2(stage2_format(), pos->level);
	uint64_t entries = UINT64_C(1) << s2pt_format_contiguous_lg2(stage2_format(), pos->level);
	struct s2pt_leaf leaf = open_leaf();

	if (entries == 1)
		return;
	pos->what = "contiguous";
	leaf.contiguous = true;
	for (uint64_t i = 0; i < entries; i++)
		stage2_map(i << lg2, pos->level, i << lg2, &leaf);
	tlbi_vmalls12e1is();
	expect(pos, AT_READ, 0, stage2_par(0, &leaf), 0);
	expect(pos, AT_WRITE, (entries << lg2) - 1u, stage2_par((entries << lg2) - 1u, &leaf), 1);
}

/* --- Entries that are no leaves --------------------------------------------------------------- */

/* The descriptor type 0b01: a block, which level 3 and some others do not have. */
static void
check_block_type(struct pos *pos)
{
	struct s2pt_leaf leaf = open_leaf();
	struct row row = { .library = par_fault(FSC_TRANSLATION, pos->level) };
	s2pt_desc desc;

	pos->what = "block type";
	must(s2pt_desc_leaf_encode(stage2_format(), S2PT_LEVEL_LAST, s2pt_pa_of(0), &leaf, &desc), "page");
	desc.raw &= ~UINT64_C(2);
	if (s2pt_desc_kind(stage2_format(), pos->level, desc) != S2PT_DESC_INVALID)
		return;
	stage2_set(0, pos->level, desc);
	tlbi_vmalls12e1is();
	row.mmu = at_s12e1(AT_READ, 0);
	if (pos->level < S2PT_LEVEL_LAST) {
		row.rule = RULE_V4;
		row.emulator = stage2_par(0, &leaf);
	}
	report(pos, &row, 0);
}

/* Bit 0 clear: invalid at every level, whatever the other bits are. */
static void
check_invalid(struct pos *pos)
{
	pos->what = "invalid";
	for (unsigned bits = 0; bits < 2; bits++) {
		stage2_set(0, pos->level, s2pt_desc_of(bits == 0 ? 0 : ~UINT64_C(1)));
		tlbi_vmalls12e1is();
		expect(pos, AT_READ, 0, par_fault(FSC_TRANSLATION, pos->level), bits);
	}
}

static void
sweep_layout(struct sweep *sweep, const struct layout *layout)
{
	struct pos pos = { .sweep = sweep, .layout = layout->name };
	struct s2pt_format format;

	if (!layout_format(layout, 0, &format))
		return;
	for (pos.level = format.start_level; pos.level <= S2PT_LEVEL_LAST; pos.level++) {
		stage2_begin(&format);
		stage2_load(0);
		/* Where the CPU has FEAT_LPA, a 64K table cannot choose to be without it. */
		if ((layout->without & cpu_features()->feats & S2PT_FEAT_LPA) == 0)
			check_block_type(&pos);
		check_invalid(&pos);
		if (!layout_has_leaf(&format, pos.level))
			continue;
		sweep_permissions(&pos);
		sweep_contiguous(&pos);
	}
}

/* --- Faults on a stage-1 walk ----------------------------------------------------------------- */

#define WALK_IPA UINT64_C(0x80000000) /* where the guest's table seems to be */

/* The guest's level 2 table lies on a page that stage 2 does not let the walker read. */
static void
sweep_walk(struct sweep *sweep)
{
	struct pos pos = { sweep, "4k", "walk", S2PT_LEVEL_LAST };
	const int stage1_level = 2;
	struct s2pt_format format;

	layout_format(&layouts[0], 0, &format);
	stage2_begin(&format);
	stage2_load(0);
	stage1_load(0, WALK_IPA);
	for (unsigned bits = 0; bits < 4; bits++) {
		struct s2pt_leaf leaf = open_leaf();
		unsigned fsc = (bits & 1u) != 0 ? FSC_PERMISSION : FSC_ACCESS_FLAG;
		struct row row = { .rule = RULE_V5, .ipa = WALK_IPA };

		leaf.af = (bits & 1u) != 0;
		leaf.r = false;
		leaf.w = (bits & 2u) != 0;
		stage2_map(WALK_IPA, pos.level, OA_BASE, &leaf);
		tlbi_vmalls12e1is();
		row.mmu = at_s12e1(AT_READ, 0);
		row.library = par_fault_on_walk(fsc, pos.level);
		row.emulator = par_fault_on_walk(fsc, stage1_level);
		report(&pos, &row, bits);
	}
	stage1_off();
}

/* --- Hardware management of AF and dirty state ------------------------------------------------ */

/* AT may set AF, and so may not fault; of a writable-clean page it must not set S2AP[1]. */
static void
sweep_hardware_updates(struct sweep *sweep)
{
	struct pos pos = { sweep, "4k", "dirty", S2PT_LEVEL_LAST };
	struct s2pt_format format;
	struct s2pt_config config;
	struct s2pt_leaf leaf;

	if (!cpu_has(S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM))
		return;
	stage2_config(&config, S2PT_GRANULE_4K);
	config.ipa_bits = 40;
	config.feats |= S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM;
	config.feats &= ~S2PT_FEAT_S2FWB;
	must(s2pt_format_init(&format, cpu_features(), &config), "s2pt_format_init");
	stage2_begin(&format);
	leaf = open_leaf();
	leaf.w = false;
	leaf.dbm = true;
	stage2_map(0, pos.level, OA_BASE, &leaf);
	stage2_load(0);
	for (enum at at = AT_READ; at <= AT_WRITE; at++) {
		struct row asked = { .library = stage2_par(OA_BASE, &leaf), .at = at };
		struct row left = { .library = 0, .at = at, .value = "S2AP[1]" };

		if (at == AT_WRITE) {
			asked.rule = RULE_V10;
			asked.emulator = par_fault(FSC_PERMISSION, pos.level);
			left.rule = RULE_V7;
			left.emulator = DESC_S2AP_W;
		}
		asked.mmu = at_s12e1(at, 0);
		left.mmu = stage2_get(0, pos.level).raw & DESC_S2AP_W;
		report(&pos, &asked, at);
		report(&pos, &left, 2u + at);
	}
}

void
desc_sweep(struct sweep *sweep)
{
	stage1_off();
	for (unsigned i = 0; i < LAYOUT_COUNT; i++)
		sweep_layout(sweep, &layouts[i]);
	sweep_walk(sweep);
	sweep_hardware_updates(sweep);
}
