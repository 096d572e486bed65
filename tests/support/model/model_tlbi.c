/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TLB invalidation: from register operands to what is guaranteed to be gone, and when.
 * A TLBI waits in m->pending until a DSB of its CPU completes it.
 */
#include "model_internal.h"

#define ANY_LEVEL (-2)
#define OP_MASK   15u

/* ---- operands ---- */

static void
reserved(struct model *m, uint64_t xt, const char *why)
{
	mi_violate(m, "reserved-operand", 0, 0, "Xt 0x%llx: %s", (unsigned long long)xt, why);
}

/* TG or TTL[3:2]: 01 4K, 10 16K, 11 64K. */
static unsigned
tg_bits(uint64_t tg)
{
	return tg == 1 ? 12
	     : tg == 2 ? 14
		       : 16;
}

static void
check_level(struct model *m, uint64_t xt, unsigned g, int level)
{
	bool bad = false;

	if (level == 0)
		bad = g != 12 || !m->cfg.feat.lpa2;
	else if (level == 1)
		bad = g == 14 && !m->cfg.feat.lpa2;
	if (bad)
		reserved(m, xt, "TTL is reserved for this granule");
}

/* Non-range IPAS2: 47:44 TTL, 39:36 IPA[51:48], 35:0 IPA[47:12]. False: nothing need go. */
static bool
decode_single(struct model *m, uint64_t xt, struct inval *inv)
{
	unsigned ttl = (unsigned)FIELD(xt, 47, 44);

	if (FIELD(xt, 62, 48) || FIELD(xt, 43, 40) ||
	    (m->cfg.feat.pa_bits < 52 && FIELD(xt, 39, 36)))
		reserved(m, xt, "a RES0 bit is set");
	if (ttl && !m->cfg.feat.ttl)
		reserved(m, xt, "TTL without FEAT_TTL");
	inv->ipa = (xt & MASK(40)) << 12 & ~MASK(m->f.g);
	inv->last = inv->ipa | MASK(m->f.g);
	inv->ttl = ANY_LEVEL;
	if (!(ttl >> 2))
		return true;
	inv->ttl = (int)(ttl & 3);
	check_level(m, xt, tg_bits(ttl >> 2), inv->ttl);
	return tg_bits(ttl >> 2) == m->f.g; /* R_SQXYZ */
}

/* RIPAS2: 47:46 TG, 45:44 SCALE, 43:39 NUM, 38:37 TTL, 36:0 BaseADDR. */
static bool
decode_range(struct model *m, uint64_t xt, struct inval *inv)
{
	unsigned scale = (unsigned)FIELD(xt, 45, 44), ttl = (unsigned)FIELD(xt, 38, 37);
	uint64_t granules = (FIELD(xt, 43, 39) + 1) << (5 * scale + 1);
	unsigned g = tg_bits(FIELD(xt, 47, 46));

	if (FIELD(xt, 62, 48))
		reserved(m, xt, "a RES0 bit is set");
	if (!FIELD(xt, 47, 46)) {
		reserved(m, xt, "TG is 0b00");
		return false;
	}
	if (g != m->f.g)
		return false;
	inv->ipa = FIELD(xt, 36, 0) << (m->f.ds ? 16 : g);
	inv->last = inv->ipa + (granules << g) - 1;
	inv->ttl = ttl ? (int)ttl : ANY_LEVEL;
	if (!ttl)
		return true;
	check_level(m, xt, g, (int)ttl);
	if (ttl < 3 && (inv->ipa & MASK(mi_lg2(&m->f, (int)ttl))))
		mi_violate(m, "unpredictable-tlbi", inv->ipa, 0,
			   "Xt 0x%llx: TTL=%u and the base is not aligned to such a block",
			   (unsigned long long)xt, ttl);
	return true;
}

