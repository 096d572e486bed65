/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * list.c: mapping many segments as one operation: with one publish, and one callback for the caches of many.
 *
 * Segments that continue each other, in IPA and PA, are a run, in which groups and blocks form. A page that is alone
 * goes straight into its table, which mostly is that of the page before.
 */
#include "table/cmo.h"
#include "table/drive.h"
#include "table/map.h"
#include "table/report.h"
#include "table/short.h"
#include "table/store.h"

/* --- Checks ---------------------------------------------------------------------------------------- */

/* Are @size bytes from the beginning of @segment on pages and memory of the table's, with nothing to be reported? */
static inline bool
is_fine(const struct s2pt_table *table, const struct s2pt_segment *segment, uint64_t size)
{
	const uint64_t to_last = size - table_bytes(table), ipa = segment->ipa.addr, pa = segment->pa.addr;

	return to_last <= bits_below(table->format->ipa_bits) && !table->running.op->dirty &&
	       !((ipa | (ipa + to_last)) & table->ipa_invalid_mask) &&
	       !((pa | (pa + to_last)) & table->pa_invalid_mask);
}

/* May they be mapped? The mapping itself has been checked. */
static enum s2pt_status
check_run(const struct s2pt_table *table, const struct s2pt_segment *segment, uint64_t size)
{
	enum s2pt_status status;

	if (is_fine(table, segment, size))
		return S2PT_OK;
	status = s2pt__check_bounds(table, segment->ipa.addr, size);
	if (status == S2PT_OK)
		status = s2pt__check_bitmap(table->format, table->running.op->dirty, segment->ipa.addr, size);
	return status == S2PT_OK ? s2pt__check_memory(table, segment->pa, size) : status;
}

/* Before anything is stored. */
static NOINLINE enum s2pt_status
check_all(const struct s2pt_table *table)
{
	const struct s2pt_list *list = &table->list;
	enum s2pt_status status = S2PT_OK;
	uint64_t left = UINT64_MAX;

	for (size_t n = 0; n < list->count && status == S2PT_OK; n++) {
		status = check_run(table, &list->segment[n], list->segment[n].size);
		if (status == S2PT_OK && list->segment[n].size > left)
			status = S2PT_ERR_IPA_SIZE;
		left -= list->segment[n].size;
	}
	return status;
}

/* Find where @done bytes end. */
static enum s2pt_status
find_position(struct s2pt_table *table, uint64_t done)
{
	struct s2pt_list *list = &table->list;

	list->done = 0;
	for (list->next = 0; list->next < list->count; list->next++) {
		if (done - list->done < list->segment[list->next].size)
			break;
		list->done += list->segment[list->next].size;
	}
	list->skipped = done - list->done;
	if (list->skipped & (table_bytes(table) - 1u) || (list->skipped && list->next == list->count))
		return S2PT_ERR_POSITION;
	return S2PT_OK;
}

/* --- Cache maintenance ------------------------------------------------------------------------------ */

/* Can it be done for many segments at once? What is replaced is cleaned first: steps do both. */
static NOINLINE void
choose_maintenance(struct s2pt_table *table)
{
	struct s2pt_list *list = &table->list;
	const bool replaces = table->running.op->replace;
	const uint32_t needs = mapping_needs(table, list->mapping);

	list->prepares = needs && has_prepare_list(table->host) && !replaces;
	list->ready = list->next;
	list->waived = table->waived;
	list->is_short = (list->prepares || !needs) && !replaces &&
			 (list->mapping->key & ~(uint32_t)S2PT_MAPPING_NEEDS) == table->short_key;
	if (list->prepares && (needs & S2PT_MAPPING_CACHES))
		flag_set(&table->needs_clean);
}

/* The bytes of as many pages as the budget has units left. */
static uint64_t
budget_bytes(const struct s2pt_table *table)
{
	const unsigned lg2 = table->format->granule_lg2;
	const uint64_t budget = s2pt__range_budget(&table->running);

	return budget > UINT64_MAX >> lg2 ? UINT64_MAX : budget << lg2;
}

/* Deal with as much of the segments that follow as the budget may get to. False: the host could not. */
static NOINLINE bool
prepare_segments(struct s2pt_table *table)
{
	const struct s2pt_host_ops *host = table->host;
	struct s2pt_list *list = &table->list;
	const uint32_t needs = mapping_needs(table, list->mapping);
	const size_t begin = list->ready;
	uint64_t room = budget_bytes(table);

	for (; list->ready < list->count && list->segment[list->ready].size <= room; list->ready++)
		room -= list->segment[list->ready].size;
	return host->prepare_list(host->context, needs & S2PT_MAPPING_DIRTY, needs & S2PT_MAPPING_ICACHE,
				  &list->segment[begin], list->ready - begin);
}

/* --- Mapping --------------------------------------------------------------------------------------- */

/* Where the run that begins with the next segment ends; *@size: its bytes. */
static size_t
find_run(const struct s2pt_list *list, uint64_t *size)
{
	const struct s2pt_segment *first = &list->segment[list->next];
	size_t n = list->next + 1u;

	*size = first->size;
	for (; n < list->count && list->segment[n].ipa.addr == first->ipa.addr + *size &&
	       list->segment[n].pa.addr == first->pa.addr + *size;
	     n++)
		*size += list->segment[n].size;
	return n;
}

