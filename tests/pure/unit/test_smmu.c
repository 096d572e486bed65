/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

#include "decode.h"

/* --- ID registers, by the bit numbers of IHI 0070, 6.3 ------------------------------------------------ */

#define IDR0 (1u | 2u << 2) /* S2P, TTF = AArch64 */

static void
test_id_features(void **state)
{
	/* clang-format off */
	static const struct {
		struct s2pt_smmu_id_regs regs;
		s2pt_feats feats;
	} rows[] = {
		{ { IDR0, 0, 0, 0 }, 0 },
		{ { IDR0 | 1u << 6, 0, 0, 0 }, S2PT_FEAT_HAFDBS_AF },
		{ { IDR0 | 2u << 6, 0, 0, 0 }, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM },
		{ { IDR0 | 3u << 6, 0, 0, 0 }, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM },
		{ { IDR0 | 1u << 18, 0, 0, 0 }, S2PT_FEAT_VMID16 },
		{ { IDR0, 0, 1u << 3, 0 }, S2PT_FEAT_HPDS2 },
		{ { IDR0, 0, 1u << 4, 0 }, S2PT_FEAT_XNX },
		{ { IDR0, 0, 1u << 8, 0 }, S2PT_FEAT_S2FWB },
		{ { IDR0, 0, 1u << 9, 0 }, S2PT_FEAT_TTST },
		{ { IDR0, 0, 1u << 11, 0 }, S2PT_FEAT_BBML1 },
		{ { IDR0, 0, 2u << 11, 0 }, S2PT_FEAT_BBML1 | S2PT_FEAT_BBML2 | S2PT_FEAT_BBML3 },
		{ { IDR0, 0, 1u << 22, 0 }, S2PT_FEAT_MTE_PERM },
		{ { IDR0, 0, 0, 6 }, S2PT_FEAT_LPA },
		{ { IDR0, 0, 0, 1u << 7 }, 0 },
		{ { IDR0, 0, 0, 1u << 7 | 1u << 4 }, S2PT_FEAT_LPA2 },
		{ { IDR0, 0, 0, 1u << 7 | 1u << 5 }, S2PT_FEAT_LPA2 },
		{ { IDR0, 0, 0, 1u << 7 | 1u << 6 }, 0 },
		/* What no feature hangs on. */
		{ { ~0u & ~(3u << 6 | 1u << 18 | 1u << 21), ~0u, ~(1u << 3 | 1u << 4 | 1u << 8 | 1u << 9 | 3u << 11 | 1u << 22), 0 }, 0 },
	};
	/* clang-format on */
	const s2pt_feats cpu_only = S2PT_FEAT_TTL | S2PT_FEAT_TLBIW | S2PT_FEAT_TLBIOS | S2PT_FEAT_TLBIRANGE |
				    S2PT_FEAT_TTCNP | S2PT_FEAT_LSE | S2PT_FEAT_MTE2;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_smmu smmu;

		CHECK_STATUS(s2pt_smmu_from_id_regs(&smmu, &rows[i].regs), S2PT_OK, "ID registers");
		CHECK_U64(smmu.features.feats, rows[i].feats | cpu_only, "features");
	}
}

static void
test_id_shape(void **state)
{
	static const uint8_t oas[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	struct s2pt_smmu_id_regs regs = { .idr0 = IDR0 };
	struct s2pt_smmu smmu;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		for (unsigned granules = 0; granules < 16; granules++) {
			bool ds = granules & 8u;

			/* The rest of the register is about other things. */
			regs.idr5 = i | granules << 4 | (granules & 1u ? ~0xf7u : 0);
			CHECK_STATUS(s2pt_smmu_from_id_regs(&smmu, &regs), S2PT_OK, "IDR5");
			CHECK_U64(smmu.features.pa_bits, oas[i], "OAS");
			CHECK_U64((smmu.features.feats & S2PT_FEAT_LPA) != 0, oas[i] >= 52, "52 bits");
			CHECK_U64(smmu.features.granule_4k, granules & 1u, "GRAN4K");
			CHECK_U64(smmu.features.granule_16k, granules >> 1 & 1u, "GRAN16K");
			CHECK_U64(smmu.features.granule_64k, granules >> 2 & 1u, "GRAN64K");
			CHECK_U64(smmu.features.lpa2_4k, ds && (granules & 1u), "DS, 4K");
			CHECK_U64(smmu.features.lpa2_16k, ds && (granules & 2u), "DS, 16K");
		}
}

/* Each flag hangs on one bit, and on no other. */
static void
test_id_flags(void **state)
{
	static const struct {
		unsigned reg, bit;
	} flags[] = { { 0, 1 }, { 0, 4 }, { 0, 5 }, { 0, 10 }, { 1, 27 }, { 2, 10 } };

	(void)state;
	for (unsigned reg = 0; reg < 4; reg++)
		for (unsigned bit = 0; bit < 32; bit++) {
			uint32_t value[4] = { IDR0, 0, 0, 0 };
			struct s2pt_smmu_id_regs regs;
			struct s2pt_smmu smmu;
			bool got[6];

			value[reg] |= 1u << bit;
			regs = (struct s2pt_smmu_id_regs){ value[0], value[1], value[2], value[3] };
			POISONED(smmu);
			CHECK_STATUS(s2pt_smmu_from_id_regs(&smmu, &regs), S2PT_OK, "ID registers");
			CHECK(!smmu.repeat && !smmu.whole_groups && !smmu.sync_within && !smmu.features.xn_breaks,
			      "what errata ask for");
			got[0] = smmu.stage1;
			got[1] = smmu.coherent;
			got[2] = smmu.btm;
			got[3] = smmu.ats;
			got[4] = smmu.types_ovr;
			got[5] = smmu.ril;
			for (size_t i = 0; i < COUNT(flags); i++)
				CHECK(got[i] == (flags[i].reg == reg && flags[i].bit == bit),
				      "flag %zu with bit %u of register %u", i, bit, reg);
		}
}

static void
test_id_refusals(void **state)
{
	/* No stage 2, no 64-bit tables; and big-endian ones alone. */
	static const uint32_t refused[] = { 0, 1u, 2u << 2, 1u | 1u << 2, ~1u, ~(2u << 2), IDR0 | 3u << 21,
					    /* With the next bit: stage 1, coherent, and more levels of streams. */
					    2u | 2u << 2, 1u | 1u << 4, IDR0 | 7u << 21 };
	static const uint32_t good[] = { IDR0, 1u | 3u << 2, IDR0 | 2u << 21, IDR0 | 1u << 21 };

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct s2pt_smmu_id_regs regs = { .idr0 = refused[i] };
		struct s2pt_smmu smmu;

		POISONED(smmu);
		CHECK_STATUS(s2pt_smmu_from_id_regs(&smmu, &regs), S2PT_ERR_FEATURE, "no stage 2");
		CHECK_UNTOUCHED(smmu, "no stage 2");
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		struct s2pt_smmu_id_regs regs = { .idr0 = good[i] };
		struct s2pt_smmu smmu;

		CHECK_STATUS(s2pt_smmu_from_id_regs(&smmu, &regs), S2PT_OK, "stage 2");
	}
	for (unsigned n = 0; n < 8; n++) {
		struct s2pt_smmu_id_regs regs = { .idr0 = IDR0 | n << 24 };
		struct s2pt_smmu smmu;

		CHECK_STATUS(s2pt_smmu_from_id_regs(&smmu, &regs), S2PT_OK, "stall model");
		CHECK_U64(smmu.stall, n & 3u, "stall model");
	}
}

/* --- Stream Table Entries ---------------------------------------------------------------------------- */

static struct s2pt_smmu
smmu_of(s2pt_feats feats, unsigned pa_bits)
{
	struct s2pt_smmu smmu = {
		.features = cpu_of(feats, pa_bits),
		.stage1 = true,
		.ats = true,
		.types_ovr = true,
		.ril = true,
	};

	return smmu;
}

#define SMMU_FEATS (S2PT_FEAT_TTST | S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | \
		    S2PT_FEAT_VMID16 | S2PT_FEAT_HPDS2 | S2PT_FEAT_MTE_PERM | S2PT_FEAT_LPA2)

/* By field: what pads them is nobody's. */
static bool
is_same_stream(const struct s2pt_smmu_stream *a, const struct s2pt_smmu_stream *b)
{
	const struct s2pt_smmu_override *o = &a->override, *p = &b->override;

	return a->root.addr == b->root.addr && a->vmid == b->vmid && a->affd == b->affd && a->ptw == b->ptw &&
	       a->record == b->record && a->stall == b->stall && o->type == p->type &&
	       o->memattr == p->memattr && o->sh == p->sh && o->sh_is == p->sh_is && o->hints == p->hints &&
	       o->alloc == p->alloc && o->transient == p->transient;
}

