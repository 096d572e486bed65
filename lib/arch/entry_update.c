/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* entry_update.c: a change of the attributes of leaves, as data. See entry_update.h. */
#include "arch/entry_update.h"

/* --- Checking -------------------------------------------------------------------------------------- */

/* Of the rights of EL1 and EL0 to execute: one, and not both? */
static bool
is_one_of_two(unsigned rights)
{
	return (rights ^ rights >> 1) & 1u;
}

bool
s2pt__change_only_adds(const struct s2pt_change *change)
{
	return !(change->retype || change->clear_r || change->clear_w || change->clear_x_el1 ||
		 change->clear_x_el0 || change->clear_af || change->set_sw || change->clear_sw);
}

/* --- Making ---------------------------------------------------------------------------------------- */

/* Execute permissions are no bits of their own: XN encodes both. */
static void
map_execution(struct s2pt_entry_update *update, unsigned set, unsigned clear)
{
	update->maps_perm = true;
	update->makes_executable = set;
	for (unsigned perm = 0; perm < ENTRY_PERMS; perm++) {
		unsigned rights = (rights_of_xn[entry_perm_xn(perm)] | set) & ~clear & RIGHTS_MASK;

		update->perm |= (uint64_t)entry_perm_with_xn(perm, xn_of_rights[rights]) << perm * ENTRY_PERM_BITS;
	}
}

/*
 * The type and shareability that a change asks for, as bits to set in place of those that are there. Not inline: most
 * changes have none, and need no frame.
 */
static __attribute__((noinline)) enum s2pt_status
add_type(struct s2pt_entry_update *update, const struct s2pt_format *format, const struct s2pt_change *change)
{
	struct field sh = DESC_SH;
	enum s2pt_status status;
	uint8_t memattr;

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
	const unsigned set_x = (unsigned)change->set_x_el1 | (unsigned)change->set_x_el0 << 1;
	const unsigned clear_x = (unsigned)change->clear_x_el1 | (unsigned)change->clear_x_el0 << 1;
	const uint64_t set = field_put(DESC_S2AP_R, change->set_r) | field_put(DESC_S2AP_W, change->set_w) |
			     field_put(DESC_AF, change->set_af) | field_put(DESC_SW, change->set_sw);
	const uint64_t clear = field_put(DESC_S2AP_R, change->clear_r) | field_put(DESC_S2AP_W, change->clear_w) |
			       field_put(DESC_AF, change->clear_af) | field_put(DESC_SW, change->clear_sw);

	if ((set & clear) || (set_x & clear_x) ||
	    ((change->set_sw | change->clear_sw) & ~software_bits(format)) ||
	    (!(format->feats & S2PT_FEAT_XNX) && (is_one_of_two(set_x) || is_one_of_two(clear_x))))
		return S2PT_ERR_CHANGE;
	if ((set | clear) & tracking_bit)
		return S2PT_ERR_SW;
	entry_update_init(update);
	update->set = set;
	/* With the tracking bit left, hardware or s2pt_shared_mark_dirty() would make the leaf writable again. */
	update->clear = clear | (change->clear_w ? tracking_bit : 0);
	update->stale |= field_put(DESC_AF, change->clear_af);
	update->breaks = change->retype || (format->xn_breaks && clear_x);
	if (set_x | clear_x)
		map_execution(update, set_x, clear_x);
	return change->retype ? add_type(update, format, change) : S2PT_OK;
}
