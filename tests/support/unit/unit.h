/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* unit.h: what the unit tests share. */
#ifndef S2PT_TESTS_UNIT_H
#define S2PT_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include <s2pt/s2pt.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define ALL_FEATS    ((UINT64_C(1) << S2PT_FEAT_COUNT) - 1u)

/* Fail with a message that says what differed. */
#define CHECK(condition, ...)                                                               \
	do {                                                                                \
		if (!(condition)) {                                                         \
			print_error("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			print_error(__VA_ARGS__);                                           \
			print_error("\n");                                                  \
			fail();                                                             \
		}                                                                           \
	} while (0)

#define CHECK_STATUS(got, want, what)                                          \
	do {                                                                   \
		enum s2pt_status got_ = (got);                                 \
		enum s2pt_status want_ = (want);                               \
		CHECK(got_ == want_, "%s: got status %s, expected %s", (what), \
		      s2pt_status_name(got_), s2pt_status_name(want_));        \
	} while (0)

#define CHECK_U64(got, want, what)                                                               \
	do {                                                                                     \
		uint64_t got_ = (got);                                                           \
		uint64_t want_ = (want);                                                         \
		CHECK(got_ == want_, "%s: got 0x%" PRIx64 ", expected 0x%" PRIx64, (what), got_, \
		      want_);                                                                    \
	} while (0)

/* An out-parameter full of a pattern, and the proof that a refusal left it alone. */
#define POISON           0xa5
#define POISONED(object) memset(&(object), POISON, sizeof(object))
#define CHECK_UNTOUCHED(object, what) \
	CHECK(is_poison(&(object), sizeof(object)), "%s: a refusal wrote its out-parameter", (what))

static inline bool
is_poison(const void *object, size_t size)
{
	const unsigned char *bytes = object;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != POISON)
			return false;
	return true;
}

/* A CPU with every granule. FEAT_LPA goes with the PA size. */
static inline struct s2pt_features
cpu_of(s2pt_feats feats, unsigned pa_bits)
{
	struct s2pt_features cpu = {
		.feats = feats | (pa_bits >= 52 ? S2PT_FEAT_LPA : 0),
		.pa_bits = (uint8_t)pa_bits,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = (feats & S2PT_FEAT_LPA2) != 0,
		.lpa2_16k = (feats & S2PT_FEAT_LPA2) != 0,
	};

	return cpu;
}

/* A format that has to exist: @feats in force on a CPU with just these. */
static inline struct s2pt_format
format_at(enum s2pt_granule granule, enum s2pt_space space, unsigned ipa_bits, unsigned pa_bits,
	  s2pt_feats feats, int start_level)
{
	struct s2pt_features cpu = cpu_of(feats | S2PT_FEAT_RME | S2PT_FEAT_SEL2, pa_bits);
	struct s2pt_format format;
	struct s2pt_config config;
	enum s2pt_status status;

	s2pt_config_init(&config, granule, &cpu);
	config.space = space;
	config.ipa_bits = (uint8_t)ipa_bits;
	config.start_level = (int8_t)start_level;
	config.feats = feats;
	config.pbha = feats & S2PT_FEAT_HPDS2 ? 0xf : 0;
	status = s2pt_format_init(&format, &cpu, &config);
	CHECK(status == S2PT_OK, "format_at(%d, %d, %u, %u, 0x%" PRIx64 ", %d): %s", (int)granule,
	      (int)space, ipa_bits, pa_bits, feats, start_level, s2pt_status_name(status));
	return format;
}

/* The same with the fewest levels. */
static inline struct s2pt_format
format_of(enum s2pt_granule granule, enum s2pt_space space, unsigned ipa_bits, unsigned pa_bits,
	  s2pt_feats feats)
{
	return format_at(granule, space, ipa_bits, pa_bits, feats, S2PT_START_LEVEL_AUTO);
}

#endif
