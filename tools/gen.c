/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* gen.c: s2pt gen: tables from a layout. */
#include "fail.h"
#include "layout.h"
#include "plan.h"
#include "report.h"
#include "stage2.h"
#include "verb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	GEN_BASE = STAGE2_END,
	GEN_VMID,
	GEN_GRANULE,
	GEN_IPA,
	GEN_PA,
	GEN_DS,
	GEN_FWB,
	GEN_RAW,
	GEN_C,
	GEN_ASM,
	GEN_NAME,
	GEN_END,
};

/* clang-format off */
static const struct verb_option options[GEN_END] = {
	STAGE2_OPTIONS,
	[GEN_BASE] = { "base", &value_register, "X", "where the tables will lie; without --vttbr", false },
	[GEN_VMID] = { "vmid", &value_vmid, "N", "... and their VMID (0)", false },
	[GEN_GRANULE] = { "granule", &value_granule, "SIZE", "without --vtcr: (4k)", false },
	[GEN_IPA] = { "ipa", &value_byte, "N", "... IPA size in bits (the largest)", false },
	[GEN_PA] = { "pa", &value_pa_size, "N", "... PA size in bits (48)", false },
	[GEN_DS] = { "ds", NULL, NULL, "... VTCR_EL2.DS = 1", false },
	[GEN_FWB] = { "fwb", NULL, NULL, "... HCR_EL2.FWB = 1", false },
	[GEN_RAW] = { "raw", &value_file, "FILE", "write the tables there, as they lie in memory", false },
	[GEN_C] = { "c", NULL, NULL, "print them as a C array", false },
	[GEN_ASM] = { "asm", NULL, NULL, "print them for an assembler", false },
	[GEN_NAME] = { "name", &value_file, "WORD", "what --c and --asm call them (s2_tables)", false },
};
/* clang-format on */

/* What is to be made. */
struct gen {
	struct s2pt_format format;
	uint64_t vtcr, vttbr, hcr;
	struct layout_tables tables;
};

/* --- The format ------------------------------------------------------------------------------- */

static int
read_registers(struct gen *gen, const struct value *own)
{
	struct stage2 stage2;
	const int status = stage2_read(&stage2, "gen", own);

	if (status != 0)
		return status;
	if (stage2.walker.status != S2PT_OK)
		return fail("gen", "every access faults: %s: %s", s2pt_status_name(stage2.walker.status),
			    s2pt_status_text(stage2.walker.status));
	gen->format = stage2.format;
	gen->vtcr = own[STAGE2_VTCR].is;
	gen->vttbr = own[STAGE2_VTTBR].is;
	gen->hcr = value_or(own[STAGE2_HCR], 1);
	gen->tables.base = stage2.walker.root.addr;
	return 0;
}

static int
make_registers(struct gen *gen, const struct value *own)
{
	const struct plan plan = {
		.granule = (enum s2pt_granule)value_or(own[GEN_GRANULE], S2PT_GRANULE_4K),
		.space = (enum s2pt_space)own[STAGE2_SPACE].is,
		.ipa_largest = !own[GEN_IPA].given,
		.ipa_bits = (uint8_t)own[GEN_IPA].is,
		.pa_bits = (uint8_t)value_or(own[GEN_PA], 48),
		.start_level = VALUE_LEVEL_AUTO,
		.feats = own[STAGE2_FEATURES].is | (own[GEN_DS].given ? S2PT_FEAT_LPA2 : 0) |
			 (own[GEN_FWB].given ? S2PT_FEAT_S2FWB : 0) | value_space_feats[own[STAGE2_SPACE].is],
	};
	const struct s2pt_vttbr vttbr = { s2pt_pa_of(own[GEN_BASE].is), (uint16_t)own[GEN_VMID].is, false };
	enum s2pt_status status = plan_format(&plan, &gen->format);

	if (status == S2PT_OK)
		status = s2pt_vttbr_encode(&gen->format, &vttbr, &gen->vttbr);
	if (status != S2PT_OK)
		return fail("gen", "%s: %s", s2pt_status_name(status), s2pt_status_text(status));
	gen->vtcr = s2pt_vtcr_encode(&gen->format);
	gen->hcr = 1 | (own[GEN_FWB].given ? UINT64_C(1) << 46 : 0);
	gen->tables.base = own[GEN_BASE].is;
	return 0;
}

