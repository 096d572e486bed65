/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * s2pt-bench-threads: two CPUs that fault 4 GiB each, page by page, in one table, against one that faults
 * 4 GiB; and beside it what the computer gives anybody: the same by bare compare-and-swaps in memory of
 * each CPU's own. All by turns, so that what else the computer does disturbs each.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <s2pt/shared.h>

#include "idle.h"

#define RUNS      31u
#define THREADS   2u
#define BYTES     (UINT64_C(4) << 30)
#define PAGE      UINT64_C(4096)
#define PAGES     (BYTES / PAGE)
#define POOL_PART (UINT64_C(16) << 20)
#define POOL      ((THREADS + 1u) * POOL_PART)
#define POOL_PA   (UINT64_C(1) << 40)
#define TARGET    1.8

struct worker;

/* What the CPUs do. Returns whether all went well. */
typedef bool (*work_fn)(const struct worker *worker);

struct worker {
	pthread_t id;
	work_fn work;
	unsigned number, count; /* this one, of so many */
	bool failed;
	double begun, ended; /* wall-clock time */
	double own;          /* CPU time */
};

/* What a run took: from the first beginning to the last end, and of CPU time, on average. */
struct times {
	double wall;
	double own;
};

static struct s2pt_table table;
static struct s2pt_mapping mapping;
static struct s2pt_format format;
static struct s2pt_host_ops host;
static uint8_t *pool;
static _Thread_local uint64_t part, part_used;
static unsigned arrived;

/* --- The host -------------------------------------------------------------------------------------- */

/* Each CPU has its part of the pool, as a host's CPUs have lists of free pages: they share no page. */
static bool
host_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	uint64_t at = part * POOL_PART + part_used;

	(void)context;
	(void)what;
	part_used += bytes;
	page->virt = pool + at;
	page->pa = s2pt_pa_of(POOL_PA + at);
	return part_used <= POOL_PART;
}

/* --- Faults ---------------------------------------------------------------------------------------- */

static double
now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool
fault_all(const struct worker *worker)
{
	struct s2pt_map_request request = { .invalidate_seq = s2pt_table_invalidate_seq(&table), .lg2 = 12 };
	const uint64_t first = worker->number * BYTES;
	struct s2pt_cursor cursor = { .entries = NULL };
	enum s2pt_status worst = S2PT_OK;

	for (uint64_t at = first; at < first + BYTES; at += PAGE) {
		enum s2pt_status status = s2pt_shared_map(&table, &cursor, &request, s2pt_ipa_of(at),
							  s2pt_pa_of(at), &mapping);

		if (status != S2PT_OK)
			worst = status;
	}
	return worst == S2PT_OK;
}

/* The yardstick: as many compare-and-swaps, each of another entry. */
static bool
swap_all(const struct worker *worker)
{
	uint64_t *entry = (uint64_t *)(void *)pool + worker->number * PAGES;
	bool all = true;

	for (uint64_t n = 0; n < PAGES; n++) {
		uint64_t before = 0;

		all &= __atomic_compare_exchange_n(&entry[n], &before, n + 1u, false, __ATOMIC_ACQ_REL,
						   __ATOMIC_RELAXED);
	}
	return all;
}

/* Begin together: who sleeps begins late. */
static void
meet(unsigned count)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < count)
		;
}

static void *
run(void *argument)
{
	struct worker *worker = argument;

	part = worker->number;
	meet(worker->count);
	worker->begun = now(CLOCK_MONOTONIC);
	worker->own = now(CLOCK_THREAD_CPUTIME_ID);
	worker->failed = !worker->work(worker);
	worker->own = now(CLOCK_THREAD_CPUTIME_ID) - worker->own;
	worker->ended = now(CLOCK_MONOTONIC);
	return NULL;
}

static void
die(const char *why)
{
	fprintf(stderr, "s2pt-bench-threads: %s\n", why);
	exit(1);
}

