/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

#define G4K   S2PT_GRANULE_4K
#define G16K  S2PT_GRANULE_16K
#define G64K  S2PT_GRANULE_64K
#define NS    S2PT_SPACE_NONSECURE
#define DS    S2PT_FEAT_LPA2
#define EVERY (S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_XS | S2PT_FEAT_MTE_PERM | \
	       S2PT_FEAT_BBML1 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HPDS2)

/* Read-only data of a guest: the leaf that tests start from. */
static const struct s2pt_leaf plain = {
	.type = S2PT_MEM_NORMAL_WB,
	.sh = S2PT_SH_ISH,
	.r = true,
	.af = true,
};

static bool
same_leaf(const struct s2pt_leaf *a, const struct s2pt_leaf *b)
{
	return a->type == b->type && a->sh == b->sh && a->r == b->r && a->w == b->w &&
	       a->x_el1 == b->x_el1 && a->x_el0 == b->x_el0 && a->af == b->af && a->dbm == b->dbm &&
	       a->contiguous == b->contiguous && a->nt == b->nt && a->fnxs == b->fnxs &&
	       a->ns == b->ns && a->exec_uncached == b->exec_uncached && a->sw == b->sw &&
	       a->pbha == b->pbha;
}

static uint64_t
must_encode(const struct s2pt_format *format, int level, uint64_t oa, const struct s2pt_leaf *leaf,
	    const char *what)
{
	s2pt_desc desc = { 0 };

	CHECK_STATUS(s2pt_desc_leaf_encode(format, level, s2pt_pa_of(oa), leaf, &desc), S2PT_OK, what);
	return desc.raw;
}

/* --- Known values ----------------------------------------------------------------------------- */

static void
test_known_leaves(void **state)
{
	static const struct {
		const char *what;
		enum s2pt_granule granule;
		unsigned ipa;
		s2pt_feats feats;
		int level;
		uint64_t oa;
		struct s2pt_leaf leaf;
		uint64_t want;
	} rows[] = {
		{ "read-only page",
		  G4K,
		  48,
		  0,
		  3,
		  0x80000000,
		  { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true, .af = true },
		  0x004000008000077f },
		{ "read-write block, executable",
		  G4K,
		  48,
		  0,
		  2,
		  0x80000000,
		  { .type = S2PT_MEM_NORMAL_WB,
		    .sh = S2PT_SH_ISH,
		    .r = true,
		    .w = true,
		    .x_el1 = true,
		    .x_el0 = true,
		    .af = true },
		  0x00000000800007fd },
		{ "the same with FWB",
		  G4K,
		  48,
		  S2PT_FEAT_S2FWB,
		  1,
		  0x80000000,
		  { .type = S2PT_MEM_NORMAL_WB,
		    .sh = S2PT_SH_ISH,
		    .r = true,
		    .w = true,
		    .x_el1 = true,
		    .x_el0 = true,
		    .af = true },
		  0x00000000800007d9 },
		{ "Device page",
		  G4K,
		  48,
		  S2PT_FEAT_XNX,
		  3,
		  0x09000000,
		  { .type = S2PT_MEM_DEVICE_nGnRE, .r = true, .w = true, .af = true },
		  0x00400000090004c7 },
		{ "EL1 alone executes",
		  G4K,
		  48,
		  S2PT_FEAT_XNX,
		  3,
		  0,
		  { .type = S2PT_MEM_NORMAL_WB, .x_el1 = true },
		  0x006000000000003f },
		{ "EL0 alone executes",
		  G4K,
		  48,
		  S2PT_FEAT_XNX,
		  3,
		  0,
		  { .type = S2PT_MEM_NORMAL_WB, .x_el0 = true },
		  0x002000000000003f },
		{ "zero leaf", G16K, 48, 0, 3, 0x4000, { 0 }, 0x0040000000004003 },
		{ "64K page above 2^48",
		  G64K,
		  52,
		  S2PT_FEAT_LPA,
		  3,
		  UINT64_C(0xa800000010000),
		  { .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_OSH },
		  0x004080000001a217 },
		{ "64K level 1 block",
		  G64K,
		  52,
		  S2PT_FEAT_LPA,
		  1,
		  UINT64_C(0xf040000000000),
		  { .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_OSH },
		  0x004004000000f215 },
		{ "4K page with DS=1",
		  G4K,
		  52,
		  DS,
		  3,
		  UINT64_C(0x9000000001000),
		  { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH, .r = true },
		  0x004100000000127f },
		{ "4K level 0 block with DS=1",
		  G4K,
		  52,
		  DS,
		  0,
		  UINT64_C(0xe008000000000),
		  { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH },
		  0x004200800000033d },
		{ "16K level 1 block with DS=1",
		  G16K,
		  52,
		  DS,
		  1,
		  UINT64_C(0x4001000000000),
		  { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH },
		  0x004000100000013d },
		{ "every other bit",
		  G4K,
		  48,
		  EVERY,
		  2,
		  0x200000,
		  { .type = S2PT_MEM_NORMAL_WB,
		    .sh = S2PT_SH_ISH,
		    .r = true,
		    .w = true,
		    .x_el1 = true,
		    .x_el0 = true,
		    .af = true,
		    .dbm = true,
		    .contiguous = true,
		    .nt = true,
		    .fnxs = true,
		    .sw = 0xf,
		    .pbha = 0xf },
		  0x7f98000000210fd9 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(rows[i].granule, NS, rows[i].ipa, 52,
						      rows[i].feats);
		struct s2pt_leaf back;
		s2pt_pa oa;

		CHECK_U64(must_encode(&format, rows[i].level, rows[i].oa, &rows[i].leaf,
				      rows[i].what),
			  rows[i].want, rows[i].what);
		CHECK_STATUS(s2pt_desc_leaf_decode(&format, rows[i].level,
						   s2pt_desc_of(rows[i].want), &oa, &back),
			     S2PT_OK, rows[i].what);
		CHECK_U64(oa.addr, rows[i].oa, rows[i].what);
		CHECK(same_leaf(&back, &rows[i].leaf), "%s: the leaf comes back different",
		      rows[i].what);
	}
}

/* Each member of the leaf is one bit, or field, of its own. */
static void
test_each_member(void **state)
{
	static const struct {
		const char *what;
		struct s2pt_leaf leaf;
		uint64_t changes; /* against the zero leaf of type WB with FWB */
	} rows[] = {
		{ "SH NSH", { .sh = 0 }, 0 },
		{ "SH OSH", { .sh = 2 }, UINT64_C(2) << 8 },
		{ "SH ISH", { .sh = 3 }, UINT64_C(3) << 8 },
		{ "r", { .r = true }, UINT64_C(1) << 6 },
		{ "w", { .w = true }, UINT64_C(1) << 7 },
		{ "af", { .af = true }, UINT64_C(1) << 10 },
		{ "fnxs", { .fnxs = true }, UINT64_C(1) << 11 },
		{ "nt", { .nt = true }, UINT64_C(1) << 16 },
		{ "dbm", { .dbm = true }, UINT64_C(1) << 51 },
		{ "contiguous", { .contiguous = true }, UINT64_C(1) << 52 },
		{ "x_el0", { .x_el0 = true }, UINT64_C(3) << 53 },
		{ "x_el1", { .x_el1 = true }, UINT64_C(1) << 53 },
		{ "x", { .x_el0 = true, .x_el1 = true }, UINT64_C(1) << 54 },
		{ "sw 0", { .sw = 1 }, UINT64_C(1) << 55 },
		{ "sw 1", { .sw = 2 }, UINT64_C(1) << 56 },
		{ "sw 2", { .sw = 4 }, UINT64_C(1) << 57 },
		{ "sw 3", { .sw = 8 }, UINT64_C(1) << 58 },
		{ "pbha 0", { .pbha = 1 }, UINT64_C(1) << 59 },
		{ "pbha 1", { .pbha = 2 }, UINT64_C(1) << 60 },
		{ "pbha 2", { .pbha = 4 }, UINT64_C(1) << 61 },
		{ "pbha 3", { .pbha = 8 }, UINT64_C(1) << 62 },
	};
	struct s2pt_format format = format_of(G4K, NS, 48, 48, EVERY);
	uint64_t zero = UINT64_C(0x0040000000000019);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_leaf leaf = rows[i].leaf, back;
		uint64_t raw;
		s2pt_pa oa;

		leaf.type = S2PT_MEM_NORMAL_WB;
		raw = must_encode(&format, 2, 0, &leaf, rows[i].what);
		CHECK_U64(raw ^ zero, rows[i].changes, rows[i].what);
		CHECK_STATUS(s2pt_desc_leaf_decode(&format, 2, s2pt_desc_of(raw), &oa, &back),
			     S2PT_OK, rows[i].what);
		CHECK(same_leaf(&back, &leaf), "%s: comes back different", rows[i].what);
	}
}

