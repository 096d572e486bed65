/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fuzz_desc: any descriptor at any level of any format is decoded without harm, agrees with the
 * reference, and comes back the same; any leaf is encoded or refused, and comes back the same.
 *
 * Input: CPU (5 bytes), config (10), level (4), descriptor (8), leaf (6), output address (8).
 */
#include "machine.h"
#include "ref.h"

static void
check_kind(const struct s2pt_format *format, int level, uint64_t raw, enum s2pt_desc_kind kind)
{
	static const enum s2pt_desc_kind kinds[] = {
		[REF_INVALID] = S2PT_DESC_INVALID,
		[REF_TABLE] = S2PT_DESC_TABLE,
		[REF_BLOCK] = S2PT_DESC_BLOCK,
		[REF_PAGE] = S2PT_DESC_PAGE,
	};
	enum ref_kind ref = REF_INVALID;

	if (level >= format->start_level && level <= S2PT_LEVEL_LAST)
		ref = ref_desc_kind(format->granule_lg2, level, format->feats & S2PT_FEAT_LPA2,
				    format->feats & S2PT_FEAT_LPA, raw);
	REQUIRE(kind == kinds[ref], "0x%" PRIx64 " at level %d: %s, expected %s", raw, level,
		s2pt_desc_kind_name(kind), s2pt_desc_kind_name(kinds[ref]));
}

static uint64_t
reference_address(const struct s2pt_format *format, int level, uint64_t raw)
{
	return ref_desc_oa(format->granule_lg2, level, format->feats & S2PT_FEAT_LPA2,
			   format->feats & S2PT_FEAT_LPA, raw);
}

static void
check_descriptor(const struct s2pt_format *format, int level, uint64_t raw)
{
	s2pt_desc desc = s2pt_desc_of(raw), back = { 0 };
	enum s2pt_desc_kind kind = s2pt_desc_kind(format, level, desc);
	struct s2pt_leaf leaf;
	s2pt_pa at, next;
	bool is_leaf = s2pt_desc_leaf_decode(format, level, desc, &at, &leaf) == S2PT_OK;
	bool is_table = s2pt_desc_table_decode(format, level, desc, &next) == S2PT_OK;
	char text[256];

	check_kind(format, level, raw, kind);
	REQUIRE(!is_leaf || kind == S2PT_DESC_PAGE || kind == S2PT_DESC_BLOCK,
		"a leaf that is none");
	REQUIRE(!is_table || kind == S2PT_DESC_TABLE, "a table that is none");
	if (is_leaf) {
		REQUIRE(s2pt_desc_leaf_encode(format, level, at, &leaf, &back) == S2PT_OK &&
				back.raw == raw,
			"0x%" PRIx64 " comes back as 0x%" PRIx64, raw, back.raw);
		REQUIRE(at.addr >> format->oa_bits == 0, "beyond the output size: 0x%" PRIx64,
			at.addr);
		REQUIRE(at.addr == reference_address(format, level, raw), "at 0x%" PRIx64, at.addr);
	}
	if (is_table) {
		REQUIRE(s2pt_desc_table_encode(format, level, next, &back) == S2PT_OK && back.raw == raw,
			"0x%" PRIx64 " comes back as 0x%" PRIx64, raw, back.raw);
		REQUIRE(next.addr == reference_address(format, level, raw), "at 0x%" PRIx64,
			next.addr);
	}
	REQUIRE(s2pt_text_desc(text, sizeof(text), format, level, desc) < sizeof(text), "no words");
}

static struct s2pt_leaf
clear_leaf_entry(struct input *in)
{
	struct s2pt_leaf leaf = { .type = (enum s2pt_memtype)take(in, 1), .sh = take8(in) };
	uint64_t flags = take(in, 2);

	leaf.r = flags & 1u;
	leaf.w = flags & 2u;
	leaf.x_el1 = flags & 4u;
	leaf.x_el0 = flags & 8u;
	leaf.af = flags & 16u;
	leaf.dbm = flags & 32u;
	leaf.contiguous = flags & 64u;
	leaf.nt = flags & 128u;
	leaf.fnxs = flags & 256u;
	leaf.ns = flags & 512u;
	leaf.exec_uncached = flags & 1024u;
	leaf.sw = take8(in);
	leaf.pbha = take8(in);
	return leaf;
}

static void
check_leaf(const struct s2pt_format *format, int level, uint64_t oa, const struct s2pt_leaf *leaf)
{
	s2pt_desc desc = { 0 };
	struct s2pt_leaf back;
	s2pt_pa at;
	enum s2pt_status status = s2pt_desc_leaf_encode(format, level, s2pt_pa_of(oa), leaf, &desc);

	REQUIRE(status < S2PT_STATUS_COUNT, "status %d", (int)status);
	if (status != S2PT_OK)
		return;
	status = s2pt_desc_leaf_decode(format, level, desc, &at, &back);
	REQUIRE(status == S2PT_OK && at.addr == oa, "0x%" PRIx64 ": %s", desc.raw,
		s2pt_status_name(status));
	if (format->feats & S2PT_FEAT_S2FWB)
		REQUIRE(back.type == leaf->type, "%s comes back as %s",
			s2pt_memtype_name(leaf->type), s2pt_memtype_name(back.type));
	REQUIRE(back.sh == leaf->sh && back.r == leaf->r && back.w == leaf->w &&
			back.x_el1 == leaf->x_el1 && back.x_el0 == leaf->x_el0 &&
			back.af == leaf->af && back.dbm == leaf->dbm &&
			back.contiguous == leaf->contiguous && back.nt == leaf->nt &&
			back.fnxs == leaf->fnxs && back.ns == leaf->ns && back.sw == leaf->sw &&
			back.pbha == leaf->pbha && back.exec_uncached == leaf->exec_uncached,
		"0x%" PRIx64 " says something else", desc.raw);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct s2pt_features cpu = take_cpu(&in);
	struct s2pt_config config = take_config(&in, &cpu);
	int32_t level = (int32_t)(uint32_t)take(&in, 4);
	uint64_t raw = take(&in, 8);
	struct s2pt_leaf leaf = clear_leaf_entry(&in);
	uint64_t oa = take(&in, 8);
	struct s2pt_format format;

	if (s2pt_format_init(&format, &cpu, &config) != S2PT_OK)
		return 0;
	check_descriptor(&format, level, raw);
	check_leaf(&format, level, oa, &leaf);
	for (int each = S2PT_LEVEL_FIRST; each <= S2PT_LEVEL_LAST; each++) {
		check_descriptor(&format, each, raw);
		check_leaf(&format, each, oa, &leaf);
	}
	return 0;
}
