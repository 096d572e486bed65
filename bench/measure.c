/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Workload and yardstick by turns, so that what else the computer does disturbs both: a ratio is
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
run_yardstick(const struct workload *workload, struct machine *m, const struct span *span,
	      size_t spans)
{
	switch (workload->yardstick) {
	case YARD_STORE64:
		yard_store64(span, spans);
		break;
	case YARD_RMW64:
		yard_rmw64(span, spans);
		break;
	case YARD_WALKSTORE:
		yard_walkstore(m);
		break;
	case YARD_WALK:
		yard_walk(m);
		break;
	case YARD_WALK_FREE:
		yard_walk_free(m);
		break;
	}
}

static double
time_yardstick(const struct workload *workload, struct machine *m, bool cold,
	       double overhead)
{
	struct span span[BENCH_SPANS];
	size_t spans;
	struct begun begun;

	workload->prepare(m);
	if (workload->after)
		bench_timed(workload, m);
	spans = machine_spans(m, workload->from, span);
	if (cold)
		evict();
	begun = begin_time();
	run_yardstick(workload, m, span, spans);
	return end_time(&begun) - overhead;
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
	return end_time(&begun) - overhead;
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
		times->yard_ns[i] = time_yardstick(workload, m, cold, overhead) /
				    workload->yard_leaves;
		times->ns[i] = time_workload(workload, m, cold, overhead) / workload->leaves;
		times->ratio[i] = times->ns[i] / times->yard_ns[i];
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
	result->ratio = median(times.ratio, REPEAT_WARM);
	take_turns(workload, m, true, REPEAT_COLD, &times);
	result->ns_cold = median(times.ns, REPEAT_COLD);
	result->ratio_cold = median(times.ratio, REPEAT_COLD);
	return m->status == S2PT_OK;
}
