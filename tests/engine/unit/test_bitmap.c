/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Pages by bit: what s2pt_bitmap_take() shows and clears, against an account page by page, for bitmaps and
 * ranges that begin and end anywhere; and the borders of a bitmap, as every call checks them.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include <s2pt/tracking.h>

#include "random.h"
#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

#define WORDS  6u
#define PAGES  (64u * WORDS)
#define ROUNDS 20000u
#define BYTES  ((1 + WORDS) * sizeof(uint64_t))

static struct {
	struct s2pt_format format;
	struct s2pt_bitmap bitmap;
	uint64_t *word; /* the first is not the bitmap's; behind the last no memory can be read */
	bool was[PAGES];
	bool again[PAGES]; /* set by the visitor */
	uint32_t at, end;  /* the range from where the last run ended */
	unsigned shows;
	bool sets_again;
} m;

static bool
is_set(uint32_t n)
{
	return m.word[1 + n / 64u] >> n % 64u & 1u;
}

static s2pt_ipa
ipa_of_page(uint32_t n)
{
	return s2pt_ipa_of(m.bitmap.base.addr + ((uint64_t)n << m.format.granule_lg2));
}

/* The next run that there was is the one that is shown, and none of its bits is set. */
static void
show(void *context, s2pt_ipa ipa, uint64_t bytes)
{
	uint32_t first = m.at, last;

	CHECK(context == &m, "the context");
	while (first < m.end && !m.was[first])
		first++;
	CHECK(first < m.end, "shown, and there are no more");
	for (last = first; last < m.end && m.was[last]; last++)
		CHECK(!is_set(last), "page %u is shown, and still set", last);
	CHECK_U64(ipa.addr, ipa_of_page(first).addr, "the beginning of a run");
	CHECK_U64(bytes, (uint64_t)(last - first) << m.format.granule_lg2, "the length of a run");
	m.at = last;
	m.shows++;
	for (uint32_t n = first; m.sets_again && n < last; n++)
		if (random_below(2)) {
			m.again[n] = true;
			m.word[1 + n / 64u] |= UINT64_C(1) << n % 64u;
		}
}

static enum s2pt_status
take(s2pt_ipa ipa, uint64_t size)
{
	m.shows = 0;
	return s2pt_bitmap_take(&m.bitmap, &m.format, ipa, size, show, &m);
}

/* Runs of all lengths, that begin and end anywhere. */
static void
make_bits(void)
{
	const uint32_t longest = 1u + random_below(random_below(2) ? 3 : 200);
	bool set = random_below(2);

	memset(m.word, 0, BYTES);
	m.word[0] = UINT64_MAX;
	for (uint32_t n = 0; n < PAGES; set = !set)
		for (uint32_t last = n + 1u + random_below(longest); n < last && n < PAGES; n++)
			if (set)
				m.word[1 + n / 64u] |= UINT64_C(1) << n % 64u;
	for (uint32_t n = 0; n < PAGES; n++)
		m.was[n] = is_set(n);
	memset(m.again, 0, sizeof(m.again));
}

/* A page of the bitmap, or the one behind it; often at the border of a word. */
static uint32_t
random_page(uint32_t from)
{
	uint32_t n = from + random_below(PAGES - from + 1u);

	return random_below(3) || n / 64u * 64u < from ? n : n / 64u * 64u;
}

static void
open_bitmap(enum s2pt_granule granule)
{
	m.format = format_of(granule, S2PT_SPACE_NONSECURE, 40, 48, 0);
	m.bitmap.base = s2pt_ipa_of(UINT64_C(1) << 32);
	m.bitmap.base = ipa_of_page(random_below(1000));
	m.bitmap.size = (uint64_t)PAGES << m.format.granule_lg2;
	m.bitmap.word = &m.word[1];
	m.bitmap.pages = 77;
}

