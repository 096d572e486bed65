/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The example host on the simulated machine, whose SMMU hears no broadcast TLBI: every operation is judged
 * by what CPUs *and* SMMU may still hold. Hosts that forget the SMMU, do not wait for it, or leave out a
 * command, are caught by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"
#include "host.h"
#include "model.h"
#include "steps.h"

#define CPU_VMID  1u
#define SMMU_VMID 9u
#define STREAM    0x1234u
#define RING_LG2  3u

/* What is wrong with the host, or with its hardware. */
enum seed {
	SEED_NONE,
	SEED_FORGETS_SMMU, /* invalidate() runs the CPUs' sequence alone */
	SEED_FORGETS_CPUS,
	SEED_DOES_NOT_WAIT, /* believes CMDQ_PROD, not CMDQ_CONS */
	SEED_NO_SYNC,       /* leaves CMD_SYNC out */
	SEED_NO_NH_ALL,     /* leaves CMD_TLBI_NH_ALL out */
	SEED_NO_S2_IPA,
	SEED_WRONG_VMID,
};

/* What is wrong with the SMMU. */
enum erratum {
	ERRATUM_NONE,
	ERRATUM_TWICE,       /* it does what it is told the second time */
	ERRATUM_GROUPS,      /* it drops a contiguous group if one command encloses it */
	ERRATUM_LOST_SINGLE, /* after a range a command for one address is lost, until CMD_SYNC */
	ERRATUM_SYNC,        /* it takes few commands before a CMD_SYNC: more are lost */
};

#define FEW_COMMANDS 3u

struct setup {
	const char *name;
	enum s2pt_granule granule;
	bool ds, ril, nested, ats;
	enum seed seed;
	const char *expected; /* the violation */
	enum erratum erratum;
};

struct world {
	const struct setup *setup;
	struct model *model;
	struct smmu_can can;
	struct smmu_host host;
	struct smmu_hardware hardware;
	struct s2pt_host_ops ops;
	struct s2pt_table table;
	struct s2pt_smmu_cmd ring[1u << RING_LG2];
	struct s2pt_smmu_ats ats[2];
	uint32_t prod, cons;
	uint64_t random;
	unsigned atc_invs, commands;
	bool ranged;       /* since the last CMD_SYNC a range was invalidated */
	unsigned unsynced; /* commands since then */
};

static uint64_t
next_random(struct world *world, uint64_t below)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return world->random % below;
}

/* --- The hardware ----------------------------------------------------------------------------------- */

static void
hw_tlbi(void *context, const struct s2pt_tlbi_step *step)
{
	struct world *world = context;

	if (world->setup->seed != SEED_FORGETS_CPUS)
		model_run_step(world->model, 0, step);
}

static void
hw_barrier(void *context)
{
	struct world *world = context;

	model_dsb(world->model, 0, MODEL_DSB_OSH | MODEL_DSB_ST);
}

static void
hw_write_prod(void *context, uint32_t prod)
{
	struct world *world = context;

	world->prod = prod;
}

static bool
is_left_out(const struct world *world, enum smmu_kind kind)
{
	enum seed seed = world->setup->seed;

	return (seed == SEED_NO_SYNC && kind == SMMU_SYNC) ||
	       (seed == SEED_NO_NH_ALL && kind == SMMU_TLBI_NH_ALL) ||
	       (seed == SEED_NO_S2_IPA && kind == SMMU_TLBI_S2_IPA) ||
	       (seed == SEED_FORGETS_SMMU && kind != SMMU_CFGI_STE);
}

/* What the model can say of a command: its TTL means "of that level alone". */
static void
tell_model(struct world *world, const struct smmu_command *command)
{
	struct model_smmu_cmd cmd = {
		.all = command->kind == SMMU_TLBI_S12_VMALL,
		.stage1 = command->kind == SMMU_TLBI_NH_ALL,
		.vmid = (uint16_t)command->vmid,
		.ipa = command->first,
		.last = command->last,
		.leaf = command->leaf,
		.ttl = command->ttl,
	};

	/* TG of another granule: nothing need go. */
	if (command->tg && 10 + 2 * command->tg != (unsigned)world->setup->granule)
		return;
	model_smmu_tlbi(world->model, &cmd);
}

