/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * rows.c: which revisions of which parts have which errata. See errata.h.
 *
 * Revisions are those that Linux, TF-A or Xen test for, and where they differ all of them together; docs/errata.md has
 * who says so. To add a row: the part, if it is new, with its number in MIDR_EL1 or SMMU_IIDR; the row under its
 * erratum; then tests/package/readme/errata --write brings the document up to date.
 */
#include <s2pt/errata.h>

enum {
	A35,
	A53,
	A55,
	A57,
	A65,
	A65AE,
	A72,
	A73,
	A75,
	A76,
	A76AE,
	A77,
	A78,
	A78AE,
	A78C,
	A320,
	A510,
	A520,
	A520AE,
	A710,
	A715,
	A720,
	A720AE,
	A725,
	X1,
	X1C,
	X2,
	X3,
	X4,
	X925,
	C1_NANO,
	C1_PRO,
	C1_PREMIUM,
	C1_ULTRA,
	E1,
	N1,
	N2,
	N3,
	V1,
	V2,
	V3,
	V3AE,
	VULCAN,
	THUNDERX,
	THUNDERX_81,
	THUNDERX_83,
	THUNDERX2,
	HIP09,
	CARMEL,
	OLYMPUS,
	KRYO_2XX,
	FALKOR_V1,
	KRYO_3XX_GOLD,
	KRYO_3XX_SILVER,
	KRYO_4XX_GOLD,
	KRYO_4XX_SILVER,
	FALKOR,
	COBALT,
	AMPERE1,
	AMPERE1A,
	MMU_600,
	MMU_700,
	MMU_L1,
	MMU_S3,
};

