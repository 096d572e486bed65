/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* entry_update.c: a change of the attributes of leaves, as data. See entry_update.h. */
#include "arch/entry_update.h"

#define NOINLINE __attribute__((noinline))

/* --- Checking -------------------------------------------------------------------------------------- */

static bool
contradicts(const struct s2pt_change *change)
{
	return (change->set_r && change->clear_r) || (change->set_w && change->clear_w) ||
	       (change->set_x_el1 && change->clear_x_el1) ||
	       (change->set_x_el0 && change->clear_x_el0) ||
	       (change->set_af && change->clear_af) || (change->set_sw & change->clear_sw);
}

static bool
fits_format(const struct s2pt_format *format, const struct s2pt_change *change)
{
	bool together = change->set_x_el1 == change->set_x_el0 &&
			change->clear_x_el1 == change->clear_x_el0;

	return (together || (format->feats & S2PT_FEAT_XNX)) &&
	       !((change->set_sw | change->clear_sw) & ~software_bits(format));
}

bool
s2pt__change_only_adds(const struct s2pt_change *change)
{
	return !(change->retype || change->clear_r || change->clear_w || change->clear_x_el1 ||
		 change->clear_x_el0 || change->clear_af || change->set_sw || change->clear_sw);
}

/* --- Making ---------------------------------------------------------------------------------------- */

static uint64_t
bits_if(bool condition, struct field field)
{
	return condition ? field_mask(field) : 0;
}

/* Execute permissions are no bits of their own: XN encodes both. */
static void
map_execution(struct s2pt_entry_update *update, unsigned set, unsigned clear)
{
	update->maps_perm = set || clear;
	update->makes_executable = set;
	update->perm = 0;
	for (unsigned perm = 0; perm < ENTRY_PERMS; perm++) {
		unsigned rights = (rights_of_xn[entry_perm_xn(perm)] | set) & ~clear & RIGHTS_MASK;

		update->perm |= (uint64_t)entry_perm_with_xn(perm, xn_of_rights[rights]) << perm * ENTRY_PERM_BITS;
	}
}

/* The type and shareability that a change asks for, as bits to set in place of those that are there. */
static enum s2pt_status
add_type(struct s2pt_entry_update *update, const struct s2pt_format *format, const struct s2pt_change *change)
{
	struct field sh = DESC_SH;
	enum s2pt_status status;
	uint8_t memattr;

	if (!change->retype)
		return S2PT_OK;
	status = s2pt_memattr_encode(format->feats, change->type, &memattr);
	if (status != S2PT_OK)
		return status;
	if (change->sh == S2PT_SH_RESERVED || change->sh > S2PT_SH_ISH ||
	    (is_ds(format) && change->sh != format->sh0))
		return S2PT_ERR_SH;
	if (is_ds(format))
		sh.width = 0;
	update->clear |= field_mask(DESC_MEMATTR) | field_mask(sh);
	update->set |= field_put(DESC_MEMATTR, memattr) | (field_put(sh, change->sh) & field_mask(sh));
	return S2PT_OK;
}

NOINLINE enum s2pt_status
s2pt__entry_update_make(const struct s2pt_format *format, const struct s2pt_change *change,
			uint64_t tracking_bit, struct s2pt_entry_update *update)
{
	if (contradicts(change) || !fits_format(format, change))
		return S2PT_ERR_CHANGE;
	if (field_put(DESC_SW, change->set_sw | change->clear_sw) & tracking_bit)
		return S2PT_ERR_SW;
	entry_update_init(update);
	update->set = bits_if(change->set_r, DESC_S2AP_R) | bits_if(change->set_w, DESC_S2AP_W) |
		      bits_if(change->set_af, DESC_AF) | field_put(DESC_SW, change->set_sw);
	update->clear = bits_if(change->clear_r, DESC_S2AP_R) | bits_if(change->clear_w, DESC_S2AP_W) |
			bits_if(change->clear_af, DESC_AF) | field_put(DESC_SW, change->clear_sw);
	/* With the tracking bit left, hardware or s2pt_shared_mark_dirty() would make the leaf writable again. */
	if (change->clear_w)
		update->clear |= tracking_bit;
	update->stale |= bits_if(change->clear_af, DESC_AF);
	update->breaks = change->retype || (format->xn_breaks && (change->clear_x_el1 || change->clear_x_el0));
	map_execution(update, (unsigned)change->set_x_el1 | (unsigned)change->set_x_el0 << 1,
		      (unsigned)change->clear_x_el1 | (unsigned)change->clear_x_el0 << 1);
	return add_type(update, format, change);
}

/* --- Applying -------------------------------------------------------------------------------------- */

uint64_t
s2pt__entry_update_apply(const struct s2pt_entry_update *update, uint64_t raw)
{
	if (~raw & update->when)
		return raw;
	raw = (raw & ~update->clear) | update->set;
	if (update->maps_perm)
		raw = entry_with_perm(
			raw, (unsigned)(update->perm >> entry_perm(raw) * ENTRY_PERM_BITS & (ENTRY_PERMS - 1u)));
	return raw;
}

bool
s2pt__entry_update_forbidden(const struct s2pt_entry_update *update, uint64_t raw, uint64_t wanted)
{
	if (!update->makes_executable && !update->breaks)
		return false;
	return entry_is_uncached(wanted) && entry_is_executable(wanted) &&
	       (!entry_is_uncached(raw) || !entry_is_executable(raw));
}
