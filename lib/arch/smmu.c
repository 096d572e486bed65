/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * smmu.c: an SMMUv3 on the tables of CPUs: features, Stream Table Entries, attributes.
 *
 * Stage 2 of an STE repeats VTCR_EL2, so its fields are made from the format by way of VTCR_EL2, and read back through
 * it: the rules of formats stand in format.c alone. Likewise attributes combine by s2pt_combine(); here is what comes
 * before it, the overrides of a stream, and after it, No_snoop.
 */
#include <s2pt/smmu.h>

#include "arch/vtcr.h"

/* --- ID registers (IHI 0070, 6.3) ------------------------------------------------------------------ */

enum idr {
	IDR0,
	IDR1,
	IDR3,
	IDR5,
	IDR_COUNT,
};

/* A feature is there where a field holds at least a value. */
static const struct {
	uint8_t idr;
	struct field field;
	uint8_t least;
	s2pt_feats feat;
} id_fields[] = {
	{ IDR0, { 6, 2 }, 1, S2PT_FEAT_HAFDBS_AF }, /* HTTU */
	{ IDR0, { 6, 2 }, 2, S2PT_FEAT_HAFDBS_DBM },
	{ IDR0, { 18, 1 }, 1, S2PT_FEAT_VMID16 },                  /* VMID16 */
	{ IDR3, { 3, 1 }, 1, S2PT_FEAT_HPDS2 },                    /* PBHA */
	{ IDR3, { 4, 1 }, 1, S2PT_FEAT_XNX },                      /* XNX */
	{ IDR3, { 8, 1 }, 1, S2PT_FEAT_S2FWB },                    /* FWB */
	{ IDR3, { 9, 1 }, 1, S2PT_FEAT_TTST },                     /* STT */
	{ IDR3, { 11, 2 }, 1, S2PT_FEAT_BBML1 },                   /* BBML */
	{ IDR3, { 11, 2 }, 2, S2PT_FEAT_BBML2 | S2PT_FEAT_BBML3 }, /* without F_TLB_CONFLICT: 3.21.1.3 */
	{ IDR3, { 22, 1 }, 1, S2PT_FEAT_MTE_PERM },                /* MTEPERM */
	{ IDR5, { 0, 3 }, 6, S2PT_FEAT_LPA },                      /* OAS */
};

/* clang-format off */
static const struct field IDR0_S2P            = { 0, 1 };
static const struct field IDR0_S1P            = { 1, 1 };
static const struct field IDR0_TTF_AARCH64    = { 3, 1 };
static const struct field IDR0_COHACC         = { 4, 1 };
static const struct field IDR0_BTM            = { 5, 1 };
static const struct field IDR0_ATS            = { 10, 1 };
static const struct field IDR0_TTENDIAN       = { 21, 2 };
static const struct field IDR0_STALL_MODEL    = { 24, 2 };
static const struct field IDR1_ATTR_TYPES_OVR = { 27, 1 };
static const struct field IDR3_RIL            = { 10, 1 };
static const struct field IDR5_OAS            = { 0, 3 };
static const struct field IDR5_GRAN4K         = { 4, 1 };
static const struct field IDR5_GRAN16K        = { 5, 1 };
static const struct field IDR5_GRAN64K        = { 6, 1 };
static const struct field IDR5_DS             = { 7, 1 };
/* clang-format on */

#define TTENDIAN_BIG 3u

static const uint8_t oas_bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };

/* What concerns CPUs alone: no SMMU stands in its way. */
#define CPU_ONLY (S2PT_FEAT_TTL | S2PT_FEAT_TLBIW | S2PT_FEAT_TLBIOS | S2PT_FEAT_TLBIRANGE | S2PT_FEAT_TTCNP | \
		  S2PT_FEAT_LSE | S2PT_FEAT_MTE2)

static void
set_granules(struct s2pt_features *features, uint32_t idr5)
{
	bool ds = field_bit(IDR5_DS, idr5);

	features->granule_4k = field_bit(IDR5_GRAN4K, idr5);
	features->granule_16k = field_bit(IDR5_GRAN16K, idr5);
	features->granule_64k = field_bit(IDR5_GRAN64K, idr5);
	features->lpa2_4k = ds && features->granule_4k;
	features->lpa2_16k = ds && features->granule_16k;
	if (features->lpa2_4k || features->lpa2_16k)
		features->feats |= S2PT_FEAT_LPA2;
}

