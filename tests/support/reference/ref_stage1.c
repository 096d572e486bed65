/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The EL1&0 stage 1 translation, in the order of AArch64.S1Translate: the configuration and the
 * input address, the walk (AArch64.S1Walk), the access flag, the permissions, the updates.
 */
#include "ref_stage1.h"

#include <string.h>

#define FINAL_LEVEL 3
#define DESC_LG2    3

/* Bits of a leaf descriptor. */
#define DESC_AP2 (UINT64_C(1) << 7)
#define DESC_AF  (UINT64_C(1) << 10)
#define DESC_DBM (UINT64_C(1) << 51)

/* S1TTWParams: the registers, as far as they matter for this half of the VA space. */
struct params {
	bool upper; /* VA[55]: TTBR1_EL1 */
	bool lpa;   /* PAMax is 52 bits: 64K descriptors have OA[51:48] */
	bool ds;    /* in effect */
	bool ttst;
	bool tbi, epd, e0pd, hpd, ha, hd, wxn;
	unsigned granule_lg2;
	unsigned txsz;
	unsigned oa_bits; /* AArch64.PhysicalAddressSize */
	unsigned sh;
	uint64_t ttbr, mair;
};

/* APTable, UXNTable and PXNTable, gathered on the way down. */
struct table_perms {
	bool no_el0, read_only, uxn, pxn;
};

enum desc_type {
	DESC_INVALID,
	DESC_TABLE,
	DESC_LEAF,
};

/* Bits msb:lsb, as a number. */
static uint64_t
field(uint64_t value, unsigned msb, unsigned lsb)
{
	uint64_t below_msb = (UINT64_C(2) << msb) - 1;

	return (value & below_msb) >> lsb;
}

static bool
bit(uint64_t value, unsigned n)
{
	return field(value, n, n) != 0;
}

static uint64_t
align_down_lg2(uint64_t value, unsigned lg2)
{
	return (value >> lg2) << lg2;
}

/* ---- Parameters --------------------------------------------------------------------------- */

static unsigned
tg0_lg2(uint64_t tg0)
{
	switch (tg0) {
	case 1:
		return 16;
	case 2:
		return 14;
	default:
		return 12;
	}
}

static unsigned
tg1_lg2(uint64_t tg1)
{
	switch (tg1) {
	case 1:
		return 14;
	case 3:
		return 16;
	default:
		return 12;
	}
}

/* AArch64.PhysicalAddressSize. */
static unsigned
physical_address_size(uint64_t ips, unsigned pa_max, bool ds, unsigned granule_lg2)
{
	static const unsigned sizes[] = { 32, 36, 40, 42, 44, 48, 52 };
	unsigned size = pa_max;

	if (ips < sizeof(sizes) / sizeof(sizes[0]) && sizes[ips] < pa_max)
		size = sizes[ips];
	if (granule_lg2 != 16 && !ds && size > 48)
		size = 48;
	return size;
}

/* AArch64.GetS1TTWParams. */
static void
get_params(const struct ref_stage1_cpu *cpu, const struct ref_stage1_regs *regs, uint64_t va, struct params *p)
{
	uint64_t tcr = regs->tcr;

	memset(p, 0, sizeof(*p));
	p->upper = bit(va, 55);
	if (p->upper) {
		p->ttbr = regs->ttbr1;
		p->txsz = (unsigned)field(tcr, 21, 16);
		p->epd = bit(tcr, 23);
		p->sh = (unsigned)field(tcr, 29, 28);
		p->granule_lg2 = tg1_lg2(field(tcr, 31, 30));
		p->tbi = bit(tcr, 38);
		p->hpd = bit(tcr, 42);
		p->e0pd = bit(tcr, 56);
	} else {
		p->ttbr = regs->ttbr0;
		p->txsz = (unsigned)field(tcr, 5, 0);
		p->epd = bit(tcr, 7);
		p->sh = (unsigned)field(tcr, 13, 12);
		p->granule_lg2 = tg0_lg2(field(tcr, 15, 14));
		p->tbi = bit(tcr, 37);
		p->hpd = bit(tcr, 41);
		p->e0pd = bit(tcr, 55);
	}
	p->ha = cpu->ha && bit(tcr, 39);
	p->hd = p->ha && cpu->hd && bit(tcr, 40);
	p->ds = cpu->lpa2 && bit(tcr, 59) && p->granule_lg2 != 16;
	p->ttst = cpu->ttst;
	p->lpa = cpu->pa_bits >= 52;
	p->oa_bits = physical_address_size(field(tcr, 34, 32), cpu->pa_bits, p->ds, p->granule_lg2);
	p->wxn = bit(regs->sctlr, 19);
	p->mair = regs->mair;
}

