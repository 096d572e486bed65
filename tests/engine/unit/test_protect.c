/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Changes of attributes on plain memory that nobody traces, as hosts run them: there the engine changes four
 * pages at a time, and nobody looks at each store. Entries, invalidations and reports are compared with an
 * account of descriptor bits. And what hardware wrote to one member of a contiguous group holds for all.
 */
#include "pool.h"
#include "random.h"

#include <stdio.h>

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define PAGES    1024u /* of the window: two tables */
#define TABLE    512u  /* entries */
#define GROUP    16u
#define LG2      12u
#define MIB2     (UINT64_C(2) << 20)
#define WINDOW   (UINT64_C(1) << 30)
#define POOL     (UINT64_C(64) << LG2)
#define SW       4u
#define REQUESTS 4096u
#define ROUNDS   3000u

/* Bits of a descriptor. */
#define VALID       UINT64_C(1)
#define MEMATTR     (UINT64_C(0xf) << 2)
#define R           (UINT64_C(1) << 6)
#define W           (UINT64_C(1) << 7)
#define SH          (UINT64_C(3) << 8)
#define AF          (UINT64_C(1) << 10)
#define DBM         (UINT64_C(1) << 51)
#define CONT        (UINT64_C(1) << 52)
#define XN          (UINT64_C(3) << 53)
#define NEVER       (UINT64_C(2) << 53)
#define SW_BITS(sw) ((uint64_t)(sw) << 55)

static struct {
	struct s2pt_format format;
	struct s2pt_table table;
	struct s2pt_tlbi_request request[REQUESTS];
	unsigned requests, calls, cleans, icaches;
	uint64_t clean_bytes, icache_bytes;
	uint64_t *entry[PAGES];
	uint64_t was[PAGES];
	/* During an invalidation these entries are as they must be: invalid, or valid where they were. */
	uint64_t *const *broken;
	unsigned broken_count;
	bool stays_valid;
} m;

/* --- The host -------------------------------------------------------------------------------------- */

static bool
alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	if (!pool_alloc(context, what, bytes, page))
		return false;
	memset(page->virt, POISON, bytes);
	return true;
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	m.calls++;
	for (size_t i = 0; i < count && m.requests < REQUESTS; i++)
		m.request[m.requests++] = requests[i];
	for (unsigned n = 0; n < m.broken_count; n++)
		CHECK(!(*m.broken[n] & VALID), "member %u is valid while others are broken", n);
	for (unsigned n = 0; m.stays_valid && n < PAGES; n++)
		CHECK((*m.entry[n] & VALID) == (m.was[n] & VALID), "page %u was broken", n);
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	m.cleans++;
	m.clean_bytes += bytes;
	return true;
}

static void
invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	m.icaches++;
	m.icache_bytes += bytes;
}

static struct s2pt_host_ops host = {
	.size = sizeof(host),
	.alloc = alloc,
	.retire = retire_nothing,
	.invalidate = invalidate,
	.publish = publish_nothing,
	.clean_data = clean_data,
	.invalidate_icache = invalidate_icache,
};

static void
forget(void)
{
	m.requests = 0;
	m.calls = 0;
	m.cleans = 0;
	m.icaches = 0;
	m.clean_bytes = 0;
	m.icache_bytes = 0;
	m.broken_count = 0;
	m.stays_valid = false;
}

/* --- Making ---------------------------------------------------------------------------------------- */

static s2pt_ipa
ipa_of_page(uint32_t n)
{
	return s2pt_ipa_of(WINDOW + ((uint64_t)n << LG2));
}

static void
open_table_of(s2pt_feats feats, unsigned pa_bits, uint8_t ipa_bits)
{
	struct s2pt_features cpu = cpu_of(feats, pa_bits);
	struct s2pt_config config;

	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = ipa_bits;
	config.feats |= feats;
	CHECK_STATUS(s2pt_format_init(&m.format, &cpu, &config), S2PT_OK, "format");
	pool.used = 0;
	host.virt_offset = pool_offset();
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &host, 0), S2PT_OK, "init");
	forget();
}

static void
open_table(s2pt_feats feats, unsigned pa_bits)
{
	open_table_of(feats, pa_bits, 40);
}

static const struct s2pt_leaf ram = { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .w = true };

static void
map(uint64_t ipa, uint64_t size, uint64_t pa, uint8_t max_lg2, const struct s2pt_leaf *leaf)
{
	struct s2pt_op op = { .max_lg2 = max_lg2 };
	struct s2pt_mapping mapping;

	CHECK_STATUS(s2pt_mapping_init(&m.format, leaf, 0, &mapping), S2PT_OK, "mapping");
	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(ipa), size, s2pt_pa_of(pa), &mapping), S2PT_OK,
		     "map");
}

/* Learn where the entries of the window's leaves are. */
static bool
learn(void *context, const struct s2pt_run *run)
{
	const uint64_t first = (run->ipa.addr - WINDOW) / run->bytes;

	(void)context;
	for (uint64_t i = 0; i < run->count && first + i < PAGES; i++)
		m.entry[first + i] = (uint64_t *)(uintptr_t)&run->leaf[i];
	return true;
}

static void
learn_entries(uint64_t size)
{
	CHECK_STATUS(s2pt_table_visit(&m.table, s2pt_ipa_of(WINDOW), size, learn, NULL), S2PT_OK, "visit");
}

/* --- Random changes --------------------------------------------------------------------------------- */

enum kind {
	PROTECT,
	RELAX,
	START,
	STOP,
};

struct round {
	enum kind kind;
	bool hardware, logged, groups, executes, reports;
	uint32_t first, count, budget;
	struct s2pt_change change;
	uint64_t memattr; /* that change.type is encoded as */
	uint64_t word[PAGES / 64u];
};

static uint64_t
tracking_bit_of(const struct round *r)
{
	return r->hardware ? DBM
	     : r->logged   ? SW_BITS(SW)
			   : 0;
}

/* A leaf at page @n, with random attributes. */
static uint64_t
random_leaf(const struct round *r, uint32_t n)
{
	static const uint64_t memattrs[] = { 0xf, 0x5, 0x1 };
	static const uint64_t shs[] = { 0, 2, 3 };
	uint64_t raw = ipa_of_page(n).addr | 3u;

	raw |= random_below(2) ? R : 0;
	raw |= random_below(2) ? W : 0;
	raw |= random_below(2) ? AF : 0;
	raw |= r->hardware && random_below(2) ? DBM : 0;
	raw |= random_below(2) ? SW_BITS(random_below(16)) : 0;
	raw |= r->executes ? 0xfu << 2 : memattrs[random_below(3)] << 2;
	raw |= shs[random_below(3)] << 8;
	raw |= !r->executes || random_below(2) ? NEVER : 0;
	return raw;
}

