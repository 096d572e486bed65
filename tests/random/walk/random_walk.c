/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * walk.h against the simulated machine's walker, on tables and registers that nobody made with care: descriptors of
 * every type at every place, loops, tables outside of memory and beyond the PA size, register values that fault.
 *
 *     random-walk FIRST COUNT: so many machines, from that seed on
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <s2pt/s2pt.h>

#include "draw.h"
#include "model.h"

#define POOL_BYTES (UINT64_C(2) << 20)
#define WALKS      400

static struct {
	struct model_config config;
	struct model_regs regs;
	struct model *model;
	struct s2pt_features cpu;
	struct s2pt_format format;
	struct s2pt_walker walker;
	unsigned granule_lg2;
	bool ds;
	uint64_t seed;
	uint64_t count[8]; /* of results, by enum model_result; the last: registers that fault */
} t;

/* --- A machine -------------------------------------------------------------------------------------- */

static void
choose_cpu(void)
{
	static const unsigned sizes[] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	struct model_features *feat = &t.config.feat;

	model_config_default(&t.config);
	feat->pa_bits = sizes[random_below(8)];
	feat->lpa2 = feat->pa_bits == 52 && !one_in(3);
	feat->ttst = one_in(2);
	feat->xnx = !one_in(3);
	feat->fwb = one_in(2);
	feat->xs = one_in(2);
	feat->mte_perm = one_in(3);
	feat->ha = !one_in(3);
	feat->hd = feat->ha && !one_in(3);
	feat->bbm = random_below(3);
	t.cpu = (struct s2pt_features){
		.feats = (feat->lpa2 ? S2PT_FEAT_LPA2 : 0) | (feat->ttst ? S2PT_FEAT_TTST : 0) |
			 (feat->xnx ? S2PT_FEAT_XNX : 0) | (feat->fwb ? S2PT_FEAT_S2FWB : 0) |
			 (feat->xs ? S2PT_FEAT_XS : 0) | (feat->mte_perm ? S2PT_FEAT_MTE_PERM : 0) |
			 (feat->ha ? S2PT_FEAT_HAFDBS_AF : 0) | (feat->hd ? S2PT_FEAT_HAFDBS_DBM : 0) |
			 (feat->bbm ? S2PT_FEAT_BBML1 : 0) | (feat->bbm > 1 ? S2PT_FEAT_BBML2 : 0) |
			 (feat->pa_bits == 52 ? S2PT_FEAT_LPA : 0),
		.pa_bits = (uint8_t)feat->pa_bits,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = feat->lpa2,
		.lpa2_16k = feat->lpa2,
	};
}

/* Mostly a start level and an input size that fit each other; else anything. */
static void
choose_vtcr(void)
{
	static const unsigned granules[] = { 12, 16, 14 };
	const unsigned tg0 = random_below(3), sl0 = random_below(4);
	const bool sl2 = one_in(8);
	unsigned t0sz = random_below(64), levels;

	t.granule_lg2 = granules[tg0];
	t.ds = t.config.feat.lpa2 && t.granule_lg2 != 16 && one_in(2);
	levels = t.granule_lg2 != 12 ? sl0 + 1 : sl2 ? 5
				       : sl0 == 3    ? 1
						     : sl0 + 2;
	if (!one_in(6)) {
		const unsigned least = (levels - 1) * (t.granule_lg2 - 3) + t.granule_lg2 + 1;

		t0sz = (64 - least - random_below(t.granule_lg2 + 1)) & 63;
	}
	t.regs.vtcr = UINT64_C(1) << 31 | tg0 << 14 | t0sz | sl0 << 6 | (uint64_t)sl2 << 33 | random_below(4) << 12 |
		      (one_in(2) ? 7u : random_below(8)) << 16 | (t.ds || one_in(8) ? UINT64_C(1) << 32 : 0) |
		      random_below(4) << 21 | random_below(16) << 8 | random_below(16) << 25;
}

static void
choose_regs(void)
{
	const unsigned pool_lg2 = 24 + random_below(t.config.feat.pa_bits - 24);

	/* Registers that fault everywhere are interesting, and soon looked at. (PS, HWUnn and an idle DS make none.) */
	do {
		uint64_t vtcr;

		choose_vtcr();
		vtcr = t.regs.vtcr & ~(UINT64_C(7) << 16 | UINT64_C(15) << 25 | (t.ds ? 0 : UINT64_C(1) << 32));
		if (s2pt_vtcr_decode(&t.cpu, false, S2PT_SPACE_NONSECURE, vtcr, &t.format) == S2PT_OK)
			break;
	} while (!one_in(20));
	t.regs.hcr =
		MODEL_HCR_VM | (one_in(2) ? MODEL_HCR_FWB : 0) | (one_in(8) ? MODEL_HCR_CD : 0) | (one_in(8) ? 4 : 0);
	t.config.pool_pa = UINT64_C(1) << pool_lg2;
	t.config.pool_bytes = POOL_BYTES;
	t.config.seed = t.seed;
}

