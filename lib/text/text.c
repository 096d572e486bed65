/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * text.c: words for statuses, features, attributes, formats and descriptors. Tables of words are arrays of characters:
 * arrays of pointers would need a writable section where code is position-independent.
 */
#include <s2pt/text.h>

#include "text/writer.h"

/* --- Statuses -------------------------------------------------------------------------------------- */

#define STATUS_NAME 20
#define STATUS_TEXT 92

/* clang-format off */
static const struct {
	char name[STATUS_NAME];
	char text[STATUS_TEXT];
} statuses[] = {
	[S2PT_OK] = { "ok", "done" },
	[S2PT_ERR_FEATURE] = { "feature", "asks for a feature that the CPU does not have" },
	[S2PT_ERR_UNSUPPORTED] = { "unsupported", "asks for a mode that s2pt does not support" },
	[S2PT_ERR_HD] = { "hd", "hardware dirty state (HD) needs the hardware access flag (HA)" },
	[S2PT_ERR_GRANULE] = { "granule", "not a granule that this CPU supports at stage 2" },
	[S2PT_ERR_DS_GRANULE] = { "ds_granule", "DS=1 is for 4K and 16K; VTCR_EL2.DS is RES0 with 64K" },
	[S2PT_ERR_PA_BITS] = { "pa_bits", "not an output size of VTCR_EL2.PS, or above the CPU's" },
	[S2PT_ERR_IPA_BELOW_MIN] = { "ipa_below_min",
		"IPA size too small: T0SZ is at most 39, with FEAT_TTST 48 (64K: 47)" },
	[S2PT_ERR_IPA_ABOVE_PA] = { "ipa_above_pa", "IPA size above the implemented PA size" },
	[S2PT_ERR_IPA_ABOVE_FORMAT] = { "ipa_above_format",
		"IPA size above what this format holds: 48 bits, 52 with DS=1 or 64K" },
	[S2PT_ERR_START_RESERVED] = { "start_reserved",
		"no SL0/SL2 value starts at this level with this granule and DS" },
	[S2PT_ERR_START_TTST] = { "start_ttst", "4K can start at level 3 only with FEAT_TTST" },
	[S2PT_ERR_START_PA] = { "start_pa", "this start level needs a larger implemented PA size" },
	[S2PT_ERR_START_TABLES] = { "start_tables",
		"this start level needs more than 16 concatenated tables: start higher" },
	[S2PT_ERR_START_UNUSED] = { "start_unused",
		"this start level would resolve no IPA bit: start lower" },
	[S2PT_ERR_SH] = { "sh", "shareability 0b01 is reserved; with DS=1 leaves have VTCR_EL2.SH0" },
	[S2PT_ERR_WALK_CACHE] = { "walk_cache", "IRGN0 and ORGN0 are 0 to 3" },
	[S2PT_ERR_PBHA] = { "pbha", "a PBHA bit that VTCR_EL2.HWUnn does not hand to hardware" },
	[S2PT_ERR_SPACE] = { "space",
		"not a translation regime of this CPU, or Secure controls that it lacks" },
	[S2PT_ERR_REG_RES0] = { "reg_res0", "a RES0 bit is 1, or a RES1 bit is 0" },
	[S2PT_ERR_CNP] = { "cnp", "CnP needs FEAT_TTCNP" },
	[S2PT_ERR_VMID] = { "vmid", "VMID wider than the format's, or where there is none" },
	[S2PT_ERR_ROOT_ALIGN] = { "root_align", "start table not aligned to its size" },
	[S2PT_ERR_ROOT_PA] = { "root_pa", "start table beyond the output size" },
	[S2PT_ERR_RESERVED] = { "reserved", "a reserved encoding" },
	[S2PT_ERR_MEMTYPE] = { "memtype", "this memory type cannot be encoded in this mode" },
	[S2PT_ERR_ACCESS] = { "access", "no such access: stage 1 is off, so nothing walks its tables" },
	[S2PT_ERR_PTW] = { "ptw",
		"HCR_EL2.PTW: a stage-1 walk of Device memory takes a Permission fault" },
	[S2PT_ERR_LEVEL] = { "level", "not a level of this format" },
	[S2PT_ERR_BLOCK_LEVEL] = { "block_level", "no block descriptors at this level" },
	[S2PT_ERR_TABLE_LEVEL] = { "table_level", "no table descriptors at level 3" },
	[S2PT_ERR_OA_ALIGN] = { "oa_align", "address not aligned to what the descriptor covers" },
	[S2PT_ERR_OA_SIZE] = { "oa_size", "address beyond the output size" },
	[S2PT_ERR_EXEC_UNCACHED] = { "exec_uncached",
		"executable Device or Normal-NC must be asked for by name, and only there" },
	[S2PT_ERR_XNX] = { "xnx", "EL0 and EL1 can differ in execute rights only with FEAT_XNX" },
	[S2PT_ERR_DBM] = { "dbm", "DBM needs hardware dirty state, VTCR_EL2.HD" },
	[S2PT_ERR_CONTIGUOUS] = { "contiguous", "no contiguous groups at this level" },
	[S2PT_ERR_NT] = { "nt", "nT is for blocks, with FEAT_BBM level 1" },
	[S2PT_ERR_FNXS] = { "fnxs", "FnXS needs FEAT_XS" },
	[S2PT_ERR_NS] = { "ns", "NS is for Realm stage 2" },
	[S2PT_ERR_SW] = { "sw", "a software bit that is not left to the host: the format's, or the tracking bit" },
	[S2PT_ERR_DESC_RES0] = { "desc_res0", "bits are set that this format does not define here" },
	[S2PT_ERR_DESC_KIND] = { "desc_kind", "not a descriptor of that kind at this level" },
	[S2PT_ERR_TLBI] = { "tlbi", "not a range, level or scope that can be invalidated" },
	[S2PT_ERR_FAULT] = { "fault", "not the syndrome of an abort from a lower Exception level" },
	[S2PT_ERR_HOST] = { "host", "there are no host operations" },
	[S2PT_ERR_HOST_SIZE] = { "host_size", "struct s2pt_host_ops is smaller than the first version" },
	[S2PT_ERR_HOST_ALLOC] = { "host_alloc", "the host has no alloc" },
	[S2PT_ERR_HOST_RETIRE] = { "host_retire", "the host has no retire" },
	[S2PT_ERR_HOST_INVALIDATE] = { "host_invalidate", "the host has no invalidate" },
	[S2PT_ERR_HOST_PUBLISH] = { "host_publish", "the host has no publish" },
	[S2PT_ERR_HOST_TABLES] = { "host_tables",
		"the host has no clean_tables, which S2PT_HOST_NONCOHERENT needs" },
	[S2PT_ERR_HOST_DATA] = { "host_data", "the host has no clean_data, which this memory needs" },
	[S2PT_ERR_HOST_ICACHE] = { "host_icache",
		"the host has no invalidate_icache, which executable memory needs" },
	[S2PT_ERR_MEMORY] = { "memory", "no memory, or the table's page limit is reached" },
	[S2PT_ERR_BUDGET] = { "budget", "the budget is spent: go on from op->done" },
	[S2PT_ERR_TABLE_PA] = { "table_pa", "table memory that is beyond the output size, or not aligned" },
	[S2PT_ERR_IPA_ALIGN] = { "ipa_align",
		"the IPA is not a multiple of the granule, or of the size of the leaf" },
	[S2PT_ERR_PA_ALIGN] = { "pa_align",
		"the PA is not a multiple of the granule, or of the size of the leaf" },
	[S2PT_ERR_SIZE_ALIGN] = { "size_align", "the size is not a multiple of the granule" },
	[S2PT_ERR_EMPTY] = { "empty", "the size is 0" },
	[S2PT_ERR_IPA_SIZE] = { "ipa_size", "beyond the IPA size" },
	[S2PT_ERR_BITMAP] = { "bitmap",
		"no bitmap, or one that begins inside a granule, or has no bits for the range" },
	[S2PT_ERR_EXISTS] = { "exists", "something else is mapped there" },
	[S2PT_ERR_WOULD_SPLIT] = { "would_split", "the range cuts a block, and that was to be refused" },
	[S2PT_ERR_FLAGS] = { "flags", "a flag is set that this function does not have" },
	[S2PT_ERR_MAPPING] = { "mapping", "the mapping was made for another format, or was not made" },
	[S2PT_ERR_CHANGE] = { "change", "the change contradicts itself or the format" },
	[S2PT_ERR_NOT_MAPPED] = { "not_mapped", "nothing is mapped there" },
	[S2PT_ERR_DESTROYED] = { "destroyed", "the table is being destroyed, or was" },
	[S2PT_RACED] = { "raced", "another CPU, or a later unmap, came first" },
	[S2PT_ERR_EXCLUSIVE] = { "exclusive", "only an exclusive operation can do this" },
	[S2PT_ERR_READ_ONLY] = { "read_only", "a write to what is not writable" },
	[S2PT_ERR_POLICY] = { "policy", "refused: the reason says by which fact" },
	[S2PT_ERR_FACT] = { "fact", "a fact has a value that is not one of its values" },
	[S2PT_ERR_STALL] = { "stall", "a stream that stalls where the SMMU never does, or does not where it must" },
	[S2PT_ERR_CLEAN] = { "clean", "clean_data failed" },
	[S2PT_ERR_RING] = { "ring", "the count of a dirty ring is not a power of two" },
	[S2PT_ERR_RING_FULL] = { "ring_full", "a dirty ring is full" },
	[S2PT_ERR_POSITION] = { "position", "op->resume, and op->done is no position in the range" },
	[S2PT_ERR_FAULT_IPA] = { "fault_ipa", "HPFAR_EL2 does not hold the IPA of this fault: translate FAR_EL2 with AT S1E1R" },
};
/* clang-format on */

