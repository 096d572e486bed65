/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The observers' TLBs and walk caches, and the accesses that fill and use them. */
#include <stdlib.h>
#include <string.h>

#include "model_internal.h"

bool
mi_tlb_init(struct model *m)
{
	unsigned caps[TLB_KINDS] = { m->cfg.tlb_leaf, m->cfg.tlb_walk, m->cfg.tlb_combined };
	unsigned i, k;

	for (i = 0; i < m->n_obs; i++)
		for (k = 0; k < TLB_KINDS; k++) {
			struct tlb *t = &m->obs[i].tlb[k];

			t->cap = caps[k]       ? caps[k]
			       : k == TLB_WALK ? 32
					       : 64;
			t->e = calloc(t->cap, sizeof(*t->e));
			if (!t->e)
				return false;
		}
	return true;
}

void
mi_tlb_free(struct model *m)
{
	unsigned i, k;

	for (i = 0; i < OBSERVERS_MAX; i++)
		for (k = 0; k < TLB_KINDS; k++)
			free(m->obs[i].tlb[k].e);
}

unsigned
model_tlb_entries(const struct model *m, unsigned obs)
{
	const struct tlb *t = m->obs[obs].tlb;

	return t[TLB_LEAF].n + t[TLB_WALK].n + t[TLB_COMBINED].n;
}

/* ---- filling ---- */

static void
insert(struct tlb *t, const struct tlb_entry *e)
{
	struct tlb_entry *o;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		o = &t->e[i];
		if (o->ipa != e->ipa || o->last != e->last || o->level != e->level ||
		    o->desc != e->desc || o->desc_pa != e->desc_pa || o->vmid != e->vmid ||
		    o->va != e->va)
			continue;
		if (o->born < e->born)
			o->born = e->born;
		return;
	}
	if (t->n < t->cap) {
		t->e[t->n++] = *e;
		return;
	}
	t->e[t->victim] = *e;
	t->victim = (t->victim + 1) % t->cap;
}

static uint64_t
block_of(const struct model *m, uint64_t pa)
{
	const struct node *n = mi_node(m, pa);

	return n ? n->pa : pa & ~MASK(UNIT_LG2);
}

/*
 * How far one entry may answer: over the whole contiguous group if all members are there and say
 * the same, else over itself.
 */
static unsigned
reach_lg2(struct model *m, uint64_t desc, uint64_t desc_pa, int level)
{
	uint64_t other, base, keep = ~(MODEL_ATTR_AF | MODEL_ATTR_DIRTY);
	unsigned lg2 = mi_lg2(&m->f, level), group = mi_group_lg2(&m->f, level), i;

	if (!mi_contiguous(m, desc, level))
		return lg2;
	base = desc_pa & ~MASK(group + 3);
	for (i = 0; i < 1u << group; i++) {
		if (!mi_read(m, base + i * 8, &other) || mi_kind(m, other, level) != D_LEAF ||
		    !(other & MODEL_ATTR_AF) ||
		    ((mi_attr(m, other, level) ^ mi_attr(m, desc, level)) & keep) ||
		    mi_oa(&m->f, other, level) !=
			    (mi_oa(&m->f, desc, level) & ~MASK(lg2 + group)) + ((uint64_t)i << lg2))
			return lg2;
	}
	return lg2 + group;
}

static void
fill_leaf(struct model *m, unsigned obs, const struct walk *w, const struct model_outcome *out,
	  unsigned long born)
{
	struct observer *o = &m->obs[obs];
	unsigned lg2 = reach_lg2(m, out->desc, out->desc_pa, out->level);
	struct tlb_entry e = { .level = (int8_t)out->level, .vmid = o->vmid, .born = born };

	e.ipa = w->acc->ipa & ~MASK(lg2);
	e.last = w->acc->ipa | MASK(lg2);
	e.oa = out->pa & ~MASK(lg2);
	e.desc = out->desc;
	e.desc_pa = out->desc_pa;
	e.table = block_of(m, out->desc_pa);
	e.xs0 = mi_xs0(m, out->desc);
	insert(&o->tlb[TLB_LEAF], &e);
	if (!w->acc->combined || !(mi_ctx(m, obs, o->vmid) & mi_ctx_combined(m)))
		return;
	e.va = w->acc->va - (w->acc->ipa - e.ipa);
	insert(&o->tlb[TLB_COMBINED], &e);
}

