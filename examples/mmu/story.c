/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * story.c: why the stage-2 type of a PCIe BAR matters. A guest that maps the BAR Normal-NC, to get
 * write-combining, gets Device all the same if stage 2 says Device. If stage 2 says Normal-NC, its
 * Normal-NC mapping is what it says, and its Device mapping stays Device.
 */
#include <s2pt/s2pt.h>

#include "cpu.h"
#include "io.h"
#include "par.h"
#include "stage1.h"
#include "stage2.h"
#include "sweep.h"

#define IPA_BASE UINT64_C(0x80000000)
#define STORY_SH S2PT_SH_ISH

struct guest_type {
	const char *name;
	uint8_t mair;
};

static const struct guest_type guest[] = {
	{ "Normal-WB", 0xff },
	{ "Normal-WT", 0xbb },
	{ "Normal-NC", 0x44 },
	{ "Device-nGnRE", 0x04 },
};
#define GUEST_TYPES ((unsigned)(sizeof(guest) / sizeof(guest[0])))

struct host_type {
	const char *name;
	enum s2pt_memtype type;
};

static const struct host_type host[] = {
	{ "RAM as Normal-WB", S2PT_MEM_NORMAL_WB },
	{ "BAR as Device-nGnRE", S2PT_MEM_DEVICE_nGnRE },
	{ "BAR as Normal-NC", S2PT_MEM_NORMAL_NC },
};
#define HOST_TYPES ((unsigned)(sizeof(host) / sizeof(host[0])))

static void
build_tables(void)
{
	struct s2pt_config config;
	struct s2pt_format format;
	uint64_t mair = 0;

	stage2_config(&config, S2PT_GRANULE_4K);
	config.ipa_bits = 40;
	must(s2pt_format_init(&format, cpu_features(), &config), "s2pt_format_init");
	stage2_begin(&format);
	stage2_map_image();
	for (unsigned h = 0; h < HOST_TYPES; h++) {
		struct s2pt_leaf leaf = {
			.type = host[h].type,
			.sh = STORY_SH,
			.r = true,
			.w = true,
			.af = true,
		};

		stage2_map(IPA_BASE + h * 0x1000u, 3, IPA_BASE + h * 0x1000u, &leaf);
	}
	for (unsigned g = 0; g < GUEST_TYPES; g++) {
		mair |= (uint64_t)guest[g].mair << 8 * g;
		for (unsigned h = 0; h < HOST_TYPES; h++)
			stage1_map(h * GUEST_TYPES + g, IPA_BASE + h * 0x1000u, g, STORY_SH,
				   STAGE1_RW);
	}
	stage2_load(0);
	stage1_load(mair, 0);
}

/*
 * "MMU = library kind": the byte that the MMU reports, the one that the library computes, its name.
 */
static void
print_cell(unsigned h, unsigned g)
{
	const struct s2pt_controls controls = stage2_controls();
	const struct s2pt_stage1 s1 = { .mair = guest[g].mair, .sh = STORY_SH };
	struct s2pt_stage2 s2 = { .sh = STORY_SH };
	struct s2pt_combined combined;
	unsigned computed;
	unsigned measured = par_attr(at_s12e1(AT_READ, (h * GUEST_TYPES + g) * UINT64_C(0x1000)));

	must(s2pt_memattr_encode(controls.feats, host[h].type, &s2.memattr), "s2pt_memattr_encode");
	must(s2pt_combine(&controls, &s1, &s2, &combined), "s2pt_combine");
	computed = combined.par_attr;
	if (measured == attr_without_xs(combined.par_attr))
		computed = measured;
	print(g + 1 < GUEST_TYPES ? "  %02x %s %02x %-12s" : "  %02x %s %02x %s", measured,
	      measured == computed ? "=" : "!", computed,
	      s2pt_kind_name(s2pt_attr_kind(&combined.attr)));
}

void
story(void)
{
	build_tables();
	print("PAR_EL1.ATTR, as the MMU reports it = as s2pt_combine() has it; HCR_EL2.FWB = %u\n",
	      (unsigned)((stage2_format()->feats & S2PT_FEAT_S2FWB) != 0));
	print("%-19s", "stage 2 \\ guest says");
	for (unsigned g = 0; g < GUEST_TYPES; g++)
		print(g + 1 < GUEST_TYPES ? "  %02x %-17s" : "  %02x %s", (unsigned)guest[g].mair,
		      guest[g].name);
	print("\n");
	for (unsigned h = 0; h < HOST_TYPES; h++) {
		print("%-19s", host[h].name);
		for (unsigned g = 0; g < GUEST_TYPES; g++)
			print_cell(h, g);
		print("\n");
	}
}