/* Does the SMMU lose the command? */
static bool
is_lost(struct world *world, const struct smmu_command *command)
{
	const bool range = command->kind == SMMU_TLBI_S2_IPA && command->tg;
	const bool lost = command->kind == SMMU_TLBI_S2_IPA && !range && world->ranged &&
			  world->setup->erratum == ERRATUM_LOST_SINGLE;

	if (command->kind == SMMU_SYNC) {
		world->ranged = false;
		world->unsynced = 0;
		return false;
	}
	world->ranged = world->ranged || range;
	return (++world->unsynced > FEW_COMMANDS && world->setup->erratum == ERRATUM_SYNC) || lost;
}

static void
consume(struct world *world, const struct s2pt_smmu_cmd *cmd)
{
	struct smmu_command command;

	smmu_decode(&world->can, cmd->word, &command);
	world->commands++;
	if (command.illegal)
		fail_msg("%s: command 0x%llx 0x%llx: %s", world->setup->name,
			 (unsigned long long)cmd->word[0], (unsigned long long)cmd->word[1], command.illegal);
	world->atc_invs += command.kind == SMMU_ATC_INV;
	if (is_lost(world, &command) || is_left_out(world, command.kind))
		return;
	if (command.kind == SMMU_SYNC)
		model_smmu_sync(world->model);
	else if (command.kind != SMMU_ATC_INV && command.kind != SMMU_CFGI_STE)
		tell_model(world, &command);
}

/* One command is consumed whenever the host looks: waiting takes looking. */
static uint32_t
hw_read_cons(void *context)
{
	struct world *world = context;

	if (world->setup->seed == SEED_DOES_NOT_WAIT)
		return world->prod;
	if (world->cons != world->prod) {
		consume(world, &world->ring[world->cons & ((1u << RING_LG2) - 1u)]);
		world->cons = (world->cons + 1u) & ((2u << RING_LG2) - 1u);
	}
	return world->cons;
}

/* --- The host --------------------------------------------------------------------------------------- */

static bool
host_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	struct world *world = context;
	uint64_t pa;

	(void)what;
	if (!model_alloc(world->model, bytes, &pa))
		return false;
	page->pa = s2pt_pa_of(pa);
	page->virt = model_virt(world->model, pa);
	return true;
}

static void
host_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	struct world *world = context;

	(void)what;
	(void)bytes;
	for (size_t i = 0; i < count; i++)
		model_retire(world->model, pages[i].pa.addr);
}

static void *
host_to_virt(void *context, s2pt_pa pa)
{
	struct world *world = context;

	return model_virt(world->model, pa.addr);
}

static void
host_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct world *world = context;

	smmu_host_invalidate(&world->host, requests, count);
	assert_false(world->host.broken);
}

static void
host_publish(void *context)
{
	struct world *world = context;

	model_dsb(world->model, 0, MODEL_DSB_OSH | MODEL_DSB_ST);
	model_isb(world->model, 0);
}

static bool
host_clean(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	(void)bytes;
	return true;
}

static void
host_fetch(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	(void)bytes;
}

static void
host_trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	struct world *world = context;

	model_store(world->model, 0, model_phys(world->model, entry), before.raw, after.raw, MODEL_PLAIN);
}

/* --- Opening ---------------------------------------------------------------------------------------- */

/* S2P S1P TTF=AArch64 COHACC ATS VMID16; XNX FWB STT BBML=1; all granules, 48 or 52 bits. */
static struct s2pt_smmu_id_regs
id_regs(const struct setup *setup)
{
	struct s2pt_smmu_id_regs regs = {
		.idr0 = 1u | 1u << 1 | 2u << 2 | 1u << 4 | (setup->ats ? 1u << 10 : 0) | 1u << 18,
		.idr3 = 1u << 4 | 1u << 8 | 1u << 9 | (setup->ril ? 1u << 10 : 0) | 1u << 11,
		.idr5 = (setup->ds ? 6u : 5u) |
			7u << 4 | (setup->ds ? 1u << 7 : 0),
	};

	return regs;
}

static void
open_model(struct world *world)
{
	struct model_config config;

	model_config_default(&config);
	config.feat.pa_bits = world->setup->ds ? 52 : 48;
	config.feat.lpa2 = world->setup->ds;
	config.feat.ttst = true;
	config.feat.bbm = 1;
	config.feat.fwb = true;
	config.smmu = true;
	config.errata = world->setup->erratum == ERRATUM_TWICE  ? MODEL_ERR_SMMU_TWICE
		      : world->setup->erratum == ERRATUM_GROUPS ? MODEL_ERR_SMMU_GROUPS
								: 0;
	config.smmu_dvm = false;
	config.smmu_nested = world->setup->nested;
	config.smmu_vmid = SMMU_VMID;
	config.pool_bytes = (size_t)64 << 20;
	world->model = model_new(&config);
}

