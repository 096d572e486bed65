/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Errata: what each part has, written down a second time from the facts, and what follows from each erratum. */
#include "unit.h"

/* --- The facts: parts -------------------------------------------------------------------------------- */

#define ARM       0x41u
#define BROADCOM  0x42u
#define CAVIUM    0x43u
#define FUJITSU   0x46u
#define HISILICON 0x48u
#define NVIDIA    0x4eu
#define APM       0x50u
#define QUALCOMM  0x51u
#define APPLE     0x61u
#define MICROSOFT 0x6du
#define AMPERE    0xc0u

#define ARM_SMMU 0x43bu

#define A53      ARM, 0xd03
#define A35      ARM, 0xd04
#define A55      ARM, 0xd05
#define A65      ARM, 0xd06
#define A57      ARM, 0xd07
#define A72      ARM, 0xd08
#define A73      ARM, 0xd09
#define A75      ARM, 0xd0a
#define A76      ARM, 0xd0b
#define N1       ARM, 0xd0c
#define A77      ARM, 0xd0d
#define A76AE    ARM, 0xd0e
#define V1       ARM, 0xd40
#define A78      ARM, 0xd41
#define A78AE    ARM, 0xd42
#define A65AE    ARM, 0xd43
#define X1       ARM, 0xd44
#define A510     ARM, 0xd46
#define A710     ARM, 0xd47
#define X2       ARM, 0xd48
#define N2       ARM, 0xd49
#define E1       ARM, 0xd4a
#define A78C     ARM, 0xd4b
#define X1C      ARM, 0xd4c
#define A715     ARM, 0xd4d
#define X3       ARM, 0xd4e
#define V2       ARM, 0xd4f
#define A520     ARM, 0xd80
#define A720     ARM, 0xd81
#define X4       ARM, 0xd82
#define V3AE     ARM, 0xd83
#define V3       ARM, 0xd84
#define X925     ARM, 0xd85
#define A725     ARM, 0xd87
#define A520AE   ARM, 0xd88
#define A720AE   ARM, 0xd89
#define C1_NANO  ARM, 0xd8a
#define C1_PRO   ARM, 0xd8b
#define C1_ULTRA ARM, 0xd8c
#define N3       ARM, 0xd8e
#define A320     ARM, 0xd8f
#define C1_PREM  ARM, 0xd90
#define COBALT   MICROSOFT, 0xd49
#define OLYMPUS  NVIDIA, 0x010
#define CARMEL   NVIDIA, 0x004
#define THX_0A1  CAVIUM, 0x0a1
#define THX_0A2  CAVIUM, 0x0a2
#define THX_0A3  CAVIUM, 0x0a3
#define THX2     CAVIUM, 0x0af
#define VULCAN   BROADCOM, 0x516
#define BRAHMA   BROADCOM, 0x100
#define HIP09    HISILICON, 0xd02
#define AMPERE1  AMPERE, 0xac3
#define AMPERE1A AMPERE, 0xac4
#define KRYO_2XX QUALCOMM, 0x200 /* and all up to 0x2ff */
#define FALKOR1  QUALCOMM, 0x800
#define KRYO_802 QUALCOMM, 0x802
#define KRYO_803 QUALCOMM, 0x803
#define KRYO_804 QUALCOMM, 0x804
#define KRYO_805 QUALCOMM, 0x805
#define FALKOR   QUALCOMM, 0xc00
#define MMU_600  ARM_SMMU, 0x483
#define MMU_700  ARM_SMMU, 0x487
#define MMU_L1   ARM_SMMU, 0x48a
#define MMU_S3   ARM_SMMU, 0x498

#define ALL 0x00, 0xff

/* Hardware dirty state, and what stands on it. */
#define DIRTY_FEATS (S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HDBSS | S2PT_FEAT_HACDBS)

struct part {
	uint16_t implementer;
	uint16_t part;
};

/* clang-format off */
/* Parts that are looked after, whether or not they have an erratum. */
static const struct part listed[] = {
	{ A53 },      { A35 },      { A55 },      { A65 },      { A57 },      { A72 },      { A73 },      { A75 },
	{ A76 },      { N1 },       { A77 },      { A76AE },    { V1 },       { A78 },      { A78AE },    { A65AE },
	{ X1 },       { A510 },     { A710 },     { X2 },       { N2 },       { E1 },       { A78C },     { X1C },
	{ A715 },     { X3 },       { V2 },       { A520 },     { A720 },     { X4 },       { V3AE },     { V3 },
	{ X925 },     { A725 },     { A520AE },   { A720AE },   { C1_NANO },  { C1_PRO },   { C1_ULTRA }, { N3 },
	{ A320 },     { C1_PREM },  { COBALT },   { OLYMPUS },  { CARMEL },   { THX_0A1 },  { THX_0A2 },  { THX_0A3 },
	{ THX2 },     { VULCAN },   { HIP09 },    { AMPERE1 },  { AMPERE1A }, { KRYO_2XX }, { FALKOR1 },  { KRYO_802 },
	{ KRYO_803 }, { KRYO_804 }, { KRYO_805 }, { FALKOR },
};

/*
 * Of these, cores that come from another vendor's: whether they have all that those have nobody says, so that they count as
 * unknown, besides what they are known to have.
 */
static const struct part derived[] = {
	{ COBALT }, { KRYO_2XX }, { KRYO_802 }, { KRYO_803 }, { KRYO_804 }, { KRYO_805 },
};

static const struct part listed_smmus[] = { { MMU_600 }, { MMU_700 }, { MMU_L1 }, { MMU_S3 } };

/* Parts of which nobody says anything. */
static const struct part unlisted[] = {
	{ APPLE, 0x022 }, { APPLE, 0x023 }, { APPLE, 0x024 }, { APPLE, 0x025 }, { APPLE, 0x026 }, { APPLE, 0x027 },
	{ APPLE, 0x028 }, { APPLE, 0x029 }, { APPLE, 0x032 }, { APPLE, 0x033 }, { APPLE, 0x034 }, { APPLE, 0x035 },
	{ APPLE, 0x036 }, { APPLE, 0x037 }, { APPLE, 0x038 }, { APPLE, 0x039 },
	{ QUALCOMM, 0x001 },                         /* Oryon */
	{ FUJITSU, 0x001 },                          /* A64FX */
	{ HISILICON, 0xd01 }, { HISILICON, 0xd06 },  /* TSV110, HIP12 */
	{ NVIDIA, 0x003 },                           /* Denver */
	{ BRAHMA },                                  /* It is named, but nothing is told of it. */
	{ APM, 0x000 }, { 0, 0x000 }, { 0, 0xd0b },
	{ ARM, 0xd8d }, { ARM, 0xfff }, { QUALCOMM, 0x1ff }, { QUALCOMM, 0x300 }, { AMPERE, 0xac5 }, /* Neighbours. */
};
/* clang-format on */

/* --- The facts: which revisions of a part have an erratum ---------------------------------------------- */

struct row {
	enum s2pt_erratum erratum;
	uint16_t implementer;
	uint16_t part;
	uint8_t first;
	uint8_t last;
	const char *number; /* the vendor's; NULL where none is told for this part */
};

