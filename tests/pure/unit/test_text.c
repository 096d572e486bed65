/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

/* --- Names ------------------------------------------------------------------------------------ */

static void
check_name(const char *got, const char *want, const char *what)
{
	CHECK(strcmp(got, want) == 0, "%s: got \"%s\", expected \"%s\"", what, got, want);
}

/* Adapters, so that one loop serves every function that names something. */
#define NAMER(function, type)                      \
	static const char *                        \
		name_by_##function(uint64_t value) \
	{                                          \
		return function((type)value);      \
	}

NAMER(s2pt_status_name, enum s2pt_status)
NAMER(s2pt_status_text, enum s2pt_status)
NAMER(s2pt_memtype_name, enum s2pt_memtype)
NAMER(s2pt_device_name, enum s2pt_device)
NAMER(s2pt_cacheability_name, enum s2pt_cacheability)
NAMER(s2pt_alloc_name, enum s2pt_alloc)
NAMER(s2pt_sh_name, enum s2pt_sh)
NAMER(s2pt_kind_name, enum s2pt_kind)
NAMER(s2pt_granule_name, enum s2pt_granule)
NAMER(s2pt_space_name, enum s2pt_space)
NAMER(s2pt_desc_kind_name, enum s2pt_desc_kind)
NAMER(s2pt_feat_name, s2pt_feats)
NAMER(s2pt_property_name, uint32_t)
NAMER(s2pt_note_name, uint32_t)
NAMER(s2pt_policy_reason_name, enum s2pt_policy_reason)
NAMER(s2pt_policy_reason_text, enum s2pt_policy_reason)
NAMER(s2pt_fact_name, uint32_t)
NAMER(s2pt_needs_name, uint32_t)
NAMER(s2pt_loss_name, uint32_t)
NAMER(s2pt_stands_name, uint32_t)
NAMER(s2pt_procedure_name, enum s2pt_procedure)
NAMER(s2pt_step_text, enum s2pt_procedure_step)
NAMER(s2pt_repair_name, enum s2pt_repair)
NAMER(s2pt_repair_text, enum s2pt_repair)
NAMER(s2pt_erratum_name, enum s2pt_erratum)
NAMER(s2pt_cure_name, uint32_t)
NAMER(s2pt_fault_kind_name, enum s2pt_fault_kind)
NAMER(s2pt_fault_access_name, enum s2pt_fault_access)
NAMER(s2pt_fault_cause_name, uint32_t)
NAMER(s2pt_walk_note_name, uint32_t)
NAMER(s2pt_walk_note_text, uint32_t)

#define ROW(function) #function, name_by_##function

