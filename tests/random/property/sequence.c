/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "run.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

long
sequence_run(const struct sequence *sequence, char *why, size_t size)
{
	struct run run;
	long failed = run_begin(&run, sequence) ? -1 : 0;

	for (size_t i = 0; i < sequence->steps && failed < 0; i++)
		if (!run_step(&run, &sequence->step[i]))
			failed = (long)i;
	if (failed < 0 && !run_end(&run))
		failed = (long)sequence->steps;
	if (failed >= 0)
		snprintf(why, size, "%s", run.why);
	run_free(&run);
	return failed;
}

/* --- Text ------------------------------------------------------------------------------------------- */

static const char *const what_names[] = {
	"map",
	"unmap",
	"protect",
	"retype",
	"relax",
	"split",
	"collapse",
	"move",
	"annotate",
	"hold",
	"release",
	"access",
	"check",
	"destroy",
	"shared-map",
	"shared-relax",
	"shared-mark-dirty",
	"shared-set-af",
	"age",
	"dirty-start",
	"dirty-stop",
	"dirty-collect",
	"dirty-clear",
};

/* A member of a struct, by the name that it has in a file. Each is an integer; one that is 0 need not be there. */
struct key {
	const char *name;
	size_t offset, size;
};

#define COUNT(table)            (sizeof(table) / sizeof((table)[0]))
#define KEY(type, name, member) { name, offsetof(struct type, member), sizeof(((struct type *)0)->member) }

static const struct key shape_keys[] = {
	KEY(sequence, "granule", shape.granule),
	KEY(sequence, "ipa_bits", shape.ipa_bits),
	KEY(sequence, "pa_bits", shape.pa_bits),
	KEY(sequence, "start_level", shape.start_level),
	KEY(sequence, "ds", shape.ds),
	KEY(sequence, "fwb", shape.fwb),
	KEY(sequence, "xnx", shape.xnx),
	KEY(sequence, "ttl", shape.ttl),
	KEY(sequence, "ranges", shape.ranges),
	KEY(sequence, "haf", shape.haf),
	KEY(sequence, "hd", shape.hd),
	KEY(sequence, "bbm", shape.bbm),
	KEY(sequence, "zeroed", shape.zeroed),
	KEY(sequence, "smmu", shape.smmu),
	KEY(sequence, "mte", shape.mte),
	KEY(sequence, "noncoherent", shape.noncoherent),
	KEY(sequence, "no_contiguous", shape.no_contiguous),
	KEY(sequence, "two_vmids", shape.two_vmids),
	KEY(sequence, "clean_fails", shape.clean_fails),
	KEY(sequence, "errata", shape.errata),
	KEY(sequence, "uncured", shape.uncured),
	KEY(sequence, "direct", shape.direct),
	KEY(sequence, "pool_pa", shape.pool_pa),
	KEY(sequence, "pool_bytes", shape.pool_bytes),
	KEY(sequence, "page_limit", shape.page_limit),
	KEY(sequence, "base", base),
	KEY(sequence, "pa_base", pa_base),
};

static const struct key step_keys[] = {
	KEY(step, "page", page),
	KEY(step, "count", count),
	KEY(step, "pa", pa_page),
	KEY(step, "attr", attr),
	KEY(step, "budget", budget),
	KEY(step, "batch", batch),
	KEY(step, "flags", flags),
	KEY(step, "cap", cap),
	KEY(step, "fail", fail),
};

/* Members of 4 bytes are int or below 2^31; the host is little-endian, as the tables are. */
static long long
get_key(const struct key *key, const void *from)
{
	const char *member = (const char *)from + key->offset;
	long long value = 0;
	int word;

	if (key->size == sizeof(word)) {
		memcpy(&word, member, sizeof(word));
		return word;
	}
	memcpy(&value, member, key->size);
	return value;
}

static void
set_key(const struct key *key, void *to, long long value)
{
	memcpy((char *)to + key->offset, &value, key->size);
}

static void
print_keys(const char *what, const struct key *keys, size_t count, const void *from, FILE *out)
{
	fprintf(out, "%s", what);
	for (size_t i = 0; i < count; i++) {
		const long long value = get_key(&keys[i], from);

		if (value > 9999999)
			fprintf(out, " %s=0x%llx", keys[i].name, (unsigned long long)value);
		else if (value)
			fprintf(out, " %s=%lld", keys[i].name, value);
	}
	fprintf(out, "\n");
}

/*
 * Read name=value after the first word, which is the answer; NULL where one of them is not of @keys, or not a number.
 */
static const char *
read_keys(char *line, const struct key *keys, size_t count, void *to)
{
	const char *what = strtok(line, " \n");

	for (char *word; (word = strtok(NULL, " \n"));) {
		char *value = strchr(word, '='), *end;
		size_t i = 0;

		if (!value)
			return NULL;
		*value++ = '\0';
		while (i < count && strcmp(word, keys[i].name))
			i++;
		if (i == count || !*value)
			return NULL;
		set_key(&keys[i], to, strtoll(value, &end, 0));
		if (*end)
			return NULL;
	}
	return what;
}

void
sequence_print(const struct sequence *sequence, FILE *out)
{
	print_keys("shape", shape_keys, COUNT(shape_keys), sequence, out);
	for (size_t i = 0; i < sequence->steps; i++)
		print_keys(what_names[sequence->step[i].what], step_keys, COUNT(step_keys), &sequence->step[i], out);
}

static bool
read_step(struct step *step, char *line)
{
	const char *what = read_keys(line, step_keys, COUNT(step_keys), step);

	for (step->what = 0; what && step->what < WHATS; step->what++)
		if (!strcmp(what, what_names[step->what]))
			return true;
	return false;
}

unsigned
sequence_read(struct sequence *sequence, FILE *in)
{
	unsigned number = 1;
	const char *what;
	char line[400];

	memset(sequence, 0, sizeof(*sequence));
	what = fgets(line, sizeof(line), in) ? read_keys(line, shape_keys, COUNT(shape_keys), sequence) : NULL;
	if (!what || strcmp(what, "shape"))
		return number;
	while (fgets(line, sizeof(line), in)) {
		number++;
		if (sequence->steps == STEPS_MAX || !read_step(&sequence->step[sequence->steps], line))
			return number;
		sequence->steps++;
	}
	return 0;
}

/* --- Shrinking -------------------------------------------------------------------------------------- */

static void
without(const struct sequence *from, size_t first, size_t count, struct sequence *to)
{
	*to = *from;
	memmove(&to->step[first], &to->step[first + count],
		(from->steps - first - count) * sizeof(from->step[0]));
	to->steps -= count;
}

static void
shrink(struct sequence *sequence)
{
	static struct sequence trial;
	char why[400];

	for (size_t chunk = sequence->steps / 2; chunk; chunk /= 2)
		for (size_t at = 0; at + chunk <= sequence->steps;) {
			without(sequence, at, chunk, &trial);
			if (sequence_run(&trial, why, sizeof(why)) >= 0)
				*sequence = trial;
			else
				at += chunk;
		}
}

bool
sequence_fails(struct sequence *sequence, const char *name, FILE *out)
{
	char why[400] = "";
	long failed = sequence_run(sequence, why, sizeof(why));

	if (failed < 0)
		return false;
	if ((size_t)failed < sequence->steps)
		sequence->steps = (size_t)failed + 1;
	shrink(sequence);
	failed = sequence_run(sequence, why, sizeof(why));
	fprintf(out, "%s failed at operation %ld: %s\nreplay:\n", name, failed, why);
	sequence_print(sequence, out);
	return true;
}
