/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "caches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whose data a copy holds. A write makes what was LAST into STALE; a change of owner makes everything OLD. */
enum value {
	OLD,
	STALE,
	LAST,
	VALUES,
};

/* A line of a data cache: none, clean or dirty, with a value. */
#define ABSENT   0u
#define CLEAN(v) (1u + (v))
#define DIRTY(v) (4u + (v))
#define LINES    7u

/* The caches, from the CPU on: above the Point of Unification, and below it. */
enum {
	UPPER,
	LOWER,
};

struct granule {
	unsigned memory;  /* enum value */
	unsigned line[2]; /* UPPER, LOWER */
	unsigned code;    /* the line of the instruction cache: 0, or 1 + value */
};

#define STATES (VALUES * LINES * LINES * (1u + VALUES))
#define WORDS  ((STATES + 63u) / 64u)

struct states {
	uint64_t word[WORDS];
};

/* What may happen next. The first ones are nobody's doing. */
enum step {
	EVICT_UPPER,
	CLEAN_UPPER,
	EVICT_LOWER,
	CLEAN_LOWER,
	FILL_LOWER, /* by any cacheable mapping: a read, or speculation */
	FILL_BOTH,
	READ_CACHED,
	READ_BYPASS,
	WRITE_CACHED,
	WRITE_BYPASS,
	WRITE_AGENT,  /* coherent, to memory; lines are invalidated */
	WRITE_ALLOCS, /* coherent, left in the lower cache */
	FETCH_UPPER,  /* CTR_EL0.IDC: data caches need no clean for fetches to see them */
	FETCH_LOWER,
	FETCH_MEMORY,
	/* Not by themselves */
	MAINTAIN_POC,
	MAINTAIN_POU,
	MAINTAIN_CODE,
	NEW_OWNER,
	CODE_COHERENT, /* CTR_EL0.DIC: the instruction cache holds nothing that is not so */
	STEPS,
};

#define STEP(s)    (1u << (s))
#define BACKGROUND (STEP(EVICT_UPPER) | STEP(CLEAN_UPPER) | STEP(EVICT_LOWER) | STEP(CLEAN_LOWER))
#define SPECULATE  (STEP(FILL_LOWER) | STEP(FILL_BOTH))
#define NOTHING    VALUES

static uint16_t next[STEPS][STATES];
static uint8_t reads[STEPS][STATES];   /* enum value, or NOTHING */
static uint8_t reverts[STEPS][STATES]; /* memory had what was last, and has it no more */

unsigned long caches_walks;

/* What a walk saw: sets of 1 << enum value. */
struct seen {
	unsigned data, code;
	bool reverted;
};

static unsigned
pack(const struct granule *g)
{
	return ((g->memory * LINES + g->line[UPPER]) * LINES + g->line[LOWER]) * (1u + VALUES) + g->code;
}

static struct granule
unpack(unsigned state)
{
	struct granule g;

	g.code = state % (1u + VALUES);
	state /= 1u + VALUES;
	g.line[LOWER] = state % LINES;
	state /= LINES;
	g.line[UPPER] = state % LINES;
	g.memory = state / LINES;
	return g;
}

static bool
is_dirty(unsigned line)
{
	return line >= DIRTY(0);
}

static unsigned
value_of(unsigned line)
{
	return is_dirty(line) ? line - DIRTY(0) : line - CLEAN(0);
}

static unsigned
with_value(unsigned line, unsigned value)
{
	if (line == ABSENT)
		return ABSENT;
	return is_dirty(line) ? DIRTY(value) : CLEAN(value);
}

/* What an access through the caches from @level on down finds. */
static unsigned
seen_from(const struct granule *g, int level)
{
	for (int i = level; i <= LOWER; i++)
		if (g->line[i] != ABSENT)
			return value_of(g->line[i]);
	return g->memory;
}

/* Every copy changes from one value to another. */
static void
relabel(struct granule *g, unsigned from, unsigned to)
{
	if (g->memory == from)
		g->memory = to;
	for (int i = UPPER; i <= LOWER; i++)
		if (g->line[i] != ABSENT && value_of(g->line[i]) == from)
			g->line[i] = with_value(g->line[i], to);
	if (g->code == 1u + from)
		g->code = 1u + to;
}

