/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest.S: the code that the guest is made to fetch. Reading CTR_EL0 traps to EL2 from EL1 and from
 * EL0 alike (HCR_EL2.TID2), so one instruction serves both: if the trap arrives, the fetch worked.
 * Whatever else happens to the guest ends in an HVC.
 */
	.section .guest, "ax"
	.balign	4096
	.global guest_probe
guest_probe:
	mrs	x0, ctr_el0
	b	.

	.balign	2048
	.global guest_vectors
guest_vectors:
	.rept	16
	.balign	128
	hvc	#1
	.endr
	.balign	2048
