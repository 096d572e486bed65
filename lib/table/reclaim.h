/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * reclaim.h: tables that were unlinked, until the host has them back.
 *
 *     linked --(link cleared or broken)--> unlinked --(TLBI)--> unreachable --(retire)--> the host's
 *
 * Until the invalidation walkers may read an unlinked table, and hardware may write AF and dirty state to it. So
 * nothing is stored to it, and its memory goes back only after the invalidation.
 */
#ifndef S2PT_TABLE_RECLAIM_H
#define S2PT_TABLE_RECLAIM_H

#include "table/gather.h"
#include "table/walk.h"

/* Is there room for a subtree that a step unlinks, and for all tables above it that become empty by that? */
static inline bool
gather_has_room(const struct s2pt_table *table)
{
	return table->n_unlinked < S2PT_GATHER_TABLES - LEVELS;
}

/* Are there links that an unmap has broken? */
static inline bool
has_broken_links(const struct s2pt_table *table)
{
	return table->dead_from < table->dead_end;
}

/* Are there tables that wait for the invalidation? */
static inline bool
has_unlinked(const struct s2pt_table *table)
{
	return table->n_unlinked || has_broken_links(table);
}

/* Begin to give back the subtree whose top table is @table, at @level. */
void s2pt__begin_retiring(struct s2pt_unlinked *dead, s2pt_pa table, int level);

/*
 * The subtree that @raw linked, with its top table at @level, was unlinked; it mapped [@ipa, @ipa + @bytes).
 * Precondition: gather_has_room(). Inline, so that it has no stack frame of its own.
 */
static inline void
gather_table(struct s2pt_table *table, uint64_t ipa, uint64_t bytes, uint64_t raw, int level)
{
	table->generation++;
	s2pt__begin_retiring(&table->unlinked[table->n_unlinked++], s2pt_pa_of(link_address(table, raw)), level);
	s2pt__gather_entries(table, ipa, bytes);
}

/*
 * The link of [@ipa, @ipa + @bytes) was broken by an unmap, which goes forward: it says where the subtree is until it
 * can be given back. Not under a hold, which other operations would meet it in.
 */
static inline void
gather_broken(struct s2pt_table *table, uint64_t ipa, uint64_t bytes)
{
	table->generation++;
	if (!has_broken_links(table))
		table->dead_from = ipa;
	table->dead_end = ipa + bytes;
	s2pt__gather_entries(table, ipa, bytes);
}

/* Empty the gather: invalidate, maintain caches, give tables back. Overwrites table->path: not within a step. */
void s2pt__gather_drain(struct s2pt_table *table);

/* ... at the end of an operation, or of a hold: what was stored is visible to walkers, too. */
void s2pt__gather_end(struct s2pt_table *table);

/* A table that no walker can reach any more goes back with the next drain, or at once where no more can wait. */
void s2pt__retire_page(struct s2pt_table *table, uint64_t *virt, uint64_t pa);

/* Give back at most @budget tables under the top one of @dead. Returns whether none is left. */
bool s2pt__retire_below(struct s2pt_table *table, struct s2pt_unlinked *dead, uint64_t budget);

#endif