static const struct {
	const char *what;
	const char *(*name)(uint64_t value);
	unsigned count; /* values 0..count-1, or with bits 1 << 0..count-1, have names */
	bool bits, words;
} namers[] = {
	{ ROW(s2pt_status_name), S2PT_STATUS_COUNT, false, true },
	{ ROW(s2pt_status_text), S2PT_STATUS_COUNT, false, false },
	{ ROW(s2pt_memtype_name), S2PT_MEMTYPE_COUNT, false, true },
	{ ROW(s2pt_device_name), 4, false, true },
	{ ROW(s2pt_cacheability_name), 3, false, true },
	{ ROW(s2pt_alloc_name), 4, false, true },
	{ ROW(s2pt_sh_name), 4, false, true },
	{ ROW(s2pt_kind_name), S2PT_KIND_COUNT, false, true },
	{ ROW(s2pt_granule_name), 0, false, true },
	{ ROW(s2pt_space_name), 3, false, true },
	{ ROW(s2pt_desc_kind_name), 4, false, true },
	{ ROW(s2pt_feat_name), S2PT_FEAT_COUNT, true, true },
	{ ROW(s2pt_property_name), S2PT_PROPERTY_COUNT, true, true },
	{ ROW(s2pt_note_name), S2PT_NOTE_COUNT, true, true },
	{ ROW(s2pt_policy_reason_name), S2PT_WHY_COUNT, false, true },
	{ ROW(s2pt_policy_reason_text), S2PT_WHY_COUNT, false, false },
	{ ROW(s2pt_fact_name), S2PT_FACT_COUNT, true, true },
	{ ROW(s2pt_needs_name), S2PT_NEEDS_COUNT, true, true },
	{ ROW(s2pt_loss_name), S2PT_LOSS_COUNT, true, true },
	{ ROW(s2pt_stands_name), S2PT_STANDS_COUNT, true, true },
	{ ROW(s2pt_procedure_name), S2PT_PROCEDURE_COUNT, false, true },
	{ ROW(s2pt_step_text), S2PT_DO_COUNT, false, false },
	{ ROW(s2pt_repair_name), S2PT_REPAIR_AROUND + 1, false, true },
	{ ROW(s2pt_repair_text), S2PT_REPAIR_AROUND + 1, false, false },
	{ ROW(s2pt_erratum_name), S2PT_ERRATUM_COUNT, false, true },
	{ ROW(s2pt_cure_name), S2PT_CURE_COUNT, true, true },
	{ ROW(s2pt_fault_kind_name), S2PT_FAULT_KIND_COUNT, false, true },
	{ ROW(s2pt_fault_access_name), S2PT_FAULT_FETCH + 1, false, true },
	{ ROW(s2pt_fault_cause_name), S2PT_FAULT_CAUSE_COUNT, true, true },
	{ ROW(s2pt_walk_note_name), S2PT_WALK_NOTE_COUNT, true, true },
	{ ROW(s2pt_walk_note_text), S2PT_WALK_NOTE_COUNT, true, false },
};

/* Every value has a name of its own; words have no blank; anything else is "?". */
static void
test_names_are_there_and_differ(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(namers); n++) {
		for (unsigned a = 0; a < namers[n].count; a++) {
			const char *one = namers[n].name(namers[n].bits ? UINT64_C(1) << a : a);

			CHECK(one[0] && strcmp(one, "?") != 0, "%s(%u) is \"%s\"", namers[n].what,
			      a, one);
			CHECK(!namers[n].words || !strpbrk(one, " \t\n"), "%s(%u) is \"%s\"",
			      namers[n].what, a, one);
			for (unsigned b = 0; b < a; b++) {
				const char *other = namers[n].name(namers[n].bits ? UINT64_C(1) << b
										  : b);

				CHECK(strcmp(one, other) != 0, "%s: %u and %u are both \"%s\"",
				      namers[n].what, a, b, one);
			}
		}
	}
}

static void
test_no_name(void **state)
{
	(void)state;
	/* Several reasons have one source. */
	for (unsigned n = 0; n < S2PT_WHY_COUNT; n++)
		CHECK(strlen(s2pt_policy_reason_by((enum s2pt_policy_reason)n)) > 3, "reason %u is by nobody", n);
	check_name(s2pt_policy_reason_by(S2PT_WHY_COUNT), "?", "past the last reason");
	for (size_t n = 0; n < COUNT(namers); n++) {
		uint64_t first = namers[n].bits ? UINT64_C(1) << namers[n].count : namers[n].count;

		check_name(namers[n].name(first), "?", namers[n].what);
		check_name(namers[n].name(UINT32_MAX), "?", namers[n].what);
		check_name(namers[n].name(0x7fffffff), "?", namers[n].what);
		if (namers[n].bits) {
			check_name(namers[n].name(0), "?", namers[n].what);
			check_name(namers[n].name(3), "?", namers[n].what);
			check_name(namers[n].name(UINT64_C(1) << 31), "?", namers[n].what);
		}
	}
	check_name(s2pt_feat_name(UINT64_C(1) << 63), "?", "the last bit");
}

