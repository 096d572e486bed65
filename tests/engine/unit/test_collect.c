/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Ageing and collecting against an account page by page: random patterns of use, over pages, contiguous
 * groups and blocks, in ranges, bitmaps and masks that begin anywhere.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "random.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define PAGES   2048u /* of the window */
#define WINDOW  (UINT64_C(1) << 30)
#define POOL    (UINT64_C(128) << 16)
#define GUARD   (UINT64_C(1) << 16)
#define POOL_PA (UINT64_C(1) << 36)
#define SW      4u
#define ROUNDS  400u

/* Of the link of a leaf table: which eighths of that have no dirty leaf. */
#define CLEAN (UINT64_C(255) << 51)

struct page {
	bool dirty;
	bool young;
	bool writable;
	int level;
	uint32_t first; /* of the block or group that it is in */
	uint32_t count;
};

static struct {
	uint8_t *pool;
	uint64_t used;
	struct s2pt_format format;
	struct s2pt_table table;
	struct page pages[PAGES];
	bool forgotten[PAGES];
	struct s2pt_tlbi_request request; /* the last */
	unsigned requests;
	unsigned publishes;
	unsigned stores; /* to leaves, that the trace has told of */
	bool uses_again; /* hardware does, at once */
} m;

/* --- The host -------------------------------------------------------------------------------------- */

/* Behind a table no memory can be read. */
static bool
alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	uint64_t at = (m.used + bytes - 1u) & ~(uint64_t)(bytes - 1u);

	(void)context;
	(void)what;
	if (at + bytes > POOL || mprotect(m.pool + at, bytes, PROT_READ | PROT_WRITE))
		return false;
	m.used = at + bytes + GUARD;
	page->virt = m.pool + at;
	page->pa = s2pt_pa_of(POOL_PA + at);
	memset(page->virt, POISON, bytes);
	return true;
}

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)what;
	(void)bytes;
	(void)pages;
	(void)count;
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	const unsigned lg2 = m.format.granule_lg2;

	(void)context;
	m.requests += (unsigned)count;
	m.request = requests[count - 1u];
	for (size_t i = 0; i < count; i++)
		for (uint32_t n = 0; n < PAGES; n++)
			if (!requests[i].local &&
			    WINDOW + ((uint64_t)n << lg2) - requests[i].ipa.addr < requests[i].size)
				m.forgotten[n] = true;
}

static void
publish(void *context)
{
	(void)context;
	m.publishes++;
}

static void
trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	(void)context;
	m.stores += ((before.raw ^ after.raw) & ~CLEAN) != 0;
	CHECK_U64(*entry, after.raw, "what is stored is what is told");
	if (m.uses_again)
		*(uint64_t *)(uintptr_t)entry |= before.raw;
}

static struct s2pt_host_ops host = {
	.size = sizeof(host),
	.alloc = alloc,
	.retire = retire,
	.invalidate = invalidate,
	.publish = publish,
};

/* --- Making ---------------------------------------------------------------------------------------- */

static s2pt_ipa
ipa_of_page(uint32_t n)
{
	return s2pt_ipa_of(WINDOW + ((uint64_t)n << m.format.granule_lg2));
}

static void
map(uint32_t first, uint32_t count, uint8_t max_lg2, const struct s2pt_mapping *mapping)
{
	struct s2pt_op op = { .max_lg2 = max_lg2 };
	const uint64_t pa = ipa_of_page(first).addr;

	CHECK_STATUS(s2pt_table_map(&m.table, &op, ipa_of_page(first), (uint64_t)count << m.format.granule_lg2,
				    s2pt_pa_of(pa), mapping),
		     S2PT_OK, "map");
}

/* An empty table, and what memory is to be mapped as. */
static void
open_table(enum s2pt_granule granule, enum s2pt_space space, s2pt_feats hardware, struct s2pt_mapping *mapping)
{
	struct s2pt_features cpu =
		cpu_of(S2PT_FEAT_S2FWB | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_RME, 48);
	struct s2pt_leaf ram = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .w = true };
	struct s2pt_config config;

	s2pt_config_init(&config, granule, &cpu);
	config.space = space;
	config.ipa_bits = 40;
	config.feats |= hardware;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
	CHECK_STATUS(s2pt_mapping_init(&m.format, &ram, S2PT_MAPPING_RAM, mapping), S2PT_OK, "mapping");
	m.used = 0;
	assert_int_equal(mprotect(m.pool, POOL, PROT_NONE), 0);
	host.virt_offset = (uintptr_t)m.pool - (uintptr_t)POOL_PA;
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &host, 0), S2PT_OK, "init");
}

