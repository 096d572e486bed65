/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

#define K4 UINT64_C(0x1000)
#define M2 UINT64_C(0x200000)
#define G1 UINT64_C(0x40000000)

static const s2pt_feats ranges = S2PT_FEAT_TLBIRANGE | S2PT_FEAT_TTL;

static struct s2pt_tlbi_request
leaves(uint64_t ipa, uint64_t size, int level)
{
	struct s2pt_tlbi_request request = {
		.ipa = { ipa },
		.size = size,
		.level = (int8_t)level,
		.last_level = true,
	};

	return request;
}

static struct s2pt_tlbi_request
anything(uint64_t ipa, uint64_t size)
{
	struct s2pt_tlbi_request request = {
		.ipa = { ipa },
		.size = size,
		.level = S2PT_TLBI_ANY_LEVEL,
	};

	return request;
}

/* --- Encodings, written down from the A64 system instruction tables --------------------------------- */

static void
test_encodings(void **state)
{
	static const struct {
		enum s2pt_tlbi_op op;
		enum s2pt_tlbi_scope scope;
		struct s2pt_sys sys;
	} rows[] = {
		{ S2PT_TLBI_IPAS2E1, S2PT_TLBI_LOCAL, { 4, 8, 4, 1 } },
		{ S2PT_TLBI_IPAS2E1, S2PT_TLBI_IS, { 4, 8, 0, 1 } },
		{ S2PT_TLBI_IPAS2E1, S2PT_TLBI_OS, { 4, 8, 4, 0 } },
		{ S2PT_TLBI_IPAS2LE1, S2PT_TLBI_LOCAL, { 4, 8, 4, 5 } },
		{ S2PT_TLBI_IPAS2LE1, S2PT_TLBI_IS, { 4, 8, 0, 5 } },
		{ S2PT_TLBI_IPAS2LE1, S2PT_TLBI_OS, { 4, 8, 4, 4 } },
		{ S2PT_TLBI_RIPAS2E1, S2PT_TLBI_LOCAL, { 4, 8, 4, 2 } },
		{ S2PT_TLBI_RIPAS2E1, S2PT_TLBI_IS, { 4, 8, 0, 2 } },
		{ S2PT_TLBI_RIPAS2E1, S2PT_TLBI_OS, { 4, 8, 4, 3 } },
		{ S2PT_TLBI_RIPAS2LE1, S2PT_TLBI_LOCAL, { 4, 8, 4, 6 } },
		{ S2PT_TLBI_RIPAS2LE1, S2PT_TLBI_IS, { 4, 8, 0, 6 } },
		{ S2PT_TLBI_RIPAS2LE1, S2PT_TLBI_OS, { 4, 8, 4, 7 } },
		{ S2PT_TLBI_VMALLE1, S2PT_TLBI_LOCAL, { 0, 8, 7, 0 } },
		{ S2PT_TLBI_VMALLE1, S2PT_TLBI_IS, { 0, 8, 3, 0 } },
		{ S2PT_TLBI_VMALLE1, S2PT_TLBI_OS, { 0, 8, 1, 0 } },
		{ S2PT_TLBI_ALLE1, S2PT_TLBI_LOCAL, { 4, 8, 7, 4 } },
		{ S2PT_TLBI_ALLE1, S2PT_TLBI_IS, { 4, 8, 3, 4 } },
		{ S2PT_TLBI_ALLE1, S2PT_TLBI_OS, { 4, 8, 1, 4 } },
		{ S2PT_TLBI_VMALLS12E1, S2PT_TLBI_LOCAL, { 4, 8, 7, 6 } },
		{ S2PT_TLBI_VMALLS12E1, S2PT_TLBI_IS, { 4, 8, 3, 6 } },
		{ S2PT_TLBI_VMALLS12E1, S2PT_TLBI_OS, { 4, 8, 1, 6 } },
		{ S2PT_TLBI_VALE2, S2PT_TLBI_LOCAL, { 4, 8, 7, 5 } },
		{ S2PT_TLBI_VALE2, S2PT_TLBI_IS, { 4, 8, 3, 5 } },
		{ S2PT_TLBI_VALE2, S2PT_TLBI_OS, { 4, 8, 1, 5 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned nxs = 0; nxs < 2; nxs++) {
			struct s2pt_sys sys = s2pt_tlbi_sys(rows[i].op, rows[i].scope, nxs);

			CHECK(sys.op1 == rows[i].sys.op1 && sys.crn == rows[i].sys.crn + nxs &&
				      sys.crm == rows[i].sys.crm && sys.op2 == rows[i].sys.op2,
			      "row %zu nxs %u: %u,%u,%u,%u", i, nxs, sys.op1, sys.crn, sys.crm, sys.op2);
		}
	}
}

/* A sequence begins in storage that holds anything: here 1 in each byte, which is true for each bool. */
static enum s2pt_status
begin(struct s2pt_tlbi_seq *seq, const struct s2pt_format *format, const struct s2pt_tlbi_params *params,
      const struct s2pt_tlbi_request *requests, size_t count)
{
	memset(seq, 1, sizeof(*seq));
	return s2pt_tlbi_begin(seq, format, params, requests, count);
}

/* --- What a sequence covers ------------------------------------------------------------------------ */

struct cover {
	uint64_t next; /* what has been covered ends here */
	uint64_t ops;
};

/* What s2pt_tlbi_decode() says of a step is what the step is for. */
static void
check_decoded(const struct s2pt_format *format, const struct s2pt_tlbi_request *request,
	      const struct s2pt_tlbi_step *step, uint64_t base, uint64_t bytes)
{
	const bool range = step->op == S2PT_TLBI_RIPAS2E1 || step->op == S2PT_TLBI_RIPAS2LE1;
	struct s2pt_tlbi_cover cover;

	POISONED(cover);
	CHECK_STATUS(s2pt_tlbi_decode(&step->sys, step->operand, format->feats & S2PT_FEAT_LPA2, &cover), S2PT_OK,
		     "decode");
	CHECK(cover.by == S2PT_TLBI_BY_IPA && cover.stage2 && !cover.stage1 && cover.el == 1, "by IPA");
	CHECK(cover.scope == step->scope && cover.nxs == step->nxs && cover.last_level == request->last_level, "form");
	CHECK_U64(cover.address, base, "address");
	if (range || cover.level != S2PT_TLBI_ANY_LEVEL)
		CHECK_U64(cover.size, bytes, "size");
	else
		CHECK_U64(cover.size, 0, "size");
	if (cover.level != S2PT_TLBI_ANY_LEVEL)
		CHECK(cover.level == request->level && cover.granule_lg2 == format->granule_lg2, "hint");
	/* The sequence gives a hint wherever there is one, and decoding must not lose it. (Level 0: not of ranges.) */
	if (request->level > 0 && (format->feats & S2PT_FEAT_TTL))
		CHECK_U64((uint64_t)cover.level, (uint64_t)request->level, "lost hint");
}

/* What an operation covers, read from its operand as the manual lays it out. */
static void
follow(const struct s2pt_format *format, const struct s2pt_tlbi_request *request,
       const struct s2pt_tlbi_step *step, struct cover *cover)
{
	bool range = step->op == S2PT_TLBI_RIPAS2E1 || step->op == S2PT_TLBI_RIPAS2LE1;
	bool ds = format->feats & S2PT_FEAT_LPA2;
	uint64_t bytes, base;

	if (range) {
		unsigned shift = ds ? 16 : format->granule_lg2;
		unsigned scale = step->operand >> 44 & 3, num = step->operand >> 39 & 31;

		base = (step->operand & ((UINT64_C(1) << 37) - 1)) << shift;
		bytes = (uint64_t)(num + 1) << (5 * scale + 1) << format->granule_lg2;
	} else {
		base = (step->operand & ((UINT64_C(1) << 40) - 1)) << 12;
		bytes = request->level == S2PT_TLBI_ANY_LEVEL
			      ? UINT64_C(1) << format->granule_lg2
			      : UINT64_C(1) << s2pt_format_level_lg2(format, request->level);
	}
	check_decoded(format, request, step, base, bytes);
	CHECK(base == cover->next, "operation at 0x%" PRIx64 ", expected 0x%" PRIx64, base, cover->next);
	CHECK(bytes <= request->ipa.addr + request->size - base,
	      "0x%" PRIx64 " bytes at 0x%" PRIx64 " are more than was asked for", bytes, base);
	cover->next += bytes;
	cover->ops++;
}

/* To the end of its sequence: each operation follows on the one before, and together they are the request. */
static uint64_t
run(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	static const struct s2pt_tlbi_params params = { .max_ops = S2PT_TLBI_NO_LIMIT };
	struct cover cover = { request->ipa.addr, 0 };
	struct s2pt_tlbi_step step;
	struct s2pt_tlbi_seq seq;

	CHECK_STATUS(begin(&seq, format, &params, request, 1), S2PT_OK, "begin");
	while (s2pt_tlbi_next(&seq, &step))
		if (step.kind == S2PT_STEP_TLBI && step.op != S2PT_TLBI_VMALLE1)
			follow(format, request, &step, &cover);
	CHECK_U64(cover.next, request->ipa.addr + request->size, "end of what was invalidated");
	CHECK_U64(s2pt_tlbi_ops(format, request), cover.ops, "s2pt_tlbi_ops");
	return cover.ops;
}

/* --- Operands -------------------------------------------------------------------------------------- */

/* The first TLBI of the sequence for one request. */
static struct s2pt_tlbi_step
first_tlbi_with(const struct s2pt_format *format, const struct s2pt_tlbi_params *params,
		const struct s2pt_tlbi_request *request)
{
	struct s2pt_tlbi_step step;
	struct s2pt_tlbi_seq seq;

	CHECK_STATUS(begin(&seq, format, params, request, 1), S2PT_OK, "begin");
	assert_true(s2pt_tlbi_next(&seq, &step));
	assert_int_equal(step.kind, S2PT_STEP_DSB_ST);
	assert_true(s2pt_tlbi_next(&seq, &step));
	assert_int_equal(step.kind, S2PT_STEP_TLBI);
	return step;
}

static struct s2pt_tlbi_step
first_tlbi(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	static const struct s2pt_tlbi_params params;

	return first_tlbi_with(format, &params, request);
}

static void
test_operands(void **state)
{
	struct s2pt_format k4 = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 48, 48, ranges);
	struct s2pt_format k4_plain = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 48, 48, 0);
	struct s2pt_format k16 = format_of(S2PT_GRANULE_16K, S2PT_SPACE_NONSECURE, 48, 48, ranges);
	struct s2pt_format k64 = format_of(S2PT_GRANULE_64K, S2PT_SPACE_NONSECURE, 52, 52,
					   ranges | S2PT_FEAT_LPA);
	struct s2pt_format ds = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 52, 52,
					  ranges | S2PT_FEAT_LPA | S2PT_FEAT_LPA2);
	const struct {
		const char *what;
		const struct s2pt_format *format;
		struct s2pt_tlbi_request request;
		enum s2pt_tlbi_op op;
		uint64_t operand;
	} rows[] = {
		{ "a page, no hint", &k4, anything(0x12345000, K4), S2PT_TLBI_IPAS2E1, 0x12345 },
		{ "a page, no TTL", &k4_plain, leaves(0x12345000, K4, 3), S2PT_TLBI_IPAS2LE1, 0x12345 },
		{ "a page", &k4, leaves(0x12345000, K4, 3), S2PT_TLBI_IPAS2LE1,
		  UINT64_C(7) << 44 | 0x12345 },
		{ "a 2M block", &k4, leaves(M2, M2, 2), S2PT_TLBI_IPAS2LE1,
		  UINT64_C(6) << 44 | 0x200 },
		{ "a 1G block", &k4, leaves(G1, G1, 1), S2PT_TLBI_IPAS2LE1,
		  UINT64_C(5) << 44 | 0x40000 },
		{ "a 512G block", &ds, leaves(UINT64_C(1) << 51, UINT64_C(1) << 39, 0),
		  S2PT_TLBI_IPAS2LE1, UINT64_C(4) << 44 | UINT64_C(1) << 39 },
		{ "a 16K page", &k16, leaves(0x8000, 0x4000, 3), S2PT_TLBI_IPAS2LE1,
		  UINT64_C(0xb) << 44 | 8 },
		{ "a 64K page", &k64, leaves(UINT64_C(0xf) << 48, 0x10000, 3), S2PT_TLBI_IPAS2LE1,
		  UINT64_C(0xf) << 44 | UINT64_C(0xf) << 36 },
		/* TG 1, SCALE 0, NUM 0, TTL 3 */
		{ "two pages", &k4, leaves(0x10000, 2 * K4, 3), S2PT_TLBI_RIPAS2LE1,
		  UINT64_C(1) << 46 | UINT64_C(3) << 37 | 0x10 },
		/* 262144 granules = 8 * 2^15: SCALE 3 is 2^16: NUM 3 */
		{ "1G, tables too", &k4, anything(G1, G1), S2PT_TLBI_RIPAS2E1,
		  UINT64_C(1) << 46 | UINT64_C(3) << 44 | UINT64_C(3) << 39 | 0x40000 },
		{ "16K base", &k16, leaves(0x8000, 0x8000, 3), S2PT_TLBI_RIPAS2LE1,
		  UINT64_C(2) << 46 | UINT64_C(3) << 37 | 2 },
		{ "64K base", &k64, leaves(0x20000, 0x20000, 3), S2PT_TLBI_RIPAS2LE1,
		  UINT64_C(3) << 46 | UINT64_C(3) << 37 | 2 },
		{ "DS base", &ds, leaves(0x20000, 2 * K4, 3), S2PT_TLBI_RIPAS2LE1,
		  UINT64_C(1) << 46 | UINT64_C(3) << 37 | 2 },
		/* Larger than the largest range. */
		{ "two 512G blocks", &ds, leaves(0, UINT64_C(1) << 40, 0), S2PT_TLBI_IPAS2LE1,
		  UINT64_C(4) << 44 },
		{ "two 4T blocks", &k64, leaves(0, UINT64_C(1) << 43, 1), S2PT_TLBI_IPAS2LE1,
		  UINT64_C(0xd) << 44 },
		/* 2^21 granules: the largest range; one more granule is not in it. */
		{ "8G, tables too", &k4, anything(0, UINT64_C(1) << 33), S2PT_TLBI_RIPAS2E1,
		  UINT64_C(1) << 46 | UINT64_C(3) << 44 | UINT64_C(31) << 39 },
		{ "8G and a page", &k4, anything(0, (UINT64_C(1) << 33) + K4), S2PT_TLBI_RIPAS2E1,
		  UINT64_C(1) << 46 | UINT64_C(3) << 44 | UINT64_C(31) << 39 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_tlbi_step step = first_tlbi(rows[i].format, &rows[i].request);

		CHECK(step.op == rows[i].op, "%s: op %d", rows[i].what, (int)step.op);
		CHECK_U64(step.operand, rows[i].operand, rows[i].what);
		run(rows[i].format, &rows[i].request);
	}
}