/* Every field, against what VTCR_EL2 and VTTBR_EL2 hold at the bits of the Arm ARM. */
static void
check_ste(const struct s2pt_smmu *smmu, const struct s2pt_format *format,
	  const struct s2pt_smmu_stream *stream)
{
	uint64_t ste[S2PT_SMMU_STE_WORDS], vtcr = s2pt_vtcr_encode(format), rest[S2PT_SMMU_STE_WORDS];
	static const uint8_t fields[][2] = {
		{ 75, 72 },
		{ 89, 89 },
		{ 99, 96 },
		{ 100, 100 },
		{ 104, 101 },
		{ 109, 108 },
		{ 143, 128 },
		{ 178, 160 },
		{ 179, 179 },
		{ 181, 181 },
		{ 182, 182 },
		{ 183, 183 },
		{ 184, 184 },
		{ 185, 185 },
		{ 186, 186 },
		{ 194, 194 },
		{ 195, 195 },
		{ 243, 196 },
	};
	struct s2pt_smmu_stream back;
	struct s2pt_format format_back;

	CHECK_STATUS(s2pt_smmu_ste_encode(smmu, format, stream, ste), S2PT_OK, "STE");
	CHECK_U64(smmu_bits(ste, 165, 160), vtcr & 0x3f, "S2T0SZ");
	CHECK_U64(smmu_bits(ste, 167, 166), vtcr >> 6 & 3, "S2SL0");
	CHECK_U64(smmu_bits(ste, 169, 168), format->irgn0, "S2IR0");
	CHECK_U64(smmu_bits(ste, 171, 170), format->orgn0, "S2OR0");
	CHECK_U64(smmu_bits(ste, 173, 172), format->sh0, "S2SH0");
	CHECK_U64(smmu_bits(ste, 175, 174), vtcr >> 14 & 3, "S2TG");
	CHECK_U64(smmu_bits(ste, 178, 176), vtcr >> 16 & 7, "S2PS");
	CHECK_U64(smmu_bits(ste, 179, 179), 1, "S2AA64");
	CHECK_U64(smmu_bits(ste, 183, 183), vtcr >> 22 & 1, "S2HD");
	CHECK_U64(smmu_bits(ste, 184, 184), vtcr >> 21 & 1, "S2HA");
	CHECK_U64(smmu_bits(ste, 194, 194), vtcr >> 33 & 1, "S2SL0_2");
	CHECK_U64(smmu_bits(ste, 195, 195), vtcr >> 32 & 1, "S2DS");
	CHECK_U64(smmu_bits(ste, 75, 72), vtcr >> 25 & 15, "S2HWU62 to 59");
	CHECK_U64(smmu_bits(ste, 89, 89), (format->feats & S2PT_FEAT_S2FWB) != 0, "S2FWB");
	CHECK_U64(smmu_bits(ste, 143, 128), stream->vmid, "S2VMID");
	CHECK_U64(smmu_bits(ste, 243, 196) << 4, stream->root.addr, "S2TTB");
	CHECK_U64(smmu_bits(ste, 181, 181), stream->affd, "S2AFFD");
	CHECK_U64(smmu_bits(ste, 182, 182), stream->ptw, "S2PTW");
	CHECK_U64(smmu_bits(ste, 185, 185), stream->stall, "S2S");
	CHECK_U64(smmu_bits(ste, 186, 186), stream->record, "S2R");
	memcpy(rest, ste, sizeof(rest));
	for (size_t i = 0; i < COUNT(fields); i++)
		for (unsigned bit = fields[i][1]; bit <= fields[i][0]; bit++)
			rest[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
	CHECK_U64(rest[0] | rest[1] | rest[2] | rest[3], 0, "bits of other fields");

	/* And back. Bits of the host's own do not matter: all others of the first two words, and DPT_VMATCH. */
	ste[0] = ~UINT64_C(0);
	ste[2] |= UINT64_C(3) << (190 % 64);
	for (unsigned bit = 64; bit < 128; bit++) {
		bool ours = false;

		for (size_t i = 0; i < COUNT(fields); i++)
			ours = ours || (bit >= fields[i][1] && bit <= fields[i][0]);
		if (!ours)
			ste[1] |= UINT64_C(1) << (bit % 64);
	}
	memset(&back, 0, sizeof(back));
	CHECK_STATUS(s2pt_smmu_ste_decode(smmu, ste, &format_back, &back), S2PT_OK, "STE, back");
	CHECK_U64(s2pt_vtcr_encode(&format_back) | UINT64_C(1) << 19, vtcr | UINT64_C(1) << 19, "VTCR_EL2");
	CHECK_U64(format_back.feats & SMMU_FEATS & ~S2PT_FEAT_VMID16,
		  format->feats & SMMU_FEATS & ~S2PT_FEAT_VMID16, "features");
	CHECK(is_same_stream(&back, stream), "stream, back");
}

static void
test_ste_over_formats(void **state)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };
	static const uint8_t pa_bits[] = { 32, 40, 48, 52 };
	unsigned made = 0;

	(void)state;
	for (size_t g = 0; g < COUNT(granules); g++)
		for (size_t p = 0; p < COUNT(pa_bits); p++)
			for (unsigned variant = 0; variant < 64; variant++)
				for (unsigned ipa = 16; ipa <= 52; ipa++) {
					struct s2pt_smmu smmu = smmu_of(SMMU_FEATS, pa_bits[p]);
					struct s2pt_smmu_stream stream;
					struct s2pt_format format;
					struct s2pt_config config;

					memset(&stream, 0, sizeof(stream));
					s2pt_config_init(&config, granules[g], &smmu.features);
					config.ipa_bits = (uint8_t)ipa;
					if (ipa > 48 && (variant & 3) == 3)
						config.start_level = granules[g] == S2PT_GRANULE_4K ? -1 : 0;
					config.feats |= variant & 1 ? S2PT_FEAT_LPA2 : 0;
					config.feats |= variant & 2 ? S2PT_FEAT_HAFDBS_AF : 0;
					config.feats |= (variant & 6) == 6 ? S2PT_FEAT_HAFDBS_DBM : 0;
					config.feats |= variant & 8 ? S2PT_FEAT_VMID16 : 0;
					config.feats &= ~(variant & 16 ? S2PT_FEAT_S2FWB : 0);
					config.pbha = (uint8_t)(variant & 15);
					config.irgn0 = variant & 3;
					config.orgn0 = variant >> 2 & 3;
					config.sh0 = variant & 32 ? S2PT_SH_OSH : S2PT_SH_NSH;
					if (s2pt_format_init(&format, &smmu.features, &config) != S2PT_OK)
						continue;
					/* Decoding finds the features that have no field. */
					if (variant & 16)
						format.feats &= ~S2PT_FEAT_S2FWB;
					stream.root = s2pt_pa_of(UINT64_C(1) << (format.oa_bits - 1));
					stream.vmid = variant & 8 ? 0xabcd : 0xcd;
					stream.affd = variant & 1;
					stream.ptw = variant & 16;
					stream.record = variant & 4;
					stream.stall = variant & 8;
					check_ste(&smmu, &format, &stream);
					made++;
				}
	CHECK(made > 5000, "%u formats", made);
}

/* @ipa_bits below 24: a start table of level 2, which is smaller than 64 bytes. */
static struct s2pt_format
shape_of(const struct s2pt_features *cpu, enum s2pt_granule granule, unsigned ipa_bits, s2pt_feats more)
{
	struct s2pt_format format;
	struct s2pt_config config;

	s2pt_config_init(&config, granule, cpu);
	config.ipa_bits = (uint8_t)ipa_bits;
	if (ipa_bits < 24)
		config.start_level = 2;
	config.feats |= more;
	CHECK_STATUS(s2pt_format_init(&format, cpu, &config), S2PT_OK, "format");
	return format;
}

static void
check_ste_refused(const struct s2pt_smmu *smmu, const struct s2pt_format *format,
		  const struct s2pt_smmu_stream *stream, enum s2pt_status status, const char *what)
{
	uint64_t ste[S2PT_SMMU_STE_WORDS];

	POISONED(ste);
	CHECK_STATUS(s2pt_smmu_ste_encode(smmu, format, stream, ste), status, what);
	CHECK_UNTOUCHED(ste, what);
}

static void
test_ste_refusals(void **state)
{
	const struct s2pt_smmu smmu = smmu_of(S2PT_FEAT_TTST | S2PT_FEAT_XNX, 48);
	struct s2pt_features cpu = cpu_of(S2PT_FEAT_TTST | S2PT_FEAT_S2FWB | S2PT_FEAT_SEL2 | S2PT_FEAT_XS |
						  S2PT_FEAT_VMID16,
					  48);
	const struct s2pt_format plain = shape_of(&smmu.features, S2PT_GRANULE_4K, 40, 0);
	struct s2pt_smmu_stream stream = { .root = s2pt_pa_of(0x10000) };
	struct s2pt_format format;
	struct s2pt_smmu other;

	(void)state;
	format = plain;
	format.space = S2PT_SPACE_SECURE;
	check_ste_refused(&smmu, &format, &stream, S2PT_ERR_SPACE, "Secure");
	format = plain;
	format.sw = true;
	check_ste_refused(&smmu, &format, &stream, S2PT_ERR_SPACE, "NSW");
	format = plain;
	format.sa = true;
	check_ste_refused(&smmu, &format, &stream, S2PT_ERR_SPACE, "NSA");
	format = shape_of(&cpu, S2PT_GRANULE_4K, 40, 0);
	check_ste_refused(&smmu, &format, &stream, S2PT_ERR_FEATURE, "FWB, XS");
	cpu.feats &= ~(S2PT_FEAT_S2FWB | S2PT_FEAT_XS | S2PT_FEAT_SEL2);
	format = shape_of(&cpu, S2PT_GRANULE_4K, 40, S2PT_FEAT_VMID16);
	check_ste_refused(&smmu, &format, &stream, S2PT_ERR_FEATURE, "VMID16");
	/* A CPU with a 52-bit PA reads 64K descriptors otherwise than this SMMU. */
	cpu = cpu_of(S2PT_FEAT_TTST, 52);
	format = shape_of(&cpu, S2PT_GRANULE_64K, 40, 0);
	check_ste_refused(&smmu, &format, &stream, S2PT_ERR_FEATURE, "LPA");
	other = smmu;
	other.features.pa_bits = 40;
	check_ste_refused(&other, &plain, &stream, S2PT_ERR_PA_BITS, "PA size");
	other = smmu;
	other.features.granule_4k = false;
	check_ste_refused(&other, &plain, &stream, S2PT_ERR_GRANULE, "granule");

	stream.root = s2pt_pa_of(0x11000);
	check_ste_refused(&smmu, &plain, &stream, S2PT_ERR_ROOT_ALIGN, "alignment");
	stream.root = s2pt_pa_of(UINT64_C(1) << 48);
	check_ste_refused(&smmu, &plain, &stream, S2PT_ERR_ROOT_PA, "beyond the PA size");
	stream.root = s2pt_pa_of(0x10000);
	stream.vmid = 256;
	check_ste_refused(&smmu, &plain, &stream, S2PT_ERR_VMID, "VMID");

	/* A table of 16 bytes: with S2PS = 52 bits S2TTB[5:0] are ignored, and [3:0] are never there. */
	stream.vmid = 0;
	stream.root = s2pt_pa_of(0x10010);
	other = smmu_of(S2PT_FEAT_TTST, 52);
	format = shape_of(&other.features, S2PT_GRANULE_4K, 23, 0);
	CHECK_U64(format.root_lg2, 5, "a table of 32 bytes");
	stream.root = s2pt_pa_of(0x10020);
	check_ste_refused(&other, &format, &stream, S2PT_ERR_ROOT_ALIGN, "64 bytes");
	stream.root = s2pt_pa_of(0x10040);
	check_ste(&other, &format, &stream);
	format = shape_of(&smmu.features, S2PT_GRANULE_4K, 22, 0);
	CHECK_U64(format.root_align_lg2, 4, "a table of 16 bytes");
	stream.root = s2pt_pa_of(0x10008);
	check_ste_refused(&smmu, &format, &stream, S2PT_ERR_ROOT_ALIGN, "16 bytes");
	stream.root = s2pt_pa_of(0x10010);
	check_ste(&smmu, &format, &stream);
}