/* --- Refusals --------------------------------------------------------------------------------- */

#define PLAIN  .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_ISH
#define REALM  S2PT_SPACE_REALM
#define SECURE S2PT_SPACE_SECURE
#define X      .x_el1 = true, .x_el0 = true

struct leaf_row {
	enum s2pt_granule granule;
	enum s2pt_space space;
	unsigned ipa, pa;
	s2pt_feats feats;
	int level;
	uint64_t oa;
	struct s2pt_leaf leaf;
	enum s2pt_status want;
};

static const struct leaf_row leaf_rows[] = {
	{ G4K, NS, 48, 48, 0, 3, 0x1000, { PLAIN }, S2PT_OK },
	{ G4K, NS, 48, 48, 0, 4, 0x1000, { PLAIN }, S2PT_ERR_LEVEL },
	{ G4K, NS, 48, 48, 0, -1, 0, { PLAIN }, S2PT_ERR_LEVEL },
	{ G4K, NS, 40, 48, 0, 0, 0, { PLAIN }, S2PT_ERR_LEVEL },
	{ G4K, NS, 48, 48, 0, INT_MIN, 0, { PLAIN }, S2PT_ERR_LEVEL },
	{ G4K, NS, 48, 48, 0, INT_MAX, 0, { PLAIN }, S2PT_ERR_LEVEL },
	/* Bug 49: blocks at level 0 exist only with DS=1. */
	{ G4K, NS, 48, 48, 0, 0, 0, { PLAIN }, S2PT_ERR_BLOCK_LEVEL },
	{ G4K, NS, 52, 52, DS, 0, 0, { PLAIN }, S2PT_OK },
	{ G16K, NS, 48, 48, 0, 1, 0, { PLAIN }, S2PT_ERR_BLOCK_LEVEL },
	{ G16K, NS, 52, 52, DS, 0, 0, { PLAIN }, S2PT_ERR_BLOCK_LEVEL },
	{ G16K, NS, 52, 52, DS, 1, 0, { PLAIN }, S2PT_OK },
	{ G64K, NS, 48, 48, 0, 1, 0, { PLAIN }, S2PT_ERR_BLOCK_LEVEL },
	{ G64K, NS, 48, 52, S2PT_FEAT_LPA, 1, 0, { PLAIN }, S2PT_OK },

	{ G4K, NS, 48, 48, 0, 3, 0x800, { PLAIN }, S2PT_ERR_OA_ALIGN },
	{ G4K, NS, 48, 48, 0, 3, 1, { PLAIN }, S2PT_ERR_OA_ALIGN },
	{ G4K, NS, 48, 48, 0, 2, 0x1000, { PLAIN }, S2PT_ERR_OA_ALIGN },
	{ G4K, NS, 48, 48, 0, 1, 0x20000000, { PLAIN }, S2PT_ERR_OA_ALIGN },
	{ G16K, NS, 48, 48, 0, 3, 0x2000, { PLAIN }, S2PT_ERR_OA_ALIGN },
	{ G64K, NS, 48, 48, 0, 3, 0x8000, { PLAIN }, S2PT_ERR_OA_ALIGN },
	{ G4K, NS, 48, 48, 0, 3, UINT64_C(1) << 48, { PLAIN }, S2PT_ERR_OA_SIZE },
	{ G4K, NS, 44, 44, 0, 3, UINT64_C(1) << 44, { PLAIN }, S2PT_ERR_OA_SIZE },
	{ G4K, NS, 44, 44, 0, 3, UINT64_C(0xffffffff000), { PLAIN }, S2PT_OK },
	{ G4K, NS, 48, 52, DS, 3, UINT64_C(1) << 52, { PLAIN }, S2PT_ERR_OA_SIZE },
	{ G4K, NS, 48, 48, 0, 3, UINT64_C(1) << 63, { PLAIN }, S2PT_ERR_OA_SIZE },

	{ G4K, NS, 48, 48, 0, 3, 0, { .type = (enum s2pt_memtype)16, .sh = 3 }, S2PT_ERR_MEMTYPE },
	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_NORMAL_WB_NOTAGACCESS }, S2PT_ERR_MEMTYPE },
	{ G4K, NS, 48, 48, S2PT_FEAT_S2FWB, 3, 0, { .type = S2PT_MEM_NORMAL_oWT_iWT }, S2PT_ERR_MEMTYPE },

	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_NORMAL_WB, .sh = 1 }, S2PT_ERR_SH },
	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_NORMAL_WB, .sh = 4 }, S2PT_ERR_SH },
	{ G4K, NS, 52, 52, DS, 3, 0, { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_OSH }, S2PT_ERR_SH },
	{ G4K, NS, 52, 52, DS, 3, 0, { .type = S2PT_MEM_NORMAL_WB, .sh = S2PT_SH_NSH }, S2PT_ERR_SH },

	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, .x_el1 = true }, S2PT_ERR_XNX },
	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, .x_el0 = true }, S2PT_ERR_XNX },
	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, X }, S2PT_OK },
	{ G4K, NS, 48, 48, S2PT_FEAT_XNX, 3, 0, { PLAIN, .x_el1 = true }, S2PT_OK },

	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_DEVICE_nGnRnE, X }, S2PT_ERR_EXEC_UNCACHED },
	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_DEVICE_GRE, X }, S2PT_ERR_EXEC_UNCACHED },
	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_NORMAL_NC, X }, S2PT_ERR_EXEC_UNCACHED },
	{ G4K, NS, 48, 48, S2PT_FEAT_XNX, 3, 0, { .type = S2PT_MEM_NORMAL_NC, .x_el0 = true }, S2PT_ERR_EXEC_UNCACHED },
	{ G4K, NS, 48, 48, S2PT_FEAT_XNX, 3, 0, { .type = S2PT_MEM_NORMAL_NC, .x_el1 = true }, S2PT_ERR_EXEC_UNCACHED },
	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_NORMAL_NC, X, .exec_uncached = true }, S2PT_OK },
	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_DEVICE_nGRE, X, .exec_uncached = true }, S2PT_OK },
	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_NORMAL_NC, .exec_uncached = true }, S2PT_ERR_EXEC_UNCACHED },
	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, X, .exec_uncached = true }, S2PT_ERR_EXEC_UNCACHED },
	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, .exec_uncached = true }, S2PT_ERR_EXEC_UNCACHED },
	{ G4K, NS, 48, 48, 0, 3, 0, { .type = S2PT_MEM_NORMAL_oNC_iWB, X }, S2PT_OK },

	{ G4K, NS, 48, 48, S2PT_FEAT_HAFDBS_AF, 3, 0, { PLAIN, .dbm = true }, S2PT_ERR_DBM },
	{ G4K, NS, 48, 48, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM, 3, 0, { PLAIN, .dbm = true }, S2PT_OK },
	{ G4K, NS, 52, 52, DS, 0, 0, { PLAIN, .contiguous = true }, S2PT_ERR_CONTIGUOUS },
	{ G16K, NS, 52, 52, DS, 1, 0, { PLAIN, .contiguous = true }, S2PT_ERR_CONTIGUOUS },
	{ G64K, NS, 52, 52, S2PT_FEAT_LPA, 1, 0, { PLAIN, .contiguous = true }, S2PT_ERR_CONTIGUOUS },
	{ G4K, NS, 48, 48, 0, 1, 0, { PLAIN, .contiguous = true }, S2PT_OK },
	{ G4K, NS, 48, 48, 0, 2, 0, { PLAIN, .nt = true }, S2PT_ERR_NT },
	{ G4K, NS, 48, 48, S2PT_FEAT_BBML2, 2, 0, { PLAIN, .nt = true }, S2PT_ERR_NT },
	{ G4K, NS, 48, 48, S2PT_FEAT_BBML1, 3, 0, { PLAIN, .nt = true }, S2PT_ERR_NT },
	{ G4K, NS, 48, 48, S2PT_FEAT_BBML1, 2, 0, { PLAIN, .nt = true }, S2PT_OK },
	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, .fnxs = true }, S2PT_ERR_FNXS },
	{ G4K, NS, 48, 48, S2PT_FEAT_XS, 3, 0, { PLAIN, .fnxs = true }, S2PT_OK },
	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, .ns = true }, S2PT_ERR_NS },
	{ G4K, SECURE, 48, 48, 0, 3, 0, { PLAIN, .ns = true }, S2PT_ERR_NS },
	{ G4K, REALM, 48, 48, 0, 3, 0, { PLAIN, .ns = true }, S2PT_OK },
	{ G4K, REALM, 48, 48, 0, 3, 0, { PLAIN, .sw = 1 }, S2PT_ERR_SW },
	{ G4K, REALM, 48, 48, 0, 3, 0, { PLAIN, .sw = 0xe }, S2PT_OK },
	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, .sw = 0xf }, S2PT_OK },
	{ G4K, SECURE, 48, 48, 0, 3, 0, { PLAIN, .sw = 0xf }, S2PT_OK },
	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, .sw = 0x10 }, S2PT_ERR_SW },
	{ G4K, NS, 48, 48, 0, 3, 0, { PLAIN, .pbha = 1 }, S2PT_ERR_PBHA },
	{ G4K, NS, 48, 48, S2PT_FEAT_HPDS2, 3, 0, { PLAIN, .pbha = 0x10 }, S2PT_ERR_PBHA },
	{ G4K, NS, 48, 48, S2PT_FEAT_HPDS2, 3, 0, { PLAIN, .pbha = 0xf }, S2PT_OK },
};

