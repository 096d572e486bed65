/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "masters.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EXAMPLES     10u

#define ACK     S2PT_STANDS_EARLY_ACK
#define REORDER S2PT_STANDS_REORDER
#define GATHER  S2PT_STANDS_GATHER
#define CACHED  S2PT_STANDS_CACHED

static const struct word words_default[] = {
	{ S2PT_SOURCE_NOBODY, 0 },
	{ S2PT_SOURCE_NOBODY, S2PT_STANDS_NC },
	{ S2PT_SOURCE_GUEST, S2PT_STANDS_NC },
	{ S2PT_SOURCE_OWNER, 0 },
	{ S2PT_SOURCE_OWNER, ACK },
	{ S2PT_SOURCE_OWNER, ACK | REORDER },
	{ S2PT_SOURCE_OWNER, ACK | REORDER | GATHER },
	{ S2PT_SOURCE_OWNER, S2PT_STANDS_NC },
	{ S2PT_SOURCE_OWNER, S2PT_STANDS_NC & ~S2PT_STANDS_WALK },
	{ S2PT_SOURCE_OWNER, REORDER | GATHER },
	{ S2PT_SOURCE_OWNER, ACK | GATHER | S2PT_STANDS_SPECULATE },
};

static const uint32_t gives_default[] = {
	0,
	CACHED,
	S2PT_STANDS_ATOMIC,
	GATHER,
	REORDER,
	ACK,
	CACHED | S2PT_STANDS_UNALIGNED,
	S2PT_STANDS_NC | CACHED,
};

static const enum s2pt_source asks_default[] = { S2PT_SOURCE_NOBODY, S2PT_SOURCE_GUEST, S2PT_SOURCE_OWNER };
static const enum s2pt_source asks_small[] = { S2PT_SOURCE_NOBODY, S2PT_SOURCE_OWNER };
static const enum s2pt_dma dma_default[] = { S2PT_DMA_NONE, S2PT_DMA_COHERENT, S2PT_DMA_NONCOHERENT };
static const enum s2pt_dma dma_small[] = { S2PT_DMA_NONE, S2PT_DMA_NONCOHERENT };

static const struct word words_small[] = {
	{ S2PT_SOURCE_NOBODY, 0 },
	{ S2PT_SOURCE_NOBODY, S2PT_STANDS_NC },
	{ S2PT_SOURCE_OWNER, 0 },
	{ S2PT_SOURCE_OWNER, ACK | REORDER | GATHER },
	{ S2PT_SOURCE_OWNER, S2PT_STANDS_NC },
};

static const uint32_t gives_small[] = { 0, CACHED, REORDER };

static const struct word words_facts[] = {
	{ S2PT_SOURCE_NOBODY, 0 },
	{ S2PT_SOURCE_NOBODY, S2PT_STANDS_NC },
	{ S2PT_SOURCE_GUEST, S2PT_STANDS_NC },
	{ S2PT_SOURCE_OWNER, 0 },
	{ S2PT_SOURCE_OWNER, ACK },
	{ S2PT_SOURCE_OWNER, ACK | REORDER },
	{ S2PT_SOURCE_OWNER, ACK | REORDER | GATHER },
	{ S2PT_SOURCE_OWNER, S2PT_STANDS_NC },
};

const struct ranges ranges_facts = { words_facts, COUNT(words_facts), gives_small, COUNT(gives_small), asks_default,
				     COUNT(asks_default), dma_small, COUNT(dma_small), true, true };
const struct ranges ranges_default = { words_default, COUNT(words_default), gives_default, COUNT(gives_default),
				       asks_default, COUNT(asks_default), dma_default, COUNT(dma_default),
				       true, true };
const struct ranges ranges_small = { words_small, COUNT(words_small), gives_small, COUNT(gives_small), asks_small,
				     COUNT(asks_small), dma_small, COUNT(dma_small), false, false };

/* Every set that an owner can vouch for, and every set that can be given up. */
const struct ranges ranges_words = { NULL, 1u << 7, NULL, 1u << 8, asks_small, COUNT(asks_small), dma_small,
				     COUNT(dma_small), false, false };

unsigned long cases_count;

/* --- Masters -------------------------------------------------------------------------------------- */

#define PLATFORMS 8u

static bool quiet;

/* What of a guest's memory its masters reach past the caches: nothing, what is not RAM, all. */
#define REACHES 3u

/* Those that may be there, by features after all of them and by what they reach. */
static uint32_t present[PLATFORMS][REACHES];

void
cases_quiet(bool on)
{
	quiet = on;
}

