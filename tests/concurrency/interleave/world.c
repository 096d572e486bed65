/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <s2pt/tracking.h>

#include "world.h"

#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "model_internal.h"
#include "steps.h"

#define POOL_BYTES ((size_t)128 << 10)
#define PAGE       UINT64_C(4096)
#define GROUP      16u
#define NOTE       5u
#define UNCLEAN    UINT64_C(0xeeeeeeeeeeeeeeee)
#define MEMORY(n)  (UINT64_C(0x40000000) + (uint64_t)(n) * UINT64_C(0x1000000))
#define BIT_W      (UINT64_C(1) << 7)
#define BIT_AF     (UINT64_C(1) << 10)
#define BIT_XN     (UINT64_C(1) << 54)
#define BIT_HINT   (UINT64_C(1) << 52)
#define MASK_OA    UINT64_C(0xfffffffff000)
#define MEMATTR_S1 7u
#define OPS        (CPUS_MAX * ACTIONS)
#define STALE_MAX  64u
#define DEFERRED   16u
#define SERIAL_MAX 8192u

/* What an operation made stale. */
struct stale {
	uint64_t ipa, last;
	unsigned long event;
	enum need need;
};

struct result {
	const struct action *action;
	enum s2pt_status status;
	uint64_t value;
	bool over;   /* it has been done */
	bool counts; /* and was not refused because of a race */
};

/* What a CPU is doing. */
struct doing {
	const struct action *action;
	struct s2pt_cursor cursor;
	struct stale stale[STALE_MAX];
	unsigned stales;
	bool exclusive;  /* that is what it wants of the lock */
	uint64_t rights; /* that it has been given */
	uint64_t rights_ipa;
};

/* A table that lookups may be reading. */
struct deferred {
	uint64_t pa;
	unsigned readers;
};

/* The host's memory, a page each: its stores leave a CPU's buffer apart from others. */
static _Alignas(4096) uint64_t record[512];
static _Alignas(4096) uint64_t content[512];

/* Table memory as it is behind the caches. */
static uint64_t beyond[POOL_BYTES / 8u];

static struct {
	const struct scenario *scenario;
	unsigned cpus;
	bool locks;
	struct model *model;
	struct s2pt_features cpu;
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
	struct result result[OPS];
	struct doing doing[CPUS_MAX];
	unsigned readers;
	bool writer;
	unsigned lookups; /* CPUs that are in one, as bits */
	unsigned cleaned; /* memory that no lines are left of, as bits */
	unsigned fetched; /* memory that fetches see as it is, as bits */
	struct deferred deferred[DEFERRED];
	unsigned deferreds;
	uint64_t version[PAGES][MEMORIES];
	uint64_t copied[PAGES][MEMORIES];
	uint64_t used[PAGES];
	uint64_t aged[PAGES];
	bool discarded[PAGES];
	const char *failure;
	char text[256];
	uint64_t serial[SERIAL_MAX];
	unsigned serials;
} w;

/* --- Failures -------------------------------------------------------------------------------------- */

void
world_fail(const char *name, const char *why)
{
	if (w.failure)
		return;
	w.failure = name;
	snprintf(w.text, sizeof(w.text), "%s", why);
}

bool
world_has_failed(void)
{
	const struct model_violation *v = w.model ? model_violation(w.model) : NULL;

	if (v && !w.failure) {
		w.failure = v->name;
		snprintf(w.text, sizeof(w.text), "%s", v->text);
	}
	return w.failure;
}

const char *
world_failure(void)
{
	return w.failure;
}

const char *
world_failure_text(void)
{
	return w.text;
}

/* --- Memory ---------------------------------------------------------------------------------------- */

static const struct node *
node_of(const void *at)
{
	uint64_t pa = model_phys(w.model, at);

	return pa == UINT64_MAX ? NULL : mi_node(w.model, pa);
}

bool
world_is_private(const void *at)
{
	const struct node *n = node_of(at);

	return n && n->state == NODE_FRESH;
}

bool
world_is_linked(const void *at)
{
	const struct node *n = node_of(at);

	return n && n->state == NODE_LINKED;
}

bool
world_is_free(const void *at)
{
	const struct node *n = node_of(at);

	return n && n->state == NODE_RETIRED;
}

/* What a store to an entry that is reachable makes stale. */
static void
add_stale(unsigned cpu, const struct node *n, uint64_t pa, uint64_t old, uint64_t value)
{
	struct doing *doing = &w.doing[cpu];
	unsigned lg2 = mi_lg2(&w.model->f, n->level);
	enum need need = NEED_NONE;

	if ((old & 1) && !(value & 1))
		need = NEED_BREAK;
	else if (mi_kind(w.model, old, n->level) == D_LEAF && mi_kind(w.model, value, n->level) == D_LEAF)
		need = mi_leaf_need(w.model, old, value, n->level);
	if (need == NEED_NONE || need == NEED_RELAX || doing->stales == STALE_MAX)
		return;
	doing->stale[doing->stales].ipa = n->ipa + ((pa - n->pa) / 8u << lg2);
	doing->stale[doing->stales].last = doing->stale[doing->stales].ipa + (UINT64_C(1) << lg2) - 1u;
	doing->stale[doing->stales].event = w.model->event;
	doing->stale[doing->stales++].need = need;
}

static unsigned
memory_of(uint64_t pa)
{
	return (unsigned)((pa - MEMORY(0)) / (MEMORY(1) - MEMORY(0)));
}