enum s2pt_status
s2pt_smmu_from_id_regs(struct s2pt_smmu *smmu, const struct s2pt_smmu_id_regs *regs)
{
	const uint32_t idr[IDR_COUNT] = { regs->idr0, regs->idr1, regs->idr3, regs->idr5 };

	if (!field_bit(IDR0_S2P, idr[IDR0]) || !field_bit(IDR0_TTF_AARCH64, idr[IDR0]) ||
	    field_get(IDR0_TTENDIAN, idr[IDR0]) == TTENDIAN_BIG)
		return S2PT_ERR_FEATURE;
	smmu->features.feats = CPU_ONLY;
	for (size_t i = 0; i < sizeof(id_fields) / sizeof(id_fields[0]); i++)
		if (field_get(id_fields[i].field, idr[id_fields[i].idr]) >= id_fields[i].least)
			smmu->features.feats |= id_fields[i].feat;
	smmu->features.xn_breaks = false;
	smmu->features.pa_bits = oas_bits[field_get(IDR5_OAS, idr[IDR5])];
	set_granules(&smmu->features, idr[IDR5]);
	smmu->stage1 = field_bit(IDR0_S1P, idr[IDR0]);
	smmu->coherent = field_bit(IDR0_COHACC, idr[IDR0]);
	smmu->btm = field_bit(IDR0_BTM, idr[IDR0]);
	smmu->ats = field_bit(IDR0_ATS, idr[IDR0]);
	smmu->stall = (enum s2pt_smmu_stall)field_get(IDR0_STALL_MODEL, idr[IDR0]);
	smmu->types_ovr = field_bit(IDR1_ATTR_TYPES_OVR, idr[IDR1]);
	smmu->ril = field_bit(IDR3_RIL, idr[IDR3]);
	smmu->repeat = false;
	smmu->whole_groups = false;
	smmu->sync_within = 0;
	return S2PT_OK;
}

/* --- Stream Table Entries (5.2) -------------------------------------------------------------------- */

/* Word 1: STE[127:64] */
/* clang-format off */
static const struct field STE1_S2HWU    = { 8, 4 };
static const struct field STE1_S2FWB    = { 25, 1 };
static const struct field STE1_MEMATTR  = { 32, 4 };
static const struct field STE1_MTCFG    = { 36, 1 };
static const struct field STE1_ALLOCCFG = { 37, 4 };
static const struct field STE1_SHCFG    = { 44, 2 };
/* clang-format on */

/* Word 2: STE[191:128] */
/* clang-format off */
static const struct field STE2_S2VMID = { 0, 16 };
static const struct field STE2_VTCR   = { 32, 19 };  /* VTCR_EL2[18:0]: T0SZ to PS */
static const struct field STE2_S2AA64 = { 51, 1 };
static const struct field STE2_S2ENDI = { 52, 1 };
static const struct field STE2_S2AFFD = { 53, 1 };
static const struct field STE2_S2PTW  = { 54, 1 };
static const struct field STE2_S2HD   = { 55, 1 };
static const struct field STE2_S2HA   = { 56, 1 };
static const struct field STE2_S2S    = { 57, 1 };
static const struct field STE2_S2R    = { 58, 1 };
static const struct field STE2_UNSUPPORTED = { 59, 3 };  /* S2HAFT, S2PIE, S2POE */
/* clang-format on */

/* Word 3: STE[255:192] */
/* clang-format off */
static const struct field STE3_NS      = { 0, 2 };    /* S2NSW, S2NSA: Secure streams */
static const struct field STE3_S2SL0_2 = { 2, 1 };
static const struct field STE3_S2DS    = { 3, 1 };
static const struct field STE3_S2TTB   = { 4, 48 };   /* PA[51:4], at its own place */
static const struct field STE3_RES0    = { 52, 12 };  /* and S2SKL */
/* clang-format on */

/* VTCR_EL2[18:0] */
static const struct field VTCR_LOW = { 0, 19 };

#define SHCFG_INCOMING 1u

/* ALLOCCFG: {override, RA, WA, transient} */
/* clang-format off */
static const struct field ALLOCCFG_ON        = { 3, 1 };
static const struct field ALLOCCFG_ALLOC     = { 1, 2 };
static const struct field ALLOCCFG_TRANSIENT = { 0, 1 };
/* clang-format on */

