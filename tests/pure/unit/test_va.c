/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* va.h, where tests/random/walk does not come often: both stages by example, and edges of stage 1. */
#include "unit.h"

#define AF   (UINT64_C(1) << 10)
#define BASE UINT64_C(0x40000000)

/* Stage 1: 4K, 39 bits, Inner Shareable Write-Back tables. */
#define TCR_USUAL   (UINT64_C(25) | 25u << 16 | 2u << 30 | UINT64_C(5) << 32)
#define SCTLR_M     1u
#define SCTLR_C_I   0x1004u
#define MAIR        UINT64_C(0x4400ff) /* 0 WB, 1 nGnRnE, 2 NC */
#define NORMAL_PAGE (AF | 3u << 8 | 3u)

static struct {
	uint64_t entry[16][512];
	struct s2pt_features cpu;
	struct s2pt_format format;
	struct s2pt_walker walker;
	struct s2pt_stage1_regs regs;
	struct s2pt_va_walk walk;
} m;

static bool
read_table(void *context, uint64_t address, uint64_t *value)
{
	(void)context;
	if (address - BASE >= sizeof(m.entry))
		return false;
	*value = m.entry[(address - BASE) >> 12][(address & 0xfff) / 8];
	return true;
}

static const struct s2pt_reader reader = { read_table, NULL };

/*
 * Stage 1 in tables 0 to 2, which the guest believes to be at 0, 0x1000 and 0x2000; stage 2 in tables 8 to 10 maps
 * these, and the GiB at 0x80000000 to itself.
 */
static void
open_guest(s2pt_feats feats)
{
	const uint64_t normal = AF | 3u << 8 | 3u << 6 | 15u << 2 | 3;
	const struct s2pt_stage2_regs stage2 = { .hcr = 1,
						 .vtcr = UINT64_C(1) << 31 | 5u << 16 | 3u << 12 | 1u << 6 | 25,
						 .vttbr = BASE + 0x8000 };

	memset(&m, 0, sizeof(m));
	m.cpu = cpu_of(feats, 48);
	m.regs = (struct s2pt_stage1_regs){ .sctlr = SCTLR_M | SCTLR_C_I, .tcr = TCR_USUAL, .mair = MAIR };
	m.entry[0][1] = 0x1003;
	m.entry[1][1] = 0x2003;
	m.entry[2][1] = UINT64_C(0x80000000) | NORMAL_PAGE;
	m.entry[8][0] = (BASE + 0x9000) | 3;
	m.entry[8][2] = UINT64_C(0x80000000) | AF | 3u << 8 | 3u << 6 | 15u << 2 | 1;
	m.entry[9][0] = (BASE + 0xa000) | 3;
	for (unsigned n = 0; n < 3; n++)
		m.entry[10][n] = (BASE + n * 0x1000) | normal;
	CHECK_STATUS(s2pt_walker_init(&m.walker, &m.format, &m.cpu, &stage2), S2PT_OK, "stage 2");
}
#define AT UINT64_C(0x40201000)

static bool
walk(enum s2pt_fault_access kind, bool el0, uint64_t va)
{
	const struct s2pt_walk_access access = { .kind = kind, .el0 = el0 };
	bool ok;

	POISONED(m.walk);
	ok = s2pt_walk_va(&m.cpu, &m.regs, &m.walker, &reader, &access, va, &m.walk);
	CHECK(ok == !m.walk.fault, "the answer is that of the walk");
	return ok;
}

