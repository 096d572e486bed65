/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* lint.c: s2pt lint: what is wrong with a stage-2 table in a dump, or looks as if it were. */
#include "fail.h"
#include "grow.h"
#include "report.h"
#include "stage2.h"
#include "tree.h"
#include "verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BIT(n)    (UINT64_C(1) << (n))
#define AF        BIT(10)
#define NT        BIT(16)
#define DBM       BIT(51)
#define CONT      BIT(52)
#define S2AP_W    BIT(7)
#define TYPE_BITS (UINT64_C(15) << 2 | UINT64_C(3) << 8) /* MemAttr, SH */

enum {
	LINT_NOTES = STAGE2_END,
	LINT_END,
};

/* --- Rules ------------------------------------------------------------------------------------ */

enum severity {
	ERROR,   /* reserved, or of no effect that anybody could want */
	WARNING, /* allowed, and seldom meant */
	NOTE,    /* to be known */
};

static const char *const severity_names[] = { "error", "warning", "note" };

enum rule {
	FAULTS,
	RESERVED_MEMATTR,
	RESERVED_SH,
	BLOCK_LEVEL,
	RES0,
	OA_SIZE,
	TABLE_ABSENT,
	TABLE_BEYOND,
	TABLE_TWICE,
	TABLE_CIRCLE,
	TABLE_MANY,
	TABLE_WRITABLE,
	GROUP_MIXED,
	GROUP_NONE,
	ALIAS,
	RAM_DEVICE,
	CACHEABLE_NSH,
	EXEC_DEVICE,
	EXEC_WRITABLE,
	AF_CLEAR,
	NT_SET,
	DBM_ALONE,
	RULES,
};

static const struct {
	const char *id;
	enum severity severity;
	const char *text;
	const char *ref;
} rules[RULES] = {
	[FAULTS] = { "faults", ERROR, "the registers make every access fault",
		     "AArch64.S2InvalidSL, S2InconsistentSL" },
	[RESERVED_MEMATTR] = { "reserved-memattr", ERROR,
			       "MemAttr is reserved in this mode: a CPU may take it for any type",
			       "Table D8-96, D8-100; K1.2.19" },
	[RESERVED_SH] = { "reserved-sh", ERROR, "SH is 0b01, which is reserved", "Table D8-53" },
	[BLOCK_LEVEL] = { "block-level", ERROR, "the type of a block, at a level that has none: nothing is mapped here",
			  "AArch64.BlockDescSupported" },
	[RES0] = { "res0", ERROR, "RES0 bits are set, address bits below the alignment among them",
		   "Table D8-51, D8-53" },
	[OA_SIZE] = { "oa-size", ERROR, "the output address is beyond the PA size: every access faults",
		      "AArch64.OAOutOfRange" },
	[TABLE_ABSENT] = { "table-absent", ERROR, "this table is not in the dump", "" },
	[TABLE_BEYOND] = { "table-beyond", ERROR, "this table is beyond the PA size: every access faults",
			   "AArch64.OAOutOfRange" },
	[TABLE_TWICE] = { "table-twice", ERROR, "this table is linked a second time", "" },
	[TABLE_CIRCLE] = { "table-circle", ERROR, "this table is on the way to itself", "" },
	[TABLE_MANY] = { "table-many", ERROR, "tables are linked again and again: the rest was not looked at", "" },
	[TABLE_WRITABLE] = { "table-writable", ERROR, "the guest may write to a stage-2 table that is mapped here",
			     "" },
	[GROUP_MIXED] = { "group-mixed", ERROR,
			  "a contiguous group whose members are not alike, or whose memory is not in a row", "D8.7.1" },
	[GROUP_NONE] = { "group-none", ERROR, "Contiguous, where there is no group, or none that fits the IPA size",
			 "Table D8-104" },
	[ALIAS] = { "alias", WARNING, "this memory is mapped with another type or shareability elsewhere", "B2.16" },
	[RAM_DEVICE] = { "ram-device", WARNING, "memory that is in the dump, and so RAM, is mapped Device", "" },
	[CACHEABLE_NSH] = { "cacheable-nsh", WARNING,
			    "cacheable and Non-shareable: other CPUs may not see what is written", "B2.7" },
	[EXEC_DEVICE] = { "exec-device", WARNING, "Device, and executable: a fetch may be speculative", "B2.7.2" },
	[EXEC_WRITABLE] = { "exec-writable", NOTE, "the guest may write and execute this", "" },
	[AF_CLEAR] = { "af-clear", NOTE, "AF is clear, and hardware does not set it: the next access faults",
		       "D8.4.4" },
	[NT_SET] = { "nt-set", NOTE, "nT is set: a split or merge that is not over", "R_MRRPW" },
	[DBM_ALONE] = { "dbm-alone", NOTE, "DBM, and VTCR_EL2.HD is 0: it has no effect", "Table D8-53" },
};

