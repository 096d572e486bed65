/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * batch.h: the parser of batch input: lines of comma-separated fields without quoting.
 *
 * Nothing here allocates, prints or exits, and a text is never copied: a line and its fields point
 * into the reader's buffer and hold until the next line is read.
 */
#ifndef S2PT_TOOL_BATCH_H
#define S2PT_TOOL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A piece of the input, without a NUL at its end. */
struct batch_text {
	const char *at;
	size_t len;
};

/*
 * Where input comes from: put at most @size (never 0) bytes at @buf. Returns how many, 0 at the end
 * of the input, or a negative value where it cannot be read.
 */
typedef ptrdiff_t batch_fill(void *source, char *buf, size_t size);

/* Reads lines. Made by batch_open(); only @line is for callers to look at. */
struct batch_reader {
	batch_fill *fill;
	void *source;
	char *buf;
	size_t size;
	size_t begin; /* buf[begin..end) is read but not yet handed out */
	size_t end;
	bool ended;
	uint64_t line; /* the number of the line read last, counted from 1 */
};

enum batch_status {
	BATCH_OK,
	BATCH_END,        /* no more lines */
	BATCH_TOO_LONG,   /* this line does not fit the buffer; so will say every later call */
	BATCH_UNREADABLE, /* the source failed */
};

/*
 * batch_open - begin to read.
 * @reader: written in full.
 * @fill: called when more input is needed, with @source.
 * @buf, @size: room for input, owned by the caller. A line longer than @size is refused.
 */
void batch_open(struct batch_reader *reader, batch_fill *fill, void *source, char *buf,
		size_t size);

/*
 * batch_line - the next line, without its '\n' and without one '\r' before that.
 *
 * The last line need not end in '\n'. Where the status is not BATCH_OK, @line is not written.
 */
enum batch_status batch_line(struct batch_reader *reader, struct batch_text *line);

/*
 * batch_split - the fields of a line.
 * @fields: receives the first @max fields.
 *
 * Returns the number of fields of the line, which may be above @max; the empty line has one, empty,
 * field.
 */
size_t batch_split(struct batch_text line, struct batch_text *fields, size_t max);

/*
 * batch_number - an unsigned number: "0x" and hexadecimal digits, or decimal digits; no sign, no
 * blank, not above UINT64_MAX. Leading zeros are allowed and do not make it octal.
 *
 * Returns false, and does not write @value, for any other text.
 */
bool batch_number(struct batch_text text, uint64_t *value);

/* batch_text_of - a whole string. */
static inline struct batch_text
batch_text_of(const char *string)
{
	return (struct batch_text){ string, strlen(string) };
}

/* batch_is - is @text the NUL-terminated @word? */
bool batch_is(struct batch_text text, const char *word);

#endif
