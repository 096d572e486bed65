/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unit.h"

#define DATA  (UINT64_C(0x24) << 26)
#define FETCH (UINT64_C(0x20) << 26)
#define WNR   (UINT64_C(1) << 6)
#define S1PTW (UINT64_C(1) << 7)
#define CM    (UINT64_C(1) << 8)
#define FNV   (UINT64_C(1) << 10)
#define DIRTY (UINT64_C(1) << 37)

static struct s2pt_fault
decode(uint64_t esr, uint64_t hpfar, uint64_t far_el2)
{
	struct s2pt_fault_regs regs = { esr, hpfar, far_el2 };
	struct s2pt_fault fault;

	POISONED(fault);
	CHECK_STATUS(s2pt_fault_decode(&regs, &fault), S2PT_OK, "decode");
	return fault;
}

/* Every fault status code, as EncodeLDFSC() has them. */
static void
test_codes(void **state)
{
	static const struct {
		unsigned fsc;
		enum s2pt_fault_kind kind;
		int level;
	} rows[] = {
		{ 0x00, S2PT_FAULT_ADDRESS_SIZE, 0 },
		{ 0x01, S2PT_FAULT_ADDRESS_SIZE, 1 },
		{ 0x02, S2PT_FAULT_ADDRESS_SIZE, 2 },
		{ 0x03, S2PT_FAULT_ADDRESS_SIZE, 3 },
		{ 0x04, S2PT_FAULT_TRANSLATION, 0 },
		{ 0x05, S2PT_FAULT_TRANSLATION, 1 },
		{ 0x06, S2PT_FAULT_TRANSLATION, 2 },
		{ 0x07, S2PT_FAULT_TRANSLATION, 3 },
		{ 0x08, S2PT_FAULT_ACCESS_FLAG, 0 },
		{ 0x09, S2PT_FAULT_ACCESS_FLAG, 1 },
		{ 0x0a, S2PT_FAULT_ACCESS_FLAG, 2 },
		{ 0x0b, S2PT_FAULT_ACCESS_FLAG, 3 },
		{ 0x0c, S2PT_FAULT_PERMISSION, 0 },
		{ 0x0d, S2PT_FAULT_PERMISSION, 1 },
		{ 0x0e, S2PT_FAULT_PERMISSION, 2 },
		{ 0x0f, S2PT_FAULT_PERMISSION, 3 },
		{ 0x12, S2PT_FAULT_WALK_ABORT, -2 },
		{ 0x13, S2PT_FAULT_WALK_ABORT, -1 },
		{ 0x14, S2PT_FAULT_WALK_ABORT, 0 },
		{ 0x15, S2PT_FAULT_WALK_ABORT, 1 },
		{ 0x16, S2PT_FAULT_WALK_ABORT, 2 },
		{ 0x17, S2PT_FAULT_WALK_ABORT, 3 },
		{ 0x1b, S2PT_FAULT_WALK_ABORT, -1 },
		{ 0x1c, S2PT_FAULT_WALK_ABORT, 0 },
		{ 0x1d, S2PT_FAULT_WALK_ABORT, 1 },
		{ 0x1e, S2PT_FAULT_WALK_ABORT, 2 },
		{ 0x1f, S2PT_FAULT_WALK_ABORT, 3 },
		{ 0x21, S2PT_FAULT_ALIGNMENT, 0 },
		{ 0x22, S2PT_FAULT_GPC_WALK, -2 },
		{ 0x23, S2PT_FAULT_GPC_WALK, -1 },
		{ 0x24, S2PT_FAULT_GPC_WALK, 0 },
		{ 0x25, S2PT_FAULT_GPC_WALK, 1 },
		{ 0x26, S2PT_FAULT_GPC_WALK, 2 },
		{ 0x27, S2PT_FAULT_GPC_WALK, 3 },
		{ 0x28, S2PT_FAULT_GPC, 0 },
		{ 0x29, S2PT_FAULT_ADDRESS_SIZE, -1 },
		{ 0x2a, S2PT_FAULT_TRANSLATION, -2 },
		{ 0x2b, S2PT_FAULT_TRANSLATION, -1 },
		{ 0x2c, S2PT_FAULT_ADDRESS_SIZE, -2 },
		{ 0x30, S2PT_FAULT_TLB_CONFLICT, 0 },
		{ 0x31, S2PT_FAULT_ATOMIC, 0 },
		{ 0x35, S2PT_FAULT_EXCLUSIVE, 0 },
	};

	(void)state;
	for (unsigned fsc = 0; fsc < 64; fsc++) {
		struct s2pt_fault fault = decode(DATA | fsc, 0, 0);
		enum s2pt_fault_kind kind = S2PT_FAULT_OTHER;
		int level = 0;

		for (size_t i = 0; i < COUNT(rows); i++)
			if (rows[i].fsc == fsc) {
				kind = rows[i].kind;
				level = rows[i].level;
			}
		CHECK(fault.kind == kind && fault.level == level, "FSC 0x%02x: kind %d level %d", fsc,
		      (int)fault.kind, fault.level);
	}
}