/* Is @raw a page of memory of the scenario's that needs cache maintenance? Then the memory's bit. */
static unsigned
cleaning_needed(uint64_t raw)
{
	const unsigned memory = memory_of(raw & MASK_OA);

	return (raw & 3u) && (raw >> 2 & 15u) == MEMATTR_S1 && memory < MEMORIES ? 1u << memory : 0;
}

/*
 * Memory is cleaned before a guest may look past the caches; and after it may have left lines of it there,
 * before other memory takes its place.
 */
static void
judge_clean(uint64_t old, uint64_t value)
{
	if (!(value & 1u))
		w.cleaned &= ~cleaning_needed(old);
	else if ((cleaning_needed(old) | cleaning_needed(value)) & ~w.cleaned && !(old & 1u))
		world_fail("not-clean", "a mapping is made or replaced, and there are lines left");
}

/* Is @raw a page of memory of the scenario's that is executable? Then the memory's bit. */
static unsigned
executable(uint64_t raw)
{
	const unsigned memory = memory_of(raw & MASK_OA);

	return (raw & 3u) && !(raw & BIT_XN) && memory < MEMORIES ? 1u << memory : 0;
}

/* Instruction caches are invalidated before a guest may fetch from memory. */
static void
judge_fetch(uint64_t old, uint64_t value)
{
	if (executable(value) & ~executable(old) & ~w.fetched)
		world_fail("not-fetchable", "a page becomes executable before instruction caches are invalidated");
	w.fetched &= ~(executable(old) & ~executable(value));
}

void
world_commit(unsigned cpu, uint64_t *at, uint64_t seen, uint64_t value, bool atomic)
{
	const struct node *n = node_of(at);
	uint64_t old = *at, pa;

	*at = value;
	if (!n || n->state == NODE_FRESH)
		return;
	pa = model_phys(w.model, at);
	*at = old;
	if (n->level == S2PT_LEVEL_LAST) {
		judge_clean(old, value);
		judge_fetch(old, value);
	}
	/* What is broken is its breaker's. An ageing that comes late may still clear AF in it, to no end. */
	if ((old & 3u) == 2u && ((seen ^ old) & ~BIT_AF) == 0)
		seen = old;
	model_perform_store(w.model, cpu, pa, seen, value, atomic ? MODEL_ATOMIC : MODEL_PLAIN);
	if (n->state == NODE_LINKED)
		add_stale(cpu, n, pa, old, value);
}

/* Of a run of leaves, that at @ipa alone became visible. */
static void
make_visible(struct ghost *g, uint64_t ipa)
{
	const uint64_t bytes = UINT64_C(1) << mi_lg2(&w.model->f, g->level);
	struct ghost before = *g, after = *g;

	g->vis_all = w.model->event;
	g->vis_local = w.model->event;
	if (g->next)
		return;
	before.last = ipa - 1u;
	after.ipa = ipa + bytes;
	g->ipa = ipa;
	g->last = ipa + bytes - 1u;
	if (before.ipa < ipa)
		mi_ledger_add_leaf(w.model, &before);
	if (after.ipa < after.last)
		mi_ledger_add_leaf(w.model, &after);
}

/*
 * This CPU has seen what is at @at. The machine takes a store for visible to walkers once its author has
 * done a barrier; but what one other observer has seen, all can see: memory is multi-copy atomic.
 */
void
world_observe(const uint64_t *at)
{
	struct ghosts *lists[] = { &w.model->leaves, &w.model->tables };
	const struct node *n = node_of(at);
	uint64_t ipa;

	if (!n || n->state != NODE_LINKED)
		return;
	ipa = n->ipa + ((model_phys(w.model, at) - n->pa) / 8u << mi_lg2(&w.model->f, n->level));
	for (unsigned l = 0; l < 2; l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			struct ghost *g = &lists[l]->e[i];

			if (!g->vis_all && g->cpu != this_cpu() && g->level == n->level && g->ipa <= ipa &&
			    g->last >= ipa)
				make_visible(g, ipa);
		}
}

/* A store to a table that has been unlinked after it, and whose end was seen first. */
void
world_commit_dead(uint64_t *at, uint64_t value)
{
	*at = value;
	*mi_shadow(w.model, model_phys(w.model, at)) = value;
}

/* --- Walkers that do not look into the caches ------------------------------------------------------- */

static uint64_t *
beyond_of(uint64_t pa)
{
	return &beyond[(pa - w.model->win[0].pa) / 8u];
}

/* Such a walker may come to any entry of the table at @pa: it, and all behind it, has been cleaned. */
static void
walk_beyond(uint64_t pa, int level)
{
	for (uint64_t at = pa; at < pa + PAGE; at += 8u) {
		const uint64_t raw = *beyond_of(at);

		if (raw == UNCLEAN)
			world_fail("table-not-clean", "a walker beyond the caches comes to what is not clean");
		else if (mi_kind(w.model, raw, level) == D_TABLE)
			walk_beyond(mi_next_table(&w.model->f, raw), level + 1);
	}
}

/* In the end it sees what all see. */
static void
judge_beyond(void)
{
	for (size_t i = 0; i < w.model->units; i++) {
		const struct node *n = &w.model->nodes[i];

		if (n->state == NODE_LINKED && memcmp(beyond_of(n->pa), model_virt(w.model, n->pa), n->bytes))
			world_fail("entry-not-clean", "a walker beyond the caches sees something else");
	}
}

/* --- The host -------------------------------------------------------------------------------------- */

/* Of a table whose memory nobody has cleaned since. */
static void
forget_beyond(uint64_t pa, size_t bytes)
{
	for (size_t n = 0; n < bytes / 8u; n++)
		*beyond_of(pa + n * 8u) = UNCLEAN;
}