_Static_assert(COUNT(statuses) == S2PT_STATUS_COUNT, "a status without words");

const char *
s2pt_status_name(enum s2pt_status status)
{
	return (size_t)status < COUNT(statuses) ? statuses[status].name : "?";
}

const char *
s2pt_status_text(enum s2pt_status status)
{
	return (size_t)status < COUNT(statuses) ? statuses[status].text : "?";
}

/* --- Names ----------------------------------------------------------------------------------------- */

static const char memtype_names[][28] = {
	[S2PT_MEM_DEVICE_nGnRnE] = "device-nGnRnE",
	[S2PT_MEM_DEVICE_nGnRE] = "device-nGnRE",
	[S2PT_MEM_DEVICE_nGRE] = "device-nGRE",
	[S2PT_MEM_DEVICE_GRE] = "device-GRE",
	[S2PT_MEM_NORMAL_NC] = "normal-nc",
	[S2PT_MEM_NORMAL_WB] = "normal-wb",
	[S2PT_MEM_AS_STAGE1] = "as-stage1",
	[S2PT_MEM_NORMAL_WB_NOTAGACCESS] = "normal-wb-notagaccess",
	[S2PT_MEM_AS_STAGE1_NOTAGACCESS] = "as-stage1-notagaccess",
	[S2PT_MEM_NORMAL_oNC_iWT] = "normal-oNC-iWT",
	[S2PT_MEM_NORMAL_oNC_iWB] = "normal-oNC-iWB",
	[S2PT_MEM_NORMAL_oWT_iNC] = "normal-oWT-iNC",
	[S2PT_MEM_NORMAL_oWT_iWT] = "normal-oWT-iWT",
	[S2PT_MEM_NORMAL_oWT_iWB] = "normal-oWT-iWB",
	[S2PT_MEM_NORMAL_oWB_iNC] = "normal-oWB-iNC",
	[S2PT_MEM_NORMAL_oWB_iWT] = "normal-oWB-iWT",
};