/* ISS2, ESR_EL2[36:32] and above, is no part of EC. */
static void
test_iss2(void **state)
{
	(void)state;
	for (unsigned bit = 32; bit < 64; bit++) {
		assert_int_equal(decode(DATA | UINT64_C(1) << bit | 7, 0, 0).access, S2PT_FAULT_READ);
		assert_int_equal(decode(FETCH | UINT64_C(1) << bit | 7, 0, 0).access, S2PT_FAULT_FETCH);
	}
}

static void
test_access(void **state)
{
	(void)state;
	assert_int_equal(decode(DATA | 7, 0, 0).access, S2PT_FAULT_READ);
	assert_int_equal(decode(DATA | WNR | 7, 0, 0).access, S2PT_FAULT_WRITE);
	assert_int_equal(decode(FETCH | 7, 0, 0).access, S2PT_FAULT_FETCH);
	/* Bits 6 and 8 are RES0 in an Instruction Abort. */
	assert_int_equal(decode(FETCH | WNR | 7, 0, 0).access, S2PT_FAULT_FETCH);
	assert_true(decode(DATA | WNR | CM | 7, 0, 0).maintenance);
	assert_false(decode(FETCH | CM | 7, 0, 0).maintenance);
	CHECK_U64(decode(DATA | DIRTY | WNR | 0xf, 0, 0).causes, S2PT_FAULT_CAUSE_DIRTY, "a write");
	CHECK_U64(decode(DATA | DIRTY | WNR | 7, 0, 0).causes, 0, "no Permission fault");
}

/* On a stage-1 walk WnR is that of the access: a Permission fault is taken as a write, others as a read. */
static void
test_stage1_walk(void **state)
{
	(void)state;
	assert_int_equal(decode(DATA | S1PTW | 0xf, 0, 0).access, S2PT_FAULT_WRITE);
	assert_int_equal(decode(FETCH | S1PTW | 0xf, 0, 0).access, S2PT_FAULT_WRITE);
	assert_int_equal(decode(DATA | S1PTW | WNR | 7, 0, 0).access, S2PT_FAULT_READ);
	assert_true(decode(DATA | S1PTW | 7, 0, 0).s1_walk);
	assert_false(decode(DATA | 7, 0, 0).s1_walk);
}

