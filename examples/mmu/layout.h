/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * layout.h: the layouts of a descriptor that there are: three granules, each with 48 and with 52
 * bits of output address. The IPA size is 44 bits, and the walk starts where the largest block of
 * the layout can stand; a CPU with less gets what it has. Without FWB, as memory types are attr.c's
 * affair.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <s2pt/s2pt.h>

struct layout {
	const char *name;
	enum s2pt_granule granule;
	int8_t start_level; /* on a CPU that has LAYOUT_IPA_BITS */
	s2pt_feats needs;   /* features that the layout is about */
	s2pt_feats without; /* features that it must not use */
	uint8_t pa_bits;    /* the largest output size that it is used with */
};

#define LAYOUT_COUNT    6u
#define LAYOUT_IPA_BITS 44u

extern const struct layout layouts[LAYOUT_COUNT];

/*
 * The format for a layout with an output size of @pa_bits, or 0 for the largest. False if this CPU
 * does not have it.
 */
bool layout_format(const struct layout *layout, uint8_t pa_bits, struct s2pt_format *format);

/* May a leaf stand at @level? */
static inline bool
layout_has_leaf(const struct s2pt_format *format, int level)
{
	return level == S2PT_LEVEL_LAST || s2pt_format_has_block(format, level);
}

#endif
