/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * tables.c: copies docs/memory-types.md from standard input to standard output, with what is between
 * "<!-- table NAME -->" and "<!-- end -->" replaced by what the library says. The test compares; to bring the
 * file up to date, keep the output.
 */
#include <s2pt/s2pt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* "a, b" of "a b"; "-" of nothing. */
static void
put_set(const char *words)
{
	if (!*words)
		putchar('-');
	for (; *words; words++)
		if (*words == ' ')
			fputs(", ", stdout);
		else
			putchar(*words);
}

static void
put_needs(uint8_t needed)
{
	char text[100];

	s2pt_text_needs(text, sizeof(text), needed);
	put_set(text);
}

static void
put_facts(uint32_t facts)
{
	char text[400];

	s2pt_text_facts(text, sizeof(text), facts);
	put_set(text);
}

/* --- Rules -------------------------------------------------------------------------------------------- */

static void
put_reason(const struct s2pt_policy_rule *rule)
{
	const enum s2pt_policy_reason reason = (enum s2pt_policy_reason)rule->reason;

	printf(" | %s | %s |\n", s2pt_policy_reason_text(reason), s2pt_policy_reason_by(reason));
}

static void
put_verdict(const struct s2pt_policy_rule *rule)
{
	if (rule->verdict == S2PT_VERDICT_TYPE)
		fputs(s2pt_memtype_name((enum s2pt_memtype)rule->type), stdout);
	else
		fputs(rule->verdict == S2PT_VERDICT_NO_TAGS ? "its NoTagAccess form" : "**refuse**", stdout);
}

static void
table_decisions(enum s2pt_policy_list list)
{
	const struct s2pt_policy_rule *rule;

	printf("| all of these | none of these | so | because | who says so |\n|---|---|---|---|---|\n");
	for (size_t i = 0; (rule = s2pt_policy_rule_at(i)); i++) {
		if (rule->list != list)
			continue;
		printf("| ");
		put_facts(rule->needs);
		printf(" | ");
		put_facts(rule->excludes);
		printf(" | ");
		put_verdict(rule);
		put_reason(rule);
	}
}

static void
table_type(void)
{
	table_decisions(S2PT_LIST_TYPE);
}

static void
table_check(void)
{
	table_decisions(S2PT_LIST_CHECK);
}

static void
table_maintenance(void)
{
	const struct s2pt_policy_rule *rule;

	printf("| all of these | none of these | on map | on unmap | on caches on | because | who says so |\n"
	       "|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; (rule = s2pt_policy_rule_at(i)); i++) {
		if (rule->verdict != S2PT_VERDICT_NEEDS)
			continue;
		printf("| ");
		put_facts(rule->needs);
		printf(" | ");
		put_facts(rule->excludes);
		printf(" | ");
		put_needs(rule->on_map);
		printf(" | ");
		put_needs(rule->on_unmap);
		printf(" | ");
		put_needs(rule->on_caches_on);
		put_reason(rule);
	}
}

/* --- The story ---------------------------------------------------------------------------------------- */

static const char *
effective(s2pt_feats feats, enum s2pt_memtype type, uint8_t mair)
{
	const struct s2pt_controls controls = { .feats = feats, .sctlr_c = true, .sctlr_i = true };
	const struct s2pt_stage1 s1 = { .mair = mair, .sh = S2PT_SH_ISH };
	struct s2pt_stage2 s2 = { .sh = S2PT_SH_ISH };
	struct s2pt_combined combined;

	if (s2pt_memattr_encode(feats, type, &s2.memattr) != S2PT_OK ||
	    s2pt_combine(&controls, &s1, &s2, &combined) != S2PT_OK)
		return "?";
	return s2pt_kind_name(s2pt_attr_kind(&combined.attr));
}

static void
table_story(void)
{
	static const uint8_t mairs[] = { 0xff, 0xbb, 0x44, 0x0c, 0x04, 0x00 };
	static const enum s2pt_memtype types[] = {
		S2PT_MEM_DEVICE_nGnRE,
		S2PT_MEM_NORMAL_NC,
		S2PT_MEM_NORMAL_WB,
		S2PT_MEM_AS_STAGE1,
	};

	printf("| stage 2 | FWB | guest says Normal-WB | Normal-WT | Normal-NC | Device-GRE | Device-nGnRE | "
	       "Device-nGnRnE |\n|---|---|---|---|---|---|---|---|\n");
	for (size_t t = 0; t < COUNT(types); t++)
		for (unsigned fwb = 0; fwb < 2; fwb++) {
			printf("| %s | %u |", s2pt_memtype_name(types[t]), fwb);
			for (size_t i = 0; i < COUNT(mairs); i++)
				printf(" %s |", effective(fwb ? S2PT_FEAT_S2FWB : 0, types[t], mairs[i]));
			putchar('\n');
		}
}

