/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * format.h: the shape of one stage-2 table, and the registers that tell the CPU about it.
 *
 * A format is plain data, made once from what the CPU can do and what the caller asks for, and then
 * passed as a const pointer to everything else; there is no global mode. An impossible config is refused
 * with a status that names the rule it breaks.
 *
 *           level -1    level 0     level 1     level 2     level 3     offset
 *   4K       51:48       47:39       38:30       29:21       20:12      11:0
 *   16K                  51:47       46:36       35:25       24:14      13:0
 *   64K                              51:42       41:29       28:16      15:0
 *
 * The walk starts at the start level, in a start table that is smaller than a granule where few IPA
 * bits remain, and where too many remain is up to 16 tables side by side (concatenation).
 */
#ifndef S2PT_FORMAT_H
#define S2PT_FORMAT_H

#include <s2pt/features.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define S2PT_LEVEL_FIRST (-1) /* the highest level there is */
#define S2PT_LEVEL_LAST  3    /* the level of pages */

/*
 * The start level with the fewest levels. Blocks of a level above it are given up for concatenated tables: with 4K of
 * 1 GiB for 31 to 34 bits of IPA, and with DS=1 of 512 GiB for 40 to 43. Name the level of the largest blocks to have
 * them.
 */
#define S2PT_START_LEVEL_AUTO INT8_MIN

/* The stage 2 that a table serves. */
enum s2pt_space {
	S2PT_SPACE_NONSECURE, /* VTTBR_EL2/VTCR_EL2: Non-secure state, or the Non-secure IPA space of
	                         Secure state */
	S2PT_SPACE_SECURE,    /* VSTTBR_EL2/VSTCR_EL2: the Secure IPA space. Needs FEAT_SEL2 */
	S2PT_SPACE_REALM,     /* VTTBR_EL2/VTCR_EL2 of Realm state. Needs FEAT_RME */
};

/* Cacheability of table walks, in the encoding of VTCR_EL2.IRGN0 and ORGN0. */
enum s2pt_walk_cache {
	S2PT_WALK_NC = 0,
	S2PT_WALK_WB_RWA = 1,
	S2PT_WALK_WT_RA = 2,
	S2PT_WALK_WB_RA = 3,
};

/* What the caller wants. Fill it with s2pt_config_init(), then change what should differ. */
struct s2pt_config {
	enum s2pt_granule granule;
	enum s2pt_space space;
	uint8_t ipa_bits;   /* 0: as many as the CPU and the format allow */
	uint8_t pa_bits;    /* VTCR_EL2.PS: 32, 36, 40, 42, 44, 48 or 52; 0: the CPU's */
	int8_t start_level; /* -1..3, or S2PT_START_LEVEL_AUTO */
	s2pt_feats feats;   /* features that the table may use, a subset of the CPU's. LPA2, the access flag, dirty
	                       state and VMID16 set VTCR_EL2.DS, HA, HD and VS; S2FWB says that the host
	                       will set HCR_EL2.FWB. FEAT_LPA has no switch: it is in force where
	                       the CPU's PA has 52 bits, asked for or not */
	uint8_t pbha;       /* VTCR_EL2.{HWU62,HWU61,HWU60,HWU59}, as bits 3:0. Needs FEAT_HPDS2 */
	uint8_t sh0;        /* enum s2pt_sh: walks, and with DS=1 all leaves */
	uint8_t irgn0;      /* enum s2pt_walk_cache */
	uint8_t orgn0;      /* enum s2pt_walk_cache */
	bool sw;            /* VSTCR_EL2.SW (Secure) or VTCR_EL2.NSW: walks in the Non-secure PAS */
	bool sa;            /* VSTCR_EL2.SA (Secure) or VTCR_EL2.NSA: output in the Non-secure PAS
	                       (with sw it is there in any case) */
	bool no_contiguous; /* no leaf has the Contiguous bit, as errata of some CPUs and SMMUs want it. Blocks stay */
	uint8_t fixed_sw;   /* software bits, as in struct s2pt_leaf's sw, of which a leaf that has one keeps its size:
	                       s2pt_table_collapse() leaves it. A host maps a region with a cap (op->max_lg2) and such
	                       a bit, and the cap holds as long as the region is mapped so */
};

