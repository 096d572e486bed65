/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* policy_facts.c: the facts of a question about a region, from options or from the columns of a batch. */
#include "policy.h"

static s2pt_feats
feats_of(const struct value *own)
{
	return (own[POLICY_FWB].is ? S2PT_FEAT_S2FWB : 0) | (own[POLICY_MTE2].is ? S2PT_FEAT_MTE2 : 0) |
	       (own[POLICY_MTE_PERM].is ? S2PT_FEAT_MTE_PERM : 0);
}

struct policy_facts
policy_facts_of(const struct value *own)
{
	return (struct policy_facts){
		.region = {
			.backing = (enum s2pt_backing)own[POLICY_BACKING].is,
			.host = (enum s2pt_host_view)own[POLICY_HOST].is,
			.vouches_nc = (enum s2pt_source)own[POLICY_VOUCHES].is,
			.asks_cacheable = (enum s2pt_source)own[POLICY_ASKS].is,
			.tags = (enum s2pt_tags)own[POLICY_TAGS].is,
			.dma = (enum s2pt_dma)own[POLICY_DMA].is,
			.prefetchable = own[POLICY_PREFETCHABLE].is,
			.exec = own[POLICY_EXEC].is,
		},
		.platform = {
			.feats = feats_of(own),
			.dic = own[POLICY_DIC].is,
			.idc = own[POLICY_IDC].is,
			.canwbs = own[POLICY_CANWBS].is,
		},
		.guest = {
			.trusted = own[POLICY_TRUSTED].is,
			.mte = own[POLICY_MTE].is,
			.noncoherent_dma = own[POLICY_NONCOHERENT_DMA].is,
		},
	};
}
