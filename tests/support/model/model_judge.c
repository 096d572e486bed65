/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The judge: every store to a reachable entry, the registers, and the ends of operations. */
#include <string.h>

#include "model_internal.h"

/* One store as the judge sees it. */
struct change {
	struct node *n;
	unsigned cpu, index;
	uint64_t pa, ipa, last, old, new_desc;
};

static void
violate(struct model *m, const struct change *c, const char *name, const char *what)
{
	mi_violate(m, name, c->ipa, c->pa, "level %d 0x%llx -> 0x%llx: %s", c->n->level,
		   (unsigned long long)c->old, (unsigned long long)c->new_desc, what);
}

/* ---- single steps ---- */

static struct node *
next_node(struct model *m, uint64_t desc)
{
	struct node *n = mi_node(m, mi_next_table(&m->f, desc));

	return n && n->state == NODE_LINKED ? n : NULL;
}

static void
leave_ghost(struct model *m, const struct change *c, enum need need)
{
	struct ghost g = mi_ghost(m, c->cpu, c->n, c->pa, c->ipa, c->old, need, false);

	if (g.next)
		mi_ledger_add_table(m, &g);
	else
		mi_ledger_add_leaf(m, &g);
}

static void
unlink_table(struct model *m, const struct change *c, enum need need)
{
	struct node *child = next_node(m, c->old);

	leave_ghost(m, c, need);
	if (child)
		mi_detach(m, c->cpu, child, need);
}

static void
link_table(struct model *m, const struct change *c)
{
	mi_attach(m, mi_next_table(&m->f, c->new_desc), c->n->level + 1, c->ipa, c->pa);
}

/* An entry with AF=0 is never cached, unless hardware may set AF or it was set before. */
static bool
maybe_cached(const struct model *m, const struct change *c)
{
	return (c->old & MODEL_ATTR_AF) || m->f.ha || mi_ledger_find(m, c->ipa, c->last, NEED_AGE);
}

/* ---- kinds of change ---- */

static void
make(struct model *m, const struct change *c, bool table)
{
	const struct ghost *g = mi_ledger_find(m, c->ipa, c->last, NEED_BREAK);

	if (g)
		mi_ledger_violate(m, g, "make-before-invalidation", "the entry is made valid");
	if (table)
		link_table(m, c);
	else
		mi_caches_visible(m, c->ipa, c->new_desc, c->n->level);
}

static void
break_entry(struct model *m, const struct change *c, bool table)
{
	mi_ledger_upgrade(m, c->ipa, c->last, NEED_BREAK);
	if (!table)
		mi_caches_gone(m, c->ipa, c->old, c->n->level);
	if (table)
		unlink_table(m, c, NEED_BREAK);
	else if (c->old & MODEL_ATTR_AF)
		leave_ghost(m, c, NEED_BREAK);
}

static void
leaf_to_leaf(struct model *m, const struct change *c)
{
	enum need need = mi_leaf_need(m, c->old, c->new_desc, c->n->level);
	const struct ghost *g;

	if (m->cfg.feat.bbm == 1 && c->n->level < 3 && (c->old & MODEL_ATTR_NT) &&
	    !(c->new_desc & MODEL_ATTR_NT)) {
		g = mi_ledger_find(m, c->ipa, c->last, NEED_STALE);
		if (g)
			mi_ledger_violate(m, g, "make-before-invalidation", "nT is cleared");
	}
	if (need == NEED_BREAK) {
		if (!maybe_cached(m, c))
			return;
		violate(m, c, "no-break", "address, memory type or size changes (R_WHZWS)");
		need = NEED_STALE;
	}
	if (need >= NEED_STALE)
		mi_ledger_upgrade(m, c->ipa, c->last, NEED_STALE);
	if (need != NEED_NONE && (c->old & MODEL_ATTR_AF))
		leave_ghost(m, c, need);
}

