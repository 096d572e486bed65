/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Steps about tables that are used while they change: faults, ageing, dirty logging. */
#include <s2pt/tracking.h>

#include "parts.h"

#include <inttypes.h>
#include <string.h>

/* The software bit 58, where hardware does not manage dirty state. */
#define TRACKING_BIT_SW 8u

/* --- What the entries say ---------------------------------------------------------------------------- */

uint64_t
tracking_bit_of(const struct run *run)
{
	return run->sequence->shape.hd ? UINT64_C(1) << 51 : run->machine.table.tracking_bit;
}

bool
is_same_attr(const struct run *run, uint64_t a, uint64_t b)
{
	return !((a ^ b) & ~(MODEL_ATTR_AF | (a & b & tracking_bit_of(run) ? MODEL_ATTR_DIRTY : 0)));
}

/* The leaf or the group that maps a page, in bytes, and what any of it has of @want, all at once. */
struct whole {
	uint64_t ipa, last, raw;
	bool leaf, any;
};

static void
look(const struct run *run, uint64_t ipa, uint64_t want, struct whole *whole)
{
	const struct s2pt_format *format = &run->machine.format;
	struct s2pt_found found;
	uint64_t size;

	(void)(s2pt_table_lookup(&run->machine.table, s2pt_ipa_of(ipa), &found) == S2PT_OK);
	size = found.size;
	if (found.desc.raw & 1u && found.desc.raw & MODEL_ATTR_CONT)
		size <<= s2pt_format_contiguous_lg2(format, found.level);
	whole->raw = found.desc.raw;
	whole->leaf = found.desc.raw & 1u;
	whole->ipa = found.ipa.addr & ~(size - 1u);
	whole->last = whole->ipa + size - 1u;
	whole->any = false;
	for (uint64_t at = whole->ipa; whole->leaf && at < whole->last; at += found.size) {
		struct s2pt_found part;

		(void)(s2pt_table_lookup(&run->machine.table, s2pt_ipa_of(at), &part) == S2PT_OK);
		whole->any = whole->any || (part.desc.raw & want) == want;
	}
}

static uint64_t
dirty_bits(const struct run *run)
{
	return 1u | MODEL_ATTR_DIRTY | tracking_bit_of(run);
}

/* --- Writes of the guest ----------------------------------------------------------------------------- */

void
note_written(struct run *run, unsigned long page)
{
	struct model_leaf is;

	if ((!run->held || run->cleaned[page]) && page_at(run, page, &is) && !is.note && is.attr & tracking_bit_of(run))
		run->written[page] = true;
}

static bool
is_told(const struct run *run, const struct s2pt_bitmap *told, unsigned long page)
{
	const uint64_t n = (ipa_of(run, page).addr - told->base.addr) >> run->sequence->shape.granule;

	return told->word[n / 64] >> n % 64 & 1u;
}

bool
settle_written(struct run *run, unsigned long page, unsigned long count, bool may,
	       const struct s2pt_bitmap *told)
{
	for (unsigned long n = page; n < page + count; n++) {
		struct whole whole;

		if (!run->written[n])
			continue;
		look(run, ipa_of(run, n).addr, dirty_bits(run), &whole);
		if (whole.any)
			continue;
		if (!may || (told && !is_told(run, told, n)))
			return WRONG("a write to 0x%" PRIx64 " is lost", ipa_of(run, n).addr);
		run->written[n] = false;
	}
	return true;
}

/* --- Faults ------------------------------------------------------------------------------------------ */

static void
begin(struct run *run, uint64_t ipa, uint64_t last)
{
	model_op_begin(run->machine.model, run->machine.caller, ipa, last);
}

static void
end(struct run *run, unsigned flags)
{
	model_op_end(run->machine.model, flags | MODEL_END_RELAX | MODEL_END_VISIBLE |
						 (run->machine.table.held ? MODEL_END_GATHER : 0));
}

/* The flat map follows a change of the leaf that maps @ipa. */
static void
follow_leaf(struct run *run, uint64_t ipa, uint64_t clear, uint64_t set)
{
	struct s2pt_found found;

	(void)(s2pt_table_lookup(&run->machine.table, s2pt_ipa_of(ipa), &found) == S2PT_OK);
	model_map_protect(run->map, found.ipa.addr, found.ipa.addr + found.size - 1u, clear, set);
}

