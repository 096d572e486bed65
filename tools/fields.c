/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fields.h"
#include "report.h"
#include "value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LEAF_REF  "Table D8-53"
#define TABLE_REF "Table D8-51"

static void
add(json_t *rows, const char *name, unsigned high, unsigned low, uint64_t raw, const char *meaning, const char *ref)
{
	json_t *row = report_add_item(rows);
	char bits[8];

	value_bits_name(bits, sizeof(bits), high, low);
	report_add_text(row, "name", name);
	report_add_text(row, "bits", bits);
	report_add_hex(row, "value", value_bits(raw, high, low), 1);
	report_add_text(row, "meaning", meaning);
	report_add_text(row, "ref", ref);
}

/* --- Stage 2 ---------------------------------------------------------------------------------- */

/* Where a CPU that has a feature defines bits that this format does not. */
static const struct {
	const char *name;
	uint8_t high, low;
	const char *needs;
} elsewhere[] = {
	{ "AMEC or NSE", 63, 63, "of the Realm space with FEAT_MEC" },
	{ "PBHA", 62, 59, "with FEAT_HPDS2 and VTCR_EL2.HWUnn (--pbha-mask)" },
	{ "XN[0]", 53, 53, "with FEAT_XNX (--features xnx)" },
	{ "Contiguous", 52, 52, "at other levels" },
	{ "DBM", 51, 51, "with FEAT_HAFDBS (--features hafdbs)" },
	{ "OA[49:48]", 49, 48, "with VTCR_EL2.DS = 1 (--ds --pa 52)" },
	{ "nT", 16, 16, "of a block with FEAT_BBM level 1 (--features bbml1)" },
	{ "OA[51:48]", 15, 12, "with 64K and FEAT_LPA (--pa 52)" },
	{ "FnXS", 11, 11, "with FEAT_XS (--features xs)" },
};

