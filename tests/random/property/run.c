/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <s2pt/tracking.h>

#include "parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A step of the engine's, being done. */
struct act {
	const struct step *step;
	struct s2pt_op op;
	struct s2pt_leaf leaf; /* map: as what */
	struct s2pt_mapping mapping;
	struct s2pt_change change; /* protect, relax: to what */
	enum s2pt_status status, want_status;
	unsigned long done, want;     /* pages */
	struct s2pt_found head, tail; /* what ZAP takes with the range's ends */
	struct s2pt_page page[64];    /* FLAG_CACHE */
	struct s2pt_page_cache cache;
	bool enough;              /* ... and it cannot run out */
	struct s2pt_bitmap dirty; /* what lost the right to write, where it is asked for */
	uint64_t word[WINDOW / 64];
};

uint64_t
bytes_of(const struct run *run, unsigned long pages)
{
	return (uint64_t)pages << run->sequence->shape.granule;
}

s2pt_ipa
ipa_of(const struct run *run, unsigned long page)
{
	return s2pt_ipa_of(bytes_of(run, run->sequence->base + page));
}

s2pt_pa
pa_of(const struct run *run, unsigned long page)
{
	return s2pt_pa_of(bytes_of(run, run->sequence->pa_base + page));
}

void
make_leaf(const struct run *run, unsigned attr, struct s2pt_leaf *leaf)
{
	static const enum s2pt_memtype types[] = {
		S2PT_MEM_NORMAL_WB,
		S2PT_MEM_DEVICE_nGnRE,
		S2PT_MEM_NORMAL_NC,
		S2PT_MEM_NORMAL_WB,
	};

	memset(leaf, 0, sizeof(*leaf));
	leaf->type = types[attr & 3];
	leaf->sh = run->machine.format.sh0;
	leaf->r = true;
	leaf->w = attr & 4;
	leaf->x_el1 = leaf->x_el0 = leaf->type == S2PT_MEM_NORMAL_WB && attr & 8;
	leaf->af = true;
	leaf->sw = attr & 16 ? 2 : 0;
	if (attr & 32)
		s2pt_table_dirty_leaf(&run->machine.table, leaf);
}

static void
make_change(const struct step *step, const struct run *run, struct s2pt_change *change)
{
	memset(change, 0, sizeof(*change));
	switch (step->attr & 7) {
	case 0:
	case 1:
		change->clear_w = true;
		break;
	case 2:
		change->set_w = true;
		break;
	case 3:
		change->set_sw = 4;
		change->clear_sw = 2;
		break;
	case 4:
		change->clear_r = true;
		break;
	case 5:
		change->set_r = true;
		change->clear_x_el1 = change->clear_x_el0 = true;
		break;
	case 6:
		change->clear_af = true;
		break;
	default:
		change->set_af = true;
		change->set_w = true;
		break;
	}
	if (step->what == RETYPE) {
		struct s2pt_leaf leaf;

		make_leaf(run, step->attr >> 3, &leaf);
		memset(change, 0, sizeof(*change));
		change->retype = true;
		change->type = leaf.type;
		change->sh = leaf.sh;
		change->clear_x_el1 = change->clear_x_el0 = true;
		change->ram = step->attr & 1;
	}
	if (step->what == RELAX) {
		memset(change, 0, sizeof(*change));
		change->set_r = true;
		change->set_w = step->attr & 1;
		change->set_af = step->attr & 2;
	}
}

/* The attributes of a leaf, as the flat map has them. */
uint64_t
attr_of(const struct run *run, const struct s2pt_leaf *leaf)
{
	s2pt_desc desc;

	if (s2pt_desc_leaf_encode(&run->machine.format, 3, s2pt_pa_of(0), leaf, &desc) != S2PT_OK)
		abort();
	return model_leaf_attr(run->machine.model, desc.raw, 3);
}

static uint64_t
apply_change(const struct s2pt_change *change, const struct run *run, uint64_t attr)
{
	const struct s2pt_format *format = &run->machine.format;
	struct s2pt_leaf leaf;
	s2pt_pa pa;

	if (s2pt_desc_leaf_decode(format, 3, s2pt_desc_of(attr | 3), &pa, &leaf) != S2PT_OK)
		abort();
	leaf.r = (leaf.r || change->set_r) && !change->clear_r;
	leaf.w = (leaf.w || change->set_w) && !change->clear_w;
	leaf.x_el1 = (leaf.x_el1 || change->set_x_el1) && !change->clear_x_el1;
	leaf.x_el0 = (leaf.x_el0 || change->set_x_el0) && !change->clear_x_el0;
	leaf.af = (leaf.af || change->set_af) && !change->clear_af;
	leaf.sw = (uint8_t)((leaf.sw | change->set_sw) & ~change->clear_sw);
	if (change->clear_w) {
		leaf.dbm = false;
		leaf.sw &= (uint8_t)~(tracking_bit_of(run) >> 55 & 15u);
	}
	if (change->retype)
		leaf.type = change->type;
	leaf.exec_uncached = (leaf.x_el1 || leaf.x_el0) &&
			     (s2pt_memtype_is_device(leaf.type) || leaf.type == S2PT_MEM_NORMAL_NC);
	return attr_of(run, &leaf);
}