/* What CPU and SMMU have in common makes formats that both take; and the CPU's own features stay. */
static void
test_common_formats(void **state)
{
	const s2pt_feats own = S2PT_FEAT_TLBIRANGE | S2PT_FEAT_TTL | S2PT_FEAT_TLBIOS | S2PT_FEAT_TTCNP |
			       S2PT_FEAT_LSE | S2PT_FEAT_MTE2;
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };
	static const uint8_t pa_bits[] = { 40, 48, 52 };
	uint64_t random = 88172645463325252;
	unsigned made = 0;

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		struct s2pt_smmu_id_regs regs;
		struct s2pt_smmu_stream stream = { .vmid = 3 };
		struct s2pt_features cpu, common;
		struct s2pt_format format, again;
		struct s2pt_smmu smmu;
		struct s2pt_config config;
		uint64_t ste[S2PT_SMMU_STE_WORDS];

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		regs = (struct s2pt_smmu_id_regs){
			IDR0 | (uint32_t)(random & (3u << 6 | 1u << 18)),
			0,
			(uint32_t)(random >> 20),
			(uint32_t)(random >> 8 & 0xf7),
		};
		cpu = cpu_of(random >> 32 & ALL_FEATS, pa_bits[random % 3]);
		CHECK_STATUS(s2pt_smmu_from_id_regs(&smmu, &regs), S2PT_OK, "ID registers");
		common = cpu;
		s2pt_features_common(&common, &smmu.features);
		CHECK_U64(common.feats & own, cpu.feats & own, "what concerns the CPU alone");
		s2pt_config_init(&config, granules[random % 7 % 3], &common);
		config.feats |= common.feats & (S2PT_FEAT_LPA2 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_VMID16);
		if (s2pt_format_init(&format, &common, &config) != S2PT_OK)
			continue;
		CHECK_STATUS(s2pt_smmu_ste_encode(&smmu, &format, &stream, ste), S2PT_OK, "the SMMU");
		CHECK_STATUS(s2pt_vtcr_decode(&cpu, format.feats & S2PT_FEAT_S2FWB,
					      S2PT_SPACE_NONSECURE, s2pt_vtcr_encode(&format), &again),
			     S2PT_OK,
			     "the CPU");
		made++;
	}
	CHECK(made > 5000, "%u formats", made);
}

/* --- Overrides --------------------------------------------------------------------------------------- */

static void
test_ste_overrides(void **state)
{
	struct s2pt_smmu smmu = smmu_of(S2PT_FEAT_TTST, 48);
	const struct s2pt_format format = shape_of(&smmu.features, S2PT_GRANULE_4K, 40, 0);
	uint64_t ste[S2PT_SMMU_STE_WORDS];

	(void)state;
	for (unsigned memattr = 0; memattr < 17; memattr++)
		for (unsigned rest = 0; rest < 256; rest++) {
			struct s2pt_smmu_stream stream;
			struct s2pt_smmu_override *override = &stream.override;
			unsigned alloccfg, shcfg;
			bool good;

			memset(&stream, 0, sizeof(stream));
			override->type = rest & 1u;
			override->memattr = (uint8_t)memattr;
			override->sh = rest & 2u;
			override->sh_is = rest >> 2 & 3u;
			override->hints = rest & 16u;
			override->alloc = rest >> 5 & 3u;
			override->transient = rest & 128u;
			good = memattr < 16 && override->sh_is != 1 && (override->type || !memattr) &&
			       (override->type || !override->hints) && (override->sh || !override->sh_is) &&
			       (override->hints || (!override->alloc && !override->transient));
			smmu.types_ovr = true;
			CHECK_STATUS(s2pt_smmu_ste_encode(&smmu, &format, &stream, ste),
				     good ? S2PT_OK : S2PT_ERR_RESERVED, "override");
			if (!good)
				continue;
			check_ste(&smmu, &format, &stream);
			alloccfg = override->hints ? 8u | (unsigned) override->alloc << 1 |
							     override->transient
						   : 0;
			shcfg = override->sh ? override->sh_is : 1u;
			CHECK_U64(smmu_bits(ste, 100, 100), override->type, "MTCFG");
			CHECK_U64(smmu_bits(ste, 99, 96), memattr, "MemAttr");
			CHECK_U64(smmu_bits(ste, 104, 101), alloccfg, "ALLOCCFG");
			CHECK_U64(smmu_bits(ste, 109, 108), shcfg, "SHCFG");
			smmu.types_ovr = false;
			CHECK_STATUS(s2pt_smmu_ste_encode(&smmu, &format, &stream, ste),
				     override->type || override->sh ? S2PT_ERR_FEATURE : S2PT_OK,
				     "without ATTR_TYPES_OVR");
		}
	for (unsigned bad = 0; bad < 2; bad++) {
		struct s2pt_smmu_stream stream = { .override = { .type = true, .sh = true, .hints = true } };

		smmu.types_ovr = true;
		if (bad)
			stream.override.sh_is = 4;
		else
			stream.override.alloc = 4;
		check_ste_refused(&smmu, &format, &stream, S2PT_ERR_RESERVED, "above 3");
	}
}

/* Without IDR1.ATTR_TYPES_OVR the override fields are RES0, "use the incoming" included. */
static void
test_ste_without_overrides(void **state)
{
	static const struct {
		uint64_t bits;
		enum s2pt_status status;
	} rows[] = {
		{ UINT64_C(1) << 44, S2PT_ERR_REG_RES0 }, /* SHCFG: incoming */
		{ UINT64_C(2) << 44, S2PT_ERR_FEATURE },
		{ UINT64_C(3) << 44, S2PT_ERR_FEATURE },
		{ UINT64_C(1) << 36, S2PT_ERR_FEATURE },  /* MTCFG */
		{ UINT64_C(8) << 37, S2PT_ERR_RESERVED }, /* ALLOCCFG without MTCFG */
	};
	const struct s2pt_smmu_id_regs regs = { .idr0 = IDR0, .idr3 = 1u << 8, .idr5 = 5u | 1u << 4 };
	struct s2pt_smmu_stream stream = { .root = s2pt_pa_of(0x40000000), .vmid = 1 }, back;
	struct s2pt_smmu smmu;
	struct s2pt_format format;
	uint64_t ste[S2PT_SMMU_STE_WORDS];

	(void)state;
	CHECK_STATUS(s2pt_smmu_from_id_regs(&smmu, &regs), S2PT_OK, "ID registers");
	format = shape_of(&smmu.features, S2PT_GRANULE_4K, 40, S2PT_FEAT_S2FWB);
	CHECK_STATUS(s2pt_smmu_ste_encode(&smmu, &format, &stream, ste), S2PT_OK, "encode");
	CHECK_U64(ste[1], 0x0000000002000000, "word 1: S2FWB alone");
	CHECK_STATUS(s2pt_smmu_ste_decode(&smmu, ste, &format, &back), S2PT_OK, "decode");
	CHECK(!back.override.sh && !back.override.type, "nothing is overridden");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint64_t other[S2PT_SMMU_STE_WORDS] = { ste[0], ste[1] | rows[i].bits, ste[2], ste[3] };

		POISONED(back);
		CHECK_STATUS(s2pt_smmu_ste_decode(&smmu, other, &format, &back), rows[i].status, "RES0");
		CHECK_UNTOUCHED(back, "RES0");
	}
}