static void
open_host(struct world *world)
{
	const struct setup *setup = world->setup;
	const struct s2pt_smmu_id_regs regs = id_regs(setup);
	struct s2pt_features cpu = {
		.feats = S2PT_FEAT_TTST | S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_TTL |
			 S2PT_FEAT_TLBIRANGE | S2PT_FEAT_BBML1 | S2PT_FEAT_BBML2 |
			 (setup->ds ? S2PT_FEAT_LPA | S2PT_FEAT_LPA2 : 0),
		.pa_bits = setup->ds ? 52 : 48,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = setup->ds,
		.lpa2_16k = setup->ds,
	};

	world->can = (struct smmu_can){ setup->ril, setup->ds, true, setup->ats, true };
	world->hardware = (struct smmu_hardware){
		hw_tlbi,
		hw_barrier,
		hw_write_prod,
		hw_read_cons,
		world,
	};
	world->host.queue = (struct smmu_queue){ world->ring, RING_LG2, 0 };
	world->ats[0] = (struct s2pt_smmu_ats){ .stream = STREAM };
	world->ats[1] = (struct s2pt_smmu_ats){ .stream = STREAM + 1, .pasids = true };
	world->host.params = (struct s2pt_smmu_params){
		.vmid = setup->seed == SEED_WRONG_VMID ? CPU_VMID : SMMU_VMID,
		.nested = setup->nested,
		.ats = setup->ats ? world->ats : NULL,
		.ats_count = setup->ats ? 2 : 0,
	};
	assert_true(smmu_host_init(&world->host, &world->hardware, &cpu, &regs, setup->granule, 40));
	/* DS is asked for apart: the example makes the ordinary config. */
	if (setup->ds) {
		struct s2pt_config config;

		s2pt_config_init(&config, setup->granule, &cpu);
		config.ipa_bits = 40;
		config.feats |= S2PT_FEAT_LPA2;
		assert_int_equal(s2pt_format_init(&world->host.format, &cpu, &config), S2PT_OK);
	}
}

static void
open_world(struct world *world, const struct setup *setup)
{
	struct s2pt_vttbr vttbr = { .vmid = CPU_VMID };
	struct model_regs model_regs = { .hcr = MODEL_HCR_VM | MODEL_HCR_FWB };
	uint64_t ste[8] = { 0 };

	memset(world, 0, sizeof(*world));
	world->setup = setup;
	world->random = 0x9e3779b97f4a7c15;
	open_model(world);
	open_host(world);
	world->ops = (struct s2pt_host_ops){
		.size = sizeof(world->ops),
		.context = world,
		.alloc = host_alloc,
		.retire = host_retire,
		.to_virt = host_to_virt,
		.invalidate = host_invalidate,
		.publish = host_publish,
		.clean_data = host_clean,
		.invalidate_icache = host_fetch,
		.trace = host_trace,
	};
	assert_int_equal(s2pt_table_init(&world->table, &world->host.format, &world->ops, 0), S2PT_OK);
	vttbr.root = world->table.root_pa;
	model_regs.vtcr = s2pt_vtcr_encode(&world->host.format);
	assert_int_equal(s2pt_vttbr_encode(&world->host.format, &vttbr, &model_regs.vttbr), S2PT_OK);
	model_set_regs(world->model, &model_regs);
	assert_int_equal(smmu_host_attach(&world->host, world->table.root_pa, STREAM, setup->nested, ste),
			 S2PT_OK);
	assert_int_equal(ste[0], setup->nested ? 0xf : 0xd);
	/* S2TTB is the table, S2T0SZ to S2PS what VTCR_EL2 says. */
	assert_int_equal(smmu_bits(ste, 247, 196) << 4, world->table.root_pa.addr);
	assert_int_equal(smmu_bits(ste, 178, 160), model_regs.vtcr & 0x7ffff);
}

/* --- Operations ------------------------------------------------------------------------------------- */

#define PAGES 1536u

static uint64_t
page(const struct world *world)
{
	return UINT64_C(1) << world->setup->granule;
}

