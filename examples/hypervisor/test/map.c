/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* map.c: see map.h. */
#include "map.h"

#include <s2pt/aarch64.h>

#include "../layout.h"
#include "../vm.h"
#include "io.h"
#include "par.h"

/* Asked page by page up to here; beyond are devices, in blocks. */
#define PAGES_END (RAM_IPA + 2u * RAM_BYTES)

#define READ  (1u << 0)
#define WRITE (1u << 1)

struct run {
	uint64_t ipa, size;
	uint64_t par; /* of the first address */
	unsigned rights;
};

static void
print_run(const struct run *run)
{
	static const char *const words[] = { [READ] = "r-", [WRITE] = "-w", [READ | WRITE] = "rw" };

	if (run->rights)
		print("mapped %lx %lx %lx %s %x %u\n", run->ipa, run->size, run->par & PAR_PA_MASK,
		      words[run->rights], par_attr(run->par), (unsigned)(run->par / PAR_SH(1)) & 3u);
}

/* What is at @ipa: it goes on with the run, or begins another one. */
static void
add(struct run *run, uint64_t ipa, uint64_t size)
{
	const uint64_t to_read = at_s12e1(AT_READ, ipa), to_write = at_s12e1(AT_WRITE, ipa);
	const uint64_t par = to_read & PAR_F ? to_write : to_read;
	const unsigned rights = (to_read & PAR_F ? 0 : READ) | (to_write & PAR_F ? 0 : WRITE);

	if (rights == run->rights && (!rights || par == run->par + run->size)) {
		run->size += size;
		return;
	}
	print_run(run);
	*run = (struct run){ ipa, size, par, rights };
}

/* Stage 1 off, and as if it said Write-Back of everything: then what AT gives is what stage 2 says. */
static void
print_all(void)
{
	const uint64_t hcr = read_hcr_el2(), end = UINT64_C(1) << vm.format.ipa_bits;
	struct run run = { 0 };

	write_sctlr_el1(SCTLR_RES1);
	s2pt_aarch64_write_hcr(hcr | HCR_DC);
	isb();
	tlbi_vmalls12e1is();
	for (uint64_t ipa = 0; ipa < PAGES_END; ipa += PAGE_BYTES)
		add(&run, ipa, PAGE_BYTES);
	for (uint64_t ipa = PAGES_END; ipa < end; ipa += UINT64_C(1) << BLOCK_LG2)
		add(&run, ipa, UINT64_C(1) << BLOCK_LG2);
	print_run(&run);
	s2pt_aarch64_write_hcr(hcr);
	isb();
}

static bool is_asked;

void
map_init(bool asked)
{
	is_asked = asked;
}

void
map_report(void)
{
	if (!is_asked)
		return;
	print_all();
	print("map ends\n");
	for (;;)
		__asm__ volatile("wfi");
}
