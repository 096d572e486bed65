/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * host.h: the hypervisor: one table that the engine manages, its registers, and the guest's way in
 * and out.
 *
 * This is all that a hypervisor needs around the engine: a format (host_begin), a host
 * (el2/host_aarch64.h), three registers, and a fault handler that asks s2pt_fault_decode().
 */
#ifndef HOST_H
#define HOST_H

#include <s2pt/s2pt.h>

#include "guest.h"
#include "host_aarch64.h"

/* A kind of table to run under. */
struct layout {
	const char *name;
	enum s2pt_granule granule;
	s2pt_feats without; /* features of the CPU that it does not use */
	s2pt_feats with;    /* features that it must have */
	bool traced;        /* look after each store to an entry that makes it valid */
};

struct host {
	const struct layout *layout;
	struct s2pt_format format;
	struct el2_host el2;
	struct s2pt_table table;
};

extern struct host host;

/* Can this CPU do it? */
bool host_can(const struct layout *layout);

/* A new table, with the guest's private memory mapped, and the CPU told about it. */
void host_begin(const struct layout *layout, enum el2_skip skip);

/* Forget the last table: TLBs and all, whatever the host left out. */
void host_end(void);

/* How an entry into the guest ended. */
enum ending {
	ENDING_VALUE,  /* the payload came to its end */
	ENDING_FAULT,  /* a fault that nobody handled */
	ENDING_BROKEN, /* what never may be: the guest's own exception, an unknown trap */
};

struct answer {
	enum ending ending;
	uint64_t value;          /* of the payload, or ESR of what was broken */
	uint64_t far;            /* with BROKEN: where */
	struct s2pt_fault fault; /* its IPA filled in where the registers did not have it */
};

/* Let the guest touch a page once. @value: what to store. */
struct answer host_touch(enum touch touch, unsigned page, unsigned word, uint64_t value);

/* What to do while the guest walks about. */
struct churn {
	unsigned pages;                                /* a power of two */
	unsigned steps;                                /* a multiple of 16 */
	uint64_t state;                                /* of the generator, not 0 */
	bool (*fault)(const struct s2pt_fault *fault); /* handle one; false: give up */
	void (*yield)(void);
};

struct answer host_churn(const struct churn *churn);

#endif
