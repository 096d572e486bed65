/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Twin tables: the same operations on both, of which one may go the short ways of lib/table/short.h and the other,
 * whose host has to_virt, never does. Both must do the same: answer, entries, counts, and what the host is asked for.
 */
#include "pool.h"
#include "random.h"

#include <s2pt/shared.h>
#include <s2pt/tracking.h>

#define POOL   (UINT64_C(64) << 12)
#define GIB    (UINT64_C(1) << 30)
#define PA     (UINT64_C(1) << 38)
#define PAGES  1024u
#define GUEST  32u /* pages that operations are about, at both ends of each of two leaf tables */
#define EVENTS 64u
#define ROUNDS 30000u

/* What a host was asked for. */
struct event {
	char what;
	uint64_t at, bytes;
	int level;
	bool last_level, local;
};

struct twin {
	struct s2pt_host_ops host;
	struct s2pt_table table;
	struct s2pt_op op;
	uint64_t word[PAGES / 64];
	struct s2pt_bitmap dirty;
	struct event event[EVENTS];
	unsigned events;
	bool seen; /* walkers see all stores: nothing was stored after the last barrier */
};

static struct {
	struct s2pt_format format;
	struct twin twin[2]; /* the second never goes short */
	struct s2pt_page freed[64];
	unsigned freed_count;
	unsigned shorts;     /* operations that may have gone short */
	uint64_t raw[PAGES]; /* the entries after the last operation */
} m;

/* --- Hosts ------------------------------------------------------------------------------------------ */

static void
record(struct twin *t, char what, uint64_t at, uint64_t bytes)
{
	assert_true(t->events < EVENTS);
	t->event[t->events++] = (struct event){ .what = what, .at = at, .bytes = bytes };
}

/* Before and behind each table is memory that is none, and full of what looks used. */
static bool
alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	if (what == S2PT_MEMORY_TABLE && m.freed_count) {
		*page = m.freed[--m.freed_count];
		return true;
	}
	if (!pool_alloc(context, what, 2 * bytes, page))
		return false;
	page->virt = (uint8_t *)page->virt + bytes;
	page->pa.addr += bytes;
	return true;
}

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)bytes;
	record(context, 'R', what, count);
	for (size_t i = 0; i < count && what == S2PT_MEMORY_TABLE; i++)
		m.freed[m.freed_count++] = pages[i];
}

static void *
to_virt(void *context, s2pt_pa pa)
{
	(void)context;
	return pool.memory + (pa.addr - POOL_PA);
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct twin *t = context;

	for (size_t i = 0; i < count; i++) {
		record(t, requests[i].vmid ? 'V' : 'I', requests[i].ipa.addr, requests[i].size);
		t->event[t->events - 1].level = requests[i].level;
		t->event[t->events - 1].last_level = requests[i].last_level;
		t->event[t->events - 1].local = requests[i].local;
	}
	t->seen = true;
}

static void
publish(void *context)
{
	((struct twin *)context)->seen = true;
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	record(context, 'C', pa.addr, bytes);
	return true;
}

static void
invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	record(context, 'X', pa.addr, bytes);
}

static void
open_twins(s2pt_feats feats, bool icache, uint32_t flags)
{
	memset(&m, 0, sizeof(m));
	pool_open(POOL, POISON);
	m.format = format_at(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 39, 40, feats, 1);
	for (unsigned i = 0; i < 2; i++) {
		struct twin *t = &m.twin[i];

		t->host = (struct s2pt_host_ops){
			.size = sizeof(t->host),
			.flags = flags,
			.context = t,
			.virt_offset = pool_offset(),
			.alloc = alloc,
			.retire = retire,
			.to_virt = i ? to_virt : NULL,
			.invalidate = invalidate,
			.publish = publish,
			.clean_data = clean_data,
			.invalidate_icache = icache ? invalidate_icache : NULL,
		};
		CHECK_STATUS(s2pt_table_init(&t->table, &m.format, &t->host, 0), S2PT_OK, "init");
	}
}

/* --- Operations ------------------------------------------------------------------------------------- */

struct request {
	unsigned kind;
	uint64_t ipa, size, pa;
	struct s2pt_mapping mapping;
	struct s2pt_change change;
	uint8_t lg2, sw;
};

