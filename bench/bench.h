/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * bench.h: what the files of the benchmark share.
 *
 * A *machine* is tables, a host under them and the memory that they live in. A *workload* is one
 * thing that is done to a machine, whose cost is counted per leaf. A *yardstick* is a plain loop
 * over the same table memory, that does the least that hardware makes anybody do; a workload's
 * *ratio* is its time by its yardstick's.
 *
 * machine.c, workload.c, yardstick.c and the library are built without floating point, as a
 * hypervisor is.
 */
#ifndef S2PT_BENCH_H
#define S2PT_BENCH_H

#include <s2pt/shared.h>

/* The range that workloads are about. */
#define BENCH_IPA   (UINT64_C(1) << 30)
#define BENCH_PA    (UINT64_C(2) << 30)
#define BENCH_BYTES (UINT64_C(1) << 30)
#define BENCH_PAGE  UINT64_C(4096)
#define BENCH_BLOCK (UINT64_C(2) << 20)
#define BENCH_PAGES ((uint32_t)(BENCH_BYTES / BENCH_PAGE))

/* Tables, for workloads that are too short to be timed on one: all fit the first-level cache. */
#define BENCH_TABLES 4
#define BENCH_SPANS  1024
#define BENCH_POOL   (UINT64_C(16) << 20)

/* Entries in a row, what the first of them said, and by how much each next one said more. */
struct span {
	uint64_t *entry;
	uint64_t count;
	uint64_t raw;
	uint64_t step;
};

/* What a counting run saw. */
struct counts {
	uint64_t stores; /* to entries that walkers can reach */
	uint64_t tlbi[S2PT_TLBI_OP_COUNT];
	uint64_t requests;  /* calls of invalidate */
	uint64_t barriers;  /* of the TLBI sequences, and one for each publish */
	uint64_t callbacks; /* all but trace */
	uint64_t tables_allocated;
	uint64_t zeroed; /* bytes of tables, zero when they were linked */
};

/* The format, and with it what the engine has to do. */
enum mode {
	MODE_SOFTWARE, /* 4K pages, and all that an Armv8.4 CPU has; AF and dirty state are software's */
	MODE_HARDWARE, /* ... or hardware's */
	MODE_16K,
	MODE_64K,
	MODE_LPA2,     /* DS=1 */
	MODE_NO_FWB,   /* memory is cleaned before it is mapped */
	MODE_NO_RANGE, /* no FEAT_TLBIRANGE */
	MODES,
};

struct machine {
	struct s2pt_format formats[MODES];
	const struct s2pt_format *format; /* of the tables in use */
	struct s2pt_host_ops host;
	struct s2pt_mapping mapping;
	struct s2pt_mapping executable; /* ... as a guest's RAM is */
	struct s2pt_table table[BENCH_TABLES];
	uint32_t tables; /* in use */
	uint8_t *pool;
	uint64_t pool_used;
	struct s2pt_page retired[BENCH_POOL / BENCH_PAGE];
	size_t retired_count;
	struct counts counts;
	bool fresh[BENCH_POOL / BENCH_PAGE]; /* counting: tables not linked yet */
	uint32_t order[BENCH_PAGES];         /* of the pages that are faulted in or looked up */
	uint64_t pages[BENCH_PAGES / 64u];   /* bits: what collections reported */
	struct s2pt_segment *segments;       /* a list to be mapped */
	size_t segment_count;
	uint64_t sum;            /* what lookups found: nothing may be optimized away */
	enum s2pt_status status; /* the last refusal */
};

/* --- machine.c -------------------------------------------------------------------------------- */

/* A machine with a pool whose pages are all there. Answers NULL without memory. */
struct machine *machine_make(void);
void machine_free(struct machine *m);

/* Forget all tables, and begin with @tables empty ones. */
void machine_reset(struct machine *m, enum mode mode, uint32_t tables);

/* May table memory be written? A store that should not be is the end of the program. */
bool machine_protect(struct machine *m, bool writable);

/* From here on, count what the host is asked to do; or do no more than is needed. A table that was made
   while nothing was counted has its stores not counted. */
void machine_count(struct machine *m);
void machine_plain(struct machine *m);

/* Keep a status that is not S2PT_OK. */
static inline void
machine_note(struct machine *m, enum s2pt_status status)
{
	if (status != S2PT_OK)
		m->status = status;
}

/* Where the range's leaves are, from entry @from of each table on; returns how many spans. */
size_t machine_spans(struct machine *m, uint64_t from, struct span *span);

/* --- yardstick.c ------------------------------------------------------------------------------ */

enum yardstick {
	YARD_STORE64,   /* store a computed descriptor */
	YARD_RMW64,     /* load an entry, clear a bit, store it */
	YARD_ATOMICAND, /* clear a bit in an entry with one atomic instruction */
	YARD_CAS,       /* load an entry, and compare-and-swap it */
	YARD_WALKSTORE, /* load from three tables, store to the fourth */
	YARD_WALK,      /* load from four tables; the next address is what was found */
	YARD_WALK_FREE, /* load from four tables; the next address is known before */
	YARDSTICKS,
};

void yard_store64(const struct span *span, size_t spans);
void yard_rmw64(const struct span *span, size_t spans);
void yard_atomicand(const struct span *span, size_t spans);
void yard_cas(const struct span *span, size_t spans);
void yard_walkstore(struct machine *m);
void yard_walk(struct machine *m);
void yard_walk_free(struct machine *m);

/* --- workload.c ------------------------------------------------------------------------------- */

/* The yardstick runs over the table as the workload leaves it. */
#define AFTER 1u
/* A leaf may take a YARD_CAS besides: the ratio is of what is left. */
#define SWAPS 2u

struct workload {
	const char *name;
	enum yardstick yardstick;
	double ratio;         /* the most it may be; 0: it is only reported */
	double instructions;  /* the most A64 instructions that a leaf may take, built by gcc 12 */
	uint32_t leaves;      /* in a run */
	uint32_t yard_leaves; /* in a run of the yardstick */
	unsigned flags;
	uint32_t from; /* the yardstick is about each leaf table from this entry on */
	void (*prepare)(struct machine *m);
	void (*run)(struct machine *m);
};

extern const struct workload workloads[];
extern const size_t workload_count;

/* What is measured: all of it, and nothing else, is in this function. */
void bench_timed(const struct workload *workload, struct machine *m);

/* One untimed run that counts. */
void workload_counts(const struct workload *workload, struct machine *m, struct counts *counts);

#endif
