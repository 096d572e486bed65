/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * abort.h: the guest takes an abort itself, as if there were no hypervisor and its access had met a bus
 * that does not answer.
 */
#ifndef ABORT_H
#define ABORT_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu.h"

/* Fault status codes for it. */
#define FSC_EXTERNAL                0x10u
#define FSC_EXTERNAL_ON_WALK(level) ((unsigned)(0x14 + (level))) /* -1 to 3 */

/*
 * The guest, which has come to EL2 by an Instruction or Data Abort, goes on in its own vector for
 * such. Of @esr (ESR_EL2) the guest learns what concerns it; @far: FAR_EL2.
 */
void abort_guest(struct vcpu *vcpu, uint64_t esr, uint64_t far, unsigned fsc);

/*
 * At which level does a walk of the guest's stage 1 for @va come to a table in the page at IPA @page? Neither
 * ESR_EL2 nor PAR_EL1 says it: their level is that of stage 2. Before the guest runs again.
 * @read: reads an entry of the guest's tables; false where it has no memory.
 */
int abort_walk_level(uint64_t va, uint64_t page, bool (*read)(uint64_t ipa, uint64_t *entry));

#endif
