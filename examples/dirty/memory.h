/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * memory.h: what is behind the window. Each page has two frames, and lives in one of them; the other is
 * poisoned. And there is a copy of all pages, as a migration would have it on another machine.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <s2pt/types.h>

/* All in their first frame, with contents of their own; copied. */
void memory_init(void);

/* Where the page lives. Any CPU, any time: the answer may be overtaken. */
s2pt_pa memory_frame(unsigned page);

/* The page is going to live in its other frame: before it is unmapped, so that no fault finds this one. */
void memory_turn(unsigned page);

/* Now nobody can reach it any more: move what it contains there. */
void memory_move(unsigned page);

/* Was a frame written that nobody lives in? That is a trouble. */
void memory_check(unsigned page);

/* Copy it now. Is it still what was copied? */
void memory_copy(unsigned page);
bool memory_is_copied(unsigned page);

#endif
