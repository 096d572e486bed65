/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* world.c: see world.h. */
#include "world.h"

#include "io.h"

#define FRAMES UINT64_C(0x44000000) /* behind the image; aligned to any block that is used here */
#define SAMPLE 96u                  /* pages that are looked at where there are more */

struct world world;

/* --- Places ----------------------------------------------------------------------------------- */

static uint64_t
frame_pa(unsigned page, unsigned side)
{
	uint64_t index = (uint64_t)side * world.pages + page;

	if (page >= world.pages)
		index += world.pages; /* bystanders stand behind both sides, and have side 0 */
	return FRAMES + (index << world.page_lg2);
}

static uint64_t *
frame_at(uint64_t pa)
{
	return (uint64_t *)(uintptr_t)pa;
}

uint64_t *
world_frame(unsigned page)
{
	return frame_at(frame_pa(page, world.page[page].side));
}

uint64_t *
world_other_frame(unsigned page)
{
	return frame_at(frame_pa(page, !world.page[page].side));
}

static s2pt_ipa
ipa_of(unsigned page)
{
	return s2pt_ipa_of(GUEST_WINDOW + ((uint64_t)page << world.page_lg2));
}

static uint64_t
bytes_of(unsigned count)
{
	return (uint64_t)count << world.page_lg2;
}

unsigned
world_random(unsigned limit)
{
	world.random = hash(world.random);
	return (unsigned)(world.random >> 32) % limit;
}

/* --- Operations: calling the engine ----------------------------------------------------------- */

enum kind {
	KIND_MAP,
	KIND_UNMAP,
	KIND_PROTECT,
	KIND_RELAX,
	KIND_MOVE,
	KIND_SPLIT,
	KIND_COLLAPSE,
	KIND_ANNOTATE,
};

static const char *const kind_names[] = {
	"map",
	"unmap",
	"protect",
	"relax",
	"move",
	"split",
	"collapse",
	"annotate",
};

/* One range operation, whichever it is. */
struct request {
	enum kind kind;
	unsigned first;
	unsigned count;
	uint64_t from;                    /* move */
	uint64_t pa;                      /* map, move: to */
	uint64_t value;                   /* annotate */
	bool pages_only;                  /* map */
	bool replace;                     /* map */
	struct s2pt_mapping mapping;      /* map */
	const struct s2pt_change *change; /* protect, relax */
};

static void copy_frames(void *context, s2pt_pa from, s2pt_pa to, uint64_t bytes);

/* The rest of @q from @offset on. */
static enum s2pt_status
call(const struct request *q, struct s2pt_op *op, uint64_t offset)
{
	s2pt_ipa ipa = s2pt_ipa_of(ipa_of(q->first).addr + offset);
	uint64_t bytes = bytes_of(q->count) - offset;
	s2pt_pa pa = s2pt_pa_of(q->pa + offset);

	switch (q->kind) {
	case KIND_MAP:
		return s2pt_table_map(&host.table, op, ipa, bytes, pa, &q->mapping);
	case KIND_UNMAP:
		return s2pt_table_unmap(&host.table, op, ipa, bytes);
	case KIND_PROTECT:
		return s2pt_table_protect(&host.table, op, ipa, bytes, q->change);
	case KIND_RELAX:
		return s2pt_table_relax(&host.table, op, ipa, bytes, q->change);
	case KIND_MOVE:
		return s2pt_table_move(
			&host.table, op, ipa, bytes,
			&(struct s2pt_move){ .from = s2pt_pa_of(q->from + offset), .to = pa, .copy = copy_frames });
	case KIND_SPLIT:
		return s2pt_table_split(&host.table, op, ipa, bytes, host.table.format->granule_lg2);
	case KIND_COLLAPSE:
		return s2pt_table_collapse(&host.table, op, ipa, bytes);
	case KIND_ANNOTATE:
	default:
		return s2pt_table_annotate(&host.table, op, ipa, bytes, q->value);
	}
}

