/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* walk.h, case by case; tests/random/walk compares it with the machine's walker. */
#include "unit.h"

#define AF      (UINT64_C(1) << 10)
#define VTCR_4K (UINT64_C(1) << 31 | 3u << 12 | 5u << 16)
#define T0SZ(n) ((uint64_t)(n))
#define SL0(n)  ((uint64_t)(n) << 6)
#define VM      UINT64_C(1)
#define FWB     (UINT64_C(1) << 46)

/* Memory: eight tables of 4 KiB from BASE on. */
#define BASE   UINT64_C(0x40000000)
#define TABLES 8u

static struct {
	uint64_t entry[TABLES][512];
	unsigned reads;
	struct s2pt_features cpu;
	struct s2pt_format format;
	struct s2pt_walker walker;
	struct s2pt_walk walk;
} m;

static bool
read_table(void *context, uint64_t address, uint64_t *value)
{
	CHECK(context == &m, "the context");
	CHECK(!(address & 7), "0x%" PRIx64 " is no multiple of 8", address);
	m.reads++;
	if (address - BASE >= sizeof(m.entry))
		return false;
	*value = m.entry[(address - BASE) >> 12][(address & 0xfff) / 8];
	return true;
}

static const struct s2pt_reader reader = { read_table, &m };
static const struct s2pt_walk_access el1_read = { .kind = S2PT_FAULT_READ };

static void
clear(s2pt_feats feats, unsigned pa_bits)
{
	memset(m.entry, 0, sizeof(m.entry));
	m.reads = 0;
	m.cpu = cpu_of(feats, pa_bits);
}

static enum s2pt_status
init(uint64_t vtcr, uint64_t vttbr, uint64_t hcr)
{
	const struct s2pt_stage2_regs regs = {
		.space = S2PT_SPACE_NONSECURE, .hcr = hcr, .vtcr = vtcr, .vttbr = vttbr
	};

	POISONED(m.walker);
	return s2pt_walker_init(&m.walker, &m.format, &m.cpu, &regs);
}

static bool
walk(const struct s2pt_walk_access *access, uint64_t ipa)
{
	bool ok;

	POISONED(m.walk);
	m.reads = 0;
	ok = s2pt_walk_stage2(&m.walker, &reader, access, s2pt_ipa_of(ipa), &m.walk);
	CHECK(ok == !m.walk.faults, "the answer is that of the walk");
	CHECK_U64(m.walk.input, ipa, "input");
	return ok;
}

static void
expect_fault(uint64_t ipa, enum s2pt_fault_kind kind, int level, unsigned reads)
{
	CHECK(!walk(&el1_read, ipa), "0x%" PRIx64 " should fault", ipa);
	CHECK(m.walk.fault.kind == kind && m.walk.fault.level == level, "kind %d, level %d", (int)m.walk.fault.kind,
	      m.walk.fault.level);
	CHECK_U64(m.reads, reads, "reads");
	CHECK(!m.walk.leaf || kind == S2PT_FAULT_PERMISSION || kind == S2PT_FAULT_ACCESS_FLAG, "a leaf");
	CHECK_U64(m.walk.updates, 0, "updates");
}

/* 4K, 39 bits of IPA from level 1; the page at IPA 0x40201000. */
static uint64_t *
open_three_levels(s2pt_feats feats)
{
	clear(feats, 48);
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE, VM), S2PT_OK, "init");
	m.entry[0][1] = (BASE + 0x1000) | 3;
	m.entry[1][1] = (BASE + 0x2000) | 3;
	m.entry[2][1] = UINT64_C(0x80005000) | AF | 3u << 8 | 3u << 6 | 15u << 2 | 3;
	return &m.entry[2][1];
}
#define AT UINT64_C(0x40201000)