/* One leaf to be mapped: what should come of it? */
struct fault {
	uint64_t ipa, pa, size;
	struct s2pt_mapping mapping;
	struct s2pt_leaf leaf;
	struct s2pt_map_request request;
	bool same;
	bool over; /* something is mapped there */
	bool around;
	uint64_t before, after;
	bool fills[80]; /* which pages from @before on were empty */
};

static enum s2pt_status
expect_map(const struct run *run, struct fault *fault)
{
	struct s2pt_found found;
	struct model_leaf is;

	(void)(s2pt_table_lookup(&run->machine.table, s2pt_ipa_of(fault->ipa), &found) == S2PT_OK);
	if (run->held || found.size < fault->size)
		return S2PT_ERR_EXCLUSIVE;
	if (!(found.desc.raw & 1u))
		return S2PT_OK;
	fault->same = model_map_get(run->map, fault->ipa, &is) && is.pa == fault->pa &&
		      is_same_attr(run, is.attr, attr_of(run, &fault->leaf));
	if (fault->same)
		return S2PT_OK;
	if (!fault->request.replace)
		return S2PT_ERR_EXISTS;
	return found.size > fault->size || found.desc.raw & MODEL_ATTR_CONT ? S2PT_ERR_EXCLUSIVE : S2PT_OK;
}

/* What was replaced may have been dirty: the answer says so. */
static bool
settle_replaced(struct run *run, const struct fault *fault)
{
	const bool dirty = s2pt_table_is_dirty(&run->machine.table, fault->request.old);
	const uint64_t base = ipa_of(run, 0).addr;

	for (uint64_t at = fault->ipa; at < fault->ipa + fault->size; at += bytes_of(run, 1)) {
		uint64_t page = (at - base) >> run->sequence->shape.granule;

		if (at < base || page >= run->pages || !run->written[page])
			continue;
		if (!dirty)
			return WRONG("replaced at 0x%" PRIx64 ": a write is lost", at);
		run->written[page] = false;
	}
	return true;
}

static uint64_t
least64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Pages around the one of a fault, where the step has an odd budget: at most as far as there are addresses. */
static void
choose_around(const struct run *run, const struct step *step, struct fault *fault)
{
	const uint64_t ipas = UINT64_C(1) << run->machine.format.ipa_bits, page = bytes_of(run, 1);

	if (!(step->budget & 1u) || fault->size != page)
		return;
	fault->around = true;
	fault->before = least64(step->budget % 37u * page, least64(fault->ipa, fault->pa));
	fault->after = least64(step->budget / 37u * page, ipas - page - fault->ipa);
}

/* What is empty around it, in the same table, will be mapped. */
static void
expect_around(const struct run *run, struct fault *fault)
{
	const uint64_t page = bytes_of(run, 1);
	const struct s2pt_format *format = &run->machine.format;
	/* (Concatenated tables count as one.) */
	const uint64_t table = UINT64_C(1) << (format->start_level == 3 ? format->ipa_bits
									: (uint8_t)s2pt_format_level_lg2(format, 2));
	struct s2pt_found found;

	for (uint64_t at = fault->ipa - fault->before; at <= fault->ipa + fault->after; at += page)
		fault->fills[(at - (fault->ipa - fault->before)) / page] =
			at / table == fault->ipa / table && at != fault->ipa &&
			s2pt_table_lookup(&run->machine.table, s2pt_ipa_of(at), &found) == S2PT_OK && !found.desc.raw;
}

/* The flat map follows what became of the pages around it. */
static void
follow_around(struct run *run, const struct fault *fault)
{
	const uint64_t page = bytes_of(run, 1), first = fault->ipa - fault->before;
	struct s2pt_found found;

	/* Inside of a block there is nothing to be filled. */
	if (s2pt_table_lookup(&run->machine.table, s2pt_ipa_of(fault->ipa), &found) != S2PT_OK || found.size != page)
		return;
	for (uint64_t at = first; at <= fault->ipa + fault->after; at += page)
		if (fault->fills[(at - first) / page])
			model_map_set(run->map, at, at + page - 1u, fault->pa + (at - fault->ipa),
				      attr_of(run, &fault->leaf));
}