static void
test_ns_is_bit_63(void **state)
{
	struct s2pt_format format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 40, 48, ranges);
	const struct s2pt_tlbi_params params = { .ns = true };
	struct s2pt_tlbi_request request = leaves(0, K4, 3);

	(void)state;
	CHECK_U64(first_tlbi_with(&format, &params, &request).operand,
		  UINT64_C(1) << 63 | UINT64_C(7) << 44, "one");
	request.size = 2 * K4;
	CHECK_U64(first_tlbi_with(&format, &params, &request).operand >> 63, 1, "range");
	request.vmid = true;
	CHECK_U64(first_tlbi_with(&format, &params, &request).operand, 0, "all");
}

/* --- Splitting: exactly what was asked for, with the fewest operations ------------------------------- */

/* The fewest operations for any number of granules, by dynamic programming over all that there are. */
#define MOST 5000
static unsigned fewest[MOST + 1];

static void
find_fewest(void)
{
	for (unsigned n = 1; n <= MOST; n++) {
		fewest[n] = fewest[n - 1] + 1;
		for (unsigned scale = 0; scale < 3; scale++)
			for (unsigned num = 1; num <= 32; num++) {
				unsigned covers = num << (5 * scale + 1);

				if (covers <= n && fewest[n - covers] + 1 < fewest[n])
					fewest[n] = fewest[n - covers] + 1;
			}
	}
}

