/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "value.h"

#include <ctype.h>
#include <inttypes.h>
#include <s2pt/s2pt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct value_rule value_bit = { VALUE_NUMBER, 1, NULL };
const struct value_rule value_two_bits = { VALUE_NUMBER, 3, NULL };
const struct value_rule value_nibble = { VALUE_NUMBER, 15, NULL };
const struct value_rule value_byte = { VALUE_NUMBER, 255, NULL };
const struct value_rule value_vmid = { VALUE_NUMBER, UINT16_MAX, NULL };
const struct value_rule value_any = { VALUE_NUMBER, UINT64_MAX, NULL };
const struct value_rule value_register = { VALUE_REGISTER, UINT64_MAX, NULL };

static const struct value_word granules[] = {
	{ "4k", S2PT_GRANULE_4K },
	{ "16k", S2PT_GRANULE_16K },
	{ "64k", S2PT_GRANULE_64K },
	{ NULL, 0 },
};
const struct value_rule value_granule = { VALUE_CHOICE, 0, granules };

static const struct value_word spaces[] = {
	{ "nonsecure", S2PT_SPACE_NONSECURE },
	{ "secure", S2PT_SPACE_SECURE },
	{ "realm", S2PT_SPACE_REALM },
	{ NULL, 0 },
};
const struct value_rule value_space = { VALUE_CHOICE, 0, spaces };

const uint64_t value_space_feats[] = {
	[S2PT_SPACE_NONSECURE] = 0,
	[S2PT_SPACE_SECURE] = S2PT_FEAT_SEL2,
	[S2PT_SPACE_REALM] = S2PT_FEAT_RME,
};

static const struct value_word pa_sizes[] = {
	{ "32", 32 },
	{ "36", 36 },
	{ "40", 40 },
	{ "42", 42 },
	{ "44", 44 },
	{ "48", 48 },
	{ "52", 52 },
	{ NULL, 0 },
};
const struct value_rule value_pa_size = { VALUE_CHOICE, 0, pa_sizes };

static const struct value_word levels[] = {
	{ "auto", VALUE_LEVEL_AUTO },
	{ "-1", VALUE_LEVEL_0 - 1 },
	{ "0", VALUE_LEVEL_0 },
	{ "1", VALUE_LEVEL_0 + 1 },
	{ "2", VALUE_LEVEL_0 + 2 },
	{ "3", VALUE_LEVEL_0 + 3 },
	{ NULL, 0 },
};
const struct value_rule value_start_level = { VALUE_CHOICE, 0, levels };
const struct value_rule value_level = { VALUE_CHOICE, 0, levels + 1 };

static const struct value_word shareabilities[] = {
	{ "NSH", S2PT_SH_NSH },
	{ "OSH", S2PT_SH_OSH },
	{ "ISH", S2PT_SH_ISH },
	{ NULL, 0 },
};
const struct value_rule value_sh = { VALUE_CHOICE, 0, shareabilities };

static const struct value_word accesses[] = {
	{ "data", S2PT_ACCESS_DATA },
	{ "fetch", S2PT_ACCESS_FETCH },
	{ "walk", S2PT_ACCESS_WALK },
	{ NULL, 0 },
};
const struct value_rule value_access = { VALUE_CHOICE, 0, accesses };

static const struct value_word desc_kinds[] = {
	{ "invalid", S2PT_DESC_INVALID },
	{ "table", S2PT_DESC_TABLE },
	{ "block", S2PT_DESC_BLOCK },
	{ "page", S2PT_DESC_PAGE },
	{ NULL, 0 },
};
const struct value_rule value_desc_kind = { VALUE_CHOICE, 0, desc_kinds };

static const struct value_word attr_feats[] = {
	{ "base", 0 },
	{ "xs", S2PT_FEAT_XS },
	{ "mte2", S2PT_FEAT_MTE2 },
	{ "mte_perm", S2PT_FEAT_MTE_PERM },
	{ NULL, 0 },
};
const struct value_rule value_attr_feats = { VALUE_SET, 0, attr_feats };

static const struct value_word table_feats[] = {
	{ "base", 0 },
	{ "xnx", S2PT_FEAT_XNX },
	{ "xs", S2PT_FEAT_XS },
	{ "mte_perm", S2PT_FEAT_MTE_PERM },
	{ "bbml1", S2PT_FEAT_BBML1 },
	{ "hafdbs", S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM },
	{ "lpa", S2PT_FEAT_LPA },
	{ NULL, 0 },
};
const struct value_rule value_table_feats = { VALUE_SET, 0, table_feats };

static const struct value_word backings[] = {
	{ "mmio", S2PT_BACKING_MMIO },
	{ "pfn", S2PT_BACKING_PFN },
	{ "ram", S2PT_BACKING_RAM },
	{ NULL, 0 },
};
const struct value_rule value_backing = { VALUE_CHOICE, 0, backings };

