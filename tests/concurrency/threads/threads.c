/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * threads SECONDS: one table, real threads, half of the time without and half of it with hardware that
 * sets AF and dirty state.
 *
 *   vCPUs       access pages as a CPU would: through what they have cached, else by a walk, with atomic
 *               updates of the entry where hardware does them; answer their faults under the read lock
 *   an ager     ages, relaxes, and looks up without any lock
 *   a migrator  puts pages elsewhere, under the read lock (live map with replace)
 *   a host      unmaps, splits, collapses, logs and collects, under the write lock
 *
 * Tables that are retired are poisoned when the last lookup that may read them has ended. WHAT MUST HOLD: a
 * guest never reaches memory that was taken away before its access began; what it writes to a page after
 * the page was last reported leaves it dirty; in the end the table maps what the host has recorded, and
 * all tables come back.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <s2pt/s2pt.h>
#include <s2pt/shared.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes)   ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

#define PAGE    UINT64_C(4096)
#define BLOCK   (UINT64_C(2) << 20)
#define REGIONS 4u /* of 2 MiB; the last is mapped from the beginning, and never unmapped */
#define PER     512u
#define PAGES   (REGIONS * PER)
#define MOVING  ((REGIONS - 1u) * PER)
#define BASE    UINT64_C(0x40000000)
#define STRIDE  (UINT64_C(16) << 20) /* from one memory of a page to the next one that it gets */
#define POOL    256u
#define POISON  0x5b
#define ROUND   20u /* milliseconds, until all is judged: a loss is soon made good by others */
#define VCPUS   3u
#define RING    16u
#define THREADS (VCPUS + 3u)
#define BIT_W   (UINT64_C(1) << 7)
#define BIT_AF  (UINT64_C(1) << 10)
#define BIT_DBM (UINT64_C(1) << 51)
#define ADDRESS UINT64_C(0xfffffffff000)

/* What a vCPU has cached of a page. */
struct cached {
	uint64_t desc;
	uint64_t generation;
	uint64_t forgotten;
};

struct thread {
	pthread_t id;
	unsigned number;
	uint64_t random;
	uint64_t forgotten; /* how often this CPU alone forgot */
	struct s2pt_cursor cursor;
	struct s2pt_dirty_ring ring; /* what this CPU made dirty */
	struct s2pt_span span[RING];
	struct cached tlb[PAGES];
	uint64_t accesses, faults, raced, others;
};

/* A table that lookups may be reading: those that were, when it was retired. */
struct limbo {
	void *page;
	uint64_t reading[THREADS];
};

static struct thread threads[THREADS];
static _Thread_local struct thread *self;
static struct s2pt_table table;
static struct s2pt_format format;
static struct s2pt_host_ops ops;
static struct s2pt_mapping page_mapping;
static pthread_rwlock_t lock;
static pthread_mutex_t records = PTHREAD_MUTEX_INITIALIZER, pool_lock = PTHREAD_MUTEX_INITIALIZER;
static bool hardware, stop;

static uint8_t *pool;
static void *free_page[POOL];
static unsigned free_pages;
static struct limbo limbo[POOL];
static unsigned limbos;

static uint64_t generation = 1;   /* how often all have forgotten */
static uint64_t walking[THREADS]; /* odd: in an access; invalidation waits for its end */
static uint64_t reading[THREADS]; /* odd: in a lookup; only the freeing of tables waits */
static uint64_t record[PAGES];    /* which memory the host has for it, from 1 on; 0: none */
static uint64_t newest[PAGES];    /* the last one it ever had */
static uint64_t least[PAGES];     /* older ones have been taken away */
static uint64_t content[PAGES];   /* how often it was written */
static uint64_t copied[PAGES];    /* ... when the host last copied it */

#define GET(x)    __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define PUT(x, v) __atomic_store_n(&(x), (v), __ATOMIC_SEQ_CST)
#define ADD(x, v) __atomic_add_fetch(&(x), (v), __ATOMIC_SEQ_CST)