/* What the flat map says of a page. */
bool
page_at(const struct run *run, unsigned long page, struct model_leaf *leaf)
{
	return model_map_get(run->map, ipa_of(run, page).addr, leaf);
}

/* --- What should happen ------------------------------------------------------------------------------ */

/* What stands in the way of an operation on a page that is @there as @was. */
static enum s2pt_status
obstacle(const struct run *run, const struct act *act, uint64_t attr, bool there,
	 const struct model_leaf *was, unsigned long n)
{
	const struct step *step = act->step;
	bool same_pa = there && was->pa == pa_of(run, step->pa_page + n).addr;

	switch (step->what) {
	case MAP:
		return there && !act->op.replace &&
				       (!same_pa || !is_same_attr(run, was->attr, attr))
			     ? S2PT_ERR_EXISTS
			     : S2PT_OK;
	case MOVE:
		return !there  ? S2PT_ERR_NOT_MAPPED
		     : same_pa ? S2PT_OK
			       : S2PT_ERR_EXISTS;
	case ANNOTATE:
		return there ? S2PT_ERR_EXISTS : S2PT_OK;
	default:
		return S2PT_OK;
	}
}

/* How many pages the operation should do, and with what status it should end there. */
static void
expect(const struct run *run, struct act *act)
{
	uint64_t attr = attr_of(run, &act->leaf);
	struct model_leaf was;

	act->want_status = S2PT_OK;
	for (act->want = 0; act->want < act->step->count; act->want++) {
		bool there = page_at(run, act->step->page + act->want, &was) && !was.note;

		act->want_status = obstacle(run, act, attr, there, &was, act->want);
		if (act->want_status != S2PT_OK)
			return;
	}
}

/* A block that ZAP takes whole. */
static void
follow_zap(struct run *run, const struct s2pt_found *block)
{
	if (block->size)
		model_map_clear(run->map, block->ipa.addr, block->ipa.addr + block->size - 1u);
}

/* A page that was mapped so stays dirty, if nothing had to make way for it. */
static void
follow_map(struct run *run, const struct act *act, unsigned long page)
{
	uint64_t ipa = ipa_of(run, page).addr, last = ipa_of(run, page + 1).addr - 1u, attr = attr_of(run, &act->leaf);
	struct s2pt_found found;

	if (attr & tracking_bit_of(run) &&
	    s2pt_table_lookup(&run->machine.table, ipa_of(run, page), &found) == S2PT_OK &&
	    found.desc.raw & MODEL_ATTR_DIRTY)
		attr |= MODEL_ATTR_DIRTY;
	model_map_set(run->map, ipa, last, pa_of(run, act->step->pa_page + page - act->step->page).addr, attr);
}

/* A block that a page is inside of, and was mapped as, becomes young as a whole. */
static void
follow_young(struct run *run, unsigned long page)
{
	struct s2pt_found found;

	if (s2pt_table_lookup(&run->machine.table, ipa_of(run, page), &found) == S2PT_OK && found.desc.raw & 1u)
		model_map_protect(run->map, found.ipa.addr, found.ipa.addr + found.size - 1u, 0,
				  MODEL_ATTR_AF);
}

static void
follow_unmap(struct run *run, const struct act *act, unsigned long page)
{
	struct model_leaf was;
	bool note = page_at(run, page, &was) && was.note;

	if (!note || act->op.drop_annotations)
		model_map_clear(run->map, ipa_of(run, page).addr, ipa_of(run, page + 1).addr - 1u);
}

/* What an operation makes of a page that is mapped. */
static void
follow_page(struct run *run, const struct act *act, unsigned long page)
{
	uint64_t ipa = ipa_of(run, page).addr, last = ipa_of(run, page + 1).addr - 1u;
	struct model_leaf was;

	if (!page_at(run, page, &was) || was.note)
		return;
	if (act->step->what == MOVE)
		model_map_set(run->map, ipa, last, was.pa ^ bytes_of(run, WINDOW * 4), was.attr);
	else
		model_map_set(run->map, ipa, last, was.pa, apply_change(&act->change, run, was.attr));
}

