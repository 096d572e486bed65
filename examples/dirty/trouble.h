/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* trouble.h: what was wrong, counted by kind, so that a failing run says why it fails. Any CPU. */
#ifndef TROUBLE_H
#define TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

enum trouble {
	TROUBLE_MISSED, /* a page was written, and was not reported dirty */
	TROUBLE_UNSEEN, /* a page was used, and was not reported young */
	TROUBLE_LATE,   /* a frame was written after it had been taken away */
	TROUBLE_WRONG,  /* anything else: a fault or a status where none is due */
	TROUBLE_COUNT,
};

void trouble_begin(void);

/* @where, @what: for the first one of its kind. */
void trouble(enum trouble kind, uint64_t where, uint64_t what);

/* Print the counts, if there are any, and answer whether there are none. */
bool trouble_end(void);

#endif
