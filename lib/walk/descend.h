/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * descend.h: the part of a walk that is the same in both stages. Their tables differ in the attributes of leaves, not
 * in geometry: stage 1 has a struct s2pt_format, too, of which only that is filled in.
 */
#ifndef S2PT_WALK_DESCEND_H
#define S2PT_WALK_DESCEND_H

#include <s2pt/walk.h>

#define RIGHTS_ALL (S2PT_RIGHT_READ | S2PT_RIGHT_WRITE | S2PT_RIGHT_EXEC)

/* A walk for @input that has not begun. */
void s2pt__walk_begin(struct s2pt_walk *walk, uint64_t input, uint32_t notes);

/* There is no translation: what goes in comes out, with all rights. */
void s2pt__walk_off(struct s2pt_walk *walk);

/* The access faults. Returns false. */
bool s2pt__walk_fault(struct s2pt_walk *walk, enum s2pt_fault_kind kind, int level);

/* From the start table(s) at @root to the leaf. False: a fault. */
bool s2pt__descend(const struct s2pt_format *format, uint64_t root, const struct s2pt_reader *reader,
		   struct s2pt_walk *walk);

/*
 * At the leaf, whose rights are known: AF, and the right that the access needs. @dirty is the bit of the leaf that
 * hardware inverts when it is written to; 0 where it does not.
 */
bool s2pt__walk_end(const struct s2pt_format *format, const struct s2pt_walk_access *access, uint64_t dirty,
		    struct s2pt_walk *walk);

/* s2pt_walk_stage2() for an access to @va, which may be NULL: not known. */
bool s2pt__walk_stage2(const struct s2pt_walker *walker, const struct s2pt_reader *reader,
		       const struct s2pt_walk_access *access, uint64_t ipa, const uint64_t *va, struct s2pt_walk *walk);

static inline uint64_t
walk_leaf(const struct s2pt_walk *walk)
{
	return walk->step[walk->steps - 1u].desc.raw;
}

#endif
