/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fuzz_dump: dumps, and the tables in them, of which nothing is believed. A walk ends after five reads a stage, going
 * through everything ends, and both say the same of where a run begins and ends.
 *
 * Input: a byte (bit 0: raw memory, else ELF), VTCR_EL2, VTTBR_EL2, HCR_EL2, TCR_EL1, an address and the base of raw
 * memory (eight bytes each), then the dump.
 */
#include "dump.h"
#include "fuzz.h"
#include "tree.h"

static struct {
	struct dump dump;
	struct s2pt_features cpu;
	struct s2pt_format format;
	struct s2pt_walker walker;
	unsigned reads;
	uint64_t end;  /* of the last run, and */
	unsigned runs; /* how many there were */
} m;

static bool
read_counted(void *context, uint64_t address, uint64_t *value)
{
	m.reads++;
	return dump_read(context, address, value);
}

static const struct s2pt_reader reader = { read_counted, &m.dump };

/* Is @pa what a walk of @ipa finds, at this level? A block may be larger than all addresses. */
static void
check_place(const struct tree_run *run, uint64_t ipa, uint64_t pa)
{
	const struct s2pt_walk_access access = { .kind = S2PT_FAULT_READ };
	const struct s2pt_walk_step *last;
	struct s2pt_walk walk;

	m.reads = 0;
	s2pt_walk_stage2(&m.walker, &reader, &access, s2pt_ipa_of(ipa), &walk);
	REQUIRE(m.reads <= S2PT_WALK_STEPS && walk.steps > 0, "%u reads", m.reads);
	last = &walk.step[walk.steps - 1];
	REQUIRE(last->level == run->level, "IPA 0x%llx: level %d, not %d", (unsigned long long)ipa, last->level,
		run->level);
	if (run->annotation)
		REQUIRE(last->desc.raw == run->desc.raw, "IPA 0x%llx: another annotation", (unsigned long long)ipa);
	else
		REQUIRE((walk.leaf && walk.output == pa) || pa >> m.format.oa_bits, "IPA 0x%llx: another PA",
			(unsigned long long)ipa);
}

static void
on_run(void *context, const struct tree_run *run)
{
	(void)context;
	REQUIRE(run->size && run->ipa >= m.end, "runs are not in order");
	m.end = run->ipa + run->size;
	REQUIRE(m.end <= UINT64_C(1) << m.format.ipa_bits, "a run is beyond the IPA size");
	if (m.runs++ < 64) {
		check_place(run, run->ipa, run->pa);
		check_place(run, m.end - 1, run->pa + run->size - 1);
	}
}

static void
on_problem(void *context, enum tree_problem problem, const struct tree_place *place)
{
	(void)context;
	REQUIRE(problem <= TREE_MANY && place->size && place->ipa + place->size <= UINT64_C(1) << m.format.ipa_bits,
		"a problem");
	REQUIRE(s2pt_format_has_level(&m.format, place->level), "level %d", place->level);
	REQUIRE(problem != TREE_BEYOND || place->pa >> m.format.oa_bits, "0x%llx is not beyond",
		(unsigned long long)place->pa);
}

static void
walk_all(const uint64_t *word)
{
	static const struct tree_visitor visitor = { .run = on_run, .problem = on_problem };
	const struct s2pt_stage1_regs stage1 = {
		.sctlr = 0x1005, .tcr = word[3], .mair = UINT64_C(0xff440400), .ttbr0 = word[4], .ttbr1 = word[1]
	};
	const struct s2pt_walk_access access = { .kind = (enum s2pt_fault_access)(word[4] % 3), .el0 = word[4] & 8 };
	static struct s2pt_va_walk walk;

	m.reads = 0;
	s2pt_walk_va(&m.cpu, &stage1, &m.walker, &reader, &access, word[4], &walk);
	REQUIRE(m.reads <= S2PT_WALK_STEPS * (S2PT_WALK_STEPS + 2) + S2PT_WALK_STEPS, "%u reads", m.reads);
	if (m.walker.status != S2PT_OK)
		return;
	m.walker.hcr.stage2 = true;
	m.end = 0;
	m.runs = 0;
	tree_visit(&m.dump, &m.walker, &visitor);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t word[6];
	struct s2pt_stage2_regs regs;
	int status;

	if (size < 1 + sizeof(word))
		return 0;
	memcpy(word, data + 1, sizeof(word));
	regs = (struct s2pt_stage2_regs){ .vtcr = word[0], .vttbr = word[1], .hcr = word[2] };
	m.cpu = (struct s2pt_features){
		.feats = S2PT_FEAT_LPA | S2PT_FEAT_LPA2 | S2PT_FEAT_TTST | S2PT_FEAT_S2FWB | S2PT_FEAT_XNX |
			 S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HPDS2 | S2PT_FEAT_VMID16,
		.pa_bits = 52,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = true,
		.lpa2_16k = true,
	};
	m.dump = (struct dump){ 0 };
	status = dump_add(&m.dump, "fuzz", "data", data + 1 + sizeof(word), size - 1 - sizeof(word),
			  data[0] & 1 ? &word[5] : NULL);
	if (status == 0)
		status = dump_sort(&m.dump, "fuzz");
	if (status == 0 && s2pt_walker_init(&m.walker, &m.format, &m.cpu, &regs) == S2PT_OK)
		walk_all(word);
	dump_close(&m.dump);
	return 0;
}