static void
test_split_is_exact_and_least(void **state)
{
	static const enum s2pt_granule granules[] = { S2PT_GRANULE_4K, S2PT_GRANULE_16K, S2PT_GRANULE_64K };

	(void)state;
	find_fewest();
	for (size_t g = 0; g < COUNT(granules); g++) {
		struct s2pt_format format =
			format_of(granules[g], S2PT_SPACE_NONSECURE, 44, 48, ranges);

		for (unsigned n = 1; n <= MOST; n++) {
			struct s2pt_tlbi_request request =
				anything(UINT64_C(37) << granules[g], (uint64_t)n << granules[g]);

			CHECK_U64(run(&format, &request), fewest[n], "operations");
		}
	}
}

/* What a range operation covers. */
static uint64_t
range_bytes(const struct s2pt_format *format, uint64_t operand)
{
	return ((operand >> 39 & 31u) + 1u) << (5u * (operand >> 44 & 3u) + 1u + format->granule_lg2);
}

/*
 * Of a request that consists of whole contiguous groups no operation covers a part of one, which costs nothing; but for
 * groups that are larger than the largest range.
 */
static void
test_split_spares_groups(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		s2pt_feats feats;
	} shapes[] = {
		{ S2PT_GRANULE_4K, 0 },
		{ S2PT_GRANULE_16K, 0 },
		{ S2PT_GRANULE_64K, 0 },
		{ S2PT_GRANULE_4K, S2PT_FEAT_LPA | S2PT_FEAT_LPA2 },
		{ S2PT_GRANULE_16K, S2PT_FEAT_LPA | S2PT_FEAT_LPA2 },
	};
	const struct s2pt_tlbi_params params = { .max_ops = S2PT_TLBI_NO_LIMIT };
	unsigned tried = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct s2pt_format format = format_of(shapes[i].granule, S2PT_SPACE_NONSECURE, 48,
						      shapes[i].feats ? 52 : 48, ranges | shapes[i].feats);

		for (int level = 1; level <= 3; level++) {
			const unsigned group = s2pt_format_contiguous_lg2(&format, level);
			const unsigned lg2 = s2pt_format_level_lg2(&format, level) + group;
			const bool fits = group && lg2 - format.granule_lg2 <= 21;

			for (uint64_t count = 1; fits && count < 600; count++) {
				struct s2pt_tlbi_request request = leaves(UINT64_C(3) << lg2, count << lg2, level);
				struct s2pt_tlbi_step step;
				struct s2pt_tlbi_seq seq;

				if ((count + 3u) << lg2 >> 48)
					break;
				CHECK_STATUS(begin(&seq, &format, &params, &request, 1), S2PT_OK, "begin");
				while (s2pt_tlbi_next(&seq, &step)) {
					if (step.op >= S2PT_TLBI_VMALLE1 || step.kind != S2PT_STEP_TLBI)
						continue;
					CHECK(step.op == S2PT_TLBI_RIPAS2LE1,
					      "level %d, %" PRIu64 " groups: a single operation", level, count);
					CHECK(!(range_bytes(&format, step.operand) & ((UINT64_C(1) << lg2) - 1u)),
					      "level %d, %" PRIu64 " groups: a part of one", level, count);
					tried++;
				}
			}
		}
	}
	CHECK(tried > 6000, "%u operations", tried);
}

/* With DS=1 a range base is a multiple of 64 KiB: single operations up to one. */
static void
test_split_ds(void **state)
{
	struct s2pt_format format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 52, 52,
					      ranges | S2PT_FEAT_LPA | S2PT_FEAT_LPA2);

	(void)state;
	for (unsigned from = 0; from < 16; from++) {
		for (unsigned n = 1; n <= 1500; n++) {
			struct s2pt_tlbi_request request =
				anything((UINT64_C(1) << 50) + from * K4, n * K4);
			unsigned head = from ? 16 - from : 0;
			unsigned least = n <= head ? n : head + fewest[n - head];

			CHECK_U64(run(&format, &request), least, "operations");
		}
	}
}

static void
test_split_without_ranges(void **state)
{
	struct s2pt_format format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 40, 48, 0);
	struct s2pt_tlbi_request pages = leaves(0x5000, 7 * K4, 3);
	struct s2pt_tlbi_request blocks = leaves(M2, 7 * M2, 2);
	struct s2pt_tlbi_request mixed = anything(M2, M2);

	(void)state;
	CHECK_U64(run(&format, &pages), 7, "pages");
	CHECK_U64(run(&format, &blocks), 7, "blocks");
	CHECK_U64(run(&format, &mixed), 512, "any level");
}

