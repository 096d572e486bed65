/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Formats and their registers against the reference: every config, every VTCR_EL2 value, and
 * VTTBR_EL2 with each single bit of the root's address.
 */
#include "exhaustive.h"

static const uint8_t granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };
static const uint8_t pa_sizes[] = { 32, 36, 40, 42, 44, 48, 52, 56 };

/* The largest PA size that 64-bit descriptors know; the reference knows no larger either. */
static unsigned
reference_pa(unsigned pa_bits)
{
	return pa_bits < 52 ? pa_bits : 52;
}

/* A CPU with everything but what is asked about. FEAT_LPA is the 52-bit PA. */
static struct s2pt_features
cpu_of(unsigned pa_bits, bool ttst)
{
	struct s2pt_features cpu = {
		.feats = (pa_bits >= 52 ? S2PT_FEAT_LPA : 0) | S2PT_FEAT_LPA2 | S2PT_FEAT_VMID16 |
			 S2PT_FEAT_TTCNP | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_SEL2 |
			 S2PT_FEAT_RME | (ttst ? S2PT_FEAT_TTST : 0),
		.pa_bits = (uint8_t)pa_bits,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = true,
		.lpa2_16k = true,
	};

	return cpu;
}

static struct s2pt_config
config_of(unsigned granule, unsigned ipa_bits, const struct s2pt_features *cpu, bool ds, int level)
{
	struct s2pt_config config;

	s2pt_config_init(&config, (enum s2pt_granule)granule, cpu);
	config.ipa_bits = (uint8_t)ipa_bits;
	config.start_level = (int8_t)level;
	if (ds)
		config.feats |= S2PT_FEAT_LPA2;
	return config;
}

/* --- Wishes ---------------------------------------------------------------------------------- */

/* Which of the reference's start levels is @level, or the one with the fewest levels? */
static const struct ref_start *
find_start(const struct ref_start *starts, unsigned count, int level)
{
	for (unsigned i = 0; i < count; i++)
		if (level == S2PT_START_LEVEL_AUTO || starts[i].level == level)
			return &starts[i];
	return NULL;
}

static bool
same_geometry(const struct s2pt_format *format, unsigned granule, unsigned ipa_bits,
	      unsigned pa_bits, bool ds, bool ttst, const struct ref_start *start)
{
	struct ref_format_in in = {
		.granule_lg2 = granule,
		.pa_bits = pa_bits,
		.ds = ds,
		.ttst = ttst,
		.t0sz = 64 - ipa_bits,
		.sl0 = start->sl0,
		.sl2 = start->sl2,
	};
	struct ref_format_out out;
	uint64_t vtcr = s2pt_vtcr_encode(format);

	ref_format(&in, &out);
	return out.ok && format->granule_lg2 == granule && format->ipa_bits == ipa_bits &&
	       format->start_level == start->level && format->root_tables == start->tables &&
	       UINT64_C(1) << format->root_lg2 == out.root_bytes &&
	       UINT64_C(1) << format->root_align_lg2 == out.root_align &&
	       format->pa_bits == pa_bits &&
	       format->oa_bits == (pa_bits > 48 && granule != 16 && !ds ? 48 : pa_bits) &&
	       (vtcr & 0x3f) == 64 - ipa_bits && (vtcr >> 6 & 3) == start->sl0 &&
	       (vtcr >> 33 & 1) == start->sl2 && (vtcr >> 32 & 1) == ds &&
	       (vtcr >> 14 & 3) == (granule == 12   ? 0u
				    : granule == 16 ? 1u
						    : 2u) &&
	       (vtcr >> 31 & 1);
}

