/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

#define G4K  S2PT_GRANULE_4K
#define G16K S2PT_GRANULE_16K
#define G64K S2PT_GRANULE_64K
#define AUTO S2PT_START_LEVEL_AUTO
#define DS   S2PT_FEAT_LPA2

static bool
same_format(const struct s2pt_format *a, const struct s2pt_format *b)
{
	return a->granule_lg2 == b->granule_lg2 && a->ipa_bits == b->ipa_bits &&
	       a->pa_bits == b->pa_bits && a->oa_bits == b->oa_bits &&
	       a->start_level == b->start_level && a->root_tables == b->root_tables &&
	       a->root_lg2 == b->root_lg2 && a->root_align_lg2 == b->root_align_lg2 &&
	       a->space == b->space && a->pbha == b->pbha && a->sh0 == b->sh0 &&
	       a->irgn0 == b->irgn0 && a->orgn0 == b->orgn0 && a->sw == b->sw && a->sa == b->sa &&
	       a->feats == b->feats;
}

static void
check_same_format(const struct s2pt_format *got, const struct s2pt_format *want, const char *what)
{
	char one[512], other[512];

	s2pt_text_format(one, sizeof(one), got);
	s2pt_text_format(other, sizeof(other), want);
	CHECK(same_format(got, want), "%s: got %s, expected %s", what, one, other);
}

/* --- The ordinary config ------------------------------------------------------------------------ */

static void
test_config_init(void **state)
{
	const s2pt_feats off = S2PT_FEAT_LPA2 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_VMID16 |
			       S2PT_FEAT_HAFT | S2PT_FEAT_S2PIE | S2PT_FEAT_S2POE | S2PT_FEAT_D128 |
			       S2PT_FEAT_THE | S2PT_FEAT_MEC | S2PT_FEAT_HDBSS | S2PT_FEAT_HACDBS |
			       S2PT_FEAT_BBML3 | S2PT_FEAT_TLBIW;

	(void)state;
	for (unsigned bit = 0; bit <= S2PT_FEAT_COUNT; bit++) {
		s2pt_feats has = bit < S2PT_FEAT_COUNT ? UINT64_C(1) << bit : ALL_FEATS;
		struct s2pt_features cpu = cpu_of(has, 48);
		struct s2pt_config config;

		POISONED(config);
		s2pt_config_init(&config, G16K, &cpu);
		CHECK(config.granule == G16K && config.space == S2PT_SPACE_NONSECURE &&
			      config.ipa_bits == 0 && config.pa_bits == 0 && config.start_level == AUTO &&
			      config.pbha == 0 && config.sh0 == S2PT_SH_ISH &&
			      config.irgn0 == S2PT_WALK_WB_RWA && config.orgn0 == S2PT_WALK_WB_RWA &&
			      !config.sw && !config.sa,
		      "config of a CPU with 0x%" PRIx64, has);
		CHECK(config.feats == (has & ~off), "CPU 0x%" PRIx64 ": got 0x%" PRIx64 ", expected 0x%" PRIx64, has,
		      config.feats, has & ~off);
	}
}

/* The ordinary config is always granted, and reaches as far as the CPU and the format do. */
static void
test_ordinary_config(void **state)
{
	/* clang-format off */
	static const struct {
		enum s2pt_granule granule;
		uint8_t cpu_pa;
		s2pt_feats feats;
		uint8_t ipa_bits, pa_bits, oa_bits;
		int8_t start_level;
		uint8_t root_tables, root_lg2;
	} rows[] = {
		{ G4K, 32, 0, 32, 32, 32, 2, 4, 14 },   { G4K, 36, 0, 36, 36, 36, 1, 1, 9 },
		{ G4K, 40, 0, 40, 40, 40, 1, 2, 13 },   { G4K, 42, 0, 42, 42, 42, 1, 8, 15 },
		{ G4K, 44, 0, 44, 44, 44, 0, 1, 8 },    { G4K, 48, 0, 48, 48, 48, 0, 1, 12 },
		{ G4K, 52, 0, 48, 52, 48, 0, 1, 12 },   { G4K, 52, DS, 52, 52, 52, 0, 16, 16 },
		{ G4K, 56, 0, 48, 52, 48, 0, 1, 12 },   { G4K, 48, DS, 48, 48, 48, 0, 1, 12 },
		{ G16K, 32, 0, 32, 32, 32, 2, 1, 10 },  { G16K, 40, 0, 40, 40, 40, 2, 16, 18 },
		{ G16K, 42, 0, 42, 42, 42, 1, 1, 9 },   { G16K, 48, 0, 48, 48, 48, 1, 2, 15 },
		{ G16K, 52, 0, 48, 52, 48, 1, 2, 15 },  { G16K, 52, DS, 52, 52, 52, 0, 1, 8 },
		{ G64K, 32, 0, 32, 32, 32, 3, 8, 19 },  { G64K, 42, 0, 42, 42, 42, 2, 1, 16 },
		{ G64K, 44, 0, 44, 44, 44, 2, 4, 18 },  { G64K, 48, 0, 48, 48, 48, 1, 1, 9 },
		{ G64K, 52, 0, 52, 52, 52, 1, 1, 13 },  { G64K, 56, 0, 52, 52, 52, 1, 1, 13 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_features cpu = cpu_of(rows[i].feats, rows[i].cpu_pa);
		struct s2pt_format format;
		struct s2pt_config config;
		char text[512];

		POISONED(format);
		s2pt_config_init(&config, rows[i].granule, &cpu);
		config.feats |= rows[i].feats;
		CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "an ordinary config");
		s2pt_text_format(text, sizeof(text), &format);
		CHECK(format.granule_lg2 == rows[i].granule &&
			      format.ipa_bits == rows[i].ipa_bits &&
			      format.pa_bits == rows[i].pa_bits &&
			      format.oa_bits == rows[i].oa_bits &&
			      format.start_level == rows[i].start_level &&
			      format.root_tables == rows[i].root_tables &&
			      format.root_lg2 == rows[i].root_lg2 &&
			      format.root_align_lg2 == rows[i].root_lg2,
		      "row %zu: got %s", i, text);
		CHECK(format.space == S2PT_SPACE_NONSECURE && format.pbha == 0 &&
			      format.sh0 == S2PT_SH_ISH && format.irgn0 == S2PT_WALK_WB_RWA &&
			      format.orgn0 == S2PT_WALK_WB_RWA && !format.sw && !format.sa &&
			      format.feats == (rows[i].feats | (rows[i].cpu_pa >= 52 ? S2PT_FEAT_LPA : 0)),
		      "row %zu: got %s", i, text);
	}
}

/* FEAT_LPA has no switch: it is in force where the CPU has it. */
static void
test_lpa_is_in_force_unasked(void **state)
{
	struct s2pt_features cpu = cpu_of(S2PT_FEAT_LPA | S2PT_FEAT_XS, 52);
	struct s2pt_format format;
	struct s2pt_config config;

	(void)state;
	s2pt_config_init(&config, G64K, &cpu);
	config.feats = 0;
	CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "no features");
	CHECK_U64(format.feats, S2PT_FEAT_LPA, "features in force");
}

/* --- Refusals --------------------------------------------------------------------------------- */

/* What a row of refusals changes in a good config of a good CPU. Zero leaves alone. */
struct refusal {
	enum s2pt_status want;
	int granule, space, ipa, pa;
	int start; /* AT(level) */
	s2pt_feats feats;
	int pbha, sh0, irgn0, orgn0;
	bool sw, sa;
	s2pt_feats cpu_feats;
	int cpu_pa;
	bool no_granule, no_lpa2;
};

#define AT(level) ((level) + 1000)