enum { MAP,
       UNMAP,
       PROTECT,
       ANNOTATE,
       LOG,
       HOLD,
       RELEASE,
       KINDS };

static enum s2pt_status
run(struct twin *t, const struct request *r)
{
	const s2pt_ipa ipa = s2pt_ipa_of(r->ipa);

	t->events = 0;
	t->seen = false;
	memset(t->word, 0, sizeof(t->word));
	t->dirty = (struct s2pt_bitmap){ .base = s2pt_ipa_of(GIB), .size = PAGES * PAGE, .word = t->word };
	t->op.dirty = t->op.dirty ? &t->dirty : NULL;
	switch (r->kind) {
	case MAP:
		return s2pt_table_map(&t->table, &t->op, ipa, r->size, s2pt_pa_of(r->pa), &r->mapping);
	case UNMAP:
		return s2pt_table_unmap(&t->table, &t->op, ipa, r->size);
	case PROTECT:
		return s2pt_table_protect(&t->table, &t->op, ipa, r->size, &r->change);
	case ANNOTATE:
		return s2pt_table_annotate(&t->table, &t->op, ipa, r->size, random_state >> 60);
	case LOG:
		return s2pt_table_dirty_start(&t->table, &t->op, ipa, r->size, 1, 0);
	case HOLD:
		s2pt_table_hold(&t->table);
		return S2PT_OK;
	default:
		return s2pt_table_release(&t->table);
	}
}

static bool
one_in(unsigned n)
{
	return random_below(n) == 0;
}

static struct s2pt_mapping
any_mapping(void)
{
	static const enum s2pt_memtype types[] = { S2PT_MEM_NORMAL_WB, S2PT_MEM_NORMAL_WB, S2PT_MEM_NORMAL_NC,
						   S2PT_MEM_DEVICE_nGnRE };
	const enum s2pt_memtype type = types[random_below(COUNT(types))];
	const bool x = type == S2PT_MEM_NORMAL_WB && one_in(2);
	struct s2pt_leaf leaf = { .type = type,
				  .sh = S2PT_SH_ISH,
				  .r = true,
				  .w = one_in(2),
				  .x_el1 = x,
				  .x_el0 = x,
				  .af = one_in(2) };
	struct s2pt_mapping mapping = { 0 };
	const uint32_t flags = one_in(3) ? 0 : S2PT_MAPPING_RAM | (one_in(3) ? S2PT_MAPPING_CLEAN : 0);

	/* Now and then one that was never made. */
	if (!one_in(40))
		CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, flags, &mapping), S2PT_OK, "mapping");
	return mapping;
}

static void
any_request(struct request *r)
{
	const uint64_t in_table = one_in(2) ? random_below(GUEST) : 512 - 1 - random_below(GUEST);
	const bool x = one_in(6), no_x = one_in(6);

	memset(r, 0, sizeof(*r));
	r->kind = one_in(20) ? random_below(KINDS) : random_below(ANNOTATE);
	r->ipa = GIB + (random_below(2) * 512 + in_table) * PAGE;
	r->size = PAGE * (one_in(3) ? 1 + random_below(20) : 1);
	r->pa = one_in(2) ? PA + (r->ipa - GIB) : PA + random_below(PAGES) * PAGE;
	if (r->ipa + r->size > GIB + PAGES * PAGE)
		r->size = GIB + PAGES * PAGE - r->ipa;
	if (one_in(40))
		r->ipa += one_in(2) ? 8 : UINT64_C(1) << 39;
	if (one_in(40))
		r->size = one_in(2) ? 0 : r->size + 8;
	if (one_in(40))
		r->pa += one_in(2) ? 8 : UINT64_C(1) << 40;
	r->mapping = any_mapping();
	r->change = (struct s2pt_change){
		.set_w = one_in(5),
		.clear_w = one_in(3),
		.set_x_el1 = x,
		.set_x_el0 = x,
		.clear_x_el1 = no_x,
		.clear_x_el0 = no_x,
		.set_af = one_in(6),
		.clear_af = one_in(6),
		.set_sw = one_in(6) ? (uint8_t)random_below(16) : 0,
		.retype = one_in(8),
		.type = one_in(2) ? S2PT_MEM_NORMAL_WB : S2PT_MEM_NORMAL_NC,
		.sh = S2PT_SH_ISH,
		.ram = one_in(2),
	};
}

