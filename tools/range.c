/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "range.h"

#include <stdio.h>
#include <string.h>

const char *
range_words(char *buf, size_t size, const struct s2pt_format *format, const struct tree_run *run)
{
	struct s2pt_extra_bits extra;
	const s2pt_desc known = s2pt_desc_strip(format, run->level, run->desc, &extra);
	struct s2pt_leaf leaf;
	const char *at;
	s2pt_pa pa;

	s2pt_text_desc(buf, size, format, run->level, run->desc);
	at = strchr(buf, ' ');
	at = at ? strchr(at + 1, ' ') : NULL;
	if (s2pt_desc_leaf_decode(format, run->level, known, &pa, &leaf) != S2PT_OK)
		snprintf(buf + strlen(buf), size - strlen(buf), " " RANGE_RAW "0x%llx",
			 (unsigned long long)run->desc.raw);
	return at ? at + 1 : "";
}

void
range_problem_words(char *buf, size_t size, enum tree_problem problem, const struct tree_place *place)
{
	static const char *const says[] = {
		[TREE_ABSENT] = "is not in the dump",
		[TREE_BEYOND] = "is beyond the PA size",
		[TREE_CIRCLE] = "is on the way to itself",
		[TREE_MANY] = "is linked again, as many before: this is the end",
	};

	snprintf(buf, size, "the table of level %d at 0x%llx, for IPA 0x%llx on, %s", place->level,
		 (unsigned long long)place->pa, (unsigned long long)place->ipa, says[problem]);
}

void
range_report(json_t *range, const struct s2pt_format *format, const struct tree_run *run)
{
	char words[RANGE_TEXT];

	report_add_hex(range, "ipa", run->ipa, 1);
	report_add_hex(range, "size", run->size, 1);
	report_add_number(range, "level", run->level);
	report_add_text(range, "kind", run->annotation ? "annotation" : "leaf");
	if (!run->annotation) {
		report_add_hex(range, "pa", run->pa, 1);
		report_add_text(range, "text", range_words(words, sizeof(words), format, run));
	}
	report_add_hex(range, "descriptor", run->desc.raw, 16);
}
