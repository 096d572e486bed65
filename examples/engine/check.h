/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* check.h: what was wrong, counted by kind, so that a failing run says why it fails. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

enum trouble {
	TROUBLE_STALE_DATA,   /* the guest reached memory that is not its own any more */
	TROUBLE_STALE_ACCESS, /* the guest did what the table forbids */
	TROUBLE_FAULT,        /* a fault where none is due, or not as it should be */
	TROUBLE_STATUS,       /* the engine answered what it should not */
	TROUBLE_LEAK,         /* table memory lost, freed twice, or never asked for */
	TROUBLE_COUNT,
};

/* Start counting for a scenario. */
void check_begin(const char *layout, const char *scenario);

/* The guest has touched something, which gave it a value (or took one), or a fault. */
void check_touched(enum touch touch, bool value);

/* Print its line. Returns whether all was well. */
bool check_end(void);

/* One check: where @good is false, a trouble with what is known of it. Returns @good. */
bool check(bool good, enum trouble trouble, const char *what, uint64_t where, uint64_t seen,
	   uint64_t expected);

#endif
