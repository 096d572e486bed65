/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * policy_regions.c: s2pt policy --regions, a whole machine: what each region may be mapped as, given all masters, and
 * whether the answers hold together.
 *
 * The file has a statement a line: a kind, a name where there may be several, and facts, spelled as this verb's options
 * are.
 *
 *	machine granule=64k fwb mte2 idc dic
 *	guest mte
 *	master nic pcie no-snoop fwb
 *	region ram base=0x40000000 size=0x40000000 backing=ram host=cacheable
 *	region bar base=0x10000000 size=0x10000 backing=pfn host=device vouches=owner
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "policy.h"
#include "report.h"

#define ENTRIES_MAX 256u
#define NAME_MAX_   40u
#define LINE_MAX_   1024u

enum kind {
	MACHINE,
	GUEST,
	MASTER,
	REGION,
	KIND_COUNT,
};

/* One statement. */
struct entry {
	enum kind kind;
	char name[NAME_MAX_];
	struct value own[POLICY_OPTIONS];
	struct value base, size, granule;
	struct s2pt_master master;
};

static struct entry entries[ENTRIES_MAX];
static size_t count;

/* --- Reading ------------------------------------------------------------------------------------------ */

static const char *const kinds[KIND_COUNT] = { "machine", "guest", "master", "region" };

/* Which facts a kind of statement has. */
static bool
has_fact(enum kind kind, unsigned option)
{
	switch (kind) {
	case MACHINE:
		return option >= POLICY_FWB && option <= POLICY_IDC;
	case GUEST:
		return option >= POLICY_TRUSTED && option <= POLICY_NONCOHERENT_P2P;
	case MASTER:
		return option == POLICY_FWB || option == POLICY_MTE_PERM || option == POLICY_CANWBS ||
		       (option > POLICY_MASTER && option < POLICY_REGIONS && option != POLICY_MEMATTR &&
			option != POLICY_S2_SH);
	default:
		return option <= POLICY_EXEC || option == POLICY_STANDS || option == POLICY_GIVES_UP;
	}
}

static bool
is_key(const char *word, size_t length, const char *key)
{
	return strlen(key) == length && !memcmp(word, key, length);
}

/* A value of its own, which is none of the verb's options. */
static struct value *
own_value(struct entry *entry, const char *word, size_t length, const struct value_rule **rule)
{
	*rule = &value_any;
	if (entry->kind == REGION && is_key(word, length, "base"))
		return &entry->base;
	if (entry->kind == REGION && is_key(word, length, "size"))
		return &entry->size;
	*rule = &value_granule;
	return entry->kind == MACHINE && is_key(word, length, "granule") ? &entry->granule : NULL;
}

static struct value *
find_value(struct entry *entry, const char *word, size_t length, const struct value_rule **rule)
{
	for (unsigned i = 0; i < POLICY_OPTIONS; i++)
		if (has_fact(entry->kind, i) && is_key(word, length, policy_options[i].name)) {
			*rule = policy_options[i].rule;
			return &entry->own[i];
		}
	return own_value(entry, word, length, rule);
}

static bool
read_fact(struct entry *entry, const char *word, unsigned line)
{
	const char *equals = strchr(word, '=');
	const size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct value_rule *rule;
	struct value *value = find_value(entry, word, length, &rule);
	char wants[FAIL_TEXT];

	if (!value || !rule != !equals) {
		fail(POLICY_VERB, "--regions: line %u: %s is not a fact of a %s, or %s", line,
		     fail_quote(batch_text_of(word)).text, kinds[entry->kind],
		     equals ? "takes no value" : "needs a value: NAME=VALUE");
		return false;
	}
	value->given = true;
	value->is = 1;
	if (!rule || value_parse(rule, batch_text_of(equals + 1), &value->is))
		return true;
	value_wants(rule, wants, sizeof(wants));
	fail(POLICY_VERB, "--regions: line %u: %s is not %s", line, fail_quote(batch_text_of(word)).text, wants);
	return false;
}

