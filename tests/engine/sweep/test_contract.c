/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What each operation refuses, and that it then has done nothing; and what it needs the host's host. */
#include "ordinary.h"

/* Nothing has happened since kit_forget(). */
static void
nothing_happened(void)
{
	assert_int_equal(kit.log.stores, 0);
	assert_int_equal(kit.log.calls, 0);
	assert_int_equal(kit.log.cleans + kit.log.icaches, 0);
	kit_check(&kit);
	kit_forget(&kit);
}

static enum s2pt_status
try_relax(struct s2pt_op *op, uint64_t ipa, uint64_t size, const struct s2pt_change *rights)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa, size);
	status = s2pt_table_relax(&kit.machine.table, op, s2pt_ipa_of(ipa), size, rights);
	kit_end_relax(&kit);
	return status;
}

/* --- Init -------------------------------------------------------------------------------------------- */

static void
refuses_host(struct s2pt_host_ops host, enum s2pt_status want)
{
	unsigned tables = model_live_tables(kit.machine.model);
	struct s2pt_table table;

	assert_int_equal(s2pt_table_init(&table, &kit.machine.format, &host, 0), want);
	assert_int_equal(model_live_tables(kit.machine.model), tables);
}

static void
test_init(void **state)
{
	struct s2pt_host_ops host = kit.machine.host;
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_table table;

	(void)state;
#define WITHOUT(member, want)                             \
	do {                                              \
		host.member = 0;                          \
		refuses_host(host, S2PT_ERR_HOST_##want); \
		host = kit.machine.host;                  \
	} while (0)
	WITHOUT(alloc, ALLOC);
	WITHOUT(retire, RETIRE);
	WITHOUT(invalidate, INVALIDATE);
	WITHOUT(publish, PUBLISH);
	host.size = offsetof(struct s2pt_host_ops, trace);
	refuses_host(host, S2PT_ERR_HOST_SIZE);
	/* Walkers that see memory only, and nobody to clean it. */
	host = kit.machine.host;
	host.flags |= S2PT_HOST_NONCOHERENT;
	host.clean_tables = NULL;
	refuses_host(host, S2PT_ERR_HOST_TABLES);
	host = kit.machine.host;
	model_fail_alloc(kit.machine.model, 1, false);
	assert_int_equal(s2pt_table_init(&table, &kit.machine.format, &host, 0), S2PT_ERR_MEMORY);
	model_fail_alloc(kit.machine.model, 0, false);
	/* All the rest is optional. */
	host.clean_data = NULL;
	host.invalidate_icache = NULL;
	host.trace = NULL;
	assert_int_equal(s2pt_table_init(&table, &kit.machine.format, &host, 0), S2PT_OK);
	assert_int_equal(s2pt_table_destroy(&table, &op), S2PT_OK);
}

/* --- Table memory that a descriptor cannot say ------------------------------------------------------- */

static s2pt_pa next_pa;
static unsigned given_back;

/* Memory whose address is what the test says. */
static bool
alloc_elsewhere(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	static _Alignas(4096) unsigned char memory[16 * 4096];

	(void)context;
	(void)what;
	assert_true(bytes <= sizeof(memory));
	page->virt = memory;
	page->pa = next_pa;
	return true;
}

static void
retire_elsewhere(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)what;
	(void)bytes;
	assert_int_equal(count, 1);
	assert_int_equal(pages->pa.addr, next_pa.addr);
	given_back++;
}

/* A start table that VTTBR_EL2 has no bits for is refused, and given back. */
static void
test_root_address(void **state)
{
	struct s2pt_host_ops host = kit.machine.host;
	struct s2pt_table table;

	(void)state;
	host.alloc = alloc_elsewhere;
	host.retire = retire_elsewhere;
	given_back = 0;
	next_pa = s2pt_pa_of(UINT64_C(1) << 48);
	assert_int_equal(s2pt_table_init(&table, &kit.machine.format, &host, 0), S2PT_ERR_ROOT_PA);
	next_pa = s2pt_pa_of(0x800);
	assert_int_equal(s2pt_table_init(&table, &kit.machine.format, &host, 0), S2PT_ERR_ROOT_ALIGN);
	assert_int_equal(given_back, 2);
	assert_int_equal(s2pt_table_init(&table, &kit.machine.format, NULL, 0), S2PT_ERR_HOST);
}

