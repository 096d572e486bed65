/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* map.h: a step of mapping, for the operations that map. */
#ifndef S2PT_TABLE_MAP_H
#define S2PT_TABLE_MAP_H

#include "table/fit.h"

/* Map what comes next of the range @m->r, in one table; what was cleared before is invalidated first. */
enum s2pt_status s2pt__map_step(struct mapping_range *m);

#endif