/* A refusal must be the one that format.h gives for what the reference cannot find. */
static bool
plausible_refusal(enum s2pt_status status, unsigned granule, unsigned ipa_bits, unsigned pa_bits,
		  bool ds, bool ttst)
{
	unsigned most = granule == 16 || ds ? 52 : 48;
	unsigned least = !ttst         ? 25
		       : granule == 16 ? 17
				       : 16;

	if (granule == 16 && ds)
		return status == S2PT_ERR_DS_GRANULE;
	if (ipa_bits < least)
		return status == S2PT_ERR_IPA_BELOW_MIN;
	if (ipa_bits > most)
		return status == S2PT_ERR_IPA_ABOVE_FORMAT;
	if (ipa_bits > pa_bits)
		return status == S2PT_ERR_IPA_ABOVE_PA;
	return status >= S2PT_ERR_START_RESERVED && status <= S2PT_ERR_START_UNUSED;
}

static void
compare_config(unsigned granule, unsigned ipa_bits, unsigned pa_bits, bool ds, bool ttst, int level)
{
	struct s2pt_features cpu = cpu_of(pa_bits, ttst);
	struct s2pt_config config = config_of(granule, ipa_bits, &cpu, ds, level);
	unsigned most = granule == 16 || ds ? 52 : 48;
	unsigned pa = reference_pa(pa_bits);
	unsigned ipa = ipa_bits  ? ipa_bits
		     : pa < most ? pa
				 : most;
	struct ref_start starts[5];
	unsigned count = ref_format_starts(granule, ipa, pa, ds, ttst, starts);
	const struct ref_start *start = find_start(starts, count, level);
	struct s2pt_format format;
	enum s2pt_status status = s2pt_format_init(&format, &cpu, &config);
	bool same = start ? status == S2PT_OK &&
				    same_geometry(&format, granule, ipa, pa, ds, ttst, start)
			  : plausible_refusal(status, granule, ipa, pa_bits, ds, ttst);

	if (differs(same))
		printf("granule %u ipa %u pa %u DS %d TTST %d level %d: got %s, expected %s\n",
		       granule, ipa_bits, pa_bits, ds, ttst, level, s2pt_status_name(status),
		       start ? "a format" : "a refusal");
}

static void
compare_configs(void)
{
	for (size_t g = 0; g < COUNT(granules); g++)
		for (size_t p = 0; p < COUNT(pa_sizes); p++)
			for (unsigned mode = 0; mode < 4; mode++)
				for (unsigned ipa_bits = 0; ipa_bits < 256; ipa_bits++)
					for (int level = INT8_MIN; level <= INT8_MAX; level++)
						compare_config(granules[g], ipa_bits, pa_sizes[p],
							       mode & 1u, mode & 2u, level);
}

/* --- VTCR_EL2 -------------------------------------------------------------------------------- */

/* Would the reference accept the geometry of this value? TG0 = 3 and PS = 7 are refused. */
static bool
reference_accepts(uint64_t vtcr, unsigned pa_bits, bool ttst, struct ref_format_out *out)
{
	static const unsigned tg0[] = { 12, 16, 14 };
	static const unsigned ps[] = { 32, 36, 40, 42, 44, 48, 52 };
	struct ref_format_in in = {
		.pa_bits = reference_pa(pa_bits),
		.ds = vtcr >> 32 & 1,
		.ttst = ttst,
		.t0sz = vtcr & 0x3f,
		.sl0 = vtcr >> 6 & 3,
		.sl2 = vtcr >> 33 & 1,
	};

	if ((vtcr >> 14 & 3) == 3 || (vtcr >> 16 & 7) == 7 || ps[vtcr >> 16 & 7] > pa_bits)
		return false;
	in.granule_lg2 = tg0[vtcr >> 14 & 3];
	/* SL2 is RES0 but for 4K with DS=1. */
	if (in.sl2 && !(in.granule_lg2 == 12 && in.ds))
		return false;
	ref_format(&in, out);
	return out->ok;
}

