/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * mem.S: the functions that a compiler may call even in freestanding code. In assembly, so that it
 * cannot turn their loops into calls of themselves.
 */
	.text
	.global memcpy
	.global memmove
	.global memset
	.global memcmp

memmove:	/* (dst, src, n) */
	cmp	x0, x1
	b.ls	memcpy
0:	cbz	x2, 1f
	sub	x2, x2, #1
	ldrb	w4, [x1, x2]
	strb	w4, [x0, x2]
	b	0b
1:	ret

memcpy:		/* (dst, src, n) */
	mov	x3, x0
0:	cbz	x2, 1f
	ldrb	w4, [x1], #1
	strb	w4, [x3], #1
	sub	x2, x2, #1
	b	0b
1:	ret

memset:		/* (dst, byte, n) */
	mov	x3, x0
0:	cbz	x2, 1f
	strb	w1, [x3], #1
	sub	x2, x2, #1
	b	0b
1:	ret

memcmp:		/* (a, b, n) */
	cbz	x2, 1f
	ldrb	w3, [x0], #1
	ldrb	w4, [x1], #1
	sub	x2, x2, #1
	subs	w3, w3, w4
	b.eq	memcmp
	mov	w0, w3
	ret
1:	mov	w0, #0
	ret