/* A dirty line goes one level down. */
static void
write_back(struct granule *g, int level)
{
	if (!is_dirty(g->line[level]))
		return;
	if (level == UPPER)
		g->line[LOWER] = g->line[UPPER];
	else
		g->memory = value_of(g->line[LOWER]);
	g->line[level] = CLEAN(value_of(g->line[level]));
}

static void
fetch(struct granule *g, unsigned step)
{
	if (g->code != 0)
		return;
	if (step == FETCH_MEMORY)
		g->code = 1u + g->memory;
	else
		g->code = 1u + seen_from(g, step == FETCH_UPPER ? UPPER : LOWER);
}

static void
take_data_step(struct granule *g, unsigned step)
{
	switch (step) {
	case EVICT_UPPER:
	case CLEAN_UPPER:
		write_back(g, UPPER);
		if (step == EVICT_UPPER)
			g->line[UPPER] = ABSENT;
		break;
	case EVICT_LOWER:
	case CLEAN_LOWER:
		write_back(g, LOWER);
		if (step == EVICT_LOWER)
			g->line[LOWER] = ABSENT;
		break;
	case FILL_BOTH:
	case FILL_LOWER:
		if (g->line[UPPER] == ABSENT && g->line[LOWER] == ABSENT)
			g->line[LOWER] = CLEAN(g->memory);
		if (step == FILL_BOTH && g->line[UPPER] == ABSENT)
			g->line[UPPER] = CLEAN(value_of(g->line[LOWER]));
		break;
	case WRITE_CACHED:
		relabel(g, LAST, STALE);
		g->line[UPPER] = DIRTY(LAST);
		break;
	case WRITE_BYPASS:
		relabel(g, LAST, STALE);
		g->memory = LAST;
		break;
	case WRITE_AGENT:
		relabel(g, LAST, STALE);
		g->line[UPPER] = ABSENT;
		g->line[LOWER] = ABSENT;
		g->memory = LAST;
		break;
	case WRITE_ALLOCS:
		relabel(g, LAST, STALE);
		g->line[UPPER] = ABSENT;
		g->line[LOWER] = DIRTY(LAST);
		break;
	default:
		break;
	}
}

static void
take_step(struct granule *g, unsigned step)
{
	switch (step) {
	case FETCH_UPPER:
	case FETCH_LOWER:
	case FETCH_MEMORY:
		fetch(g, step);
		break;
	case MAINTAIN_POC:
		write_back(g, UPPER);
		write_back(g, LOWER);
		g->line[UPPER] = ABSENT;
		g->line[LOWER] = ABSENT;
		break;
	case MAINTAIN_POU:
		write_back(g, UPPER);
		break;
	case MAINTAIN_CODE:
	case CODE_COHERENT:
		g->code = 0;
		break;
	case NEW_OWNER:
		relabel(g, LAST, OLD);
		relabel(g, STALE, OLD);
		break;
	default:
		take_data_step(g, step);
	}
}

static unsigned
read_by(const struct granule *g, const struct granule *after, unsigned step)
{
	switch (step) {
	case READ_CACHED:
		return seen_from(g, UPPER);
	case READ_BYPASS:
		return g->memory;
	case FETCH_UPPER:
	case FETCH_LOWER:
	case FETCH_MEMORY:
		return after->code - 1u;
	default:
		return NOTHING;
	}
}

static void
make_tables(void)
{
	for (unsigned step = 0; step < STEPS; step++)
		for (unsigned state = 0; state < STATES; state++) {
			struct granule g = unpack(state), after = g;

			take_step(&after, step);
			next[step][state] = (uint16_t)pack(&after);
			reads[step][state] = (uint8_t)read_by(&g, &after, step);
			reverts[step][state] = step <= CLEAN_LOWER && g.memory == LAST && after.memory != LAST;
		}
}

static bool
has(const struct states *states, unsigned state)
{
	return states->word[state / 64u] >> (state % 64u) & 1u;
}

static void
add(struct states *states, unsigned state)
{
	states->word[state / 64u] |= UINT64_C(1) << (state % 64u);
}

/* Adds all of @more, and says whether there was anything new. */
static bool
add_all(struct states *states, const struct states *more)
{
	bool grew = false;

	for (unsigned i = 0; i < WORDS; i++) {
		grew = grew || (more->word[i] & ~states->word[i]) != 0;
		states->word[i] |= more->word[i];
	}
	return grew;
}