/* --- Findings --------------------------------------------------------------------------------- */

/* A piece of memory that a leaf maps, or that a table is. */
struct piece {
	uint64_t pa, bytes;
	uint64_t ipa;
	s2pt_desc desc;
	int level;
};

struct pieces {
	struct piece *piece;
	size_t count, room;
};

struct lint {
	const struct s2pt_format *format;
	struct dump *dump;
	json_t *findings; /* with --json */
	bool notes;       /* are shown, too */
	size_t found[3];  /* by severity */
	struct pieces leaves, tables;
	struct tree_run before; /* the leaf before, for groups */
};

static void
find(struct lint *lint, enum rule rule, uint64_t ipa, uint64_t bytes, int level, s2pt_desc desc, uint64_t pa)
{
	json_t *finding;

	lint->found[rules[rule].severity]++;
	if (rules[rule].severity == NOTE && !lint->notes)
		return;
	if (!lint->findings) {
		printf("%s %s IPA 0x%" PRIx64 "..0x%" PRIx64 " level %d descriptor 0x%" PRIx64 " PA 0x%" PRIx64
		       ": %s%s%s%s\n",
		       severity_names[rules[rule].severity], rules[rule].id, ipa, ipa + (bytes ? bytes - 1 : 0), level,
		       desc.raw, pa, rules[rule].text, rules[rule].ref[0] ? " (" : "", rules[rule].ref,
		       rules[rule].ref[0] ? ")" : "");
		return;
	}
	finding = report_add_item(lint->findings);
	report_add_text(finding, "rule", rules[rule].id);
	report_add_text(finding, "severity", severity_names[rules[rule].severity]);
	report_add_hex(finding, "ipa", ipa, 1);
	report_add_hex(finding, "size", bytes, 1);
	report_add_number(finding, "level", level);
	report_add_hex(finding, "descriptor", desc.raw, 16);
	report_add_hex(finding, "pa", pa, 1);
	report_add_text(finding, "text", rules[rule].text);
	report_add_text(finding, "ref", rules[rule].ref);
}

static void
find_run(struct lint *lint, enum rule rule, const struct tree_run *run)
{
	find(lint, rule, run->ipa, run->size, run->level, run->desc, run->pa);
}

static void
add_piece(struct pieces *pieces, struct piece piece)
{
	if (pieces->count == pieces->room) {
		pieces->room = pieces->room ? 2 * pieces->room : 1024;
		pieces->piece = grow(pieces->piece, pieces->room * sizeof(*pieces->piece));
	}
	pieces->piece[pieces->count++] = piece;
}

/* --- One run at a time ------------------------------------------------------------------------ */

static bool
is_writable(const struct s2pt_format *format, s2pt_desc desc)
{
	return (desc.raw & S2AP_W) || ((desc.raw & DBM) && (format->feats & S2PT_FEAT_HAFDBS_DBM));
}

