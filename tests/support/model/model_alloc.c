/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The allocator for table memory: poison, quarantine, failures on demand, leaks. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model_internal.h"

#define POISON_NEW     0xa5 /* looks like a valid block */
#define POISON_RETIRED 0x5b /* looks like a valid table or page */
#define NO_OWNER       UINT32_MAX

bool
mi_alloc_init(struct model *m)
{
	if (!model_add_ram(m, m->cfg.pool_pa, m->cfg.pool_bytes))
		return false;
	m->units = m->win[0].bytes >> UNIT_LG2;
	m->shadow = calloc(1, m->win[0].bytes);
	m->nodes = calloc(m->units, sizeof(*m->nodes));
	m->owner = malloc(m->units * sizeof(*m->owner));
	if (!m->shadow || !m->nodes || !m->owner)
		return false;
	memset(m->owner, 0xff, m->units * sizeof(*m->owner));
	return true;
}

/* The block of table memory that holds pa, or NULL. */
struct node *
mi_node(const struct model *m, uint64_t pa)
{
	uint32_t first;

	if (!mi_in_pool(m, pa))
		return NULL;
	first = m->owner[(pa - m->win[0].pa) >> UNIT_LG2];
	if (first == NO_OWNER || pa - m->nodes[first].pa >= m->nodes[first].bytes)
		return NULL;
	return &m->nodes[first];
}

static bool
should_fail(struct model *m)
{
	if (!m->fail_nth)
		return false;
	if (m->fail_nth > 1) {
		m->fail_nth--;
		return false;
	}
	if (!m->fail_all)
		m->fail_nth = 0;
	return true;
}

static struct node *
never_used(struct model *m, uint64_t bytes)
{
	size_t n = (size_t)((bytes + MASK(UNIT_LG2)) >> UNIT_LG2), at, i;
	uint64_t base = m->win[0].pa;

	at = m->brk;
	while (at < m->units && ((base + (at << UNIT_LG2)) & (bytes - 1)))
		at++;
	if (at + n > m->units)
		return NULL;
	m->brk = at + n;
	for (i = 0; i < n; i++)
		m->owner[at + i] = (uint32_t)at;
	m->nodes[at].pa = base + (at << UNIT_LG2);
	m->nodes[at].bytes = bytes;
	return &m->nodes[at];
}

/* The block of that size which was retired longest ago, if the quarantine lets it go. */
static struct node *
reuse(struct model *m, uint64_t bytes)
{
	struct node *n, *best = NULL;
	size_t i;

	for (i = 0; i < m->brk; i++) {
		n = &m->nodes[i];
		if (n->state != NODE_RETIRED || n->bytes != bytes)
			continue;
		if (!best || n->retired < best->retired)
			best = n;
	}
	if (!best || m->n_retired - best->retired < m->cfg.quarantine)
		return NULL;
	mi_check_poison(m, best);
	return best;
}

bool
model_alloc(struct model *m, size_t bytes, uint64_t *pa)
{
	struct node *n;

	m->stats.allocs++;
	if (bytes & (bytes - 1) || bytes < 8 || should_fail(m)) {
		m->stats.alloc_fails++;
		return false;
	}
	n = never_used(m, bytes);
	if (!n)
		n = reuse(m, bytes);
	if (!n) {
		m->stats.alloc_fails++;
		return false;
	}
	n->state = NODE_FRESH;
	n->level = 0;
	n->ipa = 0;
	memset(model_virt(m, n->pa), m->cfg.zeroed ? 0 : POISON_NEW, (size_t)bytes);
	m->live++;
	*pa = n->pa;
	mi_event(m, "alloc", 0, n->pa, bytes, 0);
	return true;
}

void
model_fail_alloc(struct model *m, unsigned nth, bool all_after)
{
	m->fail_nth = nth;
	m->fail_all = all_after;
}

static void
check_retire(struct model *m, const struct node *n)
{
	const struct ghost *g;

	if (n->state == NODE_LINKED && !m->stopped)
		mi_violate(m, "retired-while-linked", n->ipa, n->pa,
			   "the level %d table is still reachable", n->level);
	g = mi_ledger_find_table(m, n->pa);
	if (g)
		mi_ledger_violate(m, g, "retired-before-invalidation", "its table is retired");
	mi_tlb_check_retired(m, n);
	if (n->state == NODE_LINKED && !m->cfg.scan &&
	    memcmp(model_virt(m, n->pa), mi_shadow(m, n->pa), (size_t)n->bytes))
		mi_violate(m, "store-not-told", n->ipa, n->pa, "a store that no trace told of");
	if (n->state == NODE_DEAD &&
	    memcmp(model_virt(m, n->pa), mi_shadow(m, n->pa), (size_t)n->bytes))
		mi_violate(m, "store-into-dead-table", n->ipa, n->pa,
			   "its contents changed after it was unlinked");
}

void
model_retire(struct model *m, uint64_t pa)
{
	struct node *n;

	model_scan(m, m->op.cpu);
	n = mi_node(m, pa);
	mi_event(m, "retire", 0, pa, 0, 0);
	m->stats.retires++;
	if (!n || n->pa != pa || n->state == NODE_FREE) {
		mi_violate(m, "retire-unknown", 0, pa, "not the start of an allocated table");
		return;
	}
	if (n->state == NODE_RETIRED) {
		mi_violate(m, "double-retire", n->ipa, pa, "retired once before");
		return;
	}
	check_retire(m, n);
	n->state = NODE_RETIRED;
	n->retired = m->n_retired++;
	memset(model_virt(m, pa), POISON_RETIRED, (size_t)n->bytes);
	m->live--;
}

void
mi_check_poison(struct model *m, const struct node *n)
{
	const unsigned char *p = model_virt(m, n->pa);
	uint64_t i;

	for (i = 0; i < n->bytes; i++)
		if (p[i] != POISON_RETIRED) {
			mi_violate(m, "store-into-retired-table", n->ipa, n->pa + i,
				   "the poison is gone");
			return;
		}
}

unsigned
model_live_tables(const struct model *m)
{
	return m->live;
}

void
model_check_leaks(struct model *m, unsigned expected)
{
	size_t i;

	mi_caches_end(m);
	for (i = 0; i < m->brk; i++)
		if (m->nodes[i].state == NODE_RETIRED)
			mi_check_poison(m, &m->nodes[i]);
	for (i = 0; m->live != expected && i < m->brk; i++)
		if (m->nodes[i].state == NODE_FRESH || m->nodes[i].state == NODE_DEAD) {
			mi_violate(m, "leak", m->nodes[i].ipa, m->nodes[i].pa,
				   "%u tables live, expected %u; this one is not reachable",
				   m->live, expected);
			return;
		}
	if (m->live != expected)
		mi_violate(m, "leak", 0, 0, "%u tables live, expected %u", m->live, expected);
}