static void
test_steps(void **state)
{
	uint64_t *page = open_three_levels(S2PT_FEAT_XNX);

	(void)state;
	CHECK(walk(&el1_read, AT + 0x123), "translates");
	CHECK_U64(m.walk.output, UINT64_C(0x80005123), "PA");
	CHECK(m.walk.leaf && !m.walk.off && m.walk.lg2 == 12 && m.walk.steps == 3 && m.reads == 3, "a page");
	for (unsigned n = 0; n < 3; n++) {
		CHECK(m.walk.step[n].level == (int)n + 1, "level");
		CHECK_U64(m.walk.step[n].address, BASE + n * 0x1000 + 8, "address");
		CHECK_U64(m.walk.step[n].desc.raw, m.entry[n][1], "descriptor");
	}
	CHECK(m.walk.s2.memattr == 15 && m.walk.s2.sh == 3 && !m.walk.s2.fnxs, "attributes");
	CHECK(m.walk.el1 == 7 && m.walk.el0 == 7 && !m.walk.notes && !m.walk.updates, "rights");
	*page |= UINT64_C(1) << 54;
	CHECK(walk(&el1_read, AT), "a read");
	CHECK(!walk(&(struct s2pt_walk_access){ .kind = S2PT_FAULT_FETCH }, AT), "a fetch");
	CHECK(m.walk.fault.kind == S2PT_FAULT_PERMISSION && m.walk.fault.access == S2PT_FAULT_FETCH, "its fault");
	/* For the walker of stage 1 a fetch is a read. */
	CHECK(walk(&(struct s2pt_walk_access){ .kind = S2PT_FAULT_FETCH, .s1_walk = true }, AT), "its tables");
	/* A block. */
	m.entry[1][1] = UINT64_C(0x80200000) | AF | 1u << 6 | 1;
	CHECK(walk(&el1_read, AT + 5), "a block");
	CHECK(m.walk.lg2 == 21 && m.walk.steps == 2, "2 MiB");
	CHECK_U64(m.walk.output, UINT64_C(0x80201005), "PA");
	CHECK_U64(m.walk.s2.memattr, 0, "Device");
}

static void
test_faults(void **state)
{
	uint64_t *page = open_three_levels(0);
	struct s2pt_fault_regs regs;

	(void)state;
	*page &= ~AF;
	expect_fault(AT + 0x123, S2PT_FAULT_ACCESS_FLAG, 3, 3);
	/* What the registers hold: the IPA of the page, since no VA is known. */
	CHECK(m.walk.fault.ipa_known && m.walk.fault.ipa_page_only && !m.walk.fault.va_known, "IPA");
	CHECK_U64(m.walk.fault.ipa.addr, AT, "IPA");
	CHECK_STATUS(s2pt_fault_encode(&m.walk.fault, &regs), S2PT_OK, "encode");
	CHECK_U64(regs.esr, UINT64_C(0x24) << 26 | 1u << 25 | 1u << 10 | 0xb, "ESR_EL2");
	CHECK_U64(regs.hpfar, AT >> 8, "HPFAR_EL2");
	*page = (*page | AF) & ~(UINT64_C(3) << 6);
	expect_fault(AT, S2PT_FAULT_PERMISSION, 3, 3);
	CHECK(!m.walk.fault.ipa_known && m.walk.fault.ipa.addr == UINT64_MAX, "HPFAR_EL2 is UNKNOWN");
	CHECK(!walk(&(struct s2pt_walk_access){ .kind = S2PT_FAULT_READ, .s1_walk = true }, AT), "a table");
	CHECK(m.walk.fault.s1_walk && m.walk.fault.ipa_known && m.walk.fault.access == S2PT_FAULT_READ, "of stage 1");
	*page = 1; /* reserved */
	expect_fault(AT, S2PT_FAULT_TRANSLATION, 3, 3);
	*page = UINT64_C(0xffff00000000) | AF | 0xc3; /* up to 48 bits */
	CHECK(walk(&el1_read, AT), "the last page");
	m.entry[1][1] = (BASE + sizeof(m.entry)) | 3;
	expect_fault(AT, S2PT_FAULT_WALK_ABORT, 3, 3);
	CHECK_U64(m.walk.steps, 2, "what was read");
	CHECK_U64(m.walk.step[2].address, BASE + sizeof(m.entry) + 8, "what could not be");
	m.entry[0][1] = 2;
	expect_fault(AT, S2PT_FAULT_TRANSLATION, 1, 1);
	expect_fault(UINT64_C(1) << 39, S2PT_FAULT_TRANSLATION, 0, 0);
	expect_fault(UINT64_MAX, S2PT_FAULT_TRANSLATION, 0, 0);
	/* A table of its own: the walk ends at the last level all the same. */
	m.entry[0][1] = BASE | AF | 0xc3;
	CHECK(walk(&el1_read, AT), "a loop");
	CHECK_U64(m.reads, 3, "a loop ends");
	CHECK_U64(m.walk.output, BASE, "... as a page");
}

