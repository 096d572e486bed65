/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * main.c: a guest of examples/hypervisor that does what a hypervisor has to answer: accesses to memory that is
 * not there, is read-only, may not be read or executed, is logged; its own, and those of its walks. Of each it
 * knows what has to come of it: a value, or an exception, of which it compares every register.
 *
 * Where a bus does not answer, the CPU itself takes an External abort. That is what the hypervisor's must look
 * like, so both are held against the same expectation.
 */
#include "io.h"
#include "probe.h"
#include "sysreg.h"

SYSREG_READ(tcr_el1, "tcr_el1")
SYSREG_WRITE(ttbr1_el1, "ttbr1_el1")

int main(void);

/* --- The machine (examples/hypervisor/layout.h, call.h, report.h) ------------------------------ */

#define RAM      UINT64_C(0x40000000)
#define HOLE     UINT64_C(0x50000000) /* behind the guest's RAM; stage 2 maps nothing */
#define DEAD     UINT64_C(0x0b100000) /* mapped by stage 2, but the bus does not answer */
#define CALL     UINT64_C(0x0b000000)
#define PAGES    UINT64_C(0x42000000) /* RAM that the cases use */
#define LOG_FROM UINT64_C(0x42200000) /* and 64 pages of it that they log */
#define PAGE     UINT64_C(0x1000)

enum call {
	CALL_VERDICT = 0x08,
	CALL_ADDRESS = 0x10,
	CALL_PAGE = 0x18,
	CALL_LOG = 0x20,
	CALL_CLEAR = 0x28,
	CALL_RELAXED = 0x100 + 8 * 8,
	CALL_IGNORED = 0x100 + 9 * 8,
	CALL_ABORTS = 0x100 + 10 * 8,
};

enum operation {
	FORGET,
	HIDE,
	WRITE_PROTECT,
};

static volatile uint64_t *
word_at(uint64_t address)
{
	return (volatile uint64_t *)(uintptr_t)address;
}

static uint64_t
call_load(enum call offset)
{
	uint64_t value;

	/* One load of one register: what can be emulated. */
	__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(CALL + offset) : "memory");
	return value;
}

static void
call_store(enum call offset, uint64_t value)
{
	__asm__ volatile("str %0, [%1]" : : "r"(value), "r"(CALL + offset) : "memory");
}

static void
change_page(uint64_t page, enum operation operation)
{
	call_store(CALL_ADDRESS, page);
	call_store(CALL_PAGE, operation);
}

static void
switch_off(void)
{
	register uint64_t x0 __asm__("x0") = 0x84000008;

	__asm__ volatile("smc #0" : "+r"(x0) : : "memory");
}

/* --- Stage 1 ---------------------------------------------------------------------------------- */

#define S1_TABLE    UINT64_C(3)
#define S1_AF       UINT64_C(0x400)
#define S1_DEVICE   UINT64_C(0x0040000000000005) /* a block, attribute 1, UXN */
#define S1_RAM      UINT64_C(0x0040000000000301) /* a block, Inner Shareable, UXN */
#define S1_RAM_EL0  UINT64_C(0x0000000000000341) /* the same for EL0 */
#define S1_RAM_PAGE (UINT64_C(0x0040000000000303) | S1_AF)

#define EL0_OFFSET UINT64_C(0x40000000)  /* from an address of RAM to where EL0 has it */
#define WALKED     UINT64_C(0x100000000) /* what is reached through tables that a case chooses */
#define UPPER      UINT64_C(0xffff000000000000)

#define MAIR_WB_AND_NGNRE    UINT64_C(0x04ff)
#define TCR_BASE             (TCR_T0SZ(25) | UINT64_C(1) << 8 | UINT64_C(1) << 10 | UINT64_C(3) << 12 | TCR_IPS(2))
#define TCR_HA               (UINT64_C(1) << 39)
#define TCR_UPPER(tg1, t1sz) ((uint64_t)(tg1) << 30 | (uint64_t)(t1sz) << 16)
#define TG1_16K              1u
#define TG1_4K               2u
#define TG1_64K              3u

#define SCTLR_SPAN  (UINT64_C(1) << 23)
#define SCTLR_DSSBS (UINT64_C(1) << 44)