static const char device_names[][8] = { "nGnRnE", "nGnRE", "nGRE", "GRE" };
static const char cacheability_names[][4] = { "NC", "WT", "WB" };
static const char alloc_names[][4] = { "No", "WA", "RA", "RWA" };
static const char sh_names[][12] = { "NSH", "reserved", "OSH", "ISH" };
static const char space_names[][12] = { "nonsecure", "secure", "realm" };
static const char desc_kind_names[][8] = { "invalid", "table", "block", "page" };

static const char granule_names[][4] = {
	[S2PT_GRANULE_4K] = "4k",
	[S2PT_GRANULE_16K] = "16k",
	[S2PT_GRANULE_64K] = "64k",
};

static const char kind_names[][16] = {
	[S2PT_KIND_DEVICE_nGnRnE] = "Device-nGnRnE",
	[S2PT_KIND_DEVICE_nGnRE] = "Device-nGnRE",
	[S2PT_KIND_DEVICE_nGRE] = "Device-nGRE",
	[S2PT_KIND_DEVICE_GRE] = "Device-GRE",
	[S2PT_KIND_NORMAL_NC] = "Normal-NC",
	[S2PT_KIND_NORMAL_WT] = "Normal-WT",
	[S2PT_KIND_NORMAL_WB] = "Normal-WB",
	[S2PT_KIND_NORMAL_MIXED] = "Normal-mixed",
};

