/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * machine.h: the engine's host on the simulated machine. With S2PT_UNTRACED in the environment no store is told
 * to the judge: it looks for them, and the engine runs as it runs in hosts.
 */
#ifndef S2PT_TESTS_MACHINE_H
#define S2PT_TESTS_MACHINE_H

#include <s2pt/s2pt.h>

#include "model.h"

/* What kind of machine: everything that an operation may depend on. */
struct machine_shape {
	enum s2pt_granule granule;
	unsigned ipa_bits;
	unsigned pa_bits;
	int start_level; /* or S2PT_START_LEVEL_AUTO */
	bool ds, fwb, xnx, ttl, ranges, haf, zeroed, smmu;
	bool mte;           /* FEAT_MTE_PERM */
	bool noncoherent;   /* walkers do not look into caches: they see machine->beyond */
	bool hd;            /* with haf: hardware dirty state */
	bool no_contiguous; /* the format has no contiguous groups */
	bool two_vmids;     /* the table has two VMIDs on the CPUs */
	bool clean_fails;   /* clean_data fails, in every other call, every third time */
	unsigned errata;    /* MODEL_ERR_*: of its CPUs, */
	bool uncured;       /* ... about which the host does nothing */
	bool direct;        /* tables at a fixed distance and no trace: the engine's short ways */
	unsigned bbm;
	uint64_t pool_pa;    /* where table memory lies; 0: the model's default */
	size_t pool_bytes;   /* how much there is; 0: 96 MiB */
	unsigned page_limit; /* of the table; 0: none */
};

#define MACHINE_FAILED_MOST 64u

struct machine {
	struct model *model;
	uint64_t pool_pa;
	struct s2pt_features cpu;
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
	unsigned caller; /* the CPU that calls the engine */
	unsigned vmids;  /* how many the table has */
	unsigned cures;  /* MODEL_ERR_* that sequences are made for */
	unsigned invalidations;
	unsigned char *beyond; /* noncoherent: table memory as it is beyond the caches */
	bool clean_fails;      /* clean_data fails at times: not in the call after one in which it has, */
	bool clean_failed;
	unsigned cleans;    /* ... every third time, */
	unsigned n_failed;  /* and memory that could not be cleaned, since the hold began, */
	unsigned n_settled; /* ... and how much of it until the last machine_settle() */
	struct s2pt_clean failed[MACHINE_FAILED_MOST];
	bool owes;    /* a release is to say that memory could not be cleaned, */
	bool may_owe; /* ... or may: some of what failed in an operation that said so */
	bool no_tlbi; /* seeded faults: the host does not invalidate */
	bool no_vmalle1;
};

/* What the library says of a shape; the format where it is possible. */
enum s2pt_status machine_format(const struct machine_shape *shape, struct s2pt_features *cpu,
				struct s2pt_format *format);

/* False where the shape is impossible. */
bool machine_init(struct machine *machine, const struct machine_shape *shape);
void machine_free(struct machine *machine);

/*
 * An operation has ended with @status: it says that memory could not be cleaned, or nothing has failed; under a hold
 * the release does. What failed is cleaned now. False: the status is wrong.
 */
bool machine_settle(struct machine *machine, enum s2pt_status status);

/* The judge looks for what was stored: at each callback, and whenever a test wants to know. */
void machine_look(struct machine *machine);

#endif