/* All that a walk may leave behind. Entries with AF=0 and other faults are never cached. */
static void
fill(struct model *m, unsigned obs, const struct walk *w, const struct model_outcome *out,
     unsigned long born)
{
	struct tlb_entry e = { .vmid = m->obs[obs].vmid, .born = born };
	unsigned i, lg2;

	for (i = 0; i < w->n; i++) {
		lg2 = mi_lg2(&m->f, w->step[i].level);
		e.level = (int8_t)w->step[i].level;
		e.ipa = w->acc->ipa & ~MASK(lg2);
		e.last = w->acc->ipa | MASK(lg2);
		e.desc = w->step[i].desc;
		e.desc_pa = w->step[i].desc_pa;
		e.oa = mi_next_table(&m->f, e.desc);
		e.table = block_of(m, e.desc_pa);
		insert(&m->obs[obs].tlb[TLB_WALK], &e);
	}
	if ((out->result == MODEL_OK || out->result == MODEL_PERMISSION) &&
	    (out->desc & MODEL_ATTR_AF))
		fill_leaf(m, obs, w, out, born);
}

/* ---- answering ---- */

static bool
matches(const struct observer *o, enum tlb_kind kind, const struct tlb_entry *e,
	const struct model_access *acc)
{
	if (e->vmid != o->vmid || acc->ipa < e->ipa || acc->ipa > e->last)
		return false;
	return kind != TLB_COMBINED || (acc->combined && acc->va == e->va + (acc->ipa - e->ipa));
}

static void
answer(struct model *m, enum tlb_kind kind, const struct tlb_entry *e, struct walk *w,
       struct model_outcome *out)
{
	memset(out, 0, sizeof(*out));
	w->n = 0;
	if (kind == TLB_WALK) {
		out->source = MODEL_FROM_WALK_CACHE;
		mi_walk_from(m, w, e->oa, e->level + 1, m->f.s, out);
		return;
	}
	out->source = kind == TLB_LEAF ? MODEL_FROM_TLB : MODEL_FROM_COMBINED;
	mi_leaf(m, w, e->desc, e->desc_pa, e->level, e->oa, e->ipa, out);
}

static bool
same(const struct model_outcome *a, const struct model_outcome *b)
{
	if (a->result != b->result || a->level != b->level)
		return false;
	if (a->result != MODEL_OK)
		return true;
	return a->pa == b->pa && a->r == b->r && a->w == b->w && a->x1 == b->x1 &&
	       a->x0 == b->x0 && a->memattr == b->memattr && a->sh == b->sh;
}

struct answers {
	struct model_outcome *outs;
	unsigned n, max;
};

static void
add_answer(struct answers *a, const struct model_outcome *out)
{
	unsigned i;

	for (i = 0; i < a->n && i < a->max; i++)
		if (same(&a->outs[i], out))
			return;
	if (a->n < a->max)
		a->outs[a->n] = *out;
	a->n++;
}

static void
add_with_nt(struct model *m, struct answers *a, const struct model_outcome *out)
{
	struct model_outcome nt = *out;

	add_answer(a, out);
	if (!m->cfg.feat.nt_faults || !m->cfg.feat.bbm || out->result != MODEL_OK ||
	    out->level == 3 || !(out->desc & MODEL_ATTR_NT))
		return;
	mi_fault(&nt, MODEL_TRANSLATION, out->level);
	add_answer(a, &nt);
}

unsigned
model_ask(struct model *m, unsigned obs, const struct model_access *acc,
	  struct model_outcome *outs, unsigned max)
{
	struct observer *o = &m->obs[obs];
	struct answers a = { outs, 0, max };
	struct walk w = { .acc = acc };
	struct model_outcome out, first = { .result = MODEL_TRANSLATION };
	bool conflict = false;
	unsigned k, i;

	for (k = 0; k < TLB_KINDS; k++)
		for (i = 0; i < o->tlb[k].n; i++) {
			if (!matches(o, (enum tlb_kind)k, &o->tlb[k].e[i], acc))
				continue;
			answer(m, (enum tlb_kind)k, &o->tlb[k].e[i], &w, &out);
			add_with_nt(m, &a, &out);
			if (k != TLB_LEAF)
				continue;
			if (first.result == MODEL_OK && out.size_lg2 != first.size_lg2)
				conflict = true;
			first = out;
		}
	mi_walk(m, &w, &out);
	add_with_nt(m, &a, &out);
	if (conflict) {
		mi_fault(&out, MODEL_TLB_CONFLICT, 0);
		add_answer(&a, &out);
	}
	return a.n;
}

/* The cached entry that answers now, or NULL for a fresh walk. */
static struct tlb_entry *
choose(struct model *m, unsigned obs, const struct model_access *acc, enum tlb_kind *kind)
{
	struct observer *o = &m->obs[obs];
	struct tlb_entry *best = NULL, *e;
	unsigned k, i, n = 1;

	if (m->cfg.pick == MODEL_PICK_FRESH)
		return NULL;
	for (k = 0; k < TLB_KINDS; k++)
		for (i = 0; i < o->tlb[k].n; i++) {
			e = &o->tlb[k].e[i];
			if (!matches(o, (enum tlb_kind)k, e, acc))
				continue;
			n++;
			if (m->cfg.pick == MODEL_PICK_RANDOM ? mi_random(m) % n != 0 : best && best->born <= e->born)
				continue;
			best = e;
			*kind = (enum tlb_kind)k;
		}
	return best;
}

