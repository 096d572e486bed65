/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * desc.h: one stage-2 descriptor of VMSAv8-64, in either direction, without loss.
 *
 *    63  62:59  58:55   54:53  52      51  50:48    47:12     11    10  9:8  7:6      5:2      1:0
 *   +---+------+-------+------+-------+---+-----+-----------+------+---+----+--------+--------+----+
 *   |0  |PBHA  |SW  NS |XN    |Contig |DBM|     |OA      nT |FnXS  |AF |SH  |S2AP    |MemAttr |type|
 *   +---+------+-------+------+-------+---+-----+-----------+------+---+----+--------+--------+----+
 *
 * Where a leaf keeps an output address of 52 bits: 64K with FEAT_LPA in bits 15:12 (OA[51:48]); 4K and
 * 16K with DS=1 in bits 49:48 and 9:8 (OA[51:50]), and the shareability moves to VTCR_EL2.SH0.
 *
 * The module knows one entry at a time and nothing of tables. Decoding a descriptor that this module calls
 * valid and encoding it again gives the same bits; encoding attributes and decoding them again gives
 * the same attributes, but for types that share an encoding without FWB (memattr.h).
 */
#ifndef S2PT_DESC_H
#define S2PT_DESC_H

#include <s2pt/format.h>
#include <s2pt/memattr.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Everything a leaf says besides its output address. Zero: no access, no execution, AF clear. */
struct s2pt_leaf {
	enum s2pt_memtype type;
	uint8_t sh;         /* enum s2pt_sh. With DS=1 it must be the format's sh0 */
	bool r;             /* S2AP[0]: read */
	bool w;             /* S2AP[1]: write. With dbm: dirty */
	bool x_el1;         /* EL1 may execute */
	bool x_el0;         /* EL0 may execute. The same as x_el1 without FEAT_XNX */
	bool af;            /* the access flag */
	bool dbm;           /* writable by hardware's leave: needs dirty state (VTCR_EL2.HD) in the format */
	bool contiguous;    /* member of a contiguous group */
	bool nt;            /* block about to be split or merged: needs FEAT_BBM level 1 */
	bool fnxs;          /* force XS to 0: needs FEAT_XS */
	bool ns;            /* output in the Non-secure PAS: Realm only */
	bool exec_uncached; /* executable although Device or Normal-NC, and meant to be */
	uint8_t sw;         /* software bits 58:55 as bits 3:0; in Realm tables bit 55 is NS */
	uint8_t pbha;       /* bits 62:59 as bits 3:0; only those in the format's pbha */
};

/* A change of the attributes of leaves: s2pt_table_protect(), s2pt_table_relax(). Zero: no change. */
struct s2pt_change {
	bool set_r, set_w, set_x_el1, set_x_el0, set_af;
	bool clear_r, clear_w, clear_x_el1, clear_x_el0, clear_af;
	uint8_t set_sw, clear_sw; /* software bits 58:55 as bits 3:0 */
	bool retype;              /* change memory type and shareability to these: */
	enum s2pt_memtype type;
	uint8_t sh; /* enum s2pt_sh */
	bool ram;   /* the memory is RAM: a change of type needs data-cache maintenance, and
	               what becomes executable instruction-cache maintenance */
};

/* What a descriptor is to the walker. */
enum s2pt_desc_kind {
	S2PT_DESC_INVALID, /* Translation fault; bits 63:1 are software's if bit 0 is 0 */
	S2PT_DESC_TABLE,
	S2PT_DESC_BLOCK,
	S2PT_DESC_PAGE,
};

/*
 * s2pt_desc_kind - what the walker takes @desc for at @level of @format. Reserved encodings (0b01 at
 * level 3, a block where there are none) are INVALID, as is everything at a level the format lacks.
 * Arm: AArch64.DecodeDescriptorType(), Table D8-48.
 */
enum s2pt_desc_kind s2pt_desc_kind(const struct s2pt_format *format, int level, s2pt_desc desc);

/*
 * s2pt_desc_leaf_encode - a page (level 3) or block descriptor.
 * @format: the table's format.
 * @level: where the descriptor will stand.
 * @oa: output address.
 * @leaf: everything else.
 * @desc: receives the descriptor.
 *
 * Never-execute is XN = 0b10, with and without FEAT_XNX: 0b11 lets EL1 execute (Table D8-78).
 *
 * Returns, in the order in which the rules are checked:
 *     S2PT_ERR_LEVEL            @level is not one of this format
 *     S2PT_ERR_BLOCK_LEVEL      @level has no blocks
 *     S2PT_ERR_OA_ALIGN         @oa is not a multiple of what the entry maps
 *     S2PT_ERR_OA_SIZE          @oa is not below 2^oa_bits
 *     S2PT_ERR_MEMTYPE          the mode cannot encode the type
 *     S2PT_ERR_SH               reserved, or with DS=1 not the format's sh0 (R_HTSGQ)
 *     S2PT_ERR_XNX              x_el0 != x_el1 without FEAT_XNX
 *     S2PT_ERR_EXEC_UNCACHED    executable Device or NORMAL_NC without exec_uncached, or exec_uncached where there
 *                               is nothing to excuse
 *     S2PT_ERR_DBM, S2PT_ERR_CONTIGUOUS, S2PT_ERR_NT, S2PT_ERR_FNXS, S2PT_ERR_NS, S2PT_ERR_SW, S2PT_ERR_PBHA
 *                               a bit that this format, level or space does not have
 */
