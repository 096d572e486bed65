/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * walk.c: tables that nobody made with care: s2pt_walk_va() against the MMU, on numbers drawn at random. First stage 2
 * alone, in every layout; then stage 1, too, in registers and tables, over a stage 2 that maps addresses to themselves
 * but for some pages. What is compared is where an access ends: memory types are attr.c's affair.
 */
#include <s2pt/s2pt.h>

#include "cpu.h"
#include "io.h"
#include "layout.h"
#include "par.h"
#include "stage1.h"
#include "stage2.h"
#include "sweep.h"

#define COMPARED(par)   ((par) & ((par) & PAR_F ? PAR_FAULT_MASK : PAR_PA_MASK | PAR_F))
#define TABLES          24u /* of 64 KiB, in stage2.c */
#define TABLE_BYTES     0x10000u
#define STAGE2_WALKS    600u
#define STAGE1_SETTINGS 60u
#define STAGE1_WALKS    60u

SYSREG_WRITE(ttbr1_el1, "ttbr1_el1")

/* A leaf that permits everything. */
#define OPEN .type = S2PT_MEM_NORMAL_WB, .sh = stage2_format()->sh0, .r = true, .w = true, .af = true

/* --- Numbers ---------------------------------------------------------------------------------- */

static uint64_t state;

static uint32_t
below(uint32_t limit)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((state >> 32) * limit >> 32);
}

static bool
one_in(uint32_t n)
{
	return below(n) == 0;
}

static uint64_t
random_bits(unsigned bits)
{
	return ((uint64_t)below(UINT32_MAX) << 32 | below(UINT32_MAX)) & ((UINT64_C(1) << bits) - 1u);
}

/* The address of a table, of any size. */
static uint64_t
random_table(void)
{
	return stage2_next() + below(TABLES) * TABLE_BYTES;
}

/* --- Comparison ------------------------------------------------------------------------------- */

static struct s2pt_walker walker;
static struct s2pt_stage1_regs stage1;

static bool
read_memory(void *context, uint64_t address, uint64_t *value)
{
	(void)context;
	if (!stage2_has(address))
		return false;
	*value = *(const uint64_t *)(uintptr_t)address;
	return true;
}

/* The last descriptor of a walk of stage 2, if it is a block where there are none: what V4 makes of it. */
static bool
is_odd_block(const struct s2pt_walk *walk)
{
	const struct s2pt_walk_step *last = &walk->step[walk->steps - 1u];

	return walk->faults && walk->steps > 0 && (last->desc.raw & 3u) == 1u && last->level < S2PT_LEVEL_LAST;
}

static uint64_t
par_of_odd_block(const struct s2pt_walk *walk, enum at at)
{
	const struct s2pt_walk_step *last = &walk->step[walk->steps - 1u];
	const uint64_t in = (UINT64_C(1) << s2pt_format_level_lg2(stage2_format(), last->level)) - 1u;
	const uint64_t pa = (last->desc.raw & ((UINT64_C(1) << 48) - 1u) & ~in) | (walk->input & in);

	if ((last->desc.raw & ((UINT64_C(1) << 48) - 1u) & ~in) >> stage2_format()->pa_bits)
		return par_fault(FSC_ADDRESS_SIZE, last->level);
	if (!(last->desc.raw & 1u << 10))
		return par_fault(FSC_ACCESS_FLAG, last->level);
	if (!(last->desc.raw & (at == AT_READ ? 1u << 6 : 1u << 7)))
		return par_fault(FSC_PERMISSION, last->level);
	return pa & PAR_PA_MASK;
}

/*
 * What an AT says that does not set the access flag of stage 1 (Arm lets it), where doing so met a fault: the access
 * goes on to what stage 1 puts out.
 */
static uint64_t
par_without_update(const struct s2pt_va_walk *walk, const struct s2pt_reader *reader,
		   const struct s2pt_walk_access *access)
{
	struct s2pt_par par = { .fault = false };
	struct s2pt_walk s2;
	uint64_t value;

	if (!s2pt_walk_stage2(&walker, reader, access, s2pt_ipa_of(walk->s1.output), &s2))
		par = (struct s2pt_par){
			.fault = true, .kind = s2.fault.kind, .level = s2.fault.level, .stage2 = true
		};
	par.pa = s2pt_pa_of(s2.output);
	must(s2pt_par_write(&par, &value), "s2pt_par_write");
	return COMPARED(value);
}

static bool
is_refused(const struct s2pt_va_walk *walk)
{
	return walk->fault == &walk->s2 && walk->s2.fault.kind == S2PT_FAULT_PERMISSION;
}

