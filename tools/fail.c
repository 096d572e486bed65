/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
fail(const char *verb, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "s2pt%s%s: ", verb ? " " : "", verb ? verb : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_BAD;
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