static void
test_both(void **state)
{
	(void)state;
	open_guest(S2PT_FEAT_XNX);
	CHECK(walk(S2PT_FAULT_WRITE, false, AT + 0x123), "translates");
	CHECK_U64(m.walk.s1.output, UINT64_C(0x80000123), "IPA");
	CHECK_U64(m.walk.s2.output, UINT64_C(0x80000123), "PA");
	CHECK(m.walk.fetches == 3 && m.walk.s1.steps == 3 && m.walk.s2.steps == 1, "steps");
	for (unsigned n = 0; n < 3; n++) {
		CHECK_U64(m.walk.fetch[n].input, n * 0x1000 + 8, "a table's IPA");
		CHECK_U64(m.walk.fetch[n].output, BASE + n * 0x1000 + 8, "... and PA");
	}
	CHECK(m.walk.status == S2PT_OK && m.walk.combined.par_attr == 0xff && m.walk.combined.par_sh == 3,
	      "Write-Back");
	CHECK(m.walk.has_par, "PAR_EL1");
	CHECK_U64(m.walk.par, UINT64_C(0xff) << 56 | UINT64_C(0x80000000) | 1u << 11 | 3u << 7, "PAR_EL1");
	/* The guest says Device: so it is. */
	m.entry[2][1] |= 1u << 2;
	CHECK(walk(S2PT_FAULT_READ, false, AT), "Device");
	CHECK_U64(m.walk.par >> 56, 0, "nGnRnE");
	/* A fetch, with instruction caches off; data, with data caches off. */
	m.entry[2][1] ^= 1u << 2;
	m.regs.sctlr = SCTLR_M | 0x1000;
	CHECK(walk(S2PT_FAULT_FETCH, false, AT) && m.walk.par >> 56 == 0xff, "SCTLR_EL1.I");
	CHECK(walk(S2PT_FAULT_READ, false, AT) && m.walk.par >> 56 == 0x44, "SCTLR_EL1.C");
}

static void
test_no_type(void **state)
{
	(void)state;
	open_guest(0);
	m.regs.mair = 0x01;
	CHECK(walk(S2PT_FAULT_READ, false, AT), "translates");
	CHECK(m.walk.status == S2PT_ERR_RESERVED && !m.walk.has_par, "a type that is reserved");
	CHECK_U64(m.walk.s1.notes, S2PT_WALK_NOTE_MEMATTR, "the MAIR byte");
	m.regs.mair = MAIR;
	m.entry[2][1] ^= 2u << 8;
	CHECK(walk(S2PT_FAULT_READ, false, AT), "translates");
	CHECK_U64(m.walk.s1.notes, S2PT_WALK_NOTE_SH, "SH 0b01");
	CHECK(m.walk.status == S2PT_ERR_RESERVED && !m.walk.has_par, "a shareability that is reserved");
}

static void
expect_fault(const struct s2pt_walk *where, enum s2pt_fault_kind kind, int level, uint64_t par)
{
	CHECK(m.walk.fault == where, "where it faults");
	CHECK(where->fault.kind == kind && where->fault.level == level, "kind %d, level %d", (int)where->fault.kind,
	      where->fault.level);
	CHECK(m.walk.has_par, "PAR_EL1");
	CHECK_U64(m.walk.par, par | 1u << 11 | 1, "PAR_EL1");
	CHECK(where->fault.va_known, "the VA is known");
}

static void
test_faults(void **state)
{
	struct s2pt_fault_regs regs;

	(void)state;
	open_guest(0);
	/* Stage 1: EL0 may not. */
	CHECK(!walk(S2PT_FAULT_READ, true, AT), "EL0");
	expect_fault(&m.walk.s1, S2PT_FAULT_PERMISSION, 3, 0xf << 1);
	CHECK_U64(m.walk.s1.fault.va, AT, "VA");
	/* Stage 2, of the access. */
	m.entry[8][2] ^= 2u << 6;
	CHECK(!walk(S2PT_FAULT_WRITE, false, AT + 8), "read-only");
	expect_fault(&m.walk.s2, S2PT_FAULT_PERMISSION, 1, 1u << 9 | 0xd << 1);
	CHECK_STATUS(s2pt_fault_encode(&m.walk.fault->fault, &regs), S2PT_OK, "encode");
	CHECK(regs.far == AT + 8 && regs.hpfar == 0 && (regs.esr & 0xff) == (1u << 6 | 0xd), "its registers");
	m.entry[8][2] = 0;
	CHECK(!walk(S2PT_FAULT_READ, false, AT + 8), "nothing there");
	expect_fault(&m.walk.s2, S2PT_FAULT_TRANSLATION, 1, 1u << 9 | 5 << 1);
	CHECK_U64(m.walk.s2.fault.ipa.addr, UINT64_C(0x80000008), "the byte");
	/* Stage 2, of a table of stage 1. */
	m.entry[10][1] = 0;
	CHECK(!walk(S2PT_FAULT_WRITE, false, AT), "a table");
	expect_fault(&m.walk.fetch[1], S2PT_FAULT_TRANSLATION, 3, 1u << 9 | 1u << 8 | 7 << 1);
	CHECK(m.walk.fetches == 2 && m.walk.s1.steps == 1, "so far it came");
	CHECK_STATUS(s2pt_fault_encode(&m.walk.fault->fault, &regs), S2PT_OK, "encode");
	CHECK_U64(regs.esr, UINT64_C(0x24) << 26 | 1u << 25 | 1u << 7 | 7, "a read, by the walker");
	CHECK_U64(regs.hpfar, 0x1000 >> 8, "of the table");
	CHECK(!walk(S2PT_FAULT_FETCH, false, AT), "a table, for a fetch");
	CHECK_STATUS(s2pt_fault_encode(&m.walk.fault->fault, &regs), S2PT_OK, "encode");
	CHECK_U64(regs.esr >> 26, 0x20, "an Instruction Abort");
	/* No memory where stage 2 leads. */
	m.entry[10][1] = UINT64_C(0x90000000) | AF | 3u << 6 | 15u << 2 | 3;
	CHECK(!walk(S2PT_FAULT_READ, false, AT), "an external abort");
	expect_fault(&m.walk.s1, S2PT_FAULT_WALK_ABORT, 2, 0x16 << 1);
}

