/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ring.h: dirty rings, as operations fill them. One CPU puts, one thread takes, and neither waits for the other. */
#ifndef S2PT_TABLE_RING_H
#define S2PT_TABLE_RING_H

#include <s2pt/tracking.h>

#include "table/atomic.h"

/* S2PT_ERR_RING: its count is none. S2PT_ERR_RING_FULL: what has been put is yet to be taken. */
enum s2pt_status s2pt__ring_check(const struct s2pt_dirty_ring *ring);

/* Put a span into a ring that has room for it. */
void s2pt__ring_put(struct s2pt_dirty_ring *ring, uint64_t ipa, uint64_t size);

#endif