/* A run of bits that are set though the format has none there: what they could be. */
static void
add_extra(json_t *rows, const char *name, uint64_t bits, uint64_t raw, bool leaf)
{
	const char *const ref = leaf ? LEAF_REF : TABLE_REF;

	while (bits) {
		const unsigned low = (unsigned)__builtin_ctzll(bits);
		unsigned high = low;
		char meaning[120] = "set";

		while (high < 63 && bits >> (high + 1) & 1)
			high++;
		for (size_t i = 0; leaf && i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
			if (elsewhere[i].low >= low && elsewhere[i].high <= high)
				snprintf(meaning + strlen(meaning), sizeof(meaning) - strlen(meaning), "%s %s %s",
					 strcmp(meaning, "set") == 0 ? ":" : ";", elsewhere[i].name,
					 elsewhere[i].needs);
		add(rows, name, high, low, raw, meaning, ref);
		bits &= ~((UINT64_C(2) << high) - (UINT64_C(1) << low));
	}
}

/* A type, or what the value is with FEAT_MTE_PERM where it is reserved without. */
static void
say_memattr(s2pt_feats feats, uint8_t memattr, char *buf, size_t size)
{
	enum s2pt_memtype type;

	if (s2pt_memattr_decode(feats, memattr, &type) == S2PT_OK)
		snprintf(buf, size, "%s", s2pt_memtype_name(type));
	else if (s2pt_memattr_decode(feats | S2PT_FEAT_MTE_PERM, memattr, &type) == S2PT_OK)
		snprintf(buf, size, "reserved (with FEAT_MTE_PERM %s)", s2pt_memtype_name(type));
	else
		snprintf(buf, size, "reserved");
}

static void
add_memattr(json_t *rows, const struct s2pt_format *format, bool both, uint64_t raw)
{
	const uint8_t memattr = (uint8_t)value_bits(raw, 5, 2);
	char one[60], other[60], meaning[160];

	say_memattr(format->feats, memattr, one, sizeof(one));
	say_memattr(format->feats ^ S2PT_FEAT_S2FWB, memattr, other, sizeof(other));
	if (both && strcmp(one, other) != 0)
		snprintf(meaning, sizeof(meaning), "without FWB %s, with FWB %s", one, other);
	else
		snprintf(meaning, sizeof(meaning), "%s", one);
	add(rows, "MemAttr", 5, 2, raw, meaning, "Table D8-96, D8-100");
}

static void
add_xn(json_t *rows, const struct s2pt_format *format, uint64_t raw)
{
	static const char *const meanings[] = { "EL1 and EL0 may execute", "EL0 may execute", "nobody may execute",
						"EL1 may execute" };

	if (format->feats & S2PT_FEAT_XNX)
		add(rows, "XN", 54, 53, raw, meanings[value_bits(raw, 54, 53)], "Table D8-78");
	else
		add(rows, "XN", 54, 54, raw, meanings[raw >> 54 & 1 ? 2 : 0], LEAF_REF);
}

/* The bits of a 52-bit address that stand apart; with them there is no SH: it is VTCR_EL2.SH0. */
static void
add_high_bits(json_t *rows, const struct s2pt_format *format, uint64_t raw, const char *ref)
{
	if (format->feats & S2PT_FEAT_LPA2) {
		add(rows, "OA[51:50]", 9, 8, raw, "part of the address below", ref);
		add(rows, "OA[49:48]", 49, 48, raw, "part of the address below", ref);
	} else if (format->granule_lg2 == S2PT_GRANULE_64K && (format->feats & S2PT_FEAT_LPA)) {
		add(rows, "OA[51:48]", 15, 12, raw, "part of the address below", ref);
	}
}

static void
add_leaf(json_t *rows, const struct s2pt_format *format, bool both, int level, s2pt_desc desc)
{
	static const char *const rights[] = { "no access", "read", "write", "read, write" };
	static const char *const shareabilities[] = { "Non-shareable", "reserved", "Outer Shareable",
						      "Inner Shareable" };
	const bool ds = format->feats & S2PT_FEAT_LPA2, realm = format->space == S2PT_SPACE_REALM;
	const uint64_t raw = desc.raw;
	const unsigned low = s2pt_format_level_lg2(format, level);
	char address[40];

	if (format->pbha)
		add(rows, "PBHA", 62, 59, raw, "for the system, as far as VTCR_EL2.HWUnn hands it over", LEAF_REF);
	add(rows, realm ? "SW" : "software", 58, realm ? 56 : 55, raw, "software's", LEAF_REF);
	if (realm)
		add(rows, "NS", 55, 55, raw, raw >> 55 & 1 ? "Non-secure PAS" : "Realm PAS", LEAF_REF);
	add_xn(rows, format, raw);
	if (s2pt_format_contiguous_lg2(format, level))
		add(rows, "Contiguous", 52, 52, raw,
		    raw >> 52 & 1 ? "one of a group that one TLB entry may hold" : "alone",
		    "Table D8-104");
	if (format->feats & S2PT_FEAT_HAFDBS_DBM)
		add(rows, "DBM", 51, 51, raw,
		    !(raw >> 51 & 1) ? "hardware makes no dirty state"
		    : raw >> 7 & 1   ? "dirty"
				     : "clean: hardware sets S2AP[1] at a write",
		    "D8.4.6");
	snprintf(address, sizeof(address), "0x%" PRIx64, s2pt_desc_address(format, level, desc));
	add_high_bits(rows, format, raw, LEAF_REF);
	add(rows, "OA", 47, low, raw, address, LEAF_REF);
	if (level != S2PT_LEVEL_LAST && (format->feats & S2PT_FEAT_BBML1))
		add(rows, "nT", 16, 16, raw, raw >> 16 & 1 ? "a split or merge is going on" : "", "R_MRRPW");
	if (format->feats & S2PT_FEAT_XS)
		add(rows, "FnXS", 11, 11, raw, raw >> 11 & 1 ? "XS = 0, whatever stage 1 says" : "XS of stage 1",
		    LEAF_REF);
	add(rows, "AF", 10, 10, raw,
	    raw >> 10 & 1                         ? "accessed"
	    : format->feats & S2PT_FEAT_HAFDBS_AF ? "hardware sets it at an access"
						  : "the next access takes an Access flag fault",
	    "D8.4.4");
	if (!ds)
		add(rows, "SH", 9, 8, raw, shareabilities[value_bits(raw, 9, 8)], LEAF_REF);
	add(rows, "S2AP", 7, 6, raw, rights[value_bits(raw, 7, 6)], "Table D8-77");
	add_memattr(rows, format, both, raw);
}

void
fields_add(json_t *report, const struct s2pt_format *format, bool both, int level, s2pt_desc desc)
{
	const enum s2pt_desc_kind kind = s2pt_desc_kind(format, level, desc);
	const char *const ref = kind == S2PT_DESC_TABLE ? TABLE_REF : LEAF_REF;
	json_t *rows = report_add_array(report, "fields");
	struct s2pt_extra_bits extra;
	char address[40];

	s2pt_desc_strip(format, level, desc, &extra);
	if (kind == S2PT_DESC_TABLE) {
		snprintf(address, sizeof(address), "0x%" PRIx64, s2pt_desc_address(format, level, desc));
		add_high_bits(rows, format, desc.raw, ref);
		add(rows, "next table", 47, format->granule_lg2, desc.raw, address, ref);
	} else if (kind != S2PT_DESC_INVALID) {
		add_leaf(rows, format, both, level, desc);
	} else if (!(desc.raw & 1)) {
		add(rows, "software", 63, 1, desc.raw, "software's, all of them", "D8.3");
	} else {
		add(rows, "-", 63, 2, desc.raw, "not looked at: the type is reserved", "Table D8-48");
	}
	add(rows, "type", (desc.raw & 1) ? 1 : 0, 0, desc.raw,
	    (desc.raw & 3) == 1 && kind == S2PT_DESC_INVALID ? "reserved: no blocks at this level"
							     : s2pt_desc_kind_name(kind),
	    "Table D8-48");
	add_extra(rows, "IGNORED", extra.ignored, desc.raw, kind != S2PT_DESC_TABLE);
	add_extra(rows, "RES0", extra.res0, desc.raw, kind != S2PT_DESC_TABLE);
}

/*
 * Stage 2 rarely forbids every access of what it maps, with AF set; in stage 1 the same bits are AP = 0b00, which is
 * what a kernel has of its own memory.
 */
bool
fields_like_stage1(s2pt_desc desc)
{
	return value_bits(desc.raw, 7, 6) == 0 && (desc.raw >> 10 & 1);
}

/* --- Stage 1 ---------------------------------------------------------------------------------- */

struct stage1_field {
	const char *name;
	uint8_t high, low;
	const char *values[4]; /* of the first values; NULL: nothing is to be said */
};

static const struct stage1_field stage1_leaf[] = {
	{ "PBHA", 62, 59, { NULL } },
	{ "software", 58, 55, { NULL } },
	{ "UXN", 54, 54, { "EL0 may execute", "EL0 may not execute" } },
	{ "PXN", 53, 53, { "EL1 may execute", "EL1 may not execute" } },
	{ "Contiguous", 52, 52, { "alone", "one of a group" } },
	{ "DBM", 51, 51, { "no dirty state", "AP[2] is hardware's dirty state" } },
	{ "GP", 50, 50, { "no guarded page", "branch targets are checked" } },
	{ "nG", 11, 11, { "global", "of one ASID" } },
	{ "AF", 10, 10, { "not accessed", "accessed" } },
	{ "SH", 9, 8, { "Non-shareable", "reserved", "Outer Shareable", "Inner Shareable" } },
	{ "AP[2:1]", 7, 6, { "EL1: rw, EL0: --", "EL1: rw, EL0: rw", "EL1: r-, EL0: --", "EL1: r-, EL0: r-" } },
	{ "NS", 5, 5, { NULL } },
	{ "AttrIndx", 4, 2, { NULL } },
};

static const struct stage1_field stage1_table[] = {
	{ "NSTable", 63, 63, { NULL } },
	{ "APTable", 62, 61, { "passes all rights", "nothing for EL0", "no writes", "EL1 alone, reads alone" } },
	{ "UXNTable", 60, 60, { "", "EL0 may not execute" } },
	{ "PXNTable", 59, 59, { "", "EL1 may not execute" } },
	{ "IGNORED", 58, 51, { NULL } },
};

void
fields_add_stage1(json_t *report, enum s2pt_granule granule, int level, uint64_t raw)
{
	const unsigned type = raw & 3, stride = (unsigned)granule - 3;
	const bool leaf = type == (level == S2PT_LEVEL_LAST ? 3 : 1), table = type == 3 && level != S2PT_LEVEL_LAST;
	const unsigned low = (unsigned)granule + (table ? 0 : (unsigned)(S2PT_LEVEL_LAST - level) * stride);
	const char *const kind = table ? "table" : !leaf            ? "invalid"
					 : level == S2PT_LEVEL_LAST ? "page"
								    : "block";
	const struct stage1_field *const fields = table ? stage1_table : stage1_leaf;
	const size_t count = table ? sizeof(stage1_table) / sizeof(stage1_table[0])
				   : sizeof(stage1_leaf) / sizeof(stage1_leaf[0]);
	const uint64_t address = raw & ((UINT64_C(1) << 48) - (UINT64_C(1) << low));
	char text[200];
	json_t *rows;

	snprintf(text, sizeof(text), "%s 0x%" PRIx64 " of stage 1, EL1&0", kind, leaf || table ? address : raw);
	report_add_text(report, "descriptor", text);
	report_add_number(report, "stage", 1);
	report_add_text(report, "kind", kind);
	report_add_number(report, "level", level);
	report_add_hex(report, "raw", raw, 16);
	rows = report_add_array(report, "fields");
	for (size_t i = 0; i < count && (leaf || table); i++) {
		const uint64_t value = value_bits(raw, fields[i].high, fields[i].low);
		const char *meaning = value < 4 && fields[i].values[value] ? fields[i].values[value] : "";

		if (strcmp(fields[i].name, "AttrIndx") == 0) {
			snprintf(text, sizeof(text), "the type is MAIR_EL1.Attr%u", (unsigned)value);
			meaning = text;
		}
		add(rows, fields[i].name, fields[i].high, fields[i].low, raw, meaning, "Table D8-49, D8-52");
	}
	if (leaf || table) {
		snprintf(text, sizeof(text), "0x%" PRIx64, address);
		add(rows, table ? "next table" : "OA", 47, low, raw, text, "Table D8-49, D8-52");
	}
	add(rows, "type", 1, 0, raw, kind, "Table D8-48");
}
