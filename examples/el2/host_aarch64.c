/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* host_aarch64.c: see host_aarch64.h. */
#include "host_aarch64.h"

#include <s2pt/aarch64.h>

#include "cpu.h"
#include "flat.h"
#include "sysreg.h"

/* Above this, one operation on the whole VMID is cheaper than as many on its parts. */
#define MAX_TLBI 512u

/* What retired tables are filled with: nothing valid, so that a walker that still comes faults. */
#define RETIRED UINT64_C(0xdead7ab1edead7a0)

/* CPUs count side by side. */
static void
count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* --- Memory for tables ------------------------------------------------------------------------ */

static bool
is_free(const struct el2_host *p, size_t first, size_t units)
{
	for (size_t i = first; i < first + units; i++) {
		if (p->used[i])
			return false;
	}
	return true;
}

static void
mark(struct el2_host *p, size_t first, size_t units, bool used)
{
	for (size_t i = first; i < first + units; i++)
		p->used[i] = used;
	p->taken = used ? p->taken + units : p->taken - units;
}

static size_t
units_of(size_t bytes)
{
	return (bytes + EL2_POOL_UNIT - 1u) / EL2_POOL_UNIT;
}

/* The next free place, going round once: what was retired last is given out last. */
static bool
pool_take(struct el2_host *p, size_t bytes, struct s2pt_page *page)
{
	size_t units = units_of(bytes);
	size_t first = (p->next + units - 1u) / units * units;

	for (size_t tried = 0; tried < p->units; tried += units, first += units) {
		if (first + units > p->units)
			first = 0;
		if (!is_free(p, first, units))
			continue;
		mark(p, first, units, true);
		p->next = first + units;
		page->virt = p->memory + first * EL2_POOL_UNIT;
		page->pa = s2pt_pa_of((uint64_t)(uintptr_t)page->virt - p->ops.virt_offset);
		return true;
	}
	return false;
}

static bool
pool_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	struct el2_host *p = context;
	bool taken;

	(void)what;
	lock_take(&p->lock);
	taken = pool_take(p, bytes, page);
	lock_drop(&p->lock);
	return taken;
}

static void
pool_free(struct el2_host *p, size_t bytes, const struct s2pt_page *page)
{
	size_t offset = (size_t)((uint8_t *)page->virt - p->memory);
	size_t first = offset / EL2_POOL_UNIT;
	size_t units = units_of(bytes);
	uint64_t *words = page->virt;

	if (offset % EL2_POOL_UNIT || first + units > p->units || !p->used[first]) {
		count(&p->counts.bad_retires, 1);
		return;
	}
	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		words[i] = RETIRED;
	mark(p, first, units, false);
}

static void
pool_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t n)
{
	struct el2_host *p = context;

	(void)what;
	lock_take(&p->lock);
	for (size_t i = 0; i < n; i++)
		pool_free(p, bytes, &pages[i]);
	lock_drop(&p->lock);
}

static void
host_publish(void *context)
{
	(void)context;
	s2pt_aarch64_publish();
}

/* --- Invalidation ----------------------------------------------------------------------------- */

static bool
is_skipped(const struct el2_host *p, enum s2pt_tlbi_op op)
{
	switch (p->skip) {
	case EL2_SKIP_ALL:
		return true;
	case EL2_SKIP_IPA:
		return op != S2PT_TLBI_VMALLE1 && op != S2PT_TLBI_VMALLS12E1;
	case EL2_SKIP_VMALLE1:
		return op == S2PT_TLBI_VMALLE1;
	case EL2_SKIP_NOTHING:
	default:
		return false;
	}
}

static void
count_tlbi(struct el2_counts *counts, enum s2pt_tlbi_op op)
{
	count(&counts->tlbi_single, op == S2PT_TLBI_IPAS2E1 || op == S2PT_TLBI_IPAS2LE1);
	count(&counts->tlbi_range, op == S2PT_TLBI_RIPAS2E1 || op == S2PT_TLBI_RIPAS2LE1);
	count(&counts->tlbi_vmid, op == S2PT_TLBI_VMALLS12E1);
}

