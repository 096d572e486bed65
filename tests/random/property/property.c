/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Random operations on the engine, on the simulated machine: after each the table must say what a flat
 * map says, the operation must have kept its contract, and the machine must have nothing to object to.
 *
 *     property SEED COUNT STEPS     COUNT seeds from SEED on, STEPS operations each
 *     property --shared SEED COUNT STEPS  the same with faults, ageing and dirty logging
 *     property --shapes SEED STEPS  every combination of features
 *     property --replay FILE         what a failure printed
 *
 * A failure is shrunk to a short list of operations, printed in a form that --replay takes.
 */
#include "sequence.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The memory for tables, in tables: enough, but not for never using one again. */
enum {
	TABLES = 512,
};

/* --- Randomness ------------------------------------------------------------------------------------- */

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

static unsigned long
least(unsigned long a, unsigned long b)
{
	return a < b ? a : b;
}

/* What neither the format nor the judge of a combination depends on. */
static void
random_host(struct machine_shape *shape)
{
	shape->ttl = below(2);
	shape->haf = below(4) == 0;
	shape->zeroed = below(2);
	shape->smmu = below(4) == 0;
	shape->direct = below(3) == 0;
	shape->page_limit = below(8) ? 0 : 3 + below(20);
	shape->no_contiguous = below(4) == 0;
	shape->two_vmids = below(4) == 0;
	shape->clean_fails = below(4) == 0;
	shape->errata = below(3) ? 0 : 1u << below(3);
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
	shape->ranges = below(2);
	shape->bbm = below(3);
	random_host(shape);
}

/* Hardware updates: all or none, so that dirty state is told exactly where hardware does not set it. */
static void
random_updates(struct machine_shape *shape)
{
	shape->haf = shape->hd = below(2);
}

/* Where the window, the memory that it maps, and the tables lie. False if the IPAs are too few. */
static bool
random_places(struct sequence *sequence, unsigned long window)
{
	const unsigned pool_lg2 = 27; /* as large as it may be */
	struct machine_shape *shape = &sequence->shape;
	struct s2pt_features cpu;
	struct s2pt_format format;
	uint64_t pages;

	if (machine_format(shape, &cpu, &format) != S2PT_OK)
		return false;
	pages = UINT64_C(1) << (format.ipa_bits - format.granule_lg2);
	if (pages < window)
		return false;
	sequence->base = next() % (pages / window) * window;
	pages = UINT64_C(1) << (format.oa_bits - format.granule_lg2);
	sequence->pa_base = below(2) ? next() % (pages / (8 * WINDOW)) * 8 * WINDOW : 0;
	shape->pool_bytes = (size_t)TABLES << shape->granule;
	if (below(2))
		shape->pool_pa = (1 + next() % ((UINT64_C(1) << (format.oa_bits - pool_lg2)) - 1)) << pool_lg2;
	return true;
}

static void
random_range(struct step *step, unsigned long window)
{
	static const unsigned aligns[] = { 1, 1, 16, 512, 512, 2048, 8192 };
	unsigned long align = least(aligns[below(7)], window);

	step->page = next() % window / align * align;
	step->count = (1 + next() % (below(3) ? 2 * align : window)) / align * align;
	if (step->count == 0)
		step->count = align;
	step->count = least(step->count, window - step->page);
	/* One of four memories, that a move takes to another four. */
	step->pa_page = (next() % 4) * WINDOW + (below(4) ? step->page : next() % (WINDOW - step->count + 1));
}

static unsigned
random_what(void)
{
	static const unsigned others[] = { HOLD, RELEASE, RELEASE, ACCESS, ACCESS, CHECK };

	if (below(8) == 0)
		return others[below(6)];
	return below(4) == 0 ? MAP : below(RANGE_WHATS);
}

/* Sequences with live steps have a draw of their own: those of others stay what they are. */
static bool live;

static unsigned
random_shared_what(void)
{
	static const unsigned whats[] = {
		SHARED_MAP,
		SHARED_MAP,
		SHARED_RELAX,
		SHARED_MARK_DIRTY,
		SHARED_MARK_DIRTY,
		SHARED_SET_AF,
		AGE,
		DIRTY_START,
		DIRTY_START,
		DIRTY_STOP,
		DIRTY_COLLECT,
		DIRTY_COLLECT,
		DIRTY_CLEAR,
		ACCESS,
		ACCESS,
		ACCESS,
		ACCESS,
	};

	return below(5) ? whats[below(sizeof(whats) / sizeof(whats[0]))] : random_what();
}