/* clang-format off */
static const struct row rows[] = {
	/* T1 */
	{ S2PT_ERRATUM_TLBI_WRITES, A76, ALL, "4193800" },
	{ S2PT_ERRATUM_TLBI_WRITES, A76AE, ALL, "4193801" },
	{ S2PT_ERRATUM_TLBI_WRITES, A77, ALL, "4193798" },
	{ S2PT_ERRATUM_TLBI_WRITES, A78, ALL, "4193791" },
	{ S2PT_ERRATUM_TLBI_WRITES, A78AE, ALL, "4193793" },
	{ S2PT_ERRATUM_TLBI_WRITES, A78C, ALL, "4193794" },
	{ S2PT_ERRATUM_TLBI_WRITES, A710, ALL, "4193788" },
	{ S2PT_ERRATUM_TLBI_WRITES, X1, ALL, "4193791" },
	{ S2PT_ERRATUM_TLBI_WRITES, X1C, ALL, "4193792" },
	{ S2PT_ERRATUM_TLBI_WRITES, X2, ALL, "4193788" },
	{ S2PT_ERRATUM_TLBI_WRITES, X3, ALL, "4193786" },
	{ S2PT_ERRATUM_TLBI_WRITES, X4, ALL, "4118414" },
	{ S2PT_ERRATUM_TLBI_WRITES, X925, ALL, "4193781" },
	{ S2PT_ERRATUM_TLBI_WRITES, N1, ALL, "4193800" },
	{ S2PT_ERRATUM_TLBI_WRITES, N2, ALL, "4193789" },
	{ S2PT_ERRATUM_TLBI_WRITES, V1, ALL, "4193790" },
	{ S2PT_ERRATUM_TLBI_WRITES, V2, ALL, "4193787" },
	{ S2PT_ERRATUM_TLBI_WRITES, V3, ALL, "4193784" },
	{ S2PT_ERRATUM_TLBI_WRITES, V3AE, ALL, "4193784" },
	{ S2PT_ERRATUM_TLBI_WRITES, C1_PREM, ALL, "4193780" },
	{ S2PT_ERRATUM_TLBI_WRITES, C1_ULTRA, ALL, "4193780" },
	{ S2PT_ERRATUM_TLBI_WRITES, COBALT, ALL, "4193789" },
	{ S2PT_ERRATUM_TLBI_WRITES, OLYMPUS, ALL, "T410-OLY-1029" },
	/* T2 */
	{ S2PT_ERRATUM_TLBI_ACCESSES, A76, 0x00, 0x30, "1286807" },
	{ S2PT_ERRATUM_TLBI_ACCESSES, N1, 0x00, 0x30, "1286807" },
	{ S2PT_ERRATUM_TLBI_ACCESSES, KRYO_804, 0xce, 0xfe, NULL },
	{ S2PT_ERRATUM_TLBI_ACCESSES, A55, ALL, "2441007" },
	{ S2PT_ERRATUM_TLBI_ACCESSES, A510, 0x00, 0x11, "2441009" },
	{ S2PT_ERRATUM_TLBI_ACCESSES, FALKOR1, 0x00, 0x00, "E1009" },
	{ S2PT_ERRATUM_TLBI_ACCESSES, KRYO_2XX, ALL, NULL },
	/* T3 */
	{ S2PT_ERRATUM_CPP_RCTX, A710, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, X2, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, X3, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, X4, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, X925, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, N2, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, V2, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, V3, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, V3AE, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, C1_PREM, ALL, NULL },
	{ S2PT_ERRATUM_CPP_RCTX, C1_ULTRA, ALL, NULL },
	/* T4: r1p2 is beside this table, since REVIDR_EL1[0] decides. */
	{ S2PT_ERRATUM_SME_DSB, C1_PRO, 0x00, 0x11, NULL },
	/* T5, T7, T8 */
	{ S2PT_ERRATUM_TLBI_DSB, A510, 0x00, 0x02, "2080326" },
	{ S2PT_ERRATUM_TLBI_ICACHE, THX_0A1, 0x00, 0x11, "27456" },
	{ S2PT_ERRATUM_TLBI_ICACHE, THX_0A2, 0x00, 0x00, "27456" },
	{ S2PT_ERRATUM_TRBE_DSB, A710, 0x00, 0x10, "1887102" },
	{ S2PT_ERRATUM_TRBE_DSB, X2, 0x00, 0x10, "1887102" },
	/* B1 */
	{ S2PT_ERRATUM_AGGREGATION, A77, ALL, NULL },
	{ S2PT_ERRATUM_AGGREGATION, A78, ALL, NULL },
	{ S2PT_ERRATUM_AGGREGATION, A78AE, 0x00, 0x03, NULL },
	{ S2PT_ERRATUM_AGGREGATION, A78C, ALL, NULL },
	{ S2PT_ERRATUM_AGGREGATION, A710, 0x00, 0x21, NULL },
	{ S2PT_ERRATUM_AGGREGATION, X1, ALL, NULL },
	{ S2PT_ERRATUM_AGGREGATION, X1C, ALL, NULL },
	{ S2PT_ERRATUM_AGGREGATION, X2, ALL, NULL },
	{ S2PT_ERRATUM_AGGREGATION, X3, ALL, NULL },
	{ S2PT_ERRATUM_AGGREGATION, X4, 0x00, 0x02, NULL },
	{ S2PT_ERRATUM_AGGREGATION, X925, 0x00, 0x01, NULL },
	{ S2PT_ERRATUM_AGGREGATION, N2, 0x00, 0x03, NULL },
	{ S2PT_ERRATUM_AGGREGATION, V1, 0x00, 0x12, NULL },
	{ S2PT_ERRATUM_AGGREGATION, V2, 0x00, 0x02, NULL },
	{ S2PT_ERRATUM_AGGREGATION, V3, 0x00, 0x01, NULL },
	{ S2PT_ERRATUM_AGGREGATION, V3AE, 0x00, 0x01, NULL },
	/* B2, B3 */
	{ S2PT_ERRATUM_BBM_LIVELOCK, C1_ULTRA, 0x00, 0x10, "3683289" },
	{ S2PT_ERRATUM_BBM_LIVELOCK, C1_PREM, 0x00, 0x10, "3683289" },
	{ S2PT_ERRATUM_BBM_UNSAFE, V3, 0x00, 0x01, "3053180" },
	{ S2PT_ERRATUM_BBM_UNSAFE, V3AE, 0x00, 0x01, "3053180" },
	{ S2PT_ERRATUM_BBM_UNSAFE, X4, 0x00, 0x02, NULL },
	/* B5, B6, B7 */
	{ S2PT_ERRATUM_XN_SYNDROME, A715, ALL, "2645198" },
	{ S2PT_ERRATUM_SPLINTERED, A76, ALL, "1800710" },
	{ S2PT_ERRATUM_SPLINTERED, N1, ALL, "1800710" },
	{ S2PT_ERRATUM_SPLINTERED, A77, 0x00, 0x11, "1800714" },
	{ S2PT_ERRATUM_SPLINTERED, A78, 0x00, 0x10, "1827429" },
	{ S2PT_ERRATUM_SPLINTERED, X1, 0x00, 0x10, "1827429" },
	{ S2PT_ERRATUM_SPLINTERED, A78AE, 0x00, 0x00, "1827431" },
	{ S2PT_ERRATUM_SPLINTERED, A78C, 0x00, 0x00, "1827430" },
	{ S2PT_ERRATUM_SPLINTERED, V1, 0x00, 0x10, "1774420" },
	{ S2PT_ERRATUM_L2_TLB, A76, 0x00, 0x20, "1130799" },
	{ S2PT_ERRATUM_L2_TLB, N1, 0x00, 0x20, "1130799" },
	{ S2PT_ERRATUM_L2_TLB, A76, 0x00, 0x30, "1262888" },
	{ S2PT_ERRATUM_L2_TLB, N1, 0x00, 0x30, "1262888" },
	{ S2PT_ERRATUM_L2_TLB, A510, 0x00, 0x00, "1952872" },
	{ S2PT_ERRATUM_L2_TLB, A65, ALL, "1227419" },
	{ S2PT_ERRATUM_L2_TLB, A76, ALL, "1073348" },
	/* H1 to H4 */
	{ S2PT_ERRATUM_HAFDBS_HIDDEN, AMPERE1, ALL, "AC03_CPU_38" },
	{ S2PT_ERRATUM_HAFDBS_HIDDEN, AMPERE1A, ALL, "AC04_CPU_10" },
	{ S2PT_ERRATUM_DIRTY_BREAK, A55, ALL, "1024718" },
	{ S2PT_ERRATUM_DIRTY_BREAK, KRYO_805, 0xde, 0xde, NULL },
	{ S2PT_ERRATUM_DIRTY_ORDER, A510, 0x00, 0x02, "2051678" },
	{ S2PT_ERRATUM_CNP, CARMEL, ALL, NULL },
	{ S2PT_ERRATUM_CNP, HIP09, ALL, "162100125" },
	/* A1 */
	{ S2PT_ERRATUM_SPECULATIVE_AT, A76, 0x00, 0x20, "1165522" },
	{ S2PT_ERRATUM_SPECULATIVE_AT, N1, 0x00, 0x20, "1165522" },
	{ S2PT_ERRATUM_SPECULATIVE_AT, A55, ALL, "1530923" },
	{ S2PT_ERRATUM_SPECULATIVE_AT, KRYO_805, 0xde, 0xde, NULL },
	{ S2PT_ERRATUM_SPECULATIVE_AT, A57, ALL, "1319537" },
	{ S2PT_ERRATUM_SPECULATIVE_AT, A72, ALL, "1319367" },
	{ S2PT_ERRATUM_SPECULATIVE_AT, A53, ALL, "1530924" },
	{ S2PT_ERRATUM_SPECULATIVE_AT, A65, 0x00, 0x12, "1541130" },
	{ S2PT_ERRATUM_SPECULATIVE_AT, A65AE, 0x00, 0x11, "1638571" },
	/* A2 to A5, F1 */
	{ S2PT_ERRATUM_HCR_WRITE, AMPERE1A, ALL, "AC04_CPU_23" },
	{ S2PT_ERRATUM_HCR_INTERRUPT, AMPERE1, ALL, "AC03_CPU_36" },
	{ S2PT_ERRATUM_HCR_VM_OFF, A53, ALL, "843819" },
	{ S2PT_ERRATUM_TTBR_WRITE, THX2, ALL, "219" },
	{ S2PT_ERRATUM_TTBR_WRITE, VULCAN, ALL, "219" },
	{ S2PT_ERRATUM_FALSE_STAGE2, A57, 0x00, 0x12, "834220" },
	/* M1, M2 */
	{ S2PT_ERRATUM_PAR_DEADLOCK, A77, 0x00, 0x10, "1508412" },
	{ S2PT_ERRATUM_EXCLUSIVE_DEADLOCK, A57, 0x00, 0x12, "832075" },
	/* M3 */
	{ S2PT_ERRATUM_NC_LOAD_ORDER, A76, 0x00, 0x41, "3888013" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, A76AE, 0x00, 0x11, "3888014" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, A77, ALL, "3888015" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, A78, ALL, "3888017" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, A78AE, ALL, "3888018" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, A78C, ALL, "3888019" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, A710, ALL, "3888122" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, X1, ALL, "3888017" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, X2, ALL, "3888122" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, X3, ALL, "3888125" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, X4, 0x00, 0x03, "3887999" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, X925, 0x00, 0x01, "3865185" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, N1, 0x00, 0x41, "3888013" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, N2, ALL, "3888123" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, V1, ALL, "3888016" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, V2, ALL, "3888126" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, V3, 0x00, 0x02, "3864536" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, C1_PREM, 0x00, 0x10, "3865171" },
	{ S2PT_ERRATUM_NC_LOAD_ORDER, C1_ULTRA, 0x00, 0x10, "3865171" },
	/* M4, M5, M7 */
	{ S2PT_ERRATUM_DEVICE_LOAD_ORDER, OLYMPUS, ALL, "T410-OLY-1027" },
	{ S2PT_ERRATUM_CLEAN_EVICTED, A53, 0x00, 0x01, "819472" },
	{ S2PT_ERRATUM_CLEAN_EVICTED, A53, 0x00, 0x02, "824069" },
	{ S2PT_ERRATUM_CLEAN_EVICTED, A53, 0x00, 0x02, "826319" },
	{ S2PT_ERRATUM_CLEAN_EVICTED, A53, 0x00, 0x02, "827319" },
	{ S2PT_ERRATUM_CLEAN_EVICTED, A53, ALL, "855873" },
	{ S2PT_ERRATUM_DIC, N1, 0x30, 0x40, "1542419" },
	/* 2.7 */
	{ S2PT_ERRATUM_TRBE_BOUNDS, A710, ALL, "2119858" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, X2, 0x00, 0x20, "2119858" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, N2, ALL, "2139208" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, COBALT, ALL, "2139208" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, A710, ALL, "2224489" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, X2, ALL, "2224489" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, N2, ALL, "2253138" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, COBALT, ALL, "2253138" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, A710, ALL, "2054223" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, N2, ALL, "2067961" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, COBALT, ALL, "2067961" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, A510, 0x00, 0x02, "2064142" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, A510, 0x00, 0x02, "2038923" },
	{ S2PT_ERRATUM_TRBE_BOUNDS, A510, 0x00, 0x01, "1902691" },
};