/* A region has a place and a backing, and a master's attribute is none that is reserved. */
static bool
is_whole(struct entry *entry, unsigned line)
{
	if (entry->kind == REGION &&
	    (!entry->base.given || !entry->size.given || !entry->size.is || !entry->own[POLICY_BACKING].given ||
	     entry->base.is + (entry->size.is - 1) < entry->base.is)) {
		fail(POLICY_VERB, "--regions: line %u: a region needs base=, size= (not 0, not beyond 64 bits) and "
				  "backing=",
		     line);
		return false;
	}
	if (entry->kind == MASTER && policy_master_of(entry->own, &entry->master) != S2PT_OK) {
		fail(POLICY_VERB, "--regions: line %u: incoming= is a reserved encoding", line);
		return false;
	}
	return true;
}

static bool
is_named(const struct entry *entry)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].kind == entry->kind && !strcmp(entries[i].name, entry->name))
			return true;
	return false;
}

static const char blanks[] = " \t\r\n";

/* The kind of a statement and, of those that there may be several of, its name. */
static bool
read_head(struct entry *entry, char *word, char **rest, unsigned line)
{
	unsigned kind = 0;

	while (kind < KIND_COUNT && strcmp(kinds[kind], word) != 0)
		kind++;
	if (kind == KIND_COUNT) {
		fail(POLICY_VERB, "--regions: line %u: %s is not one of machine, guest, master, region", line,
		     fail_quote(batch_text_of(word)).text);
		return false;
	}
	entry->kind = (enum kind)kind;
	if (kind >= MASTER) {
		word = strtok_r(NULL, blanks, rest);
		if (!word || strchr(word, '=') || strlen(word) >= NAME_MAX_) {
			fail(POLICY_VERB, "--regions: line %u: a %s needs a name, of less than %u characters", line,
			     kinds[kind], NAME_MAX_);
			return false;
		}
		memcpy(entry->name, word, strlen(word));
	}
	if (is_named(entry)) {
		fail(POLICY_VERB, "--regions: line %u: a second %s%s%s", line, kinds[kind], *entry->name ? " " : "",
		     entry->name);
		return false;
	}
	return true;
}

static bool
read_line(char *text, unsigned line)
{
	struct entry *entry = &entries[count];
	char *rest, *word = strtok_r(text, blanks, &rest);

	if (!word || *word == '#')
		return true;
	if (count == ENTRIES_MAX) {
		fail(POLICY_VERB, "--regions: line %u: more than %u statements", line, ENTRIES_MAX);
		return false;
	}
	memset(entry, 0, sizeof(*entry));
	if (!read_head(entry, word, &rest, line))
		return false;
	while ((word = strtok_r(NULL, blanks, &rest)) && *word != '#')
		if (!read_fact(entry, word, line))
			return false;
	if (!is_whole(entry, line))
		return false;
	count++;
	return true;
}

static int
read_lines(FILE *file)
{
	char text[LINE_MAX_];

	for (unsigned line = 1; fgets(text, sizeof(text), file); line++) {
		if (strlen(text) + 1 == sizeof(text))
			return fail(POLICY_VERB, "--regions: line %u is longer than %u characters", line,
				    LINE_MAX_ - 2u);
		if (!read_line(text, line))
			return EXIT_BAD;
	}
	return 0;
}

static int
read_file(const char *name)
{
	FILE *file = strcmp(name, "-") != 0 ? fopen(name, "r") : stdin;
	int status = file ? read_lines(file) : 0;

	if (!file || (status == 0 && ferror(file))) {
		fail(POLICY_VERB, "--regions: %s: %s", name, strerror(errno));
		status = EXIT_IO;
	}
	if (file && file != stdin)
		fclose(file);
	return status;
}

/* --- What holds for the whole machine ----------------------------------------------------------------- */

