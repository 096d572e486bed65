/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* decode.h: descriptors that are met somewhere. */
#ifndef S2PT_TOOL_DECODE_H
#define S2PT_TOOL_DECODE_H

#include "value.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * decode_likely - in words, what @raw most likely is.
 * @own: the options of decode that say the format: DESC_FORMAT_END of them.
 *
 * Returns false where it is invalid, or anything in it reserved; @buf is not written then.
 */
bool decode_likely(const struct value *own, uint64_t raw, char *buf, size_t size);

#endif
