/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Descriptors against a predicate of bit masks and against the reference:
 *
 *   product   all 2^26 values of the bits 63:50 and 11:0 of leaves, for formats of every layout
 *   pairs     every pair of fields with all their values, for every format and level
 *   addresses each address bit alone, where it stands
 *   leaves    every struct s2pt_leaf, encoded and read back
 *
 * With an argument N, the product looks at every Nth value only.
 */
#include <stdlib.h>

#include "exhaustive.h"

/* A format, by what its descriptors depend on. */
struct layout {
	unsigned granule;
	unsigned pa_bits;
	bool ds, realm;
	bool xnx, fwb, xs, mte_perm, bbml1, hafdbs;
	unsigned pbha;
	int start;    /* filled in */
	unsigned ipa; /* filled in */
	bool lpa;     /* filled in: 52-bit PA and 64K */
};

static struct s2pt_format
format_of(struct layout *layout)
{
	struct s2pt_features cpu = {
		.feats = (layout->pa_bits & 64 ? S2PT_FEAT_LPA : 0) | S2PT_FEAT_LPA2 |
			 S2PT_FEAT_XNX | S2PT_FEAT_S2FWB | S2PT_FEAT_XS | S2PT_FEAT_MTE_PERM |
			 S2PT_FEAT_BBML1 | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HPDS2 |
			 S2PT_FEAT_RME,
		.pa_bits = layout->pa_bits & 64 ? 52 : (uint8_t)layout->pa_bits,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = true,
		.lpa2_16k = true,
	};
	struct s2pt_format format;
	struct s2pt_config config;
	enum s2pt_status status;

	if (cpu.pa_bits == 52)
		cpu.feats |= S2PT_FEAT_LPA;
	s2pt_config_init(&config, (enum s2pt_granule)layout->granule, &cpu);
	config.space = layout->realm ? S2PT_SPACE_REALM : S2PT_SPACE_NONSECURE;
	config.pa_bits = layout->pa_bits & 63;
	config.pbha = (uint8_t)layout->pbha;
	config.feats = (layout->ds ? S2PT_FEAT_LPA2 : 0) |
		       (layout->xnx ? S2PT_FEAT_XNX : 0) |
		       (layout->fwb ? S2PT_FEAT_S2FWB : 0) |
		       (layout->xs ? S2PT_FEAT_XS : 0) |
		       (layout->mte_perm ? S2PT_FEAT_MTE_PERM : 0) |
		       (layout->bbml1 ? S2PT_FEAT_BBML1 : 0) |
		       (layout->hafdbs ? S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM : 0) |
		       (layout->pbha ? S2PT_FEAT_HPDS2 : 0);
	status = s2pt_format_init(&format, &cpu, &config);
	if (status != S2PT_OK) {
		printf("granule %u, PA 0x%x, DS %d: %s\n", layout->granule, layout->pa_bits,
		       layout->ds, s2pt_status_name(status));
		exit(1);
	}
	layout->lpa = cpu.pa_bits == 52;
	layout->ipa = format.ipa_bits;
	layout->start = format.start_level;
	return format;
}

/* --- What a descriptor may be, from the tables of the architecture --------------------------- */

#define BIT(n)         (UINT64_C(1) << (n))
#define BITS(msb, lsb) ((BIT((msb) - (lsb)) * 2 - 1) << (lsb))

/* log2 of what an entry maps, for levels -1..3. */
static unsigned
size_lg2(unsigned granule, int level)
{
	static const unsigned lg2[3][5] = {
		{ 48, 39, 30, 21, 12 },
		{ 58, 47, 36, 25, 14 },
		{ 68, 55, 42, 29, 16 },
	};

	return lg2[(granule - 12) / 2][level + 1];
}

static bool
has_block(const struct layout *l, int level)
{
	if (level < l->start)
		return false;
	switch (l->granule) {
	case 12:
		return level == 1 || level == 2 || (level == 0 && l->ds);
	case 14:
		return level == 2 || (level == 1 && l->ds);
	default:
		return level == 2 || (level == 1 && l->lpa);
	}
}

