/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* combine.h: what the two halves of `s2pt combine` share. */
#ifndef S2PT_TOOL_COMBINE_H
#define S2PT_TOOL_COMBINE_H

#include <s2pt/s2pt.h>

/* combine_batch - CSV with these features of the CPU (FWB is a column). Returns the exit status. */
int combine_batch(s2pt_feats feats);

#endif
