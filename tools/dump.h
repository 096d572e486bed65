/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dump.h: physical memory that was saved: ELF files (their PT_LOAD segments, by physical address), raw files, and what
 * debuggers print (dump_text.h).
 */
#ifndef S2PT_TOOL_DUMP_H
#define S2PT_TOOL_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run of memory, as it is in a file. */
struct dump_segment {
	uint64_t pa;
	uint64_t bytes;
	const unsigned char *at;
};

/* Bytes that are to be freed. */
struct dump_bytes {
	unsigned char *at;
};

struct dump {
	struct dump_segment *segment; /* by address, without overlaps */
	size_t count;
	size_t last;             /* where the last address was found */
	struct dump_bytes *text; /* the bytes that texts stand for */
	size_t texts;
};

/*
 * dump_open - read what @words name: "FILE" is an ELF file, or the text of a debugger, "FILE@BASE" raw memory from the
 * physical address BASE on. Files are mapped, and stay so until the program ends.
 *
 * Returns 0, or an exit status, after a line on standard error.
 */
int dump_open(struct dump *dump, const char *verb, char **words, size_t count);

/*
 * dump_add - add what @bytes bytes at @at hold: raw memory from *@base on, or without @base an ELF file or text. They
 * stay where they are. dump_sort() once all is added: it refuses memory that is there twice, and not the same.
 * Statuses as dump_open().
 */
int dump_add(struct dump *dump, const char *verb, const char *name, const unsigned char *at, uint64_t bytes,
	     const uint64_t *base);
int dump_sort(struct dump *dump, const char *verb);

/*
 * dump_symbol - the physical address of the symbol @name of one of the ELF files that @words name. Statuses as
 * dump_open().
 */
int dump_symbol(const char *verb, char **words, size_t count, const char *name, uint64_t *pa);

/* dump_close - free what dump_open() took, but for the mappings. */
void dump_close(struct dump *dump);

/* dump_at - the memory from @pa on; *@bytes: how much of it lies in a row. NULL where there is none. */
const unsigned char *dump_at(struct dump *dump, uint64_t pa, uint64_t *bytes);

/* dump_read - struct s2pt_reader's read; the context is a struct dump. */
bool dump_read(void *context, uint64_t address, uint64_t *value);

/* A little-endian number of 64 bits: tables are such where SCTLR_EL2.EE is 0. */
static inline uint64_t
dump_number(const unsigned char *at)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

#endif