/* Bring the flat map to what the pages that are done make of it. */
static void
follow(struct run *run, const struct act *act)
{
	const struct step *step = act->step;
	uint64_t ipa = ipa_of(run, step->page).addr, last = ipa_of(run, step->page + act->done).addr - 1u;

	if (!act->done)
		return;
	switch (step->what) {
	case MAP:
		if (attr_of(run, &act->leaf) & tracking_bit_of(run))
			for (unsigned long n = 0; n < act->done; n++)
				follow_map(run, act, step->page + n);
		else
			model_map_set(run->map, ipa, last, pa_of(run, step->pa_page).addr,
				      attr_of(run, &act->leaf));
		follow_young(run, step->page);
		follow_young(run, step->page + act->done - 1);
		break;
	case UNMAP:
		for (unsigned long n = 0; n < act->done; n++)
			follow_unmap(run, act, step->page + n);
		follow_zap(run, &act->head);
		if (act->done == step->count)
			follow_zap(run, &act->tail);
		break;
	case PROTECT:
	case RETYPE:
	case RELAX:
	case MOVE:
		for (unsigned long n = 0; n < act->done; n++)
			follow_page(run, act, step->page + n);
		break;
	case ANNOTATE:
		model_map_clear(run->map, ipa, last);
		if (step->attr)
			model_map_note(run->map, ipa, last, (uint64_t)step->attr << 2);
		break;
	default:
		break;
	}
}

/* --- Doing ------------------------------------------------------------------------------------------ */

/* A map as a list of segments: of as many pages as the batch, or one less. */
static enum s2pt_status
map_list(struct run *run, const struct step *step, struct s2pt_op *op, unsigned long done,
	 const struct s2pt_mapping *mapping)
{
	static struct s2pt_segment segments[WINDOW];
	size_t count = 0;

	for (unsigned long page = done, pages; page < step->count; page += pages) {
		pages = step->batch - (count && step->batch > 1 ? count % 2u : 0);
		pages = pages < step->count - page ? pages : step->count - page;
		segments[count].ipa = ipa_of(run, step->page + page);
		segments[count].pa = pa_of(run, step->pa_page + page);
		segments[count++].size = bytes_of(run, pages);
	}
	return s2pt_table_map_list(&run->machine.table, op, segments, count, mapping);
}

static enum s2pt_status
call(struct run *run, const struct step *step, struct s2pt_op *op, unsigned long done,
     const struct s2pt_mapping *mapping, const struct s2pt_change *change)
{
	struct s2pt_table *table = &run->machine.table;
	s2pt_ipa ipa = ipa_of(run, step->page + done);
	uint64_t size = bytes_of(run, step->count - done);
	s2pt_pa pa = pa_of(run, step->pa_page + done);

	switch (step->what) {
	case MAP:
		return step->batch & 1u ? map_list(run, step, op, done, mapping)
					: s2pt_table_map(table, op, ipa, size, pa, mapping);
	case UNMAP:
		return s2pt_table_unmap(table, op, ipa, size);
	case PROTECT:
	case RETYPE:
		return s2pt_table_protect(table, op, ipa, size, change);
	case RELAX:
		return s2pt_table_relax(table, op, ipa, size, change);
	case SPLIT:
		return s2pt_table_split(table, op, ipa, size,
					(uint8_t)s2pt_format_level_lg2(table->format, 3 - (int)(step->attr & 1)));
	case COLLAPSE:
		return s2pt_table_collapse(table, op, ipa, size);
	case MOVE:
		return s2pt_table_move(
			table, op, ipa, size,
			&(struct s2pt_move){ .from = pa, .to = s2pt_pa_of(pa.addr ^ bytes_of(run, WINDOW * 4)) });
	default:
		return s2pt_table_annotate(table, op, ipa, size, step->attr);
	}
}

/* The pages that an operation may take, if all it has is them. */
static uint64_t
pages_needed(const struct run *run, const struct step *step)
{
	const enum s2pt_operation operation = step->what == UNMAP    ? S2PT_OPERATION_UNMAP
					    : step->what == PROTECT  ? S2PT_OPERATION_PROTECT
					    : step->what == COLLAPSE ? S2PT_OPERATION_COLLAPSE
								     : S2PT_OPERATION_MAP;

	return s2pt_table_pages_needed(&run->machine.table, operation, ipa_of(run, step->page),
				       bytes_of(run, step->count), 0);
}

static void
fill_cache(struct run *run, struct act *act)
{
	uint64_t needed = pages_needed(run, act->step);
	size_t room = sizeof(act->page) / sizeof(act->page[0]);

	act->enough = needed <= room && !run->sequence->shape.page_limit;
	act->cache.page = act->page;
	act->op.cache = &act->cache;
	while (act->cache.count < needed && act->cache.count < room) {
		if (!run->machine.host.alloc(&run->machine, S2PT_MEMORY_TABLE, bytes_of(run, 1),
					     &act->page[act->cache.count]))
			abort();
		act->cache.count++;
	}
	model_fail_alloc(run->machine.model, 1, true);
}

/* What the operation left of it is the host's again. */
static void
empty_cache(struct run *run, struct act *act)
{
	run->machine.host.retire(&run->machine, S2PT_MEMORY_TABLE, bytes_of(run, 1), act->page, act->cache.count);
}