static bool
host_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	uint64_t pa;

	(void)context;
	(void)what;
	point(w.scenario->page_limit ? STEP_ALL : STEP_ALLOC, NULL);
	if (w.table.pages > w.table.page_limit)
		world_fail("limit-exceeded", "there are more tables than there may be");
	if (!model_alloc(w.model, bytes, &pa))
		return false;
	page->pa = s2pt_pa_of(pa);
	page->virt = model_virt(w.model, pa);
	forget_beyond(pa, bytes);
	return true;
}

static void
host_clean_tables(void *context, const void *virt, size_t bytes)
{
	const uint64_t pa = model_phys(w.model, virt);

	(void)context;
	point(STEP_ALL, NULL);
	buffer_flush();
	memcpy(beyond_of(pa), virt, bytes);
	if (is_exploring())
		walk_beyond(w.table.root_pa.addr, w.format.start_level);
}

static void
retire(uint64_t pa)
{
	const struct ghost *g = mi_ledger_find_table(w.model, pa);

	if (g)
		mi_ledger_violate(w.model, g, "retired-before-invalidation", "its table is retired");
	if (!w.lookups || seed == SEED_NO_GRACE) {
		model_retire(w.model, pa);
		return;
	}
	if (w.deferreds == DEFERRED) {
		world_fail("test", "too many tables wait for lookups");
		return;
	}
	w.deferred[w.deferreds].pa = pa;
	w.deferred[w.deferreds++].readers = w.lookups;
}

static void
host_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)what;
	(void)bytes;
	point(STEP_ALL, NULL);
	buffer_flush();
	for (size_t i = 0; i < count; i++)
		retire(pages[i].pa.addr);
}

/* A lookup ends: what waited for it alone is free. */
static void
end_grace(unsigned cpu)
{
	unsigned kept = 0;

	w.lookups &= ~(1u << cpu);
	for (unsigned n = 0; n < w.deferreds; n++) {
		struct deferred *d = &w.deferred[n];

		d->readers &= w.lookups;
		if (d->readers)
			w.deferred[kept++] = *d;
		else
			model_retire(w.model, d->pa);
	}
	w.deferreds = kept;
}

static void
host_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
	struct s2pt_tlbi_step step;
	struct s2pt_tlbi_seq seq;

	(void)context;
	point(buffer_is_empty() ? STEP_INVALIDATE : STEP_ALL, NULL);
	buffer_flush();
	if (count == 1 && requests->local)
		params.scope = S2PT_TLBI_LOCAL;
	if (s2pt_tlbi_begin(&seq, &w.format, &params, requests, count) != S2PT_OK) {
		world_fail("impossible-invalidation", "the library asks for an impossible invalidation");
		return;
	}
	while (s2pt_tlbi_next(&seq, &step)) {
		if (step.kind == S2PT_STEP_TLBI && seed == (requests->local ? SEED_NO_LOCAL : SEED_NO_INVALIDATE))
			continue;
		model_run_step(w.model, this_cpu(), &step);
	}
	point(STEP_INVALIDATE, NULL);
}

static void
host_publish(void *context)
{
	(void)context;
	point(buffer_is_empty() ? STEP_PUBLISH : STEP_ALL, NULL);
	buffer_flush();
	model_dsb(w.model, this_cpu(), MODEL_DSB_ISH | MODEL_DSB_ST);
	model_isb(w.model, this_cpu());
}

static bool
host_clean(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)bytes;
	point(STEP_ALL, NULL);
	if (memory_of(pa.addr) < MEMORIES)
		w.cleaned |= 1u << memory_of(pa.addr);
	return true;
}

static void
host_invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	(void)bytes;
	if (!(w.doing[this_cpu()].action->flags & F_EXEC))
		world_fail("fetch-of-data", "instruction caches are invalidated for what is not executable");
	point(STEP_ALL, NULL);
	if (memory_of(pa.addr) < MEMORIES)
		w.fetched |= 1u << memory_of(pa.addr);
}

/* --- The lock -------------------------------------------------------------------------------------- */

bool
world_may_lock(unsigned cpu)
{
	return !w.writer && !(w.doing[cpu].exclusive && w.readers);
}

static void
begin(bool exclusive)
{
	struct doing *doing = &w.doing[this_cpu()];

	doing->exclusive = exclusive;
	if (w.locks) {
		point(STEP_LOCK, NULL);
		if (exclusive)
			w.writer = true;
		else
			w.readers++;
	}
	doing->stales = 0;
	doing->rights = 0;
}

/* Nothing that the operation changed may be cached by anybody. */
static void
judge_stale(const struct doing *doing)
{
	const struct model *m = w.model;

	for (unsigned s = 0; s < doing->stales; s++)
		for (size_t i = 0; i < m->leaves.n; i++) {
			const struct ghost *g = &m->leaves.e[i];

			if (g->ipa <= doing->stale[s].last && g->last >= doing->stale[s].ipa &&
			    g->born <= doing->stale[s].event && g->need >= doing->stale[s].need)
				mi_ledger_violate(w.model, g, "stale-after-operation",
						  "the operation ended");
		}
}

/* What it made possible is not refused to its CPU by something cached. */
static void
judge_rights(unsigned cpu, const struct doing *doing)
{
	const struct model *m = w.model;

	for (size_t i = 0; i < m->leaves.n && doing->rights; i++) {
		const struct ghost *g = &m->leaves.e[i];

		if (g->ipa <= doing->rights_ipa && g->last >= doing->rights_ipa &&
		    ((g->s2 | g->comb) & mi_ctx_obs(m, cpu)) && (doing->rights & ~g->desc))
			mi_ledger_violate(w.model, g, "stale-on-this-cpu", "the operation ended");
	}
}