static const char *
violation(const struct world *world)
{
	const struct model_violation *found = model_violation(world->model);

	return found ? found->name : NULL;
}

static void
operate(struct world *world)
{
	const uint64_t base = UINT64_C(1) << 30, first = next_random(world, PAGES);
	const uint64_t count = 1 + next_random(world, PAGES - first);
	const s2pt_ipa ipa = s2pt_ipa_of(base + first * page(world));
	const uint64_t size = count * page(world);
	struct s2pt_op op = { .replace = true, .budget = next_random(world, 4) ? 0 : 100 };
	struct s2pt_leaf leaf = {
		.type = next_random(world, 4) ? S2PT_MEM_NORMAL_WB : S2PT_MEM_NORMAL_NC,
		.sh = world->host.format.sh0,
		.r = true,
		.w = next_random(world, 2),
		.af = true,
	};
	struct s2pt_change change = { .clear_w = true };
	struct s2pt_mapping mapping;

	model_prime(world->model, base, base + PAGES * page(world) - 1);
	model_op_begin(world->model, 0, ipa.addr, ipa.addr + size - 1);
	switch (next_random(world, 4)) {
	case 0:
	case 1:
		assert_int_equal(s2pt_mapping_init(&world->host.format, &leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
		(void)(s2pt_table_map(&world->table, &op, ipa, size,
				      s2pt_pa_of((UINT64_C(1) << 32) * (1 + next_random(world, 2)) +
						 first * page(world)),
				      &mapping) == S2PT_OK);
		break;
	case 2:
		(void)(s2pt_table_unmap(&world->table, &op, ipa, size) == S2PT_OK);
		break;
	default:
		(void)(s2pt_table_protect(&world->table, &op, ipa, size, &change) == S2PT_OK);
	}
	model_op_end(world->model, MODEL_END_VISIBLE);
}

/* Returns the name of the first violation, or NULL. */
static const char *
close_world(struct world *world)
{
	struct s2pt_op op = { 0 };
	const char *found;

	model_stop(world->model);
	assert_int_equal(s2pt_table_destroy(&world->table, &op), S2PT_OK);
	if (!violation(world))
		model_check_leaks(world->model, 0);
	found = violation(world);
	model_free(world->model);
	return found;
}

static const struct setup good[] = {
	{ "4K", S2PT_GRANULE_4K, false, true, false, false, SEED_NONE, NULL, ERRATUM_NONE },
	{ "4K nested", S2PT_GRANULE_4K, false, true, true, false, SEED_NONE, NULL, ERRATUM_NONE },
	{ "4K nested ATS", S2PT_GRANULE_4K, false, true, true, true, SEED_NONE, NULL, ERRATUM_NONE },
	{ "4K ATS", S2PT_GRANULE_4K, false, true, false, true, SEED_NONE, NULL, ERRATUM_NONE },
	{ "4K without RIL", S2PT_GRANULE_4K, false, false, true, false, SEED_NONE, NULL, ERRATUM_NONE },
	{ "4K DS", S2PT_GRANULE_4K, true, true, true, false, SEED_NONE, NULL, ERRATUM_NONE },
	{ "16K", S2PT_GRANULE_16K, false, true, true, false, SEED_NONE, NULL, ERRATUM_NONE },
	{ "16K DS", S2PT_GRANULE_16K, true, true, true, false, SEED_NONE, NULL, ERRATUM_NONE },
	{ "16K without RIL", S2PT_GRANULE_16K, false, false, false, false, SEED_NONE, NULL, ERRATUM_NONE },
	{ "64K", S2PT_GRANULE_64K, false, true, true, false, SEED_NONE, NULL, ERRATUM_NONE },
	{ "64K without RIL", S2PT_GRANULE_64K, false, false, true, false, SEED_NONE, NULL, ERRATUM_NONE },
};

static void
test_both_observers_forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *found;
		struct world world;

		open_world(&world, &good[i]);
		for (unsigned n = 0; n < 60 && !violation(&world); n++)
			operate(&world);
		found = close_world(&world);
		if (found)
			fail_msg("%s: %s", good[i].name, found);
		assert_true(world.commands > 60);
		assert_true((world.atc_invs > 0) == good[i].ats);
	}
}

/* --- Errata ------------------------------------------------------------------------------------------ */