/*
 * log2 of what a group maps: of 16 entries with 4K, 32 (16K: 128 pages) otherwise; none at the levels of
 * the largest blocks, and none that is larger than the IPA space.
 */
static bool
has_contiguous(const struct layout *l, int level)
{
	static const unsigned group[3][4] = {
		{ 0, 30 + 4, 21 + 4, 12 + 4 },
		{ 0, 0, 25 + 5, 14 + 7 },
		{ 0, 0, 29 + 5, 16 + 5 },
	};
	unsigned bits = level < 0 ? 0 : group[(l->granule - 12) / 2][level];

	return bits && bits <= l->ipa;
}

/* The bits of an output address from @lsb on. */
static uint64_t
address_bits(const struct layout *l, unsigned lsb)
{
	uint64_t bits = BITS(47, lsb);

	if (l->granule == 16)
		return bits | (l->lpa ? BITS(15, 12) : 0);
	return bits | (l->ds ? BITS(49, 48) | BITS(9, 8) : 0);
}

static uint64_t
leaf_bits(const struct layout *l, int level)
{
	return (uint64_t)l->pbha << 59 |
	       BITS(58, 55) | /* software, or NS in bit 55 */
	       BIT(54) | (l->xnx ? BIT(53) : 0) |
	       (has_contiguous(l, level) ? BIT(52) : 0) |
	       (l->hafdbs ? BIT(51) : 0) |
	       address_bits(l, size_lg2(l->granule, level)) |
	       (l->bbml1 && level < 3 ? BIT(16) : 0) |
	       (l->xs ? BIT(11) : 0) |
	       BITS(10, 0); /* AF, SH or OA, S2AP, MemAttr, type */
}

/* Bit n: MemAttr n is allocated. */
static unsigned
memattrs(const struct layout *l)
{
	if (l->fwb)
		return l->mte_perm ? 0xc0ef : 0x00ef;
	return l->mte_perm ? 0xeeff : 0xeeef;
}

static bool
is_leaf(const struct layout *l, int level, uint64_t raw)
{
	return level == 3 ? (raw & 3) == 3 : (raw & 3) == 1 && has_block(l, level);
}

/* Beyond the output size? The reference knows where the address stands. */
static bool
oa_fits(const struct layout *l, const struct s2pt_format *format, int level, uint64_t raw)
{
	return ref_desc_oa(l->granule, level, l->ds, l->lpa, raw) >> format->oa_bits == 0;
}

static bool
leaf_accepted(const struct layout *l, const struct s2pt_format *format, int level, uint64_t raw,
	      uint64_t allowed)
{
	return is_leaf(l, level, raw) && !(raw & ~allowed) && memattrs(l) >> (raw >> 2 & 15) & 1 &&
	       (l->ds || (raw >> 8 & 3) != 1) && oa_fits(l, format, level, raw);
}

static void
print_layout(const struct layout *l, int level, uint64_t raw)
{
	printf("granule %u PA %u DS %d LPA %d Realm %d XNX %d FWB %d XS %d MTE_PERM %d BBML1 %d "
	       "HDBS %d "
	       "PBHA %x level %d 0x%016" PRIx64 ": ",
	       l->granule, l->pa_bits & 63, l->ds, l->lpa, l->realm, l->xnx, l->fwb, l->xs,
	       l->mte_perm, l->bbml1, l->hafdbs, l->pbha, level, raw);
}

