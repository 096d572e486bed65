/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

/* Each field, and the features that it gives from which value on. */
struct id_row {
	enum s2pt_id_reg reg;
	unsigned shift;
	const char *name;
	struct {
		unsigned least;
		s2pt_feats feat;
	} gives[4];
};

/* clang-format off */
static const struct id_row id_rows[] = {
	{ S2PT_ID_AA64MMFR0, 0, "PARange", { { 6, S2PT_FEAT_LPA } } },
	{ S2PT_ID_AA64MMFR1, 0, "HAFDBS", { { 1, S2PT_FEAT_HAFDBS_AF }, { 2, S2PT_FEAT_HAFDBS_DBM }, { 3, S2PT_FEAT_HAFT }, { 4, S2PT_FEAT_HDBSS } } },
	{ S2PT_ID_AA64MMFR1, 4, "VMIDBits", { { 2, S2PT_FEAT_VMID16 } } },
	{ S2PT_ID_AA64MMFR1, 12, "HPDS", { { 2, S2PT_FEAT_HPDS2 } } },
	{ S2PT_ID_AA64MMFR1, 28, "XNX", { { 1, S2PT_FEAT_XNX } } },
	{ S2PT_ID_AA64MMFR2, 0, "CnP", { { 1, S2PT_FEAT_TTCNP } } },
	{ S2PT_ID_AA64MMFR2, 28, "ST", { { 1, S2PT_FEAT_TTST } } },
	{ S2PT_ID_AA64MMFR2, 40, "FWB", { { 1, S2PT_FEAT_S2FWB } } },
	{ S2PT_ID_AA64MMFR2, 48, "TTL", { { 1, S2PT_FEAT_TTL } } },
	{ S2PT_ID_AA64MMFR2, 52, "BBM", { { 1, S2PT_FEAT_BBML1 }, { 2, S2PT_FEAT_BBML2 }, { 3, S2PT_FEAT_BBML3 } } },
	{ S2PT_ID_AA64MMFR3, 12, "S2PIE", { { 1, S2PT_FEAT_S2PIE } } },
	{ S2PT_ID_AA64MMFR3, 20, "S2POE", { { 1, S2PT_FEAT_S2POE } } },
	{ S2PT_ID_AA64MMFR3, 28, "MEC", { { 1, S2PT_FEAT_MEC } } },
	{ S2PT_ID_AA64MMFR3, 32, "D128", { { 1, S2PT_FEAT_D128 } } },
	{ S2PT_ID_AA64MMFR4, 12, "HACDBS", { { 1, S2PT_FEAT_HACDBS } } },
	{ S2PT_ID_AA64ISAR0, 20, "Atomic", { { 2, S2PT_FEAT_LSE } } },
	{ S2PT_ID_AA64ISAR0, 56, "TLB", { { 1, S2PT_FEAT_TLBIOS }, { 2, S2PT_FEAT_TLBIRANGE } } },
	{ S2PT_ID_AA64ISAR1, 56, "XS", { { 1, S2PT_FEAT_XS } } },
	{ S2PT_ID_AA64ISAR3, 8, "TLBIW", { { 1, S2PT_FEAT_TLBIW } } },
	{ S2PT_ID_AA64PFR0, 36, "SEL2", { { 1, S2PT_FEAT_SEL2 } } },
	{ S2PT_ID_AA64PFR0, 52, "RME", { { 1, S2PT_FEAT_RME } } },
	{ S2PT_ID_AA64PFR1, 8, "MTE", { { 2, S2PT_FEAT_MTE2 } } },
	{ S2PT_ID_AA64PFR1, 48, "THE", { { 1, S2PT_FEAT_THE } } },
	{ S2PT_ID_AA64PFR2, 0, "MTEPERM", { { 1, S2PT_FEAT_MTE_PERM } } },
};
/* clang-format on */

static void
test_registers_of_zero(void **state)
{
	struct s2pt_id_regs regs = { { 0 } };
	struct s2pt_features cpu;

	(void)state;
	POISONED(cpu);
	s2pt_features_from_id_regs(&cpu, &regs);
	CHECK_U64(cpu.feats, 0, "feats");
	CHECK_U64(cpu.pa_bits, 32, "pa_bits");
	/* TGran4 and TGran64 count from "there", TGran16 from "absent". */
	CHECK(cpu.granule_4k && !cpu.granule_16k && cpu.granule_64k, "granules %d %d %d",
	      cpu.granule_4k, cpu.granule_16k, cpu.granule_64k);
	CHECK(!cpu.lpa2_4k && !cpu.lpa2_16k, "lpa2 %d %d", cpu.lpa2_4k, cpu.lpa2_16k);
	CHECK(!cpu.xn_breaks, "what an erratum asks for");
}