/* An output size of 36 bits. */
static void
test_address_size(void **state)
{
	uint64_t *page = open_three_levels(0);

	(void)state;
	CHECK_STATUS(init((VTCR_4K & ~(UINT64_C(7) << 16)) | 1u << 16 | T0SZ(25) | SL0(1), BASE, VM), S2PT_OK,
		     "36 bits");
	*page |= UINT64_C(1) << 36;
	expect_fault(AT, S2PT_FAULT_ADDRESS_SIZE, 3, 3);
	*page ^= UINT64_C(3) << 35;
	CHECK(walk(&el1_read, AT), "the highest bit");
	m.entry[1][1] |= UINT64_C(1) << 36;
	expect_fault(AT, S2PT_FAULT_ADDRESS_SIZE, 2, 2);
	/* The root: R_BFHQH. */
	CHECK_STATUS(init((VTCR_4K & ~(UINT64_C(7) << 16)) | 1u << 16 | T0SZ(25) | SL0(1), UINT64_C(1) << 36, VM),
		     S2PT_OK, "a large root");
	CHECK_STATUS(m.walker.status, S2PT_ERR_ROOT_PA, "why");
	expect_fault(AT, S2PT_FAULT_ADDRESS_SIZE, 0, 0);
	expect_fault(UINT64_C(1) << 39, S2PT_FAULT_TRANSLATION, 0, 0);
	/* A block of 512 GiB where there are 64 GiB of PA: the byte counts. */
	clear(S2PT_FEAT_LPA | S2PT_FEAT_LPA2, 52);
	CHECK_STATUS(
		init((VTCR_4K & ~(UINT64_C(7) << 16)) | UINT64_C(1) << 32 | 1u << 16 | T0SZ(24) | SL0(2), BASE, VM),
		S2PT_OK, "DS=1");
	m.entry[0][0] = AF | 0xc1;
	CHECK(walk(&el1_read, (UINT64_C(1) << 36) - 1), "below");
	expect_fault(UINT64_C(1) << 36, S2PT_FAULT_ADDRESS_SIZE, 0, 1);
}

/* PTW: Device tables of stage 1. */
static void
test_ptw(void **state)
{
	uint64_t *page = open_three_levels(0);
	const struct s2pt_walk_access table = { .kind = S2PT_FAULT_READ, .s1_walk = true };

	(void)state;
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE, VM | 4), S2PT_OK, "PTW");
	CHECK(walk(&table, AT), "Normal");
	*page &= ~(UINT64_C(15) << 2);
	CHECK(walk(&el1_read, AT), "Device, no table");
	*page |= 3u << 2;
	CHECK(!walk(&table, AT) && m.walk.fault.kind == S2PT_FAULT_PERMISSION && m.walk.fault.level == 3, "GRE");
	CHECK(m.walk.fault.ipa_known && !m.walk.updates, "HPFAR_EL2");
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE, VM), S2PT_OK, "no PTW");
	CHECK(walk(&table, AT), "Device, without PTW");
	*page |= 5u << 2;
}

