/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* fdt.h: changes to a flattened device tree, in its place: nothing moves, what goes becomes NOPs. */
#ifndef FDT_H
#define FDT_H

#include <stdint.h>

/* How many bytes it has. */
uint32_t fdt_bytes(const void *fdt);

/* How many nodes have names that begin so? */
unsigned fdt_count(void *fdt, const char *prefix);

/* The first node whose name begins so is gone, with all in it. */
void fdt_drop(void *fdt, const char *prefix);

/* Cell @cell of a property of the first node whose name begins so becomes @value. Returns what it was. */
uint32_t fdt_set(void *fdt, const char *prefix, const char *property, unsigned cell, uint32_t value);

#endif