/* Each value of each field, with all else zero, gives its own features and no other. */
static void
test_each_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(id_rows); i++)
		for (unsigned value = 0; value < 16; value++) {
			const struct id_row *row = &id_rows[i];
			struct s2pt_id_regs regs = { { 0 } };
			struct s2pt_features cpu;
			s2pt_feats want = 0;

			for (size_t g = 0; g < COUNT(row->gives); g++)
				if (row->gives[g].feat && value >= row->gives[g].least)
					want |= row->gives[g].feat;
			regs.value[row->reg] = (uint64_t)value << row->shift;
			s2pt_features_from_id_regs(&cpu, &regs);
			CHECK(cpu.feats == want, "%s = %u: got 0x%" PRIx64 ", expected 0x%" PRIx64,
			      row->name, value, cpu.feats, want);
		}
}

/* No other bit of a register gives a feature. */
static void
test_other_fields_are_ignored(void **state)
{
	(void)state;
	for (unsigned reg = 0; reg < S2PT_ID_REG_COUNT; reg++) {
		uint64_t known = 0;
		struct s2pt_id_regs regs = { { 0 } };
		struct s2pt_features cpu;

		for (size_t i = 0; i < COUNT(id_rows); i++)
			if (id_rows[i].reg == reg)
				known |= UINT64_C(0xf) << id_rows[i].shift;
		if (reg == S2PT_ID_AA64MMFR0)
			known |= UINT64_C(0xffffff00000);
		regs.value[reg] = ~known;
		s2pt_features_from_id_regs(&cpu, &regs);
		CHECK(cpu.feats == 0 && cpu.pa_bits == 32,
		      "register %u = 0x%" PRIx64 ": feats 0x%" PRIx64 ", %u PA bits", reg,
		      regs.value[reg], cpu.feats, cpu.pa_bits);
	}
}

static void
test_pa_range(void **state)
{
	static const uint8_t want[16] = {
		32,
		36,
		40,
		42,
		44,
		48,
		52,
		56,
		56,
		56,
		56,
		56,
		56,
		56,
		56,
		56,
	};

	(void)state;
	for (unsigned range = 0; range < 16; range++) {
		struct s2pt_id_regs regs = { { range } };
		struct s2pt_features cpu;

		s2pt_features_from_id_regs(&cpu, &regs);
		CHECK(cpu.pa_bits == want[range], "PARange %u: got %u, expected %u", range,
		      cpu.pa_bits, want[range]);
		CHECK(((cpu.feats & S2PT_FEAT_LPA) != 0) == (want[range] >= 52),
		      "PARange %u: FEAT_LPA is %d", range, (cpu.feats & S2PT_FEAT_LPA) != 0);
	}
}

