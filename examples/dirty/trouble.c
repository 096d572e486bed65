/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* trouble.c: see trouble.h. */
#include "trouble.h"

#include "io.h"

static const char *const names[TROUBLE_COUNT] = {
	[TROUBLE_MISSED] = "missed",
	[TROUBLE_UNSEEN] = "unseen",
	[TROUBLE_LATE] = "late",
	[TROUBLE_WRONG] = "wrong",
};

static struct {
	uint64_t count;
	uint64_t where, what;
} troubles[TROUBLE_COUNT];

void
trouble_begin(void)
{
	for (unsigned i = 0; i < TROUBLE_COUNT; i++)
		troubles[i].count = 0;
}

void
trouble(enum trouble kind, uint64_t where, uint64_t what)
{
	if (__atomic_fetch_add(&troubles[kind].count, 1u, __ATOMIC_RELAXED))
		return;
	troubles[kind].where = where;
	troubles[kind].what = what;
}

bool
trouble_end(void)
{
	bool none = true;

	for (unsigned i = 0; i < TROUBLE_COUNT; i++)
		none &= !troubles[i].count;
	for (unsigned i = 0; i < TROUBLE_COUNT && !none; i++) {
		print(" %s %lu", names[i], troubles[i].count);
		if (troubles[i].count)
			print(" (at %lx: %lx)", troubles[i].where, troubles[i].what);
	}
	return none;
}