/* Runs of leaves that are alike, of others, of groups; and holes and annotations between them. */
static void
fill(const struct round *r)
{
	const uint32_t holes = random_below(2) ? 0 : 1u + random_below(40);
	const uint32_t alike = 1u + random_below(12);
	uint64_t like = 0;

	for (uint32_t n = 0; n < PAGES; n++) {
		uint64_t raw = random_leaf(r, n);

		if (!random_below(alike))
			like = raw & ~(ipa_of_page(n).addr);
		else if (like)
			raw = ipa_of_page(n).addr | like;
		if (holes && !random_below(holes))
			raw = random_below(2) ? 0 : ((uint64_t)random_below(UINT32_MAX) << 30) & ~UINT64_C(3);
		m.was[n] = raw;
	}
	for (uint32_t n = 0; r->groups && n < PAGES; n += GROUP) {
		uint64_t raw = random_leaf(r, n) & ~ipa_of_page(n).addr;

		for (uint32_t i = 0; i < GROUP && raw & 1u; i++)
			m.was[n + i] = raw | ipa_of_page(n + i).addr | CONT;
		n += GROUP * random_below(3);
	}
	for (uint32_t n = 0; n < PAGES; n++)
		*m.entry[n] = m.was[n];
}

static void
choose_change(struct round *r)
{
	struct s2pt_change *change = &r->change;
	static const enum s2pt_memtype types[] = { S2PT_MEM_NORMAL_WB, S2PT_MEM_NORMAL_NC,
						   S2PT_MEM_DEVICE_nGnRE };
	static const uint64_t memattrs[] = { 0xf, 0x5, 0x1 };
	static const uint8_t shs[] = { S2PT_SH_NSH, S2PT_SH_OSH, S2PT_SH_ISH };
	const bool clears = r->kind != RELAX;
	const uint32_t type = random_below(3);

	change->set_r = !random_below(4);
	change->set_w = !random_below(4);
	change->set_af = !random_below(4);
	change->clear_r = clears && !change->set_r && !random_below(4);
	change->clear_w = clears && !change->set_w && !random_below(3);
	change->clear_af = clears && !change->set_af && !random_below(4);
	if (clears && !random_below(3)) {
		/* The tracking bit is not for protect. */
		change->set_sw = (uint8_t)(random_below(16) & ~(uint32_t)SW);
		change->clear_sw = (uint8_t)(random_below(16) & ~(uint32_t)(change->set_sw | SW));
	}
	if (r->executes && random_below(2)) {
		change->set_x_el1 = !clears || random_below(2);
		change->clear_x_el1 = !change->set_x_el1;
		change->set_x_el0 = change->set_x_el1;
		change->clear_x_el0 = change->clear_x_el1;
	}
	if (clears && !r->executes && !r->groups && !random_below(4)) {
		change->retype = true;
		change->type = types[type];
		change->sh = shs[random_below(3)];
		r->memattr = memattrs[type];
	}
}

/* What a leaf has to become, its hint apart. */
static uint64_t
expected(const struct round *r, uint64_t raw)
{
	const struct s2pt_change *c = &r->change;
	uint64_t clear = 0, set = 0;

	if (r->kind == START)
		return raw & W ? (raw & ~W) | (r->hardware ? DBM : SW_BITS(SW)) : raw;
	if (r->kind == STOP)
		return tracking_bit_of(r) && (raw & tracking_bit_of(r)) ? (raw & ~tracking_bit_of(r)) | W : raw;
	clear |= (c->clear_r ? R : 0) |
		 (c->clear_w ? W | tracking_bit_of(r) : 0) |
		 (c->clear_af ? AF : 0);
	clear |= SW_BITS(c->clear_sw) | (c->retype ? MEMATTR | SH : 0) | (c->set_x_el1 ? XN : 0);
	set |= (c->set_r ? R : 0) |
	       (c->set_w ? W : 0) |
	       (c->set_af ? AF : 0) |
	       SW_BITS(c->set_sw);
	set |= c->retype ? r->memattr << 2 | (uint64_t)c->sh << 8 : 0;
	set |= c->clear_x_el1 ? NEVER : 0;
	return (raw & ~clear) | set;
}

/* Does the change of a leaf make wrong what is cached? */
static bool
is_stale(const struct round *r, uint64_t raw, uint64_t made)
{
	if (r->kind == RELAX || r->kind == STOP)
		return false;
	if (r->change.retype)
		return raw != made;
	return (raw ^ made) & (R | W | DBM | XN | (r->change.clear_af ? AF : 0));
}

/* Does the change part the members of a group that the range does not hold whole? */
static bool
parts_groups(const struct round *r)
{
	const struct s2pt_change *c = &r->change;

	return r->kind == START || r->kind == STOP || c->set_r || c->set_w || c->clear_r || c->clear_w ||
	       c->set_x_el1 || c->clear_x_el1;
}

static enum s2pt_status
run_once(struct round *r, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size)
{
	switch (r->kind) {
	case PROTECT:
		return s2pt_table_protect(&m.table, op, ipa, size, &r->change);
	case RELAX:
		return s2pt_table_relax(&m.table, op, ipa, size, &r->change);
	case START:
		return s2pt_table_dirty_start(&m.table, op, ipa, size, SW, 0);
	default:
		return s2pt_table_dirty_stop(&m.table, op, ipa, size);
	}
}

static void
run(struct round *r)
{
	const s2pt_ipa ipa = ipa_of_page(r->first);
	const uint64_t size = (uint64_t)r->count << LG2;
	struct s2pt_bitmap bitmap = { .base = ipa_of_page(0), .size = (uint64_t)PAGES << LG2, .word = r->word };
	struct s2pt_op op = { .budget = r->budget, .dirty = r->reports ? &bitmap : NULL };
	uint64_t done = 0;
	enum s2pt_status status;

	do {
		status = run_once(r, &op, s2pt_ipa_of(ipa.addr + done), size - done);
		done += op.done;
		if (status == S2PT_ERR_BUDGET && !r->groups)
			CHECK_U64(op.done, r->budget * PAGE, "entries of a budget");
	} while (status == S2PT_ERR_BUDGET);
	CHECK_STATUS(status, S2PT_OK, "change");
	CHECK_U64(done, size, "done");
}

/* Pages of the window that an invalidation was about. */
static bool
is_forgotten(uint32_t n)
{
	for (unsigned i = 0; i < m.requests; i++)
		if (ipa_of_page(n).addr - m.request[i].ipa.addr < m.request[i].size)
			return true;
	return false;
}

