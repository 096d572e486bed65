/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Hardware, or another CPU, writes at each access of one operation in turn: what it wrote is there afterwards, or was
 * handed on. On plain memory, with nobody who is told of stores; shared-races does the same for all pairs, on the
 * simulated machine.
 */
#include "../shared/between.h"
#include "pool.h"

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define POOL    (UINT64_C(8) << 12)
#define GIB     (UINT64_C(1) << 30)
#define MIB2    (UINT64_C(2) << 20)
#define PA      (UINT64_C(1) << 38)
#define AF      (UINT64_C(1) << 10)
#define S2AP_W  (UINT64_C(1) << 7)
#define DBM     (UINT64_C(1) << 51)
#define ADDRESS UINT64_C(0xfffffffff000)

static struct {
	uint64_t *target;       /* the entry that is written to */
	uint64_t written;       /* what it became; 0: it was not written to */
	const uint64_t *broken; /* this entry is to be invalid during an invalidation by all CPUs */
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
} m;

/* --- Coming between --------------------------------------------------------------------------------- */

/* A guest uses the page: hardware sets AF, and makes it dirty where it may. */
static void
use(void)
{
	const uint64_t raw = *m.target;

	if (!(raw & 1u))
		return;
	m.written = raw | AF | (raw & DBM ? S2AP_W : 0);
	*m.target = m.written;
}

/* --- The table -------------------------------------------------------------------------------------- */

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	if (m.broken && count && !requests[0].local)
		CHECK_U64(*m.broken & 1u, 0, "a leaf that is invalidated is broken first");
}

static void
open_table(s2pt_feats feats)
{
	memset(&m, 0, sizeof(m));
	pool_open(POOL, POISON);
	m.format = format_at(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 39, 40, feats, 1);
	pool_host(&m.host);
	m.host.invalidate = invalidate;
	CHECK_STATUS(s2pt_table_init(&m.table, &m.format, &m.host, 0), S2PT_OK, "init");
}

/* Memory that is not RAM, accessed or not, and either writable and logged or neither. */
static struct s2pt_mapping
mapping_of(bool af, bool logged)
{
	struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = S2PT_SH_ISH,
		.r = true,
		.w = logged,
		.af = af,
	};
	struct s2pt_mapping mapping;

	s2pt_table_dirty_leaf(&m.table, &leaf);
	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, 0, &mapping), S2PT_OK, "mapping");
	return mapping;
}

/* @pages from GIB on, none of which is a member of a group; the one that will be written to is @target. */
static void
map(unsigned pages, unsigned target, bool af, bool logged)
{
	const struct s2pt_mapping mapping = mapping_of(af, logged);
	struct s2pt_op op = { .max_lg2 = 12 };

	CHECK_STATUS(s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB), pages * PAGE, s2pt_pa_of(PA), &mapping), S2PT_OK,
		     "map");
	m.target = pool_entry(GIB + target * PAGE);
}

static const s2pt_feats hardware = S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM;

/*
 * Run @operation with @other at each access in turn, until there are no more: @check judges, and says whether a race
 * was lost. Returns how many were.
 */
static unsigned
at_each_access(void (*begin)(void), enum s2pt_status (*operation)(void), void (*other)(void),
	       bool (*check)(enum s2pt_status status))
{
	unsigned lost = 0, n = 0;
	bool came = true;

	for (; came; n++) {
		enum s2pt_status status;

		begin();
		m.written = 0;
		accesses_left = n;
		between = other;
		status = operation();
		came = !between;
		between = NULL;
		lost += check(status);
		pool_close();
	}
	assert_true(n > 2);
	return lost;
}

/* --- One leaf, shared -------------------------------------------------------------------------------- */

static struct s2pt_map_request request;

static void
begin_replace(void)
{
	open_table(hardware);
	map(8, 5, false, true);
	m.broken = m.target;
	memset(&request, 0, sizeof(request));
	request.lg2 = 12;
	request.replace = true;
	request.invalidate_seq = s2pt_table_invalidate_seq(&m.table);
}

static enum s2pt_status
replace(void)
{
	const struct s2pt_mapping mapping = mapping_of(true, false);

	return s2pt_shared_map(&m.table, NULL, &request, s2pt_ipa_of(GIB + 5 * PAGE), s2pt_pa_of(PA + GIB), &mapping);
}

/* Raced: the leaf stays, used. Else another is there, and its use is known to whom replaced it, or later. */
static bool
check_replace(enum s2pt_status status)
{
	if (status == S2PT_RACED) {
		CHECK_U64(*m.target, m.written, "a race that was lost");
		return true;
	}
	CHECK_STATUS(status, S2PT_OK, "replace");
	CHECK_U64(*m.target & ADDRESS, PA + GIB, "replaced");
	if (m.written && (m.written & ADDRESS) == PA + 5 * PAGE)
		CHECK_U64(request.old.raw, m.written, "what was replaced");
	return false;
}

