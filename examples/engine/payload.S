/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * payload.S: what the guest runs, at EL1. The host enters it at one of these, with arguments in x1
 * to x4; HVC #0 is the end, with the answer in x0. An access that faults at stage 2 is retried if
 * the host returns to it, and the payload never knows.
 */
	.section .guest, "ax"

	.global payload_load
payload_load:		/* x1: address */
	ldr	x0, [x1]
	hvc	#0

	.global payload_store
payload_store:		/* x1: address, x2: value */
	str	x2, [x1]
	mov	x0, #0
	hvc	#0

	.global payload_fetch
payload_fetch:		/* x1: address of code that returns */
	blr	x1
	hvc	#0

/*
 * Walk about at random: x1: first page, x2: number of pages - 1, x3: steps, x4: state of the
 * generator. Half of the steps load a word, the others load it, add to it and store it. x0 gathers
 * what was loaded. Every 16 steps HVC #1 lets the host do something to the memory. guest.c has the
 * same in C (guest_churn_step).
 */
	.global payload_churn
payload_churn:
	mov	x0, #0
1:	eor	x4, x4, x4, lsl #13
	eor	x4, x4, x4, lsr #7
	eor	x4, x4, x4, lsl #17
	and	x5, x2, x4, lsr #8
	ubfx	x6, x4, #40, #7
	add	x5, x1, x5, lsl #12
	add	x5, x5, x6, lsl #3
	ldr	x6, [x5]
	ror	x0, x0, #1
	eor	x0, x0, x6
	tbnz	x4, #63, 2f
	add	x6, x6, x4
	str	x6, [x5]
2:	sub	x3, x3, #1
	tst	x3, #15
	b.ne	3f
	hvc	#1
3:	cbnz	x3, 1b
	hvc	#0

/* An exception that the guest takes itself is none of stage 2's, and always wrong. */
	.balign	2048
	.global payload_vectors
payload_vectors:
	.rept	16
	.balign	128
	hvc	#2
	.endr
	.balign	2048