/* --- Usual regions ------------------------------------------------------------------------------------ */

#define REGION(...) { __VA_ARGS__ }

static const struct {
	const char *name;
	struct s2pt_region region;
	struct s2pt_guest guest;
} usual[] = {
	{ "RAM", REGION(.backing = S2PT_BACKING_RAM, .host = S2PT_HOST_VIEW_CACHEABLE, .exec = true), { false } },
	{ "RAM, and a function with No_snoop is assigned",
	  REGION(.backing = S2PT_BACKING_RAM, .host = S2PT_HOST_VIEW_CACHEABLE),
	  { .noncoherent_dma = true } },
	{ "RAM without tags, for a guest with MTE",
	  REGION(.backing = S2PT_BACKING_RAM, .host = S2PT_HOST_VIEW_CACHEABLE),
	  { .mte = true } },
	{ "RAM that the host keeps Non-cacheable",
	  REGION(.backing = S2PT_BACKING_RAM, .host = S2PT_HOST_VIEW_NC),
	  { false } },
	{ "... and the guest executes it",
	  REGION(.backing = S2PT_BACKING_RAM, .host = S2PT_HOST_VIEW_NC, .exec = true),
	  { false } },
	{ "a device's registers (a GIC CPU interface)",
	  REGION(.backing = S2PT_BACKING_MMIO, .host = S2PT_HOST_VIEW_DEVICE),
	  { false } },
	{ "a BAR", REGION(.backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_DEVICE), { false } },
	{ "a prefetchable BAR",
	  REGION(.backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_DEVICE, .prefetchable = true),
	  { false } },
	{ "a BAR whose driver vouches",
	  REGION(.backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_DEVICE, .vouches = S2PT_SOURCE_OWNER,
		 .stands = S2PT_STANDS_NC),
	  { false } },
	{ "... for all but speculative reads",
	  REGION(.backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_DEVICE, .vouches = S2PT_SOURCE_OWNER,
		 .stands = S2PT_STANDS_NC & ~S2PT_STANDS_SPECULATE),
	  { false } },
	{ "... for nothing at all",
	  REGION(.backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_DEVICE, .vouches = S2PT_SOURCE_OWNER),
	  { false } },
	{ "... and the guest would execute from it",
	  REGION(.backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_DEVICE, .vouches = S2PT_SOURCE_OWNER,
		 .stands = S2PT_STANDS_NC,
		 .exec = true),
	  { false } },
	{ "an accelerator's memory, which its driver maps cacheable",
	  REGION(.backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_CACHEABLE, .asks_cacheable = S2PT_SOURCE_OWNER),
	  { false } },
	{ "... and the guest would execute from it",
	  REGION(.backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_CACHEABLE, .asks_cacheable = S2PT_SOURCE_OWNER,
		 .exec = true),
	  { false } },
	{ "... tags are possible, and the guest has MTE",
	  REGION(.backing = S2PT_BACKING_PFN, .host = S2PT_HOST_VIEW_CACHEABLE, .asks_cacheable = S2PT_SOURCE_OWNER,
		 .tags = S2PT_TAGS_POSSIBLE),
	  { .mte = true } },
	{ "anything of a deprivileged host's own",
	  REGION(.backing = S2PT_BACKING_RAM, .host = S2PT_HOST_VIEW_CACHEABLE),
	  { .trusted = true } },
};

static const struct {
	const char *name;
	struct s2pt_platform platform;
} machines[] = {
	{ "Armv8.0", { .feats = 0 } },
	{ "FWB", { .feats = S2PT_FEAT_S2FWB | S2PT_FEAT_MTE2, .idc = true } },
	{ "FWB, DIC, MTE_PERM",
	  { .feats = S2PT_FEAT_S2FWB | S2PT_FEAT_MTE2 | S2PT_FEAT_MTE_PERM, .idc = true, .dic = true } },
};

static void
put_answer(enum s2pt_status status, const struct s2pt_policy *policy)
{
	if (status != S2PT_OK) {
		printf(" **refused**: %s |", s2pt_policy_reason_name(policy->reason));
		return;
	}
	printf(" %s%s", s2pt_memtype_name(policy->type), policy->executable ? ", executable" : "");
	if (policy->on_map) {
		printf("; needs ");
		put_needs(policy->on_map);
	}
	printf(" |");
}

