/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "batch.h"

#include <string.h>

void
batch_open(struct batch_reader *reader, batch_fill *fill, void *source, char *buf,
	   size_t size)
{
	*reader = (struct batch_reader){ .fill = fill, .source = source, .buf = buf, .size = size };
}

/* Make room behind what is left, and fill it. */
static enum batch_status
refill(struct batch_reader *reader)
{
	size_t left = reader->end - reader->begin;
	ptrdiff_t got;

	if (reader->begin > 0 && left > 0)
		memmove(reader->buf, reader->buf + reader->begin, left);
	reader->begin = 0;
	reader->end = left;
	if (left == reader->size)
		return BATCH_TOO_LONG;
	got = reader->fill(reader->source, reader->buf + left, reader->size - left);
	if (got < 0)
		return BATCH_UNREADABLE;
	reader->ended = got == 0;
	reader->end += (size_t)got;
	return BATCH_OK;
}

/* Hand out the @len bytes at begin, and step over them and @newline more. */
static enum batch_status
take(struct batch_reader *reader, size_t len, size_t newline, struct batch_text *line)
{
	line->at = reader->buf + reader->begin;
	line->len = len;
	if (len > 0 && line->at[len - 1] == '\r')
		line->len--;
	reader->begin += len + newline;
	return BATCH_OK;
}

enum batch_status
batch_line(struct batch_reader *reader, struct batch_text *line)
{
	size_t seen = 0;

	reader->line++;
	for (;;) {
		const char *from = reader->buf + reader->begin;
		size_t left = reader->end - reader->begin;
		const char *newline = left > seen ? memchr(from + seen, '\n', left - seen) : NULL;
		enum batch_status status;

		if (newline)
			return take(reader, (size_t)(newline - from), 1, line);
		if (reader->ended)
			return left ? take(reader, left, 0, line) : BATCH_END;
		seen = left;
		status = refill(reader);
		if (status != BATCH_OK)
			return status;
	}
}

size_t
batch_split(struct batch_text line, struct batch_text *fields, size_t max)
{
	const char *from = line.at;
	const char *end = line.at + line.len;
	size_t count = 0;

	for (const char *at = from;; at++) {
		if (at != end && *at != ',')
			continue;
		if (count < max)
			fields[count] = (struct batch_text){ from, (size_t)(at - from) };
		count++;
		if (at == end)
			return count;
		from = at + 1;
	}
}

/* The value of a hexadecimal digit, or 16 for any other character. */
static unsigned
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

bool
batch_number(struct batch_text text, uint64_t *value)
{
	bool hex = text.len > 2 && text.at[0] == '0' && text.at[1] == 'x';
	unsigned base = hex ? 16 : 10;
	uint64_t sum = 0;

	if (text.len == 0)
		return false;
	for (size_t i = hex ? 2 : 0; i < text.len; i++) {
		unsigned next = digit(text.at[i]);

		if (next >= base || sum > (UINT64_MAX - next) / base)
			return false;
		sum = sum * base + next;
	}
	*value = sum;
	return true;
}

bool
batch_is(struct batch_text text, const char *word)
{
	return strlen(word) == text.len && memcmp(word, text.at, text.len) == 0;
}
