/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <s2pt/tracking.h>

#include "shared.h"

struct kit kit;
struct s2pt_leaf ram;
struct s2pt_table *table = &kit.machine.table;
void (*during_invalidate)(void);
void (*during_callback)(void);
uint64_t shared_word[SHARED_WORDS];
struct s2pt_bitmap shared_bitmap;

/* --- The host, interrupted ------------------------------------------------------------------------- */

static struct s2pt_host_ops listening;

static void
run_once(void (**what)(void))
{
	void (*run)(void) = *what;

	*what = NULL;
	if (run)
		run();
}

static void
invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	run_once(&during_invalidate);
	listening.invalidate(context, requests, count);
}

static bool
alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	run_once(&during_callback);
	return listening.alloc(context, what, bytes, page);
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	run_once(&during_callback);
	return listening.clean_data(context, pa, bytes);
}

static void
invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	run_once(&during_callback);
	listening.invalidate_icache(context, pa, bytes);
}

/* --- Opening and closing --------------------------------------------------------------------------- */

void
shared_open(const struct machine_shape *shape)
{
	assert_true(kit_open(&kit, shape));
	listening = kit.machine.host;
	kit.machine.host.invalidate = invalidate;
	kit.machine.host.alloc = alloc;
	kit.machine.host.clean_data = clean_data;
	kit.machine.host.invalidate_icache = invalidate_icache;
	during_invalidate = NULL;
	during_callback = NULL;
	ram = kit_leaf(&kit, S2PT_MEM_NORMAL_WB);
}

int
shared_setup(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shared_open(&shape);
	return 0;
}

int
shared_setup_hardware(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.haf = shape.hd = true;
	shared_open(&shape);
	return 0;
}

int
shared_teardown(void **state)
{
	(void)state;
	kit_check(&kit);
	shared_cpu(0);
	kit_close(&kit);
	return 0;
}

int
shared_teardown_any(void **state)
{
	(void)state;
	shared_judge();
	shared_cpu(0);
	kit_close(&kit);
	return 0;
}

void
shared_judge(void)
{
	const struct model_violation *violation = model_violation(kit.machine.model);

	if (violation)
		fail_msg("%s: %s", violation->name, violation->text);
}

void
shared_cpu(unsigned cpu)
{
	machine_look(&kit.machine);
	kit.machine.caller = cpu;
}

/* --- Shared operations ----------------------------------------------------------------------------- */

static void
end(unsigned flags)
{
	/* What a relax left on other CPUs, with fewer rights, may stay there. */
	model_op_end(kit.machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX | flags |
						(table->held ? MODEL_END_GATHER : 0));
	shared_judge();
}

enum s2pt_status
shared_map_as(struct s2pt_map_request *request, struct s2pt_cursor *cursor, uint64_t ipa, uint64_t pa,
	      const struct s2pt_leaf *leaf)
{
	uint64_t size = UINT64_C(1) << (request->lg2 & 63u);
	struct s2pt_mapping mapping;
	enum s2pt_status status;

	assert_int_equal(s2pt_mapping_init(&kit.machine.format, leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
	kit_begin(&kit, ipa, size);
	model_op_maps_ram(kit.machine.model);
	status = s2pt_shared_map(table, cursor, request, s2pt_ipa_of(ipa), s2pt_pa_of(pa), &mapping);
	end(request->permission ? MODEL_END_LOCAL : 0);
	if (status == S2PT_OK)
		shared_set(ipa, size, pa, leaf);
	return status;
}

enum s2pt_status
shared_map(uint64_t ipa, unsigned lg2, uint64_t pa, const struct s2pt_leaf *leaf)
{
	struct s2pt_map_request request = { .invalidate_seq = s2pt_table_invalidate_seq(table), .lg2 = (uint8_t)lg2 };

	return shared_map_as(&request, NULL, ipa, pa, leaf);
}

enum s2pt_status
shared_replace(uint64_t ipa, unsigned lg2, uint64_t pa, const struct s2pt_leaf *leaf, s2pt_desc *before)
{
	struct s2pt_map_request request = {
		.invalidate_seq = s2pt_table_invalidate_seq(table),
		.lg2 = (uint8_t)lg2,
		.replace = true,
	};
	enum s2pt_status status = shared_map_as(&request, NULL, ipa, pa, leaf);

	*before = request.old;
	return status;
}

enum s2pt_status
shared_relax(uint64_t ipa, const struct s2pt_change *rights)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa & ~(KIB(4) - 1u), KIB(4));
	status = s2pt_shared_relax(table, NULL, s2pt_ipa_of(ipa), rights);
	end(MODEL_END_LOCAL);
	return status;
}

