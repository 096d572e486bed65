/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "explore.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "buffer.h"

#define STACK_BYTES 65536u
#define DEPTH_MAX   8192u
/* Choices: the CPUs, and then what may leave their buffers. */
#define CHOICES (CPUS_MAX + CPUS_MAX * BUFFER_PAGES)

struct step {
	enum step_kind kind;
	uintptr_t at;
};

struct cpu {
	ucontext_t context; /* its first step */
	jmp_buf place;      /* all others: quicker, since signals stay as they are */
	struct step next;
	bool done;
	void *stack;
};

/* A choice that was made, and what is known of its alternatives. */
struct node {
	uint32_t sleeping;
	uint32_t tried;
	uint32_t enabled;
	unsigned chosen;
	struct step step[CHOICES]; /* of those that are enabled */
};

enum seed seed;

static struct cpu cpus[CPUS_MAX];
static unsigned cpu_count, running;
static bool exploring;
static jmp_buf scheduler;
static struct node *path;

_Static_assert(CHOICES <= 32, "a choice is a bit");

unsigned
this_cpu(void)
{
	return running;
}

/* --- Coroutines ------------------------------------------------------------------------------------ */

void
point(enum step_kind kind, const void *at)
{
	struct cpu *cpu = &cpus[running];

	if (!exploring)
		return;
	cpu->next.kind = kind;
	cpu->next.at = (uintptr_t)at;
	if (!_setjmp(cpu->place))
		_longjmp(scheduler, 1);
}

static void
cpu_main(void)
{
	world_cpu(running);
	cpus[running].done = true;
	_longjmp(scheduler, 1);
}

static void
resume(unsigned cpu)
{
	running = cpu;
	if (!_setjmp(scheduler))
		_longjmp(cpus[cpu].place, 1);
}

static void
start(unsigned n)
{
	struct cpu *cpu = &cpus[n];

	if (!cpu->stack)
		cpu->stack = malloc(STACK_BYTES);
	if (!cpu->stack || getcontext(&cpu->context))
		abort();
#ifdef __SANITIZE_ADDRESS__
	/* A run that was given up has left its frames. */
	__asan_unpoison_memory_region(cpu->stack, STACK_BYTES);
#endif
	cpu->context.uc_stack.ss_sp = cpu->stack;
	cpu->context.uc_stack.ss_size = STACK_BYTES;
	cpu->context.uc_link = NULL;
	cpu->done = false;
	makecontext(&cpu->context, cpu_main, 0);
	running = n;
	if (!_setjmp(scheduler))
		setcontext(&cpu->context);
}

void
run_alone(unsigned cpu, void (*run)(void *argument), void *argument)
{
	unsigned before = running;
	bool was = exploring;

	exploring = false;
	running = cpu;
	run(argument);
	buffer_flush();
	running = before;
	exploring = was;
}

bool
is_exploring(void)
{
	return exploring;
}

/* --- Which steps commute? --------------------------------------------------------------------------- */

static bool
is_access(enum step_kind kind)
{
	return kind <= STEP_FLUSH;
}

/* @a.kind is not above @b.kind. */
static bool
commute_in_order(struct step a, struct step b)
{
	if (b.kind == STEP_ALL)
		return false;
	if (is_access(b.kind)) {
		if (a.kind == STEP_READ && b.kind == STEP_READ)
			return true;
		if (a.kind == STEP_FLUSH || b.kind == STEP_FLUSH)
			return page_of(a.at) != page_of(b.at);
		return a.at != b.at;
	}
	switch (b.kind) {
	case STEP_ALLOC:
		return a.kind != STEP_ALLOC;
	case STEP_INVALIDATE:
		return a.kind == STEP_READ || a.kind == STEP_ALLOC;
	case STEP_LOCK:
		return a.kind != STEP_LOCK;
	case STEP_END:
		return a.kind != STEP_INVALIDATE && a.kind != STEP_LOCK;
	default:
		return true;
	}
}

static bool
commute(struct step a, struct step b)
{
	return a.kind <= b.kind ? commute_in_order(a, b) : commute_in_order(b, a);
}

/* --- Which stores that were let out has nobody looked at? --------------------------------------------- */

/*
 * Of two times that stores of a CPU to one page are let out, the first is for nothing where nobody looks at
 * the page in between: without it the run is the same, and it is one that is tried as well. Who looks is
 * another CPU; or this one's walker, in a step of all kinds: what is not let out it does not see.
 */
static struct {
	unsigned cpu;
	struct step step;
} unseen[CPUS_MAX * BUFFER_PAGES];
static unsigned unseen_count;
static bool in_vain;

void
explore_let_out(unsigned cpu, uintptr_t page)
{
	for (unsigned n = 0; n < unseen_count; n++)
		in_vain |= unseen[n].cpu == cpu && (!page || unseen[n].step.at == page << 12);
}