static bool
answer_from_cache(struct model *m, unsigned obs, const struct model_access *acc,
		  struct model_outcome *out)
{
	struct walk w = { .acc = acc, .update_af = true, .update_dirty = true };
	enum tlb_kind kind = TLB_LEAF;
	struct tlb_entry *e = choose(m, obs, acc, &kind);
	unsigned long born;

	if (!e)
		return false;
	born = e->born;
	if (kind == TLB_LEAF)
		mi_errata_update(m, e);
	answer(m, kind, e, &w, out);
	if (out->result == MODEL_TRANSLATION && out->level == 0 && out->desc)
		return false; /* a hardware update lost its race */
	if (kind != TLB_WALK)
		e->desc = out->desc;
	fill(m, obs, &w, out, born);
	return true;
}

/* An access, with all stores judged. */
static void
access(struct model *m, unsigned obs, const struct model_access *acc, struct model_outcome *out)
{
	struct walk w = { .acc = acc, .update_af = true };
	struct model_outcome fresh;
	bool cached;

	mi_event(m, "access", obs, acc->ipa, acc->kind, acc->combined);
	memset(out, 0, sizeof(*out));
	if (m->stopped) {
		mi_fault(out, MODEL_TRANSLATION, 0);
		return;
	}
	cached = m->f.on && answer_from_cache(m, obs, acc, out);
	w.update_dirty = !cached;
	mi_walk(m, &w, &fresh);
	if (m->f.on)
		fill(m, obs, &w, &fresh, m->event);
	if (!cached)
		*out = fresh;
	mi_fly(m, obs, acc, out);
}

void
model_access(struct model *m, unsigned obs, const struct model_access *acc,
	     struct model_outcome *out)
{
	model_scan(m, m->op.cpu);
	access(m, obs, acc, out);
}

void
model_prime(struct model *m, uint64_t ipa, uint64_t last)
{
	struct model_access acc = { .ipa = ipa, .combined = true };
	struct model_outcome out;
	uint64_t step;
	unsigned i;

	model_scan(m, m->op.cpu);
	for (;;) {
		acc.va = acc.ipa;
		for (i = 0; i < m->n_obs; i++)
			access(m, i, &acc, &out);
		model_walk(m, &acc, &out);
		step = MASK(mi_lg2(&m->f, out.level > 3 || out.result == MODEL_EXTERNAL_ABORT ? 3 : out.level));
		if ((acc.ipa | step) >= last)
			return;
		acc.ipa = (acc.ipa | step) + 1;
	}
}

/* ---- removing ---- */

static void
drop(struct tlb *t, unsigned i)
{
	t->e[i] = t->e[--t->n];
	t->victim = 0;
}

/* Takes [from, to] out of an entry. What is left may be nothing, one piece or two. */
static void
cut(struct tlb *t, unsigned i, uint64_t from, uint64_t to)
{
	struct tlb_entry right = t->e[i];
	bool left = from > right.ipa;

	if (to < right.last) {
		right.oa += to + 1 - right.ipa;
		right.va += to + 1 - right.ipa;
		right.ipa = to + 1;
		if (!left)
			t->e[i] = right;
		else if (t->n < t->cap)
			t->e[t->n++] = right;
	}
	if (left)
		t->e[i].last = from - 1;
	else if (to >= right.last)
		drop(t, i);
}

static bool
apply_one(struct model *m, const struct inval *inv, enum tlb_kind kind, struct tlb *t, unsigned i)
{
	struct tlb_entry *e = &t->e[i];
	uint64_t from, to;

	if (inv->kind == INV_IPA && kind == TLB_LEAF) {
		if (!mi_hits_leaf(m, inv, e->level, e->xs0, e->ipa, e->last, &from, &to) ||
		    !mi_errata_groups(m, inv, e->level, e->desc, &from, &to))
			return false;
		cut(t, i, from, to);
		return true;
	}
	if (inv->kind == INV_IPA) {
		if (kind != TLB_WALK || !mi_hits_walk(inv, e->level, e->ipa, e->last))
			return false;
	} else if ((inv->kind == INV_S1 && kind != TLB_COMBINED) || (inv->nxs && !e->xs0)) {
		return false;
	}
	drop(t, i);
	return true;
}

void
mi_tlb_apply(struct model *m, const struct inval *inv)
{
	unsigned i, k, o;

	for (o = 0; o < m->n_obs; o++)
		for (k = 0; k < TLB_KINDS; k++) {
			struct tlb *t = &m->obs[o].tlb[k];

			/* Downwards: drop() brings the last entry to a place already seen. */
			for (i = t->n; i-- > 0;)
				if ((inv->ctx & mi_ctx(m, o, t->e[i].vmid)) &&
				    t->e[i].born < inv->event)
					apply_one(m, inv, (enum tlb_kind)k, t, i);
		}
}

