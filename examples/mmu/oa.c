/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * oa.c: where an output address stands in a descriptor. Each address bit alone, from the alignment
 * of a leaf up: the MMU must put out what the library was given. Where the library refuses a bit
 * because the output size (VTCR_EL2.PS) is smaller, the MMU must refuse it as well.
 */
#include <s2pt/s2pt.h>

#include "cpu.h"
#include "io.h"
#include "layout.h"
#include "par.h"
#include "stage1.h"
#include "stage2.h"
#include "sweep.h"

#define NARROW_PA_BITS 44

/* One leaf level of one layout. */
struct place {
	struct sweep *sweep;
	const struct layout *layout;
	struct s2pt_format wide;   /* as many output bits as CPU and layout have */
	struct s2pt_format narrow; /* NARROW_PA_BITS of them */
	struct s2pt_leaf leaf;
	int level;
};

static void
report(const struct place *place, const struct row *row, const char *what, uint64_t oa)
{
	if (!sweep_row(place->sweep, row))
		return;
	print("unexplained %s %s level %d %s oa %lx", place->sweep->name, place->layout->name,
	      place->level, what, oa);
	sweep_print_row(row);
}

/* The library must refuse @oa with @status. (No MMU in this row: "mmu" is what it answered.) */
static void
check_refused(const struct place *place, const struct s2pt_format *format, uint64_t oa,
	      enum s2pt_status status)
{
	s2pt_desc desc;
	struct row row = { .library = status };

	row.mmu = s2pt_desc_leaf_encode(format, place->level, s2pt_pa_of(oa), &place->leaf, &desc);
	report(place, &row, "refused", oa);
}

/* The library reads back what it wrote. */
static void
check_decoded(const struct place *place, uint64_t oa)
{
	struct row row = { .library = oa };
	struct s2pt_leaf leaf;
	s2pt_pa pa = { 0 };

	must(s2pt_desc_leaf_decode(stage2_format(), place->level, stage2_get(0, place->level), &pa,
				   &leaf),
	     "s2pt_desc_leaf_decode");
	row.mmu = pa.addr;
	report(place, &row, "decoded", oa);
}

/* The library takes @oa, and the MMU puts it out. */
static void
check_taken(const struct place *place, uint64_t oa)
{
	struct row row = { .library = stage2_par(oa, &place->leaf) };

	if (place->sweep->seed)
		row.library ^= UINT64_C(1) << 20;
	stage2_map(0, place->level, oa, &place->leaf);
	tlbi_vmalls12e1is();
	row.mmu = at_s12e1(AT_READ, 0);
	report(place, &row, "taken", oa);
	check_decoded(place, oa);
}

/*
 * QEMU reads the bits that stand apart (51:48 of 64K, 51:50 with DS=1) only if PS is above 48 bits.
 */
static bool
in_split_field(const struct place *place, unsigned bit)
{
	return bit >= (place->wide.granule_lg2 == S2PT_GRANULE_64K ? 48u : 50u);
}

/*
 * An address beyond the output size: the library refuses it, and so does the MMU if it is forced.
 */
static void
check_too_large(const struct place *place, unsigned bit)
{
	uint64_t oa = UINT64_C(1) << bit;
	struct row row = { .library = par_fault(FSC_ADDRESS_SIZE, place->level) };
	s2pt_desc desc;

	check_refused(place, &place->narrow, oa, S2PT_ERR_OA_SIZE);
	must(s2pt_desc_leaf_encode(&place->wide, place->level, s2pt_pa_of(oa), &place->leaf, &desc),
	     "wide");
	stage2_set(0, place->level, desc);
	tlbi_vmalls12e1is();
	row.mmu = at_s12e1(AT_READ, 0);
	if (in_split_field(place, bit)) {
		row.rule = RULE_V9;
		row.emulator = stage2_par(0, &place->leaf);
	}
	report(place, &row, "too large", oa);
}