static void
test_addresses(void **state)
{
	const uint64_t hpfar = UINT64_C(0x8012345) << 4, va = UINT64_C(0xffff000012345678);
	struct s2pt_fault fault = decode(DATA | 7, hpfar, va);

	(void)state;
	assert_true(fault.ipa_known && !fault.ipa_page_only && fault.va_known && !fault.ns);
	CHECK_U64(fault.ipa.addr, 0x8012345678, "IPA");
	CHECK_U64(fault.va, va, "VA");

	fault = decode(DATA | S1PTW | 7, hpfar | UINT64_C(1) << 63, va);
	assert_true(fault.ipa_known && fault.ipa_page_only && fault.ns);
	CHECK_U64(fault.ipa.addr, 0x8012345000, "IPA of a stage-1 table: FAR belongs to another address");

	fault = decode(DATA | FNV | 7, hpfar, va);
	assert_true(fault.ipa_known && fault.ipa_page_only && !fault.va_known);
	CHECK_U64(fault.ipa.addr, 0x8012345000, "IPA without FAR");
	CHECK_U64(fault.va, 0, "VA without FAR");

	/* HPFAR_EL2 is UNKNOWN for a Permission fault of the access itself, and known on a walk. */
	fault = decode(DATA | 0xf, hpfar | UINT64_C(1) << 63, va);
	assert_true(!fault.ipa_known && !fault.ipa_page_only && !fault.ns && fault.va_known);
	CHECK_U64(fault.ipa.addr, UINT64_MAX, "IPA of a Permission fault");
	fault = decode(DATA | S1PTW | 0xf, hpfar, va);
	assert_true(fault.ipa_known && fault.ipa_page_only);
	fault = decode(DATA | 0xb, hpfar, va);
	assert_true(fault.ipa_known);
	fault = decode(DATA | 0x3, hpfar, va);
	assert_true(fault.ipa_known);
	fault = decode(DATA | 0x30, hpfar, va);
	assert_false(fault.ipa_known);
	fault = decode(DATA | S1PTW | 0x30, hpfar, va);
	assert_false(fault.ipa_known);
	fault = decode(DATA | 0x25, hpfar, va);
	assert_true(fault.ipa_known);
	fault = decode(DATA | 0x28, hpfar, va);
	assert_true(fault.ipa_known);
	fault = decode(DATA | 0x21, hpfar, va);
	assert_false(fault.ipa_known);

	/* 52 and 56 bits of IPA. */
	fault = decode(DATA | 7, UINT64_C(0xfffffffffff) << 4, 0xfff);
	CHECK_U64(fault.ipa.addr, (UINT64_C(1) << 56) - 1, "56-bit IPA");
}

/* The cause that a bit of ESR_EL2 stands for; Instruction Aborts have four of them. */
static unsigned
cause_of(unsigned bit, bool fetch)
{
	switch (bit) {
	case 21:
		return fetch ? 0 : S2PT_FAULT_CAUSE_TOP_LEVEL;
	case 37:
		return S2PT_FAULT_CAUSE_DIRTY;
	case 38:
		return S2PT_FAULT_CAUSE_OVERLAY;
	case 39:
		return S2PT_FAULT_CAUSE_ASSURED_ONLY;
	case 40:
		return fetch ? 0 : S2PT_FAULT_CAUSE_GCS;
	case 41:
		return fetch ? 0 : S2PT_FAULT_CAUSE_TAG_ACCESS;
	case 42:
		return fetch ? 0 : S2PT_FAULT_CAUSE_TND;
	case 43:
		return S2PT_FAULT_CAUSE_HDBSS;
	default:
		return 0;
	}
}

/* Each bit alone says what it says, and nothing of its neighbours. */
static void
test_bits(void **state)
{
	(void)state;
	for (unsigned bit = 6; bit < 64; bit++) {
		if (bit >= 26 && bit < 32)
			continue;

		struct s2pt_fault data = decode(DATA | 0xf | UINT64_C(1) << bit, 0, 0);
		struct s2pt_fault fetch = decode(FETCH | 0xf | UINT64_C(1) << bit, 0, 0);
		enum s2pt_fault_access walk = bit == 7 ? S2PT_FAULT_WRITE : S2PT_FAULT_FETCH;

		CHECK(data.access == (bit == 6 || bit == 7 ? S2PT_FAULT_WRITE : S2PT_FAULT_READ) &&
			      fetch.access == walk,
		      "bit %u: access", bit);
		CHECK((int)data.s1_walk == (bit == 7) && (int)fetch.s1_walk == (bit == 7), "bit %u: S1PTW", bit);
		CHECK((int)data.maintenance == (bit == 8) && (int)fetch.maintenance == 0, "bit %u: CM", bit);
		CHECK((int)data.va_known == (bit != 10), "bit %u: FnV", bit);
		CHECK(data.causes == cause_of(bit, false) && fetch.causes == cause_of(bit, true), "bit %u: causes",
		      bit);
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		struct s2pt_fault fault = decode(DATA | 7, UINT64_C(1) << bit, 0);

		assert_true(fault.ipa_known);
		CHECK(fault.ipa.addr == (bit >= 4 && bit < 48 ? UINT64_C(1) << (bit + 8) : 0), "HPFAR bit %u", bit);
		CHECK((int)fault.ns == (bit == 63), "HPFAR bit %u: NS", bit);
	}
}

