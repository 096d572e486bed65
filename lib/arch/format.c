/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * format.c: the shape of a table, and the registers that say it.
 *
 * A format is made in the order in which the rules build on each other: space, granule, output size, input size, start
 * level. Each step refuses by the rule that is broken. Registers are encoded from a format by tables of fields, and
 * decoded into a config, from which a format is made by the same steps: so a register value and a config are judged
 * alike.
 */
#include <s2pt/format.h>

#include "arch/entry.h"
#include "arch/ttbr.h"
#include "arch/vtcr.h"

/* Modes that change descriptors or walks in ways this library does not support. */
#define UNSUPPORTED (S2PT_FEAT_HAFT | S2PT_FEAT_HDBSS | S2PT_FEAT_HACDBS | S2PT_FEAT_S2PIE | \
		     S2PT_FEAT_S2POE | S2PT_FEAT_D128 | S2PT_FEAT_THE | S2PT_FEAT_MEC)

/* Of no consequence to a table. */
#define NOT_OF_TABLES (S2PT_FEAT_BBML3 | S2PT_FEAT_TLBIW)

/* Modes that ask something of the caller, and so are off unless wished for. */
#define ON_REQUEST (S2PT_FEAT_LPA2 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_VMID16)

/* VTTBR_EL2, VSTTBR_EL2 */
/* clang-format off */
static const struct field VTTBR_CNP  = { 0, 1 };
static const struct field VTTBR_VMID = { 48, 16 };
/* clang-format on */

static uint64_t
vtcr_mask(void)
{
	uint64_t mask = vstcr_mask() | field_mask(VTCR_IRGN0) | field_mask(VTCR_ORGN0) |
			field_mask(VTCR_SH0) | field_mask(VTCR_PS) | field_mask(VTCR_HWU);

	for (size_t i = 0; i < VTCR_FEAT_COUNT; i++)
		mask |= field_mask(vtcr_feats[i].bit);
	return mask;
}

/* The start levels: how SL0 and SL2 say them, and the implemented PA size that each asks for. */
/* clang-format off */
static const struct start {
	uint8_t granule;
	int8_t level;
	uint8_t sl0;
	uint8_t sl2;
	uint8_t least_pa_bits;
	s2pt_feats feat;  /* needed besides: LPA2 as DS=1, or TTST */
} starts[] = {
	/* The fewest levels first: the order of the automatic choice. */
	{ S2PT_GRANULE_4K,   3, 3, 0, 0,  S2PT_FEAT_TTST },
	{ S2PT_GRANULE_4K,   2, 0, 0, 0,  0 },
	{ S2PT_GRANULE_4K,   1, 1, 0, 0,  0 },
	{ S2PT_GRANULE_4K,   0, 2, 0, 44, 0 },
	{ S2PT_GRANULE_4K,  -1, 0, 1, 52, S2PT_FEAT_LPA2 },
	{ S2PT_GRANULE_16K,  3, 0, 0, 0,  0 },
	{ S2PT_GRANULE_16K,  2, 1, 0, 0,  0 },
	{ S2PT_GRANULE_16K,  1, 2, 0, 42, 0 },
	{ S2PT_GRANULE_16K,  0, 3, 0, 52, S2PT_FEAT_LPA2 },
	{ S2PT_GRANULE_64K,  3, 0, 0, 0,  0 },
	{ S2PT_GRANULE_64K,  2, 1, 0, 0,  0 },
	{ S2PT_GRANULE_64K,  1, 2, 0, 44, 0 },
};
/* clang-format on */
#define START_COUNT (sizeof(starts) / sizeof(starts[0]))

#define MAX_CONCATENATION_LG2 4

/* --- Making a format ------------------------------------------------------------------------------- */

void
s2pt_config_init(struct s2pt_config *config, enum s2pt_granule granule, const struct s2pt_features *cpu)
{
	config->granule = granule;
	config->space = S2PT_SPACE_NONSECURE;
	config->ipa_bits = 0;
	config->pa_bits = 0;
	config->start_level = S2PT_START_LEVEL_AUTO;
	config->feats = cpu->feats & ~(UNSUPPORTED | ON_REQUEST | NOT_OF_TABLES);
	config->pbha = 0;
	config->sh0 = S2PT_SH_ISH;
	config->irgn0 = S2PT_WALK_WB_RWA;
	config->orgn0 = S2PT_WALK_WB_RWA;
	config->sw = false;
	config->sa = false;
	config->no_contiguous = false;
	config->fixed_sw = 0;
}

