/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * format.c: every geometry that VTCR_EL2 can spell, legal or not.
 *
 * What s2pt_vtcr_decode() accepts must translate: the lowest and the highest IPA are mapped in a
 * table of that format, and the address after the highest must fault. What it refuses because of
 * the IPA size or the start level must fault at level 0, but for sizes that an MMU may also clamp
 * to its own limits. What it refuses for another reason (a granule that the CPU lacks) has no
 * defined behaviour, nor has a RES0 bit that is set. What is not defined is not compared.
 */
#include <s2pt/s2pt.h>

#include "cpu.h"
#include "io.h"
#include "par.h"
#include "stage1.h"
#include "stage2.h"
#include "sweep.h"

#define OA_LOW  UINT64_C(0x12340000)
#define OA_HIGH UINT64_C(0x56780000)

static const uint8_t ps_bits[] = { 32, 36, 40, 42, 44, 48, 52 };

/* One value of VTCR_EL2, and the library's verdict on it. */
struct geometry {
	uint64_t vtcr;
	unsigned tg0; /* 0 is 4K, 1 is 64K, 2 is 16K */
	unsigned t0sz;
	unsigned sl0;
	unsigned sl2;
	unsigned ds;
	unsigned ps;
	enum s2pt_status status;
	struct s2pt_format format;
};

/* --- What QEMU does instead ------------------------------------------------------------------- */

/* V1: QEMU measures the start level, like the IPA size, by PS; Arm by the implemented size. */
static bool
ps_too_small(const struct s2pt_format *format, unsigned ps)
{
	int level = format->start_level;

	if (format->ipa_bits > ps)
		return true;
	switch (format->granule_lg2) {
	case S2PT_GRANULE_4K:
		return level == 0 && ps <= 42;
	case S2PT_GRANULE_16K:
		return level == 1 && ps <= 40;
	default:
		return level == 1 && ps <= 42;
	}
}

/* The rule by which QEMU refuses a geometry that the library accepts. */
static enum rule
refusing_rule(const struct geometry *g)
{
	if (g->format.granule_lg2 == S2PT_GRANULE_16K && g->format.start_level == 0)
		return RULE_V2;
	if (g->format.start_level == -1 && g->format.ipa_bits != 52)
		return RULE_V3;
	if (ps_too_small(&g->format, ps_bits[g->ps]))
		return RULE_V1;
	return RULE_NONE;
}

/* --- The sweep -------------------------------------------------------------------------------- */

static void
compare(struct sweep *sweep, const struct geometry *g, uint64_t ipa, uint64_t expected)
{
	struct row row = {
		.library = expected,
		.mmu = at_s12e1(AT_READ, ipa),
		.va = ipa,
		.ipa = ipa,
	};

	if (g->status == S2PT_OK)
		row.rule = refusing_rule(g);
	row.emulator = par_fault(FSC_TRANSLATION, 0);
	if (!sweep_row(sweep, &row))
		return;
	print("unexplained %s tg0 %u t0sz %u sl0 %u sl2 %u ds %u ps %u: %s, ipa %lx", sweep->name,
	      g->tg0, g->t0sz, g->sl0, g->sl2, g->ds, g->ps, s2pt_status_name(g->status), ipa);
	sweep_print_row(&row);
}

static void
check_accepted(struct sweep *sweep, const struct geometry *g)
{
	const struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = g->format.sh0,
		.r = true,
		.af = true,
	};
	uint64_t end = UINT64_C(1) << g->format.ipa_bits;
	uint64_t last_page = end - (UINT64_C(1) << g->format.granule_lg2);
	uint64_t in_page = end - 1u - last_page;

	stage2_begin(&g->format);
	stage2_map(0, S2PT_LEVEL_LAST, OA_LOW, &leaf);
	stage2_map(last_page, S2PT_LEVEL_LAST, OA_HIGH, &leaf);
	stage2_load_vtcr(g->vtcr, 0);
	compare(sweep, g, 0, stage2_par(OA_LOW, &leaf));
	compare(sweep, g, end - 1u, stage2_par(OA_HIGH | in_page, &leaf));
	/* Beyond the CPU's address size stage 1 faults, be it on or off: stage 2 is not asked. */
	if (g->format.ipa_bits < cpu_features()->pa_bits)
		compare(sweep, g, end, par_fault(FSC_TRANSLATION, 0));
}

