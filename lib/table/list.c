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
#include "table/store.h"

/* log2 of the bytes that a leaf table of the usual table (4K) maps. */
#define BLOCK_4K_LG2 21

struct list {
	struct mapping_range m;
	const struct s2pt_mapping *mapping;
	struct s2pt_mapping prepared; /* the same, once the caches have been dealt with */
	const struct s2pt_segment *segment;
	size_t count;
	size_t next;      /* the segment to go on with, */
	uint64_t skipped; /* ... from this byte on */
	uint64_t done;    /* bytes of the segments before it */
	bool prepares;    /* the host deals with the caches of many segments at once, */
	size_t ready;     /* ... and has done so for those before this one */
	bool is_short;    /* pages that are alone go straight into their tables */
	uint64_t *pages;  /* the leaf table of the last page that was alone, or NULL, */
	uint64_t block;   /* ... which maps this IPA >> BLOCK_4K_LG2 */
};

/* --- Checks ---------------------------------------------------------------------------------------- */

/* Are @size bytes from the beginning of @segment on pages and memory of the table's, with nothing to be reported? */
static inline bool
is_fine(const struct list *list, const struct s2pt_segment *segment, uint64_t size)
{
	const struct s2pt_table *table = list->m.r->table;
	const uint64_t to_last = size - table_bytes(table), ipa = segment->ipa.addr, pa = segment->pa.addr;

	return to_last <= bits_below(table->format->ipa_bits) && !list->m.r->op->dirty &&
	       !((ipa | (ipa + to_last)) & table->ipa_invalid_mask) &&
	       !((pa | (pa + to_last)) & table->pa_invalid_mask);
}

/* May they be mapped? The mapping itself has been checked. */
static enum s2pt_status
check_run(const struct list *list, const struct s2pt_segment *segment, uint64_t size)
{
	const struct s2pt_table *table = list->m.r->table;
	enum s2pt_status status;

	if (is_fine(list, segment, size))
		return S2PT_OK;
	status = s2pt__check_bounds(table, segment->ipa.addr, size);
	if (status == S2PT_OK)
		status = s2pt__check_bitmap(table->format, list->m.r->op->dirty, segment->ipa.addr, size);
	return status == S2PT_OK ? s2pt__check_memory(table, segment->pa, size) : status;
}

/* Before anything is stored. */
static NOINLINE enum s2pt_status
check_all(const struct list *list)
{
	enum s2pt_status status = S2PT_OK;
	uint64_t left = UINT64_MAX;

	for (size_t n = 0; n < list->count && status == S2PT_OK; n++) {
		status = check_run(list, &list->segment[n], list->segment[n].size);
		if (status == S2PT_OK && list->segment[n].size > left)
			status = S2PT_ERR_IPA_SIZE;
		left -= list->segment[n].size;
	}
	return status;
}

/* Find where @done bytes end. */
static enum s2pt_status
find_position(struct list *list, uint64_t done)
{
	list->done = 0;
	for (list->next = 0; list->next < list->count; list->next++) {
		if (done - list->done < list->segment[list->next].size)
			break;
		list->done += list->segment[list->next].size;
	}
	list->skipped = done - list->done;
	if (list->skipped & (table_bytes(list->m.r->table) - 1u) || (list->skipped && list->next == list->count))
		return S2PT_ERR_POSITION;
	return S2PT_OK;
}

/* --- Cache maintenance ------------------------------------------------------------------------------ */

/* Can it be done for many segments at once? What is replaced is cleaned first: steps do both. */
static NOINLINE void
choose_maintenance(struct list *list)
{
	struct s2pt_table *table = list->m.r->table;
	const uint32_t needs = mapping_needs(table, list->mapping);

	list->prepares = needs && has_prepare_list(table->host) && !list->m.r->op->replace;
	list->ready = list->next;
	list->prepared.bits = list->mapping->bits;
	list->prepared.key = list->mapping->key & ~(list->prepares ? (uint32_t)S2PT_MAPPING_NEEDS : 0u);
	if (list->prepares && (needs & S2PT_MAPPING_CACHES))
		flag_set(&table->needs_clean);
}

/* The bytes of as many pages as the budget has units left. */
static uint64_t
budget_bytes(const struct list *list)
{
	const unsigned lg2 = list->m.r->table->format->granule_lg2;
	const uint64_t budget = s2pt__range_budget(list->m.r);

	return budget > UINT64_MAX >> lg2 ? UINT64_MAX : budget << lg2;
}

/* Deal with as much of the segments that follow as the budget may get to. False: the host could not. */
static NOINLINE bool
prepare_segments(struct list *list)
{
	const struct s2pt_host_ops *host = list->m.r->table->host;
	const uint32_t needs = mapping_needs(list->m.r->table, list->mapping);
	const size_t begin = list->ready;
	uint64_t room = budget_bytes(list);

	for (; list->ready < list->count && list->segment[list->ready].size <= room; list->ready++)
		room -= list->segment[list->ready].size;
	return host->prepare_list(host->context, needs & S2PT_MAPPING_DIRTY, needs & S2PT_MAPPING_ICACHE,
				  &list->segment[begin], list->ready - begin);
}