/* @cpu lets out what waits for a page, or does a step of its own. */
static void
note_step(unsigned cpu, struct step step)
{
	unsigned kept = 0;

	for (unsigned n = 0; n < unseen_count; n++)
		if (unseen[n].cpu == cpu ? step.kind != STEP_ALL : commute(unseen[n].step, step))
			unseen[kept++] = unseen[n];
	unseen_count = kept;
	if (step.kind != STEP_FLUSH)
		return;
	if (unseen_count == sizeof(unseen) / sizeof(unseen[0]))
		abort();
	unseen[unseen_count].cpu = cpu;
	unseen[unseen_count++].step = step;
}

/* --- One run --------------------------------------------------------------------------------------- */

/*
 * Is @cpu still at it, and all others have done what they had to? Then nobody looks at what it lets out: its
 * own accesses come after its operations, which let all out.
 */
static bool
is_last(unsigned cpu)
{
	for (unsigned n = 0; n < cpu_count; n++)
		if (cpus[n].done == (n == cpu))
			return false;
	return true;
}

/* What can be done next, as choices; and what each would be. */
static uint32_t
look_around(struct step *step)
{
	uint32_t enabled = 0;

	for (unsigned n = 0; n < cpu_count; n++) {
		uintptr_t page;

		if (!cpus[n].done && (cpus[n].next.kind != STEP_LOCK || world_may_lock(n))) {
			step[n] = cpus[n].next;
			enabled |= 1u << n;
		}
		for (unsigned slot = 0; slot < BUFFER_PAGES; slot++) {
			unsigned choice = CPUS_MAX + n * BUFFER_PAGES + slot;

			if (!buffer_page(n, slot, &page) || is_last(n))
				continue;
			step[choice].kind = STEP_FLUSH;
			step[choice].at = page;
			enabled |= 1u << choice;
		}
	}
	return enabled;
}

/* What sleeps behind a choice: what slept or was tried before it, and commutes with it. */
static uint32_t
sleeping_after(const struct node *node)
{
	uint32_t sleeping = 0;

	for (unsigned n = 0; n < CHOICES; n++)
		if ((((node->sleeping | node->tried) & node->enabled) >> n & 1u) && n != node->chosen &&
		    commute(node->step[n], node->step[node->chosen]))
			sleeping |= 1u << n;
	return sleeping;
}

static bool
choose(struct node *node)
{
	uint32_t left = node->enabled & ~node->sleeping & ~node->tried;

	if (!left)
		return false;
	node->chosen = (unsigned)__builtin_ctz(left);
	return true;
}

static void
take(unsigned choice, struct step step)
{
	const unsigned cpu = choice < CPUS_MAX ? choice : (choice - CPUS_MAX) / BUFFER_PAGES;

	if (choice < CPUS_MAX)
		resume(cpu);
	else
		buffer_let_out(cpu, (choice - CPUS_MAX) % BUFFER_PAGES);
	if (!in_vain)
		note_step(cpu, step);
}

static bool
all_done(void)
{
	for (unsigned n = 0; n < cpu_count; n++)
		if (!cpus[n].done)
			return false;
	return true;
}

/* Run once: the first @known choices are made. Returns how many were made, or 0: given up. */
static unsigned
run_once(unsigned known, uint64_t *steps)
{
	unsigned depth = 0;

	world_begin();
	exploring = true;
	unseen_count = 0;
	in_vain = false;
	for (unsigned n = 0; n < cpu_count; n++)
		start(n);
	for (;; depth++) {
		struct node *node = &path[depth];

		if (depth == DEPTH_MAX)
			abort();
		if (depth >= known) {
			node->enabled = look_around(node->step);
			node->tried = 0;
			node->sleeping = depth ? sleeping_after(&path[depth - 1u]) : 0;
			if (!node->enabled) {
				if (!all_done())
					world_fail("deadlock", "nobody can go on");
				break;
			}
			if (!choose(node)) {
				exploring = false;
				*steps += depth;
				path[depth].enabled = 0;
				return depth;
			}
		}
		take(node->chosen, node->step[node->chosen]);
		if (world_has_failed())
			break;
		if (in_vain) {
			depth++;
			break;
		}
	}
	exploring = false;
	*steps += depth;
	return depth;
}

/* The deepest choice that has an alternative: how many choices are known with it? 0: none has. */
static unsigned
next_known(unsigned depth)
{
	while (depth--) {
		struct node *node = &path[depth];

		node->tried |= 1u << node->chosen;
		if (choose(node))
			return depth + 1u;
	}
	return 0;
}

void
explore(unsigned count, uint64_t limit, struct exploration *result)
{
	unsigned known = 0, depth;

	if (!path)
		path = calloc(DEPTH_MAX + 1u, sizeof(*path));
	if (!path)
		abort();
	memset(result, 0, sizeof(*result));
	cpu_count = count;
	do {
		depth = run_once(known, &result->steps);
		if (world_has_failed()) {
			result->runs++;
			return;
		}
		if (all_done() && !in_vain) {
			result->runs++;
			if (!world_end())
				return;
		} else {
			result->cut++;
		}
		known = next_known(depth);
	} while (known && (!limit || result->runs < limit));
	result->complete = !known;
}