static void
test_leaf_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(leaf_rows); i++) {
		const struct leaf_row *row = &leaf_rows[i];
		struct s2pt_format format = format_of(row->granule, row->space, row->ipa, row->pa,
						      row->feats);
		enum s2pt_status status;
		s2pt_desc desc;

		POISONED(desc);
		status = s2pt_desc_leaf_encode(&format, row->level, s2pt_pa_of(row->oa), &row->leaf,
					       &desc);
		CHECK(status == row->want, "row %zu: got %s, expected %s", i,
		      s2pt_status_name(status), s2pt_status_name(row->want));
		if (status != S2PT_OK)
			CHECK_UNTOUCHED(desc, s2pt_status_name(status));
	}
}

struct leaf_order {
	int level;
	uint64_t oa;
	struct s2pt_leaf leaf;
};

/* A leaf that is wrong throughout, put right one rule at a time. */
static void
test_order_of_leaf_rules(void **state)
{
	static const enum s2pt_status want[] = {
		S2PT_ERR_LEVEL,
		S2PT_ERR_BLOCK_LEVEL,
		S2PT_ERR_OA_ALIGN,
		S2PT_ERR_OA_SIZE,
		S2PT_ERR_MEMTYPE,
		S2PT_ERR_SH,
		S2PT_ERR_XNX,
		S2PT_ERR_EXEC_UNCACHED,
		S2PT_ERR_DBM,
		S2PT_ERR_NT,
		S2PT_ERR_FNXS,
		S2PT_ERR_NS,
		S2PT_ERR_SW,
		S2PT_ERR_PBHA,
		S2PT_OK,
	};
	struct s2pt_format format = format_of(G4K, NS, 48, 48, 0);
	/* clang-format off */
	struct leaf_order in = {
		4,
		UINT64_MAX,
		{ .type = S2PT_MEMTYPE_COUNT, .sh = 1, .x_el1 = true, .exec_uncached = true, .dbm = true, .nt = true, .fnxs = true, .ns = true, .sw = 0xff, .pbha = 0xff },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(want); i++) {
		s2pt_desc desc;
		enum s2pt_status status = s2pt_desc_leaf_encode(&format, in.level, s2pt_pa_of(in.oa),
								&in.leaf, &desc);

		CHECK(status == want[i], "step %zu: got %s, expected %s", i,
		      s2pt_status_name(status), s2pt_status_name(want[i]));
		switch (i) {
		case 0:
			in.level = 0;
			break;
		case 1:
			in.level = 2;
			break;
		case 2:
			in.oa = UINT64_C(1) << 48;
			break;
		case 3:
			in.oa = 0;
			break;
		case 4:
			in.leaf.type = S2PT_MEM_NORMAL_WB;
			break;
		case 5:
			in.leaf.sh = S2PT_SH_ISH;
			break;
		case 6:
			in.leaf.x_el0 = true;
			break;
		case 7:
			in.leaf.exec_uncached = false;
			break;
		case 8:
			in.leaf.dbm = false;
			break;
		case 9:
			in.leaf.nt = false;
			break;
		case 10:
			in.leaf.fnxs = false;
			break;
		case 11:
			in.leaf.ns = false;
			break;
		case 12:
			in.leaf.sw = 0;
			break;
		default:
			in.leaf.pbha = 0;
			break;
		}
	}
}