/* What hardware sets, and does not report as missing. */
static void
test_updates(void **state)
{
	const s2pt_feats feats = S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM;
	const struct s2pt_walk_access write = { .kind = S2PT_FAULT_WRITE };
	uint64_t *page = open_three_levels(feats);

	(void)state;
	*page = (*page & ~(AF | 1u << 7)) | UINT64_C(1) << 51;
	expect_fault(AT, S2PT_FAULT_ACCESS_FLAG, 3, 3);
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1) | 1u << 21, BASE, VM), S2PT_OK, "HA");
	CHECK(walk(&el1_read, AT), "AF");
	CHECK_U64(m.walk.updates, AF, "AF");
	CHECK(m.walk.el1 == (S2PT_RIGHT_READ | S2PT_RIGHT_EXEC), "without HD DBM gives nothing");
	CHECK(!walk(&write, AT), "a write");
	CHECK_U64(m.walk.updates, 0, "a fault updates nothing");
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1) | 3u << 21, BASE, VM), S2PT_OK, "HD");
	CHECK(walk(&write, AT), "a write");
	CHECK_U64(m.walk.updates, AF | 1u << 7, "AF and dirty");
	CHECK_U64(m.walk.el0, 7, "writable");
	CHECK(walk(&el1_read, AT) && m.walk.updates == AF, "a read makes nothing dirty");
	*page |= 1u << 7;
	CHECK(walk(&write, AT) && m.walk.updates == AF, "dirty already");
	/* HD without HA, and either on a CPU without, is nothing. */
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1) | 1u << 22, BASE, VM), S2PT_OK, "HD alone");
	expect_fault(AT, S2PT_FAULT_ACCESS_FLAG, 3, 3);
	m.cpu = cpu_of(0, 48);
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1) | 3u << 21, BASE, VM), S2PT_OK, "no FEAT_HAFDBS");
	expect_fault(AT, S2PT_FAULT_ACCESS_FLAG, 3, 3);
}

static void
expect_note(uint32_t note, const char *what)
{
	CHECK(walk(&el1_read, AT), "%s", what);
	CHECK_U64(m.walk.notes, note, what);
}

static void
test_notes(void **state)
{
	uint64_t *page = open_three_levels(S2PT_FEAT_BBML1), was = *page;

	(void)state;
	expect_note(0, "nothing to note");
	*page = (was & ~UINT64_C(0x3c)) | 4u << 2;
	expect_note(S2PT_WALK_NOTE_MEMATTR, "MemAttr 0b0100");
	*page = (was & ~UINT64_C(0x300)) | 1u << 8;
	expect_note(S2PT_WALK_NOTE_SH, "SH 0b01");
	*page = was | UINT64_C(1) << 50;
	expect_note(S2PT_WALK_NOTE_RES0, "bit 50");
	*page = was | UINT64_C(1) << 58;
	expect_note(0, "a software bit");
	*page = was | UINT64_C(1) << 52;
	expect_note(0, "a group");
	m.entry[1][1] |= UINT64_C(1) << 50;
	expect_note(S2PT_WALK_NOTE_RES0, "bit 50 of a table");
	m.entry[1][1] ^= UINT64_C(1) << 50 | UINT64_C(0xff) << 51;
	expect_note(0, "IGNORED bits of a table");
	m.entry[1][1] = UINT64_C(0x80200000) | AF | 1u << 16 | 3u << 6 | 15u << 2 | 1;
	expect_note(S2PT_WALK_NOTE_NT, "nT");
	m.cpu = cpu_of(0, 48);
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE, VM), S2PT_OK, "without FEAT_BBM");
	expect_note(S2PT_WALK_NOTE_RES0, "bit 16");
	/* 32 MiB of IPA, and a group of 32 MiB, then of 64. */
	m.cpu = cpu_of(S2PT_FEAT_TTST, 48);
	CHECK_STATUS(init(VTCR_4K | T0SZ(39) | SL0(0), BASE, VM), S2PT_OK, "25 bits");
	m.entry[0][1] = UINT64_C(0x80200000) | UINT64_C(1) << 52 | AF | 3u << 6 | 15u << 2 | 1;
	CHECK(walk(&el1_read, 1u << 21) && !m.walk.notes, "a group that fits");
	CHECK_STATUS(init(VTCR_4K | T0SZ(40) | SL0(0), BASE, VM), S2PT_OK, "24 bits");
	CHECK(walk(&el1_read, 1u << 21) && m.walk.notes == S2PT_WALK_NOTE_CONTIGUOUS, "a group that does not");
}

