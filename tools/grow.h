/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* grow.h: more room. A program that has no memory left can say nothing. */
#ifndef S2PT_TOOL_GROW_H
#define S2PT_TOOL_GROW_H

#include <stdlib.h>

/* grow - as realloc(), which ends the program where it fails. */
static inline void *
grow(void *at, size_t bytes)
{
	void *const more = realloc(at, bytes);

	if (!more)
		abort();
	return more;
}

#endif