/* The block that maps @page, but for what lies within the range: of size 0 where none is cut. */
static void
find_cut(const struct run *run, const struct step *step, unsigned long page, struct s2pt_found *found)
{
	uint64_t ipa = ipa_of(run, step->page).addr, end = ipa_of(run, step->page + step->count).addr;

	if (s2pt_table_lookup(&run->machine.table, ipa_of(run, page), found) != S2PT_OK)
		abort();
	if (!(found->desc.raw & 1u) || (found->ipa.addr >= ipa && found->ipa.addr + found->size <= end))
		found->size = 0;
}

/* A partial-block choice other than SPLIT is made for the operations that it means something to. */
static enum s2pt_partial
partial_of(const struct step *step)
{
	if (step->flags & FLAG_REFUSE)
		return S2PT_PARTIAL_REFUSE;
	return step->what == UNMAP && step->flags & FLAG_ZAP ? S2PT_PARTIAL_ZAP : S2PT_PARTIAL_SPLIT;
}

/* As far as a level, with or without its contiguous groups; or no cap. */
static uint8_t
cap_of(const struct run *run, const struct step *step)
{
	const struct s2pt_format *format = &run->machine.format;
	const int level = step->cap & CAP_LEVEL;
	unsigned hint = step->cap & CAP_GROUPS ? s2pt_format_contiguous_lg2(format, level) : 0;

	return level ? (uint8_t)(s2pt_format_level_lg2(format, level) + hint) : 0;
}

static bool
prepare(struct run *run, struct act *act, const struct step *step)
{
	memset(act, 0, sizeof(*act));
	act->step = step;
	act->op.budget = step->budget;
	act->op.batch = step->batch;
	act->op.partial = partial_of(step);
	act->op.replace = step->flags & FLAG_REPLACE;
	act->op.drop_annotations = step->flags & FLAG_DROP;
	act->op.max_lg2 = cap_of(run, step);
	act->dirty.base = ipa_of(run, 0);
	act->dirty.size = bytes_of(run, run->pages);
	act->dirty.word = act->word;
	if (tracking_bit_of(run) && step->attr & 1)
		act->op.dirty = &act->dirty;
	make_leaf(run, step->attr, &act->leaf);
	make_change(step, run, &act->change);
	if (s2pt_mapping_init(&run->machine.format, &act->leaf, S2PT_MAPPING_RAM, &act->mapping) != S2PT_OK)
		return WRONG("mapping_init");
	expect(run, act);
	if (act->op.partial == S2PT_PARTIAL_ZAP) {
		find_cut(run, step, step->page, &act->head);
		find_cut(run, step, step->page + step->count - 1, &act->tail);
	}
	if (step->flags & FLAG_ACCESS)
		model_prime(run->machine.model, ipa_of(run, 0).addr, ipa_of(run, run->pages).addr - 1u);
	if (step->flags & FLAG_CACHE)
		fill_cache(run, act);
	else
		model_fail_alloc(run->machine.model, step->fail, false);
	return true;
}

/* Is the rest of a range to be asked for again? */
static bool
goes_on(enum s2pt_status status)
{
	return status == S2PT_ERR_BUDGET || status == S2PT_ERR_CLEAN;
}

/* One call, with which the operation gets as far as its budget lets it. */
static bool
advance(struct run *run, struct act *act, unsigned end)
{
	const struct step *step = act->step;

	model_op_begin(run->machine.model, 0, ipa_of(run, step->page + act->done).addr,
		       ipa_of(run, step->page + step->count).addr - 1u);
	if (step->what == MAP || (step->what == RETYPE && act->change.ram))
		model_op_maps_ram(run->machine.model);
	if (step->what == MOVE)
		model_op_moves_ram(run->machine.model);
	act->status = call(run, step, &act->op, act->done, &act->mapping, &act->change);
	if (!machine_settle(&run->machine, act->status))
		return WRONG("status %s, clean_data", s2pt_status_name(act->status));
	/* What a relax did not get to, this CPU may have cached with fewer rights. */
	if (goes_on(act->status))
		end &= ~(unsigned)MODEL_END_LOCAL;
	model_op_end(run->machine.model, end | (run->machine.table.held ? MODEL_END_GATHER : 0) |
						 MODEL_END_VISIBLE);
	if (act->op.done & (bytes_of(run, 1) - 1u))
		return WRONG("done 0x%" PRIx64 " is not a multiple of the granule", act->op.done);
	act->done += (unsigned long)(act->op.done >> run->sequence->shape.granule);
	/* All was done, and memory that was unmapped has been cleaned since. */
	if (act->status == S2PT_ERR_CLEAN && act->done == step->count)
		act->status = S2PT_OK;
	return act->done <= step->count || WRONG("done is beyond the range");
}

