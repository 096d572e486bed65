/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Policies that are wrong in one way each.
 */
#ifndef LIARS_H
#define LIARS_H

#include <stdbool.h>

/* answers_look - every answer to a smaller product of facts. */
void answers_look(void);

/* liars_run - each is to be caught by the rule that is about it: prints who was, and says whether one was not. */
bool liars_run(void);

#endif
