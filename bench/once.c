/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * once.c: one run of a workload, for bench/instructions to count.
 *
 *     once --list       a line each: name, leaves, most A64 instructions a leaf
 *     once WORKLOAD     run it between two calls of getppid
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
list(void)
{
	for (size_t i = 0; i < workload_count; i++)
		printf("%s %u %g\n", workloads[i].name, (unsigned)workloads[i].leaves, workloads[i].instructions);
}

static int
run(const struct workload *w)
{
	struct machine *m = machine_make();

	if (!m)
		return 1;
	w->prepare(m);
	getppid();
	bench_timed(w, m);
	getppid();
	if (m->status != S2PT_OK)
		fprintf(stderr, "once: %s: status %d\n", w->name, (int)m->status);
	return m->status != S2PT_OK;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		return 0;
	}
	for (size_t i = 0; argc == 2 && i < workload_count; i++)
		if (!strcmp(workloads[i].name, argv[1]))
			return run(&workloads[i]);
	fprintf(stderr, "usage: once --list|WORKLOAD\n");
	return 2;
}