/* What a leaf says must be what its bits say: read here without the library's masks. */
static bool
says_its_bits(const struct layout *l, const struct s2pt_format *format, int level, uint64_t raw,
	      const struct s2pt_leaf *leaf)
{
	static const bool el1[] = { true, false, false, true },
			  el0[] = { true, true, false, false };
	unsigned xn = raw >> 53 & 3;

	return leaf->sh == (l->ds ? format->sh0 : (raw >> 8 & 3)) && leaf->r == (raw >> 6 & 1) &&
	       leaf->w == (raw >> 7 & 1) && leaf->af == (raw >> 10 & 1) &&
	       leaf->fnxs == (raw >> 11 & 1) && leaf->nt == (level < 3 && (raw >> 16 & 1)) &&
	       leaf->dbm == (raw >> 51 & 1) && leaf->contiguous == (raw >> 52 & 1) &&
	       leaf->x_el1 == el1[xn] && leaf->x_el0 == el0[xn] &&
	       leaf->ns == (l->realm && (raw >> 55 & 1)) &&
	       leaf->sw == ((raw >> 55 & 15) & (l->realm ? 14u : 15u)) &&
	       leaf->pbha == (raw >> 59 & 15);
}

/* --- One descriptor -------------------------------------------------------------------------- */

static void
compare_leaf(const struct layout *l, const struct s2pt_format *format, int level, uint64_t raw,
	     uint64_t allowed)
{
	bool want = leaf_accepted(l, format, level, raw, allowed);
	struct s2pt_leaf leaf;
	s2pt_desc back = { 0 };
	s2pt_pa oa;
	enum s2pt_status status = s2pt_desc_leaf_decode(format, level, s2pt_desc_of(raw), &oa,
							&leaf);

	if (differs((status == S2PT_OK) == want)) {
		print_layout(l, level, raw);
		printf("got %s, expected %s\n", s2pt_status_name(status),
		       want ? "a leaf" : "a refusal");
	}
	if (status != S2PT_OK)
		return;
	if (differs(oa.addr == (ref_desc_oa(l->granule, level, l->ds, l->lpa, raw) &
				~(BIT(size_lg2(l->granule, level)) - 1)) &&
		    says_its_bits(l, format, level, raw, &leaf))) {
		print_layout(l, level, raw);
		printf("read wrong, OA 0x%" PRIx64 "\n", oa.addr);
	}
	status = s2pt_desc_leaf_encode(format, level, oa, &leaf, &back);
	if (differs(status == S2PT_OK && back.raw == raw)) {
		print_layout(l, level, raw);
		printf("comes back as %s 0x%016" PRIx64 "\n", s2pt_status_name(status), back.raw);
	}
}

static void
compare_kind(const struct layout *l, const struct s2pt_format *format, int level, uint64_t raw)
{
	static const enum s2pt_desc_kind kinds[] = {
		[REF_INVALID] = S2PT_DESC_INVALID,
		[REF_TABLE] = S2PT_DESC_TABLE,
		[REF_BLOCK] = S2PT_DESC_BLOCK,
		[REF_PAGE] = S2PT_DESC_PAGE,
	};
	enum ref_kind ref = level < l->start ? REF_INVALID
					     : ref_desc_kind(l->granule, level, l->ds, l->lpa, raw);
	enum s2pt_desc_kind kind = s2pt_desc_kind(format, level, s2pt_desc_of(raw));

	if (differs(kind == kinds[ref])) {
		print_layout(l, level, raw);
		printf("got %s, expected %s\n", s2pt_desc_kind_name(kind),
		       s2pt_desc_kind_name(kinds[ref]));
	}
}

static void
compare_table(const struct layout *l, const struct s2pt_format *format, int level, uint64_t raw)
{
	bool want = level >= l->start && level < 3 && (raw & 3) == 3 &&
		    !(raw & ~(address_bits(l, l->granule) | 3)) && oa_fits(l, format, level, raw);
	s2pt_desc back = { 0 };
	s2pt_pa next;
	enum s2pt_status status = s2pt_desc_table_decode(format, level, s2pt_desc_of(raw), &next);

	if (differs((status == S2PT_OK) == want)) {
		print_layout(l, level, raw);
		printf("table: got %s, expected %s\n", s2pt_status_name(status),
		       want ? "ok" : "a refusal");
	}
	if (status == S2PT_OK &&
	    differs(next.addr == ref_desc_oa(l->granule, level, l->ds, l->lpa, raw) &&
		    s2pt_desc_table_encode(format, level, next, &back) == S2PT_OK && back.raw == raw)) {
		print_layout(l, level, raw);
		printf("table at 0x%" PRIx64 ", comes back as 0x%016" PRIx64 "\n", next.addr,
		       back.raw);
	}
}

