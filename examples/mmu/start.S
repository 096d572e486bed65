/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * start.S: entry at EL2 with the MMU off, the exception vectors of EL2, and the way into the guest
 * and back.
 */
	.section .text.start, "ax"
	.global _start
_start:
	adrp	x0, stack_top
	add	x0, x0, :lo12:stack_top
	mov	sp, x0
	adrp	x0, vectors
	add	x0, x0, :lo12:vectors
	msr	vbar_el2, x0
	adrp	x0, bss_start
	add	x0, x0, :lo12:bss_start
	adrp	x1, bss_end
	add	x1, x1, :lo12:bss_end
0:	cmp	x0, x1
	b.hs	1f
	stp	xzr, xzr, [x0], #16
	b	0b
1:	isb
	bl	main
	bl	machine_exit
2:	wfe
	b	2b

/*
 * uint64_t guest_run(uint64_t pc, uint64_t spsr): enter the guest at pc; return ESR_EL2 of the
 * exception that brings it back. The guest changes no register that C keeps, but need not promise
 * it.
 */
	.text
	.global guest_run
guest_run:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	msr	elr_el2, x0
	msr	spsr_el2, x1
	eret

guest_exit:
	mrs	x0, esr_el2
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret

unexpected:
	mrs	x0, esr_el2
	mrs	x1, elr_el2
	mrs	x2, far_el2
	b	machine_exception

	.balign	2048
vectors:
	.rept	8	/* EL2 itself: nothing here is meant to fault */
	.balign	128
	b	unexpected
	.endr
	.balign	128	/* lower EL, AArch64, synchronous */
	b	guest_exit
	.rept	7
	.balign	128
	b	unexpected
	.endr
	.balign	128
