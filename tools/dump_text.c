/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "dump_text.h"
#include "grow.h"
#include "value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 64 /* more than any debugger prints in a line */

/* Programs that print bytes without 0x have at most 16 in a line, and then letters, which may look like digits. */
#define PLAIN_BYTES 16

struct line {
	uint64_t address;
	unsigned char bytes[LINE_BYTES];
	size_t count;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of @line, which it is cut off from; empty at the end. */
static struct batch_text
next_word(struct batch_text *line)
{
	struct batch_text word;

	while (line->len && is_blank(*line->at))
		line->at++, line->len--;
	word = (struct batch_text){ line->at, 0 };
	while (line->len && !is_blank(*line->at))
		line->at++, line->len--, word.len++;
	return word;
}

static bool
has_0x(struct batch_text word)
{
	return word.len > 2 && word.at[0] == '0' && tolower((unsigned char)word.at[1]) == 'x';
}

/*
 * "40000000:", "40000000", "0x40000000", and what gdb puts behind: "0x40000000 <tables+8>:". Not any number: a log has
 * many.
 */
static bool
read_address(struct batch_text *line, uint64_t *address)
{
	struct batch_text word = next_word(line), rest = *line;
	const bool colon = word.len && word.at[word.len - 1] == ':';

	word.len -= colon;
	if (!value_address(word, address) || (!colon && !has_0x(word) && word.len < 8))
		return false;
	word = next_word(&rest);
	if (word.len && word.at[0] == '<') {
		while (word.len && word.at[word.len - 1] != ':')
			word = next_word(&rest);
		*line = rest;
	}
	return true;
}

static bool
add_bytes(struct line *line, uint64_t value, size_t count)
{
	if (count > LINE_BYTES - line->count)
		return false;
	for (size_t i = 0; i < count; i++)
		line->bytes[line->count++] = (unsigned char)(value >> 8 * i);
	return true;
}

/* A number in memory: as many bytes as it has digits for. */
static bool
add_number(struct line *line, struct batch_text word)
{
	const size_t digits = word.len - 2;
	uint64_t value;

	return value_address(word, &value) && (digits == 2 || digits == 4 || digits == 8 || digits == 16) &&
	       add_bytes(line, value, digits / 2);
}

/* Bytes, in order, some of which may stand together. */
static bool
add_plain(struct line *line, struct batch_text word)
{
	uint64_t value;

	if (word.len % 2 || line->count + word.len / 2 > PLAIN_BYTES)
		return false;
	for (size_t i = 0; i < word.len; i += 2) {
		const struct batch_text byte = { word.at + i, 2 };

		if (!value_address(byte, &value) || !add_bytes(line, value, 1))
			return false;
	}
	return true;
}

/* Is it a line that has an address? It may have nothing else, as the last of hexdump's. */
static bool
read_line(struct line *line, struct batch_text text)
{
	bool numbers = false;

	line->count = 0;
	if (!read_address(&text, &line->address))
		return false;
	for (;;) {
		const struct batch_text word = next_word(&text);
		const bool number = has_0x(word);

		if (word.len == 0 || (numbers && !number))
			break;
		numbers |= number;
		if (!(number ? add_number(line, word) : add_plain(line, word)))
			break;
	}
	return true;
}

/* --- Pieces ----------------------------------------------------------------------------------- */

static bool
add(struct dump_text *dump, uint64_t address, const unsigned char *bytes, size_t count)
{
	struct dump_text_piece *last = dump->pieces ? &dump->piece[dump->pieces - 1] : NULL;

	if (count > DUMP_TEXT_MAX - dump->count)
		return false;
	if (dump->count + count > dump->room) {
		dump->room = 2 * (dump->count + count);
		dump->bytes = grow(dump->bytes, dump->room);
	}
	if (!last || last->address + last->bytes != address) {
		dump->piece = grow(dump->piece, (dump->pieces + 1) * sizeof(*dump->piece));
		last = &dump->piece[dump->pieces++];
		*last = (struct dump_text_piece){ address, dump->count, 0 };
	}
	memcpy(dump->bytes + dump->count, bytes, count);
	dump->count += count;
	last->bytes += count;
	return true;
}

/* Repeats @line up to @end. */
static bool
repeat(struct dump_text *dump, const struct line *line, uint64_t end)
{
	for (uint64_t at = line->address + line->count; at < end; at += line->count)
		if (line->count == 0 || !add(dump, at, line->bytes, line->count))
			return false;
	return true;
}

static bool
read_text(struct dump_text *dump, struct batch_text text)
{
	struct line line = { .count = 0 }, before = { .count = 0 };
	bool star = false;

	while (text.len) {
		const char *end = memchr(text.at, '\n', text.len);
		const size_t length = end ? (size_t)(end - text.at) : text.len;
		const struct batch_text one = { text.at, length };

		if (length && text.at[0] == '*') {
			star = true;
		} else if (read_line(&line, one)) {
			if (star && !repeat(dump, &before, line.address))
				return false;
			if (line.count && !add(dump, line.address, line.bytes, line.count))
				return false;
			star = false;
			before = line;
		}
		text.at += end ? length + 1 : length;
		text.len -= end ? length + 1 : length;
	}
	return dump->count > 0;
}

bool
dump_text_read(struct dump_text *dump, const char *text, size_t size)
{
	*dump = (struct dump_text){ 0 };
	if (read_text(dump, (struct batch_text){ text, size }))
		return true;
	free(dump->bytes);
	free(dump->piece);
	return false;
}