static void
check_request(unsigned i, uint32_t first, uint32_t last, bool local)
{
	CHECK(i < m.requests, "an invalidation of pages %u to %u is missing", first, last);
	CHECK_U64(m.request[i].ipa.addr, ipa_of_page(first).addr, "begin of an invalidation");
	CHECK_U64(m.request[i].size, (uint64_t)(last - first + 1u) << LG2, "size of an invalidation");
	CHECK_U64((uint64_t)m.request[i].level, 3, "level");
	CHECK(m.request[i].last_level, "leaves alone");
	CHECK(m.request[i].local == local, "an invalidation %u of this CPU alone", local);
}

/* Where there are no groups, from the first page that is stale in a table to the last; those that touch are one. */
static void
check_requests(const struct round *r, const uint64_t *made)
{
	uint32_t first[2] = { PAGES, PAGES }, last[2] = { 0, 0 };
	unsigned i = 0;

	for (uint32_t n = 0; n < PAGES; n++) {
		if (made[n] == m.was[n] || !is_stale(r, m.was[n], made[n]))
			continue;
		if (first[n / TABLE] == PAGES)
			first[n / TABLE] = n;
		last[n / TABLE] = n;
	}
	if (r->kind == RELAX) {
		check_request(i++, r->first, r->first + r->count - 1u, true);
	} else if (last[0] == TABLE - 1u && first[1] == TABLE) {
		check_request(i++, first[0], last[1], false);
	} else {
		for (unsigned t = 0; t < 2; t++)
			if (first[t] != PAGES)
				check_request(i++, first[t], last[t], false);
	}
	CHECK_U64(m.requests, i, "invalidations");
}

static void
check(const struct round *r)
{
	static uint64_t made[PAGES];

	for (uint32_t n = 0; n < PAGES; n++) {
		const bool in = n - r->first < r->count;
		const uint32_t group = n / GROUP * GROUP;
		const bool whole = group >= r->first && group + GROUP <= r->first + r->count;
		const bool near = group < r->first + r->count && group + GROUP > r->first;
		const bool kept = !near || !parts_groups(r) ||
				  (whole && !r->budget && (r->kind != START || r->hardware));
		uint64_t want = m.was[n], got = *m.entry[n];

		if (in && (want & VALID))
			want = expected(r, want);
		/* Where a group was cut the hint has gone, on all or none. */
		if (r->groups && !kept && (m.was[n] & VALID) && (m.was[n] & CONT)) {
			CHECK((got & CONT) == (*m.entry[group] & CONT), "page %u: hint", n);
			want = (want & ~CONT) | (got & CONT);
			if (in && want != got)
				want &= ~CONT;
		}
		CHECK(got == want, "page %u: is 0x%" PRIx64 ", was 0x%" PRIx64 ", should be 0x%" PRIx64, n, got,
		      m.was[n], want);
		made[n] = want;
		if (in && (m.was[n] & VALID) && is_stale(r, m.was[n], want))
			CHECK(is_forgotten(n), "page %u is stale", n);
		if (r->reports && r->kind != RELAX && r->kind != STOP && !r->groups)
			CHECK((r->word[n / 64u] >> n % 64u & 1u) ==
				      (in && (m.was[n] & VALID) && (m.was[n] & W) && !(want & W)),
			      "page %u was dirty: 0x%" PRIx64, n, m.was[n]);
	}
	if (!r->groups && !r->budget)
		check_requests(r, made);
}

static void
one_round(bool hardware, bool logged, bool groups)
{
	struct round r = { .hardware = hardware, .logged = logged, .groups = groups };

	r.kind = (enum kind)random_below(logged ? 4 : 2);
	r.executes = random_below(3) == 0;
	r.reports = !random_below(4);
	r.budget = random_below(5) ? 0 : 1u + random_below(100);
	r.first = random_below(4) ? random_below(PAGES) : random_below(2) * TABLE;
	r.count = 1u + random_below(random_below(2) ? 40 : PAGES);
	if (r.count > PAGES - r.first)
		r.count = PAGES - r.first;
	if (r.kind <= RELAX)
		choose_change(&r);
	fill(&r);
	forget();
	m.stays_valid = !groups && !r.change.retype;
	run(&r);
	check(&r);
}

static void
test_random(void **state)
{
	const char *seed = getenv("S2PT_SEED");
	const s2pt_feats written = S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM;
	struct s2pt_op op = { 0 };

	(void)state;
	random_state = seed ? strtoull(seed, NULL, 0) : 1;
	printf("S2PT_SEED=%" PRIu64 "\n", random_state);
	for (unsigned kind = 0; kind < 8; kind++) {
		const bool hardware = kind & 1u, logged = kind & 2u, groups = kind & 4u;

		open_table(hardware ? written : 0, 48);
		map(WINDOW, MIB2 * 2u, WINDOW, groups ? 16 : LG2, &ram);
		learn_entries(MIB2 * 2u);
		if (logged)
			CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, s2pt_ipa_of(WINDOW), MIB2 * 2u, SW, 0),
				     S2PT_OK, "start");
		for (unsigned n = 0; n < ROUNDS / 8u; n++)
			one_round(hardware, logged, groups);
	}
}

/* Pages that map the same memory, of which one alone changes: that one is invalidated, and no other. */
static void
test_pages_of_one_memory(void **state)
{
	const struct s2pt_change change = { .clear_w = true };

	(void)state;
	open_table(0, 48);
	map(WINDOW, MIB2, WINDOW, LG2, &ram);
	learn_entries(MIB2);
	for (uint32_t written = 0; written < 6; written++) {
		struct s2pt_op op = { 0 };

		for (uint32_t n = 0; n < 6; n++)
			*m.entry[n] = WINDOW | 3u | 0xfu << 2 | R | NEVER | (n == written ? W : 0);
		forget();
		CHECK_STATUS(s2pt_table_protect(&m.table, &op, ipa_of_page(0), 6u * PAGE, &change), S2PT_OK,
			     "protect");
		check_request(0, written, written, false);
		CHECK_U64(m.requests, 1, "invalidations");
		for (uint32_t n = 0; n < 6; n++)
			CHECK_U64(*m.entry[n], WINDOW | 3u | 0xfu << 2 | R | NEVER, "entry");
	}
}

/* --- Groups that hardware writes to ------------------------------------------------------------------ */

static const s2pt_feats hardware_feats = S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM;

/* Groups of pages, all logged and clean, in the first 2 MiB; AF is clear. */
static void
open_groups(void)
{
	struct s2pt_leaf leaf = ram;

	open_table(hardware_feats, 48);
	leaf.w = false;
	leaf.dbm = true;
	map(WINDOW, MIB2, WINDOW, 16, &leaf);
	learn_entries(MIB2);
	forget();
}