static void
end(bool quiet)
{
	const unsigned cpu = this_cpu();
	struct doing *doing = &w.doing[cpu];

	point(STEP_END, NULL);
	buffer_flush();
	if (w.model->unsynced_store[cpu])
		world_fail("store-without-dsb", "a store is not visible when the operation ends");
	if (!quiet)
		judge_stale(doing);
	judge_rights(cpu, doing);
	if (w.locks && doing->exclusive)
		w.writer = false;
	else if (w.locks)
		w.readers--;
}

/* --- What pages are --------------------------------------------------------------------------------- */

static uint64_t
offset_of(unsigned page)
{
	return (page + (w.scenario->apart && page >= 2 ? 62u : 0)) * PAGE;
}

static s2pt_ipa
ipa_of(unsigned page)
{
	return s2pt_ipa_of(WORLD_IPA + offset_of(page));
}

static s2pt_pa
pa_of(unsigned page, unsigned memory)
{
	return s2pt_pa_of(MEMORY(memory) + offset_of(page));
}

static void
mapping_of(unsigned flags, struct s2pt_mapping *mapping)
{
	struct s2pt_leaf leaf;

	memset(&leaf, 0, sizeof(leaf));
	leaf.type = flags & F_NEEDS ? S2PT_MEM_AS_STAGE1 : S2PT_MEM_NORMAL_WB;
	leaf.sh = S2PT_SH_ISH;
	leaf.r = true;
	leaf.w = !(flags & F_READ_ONLY);
	leaf.x_el1 = leaf.x_el0 = flags & F_EXEC;
	leaf.af = !(flags & F_OLD);
	if (flags & F_LOGGED)
		s2pt_table_dirty_leaf(&w.table, &leaf);
	if (s2pt_mapping_init(&w.format, &leaf, flags & (F_NEEDS | F_EXEC) ? S2PT_MAPPING_RAM : 0, mapping) != S2PT_OK)
		world_fail("test", "no such mapping");
}

/* An operation's answer as a bitmap, from its first page on. */
static struct s2pt_bitmap
answer_of(const struct action *a, struct result *r)
{
	return (struct s2pt_bitmap){ .base = ipa_of(a->page), .size = 64u * PAGE, .word = &r->value };
}

/* The host has what was written to a page of the bitmap up to now. */
static void
copy(unsigned first, uint64_t bits)
{
	for (unsigned n = 0; n < PAGES; n++)
		if (n >= first && (bits >> (n - first) & 1u))
			for (unsigned k = 0; k < MEMORIES; k++)
				w.copied[n][k] = w.version[n][k];
}

/* --- Shared operations ------------------------------------------------------------------------------ */

static struct s2pt_cursor *
cursor_of(const struct action *a)
{
	return a->flags & F_CURSOR ? &w.doing[this_cpu()].cursor : NULL;
}

/* Did the operation lose a race? Then it did nothing. */
static bool
counts(enum s2pt_status status)
{
	return status != S2PT_RACED && status != S2PT_ERR_MEMORY;
}

/* Pages that a fault may map: from @first to @last. */
struct reach {
	unsigned first, last;
};

static void
map(const struct action *a, struct result *r, uint64_t sequence, s2pt_pa pa, const struct reach *reach)
{
	struct s2pt_map_request request = { .invalidate_seq = sequence, .lg2 = 12 };
	struct s2pt_mapping mapping;

	mapping_of(a->flags, &mapping);
	request.replace = a->flags & F_REPLACE;
	request.permission = a->flags & F_PERMISSION;
	begin(false);
	if (a->flags & F_AROUND)
		r->status = s2pt_shared_map_around(&w.table, cursor_of(a), &request, ipa_of(a->page), pa, &mapping,
						   (a->page - reach->first) * PAGE,
						   (reach->last - a->page) * PAGE);
	else
		r->status = s2pt_shared_map(&w.table, cursor_of(a), &request, ipa_of(a->page), pa, &mapping);
	r->value = request.old.raw & ~(BIT_AF | BIT_W);
	end(false);
	if (request.old.raw & BIT_W) {
		unsigned k = memory_of(request.old.raw & MASK_OA);

		w.copied[a->page][k] = w.version[a->page][k];
	}
}

static void
do_map(const struct action *a, struct result *r)
{
	const struct reach all = { .last = PAGES - 1u };

	if (a->flags & F_FILL)
		host_store(&content[a->memory], 1);
	map(a, r, s2pt_table_invalidate_seq(&w.table), pa_of(a->page, a->memory), &all);
}

static void
do_fault(const struct action *a, struct result *r)
{
	struct reach reach = { .first = a->page, .last = a->page };
	uint64_t sequence, pa;

	host_load_early(&record[a->page]);
	sequence = s2pt_table_invalidate_seq(&w.table);
	pa = host_load(&record[a->page]);
	while (pa && a->flags & F_AROUND && reach.last < PAGES - 1u && host_load(&record[reach.last + 1u]))
		reach.last++;
	if (pa)
		map(a, r, sequence, s2pt_pa_of(pa), &reach);
	else
		r->status = S2PT_ERR_NOT_MAPPED;
}

