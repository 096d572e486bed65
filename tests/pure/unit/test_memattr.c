/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

#define FWB S2PT_FEAT_S2FWB
#define NTA S2PT_FEAT_MTE_PERM
#define XS  S2PT_FEAT_XS
#define MTE S2PT_FEAT_MTE2

/* --- MemAttr[3:0] ----------------------------------------------------------------------------- */

/* The table of memattr.h: MemAttr without and with FWB, -1 where it cannot be encoded. */
/* clang-format off */
static const struct {
	enum s2pt_memtype type;
	int no_fwb, fwb;
	bool mte_perm;
} types[] = {
	{ S2PT_MEM_DEVICE_nGnRnE, 0x0, 0x0, false },  { S2PT_MEM_DEVICE_nGnRE, 0x1, 0x1, false },
	{ S2PT_MEM_DEVICE_nGRE, 0x2, 0x2, false },    { S2PT_MEM_DEVICE_GRE, 0x3, 0x3, false },
	{ S2PT_MEM_NORMAL_NC, 0x5, 0x5, false },      { S2PT_MEM_NORMAL_WB, 0xf, 0x6, false },
	{ S2PT_MEM_AS_STAGE1, 0xf, 0x7, false },
	{ S2PT_MEM_NORMAL_WB_NOTAGACCESS, 0x4, 0xe, true },
	{ S2PT_MEM_AS_STAGE1_NOTAGACCESS, 0x4, 0xf, true },
	{ S2PT_MEM_NORMAL_oNC_iWT, 0x6, -1, false },  { S2PT_MEM_NORMAL_oNC_iWB, 0x7, -1, false },
	{ S2PT_MEM_NORMAL_oWT_iNC, 0x9, -1, false },  { S2PT_MEM_NORMAL_oWT_iWT, 0xa, -1, false },
	{ S2PT_MEM_NORMAL_oWT_iWB, 0xb, -1, false },  { S2PT_MEM_NORMAL_oWB_iNC, 0xd, -1, false },
	{ S2PT_MEM_NORMAL_oWB_iWT, 0xe, -1, false },
};
/* clang-format on */

_Static_assert(COUNT(types) == S2PT_MEMTYPE_COUNT, "a type without a row");

/* Features that have nothing to do with MemAttr change nothing. */
static const s2pt_feats other_feats[] = { 0, ALL_FEATS & ~(FWB | NTA) };

static void
test_memattr_encode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++)
		for (unsigned mode = 0; mode < 8; mode++) {
			bool fwb = mode & 1u, perm = mode & 2u;
			s2pt_feats feats = other_feats[mode >> 2] | (fwb ? FWB : 0) |
					   (perm ? NTA : 0);
			int want = fwb ? types[i].fwb : types[i].no_fwb;
			enum s2pt_status status;
			uint8_t memattr;

			if (types[i].mte_perm && !perm)
				want = -1;
			POISONED(memattr);
			status = s2pt_memattr_encode(feats, types[i].type, &memattr);
			if (want < 0) {
				CHECK_STATUS(status, S2PT_ERR_MEMTYPE,
					     s2pt_memtype_name(types[i].type));
				CHECK_UNTOUCHED(memattr, s2pt_memtype_name(types[i].type));
			} else {
				CHECK_STATUS(status, S2PT_OK, s2pt_memtype_name(types[i].type));
				CHECK(memattr == want, "%s, FWB %d: got %x, expected %x",
				      s2pt_memtype_name(types[i].type), fwb, memattr,
				      (unsigned)want);
			}
		}
}

static void
test_memattr_encode_no_such_type(void **state)
{
	static const int no_types[] = { S2PT_MEMTYPE_COUNT, 255, 1000, -1, INT_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT(no_types); i++) {
		uint8_t memattr;

		POISONED(memattr);
		CHECK_STATUS(
			s2pt_memattr_encode(ALL_FEATS, (enum s2pt_memtype)no_types[i], &memattr),
			S2PT_ERR_MEMTYPE, "no such type");
		CHECK_UNTOUCHED(memattr, "s2pt_memattr_encode");
	}
}

