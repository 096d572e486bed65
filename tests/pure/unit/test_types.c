/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

/* One pointer, one descriptor: wrapping costs nothing. */
_Static_assert(sizeof(s2pt_ipa) == 8, "an IPA is 64 bits");
_Static_assert(sizeof(s2pt_pa) == 8, "a PA is 64 bits");
_Static_assert(sizeof(s2pt_desc) == 8, "a descriptor is 64 bits");

static void
test_wrappers_keep_every_bit(void **state)
{
	static const uint64_t values[] = {
		0,
		1,
		UINT64_C(0x80000000),
		UINT64_C(0x0123456789abcdef),
		UINT64_MAX,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		CHECK_U64(s2pt_ipa_of(values[i]).addr, values[i], "s2pt_ipa_of");
		CHECK_U64(s2pt_pa_of(values[i]).addr, values[i], "s2pt_pa_of");
		CHECK_U64(s2pt_desc_of(values[i]).raw, values[i], "s2pt_desc_of");
	}
	CHECK_U64(s2pt_desc_invalid().raw, 0, "s2pt_desc_invalid");
}

/* Values that the headers fix, since they are encodings. */
static void
test_encodings(void **state)
{
	static const struct {
		int got;
		int want;
		const char *what;
	} rows[] = {
		{ S2PT_OK, 0, "S2PT_OK" },
		{ S2PT_GRANULE_4K, 12, "S2PT_GRANULE_4K" },
		{ S2PT_GRANULE_16K, 14, "S2PT_GRANULE_16K" },
		{ S2PT_GRANULE_64K, 16, "S2PT_GRANULE_64K" },
		{ S2PT_SH_NSH, 0, "S2PT_SH_NSH" },
		{ S2PT_SH_RESERVED, 1, "S2PT_SH_RESERVED" },
		{ S2PT_SH_OSH, 2, "S2PT_SH_OSH" },
		{ S2PT_SH_ISH, 3, "S2PT_SH_ISH" },
		{ S2PT_WALK_NC, 0, "S2PT_WALK_NC" },
		{ S2PT_WALK_WB_RWA, 1, "S2PT_WALK_WB_RWA" },
		{ S2PT_WALK_WT_RA, 2, "S2PT_WALK_WT_RA" },
		{ S2PT_WALK_WB_RA, 3, "S2PT_WALK_WB_RA" },
		{ S2PT_DEVICE_nGnRnE, 0, "S2PT_DEVICE_nGnRnE" },
		{ S2PT_DEVICE_GRE, 3, "S2PT_DEVICE_GRE" },
		{ S2PT_ALLOC_NO, 0, "S2PT_ALLOC_NO" },
		{ S2PT_ALLOC_WA, 1, "S2PT_ALLOC_WA" },
		{ S2PT_ALLOC_RA, 2, "S2PT_ALLOC_RA" },
		{ S2PT_ALLOC_RWA, 3, "S2PT_ALLOC_RWA" },
		{ S2PT_LEVEL_FIRST, -1, "S2PT_LEVEL_FIRST" },
		{ S2PT_LEVEL_LAST, 3, "S2PT_LEVEL_LAST" },
		{ S2PT_START_LEVEL_AUTO, INT8_MIN, "S2PT_START_LEVEL_AUTO" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(rows[i].got == rows[i].want, "%s is %d, expected %d", rows[i].what,
		      rows[i].got, rows[i].want);
}

static void
test_sets_are_dense(void **state)
{
	(void)state;
	CHECK_U64(S2PT_FEAT_TLBIW, UINT64_C(1) << (S2PT_FEAT_COUNT - 1), "the last feature");
	CHECK_U64(S2PT_PROPERTY_BYPASS, UINT64_C(1) << (S2PT_PROPERTY_COUNT - 1), "the last meaning");
	CHECK_U64(S2PT_NOTE_FETCH_DEVICE, UINT64_C(1) << (S2PT_NOTE_COUNT - 1), "the last note");
	CHECK_U64(S2PT_NOTE_RESERVED, 0xf, "the reserved notes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrappers_keep_every_bit),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_sets_are_dense),
	};

	return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