static void
test_replace(void **state)
{
	(void)state;
	assert_true(at_each_access(begin_replace, replace, use, check_replace) > 0);
}

static void
begin_young(void)
{
	open_table(S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HAFDBS_AF);
	map(8, 5, false, true);
}

/* Another CPU makes the page dirty; the access flag is this one's to set. */
static void
make_dirty(void)
{
	CHECK_STATUS(s2pt_shared_mark_dirty(&m.table, NULL, s2pt_ipa_of(GIB + 5 * PAGE), 0, NULL), S2PT_OK, "write");
	m.written = *m.target;
}

static enum s2pt_status
young(void)
{
	return s2pt_shared_set_af(&m.table, NULL, s2pt_ipa_of(GIB + 5 * PAGE));
}

/* The same, of a leaf that is there already. */
static enum s2pt_status
map_again(void)
{
	const struct s2pt_mapping mapping = mapping_of(true, true);
	struct s2pt_map_request again = { .lg2 = 12, .invalidate_seq = s2pt_table_invalidate_seq(&m.table) };

	return s2pt_shared_map(&m.table, NULL, &again, s2pt_ipa_of(GIB + 5 * PAGE), s2pt_pa_of(PA + 5 * PAGE),
			       &mapping);
}

static bool
check_young(enum s2pt_status status)
{
	CHECK(status == S2PT_OK || status == S2PT_RACED, "young: %s", s2pt_status_name(status));
	if (m.written)
		CHECK(*m.target & S2AP_W, "dirty, and lost");
	CHECK(!(*m.target & AF) == (status == S2PT_RACED), "%s, and AF is %s", s2pt_status_name(status),
	      *m.target & AF ? "set" : "clear");
	return status == S2PT_RACED;
}

static void
test_young(void **state)
{
	(void)state;
	assert_true(at_each_access(begin_young, young, make_dirty, check_young) > 0);
	assert_true(at_each_access(begin_young, map_again, make_dirty, check_young) > 0);
}

/* --- Two faults on an executable page ----------------------------------------------------------------- */

static void
invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	CHECK_U64(pa.addr, PA + 5 * PAGE, "fetches");
	CHECK_U64(bytes, PAGE, "fetches");
}

static void
begin_executable(void)
{
	open_table(S2PT_FEAT_S2FWB);
	m.host.invalidate_icache = invalidate_icache;
	map(3, 5, true, false);
}

static enum s2pt_status
map_executable(void)
{
	const struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .x_el1 = true, .x_el0 = true, .af = true
	};
	struct s2pt_map_request fault = { .lg2 = 12, .invalidate_seq = s2pt_table_invalidate_seq(&m.table) };
	struct s2pt_mapping mapping;

	CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK, "mapping");
	return s2pt_shared_map(&m.table, NULL, &fault, s2pt_ipa_of(GIB + 5 * PAGE), s2pt_pa_of(PA + 5 * PAGE),
			       &mapping);
}

/* Another CPU maps other memory there. */
static void
map_other(void)
{
	if (*m.target)
		return;
	m.written = (PA + GIB) | AF | 3u;
	*m.target = m.written;
}

/* The first of two stays. */
static bool
check_executable(enum s2pt_status status)
{
	CHECK(status == S2PT_OK || status == S2PT_RACED || status == S2PT_ERR_EXISTS, "%s", s2pt_status_name(status));
	CHECK(!m.written == (status == S2PT_OK), "%s", s2pt_status_name(status));
	CHECK_U64(*m.target & ADDRESS, m.written ? PA + GIB : PA + 5 * PAGE, "mapped");
	return status != S2PT_OK;
}

static void
test_executable(void **state)
{
	(void)state;
	assert_true(at_each_access(begin_executable, map_executable, map_other, check_executable) > 0);
}

/* --- Counting ---------------------------------------------------------------------------------------- */

static void
begin_count(void)
{
	open_table(0);
}

static enum s2pt_status
fault_at(uint64_t ipa)
{
	const struct s2pt_mapping mapping = mapping_of(true, false);
	struct s2pt_map_request first = { .lg2 = 12, .invalidate_seq = s2pt_table_invalidate_seq(&m.table) };

	return s2pt_shared_map(&m.table, NULL, &first, s2pt_ipa_of(ipa), s2pt_pa_of(PA), &mapping);
}

static enum s2pt_status
fault(void)
{
	return fault_at(GIB);
}