static const struct setup errata[] = {
	{ "twice, 4K", S2PT_GRANULE_4K, false, true, false, true, SEED_NONE, NULL, ERRATUM_TWICE },
	{ "twice, 16K nested", S2PT_GRANULE_16K, false, false, true, false, SEED_NONE, NULL, ERRATUM_TWICE },
	{ "groups, 4K", S2PT_GRANULE_4K, false, true, false, false, SEED_NONE, NULL, ERRATUM_GROUPS },
	{ "groups, 16K nested", S2PT_GRANULE_16K, false, true, true, false, SEED_NONE, NULL, ERRATUM_GROUPS },
	{ "groups, 64K", S2PT_GRANULE_64K, false, true, false, true, SEED_NONE, NULL, ERRATUM_GROUPS },
	{ "groups, 16K without RIL", S2PT_GRANULE_16K, false, false, false, false, SEED_NONE, NULL, ERRATUM_GROUPS },
	{ "single after range, 4K", S2PT_GRANULE_4K, false, true, false, false, SEED_NONE, NULL, ERRATUM_LOST_SINGLE },
	{ "single, nested", S2PT_GRANULE_4K, false, true, true, true, SEED_NONE, NULL, ERRATUM_LOST_SINGLE },
	{ "few commands, 4K", S2PT_GRANULE_4K, false, true, true, true, SEED_NONE, NULL, ERRATUM_SYNC },
	{ "few commands, 4K without RIL", S2PT_GRANULE_4K, false, false, true, false, SEED_NONE, NULL, ERRATUM_SYNC },
};

/* The SMMU as errata.h would have it. */
static void
cure(struct s2pt_smmu *smmu, enum erratum erratum)
{
	smmu->repeat = erratum == ERRATUM_TWICE;
	smmu->whole_groups = erratum == ERRATUM_GROUPS || erratum == ERRATUM_LOST_SINGLE;
	smmu->sync_within = erratum == ERRATUM_SYNC ? FEW_COMMANDS : 0;
}

/* Random operations, on an SMMU with an erratum. Returns the first violation, or NULL. */
static const char *
run_erratum(const struct setup *setup, bool cured)
{
	const char *found;
	struct world world;

	open_world(&world, setup);
	if (cured)
		cure(&world.host.smmu, setup->erratum);
	for (unsigned n = 0; n < 120 && !violation(&world); n++)
		operate(&world);
	if (cured)
		return close_world(&world);
	found = violation(&world);
	model_forget_violations(world.model);
	model_free(world.model);
	return found;
}

static void
test_errata(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errata) / sizeof(errata[0]); i++) {
		const char *found = run_erratum(&errata[i], true);

		if (found)
			fail_msg("%s: %s", errata[i].name, found);
		if (!run_erratum(&errata[i], false))
			fail_msg("%s: not seen where nothing is done about it", errata[i].name);
	}
}

static const struct setup bad[] = {
	{ "forgets the SMMU", S2PT_GRANULE_4K, false, true, false, false, SEED_FORGETS_SMMU,
	  "retired-before-invalidation", ERRATUM_NONE },
	{ "forgets the CPUs", S2PT_GRANULE_4K, false, true, false, false, SEED_FORGETS_CPUS,
	  "retired-before-invalidation", ERRATUM_NONE },
	{ "does not wait", S2PT_GRANULE_4K, false, true, false, false, SEED_DOES_NOT_WAIT,
	  "retired-before-invalidation", ERRATUM_NONE },
	{ "no CMD_SYNC", S2PT_GRANULE_4K, false, true, false, false, SEED_NO_SYNC, "tlbi-not-completed", ERRATUM_NONE },
	{ "no CMD_TLBI_NH_ALL", S2PT_GRANULE_4K, false, true, true, false, SEED_NO_NH_ALL,
	  "missing-vmalle1", ERRATUM_NONE },
	{ "no CMD_TLBI_S2_IPA", S2PT_GRANULE_4K, false, true, true, false, SEED_NO_S2_IPA,
	  "retired-before-invalidation", ERRATUM_NONE },
	{ "another VMID", S2PT_GRANULE_4K, false, true, false, false, SEED_WRONG_VMID,
	  "retired-before-invalidation", ERRATUM_NONE },
};

