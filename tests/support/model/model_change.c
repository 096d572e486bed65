/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a change of a valid entry asks for (R_WHZWS), and the rules of contiguous groups. */
#include "model_internal.h"

static enum need
most(enum need a, enum need b)
{
	return a > b ? a : b;
}

static enum need
perms_need(const struct model *m, uint64_t old, uint64_t new_desc)
{
	struct perms a = mi_perms(m, old), b = mi_perms(m, new_desc);

	if ((a.r && !b.r) || (a.w && !b.w) || (a.x1 && !b.x1) || (a.x0 && !b.x0))
		return NEED_STALE;
	if ((!a.r && b.r) || (!a.w && b.w) || (!a.x1 && b.x1) || (!a.x0 && b.x0))
		return NEED_RELAX;
	return NEED_NONE;
}

/* A cached writable-dirty entry lets writes through that nobody records. */
static bool
dirty_cleared(const struct model *m, uint64_t old, uint64_t new_desc)
{
	return m->f.hd && (old & MODEL_ATTR_DIRTY) && FIELD(new_desc, 51, 51) &&
	       !(new_desc & MODEL_ATTR_DIRTY);
}

/* Bits 5:2 that mean something. */
unsigned
mi_memattr(const struct model *m, uint64_t desc)
{
	return (unsigned)FIELD(desc, 5, 2) & (m->f.fwb && !m->cfg.feat.mte_perm ? 7 : 15);
}

/* What two leaves of one level must share: changing it needs break-before-make at every level. */
static bool
same_memory(const struct model *m, uint64_t a, uint64_t b)
{
	if (mi_memattr(m, a) != mi_memattr(m, b))
		return false;
	if (!m->f.ds && FIELD(a, 9, 8) != FIELD(b, 9, 8))
		return false;
	return !m->cfg.realm || FIELD(a, 55, 55) == FIELD(b, 55, 55);
}

enum need
mi_leaf_need(const struct model *m, uint64_t old, uint64_t new_desc, int level)
{
	uint64_t diff = old ^ new_desc;
	enum need need = perms_need(m, old, new_desc);

	if (!same_memory(m, old, new_desc) ||
	    mi_oa(&m->f, old, level) != mi_oa(&m->f, new_desc, level))
		return NEED_BREAK;
	if ((diff & MODEL_ATTR_CONT) && mi_group_lg2(&m->f, level))
		need = most(need, m->cfg.feat.bbm ? NEED_STALE : NEED_BREAK); /* R_KHRBC */
	if ((diff & MODEL_ATTR_NT) && m->cfg.feat.bbm && level < 3)
		need = most(need, NEED_STALE);
	if ((diff & BIT(11)) && m->cfg.feat.xs)
		need = most(need, NEED_STALE);
	if ((diff & m->f.pbha) || dirty_cleared(m, old, new_desc))
		need = most(need, NEED_STALE);
	if ((old & MODEL_ATTR_AF) && !(new_desc & MODEL_ATTR_AF))
		need = most(need, NEED_AGE);
	return need;
}

/* Is entry @i of a table, a leaf, what the leaf @leaf a level higher says of its part? */
bool
mi_same_part(struct model *m, uint64_t leaf, int level, uint64_t desc, unsigned i)
{
	uint64_t oa = mi_oa(&m->f, leaf, level) & ~MASK(mi_lg2(&m->f, level));

	return mi_kind(m, desc, level + 1) == D_LEAF && same_memory(m, leaf, desc) &&
	       mi_oa(&m->f, desc, level + 1) == oa + ((uint64_t)i << mi_lg2(&m->f, level + 1));
}

/* R_PVTFW: a change of size alone, valid entries of the table translate as the leaf does. */
bool
mi_same_translation(struct model *m, uint64_t leaf, int level, const struct node *table)
{
	unsigned i, lg2 = mi_lg2(&m->f, level + 1);
	const struct node *child;
	uint64_t desc;

	for (i = 0; i < 1u << m->f.s; i++) {
		if (!mi_read(m, table->pa + i * 8, &desc))
			return false;
		switch (mi_kind(m, desc, level + 1)) {
		case D_LEAF:
			if (!mi_same_part(m, leaf, level, desc, i))
				return false;
			break;
		case D_TABLE:
			child = mi_node(m, mi_next_table(&m->f, desc));
			/* The part of the leaf is itself a leaf with another address. */
			if (!child || !mi_same_translation(m, leaf + ((uint64_t)i << lg2),
							   level + 1, child))
				return false;
			break;
		default:
			break;
		}
	}
	return true;
}

/* ---- contiguous groups ---- */

static bool
is_contiguous(const struct model *m, uint64_t desc, int level)
{
	return mi_kind(m, desc, level) == D_LEAF && mi_contiguous(m, desc, level);
}