static void
do_relax(const struct action *a, struct result *r)
{
	struct s2pt_change rights = { .set_w = !(a->flags & F_EXEC) };

	rights.set_x_el1 = rights.set_x_el0 = rights.ram = a->flags & F_EXEC;
	begin(false);
	r->status = s2pt_shared_relax(&w.table, cursor_of(a), ipa_of(a->page), &rights);
	if (r->status == S2PT_OK && rights.set_w)
		w.doing[this_cpu()].rights = BIT_W;
	w.doing[this_cpu()].rights_ipa = ipa_of(a->page).addr;
	end(false);
}

static void
do_write(const struct action *a, struct result *r)
{
	begin(false);
	r->status = s2pt_shared_mark_dirty(&w.table, cursor_of(a), ipa_of(a->page), 12, NULL);
	if (r->status == S2PT_OK)
		w.doing[this_cpu()].rights = BIT_W;
	w.doing[this_cpu()].rights_ipa = ipa_of(a->page).addr;
	end(false);
}

static void
do_set_af(const struct action *a, struct result *r)
{
	begin(false);
	r->status = s2pt_shared_set_af(&w.table, cursor_of(a), ipa_of(a->page));
	end(false);
}

static void
do_age(const struct action *a, struct result *r)
{
	struct s2pt_bitmap bitmap = answer_of(a, r);
	struct s2pt_op op = { .budget = 0 };

	begin(false);
	r->status = s2pt_shared_age(&w.table, &op, ipa_of(a->page), (a->pages ? a->pages : 1u) * PAGE,
				    a->flags & F_TEST ? S2PT_AGE_TEST : a->flags & F_LAZY ? S2PT_AGE_CLEAR_LAZY
											  : S2PT_AGE_CLEAR,
				    &bitmap);
	end(a->flags & F_LAZY);
	for (unsigned n = a->page; n < PAGES && !(a->flags & F_TEST); n++)
		if (r->value >> (n - a->page) & 1u)
			w.aged[n] = w.used[n];
}

static void
do_lookup(const struct action *a, struct result *r)
{
	const unsigned cpu = this_cpu();
	struct s2pt_found found;

	point(STEP_WRITE, &w.lookups);
	w.lookups |= 1u << cpu;
	r->status = s2pt_table_lookup(&w.table, ipa_of(a->page), &found);
	point(STEP_WRITE, &w.lookups);
	end_grace(cpu);
	r->value = found.desc.raw & ~(BIT_AF | BIT_W);
	if ((found.desc.raw & 3u) == 2u)
		r->status = S2PT_RACED;
}

/* --- Guests ---------------------------------------------------------------------------------------- */

static enum model_result
guest(unsigned page, bool stores, struct result *r)
{
	const struct model_access access = {
		.ipa = ipa_of(page).addr,
		.kind = stores ? MODEL_WRITE : MODEL_READ,
		.el = 1,
	};
	struct model_outcome out;
	unsigned memory;

	point(STEP_ALL, NULL);
	model_access(w.model, this_cpu(), &access, &out);
	if (out.result != MODEL_OK)
		return out.result;
	memory = memory_of(out.pa);
	r->value = out.pa;
	if (memory >= MEMORIES) {
		world_fail("wild-access", "a guest reaches memory that nobody gave it");
		return out.result;
	}
	if (!content[memory])
		world_fail("page-before-contents", "a guest sees a page that the host has not filled yet");
	w.used[page]++;
	if (stores)
		w.version[page][memory]++;
	return out.result;
}

static void
do_access(const struct action *a, struct result *r)
{
	r->status = guest(a->page, a->verb == STORE, r) == MODEL_OK ? S2PT_OK : S2PT_RACED;
}

/* The host answers faults as shared.h says. A guest that faults for ever has been lost. */
static void
do_store_retry(const struct action *a, struct result *r)
{
	for (unsigned tries = 0; tries < 6; tries++) {
		struct result ignored = { .status = S2PT_OK };

		switch (guest(a->page, true, r)) {
		case MODEL_OK:
			r->status = S2PT_OK;
			return;
		case MODEL_PERMISSION:
			do_write(a, &ignored);
			break;
		case MODEL_ACCESS_FLAG:
			do_set_af(a, &ignored);
			break;
		default:
			do_map(a, &ignored);
			break;
		}
	}
	world_fail("endless-faults", "a guest faults again and again");
}

/* --- Exclusive operations --------------------------------------------------------------------------- */

static uint64_t
bytes_of(const struct action *a)
{
	return a->flags & F_BLOCK ? UINT64_C(2) << 20 : a->flags & F_GROUP ? GROUP * PAGE
									   : (a->pages ? a->pages : 1u) * PAGE;
}

static void
do_x_map(const struct action *a, struct result *r)
{
	struct s2pt_op op = { .max_lg2 = a->flags & F_BLOCK ? 21
				       : a->flags & F_GROUP ? 16
							    : 12 };
	struct s2pt_mapping mapping;

	mapping_of(a->flags, &mapping);
	op.replace = a->flags & F_REPLACE;
	if (a->flags & F_FILL)
		host_store(&content[a->memory], 1);
	begin(true);
	r->status = s2pt_table_map(&w.table, &op, ipa_of(a->page), bytes_of(a), pa_of(a->page, a->memory),
				   &mapping);
	end(false);
}

static void
do_x_unmap(const struct action *a, struct result *r)
{
	struct s2pt_bitmap bitmap = answer_of(a, r);
	struct s2pt_op op = { .dirty = w.scenario->logged ? &bitmap : NULL };

	if (a->verb == X_DISCARD)
		host_store(&record[a->page], 0);
	begin(true);
	r->status = s2pt_table_unmap(&w.table, &op, ipa_of(a->page), bytes_of(a));
	end(false);
	copy(a->page, r->value);
	if (a->verb == X_DISCARD)
		w.discarded[a->page] = true;
}

