/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sequence.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const what_names[] = {
	"map", "unmap", "protect", "retype", "relax", "split", "collapse", "move", "annotate",
};

/* --- Doing ----------------------------------------------------------------------------------------- */

struct run {
	const struct sequence *sequence;
	struct machine machine;
	struct model_map *map;
	char why[400];
};

static uint64_t
bytes_of(const struct run *run, unsigned long pages)
{
	return (uint64_t)pages << run->sequence->shape.granule;
}

static s2pt_ipa
ipa_of(const struct run *run, unsigned long page)
{
	return s2pt_ipa_of(bytes_of(run, run->sequence->base + page));
}

static void
make_leaf(const struct run *run, unsigned attr, struct s2pt_leaf *leaf)
{
	static const enum s2pt_memtype types[] = {
		S2PT_MEM_NORMAL_WB, S2PT_MEM_DEVICE_nGnRE, S2PT_MEM_NORMAL_NC, S2PT_MEM_NORMAL_WB,
	};

	memset(leaf, 0, sizeof(*leaf));
	leaf->type = types[attr & 3];
	leaf->sh = run->machine.format.sh0;
	leaf->r = true;
	leaf->w = attr & 4;
	leaf->x_el1 = leaf->x_el0 = leaf->type == S2PT_MEM_NORMAL_WB && attr & 8;
	leaf->af = true;
	leaf->sw = attr & 16 ? 2 : 0;
}