/* The walker of stage 1 sets AF, which stage 2 has to allow. */
static void
test_update(void **state)
{
	struct s2pt_fault_regs regs;

	(void)state;
	open_guest(S2PT_FEAT_HAFDBS_AF);
	m.regs.tcr |= UINT64_C(1) << 39;
	m.entry[2][1] &= ~AF;
	CHECK(walk(S2PT_FAULT_READ, false, AT), "translates");
	CHECK_U64(m.walk.s1.updates, AF, "AF");
	m.entry[10][2] ^= 2u << 6;
	CHECK(!walk(S2PT_FAULT_READ, false, AT), "read-only");
	expect_fault(&m.walk.fetch[2], S2PT_FAULT_PERMISSION, 3, 1u << 9 | 1u << 8 | 0xf << 1);
	CHECK_STATUS(s2pt_fault_encode(&m.walk.fault->fault, &regs), S2PT_OK, "encode");
	CHECK(regs.esr >> 6 & 1 && regs.hpfar == 0x2000 >> 8, "a write, to the table");
	m.entry[2][1] |= AF;
	CHECK(walk(S2PT_FAULT_READ, false, AT), "nothing to update");
}

static void
test_off(void **state)
{
	(void)state;
	open_guest(0);
	m.regs.sctlr = 0;
	CHECK(walk(S2PT_FAULT_WRITE, true, UINT64_C(0x80000042)), "stage 1 is off");
	CHECK(m.walk.s1.off && !m.walk.fetches && m.walk.s2.output == UINT64_C(0x80000042), "the VA is the IPA");
	CHECK_U64(m.walk.par >> 56, 0, "Device");
	CHECK(!walk(S2PT_FAULT_READ, false, UINT64_C(1) << 48), "beyond the PA size");
	expect_fault(&m.walk.s1, S2PT_FAULT_ADDRESS_SIZE, 0, 0);
	m.regs.tcr |= UINT64_C(1) << 37; /* TBI0 */
	CHECK(walk(S2PT_FAULT_READ, false, UINT64_C(0xab00000080000042)), "the top byte is ignored");
	CHECK_U64(m.walk.s2.output, UINT64_C(0x80000042), "PA");
	m.regs.sctlr = SCTLR_M;
	m.walker.hcr.dc = true;
	CHECK(walk(S2PT_FAULT_READ, false, UINT64_C(0x80000042)) && m.walk.s1.off, "HCR_EL2.DC");
	CHECK_U64(m.walk.par >> 56, 0xff, "Write-Back");
	/* Stage 2 off: stage 1 alone says what memory it is. */
	open_guest(0);
	m.walker.hcr.stage2 = false;
	m.regs.ttbr0 = BASE;
	m.entry[0][1] = (BASE + 0x1000) | 3;
	m.entry[1][1] = (BASE + 0x2000) | 3;
	CHECK(walk(S2PT_FAULT_READ, false, AT) && m.walk.s2.off && m.walk.par >> 56 == 0xff, "stage 2 is off");
	CHECK_U64(m.walk.par >> 7 & 3, 3, "shareability");
	m.entry[2][1] |= 2u << 2;
	CHECK(walk(S2PT_FAULT_READ, false, AT) && m.walk.par >> 56 == 0x44, "Non-cacheable");
}

