/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * xnx.c: real instruction fetches, as AT has none for execute permissions: EL2 enters the guest at
 * a page whose leaf says what is under test. Either the guest's one instruction traps, or its fetch
 * takes a stage-2 Permission fault.
 */
#include <s2pt/s2pt.h>

#include "cpu.h"
#include "io.h"
#include "layout.h"
#include "par.h"
#include "stage1.h"
#include "stage2.h"
#include "sweep.h"
#include "vcpu.h"

#define IPA_BASE_LG2 39u /* half of what the guest's stage 1 can put out */
#define IPA_BASE     (UINT64_C(1) << IPA_BASE_LG2)
#define PROBE_PAGE   1u
#define VECTORS_PAGE 2u
#define MAIR_WB      UINT64_C(0xff)

extern char guest_probe[], guest_vectors[];

/* What an exception says about a fetch: its class, and the fault if it is one. */
static uint64_t
outcome(unsigned ec, unsigned fsc, unsigned s1ptw)
{
	return (uint64_t)ec << 8 | s1ptw << 7 | fsc;
}

static uint64_t
fetch(unsigned el)
{
	struct vcpu vcpu = {
		.pc = PROBE_PAGE * UINT64_C(0x1000),
		.pstate = el == 1 ? SPSR_EL1H : SPSR_EL0T,
	};
	uint64_t esr = vcpu_run(&vcpu);

	if (ESR_EC(esr) != EC_IABT_LOWER)
		return outcome(ESR_EC(esr), 0, 0);
	return outcome(EC_IABT_LOWER, ESR_FSC(esr), ESR_S1PTW(esr));
}

static void
compare(struct sweep *sweep, const struct s2pt_leaf *leaf, int level, unsigned el)
{
	bool allowed = el == 1 ? leaf->x_el1 : leaf->x_el0;
	struct row row;

	if (sweep->seed)
		allowed = !allowed;
	row = (struct row){ .mmu = fetch(el), .library = outcome(EC_MSR_MRS, 0, 0) };
	if (!allowed)
		row.library = outcome(EC_IABT_LOWER, FSC_PERMISSION | (unsigned)level, 0);
	if (!sweep_row(sweep, &row))
		return;
	print("unexplained %s granule %s level %d x_el1 %u x_el0 %u fetch at el%u", sweep->name,
	      s2pt_granule_name((enum s2pt_granule)stage2_format()->granule_lg2), level,
	      (unsigned)leaf->x_el1, (unsigned)leaf->x_el0, el);
	sweep_print_row(&row);
}

/* Rights that differ, on a CPU that cannot tell them apart: the library must say so. */
static void
check_refused(struct sweep *sweep, const struct s2pt_format *format, int level,
	      const struct s2pt_leaf *leaf)
{
	struct row row = { .library = S2PT_ERR_XNX };
	s2pt_desc desc;

	row.mmu = s2pt_desc_leaf_encode(format, level, s2pt_pa_of(0), leaf, &desc);
	if (!sweep_row(sweep, &row))
		return;
	print("unexplained %s level %d refused", sweep->name, level);
	sweep_print_row(&row);
}

/* Map the block or page around the probe at IPA_BASE, and the guest's first pages to both. */
static void
map_probe(const struct s2pt_leaf *leaf, int level)
{
	uint64_t size = UINT64_C(1) << s2pt_format_level_lg2(stage2_format(), level);
	uint64_t probe = (uint64_t)(uintptr_t)guest_probe;
	uint64_t vectors = (uint64_t)(uintptr_t)guest_vectors;

	stage2_map(IPA_BASE, level, probe & ~(size - 1u), leaf);
	stage1_map(PROBE_PAGE, IPA_BASE + (probe & (size - 1u)), 0, S2PT_SH_ISH, STAGE1_RX);
	stage1_map(VECTORS_PAGE, vectors & ~UINT64_C(0xfff), 0, S2PT_SH_ISH, STAGE1_RX);
	write_vbar_el1(VECTORS_PAGE * UINT64_C(0x1000) + (vectors & 0xfffu));
	isb();
}

static void
sweep_level(struct sweep *sweep, const struct s2pt_format *format, int level)
{
	struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = format->sh0,
		.r = true,
		.af = true,
	};

	for (unsigned x = 0; x < 4; x++) {
		leaf.x_el1 = (x & 1u) != 0;
		leaf.x_el0 = (x & 2u) != 0;
		if (leaf.x_el1 != leaf.x_el0 && !cpu_has(S2PT_FEAT_XNX)) {
			check_refused(sweep, format, level, &leaf);
			continue;
		}
		stage2_begin(format);
		stage2_map_image();
		map_probe(&leaf, level);
		stage2_load(HCR_TID2);
		stage1_load(MAIR_WB, 0);
		compare(sweep, &leaf, level, 1);
		compare(sweep, &leaf, level, 0);
	}
}

void
xnx_sweep(struct sweep *sweep)
{
	struct s2pt_format format;

	for (unsigned i = 0; i < LAYOUT_COUNT; i++) {
		if (!layout_format(&layouts[i], 0, &format))
			continue;
		for (int level = format.start_level; level <= S2PT_LEVEL_LAST; level++) {
			/* A block of 4 TiB (64K, level 1) has no place beside the image. */
			if (layout_has_leaf(&format, level) &&
			    s2pt_format_level_lg2(&format, level) <= IPA_BASE_LG2)
				sweep_level(sweep, &format, level);
		}
	}
}