/* S2S against IDR0.STALL_MODEL: a choice, never, always. */
static void
test_ste_stall(void **state)
{
	(void)state;
	for (unsigned model = 0; model < 3; model++)
		for (unsigned stall = 0; stall < 2; stall++) {
			const struct s2pt_smmu_id_regs regs = { .idr0 = IDR0 | model << 24, .idr5 = 5u | 1u << 4 };
			const enum s2pt_status want = (model == 1 && stall) || (model == 2 && !stall) ? S2PT_ERR_STALL
												      : S2PT_OK;
			struct s2pt_smmu_stream stream = { .stall = stall }, back;
			struct s2pt_smmu smmu, choice;
			struct s2pt_format format, format_back;
			uint64_t ste[S2PT_SMMU_STE_WORDS];

			CHECK_STATUS(s2pt_smmu_from_id_regs(&smmu, &regs), S2PT_OK, "ID registers");
			CHECK_U64(smmu.stall, model, "STALL_MODEL");
			format = shape_of(&smmu.features, S2PT_GRANULE_4K, 40, 0);
			if (want != S2PT_OK)
				check_ste_refused(&smmu, &format, &stream, want, "stall");
			choice = smmu;
			choice.stall = S2PT_SMMU_STALL_CHOICE;
			CHECK_STATUS(s2pt_smmu_ste_encode(&choice, &format, &stream, ste), S2PT_OK, "a choice");
			CHECK_U64(smmu_bits(ste, 185, 185), stall, "S2S");
			CHECK_STATUS(s2pt_smmu_ste_decode(&smmu, ste, &format_back, &back), want, "decode");
		}
}

static void
test_ste_decode_refusals(void **state)
{
	static const struct {
		unsigned bit;
		bool set;
		enum s2pt_status status;
	} rows[] = {
		{ 179, false, S2PT_ERR_UNSUPPORTED }, /* S2AA64 */
		{ 180, true, S2PT_ERR_UNSUPPORTED },  /* S2ENDI */
		{ 187, true, S2PT_ERR_UNSUPPORTED },  /* S2HAFT */
		{ 188, true, S2PT_ERR_UNSUPPORTED },  /* S2PIE */
		{ 189, true, S2PT_ERR_UNSUPPORTED },  /* S2POE */
		{ 192, true, S2PT_ERR_REG_RES0 },     /* S2NSW */
		{ 193, true, S2PT_ERR_REG_RES0 },     /* S2NSA */
		{ 244, true, S2PT_ERR_REG_RES0 },
		{ 253, true, S2PT_ERR_REG_RES0 }, /* S2SKL */
		{ 254, true, S2PT_ERR_REG_RES0 },
		{ 255, true, S2PT_ERR_REG_RES0 },
		{ 89, true, S2PT_ERR_FEATURE },   /* S2FWB */
		{ 195, true, S2PT_ERR_FEATURE },  /* S2DS */
		{ 184, true, S2PT_ERR_FEATURE },  /* S2HA */
		{ 72, true, S2PT_ERR_PBHA },      /* S2HWU59 */
		{ 194, true, S2PT_ERR_REG_RES0 }, /* S2SL0_2 */
		{ 96, true, S2PT_ERR_RESERVED },  /* MemAttr without MTCFG */
		{ 196, true, S2PT_ERR_ROOT_ALIGN },
		{ 143, true, S2PT_ERR_VMID },
		{ 176, false, S2PT_ERR_ROOT_PA }, /* S2PS: 44 bits, and a root above */
	};
	struct s2pt_smmu smmu = smmu_of(S2PT_FEAT_TTST, 48);
	const struct s2pt_format format = shape_of(&smmu.features, S2PT_GRANULE_4K, 40, 0);
	struct s2pt_smmu_stream stream = { .root = s2pt_pa_of(UINT64_C(1) << 46) };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t ste[S2PT_SMMU_STE_WORDS], bit = UINT64_C(1) << rows[i].bit % 64;
		struct s2pt_smmu_stream back;
		struct s2pt_format format_back;

		CHECK_STATUS(s2pt_smmu_ste_encode(&smmu, &format, &stream, ste), S2PT_OK, "STE");
		ste[rows[i].bit / 64] = rows[i].set ? ste[rows[i].bit / 64] | bit
						    : ste[rows[i].bit / 64] & ~bit;
		POISONED(back);
		POISONED(format_back);
		if (s2pt_smmu_ste_decode(&smmu, ste, &format_back, &back) != rows[i].status)
			print_error("bit %u\n", rows[i].bit);
		CHECK_STATUS(s2pt_smmu_ste_decode(&smmu, ste, &format_back, &back), rows[i].status, "bit");
		CHECK_UNTOUCHED(back, "stream");
		CHECK_UNTOUCHED(format_back, "format");
	}

	/* ALLOCCFG without MTCFG, which stands beside it. */
	uint64_t ste[S2PT_SMMU_STE_WORDS];
	struct s2pt_format format_back;

	CHECK_STATUS(s2pt_smmu_ste_encode(&smmu, &format, &stream, ste), S2PT_OK, "STE");
	ste[1] |= UINT64_C(9) << 37;
	CHECK_STATUS(s2pt_smmu_ste_decode(&smmu, ste, &format_back, &stream), S2PT_ERR_RESERVED, "ALLOCCFG");
}

/* --- Attributes -------------------------------------------------------------------------------------- */

static void
test_default_attr(void **state)
{
	struct s2pt_attr attr;

	(void)state;
	s2pt_smmu_default_attr(&attr);
	CHECK_U64(s2pt_par_encode(0, &attr), 0xff, "Write-Back RWA");
	CHECK_U64(attr.sh, S2PT_SH_NSH, "shareability");
}

/* Which MAIR byte and shareability an override makes of each other, from 13.1.3, 13.1.4 and 5.2. */
static uint8_t
overridden(uint8_t mair, const struct s2pt_smmu_override *override)
{
	uint8_t halves[2] = { mair >> 4, mair & 15 };
	unsigned types[2];

	if (override->type) {
		types[0] = override->memattr >> 2;
		types[1] = override->memattr & 3u;
		if (types[0] == 0)
			return (uint8_t)(types[1] << 2);
		if (types[1] == 0)
			return 0;
	}
	if (mair < 16 && !override->type)
		return mair;
	for (unsigned i = 0; i < 2; i++) {
		bool had_hints = mair >= 16 && halves[i] != 4;
		unsigned hints = had_hints ? halves[i] & 11u : 11u;

		if (override->type)
			halves[i] = (uint8_t)(types[i] == 1 ? 4u : hints | (types[i] == 3 ? 4u : 0));
		if (override->hints && halves[i] != 4) {
			bool transient = override->transient && override->alloc;

			halves[i] = (uint8_t)((transient ? 0 : 8u) | (halves[i] & 4u) | override->alloc);
		}
	}
	return (uint8_t)(halves[0] << 4 | halves[1]);
}

/* A half without caching has no hints, and one without hints is not transient. */
static void
check_canonical(const struct s2pt_attr *attr)
{
	const struct s2pt_cache_attr *const halves[] = { &attr->outer, &attr->inner };

	for (size_t i = 0; i < COUNT(halves); i++)
		CHECK(!(halves[i]->cacheability == S2PT_NC && halves[i]->alloc) &&
			      !(halves[i]->alloc == S2PT_ALLOC_NO && halves[i]->transient),
		      "half %zu", i);
}

static void
test_overrides(void **state)
{
	static const uint8_t shs[] = { S2PT_SH_NSH, S2PT_SH_OSH, S2PT_SH_ISH };

	(void)state;
	for (unsigned mair = 0; mair < 256; mair++)
		for (unsigned variant = 0; variant < 1024; variant++) {
			struct s2pt_smmu_override override = {
				.type = variant & 1u,
				.memattr = variant & 1u ? variant >> 1 & 15u : 0,
				.hints = variant & 32u,
				.alloc = variant & 32u ? variant >> 6 & 3u : 0,
				.transient = (variant & 32u) && (variant & 256u),
				.sh = variant & 512u,
				.sh_is = variant & 512u ? shs[variant % 3] : 0,
			};
			enum s2pt_sh sh = (enum s2pt_sh)shs[(variant >> 2) % 3];
			struct s2pt_attr attr;
			uint8_t want;

			if (s2pt_mair_decode(0, (uint8_t)mair, sh, &attr) != S2PT_OK)
				continue;
			/* A type replaces what a CPU's attribute says of tags, too. */
			attr.tagged = attr.notagaccess = override.type;
			want = overridden((uint8_t)mair, &override);
			s2pt_smmu_apply_override(&override, &attr);
			CHECK_U64(s2pt_par_encode(0, &attr), want, "type and hints");
			CHECK_U64(attr.sh, want < 16 || want == 0x44 ? S2PT_SH_OSH : override.sh ? override.sh_is
												 : sh,
				  "shareability");
			CHECK_U64(attr.xs, !(want >> 6 & (want >> 4 != 4) && (want & 4) && (want & 15) != 4),
				  "XS");
			CHECK(!attr.tagged && !attr.notagaccess, "tags");
			CHECK(attr.device || !attr.device_type, "a Device type of Normal memory");
			check_canonical(&attr);
			CHECK(!attr.device || (!attr.outer.cacheability && !attr.inner.cacheability),
			      "Device with cacheability");
		}
}