static bool
is_excused(const struct act *act)
{
	const struct step *step = act->step;

	switch (act->status) {
	case S2PT_OK:
	case S2PT_ERR_LEVEL:
	case S2PT_ERR_OA_ALIGN:
		return true;
	case S2PT_ERR_MEMORY:
		return step->what != COLLAPSE && !act->enough;
	case S2PT_ERR_WOULD_SPLIT:
		return step->flags & FLAG_REFUSE;
	default:
		return false;
	}
}

/* The operation has ended as its contract says. */
static bool
judge_status(struct run *run, const struct act *act)
{
	const struct step *step = act->step;
	const char *name = s2pt_status_name(act->status);
	const struct model_violation *violation = model_violation(run->machine.model);
	bool may_fail = step->fail || step->flags & FLAG_CACHE || run->sequence->shape.page_limit;

	if (violation)
		return WRONG("%s: %s", violation->name, violation->text);
	if (act->status == S2PT_OK && act->done != step->count)
		return WRONG("ok, but done is %lu of %lu pages", act->done, step->count);
	if (act->status == S2PT_OK && act->want_status != S2PT_OK)
		return WRONG("ok, expected %s", s2pt_status_name(act->want_status));
	if (act->status == S2PT_ERR_EXISTS || act->status == S2PT_ERR_NOT_MAPPED) {
		if (act->want_status != act->status || act->done != act->want)
			return WRONG("%s after %lu pages, expected %s after %lu", name, act->done,
				     s2pt_status_name(act->want_status), act->want);
		return true;
	}
	if (!is_excused(act) || (act->status == S2PT_ERR_MEMORY && !may_fail))
		return WRONG("status %s after %lu pages", name, act->done);
	return true;
}

/* A group that is unfolded is young as a whole: what is young in the table may be so in the flat map. */
static void
adopt_young(struct run *run)
{
	for (unsigned long n = 0; n < run->pages; n++) {
		struct s2pt_found found;

		if (s2pt_table_lookup(&run->machine.table, ipa_of(run, n), &found) == S2PT_OK &&
		    found.desc.raw & 1u && found.desc.raw & MODEL_ATTR_AF)
			model_map_protect(run->map, ipa_of(run, n).addr, ipa_of(run, n + 1).addr - 1u, 0,
					  MODEL_ATTR_AF);
	}
}

/* Does the table say what the flat map says? */
static bool
agrees(struct run *run, uint64_t ignore, struct model_diff *diff)
{
	if (model_map_compare(run->machine.model, run->map, ignore, MODEL_COMPARE_NOTES, diff))
		return true;
	if (!run->machine.table.has_contiguous || !diff->in_table || !(diff->desc & MODEL_ATTR_AF))
		return false;
	adopt_young(run);
	return model_map_compare(run->machine.model, run->map, ignore, MODEL_COMPARE_NOTES, diff);
}

/* The machine's opinion, and the flat map's. */
bool
judge(struct run *run)
{
	const struct s2pt_table *table = &run->machine.table;
	const struct model_violation *violation = model_violation(run->machine.model);
	/* Contiguous and nT are the engine's to choose. With HA, hardware sets AF whenever it likes. */
	uint64_t ignore = MODEL_ATTR_CONT | MODEL_ATTR_NT |
			  (run->sequence->shape.haf ? MODEL_ATTR_AF : 0);
	struct model_diff diff;

	if (violation)
		return WRONG("%s: %s", violation->name, violation->text);
	if (!agrees(run, ignore, &diff))
		return WRONG("differs at IPA 0x%" PRIx64 ": table %s 0x%016" PRIx64 " level %d, map %s pa 0x%" PRIx64
			     " attr 0x%" PRIx64,
			     diff.ipa, diff.in_table ? "has" : "lacks", diff.desc,
			     diff.level, diff.in_map ? "has" : "lacks", diff.leaf.pa, diff.leaf.attr);
	if (model_live_tables(run->machine.model) != table->pages + 1)
		return WRONG("%u tables live, the table counts %" PRIu64 " and a root",
			     model_live_tables(run->machine.model), table->pages);
	if (!run->held && !run->over && model_count_notes(run->machine.model) != table->annotations)
		return WRONG("%" PRIu64 " annotations, the table counts %" PRIu64,
			     model_count_notes(run->machine.model), table->annotations);
	/* Hardware makes leaves dirty without a word to the links. */
	if (!model_links_true(run->machine.model, table->tracking_bit && !(table->format->feats & S2PT_FEAT_HAFDBS_DBM)
							  ? 1u | UINT64_C(1) << 7 | table->tracking_bit
							  : 0))
		return WRONG("a link says that a part is clean which is not");
	if (table->pages > table->page_limit)
		return WRONG("%" PRIu64 " tables, the limit is %" PRIu64, table->pages, table->page_limit);
	return true;
}

