/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * s2pt-bench: what the engine costs, beside what hardware makes anybody pay.
 *
 *     s2pt-bench [--json] [WORKLOAD...]   measure; all workloads where none is named
 */
#include "measure.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const yardstick_names[] = {
	[YARD_STORE64] = "store64",
	[YARD_RMW64] = "rmw64",
	[YARD_ATOMICAND] = "atomicand",
	[YARD_CAS] = "cas",
	[YARD_WALKSTORE] = "walkstore",
	[YARD_WALK] = "walk",
	[YARD_WALK_FREE] = "walk",
};

static uint64_t
by_ipa(const struct counts *c)
{
	return c->tlbi[S2PT_TLBI_IPAS2E1] + c->tlbi[S2PT_TLBI_IPAS2LE1];
}

static uint64_t
by_range(const struct counts *c)
{
	return c->tlbi[S2PT_TLBI_RIPAS2E1] + c->tlbi[S2PT_TLBI_RIPAS2LE1];
}

/* --- The table -------------------------------------------------------------------------------- */

static void
print_head(void)
{
	printf("%-20s %-9s %8s %7s %8s %7s %6s %8s %7s\n", "workload", "yardstick", "yard ns", "cas ns",
	       "ns/leaf", "ratio", "target", "cold ns", "ratio");
}

/* The ratio is of what remains when a compare-and-swap, if there is one, is taken away. */
static void
print_times(const struct workload *w, const struct result *r)
{
	char swap[16] = "-", target[16] = "-";

	if (w->flags & SWAPS)
		snprintf(swap, sizeof(swap), "%.3f", r->swap_ns);
	if (w->ratio > 0)
		snprintf(target, sizeof(target), "%.2f", w->ratio);
	printf("%-20s %-9s %8.3f %7s %8.3f %7.3f %6s %8.3f %7.3f%s\n", w->name,
	       yardstick_names[w->yardstick], r->yard_ns, swap, r->ns, r->ratio, target, r->ns_cold,
	       r->ratio_cold, w->ratio > 0 && r->ratio > w->ratio ? "  above the target" : "");
}

static void
print_count_head(void)
{
	printf("\n%-20s %8s %5s %6s %8s %5s %8s %9s %6s %8s\n", "workload", "stores", "IPAS2",
	       "RIPAS2", "VMALLE1", "VMID", "barriers", "callbacks", "tables", "zeroed");
}

static void
print_counts(const struct workload *w, const struct counts *c)
{
	printf("%-20s %8ju %5ju %6ju %8ju %5ju %8ju %9ju %6ju %8ju\n", w->name,
	       (uintmax_t)c->stores, (uintmax_t)by_ipa(c), (uintmax_t)by_range(c),
	       (uintmax_t)c->tlbi[S2PT_TLBI_VMALLE1], (uintmax_t)c->tlbi[S2PT_TLBI_VMALLS12E1],
	       (uintmax_t)c->barriers, (uintmax_t)c->callbacks, (uintmax_t)c->tables_allocated,
	       (uintmax_t)c->zeroed);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void
put_real(json_t *object, const char *key, double value)
{
	if (json_object_set_new(object, key, json_real(value)))
		abort();
}

static void
put_count(json_t *object, const char *key, uint64_t value)
{
	if (json_object_set_new(object, key, json_integer((json_int_t)value)))
		abort();
}

static json_t *
to_json(const struct workload *w, const struct result *r)
{
	json_t *object = json_object();

	if (json_object_set_new(object, "workload", json_string(w->name)) ||
	    json_object_set_new(object, "yardstick", json_string(yardstick_names[w->yardstick])))
		abort();
	put_real(object, "ns_per_leaf", r->ns);
	put_real(object, "ratio", r->ratio);
	put_real(object, "ratio_cold", r->ratio_cold);
	put_count(object, "stores", r->counts.stores);
	put_count(object, "tlbi_ipa", by_ipa(&r->counts));
	put_count(object, "tlbi_range", by_range(&r->counts));
	put_count(object, "tlbi_vmalle1", r->counts.tlbi[S2PT_TLBI_VMALLE1]);
	put_count(object, "tlbi_vmid", r->counts.tlbi[S2PT_TLBI_VMALLS12E1]);
	put_count(object, "barriers", r->counts.barriers);
	put_count(object, "callbacks", r->counts.callbacks);
	put_count(object, "tables_allocated", r->counts.tables_allocated);
	put_count(object, "zeroed_bytes", r->counts.zeroed);
	put_real(object, "ns_per_leaf_cold", r->ns_cold);
	put_real(object, "yardstick_ns", r->yard_ns);
	put_real(object, "cas_ns", r->swap_ns);
	put_real(object, "ratio_target", w->ratio);
	return object;
}

static bool
print_json(const bool *wanted, const struct result *results)
{
	json_t *array = json_array();
	bool written;

	for (size_t i = 0; i < workload_count; i++)
		if (wanted[i] && json_array_append_new(array, to_json(&workloads[i], &results[i])))
			abort();
	written = !json_dumpf(array, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(5));
	json_decref(array);
	return printf("\n") > 0 && written;
}

/* --- Modes ------------------------------------------------------------------------------------ */

static const struct workload *
find(const char *name)
{
	for (size_t i = 0; i < workload_count; i++)
		if (!strcmp(workloads[i].name, name))
			return &workloads[i];
	fprintf(stderr, "s2pt-bench: no workload '%s'; without one all are measured\n", name);
	exit(2);
}

static int
measure_all(const bool *wanted, bool json, struct machine *m)
{
	struct result *results = calloc(workload_count, sizeof(*results));
	int failures = 0;

	if (!results)
		abort();
	if (!json)
		print_head();
	for (size_t i = 0; i < workload_count; i++) {
		if (!wanted[i])
			continue;
		if (!measure(&workloads[i], m, &results[i])) {
			fprintf(stderr, "s2pt-bench: %s: refused, status %d\n", workloads[i].name,
				(int)m->status);
			failures++;
		}
		if (!json)
			print_times(&workloads[i], &results[i]);
		fflush(stdout);
	}
	if (!json)
		print_count_head();
	for (size_t i = 0; i < workload_count && !json; i++)
		if (wanted[i])
			print_counts(&workloads[i], &results[i].counts);
	if (json && !print_json(wanted, results))
		failures++;
	free(results);
	return failures ? 1 : 0;
}

/* Which workloads are named, or all; returns whether as JSON. */
static bool
choose(int argc, char **argv, bool *wanted)
{
	bool json = false, any = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			json = true;
		} else {
			wanted[find(argv[i]) - workloads] = true;
			any = true;
		}
	}
	for (size_t i = 0; i < workload_count && !any; i++)
		wanted[i] = true;
	return json;
}

int
main(int argc, char **argv)
{
	bool *wanted = calloc(workload_count, sizeof(*wanted));
	struct machine *m = machine_make();
	int status;
	bool json;

	if (!wanted || !m || m->status != S2PT_OK) {
		fprintf(stderr, "s2pt-bench: no memory, or no such format\n");
		return 1;
	}
	json = choose(argc, argv, wanted);
	status = measure_all(wanted, json, m);
	machine_free(m);
	free(wanted);
	return status;
}
