/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* fuzz.h: what the fuzz targets share: reading inputs, and stopping where something is not so. */
#ifndef S2PT_FUZZ_H
#define S2PT_FUZZ_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stop with a message; the fuzzer keeps the input. */
#define REQUIRE(condition, ...)                                                                 \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			fprintf(stderr, __VA_ARGS__);                                           \
			fputc('\n', stderr);                                                    \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* The bytes of an input that are still to be read. Behind the end stand zeros. */
struct input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t
take8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

/* Little-endian, like every number in the corpus. */
static inline uint64_t
take(struct input *in, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)take8(in) << (8 * i);
	return value;
}

#endif