/* clang-format off */
static const struct refusal refusals[] = {
	/* The row that all others spoil. */
	{ .want = S2PT_OK },

	{ .want = S2PT_ERR_SPACE, .space = 3 },
	{ .want = S2PT_ERR_SPACE, .space = 1000 },
	{ .want = S2PT_ERR_SPACE, .sw = true },
	{ .want = S2PT_ERR_SPACE, .sa = true },
	{ .want = S2PT_OK, .sw = true, .sa = true, .cpu_feats = S2PT_FEAT_SEL2 },
	{ .want = S2PT_ERR_SPACE, .space = S2PT_SPACE_REALM, .sw = true, .cpu_feats = S2PT_FEAT_SEL2 | S2PT_FEAT_RME },
	{ .want = S2PT_ERR_SPACE, .space = S2PT_SPACE_REALM, .sa = true, .cpu_feats = S2PT_FEAT_SEL2 | S2PT_FEAT_RME },
	{ .want = S2PT_ERR_SPACE, .space = S2PT_SPACE_SECURE, .sw = true },
	{ .want = S2PT_OK, .space = S2PT_SPACE_SECURE, .sw = true, .sa = true, .cpu_feats = S2PT_FEAT_SEL2 },
	{ .want = S2PT_ERR_SPACE, .space = S2PT_SPACE_SECURE, .cpu_feats = S2PT_FEAT_RME },
	{ .want = S2PT_ERR_SPACE, .space = S2PT_SPACE_REALM, .cpu_feats = S2PT_FEAT_SEL2 },
	{ .want = S2PT_OK, .space = S2PT_SPACE_REALM, .cpu_feats = S2PT_FEAT_RME },

	{ .want = S2PT_ERR_FEATURE, .feats = S2PT_FEAT_XNX },
	{ .want = S2PT_OK, .feats = S2PT_FEAT_XNX, .cpu_feats = S2PT_FEAT_XNX },
	{ .want = S2PT_ERR_FEATURE, .feats = UINT64_C(1) << 63 },
	{ .want = S2PT_ERR_HD, .feats = S2PT_FEAT_HAFDBS_DBM, .cpu_feats = S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HAFDBS_AF },
	{ .want = S2PT_OK, .feats = S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HAFDBS_AF, .cpu_feats = S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HAFDBS_AF },
	/* FEAT_LPA cannot be wished for where the CPU lacks it. */
	{ .want = S2PT_ERR_FEATURE, .feats = S2PT_FEAT_LPA },

	{ .want = S2PT_ERR_GRANULE, .granule = 1 },
	{ .want = S2PT_ERR_GRANULE, .granule = 13 },
	{ .want = S2PT_ERR_GRANULE, .granule = 18 },
	{ .want = S2PT_ERR_GRANULE, .no_granule = true },
	{ .want = S2PT_ERR_GRANULE, .granule = G16K, .no_granule = true },
	{ .want = S2PT_ERR_GRANULE, .granule = G64K, .no_granule = true },
	{ .want = S2PT_ERR_GRANULE, .feats = DS, .cpu_feats = DS, .no_lpa2 = true },
	{ .want = S2PT_ERR_GRANULE, .granule = G16K, .feats = DS, .cpu_feats = DS, .no_lpa2 = true },
	{ .want = S2PT_OK, .granule = G16K, .feats = DS, .cpu_feats = DS },
	{ .want = S2PT_ERR_GRANULE, .granule = G64K, .feats = DS, .cpu_feats = DS, .no_granule = true },
	{ .want = S2PT_ERR_DS_GRANULE, .granule = G64K, .feats = DS, .cpu_feats = DS },

	{ .want = S2PT_ERR_PA_BITS, .pa = 1 },
	{ .want = S2PT_ERR_PA_BITS, .pa = 33 },
	{ .want = S2PT_ERR_PA_BITS, .pa = 56, .cpu_pa = 56 },
	{ .want = S2PT_ERR_PA_BITS, .pa = 52 },
	{ .want = S2PT_ERR_PA_BITS, .pa = 255 },
	{ .want = S2PT_OK, .pa = 48 },
	{ .want = S2PT_OK, .pa = 32 },
	/* R_QGLQX: PS may say 52 bits although the format holds 48. */
	{ .want = S2PT_OK, .pa = 52, .cpu_pa = 52 },

	{ .want = S2PT_ERR_SH, .sh0 = 1 },
	{ .want = S2PT_ERR_SH, .sh0 = 4 },
	{ .want = S2PT_ERR_WALK_CACHE, .irgn0 = 4 },
	{ .want = S2PT_ERR_WALK_CACHE, .orgn0 = 4 },
	{ .want = S2PT_ERR_PBHA, .pbha = 1 },
	{ .want = S2PT_ERR_PBHA, .pbha = 16, .feats = S2PT_FEAT_HPDS2, .cpu_feats = S2PT_FEAT_HPDS2 },
	/* The CPU has it, the config forgoes it. */
	{ .want = S2PT_ERR_PBHA, .pbha = 1, .cpu_feats = S2PT_FEAT_HPDS2 },
	{ .want = S2PT_OK, .pbha = 15, .feats = S2PT_FEAT_HPDS2, .cpu_feats = S2PT_FEAT_HPDS2 },

	{ .want = S2PT_OK, .ipa = 25 },
	{ .want = S2PT_ERR_IPA_BELOW_MIN, .ipa = 24 },
	{ .want = S2PT_ERR_IPA_BELOW_MIN, .ipa = 24, .cpu_feats = S2PT_FEAT_TTST },
	{ .want = S2PT_OK, .ipa = 16, .feats = S2PT_FEAT_TTST, .cpu_feats = S2PT_FEAT_TTST },
	{ .want = S2PT_ERR_IPA_BELOW_MIN, .ipa = 15, .feats = S2PT_FEAT_TTST, .cpu_feats = S2PT_FEAT_TTST },
	{ .want = S2PT_OK, .granule = G16K, .ipa = 16, .feats = S2PT_FEAT_TTST, .cpu_feats = S2PT_FEAT_TTST },
	{ .want = S2PT_ERR_IPA_BELOW_MIN, .granule = G64K, .ipa = 16, .feats = S2PT_FEAT_TTST, .cpu_feats = S2PT_FEAT_TTST },
	{ .want = S2PT_OK, .granule = G64K, .ipa = 17, .feats = S2PT_FEAT_TTST, .cpu_feats = S2PT_FEAT_TTST },
	{ .want = S2PT_ERR_IPA_ABOVE_FORMAT, .ipa = 49 },
	{ .want = S2PT_ERR_IPA_ABOVE_FORMAT, .ipa = 49, .cpu_pa = 52 },
	{ .want = S2PT_ERR_IPA_ABOVE_FORMAT, .granule = G64K, .ipa = 53, .cpu_pa = 56 },
	{ .want = S2PT_ERR_IPA_ABOVE_FORMAT, .ipa = 53, .feats = DS, .cpu_feats = DS, .cpu_pa = 56 },
	{ .want = S2PT_OK, .ipa = 52, .feats = DS, .cpu_feats = DS, .cpu_pa = 52 },
	{ .want = S2PT_ERR_IPA_ABOVE_PA, .ipa = 45, .cpu_pa = 44 },
	{ .want = S2PT_ERR_IPA_ABOVE_PA, .granule = G64K, .ipa = 49 },
	/* It is the implemented size that bounds the IPA size, not PS. */
	{ .want = S2PT_OK, .ipa = 40, .pa = 32 },

	{ .want = S2PT_ERR_START_RESERVED, .start = AT(4) },
	{ .want = S2PT_ERR_START_RESERVED, .start = AT(-2) },
	{ .want = S2PT_ERR_START_RESERVED, .start = AT(127) },
	{ .want = S2PT_ERR_START_RESERVED, .start = AT(-127) },
	{ .want = S2PT_ERR_START_RESERVED, .start = AT(-1), .cpu_pa = 52 },
	{ .want = S2PT_ERR_START_RESERVED, .granule = G16K, .start = AT(-1) },
	{ .want = S2PT_ERR_START_RESERVED, .granule = G16K, .start = AT(0), .cpu_pa = 52 },
	{ .want = S2PT_ERR_START_RESERVED, .granule = G64K, .start = AT(0) },
	{ .want = S2PT_ERR_START_TTST, .ipa = 25, .start = AT(3) },
	{ .want = S2PT_OK, .ipa = 25, .start = AT(3), .feats = S2PT_FEAT_TTST, .cpu_feats = S2PT_FEAT_TTST },
	{ .want = S2PT_ERR_START_PA, .start = AT(0), .ipa = 40, .cpu_pa = 42 },
	{ .want = S2PT_OK, .start = AT(0), .ipa = 40, .cpu_pa = 44 },
	{ .want = S2PT_ERR_START_PA, .start = AT(-1), .feats = DS, .cpu_feats = DS },
	{ .want = S2PT_ERR_START_PA, .granule = G16K, .start = AT(1), .cpu_pa = 40 },
	{ .want = S2PT_OK, .granule = G16K, .start = AT(1), .cpu_pa = 42 },
	{ .want = S2PT_ERR_START_PA, .granule = G16K, .start = AT(0), .feats = DS, .cpu_feats = DS },
	{ .want = S2PT_ERR_START_PA, .granule = G64K, .start = AT(1), .cpu_pa = 42 },
	{ .want = S2PT_OK, .granule = G64K, .start = AT(1), .ipa = 44, .cpu_pa = 44 },
	{ .want = S2PT_ERR_START_TABLES, .ipa = 44, .start = AT(1) },
	{ .want = S2PT_OK, .ipa = 43, .start = AT(1) },
	{ .want = S2PT_ERR_START_TABLES, .granule = G64K, .ipa = 47, .start = AT(2) },
	{ .want = S2PT_ERR_START_UNUSED, .ipa = 39, .start = AT(0) },
	{ .want = S2PT_ERR_START_UNUSED, .ipa = 30, .start = AT(1) },
	{ .want = S2PT_OK, .ipa = 31, .start = AT(1) },
	{ .want = S2PT_ERR_START_UNUSED, .granule = G64K, .ipa = 42, .start = AT(1) },
	{ .want = S2PT_ERR_START_UNUSED, .ipa = 48, .start = AT(-1), .feats = DS, .cpu_feats = DS, .cpu_pa = 52 },
	{ .want = S2PT_OK, .ipa = 49, .start = AT(-1), .feats = DS, .cpu_feats = DS, .cpu_pa = 52 },
};
/* clang-format on */

static int
granule_of(const struct refusal *row)
{
	return row->granule ? row->granule : G4K;
}

static void
refusal_cpu(const struct refusal *row, struct s2pt_features *cpu)
{
	*cpu = cpu_of(row->cpu_feats, row->cpu_pa ? (unsigned)row->cpu_pa : 48);
	if (row->no_granule) {
		cpu->granule_4k = granule_of(row) != G4K;
		cpu->granule_16k = granule_of(row) != G16K;
		cpu->granule_64k = granule_of(row) != G64K;
	}
	if (row->no_lpa2) {
		cpu->lpa2_4k = granule_of(row) != G4K;
		cpu->lpa2_16k = granule_of(row) != G16K;
	}
}

