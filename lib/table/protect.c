/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * protect.c: changes of attributes over a range.
 *
 * A change of permissions, AF or software bits is stored to the leaf, and invalidated afterwards where it took
 * something away. A change of memory type, or of members of a contiguous group, is break-before-make of a batch of
 * leaves, with cache maintenance in between. The batch may go over many tables: steps break what they pass, and once
 * there are enough, or the operation ends, one invalidation serves all, and they are found again by their IPA:
 *
 *     change_entries()       one access a leaf; in a tight loop where nobody is to be reported to
 *     break_entries()        break leaves, and go on
 *     s2pt__update_restore() invalidate, maintain caches, restore those that are broken with their new attributes
 */
#include "table/protect.h"

#include "table/cmo.h"
#include "table/contig.h"
#include "table/gather.h"
#include "table/report.h"
#include "table/short.h"
#include "table/store.h"

/* The part of a run, by index, of which stale entries may be cached: from @first up to @end; none where @end is 0. */
struct stale {
	uint64_t first;
	uint64_t end;
};

static inline void
none_stale(struct stale *stale)
{
	stale->first = 0;
	stale->end = 0;
}

static inline void
add_stale(struct stale *stale, uint64_t n)
{
	if (!stale->end)
		stale->first = n;
	stale->end = n + 1u;
}

/* --- One store a leaf ------------------------------------------------------------------------------ */

/* The leaf at @level that maps @ipa was @raw, and is @made: report it where it has lost write permission. */
static void
record_lost(const struct s2pt_update *update, uint64_t ipa, int level, uint64_t raw, uint64_t made)
{
	if (!entry_is_writable(made))
		s2pt__record_dirty(&update->table->running, ipa, raw, level);
}

/*
 * Store what the update makes of the leaf @raw at @entry, *@wanted, with what hardware writes meanwhile. Returns what
 * the leaf was.
 */
static inline uint64_t
store_changed(const struct s2pt_table *table, const struct s2pt_entry_update *update, uint64_t *entry, uint64_t raw,
	      uint64_t *wanted)
{
	if (table->hw_updates)
		while (!entry_compare_exchange(entry, &raw, *wanted))
			*wanted = entry_update_apply(update, raw);
	else
		entry_store(entry, *wanted);
	trace_store(table, entry, raw, *wanted);
	return raw;
}

/* Change the leaf @n entries behind @w; returns what it was. */
static uint64_t
change_leaf(const struct s2pt_update *update, const struct walk *w, uint64_t n, uint64_t raw)
{
	struct s2pt_table *table = update->table;
	uint64_t wanted = entry_update_apply(&update->entry, raw);

	s2pt__update_prepare(update, raw, w->level);
	raw = store_changed(table, &update->entry, &w->entry[n], raw, &wanted);
	table->stored = true;
	record_lost(update, table->running.ipa + (n << level_lg2(table, w->level)), w->level, raw, wanted);
	return raw;
}

/* The bits of a leaf that hardware may set. */
#define ENTRY_BY_HARDWARE (ENTRY_AF | ENTRY_DIRTY)

/*
 * Is the change of a leaf one atomic AND, or one atomic XOR, whatever hardware sets meanwhile? A XOR where bits are
 * set, too: none that hardware may set; and those that it clears are set in every leaf that the update applies to.
 */
static bool
is_one_access(const struct s2pt_entry_update *update)
{
	return !update->set ||
	       !((update->set | (update->clear & ~update->when)) & ENTRY_BY_HARDWARE);
}

/*
 * May the leaves of a run be changed by one access each, without a trace or a report; and is a leaf that changes always
 * stale, or never?
 */
static bool
is_plain(const struct s2pt_update *update)
{
	const struct s2pt_table *table = update->table;
	const uint64_t changes = update->entry.clear | update->entry.set;

	return (!table->hw_updates || is_one_access(&update->entry)) && !table->has_observer &&
	       !update->entry.maps_perm && !update->table->running.op->dirty &&
	       (!(changes & ~update->entry.stale) || !(changes & update->entry.stale) ||
		(update->entry.clear & update->entry.when & update->entry.stale));
}

/* Does a change that is_plain() change the page @raw? */
static inline bool
is_page_changed(uint64_t raw, uint64_t when, uint64_t keep, uint64_t set)
{
	return !(~raw & when) && ((raw & keep) | set) != raw;
}