/* A table that a link has no bits for is refused, and given back: its upper bits would be lost. */
static void
test_table_address(void **state)
{
	bool (*alloc)(void *, enum s2pt_memory, size_t, struct s2pt_page *) = kit.machine.host.alloc;
	void (*retire)(void *, enum s2pt_memory, size_t, const struct s2pt_page *, size_t) = kit.machine.host.retire;
	static unsigned char memory[4096];
	struct s2pt_page page = { memory, { (UINT64_C(1) << 48) + 0x2000 } };
	struct s2pt_page_cache cache = { .page = &page, .count = 1 };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	given_back = 0;
	kit.machine.host.alloc = alloc_elsewhere;
	kit.machine.host.retire = retire_elsewhere;
	for (unsigned n = 0; n < 4; n++) {
		static const uint64_t stray[] = { UINT64_C(1) << 48, (UINT64_C(1) << 48) + 0x2000, UINT64_C(1) << 63,
						  0x1008 };

		next_pa = s2pt_pa_of(stray[n]);
		assert_int_equal(kit_try_map(&kit, &op, MIB(2), KIB(4), GIB(1), &ram), S2PT_ERR_TABLE_PA);
		assert_int_equal(given_back, n + 1);
		assert_int_equal(kit.machine.table.pages, 0);
	}
	next_pa = page.pa;
	op.cache = &cache;
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), KIB(4), GIB(1), &ram), S2PT_ERR_TABLE_PA);
	assert_int_equal(cache.count, 0);
	assert_int_equal(given_back, 5);
	kit.machine.host.alloc = alloc;
	kit.machine.host.retire = retire;
	kit_check(&kit);
}

/* --- Mapping ----------------------------------------------------------------------------------------- */

static enum s2pt_status
mapping_of(const struct s2pt_leaf *leaf, bool is_ram, struct s2pt_mapping *mapping)
{
	return s2pt_mapping_init(&kit.machine.format, leaf, is_ram ? S2PT_MAPPING_RAM : 0, mapping);
}

static void
test_mapping_refusals(void **state)
{
	struct s2pt_mapping mapping;
	struct s2pt_leaf leaf = ram;

	(void)state;
	leaf.contiguous = true;
	assert_int_equal(mapping_of(&leaf, true, &mapping), S2PT_ERR_CONTIGUOUS);
	leaf = ram;
	leaf.nt = true;
	assert_int_equal(mapping_of(&leaf, true, &mapping), S2PT_ERR_NT);
	leaf = kit_leaf(&kit, S2PT_MEM_DEVICE_nGnRE);
	leaf.x_el1 = true;
	assert_int_equal(mapping_of(&leaf, false, &mapping), S2PT_ERR_EXEC_UNCACHED);
	leaf.exec_uncached = true;
	assert_int_equal(mapping_of(&leaf, false, &mapping), S2PT_OK);
}