static void
check_bits(uint32_t first, uint32_t count, uint64_t mask, uint64_t want, const char *what)
{
	for (uint32_t n = first; n < first + count; n++)
		CHECK((*m.entry[n] & mask) == want, "%s: page %u is 0x%" PRIx64, what, n, *m.entry[n]);
}

static enum s2pt_status
protect(uint32_t first, uint32_t count, const struct s2pt_change *change, struct s2pt_op *op)
{
	return s2pt_table_protect(&m.table, op, ipa_of_page(first), (uint64_t)count << LG2, change);
}

/* Whichever member was written to, a group that is unfolded was; and its neighbours were not. */
static void
test_unfolded_is_written(void **state)
{
	const struct s2pt_change change = { .clear_r = true };

	(void)state;
	for (uint32_t member = 0; member < GROUP; member++) {
		struct s2pt_op op = { 0 };

		open_groups();
		*m.entry[GROUP + member] |= AF | W;
		*m.entry[2u * GROUP] |= AF;
		CHECK_STATUS(protect(GROUP + 5u, 1, &change, &op), S2PT_OK, "protect");
		check_bits(0, GROUP, CONT | AF | W, CONT, "before");
		check_bits(GROUP, GROUP, CONT | AF | W, AF | W, "unfolded");
		check_bits(2u * GROUP, 1, CONT | AF | W, CONT | AF, "behind");
	}
	/* What the next one has is not its neighbour's. */
	open_groups();
	*m.entry[2u * GROUP] |= AF | W;
	CHECK_STATUS(protect(GROUP + 5u, 1, &change, &(struct s2pt_op){ 0 }), S2PT_OK, "protect");
	check_bits(GROUP, GROUP, CONT | AF | W, 0, "unfolded");
}

/* The same where groups move to where they fit no longer. */
static void
test_moved_is_written(void **state)
{
	(void)state;
	for (uint32_t member = 0; member < GROUP; member++) {
		struct s2pt_op op = { 0 };
		const s2pt_pa to = s2pt_pa_of(WINDOW + MIB2 + PAGE);

		open_groups();
		*m.entry[member] |= AF;
		*m.entry[GROUP + member] |= AF | W;
		*m.entry[3u * GROUP + member] |= W;
		CHECK_STATUS(s2pt_table_move(&m.table, &op, s2pt_ipa_of(WINDOW), 4u * GROUP * PAGE,
					     &(struct s2pt_move){ .from = s2pt_pa_of(WINDOW), .to = to }),
			     S2PT_OK, "move");
		check_bits(0, GROUP, CONT | AF | W, AF, "first");
		check_bits(GROUP, GROUP, CONT | AF | W, AF | W, "second");
		check_bits(2u * GROUP, GROUP, CONT | AF | W, 0, "third");
		check_bits(3u * GROUP, GROUP, CONT | AF | W, W, "fourth");
		check_bits(4u * GROUP, GROUP, CONT | AF | W, CONT, "fifth");
	}
}

/* A change that concerns some members alone is made with all of them broken. */
static void
test_groups_change_whole(void **state)
{
	const struct s2pt_change change = { .set_w = true };

	(void)state;
	for (uint32_t member = 0; member < GROUP; member++) {
		struct s2pt_op op = { 0 };

		open_groups();
		*m.entry[GROUP + member] |= W;
		m.broken = &m.entry[GROUP];
		m.broken_count = GROUP;
		CHECK_STATUS(protect(GROUP, GROUP, &change, &op), S2PT_OK, "protect");
		CHECK_U64(m.calls, 1, "invalidations");
		check_bits(GROUP, GROUP, CONT | W, CONT | W, "changed");
	}
}

/*
 * The access flag is a member's own, and what a TLB holds may be the group: all of it is invalidated, also where the
 * range holds a part, and nothing of its neighbours.
 */
static void
test_access_flag_of_groups(void **state)
{
	const struct s2pt_change change = { .clear_af = true };
	static const struct {
		uint32_t first, count; /* the range */
		uint32_t set;          /* the member, or page, that has AF */
		uint32_t stale, length;
	} rows[] = {
		{ GROUP, GROUP, GROUP + 3u, GROUP, GROUP },
		{ GROUP + 2u, 4, GROUP + 3u, GROUP, GROUP },
		{ GROUP, 2u * GROUP, 3u * GROUP - 1u, 2u * GROUP, GROUP },
		{ GROUP + 2u, 1, GROUP + 3u, 0, 0 },
	};

	(void)state;
	for (unsigned n = 0; n < COUNT(rows); n++) {
		struct s2pt_op op = { 0 };

		open_groups();
		*m.entry[rows[n].set] |= AF;
		CHECK_STATUS(protect(rows[n].first, rows[n].count, &change, &op), S2PT_OK, "protect");
		CHECK_U64(m.requests, rows[n].length ? 1 : 0, "requests");
		if (rows[n].length)
			check_range_request(&m.request[0], ipa_of_page(rows[n].stale).addr,
					    (uint64_t)rows[n].length << LG2, 3, true);
		check_bits(rows[n].first, rows[n].count, CONT | AF, CONT, "old");
	}
	/* Where there are no groups, what was changed alone. */
	open_groups();
	for (uint32_t n = 0; n < PAGES / 2u; n++)
		*m.entry[n] &= ~CONT;
	*m.entry[GROUP + 3u] |= AF;
	forget();
	CHECK_STATUS(protect(GROUP, GROUP, &change, &(struct s2pt_op){ 0 }), S2PT_OK, "protect");
	CHECK_U64(m.requests, 1, "requests");
	check_range_request(&m.request[0], ipa_of_page(GROUP + 3u).addr, PAGE, 3, true);
}

/* Pages of groups that were dirty, and those alone that can be written to no more, are reported. */
static void
test_groups_report(void **state)
{
	uint64_t word[PAGES / 64u] = { 0 };
	struct s2pt_bitmap bitmap = { .base = ipa_of_page(0), .size = MIB2, .word = word };
	struct s2pt_op op = { .dirty = &bitmap };
	struct s2pt_change change = { .clear_r = true };

	(void)state;
	open_groups();
	*m.entry[GROUP + 3u] |= W;
	CHECK_STATUS(protect(0, 4u * GROUP, &change, &op), S2PT_OK, "protect");
	CHECK_U64(word[0], 0, "what stays dirty");
	change.clear_w = true;
	CHECK_STATUS(protect(0, 4u * GROUP, &change, &op), S2PT_OK, "protect");
	CHECK_U64(word[0], UINT64_C(0xffff) << GROUP, "what was dirty");
	check_bits(0, 4u * GROUP, CONT | W | DBM, CONT, "not logged, not writable");
}