static void
set_unless_zero(uint8_t *member, int value)
{
	if (value)
		*member = (uint8_t)value;
}

static void
refusal_config(const struct refusal *row, const struct s2pt_features *cpu, struct s2pt_config *config)
{
	s2pt_config_init(config, (enum s2pt_granule)granule_of(row), cpu);
	config->space = (enum s2pt_space)row->space;
	config->feats = row->feats;
	config->sw = row->sw;
	config->sa = row->sa;
	if (row->start)
		config->start_level = (int8_t)(row->start - AT(0));
	set_unless_zero(&config->ipa_bits, row->ipa);
	set_unless_zero(&config->pa_bits, row->pa);
	set_unless_zero(&config->pbha, row->pbha);
	set_unless_zero(&config->sh0, row->sh0);
	set_unless_zero(&config->irgn0, row->irgn0);
	set_unless_zero(&config->orgn0, row->orgn0);
}

static void
test_format_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct s2pt_features cpu;
		struct s2pt_format format;
		struct s2pt_config config;
		enum s2pt_status status;

		refusal_cpu(&refusals[i], &cpu);
		refusal_config(&refusals[i], &cpu, &config);
		POISONED(format);
		status = s2pt_format_init(&format, &cpu, &config);
		CHECK(status == refusals[i].want, "row %zu: got %s, expected %s", i,
		      s2pt_status_name(status), s2pt_status_name(refusals[i].want));
		if (status != S2PT_OK)
			CHECK_UNTOUCHED(format, s2pt_status_name(status));
	}
}

static const struct s2pt_features order_cpu = {
	.feats = ALL_FEATS & ~(S2PT_FEAT_SEL2 | S2PT_FEAT_RME | S2PT_FEAT_TTST),
	.pa_bits = 52,
	.granule_64k = true,
	.lpa2_4k = true,
};

static void
repair_space(struct s2pt_config *w)
{
	w->space = S2PT_SPACE_SECURE;
}

static void
repair_sw(struct s2pt_config *w)
{
	w->sw = false;
}

static void
repair_sel2(struct s2pt_config *w)
{
	w->space = S2PT_SPACE_NONSECURE;
}

static void
repair_feats(struct s2pt_config *w)
{
	w->feats = DS | S2PT_FEAT_HAFDBS_DBM;
}

static void
repair_hafdbs(struct s2pt_config *w)
{
	w->feats = DS;
}

static void
repair_granule(struct s2pt_config *w)
{
	w->granule = G64K;
}

static void
repair_ds(struct s2pt_config *w)
{
	w->granule = G4K;
}

static void
repair_pa(struct s2pt_config *w)
{
	w->pa_bits = 48;
}

static void
repair_sh(struct s2pt_config *w)
{
	w->sh0 = S2PT_SH_ISH;
}

static void
repair_cache(struct s2pt_config *w)
{
	w->irgn0 = w->orgn0 = S2PT_WALK_NC;
}

static void
repair_pbha(struct s2pt_config *w)
{
	w->pbha = 0;
}

static void
repair_ipa_small(struct s2pt_config *w)
{
	w->ipa_bits = 60;
}

static void
repair_ipa_large(struct s2pt_config *w)
{
	w->ipa_bits = 25;
}

static void
repair_start(struct s2pt_config *w)
{
	w->start_level = 3;
}

static void
repair_ttst(struct s2pt_config *w)
{
	w->start_level = AUTO;
}

/* A config that is wrong throughout, put right one rule at a time, in the documented order. */
static void
test_order_of_rules(void **state)
{
	static const struct {
		enum s2pt_status want;
		void (*repair)(struct s2pt_config *config);
	} steps[] = {
		{ S2PT_ERR_SPACE, repair_space },
		{ S2PT_ERR_SPACE, repair_sw },
		{ S2PT_ERR_SPACE, repair_sel2 },
		{ S2PT_ERR_FEATURE, repair_feats },
		{ S2PT_ERR_HD, repair_hafdbs },
		{ S2PT_ERR_GRANULE, repair_granule },
		{ S2PT_ERR_DS_GRANULE, repair_ds },
		{ S2PT_ERR_PA_BITS, repair_pa },
		{ S2PT_ERR_SH, repair_sh },
		{ S2PT_ERR_WALK_CACHE, repair_cache },
		{ S2PT_ERR_PBHA, repair_pbha },
		{ S2PT_ERR_IPA_BELOW_MIN, repair_ipa_small },
		{ S2PT_ERR_IPA_ABOVE_FORMAT, repair_ipa_large },
		{ S2PT_ERR_START_RESERVED, repair_start },
		{ S2PT_ERR_START_TTST, repair_ttst },
		{ S2PT_OK, NULL },
	};
	struct s2pt_config config = {
		.granule = (enum s2pt_granule)13,
		.space = (enum s2pt_space)9,
		.ipa_bits = 1,
		.pa_bits = 7,
		.start_level = 100,
		.feats = ALL_FEATS,
		.pbha = 200,
		.sh0 = 1,
		.irgn0 = 9,
		.orgn0 = 9,
		.sw = true,
		.sa = false,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct s2pt_format format;
		enum s2pt_status status = s2pt_format_init(&format, &order_cpu, &config);

		CHECK(status == steps[i].want, "step %zu: got %s, expected %s", i,
		      s2pt_status_name(status), s2pt_status_name(steps[i].want));
		if (steps[i].repair)
			steps[i].repair(&config);
	}
}

/* Among what is wrong with the IPA size and the start level, the first documented wins. */
static void
test_order_of_sizes(void **state)
{
	static const struct refusal rows[] = {
		/* Above the format and above the PA size. */
		{ .want = S2PT_ERR_IPA_ABOVE_FORMAT, .ipa = 60, .start = AT(9) },
		/* Above the PA size, and no start level. */
		{ .want = S2PT_ERR_IPA_ABOVE_PA, .ipa = 46, .start = AT(9), .cpu_pa = 44 },
		/* Not on this CPU, and the IPA size does not fit. */
		{ .want = S2PT_ERR_START_PA, .ipa = 30, .start = AT(0), .cpu_pa = 42 },
		{ .want = S2PT_ERR_START_TTST, .ipa = 48, .start = AT(3) },
		/* PA size before DS=1? DS=1 is what gives the level its encoding. */
		{ .want = S2PT_ERR_START_RESERVED, .ipa = 40, .start = AT(-1) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_features cpu;
		struct s2pt_format format;
		struct s2pt_config config;

		refusal_cpu(&rows[i], &cpu);
		refusal_config(&rows[i], &cpu, &config);
		CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), rows[i].want,
			     "order of sizes");
	}
}

/* Modes that the library does not support cannot be wished for, although the CPU has them. */
static void
test_unsupported_modes(void **state)
{
	static const s2pt_feats modes[] = {
		S2PT_FEAT_HAFT,
		S2PT_FEAT_S2PIE,
		S2PT_FEAT_S2POE,
		S2PT_FEAT_D128,
		S2PT_FEAT_THE,
		S2PT_FEAT_MEC,
		S2PT_FEAT_HDBSS,
		S2PT_FEAT_HACDBS,
	};
	struct s2pt_features cpu = cpu_of(ALL_FEATS, 52);
	struct s2pt_config config;

	(void)state;
	s2pt_config_init(&config, G4K, &cpu);
	for (unsigned bit = 0; bit < S2PT_FEAT_COUNT; bit++) {
		s2pt_feats feat = UINT64_C(1) << bit;
		struct s2pt_format format;
		enum s2pt_status want = S2PT_OK;

		for (size_t i = 0; i < COUNT(modes); i++)
			if (modes[i] == feat)
				want = S2PT_ERR_UNSUPPORTED;
		config.feats = feat | S2PT_FEAT_HAFDBS_AF;
		CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), want, s2pt_feat_name(feat));
	}
}

/* A contiguous group that the start table, or the IPA space, cannot hold does not exist. */
static void
test_contiguous_fits(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		unsigned ipa;
		int start, level;
		unsigned lg2;
	} rows[] = {
		{ S2PT_GRANULE_64K, 17, 3, 3, 0 },
		{ S2PT_GRANULE_64K, 20, 3, 3, 0 },
		{ S2PT_GRANULE_64K, 21, 3, 3, 5 },
		{ S2PT_GRANULE_16K, 16, 3, 3, 0 },
		{ S2PT_GRANULE_16K, 20, 3, 3, 0 },
		{ S2PT_GRANULE_16K, 21, 3, 3, 7 },
		{ S2PT_GRANULE_4K, 31, 1, 1, 0 },
		{ S2PT_GRANULE_4K, 33, 1, 1, 0 },
		{ S2PT_GRANULE_4K, 34, 1, 1, 4 },
		{ S2PT_GRANULE_4K, 31, 1, 2, 4 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_features cpu = cpu_of(S2PT_FEAT_TTST, 48);
		struct s2pt_format format;
		struct s2pt_config config;

		s2pt_config_init(&config, rows[i].granule, &cpu);
		config.ipa_bits = (uint8_t)rows[i].ipa;
		config.start_level = (int8_t)rows[i].start;
		CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "format");
		CHECK(s2pt_format_contiguous_lg2(&format, rows[i].level) == rows[i].lg2,
		      "row %zu: %u", i, s2pt_format_contiguous_lg2(&format, rows[i].level));
		/* Or it is not wanted. */
		config.no_contiguous = true;
		CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "format without");
		CHECK_U64(s2pt_format_contiguous_lg2(&format, rows[i].level), 0, "without");
	}
}