/* B4: revisions that have level 2 without conflicts, or not at all. All other CPUs have S2PT_ERRATUM_BBM_CONFLICT. */
static const struct row without_conflicts[] = {
	{ S2PT_ERRATUM_BBM_CONFLICT, X4, 0x03, 0xff, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, V3, 0x02, 0xff, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, V3AE, 0x02, 0xff, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, C1_ULTRA, 0x11, 0xff, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, C1_PREM, 0x11, 0xff, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, C1_NANO, ALL, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, C1_PRO, ALL, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, A520AE, ALL, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, A715, ALL, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, A720AE, ALL, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, A725, ALL, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, N3, ALL, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, OLYMPUS, ALL, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, AMPERE1, ALL, NULL },
	{ S2PT_ERRATUM_BBM_CONFLICT, AMPERE1A, ALL, NULL },
};

static const struct row smmu_rows[] = {
	/* S1, S2 */
	{ S2PT_ERRATUM_SMMU_SYNC_EVENT, MMU_600, 0x00, 0x02, "1076982" },
	{ S2PT_ERRATUM_SMMU_NESTED, MMU_600, 0x00, 0x1f, "1209401" },
	/* S4, S5. S3 is beside this table, since it has any rNp0. */
	{ S2PT_ERRATUM_SMMU_GROUPS, MMU_700, ALL, "3777127" },
	{ S2PT_ERRATUM_SMMU_GROUPS, MMU_S3, 0x00, 0x10, "3673557" },
	{ S2PT_ERRATUM_SMMU_BTM, MMU_700, ALL, "2133013" },
	{ S2PT_ERRATUM_SMMU_BTM, MMU_L1, ALL, "3878312" },
	{ S2PT_ERRATUM_SMMU_BTM, MMU_S3, ALL, "3995052" },
};
/* clang-format on */

/* --- What the facts say of a part ---------------------------------------------------------------------- */

/* A Kryo 2xx is any of 256 part numbers; the tables name the first. */
static unsigned
part_of(unsigned implementer, unsigned part)
{
	return implementer == QUALCOMM && (part & 0xf00) == 0x200 ? 0x200 : part;
}

static bool
is_in(const struct part *parts, size_t count, unsigned implementer, unsigned part)
{
	for (size_t i = 0; i < count; i++)
		if (parts[i].implementer == implementer && parts[i].part == part)
			return true;
	return false;
}

static uint64_t
found_in(const struct row *table, size_t count, unsigned implementer, unsigned part, unsigned revision)
{
	uint64_t set = 0;

	for (size_t i = 0; i < count; i++)
		if (table[i].implementer == implementer && table[i].part == part && table[i].first <= revision &&
		    revision <= table[i].last)
			set |= S2PT_ERRATUM_BIT(table[i].erratum);
	return set;
}

static struct s2pt_errata
expected_cpu(unsigned implementer, unsigned number, unsigned revision, uint64_t revidr)
{
	const unsigned part = part_of(implementer, number);
	const struct part pro = { C1_PRO };
	struct s2pt_errata want = {
		.set = S2PT_ERRATUM_BIT(S2PT_ERRATUM_BBM_CONFLICT),
		.unknown_cpu = !is_in(listed, COUNT(listed), implementer, part) ||
			       is_in(derived, COUNT(derived), implementer, part),
	};

	want.set &= ~found_in(without_conflicts, COUNT(without_conflicts), implementer, part, revision);
	want.set |= found_in(rows, COUNT(rows), implementer, part, revision);
	if (implementer == pro.implementer && part == pro.part && revision == 0x12 && !(revidr & 1))
		want.set |= S2PT_ERRATUM_BIT(S2PT_ERRATUM_SME_DSB);
	return want;
}