static void
compare_vtcr(uint64_t vtcr, unsigned pa_bits, bool ttst)
{
	struct s2pt_features cpu = cpu_of(pa_bits, ttst);
	struct ref_format_out out;
	bool want = reference_accepts(vtcr, pa_bits, ttst, &out);
	struct s2pt_format format;
	enum s2pt_status status = s2pt_vtcr_decode(&cpu, false, S2PT_SPACE_NONSECURE,
						   vtcr, &format);

	if (differs((status == S2PT_OK) == want &&
		    (!want || format.start_level == out.start_level)))
		printf("VTCR 0x%" PRIx64 " PA %u TTST %d: got %s, expected %s\n", vtcr, pa_bits,
		       ttst, s2pt_status_name(status), want ? "a format" : "a refusal");
	if (status == S2PT_OK && differs(s2pt_vtcr_encode(&format) == vtcr))
		printf("VTCR 0x%" PRIx64 " comes back as 0x%" PRIx64 "\n", vtcr,
		       s2pt_vtcr_encode(&format));
}

/* The same geometry in VSTCR_EL2. */
static void
compare_vstcr(uint64_t vtcr, unsigned pa_bits, bool ttst)
{
	const uint64_t geometry = UINT64_C(0x2e000c0ff);
	struct s2pt_features cpu = cpu_of(pa_bits, ttst);
	struct ref_format_out out;
	bool want = reference_accepts(vtcr, pa_bits, ttst, &out);
	uint64_t vstcr = vtcr & geometry;
	struct s2pt_format format;
	enum s2pt_status status;

	vtcr = (vtcr & ~geometry) | UINT64_C(1) << 31;
	status = s2pt_vstcr_decode(&cpu, false, vstcr, vtcr, &format);
	if (differs((status == S2PT_OK) == want))
		printf("VSTCR 0x%" PRIx64 ", VTCR 0x%" PRIx64 ", PA %u: got %s, expected %s\n",
		       vstcr, vtcr, pa_bits, s2pt_status_name(status),
		       want ? "a format" : "a refusal");
	if (status == S2PT_OK && differs(s2pt_vstcr_encode(&format) == vstcr &&
					 s2pt_vtcr_encode(&format) == vtcr))
		printf("VSTCR 0x%" PRIx64 ", VTCR 0x%" PRIx64 " come back different\n", vstcr,
		       vtcr);
}

/* Every value of T0SZ, SL0, TG0, PS, DS and SL2, on every CPU. */
static void
compare_registers(void)
{
	for (uint64_t fields = 0; fields < 1 << 15; fields++) {
		uint64_t vtcr = (fields & 0xff) | (fields >> 8 & 3) << 14 |
				(fields >> 10 & 7) << 16 | (fields >> 13 & 3) << 32 |
				UINT64_C(0x80003500);

		for (size_t p = 0; p < COUNT(pa_sizes); p++)
			for (unsigned ttst = 0; ttst < 2; ttst++) {
				compare_vtcr(vtcr, pa_sizes[p], ttst);
				compare_vstcr(vtcr, pa_sizes[p], ttst);
			}
	}
}

/* Every value of the fields that are not geometry: encode(decode(v)) == v, or a refusal. */
static void
compare_other_fields(void)
{
	struct s2pt_features cpu = cpu_of(48, true);

	cpu.feats |= S2PT_FEAT_HPDS2;
	/* IRGN0, ORGN0, SH0; VS; HA, HD; HWUnn, NSW, NSA */
	for (uint64_t fields = 0; fields < 1 << 15; fields++) {
		uint64_t vtcr = (fields & 0x3f) << 8 | (fields >> 6 & 1) << 19 |
				(fields >> 7 & 3) << 21 | (fields >> 9 & 0x3f) << 25 |
				UINT64_C(0x80050090);
		bool hd_alone = (fields >> 7 & 3) == 2;
		enum s2pt_status want = hd_alone               ? S2PT_ERR_HD
				      : (fields >> 4 & 3) == 1 ? S2PT_ERR_SH
							       : S2PT_OK;
		struct s2pt_format format;
		enum s2pt_status status = s2pt_vtcr_decode(&cpu, false,
							   S2PT_SPACE_NONSECURE, vtcr, &format);

		if (differs(status == want &&
			    (want != S2PT_OK || s2pt_vtcr_encode(&format) == vtcr)))
			printf("VTCR 0x%" PRIx64 ": got %s, expected %s, and the same value back\n",
			       vtcr, s2pt_status_name(status), s2pt_status_name(want));
	}
}