/* What a register says is the same in every space, whatever else the CPU can do. */
static void
test_decode_in_every_space(void **state)
{
	struct s2pt_features cpu = cpu_of(ALL_FEATS, 52);
	const uint64_t vtcr = s2pt_vtcr_encode(&(struct s2pt_format){
		.granule_lg2 = 12,
		.ipa_bits = 52,
		.pa_bits = 52,
		.oa_bits = 52,
		.start_level = -1,
		.sh0 = 3,
		.irgn0 = 1,
		.orgn0 = 1,
		.feats = S2PT_FEAT_LPA2 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_VMID16 });
	const uint64_t geometry = UINT64_C(1) << 33 | UINT64_C(1) << 31 | 0xc0ff;
	const s2pt_feats on = S2PT_FEAT_LPA2 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_VMID16 |
			      S2PT_FEAT_XS | S2PT_FEAT_XNX | S2PT_FEAT_MTE_PERM | S2PT_FEAT_S2FWB;

	(void)state;
	for (int space = S2PT_SPACE_NONSECURE; space <= S2PT_SPACE_REALM; space++) {
		struct s2pt_format format;
		enum s2pt_status status = space == S2PT_SPACE_SECURE
						? s2pt_vstcr_decode(&cpu, true, vtcr & geometry,
								    vtcr & ~(geometry & ~(UINT64_C(1) << 31)), &format)
						: s2pt_vtcr_decode(&cpu, true, (enum s2pt_space)space, vtcr, &format);

		CHECK_STATUS(status, S2PT_OK, s2pt_space_name((enum s2pt_space)space));
		CHECK_U64(format.feats & on, on, s2pt_space_name((enum s2pt_space)space));
		CHECK(format.start_level == -1 && format.ipa_bits == 52, "level %d, %u bits",
		      format.start_level, format.ipa_bits);
	}
}

/* --- Geometry --------------------------------------------------------------------------------- */

static void
test_geometry(void **state)
{
	/* clang-format off */
	static const struct {
		enum s2pt_granule granule;
		s2pt_feats feats;
		unsigned ipa_bits;
		int level;
		unsigned level_lg2;
		bool block;
		unsigned contiguous_lg2;
	} rows[] = {
		{ G4K, DS, 52, 0, 39, true, 0 },   { G4K, DS, 52, 1, 30, true, 4 },
		{ G4K, DS, 52, 2, 21, true, 4 },   { G4K, DS, 52, 3, 12, false, 4 },
		{ G4K, 0, 48, 0, 39, false, 0 },   { G4K, 0, 48, 1, 30, true, 4 },
		{ G4K, 0, 48, 2, 21, true, 4 },    { G4K, 0, 48, 3, 12, false, 4 },
		{ G4K, 0, 48, -1, 48, false, 0 },  { G4K, 0, 40, 0, 39, false, 0 },
		{ G4K, 0, 32, 1, 30, false, 0 },   { G4K, DS, 43, 0, 39, false, 0 },
		{ G16K, DS, 52, 0, 47, false, 0 }, { G16K, DS, 52, 1, 36, true, 0 },
		{ G16K, DS, 52, 2, 25, true, 5 },  { G16K, DS, 52, 3, 14, false, 7 },
		{ G16K, 0, 48, 1, 36, false, 0 },  { G16K, 0, 48, 2, 25, true, 5 },
		{ G16K, 0, 48, 3, 14, false, 7 },  { G16K, 0, 38, 2, 25, true, 5 },
		{ G16K, 0, 28, 2, 25, false, 0 },  { G64K, 0, 48, 1, 42, false, 0 },
		{ G64K, S2PT_FEAT_LPA, 48, 1, 42, true, 0 },
		{ G64K, S2PT_FEAT_LPA, 40, 1, 42, false, 0 },
		{ G64K, 0, 48, 2, 29, true, 5 },   { G64K, 0, 48, 3, 16, false, 5 },
		{ G64K, 0, 32, 2, 29, false, 0 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool wide = rows[i].feats & (DS | S2PT_FEAT_LPA);
		struct s2pt_format format = format_of(rows[i].granule, S2PT_SPACE_NONSECURE,
						      rows[i].ipa_bits, wide ? 52 : 48,
						      rows[i].feats);
		unsigned lg2 = s2pt_format_level_lg2(&format, rows[i].level);
		bool block = s2pt_format_has_block(&format, rows[i].level);
		unsigned contiguous = s2pt_format_contiguous_lg2(&format, rows[i].level);

		CHECK(lg2 == rows[i].level_lg2, "row %zu: level_lg2 %u", i, lg2);
		CHECK(block == rows[i].block, "row %zu: has_block %d", i, block);
		CHECK(contiguous == rows[i].contiguous_lg2, "row %zu: contiguous_lg2 %u", i,
		      contiguous);
	}
}

static void
test_levels(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		unsigned ipa_bits, stride, levels;
	} rows[] = {
		{ G4K, 48, 9, 4 },
		{ G4K, 40, 9, 3 },
		{ G4K, 34, 9, 2 },
		{ G16K, 48, 11, 3 },
		{ G16K, 38, 11, 2 },
		{ G16K, 29, 11, 1 },
		{ G64K, 48, 13, 3 },
		{ G64K, 42, 13, 2 },
		{ G64K, 30, 13, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(rows[i].granule, S2PT_SPACE_NONSECURE,
						      rows[i].ipa_bits, 52, 0);

		CHECK(s2pt_format_stride(&format) == rows[i].stride, "row %zu: stride %u", i,
		      s2pt_format_stride(&format));
		CHECK(s2pt_format_levels(&format) == rows[i].levels, "row %zu: %u levels", i,
		      s2pt_format_levels(&format));
		for (int level = -9; level < 9; level++)
			CHECK(s2pt_format_has_level(&format, level) ==
				      (level <= 3 && level > 3 - (int)rows[i].levels),
			      "row %zu, level %d", i, level);
	}
}

/* --- VTCR_EL2 --------------------------------------------------------------------------------- */

/* Register values of usual configurations, put together by hand. */
static void
test_vtcr_known_values(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		unsigned ipa, pa;
		int start;
		s2pt_feats feats;
		uint64_t want;
	} rows[] = {
		{ G4K, 40, 48, 1, 0, 0x80053558 },
		{ G4K, 48, 48, AUTO, 0, 0x80053590 },
		{ G4K, 32, 36, AUTO, 0, 0x80013520 },
		{ G4K, 39, 40, 1, 0, 0x80023559 },
		{ G4K, 52, 52, 0, DS, 0x18006358c },
		{ G4K, 52, 52, -1, DS, 0x38006350c },
		{ G4K, 20, 48, 3, S2PT_FEAT_TTST, 0x800535ec },
		{ G16K, 48, 48, AUTO, 0, 0x8005b590 },
		{ G16K, 52, 52, AUTO, DS, 0x18006b5cc },
		{ G16K, 36, 36, AUTO, 0, 0x8001b55c },
		{ G64K, 48, 48, AUTO, 0, 0x80057590 },
		{ G64K, 52, 52, AUTO, S2PT_FEAT_LPA, 0x8006758c },
		{ G64K, 42, 42, AUTO, 0, 0x80037556 },
		{ G64K, 32, 32, AUTO, 0, 0x80007520 },
		{ G4K, 44, 44, AUTO, S2PT_FEAT_VMID16, 0x800c3594 },
		{ G4K, 48, 48, AUTO, S2PT_FEAT_HAFDBS_AF, 0x80253590 },
		{ G4K, 48, 48, AUTO, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM, 0x80653590 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_features cpu = cpu_of(rows[i].feats, rows[i].pa);
		struct s2pt_format format, back;
		struct s2pt_config config;
		char what[32] = "row ";

		what[4] = (char)('A' + i);
		s2pt_config_init(&config, rows[i].granule, &cpu);
		config.feats = rows[i].feats;
		config.ipa_bits = (uint8_t)rows[i].ipa;
		config.start_level = (int8_t)rows[i].start;
		CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, what);
		CHECK_U64(s2pt_vtcr_encode(&format), rows[i].want, what);
		CHECK_U64(s2pt_vstcr_encode(&format), 0, what);
		CHECK_STATUS(
			s2pt_vtcr_decode(&cpu, false, S2PT_SPACE_NONSECURE, rows[i].want, &back),
			S2PT_OK, what);
		check_same_format(&back, &format, what);
	}
}