static enum s2pt_status
start(uint32_t count, uint8_t sw)
{
	struct s2pt_op op = { 0 };

	return s2pt_table_dirty_start(&m.table, &op, s2pt_ipa_of(WINDOW), (uint64_t)count << m.format.granule_lg2,
				      sw, 0);
}

/* Pages with holes and without, whole groups, blocks where the window has room for one. */
static void
make_table(enum s2pt_granule granule, s2pt_feats hardware)
{
	struct s2pt_mapping mapping;

	open_table(granule, S2PT_SPACE_NONSECURE, hardware, &mapping);
	map(0, 512, 0, &mapping);
	for (uint32_t n = 512; n < 1536; n += random_below(40) ? 1u : 2u)
		map(n, 1, granule, &mapping);
	map(1536, 512, (uint8_t)(granule + s2pt_format_contiguous_lg2(&m.format, 3)), &mapping);
	CHECK_STATUS(start(PAGES, SW), S2PT_OK, "start");
}

/* --- What is so ------------------------------------------------------------------------------------ */

static void
look(void)
{
	for (uint32_t n = 0; n < PAGES; n++) {
		struct page *p = &m.pages[n];
		struct s2pt_found found;
		struct s2pt_leaf leaf;
		s2pt_pa pa;

		CHECK_STATUS(s2pt_table_lookup(&m.table, ipa_of_page(n), &found), S2PT_OK, "lookup");
		memset(p, 0, sizeof(*p));
		if (s2pt_desc_kind(&m.format, found.level, found.desc) == S2PT_DESC_INVALID)
			continue;
		CHECK_STATUS(s2pt_desc_leaf_decode(&m.format, found.level, found.desc, &pa, &leaf), S2PT_OK,
			     "decode");
		p->dirty = s2pt_table_is_dirty(&m.table, found.desc);
		p->young = leaf.af;
		p->writable = leaf.w;
		p->level = found.level;
		p->count = (uint32_t)(found.size >> m.format.granule_lg2);
		if (leaf.contiguous)
			p->count <<= s2pt_format_contiguous_lg2(&m.format, found.level);
		p->first = n & ~(p->count - 1u);
	}
}

/* Which pages are to be used: to become dirty, and young. */
struct usage {
	uint32_t odds;
	bool hardware;
	bool writes[PAGES];
};

/*
 * Use pages as hardware does: of a group, one member alone. What has lost the right to write for good, and with it
 * the mark that writes are logged, is not written to. Without hardware dirty state a write is a fault.
 */
static bool
use(void *context, const struct s2pt_run *run)
{
	struct usage *u = context;
	const uint64_t tracking_bit = u->hardware ? UINT64_C(1) << 51 : (uint64_t)SW << 55;

	for (uint64_t i = 0; i < run->count; i++) {
		uint64_t *entry = (uint64_t *)(uintptr_t)&run->leaf[i];
		const bool writes = random_below(100) < u->odds && (*entry & tracking_bit);

		if (writes && u->hardware)
			*entry |= UINT64_C(1) << 7;
		else if (writes)
			u->writes[(run->ipa.addr + i * run->bytes - WINDOW) >> m.format.granule_lg2] = true;
		if (random_below(100) < u->odds)
			*entry |= UINT64_C(1) << 10;
	}
	return true;
}

static void
use_pages(uint32_t odds)
{
	static struct usage u;

	memset(&u, 0, sizeof(u));
	u.odds = odds;
	u.hardware = m.format.feats & S2PT_FEAT_HAFDBS_DBM;
	CHECK_STATUS(s2pt_table_visit(&m.table, s2pt_ipa_of(WINDOW), (uint64_t)PAGES << m.format.granule_lg2, use, &u),
		     S2PT_OK, "visit");
	for (uint32_t n = 0; n < PAGES; n++)
		if (u.writes[n])
			CHECK_STATUS(s2pt_shared_mark_dirty(&m.table, NULL, ipa_of_page(n), 0, NULL), S2PT_OK, "write");
}

/* --- One collect, and what it should have done ------------------------------------------------------ */