/* Is what is not overridden zero, and what is a value? ALLOCCFG without MTCFG is UNPREDICTABLE. */
static enum s2pt_status
check_override(const struct s2pt_smmu *smmu, const struct s2pt_smmu_override *override)
{
	if (!override->type && (override->memattr || override->hints))
		return S2PT_ERR_RESERVED;
	if (!override->hints && (override->alloc || override->transient))
		return S2PT_ERR_RESERVED;
	if ((!override->sh && override->sh_is) || override->sh_is == S2PT_SH_RESERVED)
		return S2PT_ERR_RESERVED;
	if (override->memattr > bits_below(STE1_MEMATTR.width) || override->sh_is > S2PT_SH_ISH ||
	    override->alloc > S2PT_ALLOC_RWA)
		return S2PT_ERR_RESERVED;
	return (override->type || override->sh) && !smmu->types_ovr ? S2PT_ERR_FEATURE : S2PT_OK;
}

/* Without IDR1.ATTR_TYPES_OVR all fields of overrides are RES0, "use the incoming attribute" included. */
static unsigned
shcfg_incoming(const struct s2pt_smmu *smmu)
{
	return smmu->types_ovr ? SHCFG_INCOMING : 0;
}

static uint64_t
override_bits(const struct s2pt_smmu *smmu, const struct s2pt_smmu_override *override)
{
	uint64_t alloccfg = field_put(ALLOCCFG_ON, override->hints) |
			    field_put(ALLOCCFG_ALLOC, override->alloc) |
			    field_put(ALLOCCFG_TRANSIENT, override->transient);

	return field_put(STE1_MTCFG, override->type) | field_put(STE1_MEMATTR, override->memattr) |
	       field_put(STE1_ALLOCCFG, alloccfg) |
	       field_put(STE1_SHCFG, override->sh ? override->sh_is : shcfg_incoming(smmu));
}

/* S2S is ILLEGAL where the SMMU cannot stall, and missing where it must (5.2.2). */
static enum s2pt_status
check_stall(const struct s2pt_smmu *smmu, const struct s2pt_smmu_stream *stream)
{
	return smmu->stall == (stream->stall ? S2PT_SMMU_STALL_NEVER : S2PT_SMMU_STALL_ALWAYS) ? S2PT_ERR_STALL
											       : S2PT_OK;
}

/* The SMMU has all that walks of this table need, and its shape is one of the SMMU's. */
static enum s2pt_status
check_format(const struct s2pt_smmu *smmu, const struct s2pt_format *format)
{
	struct s2pt_format probe;

	if (format->space == S2PT_SPACE_SECURE || format->sw || format->sa)
		return S2PT_ERR_SPACE;
	if (!has_all(smmu->features.feats, format->feats))
		return S2PT_ERR_FEATURE;
	return s2pt_vtcr_decode(&smmu->features, format->feats & S2PT_FEAT_S2FWB,
				S2PT_SPACE_NONSECURE, s2pt_vtcr_encode(format), &probe);
}

/* As VTTBR_EL2, but that with S2PS = 52 bits PA[5:0] are always taken as zero. */
static enum s2pt_status
check_root(const struct s2pt_format *format, const struct s2pt_smmu_stream *stream)
{
	struct s2pt_vttbr vttbr;
	uint64_t value;

	vttbr.root = stream->root;
	vttbr.vmid = stream->vmid;
	vttbr.cnp = false;
	if (format->pa_bits == 52 && (stream->root.addr & bits_below(6)))
		return S2PT_ERR_ROOT_ALIGN;
	return s2pt_vttbr_encode(format, &vttbr, &value);
}

enum s2pt_status
s2pt_smmu_ste_encode(const struct s2pt_smmu *smmu, const struct s2pt_format *format,
		     const struct s2pt_smmu_stream *stream, uint64_t ste[S2PT_SMMU_STE_WORDS])
{
	uint64_t vtcr = s2pt_vtcr_encode(format);
	enum s2pt_status status = check_format(smmu, format);

	if (status == S2PT_OK)
		status = check_override(smmu, &stream->override);
	if (status == S2PT_OK)
		status = check_stall(smmu, stream);
	if (status == S2PT_OK)
		status = check_root(format, stream);
	if (status != S2PT_OK)
		return status;
	ste[0] = 0;
	ste[1] = override_bits(smmu, &stream->override) | field_put(STE1_S2HWU, format->pbha) |
		 field_put(STE1_S2FWB, (format->feats & S2PT_FEAT_S2FWB) != 0);
	ste[2] = field_put(STE2_S2VMID, stream->vmid) |
		 field_put(STE2_VTCR, field_get(VTCR_LOW, vtcr)) | field_put(STE2_S2AA64, 1) |
		 field_put(STE2_S2AFFD, stream->affd) | field_put(STE2_S2PTW, stream->ptw) |
		 field_put(STE2_S2HD, (format->feats & S2PT_FEAT_HAFDBS_DBM) != 0) |
		 field_put(STE2_S2HA, (format->feats & S2PT_FEAT_HAFDBS_AF) != 0) |
		 field_put(STE2_S2S, stream->stall) | field_put(STE2_S2R, stream->record);
	ste[3] = field_put(STE3_S2SL0_2, field_get(VTCR_SL2, vtcr)) |
		 field_put(STE3_S2DS, (format->feats & S2PT_FEAT_LPA2) != 0) | stream->root.addr;
	return S2PT_OK;
}

