/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * small.h: a small table, for harnesses of the engine's single functions: the engine reads its geometry, so that a
 * table of a few entries is one like any other. What the harnesses know of the inside of struct s2pt_table is here.
 */
#ifndef S2PT_PROOFS_SMALL_H
#define S2PT_PROOFS_SMALL_H

#include "table/walk.h"

#include "any.h"

/* Entries of a table, and of a contiguous group of pages: a harness may have less. */
#ifndef SMALL_LG2
#define SMALL_LG2       3u
#define SMALL_GROUP_LG2 2u
#endif
#define SMALL       (1u << SMALL_LG2)
#define SMALL_GROUP (1u << SMALL_GROUP_LG2)

static struct {
	struct s2pt_table table;
	struct s2pt_format format;
	struct s2pt_host_ops host;
} small;

/* 4K, tables of SMALL entries, any features, no trace: what is traced is tests/support/model's. */
static inline void
small_init(void)
{
	struct s2pt_table *t = &small.table;

	small.format.granule_lg2 = 12;
	small.format.ipa_bits = 12 + 3 * SMALL_LG2;
	small.format.oa_bits = 48;
	small.format.start_level = 1;
	small.format.space = S2PT_SPACE_NONSECURE;
	small.format.feats = any_u64() & ~(S2PT_FEAT_LPA | S2PT_FEAT_LPA2);
	t->format = &small.format;
	t->host = &small.host;
	t->start_level = 1;
	for (int level = S2PT_LEVEL_FIRST; level <= S2PT_LEVEL_LAST; level++) {
		struct s2pt_level *l = &t->level[level - S2PT_LEVEL_FIRST];

		l->lg2 = (uint8_t)(12u + SMALL_LG2 * (unsigned)(3 - level));
		l->entries_lg2 = SMALL_LG2;
		l->group_lg2 = level == S2PT_LEVEL_LAST ? SMALL_GROUP_LG2 : 0;
		l->leaves = level >= 2;
	}
	t->has_observer = false;
	t->hw_updates = any_bool();
	t->bbml2_in_place = false;
	t->has_contiguous = any_bool();
	t->oa_split = false;
	t->link_mask = low_mask(12);
	t->pa_invalid_mask = ~(bits_below(48) & ~bits_below(12));
	t->short_pa_mask = t->pa_invalid_mask;
	t->page_bytes = 4096;
	t->tracking_bit = any_bool() ? 0 : UINT64_C(1) << (any_bool() ? 51 : 55 + any_below(4));
	t->needs_clean = any_bool();
	t->cmo_memattrs = (uint16_t)(any_u64() & 0xffffu);
	t->held = false;
	t->n_ranges = 0;
	t->n_unlinked = 0;
	t->dead_from = 0;
	t->dead_end = 0;
	t->n_cleans = 0;
	t->n_pages = 0;
}

static inline void
any_entries(uint64_t *entry, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		entry[i] = any_bool() ? any_u64()
			 : any_bool() ? any_u64() | 1u
				      : 0;
}

#endif