static void
table_usual(void)
{
	printf("| region |");
	for (size_t m = 0; m < COUNT(machines); m++)
		printf(" %s |", machines[m].name);
	printf("\n|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT(usual); i++) {
		printf("| %s |", usual[i].name);
		for (size_t m = 0; m < COUNT(machines); m++) {
			struct s2pt_policy policy;

			put_answer(s2pt_policy_choose(&usual[i].region, &machines[m].platform,
						      &usual[i].guest, &policy),
				   &policy);
		}
		putchar('\n');
	}
}

/* --- What a device must stand --------------------------------------------------------------------------- */

/* The type for a device whose owner vouches for these accesses. */
static enum s2pt_memtype
type_for(uint32_t stands)
{
	const struct s2pt_region region = REGION(.backing = S2PT_BACKING_PFN, .vouches = S2PT_SOURCE_OWNER,
						 .stands = stands);
	struct s2pt_policy policy;

	if (s2pt_policy_choose(&region, &machines[0].platform, &(struct s2pt_guest){ false }, &policy) != S2PT_OK)
		exit(1);
	return policy.type;
}

/* A type allows an access where a device that stands all but that one gets a stricter type. */
static void
table_stands(void)
{
	static const struct {
		enum s2pt_memtype type;
		const char *name;
	} types[] = {
		{ S2PT_MEM_DEVICE_nGnRnE, "Device-nGnRnE" },
		{ S2PT_MEM_DEVICE_nGnRE, "nGnRE" },
		{ S2PT_MEM_DEVICE_nGRE, "nGRE" },
		{ S2PT_MEM_DEVICE_GRE, "GRE" },
		{ S2PT_MEM_NORMAL_NC, "Normal-NC" },
	};
	static const char *const prefetchable[] = {
		[0] = "posted writes: yes",
		[1] = "not said",
		[2] = "bytes of one DWORD, each once",
		[3] = "not said",
		[4] = "reads without side effects: yes",
		[5] = "not said",
		[6] = "not said",
	};

	printf("| access |");
	for (size_t t = 0; t < COUNT(types); t++)
		printf(" %s |", types[t].name);
	printf(" what \"prefetchable\" promises |\n|---|---|---|---|---|---|---|\n");
	for (unsigned a = 0; a < COUNT(prefetchable); a++) {
		const enum s2pt_memtype without = type_for(S2PT_STANDS_NC & ~(1u << a));
		bool allowed = false;

		printf("| %s |", s2pt_stands_name(1u << a));
		for (size_t t = 0; t < COUNT(types); t++) {
			printf(" %s |", allowed ? "yes" : "-");
			allowed |= types[t].type == without;
		}
		printf(" %s |\n", prefetchable[a]);
	}
}

/* --- Aliases and DMA ---------------------------------------------------------------------------------- */

static void
table_alias(void)
{
	static const struct {
		const char *name;
		uint8_t mair;
		enum s2pt_sh sh;
	} views[] = {
		{ "Write-Back, ISH", 0xff, S2PT_SH_ISH },
		{ "Write-Back, OSH", 0xff, S2PT_SH_OSH },
		{ "Write-Through, ISH", 0xbb, S2PT_SH_ISH },
		{ "Non-cacheable", 0x44, S2PT_SH_OSH },
		{ "Device-nGnRE", 0x04, S2PT_SH_OSH },
	};

	printf("| one mapping | the other | may be lost | not to be repaired | repaired by |\n"
	       "|---|---|---|---|---|\n");
	for (size_t a = 0; a < COUNT(views); a++)
		for (size_t b = a; b < COUNT(views); b++) {
			const struct s2pt_sharing sharing = { .domain = S2PT_SH_ISH };
			struct s2pt_view one = { .writes = true }, two = { .writes = true };
			struct s2pt_alias alias;
			char text[100];

			(void)(s2pt_mair_decode(0, views[a].mair, views[a].sh, &one.attr) == S2PT_OK);
			(void)(s2pt_mair_decode(0, views[b].mair, views[b].sh, &two.attr) == S2PT_OK);
			if (a == b || s2pt_policy_alias(&one, &two, &sharing, &alias) != S2PT_OK)
				continue;
			printf("| %s | %s | ", views[a].name, views[b].name);
			s2pt_text_losses(text, sizeof(text), alias.lost);
			put_set(text);
			printf(" | ");
			s2pt_text_losses(text, sizeof(text), alias.beyond);
			put_set(text);
			printf(" | %s |\n", s2pt_repair_text(alias.repair));
		}
}

