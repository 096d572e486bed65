/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Random operations on the engine, on the simulated machine: after each the table must say what a flat
 * map says, the operation must have kept its contract, and the machine must have nothing to object to.
 *
 *     property SEED COUNT STEPS     COUNT seeds from SEED on, STEPS operations each
 *     property --replay FILE        what a failure printed
 *
 * A failure is shrunk to a short list of operations, printed in a form that --replay takes.
 */
#include "sequence.h"

#include <stdlib.h>
#include <string.h>

static uint64_t state;

static uint64_t
next(void)
{
	state += UINT64_C(0x9e3779b97f4a7c15);

	uint64_t z = state;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned
below(unsigned n)
{
	return (unsigned)(next() % n);
}

static void
random_shape(struct machine_shape *shape)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };
	static const unsigned sizes[] = { 36, 40, 44, 48, 52 };

	memset(shape, 0, sizeof(*shape));
	shape->granule = granules[below(3)];
	shape->ds = shape->granule != S2PT_GRANULE_64K && below(2);
	shape->pa_bits = sizes[below(5)];
	shape->ipa_bits = 30 + below(23);
	if (shape->ipa_bits > shape->pa_bits)
		shape->ipa_bits = shape->pa_bits;
	shape->start_level = below(2) ? S2PT_START_LEVEL_AUTO : (int)below(5) - 1;
	shape->fwb = below(2);
	shape->xnx = below(2);
	shape->ttl = below(2);
	shape->ranges = below(2);
	shape->haf = below(4) == 0;
	shape->zeroed = below(2);
	shape->smmu = below(4) == 0;
	shape->bbm = below(3);
	shape->direct = !shape->haf && below(3) == 0;
}

static void
random_step(struct step *step)
{
	static const unsigned aligns[] = { 1, 1, 16, 512, 512, 2048, 8192 };
	unsigned long align = aligns[below(7)];

	memset(step, 0, sizeof(*step));
	step->what = below(4) == 0 ? MAP : below(RANGE_WHATS);
	step->page = next() % WINDOW / align * align;
	step->count = (1 + next() % (below(3) ? 2 * align : WINDOW)) / align * align;
	if (step->count == 0)
		step->count = align;
	if (step->count > WINDOW - step->page)
		step->count = WINDOW - step->page;
	step->pa_page = (next() % 4) * WINDOW + (below(4) ? step->page : next() % WINDOW);
	step->attr = below(64);
	step->budget = below(3) ? 0 : 1 + below(1500);
	step->batch = below(3) ? 0 : 1 + below(30);
	step->flags = below(64);
	if (step->flags & FLAG_HOLD && below(4))
		step->flags &= ~(unsigned)FLAG_HOLD;
	step->highest_level = (int)below(4);
	step->fail = below(12) ? 0 : 1 + below(5);
}
static int
replay(const char *path)
{
	static struct sequence sequence;
	FILE *in = fopen(path, "r");
	char why[400];

	if (!in || !sequence_read(&sequence, in)) {
		fprintf(stderr, "property: %s: not a sequence\n", path);
		return 2;
	}
	fclose(in);

	long failed = sequence_run(&sequence, why, sizeof(why));

	if (failed < 0)
		return 0;
	printf("%s failed at operation %ld: %s\n", path, failed, why);
	return 1;
}

int
main(int argc, char **argv)
{
	static struct sequence sequence;
	unsigned long seed, count, steps, ran = 0;

	if (argc == 3 && !strcmp(argv[1], "--replay"))
		return replay(argv[2]);
	if (argc != 4) {
		fprintf(stderr, "usage: property SEED COUNT STEPS | property --replay FILE\n");
		return 2;
	}
	seed = strtoul(argv[1], NULL, 0);
	count = strtoul(argv[2], NULL, 0);
	steps = strtoul(argv[3], NULL, 0);
	if (!count || !steps || steps > STEPS_MAX) {
		fprintf(stderr, "property: COUNT is above 0, STEPS 1 to %d\n", STEPS_MAX);
		return 2;
	}
	for (; count; count--, seed++) {
		struct machine probe;
		char what[40];

		state = seed;
		random_shape(&sequence.shape);
		if (!machine_init(&probe, &sequence.shape)) {
			machine_free(&probe);
			continue;
		}
		machine_free(&probe);
		sequence.base = (UINT64_C(1) << (sequence.shape.ipa_bits - sequence.shape.granule)) <= WINDOW
			? 0 : next() % ((UINT64_C(1) << (sequence.shape.ipa_bits - sequence.shape.granule)) / WINDOW) * WINDOW;
		if (!sequence.base && (UINT64_C(1) << (sequence.shape.ipa_bits - sequence.shape.granule)) < WINDOW)
			continue;
		sequence.steps = steps;
		for (size_t i = 0; i < steps; i++)
			random_step(&sequence.step[i]);
		snprintf(what, sizeof(what), "seed %lu", seed);
		if (sequence_fails(&sequence, what, stdout))
			return 1;
		ran++;
	}
	printf("%lu sequences of %lu operations\n", ran, steps);
	return ran == 0;
}
