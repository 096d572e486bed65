/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "debugfs.h"
#include "fail.h"
#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEADING "---[ Guest IPA ]---"

/* Words of a range, and the bits of a descriptor that they stand for. XN of older kernels is never-execute. */
static const struct {
	const char *word;
	uint64_t bits;
} words[] = {
	{ "R", UINT64_C(1) << 6 },
	{ "W", UINT64_C(1) << 7 },
	{ "px ux", 0 },
	{ "PXNux", UINT64_C(1) << 53 },
	{ "PXNUXN", UINT64_C(2) << 53 },
	{ "px UXN", UINT64_C(3) << 53 },
	{ "XN", UINT64_C(2) << 53 },
	{ "AF", UINT64_C(1) << 10 },
	{ "BLK", 0 },
};

bool
debugfs_is(const char *name)
{
	FILE *file = fopen(name, "r");
	char line[sizeof(HEADING)] = "";
	bool is;

	if (!file)
		return false;
	is = fgets(line, sizeof(line), file) && strcmp(line, HEADING) == 0;
	fclose(file);
	return is;
}

/* The bits that the words at @text stand for; false where one is not known. */
static bool
read_words(const char *text, uint64_t *bits)
{
	*bits = 0;
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t i = 0, length = 0;

		for (; i < sizeof(words) / sizeof(words[0]); i++) {
			length = strlen(words[i].word);
			if (strncmp(text, words[i].word, length) == 0 && (text[length] == ' ' || !text[length]))
				break;
		}
		if (i == sizeof(words) / sizeof(words[0]))
			return false;
		*bits |= words[i].bits;
		text += length;
	}
	return true;
}

/* "0xFIRST-0xEND  SIZE LEVEL  WORDS"; F, or no word: nothing is mapped there. Returns whether it is a range. */
static bool
read_line(const char *line, struct tree_run *run)
{
	unsigned long long first, end;
	int level, used = 0;
	uint64_t bits;

	if (sscanf(line, "0x%llx-0x%llx %*[0-9]%*[KMGTPE] %d%n", &first, &end, &level, &used) != 3 || !used)
		return false;
	if (end <= first || level < S2PT_LEVEL_FIRST || level > S2PT_LEVEL_LAST)
		return false;
	*run = (struct tree_run){ .ipa = first, .size = 0, .pa = first, .level = level };
	line += used;
	line += strspn(line, " ");
	if (!*line || *line == 'F')
		return true;
	if (!read_words(line, &bits))
		return false;
	run->size = end - first;
	run->desc = s2pt_desc_of(bits | (level == S2PT_LEVEL_LAST ? 3 : 1));
	return true;
}

int
debugfs_read(const char *verb, const char *name, void (*run)(void *, const struct tree_run *), void *context)
{
	FILE *file = fopen(name, "r");
	uint64_t behind = 0;
	char line[256];
	int status = 0;

	if (!file) {
		fail(verb, "cannot read %s: %s", fail_quote(batch_text_of(name)).text, strerror(errno));
		return EXIT_IO;
	}
	for (unsigned number = 1; status == 0 && fgets(line, sizeof(line), file); number++) {
		struct tree_run one;

		line[strcspn(line, "\r\n")] = '\0';
		if (strncmp(line, "---[", 4) == 0)
			continue;
		if (!read_line(line, &one) || one.ipa < behind)
			status = fail(verb, "%s: line %u: %s is not a range as KVM prints one", name, number,
				      fail_quote(batch_text_of(line)).text);
		else if (one.size)
			run(context, &one);
		behind = one.ipa + one.size;
	}
	fclose(file);
	return status;
}
