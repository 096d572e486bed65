/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* memory.c: see memory.h. */
#include "memory.h"

#include "trouble.h"
#include "vm.h"

static _Alignas(BLOCK_BYTES) uint64_t frames[2][PAGES][PAGE_BYTES / sizeof(uint64_t)];
static uint64_t copies[PAGES][FRAME_DATA_WORDS];
static uint8_t side[PAGES];

static void
copy_words(volatile uint64_t *to, const volatile uint64_t *from)
{
	for (unsigned i = 0; i < FRAME_DATA_WORDS; i++)
		to[i] = from[i];
}

void
memory_init(void)
{
	for (unsigned page = 0; page < PAGES; page++) {
		side[page] = 0;
		frame_fill(frames[0][page], page * UINT64_C(0x1000), page);
		frame_poison(frames[1][page]);
		memory_copy(page);
	}
}

s2pt_pa
memory_frame(unsigned page)
{
	uint8_t s = __atomic_load_n(&side[page], __ATOMIC_RELAXED);

	return s2pt_pa_of((uint64_t)(uintptr_t)frames[s][page]);
}

void
memory_check(unsigned page)
{
	uint64_t *frame = frames[!side[page]][page];

	if (frame_is_poison(frame))
		return;
	trouble(TROUBLE_LATE, page, (uint64_t)(uintptr_t)frame);
	frame_poison(frame);
}

void
memory_turn(unsigned page)
{
	memory_check(page);
	__atomic_store_n(&side[page], !side[page], __ATOMIC_RELAXED);
}

void
memory_move(unsigned page)
{
	uint64_t *old = frames[!side[page]][page];

	copy_words(frames[side[page]][page], old);
	frame_poison(old);
}

void
memory_copy(unsigned page)
{
	copy_words(copies[page], frames[side[page]][page]);
}

bool
memory_is_copied(unsigned page)
{
	const volatile uint64_t *frame = frames[side[page]][page];
	uint64_t differ = 0;

	for (unsigned i = 0; i < FRAME_DATA_WORDS; i++)
		differ |= frame[i] ^ copies[page][i];
	return !differ;
}
