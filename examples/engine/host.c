/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* host.c: see host.h. */
#include "host.h"

#include <s2pt/aarch64.h>

#include "cpu.h"
#include "io.h"
#include "sysreg.h"
#include "vcpu.h"

#define VMID     1u
#define IPA_BITS 40u

/* HVC #n of the payload. */
#define CALL_END   0u
#define CALL_YIELD 1u

struct host host;

static _Alignas(0x100000) uint8_t pool[EL2_POOL_BYTES];

/* --- Setting up ------------------------------------------------------------------------------- */

static void
make_config(const struct layout *layout, struct s2pt_config *config)
{
	s2pt_config_init(config, layout->granule, cpu_features());
	config->ipa_bits = IPA_BITS;
	config->feats &= ~layout->without;
	config->feats |= layout->with;
}

bool
host_can(const struct layout *layout)
{
	struct s2pt_format format;
	struct s2pt_config config;

	make_config(layout, &config);
	return s2pt_format_init(&format, cpu_features(), &config) == S2PT_OK;
}

/* Pages, for QEMU tells one entry from another in its TLB only where all are small. */
static void
map_identity(uint64_t pa, uint64_t bytes, bool executable)
{
	const struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = S2PT_SH_ISH,
		.r = true,
		.w = !executable,
		.x_el1 = executable,
		.x_el0 = executable,
		.af = true,
	};
	struct s2pt_op op = { .max_lg2 = S2PT_GRANULE_4K };
	struct s2pt_mapping mapping;

	must(s2pt_mapping_init(&host.format, &leaf, S2PT_MAPPING_RAM, &mapping), "s2pt_mapping_init");
	must(s2pt_table_map(&host.table, &op, s2pt_ipa_of(pa), bytes, s2pt_pa_of(pa), &mapping),
	     "map the guest's own memory");
}

/* The three registers that make the table the CPU's. */
static void
load_registers(void)
{
	const struct s2pt_vttbr vttbr = { .root = host.table.root_pa, .vmid = VMID };
	uint64_t hcr = HCR_RW | HCR_VM;
	uint64_t value;

	if (host.format.feats & S2PT_FEAT_S2FWB)
		hcr |= HCR_FWB;
	must(s2pt_vttbr_encode(&host.format, &vttbr, &value), "s2pt_vttbr_encode");
	el2_host_set_vttbr(&host.el2, value);
	write_vtcr_el2(s2pt_vtcr_encode(&host.format));
	write_vttbr_el2(value);
	s2pt_aarch64_write_hcr(hcr);
	isb();
	tlbi_vmalls12e1is();
}

void
host_begin(const struct layout *layout, enum el2_skip skip)
{
	struct s2pt_config config;
	uint64_t pa, bytes;

	make_config(layout, &config);
	must(s2pt_format_init(&host.format, cpu_features(), &config), "s2pt_format_init");
	host.layout = layout;
	el2_host_init(&host.el2, &host.format, pool, sizeof(pool));
	host.el2.skip = skip;
	must(s2pt_table_init(&host.table, &host.format, &host.el2.ops, 0), "s2pt_table_init");
	load_registers();
	guest_code(&pa, &bytes);
	map_identity(pa, bytes, true);
	guest_tables(&pa, &bytes);
	map_identity(pa, bytes, false);
	guest_load();
}

void
host_end(void)
{
	tlbi_vmalls12e1is();
	s2pt_aarch64_write_hcr(HCR_RW);
	isb();
}

/* --- Faults ----------------------------------------------------------------------------------- */

/*
 * HPFAR_EL2 says nothing of a Permission fault on the guest's own access: ask stage 1 where the VA
 * leads. That cannot fail, unless the guest has changed its tables since.
 */
static void
find_ipa(struct s2pt_fault *fault)
{
	(void)(s2pt_aarch64_locate(fault) == S2PT_OK);
}

static void
read_fault(uint64_t esr, struct answer *answer)
{
	const struct s2pt_fault_regs regs = {
		.esr = esr,
		.hpfar = read_hpfar_el2(),
		.far = read_far_el2(),
	};

	answer->ending = ENDING_BROKEN;
	answer->value = esr;
	answer->far = regs.far;
	if (s2pt_fault_decode(&regs, &answer->fault) != S2PT_OK)
		return;
	answer->ending = ENDING_FAULT;
	if (!answer->fault.ipa_known && answer->fault.va_known)
		find_ipa(&answer->fault);
}

/* --- In and out ------------------------------------------------------------------------------- */

static void
read_call(uint64_t esr, const struct vcpu *vcpu, struct answer *answer)
{
	answer->ending = ENDING_VALUE;
	answer->value = vcpu->x[0];
	if (ESR_IMM16(esr) == CALL_END)
		return;
	answer->ending = ENDING_BROKEN;
	answer->value = read_esr_el1();
	answer->far = read_far_el1();
}

/* Run until it ends. */
static struct answer
run(struct vcpu *vcpu, const struct churn *churn)
{
	struct answer answer = { 0 };

	for (;;) {
		uint64_t esr = vcpu_run(vcpu);

		if (ESR_EC(esr) != EC_HVC) {
			read_fault(esr, &answer);
			if (answer.ending == ENDING_FAULT && churn && churn->fault(&answer.fault))
				continue;
			return answer;
		}
		if (ESR_IMM16(esr) != CALL_YIELD || !churn) {
			read_call(esr, vcpu, &answer);
			return answer;
		}
		churn->yield();
	}
}

struct answer
host_touch(enum touch touch, unsigned page, unsigned word, uint64_t value)
{
	struct vcpu vcpu = { .pc = guest_entry(touch), .pstate = SPSR_EL1H };

	vcpu.x[1] = guest_va(touch, page, word);
	vcpu.x[2] = value;
	return run(&vcpu, NULL);
}

struct answer
host_churn(const struct churn *churn)
{
	struct vcpu vcpu = { .pc = guest_entry_churn(), .pstate = SPSR_EL1H };

	vcpu.x[1] = guest_va(TOUCH_LOAD, 0, 0);
	vcpu.x[2] = churn->pages - 1u;
	vcpu.x[3] = churn->steps;
	vcpu.x[4] = churn->state;
	return run(&vcpu, churn);
}
