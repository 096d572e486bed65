/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * features.h: what a CPU can do, as far as stage 2 is concerned.
 *
 * The host reads the ID registers; this module turns the raw values into a set of features. The same
 * word, "a feature", is used for three things that are one idea: what the CPU has
 * (struct s2pt_features), what a table is made to use (struct s2pt_config), and what is in force in a
 * table or during an access (struct s2pt_format, struct s2pt_controls). Each is a set of S2PT_FEAT_*.
 */
#ifndef S2PT_FEATURES_H
#define S2PT_FEATURES_H

#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A set of S2PT_FEAT_*. */
typedef uint64_t s2pt_feats;

/*
 * Arm's feature names. Where a feature is switched by a register bit, having it *in force* means that
 * the bit is set: the bit is named here.
 */
#define S2PT_FEAT_LPA        (UINT64_C(1) << 0)  /* 52-bit PA; 64K: OA[51:48] in bits 15:12 */
#define S2PT_FEAT_LPA2       (UINT64_C(1) << 1)  /* 52-bit 4K and 16K tables: VTCR_EL2.DS = 1 */
#define S2PT_FEAT_TTST       (UINT64_C(1) << 2)  /* small IPA spaces: T0SZ up to 48 (64K: 47) */
#define S2PT_FEAT_S2FWB      (UINT64_C(1) << 3)  /* forced Write-Back: HCR_EL2.FWB = 1 */
#define S2PT_FEAT_XNX        (UINT64_C(1) << 4)  /* XN[1:0]: execute rights of EL1 and EL0 apart */
#define S2PT_FEAT_XS         (UINT64_C(1) << 5)  /* XS attribute and descriptor bit FnXS */
#define S2PT_FEAT_MTE2       (UINT64_C(1) << 6)  /* Allocation Tags in memory */
#define S2PT_FEAT_MTE_PERM   (UINT64_C(1) << 7)  /* the NoTagAccess encodings of MemAttr */
#define S2PT_FEAT_BBML1      (UINT64_C(1) << 8)  /* FEAT_BBM level 1: the nT bit */
#define S2PT_FEAT_BBML2      (UINT64_C(1) << 9)  /* FEAT_BBM level 2 */
#define S2PT_FEAT_HAFDBS_AF  (UINT64_C(1) << 10) /* FEAT_HAFDBS, access flag: VTCR_EL2.HA = 1 */
#define S2PT_FEAT_HAFDBS_DBM (UINT64_C(1) << 11) /* FEAT_HAFDBS, dirty state: VTCR_EL2.HD = 1 */
#define S2PT_FEAT_HPDS2      (UINT64_C(1) << 12) /* page-based hardware attributes (PBHA) */
#define S2PT_FEAT_VMID16     (UINT64_C(1) << 13) /* 16-bit VMIDs: VTCR_EL2.VS = 1 */
#define S2PT_FEAT_TTCNP      (UINT64_C(1) << 14) /* VTTBR_EL2.CnP */
#define S2PT_FEAT_SEL2       (UINT64_C(1) << 15) /* Secure EL2, hence Secure stage 2 */
#define S2PT_FEAT_RME        (UINT64_C(1) << 16) /* Realm Management Extension */
#define S2PT_FEAT_TTL        (UINT64_C(1) << 17) /* level hints in TLBI */
#define S2PT_FEAT_TLBIOS     (UINT64_C(1) << 18) /* TLBI ...OS */
#define S2PT_FEAT_TLBIRANGE  (UINT64_C(1) << 19) /* TLBI by range */
#define S2PT_FEAT_LSE        (UINT64_C(1) << 20) /* single-instruction atomics */
#define S2PT_FEAT_HAFT       (UINT64_C(1) << 21) /* access flag in table descriptors */
#define S2PT_FEAT_S2PIE      (UINT64_C(1) << 22) /* stage-2 indirect permissions (never in force here) */
#define S2PT_FEAT_S2POE      (UINT64_C(1) << 23) /* stage-2 overlays (never in force here) */
#define S2PT_FEAT_D128       (UINT64_C(1) << 24) /* 128-bit descriptors (never in force here) */
#define S2PT_FEAT_THE        (UINT64_C(1) << 25) /* AssuredOnly and its kin (never in force here) */
#define S2PT_FEAT_MEC        (UINT64_C(1) << 26) /* memory encryption contexts (never in force here) */
#define S2PT_FEAT_HDBSS      (UINT64_C(1) << 27) /* hardware dirty state tracking structure */
#define S2PT_FEAT_HACDBS     (UINT64_C(1) << 28) /* hardware accelerator for cleaning dirty state */
#define S2PT_FEAT_BBML3      (UINT64_C(1) << 29) /* FEAT_BBM level 3: level 2 without conflict aborts */
#define S2PT_FEAT_TLBIW      (UINT64_C(1) << 30) /* TLBI VMALLWS2E1: dirty state alone is forgotten */
#define S2PT_FEAT_COUNT      31

/* The ID registers, as indices of struct s2pt_id_regs. */
enum s2pt_id_reg {
	S2PT_ID_AA64MMFR0,
	S2PT_ID_AA64MMFR1,
	S2PT_ID_AA64MMFR2,
	S2PT_ID_AA64MMFR3,
	S2PT_ID_AA64MMFR4,
	S2PT_ID_AA64ISAR0,
	S2PT_ID_AA64ISAR1,
	S2PT_ID_AA64ISAR3,
	S2PT_ID_AA64PFR0,
	S2PT_ID_AA64PFR1,
	S2PT_ID_AA64PFR2,
	S2PT_ID_REG_COUNT,
};

/* Raw values, as MRS gives them. A register that the CPU does not name reads as zero: say zero. */
struct s2pt_id_regs {
	uint64_t value[S2PT_ID_REG_COUNT];
};

/* What a CPU can do at stage 2. */
struct s2pt_features {
	s2pt_feats feats; /* the features it has */
	uint8_t pa_bits;  /* implemented PA size (PAMax): 32, 36, 40, 42, 44, 48, 52 or 56 */
	bool granule_4k;  /* granules that stage 2 supports */
	bool granule_16k;
	bool granule_64k;
	bool lpa2_4k; /* ... and whether with DS=1 */
	bool lpa2_16k;
	bool xn_breaks; /* an erratum: the right to execute is taken away by break-before-make (errata.h) */
};

/*
 * s2pt_features_from_id_regs - what a CPU with these ID registers can do.
 * @features: written in full.
 * @regs: raw values. In a system of unlike CPUs, pass the common denominator or intersect the results
 *        with s2pt_features_common().
 *
 * Granule support at stage 2 is TGran*_2 where that field is not zero, else TGran* (FEAT_GTG).
 * A reserved value of PARange or TGran*_2 above those that are defined is taken as the highest of them
 * (a later architecture's means at least as much); a negative TGran4 or TGran64 as "not there".
 */
void s2pt_features_from_id_regs(struct s2pt_features *features, const struct s2pt_id_regs *regs);

/*
 * s2pt_features_common - what two CPUs can both do: @features becomes its intersection with @other.
 *
 * The PA size becomes the smaller one.
 */
void s2pt_features_common(struct s2pt_features *features, const struct s2pt_features *other);

#ifdef __cplusplus
}
#endif

#endif