/* Names are stable: programs compare them. */
static void
test_known_names(void **state)
{
	(void)state;
	check_name(s2pt_status_name(S2PT_OK), "ok", "status");
	check_name(s2pt_status_name(S2PT_ERR_FEATURE), "feature", "status");
	check_name(s2pt_status_name(S2PT_ERR_IPA_ABOVE_PA), "ipa_above_pa", "status");
	check_name(s2pt_status_name(S2PT_ERR_RESERVED), "reserved", "status");
	check_name(s2pt_status_name(S2PT_ERR_DESC_KIND), "desc_kind", "status");
	check_name(s2pt_memtype_name(S2PT_MEM_DEVICE_nGnRE), "device-nGnRE", "type");
	check_name(s2pt_memtype_name(S2PT_MEM_NORMAL_NC), "normal-nc", "type");
	check_name(s2pt_memtype_name(S2PT_MEM_NORMAL_WB), "normal-wb", "type");
	check_name(s2pt_memtype_name(S2PT_MEM_AS_STAGE1), "as-stage1", "type");
	check_name(s2pt_memtype_name(S2PT_MEM_NORMAL_oWB_iNC), "normal-oWB-iNC", "type");
	check_name(s2pt_device_name(S2PT_DEVICE_nGnRnE), "nGnRnE", "device");
	check_name(s2pt_device_name(S2PT_DEVICE_GRE), "GRE", "device");
	check_name(s2pt_cacheability_name(S2PT_NC), "NC", "cacheability");
	check_name(s2pt_cacheability_name(S2PT_WT), "WT", "cacheability");
	check_name(s2pt_cacheability_name(S2PT_WB), "WB", "cacheability");
	check_name(s2pt_alloc_name(S2PT_ALLOC_NO), "No", "alloc");
	check_name(s2pt_alloc_name(S2PT_ALLOC_RA), "RA", "alloc");
	check_name(s2pt_alloc_name(S2PT_ALLOC_WA), "WA", "alloc");
	check_name(s2pt_alloc_name(S2PT_ALLOC_RWA), "RWA", "alloc");
	check_name(s2pt_sh_name(S2PT_SH_NSH), "NSH", "sh");
	check_name(s2pt_sh_name(S2PT_SH_RESERVED), "reserved", "sh");
	check_name(s2pt_sh_name(S2PT_SH_OSH), "OSH", "sh");
	check_name(s2pt_sh_name(S2PT_SH_ISH), "ISH", "sh");
	check_name(s2pt_kind_name(S2PT_KIND_DEVICE_nGnRE), "Device-nGnRE", "kind");
	check_name(s2pt_kind_name(S2PT_KIND_NORMAL_WB), "Normal-WB", "kind");
	check_name(s2pt_granule_name(S2PT_GRANULE_4K), "4k", "granule");
	check_name(s2pt_granule_name(S2PT_GRANULE_16K), "16k", "granule");
	check_name(s2pt_granule_name(S2PT_GRANULE_64K), "64k", "granule");
	check_name(s2pt_granule_name((enum s2pt_granule)13), "?", "granule");
	check_name(s2pt_space_name(S2PT_SPACE_NONSECURE), "nonsecure", "space");
	check_name(s2pt_space_name(S2PT_SPACE_SECURE), "secure", "space");
	check_name(s2pt_space_name(S2PT_SPACE_REALM), "realm", "space");
	check_name(s2pt_desc_kind_name(S2PT_DESC_INVALID), "invalid", "kind");
	check_name(s2pt_desc_kind_name(S2PT_DESC_TABLE), "table", "kind");
	check_name(s2pt_desc_kind_name(S2PT_DESC_BLOCK), "block", "kind");
	check_name(s2pt_desc_kind_name(S2PT_DESC_PAGE), "page", "kind");
	check_name(s2pt_feat_name(S2PT_FEAT_LPA), "FEAT_LPA", "feature");
	check_name(s2pt_feat_name(S2PT_FEAT_S2FWB), "FEAT_S2FWB", "feature");
	check_name(s2pt_feat_name(S2PT_FEAT_HPDS2), "FEAT_HPDS2", "feature");
	check_name(s2pt_feat_name(S2PT_FEAT_RME), "FEAT_RME", "feature");
	check_name(s2pt_feat_name(S2PT_FEAT_HAFT), "FEAT_HAFT", "feature");
	check_name(s2pt_feat_name(S2PT_FEAT_HACDBS), "FEAT_HACDBS", "feature");
	check_name(s2pt_property_name(S2PT_PROPERTY_UNALIGNED), "unaligned", "meaning");
	check_name(s2pt_property_name(S2PT_PROPERTY_BYPASS), "bypass", "meaning");
	check_name(s2pt_note_name(S2PT_NOTE_S1_RESERVED), "s1_reserved", "note");
	check_name(s2pt_note_name(S2PT_NOTE_S1_SH_IMPDEF), "s1_sh_impdef", "note");
	check_name(s2pt_note_name(S2PT_NOTE_FETCH_DEVICE), "fetch_device", "note");
}