/* AArch64.S1TxSZFaults, with AArch64.S1MinTxSZ and AArch64.MaxTxSZ. */
static bool
txsz_faults(const struct params *p)
{
	unsigned min = p->ds || p->granule_lg2 == 16 ? 12 : 16;
	unsigned max = 39;

	if (p->ttst)
		max = p->granule_lg2 == 16 ? 47 : 48;
	return p->txsz < min || p->txsz > max;
}

/* AArch64.IASize. Meaningful once the TxSZ is known not to fault. */
static unsigned
ia_bits(const struct params *p)
{
	return 64 - p->txsz;
}

/* AArch64.AddrTop. */
static unsigned
addr_top(const struct params *p)
{
	return p->tbi ? 55 : 63;
}

/* AArch64.VAIsOutOfRange. */
static bool
va_is_out_of_range(const struct params *p, uint64_t va)
{
	uint64_t want = p->upper ? field(UINT64_MAX, addr_top(p), ia_bits(p)) : 0;

	return field(va, addr_top(p), ia_bits(p)) != want;
}

/* AArch64.OAOutOfRange. */
static bool
oa_out_of_range(const struct params *p, uint64_t address)
{
	return address >> p->oa_bits != 0;
}

/* ---- Tables -------------------------------------------------------------------------------- */

/* The lowest IA bit which indexes a table of this level. */
static unsigned
index_lsb(const struct params *p, int level)
{
	unsigned stride = p->granule_lg2 - DESC_LG2;

	return p->granule_lg2 + (unsigned)(FINAL_LEVEL - level) * stride;
}

/* AArch64.S1StartLevel. */
static int
start_level(const struct params *p)
{
	unsigned stride = p->granule_lg2 - DESC_LG2;

	return FINAL_LEVEL - (int)((ia_bits(p) - 1 - p->granule_lg2) / stride);
}

/* AArch64.S1TTBaseAddress. */
static uint64_t
start_table(const struct params *p)
{
	unsigned size_lg2 = ia_bits(p) - index_lsb(p, start_level(p)) + DESC_LG2;
	uint64_t base = field(p->ttbr, 47, 0);

	if (p->ds || (p->granule_lg2 == 16 && p->oa_bits >= 52)) {
		if (size_lg2 < 6)
			size_lg2 = 6;
		base |= field(p->ttbr, 5, 2) << 48;
	}
	return align_down_lg2(base, size_lg2);
}

/* AArch64.TTEntryAddress. */
static uint64_t
entry_address(const struct params *p, int level, uint64_t table, uint64_t va)
{
	unsigned lsb = index_lsb(p, level);
	unsigned msb = lsb + p->granule_lg2 - DESC_LG2 - 1;

	if (msb > ia_bits(p) - 1)
		msb = ia_bits(p) - 1;
	return table | (field(va, msb, lsb) << DESC_LG2);
}

/* AArch64.BlockDescSupported. */
static bool
block_desc_supported(const struct params *p, int level)
{
	switch (p->granule_lg2) {
	case 12:
		return level == 2 || level == 1 || (level == 0 && p->ds);
	case 14:
		return level == 2 || (level == 1 && p->ds);
	default:
		return level == 2 || (level == 1 && p->lpa);
	}
}