static struct s2pt_errata
expected_smmu(unsigned implementer, unsigned product, unsigned revision)
{
	const struct part mmu_700 = { MMU_700 };
	struct s2pt_errata want = {
		.set = found_in(smmu_rows, COUNT(smmu_rows), implementer, product, revision),
		.unknown_smmu = !is_in(listed_smmus, COUNT(listed_smmus), implementer, product),
	};

	/* S3 */
	if (implementer == mmu_700.implementer && product == mmu_700.part &&
	    (revision >> 4 == 0 || (revision & 0xf) == 0))
		want.set |= S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_BATCH) | S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_NESTED);
	return want;
}

static uint64_t
midr_of(unsigned implementer, unsigned part, unsigned revision, unsigned architecture)
{
	return (uint64_t)implementer << 24 | (uint64_t)(revision >> 4) << 20 | architecture << 16 | part << 4 |
	       (revision & 0xf);
}

static uint32_t
iidr_of(unsigned implementer, unsigned product, unsigned revision)
{
	return (uint32_t)product << 20 | (revision >> 4) << 16 | (revision & 0xf) << 12 | implementer;
}

static struct s2pt_errata
errata_of_cpu(uint64_t midr, uint64_t revidr)
{
	struct s2pt_errata errata = { 0 };

	s2pt_errata_add_cpu(&errata, midr, revidr);
	return errata;
}

static struct s2pt_errata
errata_of_smmu(uint32_t iidr)
{
	struct s2pt_errata errata = { 0 };

	s2pt_errata_add_smmu(&errata, iidr);
	return errata;
}

static bool
are_equal(const struct s2pt_errata *a, const struct s2pt_errata *b)
{
	return a->set == b->set && a->unknown_cpu == b->unknown_cpu && a->unknown_smmu == b->unknown_smmu;
}

/* Say where an answer differs, and count it: one run tells all differences of the tables, each kind of a part once. */
static unsigned differences;

static void
compare(const struct s2pt_errata *got, const struct s2pt_errata *want, unsigned implementer, unsigned part,
	unsigned revision, uint64_t revidr)
{
	static struct {
		unsigned implementer;
		unsigned part;
		uint64_t set;
	} last;
	const uint64_t set = got->set ^ want->set;

	if (are_equal(got, want))
		return;
	if (differences++ && last.implementer == implementer && last.part == part && last.set == set)
		return;
	last.implementer = implementer;
	last.part = part;
	last.set = set;
	print_error("%02x/%03x r%up%u revidr 0x%" PRIx64 ": unknown %d %d, expected %d %d;", implementer, part,
		    revision >> 4, revision & 0xf, revidr, got->unknown_cpu, got->unknown_smmu, want->unknown_cpu,
		    want->unknown_smmu);
	for (unsigned i = 0; i < 64; i++) {
		if ((got->set & ~want->set) >> i & 1)
			print_error(" has %u", i);
		if ((want->set & ~got->set) >> i & 1)
			print_error(" lacks %u", i);
	}
	print_error("\n");
}

/* --- Registers to errata --------------------------------------------------------------------------------- */

static const uint64_t revidrs[] = { 0, 1, UINT64_MAX - 1, UINT64_MAX };

static void
check_cpu(unsigned implementer, unsigned part)
{
	for (unsigned revision = 0; revision < 256; revision++) {
		for (size_t i = 0; i < COUNT(revidrs); i++) {
			struct s2pt_errata want = expected_cpu(implementer, part, revision, revidrs[i]);
			struct s2pt_errata got = errata_of_cpu(midr_of(implementer, part, revision, 0xf), revidrs[i]);

			compare(&got, &want, implementer, part, revision, revidrs[i]);
		}
	}
}

/* Each part that has a name, at each revision. */
static void
test_cpus(void **state)
{
	(void)state;
	differences = 0;
	for (size_t i = 0; i < COUNT(listed); i++)
		check_cpu(listed[i].implementer, listed[i].part);
	for (size_t i = 0; i < COUNT(unlisted); i++)
		check_cpu(unlisted[i].implementer, unlisted[i].part);
	for (unsigned part = 0x1ff; part <= 0x300; part++)
		check_cpu(QUALCOMM, part);
	CHECK(differences == 0, "%u differences", differences);
}

/* Each part number of each implementer. */
static void
test_all_parts(void **state)
{
	(void)state;
	differences = 0;
	for (unsigned implementer = 0; implementer < 256; implementer++) {
		for (unsigned part = 0; part < 4096; part++) {
			struct s2pt_errata want = expected_cpu(implementer, part, 0x00, 0);
			struct s2pt_errata got = errata_of_cpu(midr_of(implementer, part, 0x00, 0xf), 0);

			compare(&got, &want, implementer, part, 0x00, 0);
		}
	}
	CHECK(differences == 0, "%u differences", differences);
}

/* A few that are not computed from the tables, with MIDR_EL1 spelt out: a guard against faults in the test itself. */
static void
test_examples(void **state)
{
	const uint64_t conflict = S2PT_ERRATUM_BIT(S2PT_ERRATUM_BBM_CONFLICT);
	const struct {
		const char *what;
		uint64_t midr;
		uint64_t revidr;
		uint64_t set;
		bool unknown;
	} examples[] = {
		{ "A76 r3p1", 0x413fd0b1, 0,
		  conflict | S2PT_ERRATUM_BIT(S2PT_ERRATUM_TLBI_WRITES) | S2PT_ERRATUM_BIT(S2PT_ERRATUM_SPLINTERED) |
			  S2PT_ERRATUM_BIT(S2PT_ERRATUM_L2_TLB) | S2PT_ERRATUM_BIT(S2PT_ERRATUM_NC_LOAD_ORDER),
		  false },
		{ "A72 r0p3", 0x410fd083, 0, conflict | S2PT_ERRATUM_BIT(S2PT_ERRATUM_SPECULATIVE_AT), false },
		{ "C1-Pro r1p2", 0x411fd8b2, 0, S2PT_ERRATUM_BIT(S2PT_ERRATUM_SME_DSB), false },
		{ "C1-Pro r1p2, mended", 0x411fd8b2, 1, 0, false },
		{ "C1-Pro r1p1, REVIDR does not count", 0x411fd8b1, 1, S2PT_ERRATUM_BIT(S2PT_ERRATUM_SME_DSB), false },
		{ "Olympus r0p0", 0x4e0f0100, 0,
		  S2PT_ERRATUM_BIT(S2PT_ERRATUM_TLBI_WRITES) | S2PT_ERRATUM_BIT(S2PT_ERRATUM_DEVICE_LOAD_ORDER),
		  false },
		{ "Kryo 4xx Silver rdpe", 0x51df805e, 0,
		  conflict | S2PT_ERRATUM_BIT(S2PT_ERRATUM_DIRTY_BREAK) | S2PT_ERRATUM_BIT(S2PT_ERRATUM_SPECULATIVE_AT),
		  true },
		{ "Carmel", 0x4e0f0040, 0, conflict | S2PT_ERRATUM_BIT(S2PT_ERRATUM_CNP), false },
		{ "Apple M1", 0x610f0221, 0, conflict, true },
		{ "zero", 0, 0, conflict, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		struct s2pt_errata got = errata_of_cpu(examples[i].midr, examples[i].revidr);

		CHECK_U64(got.set, examples[i].set, examples[i].what);
		CHECK(got.unknown_cpu == examples[i].unknown && !got.unknown_smmu, "%s", examples[i].what);
	}
	CHECK_U64(errata_of_smmu(0x4832243b).set, 0, "MMU-600 r2p2");
	CHECK_U64(errata_of_smmu(0x4870043b).set,
		  S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_NESTED) | S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_BATCH) |
			  S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_GROUPS) | S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_BTM),
		  "MMU-700 r0p0");
	CHECK_U64(errata_of_smmu(0x4981143b).set, S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_BTM), "MMU S3 r1p1");
}