static inline void
change_atomically(uint64_t *entry, uint64_t differ, uint64_t keep, uint64_t set)
{
	if (set)
		entry_fetch_xor(entry, differ);
	else
		entry_fetch_and(entry, keep);
}

/* A run of pages, where is_plain(). Not inline: then all that the loop needs stays in registers. */
static NOINLINE void
change_pages(const struct s2pt_update *update, uint64_t *entry, uint64_t count, struct stale *stale)
{
	const uint64_t when = update->entry.when | ENTRY_VALID, keep = ~update->entry.clear, set = update->entry.set;
	const bool atomic = update->table->hw_updates;
	uint64_t n = 0;

	while (count && !is_page_changed(entry_load(&entry[count - 1u]), when, keep, set))
		count--;
	while (n < count && !is_page_changed(entry_load(&entry[n]), when, keep, set))
		n++;
	update->table->stored = update->table->stored || n < count;
	if (n < count && ((~keep | set) & update->entry.stale)) {
		stale->first = n;
		stale->end = count;
	}
	for (; n < count; n++) {
		const uint64_t raw = entry_load(&entry[n]), wanted = (raw & keep) | set;

		if ((~raw & when) || wanted == raw)
			continue;
		if (atomic)
			change_atomically(&entry[n], raw ^ wanted, keep, set);
		else
			entry_store(&entry[n], wanted);
	}
}

/*
 * Change the leaves among @count entries at @w, up to a link or to a leaf that must not change. Returns how many
 * entries were passed.
 */
static uint64_t
change_run(const struct s2pt_update *update, const struct walk *w, uint64_t count, struct stale *stale)
{
	const bool pages = w->level == S2PT_LEVEL_LAST;
	uint64_t n = 0;

	if (pages && is_plain(update)) {
		change_pages(update, w->entry, count, stale);
		return count;
	}
	for (; n < count; n++) {
		uint64_t raw = entry_load(&w->entry[n]);
		uint64_t wanted = entry_update_apply(&update->entry, raw);

		if (!pages && entry_is_table(raw, w->level))
			break;
		if (wanted == raw || !entry_is_valid(raw))
			continue;
		if (entry_update_forbidden(&update->entry, raw, wanted))
			break;
		raw = change_leaf(update, w, n, raw);
		if ((raw ^ wanted) & update->entry.stale)
			add_stale(stale, n);
	}
	return n;
}

/*
 * Gather the leaves of a run that are stale, with all of the groups at its ends: a TLB may hold a group as one entry,
 * and the size of an invalidation ignores the Contiguous bit (R_LQLSD).
 */
static void
gather_stale(struct s2pt_table *table, const struct walk *w, uint64_t ipa, const struct stale *stale)
{
	const unsigned lg2 = level_lg2(table, w->level);
	const uint64_t in_group = (s2pt__group_entries(table, w->level) << lg2) - 1u;
	uint64_t begin = ipa + (stale->first << lg2), end = ipa + (stale->end << lg2);

	if (entry_is_member(entry_load(&w->entry[stale->first]), w->level))
		begin &= ~in_group;
	if (entry_is_member(entry_load(&w->entry[stale->end - 1u]), w->level))
		end = (end + in_group) & ~in_group;
	s2pt__gather_leaves(table, begin, end - begin, w->level);
}

static NOINLINE uint64_t
change_entries(struct s2pt_update *update, const struct walk *w, uint64_t count)
{
	struct s2pt_range *r = &update->table->running;
	struct stale stale;

	none_stale(&stale);
	count = change_run(update, w, count, &stale);
	if (stale.end)
		gather_stale(r->table, w, r->ipa, &stale);
	return count;
}

/* --- Break, invalidate, maintain caches, restore (R_WHZWS) ----------------------------------------- */

/* The number of entries at @w that may change: up to a link, or to a leaf that must not change. */
static uint64_t
count_changeable(const struct s2pt_update *update, const struct walk *w, uint64_t count)
{
	uint64_t n = 0;

	if (w->level == S2PT_LEVEL_LAST && !entry_update_may_forbid(&update->entry))
		return count;
	for (; n < count; n++) {
		uint64_t raw = entry_load(&w->entry[n]);

		if (entry_is_table(raw, w->level) ||
		    (entry_is_valid(raw) &&
		     entry_update_forbidden(&update->entry, raw, entry_update_apply(&update->entry, raw))))
			break;
	}
	return n;
}

