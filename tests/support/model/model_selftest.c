/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Does the simulated machine see what it should? */
#include "selftest.h"

unsigned checks, failures;

int
main(void)
{
	test_sequences();
	test_walker();
	test_caches();
	test_map();
	test_random();
	printf("%u checks, %u failures\n", checks, failures);
	return failures != 0;
}
