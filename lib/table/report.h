/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* report.h: pages by bit, as operations report them to the host. */
#ifndef S2PT_TABLE_REPORT_H
#define S2PT_TABLE_REPORT_H

#include <s2pt/tracking.h>

/* Pages that a word of a bitmap has bits for. */
#define WORD 64u

/* Does @bitmap (NULL: none) have bits for [@ipa, @ipa + @size)? S2PT_ERR_BITMAP. */
enum s2pt_status s2pt__check_bitmap(const struct s2pt_format *format, const struct s2pt_bitmap *bitmap,
				    uint64_t ipa, uint64_t size);

/* Set the bits of the pages in [@ipa, @ipa + @bytes). */
void s2pt__bitmap_set(const struct s2pt_table *table, struct s2pt_bitmap *bitmap, uint64_t ipa,
		      uint64_t bytes);

/*
 * The leaf @raw at @level, that mapped @ipa, has lost write permission: report its pages in op->dirty, where there is
 * one and the leaf was writable.
 */
void s2pt__record_dirty(const struct s2pt_range *r, uint64_t ipa, uint64_t raw, int level);

#endif