static void
leaf_to_table(struct model *m, const struct change *c)
{
	unsigned bbm = m->cfg.feat.bbm;
	const struct node *table = mi_node(m, mi_next_table(&m->f, c->new_desc));
	bool ok = bbm == 2;

	if (bbm == 1)
		ok = (c->old & MODEL_ATTR_NT) && !mi_ledger_find(m, c->ipa, c->last, NEED_STALE);
	if (ok && table)
		ok = mi_same_translation(m, c->old, c->n->level, table);
	if (!ok && maybe_cached(m, c))
		violate(m, c, "no-break", "a block becomes a table");
	mi_ledger_upgrade(m, c->ipa, c->last, NEED_STALE);
	if (c->old & MODEL_ATTR_AF)
		leave_ghost(m, c, NEED_STALE);
	mi_caches_gone(m, c->ipa, c->old, c->n->level);
	link_table(m, c);
}

static void
table_to_leaf(struct model *m, const struct change *c)
{
	unsigned bbm = m->cfg.feat.bbm;
	const struct node *table = next_node(m, c->old);
	bool ok = bbm == 2 || (bbm == 1 && (c->new_desc & MODEL_ATTR_NT));

	if (ok && table)
		ok = mi_same_translation(m, c->new_desc, c->n->level, table);
	if (!ok)
		violate(m, c, "no-break", "a table becomes a block");
	mi_ledger_upgrade(m, c->ipa, c->last, NEED_STALE);
	unlink_table(m, c, NEED_STALE);
	mi_caches_visible(m, c->ipa, c->new_desc, c->n->level);
}

static void
table_to_table(struct model *m, const struct change *c)
{
	if (mi_next_table(&m->f, c->old) == mi_next_table(&m->f, c->new_desc))
		return;
	violate(m, c, "no-break", "another next table");
	unlink_table(m, c, NEED_STALE);
	link_table(m, c);
}

static void
judge_change(struct model *m, const struct change *c)
{
	enum dkind was = mi_kind(m, c->old, c->n->level);
	enum dkind is = mi_kind(m, c->new_desc, c->n->level);

	if (was == D_INVALID && is == D_INVALID)
		return;
	if (was == D_INVALID)
		make(m, c, is == D_TABLE);
	else if (is == D_INVALID)
		break_entry(m, c, was == D_TABLE);
	else if (was == D_LEAF && is == D_LEAF) {
		leaf_to_leaf(m, c);
		mi_caches_gone(m, c->ipa, c->old, c->n->level);
		mi_caches_visible(m, c->ipa, c->new_desc, c->n->level);
	} else if (was == D_LEAF)
		leaf_to_table(m, c);
	else if (is == D_LEAF)
		table_to_leaf(m, c);
	else
		table_to_table(m, c);
}

/* ---- stores ---- */

/* What was invalid and stays so, and a table descriptor of which only IGNORED bits change. */
static bool
is_same_to_walkers(const struct model *m, const struct change *c)
{
	if (mi_kind(m, c->old, c->n->level) == D_TABLE && mi_kind(m, c->new_desc, c->n->level) == D_TABLE)
		return !((c->old ^ c->new_desc) & ~(MASK(59) & ~MASK(51)));
	return !((c->old | c->new_desc) & 1u);
}

static void
store_entry(struct model *m, struct change *c, uint64_t told_old, enum model_how how)
{
	uint64_t *seen = mi_shadow(m, c->pa);
	const char *why;
	unsigned lg2;

	c->old = *seen;
	*seen = c->new_desc;
	if (told_old != c->old)
		violate(m, c, "lost-update", "the entry was not what its author thought");
	c->index = (unsigned)((c->pa - c->n->pa) / 8);
	if (c->old == c->new_desc || m->stopped || c->index >= mi_table_entries(m, c->n))
		return;
	m->stats.shared_stores++;
	if (!is_same_to_walkers(m, c))
		m->unsynced_store[c->cpu] = m->event;
	lg2 = mi_lg2(&m->f, c->n->level);
	c->ipa = c->n->ipa + ((uint64_t)c->index << lg2);
	c->last = c->ipa | MASK(lg2);
	mi_ledger_overwrite(m, c->cpu, c->ipa, c->last);
	why = mi_malformed(m, c->new_desc, c->n->level);
	if (why)
		violate(m, c, "malformed-descriptor", why);
	if (how == MODEL_PLAIN && m->f.ha && mi_kind(m, c->old, c->n->level) == D_LEAF)
		violate(m, c, "non-atomic-update", "hardware may have changed it meanwhile");
	mi_contiguous_store(m, c->n, c->index, c->old, c->new_desc);
	judge_change(m, c);
}