/* In the order of the bits of the sets. */
static const char feat_names[][20] = {
	"FEAT_LPA",
	"FEAT_LPA2",
	"FEAT_TTST",
	"FEAT_S2FWB",
	"FEAT_XNX",
	"FEAT_XS",
	"FEAT_MTE2",
	"FEAT_MTE_PERM",
	"FEAT_BBML1",
	"FEAT_BBML2",
	"FEAT_HAFDBS_AF",
	"FEAT_HAFDBS_DBM",
	"FEAT_HPDS2",
	"FEAT_VMID16",
	"FEAT_TTCNP",
	"FEAT_SEL2",
	"FEAT_RME",
	"FEAT_TTL",
	"FEAT_TLBIOS",
	"FEAT_TLBIRANGE",
	"FEAT_LSE",
	"FEAT_HAFT",
	"FEAT_S2PIE",
	"FEAT_S2POE",
	"FEAT_D128",
	"FEAT_THE",
	"FEAT_MEC",
	"FEAT_HDBSS",
	"FEAT_HACDBS",
	"FEAT_BBML3",
	"FEAT_TLBIW",
};
static const char property_names[][12] = {
	"unaligned",
	"gather",
	"reorder",
	"early-ack",
	"speculate",
	"cached",
	"bypass",
};
static const char note_names[][16] = {
	"s1_reserved",
	"s2_reserved",
	"s1_sh_reserved",
	"s2_sh_reserved",
	"s1_sh_impdef",
	"tag_c0",
	"fetch_device",
};

_Static_assert(COUNT(memtype_names) == S2PT_MEMTYPE_COUNT, "a type without a name");
_Static_assert(COUNT(kind_names) == S2PT_KIND_COUNT, "a kind without a name");
_Static_assert(COUNT(feat_names) == S2PT_FEAT_COUNT, "a feature without a name");
_Static_assert(COUNT(property_names) == S2PT_PROPERTY_COUNT, "a meaning without a name");
_Static_assert(COUNT(note_names) == S2PT_NOTE_COUNT, "a note without a name");

const char *
s2pt_memtype_name(enum s2pt_memtype type)
{
	return NAME(memtype_names, type);
}

const char *
s2pt_device_name(enum s2pt_device type)
{
	return NAME(device_names, type);
}

