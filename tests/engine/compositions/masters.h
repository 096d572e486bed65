/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Kinds of masters, and what their accesses are by the reference: the stages combine, then No_snoop.
 */
#ifndef MASTERS_H
#define MASTERS_H

#include <s2pt/s2pt.h>

#include "ref.h"

enum incoming {
	INCOMING_WB, /* what an interconnect says that says nothing: Non-shareable */
	INCOMING_WB_ISH,
	INCOMING_WT,
	INCOMING_NC,
	INCOMING_DEVICE,
	INCOMING_COUNT,
};

struct kind {
	const char *name;
	enum incoming incoming;
	bool stage1, pcie, overrides_pcie, no_snoop, stopped, canwbs;
	bool to_nc, to_ish;  /* overrides */
	bool lacks_mte_perm; /* its SMMU has no IDR3.MTEPERM */
	bool other_fwb;      /* its S2FWB is not that of the CPUs */
};

#define KINDS 18u
extern const struct kind kinds[KINDS];

/* kind_master - the facts, with all that a table says left at zero. */
void kind_master(const struct kind *kind, s2pt_feats platform, struct s2pt_master *master);

/* kind_attr - its accesses by a leaf, by the reference; false where the encoding is reserved to it. */
bool kind_attr(const struct kind *kind, s2pt_feats platform, uint8_t memattr, uint8_t sh, struct ref_attr *attr);

/*
 * kind_sh_known - is its shareability defined? What comes in as Non-cacheable and has Write-Back forced upon it is
 * handed its own shareability or Outer Shareable (R_NSCNC).
 */
bool kind_sh_known(const struct kind *kind, const struct ref_attr *attr);

/* kind_coherent - are they, to memory that is RAM or is not? */
bool kind_coherent(const struct kind *kind, bool ram, const struct ref_attr *attr);

/* kind_bypasses - are its accesses to RAM, or to what is not, incoherent with the type that RAM has where all are? */
bool kind_bypasses(const struct kind *kind, s2pt_feats platform, bool ram);

#endif