/* RAM needs maintenance, unless it is always Write-Back, and where it is executable; MMIO needs none. */
static void
test_mapping_needs(void **state)
{
	static const struct {
		enum s2pt_memtype type;
		bool ram, x_el1, x_el0, clean, icache;
	} row[] = {
		{ S2PT_MEM_NORMAL_WB, true, false, false, false, false },
		{ S2PT_MEM_NORMAL_WB, true, true, false, false, true },
		{ S2PT_MEM_NORMAL_WB, true, false, true, false, true },
		{ S2PT_MEM_NORMAL_WB_NOTAGACCESS, true, false, false, false, false },
		{ S2PT_MEM_AS_STAGE1, true, false, false, true, false },
		{ S2PT_MEM_AS_STAGE1_NOTAGACCESS, true, true, true, true, true },
		{ S2PT_MEM_NORMAL_NC, true, false, false, true, false },
		{ S2PT_MEM_NORMAL_NC, false, false, false, false, false },
		{ S2PT_MEM_AS_STAGE1, false, true, true, false, false },
		{ S2PT_MEM_DEVICE_nGnRE, true, false, false, true, false },
	};
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.mte = true;
	open_kit(&shape);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct s2pt_leaf leaf = kit_leaf(&kit, row[i].type);
		const uint64_t ipa = MIB(2) + i * 8 * PAGE;
		struct s2pt_op op = { .budget = 0 };
		struct s2pt_mapping mapping;

		leaf.x_el1 = row[i].x_el1;
		leaf.x_el0 = row[i].x_el0;
		assert_int_equal(mapping_of(&leaf, row[i].ram, &mapping), S2PT_OK);
		kit_forget(&kit);
		kit_begin(&kit, ipa, 3 * PAGE);
		assert_int_equal(s2pt_table_map(&kit.machine.table, &op, s2pt_ipa_of(ipa), 3 * PAGE,
						s2pt_pa_of(ipa), &mapping),
				 S2PT_OK);
		kit_end(&kit);
		model_map_set(kit.map, ipa, ipa + 3 * PAGE - 1, ipa, kit_attr(&kit, &leaf));
		assert_int_equal(kit.log.clean_bytes, row[i].clean ? 3 * PAGE : 0);
		assert_int_equal(kit.log.icache_bytes, row[i].icache ? 3 * PAGE : 0);
	}
	kit_check(&kit);
	kit_close(&kit);
}

/* Maintenance that is needed and cannot be done: nothing is mapped, changed or moved. */
static void
test_host_cannot(void **state)
{
	struct s2pt_change nc = { .retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_ISH, .ram = true };
	struct s2pt_change exec = { .set_x_el1 = true, .ram = true };
	struct s2pt_host_ops *host = &kit.machine.host;
	struct s2pt_leaf other = ram;
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	kit_map(&kit, MIB(2), 4 * PAGE, MIB(2), &ram, 3);
	other.x_el1 = true;
	kit_map(&kit, MIB(4), 4 * PAGE, MIB(4), &other, 3);
	kit_forget(&kit);
	host->invalidate_icache = NULL;
	assert_int_equal(kit_try_map(&kit, &op, MIB(6), PAGE, MIB(6), &other), S2PT_ERR_HOST_ICACHE);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), PAGE, &exec), S2PT_ERR_HOST_ICACHE);
	assert_int_equal(try_relax(&op, MIB(2), PAGE, &exec), S2PT_ERR_HOST_ICACHE);
	kit_begin(&kit, MIB(4), PAGE);
	assert_int_equal(s2pt_table_move(&kit.machine.table, &op, s2pt_ipa_of(MIB(4)), PAGE,
					 &(struct s2pt_move){ .from = s2pt_pa_of(MIB(4)), .to = s2pt_pa_of(MIB(64)) }),
			 S2PT_ERR_HOST_ICACHE);
	kit_end(&kit);
	nothing_happened();
	host->clean_data = NULL;
	other = kit_leaf(&kit, S2PT_MEM_NORMAL_NC);
	assert_int_equal(kit_try_map(&kit, &op, MIB(6), PAGE, MIB(6), &other), S2PT_ERR_HOST_DATA);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), PAGE, &nc), S2PT_ERR_HOST_DATA);
	nothing_happened();
	/* What needs nothing goes on. */
	kit_map(&kit, MIB(8), PAGE, MIB(8), &ram, 3);
	nc.ram = exec.ram = false;
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), PAGE, &exec), S2PT_OK);
	model_map_protect(kit.map, MIB(2), MIB(2) + PAGE - 1, UINT64_C(3) << 53, UINT64_C(3) << 53);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2) + PAGE, PAGE, &nc), S2PT_OK);
	model_map_protect(kit.map, MIB(2) + PAGE, MIB(2) + 2 * PAGE - 1, 0x3c, 5u << 2);
}

/* --- Protect and relax ------------------------------------------------------------------------------- */

static void
refuses_change(enum s2pt_status want, struct s2pt_change change)
{
	struct s2pt_op op = { .done = 5 };

	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), 4 * PAGE, &change), want);
	assert_int_equal(op.done, 0);
	nothing_happened();
}

static void
accepts_change(struct s2pt_change change)
{
	struct s2pt_op op = { .budget = 0 };

	assert_int_equal(kit_try_protect(&kit, &op, GIB(8), 4 * PAGE, &change), S2PT_OK);
}