static bool
maps(const struct run *run, uint64_t ipa)
{
	s2pt_pa pa;

	return s2pt_table_translate(&run->machine.table, s2pt_ipa_of(ipa), &pa) == S2PT_OK;
}

static enum s2pt_status
call_map(struct run *run, struct fault *fault)
{
	const s2pt_ipa ipa = s2pt_ipa_of(fault->ipa);
	const s2pt_pa pa = s2pt_pa_of(fault->pa);

	if (!fault->around)
		return s2pt_shared_map(&run->machine.table, &run->cursor, &fault->request, ipa, pa, &fault->mapping);
	return s2pt_shared_map_around(&run->machine.table, &run->cursor, &fault->request, ipa, pa, &fault->mapping,
				      fault->before, fault->after);
}

static bool
shared_map(struct run *run, const struct step *step, unsigned long n)
{
	const int level = (step->cap & 3) == 2 && s2pt_format_has_block(&run->machine.format, 2) ? 2 : 3;
	const uint64_t size = UINT64_C(1) << s2pt_format_level_lg2(&run->machine.format, level);
	enum s2pt_status status, wanted;
	struct fault fault;

	memset(&fault, 0, sizeof(fault));
	fault.size = size;
	fault.ipa = ipa_of(run, step->page + n).addr & ~(size - 1u);
	fault.pa = pa_of(run, step->pa_page + n).addr & ~(size - 1u);
	fault.request.invalidate_seq = s2pt_table_invalidate_seq(&run->machine.table);
	fault.request.lg2 = (uint8_t)s2pt_format_level_lg2(&run->machine.format, level);
	fault.request.replace = step->flags & FLAG_REPLACE;
	fault.request.permission = step->flags & FLAG_DROP;
	make_leaf(run, step->attr, &fault.leaf);
	if (s2pt_mapping_init(&run->machine.format, &fault.leaf, S2PT_MAPPING_RAM, &fault.mapping) != S2PT_OK)
		return WRONG("mapping_init");
	choose_around(run, step, &fault);
	wanted = expect_map(run, &fault);
	fault.over = maps(run, fault.ipa);
	expect_around(run, &fault);
	begin(run, fault.ipa - fault.before, fault.ipa + size - 1u + fault.after);
	model_op_maps_ram(run->machine.model);
	status = call_map(run, &fault);
	if (!machine_settle(&run->machine, status))
		return WRONG("live map: %s, clean_data", s2pt_status_name(status));
	/* (The CPU forgets the page alone, and not what is around it.) */
	end(run, fault.request.permission && !run->held && !fault.around ? MODEL_END_LOCAL : 0);
	if (status == S2PT_ERR_CLEAN && wanted == S2PT_OK && (!fault.same || fault.around)) {
		/* With pages around it, it may have been mapped before theirs were to be cleaned. */
		if (!fault.around || fault.same || (fault.over ? !fault.request.old.raw : !maps(run, fault.ipa)))
			return true;
		memset(fault.fills, 0, sizeof(fault.fills));
		status = S2PT_OK;
	}
	if (status == S2PT_ERR_MEMORY && wanted == S2PT_OK && (step->fail || run->sequence->shape.page_limit))
		return true;
	if (status != wanted)
		return WRONG("live map at 0x%" PRIx64 ": %s, not %s", fault.ipa, s2pt_status_name(status),
			     s2pt_status_name(wanted));
	if (status != S2PT_OK)
		return true;
	if (fault.around)
		follow_around(run, &fault);
	if (fault.same) {
		follow_leaf(run, fault.ipa, 0, MODEL_ATTR_AF);
		return true;
	}
	model_map_set(run->map, fault.ipa, fault.ipa + size - 1u, fault.pa, attr_of(run, &fault.leaf));
	return settle_replaced(run, &fault);
}

