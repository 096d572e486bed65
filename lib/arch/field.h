/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * field.h: a field of a 64-bit register or descriptor, named once by (shift, width).
 *
 * All masks are made here, in 64 bits; the modules name fields and never shift by hand.
 */
#ifndef S2PT_ARCH_FIELD_H
#define S2PT_ARCH_FIELD_H

#include <s2pt/features.h>
#include <s2pt/types.h>

struct field {
	uint8_t shift;
	uint8_t width;
};

static inline uint64_t
bits_below(unsigned bits)
{
	return (UINT64_C(1) << bits) - 1u;
}

static inline uint64_t
field_mask(struct field field)
{
	return bits_below(field.width) << field.shift;
}

/* The bits of @value that the field holds, in place. @value must fit. */
static inline uint64_t
field_put(struct field field, uint64_t value)
{
	return value << field.shift;
}

static inline uint64_t
field_get(struct field field, uint64_t from)
{
	return (from >> field.shift) & bits_below(field.width);
}

static inline bool
field_bit(struct field field, uint64_t from)
{
	return field_get(field, from) != 0;
}

/* Is every member of @subset in @set? */
static inline bool
has_all(s2pt_feats set, s2pt_feats subset)
{
	return (set & subset) == subset;
}

/*
 * A stack frame of its own, which is gone when the caller goes on: no public call needs more than 480 bytes, while
 * the platform invalidates or a reader reads.
 */
#define NOINLINE __attribute__((noinline))

/* For the status of a call whose arguments are right by construction. */
static inline void
must_be_ok(enum s2pt_status status)
{
	(void)status;
}

#endif
