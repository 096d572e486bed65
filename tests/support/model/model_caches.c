/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Caches: what the engine said that it cleaned, against what became visible and what went away (E11).
 *
 * RAM that becomes visible with a type under which a guest may look past the data caches has been cleaned
 * before, in the same operation; what becomes executable has been invalidated in the instruction caches.
 * What was visible so already, when the operation began, needs neither. A leaf through which a guest may have
 * left dirty lines is cleaned after it can no longer be reached, before the operation ends.
 */
#include <stdlib.h>

#include "model_internal.h"

/* What of a leaf matters: MemAttr, and whether it is executable. */
#define SEEN_EXECUTABLE 16u

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* ---- spans ---- */

static void
add_span(struct spans *s, uint64_t ipa, uint64_t last, uint64_t pa, unsigned attr)
{
	struct span *end = s->n ? &s->e[s->n - 1] : NULL;

	if (end && end->last + 1 == ipa && end->pa + (ipa - end->ipa) == pa && end->attr == attr) {
		end->last = last;
		return;
	}
	s->e = mi_grow(s->e, &s->cap, s->n + 1, sizeof(*s->e));
	s->e[s->n++] = (struct span){ ipa, last, pa, attr };
}

/* Is all of [ipa, last] at pa in spans that have the bits of `attr` in which `mask` is set? */
static bool
covers(const struct spans *s, uint64_t ipa, uint64_t last, uint64_t pa, unsigned attr, unsigned mask)
{
	uint64_t at = ipa;
	size_t i = s->n;

	while (i--) {
		const struct span *e = &s->e[i];

		if (e->ipa > at || e->last < at || e->pa + (at - e->ipa) != pa + (at - ipa) ||
		    ((e->attr ^ attr) & mask))
			continue;
		if (e->last >= last)
			return true;
		at = e->last + 1;
		i = s->n;
	}
	return false;
}

/* [ipa, last] of span i goes; what lies on either side stays. */
static void
cut_span(struct spans *s, size_t i, uint64_t ipa, uint64_t last)
{
	struct span was = s->e[i];

	s->e[i] = s->e[--s->n];
	if (was.ipa < ipa)
		add_span(s, was.ipa, ipa - 1, was.pa, was.attr);
	if (last < was.last)
		add_span(s, last + 1, was.last, was.pa + (last + 1 - was.ipa), was.attr);
}

/* ---- what leaves need ---- */

/* MemAttr under which all accesses hit the host's cache lines: FWB's forced Write-Back. */
static bool
is_forced(const struct model *m, unsigned attr)
{
	return m->f.fwb && (attr == 6 || (m->cfg.feat.mte_perm && attr == 14));
}

/* A guest may have written through the caches, and the host may look past them (or the other way round). */
static bool
leaves_lines(const struct model *m, unsigned attr)
{
	return !is_forced(m, attr) && (attr & 12) && attr != 5;
}

static unsigned
seen_as(const struct model *m, uint64_t desc)
{
	struct perms p = mi_perms(m, desc);

	return mi_memattr(m, desc) | (p.x1 || p.x0 ? SEEN_EXECUTABLE : 0);
}

/* ---- the judge's hooks ---- */

void
mi_caches_gone(struct model *m, uint64_t ipa, uint64_t desc, int level)
{
	uint64_t last = ipa | MASK(mi_lg2(&m->f, level)), pa = mi_oa(&m->f, desc, level);
	unsigned seen = seen_as(m, desc);

	pa &= ~MASK(mi_lg2(&m->f, level));
	add_span(&m->was, ipa, last, pa, seen);
	if (m->ram_needs && leaves_lines(m, seen & 15))
		add_span(&m->debts, ipa, last, pa, seen);
}

/* What is mapped again, to the same memory, is nobody else's. */
static void
forgive(struct model *m, uint64_t ipa, uint64_t last, uint64_t pa)
{
	size_t i = m->debts.n;

	while (i--) {
		struct span *e = &m->debts.e[i];

		if (e->ipa > last || e->last < ipa || e->pa - e->ipa != pa - ipa)
			continue;
		cut_span(&m->debts, i, most(ipa, e->ipa), least(last, e->last));
		i = m->debts.n;
	}
}

