/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* probe.h: a few instructions, at some Exception level, and the exception that ended them. */
#ifndef PROBE_H
#define PROBE_H

#include <stdint.h>

/* start.S knows the offsets. */
struct probe {
	uint64_t pc, spsr;       /* where to begin, and how */
	uint64_t address, value; /* x1, x2 */
	uint64_t x0, x1;         /* afterwards */
	uint64_t esr, far, elr;  /* of the exception */
	uint64_t vector;         /* offset from VBAR_EL1 */
	uint64_t daif;           /* after it was taken */
	uint64_t kept;           /* SPSR_EL1 */
};

void probe_run(struct probe *p);

typedef const char probe_code[];
extern probe_code code_load, code_load_word, code_load_byte, code_load_signed, code_load_signed_word, code_load_pair,
	code_store, code_store_byte, code_store_pair, code_store_back, code_zero, code_fetch, code_at, code_end;

#endif