/* A host that leaves out nothing, and counts nothing, has s2pt_aarch64_run() for all this. */
static void
execute(struct el2_host *p, const struct s2pt_tlbi_step *step)
{
	if (step->kind == S2PT_STEP_TLBI && is_skipped(p, step->op))
		return;
	if (step->kind == S2PT_STEP_TLBI)
		count_tlbi(&p->counts, step->op);
	(void)s2pt_aarch64_step(step);
}

static void
run_sequence(struct el2_host *p, const struct s2pt_tlbi_params *params,
	     const struct s2pt_tlbi_request *requests, size_t n)
{
	/* What to do about a request that makes no sense: too much. */
	static const struct s2pt_tlbi_request everything = { .vmid = true };
	struct s2pt_tlbi_seq seq;
	struct s2pt_tlbi_step step;

	if (s2pt_tlbi_begin(&seq, p->format, params, requests, n) != S2PT_OK) {
		count(&p->counts.refused, 1);
		/* Of the whole VMID there is nothing that could be refused. */
		if (s2pt_tlbi_begin(&seq, p->format, params, &everything, 1) != S2PT_OK)
			return;
	}
	while (s2pt_tlbi_next(&seq, &step))
		execute(p, &step);
}

static void
run_for_vm(struct el2_host *p, const struct s2pt_tlbi_params *params,
	   const struct s2pt_tlbi_request *requests, size_t n)
{
	const uint64_t before = s2pt_aarch64_switch_vttbr(p->vttbr);

	run_sequence(p, params, requests, n);
	s2pt_aarch64_switch_vttbr(before);
}

static void
host_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t n)
{
	struct el2_host *p = context;
	struct s2pt_tlbi_params params = p->tlbi;
	struct s2pt_aarch64_stage1 kept;

	params.scope = S2PT_TLBI_LOCAL;
	params.max_ops = p->max_tlbi;

	for (size_t i = 0; i < n; i++) {
		if (!requests[i].local)
			params.scope = S2PT_TLBI_IS;
	}
	count(&p->counts.requests, n);
	count(&p->counts.local, params.scope == S2PT_TLBI_LOCAL);
	/* The EL1 registers are then another VM's: some CPUs must be kept from walks by them under this VMID. */
	if (p->guards && s2pt_aarch64_vttbr() != p->vttbr) {
		s2pt_aarch64_stage1_off(&kept);
		run_for_vm(p, &params, requests, n);
		s2pt_aarch64_stage1_on(&kept);
	} else {
		run_for_vm(p, &params, requests, n);
	}
}

/* --- Caches ----------------------------------------------------------------------------------- */

static bool
host_clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	struct el2_host *p = context;

	flat_clean(pa.addr + p->ops.virt_offset, bytes);
	count(&p->counts.clean_bytes, bytes);
	return true;
}

static void
host_invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	struct el2_host *p = context;

	s2pt_aarch64_invalidate_icache((const void *)((uintptr_t)pa.addr + p->ops.virt_offset), (size_t)bytes);
	count(&p->counts.icache_bytes, bytes);
}

/* --- All together ----------------------------------------------------------------------------- */

void
el2_host_init(struct el2_host *p, const struct s2pt_format *format, void *memory, size_t bytes)
{
	*p = (struct el2_host){
		.ops = {
			.size = sizeof(p->ops),
			.context = p,
			.virt_offset = 0, /* flat.c: every address is itself */
			.alloc = pool_alloc,
			.retire = pool_retire,
			.invalidate = host_invalidate,
			.publish = host_publish,
			.clean_data = host_clean_data,
			.invalidate_icache = host_invalidate_icache,
		},
		.format = format,
		.max_tlbi = MAX_TLBI,
		.memory = memory,
		.units = (bytes < EL2_POOL_BYTES ? bytes : EL2_POOL_BYTES) / EL2_POOL_UNIT,
		.guards = s2pt_errata_cures(cpu_errata()) & S2PT_CURE_GUARD_AT,
	};
	s2pt_errata_apply(cpu_errata(), NULL, &p->tlbi, NULL);
}

void
el2_host_set_vttbr(struct el2_host *p, uint64_t vttbr)
{
	p->vttbr = vttbr;
}