static const struct value_word host_views[] = {
	{ "unmapped", S2PT_HOST_VIEW_UNMAPPED },
	{ "cacheable", S2PT_HOST_VIEW_CACHEABLE },
	{ "nc", S2PT_HOST_VIEW_NC },
	{ "device", S2PT_HOST_VIEW_DEVICE },
	{ NULL, 0 },
};
const struct value_rule value_host_view = { VALUE_CHOICE, 0, host_views };

/* What a device stands; and what a guest gives up, which may be the caches, too. */
static struct value_word stands[S2PT_STANDS_COUNT + 2];
const struct value_rule value_stands = { VALUE_SET, 0, stands };
static struct value_word gives_up[S2PT_STANDS_COUNT + 3];
const struct value_rule value_gives_up = { VALUE_SET, 0, gives_up };

static const struct value_word relations[] = {
	{ "any", S2PT_RELATION_ANY },
	{ "independent", S2PT_RELATION_INDEPENDENT },
	{ "handover", S2PT_RELATION_HANDOVER },
	{ NULL, 0 },
};
const struct value_rule value_relation = { VALUE_CHOICE, 0, relations };

const struct value_rule value_file = { VALUE_TEXT, 0, NULL };

static const struct value_word parties[] = {
	{ "nobody", S2PT_SOURCE_NOBODY },
	{ "guest", S2PT_SOURCE_GUEST },
	{ "owner", S2PT_SOURCE_OWNER },
	{ NULL, 0 },
};
const struct value_rule value_source = { VALUE_CHOICE, 0, parties };

static const struct value_word tag_states[] = {
	{ "none", S2PT_TAGS_NONE },
	{ "possible", S2PT_TAGS_POSSIBLE },
	{ "set", S2PT_TAGS_SET },
	{ NULL, 0 },
};
const struct value_rule value_tags = { VALUE_CHOICE, 0, tag_states };

static const struct value_word dma_kinds[] = {
	{ "none", S2PT_DMA_NONE },
	{ "coherent", S2PT_DMA_COHERENT },
	{ "noncoherent", S2PT_DMA_NONCOHERENT },
	{ NULL, 0 },
};
const struct value_rule value_dma = { VALUE_CHOICE, 0, dma_kinds };

static struct value_word statuses[S2PT_STATUS_COUNT + 1];
const struct value_rule value_status = { VALUE_CHOICE, 0, statuses };

static struct value_word memtypes[S2PT_MEMTYPE_COUNT + 1];
const struct value_rule value_memtype = { VALUE_CHOICE, 0, memtypes };

static struct value_word kinds[S2PT_KIND_COUNT + 2];
const struct value_rule value_kinds = { VALUE_SET, 0, kinds };

void
value_init(void)
{
	for (unsigned i = 0; i < S2PT_STATUS_COUNT; i++)
		statuses[i] = (struct value_word){ s2pt_status_name((enum s2pt_status)i), i };
	for (unsigned i = 0; i < S2PT_MEMTYPE_COUNT; i++)
		memtypes[i] = (struct value_word){ s2pt_memtype_name((enum s2pt_memtype)i), i };
	for (unsigned i = 0; i < S2PT_KIND_COUNT; i++)
		kinds[i] = (struct value_word){ s2pt_kind_name((enum s2pt_kind)i), 1u << i };
	kinds[S2PT_KIND_COUNT] = (struct value_word){ "Device", 0xf };
	for (unsigned i = 0; i < S2PT_STANDS_COUNT; i++)
		gives_up[i] = (struct value_word){ s2pt_stands_name(1u << i), 1u << i };
	gives_up[S2PT_STANDS_COUNT] = (struct value_word){ "nc", S2PT_STANDS_NC };
	gives_up[S2PT_STANDS_COUNT + 1] = (struct value_word){ "nothing", 0 };
	for (unsigned i = 0, n = 0; i < S2PT_STANDS_COUNT + 2u; i++)
		if (!(gives_up[i].is & S2PT_STANDS_CACHED))
			stands[n++] = gives_up[i];
}

/* Case does not matter, but a word that is spelled exactly comes first. */
static const struct value_word *
find_word(const struct value_word *words, struct batch_text text)
{
	const struct value_word *found = NULL;

	for (; words->word; words++) {
		if (batch_is(text, words->word))
			return words;
		if (!found && strlen(words->word) == text.len && strncasecmp(words->word, text.at, text.len) == 0)
			found = words;
	}
	return found;
}

static bool
parse_set(const struct value_word *words, struct batch_text text, uint64_t *value)
{
	const char *end = text.at + text.len;
	struct batch_text word = { text.at, 0 };
	uint64_t set = 0;

	for (const char *at = text.at;; at++) {
		const struct value_word *found;

		if (at != end && *at != '+' && *at != ',')
			continue;
		word.len = (size_t)(at - word.at);
		found = find_word(words, word);
		if (!found || (found->is == 0 && word.len != text.len))
			return false;
		set |= found->is;
		word.at = at + 1;
		if (at == end)
			break;
	}
	*value = set;
	return true;
}

