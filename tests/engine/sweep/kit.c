/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "kit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- The host, listened to
 * -------------------------------------------------------------------------- */

static void
note(struct kit *kit, enum kit_event_kind kind, uint64_t addr, uint64_t size, uint64_t before,
     uint64_t after)
{
	struct kit_event *event;

	if (kit->log.events == KIT_EVENTS)
		return;
	event = &kit->log.event[kit->log.events++];
	event->kind = kind;
	event->addr = addr;
	event->size = size;
	event->before = before;
	event->after = after;
}

static void
count_steps(struct kit *kit, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct s2pt_tlbi_params params = { .scope = S2PT_TLBI_IS };
	struct s2pt_tlbi_step step;
	struct s2pt_tlbi_seq seq;

	if (s2pt_tlbi_begin(&seq, &kit->machine.format, &params, requests, count) != S2PT_OK)
		fail_msg("the engine asks for an impossible invalidation");
	while (s2pt_tlbi_next(&seq, &step))
		if (step.kind == S2PT_STEP_TLBI)
			kit->log.tlbi[step.op]++;
}

static void
listen_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct kit *kit = context;

	machine_look(&kit->machine);
	kit->log.calls++;
	for (size_t i = 0; i < count; i++) {
		if (kit->log.requests < KIT_REQUESTS)
			kit->log.request[kit->log.requests++] = requests[i];
		kit->log.local += requests[i].local;
		note(kit, KIT_INVALIDATE, requests[i].ipa.addr, requests[i].size, 0, 0);
	}
	count_steps(kit, requests, count);
	kit->inner.invalidate(context, requests, count);
}

static void
listen_publish(void *context)
{
	struct kit *kit = context;

	machine_look(&kit->machine);
	kit->log.publishes++;
	kit->inner.publish(context);
}

static bool
listen_clean(void *context, s2pt_pa pa, uint64_t bytes)
{
	struct kit *kit = context;

	machine_look(&kit->machine);
	kit->log.cleans++;
	kit->log.clean_bytes += bytes;
	note(kit, KIT_CLEAN, pa.addr, bytes, 0, 0);
	if (!model_ledger_empty(kit->machine.model))
		kit->uneven = true;
	return kit->inner.clean_data(context, pa, bytes);
}

static void
listen_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	struct kit *kit = context;

	machine_look(&kit->machine);
	kit->log.icaches++;
	kit->log.icache_bytes += bytes;
	note(kit, KIT_ICACHE, pa.addr, bytes, 0, 0);
	kit->inner.invalidate_icache(context, pa, bytes);
}

static void
listen_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	struct kit *kit = context;

	machine_look(&kit->machine);
	kit->log.retires += (unsigned)count;
	for (size_t i = 0; i < count; i++)
		note(kit, KIT_RETIRE, pages[i].pa.addr, bytes, 0, 0);
	kit->inner.retire(context, what, bytes, pages, count);
}

/* Did a link, which has no attributes, learn or forget which parts of its table are clean: bits 58:51? */
static bool
is_knowledge(uint64_t before, uint64_t after)
{
	return (before & 0xfffu) == 3 && before != after && !((before ^ after) & ~(UINT64_C(255) << 51));
}

/* The judge's account of stores, whether it was told of them or looked. */
static void
listen_store(void *context, uint64_t pa, uint64_t before, uint64_t after)
{
	struct kit *kit = context;

	kit->log.stores += !is_knowledge(before, after);
	kit->log.breaks += (before & 1u) && !(after & 1u);
	note(kit, KIT_STORE, pa, 8, before, after);
}

/* --- Opening and closing
 * ---------------------------------------------------------------------------- */

struct machine_shape
kit_shape(enum s2pt_granule granule)
{
	struct machine_shape shape = {
		.granule = granule,
		.ipa_bits = 40,
		.pa_bits = 48,
		.start_level = S2PT_START_LEVEL_AUTO,
		.fwb = true,
		.xnx = true,
		.ttl = true,
		.ranges = true,
		.smmu = true,
	};

	return shape;
}

bool
kit_open(struct kit *kit, const struct machine_shape *shape)
{
	memset(kit, 0, sizeof(*kit));
	if (!machine_init(&kit->machine, shape)) {
		machine_free(&kit->machine);
		return false;
	}
	kit->inner = kit->machine.host;
	kit->machine.host.invalidate = listen_invalidate;
	kit->machine.host.publish = listen_publish;
	kit->machine.host.clean_data = listen_clean;
	kit->machine.host.invalidate_icache = listen_icache;
	kit->machine.host.retire = listen_retire;
	model_listen(kit->machine.model, listen_store, kit);
	kit->map = model_map_new();
	return true;
}

