/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * debugfs.h: what Linux's KVM prints of a guest's stage 2 into debugfs (stage2_page_tables, and of a nested guest
 * 0xVTTBR-0xVTCR-s2-enabled): ranges with their level, rights and access flag, without memory or types.
 */
#ifndef S2PT_TOOL_DEBUGFS_H
#define S2PT_TOOL_DEBUGFS_H

#include "tree.h"

#include <stdbool.h>

/* debugfs_is - is the file @name one of them, by the heading that it begins with? */
bool debugfs_is(const char *name);

/*
 * debugfs_read - its ranges that map something, as runs whose descriptors have rights and AF alone, and whose memory is
 * at the IPA.
 *
 * Returns 0, or an exit status, after a line on standard error.
 */
int debugfs_read(const char *verb, const char *name, void (*run)(void *, const struct tree_run *), void *context);

#endif
