/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* combine_matrix.c: s2pt combine --matrix. */
#include "combine.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

/* What guests have in MAIR_EL1. */
static const struct {
	uint8_t mair;
	const char *name;
} guests[] = {
	{ 0x00, "Device-nGnRnE" },
	{ 0x04, "Device-nGnRE" },
	{ 0x08, "Device-nGRE" },
	{ 0x0c, "Device-GRE" },
	{ 0x44, "Normal-NC" },
	{ 0xbb, "Normal-WT" },
	{ 0xff, "Normal-WB" },
	{ 0x4f, "Normal-oNC-iWB" },
};

#define GUESTS (sizeof(guests) / sizeof(guests[0]))

/* One mode. */
struct matrix {
	struct s2pt_controls controls;
	uint8_t s1_sh, s2_sh;
	enum s2pt_memtype types[S2PT_MEMTYPE_COUNT]; /* of stage 2 that have an encoding of their own, in order of it */
	uint8_t memattr[S2PT_MEMTYPE_COUNT];
	size_t count;
};

struct cell {
	enum s2pt_status status;
	struct s2pt_combined combined;
	char text[60];
	char means[200];
};

static struct cell
cell_at(const struct matrix *matrix, size_t guest, size_t type)
{
	const struct s2pt_stage1 s1 = { .mair = guests[guest].mair, .sh = matrix->s1_sh };
	const struct s2pt_stage2 s2 = { .memattr = matrix->memattr[type], .sh = matrix->s2_sh };
	struct cell cell = { .text = "-", .means = "" };

	cell.status = s2pt_combine(&matrix->controls, &s1, &s2, &cell.combined);
	if (cell.status == S2PT_ERR_PTW)
		snprintf(cell.text, sizeof(cell.text), "faults");
	if (cell.status != S2PT_OK)
		return cell;
	snprintf(cell.text, sizeof(cell.text), "%s %s", s2pt_kind_name(s2pt_attr_kind(&cell.combined.attr)),
		 s2pt_sh_name(cell.combined.attr.sh));
	s2pt_text_properties(cell.means, sizeof(cell.means), s2pt_attr_properties(&cell.combined.attr));
	return cell;
}

static struct matrix
matrix_of(const struct s2pt_controls *controls, bool fwb, uint8_t s1_sh, uint8_t s2_sh)
{
	struct matrix matrix = { .controls = *controls, .s1_sh = s1_sh, .s2_sh = s2_sh };

	matrix.controls.feats &= ~(s2pt_feats)S2PT_FEAT_S2FWB;
	matrix.controls.feats |= fwb ? S2PT_FEAT_S2FWB : 0;
	for (uint8_t memattr = 0; memattr < 16; memattr++)
		if (s2pt_memattr_decode(matrix.controls.feats, memattr, &matrix.types[matrix.count]) == S2PT_OK)
			matrix.memattr[matrix.count++] = memattr;
	return matrix;
}

static const char *
mode_of(const struct matrix *matrix)
{
	return matrix->controls.feats & S2PT_FEAT_S2FWB ? "with FWB" : "without FWB";
}

/* --- Ways ------------------------------------------------------------------------------------- */

/* Stage 2 goes down: there are more of it than fit beside each other. */
static void
print_text(const struct matrix *matrix)
{
	printf("%s\n  %-26s", mode_of(matrix), "");
	for (size_t guest = 0; guest < GUESTS; guest++)
		printf(guest + 1 < GUESTS ? " %-18s" : " %s", guests[guest].name);
	for (size_t type = 0; type < matrix->count; type++) {
		printf("\n  0x%x %-22s", matrix->memattr[type], s2pt_memtype_name(matrix->types[type]));
		for (size_t guest = 0; guest < GUESTS; guest++)
			printf(guest + 1 < GUESTS ? " %-18s" : " %s", cell_at(matrix, guest, type).text);
	}
	putchar('\n');
}

static void
print_markdown(const struct matrix *matrix)
{
	printf("| MemAttr, %s |", mode_of(matrix));
	for (size_t guest = 0; guest < GUESTS; guest++)
		printf(" %s |", guests[guest].name);
	printf("\n|---|");
	for (size_t guest = 0; guest < GUESTS; guest++)
		printf("---|");
	for (size_t type = 0; type < matrix->count; type++) {
		printf("\n| 0x%x %s |", matrix->memattr[type], s2pt_memtype_name(matrix->types[type]));
		for (size_t guest = 0; guest < GUESTS; guest++)
			printf(" %s |", cell_at(matrix, guest, type).text);
	}
	printf("\n\n");
}