static bool
is_executable(const struct s2pt_format *format, s2pt_desc desc)
{
	const uint64_t xn = desc.raw >> 53 & 3;

	return format->feats & S2PT_FEAT_XNX ? xn != 2 : !(xn & 2);
}

static uint8_t
sh_of(const struct s2pt_format *format, s2pt_desc desc)
{
	return format->feats & S2PT_FEAT_LPA2 ? format->sh0 : (uint8_t)(desc.raw >> 8 & 3);
}

/* Can what is mapped be cached, whatever stage 1 says, or if it says so? */
static bool
is_cacheable(enum s2pt_memtype type)
{
	return !s2pt_memtype_is_device(type) && type != S2PT_MEM_NORMAL_NC;
}

static void
lint_type(struct lint *lint, const struct tree_run *run)
{
	const uint8_t sh = sh_of(lint->format, run->desc);
	enum s2pt_memtype type;
	uint64_t there;

	if (sh == S2PT_SH_RESERVED)
		find_run(lint, RESERVED_SH, run);
	if (s2pt_memattr_decode(lint->format->feats, run->desc.raw >> 2 & 15, &type) != S2PT_OK) {
		find_run(lint, RESERVED_MEMATTR, run);
		return;
	}
	if (is_cacheable(type) && sh == S2PT_SH_NSH)
		find_run(lint, CACHEABLE_NSH, run);
	if (s2pt_memtype_is_device(type) && is_executable(lint->format, run->desc))
		find_run(lint, EXEC_DEVICE, run);
	if (s2pt_memtype_is_device(type) && dump_at(lint->dump, run->pa, &there))
		find_run(lint, RAM_DEVICE, run);
}

/* The bits that two leaves of one group have in common: hardware sets AF and dirty state of one alone. */
static uint64_t
group_bits(const struct lint *lint, s2pt_desc desc)
{
	uint64_t bits = tree_attribute_bits(lint->format) & ~(AF | UINT64_C(15) << 55);

	return desc.raw & DBM ? bits & ~S2AP_W : bits;
}

/* Are two leaves, of which one at least is contiguous, in the same group, and not alike? */
static bool
is_mixed(const struct lint *lint, const struct tree_run *one, const struct tree_run *other, uint64_t group)
{
	if (!one->size || one->level != other->level || !((one->desc.raw | other->desc.raw) & CONT) ||
	    (other->ipa & ~(group - 1)) >= one->ipa + one->size)
		return false;
	return one->pa - one->ipa != other->pa - other->ipa ||
	       ((one->desc.raw ^ other->desc.raw) & group_bits(lint, one->desc));
}

static void
lint_group(struct lint *lint, const struct tree_run *run)
{
	const unsigned group_lg2 = s2pt_format_contiguous_lg2(lint->format, run->level);
	const uint64_t group = BIT(s2pt_format_level_lg2(lint->format, run->level) + group_lg2);

	if ((run->desc.raw & CONT) && !group_lg2)
		find_run(lint, GROUP_NONE, run);
	else if (((run->desc.raw & CONT) && ((run->ipa ^ run->pa) & (group - 1))) ||
		 (group_lg2 && is_mixed(lint, &lint->before, run, group)))
		find_run(lint, GROUP_MIXED, run);
	lint->before = *run;
}