static _Noreturn void
fail(const char *what, uint64_t page, uint64_t is, uint64_t should)
{
	fprintf(stderr, "threads: %s: page %llu: %llx, not %llx\n", what, (unsigned long long)page,
		(unsigned long long)is, (unsigned long long)should);
	exit(1);
}

static uint64_t
draw(uint64_t limit)
{
	self->random ^= self->random << 13;
	self->random ^= self->random >> 7;
	self->random ^= self->random << 17;
	return (self->random >> 11) % limit;
}

static uint64_t
pa_of(uint64_t page, uint64_t memory)
{
	return BASE + memory * STRIDE + page * PAGE;
}

static s2pt_ipa
ipa_of(uint64_t page)
{
	return s2pt_ipa_of(page * PAGE);
}

/* --- The host -------------------------------------------------------------------------------------- */

static bool
host_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	uint64_t *entries;

	(void)context;
	(void)what;
	pthread_mutex_lock(&pool_lock);
	page->virt = free_pages && bytes == PAGE ? free_page[--free_pages] : NULL;
	pthread_mutex_unlock(&pool_lock);
	if (!page->virt)
		return false;
	ASAN_UNPOISON_MEMORY_REGION(page->virt, PAGE);
	entries = page->virt;
	for (unsigned n = 0; n < PER; n++)
		__atomic_store_n(&entries[n], 0, __ATOMIC_RELAXED);
	page->pa = s2pt_pa_of((uint64_t)(uintptr_t)page->virt - ops.virt_offset);
	return true;
}

static bool
is_over(const struct limbo *l)
{
	for (unsigned n = 0; n < THREADS; n++)
		if ((l->reading[n] & 1u) && GET(reading[n]) == l->reading[n])
			return false;
	return true;
}

/* Take back what no lookup can be reading any more. Under pool_lock. */
static void
reclaim(void)
{
	unsigned kept = 0;

	for (unsigned n = 0; n < limbos; n++) {
		if (!is_over(&limbo[n])) {
			limbo[kept++] = limbo[n];
			continue;
		}
		memset(limbo[n].page, POISON, PAGE);
		ASAN_POISON_MEMORY_REGION(limbo[n].page, PAGE);
		free_page[free_pages++] = limbo[n].page;
	}
	limbos = kept;
}

static void
host_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)what;
	(void)bytes;
	pthread_mutex_lock(&pool_lock);
	for (size_t i = 0; i < count; i++) {
		struct limbo *l = &limbo[limbos++];

		l->page = pages[i].virt;
		for (unsigned n = 0; n < THREADS; n++)
			l->reading[n] = GET(reading[n]);
	}
	reclaim();
	pthread_mutex_unlock(&pool_lock);
}

/* An access that has begun may use what it has found until it ends. */
static void
host_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context;
	if (count == 1 && requests->local) {
		if (self)
			self->forgotten++;
		return;
	}
	ADD(generation, 1);
	for (unsigned n = 0; n < THREADS; n++) {
		uint64_t was = GET(walking[n]);

		while ((was & 1u) && GET(walking[n]) == was)
			sched_yield();
	}
}

static void
host_publish(void *context)
{
	(void)context;
}

/* --- Guests ---------------------------------------------------------------------------------------- */

enum outcome {
	REACHED,
	NOT_MAPPED,
	NOT_YOUNG,
	NOT_WRITABLE,
};

/* What hardware makes of the leaf when it is used so. */
static uint64_t
updated(uint64_t desc, bool stores)
{
	if (!hardware)
		return desc;
	return desc | BIT_AF | (stores && (desc & BIT_DBM) ? BIT_W : 0);
}

static enum outcome
allows(uint64_t desc, bool stores)
{
	if (!(desc & 1u))
		return NOT_MAPPED;
	if (!(desc & BIT_AF))
		return NOT_YOUNG;
	return stores && !(desc & BIT_W) ? NOT_WRITABLE : REACHED;
}

