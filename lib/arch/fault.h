/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* fault.h: what walks need to know of the registers that report a fault. */
#ifndef S2PT_ARCH_FAULT_H
#define S2PT_ARCH_FAULT_H

#include <s2pt/fault.h>

/* FAR_EL2 holds the address within a page of 4 KiB, HPFAR_EL2 the page. */
#define FIPA_SHIFT     12
#define HPFAR_IPA_BITS 56

/* Does HPFAR_EL2 hold the IPA of a fault of this kind? */
bool s2pt__fault_has_ipa(const struct s2pt_fault *fault);

#endif
