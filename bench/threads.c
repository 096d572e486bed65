/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * s2pt-bench-threads: two CPUs that fault 1 GiB each, page by page, in one table, against one that faults
 * 1 GiB. By turns, so that what else the computer does disturbs both.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <s2pt/live.h>

#define RUNS    31u
#define THREADS 2u
#define BYTES   (UINT64_C(1) << 30)
#define PAGE    UINT64_C(4096)
#define POOL    (UINT64_C(8) << 20)
#define POOL_PA (UINT64_C(1) << 40)
#define TARGET  1.8

struct worker {
	pthread_t id;
	unsigned number;
	enum s2pt_status status;
	double begun, ended;  /* wall-clock time */
	double own;           /* CPU time */
};

/* What a run took: from the first beginning to the last end, and of CPU time, on average. */
struct times {
	double wall;
	double own;
};

static struct s2pt_table table;
static struct s2pt_mapping mapping;
static struct s2pt_format format;
static struct s2pt_port port;
static uint8_t *pool;
static uint64_t pool_used;
static pthread_barrier_t barrier;

/* --- The port -------------------------------------------------------------------------------------- */

static bool
port_alloc(void *context, size_t bytes, struct s2pt_page *page)
{
	uint64_t at = __atomic_fetch_add(&pool_used, bytes, __ATOMIC_RELAXED);

	(void)context;
	page->virt = pool + at;
	page->pa = s2pt_pa_of(POOL_PA + at);
	return at + bytes <= POOL;
}

static void
port_retire(void *context, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)bytes;
	(void)pages;
	(void)count;
}

static void
port_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	(void)requests;
	(void)count;
}

static void
port_publish(void *context)
{
	(void)context;
}

/* --- Faults ---------------------------------------------------------------------------------------- */

static double
now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *
fault_all(void *argument)
{
	struct worker *worker = argument;
	struct s2pt_answer answer = { .sequence = s2pt_table_sequence(&table), .lg2 = 12 };
	const uint64_t first = worker->number * BYTES;
	struct s2pt_cursor cursor = { .entries = NULL };

	worker->status = S2PT_OK;
	pthread_barrier_wait(&barrier);
	worker->begun = now(CLOCK_MONOTONIC);
	worker->own = now(CLOCK_THREAD_CPUTIME_ID);
	for (uint64_t at = first; at < first + BYTES; at += PAGE) {
		enum s2pt_status status = s2pt_live_map(&table, &cursor, &answer, s2pt_ipa_of(at),
							s2pt_pa_of(at), &mapping);

		if (status != S2PT_OK)
			worker->status = status;
	}
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

/* All forget what they did. */
static void
begin(unsigned count)
{
	static const struct s2pt_port unplaced = {
		.size = sizeof(unplaced), .flags = S2PT_PORT_ZEROED,
		.alloc = port_alloc, .retire = port_retire, .invalidate = port_invalidate,
		.publish = port_publish,
	};

	port = unplaced;
	port.virt_offset = (uintptr_t)pool - (uintptr_t)POOL_PA;
	memset(pool, 0, POOL);
	pool_used = 0;
	if (s2pt_table_init(&table, &format, &port, 0) != S2PT_OK ||
	    pthread_barrier_init(&barrier, NULL, count))
		die("no table");
}

static struct times
measure(unsigned count)
{
	struct worker worker[THREADS];
	struct times times = { .wall = 0 };
	double begun;

	begin(count);
	for (unsigned n = 0; n < count; n++) {
		worker[n].number = n;
		if (pthread_create(&worker[n].id, NULL, fault_all, &worker[n]))
			die("no thread");
	}
	for (unsigned n = 0; n < count; n++) {
		pthread_join(worker[n].id, NULL);
		if (worker[n].status != S2PT_OK)
			die("a fault is refused");
		times.own += worker[n].own / count;
	}
	begun = worker[0].begun < worker[count - 1u].begun ? worker[0].begun : worker[count - 1u].begun;
	for (unsigned n = 0; n < count; n++)
		if (worker[n].ended - begun > times.wall)
			times.wall = worker[n].ended - begun;
	pthread_barrier_destroy(&barrier);
	return times;
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
	struct s2pt_features cpu = { .pa_bits = 48, .granule_4k = true,
				     .feats = S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_TTST };
	struct s2pt_leaf leaf;
	struct s2pt_wish wish;

	s2pt_wish_init(&wish, S2PT_GRANULE_4K, &cpu);
	wish.feats = cpu.feats;
	wish.ipa_bits = 39;
	memset(&leaf, 0, sizeof(leaf));
	leaf.type = S2PT_MEM_NORMAL_WB;
	leaf.sh = S2PT_SH_ISH;
	leaf.r = leaf.w = leaf.af = true;
	if (s2pt_format_init(&format, &cpu, &wish) != S2PT_OK ||
	    s2pt_mapping_init(&format, &leaf, false, &mapping) != S2PT_OK)
		die("no such format");
}

int
main(void)
{
	double one[RUNS], two[RUNS], wall[RUNS], own[RUNS];
	const double pages = (double)(BYTES / PAGE);

	pool = mmap(NULL, POOL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pool == MAP_FAILED)
		die("no memory");
	make_format();
	for (unsigned n = 0; n < RUNS; n++) {
		const struct times alone = measure(1), together = measure(THREADS);

		one[n] = alone.own / pages;
		two[n] = together.own / pages;
		wall[n] = THREADS * alone.wall / together.wall;
		own[n] = THREADS * alone.own / together.own;
	}
	printf("a fault, one CPU faulting   %5.1f ns\n", median(one));
	printf("a fault, two CPUs faulting  %5.1f ns\n", median(two));
	printf("two CPUs against one        %5.2f by the wall clock, %.2f by CPU time; at least %.1f when idle\n",
	       median(wall), median(own), TARGET);
	return 0;
}
