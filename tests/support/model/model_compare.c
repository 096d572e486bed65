/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Compares the tables in memory with the flat map, over the whole IPA space. */
#include <string.h>

#include "model_internal.h"

struct cursor {
	struct model *m;
	const struct model_map *map;
	uint64_t ignore;
	bool notes;
	struct model_diff *diff;
	size_t at; /* no run before this one matters any more */
};

/* The first run that ends at or after ipa; ipas only grow. */
static bool
run_at(struct cursor *c, uint64_t ipa, struct model_leaf *run)
{
	while (model_map_run(c->map, c->at, run)) {
		if (run->last >= ipa)
			return true;
		c->at++;
	}
	return false;
}

static bool
differ(struct cursor *c, uint64_t ipa, uint64_t desc, int level, const struct model_leaf *leaf)
{
	c->diff->ipa = ipa;
	c->diff->desc = desc;
	c->diff->level = level;
	c->diff->in_table = mi_kind(c->m, desc, level) != D_INVALID;
	c->diff->in_map = leaf && !leaf->note;
	if (leaf)
		c->diff->leaf = *leaf;
	return false;
}

static bool
leaf_equal(struct cursor *c, uint64_t desc, int level, uint64_t ipa, uint64_t last)
{
	uint64_t attr = mi_attr(c->m, desc, level), oa = mi_oa(&c->m->f, desc, level), at = ipa;
	uint64_t ignore = c->ignore;
	struct model_leaf run;

	/* Dirty state is hardware's to set, where it may. */
	if (c->m->f.hd && FIELD(desc, 51, 51))
		ignore |= MODEL_ATTR_DIRTY;

	for (;;) {
		if (!run_at(c, at, &run) || run.ipa > at)
			return differ(c, at, desc, level, NULL);
		if (run.note || ((run.attr ^ attr) & ~ignore) ||
		    run.pa + (at - run.ipa) != oa + (at - ipa))
			return differ(c, at, desc, level, &run);
		if (run.last >= last)
			return true;
		at = run.last + 1;
	}
}

static bool
note_equal(struct cursor *c, uint64_t desc, int level, uint64_t ipa, uint64_t last)
{
	struct model_leaf run;
	uint64_t at = ipa;

	while (desc) {
		if (!run_at(c, at, &run) || run.ipa > at)
			return differ(c, at, desc, level, NULL);
		if (!run.note || run.attr != desc)
			return differ(c, at, desc, level, &run);
		if (run.last >= last)
			return true;
		at = run.last + 1;
	}
	if (run_at(c, ipa, &run) && run.ipa <= last)
		return differ(c, run.ipa > ipa ? run.ipa : ipa, desc, level, &run);
	return true;
}

static bool
hole_equal(struct cursor *c, uint64_t desc, int level, uint64_t ipa, uint64_t last)
{
	struct model_leaf run;
	size_t i;

	if (c->notes)
		return note_equal(c, desc, level, ipa, last);
	if (!run_at(c, ipa, &run))
		return true;
	for (i = c->at; model_map_run(c->map, i, &run) && run.ipa <= last; i++)
		if (!run.note)
			return differ(c, run.ipa > ipa ? run.ipa : ipa, desc, level, &run);
	return true;
}

static bool
table_equal(struct cursor *c, uint64_t table, int level, unsigned index_lg2, uint64_t ipa)
{
	const uint64_t *e = model_virt(c->m, table);
	unsigned i, lg2 = mi_lg2(&c->m->f, level);
	uint64_t last;
	bool ok;

	if (!e)
		return differ(c, ipa, table, level, NULL);
	for (i = 0; i < 1u << index_lg2; i++, ipa += BIT(lg2)) {
		last = ipa | MASK(lg2);
		switch (mi_kind(c->m, e[i], level)) {
		case D_LEAF:
			ok = leaf_equal(c, e[i], level, ipa, last);
			break;
		case D_TABLE:
			ok = table_equal(c, mi_next_table(&c->m->f, e[i]), level + 1, c->m->f.s, ipa);
			break;
		default:
			ok = hole_equal(c, e[i], level, ipa, last);
			break;
		}
		if (!ok)
			return false;
	}
	return true;
}

bool
model_map_compare(struct model *m, const struct model_map *map, uint64_t ignore, unsigned flags,
		  struct model_diff *diff)
{
	struct cursor c = { .m = m, .map = map, .ignore = ignore, .diff = diff };
	struct model_leaf run;
	uint64_t end = BIT(m->f.ia);

	memset(diff, 0, sizeof(*diff));
	c.notes = flags & MODEL_COMPARE_NOTES;
	if (m->f.on && !m->f.bad && !table_equal(&c, m->f.root, m->f.start, m->f.root_lg2, 0))
		return false;
	if (model_map_runs(map) && model_map_run(map, model_map_runs(map) - 1, &run) &&
	    run.last >= end)
		return differ(&c, run.ipa, 0, 0, &run);
	return true;
}