void
kit_close(struct kit *kit)
{
	struct s2pt_op op = { .budget = 5 };
	enum s2pt_status status;

	model_op_begin(kit->machine.model, 0, 0, UINT64_MAX);
	model_stop(kit->machine.model);
	do
		status = s2pt_table_destroy(&kit->machine.table, &op);
	while (status == S2PT_ERR_BUDGET);
	assert_int_equal(status, S2PT_OK);
	model_check_leaks(kit->machine.model, 0);
	if (model_violation(kit->machine.model))
		fail_msg("destroy: %s: %s", model_violation(kit->machine.model)->name,
			 model_violation(kit->machine.model)->text);
	model_map_free(kit->map);
	machine_free(&kit->machine);
}

void
kit_forget(struct kit *kit)
{
	machine_look(&kit->machine);
	memset(&kit->log, 0, sizeof(kit->log));
	kit->uneven = false;
}

unsigned
kit_tlbis(const struct kit *kit)
{
	unsigned sum = 0;

	for (size_t i = 0; i < S2PT_TLBI_OP_COUNT; i++)
		sum += kit->log.tlbi[i];
	return sum;
}

uint64_t
kit_seed(void)
{
	const char *text = getenv("S2PT_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 0;

	printf("S2PT_SEED=%" PRIu64 "\n", seed);
	return seed;
}

uint64_t
kit_bytes(const struct kit *kit, int level)
{
	return UINT64_C(1) << s2pt_format_level_lg2(&kit->machine.format, level);
}

/* --- Leaves
 * ----------------------------------------------------------------------------------------- */

struct s2pt_leaf
kit_leaf(const struct kit *kit, enum s2pt_memtype type)
{
	struct s2pt_leaf leaf = {
		.type = type,
		.sh = kit->machine.format.sh0,
		.r = true,
		.w = true,
		.af = true,
	};

	return leaf;
}

uint64_t
kit_attr(const struct kit *kit, const struct s2pt_leaf *leaf)
{
	s2pt_desc desc;

	assert_int_equal(s2pt_desc_leaf_encode(&kit->machine.format, 3, s2pt_pa_of(0), leaf, &desc),
			 S2PT_OK);
	return model_leaf_attr(kit->machine.model, desc.raw, 3);
}

/* --- Operations
 * ------------------------------------------------------------------------------------- */

void
kit_begin(struct kit *kit, uint64_t ipa, uint64_t size)
{
	model_op_begin(kit->machine.model, kit->machine.caller, ipa, ipa + size - 1u);
}

void
kit_end(struct kit *kit)
{
	model_op_end(kit->machine.model, MODEL_END_VISIBLE | (kit->machine.table.held ? MODEL_END_GATHER : 0));
}

void
kit_end_relax(struct kit *kit)
{
	model_op_end(kit->machine.model, MODEL_END_VISIBLE | MODEL_END_RELAX | MODEL_END_LOCAL);
}

enum s2pt_status
kit_try_map(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size, uint64_t pa,
	    const struct s2pt_leaf *leaf)
{
	struct s2pt_mapping mapping;
	enum s2pt_status status;

	assert_int_equal(s2pt_mapping_init(&kit->machine.format, leaf, S2PT_MAPPING_RAM, &mapping), S2PT_OK);
	kit_begin(kit, ipa, size);
	model_op_maps_ram(kit->machine.model);
	status = s2pt_table_map(&kit->machine.table, op, s2pt_ipa_of(ipa), size, s2pt_pa_of(pa),
				&mapping);
	kit_end(kit);
	if (op->done)
		model_map_set(kit->map, ipa, ipa + op->done - 1u, pa, kit_attr(kit, leaf));
	return status;
}

void
kit_map(struct kit *kit, uint64_t ipa, uint64_t size, uint64_t pa, const struct s2pt_leaf *leaf,
	int highest_level)
{
	struct s2pt_op op = { .budget = 0 };

	if (highest_level)
		op.max_lg2 = (uint8_t)s2pt_format_level_lg2(&kit->machine.format, highest_level);

	assert_int_equal(kit_try_map(kit, &op, ipa, size, pa, leaf), S2PT_OK);
	assert_int_equal(op.done, size);
}

enum s2pt_status
kit_try_unmap(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size)
{
	enum s2pt_status status;

	kit_begin(kit, ipa, size);
	status = s2pt_table_unmap(&kit->machine.table, op, s2pt_ipa_of(ipa), size);
	kit_end(kit);
	if (op->done)
		model_map_clear(kit->map, ipa, ipa + op->done - 1u);
	return status;
}

void
kit_unmap(struct kit *kit, uint64_t ipa, uint64_t size)
{
	struct s2pt_op op = { .budget = 0 };

	assert_int_equal(kit_try_unmap(kit, &op, ipa, size), S2PT_OK);
	assert_int_equal(op.done, size);
}

enum s2pt_status
kit_try_protect(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size,
		const struct s2pt_change *change)
{
	enum s2pt_status status;

	kit_begin(kit, ipa, size);
	status = s2pt_table_protect(&kit->machine.table, op, s2pt_ipa_of(ipa), size, change);
	kit_end(kit);
	return status;
}

/* --- Checks
 * ----------------------------------------------------------------------------------------- */

/* Counts the tables under @entries, none of which may be empty. */
static uint64_t
count_tables(struct kit *kit, const uint64_t *entries, uint64_t count, int level)
{
	uint64_t used = 0, tables = 1;

	for (uint64_t i = 0; i < count; i++) {
		struct s2pt_extra_bits extra;
		s2pt_desc link;
		s2pt_pa next;

		used += entries[i] != 0;
		if (level == 3)
			continue;
		link = s2pt_desc_strip(&kit->machine.format, level, s2pt_desc_of(entries[i]), &extra);
		if (s2pt_desc_table_decode(&kit->machine.format, level, link, &next) != S2PT_OK)
			continue;
		tables += count_tables(kit, model_virt(kit->machine.model, next.addr),
				       UINT64_C(1) << s2pt_format_stride(&kit->machine.format),
				       level + 1);
	}
	if (!used && level != kit->machine.format.start_level)
		fail_msg("an empty table of level %d is linked", level);
	return tables;
}

static void
check_stats(struct kit *kit)
{
	const struct s2pt_format *format = &kit->machine.format;
	uint64_t tables = count_tables(kit, kit->machine.table.root,
				       UINT64_C(1) << (format->root_lg2 - 3), format->start_level);
	struct s2pt_stats stats;
	uint64_t sum = 0;

	s2pt_table_stats(&kit->machine.table, &stats);
	for (size_t i = 0; i < 5; i++)
		sum += stats.tables[i];
	assert_int_equal(sum, tables);
	assert_int_equal(kit->machine.table.pages + 1, tables);
	assert_int_equal(model_live_tables(kit->machine.model), tables);
}

void
kit_check_map(struct kit *kit, const struct model_map *map)
{
	const struct model_violation *violation = model_violation(kit->machine.model);
	struct model_diff diff;

	if (violation)
		fail_msg("%s: %s", violation->name, violation->text);
	if (!model_map_compare(kit->machine.model, map, MODEL_ATTR_CONT, MODEL_COMPARE_NOTES, &diff))
		fail_msg("differs at IPA 0x%" PRIx64 ": table %s 0x%016" PRIx64
			 " level %d, map %s pa 0x%" PRIx64 " attr 0x%" PRIx64,
			 diff.ipa, diff.in_table ? "has" : "lacks", diff.desc, diff.level,
			 diff.in_map ? "has" : "lacks", diff.leaf.pa, diff.leaf.attr);
	check_stats(kit);
}

void
kit_check(struct kit *kit)
{
	kit_check_map(kit, kit->map);
}

struct model_map *
kit_splice(const struct model_map *before, const struct model_map *after, uint64_t ipa,
	   uint64_t size)
{
	struct model_map *map = model_map_copy(before);

	if (!size)
		return map;
	model_map_clear(map, ipa, ipa + size - 1u);
	for (size_t i = 0; i < model_map_runs(after); i++) {
		struct model_leaf run;
		uint64_t first, last;

		assert_true(model_map_run(after, i, &run));
		first = run.ipa > ipa ? run.ipa : ipa;
		last = run.last < ipa + size - 1u ? run.last : ipa + size - 1u;
		if (first > last)
			continue;
		if (run.note)
			model_map_note(map, first, last, run.attr);
		else
			model_map_set(map, first, last, run.pa + (first - run.ipa), run.attr);
	}
	return map;
}

enum model_result
kit_access(struct kit *kit, unsigned cpu, enum model_kind kind, uint64_t ipa,
	   struct model_outcome *out)
{
	struct model_access access = { .ipa = ipa, .kind = kind, .el = 1 };
	struct model_outcome unused;

	if (!out)
		out = &unused;
	model_access(kit->machine.model, cpu, &access, out);
	return out->result;
}

struct s2pt_leaf
kit_leaf_at(struct kit *kit, uint64_t ipa, int *level, uint64_t *pa)
{
	struct s2pt_found found;
	struct s2pt_leaf leaf;
	s2pt_pa oa;

	assert_int_equal(s2pt_table_lookup(&kit->machine.table, s2pt_ipa_of(ipa), &found), S2PT_OK);
	assert_int_equal(
		s2pt_desc_leaf_decode(&kit->machine.format, found.level, found.desc, &oa, &leaf),
		S2PT_OK);
	if (level)
		*level = found.level;
	if (pa)
		*pa = oa.addr + (ipa - found.ipa.addr);
	return leaf;
}