/* The examples of 13.1.5.1, FWB, and No_snoop. */
static void
test_combine_examples(void **state)
{
	static const struct {
		uint8_t mair, sh;
		s2pt_feats feats;
		uint8_t memattr, s2_sh, want, want_sh;
	} rows[] = {
		/* Normal-iWB-oNC-ISH + Device-nGnRE */
		{ 0x4f, S2PT_SH_ISH, 0, 1, S2PT_SH_NSH, 0x04, S2PT_SH_OSH },
		/* Device-nGnRE + Device-nGnRnE */
		{ 0x04, S2PT_SH_OSH, 0, 0, S2PT_SH_NSH, 0x00, S2PT_SH_OSH },
		/* Normal-iWB-oNC-ISH + Normal-iWT-oWT-OSH = Normal-iWT-oNC-OSH */
		{ 0x4f, S2PT_SH_ISH, 0, 10, S2PT_SH_OSH, 0x4b, S2PT_SH_OSH },
		/* What PCIe brings, and Write-Back: Inner Shareable */
		{ 0xff, S2PT_SH_NSH, 0, 15, S2PT_SH_ISH, 0xff, S2PT_SH_ISH },
		{ 0xff, S2PT_SH_NSH, 0, 5, S2PT_SH_ISH, 0x44, S2PT_SH_OSH },
		/* FWB: forced, as it comes, Non-cacheable */
		{ 0x44, S2PT_SH_OSH, S2PT_FEAT_S2FWB, 6, S2PT_SH_ISH, 0xff, S2PT_SH_OSH },
		{ 0x04, S2PT_SH_OSH, S2PT_FEAT_S2FWB, 6, S2PT_SH_ISH, 0xff, S2PT_SH_OSH },
		{ 0x44, S2PT_SH_OSH, S2PT_FEAT_S2FWB, 7, S2PT_SH_ISH, 0x44, S2PT_SH_OSH },
		{ 0xff, S2PT_SH_NSH, S2PT_FEAT_S2FWB, 5, S2PT_SH_ISH, 0x44, S2PT_SH_OSH },
		/* FEAT_MTE_PERM: the twins without tags (3.23.1) */
		{ 0xff, S2PT_SH_ISH, S2PT_FEAT_MTE_PERM, 4, S2PT_SH_ISH, 0xff, S2PT_SH_ISH },
		{ 0x44, S2PT_SH_OSH, S2PT_FEAT_MTE_PERM | S2PT_FEAT_S2FWB, 14, S2PT_SH_ISH, 0xff,
		  S2PT_SH_OSH },
		{ 0x44, S2PT_SH_OSH, S2PT_FEAT_MTE_PERM | S2PT_FEAT_S2FWB, 15, S2PT_SH_ISH, 0x44,
		  S2PT_SH_OSH },
		/* XS is of no concern: other features change nothing */
		{ 0xff, S2PT_SH_ISH, S2PT_FEAT_XS | S2PT_FEAT_MTE2, 5, S2PT_SH_ISH, 0x44, S2PT_SH_OSH },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_stage2 s2 = { rows[i].memattr, rows[i].s2_sh, false };
		struct s2pt_attr in, out;

		(void)(s2pt_mair_decode(0, rows[i].mair, (enum s2pt_sh)rows[i].sh, &in) == S2PT_OK);
		CHECK_STATUS(s2pt_smmu_combine(rows[i].feats, &in, &s2, &out), S2PT_OK, "combine");
		CHECK_U64(s2pt_par_encode(0, &out), rows[i].want, "attribute");
		CHECK_U64(s2pt_par_sh(&out), rows[i].want_sh, "shareability");
		s2pt_smmu_no_snoop(&out);
		CHECK_U64(s2pt_par_encode(0, &out), rows[i].want < 16 ? rows[i].want : 0x44, "No_snoop");
		CHECK_U64(s2pt_par_sh(&out), S2PT_SH_OSH, "No_snoop, shareability");
		CHECK(out.xs, "No_snoop, XS");
		check_canonical(&out);
	}
}

static void
test_combine_refusals(void **state)
{
	static const struct {
		s2pt_feats feats;
		uint8_t memattr, sh, in_sh;
	} rows[] = {
		{ 0, 4, S2PT_SH_ISH, S2PT_SH_ISH },
		{ 0, 8, S2PT_SH_ISH, S2PT_SH_ISH },
		{ S2PT_FEAT_S2FWB, 4, S2PT_SH_ISH, S2PT_SH_ISH },
		{ S2PT_FEAT_S2FWB, 14, S2PT_SH_ISH, S2PT_SH_ISH },
		{ 0, 15, 1, S2PT_SH_ISH },
		{ 0, 15, S2PT_SH_ISH, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_stage2 s2 = { rows[i].memattr, rows[i].sh, false };
		struct s2pt_attr in, out;

		s2pt_smmu_default_attr(&in);
		in.sh = rows[i].in_sh;
		POISONED(out);
		CHECK_STATUS(s2pt_smmu_combine(rows[i].feats, &in, &s2, &out), S2PT_ERR_RESERVED, "reserved");
		CHECK_UNTOUCHED(out, "reserved");
	}
}

/* --- Commands ---------------------------------------------------------------------------------------- */

struct world {
	struct s2pt_smmu smmu;
	struct s2pt_format format;
	struct smmu_can can;
};

static struct world
world_of(enum s2pt_granule granule, unsigned ipa_bits, bool ds, bool ril)
{
	struct world world;

	world.smmu = smmu_of(S2PT_FEAT_TTST | (ds ? S2PT_FEAT_LPA2 : 0), ds || ipa_bits > 48 ? 52 : 48);
	world.smmu.ril = ril;
	world.format = shape_of(&world.smmu.features, granule, ipa_bits, ds ? S2PT_FEAT_LPA2 : 0);
	world.can = (struct smmu_can){ ril, ds, true, true, false };
	return world;
}

/* A sequence begins in storage that holds anything. */
static enum s2pt_status
begin(struct s2pt_smmu_seq *seq, const struct s2pt_smmu *smmu, const struct s2pt_format *format,
      const struct s2pt_smmu_params *params, const struct s2pt_tlbi_request *requests, size_t count)
{
	POISONED(*seq);
	return s2pt_smmu_begin(seq, smmu, format, params, requests, count);
}

static void
next_command(struct s2pt_smmu_seq *seq, const struct smmu_can *can, struct smmu_command *command)
{
	struct s2pt_smmu_cmd cmd;

	CHECK(s2pt_smmu_next(seq, &cmd), "a command");
	smmu_decode(can, cmd.word, command);
	CHECK(!command->illegal, "0x%" PRIx64 " 0x%" PRIx64 ": %s", cmd.word[0], cmd.word[1],
	      command->illegal);
}

static void
end_of(struct s2pt_smmu_seq *seq)
{
	struct s2pt_smmu_cmd cmd;

	for (unsigned i = 0; i < 2; i++) {
		POISONED(cmd);
		CHECK(!s2pt_smmu_next(seq, &cmd), "the end");
		CHECK_UNTOUCHED(cmd, "the end");
	}
}

/* The commands of one request cover it, in order, exactly; and are as many as s2pt_smmu_ops() says. */
static uint64_t
check_cover(const struct world *world, const struct s2pt_tlbi_request *request)
{
	const struct s2pt_smmu_params params = { .vmid = 0x5a };
	const unsigned tg = (world->format.granule_lg2 - 10u) / 2u;
	uint64_t at = request->ipa.addr, end = request->ipa.addr + request->size, ops = 0;
	struct smmu_command command;
	struct s2pt_smmu_seq seq;

	CHECK_STATUS(begin(&seq, &world->smmu, &world->format, &params, request, 1), S2PT_OK,
		     "begin");
	for (; at < end; ops++) {
		unsigned unit = request->level == S2PT_TLBI_ANY_LEVEL
				      ? world->format.granule_lg2
				      : s2pt_format_level_lg2(&world->format, request->level);

		next_command(&seq, &world->can, &command);
		CHECK_U64(command.kind, SMMU_TLBI_S2_IPA, "kind");
		CHECK_U64(command.vmid, 0x5a, "VMID");
		CHECK_U64(command.leaf, request->last_level, "Leaf");
		CHECK_U64(command.first, at, "address");
		if (command.tg) {
			CHECK_U64(command.tg, tg, "TG");
			CHECK_U64(command.ttl, request->level > 0 ? (uint64_t)request->level : 0, "TTL");
			at = command.last + 1;
		} else {
			CHECK(!world->can.ril || end - at == UINT64_C(1) << world->format.granule_lg2,
			      "a range would do");
			at += UINT64_C(1) << unit;
		}
	}
	CHECK_U64(at, end, "end of the range");
	CHECK_U64(s2pt_smmu_ops(&world->smmu, &world->format, request), ops, "operations");
	next_command(&seq, &world->can, &command);
	CHECK_U64(command.kind, SMMU_SYNC, "CMD_SYNC");
	end_of(&seq);
	return ops;
}

static void
test_ranges_are_exact(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		unsigned ipa_bits;
		bool ds;
	} shapes[] = {
		{ S2PT_GRANULE_4K, 48, false },
		{ S2PT_GRANULE_4K, 52, true },
		{ S2PT_GRANULE_16K, 47, false },
		{ S2PT_GRANULE_16K, 52, true },
		{ S2PT_GRANULE_64K, 48, false },
		{ S2PT_GRANULE_64K, 52, false },
	};
	uint64_t random = 88172645463325252;

	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++)
		for (int level = -1; level <= S2PT_LEVEL_LAST; level++)
			for (unsigned ril = 0; ril < 2; ril++) {
				struct world world = world_of(shapes[i].granule, shapes[i].ipa_bits,
							      shapes[i].ds, ril);
				bool any = level < 0;
				unsigned unit = any ? world.format.granule_lg2
						    : s2pt_format_level_lg2(&world.format, level);

				if (!any && level != 3 && !s2pt_format_has_block(&world.format, level))
					continue;
				for (unsigned n = 0; n < 400; n++) {
					uint64_t units = UINT64_C(1) << (world.format.ipa_bits - unit);
					struct s2pt_tlbi_request request = {
						.level = (int8_t)(any ? S2PT_TLBI_ANY_LEVEL : level),
						.last_level = n & 1u,
					};
					uint64_t first, count;

					random ^= random << 13;
					random ^= random >> 7;
					random ^= random << 17;
					first = (random >> 8) % units;
					count = ril ? (1 + random % (units - first)) >> (random >> 58)
						    : 1 + random % 40;
					count = count ? count : 1;
					if (count > units - first)
						count = units - first;
					request.ipa = s2pt_ipa_of(first << unit);
					request.size = count << unit;
					check_cover(&world, &request);
				}
			}
}

