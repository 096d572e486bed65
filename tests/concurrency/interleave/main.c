/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * interleave [SCENARIO...]   explores the quick scenarios, or those named
 * interleave --seconds       those that take seconds each
 * interleave --minutes       ... and minutes
 * interleave --seeded        demands that each seeded fault is caught
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "scenarios.h"

static const struct scenario *
find(const char *name)
{
	for (size_t n = 0; n < scenario_count; n++)
		if (!strcmp(scenarios[n].name, name))
			return &scenarios[n];
	return NULL;
}

static void
explore_scenario(const struct scenario *scenario, struct exploration *result)
{
	world_enter(scenario);
	explore(world_cpus(), 0, result);
}

static bool
run_scenario(const struct scenario *scenario)
{
	struct exploration result;

	explore_scenario(scenario, &result);
	printf("%-26s %u CPUs %9" PRIu64 " interleavings %9" PRIu64 " cut %10" PRIu64 " steps\n",
	       scenario->name, world_cpus(), result.runs, result.cut, result.steps);
	if (world_failure()) {
		printf("FAILED %s: %s: %s\n", scenario->name, world_failure(), world_failure_text());
		world_print();
	}
	world_leave();
	fflush(stdout);
	return !world_failure();
}

static int
run_all(enum cost cost)
{
	unsigned failures = 0;

	for (size_t n = 0; n < scenario_count; n++)
		if (scenarios[n].cost == cost)
			failures += !run_scenario(&scenarios[n]);
	return failures != 0;
}

/* Is @name one of those in @list, which spaces part? */
static bool
is_among(const char *name, const char *list)
{
	const size_t length = strlen(name);

	for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

static bool
is_caught(const struct seeded *s)
{
	const struct scenario *scenario = find(s->scenario);
	struct exploration result;
	bool caught;

	if (!scenario) {
		printf("FAIL %s: no scenario %s\n", s->name, s->scenario);
		return false;
	}
	seed = s->seed;
	explore_scenario(scenario, &result);
	caught = world_failure() && is_among(world_failure(), s->caught);
	printf("%s %s: %s after %" PRIu64 " interleavings of %s\n", caught ? "ok  " : "FAIL", s->name,
	       world_failure() ? world_failure() : "nothing", result.runs + result.cut, scenario->name);
	if (world_failure() && !caught)
		printf("     %s\n", world_failure_text());
	world_leave();
	seed = SEED_NONE;
	fflush(stdout);
	return caught;
}

static int
run_seeded(void)
{
	unsigned caught = 0;
	bool used[SEED_COUNT] = { true };

	for (size_t n = 0; n < seeded_count; n++) {
		caught += is_caught(&seeded[n]);
		used[seeded[n].seed] = true;
	}
	for (unsigned n = 0; n < SEED_COUNT; n++)
		if (!used[n]) {
			printf("FAIL seed %u is never tried\n", n);
			return 1;
		}
	printf("%u of %zu seeded faults were caught\n", caught, seeded_count);
	return caught != seeded_count;
}

int
main(int argc, char **argv)
{
	int failures = 0;

	/* A machine is made for every interleaving: its memory stays the process's. */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	if (argc == 1)
		return run_all(COST_LITTLE);
	if (!strcmp(argv[1], "--seconds"))
		return run_all(COST_SECONDS);
	if (!strcmp(argv[1], "--minutes"))
		return run_all(COST_MINUTES);
	if (!strcmp(argv[1], "--seeded"))
		return run_seeded();
	for (int n = 1; n < argc; n++) {
		if (!find(argv[n])) {
			fprintf(stderr, "interleave: no scenario '%s'\n", argv[n]);
			return 2;
		}
		failures += !run_scenario(find(argv[n]));
	}
	return failures != 0;
}
