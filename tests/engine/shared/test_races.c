/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One operation, and at each of its accesses to a table in turn, another CPU's whole operation or a write
 * by hardware: who loses says so, and nothing is lost.
 */
#include <s2pt/tracking.h>

#include "between.h"
#include "shared.h"

#define PA  GIB(64)
#define IPA (MIB(2) + KIB(20))
#define AF  MODEL_ATTR_AF
#define W   MODEL_ATTR_DIRTY

/* The other's operation is of CPU 1. */
static enum s2pt_status status_of_other;

static struct s2pt_mapping
mapping_of(const struct s2pt_leaf *leaf)
{
	struct s2pt_mapping mapping;

	assert_int_equal(s2pt_mapping_init(&kit.machine.format, leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
	return mapping;
}

static struct s2pt_leaf leaf_now; /* what is mapped at IPA at first */
static struct s2pt_leaf leaf_new; /* what a map wants there */
static uint64_t sequence;

static enum s2pt_status
map_one(uint64_t pa, const struct s2pt_leaf *leaf, bool replace, s2pt_desc *before)
{
	struct s2pt_map_request request = { .invalidate_seq = sequence, .lg2 = 12, .replace = replace };
	const struct s2pt_mapping mapping = mapping_of(leaf);
	enum s2pt_status status = s2pt_shared_map(table, NULL, &request, s2pt_ipa_of(IPA), s2pt_pa_of(pa), &mapping);

	*before = request.old;
	return status;
}

/* --- The operations ---------------------------------------------------------------------------------- */

/* What became of a leaf that somebody replaced. */
static s2pt_desc replaced;

static enum s2pt_status
do_map(void)
{
	s2pt_desc before;

	return map_one(PA, &leaf_new, false, &before);
}

static enum s2pt_status
do_map_other(void)
{
	s2pt_desc before;

	return map_one(PA + MIB(64), &leaf_new, false, &before);
}

static enum s2pt_status
do_replace(void)
{
	s2pt_desc before;
	enum s2pt_status status = map_one(PA + MIB(128), &leaf_new, true, &before);

	if (before.raw)
		replaced = before;
	return status;
}

static enum s2pt_status
do_relax(void)
{
	const struct s2pt_change change = { .set_r = true, .set_w = true };

	return s2pt_shared_relax(table, NULL, s2pt_ipa_of(IPA), &change);
}

static enum s2pt_status
do_relax_x(void)
{
	const struct s2pt_change change = { .set_x_el1 = true, .set_x_el0 = true, .ram = true };

	return s2pt_shared_relax(table, NULL, s2pt_ipa_of(IPA), &change);
}

static enum s2pt_status
do_write(void)
{
	return s2pt_shared_mark_dirty(table, NULL, s2pt_ipa_of(IPA), 0, NULL);
}

static enum s2pt_status
do_set_af(void)
{
	return s2pt_shared_set_af(table, NULL, s2pt_ipa_of(IPA));
}

static enum s2pt_status
do_age(void)
{
	struct s2pt_op op = { .budget = 0 };

	return s2pt_shared_age(table, &op, s2pt_ipa_of(MIB(2)), MIB(2), S2PT_AGE_CLEAR, &shared_bitmap);
}

/* The guest reads, writes: hardware sets AF, and dirty. */
static enum s2pt_status
do_read(void)
{
	return kit_access(&kit, 1, MODEL_READ, IPA, NULL) == MODEL_OK ? S2PT_OK : S2PT_RACED;
}

static enum s2pt_status
do_guest_write(void)
{
	return kit_access(&kit, 1, MODEL_WRITE, IPA, NULL) == MODEL_OK ? S2PT_OK : S2PT_RACED;
}

enum {
	MAP,
	MAP_OTHER,
	REPLACE,
	RELAX,
	RELAX_X,
	WRITE,
	YOUNG,
	AGE,
	SHARED,
	READ = SHARED,
	GUEST_WRITE,
	ALL,
};

static enum s2pt_status (*const operations[ALL])(void) = {
	do_map,
	do_map_other,
	do_replace,
	do_relax,
	do_relax_x,
	do_write,
	do_set_af,
	do_age,
	do_read,
	do_guest_write,
};

static unsigned other;
static char where[80]; /* for whoever reads of a failure */

static void
run_other(void)
{
	shared_cpu(1);
	status_of_other = operations[other]();
	shared_cpu(0);
}

/* --- What must hold ----------------------------------------------------------------------------------- */

/* What is there at first. */
enum start {
	EMPTY,
	NO_TABLE,
	ANNOTATED,
	OLD,
	LOGGED,
	YOUNG_LOGGED,
	STARTS,
};

static void
begin(enum start start, bool hardware)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .budget = 0 };

	shape.haf = shape.hd = hardware;
	shared_open(&shape);
	replaced.raw = 0;
	shared_start(0, KIB(4)); /* which bit is the tracking bit */
	leaf_new = leaf_now = ram;
	if (start != NO_TABLE && start != ANNOTATED)
		kit_map(&kit, MIB(2), KIB(4), PA, &ram, 3);
	if (start == ANNOTATED)
		assert_int_equal(s2pt_table_annotate(table, &op, s2pt_ipa_of(MIB(2)), MIB(2), 5), S2PT_OK);
	if (start >= LOGGED)
		s2pt_table_dirty_leaf(table, &leaf_now);
	else
		leaf_now.w = false;
	leaf_now.af = start == YOUNG_LOGGED;
	if (start >= OLD)
		kit_map(&kit, IPA, KIB(4), PA, &leaf_now, 3);
	leaf_new = leaf_now;
	leaf_new.af = true;
	shared_blank(MIB(2));
	sequence = s2pt_table_invalidate_seq(table);
}