static _Alignas(4096) uint64_t level1[512], level2[512], level3[512];

static unsigned
id_field(uint64_t id, unsigned shift)
{
	return (unsigned)(id >> shift) & 0xfu;
}

static bool
has_hw_af(void)
{
	return id_field(read_id_aa64mmfr1(), 0) != 0;
}

static bool
has_pan(void)
{
	return id_field(read_id_aa64mmfr1(), 20) != 0;
}

static bool
has_ssbs(void)
{
	return id_field(read_id_aa64pfr1(), 4) >= 2;
}

static bool
has_tco(void)
{
	return id_field(read_id_aa64pfr1(), 8) >= 2;
}

static void
forget_translations(void)
{
	__asm__ volatile("dsb ish\n\ttlbi vmalle1\n\tdsb ish\n\tisb" : : : "memory");
}

static void
stage1_on(void)
{
	uint64_t sctlr = SCTLR_RES1 | SCTLR_I | SCTLR_C | SCTLR_M;

	level1[0] = S1_DEVICE | S1_AF;
	level1[1] = RAM | S1_RAM | S1_AF;
	level1[(RAM + EL0_OFFSET) >> 30] = RAM | S1_RAM_EL0 | S1_AF;
	write_mair_el1(MAIR_WB_AND_NGNRE);
	write_tcr_el1(TCR_BASE | TCR_UPPER(TG1_4K, 25) | (has_hw_af() ? TCR_HA : 0));
	write_ttbr0_el1((uint64_t)(uintptr_t)level1);
	write_ttbr1_el1(0);
	forget_translations();
	/* So that taking an exception changes PSTATE where it can. */
	if (has_pan())
		sctlr &= ~SCTLR_SPAN;
	if (has_ssbs())
		sctlr |= SCTLR_DSSBS;
	write_sctlr_el1(sctlr);
	isb();
}

/* WALKED is reached through these: entries of level 1, 2 and 3; 0 for the table that is there. */
static void
set_walk(uint64_t at1, uint64_t at2, uint64_t at3)
{
	level1[WALKED >> 30] = at1 ? at1 : (uint64_t)(uintptr_t)level2 | S1_TABLE;
	level2[0] = at2 ? at2 : (uint64_t)(uintptr_t)level3 | S1_TABLE;
	level3[0] = at3;
	forget_translations();
}

/* --- Cases ------------------------------------------------------------------------------------ */

#define FLAGS     (UINT64_C(0xa) << 28) /* with which a probe begins, */
#define COMPARED  (UINT64_C(0x6) << 28) /* and those that its first instruction sets */
#define DAIF_ALL  UINT64_C(0x3c0)
#define SPSR_EL0  UINT64_C(0x0)
#define SPSR_TEL1 UINT64_C(0x4)
#define SPSR_HEL1 UINT64_C(0x5)

#define EC_SVC   0x15u
#define EC_FETCH 0x20u /* of an Instruction Abort from a lower level; from the same one, one more */
#define EC_DATA  0x24u
#define ESR_IL   (UINT64_C(1) << 25)
#define ESR_CM   (UINT64_C(1) << 8)
#define ESR_WNR  (UINT64_C(1) << 6)
#define EXTERNAL 0x10u
#define ON_WALK  0x14u /* at level 0 */

static const struct mode {
	const char *name;
	uint64_t spsr, vector, offset;
} modes[] = {
	{ "EL1h", SPSR_HEL1, 0x200, 0 },
	{ "EL1t", SPSR_TEL1, 0, 0 },
	{ "EL0", SPSR_EL0, 0x400, EL0_OFFSET },
};
#define EL1H (&modes[0])

static unsigned cases, failures, expected_aborts, expected_ignored;

static void
check(const char *what, uint64_t seen, uint64_t wanted)
{
	cases++;
	if (seen == wanted)
		return;
	failures++;
	print("FAILED %s: seen %lx, expected %lx\n", what, seen, wanted);
}

/* Run @code in this mode, with an address that is RAM's or the hole's as EL1 has it. */
static struct probe
run(const struct mode *mode, probe_code code, uint64_t address, uint64_t value)
{
	struct probe p = {
		.pc = (uint64_t)(uintptr_t)code + mode->offset,
		.spsr = mode->spsr | FLAGS,
		.address = address + mode->offset,
		.value = value,
	};

	probe_run(&p);
	return p;
}

