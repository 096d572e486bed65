/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* run.h: the steps of a sequence, one after the other, on the simulated machine. */
#ifndef S2PT_TESTS_RUN_H
#define S2PT_TESTS_RUN_H

#include "sequence.h"

struct run {
	const struct sequence *sequence;
	struct machine machine;
	struct model_map *map; /* what the table should say */
	unsigned long pages;   /* of the window, that steps are about */
	bool held;             /* a gather spans steps */
	bool over;             /* the table is destroyed */
	bool written[WINDOW];  /* logged pages that a guest wrote to, and that nobody knows of yet */
	bool cleaned[WINDOW];  /* under a hold: what the last collections made clean, and nothing has changed since */
	struct s2pt_cursor cursor;
	char why[400]; /* after a failure: what is wrong */
};

/* False, and run->why, where the machine of the sequence is impossible. */
bool run_begin(struct run *run, const struct sequence *sequence);
/* Do a step, and judge. False, and run->why, where something is wrong. */
bool run_step(struct run *run, const struct step *step);
/* Destroy the table unless a step did: nothing may be left. */
bool run_end(struct run *run);
void run_free(struct run *run);

#endif