/* The format of one table. Made by s2pt_format_init() and its kin; read, never written, by callers. */
struct s2pt_format {
	uint8_t granule_lg2; /* 12, 14 or 16 */
	uint8_t ipa_bits;    /* 64 - T0SZ */
	uint8_t pa_bits;     /* the size that VTCR_EL2.PS says */
	uint8_t oa_bits;     /* output addresses are below 2^oa_bits: pa_bits, or 48 where descriptors
	                        hold no more */
	int8_t start_level;
	uint8_t root_tables;    /* concatenated start tables: 1, 2, 4, 8 or 16 */
	uint8_t root_lg2;       /* log2 of the bytes of the start table(s) together */
	uint8_t root_align_lg2; /* log2 of their alignment */
	uint8_t space;          /* enum s2pt_space */
	uint8_t pbha;           /* PBHA bits in use, 3:0 */
	uint8_t sh0;
	uint8_t irgn0;
	uint8_t orgn0;
	bool sw;
	bool sa;
	bool no_contiguous; /* leaves form no contiguous groups */
	bool xn_breaks;     /* execute rights are taken away by break-before-make */
	uint8_t fixed_sw;   /* software bits of leaves that keep their size */
	s2pt_feats feats;   /* features in force */
};

/*
 * s2pt_config_init - the ordinary config for a CPU: Non-secure, the whole PA size as IPA size, the start
 * level with the fewest levels, walks Inner Shareable and Write-Back, and every feature of the CPU
 * that makes tables better without asking anything of the host but HCR_EL2.FWB: all but LPA2, the access flag,
 * dirty state and VMID16. Modes that the library does not support (S2PIE, S2POE, D128, THE, MEC, HAFT, HDBSS,
 * HACDBS) stay off.
 */
void s2pt_config_init(struct s2pt_config *config, enum s2pt_granule granule,
		      const struct s2pt_features *cpu);

/*
 * s2pt_format_init - make a format.
 * @format: written in full.
 * @cpu: what the CPU can do; in a system of unlike CPUs, what they have in common.
 * @config: what the caller wants.
 *
 * Returns, in the order in which the rules are checked:
 *     S2PT_ERR_SPACE            not an enum s2pt_space, or without its feature; sw or sa without
 *                               FEAT_SEL2, or for Realm
 *     S2PT_ERR_FEATURE          config->feats not a subset of the CPU's
 *     S2PT_ERR_UNSUPPORTED      a mode that the library does not support: see s2pt_config_init()
 *     S2PT_ERR_HD               dirty state without the access flag: HD has no effect without HA
 *     S2PT_ERR_GRANULE          no such granule, or not at stage 2 of this CPU (with DS=1)
 *     S2PT_ERR_DS_GRANULE       LPA2 with 64K: VTCR_EL2.DS is RES0 there
 *     S2PT_ERR_PA_BITS          not a size of PS, or above the CPU's. 52 with 4K or 16K and DS=0 is
 *                               allowed and reaches 48 bits (R_QGLQX)
 *     S2PT_ERR_SH               sh0
 *     S2PT_ERR_WALK_CACHE       irgn0 or orgn0
 *     S2PT_ERR_PBHA             pbha above 15, or without FEAT_HPDS2
 *     S2PT_ERR_SW               fixed_sw has more than the software bits of this space
 *     S2PT_ERR_IPA_BELOW_MIN    T0SZ above 39, or with FEAT_TTST 48 (64K: 47): AArch64.MaxTxSZ()
 *     S2PT_ERR_IPA_ABOVE_FORMAT above 48 bits with 4K or 16K and DS=0, above 52 otherwise
 *     S2PT_ERR_IPA_ABOVE_PA     above the implemented PA size: AArch64.S2MinTxSZ()
 *     S2PT_ERR_START_RESERVED, S2PT_ERR_START_TTST, S2PT_ERR_START_PA
 *                               the start level has no SL0/SL2 value, or not on this CPU:
 *                               AArch64.S2InvalidSL(), Table D8-9
 *     S2PT_ERR_START_TABLES, S2PT_ERR_START_UNUSED
 *                               the start level does not fit T0SZ: AArch64.S2InconsistentSL(),
 *                               Tables D8-19 to D8-41
 */
S2PT_NODISCARD enum s2pt_status s2pt_format_init(struct s2pt_format *format, const struct s2pt_features *cpu,
						 const struct s2pt_config *config);

/* --- Geometry ------------------------------------------------------------------------------------ */

/* log2 of the number of entries of a whole table: 9, 11 or 13. */
static inline unsigned
s2pt_format_stride(const struct s2pt_format *format)
{
	return format->granule_lg2 - 3u;
}

/* log2 of the bytes that one entry of @level (-1..3) maps. */
static inline unsigned
s2pt_format_level_lg2(const struct s2pt_format *format, int level)
{
	return format->granule_lg2 + s2pt_format_stride(format) * (unsigned)(S2PT_LEVEL_LAST - level);
}

/* The number of levels of a walk, 1..5. */
static inline unsigned
s2pt_format_levels(const struct s2pt_format *format)
{
	return (unsigned)(S2PT_LEVEL_LAST - format->start_level) + 1u;
}