SYSREG_READ(pan, "s3_0_c4_c2_3")
SYSREG_READ(ssbs, "s3_3_c4_c2_6")
SYSREG_READ(tco, "s3_3_c4_c2_7")

/* The exception was taken as such are, and the instruction at @elr not executed. */
static void
check_taken(const struct mode *mode, const struct probe *p, uint64_t elr)
{
	check("vector", p->vector, mode->vector);
	check("ELR_EL1", p->elr, elr);
	check("SPSR_EL1", p->kept, mode->spsr | COMPARED);
	check("DAIF", p->daif, DAIF_ALL);
	/* What of PSTATE the exception has changed is still so. */
	if (has_pan())
		check("PAN", read_pan(), UINT64_C(1) << 22);
	if (has_ssbs())
		check("SSBS", read_ssbs(), UINT64_C(1) << 12);
	if (has_tco())
		check("TCO", read_tco(), UINT64_C(1) << 25);
}

/* The probe has met an abort. @iss: the part of the syndrome that is not the same for all. */
static void
check_abort(const struct mode *mode, const struct probe *p, unsigned ec, uint64_t iss)
{
	uint64_t elr = ec == EC_FETCH ? p->address : p->pc + 4;

	check("ESR_EL1", p->esr, (uint64_t)(ec + !mode->offset) << 26 | ESR_IL | iss);
	check("FAR_EL1", p->far, p->address);
	check("x0", p->x0, 0);
	check("x1", p->x1, p->address);
	check_taken(mode, p, elr);
}

/* The probe has come to its end, with this in x0. */
static void
check_end(const struct mode *mode, const struct probe *p, uint64_t x0)
{
	check("the end", p->esr >> 26, EC_SVC);
	check("x0", p->x0, x0);
	check("vector", p->vector, mode->vector);
	check("SPSR_EL1", p->kept, mode->spsr | COMPARED);
}

static void
end_group(const char *name)
{
	static unsigned cases_before, failures_before;

	check("aborts given", call_load(CALL_ABORTS), expected_aborts);
	check("stores ignored", call_load(CALL_IGNORED), expected_ignored);
	print("group %s %s checks %u\n", name, failures == failures_before ? "ok" : "FAILED", cases - cases_before);
	cases_before = cases;
	failures_before = failures;
}

/* Accesses, and what a data abort of theirs says. */
static const struct act {
	const char *code;
	unsigned ec;
	uint64_t iss;
} acts[] = {
	{ code_load, EC_DATA, 0 },
	{ code_load_byte, EC_DATA, 0 },
	{ code_load_pair, EC_DATA, 0 },
	{ code_store, EC_DATA, ESR_WNR },
	{ code_store_pair, EC_DATA, ESR_WNR },
	{ code_store_back, EC_DATA, ESR_WNR },
	{ code_fetch, EC_FETCH, 0 },
};
#define ACTS  (sizeof(acts) / sizeof(acts[0]))
#define MODES (sizeof(modes) / sizeof(modes[0]))

/* Nothing is there. */
static void
test_hole(void)
{
	struct probe p;

	for (unsigned m = 0; m < MODES; m++) {
		for (unsigned a = 0; a < ACTS; a++) {
			p = run(&modes[m], acts[a].code, HOLE + 0x123458, 5);
			check_abort(&modes[m], &p, acts[a].ec, acts[a].iss | EXTERNAL);
			expected_aborts++;
			/* The CPU's own. No device may be executed: that abort is the hypervisor's again. */
			if (modes[m].offset || acts[a].ec == EC_FETCH)
				continue;
			p = run(&modes[m], acts[a].code, DEAD + 0x458, 5);
			check_abort(&modes[m], &p, acts[a].ec, acts[a].iss | EXTERNAL);
		}
	}
	end_group("hole");
}

/* A walk, whose table of this level is at @table. */
static void
check_walk(uint64_t va, unsigned level, bool given)
{
	struct probe p;

	for (unsigned a = 0; a < ACTS; a++) {
		p = run(EL1H, acts[a].code, va, 5);
		p.esr &= ~ESR_WNR; /* nobody can say what the access was, of which stage 2 has seen the walk */
		check_abort(EL1H, &p, acts[a].ec, ON_WALK + level);
		expected_aborts += given;
	}
}

