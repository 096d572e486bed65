/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The ledger: for every entry that was changed, what any observer may still have cached of it.
 * It assumes the worst: everything that may be cached is. Runs of leaves of one table are one
 * ghost; an invalidation cuts out of it what it is guaranteed to remove.
 */
#include <stdlib.h>

#include "model_internal.h"

#define MERGE_DEPTH 8 /* how many recent ghosts a new one may join */

void
mi_ledger_free(struct model *m)
{
	free(m->leaves.e);
	free(m->tables.e);
}

/* ---- adding ---- */

/* What may be cached of a valid entry at `ipa` of table n. */
struct ghost
mi_ghost(struct model *m, unsigned cpu, const struct node *n, uint64_t entry_pa, uint64_t ipa,
	 uint64_t desc, enum need need, bool dead)
{
	unsigned lg2 = mi_lg2(&m->f, n->level);
	struct ghost g = { .origin = n->pa, .desc = desc, .entry_pa = entry_pa, .need = need };

	if (mi_kind(m, desc, n->level) == D_TABLE) {
		g.next = mi_next_table(&m->f, desc);
	} else {
		if (mi_contiguous(m, desc, n->level))
			lg2 += mi_group_lg2(&m->f, n->level);
		g.comb = mi_ctx_combined(m);
		g.xs0 = mi_xs0(m, desc);
	}
	g.s2 = mi_ctx_all(m);
	g.ipa = ipa & ~MASK(lg2);
	g.last = ipa | MASK(lg2);
	g.born = m->event;
	g.cpu = cpu;
	g.level = (int8_t)n->level;
	g.dead = dead;
	return g;
}

static void
push(struct ghosts *v, const struct ghost *g)
{
	v->e = mi_grow(v->e, &v->cap, v->n + 1, sizeof(*v->e));
	v->e[v->n++] = *g;
}

/* Two ghosts that any invalidation will treat alike. */
static bool
alike(const struct ghost *a, const struct ghost *b)
{
	return a->origin == b->origin && a->level == b->level && a->need == b->need &&
	       a->s2 == b->s2 && a->comb == b->comb && a->vis_all == b->vis_all &&
	       a->vis_local == b->vis_local && a->cpu == b->cpu && a->others == b->others &&
	       a->dead == b->dead && a->xs0 == b->xs0 && !a->tolerated && !a->early;
}

static bool
join(struct ghost *old, const struct ghost *g)
{
	if (!alike(old, g))
		return false;
	if (g->ipa >= old->ipa && g->last <= old->last)
		return true;
	if (g->ipa == old->last + 1) {
		old->last = g->last;
		return true;
	}
	if (g->last + 1 == old->ipa) {
		old->ipa = g->ipa;
		return true;
	}
	return false;
}

/* Soft ghosts may stay for ever: the same one again replaces what was there. */
static void
forget_softer(struct model *m, const struct ghost *g)
{
	struct ghosts *v = &m->leaves;
	size_t i;

	for (i = v->n; i-- > 0;)
		if (v->e[i].need < NEED_STALE && v->e[i].need <= g->need &&
		    v->e[i].level == g->level && v->e[i].origin == g->origin &&
		    v->e[i].ipa >= g->ipa && v->e[i].last <= g->last)
			v->e[i] = v->e[--v->n];
}

void
mi_ledger_add_leaf(struct model *m, const struct ghost *g)
{
	struct ghosts *v = &m->leaves;
	size_t i, stop = v->n > MERGE_DEPTH ? v->n - MERGE_DEPTH : 0;

	for (i = v->n; i-- > stop;)
		if (join(&v->e[i], g))
			return;
	forget_softer(m, g);
	push(v, g);
}

void
mi_ledger_add_table(struct model *m, const struct ghost *g)
{
	push(&m->tables, g);
}

/* What of a run of leaves lies outside of [ipa, last], in whole entries, becomes ghosts of its own. */
static void
cut_run(struct model *m, size_t i, uint64_t ipa, uint64_t last)
{
	uint64_t entry = UINT64_C(1) << mi_lg2(&m->f, m->leaves.e[i].level);
	struct ghost piece = m->leaves.e[i];

	ipa &= ~(entry - 1);
	last |= entry - 1;
	if (piece.ipa < ipa) {
		struct ghost left = piece;

		left.last = ipa - 1;
		push(&m->leaves, &left);
		piece.ipa = ipa;
	}
	if (piece.last > last) {
		struct ghost right = piece;

		right.ipa = last + 1;
		push(&m->leaves, &right);
		piece.last = last;
	}
	m->leaves.e[i] = piece;
}

static bool
is_softer(const struct ghost *g, uint64_t ipa, uint64_t last, enum need need)
{
	return g->ipa <= last && g->last >= ipa && g->need < need;
}

static void
harden(struct ghost *g, enum need need)
{
	g->need = need;
	g->tolerated = false;
}

