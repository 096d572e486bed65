/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "manual.h"
#include "fail.h"

#include <s2pt/s2pt.h>
#include <stdio.h>
#include <string.h>

/* The options that a verb has: --batch not everywhere. */
static bool
has_option(const struct verb *verb, size_t index)
{
	return index != OPTION_BATCH || verb->batch;
}

/* --- The manual page -------------------------------------------------------------------------- */

/* Text as roff takes it: a backslash, a hyphen, and what a line may not begin with. */
static void
put_roff(const char *text)
{
	bool begins = true;

	for (; *text; text++) {
		if (begins && (*text == '.' || *text == '\''))
			printf("\\&");
		if (*text == '\\')
			printf("\\e");
		else if (*text == '-')
			printf("\\-");
		else
			putchar(*text);
		begins = *text == '\n';
	}
}

/* Lines as they stand. */
static void
put_lines(const char *text)
{
	printf(".PP\n.nf\n");
	put_roff(text + strspn(text, "\n"));
	printf(".fi\n");
}

static void
put_option(const struct verb_option *option)
{
	char wants[FAIL_TEXT];

	printf(".TP\n.B \\-\\-");
	put_roff(option->name);
	if (option->arg) {
		putchar(' ');
		put_roff(option->arg);
	}
	putchar('\n');
	put_roff(option->help);
	if (option->rule && (option->rule->kind == VALUE_CHOICE || option->rule->kind == VALUE_SET)) {
		value_wants(option->rule, wants, sizeof(wants));
		putchar(' ');
		put_roff(wants);
	}
	putchar('\n');
}

static void
put_verb(const struct verb *verb)
{
	const struct verb_option *option;

	printf(".SH \"S2PT ");
	put_roff(verb->name);
	printf("\"\n");
	put_roff(verb->summary);
	printf(".\n");
	put_lines(verb->synopsis);
	for (size_t i = 0; (option = verb_option_at(verb, i)); i++)
		if (has_option(verb, i))
			put_option(option);
	put_lines(verb->more);
}

void
manual_print(const struct verb *const *verbs, size_t count)
{
	printf(".TH S2PT 1 \"\" \"s2pt %d.%d.%d\" \"User Commands\"\n", S2PT_VERSION_MAJOR, S2PT_VERSION_MINOR,
	       S2PT_VERSION_PATCH);
	printf(".SH NAME\ns2pt \\- build, read and check Arm stage\\-2 translation tables\n"
	       ".SH SYNOPSIS\n.B s2pt\n.I VERB\n.RI [ OPTION ]...\n.RI [ OPERAND ]...\n"
	       ".SH VERBS\n");
	for (size_t i = 0; i < count; i++) {
		printf(".TP\n.B ");
		put_roff(verbs[i]->name);
		putchar('\n');
		put_roff(verbs[i]->summary);
		putchar('\n');
	}
	printf(".SH \"EXIT STATUS\"\n.TP\n.B 0\nnothing is wrong\n"
	       ".TP\n.B 1\nsomething is wrong with what was looked at\n"
	       ".TP\n.B 2\nthe command line or its input is wrong\n"
	       ".TP\n.B 3\ninput cannot be read, or output not written\n");
	for (size_t i = 0; i < count; i++)
		put_verb(verbs[i]);
}

/* --- Completions ------------------------------------------------------------------------------ */

/* Between single quotes, as all three shells take it; @also is what must have a backslash besides. */
static void
put_quoted(const char *text, const char *also)
{
	for (; *text; text++)
		if (*text == '\'')
			printf("'\\''");
		else
			printf("%s%c", strchr(also, *text) ? "\\" : "", *text);
}

/* The words of a choice or a set, or of no more than that there is a name of a file. */
static bool
is_list(const struct verb_option *option)
{
	return option->rule && option->rule->words;
}

static void
put_list(const struct verb_option *option)
{
	for (const struct value_word *word = option->rule->words; word->word; word++)
		printf("%s%s", word == option->rule->words ? "" : " ", word->word);
}