static void
check_walk_upper(uint64_t table, unsigned tg1, unsigned t1sz, unsigned level)
{
	uint64_t tcr = read_tcr_el1();

	write_tcr_el1(TCR_BASE | TCR_UPPER(tg1, t1sz));
	write_ttbr1_el1(table);
	forget_translations();
	check_walk(~UINT64_C(0) << (64 - t1sz), level, table == HOLE);
	write_ttbr1_el1(0);
	write_tcr_el1(tcr);
	forget_translations();
}

static void
test_walk(void)
{
	const uint64_t tables[] = { HOLE, DEAD };
	struct probe p;

	for (unsigned i = 0; i < 2; i++) {
		bool given = tables[i] == HOLE;

		set_walk(tables[i] | S1_TABLE, 0, 0);
		check_walk(WALKED + 8, 2, given);
		set_walk(0, tables[i] | S1_TABLE, 0);
		check_walk(WALKED + 8, 3, given);
		p = run(EL1H, code_at, WALKED + 8, 0);
		check_abort(EL1H, &p, EC_DATA, ESR_CM | ESR_WNR | (ON_WALK + 3));
		expected_aborts += given;
		check_walk_upper(tables[i], TG1_4K, 16, 0);
		check_walk_upper(tables[i], TG1_4K, 25, 1);
		check_walk_upper(tables[i], TG1_4K, 34, 2);
		if (id_field(read_id_aa64mmfr0(), 20))
			check_walk_upper(tables[i], TG1_16K, 17, 1);
		if (!id_field(read_id_aa64mmfr0(), 24))
			check_walk_upper(tables[i], TG1_64K, 22, 2);
	}
	end_group("walk");
}

static void
fill(uint64_t page, uint64_t seed)
{
	for (unsigned i = 0; i < PAGE / 8; i++)
		word_at(page)[i] = seed + i;
}

/* Code that comes to its end at once. */
static void
fill_code(uint64_t page)
{
	*word_at(page) = *(const uint32_t *)(uintptr_t)code_end;
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ialluis\n\tdsb ish\n\tisb" : : "r"(page) : "memory");
}

static void
check_ignored(const struct mode *mode, probe_code code, uint64_t address)
{
	uint64_t before = *word_at(address);
	struct probe p = run(mode, code, address, 5);

	check_end(mode, &p, 0);
	check("the end's address", p.elr, p.pc + 12);
	check("a word of read-only memory", *word_at(address), before);
	expected_ignored++;
}

static void
check_refused(const struct mode *mode, probe_code code, uint64_t address)
{
	uint64_t before = *word_at(address);
	struct probe p = run(mode, code, address, 5);

	check_abort(mode, &p, EC_DATA, ESR_WNR | EXTERNAL);
	check("a word of read-only memory", *word_at(address), before);
	expected_aborts++;
}

/* Stores are ignored where the syndrome describes them, else refused; all else goes well. */
static void
check_rom(uint64_t page)
{
	struct probe p;

	for (unsigned m = 0; m < MODES; m++) {
		p = run(&modes[m], code_load, page + 0x108, 0);
		check_end(&modes[m], &p, 1000 + 0x21);
		check_ignored(&modes[m], code_store, page + 0x108);
		check_ignored(&modes[m], code_store_byte, page + 0x110);
		check_refused(&modes[m], code_store_pair, page + 0x118);
		check_refused(&modes[m], code_store_back, page + 0x118);
	}
	check_refused(EL1H, code_zero, page + 0x140);
	p = run(EL1H, code_fetch, page, 0);
	check_end(EL1H, &p, 0);
}

/* The CPU's own update of a descriptor there is a store as well, and can be neither made nor ignored. */
static void
check_rom_walk(uint64_t page)
{
	uint64_t entry = (PAGES | S1_RAM_PAGE) & ~S1_AF;
	struct probe p;

	fill(page, 0);
	word_at(page)[0] = entry;
	word_at(page)[1] = entry | S1_AF;
	change_page(page, WRITE_PROTECT);
	set_walk(0, page | S1_TABLE, 0);
	p = run(EL1H, code_load, WALKED + PAGE, 0);
	check_end(EL1H, &p, *word_at(PAGES));
	if (!has_hw_af())
		return;
	p = run(EL1H, code_load, WALKED, 0);
	check_abort(EL1H, &p, EC_DATA, ON_WALK + 3);
	expected_aborts++;
	check("a read-only descriptor", word_at(page)[0], entry);
}