const char *
s2pt_cacheability_name(enum s2pt_cacheability c)
{
	return NAME(cacheability_names, c);
}

const char *
s2pt_alloc_name(enum s2pt_alloc alloc)
{
	return NAME(alloc_names, alloc);
}

const char *
s2pt_sh_name(enum s2pt_sh sh)
{
	return NAME(sh_names, sh);
}

const char *
s2pt_kind_name(enum s2pt_kind kind)
{
	return NAME(kind_names, kind);
}

const char *
s2pt_space_name(enum s2pt_space space)
{
	return NAME(space_names, space);
}

const char *
s2pt_desc_kind_name(enum s2pt_desc_kind kind)
{
	return NAME(desc_kind_names, kind);
}

const char *
s2pt_granule_name(enum s2pt_granule granule)
{
	const char *name = NAME(granule_names, granule);

	return *name ? name : "?";
}

const char *
s2pt_feat_name(s2pt_feats feat)
{
	return NAME(feat_names, bit_index(feat));
}

const char *
s2pt_property_name(uint32_t means)
{
	return NAME(property_names, bit_index(means));
}

const char *
s2pt_note_name(uint32_t note)
{
	return NAME(note_names, bit_index(note));
}

/* --- Sets ------------------------------------------------------------------------------------------ */

static void
put_feats(struct writer *w, s2pt_feats feats)
{
	PUT_SET(w, feat_names, feats);
}

size_t
s2pt_text_feats(char *buf, size_t size, s2pt_feats feats)
{
	struct writer w = writer_of(buf, size);

	put_feats(&w, feats);
	return w.length;
}

size_t
s2pt_text_properties(char *buf, size_t size, uint32_t means)
{
	struct writer w = writer_of(buf, size);

	PUT_SET(&w, property_names, means);
	return w.length;
}

size_t
s2pt_text_notes(char *buf, size_t size, uint32_t notes)
{
	struct writer w = writer_of(buf, size);

	PUT_SET(&w, note_names, notes);
	return w.length;
}

size_t
s2pt_text_memtypes(char *buf, size_t size, uint32_t types)
{
	struct writer w = writer_of(buf, size);

	PUT_SET(&w, memtype_names, types);
	return w.length;
}

/* --- Attributes ------------------------------------------------------------------------------------ */

static void
put_half(struct writer *w, const char *which, const struct s2pt_cache_attr *half)
{
	put_word(w, which);
	put_word(w, NAME(cacheability_names, half->cacheability));
	if (half->cacheability == S2PT_NC)
		return;
	put_word(w, NAME(alloc_names, half->alloc));
	if (half->transient)
		put_word(w, "transient");
}

size_t
s2pt_text_attr(char *buf, size_t size, const struct s2pt_attr *attr)
{
	struct writer w = writer_of(buf, size);

	if (attr->device) {
		put_word(&w, kind_names[s2pt_attr_kind(attr)]);
	} else {
		put_word(&w, "Normal");
		put_half(&w, "inner", &attr->inner);
		put_half(&w, "outer", &attr->outer);
	}
	put_word(&w, NAME(sh_names, attr->sh));
	put_word(&w, attr->xs ? "XS=1" : "XS=0");
	if (attr->tagged)
		put_word(&w, "tagged");
	if (attr->notagaccess)
		put_word(&w, "notagaccess");
	return w.length;
}

/* --- Formats --------------------------------------------------------------------------------------- */

static void
put_number(struct writer *w, const char *before, uint64_t value, const char *after)
{
	put_word(w, before);
	put_decimal(w, value);
	put_text(w, after);
}

