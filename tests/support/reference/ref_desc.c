/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * VMSAv8-64 stage 2 descriptors as the walker reads them: type and address. RES0 bits are
 * ignored, as the pseudocode ignores them.
 */
#include "ref.h"

/* Bits msb:lsb of a descriptor, in place. */
static uint64_t
bits_in_place(uint64_t desc, unsigned msb, unsigned lsb)
{
	uint64_t below_msb = (UINT64_C(2) << msb) - 1;
	uint64_t below_lsb = (UINT64_C(1) << lsb) - 1;

	return desc & below_msb & ~below_lsb;
}

/* Bits msb:lsb of a descriptor, as a number. */
static uint64_t
field(uint64_t desc, unsigned msb, unsigned lsb)
{
	return bits_in_place(desc, msb, lsb) >> lsb;
}

/* AArch64.BlockDescSupported. The DS field is RES0 for 64K. */
static bool
block_desc_supported(unsigned granule_lg2, int level, bool ds, bool lpa)
{
	switch (granule_lg2) {
	case 12:
		return level == 2 || level == 1 || (level == 0 && ds);
	case 14:
		return level == 2 || (level == 1 && ds);
	case 16:
		return level == 2 || (level == 1 && lpa);
	default:
		return false;
	}
}

/* AArch64.DecodeDescriptorType, Table D8-48. */
enum ref_kind
ref_desc_kind(unsigned granule_lg2, int level, bool ds, bool lpa, uint64_t desc)
{
	bool table_or_page = (desc & 2u) != 0;

	if ((desc & 1u) == 0)
		return REF_INVALID;
	if (level == 3)
		return table_or_page ? REF_PAGE : REF_INVALID;
	if (table_or_page)
		return REF_TABLE;
	return block_desc_supported(granule_lg2, level, ds, lpa) ? REF_BLOCK : REF_INVALID;
}

/* log2 of the block size; only for the levels of AArch64.BlockDescSupported. */
static unsigned
block_lg2(unsigned granule_lg2, int level)
{
	switch (granule_lg2) {
	case 12:
		return level == 2 ? 21
		     : level == 1 ? 30
				  : 39;
	case 14:
		return level == 2 ? 25 : 36;
	default:
		return level == 2 ? 29 : 42;
	}
}

/* Address bits 51:48, from AArch64.S2LeafBase and the next-level table address. */
static uint64_t
address_51_48(unsigned granule_lg2, bool ds, bool lpa, uint64_t desc)
{
	uint64_t top = 0;

	if (granule_lg2 == 16) {
		if (lpa)
			top = field(desc, 15, 12);
	} else if (ds) {
		top = (field(desc, 9, 8) << 2) | field(desc, 49, 48);
	}
	return top << 48;
}

uint64_t
ref_desc_oa(unsigned granule_lg2, int level, bool ds, bool lpa, uint64_t desc)
{
	unsigned lsb;

	switch (ref_desc_kind(granule_lg2, level, ds, lpa, desc)) {
	case REF_TABLE:
	case REF_PAGE:
		lsb = granule_lg2;
		break;
	case REF_BLOCK:
		lsb = block_lg2(granule_lg2, level);
		break;
	case REF_INVALID:
	default:
		return 0;
	}
	return bits_in_place(desc, 47, lsb) | address_51_48(granule_lg2, ds, lpa, desc);
}
