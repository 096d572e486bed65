/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* smp.c: see smp.h. */
#include "smp.h"

#include "el1.h"
#include "exit.h"
#include "io.h"
#include "sysreg.h"
#include "vm.h"
#include "worker.h"

struct cpu cpus[CPUS_MAX];
unsigned cpu_count;

void
smp_init(unsigned count)
{
	if (count < 2 || count > CPUS_MAX)
		refuse("2 to 8 CPUs are wanted: -smp 4");
	cpu_count = count;
	cpus[0].on = true;
}

unsigned
smp_hidden(void)
{
	return cpu_count - 1u;
}

_Noreturn void
smp_run_guest(struct cpu *cpu, uint64_t pc, uint64_t x0)
{
	cpu->vcpu = (struct vcpu){ .x[0] = x0, .pc = pc, .pstate = SPSR_EL1H };
	el1_init();
	vm_load();
	for (;;)
		exit_handle(cpu, vcpu_run(&cpu->vcpu));
}

static _Noreturn void
guest_main(void *context)
{
	struct cpu *cpu = context;

	smp_run_guest(cpu, cpu->vcpu.pc, cpu->vcpu.x[0]);
}

bool
smp_start_guest(unsigned index, uint64_t pc, uint64_t x0)
{
	struct cpu *cpu = &cpus[index];

	if (__atomic_exchange_n(&cpu->on, true, __ATOMIC_ACQ_REL))
		return false;
	cpu->vcpu.pc = pc;
	cpu->vcpu.x[0] = x0;
	if (cpu_start(index, &cpu->stack, guest_main, cpu))
		return true;
	__atomic_store_n(&cpu->on, false, __ATOMIC_RELEASE);
	return false;
}

void
smp_stop_guest(struct cpu *cpu)
{
	/* It still is, for a moment: who wants it on again asks AFFINITY_INFO until it is off. */
	__atomic_store_n(&cpu->on, false, __ATOMIC_RELEASE);
	cpu_stop();
	cpu->on = true; /* it was not allowed to */
}

static _Noreturn void
worker_main(void *context)
{
	(void)context;
	vm_load(); /* its TLBIs concern the VMID in VTTBR_EL2 */
	worker_run();
}

void
smp_start_worker(void)
{
	unsigned hidden = smp_hidden();

	if (cpu_start(hidden, &cpus[hidden].stack, worker_main, NULL))
		return;
	refuse("the last CPU does not start");
}