/* All MemAttr values of each mode; -1 is reserved. */
static void
test_memattr_decode(void **state)
{
	enum { R = -1,
	       D0 = S2PT_MEM_DEVICE_nGnRnE,
	       D1,
	       D2,
	       D3,
	       NC = S2PT_MEM_NORMAL_NC,
	       WB = S2PT_MEM_NORMAL_WB,
	       AS1 = S2PT_MEM_AS_STAGE1,
	       WBN = S2PT_MEM_NORMAL_WB_NOTAGACCESS,
	       AS1N = S2PT_MEM_AS_STAGE1_NOTAGACCESS };
	static const int want[4][16] = {
		{ D0, D1, D2, D3, R, NC, S2PT_MEM_NORMAL_oNC_iWT, S2PT_MEM_NORMAL_oNC_iWB,
		  R, S2PT_MEM_NORMAL_oWT_iNC, S2PT_MEM_NORMAL_oWT_iWT, S2PT_MEM_NORMAL_oWT_iWB,
		  R, S2PT_MEM_NORMAL_oWB_iNC, S2PT_MEM_NORMAL_oWB_iWT, WB },
		{ D0, D1, D2, D3, R, NC, WB, AS1, R, R, R, R, R, R, R, R },
		{ D0, D1, D2, D3, WBN, NC, S2PT_MEM_NORMAL_oNC_iWT, S2PT_MEM_NORMAL_oNC_iWB,
		  R, S2PT_MEM_NORMAL_oWT_iNC, S2PT_MEM_NORMAL_oWT_iWT, S2PT_MEM_NORMAL_oWT_iWB,
		  R, S2PT_MEM_NORMAL_oWB_iNC, S2PT_MEM_NORMAL_oWB_iWT, WB },
		{ D0, D1, D2, D3, R, NC, WB, AS1, R, R, R, R, R, R, WBN, AS1N },
	};

	(void)state;
	for (unsigned mode = 0; mode < 8; mode++)
		for (unsigned memattr = 0; memattr < 256; memattr++) {
			s2pt_feats feats = other_feats[mode >> 2] | (mode & 1u ? FWB : 0) |
					   (mode & 2u ? NTA : 0);
			int expected = memattr < 16 ? want[mode & 3u][memattr] : R;
			enum s2pt_memtype type;
			enum s2pt_status status;
			uint8_t back;

			POISONED(type);
			status = s2pt_memattr_decode(feats, (uint8_t)memattr, &type);
			if (expected < 0) {
				CHECK(status == S2PT_ERR_RESERVED,
				      "FWB %u, MTE_PERM %u, %x: got %s", mode & 1u, mode >> 1 & 1u,
				      memattr, s2pt_status_name(status));
				CHECK_UNTOUCHED(type, "s2pt_memattr_decode");
				continue;
			}
			CHECK(status == S2PT_OK && (int)type == expected,
			      "FWB %u, MTE_PERM %u, %x: got %s %s, expected %s", mode & 1u,
			      mode >> 1 & 1u, memattr, s2pt_status_name(status),
			      s2pt_memtype_name(type),
			      s2pt_memtype_name((enum s2pt_memtype)expected));
			CHECK_STATUS(s2pt_memattr_encode(feats, type, &back), S2PT_OK, "back");
			CHECK(back == memattr, "encode(decode(%x)) is %x", memattr, back);
		}
}

/* NC is 0b0101, and Device 0b00dd, in both modes: all else means something else in the other. */
static void
test_same_in_both_modes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		uint8_t without, with;
		bool encodable = s2pt_memattr_encode(NTA, types[i].type, &without) == S2PT_OK &&
				 s2pt_memattr_encode(NTA | FWB, types[i].type, &with) == S2PT_OK;
		bool same = encodable && without == with;

		CHECK(same == (types[i].type <= S2PT_MEM_NORMAL_NC), "%s",
		      s2pt_memtype_name(types[i].type));
	}
}

static void
test_is_device(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++)
		CHECK(s2pt_memtype_is_device(types[i].type) == (types[i].no_fwb < 4), "%s",
		      s2pt_memtype_name(types[i].type));
}

/* Bug 39: nGnRnE must not lose its strength on the way. */
static void
test_bug39_device_keeps_its_type(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 2; mode++)
		for (unsigned device = 0; device < 4; device++) {
			enum s2pt_memtype back;
			uint8_t memattr;

			CHECK_STATUS(s2pt_memattr_encode(mode ? FWB : 0, (enum s2pt_memtype)device,
							 &memattr),
				     S2PT_OK, "Device");
			CHECK_U64(memattr, device, "MemAttr of Device");
			CHECK_STATUS(s2pt_memattr_decode(mode ? FWB : 0, memattr, &back), S2PT_OK,
				     "Device");
			CHECK_U64(back, device, "type of Device");
		}
}