/* Where the start table is: mostly where the tables are. */
static uint64_t
choose_root(void)
{
	uint64_t root = one_in(20) ? random_bits(52) : t.config.pool_pa + (one_in(2) ? 0 : random_bits(16) << 12);

	if (one_in(2))
		root &= ~UINT64_C(0xffff);
	return (root & UINT64_C(0xffffffffffff)) | (root >> 48 & 0xf) << 2 | UINT64_C(1) << 48;
}

static uint64_t
descriptor_address(uint64_t address)
{
	const uint64_t low = address & UINT64_C(0xfffffffff000);

	if (t.ds)
		return low | (address >> 48 & 3) << 48 | (address >> 50 & 3) << 8;
	if (t.granule_lg2 == 16 && t.config.feat.pa_bits == 52)
		return (low & ~UINT64_C(0xffff)) | (address >> 48 & 0xf) << 12;
	return low;
}

static uint64_t
random_descriptor(void)
{
	const uint64_t page = t.config.pool_pa + (random_64() % POOL_BYTES & ~((UINT64_C(1) << t.granule_lg2) - 1));
	const uint64_t address = one_in(20) ? random_bits(52) : one_in(10) ? random_bits(t.config.feat.pa_bits)
									   : page;
	uint64_t raw = descriptor_address(address) | (one_in(8) ? random_below(4) : one_in(3) ? 1
											      : 3);

	if (one_in(10))
		return raw | (random_64() & ~UINT64_C(3) & (one_in(2) ? UINT64_MAX : ~UINT64_C(0xffffffff)));
	/* MemAttr, S2AP, AF and XN; with DS=0 SH. */
	raw |= (random_64() & (UINT64_C(0x60000000000000) | (t.ds ? 0xfc : 0x3fc))) | (one_in(5) ? 0 : 1u << 10);
	return one_in(2) ? raw | (uint64_t)random_below(4) << 51 : raw;
}

/* --- Comparison -------------------------------------------------------------------------------------- */

static void
differ(const char *what, const struct model_access *access, const struct s2pt_walk *walk,
       const struct model_outcome *want)
{
	printf("seed %" PRIu64 ": %s differs: VTCR_EL2 0x%" PRIx64 " VTTBR_EL2 0x%" PRIx64 " HCR_EL2 0x%" PRIx64
	       " IPA 0x%" PRIx64 " kind %d EL%u: %s level %d, steps %u, output 0x%" PRIx64
	       "; the machine: result %d level %d PA 0x%" PRIx64 " descriptor 0x%" PRIx64 "\n",
	       t.seed, what, t.regs.vtcr, t.regs.vttbr, t.regs.hcr, access->ipa, (int)access->kind, access->el,
	       walk->faults ? "faults" : "translates", walk->fault.level, walk->steps, walk->output, (int)want->result,
	       want->level, want->pa, want->desc);
	exit(1);
}

static unsigned
fault_code(const struct s2pt_fault *fault)
{
	struct s2pt_fault_regs regs;

	return s2pt_fault_encode(fault, &regs) == S2PT_OK ? regs.esr & 63 : 64;
}

/* What hardware changes in the leaf. */
static uint64_t
updates_of(const struct model_access *access, const struct model_outcome *want)
{
	uint64_t bits = 0;

	if (!(want->desc >> 10 & 1))
		bits |= UINT64_C(1) << 10;
	if (access->kind == MODEL_WRITE && !(want->desc >> 7 & 1))
		bits |= UINT64_C(1) << 7;
	return bits;
}

