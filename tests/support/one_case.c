/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Preloaded into a program of cmocka, this has it run the cases alone whose names match the pattern in S2PT_CASE
 * (* and ? as in a shell). Programs without cmocka ignore it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

extern __typeof__(cmocka_set_test_filter) cmocka_set_test_filter __attribute__((weak));

__attribute__((constructor)) static void
select_case(void)
{
	const char *pattern = getenv("S2PT_CASE");

	if (pattern && cmocka_set_test_filter)
		cmocka_set_test_filter(pattern);
}
