/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE      4096u
#define POOL_BASE 0x80000000u
#define IPA       0x40001000u
#define PA        0x90003000u

/* Table memory that is never given back: a table of one page takes few. */
static _Alignas(PAGE) uint8_t pool[16u * PAGE];

/* When what happened first, by a clock that ticks with each callback. */
struct world {
	size_t used;
	unsigned clock;
	unsigned visible, gone;
	unsigned clean[2], code; /* the first and the last clean */
};

static bool
take_page(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	struct world *world = context;

	(void)what;
	if (world->used + bytes > sizeof(pool))
		return false;
	page->virt = pool + world->used;
	page->pa = s2pt_pa_of(POOL_BASE + world->used);
	world->used += bytes;
	return true;
}

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context, (void)what, (void)bytes, (void)pages, (void)count;
}

static void *
to_virt(void *context, s2pt_pa pa)
{
	(void)context;
	return pool + (pa.addr - POOL_BASE);
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct world *world = context;

	(void)requests, (void)count;
	world->gone = ++world->clock;
}

static void
publish(void *context)
{
	(void)context;
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	struct world *world = context;

	if (pa.addr != PA || bytes != PAGE)
		return true;
	world->clock++;
	if (world->clean[0] == 0)
		world->clean[0] = world->clock;
	world->clean[1] = world->clock;
	return true;
}

static void
invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	struct world *world = context;

	if (pa.addr == PA && bytes == PAGE)
		world->code = ++world->clock;
}

static void
trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	struct world *world = context;

	(void)entry, (void)before;
	world->clock++;
	if (after.raw & 1u)
		world->visible = world->clock;
}

static void
must(enum s2pt_status status, const char *what)
{
	if (status == S2PT_OK)
		return;
	printf("the tiny host: %s: %s\n", what, s2pt_status_name(status));
	exit(1);
}

static struct s2pt_format
format_of(s2pt_feats feats)
{
	const struct s2pt_features cpu = { .feats = feats, .pa_bits = 48, .granule_4k = true };
	struct s2pt_config config;
	struct s2pt_format format;

	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 39;
	must(s2pt_format_init(&format, &cpu, &config), "format");
	return format;
}

static void
map_and_unmap(const struct s2pt_format *format, const struct s2pt_mapping *mapping, struct engine_asks *asks)
{
	struct world world = { 0 };
	const struct s2pt_host_ops host = {
		.size = sizeof(host),
		.context = &world,
		.alloc = take_page,
		.retire = retire,
		.to_virt = to_virt,
		.invalidate = invalidate,
		.publish = publish,
		.clean_data = clean_data,
		.invalidate_icache = invalidate_icache,
		.trace = trace,
	};
	struct s2pt_table table = { 0 };
	struct s2pt_op op = { 0 };

	must(s2pt_table_init(&table, format, &host, UINT64_MAX), "init");
	asks->map = s2pt_table_map(&table, &op, s2pt_ipa_of(IPA), PAGE, s2pt_pa_of(PA), mapping);
	asks->clean_before = world.clean[0] != 0;
	asks->code_before = world.code != 0;
	asks->too_late = world.visible == 0 || world.clean[1] > world.visible || world.code > world.visible;

	world = (struct world){ .used = world.used };
	asks->unmap = s2pt_table_unmap(&table, &op, s2pt_ipa_of(IPA), PAGE);
	asks->clean_after = world.clean[0] != 0;
	asks->too_late = asks->too_late || world.gone == 0 || (world.clean[0] != 0 && world.clean[0] < world.gone);
	must(s2pt_table_destroy(&table, &op), "destroy");
}

static void
compute(struct engine_asks *asks, s2pt_feats feats, const struct s2pt_policy *answer)
{
	struct s2pt_format format = format_of(feats);
	const struct s2pt_leaf leaf = {
		.type = answer->type,
		.sh = answer->sh,
		.r = true,
		.w = true,
		.x_el1 = answer->executable,
		.x_el0 = answer->executable,
		.af = true,
		.exec_uncached = answer->exec_uncached,
	};
	struct s2pt_mapping mapping;
	s2pt_desc desc;

	memset(asks, 0, sizeof(*asks));
	asks->encode = s2pt_desc_leaf_encode(&format, S2PT_LEVEL_LAST, s2pt_pa_of(PA), &leaf, &desc);
	asks->mapping = s2pt_mapping_init(&format, &leaf, answer->ram ? S2PT_MAPPING_RAM : 0, &mapping);
	if (asks->encode != S2PT_OK || asks->mapping != S2PT_OK)
		return;
	asks->memattr = (uint8_t)(desc.raw >> 2 & 0xfu);
	map_and_unmap(&format, &mapping, asks);
}

const struct engine_asks *
engine_asks(s2pt_feats feats, const struct s2pt_policy *answer)
{
	static struct engine_asks kept[8][S2PT_MEMTYPE_COUNT][4][8];
	static bool done[8][S2PT_MEMTYPE_COUNT][4][8];
	unsigned mode = (feats & S2PT_FEAT_S2FWB ? 4u : 0) | (feats & S2PT_FEAT_MTE2 ? 2u : 0) |
			(feats & S2PT_FEAT_MTE_PERM ? 1u : 0);
	unsigned bits = (answer->executable ? 4u : 0) | (answer->exec_uncached ? 2u : 0) | (answer->ram ? 1u : 0);

	feats &= S2PT_FEAT_S2FWB | S2PT_FEAT_MTE2 | S2PT_FEAT_MTE_PERM;
	if (!done[mode][answer->type][answer->sh & 3u][bits]) {
		compute(&kept[mode][answer->type][answer->sh & 3u][bits], feats, answer);
		done[mode][answer->type][answer->sh & 3u][bits] = true;
	}
	return &kept[mode][answer->type][answer->sh & 3u][bits];
}