static void
test_contradictions(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), 4 * PAGE, MIB(2), &ram, 3);
	kit_forget(&kit);
#define BOTH(right) refuses_change(S2PT_ERR_CHANGE, (struct s2pt_change){ .set_##right = 1, .clear_##right = 1 })
	BOTH(r);
	BOTH(w);
	BOTH(x_el1);
	BOTH(x_el0);
	BOTH(af);
	BOTH(sw);
	refuses_change(S2PT_ERR_CHANGE, (struct s2pt_change){ .set_sw = 6, .clear_sw = 12 });
	/* There are four software bits. */
	refuses_change(S2PT_ERR_CHANGE, (struct s2pt_change){ .set_sw = 16 });
	refuses_change(S2PT_ERR_CHANGE, (struct s2pt_change){ .clear_sw = 128 });
	/* One sets what the other clears elsewhere: no contradiction. */
	accepts_change((struct s2pt_change){ .set_r = true,
					     .clear_w = true,
					     .set_x_el1 = true,
					     .clear_x_el0 = true,
					     .set_af = true,
					     .set_sw = 3,
					     .clear_sw = 12 });
	accepts_change((struct s2pt_change){
		.clear_r = true, .set_w = true, .clear_x_el1 = true, .set_x_el0 = true, .clear_af = true });
}

/* Without FEAT_XNX EL1 and EL0 have the same right to execute. */
static void
test_without_xnx(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.xnx = false;
	open_kit(&shape);
	kit_map(&kit, MIB(2), 4 * PAGE, MIB(2), &ram, 3);
	kit_forget(&kit);
	refuses_change(S2PT_ERR_CHANGE, (struct s2pt_change){ .set_x_el1 = true });
	refuses_change(S2PT_ERR_CHANGE, (struct s2pt_change){ .set_x_el0 = true });
	refuses_change(S2PT_ERR_CHANGE, (struct s2pt_change){ .clear_x_el1 = true });
	refuses_change(S2PT_ERR_CHANGE, (struct s2pt_change){ .clear_x_el0 = true });
	accepts_change((struct s2pt_change){ .set_x_el1 = true, .set_x_el0 = true });
	accepts_change((struct s2pt_change){ .clear_x_el1 = true, .clear_x_el0 = true });
	teardown(state);
}

static void
test_retype_refusals(void **state)
{
	struct s2pt_change change = { .retype = true, .type = S2PT_MEM_NORMAL_oWT_iWT, .sh = S2PT_SH_ISH };
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	kit_map(&kit, MIB(2), 4 * PAGE, MIB(2), &ram, 3);
	kit_forget(&kit);
	/* FWB has no Write-Through. */
	refuses_change(S2PT_ERR_MEMTYPE, change);
	change.type = S2PT_MEM_NORMAL_NC;
	change.sh = S2PT_SH_RESERVED;
	refuses_change(S2PT_ERR_SH, change);
	change.sh = S2PT_SH_ISH + 1;
	refuses_change(S2PT_ERR_SH, change);
	teardown(state);
	/* With DS=1 there is one shareability. */
	shape.ds = true;
	shape.pa_bits = 52;
	open_kit(&shape);
	kit_map(&kit, MIB(2), 4 * PAGE, MIB(2), &ram, 3);
	kit_forget(&kit);
	change.sh = kit.machine.format.sh0 == S2PT_SH_ISH ? S2PT_SH_OSH : S2PT_SH_ISH;
	refuses_change(S2PT_ERR_SH, change);
}

static void
refuses_relax(struct s2pt_change change)
{
	struct s2pt_op op = { .done = 5 };

	change.set_w = true;
	assert_int_equal(try_relax(&op, MIB(2), 4 * PAGE, &change), S2PT_ERR_CHANGE);
	assert_int_equal(op.done, 0);
	nothing_happened();
}