/* The features that an STE turns on, as VTCR_EL2 would; VMID16 has no field. */
static s2pt_feats
ste_feats(const struct s2pt_smmu *smmu, const uint64_t ste[S2PT_SMMU_STE_WORDS])
{
	return (field_bit(STE3_S2DS, ste[3]) ? S2PT_FEAT_LPA2 : 0) |
	       (field_bit(STE2_S2HA, ste[2]) ? S2PT_FEAT_HAFDBS_AF : 0) |
	       (field_bit(STE2_S2HD, ste[2]) ? S2PT_FEAT_HAFDBS_DBM : 0) |
	       (smmu->features.feats & S2PT_FEAT_VMID16);
}

static uint64_t
ste_vtcr(s2pt_feats feats, const uint64_t ste[S2PT_SMMU_STE_WORDS])
{
	uint64_t vtcr = field_mask(VTCR_RES1) | field_get(STE2_VTCR, ste[2]) |
			field_put(VTCR_HWU, field_get(STE1_S2HWU, ste[1])) |
			field_put(VTCR_SL2, field_get(STE3_S2SL0_2, ste[3]));

	for (size_t i = 0; i < VTCR_FEAT_COUNT; i++)
		if (feats & vtcr_feats[i].feat)
			vtcr |= field_mask(vtcr_feats[i].bit);
	return vtcr;
}

static void
decode_stream(const struct s2pt_smmu *smmu, const uint64_t ste[S2PT_SMMU_STE_WORDS], struct s2pt_smmu_stream *stream)
{
	struct s2pt_smmu_override *override = &stream->override;
	uint64_t alloccfg = field_get(STE1_ALLOCCFG, ste[1]);
	uint64_t shcfg = field_get(STE1_SHCFG, ste[1]);

	stream->root = s2pt_pa_of(ste[3] & field_mask(STE3_S2TTB));
	stream->vmid = (uint16_t)field_get(STE2_S2VMID, ste[2]);
	stream->affd = field_bit(STE2_S2AFFD, ste[2]);
	stream->ptw = field_bit(STE2_S2PTW, ste[2]);
	stream->record = field_bit(STE2_S2R, ste[2]);
	stream->stall = field_bit(STE2_S2S, ste[2]);
	override->type = field_bit(STE1_MTCFG, ste[1]);
	override->memattr = (uint8_t)field_get(STE1_MEMATTR, ste[1]);
	override->sh = shcfg != shcfg_incoming(smmu);
	override->sh_is = override->sh ? (uint8_t)shcfg : S2PT_SH_NSH;
	override->hints = field_bit(ALLOCCFG_ON, alloccfg);
	override->alloc = (uint8_t)field_get(ALLOCCFG_ALLOC, alloccfg);
	override->transient = field_bit(ALLOCCFG_TRANSIENT, alloccfg);
}

enum s2pt_status
s2pt_smmu_ste_decode(const struct s2pt_smmu *smmu, const uint64_t ste[S2PT_SMMU_STE_WORDS],
		     struct s2pt_format *format, struct s2pt_smmu_stream *stream)
{
	uint64_t vtcr = ste_vtcr(ste_feats(smmu, ste), ste);
	bool fwb = field_bit(STE1_S2FWB, ste[1]);
	struct s2pt_smmu_stream trial;
	struct s2pt_format probe;
	enum s2pt_status status;

	if (!field_bit(STE2_S2AA64, ste[2]) || field_bit(STE2_S2ENDI, ste[2]) || field_bit(STE2_UNSUPPORTED, ste[2]))
		return S2PT_ERR_UNSUPPORTED;
	if (field_bit(STE3_NS, ste[3]) || field_bit(STE3_RES0, ste[3]) ||
	    (!smmu->types_ovr && field_get(STE1_SHCFG, ste[1]) == SHCFG_INCOMING))
		return S2PT_ERR_REG_RES0;
	decode_stream(smmu, ste, &trial);
	status = check_override(smmu, &trial.override);
	if (status == S2PT_OK)
		status = check_stall(smmu, &trial);
	if (status == S2PT_OK)
		status = s2pt_vtcr_decode(&smmu->features, fwb, S2PT_SPACE_NONSECURE, vtcr, &probe);
	if (status == S2PT_OK)
		status = check_root(&probe, &trial);
	if (status != S2PT_OK)
		return status;
	decode_stream(smmu, ste, stream);
	return s2pt_vtcr_decode(&smmu->features, fwb, S2PT_SPACE_NONSECURE, vtcr, format);
}

