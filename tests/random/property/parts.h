/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* parts.h: what the files of the runner share. */
#ifndef S2PT_TESTS_PARTS_H
#define S2PT_TESTS_PARTS_H

#include <s2pt/tracking.h>

#include "run.h"

#define WRONG(...) (snprintf(run->why, sizeof(run->why), __VA_ARGS__), false)

uint64_t bytes_of(const struct run *run, unsigned long pages);
s2pt_ipa ipa_of(const struct run *run, unsigned long page);
s2pt_pa pa_of(const struct run *run, unsigned long page);

/* What a map step maps as, and what that is in the flat map. */
void make_leaf(const struct run *run, unsigned attr, struct s2pt_leaf *leaf);
uint64_t attr_of(const struct run *run, const struct s2pt_leaf *leaf);
/* What the flat map says of a page. */
bool page_at(const struct run *run, unsigned long page, struct model_leaf *leaf);

/* The machine's opinion, and the flat map's. */
bool judge(struct run *run);

/* The bit of a leaf that is logged; 0 where nothing has been logged yet. */
uint64_t tracking_bit_of(const struct run *run);
/* Do two leaves say the same, but for AF and, where both are logged, dirty state? */
bool is_same_attr(const struct run *run, uint64_t a, uint64_t b);

/* A step that is SHARED_MAP or one behind it. */
bool do_shared(struct run *run, const struct step *step);

/* A guest wrote to a page. */
void note_written(struct run *run, unsigned long page);
/*
 * An operation that may take away what is known of writes (@may) or not has been done on pages: those that
 * are still written, and not dirty in the table, were told in @told (NULL: nobody asked), and are forgotten.
 */
bool settle_written(struct run *run, unsigned long page, unsigned long count, bool may,
		    const struct s2pt_bitmap *told);

#endif