/* clang-format off */
static const struct s2pt_part parts[] = {
	[A35]             = { false, 0x41, 0xd04, 0xfff, false, "Cortex-A35" },
	[A53]             = { false, 0x41, 0xd03, 0xfff, false, "Cortex-A53" },
	[A55]             = { false, 0x41, 0xd05, 0xfff, false, "Cortex-A55" },
	[A57]             = { false, 0x41, 0xd07, 0xfff, false, "Cortex-A57" },
	[A65]             = { false, 0x41, 0xd06, 0xfff, false, "Cortex-A65" },
	[A65AE]           = { false, 0x41, 0xd43, 0xfff, false, "Cortex-A65AE" },
	[A72]             = { false, 0x41, 0xd08, 0xfff, false, "Cortex-A72" },
	[A73]             = { false, 0x41, 0xd09, 0xfff, false, "Cortex-A73" },
	[A75]             = { false, 0x41, 0xd0a, 0xfff, false, "Cortex-A75" },
	[A76]             = { false, 0x41, 0xd0b, 0xfff, false, "Cortex-A76" },
	[A76AE]           = { false, 0x41, 0xd0e, 0xfff, false, "Cortex-A76AE" },
	[A77]             = { false, 0x41, 0xd0d, 0xfff, false, "Cortex-A77" },
	[A78]             = { false, 0x41, 0xd41, 0xfff, false, "Cortex-A78" },
	[A78AE]           = { false, 0x41, 0xd42, 0xfff, false, "Cortex-A78AE" },
	[A78C]            = { false, 0x41, 0xd4b, 0xfff, false, "Cortex-A78C" },
	[A320]            = { false, 0x41, 0xd8f, 0xfff, false, "Cortex-A320" },
	[A510]            = { false, 0x41, 0xd46, 0xfff, false, "Cortex-A510" },
	[A520]            = { false, 0x41, 0xd80, 0xfff, false, "Cortex-A520" },
	[A520AE]          = { false, 0x41, 0xd88, 0xfff, false, "Cortex-A520AE" },
	[A710]            = { false, 0x41, 0xd47, 0xfff, false, "Cortex-A710" },
	[A715]            = { false, 0x41, 0xd4d, 0xfff, false, "Cortex-A715" },
	[A720]            = { false, 0x41, 0xd81, 0xfff, false, "Cortex-A720" },
	[A720AE]          = { false, 0x41, 0xd89, 0xfff, false, "Cortex-A720AE" },
	[A725]            = { false, 0x41, 0xd87, 0xfff, false, "Cortex-A725" },
	[X1]              = { false, 0x41, 0xd44, 0xfff, false, "Cortex-X1" },
	[X1C]             = { false, 0x41, 0xd4c, 0xfff, false, "Cortex-X1C" },
	[X2]              = { false, 0x41, 0xd48, 0xfff, false, "Cortex-X2" },
	[X3]              = { false, 0x41, 0xd4e, 0xfff, false, "Cortex-X3" },
	[X4]              = { false, 0x41, 0xd82, 0xfff, false, "Cortex-X4" },
	[X925]            = { false, 0x41, 0xd85, 0xfff, false, "Cortex-X925" },
	[C1_NANO]         = { false, 0x41, 0xd8a, 0xfff, false, "C1-Nano" },
	[C1_PRO]          = { false, 0x41, 0xd8b, 0xfff, false, "C1-Pro" },
	[C1_PREMIUM]      = { false, 0x41, 0xd90, 0xfff, false, "C1-Premium" },
	[C1_ULTRA]        = { false, 0x41, 0xd8c, 0xfff, false, "C1-Ultra" },
	[E1]              = { false, 0x41, 0xd4a, 0xfff, false, "Neoverse E1" },
	[N1]              = { false, 0x41, 0xd0c, 0xfff, false, "Neoverse N1" },
	[N2]              = { false, 0x41, 0xd49, 0xfff, false, "Neoverse N2" },
	[N3]              = { false, 0x41, 0xd8e, 0xfff, false, "Neoverse N3" },
	[V1]              = { false, 0x41, 0xd40, 0xfff, false, "Neoverse V1" },
	[V2]              = { false, 0x41, 0xd4f, 0xfff, false, "Neoverse V2" },
	[V3]              = { false, 0x41, 0xd84, 0xfff, false, "Neoverse V3" },
	[V3AE]            = { false, 0x41, 0xd83, 0xfff, false, "Neoverse V3AE" },
	[VULCAN]          = { false, 0x42, 0x516, 0xfff, false, "Broadcom Vulcan" },
	[THUNDERX]        = { false, 0x43, 0x0a1, 0xfff, false, "Cavium ThunderX" },
	[THUNDERX_81]     = { false, 0x43, 0x0a2, 0xfff, false, "Cavium ThunderX 81xx" },
	[THUNDERX_83]     = { false, 0x43, 0x0a3, 0xfff, false, "Cavium ThunderX 83xx" },
	[THUNDERX2]       = { false, 0x43, 0x0af, 0xfff, false, "Cavium ThunderX2" },
	[HIP09]           = { false, 0x48, 0xd02, 0xfff, false, "HiSilicon HIP09" },
	[CARMEL]          = { false, 0x4e, 0x004, 0xfff, false, "NVIDIA Carmel" },
	[OLYMPUS]         = { false, 0x4e, 0x010, 0xfff, false, "NVIDIA Olympus" },
	[KRYO_2XX]        = { false, 0x51, 0x200, 0xf00, true, "Qualcomm Kryo 2xx" },
	[FALKOR_V1]       = { false, 0x51, 0x800, 0xfff, false, "Qualcomm Falkor v1" },
	[KRYO_3XX_GOLD]   = { false, 0x51, 0x802, 0xfff, true, "Qualcomm Kryo 3xx Gold" },
	[KRYO_3XX_SILVER] = { false, 0x51, 0x803, 0xfff, true, "Qualcomm Kryo 3xx Silver" },
	[KRYO_4XX_GOLD]   = { false, 0x51, 0x804, 0xfff, true, "Qualcomm Kryo 4xx Gold" },
	[KRYO_4XX_SILVER] = { false, 0x51, 0x805, 0xfff, true, "Qualcomm Kryo 4xx Silver" },
	[FALKOR]          = { false, 0x51, 0xc00, 0xfff, false, "Qualcomm Falkor" },
	[COBALT]          = { false, 0x6d, 0xd49, 0xfff, true, "Microsoft Cobalt 100" },
	[AMPERE1]         = { false, 0xc0, 0xac3, 0xfff, false, "Ampere1" },
	[AMPERE1A]        = { false, 0xc0, 0xac4, 0xfff, false, "Ampere1A" },
	[MMU_600]         = { true, 0x43b, 0x483, 0xfff, false, "Arm MMU-600" },
	[MMU_700]         = { true, 0x43b, 0x487, 0xfff, false, "Arm MMU-700" },
	[MMU_L1]          = { true, 0x43b, 0x48a, 0xfff, false, "Arm SMMU L1" },
	[MMU_S3]          = { true, 0x43b, 0x498, 0xfff, false, "Arm SMMU S3" },
};

