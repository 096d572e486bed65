/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* smp.c: see smp.h. */
#include "smp.h"

#include <stddef.h>

#include "el1.h"
#include "exit.h"
#include "io.h"
#include "psci.h"
#include "sysreg.h"
#include "vm.h"
#include "worker.h"

_Static_assert(offsetof(struct cpu, stack) + CPU_STACK == 0x4000, "cpu_on.S");

struct cpu cpus[CPUS_MAX];
unsigned cpu_count;

void cpu_on_entry(void);
_Noreturn void cpu_on_main(struct cpu *cpu);

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
		exit_handle(&cpu->vcpu, vcpu_run(&cpu->vcpu));
}

/* Behind cpu_on_entry. What it is to do was left in its registers. */
_Noreturn void
cpu_on_main(struct cpu *cpu)
{
	if (cpu != &cpus[smp_hidden()])
		smp_run_guest(cpu, cpu->vcpu.pc, cpu->vcpu.x[0]);
	vm_load();
	worker_run();
}

/* The CPU begins with its caches off: what it reads first has to be in memory. */
static void
clean_to_memory(const struct cpu *cpu)
{
	const struct s2pt_port *port = &vm.port.port;

	vm_lock();  /* the port counts */
	port->clean_data(port->context, s2pt_pa_of((uint64_t)(uintptr_t)cpu), sizeof(*cpu));
	vm_unlock();
}

bool
smp_start_guest(uint64_t index, uint64_t pc, uint64_t x0)
{
	if (index >= smp_hidden() || __atomic_exchange_n(&cpus[index].on, true, __ATOMIC_ACQ_REL))
		return false;
	cpus[index].vcpu.pc = pc;
	cpus[index].vcpu.x[0] = x0;
	clean_to_memory(&cpus[index]);
	return psci_cpu_on(index, (uintptr_t)cpu_on_entry, (uintptr_t)&cpus[index]) == PSCI_SUCCESS;
}

void
smp_start_worker(void)
{
	unsigned hidden = smp_hidden();

	clean_to_memory(&cpus[hidden]);
	if (psci_cpu_on(hidden, (uintptr_t)cpu_on_entry, (uintptr_t)&cpus[hidden]) == PSCI_SUCCESS)
		return;
	print("error CPU %u does not start\n", hidden);
	machine_exit(2);
}