/* The Contiguous bit is checked between DBM and nT. */
static void
test_order_of_contiguous(void **state)
{
	struct s2pt_format format = format_of(G4K, NS, 52, 52, DS);
	struct s2pt_leaf leaf = { PLAIN, .dbm = true, .contiguous = true, .nt = true };
	s2pt_desc desc;

	(void)state;
	CHECK_STATUS(s2pt_desc_leaf_encode(&format, 0, s2pt_pa_of(0), &leaf, &desc), S2PT_ERR_DBM, "DBM");
	leaf.dbm = false;
	CHECK_STATUS(s2pt_desc_leaf_encode(&format, 0, s2pt_pa_of(0), &leaf, &desc), S2PT_ERR_CONTIGUOUS,
		     "Contiguous");
	leaf.contiguous = false;
	CHECK_STATUS(s2pt_desc_leaf_encode(&format, 0, s2pt_pa_of(0), &leaf, &desc), S2PT_ERR_NT, "nT");
}

static void
test_leaf_decode_refusals(void **state)
{
	static const struct {
		const char *what;
		enum s2pt_granule granule;
		enum s2pt_space space;
		unsigned ipa, pa;
		s2pt_feats feats;
		int level;
		uint64_t raw;
		enum s2pt_status want;
	} rows[] = {
		{ "page", G4K, NS, 48, 48, 0, 3, 0x004000008000077f, S2PT_OK },
		{ "invalid", G4K, NS, 48, 48, 0, 3, 0x004000008000077e, S2PT_ERR_DESC_KIND },
		{ "reserved at level 3", G4K, NS, 48, 48, 0, 3, 0x004000008000077d,
		  S2PT_ERR_BLOCK_LEVEL },
		{ "table", G4K, NS, 48, 48, 0, 2, 0x004000008000077f, S2PT_ERR_DESC_KIND },
		{ "block at level 0", G4K, NS, 48, 48, 0, 0, 0x004000000000077d,
		  S2PT_ERR_BLOCK_LEVEL },
		{ "above the start level", G4K, NS, 32, 48, 0, 1, 0x004000000000077d,
		  S2PT_ERR_DESC_KIND },
		{ "no level", G4K, NS, 48, 48, 0, 4, 0x004000008000077f, S2PT_ERR_DESC_KIND },
		{ "no level at all", G4K, NS, 48, 48, 0, -100, 0x004000008000077f,
		  S2PT_ERR_DESC_KIND },
		{ "MemAttr 0b1000", G4K, NS, 48, 48, 0, 3, 0x0040000080000763, S2PT_ERR_RESERVED },
		{ "MemAttr[3] with FWB", G4K, NS, 48, 48, S2PT_FEAT_S2FWB, 3, 0x004000008000077f,
		  S2PT_ERR_RESERVED },
		{ "SH 0b01", G4K, NS, 48, 48, 0, 3, 0x004000008000057f, S2PT_ERR_SH },
		{ "OA[45] of 44 bits", G4K, NS, 44, 44, 0, 3, 0x004020008000077f,
		  S2PT_ERR_OA_SIZE },
		{ "OA[48] of 48 bits, DS=1", G4K, NS, 48, 48, DS, 3, 0x004100008000047f,
		  S2PT_ERR_OA_SIZE },
		{ "OA[48] of 48 bits, 64K", G64K, NS, 48, 48, S2PT_FEAT_LPA, 3, 0x004000008000177f,
		  S2PT_ERR_OA_SIZE },
		{ "bit 63", G4K, NS, 48, 48, 0, 3, 0x804000008000077f, S2PT_ERR_DESC_RES0 },
		{ "bit 62 without PBHA", G4K, NS, 48, 48, 0, 3, 0x404000008000077f,
		  S2PT_ERR_DESC_RES0 },
		{ "bit 59 without PBHA", G4K, NS, 48, 48, 0, 3, 0x084000008000077f,
		  S2PT_ERR_DESC_RES0 },
		{ "bit 53 without XNX", G4K, NS, 48, 48, 0, 3, 0x006000008000077f,
		  S2PT_ERR_DESC_RES0 },
		{ "Contiguous at 64K level 1", G64K, NS, 52, 52, S2PT_FEAT_LPA, 1,
		  0x005000000000077d,
		  S2PT_ERR_DESC_RES0 },
		{ "DBM without HD", G4K, NS, 48, 48, S2PT_FEAT_HAFDBS_AF, 3, 0x004800008000077f,
		  S2PT_ERR_DESC_RES0 },
		{ "bit 50", G4K, NS, 48, 48, 0, 3, 0x004400008000077f, S2PT_ERR_DESC_RES0 },
		{ "bit 49 without DS", G4K, NS, 48, 48, 0, 3, 0x004200008000077f,
		  S2PT_ERR_DESC_RES0 },
		{ "nT without BBML1", G4K, NS, 48, 48, 0, 2, 0x004000008001077d,
		  S2PT_ERR_DESC_RES0 },
		{ "block's bit 12", G4K, NS, 48, 48, 0, 2, 0x004000008000177d, S2PT_ERR_DESC_RES0 },
		{ "16K page's bit 13", G16K, NS, 48, 48, 0, 3, 0x004000008000277f,
		  S2PT_ERR_DESC_RES0 },
		{ "64K page's bit 12 without LPA", G64K, NS, 48, 48, 0, 3, 0x004000008000177f,
		  S2PT_ERR_DESC_RES0 },
		{ "FnXS without XS", G4K, NS, 48, 48, 0, 3, 0x0040000080000f7f,
		  S2PT_ERR_DESC_RES0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(rows[i].granule, rows[i].space, rows[i].ipa,
						      rows[i].pa, rows[i].feats);
		struct s2pt_leaf leaf;
		s2pt_pa oa;

		POISONED(leaf);
		POISONED(oa);
		CHECK_STATUS(s2pt_desc_leaf_decode(&format, rows[i].level,
						   s2pt_desc_of(rows[i].raw), &oa, &leaf),
			     rows[i].want, rows[i].what);
		if (rows[i].want != S2PT_OK) {
			CHECK_UNTOUCHED(leaf, rows[i].what);
			CHECK_UNTOUCHED(oa, rows[i].what);
		}
	}
}

/* "At a level the format lacks" is any other int: nothing may overflow on the way to the answer. */
static void
test_extreme_levels(void **state)
{
	static const int levels[] = { INT_MIN, INT_MIN + 1, -1000, 4, 1000, INT_MAX };
	struct s2pt_format format = format_of(G4K, NS, 48, 48, 0);

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++) {
		s2pt_desc desc = s2pt_desc_of(0x004000008000077f);
		struct s2pt_leaf leaf;
		s2pt_pa oa;

		CHECK(s2pt_desc_kind(&format, levels[i], desc) == S2PT_DESC_INVALID, "level %d",
		      levels[i]);
		CHECK(!s2pt_format_has_block(&format, levels[i]), "level %d", levels[i]);
		CHECK(s2pt_format_contiguous_lg2(&format, levels[i]) == 0, "level %d", levels[i]);
		CHECK_STATUS(s2pt_desc_leaf_encode(&format, levels[i], s2pt_pa_of(0), &plain, &desc),
			     S2PT_ERR_LEVEL, "s2pt_desc_leaf_encode");
		CHECK_STATUS(s2pt_desc_table_encode(&format, levels[i], s2pt_pa_of(0), &desc),
			     S2PT_ERR_LEVEL, "s2pt_desc_table_encode");
		CHECK_STATUS(s2pt_desc_table_decode(&format, levels[i], desc, &oa),
			     S2PT_ERR_DESC_KIND, "s2pt_desc_table_decode");
		CHECK_STATUS(s2pt_desc_leaf_decode(&format, levels[i], desc, &oa, &leaf),
			     S2PT_ERR_DESC_KIND, "s2pt_desc_leaf_decode");
	}
}

