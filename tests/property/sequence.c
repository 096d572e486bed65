/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

long
sequence_run(const struct sequence *sequence, char *why, size_t size)
{
	struct run run;
	long failed = run_begin(&run, sequence) ? -1 : 0;

	for (size_t i = 0; i < sequence->steps && failed < 0; i++)
		if (!run_step(&run, &sequence->step[i]))
			failed = (long)i;
	if (failed < 0 && !run_end(&run))
		failed = (long)sequence->steps;
	if (failed >= 0)
		snprintf(why, size, "%s", run.why);
	run_free(&run);
	return failed;
}

/* --- Text ------------------------------------------------------------------------------------------- */

static const char *const what_names[] = {
	"map", "unmap", "protect", "retype", "relax", "split", "collapse", "move", "annotate",
	"hold", "release", "access", "check", "destroy", "shared-map", "shared-relax", "shared-mark-dirty", "shared-set-af",
	"age", "dirty-start", "dirty-stop", "dirty-collect", "dirty-clear",
};

/* Hardware updates: 0 none, 1 of AF, 2 of dirty state, too. */
void
sequence_print(const struct sequence *sequence, FILE *out)
{
	const struct machine_shape *s = &sequence->shape;

	fprintf(out, "shape %d %u %u %d %d %d %d %d %d %d %d %d %u %d %lu\n", (int)s->granule, s->ipa_bits,
		s->pa_bits, s->start_level, s->ds, s->fwb, s->xnx, s->ttl, s->ranges, s->haf + s->hd, s->zeroed,
		s->smmu, s->bbm, s->direct, sequence->base);
	if (sequence->pa_base || s->pool_pa || s->pool_bytes || s->page_limit)
		fprintf(out, "memory %lu pool 0x%" PRIx64 " %lu limit %u\n", sequence->pa_base, s->pool_pa,
			(unsigned long)s->pool_bytes, s->page_limit);
	for (size_t i = 0; i < sequence->steps; i++) {
		const struct step *t = &sequence->step[i];

		fprintf(out, "%s page %lu count %lu pa %lu attr %u budget %u batch %u flags %u cap %d fail %u\n",
			what_names[t->what], t->page, t->count, t->pa_page, t->attr, t->budget, t->batch,
			t->flags, t->cap, t->fail);
	}
}

static bool
read_shape(struct sequence *sequence, const char *line)
{
	struct machine_shape *s = &sequence->shape;
	int granule, ds, fwb, xnx, ttl, ranges, haf, zeroed, smmu, direct;

	if (sscanf(line, "shape %d %u %u %d %d %d %d %d %d %d %d %d %u %d %lu", &granule, &s->ipa_bits,
		   &s->pa_bits, &s->start_level, &ds, &fwb, &xnx, &ttl, &ranges, &haf, &zeroed, &smmu,
		   &s->bbm, &direct, &sequence->base) != 15)
		return false;
	s->granule = (enum s2pt_granule)granule;
	s->ds = ds, s->fwb = fwb, s->xnx = xnx, s->ttl = ttl, s->ranges = ranges;
	s->haf = haf, s->hd = haf > 1, s->zeroed = zeroed, s->smmu = smmu, s->direct = direct;
	return true;
}

static bool
read_memory(struct sequence *sequence, const char *line)
{
	struct machine_shape *s = &sequence->shape;
	unsigned long bytes;

	if (sscanf(line, "memory %lu pool %" SCNx64 " %lu limit %u", &sequence->pa_base, &s->pool_pa, &bytes,
		   &s->page_limit) != 4)
		return false;
	s->pool_bytes = bytes;
	return true;
}

static bool
read_step(struct step *t, const char *line)
{
	char name[24];

	if (sscanf(line, "%23s page %lu count %lu pa %lu attr %u budget %u batch %u flags %u cap %d fail %u",
		   name, &t->page, &t->count, &t->pa_page, &t->attr, &t->budget, &t->batch, &t->flags,
		   &t->cap, &t->fail) != 10)
		return false;
	for (t->what = 0; t->what < WHATS && strcmp(name, what_names[t->what]); t->what++)
		;
	return t->what < WHATS;
}

bool
sequence_read(struct sequence *sequence, FILE *in)
{
	char line[200];

	memset(sequence, 0, sizeof(*sequence));
	if (!fgets(line, sizeof(line), in) || !read_shape(sequence, line))
		return false;
	while (fgets(line, sizeof(line), in)) {
		if (!sequence->steps && read_memory(sequence, line))
			continue;
		if (sequence->steps == STEPS_MAX || !read_step(&sequence->step[sequence->steps], line))
			return false;
		sequence->steps++;
	}
	return true;
}

/* --- Shrinking -------------------------------------------------------------------------------------- */

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