/* --- What is written -------------------------------------------------------------------------- */

static int
write_raw(const struct layout_tables *tables, const char *name)
{
	FILE *const file = fopen(name, "wb");
	bool written = file != NULL;

	for (uint64_t i = 0; written && i < tables->bytes / 8; i++) {
		unsigned char bytes[8];

		for (unsigned n = 0; n < 8; n++)
			bytes[n] = (unsigned char)(tables->entry[i] >> 8 * n);
		written = fwrite(bytes, sizeof(bytes), 1, file) == 1;
	}
	if (file && fclose(file) != 0)
		written = false;
	if (written)
		return 0;
	fail("gen", "cannot write %s: %s", fail_quote(batch_text_of(name)).text, strerror(errno));
	return EXIT_IO;
}

/* What sources begin with. */
static void
print_heading(const struct gen *gen)
{
	printf("/* Made by s2pt gen, for the physical address 0x%" PRIx64 " and HCR_EL2 0x%" PRIx64 ". */\n",
	       gen->tables.base, gen->hcr);
}

static void
print_c(const struct gen *gen, const char *name)
{
	const struct layout_tables *const tables = &gen->tables;

	print_heading(gen);
	printf("#include <stdint.h>\n\n");
	printf("const uint64_t %s_vtcr_el2 = UINT64_C(0x%" PRIx64 ");\n", name, gen->vtcr);
	printf("const uint64_t %s_vttbr_el2 = UINT64_C(0x%" PRIx64 ");\n\n", name, gen->vttbr);
	printf("uint64_t %s[%" PRIu64 "] __attribute__((aligned(%u))) = {\n", name, tables->bytes / 8,
	       1u << gen->format.root_align_lg2);
	for (uint64_t i = 0; i < tables->bytes / 8; i++)
		if (tables->entry[i])
			printf("\t[%" PRIu64 "] = UINT64_C(0x%016" PRIx64 "),\n", i, tables->entry[i]);
	printf("};\n");
}

static void
print_asm(const struct gen *gen, const char *name)
{
	const struct layout_tables *const tables = &gen->tables;
	uint64_t zeros = 0;

	print_heading(gen);
	printf("\t.set\t%s_vtcr_el2, 0x%" PRIx64 "\n\t.set\t%s_vttbr_el2, 0x%" PRIx64 "\n", name, gen->vtcr, name,
	       gen->vttbr);
	printf("\t.globl\t%s, %s_vtcr_el2, %s_vttbr_el2\n\t.data\n\t.balign\t%u\n%s:\n", name, name, name,
	       1u << gen->format.root_align_lg2, name);
	for (uint64_t i = 0; i < tables->bytes / 8; i++) {
		if (!tables->entry[i]) {
			zeros += 8;
			continue;
		}
		if (zeros)
			printf("\t.zero\t%" PRIu64 "\n", zeros);
		zeros = 0;
		printf("\t.quad\t0x%016" PRIx64 "\n", tables->entry[i]);
	}
	if (zeros)
		printf("\t.zero\t%" PRIu64 "\n", zeros);
}

static void
print_report(const struct gen *gen, bool json)
{
	json_t *report = report_new();
	char text[500];

	s2pt_text_format(text, sizeof(text), &gen->format);
	report_add_text(report, "format", text);
	report_add_hex(report, "vtcr_el2", gen->vtcr, 16);
	report_add_hex(report, gen->format.space == S2PT_SPACE_SECURE ? "vsttbr_el2" : "vttbr_el2", gen->vttbr, 16);
	report_add_hex(report, "hcr_el2", gen->hcr, 16);
	report_add_hex(report, "base", gen->tables.base, 1);
	report_add_number(report, "bytes", (int64_t)gen->tables.bytes);
	report_add_number(report, "pages", (int64_t)(gen->tables.bytes >> gen->format.granule_lg2));
	report_print(report, json);
}

/* --- The verb --------------------------------------------------------------------------------- */

