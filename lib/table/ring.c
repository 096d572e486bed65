/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ring.c: pages in the order in which they became dirty. See tracking.h. */
#include "table/ring.h"

enum s2pt_status
s2pt__ring_check(const struct s2pt_dirty_ring *ring)
{
	if (!ring->count || (ring->count & (ring->count - 1u)))
		return S2PT_ERR_RING;
	return ring->put - count_load(&ring->taken) == ring->count ? S2PT_ERR_RING_FULL : S2PT_OK;
}

void
s2pt__ring_put(struct s2pt_dirty_ring *ring, uint64_t ipa, uint64_t size)
{
	struct s2pt_span *span = &ring->span[ring->put & (ring->count - 1u)];

	span->ipa = s2pt_ipa_of(ipa);
	span->size = size;
	count_store(&ring->put, ring->put + 1u);
}

enum s2pt_status
s2pt_dirty_ring_put(struct s2pt_dirty_ring *ring, s2pt_ipa ipa, uint64_t size)
{
	const enum s2pt_status status = s2pt__ring_check(ring);

	if (status == S2PT_OK)
		s2pt__ring_put(ring, ipa.addr, size);
	return status;
}

bool
s2pt_dirty_ring_take(struct s2pt_dirty_ring *ring, struct s2pt_span *span)
{
	const uint64_t taken = ring->taken;
	const struct s2pt_span *first = &ring->span[taken & (ring->count - 1u)];

	if (count_load(&ring->put) == taken)
		return false;
	span->ipa = first->ipa;
	span->size = first->size;
	count_store(&ring->taken, taken + 1u);
	return true;
}