static void
test_vtcr_every_switch(void **state)
{
	const s2pt_feats feats = S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_VMID16 |
				 S2PT_FEAT_HPDS2 | S2PT_FEAT_SEL2;
	struct s2pt_features cpu = cpu_of(feats, 48);
	struct s2pt_format format, back;
	struct s2pt_config config;

	(void)state;
	s2pt_config_init(&config, G4K, &cpu);
	config.feats = feats;
	config.sh0 = S2PT_SH_OSH;
	config.irgn0 = S2PT_WALK_WB_RA;
	config.orgn0 = S2PT_WALK_WT_RA;
	config.pbha = 0xf;
	config.sw = config.sa = true;
	CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "every switch");
	CHECK_U64(s2pt_vtcr_encode(&format), 0xfe6d2b90, "every switch");
	CHECK_STATUS(s2pt_vtcr_decode(&cpu, false, S2PT_SPACE_NONSECURE, 0xfe6d2b90, &back),
		     S2PT_OK, "every switch");
	check_same_format(&back, &format, "every switch");

	config.orgn0 = S2PT_WALK_WB_RA;
	CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "ORGN0");
	CHECK_U64(s2pt_vtcr_encode(&format), 0xfe6d2f90, "ORGN0");
	config.orgn0 = S2PT_WALK_WT_RA;

	/* Each PBHA bit is its own HWUnn: bit 3 is HWU62, bit 28. */
	for (unsigned bit = 0; bit < 4; bit++) {
		config.pbha = (uint8_t)(1u << bit);
		CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "one PBHA bit");
		CHECK_U64(s2pt_vtcr_encode(&format), 0xe06d2b90 | UINT64_C(1) << (25 + bit),
			  "one PBHA bit");
	}
	config.pbha = 0;
	config.sa = false;
	CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "NSW alone");
	CHECK_U64(s2pt_vtcr_encode(&format), 0xa06d2b90, "NSW alone");
	config.sw = false;
	config.sa = true;
	CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "NSA alone");
	CHECK_U64(s2pt_vtcr_encode(&format), 0xc06d2b90, "NSA alone");
}

/* HCR_EL2.FWB is what the caller says, not what the CPU can do; and may not be what it cannot. */
static void
test_vtcr_fwb(void **state)
{
	struct s2pt_features with = cpu_of(S2PT_FEAT_S2FWB, 48);
	struct s2pt_features without = cpu_of(0, 48);
	struct s2pt_format format;

	(void)state;
	CHECK_STATUS(s2pt_vtcr_decode(&with, true, S2PT_SPACE_NONSECURE, 0x80053590, &format),
		     S2PT_OK, "FWB");
	CHECK_U64(format.feats, S2PT_FEAT_S2FWB, "FWB on");
	CHECK_STATUS(s2pt_vtcr_decode(&with, false, S2PT_SPACE_NONSECURE, 0x80053590, &format),
		     S2PT_OK, "no FWB");
	CHECK_U64(format.feats, 0, "FWB off");
	CHECK_STATUS(s2pt_vtcr_decode(&without, true, S2PT_SPACE_NONSECURE, 0x80053590, &format),
		     S2PT_ERR_FEATURE, "FWB on a CPU without");
}

static void
test_vtcr_decode_refusals(void **state)
{
	static const struct {
		uint64_t vtcr;
		enum s2pt_status want;
		enum s2pt_space space;
		s2pt_feats feats;
		unsigned pa;
	} rows[] = {
		{ 0x80053590, S2PT_ERR_SPACE, S2PT_SPACE_SECURE, S2PT_FEAT_SEL2, 48 },
		{ 0x80053590, S2PT_ERR_SPACE, (enum s2pt_space)3, 0, 48 },
		{ 0x80053590, S2PT_ERR_SPACE, S2PT_SPACE_REALM, 0, 48 },
		{ 0x80053590, S2PT_OK, S2PT_SPACE_REALM, S2PT_FEAT_RME, 48 },
		{ 0x00053590, S2PT_ERR_REG_RES0, S2PT_SPACE_NONSECURE, 0, 48 }, /* RES1 */
		{ 0x8005f590, S2PT_ERR_GRANULE, S2PT_SPACE_NONSECURE, 0, 48 },  /* TG0 = 3 */
		{ 0x80073590, S2PT_ERR_PA_BITS, S2PT_SPACE_NONSECURE, 0, 56 },  /* PS = 7 */
		/* PS above the CPU */
		{ 0x80063590, S2PT_ERR_PA_BITS, S2PT_SPACE_NONSECURE, 0, 48 },
		{ 0x80051590, S2PT_ERR_SH, S2PT_SPACE_NONSECURE, 0, 48 },      /* SH0 = 1 */
		{ 0x82053590, S2PT_ERR_PBHA, S2PT_SPACE_NONSECURE, 0, 48 },    /* HWU59 */
		{ 0x800d3590, S2PT_ERR_FEATURE, S2PT_SPACE_NONSECURE, 0, 48 }, /* VS */
		{ 0x80253590, S2PT_ERR_FEATURE, S2PT_SPACE_NONSECURE, 0, 48 }, /* HA */
		{ 0x80453590, S2PT_ERR_HD, S2PT_SPACE_NONSECURE,               /* HD without HA */
		  S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM, 48 },
		{ 0x180053590, S2PT_ERR_FEATURE, S2PT_SPACE_NONSECURE, 0, 48 }, /* DS */
		{ 0x180057590, S2PT_ERR_DS_GRANULE, S2PT_SPACE_NONSECURE, DS, 48 },
		{ 0xa0053590, S2PT_ERR_SPACE, S2PT_SPACE_NONSECURE, 0, 48 }, /* NSW */
		{ 0xc0053590, S2PT_ERR_SPACE, S2PT_SPACE_NONSECURE, 0, 48 }, /* NSA */
		/* T0SZ = 40 */
		{ 0x800535a8, S2PT_ERR_IPA_BELOW_MIN, S2PT_SPACE_NONSECURE, 0, 48 },
		/* T0SZ = 0 */
		{ 0x80053580, S2PT_ERR_IPA_ABOVE_FORMAT, S2PT_SPACE_NONSECURE, 0, 48 },
		{ 0x8004358f, S2PT_ERR_IPA_ABOVE_FORMAT, S2PT_SPACE_NONSECURE, 0, 44 },
		{ 0x80043590, S2PT_ERR_IPA_ABOVE_PA, S2PT_SPACE_NONSECURE, 0, 44 },
		/* 16K L0, DS=0 */
		{ 0x8005b5d0, S2PT_ERR_START_RESERVED, S2PT_SPACE_NONSECURE, 0, 48 },
		/* 64K SL0=3 */
		{ 0x800575d0, S2PT_ERR_START_RESERVED, S2PT_SPACE_NONSECURE, 0, 48 },
		{ 0x280053510, S2PT_ERR_REG_RES0, S2PT_SPACE_NONSECURE, 0, 48 },  /* SL2, DS=0 */
		{ 0x38005b590, S2PT_ERR_REG_RES0, S2PT_SPACE_NONSECURE, DS, 48 }, /* SL2, 16K */
		/* 4K SL2, SL0 */
		{ 0x380053550, S2PT_ERR_START_RESERVED, S2PT_SPACE_NONSECURE, DS, 48 },
		{ 0x800535e7, S2PT_ERR_START_TTST, S2PT_SPACE_NONSECURE, 0, 48 },
		{ 0x80033596, S2PT_ERR_START_PA, S2PT_SPACE_NONSECURE, 0, 42 },
		{ 0x80053550, S2PT_ERR_START_TABLES, S2PT_SPACE_NONSECURE, 0, 48 },
		{ 0x80053599, S2PT_ERR_START_UNUSED, S2PT_SPACE_NONSECURE, 0, 48 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_features cpu = cpu_of(rows[i].feats, rows[i].pa);
		struct s2pt_format format;
		enum s2pt_status status;

		POISONED(format);
		status = s2pt_vtcr_decode(&cpu, false, rows[i].space, rows[i].vtcr, &format);
		CHECK(status == rows[i].want, "VTCR 0x%" PRIx64 ": got %s, expected %s",
		      rows[i].vtcr, s2pt_status_name(status), s2pt_status_name(rows[i].want));
		if (status != S2PT_OK)
			CHECK_UNTOUCHED(format, "s2pt_vtcr_decode");
	}
}

/* Bits that no version of VTCR_EL2 has, or that turn on what the library does not support. */
static void
test_vtcr_res0(void **state)
{
	/* AssuredOnly, TL1, S2PIE, S2POE, D128, GCSH, TL0, HAFT, HDBSS. */
	const uint64_t unsupported = UINT64_C(0x337c00000000);
	const uint64_t res0 = (UINT64_C(0xfffffffc00000000) & ~unsupported) | UINT64_C(0x01900000);
	/* SL2, bit 33, is RES0 where DS is 0 or the granule is not 4K. */
	static const struct {
		uint64_t vtcr;
		uint64_t refused; /* bits, besides, that may not be another */
	} rows[] = {
		{ 0x80053590, UINT64_C(0x280000000) },
		{ 0x38006350c, UINT64_C(0x18000c000) }, /* DS, start level -1: SL2 */
	};
	struct s2pt_features cpu = cpu_of(ALL_FEATS, 52);

	(void)state;
	for (unsigned n = 0; n < COUNT(rows) * 64u; n++) {
		const unsigned bit = n % 64u;
		uint64_t value = rows[n / 64u].vtcr ^ UINT64_C(1) << bit;
		bool refused = (res0 | unsupported | rows[n / 64u].refused) >> bit & 1u;
		const enum s2pt_status why = unsupported >> bit & 1u ? S2PT_ERR_UNSUPPORTED : S2PT_ERR_REG_RES0;
		struct s2pt_format format;
		enum s2pt_status status;

		POISONED(format);
		status = s2pt_vtcr_decode(&cpu, false, S2PT_SPACE_NONSECURE, value, &format);
		CHECK((status == why) == refused, "0x%" PRIx64 ", bit %u: got %s", rows[n / 64u].vtcr, bit,
		      s2pt_status_name(status));
		if (refused)
			CHECK_UNTOUCHED(format, "s2pt_vtcr_decode");
		else if (status == S2PT_OK)
			CHECK_U64(s2pt_vtcr_encode(&format), value, "encode(decode(v))");
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format;

		CHECK_STATUS(s2pt_vtcr_decode(&cpu, false, S2PT_SPACE_NONSECURE, rows[i].vtcr, &format), S2PT_OK,
			     "as it is");
	}
}

/* Bits 30:29 are RES0 in Realm state. */
static void
test_vtcr_realm_has_no_nsa(void **state)
{
	struct s2pt_features cpu = cpu_of(S2PT_FEAT_RME | S2PT_FEAT_SEL2, 48);

	(void)state;
	for (unsigned bit = 29; bit <= 30; bit++) {
		struct s2pt_format format;
		enum s2pt_status status = s2pt_vtcr_decode(&cpu, false, S2PT_SPACE_REALM,
							   0x80053590 | UINT64_C(1) << bit, &format);

		CHECK(status == S2PT_ERR_SPACE || status == S2PT_ERR_REG_RES0, "bit %u: got %s",
		      bit, s2pt_status_name(status));
	}
}

/* Each bit of a register that s2pt_vtcr_strip() takes for what no format has: once, and given back. */
static void
test_vtcr_strip(void **state)
{
	const uint64_t unsupported = UINT64_C(0x337c00000000);
	const uint64_t res0 = (UINT64_C(0xfffffffc00000000) & ~unsupported) | UINT64_C(0x01900000);
	const uint64_t ns = UINT64_C(3) << 29, res1 = UINT64_C(1) << 31;
	static const struct {
		enum s2pt_space space;
		bool sel2;
		bool ns_ignored;
	} rows[] = {
		{ S2PT_SPACE_NONSECURE, true, false },
		{ S2PT_SPACE_NONSECURE, false, true },
		{ S2PT_SPACE_REALM, true, true },
		{ S2PT_SPACE_REALM, false, true },
	};
	struct s2pt_vtcr_extra extra;

	(void)state;
	for (unsigned n = 0; n < COUNT(rows) * 64u; n++) {
		const uint64_t bit = UINT64_C(1) << n % 64u, value = UINT64_C(0x80053590) ^ bit;
		const uint64_t ignored = rows[n / 64u].ns_ignored ? ns : 0;
		struct s2pt_features cpu = cpu_of(rows[n / 64u].sel2 ? S2PT_FEAT_SEL2 : 0, 48);
		uint64_t got;

		POISONED(extra);
		got = s2pt_vtcr_strip(&cpu, rows[n / 64u].space, value, &extra);
		CHECK_U64(extra.unsupported, value & unsupported, "unsupported");
		CHECK_U64(extra.ignored, value & ignored, "ignored");
		CHECK_U64(extra.res0, value & res0, "res0");
		CHECK_U64(extra.res1, ~value & res1, "res1");
		CHECK_U64((got | extra.unsupported | extra.ignored | extra.res0) & ~extra.res1, value, "given back");
		CHECK_U64(got, (value & ~(unsupported | ignored | res0)) | res1, "the rest");
	}
	for (unsigned n = 0; n < 64; n++) {
		const uint64_t known = UINT64_C(0x2e000c0ff), value = UINT64_C(0x80000090) ^ UINT64_C(1) << n;
		struct s2pt_features cpu = cpu_of(S2PT_FEAT_SEL2, 48);

		POISONED(extra);
		CHECK_U64(s2pt_vtcr_strip(&cpu, S2PT_SPACE_SECURE, value, &extra), (value & known) | res1, "VSTCR_EL2");
		CHECK_U64(extra.unsupported | extra.ignored, 0, "VSTCR_EL2 turns no modes on");
		CHECK_U64(extra.res0, value & ~known, "res0 of VSTCR_EL2");
		CHECK_U64(extra.res1, ~value & res1, "res1 of VSTCR_EL2");
	}
}

/* Registers of others: without bit 31; of a Realm, with NSA and NSW; with S2PIE. Read as far as that goes. */
static void
test_vtcr_of_others(void **state)
{
	static const struct {
		enum s2pt_space space;
		uint64_t vtcr;
		enum s2pt_status before;
		uint64_t unsupported, ignored, res1;
	} rows[] = {
		{ S2PT_SPACE_NONSECURE, 0x00053590, S2PT_ERR_REG_RES0, 0, 0, 0x80000000 },
		{ S2PT_SPACE_REALM, 0xc0053590, S2PT_ERR_SPACE, 0, 0x40000000, 0 },
		{ S2PT_SPACE_REALM, 0xe0053590, S2PT_ERR_SPACE, 0, 0x60000000, 0 },
		{ S2PT_SPACE_NONSECURE, 0x1080053590, S2PT_ERR_UNSUPPORTED, 0x1000000000, 0, 0 },
		{ S2PT_SPACE_REALM, 0x1040053590, S2PT_ERR_UNSUPPORTED, 0x1000000000, 0x40000000, 0x80000000 },
	};
	struct s2pt_features cpu = cpu_of(ALL_FEATS, 48);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_vtcr_extra extra;
		struct s2pt_format format;
		uint64_t known = s2pt_vtcr_strip(&cpu, rows[i].space, rows[i].vtcr, &extra);

		CHECK_STATUS(s2pt_vtcr_decode(&cpu, true, rows[i].space, rows[i].vtcr, &format), rows[i].before,
			     "as it is");
		CHECK_STATUS(s2pt_vtcr_decode(&cpu, true, rows[i].space, known, &format), S2PT_OK, "as far as it goes");
		CHECK_U64(known, 0x80053590, "the known part");
		CHECK_U64(extra.unsupported, rows[i].unsupported, "unsupported");
		CHECK_U64(extra.ignored, rows[i].ignored, "ignored");
		CHECK_U64(extra.res1, rows[i].res1, "res1");
		CHECK_U64(extra.res0, 0, "res0");
	}
}