static void
note(struct seen *seen, unsigned step, unsigned state)
{
	unsigned value = reads[step][state];

	if (value != NOTHING) {
		if (step >= FETCH_UPPER)
			seen->code |= 1u << value;
		else
			seen->data |= 1u << value;
	}
	seen->reverted = seen->reverted || reverts[step][state];
}

/* Everything that @steps lead to, in any order and number. */
static struct seen
walk(struct states *states, uint32_t steps)
{
	uint16_t queue[STATES];
	unsigned head = 0, tail = 0;
	struct seen seen = { 0 };

	caches_walks++;
	for (unsigned state = 0; state < STATES; state++)
		if (has(states, state))
			queue[tail++] = (uint16_t)state;
	while (head < tail) {
		unsigned state = queue[head++];

		for (uint32_t left = steps; left != 0; left &= left - 1u) {
			unsigned step = (unsigned)__builtin_ctz(left);

			note(&seen, step, state);
			if (!has(states, next[step][state])) {
				add(states, next[step][state]);
				queue[tail++] = next[step][state];
			}
		}
	}
	return seen;
}

/* One step, taken once in every state. */
static struct states
all_take(const struct states *states, enum step step)
{
	struct states after = { { 0 } };

	for (unsigned state = 0; state < STATES; state++)
		if (has(states, state))
			add(&after, next[step][state]);
	return after;
}

static struct states
maintain(const struct states *states, uint8_t needs)
{
	struct states after = *states;

	if (needs & S2PT_NEEDS_CLEAN_POU)
		after = all_take(&after, MAINTAIN_POU);
	if (needs & S2PT_NEEDS_CLEAN_POC)
		after = all_take(&after, MAINTAIN_POC);
	if (needs & S2PT_NEEDS_ICACHE)
		after = all_take(&after, MAINTAIN_CODE);
	return after;
}

/* --- The host, between two owners ---------------------------------------------------------------- */

/* What goes on at any time, by mappings that are there at any time. */
static uint32_t
background(const struct ground *ground)
{
	return BACKGROUND | (ground->host == S2PT_HOST_VIEW_CACHEABLE ? SPECULATE : 0);
}

/* How the host reads and writes what is its own again; 0 where it cannot. RAM that is unmapped it maps for that. */
static unsigned
host_way(const struct ground *ground)
{
	switch (ground->host) {
	case S2PT_HOST_VIEW_CACHEABLE:
		return WAY_CACHED;
	case S2PT_HOST_VIEW_UNMAPPED:
		return ground->backing == S2PT_BACKING_RAM ? WAY_CACHED : 0;
	default:
		return WAY_BYPASS;
	}
}

/*
 * The host, or the owner of what the host does not map, writes the granule for whoever has it next. An owner who asks
 * for cacheable mappings of what the host does not map writes by its device, which invalidates lines.
 */
static struct states
prepared(const struct ground *ground, const struct states *left)
{
	struct states before = all_take(left, NEW_OWNER), after = { { 0 } };
	struct states more;

	walk(&before, background(ground));
	if (host_way(ground) == WAY_CACHED) {
		more = all_take(&before, WRITE_CACHED);
		add_all(&after, &more);
	}
	if (ground->asked && ground->backing != S2PT_BACKING_RAM) {
		more = all_take(&before, WRITE_AGENT);
		add_all(&after, &more);
	}
	if (host_way(ground) == WAY_BYPASS || (host_way(ground) == 0 && !ground->asked)) {
		more = all_take(&before, WRITE_BYPASS);
		add_all(&after, &more);
	}
	walk(&after, background(ground));
	if (ground->dic)
		after = all_take(&after, CODE_COHERENT);
	return after;
}

/* Before the first owner. RAM was a program's of the host's, by the view that the host has now. */
static struct states
first(const struct ground *ground)
{
	struct states left = { { 0 } };
	struct granule g = { .memory = OLD };

	if (ground->backing == S2PT_BACKING_RAM)
		g.code = 1u + OLD;
	add(&left, pack(&g));
	return prepared(ground, &left);
}

/* --- One owner ----------------------------------------------------------------------------------- */

static uint32_t
cpu_steps(unsigned ways)
{
	return (ways & WAY_CACHED ? SPECULATE | STEP(READ_CACHED) | STEP(WRITE_CACHED) : 0) |
	       (ways & WAY_BYPASS ? STEP(READ_BYPASS) | STEP(WRITE_BYPASS) : 0);
}

