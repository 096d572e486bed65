/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* sequence.h: operations on a table on the simulated machine, judged after each; shrinking; as text. */
#ifndef S2PT_TESTS_SEQUENCE_H
#define S2PT_TESTS_SEQUENCE_H

#include "machine.h"

enum what {
	MAP,
	UNMAP,
	PROTECT,
	RETYPE,
	RELAX,
	SPLIT,
	COLLAPSE,
	MOVE,
	ANNOTATE,
	RANGE_WHATS,        /* those above are range operations of the engine */
	HOLD = RANGE_WHATS, /* from here to RELEASE, one gather */
	RELEASE,
	ACCESS,  /* guests and devices use the range; attr: how */
	CHECK,   /* lookup, visit and stats say what the flat map says */
	DESTROY, /* the last step: under its budget, refusing all else meanwhile */
	SHARED_MAP,
	SHARED_RELAX,
	SHARED_MARK_DIRTY,
	SHARED_SET_AF, /* faults at some pages of the range */
	AGE,
	DIRTY_START,
	DIRTY_STOP,
	DIRTY_COLLECT,
	DIRTY_CLEAR,
	WHATS
};

/* One operation, in pages of the granule, small enough to print. */
struct step {
	unsigned what;
	unsigned long page, count; /* of the window */
	unsigned long pa_page;
	unsigned attr; /* which attributes, change, value, level */
	unsigned budget, batch;
	unsigned flags; /* FLAG_* */
	int cap;        /* no leaves above this level, 0: no cap; CAP_GROUPS: but their groups */
	unsigned fail;  /* this allocation fails; 0: none */
};

enum {
	FLAG_REPLACE = 1,
	FLAG_DROP = 2,
	FLAG_ZAP = 4,     /* unmap: blocks that the range cuts go whole */
	FLAG_REFUSE = 8,  /* blocks that the range cuts are left alone */
	FLAG_HOLD = 16,   /* a gather around this step */
	FLAG_ACCESS = 32, /* before it, all observers read the whole window */
	FLAG_CACHE = 64,  /* memory comes from a cache of as many pages as s2pt_table_pages_needed() says */
};

enum {
	CAP_LEVEL = 3,
	CAP_GROUPS = 4,
};

#define WINDOW    8192ul /* pages that operations are about, at most */
#define STEPS_MAX 400

struct sequence {
	struct machine_shape shape;
	unsigned long base;    /* the window's first page */
	unsigned long pa_base; /* the first page of the memory that is mapped: a multiple of 8 * WINDOW */
	struct step step[STEPS_MAX];
	size_t steps;
};

/* The index of the step that failed, the number of steps if the end did, or -1; @why of @size bytes. */
long sequence_run(const struct sequence *sequence, char *why, size_t size);

/* Run; on a failure shrink @sequence, print it with what is wrong, and answer with true. */
bool sequence_fails(struct sequence *sequence, const char *name, FILE *out);

/*
 * The text of a sequence: a line of the machine's shape, then one for each step, each a word and name=value for what is
 * not 0. Reading answers with the number of the line that is not so, or 0.
 */
void sequence_print(const struct sequence *sequence, FILE *out);
unsigned sequence_read(struct sequence *sequence, FILE *in);

#endif
