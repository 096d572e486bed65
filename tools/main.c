/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* main.c: s2pt VERB. */
#include "fail.h"
#include "manual.h"
#include "verb.h"

#include <errno.h>
#include <s2pt/s2pt.h>
#include <stdio.h>
#include <string.h>

static const struct verb *const verbs[] = {
	&verb_combine,
	&verb_decode,
	&verb_diff,
	&verb_encode,
	&verb_errata,
	&verb_explain,
	&verb_gen,
	&verb_lint,
	&verb_map,
	&verb_plan,
	&verb_policy,
	&verb_scan,
	&verb_tlbi,
	&verb_walk,
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static int
help(void)
{
	printf("s2pt: Arm stage-2 translation tables\n\n"
	       "Usage: s2pt VERB [OPTION]...\n"
	       "       s2pt VERB --help\n"
	       "       s2pt --version | --man | --completion bash|zsh|fish\n\n");
	for (size_t i = 0; i < VERB_COUNT; i++)
		printf("  %-8s %s\n", verbs[i]->name, verbs[i]->summary);
	printf("\nExit status: 0; 1 where something is wrong with what was looked at, refused or\n"
	       "reserved; 2 where the command line or its input is wrong; 3 where input cannot be read or\n"
	       "output not written. A line on standard error says what, where.\n");
	return 0;
}

/* Says @what, and which verbs there are. Returns EXIT_BAD. */
static int
no_verb(const char *what)
{
	char names[FAIL_TEXT] = "";
	size_t length = 0;

	for (size_t i = 0; i < VERB_COUNT; i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s", i ? ", " : "",
					   verbs[i]->name);
	return fail(NULL, "%s; it is one of %s; see s2pt --help", what, names);
}

static int
run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	char text[100];

	if (argc < 2)
		return no_verb("no verb");
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return help();
	if (strcmp(word, "--version") == 0) {
		printf("s2pt %d.%d.%d\n", S2PT_VERSION_MAJOR, S2PT_VERSION_MINOR,
		       S2PT_VERSION_PATCH);
		return 0;
	}
	if (strcmp(word, "--man") == 0) {
		manual_print(verbs, VERB_COUNT);
		return 0;
	}
	if (strcmp(word, "--completion") == 0) {
		if (argc == 3 && completion_print(argv[2], verbs, VERB_COUNT))
			return 0;
		return fail(NULL, "--completion takes bash, zsh or fish");
	}
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(word, verbs[i]->name) == 0)
			return verb_main(verbs[i], argc - 1, argv + 1);
	snprintf(text, sizeof(text), "%s is not a verb", fail_quote(batch_text_of(word)).text);
	return no_verb(text);
}

int
main(int argc, char **argv)
{
	int status;

	value_init();
	status = run(argc, argv);
	if (fflush(stdout) != 0) {
		fail(NULL, "cannot write standard output: %s", strerror(errno));
		return EXIT_IO;
	}
	return status;
}
