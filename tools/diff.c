/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* diff.c: s2pt diff: what two tables map differently, whatever entries they do it with. */
#include "debugfs.h"
#include "fail.h"
#include "grow.h"
#include "range.h"
#include "sequence.h"
#include "stage2.h"
#include "verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DIFF_VTCR_B = STAGE2_END,
	DIFF_VTTBR_B,
	DIFF_HCR_B,
	DIFF_VSTCR_B,
	DIFF_IGNORE,
	DIFF_BBM,
	DIFF_END,
};

/* In what two pieces of a table differ. */
enum {
	MAPPED = 1u << 0, /* one maps memory, the other does not */
	ADDRESS = 1u << 1,
	TYPE = 1u << 2,
	SH = 1u << 3,
	RIGHTS = 1u << 4,
	AF = 1u << 5,
	DIRTY = 1u << 6,    /* write permission where hardware manages it, and DBM */
	SOFTWARE = 1u << 7, /* software bits; annotations */
	OTHER = 1u << 8,    /* PBHA, nT, FnXS; and where an encoding is reserved, any other bit */
	SIZE = 1u << 9,     /* the size of the entry, the Contiguous bit: with --bbm alone */
};

static const struct value_word kinds[] = {
	{ "nothing", 0 },
	{ "mapped", MAPPED },
	{ "address", ADDRESS },
	{ "type", TYPE },
	{ "sh", SH },
	{ "rights", RIGHTS },
	{ "af", AF },
	{ "dirty", DIRTY },
	{ "software", SOFTWARE },
	{ "other", OTHER },
	{ NULL, 0 },
};
static const struct value_rule value_kind_set = { VALUE_SET, 0, kinds };

static const struct verb_option options[DIFF_END] = {
	STAGE2_OPTIONS,
	[DIFF_VTCR_B] = { "vtcr-b", &value_register, "X", "VTCR_EL2 of B (that of A)", false },
	[DIFF_VTTBR_B] = { "vttbr-b", &value_register, "X", "VTTBR_EL2 of B (that of A)", false },
	[DIFF_HCR_B] = { "hcr-b", &value_register, "X", "HCR_EL2 of B (that of A)", false },
	[DIFF_VSTCR_B] = { "vstcr-b", &value_register, "X", "VSTCR_EL2 of B (that of A)", false },
	[DIFF_IGNORE] = { "ignore", &value_kind_set, "LIST", "differences that do not count (nothing):", false },
	[DIFF_BBM] = { "bbm", NULL, NULL, "what it takes to make B of A while guests run", false },
};

/* Everything that a table maps, in order. */
struct side {
	struct stage2 stage2;
	struct dump dump;
	struct tree_run *run;
	size_t count, room;
	size_t at; /* how far the comparison is */
	unsigned problems;
	bool text; /* of debugfs.h: rights and AF alone */
};

/* --- Reading ---------------------------------------------------------------------------------- */

static void
add_run(void *context, const struct tree_run *run)
{
	struct side *side = context;

	if (side->count == side->room) {
		side->room = side->room ? 2 * side->room : 1024;
		side->run = grow(side->run, side->room * sizeof(*side->run));
	}
	side->run[side->count++] = *run;
}

static void
add_problem(void *context, enum tree_problem what, const struct tree_place *place)
{
	struct side *side = context;
	char words[RANGE_TEXT];

	if (side->problems++ < 10) {
		range_problem_words(words, sizeof(words), what, place);
		warn("diff", "%s", words);
	}
}

/* A format in which the words of the text can be compared: the text does not say which it is. */
static int
read_text(struct side *side, const char *name)
{
	const struct s2pt_features cpu = {
		.feats = S2PT_FEAT_XNX | S2PT_FEAT_LPA | S2PT_FEAT_LPA2,
		.pa_bits = 52,
		.granule_4k = true,
		.lpa2_4k = true,
	};
	struct s2pt_config config;
	enum s2pt_status status;

	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.feats = S2PT_FEAT_XNX;
	status = s2pt_format_init(&side->stage2.format, &cpu, &config);
	if (status != S2PT_OK)
		return fail("diff", "%s: %s", s2pt_status_name(status), s2pt_status_text(status));
	side->text = true;
	return debugfs_read("diff", name, add_run, side);
}