static void
test_split_large(void **state)
{
	struct s2pt_format format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 48, 48, ranges);
	struct s2pt_tlbi_request all = anything(0, UINT64_C(1) << 48);
	struct s2pt_tlbi_request gib = anything(G1, G1);
	struct s2pt_tlbi_request blocks = leaves(0, G1, 2);

	(void)state;
	CHECK_U64(run(&format, &all), UINT64_C(1) << 15, "the whole IPA space");
	CHECK_U64(run(&format, &gib), 1, "1 GiB");
	CHECK_U64(run(&format, &blocks), 1, "512 blocks");
}

/* Every leaf of every format: with ranges, as many operations as one granule's count takes, or one a leaf. */
static void
test_split_leaves(void **state)
{
	static const struct {
		enum s2pt_granule granule;
		s2pt_feats feats;
		unsigned bits;
	} formats[] = {
		{ S2PT_GRANULE_4K, 0, 48 },
		{ S2PT_GRANULE_16K, 0, 48 },
		{ S2PT_GRANULE_64K, 0, 48 },
		{ S2PT_GRANULE_4K, S2PT_FEAT_LPA | S2PT_FEAT_LPA2, 52 },
		{ S2PT_GRANULE_16K, S2PT_FEAT_LPA | S2PT_FEAT_LPA2, 52 },
		{ S2PT_GRANULE_64K, S2PT_FEAT_LPA, 52 },
	};
	static const unsigned counts[] = { 1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 63, 64, 65, 100, 511, 513, 1025, 2047 };
	unsigned levels = 0, beyond = 0;

	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++)
		for (int level = -1; level <= 3; level++)
			for (unsigned with = 0; with < 2; with++) {
				struct s2pt_format format = format_of(formats[f].granule, S2PT_SPACE_NONSECURE,
								      formats[f].bits, formats[f].bits,
								      formats[f].feats | (with ? ranges : 0));
				unsigned unit = s2pt_format_level_lg2(&format, level);

				if (level < 3 && !s2pt_format_has_block(&format, level))
					continue;
				levels++;
				for (size_t c = 0;
				     c < COUNT(counts) && counts[c] < UINT64_C(1) << (formats[f].bits - unit); c++)
					for (unsigned from = 0; from <= 17; from += 17) {
						uint64_t ipa = (uint64_t)from << unit,
							 size = (uint64_t)counts[c] << unit;
						struct s2pt_tlbi_request request = leaves(ipa, size, level);
						bool fits = unit <= formats[f].granule + 21u;
						uint64_t ops;

						if (ipa + size > UINT64_C(1) << formats[f].bits)
							continue;
						ops = run(&format, &request);
						if (!with || !fits)
							CHECK_U64(ops, counts[c], "one for each leaf");
						else if (level < 3)
							CHECK(ops < counts[c] || counts[c] == 1, "fewer than leaves");
						beyond += with && !fits && counts[c] > 1;
					}
			}
	CHECK(levels == 2 * 17 && beyond > 10, "%u kinds of leaf, %u requests of several beyond ranges", levels,
	      beyond);
}

/* --- Instructions of others ------------------------------------------------------------------------ */

#define S1 1u
#define S2 2u
#define L  4u
#define RG 8u
#define CL 16u

/* Every TLBI instruction, by the names of the manual: CRm and op2 of the IS, OS and local forms. */
static const struct {
	const char *name;
	enum s2pt_tlbi_by by;
	unsigned el, flags, op1;
	uint8_t form[3][2];
} instructions[] = {
	{ "VMALLE1", S2PT_TLBI_BY_VMID, 1, S1, 0, { { 3, 0 }, { 1, 0 }, { 7, 0 } } },
	{ "VAE1", S2PT_TLBI_BY_VA, 1, S1, 0, { { 3, 1 }, { 1, 1 }, { 7, 1 } } },
	{ "ASIDE1", S2PT_TLBI_BY_ASID, 1, S1, 0, { { 3, 2 }, { 1, 2 }, { 7, 2 } } },
	{ "VAAE1", S2PT_TLBI_BY_VA_ANY_ASID, 1, S1, 0, { { 3, 3 }, { 1, 3 }, { 7, 3 } } },
	{ "VALE1", S2PT_TLBI_BY_VA, 1, S1 | L, 0, { { 3, 5 }, { 1, 5 }, { 7, 5 } } },
	{ "VAALE1", S2PT_TLBI_BY_VA_ANY_ASID, 1, S1 | L, 0, { { 3, 7 }, { 1, 7 }, { 7, 7 } } },
	{ "RVAE1", S2PT_TLBI_BY_VA, 1, S1 | RG, 0, { { 2, 1 }, { 5, 1 }, { 6, 1 } } },
	{ "RVAAE1", S2PT_TLBI_BY_VA_ANY_ASID, 1, S1 | RG, 0, { { 2, 3 }, { 5, 3 }, { 6, 3 } } },
	{ "RVALE1", S2PT_TLBI_BY_VA, 1, S1 | L | RG, 0, { { 2, 5 }, { 5, 5 }, { 6, 5 } } },
	{ "RVAALE1", S2PT_TLBI_BY_VA_ANY_ASID, 1, S1 | L | RG, 0, { { 2, 7 }, { 5, 7 }, { 6, 7 } } },
	{ "IPAS2E1", S2PT_TLBI_BY_IPA, 1, S2, 4, { { 0, 1 }, { 4, 0 }, { 4, 1 } } },
	{ "RIPAS2E1", S2PT_TLBI_BY_IPA, 1, S2 | RG, 4, { { 0, 2 }, { 4, 3 }, { 4, 2 } } },
	{ "IPAS2LE1", S2PT_TLBI_BY_IPA, 1, S2 | L, 4, { { 0, 5 }, { 4, 4 }, { 4, 5 } } },
	{ "RIPAS2LE1", S2PT_TLBI_BY_IPA, 1, S2 | L | RG, 4, { { 0, 6 }, { 4, 7 }, { 4, 6 } } },
	{ "ALLE1", S2PT_TLBI_BY_REGIME, 1, S1 | S2, 4, { { 3, 4 }, { 1, 4 }, { 7, 4 } } },
	{ "VMALLS12E1", S2PT_TLBI_BY_VMID, 1, S1 | S2, 4, { { 3, 6 }, { 1, 6 }, { 7, 6 } } },
	{ "VMALLWS2E1", S2PT_TLBI_BY_VMID, 1, CL, 4, { { 2, 2 }, { 5, 2 }, { 6, 2 } } },
	{ "ALLE2", S2PT_TLBI_BY_REGIME, 2, S1, 4, { { 3, 0 }, { 1, 0 }, { 7, 0 } } },
	{ "VAE2", S2PT_TLBI_BY_VA, 2, S1, 4, { { 3, 1 }, { 1, 1 }, { 7, 1 } } },
	{ "VALE2", S2PT_TLBI_BY_VA, 2, S1 | L, 4, { { 3, 5 }, { 1, 5 }, { 7, 5 } } },
	{ "RVAE2", S2PT_TLBI_BY_VA, 2, S1 | RG, 4, { { 2, 1 }, { 5, 1 }, { 6, 1 } } },
	{ "RVALE2", S2PT_TLBI_BY_VA, 2, S1 | L | RG, 4, { { 2, 5 }, { 5, 5 }, { 6, 5 } } },
	{ "ALLE3", S2PT_TLBI_BY_REGIME, 3, S1, 6, { { 3, 0 }, { 1, 0 }, { 7, 0 } } },
	{ "VAE3", S2PT_TLBI_BY_VA, 3, S1, 6, { { 3, 1 }, { 1, 1 }, { 7, 1 } } },
	{ "VALE3", S2PT_TLBI_BY_VA, 3, S1 | L, 6, { { 3, 5 }, { 1, 5 }, { 7, 5 } } },
	{ "RVAE3", S2PT_TLBI_BY_VA, 3, S1 | RG, 6, { { 2, 1 }, { 5, 1 }, { 6, 1 } } },
	{ "RVALE3", S2PT_TLBI_BY_VA, 3, S1 | L | RG, 6, { { 2, 5 }, { 5, 5 }, { 6, 5 } } },
};

