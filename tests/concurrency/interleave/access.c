/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The library's memory accesses, on a machine whose stores may be late. */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "explore.h"
#include "table/atomic.h"

#define PENDING_MAX 4096u
#define SEEN_MAX    64u
#define SLOTS       256u

/* A store that others need not have seen yet. */
struct pending {
	uint64_t *at;
	uint64_t value;
	uint64_t before;
	uint64_t seen; /* what its author thought was there */
	bool linked;   /* the store was to a table that walkers reach */
	bool waits;    /* not in memory; else in memory that nobody but its author sees */
};

/* What a CPU knows of an entry. */
struct seen {
	const uint64_t *at;
	uint64_t value;
};

/* Where a location stands among those seen. */
struct slot {
	unsigned run; /* of the buffer, when it was put there */
	unsigned index;
};

struct buffer {
	struct pending pending[PENDING_MAX];
	unsigned count;
	unsigned waiting;
	uintptr_t page[BUFFER_PAGES]; /* 0: free */
	struct seen seen[SEEN_MAX];
	unsigned known;
	struct slot slot[SLOTS];
	unsigned run;             /* what was put there before is free */
	const uint64_t *early_at; /* a load that was made before its turn */
	uint64_t early;
};

static struct buffer buffers[CPUS_MAX];

static struct buffer *
mine(void)
{
	return &buffers[this_cpu()];
}

void
buffer_reset(void)
{
	for (unsigned n = 0; n < CPUS_MAX; n++) {
		buffers[n].count = 0;
		buffers[n].waiting = 0;
		buffers[n].known = 0;
		buffers[n].run++;
		buffers[n].early_at = NULL;
		memset(buffers[n].page, 0, sizeof(buffers[n].page));
	}
}

/* --- What a CPU has seen ---------------------------------------------------------------------------- */

/* The slot of a location in b->slot: one with its index in b->seen, or a free one. */
static struct slot *
find_slot(struct buffer *b, const uint64_t *at)
{
	unsigned n = (unsigned)((uintptr_t)at / sizeof(*at) + (uintptr_t)at / 4096 * 5u);

	while (b->slot[n % SLOTS].run == b->run && b->seen[b->slot[n % SLOTS].index].at != at)
		n++;
	return &b->slot[n % SLOTS];
}

/* The index in b->seen of a location, or b->known. The first place has those that others had no room for. */
static unsigned
find_seen(struct buffer *b, const uint64_t *at)
{
	const struct slot *slot;

	if (b->known && b->seen[0].at == at)
		return 0;
	slot = find_slot(b, at);
	return slot->run == b->run ? slot->index : b->known;
}

static void
note_seen(const uint64_t *at, uint64_t value)
{
	struct buffer *b = mine();
	unsigned n = find_seen(b, at);

	if (n == SEEN_MAX) {
		n = 0;
	} else if (n == b->known) {
		*find_slot(b, at) = (struct slot){ b->run, n };
		b->known++;
	}
	b->seen[n].at = at;
	b->seen[n].value = value;
}

static uint64_t
last_seen(const uint64_t *at)
{
	struct buffer *b = mine();
	unsigned n = find_seen(b, at);

	return n < b->known ? b->seen[n].value : *at;
}

/* --- Stores that wait ------------------------------------------------------------------------------- */

static void
take_slot(struct buffer *b, uintptr_t page)
{
	unsigned free_slot = BUFFER_PAGES;

	for (unsigned n = 0; n < BUFFER_PAGES; n++) {
		if (b->page[n] == page)
			return;
		if (!b->page[n])
			free_slot = n;
	}
	if (free_slot == BUFFER_PAGES)
		abort();
	b->page[free_slot] = page;
}

static void
push(uint64_t *at, uint64_t value, bool waits)
{
	struct buffer *b = mine();
	struct pending *p = &b->pending[b->count];

	if (b->count++ == PENDING_MAX)
		abort();
	p->at = at;
	p->value = value;
	p->before = *at;
	p->seen = last_seen(at);
	p->linked = world_is_linked(at);
	p->waits = waits;
	if (waits) {
		b->waiting++;
		take_slot(b, page_of((uintptr_t)at));
	}
}