static void
store(struct model *m, unsigned cpu, uint64_t pa, uint64_t old, uint64_t new_desc,
      enum model_how how)
{
	struct change c = { .n = mi_node(m, pa), .cpu = cpu, .pa = pa & ~UINT64_C(7) };

	c.old = old;
	c.new_desc = new_desc;
	if (!c.n)
		return;
	if (m->listener && (c.n->state == NODE_LINKED || c.n->state == NODE_DEAD))
		m->listener(m->listener_arg, c.pa, old, new_desc);
	switch (c.n->state) {
	case NODE_LINKED:
		store_entry(m, &c, old, how);
		break;
	case NODE_DEAD:
		*mi_shadow(m, c.pa) = new_desc;
		violate(m, &c, "store-into-dead-table", "the table is unlinked");
		break;
	case NODE_RETIRED:
		violate(m, &c, "store-into-retired-table", "the table is the host's again");
		break;
	default:
		break;
	}
	mi_tear_check(m, c.pa);
}

void
model_listen(struct model *m, model_listener listener, void *arg)
{
	m->listener = listener;
	m->listener_arg = arg;
}

/* Memory alone says what was stored. */
void
model_store(struct model *m, unsigned cpu, uint64_t pa, uint64_t old, uint64_t new_desc,
	    enum model_how how)
{
	uint64_t is = 0;

	mi_event(m, "store", cpu, pa, old, new_desc);
	m->stats.stores++;
	if (!mi_read(m, pa, &is) || is != new_desc)
		mi_violate(m, "store-not-as-told", 0, pa, "told 0x%llx -> 0x%llx, memory holds 0x%llx",
			   (unsigned long long)old, (unsigned long long)new_desc, (unsigned long long)is);
	store(m, cpu, pa, old, is, how);
}

void
model_perform_store(struct model *m, unsigned cpu, uint64_t pa, uint64_t old, uint64_t new_desc,
		    enum model_how how)
{
	mi_write(m, pa, new_desc);
	model_store(m, cpu, pa, old, new_desc, how);
}

/* Hardware changed a descriptor: that is no change of the host's. */
void
mi_hw_update(struct model *m, uint64_t pa, uint64_t v)
{
	struct node *n = mi_node(m, pa);

	m->stats.hw_updates++;
	mi_event(m, "hw-update", 0, pa, v, 0);
	if (n && (n->state == NODE_LINKED || n->state == NODE_DEAD))
		*mi_shadow(m, pa) = v;
}

/* ---- unreported stores ---- */

static void
found(struct model *m, unsigned cpu, const struct node *n, size_t i, uint64_t v)
{
	uint64_t seen = *mi_shadow(m, n->pa + i * 8);

	mi_event(m, "found", cpu, n->pa + i * 8, seen, v);
	m->stats.stores++;
	if (!m->cfg.scan && n->state == NODE_LINKED)
		mi_violate(m, "store-not-told", n->ipa, n->pa + i * 8, "0x%llx -> 0x%llx",
			   (unsigned long long)seen, (unsigned long long)v);
	store(m, cpu, n->pa + i * 8, seen, v, MODEL_ATOMIC);
}

/*
 * FEAT_BBM level 2: a group that loses its hint in place is one whose members may then change, and a scan
 * sees both as one. A member that is valid without the hint tells: judge the loss of the hint first.
 */
static void
find_unfolded(struct model *m, unsigned cpu, const struct node *n, const uint64_t *now)
{
	unsigned size = 1u << mi_group_lg2(&m->f, n->level), first, i;
	const uint64_t *seen = mi_shadow(m, n->pa);
	bool unfolded;

	for (first = 0; size > 1 && first < mi_table_entries(m, n); first += size) {
		unfolded = false;
		for (i = first; i < first + size; i++)
			unfolded = unfolded || (mi_kind(m, now[i], n->level) == D_LEAF &&
						!mi_contiguous(m, now[i], n->level));
		for (i = first; unfolded && i < first + size; i++)
			if (mi_kind(m, seen[i], n->level) == D_LEAF &&
			    mi_contiguous(m, seen[i], n->level) && !(now[i] & 1 && now[i] & MODEL_ATTR_CONT))
				found(m, cpu, n, i, seen[i] & ~MODEL_ATTR_CONT);
	}
}

