/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fuzz_format: configs, VTCR_EL2, VSTCR_EL2 and VTTBR_EL2 values: what is accepted is what the
 * reference accepts, holds together, and comes back the same.
 *
 * Input: CPU (5 bytes), config (10), VTCR_EL2 (8), VSTCR_EL2 (8), VTTBR_EL2 (8), space and FWB (1),
 * ID registers (the rest).
 */
#include "machine.h"
#include "ref.h"

static void
check_geometry(const struct s2pt_format *f, const struct s2pt_features *cpu)
{
	uint64_t registers = s2pt_vtcr_encode(f) | s2pt_vstcr_encode(f);
	bool ttst = f->feats & S2PT_FEAT_TTST;
	struct ref_format_in in = {
		.granule_lg2 = f->granule_lg2,
		.pa_bits = cpu->pa_bits < 52 ? cpu->pa_bits : 52,
		.ds = f->feats & S2PT_FEAT_LPA2,
		.ttst = ttst,
		.t0sz = registers & 0x3f,
		.sl0 = registers >> 6 & 3,
		.sl2 = registers >> 33 & 1,
	};
	struct ref_format_out out;

	ref_format(&in, &out);
	REQUIRE(out.ok && out.start_level == f->start_level && out.tables == f->root_tables &&
			out.root_bytes == UINT64_C(1) << f->root_lg2,
		"the reference: ok %d level %d tables %u", out.ok, out.start_level, out.tables);
	/* The 52-bit form's alignment hangs on PS; the reference takes it to be the CPU's. */
	REQUIRE(f->root_align_lg2 >= f->root_lg2 &&
			UINT64_C(1) << f->root_align_lg2 <= out.root_align,
		"aligned to 2^%u", f->root_align_lg2);
	REQUIRE(in.t0sz == 64u - f->ipa_bits, "T0SZ %u", in.t0sz);
	REQUIRE(f->oa_bits <= f->pa_bits && f->pa_bits <= cpu->pa_bits &&
			f->ipa_bits <= cpu->pa_bits,
		"%u OA bits, %u PA bits", f->oa_bits, f->pa_bits);
}

static void
check_format(const struct s2pt_format *f, const struct s2pt_features *cpu)
{
	char text[1024];

	check_geometry(f, cpu);
	for (int level = -3; level <= 5; level++) {
		if (!s2pt_format_has_level(f, level))
			REQUIRE(!s2pt_format_has_block(f, level) &&
					!s2pt_format_contiguous_lg2(f, level),
				"level %d", level);
		else
			REQUIRE(s2pt_format_level_lg2(f, level) < 64, "level %d", level);
	}
	REQUIRE(s2pt_text_format(text, sizeof(text), f) < sizeof(text), "no words");
}

/* What a config made, the registers say, and reading them makes the same again. */
static void
check_registers(const struct s2pt_format *f, const struct s2pt_features *cpu)
{
	bool fwb = f->feats & S2PT_FEAT_S2FWB;
	uint64_t vtcr = s2pt_vtcr_encode(f), vstcr = s2pt_vstcr_encode(f);
	struct s2pt_features just = *cpu;
	struct s2pt_format back;
	enum s2pt_status status;

	/* Features without a bit are read as those of the CPU: let it have the wished for, and no
	 * more. */
	just.feats = f->feats | (cpu->feats & (S2PT_FEAT_SEL2 | S2PT_FEAT_RME));
	status = f->space == S2PT_SPACE_SECURE
		       ? s2pt_vstcr_decode(&just, fwb, vstcr, vtcr, &back)
		       : s2pt_vtcr_decode(&just, fwb, (enum s2pt_space)f->space, vtcr, &back);
	REQUIRE(status == S2PT_OK, "VTCR 0x%" PRIx64 ", VSTCR 0x%" PRIx64 ": %s", vtcr, vstcr,
		s2pt_status_name(status));
	REQUIRE(s2pt_vtcr_encode(&back) == vtcr && s2pt_vstcr_encode(&back) == vstcr,
		"VTCR 0x%" PRIx64 ", VSTCR 0x%" PRIx64 " come back different", vtcr, vstcr);
	REQUIRE(back.start_level == f->start_level && back.root_lg2 == f->root_lg2 &&
			back.root_align_lg2 == f->root_align_lg2 && back.oa_bits == f->oa_bits,
		"other geometry");
}