/* Count the tables, and the annotations, by walking. */
static void
check_counts(enum start start)
{
	uint64_t annotations = 0;

	for (unsigned n = 0; n < 512; n++)
		annotations += s2pt_annotation(shared_found(MIB(2) + n * KIB(4)).desc) == 5;
	if (start == ANNOTATED && shared_found(MIB(2)).size == MIB(2))
		annotations = 1;
	assert_int_equal(table->annotations, annotations);
	assert_int_equal(model_live_tables(kit.machine.model), table->pages + 1);
}

/* Is what a map wanted there? */
static bool
is_mapped(uint64_t pa)
{
	struct s2pt_found found = shared_found(IPA);
	s2pt_pa at;

	return found.desc.raw & 1u && s2pt_table_translate(table, s2pt_ipa_of(IPA), &at) == S2PT_OK &&
	       at.addr == pa;
}

static void
check_status(unsigned mine, unsigned theirs, enum s2pt_status status)
{
	const uint64_t raw = shared_raw(IPA);
	const bool lost = theirs == REPLACE || theirs == MAP_OTHER || theirs == AGE;

	assert_int_not_equal(raw & 3u, 2);
	if (status != S2PT_OK)
		return;
	switch (mine) {
	case MAP:
		assert_true(is_mapped(PA) || theirs == REPLACE);
		break;
	case MAP_OTHER:
		assert_true(is_mapped(PA + MIB(64)) || theirs == REPLACE);
		break;
	case REPLACE:
		assert_true(is_mapped(PA + MIB(128)));
		break;
	case RELAX:
		assert_true((raw & (W | 64u)) == (W | 64u) || lost);
		break;
	case RELAX_X:
		assert_true(!(raw >> 54 & 1u) || lost);
		break;
	case WRITE:
		assert_true(raw & W || lost);
		break;
	case YOUNG:
		assert_true(raw & AF || lost);
		break;
	default:
		break;
	}
}

/* What the other did is known: in the entry, reported, or to whom replaced it. */
static void
check_kept(unsigned theirs)
{
	const uint64_t known = shared_raw(IPA) | replaced.raw;

	if (status_of_other != S2PT_OK)
		return;
	if (theirs == YOUNG || theirs == READ || theirs == GUEST_WRITE)
		assert_true((known & AF) || (shared_word[0] >> 5 & 1u));
	if (theirs == WRITE || theirs == RELAX || theirs == GUEST_WRITE)
		assert_true(known & W);
	if (theirs == RELAX_X)
		assert_true(!(shared_raw(IPA) >> 54 & 1u) || (replaced.raw && !(replaced.raw >> 54 & 1u)));
}

/* One pair, with the other at access @n. False if there are not so many. */
static bool
try(enum start start, bool hardware, unsigned mine, unsigned theirs, unsigned n)
{
	enum s2pt_status status;
	bool came;

	snprintf(where, sizeof(where), "start %u, %u, and %u at access %u", (unsigned)start,
		 mine, theirs, n);
	begin(start, hardware);
	other = theirs;
	status_of_other = S2PT_OK;
	accesses_left = n;
	model_op_begin(kit.machine.model, 0, MIB(2), MIB(4) - 1u);
	between = run_other;
	status = operations[mine]();
	came = !between;
	between = NULL;
	model_op_end(kit.machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX);
	shared_judge();
	check_counts(start);
	check_status(mine, theirs, status);
	if (came && start >= OLD)
		check_kept(theirs);
	kit_close(&kit);
	where[0] = 0;
	return came;
}

