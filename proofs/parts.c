/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A block and the table that takes its place: the parts map the same memory with the same attributes, and a table that
 * may become a block is one whose block does. What is broken keeps its bits, and is never valid.
 */
#include "table/collapse.c"
#include "table/resize.c"

#include "small.h"

#define NT         (UINT64_C(1) << 16)
#define CONTIGUOUS (UINT64_C(1) << 52)
#define WRITTEN    (UINT64_C(1) << 10 | UINT64_C(1) << 7)
#define ADDRESS    (bits_below(48) & ~bits_below(12))

static void
split(void)
{
	uint64_t entries[SMALL];
	const uint64_t any = any_below(SMALL);
	/* A block: an address of its size, any attributes, perhaps nT and the hint. */
	const uint64_t block = (any_u64() & ~(bits_below(12 + SMALL_LG2) & ~bits_below(12)) & ~NT & ~UINT64_C(3)) | 1u;
	const uint64_t raw = any_bool() ? block | NT : block;

	assume(!(block & (UINT64_C(7) << 48)));
	fill_parts(&small.table, entries, raw, 2, last_part(&small.table, raw, 2));
	prove((entries[any] & 3u) == 3u && !(entries[any] & CONTIGUOUS));
	prove((entries[any] & ADDRESS) == (block & ADDRESS) + (any << 12));
	prove(((entries[any] ^ block) & ~ADDRESS & ~(CONTIGUOUS | 3u)) == 0);
	/* And back. */
	prove(is_uniform(&small.table, entries, 3));
	prove(whole_of(&small.table, entries, 3) == (block & ~CONTIGUOUS));
	reach();
}

static void
collapse(void)
{
	uint64_t entries[SMALL], written = 0, whole;
	const uint64_t any = any_below(SMALL), common = any_u64() & ~(UINT64_C(7) << 48);

	for (unsigned i = 0; i < SMALL; i++)
		entries[i] = any_mostly((common & ~bits_below(12 + SMALL_LG2)) + ((uint64_t)i << 12) +
					(common & 0xf3cu) + 3u + (any_u64() & WRITTEN));
	assume(is_uniform(&small.table, entries, 3));
	whole = whole_of(&small.table, entries, 3);
	for (unsigned i = 0; i < SMALL; i++)
		written |= entries[i] &
			   (UINT64_C(1) << 10 | (entries[i] & small.table.tracking_bit ? UINT64_C(1) << 7 : 0));
	prove((whole & 3u) == 1u && !(whole & CONTIGUOUS));
	prove((whole & ADDRESS & bits_below(12 + SMALL_LG2)) == 0);
	prove((whole & ADDRESS) + (any << 12) == (entries[any] & ADDRESS));
	/* Nothing that hardware wrote is lost; and what differs is what hardware writes. */
	prove(!(written & ~whole));
	prove(!((whole ^ entries[any]) & ~(ADDRESS | CONTIGUOUS | 3u | (small.table.hw_updates ? WRITTEN : 0) | NT)));
	reach();
}

static void
breaking(void)
{
	uint64_t raw = any_u64() | 1u, entry = raw;
	const int level = raw & 2u ? 3 : 2;

	s2pt__break_entries(&small.table, &entry, 1);
	prove(entry == ((raw & ~UINT64_C(3)) | 2u));
	prove(!(entry & 1u) && entry_is_broken(entry) && entry != 0);
	prove(entry_restored(entry, level) == raw);
	raw = entry;
	prove(s2pt__clear_entry(&small.table, &entry, 0) == raw && entry == 0);
	reach();
}

static void
proof(void)
{
	small_init();
	switch (any_below(3)) {
	case 0:
		split();
		break;
	case 1:
		collapse();
		break;
	default:
		breaking();
	}
}