static s2pt_feats
feats_at(unsigned platform)
{
	return (platform & 1u ? S2PT_FEAT_S2FWB : 0) | (platform & 2u ? S2PT_FEAT_MTE2 : 0) |
	       (platform & 4u ? S2PT_FEAT_MTE_PERM : 0);
}

static unsigned
index_of(s2pt_feats feats)
{
	return (feats & S2PT_FEAT_S2FWB ? 1u : 0) | (feats & S2PT_FEAT_MTE2 ? 2u : 0) |
	       (feats & S2PT_FEAT_MTE_PERM ? 4u : 0);
}

struct sum {
	struct s2pt_platform platform;
	struct s2pt_guest guest;
};

static void
fail_fold(const struct sum *sum, const unsigned *order, unsigned count, const char *what)
{
	char text[400];
	int n = snprintf(text, sizeof(text), "%s:", what);

	for (unsigned i = 0; i < count && n > 0 && (size_t)n < sizeof(text); i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " [%s]", kinds[order[i]].name);
	if (n > 0 && (size_t)n < sizeof(text))
		snprintf(text + n, sizeof(text) - (size_t)n, " with features %u trusted %d mte %d",
			 index_of(sum->platform.feats), sum->guest.trusted, sum->guest.mte);
	cases_fail_text(RULE_FOLD, text);
}

static void
fold_in_order(const struct sum *before, const unsigned *order, unsigned count)
{
	struct sum sum = *before, expected = *before;
	uint32_t set = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct kind *kind = &kinds[order[i]];
		enum s2pt_status status, right = kind->other_fwb ? S2PT_ERR_FEATURE : S2PT_OK;
		struct s2pt_master master;

		judge_comparisons++;
		kind_master(kind, before->platform.feats, &master);
		status = library.assign(&master, &sum.platform, &sum.guest);
		if (right == S2PT_OK) {
			set |= 1u << order[i];
			if (kind->lacks_mte_perm)
				expected.platform.feats &= ~S2PT_FEAT_MTE_PERM;
			if (kind_bypasses(kind, before->platform.feats, true))
				expected.guest.noncoherent_dma = true;
			if (kind_bypasses(kind, before->platform.feats, false))
				expected.guest.noncoherent_p2p = true;
		}
		if (status != right)
			fail_fold(before, order, count, "status");
		if (sum.platform.feats != expected.platform.feats || sum.platform.dic != before->platform.dic ||
		    sum.platform.idc != before->platform.idc || sum.guest.trusted != before->guest.trusted ||
		    sum.guest.mte != before->guest.mte ||
		    sum.guest.noncoherent_dma != expected.guest.noncoherent_dma ||
		    sum.guest.noncoherent_p2p != expected.guest.noncoherent_p2p)
			fail_fold(before, order, count, "sum");
	}
	if (!quiet)
		present[index_of(expected.platform.feats)]
		       [(unsigned)expected.guest.noncoherent_dma + expected.guest.noncoherent_p2p] |= set;
}

static void
fold_set(const struct sum *before, const unsigned *set, unsigned count)
{
	static const uint8_t orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
	};

	cases_count++;
	for (unsigned n = 0; n < 6u; n++) {
		unsigned order[3], used = 0;

		for (unsigned i = 0; i < 3u; i++)
			if (orders[n][i] < count)
				order[used++] = set[orders[n][i]];
		fold_in_order(before, order, used);
	}
}

/* Sets of up to three kinds, those of which the second may be the first again included. */
void
cases_fold(void)
{
	for (unsigned n = 0; n < PLATFORMS * 8u; n++) {
		const struct sum before = {
			.platform = { .feats = feats_at(n / 8u), .dic = n & 4u, .idc = !(n & 4u) },
			.guest = { .trusted = n & 1u, .mte = n & 2u },
		};

		for (unsigned set[3] = { 0 }; set[0] < KINDS; set[0]++) {
			fold_set(&before, set, set[0] == 0 ? 0 : 1);
			fold_set(&before, set, 1);
			for (set[1] = set[0]; set[1] < KINDS; set[1]++) {
				fold_set(&before, set, 2);
				for (set[2] = set[1]; set[2] < KINDS; set[2]++)
					fold_set(&before, set, 3);
			}
		}
	}
}

/* --- Products ------------------------------------------------------------------------------------- */