/* To the end, however often the budget interrupts it. */
static void
perform(const struct request *q)
{
	const struct s2pt_op fresh = {
		.budget = world.budget,
		.batch = world.batch,
		.replace = q->replace,
		.drop_annotations = true,
		.max_lg2 = q->pages_only ? S2PT_GRANULE_4K : 0,
	};
	uint64_t bytes = bytes_of(q->count);
	enum s2pt_status status;
	struct s2pt_op op;
	uint64_t done = 0;
	unsigned idle = 0;

	do {
		op = fresh;
		status = call(q, &op, done);
		done += op.done;
		/* All that was done may be a split: once for each level, and then it must go on. */
		idle = op.done ? 0 : idle + 1u;
	} while (status == S2PT_ERR_BUDGET && idle < 4 && done < bytes);
	check(status == S2PT_OK, TROUBLE_STATUS, kind_names[q->kind], ipa_of(q->first).addr,
	      (uint64_t)status, S2PT_OK);
	check(done == bytes, TROUBLE_STATUS, "op->done", ipa_of(q->first).addr, done, bytes);
}

/* --- Operations ------------------------------------------------------------------------------- */

/* Where hardware manages the dirty state, writable begins as writable-clean. */
static struct s2pt_mapping
mapping_of(unsigned flags)
{
	bool dirty_state = host.format.feats & S2PT_FEAT_HAFDBS_DBM;
	const struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = S2PT_SH_ISH,
		.r = true,
		.w = (flags & MAP_W) && !dirty_state,
		.dbm = (flags & MAP_W) && dirty_state,
		.x_el1 = true,
		.x_el0 = true,
		.af = true,
	};
	struct s2pt_mapping mapping;

	must(s2pt_mapping_init(&host.format, &leaf, S2PT_MAPPING_RAM, &mapping), "s2pt_mapping_init");
	return mapping;
}

static void
map_run(unsigned first, unsigned count, unsigned flags, bool replace)
{
	const struct request q = {
		.kind = KIND_MAP,
		.first = first,
		.count = count,
		.pa = frame_pa(first, world.page[first].side),
		.pages_only = !(flags & MAP_BLOCK),
		.replace = replace,
		.mapping = mapping_of(flags),
	};

	perform(&q);
	for (unsigned i = first; i < first + count; i++) {
		struct page *page = &world.page[i];

		page->mapped = page->r = page->x = page->af = true;
		page->w = flags & MAP_W;
	}
}

/* How many of @count pages from @first on live on the same side, and so are consecutive? */
static unsigned
side_run(unsigned first, unsigned count)
{
	unsigned n = 1;

	while (n < count && world.page[first + n].side == world.page[first].side)
		n++;
	return n;
}

static void
map(unsigned first, unsigned count, unsigned flags, bool replace)
{
	while (count) {
		unsigned run = side_run(first, count);

		map_run(first, run, flags, replace);
		first += run;
		count -= run;
	}
}

void
world_map(unsigned first, unsigned count, unsigned flags)
{
	map(first, count, flags, false);
}

void
world_unmap(unsigned first, unsigned count)
{
	const struct request q = { .kind = KIND_UNMAP, .first = first, .count = count };

	perform(&q);
	for (unsigned i = first; i < first + count; i++)
		world.page[i].mapped = false;
}

/* Other contents on the other side, before the guest gets there ... */
static void
fill_other_side(unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		unsigned seed = world_random(UINT32_MAX);

		frame_fill(world_other_frame(i), hash(seed), seed);
		world.page[i].side = !world.page[i].side;
	}
}

/* ... and poison behind it. */
static void
poison_other_side(unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		frame_poison(world_other_frame(i));
}

void
world_replace(unsigned first, unsigned count, unsigned flags)
{
	fill_other_side(first, count);
	map(first, count, flags, true);
	poison_other_side(first, count);
}

void
world_remap(unsigned first, unsigned count, unsigned flags)
{
	s2pt_table_hold(&host.table);
	world_unmap(first, count);
	fill_other_side(first, count);
	world_map(first, count, flags);
	must(s2pt_table_release(&host.table), "release");
	poison_other_side(first, count);
}

static void
copy_frame(uint64_t *to, uint64_t *from)
{
	for (unsigned i = 0; i < FRAME_WORDS; i++)
		to[i] = from[i];
	frame_poison(from);
}

/* No observer may reach what is being moved: so the guest must fault, until it is back. */
static void
copy_frames(void *context, s2pt_pa from, s2pt_pa to, uint64_t bytes)
{
	unsigned page = (unsigned)((from.addr - FRAMES) >> world.page_lg2) & (world.pages - 1u);
	unsigned count = (unsigned)(bytes >> world.page_lg2);

	(void)context;
	for (unsigned i = 0; i < count; i++) {
		world.page[page + i].mapped = false;
		if (i < SAMPLE)
			world_touch(i & 1u ? TOUCH_LOAD : TOUCH_STORE, page + i);
		copy_frame(frame_at(to.addr + bytes_of(i)), frame_at(from.addr + bytes_of(i)));
		world.page[page + i].mapped = true;
	}
}