/* Reported syndromes: an alignment fault because stage 2 says Device, and a tag that may not be reached. */
static void
test_reports(void **state)
{
	struct s2pt_fault fault = decode(0x92000061, 0, 0);

	(void)state;
	CHECK(fault.kind == S2PT_FAULT_ALIGNMENT && fault.access == S2PT_FAULT_WRITE, "kind %d", (int)fault.kind);
	fault = decode(UINT64_C(0x2009200000f), 0, 0);
	CHECK(fault.kind == S2PT_FAULT_PERMISSION && fault.causes == S2PT_FAULT_CAUSE_TAG_ACCESS, "causes 0x%x",
	      fault.causes);
	/* With ISV bit 21 is a sign extension; neither IL nor SAS beside them matters. */
	CHECK_U64(decode(DATA | UINT64_C(1) << 24 | UINT64_C(1) << 21 | 0xf, 0, 0).causes, 0, "SSE");
	CHECK_U64(decode(DATA | UINT64_C(1) << 25 | UINT64_C(1) << 21 | 0xf, 0, 0).causes, S2PT_FAULT_CAUSE_TOP_LEVEL,
		  "IL");
	CHECK_U64(decode(DATA | UINT64_C(1) << 22 | 0xf, 0, 0).causes, 0, "SAS");
	CHECK_U64(decode(DATA | UINT64_C(3) << 37 | 0xf, 0, 0).causes,
		  S2PT_FAULT_CAUSE_DIRTY | S2PT_FAULT_CAUSE_OVERLAY, "two causes");
}

/* An IPA that is not known cannot be used by mistake, and a translation finds it. */
static void
test_locate(void **state)
{
	const uint64_t va = UINT64_C(0xffff000012345678), hpfar = UINT64_C(0x8012345) << 4;
	struct s2pt_fault fault = decode(DATA | 0xf, hpfar, va);
	s2pt_ipa ipa = s2pt_ipa_of(1);

	(void)state;
	CHECK_STATUS(s2pt_fault_ipa(&fault, &ipa), S2PT_ERR_FAULT_IPA, "unknown");
	CHECK_U64(ipa.addr, 1, "not written");
	CHECK_STATUS(s2pt_fault_locate(&fault, 1), S2PT_RACED, "stage 1 faults by now");
	CHECK_STATUS(s2pt_fault_ipa(&fault, &ipa), S2PT_ERR_FAULT_IPA, "still unknown");
	CHECK_STATUS(s2pt_fault_locate(&fault, UINT64_C(0xff0f) << 48 | UINT64_C(0x8012349) << 12 | 0xb80), S2PT_OK,
		     "AT");
	CHECK_STATUS(s2pt_fault_ipa(&fault, &ipa), S2PT_OK, "known");
	CHECK_U64(ipa.addr, UINT64_C(0x000f008012349678), "PAR_EL1[51:12], and the offset of the VA");
	/* What HPFAR_EL2 says stays. */
	fault = decode(DATA | 7, hpfar, va);
	CHECK_STATUS(s2pt_fault_locate(&fault, UINT64_C(0x999) << 12), S2PT_OK, "known before");
	CHECK_STATUS(s2pt_fault_ipa(&fault, &ipa), S2PT_OK, "known before");
	CHECK_U64(ipa.addr, 0x8012345678, "as it was");
	fault = decode(DATA | FNV | 0xf, hpfar, va);
	CHECK_STATUS(s2pt_fault_locate(&fault, 0), S2PT_ERR_FAULT_IPA, "nor is the VA");
}