static bool
decode_ipa(struct model *m, unsigned base, uint64_t xt, struct inval *inv)
{
	bool ns = FIELD(xt, 63, 63), range = base == MODEL_RIPAS2E1 || base == MODEL_RIPAS2LE1;

	inv->kind = INV_IPA;
	inv->leaf_only = base == MODEL_IPAS2LE1 || base == MODEL_RIPAS2LE1;
	if (range && !m->cfg.feat.tlbirange)
		mi_violate(m, "undefined-tlbi", 0, 0, "a range without FEAT_TLBIRANGE");
	if (ns && !m->cfg.secure)
		reserved(m, xt, "NS outside Secure state");
	if (range ? !decode_range(m, xt, inv) : !decode_single(m, xt, inv))
		return false;
	return !m->cfg.secure || ns == m->cfg.ns_ipa;
}

/* ---- execution ---- */

/* The (observer, VMID) pairs that a TLBI of that CPU concerns. */
static uint64_t
contexts(const struct model *m, unsigned cpu, unsigned op)
{
	uint16_t vmid = m->obs[cpu].vmid;
	bool all = (op & OP_MASK) == MODEL_ALLE1;
	uint64_t ctx = 0;
	unsigned i;

	if (!(op & (MODEL_TLBI_IS | MODEL_TLBI_OS)))
		return all ? mi_ctx_obs(m, cpu) : mi_ctx(m, cpu, vmid);
	for (i = 0; i < m->n_obs; i++) {
		if (i == m->cfg.cpus && !m->cfg.smmu_dvm)
			continue;
		ctx |= all ? mi_ctx_obs(m, i) : mi_ctx(m, i, vmid);
	}
	return ctx;
}

static void
issue(struct model *m, const struct inval *inv)
{
	struct inval *last;

	m->pending = mi_grow(m->pending, &m->cap_pending, m->n_pending + 1, sizeof(*m->pending));
	last = &m->pending[m->n_pending++];
	*last = *inv;
	mi_errata_reach(m, last);
	mi_ledger_issue(m, last);
}

static void
check_op(struct model *m, unsigned cpu, unsigned op)
{
	if ((op & MODEL_TLBI_NXS) && !m->cfg.feat.xs)
		mi_violate(m, "undefined-tlbi", 0, 0, "nXS without FEAT_XS");
	if ((op & MODEL_TLBI_OS) && !m->cfg.feat.tlbios)
		mi_violate(m, "undefined-tlbi", 0, 0, "OS without FEAT_TLBIOS");
	if ((op & OP_MASK) > MODEL_ALLE1)
		mi_violate(m, "undefined-tlbi", 0, 0, "no such operation: %u", op);
	if (m->obs[cpu].unsynced)
		mi_violate(m, "tlbi-before-isb", 0, 0,
			   "VTTBR_EL2.VMID changed on cpu%u, no ISB since", cpu);
}

void
model_tlbi(struct model *m, unsigned cpu, unsigned op, uint64_t xt)
{
	struct inval inv = { .cpu = cpu, .nxs = op & MODEL_TLBI_NXS };
	unsigned base = op & OP_MASK;

	model_scan(m, cpu);
	mi_event(m, "tlbi", cpu, op, xt, m->obs[cpu].vmid);
	m->stats.tlbis++;
	check_op(m, cpu, op);
	inv.event = m->event;
	inv.scope = op & MODEL_TLBI_OS ? 2
		  : op & MODEL_TLBI_IS ? 1
				       : 0;
	/* Whether what IPAs name is enough for a write that used a combined entry nobody says: it is not counted. */
	m->broadcast[cpu] = m->broadcast[cpu] || (inv.scope && base > MODEL_RIPAS2LE1);
	inv.ctx = contexts(m, cpu, op);
	inv.kind = base == MODEL_VMALLE1 ? INV_S1 : INV_S12;
	if (base == MODEL_VMALLE1 && m->obs[cpu].tge)
		return; /* E2H,TGE=1: the host's own regime */
	if (base <= MODEL_RIPAS2LE1 && !decode_ipa(m, base, xt, &inv))
		return;
	issue(m, &inv);
}

