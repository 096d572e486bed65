/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Two mappings of one granule, two regions in one granule, and one fact that changes.
 */
#ifndef PAIRS_H
#define PAIRS_H

#include <stdbool.h>

/* pairs_run - all of it; the others - a part. */
void pairs_run(bool all);
void pairs_alias(void);
void pairs_meet(void);
void pairs_loosen(void);

#endif