/* A few by hand: 33 granules, a block, the largest. */
static void
test_ranges_are_few(void **state)
{
	struct world world = world_of(S2PT_GRANULE_4K, 48, false, true);
	struct s2pt_tlbi_request request = { .level = S2PT_TLBI_ANY_LEVEL, .size = 0x1000 };
	struct smmu_command command;
	struct s2pt_smmu_seq seq;
	struct s2pt_smmu_params params = { .vmid = 1 };

	(void)state;
	CHECK_U64(check_cover(&world, &request), 1, "a granule of unknown level");
	request.size = 32 * 0x1000;
	CHECK_U64(check_cover(&world, &request), 1, "32 granules");
	request.size = 33 * 0x1000;
	CHECK_U64(check_cover(&world, &request), 2, "33 granules");
	request.size = 34 * 0x1000;
	CHECK_U64(check_cover(&world, &request), 1, "34 granules: NUM = 16, SCALE = 1");
	request.size = UINT64_C(1) << 48;
	CHECK_U64(check_cover(&world, &request), 1, "everything");
	request.level = 2;
	request.ipa = s2pt_ipa_of(0x200000);
	request.size = 0x200000;
	CHECK_U64(check_cover(&world, &request), 1, "a block");
	/* A page with a hint: NUM = SCALE = 0. */
	request.level = 3;
	request.size = 0x1000;
	CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, &request, 1), S2PT_OK,
		     "begin");
	next_command(&seq, &world.can, &command);
	CHECK_U64(command.ttl, 3, "TTL");
	CHECK_U64(command.last - command.first, 0xfff, "a page");
}

/* One command encloses each group that it touches: ranges of whole groups, without hints, spelt out. */
static void
test_whole_groups(void **state)
{
	enum { ANY = S2PT_TLBI_ANY_LEVEL };

	static const struct {
		bool no_contiguous;
		uint64_t ipa, size;
		int8_t level;
		unsigned count;
		struct {
			uint64_t first, size;
		} command[2];
	} rows[] = {
		{ false, 0x40003000, 0x1000, 3, 1, { { 0x40000000, 0x10000 } } },
		{ false, 0x40003000, 0x1000, ANY, 1, { { 0x40000000, 0x10000 } } },
		{ false, 0x40000000, 0x10000, 3, 1, { { 0x40000000, 0x10000 } } },
		{ false, 0x4000f000, 0x2000, 3, 1, { { 0x40000000, 0x20000 } } },
		{ false, 0x40200000, 0x200000, 2, 1, { { 0x40000000, 0x2000000 } } },
		{ false, 0x40200000, 0x200000, ANY, 1, { { 0x40000000, 0x2000000 } } },
		{ false, 0x401ff000, 0x1ff000, ANY, 2, { { 0x401f0000, 0x200000 }, { 0x403f0000, 0x10000 } } },
		{ false, 0x140000000, 0x40000000, 1, 1, { { 0, 0x400000000 } } },
		{ false, 0x40001000, 0x20f000, 3, 2, { { 0x40000000, 0x200000 }, { 0x40200000, 0x10000 } } },
		/* What is told by address alone is lost: two granules. */
		{ true, 0x40003000, 0x1000, 3, 1, { { 0x40003000, 0x2000 } } },
		{ true, 0x40003000, 0x1000, ANY, 1, { { 0x40003000, 0x2000 } } },
		{ true, 0x40003000, 0x21000, 3, 2, { { 0x40003000, 0x20000 }, { 0x40023000, 0x2000 } } },
		{ true, 0x40200000, 0x200000, 2, 1, { { 0x40200000, 0x200000 } } },
	};
	const struct s2pt_smmu_params params = { .vmid = 1 };
	struct smmu_command command;
	struct s2pt_smmu_seq seq;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world world = world_of(S2PT_GRANULE_4K, 40, false, true);
		struct s2pt_tlbi_request request = { .ipa = { rows[i].ipa }, .size = rows[i].size };

		request.level = rows[i].level;
		world.format.no_contiguous = rows[i].no_contiguous;
		world.smmu.whole_groups = true;
		request.last_level = request.level != ANY;
		CHECK_U64(s2pt_smmu_ops(&world.smmu, &world.format, &request), rows[i].count, "operations");
		CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, &request, 1), S2PT_OK, "begin");
		for (unsigned n = 0; n < rows[i].count; n++) {
			next_command(&seq, &world.can, &command);
			CHECK(command.kind == SMMU_TLBI_S2_IPA && command.tg == 1 && !command.leaf && !command.ttl,
			      "row %zu: a range without hints", i);
			CHECK_U64(command.first, rows[i].command[n].first, "from");
			CHECK_U64(command.last + 1 - command.first, rows[i].command[n].size, "size");
		}
		next_command(&seq, &world.can, &command);
		CHECK_U64(command.kind, SMMU_SYNC, "CMD_SYNC");
		end_of(&seq);

		/* Without ranges the VMID goes. */
		world.smmu.ril = world.can.ril = false;
		CHECK_U64(s2pt_smmu_ops(&world.smmu, &world.format, &request), 0, "operations");
		CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, &request, 1), S2PT_OK, "begin");
		next_command(&seq, &world.can, &command);
		CHECK_U64(command.kind, SMMU_TLBI_S12_VMALL, "without ranges");
	}
}

/* A sequence that was given up, at any place, leaves nothing to the next one in the same storage. */
static void
test_begin_anew(void **state)
{
	static const struct s2pt_smmu_ats ats[] = { { .stream = 1, .pasids = true }, { .stream = 2 } };
	static const uint16_t vmids[] = { 4, 2 };
	struct world world = world_of(S2PT_GRANULE_4K, 40, false, true);
	const struct s2pt_tlbi_request requests[] = {
		{ .ipa = { 0x40003000 }, .size = 33 * 0x1000, .level = 3 },
		{ .ipa = { 0x80000000 }, .size = 0x200000, .level = 2 },
	};
	const struct s2pt_smmu_params params = {
		.vmids = vmids, .vmid_count = 2, .nested = true, .ats = ats, .ats_count = 2
	};
	struct s2pt_smmu_cmd first[64], cmd;
	struct s2pt_smmu_seq seq;
	unsigned count = 0;

	(void)state;
	world.smmu.repeat = true;
	world.smmu.sync_within = 2;
	CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, requests, 2), S2PT_OK, "begin");
	while (s2pt_smmu_next(&seq, &first[count]))
		CHECK(++count < COUNT(first), "the end");
	for (unsigned given_up = 0; given_up <= count; given_up++) {
		CHECK_STATUS(s2pt_smmu_begin(&seq, &world.smmu, &world.format, &params, requests, 2), S2PT_OK, "anew");
		for (unsigned n = 0; n < given_up; n++)
			s2pt_smmu_next(&seq, &cmd);
		CHECK_STATUS(s2pt_smmu_begin(&seq, &world.smmu, &world.format, &params, requests, 2), S2PT_OK, "anew");
		for (unsigned n = 0; n < count; n++) {
			CHECK(s2pt_smmu_next(&seq, &cmd), "a command");
			CHECK(cmd.word[0] == first[n].word[0] && cmd.word[1] == first[n].word[1],
			      "command %u after %u that were given up", n, given_up);
		}
		end_of(&seq);
	}
}