/* Memory that becomes executable in groups needs it to fetches. */
static void
test_groups_need_fetches(void **state)
{
	const struct s2pt_change change = { .set_x_el1 = true, .set_x_el0 = true, .ram = true };
	struct s2pt_op op = { 0 };

	(void)state;
	open_groups();
	CHECK_STATUS(protect(GROUP, 2u * GROUP, &change, &op), S2PT_OK, "protect");
	CHECK_U64(m.icache_bytes, 2u * GROUP * PAGE, "instruction-cache maintenance");
	CHECK_STATUS(protect(GROUP, 2u * GROUP, &change, &op), S2PT_OK, "protect");
	CHECK_U64(m.icache_bytes, 2u * GROUP * PAGE, "what is executable needs it no more");
}

/* --- Groups whose members software tells apart --------------------------------------------------------- */

/* Logging without hardware's help unfolds the groups that it meets, each as a whole whatever the budget. */
static void
test_logging_unfolds(void **state)
{
	(void)state;
	for (uint32_t first = 0; first < GROUP; first++)
		for (uint32_t budget = 0; budget < 4; budget++) {
			struct s2pt_op op = { .budget = budget };
			uint32_t done = first ? budget : GROUP;
			/* A budget that ends in the second group takes all of it. */
			const bool all = !budget || (first && budget > GROUP - first);
			enum s2pt_status want = all ? S2PT_OK : S2PT_ERR_BUDGET;

			open_table(0, 48);
			map(WINDOW, MIB2, WINDOW, 16, &ram);
			learn_entries(MIB2);
			/* To the end of the second group, or as far as the budget goes. */
			if (all)
				done = 2u * GROUP - first;
			CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, ipa_of_page(GROUP + first),
							    (2u * GROUP - first) * PAGE, SW, 0),
				     want, "start");
			CHECK_U64(op.done, (uint64_t)done * PAGE, "done");
			check_bits(0, GROUP, CONT | W, CONT | W, "before");
			check_bits(GROUP, first, CONT | W, W, "not in the range");
			check_bits(GROUP, GROUP, CONT, 0, "unfolded");
			if (all)
				check_bits(GROUP + first, 2u * GROUP - first, CONT | W | SW_BITS(SW), SW_BITS(SW),
					   "logged");
			check_bits(3u * GROUP, GROUP, CONT | W, CONT | W, "behind");
		}
}

/* To begin the log again: the member that is dirty becomes clean, and the others of its group stay what they are. */
static void
test_logging_again(void **state)
{
	struct s2pt_op op = { 0 };

	(void)state;
	open_groups();
	*m.entry[GROUP + 3u] |= W;
	CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, ipa_of_page(0), 4u * GROUP * PAGE, 0, 0), S2PT_OK, "start");
	check_bits(0, 4u * GROUP, CONT | W | DBM, CONT | DBM, "logged, and clean");
}

/* A host that had the log's software bit for itself: where the log ends, pages without it do not become writable. */
static void
test_bit_of_one_member(void **state)
{
	const struct s2pt_change change = { .set_sw = SW };
	struct s2pt_leaf leaf = ram;
	struct s2pt_op op = { 0 };

	(void)state;
	leaf.w = false;
	open_table(0, 48);
	map(WINDOW, 2u * GROUP * PAGE, WINDOW, 16, &leaf);
	learn_entries(MIB2);
	CHECK_STATUS(protect(3, 1, &change, &op), S2PT_OK, "protect");
	CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, ipa_of_page(GROUP), GROUP * PAGE, SW, 0), S2PT_OK, "start");
	CHECK_STATUS(s2pt_table_dirty_stop(&m.table, &op, ipa_of_page(0), 2u * GROUP * PAGE), S2PT_OK, "stop");
	check_bits(0, 3, W, 0, "not logged");
	check_bits(4, 2u * GROUP - 4u, W, 0, "not logged");
}

/* One batch goes over groups that become logged, and over what does not: holes, and groups that are not writable. */
static void
test_logging_passes(void **state)
{
	struct s2pt_leaf leaf = ram;
	struct s2pt_op op = { 0 };

	(void)state;
	open_table(0, 48);
	map(WINDOW, GROUP * PAGE, WINDOW, 16, &leaf);
	map(WINDOW + 3u * GROUP * PAGE, GROUP * PAGE, WINDOW + 3u * GROUP * PAGE, 16, &leaf);
	leaf.w = false;
	map(WINDOW + 2u * GROUP * PAGE, GROUP * PAGE, WINDOW + 2u * GROUP * PAGE, 16, &leaf);
	learn_entries(MIB2);
	forget();
	CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, ipa_of_page(0), 4u * GROUP * PAGE, SW, 0), S2PT_OK, "start");
	CHECK_U64(m.calls, 1, "invalidations");
	check_bits(0, GROUP, CONT | W | SW_BITS(SW), SW_BITS(SW), "logged");
	check_bits(GROUP, GROUP, ~UINT64_C(0), 0, "a hole");
	check_bits(2u * GROUP, GROUP, CONT | W | SW_BITS(SW), CONT, "not writable");
	check_bits(3u * GROUP, GROUP, CONT | W | SW_BITS(SW), SW_BITS(SW), "logged");
}

/* What is mapped to be logged by software is in no group, nor does it become one. */
static void
test_logged_pages_stay_alone(void **state)
{
	struct s2pt_leaf leaf = ram;
	struct s2pt_op op = { 0 };

	(void)state;
	open_table(0, 48);
	CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, s2pt_ipa_of(0), PAGE, SW, 0), S2PT_OK, "start");
	s2pt_table_dirty_leaf(&m.table, &leaf);
	map(WINDOW, MIB2, WINDOW, 16, &leaf);
	map(WINDOW + MIB2, MIB2, WINDOW + MIB2, 16, &ram);
	learn_entries(2u * MIB2);
	check_bits(0, TABLE, CONT | W | SW_BITS(SW), SW_BITS(SW), "logged");
	check_bits(TABLE, TABLE, CONT | W | SW_BITS(SW), CONT | W, "not logged");
}

/* What must not change is not unfolded for it either. */
static void
test_forbidden_group(void **state)
{
	const struct s2pt_change change = { .retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_OSH };
	struct s2pt_leaf leaf = ram;
	struct s2pt_op op = { 0 };

	(void)state;
	leaf.x_el1 = true;
	leaf.x_el0 = true;
	open_table(0, 48);
	map(WINDOW, MIB2, WINDOW, 16, &leaf);
	learn_entries(MIB2);
	forget();
	for (uint32_t first = 0; first < GROUP; first++) {
		CHECK_STATUS(protect(first, 2u * GROUP, &change, &op), S2PT_ERR_EXEC_UNCACHED, "protect");
		CHECK_U64(op.done, 0, "done");
		CHECK_U64(m.calls, 0, "invalidations");
		check_bits(0, 4u * GROUP, CONT | MEMATTR, CONT | MEMATTR, "untouched");
	}
}