static void
move_run(unsigned first, unsigned count)
{
	const struct request q = {
		.kind = KIND_MOVE,
		.first = first,
		.count = count,
		.from = frame_pa(first, world.page[first].side),
		.pa = frame_pa(first, !world.page[first].side),
	};

	perform(&q);
	for (unsigned i = first; i < first + count; i++)
		world.page[i].side = !world.page[i].side;
}

void
world_move(unsigned first, unsigned count)
{
	while (count) {
		unsigned run = side_run(first, count);

		move_run(first, run);
		first += run;
		count -= run;
	}
}

void
world_swap(unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		copy_frame(world_other_frame(i), world_frame(i));
		world.page[i].side = !world.page[i].side;
	}
}

static void
change_model(unsigned first, unsigned count, const struct s2pt_change *c)
{
	for (unsigned i = first; i < first + count; i++) {
		struct page *page = &world.page[i];

		page->r = (page->r || c->set_r) && !c->clear_r;
		page->w = (page->w || c->set_w) && !c->clear_w;
		page->x = (page->x || c->set_x_el1) && !c->clear_x_el1;
		page->af = (page->af || c->set_af) && !c->clear_af;
	}
}

void
world_protect(unsigned first, unsigned count, const struct s2pt_change *change)
{
	const struct request q = {
		.kind = KIND_PROTECT,
		.first = first,
		.count = count,
		.change = change,
	};

	perform(&q);
	change_model(first, count, change);
}

void
world_relax(unsigned first, unsigned count, const struct s2pt_change *rights)
{
	const struct request q = {
		.kind = KIND_RELAX,
		.first = first,
		.count = count,
		.change = rights,
	};

	perform(&q);
	change_model(first, count, rights);
}

void
world_split(unsigned first, unsigned count)
{
	const struct request q = { .kind = KIND_SPLIT, .first = first, .count = count };

	perform(&q);
}

void
world_collapse(void)
{
	const struct request q = { .kind = KIND_COLLAPSE, .count = world.pages };

	perform(&q);
}

void
world_annotate(unsigned first, unsigned count, uint64_t value)
{
	const struct request q = {
		.kind = KIND_ANNOTATE,
		.first = first,
		.count = count,
		.value = value,
	};

	perform(&q);
}

void
world_destroy(void)
{
	struct s2pt_op op = { .budget = world.budget };
	enum s2pt_status status;

	do {
		status = s2pt_table_destroy(&host.table, &op);
	} while (status == S2PT_ERR_BUDGET);
	check(status == S2PT_OK, TROUBLE_STATUS, "destroy", 0, (uint64_t)status, S2PT_OK);
	check(host.el2.taken == 0, TROUBLE_LEAK, "table memory", 0, host.el2.taken, 0);
	check(host.el2.counts.bad_retires == 0, TROUBLE_LEAK, "retired wrongly", 0,
	      host.el2.counts.bad_retires, 0);
	check(host.el2.counts.refused == 0, TROUBLE_STATUS, "requests refused by tlbi", 0,
	      host.el2.counts.refused, 0);
}

/* --- Break before make ------------------------------------------------------------------------ */

/*
 * The engine has just made an entry. If it is one of the window's, whatever was there before must
 * be forgotten by now: the guest looks, in the middle of the operation, and has to see the new
 * memory or, where rights are missing, a fault.
 */
static void
look_at_store(void *context, const uint64_t *entry, s2pt_desc before, s2pt_desc after)
{
	uint64_t pa = after.raw & UINT64_C(0xfffffffff000);
	uint64_t index = (pa - FRAMES) >> world.page_lg2;
	unsigned word = (unsigned)(hash(pa) % FRAME_DATA_WORDS);
	struct answer answer;

	(void)entry;
	if ((before.raw & 1u) || !(after.raw & 1u) || pa < FRAMES || index >= 2u * world.pages)
		return;
	host.el2.ops.publish(context);
	answer = host_touch(TOUCH_LOAD, (unsigned)index & (world.pages - 1u), word, 0);
	check(answer.ending != ENDING_VALUE || answer.value == frame_at(pa)[word],
	      TROUBLE_STALE_DATA, "load as soon as made", pa, answer.value, frame_at(pa)[word]);
}