/* MIDR_EL1[19:16] says no more than that there are ID registers. */
static void
test_architecture(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(listed) + COUNT(unlisted); i++) {
		const struct part *part = i < COUNT(listed) ? &listed[i] : &unlisted[i - COUNT(listed)];

		for (unsigned revision = 0; revision < 256; revision++) {
			const uint64_t usual = midr_of(part->implementer, part->part, revision, 0xf);
			const struct s2pt_errata want = errata_of_cpu(usual, 0);

			for (unsigned architecture = 0; architecture < 15; architecture++) {
				uint64_t midr = midr_of(part->implementer, part->part, revision, architecture);
				struct s2pt_errata got = errata_of_cpu(midr, 0);

				CHECK(are_equal(&got, &want), "MIDR 0x%" PRIx64, midr);
			}
		}
	}
}

/* A part number under another implementer is another part. */
static void
test_other_implementers(void **state)
{
	(void)state;
	differences = 0;
	for (size_t i = 0; i < COUNT(listed); i++) {
		for (unsigned implementer = 0; implementer < 256; implementer++) {
			for (unsigned revision = 0; revision < 256; revision += 0x11) {
				struct s2pt_errata want = expected_cpu(implementer, listed[i].part, revision, 0);
				struct s2pt_errata got =
					errata_of_cpu(midr_of(implementer, listed[i].part, revision, 0xf), 0);

				compare(&got, &want, implementer, listed[i].part, revision, 0);
			}
		}
	}
	CHECK(differences == 0, "%u differences", differences);
}

static void
test_unlisted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unlisted); i++) {
		for (unsigned revision = 0; revision < 256; revision++) {
			struct s2pt_errata got =
				errata_of_cpu(midr_of(unlisted[i].implementer, unlisted[i].part, revision, 0xf), 0);

			CHECK(got.unknown_cpu && !got.unknown_smmu, "%02x/%03x", unlisted[i].implementer,
			      unlisted[i].part);
			CHECK_U64(got.set, S2PT_ERRATUM_BIT(S2PT_ERRATUM_BBM_CONFLICT), "unlisted");
		}
	}
}

/* Each product of Arm at each revision, and the same numbers of others. */
static void
test_smmus(void **state)
{
	static const unsigned others[] = { 0x000, 0x03b, 0x43a, 0x43f, 0x36b, 0xfff, 0x44b, 0xc3b };

	(void)state;
	differences = 0;
	for (unsigned product = 0; product < 4096; product++) {
		for (unsigned revision = 0; revision < 256; revision++) {
			struct s2pt_errata want = expected_smmu(ARM_SMMU, product, revision);
			struct s2pt_errata got = errata_of_smmu(iidr_of(ARM_SMMU, product, revision));

			compare(&got, &want, ARM_SMMU, product, revision, 0);
		}
	}
	for (size_t i = 0; i < COUNT(listed_smmus); i++) {
		for (unsigned implementer = 0; implementer < 4096; implementer++) {
			struct s2pt_errata want = expected_smmu(implementer, listed_smmus[i].part, 0x00);
			struct s2pt_errata got = errata_of_smmu(iidr_of(implementer, listed_smmus[i].part, 0x00));

			compare(&got, &want, implementer, listed_smmus[i].part, 0x00, 0);
		}
	}
	CHECK(differences == 0, "%u differences", differences);
	for (size_t i = 0; i < COUNT(others); i++) {
		struct s2pt_errata got = errata_of_smmu(iidr_of(others[i], 0x487, 0x00));

		CHECK(got.set == 0 && got.unknown_smmu && !got.unknown_cpu, "implementer 0x%x", others[i]);
	}
}

/* --- Several parts --------------------------------------------------------------------------------------- */

static void
test_union(void **state)
{
	enum { PARTS = COUNT(listed) + COUNT(unlisted) };
	static const unsigned revisions[] = { 0x00, 0x03, 0x12, 0xde };
	struct {
		uint64_t midr;
		struct s2pt_errata alone;
	} cpus[PARTS * COUNT(revisions)];
	const uint32_t iidrs[] = { 0x4830043b, 0x4870043b, 0x48a0043b, 0x4980043b, 0x4981143b, 0x12345678, 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cpus); i++) {
		const size_t nth = i / COUNT(revisions);
		const struct part *part = nth < COUNT(listed) ? &listed[nth] : &unlisted[nth - COUNT(listed)];

		cpus[i].midr = midr_of(part->implementer, part->part, revisions[i % COUNT(revisions)], 0xf);
		cpus[i].alone = errata_of_cpu(cpus[i].midr, 0);
	}
	for (size_t i = 0; i < COUNT(cpus); i++) {
		for (size_t j = 0; j < COUNT(cpus); j++) {
			const struct s2pt_errata want = {
				.set = cpus[i].alone.set | cpus[j].alone.set,
				.unknown_cpu = cpus[i].alone.unknown_cpu || cpus[j].alone.unknown_cpu,
			};
			struct s2pt_errata got = cpus[i].alone;

			s2pt_errata_add_cpu(&got, cpus[j].midr, 0);
			CHECK(are_equal(&got, &want), "0x%" PRIx64 " and 0x%" PRIx64, cpus[i].midr, cpus[j].midr);
			s2pt_errata_add_cpu(&got, cpus[i].midr, 0);
			CHECK(are_equal(&got, &want), "0x%" PRIx64 " again", cpus[i].midr);
		}
		for (size_t j = 0; j < COUNT(iidrs); j++) {
			const struct s2pt_errata smmu = errata_of_smmu(iidrs[j]);
			const struct s2pt_errata want = {
				.set = cpus[i].alone.set | smmu.set,
				.unknown_cpu = cpus[i].alone.unknown_cpu,
				.unknown_smmu = smmu.unknown_smmu,
			};
			struct s2pt_errata first = cpus[i].alone;
			struct s2pt_errata last = smmu;

			s2pt_errata_add_smmu(&first, iidrs[j]);
			s2pt_errata_add_cpu(&last, cpus[i].midr, 0);
			CHECK(are_equal(&first, &want) && are_equal(&last, &want), "0x%" PRIx64 " and SMMU 0x%" PRIx32,
			      cpus[i].midr, iidrs[j]);
		}
	}
}

/* What was said before, by registers or by name, stays whatever is added. */
static void
test_nothing_is_taken_away(void **state)
{
	const struct s2pt_errata all = { UINT64_MAX, true, true };
	struct s2pt_errata named = { S2PT_ERRATUM_BIT(S2PT_ERRATUM_TLBI_ADDRESS), false, false };

	(void)state;
	for (size_t i = 0; i < COUNT(listed); i++) {
		struct s2pt_errata got = all;

		s2pt_errata_add_cpu(&got, midr_of(listed[i].implementer, listed[i].part, 0xff, 0xf), UINT64_MAX);
		CHECK(are_equal(&got, &all), "%02x/%03x", listed[i].implementer, listed[i].part);
	}
	for (size_t i = 0; i < COUNT(listed_smmus); i++) {
		struct s2pt_errata got = all;

		s2pt_errata_add_smmu(&got, iidr_of(ARM_SMMU, listed_smmus[i].part, 0xff));
		CHECK(are_equal(&got, &all), "product %03x", listed_smmus[i].part);
	}
	/* A725 has nothing of its own. */
	s2pt_errata_add_cpu(&named, 0x410fd870, 0);
	CHECK_U64(named.set, S2PT_ERRATUM_BIT(S2PT_ERRATUM_TLBI_ADDRESS), "by name");
	CHECK(!named.unknown_cpu && !named.unknown_smmu, "by name");
}

/* --- What follows from an erratum -------------------------------------------------------------------------- */

#define LEVELS (S2PT_FEAT_BBML1 | S2PT_FEAT_BBML2 | S2PT_FEAT_BBML3)

