/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* check.c: see check.h. */
#include "check.h"

#include "io.h"

#define DETAILS 4u /* troubles that are printed; the rest is counted */

static const char *const names[TROUBLE_COUNT] = {
	[TROUBLE_STALE_DATA] = "stale-data",
	[TROUBLE_STALE_ACCESS] = "stale-access",
	[TROUBLE_FAULT] = "fault",
	[TROUBLE_STATUS] = "status",
	[TROUBLE_LEAK] = "leak",
};

static const char *const touch_names[TOUCH_COUNT] = {
	[TOUCH_LOAD] = "loads",
	[TOUCH_STORE] = "stores",
	[TOUCH_FETCH] = "fetches",
	[TOUCH_WALK] = "walks",
};

static const char *layout;
static const char *scenario;
static unsigned checks;
static unsigned troubles;
static unsigned count[TROUBLE_COUNT];
static unsigned touched[TOUCH_COUNT]; /* with a value */
static unsigned faults;

void
check_begin(const char *layout_name, const char *scenario_name)
{
	layout = layout_name;
	scenario = scenario_name;
	checks = 0;
	troubles = 0;
	for (unsigned i = 0; i < TROUBLE_COUNT; i++)
		count[i] = 0;
	for (unsigned i = 0; i < TOUCH_COUNT; i++)
		touched[i] = 0;
	faults = 0;
}

void
check_touched(enum touch touch, bool value)
{
	if (value)
		touched[touch]++;
	else
		faults++;
}

bool
check_end(void)
{
	print("scenario %s %s %s checks %u", layout, scenario, troubles ? "FAILED" : "ok", checks);
	for (unsigned i = 0; i < TOUCH_COUNT; i++)
		print(" %s %u", touch_names[i], touched[i]);
	print(" faults %u", faults);
	for (unsigned i = 0; troubles && i < TROUBLE_COUNT; i++)
		print(" %s %u", names[i], count[i]);
	print("\n");
	return !troubles;
}

bool
check(bool good, enum trouble trouble, const char *what, uint64_t where, uint64_t seen,
      uint64_t expected)
{
	checks++;
	if (good)
		return true;
	count[trouble]++;
	if (troubles++ < DETAILS)
		print("trouble %s %s: %s: %s at %lx: seen %lx expected %lx\n", layout, scenario,
		      names[trouble], what, where, seen, expected);
	return false;
}