/* The entry of the leaf that maps the page, and its level's size. */
static uint64_t *
walk(uint64_t page, uint64_t *desc, uint64_t *bytes)
{
	uint64_t *entry = &table.root[page / PER];

	*bytes = BLOCK;
	*desc = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
	if ((*desc & 3u) != 3u)
		return entry;
	entry = (uint64_t *)((uintptr_t)(*desc & ADDRESS) + ops.virt_offset) + page % PER;
	*bytes = PAGE;
	*desc = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
	return entry;
}

/* A walk, with its update; returns the leaf as one of the page alone. */
static uint64_t
walk_and_update(uint64_t page, bool stores)
{
	uint64_t desc, bytes, *entry = walk(page, &desc, &bytes);

	while (desc & 1u) {
		uint64_t wanted = updated(desc, stores);

		if (wanted == desc ||
		    __atomic_compare_exchange_n(entry, &desc, wanted, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			desc = wanted;
			break;
		}
	}
	return bytes == BLOCK ? desc + (desc & 1u ? page % PER * PAGE : 0) : desc;
}

/* What is cached answers, unless hardware has to update the entry: that is looked for in memory. */
static uint64_t
translate(uint64_t page, bool stores)
{
	struct cached *c = &self->tlb[page];

	if (c->generation != GET(generation) || c->forgotten != self->forgotten ||
	    updated(c->desc, stores) != c->desc || allows(c->desc, stores) == NOT_MAPPED) {
		c->generation = GET(generation);
		c->forgotten = self->forgotten;
		c->desc = walk_and_update(page, stores);
	}
	return c->desc;
}

static enum outcome
use(uint64_t page, bool stores)
{
	enum outcome outcome;
	uint64_t old, desc, memory;

	old = GET(least[page]);
	ADD(walking[self->number], 1);
	desc = translate(page, stores);
	outcome = allows(desc, stores);
	if (outcome == REACHED) {
		memory = ((desc & ADDRESS) - BASE) / STRIDE;
		if ((desc & ADDRESS) != pa_of(page, memory) || memory < old)
			fail("a guest reaches what was taken away", page, memory, old);
		if (stores)
			ADD(content[page], 1);
	}
	ADD(walking[self->number], 1);
	return outcome;
}

/* --- Faults ---------------------------------------------------------------------------------------- */

static void
note(enum s2pt_status status)
{
	if (status == S2PT_OK)
		self->others++;
	else if (status == S2PT_RACED)
		self->raced++;
}

static void
fault_in(uint64_t page)
{
	struct s2pt_map_request request = { .invalidate_seq = s2pt_table_invalidate_seq(&table), .lg2 = 12 };
	uint64_t memory = GET(record[page]);
	enum s2pt_status status;

	if (!memory)
		return;
	if (!draw(16))
		sched_yield();
	pthread_rwlock_rdlock(&lock);
	status = s2pt_shared_map(&table, &self->cursor, &request, ipa_of(page), s2pt_pa_of(pa_of(page, memory)),
				 &page_mapping);
	pthread_rwlock_unlock(&lock);
	if (status != S2PT_OK && status != S2PT_RACED && status != S2PT_ERR_EXISTS)
		fail("a fault is refused", page, status, S2PT_OK);
	note(status);
}

static void
answer(uint64_t page, enum outcome outcome)
{
	enum s2pt_status status;

	self->faults++;
	if (outcome == NOT_MAPPED) {
		fault_in(page);
		return;
	}
	pthread_rwlock_rdlock(&lock);
	if (outcome == NOT_YOUNG)
		status = s2pt_shared_set_af(&table, &self->cursor, ipa_of(page));
	else
		status = s2pt_shared_mark_dirty(&table, &self->cursor, ipa_of(page), 0, &self->ring);
	pthread_rwlock_unlock(&lock);
	if (status != S2PT_OK && status != S2PT_RACED && status != S2PT_ERR_NOT_MAPPED && status != S2PT_ERR_RING_FULL)
		fail("a fault is refused", page, status, S2PT_OK);
	note(status);
}

static void *
vcpu(void *argument)
{
	self = argument;
	while (!GET(stop)) {
		uint64_t page = draw(PAGES), run = draw(32);

		for (; run && page < PAGES; run--, page++) {
			bool stores = draw(2);
			enum outcome outcome = use(page, stores);

			self->accesses++;
			for (unsigned n = 0; outcome != REACHED && n < 4; n++) {
				answer(page, outcome);
				outcome = use(page, stores);
			}
		}
	}
	return NULL;
}

/* --- Ageing, relaxing, looking up -------------------------------------------------------------------- */

static void
look_up(uint64_t page)
{
	struct s2pt_found found;
	uint64_t old = GET(least[page]), memory;

	ADD(reading[self->number], 1);
	if (s2pt_table_lookup(&table, ipa_of(page), &found) != S2PT_OK)
		fail("a lookup is refused", page, 1, 0);
	ADD(reading[self->number], 1);
	if (!(found.desc.raw & 1u))
		return;
	memory = ((found.desc.raw & ADDRESS) + (page * PAGE - found.ipa.addr) - BASE) / STRIDE;
	if (memory < old)
		fail("a lookup finds what was taken away", page, memory, old);
}

static void
age_some(uint64_t page)
{
	uint64_t word[PAGES / 64u] = { 0 }, count = 1 + draw(PAGES - page);
	struct s2pt_bitmap bitmap = { .base = ipa_of(0), .size = PAGES * PAGE, .word = word };
	struct s2pt_op op = { .budget = 0 };

	pthread_rwlock_rdlock(&lock);
	note(s2pt_shared_age(&table, &op, ipa_of(page), count * PAGE, (enum s2pt_age)draw(3), &bitmap));
	pthread_rwlock_unlock(&lock);
}

static void *
ager(void *argument)
{
	const struct s2pt_change rights = { .set_x_el1 = true, .set_x_el0 = true };

	self = argument;
	while (!GET(stop)) {
		uint64_t page = draw(PAGES);

		switch (draw(8)) {
		case 0:
			age_some(page);
			break;
		case 1:
			pthread_rwlock_rdlock(&lock);
			note(s2pt_shared_relax(&table, &self->cursor, ipa_of(page), &rights));
			pthread_rwlock_unlock(&lock);
			break;
		default:
			look_up(page);
			break;
		}
	}
	return NULL;
}

/* --- Migration ------------------------------------------------------------------------------------- */

/* Put a page elsewhere. Records change one at a time; what is recorded is what will be mapped. */
static void
migrate(uint64_t page)
{
	struct s2pt_map_request request = { .lg2 = 12, .replace = true };
	enum s2pt_status status;

	pthread_mutex_lock(&records);
	if (record[page]) {
		PUT(record[page], ++newest[page]);
		do {
			request.invalidate_seq = s2pt_table_invalidate_seq(&table);
			request.old = s2pt_desc_of(0);
			pthread_rwlock_rdlock(&lock);
			status = s2pt_shared_map(&table, &self->cursor, &request, ipa_of(page),
						 s2pt_pa_of(pa_of(page, newest[page])), &page_mapping);
			pthread_rwlock_unlock(&lock);
			note(status);
		} while (status == S2PT_RACED);
		if (status != S2PT_OK)
			fail("a migration is refused", page, status, S2PT_OK);
		if (request.old.raw & BIT_W)
			PUT(copied[page], GET(content[page]));
		PUT(least[page], newest[page]);
	}
	pthread_mutex_unlock(&records);
}

static void *
migrator(void *argument)
{
	self = argument;
	while (!GET(stop)) {
		migrate(draw(MOVING));
		if (!draw(4))
			sched_yield();
	}
	return NULL;
}

/* --- The host -------------------------------------------------------------------------------------- */

static void
copy(const uint64_t *word)
{
	for (unsigned n = 0; n < PAGES; n++)
		if (word[n / 64u] >> n % 64u & 1u)
			PUT(copied[n], GET(content[n]));
}

/* What rings have said, and no collection has reported as clean since. */
static uint64_t said[PAGES / 64u];

/*
 * Under the lock as a writer: the rings are emptied. Then what is reported in @word is all in what rings have said; and
 * where it is @clean now, it is to be said anew.
 */
static void
check_rings(const uint64_t *word, bool clean)
{
	struct s2pt_span span;

	for (unsigned n = 0; n < VCPUS; n++)
		while (s2pt_dirty_ring_take(&threads[n].ring, &span))
			for (uint64_t at = span.ipa.addr / PAGE; at < (span.ipa.addr + span.size) / PAGE; at++)
				said[at / 64u] |= UINT64_C(1) << at % 64u;
	for (unsigned n = 0; n < PAGES / 64u; n++) {
		/* A block is dirty as a whole, and may have been split since. */
		if (!hardware && (word[n] & ~said[n]))
			fail("a dirty page is in no ring", n * 64u, word[n], said[n]);
		if (clean)
			said[n] &= ~word[n];
	}
}

/* Some pages go; later they come back elsewhere. */
static void
discard(void)
{
	uint64_t word[PAGES / 64u] = { 0 }, page = draw(MOVING), count = 1 + draw(draw(4) ? 16 : 1024);
	struct s2pt_bitmap bitmap = { .base = ipa_of(0), .size = PAGES * PAGE, .word = word };
	struct s2pt_op op = { .dirty = &bitmap };
	enum s2pt_status status;

	if (count > MOVING - page)
		count = MOVING - page;
	pthread_mutex_lock(&records);
	for (uint64_t n = page; n < page + count; n++)
		PUT(record[n], 0);
	pthread_rwlock_wrlock(&lock);
	status = s2pt_table_unmap(&table, &op, ipa_of(page), count * PAGE);
	check_rings(word, true);
	copy(word);
	pthread_rwlock_unlock(&lock);
	for (uint64_t n = page; n < page + count; n++) {
		newest[n]++;
		PUT(least[n], newest[n]);
		PUT(record[n], draw(8) ? newest[n] : 0);
	}
	pthread_mutex_unlock(&records);
	if (status != S2PT_OK)
		fail("an unmap is refused", page, status, S2PT_OK);
}

static void
bring_back(void)
{
	uint64_t page = draw(MOVING);

	pthread_mutex_lock(&records);
	if (!record[page])
		PUT(record[page], newest[page]);
	pthread_mutex_unlock(&records);
}

static void
collect(bool twice)
{
	uint64_t word[PAGES / 64u] = { 0 };
	struct s2pt_bitmap bitmap = { .base = ipa_of(0), .size = PAGES * PAGE, .word = word };
	struct s2pt_op op = { .budget = 0 };

	/* Who copies a page does so alone: an older copy must not take the place of a newer one. */
	pthread_mutex_lock(&records);
	pthread_rwlock_wrlock(&lock);
	note(s2pt_table_dirty_collect(&table, &op, ipa_of(0), PAGES * PAGE, &bitmap, !twice ? S2PT_COLLECT_CLEAR : 0));
	check_rings(word, !twice);
	pthread_rwlock_unlock(&lock);
	if (twice) {
		pthread_rwlock_wrlock(&lock);
		note(s2pt_table_dirty_clear(&table, &op, ipa_of(0), PAGES * PAGE, &bitmap));
		check_rings(word, true);
		pthread_rwlock_unlock(&lock);
	}
	copy(word);
	pthread_mutex_unlock(&records);
}

static void
reshape(bool split)
{
	struct s2pt_op op = { .budget = 0 };
	enum s2pt_status status;

	pthread_rwlock_wrlock(&lock);
	if (split)
		status = s2pt_table_split(&table, &op, ipa_of(MOVING), BLOCK, format.granule_lg2);
	else
		status = s2pt_table_collapse(&table, &op, ipa_of(MOVING), BLOCK);
	pthread_rwlock_unlock(&lock);
	if (status != S2PT_OK)
		fail("a change of size is refused", MOVING, status, S2PT_OK);
	note(status);
}

static void *
host(void *argument)
{
	const struct timespec pause = { .tv_nsec = 200000 };

	self = argument;
	while (!GET(stop)) {
		switch (draw(8)) {
		case 0:
		case 1:
		case 2:
			discard();
			break;
		case 3:
		case 4:
			bring_back();
			break;
		case 5:
			collect(draw(2));
			break;
		default:
			reshape(draw(2));
			break;
		}
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* --- Beginning and end ------------------------------------------------------------------------------ */

static void
make_table(void)
{
	struct s2pt_features cpu = { .pa_bits = 48, .granule_4k = true };
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_mapping block;
	struct s2pt_leaf leaf;
	struct s2pt_config config;
	enum s2pt_status status;

	cpu.feats = S2PT_FEAT_S2FWB | S2PT_FEAT_XNX | S2PT_FEAT_TTL | S2PT_FEAT_TLBIRANGE | S2PT_FEAT_TTST |
		    (hardware ? S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM : 0);
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.feats = cpu.feats;
	config.ipa_bits = 30;
	config.start_level = 2;
	status = s2pt_format_init(&format, &cpu, &config);
	if (status == S2PT_OK)
		status = s2pt_table_init(&table, &format, &ops, 0);
	memset(&leaf, 0, sizeof(leaf));
	leaf.type = S2PT_MEM_NORMAL_WB;
	leaf.sh = S2PT_SH_ISH;
	leaf.r = leaf.w = true;
	if (status == S2PT_OK)
		status = s2pt_mapping_init(&format, &leaf, 0, &block);
	if (status == S2PT_OK)
		status = s2pt_table_map(&table, &op, ipa_of(MOVING), BLOCK, s2pt_pa_of(pa_of(MOVING, 0)), &block);
	if (status == S2PT_OK)
		status = s2pt_table_dirty_start(&table, &op, ipa_of(0), PAGES * PAGE, 1, 0);
	s2pt_table_dirty_leaf(&table, &leaf);
	if (status == S2PT_OK)
		status = s2pt_mapping_init(&format, &leaf, 0, &page_mapping);
	if (status != S2PT_OK)
		fail("the table is refused", 0, status, S2PT_OK);
}

static void
begin(void)
{
	free_pages = 0;
	limbos = 0;
	for (unsigned n = 0; n < POOL; n++)
		free_page[free_pages++] = pool + n * PAGE;
	ops = (struct s2pt_host_ops){
		.size = sizeof(ops),
		.flags = S2PT_HOST_ZEROED,
		.virt_offset = (uintptr_t)pool - (uintptr_t)0x80000000u,
		.alloc = host_alloc,
		.retire = host_retire,
		.invalidate = host_invalidate,
		.publish = host_publish,
	};
	for (unsigned n = 0; n < PAGES; n++) {
		record[n] = newest[n] = n < MOVING;
		least[n] = content[n] = copied[n] = 0;
	}
	memset(threads, 0, sizeof(threads));
	memset(said, 0, sizeof(said));
	for (unsigned n = 0; n < THREADS; n++) {
		threads[n].number = n;
		threads[n].ring = (struct s2pt_dirty_ring){ .span = threads[n].span, .count = RING };
		threads[n].random = 0x9e3779b97f4a7c15u * (n + 1u);
	}
	make_table();
}

static void
run(unsigned milliseconds)
{
	const struct timespec time = { .tv_sec = milliseconds / 1000u,
				       .tv_nsec = (long)(milliseconds % 1000u) * 1000000 };

	PUT(stop, false);
	for (unsigned n = 0; n < THREADS; n++) {
		if (pthread_create(&threads[n].id, NULL, n < VCPUS ? vcpu : n == VCPUS ? ager
								    : n == VCPUS + 1u  ? migrator
										       : host,
				   &threads[n]))
			fail("no thread", n, 0, 0);
	}
	nanosleep(&time, NULL);
	PUT(stop, true);
	for (unsigned n = 0; n < THREADS; n++)
		pthread_join(threads[n].id, NULL);
}

/* Nobody runs: what is reported now, and was before, must be all that was written. */
static void
judge_round(void)
{
	uint64_t word[PAGES / 64u] = { 0 };
	struct s2pt_bitmap bitmap = { .base = ipa_of(0), .size = PAGES * PAGE, .word = word };
	struct s2pt_op op = { .budget = 0 };
	s2pt_pa pa;

	if (s2pt_table_dirty_collect(&table, &op, ipa_of(0), PAGES * PAGE, &bitmap, S2PT_COLLECT_CLEAR) != S2PT_OK)
		fail("the last collection ended early", 0, op.done, PAGES * PAGE);
	check_rings(word, true);
	copy(word);
	for (unsigned n = 0; n < PAGES; n++) {
		if (copied[n] != content[n])
			fail("a write is lost", n, copied[n], content[n]);
		if (s2pt_table_translate(&table, ipa_of(n), &pa) == S2PT_OK &&
		    pa.addr != pa_of(n, n < MOVING && !record[n] ? UINT64_MAX : record[n]))
			fail("another memory is mapped", n, pa.addr, pa_of(n, record[n]));
	}
}

static void
judge_end(void)
{
	struct s2pt_op op = { .budget = 0 };

	if (s2pt_table_destroy(&table, &op) != S2PT_OK)
		fail("destroy is refused", 0, 0, 0);
	pthread_mutex_lock(&pool_lock);
	reclaim();
	pthread_mutex_unlock(&pool_lock);
	if (free_pages != POOL)
		fail("tables are lost", 0, free_pages, POOL);
}

/* Nothing proves that what never happened works. */
static void
report(void)
{
	uint64_t accesses = 0, faults = 0, raced = 0, others = 0;

	for (unsigned n = 0; n < THREADS; n++) {
		accesses += threads[n].accesses;
		faults += threads[n].faults;
		raced += threads[n].raced;
		others += threads[n].others;
	}
	printf("%s: %llu accesses, %llu faults, %llu operations, %llu races lost, %llu invalidations\n",
	       hardware ? "hardware updates" : "no hardware updates", (unsigned long long)accesses,
	       (unsigned long long)faults, (unsigned long long)others, (unsigned long long)raced,
	       (unsigned long long)generation);
	if (!accesses || !faults || !others)
		fail("nothing happened", 0, 0, 1);
}

int
main(int argc, char **argv)
{
	double seconds = argc == 2 ? atof(argv[1]) : 0;
	pthread_rwlockattr_t attributes;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (seconds <= 0) {
		fprintf(stderr, "usage: threads SECONDS\n");
		return 2;
	}
	pool = aligned_alloc(PAGE, POOL * PAGE);
	/* A storm of readers must not keep the writer out. */
	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	if (!pool || pthread_rwlock_init(&lock, &attributes))
		fail("no memory", 0, 0, 0);
	for (unsigned n = 0; n < 2; n++) {
		hardware = n;
		begin();
		for (double left = seconds * 500; left > 0; left -= ROUND) {
			run(ROUND);
			judge_round();
		}
		judge_end();
		report();
	}
	ASAN_UNPOISON_MEMORY_REGION(pool, POOL * PAGE);
	free(pool);
	return 0;
}
