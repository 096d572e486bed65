/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cpu_on.S: where firmware starts another CPU, at EL2 with the MMU off. x0: its struct cpu, which
 * begins with its stack.
 */
#define CPU_STACK 0x4000

	.text
	.global cpu_on_entry
cpu_on_entry:
	mov	x19, x0
	add	x0, x0, #CPU_STACK
	mov	sp, x0
	adrp	x0, vectors
	add	x0, x0, :lo12:vectors
	msr	vbar_el2, x0
	isb
	bl	flat_on
	mov	x0, x19
	bl	cpu_on_main
0:	wfe
	b	0b