/* Row @i of `instructions`, in one scope, decoded: all that its encoding says. */
static void
check_instruction(size_t i, unsigned scope, const struct s2pt_sys *sys)
{
	static const enum s2pt_tlbi_scope scopes[] = { S2PT_TLBI_IS, S2PT_TLBI_OS, S2PT_TLBI_LOCAL };
	const unsigned flags = instructions[i].flags;
	const bool by_address = instructions[i].by >= S2PT_TLBI_BY_VA;
	const uint64_t operand = UINT64_C(0xa5a5000000000000) | UINT64_C(1) << 47; /* ASID; TG 64K or 2 of a TTL */
	const bool has_asid = instructions[i].by == S2PT_TLBI_BY_ASID || instructions[i].by == S2PT_TLBI_BY_VA;
	struct s2pt_tlbi_cover cover;

	POISONED(cover);
	CHECK_STATUS(s2pt_tlbi_decode(sys, operand, false, &cover), S2PT_OK, instructions[i].name);
	CHECK(cover.by == instructions[i].by && cover.el == instructions[i].el && cover.scope == scopes[scope] &&
		      cover.nxs == (sys->crn == 9) && cover.stage1 == ((flags & S1) != 0) &&
		      cover.stage2 == ((flags & S2) != 0) && cover.cleans == ((flags & CL) != 0) &&
		      cover.last_level == ((flags & L) != 0),
	      "%s, scope %u", instructions[i].name, scope);
	CHECK_U64(cover.asid, has_asid ? 0xa5a5 : 0, instructions[i].name);
	CHECK_U64(cover.ns, instructions[i].by == S2PT_TLBI_BY_IPA, instructions[i].name);
	CHECK_U64(cover.granule_lg2, flags & RG ? 14 * by_address : 0, instructions[i].name);
	CHECK(cover.level == (by_address ? S2PT_TLBI_ANY_LEVEL : 0) && !cover.address, "%s", instructions[i].name);
	/* Two granules of 16K are the least of a range. */
	CHECK_U64(cover.size, flags & RG ? 0x8000 : 0, instructions[i].name);
}

/* All encodings of SYS: those of TLBI instructions, and no others, are taken. */
static void
test_decode_instructions(void **state)
{
	unsigned taken = 0;

	(void)state;
	for (unsigned n = 0; n < 8u * 16u * 16u * 8u; n++) {
		const struct s2pt_sys sys = { n & 7u, n >> 3 & 15u, n >> 7 & 15u, (uint8_t)(n >> 11) };
		struct s2pt_tlbi_cover cover;
		bool found = false;

		for (size_t i = 0; (sys.crn == 8 || sys.crn == 9) && i < COUNT(instructions); i++)
			for (unsigned scope = 0; scope < 3; scope++)
				if (sys.op1 == instructions[i].op1 && sys.crm == instructions[i].form[scope][0] &&
				    sys.op2 == instructions[i].form[scope][1]) {
					check_instruction(i, scope, &sys);
					found = true;
					taken++;
				}
		if (found)
			continue;
		POISONED(cover);
		CHECK_STATUS(s2pt_tlbi_decode(&sys, UINT64_MAX, true, &cover), S2PT_ERR_TLBI, "no TLBI instruction");
		CHECK_UNTOUCHED(cover, "s2pt_tlbi_decode");
	}
	CHECK_U64(taken, 2 * 3 * COUNT(instructions), "each once, and its nXS form");
	CHECK_STATUS(s2pt_tlbi_decode(&(struct s2pt_sys){ 0, 8, 19, 0 }, 0, true, &(struct s2pt_tlbi_cover){ .el = 0 }),
		     S2PT_ERR_TLBI, "CRm beyond its field");
}

/* Xt as the manual lays it out. */
static uint64_t
single(unsigned ttl, uint64_t address)
{
	return (uint64_t)ttl << 44 | (address >> 12 & ((UINT64_C(1) << 44) - 1));
}

static uint64_t
ranged(unsigned tg, unsigned scale, unsigned num, unsigned ttl, uint64_t base)
{
	return (uint64_t)tg << 46 | (uint64_t)scale << 44 | (uint64_t)num << 39 | (uint64_t)ttl << 37 | base;
}