/* --- What others wrote ------------------------------------------------------------------------ */

static void
test_strip(void **state)
{
	static const struct {
		const char *what;
		enum s2pt_granule granule;
		s2pt_feats feats;
		int level;
		uint64_t raw, ignored, res0;
	} rows[] = {
		{ "a table of Xen's", G4K, 0, 0, 0x004000017f0f377f, 0x004000000000077c, 0 },
		{ "every IGNORED bit of a table", G4K, 0, 1, 0x07f8000041000fff, 0x07f8000000000ffc, 0 },
		{ "bits of a table that are reserved", G4K, 0, 1, 0xf807000041000003, 0, 0xf807000000000000 },
		{ "an address in bits 9:8", G4K, DS, 1, 0x07f8000041000fff, 0x07f8000000000cfc, 0 },
		{ "a 16K table below its address", G16K, 0, 2, 0x07f8000040003fff, 0x07f8000000000ffc, 0x3000 },
		{ "a 64K table below its address", G64K, 0, 2, 0x07f800004000ffff, 0x07f8000000000ffc, 0xf000 },
		{ "a page", G4K, 0, 3, 0x004000008000077f, 0, 0 },
		{ "a page with PBHA", G4K, 0, 3, 0x784000008000077f, 0x7800000000000000, 0 },
		{ "what this format has not", G4K, 0, 3, 0x806c000080000f7f, 0, 0x802c000000000800 },
		{ "a block's low bits", G4K, 0, 2, 0x004000008001077d, 0, 0x10000 },
		{ "invalid", G4K, 0, 3, 0xfffffffffffffffe, 0, 0 },
		{ "a reserved type", G4K, 0, 3, 0xfffffffffffffffd, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const bool ds = rows[i].feats & DS;
		const unsigned bits = ds ? 52 : 48;
		const struct s2pt_format format = format_of(rows[i].granule, NS, bits, bits, rows[i].feats);
		struct s2pt_extra_bits extra;
		s2pt_desc known;

		POISONED(extra);
		known = s2pt_desc_strip(&format, rows[i].level, s2pt_desc_of(rows[i].raw), &extra);
		CHECK_U64(extra.ignored, rows[i].ignored, rows[i].what);
		CHECK_U64(extra.res0, rows[i].res0, rows[i].what);
		CHECK_U64(known.raw, rows[i].raw & ~(extra.ignored | extra.res0), rows[i].what);
	}
}

/* --- Tables ----------------------------------------------------------------------------------- */

static void
test_tables(void **state)
{
	static const struct {
		const char *what;
		enum s2pt_granule granule;
		unsigned ipa, pa;
		s2pt_feats feats;
		int level;
		uint64_t next;
		enum s2pt_status want;
		uint64_t raw;
	} rows[] = {
		{ "4K", G4K, 48, 48, 0, 0, 0x41000000, S2PT_OK, 0x41000003 },
		{ "4K at level 2", G4K, 48, 48, EVERY, 2, 0xfffffffff000, S2PT_OK, 0xfffffffff003 },
		{ "4K, DS=1, at level 1", G4K, 52, 52, DS, 1, UINT64_C(0xf000000001000), S2PT_OK,
		  0x3000000001303 },
		{ "16K", G16K, 48, 48, 0, 1, 0x4000, S2PT_OK, 0x4003 },
		{ "64K with LPA", G64K, 52, 52, S2PT_FEAT_LPA, 1, UINT64_C(0xa000000010000),
		  S2PT_OK,
		  0x1a003 },
		{ "above the start level", G4K, 40, 48, 0, 0, 0, S2PT_ERR_LEVEL, 0 },
		{ "level 4", G4K, 48, 48, 0, 4, 0, S2PT_ERR_LEVEL, 0 },
		{ "level 3", G4K, 48, 48, 0, 3, 0x1, S2PT_ERR_TABLE_LEVEL, 0 },
		{ "misaligned", G4K, 48, 48, 0, 2, UINT64_C(1) << 48 | 0x800, S2PT_ERR_OA_ALIGN,
		  0 },
		{ "misaligned for 16K", G16K, 48, 48, 0, 2, 0x3000, S2PT_ERR_OA_ALIGN, 0 },
		{ "misaligned for 64K", G64K, 48, 48, 0, 2, 0x4000, S2PT_ERR_OA_ALIGN, 0 },
		{ "beyond 48 bits", G4K, 48, 52, 0, 2, UINT64_C(1) << 48, S2PT_ERR_OA_SIZE, 0 },
		{ "beyond 52 bits", G4K, 52, 52, DS, 2, UINT64_C(1) << 52, S2PT_ERR_OA_SIZE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(rows[i].granule, NS, rows[i].ipa, rows[i].pa,
						      rows[i].feats);
		s2pt_desc desc;
		s2pt_pa next;

		POISONED(desc);
		CHECK_STATUS(
			s2pt_desc_table_encode(&format, rows[i].level, s2pt_pa_of(rows[i].next), &desc),
			rows[i].want, rows[i].what);
		if (rows[i].want != S2PT_OK) {
			CHECK_UNTOUCHED(desc, rows[i].what);
			continue;
		}
		CHECK_U64(desc.raw, rows[i].raw, rows[i].what);
		CHECK_STATUS(s2pt_desc_table_decode(&format, rows[i].level, desc, &next), S2PT_OK,
			     rows[i].what);
		CHECK_U64(next.addr, rows[i].next, rows[i].what);
	}
}

static void
test_table_decode_refusals(void **state)
{
	static const struct {
		const char *what;
		enum s2pt_granule granule;
		unsigned ipa, pa;
		s2pt_feats feats;
		int level;
		uint64_t raw;
		enum s2pt_status want;
	} rows[] = {
		{ "table", G4K, 48, 48, 0, 2, 0x41000003, S2PT_OK },
		{ "page", G4K, 48, 48, 0, 3, 0x41000003, S2PT_ERR_DESC_KIND },
		{ "block", G4K, 48, 48, 0, 2, 0x41000001, S2PT_ERR_DESC_KIND },
		{ "invalid", G4K, 48, 48, 0, 2, 0x41000002, S2PT_ERR_DESC_KIND },
		{ "level -1", G4K, 48, 48, 0, -1, 0x41000003, S2PT_ERR_DESC_KIND },
		{ "bit 2", G4K, 48, 48, 0, 2, 0x41000007, S2PT_ERR_DESC_RES0 },
		{ "bit 10", G4K, 48, 48, 0, 2, 0x41000403, S2PT_ERR_DESC_RES0 },
		{ "bit 8 without DS", G4K, 48, 48, 0, 2, 0x41000103, S2PT_ERR_DESC_RES0 },
		{ "bit 48 without DS", G4K, 48, 48, 0, 2, 0x1000041000003, S2PT_ERR_DESC_RES0 },
		{ "bit 63", G4K, 48, 48, 0, 2, 0x8000000041000003, S2PT_ERR_DESC_RES0 },
		{ "16K bit 12", G16K, 48, 48, 0, 2, 0x41001003, S2PT_ERR_DESC_RES0 },
		{ "64K bit 15 without LPA", G64K, 48, 48, 0, 2, 0x41008003, S2PT_ERR_DESC_RES0 },
		{ "beyond 44 bits", G4K, 44, 44, 0, 2, 0x100041000003, S2PT_ERR_OA_SIZE },
		{ "beyond 48 bits, DS=1", G4K, 48, 48, DS, 2, 0x1000041000003, S2PT_ERR_OA_SIZE },
		{ "beyond 48 bits, 64K", G64K, 48, 48, S2PT_FEAT_LPA, 2, 0x41001003,
		  S2PT_ERR_OA_SIZE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(rows[i].granule, NS, rows[i].ipa, rows[i].pa,
						      rows[i].feats);
		s2pt_pa next;

		POISONED(next);
		CHECK_STATUS(s2pt_desc_table_decode(&format, rows[i].level,
						    s2pt_desc_of(rows[i].raw), &next),
			     rows[i].want, rows[i].what);
		if (rows[i].want != S2PT_OK)
			CHECK_UNTOUCHED(next, rows[i].what);
	}
}

/* --- Regressions of others' bugs -------------------------------------------------------------- */

/* A table at 2^48 or above must be found again: 64K with a 52-bit PA, and DS=1. */
static void
test_bug42_table_pa_above_48_bits(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		s2pt_feats feats;
	} rows[] = { { G64K, S2PT_FEAT_LPA }, { G4K, DS }, { G16K, DS } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(rows[i].granule, NS, 52, 52, rows[i].feats);

		for (unsigned bit = format.granule_lg2; bit < 52; bit++) {
			uint64_t at = UINT64_C(1) << bit;
			s2pt_desc desc;
			s2pt_pa next;

			CHECK_STATUS(s2pt_desc_table_encode(&format, 1, s2pt_pa_of(at), &desc), S2PT_OK,
				     "table");
			CHECK_STATUS(s2pt_desc_table_decode(&format, 1, desc, &next), S2PT_OK,
				     "table");
			CHECK_U64(next.addr, at, "next-level table");
			CHECK_U64(desc.raw & ~UINT64_C(3), bit < 48 ? at : rows[i].granule == G64K ? at >> 36
								   : bit < 50                      ? at
												   : at >> 42,
				  "the bits of the address");
		}
	}
}

/* Addresses above 48 bits without LPA2; shareability bits with it. */
static void
test_bug43_oa_above_48_bits_and_sh(void **state)
{
	struct s2pt_format narrow = format_of(G4K, NS, 48, 52, 0);
	struct s2pt_format wide = format_of(G4K, NS, 52, 52, DS);

	(void)state;
	for (unsigned bit = 48; bit < 52; bit++) {
		s2pt_desc desc;

		CHECK_STATUS(
			s2pt_desc_leaf_encode(&narrow, 3, s2pt_pa_of(UINT64_C(1) << bit), &plain, &desc),
			S2PT_ERR_OA_SIZE, "DS=0");
		CHECK_STATUS(s2pt_desc_table_encode(&narrow, 2, s2pt_pa_of(UINT64_C(1) << bit), &desc),
			     S2PT_ERR_OA_SIZE, "DS=0");
	}
	CHECK_U64(must_encode(&wide, 3, UINT64_C(0x3fffffffff000), &plain, "DS=1") & 0x300, 0,
		  "bits 9:8 with DS=1");
}

/* A block's attributes are a page's: what split and merge have to carry over. */
static void
test_bug45_split_keeps_attributes(void **state)
{
	static const struct s2pt_leaf leaves[] = {
		{ .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_OSH, .r = true, .sw = 0xa },
		{ .type = S2PT_MEM_DEVICE_nGRE, .r = true, .w = true, .af = true, .pbha = 5 },
		{ .type = S2PT_MEM_AS_STAGE1, .sh = S2PT_SH_ISH, .x_el1 = true, .dbm = true, .fnxs = true },
	};
	struct s2pt_format format = format_of(G4K, NS, 48, 48, EVERY);

	(void)state;
	for (size_t i = 0; i < COUNT(leaves); i++) {
		uint64_t block = must_encode(&format, 2, 0x40000000, &leaves[i], "block");
		struct s2pt_leaf leaf;
		s2pt_pa oa;

		CHECK_STATUS(s2pt_desc_leaf_decode(&format, 2, s2pt_desc_of(block), &oa, &leaf),
			     S2PT_OK, "block");
		for (uint64_t n = 0; n < 512; n++)
			CHECK_U64(must_encode(&format, 3, oa.addr + (n << 12), &leaf, "child"),
				  (block | 2) + (n << 12), "child");
	}
}

/* decode(encode(x)) == x over every choice of every member. */
static void
test_bug48_decode_reverses_encode(void **state)
{
	static const enum s2pt_memtype types[] = {
		S2PT_MEM_DEVICE_nGnRE,
		S2PT_MEM_NORMAL_NC,
		S2PT_MEM_NORMAL_WB,
	};
	struct s2pt_format formats[] = {
		format_of(G4K, NS, 48, 48, EVERY),
		format_of(G16K, REALM, 52, 52, EVERY | DS),
		format_of(G64K, NS, 52, 52, EVERY | S2PT_FEAT_LPA),
	};

	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++)
		for (unsigned bits = 0; bits < 4096; bits++)
			for (size_t t = 0; t < COUNT(types); t++) {
				bool realm = formats[f].space == S2PT_SPACE_REALM;
				struct s2pt_leaf leaf = {
					.type = types[t],
					.sh = S2PT_SH_ISH,
					.r = bits & 1u,
					.w = bits & 2u,
					.x_el1 = bits & 4u,
					.x_el0 = bits & 8u,
					.af = bits & 16u,
					.dbm = bits & 32u,
					.contiguous = bits & 64u,
					.nt = bits & 128u,
					.fnxs = bits & 256u,
					.ns = realm && bits & 512u,
					.sw = bits & 1024u ? 0xa : 0x4,
					.pbha = bits & 2048u ? 0x9 : 0x2,
				};
				struct s2pt_leaf back;
				s2pt_pa oa;
				uint64_t raw;

				leaf.exec_uncached = t < 2 && (leaf.x_el1 || leaf.x_el0);
				raw = must_encode(&formats[f], 2, 0, &leaf, "encode");
				CHECK_STATUS(s2pt_desc_leaf_decode(&formats[f], 2,
								   s2pt_desc_of(raw), &oa, &back),
					     S2PT_OK, "decode");
				CHECK(same_leaf(&back, &leaf) && oa.addr == 0,
				      "format %zu: 0x%016" PRIx64 " comes back different", f, raw);
			}
}

/* No member of the leaf can reach the type bits. */
static void
test_bug49_type_bits_are_out_of_reach(void **state)
{
	struct s2pt_format format = format_of(G4K, NS, 48, 48, EVERY);

	(void)state;
	for (unsigned value = 0; value < 256; value++)
		for (int level = 1; level <= 3; level++) {
			struct s2pt_leaf leaf = { .type = (enum s2pt_memtype)value,
						  .sh = (uint8_t)value,
						  .sw = (uint8_t)value,
						  .pbha = (uint8_t)value };
			s2pt_desc desc;

			if (s2pt_desc_leaf_encode(&format, level, s2pt_pa_of(0), &leaf, &desc) == S2PT_OK)
				CHECK_U64(desc.raw & 3u, level == 3 ? 3 : 1, "type");
		}
}

/* B2, B7: a Device or Normal-NC leaf is decoded as just that, AF as it stands. */
static void
test_bug_b2_type_and_af_survive(void **state)
{
	struct s2pt_format format = format_of(G4K, NS, 48, 48, S2PT_FEAT_S2FWB);

	(void)state;
	for (unsigned type = 0; type <= S2PT_MEM_AS_STAGE1; type++)
		for (unsigned af = 0; af < 2; af++) {
			struct s2pt_leaf leaf = { .type = (enum s2pt_memtype)type, .af = af != 0 },
					 back;
			uint64_t raw = must_encode(&format, 2, 0, &leaf, "B2");
			s2pt_pa oa;

			CHECK_STATUS(
				s2pt_desc_leaf_decode(&format, 2, s2pt_desc_of(raw), &oa, &back),
				S2PT_OK, "B2");
			CHECK(same_leaf(&back, &leaf), "%s, AF %u: comes back as %s, AF %d",
			      s2pt_memtype_name(leaf.type), af, s2pt_memtype_name(back.type),
			      back.af);
		}
}

/* B5: PA[51:50] of a Device block under LPA2. */
static void
test_bug_b5_oa_51_50_with_lpa2(void **state)
{
	struct s2pt_format format = format_of(G4K, NS, 52, 52, DS);
	struct s2pt_leaf leaf = { .type = S2PT_MEM_DEVICE_nGnRE, .sh = S2PT_SH_ISH, .r = true };

	(void)state;
	for (unsigned top = 0; top < 16; top++) {
		uint64_t at = (uint64_t)top << 48 | 0x40000000;
		struct s2pt_leaf back;
		s2pt_pa oa;
		uint64_t raw = must_encode(&format, 2, at, &leaf, "B5");

		CHECK_STATUS(s2pt_desc_leaf_decode(&format, 2, s2pt_desc_of(raw), &oa, &back),
			     S2PT_OK, "B5");
		CHECK_U64(oa.addr, at, "OA");
	}
}

/* B9: NC is 0b0101; B12: never-execute is XN = 0b10, since 0b11 lets EL1 execute. */
static void
test_bug_b9_b12_nc_and_never_execute(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 4; mode++) {
		struct s2pt_format format = format_of(G4K, NS, 48, 48,
						      (mode & 1u ? S2PT_FEAT_XNX : 0) |
							      (mode & 2u ? S2PT_FEAT_S2FWB : 0));
		struct s2pt_leaf leaf = { .type = S2PT_MEM_NORMAL_NC };
		uint64_t raw = must_encode(&format, 3, 0, &leaf, "NC");

		CHECK_U64(raw >> 2 & 15u, 5, "MemAttr of NC");
		CHECK_U64(raw >> 53 & 3u, 2, "XN of never-execute");
	}
}

