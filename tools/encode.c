/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* encode.c: s2pt encode. */
#include "desc.h"
#include "fail.h"
#include "report.h"
#include "verb.h"

#include <stdio.h>

/* Columns; the flags stand between SH and SW. */
enum {
	STATUS = DESC_FORMAT_END,
	KIND,
	OA,
	TYPE,
	SH,
	FLAGS,
	SW = FLAGS + DESC_FLAG_COUNT,
	PBHA,
	RAW,
	COLUMN_COUNT,
};

static const struct job_column columns[COLUMN_COUNT] = {
	DESC_FORMAT_COLUMNS,
	[STATUS] = { "status", &value_status, false },
	[KIND] = { "kind", &value_desc_kind, true },
	[OA] = { "oa", &value_any, true },
	[TYPE] = { "type", &value_memtype, true },
	[SH] = { "sh", &value_sh, true },
	[FLAGS + DESC_R] = { "r", &value_bit, true },
	[FLAGS + DESC_W] = { "w", &value_bit, true },
	[FLAGS + DESC_X_EL1] = { "x_el1", &value_bit, true },
	[FLAGS + DESC_X_EL0] = { "x_el0", &value_bit, true },
	[FLAGS + DESC_AF] = { "af", &value_bit, true },
	[FLAGS + DESC_DBM] = { "dbm", &value_bit, true },
	[FLAGS + DESC_CONTIGUOUS] = { "contiguous", &value_bit, true },
	[FLAGS + DESC_NT] = { "nt", &value_bit, true },
	[FLAGS + DESC_FNXS] = { "fnxs", &value_bit, true },
	[FLAGS + DESC_NS] = { "ns", &value_bit, true },
	[FLAGS + DESC_EXEC_UNCACHED] = { "exec_uncached", &value_bit, true },
	[SW] = { "sw", &value_nibble, true },
	[PBHA] = { "pbha", &value_nibble, true },
	[RAW] = { "raw", &value_any, true },
};

static struct s2pt_leaf
leaf_of(enum s2pt_memtype type, enum s2pt_sh sh, const struct value *flags, uint64_t sw,
	uint64_t pbha)
{
	struct s2pt_leaf leaf = {
		.type = type,
		.sh = (uint8_t)sh,
		.sw = (uint8_t)sw,
		.pbha = (uint8_t)pbha,
	};

	for (unsigned flag = 0; flag < DESC_FLAG_COUNT; flag++)
		*desc_flag(&leaf, flag) = flags[flag].is;
	return leaf;
}

/* --- Batch ------------------------------------------------------------------------------------ */

/* Which column a refusal is about; others are about the level. */
static const struct {
	enum s2pt_status status;
	unsigned column;
} blamed[] = {
	{ S2PT_ERR_OA_ALIGN, OA },
	{ S2PT_ERR_OA_SIZE, OA },
	{ S2PT_ERR_MEMTYPE, TYPE },
	{ S2PT_ERR_SH, SH },
	{ S2PT_ERR_XNX, FLAGS + DESC_X_EL0 },
	{ S2PT_ERR_EXEC_UNCACHED, FLAGS + DESC_EXEC_UNCACHED },
	{ S2PT_ERR_DBM, FLAGS + DESC_DBM },
	{ S2PT_ERR_CONTIGUOUS, FLAGS + DESC_CONTIGUOUS },
	{ S2PT_ERR_NT, FLAGS + DESC_NT },
	{ S2PT_ERR_FNXS, FLAGS + DESC_FNXS },
	{ S2PT_ERR_NS, FLAGS + DESC_NS },
	{ S2PT_ERR_SW, SW },
	{ S2PT_ERR_PBHA, PBHA },
};

static bool
refuse(struct job_error *error, unsigned column, const char *text)
{
	*error = (struct job_error){ columns[column].name, text };
	return false;
}

static bool
refuse_status(struct job_error *error, enum s2pt_status status)
{
	unsigned column = DESC_LEVEL;

	for (size_t i = 0; i < sizeof(blamed) / sizeof(blamed[0]); i++)
		if (blamed[i].status == status)
			column = blamed[i].column;
	return refuse(error, column, s2pt_status_text(status));
}

/* Are the columns @first to @last given, all or none? */
static bool
check_given(const struct value *in, unsigned first, unsigned last, bool given,
	    struct job_error *error)
{
	for (unsigned i = first; i <= last; i++)
		if (in[i].given != given)
			return refuse(error, i,
				      given ? "'-', but this descriptor has that field"
					    : "not '-', but this descriptor has no such field");
	return true;
}

