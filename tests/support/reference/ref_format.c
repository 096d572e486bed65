/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * VTCR_EL2.{TG0,DS,T0SZ,SL0,SL2}: which combinations the CPU accepts. This follows the tables of
 * the architecture (D8-9, D8-19..41) as data; the formulas of AArch64.S2InconsistentSL and
 * AArch64.S2InvalidSL are only used by the self-test, to check the tables.
 */
#include "ref.h"

#include <stddef.h>
#include <string.h>

enum cond {
	ALWAYS,
	NEEDS_DS,
	NEEDS_TTST,
	NEEDS_LPA,
};

/* Meaning of SL2:SL0. */
struct sl_row {
	unsigned granule_lg2, sl2, sl0;
	int level;
	enum cond cond;
};

static const struct sl_row sl_rows[] = {
	{ 12, 0, 0, 2, ALWAYS },
	{ 12, 0, 1, 1, ALWAYS },
	{ 12, 0, 2, 0, ALWAYS },
	{ 12, 0, 3, 3, NEEDS_TTST },
	{ 12, 1, 0, -1, NEEDS_DS },
	{ 14, 0, 0, 3, ALWAYS },
	{ 14, 0, 1, 2, ALWAYS },
	{ 14, 0, 2, 1, ALWAYS },
	{ 14, 0, 3, 0, NEEDS_DS },
	{ 16, 0, 0, 3, ALWAYS },
	{ 16, 0, 1, 2, ALWAYS },
	{ 16, 0, 2, 1, ALWAYS },
};

/* The smallest implemented PA size for a start level (Table D8-9, AArch64.S2InvalidSL). */
struct pa_row {
	unsigned granule_lg2;
	int level;
	unsigned min_pa_bits;
};

static const struct pa_row pa_rows[] = {
	{ 12, 0, 44 },
	{ 12, -1, 52 },
	{ 14, 1, 42 },
	{ 14, 0, 52 },
	{ 16, 1, 44 },
};

/* T0SZ first..last start at this level with this number of concatenated tables (D8-19..41). */
struct t0sz_row {
	unsigned granule_lg2;
	int level;
	unsigned tables, first, last;
	enum cond cond;
};

