/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fuzz_batch: the program's parser of batch input. Whatever the text, and however it arrives in
 * pieces, every line and field is what a plain search for newlines and commas finds.
 *
 * Input: size of the buffer, size of the pieces, then the text.
 */
#include <errno.h>

#include "batch.h"
#include "fuzz.h"

struct source {
	const uint8_t *at;
	size_t left;
	size_t piece;
};

static ptrdiff_t
fill(void *context, char *buf, size_t size)
{
	struct source *source = context;
	size_t count = size < source->piece ? size : source->piece;

	REQUIRE(size > 0, "asked for nothing");
	if (count > source->left)
		count = source->left;
	/* 0xff is a source that fails when it gets there. */
	for (size_t i = 0; i < count; i++)
		if (source->at[i] == 0xff) {
			count = i;
			if (i == 0)
				return -1;
		}
	if (count)
		memcpy(buf, source->at, count);
	source->at += count;
	source->left -= count;
	return (ptrdiff_t)count;
}

/* A number by another way: strtoull() on a copy, where the text is nothing but digits. */
static void
check_number(struct batch_text text)
{
	uint64_t value = 0;
	bool ok = batch_number(text, &value);
	bool hex = text.len > 2 && memcmp(text.at, "0x", 2) == 0;
	size_t zeros = hex ? 2 : 0;
	char copy[32];

	if (text.len == 0 ||
	    strspn(text.at, hex ? "x0123456789abcdefABCDEF" : "0123456789") < text.len ||
	    (hex && memchr(text.at + 2, 'x', text.len - 2))) {
		REQUIRE(!ok, "a number: %.*s", (int)text.len, text.at);
		return;
	}
	while (zeros < text.len && text.at[zeros] == '0')
		zeros++;
	if (text.len - zeros > 20) {
		REQUIRE(!ok, "too large: %.*s", (int)text.len, text.at);
		return;
	}
	memcpy(copy, text.at + zeros, text.len - zeros);
	copy[text.len - zeros] = '\0';
	errno = 0;
	uint64_t want = strtoull(zeros == text.len ? "0" : copy,
				 NULL, hex ? 16 : 10);

	REQUIRE(ok == (errno == 0) && (!ok || value == want), "%.*s: %d 0x%" PRIx64, (int)text.len,
		text.at, ok, value);
}

static void
check_fields(struct batch_text line)
{
	struct batch_text fields[8];
	size_t count = batch_split(line, fields, 8), commas = 0;
	const char *at = line.at;

	for (size_t i = 0; i < line.len; i++)
		commas += line.at[i] == ',';
	REQUIRE(count == commas + 1, "%zu fields, %zu commas", count, commas);
	REQUIRE(batch_split(line, fields, 0) == count, "another count without room");
	batch_split(line, fields, 8);
	for (size_t i = 0; i < count && i < 8; i++) {
		/* A copy with a NUL, so that searches end. */
		char *copy = malloc(fields[i].len + 1);

		REQUIRE(copy != NULL, "out of memory");
		REQUIRE(fields[i].at == at, "field %zu begins elsewhere", i);
		if (fields[i].len)
			memcpy(copy, fields[i].at, fields[i].len);
		copy[fields[i].len] = '\0';
		REQUIRE(!memchr(copy, ',', fields[i].len), "field %zu: %s", i, copy);
		check_number((struct batch_text){ copy, fields[i].len });
		REQUIRE(batch_is(fields[i], copy) == (strlen(copy) == fields[i].len),
			"field %zu: %s", i, copy);
		REQUIRE(!batch_is(fields[i], ","), "field %zu: %s", i, copy);
		at += fields[i].len + 1;
		free(copy);
	}
}

/* The line that a plain search finds at @at; returns where the next begins. */
static const uint8_t *
next_line(const uint8_t *at, const uint8_t *end, size_t *len)
{
	const uint8_t *newline = at == end ? NULL : memchr(at, '\n', (size_t)(end - at));
	const uint8_t *stop = newline ? newline : end;

	*len = (size_t)(stop - at);
	if (*len && stop[-1] == '\r')
		--*len;
	return newline ? newline + 1 : end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	size_t room = (size_t)take8(&in) + 1;
	struct source source = { .piece = (size_t)take8(&in) + 1 };
	/* As large as promised and no larger: sanitizers see what goes beyond. */
	char *buf = malloc(room);
	const uint8_t *at = in.at, *end = in.at + in.left;
	struct batch_reader reader;
	struct batch_text line;
	enum batch_status status;
	uint64_t lines = 0;

	REQUIRE(buf != NULL, "out of memory");
	source.at = in.at;
	source.left = in.left;
	batch_open(&reader, fill, &source, buf, room);
	while ((status = batch_line(&reader, &line)) == BATCH_OK) {
		const uint8_t *begin = at;
		size_t len;

		REQUIRE(at < end, "a line behind the end");
		at = next_line(at, end, &len);
		REQUIRE(line.len == len && (len == 0 || memcmp(line.at, begin, len) == 0),
			"line %" PRIu64 " differs", lines + 1);
		REQUIRE(reader.line == ++lines, "line %" PRIu64 " is counted as %" PRIu64, lines,
			reader.line);
		REQUIRE(line.at >= buf && line.at + line.len <= buf + room, "outside the buffer");
		check_fields(line);
	}
	if (status == BATCH_END)
		REQUIRE(at == end, "ended before the end");
	if (status == BATCH_TOO_LONG)
		REQUIRE(batch_line(&reader, &line) == BATCH_TOO_LONG, "too long, then not");
	free(buf);
	return 0;
}