/* Pages at the ends of a table that has few, or none but one: it is unlinked with the last. */
static void
sparse_request(struct request *r)
{
	static const uint16_t page[] = { 0, 1, 2, 510, 511 };

	any_request(r);
	r->kind = one_in(2) ? MAP : UNMAP;
	r->ipa = GIB + page[random_below(COUNT(page))] * PAGE;
	r->size = PAGE;
}

/* What fills a contiguous group. */
static void
group_request(struct request *r)
{
	any_request(r);
	r->kind = MAP;
	r->ipa = GIB + random_below(2) * 16 * PAGE;
	r->pa = PA + r->ipa;
	r->size = 16 * PAGE;
}

static void
any_op(struct s2pt_op *op)
{
	*op = (struct s2pt_op){
		.budget = one_in(5) ? 1 + random_below(4) : 0,
		.batch = one_in(5) ? 1 + random_below(4) : 0,
		.replace = one_in(2),
		.drop_annotations = one_in(8),
		.max_lg2 = one_in(2) ? 12 : 0,
		.dirty = one_in(8) ? &m.twin[0].dirty : NULL,
		.resume = one_in(20),
		.zapped_count = 1,
	};
	op->done = op->resume && one_in(2) ? PAGE : 0;
}

/* --- Comparing -------------------------------------------------------------------------------------- */

static uint64_t
entry_at(const struct twin *t, uint64_t ipa, int *level)
{
	struct s2pt_found found;

	CHECK_STATUS(s2pt_table_lookup(&t->table, s2pt_ipa_of(ipa), &found), S2PT_OK, "lookup");
	*level = found.level;
	return found.desc.raw;
}

/* Returns whether an entry has changed. */
static bool
check_alike(unsigned round, const struct request *r)
{
	bool changed = false;

	const struct twin *a = &m.twin[0], *b = &m.twin[1];

	CHECK(a->op.done == b->op.done && a->op.zapped_count == b->op.zapped_count, "round %u, kind %u: done", round,
	      r->kind);
	CHECK(a->table.pages == b->table.pages, "round %u: tables", round);
	CHECK(a->table.annotations == b->table.annotations, "round %u: annotations", round);
	CHECK(a->table.invalidate_seq == b->table.invalidate_seq, "round %u, kind %u: sequence", round, r->kind);
	CHECK(a->dirty.pages == b->dirty.pages && !memcmp(a->word, b->word, sizeof(a->word)), "round %u: dirty", round);
	CHECK(a->events == b->events, "round %u, kind %u: %u and %u calls", round, r->kind, a->events, b->events);
	for (unsigned i = 0; i < a->events; i++) {
		const struct event *e = &a->event[i], *f = &b->event[i];

		CHECK(e->what == f->what && e->at == f->at && e->bytes == f->bytes && e->level == f->level &&
			      e->last_level == f->last_level && e->local == f->local,
		      "round %u, kind %u: call %u: %c 0x%" PRIx64 " 0x%" PRIx64 ", %c 0x%" PRIx64 " 0x%" PRIx64, round,
		      r->kind, i, e->what, e->at, e->bytes, f->what, f->at, f->bytes);
	}
	for (unsigned n = 0; n < PAGES; n = n % 512 == GUEST + 20 ? n + 512 - 2 * GUEST - 20 : n + 1) {
		int level, other;
		const uint64_t raw = entry_at(a, GIB + n * PAGE, &level), twin = entry_at(b, GIB + n * PAGE, &other);

		CHECK(raw == twin && level == other, "round %u, kind %u: page %u: 0x%" PRIx64 " and 0x%" PRIx64, round,
		      r->kind, n, raw, twin);
		changed = changed || raw != m.raw[n];
		m.raw[n] = raw;
	}
	return changed;
}

