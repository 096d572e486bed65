/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * any_smmu_seq.h: for the proofs by induction over an SMMU's commands: any place in the first of two requests.
 * Include it behind the source that has the phases.
 */
#ifndef S2PT_PROOFS_ANY_SMMU_SEQ_H
#define S2PT_PROOFS_ANY_SMMU_SEQ_H

#include "any.h"

/* An SMMU whose errata do not cut what a phase sends; its other members are the caller's. */
static inline void
any_smmu(struct s2pt_smmu *smmu)
{
	smmu->ril = any_bool();
	smmu->repeat = any_bool();
	smmu->whole_groups = false;
	smmu->sync_within = 0;
}

/* The beginning of what @phase sends for @request; a harness goes on from it to the place that it is about. */
static inline void
any_smmu_seq(struct s2pt_smmu_seq *seq, const struct s2pt_smmu *smmu, const struct s2pt_format *format,
	     const struct s2pt_smmu_params *params, const struct s2pt_tlbi_request *request, enum phase phase)
{
	seq->smmu = smmu;
	seq->format = format;
	seq->params = params;
	seq->requests = request;
	seq->count = 2;
	seq->index = 0;
	seq->offset = 0;
	seq->ats = 0;
	seq->pasids = false;
	seq->nth = 0;
	seq->all = false;
	seq->vmid = false;
	seq->again = any_bool();
	seq->sent = (uint16_t)(any_u64() & 0xffffu);
	seq->phase = (uint8_t)phase;
}

#endif