/* What is stripped is what the layout does not have, and the rest is refused for an encoding or an address alone. */
static void
compare_strip(const struct layout *l, const struct s2pt_format *format, int level, uint64_t raw, uint64_t allowed)
{
	const bool table = level >= l->start && level < 3 && (raw & 3) == 3;
	const bool leaf = level >= l->start && is_leaf(l, level, raw);
	const uint64_t has = table ? address_bits(l, l->granule) | 3
			   : leaf  ? allowed
				   : UINT64_MAX;
	const uint64_t ignored = table ? BITS(58, 51) | BITS(11, 2)
			       : leaf  ? BITS(62, 59)
				       : 0;
	struct s2pt_extra_bits extra;
	const s2pt_desc known = s2pt_desc_strip(format, level, s2pt_desc_of(raw), &extra);
	struct s2pt_leaf said;
	s2pt_pa pa;
	const enum s2pt_status status = table ? s2pt_desc_table_decode(format, level, known, &pa)
				      : leaf  ? s2pt_desc_leaf_decode(format, level, known, &pa, &said)
					      : S2PT_OK;

	if (differs(known.raw == (raw & has) && extra.ignored == (raw & ~has & ignored) &&
		    extra.res0 == (raw & ~has & ~ignored) && status != S2PT_ERR_DESC_RES0)) {
		print_layout(l, level, raw);
		printf("stripped to 0x%016" PRIx64 ", IGNORED 0x%" PRIx64 ", RES0 0x%" PRIx64 ", %s\n", known.raw,
		       extra.ignored, extra.res0, s2pt_status_name(status));
	}
}

/* --- All 2^26 values ------------------------------------------------------------------------- */

#define EVERY .xnx = true, .fwb = true, .xs = true, .mte_perm = true, .bbml1 = true, .hafdbs = true, \
	      .pbha = 15

/* pa_bits | 64: a CPU with a 52-bit PA, whatever PS says. */
static struct {
	struct layout layout;
	int level;
} products[] = {
	{ { .granule = 12, .pa_bits = 48 }, 3 },
	{ { .granule = 12, .pa_bits = 48, EVERY }, 2 },
	{ { .granule = 12, .pa_bits = 48, EVERY }, 3 },
	{ { .granule = 12, .pa_bits = 44, .fwb = true }, 1 },
	{ { .granule = 12, .pa_bits = 48, .mte_perm = true, .pbha = 5, .hafdbs = true }, 3 },
	{ { .granule = 12, .pa_bits = 48, .realm = true, EVERY }, 3 },
	{ { .granule = 14, .pa_bits = 48, .xnx = true, .xs = true }, 3 },
	{ { .granule = 14, .pa_bits = 48, EVERY }, 2 },
	{ { .granule = 16, .pa_bits = 48, .bbml1 = true }, 2 },
	{ { .granule = 16, .pa_bits = 48, EVERY }, 3 },
	{ { .granule = 16, .pa_bits = 52, EVERY }, 1 },
	{ { .granule = 16, .pa_bits = 52, .realm = true, .fwb = true, .pbha = 10 }, 3 },
	{ { .granule = 12, .pa_bits = 52, .ds = true, EVERY }, 0 },
	{ { .granule = 12, .pa_bits = 52, .ds = true }, 3 },
	{ { .granule = 12, .pa_bits = 48, .ds = true, .xnx = true }, 2 },
	{ { .granule = 14, .pa_bits = 52, .ds = true, EVERY }, 1 },
	{ { .granule = 14, .pa_bits = 52, .ds = true, .realm = true, .xs = true }, 3 },
};