/* 64K: OA[51:48] stand in bits 15:12 where the CPU has them. */
static void
test_64k(void **state)
{
	const uint64_t vtcr = VTCR_4K | 1u << 14 | T0SZ(39) | SL0(0);

	(void)state;
	clear(0, 48);
	CHECK_STATUS(init(vtcr, BASE, VM), S2PT_OK, "64K, one level");
	m.entry[0][1] = UINT64_C(0x80000000) | 0xf000 | AF | 0xc3;
	CHECK(walk(&el1_read, 0x10000), "no such bits");
	CHECK_U64(m.walk.output, UINT64_C(0x80000000), "they are not looked at");
	CHECK_U64(m.walk.notes, S2PT_WALK_NOTE_OA | S2PT_WALK_NOTE_RES0, "said");
	m.entry[0][1] ^= 0xf000;
	CHECK(walk(&el1_read, 0x10000) && !m.walk.notes, "clear");
	clear(S2PT_FEAT_LPA, 52);
	CHECK_STATUS(init(vtcr, BASE, VM), S2PT_OK, "PS is 48 bits");
	m.entry[0][1] = UINT64_C(0x80000000) | 0x1000 | AF | 0xc3;
	expect_fault(0x10000, S2PT_FAULT_ADDRESS_SIZE, 3, 1);
	CHECK_U64(m.walk.notes, 0, "no choice");
	CHECK_STATUS(init(vtcr | 7u << 16, BASE, VM), S2PT_OK, "PS is reserved: as much as there is");
	CHECK(walk(&el1_read, 0x10000), "52 bits");
	CHECK_U64(m.walk.output, UINT64_C(1) << 48 | UINT64_C(0x80000000), "OA[48]");
}

/* Registers that no careful host writes. */
static void
test_registers(void **state)
{
	struct s2pt_stage2_regs regs = { .space = S2PT_SPACE_NONSECURE, .hcr = VM, .vttbr = BASE };

	(void)state;
	clear(0, 40);
	CHECK_STATUS(init(VTCR_4K | 3u << 14, BASE, VM), S2PT_ERR_GRANULE, "TG0 is reserved");
	CHECK_STATUS(init(VTCR_4K | UINT64_C(1) << 36, BASE, VM), S2PT_ERR_UNSUPPORTED, "S2PIE");
	m.cpu.granule_4k = false;
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE, VM), S2PT_ERR_GRANULE, "not at stage 2");
	m.cpu.granule_4k = true;
	regs.vtcr = VTCR_4K | T0SZ(25) | SL0(1);
	regs.space = (enum s2pt_space)7;
	CHECK_STATUS(s2pt_walker_init(&m.walker, &m.format, &m.cpu, &regs), S2PT_ERR_SPACE, "no space");
	/* Without its feature neither DS nor VS, HWUnn, SL2, NSW, FWB, nor a bit that nobody has, is anything. */
	CHECK_STATUS(init((VTCR_4K | T0SZ(25) | SL0(1) | UINT64_C(3) << 32 | UINT64_C(1) << 60 | 1u << 19 | 0xfu << 25 |
			   3u << 29) &
				  ~(UINT64_C(1) << 31),
			  BASE, VM | FWB),
		     S2PT_OK, "ignored");
	CHECK(m.walker.status == S2PT_OK && !m.walker.notes && m.format.pa_bits == 40 && !m.format.feats,
	      "as if they were 0");
	m.cpu = cpu_of(S2PT_FEAT_HPDS2, 40);
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1) | 5u << 25, BASE, VM), S2PT_OK, "HWUnn");
	CHECK_U64(m.format.pbha, 5, "with FEAT_HPDS2 they are");
	m.cpu = cpu_of(0, 40);
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(0), BASE, VM), S2PT_OK, "SL0");
	CHECK_STATUS(m.walker.status, S2PT_ERR_START_TABLES, "SL0 does not fit T0SZ");
	expect_fault(0, S2PT_FAULT_TRANSLATION, 0, 0);
	CHECK_U64(m.walk.notes, 0, "that is sure");
	CHECK_STATUS(init(VTCR_4K | T0SZ(40) | SL0(0), BASE, VM), S2PT_OK, "T0SZ");
	CHECK_STATUS(m.walker.status, S2PT_ERR_IPA_BELOW_MIN, "T0SZ above its maximum");
	expect_fault(0, S2PT_FAULT_TRANSLATION, 0, 0);
	CHECK_U64(m.walk.notes, S2PT_WALK_NOTE_T0SZ, "or another size");
	CHECK_STATUS(init(VTCR_4K | T0SZ(20) | SL0(2), BASE, VM), S2PT_OK, "T0SZ");
	CHECK(m.walker.status == S2PT_ERR_IPA_ABOVE_PA && m.walker.notes == S2PT_WALK_NOTE_T0SZ, "above the PA size");
	m.cpu = cpu_of(S2PT_FEAT_LPA, 52);
	CHECK_STATUS(init(VTCR_4K | T0SZ(13) | SL0(2), BASE, VM), S2PT_OK, "T0SZ");
	CHECK(m.walker.status == S2PT_ERR_IPA_ABOVE_FORMAT && !m.walker.notes, "a fault with FEAT_LPA");
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE | 0x810, VM), S2PT_OK, "a root that is not aligned");
	CHECK(m.walker.root.addr == BASE && m.walker.notes == S2PT_WALK_NOTE_ROOT, "is taken as if it were");
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE | UINT64_C(0xffff) << 48 | 1, VM), S2PT_OK, "VMID, CnP");
	CHECK(m.walker.root.addr == BASE && !m.walker.notes, "are no address");
	CHECK_STATUS(init((VTCR_4K & ~(UINT64_C(3) << 12)) | 1u << 12 | T0SZ(25) | SL0(1), BASE, VM), S2PT_OK, "SH0");
	CHECK_U64(m.walker.notes, S2PT_WALK_NOTE_SH, "SH0 is reserved");
}

