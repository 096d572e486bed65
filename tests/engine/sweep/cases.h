/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cases.h: operations in the shapes that need memory, or have much to do, for the sweeps. */
#ifndef S2PT_TESTS_CASES_H
#define S2PT_TESTS_CASES_H

#include "kit.h"

struct sweep_case {
	const char *name;
	bool giant; /* needs level 1 blocks: 4K only */
	bool relax; /* other CPUs may keep fewer rights */
	bool large; /* hundreds of tables */
	/* What is there before; the range that the operation is about. */
	void (*prepare)(struct kit *kit, uint64_t *ipa, uint64_t *size);
	/* The operation, on what is left of its range behind @skip bytes. */
	enum s2pt_status (*act)(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size,
				uint64_t skip);
	/* What a flat map says when all of it is done. */
	void (*expect)(struct kit *kit, struct model_map *map, uint64_t ipa, uint64_t size);
};

extern const struct sweep_case sweep_cases[];
extern const size_t sweep_cases_count;

/* Prepare, with the flat map in kit->map. */
void sweep_prepare(struct kit *kit, const struct sweep_case *c, uint64_t *ipa, uint64_t *size);

/* One call of the operation, between the judge's marks. */
enum s2pt_status sweep_act(struct kit *kit, const struct sweep_case *c, struct s2pt_op *op,
			   uint64_t ipa, uint64_t size, uint64_t skip);

/* Everything out again, so that the machine can serve the next. */
void sweep_clear(struct kit *kit);

#endif