static void
compare_product(struct layout *l, int level, uint64_t step)
{
	struct s2pt_format format = format_of(l);
	uint64_t allowed = leaf_bits(l, level);
	uint64_t address = UINT64_C(0x0000924924920000) & BITS(43, size_lg2(l->granule, level));

	for (uint64_t value = 0; value < BIT(26); value += step)
		compare_leaf(l, &format, level, address | (value >> 12) << 50 | (value & 0xfff),
			     allowed);
}

/* --- Every pair of fields -------------------------------------------------------------------- */

static const struct {
	unsigned lsb, width;
} fields[] = {
	{ 0, 2 },
	{ 2, 4 },
	{ 6, 2 },
	{ 8, 2 },
	{ 10, 1 },
	{ 11, 1 },
	{ 12, 4 },
	{ 16, 1 },
	{ 17, 2 },
	{ 19, 2 },
	{ 29, 1 },
	{ 46, 2 },
	{ 48, 2 },
	{ 50, 1 },
	{ 51, 1 },
	{ 52, 1 },
	{ 53, 2 },
	{ 55, 1 },
	{ 56, 3 },
	{ 59, 4 },
	{ 63, 1 },
};

static void
compare_pair(const struct layout *l, const struct s2pt_format *format, int level, size_t a,
	     size_t b)
{
	uint64_t allowed = level < l->start || (level < 3 && !has_block(l, level))
				 ? 0
				 : leaf_bits(l, level);
	/* A leaf that says nothing, and a table. */
	uint64_t bases[2] = { level == 3 ? 3 : 1, 3 };

	for (size_t base = 0; base < (level == 3 ? 1 : 2); base++)
		for (uint64_t va = 0; va < BIT(fields[a].width); va++)
			for (uint64_t vb = 0; vb < BIT(fields[b].width); vb++) {
				uint64_t mask =
					BITS(fields[a].lsb + fields[a].width - 1, fields[a].lsb) |
					BITS(fields[b].lsb + fields[b].width - 1, fields[b].lsb);
				uint64_t raw = (bases[base] & ~mask) | va << fields[a].lsb |
					       vb << fields[b].lsb;

				compare_kind(l, format, level, raw);
				compare_leaf(l, format, level, raw, allowed);
				compare_table(l, format, level, raw);
				compare_strip(l, format, level, raw, allowed);
			}
}

static void
compare_pairs(struct layout *l)
{
	struct s2pt_format format = format_of(l);

	for (int level = -1; level <= 3; level++)
		for (size_t a = 0; a < COUNT(fields); a++)
			for (size_t b = a + 1; b < COUNT(fields); b++)
				compare_pair(l, &format, level, a, b);
}

/* --- Each address bit ------------------------------------------------------------------------ */

/* Where an address bit stands in a descriptor; 0 where it cannot stand. */
static uint64_t
place(const struct layout *l, unsigned bit)
{
	if (bit < 48)
		return BIT(bit);
	if (bit >= 52)
		return 0;
	if (l->granule == 16)
		return l->lpa ? BIT(bit - 48 + 12) : 0;
	return !l->ds   ? 0
	     : bit < 50 ? BIT(bit)
			: BIT(bit - 50 + 8);
}