/* --- MAIR ------------------------------------------------------------------------------------- */

static bool
same_attr(const struct s2pt_attr *a, const struct s2pt_attr *b)
{
	return a->device == b->device && a->device_type == b->device_type &&
	       a->outer.cacheability == b->outer.cacheability && a->outer.alloc == b->outer.alloc &&
	       a->outer.transient == b->outer.transient &&
	       a->inner.cacheability == b->inner.cacheability && a->inner.alloc == b->inner.alloc &&
	       a->inner.transient == b->inner.transient && a->sh == b->sh && a->xs == b->xs &&
	       a->tagged == b->tagged && a->notagaccess == b->notagaccess;
}

static void
check_attr(const struct s2pt_attr *got, const struct s2pt_attr *want, const char *what,
	   unsigned byte)
{
	char one[128], other[128];

	s2pt_text_attr(one, sizeof(one), got);
	s2pt_text_attr(other, sizeof(other), want);
	CHECK(same_attr(got, want), "%s 0x%02x: got %s, expected %s", what, byte, one, other);
}

#define HALF_NC         { S2PT_NC, S2PT_ALLOC_NO, false }
#define HALF(c, a)      { S2PT_##c, S2PT_ALLOC_##a, false }
#define HALF_T(c, a)    { S2PT_##c, S2PT_ALLOC_##a, true }
#define NORMAL(o, i, x) { .outer = o, .inner = i, .xs = (x), .sh = S2PT_SH_ISH }
#define DEVICE(t, x)    { .device = true, .device_type = (t), .xs = (x), .sh = S2PT_SH_ISH }
#define GROUP(...)      __VA_ARGS__

