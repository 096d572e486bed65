/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cpus.c: see cpus.h. */
#include "cpus.h"

#include "firmware.h"
#include "io.h"
#include "memory.h"
#include "sysreg.h"
#include "trouble.h"
#include "vcpu.h"
#include "vm.h"

#define BATCH      16u
#define CALL_YIELD 1u
#define STEPS      (UINT64_C(1) << 40)

/* Batches of a turn, and how many of them everywhere; among how many pages the others. */
#define TURN      32u
#define TURN_BUSY 4096u /* of the CPU that does not pause */
#define TURN_WIDE 4u
#define FEW       16u

/* A batch that needs more has a fault that is mended again and again, and never is. */
#define EXITS_MAX 1000u

/* In loops: what a fault takes to find its request; and between batches of most CPUs. */
#define LINGER 20000u
#define PAUSE  100000u

static struct cpu {
	struct cpu_stack stack;
	struct vcpu vcpu;
	struct s2pt_cursor cursor;
	struct cpu_counts counts;
	unsigned first, pages; /* where it walks about */
	uint32_t used[PAGES];  /* when, last */
	bool inside;           /* in a batch */
	bool fresh;            /* has to load the table */
} cpus[GUEST_CPUS];

static bool running;
static uint32_t time;

static void
wait(unsigned loops)
{
	while (loops--)
		__asm__ volatile("yield");
}

/* --- Faults ----------------------------------------------------------------------------------- */

/* Blocks, where the layout has them, and nothing is there yet. */
static enum s2pt_status
map(struct cpu *cpu, unsigned page, s2pt_pa pa, uint64_t sequence)
{
	struct s2pt_map_request request = { .invalidate_seq = sequence, .lg2 = PAGE_LG2 };
	const struct s2pt_mapping *mapping = vm.logging ? &vm.logged : &vm.ram;
	uint64_t within = page_ipa(page).addr & (BLOCK_BYTES - 1u);
	enum s2pt_status status;

	if (vm.layout->blocks) {
		request.lg2 = BLOCK_LG2;
		status = s2pt_shared_map(&vm.table, &cpu->cursor, &request,
					 s2pt_ipa_of(page_ipa(page).addr - within),
					 s2pt_pa_of(pa.addr - within), mapping);
		if (status != S2PT_ERR_EXCLUSIVE)
			return status;
		request.lg2 = PAGE_LG2;
	}
	return s2pt_shared_map(&vm.table, &cpu->cursor, &request, page_ipa(page), pa, mapping);
}

static enum s2pt_status
mend(struct cpu *cpu, const struct s2pt_fault *fault, unsigned page, s2pt_pa pa, uint64_t sequence)
{
	switch (fault->kind) {
	case S2PT_FAULT_TRANSLATION:
		return map(cpu, page, pa, sequence);
	case S2PT_FAULT_ACCESS_FLAG:
		return s2pt_shared_set_af(&vm.table, &cpu->cursor, page_ipa(page));
	case S2PT_FAULT_PERMISSION:
		return fault->access == S2PT_FAULT_WRITE
			     ? s2pt_shared_mark_dirty(&vm.table, &cpu->cursor, page_ipa(page), vm.layout->write_lg2,
						      NULL)
			     : S2PT_ERR_READ_ONLY;
	default:
		return S2PT_ERR_FAULT;
	}
}

/* A write to a block, of which a page alone is to become dirty. */
static void
split(struct cpu *cpu, unsigned page)
{
	struct s2pt_op op = { 0 };
	s2pt_ipa block = s2pt_ipa_of(page_ipa(page).addr & ~(BLOCK_BYTES - 1u));

	rwlock_write(&vm.lock);
	must(s2pt_table_split(&vm.table, &op, block, BLOCK_BYTES, vm.table.format->granule_lg2), "s2pt_table_split");
	rwlock_write_done(&vm.lock);
	cpu->counts.splits++;
}

