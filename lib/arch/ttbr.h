/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ttbr.h: the address of the start table in VTTBR_EL2, VSTTBR_EL2 and TTBRn_EL1: BADDR, which is alike in all. */
#ifndef S2PT_ARCH_TTBR_H
#define S2PT_ARCH_TTBR_H

#include <s2pt/format.h>

#include "arch/entry.h"

static const struct field BADDR_52 = { 2, 4 }; /* PA[51:48] in the 52-bit form */

#define BADDR_BITS         48u /* PA[47:x] stands at its own place */
#define BADDR_52_ALIGN_LG2 6u  /* the 52-bit form keeps its upper bits below this */

/* The 52-bit form: DS=1, or 64K with (I)PS = 52 bits. */
static inline bool
has_baddr_52(const struct s2pt_format *format)
{
	return is_ds(format) || (format->granule_lg2 == S2PT_GRANULE_64K && format->pa_bits == 52);
}

/* The alignment of a start table of 2^@lg2 bytes: the 52-bit form asks for at least its own. */
static inline unsigned
baddr_align_lg2(const struct s2pt_format *format, unsigned lg2)
{
	return has_baddr_52(format) && lg2 < BADDR_52_ALIGN_LG2 ? BADDR_52_ALIGN_LG2 : lg2;
}

/* The address in @value, with the bits below its alignment taken as 0. */
static inline uint64_t
baddr_get(const struct s2pt_format *format, unsigned align_lg2, uint64_t value)
{
	const uint64_t low = value & bits_below(BADDR_BITS) & ~bits_below(align_lg2);

	return has_baddr_52(format) ? low | field_get(BADDR_52, value) << BADDR_BITS : low;
}

#endif
