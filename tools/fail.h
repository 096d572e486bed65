/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* fail.h: the one line that says what is wrong, and exit statuses. */
#ifndef S2PT_TOOL_FAIL_H
#define S2PT_TOOL_FAIL_H

#include "batch.h"

#define EXIT_FOUND 1 /* something is wrong with what was looked at */
#define EXIT_BAD   2 /* the command line, or input that it names, is wrong */
#define EXIT_IO    3 /* input cannot be read or output not written */

/* Room for what value_wants() and job headers say. */
#define FAIL_TEXT 1024

/* fail_json - from now on, fail() also prints a JSON object on standard output. */
void fail_json(void);

/* fail - print "s2pt VERB: ..." and a newline on stderr. Returns EXIT_BAD. @verb may be NULL. */
__attribute__((format(printf, 2, 3))) int fail(const char *verb, const char *format, ...);

/* warn - print the same line about something that ends nothing. */
__attribute__((format(printf, 2, 3))) void warn(const char *verb, const char *format, ...);

/* A quotation short and tame enough for a one-line message. */
struct fail_quote {
	char text[68];
};

/* fail_quote - @text in quotes, cut where it is long, '?' for what does not print. */
struct fail_quote fail_quote(struct batch_text text);

#endif
