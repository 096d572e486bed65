/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* log.h: the log of a whole migration, again and again, while the guest's CPUs run. */
#ifndef LOG_H
#define LOG_H

#include <stdint.h>

struct log_counts {
	uint64_t rounds;
	uint64_t dirty;   /* pages that were reported, and copied */
	uint64_t changed; /* ... that were not the same as their copies: the guest has written them */
	uint64_t young;   /* pages that were reported */
	uint64_t used;    /* ... that a guest has used for sure since they were last asked about */
	uint64_t moved;   /* pages that were unmapped, and came back elsewhere */
};

/* Log, stop, and log again. The guest's CPUs wait before and after. */
struct log_counts log_run(void);

#endif
