/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The gather, in any state that it can be in: nothing that is stale is forgotten, neither what was pending nor what is
 * added (it stays pending, or the host is asked to invalidate it, at a level at which it stands and, if it is a
 * table, not as a leaf); memory that is to be cleaned likewise; and no array is overrun.
 */
#include "table/gather.c"
#include "table/reclaim.c"

#include "small.h"

/* One thing that is stale, and one byte that is needed cleaning: any. */
static struct {
	uint64_t ipa;
	int level;
	bool table;
	bool known;     /* it has become stale */
	bool forgotten; /* the host was asked to invalidate it */
	uint64_t pa;
	bool cleaned;
	bool failed; /* clean_data has */
} it;

static bool
covers(const struct s2pt_tlbi_request *request, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (it.ipa - request[i].ipa.addr < request[i].size &&
		    (request[i].level == S2PT_TLBI_ANY_LEVEL || (!it.table && request[i].level == it.level)) &&
		    !(it.table && request[i].last_level) && !request[i].local)
			return true;
	return false;
}

static bool
needs(const struct s2pt_table *t)
{
	for (unsigned i = 0; i < t->n_cleans; i++)
		if (it.pa - t->clean[i].pa.addr < t->clean[i].bytes)
			return true;
	return false;
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	prove(count && count <= S2PT_GATHER_RANGES);
	it.forgotten = it.forgotten || covers(requests, count);
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	const bool cleans = any_bool();

	(void)context;
	it.cleaned = it.cleaned || it.pa - pa.addr < bytes;
	it.failed = it.failed || !cleans;
	return cleans;
}

/* What the engine leaves behind: as many as there is room for, within the table's IPAs, in whole entries. */
static void
any_state(struct s2pt_table *t)
{
	t->generation = any_u64();
	for (unsigned i = 0; i < S2PT_GATHER_RANGES; i++) {
		t->range[i].all = false;
		t->range[i].vmid = false;
		t->range[i].ipa.addr = any_below(SMALL * SMALL * SMALL) << 12;
		t->range[i].size = (1u + any_below(SMALL)) << 12;
		t->range[i].level = any_bool() ? S2PT_TLBI_ANY_LEVEL : (int8_t)(1u + any_below(3));
		t->range[i].last_level = any_bool();
		t->range[i].local = false;
	}
	for (unsigned i = 0; i < S2PT_GATHER_CLEANS; i++) {
		t->clean[i].pa.addr = any_below(64) << 12;
		t->clean[i].bytes = (1u + any_below(8)) << 12;
	}
}

/* With as many pending as these, which CBMC is told as numbers: an index that it does not know is dear. */
static void
gather(unsigned ranges, unsigned cleans, unsigned n_unlinked, int level)
{
	struct s2pt_table *t = &small.table;
	const uint64_t ipa = any_below(SMALL * SMALL * SMALL) << 12 & ~(level_bytes(t, level) - 1u);
	const uint64_t raw = (any_u64() & ~(bits_below(48) & ~bits_below(12))) | any_below(64) << 12 | 3u;
	bool pending, cmo_memattrs;

	t->n_ranges = (uint8_t)ranges;
	t->n_cleans = (uint8_t)cleans;
	t->n_unlinked = (uint8_t)n_unlinked;
	pending = covers(t->range, ranges);
	cmo_memattrs = needs(t);
	if (any_bool()) {
		/* Entries and a table under one become stale, and the table is dead. */
		gather_table(t, ipa, level_bytes(t, level - 1), raw, level);
		prove(t->n_unlinked == n_unlinked + 1 && t->n_unlinked < S2PT_GATHER_TABLES);
		pending = pending || it.ipa - ipa < level_bytes(t, level - 1);
	} else {
		/* A leaf is gone. */
		s2pt__gather_leaf(t, ipa, raw, level);
		if (!it.table && it.level == level)
			pending = pending || it.ipa - ipa < level_bytes(t, level);
		if (t->needs_clean && ((unsigned)t->cmo_memattrs >> (raw >> 2 & 15u) & 1u))
			cmo_memattrs = cmo_memattrs || it.pa - (raw & bits_below(48) & ~(level_bytes(t, level) - 1u)) <
							       level_bytes(t, level);
	}
	prove(t->n_ranges <= S2PT_GATHER_RANGES);
	/* There is room for one more, but for the rest of a group, which extends the last one. */
	prove(t->n_cleans < S2PT_GATHER_CLEANS || (raw >> 52 & 1u));
	prove(!pending || it.forgotten || covers(t->range, t->n_ranges));
	prove(!cmo_memattrs || it.cleaned || needs(t));
	prove(t->clean_failed == it.failed);
}

static void
proof(void)
{
	const unsigned many = (unsigned)any_below(6);

	small_init();
	any_state(&small.table);
	small.host.invalidate = invalidate;
	small.host.clean_data = clean_data;
	it.ipa = any_below(SMALL * SMALL * SMALL) << 12;
	it.level = any_bool() ? 2 : 3;
	it.table = any_bool();
	it.pa = any_below(64) << 12;
	it.forgotten = it.cleaned = it.failed = false;
	small.table.clean_failed = false;
	if (many == 0)
		gather(1, 1, 0, 3);
	else if (many == 1)
		gather(S2PT_GATHER_RANGES, S2PT_GATHER_CLEANS - 1, S2PT_GATHER_TABLES - LEVELS - 1, 3);
#ifndef __CPROVER__
	/* What lies between, and other levels, is for the program alone. */
	else if (many == 2)
		gather(0, 0, 0, 3);
	else if (many == 3)
		gather(2, 1, 1, 2);
	else if (many == 4)
		gather(S2PT_GATHER_RANGES - 1, S2PT_GATHER_CLEANS - 1, 2, 3);
	else
		gather(S2PT_GATHER_RANGES, 2, 3, 2);
#endif
	reach();
	if (it.forgotten)
		reach();
	if (it.cleaned)
		reach();
}