static int
read_side(struct side *side, const struct value *values, char *word)
{
	const struct tree_visitor visitor = {
		.attributes = ~UINT64_C(0),
		.run = add_run,
		.problem = add_problem,
		.context = side,
	};
	int status;

	if (debugfs_is(word))
		return read_text(side, word);
	status = stage2_open(&side->stage2, &side->dump, "diff", values, &word, 1);
	if (status == 0 && side->stage2.walker.status != S2PT_OK)
		status = fail("diff", "%s: every access faults: %s: %s", word,
			      s2pt_status_name(side->stage2.walker.status),
			      s2pt_status_text(side->stage2.walker.status));
	if (status == 0)
		tree_visit(&side->dump, &side->stage2.walker, &visitor);
	return status;
}

/* --- Comparing -------------------------------------------------------------------------------- */

/* A piece of the IPA space in which neither table changes what it says. A run that is NULL says nothing. */
struct piece {
	uint64_t ipa, end; /* the first IPA, and the one behind the last */
	const struct tree_run *a, *b;
};

/* The run that holds @ipa, or NULL; and into @end where that ends, if it is before. */
static const struct tree_run *
run_at(struct side *side, uint64_t ipa, uint64_t *end)
{
	const struct tree_run *run;

	while (side->at < side->count && side->run[side->at].ipa + side->run[side->at].size <= ipa)
		side->at++;
	if (side->at == side->count)
		return NULL;
	run = &side->run[side->at];
	if (run->ipa > ipa) {
		*end = run->ipa < *end ? run->ipa : *end;
		return NULL;
	}
	*end = run->ipa + run->size < *end ? run->ipa + run->size : *end;
	return run;
}

/* The memory that a run maps @ipa to. */
static uint64_t
memory_at(const struct tree_run *run, uint64_t ipa)
{
	return run->pa + (ipa - run->ipa);
}

/* What a leaf says; false where an encoding is reserved. */
static bool
leaf_of(const struct side *side, const struct tree_run *run, struct s2pt_leaf *leaf)
{
	struct s2pt_extra_bits extra;
	s2pt_pa pa;
	const s2pt_desc known = s2pt_desc_strip(&side->stage2.format, run->level, run->desc, &extra);

	return s2pt_desc_leaf_decode(&side->stage2.format, run->level, known, &pa, leaf) == S2PT_OK;
}

static unsigned
compare_leaves(const struct s2pt_leaf *a, const struct s2pt_leaf *b)
{
	unsigned what = 0;

	if (a->type != b->type)
		what |= TYPE;
	if (a->sh != b->sh)
		what |= SH;
	if (a->w != b->w && a->dbm && b->dbm)
		what |= DIRTY;
	else if (a->w != b->w)
		what |= RIGHTS;
	if (a->dbm != b->dbm)
		what |= DIRTY;
	if (a->r != b->r || a->x_el1 != b->x_el1 || a->x_el0 != b->x_el0)
		what |= RIGHTS;
	if (a->af != b->af)
		what |= AF;
	if (a->sw != b->sw)
		what |= SOFTWARE;
	/* Another address space is another memory. */
	if (a->ns != b->ns)
		what |= ADDRESS;
	if (a->pbha != b->pbha || a->nt != b->nt || a->fnxs != b->fnxs)
		what |= OTHER;
	return what;
}

/* The same by the bits in which two descriptors differ, where an encoding is reserved. */
static unsigned
compare_bits(const struct s2pt_format *format, uint64_t differ)
{
	const uint64_t type = UINT64_C(15) << 2, sh = format->feats & S2PT_FEAT_LPA2 ? 0 : UINT64_C(3) << 8;

	return (differ & type ? TYPE : 0) | (differ & sh ? SH : 0) | (differ & ~(type | sh | 3) ? OTHER : 0);
}

static bool
is_leaf(const struct tree_run *run)
{
	return run && !run->annotation;
}