/* Those of one page, or of all (0), go out in order. */
static void
let_out(unsigned cpu, uintptr_t page)
{
	struct buffer *b = &buffers[cpu];
	unsigned kept = 0;

	if (is_exploring())
		explore_let_out(cpu, page);
	for (unsigned n = 0; n < b->count; n++) {
		struct pending *p = &b->pending[n];

		if (page && page_of((uintptr_t)p->at) != page) {
			b->pending[kept++] = *p;
			continue;
		}
		if (!p->waits)
			continue;
		b->waiting--;
		if (p->linked && !world_is_linked(p->at) && !world_is_free(p->at))
			world_commit_dead(p->at, p->value);
		else
			world_commit(cpu, p->at, p->seen, p->value, false);
	}
	b->count = kept;
	for (unsigned n = 0; n < BUFFER_PAGES; n++)
		if (!page || b->page[n] == page)
			b->page[n] = 0;
}

bool
buffer_page(unsigned cpu, unsigned slot, uintptr_t *at)
{
	*at = buffers[cpu].page[slot] << 12;
	return *at;
}

void
buffer_let_out(unsigned cpu, unsigned slot)
{
	let_out(cpu, buffers[cpu].page[slot]);
}

bool
buffer_is_empty(void)
{
	return !mine()->waiting;
}

void
buffer_flush(void)
{
	let_out(this_cpu(), 0);
	mine()->early_at = NULL;
}

/* The other way round: what nobody has been able to see comes late, now that it is going to be seen. */
static void
make_late(void)
{
	struct buffer *b = mine();

	for (unsigned n = b->count; n-- > 0;) {
		struct pending *p = &b->pending[n];

		if (p->waits)
			continue;
		*p->at = p->before;
		p->waits = true;
		b->waiting++;
		take_slot(b, page_of((uintptr_t)p->at));
	}
}

/* --- Steps ----------------------------------------------------------------------------------------- */

/* A step that lets all out that waits is a step of many. */
static void
releasing_point(enum step_kind kind, const void *at)
{
	point(buffer_is_empty() ? kind : STEP_ALL, at);
}

static uint64_t
value_of(const uint64_t *at)
{
	const struct buffer *b = mine();

	for (unsigned n = b->waiting ? b->count : 0; n-- > 0;)
		if (b->pending[n].waits && b->pending[n].at == at)
			return b->pending[n].value;
	return *at;
}

static uint64_t
load(const uint64_t *at)
{
	uint64_t value;

	if (world_is_private(at))
		return *at;
	point(STEP_READ, at);
	if (world_is_free(at))
		world_fail("read-of-free-table", "a table is read that the host has taken back");
	if (is_exploring())
		world_observe(at);
	value = value_of(at);
	note_seen(at, value);
	return value;
}

static void
store(uint64_t *at, uint64_t value)
{
	if (!is_exploring()) {
		world_commit(this_cpu(), at, *at, value, false);
		return;
	}
	if (world_is_private(at)) {
		push(at, value, false);
		*at = value;
		return;
	}
	point(STEP_WRITE, at);
	push(at, value, true);
	note_seen(at, value);
}

static void
store_release(uint64_t *at, uint64_t value, enum seed weakened)
{
	if (!is_exploring()) {
		world_commit(this_cpu(), at, *at, value, false);
		return;
	}
	releasing_point(STEP_WRITE, at);
	if (seed == weakened) {
		make_late();
		let_out(this_cpu(), page_of((uintptr_t)at));
	} else {
		let_out(this_cpu(), 0);
	}
	world_commit(this_cpu(), at, last_seen(at), value, false);
	note_seen(at, value);
}

/* What a read-modify-write makes of @value; returns whether it is made. */
typedef bool (*modify)(uint64_t *value, uint64_t argument, uint64_t before);

static uint64_t
read_modify_write(uint64_t *at, modify how, uint64_t argument, uint64_t before, enum seed split)
{
	uint64_t value, made;

	if (is_exploring())
		releasing_point(STEP_WRITE, at);
	if (seed == SEED_RELAXED_RMW && is_exploring())
		let_out(this_cpu(), page_of((uintptr_t)at));
	else
		let_out(this_cpu(), 0);
	if (is_exploring())
		world_observe(at);
	value = made = *at;
	if (!how(&made, argument, before)) {
		note_seen(at, value);
		return value;
	}
	if (seed == split && is_exploring())
		point(STEP_WRITE, at);
	else if (seed == SEED_RELAXED_RMW && is_exploring())
		make_late();
	world_commit(this_cpu(), at, value, made, true);
	note_seen(at, made);
	return value;
}

