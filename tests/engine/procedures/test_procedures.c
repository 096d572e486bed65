/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The procedures of the policy, step by step, on a small machine that is as unkind as it may be: after every step all
 * agents that still can act do so, caches write back and fill by themselves, and posted writes arrive as late as they
 * may. A procedure passes if nothing goes wrong and its aim is reached; and it is as short as it can be, since each
 * step that is left out, and each pair of neighbours that is exchanged, goes wrong or misses the aim, but for pairs
 * that are listed.
 *
 * How a change of type cleans, and what TLBs forget, is the engine's: the other tests here judge that.
 */
#include <s2pt/s2pt.h>

#include <stdio.h>
#include <string.h>

/* --- The machine --------------------------------------------------------------------------------------- */

struct machine {
	/* The function, and what the SMMU knows of it. */
	bool bus_master;
	bool ste, ste_cached; /* translates accesses that the function begins */
	bool translated;      /* accesses under way are translated already */
	bool assigned;        /* it is among the masters that the facts were made of */

	/* The guest's RAM. */
	bool chosen_as_stage1; /* what choose() said last */
	bool as_stage1;        /* else Write-Back is forced */
	bool lines;            /* of what the guest believes to be Non-cacheable */
	bool trapped;          /* set/way, and the switching of caches */
	bool toggled, toggle_wanted;

	/* The device's window, and what it holds. */
	bool mapped;     /* for the guest in question */
	bool posted;     /* a write of its last owner is under way */
	bool owned;      /* by its last owner: its state is that one's */
	bool given_away; /* the next guest has it */

	/* Tags. */
	bool tags_stored, tags_seen; /* the new ones */

	const char *wrong;
};

static void
wrong(struct machine *m, const char *what)
{
	if (!m->wrong)
		m->wrong = what;
}

/* The device writes and reads memory, past all caches. */
static void
device_acts(struct machine *m)
{
	const bool reaches = (m->bus_master && (m->ste || m->ste_cached)) || m->translated;

	if (!reaches)
		return;
	m->translated = true;
	if (!m->as_stage1)
		wrong(m, "DMA past caches that the guest cannot avoid");
	else if (m->lines)
		wrong(m, "DMA under lines from before");
	if (m->given_away)
		wrong(m, "DMA into memory of the last owner");
}

static void
guest_acts(struct machine *m)
{
	/* Forced Write-Back fills the caches whatever the guest says. */
	if (!m->as_stage1)
		m->lines = true;
	else if (!m->trapped)
		wrong(m, "set/way and caches that are switched by nobody's leave");
	if (m->toggle_wanted && !m->trapped) {
		m->toggle_wanted = false;
		m->toggled = true;
	}
	if (m->toggled && m->lines)
		wrong(m, "lines from before the caches were on");
}

/* Until the function is the next guest's, the last one writes to it where it can. */
static void
window_acts(struct machine *m, bool last_owner_can_write)
{
	if (last_owner_can_write)
		m->posted = true;
	if (m->given_away && m->owned)
		wrong(m, "the last owner's state");
	if (m->given_away && m->posted)
		wrong(m, "a posted write of the last owner");
}

static void
settle_all(struct machine *m, bool revoking)
{
	device_acts(m);
	guest_acts(m);
	if (revoking)
		window_acts(m, m->mapped && !m->given_away);
}