static const char *
missing(const struct value *own)
{
	if (own[STAGE2_SYMBOL].given)
		return "--symbol goes with a dump";
	if (own[STAGE2_VTCR].given) {
		for (unsigned i = GEN_BASE; i <= GEN_FWB; i++)
			if (own[i].given)
				return "--base, --vmid, --granule, --ipa, --pa, --ds and --fwb do not go with --vtcr";
		return NULL;
	}
	if (own[STAGE2_VTTBR].given || own[STAGE2_HCR].given || own[STAGE2_VSTCR].given || own[STAGE2_CPU_PA].given)
		return "--vttbr, --hcr, --vstcr and --cpu-pa go with --vtcr";
	return own[GEN_BASE].given ? NULL : "--base is missing, or --vtcr and --vttbr; see s2pt gen --help";
}

static bool
is_identifier(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	return name[strspn(name, letters)] == '\0' && (name[0] < '0' || name[0] > '9');
}

static int
run_words(const struct value *v, char **words, size_t count)
{
	const struct value *own = v + OPTION_OWN;
	const char *const name = own[GEN_NAME].given ? own[GEN_NAME].text : "s2_tables";
	const char *const problem = missing(own);
	static struct gen gen;
	int status;

	if (problem)
		return fail("gen", "%s", problem);
	if (count > 1)
		return fail("gen", "%s is one operand too many; see s2pt gen --help",
			    fail_quote(batch_text_of(words[1])).text);
	if (own[GEN_C].given + own[GEN_ASM].given + v[OPTION_JSON].given > 1)
		return fail("gen", "--c, --asm and --json do not go together");
	if (!is_identifier(name))
		return fail("gen", "--name: %s is not a name of C", fail_quote(batch_text_of(name)).text);
	status = own[STAGE2_VTCR].given ? read_registers(&gen, own) : make_registers(&gen, own);
	if (status == 0)
		status = layout_build(&gen.tables, "gen", words[0], &gen.format, gen.tables.base);
	if (status != 0)
		return status;
	if (own[GEN_RAW].given)
		status = write_raw(&gen.tables, own[GEN_RAW].text);
	if (status == 0 && own[GEN_C].given)
		print_c(&gen, name);
	else if (status == 0 && own[GEN_ASM].given)
		print_asm(&gen, name);
	else if (status == 0)
		print_report(&gen, v[OPTION_JSON].given);
	free(gen.tables.entry);
	return status;
}

const struct verb verb_gen = {
	.name = "gen",
	.summary = "tables from a layout, a line a region",
	.synopsis = "  s2pt gen --base X [--granule SIZE] [--ipa N] [OPTION]... [--raw FILE] [--c | --asm] LAYOUT\n"
		    "  s2pt gen --vtcr X --vttbr X [--hcr X] [OPTION]... LAYOUT\n",
	.words = "LAYOUT",
	.more = "\nLAYOUT is a file, or - for standard input: a line a region,\n"
		"    IPA..LAST PA WORD...             LAST is its last byte; or IPA +SIZE: as large leaves as fit\n"
		"    IPA..LAST level N PA WORD...     entries of that level, as they stand there\n"
		"    IPA..LAST level N annotation X   invalid entries that are not 0\n"
		"so that what s2pt map prints is one: as text, or as CSV, which has no columns for nT, FnXS, NS,\n"
		"PBHA, IGNORED and RES0 bits. A WORD is a memory type, NSH, OSH or ISH, rights (rw, r-, -w, --),\n"
		"EL1:x, EL0:x, x for both, AF, no-AF, DBM, contiguous, nT, FnXS, NS, sw=N, pbha=X, IGNORED=X,\n"
		"RES0=X; or of an entry with a reserved encoding raw=X, its bits. All are normal-wb and ISH, and a\n"
		"region (without level) is accessed, where their words do not say otherwise; they have no right that\n"
		"these do not give. What stands behind # does not count.\n"
		"\nExamples:\n"
		"  printf '40000000 +1G 80000000 rw x\\n09000000 +64K 09000000 device-nGnRE rw\\n' |\n"
		"      s2pt gen --base 0x44000000 --ipa 40 --raw tables.bin -\n"
		"  s2pt map --vtcr X --vttbr X dump.elf | s2pt gen --vtcr X --vttbr X --c -\n",
	.options = options,
	.count = GEN_END,
	.run_words = run_words,
};
