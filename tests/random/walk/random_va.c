/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * va.h against an account of stage 1 that was written without sight of it, and against the simulated machine's walker
 * of stage 2: registers and stage-1 tables that nobody made with care, below a stage 2 that maps most addresses to
 * themselves, and refuses some.
 *
 *     random-va FIRST COUNT: so many machines, from that seed on
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <s2pt/s2pt.h>

#include "draw.h"
#include "model.h"
#include "ref.h"
#include "ref_stage1.h"

#define POOL_BYTES (UINT64_C(2) << 20)
#define S2_BYTES   (UINT64_C(64) << 10) /* of it: 16 tables of stage 2 */
#define WALKS      300
#define GIB        (UINT64_C(1) << 30)
#define MIB2       (UINT64_C(1) << 21)

enum {
	TRANSLATES,
	AT_STAGE1,
	AT_FETCH,
	AT_UPDATE,
	AT_STAGE2,
	OUTCOMES,
};

static struct {
	struct model_config config;
	struct model *model;
	struct s2pt_features cpu;
	struct s2pt_format format;
	struct s2pt_walker walker;
	struct ref_stage1_cpu ref_cpu;
	struct ref_stage1_regs regs;
	struct s2pt_stage1_regs our_regs;
	uint64_t hcr;
	bool mte2;
	uint64_t seed;
	uint64_t count[OUTCOMES], faults[6], types;
} t;

/* What should come out, put together from both accounts. */
struct wanted {
	struct ref_stage1_result s1;
	struct model_outcome s2; /* of the last fetch, of the update or of the access */
	int end;
};

/* --- A machine -------------------------------------------------------------------------------------- */

static void
choose_cpu(void)
{
	static const unsigned sizes[] = { 40, 44, 48, 52, 52 };
	struct model_features *feat = &t.config.feat;

	model_config_default(&t.config);
	feat->pa_bits = sizes[random_below(5)];
	feat->lpa2 = feat->pa_bits == 52 && !one_in(3);
	feat->ttst = one_in(2);
	feat->ha = !one_in(3);
	feat->hd = feat->ha && !one_in(3);
	feat->fwb = one_in(2);
	feat->xs = one_in(2);
	feat->mte_perm = one_in(4);
	t.mte2 = feat->mte_perm || one_in(2);
	t.config.pool_pa = (1 + random_below(400)) * GIB;
	t.config.pool_bytes = POOL_BYTES;
	t.cpu = (struct s2pt_features){
		.feats = (feat->lpa2 ? S2PT_FEAT_LPA2 : 0) | (feat->ttst ? S2PT_FEAT_TTST : 0) | S2PT_FEAT_XNX |
			 (feat->ha ? S2PT_FEAT_HAFDBS_AF : 0) | (feat->hd ? S2PT_FEAT_HAFDBS_DBM : 0) |
			 (feat->fwb ? S2PT_FEAT_S2FWB : 0) | (feat->xs ? S2PT_FEAT_XS : 0) |
			 (feat->mte_perm ? S2PT_FEAT_MTE_PERM : 0) | (t.mte2 ? S2PT_FEAT_MTE2 : 0),
		.pa_bits = (uint8_t)feat->pa_bits,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = feat->lpa2,
		.lpa2_16k = feat->lpa2,
	};
	t.ref_cpu = (struct ref_stage1_cpu){
		.pa_bits = feat->pa_bits, .lpa2 = feat->lpa2, .ttst = feat->ttst, .ha = feat->ha, .hd = feat->hd
	};
}

static uint64_t
choose_ttbr(void)
{
	uint64_t root = one_in(20) ? random_bits(52) : t.config.pool_pa + S2_BYTES + (random_bits(16) << 4);

	if (!one_in(4))
		root &= ~UINT64_C(0xffff);
	return (root & UINT64_C(0xffffffffffff)) | (root >> 48 & 0xf) << 2 | one_in(2);
}