/* --- Attributes (13.1) ----------------------------------------------------------------------------- */

/* Normal Write-Back, RA and WA, non-transient, as MAIR has it. */
#define MAIR_WB_RWA 0xffu

void
s2pt_smmu_default_attr(struct s2pt_attr *attr)
{
	must_be_ok(s2pt_mair_decode(0, MAIR_WB_RWA, S2PT_SH_NSH, attr));
}

static bool
is_uncached(const struct s2pt_attr *attr)
{
	return !(s2pt_attr_properties(attr) & S2PT_PROPERTY_CACHED);
}

/* A half that had no hints gets the default ones: both, non-transient. */
static void
override_half(struct s2pt_cache_attr *half, bool device, unsigned cacheability)
{
	if (device || half->cacheability == S2PT_NC) {
		half->alloc = S2PT_ALLOC_RWA;
		half->transient = false;
	}
	half->cacheability = (uint8_t)cacheability;
	if (cacheability == S2PT_NC) {
		half->alloc = S2PT_ALLOC_NO;
		half->transient = false;
	}
}

/* MemAttr without FWB: {outer, inner}, 1 NC, 2 WT, 3 WB, and outer 0 a Device type. */
static void
override_type(uint8_t memattr, struct s2pt_attr *attr)
{
	unsigned outer = memattr >> 2, inner = memattr & 3u;
	bool device = outer == 0 || inner == 0;

	override_half(&attr->outer, attr->device, device ? S2PT_NC : outer - 1u);
	override_half(&attr->inner, attr->device, device ? S2PT_NC : inner - 1u);
	attr->device = device;
	attr->device_type = outer == 0 ? (uint8_t)inner : S2PT_DEVICE_nGnRnE;
	attr->tagged = false;
	attr->notagaccess = false;
	attr->xs = device || outer != 3u || inner != 3u;
}

static void
override_hints(const struct s2pt_smmu_override *override, struct s2pt_cache_attr *half)
{
	if (half->cacheability == S2PT_NC)
		return;
	half->alloc = override->alloc;
	half->transient = override->transient && override->alloc != S2PT_ALLOC_NO;
}

void
s2pt_smmu_apply_override(const struct s2pt_smmu_override *override, struct s2pt_attr *attr)
{
	if (override->type)
		override_type(override->memattr, attr);
	if (override->hints) {
		override_hints(override, &attr->outer);
		override_hints(override, &attr->inner);
	}
	if (is_uncached(attr))
		attr->sh = S2PT_SH_OSH;
	else if (override->sh)
		attr->sh = override->sh_is;
}

/* Without XS and tags a MAIR byte says all of an attribute, so the CPU's rules are asked in its words. */
enum s2pt_status
s2pt_smmu_combine(s2pt_feats feats, const struct s2pt_attr *in, const struct s2pt_stage2 *s2,
		  struct s2pt_attr *out)
{
	struct s2pt_combined combined;
	struct s2pt_controls controls;
	struct s2pt_stage1 s1;
	enum s2pt_status status;

	controls.feats = feats & (S2PT_FEAT_S2FWB | S2PT_FEAT_MTE_PERM);
	controls.access = S2PT_ACCESS_DATA;
	controls.sctlr_c = true;
	controls.sctlr_i = true;
	controls.hcr_cd = false;
	controls.hcr_id = false;
	controls.hcr_dc = false;
	controls.hcr_dct = false;
	controls.hcr_ptw = false;
	controls.s1_effective_sh = true;
	s1.off = false;
	s1.mair = s2pt_par_encode(0, in);
	s1.sh = in->sh;
	status = s2pt_combine(&controls, &s1, s2, &combined);
	if (status == S2PT_OK)
		status = s2pt_mair_decode(0, combined.par_attr, (enum s2pt_sh)combined.attr.sh, out);
	return status;
}

void
s2pt_smmu_no_snoop(struct s2pt_attr *attr)
{
	if (attr->device)
		return;
	override_half(&attr->outer, false, S2PT_NC);
	override_half(&attr->inner, false, S2PT_NC);
	attr->sh = S2PT_SH_OSH;
	attr->xs = true;
}
