/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Bytes -> a machine and a sequence of operations on its table, judged as tests/random/property judges them.
 * What fails is printed as a short sequence, which `property --replay` takes.
 *
 * The first HEAD bytes say what kind of machine; every RECORD bytes from there on are one operation, so
 * that a change of a byte changes one thing about one operation. Numbers that are too large are cut.
 */
#include "fuzz.h"
#include "sequence.h"

enum {
	HEAD = 8,
	RECORD = 8,
	RECORDS_MAX = 16,
};

/* Tables' memory: the start tables, what may be in use, what the model does not use again at once. */
enum {
	TABLES = 256,
};

/* A granule's window: a few tables of pages, and the steps in which ranges are laid out in it. */
struct window {
	enum s2pt_granule granule;
	unsigned long pages;
	unsigned long unit[4]; /* a page, a contiguous group, a quarter of a table or so, a table */
};

static const struct window windows[] = {
	{ S2PT_GRANULE_4K, 2048, { 1, 16, 128, 512 } },
	{ S2PT_GRANULE_16K, 4096, { 1, 128, 512, 2048 } },
	{ S2PT_GRANULE_64K, 8192, { 1, 32, 2048, 8192 } },
};

/* --- The machine ------------------------------------------------------------------------------------ */

/* The small tables oftener than the large, which take long. */
static const struct window *
take_window(struct input *in)
{
	static const uint8_t index[8] = { 0, 0, 0, 2, 0, 1, 0, 1 };

	return &windows[index[take8(in) & 7u]];
}

static void
take_shape(struct input *in, struct machine_shape *shape)
{
	uint8_t form = take8(in), switches = take8(in), levels = take8(in);

	shape->ds = form & 1u && shape->granule != S2PT_GRANULE_64K;
	shape->pa_bits = form & 2u ? 52
		       : form & 4u ? 48
				   : 40;
	shape->bbm = (form >> 3) % 3u;
	shape->fwb = switches & 1u;
	shape->xnx = switches & 2u;
	shape->ttl = switches & 4u;
	shape->ranges = switches & 8u;
	shape->haf = switches & 16u;
	shape->zeroed = switches & 32u;
	shape->smmu = switches & 64u;
	shape->direct = switches & 128u;
	shape->ipa_bits = shape->granule + 13u + levels % 28u;
	if (shape->ipa_bits > shape->pa_bits)
		shape->ipa_bits = shape->pa_bits;
	shape->start_level = levels & 128u ? levels >> 5 & 3 : S2PT_START_LEVEL_AUTO;
	shape->pool_bytes = (size_t)TABLES << shape->granule;
}

/* Where the window, the memory that it maps, and the tables lie. */
static void
take_places(struct input *in, struct sequence *sequence, const struct s2pt_format *format,
	    unsigned long window)
{
	uint8_t base = take8(in), memory = take8(in), limit = take8(in);
	unsigned long windows_in = 1ul << (format->ipa_bits - format->granule_lg2);
	unsigned long blocks = 1ul << (format->oa_bits - format->granule_lg2);

	windows_in = windows_in > window ? windows_in / window : 1;
	blocks /= 8 * WINDOW;
	/* From either end of the address space. */
	sequence->base = (base & 128u ? windows_in - 1 - (base & 127u) % windows_in : base % windows_in) * window;
	sequence->pa_base = (memory & 64u ? blocks - 1 - (memory & 63u) % blocks : (memory & 63u) % blocks) *
			    8 * WINDOW;
	if (memory & 128u)
		sequence->shape.pool_pa = (UINT64_C(1) << format->oa_bits) - sequence->shape.pool_bytes;
	sequence->shape.page_limit = limit >= 192 ? limit - 191u : 0;
}

/* --- An operation ----------------------------------------------------------------------------------- */

static unsigned
what_of(uint8_t byte)
{
	static const uint8_t whats[16] = {
		MAP,
		UNMAP,
		PROTECT,
		RETYPE,
		RELAX,
		SPLIT,
		COLLAPSE,
		MOVE,
		ANNOTATE,
		HOLD,
		RELEASE,
		ACCESS,
		CHECK,
		DESTROY,
		MAP,
		UNMAP,
	};

	return whats[byte & 15u];
}

static void
take_range(struct input *in, struct step *step, const struct window *window)
{
	uint8_t page = take8(in), count = take8(in), pa = take8(in);
	unsigned long unit = window->unit[page >> 6];

	step->page = (page & 63u) * unit % window->pages;
	step->count = ((count & 63u) + 1u) * window->unit[count >> 6];
	if (step->count > window->pages - step->page)
		step->count = window->pages - step->page;
	/* One of eight memories, that the window maps to as it is, or shifted by some pages. */
	step->pa_page = step->page + (pa >> 3);
	if (step->pa_page > WINDOW - step->count)
		step->pa_page = WINDOW - step->count;
	step->pa_page += (pa & 7u) * WINDOW;
}

static void
take_step(struct input *in, struct step *step, const struct window *window)
{
	uint8_t what = take8(in), attr = take8(in), budget, batch, fail;

	take_range(in, step, window);
	budget = take8(in);
	batch = take8(in);
	fail = take8(in);
	step->what = what_of(what);
	step->attr = attr & 63u;
	step->flags = what >> 4 | (attr & 64u ? FLAG_HOLD : 0) | (attr & 128u ? FLAG_CACHE : 0);
	/* At most some dozens of calls, but for destroy, where a small budget costs little. */
	step->budget = step->what == DESTROY ? budget
		     : budget                ? budget + (unsigned)(step->count / 32)
					     : 0;
	step->batch = batch & 15u;
	step->cap = batch >> 4 & 7u;
	step->fail = fail >= 192 ? 1u + fail % 8u : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sequence sequence;
	struct input in = { data, size < HEAD ? size : HEAD };
	const struct window *window = take_window(&in);
	struct s2pt_features cpu;
	struct s2pt_format format;

	memset(&sequence, 0, sizeof(sequence));
	sequence.shape.granule = window->granule;
	take_shape(&in, &sequence.shape);
	if (machine_format(&sequence.shape, &cpu, &format) != S2PT_OK)
		sequence.shape.start_level = S2PT_START_LEVEL_AUTO;
	if (machine_format(&sequence.shape, &cpu, &format) != S2PT_OK)
		return 0;
	take_places(&in, &sequence, &format, window->pages);
	for (size_t at = HEAD; at < size && sequence.steps < RECORDS_MAX; at += RECORD) {
		in.at = data + at;
		in.left = size - at < RECORD ? size - at : RECORD;
		take_step(&in, &sequence.step[sequence.steps++], window);
	}
	if (sequence_fails(&sequence, "input", stderr))
		abort();
	return 0;
}