size_t
s2pt_text_format(char *buf, size_t size, const struct s2pt_format *format)
{
	struct writer w = writer_of(buf, size);

	put_word(&w, s2pt_granule_name((enum s2pt_granule)format->granule_lg2));
	put_word(&w, NAME(space_names, format->space));
	put_number(&w, "ipa=", format->ipa_bits, "");
	put_number(&w, "pa=", format->pa_bits, "");
	put_word(&w, "levels ");
	if (format->start_level < 0)
		put_char(&w, '-');
	put_decimal(&w, (uint64_t)(format->start_level < 0 ? -format->start_level
							   : format->start_level));
	put_text(&w, "..3");
	put_number(&w, "root ", UINT64_C(1) << format->root_lg2, " bytes");
	put_number(&w, "in ", format->root_tables, format->root_tables == 1 ? " table" : " tables");
	put_feats(&w, format->feats);
	return w.length;
}

/* --- Descriptors ----------------------------------------------------------------------------------- */

static void
put_permissions(struct writer *w, const struct s2pt_leaf *leaf)
{
	put_char(w, ' ');
	put_char(w, leaf->r ? 'r' : '-');
	put_char(w, leaf->w ? 'w' : '-');
	put_text(w, leaf->x_el1 ? " EL1:x" : " EL1:-");
	put_text(w, leaf->x_el0 ? " EL0:x" : " EL0:-");
}

static void
put_flag(struct writer *w, bool set, const char *word)
{
	if (set)
		put_word(w, word);
}

static void
put_flags(struct writer *w, const struct s2pt_leaf *leaf)
{
	put_flag(w, leaf->af, "AF");
	put_flag(w, leaf->dbm, "DBM");
	put_flag(w, leaf->contiguous, "contiguous");
	put_flag(w, leaf->nt, "nT");
	put_flag(w, leaf->fnxs, "FnXS");
	put_flag(w, leaf->ns, "NS");
	if (leaf->sw)
		put_number(w, "sw=", leaf->sw, "");
	if (leaf->pbha)
		put_number(w, "pbha=", leaf->pbha, "");
}

static void
put_bits(struct writer *w, const char *name, uint64_t bits)
{
	if (!bits)
		return;
	put_word(w, name);
	put_hex(w, bits);
}

/* A leaf or table in full; what cannot be named, as the raw value and the reason. */
static void
put_desc(struct writer *w, const struct s2pt_format *format, int level, s2pt_desc desc,
	 enum s2pt_desc_kind kind)
{
	struct s2pt_extra_bits extra;
	const s2pt_desc known = s2pt_desc_strip(format, level, desc, &extra);
	struct s2pt_leaf leaf;
	s2pt_pa pa;
	enum s2pt_status status = kind == S2PT_DESC_TABLE
					? s2pt_desc_table_decode(format, level, known, &pa)
					: s2pt_desc_leaf_decode(format, level, known, &pa, &leaf);

	put_char(w, ' ');
	put_hex(w, status == S2PT_OK ? pa.addr : desc.raw);
	if (status != S2PT_OK) {
		put_word(w, s2pt_status_name(status));
		if (status == S2PT_ERR_RESERVED)
			put_bits(w, "MemAttr=", desc.raw >> 2 & 0xfu);
	} else if (kind != S2PT_DESC_TABLE) {
		put_word(w, memtype_names[leaf.type]);
		put_word(w, NAME(sh_names, leaf.sh));
		put_permissions(w, &leaf);
		put_flags(w, &leaf);
	}
	put_bits(w, "IGNORED=", status == S2PT_OK ? extra.ignored : 0);
	put_bits(w, "RES0=", status == S2PT_OK ? extra.res0 : 0);
}

size_t
s2pt_text_desc(char *buf, size_t size, const struct s2pt_format *format, int level, s2pt_desc desc)
{
	struct writer w = writer_of(buf, size);
	enum s2pt_desc_kind kind = s2pt_desc_kind(format, level, desc);

	put_word(&w, desc_kind_names[kind]);
	if (kind == S2PT_DESC_INVALID) {
		put_char(&w, ' ');
		put_hex(&w, desc.raw);
	} else {
		put_desc(&w, format, level, desc, kind);
	}
	return w.length;
}