struct collect {
	bool dirty; /* else age */
	bool shared;
	bool clear;
	bool lazy;
	bool masked;
	uint32_t base, first, count;
	uint64_t mask[PAGES / 64u];
	uint64_t preset[PAGES / 64u]; /* reported before */
	uint64_t word[PAGES / 64u];
	struct s2pt_bitmap bitmap, masked_by;
};

static void
run(struct collect *h)
{
	struct s2pt_op op = { 0 };
	const s2pt_ipa ipa = ipa_of_page(h->first);
	const uint64_t size = (uint64_t)h->count << m.format.granule_lg2;
	const enum s2pt_age age = h->lazy ? S2PT_AGE_CLEAR_LAZY : h->clear ? S2PT_AGE_CLEAR
									   : S2PT_AGE_TEST;
	enum s2pt_status status;

	if (h->masked)
		status = s2pt_table_dirty_clear(&m.table, &op, ipa, size, &h->masked_by);
	else if (h->dirty)
		status = s2pt_table_dirty_collect(&m.table, &op, ipa, size, &h->bitmap,
						  h->clear ? S2PT_COLLECT_CLEAR : 0);
	else if (h->shared)
		status = s2pt_shared_age(&m.table, &op, ipa, size, age, &h->bitmap);
	else
		status = s2pt_table_age(&m.table, &op, ipa, size, age, &h->bitmap);
	CHECK_STATUS(status, S2PT_OK, "collect");
	CHECK_U64(op.done, size, "done");
}

static bool
is_named(const struct collect *h, uint32_t from, uint32_t end)
{
	for (uint32_t n = from - h->base; n < end - h->base; n++)
		if (h->masked && !(h->mask[n / 64u] >> n % 64u & 1u))
			return false;
	return true;
}

static bool
has(const struct page *p, bool dirty)
{
	return dirty ? p->dirty : p->young;
}

/* Page @n, as it was: is it reported, and is it cleared? */
static void
judge(const struct collect *h, const struct page *was, uint32_t n, bool *reported, bool *cleared)
{
	const struct page *p = &was[n];
	const uint32_t last = h->first + h->count;
	uint32_t from = p->first > h->first ? p->first : h->first;
	uint32_t end = p->first + p->count < last ? p->first + p->count : last;
	bool any = false;

	for (uint32_t i = p->first; i < p->first + p->count; i++)
		any = any || has(&was[i], h->dirty);
	*reported = n >= h->first && n < last && any && is_named(h, from, end);
	/* A leaf that the range cuts stays dirty, but not young. */
	*cleared = h->clear && has(p, h->dirty) && end > from && is_named(h, from, end) &&
		   (!h->dirty || end - from == p->count);
}

/*
 * What is cleared is invalidated by one request, from the first leaf or group to the last, of their level where
 * they have one; or by none, where that may wait.
 */
static void
check_requests(const struct collect *h, uint32_t first, uint32_t end, int level)
{
	const unsigned lg2 = m.format.granule_lg2;

	CHECK_U64(m.publishes, h->lazy && end, "publishes");
	CHECK_U64(m.requests, !h->lazy && end, "requests");
	if (!m.requests)
		return;
	CHECK_U64(m.request.ipa.addr, ipa_of_page(first).addr, "invalidated from");
	CHECK_U64(m.request.size, (uint64_t)(end - first) << lg2, "invalidated");
	CHECK((int)m.request.level == level, "level %d, not %d", (int)m.request.level, level);
	CHECK(m.request.last_level && !m.request.local && !m.request.vmid, "leaves, for all CPUs");
}