S2PT_NODISCARD enum s2pt_status s2pt_desc_leaf_encode(const struct s2pt_format *format, int level, s2pt_pa oa,
						      const struct s2pt_leaf *leaf, s2pt_desc *desc);

/*
 * s2pt_desc_leaf_decode - the reverse of s2pt_desc_leaf_encode().
 * @oa, @leaf: receive what the descriptor says. @leaf->exec_uncached is set exactly where it is needed
 *             to encode the leaf again.
 *
 * Returns, in the order in which the rules are checked:
 *     S2PT_ERR_BLOCK_LEVEL      the type of a block (0b01), at a level that has none: reserved
 *     S2PT_ERR_DESC_KIND        not a leaf at this level
 *     S2PT_ERR_DESC_RES0        a bit is set that this format does not define at this level (RES0, or IGNORED and not
 *                               handed to software), so that the leaf cannot say everything: s2pt_desc_strip()
 *     S2PT_ERR_RESERVED         reserved MemAttr
 *     S2PT_ERR_SH               reserved SH
 *     S2PT_ERR_OA_SIZE          the address is beyond oa_bits; the CPU would report an Address size fault
 */
S2PT_NODISCARD enum s2pt_status s2pt_desc_leaf_decode(const struct s2pt_format *format, int level, s2pt_desc desc,
						      s2pt_pa *oa, struct s2pt_leaf *leaf);

/*
 * s2pt_desc_table_encode - a table descriptor. Stage 2 keeps no attributes in it.
 * @level: where the descriptor will stand, start level to 2.
 * @next: the next-level table, aligned to the granule.
 *
 * Returns:
 *     S2PT_ERR_LEVEL            @level is not one of this format
 *     S2PT_ERR_TABLE_LEVEL      @level is the last: it has pages alone
 *     S2PT_ERR_OA_ALIGN         @next is not aligned to the granule
 *     S2PT_ERR_OA_SIZE          @next is not below 2^oa_bits
 */
S2PT_NODISCARD enum s2pt_status s2pt_desc_table_encode(const struct s2pt_format *format, int level, s2pt_pa next,
						       s2pt_desc *desc);

/*
 * s2pt_desc_table_decode - the next-level table of a table descriptor.
 *
 * Returns:
 *     S2PT_ERR_DESC_KIND        not a table at this level
 *     S2PT_ERR_OA_SIZE          the address is beyond oa_bits
 *     S2PT_ERR_DESC_RES0        other bits are set: s2pt_desc_strip()
 */
S2PT_NODISCARD enum s2pt_status s2pt_desc_table_decode(const struct s2pt_format *format, int level, s2pt_desc desc,
						       s2pt_pa *next);

/*
 * s2pt_desc_address - the address in a table, block or page descriptor, whatever its other bits are: of the next-level
 * table, or of the memory. 0 of an invalid one. It may be beyond oa_bits, where the CPU reports an Address size fault.
 */
uint64_t s2pt_desc_address(const struct s2pt_format *format, int level, s2pt_desc desc);

/* Bits that are set, and that the format does not define there. */
struct s2pt_extra_bits {
	uint64_t ignored; /* IGNORED: hardware takes no notice of them, and other software may keep something in them */
	uint64_t res0;    /* RES0: hardware may come to take notice of them */
};

/*
 * s2pt_desc_strip - a descriptor of somebody else's without the bits that the format does not define there.
 * @extra: receives those bits. ORed into what is returned, they give back @desc.
 *
 * What it returns is decoded unless an encoding is reserved or an address too large. An invalid descriptor, or one of a
 * reserved type, is returned as it is. Where the format does not tell a bit that is RES0 from one that is IGNORED, it
 * is RES0. Arm: Table D8-51, Table D8-53.
 */
s2pt_desc s2pt_desc_strip(const struct s2pt_format *format, int level, s2pt_desc desc, struct s2pt_extra_bits *extra);

/* An invalid descriptor, all zero. */
static inline s2pt_desc
s2pt_desc_invalid(void)
{
	return s2pt_desc_of(0);
}

#ifdef __cplusplus
}
#endif

#endif
