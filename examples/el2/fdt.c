/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* fdt.c: see fdt.h. The format is that of the Devicetree Specification, chapter 5. */
#include "fdt.h"

#include <stdbool.h>
#include <stddef.h>

#include "io.h"

/* Words of the header. */
#define FDT_TOTALSIZE   1
#define FDT_OFF_STRUCT  2
#define FDT_OFF_STRINGS 3

/* Tokens. */
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROP       3u
#define FDT_NOP        4u
#define FDT_END        9u

/* A token, and what belongs to it. */
struct token {
	uint32_t *at;
	uint32_t *end;
	uint32_t kind;
	const char *name; /* of a node or a property */
	uint32_t *value;  /* of a property */
};

static uint32_t
big_endian(uint32_t x)
{
	return __builtin_bswap32(x);
}

static uint32_t *
at_offset(void *fdt, unsigned word)
{
	return (uint32_t *)((uint8_t *)fdt + big_endian(((uint32_t *)fdt)[word]));
}

static uint32_t
words(uint32_t bytes)
{
	return (bytes + 3u) / 4u;
}

static uint32_t
length(const char *text)
{
	uint32_t n = 0;

	while (text[n] != '\0')
		n++;
	return n;
}

static bool
begins(const char *text, const char *prefix)
{
	while (*prefix != '\0' && *text == *prefix) {
		text++;
		prefix++;
	}
	return *prefix == '\0';
}

/* Read the token at @at. */
static struct token
read_token(void *fdt, uint32_t *at)
{
	struct token t = { .at = at, .end = at + 1, .kind = big_endian(*at) };

	if (t.kind == FDT_BEGIN_NODE) {
		t.name = (const char *)t.end;
		t.end += words(length(t.name) + 1u);
	} else if (t.kind == FDT_PROP) {
		t.name = (const char *)at_offset(fdt, FDT_OFF_STRINGS) + big_endian(at[2]);
		t.value = at + 3;
		t.end = t.value + words(big_endian(at[1]));
	}
	return t;
}

/* From @at on, the next token of this kind whose name begins so; FDT_END if there is none. */
static struct token
find(void *fdt, uint32_t *at, uint32_t kind, const char *prefix)
{
	struct token t = read_token(fdt, at);

	while (t.kind != FDT_END && !(t.kind == kind && begins(t.name, prefix)))
		t = read_token(fdt, t.end);
	return t;
}

static struct token
must_find(void *fdt, uint32_t *at, uint32_t kind, const char *prefix)
{
	struct token t = find(fdt, at, kind, prefix);

	if (t.kind == FDT_END)
		refuse(prefix);
	return t;
}

uint32_t
fdt_bytes(const void *fdt)
{
	return big_endian(((const uint32_t *)fdt)[FDT_TOTALSIZE]);
}

unsigned
fdt_count(void *fdt, const char *prefix)
{
	struct token t = find(fdt, at_offset(fdt, FDT_OFF_STRUCT), FDT_BEGIN_NODE, prefix);
	unsigned count = 0;

	for (; t.kind != FDT_END; count++)
		t = find(fdt, t.end, FDT_BEGIN_NODE, prefix);
	return count;
}

void
fdt_drop(void *fdt, const char *prefix)
{
	struct token t = must_find(fdt, at_offset(fdt, FDT_OFF_STRUCT), FDT_BEGIN_NODE, prefix);
	uint32_t *at = t.at;
	unsigned depth = 1;

	while (depth) {
		t = read_token(fdt, t.end);
		depth += t.kind == FDT_BEGIN_NODE;
		depth -= t.kind == FDT_END_NODE;
	}
	while (at < t.end)
		*at++ = big_endian(FDT_NOP);
}

uint32_t
fdt_set(void *fdt, const char *prefix, const char *property, unsigned cell, uint32_t value)
{
	struct token t = must_find(fdt, at_offset(fdt, FDT_OFF_STRUCT), FDT_BEGIN_NODE, prefix);
	uint32_t before;

	t = must_find(fdt, t.end, FDT_PROP, property);
	before = big_endian(t.value[cell]);
	t.value[cell] = big_endian(value);
	return before;
}