void
mi_caches_visible(struct model *m, uint64_t ipa, uint64_t desc, int level)
{
	uint64_t last = ipa | MASK(mi_lg2(&m->f, level)), pa = mi_oa(&m->f, desc, level);
	unsigned seen = seen_as(m, desc);

	pa &= ~MASK(mi_lg2(&m->f, level));
	forgive(m, ipa, last, pa);
	if (!m->ram)
		return;
	m->ram_needs = m->ram_needs || !is_forced(m, seen & 15);
	if (!is_forced(m, seen & 15) && !covers(&m->was, ipa, last, pa, seen, 15) &&
	    !covers(&m->cleaned, pa, pa + (last - ipa), pa, 0, 0))
		mi_violate(m, "visible-uncleaned", ipa, 0,
			   "0x%llx: the data caches may hold other lines of this memory", (unsigned long long)desc);
	if ((seen & SEEN_EXECUTABLE) && !covers(&m->was, ipa, last, pa, seen, SEEN_EXECUTABLE) &&
	    !covers(&m->fetched, pa, pa + (last - ipa), pa, 0, 0))
		mi_violate(m, "executable-unprepared", ipa, 0,
			   "0x%llx: fetches may see what was there before", (unsigned long long)desc);
}

void
mi_caches_begin(struct model *m)
{
	m->was.n = m->cleaned.n = m->fetched.n = 0;
	m->ram = false;
}

void
mi_caches_end(struct model *m)
{
	if (m->debts.n)
		mi_violate(m, "gone-uncleaned", m->debts.e[0].ipa, m->debts.e[0].pa,
			   "0x%llx bytes were unmapped, and the caches may hold lines of them",
			   (unsigned long long)(m->debts.e[0].last - m->debts.e[0].ipa + 1));
	m->debts.n = 0;
}

void
mi_caches_free(struct model *m)
{
	free(m->was.e);
	free(m->debts.e);
	free(m->cleaned.e);
	free(m->fetched.e);
}

/* ---- what the host is told ---- */

void
model_op_maps_ram(struct model *m)
{
	m->ram = true;
}

void
model_op_moves_ram(struct model *m)
{
	m->ram = m->ram_needs;
}

/* Is there a translation to any of [pa, last], taken out by this operation, that may still be cached? */
static bool
is_reached(const struct model *m, uint64_t pa, uint64_t last)
{
	size_t i;

	for (i = 0; i < m->was.n; i++) {
		const struct span *e = &m->was.e[i];
		uint64_t first = most(pa, e->pa), end = least(last, e->pa + (e->last - e->ipa));

		if (first <= end &&
		    mi_ledger_find(m, e->ipa + (first - e->pa), e->ipa + (end - e->pa), NEED_STALE))
			return true;
	}
	return false;
}

/* Spans of memory alone have its address for both. */
void
model_clean_data(struct model *m, uint64_t pa, uint64_t bytes)
{
	uint64_t last = pa + bytes - 1;
	size_t i = m->debts.n;

	mi_event(m, "clean-data", m->op.cpu, pa, bytes, 0);
	if (!bytes)
		return;
	while (i--) {
		struct span *e = &m->debts.e[i];
		uint64_t first = most(pa, e->pa), end = least(last, e->pa + (e->last - e->ipa));

		/* What can still be written to will be dirty again. */
		if (first > end || mi_ledger_find(m, e->ipa + (first - e->pa), e->ipa + (end - e->pa), NEED_STALE))
			continue;
		cut_span(&m->debts, i, e->ipa + (first - e->pa), e->ipa + (end - e->pa));
		i = m->debts.n;
	}
	if (!is_reached(m, pa, last))
		add_span(&m->cleaned, pa, last, pa, 0);
}

void
model_invalidate_icache(struct model *m, uint64_t pa, uint64_t bytes)
{
	mi_event(m, "icache", m->op.cpu, pa, bytes, 0);
	if (bytes)
		add_span(&m->fetched, pa, pa + bytes - 1, pa, 0);
}