static void
test_relax_only_adds(void **state)
{
	(void)state;
	kit_map(&kit, MIB(2), 4 * PAGE, MIB(2), &ram, 3);
	kit_forget(&kit);
	refuses_relax((struct s2pt_change){ .retype = true, .type = S2PT_MEM_NORMAL_WB });
	refuses_relax((struct s2pt_change){ .clear_r = true });
	refuses_relax((struct s2pt_change){ .clear_w = true });
	refuses_relax((struct s2pt_change){ .clear_x_el1 = true });
	refuses_relax((struct s2pt_change){ .clear_x_el0 = true });
	refuses_relax((struct s2pt_change){ .clear_af = true });
	refuses_relax((struct s2pt_change){ .set_sw = 1 });
	refuses_relax((struct s2pt_change){ .clear_sw = 1 });
}

/* --- Execution --------------------------------------------------------------------------------------- */

static const uint64_t xn = UINT64_C(3) << 53;

/* A change stops where it would make Device or Normal-NC executable, and has done what precedes. */
static void
test_exec_uncached(void **state)
{
	struct s2pt_leaf device = kit_leaf(&kit, S2PT_MEM_DEVICE_nGnRE), odd = device, code = ram;
	struct s2pt_change exec = { .set_x_el0 = true };
	struct s2pt_change nc = { .retype = true, .type = S2PT_MEM_NORMAL_NC, .sh = S2PT_SH_ISH };
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	odd.x_el1 = odd.exec_uncached = true;
	code.x_el1 = code.x_el0 = true;
	kit_map(&kit, MIB(2), 3 * PAGE, MIB(2), &ram, 3);
	kit_map(&kit, MIB(2) + 3 * PAGE, PAGE, MIB(8), &odd, 3);
	kit_map(&kit, MIB(2) + 4 * PAGE, PAGE, MIB(4), &device, 3);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), 8 * PAGE, &exec), S2PT_ERR_EXEC_UNCACHED);
	/* What was executable before, on purpose, may be more so. */
	assert_int_equal(op.done, 4 * PAGE);
	model_map_protect(kit.map, MIB(2), MIB(2) + 3 * PAGE - 1, xn, UINT64_C(1) << 53);
	model_map_protect(kit.map, MIB(2) + 3 * PAGE, MIB(2) + 4 * PAGE - 1, xn, 0);
	kit_check(&kit);
	kit_forget(&kit);
	assert_int_equal(try_relax(&op, MIB(2) + 4 * PAGE, PAGE, &exec), S2PT_ERR_EXEC_UNCACHED);
	assert_int_equal(op.done, 0);
	nothing_happened();
	/* The same by a change of type: all but the executable ones become Normal-NC. */
	kit_map(&kit, MIB(6), 2 * PAGE, MIB(6), &ram, 3);
	kit_map(&kit, MIB(6) + 2 * PAGE, PAGE, MIB(6), &odd, 3);
	kit_map(&kit, MIB(6) + 3 * PAGE, PAGE, MIB(6), &code, 3);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(6), 4 * PAGE, &nc), S2PT_ERR_EXEC_UNCACHED);
	assert_int_equal(op.done, 3 * PAGE);
	model_map_protect(kit.map, MIB(6), MIB(6) + 3 * PAGE - 1, 0x3fc & ~0xc0u, 5u << 2 | 3u << 8);
	kit_check(&kit);
	kit_forget(&kit);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(6) + 3 * PAGE, PAGE, &nc), S2PT_ERR_EXEC_UNCACHED);
	assert_int_equal(op.done, 0);
	nothing_happened();
	/* Taking the right away at the same time is fine. */
	nc.clear_x_el1 = nc.clear_x_el0 = true;
	assert_int_equal(kit_try_protect(&kit, &op, MIB(6) + 3 * PAGE, PAGE, &nc), S2PT_OK);
	model_map_protect(kit.map, MIB(6) + 3 * PAGE, MIB(6) + 4 * PAGE - 1, xn | 0x3c,
			  UINT64_C(2) << 53 | 5u << 2);
}

