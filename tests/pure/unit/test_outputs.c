/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A refusal leaves no trace: of every function that returns a status and has an out-parameter, each byte of the latter
 * is as it was where the status is not S2PT_OK, but for the members that the header says are written. Inputs are
 * random, and for the most part wrong; each function must have accepted some and refused some.
 *
 * Functions on tables have their own: what they leave alone is the table (sweeps, property).
 * tests/package/readme/blocks demands a row for each function.
 */
#include "unit.h"

#include "random.h"

#define TRIES 20000u

/* --- Inputs ---------------------------------------------------------------------------------------- */

static uint64_t
any64(void)
{
	return (uint64_t)random_below(UINT32_MAX) << 32 | random_below(UINT32_MAX);
}

/* A number that fits @bits, or now and then one that may not. */
static uint64_t
any_bits(unsigned bits)
{
	return any64() & (random_below(8) ? (UINT64_C(1) << bits) - 1u : UINT64_MAX);
}

static bool
any_bool(void)
{
	return random_below(2);
}

static uint8_t
any_below(uint8_t limit)
{
	return (uint8_t)random_below(random_below(16) ? limit : 256u);
}

/* One of @count values of an enum, or now and then one that it does not have. */
#define ANY_OF(type, count) ((enum type)random_below((count) + (random_below(16) == 0)))

static s2pt_feats
any_feats(void)
{
	return any64() & any64() & ALL_FEATS;
}