/* What a gather held back happens now. */
static bool
release(struct run *run, unsigned long page, unsigned long count, unsigned end)
{
	struct model *model = run->machine.model;
	enum s2pt_status status;

	model_op_begin(model, 0, ipa_of(run, page).addr, ipa_of(run, page + count).addr - 1u);
	status = s2pt_table_release(&run->machine.table);
	if (!machine_settle(&run->machine, status))
		return WRONG("release: %s, clean_data", s2pt_status_name(status));
	model_op_end(model, end | MODEL_END_VISIBLE);
	return true;
}

/* The bitmap of what lost the right to write says how many bits it has. */
static bool
check_told(struct run *run, const struct act *act)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < WINDOW / 64; i++)
		for (uint64_t bits = act->word[i]; bits; bits &= bits - 1)
			pages++;
	return pages == act->dirty.pages ||
	       WRONG("%" PRIu64 " pages are told, their count says %" PRIu64, pages, act->dirty.pages);
}

/* Writes that the table knew of are still there, or were told. */
static bool
settle_range(struct run *run, const struct act *act)
{
	const struct step *step = act->step;
	const bool may = step->what == UNMAP || step->what == MAP ||
			 (act->change.clear_w && (step->what == PROTECT || step->what == RETYPE));
	unsigned long n = 0;

	/* A cut block goes whole. */
	if (act->op.partial == S2PT_PARTIAL_ZAP)
		return settle_written(run, 0, run->pages, true, act->op.dirty);
	/* Nobody asked: all of it is lost. */
	for (; n < step->count && may && !act->op.dirty; n++)
		if (run->written[step->page + n])
			return settle_written(run, step->page, step->count, true, NULL);
	return settle_written(run, step->page, step->count, may, act->op.dirty);
}

static bool
do_range(struct run *run, const struct step *step)
{
	/* What a relax left on other CPUs, with fewer rights, may stay there. */
	unsigned end = MODEL_END_RELAX | (step->what == RELAX ? MODEL_END_LOCAL : 0);
	bool hold = step->flags & FLAG_HOLD && !run->held;
	unsigned long calls = 0;
	struct act act;

	if (!prepare(run, &act, step))
		return false;
	if (hold)
		s2pt_table_hold(&run->machine.table);
	do {
		if (!advance(run, &act, end))
			return false;
		if (++calls > 4 * step->count + 100)
			return WRONG("no progress under budget %u", step->budget);
	} while (goes_on(act.status));
	if (hold && !release(run, step->page, step->count, end))
		return false;
	model_fail_alloc(run->machine.model, 0, false);
	empty_cache(run, &act);
	follow(run, &act);
	return judge_status(run, &act) && judge(run) && check_told(run, &act) && settle_range(run, &act);
}

static bool
do_hold(struct run *run)
{
	s2pt_table_hold(&run->machine.table);
	run->held = true;
	return true;
}

static bool
do_release(struct run *run)
{
	run->held = false;
	return release(run, 0, run->pages, MODEL_END_RELAX) && judge(run);
}

/* --- Destroy ---------------------------------------------------------------------------------------- */

/* A table that is being destroyed takes no other operation. */
static bool
refuses(struct run *run, const struct step *like)
{
	struct step step = *like;
	struct act act;

	memset(&act, 0, sizeof(act));
	make_leaf(run, step.attr, &act.leaf);
	if (s2pt_mapping_init(&run->machine.format, &act.leaf, S2PT_MAPPING_RAM, &act.mapping) != S2PT_OK)
		return WRONG("mapping_init");
	for (step.what = 0; step.what < RANGE_WHATS; step.what++) {
		make_change(&step, run, &act.change);
		act.op.done = 1;
		act.status = call(run, &step, &act.op, 0, &act.mapping, &act.change);
		if (act.status != S2PT_ERR_DESTROYED || act.op.done)
			return WRONG("while it is destroyed, operation %u: %s", step.what,
				     s2pt_status_name(act.status));
	}
	return true;
}

/* Destroy within a small budget: nothing may be left. */
static bool
do_destroy(struct run *run, const struct step *step)
{
	struct model *model = run->machine.model;
	struct s2pt_op op = { .budget = step->budget };
	enum s2pt_status status;

	run->over = true;
	model_op_begin(model, 0, 0, UINT64_MAX);
	model_stop(model);
	do {
		status = s2pt_table_destroy(&run->machine.table, &op);
		if (!machine_settle(&run->machine, status))
			return WRONG("destroy: %s, clean_data", s2pt_status_name(status));
		if (status != S2PT_OK && !refuses(run, step))
			return false;
	} while (goes_on(status));
	if (status != S2PT_OK)
		return WRONG("destroy: %s", s2pt_status_name(status));
	model_check_leaks(model, 0);
	if (model_violation(model))
		return WRONG("destroy: %s: %s", model_violation(model)->name, model_violation(model)->text);
	return true;
}

/* --- Looking ---------------------------------------------------------------------------------------- */

/* A table's answers beside the flat map's. */
struct look {
	struct run *run;
	uint64_t at;    /* visit: no leaf below this is left to be shown */
	uint64_t pages; /* shown */
	bool wrong;
};