/* Where one of the sides has no more than rights and AF. */
static unsigned
compare_text(const struct side *a, const struct side *b, const struct piece *piece)
{
	const uint64_t differ = is_leaf(piece->a) && is_leaf(piece->b) ? piece->a->desc.raw ^ piece->b->desc.raw : 0;
	const uint64_t xnx = a->stage2.format.feats & b->stage2.format.feats & S2PT_FEAT_XNX;
	const uint64_t rights = UINT64_C(3) << 6 | UINT64_C(2) << 53 | (xnx ? UINT64_C(1) << 53 : 0);
	unsigned what = 0;

	if (is_leaf(piece->a) != is_leaf(piece->b))
		what |= MAPPED;
	if (differ & rights)
		what |= RIGHTS;
	if (differ >> 10 & 1)
		what |= AF;
	return what;
}

static unsigned
compare(const struct side *a, const struct side *b, const struct piece *piece)
{
	const uint64_t kept = ~tree_address_bits(&a->stage2.format, S2PT_LEVEL_LAST);
	struct s2pt_leaf one, other;
	unsigned what = 0;

	if (a->text || b->text)
		return compare_text(a, b, piece);
	if (is_leaf(piece->a) != is_leaf(piece->b))
		return MAPPED;
	if (!is_leaf(piece->a))
		return (piece->a ? piece->a->desc.raw : 0) != (piece->b ? piece->b->desc.raw : 0) ? SOFTWARE : 0;
	if (memory_at(piece->a, piece->ipa) != memory_at(piece->b, piece->ipa))
		what |= ADDRESS;
	if (piece->a->level != piece->b->level || ((piece->a->desc.raw ^ piece->b->desc.raw) >> 52 & 1))
		what |= SIZE;
	if (leaf_of(a, piece->a, &one) && leaf_of(b, piece->b, &other))
		return what | compare_leaves(&one, &other);
	return what | compare_bits(&a->stage2.format, (piece->a->desc.raw ^ piece->b->desc.raw) & kept);
}

/* --- What it takes to get from A to B --------------------------------------------------------- */

enum action {
	PUBLISH,
	INVALIDATE,
	BREAK,
};

static const char *const actions[] = {
	[PUBLISH] = "store it: nothing of it is in a TLB",
	[INVALIDATE] = "store it, and invalidate",
	[BREAK] = "break-before-make: store 0, invalidate, store it",
};

/* Is the piece as many entries as A has there, none of them in part? */
static bool
is_whole(const struct s2pt_format *format, const struct piece *piece)
{
	const uint64_t entry = UINT64_C(1) << s2pt_format_level_lg2(format, piece->a->level);

	return !((piece->ipa | piece->end) & (entry - 1));
}

/*
 * D8.16.1: a change of memory type, shareability, output address or size is a break, and so is that of a block to a
 * table; of rights and the rest none.
 */
static enum action
action_for(const struct s2pt_format *format, const struct piece *piece, unsigned what)
{
	if (!is_leaf(piece->a) || !(what & ~(unsigned)SOFTWARE))
		return PUBLISH;
	if ((what & (TYPE | SH | ADDRESS | SIZE)) || !is_whole(format, piece))
		return BREAK;
	/* What has AF = 0 is in no TLB. */
	return what == AF && !(piece->a->desc.raw >> 10 & 1) ? PUBLISH : INVALIDATE;
}

/* The ranges to invalidate: those of one level that meet become one. */
struct stale {
	struct s2pt_tlbi_request *request;
	size_t count;
};

/* What a TLB holds of a part of a block is the block. */
static void
add_stale(struct stale *stale, const struct s2pt_format *format, const struct piece *piece)
{
	struct s2pt_tlbi_request *last = stale->count ? &stale->request[stale->count - 1] : NULL;
	const uint64_t inside = (UINT64_C(1) << s2pt_format_level_lg2(format, piece->a->level)) - 1;
	const uint64_t begin = piece->ipa & ~inside, end = ((piece->end - 1) | inside) + 1;

	if (last && last->ipa.addr + last->size >= begin && last->level == piece->a->level) {
		last->size = end - last->ipa.addr;
		return;
	}
	stale->request = grow(stale->request, (stale->count + 1) * sizeof(*stale->request));
	stale->request[stale->count++] = (struct s2pt_tlbi_request){
		.ipa = s2pt_ipa_of(begin),
		.size = end - begin,
		.level = (int8_t)piece->a->level,
	};
}