static const struct value *
facts_of(enum kind kind)
{
	static const struct value none[POLICY_OPTIONS];

	for (size_t i = 0; i < count; i++)
		if (entries[i].kind == kind)
			return entries[i].own;
	return none;
}

static uint64_t
granule(void)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].kind == MACHINE && entries[i].granule.given)
			return UINT64_C(1) << entries[i].granule.is;
	return UINT64_C(1) << S2PT_GRANULE_4K;
}

static void
add_problem(json_t *problems, const char *where, const char *what)
{
	char key[24];

	snprintf(key, sizeof(key), "problem %zu", json_object_size(problems) + 1);
	report_add_text(report_add_object(problems, key), where, what);
}

/* The facts about machine and guest that all masters leave. */
static struct policy_facts
common_facts(json_t *problems)
{
	struct value own[POLICY_OPTIONS] = { 0 };
	struct policy_facts facts;

	for (unsigned i = 0; i < POLICY_FACTS; i++)
		own[i] = facts_of(has_fact(MACHINE, i) ? MACHINE : GUEST)[i];
	facts = policy_facts_of(own);
	for (size_t i = 0; i < count; i++) {
		enum s2pt_status status;

		if (entries[i].kind != MASTER)
			continue;
		status = s2pt_policy_assign(&entries[i].master, &facts.platform, &facts.guest);
		if (status == S2PT_ERR_FEATURE)
			add_problem(
				problems, entries[i].name,
				"FWB is in force for the CPU or for its SMMU and not for both: "
				"no table is right for both");
		else if (status != S2PT_OK)
			add_problem(problems, entries[i].name, s2pt_status_text(status));
	}
	return facts;
}

/* --- Regions ------------------------------------------------------------------------------------------ */

/* The granule at @at as facts: what is in it, and if the regions do not fill it, what belongs to nobody known. */
static enum s2pt_status
meet_all(uint64_t at, struct s2pt_region *met, char *names, size_t size)
{
	const struct s2pt_region nobody = { .exec = false };
	uint64_t filled = 0;
	bool first = true;

	for (size_t i = 0; i < count; i++) {
		const uint64_t last = entries[i].base.is + (entries[i].size.is - 1), end = at + (granule() - 1);
		const uint64_t from = entries[i].base.is > at ? entries[i].base.is : at, to = last < end ? last : end;
		const struct s2pt_region region = policy_facts_of(entries[i].own).region;
		enum s2pt_status status = S2PT_OK;

		if (entries[i].kind != REGION || entries[i].base.is > end || last < at)
			continue;
		filled += to - from + 1;
		if (first)
			*met = region;
		else
			status = s2pt_policy_meet(met, &region);
		first = false;
		snprintf(names + strlen(names), size - strlen(names), " %s", entries[i].name);
		if (status != S2PT_OK)
			return status;
	}
	return filled < granule() ? s2pt_policy_meet(met, &nobody) : S2PT_OK;
}

/* Do the masters find what was chosen for RAM usable, and does the host do what they need? */
static void
add_masters(json_t *report, json_t *problems, const struct entry *region, const struct policy_facts *facts)
{
	struct s2pt_policy policy;
	json_t *inside = NULL;

	if (s2pt_policy_choose(&facts->region, &facts->platform, &facts->guest, &policy) != S2PT_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		struct s2pt_master master = entries[i].master;
		struct s2pt_dma_policy dma;
		enum s2pt_status status;

		if (entries[i].kind != MASTER)
			continue;
		if (!inside)
			inside = report_add_object(report, "masters");
		master.ram = facts->region.backing == S2PT_BACKING_RAM;
		master.sh = policy.sh;
		status = s2pt_memattr_encode(facts->platform.feats, policy.type, &master.memattr);
		if (status == S2PT_OK)
			status = s2pt_policy_dma(&master, &dma);
		report_add_text(inside, entries[i].name,
				status == S2PT_OK ? s2pt_policy_reason_name(dma.reason) : s2pt_status_name(status));
		if (status != S2PT_OK)
			add_problem(problems, region->name, s2pt_status_text(status));
		else if (dma.on_map & ~policy.on_map)
			add_problem(problems, region->name, "a master needs more maintenance than the choice does");
	}
}