static void
complete(struct model *m, unsigned cpu, unsigned scope, bool nxs_only)
{
	struct inval *inv;
	size_t i, keep = 0;

	for (i = 0; i < m->n_pending; i++) {
		inv = &m->pending[i];
		if (inv->cpu != cpu || inv->scope > scope || (nxs_only && !inv->nxs)) {
			m->pending[keep++] = *inv;
			continue;
		}
		if (!mi_errata_counts(m, inv))
			continue;
		mi_tlb_apply(m, inv);
		mi_ledger_apply(m, inv);
	}
	m->n_pending = keep;
}

void
model_dsb(struct model *m, unsigned cpu, unsigned kind)
{
	unsigned scope = kind & 3;

	model_scan(m, cpu);
	mi_event(m, "dsb", cpu, kind, 0, 0);
	m->stats.dsbs++;
	if (!(kind & MODEL_DSB_LD)) {
		mi_ledger_dsb(m, cpu, scope >= MODEL_DSB_ISH);
		m->unsynced_store[cpu] = 0;
	}
	if (!(kind & (MODEL_DSB_ST | MODEL_DSB_LD))) {
		complete(m, cpu, scope, kind & MODEL_DSB_NXS);
		mi_errata_dsb(m, cpu, scope);
	}
}

void
model_isb(struct model *m, unsigned cpu)
{
	mi_event(m, "isb", cpu, 0, 0, 0);
	m->stats.isbs++;
	m->obs[cpu].unsynced = false;
}

void
model_smmu_tlbi(struct model *m, const struct model_smmu_cmd *cmd)
{
	struct inval inv = { .cpu = m->cfg.cpus };

	model_scan(m, m->op.cpu);
	mi_event(m, "smmu-tlbi", m->cfg.cpus, cmd->ipa, cmd->last, cmd->all);
	m->stats.tlbis++;
	inv.event = m->event;
	inv.kind = cmd->all    ? INV_S12
		 : cmd->stage1 ? INV_S1
			       : INV_IPA;
	inv.ctx = m->cfg.smmu && cmd->vmid == m->cfg.smmu_vmid ? BIT(63) : 0;
	inv.ipa = cmd->ipa & ~MASK(m->f.g);
	inv.last = cmd->last | MASK(m->f.g);
	inv.leaf_only = cmd->leaf;
	inv.ttl = cmd->ttl ? (int)cmd->ttl : ANY_LEVEL;
	issue(m, &inv);
}

void
model_smmu_sync(struct model *m)
{
	mi_event(m, "smmu-sync", m->cfg.cpus, 0, 0, 0);
	complete(m, m->cfg.cpus, 3, false);
}

/* ---- what an invalidation by IPA hits ---- */

/*
 * Of leaf entries of one level that answer for [ipa, last]: the part that goes. One address takes
 * the whole block or page with it, but not its contiguous group (R_LQLSD, I_JQPNP).
 */
bool
mi_hits_leaf(const struct model *m, const struct inval *inv, int level, bool xs0, uint64_t ipa,
	     uint64_t last, uint64_t *from, uint64_t *to)
{
	uint64_t size = MASK(mi_lg2(&m->f, level));

	if ((inv->ttl != ANY_LEVEL && inv->ttl != level) || (inv->nxs && !xs0))
		return false;
	*from = inv->ipa & ~size;
	*to = inv->last | size;
	if (*from > last || *to < ipa)
		return false;
	if (*from < ipa)
		*from = ipa;
	if (*to > last)
		*to = last;
	return true;
}

/* Of table entries: all that a translation in the range would use, above the level of the hint. */
bool
mi_hits_walk(const struct inval *inv, int level, uint64_t ipa, uint64_t last)
{
	if (inv->leaf_only || inv->nxs || (inv->ttl != ANY_LEVEL && level >= inv->ttl))
		return false;
	return inv->ipa <= last && inv->last >= ipa;
}