static void
visit_words(const struct ranges *ranges, const struct visitor *visitor, struct facts *facts)
{
	struct s2pt_region *region = &facts->region;

	visitor->begin(visitor->context);
	for (size_t w = 0; w < ranges->n_words; w++)
		for (size_t g = 0; g < ranges->n_gives_up; g++)
			for (size_t a = 0; a < ranges->n_asks; a++)
				for (unsigned p = 0; p < (ranges->prefetchable ? 2u : 1u); p++) {
					region->vouches = ranges->words ? ranges->words[w].who : S2PT_SOURCE_OWNER;
					region->stands = ranges->words ? ranges->words[w].stands : (uint32_t)w;
					region->gives_up = ranges->gives_up ? ranges->gives_up[g] : (uint32_t)g;
					region->asks_cacheable = ranges->asks[a];
					region->prefetchable = p != 0;
					visitor->each(visitor->context, facts);
				}
}

static void
visit_regions(const struct ranges *ranges, const struct visitor *visitor, struct facts *facts)
{
	for (unsigned n = 0; n < 3u * 4u * 3u * 2u; n++)
		for (size_t d = 0; d < ranges->n_dma; d++) {
			facts->region = (struct s2pt_region){
				.backing = (enum s2pt_backing)(n % 3u),
				.host = (enum s2pt_host_view)(n / 3u % 4u),
				.tags = (enum s2pt_tags)(n / 12u % 3u),
				.exec = n / 36u != 0,
				.dma = ranges->dma[d],
			};
			visit_words(ranges, visitor, facts);
		}
}

void
cases_visit(const struct ranges *ranges, const struct visitor *visitor)
{
	for (unsigned platform = 0; platform < PLATFORMS; platform++)
		for (unsigned icache = 0; icache < 4u; icache++) {
			if (!ranges->icache && (icache == 1 || icache == 2))
				continue;
			for (unsigned guest = 0; guest < 4u * REACHES; guest++) {
				struct facts facts = {
					.platform = { feats_at(platform), icache & 1u, icache & 2u },
					.guest = {
						.trusted = guest & 1u,
						.mte = guest & 2u,
						.noncoherent_dma = guest / 4u == 2,
						.noncoherent_p2p = guest / 4u >= 1,
					},
					.masters = present[platform][guest / 4u],
				};

				visit_regions(ranges, visitor, &facts);
			}
		}
}

/* --- Failures ------------------------------------------------------------------------------------- */

static struct {
	unsigned long count;
	unsigned long seen; /* also while all was quiet */
	unsigned printed;
	uint32_t like[EXAMPLES];
} failures[RULE_COUNT];

/* Is there an example already of a case that is much like this one? */
static bool
is_new(enum rule rule, uint32_t like)
{
	for (unsigned i = 0; i < failures[rule].printed; i++)
		if (failures[rule].like[i] == like)
			return false;
	return true;
}

void
cases_fail(enum rule rule, const struct facts *facts, enum s2pt_status status, const struct s2pt_policy *answer)
{
	const struct s2pt_region *r = &facts->region;
	uint32_t like = (uint32_t)r->backing | (uint32_t)r->host << 2 | (uint32_t)answer->reason << 4 |
			(uint32_t)(status != S2PT_OK) << 12 | (uint32_t)facts->guest.trusted << 13;
	char words[400], said[400];

	cases_fail_again(rule);
	if (quiet)
		return;
	if (failures[rule].printed == EXAMPLES || !is_new(rule, like))
		return;
	failures[rule].like[failures[rule].printed++] = like;
	s2pt_text_facts(words, sizeof(words), s2pt_policy_facts(r, &facts->platform, &facts->guest));
	s2pt_text_policy(said, sizeof(said), status, answer);
	printf("broken %s: %s\n", rule_word[rule], words);
	printf("    vouches %d stands %#x gives_up %#x asks %d tags %d dma %d\n", r->vouches, (unsigned)r->stands,
	       (unsigned)r->gives_up, r->asks_cacheable, r->tags, r->dma);
	printf("    %s\n", said);
}

void
cases_fail_again(enum rule rule)
{
	failures[rule].seen++;
	failures[rule].count += !quiet;
}

void
cases_fail_text(enum rule rule, const char *text)
{
	cases_fail_again(rule);
	if (quiet || failures[rule].printed == EXAMPLES)
		return;
	failures[rule].printed++;
	printf("broken %s: %s\n", rule_word[rule], text);
}

unsigned long
cases_seen(enum rule rule)
{
	return failures[rule].seen;
}

unsigned long
cases_failures(void)
{
	unsigned long count = 0;

	for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
		if (failures[rule].count != 0)
			printf("broken %lu times: %s: %s\n", failures[rule].count, rule_word[rule], rule_text[rule]);
		count += failures[rule].count;
	}
	return count;
}