/* Bug 40: the same leaf always gives the same descriptor, and another leaf another. */
static void
test_bug40_descriptors_compare(void **state)
{
	struct s2pt_format format = format_of(G4K, NS, 48, 48, 0);
	struct s2pt_leaf other = plain;

	(void)state;
	other.w = true;
	CHECK(must_encode(&format, 3, 0x1000, &plain, "one") ==
		      must_encode(&format, 3, 0x1000, &plain, "same"),
	      "the same leaf, another descriptor");
	CHECK(must_encode(&format, 3, 0x1000, &plain, "one") !=
		      must_encode(&format, 3, 0x1000, &other, "other"),
	      "another leaf, the same descriptor");
}

/* --- Kinds ------------------------------------------------------------------------------------ */

static void
test_kinds(void **state)
{
	/* clang-format off */
	static const struct {
		enum s2pt_granule granule;
		unsigned ipa;
		s2pt_feats feats;
		int level;
		enum s2pt_desc_kind want[4]; /* by bits 1:0 */
	} rows[] = {
		{ G4K, 52, DS, 0, { S2PT_DESC_INVALID, S2PT_DESC_BLOCK, S2PT_DESC_INVALID, S2PT_DESC_TABLE } },
		{ G4K, 48, 0, 0, { S2PT_DESC_INVALID, S2PT_DESC_INVALID, S2PT_DESC_INVALID, S2PT_DESC_TABLE } },
		{ G4K, 48, 0, 2, { S2PT_DESC_INVALID, S2PT_DESC_BLOCK, S2PT_DESC_INVALID, S2PT_DESC_TABLE } },
		{ G4K, 48, 0, 3, { S2PT_DESC_INVALID, S2PT_DESC_INVALID, S2PT_DESC_INVALID, S2PT_DESC_PAGE } },
		{ G4K, 32, 0, 1, { S2PT_DESC_INVALID, S2PT_DESC_INVALID, S2PT_DESC_INVALID, S2PT_DESC_INVALID } },
		{ G64K, 48, S2PT_FEAT_LPA, 1, { S2PT_DESC_INVALID, S2PT_DESC_BLOCK, S2PT_DESC_INVALID, S2PT_DESC_TABLE } },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_format format = format_of(rows[i].granule, NS, rows[i].ipa, 52,
						      rows[i].feats);

		for (unsigned type = 0; type < 4; type++)
			for (unsigned rest = 0; rest < 2; rest++) {
				uint64_t raw = (rest ? ~UINT64_C(3) : 0) | type;
				enum s2pt_desc_kind kind = s2pt_desc_kind(&format, rows[i].level,
									  s2pt_desc_of(raw));

				CHECK(kind == rows[i].want[type],
				      "row %zu, 0x%" PRIx64 ": got %s, expected %s", i, raw,
				      s2pt_desc_kind_name(kind),
				      s2pt_desc_kind_name(rows[i].want[type]));
			}
	}
}