static bool
encode_leaf(const struct s2pt_format *format, const struct value *in, s2pt_desc *desc,
	    struct job_error *error)
{
	int level = value_to_level(in[DESC_LEVEL].is);
	struct s2pt_leaf leaf = leaf_of((enum s2pt_memtype)in[TYPE].is, (enum s2pt_sh)in[SH].is,
					in + FLAGS, in[SW].is, in[PBHA].is);
	enum s2pt_status status;

	if (!check_given(in, OA, PBHA, true, error))
		return false;
	if ((level == S2PT_LEVEL_LAST) != (in[KIND].is == S2PT_DESC_PAGE))
		return refuse(error, KIND, "a page stands at level 3, a block at another");
	status = s2pt_desc_leaf_encode(format, level, s2pt_pa_of(in[OA].is), &leaf, desc);
	return status == S2PT_OK || refuse_status(error, status);
}

static bool
encode_table(const struct s2pt_format *format, const struct value *in, s2pt_desc *desc,
	     struct job_error *error)
{
	enum s2pt_status status;

	if (!check_given(in, OA, OA, true, error) || !check_given(in, TYPE, PBHA, false, error))
		return false;
	status = s2pt_desc_table_encode(format, value_to_level(in[DESC_LEVEL].is), s2pt_pa_of(in[OA].is),
					desc);
	return status == S2PT_OK || refuse_status(error, status);
}

static bool
encode_parts(struct desc_format *format, const struct value *in, s2pt_desc *desc,
	     struct job_error *error)
{
	enum s2pt_status status;

	if (in[STATUS].is != S2PT_OK)
		return refuse(error, STATUS, "it must be ok, or raw be given");
	if (!in[KIND].given || in[KIND].is == S2PT_DESC_INVALID)
		return refuse(error, KIND, "it must be table, block or page, or raw be given");
	status = desc_format(format, in);
	if (status != S2PT_OK)
		return refuse(error, DESC_LEVEL, s2pt_status_text(status));
	return in[KIND].is == S2PT_DESC_TABLE ? encode_table(&format->format, in, desc, error)
					      : encode_leaf(&format->format, in, desc, error);
}

static bool
encode_row(void *context, const struct job_row *row, struct out *out, struct job_error *error)
{
	const struct value *in = row->values;
	s2pt_desc desc = s2pt_desc_of(in[RAW].is);

	if (in[RAW].given ? !check_given(in, OA, PBHA, false, error)
			  : !encode_parts(context, in, &desc, error))
		return false;
	out_text(out, row->kept);
	out_char(out, ',');
	out_hex(out, desc.raw, 16);
	return true;
}

static int
batch(const struct value *v)
{
	struct desc_format format = { 0 };
	const struct job job = {
		.verb = "encode",
		.columns = columns,
		.count = COLUMN_COUNT,
		.kept = DESC_FORMAT_END,
		.more = "desc",
		.row = encode_row,
		.context = &format,
	};

	(void)v;
	return job_run(&job);
}

/* --- One descriptor --------------------------------------------------------------------------- */

/* Options, counted from OPTION_OWN as the format's are. */
enum {
	O_TABLE = DESC_FORMAT_END,
	O_OA,
	O_TYPE,
	O_SH,
	O_FLAGS,
	O_SW = O_FLAGS + DESC_FLAG_COUNT,
	O_PBHA,
	O_COUNT,
};