static void
print_csv(const struct matrix *matrix)
{
	for (size_t type = 0; type < matrix->count; type++)
		for (size_t guest = 0; guest < GUESTS; guest++) {
			const struct cell cell = cell_at(matrix, guest, type);
			const bool ok = cell.status == S2PT_OK;

			printf("%d,0x%02x,%s,", (matrix->controls.feats & S2PT_FEAT_S2FWB) != 0, guests[guest].mair,
			       guests[guest].name);
			printf("%u,%s,", matrix->memattr[type], s2pt_memtype_name(matrix->types[type]));
			printf("%s,%s,%s\n", ok ? s2pt_kind_name(s2pt_attr_kind(&cell.combined.attr)) : cell.text,
			       ok ? s2pt_sh_name(cell.combined.attr.sh) : "-", ok ? cell.means : "-");
		}
}

static void
add_json(const struct matrix *matrix, json_t *cells)
{
	for (size_t type = 0; type < matrix->count; type++)
		for (size_t guest = 0; guest < GUESTS; guest++) {
			const struct cell cell = cell_at(matrix, guest, type);
			json_t *item = report_add_item(cells);

			report_add_flag(item, "fwb", matrix->controls.feats & S2PT_FEAT_S2FWB);
			report_add_hex(item, "s1_mair", guests[guest].mair, 2);
			report_add_text(item, "stage1", guests[guest].name);
			report_add_number(item, "memattr", matrix->memattr[type]);
			report_add_text(item, "stage2", s2pt_memtype_name(matrix->types[type]));
			report_add_text(item, "status", s2pt_status_name(cell.status));
			if (cell.status != S2PT_OK)
				continue;
			report_add_text(item, "kind", s2pt_kind_name(s2pt_attr_kind(&cell.combined.attr)));
			report_add_text(item, "sh", s2pt_sh_name(cell.combined.attr.sh));
			report_add_words(item, "means", cell.means);
		}
}

/* The class of a cell is its kind: the style gives each a colour in both schemes, and the words say it anyway. */
static void
print_html(const struct matrix *matrix)
{
	printf("<h2>%s</h2>\n<div class=\"scroll\"><table>\n<tr><th scope=\"col\">MemAttr</th>", mode_of(matrix));
	for (size_t guest = 0; guest < GUESTS; guest++)
		printf("<th scope=\"col\">%s</th>", guests[guest].name);
	printf("</tr>\n");
	for (size_t type = 0; type < matrix->count; type++) {
		printf("<tr><th scope=\"row\" title=\"%s\">0x%x %s</th>",
		       combine_rule(matrix->controls.feats, matrix->types[type]), matrix->memattr[type],
		       s2pt_memtype_name(matrix->types[type]));
		for (size_t guest = 0; guest < GUESTS; guest++) {
			const struct cell cell = cell_at(matrix, guest, type);

			printf("<td class=\"%.*s\" tabindex=\"0\" title=\"%s\">%s</td>", (int)strcspn(cell.text, " "),
			       cell.text, cell.means, cell.text);
		}
		printf("</tr>\n");
	}
	printf("</table></div>\n");
}

/* tools/matrix.html, which the build makes an array of: the tables stand where it says @TABLES@. */
extern const char matrix_html[];

#define TABLES "@TABLES@"

/* --- All of it -------------------------------------------------------------------------------- */

int
combine_matrix(const struct s2pt_controls *controls, bool with, bool without, uint8_t s1_sh, uint8_t s2_sh,
	       enum combine_way way)
{
	static void (*const prints[])(const struct matrix *) = {
		[COMBINE_TEXT] = print_text,
		[COMBINE_MARKDOWN] = print_markdown,
		[COMBINE_CSV] = print_csv,
		[COMBINE_HTML] = print_html,
	};
	const char *const tables = strstr(matrix_html, TABLES);
	json_t *report = report_new(), *cells = way == COMBINE_JSON ? report_add_array(report, "cells") : NULL;

	if (way == COMBINE_CSV)
		printf("fwb,s1_mair,stage1,memattr,stage2,kind,sh,means\n");
	if (way == COMBINE_HTML)
		printf("%.*s<p>SH of stage 1 is %s, and of stage 2 %s.</p>\n", (int)(tables - matrix_html), matrix_html,
		       s2pt_sh_name((enum s2pt_sh)s1_sh), s2pt_sh_name((enum s2pt_sh)s2_sh));
	for (int fwb = 0; fwb < 2; fwb++) {
		const struct matrix matrix = matrix_of(controls, fwb != 0, s1_sh, s2_sh);

		/* (Neither asks for both.) */
		if (fwb ? without : with)
			continue;
		if (way == COMBINE_JSON)
			add_json(&matrix, cells);
		else
			prints[way](&matrix);
	}
	if (way == COMBINE_HTML)
		printf("%s", tables + strlen(TABLES));
	if (way == COMBINE_JSON)
		return report_print(report, true);
	json_decref(report);
	return 0;
}