static void
make_change(const struct step *step, const struct run *run, struct s2pt_change *change)
{
	memset(change, 0, sizeof(*change));
	switch (step->attr & 7) {
	case 0: case 1: change->clear_w = true; break;
	case 2: change->set_w = true; break;
	case 3: change->set_sw = 4; change->clear_sw = 2; break;
	case 4: change->clear_r = true; break;
	case 5: change->set_r = true; change->clear_x_el1 = change->clear_x_el0 = true; break;
	case 6: change->clear_af = true; break;
	default: change->set_af = true; change->set_w = true; break;
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

static uint64_t
apply_change(const struct s2pt_change *change, const struct run *run, uint64_t attr)
{
	const struct s2pt_format *format = &run->machine.format;
	struct s2pt_leaf leaf;
	s2pt_desc desc;
	s2pt_pa pa;

	if (s2pt_desc_leaf_decode(format, 3, s2pt_desc_of(attr | 3), &pa, &leaf) != S2PT_OK)
		abort();
	leaf.r = (leaf.r || change->set_r) && !change->clear_r;
	leaf.w = (leaf.w || change->set_w) && !change->clear_w;
	leaf.x_el1 = (leaf.x_el1 || change->set_x_el1) && !change->clear_x_el1;
	leaf.x_el0 = (leaf.x_el0 || change->set_x_el0) && !change->clear_x_el0;
	leaf.af = (leaf.af || change->set_af) && !change->clear_af;
	leaf.sw = (uint8_t)((leaf.sw | change->set_sw) & ~change->clear_sw);
	if (change->retype)
		leaf.type = change->type;
	leaf.exec_uncached = (leaf.x_el1 || leaf.x_el0) &&
			     (s2pt_memtype_is_device(leaf.type) || leaf.type == S2PT_MEM_NORMAL_NC);
	if (s2pt_desc_leaf(format, 3, s2pt_pa_of(0), &leaf, &desc) != S2PT_OK)
		abort();
	return model_leaf_attr(run->machine.model, desc.raw, 3);
}

/* What the flat map says of a page. */
static bool
page_at(const struct run *run, unsigned long page, struct model_leaf *leaf)
{
	return model_map_get(run->map, ipa_of(run, page).addr, leaf);
}

/* Where the expectation of an operation stops, in pages from its beginning, and the status there. */
static unsigned long
expect(struct run *run, const struct step *step, const struct s2pt_leaf *leaf,
       enum s2pt_status *status)
{
	struct model_leaf was;
	s2pt_desc desc;
	uint64_t attr = 0;

	*status = S2PT_OK;
	if (step->what == MAP && s2pt_desc_leaf(&run->machine.format, 3, s2pt_pa_of(0), leaf, &desc) ==
					 S2PT_OK)
		attr = model_leaf_attr(run->machine.model, desc.raw, 3);
	for (unsigned long n = 0; n < step->count; n++) {
		bool there = page_at(run, step->page + n, &was) && !was.note;

		if (step->what == MAP && there && !(step->flags & FLAG_REPLACE) &&
		    (was.pa != bytes_of(run, step->pa_page + n) ||
		     (was.attr & ~MODEL_ATTR_AF) != (attr & ~MODEL_ATTR_AF)))
			*status = S2PT_ERR_EXISTS;
		if (step->what == MOVE && !there)
			*status = S2PT_ERR_NOT_MAPPED;
		if (step->what == MOVE && there && was.pa != bytes_of(run, step->pa_page + n))
			*status = S2PT_ERR_EXISTS;
		if (step->what == ANNOTATE && there)
			*status = S2PT_ERR_EXISTS;
		if (*status != S2PT_OK)
			return n;
	}
	return step->count;
}

/* Bring the flat map to what @pages of the operation make of it. */
static void
follow(struct run *run, const struct step *step, unsigned long pages, const struct s2pt_leaf *leaf,
       const struct s2pt_change *change)
{
	uint64_t ipa = ipa_of(run, step->page).addr;
	uint64_t last = ipa + bytes_of(run, pages) - 1u;
	struct model_leaf was;
	s2pt_desc desc;

	if (!pages)
		return;
	switch (step->what) {
	case MAP:
		if (s2pt_desc_leaf(&run->machine.format, 3, s2pt_pa_of(0), leaf, &desc) != S2PT_OK)
			abort();
		model_map_set(run->map, ipa, last, bytes_of(run, step->pa_page),
			      model_leaf_attr(run->machine.model, desc.raw, 3));
		break;
	case UNMAP:
		for (unsigned long n = 0; n < pages; n++) {
			bool note = page_at(run, step->page + n, &was) && was.note;

			if (!note || step->flags & FLAG_DROP)
				model_map_clear(run->map, ipa_of(run, step->page + n).addr,
						ipa_of(run, step->page + n + 1).addr - 1u);
		}
		break;
	case PROTECT:
	case RETYPE:
	case RELAX:
		for (unsigned long n = 0; n < pages; n++)
			if (page_at(run, step->page + n, &was) && !was.note)
				model_map_set(run->map, ipa_of(run, step->page + n).addr,
					      ipa_of(run, step->page + n + 1).addr - 1u, was.pa,
					      apply_change(change, run, was.attr));
		break;
	case MOVE:
		for (unsigned long n = 0; n < pages; n++)
			if (page_at(run, step->page + n, &was))
				model_map_set(run->map, ipa_of(run, step->page + n).addr,
					      ipa_of(run, step->page + n + 1).addr - 1u,
					      was.pa ^ bytes_of(run, WINDOW * 4), was.attr);
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

static enum s2pt_status
call(struct run *run, const struct step *step, struct s2pt_op *op, unsigned long done,
     const struct s2pt_mapping *mapping, const struct s2pt_change *change)
{
	struct s2pt_table *table = &run->machine.table;
	s2pt_ipa ipa = ipa_of(run, step->page + done);
	uint64_t size = bytes_of(run, step->count - done);
	s2pt_pa pa = s2pt_pa_of(bytes_of(run, step->pa_page + done));

	switch (step->what) {
	case MAP:
		return s2pt_table_map(table, op, ipa, size, pa, mapping);
	case UNMAP:
		return s2pt_table_unmap(table, op, ipa, size);
	case PROTECT:
	case RETYPE:
		return s2pt_table_protect(table, op, ipa, size, change);
	case RELAX:
		return s2pt_table_relax(table, op, ipa, size, change);
	case SPLIT:
		return s2pt_table_split(table, op, ipa, size, 3 - (int)(step->attr & 1));
	case COLLAPSE:
		return s2pt_table_collapse(table, op, ipa, size);
	case MOVE:
		return s2pt_table_move(table, op, ipa, size, pa,
				       s2pt_pa_of(pa.addr ^ bytes_of(run, WINDOW * 4)), NULL, NULL);
	default:
		return s2pt_table_annotate(table, op, ipa, size, step->attr);
	}
}

#define WRONG(...) (snprintf(run->why, sizeof(run->why), __VA_ARGS__), false)

/* The machine's opinion, and the flat map's. */
static bool
judge(struct run *run)
{
	const struct model_violation *violation = model_violation(run->machine.model);
	struct model_diff diff;

	if (violation)
		return WRONG("%s: %s", violation->name, violation->text);
	/* With HA, hardware sets AF whenever it likes. */
	if (!model_map_compare(run->machine.model, run->map,
			       run->sequence->shape.haf ? MODEL_ATTR_AF : 0, MODEL_COMPARE_NOTES, &diff))
		return WRONG("differs at IPA 0x%" PRIx64 ": table %s 0x%016" PRIx64 " level %d, map %s pa 0x%" PRIx64
			     " attr 0x%" PRIx64, diff.ipa, diff.in_table ? "has" : "lacks", diff.desc,
			     diff.level, diff.in_map ? "has" : "lacks", diff.leaf.pa, diff.leaf.attr);
	if (model_live_tables(run->machine.model) != run->machine.table.pages + 1)
		return WRONG("%u tables live, the table counts %" PRIu64 " and a root",
			     model_live_tables(run->machine.model), run->machine.table.pages);
	return true;
}

/* A partial-block choice other than SPLIT changes what is expected in ways the flat map does not know. */
static enum s2pt_partial
partial_of(const struct step *step)
{
	return step->flags & FLAG_REFUSE ? S2PT_PARTIAL_REFUSE : S2PT_PARTIAL_SPLIT;
}

static bool
do_step(struct run *run, const struct step *step)
{
	struct s2pt_op op = {
		.budget = step->budget, .batch = step->batch, .partial = partial_of(step),
		.replace = step->flags & FLAG_REPLACE, .drop_annotations = step->flags & FLAG_DROP,
		.highest_level = (int8_t)step->highest_level,
	};
	struct s2pt_mapping mapping = { 0, false, false };
	struct model *model = run->machine.model;
	enum s2pt_status status, want_status;
	unsigned long done = 0, want, calls = 0;
	struct s2pt_change change;
	struct s2pt_leaf leaf;
	/* What a relax left on other CPUs, with fewer rights, may stay there. */
	unsigned end = MODEL_END_RELAX | (step->what == RELAX ? MODEL_END_LOCAL : 0);

	make_leaf(run, step->attr, &leaf);
	make_change(step, run, &change);
	if (s2pt_mapping_init(&run->machine.format, &leaf, true, &mapping) != S2PT_OK)
		return WRONG("mapping_init");
	want = expect(run, step, &leaf, &want_status);
	if (step->flags & FLAG_ACCESS)
		model_prime(model, ipa_of(run, 0).addr, ipa_of(run, WINDOW).addr - 1u);
	model_fail_alloc(model, step->fail, false);
	if (step->flags & FLAG_HOLD)
		s2pt_table_hold(&run->machine.table);
	do {
		unsigned long before = done;

		model_op_begin(model, 0, ipa_of(run, step->page + done).addr,
			       ipa_of(run, step->page + step->count).addr - 1u);
		status = call(run, step, &op, done, &mapping, &change);
		model_op_end(model, end | (step->flags & FLAG_HOLD ? MODEL_END_GATHER : 0) |
					    MODEL_END_VISIBLE);
		if (op.done & (bytes_of(run, 1) - 1u))
			return WRONG("done 0x%" PRIx64 " is not a multiple of the granule", op.done);
		done = before + (unsigned long)(op.done >> run->sequence->shape.granule);
		if (done > step->count)
			return WRONG("done is beyond the range");
		if (++calls > 4 * step->count + 100)
			return WRONG("no progress under budget %u", step->budget);
	} while (status == S2PT_ERR_BUDGET);
	if (step->flags & FLAG_HOLD) {
		s2pt_table_release(&run->machine.table);
		model_op_begin(model, 0, ipa_of(run, 0).addr, ipa_of(run, WINDOW).addr - 1u);
		model_op_end(model, end);
	}
	model_fail_alloc(model, 0, false);
	follow(run, step, done, &leaf, &change);
	if (status == S2PT_OK && done != step->count)
		return WRONG("ok, but done is %lu of %lu pages", done, step->count);
	if (status == S2PT_OK && want_status != S2PT_OK)
		return WRONG("ok, expected %s", s2pt_status_name(want_status));
	if (status == S2PT_ERR_EXISTS || status == S2PT_ERR_NOT_MAPPED) {
		if (want_status != status || done != want)
			return WRONG("%s after %lu pages, expected %s after %lu", s2pt_status_name(status),
				     done, s2pt_status_name(want_status), want);
	} else if (status != S2PT_OK && status != S2PT_ERR_LEVEL &&
		   !(status == S2PT_ERR_MEMORY && step->fail) && status != S2PT_ERR_OA_ALIGN &&
		   !(status == S2PT_ERR_WOULD_SPLIT && step->flags & FLAG_REFUSE)) {
		return WRONG("status %s after %lu pages", s2pt_status_name(status), done);
	}
	return judge(run);
}

/* Destroy, within a small budget: nothing may be left. */
static bool
do_end(struct run *run)
{
	struct s2pt_op op = { .budget = 3 };
	enum s2pt_status status;

	model_op_begin(run->machine.model, 0, 0, UINT64_MAX);
	model_stop(run->machine.model);
	do
		status = s2pt_table_destroy(&run->machine.table, &op);
	while (status == S2PT_ERR_BUDGET);
	if (status != S2PT_OK)
		return WRONG("destroy: %s", s2pt_status_name(status));
	model_check_leaks(run->machine.model, 0);
	if (model_violation(run->machine.model))
		return WRONG("destroy: %s: %s", model_violation(run->machine.model)->name,
			     model_violation(run->machine.model)->text);
	return true;
}

/* The index of the step that failed, the number of steps if the end did, or -1. */
long
sequence_run(const struct sequence *sequence, char *why, size_t size)
{
	struct run run = { .sequence = sequence };
	long failed = -1;

	if (!machine_init(&run.machine, &sequence->shape))
		return -1;
	run.map = model_map_new();
	for (size_t i = 0; i < sequence->steps && failed < 0; i++)
		if (!do_step(&run, &sequence->step[i]))
			failed = (long)i;
	if (failed < 0 && !do_end(&run))
		failed = (long)sequence->steps;
	if (failed >= 0)
		snprintf(why, size, "%s", run.why);
	model_map_free(run.map);
	machine_free(&run.machine);
	return failed;
}

/* --- Printing, reading, shrinking ------------------------------------------------------------------- */

void
sequence_print(const struct sequence *sequence, FILE *out)
{
	const struct machine_shape *s = &sequence->shape;

	fprintf(out, "shape %d %u %u %d %d %d %d %d %d %d %d %d %u %d %lu\n", (int)s->granule, s->ipa_bits,
		s->pa_bits, s->start_level, s->ds, s->fwb, s->xnx, s->ttl, s->ranges, s->haf, s->zeroed,
		s->smmu, s->bbm, s->direct, sequence->base);
	for (size_t i = 0; i < sequence->steps; i++) {
		const struct step *t = &sequence->step[i];

		fprintf(out, "%s page %lu count %lu pa %lu attr %u budget %u batch %u flags %u highest %d fail %u\n",
			what_names[t->what], t->page, t->count, t->pa_page, t->attr, t->budget, t->batch,
			t->flags, t->highest_level, t->fail);
	}
}

bool
sequence_read(struct sequence *sequence, FILE *in)
{
	struct machine_shape *s = &sequence->shape;
	int granule, ds, fwb, xnx, ttl, ranges, haf, zeroed, smmu, direct;
	char name[16];

	memset(sequence, 0, sizeof(*sequence));
	if (fscanf(in, " shape %d %u %u %d %d %d %d %d %d %d %d %d %u %d %lu", &granule, &s->ipa_bits,
		   &s->pa_bits, &s->start_level, &ds, &fwb, &xnx, &ttl, &ranges, &haf, &zeroed, &smmu,
		   &s->bbm, &direct, &sequence->base) != 15)
		return false;
	s->granule = (enum s2pt_granule)granule;
	s->ds = ds, s->fwb = fwb, s->xnx = xnx, s->ttl = ttl, s->ranges = ranges;
	s->haf = haf, s->zeroed = zeroed, s->smmu = smmu, s->direct = direct;
	while (sequence->steps < STEPS_MAX) {
		struct step *t = &sequence->step[sequence->steps];

		if (fscanf(in, " %15s page %lu count %lu pa %lu attr %u budget %u batch %u flags %u highest %d fail %u",
			   name, &t->page, &t->count, &t->pa_page, &t->attr, &t->budget, &t->batch,
			   &t->flags, &t->highest_level, &t->fail) != 10)
			return true;
		for (t->what = 0; t->what < WHATS && strcmp(name, what_names[t->what]); t->what++)
			;
		if (t->what == WHATS)
			return false;
		sequence->steps++;
	}
	return true;
}

static void
without(const struct sequence *from, size_t first, size_t count, struct sequence *to)
{
	*to = *from;
	memmove(&to->step[first], &to->step[first + count],
		(from->steps - first - count) * sizeof(from->step[0]));
	to->steps -= count;
}

static void
shrink(struct sequence *sequence)
{
	static struct sequence trial;
	char why[400];

	for (size_t chunk = sequence->steps / 2; chunk; chunk /= 2)
		for (size_t at = 0; at + chunk <= sequence->steps;) {
			without(sequence, at, chunk, &trial);
			if (sequence_run(&trial, why, sizeof(why)) >= 0)
				*sequence = trial;
			else
				at += chunk;
		}
}
bool
sequence_fails(struct sequence *sequence, const char *name, FILE *out)
{
	char why[400] = "";
	long failed = sequence_run(sequence, why, sizeof(why));

	if (failed < 0)
		return false;
	if ((size_t)failed < sequence->steps)
		sequence->steps = (size_t)failed + 1;
	shrink(sequence);
	failed = sequence_run(sequence, why, sizeof(why));
	fprintf(out, "%s failed at operation %ld: %s\nreplay:\n", name, failed, why);
	sequence_print(sequence, out);
	return true;
}