/* Members i and j of one group say the same, AF, dirty state and software bits apart. */
static bool
fit(const struct model *m, uint64_t a, unsigned i, uint64_t b, unsigned j, int level)
{
	uint64_t ignore = MODEL_ATTR_AF | BIT(58) | BIT(57) | BIT(56);
	unsigned lg2 = mi_lg2(&m->f, level);

	if (!m->cfg.realm)
		ignore |= BIT(55);
	if (m->f.hd && FIELD(a & b, 51, 51))
		ignore |= MODEL_ATTR_DIRTY;
	if ((mi_attr(m, a, level) ^ mi_attr(m, b, level)) & ~ignore)
		return false;
	return mi_oa(&m->f, a, level) - ((uint64_t)i << lg2) ==
	       mi_oa(&m->f, b, level) - ((uint64_t)j << lg2);
}

static bool
aligned(const struct model *m, uint64_t desc, unsigned i, int level)
{
	unsigned group = mi_group_lg2(&m->f, level), lg2 = mi_lg2(&m->f, level);

	return ((mi_oa(&m->f, desc, level) >> lg2) & MASK(group)) == i;
}

static void
touch(struct model *m, uint64_t table, unsigned first)
{
	struct touched *last = m->n_groups ? &m->groups[m->n_groups - 1] : NULL;

	if (last && last->table == table && last->first == first)
		return;
	m->groups = mi_grow(m->groups, &m->cap_groups, m->n_groups + 1, sizeof(*m->groups));
	m->groups[m->n_groups++] = (struct touched){ table, first };
}

void
mi_contiguous_store(struct model *m, const struct node *n, unsigned index, uint64_t old,
		    uint64_t new_desc)
{
	unsigned size = 1u << mi_group_lg2(&m->f, n->level), first = index & ~(size - 1), i;
	const uint64_t *member = mi_shadow(m, n->pa) + first;
	bool c = is_contiguous(m, new_desc, n->level), was = is_contiguous(m, old, n->level);

	/* Invalid entries beside valid ones are allowed while a group is made (I_PGVGZ). */
	if (was || (c && (old & 1)))
		touch(m, n->pa, first);
	if (size == 1 || mi_kind(m, new_desc, n->level) != D_LEAF)
		return;
	index -= first;
	if (c && !aligned(m, new_desc, index, n->level))
		mi_violate(m, "contiguous-inconsistent", n->ipa, n->pa + (first + index) * 8,
			   "the output address does not fit the place in the group");
	if (m->cfg.feat.bbm && (old ^ new_desc) == MODEL_ATTR_CONT && (old & 1))
		return;
	for (i = 0; i < size; i++) {
		if (i == index || mi_kind(m, member[i], n->level) != D_LEAF)
			continue;
		if (!c && !is_contiguous(m, member[i], n->level))
			continue;
		if (fit(m, new_desc, index, member[i], i, n->level))
			continue;
		mi_violate(m, "contiguous-member-alone", n->ipa, n->pa + (first + index) * 8,
			   "0x%llx -> 0x%llx beside member %u, 0x%llx", (unsigned long long)old,
			   (unsigned long long)new_desc, i, (unsigned long long)member[i]);
		return;
	}
}

/* All groups of a table that is being linked. */
void
mi_contiguous_table(struct model *m, const struct node *n)
{
	unsigned size = 1u << mi_group_lg2(&m->f, n->level), i, first, last = 0;
	unsigned entries = mi_table_entries(m, n);
	const uint64_t *e = mi_shadow(m, n->pa);
	bool group = false, some;

	for (i = 0; size > 1 && i < entries; i++) {
		first = i & ~(size - 1);
		if (i == first)
			group = false;
		if (mi_kind(m, e[i], n->level) != D_LEAF)
			continue;
		some = mi_contiguous(m, e[i], n->level);
		if ((some && !aligned(m, e[i], i - first, n->level)) ||
		    (group && (some || mi_contiguous(m, e[last], n->level)) &&
		     !fit(m, e[i], i, e[last], last, n->level))) {
			mi_violate(m, "contiguous-inconsistent", n->ipa, n->pa + i * 8,
				   "0x%llx does not fit its group", (unsigned long long)e[i]);
			return;
		}
		group = true;
		last = i;
	}
}

static bool
group_torn(const struct model *m, const uint64_t *member, unsigned size, int level)
{
	unsigned i, with = 0, others = 0;

	for (i = 0; i < size; i++) {
		if (is_contiguous(m, member[i], level))
			with++;
		else
			others++;
	}
	return with && others;
}

/* E13: after an operation no group that it touched is half a group. */
void
mi_contiguous_end(struct model *m)
{
	const struct node *n;
	size_t i;

	for (i = 0; i < m->n_groups; i++) {
		n = mi_node(m, m->groups[i].table);
		if (m->stopped || !n || n->state != NODE_LINKED)
			continue;
		if (group_torn(m, mi_shadow(m, n->pa) + m->groups[i].first,
			       1u << mi_group_lg2(&m->f, n->level), n->level))
			mi_violate(m, "contiguous-member-alone", n->ipa,
				   n->pa + m->groups[i].first * 8,
				   "members are gone or differ, others still have Contiguous");
	}
	m->n_groups = 0;
}