static uint32_t
fetch_steps(const struct ground *ground, unsigned ways)
{
	uint32_t cached = ground->idc ? STEP(FETCH_UPPER) : STEP(FETCH_LOWER);

	return (ways & WAY_CACHED ? SPECULATE | cached : 0) | (ways & WAY_BYPASS ? STEP(FETCH_MEMORY) : 0) |
	       (ways != 0 && ground->dic ? STEP(CODE_COHERENT) : 0);
}

static uint32_t
agent_steps(unsigned agents, unsigned ways)
{
	uint32_t steps = 0;

	if (agents & AGENT_BYPASS)
		steps |= STEP(READ_BYPASS) | STEP(WRITE_BYPASS);
	if (agents & AGENT_COHERENT)
		steps |= STEP(READ_CACHED) | STEP(WRITE_AGENT) | STEP(WRITE_ALLOCS);
	if (agents & AGENT_FOLLOWS)
		steps |= (ways & WAY_CACHED ? STEP(READ_CACHED) | STEP(WRITE_AGENT) : 0) |
			 (ways & WAY_BYPASS ? STEP(READ_BYPASS) | STEP(WRITE_BYPASS) : 0);
	return steps;
}

/* A guest that does whatever it can, and whose devices do. */
static struct seen
run_wild(const struct ground *ground, const struct tenant *tenant, struct states *states)
{
	unsigned ways = (unsigned)tenant->off | tenant->on;

	return walk(states, background(ground) | cpu_steps(ways) | fetch_steps(ground, tenant->fetch) |
				    agent_steps(tenant->agents, ways));
}

/* What a life leaves to the one after the next change of owner. */
static struct states
left_by(const struct ground *ground, const struct tenant *tenant, const struct states *start)
{
	struct states states = maintain(start, tenant->on_map);

	run_wild(ground, tenant, &states);
	states = maintain(&states, tenant->on_unmap);
	return prepared(ground, &states);
}

/* --- All owners ---------------------------------------------------------------------------------- */

#define GROUNDS     (3u * 4u * 2u * 2u * 2u * 2u)
#define TENANTS_MAX 512u

struct tenancy {
	struct tenant tenant;
	bool right; /* nothing old reaches it */
};

static struct {
	struct states start;     /* what the host wrote, or the owner, for the next one */
	struct states handed_on; /* what a correct guest left, and may find again */
	struct tenancy *of;
	unsigned count;
} lives[GROUNDS];

static unsigned
ground_index(const struct ground *ground)
{
	unsigned index = (unsigned)ground->backing * 4u + (unsigned)ground->host;

	return (((index * 2u + ground->asked) * 2u + ground->fwb) * 2u + ground->dic) * 2u + ground->idc;
}

static struct ground
ground_at(unsigned index)
{
	struct ground ground = {
		.idc = index & 1u,
		.dic = index >> 1 & 1u,
		.fwb = index >> 2 & 1u,
		.asked = index >> 3 & 1u,
		.host = (enum s2pt_host_view)(index >> 4 & 3u),
		.backing = (enum s2pt_backing)(index >> 6),
	};

	return ground;
}

/* Verdicts that were asked for before. */
#define KNOWN_LG2 17u

static struct known {
	uint64_t key; /* 0: free */
	uint32_t verdict;
} known[1u << KNOWN_LG2];

static uint64_t
key_of(unsigned index, const struct tenant *t)
{
	uint64_t ways = (uint64_t)t->off | (uint64_t)t->on << 2 | (uint64_t)t->fetch << 4 |
			(uint64_t)t->asks[0] << 6 | (uint64_t)t->asks[1] << 8 | (uint64_t)t->asks[2] << 10 |
			(uint64_t)t->agents << 12;
	uint64_t needs = (uint64_t)t->on_map | (uint64_t)t->on_unmap << 4 | (uint64_t)t->on_caches_on << 8;

	return UINT64_C(1) | ways << 1 | needs << 17 | (uint64_t)index << 30;
}

static struct known *
known_slot(uint64_t key)
{
	size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> (64u - KNOWN_LG2));

	while (known[i].key != 0 && known[i].key != key)
		i = (i + 1u) & ((1u << KNOWN_LG2) - 1u);
	return &known[i];
}

void
lives_begin(void)
{
	make_tables();
	memset(known, 0, sizeof(known));
	for (unsigned i = 0; i < GROUNDS; i++) {
		struct ground ground = ground_at(i);

		lives[i].count = 0;
		lives[i].start = first(&ground);
		lives[i].handed_on = (struct states){ { 0 } };
	}
}