/* Does @text begin with 0 and @letter, of whichever case? */
static bool
has_prefix(struct batch_text text, char letter)
{
	return text.len >= 2 && text.at[0] == '0' && tolower((unsigned char)text.at[1]) == letter;
}

/* Digits of @base, a power of two or ten, with '_' between them. */
static bool
parse_digits(struct batch_text text, unsigned base, uint64_t *value)
{
	uint64_t number = 0;
	bool digit = false;

	for (size_t i = 0; i < text.len; i++) {
		const char *at = memchr("0123456789abcdef", tolower((unsigned char)text.at[i]), base);
		uint64_t next;

		if (text.at[i] == '_' && digit && i + 1 < text.len) {
			digit = false;
			continue;
		}
		if (!at || __builtin_mul_overflow(number, base, &next) ||
		    __builtin_add_overflow(next, (uint64_t)(at - "0123456789abcdef"), &number))
			return false;
		digit = true;
	}
	if (!digit)
		return false;
	*value = number;
	return true;
}

/* @text without its first @count characters. */
static struct batch_text
behind(struct batch_text text, size_t count)
{
	return (struct batch_text){ text.at + count, text.len - count };
}

bool
value_address(struct batch_text text, uint64_t *value)
{
	return parse_digits(has_prefix(text, 'x') ? behind(text, 2) : text, 16, value);
}

bool
value_hex(struct batch_text text, uint64_t *value)
{
	return has_prefix(text, 'b') ? parse_digits(behind(text, 2), 2, value) : value_address(text, value);
}

/* 0x.., 0b.., or decimal, at times in K, M, G or T of 1,024 each. */
static bool
parse_number(uint64_t max, struct batch_text text, uint64_t *value)
{
	static const char units[] = "kmgt";
	const char *unit = text.len ? strchr(units, tolower((unsigned char)text.at[text.len - 1])) : NULL;
	uint64_t number;

	if (batch_number(text, &number)) {
		/* (This is what batch input has.) */
	} else if (has_prefix(text, 'x') || has_prefix(text, 'b')) {
		if (!value_hex(text, &number))
			return false;
	} else if (unit && *unit) {
		text.len--;
		if (!parse_digits(text, 10, &number) ||
		    __builtin_mul_overflow(number, UINT64_C(1024) << 10 * (unit - units), &number))
			return false;
	} else if (!parse_digits(text, 10, &number)) {
		return false;
	}
	if (number > max)
		return false;
	*value = number;
	return true;
}

/* The value of a register: one digit is the same both ways, and more of them are not. */
static bool
parse_register(struct batch_text text, uint64_t *value)
{
	if (text.len > 1 && !has_prefix(text, 'x') && !has_prefix(text, 'b'))
		return false;
	return text.len == 1 ? parse_digits(text, 10, value) : value_hex(text, value);
}

bool
value_parse(const struct value_rule *rule, struct batch_text text, uint64_t *value)
{
	const struct value_word *found;

	if (rule->kind == VALUE_TEXT)
		return text.len > 0;
	if (rule->kind == VALUE_NUMBER)
		return parse_number(rule->max, text, value);
	if (rule->kind == VALUE_REGISTER)
		return parse_register(text, value);
	if (rule->kind == VALUE_SET)
		return parse_set(rule->words, text, value);
	found = find_word(rule->words, text);
	if (found)
		*value = found->is;
	return found != NULL;
}

static void
append(char *buf, size_t size, const char *text)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s", text);
}

void
value_wants(const struct value_rule *rule, char *buf, size_t size)
{
	if (rule->kind == VALUE_NUMBER && rule->max == UINT64_MAX) {
		snprintf(buf, size, "a number of 64 bits, 0x.. or decimal");
		return;
	}
	if (rule->kind == VALUE_NUMBER) {
		snprintf(buf, size, "a number from 0 to %" PRIu64, rule->max);
		return;
	}
	if (rule->kind == VALUE_REGISTER) {
		snprintf(buf, size, "a number of 64 bits, 0x.. or 0b..: digits alone could be read both ways");
		return;
	}
	if (rule->kind == VALUE_TEXT) {
		snprintf(buf, size, "a name");
		return;
	}
	snprintf(buf, size, "%s", rule->kind == VALUE_SET ? "some of " : "one of ");
	for (const struct value_word *word = rule->words; word->word; word++) {
		append(buf, size, word->word);
		append(buf, size, word[1].word ? ", " : "");
	}
}

const char *
value_name(const struct value_rule *rule, uint64_t value)
{
	for (const struct value_word *word = rule->words; word->word; word++)
		if (word->is == value)
			return word->word;
	return "?";
}

void
value_bits_name(char *buf, size_t size, unsigned high, unsigned low)
{
	if (high == low)
		snprintf(buf, size, "%u", high);
	else
		snprintf(buf, size, "%u:%u", high, low);
}