/*
 * What a part of a block must not become is refused before the block is split or unmapped, for each way to refuse:
 * else a guest chooses by its faults where blocks are cut and tables are built.
 */
static void
test_refused_before_a_cut(void **state)
{
	static const enum s2pt_partial ways[] = { S2PT_PARTIAL_SPLIT, S2PT_PARTIAL_ZAP, S2PT_PARTIAL_REFUSE };
	const struct s2pt_change execute = { .set_x_el1 = true, .set_x_el0 = true };
	const struct s2pt_change retype = { .retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_OSH };

	(void)state;
	for (unsigned n = 0; n < 2u * COUNT(ways); n++) {
		const bool executable = n % 2u;
		struct s2pt_leaf leaf = ram;
		uint64_t used;

		leaf.type = executable ? S2PT_MEM_NORMAL_WB : S2PT_MEM_DEVICE_nGnRE;
		leaf.x_el1 = leaf.x_el0 = executable;
		open_table(0, 48);
		map(WINDOW, MIB2, WINDOW, 21, &leaf);
		forget();
		used = pool.used;
		for (uint32_t page = 0; page < TABLE; page++) {
			struct s2pt_op op = { .partial = ways[n / 2u] };
			const s2pt_ipa ipa = s2pt_ipa_of(WINDOW + page * PAGE);

			CHECK_STATUS(s2pt_table_protect(&m.table, &op, ipa, PAGE, executable ? &retype : &execute),
				     S2PT_ERR_EXEC_UNCACHED, "protect");
			CHECK_U64(op.done, 0, "done");
			if (!executable)
				CHECK_STATUS(s2pt_table_relax(&m.table, &op, ipa, PAGE, &execute),
					     S2PT_ERR_EXEC_UNCACHED, "relax");
		}
		CHECK_U64(pool.used, used, "tables");
		CHECK_U64(m.calls, 0, "invalidations");
	}
}

/* The same for moves: the part of a block is elsewhere, or is a block that the target's alignment does not permit. */
static void
test_move_refused_before_a_cut(void **state)
{
	static const struct {
		uint64_t ipa, size, to;
		enum s2pt_status status;
		bool executable;
	} cases[] = {
		{ WINDOW, PAGE, 0, S2PT_ERR_EXISTS, false },
		{ WINDOW + MIB2 - PAGE, 2u * PAGE, 0, S2PT_ERR_EXISTS, false },
		{ WINDOW + MIB2, MIB2, PAGE, S2PT_ERR_OA_ALIGN, false },
		{ WINDOW + MIB2, PAGE, 0, S2PT_ERR_HOST_ICACHE, true },
	};
	struct s2pt_host_ops without = host;

	(void)state;
	without.invalidate_icache = NULL;
	for (unsigned n = 0; n < COUNT(cases); n++) {
		const bool elsewhere = cases[n].status == S2PT_ERR_EXISTS;
		struct s2pt_leaf leaf = ram;
		struct s2pt_op op = { .partial = S2PT_PARTIAL_SPLIT };
		const struct s2pt_move move = {
			.from = s2pt_pa_of(cases[n].ipa + (elsewhere ? PAGE : 0)),
			.to = s2pt_pa_of((UINT64_C(4) << 30) + cases[n].to),
		};
		uint64_t used;

		open_table(0, 48);
		leaf.x_el1 = leaf.x_el0 = cases[n].executable;
		map(WINDOW, UINT64_C(1) << 30, WINDOW, 30, &leaf);
		used = pool.used;
		forget();
		m.table.host = cases[n].executable ? &without : &host;
		CHECK_STATUS(s2pt_table_move(&m.table, &op, s2pt_ipa_of(cases[n].ipa), cases[n].size, &move),
			     cases[n].status, "move");
		CHECK_U64(op.done, 0, "done");
		CHECK_U64(pool.used, used, "tables");
		CHECK_U64(m.calls, 0, "invalidations");
	}
	m.table.host = &host;
}

/* Of all types, in both modes, Device and Normal-NC memory alone may not become executable, nor what is be that. */
static void
test_uncached_is_not_executable(void **state)
{
	static const bool is_uncached[S2PT_MEMTYPE_COUNT] = {
		[S2PT_MEM_DEVICE_nGnRnE] = true,
		[S2PT_MEM_DEVICE_nGnRE] = true,
		[S2PT_MEM_DEVICE_nGRE] = true,
		[S2PT_MEM_DEVICE_GRE] = true,
		[S2PT_MEM_NORMAL_NC] = true,
	};
	const struct s2pt_change execute = { .set_x_el1 = true, .set_x_el0 = true };
	unsigned tried = 0;

	(void)state;
	for (unsigned n = 0; n < 2u * S2PT_MEMTYPE_COUNT; n++) {
		const s2pt_feats feats = S2PT_FEAT_MTE_PERM | (n % 2u ? S2PT_FEAT_S2FWB : 0);
		const enum s2pt_memtype type = (enum s2pt_memtype)(n / 2u);
		const struct s2pt_change retype = { .retype = true, .type = type, .sh = S2PT_SH_OSH };
		const enum s2pt_status want = is_uncached[type] ? S2PT_ERR_EXEC_UNCACHED : S2PT_OK;
		struct s2pt_leaf leaf = ram;
		struct s2pt_op op = { 0 };
		uint8_t memattr;
		uint64_t raw;

		if (s2pt_memattr_encode(feats, type, &memattr) != S2PT_OK)
			continue;
		tried++;
		open_table(feats, 48);
		leaf.type = type;
		map(WINDOW, PAGE, WINDOW, LG2, &leaf);
		leaf.type = S2PT_MEM_NORMAL_WB;
		leaf.x_el1 = leaf.x_el0 = true;
		map(WINDOW + PAGE, PAGE, WINDOW, LG2, &leaf);
		learn_entries(MIB2);
		raw = *m.entry[1];
		CHECK_STATUS(protect(0, 1, &execute, &op), want, "becomes executable");
		check_bits(0, 1, MEMATTR | XN, (uint64_t)memattr << 2 | (is_uncached[type] ? NEVER : 0), "executable");
		CHECK_STATUS(protect(1, 1, &retype, &op), want, "is executable");
		if (is_uncached[type])
			CHECK_U64(*m.entry[1], raw, "untouched");
		else
			check_bits(1, 1, MEMATTR | XN, (uint64_t)memattr << 2, "retyped");
	}
	/* 16 types, of which 7 have no encoding with FWB. */
	assert_int_equal(tried, 16 + 9);
}

/* --- Changes of type ----------------------------------------------------------------------------------- */