static void
test_rom(void)
{
	uint64_t page = PAGES + PAGE;

	fill(page, 1000);
	fill_code(page);
	change_page(page, WRITE_PROTECT);
	check_rom(page);
	change_page(page, FORGET);
	check_rom(page);
	check_rom_walk(PAGES + 2 * PAGE);
	end_group("rom");
}

/* Memory that has lost rights, or is not mapped, is there again when it is used. */
static void
check_comes_back(enum operation operation)
{
	uint64_t data = PAGES + 3 * PAGE, table = PAGES + 4 * PAGE;
	struct probe p;

	fill(data, 2000);
	fill_code(data);
	fill(table, 0);
	for (unsigned m = 0; m < MODES; m++) {
		change_page(data, operation);
		p = run(&modes[m], code_load, data + 0x108, 0);
		check_end(&modes[m], &p, 2000 + 0x21);
		change_page(data, operation);
		p = run(&modes[m], code_load_pair, data + 0x108, 0);
		check_end(&modes[m], &p, 2000 + 0x21);
		change_page(data, operation);
		p = run(&modes[m], code_store, data + 0x200, m);
		check_end(&modes[m], &p, 0);
		check("a word that was stored", word_at(data)[0x40], m);
	}
	change_page(data, operation);
	p = run(EL1H, code_fetch, data, 0);
	check_end(EL1H, &p, 0);
	check("the end's address", p.elr, data + 4);

	word_at(table)[0] = data | S1_RAM_PAGE;
	set_walk(0, table | S1_TABLE, 0);
	change_page(table, operation);
	p = run(EL1H, code_load, WALKED + 0x108, 0);
	check_end(EL1H, &p, 2000 + 0x21);
	change_page(table, operation);
	forget_translations();
	p = run(EL1H, code_at, WALKED + 0x108, 0);
	check_end(EL1H, &p, p.x0);
	check("PAR_EL1", p.x0 & UINT64_C(0xfffffffff001), data);
	if (!has_hw_af())
		return;
	word_at(table)[0] &= ~S1_AF;
	forget_translations();
	change_page(table, operation);
	p = run(EL1H, code_load, WALKED + 0x108, 0);
	check_end(EL1H, &p, 2000 + 0x21);
	check("a descriptor that was used", word_at(table)[0], data | S1_RAM_PAGE);
}

static void
test_hidden(void)
{
	uint64_t before = call_load(CALL_RELAXED);
	struct probe p;

	check_comes_back(HIDE);
	/* Loads in each mode, one of them after a store; a fetch, two or three walks. */
	check("rights given back", call_load(CALL_RELAXED) - before, MODES * 3 + 3 + has_hw_af());
	/* A device is not executed, mapped or not. */
	p = run(EL1H, code_fetch, DEAD, 0);
	check_abort(EL1H, &p, EC_FETCH, EXTERNAL);
	p = run(EL1H, code_fetch, CALL, 0);
	check_abort(EL1H, &p, EC_FETCH, EXTERNAL);
	expected_aborts += 2;
	end_group("hidden");
}

static void
test_lazy(void)
{
	check_comes_back(FORGET);
	end_group("lazy");
}

/* Loads and stores of the call page that can be emulated, and some that cannot. */
static void
test_mmio(void)
{
	const uint64_t nothing_is_mapped = ~UINT64_C(0);
	const struct {
		const char *code;
		uint64_t x0;
	} loads[] = {
		{ code_load, nothing_is_mapped },
		{ code_load_word, UINT32_MAX },
		{ code_load_byte, 0xff },
		{ code_load_signed, nothing_is_mapped },
		{ code_load_signed_word, UINT32_MAX },
	};
	struct probe p;

	call_store(CALL_ADDRESS, HOLE);
	for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		p = run(EL1H, loads[i].code, CALL + CALL_ADDRESS, 0);
		check_end(EL1H, &p, loads[i].x0);
	}
	p = run(EL1H, code_load_pair, CALL + CALL_ADDRESS, 0);
	check_abort(EL1H, &p, EC_DATA, EXTERNAL);
	p = run(EL1H, code_store_pair, CALL + CALL_ADDRESS, 0);
	check_abort(EL1H, &p, EC_DATA, ESR_WNR | EXTERNAL);
	expected_aborts += 2;
	end_group("mmio");
}