static void
run_twins(s2pt_feats feats, bool icache, uint32_t flags)
{
	open_twins(feats, icache, flags);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct request r;
		enum s2pt_status status;

		if (round % 400 < 2)
			group_request(&r);
		else if (round % 400 >= 200 && round % 400 < 240)
			sparse_request(&r);
		else
			any_request(&r);
		any_op(&m.twin[0].op);
		m.twin[1].op = m.twin[0].op;
		/* Both tables become empty now and then, and the log ends. */
		if (round % 200 == 199) {
			r = (struct request){ .kind = UNMAP, .ipa = GIB, .size = PAGES * PAGE };
			m.twin[0].op = m.twin[1].op = (struct s2pt_op){ .drop_annotations = true };
		}
		if (round % 50 == 48)
			r.kind = RELEASE;
		status = run(&m.twin[0], &r);
		CHECK_STATUS(run(&m.twin[1], &r), status, "the twin's");
		CHECK(!check_alike(round, &r) || m.twin[0].table.held || m.twin[0].seen, "round %u: not published",
		      round);
		m.shorts += status == S2PT_OK && r.size == PAGE && !m.twin[0].op.dirty && !m.twin[0].table.held;
	}
	CHECK(m.shorts > ROUNDS / 10, "%u operations on a page", m.shorts);
	pool_close();
}

static void
test_plain(void **state)
{
	(void)state;
	run_twins(S2PT_FEAT_S2FWB, true, 0);
	run_twins(0, true, 0);
}

static void
test_hardware(void **state)
{
	(void)state;
	run_twins(S2PT_FEAT_S2FWB | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM, true, 0);
}

static void
test_no_icache(void **state)
{
	(void)state;
	run_twins(S2PT_FEAT_S2FWB, false, 0);
}

/* What executable RAM needs where fetches see memory as it is: nothing, by any operation, and no callback. */
static void
test_idc_dic(void **state)
{
	const struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .x_el1 = true, .x_el0 = true
	};
	const struct s2pt_change executable = { .set_x_el1 = true, .set_x_el0 = true, .ram = true };
	const struct s2pt_change not_executable = { .clear_x_el1 = true, .clear_x_el0 = true };
	const struct s2pt_move move = { .from = s2pt_pa_of(PA), .to = s2pt_pa_of(PA + PAGES * PAGE) };
	const s2pt_ipa first = s2pt_ipa_of(GIB), last = s2pt_ipa_of(GIB + 3 * PAGE);
	struct s2pt_map_request request = { .lg2 = 12 };
	struct s2pt_mapping mapping;

	(void)state;
	run_twins(S2PT_FEAT_S2FWB, false, S2PT_HOST_IDC_DIC);
	for (unsigned i = 0; i < 4; i++) {
		/* With a callback, which is not to be called, and without; the short ways, and the long ones. */
		struct twin *t = &m.twin[i % 2];
		struct s2pt_op op = { 0 };

		open_twins(S2PT_FEAT_S2FWB, i < 2, S2PT_HOST_IDC_DIC);
		CHECK_STATUS(s2pt_mapping_init(&m.format, &leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK, "mapping");
		t->events = 0;
		for (uint64_t at = 0; at < 3 * PAGE; at += PAGE)
			CHECK_STATUS(s2pt_table_map(&t->table, &op, s2pt_ipa_of(GIB + at), PAGE, s2pt_pa_of(PA + at),
						    &mapping),
				     S2PT_OK, "map");
		request.invalidate_seq = s2pt_table_invalidate_seq(&t->table);
		CHECK_STATUS(s2pt_shared_map(&t->table, NULL, &request, last, s2pt_pa_of(PA + 3 * PAGE), &mapping),
			     S2PT_OK, "shared map");
		CHECK_STATUS(s2pt_table_protect(&t->table, &op, first, 4 * PAGE, &not_executable), S2PT_OK, "protect");
		CHECK_STATUS(s2pt_table_protect(&t->table, &op, first, 2 * PAGE, &executable), S2PT_OK, "protect");
		CHECK_STATUS(s2pt_table_relax(&t->table, &op, first, 3 * PAGE, &executable), S2PT_OK, "relax");
		CHECK_STATUS(s2pt_shared_relax(&t->table, NULL, last, &executable), S2PT_OK, "relax");
		CHECK_STATUS(s2pt_table_move(&t->table, &op, first, 4 * PAGE, &move), S2PT_OK, "move");
		for (unsigned n = 0; n < t->events; n++)
			CHECK(t->event[n].what == 'I', "%c was asked for", t->event[n].what);
		pool_close();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_hardware),
		cmocka_unit_test(test_no_icache),
		cmocka_unit_test(test_idc_dic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
