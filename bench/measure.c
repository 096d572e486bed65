/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Workload and yardsticks by turns, so that what else the computer does disturbs all: a ratio is
 * the median of those of neighbours.
 */
#include "measure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVICT_BYTES ((size_t)64 << 20)
#define LINE        64u

struct times {
	double ns[REPEAT_WARM];
	double yard_ns[REPEAT_WARM];
	double swap_ns[REPEAT_WARM];
	double ratio[REPEAT_WARM];
};

static double
clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* A time that has begun. The thread's own clock leaves out what others run, but is slow. */
struct begun {
	double wall;
	double own;
};

static struct begun
begin_time(void)
{
	struct begun begun;

	begun.own = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	begun.wall = clock_ns(CLOCK_MONOTONIC);
	return begun;
}

static double
end_time(const struct begun *begun)
{
	double wall = clock_ns(CLOCK_MONOTONIC) - begun->wall;
	double own = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begun->own;

	return own < wall ? own : wall;
}

/* Read more than the caches of a core hold. */
static void
evict(void)
{
	static volatile unsigned char *buffer;

	if (!buffer) {
		buffer = malloc(EVICT_BYTES);
		if (!buffer)
			abort();
		for (size_t i = 0; i < EVICT_BYTES; i += LINE)
			buffer[i] = 1;
	}
	for (size_t i = 0; i < EVICT_BYTES; i += LINE)
		(void)buffer[i];
}

static void
run_yardstick(enum yardstick yardstick, struct machine *m, const struct span *span, size_t spans)
{
	static void (*const over_spans[YARDSTICKS])(const struct span *, size_t) = {
		[YARD_STORE64] = yard_store64,
		[YARD_RMW64] = yard_rmw64,
		[YARD_ATOMICAND] = yard_atomicand,
		[YARD_CAS] = yard_cas,
	};
	static void (*const from_root[YARDSTICKS])(struct machine *) = {
		[YARD_WALKSTORE] = yard_walkstore,
		[YARD_WALK] = yard_walk,
		[YARD_WALK_FREE] = yard_walk_free,
	};

	if (over_spans[yardstick])
		over_spans[yardstick](span, spans);
	else
		from_root[yardstick](m);
}

/* What a leaf costs. */
static double
time_yardstick(enum yardstick yardstick, const struct workload *workload, struct machine *m, bool cold,
	       double overhead)
{
	struct span span[BENCH_SPANS];
	size_t spans;
	struct begun begun;

	workload->prepare(m);
	if (workload->flags & AFTER)
		bench_timed(workload, m);
	spans = machine_spans(m, workload->from, span);
	if (cold)
		evict();
	begun = begin_time();
	run_yardstick(yardstick, m, span, spans);
	return (end_time(&begun) - overhead) / workload->yard_leaves;
}

static double
time_workload(const struct workload *workload, struct machine *m, bool cold,
	      double overhead)
{
	struct begun begun;

	workload->prepare(m);
	if (cold)
		evict();
	begun = begin_time();
	bench_timed(workload, m);
	return (end_time(&begun) - overhead) / workload->leaves;
}

static int
compare(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

/* What it costs to look at the clocks. */
static double
time_nothing(void)
{
	double ns[REPEAT_WARM];

	for (size_t i = 0; i < REPEAT_WARM; i++) {
		struct begun begun = begin_time();

		ns[i] = end_time(&begun);
	}
	return median(ns, REPEAT_WARM);
}

static void
take_turns(const struct workload *workload, struct machine *m, bool cold, size_t count,
	   struct times *times)
{
	double overhead = time_nothing();

	for (size_t i = 0; i < count; i++) {
		times->yard_ns[i] = time_yardstick(workload->yardstick, workload, m, cold, overhead);
		times->swap_ns[i] =
			!(workload->flags & SWAPS) ? 0 : time_yardstick(YARD_CAS, workload, m, cold, overhead);
		times->ns[i] = time_workload(workload, m, cold, overhead);
		times->ratio[i] = (times->ns[i] - times->swap_ns[i]) / times->yard_ns[i];
	}
}

bool
measure(const struct workload *workload, struct machine *m, struct result *result)
{
	struct times times;

	m->status = S2PT_OK;
	workload_counts(workload, m, &result->counts);
	take_turns(workload, m, false, REPEAT_WARM, &times);
	result->ns = median(times.ns, REPEAT_WARM);
	result->yard_ns = median(times.yard_ns, REPEAT_WARM);
	result->swap_ns = median(times.swap_ns, REPEAT_WARM);
	result->ratio = median(times.ratio, REPEAT_WARM);
	take_turns(workload, m, true, REPEAT_COLD, &times);
	result->ns_cold = median(times.ns, REPEAT_COLD);
	result->ratio_cold = median(times.ratio, REPEAT_COLD);
	return m->status == S2PT_OK;
}