/*
 * FEAT_BBM level 2: a table that takes the place of a block at once is one whose entries may then change.
 * What does not say what the block said came later: memory says what the block said until the link is judged.
 */
static void
rewind_table(struct model *m, uint64_t leaf, int level, struct node *table)
{
	unsigned i, lg2 = mi_lg2(&m->f, level + 1);
	uint64_t part, desc;
	struct node *child;

	for (i = 0; i < mi_table_entries_at(m, level + 1); i++) {
		mi_read(m, table->pa + i * 8, &desc);
		part = (leaf & ~(MODEL_ATTR_CONT | MODEL_ATTR_NT)) + ((uint64_t)i << lg2);
		child = mi_kind(m, desc, level + 1) == D_TABLE ? mi_node(m, mi_next_table(&m->f, desc)) : NULL;
		if (child && child->state == NODE_FRESH) {
			rewind_table(m, part, level + 1, child);
		} else if (!mi_same_part(m, leaf, level, desc, i)) {
			m->rewound = mi_grow(m->rewound, &m->cap_rewound, m->n_rewound + 1, sizeof(*m->rewound));
			m->rewound[m->n_rewound++] = (struct rewound){ table->pa + i * 8, desc };
			mi_write(m, table->pa + i * 8, level + 1 == 3 ? part | 2 : part);
		}
	}
}

static void
replay_rewound(struct model *m)
{
	for (; m->n_rewound; m->n_rewound--)
		mi_write(m, m->rewound[m->n_rewound - 1].pa, m->rewound[m->n_rewound - 1].desc);
}

static void
scan_node(struct model *m, unsigned cpu, const struct node *n, bool valid)
{
	const uint64_t *now = model_virt(m, n->pa);
	uint64_t *seen = mi_shadow(m, n->pa), v;
	bool merges = m->cfg.feat.bbm == 2 && n->state == NODE_LINKED;
	struct node *table;
	size_t i;

	if (!memcmp(now, seen, (size_t)n->bytes))
		return;
	if (merges)
		find_unfolded(m, cpu, n, now);
	for (i = 0; i < n->bytes / 8; i++) {
		v = now[i];
		if (v == seen[i] || (v & 1) != valid)
			continue;
		if (merges && mi_kind(m, seen[i], n->level) == D_LEAF && mi_kind(m, v, n->level) == D_TABLE) {
			table = mi_node(m, mi_next_table(&m->f, v));
			if (table && table->state == NODE_FRESH)
				rewind_table(m, seen[i], n->level, table);
		}
		found(m, cpu, n, i, v);
		replay_rewound(m);
	}
}

/*
 * While an operation runs, what it may store to is looked at: the tables that map a part of its range. Into
 * dead ones nothing may be stored, which their retirement looks at.
 */
static bool
is_looked_at(const struct model *m, const struct node *n, bool all)
{
	uint64_t last;

	if (n->state != NODE_LINKED || all)
		return n->state == NODE_LINKED || n->state == NODE_DEAD;
	if (!m->op.open)
		return true;
	last = n->ipa + ((uint64_t)mi_table_entries(m, n) << mi_lg2(&m->f, n->level)) - 1;
	return n->ipa <= m->op.last && m->op.ipa <= last;
}

static bool
is_as_seen(struct model *m, bool all)
{
	const struct node *n;
	size_t i;

	for (i = 0; i < m->brk; i++) {
		n = &m->nodes[i];
		if (is_looked_at(m, n, all) &&
		    memcmp(model_virt(m, n->pa), mi_shadow(m, n->pa), (size_t)n->bytes))
			return false;
	}
	return true;
}

/* From the leaves up, so that what was done to a table is judged before it is unlinked. */
static void
scan_all(struct model *m, unsigned cpu)
{
	const struct node *n;
	int level, pass;
	size_t i;

	for (level = 4; level >= LEVEL_MIN; level--)
		for (pass = 0; pass < 2; pass++)
			for (i = 0; i < m->brk; i++) {
				n = &m->nodes[i];
				if (level == 4 ? n->state == NODE_DEAD : n->state == NODE_LINKED && n->level == level)
					scan_node(m, cpu, n, pass == 1);
			}
}

