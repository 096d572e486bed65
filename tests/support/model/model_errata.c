/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Parts that have errata: the simulated machine can have some, so that what a sequence does about them is seen to be
 * needed, and to be enough.
 *
 * An access is one step of this machine. A write that is still under way when a TLBI;DSB ends is modelled afterwards: a
 * write of another CPU stays in flight until an invalidation waits for it; and where an operation ends while one is in
 * flight to memory that may not be written there any more, it has come too late.
 */
#include "model_internal.h"

#include <string.h>

#define EARLY (MODEL_ERR_EARLY_DSB | MODEL_ERR_DEAF_DSB)

/* --- Writes in flight ------------------------------------------------------------------------------ */

void
mi_fly(struct model *m, unsigned obs, const struct model_access *acc, const struct model_outcome *out)
{
	struct flying *f;

	if (!(m->cfg.errata & EARLY) || obs >= m->cfg.cpus || acc->kind != MODEL_WRITE || out->result != MODEL_OK)
		return;
	f = &m->flying[m->n_flying % FLYING_MAX];
	m->n_flying++;
	f->cpu = obs;
	f->ipa = acc->ipa;
	f->pa = out->pa;
	f->waited = 0;
	f->lands = true;
}

static unsigned
flying(const struct model *m)
{
	return m->n_flying < FLYING_MAX ? (unsigned)m->n_flying : FLYING_MAX;
}

/* A DSB of @cpu that completes TLBIs. It waits for the CPU's own writes; for those of others after a broadcast. */
void
mi_errata_dsb(struct model *m, unsigned cpu, unsigned scope)
{
	for (unsigned i = 0; i < flying(m); i++) {
		struct flying *f = &m->flying[i];

		if (f->cpu == cpu)
			f->lands = false;
		else if (m->broadcast[cpu] && scope != MODEL_DSB_NSH && ++f->waited > 1 &&
			 !(m->cfg.errata & MODEL_ERR_DEAF_DSB))
			f->lands = false;
	}
	m->broadcast[cpu] = false;
}

void
model_dsb_all(struct model *m)
{
	mi_event(m, "dsb-all", 0, 0, 0, 0);
	m->n_flying = 0;
}

void
model_tlbi_other(struct model *m, unsigned cpu, unsigned op)
{
	model_scan(m, cpu);
	mi_event(m, "tlbi-other", cpu, op, 0, 0);
	m->stats.tlbis++;
	m->broadcast[cpu] = m->broadcast[cpu] || (op & (MODEL_TLBI_IS | MODEL_TLBI_OS));
}

/* Does the table still let that write happen? */
static bool
may_land(struct model *m, const struct flying *f)
{
	const struct model_access acc = { .kind = MODEL_READ, .ipa = f->ipa, .va = f->ipa };
	struct model_outcome out;

	model_walk(m, &acc, &out);
	if (out.result != MODEL_OK)
		return out.result != MODEL_TRANSLATION;
	return out.pa == f->pa && (out.desc & (BIT(7) | BIT(51)));
}

void
mi_errata_end(struct model *m)
{
	for (unsigned i = 0; i < flying(m) && !m->stopped; i++)
		if (m->flying[i].lands && !may_land(m, &m->flying[i])) {
			mi_violate(m, "write-after-invalidation", m->flying[i].ipa, m->flying[i].pa,
				   "a write of cpu%u was under way before the invalidation", m->flying[i].cpu);
			return;
		}
}

/* --- Hardware updates ------------------------------------------------------------------------------- */

/* An access by a cached entry: what is in its place is taken for it. */
void
mi_errata_update(struct model *m, const struct tlb_entry *e)
{
	uint64_t is;

	if ((m->cfg.errata & MODEL_ERR_HAFDBS) && m->f.ha && mi_read(m, e->desc_pa, &is) && !(is & 1))
		mi_write(m, e->desc_pa, is | MODEL_ATTR_AF);
}

/* --- Invalidations --------------------------------------------------------------------------------- */

/* Those by address do not reach other CPUs; local ones not what is shared. */
void
mi_errata_reach(const struct model *m, struct inval *inv)
{
	if ((m->cfg.errata & MODEL_ERR_CNP) && (m->regs.vttbr & 1) && !inv->scope && inv->cpu < m->cfg.cpus)
		inv->ctx = 0;
	if ((m->cfg.errata & MODEL_ERR_BY_ADDRESS) && inv->kind == INV_IPA && inv->cpu < m->cfg.cpus)
		inv->ctx &= mi_ctx_obs(m, inv->cpu);
}

static bool
is_same(const struct inval *a, const struct inval *b)
{
	return a->kind == b->kind && a->ctx == b->ctx && a->ipa == b->ipa && a->last == b->last &&
	       a->leaf_only == b->leaf_only && a->ttl == b->ttl;
}

/* Has the SMMU been asked for this before, and completed it? Else it counts for nothing but this. */
bool
mi_errata_counts(struct model *m, const struct inval *inv)
{
	if (!(m->cfg.errata & MODEL_ERR_SMMU_TWICE) || inv->cpu != m->cfg.cpus)
		return true;
	for (size_t i = 0; i < m->n_once; i++)
		if (is_same(&m->once[i], inv)) {
			m->once[i] = m->once[--m->n_once];
			return true;
		}
	m->once = mi_grow(m->once, &m->cap_once, m->n_once + 1, sizeof(*m->once));
	m->once[m->n_once++] = *inv;
	return false;
}

/* Of the entries of contiguous groups in [*from, *to] an SMMU drops those whose group the command encloses. */
bool
mi_errata_groups(const struct model *m, const struct inval *inv, int level, uint64_t desc, uint64_t *from,
		 uint64_t *to)
{
	uint64_t in_group, first, end;

	if (!(m->cfg.errata & MODEL_ERR_SMMU_GROUPS) || inv->cpu != m->cfg.cpus || !mi_contiguous(m, desc, level))
		return true;
	in_group = MASK(mi_lg2(&m->f, level) + mi_group_lg2(&m->f, level));
	first = (inv->ipa + in_group) & ~in_group;
	end = (inv->last + 1) & ~in_group;
	if (*from < first)
		*from = first;
	if (!end || *from >= end)
		return false;
	if (*to >= end)
		*to = end - 1;
	return true;
}