static void
lint_run(void *context, const struct tree_run *run)
{
	struct lint *lint = context;
	struct s2pt_extra_bits extra;

	if (run->annotation) {
		if ((run->desc.raw & 3) == 1)
			find_run(lint, BLOCK_LEVEL, run);
		return;
	}
	s2pt_desc_strip(lint->format, run->level, run->desc, &extra);
	/* (Contiguous and nT have rules of their own.) */
	if (extra.res0 & ~(CONT | (run->level == S2PT_LEVEL_LAST ? 0 : NT) | DBM))
		find_run(lint, RES0, run);
	if ((run->pa + run->size - 1) >> lint->format->oa_bits)
		find_run(lint, OA_SIZE, run);
	lint_type(lint, run);
	lint_group(lint, run);
	if (is_writable(lint->format, run->desc) && is_executable(lint->format, run->desc))
		find_run(lint, EXEC_WRITABLE, run);
	if (!(run->desc.raw & AF) && !(lint->format->feats & S2PT_FEAT_HAFDBS_AF))
		find_run(lint, AF_CLEAR, run);
	if ((run->desc.raw & NT) && run->level != S2PT_LEVEL_LAST)
		find_run(lint, NT_SET, run);
	if ((run->desc.raw & DBM) && !(lint->format->feats & S2PT_FEAT_HAFDBS_DBM))
		find_run(lint, DBM_ALONE, run);
	add_piece(&lint->leaves, (struct piece){ run->pa, run->size, run->ipa, run->desc, run->level });
}

/* --- Tables ----------------------------------------------------------------------------------- */

static void
lint_table(void *context, uint64_t pa, uint64_t bytes, uint64_t at, int level, s2pt_desc link)
{
	struct lint *lint = context;
	struct s2pt_extra_bits extra;

	add_piece(&lint->tables, (struct piece){ pa, bytes, at, link, level });
	if (link.raw == 0)
		return;
	s2pt_desc_strip(lint->format, level - 1, link, &extra);
	if (extra.res0)
		find(lint, RES0, at, bytes / 8 << s2pt_format_level_lg2(lint->format, level), level - 1, link, pa);
}

static void
lint_problem(void *context, enum tree_problem problem, const struct tree_place *place)
{
	static const enum rule rule_of[] = {
		[TREE_ABSENT] = TABLE_ABSENT,
		[TREE_BEYOND] = TABLE_BEYOND,
		[TREE_CIRCLE] = TABLE_CIRCLE,
		[TREE_MANY] = TABLE_MANY,
	};

	find(context, rule_of[problem], place->ipa, place->size, place->level, place->link, place->pa);
}

/* --- What only shows when all is known -------------------------------------------------------- */

static int
by_pa(const void *a, const void *b)
{
	const struct piece *one = a, *other = b;

	if (one->pa != other->pa)
		return one->pa > other->pa ? 1 : -1;
	return (one->ipa > other->ipa) - (one->ipa < other->ipa);
}

static void
sort(struct pieces *pieces)
{
	if (pieces->count > 1)
		qsort(pieces->piece, pieces->count, sizeof(*pieces->piece), by_pa);
}

static void
lint_tables(struct lint *lint)
{
	const struct piece *piece = lint->tables.piece;

	sort(&lint->tables);
	for (size_t i = 1; i < lint->tables.count; i++)
		if (piece[i].pa < piece[i - 1].pa + piece[i - 1].bytes)
			find(lint, TABLE_TWICE, piece[i].ipa, piece[i].bytes, piece[i].level, piece[i].desc,
			     piece[i].pa);
}

/* Of leaves by address, that which reaches furthest of those before is enough to see an overlap. */
static void
lint_aliases(struct lint *lint)
{
	const uint64_t type = TYPE_BITS & (lint->format->feats & S2PT_FEAT_LPA2 ? UINT64_C(15) << 2 : UINT64_MAX);
	const struct piece *far = NULL;

	sort(&lint->leaves);
	for (size_t i = 0; i < lint->leaves.count; i++) {
		const struct piece *piece = &lint->leaves.piece[i];

		if (far && piece->pa < far->pa + far->bytes && ((piece->desc.raw ^ far->desc.raw) & type))
			find(lint, ALIAS, piece->ipa, piece->bytes, piece->level, piece->desc, piece->pa);
		if (!far || piece->pa + piece->bytes > far->pa + far->bytes)
			far = piece;
	}
}