/* --- VTTBR_EL2 ------------------------------------------------------------------------------- */

/* Where an address bit stands in VTTBR_EL2. */
static uint64_t
vttbr_bit(const struct s2pt_format *format, unsigned bit)
{
	bool wide = (format->feats & S2PT_FEAT_LPA2) ||
		    (format->granule_lg2 == 16 && format->pa_bits == 52);

	if (bit < 48)
		return UINT64_C(1) << bit;
	return wide ? UINT64_C(1) << (bit - 48 + 2) : 0;
}

static void
compare_root_bit(const struct s2pt_format *format, unsigned bit)
{
	struct s2pt_vttbr vttbr = { { UINT64_C(1) << bit },
				    (uint16_t)(bit & 1u ? 0xff : 0),
				    bit & 2u };
	uint64_t want = vttbr_bit(format, bit) | (uint64_t)vttbr.vmid << 48 | vttbr.cnp;
	enum s2pt_status want_status = bit < format->root_align_lg2 ? S2PT_ERR_ROOT_ALIGN
				     : bit >= format->oa_bits       ? S2PT_ERR_ROOT_PA
								    : S2PT_OK;
	struct s2pt_vttbr back;
	uint64_t value = 0;
	enum s2pt_status status = s2pt_vttbr_encode(format, &vttbr, &value);

	if (differs(status == want_status && (status != S2PT_OK || value == want)))
		printf("root bit %u, granule %u, align %u, %u OA bits: got %s 0x%" PRIx64
		       ", expected %s 0x%" PRIx64 "\n",
		       bit, format->granule_lg2, format->root_align_lg2, format->oa_bits,
		       s2pt_status_name(status), value, s2pt_status_name(want_status), want);
	if (status != S2PT_OK)
		return;
	status = s2pt_vttbr_decode(format, value, &back);
	if (differs(status == S2PT_OK && back.root.addr == vttbr.root.addr &&
		    back.vmid == vttbr.vmid && back.cnp == vttbr.cnp))
		printf("VTTBR 0x%" PRIx64 ": got %s, 0x%" PRIx64 "\n", value,
		       s2pt_status_name(status), back.root.addr);
}

/* Each single bit of the register: it comes back, or is refused. */
static void
compare_register_bit(const struct s2pt_format *format, unsigned bit)
{
	uint64_t value = UINT64_C(1) << bit, back = 0;
	struct s2pt_vttbr vttbr;
	enum s2pt_status status = s2pt_vttbr_decode(format, value, &vttbr);

	if (status == S2PT_OK && differs(s2pt_vttbr_encode(format, &vttbr, &back) == S2PT_OK &&
					 back == value))
		printf("VTTBR bit %u comes back as 0x%" PRIx64 "\n", bit, back);
}

static void
compare_roots(void)
{
	for (size_t g = 0; g < COUNT(granules); g++)
		for (size_t p = 0; p < COUNT(pa_sizes); p++)
			for (unsigned ds = 0; ds < 2; ds++)
				for (unsigned ipa_bits = 16; ipa_bits <= 52; ipa_bits++)
					for (int level = -1; level <= 3; level++) {
						struct s2pt_features cpu = cpu_of(pa_sizes[p],
										  true);
						struct s2pt_config config = config_of(
							granules[g], ipa_bits, &cpu, ds, level);
						struct s2pt_format format;

						if (s2pt_format_init(&format, &cpu, &config) !=
						    S2PT_OK)
							continue;
						for (unsigned bit = 0; bit < 64; bit++) {
							compare_root_bit(&format, bit);
							compare_register_bit(&format, bit);
						}
					}
}

int
main(void)
{
	compare_configs();
	compare_registers();
	compare_other_fields();
	compare_roots();
	return verdict("format");
}