static void
do_step(struct machine *m, enum s2pt_procedure procedure, enum s2pt_procedure_step step)
{
	const bool revoking = procedure == S2PT_PROCEDURE_REVOKE;

	switch (step) {
	case S2PT_DO_STOP_DMA:
		m->bus_master = false;
		break;
	case S2PT_DO_DETACH:
		/* While it may begin accesses, the SMMU may have read the STE again before it forgot. */
		m->ste = false;
		m->ste_cached = m->bus_master;
		break;
	case S2PT_DO_FORGET:
		m->translated = m->bus_master && m->ste_cached;
		if (m->ste)
			m->translated = true;
		break;
	case S2PT_DO_FACTS:
		m->chosen_as_stage1 = m->assigned = procedure == S2PT_PROCEDURE_PLUG;
		break;
	case S2PT_DO_RETYPE:
		m->as_stage1 = m->chosen_as_stage1;
		m->lines = false;
		break;
	case S2PT_DO_TRAP:
		m->trapped = true;
		break;
	case S2PT_DO_UNTRAP:
		m->trapped = false;
		break;
	case S2PT_DO_ATTACH:
		m->ste = m->ste_cached = true;
		break;
	case S2PT_DO_ALLOW_DMA:
		m->bus_master = true;
		break;
	case S2PT_DO_UNMAP:
		m->mapped = false;
		break;
	case S2PT_DO_DRAIN:
		if (m->posted)
			m->owned = true;
		m->posted = m->mapped && m->posted;
		break;
	case S2PT_DO_RESET:
		/* What arrives behind it makes the state the last owner's again. */
		m->owned = m->posted || m->bus_master;
		break;
	case S2PT_DO_MAP:
		if (procedure == S2PT_PROCEDURE_TAGS && !m->tags_seen)
			wrong(m, "tags of the last owner");
		m->given_away = revoking;
		m->mapped = true;
		break;
	case S2PT_DO_CLEAN:
		m->lines = !m->trapped && m->lines;
		break;
	case S2PT_DO_LET:
		m->toggle_wanted = false;
		m->toggled = true;
		break;
	case S2PT_DO_INIT_TAGS:
		m->tags_stored = true;
		m->tags_seen = false;
		break;
	case S2PT_DO_BARRIER:
		m->tags_seen = m->tags_stored;
		break;
	case S2PT_DO_COUNT:
		break;
	}
	settle_all(m, revoking);
}

/* --- Where each procedure begins, and its aim ------------------------------------------------------------ */

/* A function that somebody else had may still be told to be a bus master. */
static struct machine
before(enum s2pt_procedure procedure)
{
	switch (procedure) {
	case S2PT_PROCEDURE_PLUG:
		return (struct machine){ .bus_master = true, .lines = true };
	case S2PT_PROCEDURE_UNPLUG:
		return (struct machine){
			.bus_master = true,
			.ste = true,
			.ste_cached = true,
			.translated = true,
			.assigned = true,
			.chosen_as_stage1 = true,
			.as_stage1 = true,
			.trapped = true,
		};
	case S2PT_PROCEDURE_REVOKE:
		return (struct machine){
			.bus_master = true,
			.ste = true,
			.ste_cached = true,
			.translated = true,
			.chosen_as_stage1 = true,
			.as_stage1 = true,
			.trapped = true,
			.mapped = true,
			.posted = true,
			.owned = true,
		};
	case S2PT_PROCEDURE_CACHES_ON:
		return (struct machine){ .as_stage1 = true, .lines = true, .toggle_wanted = true };
	default:
		return (struct machine){ .as_stage1 = true, .trapped = true };
	}
}

static bool
is_reached(const struct machine *m, enum s2pt_procedure procedure)
{
	switch (procedure) {
	case S2PT_PROCEDURE_PLUG:
		return m->bus_master && m->ste && m->as_stage1 && m->trapped && m->assigned;
	case S2PT_PROCEDURE_UNPLUG:
		return !m->bus_master && !m->ste && !m->ste_cached && !m->translated && !m->as_stage1 && !m->trapped &&
		       !m->assigned;
	case S2PT_PROCEDURE_REVOKE:
		return m->given_away && !m->posted && !m->owned && !m->bus_master && !m->ste && !m->ste_cached &&
		       !m->translated;
	case S2PT_PROCEDURE_CACHES_ON:
		return m->toggled && !m->lines;
	default:
		return m->mapped;
	}
}

/* --- Every way to do it wrong ---------------------------------------------------------------------------- */

#define STEPS_MAX 16

static size_t
steps_of(enum s2pt_procedure procedure, enum s2pt_procedure_step *steps)
{
	size_t count = 0;

	while (count < STEPS_MAX && (steps[count] = s2pt_procedure_step_at(procedure, count)) != S2PT_DO_COUNT)
		count++;
	return count;
}

/* What goes wrong, or NULL. */
static const char *
run(enum s2pt_procedure procedure, const enum s2pt_procedure_step *steps, size_t count)
{
	struct machine m = before(procedure);

	for (size_t i = 0; i < count; i++)
		do_step(&m, procedure, steps[i]);
	return m.wrong ? m.wrong : is_reached(&m, procedure) ? NULL
							     : "the aim is not reached";
}

/*
 * Neighbours of which either may come first, and a step (the second is S2PT_DO_COUNT) that is there for good measure.
 */