static void
choose_stage1(void)
{
	const uint64_t usual = UINT64_C(16) | UINT64_C(16) << 16 | UINT64_C(6) << 32;

	t.regs.tcr = random_64() & ~(UINT64_C(3) << 55);
	if (one_in(20))
		t.regs.tcr |= UINT64_C(3) << 55; /* E0PD */
	if (!one_in(8))
		t.regs.tcr &= ~(UINT64_C(1) << 7 | UINT64_C(1) << 23); /* EPD */
	/* Input sizes that are there, and room for what comes out. */
	if (!one_in(8))
		t.regs.tcr = (t.regs.tcr & ~UINT64_C(0x7003f003f)) |
			     (usual + random_below(24) + (random_below(one_in(4) ? 34 : 24) << 16));
	t.regs.sctlr = (one_in(20) ? 0 : 1) | (one_in(2) ? 0x1004 : 0) | (one_in(4) ? 1u << 19 : 0);
	t.regs.mair = one_in(3) ? random_64() : UINT64_C(0x0c08040044bbeeff);
	t.regs.ttbr0 = choose_ttbr();
	t.regs.ttbr1 = choose_ttbr();
	t.our_regs = (struct s2pt_stage1_regs){ .sctlr = t.regs.sctlr,
						.tcr = t.regs.tcr,
						.mair = t.regs.mair,
						.ttbr0 = t.regs.ttbr0,
						.ttbr1 = t.regs.ttbr1 };
}

/* A descriptor of stage 1 for either half, which may have granules of their own. */
static uint64_t
random_descriptor(void)
{
	const uint64_t page = t.config.pool_pa + S2_BYTES + random_64() % (POOL_BYTES - S2_BYTES);
	const uint64_t address = (one_in(20)  ? random_bits(48)
				  : one_in(8) ? random_bits(39)
					      : page) &
				 UINT64_C(0xffffffff0000);
	uint64_t raw = address | (one_in(8) ? random_below(4) : one_in(3) ? 1
									  : 3);

	if (one_in(10))
		return raw | (random_64() & ~UINT64_C(0xffffffff0003));
	/* AttrIndx, AP, SH and AF; permissions of leaves, and more seldom those that tables pass down. */
	raw |= random_bits(10) & 0x3dc;
	raw |= one_in(6) ? 0 : 1u << 10;
	raw |= (uint64_t)(one_in(3) ? random_below(16) : 0) << 51;
	return raw | (uint64_t)(one_in(8) ? random_below(32) : 0) << 59;
}

/* Stage 2: 512 GiB by 1 GiB to themselves, of which some are by 2 MiB, and some are not as they should be. */
static uint64_t
stage2_leaf(uint64_t ipa)
{
	uint64_t raw =
		ipa | 0x4c1 | random_below(2) << 11 | random_below(4) << 8 | (one_in(8) ? random_below(16) : 15) << 2;

	if (one_in(16))
		return random_64() & (one_in(2) ? UINT64_C(0x60000000000000) | 0xfff : ~UINT64_C(3));
	if (one_in(8))
		raw ^= UINT64_C(1) << (one_in(2) ? 6 + random_below(5) : 51 + random_below(4));
	return raw;
}

/* The table at @table maps memory from @ipa on. */
static void
fill_table(uint64_t *table, uint64_t ipa, uint64_t bytes)
{
	for (unsigned n = 0; n < 512; n++)
		table[n] = stage2_leaf(ipa + n * bytes) | (bytes == 4096 ? 2 : 0);
}

/* The memory in which the tables are is mapped by pages, and some GiB are by 2 MiB. */
static void
fill_stage2(uint64_t *memory, uint64_t root)
{
	uint64_t *const level1 = memory + (root - t.config.pool_pa) / 8, *next = memory, *pages;

	fill_table(level1, 0, GIB);
	for (unsigned n = 0; n < 13; n++, next += 512) {
		const uint64_t at = n ? random_below(512) : t.config.pool_pa / GIB;

		if (next == level1)
			next += 512;
		fill_table(next, at * GIB, MIB2);
		level1[at] = (t.config.pool_pa + (uint64_t)(next - memory) * 8) | 3;
	}
	pages = next == level1 ? next + 512 : next;
	fill_table(pages, t.config.pool_pa, 4096);
	next = memory == level1 ? memory + 512 : memory;
	next[0] = (t.config.pool_pa + (uint64_t)(pages - memory) * 8) | 3;
}

/* --- What should come out --------------------------------------------------------------------------- */

static struct model_outcome
through_stage2(uint64_t ipa, enum model_kind kind, unsigned el)
{
	const struct model_access access = { .ipa = ipa, .kind = kind, .el = el };
	struct model_outcome outcome;

	model_walk(t.model, &access, &outcome);
	return outcome;
}

