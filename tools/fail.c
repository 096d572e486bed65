/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fail.h"
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool as_json;

void
fail_json(void)
{
	as_json = true;
}

/* Prints the line, and returns its text, which holds until the next. */
__attribute__((format(printf, 2, 0))) static const char *
print_line(const char *verb, const char *format, va_list args)
{
	static char text[FAIL_TEXT];

	vsnprintf(text, sizeof(text), format, args);
	fprintf(stderr, "s2pt%s%s: %s\n", verb ? " " : "", verb ? verb : "", text);
	return text;
}

int
fail(const char *verb, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = print_line(verb, format, args);
	va_end(args);
	if (as_json) {
		json_t *report = report_new();

		report_add_text(report, "verb", verb ? verb : "");
		report_add_text(report, "error", text);
		report_print(report, true);
	}
	return EXIT_BAD;
}

void
warn(const char *verb, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(verb, format, args);
	va_end(args);
}

struct fail_quote
fail_quote(struct batch_text text)
{
	struct fail_quote quote = { "'" };
	size_t len = text.len > 60 ? 60 : text.len;

	for (size_t i = 0; i < len; i++)
		quote.text[1 + i] = (char)(text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?');
	strcpy(quote.text + 1 + len, text.len > len ? "...'" : "'");
	return quote;
}