static void
check(const struct collect *h, const struct page *was)
{
	uint64_t pages = 0;
	uint32_t first = 0, end = 0, entries = 0;
	int level = 0;

	for (uint32_t n = 0; n < PAGES; n++) {
		const uint64_t bit = UINT64_C(1) << (n - h->base) % 64u;
		bool reported, cleared;

		judge(h, was, n, &reported, &cleared);
		if (!h->masked && n >= h->base) {
			const size_t word = (n - h->base) / 64u;
			const bool before = h->preset[word] & bit;

			pages += reported && !before;
			CHECK(((h->word[word] & bit) != 0) == (reported || before), "page %u should%s be reported", n,
			      reported ? "" : " not");
		}
		CHECK(has(&m.pages[n], h->dirty) == (has(&was[n], h->dirty) && !cleared),
		      "page %u should%s be cleared", n, cleared ? "" : " not");
		CHECK(has(&m.pages[n], !h->dirty) == has(&was[n], !h->dirty), "page %u: the other bit", n);
		CHECK(!cleared || h->lazy || m.forgotten[n], "page %u was cleared, and is not invalidated", n);
		if (!cleared)
			continue;
		entries += was[n].level == S2PT_LEVEL_LAST || n == was[n].first;
		if (!end)
			first = was[n].first;
		level = !end || level == was[n].level ? was[n].level : S2PT_TLBI_ANY_LEVEL;
		end = was[n].first + was[n].count;
	}
	if (!h->masked)
		CHECK_U64(h->bitmap.pages, pages, "pages");
	if (host.trace)
		CHECK_U64(m.stores, entries, "stores");
	check_requests(h, first, end, level);
}

static void
one_round(void)
{
	static const uint32_t odds[] = { 0, 1, 10, 50, 99, 100 };
	static struct page was[PAGES];
	struct collect h = {
		.dirty = random_below(2) != 0,
		.shared = random_below(2) != 0,
		.clear = random_below(4) != 0,
	};

	h.masked = h.dirty && h.clear && random_below(2);
	h.lazy = !h.dirty && h.clear && random_below(3) == 0;
	h.first = random_below(2) ? random_below(PAGES / 64u) * 64u : random_below(PAGES);
	h.base = random_below(2) ? h.first / 64u * 64u : random_below(h.first + 1u);
	h.count = 1u + random_below(PAGES - h.first);
	h.bitmap.base = ipa_of_page(h.base);
	h.bitmap.size = (uint64_t)PAGES << m.format.granule_lg2;
	h.bitmap.word = h.word;
	h.masked_by.base = h.bitmap.base;
	h.masked_by.size = h.bitmap.size;
	h.masked_by.word = h.mask;
	for (size_t i = 0; i < COUNT(h.preset); i++)
		h.preset[i] = random_below(4) ? 0 : random_below(2) ? UINT64_MAX
								    : (uint64_t)random_below(UINT32_MAX) << 20;
	memcpy(h.word, h.preset, sizeof(h.word));
	for (size_t i = 0; i < COUNT(h.mask); i++)
		h.mask[i] = random_below(2) ? UINT64_MAX : (uint64_t)random_below(UINT32_MAX) << 20;
	use_pages(odds[random_below(COUNT(odds))]);
	look();
	memcpy(was, m.pages, sizeof(was));
	memset(m.forgotten, 0, sizeof(m.forgotten));
	m.requests = m.publishes = m.stores = 0;
	run(&h);
	look();
	check(&h, was);
}

static void
test_collect(void **state)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };

	const char *seed = getenv("S2PT_SEED");

	(void)state;
	random_state = seed ? strtoull(seed, NULL, 0) : 1;
	printf("S2PT_SEED=%" PRIu64 "\n", random_state);
	for (size_t i = 0; i < COUNT(granules); i++)
		for (unsigned form = 0; form < 4; form++) {
			const bool hardware = form & 1;

			host.trace = form & 2 ? trace : NULL;
			make_table(granules[i], hardware ? S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM : 0);
			for (unsigned n = 0; n < ROUNDS; n++)
				one_round();
		}
}

/* --- Logging begins and ends ------------------------------------------------------------------------ */

/* The raw entry for page @n. */
static uint64_t
raw_of(uint32_t n)
{
	struct s2pt_found found;

	CHECK_STATUS(s2pt_table_lookup(&m.table, ipa_of_page(n), &found), S2PT_OK, "lookup");
	return found.desc.raw;
}

static bool
is_logged_as(const struct s2pt_leaf *leaf, bool w, uint8_t sw, bool dbm)
{
	struct s2pt_leaf logged = *leaf;

	s2pt_table_dirty_leaf(&m.table, &logged);
	return logged.w == w && logged.sw == sw && logged.dbm == dbm;
}

