/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A change of attributes, of any leaf: it does what it says, touches no other bit, is done when it was done once, and
 * what would become executable Device or Normal-NC memory by it is noticed. A relax takes nothing away.
 */
#include "table/update.c"
#include "arch/entry_update.c"

#include "small.h"

#define R  (UINT64_C(1) << 6)
#define W  (UINT64_C(1) << 7)
#define AF (UINT64_C(1) << 10)
#define XN (UINT64_C(3) << 53)

/* Bit 0: EL1 may execute; bit 1: EL0 may (Table D8-78, with FEAT_XNX). */
static unsigned
rights(uint64_t raw)
{
	const unsigned xn = raw >> 53 & 3u;

	return (xn == 0 || xn == 3 ? 1u : 0u) |
	       (xn == 0 || xn == 1 ? 2u : 0u);
}

static bool
is_executable_uncached(uint64_t raw)
{
	const unsigned memattr = raw >> 2 & 15u;

	return rights(raw) && (memattr < 4 || memattr == 5);
}

static void
any_change(struct s2pt_change *change)
{
	change->set_r = any_bool();
	change->set_w = any_bool();
	change->set_x_el1 = any_bool();
	change->set_x_el0 = any_bool();
	change->set_af = any_bool();
	change->clear_r = any_mostly(0) & 1u;
	change->clear_w = any_mostly(0) & 1u;
	change->clear_x_el1 = any_mostly(0) & 1u;
	change->clear_x_el0 = any_mostly(0) & 1u;
	change->clear_af = any_mostly(0) & 1u;
	change->set_sw = (uint8_t)(any_mostly(0) & 0xffu);
	change->clear_sw = (uint8_t)(any_mostly(0) & 0xffu);
	change->retype = any_mostly(0) & 1u;
	change->type = (enum s2pt_memtype)any_below(16);
	change->sh = (uint8_t)any_below(4);
	change->ram = any_bool();
}

static void
proof(void)
{
	struct s2pt_update update;
	struct s2pt_change change;
	const uint64_t raw = any_u64() | 1u;
	uint64_t may = 0, made;
	unsigned set, clear;

	small_init();
	any_change(&change);
	set = (unsigned)change.set_x_el1 | (unsigned)change.set_x_el0 << 1;
	clear = (unsigned)change.clear_x_el1 | (unsigned)change.clear_x_el0 << 1;
	if (any_bool()) {
		/* relax */
		small.host.invalidate_icache = NULL;
		small.host.clean_data = NULL;
		assume(s2pt__relax_update(&update, &small.table, &change) == S2PT_OK);
		made = entry_update_apply(&update.entry, raw);
		prove(!(raw & ~made & ~XN));
		prove(!(rights(raw) & ~rights(made)));
		prove(!((raw ^ made) & ~(R | W | AF | XN)));
		prove(!update.entry.stale);
		reach();
	} else {
		/* as s2pt_table_protect() */
		assume(s2pt__entry_update_make(&small.format, &change, small.table.tracking_bit, &update.entry) ==
		       S2PT_OK);
		made = entry_update_apply(&update.entry, raw);
		reach();
	}
	if (change.set_r || change.clear_r)
		may |= R;
	if (change.set_w || change.clear_w)
		may |= W;
	if (change.clear_w)
		may |= small.table.tracking_bit;
	if (change.set_af || change.clear_af)
		may |= AF;
	if (set || clear)
		may |= XN;
	may |= (uint64_t)(change.set_sw | change.clear_sw) << 55;
	if (change.retype)
		may |= UINT64_C(0x33c);
	prove(!((raw ^ made) & ~may));
	prove(((made & R) != 0) == (change.set_r || (!change.clear_r && (raw & R))));
	prove(((made & W) != 0) == (change.set_w || (!change.clear_w && (raw & W))));
	prove(((made & AF) != 0) == (change.set_af || (!change.clear_af && (raw & AF))));
	prove(rights(made) == ((rights(raw) | set) & ~clear));
	prove((made >> 55 & change.set_sw) == change.set_sw);
	prove(!change.clear_w || !(made & small.table.tracking_bit) ||
	      (change.set_sw & (small.table.tracking_bit >> 55)));
	/* Without FEAT_XNX no XN[0] comes of none. */
	prove((small.format.feats & S2PT_FEAT_XNX) || (raw >> 53 & 1u) || !(made >> 53 & 1u));
	prove(entry_update_apply(&update.entry, made) == made);
	prove(entry_update_forbidden(&update.entry, raw, made) ==
	      (is_executable_uncached(made) && !is_executable_uncached(raw)));
	/* What a TLB may hold, and what takes something away: is stale. */
	if (!s2pt__change_only_adds(&change))
		prove(!((raw & ~made) & (R | W)) || ((raw ^ made) & update.entry.stale));
}