static void
check_vttbr(const struct s2pt_format *f, uint64_t value)
{
	struct s2pt_vttbr vttbr;
	uint64_t back = 0;

	if (s2pt_vttbr_decode(f, value, &vttbr) != S2PT_OK)
		return;
	REQUIRE(s2pt_vttbr_encode(f, &vttbr, &back) == S2PT_OK && back == value,
		"VTTBR 0x%" PRIx64 " comes back as 0x%" PRIx64, value, back);
	REQUIRE(vttbr.root.addr % (UINT64_C(1) << f->root_align_lg2) == 0 &&
			vttbr.root.addr >> f->oa_bits == 0,
		"root at 0x%" PRIx64, vttbr.root.addr);
}

static void
check_values(const struct s2pt_features *cpu, uint64_t vtcr, uint64_t vstcr, uint64_t vttbr,
	     uint8_t how)
{
	bool fwb = how & 4u;
	struct s2pt_format f;

	if (s2pt_vtcr_decode(cpu, fwb, (enum s2pt_space)(how & 3u), vtcr, &f) == S2PT_OK) {
		REQUIRE(s2pt_vtcr_encode(&f) == vtcr, "VTCR 0x%" PRIx64 " comes back as 0x%" PRIx64,
			vtcr, s2pt_vtcr_encode(&f));
		check_format(&f, cpu);
		check_vttbr(&f, vttbr);
	}
	if (s2pt_vstcr_decode(cpu, fwb, vstcr, vtcr, &f) == S2PT_OK) {
		REQUIRE(s2pt_vstcr_encode(&f) == vstcr,
			"VSTCR 0x%" PRIx64 " comes back as 0x%" PRIx64, vstcr,
			s2pt_vstcr_encode(&f));
		check_format(&f, cpu);
		check_vttbr(&f, vttbr);
	}
}

static void
check_features(struct input *in)
{
	struct s2pt_features cpu, same;
	struct s2pt_id_regs regs;

	for (size_t i = 0; i < S2PT_ID_REG_COUNT; i++)
		regs.value[i] = take(in, 8);
	s2pt_features_from_id_regs(&cpu, &regs);
	same = cpu;
	s2pt_features_common(&same, &cpu);
	REQUIRE(same.feats == cpu.feats && same.pa_bits == cpu.pa_bits,
		"not what it has in common");
	for (unsigned granule = 12; granule <= 16; granule += 2) {
		struct s2pt_format f;
		struct s2pt_config config;
		bool has = granule == 12 ? cpu.granule_4k
			 : granule == 14 ? cpu.granule_16k
					 : cpu.granule_64k;
		enum s2pt_status status;

		s2pt_config_init(&config, (enum s2pt_granule)granule, &cpu);
		status = s2pt_format_init(&f, &cpu, &config);
		REQUIRE(status == (has ? S2PT_OK : S2PT_ERR_GRANULE), "the ordinary config: %s",
			s2pt_status_name(status));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct s2pt_features cpu = take_cpu(&in);
	struct s2pt_config config = take_config(&in, &cpu);
	uint64_t vtcr = take(&in, 8), vstcr = take(&in, 8), vttbr = take(&in, 8);
	uint8_t how = take8(&in);
	struct s2pt_format f;

	if (s2pt_format_init(&f, &cpu, &config) == S2PT_OK) {
		check_format(&f, &cpu);
		check_registers(&f, &cpu);
		check_vttbr(&f, vttbr);
	}
	check_values(&cpu, vtcr, vstcr, vttbr, how);
	check_features(&in);
	return 0;
}
