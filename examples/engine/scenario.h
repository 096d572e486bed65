/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* scenario.h: what happens to the guest. Each runs in a world of its own, just begun. */
#ifndef SCENARIO_H
#define SCENARIO_H

/* map.c */
void scenario_demand(void);
void scenario_unmap(void);
void scenario_remap(void);
void scenario_replace(void);
void scenario_protect(void);

/* shape.c */
void scenario_split(void);
void scenario_collapse(void);
void scenario_retype(void);
void scenario_teardown(void);

/* shared.c */
void scenario_move(void);
void scenario_shared(void);

#endif