/* --- Beginning and end ------------------------------------------------------------------------ */

static void
fill_frames(void)
{
	unsigned seed = world_random(UINT32_MAX);

	for (unsigned i = 0; i < world.pages; i++) {
		world.page[i].side = 0;
		frame_fill(world_frame(i), hash(seed + i), seed + i);
		frame_poison(world_other_frame(i));
	}
}

void
world_reset(void)
{
	world_unmap(0, world.pages);
	fill_frames();
}

bool
world_has_blocks(const struct layout *layout)
{
	return layout->granule != S2PT_GRANULE_64K;
}

void
world_begin(const struct layout *layout, enum el2_skip skip)
{
	world.page_lg2 = (unsigned)layout->granule;
	guest_init(world.page_lg2);
	host_begin(layout, skip);
	if (layout->traced)
		host.el2.ops.trace = look_at_store;
	world.blocks = world_has_blocks(layout);
	world.pages = world.blocks ? 1u << s2pt_format_stride(&host.format) : 256u;
	world.budget = 0;
	world.batch = 0;
	world.random = 1;
	for (unsigned i = 0; i < WORLD_PAGES_MAX + BYSTANDERS; i++)
		world.page[i] = (struct page){ 0 };
	fill_frames();
	for (unsigned i = world.pages; i < world.pages + BYSTANDERS; i++)
		frame_fill(world_frame(i), hash(i), i);
	world_map(world.pages, BYSTANDERS, MAP_W);
}

void
world_end(void)
{
	for (unsigned i = 0; i < world.pages; i++)
		check(frame_is_poison(world_other_frame(i)), TROUBLE_STALE_DATA,
		      "a store into memory that is nobody's", i, 0, 0);
	if (!host.table.destroying)
		world_destroy();
	host_end();
}

/* --- Checks ----------------------------------------------------------------------------------- */

/* May the guest? And if not, which fault does it take? */
static bool
is_allowed(enum touch touch, const struct page *page, enum s2pt_fault_kind *kind)
{
	const bool right[TOUCH_COUNT] = {
		[TOUCH_LOAD] = page->r,
		[TOUCH_STORE] = page->w,
		[TOUCH_FETCH] = page->x,
		[TOUCH_WALK] = page->r,
	};
	bool af = page->af || (host.format.feats & S2PT_FEAT_HAFDBS_AF);

	*kind = !page->mapped ? S2PT_FAULT_TRANSLATION : !af ? S2PT_FAULT_ACCESS_FLAG
							     : S2PT_FAULT_PERMISSION;
	return page->mapped && af && right[touch];
}

/* The level that the walk ends at. */
static int
level_of(unsigned page)
{
	struct s2pt_found found;

	must(s2pt_table_lookup(&host.table, ipa_of(page), &found), "s2pt_table_lookup");
	return found.level;
}

/* A fault was due. Is it this one? */
static void
check_fault(enum touch touch, unsigned page, unsigned word, enum s2pt_fault_kind kind,
	    const struct s2pt_fault *fault)
{
	static const enum s2pt_fault_access access[TOUCH_COUNT] = {
		[TOUCH_LOAD] = S2PT_FAULT_READ,
		[TOUCH_STORE] = S2PT_FAULT_WRITE,
		[TOUCH_FETCH] = S2PT_FAULT_FETCH,
		[TOUCH_WALK] = S2PT_FAULT_READ,
	};
	bool walk = touch == TOUCH_WALK;
	uint64_t ipa = ipa_of(page).addr;

	if (!walk)
		ipa += guest_va(touch, page, word) & 0xfffu;
	check(fault->kind == kind, TROUBLE_FAULT, "kind of fault", ipa, fault->kind, kind);
	check(fault->ipa_known && fault->ipa.addr == ipa, TROUBLE_FAULT, "IPA of fault", ipa,
	      fault->ipa.addr, ipa);
	check(fault->s1_walk == walk, TROUBLE_FAULT, "S1PTW", ipa, fault->s1_walk, walk);
	/* On a stage-1 walk, permission faults count as writes, and QEMU tells stage 1's level. */
	if (walk)
		return;
	check(fault->access == access[touch], TROUBLE_FAULT, "access of fault", ipa, fault->access,
	      access[touch]);
	check(fault->level == level_of(page), TROUBLE_FAULT, "level of fault", ipa,
	      (uint64_t)fault->level, (uint64_t)level_of(page));
}