/* Is @level one of this format's? */
static inline bool
s2pt_format_has_level(const struct s2pt_format *format, int level)
{
	return level >= format->start_level && level <= S2PT_LEVEL_LAST;
}

/*
 * s2pt_format_has_block - may @level hold block descriptors? Levels 1 and 2 of 4K and 2 of 16K; with
 * DS=1 also level 0 of 4K and 1 of 16K; level 2 of 64K, and with FEAT_LPA level 1.
 * Arm: AArch64.BlockDescSupported().
 */
bool s2pt_format_has_block(const struct s2pt_format *format, int level);

/*
 * s2pt_format_contiguous_lg2 - log2 of the number of entries of a contiguous group at @level, or 0
 * where leaves cannot have the Contiguous bit, or are not to have it, or the group would be larger than the IPA space.
 * Arm: Table D8-104, ContiguousSize().
 */
unsigned s2pt_format_contiguous_lg2(const struct s2pt_format *format, int level);

/* --- Registers ----------------------------------------------------------------------------------- */

/*
 * s2pt_vtcr_encode - the value of VTCR_EL2 for this format. For a Secure table, the part of VTCR_EL2
 * that governs it too: PS, DS, SH0, IRGN0, ORGN0, HA, HD, VS and HWUnn, with the geometry fields (TG0,
 * T0SZ, SL0, SL2, NSA, NSW) zero; they belong to the Non-secure IPA space's own table, whose value
 * must agree in the rest.
 */
uint64_t s2pt_vtcr_encode(const struct s2pt_format *format);

/* s2pt_vstcr_encode - the value of VSTCR_EL2 for a format of S2PT_SPACE_SECURE; 0 for another. */
uint64_t s2pt_vstcr_encode(const struct s2pt_format *format);

/*
 * s2pt_vtcr_decode - the format that a VTCR_EL2 value sets up, if the CPU accepts it.
 * @cpu: what the CPU can do; also which of its features without a bit in VTCR_EL2 are in force.
 * @fwb: HCR_EL2.FWB.
 * @space: S2PT_SPACE_NONSECURE or S2PT_SPACE_REALM.
 * @vtcr: the value.
 * @format: receives the format.
 *
 * Stricter than hardware in two things, so that a value which decodes means what it says: a PS above
 * the CPU's PA size (hardware takes the smaller) is S2PT_ERR_PA_BITS, and HD without HA (which has no
 * effect) is S2PT_ERR_HD. Where the status is one of IPA_* or START_*, the CPU answers every access
 * with a stage-2 Translation fault at level 0, or its behaviour is IMPLEMENTATION DEFINED.
 *
 * Returns:
 *     S2PT_ERR_UNSUPPORTED      a bit is set that turns on what this library does not support: S2PIE, S2POE, D128,
 *                               AssuredOnly, TL0, TL1, GCSH, HAFT, HDBSS
 *     S2PT_ERR_REG_RES0         bit 31 (RES1) is clear; or a bit is set that no CPU has (s2pt_vtcr_strip()), or SL2
 *                               where it is RES0 (other than 4K with DS=1)
 *     S2PT_ERR_FEATURE          this CPU lacks the feature of DS, HA, HD or VS
 *     S2PT_ERR_PBHA             ... of HWUnn
 *     S2PT_ERR_SPACE            ... of NSW or NSA
 *     and every other status of s2pt_format_init()
 */
S2PT_NODISCARD enum s2pt_status s2pt_vtcr_decode(const struct s2pt_features *cpu, bool fwb, enum s2pt_space space,
						 uint64_t vtcr, struct s2pt_format *format);

/*
 * s2pt_vstcr_decode - the format of the Secure IPA space: geometry, SW and SA from VSTCR_EL2, the rest
 * from VTCR_EL2 (Arm: AArch64.SS2TTWParams()). Statuses as s2pt_vtcr_decode().
 */
S2PT_NODISCARD enum s2pt_status s2pt_vstcr_decode(const struct s2pt_features *cpu, bool fwb, uint64_t vstcr,
						  uint64_t vtcr, struct s2pt_format *format);

/* Where a VTCR_EL2 is unlike every value of s2pt_vtcr_encode(). */
struct s2pt_vtcr_extra {
	uint64_t unsupported; /* set: modes of S2PT_ERR_UNSUPPORTED */
	uint64_t ignored;     /* set, and of no effect here: NSW and NSA for Realm, or without FEAT_SEL2 */
	uint64_t res0;        /* set, though no CPU has them */
	uint64_t res1;        /* clear, though RES1 */
};