/* clang-format off */
static const struct {
	bool security;
	s2pt_feats withheld;
	uint32_t cures;
} effects[] = {
	[S2PT_ERRATUM_TLBI_WRITES] = { true, 0, S2PT_CURE_REPEAT },
	[S2PT_ERRATUM_TLBI_ACCESSES] = { false, 0, S2PT_CURE_REPEAT },
	[S2PT_ERRATUM_CPP_RCTX] = { true, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_SME_DSB] = { true, 0, S2PT_CURE_DSB_ALL },
	[S2PT_ERRATUM_TLBI_DSB] = { false, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_TLBI_ADDRESS] = { false, 0, S2PT_CURE_WHOLE_VMID | S2PT_CURE_IC_ALL },
	[S2PT_ERRATUM_TLBI_ICACHE] = { false, 0, S2PT_CURE_IC_SWITCH },
	[S2PT_ERRATUM_TRBE_DSB] = { false, 0, S2PT_CURE_REPEAT },
	[S2PT_ERRATUM_AGGREGATION] = { true, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_BBM_LIVELOCK] = { false, LEVELS, 0 },
	[S2PT_ERRATUM_BBM_UNSAFE] = { false, LEVELS, 0 },
	[S2PT_ERRATUM_BBM_CONFLICT] = { false, S2PT_FEAT_BBML2, 0 },
	[S2PT_ERRATUM_XN_SYNDROME] = { false, 0, S2PT_CURE_XN_BREAKS },
	[S2PT_ERRATUM_SPLINTERED] = { false, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_L2_TLB] = { false, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_HAFDBS_HIDDEN] = { false, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFT | DIRTY_FEATS, S2PT_CURE_TRAP_TTBR },
	[S2PT_ERRATUM_DIRTY_BREAK] = { false, DIRTY_FEATS, 0 },
	[S2PT_ERRATUM_DIRTY_ORDER] = { false, DIRTY_FEATS, 0 },
	[S2PT_ERRATUM_CNP] = { false, S2PT_FEAT_TTCNP, 0 },
	[S2PT_ERRATUM_SPECULATIVE_AT] = { false, 0, S2PT_CURE_GUARD_AT },
	[S2PT_ERRATUM_HCR_WRITE] = { false, 0, S2PT_CURE_HCR_BARRIERS },
	[S2PT_ERRATUM_HCR_INTERRUPT] = { false, 0, S2PT_CURE_HCR_MASKED },
	[S2PT_ERRATUM_HCR_VM_OFF] = { false, 0, S2PT_CURE_VM_OFF_FIRST },
	[S2PT_ERRATUM_TTBR_WRITE] = { false, 0, S2PT_CURE_TRAP_TTBR },
	[S2PT_ERRATUM_FALSE_STAGE2] = { false, 0, S2PT_CURE_RETRANSLATE },
	[S2PT_ERRATUM_PAR_DEADLOCK] = { true, 0, S2PT_CURE_FIRMWARE | S2PT_CURE_PAR_DMB | S2PT_CURE_NO_DEVICES },
	[S2PT_ERRATUM_EXCLUSIVE_DEADLOCK] = { true, 0, S2PT_CURE_MMIO_ORDER | S2PT_CURE_NO_DEVICES },
	[S2PT_ERRATUM_NC_LOAD_ORDER] = { false, 0, S2PT_CURE_FIRMWARE },
	[S2PT_ERRATUM_DEVICE_LOAD_ORDER] = { false, 0, S2PT_CURE_MMIO_ORDER },
	[S2PT_ERRATUM_CLEAN_EVICTED] = { false, 0, S2PT_CURE_CLEAN_CIVAC },
	[S2PT_ERRATUM_CMO_EARLY] = { false, 0, S2PT_CURE_CMO_TWICE },
	[S2PT_ERRATUM_DIC] = { false, 0, S2PT_CURE_DIC_0 },
	[S2PT_ERRATUM_TRBE_BOUNDS] = { false, 0, S2PT_CURE_TRBE_GUARD },
	[S2PT_ERRATUM_SMMU_SYNC_EVENT] = { false, 0, S2PT_CURE_SYNC_POLL },
	[S2PT_ERRATUM_SMMU_NESTED] = { false, 0, S2PT_CURE_SMMU_FLAT },
	[S2PT_ERRATUM_SMMU_BATCH] = { false, 0, S2PT_CURE_SMMU_SYNC },
	[S2PT_ERRATUM_SMMU_GROUPS] = { true, 0, S2PT_CURE_SMMU_GROUPS },
	[S2PT_ERRATUM_SMMU_BTM] = { false, 0, S2PT_CURE_SMMU_COMMANDS },
	[S2PT_ERRATUM_SMMU_REPEAT] = { false, 0, S2PT_CURE_SMMU_REPEAT },
	[S2PT_ERRATUM_SMMU_PREFETCH] = { false, 0, S2PT_CURE_NO_PREFETCH },
};
/* clang-format on */

static void
test_effects(void **state)
{
	uint32_t cures = 0;

	(void)state;
	assert_int_equal(COUNT(effects), S2PT_ERRATUM_COUNT);
	differences = 0;
	for (unsigned i = 0; i < S2PT_ERRATUM_COUNT; i++) {
		const struct s2pt_erratum_effect *effect = s2pt_erratum_effect_of((enum s2pt_erratum)i);

		CHECK(effect, "erratum %u", i);
		if (effect->security != effects[i].security || effect->withheld != effects[i].withheld ||
		    effect->cures != effects[i].cures) {
			differences++;
			print_error("erratum %u: security %d, withheld 0x%" PRIx64 ", cures 0x%" PRIx32
				    "; expected %d, 0x%" PRIx64 ", 0x%" PRIx32 "\n",
				    i, effect->security, effect->withheld, effect->cures, effects[i].security,
				    effects[i].withheld, effects[i].cures);
		}
		cures |= effect->cures;
	}
	CHECK(differences == 0, "%u differences", differences);
	CHECK_U64(cures, (UINT64_C(1) << S2PT_CURE_COUNT) - 1, "each cure is one of some erratum");
	CHECK(!s2pt_erratum_effect_of(S2PT_ERRATUM_COUNT), "COUNT");
	for (unsigned i = S2PT_ERRATUM_COUNT; i < 1000; i++)
		CHECK(!s2pt_erratum_effect_of((enum s2pt_erratum)i), "erratum %u", i);
	CHECK(!s2pt_erratum_effect_of((enum s2pt_erratum)INT_MAX), "INT_MAX");
}

/* --- Cures and features of one erratum, and of two ---------------------------------------------------------- */

/* What must not be used of @feats. */
static s2pt_feats
expected_withheld(uint64_t set, s2pt_feats feats)
{
	s2pt_feats withheld = 0;

	for (unsigned i = 0; i < S2PT_ERRATUM_COUNT; i++)
		if ((set >> i & 1) && !(i == S2PT_ERRATUM_BBM_CONFLICT && (feats & S2PT_FEAT_BBML3)))
			withheld |= effects[i].withheld;
	return withheld & feats;
}

static void
test_cures(void **state)
{
	(void)state;
	for (unsigned i = 0; i < S2PT_ERRATUM_COUNT; i++) {
		for (unsigned j = 0; j < S2PT_ERRATUM_COUNT; j++) {
			const struct s2pt_errata errata = { .set = S2PT_ERRATUM_BIT(i) | S2PT_ERRATUM_BIT(j) };

			CHECK(s2pt_errata_cures(&errata) == (effects[i].cures | effects[j].cures), "%u and %u", i, j);
		}
	}
	CHECK_U64(s2pt_errata_cures(&(struct s2pt_errata){ 0, true, true }), 0, "unknown");
}

