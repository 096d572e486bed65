/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include "steps.h"

/* What this CPU has stored so far comes before what it does now. */
void
machine_look(struct machine *machine)
{
	model_scan(machine->model, machine->caller);
}

static bool
host_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	struct machine *machine = context;
	uint64_t pa;

	(void)what;
	machine_look(machine);
	if (!model_alloc(machine->model, bytes, &pa))
		return false;
	page->pa = s2pt_pa_of(pa);
	page->virt = model_virt(machine->model, pa);
	return true;
}

static void
host_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	struct machine *machine = context;

	(void)what;
	(void)bytes;
	model_host_begin(machine->model, machine->caller);
	for (size_t i = 0; i < count; i++)
		model_retire(machine->model, pages[i].pa.addr);
	model_host_end(machine->model);
}

static void *
host_to_virt(void *context, s2pt_pa pa)
{
	struct machine *machine = context;

	return model_virt(machine->model, pa.addr);
}

/* But what the machine is told to leave out. */
static void
execute(struct machine *machine, const struct s2pt_tlbi_step *step)
{
	const bool tlbi = step->kind == S2PT_STEP_TLBI;

	if (tlbi && (machine->no_tlbi || (machine->no_vmalle1 && step->op == S2PT_TLBI_VMALLE1)))
		return;
	model_run_step(machine->model, machine->caller, step);
}

/* The VMIDs of the table; the SMMU has the first. */
static const uint16_t machine_vmids[] = { 1, 0xa5 };

/* Steps of a sequence besides those by IPA, and more than there are. */
#define SEQUENCE_REST 16u

static void
host_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct machine *machine = context;
	struct s2pt_tlbi_params params = {
		.scope = S2PT_TLBI_IS,
		.vmids = machine_vmids,
		.vmid_count = machine->vmids > 1 ? machine->vmids : 0,
		.repeat = machine->cures & MODEL_ERR_EARLY_DSB,
		.dsb_all = machine->cures & MODEL_ERR_DEAF_DSB,
		.whole_vmid = machine->cures & MODEL_ERR_BY_ADDRESS,
	};
	struct s2pt_tlbi_step step;
	uint64_t most = SEQUENCE_REST;
	struct s2pt_tlbi_seq seq;

	machine_look(machine);
	machine->invalidations++;
	if (count == 1 && requests->local)
		params.scope = S2PT_TLBI_LOCAL;
	if (s2pt_tlbi_begin(&seq, &machine->format, &params, requests, count) != S2PT_OK) {
		model_object(machine->model, "impossible-invalidation", requests->ipa.addr,
			     "s2pt_tlbi_begin() refuses what the engine asks for");
		return;
	}
	for (size_t i = 0; i < count; i++)
		most += machine->vmids * s2pt_tlbi_ops(&machine->format, &requests[i]);
	model_host_begin(machine->model, machine->caller);
	for (; most && s2pt_tlbi_next(&seq, &step); most--)
		execute(machine, &step);
	if (machine->vmids > 1)
		model_set_vmid(machine->model, machine->caller, machine_vmids[0]);
	model_host_end(machine->model);
	if (!most)
		model_object(machine->model, "endless-sequence", requests->ipa.addr,
			     "there are more steps than s2pt_tlbi_ops() says");
}

static void
host_publish(void *context)
{
	struct machine *machine = context;

	model_host_begin(machine->model, machine->caller);
	model_dsb(machine->model, machine->caller, MODEL_DSB_ISH | MODEL_DSB_ST);
	model_isb(machine->model, machine->caller);
	model_host_end(machine->model);
}

static bool
host_clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	struct machine *machine = context;

	machine_look(machine);
	if (machine->clean_fails && !machine->clean_failed && ++machine->cleans % 3 == 0 &&
	    machine->n_failed < MACHINE_FAILED_MOST) {
		machine->failed[machine->n_failed].pa = pa;
		machine->failed[machine->n_failed++].bytes = bytes;
		return false;
	}
	model_clean_data(machine->model, pa.addr, bytes);
	return true;
}