static void
test_status_texts_are_sentences(void **state)
{
	(void)state;
	for (unsigned status = 0; status < S2PT_STATUS_COUNT; status++) {
		const char *text = s2pt_status_text((enum s2pt_status)status);
		size_t len = strlen(text);

		CHECK(len >= 4 && !strchr(text, '\n'), "status %u: \"%s\"", status, text);
		/* A table of fixed width that is too narrow would leave no NUL. */
		CHECK(len < 92, "status %u: \"%s\"", status, text);
	}
}

/* --- Renderers -------------------------------------------------------------------------------- */

/* One call of one renderer. */
struct rendering {
	const char *want;
	enum {
		ATTR,
		FORMAT,
		DESC,
		FEATS,
		MEANS,
		NOTES,
		MEMTYPES,
	} renderer;
	struct s2pt_attr attr;
	struct s2pt_format format;
	int level;
	uint64_t set; /* or the descriptor */
};

static size_t
render(const struct rendering *r, char *buf, size_t size)
{
	switch (r->renderer) {
	case ATTR:
		return s2pt_text_attr(buf, size, &r->attr);
	case FORMAT:
		return s2pt_text_format(buf, size, &r->format);
	case DESC:
		return s2pt_text_desc(buf, size, &r->format, r->level, s2pt_desc_of(r->set));
	case FEATS:
		return s2pt_text_feats(buf, size, r->set);
	case MEANS:
		return s2pt_text_properties(buf, size, (uint32_t)r->set);
	case NOTES:
		return s2pt_text_notes(buf, size, (uint32_t)r->set);
	default:
		return s2pt_text_memtypes(buf, size, (uint32_t)r->set);
	}
}

/* Every size from none to more than enough: what is written, returned, and left alone. */
static void
check_rendering(const struct rendering *r)
{
	size_t len = strlen(r->want);
	char buf[640];

	CHECK(len + 8 < sizeof(buf), "the test's buffer is too small for \"%s\"", r->want);
	CHECK(render(r, NULL, 0) == len, "size 0: got %zu, expected %zu", render(r, NULL, 0), len);
	for (size_t size = 0; size <= len + 2; size++) {
		size_t kept = size == 0      ? 0
			    : size - 1 < len ? size - 1
					     : len;
		size_t got;

		POISONED(buf);
		got = render(r, buf, size);
		CHECK(got == len, "size %zu: returned %zu, expected %zu for \"%s\"; wrote \"%.*s\"",
		      size, got, len, r->want, (int)kept, buf);
		if (size == 0) {
			CHECK(is_poison(buf, sizeof(buf)), "size 0 of \"%s\" wrote", r->want);
			continue;
		}
		CHECK(memcmp(buf, r->want, kept) == 0 && buf[kept] == '\0',
		      "size %zu: got \"%.*s\", expected the beginning of \"%s\"", size, (int)kept,
		      buf, r->want);
		CHECK(is_poison(buf + size, sizeof(buf) - size), "size %zu of \"%s\": wrote beyond",
		      size, r->want);
	}
}