/* Begin with the run of @size bytes that goes on to segment @end; @prepared: its caches have been dealt with. */
static enum s2pt_status
begin_run(struct s2pt_table *table, size_t end, uint64_t size, bool prepared)
{
	struct s2pt_list *list = &table->list;
	const struct s2pt_segment *first = &list->segment[list->next];
	struct s2pt_range *r = &table->running;
	enum s2pt_status status = check_run(table, first, size);
	const uint64_t spent = r->spent;

	if (status != S2PT_OK)
		return status;
	s2pt__range_start(r, table, r->op, first->ipa.addr, size);
	r->ipa = first->ipa.addr + list->skipped;
	r->spent = spent;
	/* Of what a list zaps there might be more than the operation can say. */
	r->keeps = true;
	list->end = end;
	if (prepared)
		table->waived |= S2PT_MAPPING_NEEDS;
	return S2PT_OK;
}

/* As far as the run got. */
static void
end_run(struct s2pt_table *table)
{
	struct s2pt_list *list = &table->list;
	const struct s2pt_range *r = &table->running;

	table->waived = list->waived;
	list->skipped = r->ipa - r->begin;
	if (r->ipa < r->end)
		return;
	list->done += list->skipped;
	list->next = list->end;
	list->skipped = 0;
}

/* A page that goes into an empty entry of a leaf table that is there. */
static bool
map_page(struct s2pt_table *table)
{
	struct s2pt_list *list = &table->list;
	const struct s2pt_segment *segment = &list->segment[list->next];
	const uint64_t ipa = segment->ipa.addr, pa = segment->pa.addr, index = index_of(table, ipa, S2PT_LEVEL_LAST);
	uint64_t *entry;

	if (!list->is_short || segment->size != table->page_bytes || (ipa & table->ipa_invalid_mask) ||
	    (pa & table->short_pa_mask))
		return false;
	if (!list->pages || !is_one_table(table, ipa, list->at)) {
		struct pos pos;

		list->pages = NULL;
		if (!walk_to_page(table, ipa, &pos))
			return false;
		list->pages = pos.entry - index;
		list->at = ipa;
	}
	entry = &list->pages[index];
	if (entry_load(entry) != ENTRY_EMPTY)
		return false;
	store_entry(table, entry, ENTRY_EMPTY, entry_table_or_page(pa, list->mapping->bits));
	table->running.spent++;
	list->done += segment->size;
	list->next++;
	return true;
}

/* Map the next segment, if it is a page that goes straight into its table (list->end is 0), or begin with a run. */
static NOINLINE enum s2pt_status
begin_next(struct s2pt_table *table)
{
	const struct s2pt_range *r = &table->running;
	struct s2pt_list *list = &table->list;
	uint64_t size;
	size_t end;

	list->end = 0;
	if (r->op->budget && r->spent >= r->op->budget)
		return S2PT_ERR_BUDGET;
	end = find_run(list, &size);
	if (list->prepares && end > list->ready) {
		/* Of a run that the budget does not reach the end of, steps deal with what each of them maps. */
		if (list->skipped || size > budget_bytes(table)) {
			list->ready = end;
			return begin_run(table, end, size, false);
		}
		if (!prepare_segments(table))
			return S2PT_ERR_CLEAN;
	}
	return end == list->next + 1u && map_page(table) ? S2PT_OK : begin_run(table, end, size, list->prepares);
}

static NOINLINE enum s2pt_status
begin_list(struct s2pt_table *table, struct s2pt_op *op, const struct s2pt_segment *segments, size_t count,
	   const struct s2pt_mapping *mapping)
{
	struct s2pt_list *list = &table->list;
	enum s2pt_status status;

	op_begin(op);
	if (table->destroying)
		return S2PT_ERR_DESTROYED;
	if (!count)
		return S2PT_ERR_EMPTY;
	list->segment = segments;
	list->count = count;
	list->mapping = mapping;
	list->pages = NULL;
	list->at = 0;
	s2pt__range_start(&table->running, table, op, 0, 0);
	table->short_at = UINT64_MAX;
	table->broken = 0;
	status = s2pt__check_mapping(table, s2pt_pa_of(0), 0, mapping);
	if (status == S2PT_OK && !op->done)
		status = check_all(table);
	if (status == S2PT_OK)
		status = find_position(table, op->done);
	if (status != S2PT_OK)
		return status;
	if (op->replace)
		s2pt__invalidate_seq_bump(table);
	choose_maintenance(table);
	return S2PT_OK;
}

enum s2pt_status
s2pt_table_map_list(struct s2pt_table *table, struct s2pt_op *op, const struct s2pt_segment *segments, size_t count,
		    const struct s2pt_mapping *mapping)
{
	struct s2pt_list *list = &table->list;
	enum s2pt_status status = begin_list(table, op, segments, count, mapping);
	struct mapping_range m;

	if (status != S2PT_OK)
		return status;
	m.r = &table->running;
	m.mapping = mapping;
	while (list->next < list->count && status == S2PT_OK) {
		status = begin_next(table);
		if (status != S2PT_OK || !list->end)
			continue;
		m.delta = list->segment[list->next].pa.addr - m.r->begin;
		while (s2pt__prepare_step(m.r, &status))
			status = s2pt__map_step(&m);
		end_run(table);
	}
	status = s2pt__range_end(&table->running, status);
	op->done = list->done + list->skipped;
	return status;
}