/* AArch64.DecodeDescriptorType. */
static enum desc_type
decode_desc_type(const struct params *p, int level, uint64_t desc)
{
	if (!bit(desc, 0))
		return DESC_INVALID;
	if (bit(desc, 1))
		return level == FINAL_LEVEL ? DESC_LEAF : DESC_TABLE;
	return block_desc_supported(p, level) ? DESC_LEAF : DESC_INVALID;
}

/* The address in a descriptor, with lg2 low bits 0: AArch64.NextTableBase, AArch64.S1LeafBase. */
static uint64_t
desc_address(const struct params *p, uint64_t desc, unsigned lg2)
{
	uint64_t base = align_down_lg2(field(desc, 47, 0), lg2);

	if (p->granule_lg2 == 16 && p->lpa)
		base |= field(desc, 15, 12) << 48;
	if (p->granule_lg2 != 16 && p->ds)
		base |= field(desc, 9, 8) << 50 | field(desc, 49, 48) << 48;
	return base;
}

/* ---- Permissions --------------------------------------------------------------------------- */

/* AArch64.S1ApplyTablePerms. */
static void
apply_table_perms(const struct params *p, uint64_t desc, struct table_perms *perms)
{
	if (p->hpd)
		return;
	perms->no_el0 = perms->no_el0 || bit(desc, 61);
	perms->read_only = perms->read_only || bit(desc, 62);
	perms->uxn = perms->uxn || bit(desc, 60);
	perms->pxn = perms->pxn || bit(desc, 59);
}

/* AArch64.S1ApplyOutputPerms and S1DirectBasePermissions. */
static void
direct_permissions(const struct params *p, uint64_t desc, const struct table_perms *table,
		   struct ref_stage1_result *result)
{
	bool ap1 = bit(desc, 6);
	bool ap2 = (desc & DESC_AP2) != 0;
	bool uxn = bit(desc, 54);
	bool pxn = bit(desc, 53);

	/* Writable-clean is as good as writable. */
	if (p->hd && (desc & DESC_DBM) != 0)
		ap2 = false;

	result->r1 = true;
	result->w1 = !ap2;
	result->r0 = ap1;
	result->w0 = ap1 && !ap2;
	if (table->no_el0) {
		result->r0 = false;
		result->w0 = false;
	}
	if (table->read_only) {
		result->w1 = false;
		result->w0 = false;
	}

	/* What EL0 can write, EL1 does not execute. */
	result->x1 = !(pxn || table->pxn || result->w0);
	result->x0 = !(uxn || table->uxn);
	if (p->wxn) {
		result->x1 = result->x1 && !result->w1;
		result->x0 = result->x0 && !result->w0;
	}
}

/* AArch64.S1CheckPermissions. */
static bool
permitted(const struct ref_stage1_result *result, const struct ref_stage1_access *access)
{
	switch (access->kind) {
	case REF_S1_READ:
		return access->el0 ? result->r0 : result->r1;
	case REF_S1_WRITE:
		return access->el0 ? result->w0 : result->w1;
	case REF_S1_FETCH:
	default:
		return access->el0 ? result->x0 : result->x1;
	}
}

/* ---- The translation ----------------------------------------------------------------------- */

static void
set_fault(struct ref_stage1_result *result, enum ref_stage1_fault fault, int level)
{
	result->fault = fault;
	result->level = level;
}

/* AArch64.S1DisabledOutput. */
static void
disabled_output(const struct params *p, unsigned pa_max, uint64_t va, struct ref_stage1_result *result)
{
	result->off = true;
	result->leaf = true;
	result->output = field(va, addr_top(p), 0);
	if (result->output >> pa_max != 0) {
		set_fault(result, REF_S1_ADDRESS_SIZE, 0);
		return;
	}
	result->r1 = result->w1 = result->x1 = true;
	result->r0 = result->w0 = result->x0 = true;
}

/* The bits which hardware updates for an access which does not fault. */
static uint64_t
leaf_updates(const struct params *p, uint64_t desc, enum ref_stage1_kind kind)
{
	uint64_t updates = 0;

	if (p->ha && (desc & DESC_AF) == 0)
		updates |= DESC_AF;
	if (p->hd && kind == REF_S1_WRITE && (desc & DESC_DBM) != 0 && (desc & DESC_AP2) != 0)
		updates |= DESC_AP2;
	return updates;
}