static void
test_withheld(void **state)
{
	/* The levels of FEAT_BBM as registers tell them, and sets that they do not. */
	static const s2pt_feats levels[] = {
		0,
		S2PT_FEAT_BBML1,
		S2PT_FEAT_BBML1 | S2PT_FEAT_BBML2,
		LEVELS,
		S2PT_FEAT_BBML2,
		S2PT_FEAT_BBML3,
		S2PT_FEAT_BBML2 | S2PT_FEAT_BBML3,
	};

	(void)state;
	for (unsigned i = 0; i < S2PT_ERRATUM_COUNT; i++) {
		for (unsigned j = 0; j < S2PT_ERRATUM_COUNT; j++) {
			const struct s2pt_errata errata = { .set = S2PT_ERRATUM_BIT(i) | S2PT_ERRATUM_BIT(j) };

			for (size_t k = 0; k < COUNT(levels); k++) {
				const s2pt_feats full = (ALL_FEATS & ~LEVELS) | levels[k];
				const s2pt_feats bare = levels[k];

				CHECK(s2pt_errata_withheld(&errata, full) == expected_withheld(errata.set, full),
				      "%u and %u, levels %zu: 0x%" PRIx64, i, j, k,
				      s2pt_errata_withheld(&errata, full));
				CHECK(s2pt_errata_withheld(&errata, bare) == expected_withheld(errata.set, bare),
				      "%u and %u, levels %zu alone: 0x%" PRIx64, i, j, k,
				      s2pt_errata_withheld(&errata, bare));
			}
		}
	}
	CHECK_U64(s2pt_errata_withheld(&(struct s2pt_errata){ 0, true, true }, ALL_FEATS), 0, "unknown");
}

/* --- Apply -------------------------------------------------------------------------------------------------- */

/* What s2pt_errata_apply() changes. */
struct objects {
	struct s2pt_features features;
	struct s2pt_tlbi_params tlbi;
	struct s2pt_smmu smmu;
};

/* All features, and nothing of errata. In each byte of padding there is 0. */
static void
fresh(struct objects *objects, s2pt_feats feats)
{
	memset(objects, 0, sizeof(*objects));
	objects->features.feats = feats;
	objects->features.pa_bits = 52;
	objects->features.granule_4k = true;
	objects->features.granule_16k = true;
	objects->features.granule_64k = true;
	objects->features.lpa2_4k = true;
	objects->features.lpa2_16k = true;
	memcpy(&objects->smmu.features, &objects->features, sizeof(objects->features));
	objects->smmu.features.pa_bits = 48;
	objects->smmu.stage1 = true;
	objects->smmu.coherent = true;
	objects->smmu.btm = true;
	objects->smmu.ats = true;
	objects->smmu.types_ovr = true;
	objects->smmu.ril = true;
	objects->smmu.stall = S2PT_SMMU_STALL_NEVER;
}

/* How many commands go without a CMD_SYNC where there must be one: what Linux does. */
#define MOST_COMMANDS 63

static void
expect_features(struct s2pt_features *features, uint64_t set)
{
	features->feats &= ~expected_withheld(set, features->feats);
	if (set & S2PT_ERRATUM_BIT(S2PT_ERRATUM_XN_SYNDROME))
		features->xn_breaks = true;
}

static void
expect(struct objects *objects, uint64_t set)
{
	struct s2pt_smmu *smmu = &objects->smmu;

	expect_features(&objects->features, set);
	expect_features(&smmu->features, set);
	if (set & (S2PT_ERRATUM_BIT(S2PT_ERRATUM_TLBI_WRITES) | S2PT_ERRATUM_BIT(S2PT_ERRATUM_TLBI_ACCESSES) |
		   S2PT_ERRATUM_BIT(S2PT_ERRATUM_TRBE_DSB)))
		objects->tlbi.repeat = true;
	if (set & S2PT_ERRATUM_BIT(S2PT_ERRATUM_TLBI_ADDRESS))
		objects->tlbi.whole_vmid = true;
	if (set & S2PT_ERRATUM_BIT(S2PT_ERRATUM_SME_DSB))
		objects->tlbi.dsb_all = true;
	if (set & S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_NESTED))
		smmu->stage1 = false;
	if (set & S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_BTM))
		smmu->btm = false;
	if (set & S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_REPEAT))
		smmu->repeat = true;
	if (set & S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_GROUPS))
		smmu->whole_groups = true;
	if ((set & S2PT_ERRATUM_BIT(S2PT_ERRATUM_SMMU_BATCH)) &&
	    (smmu->sync_within == 0 || smmu->sync_within > MOST_COMMANDS))
		smmu->sync_within = MOST_COMMANDS;
}

static void
check_objects(const struct objects *got, const struct objects *want, uint64_t set, const char *what)
{
	CHECK(memcmp(&got->features, &want->features, sizeof(got->features)) == 0,
	      "%s, 0x%" PRIx64 ": feats 0x%" PRIx64 ", expected 0x%" PRIx64 "; xn_breaks %d, expected %d", what, set,
	      got->features.feats, want->features.feats, got->features.xn_breaks, want->features.xn_breaks);
	CHECK(memcmp(&got->tlbi, &want->tlbi, sizeof(got->tlbi)) == 0,
	      "%s, 0x%" PRIx64 ": repeat %d, whole_vmid %d, dsb_all %d, expected %d, %d, %d", what, set,
	      got->tlbi.repeat, got->tlbi.whole_vmid, got->tlbi.dsb_all, want->tlbi.repeat, want->tlbi.whole_vmid,
	      want->tlbi.dsb_all);
	CHECK(memcmp(&got->smmu.features, &want->smmu.features, sizeof(got->smmu.features)) == 0,
	      "%s, 0x%" PRIx64 ": SMMU: feats 0x%" PRIx64 ", expected 0x%" PRIx64 "; xn_breaks %d, expected %d", what,
	      set, got->smmu.features.feats, want->smmu.features.feats, got->smmu.features.xn_breaks,
	      want->smmu.features.xn_breaks);
	CHECK(memcmp(&got->smmu, &want->smmu, sizeof(got->smmu)) == 0,
	      "%s, 0x%" PRIx64 ": stage1 %d, btm %d, repeat %d, whole_groups %d, sync_within %u, expected %d, %d, %d, "
	      "%d, %u",
	      what, set, got->smmu.stage1, got->smmu.btm, got->smmu.repeat, got->smmu.whole_groups,
	      got->smmu.sync_within, want->smmu.stage1, want->smmu.btm, want->smmu.repeat, want->smmu.whole_groups,
	      want->smmu.sync_within);
}

/* Apply @set to @before, with each choice of pointers. */
static void
check_apply(const struct objects *before, uint64_t set, const char *what)
{
	const struct s2pt_errata errata = { .set = set };

	for (unsigned given = 0; given < 8; given++) {
		struct objects got;
		struct objects want;
		struct objects full;

		memcpy(&got, before, sizeof(got));
		memcpy(&want, before, sizeof(want));
		memcpy(&full, before, sizeof(full));
		expect(&full, set);
		if (given & 1)
			memcpy(&want.features, &full.features, sizeof(full.features));
		if (given & 2)
			memcpy(&want.tlbi, &full.tlbi, sizeof(full.tlbi));
		if (given & 4)
			memcpy(&want.smmu, &full.smmu, sizeof(full.smmu));
		s2pt_errata_apply(&errata, given & 1 ? &got.features : NULL, given & 2 ? &got.tlbi : NULL,
				  given & 4 ? &got.smmu : NULL);
		check_objects(&got, &want, set, what);
		/* Once more changes nothing. */
		s2pt_errata_apply(&errata, given & 1 ? &got.features : NULL, given & 2 ? &got.tlbi : NULL,
				  given & 4 ? &got.smmu : NULL);
		check_objects(&got, &want, set, what);
	}
}

static void
test_apply(void **state)
{
	const uint64_t all = S2PT_ERRATUM_BIT(S2PT_ERRATUM_COUNT) - 1;
	struct objects before;

	(void)state;
	fresh(&before, ALL_FEATS);
	check_apply(&before, 0, "none");
	check_apply(&before, all, "all");
	for (unsigned i = 0; i < S2PT_ERRATUM_COUNT; i++)
		check_apply(&before, S2PT_ERRATUM_BIT(i), "all features");
	fresh(&before, ALL_FEATS & ~S2PT_FEAT_BBML3);
	check_apply(&before, all, "all");
	for (unsigned i = 0; i < S2PT_ERRATUM_COUNT; i++)
		for (unsigned j = 0; j < S2PT_ERRATUM_COUNT; j++)
			check_apply(&before, S2PT_ERRATUM_BIT(i) | S2PT_ERRATUM_BIT(j), "without level 3");
	/* What the CPUs promise the SMMU need not, and the other way round: each for its own features. */
	before.smmu.features.feats |= S2PT_FEAT_BBML3;
	check_apply(&before, S2PT_ERRATUM_BIT(S2PT_ERRATUM_BBM_CONFLICT), "level 3 of the SMMU");
	before.smmu.features.feats &= ~S2PT_FEAT_BBML3;
	before.features.feats |= S2PT_FEAT_BBML3;
	check_apply(&before, S2PT_ERRATUM_BIT(S2PT_ERRATUM_BBM_CONFLICT), "level 3 of the CPUs");
}