static void
test_text_attr(void **state)
{
	static const struct {
		uint8_t mair;
		enum s2pt_sh sh;
		bool notagaccess;
		const char *want;
	} rows[] = {
		{ 0x00, S2PT_SH_OSH, false, "Device-nGnRnE OSH XS=1" },
		{ 0x04, S2PT_SH_OSH, false, "Device-nGnRE OSH XS=1" },
		{ 0x09, S2PT_SH_NSH, false, "Device-nGRE NSH XS=0" },
		{ 0x0c, S2PT_SH_ISH, false, "Device-GRE ISH XS=1" },
		{ 0x44, S2PT_SH_OSH, false, "Normal inner NC outer NC OSH XS=1" },
		{ 0x40, S2PT_SH_OSH, false, "Normal inner NC outer NC OSH XS=0" },
		{ 0xff, S2PT_SH_ISH, false, "Normal inner WB RWA outer WB RWA ISH XS=0" },
		{ 0xf0, S2PT_SH_ISH, false, "Normal inner WB RWA outer WB RWA ISH XS=0 tagged" },
		{ 0xf0, S2PT_SH_ISH, true,
		  "Normal inner WB RWA outer WB RWA ISH XS=0 tagged notagaccess" },
		{ 0x4d, S2PT_SH_NSH, false, "Normal inner WB WA outer NC NSH XS=1" },
		{ 0xc4, S2PT_SH_NSH, false, "Normal inner NC outer WB No NSH XS=1" },
		{ 0xa2, S2PT_SH_NSH, false, "Normal inner WT RA transient outer WT RA NSH XS=1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rendering r = { .want = rows[i].want, .renderer = ATTR };

		CHECK_STATUS(s2pt_mair_decode(ALL_FEATS, rows[i].mair, rows[i].sh, &r.attr),
			     S2PT_OK, "MAIR");
		r.attr.notagaccess = rows[i].notagaccess;
		check_rendering(&r);
	}
	/* An attribute that nothing in the library made is said as far as it can be. */
	const struct rendering strange = {
		.want = "Normal inner ? RA outer WB ? ? XS=0",
		.renderer = ATTR,
		.attr = { .inner = { 9, S2PT_ALLOC_RA, false },
			  .outer = { S2PT_WB, 9, false },
			  .sh = 9 },
	};

	check_rendering(&strange);
}

static void
test_text_format(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		enum s2pt_space space;
		unsigned ipa, pa;
		s2pt_feats feats;
		int start;
		const char *want;
	} rows[] = {
		{ S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 40, 48, S2PT_FEAT_S2FWB | S2PT_FEAT_XNX, 1,
		  "4k nonsecure ipa=40 pa=48 levels 1..3 root 8192 bytes in 2 tables FEAT_S2FWB "
		  "FEAT_XNX" },
		{ S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 37, 48, 0, 1,
		  "4k nonsecure ipa=37 pa=48 levels 1..3 root 1024 bytes in 1 table" },
		{ S2PT_GRANULE_16K, S2PT_SPACE_REALM, 47, 48, 0, 1,
		  "16k realm ipa=47 pa=48 levels 1..3 root 16384 bytes in 1 table" },
		{ S2PT_GRANULE_64K, S2PT_SPACE_SECURE, 30, 32, 0, 3,
		  "64k secure ipa=30 pa=32 levels 3..3 root 131072 bytes in 2 tables" },
		{ S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 52, 52, S2PT_FEAT_LPA2, -1,
		  "4k nonsecure ipa=52 pa=52 levels -1..3 root 128 bytes in 1 table FEAT_LPA "
		  "FEAT_LPA2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rendering r = { .want = rows[i].want, .renderer = FORMAT };
		struct s2pt_features cpu = cpu_of(rows[i].feats | S2PT_FEAT_RME | S2PT_FEAT_SEL2,
						  rows[i].pa);
		struct s2pt_config config;

		s2pt_config_init(&config, rows[i].granule, &cpu);
		config.space = rows[i].space;
		config.feats = rows[i].feats;
		config.ipa_bits = (uint8_t)rows[i].ipa;
		config.start_level = (int8_t)rows[i].start;
		CHECK_STATUS(s2pt_format_init(&r.format, &cpu, &config), S2PT_OK, rows[i].want);
		check_rendering(&r);
	}
	/* What no format of the library's says is named as such. */
	struct rendering strange = { .want = "? ? ipa=0 pa=0 levels 0..3 root 1 bytes in 0 tables",
				     .renderer = FORMAT,
				     .format = { .space = 9 } };

	check_rendering(&strange);
}

static void
test_text_desc(void **state)
{
	const s2pt_feats every = S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_XS | S2PT_FEAT_BBML1 |
				 S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_HPDS2;
	const struct s2pt_format plain = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 48, 48,
						   0);
	const struct s2pt_format full = format_of(S2PT_GRANULE_4K, S2PT_SPACE_REALM, 48, 48, every);
	const struct rendering rows[] = {
		{ "invalid 0x0", DESC, .format = plain, .level = 3, .set = 0 },
		{ "invalid 0xfffffffffffffffe", DESC, .format = plain, .level = 3,
		  .set = ~UINT64_C(1) },
		{ "invalid 0x80000001", DESC, .format = plain, .level = 3, .set = 0x80000001 },
		{ "invalid 0x41000003", DESC, .format = plain, .level = 4, .set = 0x41000003 },
		{ "table 0xf000", DESC, .format = plain, .level = 1, .set = 0xf003 },
		{ "table 0x41000000", DESC, .format = plain, .level = 1, .set = 0x41000003 },
		{ "table 0x41000000 IGNORED=0x4", DESC, .format = plain, .level = 1, .set = 0x41000007 },
		{ "table 0x41000000 IGNORED=0x4 RES0=0x8000000000000000", DESC, .format = plain, .level = 1,
		  .set = 0x8000000041000007 },
		{ "page 0x80000000 normal-wb ISH r- EL1:- EL0:- AF", DESC, .format = plain,
		  .level = 3,
		  .set = 0x004000008000077f },
		{ "page 0x80000000 normal-wb ISH -w EL1:x EL0:x", DESC, .format = plain, .level = 3,
		  .set = 0x00000000800003bf },
		{ "block 0x80000021 reserved MemAttr=0x8", DESC, .format = plain, .level = 2, .set = 0x80000021 },
		{ "block 0x80000025 reserved MemAttr=0x9", DESC, .format = full, .level = 2, .set = 0x80000025 },
		/* The raw value says the rest of what cannot be named. */
		{ "block 0x8800000080000021 reserved MemAttr=0x8", DESC, .format = plain, .level = 2,
		  .set = 0x8800000080000021 },
		{ "block 0x80000101 sh", DESC, .format = plain, .level = 2, .set = 0x80000101 },
		{ "block 0x8000013d sh", DESC, .format = plain, .level = 2, .set = 0x8000013d },
		{ "block 0x200000 normal-wb NSH -- EL1:x EL0:-", DESC, .format = full, .level = 2,
		  .set = 0x0060000000200019 },
		{ "block 0x200000 device-nGnRnE NSH rw EL1:- EL0:x", DESC, .format = full,
		  .level = 2,
		  .set = 0x00200000002000c1 },
		{ "block 0x200000 normal-wb OSH rw EL1:x EL0:x AF DBM contiguous nT FnXS NS "
		  "sw=14 pbha=15",
		  DESC, .format = full, .level = 2, .set = 0x7f98000000210ed9 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_rendering(&rows[i]);
	/* A format that nothing in the library made. */
	struct rendering strange = { "page 0x1000 normal-wb ? -- EL1:- EL0:-", DESC, .level = 3,
				     .set = 0x004000000000103f };

	strange.format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 52, 52, S2PT_FEAT_LPA2);
	strange.format.sh0 = 9;
	check_rendering(&strange);
}

static void
test_text_sets(void **state)
{
	static const struct rendering rows[] = {
		{ "", FEATS, .set = 0 },
		{ "FEAT_LPA", FEATS, .set = S2PT_FEAT_LPA },
		{ "FEAT_S2FWB FEAT_XNX FEAT_XS", FEATS,
		  .set = S2PT_FEAT_XS | S2PT_FEAT_XNX | S2PT_FEAT_S2FWB },
		{ "FEAT_HACDBS", FEATS, .set = S2PT_FEAT_HACDBS },
		{ "", MEANS, .set = 0 },
		{ "unaligned gather reorder early-ack speculate cached bypass", MEANS,
		  .set = 0x7f },
		{ "early-ack", MEANS, .set = S2PT_PROPERTY_EARLY_ACK },
		{ "", NOTES, .set = 0 },
		{ "s1_reserved s2_reserved s1_sh_reserved s2_sh_reserved s1_sh_impdef tag_c0 "
		  "fetch_device",
		  NOTES, .set = 0x7f },
		{ "tag_c0", NOTES, .set = S2PT_NOTE_TAG_C0 },
		{ "", MEMTYPES, .set = 0 },
		{ "device-nGnRnE normal-oWB-iWT", MEMTYPES, .set = 0x8001 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_rendering(&rows[i]);
}

/* The renderers of sets say every member by its name. */
static void
test_text_sets_use_names(void **state)
{
	char buf[640];

	(void)state;
	for (unsigned bit = 0; bit < S2PT_FEAT_COUNT; bit++) {
		s2pt_text_feats(buf, sizeof(buf), UINT64_C(1) << bit);
		check_name(buf, s2pt_feat_name(UINT64_C(1) << bit), "feature");
	}
	for (unsigned type = 0; type < S2PT_MEMTYPE_COUNT; type++) {
		s2pt_text_memtypes(buf, sizeof(buf), UINT32_C(1) << type);
		check_name(buf, s2pt_memtype_name((enum s2pt_memtype)type), "type");
	}
	for (unsigned bit = 0; bit < S2PT_STANDS_COUNT; bit++) {
		s2pt_text_stands(buf, sizeof(buf), 1u << bit);
		check_name(buf, s2pt_stands_name(1u << bit), "access");
	}
	/* All of them, and members that do not exist: these have no word. */
	size_t all = s2pt_text_feats(buf, sizeof(buf), ALL_FEATS);

	CHECK(s2pt_text_feats(NULL, 0, UINT64_MAX) == all, "%zu, with unknown members %zu", all,
	      s2pt_text_feats(NULL, 0, UINT64_MAX));
}

/* Each erratum has its words, which are sentences; and sets of them, and of cures, are spelt by name. */
static void
test_errata(void **state)
{
	char buf[900];

	(void)state;
	for (unsigned n = 0; n < S2PT_ERRATUM_COUNT; n++) {
		const enum s2pt_erratum erratum = (enum s2pt_erratum)n;
		const char *const sentences[] = { s2pt_erratum_text(erratum), s2pt_erratum_library(erratum),
						  s2pt_erratum_host(erratum) };

		for (size_t i = 0; i < COUNT(sentences); i++)
			CHECK(strlen(sentences[i]) > 7 && sentences[i][strlen(sentences[i]) - 1] == '.', "%s: '%s'",
			      s2pt_erratum_name(erratum), sentences[i]);
		CHECK(strlen(s2pt_erratum_source(erratum)) > 1, "%s: nobody says so", s2pt_erratum_name(erratum));
		s2pt_text_errata(buf, sizeof(buf), S2PT_ERRATUM_BIT(n));
		check_name(buf, s2pt_erratum_name(erratum), "erratum");
	}
	for (unsigned bit = 0; bit < S2PT_CURE_COUNT; bit++) {
		s2pt_text_cures(buf, sizeof(buf), 1u << bit);
		check_name(buf, s2pt_cure_name(1u << bit), "cure");
	}
	s2pt_text_errata(buf, sizeof(buf),
			 S2PT_ERRATUM_BIT(S2PT_ERRATUM_CNP) | S2PT_ERRATUM_BIT(S2PT_ERRATUM_TLBI_WRITES));
	check_name(buf, "tlbi-writes cnp", "two errata");
	s2pt_text_cures(buf, sizeof(buf), S2PT_CURE_IC_ALL | S2PT_CURE_REPEAT);
	check_name(buf, "repeat ic-all", "two cures");
	CHECK(s2pt_text_errata(buf, sizeof(buf), 0) == 0 && !*buf, "no erratum");
	/* All of them fit what a program has for them, and members that do not exist have no word. */
	CHECK(s2pt_text_errata(buf, sizeof(buf), UINT64_MAX) < 800, "%zu", strlen(buf));
	CHECK(s2pt_text_errata(NULL, 0, UINT64_MAX) ==
		      s2pt_text_errata(buf, sizeof(buf), S2PT_ERRATUM_BIT(S2PT_ERRATUM_COUNT) - 1u),
	      "unknown members");
	check_name(s2pt_erratum_text(S2PT_ERRATUM_COUNT), "?", "past the last");
	check_name(s2pt_erratum_library(S2PT_ERRATUM_COUNT), "?", "past the last");
	check_name(s2pt_erratum_host(S2PT_ERRATUM_COUNT), "?", "past the last");
	check_name(s2pt_erratum_source(S2PT_ERRATUM_COUNT), "?", "past the last");
}

/* A fault says what is known of it, and a step what its descriptor says, however little room there is. */
static void
test_walks(void **state)
{
	const struct s2pt_format format =
		format_at(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 52, 52, S2PT_FEAT_LPA2, -1);
	const struct s2pt_walk_step step = { 0x1008, s2pt_desc_of(0x2003), -1 };
	struct s2pt_fault fault = { .kind = S2PT_FAULT_TRANSLATION, .level = -1, .access = S2PT_FAULT_WRITE };
	const char *want = "level -1 0x1008: table 0x2000";
	char buf[200], small[40];

	(void)state;
	CHECK(s2pt_text_fault(buf, sizeof(buf), &fault) == strlen(buf), "the length");
	check_name(buf, "translation fault, level -1, write", "nothing known");
	fault = (struct s2pt_fault){
		.kind = S2PT_FAULT_PERMISSION,
		.level = 3,
		.access = S2PT_FAULT_READ,
		.s1_walk = true,
		.maintenance = true,
		.ipa_known = true,
		.ipa_page_only = true,
		.ipa = { 0x5000 },
		.va_known = true,
		.va = 0x1234,
		.causes = S2PT_FAULT_CAUSE_DIRTY | S2PT_FAULT_CAUSE_HDBSS,
	};
	s2pt_text_fault(buf, sizeof(buf), &fault);
	check_name(buf, "permission fault, level 3, read, on a stage-1 walk, cache maintenance or AT, "
			"page of IPA 0x5000, VA 0x1234, for dirty hdbss",
		   "all known");
	for (unsigned kind = 0; kind < S2PT_FAULT_KIND_COUNT; kind++) {
		const bool level = kind <= S2PT_FAULT_PERMISSION || kind == S2PT_FAULT_WALK_ABORT ||
				   kind == S2PT_FAULT_GPC_WALK;

		fault.kind = (enum s2pt_fault_kind)kind;
		s2pt_text_fault(buf, sizeof(buf), &fault);
		CHECK(!strstr(buf, ", level 3") == !level, "%s", buf);
	}
	fault.ipa_page_only = false;
	s2pt_text_fault(buf, sizeof(buf), &fault);
	CHECK(strstr(buf, ", IPA 0x5000"), "%s", buf);
	for (size_t size = 0; size < sizeof(small); size++) {
		memset(small, 'x', sizeof(small));
		CHECK(s2pt_text_walk_step(small, size, &format, &step) == strlen(want), "the whole length");
		CHECK(!size || (strlen(small) == (size > strlen(want) ? strlen(want) : size - 1) &&
				!strncmp(small, want, strlen(small))),
		      "%zu: '%s'", size, small);
		CHECK(small[size] == 'x', "%zu: beyond the buffer", size);
	}
	CHECK(s2pt_text_walk_step(NULL, 0, &format, &step) == strlen(want), "no buffer");
	s2pt_text_walk_notes(buf, sizeof(buf), S2PT_WALK_NOTE_OA | S2PT_WALK_NOTE_T0SZ | 1u << 30);
	check_name(buf, "t0sz oa", "notes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errata),
		cmocka_unit_test(test_names_are_there_and_differ),
		cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_known_names),
		cmocka_unit_test(test_status_texts_are_sentences),
		cmocka_unit_test(test_text_attr),
		cmocka_unit_test(test_text_format),
		cmocka_unit_test(test_text_desc),
		cmocka_unit_test(test_text_sets),
		cmocka_unit_test(test_text_sets_use_names),
		cmocka_unit_test(test_walks),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
