/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "verb.h"
#include "fail.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const struct verb_option common[OPTION_OWN] = {
	[OPTION_HELP] = { "help", NULL, NULL, "say this, and exit", true },
	[OPTION_JSON] = { "json", NULL, NULL, "print one JSON object", false },
	[OPTION_BATCH] = { "batch", NULL, NULL, "read CSV on standard input, write CSV", true },
};

const struct verb_option *
verb_option_at(const struct verb *verb, size_t index)
{
	if (index >= OPTION_OWN + verb->count)
		return NULL;
	return index < OPTION_OWN ? &common[index] : &verb->options[index - OPTION_OWN];
}

static void
print_option(const struct verb_option *option)
{
	char usage[40];
	char wants[FAIL_TEXT];

	snprintf(usage, sizeof(usage), "--%s%s%s", option->name, option->arg ? " " : "",
		 option->arg ? option->arg : "");
	printf("  %-22s %s\n", usage, option->help);
	if (option->rule && option->rule->kind != VALUE_NUMBER && option->rule->kind != VALUE_TEXT) {
		value_wants(option->rule, wants, sizeof(wants));
		printf("  %-22s   %s\n", "", wants);
	}
}

static int
print_help(const struct verb *verb)
{
	printf("s2pt %s: %s\n\nUsage:\n%s\nOptions:\n", verb->name, verb->summary, verb->synopsis);
	for (size_t i = 0; i < OPTION_OWN + verb->count; i++)
		if (i != OPTION_BATCH || verb->batch)
			print_option(verb_option_at(verb, i));
	printf("\n%s%s",
	       "Numbers are decimal, or 0x.., 0b..; with K, M, G or T behind it a decimal number is so many KiB,\n"
	       "MiB, GiB or TiB. Descriptors, addresses and register values that are operands are hexadecimal,\n"
	       "with or without 0x; as options they need it. '_' may divide digits; case does not matter.\n",
	       verb->more);
	return 0;
}

static bool
take_option(const struct verb *verb, size_t index, struct value *value)
{
	const struct verb_option *option = verb_option_at(verb, index);
	char wants[FAIL_TEXT];

	value->given = true;
	value->is = 1;
	value->text = optarg;
	if (!option->rule || value_parse(option->rule, batch_text_of(optarg), &value->is))
		return true;
	value_wants(option->rule, wants, sizeof(wants));
	fail(verb->name, "--%s: %s is not %s", option->name,
	     fail_quote(batch_text_of(optarg)).text, wants);
	return false;
}

/* What getopt_long() did not take: the letter optopt, or else the word before optind. */
static bool
refuse_option(const struct verb *verb, char **argv, bool argument_missing)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	const char *word = optopt ? letter : argv[optind - 1];
	struct fail_quote quote = fail_quote(batch_text_of(word));

	if (argument_missing)
		fail(verb->name, "%s needs an argument; see s2pt %s --help", quote.text,
		     verb->name);
	else
		fail(verb->name, "there is no option %s, or it takes no argument; "
				 "see s2pt %s --help",
		     quote.text, verb->name);
	return false;
}

static bool
parse_options(const struct verb *verb, int argc, char **argv, struct value *values)
{
	struct option longs[OPTION_MAX + 1] = { 0 };
	int index = 0;

	for (size_t i = 0; i < OPTION_OWN + verb->count; i++) {
		const struct verb_option *option = verb_option_at(verb, i);

		longs[i].name = option->name;
		longs[i].has_arg = option->rule ? required_argument : no_argument;
	}
	opterr = 0;
	for (;;) {
		switch (getopt_long(argc, argv, ":h", longs, &index)) {
		case -1:
			return true;
		case 0:
			if (!take_option(verb, (size_t)index, &values[index]))
				return false;
			break;
		case 'h':
			values[OPTION_HELP].given = true;
			break;
		case ':':
			return refuse_option(verb, argv, true);
		default:
			return refuse_option(verb, argv, false);
		}
	}
}

static int
run_batch(const struct verb *verb, const struct value *values, int operands)
{
	for (size_t i = 0; i < OPTION_OWN + verb->count; i++) {
		const struct verb_option *option = verb_option_at(verb, i);

		if (values[i].given && !option->batch)
			return fail(verb->name, "--%s does not go with --batch", option->name);
	}
	if (operands > 0)
		return fail(verb->name, "--batch reads standard input and takes no operand");
	return verb->batch(values);
}

static int
run_words(const struct verb *verb, const struct value *values, int count, char **words)
{
	if (!verb->words && count > 0)
		return fail(verb->name, "%s is one operand too many; see s2pt %s --help",
			    fail_quote(batch_text_of(words[0])).text, verb->name);
	if (!verb->words)
		return verb->run(values);
	if (count == 0 && !verb->words_optional)
		return fail(verb->name, "%s is missing; see s2pt %s --help", verb->words, verb->name);
	return verb->run_words(values, words, (size_t)count);
}

/* Is --json among the words? It holds for what is wrong with the others, too. */
static bool
wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int
verb_main(const struct verb *verb, int argc, char **argv)
{
	struct value values[OPTION_MAX] = { 0 };

	if (wants_json(argc, argv))
		fail_json();
	if (!parse_options(verb, argc, argv, values))
		return EXIT_BAD;
	if (values[OPTION_HELP].given)
		return print_help(verb);
	if (values[OPTION_BATCH].given && !verb->batch)
		return fail(verb->name, "there is no --batch; see s2pt %s --help", verb->name);
	if (values[OPTION_BATCH].given)
		return run_batch(verb, values, argc - optind);
	return run_words(verb, values, argc - optind, argv + optind);
}
