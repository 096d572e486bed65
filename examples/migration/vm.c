/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* vm.c: memory, the ops, the lock, and faults. */
#include <s2pt/tracking.h>

#include "vm.h"

#include <stdio.h>
#include <stdlib.h>

#define TABLE_BYTES (UINT64_C(1) << 20)
#define TABLE_PA    (UINT64_C(1) << 32)

void
must(enum s2pt_status status, const char *what)
{
	if (status == S2PT_OK)
		return;
	fprintf(stderr, "%s: status %d\n", what, (int)status);
	exit(1);
}

/* --- The lock -------------------------------------------------------------------------------------- */

static void
check_lock(bool held)
{
	if (!held)
		return;
	fprintf(stderr, "the lock is taken where it is held\n");
	exit(1);
}

void
vm_lock_shared(struct vm *vm)
{
	check_lock(vm->lock < 0);
	vm->lock++;
}

void
vm_lock_exclusive(struct vm *vm)
{
	check_lock(vm->lock != 0);
	vm->lock = -1;
}

void
vm_unlock(struct vm *vm)
{
	vm->lock += vm->lock < 0 ? 1 : -1;
}

/* --- The host -------------------------------------------------------------------------------------- */

static bool
host_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	struct vm *vm = context;
	uint64_t at = (vm->tables_used + bytes - 1u) & ~((uint64_t)bytes - 1u);

	(void)what;
	if (at + bytes > TABLE_BYTES)
		return false;
	vm->tables_used = at + bytes;
	page->virt = vm->tables + at;
	page->pa = s2pt_pa_of(TABLE_PA + at);
	return true;
}

/* Here tables are not used again. */
static void
host_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	(void)what;
	(void)bytes;
	(void)pages;
	(void)count;
}

/* CPUs go on with what they hold until the invalidation is complete. */
static void
host_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct vm *vm = context;

	guest_run(vm, 2);
	for (size_t i = 0; i < count && !vm->plan.no_tlbi; i++) {
		bool all = requests[i].vmid;

		guest_forget(vm, all ? s2pt_ipa_of(RAM_IPA) : requests[i].ipa,
			     all ? RAM_BYTES : requests[i].size, requests[i].local);
	}
}

static void
host_publish(void *context)
{
	(void)context;
}

/* --- Making ---------------------------------------------------------------------------------------- */

static void
make_table(struct vm *vm)
{
	struct s2pt_features cpu = { .feats = S2PT_FEAT_S2FWB | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM,
				     .pa_bits = 48,
				     .granule_4k = true };
	struct s2pt_config config;

	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 40;
	if (vm->plan.hardware)
		config.feats |= S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM;
	must(s2pt_format_init(&vm->format, &cpu, &config), "s2pt_format_init");
	must(s2pt_table_init(&vm->table, &vm->format, &vm->ops, 0), "s2pt_table_init");
	vm->ram.type = S2PT_MEM_NORMAL_WB;
	vm->ram.sh = S2PT_SH_ISH;
	vm->ram.r = true;
	vm->ram.w = true;
	vm->ram.af = true;
}

/* Half of the memory is mapped before the VM runs, in blocks; the rest as it is used, by pages. */
static void
map_half(struct vm *vm)
{
	struct s2pt_mapping mapping;
	struct s2pt_op op = { .max_lg2 = 21 };

	must(s2pt_mapping_init(&vm->format, &vm->ram, S2PT_MAPPING_RAM, &mapping), "s2pt_mapping_init");
	must(s2pt_table_map(&vm->table, &op, s2pt_ipa_of(RAM_IPA), RAM_BYTES / 2, s2pt_pa_of(RAM_PA),
			    &mapping),
	     "s2pt_table_map");
}

bool
vm_init(struct vm *vm, const struct plan *plan)
{
	vm->plan = *plan;
	vm->tables = aligned_alloc(TABLE_BYTES, TABLE_BYTES);
	vm->memory = calloc(1, RAM_BYTES);
	vm->target = calloc(1, RAM_BYTES);
	if (!vm->tables || !vm->memory || !vm->target)
		return false;
	vm->ops.size = sizeof(vm->ops);
	vm->ops.context = vm;
	vm->ops.virt_offset = (uintptr_t)vm->tables - (uintptr_t)TABLE_PA;
	vm->ops.alloc = host_alloc;
	vm->ops.retire = host_retire;
	vm->ops.invalidate = host_invalidate;
	vm->ops.publish = host_publish;
	for (unsigned n = 0; n < CPUS; n++)
		vm->cpus[n].ring = (struct s2pt_dirty_ring){ .span = vm->cpus[n].span, .count = RING };
	make_table(vm);
	map_half(vm);
	return true;
}