static void
fault_elsewhere(void)
{
	CHECK_STATUS(fault_at(4 * GIB), S2PT_OK, "the other's fault");
	m.written = 1;
}

/* Each has made two tables. */
static bool
check_count(enum s2pt_status status)
{
	CHECK_STATUS(status, S2PT_OK, "fault");
	CHECK_U64(*pool_entry(GIB) & ADDRESS, PA, "mapped");
	if (m.written)
		CHECK_U64(*pool_entry(4 * GIB) & ADDRESS, PA, "mapped elsewhere");
	CHECK_U64(m.table.pages, m.written ? 4 : 2, "tables in use");
	return false;
}

static void
test_tables_are_counted(void **state)
{
	(void)state;
	at_each_access(begin_count, fault, fault_elsewhere, check_count);
}

/* --- Collections ---------------------------------------------------------------------------------------- */

static uint64_t words[8];
static struct s2pt_bitmap bitmap;
static s2pt_feats feats; /* of the table */
static unsigned target;  /* the page that is used */
static bool alike;       /* all pages of its line are young */

static void
blank(void)
{
	memset(words, 0, sizeof(words));
	bitmap.base = s2pt_ipa_of(GIB);
	bitmap.size = MIB2;
	bitmap.word = words;
	bitmap.pages = 0;
}

/* Pages of two lines, young, and clean. */
static void
begin_age(void)
{
	struct s2pt_op op = { .budget = 0 };

	blank();
	open_table(feats);
	/* Which bit is the tracking bit, where hardware has none. */
	CHECK_STATUS(s2pt_table_dirty_start(&m.table, &op, s2pt_ipa_of(GIB), PAGE, 8, 0), S2PT_OK, "start");
	map(32, target, true, true);
	if (!alike)
		*pool_entry(GIB + 30 * PAGE) &= ~AF;
}

/* By hardware, or by software of another CPU. */
static void
write_page(void)
{
	if (feats)
		use();
	else
		CHECK_STATUS(s2pt_shared_mark_dirty(&m.table, NULL, s2pt_ipa_of(GIB + target * PAGE), 0, NULL), S2PT_OK,
			     "write");
	m.written = *m.target;
}

static enum s2pt_status
age_shared(void)
{
	struct s2pt_op op = { .budget = 0 };

	return s2pt_shared_age(&m.table, &op, s2pt_ipa_of(GIB), 32 * PAGE, S2PT_AGE_CLEAR, &bitmap);
}

static enum s2pt_status
age_exclusive(void)
{
	struct s2pt_op op = { .budget = 0 };

	return s2pt_table_age(&m.table, &op, s2pt_ipa_of(GIB), 32 * PAGE, S2PT_AGE_CLEAR, &bitmap);
}

static bool
check_age(enum s2pt_status status)
{
	CHECK_STATUS(status, S2PT_OK, "age");
	CHECK_U64(words[0], alike ? UINT32_MAX : UINT32_MAX & ~(UINT64_C(1) << 30), "young");
	if (m.written)
		CHECK(*m.target & S2AP_W, "page %u was made dirty during an age, and is not", target);
	return false;
}

static void
test_age(void **state)
{
	(void)state;
	for (target = 14; target < 20; target++)
		for (unsigned form = 0; form < 4; form++) {
			alike = form & 1;
			feats = form & 2 ? hardware : 0;
			at_each_access(begin_age, age_shared, write_page, check_age);
			if (feats)
				at_each_access(begin_age, age_exclusive, write_page, check_age);
		}
}

/* A range that begins inside of an empty entry, which becomes a table while it is looked at. */
static void
begin_inside(void)
{
	blank();
	open_table(0);
}

static void
map_before(void)
{
	CHECK_STATUS(fault_at(GIB + 3 * PAGE), S2PT_OK, "the other's fault");
	m.target = pool_entry(GIB + 3 * PAGE);
	m.written = *m.target;
}

static enum s2pt_status
age_inside(void)
{
	struct s2pt_op op = { .budget = 0 };
	enum s2pt_status status =
		s2pt_shared_age(&m.table, &op, s2pt_ipa_of(GIB + 40 * PAGE), 60 * PAGE, S2PT_AGE_CLEAR, &bitmap);

	CHECK_U64(op.done, 60 * PAGE, "done");
	return status;
}

/* What is before the range is not its business. */
static bool
check_inside(enum s2pt_status status)
{
	CHECK_STATUS(status, S2PT_OK, "age");
	for (size_t i = 0; i < COUNT(words); i++)
		CHECK_U64(words[i], 0, "young");
	CHECK_U64(bitmap.pages, 0, "young pages");
	if (m.written)
		CHECK_U64(*m.target, m.written, "the page before the range");
	return false;
}