/* One leaf at @ipa, of @bytes: is every page of it in the flat map so? */
static bool
is_leaf_so(struct run *run, uint64_t ipa, uint64_t bytes, int level, s2pt_desc desc)
{
	const struct s2pt_format *format = &run->machine.format;
	uint64_t ignore = (run->sequence->shape.haf ? MODEL_ATTR_AF : 0) |
			  (run->sequence->shape.hd && desc.raw & tracking_bit_of(run) ? MODEL_ATTR_DIRTY : 0);
	struct model_leaf is;
	struct s2pt_leaf leaf;
	s2pt_pa pa;

	if (s2pt_desc_leaf_decode(format, level, desc, &pa, &leaf) != S2PT_OK)
		return WRONG("the leaf 0x%016" PRIx64 " at 0x%" PRIx64 " is none", desc.raw, ipa);
	leaf.contiguous = leaf.nt = false;
	for (uint64_t at = 0; at < bytes; at += bytes_of(run, 1))
		if (!model_map_get(run->map, ipa + at, &is) || is.note || is.pa != pa.addr + at ||
		    ((is.attr ^ attr_of(run, &leaf)) & ~ignore))
			return WRONG("shown at 0x%" PRIx64 ": a leaf 0x%016" PRIx64 " that should not be",
				     ipa + at, desc.raw);
	return true;
}

static bool
visitor(void *context, const struct s2pt_run *leaves)
{
	struct look *look = context;
	struct run *run = look->run;

	if (leaves->ipa.addr + leaves->bytes <= look->at || !leaves->count) {
		look->wrong = true;
		return WRONG("visit: out of order at 0x%" PRIx64, leaves->ipa.addr);
	}
	for (uint64_t n = 0; n < leaves->count; n++) {
		look->at = leaves->ipa.addr + n * leaves->bytes;
		look->pages += leaves->bytes / bytes_of(run, 1);
		look->wrong = !is_leaf_so(run, look->at, leaves->bytes, leaves->level, leaves->leaf[n]);
		if (look->wrong)
			return false;
	}
	look->at += leaves->bytes;
	return true;
}

/* Visit everything: each leaf is so, and none is missing. */
static bool
check_visit(struct run *run, uint64_t pages)
{
	struct look look = { .run = run };

	if (s2pt_table_visit(&run->machine.table, s2pt_ipa_of(0), UINT64_C(1) << run->machine.format.ipa_bits,
			     visitor, &look) != S2PT_OK)
		return WRONG("visit of everything is refused");
	if (look.wrong)
		return false;
	return look.pages == pages || WRONG("visit shows %" PRIu64 " pages of %" PRIu64, look.pages, pages);
}

static bool
check_stats(struct run *run, const uint64_t *bytes)
{
	const struct s2pt_table *table = &run->machine.table;
	struct s2pt_stats stats;
	uint64_t tables = 0, leaves = 0, total = 0;

	s2pt_table_stats(table, &stats);
	for (int level = table->format->start_level; level <= 3; level++) {
		tables += stats.tables[level + 1];
		leaves += stats.leaves[level + 1] << s2pt_format_level_lg2(table->format, level);
	}
	for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++) {
		total += stats.bytes[type];
		if (stats.bytes[type] != bytes[type])
			return WRONG("stats: %" PRIu64 " bytes of type %u, not %" PRIu64, stats.bytes[type],
				     type, bytes[type]);
	}
	if (leaves != total)
		return WRONG("stats: leaves of %" PRIu64 " bytes, types of %" PRIu64, leaves, total);
	/* A gather keeps unlinked tables, and counts what is in them, until its end. */
	if (tables > table->pages + 1 || (!run->held && tables != table->pages + 1))
		return WRONG("stats: %" PRIu64 " tables, not %" PRIu64, tables, table->pages + 1);
	return true;
}

/* Lookup and translate, at some pages of the step. */
static bool
check_lookup(struct run *run, const struct step *step)
{
	unsigned long stride = 1 + step->count / 16;

	for (unsigned long n = 0; n < step->count; n += stride) {
		s2pt_ipa ipa = ipa_of(run, step->page + n);
		struct model_leaf is;
		struct s2pt_found found;
		s2pt_pa pa;
		bool some = page_at(run, step->page + n, &is), there = some && !is.note;
		enum s2pt_status status = s2pt_table_translate(&run->machine.table, ipa, &pa);

		if (status != (there ? S2PT_OK : S2PT_ERR_NOT_MAPPED) || (there && pa.addr != is.pa))
			return WRONG("translate 0x%" PRIx64 ": %s", ipa.addr, s2pt_status_name(status));
		if (s2pt_table_lookup(&run->machine.table, ipa, &found) != S2PT_OK ||
		    ipa.addr - found.ipa.addr >= found.size)
			return WRONG("lookup 0x%" PRIx64 " finds 0x%" PRIx64, ipa.addr, found.ipa.addr);
		if (s2pt_annotation(found.desc) << 2 != (some && is.note ? is.attr : 0))
			return WRONG("lookup 0x%" PRIx64 ": annotation 0x%" PRIx64, ipa.addr,
				     s2pt_annotation(found.desc));
	}
	return true;
}