/* Single pages and groups of a table are one batch. */
static void
test_retype_is_one_batch(void **state)
{
	const struct s2pt_change change = { .retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_OSH };
	struct s2pt_op op = { 0 };

	(void)state;
	open_table(0, 48);
	map(WINDOW, 4u * GROUP * PAGE, WINDOW, LG2, &ram);
	map(WINDOW + 4u * GROUP * PAGE, MIB2 - 4u * GROUP * PAGE, WINDOW + 4u * GROUP * PAGE, 16, &ram);
	learn_entries(MIB2);
	forget();
	CHECK_STATUS(protect(1, TABLE - 1u, &change, &op), S2PT_OK, "protect");
	CHECK_U64(m.calls, 1, "invalidations");
	CHECK_U64(m.request[0].ipa.addr, WINDOW + PAGE, "begin");
	CHECK_U64(m.request[0].size, MIB2 - PAGE, "size");
	check_bits(0, 1, CONT | MEMATTR, MEMATTR, "before");
	check_bits(1, 4u * GROUP - 1u, CONT | MEMATTR | SH, UINT64_C(5) << 2 | UINT64_C(2) << 8, "singles");
	check_bits(4u * GROUP, TABLE - 4u * GROUP, CONT | MEMATTR | SH,
		   CONT | UINT64_C(5) << 2 | UINT64_C(2) << 8, "groups");
}

/* Memory that a change of type made RAM is cleaned when it is unmapped. */
static void
test_retyped_memory_is_cleaned(void **state)
{
	struct s2pt_change change = { .retype = true, .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH };
	struct s2pt_leaf leaf = ram;

	(void)state;
	for (unsigned is_ram = 0; is_ram < 2; is_ram++) {
		struct s2pt_op op = { 0 };

		leaf.type = S2PT_MEM_DEVICE_nGnRE;
		leaf.sh = S2PT_SH_OSH;
		open_table(0, 48);
		map(WINDOW, 8u * PAGE, WINDOW, LG2, &leaf);
		change.ram = is_ram;
		CHECK_STATUS(protect(2, 3, &change, &op), S2PT_OK, "protect");
		CHECK_U64(m.clean_bytes, is_ram ? 3u * PAGE : 0, "cleaned between break and make");
		CHECK_STATUS(s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(WINDOW), 8u * PAGE), S2PT_OK, "unmap");
		CHECK_U64(m.clean_bytes, is_ram ? 6u * PAGE : 0, "cleaned once unmapped");
	}
}

/* With DS=1 there is no shareability in a leaf: its bits are those of an address. */
static void
test_retype_52(void **state)
{
	struct s2pt_leaf leaf = ram;
	struct s2pt_change change = { .retype = true, .type = S2PT_MEM_NORMAL_NC };

	(void)state;
	open_table(S2PT_FEAT_LPA2, 52);
	leaf.sh = m.format.sh0;
	for (uint64_t high = 0; high < 4; high++) {
		const uint64_t ipa = WINDOW + high * 8u * PAGE, pa = high << 50 | WINDOW;
		struct s2pt_op op = { 0 };
		s2pt_pa got;

		map(ipa, 8u * PAGE, pa, LG2, &leaf);
		for (unsigned sh = S2PT_SH_NSH; sh <= S2PT_SH_ISH; sh++) {
			change.sh = (uint8_t)sh;
			CHECK_STATUS(s2pt_table_protect(&m.table, &op, s2pt_ipa_of(ipa), 8u * PAGE, &change),
				     sh == m.format.sh0 ? S2PT_OK : S2PT_ERR_SH, "protect");
		}
		for (uint64_t at = 0; at < 8u * PAGE; at += PAGE) {
			struct s2pt_found found;

			CHECK_STATUS(s2pt_table_translate(&m.table, s2pt_ipa_of(ipa + at), &got), S2PT_OK, "there");
			CHECK_U64(got.addr, pa + at, "address");
			CHECK_STATUS(s2pt_table_lookup(&m.table, s2pt_ipa_of(ipa + at), &found), S2PT_OK, "lookup");
			CHECK_U64(found.desc.raw & MEMATTR, UINT64_C(5) << 2, "type");
		}
	}
}

/* --- Levels ------------------------------------------------------------------------------------------ */

static void
check_relax(uint64_t ipa, uint64_t size, int level)
{
	const struct s2pt_change change = { .set_r = true };
	struct s2pt_op op = { 0 };

	forget();
	CHECK_STATUS(s2pt_table_relax(&m.table, &op, s2pt_ipa_of(ipa), size, &change), S2PT_OK, "relax");
	CHECK_U64(m.requests, 1, "one invalidation");
	CHECK_U64(m.request[0].ipa.addr, ipa, "begin");
	CHECK_U64(m.request[0].size, size, "size");
	CHECK(m.request[0].level == level, "IPA 0x%" PRIx64 ", size 0x%" PRIx64 ": level %d, expected %d", ipa,
	      size, m.request[0].level, level);
	CHECK(m.request[0].local, "on this CPU");
}

/* A relax names the level of all leaves that it passed, and none where there were several or none. */
static void
test_level_of_relax(void **state)
{
	const uint64_t far = UINT64_C(1) << 39;

	(void)state;
	open_table_of(S2PT_FEAT_TTL, 48, 48);
	CHECK_U64((uint64_t)m.format.start_level, 0, "start level");
	map(WINDOW, MIB2, WINDOW, LG2, &ram);
	map(WINDOW + MIB2, MIB2 * 2u, WINDOW + MIB2, 21, &ram);
	map(WINDOW + 3u * MIB2, MIB2, WINDOW + 3u * MIB2, LG2, &ram);
	check_relax(WINDOW, MIB2, 3);
	check_relax(WINDOW + MIB2, MIB2 * 2u, 2);
	check_relax(WINDOW, MIB2 * 2u, S2PT_TLBI_ANY_LEVEL);
	check_relax(WINDOW + 2u * MIB2, MIB2 * 2u, S2PT_TLBI_ANY_LEVEL);
	check_relax(WINDOW, MIB2 * 4u, S2PT_TLBI_ANY_LEVEL);
	check_relax(WINDOW + MIB2 + PAGE, PAGE, S2PT_TLBI_ANY_LEVEL);
	/* Where an entry without leaves is passed, the level is still that of all leaves. */
	open_table_of(S2PT_FEAT_TTL, 48, 48);
	map(far, MIB2, far, LG2, &ram);
	check_relax(far - PAGE, 2u * PAGE, 3);
	check_relax(0, far, S2PT_TLBI_ANY_LEVEL);
}