/* The order of commands, spelt out. */
static void
test_sequences(void **state)
{
	static const struct s2pt_smmu_ats ats[] = {
		{ .stream = 0xfeed0001 },
		{ .stream = 7, .pasids = true },
	};
	static const struct {
		bool vmid, nested;
		size_t ats;
		const char *order;
		bool repeat;
		uint16_t sync_within;
	} rows[] = {
		{ false, false, 0, "IIsIIs", true, 0 },
		{ true, false, 0, "VsVs", true, 0 },
		{ false, true, 2, "IIsIIsNsNsAAPs", true, 0 },
		{ false, false, 0, "IsIs", false, 1 },
		{ false, false, 2, "IsIsAsAsPsAsAsPs", false, 1 },
		{ false, false, 2, "IIsAAsPAsAPs", false, 2 },
		{ false, false, 2, "IIsAAPsAAPs", false, 3 },
		{ false, true, 1, "IsIsIsIsNsNsAs", true, 1 },
		{ false, false, 0, "IIs", false, 0 },
		{ true, false, 0, "Vs", false, 0 },
		{ false, true, 0, "IIsNs", false, 0 },
		{ true, true, 0, "Vs", false, 0 },
		{ false, false, 1, "IIsAAs", false, 0 },
		{ false, false, 2, "IIsAAPAAPs", false, 0 },
		{ false, true, 2, "IIsNsAAPs", false, 0 },
		{ true, true, 2, "VsAAPs", false, 0 },
	};
	struct world world = world_of(S2PT_GRANULE_4K, 40, false, true);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct s2pt_tlbi_request requests[] = {
			{ .ipa = { 0x40003000 }, .size = 0x2000, .level = 3, .local = true },
			{ .vmid = rows[i].vmid, .ipa = { 0x80000000 }, .size = 0x200000, .level = 2 },
		};
		const struct s2pt_smmu_params params = {
			.vmid = 0xfe,
			.nested = rows[i].nested,
			.ats = ats,
			.ats_count = rows[i].ats,
		};
		bool whole = rows[i].nested || rows[i].vmid;
		unsigned atcs = 0;
		struct s2pt_smmu_seq seq;

		world.smmu.repeat = rows[i].repeat;
		world.smmu.sync_within = rows[i].sync_within;
		CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, requests, 2), S2PT_OK,
			     "begin");
		for (const char *step = rows[i].order; *step; step++) {
			struct smmu_command command;

			next_command(&seq, &world.can, &command);
			switch (*step) {
			case 'I':
				CHECK_U64(command.kind, SMMU_TLBI_S2_IPA, rows[i].order);
				break;
			case 'V':
				CHECK_U64(command.kind, SMMU_TLBI_S12_VMALL, rows[i].order);
				break;
			case 'N':
				CHECK_U64(command.kind, SMMU_TLBI_NH_ALL, rows[i].order);
				break;
			case 's':
				CHECK_U64(command.kind, SMMU_SYNC, rows[i].order);
				break;
			default:
				CHECK_U64(command.kind, SMMU_ATC_INV, rows[i].order);
				CHECK_U64(command.ssv, *step == 'P', "SSV");
				CHECK_U64(command.global, command.ssv, "Global");
				atcs += *step == 'A';
				CHECK_U64(command.stream, rows[i].ats == 1 || atcs % 2 ? 0xfeed0001 : 7,
					  rows[i].order);
				if (whole)
					CHECK_U64(command.last, UINT64_MAX, "everything");
				else if (command.first < 0x80000000)
					/* 0x40003000 .. 0x40004fff lies in 32 KiB */
					CHECK(command.first == 0x40000000 && command.last == 0x40007fff,
					      "span");
				else
					CHECK(command.first == 0x80000000 && command.last == 0x801fffff,
					      "span");
			}
			if (*step == 'I' || *step == 'V' || *step == 'N')
				CHECK_U64(command.vmid, 0xfe, "VMID");
		}
		end_of(&seq);
	}
}

/*
 * Several VMIDs, spelt out, each command for the one that a digit says: all are told before the SMMU is waited for. And
 * everything of all of them.
 */
static void
test_sequences_of_vmids(void **state)
{
	static const struct s2pt_smmu_ats ats = { .stream = 7 };
	static const uint16_t vmids[] = { 4, 2, 9 };
	static const struct {
		size_t vmids, requests, ats;
		bool whole, all, nested;
		const char *order;
	} rows[] = {
		{ 1, 1, 0, false, false, false, "I4s" },
		{ 2, 1, 0, false, false, false, "I4I2s" },
		{ 3, 2, 0, false, false, true, "I4I4I2I2I9I9sN4N2N9s" },
		{ 3, 1, 1, false, false, false, "I4I2I9sAs" },
		{ 3, 2, 1, false, false, false, "I4I4I2I2I9I9sAAs" },
		{ 3, 2, 1, true, false, true, "V4V2V9sAs" },
		{ 0, 1, 0, false, true, false, "Gs" },
		{ 3, 2, 1, true, true, true, "GsAs" },
	};
	static const enum smmu_kind kinds[] = {
		['I'] = SMMU_TLBI_S2_IPA,
		['V'] = SMMU_TLBI_S12_VMALL,
		['N'] = SMMU_TLBI_NH_ALL,
		['G'] = SMMU_TLBI_NSNH_ALL,
		['A'] = SMMU_ATC_INV,
		['s'] = SMMU_SYNC,
	};
	struct world world = world_of(S2PT_GRANULE_4K, 40, false, true);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct s2pt_tlbi_request requests[] = {
			{ .ipa = { 0x40003000 }, .size = 0x2000, .level = 3, .all = rows[i].all },
			{ .vmid = rows[i].whole, .ipa = { 0x80000000 }, .size = 0x200000, .level = 2 },
		};
		const struct s2pt_smmu_params params = {
			.vmid = 1,
			.vmids = vmids,
			.vmid_count = rows[i].vmids,
			.nested = rows[i].nested,
			.ats = &ats,
			.ats_count = rows[i].ats,
		};
		struct s2pt_smmu_seq seq;

		CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, requests, rows[i].requests), S2PT_OK,
			     "begin");
		for (const char *step = rows[i].order; *step; step++) {
			struct smmu_command command;

			next_command(&seq, &world.can, &command);
			CHECK_U64(command.kind, kinds[(unsigned char)*step], rows[i].order);
			if (step[1] >= '0' && step[1] <= '9')
				CHECK_U64(command.vmid, (uint64_t)(*++step - '0'), rows[i].order);
		}
		end_of(&seq);
	}
	CHECK_U64(s2pt_smmu_ops(&world.smmu, &world.format, &(struct s2pt_tlbi_request){ .all = true }), 0, "all");
}

static void
test_limits_of_operations(void **state)
{
	struct world world = world_of(S2PT_GRANULE_4K, 40, false, false);
	struct s2pt_tlbi_request request = { .size = 10 * 0x1000, .level = 3 };
	struct s2pt_tlbi_request two[] = { request, { .ipa = { 0x40000000 }, .size = 10 * 0x1000, .level = 3 } };
	struct s2pt_tlbi_request whole = { .vmid = true, .size = 0x1000, .level = 3 };
	struct s2pt_smmu_params params = { .max_ops = 10 };
	struct smmu_command command;
	struct s2pt_smmu_seq seq;

	(void)state;
	CHECK_U64(s2pt_smmu_ops(&world.smmu, &world.format, &request), 10, "entry by entry");
	CHECK_U64(s2pt_smmu_ops(&world.smmu, &world.format, &whole), 0, "the whole VMID");
	begin(&seq, &world.smmu, &world.format, &params, &request, 1);
	next_command(&seq, &world.can, &command);
	CHECK_U64(command.kind, SMMU_TLBI_S2_IPA, "at the limit");
	params.max_ops = 9;
	begin(&seq, &world.smmu, &world.format, &params, &request, 1);
	next_command(&seq, &world.can, &command);
	CHECK_U64(command.kind, SMMU_TLBI_S12_VMALL, "above the limit");

	/* Requests count together. */
	params.max_ops = 15;
	begin(&seq, &world.smmu, &world.format, &params, two, 2);
	next_command(&seq, &world.can, &command);
	CHECK_U64(command.kind, SMMU_TLBI_S12_VMALL, "above the limit together");
}

static void
test_stu(void **state)
{
	static const struct s2pt_smmu_ats ats = { .stream = 1 };
	struct world world = world_of(S2PT_GRANULE_4K, 40, false, true);
	struct s2pt_tlbi_request request = { .ipa = { 0x12345000 }, .size = 0x1000, .level = 3 };

	(void)state;
	for (unsigned stu = 0; stu < 32; stu++) {
		struct s2pt_smmu_params params = { .ats_stu = (uint8_t)stu, .ats = &ats, .ats_count = 1 };
		struct smmu_command command;
		struct s2pt_smmu_seq seq;

		begin(&seq, &world.smmu, &world.format, &params, &request, 1);
		for (unsigned i = 0; i < 3; i++)
			next_command(&seq, &world.can, &command);
		CHECK_U64(command.size, stu, "span");
		CHECK(command.first <= 0x12345000 && command.last >= 0x12345fff, "span");
	}
}

static void
test_command_refusals(void **state)
{
	static const struct s2pt_smmu_ats ats = { .stream = 1 };
	struct world world = world_of(S2PT_GRANULE_4K, 40, false, true);
	struct s2pt_tlbi_request request = { .size = 0x1000, .level = 3 };
	struct s2pt_tlbi_request odd = { .size = 0x800, .level = 3 };
	struct s2pt_smmu_params params = { .vmid = 256 };
	struct s2pt_format secure = world.format;
	struct s2pt_smmu_seq seq;
	struct s2pt_smmu less = world.smmu;
	static const uint16_t vmids[] = { 255, 256 };
	struct s2pt_tlbi_request all = { .all = true };
	struct s2pt_format realm = world.format;
	struct s2pt_smmu_params anything;

	(void)state;
	CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, &request, 1), S2PT_ERR_VMID,
		     "VMID");
	less.features.feats |= S2PT_FEAT_VMID16;
	CHECK_STATUS(begin(&seq, &less, &world.format, &params, &request, 1), S2PT_OK, "VMID16");
	/* No more than the one VMID is looked at. */
	memset(&anything, 0xff, sizeof(anything));
	anything.vmid = 255;
	anything.vmids = NULL;
	anything.vmid_count = anything.ats_count = 0;
	anything.nested = false;
	anything.ats_stu = 0;
	anything.ats = NULL;
	anything.max_ops = 0;
	CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &anything, &request, 1), S2PT_OK, "one VMID");
	params.vmids = vmids;
	params.vmid_count = 1;
	CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, &request, 1), S2PT_OK, "vmid is not looked at");
	params.vmid_count = 2;
	CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, &request, 1), S2PT_ERR_VMID, "one of two");
	params.vmid_count = 0;
	params.vmid = 255;
	CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, &request, 0), S2PT_ERR_TLBI,
		     "no request");
	CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, &odd, 1), S2PT_ERR_TLBI,
		     "half a page");
	secure.space = S2PT_SPACE_SECURE;
	CHECK_STATUS(begin(&seq, &world.smmu, &secure, &params, &request, 1), S2PT_ERR_SPACE,
		     "Secure");
	realm.space = S2PT_SPACE_REALM;
	CHECK_STATUS(begin(&seq, &world.smmu, &realm, &params, &all, 1), S2PT_ERR_SPACE, "all Realms");
	CHECK_STATUS(begin(&seq, &world.smmu, &realm, &params, &request, 1), S2PT_OK, "a Realm");
	params.ats_stu = 32;
	CHECK_STATUS(begin(&seq, &world.smmu, &world.format, &params, &request, 1), S2PT_ERR_TLBI,
		     "STU");
	params.ats_stu = 0;
	params.nested = true;
	less = world.smmu;
	less.stage1 = false;
	CHECK_STATUS(begin(&seq, &less, &world.format, &params, &request, 1), S2PT_ERR_FEATURE,
		     "nested");
	params.nested = false;
	params.ats = &ats;
	params.ats_count = 1;
	less.ats = false;
	CHECK_STATUS(begin(&seq, &less, &world.format, &params, &request, 1), S2PT_ERR_FEATURE,
		     "ATS");
	params.ats_count = 0;
	CHECK_STATUS(begin(&seq, &less, &world.format, &params, &request, 1), S2PT_OK, "neither");
}