/* --- Mapping --------------------------------------------------------------------------------------- */

/* Where the run that begins with the next segment ends; *@size: its bytes. */
static size_t
find_run(const struct list *list, uint64_t *size)
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

static NOINLINE enum s2pt_status
map_run(struct list *list, size_t end, uint64_t size, const struct s2pt_mapping *mapping)
{
	const struct s2pt_segment *first = &list->segment[list->next];
	struct s2pt_range *r = list->m.r;
	enum s2pt_status status = check_run(list, first, size);
	const uint64_t spent = r->spent;

	if (status != S2PT_OK)
		return status;
	s2pt__range_start(r, r->table, r->op, first->ipa.addr, size);
	r->ipa = first->ipa.addr + list->skipped;
	r->spent = spent;
	/* Of what a list zaps there might be more than the operation can say. */
	r->keeps = true;
	list->m.mapping = mapping;
	list->m.delta = first->pa.addr - first->ipa.addr;
	while (s2pt__prepare_step(r, &status))
		status = s2pt__map_step(&list->m);
	list->skipped = r->ipa - first->ipa.addr;
	if (r->ipa == r->end) {
		list->done += size;
		list->next = end;
		list->skipped = 0;
	}
	return status;
}

/* A page that goes into an empty entry of a leaf table that is there, in the usual table. */
static bool
map_page(struct list *list)
{
	const struct s2pt_segment *segment = &list->segment[list->next];
	const uint64_t ipa = segment->ipa.addr, pa = segment->pa.addr;
	struct s2pt_table *table = list->m.r->table;
	uint64_t *entry;

	if (!list->is_short || segment->size != UINT64_C(1) << S2PT_GRANULE_4K || (ipa & table->ipa_invalid_mask) ||
	    (pa & table->pa_invalid_mask))
		return false;
	if (!list->pages || list->block != ipa >> BLOCK_4K_LG2) {
		const struct pos pos = walk_4k(table, ipa);

		list->pages = NULL;
		if (pos.level != S2PT_LEVEL_LAST)
			return false;
		list->pages = pos.entry - (ipa >> S2PT_GRANULE_4K & 511u);
		list->block = ipa >> BLOCK_4K_LG2;
	}
	entry = &list->pages[ipa >> S2PT_GRANULE_4K & 511u];
	if (entry_load(entry) != ENTRY_EMPTY)
		return false;
	store_entry(table, entry, ENTRY_EMPTY, entry_table_or_page(pa, list->mapping->bits));
	list->m.r->spent++;
	list->done += segment->size;
	list->next++;
	return true;
}

static enum s2pt_status
map_next(struct list *list)
{
	const struct s2pt_range *r = list->m.r;
	uint64_t size;
	size_t end;

	if (r->op->budget && r->spent >= r->op->budget)
		return S2PT_ERR_BUDGET;
	end = find_run(list, &size);
	if (list->prepares && end > list->ready) {
		/* Of a run that the budget does not reach the end of, steps deal with what each of them maps. */
		if (list->skipped || size > budget_bytes(list)) {
			list->ready = end;
			return map_run(list, end, size, list->mapping);
		}
		if (!prepare_segments(list))
			return S2PT_ERR_CLEAN;
	}
	return end == list->next + 1u && map_page(list) ? S2PT_OK : map_run(list, end, size, &list->prepared);
}

static NOINLINE enum s2pt_status
begin_list(struct list *list, struct s2pt_table *table, struct s2pt_op *op, const struct s2pt_mapping *mapping)
{
	struct s2pt_range *r = &table->running;
	enum s2pt_status status;

	op_begin(op);
	if (table->destroying)
		return S2PT_ERR_DESTROYED;
	if (!list->count)
		return S2PT_ERR_EMPTY;
	s2pt__range_start(r, table, op, 0, 0);
	table->short_at = UINT64_MAX;
	table->broken = 0;
	list->m.r = r;
	list->mapping = mapping;
	list->pages = NULL;
	list->block = 0;
	status = s2pt__check_mapping(table, s2pt_pa_of(0), 0, mapping);
	if (status == S2PT_OK && !op->done)
		status = check_all(list);
	if (status == S2PT_OK)
		status = find_position(list, op->done);
	if (status == S2PT_OK && op->replace)
		s2pt__invalidate_seq_bump(table);
	return status;
}

enum s2pt_status
s2pt_table_map_list(struct s2pt_table *table, struct s2pt_op *op, const struct s2pt_segment *segments, size_t count,
		    const struct s2pt_mapping *mapping)
{
	enum s2pt_status status;
	struct list list;

	list.segment = segments;
	list.count = count;
	status = begin_list(&list, table, op, mapping);
	if (status != S2PT_OK)
		return status;
	choose_maintenance(&list);
	list.is_short = (list.prepared.key & ~table->waived) == table->short_key && !op->replace;
	while (list.next < list.count && status == S2PT_OK)
		status = map_next(&list);
	status = s2pt__range_end(list.m.r, status);
	op->done = list.done + list.skipped;
	return status;
}