static void
random_step(struct step *step, unsigned long window)
{
	memset(step, 0, sizeof(*step));
	step->what = live ? random_shared_what() : random_what();
	random_range(step, window);
	step->attr = below(64);
	step->budget = below(3) ? 0 : 1 + below(1500);
	step->batch = below(3) ? 0 : 1 + below(30);
	step->flags = below(16);
	step->flags |= below(8) ? 0 : FLAG_HOLD;
	step->flags |= below(8) ? 0 : FLAG_ACCESS;
	step->flags |= below(8) ? 0 : FLAG_CACHE;
	step->cap = (int)below(8);
	step->fail = below(12) ? 0 : 1 + below(5);
}

/* The last one looks at the whole once more, or destroys it. */
static void
random_steps(struct sequence *sequence, size_t steps, unsigned long window)
{
	struct step *last = &sequence->step[steps - 1];

	sequence->steps = steps;
	for (size_t i = 0; i < steps; i++)
		random_step(&sequence->step[i], window);
	last->what = below(2) ? CHECK : DESTROY;
	last->budget = 1 + below(40);
}

/* --- Every combination ------------------------------------------------------------------------------ */

/* What an engine may depend on, one dimension after the other. */
enum {
	GRANULE,
	ADDRESSES,
	FWB,
	XNX,
	ROOTS,
	BBM,
	RANGES,
	DIMENSIONS,
};

static const unsigned values[DIMENSIONS] = { 3, 3, 2, 2, 5, 3, 2 };
static const char *const address_names[] = { "48-bit", "LPA", "LPA2" };

/* A window of a few tables of pages. */
static unsigned long
small_window(enum s2pt_granule granule)
{
	return granule == S2PT_GRANULE_4K  ? 2048
	     : granule == S2PT_GRANULE_16K ? 4096
					   : 8192;
}

/*
 * One of the IPA sizes and start levels that make this many start tables, at random. Without any, what
 * the library says against the largest.
 */
static enum s2pt_status
choose_geometry(struct machine_shape *shape, unsigned roots)
{
	enum s2pt_status why = S2PT_ERR_START_TABLES;
	unsigned found = 0, ipa_bits = 0;
	int start_level = 0;

	for (shape->ipa_bits = shape->granule + 9; shape->ipa_bits <= shape->pa_bits; shape->ipa_bits++)
		for (shape->start_level = -1; shape->start_level <= 3; shape->start_level++) {
			struct s2pt_features cpu;
			struct s2pt_format format;
			enum s2pt_status status = machine_format(shape, &cpu, &format);

			if (status != S2PT_OK && !found)
				why = status;
			if (status != S2PT_OK || format.root_tables != roots ||
			    small_window(shape->granule) > UINT64_C(1) << (shape->ipa_bits - shape->granule) ||
			    below(++found))
				continue;
			ipa_bits = shape->ipa_bits;
			start_level = shape->start_level;
		}
	shape->ipa_bits = ipa_bits;
	shape->start_level = start_level;
	return found ? S2PT_OK : why;
}

static enum s2pt_status
choose_shape(struct machine_shape *shape, const unsigned *value)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };

	memset(shape, 0, sizeof(*shape));
	shape->granule = granules[value[GRANULE]];
	shape->pa_bits = value[ADDRESSES] ? 52 : 48;
	shape->ds = value[ADDRESSES] == 2;
	shape->fwb = value[FWB];
	shape->xnx = value[XNX];
	shape->bbm = value[BBM];
	shape->ranges = value[RANGES];
	random_host(shape);
	return choose_geometry(shape, 1u << value[ROOTS]);
}

/* Combination @n: its value in each dimension. */
static void
combination(unsigned n, unsigned *value)
{
	for (unsigned d = 0; d < DIMENSIONS; d++) {
		value[d] = n % values[d];
		n /= values[d];
	}
}

static void
name_combination(const unsigned *value, unsigned long seed, char *name, size_t size)
{
	snprintf(name, size, "seed %lu, %uK %s fwb %u xnx %u start tables %u bbm %u ranges %u", seed,
		 4u << 2 * value[GRANULE], address_names[value[ADDRESSES]], value[FWB], value[XNX],
		 1u << value[ROOTS], value[BBM], value[RANGES]);
}

