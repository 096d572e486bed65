/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Walkers that do not look into the CPU's caches (S2PT_HOST_NONCOHERENT): they see what was cleaned, and
 * nothing else. Whenever they can reach a table, all of it is clean; and after each operation they see
 * the same as the CPU.
 */
#include "cases.h"

#include <inttypes.h>
#include <string.h>

#define POOL_BYTES ((size_t)16 << 20)

static struct kit kit;
static void (*clean)(void *context, const void *virt, size_t bytes);
static unsigned long links; /* cleaned entries that led to a table */

/* The table at @pa, and those that a walker finds in it. Returns how many. */
static unsigned
check_tables(uint64_t pa, size_t bytes, int level)
{
	const struct machine *machine = &kit.machine;
	const uint64_t *cached = model_virt(machine->model, pa);
	const uint64_t *beyond = (const uint64_t *)(const void *)(machine->beyond + (pa - machine->pool_pa));
	unsigned tables = 1;

	for (size_t i = 0; i < bytes / 8; i++) {
		s2pt_pa next;

		if (cached[i] != beyond[i])
			fail_msg("level %d, entry %zu: walkers see 0x%016" PRIx64 ", not 0x%016" PRIx64,
				 level, i, beyond[i], cached[i]);
		if (level < 3 && s2pt_desc_table_decode(&machine->format, level,
							s2pt_desc_of(beyond[i]), &next) == S2PT_OK)
			tables += check_tables(next.addr, (size_t)1 << machine->format.granule_lg2,
					       level + 1);
	}
	return tables;
}

static unsigned
check_all(void)
{
	const struct s2pt_format *format = &kit.machine.format;

	return check_tables(kit.machine.table.root_pa.addr, (size_t)1 << format->root_lg2,
			    format->start_level);
}

/* Does @raw lead into table memory? The memory of guests lies elsewhere. */
static bool
is_link(uint64_t raw)
{
	uint64_t pa = raw & (((UINT64_C(1) << 48) - 1) & ~UINT64_C(0xfff));

	return (raw & 3) == 3 && pa - kit.machine.pool_pa < POOL_BYTES;
}

static void
listen_clean_tables(void *context, const void *virt, size_t bytes)
{
	uint64_t raw;

	clean(context, virt, bytes);
	memcpy(&raw, virt, sizeof(raw));
	if (bytes != sizeof(raw) || !is_link(raw))
		return;
	links++;
	check_all();
}

static void
act(const struct machine_shape *shape, const struct sweep_case *c, unsigned batch)
{
	struct s2pt_op op = { .batch = batch };
	struct model_map *after;
	uint64_t ipa, size;
	unsigned tables;

	assert_true(kit_open(&kit, shape));
	clean = kit.machine.host.clean_tables;
	kit.machine.host.clean_tables = listen_clean_tables;
	/* The start table was cleaned before anybody could walk it. */
	assert_int_equal(check_all(), 1);
	/* Twice: the second time tables are where others were before. */
	for (unsigned again = 0; again < 2; again++) {
		sweep_prepare(&kit, c, &ipa, &size);
		check_all();
		after = model_map_copy(kit.map);
		c->expect(&kit, after, ipa, size);
		assert_int_equal(sweep_act(&kit, c, &op, ipa, size, 0), S2PT_OK);
		tables = check_all();
		assert_int_equal(tables, kit.machine.table.pages + 1);
		kit_check_map(&kit, after);
		model_map_free(after);
		sweep_clear(&kit);
	}
	kit_close(&kit);
}

static void
sweep(struct machine_shape shape)
{
	links = 0;
	shape.noncoherent = true;
	shape.pool_pa = UINT64_C(1) << 46;
	shape.pool_bytes = POOL_BYTES;
	for (size_t i = 0; i < sweep_cases_count; i++) {
		const struct sweep_case *c = &sweep_cases[i];

		if (c->large || (c->giant && shape.granule != S2PT_GRANULE_4K))
			continue;
		act(&shape, c, i % 2 ? 3 : 0);
	}
	assert_true(links > 50);
}

static void
test_4k(void **state)
{
	(void)state;
	sweep(kit_shape(S2PT_GRANULE_4K));
}

/* Blocks become tables in place; memory comes zeroed, but only the CPU knows. */
static void
test_4k_zeroed(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.bbm = 2;
	shape.zeroed = true;
	shape.start_level = 0;
	sweep(shape);
}

static void
test_16k(void **state)
{
	(void)state;
	sweep(kit_shape(S2PT_GRANULE_16K));
}

/* Without a trace: the engine must not take the paths that tell nobody. */
static void
test_direct(void **state)
{
	struct machine_shape shape = kit_shape(S2PT_GRANULE_4K);

	(void)state;
	shape.direct = true;
	sweep(shape);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_4k),
		cmocka_unit_test(test_4k_zeroed),
		cmocka_unit_test(test_16k),
		cmocka_unit_test(test_direct),
	};

	return cmocka_run_group_tests_name("sweep walkers", tests, NULL, NULL);
}
