/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The machine as a whole: configuration, contexts, the event ring, violations. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "model_internal.h"

void
model_config_default(struct model_config *cfg)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->feat.pa_bits = 48;
	cfg->feat.xnx = true;
	cfg->feat.ttl = true;
	cfg->feat.tlbirange = true;
	cfg->feat.tlbios = true;
	cfg->pool_pa = UINT64_C(0x80000000);
	cfg->pool_bytes = (size_t)16 << 20;
	cfg->quarantine = 64;
	cfg->cpus = 2;
	cfg->vmids[0] = 1;
	cfg->n_vmids = 1;
	cfg->seed = 1;
}

static void
init_observers(struct model *m)
{
	unsigned i;

	m->n_obs = m->cfg.cpus + (m->cfg.smmu ? 1 : 0);
	for (i = 0; i < m->cfg.n_vmids; i++)
		mi_add_vmid(m, m->cfg.vmids[i]);
	for (i = 0; i < m->n_obs; i++)
		m->obs[i].vmid = m->vmids[0];
	if (m->cfg.smmu)
		m->obs[m->cfg.cpus].vmid = m->cfg.smmu_vmid;
}

struct model *
model_new(const struct model_config *cfg)
{
	struct model *m;

	if (cfg->cpus < 1 || cfg->cpus > MODEL_CPUS_MAX || cfg->n_vmids < 1 ||
	    cfg->n_vmids > MODEL_VMIDS_MAX || !cfg->pool_pa)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->cfg = *cfg;
	m->rng = cfg->seed * 2 + 1;
	init_observers(m);
	if (!mi_alloc_init(m) || !mi_tlb_init(m)) {
		model_free(m);
		return NULL;
	}
	return m;
}

void
model_free(struct model *m)
{
	unsigned i;

	if (!m)
		return;
	for (i = 0; i < m->n_win; i++)
		free(m->win[i].base);
	mi_tlb_free(m);
	mi_ledger_free(m);
	mi_tear_free(m);
	mi_caches_free(m);
	free(m->groups);
	free(m->rewound);
	free(m->pending);
	free(m->once);
	free(m->shadow);
	free(m->nodes);
	free(m->owner);
	free(m);
}

/* Grows an array so that it holds n elements; there is no way on without memory. */
void *
mi_grow(void *p, size_t *cap, size_t n, size_t each)
{
	if (n <= *cap)
		return p;
	*cap = *cap ? *cap * 2 : 64;
	if (*cap < n)
		*cap = n;
	p = realloc(p, *cap * each);
	if (!p)
		abort();
	return p;
}

uint64_t
mi_random(struct model *m)
{
	m->rng ^= m->rng << 13;
	m->rng ^= m->rng >> 7;
	m->rng ^= m->rng << 17;
	return m->rng;
}

/* ---- contexts: who walks under which VMID. Bit cpu * VMIDS + vmid index, the SMMU last. ---- */

void
mi_add_vmid(struct model *m, uint16_t vmid)
{
	unsigned i;

	for (i = 0; i < m->n_vmids; i++)
		if (m->vmids[i] == vmid)
			return;
	if (m->n_vmids == MODEL_VMIDS_MAX)
		abort();
	m->vmids[m->n_vmids++] = vmid;
}

uint64_t
mi_ctx(const struct model *m, unsigned obs, uint16_t vmid)
{
	unsigned i;

	if (obs >= m->cfg.cpus)
		return vmid == m->cfg.smmu_vmid ? BIT(63) : 0;
	for (i = 0; i < m->n_vmids; i++)
		if (m->vmids[i] == vmid)
			return BIT(obs * MODEL_VMIDS_MAX + i);
	return 0;
}

uint64_t
mi_ctx_obs(const struct model *m, unsigned obs)
{
	if (obs >= m->cfg.cpus)
		return BIT(63);
	return MASK(m->n_vmids) << (obs * MODEL_VMIDS_MAX);
}

uint64_t
mi_ctx_all(const struct model *m)
{
	uint64_t all = 0;
	unsigned i;

	for (i = 0; i < m->n_obs; i++)
		all |= mi_ctx_obs(m, i);
	return all;
}

/* The observers that may combine both stages. */
uint64_t
mi_ctx_combined(const struct model *m)
{
	return mi_ctx_all(m) & ~(m->cfg.smmu_nested ? 0 : BIT(63));
}

void
mi_ctx_text(const struct model *m, uint64_t ctx, char *buf, size_t n)
{
	size_t at = 0;
	unsigned i;

	buf[0] = '\0';
	for (i = 0; i < m->n_obs && at < n; i++) {
		if (!(ctx & mi_ctx_obs(m, i)))
			continue;
		if (i < m->cfg.cpus)
			at += (size_t)snprintf(buf + at, n - at, " cpu%u", i);
		else
			at += (size_t)snprintf(buf + at, n - at, " smmu");
	}
}

/* ---- events and violations ---- */

void
mi_event(struct model *m, const char *what, unsigned cpu, uint64_t a, uint64_t b, uint64_t c)
{
	struct trace_event *e;

	m->event++;
	e = &m->trace[m->event % TRACE_EVENTS];
	*e = (struct trace_event){ m->event, what, cpu, a, b, c };
}

void
mi_violate(struct model *m, const char *name, uint64_t ipa, uint64_t pa, const char *fmt, ...)
{
	va_list ap;
	int at;

	if (m->stats.violations++)
		return;
	m->first.name = name;
	m->first.event = m->event;
	m->first.ipa = ipa;
	m->first.pa = pa;
	at = snprintf(m->first.text, sizeof(m->first.text),
		      "event %lu: %s: ipa 0x%" PRIx64 " pa 0x%" PRIx64 ": ", m->event, name, ipa, pa);
	if (at < 0 || (size_t)at >= sizeof(m->first.text))
		return;
	va_start(ap, fmt);
	vsnprintf(m->first.text + at, sizeof(m->first.text) - (size_t)at, fmt, ap);
	va_end(ap);
}

void
model_object(struct model *m, const char *name, uint64_t ipa, const char *why)
{
	mi_violate(m, name, ipa, 0, "%s", why);
}

const struct model_violation *
model_violation(const struct model *m)
{
	return m->first.name ? &m->first : NULL;
}

void
model_forget_violations(struct model *m)
{
	memset(&m->first, 0, sizeof(m->first));
	m->stats.violations = 0;
}

const struct model_stats *
model_stats(const struct model *m)
{
	return &m->stats;
}

void
model_clear_stats(struct model *m)
{
	unsigned long violations = m->stats.violations;

	memset(&m->stats, 0, sizeof(m->stats));
	m->stats.violations = violations;
}

void
model_trace_print(const struct model *m, FILE *f)
{
	const struct trace_event *e;
	unsigned long i;

	for (i = m->event >= TRACE_EVENTS ? m->event - TRACE_EVENTS + 1 : 1; i <= m->event; i++) {
		e = &m->trace[i % TRACE_EVENTS];
		fprintf(f, "%6lu cpu%u %-10s %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n",
			e->event, e->cpu, e->what, e->a, e->b, e->c);
	}
	if (m->first.name)
		fprintf(f, "violation: %s\n", m->first.text);
}