/*
 * s2pt_vtcr_strip - a VTCR_EL2 of somebody else's without that in which it is like no value of this library, so that
 * s2pt_vtcr_decode() reads the rest.
 * @cpu, @space: as s2pt_vtcr_decode(); for S2PT_SPACE_SECURE @value is one of VSTCR_EL2.
 * @extra: receives the bits by what they are.
 *
 * What is returned, with extra->unsupported, ignored and res0 set and extra->res1 clear, is @value. With an unsupported
 * mode the geometry is right and the meaning of leaves may not be: under S2PIE they have permission indices, and under
 * D128 (bit 38) they are others altogether.
 */
uint64_t s2pt_vtcr_strip(const struct s2pt_features *cpu, enum s2pt_space space, uint64_t value,
			 struct s2pt_vtcr_extra *extra);

/* What HCR_EL2 says of stage 2: as it is in force, not as it stands. */
struct s2pt_hcr {
	bool stage2; /* VM = 1, or DC = 1; not with {E2H, TGE} = {1, 1}, for an EL0 of the host's own */
	bool fwb;    /* FWB: descriptors are those of S2PT_FEAT_S2FWB */
	bool ptw;    /* PTW: a stage-1 walk of Device memory faults */
	bool cd;     /* CD: data accesses and walks are Non-cacheable */
	bool id;     /* ID: fetches are Non-cacheable */
	bool dc;     /* DC: stage 1 is off, and its default is cacheable */
	bool dct;    /* DCT: ... and Tagged */
	bool host;   /* {E2H, TGE} = {1, 1}: VMALLE1 acts on EL2&0 */
	bool fb;     /* FB: TLBIs of EL1 for its own PE are broadcast */
	bool ttlb;   /* TTLB: TLBIs of EL1 are trapped; */
	bool ttlbis; /* TTLBIS: ... those of the Inner Shareable domain, */
	bool ttlbos; /* TTLBOS: ... and of the Outer */
	bool nv;     /* NV: those of a guest at virtual EL2 are, as other instructions of EL2 */
	bool rw;     /* RW: EL1 is AArch64, which alone this library is about */
};

/*
 * s2pt_hcr_read - what an HCR_EL2 value says of stage 2.
 *
 * A decoder of the rest: s2pt_vtcr_decode() takes @hcr->fwb, s2pt_combine() the cache controls and DC. Arm: HCR_EL2.
 */
void s2pt_hcr_read(uint64_t value, struct s2pt_hcr *hcr);

/* What VTTBR_EL2 holds. VSTTBR_EL2 is the same without a VMID. */
struct s2pt_vttbr {
	s2pt_pa root;  /* the start table(s) */
	uint16_t vmid; /* below 256, or with VMID16 65536; 0 for S2PT_SPACE_SECURE */
	bool cnp;      /* CnP: this table is common to all PEs of the Inner Shareable domain */
};

/*
 * s2pt_vttbr_encode - the value of VTTBR_EL2, or for S2PT_SPACE_SECURE of VSTTBR_EL2.
 * @format: the table's format.
 * @vttbr: what it should hold.
 * @value: receives the register value. In the 52-bit form (DS=1, or 64K with PS = 52 bits) PA[51:48]
 *         stand in bits 5:2.
 *
 * Returns:
 *     S2PT_ERR_ROOT_ALIGN       root is not aligned to 2^root_align_lg2: AArch64.S2TTBaseAddress()
 *     S2PT_ERR_ROOT_PA          root is not below 2^oa_bits; the CPU would report a level 0 Address size fault
 *     S2PT_ERR_VMID             the VMID is too wide
 *     S2PT_ERR_CNP              CnP without FEAT_TTCNP
 */
S2PT_NODISCARD enum s2pt_status s2pt_vttbr_encode(const struct s2pt_format *format, const struct s2pt_vttbr *vttbr,
						  uint64_t *value);

/*
 * s2pt_vttbr_decode - what a VTTBR_EL2 (VSTTBR_EL2) value holds.
 *
 * Returns:
 *     S2PT_ERR_REG_RES0         a bit is set that this format's register does not have: an address bit below the
 *                               alignment, a VMID bit or CnP that is not there, SKL
 *     S2PT_ERR_ROOT_PA          the root is not below 2^oa_bits
 */
S2PT_NODISCARD enum s2pt_status s2pt_vttbr_decode(const struct s2pt_format *format, uint64_t value,
						  struct s2pt_vttbr *vttbr);

/*
 * s2pt_vttbr_strip - a VTTBR_EL2 (VSTTBR_EL2) without the bits that this format's register does not have, so that
 * s2pt_vttbr_decode() reads the rest, or finds the root too large.
 * @res0: receives those bits.
 */
uint64_t s2pt_vttbr_strip(const struct s2pt_format *format, uint64_t value, uint64_t *res0);

#ifdef __cplusplus
}
#endif

#endif
