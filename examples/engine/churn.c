/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* churn.c: see churn.h. */
#include "churn.h"

#include "world.h"

#define STATE UINT64_C(0x123456789abcdef1)

static uint64_t shadow[WORLD_PAGES_MAX][FRAME_DATA_WORDS];

static void
take_shadow(void)
{
	for (unsigned i = 0; i < world.pages; i++) {
		for (unsigned k = 0; k < FRAME_DATA_WORDS; k++)
			shadow[i][k] = world_frame(i)[k];
	}
}

/* The walk in the shadow; returns what it gathers. */
static uint64_t
walk_shadow(unsigned steps)
{
	uint64_t gathered = 0;
	uint64_t state = STATE;

	while (steps--) {
		struct churn_step step;
		uint64_t *word;

		state = guest_churn_step(state, world.pages, &step);
		word = &shadow[step.page][step.word];
		gathered = (gathered >> 1 | gathered << 63) ^ *word;
		if (step.store)
			*word += state;
	}
	return gathered;
}

static void
compare_shadow(void)
{
	for (unsigned i = 0; i < world.pages; i++) {
		for (unsigned k = 0; k < FRAME_DATA_WORDS; k++)
			check(world_frame(i)[k] == shadow[i][k], TROUBLE_STALE_DATA,
			      "a word after the walk", i * FRAME_WORDS + k, world_frame(i)[k],
			      shadow[i][k]);
	}
}

void
churn(unsigned steps, bool (*fault)(const struct s2pt_fault *fault), void (*yield)(void))
{
	const struct churn plan = {
		.pages = world.pages,
		.steps = steps,
		.state = STATE,
		.fault = fault,
		.yield = yield,
	};
	struct answer answer;

	take_shadow();
	answer = host_churn(&plan);
	if (!check(answer.ending == ENDING_VALUE, TROUBLE_FAULT, "the walk did not end", answer.far,
		   answer.ending == ENDING_FAULT ? answer.fault.ipa.addr : answer.value, 0))
		return;
	check(answer.value == walk_shadow(steps), TROUBLE_STALE_DATA, "what the walk gathered", 0,
	      answer.value, 0);
	compare_shadow();
}

unsigned
churn_page_of(const struct s2pt_fault *fault)
{
	uint64_t page = (fault->ipa.addr - GUEST_WINDOW) >> world.page_lg2;
	bool good = fault->ipa_known && fault->ipa.addr >= GUEST_WINDOW && page < world.pages;

	check(good, TROUBLE_FAULT, "fault outside of the window", fault->ipa.addr, fault->kind, 0);
	return good ? (unsigned)page : world.pages;
}