void
vm_free(struct vm *vm)
{
	free(vm->tables);
	free(vm->memory);
	free(vm->target);
}

/* --- Faults ---------------------------------------------------------------------------------------- */

/* Guests fault on what is not mapped: one page, logged while the log is on. */
static void
fault_map(struct vm *vm, struct cpu *cpu, s2pt_ipa ipa)
{
	struct s2pt_map_request request = { .invalidate_seq = s2pt_table_invalidate_seq(&vm->table), .lg2 = PAGE_LG2 };
	s2pt_pa pa = s2pt_pa_of(ipa.addr - RAM_IPA + RAM_PA); /* this may take long, and sleep */
	struct s2pt_leaf leaf = vm->ram;
	struct s2pt_mapping mapping;
	enum s2pt_status status;

	vm_lock_shared(vm);
	if (vm->logging)
		s2pt_table_dirty_leaf(&vm->table, &leaf);
	must(s2pt_mapping_init(&vm->format, &leaf, S2PT_MAPPING_RAM, &mapping), "s2pt_mapping_init");
	status = s2pt_shared_map(&vm->table, &cpu->cursor, &request, ipa, pa, &mapping);
	vm_unlock(vm);
	/* Another CPU was faster; or it answered otherwise, as the log began or ended. The guest goes on. */
	if (status != S2PT_RACED && status != S2PT_ERR_EXISTS)
		must(status, "s2pt_shared_map");
}

/* The first write to a page, or a block, that is logged. A block is split, and the guest faults again. */
static void
fault_write(struct vm *vm, struct cpu *cpu, s2pt_ipa ipa)
{
	struct s2pt_dirty_ring *ring = vm->plan.by_ring ? &cpu->ring : NULL;
	struct s2pt_op op = { 0 };
	enum s2pt_status status;

	vm_lock_shared(vm);
	status = s2pt_shared_mark_dirty(&vm->table, &cpu->cursor, ipa, PAGE_LG2, ring);
	vm_unlock(vm);
	if (status == S2PT_RACED || status == S2PT_ERR_NOT_MAPPED)
		return;
	if (status == S2PT_ERR_RING_FULL) {
		log_take(vm, cpu);
		return;
	}
	if (status != S2PT_ERR_EXCLUSIVE) {
		must(status, "s2pt_shared_mark_dirty");
		return;
	}
	vm_lock_exclusive(vm);
	must(s2pt_table_split(&vm->table, &op, ipa, PAGE_BYTES, vm->table.format->granule_lg2), "s2pt_table_split");
	vm_unlock(vm);
}

/* @at: where the guest went, to the byte; what is mapped is a page. */
void
vm_fault(struct vm *vm, struct cpu *cpu, enum s2pt_fault_kind kind, s2pt_ipa at)
{
	const s2pt_ipa ipa = s2pt_ipa_of(at.addr & ~(PAGE_BYTES - 1u));
	enum s2pt_status status;

	vm->faults++;
	switch (kind) {
	case S2PT_FAULT_TRANSLATION:
		fault_map(vm, cpu, ipa);
		break;
	case S2PT_FAULT_ACCESS_FLAG:
		vm_lock_shared(vm);
		status = s2pt_shared_set_af(&vm->table, &cpu->cursor, ipa);
		/* Whoever came first: the guest tries again. */
		must(status == S2PT_RACED || status == S2PT_ERR_NOT_MAPPED ? S2PT_OK : status, "s2pt_shared_set_af");
		vm_unlock(vm);
		break;
	default:
		fault_write(vm, cpu, ipa);
		break;
	}
}

/* Memory is taken from the guest for a while: what it wrote there must not be forgotten. */
void
vm_reclaim(struct vm *vm, s2pt_ipa ipa, uint64_t size)
{
	struct s2pt_bitmap dirty = { .base = s2pt_ipa_of(RAM_IPA), .size = RAM_BYTES, .word = vm->dirty };
	struct s2pt_op op = { .dirty = &dirty };

	vm_lock_exclusive(vm);
	must(s2pt_table_unmap(&vm->table, &op, ipa, size), "s2pt_table_unmap");
	vm_unlock(vm);
}