static void
do_x_collect(const struct action *a, struct result *r)
{
	struct s2pt_bitmap bitmap = answer_of(a, r);
	const uint64_t bytes = bytes_of(a);
	struct s2pt_op op = { .budget = 0 };

	begin(true);
	r->status = s2pt_table_dirty_collect(&w.table, &op, ipa_of(a->page), bytes, &bitmap,
					     (seed != SEED_COPY_FIRST) ? S2PT_COLLECT_CLEAR : 0);
	if (seed == SEED_COPY_FIRST) {
		copy(a->page, r->value);
		(void)(s2pt_table_dirty_clear(&w.table, &op, ipa_of(a->page), bytes, &bitmap) == S2PT_OK);
	}
	end(false);
	if (seed != SEED_COPY_FIRST)
		copy(a->page, r->value);
}

static void
do_x_read_only(const struct action *a, struct result *r)
{
	struct s2pt_bitmap bitmap = answer_of(a, r);
	struct s2pt_op op = { .dirty = &bitmap };
	const struct s2pt_change change = { .clear_w = true };

	begin(true);
	r->status = s2pt_table_protect(&w.table, &op, ipa_of(a->page), bytes_of(a), &change);
	end(false);
	copy(a->page, r->value);
}

static void
do_x_log(const struct action *a, struct result *r)
{
	struct s2pt_op op = { .budget = 0 };

	begin(true);
	r->status = s2pt_table_dirty_start(&w.table, &op, ipa_of(a->page), bytes_of(a), 1, 0);
	end(false);
}

static void
do_x_resize(const struct action *a, struct result *r)
{
	struct s2pt_op op = { .budget = 0 };

	begin(true);
	if (a->verb == X_SPLIT)
		r->status = s2pt_table_split(&w.table, &op, ipa_of(a->page), bytes_of(a), w.table.format->granule_lg2);
	else
		r->status = s2pt_table_collapse(&w.table, &op, ipa_of(a->page), bytes_of(a));
	end(false);
}

static void
do_x_annotate(const struct action *a, struct result *r)
{
	struct s2pt_op op = { .budget = 0 };

	begin(true);
	r->status = s2pt_table_annotate(&w.table, &op, ipa_of(a->page), bytes_of(a), NOTE);
	end(false);
}

/* --- Actions --------------------------------------------------------------------------------------- */

static void
do_prepare(const struct action *a, struct result *r)
{
	if (a->verb == P_RECORD) {
		record[a->page] = pa_of(a->page, a->memory).addr;
		return;
	}
	r->status = s2pt_shared_set_af(&w.table, &w.doing[a->memory].cursor, ipa_of(a->page));
}

static void
act(const struct action *a, struct result *r)
{
	static void (*const how[])(const struct action *a, struct result *r) = {
		[MAP] = do_map,
		[FAULT] = do_fault,
		[RELAX] = do_relax,
		[WRITE] = do_write,
		[YOUNG] = do_set_af,
		[AGE] = do_age,
		[LOOKUP] = do_lookup,
		[READ] = do_access,
		[STORE] = do_access,
		[STORE_RETRY] = do_store_retry,
		[X_MAP] = do_x_map,
		[X_UNMAP] = do_x_unmap,
		[X_DISCARD] = do_x_unmap,
		[X_COLLECT] = do_x_collect,
		[X_READ_ONLY] = do_x_read_only,
		[X_LOG] = do_x_log,
		[X_SPLIT] = do_x_resize,
		[X_COLLAPSE] = do_x_resize,
		[X_ANNOTATE] = do_x_annotate,
		[P_CURSOR] = do_prepare,
		[P_RECORD] = do_prepare,
	};

	memset(r, 0, sizeof(*r));
	r->action = a;
	w.doing[this_cpu()].action = a;
	how[a->verb](a, r);
	r->over = true;
	r->counts = counts(r->status);
}

void
world_cpu(unsigned cpu)
{
	for (unsigned n = 0; n < ACTIONS && w.scenario->cpu[cpu][n].verb; n++)
		act(&w.scenario->cpu[cpu][n], &w.result[cpu * ACTIONS + n]);
}

/* --- Beginning ------------------------------------------------------------------------------------- */

static void
make_format(void)
{
	struct s2pt_config config;

	memset(&w.cpu, 0, sizeof(w.cpu));
	w.cpu.feats = S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_TTL | S2PT_FEAT_TLBIRANGE |
		      S2PT_FEAT_TTST | (w.scenario->ha ? S2PT_FEAT_HAFDBS_AF : 0) |
		      (w.scenario->hd ? S2PT_FEAT_HAFDBS_DBM : 0) |
		      (w.scenario->bbm > 0 ? S2PT_FEAT_BBML1 : 0) |
		      (w.scenario->bbm > 1 ? S2PT_FEAT_BBML2 : 0);
	w.cpu.pa_bits = 48;
	w.cpu.granule_4k = true;
	s2pt_config_init(&config, S2PT_GRANULE_4K, &w.cpu);
	config.feats = w.cpu.feats;
	config.ipa_bits = w.scenario->deep ? 39 : 30;
	config.start_level = w.scenario->deep ? 1 : 2;
	if (s2pt_format_init(&w.format, &w.cpu, &config) != S2PT_OK)
		world_fail("test", "no such format");
}