/* To find out where a page lives may take long, and the answer may be old then. */
static s2pt_pa
find_frame(unsigned page, enum s2pt_fault_kind kind)
{
	s2pt_pa pa = memory_frame(page);

	wait(kind == S2PT_FAULT_TRANSLATION ? LINGER : 0);
	return pa;
}

static void
handle(struct cpu *cpu, const struct s2pt_fault *fault, unsigned page)
{
	uint64_t sequence = s2pt_table_invalidate_seq(&vm.table);
	s2pt_pa pa = find_frame(page, fault->kind);
	enum s2pt_status status;

	cpu->counts.faults++;
	cpu->counts.missing += fault->kind == S2PT_FAULT_TRANSLATION;
	cpu->counts.af += fault->kind == S2PT_FAULT_ACCESS_FLAG;
	cpu->counts.writes += fault->kind == S2PT_FAULT_PERMISSION;
	rwlock_read(&vm.lock);
	status = mend(cpu, fault, page, pa, sequence);
	rwlock_read_done(&vm.lock);
	if (status == S2PT_ERR_EXCLUSIVE)
		split(cpu, page);
	else if (status == S2PT_RACED || status == S2PT_ERR_NOT_MAPPED)
		cpu->counts.raced++;
	else if (status != S2PT_OK)
		trouble(TROUBLE_WRONG, page, status);
}

/* The guest's tables lead from the VA to the same page of the window. */
static bool
fault(struct cpu *cpu, uint64_t esr)
{
	const struct s2pt_fault_regs regs = {
		.esr = esr,
		.hpfar = read_hpfar_el2(),
		.far = read_far_el2(),
	};
	uint64_t page = (regs.far - GUEST_DATA) >> PAGE_LG2;
	struct s2pt_fault fault;

	if (s2pt_fault_decode(&regs, &fault) != S2PT_OK || regs.far < GUEST_DATA || page >= PAGES ||
	    (fault.ipa_known && fault.ipa.addr >> PAGE_LG2 != page_ipa((unsigned)page).addr >> PAGE_LG2)) {
		trouble(TROUBLE_WRONG, regs.far, esr);
		return false;
	}
	handle(cpu, &fault, (unsigned)page);
	return true;
}

/* --- Walking about ---------------------------------------------------------------------------- */

/* One CPU is always in the guest. */
static bool
is_busy(const struct cpu *cpu)
{
	return cpu == &cpus[0];
}

/* The pages of a batch, from the generator's state before it. */
static void
note_use(struct cpu *cpu, uint64_t state, uint32_t when)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct churn_step step;

		state = guest_churn_step(state, cpu->pages, &step);
		__atomic_store_n(&cpu->used[cpu->first + step.page], when, __ATOMIC_RELAXED);
	}
}

/*
 * Some batches everywhere, then many among a few pages. There nothing faults any more, so that nothing that
 * a TLB holds is lost by the way: what the log does not invalidate stays.
 */
static void
choose_pages(struct cpu *cpu)
{
	uint64_t turn = cpu->counts.batches % (is_busy(cpu) ? TURN_BUSY : TURN);

	if (turn && turn != TURN_WIDE)
		return;
	cpu->pages = turn ? FEW : PAGES;
	cpu->first = turn ? (unsigned)(hash(cpu->vcpu.x[4]) % (PAGES - FEW)) : 0;
	cpu->vcpu.x[1] = guest_va(TOUCH_LOAD, cpu->first, 0);
	cpu->vcpu.x[2] = cpu->pages - 1u;
}