/* Software's tracking bit: one bit that is software's, and the same from then on. */
static void
test_tracking_bit(void **state)
{
	static const uint8_t bad[] = { 0, 3, 5, 6, 9, 12, 15, 16, 17, 32, 128 };
	const struct s2pt_leaf rw = { .r = true, .w = true, .sw = 2 }, ro = { .r = true, .sw = 2 };
	struct s2pt_mapping mapping;

	(void)state;
	host.trace = NULL;
	for (unsigned realm = 0; realm < 2; realm++) {
		open_table(S2PT_GRANULE_4K, realm ? S2PT_SPACE_REALM : S2PT_SPACE_NONSECURE, 0, &mapping);
		map(0, 1, 0, &mapping);
		CHECK(is_logged_as(&rw, true, 2, false) && is_logged_as(&ro, false, 2, false), "no tracking_bit yet");
		for (size_t i = 0; i < COUNT(bad); i++)
			CHECK_STATUS(start(1, bad[i]), S2PT_ERR_SW, "not one software bit");
		if (realm)
			CHECK_STATUS(start(1, 1), S2PT_ERR_SW, "NS in the Realm IPA space");
		CHECK(is_logged_as(&rw, true, 2, false), "refused, and a tracking_bit was chosen");
		CHECK_U64(raw_of(0) >> 7 & 1u, 1, "refused, and the page is clean");
		CHECK_STATUS(start(1, SW), S2PT_OK, "start");
		CHECK_U64(raw_of(0) >> 7 & 1u, 0, "clean");
		CHECK_U64(raw_of(0) >> 55 & 15u, SW, "the tracking_bit");
		CHECK_STATUS(start(1, 8), S2PT_ERR_SW, "another tracking_bit");
		CHECK_STATUS(start(1, SW), S2PT_OK, "start again");
		CHECK(is_logged_as(&rw, false, 2 | SW, false), "logged, and other software bits stay");
		CHECK(is_logged_as(&ro, false, 2, false), "a leaf without the right to write is not logged");
	}
	open_table(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM, &mapping);
	CHECK(is_logged_as(&rw, false, 2, true) && is_logged_as(&ro, false, 2, false), "by hardware");
	map(0, 1, 0, &mapping);
	CHECK_STATUS(start(1, 3), S2PT_OK, "not looked at");
	CHECK_STATUS(start(1, 0), S2PT_OK, "not looked at");
}

/* Groups that software logs lose the hint, all others keep it; the end of its log invalidates nothing. */
static void
test_start_and_stop(void **state)
{
	const uint64_t w = UINT64_C(1) << 7, hint = UINT64_C(1) << 52;
	struct s2pt_mapping mapping;

	(void)state;
	host.trace = NULL;
	for (unsigned hardware = 0; hardware < 2; hardware++) {
		const uint64_t tracking_bit = hardware ? UINT64_C(1) << 51 : (uint64_t)SW << 55;
		struct s2pt_op op = { 0 };

		open_table(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE,
			   hardware ? S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM : 0, &mapping);
		map(0, 64, 16, &mapping);
		for (uint32_t n = 0; n < 64; n++)
			CHECK_U64(raw_of(n) & (hint | w | tracking_bit), hint | w, "a group");
		CHECK_STATUS(start(64, SW), S2PT_OK, "start");
		for (uint32_t n = 0; n < 64; n++)
			CHECK_U64(raw_of(n) & (hint | w | tracking_bit), (hardware ? hint : 0) | tracking_bit,
				  "logged");
		m.requests = 0;
		CHECK_STATUS(s2pt_table_dirty_stop(&m.table, &op, s2pt_ipa_of(WINDOW), 64u << 12), S2PT_OK, "stop");
		/* A group that stays one is broken for it. */
		CHECK_U64(m.requests, hardware, "requests of a stop");
		for (uint32_t n = 0; n < 64; n++)
			CHECK_U64(raw_of(n) & (hint | w | tracking_bit), (hardware ? hint : 0) | w, "logged no longer");
	}
}

/* --- Refusals and budgets --------------------------------------------------------------------------- */