/* --- The dirty log ---------------------------------------------------------------------------- */

#define BIT(n) (UINT64_C(1) << (n))

static void
write_pages(uint64_t mask)
{
	for (unsigned i = 0; i < 64; i++) {
		if (mask & BIT(i))
			++*word_at(LOG_FROM + i * PAGE);
	}
}

static void
read_pages(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 64; i++)
		sum += *word_at(LOG_FROM + i * PAGE);
	check("words in the logged pages", sum != 0, true);
}

static void
test_log(void)
{
	uint64_t table = LOG_FROM + 9 * PAGE;
	struct probe p;

	write_pages(~UINT64_C(0));
	call_store(CALL_ADDRESS, LOG_FROM);
	call_store(CALL_LOG, 1);
	read_pages();
	check("nothing written", call_load(CALL_LOG), 0);
	write_pages(BIT(0) | BIT(5) | BIT(63));
	check("three pages", call_load(CALL_LOG), BIT(0) | BIT(5) | BIT(63));
	check("the same again", call_load(CALL_LOG), BIT(0) | BIT(5) | BIT(63));
	call_store(CALL_CLEAR, BIT(5) | BIT(7));
	check("one is clear", call_load(CALL_LOG), BIT(0) | BIT(63));
	write_pages(BIT(5) | BIT(6) | BIT(63));
	check("and written again", call_load(CALL_LOG), BIT(0) | BIT(5) | BIT(6) | BIT(63));
	call_store(CALL_CLEAR, ~UINT64_C(0));
	check("all are clear", call_load(CALL_LOG), 0);

	/* What is not mapped is logged when it comes. */
	change_page(LOG_FROM + 11 * PAGE, FORGET);
	change_page(LOG_FROM + 12 * PAGE, FORGET);
	read_pages();
	write_pages(BIT(12));
	check("a page that came back", call_load(CALL_LOG), BIT(12));
	call_store(CALL_ADDRESS, LOG_FROM);
	call_store(CALL_CLEAR, BIT(12));

	/* A page that may not be read either. */
	change_page(LOG_FROM + 13 * PAGE, HIDE);
	read_pages();
	check("a page that was read again", call_load(CALL_LOG), 0);
	write_pages(BIT(13));
	check("and written", call_load(CALL_LOG), BIT(13));
	call_store(CALL_CLEAR, BIT(13));

	/* A table that a walk reads, and one that it writes. */
	word_at(table)[0] = (PAGES | S1_RAM_PAGE) & ~S1_AF;
	word_at(table)[1] = PAGES | S1_RAM_PAGE;
	check("a table", call_load(CALL_LOG), BIT(9));
	call_store(CALL_CLEAR, BIT(9));
	set_walk(0, table | S1_TABLE, 0);
	p = run(EL1H, code_load, WALKED + PAGE, 0);
	check_end(EL1H, &p, *word_at(PAGES));
	check("a table that a walk has read", call_load(CALL_LOG), 0);
	if (has_hw_af()) {
		p = run(EL1H, code_load, WALKED, 0);
		check_end(EL1H, &p, *word_at(PAGES));
		check("a descriptor", word_at(table)[0], PAGES | S1_RAM_PAGE);
		check("a table that a walk has written", call_load(CALL_LOG), BIT(9));
	}
	call_store(CALL_LOG, 0);
	end_group("log");
}

int
main(void)
{
	stage1_on();
	*word_at(PAGES) = 0x5eed;
	test_hole();
	test_walk();
	test_rom();
	test_hidden();
	test_lazy();
	test_mmio();
	test_log();
	print("guest checks %u failed %u aborts %u ignored %u\n", cases, failures, expected_aborts,
	      expected_ignored);
	call_store(CALL_VERDICT, failures);
	switch_off();
	return 1;
}