static const struct verb_option options[O_COUNT] = {
	DESC_FORMAT_OPTIONS,
	[O_TABLE] = { "table", NULL, NULL, "a table descriptor: --oa alone", false },
	[O_OA] = { "oa", &value_register, "X", "output address, or the next table's; needed", false },
	[O_TYPE] = { "type", &value_memtype, "NAME", "memory type (normal-wb):", false },
	[O_SH] = { "sh", &value_sh, "SH", "shareability (ISH):", false },
	[O_FLAGS +
		DESC_R] = { "r", NULL, NULL, "readable", false },
	[O_FLAGS +
		DESC_W] = { "w", NULL, NULL, "writable", false },
	[O_FLAGS +
		DESC_X_EL1] = { "x-el1", NULL, NULL, "executable at EL1", false },
	[O_FLAGS +
		DESC_X_EL0] = { "x-el0", NULL, NULL, "executable at EL0", false },
	[O_FLAGS +
		DESC_AF] = { "af", NULL, NULL, "access flag", false },
	[O_FLAGS +
		DESC_DBM] = { "dbm", NULL, NULL, "hardware may make it writable", false },
	[O_FLAGS +
		DESC_CONTIGUOUS] = { "contiguous", NULL, NULL, "of a contiguous group", false },
	[O_FLAGS +
		DESC_NT] = { "nt", NULL, NULL, "nT, in blocks", false },
	[O_FLAGS +
		DESC_FNXS] = { "fnxs", NULL, NULL, "force XS to 0", false },
	[O_FLAGS +
		DESC_NS] = { "ns", NULL, NULL, "Non-secure output, in realm tables", false },
	[O_FLAGS +
		DESC_EXEC_UNCACHED] = { "exec-uncached", NULL, NULL,
					"executable though Device or normal-nc", false },
	[O_SW] = { "sw", &value_nibble, "X", "software bits 58:55 (0)", false },
	[O_PBHA] = { "pbha", &value_nibble, "X", "PBHA bits 62:59 (0)", false },
};

static int
fail_status(enum s2pt_status status)
{
	return fail(verb_encode.name, "%s: %s", s2pt_status_name(status),
		    s2pt_status_text(status));
}

static int
answer(const struct s2pt_format *format, int level, s2pt_desc desc, bool json)
{
	json_t *report = report_new();
	char text[300];

	s2pt_text_desc(text, sizeof(text), format, level, desc);
	report_add_hex(report, "desc", desc.raw, 16);
	report_add_text(report, "descriptor", text);
	report_add_number(report, "level", level);
	return report_print(report, json);
}

/* What is wrong with the options, or NULL. */
static const char *
wrong(const struct value *own)
{
	if (!own[DESC_LEVEL].given || !own[O_OA].given)
		return "--level and --oa are needed; see s2pt encode --help";
	for (unsigned i = O_TYPE; own[O_TABLE].given && i < O_COUNT; i++)
		if (own[i].given)
			return "--table takes --oa and no other field: stage-2 tables have none";
	return NULL;
}

static int
run(const struct value *v)
{
	const struct value *own = v + OPTION_OWN;
	int level = value_to_level(own[DESC_LEVEL].is);
	const s2pt_pa oa = s2pt_pa_of(own[O_OA].is);
	uint64_t type = value_or(own[O_TYPE], S2PT_MEM_NORMAL_WB);
	uint64_t sh = value_or(own[O_SH], S2PT_SH_ISH);
	struct s2pt_leaf leaf = leaf_of((enum s2pt_memtype)type, (enum s2pt_sh)sh, own + O_FLAGS,
					own[O_SW].is, own[O_PBHA].is);
	struct desc_format format = { 0 };
	const char *problem = wrong(own);
	enum s2pt_status status;
	s2pt_desc desc;

	if (problem)
		return fail(verb_encode.name, "%s", problem);
	status = desc_format(&format, own);
	if (status == S2PT_OK)
		status = own[O_TABLE].given ? s2pt_desc_table_encode(&format.format, level, oa, &desc)
					    : s2pt_desc_leaf_encode(&format.format, level, oa, &leaf, &desc);
	if (status != S2PT_OK)
		return fail_status(status);
	return answer(&format.format, level, desc, v[OPTION_JSON].given);
}

const struct verb verb_encode = {
	.name = "encode",
	.summary = "make a descriptor",
	.synopsis =
		"  s2pt encode --level LEVEL --oa X [OPTION]...\n"
		"  s2pt encode --level LEVEL --oa X --table [OPTION]...\n"
		"  s2pt encode --batch\n",
	.more =
		DESC_FORMAT_HELP
	"\n--batch reads what s2pt decode --batch writes: granule,pa_bits,ds,fwb,\n"
	"features,space,pbha_mask,level,status,kind,oa,type,sh,r,w,x_el1,x_el0,af,dbm,\n"
	"contiguous,nt,fnxs,ns,exec_uncached,sw,pbha,raw. Fields that a descriptor does\n"
	"not have are '-'. Where raw is not '-', it is the descriptor, and oa to pbha\n"
	"are '-'.\n",
	.options = options,
	.count = O_COUNT,
	.run = run,
	.batch = batch,
};
