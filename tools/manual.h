/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* manual.h: the manual page, and completions for shells, from the tables of the verbs. */
#ifndef S2PT_TOOL_MANUAL_H
#define S2PT_TOOL_MANUAL_H

#include "verb.h"

/* manual_print - the manual page, for man(1). */
void manual_print(const struct verb *const *verbs, size_t count);

/* completion_print - what @shell ("bash", "zsh", "fish") reads. Returns false for another. */
bool completion_print(const char *shell, const struct verb *const *verbs, size_t count);

#endif