static struct s2pt_features
any_cpu(void)
{
	static const uint8_t sizes[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	struct s2pt_features cpu = cpu_of(any_feats() | any_feats(), sizes[random_below(COUNT(sizes))]);

	cpu.granule_16k = random_below(4);
	return cpu;
}

static struct s2pt_config
any_config(const struct s2pt_features *cpu)
{
	struct s2pt_config config;

	s2pt_config_init(&config, (enum s2pt_granule)(12u + 2u * random_below(3)), cpu);
	config.feats &= any64();
	if (random_below(4) == 0)
		config.space = ANY_OF(s2pt_space, 3);
	if (random_below(2))
		config.ipa_bits = (uint8_t)(25u + random_below(30));
	if (random_below(8) == 0)
		config.feats |= any_feats();
	if (random_below(8) == 0)
		config.sh0 = any_below(4);
	if (random_below(8) == 0)
		config.pbha = any_below(16);
	config.sw = random_below(16) == 0;
	config.sa = random_below(16) == 0;
	return config;
}

/* A format, which must be one. */
static struct s2pt_format
any_format(void)
{
	for (;;) {
		const struct s2pt_features cpu = any_cpu();
		const struct s2pt_config config = any_config(&cpu);
		struct s2pt_format format;

		if (s2pt_format_init(&format, &cpu, &config) == S2PT_OK)
			return format;
	}
}

static struct s2pt_leaf
any_leaf(const struct s2pt_format *format)
{
	struct s2pt_leaf leaf = {
		.type = ANY_OF(s2pt_memtype, S2PT_MEMTYPE_COUNT),
		.sh = random_below(4) ? format->sh0 : any_below(4),
		.r = any_bool(),
		.w = any_bool(),
		.x_el1 = random_below(4) == 0,
		.af = any_bool(),
		.dbm = random_below(8) == 0,
		.contiguous = random_below(8) == 0,
		.nt = random_below(16) == 0,
		.fnxs = random_below(16) == 0,
		.ns = random_below(16) == 0,
		.exec_uncached = random_below(16) == 0,
		.sw = random_below(4) ? 0 : any_below(16),
	};

	leaf.x_el0 = random_below(8) ? leaf.x_el1 : !leaf.x_el1;
	return leaf;
}

static s2pt_pa
any_oa(void)
{
	return s2pt_pa_of(any_bits(40) << (random_below(4) ? 21u : 4u) & (random_below(2) ? UINT64_C(0xffffffffffff)
											  : UINT64_MAX));
}

static struct s2pt_attr
any_attr(void)
{
	struct s2pt_attr attr;

	while (s2pt_mair_decode(S2PT_FEAT_MTE2 | S2PT_FEAT_XS, (uint8_t)random_below(256),
				(enum s2pt_sh)random_below(4), &attr) != S2PT_OK)
		;
	return attr;
}

static struct s2pt_smmu_override
any_override(void)
{
	const bool some = random_below(4) == 0;
	struct s2pt_smmu_override override = {
		.type = some && any_bool(),
		.memattr = some ? any_below(16) : 0,
		.sh = some && any_bool(),
		.sh_is = some ? any_below(4) : 0,
		.hints = some && any_bool(),
		.alloc = some ? any_below(4) : 0,
		.transient = some && any_bool(),
	};

	return override;
}

static struct s2pt_smmu
any_smmu(void)
{
	struct s2pt_smmu_id_regs regs;
	struct s2pt_smmu smmu;

	do {
		regs.idr0 = (uint32_t)any64() | 1u | 2u << 2;
		regs.idr1 = (uint32_t)any64();
		regs.idr3 = (uint32_t)any64();
		regs.idr5 = (uint32_t)any64();
	} while (s2pt_smmu_from_id_regs(&smmu, &regs) != S2PT_OK);
	return smmu;
}

static struct s2pt_master
any_master(void)
{
	struct s2pt_master master = {
		.incoming = any_attr(),
		.stage1 = any_bool(),
		.pcie = any_bool(),
		.overrides_pcie = any_bool(),
		.no_snoop = any_bool(),
		.no_snoop_stopped = any_bool(),
		.canwbs = any_bool(),
		.ram = any_bool(),
		.feats = any_feats(),
		.memattr = any_below(16),
		.sh = any_below(4),
		.override = any_override(),
	};

	return master;
}

static struct s2pt_region
any_region(void)
{
	struct s2pt_region region = {
		.backing = ANY_OF(s2pt_backing, 3),
		.host = ANY_OF(s2pt_host_view, 4),
		.vouches = ANY_OF(s2pt_source, 3),
		.stands = (uint32_t)any_bits(7),
		.gives_up = random_below(2) ? 0 : (uint32_t)any_bits(8),
		.asks_cacheable = ANY_OF(s2pt_source, 3),
		.tags = ANY_OF(s2pt_tags, 3),
		.dma = ANY_OF(s2pt_dma, 3),
		.prefetchable = any_bool(),
		.exec = random_below(4) == 0,
	};

	return region;
}

static struct s2pt_platform
any_platform(void)
{
	struct s2pt_platform platform = { .feats = any_feats(), .dic = any_bool(), .idc = any_bool() };

	return platform;
}

static struct s2pt_guest
any_guest(void)
{
	struct s2pt_guest guest = {
		.trusted = any_bool(),
		.mte = any_bool(),
		.noncoherent_dma = any_bool(),
		.noncoherent_p2p = any_bool(),
	};

	return guest;
}

/* --- The functions --------------------------------------------------------------------------------- */

/* All that is written to, in one: full of a pattern before a call. */
static union {
	struct s2pt_combined combined;
	uint32_t types;
	s2pt_desc desc;
	struct {
		s2pt_pa pa;
		struct s2pt_leaf leaf;
	} decoded;
	struct s2pt_fault fault;
	struct s2pt_fault_regs fault_regs;
	struct {
		struct s2pt_walker walker;
		struct s2pt_format format;
	} walked;
	s2pt_ipa ipa;
	struct s2pt_format format;
	uint64_t value;
	struct s2pt_vttbr vttbr;
	uint8_t memattr;
	enum s2pt_memtype type;
	struct s2pt_attr attr;
	struct s2pt_policy policy;
	struct s2pt_region region;
	struct s2pt_alias alias;
	struct s2pt_dma_policy dma;
	struct {
		struct s2pt_platform platform;
		struct s2pt_guest guest;
	} assigned;
	struct s2pt_smmu smmu;
	uint64_t ste[S2PT_SMMU_STE_WORDS];
	struct {
		struct s2pt_format format;
		struct s2pt_smmu_stream stream;
	} stream;
	struct s2pt_smmu_seq smmu_seq;
	struct s2pt_tlbi_seq tlbi_seq;
	struct s2pt_tlbi_cover tlbi_cover;
	struct s2pt_build_memory build;
	struct s2pt_dirty_ring ring;
	struct s2pt_span spans[4];
	struct s2pt_smmu_event smmu_event;
	struct s2pt_mapping mapping;
	unsigned char bytes[512];
} out, before;

/* What a call may be given beside the pattern: an in-and-out parameter. */
#define GIVEN(member, value) (out.member = (value), before.member = out.member)

static struct s2pt_controls
any_controls(void)
{
	struct s2pt_controls controls = {
		.feats = any_feats(),
		.access = (enum s2pt_access)random_below(3),
		.sctlr_c = any_bool(),
		.sctlr_i = any_bool(),
		.hcr_cd = random_below(4) == 0,
		.hcr_id = random_below(4) == 0,
		.hcr_dc = random_below(4) == 0,
		.hcr_dct = random_below(4) == 0,
		.hcr_ptw = any_bool(),
		.s1_effective_sh = any_bool(),
	};

	return controls;
}

static struct s2pt_stage1
any_stage1(void)
{
	struct s2pt_stage1 s1 = { .off = random_below(8) == 0, .mair = any_below(255), .sh = any_below(4) };

	return s1;
}

static struct s2pt_stage2
any_stage2(void)
{
	struct s2pt_stage2 s2 = { .memattr = any_below(16), .sh = any_below(4), .fnxs = any_bool() };

	return s2;
}

static enum s2pt_status
try_combine(void)
{
	const struct s2pt_controls controls = any_controls();
	const struct s2pt_stage1 s1 = any_stage1();
	const struct s2pt_stage2 s2 = any_stage2();

	return s2pt_combine(&controls, &s1, &s2, &out.combined);
}

static enum s2pt_status
try_combine_types(void)
{
	const struct s2pt_controls controls = any_controls();
	const struct s2pt_stage1 s1 = any_stage1();

	return s2pt_combine_types(&controls, random_below(4) ? &s1 : NULL, (uint32_t)any_bits(8), &out.types);
}

static enum s2pt_status
try_leaf_encode(void)
{
	const struct s2pt_format format = any_format();
	const struct s2pt_leaf leaf = any_leaf(&format);

	return s2pt_desc_leaf_encode(&format, (int)random_below(6) - 1, any_oa(), &leaf, &out.desc);
}

/* A descriptor of the format, with up to three bits of it inverted. */
static s2pt_desc
any_desc(const struct s2pt_format *format, int level)
{
	s2pt_desc desc = { .raw = any64() };

	if (random_below(8)) {
		const struct s2pt_leaf leaf = any_leaf(format);

		if (s2pt_desc_leaf_encode(format, level, any_oa(), &leaf, &desc) != S2PT_OK &&
		    s2pt_desc_table_encode(format, level, any_oa(), &desc) != S2PT_OK)
			desc.raw = any64();
	}
	for (unsigned n = random_below(4); n; n--)
		desc.raw ^= UINT64_C(1) << random_below(64);
	return desc;
}

static enum s2pt_status
try_leaf_decode(void)
{
	const struct s2pt_format format = any_format();
	const int level = (int)random_below(6) - 1;

	return s2pt_desc_leaf_decode(&format, level, any_desc(&format, level), &out.decoded.pa, &out.decoded.leaf);
}

static enum s2pt_status
try_table_encode(void)
{
	const struct s2pt_format format = any_format();

	return s2pt_desc_table_encode(&format, (int)random_below(6) - 1, any_oa(), &out.desc);
}

static enum s2pt_status
try_table_decode(void)
{
	const struct s2pt_format format = any_format();
	const int level = (int)random_below(6) - 1;

	return s2pt_desc_table_decode(&format, level, any_desc(&format, level), &out.decoded.pa);
}

static struct s2pt_fault_regs
any_fault_regs(void)
{
	const uint64_t ec = random_below(4) ? 0x24 : random_below(64);
	struct s2pt_fault_regs regs = {
		.esr = (any64() & ~(UINT64_C(0x3f) << 26)) | ec << 26,
		.hpfar = any64(),
		.far = any64(),
	};

	return regs;
}

static enum s2pt_status
try_fault_decode(void)
{
	const struct s2pt_fault_regs regs = any_fault_regs();

	return s2pt_fault_decode(&regs, &out.fault);
}

static struct s2pt_fault
any_fault(void)
{
	struct s2pt_fault fault;

	for (;;) {
		const struct s2pt_fault_regs regs = any_fault_regs();

		if (s2pt_fault_decode(&regs, &fault) == S2PT_OK)
			return fault;
	}
}

static enum s2pt_status
try_fault_ipa(void)
{
	const struct s2pt_fault fault = any_fault();

	return s2pt_fault_ipa(&fault, &out.ipa);
}

static enum s2pt_status
try_fault_locate(void)
{
	GIVEN(fault, any_fault());
	return s2pt_fault_locate(&out.fault, any64());
}

static enum s2pt_status
try_fault_encode(void)
{
	const struct s2pt_fault fault = any_fault();

	return s2pt_fault_encode(&fault, &out.fault_regs);
}

static enum s2pt_status
try_par_write(void)
{
	struct s2pt_par par;

	s2pt_par_read(any64(), &par);
	return s2pt_par_write(&par, &out.value);
}

static enum s2pt_status
try_format_init(void)
{
	const struct s2pt_features cpu = any_cpu();
	const struct s2pt_config config = any_config(&cpu);

	return s2pt_format_init(&out.format, &cpu, &config);
}

/* A VTCR_EL2 of some format, with up to three bits of it inverted. */
static uint64_t
any_vtcr(const struct s2pt_format *format)
{
	uint64_t vtcr = s2pt_vtcr_encode(format);

	for (unsigned n = random_below(4); n; n--)
		vtcr ^= UINT64_C(1) << random_below(64);
	return vtcr;
}

static enum s2pt_status
try_vtcr_decode(void)
{
	const struct s2pt_features cpu = any_cpu();
	const struct s2pt_format format = any_format();

	return s2pt_vtcr_decode(&cpu, any_bool(), (enum s2pt_space)format.space, any_vtcr(&format), &out.format);
}

static enum s2pt_status
try_walker_init(void)
{
	const struct s2pt_features cpu = any_cpu();
	const struct s2pt_format format = any_format();
	const struct s2pt_stage2_regs regs = {
		.space = ANY_OF(s2pt_space, 3),
		.hcr = any64(),
		.vtcr = any_vtcr(&format),
		.vstcr = s2pt_vstcr_encode(&format),
		.vttbr = any64(),
	};

	return s2pt_walker_init(&out.walked.walker, &out.walked.format, &cpu, &regs);
}

static enum s2pt_status
try_vstcr_decode(void)
{
	const struct s2pt_features cpu = any_cpu();
	const struct s2pt_format format = any_format();
	uint64_t vstcr = s2pt_vstcr_encode(&format);

	if (random_below(4) == 0)
		vstcr ^= UINT64_C(1) << random_below(64);
	return s2pt_vstcr_decode(&cpu, any_bool(), vstcr, any_vtcr(&format), &out.format);
}

static enum s2pt_status
try_vttbr_encode(void)
{
	const struct s2pt_format format = any_format();
	const struct s2pt_vttbr vttbr = { .root = any_oa(), .vmid = (uint16_t)any_bits(8), .cnp = any_bool() };

	return s2pt_vttbr_encode(&format, &vttbr, &out.value);
}

static enum s2pt_status
try_vttbr_decode(void)
{
	const struct s2pt_format format = any_format();

	return s2pt_vttbr_decode(&format, any_bits(8) << 48 | any_oa().addr, &out.vttbr);
}

static enum s2pt_status
try_memattr_encode(void)
{
	return s2pt_memattr_encode(any_feats(), ANY_OF(s2pt_memtype, S2PT_MEMTYPE_COUNT), &out.memattr);
}

static enum s2pt_status
try_memattr_decode(void)
{
	return s2pt_memattr_decode(any_feats(), any_below(16), &out.type);
}

static enum s2pt_status
try_mair_decode(void)
{
	return s2pt_mair_decode(any_feats(), (uint8_t)random_below(256), (enum s2pt_sh)any_below(4), &out.attr);
}

static enum s2pt_status
try_par_decode(void)
{
	return s2pt_par_decode(any_feats(), (uint8_t)random_below(256), any_below(4), &out.attr);
}

static enum s2pt_status
try_policy_choose(void)
{
	const struct s2pt_region region = any_region();
	const struct s2pt_platform platform = any_platform();
	const struct s2pt_guest guest = any_guest();

	return s2pt_policy_choose(&region, &platform, &guest, &out.policy);
}

static enum s2pt_status
try_policy_meet(void)
{
	const struct s2pt_region other = any_region();

	GIVEN(region, any_region());
	return s2pt_policy_meet(&out.region, &other);
}

static enum s2pt_status
try_policy_alias(void)
{
	const struct s2pt_view a = { .attr = any_attr(), .writes = any_bool(), .idle = any_bool() };
	const struct s2pt_view b = { .attr = any_attr(), .writes = any_bool(), .idle = any_bool() };
	const struct s2pt_sharing sharing = {
		.domain = (enum s2pt_sh)random_below(4),
		.relation = ANY_OF(s2pt_relation, S2PT_RELATION_COUNT),
		.stands = (uint32_t)any_bits(7),
	};

	return s2pt_policy_alias(&a, &b, &sharing, &out.alias);
}

static enum s2pt_status
try_policy_dma(void)
{
	const struct s2pt_master master = any_master();

	return s2pt_policy_dma(&master, &out.dma);
}

static enum s2pt_status
try_policy_assign(void)
{
	const struct s2pt_master master = any_master();

	GIVEN(assigned.platform, any_platform());
	GIVEN(assigned.guest, any_guest());
	return s2pt_policy_assign(&master, &out.assigned.platform, &out.assigned.guest);
}

static enum s2pt_status
try_smmu_from_id_regs(void)
{
	const struct s2pt_smmu_id_regs regs = {
		.idr0 = (uint32_t)any64(),
		.idr1 = (uint32_t)any64(),
		.idr3 = (uint32_t)any64(),
		.idr5 = (uint32_t)any64(),
	};

	return s2pt_smmu_from_id_regs(&out.smmu, &regs);
}

/* An SMMU that can walk tables of the format, in most cases. */
static struct s2pt_smmu
any_smmu_for(const struct s2pt_format *format)
{
	struct s2pt_smmu smmu = any_smmu();

	if (random_below(8)) {
		smmu.features = cpu_of(format->feats | smmu.features.feats, format->pa_bits);
		smmu.features.lpa2_4k = smmu.features.lpa2_16k = (format->feats & S2PT_FEAT_LPA2) != 0;
	}
	return smmu;
}

static struct s2pt_smmu_stream
any_stream(void)
{
	struct s2pt_smmu_stream stream = {
		.root = any_oa(),
		.vmid = (uint16_t)any_bits(8),
		.affd = any_bool(),
		.ptw = any_bool(),
		.record = any_bool(),
		.stall = random_below(4) == 0,
		.override = any_override(),
	};

	return stream;
}

static enum s2pt_status
try_ste_encode(void)
{
	const struct s2pt_format format = any_format();
	const struct s2pt_smmu smmu = any_smmu_for(&format);
	const struct s2pt_smmu_stream stream = any_stream();

	return s2pt_smmu_ste_encode(&smmu, &format, &stream, out.ste);
}

static enum s2pt_status
try_ste_decode(void)
{
	const struct s2pt_format format = any_format();
	const struct s2pt_smmu smmu = any_smmu_for(&format);
	uint64_t ste[S2PT_SMMU_STE_WORDS] = { any64(), any64(), any64(), any64() };

	for (unsigned n = 0; n < 50; n++) {
		const struct s2pt_smmu_stream stream = any_stream();

		if (s2pt_smmu_ste_encode(&smmu, &format, &stream, ste) == S2PT_OK)
			break;
	}
	for (unsigned n = random_below(3); n; n--)
		ste[1u + random_below(3)] ^= UINT64_C(1) << random_below(64);
	return s2pt_smmu_ste_decode(&smmu, ste, &out.stream.format, &out.stream.stream);
}

static enum s2pt_status
try_smmu_combine(void)
{
	const struct s2pt_attr in = any_attr();
	const struct s2pt_stage2 s2 = any_stage2();

	return s2pt_smmu_combine(any_feats(), &in, &s2, &out.attr);
}

static struct s2pt_tlbi_request
any_request(void)
{
	struct s2pt_tlbi_request request = {
		.all = random_below(16) == 0,
		.vmid = random_below(8) == 0,
		.ipa = s2pt_ipa_of(any_bits(16) << 21),
		.size = any_bits(4) << 21,
		.level = (int8_t)(random_below(2) ? S2PT_TLBI_ANY_LEVEL : (int)random_below(6) - 1),
		.last_level = any_bool(),
		.local = any_bool(),
	};

	return request;
}

static enum s2pt_status
try_smmu_begin(void)
{
	static struct s2pt_format format;
	static struct s2pt_smmu smmu;
	static struct s2pt_smmu_params params;
	static struct s2pt_tlbi_request request;
	static const struct s2pt_smmu_ats ats = { .stream = 1, .pasids = true };

	format = any_format();
	smmu = any_smmu_for(&format);
	params = (struct s2pt_smmu_params){
		.vmid = (uint16_t)any_bits(8),
		.nested = random_below(4) == 0,
		.ats_stu = any_below(32),
		.ats = &ats,
		.ats_count = random_below(4) == 0,
	};
	request = any_request();
	return s2pt_smmu_begin(&out.smmu_seq, &smmu, &format, &params, &request, 1);
}

static enum s2pt_status
try_tlbi_begin(void)
{
	static struct s2pt_format format;
	static struct s2pt_tlbi_params params;
	static struct s2pt_tlbi_request request;

	format = any_format();
	params = (struct s2pt_tlbi_params){
		.scope = ANY_OF(s2pt_tlbi_scope, 3),
		.nxs = random_below(4) == 0,
		.ns = random_below(8) == 0,
		.repeat = any_bool(),
	};
	request = any_request();
	return s2pt_tlbi_begin(&out.tlbi_seq, &format, &params, &request, 1);
}

static enum s2pt_status
try_smmu_event_decode(void)
{
	const uint64_t record[] = { any64() & ~UINT64_C(0xd0), any64(), any64(), any64() };

	return s2pt_smmu_event_decode(record, &out.smmu_event);
}

/* Nothing is stored without memory: the list is only gone through. Two members are told what a refusal may write. */
static enum s2pt_status
try_build(void)
{
	static struct s2pt_format format;
	static struct s2pt_leaf leaf;
	struct s2pt_build_region region = { .ipa = s2pt_ipa_of(any_bits(20) << 16), .size = any_bits(6) << 16 };
	struct s2pt_build_memory build = out.build;
	enum s2pt_status status;

	format = any_format();
	leaf = any_leaf(&format);
	region.pa = s2pt_pa_of(any_bits(20) << 16);
	region.leaf = &leaf;
	build.virt = NULL;
	build.pa = s2pt_pa_of(any_bits(8) << 20);
	build.bytes = any_bits(20);
	status = s2pt_build(&format, &region, 1, &build);
	if (status == S2PT_OK)
		out.build = build;
	return status;
}

static enum s2pt_status
try_tlbi_decode(void)
{
	const uint8_t op1 = (uint8_t)(2u * any_below(4)), crn = (uint8_t)(7u + any_below(4));
	const struct s2pt_sys sys = { op1, crn, any_below(8), any_below(8) };

	return s2pt_tlbi_decode(&sys, any64(), any_bool(), &out.tlbi_cover);
}

static enum s2pt_status
try_dirty_ring_put(void)
{
	struct s2pt_dirty_ring ring = { .span = out.spans, .count = random_below(5), .taken = random_below(8) };
	uint64_t put;
	enum s2pt_status status;

	put = ring.put = ring.taken + any_below((uint8_t)(ring.count + 1u));
	status = s2pt_dirty_ring_put(&ring, s2pt_ipa_of(any64()), any64());
	if (ring.put != put)
		out.ring = ring;
	return status;
}

static enum s2pt_status
try_mapping_init(void)
{
	const struct s2pt_format format = any_format();
	const struct s2pt_leaf leaf = any_leaf(&format);

	return s2pt_mapping_init(&format, &leaf, (uint32_t)any_bits(1), &out.mapping);
}

/* --- The sweep ------------------------------------------------------------------------------------- */

/* clang-format off */
#define MEMBER(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)

/* A function, and the member that a refusal writes, since the header says so. */
static const struct {
	const char *name;
	enum s2pt_status (*try)(void);
	size_t offset, size;
} functions[] = {
	{ "s2pt_combine", try_combine, MEMBER(s2pt_combined, notes) },
	{ "s2pt_combine_types", try_combine_types, 0, 0 },
	{ "s2pt_desc_leaf_encode", try_leaf_encode, 0, 0 },
	{ "s2pt_desc_leaf_decode", try_leaf_decode, 0, 0 },
	{ "s2pt_desc_table_encode", try_table_encode, 0, 0 },
	{ "s2pt_desc_table_decode", try_table_decode, 0, 0 },
	{ "s2pt_fault_decode", try_fault_decode, 0, 0 },
	{ "s2pt_fault_ipa", try_fault_ipa, 0, 0 },
	{ "s2pt_fault_locate", try_fault_locate, 0, 0 },
	{ "s2pt_fault_encode", try_fault_encode, 0, 0 },
	{ "s2pt_par_write", try_par_write, 0, 0 },
	{ "s2pt_walker_init", try_walker_init, 0, 0 },
	{ "s2pt_format_init", try_format_init, 0, 0 },
	{ "s2pt_vtcr_decode", try_vtcr_decode, 0, 0 },
	{ "s2pt_vstcr_decode", try_vstcr_decode, 0, 0 },
	{ "s2pt_vttbr_encode", try_vttbr_encode, 0, 0 },
	{ "s2pt_vttbr_decode", try_vttbr_decode, 0, 0 },
	{ "s2pt_memattr_encode", try_memattr_encode, 0, 0 },
	{ "s2pt_memattr_decode", try_memattr_decode, 0, 0 },
	{ "s2pt_mair_decode", try_mair_decode, 0, 0 },
	{ "s2pt_par_decode", try_par_decode, 0, 0 },
	{ "s2pt_policy_choose", try_policy_choose, MEMBER(s2pt_policy, reason) },
	{ "s2pt_policy_meet", try_policy_meet, 0, 0 },
	{ "s2pt_policy_alias", try_policy_alias, 0, 0 },
	{ "s2pt_policy_dma", try_policy_dma, 0, 0 },
	{ "s2pt_policy_assign", try_policy_assign, 0, 0 },
	{ "s2pt_smmu_from_id_regs", try_smmu_from_id_regs, 0, 0 },
	{ "s2pt_smmu_ste_encode", try_ste_encode, 0, 0 },
	{ "s2pt_smmu_ste_decode", try_ste_decode, 0, 0 },
	{ "s2pt_smmu_combine", try_smmu_combine, 0, 0 },
	{ "s2pt_smmu_begin", try_smmu_begin, 0, 0 },
	{ "s2pt_tlbi_begin", try_tlbi_begin, 0, 0 },
	{ "s2pt_build", try_build, 0, 0 },
	{ "s2pt_tlbi_decode", try_tlbi_decode, 0, 0 },
	{ "s2pt_smmu_event_decode", try_smmu_event_decode, 0, 0 },
	{ "s2pt_dirty_ring_put", try_dirty_ring_put, 0, 0 },
	{ "s2pt_mapping_init", try_mapping_init, 0, 0 },
};
/* clang-format on */

static void
test_outputs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(functions); i++) {
		unsigned accepted = 0;

		for (unsigned n = 0; n < TRIES; n++) {
			enum s2pt_status status;

			POISONED(out);
			POISONED(before);
			status = functions[i].try();
			accepted += status == S2PT_OK;
			if (status == S2PT_OK)
				continue;
			for (size_t at = 0; at < sizeof(out); at++)
				CHECK(out.bytes[at] == before.bytes[at] || at - functions[i].offset < functions[i].size,
				      "%s refuses with %s, and has written byte %zu", functions[i].name,
				      s2pt_status_name(status), at);
		}
		CHECK(accepted && accepted < TRIES, "%s has accepted %u of %u", functions[i].name, accepted, TRIES);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_outputs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