#define ALL 0x00, 0xff

#define HAS(erratum, part, revisions, number) { S2PT_ERRATUM_##erratum, part, 0xff, revisions, 0, false, number }

/* Of whatever variant, at revision p0. */
#define HAS_AT_P0(erratum, part, number) { S2PT_ERRATUM_##erratum, part, 0x0f, 0, 0, 0, false, number }

/* ... unless a bit of REVIDR_EL1 says that it is mended. */
#define HAS_UNLESS(erratum, part, revisions, fixed, number) \
	{ S2PT_ERRATUM_##erratum, part, 0xff, revisions, fixed, false, number }

/* What every part has that is not listed. */
#define IS_FREE_OF(erratum, part, revisions) { S2PT_ERRATUM_##erratum, part, 0xff, revisions, 0, true, "" }

#define R(first, last) 0x##first, 0x##last

static const struct s2pt_erratum_row rows[] = {
	HAS(TLBI_WRITES, A76, ALL, "4193800"),
	HAS(TLBI_WRITES, A76AE, ALL, "4193801"),
	HAS(TLBI_WRITES, A77, ALL, "4193798"),
	HAS(TLBI_WRITES, A78, ALL, "4193791"),
	HAS(TLBI_WRITES, A78AE, ALL, "4193793"),
	HAS(TLBI_WRITES, A78C, ALL, "4193794"),
	HAS(TLBI_WRITES, A710, ALL, "4193788"),
	HAS(TLBI_WRITES, X1, ALL, "4193791"),
	HAS(TLBI_WRITES, X1C, ALL, "4193792"),
	HAS(TLBI_WRITES, X2, ALL, "4193788"),
	HAS(TLBI_WRITES, X3, ALL, "4193786"),
	HAS(TLBI_WRITES, X4, ALL, "4118414"),
	HAS(TLBI_WRITES, X925, ALL, "4193781"),
	HAS(TLBI_WRITES, N1, ALL, "4193800"),
	HAS(TLBI_WRITES, N2, ALL, "4193789"),
	HAS(TLBI_WRITES, V1, ALL, "4193790"),
	HAS(TLBI_WRITES, V2, ALL, "4193787"),
	HAS(TLBI_WRITES, V3, ALL, "4193784"),
	HAS(TLBI_WRITES, V3AE, ALL, "4193784"),
	HAS(TLBI_WRITES, C1_PREMIUM, ALL, "4193780"),
	HAS(TLBI_WRITES, C1_ULTRA, ALL, "4193780"),
	HAS(TLBI_WRITES, COBALT, ALL, "4193789"),
	HAS(TLBI_WRITES, OLYMPUS, ALL, "T410-OLY-1029"),

	HAS(TLBI_ACCESSES, A76, R(00, 30), "1286807"),
	HAS(TLBI_ACCESSES, N1, R(00, 30), "1286807"),
	HAS(TLBI_ACCESSES, KRYO_4XX_GOLD, R(ce, fe), "1286807"),
	HAS(TLBI_ACCESSES, A55, ALL, "2441007"),
	HAS(TLBI_ACCESSES, A510, R(00, 11), "2441009"),
	HAS(TLBI_ACCESSES, FALKOR_V1, R(00, 00), "E1009"),
	HAS(TLBI_ACCESSES, KRYO_2XX, ALL, "E1009"),

	HAS(CPP_RCTX, A710, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, X2, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, X3, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, X4, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, X925, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, N2, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, V2, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, V3, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, V3AE, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, C1_PREMIUM, ALL, "CVE-2025-0647"),
	HAS(CPP_RCTX, C1_ULTRA, ALL, "CVE-2025-0647"),

	HAS(SME_DSB, C1_PRO, R(00, 11), "4193714"),
	HAS_UNLESS(SME_DSB, C1_PRO, R(12, 12), 1, "4193714"),

	HAS(TLBI_DSB, A510, R(00, 02), "2080326"),

	HAS(TLBI_ICACHE, THUNDERX, R(00, 11), "27456"),
	HAS(TLBI_ICACHE, THUNDERX_81, R(00, 00), "27456"),

	HAS(TRBE_DSB, A710, R(00, 10), "1887102"),
	HAS(TRBE_DSB, X2, R(00, 10), "1887102"),

	HAS(AGGREGATION, A77, ALL, "3439000"),
	HAS(AGGREGATION, A78, ALL, "3438997"),
	HAS(AGGREGATION, A78AE, R(00, 03), "3438997"),
	HAS(AGGREGATION, A78C, ALL, "3438997"),
	HAS(AGGREGATION, A710, R(00, 21), "CVE-2024-5660"),
	HAS(AGGREGATION, X1, ALL, "3438995"),
	HAS(AGGREGATION, X1C, ALL, "CVE-2024-5660"),
	HAS(AGGREGATION, X2, ALL, "CVE-2024-5660"),
	HAS(AGGREGATION, X3, ALL, "CVE-2024-5660"),
	HAS(AGGREGATION, X4, R(00, 02), "CVE-2024-5660"),
	HAS(AGGREGATION, X925, R(00, 01), "CVE-2024-5660"),
	HAS(AGGREGATION, N2, R(00, 03), "CVE-2024-5660"),
	HAS(AGGREGATION, V1, R(00, 12), "CVE-2024-5660"),
	HAS(AGGREGATION, V2, R(00, 02), "CVE-2024-5660"),
	HAS(AGGREGATION, V3, R(00, 01), "CVE-2024-5660"),
	HAS(AGGREGATION, V3AE, R(00, 01), "CVE-2024-5660"),

	HAS(BBM_LIVELOCK, C1_PREMIUM, R(00, 10), "3683289"),
	HAS(BBM_LIVELOCK, C1_ULTRA, R(00, 10), "3683289"),

	HAS(BBM_UNSAFE, V3, R(00, 01), "3053180"),
	HAS(BBM_UNSAFE, V3AE, R(00, 01), "3053180"),
	HAS(BBM_UNSAFE, X4, R(00, 02), "3053180?"),

	IS_FREE_OF(BBM_CONFLICT, X4, R(03, ff)),
	IS_FREE_OF(BBM_CONFLICT, V3, R(02, ff)),
	IS_FREE_OF(BBM_CONFLICT, V3AE, R(02, ff)),
	IS_FREE_OF(BBM_CONFLICT, C1_ULTRA, R(11, ff)),
	IS_FREE_OF(BBM_CONFLICT, C1_PREMIUM, R(11, ff)),
	IS_FREE_OF(BBM_CONFLICT, C1_NANO, ALL),
	IS_FREE_OF(BBM_CONFLICT, C1_PRO, ALL),
	IS_FREE_OF(BBM_CONFLICT, A520AE, ALL),
	IS_FREE_OF(BBM_CONFLICT, A715, ALL),
	IS_FREE_OF(BBM_CONFLICT, A720AE, ALL),
	IS_FREE_OF(BBM_CONFLICT, A725, ALL),
	IS_FREE_OF(BBM_CONFLICT, N3, ALL),
	IS_FREE_OF(BBM_CONFLICT, OLYMPUS, ALL),
	IS_FREE_OF(BBM_CONFLICT, AMPERE1, ALL),
	IS_FREE_OF(BBM_CONFLICT, AMPERE1A, ALL),

	HAS(XN_SYNDROME, A715, ALL, "2645198"),

	HAS(SPLINTERED, A76, ALL, "1800710"),
	HAS(SPLINTERED, N1, ALL, "1800710"),
	HAS(SPLINTERED, A77, R(00, 11), "1800714"),
	HAS(SPLINTERED, A78, R(00, 10), "1827429"),
	HAS(SPLINTERED, X1, R(00, 10), "1827429"),
	HAS(SPLINTERED, A78AE, R(00, 00), "1827431"),
	HAS(SPLINTERED, A78C, R(00, 00), "1827430"),
	HAS(SPLINTERED, V1, R(00, 10), "1774420"),

	HAS(L2_TLB, A76, R(00, 20), "1130799"),
	HAS(L2_TLB, N1, R(00, 20), "1130799"),
	HAS(L2_TLB, A76, R(00, 30), "1262888"),
	HAS(L2_TLB, N1, R(00, 30), "1262888"),
	HAS(L2_TLB, A510, R(00, 00), "1952872"),
	HAS(L2_TLB, A65, ALL, "1227419"),
	HAS(L2_TLB, A76, ALL, "1073348"),

	HAS(HAFDBS_HIDDEN, AMPERE1, ALL, "AC03_CPU_38"),
	HAS(HAFDBS_HIDDEN, AMPERE1A, ALL, "AC04_CPU_10"),

	HAS(DIRTY_BREAK, A55, ALL, "1024718"),
	HAS(DIRTY_BREAK, KRYO_4XX_SILVER, R(de, de), "1024718"),

	HAS(DIRTY_ORDER, A510, R(00, 02), "2051678"),

	HAS(CNP, CARMEL, ALL, "NVIDIA_CARMEL_CNP"),
	HAS(CNP, HIP09, ALL, "162100125"),

	HAS(SPECULATIVE_AT, A76, R(00, 20), "1165522"),
	HAS(SPECULATIVE_AT, N1, R(00, 20), "1165522"),
	HAS(SPECULATIVE_AT, A55, ALL, "1530923"),
	HAS(SPECULATIVE_AT, KRYO_4XX_SILVER, R(de, de), "1530923"),
	HAS(SPECULATIVE_AT, A57, ALL, "1319537"),
	HAS(SPECULATIVE_AT, A72, ALL, "1319367"),
	HAS(SPECULATIVE_AT, A53, ALL, "1530924"),
	HAS(SPECULATIVE_AT, A65, R(00, 12), "1541130"),
	HAS(SPECULATIVE_AT, A65AE, R(00, 11), "1638571"),

	HAS(HCR_WRITE, AMPERE1A, ALL, "AC04_CPU_23"),

	HAS(HCR_INTERRUPT, AMPERE1, ALL, "AC03_CPU_36"),

	HAS(HCR_VM_OFF, A53, ALL, "843819"),

	HAS(TTBR_WRITE, THUNDERX2, ALL, "219"),
	HAS(TTBR_WRITE, VULCAN, ALL, "219"),

	HAS(FALSE_STAGE2, A57, R(00, 12), "834220"),

	HAS(PAR_DEADLOCK, A77, R(00, 10), "1508412"),

	HAS(EXCLUSIVE_DEADLOCK, A57, R(00, 12), "832075"),

	HAS(NC_LOAD_ORDER, A76, R(00, 41), "3888013"),
	HAS(NC_LOAD_ORDER, A76AE, R(00, 11), "3888014"),
	HAS(NC_LOAD_ORDER, A77, ALL, "3888015"),
	HAS(NC_LOAD_ORDER, A78, ALL, "3888017"),
	HAS(NC_LOAD_ORDER, A78AE, ALL, "3888018"),
	HAS(NC_LOAD_ORDER, A78C, ALL, "3888019"),
	HAS(NC_LOAD_ORDER, A710, ALL, "3888122"),
	HAS(NC_LOAD_ORDER, X1, ALL, "3888017"),
	HAS(NC_LOAD_ORDER, X2, ALL, "3888122"),
	HAS(NC_LOAD_ORDER, X3, ALL, "3888125"),
	HAS(NC_LOAD_ORDER, X4, R(00, 03), "3887999"),
	HAS(NC_LOAD_ORDER, X925, R(00, 01), "3865185"),
	HAS(NC_LOAD_ORDER, N1, R(00, 41), "3888013"),
	HAS(NC_LOAD_ORDER, N2, ALL, "3888123"),
	HAS(NC_LOAD_ORDER, V1, ALL, "3888016"),
	HAS(NC_LOAD_ORDER, V2, ALL, "3888126"),
	HAS(NC_LOAD_ORDER, V3, R(00, 02), "3864536"),
	HAS(NC_LOAD_ORDER, C1_PREMIUM, R(00, 10), "3865171"),
	HAS(NC_LOAD_ORDER, C1_ULTRA, R(00, 10), "3865171"),

	HAS(DEVICE_LOAD_ORDER, OLYMPUS, ALL, "T410-OLY-1027"),

	HAS(CLEAN_EVICTED, A53, R(00, 01), "819472"),
	HAS(CLEAN_EVICTED, A53, R(00, 02), "824069, 826319, 827319"),
	HAS(CLEAN_EVICTED, A53, ALL, "855873"),

	HAS(DIC, N1, R(30, 40), "1542419"),

	HAS(TRBE_BOUNDS, A710, ALL, "2119858"),
	HAS(TRBE_BOUNDS, X2, R(00, 20), "2119858"),
	HAS(TRBE_BOUNDS, N2, ALL, "2139208"),
	HAS(TRBE_BOUNDS, COBALT, ALL, "2139208"),
	HAS(TRBE_BOUNDS, A710, ALL, "2224489"),
	HAS(TRBE_BOUNDS, X2, ALL, "2224489"),
	HAS(TRBE_BOUNDS, N2, ALL, "2253138"),
	HAS(TRBE_BOUNDS, COBALT, ALL, "2253138"),
	HAS(TRBE_BOUNDS, A710, ALL, "2054223"),
	HAS(TRBE_BOUNDS, N2, ALL, "2067961"),
	HAS(TRBE_BOUNDS, COBALT, ALL, "2067961"),
	HAS(TRBE_BOUNDS, A510, R(00, 02), "2064142, 2038923"),
	HAS(TRBE_BOUNDS, A510, R(00, 01), "1902691"),

	HAS(SMMU_SYNC_EVENT, MMU_600, R(00, 02), "1076982"),

	HAS(SMMU_NESTED, MMU_600, R(00, 1f), "1209401"),
	HAS(SMMU_NESTED, MMU_700, R(01, 0f), "2268618"),
	HAS_AT_P0(SMMU_NESTED, MMU_700, "2268618"),

	HAS(SMMU_BATCH, MMU_700, R(01, 0f), "2812531"),
	HAS_AT_P0(SMMU_BATCH, MMU_700, "2812531"),

	HAS(SMMU_GROUPS, MMU_700, ALL, "3777127"),
	HAS(SMMU_GROUPS, MMU_S3, R(00, 10), "3673557"),

	HAS(SMMU_BTM, MMU_700, ALL, "2133013"),
	HAS(SMMU_BTM, MMU_L1, ALL, "3878312"),
	HAS(SMMU_BTM, MMU_S3, ALL, "3995052"),
};
/* clang-format on */

const struct s2pt_part *
s2pt_part_at(size_t index)
{
	return index < sizeof(parts) / sizeof(parts[0]) ? &parts[index] : NULL;
}

const struct s2pt_erratum_row *
s2pt_erratum_row_at(size_t index)
{
	return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}