/* DS is for the granules that have it: each as the CPU says. */
static void
test_ds(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		const bool sixteen = n & 1;

		clear(S2PT_FEAT_LPA | S2PT_FEAT_LPA2, 52);
		m.cpu.lpa2_4k = n & 2;
		m.cpu.lpa2_16k = n & 4;
		CHECK_STATUS(init(VTCR_4K | UINT64_C(1) << 32 | (sixteen ? 2u << 14 : 0) | T0SZ(28) | SL0(1), BASE, VM),
			     S2PT_OK, "DS");
		CHECK(!(m.format.feats & S2PT_FEAT_LPA2) == !(n & (sixteen ? 4 : 2)), "CPU %u", n);
	}
	/* SL2 is there for 4K alone: 0b1.00 is level -1. */
	clear(S2PT_FEAT_LPA | S2PT_FEAT_LPA2, 52);
	CHECK_STATUS(init(VTCR_4K | 6u << 16 | UINT64_C(3) << 32 | T0SZ(12) | SL0(0), BASE, VM), S2PT_OK, "level -1");
	CHECK(m.walker.status == S2PT_OK && m.format.start_level == -1, "level -1");
	expect_fault(0, S2PT_FAULT_TRANSLATION, -1, 1);
	CHECK_STATUS(init(VTCR_4K | 2u << 14 | UINT64_C(3) << 32 | T0SZ(28) | SL0(1), BASE, VM), S2PT_OK, "16K");
	CHECK(m.walker.status == S2PT_OK && m.format.start_level == 2, "16K has no SL2");
}