static void
add_shared(json_t *report, json_t *problems, struct policy_facts facts, uint64_t at)
{
	char key[40], names[600] = "";
	enum s2pt_status status = meet_all(at, &facts.region, names, sizeof(names));
	json_t *inside;

	snprintf(key, sizeof(key), "granule 0x%llx", (unsigned long long)at);
	inside = report_add_object(report, key);
	report_add_words(inside, "shared_by", names + 1);
	if (status == S2PT_OK) {
		(void)policy_add_answer(inside, &facts, false);
		return;
	}
	report_add_text(inside, "answer", "refused: no type is right for all that is in it");
	add_problem(problems, names + 1, "no type is right for a granule that they share");
}

/* One piece of memory is what one region says. */
static void
add_overlaps(json_t *problems)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++) {
			const struct entry *a = &entries[i], *b = &entries[j];
			char names[2 * NAME_MAX_ + 2];

			if (a->kind != REGION || b->kind != REGION || a->base.is > b->base.is + (b->size.is - 1) ||
			    b->base.is > a->base.is + (a->size.is - 1))
				continue;
			snprintf(names, sizeof(names), "%s %s", a->name, b->name);
			add_problem(problems, names, "the regions overlap: say once of each piece what it is");
		}
}

/* Granules that are the region's alone get its own answer, those at its ends what holds for all that is in them. */
static void
add_region(json_t *report, json_t *problems, const struct entry *region, const struct policy_facts *common)
{
	const uint64_t mask = granule() - 1, last = region->base.is + (region->size.is - 1);
	const bool cut_first = (region->base.is & mask) != 0, cut_last = (last & mask) != mask;
	const uint64_t first_granule = region->base.is & ~mask, last_granule = last & ~mask;
	struct policy_facts facts = *common;

	facts.region = policy_facts_of(region->own).region;
	if (last_granule - first_granule + (mask + 1) > (uint64_t)(cut_first + cut_last) * (mask + 1)) {
		(void)policy_add_answer(report, &facts, false);
		add_masters(report, problems, region, &facts);
	}
	if (cut_first)
		add_shared(report, problems, facts, first_granule);
	if (cut_last && (!cut_first || last_granule != first_granule))
		add_shared(report, problems, facts, last_granule);
}

static bool
any_refused(json_t *regions)
{
	const char *name;
	json_t *region;

	json_object_foreach(regions, name, region)
	{
		const char *answer = json_string_value(json_object_get(region, "answer"));

		if (answer && strcmp(answer, "refused") == 0)
			return true;
	}
	return false;
}

int
policy_regions(const char *file, bool json)
{
	struct policy_facts common;
	json_t *report, *regions, *problems;
	bool fine;
	int status = read_file(file);

	if (status != 0)
		return status;
	report = report_new();
	problems = report_new();
	common = common_facts(problems);
	add_overlaps(problems);
	report_add_flag(report, "noncoherent_dma", common.guest.noncoherent_dma);
	report_add_flag(report, "noncoherent_p2p", common.guest.noncoherent_p2p);
	regions = report_add_object(report, "regions");
	for (size_t i = 0; i < count; i++)
		if (entries[i].kind == REGION)
			add_region(report_add_object(regions, entries[i].name), problems, &entries[i], &common);
	report_add_flag(report, "holds_together", json_object_size(problems) == 0);
	fine = json_object_size(problems) == 0 && !any_refused(regions);
	if (json_object_size(problems) > 0)
		json_object_update(report_add_object(report, "problems"), problems);
	json_decref(problems);
	report_print(report, json);
	return fine ? 0 : EXIT_FOUND;
}
