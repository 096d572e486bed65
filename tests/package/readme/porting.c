/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * porting.c: the pieces of C in docs/porting.md, in their order, in the functions of a host that they are of. Each is
 * included as it stands in the guide; what the guide leaves to the reader is here.
 */
#include <s2pt/s2pt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- What the guide leaves to the reader ------------------------------------------------------------ */

#define PAGES   64u
#define PAGE    UINT64_C(0x1000)
#define POOL_PA UINT64_C(0x40000000)

struct lock {
	int readers;
};

struct vm {
	struct s2pt_format format;
	struct s2pt_host_ops host;
	struct s2pt_table table;
	struct s2pt_tlbi_params tlbi;
	struct s2pt_mapping ram;
	struct lock lock;
	uint64_t vttbr, vtcr;
};

struct cpu {
	struct s2pt_cursor cursor;
};

static _Alignas(65536) unsigned char pool[PAGES * PAGE];
static uint64_t used;
static unsigned invalidations, translations, synchronised, rests;
static struct vm the_vm;
static struct cpu the_cpu;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "docs/porting.md: not so: %s\n", what);
	exit(1);
}

static bool
my_alloc(void *context, enum s2pt_memory what, size_t bytes, struct s2pt_page *page)
{
	const uint64_t at = (used + bytes - 1u) & ~(uint64_t)(bytes - 1u);

	(void)context;
	(void)what;
	if (at + bytes > sizeof(pool))
		return false;
	used = at + bytes;
	page->pa = s2pt_pa_of(POOL_PA + at);
	page->virt = pool + at;
	return true;
}

static void
my_retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context, (void)what, (void)bytes, (void)pages, (void)count;
}

static void
my_invalidate(void *context, const struct s2pt_tlbi_request *requests, size_t count)
{
	(void)context, (void)requests, (void)count;
	invalidations++;
}

static void
my_publish(void *context)
{
	(void)context;
}

static bool
my_clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context, (void)pa, (void)bytes;
	return true;
}

static void
my_invalidate_icache(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context, (void)pa, (void)bytes;
}

/* ID_AA64MMFR0_EL1 of a CPU with 48 bits and 4 KiB; PAR_EL1. */
static uint64_t sysreg_id_aa64mmfr0_el1 = 5, sysreg_par_el1 = 1;

/* A Neoverse N1; it has an erratum that sequences know of. */
static uint64_t sysreg_midr_el1 = 0x413fd0c1, sysreg_revidr_el1;
#define read_sysreg(name)         sysreg_##name
#define write_sysreg(name, value) (sysreg_##name = (value))

/* Stage 1 maps VAs one to one. */
static void
at_s1e1r(uint64_t va)
{
	translations++;
	sysreg_par_el1 = va & ~(PAGE - 1u) & UINT64_C(0xfffffffff000);
}

static void
isb(void)
{
	synchronised = translations;
}

static s2pt_pa
find_or_allocate(const struct vm *vm, s2pt_ipa page)
{
	(void)vm;
	return s2pt_pa_of(UINT64_C(0x80000000) + page.addr);
}

static void
read_lock(struct lock *lock)
{
	lock->readers++;
}

static void
read_unlock(struct lock *lock)
{
	lock->readers--;
}

static void
let_others_run(void)
{
	rests++;
}

/* --- The guide -------------------------------------------------------------------------------------- */

static struct s2pt_features all;
static struct s2pt_errata errata;
static struct s2pt_smmu smmu;

static void
learn_cpu(bool this_is_the_first_cpu)
{
#include "piece-1.h"
}

static enum s2pt_status
make_format(struct vm *vm)
{
	enum s2pt_status status;

#include "piece-2.h"
	return status;
}

static void
fill_host(struct vm *vm)
{
	const uintptr_t virt = (uintptr_t)pool, phys = (uintptr_t)POOL_PA;

#include "piece-3.h"
}

static enum s2pt_status
make_table(struct vm *vm, uint64_t page_limit, uint16_t vmid)
{
	enum s2pt_status status;

#include "piece-4.h"
	return status;
}

static enum s2pt_status
make_mapping(struct vm *vm)
{
	enum s2pt_status status;

#include "piece-5.h"
	return status;
}

static void
handle_fault(struct vm *vm, struct cpu *cpu, uint64_t esr, uint64_t hpfar, uint64_t far)
{
	enum s2pt_status status;
	uint64_t kept, par;
	s2pt_pa pa;

#include "piece-6.h"
#include "piece-7.h"
#include "piece-8.h"
	must(status == S2PT_OK, "a fault is answered");
}

static enum s2pt_status
unmap(struct vm *vm, s2pt_ipa ipa, uint64_t size)
{
	enum s2pt_status status;

#include "piece-9.h"
	return status;
}

/* --- What then holds -------------------------------------------------------------------------------- */

/* ESR_EL2 of a Data Abort from a lower level: a Translation and a Permission fault at level 3. */
#define TRANSLATION UINT64_C(0x92000007)
#define PERMISSION  UINT64_C(0x9200000f)

static bool
is_mapped(const struct vm *vm, uint64_t ipa)
{
	s2pt_pa pa;

	return s2pt_table_translate(&vm->table, s2pt_ipa_of(ipa), &pa) == S2PT_OK &&
	       pa.addr == find_or_allocate(vm, s2pt_ipa_of(ipa)).addr;
}

int
main(void)
{
	struct vm *vm = &the_vm;
	uint64_t kept;

	learn_cpu(true);
	learn_cpu(false);
	must(all.pa_bits == 48 && all.granule_4k, "features");
	smmu.features = all;
	must(make_format(vm) == S2PT_OK, "format");
	must(vm->tlbi.repeat && !vm->tlbi.dsb_all && !errata.unknown_cpu, "errata");
	fill_host(vm);
	must(make_table(vm, 0, 7) == S2PT_OK, "table");
	must(vm->vttbr == (UINT64_C(7) << 48 | vm->table.root_pa.addr), "VTTBR_EL2");
	must((vm->vtcr & 0x3f) == 64 - 40, "VTCR_EL2.T0SZ");
	must(make_mapping(vm) == S2PT_OK, "mapping");

	handle_fault(vm, &the_cpu, TRANSLATION, UINT64_C(0x12345) << 4, UINT64_C(0x12345678));
	must(is_mapped(vm, UINT64_C(0x12345000)), "the page of a fault is mapped");
	must(!is_mapped(vm, UINT64_C(0x12346000)), "and no other");
	must(!translations, "HPFAR_EL2 is taken where it is valid");
	/* A Permission fault leaves HPFAR_EL2 UNKNOWN: here page 0. */
	kept = sysreg_par_el1;
	handle_fault(vm, &the_cpu, PERMISSION, 0, UINT64_C(0x77777008));
	must(is_mapped(vm, UINT64_C(0x77777000)) && !is_mapped(vm, 0), "the page of a Permission fault is stage 1's");
	must(translations == 1 && synchronised == 1 && sysreg_par_el1 == kept, "PAR_EL1 is kept");
	must(!vm->lock.readers, "the lock is free");

	must(unmap(vm, s2pt_ipa_of(0), UINT64_C(1) << 40) == S2PT_OK, "unmap");
	must(!is_mapped(vm, UINT64_C(0x12345000)) && !is_mapped(vm, UINT64_C(0x77777000)), "all is unmapped");
	must(invalidations > 0, "invalidated");
	printf("ok\n");
	return 0;
}