static bool
read_through(void *context, uint64_t address, uint64_t *value)
{
	struct wanted *wanted = context;

	wanted->s2 = through_stage2(address, MODEL_READ, 1);
	if (wanted->s2.result != MODEL_OK)
		wanted->end = AT_FETCH;
	return wanted->s2.result == MODEL_OK && read_model(t.model, wanted->s2.pa, value);
}

static void
expect(const struct s2pt_walk_access *access, uint64_t va, struct wanted *wanted)
{
	const struct ref_stage1_access s1 = { (enum ref_stage1_kind)access->kind, access->el0 };

	memset(wanted, 0, sizeof(*wanted));
	ref_stage1(&t.ref_cpu, &t.regs, t.hcr >> 12 & 1, read_through, wanted, &s1, va, &wanted->s1);
	if (wanted->end == AT_FETCH)
		return;
	wanted->end = AT_STAGE1;
	if (wanted->s1.fault)
		return;
	if (wanted->s1.updates) {
		wanted->end = AT_UPDATE;
		wanted->s2 = through_stage2(wanted->s1.address[wanted->s1.reads - 1], MODEL_WRITE, 1);
		if (wanted->s2.result != MODEL_OK)
			return;
	}
	wanted->s2 = through_stage2(wanted->s1.output, (enum model_kind)access->kind, !access->el0);
	wanted->end = wanted->s2.result == MODEL_OK ? TRANSLATES : AT_STAGE2;
}

/* --- Comparison -------------------------------------------------------------------------------------- */

static void
differ(const char *what, const struct s2pt_walk_access *access, uint64_t va, const struct s2pt_va_walk *walk,
       const struct wanted *wanted)
{
	printf("seed %" PRIu64 ": %s differs: TCR_EL1 0x%" PRIx64 " TTBR0_EL1 0x%" PRIx64 " TTBR1_EL1 0x%" PRIx64
	       " VA 0x%" PRIx64 " kind %d %s: stage 1 %s level %d, %u steps, output 0x%" PRIx64 " rights %u %u"
	       "; wanted: end %d, stage 1 fault %d level %d, %u steps, output 0x%" PRIx64
	       ", stage 2 result %d level %d\n",
	       t.seed, what, t.regs.tcr, t.regs.ttbr0, t.regs.ttbr1, va, (int)access->kind, access->el0 ? "EL0" : "EL1",
	       walk->s1.faults ? "faults" : "translates", walk->s1.fault.level, walk->s1.steps, walk->s1.output,
	       walk->s1.el1, walk->s1.el0, wanted->end, (int)wanted->s1.fault, wanted->s1.level, wanted->s1.reads,
	       wanted->s1.output, (int)wanted->s2.result, wanted->s2.level);
	exit(1);
}

#define SAME(what, condition)                                   \
	do {                                                    \
		if (!(condition))                               \
			differ(what, access, va, walk, wanted); \
	} while (0)

static unsigned
rights(bool r, bool w, bool x)
{
	return (r ? S2PT_RIGHT_READ : 0) | (w ? S2PT_RIGHT_WRITE : 0) | (x ? S2PT_RIGHT_EXEC : 0);
}

static void
compare_stage1(const struct s2pt_walk_access *access, uint64_t va, const struct s2pt_va_walk *walk,
	       const struct wanted *wanted)
{
	static const enum s2pt_fault_kind kinds[] = { S2PT_FAULT_OTHER, S2PT_FAULT_TRANSLATION,
						      S2PT_FAULT_ADDRESS_SIZE, S2PT_FAULT_ACCESS_FLAG,
						      S2PT_FAULT_PERMISSION, S2PT_FAULT_WALK_ABORT };
	const struct ref_stage1_result *want = &wanted->s1;
	const struct s2pt_walk *s1 = &walk->s1;

	SAME("whether stage 1 faults", s1->faults == (want->fault != REF_S1_NONE));
	SAME("the fault of stage 1",
	     !s1->faults || (s1->fault.kind == kinds[want->fault] && s1->fault.level == want->level));
	SAME("whether stage 1 is off", s1->off == want->off && s1->s1.off == want->off);
	SAME("how many steps", s1->steps == want->reads);
	for (unsigned n = 0; n < want->reads; n++)
		SAME("a step", s1->step[n].address == want->address[n] && s1->step[n].desc.raw == want->desc[n]);
	SAME("whether there is a leaf", s1->leaf == want->leaf);
	SAME("updates of stage 1", s1->updates == want->updates);
	if (!want->leaf)
		return;
	SAME("what stage 1 puts out", s1->output == want->output);
	if (want->off)
		return;
	SAME("the size", s1->lg2 == want->lg2);
	SAME("rights of EL1", s1->el1 == rights(want->r1, want->w1, want->x1));
	SAME("rights of EL0", s1->el0 == rights(want->r0, want->w0, want->x0));
	SAME("the MAIR byte", s1->s1.mair == want->mair);
	SAME("SH", s1->s1.sh == want->sh);
}