static void
compare_address(const struct layout *l, const struct s2pt_format *format, int level, bool table,
		unsigned bit)
{
	unsigned align = table ? l->granule : size_lg2(l->granule, level);
	struct s2pt_leaf leaf = { .type = S2PT_MEM_DEVICE_nGnRnE, .sh = l->ds ? format->sh0 : 0 };
	uint64_t want = place(l, bit) | (table || level == 3 ? 3 : 1) | (table ? 0 : BIT(54));
	enum s2pt_status want_status = bit < align            ? S2PT_ERR_OA_ALIGN
				     : bit >= format->oa_bits ? S2PT_ERR_OA_SIZE
							      : S2PT_OK;
	s2pt_pa at = s2pt_pa_of(BIT(bit));
	s2pt_desc desc = { 0 };
	enum s2pt_status status = table ? s2pt_desc_table_encode(format, level, at, &desc)
					: s2pt_desc_leaf_encode(format, level, at, &leaf, &desc);

	if (differs(status == want_status &&
		    (status != S2PT_OK ||
		     (desc.raw == want &&
		      ref_desc_oa(l->granule, level, l->ds, l->lpa, desc.raw) == at.addr)))) {
		print_layout(l, level, desc.raw);
		printf("address bit %u: got %s, expected %s 0x%016" PRIx64 "\n", bit,
		       s2pt_status_name(status), s2pt_status_name(want_status), want);
	}
}

static void
compare_addresses(struct layout *l)
{
	struct s2pt_format format = format_of(l);

	for (int level = l->start; level <= 3; level++)
		for (unsigned bit = 0; bit < 64; bit++) {
			if (level < 3)
				compare_address(l, &format, level, true, bit);
			if (level == 3 || has_block(l, level))
				compare_address(l, &format, level, false, bit);
		}
}

/* --- Every leaf ------------------------------------------------------------------------------ */

/* May this leaf be encoded? From desc.h's words. */
static bool
encodable(const struct layout *l, const struct s2pt_format *format, int level,
	  const struct s2pt_leaf *leaf)
{
	bool device = leaf->type <= S2PT_MEM_DEVICE_GRE;
	bool excused = (device || leaf->type == S2PT_MEM_NORMAL_NC) && (leaf->x_el1 || leaf->x_el0);
	bool notag = leaf->type == S2PT_MEM_NORMAL_WB_NOTAGACCESS ||
		     leaf->type == S2PT_MEM_AS_STAGE1_NOTAGACCESS;
	bool type = notag ? l->mte_perm
			  : leaf->type <= S2PT_MEM_AS_STAGE1 ||
				    (leaf->type < S2PT_MEMTYPE_COUNT && !l->fwb);

	return type && (l->ds ? leaf->sh == format->sh0 : leaf->sh < 4 && leaf->sh != 1) &&
	       (leaf->x_el1 == leaf->x_el0 || l->xnx) && leaf->exec_uncached == excused &&
	       (!leaf->dbm || l->hafdbs) && (!leaf->contiguous || has_contiguous(l, level)) &&
	       (!leaf->nt || (l->bbml1 && level < 3)) && (!leaf->fnxs || l->xs) &&
	       (!leaf->ns || l->realm) && leaf->sw < 16 && !(l->realm && leaf->sw & 1) &&
	       !(leaf->pbha & ~l->pbha);
}

static bool
same_leaf(const struct s2pt_leaf *a, const struct s2pt_leaf *b)
{
	return a->type == b->type && a->sh == b->sh && a->r == b->r && a->w == b->w &&
	       a->x_el1 == b->x_el1 && a->x_el0 == b->x_el0 && a->af == b->af && a->dbm == b->dbm &&
	       a->contiguous == b->contiguous && a->nt == b->nt && a->fnxs == b->fnxs &&
	       a->ns == b->ns && a->exec_uncached == b->exec_uncached && a->sw == b->sw &&
	       a->pbha == b->pbha;
}

/* Without FWB, two pairs of types share an encoding: the first of each is canonical. */
static enum s2pt_memtype
canonical(const struct layout *l, enum s2pt_memtype type)
{
	if (!l->fwb && (type == S2PT_MEM_AS_STAGE1 || type == S2PT_MEM_AS_STAGE1_NOTAGACCESS))
		return (enum s2pt_memtype)(type - 1);
	return type;
}

static void
compare_one_leaf(const struct layout *l, const struct s2pt_format *format, int level,
		 struct s2pt_leaf *leaf)
{
	bool want = encodable(l, format, level, leaf);
	struct s2pt_leaf back;
	s2pt_desc desc = { 0 };
	s2pt_pa oa;
	enum s2pt_status status = s2pt_desc_leaf_encode(format, level, s2pt_pa_of(0), leaf, &desc);