bool
machine_settle(struct machine *machine, enum s2pt_status status)
{
	const unsigned fails = machine->n_failed - machine->n_settled;
	const bool failed = fails, several = fails > 1;
	bool wrong;

	/* Under a hold again at the release: links above may be cached until then. */
	for (unsigned n = machine->table.held ? machine->n_settled : 0; n < machine->n_failed; n++)
		model_clean_data(machine->model, machine->failed[n].pa.addr, machine->failed[n].bytes);
	machine->n_failed = machine->table.held ? machine->n_failed : 0;
	machine->n_settled = machine->n_failed;
	machine->clean_failed = failed;
	if (machine->table.held) {
		/* Said at once: what was to become visible. The release says it of all that was unmapped. */
		if (status == S2PT_ERR_CLEAN)
			machine->may_owe |= several;
		else
			machine->owes |= failed;
		return failed || status != S2PT_ERR_CLEAN;
	}
	wrong = status == S2PT_ERR_CLEAN ? !failed && !machine->owes && !machine->may_owe : failed || machine->owes;
	machine->owes = false;
	machine->may_owe = false;
	return !wrong;
}

static void
host_invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	struct machine *machine = context;

	machine_look(machine);
	model_invalidate_icache(machine->model, pa.addr, bytes);
}

/* The caches of many segments: each as by itself. */
static bool
host_prepare_list(void *context, bool clean, bool icache, const struct s2pt_segment *segments, size_t count)
{
	bool cleaned = true;

	for (size_t n = 0; n < count; n++) {
		if (clean)
			cleaned = host_clean_data(context, segments[n].pa, segments[n].size) && cleaned;
		if (icache)
			host_invalidate_icache(context, segments[n].pa, segments[n].size);
	}
	return cleaned;
}

static void
host_clean_tables(void *context, const void *virt, size_t bytes)
{
	struct machine *machine = context;

	memcpy(machine->beyond + (model_phys(machine->model, virt) - machine->pool_pa), virt, bytes);
}

static void
host_trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	struct machine *machine = context;
	bool atomic = machine->format.feats & (S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM);

	model_store(machine->model, machine->caller, model_phys(machine->model, entry), before.raw,
		    after.raw, atomic ? MODEL_ATOMIC : MODEL_PLAIN);
}

static s2pt_feats
feats_of(const struct machine_shape *shape)
{
	return (shape->ds ? S2PT_FEAT_LPA2 : 0) |
	       (shape->fwb ? S2PT_FEAT_S2FWB : 0) |
	       (shape->xnx ? S2PT_FEAT_XNX : 0) |
	       (shape->ttl ? S2PT_FEAT_TTL : 0) |
	       (shape->ranges ? S2PT_FEAT_TLBIRANGE : 0) |
	       (shape->haf ? S2PT_FEAT_HAFDBS_AF : 0) |
	       (shape->hd ? S2PT_FEAT_HAFDBS_DBM : 0) |
	       (shape->bbm > 0 ? S2PT_FEAT_BBML1 : 0) |
	       (shape->bbm > 1 ? S2PT_FEAT_BBML2 : 0) |
	       (shape->mte ? S2PT_FEAT_MTE_PERM : 0) | S2PT_FEAT_TTST | S2PT_FEAT_TTCNP;
}

enum s2pt_status
machine_format(const struct machine_shape *shape, struct s2pt_features *cpu, struct s2pt_format *format)
{
	struct s2pt_config config;

	memset(cpu, 0, sizeof(*cpu));
	cpu->feats = feats_of(shape);
	cpu->pa_bits = (uint8_t)shape->pa_bits;
	cpu->granule_4k = cpu->granule_16k = cpu->granule_64k = true;
	cpu->lpa2_4k = cpu->lpa2_16k = shape->ds;
	s2pt_config_init(&config, shape->granule, cpu);
	config.feats = cpu->feats;
	config.ipa_bits = (uint8_t)shape->ipa_bits;
	config.start_level = (int8_t)shape->start_level;
	config.no_contiguous = shape->no_contiguous;
	return s2pt_format_init(format, cpu, &config);
}