/* The address stands where each form has it, whatever else is set, and may be too large. */
static void
test_address(void **state)
{
	const struct s2pt_format four = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 40, 40, 0);
	const struct s2pt_format ds = format_at(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 48, 52, S2PT_FEAT_LPA2, 0);
	const struct s2pt_format large = format_of(S2PT_GRANULE_64K, S2PT_SPACE_NONSECURE, 48, 52, S2PT_FEAT_LPA);
	const uint64_t all = ~UINT64_C(3);
	static const struct {
		int level;
		uint64_t type, four, ds, large;
	} rows[] = {
		{ 3, 3, 0xfffffffff000, 0xffffffffff000, 0xfffffffff0000 },
		{ 2, 1, 0xffffffe00000, 0xfffffffe00000, 0xfffffe0000000 },
		{ 2, 3, 0xfffffffff000, 0xffffffffff000, 0xfffffffff0000 },
		{ 3, 1, 0, 0, 0 },
		{ 2, 2, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const s2pt_desc desc = s2pt_desc_of(all | rows[i].type);

		CHECK_U64(s2pt_desc_address(&four, rows[i].level, desc), rows[i].four, "4K");
		CHECK_U64(s2pt_desc_address(&ds, rows[i].level, desc), rows[i].ds, "DS=1");
		CHECK_U64(s2pt_desc_address(&large, rows[i].level, desc), rows[i].large, "64K");
	}
	CHECK_U64(s2pt_desc_address(&ds, 0, s2pt_desc_of(all | 1)), UINT64_C(0xfff8000000000), "512 GiB");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_known_leaves),
		cmocka_unit_test(test_each_member),
		cmocka_unit_test(test_leaf_refusals),
		cmocka_unit_test(test_order_of_leaf_rules),
		cmocka_unit_test(test_order_of_contiguous),
		cmocka_unit_test(test_leaf_decode_refusals),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_extreme_levels),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_table_decode_refusals),
		cmocka_unit_test(test_bug40_descriptors_compare),
		cmocka_unit_test(test_bug42_table_pa_above_48_bits),
		cmocka_unit_test(test_bug43_oa_above_48_bits_and_sh),
		cmocka_unit_test(test_bug45_split_keeps_attributes),
		cmocka_unit_test(test_bug48_decode_reverses_encode),
		cmocka_unit_test(test_bug49_type_bits_are_out_of_reach),
		cmocka_unit_test(test_bug_b2_type_and_af_survive),
		cmocka_unit_test(test_bug_b5_oa_51_50_with_lpa2),
		cmocka_unit_test(test_bug_b9_b12_nc_and_never_execute),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests_name("desc", tests, NULL, NULL);
}