/*
 * An entry over [ipa, last] changed in a way that needs an invalidation: what is cached of its
 * past could stay until now, and must go with it.
 */
void
mi_ledger_upgrade(struct model *m, uint64_t ipa, uint64_t last, enum need need)
{
	size_t i, n = m->leaves.n;

	for (i = 0; i < n; i++)
		if (is_softer(&m->leaves.e[i], ipa, last, need)) {
			cut_run(m, i, ipa, last);
			harden(&m->leaves.e[i], need);
		}
	for (i = 0; i < m->tables.n; i++)
		if (is_softer(&m->tables.e[i], ipa, last, need))
			harden(&m->tables.e[i], need);
}

/* ---- barriers ---- */

/*
 * The entry at `ipa` is written to by a CPU. Who sees that store has seen all earlier ones to the same
 * place: its DSB makes them visible, too.
 */
void
mi_ledger_overwrite(struct model *m, unsigned cpu, uint64_t ipa, uint64_t last)
{
	for (size_t i = 0; i < m->leaves.n; i++)
		if (m->leaves.e[i].ipa == ipa && m->leaves.e[i].last == last)
			m->leaves.e[i].others |= 1u << cpu;
}

void
mi_ledger_dsb(struct model *m, unsigned cpu, bool wide)
{
	struct ghost *g;
	size_t i;

	for (i = 0; i < m->leaves.n + m->tables.n; i++) {
		g = i < m->leaves.n ? &m->leaves.e[i] : &m->tables.e[i - m->leaves.n];
		if (g->cpu != cpu && !(g->others >> cpu & 1u))
			continue;
		if (!g->vis_local)
			g->vis_local = m->event;
		if (wide && !g->vis_all)
			g->vis_all = m->event;
	}
}

/* The contexts for which the store was visible when the invalidation was issued. */
static uint64_t
visible(const struct model *m, const struct ghost *g, const struct inval *inv)
{
	if (g->vis_all && g->vis_all < inv->event)
		return inv->ctx;
	if (g->vis_local && g->vis_local < inv->event)
		return inv->ctx & mi_ctx_obs(m, g->cpu);
	return 0;
}

/* ---- invalidation ---- */

static bool
hits(const struct model *m, const struct inval *inv, const struct ghost *g, uint64_t *from,
     uint64_t *to)
{
	*from = g->ipa;
	*to = g->last;
	if (!(inv->ctx & (g->s2 | g->comb)))
		return false;
	switch (inv->kind) {
	case INV_IPA:
		if (g->next)
			return mi_hits_walk(inv, g->level, g->ipa, g->last);
		return mi_hits_leaf(m, inv, g->level, g->xs0, g->ipa, g->last, from, to) &&
		       mi_errata_groups(m, inv, g->level, g->desc, from, to);
	case INV_S1:
		return (g->comb & inv->ctx) && (!inv->nxs || g->xs0);
	default:
		return !inv->nxs || g->xs0;
	}
}

void
mi_ledger_issue(struct model *m, const struct inval *inv)
{
	uint64_t from, to;
	struct ghost *g;
	size_t i;

	for (i = 0; i < m->leaves.n + m->tables.n; i++) {
		g = i < m->leaves.n ? &m->leaves.e[i] : &m->tables.e[i - m->leaves.n];
		if (visible(m, g, inv) != inv->ctx && hits(m, inv, g, &from, &to))
			g->early = true;
	}
}

/*
 * Contexts in which a ghost of a dead table would come back: a stale entry above it still leads
 * to the dead table, where its descriptor stands as it was.
 */
static uint64_t
comes_back(const struct model *m, const struct ghost *g)
{
	const struct ghost *h;
	uint64_t ctx = 0;
	size_t i;

	for (i = 0; g->dead && i < m->tables.n; i++) {
		h = &m->tables.e[i];
		if (h->level < g->level && h->ipa <= g->ipa && h->last >= g->last)
			ctx |= h->s2;
	}
	return ctx;
}

static void
clear_contexts(struct model *m, const struct inval *inv, struct ghost *g, uint64_t ctx)
{
	if (inv->kind == INV_S1) {
		/* What is left alone at stage 2 would be combined again. */
		if (g->s2_event < inv->event)
			g->comb &= ~(ctx & ~g->s2);
		return;
	}
	ctx &= ~comes_back(m, g);
	if (g->s2 & ctx)
		g->s2_event = m->event;
	g->s2 &= ~ctx;
	if (inv->kind == INV_S12)
		g->comb &= ~ctx;
}