static void
test_par(void **state)
{
	struct s2pt_par par;

	(void)state;
	for (unsigned bit = 1; bit < 64; bit++) {
		POISONED(par);
		s2pt_par_read(UINT64_C(1) << bit, &par);
		CHECK(!par.fault && par.pa.addr == (bit >= 12 && bit < 52 ? UINT64_C(1) << bit : 0) &&
			      par.attr == (bit >= 56 ? 1u << (bit - 56) : 0) &&
			      par.sh == (bit == 7 ? 1 : bit == 8 ? 2
								 : 0) &&
			      par.ns == (bit == 9),
		      "bit %u", bit);
		CHECK(!par.level && !par.stage2 && !par.s1_walk && !par.causes && !par.kind, "bit %u: a fault", bit);
		POISONED(par);
		s2pt_par_read(UINT64_C(1) << bit | 1, &par);
		CHECK(par.fault && !par.pa.addr && !par.attr && !par.sh && !par.ns, "bit %u: no translation", bit);
		CHECK((int)par.s1_walk == (bit == 8) && (int)par.stage2 == (bit == 9), "bit %u: stage", bit);
		CHECK(par.causes == (bit == 12   ? S2PT_FAULT_CAUSE_ASSURED_ONLY
				     : bit == 13 ? S2PT_FAULT_CAUSE_TOP_LEVEL
				     : bit == 14 ? S2PT_FAULT_CAUSE_OVERLAY
				     : bit == 15 ? S2PT_FAULT_CAUSE_DIRTY
						 : 0),
		      "bit %u: causes", bit);
	}
	s2pt_par_read(UINT64_C(3) << 14 | 1u << 9 | 0xfu << 1 | 1, &par);
	CHECK_U64(par.causes, S2PT_FAULT_CAUSE_DIRTY | S2PT_FAULT_CAUSE_OVERLAY, "two causes");
	s2pt_par_read(1u << 7 | 7u << 1 | 1, &par);
	CHECK(par.kind == S2PT_FAULT_TRANSLATION && par.level == 3, "bit 7 is not of FST");
	/* Every status code as in ESR_EL2. */
	for (unsigned fst = 0; fst < 64; fst++) {
		struct s2pt_fault fault = decode(DATA | fst, 0, 0);

		s2pt_par_read((uint64_t)fst << 1 | 1, &par);
		CHECK(par.kind == fault.kind && par.level == fault.level, "FST 0x%02x", fst);
	}
}

static void
test_other_exceptions(void **state)
{
	(void)state;
	for (uint64_t ec = 0; ec < 64; ec++) {
		struct s2pt_fault_regs regs = { ec << 26 | 7, 0, 0 };
		struct s2pt_fault fault;

		if (ec == 0x20 || ec == 0x24)
			continue;
		POISONED(fault);
		CHECK_STATUS(s2pt_fault_decode(&regs, &fault), S2PT_ERR_FAULT, "EC");
		CHECK_UNTOUCHED(fault, "EC");
	}
}

static void
check_same_fault(const struct s2pt_fault *got, const struct s2pt_fault *want, uint64_t esr)
{
	CHECK(got->kind == want->kind && got->level == want->level && got->access == want->access &&
		      got->s1_walk == want->s1_walk && got->maintenance == want->maintenance &&
		      got->ipa_known == want->ipa_known && got->ipa_page_only == want->ipa_page_only &&
		      got->ns == want->ns && got->va_known == want->va_known && got->causes == want->causes &&
		      got->ipa.addr == want->ipa.addr && got->va == want->va,
	      "ESR_EL2 0x%" PRIx64, esr);
}

/* Whatever registers say, they say again when they are made from it; each bit of ESR_EL2 beside every status code. */
static void
test_encode(void **state)
{
	static const uint64_t bits[] = {
		0, WNR, S1PTW, S1PTW | WNR, CM, FNV, 1u << 21, UINT64_C(0x7f) << 37, 1u << 24
	};
	struct s2pt_fault_regs regs;
	unsigned encoded = 0;

	(void)state;
	for (unsigned n = 0; n < 2 * 64 * COUNT(bits); n++) {
		const bool data = n & 1;
		const uint64_t esr = (data ? DATA : FETCH) | n / 2 % 64 | bits[n / 128];
		struct s2pt_fault again, fault = decode(esr, UINT64_C(1) << 63 | 0x8012340, 0xffff000000005678);

		POISONED(regs);
		if (fault.kind == S2PT_FAULT_OTHER) {
			CHECK_STATUS(s2pt_fault_encode(&fault, &regs), S2PT_ERR_FAULT, "no code");
			CHECK_UNTOUCHED(regs, "no code");
			continue;
		}
		CHECK_STATUS(s2pt_fault_encode(&fault, &regs), S2PT_OK, "encode");
		CHECK_U64(regs.esr >> 25 & 0x7f, fault.access == S2PT_FAULT_FETCH ? 0x41 : 0x49, "EC and IL");
		CHECK_U64(regs.hpfar, fault.ipa_known ? UINT64_C(1) << 63 | 0x8012340 : 0, "HPFAR_EL2");
		CHECK_U64(regs.far, fault.va_known ? 0xffff000000005678 : 0, "FAR_EL2");
		again = decode(regs.esr, regs.hpfar, regs.far);
		check_same_fault(&again, &fault, esr);
		encoded++;
	}
	CHECK(encoded > 700, "%u", encoded);
}

