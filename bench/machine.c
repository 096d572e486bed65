/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "bench.h"

#include "idle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Where the pool is in physical memory. */
#define POOL_PA (UINT64_C(1) << 40)

#define POISON 0xa5

/* --- The host --------------------------------------------------------------------------------- */

static bool
take(struct machine *m, size_t bytes, struct s2pt_page *page)
{
	uint64_t at = (m->pool_used + bytes - 1u) & ~((uint64_t)bytes - 1u);

	if (at + bytes > BENCH_POOL)
		return false;
	m->pool_used = at + bytes;
	page->virt = m->pool + at;
	page->pa = s2pt_pa_of(POOL_PA + at);
	return true;
}

static bool
plain_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	(void)what;
	return take(context, bytes, page);
}

static void
plain_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	struct machine *m = context;

	(void)what;
	(void)bytes;
	for (size_t i = 0; i < count; i++)
		m->retired[m->retired_count++] = pages[i];
}

/* As where CTR_EL0.IDC says that there is no data cache to clean, and a broadcast is what is left. */
static void
plain_invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	(void)bytes;
}

static bool
plain_clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)pa;
	(void)bytes;
	return true;
}

static bool
plain_prepare_list(void *context, bool clean, bool icache, const struct s2pt_segment *segments, size_t count)
{
	(void)context;
	(void)clean;
	(void)icache;
	(void)segments;
	(void)count;
	return true;
}

/* --- The same, counting ----------------------------------------------------------------------- */

static bool
count_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	struct machine *m = context;

	(void)what;
	m->counts.callbacks++;
	m->counts.tables_allocated++;
	if (!take(m, bytes, page))
		return false;
	m->fresh[(page->pa.addr - POOL_PA) / BENCH_PAGE] = true;
	memset(page->virt, POISON, bytes);
	return true;
}

static void
count_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	struct machine *m = context;

	m->counts.callbacks++;
	plain_retire(context, what, bytes, pages, count);
}

static void
count_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	static const struct s2pt_tlbi_params params;
	struct machine *m = context;
	struct s2pt_tlbi_seq seq;
	struct s2pt_tlbi_step step;

	m->counts.callbacks++;
	m->counts.requests++;
	machine_note(m, s2pt_tlbi_begin(&seq, m->format, &params, requests, count));
	if (m->status != S2PT_OK)
		return;
	while (s2pt_tlbi_next(&seq, &step)) {
		if (step.kind == S2PT_STEP_TLBI)
			m->counts.tlbi[step.op]++;
		else
			m->counts.barriers++;
	}
}

static bool
count_clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	struct machine *m = context;

	(void)pa;
	(void)bytes;
	m->counts.callbacks++;
	return true;
}

static void
count_publish(void *context)
{
	struct machine *m = context;

	m->counts.callbacks++;
	m->counts.barriers++;
}

/* A table has been linked: count what is zero in it, and in those under it that came with it. */
static void
count_zeroes(struct machine *m, s2pt_desc desc, int level)
{
	uint64_t at = (desc.raw & UINT64_C(0xfffffffff000)) - POOL_PA;
	const uint64_t *entry;

	if (level > S2PT_LEVEL_LAST || (desc.raw & 3) != 3 || at >= BENCH_POOL ||
	    !m->fresh[at / BENCH_PAGE])
		return;
	m->fresh[at / BENCH_PAGE] = false;
	entry = (const uint64_t *)(m->pool + at);
	for (size_t i = 0; i < (size_t)1 << (m->format->granule_lg2 - 3u); i++) {
		m->counts.zeroed += entry[i] ? 0 : sizeof(*entry);
		count_zeroes(m, s2pt_desc_of(entry[i]), level + 1);
	}
}

static void
count_trace(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	struct machine *m = context;

	(void)entry;
	(void)before;
	m->counts.stores++;
	count_zeroes(m, after, m->format->start_level + 1);
}

void
machine_count(struct machine *m)
{
	memset(&m->counts, 0, sizeof(m->counts));
	memset(m->fresh, 0, sizeof(m->fresh));
	m->host.alloc = count_alloc;
	m->host.retire = count_retire;
	m->host.invalidate = count_invalidate;
	m->host.publish = count_publish;
	m->host.clean_data = count_clean_data;
	m->host.trace = count_trace;
}

void
machine_plain(struct machine *m)
{
	m->host.alloc = plain_alloc;
	m->host.retire = plain_retire;
	m->host.invalidate = idle_invalidate;
	m->host.publish = idle_publish;
	m->host.clean_data = plain_clean_data;
	m->host.trace = NULL;
}

/* --- Making ----------------------------------------------------------------------------------- */