static bool
do_check(struct run *run, const struct step *step)
{
	uint64_t bytes[S2PT_MEMTYPE_COUNT] = { 0 }, pages = 0;
	struct model_leaf is;

	for (size_t i = 0; model_map_run(run->map, i, &is); i++) {
		struct s2pt_leaf leaf;
		s2pt_pa pa;

		if (is.note)
			continue;
		if (s2pt_desc_leaf_decode(&run->machine.format, 3, s2pt_desc_of(is.attr | 3), &pa, &leaf) !=
		    S2PT_OK)
			abort();
		bytes[leaf.type] += is.last - is.ipa + 1u;
		pages += (is.last - is.ipa + 1u) / bytes_of(run, 1);
	}
	return check_lookup(run, step) && check_visit(run, pages) && check_stats(run, bytes);
}

/* --- Accesses --------------------------------------------------------------------------------------- */

/* An answer that the table may give: a right or AF that came meanwhile need not be known everywhere. */
static bool
is_answer_so(const struct run *run, const struct model_access *access, const struct model_outcome *out)
{
	struct model_leaf is;
	bool there = model_map_get(run->map, access->ipa, &is) && !is.note;
	struct s2pt_leaf leaf;
	s2pt_pa pa;

	if (!there)
		return out->result == MODEL_TRANSLATION;
	if (s2pt_desc_leaf_decode(&run->machine.format, 3, s2pt_desc_of(is.attr | 3), &pa, &leaf) != S2PT_OK)
		abort();
	if (out->result == MODEL_ACCESS_FLAG)
		return !leaf.af;
	if (out->result != MODEL_OK)
		return out->result == MODEL_PERMISSION;
	return out->pa == is.pa &&
	       (access->kind == MODEL_READ    ? leaf.r
		: access->kind == MODEL_WRITE ? leaf.w || leaf.dbm
		: access->el                  ? leaf.x_el1
					      : leaf.x_el0);
}

static bool
do_access(struct run *run, const struct step *step)
{
	struct model_access access = { .kind = (enum model_kind)(step->attr % 3), .el = step->attr >> 2 & 1 };
	unsigned observers = run->sequence->shape.smmu ? 3 : 2, who = step->attr >> 3;
	unsigned long stride = 1 + step->count / 16;
	struct model_outcome out;

	access.combined = step->attr & 32;
	for (unsigned long n = 0; n < step->count; n += stride, who++) {
		access.ipa = access.va = ipa_of(run, step->page + n).addr;
		model_access(run->machine.model, who % observers, &access, &out);
		/* What a gather holds back may still answer. */
		if (!run->held && !is_answer_so(run, &access, &out))
			return WRONG("observer %u at IPA 0x%" PRIx64 ": result %d pa 0x%" PRIx64 " by 0x%016" PRIx64,
				     who % observers, access.ipa, (int)out.result, out.pa, out.desc);
		if (access.kind == MODEL_WRITE && out.result == MODEL_OK)
			note_written(run, step->page + n);
	}
	return judge(run);
}

/* --- A whole run ------------------------------------------------------------------------------------ */

bool
run_begin(struct run *run, const struct sequence *sequence)
{
	memset(run, 0, sizeof(*run));
	run->sequence = sequence;
	run->pages = 1;
	for (size_t i = 0; i < sequence->steps; i++)
		if (run->pages < sequence->step[i].page + sequence->step[i].count)
			run->pages = sequence->step[i].page + sequence->step[i].count;
	if (!machine_init(&run->machine, &sequence->shape))
		return WRONG("there is no such machine");
	run->map = model_map_new();
	return true;
}

bool
run_step(struct run *run, const struct step *step)
{
	if (run->over)
		return true;
	if (step->what != ACCESS && step->what != CHECK && step->what != DIRTY_COLLECT && step->what != DIRTY_CLEAR)
		memset(run->cleaned, 0, sizeof(run->cleaned));
	switch (step->what) {
	case HOLD:
		return do_hold(run);
	case RELEASE:
		return do_release(run);
	case ACCESS:
		return do_access(run, step);
	case CHECK:
		return do_check(run, step);
	case DESTROY:
		return do_destroy(run, step);
	default:
		return step->what >= SHARED_MAP ? do_shared(run, step) : do_range(run, step);
	}
}

bool
run_end(struct run *run)
{
	static const struct step destroy = { .what = DESTROY, .count = 1, .budget = 3 };

	return run->over || do_destroy(run, &destroy);
}

void
run_free(struct run *run)
{
	model_map_free(run->map);
	machine_free(&run->machine);
}
