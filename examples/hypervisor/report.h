/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* report.h: what has happened, and how it ended. */
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>

#include <s2pt/fault.h>

/* What is counted. The guest reads these by number (tests/hardware/linux/init). */
enum count {
	COUNT_FAULTS,
	COUNT_SPLITS,     /* blocks that became tables */
	COUNT_COLLAPSES,  /* ... and the other way round */
	COUNT_MIGRATIONS, /* pages that moved to another frame */
	COUNT_UNMAPPED,   /* pages */
	COUNT_AGED,       /* pages that were found to have been used */
	COUNT_LOGGED,     /* pages that a round of the dirty log looked at */
	COUNT_DIRTY,      /* ... and found written */
	COUNT_RELAXED,    /* rights that were given back */
	COUNT_IGNORED,    /* stores to read-only memory */
	COUNT_ABORTS,     /* the guest has been given */
	COUNT_COUNT,
};

/* Count. Any CPU. */
void report_add(enum count what, uint64_t n);
uint64_t report_count(uint64_t what);

/* A fault has come. Any CPU. */
void report_fault(const struct s2pt_fault *fault);

/* What the guest thinks of its own data: 0 if all is well. */
void report_verdict(uint64_t wrong);

/* The end: the guest has switched itself off, or something is wrong. QEMU's exit status is 0 or 1. */
_Noreturn void report_end(void);
_Noreturn void report_reset(void);
_Noreturn void report_error(const char *what, uint64_t where);

#endif
