/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* sweep.c: see sweep.h. */
#include "sweep.h"

#include "io.h"

#define PRINTED_ROWS 5u

/* clang-format off */
static const struct {
	const char *name;
	const char *text;
} rules[RULE_COUNT] = {
	[RULE_D1] = { "D1",
		"FWB=1, Device over Device: stage 2's type, though it may be WEAKER" },
	[RULE_D2] = { "D2",
		"FWB=1 and HCR_EL2.CD=1, MemAttr 0b110 or 0b111: CD is ignored" },
	[RULE_D3] = { "D3",
		"FWB=0, one stage Device: the Normal one's inner half is taken for a Device type" },
	[RULE_D4] = { "D4",
		"FWB=0, Write-Back transient over Write-Through: the transient hint is lost" },
	[RULE_D5] = { "D5",
		"FWB=1, stage 1 off: its Device is taken for NSH instead of OSH" },
	[RULE_D6] = { "D6",
		"FWB=0, stage 1 Device with XS=0: its type is lost, and the result may be WEAKER" },
	[RULE_D7] = { "D7",
		"MAIR 0xa0: the inner half is not known to be Write-Through" },
	[RULE_D8] = { "D8",
		"FWB=1, MemAttr 0b1110 (FEAT_MTE_PERM): stage 1's attribute, not Write-Back" },
	[RULE_V1] = { "V1",
		"an IPA size or start level that needs more than VTCR_EL2.PS is refused" },
	[RULE_V2] = { "V2",
		"16K with DS=1: start level 0 is refused" },
	[RULE_V3] = { "V3",
		"4K with DS=1: start level -1 is refused unless the IPA size is 52" },
	[RULE_V4] = { "V4",
		"a block is accepted at a level that has none" },
	[RULE_V5] = { "V5",
		"a stage-2 fault on a stage-1 walk reports the level of stage 1" },
	[RULE_V7] = { "V7",
		"AT S12E1W makes a writable-clean page dirty" },
	[RULE_V9] = { "V9",
		"PS of 48 bits or less: the highest bits of a 52-bit output address are ignored" },
	[RULE_V10] = { "V10",
		"AT S12E1W of a writable-clean page reports a Permission fault" },
	[RULE_A1] = { "A1",
		"an AT that stage 2 does not permit ends the emulator" },
};
/* clang-format on */

/* Is it this value, which may not be there? */
static bool
is_other(const struct row *row, uint64_t value)
{
	return value != 0 && row->mmu == value;
}

bool
sweep_row(struct sweep *sweep, const struct row *row)
{
	sweep->rows++;
	if (row->mmu == row->library || is_other(row, row->also)) {
		sweep->agree++;
		return false;
	}
	if (row->rule != RULE_NONE && (row->mmu == row->emulator || is_other(row, row->older))) {
		if (sweep->by_rule[row->rule]++ == 0 && sweep->show)
			reproduce(rules[row->rule].name, row);
		sweep->deviating++;
		return false;
	}
	return sweep->unexplained++ < PRINTED_ROWS;
}

void
sweep_print_row(const struct row *row)
{
	print(": mmu %lx library %lx", row->mmu, row->library);
	if (row->rule != RULE_NONE)
		print(", but %s predicts %lx", rules[row->rule].name, row->emulator);
	print("\n");
}

void
sweep_print(const struct sweep *sweep)
{
	print("sweep %s rows %u agree %u undefined %u deviating %u unexplained %u\n", sweep->name,
	      sweep->rows, sweep->agree, sweep->undefined, sweep->deviating, sweep->unexplained);
	for (unsigned rule = 1; rule < RULE_COUNT; rule++) {
		if (sweep->by_rule[rule] != 0)
			print("%s %s %s %u\n", rule == RULE_A1 ? "avoided" : "deviation", sweep->name,
			      rules[rule].name, sweep->by_rule[rule]);
	}
}

static void
print_rules_in_prose(const struct sweep *sweep)
{
	for (unsigned rule = 1; rule < RULE_COUNT; rule++) {
		if (sweep->by_rule[rule] != 0)
			print("%-7s%-3s %6u  %s\n", sweep->name, rules[rule].name,
			      sweep->by_rule[rule], rules[rule].text);
	}
}

void
sweep_print_prose(const struct sweep *sweeps, unsigned count)
{
	uint32_t deviating = 0, avoided = 0;

	print("\nsweep     rows   agree  deviate  undefined  unexplained\n");
	for (unsigned i = 0; i < count; i++) {
		print("%-6s %7u %7u %8u %10u %12u  %s\n", sweeps[i].name, sweeps[i].rows,
		      sweeps[i].agree, sweeps[i].deviating, sweeps[i].undefined,
		      sweeps[i].unexplained, sweeps[i].text);
		deviating += sweeps[i].deviating;
		avoided += sweeps[i].avoided;
	}
	print("undefined: CONSTRAINED UNPREDICTABLE or RES0, not compared\n");
	if (avoided != 0)
		print("not asked: %u rows, by A1 below\n", avoided);
	if (deviating + avoided == 0)
		return;
	print("deviate: the emulator leaves the architecture in a way that is known by name:\n");
	for (unsigned i = 0; i < count; i++)
		print_rules_in_prose(&sweeps[i]);
}