static const struct t0sz_row t0sz_rows[] = {
	{ 12, -1, 1, 12, 15, NEEDS_DS },

	{ 12, 0, 1, 16, 24, ALWAYS },
	{ 12, 0, 2, 15, 15, NEEDS_DS },
	{ 12, 0, 4, 14, 14, NEEDS_DS },
	{ 12, 0, 8, 13, 13, NEEDS_DS },
	{ 12, 0, 16, 12, 12, NEEDS_DS },

	{ 12, 1, 1, 25, 33, ALWAYS },
	{ 12, 1, 2, 24, 24, ALWAYS },
	{ 12, 1, 4, 23, 23, ALWAYS },
	{ 12, 1, 8, 22, 22, ALWAYS },
	{ 12, 1, 16, 21, 21, ALWAYS },

	{ 12, 2, 1, 34, 39, ALWAYS },
	{ 12, 2, 1, 40, 42, NEEDS_TTST },
	{ 12, 2, 2, 33, 33, ALWAYS },
	{ 12, 2, 4, 32, 32, ALWAYS },
	{ 12, 2, 8, 31, 31, ALWAYS },
	{ 12, 2, 16, 30, 30, ALWAYS },

	{ 12, 3, 1, 43, 48, NEEDS_TTST },
	{ 12, 3, 2, 42, 42, NEEDS_TTST },
	{ 12, 3, 4, 41, 41, NEEDS_TTST },
	{ 12, 3, 8, 40, 40, NEEDS_TTST },
	{ 12, 3, 16, 39, 39, NEEDS_TTST },

	{ 14, 0, 1, 12, 16, NEEDS_DS },

	{ 14, 1, 1, 17, 27, ALWAYS },
	{ 14, 1, 2, 16, 16, ALWAYS },
	{ 14, 1, 4, 15, 15, NEEDS_DS },
	{ 14, 1, 8, 14, 14, NEEDS_DS },
	{ 14, 1, 16, 13, 13, NEEDS_DS },

	{ 14, 2, 1, 28, 38, ALWAYS },
	{ 14, 2, 2, 27, 27, ALWAYS },
	{ 14, 2, 4, 26, 26, ALWAYS },
	{ 14, 2, 8, 25, 25, ALWAYS },
	{ 14, 2, 16, 24, 24, ALWAYS },

	{ 14, 3, 1, 39, 39, ALWAYS },
	{ 14, 3, 1, 40, 48, NEEDS_TTST },
	{ 14, 3, 2, 38, 38, ALWAYS },
	{ 14, 3, 4, 37, 37, ALWAYS },
	{ 14, 3, 8, 36, 36, ALWAYS },
	{ 14, 3, 16, 35, 35, ALWAYS },

	{ 16, 1, 1, 16, 21, ALWAYS },
	{ 16, 1, 1, 12, 15, NEEDS_LPA },

	{ 16, 2, 1, 22, 34, ALWAYS },
	{ 16, 2, 2, 21, 21, ALWAYS },
	{ 16, 2, 4, 20, 20, ALWAYS },
	{ 16, 2, 8, 19, 19, ALWAYS },
	{ 16, 2, 16, 18, 18, ALWAYS },

	{ 16, 3, 1, 35, 39, ALWAYS },
	{ 16, 3, 1, 40, 47, NEEDS_TTST },
	{ 16, 3, 2, 34, 34, ALWAYS },
	{ 16, 3, 4, 33, 33, ALWAYS },
	{ 16, 3, 8, 32, 32, ALWAYS },
	{ 16, 3, 16, 31, 31, ALWAYS },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static bool
cond_holds(const struct ref_format_in *in, enum cond cond)
{
	switch (cond) {
	case NEEDS_DS:
		return in->ds;
	case NEEDS_TTST:
		return in->ttst;
	case NEEDS_LPA:
		return in->pa_bits >= 52;
	case ALWAYS:
	default:
		return true;
	}
}

/* AArch64.S2MinTxSZ: an IPA larger than the implemented PA is a fault or IMPLEMENTATION DEFINED. */
static bool
t0sz_fits_pa(const struct ref_format_in *in)
{
	return in->t0sz < 64 && 64 - in->t0sz <= in->pa_bits;
}

static const struct sl_row *
find_sl(const struct ref_format_in *in)
{
	for (size_t i = 0; i < ROWS(sl_rows); i++) {
		const struct sl_row *r = &sl_rows[i];

		if (r->granule_lg2 == in->granule_lg2 && r->sl2 == in->sl2 && r->sl0 == in->sl0)
			return cond_holds(in, r->cond) ? r : NULL;
	}
	return NULL;
}

static bool
level_fits_pa(const struct ref_format_in *in, int level)
{
	for (size_t i = 0; i < ROWS(pa_rows); i++) {
		const struct pa_row *r = &pa_rows[i];

		if (r->granule_lg2 == in->granule_lg2 && r->level == level)
			return in->pa_bits >= r->min_pa_bits;
	}
	return true;
}

static const struct t0sz_row *
find_t0sz(const struct ref_format_in *in, int level)
{
	for (size_t i = 0; i < ROWS(t0sz_rows); i++) {
		const struct t0sz_row *r = &t0sz_rows[i];

		if (r->granule_lg2 == in->granule_lg2 && r->level == level &&
		    in->t0sz >= r->first && in->t0sz <= r->last)
			return cond_holds(in, r->cond) ? r : NULL;
	}
	return NULL;
}

/* The lowest IA bit which indexes a table of this level. */
static unsigned
index_lsb(unsigned granule_lg2, int level)
{
	static const unsigned lsb_4k[] = { 48, 39, 30, 21, 12 };
	static const unsigned lsb_16k[] = { 58, 47, 36, 25, 14 };
	static const unsigned lsb_64k[] = { 68, 55, 42, 29, 16 };

	switch (granule_lg2) {
	case 12:
		return lsb_4k[level + 1];
	case 14:
		return lsb_16k[level + 1];
	default:
		return lsb_64k[level + 1];
	}
}

/* AArch64.S2TTBaseAddress: the start table has one 8-byte entry for each value of its index. */
static void
root_size(const struct ref_format_in *in, struct ref_format_out *out)
{
	unsigned iasize = 64 - in->t0sz;
	unsigned index_bits = iasize - index_lsb(in->granule_lg2, out->start_level);
	bool base_52bit = in->ds || (in->granule_lg2 == 16 && in->pa_bits >= 52);

	out->root_bytes = (UINT64_C(1) << index_bits) * 8;
	out->root_align = out->root_bytes;
	if (base_52bit && out->root_align < 64)
		out->root_align = 64;
}

void
ref_format(const struct ref_format_in *in, struct ref_format_out *out)
{
	const struct sl_row *sl;
	const struct t0sz_row *row;

	memset(out, 0, sizeof(*out));
	/* VTCR_EL2.DS is RES0 for 64K. */
	if (in->granule_lg2 == 16 && in->ds)
		return;
	if (!t0sz_fits_pa(in))
		return;
	sl = find_sl(in);
	if (sl == NULL || !level_fits_pa(in, sl->level))
		return;
	row = find_t0sz(in, sl->level);
	if (row == NULL)
		return;
	out->ok = true;
	out->start_level = sl->level;
	out->tables = row->tables;
	root_size(in, out);
}

/* Finds the SL2:SL0 which starts at this level and is accepted. */
static bool
find_start(struct ref_format_in *in, int level, struct ref_start *start)
{
	for (unsigned sl = 0; sl < 8; sl++) {
		struct ref_format_out out;

		in->sl2 = sl >> 2;
		in->sl0 = sl & 3u;
		ref_format(in, &out);
		if (out.ok && out.start_level == level) {
			start->level = level;
			start->sl0 = in->sl0;
			start->sl2 = in->sl2;
			start->tables = out.tables;
			return true;
		}
	}
	return false;
}

unsigned
ref_format_starts(unsigned granule_lg2, unsigned ipa_bits, unsigned pa_bits, bool ds,
		  bool ttst, struct ref_start out[5])
{
	struct ref_format_in in;
	unsigned count = 0;

	if (ipa_bits < 1 || ipa_bits > 64)
		return 0;
	memset(&in, 0, sizeof(in));
	in.granule_lg2 = granule_lg2;
	in.pa_bits = pa_bits;
	in.ds = ds;
	in.ttst = ttst;
	in.t0sz = 64 - ipa_bits;
	for (int level = 3; level >= -1; level--) {
		if (find_start(&in, level, &out[count]))
			count++;
	}
	return count;
}
