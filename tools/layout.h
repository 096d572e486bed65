/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * layout.h: a layout, a line a region, and the tables that it describes. What `s2pt map` prints is one, as text or CSV.
 *
 *     IPA..LAST PA WORD...             a region, LAST its last byte; or IPA +SIZE: as large leaves as fit
 *     IPA..LAST level N PA WORD...     entries of that level, as they stand there
 *     IPA..LAST level N annotation X   invalid entries
 *
 * A WORD is a memory type, a shareability, rights (rw, r-, -w, --), EL1:x, EL0:x, x for both, AF, DBM, contiguous, nT,
 * FnXS, NS, sw=N, pbha=X, IGNORED=X, RES0=X. A region is normal-wb, Inner Shareable and accessed where its words do
 * not say otherwise (no-AF). Empty lines do not count, nor what stands behind #.
 */
#ifndef S2PT_TOOL_LAYOUT_H
#define S2PT_TOOL_LAYOUT_H

#include <s2pt/s2pt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Tables on their way, the start table(s) first. */
struct layout_tables {
	const struct s2pt_format *format;
	uint64_t base; /* the physical address of the first byte */
	uint64_t *entry;
	uint64_t bytes; /* of which all are there */
	uint64_t room;
};

/*
 * layout_read - make the tables that the layout in @file describes.
 * @name: of the file, for messages.
 * @tables: receives them: free(entry).
 *
 * Returns 0, or an exit status, after a line on standard error; then nothing is to be freed.
 */
int layout_read(struct layout_tables *tables, const char *verb, const char *name, FILE *file,
		const struct s2pt_format *format, uint64_t base);

/*
 * layout_build - the same of a file by its name.
 * @name: its file, or "-" for standard input.
 * @tables: receives them: free(entry).
 *
 * Returns 0, or an exit status, after a line on standard error.
 */
int layout_build(struct layout_tables *tables, const char *verb, const char *name, const struct s2pt_format *format,
		 uint64_t base);

#endif