/* Both are sorted; each leaf asks for the first table that does not end before it. */
static void
lint_writable(struct lint *lint)
{
	for (size_t i = 0; i < lint->leaves.count; i++) {
		const struct piece *leaf = &lint->leaves.piece[i];
		size_t low = 0, high = lint->tables.count;

		if (!is_writable(lint->format, leaf->desc))
			continue;
		while (low < high) {
			const size_t middle = low + (high - low) / 2;

			if (lint->tables.piece[middle].pa + lint->tables.piece[middle].bytes <= leaf->pa)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < lint->tables.count && lint->tables.piece[low].pa < leaf->pa + leaf->bytes; low++) {
			const struct piece *table = &lint->tables.piece[low];
			const uint64_t in = table->pa > leaf->pa ? table->pa - leaf->pa : 0;

			find(lint, TABLE_WRITABLE, leaf->ipa + in, table->bytes, leaf->level, leaf->desc, table->pa);
		}
	}
}

/* --- The verb --------------------------------------------------------------------------------- */

static void
lint_all(struct lint *lint, const struct s2pt_walker *walker)
{
	const struct tree_visitor visitor = {
		/* Runs are alike in everything but their address. */
		.attributes = ~UINT64_C(0),
		.run = lint_run,
		.problem = lint_problem,
		.table = lint_table,
		.context = lint,
	};

	if (walker->status != S2PT_OK) {
		find(lint, FAULTS, 0, 0, 0, s2pt_desc_of(0), walker->root.addr);
		return;
	}
	tree_visit(lint->dump, walker, &visitor);
	lint_tables(lint);
	lint_aliases(lint);
	lint_writable(lint);
}

static int
run_words(const struct value *v, char **words, size_t count)
{
	const bool json = v[OPTION_JSON].given;
	struct lint lint = { 0 };
	struct stage2 stage2;
	struct dump dump;
	json_t *report;
	int status = stage2_open(&stage2, &dump, "lint", v + OPTION_OWN, words, count);

	if (status != 0)
		return status;
	report = report_new();
	lint.format = &stage2.format;
	lint.dump = &dump;
	lint.notes = v[OPTION_OWN + LINT_NOTES].given;
	if (json)
		lint.findings = report_add_array(report, "findings");
	lint_all(&lint, &stage2.walker);
	for (unsigned i = 0; i < 3; i++)
		report_add_number(report,
				  i == ERROR     ? "errors"
				  : i == WARNING ? "warnings"
						 : "notes",
				  (int64_t)lint.found[i]);
	report_print(report, json);
	free(lint.leaves.piece);
	free(lint.tables.piece);
	dump_close(&dump);
	return lint.found[ERROR] || lint.found[WARNING] ? EXIT_FOUND : 0;
}

static const struct verb_option options[LINT_END] = {
	STAGE2_OPTIONS,
	[LINT_NOTES] = { "notes", NULL, NULL, "show what is to be known, too", false },
};

const struct verb verb_lint = {
	.name = "lint",
	.summary = "what is wrong with a stage-2 table in a dump",
	.synopsis = "  s2pt lint --vtcr X --vttbr X [--hcr X] [OPTION]... DUMP...\n",
	.words = "DUMP",
	.more = STAGE2_HELP
	"\nEach finding has a rule: errors are reserved-memattr, reserved-sh, block-level, res0, oa-size,\n"
	"table-absent, table-beyond, table-twice, table-circle, table-many, table-writable, group-mixed, group-none,\n"
	"faults; warnings alias, ram-device, cacheable-nsh, exec-device; notes exec-writable, af-clear,\n"
	"nt-set, dbm-alone (--notes). Exit status 1: there are errors or warnings.\n"
	"\nExample:\n"
	"  s2pt lint --vtcr 0x80023558 --vttbr 0x44b58000 --hcr 0x400000000001 guest.elf\n",
	.options = options,
	.count = LINT_END,
	.run_words = run_words,
};