static unsigned long tried;

static void
sweep(bool hardware)
{
	tried = 0;
	for (unsigned start = EMPTY; start < STARTS; start++)
		for (unsigned mine = 0; mine < SHARED; mine++)
			for (unsigned theirs = 0; theirs < ALL; theirs++)
				for (unsigned n = 0; try((enum start)start, hardware, mine, theirs, n);
				     n += n < 60 ? 1 : 97)
					tried++;
	print_message("             %lu places\n", tried);
	assert_true(tried > 100);
}

static void
test_sweep(void **state)
{
	(void)state;
	sweep(false);
}

static void
test_sweep_hardware(void **state)
{
	(void)state;
	sweep(true);
}

/* --- Exclusive operations, and the guest ---------------------------------------------------------------- */

static struct model_outcome written;

static void
write_between(void)
{
	kit_access(&kit, 1, MODEL_WRITE, IPA, &written);
}

/* How the state of one page may be taken. */
enum { COLLECT,
       CLEAR,
       COLLECT_WORDS,
       AGE_WORDS,
       AGE_LAZY,
       UNMAP,
       PROTECT,
       RETYPE,
       MAP_REPLACE,
       SPLIT,
       COLLAPSE,
       START_AGAIN,
       STOP,
       EXCLUSIVES };

static enum s2pt_status
exclusive(unsigned what, struct s2pt_op *op)
{
	const struct s2pt_change no_w = { .clear_w = true };
	const struct s2pt_change retype = { .retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = ram.sh };
	static uint64_t mask[8] = { 32 };
	const struct s2pt_bitmap pages = { .base = s2pt_ipa_of(MIB(2)), .size = MIB(2), .word = mask };
	const struct s2pt_mapping mapping = mapping_of(&leaf_new);
	const s2pt_ipa ipa = s2pt_ipa_of(MIB(2));

	switch (what) {
	case COLLECT:
	case COLLECT_WORDS:
		return s2pt_table_dirty_collect(table, op, ipa, what == COLLECT ? KIB(64) : MIB(2), &shared_bitmap,
						S2PT_COLLECT_CLEAR);
	case CLEAR:
		return s2pt_table_dirty_clear(table, op, ipa, MIB(2), &pages);
	case AGE_WORDS:
		return s2pt_table_age(table, op, ipa, MIB(2), S2PT_AGE_CLEAR, NULL);
	case AGE_LAZY:
		return s2pt_shared_age(table, op, ipa, KIB(64), S2PT_AGE_CLEAR_LAZY, NULL);
	case UNMAP:
		return s2pt_table_unmap(table, op, ipa, MIB(2));
	case PROTECT:
		return s2pt_table_protect(table, op, ipa, MIB(2), &no_w);
	case RETYPE:
		return s2pt_table_protect(table, op, ipa, MIB(2), &retype);
	case MAP_REPLACE:
		return s2pt_table_map(table, op, ipa, MIB(2), s2pt_pa_of(PA + GIB(1)), &mapping);
	case SPLIT:
		return s2pt_table_split(table, op, ipa, MIB(2), table->format->granule_lg2);
	case COLLAPSE:
		return s2pt_table_collapse(table, op, ipa, MIB(2));
	case START_AGAIN:
		return s2pt_table_dirty_start(table, op, ipa, MIB(2), TRACKING_BIT, 0);
	default:
		return s2pt_table_dirty_stop(table, op, ipa, MIB(2));
	}
}

/* What is logged: pages, members of groups, or a block; by a machine that tells of each store, or not. */
enum form {
	PAGES,
	GROUPS,
	BLOCK,
	DIRECT,
	FORMS,
};

/*
 * A machine where IPA is logged, and known to CPU 1. What is dirty is old: hardware has something to set,
 * whatever the operation is about.
 */