static void
print_bash(const struct verb *const *verbs, size_t count)
{
	const struct verb_option *option;

	printf("# SPDX-License-Identifier: Apache-2.0 OR MIT\n_s2pt()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n\tCOMPREPLY=()\n"
	       "\tcase $COMP_CWORD:${COMP_WORDS[1]}:${COMP_WORDS[COMP_CWORD - 1]} in\n\t1:*) words='");
	for (size_t i = 0; i < count; i++)
		printf("%s ", verbs[i]->name);
	printf("--help --version' ;;\n");
	for (size_t i = 0; i < count; i++) {
		for (size_t n = 0; (option = verb_option_at(verbs[i], n)); n++) {
			if (!is_list(option))
				continue;
			printf("\t*:%s:--%s) words='", verbs[i]->name, option->name);
			put_list(option);
			printf("' ;;\n");
		}
		printf("\t*:%s:*) words='", verbs[i]->name);
		for (size_t n = 0; (option = verb_option_at(verbs[i], n)); n++)
			if (has_option(verbs[i], n))
				printf("%s--%s", n ? " " : "", option->name);
		printf("' ;;\n");
	}
	printf("\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
	       "complete -o default -F _s2pt s2pt\n");
}

static void
print_zsh(const struct verb *const *verbs, size_t count)
{
	const struct verb_option *option;

	printf("#compdef s2pt\n# SPDX-License-Identifier: Apache-2.0 OR MIT\nlocal -a verbs\nverbs=(\n");
	for (size_t i = 0; i < count; i++) {
		printf("\t'%s:", verbs[i]->name);
		put_quoted(verbs[i]->summary, ":");
		printf("'\n");
	}
	printf(")\nif ((CURRENT == 2)); then\n\t_describe verb verbs\n\treturn\nfi\ncase $words[2] in\n");
	for (size_t i = 0; i < count; i++) {
		printf("%s)\n\t_arguments", verbs[i]->name);
		for (size_t n = 0; (option = verb_option_at(verbs[i], n)); n++) {
			if (!has_option(verbs[i], n))
				continue;
			printf(" \\\n\t\t'--%s[", option->name);
			put_quoted(option->help, ":[]");
			printf("]");
			if (option->arg)
				printf(":%s:", option->arg);
			if (is_list(option)) {
				printf("(");
				put_list(option);
				printf(")");
			} else if (option->rule && option->rule->kind == VALUE_TEXT) {
				printf("_files");
			}
			printf("'");
		}
		printf(" \\\n\t\t'*:operand:_files'\n\t;;\n");
	}
	printf("esac\n");
}

static void
print_fish(const struct verb *const *verbs, size_t count)
{
	const struct verb_option *option;

	printf("# SPDX-License-Identifier: Apache-2.0 OR MIT\n");
	for (size_t i = 0; i < count; i++) {
		printf("complete -c s2pt -n __fish_use_subcommand -a %s -d '", verbs[i]->name);
		put_quoted(verbs[i]->summary, "");
		printf("'\n");
		for (size_t n = 0; (option = verb_option_at(verbs[i], n)); n++) {
			if (!has_option(verbs[i], n))
				continue;
			printf("complete -c s2pt -n '__fish_seen_subcommand_from %s' -l %s -d '", verbs[i]->name,
			       option->name);
			put_quoted(option->help, "");
			printf("'");
			if (is_list(option)) {
				printf(" -x -a '");
				put_list(option);
				printf("'");
			} else if (option->arg) {
				printf(" -r");
			}
			putchar('\n');
		}
	}
}

bool
completion_print(const char *shell, const struct verb *const *verbs, size_t count)
{
	static const struct {
		const char *shell;
		void (*print)(const struct verb *const *verbs, size_t count);
	} shells[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shell, shells[i].shell) == 0) {
			shells[i].print(verbs, count);
			return true;
		}
	return false;
}