static bool
is_64k(const struct s2pt_format *format)
{
	return format->granule_lg2 == S2PT_GRANULE_64K;
}

/* What an address in a descriptor, in VTTBR_EL2 or in T0SZ can hold at most. */
static uint8_t
format_bits(const struct s2pt_format *format)
{
	return is_64k(format) || (format->feats & S2PT_FEAT_LPA2) ? 52 : 48;
}

static enum s2pt_status
set_space(struct s2pt_format *format, const struct s2pt_features *cpu, const struct s2pt_config *config)
{
	s2pt_feats needed = config->space == S2PT_SPACE_REALM  ? S2PT_FEAT_RME
			  : config->space == S2PT_SPACE_SECURE ? S2PT_FEAT_SEL2
							       : 0;
	bool sel2_only = config->sw || config->sa;

	if ((unsigned)config->space > S2PT_SPACE_REALM || !has_all(cpu->feats, needed) ||
	    (sel2_only && (config->space == S2PT_SPACE_REALM || !(cpu->feats & S2PT_FEAT_SEL2))))
		return S2PT_ERR_SPACE;
	if (!has_all(cpu->feats, config->feats))
		return S2PT_ERR_FEATURE;
	if (config->feats & UNSUPPORTED)
		return S2PT_ERR_UNSUPPORTED;
	if ((config->feats & S2PT_FEAT_HAFDBS_DBM) && !(config->feats & S2PT_FEAT_HAFDBS_AF))
		return S2PT_ERR_HD;
	format->space = (uint8_t)config->space;
	format->sw = config->sw;
	format->sa = config->sa;
	format->feats = config->feats | (cpu->pa_bits >= 52 ? S2PT_FEAT_LPA : 0);
	return S2PT_OK;
}

static enum s2pt_status
set_granule(struct s2pt_format *format, const struct s2pt_features *cpu,
	    const struct s2pt_config *config)
{
	bool ds = format->feats & S2PT_FEAT_LPA2;
	bool has;

	switch (config->granule) {
	case S2PT_GRANULE_4K:
		has = ds ? cpu->lpa2_4k : cpu->granule_4k;
		break;
	case S2PT_GRANULE_16K:
		has = ds ? cpu->lpa2_16k : cpu->granule_16k;
		break;
	case S2PT_GRANULE_64K:
		has = cpu->granule_64k;
		break;
	default:
		has = false;
	}
	if (!has)
		return S2PT_ERR_GRANULE;
	if (ds && config->granule == S2PT_GRANULE_64K)
		return S2PT_ERR_DS_GRANULE;
	format->granule_lg2 = (uint8_t)config->granule;
	return S2PT_OK;
}

/* The value of PS that says @bits, or PS_COUNT. */
static unsigned
ps_of(unsigned bits)
{
	unsigned ps = 0;

	while (ps < PS_COUNT && ps_bits[ps] != bits)
		ps++;
	return ps;
}