/* What goes, by address. */
static void
test_decode_operands(void **state)
{
	static const struct s2pt_sys ipa = { 4, 8, 4, 1 }, ipas = { 4, 8, 4, 2 }, va = { 0, 8, 3, 1 },
				     vas = { 0, 8, 2, 1 };
	const int any = S2PT_TLBI_ANY_LEVEL;
	const struct {
		const struct s2pt_sys *sys;
		uint64_t operand;
		bool ds;
		uint64_t address, size;
		int level;
		unsigned granule;
	} rows[] = {
		/* Without a hint, or with one that is none: what maps it. IPAs have up to 52 bits. */
		{ &ipa, single(0, 0x80001000), false, 0x80001000, 0, any, 0 },
		{ &ipa, single(0, 0xffffffffff000), false, 0xffffffffff000, 0, any, 0 },
		/* 4K; level 0 with DS alone. */
		{ &ipa, single(7, 0x80001000), false, 0x80001000, 0x1000, 3, 12 },
		{ &ipa, single(6, 0x80001000), false, 0x80000000, 0x200000, 2, 12 },
		{ &ipa, single(5, 0xc0001000), false, 0xc0000000, 0x40000000, 1, 12 },
		{ &ipa, single(4, 0x8080001000), false, 0x8080001000, 0, any, 0 },
		{ &ipa, single(4, 0x8080001000), true, 0x8000000000, 0x8000000000, 0, 12 },
		/* 16K; level 1 with DS alone, level 0 never. */
		{ &ipa, single(11, 0x80007000), true, 0x80004000, 0x4000, 3, 14 },
		{ &ipa, single(10, 0x82003000), false, 0x82000000, 0x2000000, 2, 14 },
		{ &ipa, single(9, 0x1080003000), false, 0x1080003000, 0, any, 0 },
		{ &ipa, single(9, 0x1080003000), true, 0x1000000000, 0x1000000000, 1, 14 },
		{ &ipa, single(8, 0x80003000), true, 0x80003000, 0, any, 0 },
		/* 64K; level 0 never. */
		{ &ipa, single(15, 0x8001f000), false, 0x80010000, 0x10000, 3, 16 },
		{ &ipa, single(14, 0xa001f000), false, 0xa0000000, 0x20000000, 2, 16 },
		{ &ipa, single(13, 0x4008001f000), false, 0x40000000000, 0x40000000000, 1, 16 },
		{ &ipa, single(12, 0x8001f000), true, 0x8001f000, 0, any, 0 },
		/* VAs have 56 bits, and the upper ones are bit 55. */
		{ &va, single(0, 0x7ffffffffff000), false, 0x7ffffffffff000, 0, any, 0 },
		{ &va, single(0, 0x80000000001000), false, 0xff80000000001000, 0, any, 0 },
		{ &va, single(7, 0xffff800000123000), false, 0xffff800000123000, 0x1000, 3, 12 },
		{ &va, single(6, 0xffff800000323000), true, 0xffff800000200000, 0x200000, 2, 12 },
		/* Ranges: bases in granules; (NUM + 1) * 2^(5 * SCALE + 1) of them. */
		{ &ipas, ranged(1, 0, 0, 0, 0x80001), false, 0x80001000, 0x2000, any, 12 },
		{ &ipas, ranged(1, 0, 31, 3, 0x80001), false, 0x80001000, 0x40000, 3, 12 },
		{ &ipas, ranged(2, 1, 2, 2, 0x2001), false, 0x8004000, UINT64_C(3) << 20, 2, 14 },
		{ &ipas, ranged(2, 1, 2, 1, 0x2001), false, 0x8004000, UINT64_C(3) << 20, any, 14 },
		{ &ipas, ranged(3, 3, 31, 1, 0x2001), false, 0x20010000, UINT64_C(1) << 37, 1, 16 },
		{ &ipas, ranged(3, 2, 0, 0, 0xfffffffff), false, 0xfffffffff0000, UINT64_C(1) << 27, any, 16 },
		/* ... or, with DS, in 64 KiB. */
		{ &ipas, ranged(1, 0, 0, 1, 0x2001), true, 0x20010000, 0x2000, 1, 12 },
		{ &ipas, ranged(2, 1, 2, 1, 0x2001), true, 0x20010000, UINT64_C(3) << 20, 1, 14 },
		/* The uppermost bit of a VA's base is that of all bits above. */
		{ &vas, ranged(1, 0, 0, 0, UINT64_C(1) << 36), false, 0xffff000000000000, 0x2000, any, 12 },
		{ &vas, ranged(1, 0, 0, 0, UINT64_C(1) << 35), false, 0x800000000000, 0x2000, any, 12 },
		{ &vas, ranged(2, 0, 0, 0, UINT64_C(1) << 36), false, 0xfffc000000000000, 0x8000, any, 14 },
		{ &vas, ranged(3, 0, 0, 0, UINT64_C(1) << 36), false, 0xfff0000000000000, 0x20000, any, 16 },
		{ &vas, ranged(1, 0, 0, 0, UINT64_C(1) << 36), true, 0xfff0000000000000, 0x2000, any, 12 },
		{ &ipas, ranged(1, 0, 0, 0, UINT64_C(1) << 36), false, UINT64_C(1) << 48, 0x2000, any, 12 },
	};
	struct s2pt_tlbi_cover cover;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		POISONED(cover);
		CHECK_STATUS(s2pt_tlbi_decode(rows[i].sys, rows[i].operand, rows[i].ds, &cover), S2PT_OK, "operand");
		CHECK(cover.address == rows[i].address && cover.size == rows[i].size && cover.level == rows[i].level &&
			      cover.granule_lg2 == rows[i].granule,
		      "row %zu: 0x%" PRIx64 ", 0x%" PRIx64 " bytes, level %d, granule %u", i, cover.address, cover.size,
		      cover.level, cover.granule_lg2);
	}
	POISONED(cover);
	CHECK_STATUS(s2pt_tlbi_decode(&ipas, ranged(0, 1, 2, 3, 4), false, &cover), S2PT_ERR_RESERVED, "TG");
	CHECK_UNTOUCHED(cover, "s2pt_tlbi_decode");
}

/* --- Sequences ------------------------------------------------------------------------------------- */

/*
 * A sequence as a word: S store barrier, R and I by IPA, E VMALLE1, V VMALLS12E1, A ALLE1, W VALE2, D barrier, Y ISB,
 * L a barrier on all CPUs, a digit is the VMID that is made current.
 */
static void
spell(const struct s2pt_format *format, const struct s2pt_tlbi_params *params,
      const struct s2pt_tlbi_request *requests, size_t count, char *word)
{
	static const char ops[] = "IIRREVAW";
	struct s2pt_tlbi_step step;
	struct s2pt_tlbi_seq seq;

	CHECK_STATUS(begin(&seq, format, params, requests, count), S2PT_OK, "begin");
	for (;;) {
		POISONED(step);
		if (!s2pt_tlbi_next(&seq, &step))
			break;
		if (step.kind == S2PT_STEP_VMID) {
			CHECK(step.operand < 10, "VMID %" PRIu64, step.operand);
			*word++ = (char)('0' + step.operand);
			continue;
		}
		if (step.kind != S2PT_STEP_ISB && step.kind != S2PT_STEP_DSB_ALL)
			CHECK(step.scope == params->scope && step.nxs == params->nxs, "scope or nXS lost");
		if (step.kind == S2PT_STEP_TLBI) {
			struct s2pt_sys sys = s2pt_tlbi_sys(step.op, params->scope, params->nxs);
			bool by_ipa = step.op < S2PT_TLBI_VMALLE1;

			CHECK(step.sys.op1 == sys.op1 && step.sys.crn == sys.crn && step.sys.crm == sys.crm &&
				      step.sys.op2 == sys.op2,
			      "another instruction");
			CHECK(by_ipa ? step.operand >> 63 == params->ns : !step.operand, "NS, or an operand");
		}
		*word++ = step.kind == S2PT_STEP_TLBI ? ops[step.op] : "S?DY?L"[step.kind];
	}
	*word = '\0';
	CHECK(!s2pt_tlbi_next(&seq, &step), "goes on after its end");
}

