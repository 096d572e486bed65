/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Descriptors, read and written again: the same 64 bits come out, for each of the 2^64, at each level of each
 * format; and what cannot be read has a status that says why.
 */
#include "any.h"

#include <s2pt/desc.h>

static void
leaf(const struct s2pt_format *format, int level, s2pt_desc desc)
{
	struct s2pt_leaf leaf;
	s2pt_desc again;
	s2pt_pa oa;

	switch (s2pt_desc_leaf_decode(format, level, desc, &oa, &leaf)) {
	case S2PT_OK:
		prove(s2pt_desc_leaf_encode(format, level, oa, &leaf, &again) == S2PT_OK);
		prove(again.raw == desc.raw);
		prove(oa.addr >> format->oa_bits == 0);
		prove(s2pt_desc_table_decode(format, level, desc, &oa) == S2PT_ERR_DESC_KIND);
		reach();
		break;
	case S2PT_ERR_DESC_KIND:
		prove(s2pt_desc_kind(format, level, desc) == S2PT_DESC_INVALID ||
		      s2pt_desc_kind(format, level, desc) == S2PT_DESC_TABLE);
		break;
	case S2PT_ERR_BLOCK_LEVEL:
		prove(s2pt_desc_kind(format, level, desc) == S2PT_DESC_INVALID && (desc.raw & 3u) == 1u);
		prove(!s2pt_format_has_block(format, level));
		reach();
		break;
	case S2PT_ERR_DESC_RES0:
	case S2PT_ERR_RESERVED:
	case S2PT_ERR_SH:
	case S2PT_ERR_OA_SIZE:
		prove(s2pt_desc_kind(format, level, desc) == S2PT_DESC_PAGE ||
		      s2pt_desc_kind(format, level, desc) == S2PT_DESC_BLOCK);
		reach();
		break;
	default:
		prove(!"another status");
	}
}

static void
table(const struct s2pt_format *format, int level, s2pt_desc desc)
{
	s2pt_desc again;
	s2pt_pa next;

	if (s2pt_desc_table_decode(format, level, desc, &next) != S2PT_OK)
		return;
	prove(s2pt_desc_table_encode(format, level, next, &again) == S2PT_OK);
	prove(again.raw == desc.raw);
	prove(level < S2PT_LEVEL_LAST && next.addr >> format->oa_bits == 0);
	reach();
}

/* What is stripped comes back, and none of it is in the way any more. */
static void
strip(const struct s2pt_format *format, int level, s2pt_desc desc)
{
	struct s2pt_extra_bits extra;
	const s2pt_desc known = s2pt_desc_strip(format, level, desc, &extra);
	struct s2pt_leaf leaf;
	s2pt_pa pa;

	prove((known.raw | extra.ignored | extra.res0) == desc.raw);
	prove(!(known.raw & extra.ignored) && !(known.raw & extra.res0) && !(extra.ignored & extra.res0));
	prove(s2pt_desc_kind(format, level, known) == s2pt_desc_kind(format, level, desc));
	prove(s2pt_desc_leaf_decode(format, level, known, &pa, &leaf) != S2PT_ERR_DESC_RES0);
	prove(s2pt_desc_table_decode(format, level, known, &pa) != S2PT_ERR_DESC_RES0);
	reach();
}

static void
proof(void)
{
	struct s2pt_format format;
	const int level = (int)any_below(5) - 1;
	const s2pt_desc desc = s2pt_desc_of(any_mostly(any_bool() ? (any_u64() & 0xfffffffff000u) | 3u : any_u64()));

	any_format(&format);
	switch (any_below(3)) {
	case 0:
		leaf(&format, level, desc);
		break;
	case 1:
		table(&format, level, desc);
		break;
	default:
		strip(&format, level, desc);
	}
}
