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
	if (count < 2 || count > CPUS_MAX) {
		print("error %u CPUs: 2 to %u are wanted\n", count, CPUS_MAX);
		machine_exit(2);
	}
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
	vm_load();
	el1_init();
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
smp_start_guest(uint64_t index, uint64_t pc, uint64_t x0)
{
	struct cpu *cpu = &cpus[index];

	if (index >= smp_hidden() || __atomic_exchange_n(&cpu->on, true, __ATOMIC_ACQ_REL))
		return false;
	cpu->vcpu.pc = pc;
	cpu->vcpu.x[0] = x0;
	return cpu_start(index, &cpu->stack, guest_main, cpu);
}

static _Noreturn void
worker_main(void *context)
{
	(void)context;
	vm_load();
	worker_run();
}

void
smp_start_worker(void)
{
	unsigned hidden = smp_hidden();

	if (cpu_start(hidden, &cpus[hidden].stack, worker_main, NULL))
		return;
	print("error CPU %u does not start\n", hidden);
	machine_exit(2);
}
