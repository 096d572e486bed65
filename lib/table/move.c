/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * move.c: other memory behind a range, as live migration of a page needs it. Leaves of a batch are broken and
 * invalidated, the host copies their memory, which no observer can reach any more, and they are restored with their new
 * address.
 */
#include "table/cmo.h"
#include "table/contig.h"
#include "table/drive.h"
#include "table/gather.h"
#include "table/store.h"

/* A move in progress. */
struct moving {
	struct s2pt_range *r;
	const struct s2pt_move *move;
	uint64_t from; /* PA minus IPA, before */
	uint64_t to;   /* ... and after */
};

/* Is @raw a leaf at @level that maps @ipa as the caller says, and can it move in parts of 2^@lg2 bytes? */
static enum s2pt_status
check_leaf(const struct moving *m, uint64_t raw, int level, uint64_t ipa, unsigned lg2)
{
	if (!entry_is_leaf(raw, level))
		return S2PT_ERR_NOT_MAPPED;
	if (s2pt__address_of(m->r->table, raw, level) != ipa + m->from)
		return S2PT_ERR_EXISTS;
	if (entry_is_executable(raw) && needs_icache(m->r->table) && !m->r->table->host->invalidate_icache)
		return S2PT_ERR_HOST_ICACHE;
	return (ipa + m->to) & bits_below(lg2) ? S2PT_ERR_OA_ALIGN : S2PT_OK;
}

/* The number of leaves from @w on that can move; where none can, *@status says why. */
static uint64_t
count_leaves(const struct moving *m, const struct walk *w, uint64_t count, enum s2pt_status *status)
{
	unsigned lg2 = level_lg2(m->r->table, w->level);
	uint64_t n = 0;

	*status = S2PT_OK;
	for (; n < count; n++) {
		*status = check_leaf(m, entry_load(&w->entry[n]), w->level,
				     m->r->ipa + (n << lg2), lg2);
		if (*status != S2PT_OK)
			break;
	}
	return n;
}

/*
 * Clean and invalidate around the copy: the guest may have written the source, or may read the target, past the caches.
 * False: the host could not.
 */
static bool
clean_for_copy(const struct moving *m, uint64_t pa, uint64_t bytes)
{
	return !m->r->table->needs_clean || clean_memory(m->r->table, pa, bytes);
}

/* Let the host copy the memory of the leaf @raw, which is broken, and make it visible at its new place. */
static bool
copy_leaf(const struct moving *m, uint64_t raw, uint64_t ipa, uint64_t bytes)
{
	const struct s2pt_host_ops *host = m->r->table->host;

	if (!clean_for_copy(m, ipa + m->from, bytes))
		return false;
	if (m->move->copy)
		m->move->copy(m->move->context, s2pt_pa_of(ipa + m->from), s2pt_pa_of(ipa + m->to), bytes);
	if (!clean_for_copy(m, ipa + m->to, bytes))
		return false;
	if (entry_is_executable(raw) && needs_icache(m->r->table))
		host->invalidate_icache(host->context, s2pt_pa_of(ipa + m->to), bytes);
	return true;
}

/* Restore the broken leaf at @entry, at PA minus IPA @to. */
static void
make_leaf(const struct moving *m, uint64_t *entry, int level, uint64_t ipa, uint64_t to)
{
	struct s2pt_table *table = m->r->table;
	const uint64_t raw = entry_load(entry);
	uint64_t made = entry_restored(raw, level) ^ s2pt__address_bits(table, ipa + m->from) ^
			s2pt__address_bits(table, ipa + to);

	if (to & ((s2pt__group_entries(table, level) << level_lg2(table, level)) - 1u))
		made &= ~ENTRY_CONTIGUOUS;
	store_entry(table, entry, raw, made);
}

/*
 * Break @count leaves at @w, invalidate them once, copy their memory, restore them. Returns how many have moved: fewer
 * where caches could not be cleaned, but whole groups.
 */
static uint64_t
move_run(struct moving *m, const struct walk *w, uint64_t count)
{
	struct s2pt_table *table = m->r->table;
	const unsigned lg2 = level_lg2(table, w->level);
	uint64_t moved = 0;

	for (uint64_t n = 0; n < count; n++)
		s2pt__break_entries(table, &w->entry[n], 1);
	s2pt__gather_leaves(table, m->r->ipa, count << lg2, w->level);
	s2pt__gather_tlbi(table);
	s2pt__propagate_written(table, w, count);
	while (moved < count &&
	       copy_leaf(m, entry_load(&w->entry[moved]), m->r->ipa + (moved << lg2), UINT64_C(1) << lg2))
		moved++;
	if (moved < count)
		moved = whole_groups(table, w, moved);
	for (uint64_t n = 0; n < count; n++)
		make_leaf(m, &w->entry[n], w->level, m->r->ipa + (n << lg2), n < moved ? m->to : m->from);
	return moved;
}

/* The range cuts the leaf at @w. What is refused is refused before it is split. */
static NOINLINE enum s2pt_status
check_cut(const struct moving *m, const struct walk *w)
{
	const struct s2pt_range *r = m->r;
	enum s2pt_status status;
	int part = w->level;

	while (!range_covers(r, part))
		part++;
	status = check_leaf(m, w->raw, w->level, r->ipa & ~(level_bytes(r->table, w->level) - 1u),
			    level_lg2(r->table, part));
	return status == S2PT_OK ? S2PT_ERR_WOULD_SPLIT : status;
}

static NOINLINE enum s2pt_status
move_step(struct moving *m)
{
	struct s2pt_range *r = m->r;
	enum s2pt_status status;
	struct walk w;
	uint64_t covered, count;

	s2pt__walk_to(r->table, r->ipa, S2PT_LEVEL_LAST, &w);
	if (!entry_is_leaf(w.raw, w.level))
		return S2PT_ERR_NOT_MAPPED;
	covered = s2pt__entries_covered(r, &w);
	if ((r->ipa & (level_bytes(r->table, w.level) - 1u)) || !covered)
		return check_cut(m, &w);
	count = min_u64(covered, s2pt__range_budget(r));
	if (r->op->batch)
		count = min_u64(count, r->op->batch);
	covered = min_u64(covered, count + s2pt__group_entries(r->table, w.level) - 1u);
	covered = count_leaves(m, &w, covered, &status);
	count = min_u64(count, covered);
	if (!count)
		return status;
	while (s2pt__find_split_group(r->table, &w, &count, covered))
		s2pt__unfold_group(r->table, &w, r->ipa);
	covered = move_run(m, &w, count);
	s2pt__range_advance(r, &w, covered);
	return covered == count ? S2PT_OK : S2PT_ERR_CLEAN;
}

enum s2pt_status
s2pt_table_move(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		const struct s2pt_move *move)
{
	struct moving m;
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status == S2PT_OK)
		status = s2pt__check_memory(table, move->from, size);
	if (status == S2PT_OK)
		status = s2pt__check_memory(table, move->to, size);
	if (status != S2PT_OK)
		return status;
	m.r = &table->running;
	m.r->keeps = true;
	m.move = move;
	m.from = move->from.addr - ipa.addr;
	m.to = move->to.addr - ipa.addr;
	s2pt__invalidate_seq_bump(table);
	while (s2pt__prepare_step(m.r, &status))
		status = move_step(&m);
	return s2pt__range_end(m.r, status);
}
