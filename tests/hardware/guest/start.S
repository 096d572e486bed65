/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * start.S: a guest that examples/hypervisor takes for a kernel: entry at EL1 with the MMU off, vectors, and
 * probes, which run a few instructions and tell which exception ended them.
 */
	.section .text.start, "ax"
	.global _start
_start:
	b	1f
	.org	56
	.ascii	"ARM\x64"	/* the kernel's header, as far as the hypervisor looks at it */
1:	adrp	x0, stack_top
	add	x0, x0, :lo12:stack_top
	mov	sp, x0
	adrp	x0, vectors
	add	x0, x0, :lo12:vectors
	msr	vbar_el1, x0
	msr	tpidr_el1, xzr
	isb
	bl	main
2:	wfe
	b	2b

/* void probe_run(struct probe *p): see probe.h, whose offsets these are. TPIDR_EL1 keeps the pointer. */
	.text
	.global probe_run
probe_run:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	msr	tpidr_el1, x0
	ldp	x3, x4, [x0]
	msr	elr_el1, x3
	msr	spsr_el1, x4
	ldp	x1, x2, [x0, #16]
	mov	x0, #0
	eret

taken:	/* x1: the vector's offset; x0 and x1 are on the stack */
	mrs	x0, tpidr_el1
	cbz	x0, 3f
	msr	tpidr_el1, xzr
	str	x1, [x0, #72]
	mrs	x1, daif
	str	x1, [x0, #80]
	ldp	x2, x1, [sp], #16
	stp	x2, x1, [x0, #32]
	mrs	x1, esr_el1
	mrs	x2, far_el1
	stp	x1, x2, [x0, #48]
	mrs	x1, elr_el1
	str	x1, [x0, #64]
	mrs	x1, spsr_el1
	str	x1, [x0, #88]
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret
3:	mrs	x0, esr_el1	/* not in a probe */
	mrs	x1, elr_el1
	mrs	x2, far_el1
	b	machine_exception

	.balign	2048
vectors:
	.set	offset, 0
	.rept	16
	.balign	128
	stp	x0, x1, [sp, #-16]!
	mov	x1, #offset
	b	taken
	.set	offset, offset + 128
	.endr
	.balign	128

/*
 * What probes run. x1: an address, x2: a value, x0: what was loaded. SVC #0 is the end. When it comes to the
 * instruction, neither address nor flags are those that ELR_EL1 and SPSR_EL1 still hold from the ERET.
 */
	.macro	code name, instruction:vararg
	.global	\name
\name:	cmp	xzr, xzr
	\instruction
	svc	#0
	.endm

	.balign	4096
	code	code_load, ldr x0, [x1]
	code	code_load_word, ldr w0, [x1]
	code	code_load_byte, ldrb w0, [x1]
	code	code_load_signed, ldrsb x0, [x1]
	code	code_load_signed_word, ldrsb w0, [x1]
	code	code_load_pair, ldp x0, x3, [x1]
	code	code_store, str x2, [x1]
	code	code_store_byte, strb w2, [x1]
	code	code_store_pair, stp x2, x2, [x1]
	code	code_store_back, str x2, [x1], #8	/* writes the address back */
	code	code_zero, dc zva, x1
	code	code_fetch, ret x1	/* unlike BR it leaves no trace in SPSR_EL1 */
	.global	code_at
code_at:
	cmp	xzr, xzr
	at	s1e1r, x1
	isb
	mrs	x0, par_el1
	.global	code_end
code_end:
	svc	#0