enum s2pt_status
shared_mark_dirty(uint64_t ipa, unsigned max_lg2)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa & ~(KIB(4) - 1u), KIB(4));
	status = s2pt_shared_mark_dirty(table, NULL, s2pt_ipa_of(ipa), (uint8_t)max_lg2, NULL);
	end(MODEL_END_LOCAL);
	return status;
}

enum s2pt_status
shared_set_af(uint64_t ipa)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa & ~(KIB(4) - 1u), KIB(4));
	status = s2pt_shared_set_af(table, NULL, s2pt_ipa_of(ipa));
	end(0);
	return status;
}

/* --- Looking --------------------------------------------------------------------------------------- */

struct s2pt_found
shared_found(uint64_t ipa)
{
	struct s2pt_found found;

	assert_int_equal(s2pt_table_lookup(table, s2pt_ipa_of(ipa), &found), S2PT_OK);
	return found;
}

uint64_t
shared_raw(uint64_t ipa)
{
	return shared_found(ipa).desc.raw;
}

void
shared_set(uint64_t ipa, uint64_t size, uint64_t pa, const struct s2pt_leaf *leaf)
{
	model_map_set(kit.map, ipa, ipa + size - 1u, pa, kit_attr(&kit, leaf));
}

void
shared_blank(uint64_t base)
{
	memset(shared_word, 0, sizeof(shared_word));
	shared_bitmap.base = s2pt_ipa_of(base);
	shared_bitmap.size = (uint64_t)SHARED_WORDS * 64 << table->format->granule_lg2;
	shared_bitmap.word = shared_word;
	shared_bitmap.pages = 0;
}

unsigned
shared_count(void)
{
	unsigned count = 0;

	for (unsigned n = 0; n < SHARED_WORDS * 64; n++)
		count += (unsigned)(shared_word[n / 64] >> n % 64) & 1u;
	return count;
}

bool
shared_only(unsigned first, unsigned count)
{
	for (unsigned n = 0; n < SHARED_WORDS * 64; n++)
		if ((shared_word[n / 64] >> n % 64 & 1u) != (n >= first && n < first + count))
			return false;
	return shared_bitmap.pages == count;
}

/* --- Exclusive operations -------------------------------------------------------------------------- */

void
shared_start(uint64_t ipa, uint64_t size)
{
	struct s2pt_op op = { .budget = 0 };

	kit_begin(&kit, ipa, size);
	assert_int_equal(s2pt_table_dirty_start(table, &op, s2pt_ipa_of(ipa), size, TRACKING_BIT, 0), S2PT_OK);
	end(0);
	assert_int_equal(op.done, size);
}

void
shared_stop(uint64_t ipa, uint64_t size)
{
	struct s2pt_op op = { .budget = 0 };

	kit_begin(&kit, ipa, size);
	assert_int_equal(s2pt_table_dirty_stop(table, &op, s2pt_ipa_of(ipa), size), S2PT_OK);
	end(0);
}

enum s2pt_status
shared_collect(struct s2pt_op *op, uint64_t ipa, uint64_t size, bool clear)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa, size);
	status = s2pt_table_dirty_collect(table, op, s2pt_ipa_of(ipa), size, &shared_bitmap,
					  clear ? S2PT_COLLECT_CLEAR : 0);
	end(0);
	return status;
}

enum s2pt_status
shared_age(struct s2pt_op *op, uint64_t ipa, uint64_t size, enum s2pt_age age, struct s2pt_bitmap *bitmap)
{
	enum s2pt_status status;

	kit_begin(&kit, ipa, size);
	status = s2pt_shared_age(table, op, s2pt_ipa_of(ipa), size, age, bitmap);
	end(0);
	return status;
}
