/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * proof.h: one harness, read in two ways. CBMC proves it for all values that any_*() may have. An ordinary
 * compiler makes a program of it, which runs it for random ones: proof() again and again, with a seed that
 * it prints where something does not hold.
 *
 * A harness includes this once and defines proof(). In there:
 *
 *   any_u64(), any_below(n), any_bool()   a value of which nothing is known
 *   any_mostly(value)                     the same; the program takes @value more often than others
 *   assume(condition)                     what is presupposed: nothing is said of where it does not hold
 *   prove(condition)                      what is to hold
 *   reach()                               that assumptions leave something over: a place that is reached.
 *                                         CBMC is asked about each, and a program that has not been there fails
 *
 * A nondeterministic _Bool may have a value other than 0 and 1 in CBMC: any_bool() has not.
 */
#ifndef S2PT_PROOFS_PROOF_H
#define S2PT_PROOFS_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static void proof(void);

#ifdef __CPROVER__

uint64_t nondet_u64(void);
#define any_u64()         nondet_u64()
#define any_mostly(value) ((void)(value), nondet_u64())
#define assume(condition) __CPROVER_assume(condition)
#ifdef PROOF_REACH
#define prove(condition) ((void)(condition))
#define reach()          __CPROVER_assert(0, "reach")
#else
#define prove(condition) __CPROVER_assert(condition, #condition)
#define reach()          ((void)0)
#endif

int
main(void)
{
	proof();
	return 0;
}

#else

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	uint64_t state;
	uint64_t seed; /* of this run of proof() */
	jmp_buf rejected;
} proof_;

/* SplitMix64 */
static inline uint64_t
proof_random(void)
{
	uint64_t z = proof_.state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Edges more often than what is between them. */
static inline uint64_t
any_u64(void)
{
	const uint64_t kind = proof_random() % 8u, random = proof_random(), other = proof_random();

	switch (kind) {
	case 0:
		return random % 17u;
	case 1:
		return (UINT64_C(1) << random % 64u) + other % 3u - 1u;
	case 2:
		return UINT64_MAX - random % 3u;
	case 3:
		return random & other;
	case 4:
		return random & other & proof_random() & proof_random();
	case 5:
		return random >> other % 64u;
	case 6:
		return random << other % 64u;
	default:
		return random;
	}
}

static inline uint64_t
any_mostly(uint64_t value)
{
	return proof_random() % 16u ? value : any_u64();
}

/* A place of the harness, and how often the program was there. */
struct proof_place {
	int line;
	unsigned long count;
};

/* The linker's; there are none where a compiler sees that no place can be reached. */
extern struct proof_place __start_proof_places[] __attribute__((weak)), __stop_proof_places[] __attribute__((weak));

#define assume(condition)                            \
	do {                                         \
		if (!(condition))                    \
			longjmp(proof_.rejected, 1); \
	} while (0)
#define prove(condition)                                                                                      \
	do {                                                                                                  \
		if (!(condition)) {                                                                           \
			fprintf(stderr, "%s:%d: does not hold: %s; again: --seed %llu\n", __FILE__, __LINE__, \
				#condition, (unsigned long long)proof_.seed);                                 \
			exit(1);                                                                              \
		}                                                                                             \
	} while (0)
#define reach()                                                                                                \
	do {                                                                                                   \
		static struct proof_place place __attribute__((section("proof_places"), used, aligned(8))) = { \
			__LINE__, 0                                                                            \
		};                                                                                             \
		place.count++;                                                                                 \
	} while (0)

/* One run. Returns whether the input was accepted. */
static bool
proof_run(uint64_t seed)
{
	proof_.seed = seed;
	proof_.state = seed * UINT64_C(0xd1342543de82ef95);
	if (setjmp(proof_.rejected))
		return false;
	proof();
	return true;
}

/* The runs of the seeds from 1 on, 20000 of them or as many as are asked for; or that of one seed. */
int
main(int argc, char **argv)
{
	uint64_t first = 1, last = 20000, accepted = 0;
	int status = 0, places = 0;

	if (argc == 3 && !strcmp(argv[1], "--seed")) {
		first = last = strtoull(argv[2], NULL, 10);
	} else if (argc == 3 && !strcmp(argv[1], "--runs")) {
		last = strtoull(argv[2], NULL, 10);
	} else if (argc != 1) {
		fprintf(stderr, "usage: %s [--seed N | --runs N]\n", argv[0]);
		return 2;
	}
	for (uint64_t seed = first; seed <= last; seed++)
		accepted += proof_run(seed);
	printf("%llu of %llu inputs accepted;", (unsigned long long)accepted,
	       (unsigned long long)(last - first + 1u));
	for (struct proof_place *place = __start_proof_places; place < __stop_proof_places; place++, places++) {
		printf(" line %d: %lu", place->line, place->count);
		if (!place->count && first != last)
			status = 1;
	}
	status = status || !places;
	puts(status ? "\nFAIL: a place was never reached: what is said there was not tried" : "");
	return status;
}

#endif

static inline bool
any_bool(void)
{
	return any_u64() & 1u;
}

/* Below @limit, which is not 0. */
static inline uint64_t
any_below(uint64_t limit)
{
#ifdef __CPROVER__
	const uint64_t value = nondet_u64();

	assume(value < limit);
	return value;
#else
	const uint64_t value = any_u64();

	return value < limit ? value : proof_random() % limit;
#endif
}

#endif