/* --- Telling ---------------------------------------------------------------------------------- */

struct teller {
	const struct side *a, *b;
	json_t *list; /* with --json */
	bool bbm;
	struct stale stale;
	size_t count;
	struct piece before; /* that may go on */
	unsigned what;
};

/* @text without its first @count words. */
static const char *
behind_words(const char *text, unsigned count)
{
	for (; count > 0; count--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return text;
}

static void
words_of(const struct side *side, const struct tree_run *run, uint64_t ipa, char *buf, size_t size)
{
	char words[RANGE_TEXT];

	if (!run)
		snprintf(buf, size, "nothing");
	else if (side->text)
		snprintf(buf, size, "level %d %s", run->level,
			 behind_words(range_words(words, sizeof(words), &side->stage2.format, run), 2));
	else if (run->annotation)
		snprintf(buf, size, "annotation 0x%" PRIx64, run->desc.raw);
	else
		snprintf(buf, size, "0x%" PRIx64 " level %d %s", memory_at(run, ipa), run->level,
			 range_words(words, sizeof(words), &side->stage2.format, run));
}

static void
add_name(char *names, size_t size, const char *name)
{
	const size_t length = strlen(names);

	snprintf(names + length, size - length, "%s%s", length ? " " : "", name);
}

static void
tell(struct teller *teller)
{
	const struct piece *piece = &teller->before;
	char names[120] = "", a[RANGE_TEXT + 60], b[RANGE_TEXT + 60];
	enum action action;
	json_t *item;

	if (!teller->what)
		return;
	for (const struct value_word *kind = kinds + 1; kind->word; kind++)
		if (teller->what & kind->is)
			add_name(names, sizeof(names), kind->word);
	if (teller->what & SIZE)
		add_name(names, sizeof(names), "size");
	words_of(teller->a, piece->a, piece->ipa, a, sizeof(a));
	words_of(teller->b, piece->b, piece->ipa, b, sizeof(b));
	action = action_for(&teller->a->stage2.format, piece, teller->what);
	if (teller->bbm && action != PUBLISH)
		add_stale(&teller->stale, &teller->a->stage2.format, piece);
	teller->count++;
	if (!teller->list) {
		printf("0x%012" PRIx64 "..0x%012" PRIx64 "  %s\n", piece->ipa, piece->end - 1, names);
		printf("  A  %s\n  B  %s\n", a, b);
		if (teller->bbm)
			printf("  =  %s\n", actions[action]);
		return;
	}
	item = report_add_item(teller->list);
	report_add_hex(item, "ipa", piece->ipa, 1);
	report_add_hex(item, "size", piece->end - piece->ipa, 1);
	report_add_words(item, "differs", names);
	report_add_text(item, "a", a);
	report_add_text(item, "b", b);
	if (teller->bbm) {
		report_add_text(item, "action", actions[action]);
		report_add_text(item, "ref", "D8.16.1");
	}
}

/* Do the runs of a piece say what those of the one before say, of the memory that follows? */
static bool
same_run(const struct tree_run *one, const struct tree_run *other, const struct side *side)
{
	const uint64_t kept = one ? ~tree_address_bits(&side->stage2.format, one->level) : 0;

	if (!one || !other)
		return one == other;
	if (one->annotation || other->annotation)
		return one->annotation == other->annotation && one->desc.raw == other->desc.raw;
	return one->level == other->level && one->pa - one->ipa == other->pa - other->ipa &&
	       !((one->desc.raw ^ other->desc.raw) & kept);
}

static void
add_piece(struct teller *teller, const struct piece *piece, unsigned what)
{
	if (what && what == teller->what && teller->before.end == piece->ipa &&
	    same_run(teller->before.a, piece->a, teller->a) && same_run(teller->before.b, piece->b, teller->b)) {
		teller->before.end = piece->end;
		return;
	}
	tell(teller);
	teller->before = *piece;
	teller->what = what;
}

static void
compare_all(struct side *a, struct side *b, unsigned ignored, struct teller *teller)
{
	for (struct piece piece = { .end = 0 };;) {
		piece.ipa = piece.end;
		piece.end = UINT64_MAX;
		piece.a = run_at(a, piece.ipa, &piece.end);
		piece.b = run_at(b, piece.ipa, &piece.end);
		if (piece.end == UINT64_MAX)
			break;
		add_piece(teller, &piece, compare(a, b, &piece) & ~ignored);
	}
	tell(teller);
}

/* --- The verb --------------------------------------------------------------------------------- */

static int
diff(struct side *a, struct side *b, const struct value *own, bool json)
{
	json_t *report = report_new();
	struct teller teller = { .a = a, .b = b, .bbm = own[DIFF_BBM].given };
	const struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
	enum s2pt_status status = S2PT_OK;
	const unsigned ignored = (unsigned)own[DIFF_IGNORE].is | (teller.bbm ? 0 : SIZE);

	if (json)
		teller.list = report_add_array(report, "differences");
	compare_all(a, b, ignored, &teller);
	report_add_number(report, "count", (int64_t)teller.count);
	if (teller.stale.count)
		status = sequence_add(report, &a->stage2.format, &params, teller.stale.request, teller.stale.count);
	report_print(report, json);
	free(teller.stale.request);
	if (status != S2PT_OK)
		return fail("diff", "--bbm: %s: %s", s2pt_status_name(status), s2pt_status_text(status));
	return teller.count || a->problems || b->problems ? EXIT_FOUND : 0;
}

static int
run_words(const struct value *v, char **words, size_t count)
{
	static const unsigned of_a[] = { STAGE2_VTCR, STAGE2_VTTBR, STAGE2_HCR, STAGE2_VSTCR };
	const struct value *own = v + OPTION_OWN;
	struct value other[STAGE2_END];
	static struct side a, b;
	int status;

	if (count != 2)
		return fail("diff", "two dumps are compared, and %zu are here; see s2pt diff --help", count);
	memcpy(other, own, sizeof(other));
	for (unsigned i = 0; i < 4; i++)
		if (own[DIFF_VTCR_B + i].given)
			other[of_a[i]] = own[DIFF_VTCR_B + i];
	status = read_side(&a, own, words[0]);
	if (status == 0)
		status = read_side(&b, other, words[1]);
	if (status == 0 && own[DIFF_BBM].given && (a.text || b.text))
		status = fail("diff", "--bbm: what KVM prints has neither memory nor types");
	if (status == 0 && own[DIFF_BBM].given &&
	    s2pt_vtcr_encode(&a.stage2.format) != s2pt_vtcr_encode(&b.stage2.format))
		status = fail("diff", "--bbm: VTCR_EL2 changes, too: stop the guests, and invalidate the VMID");
	if (status == 0)
		status = diff(&a, &b, own, v[OPTION_JSON].given);
	dump_close(&a.dump);
	dump_close(&b.dump);
	free(a.run);
	free(b.run);
	return status;
}

const struct verb verb_diff = {
	.name = "diff",
	.summary = "what two tables map differently",
	.synopsis = "  s2pt diff --vtcr X --vttbr X [--hcr X] [--vttbr-b X] [OPTION]... DUMP_A DUMP_B\n",
	.words = "DUMP",
	.more = STAGE2_HELP
	"\nTables are compared by what they map, not by entries: a block is the same as the pages that it\n"
	"could be. mapped: one of them maps nothing there; dirty: DBM, or S2AP[1] of what has it; other: PBHA,\n"
	"nT, FnXS, or any other bit where an encoding is reserved. With --bbm sizes of entries count, and each\n"
	"difference has what it takes to come from A to B while a CPU walks the table (D8.16.1), without\n"
	"FEAT_BBM; and all together the instructions that invalidate. Exit status 1: there are differences.\n"
	"A dump may also be what Linux's KVM prints of a table into debugfs (stage2_page_tables, or the file of\n"
	"a nested guest): then it is rights and AF that are compared, and what is mapped.\n"
	"\nExample:\n"
	"  s2pt diff --vtcr 0x80023558 --vttbr 0x44b58000 --vttbr-b 0x44d00000 --ignore af guest.elf guest.elf\n",
	.options = options,
	.count = DIFF_END,
	.run_words = run_words,
};