/* --- HCR_EL2 -------------------------------------------------------------------------------------- */

#define HCR(bit) (UINT64_C(1) << (bit))

/* Each bit alone, and those that E2H and TGE silence: every value of the fields that are read. */
static void
test_hcr(void **state)
{
	static const unsigned bits[] = { 0, 2, 9, 12, 25, 27, 31, 32, 33, 34, 42, 46, 57, 54, 55 };
	enum { VM,
	       PTW,
	       FB,
	       DC,
	       TTLB,
	       TGE,
	       RW,
	       CD,
	       ID,
	       E2H,
	       NV,
	       FWB,
	       DCT,
	       TTLBIS,
	       TTLBOS,
	};

	(void)state;
	for (unsigned n = 0; n < 1u << COUNT(bits); n++) {
		/* What is not read is set in every other value. */
		uint64_t value = n & 1u ? 0 : UINT64_MAX;
		bool b[COUNT(bits)], el2_host;
		struct s2pt_hcr hcr;

		for (unsigned i = 0; i < COUNT(bits); i++) {
			b[i] = n >> i & 1u;
			value = b[i] ? value | HCR(bits[i]) : value & ~HCR(bits[i]);
		}
		el2_host = b[E2H] && b[TGE];
		POISONED(hcr);
		s2pt_hcr_read(value, &hcr);
		CHECK(hcr.host == el2_host && hcr.stage2 == (!el2_host && (b[VM] || b[DC])) && hcr.fwb == b[FWB] &&
			      hcr.ptw == (b[PTW] && !b[TGE]) && hcr.cd == (b[CD] && !el2_host) &&
			      hcr.id == (b[ID] && !el2_host) && hcr.dc == (b[DC] && !el2_host) &&
			      hcr.dct == (b[DCT] && b[DC] && !el2_host) && hcr.fb == (b[FB] && !b[TGE]) &&
			      hcr.ttlb == (b[TTLB] && !b[TGE]) && hcr.ttlbis == (b[TTLBIS] && !b[TGE]) &&
			      hcr.ttlbos == (b[TTLBOS] && !b[TGE]) && hcr.nv == b[NV] &&
			      hcr.rw == (b[RW] || el2_host),
		      "HCR_EL2 0x%" PRIx64, value);
	}
	/* What Linux sets for a guest, and for itself (E2H, TGE). */
	for (unsigned guest = 0; guest < 2; guest++) {
		struct s2pt_hcr hcr;

		s2pt_hcr_read(guest ? 0x40008207c67f : 0x488000000, &hcr);
		CHECK(hcr.stage2 == guest && hcr.host == !guest && hcr.fwb == guest && hcr.ptw == guest && hcr.rw,
		      "Linux, guest %u", guest);
	}
}

/* --- VSTCR_EL2 -------------------------------------------------------------------------------- */