/* Sizes at their edges, which no table needs to be there for. */
static void
expect_size(unsigned bits, bool there, const char *what)
{
	const struct s2pt_hcr hcr = { .stage2 = false };
	const struct s2pt_walk_access access = { .kind = S2PT_FAULT_READ };
	struct s2pt_walk s1;

	m.regs.tcr = (m.regs.tcr & ~UINT64_C(0x3f)) | (64 - bits);
	m.regs.ttbr0 = BASE;
	CHECK(!s2pt_walk_stage1(&m.cpu, &m.regs, &hcr, &reader, &access, 0, &s1), "%s", what);
	CHECK((s1.steps > 0) == there, "%u bits: %s", bits, what);
	CHECK_U64(s1.notes, there ? 0 : S2PT_WALK_NOTE_T0SZ, what);
}

static void
test_sizes(void **state)
{
	(void)state;
	open_guest(0);
	memset(m.entry, 0, sizeof(m.entry));
	m.regs.tcr = 0;
	expect_size(48, true, "4K");
	expect_size(49, false, "4K, DS=0");
	expect_size(25, true, "4K");
	expect_size(24, false, "without FEAT_TTST");
	m.cpu = cpu_of(S2PT_FEAT_TTST | S2PT_FEAT_LPA | S2PT_FEAT_LPA2, 52);
	expect_size(16, true, "4K");
	expect_size(15, false, "4K, FEAT_TTST");
	m.regs.tcr = 1u << 14;
	expect_size(17, true, "64K");
	expect_size(16, false, "64K, FEAT_TTST");
	expect_size(52, true, "64K");
	expect_size(53, false, "64K");
	m.regs.tcr = UINT64_C(1) << 59;
	expect_size(52, true, "4K, DS=1");
	m.cpu = cpu_of(S2PT_FEAT_LPA, 52);
	expect_size(52, false, "4K, DS without its feature");
	/* Reserved granules are taken for 4K. */
	m.regs.tcr = 3u << 14;
	expect_size(48, true, "TG0 is reserved");
}

/* The 52-bit form of TTBR: bits 5:2 are no part of the alignment. */
static void
test_root(void **state)
{
	const struct s2pt_hcr hcr = { .stage2 = false };
	const struct s2pt_walk_access access = { .kind = S2PT_FAULT_READ };
	struct s2pt_walk s1;

	(void)state;
	open_guest(0);
	m.cpu = cpu_of(0, 52);
	/* 64K, 43 bits: a start table of two entries. */
	m.regs.tcr = (64u - 43) | 1u << 14 | UINT64_C(6) << 32;
	m.regs.ttbr0 = (BASE + 0x40) | 0x3c;
	m.entry[0][8] = 1;
	CHECK(!s2pt_walk_stage1(&m.cpu, &m.regs, &hcr, &reader, &access, 0, &s1), "beyond memory");
	CHECK_U64(s1.step[0].address, UINT64_C(15) << 48 | (BASE + 0x40), "PA[51:48]");
	/* A reserved IPS is as much as there is; where that is less than 52 bits, so is the form. */
	m.regs.tcr |= UINT64_C(7) << 32;
	CHECK(!s2pt_walk_stage1(&m.cpu, &m.regs, &hcr, &reader, &access, 0, &s1), "beyond memory");
	CHECK_U64(s1.step[0].address, UINT64_C(15) << 48 | (BASE + 0x40), "IPS is reserved");
	m.cpu = cpu_of(0, 44);
	CHECK(!s2pt_walk_stage1(&m.cpu, &m.regs, &hcr, &reader, &access, 0, &s1), "reserved type");
	CHECK_U64(s1.step[0].address, BASE + 0x70, "44 bits: bits 5:4 are an address");
	m.cpu = cpu_of(0, 52);
	m.regs.ttbr0 = (BASE + 0x40) | 1;
	m.regs.tcr = (64u - 43) | 1u << 14 | UINT64_C(5) << 32;
	CHECK(!s2pt_walk_stage1(&m.cpu, &m.regs, &hcr, &reader, &access, UINT64_C(1) << 42, &s1), "reserved");
	CHECK_U64(s1.step[0].address, BASE + 0x48, "48 bits: CnP is no address");
	m.regs.ttbr0 = (BASE + 0x40) | 0x30;
	CHECK(!s2pt_walk_stage1(&m.cpu, &m.regs, &hcr, &reader, &access, UINT64_C(1) << 42, &s1), "invalid");
	CHECK_U64(s1.step[0].address, BASE + 0x78, "... and bits 5:4 are");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_no_type),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