/* One combination: false where the engine fails on it. */
static bool
run_combination(const unsigned *value, unsigned long seed, size_t steps)
{
	static struct sequence sequence;
	unsigned long window;
	char name[100];

	memset(&sequence, 0, sizeof(sequence));
	name_combination(value, seed, name, sizeof(name));
	if (choose_shape(&sequence.shape, value) != S2PT_OK) {
		printf("%s: cannot be made\n", name);
		return false;
	}
	window = small_window(sequence.shape.granule);
	if (!random_places(&sequence, window))
		abort();
	random_steps(&sequence, steps, window);
	return !sequence_fails(&sequence, name, stdout);
}

/* 64K has no DS bit: the library must say so, and there is nothing to run. */
static bool
is_refused(const unsigned *value)
{
	struct machine_shape shape;

	return choose_shape(&shape, value) == S2PT_ERR_DS_GRANULE;
}

static int
run_shapes(unsigned long seed, size_t steps)
{
	unsigned all = 1, ran = 0, refused = 0;

	for (unsigned d = 0; d < DIMENSIONS; d++)
		all *= values[d];
	for (unsigned n = 0; n < all; n++) {
		unsigned value[DIMENSIONS];

		state = seed * all + n;
		combination(n, value);
		if (value[GRANULE] == 2 && value[ADDRESSES] == 2) {
			if (!is_refused(value))
				return puts("64K with LPA2 was not refused"), 1;
			refused++;
		} else {
			if (!run_combination(value, seed, steps))
				return 1;
			ran++;
		}
	}
	printf("seed %lu: %u combinations of %u operations; %u refused: LPA2 has no 64K (S2PT_ERR_DS_GRANULE)\n", seed,
	       ran, (unsigned)steps, refused);
	return 0;
}

/* --- Seeds, and what a failure printed --------------------------------------------------------------- */

/* A sequence that failed is kept, for --replay and, once mended, for tests/mutation/broken/sequences. */
static void
keep(const struct sequence *sequence, unsigned long seed)
{
	char path[60];
	FILE *out;

	snprintf(path, sizeof(path), "failed-%lu%s", seed, live ? "-live" : "");
	out = fopen(path, "w");
	if (!out)
		return;
	sequence_print(sequence, out);
	fclose(out);
	printf("kept in %s: property --replay %s\n", path, path);
}

/* A random sequence whose machine can be made. */
static void
draw(struct sequence *sequence, unsigned long seed, size_t steps)
{
	state = seed;
	memset(sequence, 0, sizeof(*sequence));
	/* What cannot be made is drawn again. */
	do {
		random_shape(&sequence->shape);
		if (live)
			random_updates(&sequence->shape);
	} while (!random_places(sequence, WINDOW));
	random_steps(sequence, steps, WINDOW);
}

static int
run_seeds(unsigned long seed, unsigned long count, size_t steps)
{
	static struct sequence sequence;
	unsigned long ran = 0;

	for (; count; count--, seed++) {
		char name[40];

		draw(&sequence, seed, steps);
		snprintf(name, sizeof(name), "seed %lu", seed);
		if (sequence_fails(&sequence, name, stdout)) {
			keep(&sequence, seed);
			return 1;
		}
		ran++;
	}
	printf("%lu sequences of %lu operations, seeds up to %lu\n", ran, (unsigned long)steps, seed - 1);
	return 0;
}

#define WRITE_BY_CPU1 10u /* as do_access() reads an attribute */

/* --- Errata ----------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned errata;
	const char *violation; /* that it leads to where nothing is done about it, or any */
} errata[] = {
	{ "a DSB that ends early", MODEL_ERR_EARLY_DSB, "write-after-invalidation" },
	{ "a DSB that others do not hear", MODEL_ERR_DEAF_DSB, "write-after-invalidation" },
	{ "TLBIs by address that do not arrive", MODEL_ERR_BY_ADDRESS, "-invalidation" },
	{ "CnP that shares too much", MODEL_ERR_CNP, "stale" },
	{ "updates that hit what is gone", MODEL_ERR_HAFDBS, "" },
};

