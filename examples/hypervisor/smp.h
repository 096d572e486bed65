/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* smp.h: the machine's CPUs. Linux has all of them but the last. */
#ifndef SMP_H
#define SMP_H

#include <stdbool.h>
#include <stdint.h>

#include <s2pt/s2pt.h>

#include "firmware.h"
#include "layout.h"
#include "vcpu.h"

struct cpu {
	struct cpu_stack stack;
	struct vcpu vcpu;
	struct s2pt_cursor cursor; /* where its last fault was */
	bool on;
};

extern struct cpu cpus[CPUS_MAX];
extern unsigned cpu_count;

/* How many there are, before anything else. */
void smp_init(unsigned count);

/* The one that the guest never sees. */
unsigned smp_hidden(void);

/* Run the guest on this CPU, for ever. */
_Noreturn void smp_run_guest(struct cpu *cpu, uint64_t pc, uint64_t x0);

/* Start another CPU, below smp_hidden(), at EL2: in the guest. False: it runs already. */
bool smp_start_guest(unsigned index, uint64_t pc, uint64_t x0);

/* Turn this CPU, which ran the guest, off. Returns only if the firmware refuses. */
void smp_stop_guest(struct cpu *cpu);

/* Start the hidden one, in worker_run(). */
void smp_start_worker(void);

#endif