/* TGran*_2 counts: 0 is "see TGran*", 1 absent, 2 there, 3 with LPA2. */
static void
test_granules(void **state)
{
	enum {
		G4K = 28,
		G4K_2 = 40,
		G16K = 20,
		G16K_2 = 32,
		G64K = 24,
		G64K_2 = 36,
	};
	/* clang-format off */
	static const struct {
		unsigned shift_2, shift, tgran_2, tgran;
		bool has, lpa2;
	} rows[] = {
		{ G4K_2, G4K, 0, 0x0, true, false },   { G4K_2, G4K, 0, 0x1, true, true },
		{ G4K_2, G4K, 0, 0x7, true, true },    { G4K_2, G4K, 0, 0x8, false, false },
		{ G4K_2, G4K, 0, 0xf, false, false },  { G4K_2, G4K, 1, 0x0, false, false },
		{ G4K_2, G4K, 1, 0x1, false, false },  { G4K_2, G4K, 2, 0xf, true, false },
		{ G4K_2, G4K, 2, 0x1, true, false },   { G4K_2, G4K, 3, 0xf, true, true },
		{ G4K_2, G4K, 3, 0x0, true, true },
		{ G16K_2, G16K, 0, 0x0, false, false }, { G16K_2, G16K, 0, 0x1, true, false },
		{ G16K_2, G16K, 0, 0x2, true, true },   { G16K_2, G16K, 1, 0x2, false, false },
		{ G16K_2, G16K, 2, 0x0, true, false },  { G16K_2, G16K, 2, 0x2, true, false },
		{ G16K_2, G16K, 3, 0x0, true, true },
		{ G64K_2, G64K, 0, 0x0, true, false },  { G64K_2, G64K, 0, 0xf, false, false },
		{ G64K_2, G64K, 1, 0x0, false, false }, { G64K_2, G64K, 2, 0xf, true, false },
		{ G64K_2, G64K, 2, 0x0, true, false },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* The other granules are absent. */
		uint64_t value = UINT64_C(1) << G4K_2 | UINT64_C(1) << G16K_2 |
				 UINT64_C(1) << G64K_2;
		struct s2pt_id_regs regs = { { 0 } };
		struct s2pt_features cpu;
		bool has[3], lpa2[2];

		value &= ~(UINT64_C(0xf) << rows[i].shift_2);
		value |= (uint64_t)rows[i].tgran_2 << rows[i].shift_2;
		value |= (uint64_t)rows[i].tgran << rows[i].shift;
		regs.value[S2PT_ID_AA64MMFR0] = value;
		regs.value[S2PT_ID_AA64MMFR2] = UINT64_C(1) << 40;
		s2pt_features_from_id_regs(&cpu, &regs);
		has[0] = rows[i].shift == G4K && rows[i].has;
		has[1] = rows[i].shift == G16K && rows[i].has;
		has[2] = rows[i].shift == G64K && rows[i].has;
		lpa2[0] = rows[i].shift == G4K && rows[i].lpa2;
		lpa2[1] = rows[i].shift == G16K && rows[i].lpa2;
		CHECK(cpu.granule_4k == has[0] && cpu.granule_16k == has[1] &&
			      cpu.granule_64k == has[2],
		      "MMFR0 0x%" PRIx64 ": granules %d %d %d, expected %d %d %d", value,
		      cpu.granule_4k, cpu.granule_16k, cpu.granule_64k, has[0], has[1], has[2]);
		CHECK(cpu.lpa2_4k == lpa2[0] && cpu.lpa2_16k == lpa2[1],
		      "MMFR0 0x%" PRIx64 ": lpa2 %d %d, expected %d %d", value, cpu.lpa2_4k,
		      cpu.lpa2_16k, lpa2[0], lpa2[1]);
		CHECK(cpu.feats == (S2PT_FEAT_S2FWB | (rows[i].lpa2 ? S2PT_FEAT_LPA2 : 0)),
		      "MMFR0 0x%" PRIx64 ": feats 0x%" PRIx64, value, cpu.feats);
	}
}

