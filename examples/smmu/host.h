/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * host.h: a host that shares one stage-2 table between its CPUs and the streams of an SMMUv3. It shows
 * how both are told of a change: its host's invalidate() returns when the CPUs *and* the SMMU have
 * forgotten, and the engine retires tables only after that.
 *
 * The hardware is behind four functions, so that the same code runs on a machine and in a test.
 */
#ifndef S2PT_EXAMPLES_SMMU_HOST_H
#define S2PT_EXAMPLES_SMMU_HOST_H

#include <s2pt/s2pt.h>

/* What the hardware does for the host. */
struct smmu_hardware {
	/* Execute a step of tlbi.h's sequence on this CPU. */
	void (*tlbi)(void *context, const struct s2pt_tlbi_step *step);
	/* DSB: what was written to memory so far is visible to the SMMU. */
	void (*barrier)(void *context);
	/* SMMU_CMDQ_PROD and SMMU_CMDQ_CONS: index in the low bits, above it the wrap bit. */
	void (*write_prod)(void *context, uint32_t prod);
	uint32_t (*read_cons)(void *context);
	void *context;
};

/* The Command queue: a ring of 2^size_lg2 commands in memory that the SMMU reads. */
struct smmu_queue {
	struct s2pt_smmu_cmd *ring;
	unsigned size_lg2;
	uint32_t prod;
};

struct smmu_host {
	const struct smmu_hardware *hardware;
	struct smmu_queue queue;
	struct s2pt_smmu smmu;
	struct s2pt_format format;      /* that CPU and SMMU can both walk */
	struct s2pt_tlbi_params tlbi;   /* how CPUs are told */
	struct s2pt_smmu_params params; /* ... and the SMMU */
	bool broken;                    /* the SMMU stopped at a command that it does not accept */
};

/*
 * smmu_host_init - a format that both can walk.
 * @cpu: the CPU's features, which become the common ones.
 *
 * Returns false where there is none: the SMMU has no stage 2, no common granule, ...
 */
bool smmu_host_init(struct smmu_host *host, const struct smmu_hardware *hardware,
		    struct s2pt_features *cpu, const struct s2pt_smmu_id_regs *idr,
		    enum s2pt_granule granule, uint8_t ipa_bits);

/*
 * smmu_host_attach - point a stream at the table: fills words 0 to 3 of @ste, which the SMMU may be
 * reading, so that the word with V comes last, and has the SMMU forget the old entry.
 *
 * S2PT_OK, or the status of s2pt_smmu_ste_encode().
 */
enum s2pt_status smmu_host_attach(struct smmu_host *host, s2pt_pa root, uint32_t stream, bool nested,
				  volatile uint64_t *ste);

/* smmu_host_invalidate - what the host's invalidate() calls: CPUs, then the SMMU; waits for both. */
void smmu_host_invalidate(struct smmu_host *host, const struct s2pt_tlbi_request *requests, size_t count);

#endif