static void
test_sequences(void **state)
{
	struct s2pt_format format =
		format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 48, 48,
			  ranges | S2PT_FEAT_XS | S2PT_FEAT_TLBIOS);
	const struct s2pt_tlbi_request three[] = { leaves(0, K4, 3), leaves(G1, G1, 2), anything(M2, 3 * K4) };
	const struct s2pt_tlbi_request vmid[] = { leaves(0, K4, 3), { .vmid = true, .size = K4, .level = 3 } };
	const struct s2pt_tlbi_request vmid_first[] = { { .vmid = true }, leaves(0, K4, 3) };
	const struct s2pt_tlbi_request all[] = { leaves(0, K4, 3), { .all = true, .size = 1, .level = 9 } };
	const struct s2pt_tlbi_request all_first[] = { { .all = true }, { .vmid = true }, leaves(0, K4, 3) };
	static const uint16_t vmids[] = { 3, 1, 7 };
	const struct {
		struct s2pt_tlbi_params params;
		const struct s2pt_tlbi_request *requests;
		size_t count;
		const char *word;
	} rows[] = {
		{ { .scope = S2PT_TLBI_IS }, all, 2, "SADY" },
		{ { .scope = S2PT_TLBI_LOCAL, .repeat = true }, all_first, 3, "SADY" },
		{ { .scope = S2PT_TLBI_LOCAL, .dsb_all = true }, three, 1, "SIDEDY" },
		{ { .scope = S2PT_TLBI_LOCAL, .whole_vmid = true }, three, 1, "SVDY" },
		{ { .scope = S2PT_TLBI_IS, .whole_vmid = true }, three, 3, "SVDY" },
		{ { .scope = S2PT_TLBI_IS, .dsb_all = true }, three, 1, "SIDEDLY" },
		{ { .scope = S2PT_TLBI_OS, .dsb_all = true, .repeat = true, .nxs = true }, three, 1, "SIDEDWDLY" },
		{ { .scope = S2PT_TLBI_IS, .repeat = true }, all, 2, "SADWDY" },
		{ { .vmids = vmids, .vmid_count = 2, .whole_vmid = true, .repeat = true }, three, 3, "S1V3VDWDY" },
		{ { .vmids = vmids, .vmid_count = 2 }, all, 2, "SADY" },
		{ { .vmids = vmids, .vmid_count = 1 }, three, 1, "S3IDEDY" },
		{ { .vmids = vmids, .vmid_count = 2 }, three, 1, "S3I1IDE3EDY" },
		{ { .vmids = vmids, .vmid_count = 3 }, three, 3, "S3IRRI1IRRI7IRRIDE1E3EDY" },
		{ { .vmids = vmids, .vmid_count = 3, .max_ops = 4 }, three, 3, "S3IRRI1IRRI7IRRIDE1E3EDY" },
		{ { .vmids = vmids, .vmid_count = 3, .max_ops = 3 }, three, 3, "S7V1V3VDY" },
		{ { .vmids = vmids, .vmid_count = 2, .repeat = true }, three, 1, "S3I1IDE3EDWDY" },
		{ { .vmids = vmids, .vmid_count = 2, .repeat = true }, vmid, 2, "S1V3VDWDY" },
		{ { .scope = S2PT_TLBI_IS, .max_ops = 0, .nxs = false, .repeat = false }, three, 1, "SIDEDY" },
		{ { .scope = S2PT_TLBI_IS, .max_ops = 0, .nxs = false, .repeat = false }, three, 3, "SIRRIDEDY" },
		{ { .scope = S2PT_TLBI_OS, .max_ops = 4, .nxs = false, .repeat = false }, three, 3, "SIRRIDEDY" },
		{ { .scope = S2PT_TLBI_IS, .max_ops = 3, .nxs = false, .repeat = false }, three, 3, "SVDY" },
		{ { .scope = S2PT_TLBI_LOCAL, .max_ops = 0, .nxs = true, .repeat = false }, three, 1, "SIDEDY" },
		{ { .scope = S2PT_TLBI_IS, .max_ops = 0, .nxs = false, .repeat = true }, three, 1, "SIDEDWDY" },
		{ { .scope = S2PT_TLBI_IS, .ns = true }, three, 3, "SIRRIDEDY" },
		{ { .scope = S2PT_TLBI_IS, .ns = true }, vmid, 2, "SVDY" },
		{ { .scope = S2PT_TLBI_IS, .max_ops = 0, .nxs = false, .repeat = false }, vmid, 2, "SVDY" },
		{ { .scope = S2PT_TLBI_IS, .max_ops = 0, .nxs = false, .repeat = true }, vmid, 2, "SVDWDY" },
		{ { .scope = S2PT_TLBI_IS, .max_ops = 0, .nxs = false, .repeat = false }, vmid_first, 2, "SVDY" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char word[64];

		spell(&format, &rows[i].params, rows[i].requests, rows[i].count, word);
		CHECK(!strcmp(word, rows[i].word), "row %zu: %s, expected %s", i, word, rows[i].word);
	}
	CHECK_U64(s2pt_tlbi_ops(&format, &vmid[1]), 0, "operations for the VMID");
	CHECK_U64(s2pt_tlbi_ops(&format, &all[1]), 0, "operations for all");
}

/* VMIDs of 16 bits are there with VMID16, in whatever place. */
static void
test_vmids(void **state)
{
	static const uint16_t vmids[] = { 0, 255, 256, 65535 };

	(void)state;
	for (size_t count = 0; count <= COUNT(vmids); count++)
		for (unsigned wide = 0; wide < 2; wide++) {
			const struct s2pt_tlbi_params params = { .vmids = vmids, .vmid_count = count };
			const struct s2pt_tlbi_request request = leaves(0, K4, 3);
			struct s2pt_format format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 48, 48,
							      wide ? S2PT_FEAT_VMID16 : 0);
			struct s2pt_tlbi_seq seq;

			POISONED(seq);
			CHECK_STATUS(s2pt_tlbi_begin(&seq, &format, &params, &request, 1),
				     wide || count < 3 ? S2PT_OK : S2PT_ERR_VMID, "VMIDs");
			if (!wide && count >= 3)
				CHECK_UNTOUCHED(seq, "s2pt_tlbi_begin");
		}
}

/* Above so many operations by IPA the VMID goes: as the host says, or as the library does. */
static void
test_limit(void **state)
{
	struct s2pt_format format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 40, 48, 0);
	const struct {
		uint32_t max_ops;
		uint64_t pages;
		bool vmid;
	} rows[] = {
		{ 0, S2PT_TLBI_MAX_OPS, false },
		{ 0, S2PT_TLBI_MAX_OPS + 1, true },
		{ 0, 1u << 28, true },
		{ 1, 1, false },
		{ 1, 2, true },
		{ 1000, 1000, false },
		{ 1000, 1001, true },
		{ S2PT_TLBI_NO_LIMIT, 5000, false },
		{ S2PT_TLBI_NO_LIMIT - 1, 5000, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_tlbi_params params = { .max_ops = rows[i].max_ops };
		struct s2pt_tlbi_request request = anything(0, rows[i].pages * K4);
		struct s2pt_tlbi_step step;
		struct s2pt_tlbi_seq seq;
		uint64_t by_ipa = 0, whole = 0;

		CHECK_STATUS(begin(&seq, &format, &params, &request, 1), S2PT_OK, "begin");
		while (s2pt_tlbi_next(&seq, &step)) {
			by_ipa += step.kind == S2PT_STEP_TLBI && step.op == S2PT_TLBI_IPAS2E1;
			whole += step.kind == S2PT_STEP_TLBI && step.op == S2PT_TLBI_VMALLS12E1;
		}
		CHECK(whole == rows[i].vmid && by_ipa == (rows[i].vmid ? 0 : rows[i].pages),
		      "row %zu: %" PRIu64 " by IPA, %" PRIu64 " of the VMID", i, by_ipa, whole);
	}
}

