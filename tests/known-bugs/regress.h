/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* regress.h: what the tests of known bugs share. Numbers are rows of README.md. */
#ifndef S2PT_TESTS_REGRESS_H
#define S2PT_TESTS_REGRESS_H

#include "ordinary.h"

static inline struct s2pt_table *
table(void)
{
	return &kit.machine.table;
}

static inline struct model *
model(void)
{
	return kit.machine.model;
}

/* Everybody caches what there is. */
static inline void
prime(uint64_t ipa, uint64_t size)
{
	model_prime(model(), ipa, ipa + size - 1u);
}

/* No observer gets through to @ipa: two CPUs and the SMMU, with and without stage 1. */
static inline void
all_miss(uint64_t ipa)
{
	for (unsigned observer = 0; observer < 3; observer++)
		for (unsigned combined = 0; combined < 2; combined++) {
			struct model_access access = {
				.ipa = ipa,
				.kind = MODEL_READ,
				.el = 1,
				.combined = combined,
				.va = ipa,
			};
			struct model_outcome out[8];
			unsigned n = model_ask(model(), observer, &access, out, 8);

			for (unsigned i = 0; i < n && i < 8; i++)
				if (out[i].result == MODEL_OK)
					fail_msg("observer %u still reaches 0x%llx", observer,
						 (unsigned long long)ipa);
		}
}

static inline enum s2pt_status
split(struct s2pt_op *op, uint64_t ipa, uint64_t size, int level)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa, size);
	status = s2pt_table_split(table(), op, s2pt_ipa_of(ipa), size,
				  (uint8_t)s2pt_format_level_lg2(table()->format, level));
	kit_end(&kit);
	return status;
}

static inline enum s2pt_status
collapse(struct s2pt_op *op, uint64_t ipa, uint64_t size)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa, size);
	status = s2pt_table_collapse(table(), op, s2pt_ipa_of(ipa), size);
	kit_end(&kit);
	return status;
}

static inline enum s2pt_status
annotate(uint64_t ipa, uint64_t size, uint64_t value)
{
	struct s2pt_op op = { .budget = 0 };
	enum s2pt_status status;

	kit_begin(&kit, ipa, size);
	status = s2pt_table_annotate(table(), &op, s2pt_ipa_of(ipa), size, value);
	kit_end(&kit);
	if (op.done)
		model_map_clear(kit.map, ipa, ipa + op.done - 1u);
	if (op.done && value)
		model_map_note(kit.map, ipa, ipa + op.done - 1u, value << 2);
	return status;
}

/* Protect, and the flat map follows: descriptor bits to clear and to set. */
static inline void
protect(uint64_t ipa, uint64_t size, struct s2pt_change change, uint64_t clear, uint64_t set)
{
	struct s2pt_op op = { .budget = 0 };

	assert_int_equal(kit_try_protect(&kit, &op, ipa, size, &change), S2PT_OK);
	assert_int_equal(op.done, size);
	model_map_protect(kit.map, ipa, ipa + size - 1u, clear, set);
}

static inline uint64_t
pa_at(uint64_t ipa)
{
	s2pt_pa pa;

	assert_int_equal(s2pt_table_translate(table(), s2pt_ipa_of(ipa), &pa), S2PT_OK);
	return pa.addr;
}

static inline enum s2pt_status
translate_status(uint64_t ipa)
{
	s2pt_pa pa;

	return s2pt_table_translate(table(), s2pt_ipa_of(ipa), &pa);
}

#endif