/* Map pages, let every observer cache them, unmap all of it: the table under it is retired. */
static void
test_broken_hosts_are_caught(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct s2pt_leaf leaf = {
			.type = S2PT_MEM_NORMAL_WB,
			.sh = S2PT_SH_ISH,
			.r = true,
			.af = true,
		};
		const s2pt_ipa ipa = s2pt_ipa_of(UINT64_C(1) << 30);
		struct s2pt_op op = { .max_lg2 = S2PT_GRANULE_4K };
		struct s2pt_mapping mapping;
		struct world world;

		open_world(&world, &bad[i]);
		assert_int_equal(s2pt_mapping_init(&world.host.format, &leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
		model_op_begin(world.model, 0, ipa.addr, ipa.addr + 0x1fffff);
		assert_int_equal(s2pt_table_map(&world.table, &op, ipa, 0x200000,
						s2pt_pa_of(UINT64_C(1) << 32), &mapping),
				 S2PT_OK);
		model_op_end(world.model, MODEL_END_VISIBLE);
		model_prime(world.model, ipa.addr, ipa.addr + 0x1fffff);
		model_op_begin(world.model, 0, ipa.addr, ipa.addr + 0x1fffff);
		assert_int_equal(s2pt_table_unmap(&world.table, &op, ipa, 0x200000), S2PT_OK);
		model_op_end(world.model, MODEL_END_VISIBLE);
		if (!violation(&world) || strcmp(violation(&world), bad[i].expected) != 0)
			fail_msg("%s: %s, expected %s", bad[i].name,
				 violation(&world) ? violation(&world) : "nothing", bad[i].expected);
		model_forget_violations(world.model);
		model_free(world.model);
	}
}

/* The device itself: what is mapped, and what is no longer. */
static void
test_device_follows_the_table(void **state)
{
	const struct setup *setup = &good[1];
	const struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = S2PT_SH_ISH,
		.r = true,
		.w = true,
		.af = true,
	};
	const struct model_access access = { .ipa = 0x40001000, .kind = MODEL_WRITE };
	struct model_outcome out;
	struct s2pt_op op = { 0 };
	struct s2pt_mapping mapping;
	struct world world;

	(void)state;
	open_world(&world, setup);
	assert_int_equal(s2pt_mapping_init(&world.host.format, &leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
	assert_int_equal(s2pt_table_map(&world.table, &op, s2pt_ipa_of(0x40000000), 0x10000,
					s2pt_pa_of(0x200000000), &mapping),
			 S2PT_OK);
	model_access(world.model, 2, &access, &out);
	assert_int_equal(out.result, MODEL_OK);
	assert_int_equal(out.pa, 0x200001000);
	assert_int_equal(s2pt_table_unmap(&world.table, &op, s2pt_ipa_of(0x40000000), 0x10000), S2PT_OK);
	model_access(world.model, 2, &access, &out);
	assert_int_equal(out.result, MODEL_TRANSLATION);
	assert_null(close_world(&world));
}

/* An SMMU that stops at a command is noticed, and a host without a common format is not made. */
static uint32_t
stopped_cons(void *context)
{
	(void)context;
	return 1u << 24;
}

static void
test_host_refuses(void **state)
{
	struct s2pt_features cpu = { .pa_bits = 48, .granule_4k = true };
	struct s2pt_smmu_id_regs regs = id_regs(&good[0]);
	struct s2pt_tlbi_request nothing = { .size = 0 }, all = { .vmid = true };
	uint64_t ste[8];
	struct world world;

	(void)state;
	open_world(&world, &good[0]);
	world.hardware.read_cons = stopped_cons;
	smmu_host_invalidate(&world.host, &all, 1);
	assert_true(world.host.broken);
	world.host.broken = false;
	smmu_host_invalidate(&world.host, &nothing, 1);
	assert_true(world.host.broken);
	world.host.broken = false;
	world.hardware.read_cons = hw_read_cons;
	assert_int_equal(smmu_host_attach(&world.host, s2pt_pa_of(0x1001), STREAM, false, ste),
			 S2PT_ERR_ROOT_ALIGN);
	regs.idr0 = 0;
	assert_false(smmu_host_init(&world.host, &world.hardware, &cpu, &regs, S2PT_GRANULE_4K, 40));
	regs = id_regs(&good[0]);
	regs.idr5 = 5u | 1u << 6;
	assert_false(smmu_host_init(&world.host, &world.hardware, &cpu, &regs, S2PT_GRANULE_4K, 40));
	model_free(world.model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_observers_forget),
		cmocka_unit_test(test_errata),
		cmocka_unit_test(test_broken_hosts_are_caught),
		cmocka_unit_test(test_device_follows_the_table),
		cmocka_unit_test(test_host_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