/* ---- checks ---- */

void
mi_tlb_check_retired(struct model *m, const struct node *n)
{
	const struct tlb_entry *e;
	unsigned o, k, i;

	for (o = 0; o < m->n_obs; o++)
		for (k = 0; k < TLB_KINDS; k++)
			for (i = 0; i < m->obs[o].tlb[k].n; i++) {
				e = &m->obs[o].tlb[k].e[i];
				if (e->table != n->pa && (k != TLB_WALK || e->oa - n->pa >= n->bytes))
					continue;
				mi_violate(m, "retired-before-invalidation", e->ipa, n->pa,
					   "observer %u holds a level %d entry %s it", o, e->level,
					   e->table == n->pa ? "read from" : "that points to");
			}
}

static bool
walk_stale(struct model *m, const struct tlb_entry *e)
{
	struct model_access acc = { .ipa = e->ipa };
	struct walk w = { .acc = &acc };
	struct model_outcome out;
	unsigned i;

	mi_walk(m, &w, &out);
	for (i = 0; i < w.n; i++)
		if (w.step[i].level == e->level)
			return mi_next_table(&m->f, w.step[i].desc) != e->oa;
	return true;
}

static bool
grants_more(const struct model_outcome *a, const struct model_outcome *b)
{
	return (a->r && !b->r) || (a->w && !b->w) || (a->x1 && !b->x1) || (a->x0 && !b->x0);
}

/* Is the leaf dirty? What one member of a group has, all have (I_NFFSV). */
static bool
is_dirty(struct model *m, const struct model_outcome *f)
{
	unsigned group = mi_contiguous(m, f->desc, f->level) ? mi_group_lg2(&m->f, f->level) : 0;
	uint64_t first = f->desc_pa & ~(MASK(group) * 8 + 7), desc;

	for (unsigned i = 0; i < 1u << group; i++)
		if (mi_read(m, first + i * 8, &desc) && (desc & 1) && (desc & MODEL_ATTR_DIRTY))
			return true;
	return false;
}

static bool
leaf_stale(struct model *m, const struct model_outcome *c, const struct model_outcome *f,
	   bool relaxed_too)
{
	if (f->result != MODEL_OK && f->result != MODEL_PERMISSION &&
	    f->result != MODEL_ACCESS_FLAG)
		return true;
	if (c->pa != f->pa || c->memattr != f->memattr || c->sh != f->sh ||
	    c->size_lg2 != f->size_lg2 || grants_more(c, f))
		return true;
	if (m->f.hd && (c->desc & MODEL_ATTR_DIRTY) && FIELD(f->desc, 51, 51) && !is_dirty(m, f))
		return true;
	return relaxed_too && grants_more(f, c);
}

static void
check_leaf(struct model *m, unsigned obs, enum tlb_kind kind, const struct tlb_entry *e,
	   bool local)
{
	uint64_t step = BIT(mi_lg2(&m->f, e->level)), ipa;
	struct model_outcome c, f;

	for (ipa = e->ipa; ipa < e->last; ipa += step) {
		struct model_access acc = { .ipa = ipa };
		struct walk w = { .acc = &acc };

		answer(m, kind, e, &w, &c);
		mi_walk(m, &w, &f);
		if (!leaf_stale(m, &c, &f, local && ipa <= m->op.last && (ipa | (step - 1)) >= m->op.ipa))
			continue;
		mi_violate(m, kind == TLB_COMBINED ? "missing-vmalle1" : "stale-after-operation",
			   ipa, e->desc_pa, "observer %u still answers from descriptor 0x%llx", obs,
			   (unsigned long long)e->desc);
		return;
	}
}

/* No observer still gives an answer that the table does not give. */
void
mi_tlb_check_end(struct model *m, unsigned flags)
{
	const struct tlb_entry *e;
	unsigned o, k, i;
	bool local;

	if (m->stopped || !m->f.on)
		return;
	for (o = 0; o < m->n_obs; o++)
		for (k = 0; k < TLB_KINDS; k++)
			for (i = 0; i < m->obs[o].tlb[k].n; i++) {
				e = &m->obs[o].tlb[k].e[i];
				local = (flags & MODEL_END_LOCAL) && o == m->op.cpu &&
					e->vmid == m->obs[o].vmid;
				if (k != TLB_WALK)
					check_leaf(m, o, (enum tlb_kind)k, e, local);
				else if (walk_stale(m, e))
					mi_violate(m, "stale-walk-cache", e->ipa, e->oa,
						   "observer %u still walks this table", o);
			}
}
