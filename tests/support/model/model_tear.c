/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The tear test: after every store, every walk gives the old answer, the new one or a fault. */
#include <stdlib.h>
#include <string.h>

#include "model_internal.h"

void
mi_tear_free(struct model *m)
{
	free(m->tear.ipas);
	free(m->tear.old);
	memset(&m->tear, 0, sizeof(m->tear));
}

static void
look(struct model *m, uint64_t ipa, struct model_outcome *out)
{
	struct model_access acc = { .ipa = ipa };

	model_walk(m, &acc, out);
}

void
model_tear_begin(struct model *m, const uint64_t *ipas, size_t n, model_expect expect, void *arg)
{
	size_t i;

	mi_tear_free(m);
	m->tear.ipas = calloc(n ? n : 1, sizeof(*ipas));
	m->tear.old = calloc(n ? n : 1, sizeof(*m->tear.old));
	if (!m->tear.ipas || !m->tear.old)
		abort();
	memcpy(m->tear.ipas, ipas, n * sizeof(*ipas));
	for (i = 0; i < n; i++)
		look(m, ipas[i], &m->tear.old[i]);
	m->tear.n = n;
	m->tear.expect = expect;
	m->tear.arg = arg;
	m->tear.on = true;
}

void
model_tear_end(struct model *m)
{
	mi_tear_free(m);
}

static bool
translates(const struct model_outcome *o)
{
	return o->result == MODEL_OK || o->result == MODEL_PERMISSION;
}

static bool
attr_equal(const struct model *m, uint64_t a, uint64_t b)
{
	uint64_t ignore = MODEL_ATTR_AF | MODEL_ATTR_CONT | MODEL_ATTR_NT;

	if (m->f.hd && FIELD(a & b, 51, 51))
		ignore |= MODEL_ATTR_DIRTY;
	return !((a ^ b) & ~ignore);
}

static bool
as_before(const struct model *m, const struct model_outcome *now, const struct model_outcome *old)
{
	return translates(old) && now->pa == old->pa &&
	       attr_equal(m, mi_attr(m, now->desc, now->level), mi_attr(m, old->desc, old->level));
}

static bool
as_expected(const struct model *m, uint64_t ipa, const struct model_outcome *now)
{
	struct model_leaf leaf;

	return m->tear.expect && m->tear.expect(m->tear.arg, ipa, &leaf) && now->pa == leaf.pa &&
	       attr_equal(m, mi_attr(m, now->desc, now->level), leaf.attr);
}

void
mi_tear_check(struct model *m, uint64_t pa)
{
	struct model_outcome now;
	size_t i;

	if (!m->tear.on)
		return;
	for (i = 0; i < m->tear.n; i++) {
		look(m, m->tear.ipas[i], &now);
		if (!translates(&now) || as_before(m, &now, &m->tear.old[i]) ||
		    as_expected(m, m->tear.ipas[i], &now))
			continue;
		mi_violate(m, "torn", m->tear.ipas[i], pa,
			   "translates to 0x%llx by 0x%llx, which is neither old nor new",
			   (unsigned long long)now.pa, (unsigned long long)now.desc);
	}
}

bool
model_expect_map(void *arg, uint64_t ipa, struct model_leaf *leaf)
{
	return model_map_get(arg, ipa, leaf) && !leaf->note;
}