static const struct {
	enum s2pt_procedure procedure;
	enum s2pt_procedure_step first, second;
} harmless[] = {
	/*
	 * Nothing reaches memory before the STE is valid; stopping first is for a function that another STE still
	 * serves.
	 */
	{ S2PT_PROCEDURE_PLUG, S2PT_DO_STOP_DMA, S2PT_DO_FACTS },
	{ S2PT_PROCEDURE_PLUG, S2PT_DO_STOP_DMA, S2PT_DO_COUNT },
	{ S2PT_PROCEDURE_PLUG, S2PT_DO_FACTS, S2PT_DO_TRAP },
	/* An access needs both a valid STE and bus mastering: the second of the two is what must come last. */
	{ S2PT_PROCEDURE_PLUG, S2PT_DO_RETYPE, S2PT_DO_ATTACH },
	{ S2PT_PROCEDURE_PLUG, S2PT_DO_ATTACH, S2PT_DO_ALLOW_DMA },
	{ S2PT_PROCEDURE_UNPLUG, S2PT_DO_FORGET, S2PT_DO_FACTS },
	{ S2PT_PROCEDURE_REVOKE, S2PT_DO_UNMAP, S2PT_DO_STOP_DMA },
	{ S2PT_PROCEDURE_REVOKE, S2PT_DO_FORGET, S2PT_DO_DRAIN },
};
static bool used[sizeof(harmless) / sizeof(harmless[0])];

static bool
is_harmless(enum s2pt_procedure procedure, enum s2pt_procedure_step first, enum s2pt_procedure_step second)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (harmless[i].procedure == procedure && harmless[i].first == first && harmless[i].second == second)
			return used[i] = true;
	return false;
}

/* A way to do it wrong must be noticed, unless it is listed, and what is listed must be harmless. */
static bool
must_fail(enum s2pt_procedure procedure, const enum s2pt_procedure_step *steps, size_t count,
	  enum s2pt_procedure_step first, enum s2pt_procedure_step second)
{
	const char *what = run(procedure, steps, count);
	const bool listed = is_harmless(procedure, first, second);

	printf("%s %s: %s \"%s\"%s%s%s: %s\n", !what == listed ? "ok  " : "FAIL", s2pt_procedure_name(procedure),
	       second == S2PT_DO_COUNT ? "without" : "exchanged", s2pt_step_text(first),
	       second == S2PT_DO_COUNT ? "" : " and \"", second == S2PT_DO_COUNT ? "" : s2pt_step_text(second),
	       second == S2PT_DO_COUNT ? "" : "\"", what ? what : "harmless");
	return !what == listed;
}

static bool
try_procedure(enum s2pt_procedure procedure)
{
	enum s2pt_procedure_step steps[STEPS_MAX + 1], other[STEPS_MAX + 1];
	const size_t count = steps_of(procedure, steps);
	const char *what = run(procedure, steps, count);
	bool good = !what && count > 1 && count < STEPS_MAX;

	printf("%s %s: %zu steps: %s\n", good ? "ok  " : "FAIL", s2pt_procedure_name(procedure), count,
	       what ? what : "as it should be");
	for (size_t i = 0; i < count; i++) {
		memcpy(other, steps, sizeof(steps));
		memmove(&other[i], &other[i + 1], (count - i - 1) * sizeof(other[0]));
		good &= must_fail(procedure, other, count - 1, steps[i], S2PT_DO_COUNT);
		if (i + 1 == count)
			break;
		memcpy(other, steps, sizeof(steps));
		other[i] = steps[i + 1];
		other[i + 1] = steps[i];
		good &= must_fail(procedure, other, count, steps[i], steps[i + 1]);
	}
	return good;
}

int
main(void)
{
	bool good = true;

	for (unsigned p = 0; p < S2PT_PROCEDURE_COUNT; p++)
		good &= try_procedure((enum s2pt_procedure)p);
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		if (!used[i]) {
			printf("FAIL: harmless way %zu is none\n", i);
			good = false;
		}
	if (s2pt_procedure_step_at(S2PT_PROCEDURE_COUNT, 0) != S2PT_DO_COUNT ||
	    s2pt_procedure_step_at(S2PT_PROCEDURE_TAGS, SIZE_MAX) != S2PT_DO_COUNT) {
		printf("FAIL: steps of no procedure, or past the end\n");
		good = false;
	}
	return !good;
}