static void
table_dma(void)
{
	static const struct {
		const char *name;
		struct s2pt_master master;
	} rows[] = {
		{ "a PCIe function without No_snoop", { .pcie = true } },
		{ "... that may issue No_snoop", { .pcie = true, .no_snoop = true } },
		{ "... which the root complex drops",
		  { .pcie = true, .no_snoop = true, .no_snoop_stopped = true } },
		{ "... under CANWBS", { .pcie = true, .no_snoop = true, .canwbs = true } },
		{ "... with STE.S2FWB", { .pcie = true, .no_snoop = true, .feats = S2PT_FEAT_S2FWB } },
		{ "a PCIe function, RAM mapped Device", { .pcie = true, .memattr = 1 } },
		{ "... under CANWBS", { .pcie = true, .memattr = 1, .canwbs = true } },
		{ "a master that brings Non-cacheable", { .incoming = { .device = true } } },
		{ "... with STE.S2FWB", { .incoming = { .device = true }, .feats = S2PT_FEAT_S2FWB } },
		{ "... with MTCFG = 1, MemAttr = 0b1111",
		  { .incoming = { .device = true }, .override = { .type = true, .memattr = 15 } } },
	};

	printf("| who | the access is | coherent | needs, on map and on unmap | because |\n"
	       "|---|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_master master = rows[i].master;
		bool brings_nc = master.incoming.device;
		struct s2pt_dma_policy dma;
		char text[200];

		s2pt_smmu_default_attr(&master.incoming);
		if (brings_nc)
			s2pt_smmu_no_snoop(&master.incoming);
		master.ram = true;
		master.sh = S2PT_SH_ISH;
		if (!master.memattr)
			master.memattr = master.feats ? 6 : 15;
		if (s2pt_policy_dma(&master, &dma) != S2PT_OK)
			continue;
		s2pt_text_attr(text, sizeof(text), &dma.attr);
		printf("| %s | %s | %s | ", rows[i].name, s2pt_kind_name(s2pt_attr_kind(&dma.attr)),
		       dma.coherent ? "yes" : "no");
		put_needs(dma.on_map);
		printf(" | %s |\n", s2pt_policy_reason_text(dma.reason));
	}
}

/* --- Procedures --------------------------------------------------------------------------------------- */

static void
table_procedures(void)
{
	static const char *const when[] = {
		[S2PT_PROCEDURE_PLUG] = "A master that bypasses the caches is plugged in",
		[S2PT_PROCEDURE_UNPLUG] = "It is plugged out",
		[S2PT_PROCEDURE_REVOKE] = "A device is taken from one guest and given to the next",
		[S2PT_PROCEDURE_CACHES_ON] = "The guest turns its caches on, or maintains them by set and way",
		[S2PT_PROCEDURE_TAGS] = "Memory becomes tagged memory of the guest",
	};

	for (unsigned p = 0; p < S2PT_PROCEDURE_COUNT; p++) {
		enum s2pt_procedure_step step;

		printf("%s**%s** (`%s`):\n\n", p ? "\n" : "", when[p], s2pt_procedure_name((enum s2pt_procedure)p));
		for (size_t i = 0; (step = s2pt_procedure_step_at((enum s2pt_procedure)p, i)) != S2PT_DO_COUNT; i++)
			printf("%zu. %s\n", i + 1, s2pt_step_text(step));
	}
}

/* --- The file ----------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*print)(void);
} tables[] = {
	{ "story", table_story },
	{ "usual", table_usual },
	{ "type", table_type },
	{ "check", table_check },
	{ "maintenance", table_maintenance },
	{ "stands", table_stands },
	{ "alias", table_alias },
	{ "dma", table_dma },
	{ "procedures", table_procedures },
};

/* The table that a line begins, or COUNT(tables). */
static size_t
table_of(const char *line)
{
	char name[32];
	size_t i = 0;

	if (sscanf(line, "<!-- table %31s -->", name) != 1)
		return COUNT(tables);
	while (i < COUNT(tables) && strcmp(tables[i].name, name) != 0)
		i++;
	if (i == COUNT(tables))
		fprintf(stderr, "no table %s\n", name);
	return i;
}

int
main(void)
{
	char line[4096];
	unsigned printed[COUNT(tables)] = { 0 }, missing = 0;
	bool inside = false;

	while (fgets(line, sizeof(line), stdin)) {
		size_t table = table_of(line);

		if (strncmp(line, "<!-- end -->", 12) == 0)
			inside = false;
		if (!inside)
			fputs(line, stdout);
		if (table == COUNT(tables))
			continue;
		tables[table].print();
		printed[table]++;
		inside = true;
	}
	for (size_t i = 0; i < COUNT(tables); i++)
		missing += printed[i] != 1;
	if (missing || inside)
		fprintf(stderr, "%u tables are missing or there twice, or one has no end\n", missing);
	return missing || inside;
}
