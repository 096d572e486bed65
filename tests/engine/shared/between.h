/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * between.h: an engine compiled with hook.h calls back before each access to an entry; another comes first at one of
 * them.
 */
#ifndef S2PT_TESTS_BETWEEN_H
#define S2PT_TESTS_BETWEEN_H

#include <stddef.h>

static void (*between)(void);
static unsigned accesses_left; /* until then */

void s2pt_hook(void);

void
s2pt_hook(void)
{
	void (*other)(void) = between;

	if (!other || accesses_left--)
		return;
	between = NULL;
	other();
}

#endif
