/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * memattr.h: memory types. What a stage-2 descriptor can ask for (enum s2pt_memtype, MemAttr[3:0]),
 * and what an access ends up with (struct s2pt_attr, a MAIR byte, the ATTR field of PAR_EL1).
 *
 * One enum holds every stage-2 type, so "Device and Normal-NC at once" cannot be written down, and a
 * reserved encoding cannot be produced.
 */
#ifndef S2PT_MEMATTR_H
#define S2PT_MEMATTR_H

#include <s2pt/features.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What stage 2 asks for. MemAttr[3:0] without and with FEAT_S2FWB in force ("-": cannot be encoded):
 *
 *   type                       no FWB   FWB    what the guest gets
 *   DEVICE_nGnRnE ... GRE      00dd     00dd   Device, whatever stage 1 says; the stronger of both
 *                                              where stage 1 says Device too
 *   NORMAL_NC                  0101     0101   stage-1 Device stays Device; stage-1 Normal becomes
 *                                              Non-cacheable
 *   NORMAL_WB                  1111     0110   no FWB: exactly what stage 1 says (I_MCQKW);
 *                                              FWB: Normal Write-Back whatever stage 1 says
 *   AS_STAGE1                  1111     0111   exactly what stage 1 says
 *   NORMAL_WB_NOTAGACCESS      0100     1110   as NORMAL_WB, Allocation Tags out of reach
 *   AS_STAGE1_NOTAGACCESS      0100     1111   as AS_STAGE1, Allocation Tags out of reach
 *   NORMAL_oXX_iYY             ooii     -      the weaker of both stages, outer and inner apart
 *
 * The NOTAGACCESS types need FEAT_MTE_PERM. Device and NORMAL_NC are the only encodings that mean the
 * same in both modes. Stage 2 has no allocation or transient hints; they come from stage 1.
 * Arm: Table D8-96 (no FWB), Tables D8-100 and D8-101 and R_NQDNZ (FWB, FEAT_MTE_PERM).
 */
enum s2pt_memtype {
	S2PT_MEM_DEVICE_nGnRnE = 0,
	S2PT_MEM_DEVICE_nGnRE = 1,
	S2PT_MEM_DEVICE_nGRE = 2,
	S2PT_MEM_DEVICE_GRE = 3,
	S2PT_MEM_NORMAL_NC = 4,
	S2PT_MEM_NORMAL_WB = 5,
	S2PT_MEM_AS_STAGE1 = 6,
	S2PT_MEM_NORMAL_WB_NOTAGACCESS = 7,
	S2PT_MEM_AS_STAGE1_NOTAGACCESS = 8,
	S2PT_MEM_NORMAL_oNC_iWT = 9,
	S2PT_MEM_NORMAL_oNC_iWB = 10,
	S2PT_MEM_NORMAL_oWT_iNC = 11,
	S2PT_MEM_NORMAL_oWT_iWT = 12,
	S2PT_MEM_NORMAL_oWT_iWB = 13,
	S2PT_MEM_NORMAL_oWB_iNC = 14,
	S2PT_MEM_NORMAL_oWB_iWT = 15,
	S2PT_MEMTYPE_COUNT,
};

/*
 * s2pt_memattr_encode - MemAttr[3:0] of a type.
 * @feats: features in force; S2PT_FEAT_S2FWB and S2PT_FEAT_MTE_PERM are looked at.
 * @type: the type.
 * @memattr: receives 0..15, never a reserved encoding.
 *
 * Returns:
 *     S2PT_ERR_MEMTYPE          no such type, or this mode cannot encode it
 */
S2PT_NODISCARD enum s2pt_status s2pt_memattr_encode(s2pt_feats feats, enum s2pt_memtype type, uint8_t *memattr);

/*
 * s2pt_memattr_decode - the type of MemAttr[3:0]; the canonical one where two share an encoding
 * (without FWB, 1111 is NORMAL_WB and 0100 is NORMAL_WB_NOTAGACCESS).
 * @feats: as above.
 * @memattr: 0..15.
 *
 * Returns:
 *     S2PT_ERR_RESERVED         a reserved encoding of this mode, or above 15. Under FWB without FEAT_MTE_PERM,
 *                               MemAttr[3] is RES0, and a 1 there counts as reserved. What a CPU does with a reserved
 *                               encoding is CONSTRAINED UNPREDICTABLE (K1.2.19): it may even be Device
 */
S2PT_NODISCARD enum s2pt_status s2pt_memattr_decode(s2pt_feats feats, uint8_t memattr, enum s2pt_memtype *type);

/* Is it one of the four Device types? */
static inline bool
s2pt_memtype_is_device(enum s2pt_memtype type)
{
	return type <= S2PT_MEM_DEVICE_GRE;
}

/* Device types, in the encoding of MAIR bits 3:2: from the strongest to the weakest. */
enum s2pt_device {
	S2PT_DEVICE_nGnRnE,
	S2PT_DEVICE_nGnRE,
	S2PT_DEVICE_nGRE,
	S2PT_DEVICE_GRE,
};

/* Cacheability, from the weakest to the strongest. */
enum s2pt_cacheability {
	S2PT_NC,
	S2PT_WT,
	S2PT_WB,
};

/* Allocation hints, in the encoding of MAIR bits 1:0, {read-allocate, write-allocate}. */
enum s2pt_alloc {
	S2PT_ALLOC_NO,
	S2PT_ALLOC_WA,
	S2PT_ALLOC_RA,
	S2PT_ALLOC_RWA,
};