/* Only what was not executable needs the instruction caches anything, and before it is. */
static void
test_icache(void **state)
{
	struct s2pt_change exec = { .set_x_el1 = true, .set_x_el0 = true, .ram = true };
	struct s2pt_change mixed = { .set_x_el1 = true, .clear_x_el0 = true, .ram = true };
	struct s2pt_op op = { .budget = 0 };
	struct s2pt_leaf code = ram;

	(void)state;
	code.x_el0 = true;
	kit_map(&kit, MIB(2), PAGE, MIB(64), &ram, 3);
	kit_map(&kit, MIB(2) + PAGE, 2 * PAGE, MIB(72), &code, 3);
	kit_map(&kit, MIB(4), MIB(2), MIB(80), &ram, 2);
	kit_forget(&kit);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), PAGE, &exec), S2PT_OK);
	assert_int_equal(kit.log.event[0].kind, KIT_ICACHE);
	assert_int_equal(kit.log.event[0].addr, MIB(64));
	assert_int_equal(kit.log.event[1].kind, KIT_STORE);
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2) + PAGE, PAGE, &mixed), S2PT_OK);
	assert_int_equal(try_relax(&op, MIB(2) + 2 * PAGE, PAGE, &exec), S2PT_OK);
	assert_int_equal(kit.log.icaches, 1);
	assert_int_equal(try_relax(&op, MIB(4), MIB(2), &exec), S2PT_OK);
	assert_int_equal(kit.log.icaches, 2);
	assert_int_equal(kit.log.icache_bytes, PAGE + MIB(2));
	/* Software bits and rights of data need nothing; nor does what becomes less executable. */
	assert_int_equal(kit_try_protect(&kit, &op, MIB(4), MIB(2),
					 &(struct s2pt_change){ .clear_x_el1 = true, .set_x_el0 = true, .ram = true }),
			 S2PT_OK);
	assert_int_equal(kit.log.icaches, 2);
	model_map_protect(kit.map, MIB(2), MIB(2) + PAGE - 1, xn, 0);
	model_map_protect(kit.map, MIB(2) + PAGE, MIB(2) + 2 * PAGE - 1, xn, UINT64_C(3) << 53);
	model_map_protect(kit.map, MIB(2) + 2 * PAGE, MIB(2) + 3 * PAGE - 1, xn, 0);
	model_map_protect(kit.map, MIB(4), MIB(6) - 1, xn, UINT64_C(1) << 53);
}

/* --- What hardware writes meanwhile (E9) -------------------------------------------------------------- */

static uint64_t touched;
static unsigned calls_before;
static bool (*inner_alloc)(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page);
static void (*inner_icache)(void *context, s2pt_pa pa, uint64_t bytes);

static void
touch(void)
{
	if (!touched || calls_before--)
		return;
	assert_int_equal(kit_access(&kit, 1, MODEL_READ, touched, NULL), MODEL_OK);
	touched = 0;
}

static bool
touching_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	touch();
	return inner_alloc(context, what, bytes, page);
}

static void
touching_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	inner_icache(context, pa, bytes);
	touch();
}

/* Another CPU reads while the engine is on its way from reading an entry to writing it. */
static void
test_hardware_writes(void **state)
{
	struct s2pt_change exec = { .set_x_el1 = true, .set_x_el0 = true, .ram = true };
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);
	struct s2pt_op op = { .budget = 0 };

	(void)state;
	shape.haf = true;
	open_kit(&shape);
	inner_alloc = kit.machine.host.alloc;
	inner_icache = kit.machine.host.invalidate_icache;
	kit.machine.host.alloc = touching_alloc;
	kit.machine.host.invalidate_icache = touching_icache;
	ram.af = false;
	kit_map(&kit, MIB(2), PAGE, MIB(64), &ram, 3);
	kit_map(&kit, GIB(1), MIB(4), GIB(1), &ram, 2);
	touched = MIB(2);
	calls_before = 0;
	assert_int_equal(kit_try_protect(&kit, &op, MIB(2), PAGE, &exec), S2PT_OK);
	assert_int_equal(touched, 0);
	model_map_protect(kit.map, MIB(2), MIB(2) + PAGE - 1, xn, MODEL_ATTR_AF);
	kit_check(&kit);
	/* The first block is read when its table is filled already: all parts have it. */
	touched = GIB(1) + MIB(1);
	calls_before = 1;
	kit_begin(&kit, GIB(1), MIB(4));
	assert_int_equal(s2pt_table_split(&kit.machine.table, &op, s2pt_ipa_of(GIB(1)), MIB(4),
					  kit.machine.table.format->granule_lg2),
			 S2PT_OK);
	kit_end(&kit);
	assert_int_equal(touched, 0);
	model_map_protect(kit.map, GIB(1), GIB(1) + MIB(2) - 1, 0, MODEL_ATTR_AF);
	kit_check(&kit);
	kit_close(&kit);
}