static void
one_round(void)
{
	uint32_t first, last;

	make_bits();
	first = random_page(0);
	last = random_page(first);
	m.at = first;
	m.end = last;
	m.sets_again = random_below(2);
	CHECK_STATUS(take(ipa_of_page(first), ipa_of_page(last).addr - ipa_of_page(first).addr), S2PT_OK, "take");
	for (uint32_t n = m.at; n < last; n++)
		CHECK(!m.was[n], "page %u was not shown", n);
	for (uint32_t n = 0; n < PAGES; n++)
		CHECK(is_set(n) == (n < first || n >= last ? m.was[n] : m.again[n]), "page %u, of %u to %u", n, first,
		      last);
	CHECK_U64(m.word[0], UINT64_MAX, "a word that is not the bitmap's");
	CHECK_U64(m.bitmap.pages, 77, "it counts what was set, and that is not undone");
}

static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };

static void
test_take(void **state)
{
	(void)state;
	random_state = 1;
	for (size_t i = 0; i < COUNT(granules); i++) {
		open_bitmap(granules[i]);
		for (unsigned n = 0; n < ROUNDS; n++)
			one_round();
	}
}

/* --- Borders --------------------------------------------------------------------------------------- */

static void
refuse(uint64_t ipa, uint64_t size, const char *why)
{
	const uint64_t inside = (UINT64_C(1) << m.format.granule_lg2) - 1u;

	m.at = 0;
	m.end = 0;
	CHECK_STATUS(take(s2pt_ipa_of(ipa), size),
		     ipa & inside    ? S2PT_ERR_IPA_ALIGN
		     : size & inside ? S2PT_ERR_SIZE_ALIGN
				     : S2PT_ERR_BITMAP,
		     why);
	CHECK(!m.shows, "%s: refused, and something is shown", why);
	for (uint32_t n = 0; n < PAGES; n++)
		CHECK(is_set(n), "%s: refused, and page %u is cleared", why, n);
}

static void
test_borders(void **state)
{
	uint64_t page, base, end;

	(void)state;
	for (size_t i = 0; i < COUNT(granules); i++) {
		open_bitmap(granules[i]);
		page = UINT64_C(1) << m.format.granule_lg2;
		base = m.bitmap.base.addr;
		end = base + m.bitmap.size;
		memset(m.word, 0xff, BYTES);
		memset(m.was, true, sizeof(m.was));
		refuse(base + 1, page, "IPA");
		refuse(base + page / 2, page, "IPA, by half of a page");
		refuse(base, page + 1, "size");
		refuse(base, page / 2, "size, by half of a page");
		refuse(base - page, page, "before");
		refuse(base - page, 2 * page, "partly before");
		refuse(end, page, "behind");
		refuse(end - page, 2 * page, "partly behind");
		refuse(end + page, 0, "empty, and behind");
		refuse(base, m.bitmap.size + page, "larger");
		refuse(base + page, UINT64_MAX - page + 1u, "so large that its end is the bitmap's beginning");
		m.bitmap.base = s2pt_ipa_of(base + page / 2);
		refuse(base + page, page, "a bitmap that begins inside of a page");
		m.bitmap.base = s2pt_ipa_of(base);
		m.bitmap.size = page - 1u;
		refuse(base, page, "a bitmap that ends inside of a page");
		m.bitmap.size = (uint64_t)PAGES * page;
		m.sets_again = false;
		CHECK_STATUS(take(s2pt_ipa_of(end), 0), S2PT_OK, "nothing, at the end");
		CHECK_STATUS(take(s2pt_ipa_of(base), 0), S2PT_OK, "nothing, at the beginning");
		CHECK(!m.shows && is_set(0) && is_set(PAGES - 1u), "nothing");
		m.at = 0;
		m.end = PAGES;
		CHECK_STATUS(take(s2pt_ipa_of(base), m.bitmap.size), S2PT_OK, "all");
		assert_int_equal(m.shows, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_borders),
	};

	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || mprotect(memory + page, page, PROT_NONE))
		return 2;
	m.word = (uint64_t *)(void *)(memory + page - BYTES);
	return cmocka_run_group_tests_name("pages by bit", tests, NULL, NULL);
}