/* Every other operation is preceded by writes to what it is about. */
static void
write_before(struct sequence *sequence)
{
	for (size_t i = 0; i + 1 < sequence->steps; i += 2) {
		struct step *step = &sequence->step[i];

		*step = sequence->step[i + 1];
		step->what = ACCESS;
		step->attr = WRITE_BY_CPU1;
	}
}

/* Does the sequence fail with this violation? A machine that cannot be made is no answer. */
static bool
is_caught(struct sequence *sequence, const char *violation)
{
	char why[400];
	long failed = sequence_run(sequence, why, sizeof(why));

	if (failed == 0 && strstr(why, "no such machine"))
		abort();
	return failed >= 0 && strstr(why, violation);
}

/* Each erratum is seen where the host does nothing about it, and not where it does. */
static int
run_errata(unsigned long seed, unsigned long count, size_t steps)
{
	static struct sequence sequence;

	for (size_t i = 0; i < sizeof(errata) / sizeof(errata[0]); i++) {
		unsigned long caught = 0;

		for (unsigned long n = seed; n < seed + count; n++)
			for (unsigned uncured = 0; uncured < 2; uncured++) {
				char name[80];

				draw(&sequence, n, steps);
				write_before(&sequence);
				sequence.shape.errata = errata[i].errata;
				sequence.shape.uncured = uncured;
				if (errata[i].errata == MODEL_ERR_HAFDBS)
					sequence.shape.haf = uncured;
				sequence.shape.hd = sequence.shape.hd && sequence.shape.haf;
				snprintf(name, sizeof(name), "%s, seed %lu", errata[i].name, n);
				if (uncured)
					caught += is_caught(&sequence, errata[i].violation);
				else if (sequence_fails(&sequence, name, stdout))
					return keep(&sequence, n), 1;
			}
		printf("%s: %lu of %lu sequences catch it, and none where it is cured\n", errata[i].name, caught,
		       count);
		if (!caught)
			return 1;
	}
	return 0;
}

static int
replay(const char *path)
{
	static struct sequence sequence;
	FILE *in = fopen(path, "r");
	char why[400];
	unsigned wrong;
	long failed;

	if (!in) {
		fprintf(stderr, "property: there is no file '%s'\n", path);
		return 2;
	}
	wrong = sequence_read(&sequence, in);
	if (wrong) {
		fprintf(stderr, "property: %s:%u: not 'shape' (the first line) or an operation with name=value, as "
				"'map page=0 count=512'\n",
			path, wrong);
		return 2;
	}
	fclose(in);
	failed = sequence_run(&sequence, why, sizeof(why));
	if (failed < 0)
		return 0;
	printf("%s failed at operation %ld: %s\n", path, failed, why);
	return 1;
}

/* A whole argument that is a number from @least to @most. */
static bool
number(const char *text, unsigned long least_value, unsigned long most, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 0);
	return end != text && !*end && *value >= least_value && *value <= most;
}

int
main(int argc, char **argv)
{
	unsigned long seed, count, steps;
	bool shapes = argc > 1 && !strcmp(argv[1], "--shapes");

	live = argc > 1 && !strcmp(argv[1], "--shared");
	argc -= live;
	argv += live;

	if (argc == 3 && !strcmp(argv[1], "--replay"))
		return replay(argv[2]);
	if (shapes && argc == 4 && number(argv[2], 0, 1u << 30, &seed) && number(argv[3], 1, STEPS_MAX, &steps))
		return run_shapes(seed, steps);
	if (argc == 5 && !strcmp(argv[1], "--errata") && number(argv[2], 0, ULONG_MAX - 1000, &seed) &&
	    number(argv[3], 1, 1000, &count) && number(argv[4], 1, STEPS_MAX, &steps))
		return run_errata(seed, count, steps);
	if (argc == 4 && !shapes && number(argv[1], 0, ULONG_MAX, &seed) &&
	    number(argv[2], 1, ULONG_MAX, &count) && number(argv[3], 1, STEPS_MAX, &steps))
		return run_seeds(seed, count, steps);
	fprintf(stderr, "usage: property [--shared] SEED COUNT STEPS | property --shapes SEED STEPS | "
			"property [--shared] --errata SEED COUNT STEPS | "
			"property --replay FILE\nSTEPS is 1 to %d\n",
		STEPS_MAX);
	return 2;
}