/* --- Memory ------------------------------------------------------------------------------------------ */

/* A cache of pages that runs out: then the host is asked. */
static void
test_page_cache(void **state)
{
	unsigned long allocs;
	struct s2pt_page page[2];
	struct s2pt_page_cache cache = { page, 2 };
	struct s2pt_op op = { .cache = &cache, .max_lg2 = 12 };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_true(kit.machine.host.alloc(kit.machine.host.context, S2PT_MEMORY_TABLE, PAGE, &page[i]));
	allocs = model_stats(kit.machine.model)->allocs;
	assert_int_equal(kit_try_map(&kit, &op, MIB(2), MIB(4), MIB(2), &ram), S2PT_OK);
	assert_int_equal(cache.count, 0);
	assert_int_equal(model_stats(kit.machine.model)->allocs, allocs + 1);
	kit_unmap(&kit, MIB(2), MIB(4));
}

/* As many as it says are enough, and where nothing is there yet, no fewer are. */
static void
test_pages_needed(void **state)
{
	/* clang-format off */
	static const struct {
		uint64_t ipa, size;
		int level;
		bool exact;
	} row[] = {
		{ GIB(1), GIB(1), 3, true },   { GIB(1), GIB(1), 2, false },
		{ MIB(2), PAGE, 3, true },     { MIB(4) - PAGE, 2 * PAGE, 3, true },
		{ GIB(1) - MIB(1), GIB(1) + MIB(2), 2, true },
		{ MIB(6) - PAGE, MIB(64), 2, false },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const uint64_t needed = s2pt_table_pages_needed(
			&kit.machine.table, S2PT_OPERATION_MAP, s2pt_ipa_of(row[i].ipa), row[i].size,
			(uint8_t)s2pt_format_level_lg2(kit.machine.table.format, row[i].level));
		const unsigned long before = model_stats(kit.machine.model)->allocs;
		unsigned long taken;

		kit_map(&kit, row[i].ipa, row[i].size, GIB(8) + row[i].ipa, &ram, row[i].level);
		taken = model_stats(kit.machine.model)->allocs - before;
		assert_true(taken <= needed);
		if (row[i].exact)
			assert_int_equal(taken, needed);
		/* Ends are a table a level each, at most. */
		assert_true(s2pt_table_pages_needed(&kit.machine.table, S2PT_OPERATION_UNMAP, s2pt_ipa_of(row[i].ipa),
						    row[i].size, 0) <= 4);
		kit_unmap(&kit, row[i].ipa, row[i].size);
	}
}

/* Memory that lies in pieces is cleaned in pieces, all of it, when nobody can make it dirty any more. */
static void
test_scattered_memory(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.fwb = false;
	open_kit(&shape);
	for (unsigned n = 0; n < 40; n++)
		kit_map(&kit, MIB(2) + n * PAGE, PAGE, MIB(64) + 2 * n * PAGE, &ram, 3);
	kit_forget(&kit);
	kit_unmap(&kit, 0, MIB(8));
	/* The table goes whole, and the one above it. */
	assert_int_equal(kit.log.stores, 2);
	assert_int_equal(kit.log.cleans, 40);
	assert_int_equal(kit.log.clean_bytes, 40 * PAGE);
	for (unsigned n = 0, i = 0; i < kit.log.events; i++)
		if (kit.log.event[i].kind == KIT_CLEAN)
			assert_int_equal(kit.log.event[i].addr, MIB(64) + 2 * n++ * PAGE);
	assert_false(kit.uneven);
	kit_check(&kit);
	kit_close(&kit);
}

/* --- Looking ----------------------------------------------------------------------------------------- */

struct seen {
	unsigned runs, most;
	uint64_t leaves;
};

static bool
see(void *context, const struct s2pt_run *run)
{
	struct seen *seen = context;

	seen->leaves += run->count;
	return ++seen->runs < seen->most;
}