/* A leaf of this level: AArch64.S1NextWalkStateLeaf, then the checks which follow. */
static void
leaf_output(const struct params *p, const struct table_perms *table, int level, uint64_t desc,
	    const struct ref_stage1_access *access, uint64_t va, struct ref_stage1_result *result)
{
	unsigned lg2 = index_lsb(p, level);
	/* AArch64.StageOA, as for Contiguous = 0. */
	uint64_t output = desc_address(p, desc, lg2) | field(va, lg2 - 1, 0);

	/* The final output counts, not the base of the block: a block may be larger than the output size. */
	if (oa_out_of_range(p, output)) {
		set_fault(result, REF_S1_ADDRESS_SIZE, level);
		return;
	}
	result->leaf = true;
	result->level = level;
	result->lg2 = lg2;
	result->output = output;
	result->mair = (unsigned)(p->mair >> (8 * field(desc, 4, 2)) & 0xff);
	result->sh = p->ds ? p->sh : (unsigned)field(desc, 9, 8);
	direct_permissions(p, desc, table, result);

	if ((desc & DESC_AF) == 0 && !p->ha)
		set_fault(result, REF_S1_ACCESS_FLAG, level);
	else if (!permitted(result, access))
		set_fault(result, REF_S1_PERMISSION, level);
	else
		result->updates = leaf_updates(p, desc, access->kind);
}

/* AArch64.FetchDescriptor, with a record of what was read. */
static bool
fetch_desc(ref_read *read, void *context, uint64_t address, uint64_t *desc, struct ref_stage1_result *result)
{
	*desc = 0;
	if (!read(context, address, desc))
		return false;
	result->address[result->reads] = address;
	result->desc[result->reads] = *desc;
	result->reads++;
	return true;
}

/* AArch64.S1Walk. */
static void
walk(const struct params *p, ref_read *read, void *context, const struct ref_stage1_access *access, uint64_t va,
     struct ref_stage1_result *result)
{
	struct table_perms perms = { false, false, false, false };
	uint64_t table = start_table(p);

	if (oa_out_of_range(p, table)) {
		set_fault(result, REF_S1_ADDRESS_SIZE, 0);
		return;
	}
	/* There is no table at the final level: the loop ends by a return. */
	for (int level = start_level(p); level <= FINAL_LEVEL; level++) {
		uint64_t desc;

		if (!fetch_desc(read, context, entry_address(p, level, table, va), &desc, result)) {
			set_fault(result, REF_S1_ABORT, level);
			return;
		}
		switch (decode_desc_type(p, level, desc)) {
		case DESC_TABLE:
			break;
		case DESC_LEAF:
			leaf_output(p, &perms, level, desc, access, va, result);
			return;
		case DESC_INVALID:
		default:
			set_fault(result, REF_S1_TRANSLATION, level);
			return;
		}
		table = desc_address(p, desc, p->granule_lg2);
		if (oa_out_of_range(p, table)) {
			set_fault(result, REF_S1_ADDRESS_SIZE, level);
			return;
		}
		apply_table_perms(p, desc, &perms);
	}
}

/* AArch64.S1Translate. */
void
ref_stage1(const struct ref_stage1_cpu *cpu, const struct ref_stage1_regs *regs, bool dc, ref_read *read,
	   void *context, const struct ref_stage1_access *access, uint64_t va, struct ref_stage1_result *result)
{
	struct params p;

	memset(result, 0, sizeof(*result));
	get_params(cpu, regs, va, &p);
	if (dc || !bit(regs->sctlr, 0)) {
		disabled_output(&p, cpu->pa_bits, va, result);
		return;
	}
	if (txsz_faults(&p) || p.epd || (p.e0pd && access->el0) || va_is_out_of_range(&p, va)) {
		set_fault(result, REF_S1_TRANSLATION, 0);
		return;
	}
	walk(&p, read, context, access, va, result);
}