/* A fetch that faults on the walk of stage 1 is an Instruction Abort; levels and kinds that no code has. */
static void
test_encode_more(void **state)
{
	struct s2pt_fault fault = decode(DATA | S1PTW | 0xf, 0, 0);
	struct s2pt_fault_regs regs;

	(void)state;
	fault.access = S2PT_FAULT_FETCH;
	CHECK_STATUS(s2pt_fault_encode(&fault, &regs), S2PT_OK, "fetch");
	CHECK_U64(regs.esr, FETCH | 1u << 25 | S1PTW | 0xf, "an Instruction Abort");
	fault.causes = 0xff;
	CHECK_STATUS(s2pt_fault_encode(&fault, &regs), S2PT_OK, "causes");
	CHECK_U64(regs.esr >> 32 << 32 | (regs.esr & 1u << 21), UINT64_C(0x8e0) << 32, "causes of a fetch");
	fault.kind = S2PT_FAULT_TRANSLATION;
	CHECK_STATUS(s2pt_fault_encode(&fault, &regs), S2PT_OK, "no causes");
	CHECK_U64(regs.esr >> 32, 0, "causes are those of a Permission fault");
	fault.ipa_known = false;
	fault.ipa.addr = UINT64_MAX;
	CHECK_STATUS(s2pt_fault_encode(&fault, &regs), S2PT_OK, "no IPA");
	CHECK_U64(regs.hpfar, 0, "an IPA that is not known");
	fault.va_known = false;
	fault.va = 0x1234;
	CHECK_STATUS(s2pt_fault_encode(&fault, &regs), S2PT_OK, "no VA");
	CHECK_U64(regs.far, 0, "a VA that is not known");
	for (int level = -4; level < 6; level++) {
		POISONED(regs);
		fault.level = (int8_t)level;
		fault.kind = S2PT_FAULT_ACCESS_FLAG;
		CHECK_STATUS(s2pt_fault_encode(&fault, &regs), level >= 0 && level <= 3 ? S2PT_OK : S2PT_ERR_FAULT,
			     "AF");
		fault.kind = S2PT_FAULT_TRANSLATION;
		CHECK_STATUS(s2pt_fault_encode(&fault, &regs), level >= -2 && level <= 3 ? S2PT_OK : S2PT_ERR_FAULT,
			     "Translation");
	}
	fault.level = 3;
	fault.maintenance = true;
	POISONED(regs);
	CHECK_STATUS(s2pt_fault_encode(&fault, &regs), S2PT_ERR_FAULT, "no maintenance fetches");
	CHECK_UNTOUCHED(regs, "maintenance");
}

static void
check_par_again(uint64_t value, uint64_t want)
{
	struct s2pt_par par;
	uint64_t again;

	s2pt_par_read(value, &par);
	CHECK_STATUS(s2pt_par_write(&par, &again), S2PT_OK, "write");
	CHECK_U64(again, want, "PAR_EL1");
}

static void
test_par_write(void **state)
{
	const uint64_t defined = UINT64_C(0xff) << 56 | UINT64_C(0xffffffffff000) | 0x380;
	uint64_t value = 0xa5;
	struct s2pt_par par;

	(void)state;
	for (unsigned bit = 1; bit < 64; bit++)
		check_par_again(UINT64_C(1) << bit, (UINT64_C(1) << bit & defined) | 1u << 11);
	for (unsigned bit = 8; bit < 16; bit++)
		check_par_again(1u << bit | 7u << 1 | 1, (1u << bit & ~0x400u) | 1u << 11 | 7u << 1 | 1);
	for (unsigned fst = 0; fst < 64; fst++) {
		s2pt_par_read((uint64_t)fst << 1 | 1, &par);
		if (par.kind == S2PT_FAULT_OTHER)
			CHECK_STATUS(s2pt_par_write(&par, &value), S2PT_ERR_FAULT, "no code");
		else if (fst < 0x1b || fst > 0x1f)
			check_par_again((uint64_t)fst << 1 | 1, (uint64_t)fst << 1 | 1u << 11 | 1);
	}
	CHECK_U64(value, 0xa5, "a refusal writes nothing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_iss2),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_stage1_walk),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_locate),
		cmocka_unit_test(test_par),
		cmocka_unit_test(test_other_exceptions),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_encode_more),
		cmocka_unit_test(test_par_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