static enum s2pt_status
visit(uint64_t ipa, uint64_t size, unsigned most, struct seen *seen)
{
	*seen = (struct seen){ .most = most };
	return s2pt_table_visit(&kit.machine.table, s2pt_ipa_of(ipa), size, see, seen);
}

static void
test_visit(void **state)
{
	const uint64_t end = UINT64_C(1) << 40;
	struct seen seen;

	(void)state;
	kit_map(&kit, MIB(2), 5 * PAGE, MIB(2), &ram, 3);
	kit_map(&kit, MIB(2) + 7 * PAGE, 2 * PAGE, MIB(2), &ram, 3);
	kit_map(&kit, end - MIB(2), MIB(2), MIB(2), &ram, 2);
	assert_int_equal(visit(0, end, 9, &seen), S2PT_OK);
	assert_int_equal(seen.runs, 3);
	assert_int_equal(seen.leaves, 8);
	/* The visitor has had enough. */
	assert_int_equal(visit(0, end, 2, &seen), S2PT_OK);
	assert_int_equal(seen.runs, 2);
	assert_int_equal(seen.leaves, 7);
	/* A part of a leaf is all of it. */
	assert_int_equal(visit(end - 1, 1, 9, &seen), S2PT_OK);
	assert_int_equal(seen.leaves, 1);
	assert_int_equal(visit(MIB(2), 0, 9, &seen), S2PT_ERR_EMPTY);
	assert_int_equal(visit(end, PAGE, 9, &seen), S2PT_ERR_IPA_SIZE);
	assert_int_equal(visit(end + GIB(1), PAGE, 9, &seen), S2PT_ERR_IPA_SIZE);
	assert_int_equal(visit(end - PAGE, 2 * PAGE, 9, &seen), S2PT_ERR_IPA_SIZE);
	assert_int_equal(visit(PAGE, UINT64_MAX, 9, &seen), S2PT_ERR_IPA_SIZE);
	assert_int_equal(seen.runs, 0);
}

/* A leaf that the engine cannot have made is of no type, and counts as none. */
static void
test_stats_of_a_foreign_leaf(void **state)
{
	struct s2pt_found found;
	struct s2pt_stats stats;
	uint64_t *entry, raw;
	unsigned n;

	(void)state;
	kit_map(&kit, MIB(2), 4 * PAGE, MIB(2), &ram, 3);
	assert_int_equal(s2pt_table_lookup(&kit.machine.table, s2pt_ipa_of(MIB(2) + PAGE), &found), S2PT_OK);
	/* Where does it stand? */
	entry = NULL;
	for (uint64_t pa = kit.machine.pool_pa; !entry; pa += PAGE) {
		uint64_t *table = model_virt(kit.machine.model, pa);

		assert_non_null(table);
		for (n = 0; n < 512 && !entry; n++)
			if (table[n] == found.desc.raw)
				entry = &table[n];
	}
	raw = *entry;
	*entry = (raw & ~UINT64_C(0x3c)) | 4u << 2; /* with FWB: reserved */
	s2pt_table_stats(&kit.machine.table, &stats);
	*entry = raw;
	assert_int_equal(stats.leaves[4], 3);
	assert_int_equal(stats.bytes[S2PT_MEM_NORMAL_WB], 3 * PAGE);
	s2pt_table_stats(&kit.machine.table, &stats);
	assert_int_equal(stats.leaves[4], 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ORDINARY(init),
		ORDINARY(root_address),
		ORDINARY(table_address),
		ORDINARY(mapping_refusals),
		cmocka_unit_test(test_mapping_needs),
		ORDINARY(host_cannot),
		ORDINARY(contradictions),
		cmocka_unit_test(test_without_xnx),
		ORDINARY(retype_refusals),
		ORDINARY(relax_only_adds),
		ORDINARY(exec_uncached),
		ORDINARY(icache),
		cmocka_unit_test(test_hardware_writes),
		ORDINARY(page_cache),
		ORDINARY(pages_needed),
		cmocka_unit_test(test_scattered_memory),
		ORDINARY(visit),
		ORDINARY(stats_of_a_foreign_leaf),
	};

	return cmocka_run_group_tests_name("sweep contract", tests, NULL, NULL);
}