/* Cortex-A57-like and Neoverse-V2-like values, in full. */
static void
test_whole_cpus(void **state)
{
	static const struct {
		struct s2pt_id_regs regs;
		struct s2pt_features want;
	} rows[] = {
		{ { { UINT64_C(0x1124) } },
		  { .pa_bits = 44, .granule_4k = true, .granule_64k = true } },
		{ { { [S2PT_ID_AA64MMFR0] = UINT64_C(0x0000022200101125),
		      [S2PT_ID_AA64MMFR1] = UINT64_C(0x0000000010212122),
		      [S2PT_ID_AA64MMFR2] = UINT64_C(0x0221010000001011) } },
		  { .feats = S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_VMID16 | S2PT_FEAT_HPDS2 |
			     S2PT_FEAT_XNX | S2PT_FEAT_TTCNP | S2PT_FEAT_S2FWB | S2PT_FEAT_TTL |
			     S2PT_FEAT_BBML1 | S2PT_FEAT_BBML2,
		    .pa_bits = 48,
		    .granule_4k = true,
		    .granule_16k = true,
		    .granule_64k = true } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct s2pt_features *want = &rows[i].want;
		struct s2pt_features cpu;

		s2pt_features_from_id_regs(&cpu, &rows[i].regs);
		CHECK_U64(cpu.feats, want->feats, "feats");
		CHECK_U64(cpu.pa_bits, want->pa_bits, "pa_bits");
		CHECK(cpu.granule_4k == want->granule_4k && cpu.granule_16k == want->granule_16k &&
			      cpu.granule_64k == want->granule_64k && cpu.lpa2_4k == want->lpa2_4k &&
			      cpu.lpa2_16k == want->lpa2_16k,
		      "row %zu: granules %d %d %d, lpa2 %d %d", i,
		      cpu.granule_4k, cpu.granule_16k, cpu.granule_64k, cpu.lpa2_4k, cpu.lpa2_16k);
	}
}

/* The five switches of a CPU as bits. */
static unsigned
switches(const struct s2pt_features *cpu)
{
	return (cpu->granule_4k ? 1u : 0u) |
	       (cpu->granule_16k ? 2u : 0u) |
	       (cpu->granule_64k ? 4u : 0u) |
	       (cpu->lpa2_4k ? 8u : 0u) |
	       (cpu->lpa2_16k ? 16u : 0u);
}

static struct s2pt_features
cpu_with(unsigned bits, s2pt_feats feats, uint8_t pa_bits)
{
	struct s2pt_features cpu = {
		.feats = feats,
		.pa_bits = pa_bits,
		.granule_4k = bits & 1u,
		.granule_16k = bits & 2u,
		.granule_64k = bits & 4u,
		.lpa2_4k = bits & 8u,
		.lpa2_16k = bits & 16u,
	};

	return cpu;
}

static void
test_common(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 32; a++)
		for (unsigned b = 0; b < 32; b++) {
			/* FEAT_LPA2 is there where a granule has it. */
			struct s2pt_features one =
				cpu_with(a, S2PT_FEAT_XS | S2PT_FEAT_TTST | (a & 24 ? S2PT_FEAT_LPA2 : 0), 48);
			struct s2pt_features other =
				cpu_with(b, S2PT_FEAT_XS | S2PT_FEAT_XNX | (b & 24 ? S2PT_FEAT_LPA2 : 0), 44);
			struct s2pt_features before = other;
			s2pt_feats want = S2PT_FEAT_XS | (a & b & 24 ? S2PT_FEAT_LPA2 : 0);

			one.xn_breaks = a & 1;
			other.xn_breaks = b & 1;
			s2pt_features_common(&one, &other);
			CHECK(one.xn_breaks == ((a | b) & 1), "%x and %x: what an erratum of one asks for", a, b);
			CHECK(switches(&one) == (a & b), "%x and %x: got %x", a, b, switches(&one));
			CHECK(one.feats == want,
			      "%x and %x: got 0x%" PRIx64 ", expected 0x%" PRIx64, a, b, one.feats,
			      want);
			CHECK_U64(one.pa_bits, 44, "the smaller PA size");
			CHECK(switches(&other) == switches(&before) &&
				      other.feats == before.feats &&
				      other.pa_bits == before.pa_bits,
			      "%x and %x: wrote the other", a, b);
		}
}

static void
test_common_pa_bits(void **state)
{
	static const uint8_t rows[][3] = { { 40, 48, 40 }, { 48, 40, 40 }, { 52, 52, 52 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_features one = cpu_with(31, ALL_FEATS, rows[i][0]);
		struct s2pt_features other = cpu_with(31, ALL_FEATS, rows[i][1]);

		s2pt_features_common(&one, &other);
		CHECK_U64(one.pa_bits, rows[i][2], "pa_bits");
		CHECK_U64(one.feats, ALL_FEATS, "feats");
	}
}

/* The smaller PA size of two, also beyond what 64-bit descriptors hold. */
static void
test_common_pa_size(void **state)
{
	static const unsigned sizes[] = { 32, 36, 40, 42, 44, 48, 52, 56 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (size_t j = 0; j < COUNT(sizes); j++) {
			struct s2pt_features one = cpu_of(0, sizes[i]), other = cpu_of(0, sizes[j]);

			s2pt_features_common(&one, &other);
			CHECK_U64(one.pa_bits, sizes[i < j ? i : j], "pa_bits");
		}
}

/* TGran4 and TGran64 are signed: from 8 on, and not only at 0xf, the granule is not there. */
static void
test_negative_granules(void **state)
{
	(void)state;
	for (uint64_t value = 8; value < 16; value++) {
		struct s2pt_id_regs regs = { { value << 28 | value << 24 } };
		struct s2pt_features cpu;

		s2pt_features_from_id_regs(&cpu, &regs);
		CHECK(!cpu.granule_4k && !cpu.granule_64k && !cpu.lpa2_4k, "TGran 0x%x", (unsigned)value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers_of_zero),
		cmocka_unit_test(test_each_field),
		cmocka_unit_test(test_other_fields_are_ignored),
		cmocka_unit_test(test_pa_range),
		cmocka_unit_test(test_granules),
		cmocka_unit_test(test_whole_cpus),
		cmocka_unit_test(test_common),
		cmocka_unit_test(test_common_pa_bits),
		cmocka_unit_test(test_common_pa_size),
		cmocka_unit_test(test_negative_granules),
	};

	return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