/* Rights, dirty state, the access flag: of the leaf that maps a page. */
static bool
shared_change(struct run *run, const struct step *step, unsigned long n)
{
	struct s2pt_table *table = &run->machine.table;
	const struct s2pt_change change = { .set_r = true, .set_w = step->attr & 1 };
	const s2pt_ipa ipa = ipa_of(run, step->page + n);
	struct model_leaf is = { .attr = 0 };
	struct whole whole;
	enum s2pt_status status, wanted = S2PT_OK;
	uint64_t set = 0;

	look(run, ipa.addr, 1, &whole);
	model_map_get(run->map, ipa.addr, &is);
	begin(run, ipa.addr, ipa.addr + bytes_of(run, 1) - 1u);
	if (step->what == SHARED_RELAX) {
		status = s2pt_shared_relax(table, &run->cursor, ipa, &change);
		set = 64u | (step->attr & 1 ? MODEL_ATTR_DIRTY : 0);
	} else if (step->what == SHARED_MARK_DIRTY) {
		status = s2pt_shared_mark_dirty(table, &run->cursor, ipa,
						step->attr & 1 ? 0 : (uint8_t)run->sequence->shape.granule, NULL);
		set = is.attr & tracking_bit_of(run) ? MODEL_ATTR_DIRTY : 0;
	} else {
		status = s2pt_shared_set_af(table, &run->cursor, ipa);
		set = MODEL_ATTR_AF;
	}
	end(run, step->what == SHARED_SET_AF || run->held ? 0 : MODEL_END_LOCAL);
	if (run->held)
		wanted = S2PT_ERR_EXCLUSIVE;
	else if (!whole.leaf)
		wanted = S2PT_ERR_NOT_MAPPED;
	else if (step->what != SHARED_SET_AF && set & ~whole.raw && whole.raw & MODEL_ATTR_CONT)
		wanted = S2PT_ERR_EXCLUSIVE;
	else if (step->what == SHARED_MARK_DIRTY && !(whole.raw & MODEL_ATTR_DIRTY) && !set)
		wanted = S2PT_ERR_READ_ONLY;
	else if (step->what == SHARED_MARK_DIRTY && !(whole.raw & MODEL_ATTR_DIRTY) && !(step->attr & 1) &&
		 whole.last - whole.ipa >= bytes_of(run, 1))
		wanted = S2PT_ERR_EXCLUSIVE;
	if (status != wanted)
		return WRONG("live change %u at 0x%" PRIx64 ": %s, not %s", step->what, ipa.addr,
			     s2pt_status_name(status), s2pt_status_name(wanted));
	if (status == S2PT_OK)
		follow_leaf(run, ipa.addr, 0, set);
	return true;
}

static bool
do_faults(struct run *run, const struct step *step)
{
	unsigned long stride = 1 + step->count / 16;
	bool good = true;

	model_fail_alloc(run->machine.model, step->fail, false);
	run->machine.caller = step->batch & 1;
	for (unsigned long n = 0; n < step->count && good; n += stride)
		good = step->what == SHARED_MAP ? shared_map(run, step, n) : shared_change(run, step, n);
	run->machine.caller = 0;
	model_fail_alloc(run->machine.model, 0, false);
	return good && judge(run);
}

/* --- Collections ---------------------------------------------------------------------------------------- */

static uint64_t word[WINDOW / 64 + 1], wanted_word[WINDOW / 64 + 1], mask[WINDOW / 64 + 1];

/* What should be reported of pages from @page on, and what becomes of those that are cleared. */
static void
predict(struct run *run, const struct step *step, uint64_t want, uint64_t cleared, bool masked)
{
	const uint64_t first = ipa_of(run, step->page).addr;
	const uint64_t last = ipa_of(run, step->page + step->count).addr - 1u;
	struct whole whole = { .last = 0 };

	memset(wanted_word, 0, sizeof(wanted_word));
	for (unsigned long n = 0; n < step->count; n++) {
		uint64_t ipa = ipa_of(run, step->page + n).addr;
		bool named = true;

		if (!n || ipa > whole.last)
			look(run, ipa, want, &whole);
		if (!whole.leaf || !whole.any)
			continue;
		wanted_word[n / 64] |= UINT64_C(1) << n % 64;
		/* What the range cuts stays dirty, but not young. */
		if ((ipa != whole.ipa && (n || step->what != AGE)) ||
		    (step->what != AGE && (whole.ipa < first || whole.last > last)))
			continue;
		for (uint64_t at = whole.ipa; masked && at <= whole.last; at += bytes_of(run, 1)) {
			unsigned long bit = (unsigned long)((at - first) >> run->sequence->shape.granule);

			named = named && mask[bit / 64] >> bit % 64 & 1u;
		}
		/* Of a group those that have it all lose it: in the flat map, those that are so. */
		for (uint64_t at = whole.ipa; named && at <= whole.last; at += bytes_of(run, 1)) {
			struct model_leaf is;

			if (model_map_get(run->map, at, &is) &&
			    (is.attr & (want & ~UINT64_C(1))) == (want & ~UINT64_C(1)))
				model_map_protect(run->map, at, at + bytes_of(run, 1) - 1u, cleared, 0);
		}
	}
}

