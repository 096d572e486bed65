/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* vm.c: see vm.h. */
#include <s2pt/tracking.h>

#include "vm.h"

#include <s2pt/aarch64.h>

#include "cpu.h"
#include "io.h"
#include "layout.h"
#include "sysreg.h"

#define VMID     1u
#define IPA_BITS 40u

/* A TLBI stops all of QEMU's CPUs. So rather one for the whole VMID than this many. */
#define MAX_TLBI 16u

struct vm vm;

/* Tables are aligned to their size: the largest is a start table of 16 granules. */
static _Alignas(0x100000) uint8_t pool[EL2_POOL_BYTES];

static void
make_format(bool hardware)
{
	struct s2pt_features cpu = *cpu_features();
	struct s2pt_errata errata = *cpu_errata();
	struct s2pt_config config;

	/* exit.c answers TLB conflict aborts. */
	errata.set &= ~S2PT_ERRATUM_BIT(S2PT_ERRATUM_BBM_CONFLICT);
	s2pt_errata_apply(&errata, &cpu, NULL, NULL);
	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = IPA_BITS;
	if (hardware)
		config.feats |= S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM;
	must(s2pt_format_init(&vm.format, &cpu, &config), "s2pt_format_init");
}

/* Of what is mapped. */
#define RAM    (1u << 0)
#define ROM    (1u << 1)
#define LOGGED (1u << 2)

static void
make_mapping(struct s2pt_mapping *mapping, enum s2pt_memtype type, unsigned flags)
{
	bool ram = flags & (RAM | ROM);
	struct s2pt_leaf leaf = {
		.type = type,
		.sh = S2PT_SH_ISH,
		.r = true,
		.w = !(flags & ROM),
		.x_el1 = ram,
		.x_el0 = ram,
		.af = true,
	};

	if (flags & LOGGED)
		s2pt_table_dirty_leaf(&vm.table, &leaf);
	must(s2pt_mapping_init(&vm.format, &leaf, ram ? S2PT_MAPPING_RAM : 0, mapping), "s2pt_mapping_init");
}

/*
 * Without FWB a guest may also run with its caches off, and then it must not see older lines, or hide newer
 * ones. Before it begins none are left: mapping RAM cleans it. A host of guests that turn their caches off
 * later traps that (HCR_EL2.TVM), and cleans again; Linux does not.
 */
static void
make_mappings(void)
{
	make_mapping(&vm.ram, S2PT_MEM_NORMAL_WB, RAM);
	make_mapping(&vm.rom, S2PT_MEM_NORMAL_WB, ROM);
	make_mapping(&vm.device, S2PT_MEM_DEVICE_nGnRE, 0);
	make_mapping(&vm.bar, S2PT_MEM_NORMAL_NC, 0);
}

void
vm_make_logged(void)
{
	make_mapping(&vm.ram_logged, S2PT_MEM_NORMAL_WB, RAM | LOGGED);
}

static void
make_table(enum el2_skip skip)
{
	struct s2pt_vttbr vttbr = { .vmid = VMID };

	el2_host_init(&vm.el2, &vm.format, pool, sizeof(pool));
	vm.el2.max_tlbi = MAX_TLBI;
	vm.el2.skip = skip;
	must(s2pt_table_init(&vm.table, &vm.format, &vm.el2.ops, 0), "s2pt_table_init");
	vttbr.root = vm.table.root_pa;
	must(s2pt_vttbr_encode(&vm.format, &vttbr, &vm.vttbr), "s2pt_vttbr_encode");
	el2_host_set_vttbr(&vm.el2, vm.vttbr);
	vm.vtcr = s2pt_vtcr_encode(&vm.format);
}

/*
 * Devices keep their addresses. In the PCI window of 64 bits the guest may have write-combining if it asks
 * for it: under Normal-NC, what stage 1 calls Device stays Device. That a BAR is prefetchable would not be
 * enough (docs/memory-types.md): somebody who knows the device has to vouch for it. Here that is who made
 * this machine: its one BAR there is plain memory.
 */
static void
map_devices(void)
{
	const struct {
		uint64_t first, end;
		const struct s2pt_mapping *mapping;
	} window[] = {
		{ 0, CALL_IPA, &vm.device },
		{ CALL_IPA + PAGE_BYTES, UINT64_C(0x40000000), &vm.device },
		{ UINT64_C(0x4000000000), UINT64_C(0x4040000000), &vm.device },
		{ UINT64_C(0x8000000000), UINT64_C(0x10000000000), &vm.bar },
	};

	for (unsigned i = 0; i < sizeof(window) / sizeof(window[0]); i++) {
		struct s2pt_op op = { 0 };

		must(s2pt_table_map(&vm.table, &op, s2pt_ipa_of(window[i].first),
				    window[i].end - window[i].first, s2pt_pa_of(window[i].first),
				    window[i].mapping),
		     "map devices");
	}
}

void
vm_init(bool hardware, enum el2_skip skip)
{
	make_format(hardware);
	make_mappings();
	make_table(skip);
	map_devices();
	vm.peak = vm.table.pages;
}

void
vm_load(void)
{
	/* SMC traps; what EL1 has of pointer authentication and memory tags does not. */
	uint64_t hcr = HCR_RW | HCR_VM | HCR_TSC | HCR_APK | HCR_API | HCR_ATA;

	if (vm.format.feats & S2PT_FEAT_S2FWB)
		hcr |= HCR_FWB;
	write_vtcr_el2(vm.vtcr);
	write_vttbr_el2(vm.vttbr);
	s2pt_aarch64_write_hcr(hcr);
	isb();
	tlbi_vmalls12e1is(); /* what was there before anybody used this VMID */
}

static void
note_peak(void)
{
	if (vm.table.pages > vm.peak)
		vm.peak = vm.table.pages;
}

void
vm_lock(void)
{
	rwlock_write(&vm.lock);
	note_peak(); /* of the faults since */
}

void
vm_unlock(void)
{
	note_peak();
	rwlock_write_done(&vm.lock);
}

void
vm_share(void)
{
	rwlock_read(&vm.lock);
}

void
vm_unshare(void)
{
	rwlock_read_done(&vm.lock);
}

bool
vm_leaf(s2pt_ipa ipa, struct s2pt_leaf *leaf, int *level)
{
	struct s2pt_found found;
	s2pt_pa pa;

	if (s2pt_table_lookup(&vm.table, ipa, &found) != S2PT_OK)
		return false;
	*level = found.level;
	return s2pt_desc_leaf_decode(&vm.format, found.level, found.desc, &pa, leaf) == S2PT_OK;
}