/*
 * The format of the table behind a geometry that nothing must walk: any with a large start table.
 */
static void
begin_refused(void)
{
	struct s2pt_config config;
	struct s2pt_format format;

	stage2_config(&config, S2PT_GRANULE_4K);
	config.ipa_bits = 32;
	config.pa_bits = 32;
	config.feats = 0;
	must(s2pt_format_init(&format, cpu_features(), &config), "s2pt_format_init");
	stage2_begin(&format);
}

/*
 * Should the MMU accept what it must refuse, it shall not end in a level 0 fault by accident: the
 * first entry of the start table is a table descriptor, in every granule and at every level but 3.
 */
static void
check_refused(struct sweep *sweep, const struct geometry *g)
{
	begin_refused();
	stage2_set(0, stage2_format()->start_level, s2pt_desc_of(stage2_next() | 3u));
	stage2_load_vtcr(g->vtcr, 0);
	compare(sweep, g, 0, par_fault(FSC_TRANSLATION, 0));
}

/* DS and SL2 are RES0 but for some granules: then nothing is promised if they are set. */
static bool
sets_res0(const struct geometry *g)
{
	const bool lpa2[] = { cpu_features()->lpa2_4k, false, cpu_features()->lpa2_16k };

	if (g->ds != 0 && !lpa2[g->tg0])
		return true;
	return g->sl2 != 0 && (g->ds == 0 || g->tg0 != 0);
}

/*
 * Must an MMU refuse this as well? T0SZ above its maximum, and below its minimum without FEAT_LPA:
 * fault or clamp, that is IMPLEMENTATION DEFINED (AArch64.S2TxSZFaults()).
 */
static bool
must_fault(enum s2pt_status status)
{
	if (status == S2PT_ERR_IPA_ABOVE_PA || status == S2PT_ERR_IPA_ABOVE_FORMAT)
		return cpu_has(S2PT_FEAT_LPA);
	return status >= S2PT_ERR_START_RESERVED && status <= S2PT_ERR_START_UNUSED;
}

/* Nothing is known of the MMU here, but the library must not accept it. */
static void
check_res0(struct sweep *sweep, const struct geometry *g)
{
	const struct row row = { .library = S2PT_OK, .mmu = S2PT_ERR_REG_RES0 };

	if (g->status != S2PT_OK)
		sweep_undefined(sweep);
	else if (sweep_row(sweep, &row))
		print("unexplained %s: VTCR_EL2 %lx was accepted\n", sweep->name, g->vtcr);
}

static void
check(struct sweep *sweep, struct geometry *g)
{
	uint64_t asked;

	g->vtcr = VTCR_RES1 | VTCR_SH0_ISH | VTCR_T0SZ(g->t0sz) | VTCR_SL0(g->sl0) |
		  VTCR_TG0(g->tg0) | VTCR_PS(g->ps) | VTCR_DS(g->ds) | VTCR_SL2(g->sl2);
	asked = sweep->seed ? g->vtcr ^ VTCR_T0SZ(1) : g->vtcr;
	g->status = s2pt_vtcr_decode(cpu_features(), false, S2PT_SPACE_NONSECURE,
				     asked, &g->format);
	if (sets_res0(g))
		check_res0(sweep, g);
	else if (g->status == S2PT_OK)
		check_accepted(sweep, g);
	else if (must_fault(g->status))
		check_refused(sweep, g);
	else
		sweep_undefined(sweep);
}

void
format_sweep(struct sweep *sweep)
{
	struct geometry g;

	stage1_off();
	for (g.ps = 0; g.ps <= cpu_parange(); g.ps++)
		for (g.tg0 = 0; g.tg0 < 3; g.tg0++)
			for (g.ds = 0; g.ds < 2; g.ds++)
				for (g.sl2 = 0; g.sl2 < 2; g.sl2++)
					for (g.sl0 = 0; g.sl0 < 4; g.sl0++)
						for (g.t0sz = 0; g.t0sz < 64; g.t0sz++)
							check(sweep, &g);
}