static void
compare_end(const struct s2pt_walk_access *access, uint64_t va, const struct s2pt_va_walk *walk,
	    const struct wanted *wanted)
{
	const bool stage2 = wanted->end == AT_FETCH || wanted->end == AT_UPDATE || wanted->end == AT_STAGE2;
	struct s2pt_fault_regs regs;

	SAME("whether it faults", !walk->fault == (wanted->end == TRANSLATES));
	SAME("stage 1 as the stage that faults", (walk->fault == &walk->s1) == (wanted->end == AT_STAGE1));
	SAME("stage 2 of the access", (walk->fault == &walk->s2) == (wanted->end == AT_STAGE2));
	if (wanted->end == TRANSLATES)
		SAME("the PA", walk->s2.output == wanted->s2.pa);
	if (wanted->end == TRANSLATES && walk->has_par)
		SAME("PAR_EL1", (walk->par & UINT64_C(0xffffffffff001)) == (wanted->s2.pa & UINT64_C(0xffffffffff000)));
	if (wanted->end == AT_STAGE1)
		SAME("PAR_EL1 of stage 1", walk->has_par && (walk->par & 0x301) == 1);
	if (!stage2)
		return;
	SAME("the registers", s2pt_fault_encode(&walk->fault->fault, &regs) == S2PT_OK);
	SAME("the fault of stage 2", (regs.esr & 63) == wanted->s2.fsc && walk->fault->fault.level == wanted->s2.level);
	SAME("what the registers say", is_as_reported(&walk->fault->fault));
	SAME("S1PTW", (regs.esr >> 7 & 1) == (wanted->end != AT_STAGE2));
	SAME("WnR", (regs.esr >> 6 & 1) == (wanted->end == AT_UPDATE ||
					    (wanted->end == AT_STAGE2 && access->kind == S2PT_FAULT_WRITE)));
	SAME("FAR_EL2", regs.far == va);
	SAME("PAR_EL1 of stage 2", walk->has_par && (walk->par & 0x37f) == (0x201 | wanted->s2.fsc << 1 |
									    (wanted->end != AT_STAGE2 ? 0x100u : 0)));
}

/* The memory type: where stage 2 is off it is that of stage 1, and not compared. */
static void
compare_type(const struct s2pt_walk_access *access, uint64_t va, const struct s2pt_va_walk *walk,
	     const struct wanted *wanted)
{
	const struct ref_combine_in in = {
		.access = access->kind == S2PT_FAULT_FETCH ? REF_FETCH : REF_DATA,
		.feat_xs = t.config.feat.xs,
		.feat_mte2 = t.mte2,
		.feat_mte_perm = t.config.feat.mte_perm,
		.s1_off = wanted->s1.off,
		.mair = (uint8_t)wanted->s1.mair,
		.s1_sh = (uint8_t)wanted->s1.sh,
		.s2_memattr = wanted->s2.desc >> 2 & 15,
		.s2_sh = wanted->s2.desc >> 8 & 3,
		.fwb = t.config.feat.fwb && (t.hcr >> 46 & 1),
		.fnxs = wanted->s2.desc >> 11 & 1,
		.cd = t.hcr >> 32 & 1,
		.id = t.hcr >> 33 & 1,
		.dc = t.hcr >> 12 & 1,
		.dct = (t.hcr >> 57 & 1) && (t.hcr >> 12 & 1),
		.sctlr_c = t.regs.sctlr >> 2 & 1,
		.sctlr_i = t.regs.sctlr >> 12 & 1,
	};
	struct ref_combine_out out;

	ref_combine(&in, &out);
	SAME("whether there is a type", (walk->status == S2PT_OK) == !out.reserved && walk->has_par == !out.reserved);
	if (out.reserved)
		return;
	SAME("ATTR", walk->combined.par_attr == out.par_attr && walk->par >> 56 == out.par_attr);
	SAME("SH of PAR_EL1", walk->combined.par_sh == out.par_sh && (walk->par >> 7 & 3) == out.par_sh);
	t.types++;
}