/* Where hardware manages the dirty state, a store has left its trace. */
static void
check_dirty(unsigned page)
{
	struct s2pt_found found;
	struct s2pt_leaf leaf;
	s2pt_pa pa;

	if (!(host.format.feats & S2PT_FEAT_HAFDBS_DBM))
		return;
	must(s2pt_table_lookup(&host.table, ipa_of(page), &found), "s2pt_table_lookup");
	must(s2pt_desc_leaf_decode(&host.format, found.level, found.desc, &pa, &leaf), "decode");
	check(leaf.w, TROUBLE_STALE_DATA, "dirty state", ipa_of(page).addr, leaf.w, true);
}

static void
check_allowed(enum touch touch, unsigned page, unsigned word, uint64_t stored,
	      const struct answer *answer)
{
	uint64_t expected = frame_expected(world_frame(page), touch, word);
	static const char *const what[TOUCH_COUNT] = {
		[TOUCH_LOAD] = "load",
		[TOUCH_STORE] = "store",
		[TOUCH_FETCH] = "fetch",
		[TOUCH_WALK] = "stage-1 walk",
	};
	uint64_t ipa = ipa_of(page).addr;
	uint64_t seen = answer->value;

	if (!check(answer->ending == ENDING_VALUE, TROUBLE_FAULT, "fault on what is allowed", ipa,
		   answer->ending == ENDING_FAULT ? answer->fault.kind : answer->value, 0))
		return;
	if (touch == TOUCH_STORE) {
		seen = world_frame(page)[word];
		expected = stored;
		check_dirty(page);
	}
	check(seen == expected, TROUBLE_STALE_DATA, what[touch], ipa, seen, expected);
}

void
world_touch(enum touch touch, unsigned page)
{
	unsigned word = world_random(FRAME_DATA_WORDS);
	uint64_t value = hash(world.random);
	uint64_t before = world_frame(page)[word];
	struct answer answer = host_touch(touch, page, word, value);
	enum s2pt_fault_kind kind;

	check_touched(touch, answer.ending == ENDING_VALUE);
	if (is_allowed(touch, &world.page[page], &kind)) {
		check_allowed(touch, page, word, value, &answer);
		return;
	}
	check(world_frame(page)[word] == before, TROUBLE_STALE_ACCESS, "store went through",
	      ipa_of(page).addr, world_frame(page)[word], before);
	if (check(answer.ending != ENDING_VALUE, TROUBLE_STALE_ACCESS, "access went through",
		  ipa_of(page).addr, touch, kind) &&
	    check(answer.ending == ENDING_FAULT, TROUBLE_FAULT, "broken", answer.far, answer.value,
		  0))
		check_fault(touch, page, word, kind, &answer.fault);
}

void
world_check(unsigned first, unsigned count)
{
	unsigned looked_at = count < SAMPLE ? count : SAMPLE; /* first and last among them */

	for (unsigned i = 0; i < looked_at; i++) {
		for (enum touch touch = TOUCH_LOAD; touch < TOUCH_COUNT; touch++)
			world_touch(touch, first + i * (count - 1u) / (looked_at - 1u));
	}
	for (unsigned i = world.pages; i < world.pages + BYSTANDERS; i++)
		world_touch(i & 1u ? TOUCH_LOAD : TOUCH_STORE, i);
}

struct level_check {
	int level;
	uint64_t leaves;
};

static bool
look_at_run(void *context, const struct s2pt_run *run)
{
	struct level_check *c = context;

	check(run->level == c->level, TROUBLE_STATUS, "level of leaves", run->ipa.addr,
	      (uint64_t)run->level, (uint64_t)c->level);
	c->leaves += run->count;
	return true;
}

void
world_check_level(int level)
{
	struct level_check c = { .level = level };
	uint64_t expected = level == S2PT_LEVEL_LAST ? world.pages : 1u;

	must(s2pt_table_visit(&host.table, ipa_of(0), bytes_of(world.pages), look_at_run, &c),
	     "s2pt_table_visit");
	check(c.leaves == expected, TROUBLE_STATUS, "number of leaves", (uint64_t)level, c.leaves,
	      expected);
}