static void
apply_leaf(struct model *m, const struct inval *inv, size_t i)
{
	struct ghost *g = &m->leaves.e[i], piece = *g;
	uint64_t from, to, ctx = visible(m, g, inv);

	if (!ctx || !hits(m, inv, g, &from, &to))
		return;
	clear_contexts(m, inv, &piece, ctx);
	if (piece.s2 == g->s2 && piece.comb == g->comb)
		return;
	if (from > g->ipa) {
		struct ghost left = *g;

		left.last = from - 1;
		push(&m->leaves, &left);
		g = &m->leaves.e[i];
	}
	if (to < g->last) {
		struct ghost right = *g;

		right.ipa = to + 1;
		push(&m->leaves, &right);
		g = &m->leaves.e[i];
	}
	piece.ipa = from;
	piece.last = to;
	*g = piece;
}

static void
sweep(struct ghosts *v)
{
	size_t i;

	for (i = v->n; i-- > 0;)
		if (!(v->e[i].s2 | v->e[i].comb))
			v->e[i] = v->e[--v->n];
}

/* Top-down, since what is above keeps what is below alive. */
void
mi_ledger_apply(struct model *m, const struct inval *inv)
{
	uint64_t from, to, ctx;
	struct ghost *g;
	size_t i, n;
	int level;

	for (level = LEVEL_MIN; level < 3; level++)
		for (i = 0; i < m->tables.n; i++) {
			g = &m->tables.e[i];
			ctx = visible(m, g, inv);
			if (g->level == level && ctx && hits(m, inv, g, &from, &to))
				clear_contexts(m, inv, g, ctx);
		}
	sweep(&m->tables);
	for (i = 0, n = m->leaves.n; i < n; i++)
		apply_leaf(m, inv, i);
	sweep(&m->leaves);
}

/* ---- looking ---- */

const struct ghost *
mi_ledger_find(const struct model *m, uint64_t ipa, uint64_t last, enum need least)
{
	const struct ghost *g;
	size_t i;

	for (i = 0; i < m->leaves.n + m->tables.n; i++) {
		g = i < m->leaves.n ? &m->leaves.e[i] : &m->tables.e[i - m->leaves.n];
		if (g->ipa <= last && g->last >= ipa && g->need >= least)
			return g;
	}
	return NULL;
}

/* Something that points to the table or was read from it. */
const struct ghost *
mi_ledger_find_table(const struct model *m, uint64_t table)
{
	const struct ghost *g;
	size_t i;

	for (i = 0; i < m->tables.n + m->leaves.n; i++) {
		g = i < m->tables.n ? &m->tables.e[i] : &m->leaves.e[i - m->tables.n];
		if (g->origin == table || g->next == table)
			return g;
	}
	return NULL;
}

bool
model_ledger_empty(const struct model *m)
{
	return !mi_ledger_find(m, 0, UINT64_MAX, NEED_STALE);
}

/* ---- verdicts ---- */

static bool
pending(const struct model *m, const struct ghost *g)
{
	uint64_t from, to;
	size_t i;

	for (i = 0; i < m->n_pending; i++)
		if (visible(m, g, &m->pending[i]) && hits(m, &m->pending[i], g, &from, &to))
			return true;
	return false;
}

/* `name` unless the cause is known better. */
static const char *
cause(const struct model *m, const struct ghost *g, const char *name)
{
	if (pending(m, g))
		return "tlbi-not-completed";
	if (!g->s2)
		return "missing-vmalle1";
	return g->early ? "tlbi-before-dsb" : name;
}

void
mi_ledger_violate(struct model *m, const struct ghost *g, const char *name, const char *what)
{
	char who[96];

	mi_ctx_text(m, g->s2 | g->comb, who, sizeof(who));
	mi_violate(m, cause(m, g, name), g->ipa, g->entry_pa,
		   "%s while a level %d %s of event %lu (0x%llx) may be cached by%s", what,
		   g->level, g->next ? "table entry" : "leaf", g->born,
		   (unsigned long long)g->desc, who);
}

static bool
left_at_end(const struct model *m, struct ghost *g, unsigned flags)
{
	uint64_t own = mi_ctx_obs(m, m->op.cpu);

	if (g->need >= NEED_STALE)
		return true;
	if (g->need != NEED_RELAX)
		return false;
	if ((flags & MODEL_END_LOCAL) && g->ipa <= m->op.last && g->last >= m->op.ipa &&
	    ((g->s2 | g->comb) & own & mi_ctx(m, m->op.cpu, m->obs[m->op.cpu].vmid)))
		return true;
	if (flags & MODEL_END_RELAX)
		g->tolerated = true;
	return !g->tolerated;
}

void
mi_ledger_end(struct model *m, unsigned flags)
{
	struct ghost *g;
	size_t i;

	for (i = 0; i < m->tables.n + m->leaves.n; i++) {
		g = i < m->tables.n ? &m->tables.e[i] : &m->leaves.e[i - m->tables.n];
		if (!left_at_end(m, g, flags))
			continue;
		mi_ledger_violate(m, g, g->next ? "stale-walk-cache" : "stale-after-operation",
				  "the operation ended");
		return;
	}
}