static void
compare(const struct model_access *access, const struct s2pt_walk *walk, const struct model_outcome *want)
{
	const unsigned el1 = (want->r ? S2PT_RIGHT_READ : 0) | (want->w ? S2PT_RIGHT_WRITE : 0);
	const bool leaf =
		want->result == MODEL_OK || want->result == MODEL_ACCESS_FLAG || want->result == MODEL_PERMISSION;

#define SAME(what, condition)                             \
	do {                                              \
		if (!(condition))                         \
			differ(what, access, walk, want); \
	} while (0)
	SAME("whether it faults", walk->faults == (want->result != MODEL_OK));
	SAME("the fault", !walk->faults || fault_code(&walk->fault) == want->fsc);
	SAME("the level", !walk->faults || walk->fault.level == want->level);
	SAME("the access", !walk->faults || (int)walk->fault.access == (int)access->kind);
	SAME("what the registers say", !walk->faults || is_as_reported(&walk->fault));
	SAME("whether there is a leaf", walk->leaf == leaf);
	if (!leaf)
		return;
	SAME("the PA", walk->output == want->pa);
	SAME("the descriptor", walk->step[walk->steps - 1].desc.raw == want->desc);
	SAME("its address", walk->step[walk->steps - 1].address == want->desc_pa);
	SAME("the size", walk->lg2 == want->size_lg2);
	SAME("rights of EL1", walk->el1 == (el1 | (want->x1 ? S2PT_RIGHT_EXEC : 0)));
	SAME("rights of EL0", walk->el0 == (el1 | (want->x0 ? S2PT_RIGHT_EXEC : 0)));
	SAME("MemAttr", walk->s2.memattr == want->memattr);
	/* (Where SH0 is reserved the library takes another.) */
	SAME("SH", walk->s2.sh == want->sh || (t.regs.vtcr >> 12 & 3) == S2PT_SH_RESERVED);
	SAME("updates", walk->updates == (walk->faults ? 0 : updates_of(access, want)));
#undef SAME
}

static void
walk_once(void)
{
	const unsigned ia = 64 - (t.regs.vtcr & 63);
	const struct model_access access = {
		.ipa = one_in(20) ? random_64() >> random_below(64) : random_bits(ia),
		.kind = (enum model_kind)random_below(3),
		.el = random_below(2),
	};
	const struct s2pt_reader reader = { read_model, t.model };
	const struct s2pt_walk_access ours = { .kind = (enum s2pt_fault_access)access.kind, .el0 = !access.el };
	struct model_outcome want;
	struct s2pt_walk walk;

	memset(&walk, 0xa5, sizeof(walk));
	if (s2pt_walk_stage2(&t.walker, &reader, &ours, s2pt_ipa_of(access.ipa), &walk) == walk.faults) {
		printf("seed %" PRIu64 ": the answer is not that of the walk\n", t.seed);
		exit(1);
	}
	model_walk(t.model, &access, &want);
	compare(&access, &walk, &want);
	t.count[t.walker.status == S2PT_OK ? want.result : 7]++;
}

static void
run(uint64_t seed)
{
	uint64_t *memory, root;

	t.seed = seed;
	random_state = seed * 2654435761u + 1u;
	choose_cpu();
	choose_regs();
	t.model = model_new(&t.config);
	/* The machine looks at what it is given: it gets an empty table, which is then filled behind its back. */
	if (!t.model || !model_alloc(t.model, POOL_BYTES / 2, &root)) {
		printf("seed %" PRIu64 ": no machine\n", seed);
		exit(1);
	}
	memory = model_virt(t.model, t.config.pool_pa);
	memset(memory, 0, POOL_BYTES);
	t.regs.vttbr = choose_root();
	model_set_regs(t.model, &t.regs);
	for (size_t n = 0; n < POOL_BYTES / sizeof(*memory); n++)
		memory[n] = random_descriptor();
	if (s2pt_walker_init(&t.walker, &t.format, &t.cpu,
			     &(struct s2pt_stage2_regs){
				     .hcr = t.regs.hcr, .vtcr = t.regs.vtcr, .vttbr = t.regs.vttbr }) != S2PT_OK) {
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

	printf("%" PRIu64 " machines alike: %" PRIu64 " walks translate, %" PRIu64
	       " end in a Translation fault, %" PRIu64 " in Address size, %" PRIu64 " in Access flag, %" PRIu64
	       " in Permission, %" PRIu64 " in an external abort, %" PRIu64 " at registers\n",
	       count, t.count[MODEL_OK], t.count[MODEL_TRANSLATION], t.count[MODEL_ADDRESS_SIZE],
	       t.count[MODEL_ACCESS_FLAG], t.count[MODEL_PERMISSION], t.count[MODEL_EXTERNAL_ABORT], t.count[7]);
	/* A comparison that never meets one of them proves nothing of it. */
	for (unsigned n = 0; n < 8; n++)
		if (count >= 50 && !t.count[n] && n != MODEL_TLB_CONFLICT)
			return 1;
	return 0;
}
