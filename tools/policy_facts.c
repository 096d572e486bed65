/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* policy_facts.c: the options, and the facts of a question, from them or from the columns of a batch. */
#include "policy.h"

const struct verb_option policy_options[POLICY_OPTIONS] = {
	[POLICY_BACKING] = { "backing", &value_backing, "WHAT", "what is behind the region:", false },
	[POLICY_HOST] = { "host", &value_host_view, "HOW", "how the host maps it itself (unmapped):", false },
	[POLICY_VOUCHES] = { "vouches", &value_source, "WHO",
			     "who vouches for what the device stands (nobody):", false },
	[POLICY_ASKS] = { "asks", &value_source, "WHO", "who asks for cacheable (nobody):", false },
	[POLICY_TAGS] = { "tags", &value_tags, "WHICH", "Allocation Tags behind it (none):", false },
	[POLICY_DMA] = { "dma", &value_dma, "KIND", "other agents that access it (none):", false },
	[POLICY_PREFETCHABLE] = { "prefetchable", NULL, NULL, "a prefetchable BAR", false },
	[POLICY_EXEC] = { "exec", NULL, NULL, "it is to be executable", false },
	[POLICY_FWB] = { "fwb", NULL, NULL, "HCR_EL2.FWB = 1, or STE.S2FWB", false },
	[POLICY_MTE2] = { "mte2", NULL, NULL, "the CPU has FEAT_MTE2", false },
	[POLICY_MTE_PERM] = { "mte-perm", NULL, NULL, "... and FEAT_MTE_PERM, or IDR3.MTEPERM", false },
	[POLICY_DIC] = { "dic", NULL, NULL, "CTR_EL0.DIC = 1", false },
	[POLICY_IDC] = { "idc", NULL, NULL, "CTR_EL0.IDC = 1", false },
	[POLICY_CANWBS] = { "canwbs", NULL, NULL, "master: IORT says CANWBS of its root complex", false },
	[POLICY_TRUSTED] = { "trusted", NULL, NULL, "the guest is the host itself", false },
	[POLICY_MTE] = { "mte", NULL, NULL, "MTE is on for the guest", false },
	[POLICY_NONCOHERENT_DMA] = { "noncoherent-dma", NULL, NULL,
				     "it has a master that bypasses the caches, whoever else does not", false },
	[POLICY_NONCOHERENT_P2P] = { "noncoherent-p2p", NULL, NULL, "... to memory of other devices (pfn)", false },
	[POLICY_STANDS] = { "stands", &value_stands, "LIST", "accesses that it stands (nc, if vouched):", false },
	[POLICY_GIVES_UP] = { "gives-up", &value_gives_up, "LIST", "... that the guest gives up (nothing):", false },
	[POLICY_EXPLAIN] = { "explain", NULL, NULL, "walk the rules, and say what would loosen the answer", false },
	[POLICY_RULES] = { "rules", NULL, NULL, "print the rules, and answer nothing", false },
	[POLICY_PROCEDURES] = { "procedures", NULL, NULL, "print what to do where answers change under a guest",
				false },
	[POLICY_ALIAS] = { "alias", NULL, NULL, "ask what two mappings lose by disagreeing", false },
	[POLICY_MAIR_A] = { "mair-a", &value_byte, "X", "alias: the first, as a MAIR byte", false },
	[POLICY_SH_A] = { "sh-a", &value_sh, "SH", "... its shareability (ISH):", false },
	[POLICY_WRITES_A] = { "writes-a", NULL, NULL, "... and it is written by", false },
	[POLICY_IDLE_A] = { "idle-a", NULL, NULL, "... or it is mapped and never accessed", false },
	[POLICY_MAIR_B] = { "mair-b", &value_byte, "X", "alias: the second", false },
	[POLICY_SH_B] = { "sh-b", &value_sh, "SH", "(ISH):", false },
	[POLICY_WRITES_B] = { "writes-b", NULL, NULL, "... and it is written by", false },
	[POLICY_IDLE_B] = { "idle-b", NULL, NULL, "... or never accessed", false },
	[POLICY_RELATION] = { "relation", &value_relation, "HOW", "alias: of the accesses by both (any):", false },
	[POLICY_DOMAIN] = { "domain", &value_sh, "SH", "alias: what holds every agent (ISH):", false },
	[POLICY_MASTER] = { "master", NULL, NULL, "ask what a device's accesses are", false },
	[POLICY_INCOMING] = { "incoming", &value_byte, "X", "master: its attribute (0xff)", false },
	[POLICY_INCOMING_SH] = { "incoming-sh", &value_sh, "SH", "... and shareability (NSH):", false },
	[POLICY_MEMATTR] = { "memattr", &value_nibble, "X", "master: stage-2 MemAttr[3:0]", false },
	[POLICY_S2_SH] = { "s2-sh", &value_sh, "SH", "... and shareability (ISH):", false },
	[POLICY_STAGE1] = { "stage1", NULL, NULL, "master: --incoming is what stage 1 says", false },
	[POLICY_PCIE] = { "pcie", NULL, NULL, "master: a PCIe function", false },
	[POLICY_NO_SNOOP] = { "no-snoop", NULL, NULL, "... that may issue No_snoop", false },
	[POLICY_NO_SNOOP_STOPPED] = { "no-snoop-stopped", NULL, NULL, "... which is stopped", false },
	[POLICY_OVERRIDE_TYPE] = { "override-type", &value_nibble, "X",
				   "master: STE.MemAttr, with MTCFG = 1, that applies", false },
	[POLICY_REGIONS] = { "regions", &value_file, "FILE", "answer for a whole machine; - for standard input",
			     false },
};