static void
make_model(void)
{
	struct model_config config;

	model_config_default(&config);
	config.feat.ttst = true;
	config.feat.fwb = true;
	config.feat.ha = w.scenario->ha;
	config.feat.hd = w.scenario->hd;
	config.feat.bbm = w.scenario->bbm;
	config.pool_bytes = POOL_BYTES;
	config.zeroed = !w.scenario->dirt;
	config.cpus = w.cpus;
	w.model = model_new(&config);
}

static void
make_table(void)
{
	struct s2pt_vttbr vttbr = { .vmid = 1 };
	struct model_regs regs;

	w.host = (struct s2pt_host_ops){
		.size = sizeof(w.host),
		.flags = (w.scenario->dirt ? 0 : S2PT_HOST_ZEROED) |
			 (w.scenario->noncoherent ? S2PT_HOST_NONCOHERENT : 0),
		.virt_offset = (uintptr_t)w.model->win[0].mem - (uintptr_t)w.model->win[0].pa,
		.alloc = host_alloc,
		.retire = host_retire,
		.invalidate = host_invalidate,
		.publish = host_publish,
		.clean_tables = host_clean_tables,
		.clean_data = host_clean,
		.invalidate_icache = host_invalidate_icache,
	};
	if (s2pt_table_init(&w.table, &w.format, &w.host, w.scenario->page_limit) != S2PT_OK)
		world_fail("test", "no table");
	vttbr.root = w.table.root_pa;
	regs.vtcr = s2pt_vtcr_encode(&w.format);
	regs.hcr = MODEL_HCR_VM | MODEL_HCR_FWB;
	if (s2pt_vttbr_encode(&w.format, &vttbr, &regs.vttbr) != S2PT_OK)
		world_fail("test", "no VTTBR_EL2");
	model_set_regs(w.model, &regs);
}

static void
prepare(void *argument)
{
	(void)argument;
	make_table();
	for (unsigned n = 0; n < 4u && w.scenario->before[n].verb; n++) {
		struct result r;

		act(&w.scenario->before[n], &r);
		if (r.status != S2PT_OK)
			world_fail("test", "what comes before is refused");
	}
}

void
world_begin(void)
{
	world_leave();
	memset(w.result, 0, sizeof(w.result));
	memset(w.doing, 0, sizeof(w.doing));
	w.readers = 0;
	w.writer = false;
	w.lookups = 0;
	w.cleaned = 0;
	w.fetched = 0;
	w.deferreds = 0;
	memset(w.version, 0, sizeof(w.version));
	memset(w.copied, 0, sizeof(w.copied));
	memset(w.used, 0, sizeof(w.used));
	memset(w.aged, 0, sizeof(w.aged));
	memset(w.discarded, 0, sizeof(w.discarded));
	memset(record, 0, sizeof(record[0]) * PAGES);
	for (unsigned k = 0; k < MEMORIES; k++)
		content[k] = 1;
	for (unsigned n = 0; n < OPS; n++)
		if (w.scenario->cpu[n / ACTIONS][n % ACTIONS].flags & F_FILL)
			content[w.scenario->cpu[n / ACTIONS][n % ACTIONS].memory] = 0;
	buffer_reset();
	make_format();
	make_model();
	run_alone(0, prepare, NULL);
}

void
world_leave(void)
{
	if (w.model)
		model_free(w.model);
	w.model = NULL;
}

unsigned
world_cpus(void)
{
	return w.cpus;
}

/* --- The end --------------------------------------------------------------------------------------- */

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	for (unsigned n = 0; n < 64; n += 8)
		hash = (hash ^ (value >> n & 255u)) * UINT64_C(0x100000001b3);
	return hash;
}

/* What the table says of a page. */
static void
look(unsigned page, struct s2pt_found *found)
{
	if (s2pt_table_lookup(&w.table, ipa_of(page), found) != S2PT_OK)
		world_fail("test", "no lookup");
}

/* What the table says, and what the operations answered that count. */
static uint64_t
fingerprint(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (unsigned n = 0; n < PAGES; n++) {
		struct s2pt_found found;

		look(n, &found);
		hash = mix(mix(hash, found.desc.raw), (uint64_t)found.level);
	}
	hash = mix(mix(hash, w.table.pages), w.table.annotations);
	for (unsigned n = 0; n < OPS; n++)
		if (w.result[n].over && w.result[n].counts)
			hash = mix(mix(mix(hash, n), w.result[n].status), w.result[n].value);
	return hash;
}

/* Annotated entries of tables that can be reached. */
static uint64_t
count_annotations(void)
{
	uint64_t count = 0;

	for (size_t i = 0; i < w.model->units; i++) {
		const struct node *n = &w.model->nodes[i];
		const uint64_t *entry = model_virt(w.model, n->pa);

		for (size_t k = 0; n->state == NODE_LINKED && k < n->bytes / 8u; k++)
			count += s2pt_annotation(s2pt_desc_of(entry[k])) != 0;
	}
	return count;
}

static void
judge_tables(void)
{
	struct s2pt_stats stats;
	uint64_t tables = 0;

	s2pt_table_stats(&w.table, &stats);
	for (unsigned level = 0; level < 5; level++)
		tables += stats.tables[level];
	if (w.table.pages + 1u != tables)
		world_fail("miscounted-tables", "the table's count of its tables is wrong");
	if (w.table.annotations != count_annotations())
		world_fail("miscounted-annotations", "the table's count of its annotations is wrong");
	if (!model_links_true(w.model, w.scenario->hd ? 0 : 1u | BIT_W | w.table.tracking_bit))
		world_fail("known-clean", "a link says that a part is clean which is not");
	model_check_leaks(w.model, (unsigned)tables);
}