static uint8_t
least(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

static enum s2pt_status
set_output(struct s2pt_format *format, const struct s2pt_features *cpu, const struct s2pt_config *config)
{
	format->pa_bits = config->pa_bits ? config->pa_bits : least(cpu->pa_bits, ps_bits[PS_COUNT - 1]);
	if (ps_of(format->pa_bits) == PS_COUNT || format->pa_bits > cpu->pa_bits)
		return S2PT_ERR_PA_BITS;
	if (config->sh0 == S2PT_SH_RESERVED || config->sh0 > S2PT_SH_ISH)
		return S2PT_ERR_SH;
	if (config->irgn0 > S2PT_WALK_WB_RA || config->orgn0 > S2PT_WALK_WB_RA)
		return S2PT_ERR_WALK_CACHE;
	if (config->pbha > bits_below(VTCR_HWU.width) ||
	    (config->pbha && !(format->feats & S2PT_FEAT_HPDS2)))
		return S2PT_ERR_PBHA;
	if (config->fixed_sw & ~software_bits(format))
		return S2PT_ERR_SW;
	format->oa_bits = least(format->pa_bits, format_bits(format));
	format->sh0 = config->sh0;
	format->irgn0 = config->irgn0;
	format->orgn0 = config->orgn0;
	format->pbha = config->pbha;
	format->no_contiguous = config->no_contiguous;
	format->xn_breaks = cpu->xn_breaks;
	format->fixed_sw = config->fixed_sw;
	return S2PT_OK;
}

/* 64 - T0SZ at its largest: AArch64.MaxTxSZ(). */
static uint8_t
least_ipa_bits(const struct s2pt_format *format)
{
	if (!(format->feats & S2PT_FEAT_TTST))
		return 64 - 39;
	return is_64k(format) ? 64 - 47 : 64 - 48;
}

static enum s2pt_status
set_input(struct s2pt_format *format, const struct s2pt_features *cpu, const struct s2pt_config *config)
{
	uint8_t most = format_bits(format);

	format->ipa_bits = config->ipa_bits ? config->ipa_bits : least(cpu->pa_bits, most);
	if (format->ipa_bits < least_ipa_bits(format))
		return S2PT_ERR_IPA_BELOW_MIN;
	if (format->ipa_bits > most)
		return S2PT_ERR_IPA_ABOVE_FORMAT;
	return format->ipa_bits > cpu->pa_bits ? S2PT_ERR_IPA_ABOVE_PA : S2PT_OK;
}

/* May this CPU start there: AArch64.S2InvalidSL(); does it fit T0SZ: AArch64.S2InconsistentSL(). */
static enum s2pt_status
set_start(struct s2pt_format *format, const struct s2pt_features *cpu, const struct start *start)
{
	unsigned entry_lg2 = s2pt_format_level_lg2(format, start->level);
	unsigned whole_lg2 = entry_lg2 + s2pt_format_stride(format);
	unsigned tables_lg2 = format->ipa_bits > whole_lg2 ? format->ipa_bits - whole_lg2 : 0;

	if (!has_all(format->feats, start->feat))
		return start->feat & S2PT_FEAT_TTST ? S2PT_ERR_START_TTST : S2PT_ERR_START_RESERVED;
	if (cpu->pa_bits < start->least_pa_bits)
		return S2PT_ERR_START_PA;
	if (tables_lg2 > MAX_CONCATENATION_LG2)
		return S2PT_ERR_START_TABLES;
	if (format->ipa_bits <= entry_lg2)
		return S2PT_ERR_START_UNUSED;
	format->start_level = start->level;
	format->root_tables = (uint8_t)(1u << tables_lg2);
	format->root_lg2 = (uint8_t)(format->ipa_bits - entry_lg2 + 3u);
	format->root_align_lg2 = (uint8_t)baddr_align_lg2(format, format->root_lg2);
	return S2PT_OK;
}

/* The start level that was wished for, or the first that fits. */
static enum s2pt_status
choose_start(struct s2pt_format *format, const struct s2pt_features *cpu, int8_t wished)
{
	enum s2pt_status status = S2PT_ERR_START_RESERVED;

	for (size_t i = 0; i < START_COUNT && status != S2PT_OK; i++)
		if (starts[i].granule == format->granule_lg2 &&
		    (wished == S2PT_START_LEVEL_AUTO || wished == starts[i].level))
			status = set_start(format, cpu, &starts[i]);
	return status;
}

/* Writes to @format whatever it finds out, also where it then refuses. */
static enum s2pt_status
make(struct s2pt_format *format, const struct s2pt_features *cpu, const struct s2pt_config *config)
{
	enum s2pt_status status = set_space(format, cpu, config);

	if (status == S2PT_OK)
		status = set_granule(format, cpu, config);
	if (status == S2PT_OK)
		status = set_output(format, cpu, config);
	if (status == S2PT_OK)
		status = set_input(format, cpu, config);
	if (status == S2PT_OK)
		status = choose_start(format, cpu, config->start_level);
	return status;
}

/* Made twice rather than copied: compilers copy a struct with memcpy(), which is not there. */
enum s2pt_status
s2pt_format_init(struct s2pt_format *format, const struct s2pt_features *cpu,
		 const struct s2pt_config *config)
{
	struct s2pt_format trial;
	enum s2pt_status status = make(&trial, cpu, config);

	return status == S2PT_OK ? make(format, cpu, config) : status;
}

/* --- Geometry -------------------------------------------------------------------------------------- */

/* Levels with blocks, and those that need DS=1 (4K, 16K) or a 52-bit PA (64K) for it. */
/* clang-format off */
static const struct {
	uint8_t granule;
	int8_t level;
	s2pt_feats feat;
	uint8_t contiguous_lg2;
} leaves[] = {
	{ S2PT_GRANULE_4K,  0, S2PT_FEAT_LPA2, 0 },
	{ S2PT_GRANULE_4K,  1, 0, 4 },
	{ S2PT_GRANULE_4K,  2, 0, 4 },
	{ S2PT_GRANULE_4K,  3, 0, 4 },
	{ S2PT_GRANULE_16K, 1, S2PT_FEAT_LPA2, 0 },
	{ S2PT_GRANULE_16K, 2, 0, 5 },
	{ S2PT_GRANULE_16K, 3, 0, 7 },
	{ S2PT_GRANULE_64K, 1, S2PT_FEAT_LPA, 0 },
	{ S2PT_GRANULE_64K, 2, 0, 5 },
	{ S2PT_GRANULE_64K, 3, 0, 5 },
};
/* clang-format on */
#define LEAF_COUNT (sizeof(leaves) / sizeof(leaves[0]))

/* The row of @leaves for a level of this format, or LEAF_COUNT. */
static size_t
leaf_row(const struct s2pt_format *format, int level)
{
	size_t i = 0;

	while (i < LEAF_COUNT &&
	       (leaves[i].granule != format->granule_lg2 || leaves[i].level != level ||
		!has_all(format->feats, leaves[i].feat) || !s2pt_format_has_level(format, level)))
		i++;
	return i;
}

bool
s2pt_format_has_block(const struct s2pt_format *format, int level)
{
	return level != S2PT_LEVEL_LAST && leaf_row(format, level) < LEAF_COUNT;
}

unsigned
s2pt_format_contiguous_lg2(const struct s2pt_format *format, int level)
{
	size_t i = leaf_row(format, level);

	if (i == LEAF_COUNT || format->no_contiguous ||
	    s2pt_format_level_lg2(format, level) + leaves[i].contiguous_lg2 > format->ipa_bits)
		return 0;
	return leaves[i].contiguous_lg2;
}

/* --- VTCR_EL2, VSTCR_EL2 --------------------------------------------------------------------------- */

static const struct start *
start_of_level(const struct s2pt_format *format)
{
	const struct start *start = starts;

	while (start->granule != format->granule_lg2 || start->level != format->start_level)
		start++;
	return start;
}

static unsigned
tg0_of(uint8_t granule)
{
	unsigned tg0 = 0;

	while (tg0_granule[tg0] != granule)
		tg0++;
	return tg0;
}

/* Both registers' fields at once: they do not overlap but for RES1. */
static uint64_t
control_bits(const struct s2pt_format *format)
{
	const struct start *start = start_of_level(format);
	uint64_t value = field_put(VTCR_T0SZ, 64u - format->ipa_bits) |
			 field_put(VTCR_SL0, start->sl0) |
			 field_put(VTCR_SL2, start->sl2) |
			 field_put(VTCR_TG0, tg0_of(format->granule_lg2)) |
			 field_put(VTCR_NSW, format->sw) |
			 field_put(VTCR_NSA, format->sa) |
			 field_put(VTCR_RES1, 1) |
			 field_put(VTCR_IRGN0, format->irgn0) |
			 field_put(VTCR_ORGN0, format->orgn0) |
			 field_put(VTCR_SH0, format->sh0) |
			 field_put(VTCR_PS, ps_of(format->pa_bits)) |
			 field_put(VTCR_HWU, format->pbha);

	for (size_t i = 0; i < VTCR_FEAT_COUNT; i++)
		if (format->feats & vtcr_feats[i].feat)
			value |= field_mask(vtcr_feats[i].bit);
	return value;
}

uint64_t
s2pt_vtcr_encode(const struct s2pt_format *format)
{
	uint64_t value = control_bits(format);

	if (format->space == S2PT_SPACE_SECURE)
		value &= ~vstcr_mask();
	return value | field_mask(VTCR_RES1);
}

uint64_t
s2pt_vstcr_encode(const struct s2pt_format *format)
{
	return format->space == S2PT_SPACE_SECURE ? control_bits(format) & vstcr_mask() : 0;
}

/* The level that SL0 and SL2 name, or one that does not exist. */
static int8_t
level_of_start(uint8_t granule, uint64_t sl0, uint64_t sl2)
{
	for (size_t i = 0; i < START_COUNT; i++)
		if (starts[i].granule == granule && starts[i].sl0 == sl0 && starts[i].sl2 == sl2)
			return starts[i].level;
	return S2PT_LEVEL_FIRST - 1;
}

/* What Arm defines, and this library does not have. */
static uint64_t
unsupported_modes(void)
{
	uint64_t modes = 0;

	for (size_t i = 0; i < sizeof(vtcr_unsupported) / sizeof(vtcr_unsupported[0]); i++)
		modes |= field_mask(vtcr_unsupported[i]);
	return modes;
}

static enum s2pt_status
decode_controls(struct s2pt_format *format, const struct s2pt_features *cpu, bool fwb,
		enum s2pt_space space, uint64_t value)
{
	uint64_t tg0 = field_get(VTCR_TG0, value);
	uint64_t ps = field_get(VTCR_PS, value);
	struct s2pt_config config;

	if (value & unsupported_modes())
		return S2PT_ERR_UNSUPPORTED;
	if ((value & ~vtcr_mask()) || !field_bit(VTCR_RES1, value))
		return S2PT_ERR_REG_RES0;
	if (tg0 >= TG0_COUNT)
		return S2PT_ERR_GRANULE;
	if (ps >= PS_COUNT)
		return S2PT_ERR_PA_BITS;
	s2pt_config_init(&config, (enum s2pt_granule)tg0_granule[tg0], cpu);
	config.space = space;
	config.ipa_bits = (uint8_t)(64u - field_get(VTCR_T0SZ, value));
	config.pa_bits = ps_bits[ps];
	config.start_level = level_of_start(tg0_granule[tg0], field_get(VTCR_SL0, value),
					    field_get(VTCR_SL2, value));
	config.feats &= ~S2PT_FEAT_S2FWB;
	if (fwb)
		config.feats |= S2PT_FEAT_S2FWB;
	for (size_t i = 0; i < VTCR_FEAT_COUNT; i++)
		if (field_bit(vtcr_feats[i].bit, value))
			config.feats |= vtcr_feats[i].feat;
	/* SL2 is there for 4K with DS=1. */
	if (field_bit(VTCR_SL2, value) &&
	    (config.granule != S2PT_GRANULE_4K || !(config.feats & S2PT_FEAT_LPA2)))
		return S2PT_ERR_REG_RES0;
	config.pbha = (uint8_t)field_get(VTCR_HWU, value);
	config.sh0 = (uint8_t)field_get(VTCR_SH0, value);
	config.irgn0 = (uint8_t)field_get(VTCR_IRGN0, value);
	config.orgn0 = (uint8_t)field_get(VTCR_ORGN0, value);
	config.sw = field_bit(VTCR_NSW, value);
	config.sa = field_bit(VTCR_NSA, value);
	return s2pt_format_init(format, cpu, &config);
}

enum s2pt_status
s2pt_vtcr_decode(const struct s2pt_features *cpu, bool fwb, enum s2pt_space space, uint64_t vtcr,
		 struct s2pt_format *format)
{
	if (space == S2PT_SPACE_SECURE)
		return S2PT_ERR_SPACE;
	return decode_controls(format, cpu, fwb, space, vtcr);
}

enum s2pt_status
s2pt_vstcr_decode(const struct s2pt_features *cpu, bool fwb, uint64_t vstcr, uint64_t vtcr,
		  struct s2pt_format *format)
{
	if ((vstcr & ~vstcr_mask()) || !field_bit(VTCR_RES1, vtcr))
		return S2PT_ERR_REG_RES0;
	return decode_controls(format, cpu, fwb, S2PT_SPACE_SECURE,
			       vstcr | (vtcr & ~vstcr_mask()));
}

uint64_t
s2pt_vtcr_strip(const struct s2pt_features *cpu, enum s2pt_space space, uint64_t value, struct s2pt_vtcr_extra *extra)
{
	const bool secure = space == S2PT_SPACE_SECURE;
	const uint64_t modes = secure ? 0 : unsupported_modes();
	const uint64_t known = secure ? vstcr_mask() : vtcr_mask();
	const bool uses_ns = space != S2PT_SPACE_REALM && (cpu->feats & S2PT_FEAT_SEL2);
	const uint64_t unused = uses_ns ? 0 : field_mask(VTCR_NSW) | field_mask(VTCR_NSA);

	extra->unsupported = value & modes;
	extra->ignored = value & known & unused;
	extra->res0 = value & ~(known | modes);
	extra->res1 = ~value & field_mask(VTCR_RES1);
	return (value & known & ~unused) | field_mask(VTCR_RES1);
}

/* --- VTTBR_EL2, VSTTBR_EL2 ------------------------------------------------------------------------- */

static unsigned
vmid_bits(const struct s2pt_format *format)
{
	if (format->space == S2PT_SPACE_SECURE)
		return 0;
	return format->feats & S2PT_FEAT_VMID16 ? 16 : 8;
}

static enum s2pt_status
check_vttbr(const struct s2pt_format *format, const struct s2pt_vttbr *vttbr)
{
	if (vttbr->root.addr & bits_below(format->root_align_lg2))
		return S2PT_ERR_ROOT_ALIGN;
	if (vttbr->root.addr >> format->oa_bits)
		return S2PT_ERR_ROOT_PA;
	if (vttbr->vmid >> vmid_bits(format))
		return S2PT_ERR_VMID;
	if (vttbr->cnp && !(format->feats & S2PT_FEAT_TTCNP))
		return S2PT_ERR_CNP;
	return S2PT_OK;
}

/* The bits that this format's register has. */
static uint64_t
vttbr_mask(const struct s2pt_format *format)
{
	uint64_t mask = field_put(VTTBR_VMID, bits_below(vmid_bits(format))) |
			(bits_below(BADDR_BITS) & ~bits_below(format->root_align_lg2));

	if (has_baddr_52(format))
		mask |= field_mask(BADDR_52);
	if (format->feats & S2PT_FEAT_TTCNP)
		mask |= field_mask(VTTBR_CNP);
	return mask;
}

/* Beyond BADDR_BITS the root has only what has_baddr_52() allows: check_vttbr() saw to it. */
static uint64_t
vttbr_value(const struct s2pt_vttbr *vttbr)
{
	return (vttbr->root.addr & bits_below(BADDR_BITS)) |
	       field_put(BADDR_52, vttbr->root.addr >> BADDR_BITS) |
	       field_put(VTTBR_VMID, vttbr->vmid) | field_put(VTTBR_CNP, vttbr->cnp);
}

enum s2pt_status
s2pt_vttbr_encode(const struct s2pt_format *format, const struct s2pt_vttbr *vttbr, uint64_t *value)
{
	enum s2pt_status status = check_vttbr(format, vttbr);

	if (status == S2PT_OK)
		*value = vttbr_value(vttbr);
	return status;
}

enum s2pt_status
s2pt_vttbr_decode(const struct s2pt_format *format, uint64_t value, struct s2pt_vttbr *vttbr)
{
	const uint64_t root = baddr_get(format, format->root_align_lg2, value);

	if (value & ~vttbr_mask(format))
		return S2PT_ERR_REG_RES0;
	if (root >> format->oa_bits)
		return S2PT_ERR_ROOT_PA;
	vttbr->root = s2pt_pa_of(root);
	vttbr->vmid = (uint16_t)field_get(VTTBR_VMID, value);
	vttbr->cnp = field_bit(VTTBR_CNP, value);
	return S2PT_OK;
}

uint64_t
s2pt_vttbr_strip(const struct s2pt_format *format, uint64_t value, uint64_t *res0)
{
	const uint64_t mask = vttbr_mask(format);

	*res0 = value & ~mask;
	return value & mask;
}
