/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* walk.c: s2pt walk. */
#include "dump.h"
#include "fail.h"
#include "report.h"
#include "stage2.h"
#include "verb.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WALK_ACCESS = STAGE2_END,
	WALK_EL0,
	WALK_TCR,
	WALK_TTBR0,
	WALK_TTBR1,
	WALK_MAIR,
	WALK_SCTLR,
	WALK_END,
};

static const struct value_word accesses[] = {
	{ "read", S2PT_FAULT_READ },
	{ "write", S2PT_FAULT_WRITE },
	{ "fetch", S2PT_FAULT_FETCH },
	{ NULL, 0 },
};
static const struct value_rule value_walk_access = { VALUE_CHOICE, 0, accesses };

static const struct verb_option options[WALK_END] = {
	STAGE2_OPTIONS,
	[WALK_ACCESS] = { "access", &value_walk_access, "KIND", "of the guest (read):", false },
	[WALK_EL0] = { "el0", NULL, NULL, "... at EL0, not EL1", false },
	[WALK_TCR] = { "tcr", &value_register, "X", "TCR_EL1: the addresses are VAs, and stage 1 is on", false },
	[WALK_TTBR0] = { "ttbr0", &value_register, "X", "TTBR0_EL1", false },
	[WALK_TTBR1] = { "ttbr1", &value_register, "X", "TTBR1_EL1", false },
	[WALK_MAIR] = { "mair", &value_register, "X", "MAIR_EL1", false },
	[WALK_SCTLR] = { "sctlr", &value_register, "X", "SCTLR_EL1 (0x1005: M, C and I)", false },
};

/* What all walks of a run have in common. */
struct walk {
	struct stage2 stage2;
	struct dump dump;
	struct s2pt_reader reader;
	struct s2pt_walk_access access;
	bool both; /* addresses are VAs */
	struct s2pt_stage1_regs stage1;
};

struct rights {
	char text[4];
};

/* "rwx", with '-' for what is not allowed. */
static struct rights
rights_of(unsigned rights)
{
	return (struct rights){ { rights & S2PT_RIGHT_READ ? 'r' : '-', rights & S2PT_RIGHT_WRITE ? 'w' : '-',
				  rights & S2PT_RIGHT_EXEC ? 'x' : '-', '\0' } };
}

/* --- Text ------------------------------------------------------------------------------------- */

static void
print_notes(const struct s2pt_walk *walk, const char *indent)
{
	for (unsigned bit = 0; bit < S2PT_WALK_NOTE_COUNT; bit++)
		if (walk->notes >> bit & 1u)
			printf("%snote: %s: %s\n", indent, s2pt_walk_note_name(1u << bit),
			       s2pt_walk_note_text(1u << bit));
}

/* Descriptors of stage 1 are given as numbers: words are for those of stage 2. */
static void
print_step(const struct walk *walk, const struct s2pt_walk_step *step, bool stage1, const char *indent)
{
	char text[400];

	if (stage1)
		snprintf(text, sizeof(text), "level %d 0x%" PRIx64 ": stage-1 descriptor 0x%" PRIx64, step->level,
			 step->address, step->desc.raw);
	else
		s2pt_text_walk_step(text, sizeof(text), &walk->stage2.format, step);
	printf("%s%s\n", indent, text);
}

/* The steps, the notes, and how it ends. */
static void
print_walk(const struct walk *walk, const struct s2pt_walk *one, bool stage1, const char *indent)
{
	char text[300];

	for (unsigned n = 0; n < one->steps; n++)
		print_step(walk, &one->step[n], stage1, indent);
	if (one->off)
		printf("%sno translation: stage %d is off\n", indent, stage1 ? 1 : 2);
	print_notes(one, indent);
	if (one->faults) {
		s2pt_text_fault(text, sizeof(text), &one->fault);
		printf("%s%s%s\n", indent, stage1 ? "stage 1: " : "", text);
		if (one->fault.kind == S2PT_FAULT_WALK_ABORT)
			printf("%sthe descriptor at 0x%" PRIx64 " is not in the dump\n", indent,
			       one->step[one->steps].address);
		return;
	}
	printf("%s%s 0x%" PRIx64 ", EL1 %s, EL0 %s\n", indent, stage1 ? "IPA" : "PA", one->output,
	       rights_of(one->el1).text, rights_of(one->el0).text);
	if (one->updates)
		printf("%sfor this access hardware changes the bits 0x%" PRIx64 " of the last descriptor\n", indent,
		       one->updates);
}

