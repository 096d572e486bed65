/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * annotate.c: values of the host in invalid entries. An annotation stands as high as alignment and op->max_lg2 allow;
 * where a smaller range says something else, the entry above becomes a table of copies first.
 */
#include "table/drive.h"
#include "table/gather.h"
#include "table/resize.h"
#include "table/store.h"
#include "table/unlink.h"

#define ANNOTATION_SHIFT 2

/* The highest level of an entry that begins here and lies in the range. */
static int
entry_level(const struct s2pt_range *r)
{
	int level = S2PT_LEVEL_LAST;

	while (level > r->table->start_level && fits_max_lg2(r->op, level_lg2(r->table, level - 1)) &&
	       range_covers(r, level - 1))
		level--;
	return level;
}

/* Walk to the next entry that is to be written, and split those above it that have another value. */
static enum s2pt_status
walk_dividing(struct s2pt_range *r, int level, uint64_t wanted, struct walk *w)
{
	for (;;) {
		enum s2pt_status status;

		s2pt__walk_to(r->table, r->ipa, level, w);
		if (w->level == level || entry_is_valid(w->raw) || w->raw == wanted)
			return S2PT_OK;
		status = s2pt__split_annotation(r, w);
		if (status != S2PT_OK) {
			/* No empty table stays linked (E6). */
			s2pt__prune(r->table, w, r->ipa);
			return status;
		}
	}
}

static uint64_t
annotate_run(struct s2pt_table *table, const struct walk *w, uint64_t count, uint64_t wanted)
{
	uint64_t n = 0;

	for (; n < count; n++) {
		uint64_t *entry = &w->entry[n];
		uint64_t raw = entry_load(entry);

		if (entry_is_valid(raw))
			break;
		if (raw != wanted)
			store_entry(table, entry, raw, wanted);
		table->annotations += wanted != ENTRY_EMPTY;
		table->annotations -= entry_is_annotation(raw);
	}
	return n;
}

static NOINLINE enum s2pt_status
annotate_step(struct s2pt_range *r, uint64_t wanted)
{
	int level = entry_level(r);
	enum s2pt_status status;
	struct walk w;
	uint64_t count;

	s2pt__walk_to(r->table, r->ipa, level, &w);
	while (entry_is_table(w.raw, w.level))
		s2pt__walk_to(r->table, r->ipa, ++level, &w);
	status = walk_dividing(r, level, wanted, &w);
	if (status != S2PT_OK)
		return status;
	if (entry_is_valid(w.raw))
		return S2PT_ERR_EXISTS;
	if (w.level < level) {
		/* The entry above has this value already. */
		s2pt__range_advance(r, &w, 1);
		return S2PT_OK;
	}
	count = min_u64(s2pt__entries_covered(r, &w), s2pt__range_budget(r));
	count = annotate_run(r->table, &w, count, wanted);
	if (!wanted)
		s2pt__prune(r->table, &w, r->ipa);
	s2pt__range_advance(r, &w, count);
	return S2PT_OK;
}

enum s2pt_status
s2pt_table_annotate(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		    uint64_t value)
{
	struct s2pt_range *r = &table->running;
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status == S2PT_OK && value >= S2PT_ANNOTATION_LIMIT)
		status = S2PT_ERR_CHANGE;
	if (status != S2PT_OK)
		return status;
	/* The host's state of this range changes: faults that were resolved before must not be answered. */
	s2pt__invalidate_seq_bump(table);
	while (s2pt__prepare_step(r, &status))
		status = annotate_step(r, value << ANNOTATION_SHIFT);
	return s2pt__range_end(r, status);
}