static void
make_model(struct machine *machine, const struct machine_shape *shape)
{
	struct model_config config;

	model_config_default(&config);
	config.feat.pa_bits = shape->pa_bits;
	config.feat.bbm = shape->bbm;
	config.feat.lpa2 = shape->ds;
	config.feat.ttst = true;
	config.feat.xnx = shape->xnx;
	config.feat.fwb = shape->fwb;
	config.feat.ha = shape->haf;
	config.feat.mte_perm = shape->mte;
	config.feat.hd = shape->hd;
	config.feat.ttl = shape->ttl;
	config.feat.tlbirange = shape->ranges;
	config.zeroed = shape->zeroed;
	config.smmu = shape->smmu;
	config.smmu_dvm = true;
	config.errata = shape->errata;
	config.smmu_vmid = machine_vmids[0];
	config.n_vmids = machine->vmids;
	for (unsigned i = 0; i < machine->vmids; i++)
		config.vmids[i] = machine_vmids[i];
	config.pool_bytes = shape->pool_bytes ? shape->pool_bytes : (size_t)96 << 20;
	if (shape->pool_pa)
		config.pool_pa = shape->pool_pa;
	config.scan = shape->direct || getenv("S2PT_UNTRACED");
	machine->model = model_new(&config);
	machine->pool_pa = config.pool_pa;
	if (!shape->noncoherent)
		return;
	machine->beyond = malloc(config.pool_bytes);
	memset(machine->beyond, 0x5a, config.pool_bytes);
}

bool
machine_init(struct machine *machine, const struct machine_shape *shape)
{
	struct s2pt_vttbr vttbr = { .vmid = machine_vmids[0] };
	struct model_regs regs;

	memset(machine, 0, sizeof(*machine));
	machine->vmids = shape->two_vmids ? 2 : 1;
	machine->clean_fails = shape->clean_fails;
	machine->cures = shape->uncured ? 0 : shape->errata;
	if (machine_format(shape, &machine->cpu, &machine->format) != S2PT_OK)
		return false;
	make_model(machine, shape);
	machine->host = (struct s2pt_host_ops){
		.size = sizeof(machine->host),
		.flags = (shape->zeroed ? S2PT_HOST_ZEROED : 0) |
			 (shape->noncoherent ? S2PT_HOST_NONCOHERENT : 0),
		.context = machine,
		.alloc = host_alloc,
		.retire = host_retire,
		.to_virt = host_to_virt,
		.invalidate = host_invalidate,
		.publish = host_publish,
		.clean_tables = shape->noncoherent ? host_clean_tables : NULL,
		.clean_data = host_clean_data,
		.invalidate_icache = host_invalidate_icache,
		.trace = host_trace,
		.prepare_list = shape->two_vmids ? NULL : host_prepare_list,
	};
	if (shape->direct || getenv("S2PT_UNTRACED"))
		machine->host.trace = NULL;
	if (shape->direct) {
		machine->host.to_virt = NULL;
		machine->host.virt_offset = (uintptr_t)model_virt(machine->model, machine->pool_pa) -
					    (uintptr_t)machine->pool_pa;
	}
	if (s2pt_table_init(&machine->table, &machine->format, &machine->host, shape->page_limit) != S2PT_OK)
		return false;
	vttbr.root = machine->table.root_pa;
	vttbr.cnp = shape->errata == MODEL_ERR_CNP && shape->uncured;
	regs.vtcr = s2pt_vtcr_encode(&machine->format);
	regs.hcr = MODEL_HCR_VM | (shape->fwb ? MODEL_HCR_FWB : 0);
	if (s2pt_vttbr_encode(&machine->format, &vttbr, &regs.vttbr) != S2PT_OK)
		return false;
	model_set_regs(machine->model, &regs);
	return true;
}

void
machine_free(struct machine *machine)
{
	if (machine->model)
		model_free(machine->model);
	free(machine->beyond);
}