static void
test_vstcr(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		unsigned ipa;
		int start;
		s2pt_feats feats;
		bool sw, sa;
		uint64_t vstcr, vtcr;
	} rows[] = {
		{ G4K, 48, AUTO, 0, false, false, 0x80000090, 0x80063500 },
		{ G4K, 40, 1, 0, true, false, 0xa0000058, 0x80063500 },
		{ G16K, 48, AUTO, 0, false, true, 0xc0008090, 0x80063500 },
		{ G64K, 52, AUTO, S2PT_FEAT_LPA, true, true, 0xe000408c, 0x80063500 },
		{ G4K, 52, -1, DS, false, false, 0x28000000c, 0x180063500 },
		{ G4K, 48, AUTO,
		  S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_VMID16 | S2PT_FEAT_HPDS2,
		  false, false, 0x80000090, 0x9e6e3500 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_features cpu = cpu_of(rows[i].feats | S2PT_FEAT_SEL2, 52);
		struct s2pt_format format, back;
		struct s2pt_config config;

		s2pt_config_init(&config, rows[i].granule, &cpu);
		config.space = S2PT_SPACE_SECURE;
		config.feats |= rows[i].feats;
		config.ipa_bits = (uint8_t)rows[i].ipa;
		config.start_level = (int8_t)rows[i].start;
		config.sw = rows[i].sw;
		config.sa = rows[i].sa;
		config.pbha = rows[i].feats & S2PT_FEAT_HPDS2 ? 0xf : 0;
		CHECK_STATUS(s2pt_format_init(&format, &cpu, &config), S2PT_OK, "Secure");
		CHECK_U64(s2pt_vstcr_encode(&format), rows[i].vstcr, "VSTCR");
		CHECK_U64(s2pt_vtcr_encode(&format), rows[i].vtcr, "VTCR of a Secure table");
		CHECK_STATUS(s2pt_vstcr_decode(&cpu, false, rows[i].vstcr, rows[i].vtcr, &back),
			     S2PT_OK, "decode");
		check_same_format(&back, &format, "Secure");
		/* The geometry of the other IPA space says nothing about this one. */
		CHECK_STATUS(s2pt_vstcr_decode(&cpu, false, rows[i].vstcr,
					       rows[i].vtcr | 0x60004059, &back),
			     S2PT_OK, "decode");
		check_same_format(&back, &format, "Secure beside Non-secure");
	}
}

static void
test_vstcr_refusals(void **state)
{
	static const struct {
		uint64_t vstcr, vtcr;
		s2pt_feats feats;
		enum s2pt_status want;
	} rows[] = {
		{ 0x80000090, 0x80053500, S2PT_FEAT_SEL2, S2PT_OK },
		{ 0x80000090, 0x80053500, 0, S2PT_ERR_SPACE },
		{ 0x00000090, 0x80053500, S2PT_FEAT_SEL2, S2PT_ERR_REG_RES0 },
		{ 0x80000090, 0x00053500, S2PT_FEAT_SEL2, S2PT_ERR_REG_RES0 },
		{ 0x80000090, 0x180053500, S2PT_FEAT_SEL2, S2PT_ERR_FEATURE },
		{ 0x80000090, 0x400080053500, S2PT_FEAT_SEL2, S2PT_ERR_REG_RES0 },
		{ 0x8000c090, 0x80053500, S2PT_FEAT_SEL2, S2PT_ERR_GRANULE },
		{ 0x80000090, 0x80073500, S2PT_FEAT_SEL2, S2PT_ERR_PA_BITS },
		{ 0x80000090, 0x80051500, S2PT_FEAT_SEL2, S2PT_ERR_SH },
		{ 0x80000050, 0x80053500, S2PT_FEAT_SEL2, S2PT_ERR_START_TABLES },
		{ 0x280000010, 0x80053500, S2PT_FEAT_SEL2, S2PT_ERR_REG_RES0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_features cpu = cpu_of(rows[i].feats, 48);
		struct s2pt_format format;

		POISONED(format);
		CHECK_STATUS(s2pt_vstcr_decode(&cpu, false, rows[i].vstcr, rows[i].vtcr, &format),
			     rows[i].want, "VSTCR refusals");
		if (rows[i].want != S2PT_OK)
			CHECK_UNTOUCHED(format, "s2pt_vstcr_decode");
	}
}

/* VSTCR_EL2 has T0SZ, SL0, TG0, SW, SA, RES1 and SL2, and nothing else. */
static void
test_vstcr_res0(void **state)
{
	const uint64_t has = UINT64_C(0x2e000c0ff);
	struct s2pt_features cpu = cpu_of(ALL_FEATS, 52);

	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t vstcr = UINT64_C(0x80000090) ^ UINT64_C(1) << bit;
		/* SL2, bit 33, is RES0 where DS is 0. */
		bool refused = !(has >> bit & 1u) || bit == 31 || bit == 33;
		struct s2pt_format format;
		enum s2pt_status status = s2pt_vstcr_decode(&cpu, false, vstcr,
							    0x80053500, &format);

		CHECK((status == S2PT_ERR_REG_RES0) == refused, "VSTCR bit %u: got %s", bit,
		      s2pt_status_name(status));
		if (status == S2PT_OK)
			CHECK_U64(s2pt_vstcr_encode(&format), vstcr, "encode(decode(v))");
	}
}

