/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A host of its own for one page: what the engine asks of it when an answer is mapped and unmapped.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <s2pt/s2pt.h>

struct engine_asks {
	enum s2pt_status encode; /* s2pt_desc_leaf_encode() */
	enum s2pt_status mapping;
	enum s2pt_status map, unmap;
	uint8_t memattr;
	bool clean_before; /* clean_data before the store that makes it visible */
	bool code_before;  /* ... invalidate_icache */
	bool clean_after;  /* clean_data after the invalidation of the unmap */
	bool too_late;     /* maintenance on the wrong side of the store, or of the invalidation */
};

/* engine_asks - computed once, and kept. Of @feats, S2FWB, MTE2 and MTE_PERM are looked at. */
const struct engine_asks *engine_asks(s2pt_feats feats, const struct s2pt_policy *answer);

#endif