void
lives_add(const struct ground *ground, const struct tenant *tenant)
{
	unsigned index = ground_index(ground);
	struct known *slot = known_slot(key_of(index, tenant));

	if (slot->key != 0)
		return;
	slot->key = key_of(index, tenant);
	if (lives[index].of == NULL)
		lives[index].of = calloc(TENANTS_MAX, sizeof(struct tenancy));
	if (lives[index].of == NULL || lives[index].count == TENANTS_MAX) {
		printf("too many ways to own a granule\n");
		exit(1);
	}
	lives[index].of[lives[index].count++] = (struct tenancy){ .tenant = *tenant };
}

/* --- Judging one of them ------------------------------------------------------------------------- */

static uint32_t
judge_wild(const struct ground *ground, const struct tenant *tenant, const struct states *mapped)
{
	struct states states = *mapped;
	struct seen seen = run_wild(ground, tenant, &states);

	return (seen.data & 1u << OLD ? LIFE_OLD_DATA : 0) | (seen.code & 1u << OLD ? LIFE_OLD_CODE : 0);
}

/* A correct driver that looks in one way, beside agents that it has chosen the way for. What follows is in @reached. */
static uint32_t
judge_driver(const struct ground *ground, unsigned way, unsigned agents, const struct states *from, uint32_t what,
	     struct states *reached)
{
	struct states states = *from;
	struct seen seen = walk(&states, background(ground) | cpu_steps(way) | agent_steps(agents, way));

	add_all(reached, &states);
	return (seen.data & ~(1u << LAST) ? what : 0) | (seen.reverted ? LIFE_WRITE_BACK : 0);
}

/* The guest boots with its caches off, and then turns them on. */
static uint32_t
judge_boot(const struct ground *ground, const struct tenant *tenant, const struct states *mapped,
	   struct states *reached)
{
	uint32_t wrong = 0;

	for (unsigned off = WAY_CACHED; off <= WAY_BYPASS; off <<= 1) {
		struct states states = { { 0 } };

		if ((tenant->off & off) == 0)
			continue;
		wrong |= judge_driver(ground, off, 0, mapped, LIFE_NOT_LAST, &states);
		add_all(reached, &states);
		states = maintain(&states, tenant->on_caches_on);
		for (unsigned on = WAY_CACHED; on <= WAY_BYPASS; on <<= 1)
			if (tenant->on & on)
				wrong |= judge_driver(ground, on, 0, &states, LIFE_CACHES_ON, reached);
	}
	return wrong;
}

/* A driver of a device maps its buffers as the device looks at them. */
static uint32_t
judge_devices(const struct ground *ground, const struct tenant *tenant, const struct states *mapped,
	      struct states *reached)
{
	uint32_t wrong = 0;

	for (unsigned agent = AGENT_BYPASS; agent <= AGENT_FOLLOWS; agent <<= 1) {
		if ((tenant->agents & agent) == 0)
			continue;
		for (unsigned request = 0; request < REQUEST_COUNT; request++)
			if ((agent & AGENT_BYPASS) == 0 || request != REQUEST_WB)
				if ((agent & AGENT_COHERENT) == 0 || request == REQUEST_WB)
					wrong |= judge_driver(ground, tenant->asks[request], agent, mapped,
							      LIFE_NOT_LAST, reached);
	}
	return wrong;
}

/* What correct drivers do from here on: boots, uses of one attribute each, and of devices. */
static uint32_t
judge_drivers(const struct ground *ground, const struct tenant *tenant, const struct states *mapped,
	      struct states *reached)
{
	uint32_t wrong = judge_boot(ground, tenant, mapped, reached);

	for (unsigned on = WAY_CACHED; on <= WAY_BYPASS; on <<= 1)
		if (tenant->on & on)
			wrong |= judge_driver(ground, on, 0, mapped, LIFE_NOT_LAST, reached);
	return wrong | judge_devices(ground, tenant, mapped, reached);
}

/* What a correct guest leaves to itself, or to one like it. */
static struct states
handed_on_by(const struct ground *ground, const struct tenant *tenant, const struct states *from)
{
	struct states mapped = maintain(from, tenant->on_map), reached = { { 0 } };

	(void)judge_drivers(ground, tenant, &mapped, &reached);
	reached = maintain(&reached, tenant->on_unmap);
	walk(&reached, background(ground));
	return reached;
}