	if (differs((status == S2PT_OK) == want)) {
		print_layout(l, level, desc.raw);
		printf("leaf %s: got %s, expected %s\n", s2pt_memtype_name(leaf->type),
		       s2pt_status_name(status), want ? "ok" : "a refusal");
	}
	if (status != S2PT_OK)
		return;
	status = s2pt_desc_leaf_decode(format, level, desc, &oa, &back);
	leaf->type = canonical(l, leaf->type);
	if (differs(status == S2PT_OK && oa.addr == 0 && same_leaf(leaf, &back) &&
		    leaf_accepted(l, format, level, desc.raw, leaf_bits(l, level)))) {
		print_layout(l, level, desc.raw);
		printf("leaf %s comes back as %s %s\n", s2pt_memtype_name(leaf->type),
		       s2pt_status_name(status), s2pt_memtype_name(back.type));
	}
}

static void
compare_leaves(struct layout *l, int level)
{
	static const uint8_t software[] = { 0, 1, 0xe, 0x10 }, hardware[] = { 0, 2, 0xf, 0x10 };
	struct s2pt_format format = format_of(l);

	for (unsigned flags = 0; flags < 1u << 11; flags++)
		for (unsigned rest = 0; rest < 17 * 5 * 16; rest++) {
			struct s2pt_leaf leaf = {
				.type = (enum s2pt_memtype)(rest % 17),
				.sh = (uint8_t)(rest / 17 % 5),
				.r = flags & 1u,
				.w = flags & 2u,
				.x_el1 = flags & 4u,
				.x_el0 = flags & 8u,
				.af = flags & 16u,
				.dbm = flags & 32u,
				.contiguous = flags & 64u,
				.nt = flags & 128u,
				.fnxs = flags & 256u,
				.ns = flags & 512u,
				.exec_uncached = flags & 1024u,
				.sw = software[rest / 85 % 4],
				.pbha = hardware[rest / 340],
			};

			compare_one_leaf(l, &format, level, &leaf);
		}
}

/* --- All together ---------------------------------------------------------------------------- */

/* Every granule, DS, PA size and set of features. */
static void
compare_all_formats(void)
{
	static const struct layout layouts[] = {
		{ .granule = 12, .pa_bits = 48 },
		{ .granule = 12, .pa_bits = 52 },
		{ .granule = 12, .pa_bits = 52, .ds = true },
		{ .granule = 12, .pa_bits = 48, .ds = true },
		{ .granule = 14, .pa_bits = 48 },
		{ .granule = 14, .pa_bits = 52, .ds = true },
		{ .granule = 16, .pa_bits = 48 },
		{ .granule = 16, .pa_bits = 52 },
		{ .granule = 16, .pa_bits = 48 | 64 },
		{ .granule = 12, .pa_bits = 40 },
	};

	for (size_t i = 0; i < COUNT(layouts); i++)
		for (unsigned feats = 0; feats < 256; feats++) {
			struct layout l = layouts[i];

			l.xnx = feats & 1u;
			l.fwb = feats & 2u;
			l.xs = feats & 4u;
			l.mte_perm = feats & 8u;
			l.bbml1 = feats & 16u;
			l.hafdbs = feats & 32u;
			l.pbha = feats & 64u ? feats & 1u ? 15
							  : 6
					     : 0;
			l.realm = feats & 128u;
			compare_pairs(&l);
			compare_addresses(&l);
		}
}

int
main(int argc, char **argv)
{
	uint64_t step = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;

	compare_all_formats();
	for (size_t i = 0; i < COUNT(products); i++) {
		compare_product(&products[i].layout, products[i].level, step ? step : 1);
		compare_leaves(&products[i].layout, products[i].level);
	}
	return verdict("desc");
}