static void
test_age_meets_a_new_table(void **state)
{
	(void)state;
	at_each_access(begin_inside, age_inside, map_before, check_inside);
}

/* --- Exclusive operations, and hardware -------------------------------------------------------------- */

static void
begin_logged(void)
{
	blank();
	open_table(hardware);
	map(8, 5, false, true);
}

static enum s2pt_status
unmap(void)
{
	struct s2pt_op op = { .dirty = &bitmap };

	return s2pt_table_unmap(&m.table, &op, s2pt_ipa_of(GIB), 8 * PAGE);
}

static bool
check_unmap(enum s2pt_status status)
{
	CHECK_STATUS(status, S2PT_OK, "unmap");
	CHECK_U64(words[0], m.written ? UINT64_C(1) << 5 : 0, "what was dirty when it was unmapped");
	return false;
}

static void
test_unmap(void **state)
{
	(void)state;
	at_each_access(begin_logged, unmap, use, check_unmap);
}

/* The right to write goes, and the tracking bit with it. */
static enum s2pt_status
make_read_only(void)
{
	const struct s2pt_change change = { .clear_w = true };
	struct s2pt_op op = { .dirty = &bitmap };

	return s2pt_table_protect(&m.table, &op, s2pt_ipa_of(GIB), 8 * PAGE, &change);
}

static bool
check_read_only(enum s2pt_status status)
{
	CHECK_STATUS(status, S2PT_OK, "protect");
	CHECK_U64(*m.target & (S2AP_W | DBM), 0, "writable");
	CHECK_U64(words[0], m.written & S2AP_W ? UINT64_C(1) << 5 : 0, "what was dirty when it lost the right");
	CHECK(*m.target & AF || !m.written, "hardware set AF, and it is lost");
	return false;
}

static void
test_read_only(void **state)
{
	(void)state;
	at_each_access(begin_logged, make_read_only, use, check_read_only);
}

/* The same once more, accessed. */
static enum s2pt_status
map_accessed(void)
{
	const struct s2pt_mapping mapping = mapping_of(true, true);
	struct s2pt_op op = { .max_lg2 = 12 };

	return s2pt_table_map(&m.table, &op, s2pt_ipa_of(GIB), 8 * PAGE, s2pt_pa_of(PA), &mapping);
}

static bool
check_accessed(enum s2pt_status status)
{
	CHECK_STATUS(status, S2PT_OK, "map");
	for (unsigned n = 0; n < 8; n++)
		CHECK(*pool_entry(GIB + n * PAGE) & AF, "page %u is accessed", n);
	CHECK_U64(*m.target & S2AP_W, m.written & S2AP_W, "what hardware wrote");
	return false;
}

static void
test_accessed(void **state)
{
	(void)state;
	at_each_access(begin_logged, map_accessed, use, check_accessed);
}

/* Software bits of a run: nobody is told. */
static enum s2pt_status
protect(void)
{
	const struct s2pt_change change = { .set_sw = 4 };
	struct s2pt_op op = { .budget = 0 };

	return s2pt_table_protect(&m.table, &op, s2pt_ipa_of(GIB), 8 * PAGE, &change);
}

/* ... and of the one page that is written to, by the short way. */
static enum s2pt_status
protect_page(void)
{
	const struct s2pt_change change = { .set_sw = 4 };
	struct s2pt_op op = { .budget = 0 };

	return s2pt_table_protect(&m.table, &op, s2pt_ipa_of(GIB + 5 * PAGE), PAGE, &change);
}

static enum s2pt_status
retype(void)
{
	const struct s2pt_change change = {
		.retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_ISH, .set_sw = 4
	};
	struct s2pt_op op = { .budget = 0 };

	return s2pt_table_protect(&m.table, &op, s2pt_ipa_of(GIB), 8 * PAGE, &change);
}

static bool
check_protect(enum s2pt_status status)
{
	const uint64_t bits = AF | S2AP_W;

	CHECK_STATUS(status, S2PT_OK, "protect");
	CHECK_U64(*m.target >> 55 & 15u, 4, "software bits");
	CHECK_U64(*m.target & bits, m.written & bits, "what hardware wrote");
	return false;
}

static void
test_protect(void **state)
{
	(void)state;
	at_each_access(begin_logged, protect, use, check_protect);
	at_each_access(begin_logged, protect_page, use, check_protect);
	at_each_access(begin_logged, retype, use, check_protect);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_young),
		cmocka_unit_test(test_executable),
		cmocka_unit_test(test_tables_are_counted),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_age_meets_a_new_table),
		cmocka_unit_test(test_unmap),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_accessed),
		cmocka_unit_test(test_protect),
	};

	return cmocka_run_group_tests_name("races", tests, NULL, NULL);
}