/* Bug 47: start level and root for each PARange, granule and DS, against Arm's tables. */
static void
test_bug47_start_level_of_each_pa_size(void **state)
{
	/* clang-format off */
	static const struct {
		enum s2pt_granule granule;
		s2pt_feats feats;
		uint8_t pa;
		int level;
		unsigned tables;
	} rows[] = {
		{ G4K, 0, 32, 2, 4 },   { G4K, 0, 36, 1, 1 },   { G4K, 0, 40, 1, 2 },
		{ G4K, 0, 42, 1, 8 },   { G4K, 0, 44, 0, 1 },   { G4K, 0, 48, 0, 1 },
		{ G4K, 0, 52, 0, 1 },   { G4K, DS, 52, 0, 16 }, { G16K, 0, 32, 2, 1 },
		{ G16K, 0, 36, 2, 1 },  { G16K, 0, 40, 2, 16 }, { G16K, 0, 42, 1, 1 },
		{ G16K, 0, 44, 1, 1 },  { G16K, 0, 48, 1, 2 },  { G16K, 0, 52, 1, 2 },
		{ G16K, DS, 52, 0, 1 }, { G64K, 0, 32, 3, 8 },  { G64K, 0, 36, 2, 1 },
		{ G64K, 0, 40, 2, 1 },  { G64K, 0, 42, 2, 1 },  { G64K, 0, 44, 2, 4 },
		{ G64K, 0, 48, 1, 1 },  { G64K, 0, 52, 1, 1 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(rows[i].granule, S2PT_SPACE_NONSECURE, 0,
						      rows[i].pa, rows[i].feats);

		CHECK(format.start_level == rows[i].level && format.root_tables == rows[i].tables,
		      "row %zu: start level %d, %u tables, expected %d, %u", i, format.start_level,
		      format.root_tables, rows[i].level, rows[i].tables);
	}
}

/* --- VTTBR_EL2 -------------------------------------------------------------------------------- */

static void
test_vttbr_known_values(void **state)
{
	/* clang-format off */
	static const struct {
		enum s2pt_granule granule;
		enum s2pt_space space;
		unsigned ipa;
		s2pt_feats feats;
		struct s2pt_vttbr vttbr;
		uint64_t want;
		int start; /* AT(level); 0: the fewest levels */
	} rows[] = {
		{ G4K, S2PT_SPACE_NONSECURE, 48, 0, { { 0x40001000 }, 7, false }, 0x0007000040001000, 0 },
		{ G4K, S2PT_SPACE_REALM, 48, 0, { { 0x40001000 }, 255, false }, 0x00ff000040001000, 0 },
		{ G4K, S2PT_SPACE_NONSECURE, 48, S2PT_FEAT_TTCNP | S2PT_FEAT_VMID16, { { 0x40001000 }, 0xabcd, true }, 0xabcd000040001001, 0 },
		{ G4K, S2PT_SPACE_SECURE, 48, S2PT_FEAT_TTCNP, { { UINT64_C(0xfffffffff000) }, 0, true }, 0x0000fffffffff001, 0 },
		{ G4K, S2PT_SPACE_NONSECURE, 31, 0, { { 0x10 }, 0, false }, 0x10, AT(1) },
		{ G4K, S2PT_SPACE_NONSECURE, 52, DS, { { UINT64_C(0xabcde12340000) }, 1, false }, 0x0001bcde12340028, 0 },
		{ G64K, S2PT_SPACE_NONSECURE, 43, S2PT_FEAT_LPA, { { UINT64_C(0xf000000040000) }, 0, false }, 0x000000000004003c, 0 },
		{ G64K, S2PT_SPACE_NONSECURE, 30, S2PT_FEAT_LPA | S2PT_FEAT_TTST, { { UINT64_C(0x5000040020000) }, 0, false }, 0x0000000040020014, 0 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_at(rows[i].granule, rows[i].space, rows[i].ipa,
						      52, rows[i].feats,
						      rows[i].start ? rows[i].start - AT(0) : AUTO);
		struct s2pt_vttbr back;
		uint64_t value;

		CHECK_STATUS(s2pt_vttbr_encode(&format, &rows[i].vttbr, &value), S2PT_OK, "encode");
		CHECK(value == rows[i].want, "row %zu: got 0x%" PRIx64 ", expected 0x%" PRIx64, i,
		      value, rows[i].want);
		CHECK_STATUS(s2pt_vttbr_decode(&format, value, &back), S2PT_OK, "decode");
		CHECK(back.root.addr == rows[i].vttbr.root.addr &&
			      back.vmid == rows[i].vttbr.vmid && back.cnp == rows[i].vttbr.cnp,
		      "row %zu: back 0x%" PRIx64 " %u %d", i, back.root.addr, back.vmid, back.cnp);
	}
}

static void
test_vttbr_encode_refusals(void **state)
{
	static const struct {
		enum s2pt_space space;
		unsigned ipa, pa;
		s2pt_feats feats;
		struct s2pt_vttbr vttbr;
		enum s2pt_status want;
		int start; /* AT(level); 0: the fewest levels */
	} rows[] = {
		{ S2PT_SPACE_NONSECURE, 48, 48, 0, { { 0x1000 }, 0, false }, S2PT_OK, 0 },
		{ S2PT_SPACE_NONSECURE, 48, 48, 0, { { 0x800 }, 0, false }, S2PT_ERR_ROOT_ALIGN, 0 },
		{ S2PT_SPACE_NONSECURE, 40, 48, 0, { { 0x1000 }, 0, false }, S2PT_ERR_ROOT_ALIGN, 0 },
		{ S2PT_SPACE_NONSECURE, 40, 48, 0, { { 0x2000 }, 0, false }, S2PT_OK, 0 },
		/* A start table of 16 bytes; 64 in the 52-bit form. */
		{ S2PT_SPACE_NONSECURE, 31, 48, 0, { { 0x8 }, 0, false }, S2PT_ERR_ROOT_ALIGN, AT(1) },
		{ S2PT_SPACE_NONSECURE, 31, 48, 0, { { 0x10 }, 0, false }, S2PT_OK, AT(1) },
		{ S2PT_SPACE_NONSECURE, 40, 48, DS, { { 0x20 }, 0, false }, S2PT_ERR_ROOT_ALIGN, AT(0) },
		{ S2PT_SPACE_NONSECURE, 40, 48, DS, { { 0x40 }, 0, false }, S2PT_OK, AT(0) },
		{ S2PT_SPACE_NONSECURE, 48, 48, 0, { { UINT64_C(1) << 48 }, 0, false }, S2PT_ERR_ROOT_PA, 0 },
		{ S2PT_SPACE_NONSECURE, 44, 44, 0, { { UINT64_C(1) << 44 }, 0, false }, S2PT_ERR_ROOT_PA, 0 },
		{ S2PT_SPACE_NONSECURE, 48, 52, 0, { { UINT64_C(1) << 48 }, 0, false }, S2PT_ERR_ROOT_PA, 0 },
		{ S2PT_SPACE_NONSECURE, 48, 52, DS, { { UINT64_C(1) << 48 }, 0, false }, S2PT_OK, 0 },
		{ S2PT_SPACE_NONSECURE, 48, 52, DS, { { UINT64_C(1) << 52 }, 0, false }, S2PT_ERR_ROOT_PA, 0 },
		{ S2PT_SPACE_NONSECURE, 48, 48, 0, { { 0x1000 }, 255, false }, S2PT_OK, 0 },
		{ S2PT_SPACE_NONSECURE, 48, 48, 0, { { 0x1000 }, 256, false }, S2PT_ERR_VMID, 0 },
		{ S2PT_SPACE_NONSECURE, 48, 48, S2PT_FEAT_VMID16, { { 0x1000 }, 65535, false }, S2PT_OK, 0 },
		{ S2PT_SPACE_REALM, 48, 48, 0, { { 0x1000 }, 256, false }, S2PT_ERR_VMID, 0 },
		{ S2PT_SPACE_SECURE, 48, 48, S2PT_FEAT_VMID16, { { 0x1000 }, 1, false }, S2PT_ERR_VMID, 0 },
		{ S2PT_SPACE_NONSECURE, 48, 48, 0, { { 0x1000 }, 0, true }, S2PT_ERR_CNP, 0 },
		{ S2PT_SPACE_REALM, 48, 48, 0, { { 0x1000 }, 0, true }, S2PT_ERR_CNP, 0 },
		/* 4K under PS = 52 bits reaches 48, in every space. */
		{ S2PT_SPACE_SECURE, 48, 52, 0, { { UINT64_C(1) << 48 }, 0, false }, S2PT_ERR_ROOT_PA, 0 },
		{ S2PT_SPACE_NONSECURE, 48, 48, S2PT_FEAT_TTCNP, { { 0x1000 }, 0, true }, S2PT_OK, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_at(G4K, rows[i].space, rows[i].ipa, rows[i].pa,
						      rows[i].feats,
						      rows[i].start ? rows[i].start - AT(0) : AUTO);
		enum s2pt_status status;
		uint64_t value;

		POISONED(value);
		status = s2pt_vttbr_encode(&format, &rows[i].vttbr, &value);
		CHECK(status == rows[i].want, "row %zu: got %s, expected %s", i,
		      s2pt_status_name(status), s2pt_status_name(rows[i].want));
		if (status != S2PT_OK)
			CHECK_UNTOUCHED(value, "s2pt_vttbr_encode");
	}
}

static void
test_vttbr_decode_refusals(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		unsigned ipa, pa;
		s2pt_feats feats;
		uint64_t value;
		enum s2pt_status want;
	} rows[] = {
		{ G4K, 48, 48, 0, 0x40001000, S2PT_OK },
		{ G4K, 48, 48, 0, 0x40001800, S2PT_ERR_REG_RES0 },
		{ G4K, 40, 48, 0, 0x40001000, S2PT_ERR_REG_RES0 },
		{ G4K, 44, 44, 0, 0x100000000000, S2PT_ERR_ROOT_PA },
		/* The 52-bit form reaches further than PS says. */
		{ G4K, 48, 48, DS, 0x0000000040001004, S2PT_ERR_ROOT_PA },
		{ G4K, 48, 52, DS, 0x0000000040001004, S2PT_OK },
		{ G4K, 48, 52, DS, 0x0000000040001002, S2PT_ERR_REG_RES0 },
		{ G4K, 48, 52, DS, 0x0000000040001020, S2PT_OK },
		{ G4K, 48, 52, DS, 0x0000000040001040, S2PT_ERR_REG_RES0 },
		{ G64K, 43, 52, S2PT_FEAT_LPA, 0x0000000000040002, S2PT_ERR_REG_RES0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(rows[i].granule, S2PT_SPACE_NONSECURE,
						      rows[i].ipa, rows[i].pa, rows[i].feats);
		struct s2pt_vttbr vttbr;
		enum s2pt_status status;

		POISONED(vttbr);
		status = s2pt_vttbr_decode(&format, rows[i].value, &vttbr);
		CHECK(status == rows[i].want, "row %zu: got %s, expected %s", i,
		      s2pt_status_name(status), s2pt_status_name(rows[i].want));
		if (status != S2PT_OK)
			CHECK_UNTOUCHED(vttbr, "s2pt_vttbr_decode");
	}
}

/*
 * What s2pt_vttbr_decode() documents as S2PT_ERR_REG_RES0: SKL (bits 2:1, but for PA[48] in the
 * 52-bit form), and the bits of a CnP or a VMID that the format does not have.
 */
static void
test_vttbr_decode_res0(void **state)
{
	static const struct {
		enum s2pt_space space;
		s2pt_feats feats;
		unsigned bit;
		const char *what;
	} rows[] = {
		{ S2PT_SPACE_NONSECURE, 0, 0, "CnP without FEAT_TTCNP" },
		{ S2PT_SPACE_NONSECURE, 0, 1, "SKL[0]" },
		{ S2PT_SPACE_NONSECURE, 0, 2, "SKL[1]" },
		{ S2PT_SPACE_NONSECURE, DS, 1, "SKL[0] in the 52-bit form" },
		{ S2PT_SPACE_NONSECURE, 0, 56, "VMID[8] of 8 bits" },
		{ S2PT_SPACE_NONSECURE, 0, 63, "VMID[15] of 8 bits" },
		{ S2PT_SPACE_SECURE, 0, 48, "VMID[0] of VSTTBR_EL2" },
		{ S2PT_SPACE_SECURE, S2PT_FEAT_VMID16, 63, "VMID[15] of VSTTBR_EL2" },
	};

	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(G4K, rows[i].space, 48, 52, rows[i].feats);
		uint64_t value = 0x40001000 | UINT64_C(1) << rows[i].bit;
		struct s2pt_vttbr vttbr;
		enum s2pt_status status;

		POISONED(vttbr);
		status = s2pt_vttbr_decode(&format, value, &vttbr);
		if (status != S2PT_ERR_REG_RES0) {
			print_error("%s: got %s, expected reg_res0\n", rows[i].what,
				    s2pt_status_name(status));
			wrong++;
		}
		CHECK_UNTOUCHED(vttbr, rows[i].what);
	}
	CHECK(!wrong, "%u bits", wrong);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_init),
		cmocka_unit_test(test_ordinary_config),
		cmocka_unit_test(test_lpa_is_in_force_unasked),
		cmocka_unit_test(test_format_refusals),
		cmocka_unit_test(test_order_of_rules),
		cmocka_unit_test(test_order_of_sizes),
		cmocka_unit_test(test_unsupported_modes),
		cmocka_unit_test(test_contiguous_fits),
		cmocka_unit_test(test_decode_in_every_space),
		cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_vtcr_known_values),
		cmocka_unit_test(test_vtcr_every_switch),
		cmocka_unit_test(test_vtcr_fwb),
		cmocka_unit_test(test_vtcr_decode_refusals),
		cmocka_unit_test(test_vtcr_res0),
		cmocka_unit_test(test_vtcr_realm_has_no_nsa),
		cmocka_unit_test(test_vtcr_strip),
		cmocka_unit_test(test_hcr),
		cmocka_unit_test(test_vtcr_of_others),
		cmocka_unit_test(test_vstcr),
		cmocka_unit_test(test_vstcr_refusals),
		cmocka_unit_test(test_vstcr_res0),
		cmocka_unit_test(test_bug47_start_level_of_each_pa_size),
		cmocka_unit_test(test_vttbr_known_values),
		cmocka_unit_test(test_vttbr_encode_refusals),
		cmocka_unit_test(test_vttbr_decode_refusals),
		cmocka_unit_test(test_vttbr_decode_res0),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