static void
compare(struct sweep *sweep, const char *where, enum at at, uint64_t va)
{
	static struct s2pt_va_walk walk;
	const struct s2pt_reader reader = { read_memory, NULL };
	const struct s2pt_walk_access access = { .kind = at == AT_READ ? S2PT_FAULT_READ : S2PT_FAULT_WRITE };
	struct row row = { .at = at, .va = va, .own_stage1 = true };

	s2pt_walk_va(cpu_features(), &stage1, &walker, &reader, &access, va, &walk);
	/* Where types are reserved the access ends somewhere all the same. */
	row.library = walk.has_par ? COMPARED(walk.par) : walk.s2.output & PAR_PA_MASK;
	if (sweep->seed)
		row.library ^= PAR_F;
	if (sweep->avoid_a1 && is_refused(&walk)) {
		sweep_avoid(sweep, RULE_A1);
		return;
	}
	row.ipa = walk.fault && walk.fault != &walk.s1 ? walk.fault->input : walk.s2.input;
	if (walk.fault == &walk.s2 && is_odd_block(&walk.s2)) {
		row.rule = RULE_V4;
		row.emulator = par_of_odd_block(&walk.s2, at);
	} else if (walk.fault && walk.fault != &walk.s1 && walk.fault != &walk.s2) {
		/* The level of stage 1 that was to be read, or updated. */
		const int level = walk.s1.faults ? walk.s1.fault.level : walk.s1.step[walk.s1.steps - 1u].level;

		row.rule = RULE_V5;
		row.emulator = (row.library & ~PAR_FST(3)) | PAR_FST((unsigned)level);
		if (!walk.s1.faults)
			row.also = par_without_update(&walk, &reader, &access);
	}
	row.mmu = COMPARED(at_s12e1(at, va));
	if (!sweep_row(sweep, &row))
		return;
	print("unexplained %s %s AT %s va %lx", sweep->name, where, at == AT_READ ? "R" : "W", va);
	sweep_print_row(&row);
}

/* --- Stage 2 ---------------------------------------------------------------------------------- */

/*
 * Type and address. Tables are where tables are, since an AT that meets no memory is an exception, or so far away that
 * nobody looks; blocks may be anywhere.
 */
static uint64_t
random_place(unsigned oa_bits)
{
	const uint64_t type = one_in(8) ? below(4) : one_in(3) ? 1u
							       : 3u;
	uint64_t address = random_table();

	if (type == 1u && one_in(2))
		address = random_bits(48) & ~UINT64_C(0xffff);
	else if (oa_bits < 48u && one_in(16))
		address |= UINT64_C(1) << (oa_bits + below(48u - oa_bits));
	return address | type;
}

/* A descriptor of stage 2: mostly one that leads on, or a leaf that permits something. */
static uint64_t
random_stage2(void)
{
	const struct s2pt_format *format = stage2_format();
	uint64_t raw = random_place(format->oa_bits);

	/* Memory of 52 bits: its highest bits stand apart. */
	if ((raw & 3u) == 1u && one_in(6) && format->oa_bits == 52)
		raw |= s2pt_format_stride(format) == 13 ? random_bits(4) << 12 : random_bits(2) << 48;
	/* MemAttr, S2AP, AF; Contiguous and software's. */
	return raw | below(64) << 2 | (one_in(6) ? 0 : 1u << 10) | (one_in(4) ? random_bits(7) << 52 : 0);
}

static void
sweep_stage2(struct sweep *sweep, const struct layout *layout)
{
	struct s2pt_format format;

	/* What a layout of 48 bits must be without, the CPU takes all the same. */
	if (!layout_format(layout, 0, &format) || (layout->without & cpu_features()->feats & S2PT_FEAT_LPA) != 0)
		return;
	stage2_begin(&format);
	stage2_fill_tables(TABLES, random_stage2);
	stage2_fill_root(random_stage2);
	stage2_load(0);
	s2pt_walker_of_format(&walker, stage2_format(), s2pt_pa_of(stage2_root()));
	for (unsigned n = 0; n < STAGE2_WALKS; n++) {
		const uint64_t ipa = random_bits(one_in(20) ? 47 : format.ipa_bits < 47 ? format.ipa_bits
											: 47);

		if (ipa >> cpu_features()->pa_bits)
			continue;
		compare(sweep, layout->name, n & 1u ? AT_WRITE : AT_READ, ipa);
	}
}

/* --- Both stages ------------------------------------------------------------------------------ */

static uint64_t
random_stage1(void)
{
	uint64_t raw = random_place(40);

	/* AttrIndx, AP, AF; nG, Contiguous, PXN, UXN; what tables pass down. */
	raw |= below(64) << 2 | (one_in(6) ? 0 : 1u << 10) | below(2) << 11;
	raw |= one_in(4) ? random_bits(3) << 52 : 0;
	return raw | (one_in(6) ? random_bits(4) << 59 : 0);
}