/* Secure: the geometry of VSTCR_EL2, the rest of VTCR_EL2. */
static void
test_secure(void **state)
{
	struct s2pt_stage2_regs regs = {
		.space = S2PT_SPACE_SECURE,
		.hcr = VM,
		.vtcr = VTCR_4K | 2u << 14 | T0SZ(16) | SL0(2) | 1u << 21,
		.vstcr = UINT64_C(1) << 31 | T0SZ(25) | SL0(1) | UINT64_C(1) << 33 | 1u << 12,
		.vttbr = BASE,
	};

	(void)state;
	open_three_levels(0);
	m.entry[2][1] &= ~AF;
	m.cpu = cpu_of(S2PT_FEAT_SEL2 | S2PT_FEAT_HAFDBS_AF, 48);
	CHECK_STATUS(s2pt_walker_init(&m.walker, &m.format, &m.cpu, &regs), S2PT_OK, "Secure");
	CHECK_STATUS(m.walker.status, S2PT_OK, "Secure");
	CHECK(walk(&el1_read, AT) && m.walk.updates == AF, "translates, with HA of VTCR_EL2");
	m.cpu = cpu_of(0, 48);
	CHECK_STATUS(s2pt_walker_init(&m.walker, &m.format, &m.cpu, &regs), S2PT_ERR_SPACE, "without FEAT_SEL2");
	regs.space = S2PT_SPACE_REALM;
	regs.vtcr = VTCR_4K | T0SZ(25) | SL0(1) | 3u << 29;
	m.cpu = cpu_of(S2PT_FEAT_RME, 48);
	CHECK_STATUS(s2pt_walker_init(&m.walker, &m.format, &m.cpu, &regs), S2PT_OK, "Realm");
	CHECK(m.walker.status == S2PT_OK && m.format.space == S2PT_SPACE_REALM && !m.format.sw, "NSW is not there");
}

static void
test_off(void **state)
{
	(void)state;
	clear(S2PT_FEAT_S2FWB, 48);
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE, 0), S2PT_OK, "VM = 0");
	CHECK(walk(&el1_read, UINT64_C(0x123456789abc)), "no translation");
	CHECK(m.walk.off && m.walk.leaf && !m.walk.steps && !m.reads && m.walk.el1 == 7 && m.walk.el0 == 7, "none");
	CHECK_U64(m.walk.output, UINT64_C(0x123456789abc), "what goes in comes out");
	CHECK_U64(m.walk.s2.memattr, 15, "as stage 1");
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE, FWB), S2PT_OK, "VM = 0, FWB");
	CHECK(walk(&el1_read, 0) && m.walk.s2.memattr == 7, "as stage 1");
	CHECK_STATUS(init(VTCR_4K | T0SZ(25) | SL0(1), BASE, UINT64_C(1) << 34 | 1u << 27 | VM), S2PT_OK, "E2H, TGE");
	CHECK(walk(&el1_read, 0) && m.walk.off, "the host's own");
}

/* A format instead of registers; FWB in it decides what is reserved. */
static void
test_format(void **state)
{
	uint64_t *page = open_three_levels(0);

	(void)state;
	for (unsigned fwb = 0; fwb < 2; fwb++) {
		const struct s2pt_format format = format_at(S2PT_GRANULE_4K, S2PT_SPACE_NONSECURE, 39, 48,
							    (fwb ? S2PT_FEAT_S2FWB : 0) | S2PT_FEAT_XS, 1);

		POISONED(m.walker);
		s2pt_walker_of_format(&m.walker, &format, s2pt_pa_of(BASE));
		*page = (*page & ~UINT64_C(0x3c)) | 7u << 2 | 1u << 11;
		CHECK(walk(&el1_read, AT) && m.walk.s2.memattr == 7 && m.walk.s2.fnxs && !m.walk.notes, "0b0111, FnXS");
		*page = (*page & ~UINT64_C(0x3c)) | 15u << 2;
		CHECK(walk(&el1_read, AT) && m.walk.notes == (fwb ? S2PT_WALK_NOTE_MEMATTR : 0), "0b1111");
		CHECK(m.walker.hcr.fwb == fwb && m.walker.hcr.stage2 && !m.walker.hcr.ptw, "HCR_EL2");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_address_size),
		cmocka_unit_test(test_ptw),
		cmocka_unit_test(test_updates),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_64k),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_ds),
		cmocka_unit_test(test_secure),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
