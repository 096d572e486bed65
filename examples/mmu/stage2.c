/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* stage2.c: see stage2.h. */
#include "stage2.h"

#include <s2pt/aarch64.h>

#include "cpu.h"
#include "io.h"
#include "par.h"
#include "sysreg.h"

#define TABLE_SIZE  0x10000u           /* a whole table of the largest granule */
#define ROOT_SIZE   (16u * TABLE_SIZE) /* and as many of them as can be concatenated */
#define TABLES      48u
#define LOG_ENTRIES 2048u

extern char image_start[], image_end[];

static _Alignas(ROOT_SIZE) s2pt_desc root[ROOT_SIZE / sizeof(s2pt_desc)];
static _Alignas(TABLE_SIZE) s2pt_desc tables[TABLES][TABLE_SIZE / sizeof(s2pt_desc)];
static unsigned tables_used;
static unsigned tables_filled; /* of these, as a whole */
static bool root_filled;
static struct s2pt_format format;

/* The entries that are not zero. Clearing these is cheaper than clearing 4 MiB of tables. */
static s2pt_desc *written[LOG_ENTRIES];
static unsigned written_count;

static _Noreturn void
stop(const char *why)
{
	print("%s\n", why);
	machine_exit(2);
}

void
stage2_config(struct s2pt_config *config, enum s2pt_granule granule)
{
	s2pt_config_init(config, granule, cpu_features());
	config->irgn0 = S2PT_WALK_NC;
	config->orgn0 = S2PT_WALK_NC;
}

static void
clear(s2pt_desc *entries, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*entries); i++)
		entries[i] = s2pt_desc_invalid();
}

void
stage2_begin(const struct s2pt_format *wanted)
{
	for (unsigned i = 0; i < written_count; i++)
		*written[i] = s2pt_desc_invalid();
	written_count = 0;
	for (unsigned i = 0; i < tables_filled; i++)
		clear(tables[i], TABLE_SIZE);
	if (root_filled)
		clear(root, ROOT_SIZE);
	tables_filled = 0;
	root_filled = false;
	tables_used = 0;
	format = *wanted;
}

const struct s2pt_format *
stage2_format(void)
{
	return &format;
}

static uint64_t
address_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void
write_entry(s2pt_desc *entry, s2pt_desc desc)
{
	if (entry->raw == 0) {
		if (written_count == LOG_ENTRIES)
			stop("stage2: too many entries");
		written[written_count++] = entry;
	}
	*entry = desc;
}

/* The entry for @ipa in @table, which stands at @level. */
static s2pt_desc *
entry_of(s2pt_desc *table, int level, uint64_t ipa)
{
	uint64_t index = ipa >> s2pt_format_level_lg2(&format, level);

	/* Start tables stand side by side: there the index takes every bit that is left. */
	if (level != format.start_level)
		index &= (UINT64_C(1) << s2pt_format_stride(&format)) - 1u;
	return table + index;
}

/* The table that @entry of @level points to, linked now if it was not. */
static s2pt_desc *
next_table(s2pt_desc *entry, int level)
{
	s2pt_desc desc;
	s2pt_pa next;

	if (s2pt_desc_kind(&format, level, *entry) != S2PT_DESC_TABLE) {
		if (tables_used == TABLES)
			stop("stage2: too many tables");
		next = s2pt_pa_of(address_of(tables[tables_used++]));
		must(s2pt_desc_table_encode(&format, level, next, &desc), "s2pt_desc_table_encode");
		write_entry(entry, desc);
	}
	must(s2pt_desc_table_decode(&format, level, *entry, &next), "s2pt_desc_table_decode");
	return (s2pt_desc *)(uintptr_t)next.addr;
}

static s2pt_desc *
walk(uint64_t ipa, int level)
{
	s2pt_desc *table = root;

	for (int at = format.start_level; at < level; at++)
		table = next_table(entry_of(table, at, ipa), at);
	return entry_of(table, level, ipa);
}

void
stage2_set(uint64_t ipa, int level, s2pt_desc desc)
{
	write_entry(walk(ipa, level), desc);
}

s2pt_desc
stage2_get(uint64_t ipa, int level)
{
	return *walk(ipa, level);
}