static void
test_refusals(void **state)
{
	struct s2pt_format format = format_of(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 40, 48, ranges);
	const uint64_t limit = UINT64_C(1) << 40;
	const struct {
		const char *what;
		struct s2pt_tlbi_params params;
		struct s2pt_tlbi_request request;
		size_t count;
		enum s2pt_status status;
	} rows[] = {
		{ "none", { 0 }, leaves(0, K4, 3), 0, S2PT_ERR_TLBI },
		{ "scope", { .scope = (enum s2pt_tlbi_scope)3 }, leaves(0, K4, 3), 1, S2PT_ERR_TLBI },
		{ "size 0", { 0 }, leaves(0, 0, 3), 1, S2PT_ERR_TLBI },
		{ "size", { 0 }, leaves(0, 0x1800, 3), 1, S2PT_ERR_TLBI },
		{ "ipa", { 0 }, leaves(0x800, K4, 3), 1, S2PT_ERR_TLBI },
		{ "block size", { 0 }, leaves(0, K4, 2), 1, S2PT_ERR_TLBI },
		{ "block ipa", { 0 }, leaves(K4, M2, 2), 1, S2PT_ERR_TLBI },
		{ "level without blocks", { 0 }, leaves(0, limit, 0), 1, S2PT_ERR_TLBI },
		{ "level 4", { 0 }, leaves(0, limit, 4), 1, S2PT_ERR_TLBI },
		{ "beyond", { 0 }, leaves(limit, K4, 3), 1, S2PT_ERR_TLBI },
		{ "across", { 0 }, leaves(limit - K4, 2 * K4, 3), 1, S2PT_ERR_TLBI },
		{ "wrap", { 0 }, anything(K4, UINT64_MAX - K4 + 1), 1, S2PT_ERR_TLBI },
		{ "last page", { 0 }, leaves(limit - K4, K4, 3), 1, S2PT_OK },
		{ "all", { 0 }, anything(0, limit), 1, S2PT_OK },
		{ "OS", { .scope = S2PT_TLBI_OS }, leaves(0, K4, 3), 1, S2PT_ERR_FEATURE },
		{ "nXS", { .nxs = true }, leaves(0, K4, 3), 1, S2PT_ERR_FEATURE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct s2pt_tlbi_seq seq;

		CHECK_STATUS(begin(&seq, &format, &rows[i].params, &rows[i].request,
				   rows[i].count),
			     rows[i].status, rows[i].what);
	}
}

/*
 * The one operation of a sequence of six steps is told, and no other: for each granule, with and without hints,
 * requests of one granule and more, aligned and not, in the IPA size and beyond, of each level; and parameters that
 * change a sequence.
 */
static void
test_single(void **state)
{
	static const uint16_t vmid = 1;
	const struct s2pt_tlbi_params params[] = {
		{ 0 },
		{ .ns = true },
		{ .max_ops = 1 },
		{ .scope = S2PT_TLBI_OS },
		{ .scope = S2PT_TLBI_LOCAL },
		{ .nxs = true },
		{ .repeat = true },
		{ .whole_vmid = true },
		{ .dsb_all = true },
		{ .vmids = &vmid, .vmid_count = 1 },
	};
	const uint64_t ats[] = { 0, 1, 2, 64 }, sizes[] = { 0, 1, 2, 512 };
	unsigned singles = 0;

	(void)state;
	for (unsigned i = 0; i < 3 * 2 * COUNT(params) * COUNT(ats) * COUNT(sizes) * 5 * 2 * 4; i++) {
		const unsigned granule_lg2 = 12 + i % 3 * 2, kind = i / 3 / 2 / (unsigned)COUNT(params);
		const s2pt_feats feats = S2PT_FEAT_TLBIRANGE | S2PT_FEAT_XS | S2PT_FEAT_TLBIOS |
					 (i / 3 % 2 ? S2PT_FEAT_TTL : 0);
		const struct s2pt_format format = format_of(granule_lg2, S2PT_SPACE_NONSECURE, 40, 48, feats);
		const struct s2pt_tlbi_params *p = &params[i / 6 % COUNT(params)];
		const unsigned odd = kind / 160 % 4;
		struct s2pt_tlbi_request request = {
			.ipa = s2pt_ipa_of((ats[kind % 4] << granule_lg2) + (odd == 1 ? 1 : 0) +
					   (odd == 2 ? UINT64_C(1) << 40 : 0)),
			.size = sizes[kind / 4 % 4] << granule_lg2,
			.level = (int8_t)(kind / 16 % 5 == 4 ? S2PT_TLBI_ANY_LEVEL : (int)(kind / 16 % 5)),
			.last_level = kind / 80 % 2,
			.vmid = odd == 3 && kind % 2,
			.all = odd == 3 && !(kind % 2),
		};
		struct s2pt_tlbi_step step, only = { 0 };
		enum s2pt_tlbi_op op = S2PT_TLBI_OP_COUNT;
		struct s2pt_tlbi_seq seq;
		uint64_t operand = 1;
		unsigned steps = 0, by_ipa = 0;

		if (begin(&seq, &format, p, &request, 1) == S2PT_OK)
			for (; s2pt_tlbi_next(&seq, &step); steps++)
				if (step.kind == S2PT_STEP_TLBI && step.op < S2PT_TLBI_VMALLE1) {
					only = step;
					by_ipa++;
				}
		if (!s2pt_tlbi_single(&format, p, &request, 1, &op, &operand)) {
			CHECK(op == S2PT_TLBI_OP_COUNT && operand == 1, "%u: written", i);
			CHECK(steps != 6 || by_ipa != 1 || request.size != UINT64_C(1) << granule_lg2 || p->nxs ||
				      p->scope != S2PT_TLBI_IS,
			      "%u: not told", i);
			continue;
		}
		singles++;
		CHECK(steps == 6 && by_ipa == 1 && only.op == op && only.operand == operand &&
			      only.scope == S2PT_TLBI_IS && !only.nxs,
		      "%u: %u steps, operand 0x%" PRIx64, i, steps, operand);
		CHECK(!s2pt_tlbi_single(&format, p, &request, 2, &op, &operand) &&
			      !s2pt_tlbi_single(&format, p, &request, 0, &op, &operand),
		      "%u: of several", i);
	}
	CHECK(singles == 3 * 2 * 3 * 4 * 2 * 2, "%u", singles);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_ns_is_bit_63),
		cmocka_unit_test(test_split_is_exact_and_least),
		cmocka_unit_test(test_split_spares_groups),
		cmocka_unit_test(test_split_ds),
		cmocka_unit_test(test_split_without_ranges),
		cmocka_unit_test(test_split_large),
		cmocka_unit_test(test_split_leaves),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_vmids),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_decode_instructions),
		cmocka_unit_test(test_decode_operands),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
