/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* guest.c: see guest.h. Stage 1 is the guest's business, so the library has no part in it. */
#include "guest.h"

#include "sysreg.h"

#define ENTRIES   512u
#define TAG_PAGES 65u
#define POISONED  (TAG_PAGES - 1u) /* the tag page of poisoned frames */

/* Stage-1 descriptors: Inner Shareable, AF, attribute 0 (Write-Back), EL1 alone. */
#define S1_TABLE UINT64_C(3)
#define S1_BLOCK UINT64_C(0x0040000000000701)
#define S1_PAGE  UINT64_C(0x0040000000000703)

#define TCR_TG0_4K_39_BITS (TCR_T0SZ(64 - 39) | UINT64_C(1) << 8 | UINT64_C(1) << 10 | \
			    UINT64_C(3) << 12 | TCR_EPD1 | TCR_IPS(2))
#define MAIR_WB UINT64_C(0xff)

#define MOVZ_W0    UINT64_C(0x52800000)
#define RET        UINT64_C(0xd65f03c0)
#define MOVZ_SHIFT 5u

/* Everything of the guest's but its code. Only the window's data and the tags vary in use. */
static struct {
	uint64_t level1[ENTRIES];
	uint64_t image[ENTRIES]; /* level 2: the image, by identity */
	uint64_t data2[ENTRIES]; /* level 2 of GUEST_DATA */
	uint64_t data3[GUEST_PAGES_MAX / ENTRIES][ENTRIES];
	uint64_t walk2[GUEST_PAGES_MAX / ENTRIES][ENTRIES];
	_Alignas(4096) uint64_t tag[TAG_PAGES][ENTRIES];
	_Alignas(0x10000) uint8_t end[0x10000]; /* so that the size suits any granule */
} memory __attribute__((aligned(0x10000)));

extern char guest_start[], guest_end[];
extern char payload_load[], payload_store[], payload_fetch[], payload_churn[], payload_vectors[];

static uint64_t
address_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

uint64_t
hash(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* --- Stage 1 ---------------------------------------------------------------------------------- */

static void
map_window_page(unsigned page, unsigned page_lg2)
{
	uint64_t ipa = GUEST_WINDOW + ((uint64_t)page << page_lg2);

	memory.data3[page / ENTRIES][page % ENTRIES] = ipa | S1_PAGE;
	memory.walk2[page / ENTRIES][page % ENTRIES] = ipa | S1_TABLE;
}

static void
fill_tag_page(uint64_t *page, uint64_t tag)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		page[i] = tag;
}

void
guest_init(unsigned page_lg2)
{
	for (unsigned page = 0; page < GUEST_PAGES_MAX; page++)
		map_window_page(page, page_lg2);
	for (unsigned i = 0; i < GUEST_PAGES_MAX / ENTRIES; i++) {
		memory.data2[i] = address_of(memory.data3[i]) | S1_TABLE;
		memory.level1[(GUEST_WALK >> 30) + i] = address_of(memory.walk2[i]) | S1_TABLE;
	}
	for (unsigned i = 0; i < 32; i++)
		memory.image[i] = (UINT64_C(0x40000000) + i * UINT64_C(0x200000)) | S1_BLOCK;
	memory.level1[1] = address_of(memory.image) | S1_TABLE;
	memory.level1[GUEST_DATA >> 30] = address_of(memory.data2) | S1_TABLE;
	for (unsigned tag = 0; tag < TAG_PAGES; tag++)
		fill_tag_page(memory.tag[tag], tag == POISONED ? POISON_TAG : tag);
}

void
guest_load(void)
{
	write_mair_el1(MAIR_WB);
	write_tcr_el1(TCR_TG0_4K_39_BITS);
	write_ttbr0_el1(address_of(memory.level1));
	write_vbar_el1(address_of(payload_vectors));
	write_sctlr_el1(SCTLR_RES1 | SCTLR_I | SCTLR_C | SCTLR_M);
	isb();
}

void
guest_code(uint64_t *pa, uint64_t *bytes)
{
	*pa = address_of(guest_start);
	*bytes = address_of(guest_end) - address_of(guest_start);
}

void
guest_tables(uint64_t *pa, uint64_t *bytes)
{
	*pa = address_of(&memory);
	*bytes = sizeof(memory);
}

/* --- Frames ----------------------------------------------------------------------------------- */

static void
fill_code_and_table(uint64_t *frame, unsigned tag, unsigned tag_page)
{
	for (unsigned i = FRAME_TABLE_WORD; i < FRAME_WORDS; i++)
		frame[i] = address_of(memory.tag[tag_page]) | S1_PAGE;
	frame[FRAME_CODE_WORD] = MOVZ_W0 | (uint64_t)(tag & 0xffffu) << MOVZ_SHIFT | RET << 32;
}

void
frame_fill(uint64_t *frame, uint64_t seed, unsigned tag)
{
	for (unsigned i = 0; i < FRAME_DATA_WORDS; i++)
		frame[i] = hash(seed + i);
	fill_code_and_table(frame, tag, tag % POISONED);
}

static uint64_t
poison_word(const uint64_t *frame, unsigned word)
{
	return UINT64_C(0xdead000000000000) | (address_of(frame) + word * 8u);
}

void
frame_poison(uint64_t *frame)
{
	for (unsigned i = 0; i < FRAME_DATA_WORDS; i++)
		frame[i] = poison_word(frame, i);
	fill_code_and_table(frame, POISON_TAG, POISONED);
}

bool
frame_is_poison(const uint64_t *frame)
{
	for (unsigned i = 0; i < FRAME_DATA_WORDS; i++) {
		if (frame[i] != poison_word(frame, i))
			return false;
	}
	return true;
}

uint64_t
frame_expected(const uint64_t *frame, enum touch touch, unsigned word)
{
	uint64_t tag_page = frame[FRAME_TABLE_WORD] & UINT64_C(0xfffffff000);

	switch (touch) {
	case TOUCH_FETCH:
		return frame[FRAME_CODE_WORD] >> MOVZ_SHIFT & 0xffffu;
	case TOUCH_WALK:
		return *(const uint64_t *)(uintptr_t)tag_page;
	case TOUCH_LOAD:
		return frame[word];
	case TOUCH_STORE:
	case TOUCH_COUNT:
	default:
		return 0;
	}
}

/* --- The payload ------------------------------------------------------------------------------ */

uint64_t
guest_va(enum touch touch, unsigned page, unsigned word)
{
	uint64_t data = GUEST_DATA + page * UINT64_C(0x1000);

	if (touch == TOUCH_WALK)
		return GUEST_WALK + page * UINT64_C(0x200000) +
		       (FRAME_TABLE_WORD + word) * UINT64_C(0x1000);
	return data + 8u * (touch == TOUCH_FETCH ? FRAME_CODE_WORD : word);
}

uint64_t
guest_entry(enum touch touch)
{
	static char *const entry[TOUCH_COUNT] = {
		[TOUCH_LOAD] = payload_load,
		[TOUCH_STORE] = payload_store,
		[TOUCH_FETCH] = payload_fetch,
		[TOUCH_WALK] = payload_load,
	};

	return address_of(entry[touch]);
}

uint64_t
guest_entry_churn(void)
{
	return address_of(payload_churn);
}

uint64_t
guest_churn_step(uint64_t state, unsigned pages, struct churn_step *step)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	step->page = (unsigned)(state >> 8) & (pages - 1u);
	step->word = (unsigned)(state >> 40) & (FRAME_DATA_WORDS - 1u);
	step->store = !(state >> 63);
	return state;
}
