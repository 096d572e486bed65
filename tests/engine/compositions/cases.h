/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Products of facts, and what was found in them.
 */
#ifndef CASES_H
#define CASES_H

#include "judge.h"

/* Who vouches, and for what. */
struct word {
	enum s2pt_source who;
	uint32_t stands;
};

/* What a product goes through, besides all backings, views of the host's, platforms and guests. */
struct ranges {
	const struct word *words;
	size_t n_words;
	const uint32_t *gives_up;
	size_t n_gives_up;
	const enum s2pt_source *asks;
	size_t n_asks;
	const enum s2pt_dma *dma;
	size_t n_dma;
	bool prefetchable; /* both, else not prefetchable alone */
	bool icache;       /* DIC and IDC apart, else both or neither */
};

extern const struct ranges ranges_default; /* representative sets, and all else in full */
extern const struct ranges ranges_words;   /* every set, and words that count alone */
extern const struct ranges ranges_facts;   /* for one fact changed at a time */
extern const struct ranges ranges_small;   /* for falsified answers */

/* What is called once for all words, gives_up, asks and prefetchable; the facts are then filled in for @each. */
struct visitor {
	void (*begin)(void *context);
	void (*each)(void *context, const struct facts *facts);
	void *context;
};

/* cases_visit - every case of @ranges, after cases_fold(). */
void cases_visit(const struct ranges *ranges, const struct visitor *visitor);

/* cases_fold - put together masters of every kind, up to three at a time, and note which may be there with what. */
void cases_fold(void);

/* cases_quiet - from here on, failures are not noted. */
void cases_quiet(bool quiet);

/* cases_fail - a rule is broken; with facts where it is about them. */
void cases_fail(enum rule rule, const struct facts *facts, enum s2pt_status status, const struct s2pt_policy *answer);
void cases_fail_text(enum rule rule, const char *text);

/* cases_fail_again - ... in a way of which there was an example. */
void cases_fail_again(enum rule rule);

/* cases_seen - how often a rule was broken, quietly or not, by masters or pairs. */
unsigned long cases_seen(enum rule rule);

/* cases_failures - how many rules were broken how often in all. */
unsigned long cases_failures(void);

extern unsigned long cases_count;

#endif