/* One half (outer or inner) of a Normal attribute. Hints apply to cacheable halves alone. */
struct s2pt_cache_attr {
	uint8_t cacheability; /* enum s2pt_cacheability */
	uint8_t alloc;        /* enum s2pt_alloc; NO where not cacheable */
	bool transient;       /* false where not cacheable, or without a hint */
};

/*
 * A memory attribute: the pseudocode's MemoryAttributes. Members that do not apply hold zero, so that
 * equal attributes have equal members.
 */
struct s2pt_attr {
	bool device;                  /* Device, else Normal */
	uint8_t device_type;          /* enum s2pt_device, if Device */
	struct s2pt_cache_attr outer; /* if Normal */
	struct s2pt_cache_attr inner; /* if Normal */
	uint8_t sh;                   /* enum s2pt_sh; never reserved */
	bool xs;                      /* the XS attribute, computed with and without FEAT_XS */
	bool tagged;                  /* Allocation Tagged */
	bool notagaccess;             /* ... and out of reach: FEAT_MTE_PERM's NoTagAccess */
};

/*
 * s2pt_mair_decode - the attribute that a MAIR_EL1 byte stands for.
 * @feats: features of the CPU; S2PT_FEAT_XS gives meaning to 0b0000dd01, 0x40 and 0xA0,
 *         S2PT_FEAT_MTE2 to 0xF0.
 * @mair: the byte.
 * @sh: shareability of the descriptor, copied into the attribute as it is.
 * @attr: receives the attribute.
 *
 * Arm: MAIR_EL1, S1DecodeMemAttrs().
 *
 * Returns:
 *     S2PT_ERR_RESERVED         reserved for these features, or @sh is not a shareability. 0xE0 is always reserved
 *                               here: only PAR_EL1 uses it
 */
S2PT_NODISCARD enum s2pt_status s2pt_mair_decode(s2pt_feats feats, uint8_t mair, enum s2pt_sh sh,
						 struct s2pt_attr *attr);

/*
 * s2pt_par_encode - the byte that PAR_EL1.ATTR reports for an attribute.
 * @feats: with S2PT_FEAT_XS, XS = 0 is reported where a byte can express it (Device 0b0000dd01, 0x40,
 *         0xA0); with S2PT_FEAT_MTE_PERM, tagged NoTagAccess memory is 0xE0. Tagged memory is 0xF0.
 * @attr: an attribute that s2pt_mair_decode() or s2pt_combine() made.
 *
 * A CPU may report what it really implements instead (for example no transient hint).
 * Arm: PAR_EL1, EncodePARAttrs().
 */
uint8_t s2pt_par_encode(s2pt_feats feats, const struct s2pt_attr *attr);

/* s2pt_par_sh - what PAR_EL1.SH reports: OSH for Device and NC/NC. Arm: PAREncodeShareability(). */
enum s2pt_sh s2pt_par_sh(const struct s2pt_attr *attr);

/*
 * s2pt_par_decode - PAR_EL1.ATTR and SH, read back into an attribute.
 * @feats: as for s2pt_par_encode().
 * @par_attr: bits 63:56 of PAR_EL1 after a translation that did not fault.
 * @par_sh: bits 8:7.
 * @attr: receives the attribute. The byte says less than the attribute: without FEAT_XS, XS is what
 *        MAIR's rules derive.
 *
 * Returns:
 *     S2PT_ERR_RESERVED         not a value that PAR_EL1 reports with these features
 */
S2PT_NODISCARD enum s2pt_status s2pt_par_decode(s2pt_feats feats, uint8_t par_attr, uint8_t par_sh,
						struct s2pt_attr *attr);

/* The kinds of memory that software tells apart. */
enum s2pt_kind {
	S2PT_KIND_DEVICE_nGnRnE,
	S2PT_KIND_DEVICE_nGnRE,
	S2PT_KIND_DEVICE_nGRE,
	S2PT_KIND_DEVICE_GRE,
	S2PT_KIND_NORMAL_NC,    /* both halves */
	S2PT_KIND_NORMAL_WT,    /* both halves */
	S2PT_KIND_NORMAL_WB,    /* both halves */
	S2PT_KIND_NORMAL_MIXED, /* inner and outer differ */
	S2PT_KIND_COUNT,
};

/* s2pt_attr_kind - the kind of an attribute. */
enum s2pt_kind s2pt_attr_kind(const struct s2pt_attr *attr);

/*
 * What an attribute means to software, as a set. Arm: "Memory types and attributes", chapter B2.
 *
 * The two maintenance members say what software needs where an agent, or an alias of the memory with
 * another attribute, does not share these caches.
 */
#define S2PT_PROPERTY_UNALIGNED (1u << 0) /* unaligned accesses are allowed (Normal) */
#define S2PT_PROPERTY_GATHER    (1u << 1) /* accesses may be merged */
#define S2PT_PROPERTY_REORDER   (1u << 2) /* accesses may be reordered */
#define S2PT_PROPERTY_EARLY_ACK (1u << 3) /* a write may be acknowledged before it arrives */
#define S2PT_PROPERTY_SPECULATE (1u << 4) /* reads may be speculative */
#define S2PT_PROPERTY_CACHED    (1u << 5) /* data may stay in a cache: clean (and invalidate) for others */
#define S2PT_PROPERTY_BYPASS    (1u << 6) /* accesses miss a cache that an alias may have filled: clean
                                             and invalidate that alias's lines first */
#define S2PT_PROPERTY_COUNT     7

/* s2pt_attr_properties - the S2PT_PROPERTY_* of an attribute. */
uint32_t s2pt_attr_properties(const struct s2pt_attr *attr);

#ifdef __cplusplus
}
#endif

#endif
