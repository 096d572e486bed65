/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cpu_entry.S: where firmware starts another CPU, at EL2 with the MMU off. x0: the end of its stack,
 * where firmware.c left what is to be called, and with what.
 */
	.text
	.global cpu_entry
cpu_entry:
	mov	sp, x0
	adrp	x0, vectors
	add	x0, x0, :lo12:vectors
	msr	vbar_el2, x0
	isb
	bl	flat_on
	ldp	x1, x0, [sp]
	blr	x1
0:	wfe
	b	0b
