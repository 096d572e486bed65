/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * par.h: ask the MMU with an AT instruction, and what it answers: PAR_EL1. Expectations are written as
 * PAR_EL1 values too, so that comparing is comparing two numbers.
 */
#ifndef PAR_H
#define PAR_H

#include <s2pt/s2pt.h>

#include "sysreg.h"

#define PAR_F       UINT64_C(1)
#define PAR_FST(x)  ((uint64_t)(x) << 1)
#define PAR_PTW     (UINT64_C(1) << 8)
#define PAR_S       (UINT64_C(1) << 9)
#define PAR_SH(x)   ((uint64_t)(x) << 7)
#define PAR_PA_MASK UINT64_C(0x000ffffffffff000)
#define PAR_ATTR(x) ((uint64_t)(x) << 56)

#define PAR_OK_MASK    (PAR_ATTR(0xff) | PAR_PA_MASK | PAR_SH(3) | PAR_F)
#define PAR_FAULT_MASK (PAR_S | PAR_PTW | PAR_FST(0x3f) | PAR_F)

/* Whose access AT makes. */
enum at {
	AT_READ,
	AT_WRITE,
};

/* Translate @va as EL1 would, through both stages: the defined fields of PAR_EL1. */
static inline uint64_t
at_s12e1(enum at at, uint64_t va)
{
	uint64_t par;

	if (at == AT_WRITE)
		__asm__ volatile("at s12e1w, %0\n\tisb" : : "r"(va) : "memory");
	else
		__asm__ volatile("at s12e1r, %0\n\tisb" : : "r"(va) : "memory");
	par = read_par_el1();
	return par & (par & PAR_F ? PAR_FAULT_MASK : PAR_OK_MASK);
}

static inline uint8_t
par_attr(uint64_t par)
{
	return (uint8_t)(par >> 56);
}

/*
 * The same attribute with XS = 1. PAR_EL1 reports what an MMU does (ReportedPARAttrs()), and an MMU
 * need not tell apart what FEAT_XS tells apart: both are right.
 */
static inline uint8_t
attr_without_xs(uint8_t attr)
{
	if (attr >> 4 == 0)
		return attr & 0xfeu;
	return attr == 0x40 || attr == 0xa0 ? (uint8_t)(attr | attr >> 4) : attr;
}

/* PAR_EL1 of a translation to @pa with the attribute that the library computed. */
static inline uint64_t
par_ok(uint64_t pa, const struct s2pt_combined *combined)
{
	return PAR_ATTR(combined->par_attr) | (pa & PAR_PA_MASK) | PAR_SH(combined->par_sh);
}

/* PAR_EL1 of a stage-2 fault: FSC_* of a level. */
static inline uint64_t
par_fault(unsigned fsc, int level)
{
	return PAR_S | PAR_FST(fsc | (unsigned)level) | PAR_F;
}

/* ... which the stage-1 walk met. */
static inline uint64_t
par_fault_on_walk(unsigned fsc, int level)
{
	return par_fault(fsc, level) | PAR_PTW;
}

#endif