static enum s2pt_status
collect(struct run *run, const struct step *step, struct s2pt_op *op, struct s2pt_bitmap *bitmap,
	unsigned long done)
{
	struct s2pt_table *table = &run->machine.table;
	const s2pt_ipa ipa = ipa_of(run, step->page + done);
	const uint64_t size = bytes_of(run, step->count - done);
	const enum s2pt_age age = (enum s2pt_age)(step->attr % 3);

	switch (step->what) {
	case AGE:
		return step->attr & 32 && !run->held ? s2pt_shared_age(table, op, ipa, size, age, bitmap)
						     : s2pt_table_age(table, op, ipa, size, age, bitmap);
	case DIRTY_COLLECT:
		return s2pt_table_dirty_collect(table, op, ipa, size, bitmap,
						(step->attr & 1) ? S2PT_COLLECT_CLEAR : 0);
	default:
		return s2pt_table_dirty_clear(
			table, op, ipa, size,
			&(struct s2pt_bitmap){ .base = ipa_of(run, step->page),
					       .word = mask,
					       .size = (uint64_t)step->count << run->sequence->shape.granule });
	}
}

static bool
do_collect(struct run *run, const struct step *step)
{
	const bool age = step->what == AGE, masked = step->what == DIRTY_CLEAR;
	const bool clears = age ? step->attr % 3 : masked || step->attr & 1;
	const uint64_t want = age ? 1u | MODEL_ATTR_AF : dirty_bits(run);
	const uint64_t cleared = clears ? age ? MODEL_ATTR_AF
					      : MODEL_ATTR_DIRTY
					: 0;
	struct s2pt_bitmap bitmap = { .base = ipa_of(run, step->page),
				      .word = word,
				      .size = (uint64_t)step->count << run->sequence->shape.granule };
	struct s2pt_op op = { .budget = step->budget };
	enum s2pt_status status = S2PT_OK;
	unsigned long done = 0;
	uint64_t pages = 0;

	for (unsigned n = 0; n < WINDOW / 64; n++)
		mask[n] = n % 3 ? UINT64_MAX : UINT64_C(0x9e3779b97f4a7c15) * (step->attr + n);
	memset(word, 0, sizeof(word));
	if (age || tracking_bit_of(run))
		predict(run, step, want, cleared, masked);
	else
		memset(wanted_word, 0, sizeof(wanted_word));
	do {
		begin(run, ipa_of(run, step->page + done).addr, ipa_of(run, step->page + step->count).addr - 1u);
		status = collect(run, step, &op, &bitmap, done);
		end(run, 0);
		if (!op.done && status != S2PT_OK)
			return WRONG("collect: %s", s2pt_status_name(status));
		done += (unsigned long)(op.done >> run->sequence->shape.granule);
	} while (status == S2PT_ERR_BUDGET);
	if (status != S2PT_OK || done != step->count)
		return WRONG("collect: %s after %lu pages of %lu", s2pt_status_name(status), done, step->count);
	for (unsigned long n = 0; n < step->count && !masked; n++)
		if ((word[n / 64] ^ wanted_word[n / 64]) >> n % 64 & 1u)
			return WRONG("page %lu should%s be reported", step->page + n,
				     word[n / 64] >> n % 64 & 1u ? " not" : "");
	if (!age && !masked)
		for (unsigned long n = 0; n < step->count; n++)
			if (run->written[step->page + n] && !(word[n / 64] >> n % 64 & 1u))
				return WRONG("a write to page %lu is not reported", step->page + n);
	for (unsigned long n = 0; n < step->count && !masked; n++)
		pages -= word[n / 64] >> n % 64 & 1u;
	if (!masked && bitmap.pages + pages)
		return WRONG("%" PRIu64 " pages are reported more than there are bits", bitmap.pages + pages);
	for (unsigned long n = 0; n < step->count && run->held && !age; n++) {
		struct whole whole;

		look(run, ipa_of(run, step->page + n).addr, dirty_bits(run), &whole);
		if (wanted_word[n / 64] >> n % 64 & 1u && whole.leaf && !whole.any)
			run->cleaned[step->page + n] = true;
	}
	/* What is clean now may be copied. */
	return settle_written(run, step->page, step->count, !age, NULL) && judge(run);
}

