/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* call.c: see call.h. */
#include "call.h"

#include "log.h"
#include "mmio.h"
#include "ram.h"
#include "report.h"
#include "vm.h"
#include "worker.h"

#define CALL_COUNTS 0x100u
#define REG_BYTES   8u

#define NOT_MAPPED UINT64_MAX

static s2pt_ipa asked;

static uint64_t
load_mapping(void)
{
	struct s2pt_leaf leaf;
	bool mapped;
	int level;

	vm_share();
	mapped = vm_leaf(asked, &leaf, &level);
	vm_unshare();
	return mapped ? (uint64_t)leaf.type : NOT_MAPPED;
}

static void
store_address(uint64_t address)
{
	asked = s2pt_ipa_of(address);
}

static void
forget(uint32_t page)
{
	ram_unmap(page, 1);
}

static void
store_page(uint64_t what)
{
	static void (*const operation[])(uint32_t page) = { forget, ram_hide, ram_write_protect };

	if (what < sizeof(operation) / sizeof(operation[0]))
		operation[what](ram_page_of(asked));
}

static uint32_t
chunk(void)
{
	return ram_page_of(asked) / LOG_PAGES * LOG_PAGES;
}

static uint64_t
load_log(void)
{
	return log_get(chunk(), false);
}

static void
store_log(uint64_t on)
{
	(on ? log_begin : log_end)(chunk());
}

static void
store_clear(uint64_t mask)
{
	log_clear(chunk(), mask);
}

static const struct reg {
	uint64_t (*load)(void);
	void (*store)(uint64_t value);
	bool ram; /* about the RAM at the address, and with the lock */
} regs[] = {
	{ worker_modes, worker_ask, false },
	{ NULL, report_verdict, false },
	{ load_mapping, store_address, false },
	{ NULL, store_page, true },
	{ load_log, store_log, true },
	{ NULL, store_clear, true },
};
#define REGS (sizeof(regs) / sizeof(regs[0]))

static uint64_t
use(const struct reg *reg, bool store, uint64_t value)
{
	if (store)
		reg->store(value);
	return !store && reg->load ? reg->load() : 0;
}

void
call_handle(struct vcpu *vcpu, uint64_t esr, uint64_t offset)
{
	bool store = mmio_is_store(esr);
	uint64_t value = store ? mmio_stored(vcpu, esr) : 0;
	uint64_t n = offset / REG_BYTES;

	if (n >= REGS) {
		value = report_count(n - CALL_COUNTS / REG_BYTES);
	} else if (!regs[n].ram) {
		value = use(&regs[n], store, value);
	} else if (ram_has(asked)) {
		vm_lock();
		value = use(&regs[n], store, value);
		vm_unlock();
	}
	if (!store)
		mmio_load(vcpu, esr, value);
}