/* Restore the leaf at @entry, which is broken, with its new attributes if @changes. */
static void
restore_leaf(const struct s2pt_update *update, uint64_t *entry, int level, uint64_t ipa, bool changes)
{
	const uint64_t raw = entry_load(entry);
	uint64_t made = entry_restored(raw, level);

	if (changes)
		made = entry_update_apply(&update->entry, made);
	if (changes && update->unfolds)
		made &= ~ENTRY_CONTIGUOUS;
	store_entry(update->table, entry, raw, made);
	record_lost(update, ipa, level, raw, made);
}

/* May leaves be restored by plain stores, without a trace or a report? */
static inline bool
is_restore_plain(const struct s2pt_update *update)
{
	return !update->table->has_observer && !update->table->running.op->dirty && !update->entry.maps_perm;
}

/* Restore those of @count leaves that are broken, where is_restore_plain(). Not inline, as change_pages(). */
static NOINLINE void
restore_plain(const struct s2pt_update *update, uint64_t *entry, uint64_t count, int level)
{
	const uint64_t stays = update->unfolds ? ~(ENTRY_TYPE | ENTRY_CONTIGUOUS) : ~ENTRY_TYPE;
	const uint64_t type = entry_leaf_type(level), when = update->entry.when;
	const uint64_t keep = stays & ~update->entry.clear, set = update->entry.set | type;
	const uint64_t *const end = entry + count;

	/* Mostly it concerns all. */
	for (; entry < end && !when; entry++) {
		const uint64_t raw = entry_load(entry);

		if (entry_is_broken(raw))
			entry_store(entry, (raw & keep) | set);
	}
	for (; entry < end; entry++) {
		const uint64_t raw = entry_load(entry);

		if (entry_is_broken(raw))
			entry_store(entry, ~raw & when ? (raw & stays) | type : (raw & keep) | set);
	}
}

/*
 * Clean the memory of the leaves that are broken among @count entries at @w, and make it visible to fetches, up to the
 * first of which the host cannot: returns how many entries behind @w that is, or its group.
 */
static NOINLINE uint64_t
prepare_broken(const struct s2pt_update *update, const struct walk *w, uint64_t count)
{
	for (uint64_t n = 0; n < count; n++) {
		const uint64_t raw = entry_load(&w->entry[n]);

		if (!entry_is_broken(raw))
			continue;
		if (update->clean && !clean_leaf(update->table, raw, w->level))
			return whole_groups(update->table, w, n);
		s2pt__update_prepare(update, raw, w->level);
	}
	return count;
}

/* Of @count entries at @w: how many, from the first, link no table? */
static uint64_t
count_before_link(const struct walk *w, uint64_t count)
{
	uint64_t n = 0;

	if (w->level == S2PT_LEVEL_LAST)
		return count;
	while (n < count && !entry_is_table_or_page(entry_load(&w->entry[n])))
		n++;
	return n;
}

/* Restore the leaves at @w, which map from @ipa on, that are broken: the first @prepared with their new attributes. */
static NOINLINE void
restore_run(struct s2pt_update *update, const struct walk *w, uint64_t count, uint64_t ipa, uint64_t prepared)
{
	const unsigned lg2 = level_lg2(update->table, w->level);

	for (uint64_t n = 0; n < count; n++)
		if (entry_is_broken(entry_load(&w->entry[n])))
			restore_leaf(update, &w->entry[n], w->level, ipa + (n << lg2), n < prepared);
}

enum s2pt_status
s2pt__update_restore(struct s2pt_update *update)
{
	struct s2pt_table *table = update->table;
	const bool maintains = update->clean || update->icache;
	uint64_t at = update->table->broken_at, end = table->running.ipa;
	bool ready = true;

	if (!update->table->broken)
		return S2PT_OK;
	update->table->broken = 0;
	s2pt__gather_tlbi(table);
	table->stored = true;
	table->needs_clean = table->needs_clean || update->clean;
	while (at < end) {
		uint64_t count, prepared;
		struct walk w;

		s2pt__walk_to(table, at, S2PT_LEVEL_LAST, &w);
		count = count_before_link(&w, s2pt__run_length(table, &w, at, end - at));
		prepared = !ready ? 0 : maintains ? prepare_broken(update, &w, count)
						  : count;
		if (ready && prepared < count) {
			ready = false;
			table->running.ipa = at + (prepared << level_lg2(table, w.level));
		}
		if (update->unfolds)
			s2pt__propagate_written(table, &w, count);
		if (prepared == count && is_restore_plain(update))
			restore_plain(update, w.entry, count, w.level);
		else
			restore_run(update, &w, count, at, prepared);
		at = (at & ~(level_bytes(table, w.level) - 1u)) + (count << level_lg2(table, w.level));
	}
	return ready ? S2PT_OK : S2PT_ERR_CLEAN;
}