static void
print_va(const struct walk *walk, const struct s2pt_va_walk *both)
{
	char text[200];

	for (unsigned n = 0; n < both->fetches; n++) {
		printf("  stage 1, table of step %u:\n", n + 1);
		print_walk(walk, &both->fetch[n], false, "    ");
		if (n < both->s1.steps)
			print_step(walk, &both->s1.step[n], true, "  ");
	}
	if (both->s1.faults && both->fault != &both->s1)
		return;
	printf("  stage 1:\n");
	print_walk(walk, &both->s1, true, "    ");
	if (both->s1.faults)
		return;
	printf("  stage 2:\n");
	print_walk(walk, &both->s2, false, "    ");
	if (both->fault)
		return;
	if (both->status == S2PT_OK)
		s2pt_text_attr(text, sizeof(text), &both->combined.attr);
	else
		snprintf(text, sizeof(text), "%s", s2pt_status_text(both->status));
	printf("  memory type: %s\n", text);
	if (both->has_par)
		printf("  PAR_EL1 0x%" PRIx64 "\n", both->par);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void
add_steps(json_t *report, const struct walk *walk, const struct s2pt_walk *one, bool stage1)
{
	json_t *steps = report_add_array(report, "steps");
	char text[400];

	for (unsigned n = 0; n < one->steps; n++) {
		json_t *step = report_add_item(steps);

		report_add_number(step, "level", one->step[n].level);
		report_add_hex(step, "address", one->step[n].address, 1);
		report_add_hex(step, "descriptor", one->step[n].desc.raw, 16);
		if (stage1)
			continue;
		s2pt_text_desc(text, sizeof(text), &walk->stage2.format, one->step[n].level, one->step[n].desc);
		report_add_text(step, "text", text);
	}
}

static void
add_fault(json_t *result, const struct s2pt_fault *fault, int stage)
{
	struct s2pt_fault_regs regs;
	char text[300];

	report_add_text(result, "status", s2pt_fault_kind_name(fault->kind));
	report_add_text(result, "kind", s2pt_fault_kind_name(fault->kind));
	report_add_number(result, "level", fault->level);
	report_add_number(result, "stage", stage);
	s2pt_text_fault(text, sizeof(text), fault);
	report_add_text(result, "text", text);
	if (stage == 1 || s2pt_fault_encode(fault, &regs) != S2PT_OK)
		return;
	report_add_hex(result, "esr", regs.esr, 1);
	if (fault->ipa_known)
		report_add_hex(result, "hpfar", regs.hpfar, 1);
}

static void
add_notes(json_t *result, uint32_t notes)
{
	char text[200];

	s2pt_text_walk_notes(text, sizeof(text), notes);
	report_add_words(result, "notes", text);
}

static void
add_result(json_t *report, const struct s2pt_walk *one, int stage)
{
	json_t *result = report_add_object(report, "result");

	if (one->faults) {
		add_fault(result, &one->fault, stage);
		if (one->fault.kind == S2PT_FAULT_WALK_ABORT)
			report_add_hex(result, "absent", one->step[one->steps].address, 1);
	} else {
		report_add_text(result, "status", "ok");
		report_add_hex(result, stage == 1 ? "ipa" : "pa", one->output, 1);
		if (one->steps)
			report_add_number(result, "level", one->step[one->steps - 1u].level);
		report_add_flag(result, "translated", !one->off);
		report_add_hex(result, "size", one->lg2 ? UINT64_C(1) << one->lg2 : 0, 1);
		report_add_number(result, "memattr", one->s2.memattr);
		report_add_number(result, "sh", one->s2.sh);
		report_add_text(result, "el1", rights_of(one->el1).text);
		report_add_text(result, "el0", rights_of(one->el0).text);
		report_add_hex(result, "updates", one->updates, 1);
	}
	add_notes(result, one->notes);
}

/* Of both stages: the end as of one, and each stage apart. */
static void
add_va(json_t *report, const struct walk *walk, const struct s2pt_va_walk *both)
{
	const struct s2pt_walk *end = both->fault ? both->fault : &both->s2;
	json_t *part, *fetches;

	add_steps(report, walk, end, end == &both->s1);
	add_result(report, end, end == &both->s1 ? 1 : 2);
	part = report_add_object(report, "stage1");
	add_steps(part, walk, &both->s1, true);
	if (!both->s1.faults)
		report_add_hex(part, "ipa", both->s1.output, 1);
	fetches = report_add_array(part, "tables");
	for (unsigned n = 0; n < both->fetches; n++) {
		json_t *fetch = report_add_item(fetches);

		report_add_hex(fetch, "ipa", both->fetch[n].input, 1);
		add_steps(fetch, walk, &both->fetch[n], false);
	}
	if (both->has_par)
		report_add_hex(report, "par", both->par, 1);
}

/* --- The verb --------------------------------------------------------------------------------- */

/* Is something wrong with the tables, or reserved? A fault that a table may well have is an answer. */
static bool
is_wrong(const struct s2pt_walk *walk)
{
	const uint32_t reserved = S2PT_WALK_NOTE_T0SZ | S2PT_WALK_NOTE_ROOT | S2PT_WALK_NOTE_RES0 |
				  S2PT_WALK_NOTE_MEMATTR | S2PT_WALK_NOTE_SH | S2PT_WALK_NOTE_CONTIGUOUS |
				  S2PT_WALK_NOTE_OA;

	return (walk->notes & reserved) || (walk->faults && (walk->fault.kind == S2PT_FAULT_WALK_ABORT ||
							     walk->fault.kind == S2PT_FAULT_ADDRESS_SIZE));
}

/* Walk for one address, and print it, or add it to @report. Returns whether something is wrong. */
static bool
walk_one(struct walk *walk, uint64_t address, json_t *report)
{
	const struct stage2 *const stage2 = &walk->stage2;
	static struct s2pt_va_walk both;
	struct s2pt_walk one;

	if (report)
		report_add_hex(report, walk->both ? "va" : "ipa", address, 1);
	else
		printf("%s 0x%" PRIx64 "\n", walk->both ? "VA" : "IPA", address);
	if (walk->both) {
		s2pt_walk_va(&stage2->cpu, &walk->stage1, &stage2->walker, &walk->reader, &walk->access, address,
			     &both);
		if (report)
			add_va(report, walk, &both);
		else
			print_va(walk, &both);
		return is_wrong(both.fault ? both.fault : &both.s2) || is_wrong(&both.s1);
	}
	s2pt_walk_stage2(&stage2->walker, &walk->reader, &walk->access, s2pt_ipa_of(address), &one);
	if (report) {
		add_steps(report, walk, &one, false);
		add_result(report, &one, 2);
	} else {
		print_walk(walk, &one, false, "  ");
	}
	return is_wrong(&one);
}

static int
walk_all(struct walk *walk, const uint64_t *addresses, size_t count, bool json)
{
	json_t *report = json ? report_new() : NULL, *walks = NULL;
	bool wrong = false;

	if (json && count > 1)
		walks = report_add_array(report, "walks");
	for (size_t i = 0; i < count; i++)
		wrong |= walk_one(walk, addresses[i], walks ? report_add_item(walks) : report);
	if (json)
		report_print(report, true);
	return wrong ? EXIT_FOUND : 0;
}

/* The words are dumps, and then addresses; what is both is refused by naming it. */
static int
count_dumps(char **words, size_t count, size_t *dumps)
{
	uint64_t number;

	for (*dumps = 0; *dumps < count; ++*dumps) {
		if (!value_address(batch_text_of(words[*dumps]), &number))
			continue;
		if (access(words[*dumps], F_OK) == 0)
			return fail("walk", "%s is an address, and a file: write 0x%s, or ./%s",
				    fail_quote(batch_text_of(words[*dumps])).text, words[*dumps], words[*dumps]);
		break;
	}
	return 0;
}

static int
run_words(const struct value *v, char **words, size_t count)
{
	const struct value *own = v + OPTION_OWN;
	size_t dumps;
	struct walk walk = {
		.access = { .kind = (enum s2pt_fault_access)own[WALK_ACCESS].is, .el0 = own[WALK_EL0].given },
		.both = own[WALK_TCR].given,
		.stage1 = { .sctlr = value_or(own[WALK_SCTLR], 0x1005),
			    .tcr = own[WALK_TCR].is,
			    .mair = own[WALK_MAIR].is,
			    .ttbr0 = own[WALK_TTBR0].is,
			    .ttbr1 = own[WALK_TTBR1].is },
	};
	uint64_t *addresses;
	int status = count_dumps(words, count, &dumps);

	if (status != 0)
		return status;
	for (unsigned i = WALK_TTBR0; i <= WALK_SCTLR; i++)
		if (own[i].given && !walk.both)
			return fail("walk", "--%s goes with --tcr", options[i].name);
	if (dumps == count && count > 1 && isdigit((unsigned char)words[count - 1][0]))
		return fail("walk", "%s is not an address, 64 bits of hexadecimal",
			    fail_quote(batch_text_of(words[count - 1])).text);
	if (dumps == 0 || dumps == count)
		return fail("walk", "%s is missing; see s2pt walk --help", dumps ? "the address" : "DUMP");
	addresses = calloc(count - dumps, sizeof(*addresses));
	if (!addresses)
		return fail("walk", "there is no memory");
	for (size_t i = dumps; i < count && status == 0; i++)
		if (!value_address(batch_text_of(words[i]), &addresses[i - dumps]))
			status = fail("walk", "%s is not an address, 64 bits of hexadecimal; dumps come first",
				      fail_quote(batch_text_of(words[i])).text);
	if (status == 0)
		status = stage2_open(&walk.stage2, &walk.dump, "walk", own, words, dumps);
	if (status == 0) {
		walk.reader = (struct s2pt_reader){ dump_read, &walk.dump };
		status = walk_all(&walk, addresses, count - dumps, v[OPTION_JSON].given);
		dump_close(&walk.dump);
	}
	free(addresses);
	return status;
}

const struct verb verb_walk = {
	.name = "walk",
	.summary = "what a CPU makes of an address, by the tables in a dump",
	.synopsis = "  s2pt walk --vtcr X --vttbr X [--hcr X] [OPTION]... DUMP... IPA...\n"
		    "  s2pt walk --vtcr X --vttbr X [--hcr X] --tcr X --ttbr0 X --ttbr1 X --mair X DUMP... VA...\n",
	.words = "DUMP",
	.more = STAGE2_HELP
	"\nEvery step is shown, and the memory and rights at its end, or the fault that the CPU takes.\n"
	"With --tcr the address is a guest's VA: each table of stage 1 is found through stage 2, and\n"
	"what both stages together give is said as AT S12E1R would report it. Where the architecture\n"
	"leaves a choice a note says so. Exit status 1: a table is not in the dump, an output\n"
	"address is too large, or something is reserved; other faults are answers. --json writes one\n"
	"object, in which several addresses are an array, walks; absent is where a table is not in the dump.\n"
	"\nExample:\n"
	"  s2pt walk --vtcr 0x80023558 --vttbr 0x44b58000 --hcr 0x400000000001 guest.elf 0x40201000\n",
	.options = options,
	.count = WALK_END,
	.run_words = run_words,
};
