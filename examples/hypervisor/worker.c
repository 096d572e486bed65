/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* worker.c: see worker.h. */
#include "worker.h"

#include <stdbool.h>

#include "smp.h"
#include "sysreg.h"

SYSREG_READ(cntpct_el0, "cntpct_el0")
SYSREG_READ(cntfrq_el0, "cntfrq_el0")

/* Between two rounds. A CPU that keeps invalidating keeps the others from running. */
#define PAUSE_US 200u

static const struct mode {
	void (*step)(void);
	void (*stop)(void);
} modes[] = {
	{ shape_step, 0 },
	{ forget_step, 0 },
	{ age_step, 0 },
	{ migrate_step, 0 },
	{ log_step, log_stop },
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

static uint32_t asked, active;

void
worker_ask(uint64_t wanted)
{
	static bool started;

	if (!__atomic_exchange_n(&started, true, __ATOMIC_RELAXED))
		smp_start_worker();
	__atomic_store_n(&asked, (uint32_t)wanted & ((1u << MODES) - 1u), __ATOMIC_RELAXED);
}

uint64_t
worker_modes(void)
{
	return __atomic_load_n(&active, __ATOMIC_RELAXED);
}

uint32_t
worker_random(uint32_t limit)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((state >> 32) * limit >> 32);
}

static void
pause(void)
{
	uint64_t end = read_cntpct_el0() + read_cntfrq_el0() * PAUSE_US / 1000000u;

	/* Not too often: the emulator's clock is behind a lock. */
	while (read_cntpct_el0() < end) {
		for (unsigned i = 0; i < 1000; i++)
			__asm__ volatile("yield");
	}
}

static void
round_of(uint32_t wanted)
{
	for (unsigned i = 0; i < MODES; i++) {
		if (wanted & 1u << i)
			modes[i].step();
		else if ((active & 1u << i) && modes[i].stop)
			modes[i].stop();
	}
	__atomic_store_n(&active, wanted, __ATOMIC_RELAXED);
}

_Noreturn void
worker_run(void)
{
	for (;;) {
		round_of(__atomic_load_n(&asked, __ATOMIC_RELAXED));
		pause();
	}
}