/* The same for the address of a table. The MMU reports the level of the entry that holds it. */
static void
check_table_too_large(const struct place *place, unsigned bit)
{
	uint64_t next = UINT64_C(1) << bit;
	struct row row = { .library = S2PT_ERR_OA_SIZE };
	s2pt_desc desc;

	row.mmu = s2pt_desc_table_encode(&place->narrow, place->level, s2pt_pa_of(next), &desc);
	report(place, &row, "table refused", next);
	if (in_split_field(place, bit))
		return; /* QEMU would go on in whatever memory the other bits name */
	must(s2pt_desc_table_encode(&place->wide, place->level, s2pt_pa_of(next), &desc), "wide");
	stage2_set(0, place->level, desc);
	tlbi_vmalls12e1is();
	row.library = par_fault(FSC_ADDRESS_SIZE, place->level);
	row.mmu = at_s12e1(AT_READ, 0);
	report(place, &row, "table too large", next);
}

/*
 * The same for the address of the start table: VTTBR_EL2. The MMU reports level 0, wherever it
 * starts.
 */
static void
check_root_too_large(const struct place *place, unsigned bit)
{
	const struct s2pt_vttbr vttbr = { .root = s2pt_pa_of(UINT64_C(1) << bit), .vmid = 1 };
	struct row row = { .library = S2PT_ERR_ROOT_PA };
	uint64_t value;

	row.mmu = s2pt_vttbr_encode(&place->narrow, &vttbr, &value);
	report(place, &row, "root refused", vttbr.root.addr);
	if (bit >= 48)
		return; /* QEMU ignores these as well, and would walk other memory */
	must(s2pt_vttbr_encode(&place->wide, &vttbr, &value), "wide");
	stage2_load_vttbr(value, 0);
	row.library = par_fault(FSC_ADDRESS_SIZE, 0);
	row.mmu = at_s12e1(AT_READ, 0);
	report(place, &row, "root too large", vttbr.root.addr);
}

static void
sweep_root(const struct place *place)
{
	stage2_begin(&place->narrow);
	for (unsigned bit = place->narrow.oa_bits; bit < place->wide.oa_bits; bit++)
		check_root_too_large(place, bit);
}

static void
sweep_table_level(const struct place *place)
{
	stage2_begin(&place->narrow);
	stage2_load(0);
	for (unsigned bit = place->narrow.oa_bits; bit < place->wide.oa_bits; bit++)
		check_table_too_large(place, bit);
}

static void
sweep_leaf_level(const struct place *place)
{
	unsigned lowest = s2pt_format_level_lg2(&place->wide, place->level);
	uint64_t all = 0;

	stage2_begin(&place->wide);
	stage2_load(0);
	check_taken(place, 0);
	for (unsigned bit = lowest; bit < place->wide.oa_bits; bit++) {
		check_taken(place, UINT64_C(1) << bit);
		all |= UINT64_C(1) << bit;
	}
	check_taken(place, all);
	check_refused(place, &place->wide, UINT64_C(1) << (lowest - 1), S2PT_ERR_OA_ALIGN);
	for (unsigned bit = place->wide.oa_bits; bit < 64; bit++)
		check_refused(place, &place->wide, UINT64_C(1) << bit, S2PT_ERR_OA_SIZE);

	stage2_begin(&place->narrow);
	stage2_load(0);
	for (unsigned bit = place->narrow.oa_bits; bit < place->wide.oa_bits; bit++)
		check_too_large(place, bit);
}

static void
sweep_layout(struct place *place)
{
	place->leaf.sh = place->wide.sh0;
	place->level = place->wide.start_level;
	sweep_root(place);
	for (; place->level <= S2PT_LEVEL_LAST; place->level++) {
		if (place->level < S2PT_LEVEL_LAST)
			sweep_table_level(place);
		if (layout_has_leaf(&place->wide, place->level))
			sweep_leaf_level(place);
	}
}

void
oa_sweep(struct sweep *sweep)
{
	struct place place = { .sweep = sweep };

	place.leaf = (struct s2pt_leaf){ .type = S2PT_MEM_NORMAL_WB, .r = true, .af = true };
	stage1_off();
	for (unsigned i = 0; i < LAYOUT_COUNT; i++) {
		place.layout = &layouts[i];
		if (!layout_format(place.layout, 0, &place.wide))
			continue;
		layout_format(place.layout, NARROW_PA_BITS, &place.narrow);
		sweep_layout(&place);
	}
}