/* Again where a table that was found linked has changed since. */
static void
find_stores(struct model *m, unsigned cpu, bool all)
{
	int depth;

	for (depth = LEVEL_MIN; m->rooted && depth <= 4 && !is_as_seen(m, all); depth++)
		scan_all(m, cpu);
}

void
model_scan(struct model *m, unsigned cpu)
{
	if (m->cfg.scan && !m->in_host)
		find_stores(m, cpu, false);
}

void
model_host_begin(struct model *m, unsigned cpu)
{
	model_scan(m, cpu);
	m->in_host = true;
}

void
model_host_end(struct model *m)
{
	m->in_host = false;
}

/* ---- registers ---- */

static void
drop_root(struct model *m, const struct fmt *old)
{
	struct fmt now = m->f;
	struct node *n = mi_node(m, old->root);

	m->rooted = false;
	m->f = *old;
	mi_ledger_upgrade(m, 0, UINT64_MAX, NEED_BREAK);
	if (n && n->state == NODE_LINKED)
		mi_detach(m, m->op.cpu, n, NEED_BREAK);
	m->f = now;
}

void
model_set_regs(struct model *m, const struct model_regs *regs)
{
	struct fmt old = m->f;
	uint16_t vmid;
	unsigned i;

	model_scan(m, m->op.cpu);
	mi_event(m, "registers", 0, regs->vtcr, regs->vttbr, regs->hcr);
	m->regs = *regs;
	mi_decode_regs(m);
	vmid = (uint16_t)FIELD(regs->vttbr, 63, 48);
	if (!FIELD(regs->vtcr, 19, 19))
		vmid &= 0xff;
	mi_add_vmid(m, vmid);
	for (i = 0; i < m->cfg.cpus; i++) {
		m->obs[i].vmid = vmid;
		m->obs[i].unsynced = false;
	}
	if (m->rooted && (!m->f.on || m->f.root != old.root))
		drop_root(m, &old);
	if (m->rooted || !m->f.on || m->f.bad || m->f.bad_root)
		return;
	m->rooted = true;
	mi_attach(m, m->f.root, m->f.start, 0, 0);
}

void
model_set_vmid(struct model *m, unsigned cpu, uint16_t vmid)
{
	mi_event(m, "vmid", cpu, vmid, 0, 0);
	mi_add_vmid(m, vmid);
	m->obs[cpu].unsynced = m->obs[cpu].vmid != vmid;
	m->obs[cpu].vmid = vmid;
}

void
model_set_tge(struct model *m, unsigned cpu, bool on)
{
	mi_event(m, "tge", cpu, on, 0, 0);
	m->obs[cpu].tge = on;
}

void
model_stop(struct model *m)
{
	struct node *n = mi_node(m, m->f.root);

	find_stores(m, m->op.cpu, true);
	mi_event(m, "stop", 0, 0, 0, 0);
	mi_ledger_upgrade(m, 0, UINT64_MAX, NEED_BREAK);
	if (n && n->state == NODE_LINKED)
		mi_ghosts_of(m, m->op.cpu, n, NEED_BREAK, false);
	m->stopped = true;
}

/* ---- operations ---- */

void
model_op_begin(struct model *m, unsigned cpu, uint64_t ipa, uint64_t last)
{
	model_scan(m, cpu);
	mi_event(m, "op-begin", cpu, ipa, last, 0);
	m->op.open = true;
	m->op.cpu = cpu;
	m->op.ipa = ipa;
	m->op.last = last;
	m->n_groups = 0;
	mi_caches_begin(m);
}

void
model_op_end(struct model *m, unsigned flags)
{
	find_stores(m, m->op.cpu, true);
	mi_event(m, "op-end", m->op.cpu, flags, 0, 0);
	m->op.open = false;
	mi_contiguous_end(m);
	if (flags & MODEL_END_GATHER)
		return;
	if ((flags & MODEL_END_VISIBLE) && m->unsynced_store[m->op.cpu])
		mi_violate(m, "store-without-dsb", m->op.ipa, 0,
			   "the store of event %lu has no DSB", m->unsynced_store[m->op.cpu]);
	mi_caches_end(m);
	mi_errata_end(m);
	mi_ledger_end(m, flags);
	mi_tlb_check_end(m, flags);
}
