/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which tables are reachable: linking and unlinking of subtrees. */
#include <string.h>

#include "model_internal.h"

unsigned
mi_table_entries_at(const struct model *m, int level)
{
	return 1u << mi_entries_lg2(&m->f, level);
}

unsigned
mi_table_entries(const struct model *m, const struct node *n)
{
	return mi_table_entries_at(m, n->level);
}

static struct node *
linkable(struct model *m, uint64_t pa, int level, uint64_t ipa, uint64_t entry_pa)
{
	struct node *n = mi_node(m, pa);
	const struct ghost *g;

	if (!n || n->pa != pa || n->state == NODE_FREE || n->state == NODE_RETIRED ||
	    n->bytes < UINT64_C(8) << mi_entries_lg2(&m->f, level)) {
		mi_violate(m, "link-to-bad-table", ipa, entry_pa,
			   "a level %d table at 0x%llx: %s", level, (unsigned long long)pa,
			   n && n->state == NODE_RETIRED ? "retired" : "no table of that size");
		return NULL;
	}
	if (n->state == NODE_LINKED) {
		mi_violate(m, "linked-twice", ipa, entry_pa, "the table at 0x%llx already has a place",
			   (unsigned long long)pa);
		return NULL;
	}
	g = mi_ledger_find_table(m, pa);
	if (n->state == NODE_DEAD && g)
		mi_ledger_violate(m, g, "make-before-invalidation", "its table is linked again");
	return n;
}

/* The table at pa and all below it become reachable. */
void
mi_attach(struct model *m, uint64_t pa, int level, uint64_t ipa, uint64_t entry_pa)
{
	struct node *n = linkable(m, pa, level, ipa, entry_pa);
	const char *why;
	uint64_t *e;
	unsigned i;

	if (!n)
		return;
	n->state = NODE_LINKED;
	n->level = level;
	n->ipa = ipa;
	e = mi_shadow(m, pa);
	memcpy(e, model_virt(m, pa), (size_t)n->bytes);
	for (i = 0; i < mi_table_entries(m, n); i++) {
		if (!(e[i] & 1))
			continue;
		why = mi_malformed(m, e[i], level);
		if (why)
			mi_violate(m, "malformed-descriptor", ipa, pa + i * 8, "0x%llx: %s",
				   (unsigned long long)e[i], why);
		if (mi_kind(m, e[i], level) == D_TABLE)
			mi_attach(m, mi_next_table(&m->f, e[i]), level + 1,
				  ipa + ((uint64_t)i << mi_lg2(&m->f, level)), pa + i * 8);
		else if (!why)
			mi_caches_visible(m, ipa + ((uint64_t)i << mi_lg2(&m->f, level)), e[i], level);
	}
	mi_contiguous_table(m, n);
}

/* All that may be cached of a table's entries and of those below; with `dead` it goes away. */
void
mi_ghosts_of(struct model *m, unsigned cpu, struct node *n, enum need need, bool dead)
{
	uint64_t *e = mi_shadow(m, n->pa), ipa;
	unsigned i, lg2 = mi_lg2(&m->f, n->level);
	struct node *child;
	struct ghost g;

	if (dead)
		n->state = NODE_DEAD;
	for (i = 0; i < mi_table_entries(m, n); i++) {
		enum dkind kind = mi_kind(m, e[i], n->level);

		if (kind == D_INVALID)
			continue;
		ipa = n->ipa + ((uint64_t)i << lg2);
		g = mi_ghost(m, cpu, n, n->pa + i * 8, ipa, e[i], need, dead);
		if (kind == D_LEAF) {
			mi_caches_gone(m, ipa, e[i], n->level);
			/* Hardware may set AF through a stale walk cache and then cache it. */
			if ((e[i] & MODEL_ATTR_AF) || m->f.ha)
				mi_ledger_add_leaf(m, &g);
			continue;
		}
		mi_ledger_add_table(m, &g);
		child = mi_node(m, g.next);
		if (child && child->state == NODE_LINKED)
			mi_ghosts_of(m, cpu, child, need, dead);
	}
}

void
mi_detach(struct model *m, unsigned cpu, struct node *n, enum need need)
{
	mi_ghosts_of(m, cpu, n, need, true);
}

uint64_t
model_count_notes(struct model *m)
{
	uint64_t notes = 0;
	size_t i;
	unsigned k;

	for (i = 0; i < m->brk; i++) {
		const struct node *n = &m->nodes[i];
		const uint64_t *e = n->state == NODE_LINKED ? model_virt(m, n->pa) : NULL;

		for (k = 0; e && k < mi_table_entries(m, n); k++)
			notes += e[k] && !(e[k] & 3);
	}
	return notes;
}

/* Does the eighth @part of a table have a leaf with all bits of @dirty? */
static bool
has_dirty(struct model *m, const struct node *n, unsigned part, uint64_t dirty)
{
	const uint64_t *e = model_virt(m, n->pa);
	unsigned count = mi_table_entries(m, n) / 8;

	for (unsigned k = part * count; k < (part + 1) * count; k++)
		if (mi_kind(m, e[k], n->level) == D_LEAF && (e[k] & dirty) == dirty)
			return true;
	return false;
}

bool
model_links_true(struct model *m, uint64_t dirty)
{
	const struct node *n, *child;
	const uint64_t *e;

	for (size_t i = 0; i < m->brk; i++) {
		n = &m->nodes[i];
		e = n->state == NODE_LINKED && n->level < 3 ? model_virt(m, n->pa) : NULL;
		for (unsigned k = 0; e && k < mi_table_entries(m, n); k++) {
			uint64_t clean = mi_kind(m, e[k], n->level) == D_TABLE ? FIELD(e[k], 58, 51) : 0;

			child = clean ? mi_node(m, mi_next_table(&m->f, e[k])) : NULL;
			if (clean && (!dirty || !child || child->level != 3))
				return false;
			for (unsigned part = 0; part < 8; part++)
				if (clean >> part & 1 && has_dirty(m, child, part, dirty))
					return false;
		}
	}
	return true;
}
