/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * update.c: a change of attributes as data.
 *
 * What a host asks for is checked against the format once, and becomes bits to clear, bits to set, and a map of the four
 * values of XN. Applying that to a leaf is a few instructions, which cannot fail.
 */
#include "table/update.h"

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

static bool
only_adds_rights(const struct s2pt_change *change)
{
	return !(change->retype || change->clear_r || change->clear_w || change->clear_x_el1 ||
		 change->clear_x_el0 || change->clear_af || change->set_sw || change->clear_sw);
}

/* Can the host do the maintenance that the change needs? */
static enum s2pt_status
check_host(const struct update *update)
{
	const struct s2pt_host_ops *host = update->r->table->host;

	if ((update->clean && !host->clean_data) || (update->icache && !host->invalidate_icache))
		return S2PT_ERR_HOST;
	return S2PT_OK;
}

/* --- Making ---------------------------------------------------------------------------------------- */

static uint64_t
bits_if(bool condition, struct field field)
{
	return condition ? field_mask(field) : 0;
}

void
s2pt__update_init(struct update *update, struct s2pt_range *r)
{
	update->r = r;
	update->clear = 0;
	update->set = 0;
	update->when = 0;
	update->stale = field_mask(DESC_S2AP_R) | field_mask(DESC_S2AP_W) | field_mask(DESC_DBM) |
			field_mask(DESC_XN0) | field_mask(DESC_XN1);
	update->changes_xn = false;
	update->makes_executable = false;
	update->retypes = false;
	update->clean = false;
	update->unfolds = false;
	update->icache = false;
	update->level = LEVELS;
}

static NOINLINE void
make_update(struct update *update, struct s2pt_range *r, const struct s2pt_change *change)
{
	unsigned set = (unsigned)change->set_x_el1 | (unsigned)change->set_x_el0 << 1;
	unsigned clear = (unsigned)change->clear_x_el1 | (unsigned)change->clear_x_el0 << 1;

	s2pt__update_init(update, r);
	update->set = bits_if(change->set_r, DESC_S2AP_R) | bits_if(change->set_w, DESC_S2AP_W) |
		      bits_if(change->set_af, DESC_AF) | field_put(DESC_SW, change->set_sw);
	update->clear = bits_if(change->clear_r, DESC_S2AP_R) | bits_if(change->clear_w, DESC_S2AP_W) |
			bits_if(change->clear_af, DESC_AF) | field_put(DESC_SW, change->clear_sw);
	/* Without the tracking bit gone too, hardware or s2pt_shared_mark_dirty() would give the right to write back. */
	if (change->clear_w)
		update->clear |= r->table->tracking_bit;
	update->stale |= bits_if(change->clear_af, DESC_AF);
	update->changes_xn = set || clear;
	update->makes_executable = set;
	update->retypes = change->retype;
	update->clean = change->retype && change->ram;
	update->icache = set && change->ram;
	for (unsigned xn = 0; xn < 4; xn++)
		update->xn[xn] = xn_of_rights[(rights_of_xn[xn] | set) & ~clear & RIGHTS_MASK];
}

/* The type and shareability that a change asks for, as bits to set in place of those that are there. */
static enum s2pt_status
add_type(struct update *update, const struct s2pt_format *format, const struct s2pt_change *change)
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

enum s2pt_status
s2pt__protect_update(struct update *update, struct s2pt_range *r, const struct s2pt_change *change)
{
	const struct s2pt_format *format = r->table->format;
	enum s2pt_status status;

	if (contradicts(change) || !fits_format(format, change))
		return S2PT_ERR_CHANGE;
	make_update(update, r, change);
	status = add_type(update, format, change);
	return status == S2PT_OK ? check_host(update) : status;
}

enum s2pt_status
s2pt__relax_update(struct update *update, struct s2pt_range *r, const struct s2pt_change *rights)
{
	if (!only_adds_rights(rights) || !fits_format(r->table->format, rights))
		return S2PT_ERR_CHANGE;
	make_update(update, r, rights);
	/* An entry that says less than the table costs a fault, and that CPU's own relax. */
	update->stale = 0;
	return check_host(update);
}

/* --- Applying -------------------------------------------------------------------------------------- */

uint64_t
s2pt__update_apply(const struct update *update, uint64_t raw)
{
	if (~raw & update->when)
		return raw;
	raw = (raw & ~update->clear) | update->set;
	if (update->changes_xn)
		raw = (raw & ~field_mask(DESC_XN)) |
		      field_put(DESC_XN, update->xn[field_get(DESC_XN, raw)]);
	return raw;
}

bool
s2pt__update_forbidden(const struct update *update, uint64_t raw, uint64_t wanted)
{
	if (!update->makes_executable && !update->retypes)
		return false;
	return entry_is_uncached(wanted) && entry_is_executable(wanted) &&
	       (!entry_is_uncached(raw) || !entry_is_executable(raw));
}

void
s2pt__update_prepare(const struct update *update, uint64_t raw, int level)
{
	const struct s2pt_table *table = update->r->table;

	if (update->icache && !entry_is_executable(raw))
		table->host->invalidate_icache(table->host->context,
					       s2pt_pa_of(s2pt__address_of(table, raw, level)),
					       level_bytes(table, level));
}