static void
test_mair_known_bytes(void **state)
{
	static const struct {
		uint8_t mair;
		struct s2pt_attr want;
	} rows[] = {
		{ 0x00, DEVICE(0, true) },
		{ 0x04, DEVICE(1, true) },
		{ 0x08, DEVICE(2, true) },
		{ 0x0c, DEVICE(3, true) },
		{ 0x01, DEVICE(0, false) },
		{ 0x0d, DEVICE(3, false) },
		{ 0x44, { .xs = true, .sh = S2PT_SH_ISH } },
		{ 0x40, { .xs = false, .sh = S2PT_SH_ISH } },
		{ 0xff, NORMAL(GROUP(HALF(WB, RWA)), GROUP(HALF(WB, RWA)), false) },
		{ 0xee, NORMAL(GROUP(HALF(WB, RA)), GROUP(HALF(WB, RA)), false) },
		{ 0xdd, NORMAL(GROUP(HALF(WB, WA)), GROUP(HALF(WB, WA)), false) },
		{ 0xcc, NORMAL(GROUP(HALF(WB, NO)), GROUP(HALF(WB, NO)), false) },
		{ 0xbb, NORMAL(GROUP(HALF(WT, RWA)), GROUP(HALF(WT, RWA)), true) },
		{ 0xaa, NORMAL(GROUP(HALF(WT, RA)), GROUP(HALF(WT, RA)), true) },
		{ 0xa0, NORMAL(GROUP(HALF(WT, RA)), GROUP(HALF(WT, RA)), false) },
		{ 0x77, NORMAL(GROUP(HALF_T(WB, RWA)), GROUP(HALF_T(WB, RWA)), false) },
		{ 0x13, NORMAL(GROUP(HALF_T(WT, WA)), GROUP(HALF_T(WT, RWA)), true) },
		{ 0x4f, NORMAL(GROUP(HALF_NC), GROUP(HALF(WB, RWA)), true) },
		{ 0xf4, NORMAL(GROUP(HALF(WB, RWA)), GROUP(HALF_NC), true) },
		{ 0xfb, NORMAL(GROUP(HALF(WB, RWA)), GROUP(HALF(WT, RWA)), true) },
		{ 0xf0, { .outer = HALF(WB, RWA), .inner = HALF(WB, RWA), .tagged = true, .sh = S2PT_SH_ISH } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_attr attr;

		POISONED(attr);
		CHECK_STATUS(s2pt_mair_decode(XS | MTE, rows[i].mair, S2PT_SH_ISH, &attr), S2PT_OK,
			     "MAIR");
		check_attr(&attr, &rows[i].want, "MAIR", rows[i].mair);
	}
}

/* 229 bytes in the base architecture, 235 with FEAT_XS, 236 with FEAT_MTE2 too. */
static void
test_mair_reserved(void **state)
{
	static const unsigned count[4] = { 229, 235, 230, 236 };

	(void)state;
	for (unsigned mode = 0; mode < 4; mode++) {
		s2pt_feats feats = (mode & 1u ? XS : 0) |
				   (mode & 2u ? MTE : 0);
		unsigned allocated = 0;

		for (unsigned byte = 0; byte < 256; byte++) {
			bool device = byte < 16 && (byte & 3u) == 0;
			bool normal = byte >> 4 && byte & 15u;
			bool xs = mode & 1u &&
				  ((byte < 16 && (byte & 3u) == 1) || byte == 0x40 || byte == 0xa0);
			bool tagged = mode & 2u && byte == 0xf0;
			bool ok = device || normal || xs || tagged;
			struct s2pt_attr attr;
			enum s2pt_status status;

			POISONED(attr);
			status = s2pt_mair_decode(feats, (uint8_t)byte, S2PT_SH_NSH, &attr);
			CHECK(status == (ok ? S2PT_OK : S2PT_ERR_RESERVED),
			      "XS %u, MTE2 %u, 0x%02x: %s", mode & 1u, mode >> 1, byte,
			      s2pt_status_name(status));
			if (ok)
				CHECK(!attr.notagaccess, "0x%02x: notagaccess", byte);
			allocated += ok;
		}
		CHECK(allocated == count[mode], "mode %u: %u bytes, expected %u", mode, allocated,
		      count[mode]);
	}
}

/* A refusal leaves the attribute alone, even one that is found late. */
static void
test_mair_refusal_writes_nothing(void **state)
{
	static const struct {
		uint8_t mair;
		unsigned sh;
	} rows[] = {
		{ 0x02, 0 },
		{ 0x03, 0 },
		{ 0x01, 0 },
		{ 0x0e, 0 },
		{ 0x10, 0 },
		{ 0x40, 0 },
		{ 0xa0, 0 },
		{ 0xe0, 0 },
		{ 0xf0, 0 },
		{ 0xff, 1 },
		{ 0xff, 4 },
		{ 0xff, 1000 },
		{ 0x00, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_attr attr;

		POISONED(attr);
		CHECK_STATUS(s2pt_mair_decode(0, rows[i].mair, (enum s2pt_sh)rows[i].sh, &attr),
			     S2PT_ERR_RESERVED, "s2pt_mair_decode");
		CHECK_UNTOUCHED(attr, "s2pt_mair_decode");
	}
}

static void
test_mair_copies_the_shareability(void **state)
{
	static const enum s2pt_sh shs[] = { S2PT_SH_NSH, S2PT_SH_OSH, S2PT_SH_ISH };
	static const uint8_t bytes[] = { 0x00, 0x44, 0xff };

	(void)state;
	for (size_t i = 0; i < COUNT(shs); i++)
		for (size_t j = 0; j < COUNT(bytes); j++) {
			struct s2pt_attr attr;

			CHECK_STATUS(s2pt_mair_decode(0, bytes[j], shs[i], &attr), S2PT_OK, "MAIR");
			CHECK(attr.sh == shs[i], "0x%02x: sh %u, expected %u", bytes[j], attr.sh,
			      (unsigned)shs[i]);
		}
}

/* --- PAR_EL1 ---------------------------------------------------------------------------------- */

/* With all features, PAR reports the MAIR byte as it is. */
static void
test_par_reports_mair(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		struct s2pt_attr attr;

		if (s2pt_mair_decode(XS | MTE, (uint8_t)byte, S2PT_SH_ISH, &attr) != S2PT_OK)
			continue;
		CHECK(s2pt_par_encode(XS | MTE, &attr) == byte, "0x%02x is reported as 0x%02x", byte,
		      s2pt_par_encode(XS | MTE, &attr));
		/* Without FEAT_XS the forms of XS = 1 are reported. */
		unsigned want = byte < 16    ? byte & 0xcu
			      : byte == 0x40 ? 0x44
			      : byte == 0xa0 ? 0xaa
					     : byte;

		CHECK(s2pt_par_encode(MTE, &attr) == want, "0x%02x without FEAT_XS: 0x%02x", byte,
		      s2pt_par_encode(MTE, &attr));
	}
}

static void
test_par_attr(void **state)
{
	/* clang-format off */
	static const struct {
		s2pt_feats feats;
		struct s2pt_attr attr;
		uint8_t want;
	} rows[] = {
		/* XS = 0 that no byte can express. */
		{ XS, NORMAL(GROUP(HALF(WT, RWA)), GROUP(HALF(WT, RWA)), false), 0xbb },
		/* The outer hint alone decides on 0xA0. */
		{ XS, NORMAL(GROUP(HALF(WT, RA)), GROUP(HALF(WT, RWA)), false), 0xa0 },
		{ XS, NORMAL(GROUP(HALF(WT, RWA)), GROUP(HALF(WT, RA)), false), 0xba },
		{ XS, NORMAL(GROUP(HALF_T(WT, RA)), GROUP(HALF(WT, RA)), false), 0x2a },
		{ XS, NORMAL(GROUP(HALF(WT, RA)), GROUP(HALF(WB, RA)), false), 0xae },
		{ XS, NORMAL(GROUP(HALF_NC), GROUP(HALF(WT, RA)), false), 0x4a },
		{ 0, NORMAL(GROUP(HALF(WT, RA)), GROUP(HALF(WT, RA)), false), 0xaa },
		{ XS, DEVICE(1, false), 0x05 },
		{ XS, DEVICE(2, false), 0x09 },
		{ 0, DEVICE(1, false), 0x04 },
		{ MTE | NTA, { .outer = HALF(WB, RWA), .inner = HALF(WB, RWA), .tagged = true, .notagaccess = true }, 0xe0 },
		{ MTE | NTA, { .outer = HALF(WB, RWA), .inner = HALF(WB, RWA), .tagged = true }, 0xf0 },
		{ MTE, { .outer = HALF(WB, RWA), .inner = HALF(WB, RWA), .tagged = true }, 0xf0 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(s2pt_par_encode(rows[i].feats, &rows[i].attr) == rows[i].want,
		      "row %zu: got 0x%02x, expected 0x%02x", i,
		      s2pt_par_encode(rows[i].feats, &rows[i].attr), rows[i].want);
}

/* "with S2PT_FEAT_MTE_PERM, tagged NoTagAccess memory is 0xE0. Tagged memory is 0xF0." */
static void
test_par_notagaccess_needs_mte_perm(void **state)
{
	const struct s2pt_attr attr = {
		.outer = HALF(WB, RWA), .inner = HALF(WB, RWA), .tagged = true, .notagaccess = true
	};

	(void)state;
	CHECK_U64(s2pt_par_encode(MTE, &attr), 0xf0, "NoTagAccess without FEAT_MTE_PERM");
}

static void
test_par_sh(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x0c, 0x44, 0xff, 0xbb, 0x4f, 0xf4 };
	static const enum s2pt_sh shs[] = { S2PT_SH_NSH, S2PT_SH_OSH, S2PT_SH_ISH };

	(void)state;
	for (size_t i = 0; i < COUNT(bytes); i++)
		for (size_t j = 0; j < COUNT(shs); j++) {
			struct s2pt_attr attr;
			enum s2pt_sh want = i < 3 ? S2PT_SH_OSH : shs[j];

			CHECK_STATUS(s2pt_mair_decode(0, bytes[i], shs[j], &attr), S2PT_OK, "MAIR");
			CHECK(s2pt_par_sh(&attr) == want, "0x%02x with SH %u: got %u, expected %u",
			      bytes[i], (unsigned)shs[j], (unsigned)s2pt_par_sh(&attr),
			      (unsigned)want);
		}
}

/* Every byte, every SH, every feature set: a value is read if and only if PAR can report it. */
static void
test_par_decode(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 8; mode++)
		for (unsigned input = 0; input < 256 * 5; input++) {
			s2pt_feats feats = (mode & 1u ? XS : 0) |
					   (mode & 2u ? MTE : 0) |
					   (mode & 4u ? NTA : 0);
			uint8_t byte = (uint8_t)(input % 256), sh = (uint8_t)(input / 256);
			bool nta = byte == 0xe0 && (mode & 6u) == 6u;
			struct s2pt_attr want, attr;
			enum s2pt_status status;
			bool ok = sh < 4 && sh != 1 &&
				  s2pt_mair_decode(feats, nta ? 0xf0 : byte, (enum s2pt_sh)sh,
						   &want) == S2PT_OK &&
				  ((byte >= 16 && byte != 0x44 && byte != 0x40) ||
				   sh == S2PT_SH_OSH);

			POISONED(attr);
			status = s2pt_par_decode(feats, byte, sh, &attr);
			CHECK(status == (ok ? S2PT_OK : S2PT_ERR_RESERVED),
			      "mode %u, 0x%02x, SH %u: got %s", mode, byte, sh,
			      s2pt_status_name(status));
			if (!ok) {
				CHECK_UNTOUCHED(attr, "s2pt_par_decode");
				continue;
			}
			want.notagaccess = nta;
			check_attr(&attr, &want, "PAR", byte);
			CHECK(s2pt_par_encode(feats, &attr) == byte && s2pt_par_sh(&attr) == sh,
			      "mode %u: 0x%02x, SH %u come back as 0x%02x, %u", mode, byte, sh,
			      s2pt_par_encode(feats, &attr), (unsigned)s2pt_par_sh(&attr));
		}
}

/* --- Meaning ---------------------------------------------------------------------------------- */

static void
test_kinds_and_properties(void **state)
{
	enum { ACK = S2PT_PROPERTY_EARLY_ACK,
	       RE = S2PT_PROPERTY_REORDER,
	       GA = S2PT_PROPERTY_GATHER,
	       BY = S2PT_PROPERTY_BYPASS,
	       CA = S2PT_PROPERTY_CACHED,
	       NORM = S2PT_PROPERTY_UNALIGNED | S2PT_PROPERTY_GATHER | S2PT_PROPERTY_REORDER |
		      S2PT_PROPERTY_EARLY_ACK | S2PT_PROPERTY_SPECULATE };
	static const struct {
		uint8_t mair;
		enum s2pt_kind kind;
		uint32_t means;
	} rows[] = {
		{ 0x00, S2PT_KIND_DEVICE_nGnRnE, BY },
		{ 0x04, S2PT_KIND_DEVICE_nGnRE, BY | ACK },
		{ 0x08, S2PT_KIND_DEVICE_nGRE, BY | ACK | RE },
		{ 0x0c, S2PT_KIND_DEVICE_GRE, BY | ACK | RE | GA },
		{ 0x44, S2PT_KIND_NORMAL_NC, NORM | BY },
		{ 0xbb, S2PT_KIND_NORMAL_WT, NORM | CA },
		{ 0x33, S2PT_KIND_NORMAL_WT, NORM | CA },
		{ 0xff, S2PT_KIND_NORMAL_WB, NORM | CA },
		{ 0xcf, S2PT_KIND_NORMAL_WB, NORM | CA },
		{ 0x4f, S2PT_KIND_NORMAL_MIXED, NORM | CA | BY },
		{ 0xf4, S2PT_KIND_NORMAL_MIXED, NORM | CA | BY },
		{ 0xb4, S2PT_KIND_NORMAL_MIXED, NORM | CA | BY },
		{ 0xfb, S2PT_KIND_NORMAL_MIXED, NORM | CA },
		{ 0xbf, S2PT_KIND_NORMAL_MIXED, NORM | CA },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_attr attr;

		CHECK_STATUS(s2pt_mair_decode(0, rows[i].mair, S2PT_SH_ISH, &attr), S2PT_OK,
			     "MAIR");
		CHECK(s2pt_attr_kind(&attr) == rows[i].kind, "0x%02x: got %s, expected %s",
		      rows[i].mair, s2pt_kind_name(s2pt_attr_kind(&attr)),
		      s2pt_kind_name(rows[i].kind));
		CHECK(s2pt_attr_properties(&attr) == rows[i].means, "0x%02x: means 0x%x, expected 0x%x",
		      rows[i].mair, s2pt_attr_properties(&attr), rows[i].means);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memattr_encode),
		cmocka_unit_test(test_memattr_encode_no_such_type),
		cmocka_unit_test(test_memattr_decode),
		cmocka_unit_test(test_same_in_both_modes),
		cmocka_unit_test(test_is_device),
		cmocka_unit_test(test_bug39_device_keeps_its_type),
		cmocka_unit_test(test_mair_known_bytes),
		cmocka_unit_test(test_mair_reserved),
		cmocka_unit_test(test_mair_refusal_writes_nothing),
		cmocka_unit_test(test_mair_copies_the_shareability),
		cmocka_unit_test(test_par_reports_mair),
		cmocka_unit_test(test_par_attr),
		cmocka_unit_test(test_par_notagaccess_needs_mte_perm),
		cmocka_unit_test(test_par_sh),
		cmocka_unit_test(test_par_decode),
		cmocka_unit_test(test_kinds_and_properties),
	};

	return cmocka_run_group_tests_name("memattr", tests, NULL, NULL);
}