static void
begin_logged(unsigned what, enum form form, bool dirty)
{
	const bool hint = form == GROUPS;

	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .max_lg2 = (uint8_t)(hint            ? 16
						   : form == BLOCK ? 21
								   : 12) };

	shape.haf = shape.hd = true;
	shape.direct = form == DIRECT;
	shared_open(&shape);
	leaf_now = ram;
	s2pt_table_dirty_leaf(table, &leaf_now);
	leaf_new = leaf_now;
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(2), PA, &leaf_now), S2PT_OK);
	assert_int_equal(shared_raw(IPA) & MODEL_ATTR_CONT, hint ? MODEL_ATTR_CONT : 0);
	/* By the word: all pages alike. */
	for (unsigned n = 0; dirty && n < (what == COLLECT_WORDS ? 512u : 6u); n++)
		kit_access(&kit, 1, MODEL_WRITE, MIB(2) + n * KIB(4), NULL);
	kit_access(&kit, 1, MODEL_READ, IPA, NULL);
	if (dirty && what != AGE_WORDS && what != AGE_LAZY)
		assert_int_equal(s2pt_table_age(table, &op, s2pt_ipa_of(MIB(2)), MIB(2), S2PT_AGE_CLEAR, NULL),
				 S2PT_OK);
	if (!dirty && what == AGE_WORDS)
		model_prime(kit.machine.model, MIB(2), MIB(4) - 1u);
	shared_blank(MIB(2));
}

/* A write that was done while the operation ran is in the table, or was reported with what it took away. */
static void
check_write(unsigned what)
{
	const bool reported = shared_word[0] >> 5 & 1u;
	struct s2pt_op op = { .budget = 0 };

	if (written.result != MODEL_OK || reported)
		return;
	assert_true(shared_raw(IPA) & 1u);
	if (what == CLEAR)
		return; /* the copy is made after it */
	if (what == STOP)
		assert_true(shared_raw(IPA) & W);
	else
		assert_int_equal(shared_collect(&op, MIB(2), MIB(2), false), S2PT_OK);
	assert_true(what == STOP || shared_word[0] >> 5 & 1u);
	if (what == MAP_REPLACE)
		assert_int_equal(written.pa & ~(KIB(4) - 1u), PA + GIB(1) + KIB(20));
}

/* Once it has returned, no write is missed. */
static void
check_next_write(void)
{
	struct s2pt_op op = { .budget = 0 };

	shared_blank(MIB(2));
	assert_int_equal(kit_access(&kit, 1, MODEL_WRITE, IPA, NULL), MODEL_OK);
	assert_int_equal(shared_collect(&op, MIB(2), MIB(2), true), S2PT_OK);
	assert_true(shared_word[0] >> 5 & 1u);
}

/* The guest writes at access @n of an operation. False if there are not so many. */
static bool
write_at(unsigned what, enum form form, bool dirty, unsigned n)
{
	struct s2pt_op op = { .dirty = &shared_bitmap, .replace = true };
	bool came;

	snprintf(where, sizeof(where), "exclusive %u, form %u, dirty %d, access %u", what, (unsigned)form, dirty, n);
	begin_logged(what, form, dirty);
	accesses_left = n;
	model_op_begin(kit.machine.model, 0, MIB(2), MIB(4) - 1u);
	between = write_between;
	assert_int_equal(exclusive(what, &op), S2PT_OK);
	came = !between;
	between = NULL;
	model_op_end(kit.machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX);
	shared_judge();
	/* An access that found no AF to be set, and a write, are known; but for what an age was about. */
	if (came && what < AGE_WORDS && written.result == MODEL_OK)
		assert_true(shared_raw(IPA) & AF || form == GROUPS);
	if (came)
		check_write(what);
	if (what < UNMAP)
		check_next_write();
	kit_close(&kit);
	where[0] = 0;
	return came;
}

static void
test_guest_writes(void **state)
{
	(void)state;
	tried = 0;
	for (unsigned what = 0; what < EXCLUSIVES; what++)
		for (unsigned form = 0; form < 2 * FORMS; form++)
			/* Those that matter are few, in the page; and at the end. */
			for (unsigned n = 0; write_at(what, (enum form)(form / 2), form % 2, n);
			     n += n < 80 ? 1 : 61)
				tried++;
	print_message("             %lu places\n", tried);
	assert_true(tried > 1000);
}

/* Where a test failed. */
static int
say_where(void **state)
{
	(void)state;
	if (where[0])
		print_error("%s\n", where);
	where[0] = 0;
	return 0;
}

int
main(void)
{
#define RACES(name) cmocka_unit_test_teardown(test_##name, say_where)
	const struct CMUnitTest tests[] = {
		RACES(sweep),
		RACES(sweep_hardware),
		RACES(guest_writes),
	};

	return cmocka_run_group_tests_name("live: races", tests, NULL, NULL);
}