/* A relax that goes on invalidates what it has passed since, each part by the level of its leaves. */
static void
test_relax_goes_on(void **state)
{
	const struct s2pt_change rights = { .set_w = true };
	struct s2pt_op op = { .budget = TABLE, .resume = true };

	(void)state;
	open_table_of(S2PT_FEAT_TTL, 48, 48);
	map(WINDOW, MIB2, WINDOW, LG2, &ram);
	map(WINDOW + MIB2, MIB2, WINDOW + MIB2, 21, &ram);
	for (unsigned n = 0; n < 2; n++) {
		forget();
		CHECK_STATUS(s2pt_table_relax(&m.table, &op, s2pt_ipa_of(WINDOW), 2u * MIB2, &rights),
			     n ? S2PT_OK : S2PT_ERR_BUDGET, "relax");
		CHECK_U64(m.requests, 1, "requests");
		CHECK_U64(m.request[0].ipa.addr, WINDOW + n * MIB2, "IPA");
		CHECK_U64(m.request[0].size, MIB2, "size");
		assert_int_equal(m.request[0].level, n ? 2 : 3);
		assert_true(m.request[0].local);
	}
}

/* --- Looking ----------------------------------------------------------------------------------------- */

struct seen {
	uint64_t ipa[8], count[8];
	unsigned runs;
};

static bool
see(void *context, const struct s2pt_run *run)
{
	struct seen *seen = context;

	CHECK(seen->runs < COUNT(seen->ipa), "too many runs");
	seen->ipa[seen->runs] = run->ipa.addr;
	seen->count[seen->runs++] = run->count;
	return true;
}

/* A visit shows the leaves that the range touches, and none behind it, wherever it begins and ends. */
static void
test_visit_parts(void **state)
{
	static const uint64_t starts[] = { 0, 1, 2, 0xfff };

	(void)state;
	open_table(0, 48);
	map(WINDOW, MIB2, WINDOW, LG2, &ram);
	map(WINDOW + MIB2, MIB2 * 2u, WINDOW + MIB2, 21, &ram);
	for (size_t i = 0; i < COUNT(starts); i++)
		for (uint64_t pages = 1; pages < 5; pages++) {
			struct seen seen = { .runs = 0 };
			const uint64_t ipa = WINDOW + 7u * PAGE + starts[i], size = (pages - 1u) * PAGE + 1u;

			CHECK_STATUS(s2pt_table_visit(&m.table, s2pt_ipa_of(ipa), size, see, &seen), S2PT_OK, "visit");
			CHECK_U64(seen.runs, 1, "runs");
			CHECK_U64(seen.ipa[0], WINDOW + 7u * PAGE, "IPA of the first leaf");
			CHECK_U64(seen.count[0], pages, "leaves");
		}
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct seen seen = { .runs = 0 };

		CHECK_STATUS(s2pt_table_visit(&m.table, s2pt_ipa_of(WINDOW + MIB2 - PAGE + starts[i]), PAGE, see,
					      &seen),
			     S2PT_OK, "visit");
		CHECK_U64(seen.runs, starts[i] ? 2 : 1, "runs");
		CHECK_U64(seen.count[0], 1, "pages");
		CHECK(seen.runs == 1 || (seen.ipa[1] == WINDOW + MIB2 && seen.count[1] == 1), "the block");
	}
}

static int
open_pool(void **state)
{
	(void)state;
	pool_open(POOL, POISON);
	return 0;
}

/*
 * Where an erratum wants it, who loses the right to execute is broken first, and invalidated before it is made again;
 * every other change of rights, and that one on other parts, is one store.
 */
static void
test_xn_breaks(void **state)
{
	/* With XN[1:0] (FEAT_XNX) of what was executable. */
	static const struct {
		struct s2pt_change change;
		uint64_t xn;
	} rows[] = {
		{ { .clear_x_el1 = true, .clear_x_el0 = true }, 2 },
		{ { .clear_x_el1 = true, .clear_x_el0 = true, .clear_w = true }, 2 },
		{ { .clear_x_el1 = true }, 1 },
		{ { .clear_x_el0 = true }, 3 },
		{ { .clear_w = true }, 0 },
		{ { .set_x_el1 = true, .set_x_el0 = true }, 0 },
	};
	struct s2pt_leaf leaf = ram;

	(void)state;
	leaf.x_el1 = leaf.x_el0 = true;
	for (unsigned i = 0; i < COUNT(rows); i++)
		for (unsigned breaks = 0; breaks < 2; breaks++) {
			const bool broken = breaks && rows[i].xn;
			struct s2pt_op op = { .budget = 0 };

			open_table(S2PT_FEAT_XNX, 40);
			m.format.xn_breaks = breaks;
			map(WINDOW, 8 * PAGE, WINDOW, LG2, &leaf);
			learn_entries(8 * PAGE);
			forget();
			m.broken = m.entry;
			m.broken_count = broken ? 8 : 0;
			CHECK_STATUS(s2pt_table_protect(&m.table, &op, s2pt_ipa_of(WINDOW), 8 * PAGE,
							&rows[i].change),
				     S2PT_OK, "protect");
			assert_int_equal(m.calls, !rows[i].change.set_x_el1);
			for (unsigned n = 0; n < 8; n++) {
				assert_true(*m.entry[n] & VALID);
				CHECK_U64((*m.entry[n] & XN) >> 53, rows[i].xn, "XN");
				CHECK_U64(*m.entry[n] & W, rows[i].change.clear_w ? 0 : W, "W");
			}
		}
}

static int
close_pool(void **state)
{
	(void)state;
	pool_close();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_pages_of_one_memory),
		cmocka_unit_test(test_unfolded_is_written),
		cmocka_unit_test(test_moved_is_written),
		cmocka_unit_test(test_groups_change_whole),
		cmocka_unit_test(test_access_flag_of_groups),
		cmocka_unit_test(test_groups_report),
		cmocka_unit_test(test_groups_need_fetches),
		cmocka_unit_test(test_logging_unfolds),
		cmocka_unit_test(test_logging_passes),
		cmocka_unit_test(test_logging_again),
		cmocka_unit_test(test_bit_of_one_member),
		cmocka_unit_test(test_logged_pages_stay_alone),
		cmocka_unit_test(test_forbidden_group),
		cmocka_unit_test(test_refused_before_a_cut),
		cmocka_unit_test(test_move_refused_before_a_cut),
		cmocka_unit_test(test_uncached_is_not_executable),
		cmocka_unit_test(test_retype_is_one_batch),
		cmocka_unit_test(test_retyped_memory_is_cleaned),
		cmocka_unit_test(test_retype_52),
		cmocka_unit_test(test_level_of_relax),
		cmocka_unit_test(test_relax_goes_on),
		cmocka_unit_test(test_visit_parts),
		cmocka_unit_test(test_xn_breaks),
	};

	return cmocka_run_group_tests(tests, open_pool, close_pool);
}