static void
refuse(const char *why, struct s2pt_bitmap *bitmap, uint64_t size)
{
	const s2pt_ipa ipa = s2pt_ipa_of(WINDOW);
	const enum s2pt_status want = size & 4095u ? S2PT_ERR_SIZE_ALIGN : S2PT_ERR_BITMAP;
	struct s2pt_op op = { .done = 7 };

	m.requests = 0;
	CHECK_STATUS(s2pt_table_dirty_collect(&m.table, &op, ipa, size, bitmap, S2PT_COLLECT_CLEAR), want, why);
	CHECK_U64(op.done, 0, why);
	CHECK_STATUS(s2pt_table_dirty_clear(&m.table, &op, ipa, size, bitmap), want, why);
	if (bitmap)
		CHECK_STATUS(s2pt_shared_age(&m.table, &op, ipa, size, S2PT_AGE_CLEAR, bitmap), want, why);
	CHECK_U64(m.requests, 0, why);
	CHECK(!bitmap || (bitmap->word[0] == 0 && !bitmap->pages), "%s: refused, and something is reported", why);
	for (uint32_t n = 0; n < 4; n++)
		CHECK_U64(raw_of(n) & (1u << 10 | 1u << 7), 1u << 10 | 1u << 7, why);
}

static void
test_refusals(void **state)
{
	uint64_t word[2] = { 0 };
	struct s2pt_bitmap bitmap = { .word = word };
	struct s2pt_mapping mapping;

	(void)state;
	host.trace = NULL;
	open_table(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 0, &mapping);
	map(0, 4, 12, &mapping);
	CHECK_STATUS(start(4, SW), S2PT_OK, "start");
	use_pages(100);
	refuse("no bitmap", NULL, 4u << 12);
	bitmap.base = s2pt_ipa_of(WINDOW);
	bitmap.size = 3u << 12;
	refuse("a bitmap that ends too early", &bitmap, 4u << 12);
	bitmap.base = s2pt_ipa_of(WINDOW + (1u << 12));
	bitmap.size = 64u << 12;
	refuse("a bitmap that begins too late", &bitmap, 4u << 12);
	bitmap.base = s2pt_ipa_of(WINDOW - (1u << 11));
	refuse("a bitmap that begins inside of a page", &bitmap, 4u << 12);
	bitmap.base = s2pt_ipa_of(WINDOW);
	refuse("a range that ends inside of a page", &bitmap, (4u << 12) - 1u);
}

/* A budget counts entries: of pages that is pages, wherever tables begin. */
static void
test_budget(void **state)
{
	static const uint64_t budgets[] = { 1, 2, 15, 16, 17, 511, 512, 513, 1500, 1599, 1600, 1601 };
	const uint64_t size = UINT64_C(1600) << 12;
	struct s2pt_mapping mapping;

	(void)state;
	host.trace = NULL;
	open_table(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 0, &mapping);
	map(0, PAGES, 12, &mapping);
	for (uint32_t first = 0; first < 40; first += 13)
		for (size_t i = 0; i < COUNT(budgets); i++) {
			const uint64_t pages = budgets[i] < 1600 ? budgets[i] : 1600;
			struct s2pt_op op = { .budget = budgets[i] };

			CHECK_STATUS(s2pt_table_age(&m.table, &op, ipa_of_page(first), size, S2PT_AGE_TEST, NULL),
				     pages < 1600 ? S2PT_ERR_BUDGET : S2PT_OK, "budget");
			CHECK_U64(op.done, pages << 12, "done within a budget");
		}
}

/* --- While hardware goes on ------------------------------------------------------------------------- */

/* What is used again as soon as it is cleared is for the next collect: each entry is cleared once. */
static void
test_used_again(void **state)
{
	struct s2pt_mapping mapping;

	(void)state;
	host.trace = trace;
	open_table(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM, &mapping);
	map(0, 128, 12, &mapping);
	use_pages(100);
	for (uint32_t count = 1; count <= 100; count++) {
		struct s2pt_op op = { 0 };

		m.uses_again = true;
		m.stores = m.requests = 0;
		CHECK_STATUS(
			s2pt_shared_age(&m.table, &op, ipa_of_page(3), (uint64_t)count << 12, S2PT_AGE_CLEAR, NULL),
			S2PT_OK, "age");
		m.uses_again = false;
		CHECK_U64(m.stores, count, "stores");
		CHECK_U64(m.requests, 1, "requests");
		CHECK_U64(m.request.ipa.addr, ipa_of_page(3).addr, "invalidated from");
		CHECK_U64(m.request.size, (uint64_t)count << 12, "invalidated");
	}
}