/* Sizes from which no level is reached that has no blocks: V4 is in stage 1 as well. */
static void
choose_stage1(void)
{
	static const struct {
		unsigned tg0, tg1, least, most;
		enum s2pt_granule granule;
	} granules[] = {
		{ 0, 2, 25, 39, S2PT_GRANULE_4K },
		{ 2, 1, 28, 39, S2PT_GRANULE_16K },
		{ 1, 3, 22, 39, S2PT_GRANULE_64K },
	};
	const unsigned upper = below(3), lower = below(3);
	const bool has_16k = cpu_features()->granule_16k;
	const unsigned a = lower == 1 && !has_16k ? 0 : lower, b = upper == 1 && !has_16k ? 0 : upper;

	stage1.tcr = TCR_T0SZ(granules[a].least + below(granules[a].most - granules[a].least + 1u)) |
		     (uint64_t)(granules[b].least + below(granules[b].most - granules[b].least + 1u)) << 16 |
		     (uint64_t)granules[a].tg0 << 14 | (uint64_t)granules[b].tg1 << 30 | TCR_IPS(2) |
		     (uint64_t)below(4) << 37;
	if (one_in(8))
		stage1.tcr |= one_in(2) ? TCR_EPD1 : UINT64_C(1) << 7;
	if (cpu_has(S2PT_FEAT_XNX))
		stage1.tcr |= (uint64_t)below(4) << 41; /* HPD: as old as FEAT_XNX, in what QEMU has */
	if (cpu_has(S2PT_FEAT_HAFDBS_AF) && one_in(2))
		stage1.tcr |= UINT64_C(1) << 39;
	stage1.ttbr0 = random_table();
	stage1.ttbr1 = random_table();
	stage1.mair = UINT64_C(0xff44040000ff44ff);
	stage1.sctlr = SCTLR_RES1 | SCTLR_I | SCTLR_C | SCTLR_M;
}

static void
load_stage1(void)
{
	write_mair_el1(stage1.mair);
	write_tcr_el1(stage1.tcr);
	write_ttbr0_el1(stage1.ttbr0);
	write_ttbr1_el1(stage1.ttbr1);
	write_sctlr_el1(stage1.sctlr);
	isb();
	tlbi_vmalls12e1is();
}

/*
 * 64 GiB to themselves; of the pages in which the tables of stage 1 are, some are where the walker cannot read them, or
 * not write.
 */
static void
map_to_itself(void)
{
	const uint64_t gib = UINT64_C(1) << 30, mib2 = UINT64_C(1) << 21, page = UINT64_C(1) << 12;
	const uint64_t first = stage2_next() & ~(mib2 - 1u), end = stage2_next() + TABLES * TABLE_BYTES;
	const uint64_t here = first & ~(gib - 1u);

	for (uint64_t ipa = 0; ipa < 64 * gib; ipa += gib)
		if (ipa != here)
			stage2_map(ipa, 1, ipa, &(struct s2pt_leaf){ OPEN });
	for (uint64_t ipa = here; ipa < here + gib; ipa += mib2)
		if (ipa < first || ipa >= end)
			stage2_map(ipa, 2, ipa, &(struct s2pt_leaf){ OPEN });
	for (uint64_t ipa = first; ipa < end; ipa += page) {
		struct s2pt_leaf leaf = { OPEN };

		if (one_in(32))
			leaf.w = false;
		else if (one_in(64))
			leaf.r = false;
		else if (one_in(64))
			leaf.af = false;
		stage2_map(ipa, 3, ipa, &leaf);
	}
}

static uint64_t
random_va(void)
{
	const bool upper = one_in(2);
	uint64_t va = random_bits(64u - (stage1.tcr >> (upper ? 16 : 0) & 0x3fu));

	if (upper)
		va = ~va;
	return one_in(10) ? va ^ random_bits(16) << 40 ^ (uint64_t)below(256) << 56 : va;
}

static void
sweep_both(struct sweep *sweep)
{
	struct s2pt_format format;

	layout_format(&layouts[0], 0, &format);
	stage2_begin(&format);
	stage2_fill_tables(TABLES, random_stage1);
	map_to_itself();
	stage2_load(0);
	s2pt_walker_of_format(&walker, stage2_format(), s2pt_pa_of(stage2_root()));
	for (unsigned n = 0; n < STAGE1_SETTINGS; n++) {
		choose_stage1();
		load_stage1();
		for (unsigned m = 0; m < STAGE1_WALKS; m++)
			compare(sweep, "both", m & 1u ? AT_WRITE : AT_READ, random_va());
	}
	stage1_off();
}

void
walk_sweep(struct sweep *sweep)
{
	state = 1;
	stage1_off();
	stage1 = (struct s2pt_stage1_regs){ .sctlr = SCTLR_RES1 };
	for (unsigned i = 0; i < LAYOUT_COUNT; i++)
		sweep_stage2(sweep, &layouts[i]);
	sweep_both(sweep);
}
