/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* verb.h: a verb is a table of options and a function. */
#ifndef S2PT_TOOL_VERB_H
#define S2PT_TOOL_VERB_H

#include "value.h"

#include <stddef.h>

/* Options of every verb; a verb's own follow. */
enum {
	OPTION_HELP,
	OPTION_JSON,
	OPTION_BATCH,
	OPTION_OWN,
};

#define OPTION_MAX 48 /* of one verb, those of every verb included */

/* An option of a verb. Values are indexed as the table is, from OPTION_OWN. */
struct verb_option {
	const char *name;              /* without the dashes */
	const struct value_rule *rule; /* NULL: a flag */
	const char *arg;               /* what --help calls the argument */
	const char *help;
	bool batch; /* goes with --batch */
};

struct verb {
	const char *name;
	const char *summary;
	const char *synopsis;
	const char *words;   /* the name of its operands, which are files, numbers or both, or NULL */
	bool words_optional; /* there may be none */
	const char *more;    /* help after the options */
	const struct verb_option *options;
	size_t count;
	int (*run)(const struct value *values); /* where there are no operands */
	int (*run_words)(const struct value *values, char **words, size_t count);
	int (*batch)(const struct value *values);
};

extern const struct verb verb_combine;
extern const struct verb verb_decode;
extern const struct verb verb_diff;
extern const struct verb verb_encode;
extern const struct verb verb_errata;
extern const struct verb verb_explain;
extern const struct verb verb_gen;
extern const struct verb verb_lint;
extern const struct verb verb_map;
extern const struct verb verb_plan;
extern const struct verb verb_policy;
extern const struct verb verb_scan;
extern const struct verb verb_tlbi;
extern const struct verb verb_walk;

/*
 * verb_main - run a verb.
 * @argc, @argv: the command line from the verb's name on.
 *
 * Returns the exit status.
 */
int verb_main(const struct verb *verb, int argc, char **argv);

/* verb_option_at - the option of that index, those of every verb first; NULL behind the last. */
const struct verb_option *verb_option_at(const struct verb *verb, size_t index);

/* value_or - the value, or what it is if it was not given. */
static inline uint64_t
value_or(struct value value, uint64_t otherwise)
{
	return value.given ? value.is : otherwise;
}

#endif
