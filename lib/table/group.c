/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Contiguous groups (E13): all members have the Contiguous bit, or none has. */
#include "table/engine.h"

bool
s2pt__cuts_group(const struct s2pt_table *table, struct walk *w, uint64_t *count, uint64_t limit)
{
	const uint64_t group = s2pt__group_entries(table, w->level);
	const uint64_t before = w->index & (group - 1u);
	const uint64_t inner = (w->index + *count) & (group - 1u);

	w->raw = entry_load(w->entry);
	w->group = w->entry - before;
	if (before && entry_is_member(w->raw, w->level))
		return true;
	w->group = w->entry + *count - inner;
	if (!inner || !entry_is_member(entry_load(w->group), w->level))
		return false;
	if (*count + group - inner > limit)
		return true;
	*count += group - inner;
	return false;
}

/*
 * Break the group, invalidate member by member (the size of an invalidation ignores the bit: R_LQLSD),
 * and make its members again without it. What hardware wrote to one holds for all.
 */
void
s2pt__dissolve(struct s2pt_table *table, const struct walk *w)
{
	const uint64_t hint = field_mask(DESC_CONTIGUOUS), bytes = level_bytes(table, w->level);
	const bool in_place = table->in_place;
	uint64_t *const end = w->group + s2pt__group_entries(table, w->level);
	uint64_t written = 0;

	for (uint64_t *entry = w->group; entry != end; entry++) {
		uint64_t raw = entry_load(entry);

		if (in_place)
			live_store(table, entry, raw, raw & ~hint);
		else
			written |= entry_written(s2pt__break(table, entry), table->marker);
	}
	s2pt__gather_leaves(table,
			    (table->running.ipa & ~(bytes - 1u)) + (uint64_t)(w->group - w->entry) * bytes,
			    (uint64_t)(end - w->group) * bytes, w->level);
	if (in_place)
		return;
	s2pt__invalidate(table);
	for (uint64_t *entry = w->group; entry != end; entry++) {
		uint64_t raw = entry_load(entry);

		live_store(table, entry, raw, entry_mended(raw & ~hint, w->level) | written);
	}
}
