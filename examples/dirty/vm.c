/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* vm.c: see vm.h. */
#include <s2pt/tracking.h>

#include "vm.h"

#include <s2pt/aarch64.h>

#include "cpu.h"
#include "io.h"
#include "sysreg.h"
#include "trouble.h"

#define IPA_BITS 40u

struct vm vm;

static _Alignas(0x100000) uint8_t pool[EL2_POOL_BYTES];

static void
make_config(const struct layout *layout, struct s2pt_config *config)
{
	s2pt_config_init(config, S2PT_GRANULE_4K, cpu_features());
	config->ipa_bits = IPA_BITS;
	if (layout->hardware)
		config->feats |= S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM;
}

bool
vm_can(const struct layout *layout)
{
	struct s2pt_format format;
	struct s2pt_config config;

	make_config(layout, &config);
	return s2pt_format_init(&format, cpu_features(), &config) == S2PT_OK;
}

static void
make_mapping(struct s2pt_mapping *mapping, bool executable, bool logged)
{
	struct s2pt_leaf leaf = {
		.type = S2PT_MEM_NORMAL_WB,
		.sh = S2PT_SH_ISH,
		.af = true,
		.r = true,
		.w = !executable,
		.x_el1 = executable,
		.x_el0 = executable,
	};

	if (logged)
		s2pt_table_dirty_leaf(&vm.table, &leaf);
	must(s2pt_mapping_init(&vm.format, &leaf, S2PT_MAPPING_RAM, mapping), "s2pt_mapping_init");
}

void
vm_make_logged(void)
{
	make_mapping(&vm.logged, false, true);
}

/* The guest's own memory, by pages: where one block is live, QEMU forgets more than it is asked to. */
static void
map_identity(uint64_t pa, uint64_t bytes, bool executable)
{
	struct s2pt_op op = { .max_lg2 = PAGE_LG2 };
	struct s2pt_mapping mapping;

	make_mapping(&mapping, executable, false);
	must(s2pt_table_map(&vm.table, &op, s2pt_ipa_of(pa), bytes, s2pt_pa_of(pa), &mapping),
	     "map the guest's own memory");
}

void
vm_begin(const struct layout *layout, enum el2_skip skip)
{
	struct s2pt_vttbr vttbr = { .vmid = 1 };
	struct s2pt_config config;
	uint64_t pa, bytes;

	vm.layout = layout;
	vm.logging = false;
	make_config(layout, &config);
	must(s2pt_format_init(&vm.format, cpu_features(), &config), "s2pt_format_init");
	el2_host_init(&vm.el2, &vm.format, pool, sizeof(pool));
	vm.el2.skip = skip;
	must(s2pt_table_init(&vm.table, &vm.format, &vm.el2.ops, 0), "s2pt_table_init");
	vttbr.root = vm.table.root_pa;
	must(s2pt_vttbr_encode(&vm.format, &vttbr, &vm.vttbr), "s2pt_vttbr_encode");
	el2_host_set_vttbr(&vm.el2, vm.vttbr);
	make_mapping(&vm.ram, false, false);
	guest_code(&pa, &bytes);
	map_identity(pa, bytes, true);
	guest_tables(&pa, &bytes);
	map_identity(pa, bytes, false);
}

void
vm_end(void)
{
	struct s2pt_op op = { 0 };

	if (vm.table.annotations)
		trouble(TROUBLE_WRONG, vm.table.annotations, 0);
	must(s2pt_table_destroy(&vm.table, &op), "s2pt_table_destroy");
	if (vm.el2.taken || vm.el2.counts.bad_retires || vm.el2.counts.refused)
		trouble(TROUBLE_WRONG, vm.el2.taken, vm.el2.counts.bad_retires);
}

void
vm_load(void)
{
	uint64_t hcr = HCR_RW | HCR_VM;

	if (vm.format.feats & S2PT_FEAT_S2FWB)
		hcr |= HCR_FWB;
	write_vtcr_el2(s2pt_vtcr_encode(&vm.format));
	write_vttbr_el2(vm.vttbr);
	s2pt_aarch64_write_hcr(hcr);
	isb();
	tlbi_vmalls12e1is();
	guest_load();
}
