/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* report.c: see report.h. */
#include "report.h"

#include "io.h"
#include "lock.h"
#include "migrate.h"
#include "ram.h"
#include "test/map.h"
#include "vm.h"

#define KINDS  S2PT_FAULT_KIND_COUNT
#define LEVELS 5u

/* Of a fault on a stage-1 walk QEMU gives the level of that walk (docs/deviations.md: V5): no level, then. */
#define S1_WALK 4u

/* clang-format off */
static const char *const kind_name[KINDS] = {
	[S2PT_FAULT_TRANSLATION] = "translation", [S2PT_FAULT_ADDRESS_SIZE] = "address-size",
	[S2PT_FAULT_ACCESS_FLAG] = "access-flag", [S2PT_FAULT_PERMISSION] = "permission",
	[S2PT_FAULT_TLB_CONFLICT] = "tlb-conflict", [S2PT_FAULT_WALK_ABORT] = "walk-abort",
	[S2PT_FAULT_ATOMIC] = "atomic", [S2PT_FAULT_ALIGNMENT] = "alignment",
	[S2PT_FAULT_EXCLUSIVE] = "exclusive", [S2PT_FAULT_GPC] = "gpc",
	[S2PT_FAULT_GPC_WALK] = "gpc-walk", [S2PT_FAULT_OTHER] = "other",
};

static const char *const level_name[LEVELS] = {
	"level 0", "level 1", "level 2", "level 3", [S1_WALK] = "on stage-1 walks",
};

static const char *const count_name[COUNT_COUNT] = {
	[COUNT_FAULTS] = "faults", [COUNT_SPLITS] = "splits",
	[COUNT_COLLAPSES] = "collapses", [COUNT_MIGRATIONS] = "migrations",
	[COUNT_UNMAPPED] = "unmapped", [COUNT_AGED] = "aged",
	[COUNT_LOGGED] = "logged", [COUNT_DIRTY] = "dirty",
	[COUNT_RELAXED] = "relaxed", [COUNT_IGNORED] = "ignored",
	[COUNT_ABORTS] = "aborts",
};
/* clang-format on */

static uint64_t count[COUNT_COUNT];
static uint64_t faults[KINDS][LEVELS];
static uint64_t verdict = UINT64_MAX;
static struct lock ending; /* taken once */

void
report_add(enum count what, uint64_t n)
{
	__atomic_fetch_add(&count[what], n, __ATOMIC_RELAXED);
}

uint64_t
report_count(uint64_t what)
{
	return what < COUNT_COUNT ? __atomic_load_n(&count[what], __ATOMIC_RELAXED) : 0;
}

void
report_fault(const struct s2pt_fault *fault)
{
	unsigned level = fault->s1_walk ? S1_WALK : (unsigned)fault->level % S1_WALK;

	report_add(COUNT_FAULTS, 1);
	__atomic_fetch_add(&faults[fault->kind][level], 1u, __ATOMIC_RELAXED);
}

void
report_verdict(uint64_t wrong)
{
	verdict = wrong;
}

static void
print_faults(void)
{
	for (unsigned kind = 0; kind < KINDS; kind++) {
		for (unsigned level = 0; level < LEVELS; level++) {
			if (faults[kind][level])
				print("faults %s %s: %lu\n", kind_name[kind], level_name[level],
				      faults[kind][level]);
		}
	}
}

static void
print_all(void)
{
	const struct el2_counts *c = &vm.el2.counts;

	print_faults();
	print("work");
	for (unsigned i = 0; i < COUNT_COUNT; i++)
		print(" %s %lu", count_name[i], count[i]);
	print("\ninvalidations requests %lu single %lu range %lu vmid %lu local %lu clean-kib %lu\n",
	      c->requests, c->tlbi_single, c->tlbi_range, c->tlbi_vmid, c->local,
	      c->clean_bytes >> 10);
	print("tables in use %lu peak %lu\n", vm.table.pages,
	      vm.table.pages > vm.peak ? vm.table.pages : vm.peak);
}

_Noreturn void
report_error(const char *what, uint64_t where)
{
	lock_take(&ending);
	machine_say(what); /* in one piece: the guest may be printing too */
	print("\nerror: %s (0x%lx)\n", what, where);
	print_all();
	machine_exit(1);
}

/* Nobody does anything any more. Is everything as it should be? */
static void
check_all(void)
{
	vm_lock();
	ram_check_all();
	migrate_check();
	if (vm.el2.counts.refused || vm.el2.counts.bad_retires)
		report_error("a request or a table that the host had to refuse", 0);
}

_Noreturn void
report_reset(void)
{
	check_all();
	report_error("the guest has reset the machine, as it does after a panic", 0);
}

_Noreturn void
report_end(void)
{
	check_all();
	if (verdict)
		report_error(verdict == UINT64_MAX ? "the guest gave no verdict" : "the guest found its data changed",
			     verdict);
	lock_take(&ending);
	print("\n");
	print_all();
	print("errors 0\n");
	map_report();
	machine_exit(0);
}