static void
batch(struct cpu *cpu)
{
	uint64_t state = cpu->vcpu.x[4];
	uint32_t when = __atomic_load_n(&time, __ATOMIC_SEQ_CST);
	unsigned exits = 0;
	uint64_t esr;

	choose_pages(cpu);
	do {
		esr = vcpu_run(&cpu->vcpu);
		if (++exits == EXITS_MAX)
			trouble(TROUBLE_WRONG, cpu->vcpu.pc, exits);
	} while (ESR_EC(esr) != EC_HVC && fault(cpu, esr));
	if (ESR_EC(esr) != EC_HVC || ESR_IMM16(esr) != CALL_YIELD) {
		print("a guest ended: ESR_EL2 %lx ESR_EL1 %lx FAR_EL1 %lx\n", esr, read_esr_el1(),
		      read_far_el1());
		machine_exit(2);
	}
	if (!(when & 1u) && __atomic_load_n(&time, __ATOMIC_SEQ_CST) == when)
		note_use(cpu, state, when);
	__atomic_fetch_add(&cpu->counts.batches, 1u, __ATOMIC_RELAXED);
}

static void
enter(struct cpu *cpu)
{
	if (cpu->fresh)
		vm_load();
	cpu->fresh = false;
	batch(cpu);
}

static _Noreturn void
cpu_main(void *context)
{
	struct cpu *cpu = context;

	for (;;) {
		__atomic_store_n(&cpu->inside, true, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&running, __ATOMIC_SEQ_CST))
			enter(cpu);
		__atomic_store_n(&cpu->inside, false, __ATOMIC_SEQ_CST);
		if (!is_busy(cpu))
			wait(PAUSE);
	}
}

/* --- From outside ----------------------------------------------------------------------------- */

void
cpus_start(void)
{
	for (unsigned i = 0; i < GUEST_CPUS; i++) {
		if (cpu_start(i + 1u, &cpus[i].stack, cpu_main, &cpus[i]))
			continue;
		print("CPU %u does not start: -smp %u\n", i + 1u, GUEST_CPUS + 1u);
		machine_exit(2);
	}
}

void
cpus_reset(void)
{
	time = 2;
	for (unsigned i = 0; i < GUEST_CPUS; i++) {
		struct cpu *cpu = &cpus[i];

		cpu->vcpu = (struct vcpu){ .pc = guest_entry_churn(), .pstate = SPSR_EL1H };
		cpu->vcpu.x[3] = STEPS;
		cpu->vcpu.x[4] = hash(i + 1u);
		cpu->cursor = (struct s2pt_cursor){ 0 };
		cpu->counts = (struct cpu_counts){ 0 };
		for (unsigned page = 0; page < PAGES; page++)
			cpu->used[page] = 0;
		cpu->fresh = true;
	}
}

void
cpus_run(bool run)
{
	__atomic_store_n(&running, run, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < GUEST_CPUS && !run; i++) {
		while (__atomic_load_n(&cpus[i].inside, __ATOMIC_SEQ_CST))
			wait(1);
	}
}

void
cpus_wait(uint64_t batches)
{
	uint64_t end[GUEST_CPUS];

	for (unsigned i = 0; i < GUEST_CPUS; i++)
		end[i] = __atomic_load_n(&cpus[i].counts.batches, __ATOMIC_RELAXED) + batches;
	for (unsigned i = 0; i < GUEST_CPUS; i++) {
		while (__atomic_load_n(&cpus[i].counts.batches, __ATOMIC_RELAXED) < end[i])
			wait(1);
	}
}

struct cpu_counts
cpus_counts(void)
{
	struct cpu_counts sum = { 0 };

	for (unsigned i = 0; i < GUEST_CPUS; i++) {
		sum.faults += cpus[i].counts.faults;
		sum.missing += cpus[i].counts.missing;
		sum.af += cpus[i].counts.af;
		sum.writes += cpus[i].counts.writes;
		sum.raced += cpus[i].counts.raced;
		sum.splits += cpus[i].counts.splits;
		sum.batches += cpus[i].counts.batches;
	}
	return sum;
}

uint32_t
cpus_tick(void)
{
	return __atomic_add_fetch(&time, 1u, __ATOMIC_SEQ_CST);
}

bool
cpus_used(unsigned page, uint32_t when)
{
	bool used = false;

	for (unsigned i = 0; i < GUEST_CPUS; i++)
		used |= __atomic_load_n(&cpus[i].used[page], __ATOMIC_RELAXED) == when;
	return used;
}
