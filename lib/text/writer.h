/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* writer.h: text into a buffer that may be too small, counting what the whole would take; and words. */
#ifndef S2PT_TEXT_WRITER_H
#define S2PT_TEXT_WRITER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Tables of words are arrays of arrays, never of pointers: pointers would need relocations, and so a
 * writable section in position-independent builds.
 */
#define COUNT(table)       (sizeof(table) / sizeof((table)[0]))
#define NAME(table, index) ((size_t)(index) < COUNT(table) ? (table)[index] : "?")

struct writer {
	char *buf;
	size_t size;
	size_t length;
};

static inline struct writer
writer_of(char *buf, size_t size)
{
	struct writer w = { buf, size, 0 };

	if (size)
		buf[0] = '\0';
	return w;
}

static inline void
put_char(struct writer *w, char c)
{
	if (w->length + 1 < w->size) {
		w->buf[w->length] = c;
		w->buf[w->length + 1] = '\0';
	}
	w->length++;
}

static inline void
put_text(struct writer *w, const char *text)
{
	while (*text)
		put_char(w, *text++);
}

static inline void
put_decimal(struct writer *w, uint64_t value)
{
	uint64_t power = 1;

	while (value / power >= 10)
		power *= 10;
	for (; power; power /= 10)
		put_char(w, (char)('0' + value / power % 10));
}

static inline void
put_hex(struct writer *w, uint64_t value)
{
	unsigned shift = 0;

	while (shift < 60 && value >> shift >= 16)
		shift += 4;
	put_text(w, "0x");
	for (shift += 4; shift; shift -= 4)
		put_char(w, "0123456789abcdef"[value >> (shift - 4) & 0xf]);
}

/* Put @word behind a space, unless it is the first. */
static inline void
put_word(struct writer *w, const char *word)
{
	if (w->length)
		put_char(w, ' ');
	put_text(w, word);
}

/* The members of @set by name: bit n is called @names + n * @stride; bits that have no name are left out. */
static inline void
put_names(struct writer *w, const char *names, size_t stride, size_t count, uint64_t set)
{
	for (size_t i = 0; i < count; i++)
		if (set >> i & 1u)
			put_word(w, names + i * stride);
}

#define PUT_SET(w, names, set) put_names(w, (names)[0], sizeof((names)[0]), COUNT(names), set)

/* The index of the one bit of @set, or one past the last where it is not one bit. */
static inline size_t
bit_index(uint64_t set)
{
	size_t i = 0;

	while (i < 64 && set != UINT64_C(1) << i)
		i++;
	return i;
}

#endif