/* --- Logging ----------------------------------------------------------------------------------------- */

static bool
starts_dirty(const struct step *step)
{
	return step->attr % 4 == 2;
}

static void
follow_logging(struct run *run, const struct step *step, unsigned long done)
{
	const uint64_t tracking_bit = run->sequence->shape.hd ? UINT64_C(1) << 51 : UINT64_C(1) << 58;
	const bool start = step->what == DIRTY_START;
	const uint64_t when = start ? MODEL_ATTR_DIRTY : tracking_bit;
	const uint64_t clear = start && starts_dirty(step) ? 0 : when;

	for (unsigned long n = step->page; n < step->page + done; n++) {
		struct model_leaf is;

		if (!page_at(run, n, &is) || is.note)
			continue;
		if (!start && is.attr & tracking_bit)
			run->written[n] = false;
		if (is.attr & when)
			model_map_protect(run->map, ipa_of(run, n).addr, ipa_of(run, n + 1).addr - 1u, clear,
					  when ^ tracking_bit ^ MODEL_ATTR_DIRTY);
	}
}

static bool
do_logging(struct run *run, const struct step *step)
{
	struct s2pt_table *table = &run->machine.table;
	struct s2pt_bitmap bitmap = { .base = ipa_of(run, step->page),
				      .word = word,
				      .size = (uint64_t)step->count << run->sequence->shape.granule };
	struct s2pt_op op = { .budget = step->budget, .batch = step->batch, .dirty = &bitmap };
	const uint32_t flags = starts_dirty(step) ? S2PT_START_DIRTY : 0;
	enum s2pt_status status;
	unsigned long done = 0, calls = 0;

	memset(word, 0, sizeof(word));
	do {
		const s2pt_ipa ipa = ipa_of(run, step->page + done);
		const uint64_t size = bytes_of(run, step->count - done);

		begin(run, ipa.addr, ipa.addr + size - 1u);
		if (step->what == DIRTY_START)
			status = s2pt_table_dirty_start(table, &op, ipa, size, TRACKING_BIT_SW, flags);
		else
			status = s2pt_table_dirty_stop(table, &op, ipa, size);
		if (!machine_settle(&run->machine, status))
			return WRONG("logging: %s, clean_data", s2pt_status_name(status));
		end(run, 0);
		done += (unsigned long)(op.done >> run->sequence->shape.granule);
		if (++calls > 4 * step->count + 100)
			return WRONG("no progress under budget %u", step->budget);
		if (status == S2PT_ERR_CLEAN && done == step->count)
			status = S2PT_OK;
	} while (status == S2PT_ERR_BUDGET || status == S2PT_ERR_CLEAN);
	if (status != S2PT_OK && (status != S2PT_ERR_MEMORY || !run->sequence->shape.page_limit))
		return WRONG("logging: %s", s2pt_status_name(status));
	if (!table->tracking_bit) /* a stop before any start */
		return judge(run);
	if (status == S2PT_OK)
		done = step->count;
	follow_logging(run, step, done);
	return settle_written(run, step->page, done, true, &bitmap) && judge(run);
}

bool
do_shared(struct run *run, const struct step *step)
{
	switch (step->what) {
	case AGE:
	case DIRTY_COLLECT:
	case DIRTY_CLEAR:
		return do_collect(run, step);
	case DIRTY_START:
	case DIRTY_STOP:
		return do_logging(run, step);
	default:
		return do_faults(run, step);
	}
}