/* What hardware has written to a page's leaf: to one member of a group is to all. */
static uint64_t
written_to(unsigned page, uint64_t raw)
{
	uint64_t written = raw;
	struct s2pt_found found;

	for (unsigned n = 0; (raw & BIT_HINT) && n < GROUP; n++) {
		look(page / GROUP * GROUP + n, &found);
		written |= found.desc.raw;
	}
	return written & (BIT_W | BIT_AF);
}

static void
judge_page(unsigned page)
{
	struct s2pt_found found;
	uint64_t written;

	look(page, &found);
	written = written_to(page, found.desc.raw);
	if (w.scenario->logged && !(written & BIT_W))
		for (unsigned k = 0; k < MEMORIES; k++)
			if (w.version[page][k] != w.copied[page][k])
				world_fail("lost-dirty", "a page was written to, and nobody knows");
	if (w.scenario->aged && (found.desc.raw & 1u) && !(written & BIT_AF) &&
	    w.used[page] != w.aged[page])
		world_fail("lost-young", "a page was used, and nobody knows");
	if (w.discarded[page] && found.desc.raw)
		world_fail("mapped-after-unmap", "an answer that is old was taken");
	if ((found.desc.raw & 3u) == 2u)
		world_fail("left-broken", "an entry is broken, and nobody is at it");
}

/* Who finds no memory has not found it because somebody else has it, and uses it. */
static void
judge_limit(void)
{
	for (unsigned n = 0; n < OPS; n++)
		if (w.result[n].over && w.result[n].action->verb == MAP && w.result[n].status == S2PT_OK)
			return;
	world_fail("nobody-maps", "there is memory, and every fault is refused");
}

static void
judge_end(void *argument)
{
	(void)argument;
	model_op_begin(w.model, 0, 0, UINT64_C(1) << 30);
	model_op_end(w.model, MODEL_END_RELAX);
	if (w.deferreds)
		world_fail("test", "tables wait for lookups, and there are none");
	judge_tables();
	if (w.scenario->noncoherent)
		judge_beyond();
	if (w.scenario->page_limit)
		judge_limit();
	for (unsigned n = 0; n < PAGES; n++)
		judge_page(n);
}

static bool
is_serial(void)
{
	const uint64_t hash = fingerprint();

	for (unsigned n = 0; n < w.serials; n++)
		if (w.serial[n] == hash)
			return true;
	return false;
}

static void
judge_serial(void *argument)
{
	(void)argument;
	if (w.scenario->serial && !is_serial())
		world_fail("not-serial", "no serial order of the operations ends like this");
}

bool
world_end(void)
{
	run_alone(0, judge_end, NULL);
	run_alone(0, judge_serial, NULL);
	return !world_has_failed();
}

/* --- Serial orders --------------------------------------------------------------------------------- */

static void
act_alone(void *argument)
{
	struct result *r = argument;
	unsigned n = (unsigned)(r - w.result);

	act(&w.scenario->cpu[n / ACTIONS][n % ACTIONS], r);
}

static void
note_serial(void *argument)
{
	(void)argument;
	if (!is_serial() && w.serials < SERIAL_MAX)
		w.serial[w.serials++] = fingerprint();
}

/* One order: from each CPU in @order its next action, or with SKIP added none of it. */
#define SKIP CPUS_MAX

static void
run_order(const unsigned *order, unsigned count)
{
	unsigned next[CPUS_MAX] = { 0 };

	world_begin();
	for (unsigned i = 0; i < count; i++) {
		unsigned cpu = order[i] % CPUS_MAX, n = cpu * ACTIONS + next[cpu]++;

		if (order[i] < SKIP)
			run_alone(cpu, act_alone, &w.result[n]);
	}
	run_alone(0, note_serial, NULL);
	world_has_failed();
}

static void
run_orders(void)
{
	unsigned order[OPS], left[CPUS_MAX] = { 0 }, total = 0, depth = 0, at = 0;

	for (unsigned n = 0; n < OPS; n++)
		if (w.scenario->cpu[n / ACTIONS][n % ACTIONS].verb) {
			left[n / ACTIONS]++;
			total++;
		}
	for (;;) {
		while (at < 2u * CPUS_MAX && !left[at % CPUS_MAX])
			at++;
		if (depth < total && at < 2u * CPUS_MAX) {
			order[depth++] = at;
			left[at % CPUS_MAX]--;
			at = 0;
			continue;
		}
		if (depth == total)
			run_order(order, total);
		if (!depth)
			return;
		at = order[--depth];
		left[at++ % CPUS_MAX]++;
	}
}

void
world_enter(const struct scenario *scenario)
{
	world_leave();
	w.scenario = scenario;
	w.cpus = 0;
	w.locks = false;
	w.failure = NULL;
	w.serials = 0;
	for (unsigned n = 0; n < OPS; n++) {
		enum verb verb = scenario->cpu[n / ACTIONS][n % ACTIONS].verb;

		if (verb)
			w.cpus = n / ACTIONS + 1u;
		w.locks = w.locks || verb >= X_MAP;
	}
	if (scenario->serial)
		run_orders();
	/* With seeded faults, what is alone may be wrong as well; it is judged in the exploration. */
	w.failure = NULL;
}

void
world_print(void)
{
	if (!w.model)
		return;
	model_trace_print(w.model, stdout);
	for (unsigned n = 0; n < OPS; n++)
		if (w.result[n].over)
			printf("  cpu%u action %u: %s, 0x%llx\n", n / ACTIONS, n % ACTIONS,
			       s2pt_status_name(w.result[n].status), (unsigned long long)w.result[n].value);
}