static void
walk_once(void)
{
	const struct s2pt_walk_access access = { .kind = (enum s2pt_fault_access)random_below(3), .el0 = one_in(2) };
	const struct s2pt_reader reader = { read_model, t.model };
	const bool upper = one_in(2);
	const unsigned size = 64 - (t.regs.tcr >> (upper ? 16 : 0) & 63);
	struct s2pt_va_walk walk;
	struct wanted wanted;
	uint64_t va = random_bits(size < 64 ? size : 63);

	if (upper)
		va = ~va;
	if (one_in(10))
		va ^= random_64() << (40 + random_below(24));
	memset(&walk, 0xa5, sizeof(walk));
	if (s2pt_walk_va(&t.cpu, &t.our_regs, &t.walker, &reader, &access, va, &walk) != !walk.fault) {
		printf("seed %" PRIu64 ": the answer is not that of the walk\n", t.seed);
		exit(1);
	}
	expect(&access, va, &wanted);
	compare_stage1(&access, va, &walk, &wanted);
	compare_end(&access, va, &walk, &wanted);
	if (wanted.end == TRANSLATES && (t.hcr & 1))
		compare_type(&access, va, &walk, &wanted);
	t.count[wanted.end]++;
	t.faults[wanted.s1.fault]++;
}

static void
run(uint64_t seed)
{
	struct s2pt_stage2_regs stage2 = { .space = S2PT_SPACE_NONSECURE };
	uint64_t *memory, root;

	t.seed = seed;
	random_state = seed * 2654435761u + 7u;
	choose_cpu();
	choose_stage1();
	t.model = model_new(&t.config);
	if (!t.model || !model_alloc(t.model, 4096, &root)) {
		printf("seed %" PRIu64 ": no machine\n", seed);
		exit(1);
	}
	/* 4K, 39 bits from level 1. Without VM, addresses are what they are. */
	t.hcr = one_in(3) ? 0 : 1;
	if (one_in(20))
		t.hcr |= 1 | 1 << 12; /* DC */
	/* FWB, CD, ID, DCT */
	t.hcr |= (random_64() & (UINT64_C(1) << 46 | UINT64_C(1) << 57)) |
		 (one_in(4) ? (uint64_t)random_below(4) << 32 : 0);
	stage2.vtcr = UINT64_C(1) << 31 | UINT64_C(7) << 16 | 1 << 6 | 25;
	stage2.vttbr = root;
	stage2.hcr = t.hcr;
	model_set_regs(t.model, &(struct model_regs){ .vtcr = stage2.vtcr, .vttbr = root, .hcr = t.hcr });
	memory = model_virt(t.model, t.config.pool_pa);
	for (size_t n = S2_BYTES / 8; n < POOL_BYTES / 8; n++)
		memory[n] = random_descriptor();
	fill_stage2(memory, root);
	if (s2pt_walker_init(&t.walker, &t.format, &t.cpu, &stage2) != S2PT_OK) {
		printf("seed %" PRIu64 ": the registers are refused\n", seed);
		exit(1);
	}
	for (unsigned n = 0; n < WALKS; n++)
		walk_once();
	model_free(t.model);
}

int
main(int argc, char **argv)
{
	const uint64_t count = run_machines(argc, argv, run);

	printf("%" PRIu64 " machines alike: %" PRIu64 " walks translate (%" PRIu64 " types), %" PRIu64
	       " fault at stage 1 (%" PRIu64 " Translation, %" PRIu64 " Address size, %" PRIu64 " Access flag, %" PRIu64
	       " Permission, %" PRIu64 " no memory), at stage 2 %" PRIu64 " for a table, %" PRIu64
	       " for the update of one, %" PRIu64 " for the access\n",
	       count, t.count[TRANSLATES], t.types, t.count[AT_STAGE1], t.faults[1], t.faults[2], t.faults[3],
	       t.faults[4], t.faults[5] - t.count[AT_FETCH], t.count[AT_FETCH], t.count[AT_UPDATE], t.count[AT_STAGE2]);
	/* A comparison that never meets one of them proves nothing of it. */
	for (unsigned n = 0; n < OUTCOMES; n++)
		if (count >= 50 && !t.count[n])
			return 1;
	return 0;
}