/* The leaf @n entries behind @w, or the group that begins there: how many entries are that? */
static inline uint64_t
leaves_together(const struct walk *w, uint64_t n, uint64_t group)
{
	return entry_is_member(entry_load(&w->entry[n]), w->level) ? group : 1u;
}

/* Does the change concern any of the @count leaves from @entry on? */
static inline bool
changes_any(const struct s2pt_update *update, const uint64_t *entry, uint64_t count)
{
	uint64_t n = 0;

	for (; n < count; n++) {
		uint64_t raw = entry_load(&entry[n]);

		if (entry_is_valid(raw) && entry_update_apply(&update->entry, raw) != raw)
			break;
	}
	return n < count;
}

/* Break what changes: leaves, and all members of groups, though some may be as wanted already. */
static NOINLINE void
break_run(const struct s2pt_update *update, const struct walk *w, uint64_t count, struct stale *stale)
{
	const uint64_t group = s2pt__group_entries(update->table, w->level);
	uint64_t n = 0;

	none_stale(stale);
	while (n < count) {
		const uint64_t begin = n;
		uint64_t together = 1;

		for (; n < count; n += together) {
			together = leaves_together(w, n, group);
			if (!changes_any(update, &w->entry[n], together))
				break;
		}
		if (n > begin) {
			s2pt__break_entries(update->table, &w->entry[begin], n - begin);
			add_stale(stale, begin);
			stale->end = n;
		}
		/* The one that does not change. */
		n += together;
	}
}

/* Break what has to be broken to be changed, and pass it. */
static enum s2pt_status
break_entries(struct s2pt_update *update, struct walk *w, uint64_t count, uint64_t covered)
{
	struct s2pt_range *r = &update->table->running;
	const unsigned lg2 = level_lg2(r->table, w->level);
	struct stale stale;

	count = count_changeable(update, w, min_u64(count, update_batch(update) - update->table->broken));
	if (!count)
		return S2PT_ERR_EXEC_UNCACHED;
	while (s2pt__find_split_group(r->table, w, &count, covered))
		s2pt__unfold_group(r->table, w, r->ipa);
	break_run(update, w, count, &stale);
	if (stale.end) {
		const uint64_t ipa = r->ipa + (stale.first << lg2);

		s2pt__gather_leaves(r->table, ipa, (stale.end - stale.first) << lg2, w->level);
		if (!update->table->broken)
			update->table->broken_at = ipa;
		update->table->broken += stale.end - stale.first;
	}
	s2pt__range_advance(r, w, count);
	return S2PT_OK;
}

/* --- Steps ----------------------------------------------------------------------------------------- */

/* Does the change concern what all members of a contiguous group have in common, or are there to be no groups? */
static bool
breaks_groups(const struct s2pt_update *update)
{
	return update->unfolds || update->entry.maps_perm ||
	       ((update->entry.set | update->entry.clear) & ~ENTRY_MEMBER_OWN);
}

/* Of @count entries at @w: how many in a row are members of groups, or are none, as the first is? */
static uint64_t
count_of_kind(const struct s2pt_table *table, const struct walk *w, uint64_t count)
{
	const uint64_t group = s2pt__group_entries(table, w->level);
	const bool members = entry_is_member(w->raw, w->level);
	uint64_t n = group == 1 ? count : group - (w->index & (group - 1u));

	while (n < count && entry_is_member(entry_load(&w->entry[n]), w->level) == members)
		n += group;
	return min_u64(n, count);
}

/* A step on entries that the range covers whole. */
static enum s2pt_status
protect_entries(struct s2pt_update *update, struct walk *w, uint64_t covered)
{
	struct s2pt_range *r = &update->table->running;
	const bool member = entry_is_member(w->raw, w->level) && breaks_groups(update);
	uint64_t count = min_u64(covered, s2pt__range_budget(r));

	if (!update->entry.breaks && breaks_groups(update))
		count = count_of_kind(r->table, w, count);
	if (update->entry.breaks || member)
		return break_entries(update, w, count, covered);
	count = change_entries(update, w, count);
	s2pt__range_advance(r, w, count);
	return count ? S2PT_OK : S2PT_ERR_EXEC_UNCACHED;
}