/* More blocks in a row than pages are looked at together. */
static void
test_blocks_in_a_row(void **state)
{
	static uint64_t word[32u * 512u / 64u];
	struct s2pt_bitmap bitmap = { .base = { WINDOW }, .size = 32u << 21, .word = word };
	struct s2pt_mapping mapping;
	static struct usage always = { .odds = 100 };
	struct s2pt_op op = { 0 };

	(void)state;
	host.trace = NULL;
	open_table(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 0, &mapping);
	map(0, 32u * 512u, 21, &mapping);
	CHECK_STATUS(s2pt_table_visit(&m.table, s2pt_ipa_of(WINDOW), 32u << 21, use, &always), S2PT_OK, "visit");
	m.requests = 0;
	CHECK_STATUS(s2pt_shared_age(&m.table, &op, s2pt_ipa_of(WINDOW), 32u << 21, S2PT_AGE_CLEAR, &bitmap), S2PT_OK,
		     "age");
	for (size_t i = 0; i < COUNT(word); i++)
		CHECK_U64(word[i], UINT64_MAX, "a word");
	CHECK_U64(bitmap.pages, 32u * 512u, "pages");
	CHECK_U64(m.requests, 1, "requests");
	CHECK_U64(m.request.size, 32u << 21, "invalidated");
	CHECK_U64((uint64_t)m.request.level, 2, "level");
	for (uint32_t n = 0; n < 32; n++)
		CHECK_U64(raw_of(n * 512u) >> 10 & 1u, 0, "AF");
}

/* --- What loses the right to write ------------------------------------------------------------------- */

/* Unmap, protect, and the start of a log, of a range that begins anywhere. */
static enum s2pt_status
take_right(unsigned what, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	const struct s2pt_change read_only = { .clear_w = true };

	switch (what) {
	case 0:
		return s2pt_table_unmap(&m.table, op, ipa, size);
	case 1:
		return s2pt_table_protect(&m.table, op, ipa, size, &read_only);
	default:
		return s2pt_table_dirty_start(&m.table, op, ipa, size, SW, 0);
	}
}

static void
lose(void)
{
	static const uint32_t odds[] = { 0, 1, 10, 50, 100 };
	static struct page was[PAGES];
	struct collect h = { .dirty = true };
	struct s2pt_op op = { .dirty = &h.bitmap };
	uint64_t pages = 0;

	h.first = random_below(PAGES);
	h.count = 1u + random_below(random_below(2) ? 40u < PAGES - h.first ? 40u
									    : PAGES - h.first
						    : PAGES - h.first);
	h.base = random_below(h.first + 1u);
	h.bitmap.base = ipa_of_page(h.base);
	h.bitmap.size = (uint64_t)(PAGES - h.base) << m.format.granule_lg2;
	h.bitmap.word = h.word;
	use_pages(odds[random_below(COUNT(odds))]);
	look();
	memcpy(was, m.pages, sizeof(was));
	/* One that is writable and not logged counts as dirty. */
	for (uint32_t n = 0; n < PAGES; n++)
		was[n].dirty = was[n].writable;
	CHECK_STATUS(take_right(random_below(3), &op, ipa_of_page(h.first), (uint64_t)h.count << m.format.granule_lg2),
		     S2PT_OK, "take a right");
	look();
	for (uint32_t n = h.base; n < PAGES; n++) {
		const bool set = h.word[(n - h.base) / 64u] >> (n - h.base) % 64u & 1u;
		const bool inside = n >= h.first && n < h.first + h.count;
		bool reported, cleared;

		judge(&h, was, n, &reported, &cleared);
		pages += reported;
		CHECK(set == reported, "page %u should%s be reported", n, reported ? "" : " not");
		CHECK(inside ? !m.pages[n].writable : m.pages[n].writable >= was[n].writable,
		      "page %u: writable", n);
	}
	CHECK_U64(h.bitmap.pages, pages, "pages");
}

static void
test_lost_rights(void **state)
{
	(void)state;
	host.trace = NULL;
	for (unsigned n = 0; n < 240; n++) {
		static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };

		if (n % 4 == 0)
			make_table(granules[n / 4 % 3], n / 12 % 2 ? S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM : 0);
		lose();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_collect),
		cmocka_unit_test(test_tracking_bit),
		cmocka_unit_test(test_start_and_stop),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_used_again),
		cmocka_unit_test(test_blocks_in_a_row),
		cmocka_unit_test(test_lost_rights),
	};
	uint8_t *memory = mmap(NULL, POOL + GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return 2;
	m.pool = memory + (-(uintptr_t)memory & (GUARD - 1u));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