/* --- Events ---------------------------------------------------------------------------------------- */

/* A field of a record, by the bit numbers of the manual. */
static void
put_event(uint64_t *record, unsigned low, uint64_t value)
{
	record[low / 64] |= value << low % 64;
}

/* All types: those that there are, with what each has, and no others. */
static void
test_event_types(void **state)
{
	static const struct {
		uint8_t type;
		enum s2pt_fault_kind kind;
		bool access, fetch;
	} rows[] = {
		{ 0x01, S2PT_FAULT_OTHER, false, false },
		{ 0x02, S2PT_FAULT_OTHER, false, false },
		{ 0x03, S2PT_FAULT_OTHER, false, true },
		{ 0x04, S2PT_FAULT_OTHER, false, false },
		{ 0x05, S2PT_FAULT_OTHER, false, false },
		{ 0x06, S2PT_FAULT_OTHER, false, false },
		{ 0x07, S2PT_FAULT_OTHER, false, false },
		{ 0x08, S2PT_FAULT_OTHER, false, false },
		{ 0x09, S2PT_FAULT_OTHER, false, true },
		{ 0x0a, S2PT_FAULT_OTHER, false, false },
		{ 0x0b, S2PT_FAULT_WALK_ABORT, true, true },
		{ 0x10, S2PT_FAULT_TRANSLATION, true, false },
		{ 0x11, S2PT_FAULT_ADDRESS_SIZE, true, false },
		{ 0x12, S2PT_FAULT_ACCESS_FLAG, true, false },
		{ 0x13, S2PT_FAULT_PERMISSION, true, false },
		{ 0x20, S2PT_FAULT_TLB_CONFLICT, true, false },
		{ 0x21, S2PT_FAULT_OTHER, false, false },
		{ 0x24, S2PT_FAULT_OTHER, false, false },
		{ 0x25, S2PT_FAULT_OTHER, false, true },
	};
	size_t row = 0;

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		const bool known = row < COUNT(rows) && rows[row].type == type;
		uint64_t record[S2PT_SMMU_EVENT_WORDS] = { 0 };
		struct s2pt_smmu_event event;

		put_event(record, 0, type);
		put_event(record, 11, 1);
		put_event(record, 12, 0xabcde);
		put_event(record, 32, 0xfeedbeef);
		put_event(record, 64, 0x1234);
		put_event(record, 64 + 31, 1);
		put_event(record, 64 + 33, 1);
		put_event(record, 64 + 39, 1);
		put_event(record, 64 + 40, S2PT_SMMU_CLASS_IN);
		put_event(record, 128, UINT64_C(0xffff800012345678));
		put_event(record, 192, UINT64_C(0xf0f0987654321ff8));
		POISONED(event);
		CHECK_STATUS(s2pt_smmu_event_decode(record, &event), known ? S2PT_OK : S2PT_ERR_FAULT, "event");
		if (!known) {
			CHECK_UNTOUCHED(event, "s2pt_smmu_event_decode");
			continue;
		}
		CHECK(event.type == type && event.kind == rows[row].kind && event.stream == 0xfeedbeef && event.ssv &&
			      event.substream == 0xabcde,
		      "type 0x%x", type);
		CHECK(event.stage2 == rows[row].access && event.stalled == rows[row].access &&
			      event.tag == (rows[row].access ? 0x1234 : 0) && event.privileged == rows[row].access &&
			      event.device_writes == rows[row].access &&
			      event.of == (rows[row].access ? S2PT_SMMU_CLASS_IN : S2PT_SMMU_CLASS_CD) &&
			      event.access == (rows[row].access ? S2PT_FAULT_WRITE : S2PT_FAULT_READ),
		      "type 0x%x: access", type);
		CHECK_U64(event.address, rows[row].access ? UINT64_C(0xffff800012345678) : 0, "input address");
		CHECK_U64(event.fetch.addr, rows[row].fetch ? UINT64_C(0x0000987654321ff8) & ~UINT64_C(7) : 0, "fetch");
		/* What could not be read takes the place of the IPA. */
		CHECK_U64(event.ipa_known, rows[row].access && !rows[row].fetch, "IPA");
		CHECK_U64(event.ipa.addr, event.ipa_known ? UINT64_C(0x0000987654321678) : UINT64_MAX, "IPA");
		row++;
	}
	CHECK_U64(row, COUNT(rows), "types");
}

/* Each of what an access was: stage, CLASS, directions, privilege, stalls. */
static void
test_event_accesses(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 256; n++) {
		const bool s2 = n & 1u, reads = n & 2u, fetches = n & 4u, walk_reads = n & 8u, stall = n & 16u,
			   privileged = n & 32u;
		const unsigned class = n >> 6;
		const bool ssv = n % 3u;
		enum s2pt_fault_access access = class == 0 ? S2PT_FAULT_READ
					      : class == 1 ? (walk_reads ? S2PT_FAULT_READ : S2PT_FAULT_WRITE)
					      : fetches    ? S2PT_FAULT_FETCH
					      : reads      ? S2PT_FAULT_READ
							   : S2PT_FAULT_WRITE;
		uint64_t record[S2PT_SMMU_EVENT_WORDS] = { 0x13 };
		struct s2pt_smmu_event event;

		put_event(record, 11, ssv);
		put_event(record, 12, 0x5a5a5);
		put_event(record, 64, 0xffff);
		put_event(record, 64 + 31, stall);
		put_event(record, 64 + 33, privileged);
		put_event(record, 64 + 34, fetches);
		put_event(record, 64 + 35, reads);
		put_event(record, 64 + 39, s2);
		put_event(record, 64 + 40, class);
		put_event(record, 64 + 44, walk_reads);
		put_event(record, 128, 0x123);
		put_event(record, 192, 0x80000fff);
		POISONED(event);
		if (class == 3) {
			CHECK_STATUS(s2pt_smmu_event_decode(record, &event), S2PT_ERR_RESERVED, "CLASS");
			CHECK_UNTOUCHED(event, "s2pt_smmu_event_decode");
			continue;
		}
		CHECK_STATUS(s2pt_smmu_event_decode(record, &event), S2PT_OK, "event");
		CHECK((unsigned)event.of == class && event.access == access && event.device_writes == !reads &&
			      event.stage2 == s2 && event.privileged == privileged && event.stalled == stall &&
			      event.tag == (stall ? 0xffff : 0) && event.ssv == ssv &&
			      event.substream == (ssv ? 0x5a5a5u : 0) && !event.fetch.addr,
		      "event %u", n);
		CHECK_U64(event.ipa.addr, !s2 ? UINT64_MAX : class == 2 ? 0x80000123
									: 0x80000000,
			  "IPA");
	}
}

static void
test_single_commands(void **state)
{
	const struct smmu_can can = { 0 };
	struct s2pt_smmu_cmd cmd;
	struct smmu_command command;

	(void)state;
	for (unsigned leaf = 0; leaf < 2; leaf++) {
		s2pt_smmu_cfgi_ste(0xdeadbeef, leaf, &cmd);
		smmu_decode(&can, cmd.word, &command);
		CHECK(!command.illegal && command.kind == SMMU_CFGI_STE, "CMD_CFGI_STE");
		CHECK(command.stream == 0xdeadbeef && command.leaf == leaf, "StreamID, Leaf");
	}
	s2pt_smmu_sync(&cmd);
	CHECK_U64(cmd.word[0], 0x46, "CMD_SYNC");
	CHECK_U64(cmd.word[1], 0, "CMD_SYNC");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id_features),
		cmocka_unit_test(test_id_shape),
		cmocka_unit_test(test_id_flags),
		cmocka_unit_test(test_id_refusals),
		cmocka_unit_test(test_ste_over_formats),
		cmocka_unit_test(test_ste_refusals),
		cmocka_unit_test(test_common_formats),
		cmocka_unit_test(test_ste_overrides),
		cmocka_unit_test(test_ste_without_overrides),
		cmocka_unit_test(test_ste_stall),
		cmocka_unit_test(test_ste_decode_refusals),
		cmocka_unit_test(test_default_attr),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_combine_examples),
		cmocka_unit_test(test_combine_refusals),
		cmocka_unit_test(test_ranges_are_exact),
		cmocka_unit_test(test_ranges_are_few),
		cmocka_unit_test(test_whole_groups),
		cmocka_unit_test(test_begin_anew),
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_sequences_of_vmids),
		cmocka_unit_test(test_limits_of_operations),
		cmocka_unit_test(test_stu),
		cmocka_unit_test(test_command_refusals),
		cmocka_unit_test(test_single_commands),
		cmocka_unit_test(test_event_types),
		cmocka_unit_test(test_event_accesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