/* Remember the level of the leaves that were passed, for the invalidation of a relax. */
static void
record_level(struct s2pt_update *update, const struct walk *w)
{
	if (!level_of(update->table, w->level)->leaves)
		return;
	if (update->level != LEVELS && update->level != w->level)
		update->level = S2PT_TLBI_ANY_LEVEL;
	else
		update->level = (int8_t)w->level;
}

enum s2pt_status
s2pt__update_step(struct s2pt_update *update)
{
	struct s2pt_range *r = &update->table->running;
	uint64_t covered, wanted;
	struct walk w;

	s2pt__walk_to(r->table, r->ipa, S2PT_LEVEL_LAST, &w);
	record_level(update, &w);
	covered = s2pt__entries_covered(r, &w);
	if (!(r->ipa & (level_bytes(r->table, w.level) - 1u)) && covered)
		return protect_entries(update, &w, covered);
	/* The range covers a part of what this entry maps: what is refused is refused before anything is split. */
	wanted = entry_is_leaf(w.raw, w.level) ? entry_update_apply(&update->entry, w.raw) : w.raw;
	if (entry_update_forbidden(&update->entry, w.raw, wanted))
		return S2PT_ERR_EXEC_UNCACHED;
	if (wanted != w.raw)
		return S2PT_ERR_WOULD_SPLIT;
	s2pt__range_advance(r, &w, 1);
	return S2PT_OK;
}

enum s2pt_status
s2pt__update_end(struct s2pt_update *update, enum s2pt_status status)
{
	const enum s2pt_status restored = s2pt__update_restore(update);

	return s2pt__range_end(&update->table->running, restored == S2PT_OK ? status : restored);
}

/* --- The operations -------------------------------------------------------------------------------- */

/* A page that is mapped alone, and changes by one store, without cache maintenance. */
static inline __attribute__((always_inline)) bool
protect_page(struct s2pt_table *table, struct s2pt_op *op, uint64_t ipa, uint64_t size,
	     const struct s2pt_change *change)
{
	struct s2pt_entry_update *update = &table->update.entry;
	struct pos pos;
	uint64_t raw, wanted;

	if (change->ram || !find_page(table, op, ipa, size, &pos) || !is_single_page(&pos) ||
	    s2pt__entry_update_make(table->format, change, table->tracking_bit, update) != S2PT_OK || update->breaks)
		return false;
	wanted = entry_update_apply(update, pos.raw);
	if (wanted == pos.raw || entry_update_forbidden(update, pos.raw, wanted))
		return false;
	s2pt__invalidate_seq_bump(table);
	finish_short(op, size);
	raw = store_changed(table, update, pos.entry, pos.raw, &wanted);
	if ((raw ^ wanted) & update->stale)
		s2pt__tlbi_page(table, ipa);
	else
		table->host->publish(table->host->context);
	return true;
}

static NOINLINE enum s2pt_status
protect_range(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
	      const struct s2pt_change *change)
{
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status == S2PT_OK)
		status = s2pt__protect_update(&table->update, table, change);
	if (status != S2PT_OK)
		return status;
	s2pt__invalidate_seq_bump(table);
	return update_range(&table->update);
}

enum s2pt_status
s2pt_table_protect(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		   const struct s2pt_change *change)
{
	if (protect_page(table, op, ipa.addr, size, change))
		return S2PT_OK;
	return protect_range(table, op, ipa, size, change);
}

/* Invalidate a range, which may begin or end inside a leaf, on this CPU. */
static void
tlbi_local(const struct s2pt_update *update, uint64_t ipa, uint64_t size)
{
	const struct s2pt_table *table = update->table;
	int level = update->level;

	if (level == LEVELS ||
	    (level != S2PT_TLBI_ANY_LEVEL && ((ipa | size) & (level_bytes(table, level) - 1u))))
		level = S2PT_TLBI_ANY_LEVEL;
	s2pt__tlbi(table, ipa, size, level, true);
}

enum s2pt_status
s2pt_table_relax(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		 const struct s2pt_change *rights)
{
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);
	const uint64_t begun = op->done;

	if (status == S2PT_OK)
		status = s2pt__relax_update(&table->update, table, rights);
	if (status != S2PT_OK)
		return status;
	status = update_range(&table->update);
	if (op->done > begun)
		tlbi_local(&table->update, ipa.addr + begun, op->done - begun);
	return status;
}
