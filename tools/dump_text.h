/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dump_text.h: memory as debuggers print it: gdb's x/512gx and x/1024wx, QEMU's xp, hexdump -C, xxd. A line has an
 * address and what lies there; lines that have none are passed.
 */
#ifndef S2PT_TOOL_DUMP_TEXT_H
#define S2PT_TOOL_DUMP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As much as a text may stand for: hexdump has one line for all that repeat the one before. */
#define DUMP_TEXT_MAX ((size_t)1 << 28)

/* Bytes that follow each other. */
struct dump_text_piece {
	uint64_t address;
	size_t at; /* in the bytes of the text */
	size_t bytes;
};

struct dump_text {
	unsigned char *bytes;
	size_t count, room;
	struct dump_text_piece *piece;
	size_t pieces;
};

/*
 * dump_text_read - what @size bytes of text at @text stand for: free(bytes), free(piece).
 *
 * Returns false where there is no memory in it, or more than DUMP_TEXT_MAX; then nothing is to be freed.
 */
bool dump_text_read(struct dump_text *dump, const char *text, size_t size);

#endif