/* How a mode differs from the first. */
static const struct {
	enum s2pt_granule granule;
	s2pt_feats with, without;
} modes[MODES] = {
	[MODE_SOFTWARE] = { S2PT_GRANULE_4K, 0, 0 },
	[MODE_HARDWARE] = { S2PT_GRANULE_4K, S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM, 0 },
	[MODE_16K] = { S2PT_GRANULE_16K, 0, 0 },
	[MODE_64K] = { S2PT_GRANULE_64K, 0, 0 },
	[MODE_LPA2] = { S2PT_GRANULE_4K, S2PT_FEAT_LPA2, 0 },
	[MODE_NO_FWB] = { S2PT_GRANULE_4K, 0, S2PT_FEAT_S2FWB },
	[MODE_NO_RANGE] = { S2PT_GRANULE_4K, 0, S2PT_FEAT_TLBIRANGE },
};

static enum s2pt_status
make_format(struct s2pt_format *format, enum mode mode)
{
	const s2pt_feats usual = S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_TTL | S2PT_FEAT_TLBIRANGE | S2PT_FEAT_LSE;
	struct s2pt_features cpu = {
		.feats = (usual | modes[mode].with) & ~modes[mode].without,
		.pa_bits = 48,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = true,
	};
	struct s2pt_config config;

	s2pt_config_init(&config, modes[mode].granule, &cpu);
	config.ipa_bits = modes[mode].granule == S2PT_GRANULE_16K ? 47 : 48;
	if (modes[mode].granule == S2PT_GRANULE_4K)
		config.start_level = 0;
	config.feats |= modes[mode].with;
	return s2pt_format_init(format, &cpu, &config);
}

/* RAM, for tables of the format of the moment. */
static enum s2pt_status
make_mapping(struct machine *m, bool executable, struct s2pt_mapping *mapping)
{
	struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = S2PT_SH_ISH,
		.r = true,
		.w = true,
		.x_el1 = executable,
		.x_el0 = executable,
		.af = true,
	};

	return s2pt_mapping_init(m->format, &leaf, S2PT_MAPPING_RAM, mapping);
}

struct machine *
machine_make(void)
{
	struct machine *m = calloc(1, sizeof(*m));
	void *pool = NULL;

	if (!m || posix_memalign(&pool, BENCH_BLOCK, BENCH_POOL)) {
		free(m);
		return NULL;
	}
#ifdef MADV_HUGEPAGE
	/* A hypervisor reaches its tables through large pages. */
	madvise(pool, BENCH_POOL, MADV_HUGEPAGE);
#endif
	memset(pool, POISON, BENCH_POOL);
	m->pool = pool;
	m->host.size = sizeof(m->host);
	m->host.context = m;
	m->host.virt_offset = (uintptr_t)pool - (uintptr_t)POOL_PA;
	m->host.clean_data = plain_clean_data;
	m->host.invalidate_icache = plain_invalidate_icache;
	m->host.prepare_list = plain_prepare_list;
	machine_plain(m);
	for (unsigned mode = 0; mode < MODES; mode++)
		machine_note(m, make_format(&m->formats[mode], mode));
	return m;
}

void
machine_free(struct machine *m)
{
	free(m->pool);
	free(m);
}

void
machine_reset(struct machine *m, enum mode mode, uint32_t tables)
{
	m->format = &m->formats[mode];
	machine_note(m, make_mapping(m, false, &m->mapping));
	machine_note(m, make_mapping(m, true, &m->executable));
	memset(m->pages, 0, sizeof(m->pages));
	m->pool_used = 0;
	m->retired_count = 0;
	m->tables = tables;
	for (uint32_t i = 0; i < tables; i++)
		machine_note(m, s2pt_table_init(&m->table[i], m->format, &m->host, 0));
}

bool
machine_protect(struct machine *m, bool writable)
{
	return !mprotect(m->pool, BENCH_POOL, writable ? PROT_READ | PROT_WRITE : PROT_READ);
}

/* --- Looking ---------------------------------------------------------------------------------- */

struct collecting {
	struct span *span;
	size_t spans;
	uint64_t from;
};

static bool
collect(void *context, const struct s2pt_run *run)
{
	struct collecting *c = context;
	struct span *span = &c->span[c->spans];

	if (c->spans == BENCH_SPANS)
		return false;
	/* The benchmark owns the memory: it may write what the library shows it to be read. */
	span->entry = (uint64_t *)(uintptr_t)(run->leaf + c->from);
	span->count = run->count - c->from;
	span->raw = run->leaf[c->from].raw;
	span->step = run->bytes;
	c->spans++;
	return true;
}

size_t
machine_spans(struct machine *m, uint64_t from, struct span *span)
{
	struct collecting c = { .span = span, .from = from };

	for (uint32_t i = 0; i < m->tables; i++)
		machine_note(m, s2pt_table_visit(&m->table[i], s2pt_ipa_of(BENCH_IPA), BENCH_BYTES,
						 collect, &c));
	return c.spans;
}