/* What a host has set for reasons of its own stays. */
static void
test_apply_keeps(void **state)
{
	static const uint16_t vmids[] = { 1, 2 };
	static const uint16_t within[] = { 1, MOST_COMMANDS - 1, MOST_COMMANDS, MOST_COMMANDS + 1, UINT16_MAX };
	const uint64_t all = S2PT_ERRATUM_BIT(S2PT_ERRATUM_COUNT) - 1;
	struct objects before;

	(void)state;
	fresh(&before, 0);
	before.features.xn_breaks = true;
	before.smmu.features.xn_breaks = true;
	before.tlbi.scope = S2PT_TLBI_OS;
	before.tlbi.max_ops = 7;
	before.tlbi.nxs = true;
	before.tlbi.ns = true;
	before.tlbi.repeat = true;
	before.tlbi.whole_vmid = true;
	before.tlbi.dsb_all = true;
	before.tlbi.vmids = vmids;
	before.tlbi.vmid_count = COUNT(vmids);
	before.smmu.repeat = true;
	before.smmu.whole_groups = true;
	for (size_t i = 0; i < COUNT(within); i++) {
		before.smmu.sync_within = within[i];
		check_apply(&before, 0, "set");
		check_apply(&before, all, "set");
		for (unsigned j = 0; j < S2PT_ERRATUM_COUNT; j++)
			check_apply(&before, S2PT_ERRATUM_BIT(j), "set");
	}
	/* And what there is not does not come to be. */
	fresh(&before, 0);
	before.smmu.stage1 = false;
	before.smmu.btm = false;
	before.smmu.ril = false;
	check_apply(&before, all, "bare");
}

/* --- The lists ------------------------------------------------------------------------------------------------ */

static bool
holds(const struct s2pt_erratum_row *row, unsigned revision)
{
	return row->first <= (revision & row->mask) && (revision & row->mask) <= row->last;
}

static bool
is_string(const char *bytes, size_t size)
{
	const char *end = memchr(bytes, 0, size);

	if (!end)
		return false;
	for (const char *c = bytes; c < end; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return true;
}

static void
test_parts(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct s2pt_part *part; (part = s2pt_part_at(count)); count++) {
		CHECK(is_string(part->name, sizeof(part->name)) && part->name[0], "part %zu", count);
		CHECK(part->mask && (part->mask & 0xfff) == part->mask && (part->part & part->mask) == part->part, "%s",
		      part->name);
		CHECK(part->implementer <= (part->smmu ? 0xfff : 0xff), "%s", part->name);
		for (size_t i = 0; i < count; i++) {
			const struct s2pt_part *other = s2pt_part_at(i);

			CHECK(other->smmu != part->smmu || other->implementer != part->implementer ||
				      ((other->part ^ part->part) & other->mask & part->mask),
			      "%s and %s are one", part->name, other->name);
		}
		/* Rows name a part in eight bits. */
		CHECK(count < 256, "%zu parts", count);
		if (part->smmu)
			CHECK(is_in(listed_smmus, COUNT(listed_smmus), part->implementer, part->part), "%s",
			      part->name);
		else
			CHECK(is_in(listed, COUNT(listed), part->implementer, part->part), "%s", part->name);
	}
	CHECK_U64(count, COUNT(listed) + COUNT(listed_smmus), "parts");
	CHECK(!s2pt_part_at(count + 1) && !s2pt_part_at(SIZE_MAX), "past the last");
}

static void
test_rows(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct s2pt_erratum_row *row; (row = s2pt_erratum_row_at(count)); count++) {
		const struct s2pt_part *part = s2pt_part_at(row->part);

		CHECK(part, "row %zu: part %u", count, row->part);
		CHECK(row->erratum < S2PT_ERRATUM_COUNT, "row %zu: erratum %u", count, row->erratum);
		CHECK(row->first <= row->last, "row %zu", count);
		CHECK((row->first & row->mask) == row->first && (row->last & row->mask) == row->last, "row %zu", count);
		CHECK(is_string(row->number, sizeof(row->number)), "row %zu", count);
		CHECK(part->smmu == (row->erratum >= S2PT_ERRATUM_SMMU_SYNC_EVENT), "row %zu: %s", count, part->name);
		CHECK(row->free == (row->erratum == S2PT_ERRATUM_BBM_CONFLICT), "row %zu", count);
		CHECK(row->free || row->number[0], "row %zu", count);
		CHECK(!part->smmu || !row->fixed, "row %zu: an SMMU has no REVIDR_EL1", count);
		/* No register tells of these. */
		CHECK(row->erratum != S2PT_ERRATUM_TLBI_ADDRESS && row->erratum != S2PT_ERRATUM_CMO_EARLY &&
			      row->erratum != S2PT_ERRATUM_SMMU_REPEAT && row->erratum != S2PT_ERRATUM_SMMU_PREFETCH,
		      "row %zu", count);
		for (size_t i = 0; i < count; i++) {
			const struct s2pt_erratum_row *other = s2pt_erratum_row_at(i);

			/* Rows of unlike masks may meet: S3's r0p0 is one of r0 and one of rNp0. */
			if (other->erratum != row->erratum || other->part != row->part || other->mask != row->mask ||
			    strcmp(other->number, row->number) != 0)
				continue;
			for (unsigned revision = 0; revision < 256; revision++)
				CHECK(!holds(row, revision) || !holds(other, revision), "rows %zu and %zu", i, count);
		}
	}
	CHECK(count >= COUNT(rows) / 2, "%zu rows", count);
	CHECK(!s2pt_erratum_row_at(count + 1) && !s2pt_erratum_row_at(SIZE_MAX), "past the last");
}

/* Does a list of numbers, with anything between them, name this one? */
static bool
names(const char *list, const char *number)
{
	const size_t length = strlen(number);

	for (const char *at = list; (at = strstr(at, number)); at++)
		if ((at == list || at[-1] < '0' || at[-1] > '9') && (at[length] < '0' || at[length] > '9'))
			return true;
	return false;
}

/* Each number that a vendor has given is told of the revisions that it is for, and of no others. */
static void
check_numbers(const struct row *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!table[i].number)
			continue;
		for (unsigned revision = 0; revision < 256; revision++) {
			const bool want = table[i].first <= revision && revision <= table[i].last;
			bool got = false;

			for (size_t j = 0; s2pt_erratum_row_at(j); j++) {
				const struct s2pt_erratum_row *row = s2pt_erratum_row_at(j);
				const struct s2pt_part *part = s2pt_part_at(row->part);

				got |= row->erratum == table[i].erratum && part->implementer == table[i].implementer &&
				       part->part == table[i].part && holds(row, revision) &&
				       names(row->number, table[i].number);
			}
			if (got != want) {
				differences++;
				print_error("%s of %03x/%03x: %s r%up%u\n", table[i].number, table[i].implementer,
					    table[i].part, got ? "told of" : "not told of", revision >> 4,
					    revision & 0xf);
				break;
			}
		}
	}
}

static void
test_numbers(void **state)
{
	(void)state;
	differences = 0;
	check_numbers(rows, COUNT(rows));
	check_numbers(smmu_rows, COUNT(smmu_rows));
	CHECK(differences == 0, "%u differences", differences);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_all_parts),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_architecture),
		cmocka_unit_test(test_other_implementers),
		cmocka_unit_test(test_unlisted),
		cmocka_unit_test(test_smmus),
		cmocka_unit_test(test_union),
		cmocka_unit_test(test_nothing_is_taken_away),
		cmocka_unit_test(test_effects),
		cmocka_unit_test(test_cures),
		cmocka_unit_test(test_withheld),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_apply_keeps),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