static bool
exchange(uint64_t *value, uint64_t argument, uint64_t before)
{
	(void)before;
	*value = argument;
	return true;
}

static bool
compare_exchange(uint64_t *value, uint64_t argument, uint64_t before)
{
	if (*value != before)
		return false;
	*value = argument;
	return true;
}

static bool
and_bits(uint64_t *value, uint64_t argument, uint64_t before)
{
	(void)before;
	*value &= argument;
	return true;
}

static bool
or_bits(uint64_t *value, uint64_t argument, uint64_t before)
{
	(void)before;
	*value |= argument;
	return true;
}

static bool
flip(uint64_t *value, uint64_t argument, uint64_t before)
{
	(void)before;
	*value ^= argument;
	return true;
}

/* @before: the limit. */
static bool
add_up_to(uint64_t *value, uint64_t argument, uint64_t before)
{
	*value += argument;
	return *value <= before;
}

static bool
add(uint64_t *value, uint64_t argument, uint64_t before)
{
	(void)before;
	*value += argument;
	return true;
}

/* --- The library's accesses ------------------------------------------------------------------------- */

uint64_t
entry_load(const uint64_t *entry)
{
	return load(entry);
}

void
entry_store(uint64_t *entry, uint64_t raw)
{
	store(entry, raw);
}

/* That nobody can reach the table yet is what the explorer is to find out. */
void
entry_init(uint64_t *entry, uint64_t raw)
{
	store(entry, raw);
}

void
entry_store_release(uint64_t *entry, uint64_t raw)
{
	store_release(entry, raw, SEED_RELAXED_LINK);
}

uint64_t
entry_exchange(uint64_t *entry, uint64_t raw)
{
	return read_modify_write(entry, exchange, raw, 0, SEED_SPLIT_EXCHANGE);
}

bool
entry_compare_exchange(uint64_t *entry, uint64_t *before, uint64_t after)
{
	uint64_t was = read_modify_write(entry, compare_exchange, after, *before, SEED_SPLIT_CAS);
	bool done = was == *before;

	*before = was;
	return done;
}

uint64_t
entry_fetch_and(uint64_t *entry, uint64_t bits)
{
	return read_modify_write(entry, and_bits, bits, 0, SEED_SPLIT_AND);
}

uint64_t
entry_fetch_or(uint64_t *entry, uint64_t bits)
{
	return read_modify_write(entry, or_bits, bits, 0, SEED_SPLIT_AND);
}

uint64_t
entry_fetch_xor(uint64_t *entry, uint64_t bits)
{
	return read_modify_write(entry, flip, bits, 0, SEED_SPLIT_AND);
}

uint64_t
count_load(const uint64_t *count)
{
	return load(count);
}

void
count_add(uint64_t *count, uint64_t n)
{
	read_modify_write(count, add, n, 0, SEED_SPLIT_COUNT);
}

bool
count_up_to(uint64_t *count, uint64_t n, uint64_t limit)
{
	return read_modify_write(count, add_up_to, n, limit, SEED_SPLIT_COUNT) + n <= limit;
}

void
count_store(uint64_t *count, uint64_t n)
{
	store_release(count, n, SEED_RELAXED_SEQUENCE);
}

/* The flag is a byte: others than the explorer's words have no buffer; it is only ever set. */
bool
flag_is_set(const bool *flag)
{
	point(STEP_READ, flag);
	return *flag;
}

void
flag_set(bool *flag)
{
	point(STEP_WRITE, flag);
	*flag = true;
}

void
flag_clear(bool *flag)
{
	point(STEP_WRITE, flag);
	*flag = false;
}

/* --- The host's accesses ---------------------------------------------------------------------------- */

void
host_load_early(const uint64_t *at)
{
	if (!is_exploring() || seed != SEED_EARLY_ANSWER)
		return;
	point(STEP_READ, at);
	mine()->early_at = at;
	mine()->early = value_of(at);
}

uint64_t
host_load(const uint64_t *at)
{
	struct buffer *b = mine();

	if (b->early_at == at) {
		b->early_at = NULL;
		return b->early;
	}
	point(STEP_READ, at);
	return value_of(at);
}

void
host_store(uint64_t *at, uint64_t value)
{
	if (!is_exploring()) {
		*at = value;
		return;
	}
	point(STEP_WRITE, at);
	push(at, value, true);
}