static s2pt_feats
feats_of(const struct value *own)
{
	return (own[POLICY_FWB].is ? S2PT_FEAT_S2FWB : 0) | (own[POLICY_MTE2].is ? S2PT_FEAT_MTE2 : 0) |
	       (own[POLICY_MTE_PERM].is ? S2PT_FEAT_MTE_PERM : 0);
}

/* A master of the facts that are said of one. What it reaches and by which MemAttr is not among them. */
enum s2pt_status
policy_master_of(const struct value *own, struct s2pt_master *master)
{
	*master = (struct s2pt_master){
		.stage1 = own[POLICY_STAGE1].given,
		.pcie = own[POLICY_PCIE].given,
		.overrides_pcie = true,
		.no_snoop = own[POLICY_NO_SNOOP].given,
		.no_snoop_stopped = own[POLICY_NO_SNOOP_STOPPED].given,
		.canwbs = own[POLICY_CANWBS].given,
		.feats = feats_of(own) & ~S2PT_FEAT_MTE2,
		.override = { .type = own[POLICY_OVERRIDE_TYPE].given,
			      .memattr = (uint8_t)own[POLICY_OVERRIDE_TYPE].is },
	};
	return s2pt_mair_decode(0, (uint8_t)value_or(own[POLICY_INCOMING], 0xff),
				(enum s2pt_sh)value_or(own[POLICY_INCOMING_SH], S2PT_SH_NSH), &master->incoming);
}

struct policy_facts
policy_facts_of(const struct value *own)
{
	return (struct policy_facts){
		.region = {
			.backing = (enum s2pt_backing)own[POLICY_BACKING].is,
			.host = (enum s2pt_host_view)own[POLICY_HOST].is,
			.vouches = (enum s2pt_source)own[POLICY_VOUCHES].is,
			.stands = (uint32_t)value_or(own[POLICY_STANDS], S2PT_STANDS_NC),
			.gives_up = (uint32_t)own[POLICY_GIVES_UP].is,
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
		},
		.guest = {
			.trusted = own[POLICY_TRUSTED].is,
			.mte = own[POLICY_MTE].is,
			.noncoherent_dma = own[POLICY_NONCOHERENT_DMA].is,
			.noncoherent_p2p = own[POLICY_NONCOHERENT_P2P].is,
		},
	};
}