int
stage2_find(uint64_t ipa, s2pt_desc *desc)
{
	s2pt_desc *table = root;
	int level = format.start_level;

	for (;; level++) {
		s2pt_pa next;

		*desc = *entry_of(table, level, ipa);
		if (s2pt_desc_table_decode(&format, level, *desc, &next) != S2PT_OK)
			return level;
		table = (s2pt_desc *)(uintptr_t)next.addr;
	}
}

void
stage2_map(uint64_t ipa, int level, uint64_t oa, const struct s2pt_leaf *leaf)
{
	s2pt_desc desc;

	must(s2pt_desc_leaf_encode(&format, level, s2pt_pa_of(oa), leaf, &desc), "s2pt_desc_leaf_encode");
	stage2_set(ipa, level, desc);
}

void
stage2_map_image(void)
{
	const struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_NC,
		.sh = format.sh0,
		.r = true,
		.w = true,
		.x_el1 = true,
		.x_el0 = true,
		.af = true,
		.exec_uncached = true,
	};
	uint64_t size = UINT64_C(1) << s2pt_format_level_lg2(&format, 2);
	uint64_t addr = address_of(image_start) & ~(size - 1u);

	for (; addr < address_of(image_end); addr += size)
		stage2_map(addr, 2, addr, &leaf);
}

static void
load(uint64_t vtcr, uint64_t vttbr, uint64_t hcr)
{
	if (format.feats & S2PT_FEAT_S2FWB)
		hcr |= HCR_FWB;
	write_vtcr_el2(vtcr);
	write_vttbr_el2(vttbr);
	s2pt_aarch64_write_hcr(HCR_RW | HCR_VM | hcr);
	isb();
	tlbi_vmalls12e1is();
}

void
stage2_load_vtcr(uint64_t vtcr, uint64_t hcr)
{
	const struct s2pt_vttbr vttbr = { .root = s2pt_pa_of(address_of(root)), .vmid = 1 };
	uint64_t value;

	must(s2pt_vttbr_encode(&format, &vttbr, &value), "s2pt_vttbr_encode");
	load(vtcr, value, hcr);
}

void
stage2_load_vttbr(uint64_t vttbr, uint64_t hcr)
{
	load(s2pt_vtcr_encode(&format), vttbr, hcr);
}

void
stage2_load(uint64_t hcr)
{
	stage2_load_vtcr(s2pt_vtcr_encode(&format), hcr);
}

struct s2pt_controls
stage2_controls(void)
{
	s2pt_feats fwb = format.feats & S2PT_FEAT_S2FWB;
	struct s2pt_controls controls = {
		.feats = (cpu_features()->feats & ~S2PT_FEAT_S2FWB) | fwb,
		.access = S2PT_ACCESS_DATA,
		.sctlr_c = true,
		.sctlr_i = true,
	};

	return controls;
}

uint64_t
stage2_par(uint64_t pa, const struct s2pt_leaf *leaf)
{
	const struct s2pt_controls controls = stage2_controls();
	const struct s2pt_stage1 s1 = { .off = true };
	struct s2pt_stage2 s2 = { .sh = leaf->sh, .fnxs = leaf->fnxs };
	struct s2pt_combined combined;

	must(s2pt_memattr_encode(format.feats, leaf->type, &s2.memattr), "s2pt_memattr_encode");
	must(s2pt_combine(&controls, &s1, &s2, &combined), "s2pt_combine");
	return par_ok(pa, &combined);
}

static void
fill(s2pt_desc *entries, size_t bytes, uint64_t (*entry)(void))
{
	for (size_t i = 0; i < bytes / sizeof(*entries); i++)
		entries[i] = s2pt_desc_of(entry());
}

void
stage2_fill_tables(unsigned count, uint64_t (*entry)(void))
{
	for (unsigned i = 0; i < count; i++)
		fill(tables[i], TABLE_SIZE, entry);
	tables_filled = count;
	tables_used = count;
}

void
stage2_fill_root(uint64_t (*entry)(void))
{
	fill(root, (size_t)1 << format.root_lg2, entry);
	root_filled = true;
}

bool
stage2_has(uint64_t address)
{
	return address - address_of(root) < sizeof(root) || address - address_of(tables) < sizeof(tables);
}

uint64_t
stage2_root(void)
{
	return address_of(root);
}

uint64_t
stage2_next(void)
{
	return address_of(tables[0]);
}