/* The host has it back from a correct guest, and reads. */
static uint32_t
judge_host(const struct ground *ground, const struct tenant *tenant, const struct states *reached)
{
	struct states states = maintain(reached, tenant->on_unmap);
	unsigned way = host_way(ground);
	struct seen seen;

	if (way == 0)
		return 0;
	seen = walk(&states, background(ground) | (cpu_steps(way) & ~(STEP(WRITE_CACHED) | STEP(WRITE_BYPASS))));
	return seen.data & ~(1u << LAST) ? LIFE_HOST_SEES : 0;
}

/* The host wrote: it keeps what it wrote, and the next owner meets nothing else. */
static uint32_t
judge_next(const struct ground *ground, unsigned index, const struct states *left)
{
	struct states states = *left;
	unsigned way = host_way(ground);
	uint32_t wrong = 0;
	struct seen seen;

	if (way != 0) {
		seen = walk(&states, background(ground) |
					     (cpu_steps(way) & ~(STEP(WRITE_CACHED) | STEP(WRITE_BYPASS))));
		if (seen.data & ~(1u << LAST))
			wrong |= LIFE_HOST_KEEPS;
	}
	for (unsigned t = 0; t < lives[index].count; t++)
		if (lives[index].of[t].right) {
			struct states mapped = maintain(left, lives[index].of[t].tenant.on_map);

			if (judge_wild(ground, &lives[index].of[t].tenant, &mapped))
				wrong |= LIFE_NEXT;
		}
	return wrong;
}

/* --- All of them together ------------------------------------------------------------------------- */

static bool
settle_one(unsigned index, const struct ground *ground, const struct tenant *tenant)
{
	struct states left = left_by(ground, tenant, &lives[index].start);
	bool grew = add_all(&lives[index].start, &left);

	left = handed_on_by(ground, tenant, &lives[index].start);
	grew = add_all(&lives[index].handed_on, &left) || grew;
	left = handed_on_by(ground, tenant, &lives[index].handed_on);
	return add_all(&lives[index].handed_on, &left) || grew;
}

static bool
is_right(unsigned index, const struct ground *ground, const struct tenant *tenant)
{
	struct states states = maintain(&lives[index].start, tenant->on_map);

	return judge_wild(ground, tenant, &states) == 0;
}

/* Who comes after whom does not matter: what any of them leaves, any may find, until nothing new is left. */
void
lives_settle(void)
{
	for (unsigned i = 0; i < GROUNDS; i++) {
		struct ground ground = ground_at(i);
		bool grew = true;

		while (grew) {
			grew = false;
			for (unsigned t = 0; t < lives[i].count; t++)
				grew = settle_one(i, &ground, &lives[i].of[t].tenant) || grew;
		}
		for (unsigned t = 0; t < lives[i].count; t++)
			lives[i].of[t].right = is_right(i, &ground, &lives[i].of[t].tenant);
	}
	memset(known, 0, sizeof(known));
}

uint32_t
lives_judge(const struct ground *ground, const struct tenant *tenant)
{
	unsigned index = ground_index(ground);
	struct known *slot = known_slot(key_of(index, tenant));
	struct states start = lives[index].start, left, mapped, handed_on, reached = { { 0 } };
	uint32_t wrong;

	if (slot->key != 0)
		return slot->verdict;
	/* It may also follow itself. */
	do
		left = left_by(ground, tenant, &start);
	while (add_all(&start, &left));

	mapped = maintain(&start, tenant->on_map);
	wrong = judge_wild(ground, tenant, &mapped);
	wrong |= judge_drivers(ground, tenant, &mapped, &reached);
	wrong |= judge_host(ground, tenant, &reached);
	left = left_by(ground, tenant, &start);
	wrong |= judge_next(ground, index, &left);

	handed_on = handed_on_by(ground, tenant, &start);
	add_all(&handed_on, &lives[index].handed_on);
	do
		left = handed_on_by(ground, tenant, &handed_on);
	while (add_all(&handed_on, &left));
	mapped = maintain(&handed_on, tenant->on_map);
	if (judge_drivers(ground, tenant, &mapped, &reached))
		wrong |= LIFE_HANDED_ON;

	slot->key = key_of(index, tenant);
	slot->verdict = wrong;
	return wrong;
}
