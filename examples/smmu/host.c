/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* host.c: see host.h. */
#include "host.h"

/* CMDQ_CONS.ERR: the SMMU stopped. */
#define CONS_ERR(cons) ((cons) >> 24 & 0x7fu)

/* STE: V, and Config for stage 2 alone or for both stages. */
#define STE0_VALID     UINT64_C(1)
#define STE0_S2        (UINT64_C(6) << 1)
#define STE0_S1_AND_S2 (UINT64_C(7) << 1)

bool
smmu_host_init(struct smmu_host *host, const struct smmu_hardware *hardware, struct s2pt_features *cpu,
	       const struct s2pt_smmu_id_regs *idr, enum s2pt_granule granule, uint8_t ipa_bits)
{
	struct s2pt_config config;

	host->hardware = hardware;
	host->broken = false;
	if (s2pt_smmu_from_id_regs(&host->smmu, idr) != S2PT_OK)
		return false;
	s2pt_features_common(cpu, &host->smmu.features);
	s2pt_config_init(&config, granule, cpu);
	config.ipa_bits = ipa_bits;
	return s2pt_format_init(&host->format, cpu, &config) == S2PT_OK;
}

/* --- The Command queue ------------------------------------------------------------------------ */

/* How many commands are between @cons and @prod; both count to twice the size. */
static uint32_t
filled(const struct smmu_queue *queue, uint32_t cons)
{
	return (queue->prod - cons) & ((2u << queue->size_lg2) - 1u);
}

/* Wait until at most @count commands are in the queue; false if the SMMU has stopped. */
static bool
wait(struct smmu_host *host, uint32_t count)
{
	const struct smmu_hardware *hardware = host->hardware;
	uint32_t cons;

	do {
		cons = hardware->read_cons(hardware->context);
		if (CONS_ERR(cons))
			host->broken = true;
	} while (!host->broken && filled(&host->queue, cons) > count);
	return !host->broken;
}

static void
submit(struct smmu_host *host, const struct s2pt_smmu_cmd *cmd)
{
	const struct smmu_hardware *hardware = host->hardware;
	struct smmu_queue *queue = &host->queue;
	uint32_t mask = (1u << queue->size_lg2) - 1u;

	if (!wait(host, mask))
		return;
	queue->ring[queue->prod & mask] = *cmd;
	queue->prod = (queue->prod + 1u) & (2u * mask + 1u);
	hardware->barrier(hardware->context);
	hardware->write_prod(hardware->context, queue->prod);
}

/* --- Telling both ----------------------------------------------------------------------------- */

static void
invalidate_cpus(struct smmu_host *host, const struct s2pt_tlbi_request *requests, size_t count)
{
	const struct smmu_hardware *hardware = host->hardware;
	struct s2pt_tlbi_step step;
	struct s2pt_tlbi_seq seq;

	if (s2pt_tlbi_begin(&seq, &host->format, &host->tlbi, requests, count) != S2PT_OK) {
		host->broken = true;
		return;
	}
	while (s2pt_tlbi_next(&seq, &step))
		hardware->tlbi(hardware->context, &step);
}

/* A CMD_SYNC completes when it is consumed: the last command is one. */
static void
invalidate_smmu(struct smmu_host *host, const struct s2pt_tlbi_request *requests, size_t count)
{
	struct s2pt_smmu_cmd cmd;
	struct s2pt_smmu_seq seq;

	if (s2pt_smmu_begin(&seq, &host->smmu, &host->format, &host->params, requests, count) != S2PT_OK) {
		host->broken = true;
		return;
	}
	while (s2pt_smmu_next(&seq, &cmd))
		submit(host, &cmd);
	wait(host, 0);
}

/*
 * Where the SMMU hears broadcast TLBIs and no device has an ATC, the CPUs' sequence is enough; this host
 * does not rely on it.
 */
void
smmu_host_invalidate(struct smmu_host *host, const struct s2pt_tlbi_request *requests, size_t count)
{
	invalidate_cpus(host, requests, count);
	invalidate_smmu(host, requests, count);
}

/* --- Streams ---------------------------------------------------------------------------------- */

/* The entry is invalid while its words disagree (IHI 0070, 3.21.3.1). */
static void
forget_ste(struct smmu_host *host, uint32_t stream)
{
	const struct smmu_hardware *hardware = host->hardware;
	struct s2pt_smmu_cmd cmd;

	hardware->barrier(hardware->context);
	for (unsigned n = 0; n <= host->smmu.repeat; n++) {
		s2pt_smmu_cfgi_ste(stream, true, &cmd);
		submit(host, &cmd);
		s2pt_smmu_sync(&cmd);
		submit(host, &cmd);
	}
	wait(host, 0);
}

enum s2pt_status
smmu_host_attach(struct smmu_host *host, s2pt_pa root, uint32_t stream, bool nested,
		 volatile uint64_t *ste)
{
	const struct s2pt_smmu_stream config = { .root = root, .vmid = host->params.vmid, .record = true };
	uint64_t words[S2PT_SMMU_STE_WORDS];
	enum s2pt_status status = s2pt_smmu_ste_encode(&host->smmu, &host->format, &config, words);

	if (status != S2PT_OK)
		return status;
	ste[0] = 0;
	forget_ste(host, stream);
	for (unsigned i = 1; i < S2PT_SMMU_STE_WORDS; i++)
		ste[i] = words[i];
	host->hardware->barrier(host->hardware->context);
	ste[0] = words[0] | STE0_VALID | (nested ? STE0_S1_AND_S2 : STE0_S2);
	forget_ste(host, stream);
	return S2PT_OK;
}