static void
clear(void)
{
	memset(pool, 0, POOL);
}

static void
make_table(void)
{
	static const struct s2pt_host_ops unplaced = {
		.size = sizeof(unplaced),
		.flags = S2PT_HOST_ZEROED,
		.alloc = host_alloc,
		.retire = idle_retire,
		.invalidate = idle_invalidate,
		.publish = idle_publish,
	};

	host = unplaced;
	/* The start table is nobody's. */
	part = THREADS;
	part_used = 0;
	host.virt_offset = (uintptr_t)pool - (uintptr_t)POOL_PA;
	if (s2pt_table_init(&table, &format, &host, 0) != S2PT_OK)
		die("no table");
}

static struct times
measure(work_fn work, unsigned count)
{
	struct worker worker[THREADS];
	struct times times = { .wall = 0 };
	double begun;

	arrived = 0;
	for (unsigned n = 0; n < count; n++) {
		worker[n] = (struct worker){ .work = work, .number = n, .count = count };
		if (pthread_create(&worker[n].id, NULL, run, &worker[n]))
			die("no thread");
	}
	for (unsigned n = 0; n < count; n++) {
		pthread_join(worker[n].id, NULL);
		if (worker[n].failed)
			die("a fault is refused");
		times.own += worker[n].own / count;
	}
	begun = worker[0].begun < worker[count - 1u].begun ? worker[0].begun : worker[count - 1u].begun;
	for (unsigned n = 0; n < count; n++)
		if (worker[n].ended - begun > times.wall)
			times.wall = worker[n].ended - begun;
	return times;
}

static struct times
faults(unsigned count)
{
	clear();
	make_table();
	return measure(fault_all, count);
}

static struct times
swaps(unsigned count)
{
	clear();
	return measure(swap_all, count);
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *values)
{
	qsort(values, RUNS, sizeof(*values), by_size);
	return values[RUNS / 2u];
}

static void
make_format(void)
{
	struct s2pt_features cpu = { .pa_bits = 48,
				     .granule_4k = true,
				     .feats = S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_TTST };
	struct s2pt_leaf leaf;
	struct s2pt_config config;

	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.feats = cpu.feats;
	config.ipa_bits = 39;
	memset(&leaf, 0, sizeof(leaf));
	leaf.type = S2PT_MEM_NORMAL_WB;
	leaf.sh = S2PT_SH_ISH;
	leaf.r = leaf.w = leaf.af = true;
	if (s2pt_format_init(&format, &cpu, &config) != S2PT_OK ||
	    s2pt_mapping_init(&format, &leaf, 0, &mapping) != S2PT_OK)
		die("no such format");
}

/* How many times as much two do as one, in the same time. */
static double
scale(const struct times *alone, const struct times *together)
{
	return THREADS * alone->wall / together->wall;
}

int
main(void)
{
	double one[RUNS], two[RUNS], fault[RUNS], swap[RUNS], of_possible[RUNS];

	pool = mmap(NULL, POOL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pool == MAP_FAILED)
		die("no memory");
	make_format();
	for (unsigned n = 0; n < RUNS; n++) {
		const struct times alone = faults(1), together = faults(THREADS);
		const struct times swaps_alone = swaps(1), swaps_together = swaps(THREADS);

		one[n] = alone.own / PAGES;
		two[n] = together.own / PAGES;
		fault[n] = scale(&alone, &together);
		swap[n] = scale(&swaps_alone, &swaps_together);
		of_possible[n] = fault[n] / swap[n];
	}
	printf("a fault, one CPU faulting   %5.1f ns\n", median(one));
	printf("a fault, two CPUs faulting  %5.1f ns\n", median(two));
	printf("two CPUs against one        %5.2f times the faults; at least %.1f when idle\n", median(fault), TARGET);
	printf("bare compare-and-swaps      %5.2f times as many, of which faults reach %.2f\n", median(swap),
	       median(of_possible));
	return 0;
}
